//! The stops of a packet's way: interfaces and appliances that it is carried to.

use crate::addr::{EndpointId, Id, Kind};
use crate::packet::Next;
use crate::resolve::{Action, DropReason, Header, Judged, Verdict, flow_hash};

/// What a packet that is not at its end comes to.
pub(super) enum Stop {
    /// It is carried there.
    At(Next),
    /// It is dropped here.
    Drop(DropReason),
}

/// How many of the hops a packet has behind it that leaves this one, if that is on its way.
pub(super) fn passed_by(verdict: &Verdict, at: Id) -> Option<usize> {
    verdict.via.iter().position(|hop| *hop == at).map(|index| index + 1)
}

/// What comes before the end of a packet's way, of which it has passed so many hops; `inside` is the
/// flow inside the VPC, which the appliance is chosen by.
///
/// A LOOP is dropped at once, so that carrying a packet on ends; another drop where it happens, unless
/// a NAT gateway comes before the next stop: without a flow nobody would know of the translation.
pub(super) fn next_stop(judged: &Judged<'_>, passed: usize, inside: &Header) -> Option<Stop> {
    let mut is_translated = false;
    let mut ahead = judged.verdict.via.iter().skip(passed);
    let stop = ahead.find_map(|hop| match hop.kind {
        Kind::NatGateway => {
            is_translated = true;
            None
        }
        Kind::Endpoint => {
            let appliance = judged.world?.inspector(*hop, flow_hash(inside))?;
            Some(Next::Inspect { endpoint: EndpointId(hop.number), appliance })
        }
        _ => Some(Next::Forward(*hop)),
    });
    match (judged.verdict.action, stop) {
        (Action::Drop(reason), None) => Some(Stop::Drop(reason)),
        (Action::Drop(reason), _) if reason == DropReason::Loop || is_translated => {
            Some(Stop::Drop(reason))
        }
        (_, stop) => stop.map(Stop::At),
    }
}
