//! A packet's answer, and whether it comes back the same way.

use super::step::{Asymmetry, Packet, Step};
use crate::addr::{Id, Kind};
use crate::resolve::{Action, Flow, Header, Judged, Verdict, path};

/// The packet that the other end sends, or why it is not known.
///
/// `public_port` is the port that a NAT gateway's DNAT entry gives the packet.
pub(super) fn answer_to(
    packet: &Packet,
    judged: &Judged<'_>,
    public_port: Option<u16>,
) -> Result<Packet, Option<Step>> {
    let Header { source, destination, protocol, source_port, destination_port } = judged.end;
    let answer = |from, source, destination, port| Packet {
        from,
        header: Header {
            source,
            destination,
            protocol,
            source_port: destination_port,
            destination_port: port,
        },
        flow: match packet.flow {
            Flow::New => Flow::Reply,
            Flow::Reply => Flow::New,
        },
    };
    match judged.verdict.action {
        Action::Egress { public } => {
            Ok(answer(None, destination, public, public_port.unwrap_or(source_port)))
        }
        Action::Deliver { target } if target.kind == Kind::NatGateway => {
            Err(Some(Step::BackUnknown))
        }
        Action::Deliver { target } => Ok(answer(Some(target), destination, source, source_port)),
        Action::Handoff { .. } | Action::Service => Err(Some(Step::BackOutside)),
        Action::Drop(_) => Err(None),
    }
}

/// Tells what differs between a packet's way and its answer's.
///
/// `gateway` is the VPC's IPv4 gateway, `opener` who the answer is for: the interface or load balancer
/// whose source the packet has, if there is one.
pub(super) fn compare(
    packet: &Packet,
    gateway: Option<Id>,
    opener: Option<Id>,
    there: &Judged<'_>,
    back: &Verdict,
    tell: &mut dyn FnMut(Step),
) {
    let through = |verdict: &Verdict| gateway.filter(|_| verdict.paths.contains(&path::GATEWAY));
    // A sender that passes on what another sent is a hop; so is the NAT gateway that the answer is
    // for, whose flow table passes it on.
    let passer = packet.from.filter(|from| opener.is_some_and(|opener| opener != *from));
    let nat = match back.action {
        Action::Deliver { target } => Some(target).filter(|id| id.kind == Kind::NatGateway),
        _ => None,
    };
    let hops_there = || passer.iter().chain(&there.verdict.via).copied();
    let hops_back = || nat.iter().chain(&back.via).copied();
    let mut differ = false;
    let mut note = |asymmetry| {
        differ = true;
        tell(Step::Asymmetric(asymmetry));
    };
    let (gate_there, gate_back) = (through(&there.verdict), through(back));
    let lost = matches!(back.action, Action::Drop(_));
    // A way that ends in a drop has not passed what would have come.
    if !lost {
        for hop in hops_there().chain(gate_there) {
            if !hops_back().chain(gate_back).any(|other| other == hop) {
                note(Asymmetry::MissingBack(hop));
            }
        }
        for hop in hops_back().chain(gate_back) {
            if !hops_there().chain(gate_there).any(|other| other == hop) {
                note(Asymmetry::MissingThere(hop));
            }
        }
    }
    let is_end = match (packet.from, back.action) {
        (None, Action::Egress { public: back }) if back != packet.header.destination => {
            note(Asymmetry::Public { there: packet.header.destination, back });
            true
        }
        (None, Action::Egress { .. }) => true,
        (Some(_), Action::Deliver { target }) => {
            there.translated == Some(target) || opener == Some(target)
        }
        // Whoever has the source is not in the VPC.
        (Some(_), Action::Handoff { .. }) => there.translated.or(opener).is_none(),
        _ => false,
    };
    if !is_end {
        note(Asymmetry::End);
    }
    if !differ {
        tell(Step::Symmetric);
    }
}
