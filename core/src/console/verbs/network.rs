//! The region, VPCs, vSwitches, route tables and their entries.

use heapless::Vec;

use super::{Row, table, vpc, vswitch};
use crate::console::parse::Words;
use crate::region::{Command, Error, RegionOptions, VpcFlags};

pub(super) const COMMANDS: &[Row<Command>] = &[
    Row {
        verb: "region",
        words: 0..=0,
        options: &["gateway", "clb-restricted", "gwlb", "ingress", "blackout"],
        read: read_region,
    },
    Row {
        verb: "create-vpc",
        words: 3..=3,
        options: &["cidr*", "user-cidr*", "flag*"],
        read: read_create_vpc,
    },
    Row {
        verb: "delete-vpc",
        words: 1..=1,
        options: &[],
        read: |w| Ok(Command::DeleteVpc(vpc(w)?)),
    },
    Row {
        verb: "create-vswitch",
        words: 3..=3,
        options: &[],
        read: |w| {
            Ok(Command::CreateVSwitch { vswitch: vswitch(w)?, vpc: vpc(w)?, cidr: w.prefix()? })
        },
    },
    Row {
        verb: "delete-vswitch",
        words: 1..=1,
        options: &[],
        read: |w| Ok(Command::DeleteVSwitch(vswitch(w)?)),
    },
    Row {
        verb: "create-route-table",
        words: 2..=2,
        options: &["type"],
        read: |w| {
            let (table, vpc) = (table(w)?, vpc(w)?);
            let mut gateway = false;
            while let Some(option) = w.option()? {
                gateway = option.choice(&[("vswitch", false), ("gateway", true)])?;
            }
            Ok(Command::CreateRouteTable { table, vpc, gateway })
        },
    },
    Row {
        verb: "delete-route-table",
        words: 1..=1,
        options: &[],
        read: |w| Ok(Command::DeleteRouteTable(table(w)?)),
    },
    Row {
        verb: "associate-route-table",
        words: 2..=2,
        options: &[],
        read: |w| Ok(Command::AssociateRouteTable { table: table(w)?, vswitch: vswitch(w)? }),
    },
    Row {
        verb: "unassociate-route-table",
        words: 2..=2,
        options: &[],
        read: |w| Ok(Command::UnassociateRouteTable { table: table(w)?, vswitch: vswitch(w)? }),
    },
    Row {
        verb: "create-route-entry",
        words: 3..=3,
        options: &[],
        read: |w| {
            Ok(Command::CreateRouteEntry {
                table: table(w)?,
                prefix: w.prefix()?,
                next_hop: w.next_hop()?,
            })
        },
    },
    Row {
        verb: "modify-route-entry",
        words: 3..=3,
        options: &[],
        read: |w| {
            Ok(Command::ModifyRouteEntry {
                table: table(w)?,
                prefix: w.prefix()?,
                next_hop: w.next_hop_or_local()?,
            })
        },
    },
    Row {
        verb: "delete-route-entry",
        words: 2..=2,
        options: &[],
        read: |w| Ok(Command::DeleteRouteEntry { table: table(w)?, prefix: w.prefix()? }),
    },
    Row {
        verb: "announce-route",
        words: 3..=3,
        options: &[],
        read: |w| {
            Ok(Command::AnnounceRoute {
                table: table(w)?,
                prefix: w.prefix()?,
                next_hop: w.next_hop()?,
            })
        },
    },
    Row {
        verb: "withdraw-route",
        words: 2..=2,
        options: &[],
        read: |w| Ok(Command::WithdrawRoute { table: table(w)?, prefix: w.prefix()? }),
    },
    Row {
        verb: "update-gateway-route-table-entry-attribute",
        words: 3..=3,
        options: &[],
        read: |w| {
            Ok(Command::UpdateGatewayEntry {
                table: table(w)?,
                prefix: w.prefix()?,
                next_hop: w.next_hop_or_local()?,
            })
        },
    },
];

fn read_region(w: &mut Words<'_>) -> Result<Command, Error> {
    let mut options = RegionOptions::default();
    while let Some(option) = w.option()? {
        match option.key {
            "gateway" => options.gateway = Some(option.on_off()?),
            "clb-restricted" => options.clb_restricted = Some(option.on_off()?),
            "gwlb" => options.gwlb = Some(option.on_off()?),
            "blackout" => options.blackout = Some(option.on_off()?),
            _ => {
                let choices = [("drop-unsolicited", false), ("deliver-local", true)];
                options.deliver_local = Some(option.choice(&choices)?);
            }
        }
    }
    Ok(Command::Region(options))
}

fn read_create_vpc(w: &mut Words<'_>) -> Result<Command, Error> {
    let (vpc, table, cidr) = (vpc(w)?, table(w)?, w.prefix()?);
    let (mut secondary, mut user) = (Vec::new(), Vec::new());
    let mut flags = VpcFlags::default();
    let mut too_many = false;
    while let Some(option) = w.option()? {
        match option.key {
            "cidr" => too_many |= secondary.push(option.prefix()?).is_err(),
            "user-cidr" => too_many |= user.push(option.prefix()?).is_err(),
            _ => {
                let flag: Flag = option.choice(FLAGS)?;
                *flag(&mut flags) = true;
            }
        }
    }
    if too_many {
        return Err(Error::InvalidParameter);
    }
    Ok(Command::CreateVpc { vpc, table, cidr, secondary, user, flags })
}

type Flag = fn(&mut VpcFlags) -> &mut bool;

const FLAGS: &[(&str, Flag)] = &[
    ("normal-nat", |flags| &mut flags.normal_nat),
    ("vpn", |flags| &mut flags.vpn),
    ("subnet-route-v1", |flags| &mut flags.subnet_route_v1),
    ("shared-principal", |flags| &mut flags.shared_principal),
    ("unsupported", |flags| &mut flags.unsupported),
];
