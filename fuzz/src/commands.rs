//! Bytes as typed commands and packets over a handful of objects, so that programs collide often.

use sekisho::addr::{
    Addr, EipId, GatewayId, Id, InstanceId, Kind, NatGatewayId, NetworkInterfaceId, Prefix,
    TableId, VSwitchId, VpcId,
};
use sekisho::region::{Command, EipMode, GatewayOperation, NextHop, Port, RegionOptions, VpcFlags};
use sekisho::resolve::{Flow, Header};

use crate::bytes::Bytes;

/// Addresses at the bounds of everything that a walk asks about.
const ADDRESSES: [[u8; 4]; 24] = [
    [10, 0, 0, 10],
    [10, 0, 0, 11],
    [10, 0, 0, 20],
    [10, 0, 0, 0],
    [10, 0, 0, 1],
    [10, 0, 0, 252],
    [10, 0, 0, 253],
    [10, 0, 1, 10],
    [10, 0, 1, 20],
    [10, 0, 2, 10],
    [10, 1, 0, 10],
    [30, 0, 0, 5],
    [30, 0, 1, 10],
    [100, 64, 0, 1],
    [100, 128, 0, 0],
    [172, 16, 0, 1],
    [192, 168, 0, 10],
    [127, 0, 0, 1],
    [8, 8, 8, 8],
    [47, 0, 0, 1],
    [47, 0, 0, 2],
    [47, 0, 0, 3],
    [0, 0, 0, 0],
    [255, 255, 255, 255],
];

/// A host of the Internet.
pub(crate) const INTERNET: Addr = Addr::new(8, 8, 8, 8);

const PREFIXES: [([u8; 4], u8); 20] = [
    ([0, 0, 0, 0], 0),
    ([10, 0, 0, 0], 8),
    ([10, 0, 0, 0], 16),
    ([10, 0, 0, 0], 24),
    ([10, 0, 1, 0], 24),
    ([10, 0, 2, 0], 24),
    ([10, 0, 0, 0], 23),
    ([10, 0, 0, 0], 28),
    ([10, 0, 0, 10], 32),
    ([10, 1, 0, 0], 16),
    ([10, 1, 0, 0], 24),
    ([30, 0, 0, 0], 16),
    ([30, 0, 1, 0], 24),
    ([100, 64, 0, 0], 10),
    ([100, 64, 0, 0], 16),
    ([8, 8, 0, 0], 16),
    ([8, 8, 8, 8], 32),
    ([128, 0, 0, 0], 1),
    ([0, 0, 0, 0], 1),
    ([255, 255, 255, 255], 32),
];

/// Ids run from 0 to one less than these.
const VPCS: usize = 2;
const VSWITCHES: usize = 4;
const TABLES: usize = 6;
const GATEWAYS: usize = 2;
const PORTS: usize = 4;
const EIPS: usize = 5;
const NATS: usize = 2;

fn addr(bytes: &mut Bytes<'_>) -> Addr {
    let [a, b, c, d] = bytes.pick(&ADDRESSES);
    Addr::new(a, b, c, d)
}

/// Every address that packets are sent to or from.
pub(crate) fn addresses() -> impl Iterator<Item = Addr> {
    ADDRESSES.iter().map(|&[a, b, c, d]| Addr::new(a, b, c, d))
}

pub(crate) fn tables() -> impl Iterator<Item = TableId> {
    (0..TABLES).map(|n| TableId(n as u16))
}

pub(crate) fn ports() -> impl Iterator<Item = Port> {
    (0..PORTS).flat_map(|n| {
        let n = n as u16;
        [Port::Instance(InstanceId(n)), Port::NetworkInterface(NetworkInterfaceId(n))]
    })
}

fn prefix(bytes: &mut Bytes<'_>) -> Prefix {
    let ([a, b, c, d], len) = bytes.pick(&PREFIXES);
    Prefix::new_truncated(Addr::new(a, b, c, d), len)
}

fn id(bytes: &mut Bytes<'_>, n: usize) -> u16 {
    bytes.below(n) as u16
}

pub(crate) fn port(bytes: &mut Bytes<'_>) -> Port {
    let n = id(bytes, PORTS);
    if bytes.flag() {
        Port::NetworkInterface(NetworkInterfaceId(n))
    } else {
        Port::Instance(InstanceId(n))
    }
}

fn next_hop(bytes: &mut Bytes<'_>) -> NextHop {
    let kind = bytes.pick(&[
        Kind::Instance,
        Kind::Instance,
        Kind::NetworkInterface,
        Kind::Ipv4Gateway,
        Kind::Ipv4Gateway,
        Kind::NatGateway,
        Kind::NatGateway,
        Kind::Endpoint,
        Kind::RouteTargetGroup,
        Kind::Peer,
        Kind::TransitRouter,
        Kind::VpnGateway,
        Kind::RouterInterface,
        Kind::Ecr,
        Kind::HaVip,
    ]);
    let n = match kind {
        Kind::Ipv4Gateway => GATEWAYS,
        Kind::NatGateway => NATS,
        _ => PORTS,
    };
    NextHop::new(Id { kind, number: id(bytes, n) }).expect("a kind that can be a next hop")
}

fn optional_next_hop(bytes: &mut Bytes<'_>) -> Option<NextHop> {
    (bytes.below(3) > 0).then(|| next_hop(bytes))
}

fn operation(bytes: &mut Bytes<'_>) -> GatewayOperation {
    let gateway = GatewayId(id(bytes, GATEWAYS));
    match bytes.below(6) {
        0 => GatewayOperation::Create { gateway, vpc: VpcId(id(bytes, VPCS)) },
        1 => {
            let tables = (0..bytes.below(4)).map(|_| TableId(id(bytes, TABLES))).collect();
            GatewayOperation::Enable { gateway, tables }
        }
        2 => GatewayOperation::Update(gateway),
        3 => GatewayOperation::Delete { gateway, public: bytes.flag() },
        4 => GatewayOperation::Associate { table: TableId(id(bytes, TABLES)), gateway },
        _ => GatewayOperation::Dissociate { table: TableId(id(bytes, TABLES)), gateway },
    }
}

pub(crate) fn command(bytes: &mut Bytes<'_>) -> Command {
    match bytes.below(32) {
        0 => Command::Region(RegionOptions {
            gateway: bytes.flag().then(|| bytes.flag()),
            deliver_local: bytes.flag().then(|| bytes.flag()),
            ..RegionOptions::default()
        }),
        1 => {
            let (vpc, table, cidr) =
                (VpcId(id(bytes, VPCS)), TableId(id(bytes, TABLES)), prefix(bytes));
            let secondary = (0..bytes.below(3)).map(|_| prefix(bytes)).collect();
            let user = (0..bytes.below(4)).map(|_| prefix(bytes)).collect();
            let flags = if bytes.below(8) == 0 { flags(bytes.byte()) } else { flags(0) };
            Command::CreateVpc { vpc, table, cidr, secondary, user, flags }
        }
        2 => Command::DeleteVpc(VpcId(id(bytes, VPCS))),
        3 | 4 => Command::CreateVSwitch {
            vswitch: VSwitchId(id(bytes, VSWITCHES)),
            vpc: VpcId(id(bytes, VPCS)),
            cidr: prefix(bytes),
        },
        5 => Command::DeleteVSwitch(VSwitchId(id(bytes, VSWITCHES))),
        6 => Command::CreateRouteTable {
            table: TableId(id(bytes, TABLES)),
            vpc: VpcId(id(bytes, VPCS)),
            gateway: bytes.flag(),
        },
        7 => Command::DeleteRouteTable(TableId(id(bytes, TABLES))),
        8 => Command::AssociateRouteTable {
            table: TableId(id(bytes, TABLES)),
            vswitch: VSwitchId(id(bytes, VSWITCHES)),
        },
        9 => Command::UnassociateRouteTable {
            table: TableId(id(bytes, TABLES)),
            vswitch: VSwitchId(id(bytes, VSWITCHES)),
        },
        10 | 11 => Command::CreateRouteEntry {
            table: TableId(id(bytes, TABLES)),
            prefix: prefix(bytes),
            next_hop: next_hop(bytes),
        },
        12 => Command::ModifyRouteEntry {
            table: TableId(id(bytes, TABLES)),
            prefix: prefix(bytes),
            next_hop: optional_next_hop(bytes),
        },
        13 => {
            Command::DeleteRouteEntry { table: TableId(id(bytes, TABLES)), prefix: prefix(bytes) }
        }
        14..=17 => Command::Gateway(operation(bytes)),
        18 => Command::UpdateGatewayEntry {
            table: TableId(id(bytes, TABLES)),
            prefix: prefix(bytes),
            next_hop: optional_next_hop(bytes),
        },
        19 => Command::Begin(operation(bytes)),
        20 => Command::Commit(GatewayId(id(bytes, GATEWAYS))),
        21 => Command::Abort(GatewayId(id(bytes, GATEWAYS))),
        22 => Command::CreateInstance {
            instance: InstanceId(id(bytes, PORTS)),
            vswitch: VSwitchId(id(bytes, VSWITCHES)),
            address: addr(bytes),
            public: (bytes.below(4) == 0).then(|| (EipId(id(bytes, EIPS)), addr(bytes))),
            forward: bytes.flag(),
        },
        23 => Command::CreateNetworkInterface {
            interface: NetworkInterfaceId(id(bytes, PORTS)),
            vswitch: VSwitchId(id(bytes, VSWITCHES)),
            address: addr(bytes),
            forward: bytes.flag(),
        },
        24 => match port(bytes) {
            Port::Instance(instance) => Command::DeleteInstance(instance),
            Port::NetworkInterface(interface) => Command::DeleteNetworkInterface(interface),
        },
        25 => Command::SetForward { interface: port(bytes), forward: bytes.flag() },
        26 => Command::AllocateEip {
            eip: EipId(id(bytes, EIPS)),
            address: addr(bytes),
            anycast: bytes.flag(),
            mode: bytes.pick(&[EipMode::Nat, EipMode::Nat, EipMode::Binded, EipMode::MultiBinded]),
        },
        27 => {
            let eip = EipId(id(bytes, EIPS));
            if bytes.flag() { Command::ReleaseEip(eip) } else { Command::UnassociateEip(eip) }
        }
        28 => Command::AssociateEip { eip: EipId(id(bytes, EIPS)), target: target(bytes) },
        29 => Command::CreateNatGateway {
            nat: NatGatewayId(id(bytes, NATS)),
            vswitch: VSwitchId(id(bytes, VSWITCHES)),
            address: addr(bytes),
            multi_binded: bytes.below(4) == 0,
        },
        30 => Command::CreateSnatEntry {
            nat: NatGatewayId(id(bytes, NATS)),
            prefix: prefix(bytes),
            eip: EipId(id(bytes, EIPS)),
        },
        _ => {
            let nat = NatGatewayId(id(bytes, NATS));
            if bytes.flag() {
                Command::DeleteNatGateway(nat)
            } else {
                Command::DeleteSnatEntry { nat, prefix: prefix(bytes) }
            }
        }
    }
}

fn flags(bits: u8) -> VpcFlags {
    let bit = |n: u8| bits >> n & 1 == 1;
    VpcFlags {
        normal_nat: bit(0),
        vpn: bit(1),
        subnet_route_v1: bit(2),
        shared_principal: bit(3),
        unsupported: bit(4),
    }
}

fn target(bytes: &mut Bytes<'_>) -> Id {
    match bytes.below(8) {
        0 => Id { kind: Kind::LoadBalancer, number: 0 },
        1 | 2 => NatGatewayId(id(bytes, NATS)).id(),
        _ => port(bytes).id(),
    }
}

/// A TCP packet to port 443.
pub(crate) fn tcp(source: Addr, destination: Addr) -> Header {
    Header { source, destination, protocol: 6, source_port: 40000, destination_port: 443 }
}

pub(crate) fn header(bytes: &mut Bytes<'_>) -> Header {
    let protocol = bytes.pick(&[6, 17, 1, 47]);
    Header { protocol, ..tcp(addr(bytes), addr(bytes)) }
}

pub(crate) fn flow(bytes: &mut Bytes<'_>) -> Flow {
    if bytes.flag() { Flow::Reply } else { Flow::New }
}
