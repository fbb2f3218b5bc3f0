//! How packets end: what becomes of their ends, and what is written and counted.

use super::facts::{Entry, Facts, Part};
use super::key::{INTERNET, Key};
use super::record::{Flow, Sender};
use super::table::FlowTable;
use crate::addr::{Addr, Kind};
use crate::packet::{Ends, Next, TCP, UDP, ViewMut};
use crate::resolve::{Action, DropReason, Judged};

/// The last step of a packet, and the ends that it has then.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ending {
    pub(super) next: Next,
    pub(super) to: Ends,
}

/// The last step that an action means.
pub(super) fn next_of(action: &Action) -> Next {
    match *action {
        Action::Egress { .. } => Next::Internet,
        Action::Deliver { target } => Next::Deliver(target),
        Action::Handoff { next_hop } => Next::Handoff(next_hop),
        Action::Service => Next::Service,
        Action::Drop(reason) => Next::Drop(reason),
    }
}

impl Judged<'_> {
    /// The source address at the end of the way: the public one where the packet leaves, the NAT
    /// gateway's own where one translated it and it stays.
    pub(super) fn outside_address(&self) -> Addr {
        match self.verdict.action {
            Action::Egress { public } => public,
            _ => self.end.source,
        }
    }
}

impl Ending {
    /// The ending of a packet with these ends, with the source port that translation gave it.
    pub(super) fn of(judged: &Judged<'_>, ends: Ends, port: Option<u16>) -> Ending {
        let has_ports = matches!(judged.end.protocol, TCP | UDP);
        let kept = ends.destination_port;
        let to = Ends {
            source: judged.outside_address(),
            destination: judged.end.destination,
            source_port: port.unwrap_or(ends.source_port),
            destination_port: if has_ports { judged.end.destination_port } else { kept },
        };
        Ending { next: next_of(&judged.verdict.action), to }
    }
}

impl Entry {
    /// Whether a packet that enters here crosses the border with this step.
    pub(super) fn is_crossed_by(&self, next: &Next) -> bool {
        match next {
            Next::Internet => true,
            Next::Deliver(_) => self.is_inward,
            _ => false,
        }
    }
}

impl FlowTable<'_> {
    /// Whether a flow, by a verdict that is no drop, is no more the one that it was.
    pub(super) fn differs(&self, flow: &Flow<'_>, sender: Sender, judged: &Judged<'_>) -> bool {
        let (opener, answerer) = (flow.key(Sender::Opener), flow.key(Sender::Answerer));
        let mapping = flow.mapping();
        let is_from = |scope: u16| judged.slot == Some(scope.into());
        if sender == Sender::Answerer {
            let Action::Deliver { target } = judged.verdict.action else { return false };
            if answerer.scope() != INTERNET {
                return mapping != 0 && self.ports().nat(mapping).id() != target;
            }
            // An id or an address may have become somebody else's.
            let is_elsewhere = opener.scope() != INTERNET && !is_from(opener.scope());
            let is_other = flow.reach().is_some_and(|reach| reach != target);
            let is_moved = mapping == 0 && judged.end.destination != opener.ends().source;
            return is_elsewhere || is_other || is_moved;
        }
        let is_mapped = match judged.translated {
            Some(_) => mapping != 0 && self.ports().outside(mapping) == judged.outside_address(),
            None => mapping == 0,
        };
        let port = (mapping != 0).then(|| self.ports().port(mapping));
        let Ending { next, to } = Ending::of(judged, opener.ends(), port);
        let is_in_scope = match next {
            Next::Internet => answerer.scope() == INTERNET,
            _ => is_from(answerer.scope()),
        };
        !is_mapped || !is_in_scope || to != flow.mirrored(sender)
    }

    /// How a flow's packet ends, judged afresh; it has this key.
    ///
    /// An answer is translated back to what the opener knows, but for its source where it leaves by
    /// another address than the flow came in by.
    pub(super) fn ending(
        &self,
        flow: &Flow<'_>,
        sender: Sender,
        key: &Key,
        judged: &Judged<'_>,
    ) -> Result<Ending, DropReason> {
        let mirrored = flow.mirrored(sender);
        let next = next_of(&judged.verdict.action);
        if sender == Sender::Opener {
            return Ok(Ending { next, to: mirrored });
        }
        let (source, source_port) = match judged.verdict.action {
            Action::Egress { public } => (public, mirrored.source_port),
            Action::Deliver { target }
                if target.kind == Kind::NatGateway && flow.mapping() != 0 =>
            {
                return Ok(Ending { next: self.to_opener(flow, judged)?, to: mirrored });
            }
            _ if judged.translated.is_some() => (judged.end.source, mirrored.source_port),
            _ => (key.ends().source, key.ends().source_port),
        };
        Ok(Ending { next, to: Ends { source, source_port, ..mirrored } })
    }

    /// Where an answer goes behind the NAT gateway: to the interface that owns the opener's address,
    /// else to the one that the opener's packets come from; to the Internet, if they came from there.
    fn to_opener(&self, flow: &Flow<'_>, judged: &Judged<'_>) -> Result<Next, DropReason> {
        let opener = flow.key(Sender::Opener);
        if opener.scope() == INTERNET {
            return Ok(Next::Internet);
        }
        let world = judged.world.ok_or(DropReason::NoHost)?;
        let sender = flow.sender(Sender::Opener).filter(|id| id.kind != Kind::Endpoint);
        let sender = sender.filter(|id| world.host(*id).is_some());
        let host = world.owner(opener.ends().source).or(sender);
        host.map(Next::Deliver).ok_or(DropReason::NoHost)
    }

    /// Counts a drop.
    #[cold]
    pub(super) fn drop(&self, reason: DropReason, bytes: u32) -> Next {
        let next = Next::Drop(reason);
        self.counters.count(&next, bytes);
        next
    }

    /// Rewrites a packet that ends here, renews its flow and counts it; one that would cross the border
    /// and has no time left is dropped.
    pub(super) fn finish(
        &self,
        packet: &mut ViewMut<'_>,
        entry: &Entry,
        facts: &Facts,
        found: Option<(Flow<'_>, Sender)>,
        ending: Ending,
        now: u64,
    ) -> Next {
        let Ending { next, to } = ending;
        let ends = &facts.key.ends();
        let crosses = entry.is_crossed_by(&next);
        if crosses && packet.view().ttl() <= 1 {
            return self.drop(DropReason::TtlExpired, facts.bytes);
        }
        match facts.part {
            Part::Error => translate_error(packet, ends, &to, next == Next::Internet),
            Part::Stray if to != *ends => translate_stray(packet, &to),
            _ if to != *ends => packet.translate(&to),
            _ => {}
        }
        if crosses {
            packet.decrement_ttl();
        }
        self.counters.count_passed(&next, facts.bytes);
        let flow = found.as_ref().map(|(flow, _)| flow);
        self.count_addresses(
            entry,
            (to.source, ends.destination),
            facts.bytes,
            flow,
            next == Next::Internet,
        );
        if let Some((flow, sender)) = found
            && facts.part != Part::Error
        {
            self.renew(&flow, flow.was(flow.protocol()), sender, facts.flags, now);
        }
        next
    }

    /// Counts the traffic of the addresses of a packet that has ended: the source that it has there, and
    /// the destination that it came with.
    #[inline(always)]
    pub(super) fn count_addresses(
        &self,
        entry: &Entry,
        (source, destination): (Addr, Addr),
        bytes: u32,
        flow: Option<&Flow<'_>>,
        leaves: bool,
    ) {
        if leaves {
            self.meter(flow, source, true, bytes);
        }
        if entry.is_inward {
            self.meter(flow, destination, false, bytes);
        }
    }

    /// Counts the traffic of a public address; the flow remembers where.
    #[inline(always)]
    fn meter(&self, flow: Option<&Flow<'_>>, address: Addr, is_out: bool, bytes: u32) {
        if let Some(flow) = flow
            && self.counters.meter_known(flow.meter().into(), address, is_out, bytes)
        {
            return;
        }
        self.meter_anew(flow.copied(), address, is_out, bytes);
    }

    /// The same where the flow does not know yet.
    #[cold]
    fn meter_anew(&self, flow: Option<Flow<'_>>, address: Addr, is_out: bool, bytes: u32) {
        let number = self.counters.meter(address);
        if let (Some(flow), Ok(number)) = (flow, u16::try_from(number)) {
            flow.set_meter(number);
        }
        self.counters.meter_packet(number, is_out, bytes);
    }
}

/// Translates an ICMP error about a packet of a flow whose own packets on this way go from these ends to
/// those (RFC 5508): the packet that it carries went the other way.
fn translate_error(packet: &mut ViewMut<'_>, from: &Ends, to: &Ends, leaves: bool) {
    if from != to {
        packet.translate_embedded(&to.reversed());
    } else if !leaves {
        return;
    }
    let outer = packet.view().ends();
    // Who sends it may be a third party: outside it stays, inside its address must not show.
    let is_kept = from.source == to.source && !leaves;
    let source = if is_kept { outer.source } else { to.source };
    packet.translate(&Ends { source, destination: to.destination, ..outer });
}

/// Translates an ICMP error that is about no known flow, one to one.
fn translate_stray(packet: &mut ViewMut<'_>, to: &Ends) {
    use crate::packet::Side;
    packet.set_address(Side::Source, to.source);
    packet.set_address(Side::Destination, to.destination);
}

impl Flow<'_> {
    /// The ends that a side's packets have where they end, by the other side's key.
    #[inline]
    pub(super) fn mirrored(&self, sender: Sender) -> Ends {
        Ends::from_words(self.key(sender.other()).reversed_words())
    }

    /// The key with the private addresses.
    pub(super) fn inside(&self) -> Key {
        let opener = self.key(Sender::Opener);
        if opener.scope() == INTERNET { self.key(Sender::Answerer) } else { opener }
    }
}
