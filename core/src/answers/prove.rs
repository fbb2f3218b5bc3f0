//! Properties of all packets: each holds, or a packet shows that it does not.

use core::fmt;
use core::ops::ControlFlow;

use heapless::Vec;

use super::judge::{Seen, received, sent};
use super::packets::{Packets, port_of};
use super::sides::Sides;
use crate::addr::{Addr, Decimal, GatewayId, Id, Kind, RouteTargetGroupId, VSwitchId, VpcId};
use crate::limits::gather;
use crate::region::{Error, Region, objects::RouteTargetGroup};
use crate::resolve::{Action, Flow, Header, path};
use crate::tables::World;

/// Whether packets go to the Internet or come from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To the Internet.
    Egress,
    /// From the Internet.
    Ingress,
}

/// What can be proved. A subject is an instance, network interface, load balancer, NAT gateway,
/// vSwitch or VPC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Property {
    /// No packet that the subject sends leaves to the Internet.
    NoEgress(Id),
    /// No new flow from the Internet reaches the subject.
    Unreachable(Id),
    /// Every packet between the subject and the Internet passes a hop.
    OnlyVia {
        /// An instance, network interface, NAT gateway, endpoint, group or IPv4 gateway.
        hop: Id,
        /// Which packets.
        direction: Direction,
        /// Whose packets.
        subject: Id,
    },
    /// No new flow from the Internet reaches the subject, and all that it sends there passes a hop.
    EgressOnly {
        /// Whose packets.
        subject: Id,
        /// The hop.
        hop: Id,
    },
    /// No packet of the first subject reaches the second.
    Isolated(Id, Id),
    /// The answers of every flow with the Internet come through, on the same hops.
    Symmetric(Id),
}

impl Property {
    /// The subject, whose VPC the property is about.
    pub const fn subject(&self) -> Id {
        match *self {
            Property::NoEgress(subject)
            | Property::Unreachable(subject)
            | Property::OnlyVia { subject, .. }
            | Property::EgressOnly { subject, .. }
            | Property::Isolated(subject, _)
            | Property::Symmetric(subject) => subject,
        }
    }
}

impl Property {
    /// What to do where the property does not hold, in a sentence.
    pub const fn remedy(&self) -> &'static str {
        match self {
            Property::NoEgress(_) => {
                "Unbind the public address, or take out the route that leads there."
            }
            Property::Unreachable(_) => "Unbind the public address, or take out the DNAT entry.",
            Property::OnlyVia { direction: Direction::Egress, .. } => {
                "Enable the IPv4 gateway and route what leaves through the hop."
            }
            Property::OnlyVia { direction: Direction::Ingress, .. } => {
                "Enable the IPv4 gateway and lead its route table to the hop."
            }
            Property::EgressOnly { .. } => {
                "Use SNAT entries of the hop alone, and no public address of its own."
            }
            Property::Isolated(..) => "A VPC's own addresses reach each other; use another VPC.",
            Property::Symmetric(_) => {
                "Lead the gateway's route table and the vSwitches' tables through the same hops."
            }
        }
    }
}

/// A packet, and what happens to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// Who sends it; `None`: it comes from the Internet.
    pub from: Option<Id>,
    /// Its addresses, protocol and ports.
    pub header: Header,
    /// Which side opened the flow.
    pub flow: Flow,
    /// The verdict.
    pub seen: Seen,
}

/// The console line that asks for the packet.
impl fmt::Display for Packet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Header { source, destination, protocol, source_port, destination_port } = self.header;
        match self.from {
            Some(from) => say!(f, "send ", from, " ", destination)?,
            None => say!(f, "receive ", source, " ", destination)?,
        }
        match protocol {
            1 => f.write_str(" proto=icmp")?,
            17 => f.write_str(" proto=udp")?,
            _ => {}
        }
        if protocol != 1 {
            say!(
                f,
                " sport=",
                Decimal(source_port.into()),
                " dport=",
                Decimal(destination_port.into())
            )?;
        }
        if self.flow == Flow::Reply { f.write_str(" flow=reply") } else { Ok(()) }
    }
}

/// The packet that contradicts a property; for `symmetric`, its answer too.
pub type Counterexample = Vec<Packet, 2>;

/// Whether a property holds: `None`, or a packet that shows that it does not.
pub fn prove(region: &Region<'_>, property: &Property) -> Result<Option<Counterexample>, Error> {
    // What a line names first is missed first.
    if let Property::OnlyVia { hop, .. } = *property {
        vpc_of_hop(region, hop)?;
    }
    let subject = property.subject();
    let vpc = vpc_of(region, subject)?;
    let world = region.world(vpc).ok_or(Error::NoVpc)?;
    let search = Search { region, world, sides: Sides::still(world), vpc };
    let found = match *property {
        Property::NoEgress(subject) => search.egress(subject, &|seen| !seen.leaves()),
        Property::Unreachable(subject) => search.ingress(subject, &[Flow::New], &|_| false),
        Property::OnlyVia { hop, direction, subject } => {
            let hop = search.hop(hop)?;
            match direction {
                Direction::Egress => search.egress(subject, &|s| !s.leaves() || hop.is_passed(s)),
                Direction::Ingress => {
                    search.ingress(subject, &[Flow::New, Flow::Reply], &|s| hop.is_passed(s))
                }
            }
        }
        Property::EgressOnly { subject, hop } => {
            let hop = search.hop(hop)?;
            match search.ingress(subject, &[Flow::New], &|_| false) {
                Found::Continue(()) => {
                    search.egress(subject, &|seen| !seen.leaves() || hop.is_passed(seen))
                }
                found => found,
            }
        }
        Property::Isolated(subject, other) => {
            let elsewhere = vpc_of(region, other)? != vpc;
            search.egress(subject, &|seen| match seen.verdict.action {
                Action::Deliver { target } => elsewhere || !search.is_in(target, other),
                _ => true,
            })
        }
        Property::Symmetric(subject) => search.symmetric(subject),
    };
    Ok(found.break_value())
}

/// The VPC of a subject, which must exist.
fn vpc_of(region: &Region<'_>, subject: Id) -> Result<VpcId, Error> {
    let vpc = match subject.kind {
        Kind::Vpc => region.vpc(VpcId(subject.number)).ok().map(|vpc| vpc.id),
        Kind::VSwitch => region.vswitch(VSwitchId(subject.number)).ok().map(|v| v.vpc),
        _ => region.vpc_of(subject),
    };
    vpc.ok_or(Error::not_found(subject.kind))
}

/// The VPC of a hop, which must exist.
fn vpc_of_hop(region: &Region<'_>, hop: Id) -> Result<VpcId, Error> {
    match hop.kind {
        Kind::Ipv4Gateway => Ok(region.gateway(GatewayId(hop.number))?.vpc),
        _ => region.vpc_of(hop).ok_or(Error::not_found(hop.kind)),
    }
}

/// What a packet must pass.
enum Hop {
    Gateway,
    /// One of them.
    Hops([Id; 2]),
    /// It is in another VPC.
    Elsewhere,
}

impl Hop {
    fn is_passed(&self, seen: &Seen) -> bool {
        match self {
            Hop::Gateway => seen.verdict.paths.contains(&path::GATEWAY),
            Hop::Hops(hops) => seen.verdict.via.iter().any(|hop| hops.contains(hop)),
            Hop::Elsewhere => false,
        }
    }
}

/// A search for a packet in a VPC.
struct Search<'r, 'm> {
    region: &'r Region<'m>,
    world: World<'m>,
    sides: Sides<'m>,
    vpc: VpcId,
}

/// Goes on, or breaks with what was found.
type Found = ControlFlow<Counterexample>;

impl Search<'_, '_> {
    fn hop(&self, hop: Id) -> Result<Hop, Error> {
        let vpc = vpc_of_hop(self.region, hop)?;
        Ok(match hop.kind {
            _ if vpc != self.vpc => Hop::Elsewhere,
            Kind::Ipv4Gateway => Hop::Gateway,
            Kind::RouteTargetGroup => {
                let group = RouteTargetGroupId(hop.number);
                let unknown = Error::not_found(hop.kind);
                let group: RouteTargetGroup = self.region.get(group).ok_or(unknown)?;
                Hop::Hops([group.active.id(), group.standby.id()])
            }
            _ => Hop::Hops([hop, hop]),
        })
    }

    fn is_in(&self, id: Id, subject: Id) -> bool {
        match subject.kind {
            Kind::Vpc => true,
            Kind::VSwitch => {
                let host = self.world.host(id).filter(|host| !host.is_internet);
                host.is_some_and(|host| host.vswitch.0 == subject.number)
            }
            _ => id == subject,
        }
    }

    /// The senders of a subject, one of each that are judged alike.
    fn senders(&self, subject: Id) -> impl Iterator<Item = Id> {
        let own = move || self.sides.senders().filter(move |&id| self.is_in(id, subject));
        own().filter(move |&id| {
            !own().take_while(|&other| other < id).any(|other| self.sides.alike(other, id))
        })
    }

    /// Looks for a packet of a subject's sender for which `holds` does not.
    #[inline(never)]
    fn egress(&self, subject: Id, holds: &dyn Fn(&Seen) -> bool) -> Found {
        for sender in self.senders(subject) {
            self.flows_of(sender, &mut |packets| {
                self.each_sent(sender, packets, &mut |packet| match holds(&packet.seen) {
                    true => (ControlFlow::Continue(()), Addr(u32::MAX)),
                    false => (ControlFlow::Break(one(packet)), Addr(u32::MAX)),
                })
            })?;
        }
        ControlFlow::Continue(())
    }

    /// The kinds of packets that a sender's verdicts tell apart.
    fn flows_of(&self, sender: Id, see: &mut dyn FnMut(Packets) -> Found) -> Found {
        see(Packets { flow: Flow::New, port: None })?;
        if !self.sides.has_answers(sender) {
            return ControlFlow::Continue(());
        }
        let reply = Packets { flow: Flow::Reply, port: None };
        let next = |key| self.sides.answered_after(sender, key);
        each_port(reply, &next, see)
    }

    /// A packet of each interval of destinations, until `see` breaks. It says how far its own answer
    /// reaches.
    fn each_sent(
        &self,
        sender: Id,
        packets: Packets,
        see: &mut dyn FnMut(Packet) -> (Found, Addr),
    ) -> Found {
        let Some(host) = self.world.host(sender) else { return ControlFlow::Continue(()) };
        each_interval(self.world.most_intervals(), &mut |address| {
            let header = packets.header(host.address, address, true);
            let Some(judged) = sent(&self.world, sender, &header, packets.flow) else {
                return (ControlFlow::Continue(()), Addr(u32::MAX));
            };
            let (from, flow, seen) = (Some(sender), packets.flow, judged.seen);
            let (found, until) = see(Packet { from, header, flow, seen });
            (found, until.min(judged.until))
        })
    }

    /// Looks for a packet from the Internet that reaches the subject, and for which `holds` does not.
    #[inline(never)]
    fn ingress(&self, subject: Id, flows: &[Flow], holds: &dyn Fn(&Seen) -> bool) -> Found {
        for &flow in flows {
            let next = |public, key| match flow {
                Flow::New => self.sides.forwarded_after(public, key),
                Flow::Reply => None,
            };
            self.each_received(flow, &next, &mut |packet| {
                let bad = self.reached(&packet.seen, subject).is_some() && !holds(&packet.seen);
                let found = match bad {
                    true => ControlFlow::Break(one(packet)),
                    false => ControlFlow::Continue(()),
                };
                (found, Addr(u32::MAX))
            })?;
        }
        ControlFlow::Continue(())
    }

    /// Who of a subject a packet reaches.
    fn reached(&self, seen: &Seen, subject: Id) -> Option<Id> {
        match seen.verdict.action {
            Action::Deliver { target } if self.is_in(target, subject) => Some(target),
            _ => None,
        }
    }

    /// A packet of each interval of sources and each public address, and of each port by which `next`
    /// says that they differ.
    fn each_received(
        &self,
        flow: Flow,
        next: &dyn Fn(Addr, u32) -> Option<u32>,
        see: &mut dyn FnMut(Packet) -> (Found, Addr),
    ) -> Found {
        for public in self.sides.publics() {
            let next = |key| next(public, key);
            each_port(Packets { flow, port: None }, &next, &mut |packets| {
                each_interval(self.world.most_intervals(), &mut |address| {
                    let packet = self.coming(packets.header(address, public, false), flow);
                    let (packet, reach) = packet;
                    let (found, until) = see(packet);
                    (found, until.min(reach))
                })
            })?;
        }
        ControlFlow::Continue(())
    }

    fn coming(&self, header: Header, flow: Flow) -> (Packet, Addr) {
        let judged = received(&self.world, &header, flow);
        (Packet { from: None, header, flow, seen: judged.seen }, judged.until)
    }

    /// Looks for a flow with the Internet whose answers do not come back as it went.
    #[inline(never)]
    fn symmetric(&self, subject: Id) -> Found {
        // Answers go by the sender's own address: none is judged for another.
        for sender in self.sides.senders().filter(|&id| self.is_in(id, subject)) {
            self.each_sent(sender, Packets { flow: Flow::New, port: None }, &mut |packet| {
                self.answered_from_internet(sender, packet)
            })?;
        }
        let next = |public, key| self.sides.exchanged_after(public, key);
        self.each_received(
            Flow::New,
            &next,
            &mut |packet| match self.reached(&packet.seen, subject) {
                Some(target) => self.answered_from(target, packet),
                None => (ControlFlow::Continue(()), Addr(u32::MAX)),
            },
        )
    }

    /// The answer to a packet that has left.
    fn answered_from_internet(&self, sender: Id, packet: Packet) -> (Found, Addr) {
        let Action::Egress { public } = packet.seen.verdict.action else {
            return (ControlFlow::Continue(()), Addr(u32::MAX));
        };
        let header = Header { destination: public, ..reversed(&packet.header) };
        let (answer, until) = self.coming(header, Flow::Reply);
        let via = &packet.seen.verdict.via;
        // An answer to a NAT gateway's address ends there; the gateway hands it to the flow's host.
        let nat = via.iter().rposition(|hop| hop.kind == Kind::NatGateway);
        let (expected, outside) = match nat.and_then(|at| Some((via.get(at)?, via.get(at + 1..)?)))
        {
            Some((&nat, outside)) => (nat, outside),
            None => (sender, via.as_slice()),
        };
        let inside = via.len() - outside.len() - usize::from(nat.is_some());
        let delivered = answer.seen.verdict.action == Action::Deliver { target: expected };
        let same = outside.iter().rev().eq(answer.seen.verdict.via.iter()) && inside == 0;
        (two(delivered && same, packet, answer), until)
    }

    /// The answer to a packet from the Internet that was delivered.
    fn answered_from(&self, target: Id, packet: Packet) -> (Found, Addr) {
        let public = packet.header.destination;
        let Some(host) = self.world.host(target) else {
            return (ControlFlow::Continue(()), Addr(u32::MAX));
        };
        let mut header = Header { source: host.address, ..reversed(&packet.header) };
        // Behind a port forwarding the answer comes from the private port.
        let nat = packet.seen.verdict.via.iter().find(|hop| hop.kind == Kind::NatGateway);
        let forward = nat.and_then(|&nat| self.world.host(nat)).and_then(|nat| {
            let port = packet.header.destination_port;
            self.world.forward_in(&nat, public, packet.header.protocol, port)
        });
        if let Some(port) = forward.and_then(|forward| forward.private_port) {
            header.source_port = port;
        }
        let Some(judged) = sent(&self.world, target, &header, Flow::Reply) else {
            return (ControlFlow::Continue(()), Addr(u32::MAX));
        };
        let verdict = &judged.seen.verdict;
        let holds = verdict.action == Action::Egress { public }
            && packet.seen.verdict.via.iter().rev().eq(verdict.via.iter());
        let (from, flow, seen) = (Some(target), Flow::Reply, judged.seen);
        (two(holds, packet, Packet { from, header, flow, seen }), judged.until)
    }
}

/// The header of an answer.
fn reversed(header: &Header) -> Header {
    Header {
        source: header.destination,
        destination: header.source,
        protocol: header.protocol,
        source_port: header.destination_port,
        destination_port: header.source_port,
    }
}

fn one(packet: Packet) -> Counterexample {
    gather([packet])
}

fn two(holds: bool, packet: Packet, answer: Packet) -> Found {
    match holds {
        true => ControlFlow::Continue(()),
        false => ControlFlow::Break(gather([packet, answer])),
    }
}

/// The packets that no entry names, then those of each protocol and port that one does.
fn each_port(
    rest: Packets,
    next: &dyn Fn(u32) -> Option<u32>,
    see: &mut dyn FnMut(Packets) -> Found,
) -> Found {
    see(rest)?;
    let mut key = 0;
    while let Some(port) = next(key) {
        key = port;
        see(Packets { port: Some(port_of(key)), ..rest })?;
    }
    ControlFlow::Continue(())
}

/// Asks about the first address of each interval, and is told its last; of at most so many, as more of them
/// only damaged memory has.
fn each_interval(most: u32, ask: &mut dyn FnMut(Addr) -> (Found, Addr)) -> Found {
    let mut at = Addr(0);
    for _ in 0..most {
        let (found, until) = ask(at);
        found?;
        match until.max(at).0.checked_add(1) {
            Some(next) => at = Addr(next),
            None => break,
        }
    }
    ControlFlow::Continue(())
}
