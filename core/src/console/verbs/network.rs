//! The region, VPCs, vSwitches, route tables and their entries.

use heapless::Vec;

use super::{Row, table, vpc, vswitch};
use crate::console::parse::{Line, Words};
use crate::region::{Command, Error, RegionOptions, VpcFlags};

pub(super) const COMMANDS: &[Row] = &[
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
        read: |w| Line::Command(Command::DeleteVpc(vpc(w))),
    },
    Row {
        verb: "create-vswitch",
        words: 3..=3,
        options: &[],
        read: |w| {
            Line::Command(Command::CreateVSwitch {
                vswitch: vswitch(w),
                vpc: vpc(w),
                cidr: w.prefix(),
            })
        },
    },
    Row {
        verb: "delete-vswitch",
        words: 1..=1,
        options: &[],
        read: |w| Line::Command(Command::DeleteVSwitch(vswitch(w))),
    },
    Row {
        verb: "create-route-table",
        words: 2..=2,
        options: &["type"],
        read: |w| {
            let (table, vpc) = (table(w), vpc(w));
            let mut gateway = false;
            while w.option().is_some() {
                gateway = w.either("vswitch", "gateway");
            }
            Line::Command(Command::CreateRouteTable { table, vpc, gateway })
        },
    },
    Row {
        verb: "delete-route-table",
        words: 1..=1,
        options: &[],
        read: |w| Line::Command(Command::DeleteRouteTable(table(w))),
    },
    Row {
        verb: "associate-route-table",
        words: 2..=2,
        options: &[],
        read: |w| {
            Line::Command(Command::AssociateRouteTable { table: table(w), vswitch: vswitch(w) })
        },
    },
    Row {
        verb: "unassociate-route-table",
        words: 2..=2,
        options: &[],
        read: |w| {
            Line::Command(Command::UnassociateRouteTable { table: table(w), vswitch: vswitch(w) })
        },
    },
    Row {
        verb: "create-route-entry",
        words: 3..=3,
        options: &[],
        read: |w| {
            Line::Command(Command::CreateRouteEntry {
                table: table(w),
                prefix: w.prefix(),
                next_hop: w.next_hop(),
            })
        },
    },
    Row {
        verb: "modify-route-entry",
        words: 3..=3,
        options: &[],
        read: |w| {
            Line::Command(Command::ModifyRouteEntry {
                table: table(w),
                prefix: w.prefix(),
                next_hop: w.next_hop_or_local(),
            })
        },
    },
    Row {
        verb: "delete-route-entry",
        words: 2..=2,
        options: &[],
        read: |w| Line::Command(Command::DeleteRouteEntry { table: table(w), prefix: w.prefix() }),
    },
    Row {
        verb: "announce-route",
        words: 3..=3,
        options: &[],
        read: |w| {
            Line::Command(Command::AnnounceRoute {
                table: table(w),
                prefix: w.prefix(),
                next_hop: w.next_hop(),
            })
        },
    },
    Row {
        verb: "withdraw-route",
        words: 2..=2,
        options: &[],
        read: |w| Line::Command(Command::WithdrawRoute { table: table(w), prefix: w.prefix() }),
    },
    Row {
        verb: "update-gateway-route-table-entry-attribute",
        words: 3..=3,
        options: &[],
        read: |w| {
            Line::Command(Command::UpdateGatewayEntry {
                table: table(w),
                prefix: w.prefix(),
                next_hop: w.next_hop_or_local(),
            })
        },
    },
];

fn read_region(w: &mut Words<'_>) -> Line {
    let mut options = RegionOptions::default();
    while let Some(option) = w.option() {
        match option {
            "gateway" => options.gateway = Some(w.on_off()),
            "clb-restricted" => options.clb_restricted = Some(w.on_off()),
            "gwlb" => options.gwlb = Some(w.on_off()),
            "blackout" => options.blackout = Some(w.on_off()),
            _ => options.deliver_local = Some(w.either("drop-unsolicited", "deliver-local")),
        }
    }
    Line::Command(Command::Region(options))
}

fn read_create_vpc(w: &mut Words<'_>) -> Line {
    let (vpc, table, cidr) = (vpc(w), table(w), w.prefix());
    let (mut secondary, mut user) = (Vec::new(), Vec::new());
    let mut flags = VpcFlags::default();
    let mut too_many = false;
    while let Some(option) = w.option() {
        match option {
            "cidr" => too_many |= secondary.push(w.prefix()).is_err(),
            "user-cidr" => too_many |= user.push(w.prefix()).is_err(),
            _ => match w.word() {
                b"normal-nat" => flags.normal_nat = true,
                b"vpn" => flags.vpn = true,
                b"subnet-route-v1" => flags.subnet_route_v1 = true,
                b"shared-principal" => flags.shared_principal = true,
                b"unsupported" => flags.unsupported = true,
                _ => w.fail(Error::InvalidParameter),
            },
        }
    }
    if too_many {
        w.fail(Error::InvalidParameter);
    }
    Line::Command(Command::CreateVpc { vpc, table, cidr, secondary, user, flags })
}
