//! Random commands about Dynamic routes, forward entries, load balancers and inspection.

use std::vec::Vec;

use super::generate::{Draw, Generator};
use super::ranges::OUTSIDE;
use super::region::{ForwardKey, Twin};
use crate::addr::{
    Addr, ApplianceId, EndpointId, Kind, LoadBalancerId, Prefix, RouteTargetGroupId, TableId,
};
use crate::region::{BalancerPlace, Command, ForwardProtocol};

impl Generator {
    pub(super) fn make_service(&mut self, draw: Draw, twin: &Twin) -> Command {
        match draw {
            Draw::Announce => {
                let table = self.table(twin);
                let prefix = self.destination(twin, table, 40);
                let external = self.rng.chance(92);
                let next_hop =
                    if external { self.external_hop() } else { self.next_hop(twin, table) };
                Command::AnnounceRoute { table, prefix, next_hop }
            }
            Draw::Withdraw => {
                let table = self.table(twin);
                let prefix = self.dynamic_destination(twin, table);
                Command::WithdrawRoute { table, prefix }
            }
            Draw::CreateForward => self.create_forward(twin),
            Draw::DeleteForward => {
                let all: Vec<_> = twin.forward.keys().copied().collect();
                let known = !all.is_empty() && self.rng.chance(80);
                let (nat, eip, protocol, public_port) =
                    if known { self.rng.pick(&all) } else { self.forward_key(twin) };
                Command::DeleteForwardEntry { nat, eip, protocol, public_port }
            }
            Draw::CreateBalancer => {
                let balancer = LoadBalancerId(self.fresh(twin, Kind::LoadBalancer));
                let place = if self.rng.chance(65) {
                    let vswitch = self.vswitch(twin);
                    let address = self.private_address(twin, vswitch);
                    BalancerPlace::Internal { vswitch, address }
                } else {
                    let vpc = self.vpc(twin);
                    BalancerPlace::Internet { vpc, address: self.public_address() }
                };
                Command::CreateLoadBalancer { balancer, place }
            }
            Draw::DeleteBalancer => {
                Command::DeleteLoadBalancer(LoadBalancerId(self.known(twin, Kind::LoadBalancer)))
            }
            _ => self.make_inspection(draw, twin),
        }
    }

    fn make_inspection(&mut self, draw: Draw, twin: &Twin) -> Command {
        match draw {
            Draw::CreateGwlb => Command::CreateGwlb {
                gwlb: crate::addr::GwlbId(self.fresh(twin, Kind::Gwlb)),
                fail_open: self.rng.chance(35),
            },
            Draw::DeleteGwlb => Command::DeleteGwlb(self.gwlb(twin)),
            Draw::RegisterAppliance => Command::RegisterAppliance {
                gwlb: self.gwlb(twin),
                appliance: ApplianceId(self.fresh(twin, Kind::Appliance)),
            },
            Draw::DeregisterAppliance => {
                Command::DeregisterAppliance(ApplianceId(self.known(twin, Kind::Appliance)))
            }
            Draw::SetAppliance => Command::SetAppliance {
                appliance: ApplianceId(self.known(twin, Kind::Appliance)),
                healthy: self.rng.chance(65),
            },
            Draw::CreateEndpoint => Command::CreateEndpoint {
                endpoint: EndpointId(self.fresh(twin, Kind::Endpoint)),
                vswitch: self.vswitch(twin),
                gwlb: self.gwlb(twin),
            },
            Draw::DeleteEndpoint => Command::DeleteEndpoint(self.endpoint(twin)),
            Draw::CreateGroup => {
                let active = self.endpoint(twin);
                let mut standby = self.endpoint(twin);
                if standby == active {
                    standby = self.endpoint(twin);
                }
                let group = RouteTargetGroupId(self.fresh(twin, Kind::RouteTargetGroup));
                Command::CreateRouteTargetGroup { group, active, standby }
            }
            Draw::DeleteGroup => Command::DeleteRouteTargetGroup(self.group(twin)),
            Draw::ReportProbe => {
                let group = self.group(twin);
                let endpoint = match twin.groups.get(&group) {
                    Some(group) if self.rng.chance(95) => {
                        if self.rng.chance(60) {
                            group.active
                        } else {
                            group.standby
                        }
                    }
                    _ => self.endpoint(twin),
                };
                // Good and bad times, so that three in a row are frequent.
                self.failing ^= self.rng.chance(6);
                let ok = self.failing == self.rng.chance(12);
                Command::ReportProbe { group, endpoint, ok }
            }
            Draw::SwitchActive => Command::SwitchActive(self.group(twin)),
            _ => unreachable!("made elsewhere"),
        }
    }

    fn group(&mut self, twin: &Twin) -> RouteTargetGroupId {
        RouteTargetGroupId(self.known(twin, Kind::RouteTargetGroup))
    }

    /// Mostly the destination of a Dynamic entry, effective or candidate.
    fn dynamic_destination(&mut self, twin: &Twin, table: TableId) -> Prefix {
        let dynamic = twin.tables.get(&table).map(|t| t.dynamic.keys().copied().collect());
        let dynamic: Vec<Prefix> = dynamic.unwrap_or_default();
        if dynamic.is_empty() || self.rng.chance(15) {
            self.destination(twin, table, 60)
        } else {
            self.rng.pick(&dynamic)
        }
    }

    /// A key for a forward entry: mostly of an address that is bound to the NAT gateway.
    fn forward_key(&mut self, twin: &Twin) -> ForwardKey {
        let (nat, eip) = self.nat_and_eip(twin);
        let protocol = self.rng.pick(&[
            ForwardProtocol::Tcp,
            ForwardProtocol::Tcp,
            ForwardProtocol::Udp,
            ForwardProtocol::Any,
        ]);
        (nat, eip, protocol, self.forward_port(protocol))
    }

    /// Rarely a port that does not fit the protocol.
    fn forward_port(&mut self, protocol: ForwardProtocol) -> u16 {
        let zero = (protocol == ForwardProtocol::Any) != self.rng.chance(2);
        if zero { 0 } else { self.port() }
    }

    fn create_forward(&mut self, twin: &Twin) -> Command {
        let (nat, eip, protocol, public_port) = self.forward_key(twin);
        let owned: Vec<Addr> = twin.interfaces.values().map(|i| i.address).collect();
        let address = match self.rng.below(100) {
            0..85 if !owned.is_empty() => self.rng.pick(&owned),
            0..95 => self.address(twin),
            _ => self.rng.pick(&OUTSIDE),
        };
        let private_port = self.forward_port(protocol);
        Command::CreateForwardEntry { nat, eip, protocol, public_port, address, private_port }
    }
}
