//! The gateway's life cycle: the six operations, commit and abort.

use heapless::Vec;

use super::{Row, gateway, table, vpc};
use crate::console::parse::Words;
use crate::region::{Command, Error, GatewayOperation};

/// The six gateway operations, which `begin` takes too.
pub(super) const OPERATIONS: &[Row<GatewayOperation>] = &[
    Row {
        verb: "create-ipv4-gateway",
        words: 2..=2,
        options: &[],
        read: |w| Ok(GatewayOperation::Create { gateway: gateway(w)?, vpc: vpc(w)? }),
    },
    Row { verb: "enable-vpc-ipv4-gateway", words: 1..=usize::MAX, options: &[], read: read_enable },
    Row {
        verb: "update-ipv4-gateway-attribute",
        words: 1..=1,
        options: &[],
        read: |w| Ok(GatewayOperation::Update(gateway(w)?)),
    },
    Row {
        verb: "delete-ipv4-gateway",
        words: 1..=1,
        options: &["mode"],
        read: |w| {
            let gateway = gateway(w)?;
            let mut public = false;
            while let Some(option) = w.option()? {
                public = option.choice(&[("private", false), ("public", true)])?;
            }
            Ok(GatewayOperation::Delete { gateway, public })
        },
    },
    Row {
        verb: "associate-route-table-with-gateway",
        words: 2..=2,
        options: &[],
        read: |w| Ok(GatewayOperation::Associate { table: table(w)?, gateway: gateway(w)? }),
    },
    Row {
        verb: "dissociate-route-table-from-gateway",
        words: 2..=2,
        options: &[],
        read: |w| Ok(GatewayOperation::Dissociate { table: table(w)?, gateway: gateway(w)? }),
    },
];

/// What ends a begun operation.
pub(super) const COMMANDS: &[Row<Command>] = &[
    Row { verb: "commit", words: 1..=1, options: &[], read: |w| Ok(Command::Commit(gateway(w)?)) },
    Row { verb: "abort", words: 1..=1, options: &[], read: |w| Ok(Command::Abort(gateway(w)?)) },
];

fn read_enable(w: &mut Words<'_>) -> Result<GatewayOperation, Error> {
    let gateway = gateway(w)?;
    let mut tables = Vec::new();
    let mut fault = false;
    while let Some(table) = w.optional(table)? {
        fault |= tables.contains(&table) || tables.push(table).is_err();
    }
    if fault {
        return Err(Error::InvalidParameter);
    }
    Ok(GatewayOperation::Enable { gateway, tables })
}
