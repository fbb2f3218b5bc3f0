//! Bytes as typed commands, every one of them.

use sekisho::region::{
    BalancerPlace, Command, EipMode, ForwardProtocol, GatewayOperation, RegionOptions, VpcFlags,
};

use crate::bytes::Bytes;

/// The next command.
pub(crate) fn command(bytes: &mut Bytes<'_>) -> Command {
    match bytes.below(80) {
        0..40 => network(bytes),
        40..60 => address(bytes),
        _ => service(bytes),
    }
}

/// The region, VPCs, tables, routes and the gateway.
fn network(bytes: &mut Bytes<'_>) -> Command {
    match bytes.below(40) {
        0 | 1 => {
            let bits = bytes.byte();
            let mut option = |n: u8| (bits >> n & 1 == 1).then(|| bytes.flag());
            Command::Region(RegionOptions {
                gateway: option(0),
                clb_restricted: option(1),
                gwlb: option(2),
                deliver_local: option(3),
                blackout: option(4),
            })
        }
        2 => {
            let (vpc, table, cidr) = (bytes.vpc(), bytes.table(), bytes.prefix());
            let secondary = (0..bytes.below(3)).map(|_| bytes.prefix()).collect();
            let user = (0..bytes.below(4)).map(|_| bytes.prefix()).collect();
            let flags = flags(if bytes.below(8) == 0 { bytes.byte() } else { 0 });
            Command::CreateVpc { vpc, table, cidr, secondary, user, flags }
        }
        3 => Command::DeleteVpc(bytes.vpc()),
        4 | 5 => Command::CreateVSwitch {
            vswitch: bytes.vswitch(),
            vpc: bytes.vpc(),
            cidr: bytes.prefix(),
        },
        6 => Command::DeleteVSwitch(bytes.vswitch()),
        7 => Command::CreateRouteTable {
            table: bytes.table(),
            vpc: bytes.vpc(),
            gateway: bytes.flag(),
        },
        8 => Command::DeleteRouteTable(bytes.table()),
        9 | 10 => Command::AssociateRouteTable { table: bytes.table(), vswitch: bytes.vswitch() },
        11 => Command::UnassociateRouteTable { table: bytes.table(), vswitch: bytes.vswitch() },
        12..15 => Command::CreateRouteEntry {
            table: bytes.table(),
            prefix: bytes.prefix(),
            next_hop: bytes.next_hop(),
        },
        15..18 => Command::ModifyRouteEntry {
            table: bytes.table(),
            prefix: bytes.prefix(),
            next_hop: bytes.optional_next_hop(),
        },
        18 | 19 => Command::DeleteRouteEntry { table: bytes.table(), prefix: bytes.prefix() },
        20..22 => Command::AnnounceRoute {
            table: bytes.table(),
            prefix: bytes.prefix(),
            next_hop: bytes.next_hop(),
        },
        22 => Command::WithdrawRoute { table: bytes.table(), prefix: bytes.prefix() },
        23..25 => Command::UpdateGatewayEntry {
            table: bytes.table(),
            prefix: bytes.prefix(),
            next_hop: bytes.optional_next_hop(),
        },
        25..30 => Command::Gateway(operation(bytes)),
        30..34 => Command::Begin(operation(bytes)),
        34..37 => Command::Commit(bytes.gateway()),
        _ => Command::Abort(bytes.gateway()),
    }
}

fn operation(bytes: &mut Bytes<'_>) -> GatewayOperation {
    let gateway = bytes.gateway();
    match bytes.below(6) {
        0 => GatewayOperation::Create { gateway, vpc: bytes.vpc() },
        1 => {
            let tables = (0..bytes.below(4)).map(|_| bytes.table()).collect();
            GatewayOperation::Enable { gateway, tables }
        }
        2 => GatewayOperation::Update(gateway),
        3 => GatewayOperation::Delete { gateway, public: bytes.flag() },
        4 => GatewayOperation::Associate { table: bytes.table(), gateway },
        _ => GatewayOperation::Dissociate { table: bytes.table(), gateway },
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

/// Interfaces, public addresses and NAT gateways.
fn address(bytes: &mut Bytes<'_>) -> Command {
    match bytes.below(24) {
        0 | 1 => Command::CreateInstance {
            instance: bytes.instance(),
            vswitch: bytes.vswitch(),
            address: bytes.addr(),
            public: (bytes.below(4) == 0).then(|| (bytes.eip(), bytes.addr())),
            forward: bytes.flag(),
        },
        2 => Command::DeleteInstance(bytes.instance()),
        3 => Command::CreateNetworkInterface {
            interface: bytes.network_interface(),
            vswitch: bytes.vswitch(),
            address: bytes.addr(),
            forward: bytes.flag(),
        },
        4 => Command::DeleteNetworkInterface(bytes.network_interface()),
        5 | 6 => Command::SetForward { interface: bytes.port(), forward: bytes.flag() },
        7 | 8 => {
            const MODES: [EipMode; 4] =
                [EipMode::Nat, EipMode::Nat, EipMode::Binded, EipMode::MultiBinded];
            Command::AllocateEip {
                eip: bytes.eip(),
                address: bytes.addr(),
                anycast: bytes.flag(),
                mode: bytes.pick(&MODES),
            }
        }
        9 => Command::ReleaseEip(bytes.eip()),
        10..13 => Command::AssociateEip { eip: bytes.eip(), target: bytes.target() },
        13 => Command::UnassociateEip(bytes.eip()),
        14 => Command::CreateNatGateway {
            nat: bytes.nat(),
            vswitch: bytes.vswitch(),
            address: bytes.addr(),
            multi_binded: bytes.below(4) == 0,
        },
        15 => Command::DeleteNatGateway(bytes.nat()),
        16 | 17 => {
            Command::CreateSnatEntry { nat: bytes.nat(), prefix: bytes.prefix(), eip: bytes.eip() }
        }
        18 => Command::DeleteSnatEntry { nat: bytes.nat(), prefix: bytes.prefix() },
        19..23 => {
            let (nat, eip, protocol, public_port) = forward_key(bytes);
            let address = bytes.addr();
            let fitting = protocol != ForwardProtocol::Any || bytes.below(8) == 0;
            let private_port = if fitting { bytes.port_number() } else { 0 };
            Command::CreateForwardEntry { nat, eip, protocol, public_port, address, private_port }
        }
        _ => {
            let (nat, eip, protocol, public_port) = forward_key(bytes);
            Command::DeleteForwardEntry { nat, eip, protocol, public_port }
        }
    }
}

fn forward_key(
    bytes: &mut Bytes<'_>,
) -> (sekisho::addr::NatGatewayId, sekisho::addr::EipId, ForwardProtocol, u16) {
    let (nat, eip) = (bytes.nat(), bytes.eip());
    let protocol = bytes.pick(&[ForwardProtocol::Tcp, ForwardProtocol::Udp, ForwardProtocol::Any]);
    let any = protocol == ForwardProtocol::Any && bytes.below(8) > 0;
    (nat, eip, protocol, if any { 0 } else { bytes.port_number() })
}

/// Load balancers and inspection.
fn service(bytes: &mut Bytes<'_>) -> Command {
    match bytes.below(24) {
        0 | 1 => Command::CreateLoadBalancer {
            balancer: bytes.balancer(),
            place: if bytes.flag() {
                BalancerPlace::Internet { vpc: bytes.vpc(), address: bytes.addr() }
            } else {
                BalancerPlace::Internal { vswitch: bytes.vswitch(), address: bytes.addr() }
            },
        },
        2 => Command::DeleteLoadBalancer(bytes.balancer()),
        3 | 4 => Command::CreateGwlb { gwlb: bytes.gwlb(), fail_open: bytes.flag() },
        5 => Command::DeleteGwlb(bytes.gwlb()),
        6 | 7 => Command::RegisterAppliance { gwlb: bytes.gwlb(), appliance: bytes.appliance() },
        8 => Command::DeregisterAppliance(bytes.appliance()),
        9 | 10 => Command::SetAppliance { appliance: bytes.appliance(), healthy: bytes.flag() },
        11 | 12 => Command::CreateEndpoint {
            endpoint: bytes.endpoint(),
            vswitch: bytes.vswitch(),
            gwlb: bytes.gwlb(),
        },
        13 => Command::DeleteEndpoint(bytes.endpoint()),
        14 | 15 => Command::CreateRouteTargetGroup {
            group: bytes.group(),
            active: bytes.endpoint(),
            standby: bytes.endpoint(),
        },
        16 => Command::DeleteRouteTargetGroup(bytes.group()),
        17..23 => Command::ReportProbe {
            group: bytes.group(),
            endpoint: bytes.endpoint(),
            ok: bytes.flag(),
        },
        _ => Command::SwitchActive(bytes.group()),
    }
}
