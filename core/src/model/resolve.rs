//! What happens to a packet: where it begins, from an interface or from the Internet.

use std::vec::Vec;

use super::objects::*;
use super::region::{SERVICES, Twin};
use super::walk::{Judged, Step, Walk};
use crate::addr::{Addr, EipId, EndpointId, Id, Kind, LoadBalancerId, Prefix, VSwitchId, VpcId};
use crate::region::{BalancerPlace, ForwardProtocol};
use crate::resolve::{Action, DropReason, Flow, Header, Verdict, path};

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

impl Twin {
    /// What happens to a packet that an instance, network interface or load balancer sends;
    /// `None` when there is no such object.
    pub fn egress(&self, from: Id, header: &Header, flow: Flow) -> Option<Verdict> {
        let sends = from.kind != Kind::Endpoint;
        Some(self.judge_egress(from, header, flow).filter(|_| sends)?.verdict)
    }

    /// What happens to a packet from the Internet; its destination is a public address.
    pub fn ingress(&self, header: &Header, flow: Flow) -> Verdict {
        self.judge_ingress(header, flow).verdict
    }

    /// [`Twin::egress`] with more about it; from an endpoint too, which passes on what it is given
    /// as an interface does that forwards.
    pub(super) fn judge_egress(&self, from: Id, header: &Header, flow: Flow) -> Option<Judged> {
        let now = self.egress_now(from, header, flow)?;
        Some(match self.after_commits() {
            Some(then) => settle(now, then.egress_now(from, header, flow)?),
            None => now,
        })
    }

    /// [`Twin::ingress`] with more about it.
    pub(super) fn judge_ingress(&self, header: &Header, flow: Flow) -> Judged {
        let now = self.ingress_now(header, flow);
        match self.after_commits() {
            Some(then) => settle(now, then.ingress_now(header, flow)),
            None => now,
        }
    }

    /// Under blackout, the region as it would be with every begun operation committed; a commit
    /// that would be refused is an abort. `None` when nothing has begun or blackout is off.
    pub(super) fn after_commits(&self) -> Option<Twin> {
        let begun = self.gateways.iter().filter(|(_, g)| g.begun.is_some());
        let begun: Vec<_> = begun.map(|(id, _)| *id).collect();
        if !self.blackout || begun.is_empty() {
            return None;
        }
        let mut then = self.clone();
        for gateway in begun {
            let _ = then.commit(gateway);
        }
        Some(then)
    }

    pub(super) fn egress_now(&self, from: Id, header: &Header, flow: Flow) -> Option<Judged> {
        if from.kind == Kind::NatGateway {
            return None;
        }
        let vpc = self.vpc_of(from)?;
        let walk = Walk::new(vpc, *header, flow);
        let balancer = from.kind == Kind::LoadBalancer;
        if let Some(endpoint) = self.endpoints.get(&EndpointId(from.number))
            && from.kind == Kind::Endpoint
        {
            return Some(self.pass_on(walk, endpoint.vswitch));
        }
        let Some(sender) = self.interfaces.get(&from) else {
            let own = self.internet_balancer(from)?;
            return Some(if header.source != own {
                walk.drop(DropReason::SpoofedSource)
            } else if flow == Flow::New {
                walk.drop(DropReason::LbNoOriginate)
            } else {
                self.leave(walk, Some(own), Some(path::DIRECT))
            });
        };
        if header.source != sender.address && !sender.forward {
            return Some(walk.drop(DropReason::SpoofedSource));
        }
        if balancer && flow == Flow::New {
            return Some(walk.drop(DropReason::LbNoOriginate));
        }
        let exempt = match self.vpcs[&vpc].mode {
            Mode::Direct => true,
            Mode::Centralized => balancer && !self.clb_restricted,
            Mode::PrivateOnly => false,
        };
        let public = self.public_of(vpc, header.source);
        if exempt && !self.is_private(vpc, header.destination) && public.is_some() {
            return Some(self.leave(walk, public, Some(path::DIRECT)));
        }
        Some(self.walk(walk, sender.vswitch))
    }

    /// An endpoint passes on what it was given.
    fn pass_on(&self, walk: Walk, vswitch: VSwitchId) -> Judged {
        let public = self.public_of(walk.vpc, walk.packet.source);
        let direct = self.vpcs[&walk.vpc].mode == Mode::Direct;
        if direct && !self.is_private(walk.vpc, walk.packet.destination) && public.is_some() {
            return self.leave(walk, public, Some(path::DIRECT));
        }
        self.walk(walk, vswitch)
    }

    pub(super) fn ingress_now(&self, header: &Header, flow: Flow) -> Judged {
        let Some((target, eip)) = self.holder(header.destination) else {
            let walk = Walk::new(VpcId(0), *header, flow);
            return walk.drop(if holds(&MARTIAN, header.source) {
                DropReason::MartianSource
            } else {
                DropReason::NoDestMapping
            });
        };
        let vpc = self.vpc_of(target).unwrap();
        let mut walk = Walk::new(vpc, *header, flow);
        if self.is_martian(vpc, header.source) {
            return walk.drop(DropReason::MartianSource);
        }
        let Some(interface) = self.interfaces.get(&target) else {
            return walk.end(Action::Deliver { target }, Some(path::DIRECT));
        };
        walk.arriving = eip;
        walk.packet.destination = interface.address;
        match self.vpcs[&vpc].mode {
            Mode::PrivateOnly => return walk.drop(DropReason::VpcPrivateOnly),
            Mode::Direct => {
                walk.paths.push(path::DIRECT);
                return self.arrive(walk, target);
            }
            Mode::Centralized => {}
        }
        if target.kind == Kind::LoadBalancer && !self.clb_restricted {
            return walk.end(Action::Deliver { target }, Some(path::DIRECT));
        }
        walk.paths.push(path::GATEWAY);
        let Some(table) = self.bound_gateway_table(vpc) else {
            return if flow == Flow::Reply || self.deliver_local {
                self.arrive(walk, target)
            } else {
                walk.drop(DropReason::NoIngressRoute)
            };
        };
        walk.lookups += 1;
        let route = self.lookup(table, interface.address).expect("every vSwitch has its entry");
        let Some(hop) = route.next_hop.map(|hop| hop.id()) else {
            return self.arrive(walk, target);
        };
        let step = match hop.kind {
            Kind::Endpoint | Kind::RouteTargetGroup => self.inspect(&mut walk, hop),
            _ if hop == target => return self.arrive(walk, target),
            _ => self.pass_interface(&mut walk, hop),
        };
        match step {
            Step::On(vswitch) => self.walk(walk, vswitch),
            Step::Drop(reason) => walk.drop(reason),
        }
    }

    /// A packet from the Internet has come to the target of its public address.
    pub(super) fn arrive(&self, mut walk: Walk, target: Id) -> Judged {
        if target.kind != Kind::NatGateway || walk.flow == Flow::Reply {
            return walk.end(Action::Deliver { target }, None);
        }
        let eip = walk.arriving.take();
        let protocol = forward_protocol(walk.packet.protocol);
        let entry = self.forward.iter().find(|((nat, public, forwarded, port), _)| {
            let same = protocol == Some(*forwarded) && *port == walk.packet.destination_port;
            nat.id() == target
                && Some(*public) == eip
                && (same || *forwarded == ForwardProtocol::Any)
        });
        let Some(((_, _, forwarded, _), to)) = entry else {
            return walk.drop(DropReason::NoDnatEntry);
        };
        walk.packet.destination = to.address;
        if *forwarded != ForwardProtocol::Any {
            walk.packet.destination_port = to.port;
        }
        walk.paths.push(path::NAT);
        walk.via.push(target);
        self.walk(walk, self.interfaces[&target].vswitch)
    }

    /// EGRESS is reached.
    pub(super) fn leave(&self, walk: Walk, public: Option<Addr>, last_path: Option<u8>) -> Judged {
        if self.is_martian(walk.vpc, walk.packet.destination) {
            return walk.drop(DropReason::MartianDestination);
        }
        match public {
            Some(public) => walk.end(Action::Egress { public }, last_path),
            None => walk.drop(DropReason::NoPublicMapping),
        }
    }

    /// What a public address leads to, and the id of the address if it has one of its own.
    pub(super) fn holder(&self, address: Addr) -> Option<(Id, Option<EipId>)> {
        if let Some((eip, public)) = self.eips.iter().find(|(_, e)| e.address == address) {
            return Some((public.target?, Some(*eip)));
        }
        let mut balancers = self.balancers.keys();
        let own = balancers.find(|id| self.internet_balancer(id.id()) == Some(address))?;
        Some((own.id(), None))
    }

    /// The address of an internet load balancer.
    pub(super) fn internet_balancer(&self, id: Id) -> Option<Addr> {
        match self.balancers.get(&LoadBalancerId(id.number)) {
            Some(BalancerPlace::Internet { address, .. }) if id.kind == Kind::LoadBalancer => {
                Some(*address)
            }
            _ => None,
        }
    }

    /// The instance, network interface, internal load balancer or NAT gateway of the VPC that
    /// owns a private address.
    pub(super) fn owner(&self, vpc: VpcId, addr: Addr) -> Option<Id> {
        let mut owners = self.interfaces.iter().filter(|(_, i)| i.address == addr);
        owners.find(|(id, _)| self.vpc_of(**id) == Some(vpc)).map(|(id, _)| *id)
    }

    /// The public address of the owner of a private address; a NAT gateway has none.
    pub(super) fn public_of(&self, vpc: VpcId, addr: Addr) -> Option<Addr> {
        let owner = self.owner(vpc, addr).filter(|id| id.kind != Kind::NatGateway)?;
        self.public_addresses_of(owner).next().map(|(_, e)| e.address)
    }

    pub(super) fn is_private(&self, vpc: VpcId, addr: Addr) -> bool {
        let vpc = &self.vpcs[&vpc];
        holds(&vpc.cidrs, addr) || holds(&vpc.user, addr) || holds(&PRIVATE, addr)
    }

    /// Whether an address is not on the Internet, seen from a VPC.
    pub fn is_martian(&self, vpc: VpcId, addr: Addr) -> bool {
        holds(&self.vpcs[&vpc].cidrs, addr) || holds(&MARTIAN, addr)
    }

    /// Whether a GWLB endpoint lets packets through, inspected or not.
    pub(super) fn endpoint_is_open(&self, endpoint: EndpointId) -> bool {
        let gwlb = self.endpoints[&endpoint].gwlb;
        self.gwlbs[&gwlb].fail_open || self.appliances.values().any(|a| a.gwlb == gwlb && a.healthy)
    }
}

/// The kind of forward entry that names a port of an IP protocol.
pub(super) fn forward_protocol(protocol: u8) -> Option<ForwardProtocol> {
    match protocol {
        6 => Some(ForwardProtocol::Tcp),
        17 => Some(ForwardProtocol::Udp),
        _ => None,
    }
}

/// The verdict while an operation has begun: the same before and after, or none of them.
pub(super) fn settle(before: Judged, after: Judged) -> Judged {
    if before.verdict == after.verdict {
        return before;
    }
    let (paths, via) = (heapless::Vec::new(), heapless::Vec::new());
    let verdict = Verdict { action: Action::Drop(DropReason::ModeSwitch), paths, via };
    Judged { verdict, ..before }
}
