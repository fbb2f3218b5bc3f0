//! What happens to a packet: the walk over the route tables, with list scans for LPM.

use std::vec::Vec;

use super::objects::Mode;
use super::region::{SERVICES, Twin};
use crate::addr::{Addr, EipId, Id, Kind, NatGatewayId, Prefix, VSwitchId, VpcId};
use crate::region::Port;
use crate::resolve::{Action, DropReason, Flow, Header, MAX_LOOKUPS, Verdict, path};

const PRIVATE: [Prefix; 4] = [
    Prefix::new_truncated(Addr::new(10, 0, 0, 0), 8),
    Prefix::new_truncated(Addr::new(172, 16, 0, 0), 12),
    Prefix::new_truncated(Addr::new(192, 168, 0, 0), 16),
    SERVICES,
];

const MARTIAN: [Prefix; 9] = [
    Prefix::new_truncated(Addr::new(0, 0, 0, 0), 8),
    Prefix::new_truncated(Addr::new(10, 0, 0, 0), 8),
    SERVICES,
    Prefix::new_truncated(Addr::new(127, 0, 0, 0), 8),
    Prefix::new_truncated(Addr::new(169, 254, 0, 0), 16),
    Prefix::new_truncated(Addr::new(172, 16, 0, 0), 12),
    Prefix::new_truncated(Addr::new(192, 168, 0, 0), 16),
    Prefix::new_truncated(Addr::new(224, 0, 0, 0), 4),
    Prefix::new_truncated(Addr::new(240, 0, 0, 0), 4),
];

fn holds(prefixes: &[Prefix], addr: Addr) -> bool {
    prefixes.iter().any(|p| p.contains(addr))
}

/// A packet on its way.
struct Walk {
    /// The VPC that it walks in.
    vpc: VpcId,
    /// Whether it came from the Internet.
    from_internet: bool,
    /// Whether it opens or answers a flow.
    flow: Flow,
    /// The source as it was sent.
    original_source: Addr,
    /// The source as it is now.
    source: Addr,
    /// The destination.
    destination: Addr,
    /// The public address that a NAT gateway chose.
    chosen: Option<Addr>,
    /// Lookups done.
    lookups: usize,
    /// Paths taken.
    paths: Vec<u8>,
    /// Hops passed.
    via: Vec<Id>,
}

impl Walk {
    fn drop(self, reason: DropReason) -> Verdict {
        Verdict {
            action: Action::Drop(reason),
            paths: heapless::Vec::new(),
            via: self.via.iter().copied().collect(),
        }
    }

    fn end(mut self, action: Action, last_path: Option<u8>) -> Verdict {
        self.paths.extend(last_path);
        Verdict {
            action,
            paths: self.paths.iter().copied().collect(),
            via: self.via.iter().copied().collect(),
        }
    }
}

impl Twin {
    /// What happens to a packet that leaves an interface; `None` when there is no such interface.
    pub fn egress(&self, from: Port, header: &Header, flow: Flow) -> Option<Verdict> {
        let sender = self.interfaces.get(&from.id())?;
        let vpc = self.vswitches[&sender.vswitch].vpc;
        let walk = Walk {
            vpc,
            from_internet: false,
            flow,
            original_source: header.source,
            source: header.source,
            destination: header.destination,
            chosen: None,
            lookups: 0,
            paths: Vec::new(),
            via: Vec::new(),
        };
        if header.source != sender.address && !sender.forward {
            return Some(walk.drop(DropReason::SpoofedSource));
        }
        let direct = self.vpcs[&vpc].mode == Mode::Direct;
        let public = self.public_of(vpc, header.source);
        if direct && !self.is_private(vpc, header.destination) && public.is_some() {
            return Some(self.leave(walk, public, Some(path::DIRECT)));
        }
        Some(self.walk(walk, sender.vswitch))
    }

    /// What happens to a packet from the Internet; its destination is a public address.
    pub fn ingress(&self, header: &Header, flow: Flow) -> Verdict {
        let bound = self.eips.values().find(|e| e.address == header.destination);
        let target = bound.and_then(|e| e.target);
        let mut walk = Walk {
            vpc: target.and_then(|id| self.vpc_of(id)).unwrap_or(VpcId(0)),
            from_internet: true,
            flow,
            original_source: header.source,
            source: header.source,
            destination: header.destination,
            chosen: None,
            lookups: 0,
            paths: Vec::new(),
            via: Vec::new(),
        };
        let Some(target) = target else {
            return walk.drop(if holds(&MARTIAN, header.source) {
                DropReason::MartianSource
            } else {
                DropReason::NoDestMapping
            });
        };
        if self.is_martian(walk.vpc, header.source) {
            return walk.drop(DropReason::MartianSource);
        }
        walk.destination = self.interfaces[&target].address;
        match self.vpcs[&walk.vpc].mode {
            Mode::PrivateOnly => return walk.drop(DropReason::VpcPrivateOnly),
            Mode::Direct => {
                walk.paths.push(path::DIRECT);
                return self.arrive(walk, target);
            }
            Mode::Centralized => walk.paths.push(path::GATEWAY),
        }
        let Some(table) = self.bound_gateway_table(walk.vpc) else {
            return if flow == Flow::Reply || self.deliver_local {
                self.arrive(walk, target)
            } else {
                walk.drop(DropReason::NoIngressRoute)
            };
        };
        walk.lookups += 1;
        let route = self.lookup(table, walk.destination).expect("every vSwitch has its entry");
        let Some(hop) = route.next_hop.map(|hop| hop.id()) else {
            return self.arrive(walk, target);
        };
        let interface = &self.interfaces[&hop];
        if interface.address == walk.destination {
            self.arrive(walk, target)
        } else if interface.forward {
            walk.paths.push(path::INTERFACE);
            walk.via.push(hop);
            self.walk(walk, interface.vswitch)
        } else {
            walk.drop(DropReason::ApplianceNotForwarding)
        }
    }

    /// A packet from the Internet has come to the target of its public address.
    fn arrive(&self, walk: Walk, target: Id) -> Verdict {
        if target.kind == Kind::NatGateway && walk.flow == Flow::New {
            return walk.drop(DropReason::NoDnatEntry);
        }
        walk.end(Action::Deliver { target }, None)
    }

    /// The lookups, beginning with the table of `vswitch`.
    fn walk(&self, mut walk: Walk, mut vswitch: VSwitchId) -> Verdict {
        let mode = self.vpcs[&walk.vpc].mode;
        let outside = !self.is_private(walk.vpc, walk.destination);
        while walk.lookups < MAX_LOOKUPS {
            walk.lookups += 1;
            let table = self.vswitches[&vswitch].table;
            let Some(route) = self.lookup(table, walk.destination) else {
                let had_public = self.public_of(walk.vpc, walk.original_source).is_some();
                return walk.drop(if mode == Mode::PrivateOnly && outside && had_public {
                    DropReason::VpcPrivateOnly
                } else {
                    DropReason::NoRoute
                });
            };
            let Some(hop) = route.next_hop.map(|hop| hop.id()) else {
                if route.prefix == SERVICES {
                    return walk.end(Action::Service, Some(path::SERVICE));
                }
                return self.found_locally(walk);
            };
            match hop.kind {
                Kind::Ipv4Gateway => {
                    if !self.is_enabled_gateway(hop) {
                        return walk.drop(DropReason::GatewayInactive);
                    }
                    let public = walk.chosen.or(self.public_of(walk.vpc, walk.source));
                    return self.leave(walk, public, Some(path::GATEWAY));
                }
                Kind::NatGateway => {
                    if walk.via.contains(&hop) {
                        return walk.drop(DropReason::Loop);
                    }
                    if mode == Mode::PrivateOnly && outside {
                        return walk.drop(DropReason::VpcPrivateOnly);
                    }
                    let Some(eip) = self.translation(NatGatewayId(hop.number), walk.source) else {
                        return walk.drop(DropReason::NoSnatEntry);
                    };
                    let nat = &self.interfaces[&hop];
                    walk.chosen = Some(self.eips[&eip].address);
                    walk.source = nat.address;
                    walk.paths.push(path::NAT);
                    walk.via.push(hop);
                    if mode == Mode::Direct {
                        let public = walk.chosen;
                        return self.leave(walk, public, None);
                    }
                    vswitch = nat.vswitch;
                }
                Kind::Instance | Kind::NetworkInterface => {
                    let interface = &self.interfaces[&hop];
                    if interface.address == walk.destination {
                        return walk.end(Action::Deliver { target: hop }, Some(path::LOCAL));
                    }
                    if walk.via.contains(&hop) {
                        return walk.drop(DropReason::Loop);
                    }
                    if !interface.forward {
                        return walk.drop(DropReason::ApplianceNotForwarding);
                    }
                    walk.paths.push(path::INTERFACE);
                    walk.via.push(hop);
                    vswitch = interface.vswitch;
                }
                kind => {
                    let code = path::external(kind).expect("no other kind is a next hop");
                    return walk.end(Action::Handoff { next_hop: hop }, Some(code));
                }
            }
        }
        walk.drop(DropReason::Loop)
    }

    /// The route is Local: the owner of the destination gets the packet.
    fn found_locally(&self, walk: Walk) -> Verdict {
        match self.owner(walk.vpc, walk.destination) {
            None => walk.drop(DropReason::NoHost),
            Some(nat)
                if nat.kind == Kind::NatGateway && walk.from_internet && walk.flow == Flow::New =>
            {
                self.arrive(walk, nat)
            }
            Some(target) => walk.end(Action::Deliver { target }, Some(path::LOCAL)),
        }
    }

    /// EGRESS is reached.
    fn leave(&self, walk: Walk, public: Option<Addr>, last_path: Option<u8>) -> Verdict {
        if self.is_martian(walk.vpc, walk.destination) {
            return walk.drop(DropReason::MartianDestination);
        }
        match public {
            Some(public) => walk.end(Action::Egress { public }, last_path),
            None => walk.drop(DropReason::NoPublicMapping),
        }
    }

    /// The instance, network interface or NAT gateway of the VPC that owns a private address.
    fn owner(&self, vpc: VpcId, addr: Addr) -> Option<Id> {
        let mut owners = self.interfaces.iter().filter(|(_, i)| i.address == addr);
        owners.find(|(id, _)| self.vpc_of(**id) == Some(vpc)).map(|(id, _)| *id)
    }

    /// The public address of the owner of a private address; a NAT gateway has none.
    fn public_of(&self, vpc: VpcId, addr: Addr) -> Option<Addr> {
        let owner = self.owner(vpc, addr).filter(|id| id.kind != Kind::NatGateway)?;
        self.public_addresses_of(owner).next().map(|(_, e)| e.address)
    }

    /// The EIP of the longest SNAT prefix that holds the source.
    fn translation(&self, nat: NatGatewayId, source: Addr) -> Option<EipId> {
        let entries = self.snat.iter().filter(|((n, p), _)| *n == nat && p.contains(source));
        entries.max_by_key(|((_, p), _)| p.len()).map(|(_, eip)| *eip)
    }

    fn is_private(&self, vpc: VpcId, addr: Addr) -> bool {
        let vpc = &self.vpcs[&vpc];
        holds(&vpc.cidrs, addr) || holds(&vpc.user, addr) || holds(&PRIVATE, addr)
    }

    fn is_martian(&self, vpc: VpcId, addr: Addr) -> bool {
        holds(&self.vpcs[&vpc].cidrs, addr) || holds(&MARTIAN, addr)
    }
}
