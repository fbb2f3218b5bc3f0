//! A working topology with one of everything, from which most random programs start.

use super::generate::Generator;
use crate::addr::*;
use crate::region::*;

/// The commands before the gateway's.
pub(super) const BEFORE_GATEWAY: usize = 50;

const VPC: VpcId = VpcId(0);
const NAT: NatGatewayId = NatGatewayId(0);

fn subnet(n: u8) -> Prefix {
    Prefix::new_truncated(Addr::new(10, 0, n, 0), 24)
}

fn hop(kind: Kind, number: u16) -> NextHop {
    NextHop::new(Id { kind, number }).expect("a kind of next hop")
}

impl Generator {
    /// A command of the script; `None` at its end.
    pub(super) fn scripted(&mut self, step: usize) -> Option<Command> {
        let n = |of: usize| (step - of) as u16;
        let route = |table: u16, to: NextHop| Command::CreateRouteEntry {
            table: TableId(table),
            prefix: Prefix::DEFAULT,
            next_hop: to,
        };
        let gateway = GatewayId(0);
        Some(match step {
            0 => Command::CreateVpc {
                vpc: VPC,
                table: TableId(0),
                cidr: Prefix::new_truncated(Addr::new(10, 0, 0, 0), 16),
                secondary: heapless::Vec::new(),
                user: heapless::Vec::new(),
                flags: VpcFlags::default(),
            },
            // vsw-0 for hosts, vsw-1 for NAT, vsw-2 behind NAT, vsw-3 for inspection.
            1..5 => Command::CreateVSwitch {
                vswitch: VSwitchId(n(1)),
                vpc: VPC,
                cidr: subnet(n(1) as u8),
            },
            5..10 => {
                let table = TableId(n(4));
                Command::CreateRouteTable { table, vpc: VPC, gateway: step == 9 }
            }
            10..14 => {
                Command::AssociateRouteTable { table: TableId(n(9)), vswitch: VSwitchId(n(10)) }
            }
            // i-0 and i-1 in vsw-0, i-2 in vsw-2.
            14..17 => {
                let vswitch = VSwitchId(if step == 16 { 2 } else { 0 });
                let address = Addr(subnet(vswitch.0 as u8).addr().0 + 10 + u32::from(n(14) % 2));
                let forward = step == 15;
                let instance = InstanceId(n(14));
                Command::CreateInstance { instance, vswitch, address, public: None, forward }
            }
            17 => Command::CreateNetworkInterface {
                interface: NetworkInterfaceId(0),
                vswitch: VSwitchId(3),
                address: Addr::new(10, 0, 3, 10),
                forward: true,
            },
            18 => Command::CreateNatGateway {
                nat: NAT,
                vswitch: VSwitchId(1),
                address: Addr::new(10, 0, 1, 10),
                multi_binded: false,
            },
            19 => Command::CreateLoadBalancer {
                balancer: LoadBalancerId(0),
                place: BalancerPlace::Internal {
                    vswitch: VSwitchId(0),
                    address: Addr::new(10, 0, 0, 12),
                },
            },
            20 => Command::CreateLoadBalancer {
                balancer: LoadBalancerId(1),
                place: BalancerPlace::Internet { vpc: VPC, address: Addr::new(47, 0, 0, 15) },
            },
            21..26 => Command::AllocateEip {
                eip: EipId(n(21)),
                address: Addr::new(47, 0, 0, n(21) as u8),
                anycast: false,
                mode: EipMode::Nat,
            },
            // eip-0 and eip-1 for instances, eip-2 and eip-3 for NAT, eip-4 for a balancer.
            26..31 => {
                let target = match step {
                    26 | 27 => InstanceId(n(26)).id(),
                    28 | 29 => NAT.id(),
                    _ => LoadBalancerId(0).id(),
                };
                Command::AssociateEip { eip: EipId(n(26)), target }
            }
            31 => Command::CreateSnatEntry {
                nat: NAT,
                prefix: Prefix::new_truncated(Addr::new(10, 0, 0, 0), 16),
                eip: EipId(2),
            },
            32..35 => Command::CreateForwardEntry {
                nat: NAT,
                eip: EipId(3),
                protocol: if step == 34 { ForwardProtocol::Udp } else { ForwardProtocol::Tcp },
                public_port: [443, 80, 443][step - 32],
                address: if step == 33 { Addr::new(30, 0, 0, 5) } else { Addr::new(10, 0, 2, 10) },
                private_port: [443, 40000, 80][step - 32],
            },
            35 | 36 => Command::CreateGwlb { gwlb: GwlbId(n(35)), fail_open: step == 36 },
            37 => Command::RegisterAppliance { gwlb: GwlbId(0), appliance: ApplianceId(0) },
            // ep-0 and ep-1 in vsw-3 and vsw-1, ep-2 of the other GWLB.
            38..41 => Command::CreateEndpoint {
                endpoint: EndpointId(n(38)),
                vswitch: VSwitchId(if step == 39 { 1 } else { 3 }),
                gwlb: GwlbId(u16::from(step == 40)),
            },
            41 => Command::CreateRouteTargetGroup {
                group: RouteTargetGroupId(0),
                active: EndpointId(0),
                standby: EndpointId(1),
            },
            42 => {
                let group = self.rng.chance(50);
                let kind = if group { Kind::RouteTargetGroup } else { Kind::Endpoint };
                route(1, hop(kind, 0))
            }
            43 => route(3, hop(Kind::NatGateway, 0)),
            44..47 => Command::AnnounceRoute {
                table: TableId(n(42)),
                prefix: Prefix::new_truncated(Addr::new(30, 0, 0, 0), 16),
                next_hop: self.external_hop(),
            },
            47..BEFORE_GATEWAY => {
                let kind = if self.rng.chance(70) { Kind::Endpoint } else { Kind::Instance };
                Command::UpdateGatewayEntry {
                    table: TableId(5),
                    prefix: subnet([0, 1, 2][step - 47]),
                    next_hop: self.rng.chance(70).then(|| hop(kind, n(47) % 2)),
                }
            }
            50 => Command::Gateway(GatewayOperation::Create { gateway, vpc: VPC }),
            51 => {
                let tables = [TableId(2), TableId(4)].into_iter().collect();
                Command::Gateway(GatewayOperation::Enable { gateway, tables })
            }
            52 => Command::Gateway(GatewayOperation::Associate { table: TableId(5), gateway }),
            _ => return None,
        })
    }
}
