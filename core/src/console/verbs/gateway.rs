//! The gateway's life cycle: the six operations, commit and abort.

use heapless::Vec;

use super::{Row, gateway, table, vpc};
use crate::console::parse::{Line, Words};
use crate::region::{Command, Error, GatewayOperation};

/// The six gateway operations, which `begin` takes too.
pub(super) const OPERATIONS: &[Row] = &[
    Row {
        verb: "create-ipv4-gateway",
        words: 2..=2,
        options: &[],
        read: |w| operation(GatewayOperation::Create { gateway: gateway(w), vpc: vpc(w) }),
    },
    Row { verb: "enable-vpc-ipv4-gateway", words: 1..=usize::MAX, options: &[], read: read_enable },
    Row {
        verb: "update-ipv4-gateway-attribute",
        words: 1..=1,
        options: &[],
        read: |w| operation(GatewayOperation::Update(gateway(w))),
    },
    Row {
        verb: "delete-ipv4-gateway",
        words: 1..=1,
        options: &["mode"],
        read: |w| {
            let gateway = gateway(w);
            let mut public = false;
            while w.option().is_some() {
                public = w.either("private", "public");
            }
            operation(GatewayOperation::Delete { gateway, public })
        },
    },
    Row {
        verb: "associate-route-table-with-gateway",
        words: 2..=2,
        options: &[],
        read: |w| operation(GatewayOperation::Associate { table: table(w), gateway: gateway(w) }),
    },
    Row {
        verb: "dissociate-route-table-from-gateway",
        words: 2..=2,
        options: &[],
        read: |w| operation(GatewayOperation::Dissociate { table: table(w), gateway: gateway(w) }),
    },
];

/// What ends a begun operation.
pub(super) const COMMANDS: &[Row] = &[
    Row {
        verb: "commit",
        words: 1..=1,
        options: &[],
        read: |w| Line::Command(Command::Commit(gateway(w))),
    },
    Row {
        verb: "abort",
        words: 1..=1,
        options: &[],
        read: |w| Line::Command(Command::Abort(gateway(w))),
    },
];

fn read_enable(w: &mut Words<'_>) -> Line {
    let gateway = gateway(w);
    let mut tables = Vec::new();
    let mut fault = false;
    while w.has_more() {
        let table = table(w);
        fault |= tables.contains(&table) || tables.push(table).is_err();
    }
    if fault {
        w.fail(Error::InvalidParameter);
    }
    operation(GatewayOperation::Enable { gateway, tables })
}

fn operation(operation: GatewayOperation) -> Line {
    Line::Command(Command::Gateway(operation))
}
