//! Real packets: bytes in, a verdict out, and the packet rewritten in place at the border.
//!
//! [`process`] is a pure function of the bytes and the tables: it keeps nothing between packets
//! and takes no lock. It answers one step of a packet's way.
//! [`Next::Forward`] means that the packet has to visit an interface first, [`Next::Inspect`] an
//! appliance behind an endpoint: the caller carries it there unchanged and calls again with that
//! interface or endpoint as its [`Origin`]. The steps chained give the verdict of the whole way,
//! which every step already knows.
//!
//! Port translation needs a flow table: [`crate::flow`]. Here a packet that would cross a NAT gateway is
//! answered [`Next::Translate`], unchanged, and never sent with its private address.

mod answer;
mod checksum;
mod place;
mod plain;
mod rewrite;
mod view;

pub use answer::{MAX_ANSWER, NoAnswer, time_exceeded};
pub use checksum::{checksum, sum, update, update_addr, update_udp};
pub use place::Place;
pub(crate) use plain::{HEAD, Plain};
pub use view::{Ends, ICMP, Malformed, Message, Side, TCP, Transport, UDP, View, ViewMut};

use heapless::Vec;

use crate::addr::{Addr, ApplianceId, EndpointId, Id, Kind};
use crate::resolve::{Action, DropReason, Flow, Judged, MAX_VIA, Verdict, flow_hash};
use crate::tables::Tables;

/// Where a packet came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Origin {
    /// This interface or load balancer of the VPC sent it, or [`Next::Forward`] or
    /// [`Next::Inspect`] brought it to this interface or endpoint on its way out.
    Interface(Place),
    /// The Internet: the destination is a public address.
    Internet,
    /// The Internet, and [`Next::Forward`] or [`Next::Inspect`] brought it to this interface or
    /// endpoint, which passes it on. The destination is still the public address. Only for packets that
    /// the caller itself carried there on the way in: whatever else an interface sends, with whatever
    /// source, is of [`Origin::Interface`].
    InternetVia(Place),
}

/// What the caller does with the packet now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Next {
    /// Send it to the Internet. Its source is the public address now, its time to live one less.
    Internet,
    /// Hand it to this interface. From the Internet its destination is the private address now and
    /// its time to live one less; inside the VPC it is unchanged.
    Deliver(Id),
    /// Send it to this external next hop, unchanged.
    Handoff(Id),
    /// Send it to the cloud's own services, unchanged.
    Service,
    /// Carry it, unchanged, to this interface, an `i-` or `eni-` id, from where it is processed
    /// again.
    Forward(Id),
    /// Carry it, unchanged, to this appliance behind this endpoint. What the appliance lets pass is
    /// processed again from the endpoint.
    Inspect {
        /// The endpoint.
        endpoint: EndpointId,
        /// The healthy appliance of its GWLB that both directions of the flow meet.
        appliance: ApplianceId,
    },
    /// Port translation by this NAT gateway is due; the packet is unchanged and must not be sent.
    Translate(Id),
    /// Drop it; it is unchanged.
    Drop(DropReason),
}

/// The verdict about a packet, and what it means for the bytes at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Outcome {
    /// The verdict about the whole way, or the drop found in the bytes.
    pub verdict: Verdict,
    /// The step to take now.
    pub next: Next,
}

impl Outcome {
    fn dropped(reason: DropReason, via: Hops) -> Outcome {
        let verdict = Verdict { action: Action::Drop(reason), paths: Vec::new(), via };
        Outcome { verdict, next: Next::Drop(reason) }
    }
}

type Hops = Vec<Id, MAX_VIA>;

/// Judges an IPv4 packet and rewrites it if it crosses the border here; `None` if the interface,
/// load balancer or endpoint that it came from does not exist.
///
/// `bytes` start at the IPv4 header and may have padding behind the packet, which is left alone.
/// Bytes that are not a valid packet are dropped as MALFORMED before anything else, and a packet
/// that would cross the border with a time to live of 0 or 1 as TTL_EXPIRED after everything else.
/// The bytes change for [`Next::Internet`] and, from the Internet, for [`Next::Deliver`]; else never.
///
/// A walk that ends in a LOOP is dropped at once, also where hops were passed, so that carrying a
/// packet on always ends; one that ends in another drop is walked to where the drop happens, unless
/// a NAT gateway comes before. An endpoint that packets pass uninspected is no step. An [`Origin::InternetVia`] that is no longer on the packet's way, because
/// the routes have changed, counts as [`Origin::Internet`]: the way begins again. If it is an interface that
/// does not forward, or of another VPC, nothing can have brought the packet there: SPOOFED_SOURCE.
pub fn process(tables: &Tables<'_>, from: Origin, bytes: &mut [u8], flow: Flow) -> Option<Outcome> {
    let Ok(packet) = ViewMut::new(bytes) else {
        return Some(Outcome::dropped(DropReason::Malformed, Hops::new()));
    };
    let header = packet.view().header();
    let judged = match from {
        Origin::Interface(Place::Endpoint(endpoint)) => tables.resume(endpoint, &header, flow)?,
        Origin::Interface(place) => tables.leaving(place.id(), &header, flow)?,
        Origin::InternetVia(place) if !tables.has(place.id()) => return None,
        Origin::Internet | Origin::InternetVia(_) => tables.arriving(&header, flow),
    };
    let passed = match from {
        Origin::InternetVia(place) => hops_to(&judged.verdict, place),
        Origin::Interface(_) | Origin::Internet => 0,
    };
    if let Origin::InternetVia(place) = from
        && passed == 0
        && !tables.may_bring(place.id(), header.destination)
    {
        return Some(Outcome::dropped(DropReason::SpoofedSource, Hops::new()));
    }
    let private = match from {
        Origin::Interface(_) => None,
        Origin::Internet | Origin::InternetVia(_) => Some(judged.inside.destination),
    };
    Some(match next_step(&judged, passed) {
        Some(next) => Outcome { verdict: judged.verdict, next },
        None => finish(packet, judged.verdict, private),
    })
}

/// How many of the hops a packet has behind it that leaves this one; 0 if it is none of them, or
/// lies behind a NAT gateway, which the unchanged packet cannot have passed.
fn hops_to(verdict: &Verdict, place: Place) -> usize {
    let mut before = verdict.via.iter().take_while(|hop| hop.kind != Kind::NatGateway);
    before.position(|hop| *hop == place.id()).map_or(0, |index| index + 1)
}

/// The step to the next hop that is one, unless the packet reaches its end without.
fn next_step(judged: &Judged<'_>, passed: usize) -> Option<Next> {
    let mut ahead = judged.verdict.via.iter().skip(passed).filter_map(|hop| match hop.kind {
        Kind::NatGateway => Some(Next::Translate(*hop)),
        Kind::Endpoint => {
            let appliance = judged.world?.inspector(*hop, flow_hash(&judged.inside))?;
            Some(Next::Inspect { endpoint: EndpointId(hop.number), appliance })
        }
        _ => Some(Next::Forward(*hop)),
    });
    let next = ahead.next()?;
    match (judged.verdict.action, next) {
        (Action::Drop(reason @ DropReason::Loop), _)
        | (Action::Drop(reason), Next::Translate(_)) => Some(Next::Drop(reason)),
        _ => Some(next),
    }
}

/// The last step: the verdict's action. A packet from the Internet comes with the private address
/// that its destination stands for.
fn finish(packet: ViewMut<'_>, verdict: Verdict, private: Option<Addr>) -> Outcome {
    let next = match verdict.action {
        Action::Egress { public } => {
            return cross(packet, Side::Source, public, verdict, Next::Internet);
        }
        Action::Deliver { target } => match private {
            None => Next::Deliver(target),
            Some(_) if target.kind == Kind::NatGateway => Next::Translate(target),
            Some(to) => {
                return cross(packet, Side::Destination, to, verdict, Next::Deliver(target));
            }
        },
        Action::Handoff { next_hop } => Next::Handoff(next_hop),
        Action::Service => Next::Service,
        Action::Drop(reason) => Next::Drop(reason),
    };
    Outcome { verdict, next }
}

/// Takes the packet across the border: one address replaced, the time to live counted down.
fn cross(mut packet: ViewMut<'_>, side: Side, to: Addr, verdict: Verdict, next: Next) -> Outcome {
    if packet.view().ttl() <= 1 {
        return Outcome::dropped(DropReason::TtlExpired, verdict.via);
    }
    packet.set_address(side, to);
    packet.decrement_ttl();
    Outcome { verdict, next }
}

#[cfg(test)]
#[path = "packet_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "process_tests.rs"]
mod process_tests;

#[cfg(test)]
mod plain_tests;
