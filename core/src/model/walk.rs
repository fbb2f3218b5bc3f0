//! The walk over the route tables, with list scans for LPM.

use std::vec::Vec;

use super::objects::Mode;
use super::region::{SERVICES, Twin};
use super::resolve::forward_protocol;
use crate::addr::{Addr, EipId, EndpointId, Id, Kind, NatGatewayId, RouteTargetGroupId};
use crate::addr::{GatewayId, VSwitchId, VpcId};
use crate::region::{ForwardProtocol, NextHop};
use crate::resolve::{Action, DropReason, Flow, Header, MAX_LOOKUPS, Verdict, path};

/// The path through an endpoint.
const ENDPOINT: u8 = 22;

/// A packet on its way.
pub(super) struct Walk {
    /// The VPC that it walks in.
    pub vpc: VpcId,
    /// Whether it opens or answers a flow.
    pub flow: Flow,
    /// The source as it was sent.
    original_source: Addr,
    /// The packet as it is now.
    pub packet: Header,
    /// The public address by which it came from the Internet, until it is translated.
    pub arriving: Option<EipId>,
    /// The public address that a NAT gateway chose.
    chosen: Option<Addr>,
    /// The NAT gateway that translated the source last.
    nat: Option<Id>,
    /// Lookups done.
    pub lookups: usize,
    /// Paths taken.
    pub paths: Vec<u8>,
    /// Hops passed.
    pub via: Vec<Id>,
}

/// A verdict, and what the walk has made of the packet's facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Judged {
    /// The verdict.
    pub verdict: Verdict,
    /// The VPC of the walk; any if the packet belonged to none.
    pub vpc: VpcId,
    /// The packet at its end: its destination is the private one, its source that of the last NAT
    /// gateway; the source port is as sent.
    pub packet: Header,
    /// The NAT gateway that translated the source last.
    pub nat: Option<Id>,
    /// The equal-cost set that it was handed to a member of.
    pub set: Option<NextHop>,
}

/// What a hop does with the packet.
pub(super) enum Step {
    /// It goes on with the table of this vSwitch.
    On(VSwitchId),
    /// It is dropped.
    Drop(DropReason),
}

impl Walk {
    pub(super) fn new(vpc: VpcId, packet: Header, flow: Flow) -> Walk {
        Walk {
            vpc,
            flow,
            original_source: packet.source,
            packet,
            arriving: None,
            chosen: None,
            nat: None,
            lookups: 0,
            paths: Vec::new(),
            via: Vec::new(),
        }
    }

    pub(super) fn drop(mut self, reason: DropReason) -> Judged {
        self.paths.clear();
        self.judged(Action::Drop(reason))
    }

    pub(super) fn end(mut self, action: Action, last_path: Option<u8>) -> Judged {
        self.paths.extend(last_path);
        self.judged(action)
    }

    fn judged(self, action: Action) -> Judged {
        let paths = self.paths.iter().copied().collect();
        let via = self.via.iter().copied().collect();
        let verdict = Verdict { action, paths, via };
        Judged { verdict, vpc: self.vpc, packet: self.packet, nat: self.nat, set: None }
    }
}

impl Twin {
    /// The lookups, beginning with the table of `vswitch`.
    pub(super) fn walk(&self, mut walk: Walk, mut vswitch: VSwitchId) -> Judged {
        while walk.lookups < MAX_LOOKUPS {
            walk.lookups += 1;
            let table = self.vswitches[&vswitch].table;
            let Some(route) = self.lookup(table, walk.packet.destination) else {
                let had_public = self.public_of(walk.vpc, walk.original_source).is_some();
                let private_only = self.no_internet_for(&walk) && had_public;
                return walk.drop(if private_only {
                    DropReason::VpcPrivateOnly
                } else {
                    DropReason::NoRoute
                });
            };
            let Some(next_hop) = route.next_hop else {
                if route.prefix == SERVICES {
                    return walk.end(Action::Service, Some(path::SERVICE));
                }
                return self.found_locally(walk);
            };
            let hop = next_hop.id();
            let step = match hop.kind {
                Kind::Ipv4Gateway => {
                    if !self.gateways[&GatewayId(hop.number)].enabled {
                        return walk.drop(DropReason::GatewayInactive);
                    }
                    let public = walk.chosen.or(self.public_of(walk.vpc, walk.packet.source));
                    return self.leave(walk, public, Some(path::GATEWAY));
                }
                Kind::NatGateway => {
                    let step = self.pass_nat(&mut walk, NatGatewayId(hop.number));
                    let direct = self.vpcs[&walk.vpc].mode == Mode::Direct;
                    if direct && matches!(step, Step::On(_)) {
                        let public = walk.chosen;
                        return self.leave(walk, public, None);
                    }
                    step
                }
                Kind::Instance | Kind::NetworkInterface => {
                    if self.interfaces[&hop].address == walk.packet.destination {
                        return walk.end(Action::Deliver { target: hop }, Some(path::LOCAL));
                    }
                    self.pass_interface(&mut walk, hop)
                }
                Kind::Endpoint | Kind::RouteTargetGroup => self.inspect(&mut walk, hop),
                kind => {
                    let code = path::external(kind).expect("no other kind is a next hop");
                    let set = Some(next_hop).filter(NextHop::is_ecmp);
                    let next_hop = member(next_hop, &walk.packet);
                    let judged = walk.end(Action::Handoff { next_hop }, Some(code));
                    return Judged { set, ..judged };
                }
            };
            match step {
                Step::On(next) => vswitch = next,
                Step::Drop(reason) => return walk.drop(reason),
            }
        }
        walk.drop(DropReason::Loop)
    }

    /// The route is Local: the owner of the destination gets the packet.
    fn found_locally(&self, walk: Walk) -> Judged {
        match self.owner(walk.vpc, walk.packet.destination) {
            None => walk.drop(DropReason::NoHost),
            Some(nat)
                if nat.kind == Kind::NatGateway
                    && walk.arriving.is_some()
                    && walk.flow == Flow::New =>
            {
                self.arrive(walk, nat)
            }
            Some(target) => walk.end(Action::Deliver { target }, Some(path::LOCAL)),
        }
    }

    /// Whether the destination is outside and the VPC has no Internet at all.
    fn no_internet_for(&self, walk: &Walk) -> bool {
        let outside = !self.is_private(walk.vpc, walk.packet.destination);
        outside && self.vpcs[&walk.vpc].mode == Mode::PrivateOnly
    }

    /// An interface that does not own the destination forwards.
    pub(super) fn pass_interface(&self, walk: &mut Walk, hop: Id) -> Step {
        if walk.via.contains(&hop) {
            return Step::Drop(DropReason::Loop);
        }
        let interface = &self.interfaces[&hop];
        if !interface.forward {
            return Step::Drop(DropReason::ApplianceNotForwarding);
        }
        walk.paths.push(path::INTERFACE);
        walk.via.push(hop);
        Step::On(interface.vswitch)
    }

    /// An endpoint, or the active one of a group, has the packet inspected.
    pub(super) fn inspect(&self, walk: &mut Walk, hop: Id) -> Step {
        let (endpoint, usable) = match hop.kind {
            Kind::Endpoint => (EndpointId(hop.number), true),
            _ => {
                let group = &self.groups[&RouteTargetGroupId(hop.number)];
                let both = group.active_health.abnormal && group.standby_health.abnormal;
                (group.active, !both)
            }
        };
        if walk.via.contains(&endpoint.id()) {
            return Step::Drop(DropReason::Loop);
        }
        if !usable || !self.endpoint_is_open(endpoint) {
            return Step::Drop(DropReason::ApplianceUnavailable);
        }
        walk.paths.push(ENDPOINT);
        walk.via.push(endpoint.id());
        Step::On(self.endpoints[&endpoint].vswitch)
    }

    /// A NAT gateway translates the source.
    fn pass_nat(&self, walk: &mut Walk, nat: NatGatewayId) -> Step {
        if walk.via.contains(&nat.id()) {
            return Step::Drop(DropReason::Loop);
        }
        if self.no_internet_for(walk) {
            return Step::Drop(DropReason::VpcPrivateOnly);
        }
        let forwarded = self.forwarded_from(nat, walk);
        let Some(eip) = forwarded.or_else(|| self.translation(nat, walk.packet.source)) else {
            return Step::Drop(DropReason::NoSnatEntry);
        };
        let interface = &self.interfaces[&nat.id()];
        walk.chosen = Some(self.eips[&eip].address);
        walk.nat = Some(nat.id());
        walk.packet.source = interface.address;
        walk.paths.push(path::NAT);
        walk.via.push(nat.id());
        Step::On(interface.vswitch)
    }

    /// The EIP of the forward entry that a Reply answers: the lowest EIP, then the lowest port.
    fn forwarded_from(&self, nat: NatGatewayId, walk: &Walk) -> Option<EipId> {
        if walk.flow != Flow::Reply {
            return None;
        }
        let packet = &walk.packet;
        let answers = self.forward.iter().filter(|((n, _, protocol, _), to)| {
            let same = forward_protocol(packet.protocol) == Some(*protocol)
                && to.port == packet.source_port;
            *n == nat && to.address == packet.source && (same || *protocol == ForwardProtocol::Any)
        });
        answers.map(|((_, eip, _, port), _)| (*eip, *port)).min().map(|(eip, _)| eip)
    }

    /// The EIP of the longest SNAT prefix that holds the source.
    fn translation(&self, nat: NatGatewayId, source: Addr) -> Option<EipId> {
        let entries = self.snat.iter().filter(|((n, p), _)| *n == nat && p.contains(source));
        entries.max_by_key(|((_, p), _)| p.len()).map(|(_, eip)| *eip)
    }
}

/// The external next hop of a packet: the only one, or the member of a set that its hash chooses.
fn member(hop: NextHop, packet: &Header) -> Id {
    let members: Vec<Id> = hop.members().collect();
    let position = (u64::from(ecmp_hash(packet)) * members.len() as u64) >> 32;
    members[position as usize]
}

/// FNV-1a over both ends, the smaller first, and the protocol; then the finaliser of MurmurHash3.
pub(super) fn ecmp_hash(packet: &Header) -> u32 {
    let with_ports = matches!(packet.protocol, 6 | 17);
    let port = |port: u16| if with_ports { port } else { 0 };
    let mut ends = [
        (packet.source.0, port(packet.source_port)),
        (packet.destination.0, port(packet.destination_port)),
    ];
    ends.sort();
    let mut bytes = Vec::new();
    for (address, port) in ends {
        bytes.extend(address.to_be_bytes());
        bytes.extend(port.to_be_bytes());
    }
    bytes.push(packet.protocol);
    let mut hash: u32 = 0x811c_9dc5;
    for byte in bytes {
        hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    }
    hash ^= hash >> 16;
    hash = hash.wrapping_mul(0x85eb_ca6b);
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(0xc2b2_ae35);
    hash ^ (hash >> 16)
}
