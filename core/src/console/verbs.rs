//! Every verb of the language: its words, its options, and what they make.

use core::ops::RangeInclusive;

use heapless::Vec;

use crate::addr::{
    EipId, GatewayId, InstanceId, Kind, NatGatewayId, NetworkInterfaceId, TableId, VSwitchId, VpcId,
};
use crate::console::parse::{Line, Opt, Probe, Query, Words};
use crate::region::{Command, EipMode, Error, GatewayOperation, Port, RegionOptions, VpcFlags};
use crate::resolve::Flow;

/// A verb and how to read the words after it.
struct Row<T: 'static> {
    verb: &'static str,
    /// How many positional words follow the verb.
    words: RangeInclusive<usize>,
    /// The options; a `*` at the end of a name allows repetition.
    options: &'static [&'static str],
    /// Reads the positional words in order, then the options.
    read: fn(&mut Words<'_>) -> Result<T, Error>,
}

/// Reads the line that starts with `verb`, whose other words are `words`.
pub(super) fn parse(verb: &[u8], mut words: Words<'_>) -> Result<Line, Error> {
    if verb == b"dry-run" {
        let verb = words.next_word().ok_or(Error::InvalidCommand)?;
        return command(verb, words).ok_or(Error::InvalidCommand)?.map(Line::DryRun);
    }
    if let Some(command) = command(verb, words) {
        return command.map(Line::Command);
    }
    find(QUERIES, verb, &words).ok_or(Error::InvalidCommand)?.map(Line::Query)
}

/// Reads a line that changes the configuration; `None` if it is none.
fn command(verb: &[u8], mut words: Words<'_>) -> Option<Result<Command, Error>> {
    if verb == b"begin" {
        let begun = words.next_word().and_then(|verb| find(GATEWAY, verb, &words));
        return Some(begun.unwrap_or(Err(Error::InvalidCommand)).map(Command::Begin));
    }
    match find(GATEWAY, verb, &words) {
        Some(operation) => Some(operation.map(Command::Gateway)),
        None => find(COMMANDS, verb, &words),
    }
}

/// Reads `words` by the row of `verb`; `None` if the table has no such row.
fn find<T>(rows: &[Row<T>], verb: &[u8], words: &Words<'_>) -> Option<Result<T, Error>> {
    let row = rows.iter().find(|row| row.verb.as_bytes() == verb)?;
    let mut words = *words;
    if !row.words.contains(&words.positional_words()) {
        return Some(Err(Error::InvalidCommand));
    }
    words.take_options(row.options);
    Some((row.read)(&mut words).and_then(|made| match words.option()? {
        // Only a verb without options leaves some unread, and then the first is unknown.
        None => Ok(made),
        Some(_) => Err(Error::InvalidParameter),
    }))
}

/// The six gateway operations, which `begin` takes too.
const GATEWAY: &[Row<GatewayOperation>] = &[
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

/// The other commands that change the configuration.
const COMMANDS: &[Row<Command>] = &[
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
    Row { verb: "commit", words: 1..=1, options: &[], read: |w| Ok(Command::Commit(gateway(w)?)) },
    Row { verb: "abort", words: 1..=1, options: &[], read: |w| Ok(Command::Abort(gateway(w)?)) },
    Row {
        verb: "create-instance",
        words: 3..=3,
        options: &["public", "forward"],
        read: read_create_instance,
    },
    Row {
        verb: "delete-instance",
        words: 1..=1,
        options: &[],
        read: |w| Ok(Command::DeleteInstance(w.id(Kind::Instance, InstanceId)?)),
    },
    Row {
        verb: "create-network-interface",
        words: 3..=3,
        options: &["forward"],
        read: |w| {
            let interface = w.id(Kind::NetworkInterface, NetworkInterfaceId)?;
            let (vswitch, address) = (vswitch(w)?, w.addr()?);
            let mut forward = false;
            while let Some(option) = w.option()? {
                forward = option.on_off()?;
            }
            Ok(Command::CreateNetworkInterface { interface, vswitch, address, forward })
        },
    },
    Row {
        verb: "delete-network-interface",
        words: 1..=1,
        options: &[],
        read: |w| {
            Ok(Command::DeleteNetworkInterface(w.id(Kind::NetworkInterface, NetworkInterfaceId)?))
        },
    },
    Row {
        verb: "set-forward",
        words: 2..=2,
        options: &[],
        read: |w| Ok(Command::SetForward { interface: port(w)?, forward: w.on_off()? }),
    },
    Row { verb: "allocate-eip", words: 2..=2, options: &["kind", "mode"], read: read_allocate_eip },
    Row {
        verb: "release-eip",
        words: 1..=1,
        options: &[],
        read: |w| Ok(Command::ReleaseEip(eip(w)?)),
    },
    Row {
        verb: "associate-eip",
        words: 2..=2,
        options: &[],
        read: |w| {
            let eip = eip(w)?;
            let target = w.id_of(&[
                Kind::Instance,
                Kind::NetworkInterface,
                Kind::NatGateway,
                Kind::LoadBalancer,
            ])?;
            Ok(Command::AssociateEip { eip, target })
        },
    },
    Row {
        verb: "unassociate-eip",
        words: 1..=1,
        options: &[],
        read: |w| Ok(Command::UnassociateEip(eip(w)?)),
    },
    Row {
        verb: "create-nat-gateway",
        words: 3..=3,
        options: &["mode"],
        read: |w| {
            let (nat, vswitch, address) = (nat(w)?, vswitch(w)?, w.addr()?);
            let mut multi_binded = false;
            while let Some(option) = w.option()? {
                multi_binded = option.choice(&[("nat", false), ("multi-binded", true)])?;
            }
            Ok(Command::CreateNatGateway { nat, vswitch, address, multi_binded })
        },
    },
    Row {
        verb: "delete-nat-gateway",
        words: 1..=1,
        options: &[],
        read: |w| Ok(Command::DeleteNatGateway(nat(w)?)),
    },
    Row {
        verb: "create-snat-entry",
        words: 3..=3,
        options: &[],
        read: |w| Ok(Command::CreateSnatEntry { nat: nat(w)?, prefix: w.prefix()?, eip: eip(w)? }),
    },
    Row {
        verb: "delete-snat-entry",
        words: 2..=2,
        options: &[],
        read: |w| Ok(Command::DeleteSnatEntry { nat: nat(w)?, prefix: w.prefix()? }),
    },
];

/// The questions.
const QUERIES: &[Row<Query>] = &[
    Row {
        verb: "send",
        words: 2..=2,
        options: &["source", "proto", "sport", "dport", "flow"],
        read: |w| {
            let from = w.id_of(&[Kind::Instance, Kind::NetworkInterface, Kind::LoadBalancer])?;
            let destination = w.addr()?;
            let (mut source, mut probe) = (None, Probe::default());
            while let Some(option) = w.option()? {
                match option.key {
                    "source" => source = Some(option.addr()?),
                    _ => read_probe(&option, &mut probe)?,
                }
            }
            Ok(Query::Send { from, destination, source, probe })
        },
    },
    Row {
        verb: "receive",
        words: 2..=2,
        options: &["proto", "sport", "dport", "flow"],
        read: |w| {
            let (source, public) = (w.addr()?, w.addr()?);
            let mut probe = Probe::default();
            while let Some(option) = w.option()? {
                read_probe(&option, &mut probe)?;
            }
            Ok(Query::Receive { source, public, probe })
        },
    },
    Row {
        verb: "lookup",
        words: 2..=2,
        options: &[],
        read: |w| Ok(Query::Lookup { table: table(w)?, addr: w.addr()? }),
    },
    Row { verb: "show", words: 1..=1, options: &[], read: |w| Ok(Query::Show(w.object()?)) },
    Row {
        verb: "list",
        words: 1..=2,
        options: &[],
        read: |w| Ok(Query::List { kind: w.kind()?, vpc: w.optional(vpc)? }),
    },
    Row { verb: "capacity", words: 0..=0, options: &[], read: |_| Ok(Query::Capacity) },
    Row { verb: "hash", words: 0..=0, options: &[], read: |_| Ok(Query::Hash) },
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

fn read_create_instance(w: &mut Words<'_>) -> Result<Command, Error> {
    let instance = w.id(Kind::Instance, InstanceId)?;
    let (vswitch, address) = (vswitch(w)?, w.addr()?);
    let (mut public, mut forward) = (None, false);
    while let Some(option) = w.option()? {
        match option.key {
            "public" => {
                let (eip, address) = option.pair()?;
                public = Some((eip.id(Kind::PublicAddress, EipId)?, address.addr()?));
            }
            _ => forward = option.on_off()?,
        }
    }
    Ok(Command::CreateInstance { instance, vswitch, address, public, forward })
}

fn read_allocate_eip(w: &mut Words<'_>) -> Result<Command, Error> {
    let (eip, address) = (eip(w)?, w.addr()?);
    let (mut anycast, mut mode) = (false, EipMode::Nat);
    while let Some(option) = w.option()? {
        match option.key {
            "kind" => anycast = option.choice(&[("eip", false), ("anycast", true)])?,
            _ => {
                mode = option.choice(&[
                    ("nat", EipMode::Nat),
                    ("binded", EipMode::Binded),
                    ("multi-binded", EipMode::MultiBinded),
                ])?;
            }
        }
    }
    Ok(Command::AllocateEip { eip, address, anycast, mode })
}

fn read_probe(option: &Opt<'_>, probe: &mut Probe) -> Result<(), Error> {
    match option.key {
        "proto" => probe.protocol = option.choice(&[("tcp", 6), ("udp", 17), ("icmp", 1)])?,
        "sport" => probe.source_port = option.port()?,
        "dport" => probe.destination_port = option.port()?,
        _ => probe.flow = option.choice(&[("new", Flow::New), ("reply", Flow::Reply)])?,
    }
    Ok(())
}

fn vpc(w: &mut Words<'_>) -> Result<VpcId, Error> {
    w.id(Kind::Vpc, VpcId)
}

fn vswitch(w: &mut Words<'_>) -> Result<VSwitchId, Error> {
    w.id(Kind::VSwitch, VSwitchId)
}

fn table(w: &mut Words<'_>) -> Result<TableId, Error> {
    w.id(Kind::RouteTable, TableId)
}

fn gateway(w: &mut Words<'_>) -> Result<GatewayId, Error> {
    w.id(Kind::Ipv4Gateway, GatewayId)
}

fn nat(w: &mut Words<'_>) -> Result<NatGatewayId, Error> {
    w.id(Kind::NatGateway, NatGatewayId)
}

fn eip(w: &mut Words<'_>) -> Result<EipId, Error> {
    w.id(Kind::PublicAddress, EipId)
}

fn port(w: &mut Words<'_>) -> Result<Port, Error> {
    let id = w.id_of(&[Kind::Instance, Kind::NetworkInterface])?;
    Port::from_id(id).ok_or(Error::InvalidParameter)
}
