//! Packets that are judged afresh: their way, and what becomes of their flow.

use super::ending::{Ending, next_of};
use super::facts::{Entry, Facts, Part};
use super::key::{INTERNET, Key};
use super::ports::{Inside, Wish};
use super::record::{Flow, Sender};
use super::steps::{Stop, next_stop, passed_by};
use super::table::{FlowTable, Opening};
use crate::addr::{Addr, EndpointId, Id, Kind, NatGatewayId};
use crate::packet::{ICMP, Message, Next, TCP, UDP, ViewMut};
use crate::resolve::{self, Action, DropReason, Header, Judged, Verdict};
use crate::tables::Tables;

impl FlowTable<'_> {
    /// Judges a packet afresh.
    #[cold]
    #[inline(never)]
    pub(super) fn judge(
        &self,
        tables: &Tables<'_>,
        mut packet: ViewMut<'_>,
        entry: Entry,
        facts: Facts,
        now: u64,
    ) -> Option<Next> {
        let (packet, entry, facts) = (&mut packet, &entry, &facts);
        let carried = about_carried(entry, facts, |key| self.find(key, now));
        let facts = carried.as_ref().unwrap_or(facts);
        let found = match facts.part {
            Part::Unknown | Part::Stray => None,
            _ => self.find(&facts.key, now),
        };
        let Some((flow, sender)) = found else {
            return self.first(tables, packet, entry, facts, None, now);
        };
        if facts.reopens(&flow) {
            let way = way_from(tables, entry, facts, resolve::Flow::New)?;
            let replaced = Some(Replaced { way, flow: Some(flow) });
            return self.first(tables, packet, entry, facts, replaced, now);
        }
        if facts.part == Part::Error {
            // The verdict is about the flow's packets; who sends the error is asked here.
            let source = packet.view().source();
            let world = tables.world(flow.inside().scope().into());
            if entry.is_inward && world.is_some_and(|world| world.is_martian(source)) {
                return Some(self.drop(DropReason::MartianSource, facts.bytes));
            }
            if self.is_forged(tables, entry, source) {
                return Some(self.drop(DropReason::SpoofedSource, facts.bytes));
            }
        }
        let way = self.way_of(tables, entry, facts, &flow, sender)?;
        let judged = &way.judged;
        if matches!(judged.verdict.action, Action::Drop(_)) {
            return Some(self.walk_or_drop(&way, &flow.inside().header(), facts));
        }
        if self.differs(&flow, sender, judged) {
            // An error ends no flow: who sends it may have another way than the flow's packets.
            if facts.part != Part::Error {
                self.end(&flow);
            }
            // The opener's packet goes on where it is; an error has lost its flow.
            let goes_on = sender == Sender::Opener && facts.part == Part::Own;
            let replaced = goes_on.then_some(Replaced { way, flow: None });
            return self.first(tables, packet, entry, facts, replaced, now);
        }
        Some(self.again(packet, entry, facts, (flow, sender), &way, now))
    }

    /// Passes a packet of a flow, on a way that does not end in a drop.
    fn again(
        &self,
        packet: &mut ViewMut<'_>,
        entry: &Entry,
        facts: &Facts,
        (flow, sender): (Flow<'_>, Sender),
        way: &Way<'_>,
        now: u64,
    ) -> Next {
        let judged = &way.judged;
        if meets_nat(judged) && !is_supported(facts, packet.view().message(), true) {
            return self.drop(DropReason::UnsupportedProtocol, facts.bytes);
        }
        let ending = match self.ending(&flow, sender, &facts.key, judged) {
            Ok(ending) => ending,
            Err(reason) => return self.drop(reason, facts.bytes),
        };
        let stop = next_stop(judged, way.passed, &flow.inside().header());
        let crosses = entry.is_crossed_by(&ending.next);
        if stop.is_none() && crosses && packet.view().ttl() <= 1 {
            return self.drop(DropReason::TtlExpired, facts.bytes);
        }
        if facts.part != Part::Error {
            if let Some(from) = way.from {
                flow.set_sender(sender, from);
            }
            if let (Sender::Opener, reach) = (sender, reach_of(judged)) {
                flow.set_reach(reach);
                if let Some(nat) = judged.translated {
                    self.ports().set_nat(flow.mapping(), NatGatewayId(nat.number));
                }
            }
        }
        if let Some(Stop::At(next)) = stop {
            self.counters.count(&next, facts.bytes);
            if facts.part != Part::Error {
                self.renew(&flow, flow.was(flow.protocol()), sender, facts.flags, now);
            }
            return next;
        }
        if facts.part == Part::Own {
            keep(&flow, sender, judged, &ending);
        }
        self.finish(packet, entry, facts, Some((flow, sender)), ending, now)
    }

    /// A way that ends in a drop is walked to it, or not at all.
    fn walk_or_drop(&self, way: &Way<'_>, inside: &Header, facts: &Facts) -> Next {
        match next_stop(&way.judged, way.passed, inside) {
            Some(Stop::At(next)) => {
                self.counters.count(&next, facts.bytes);
                next
            }
            Some(Stop::Drop(reason)) => self.drop(reason, facts.bytes),
            None => self.drop(DropReason::NoRoute, facts.bytes),
        }
    }

    /// The way of a flow's packet.
    pub(super) fn way_of<'t>(
        &self,
        tables: &Tables<'t>,
        entry: &Entry,
        facts: &Facts,
        flow: &Flow<'_>,
        sender: Sender,
    ) -> Option<Way<'t>> {
        let header = facts.key.header();
        let kind = match sender {
            Sender::Opener => resolve::Flow::New,
            Sender::Answerer => resolve::Flow::Reply,
        };
        if let Some(at) = entry.at().filter(|_| !entry.is_inward) {
            // An error may tell of a packet that nobody has answered yet.
            let host = || tables.world(entry.scope.into())?.owner(header.source);
            let unseen = (facts.part == Part::Error).then(host).flatten();
            let known = flow.sender(sender).or(unseen).filter(|id| *id != at);
            if let Some(from) = known
                && let Some(judged) = leaving(tables, from, &header, kind)
                && judged.slot == Some(entry.scope.into())
                && let Some(passed) = passed_by(&judged.verdict, at)
            {
                return Some(Way { judged, passed, from: known });
            }
        }
        way_from(tables, entry, facts, kind)
    }

    /// Whether who sends an ICMP error inside may not use the source that it has.
    fn is_forged(&self, tables: &Tables<'_>, entry: &Entry, source: Addr) -> bool {
        let Some(at) = entry.at().filter(|_| !entry.is_inward) else { return false };
        if at.kind == Kind::Endpoint {
            return false;
        }
        let host = tables.world_of(at).and_then(|world| world.host(at));
        host.is_none_or(|host| host.address != source && !host.forwards)
    }

    /// Judges a packet that has no flow, or whose flow it replaces.
    fn first(
        &self,
        tables: &Tables<'_>,
        packet: &mut ViewMut<'_>,
        entry: &Entry,
        facts: &Facts,
        replaced: Option<Replaced<'_, '_>>,
        now: u64,
    ) -> Option<Next> {
        let facts = &facts.without_flow(&packet.view());
        let Replaced { way, flow: old } = match replaced {
            Some(replaced) => replaced,
            None => {
                Replaced { way: way_from(tables, entry, facts, resolve::Flow::New)?, flow: None }
            }
        };
        let judged = &way.judged;
        if matches!(judged.verdict.action, Action::Drop(_)) {
            return Some(self.walk_or_drop(&way, &judged.inside, facts));
        }
        if meets_nat(judged) {
            if !is_supported(facts, packet.view().message(), false) {
                return Some(self.drop(DropReason::UnsupportedProtocol, facts.bytes));
            }
            if matches!(facts.part, Part::Fragment | Part::Unknown) {
                return Some(self.drop(DropReason::Fragment, facts.bytes));
            }
        }
        let stop = next_stop(judged, way.passed, &judged.inside);
        let crosses = entry.is_crossed_by(&next_of(&judged.verdict.action));
        if stop.is_none() && crosses && packet.view().ttl() <= 1 {
            return Some(self.drop(DropReason::TtlExpired, facts.bytes));
        }
        if facts.part != Part::Own {
            // Without port translation: no flow is needed, and none is made.
            if let Some(Stop::At(next)) = stop {
                self.counters.count(&next, facts.bytes);
                return Some(next);
            }
            let ending = Ending::of(judged, facts.key.ends(), None);
            return Some(self.finish(packet, entry, facts, None, ending, now));
        }
        if let Some(old) = old {
            self.end(&old);
        }
        let flow = match self.open_flow(facts, &way, now) {
            Ok(flow) => flow,
            Err(reason) => return Some(self.drop(reason, facts.bytes)),
        };
        if let Some(Stop::At(next)) = next_stop(judged, way.passed, &flow.inside().header()) {
            self.counters.count(&next, facts.bytes);
            return Some(next);
        }
        let sender = Sender::Opener;
        let ending = Ending { next: next_of(&judged.verdict.action), to: flow.mirrored(sender) };
        keep(&flow, sender, judged, &ending);
        Some(self.finish(packet, entry, facts, Some((flow, sender)), ending, now))
    }

    /// Opens the flow of a packet, with a mapping where its source is translated.
    fn open_flow(&self, facts: &Facts, way: &Way<'_>, now: u64) -> Result<Flow<'_>, DropReason> {
        let judged = &way.judged;
        if !self.has_room() {
            return Err(DropReason::FlowTableFull);
        }
        let key = &facts.key;
        let scope = match judged.verdict.action {
            Action::Egress { .. } => Some(INTERNET),
            _ => judged.slot.and_then(|slot| u16::try_from(slot).ok()),
        };
        let scope = scope.unwrap_or(INTERNET);
        let mapping = match judged.translated {
            Some(nat) => self.mapping(key, judged, nat, scope, now),
            None => Some(0),
        };
        let mapping = mapping.ok_or(DropReason::PortsExhausted)?;
        let port = (mapping != 0).then(|| self.ports().port(mapping));
        let ending = Ending::of(judged, key.ends(), port);
        let answerer = Key::new(&ending.to.reversed(), key.protocol(), scope);
        let opened = match self.find(&answerer, now) {
            Some((other, _)) if !self.give_way(&other) => Err(DropReason::PortsExhausted),
            _ => {
                // Who was to make room for the mapping goes, also if another has made room for the flow.
                if self.ports().is_over() {
                    self.evict();
                }
                let (opener, sender, reach) = (*key, way.from, reach_of(judged));
                let new = Opening { opener, answerer, sender, reach, mapping };
                self.open(&new, now).ok_or(DropReason::FlowTableFull)
            }
        };
        if mapping != 0 {
            // The flow has a hold of its own, or there is none.
            self.ports().release(mapping);
        }
        if let Ok(flow) = &opened {
            flow.note(Sender::Opener, facts.flags);
        }
        opened
    }

    /// The mapping of a source, made if there is none; held until it is released.
    fn mapping(
        &self,
        key: &Key,
        judged: &Judged<'_>,
        nat: Id,
        answers_from: u16,
        now: u64,
    ) -> Option<u32> {
        let outside = judged.outside_address();
        let (ends, protocol, scope) = (key.ends(), key.protocol(), key.scope());
        let inside = Inside {
            address: ends.source,
            port: ends.source_port,
            outside,
            protocol,
            scope,
            answers_from,
        };
        let world = judged.world?;
        let host = world.host(nat)?;
        let number = NatGatewayId(nat.number);
        if let Some(mapping) = self.ports().find(&inside) {
            self.ports().set_nat(mapping, number);
            self.ports().hold(mapping);
            return Some(mapping);
        }
        let is_named = |port| {
            let forward = world.forward_in(&host, outside, protocol, port);
            forward.is_some_and(|forward| forward.private_port.is_some())
        };
        let is_in_use = |port| {
            let ending = Ending::of(judged, ends, Some(port));
            let answerer = Key::new(&ending.to.reversed(), protocol, answers_from);
            self.find(&answerer, now).is_some_and(|(flow, _)| !flow.class().is_transitory())
        };
        let wish = Wish { inside, epoch: world.epoch(), one_goes: self.frees_mapping() };
        let mapping = self.ports().map(&wish, number, is_named, is_in_use)?;
        self.ports().hold(mapping);
        Some(mapping)
    }
}

/// The facts of an ICMP error that is sent inside about a packet as it came from the Internet: what was
/// carried to an interface or appliance still has the public address. It is about the same flow.
pub(super) fn about_carried<'m>(
    entry: &Entry,
    facts: &Facts,
    find: impl Fn(&Key) -> Option<(Flow<'m>, Sender)>,
) -> Option<Facts> {
    if facts.part != Part::Error || entry.is_inward || find(&facts.key).is_some() {
        return None;
    }
    let as_it_came = Key::of(facts.key.reversed_words(), facts.key.protocol(), INTERNET);
    let (flow, sender) = find(&as_it_came)?;
    let key = flow.key(sender.other());
    (key.scope() == entry.scope).then_some(Facts { key, ..*facts })
}

/// The way of a packet that opens a flow in the place of one that has ended, or ends now.
struct Replaced<'t, 'm> {
    way: Way<'t>,
    flow: Option<Flow<'m>>,
}

/// A judged packet at some place of its way.
pub(super) struct Way<'t> {
    pub(super) judged: Judged<'t>,
    /// How many hops it has behind it.
    passed: usize,
    /// Where its packets enter, inside.
    from: Option<Id>,
}

/// The way of a packet of no flow, or of one whose packets enter elsewhere now.
///
/// What is said to have brought a packet from the Internet, is not on its way and could not have, has made it
/// up.
fn way_from<'t>(
    tables: &Tables<'t>,
    entry: &Entry,
    facts: &Facts,
    kind: resolve::Flow,
) -> Option<Way<'t>> {
    let header = facts.key.header();
    let Some(at) = entry.at() else {
        return Some(Way { judged: tables.arriving(&header, kind), passed: 0, from: None });
    };
    if !entry.is_inward {
        let judged = leaving(tables, at, &header, kind)?;
        // Between two looks it may have gone, and another of its name come elsewhere.
        let is_same = judged.slot == Some(entry.scope.into());
        return is_same.then_some(Way { judged, passed: 0, from: Some(at) });
    }
    let mut judged = tables.arriving(&header, kind);
    let passed = passed_by(&judged.verdict, at);
    if passed.is_none() && !tables.may_bring(at, header.destination) {
        judged.verdict = Verdict::dropped(DropReason::SpoofedSource);
    }
    Some(Way { judged, passed: passed.unwrap_or(0), from: None })
}

/// What a sender's packet comes to; from an endpoint it goes on.
pub(super) fn leaving<'t>(
    tables: &Tables<'t>,
    from: Id,
    header: &Header,
    flow: resolve::Flow,
) -> Option<Judged<'t>> {
    match from.kind {
        Kind::Endpoint => tables.resume(EndpointId(from.number), header, flow),
        _ => tables.leaving(from, header, flow),
    }
}

/// Keeps a step for the packets to come, if it holds for all of them: no stop on the way, no begun
/// operation to be looked at, and the ends that the flow's other key says.
fn keep(flow: &Flow<'_>, sender: Sender, judged: &Judged<'_>, ending: &Ending) {
    let Some(world) = judged.world else { return };
    let is_plain = judged.verdict.via.iter().all(|hop| hop.kind == Kind::NatGateway);
    // Other messages have the key of a query with identifier 0, and no NAT gateway passes them.
    let is_told_apart = flow.protocol() != ICMP || !meets_nat(judged);
    if is_plain && is_told_apart && world.after().is_none() && ending.to == flow.mirrored(sender) {
        flow.keep(sender, &ending.next, world.epoch());
    }
}

/// Whether a NAT gateway is on the way.
fn meets_nat(judged: &Judged<'_>) -> bool {
    judged.verdict.via.iter().any(|hop| hop.kind == Kind::NatGateway)
}

/// What answers from the Internet have to reach, as the opener's packets went: the NAT gateway that
/// translated them, or the interface whose public address they left by.
fn reach_of(judged: &Judged<'_>) -> Option<Id> {
    let leaves = matches!(judged.verdict.action, Action::Egress { .. });
    let owner = || judged.world?.owner(judged.end.source).filter(|_| leaves);
    judged.translated.or_else(owner)
}

/// Whether a NAT gateway can pass a packet on. An ICMP answer needs the question that it answers, and an
/// error what it is about.
fn is_supported(facts: &Facts, message: Option<Message>, in_flow: bool) -> bool {
    match (facts.part, message) {
        (Part::Error, _) => in_flow,
        (_, Some(Message::Request(_))) => true,
        (_, Some(Message::Reply(_))) => in_flow,
        (_, Some(_)) => false,
        (_, None) => matches!(facts.key.protocol(), TCP | UDP | ICMP),
    }
}
