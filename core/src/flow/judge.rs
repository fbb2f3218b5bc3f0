//! A packet's way through the table: the kept step where there is one, else judged afresh.

use super::config::header;
use super::ending::{Ending, next_of};
use super::fragments::{Datagram, Fragments, tick_at};
use super::key::{INTERNET, Key};
use super::ports::Inside;
use super::record::{Flow, Sender, tcp};
use super::steps::{Stop, next_stop, passed_by};
use super::table::FlowTable;
use crate::addr::{Addr, EndpointId, Id, Kind, NatGatewayId};
use crate::packet::{Ends, ICMP, Message, Next, Origin, TCP, Transport, UDP, View, ViewMut};
use crate::resolve::{self, Action, DropReason, Header, Judged};
use crate::tables::Tables;

/// Flows whose time is over that each packet ends.
const SWEPT: u32 = 2;

/// Where a packet enters: the key's scope, whether it came from the Internet, and the interface or
/// endpoint that it comes from now.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) scope: u16,
    pub(super) is_inward: bool,
    pub(super) at: Option<Id>,
}

/// What a packet is to its flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// A packet that has the flow's ends.
    Own,
    /// An ICMP error about a packet of the flow.
    Error,
    /// An ICMP error that is about no flow.
    Stray,
    /// A later fragment whose ports are known.
    Fragment,
    /// A later fragment whose first is unknown: it has no flow.
    Unknown,
}

/// What decides about a packet, read out of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts {
    pub(super) key: Key,
    pub(super) part: Part,
    /// Flags of a TCP segment.
    pub(super) flags: u8,
    pub(super) bytes: u32,
}

/// What a flow's packet, judged afresh, comes to.
enum Again {
    /// This.
    Step(Next),
    /// The flow is no more what it was; the packet is as good as the first of another.
    Ended,
}

/// What reading a packet comes to.
pub(super) enum Read<'b> {
    /// A packet to be judged.
    Packet(ViewMut<'b>, Entry, Facts),
    /// No packet: counted, and dropped.
    Malformed(Next),
    /// It comes from what does not exist.
    Nowhere,
}

impl FlowTable<'_> {
    /// Judges an IPv4 packet, keeps its flow, and rewrites it where it ends; `None` if the interface,
    /// load balancer or endpoint that it came from does not exist.
    ///
    /// `bytes` start at the IPv4 header and may have padding behind the packet, which is left alone.
    /// `now` is the caller's clock in milliseconds, which does not go back. The bytes change for
    /// [`Next::Internet`], from the Internet for [`Next::Deliver`], and behind a NAT gateway; else
    /// never.
    pub fn process(
        &mut self,
        tables: &Tables<'_>,
        from: Origin,
        bytes: &mut [u8],
        now: u64,
    ) -> Option<Next> {
        let now = self.tick(now);
        let (mut packet, entry, facts) = match self.read(tables, from, bytes, now) {
            Read::Packet(packet, entry, facts) => (packet, entry, facts),
            Read::Malformed(next) => return Some(next),
            Read::Nowhere => return None,
        };
        let words = facts.key.words();
        let found = self.find_by(self.hash(words), words);
        self.pass(tables, &mut packet, &entry, &facts, found, now)
    }

    /// Notes the time, and ends a few flows.
    #[inline]
    pub(super) fn tick(&self, now: u64) -> u64 {
        let now = tick_at(self.mem, header::CLOCK, now);
        self.sweep(now, SWEPT);
        now
    }

    /// Reads a packet; one that is none is counted.
    #[inline(always)]
    pub(super) fn read<'b>(
        &self,
        tables: &Tables<'_>,
        from: Origin,
        bytes: &'b mut [u8],
        now: u64,
    ) -> Read<'b> {
        let len = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let Ok(packet) = ViewMut::new(bytes) else {
            let next = Next::Drop(DropReason::Malformed);
            self.counters.count(&next, len);
            return Read::Malformed(next);
        };
        let Some(entry) = self.entry(tables, from) else { return Read::Nowhere };
        let facts = facts_of(&self.fragments, &packet.view(), entry.scope, now);
        Read::Packet(packet, entry, facts)
    }

    #[inline(always)]
    fn entry(&self, tables: &Tables<'_>, from: Origin) -> Option<Entry> {
        Some(match from {
            Origin::Internet => Entry { scope: INTERNET, is_inward: true, at: None },
            Origin::InternetVia(place) => {
                self.slot(tables, place.id())?;
                Entry { scope: INTERNET, is_inward: true, at: Some(place.id()) }
            }
            Origin::Interface(place) => {
                let scope = self.slot(tables, place.id())?;
                Entry { scope, is_inward: false, at: Some(place.id()) }
            }
        })
    }

    /// Passes a packet whose flow was looked up.
    #[inline(always)]
    pub(super) fn pass(
        &self,
        tables: &Tables<'_>,
        packet: &mut ViewMut<'_>,
        entry: &Entry,
        facts: &Facts,
        found: Option<(Flow<'_>, Sender)>,
        now: u64,
    ) -> Option<Next> {
        if let Some((flow, sender)) = found
            && facts.part == Part::Own
            && facts.flags & tcp::SYN == 0
        {
            let (own, other) = (&facts.key, flow.key(sender.other()));
            let scope = if own.scope == INTERNET { other.scope } else { own.scope };
            let from = entry.at.map_or(0, Id::to_word);
            let class = flow.class();
            if let Some(epoch) = tables.epoch_at(scope.into())
                && let Some(next) = flow.kept(sender, from, epoch)
                && !self.is_over(&flow, class, now)
            {
                let ending = Ending { next, to: other.ends.reversed() };
                let crosses = entry.is_crossed_by(&next);
                if crosses && packet.view().ttl() <= 1 {
                    return Some(self.drop(DropReason::TtlExpired, facts));
                }
                packet.carry(&own.ends, &ending.to, crosses);
                self.counted(entry, facts, Some(&flow), &ending);
                self.renew(&flow, class, sender, facts.flags, now);
                return Some(next);
            }
        }
        self.judge(tables, packet, entry, facts, now)
    }

    #[cold]
    #[inline(never)]
    fn judge(
        &self,
        tables: &Tables<'_>,
        packet: &mut ViewMut<'_>,
        entry: &Entry,
        facts: &Facts,
        now: u64,
    ) -> Option<Next> {
        let found = match facts.part {
            Part::Unknown => None,
            _ => self.find(&facts.key, now),
        };
        if let Some((flow, sender)) = found {
            let opens = facts.flags & (tcp::SYN | tcp::ACK) == tcp::SYN;
            let is_new = opens && facts.part == Part::Own && flow.is_closed();
            if !is_new {
                let again = self.again(tables, packet, entry, facts, (flow, sender), now)?;
                if let Again::Step(next) = again {
                    return Some(next);
                }
            }
            self.end(&flow);
        }
        self.first(tables, packet, entry, facts, now)
    }

    /// Judges a packet of a flow afresh.
    fn again(
        &self,
        tables: &Tables<'_>,
        packet: &mut ViewMut<'_>,
        entry: &Entry,
        facts: &Facts,
        (flow, sender): (Flow<'_>, Sender),
        now: u64,
    ) -> Option<Again> {
        let is_error = facts.part == Part::Error;
        if is_error && self.is_forged(tables, entry, packet.view().source()) {
            return Some(Again::Step(self.drop(DropReason::SpoofedSource, facts)));
        }
        let (judged, passed) = self.way_of(tables, entry, facts, &flow, sender)?;
        let is_dropped = matches!(judged.verdict.action, Action::Drop(_));
        if !is_dropped && self.differs(tables, &flow, sender, &judged) {
            return Some(Again::Ended);
        }
        match next_stop(&judged, passed, &flow.inside().header()) {
            Some(Stop::Drop(reason)) => return Some(Again::Step(self.drop(reason, facts))),
            Some(Stop::At(next)) => {
                self.counters.count(&next, facts.bytes);
                if !is_error && !is_dropped {
                    self.renew(&flow, flow.class(), sender, facts.flags, now);
                }
                return Some(Again::Step(next));
            }
            None => {}
        }
        let ending = self.ending(&flow, sender, &facts.key, &judged);
        if facts.part == Part::Own {
            keep(&flow, sender, &judged, &ending);
        }
        let found = Some((flow, sender));
        Some(Again::Step(self.finish(packet, entry, facts, found, ending, now)))
    }

    /// The way of a flow's packet, and how many hops it has behind it.
    fn way_of<'t>(
        &self,
        tables: &Tables<'t>,
        entry: &Entry,
        facts: &Facts,
        flow: &Flow<'_>,
        sender: Sender,
    ) -> Option<(Judged<'t>, usize)> {
        let header = facts.key.header();
        let kind = match sender {
            Sender::Opener => resolve::Flow::New,
            Sender::Answerer => resolve::Flow::Reply,
        };
        let Some(at) = entry.at.filter(|_| !entry.is_inward) else {
            let judged = tables.arriving(&header, kind);
            let passed = entry.at.and_then(|at| passed_by(&judged.verdict, at)).unwrap_or(0);
            return Some((judged, passed));
        };
        let known = flow.sender(sender).filter(|id| *id != at);
        let known = known.filter(|id| self.slot(tables, *id) == Some(entry.scope));
        if let Some(judged) = known.and_then(|id| leaving(tables, id, &header, kind)) {
            match passed_by(&judged.verdict, at) {
                Some(passed) => return Some((judged, passed)),
                // Somebody else may tell what has become of the flow's packet.
                None if facts.part == Part::Error => return Some((judged, 0)),
                None => {}
            }
        }
        let judged = leaving(tables, at, &header, kind)?;
        let is_dropped = matches!(judged.verdict.action, Action::Drop(_));
        if facts.part == Part::Own && !is_dropped {
            flow.set_sender(sender, Some(at));
        }
        Some((judged, 0))
    }

    /// Whether who sends an ICMP error inside may not use the source that it has.
    fn is_forged(&self, tables: &Tables<'_>, entry: &Entry, source: Addr) -> bool {
        let Some(at) = entry.at.filter(|_| !entry.is_inward) else { return false };
        if at.kind == Kind::Endpoint {
            return false;
        }
        let host = tables.world_of(at).and_then(|world| world.host(at));
        host.is_none_or(|host| host.address != source && !host.forwards)
    }

    /// Judges a packet that has no flow.
    fn first(
        &self,
        tables: &Tables<'_>,
        packet: &mut ViewMut<'_>,
        entry: &Entry,
        facts: &Facts,
        now: u64,
    ) -> Option<Next> {
        let facts = &facts.without_flow(&packet.view());
        let header = facts.key.header();
        let judged = match entry.at.filter(|_| !entry.is_inward) {
            Some(at) => leaving(tables, at, &header, resolve::Flow::New)?,
            None => tables.arriving(&header, resolve::Flow::New),
        };
        let at = entry.at.filter(|_| entry.is_inward);
        let passed = at.and_then(|at| passed_by(&judged.verdict, at)).unwrap_or(0);
        if let Action::Drop(reason) = judged.verdict.action {
            return Some(match next_stop(&judged, passed, &judged.inside) {
                Some(Stop::At(next)) => {
                    self.counters.count(&next, facts.bytes);
                    next
                }
                _ => self.drop(reason, facts),
            });
        }
        if let Some(reason) = untranslatable(&judged, facts, packet.view().message()) {
            return Some(self.drop(reason, facts));
        }
        let crosses = entry.is_crossed_by(&next_of(&judged.verdict.action));
        let is_last = next_stop(&judged, passed, &judged.inside).is_none();
        if is_last && crosses && packet.view().ttl() <= 1 {
            return Some(self.drop(DropReason::TtlExpired, facts));
        }
        if facts.part != Part::Own {
            // Without port translation: no flow is needed, and none is made.
            if let Some(Stop::At(next)) = next_stop(&judged, passed, &judged.inside) {
                self.counters.count(&next, facts.bytes);
                return Some(next);
            }
            let ending = Ending::of(&judged, facts.key.ends, None);
            return Some(self.finish(packet, entry, facts, None, ending, now));
        }
        let flow = match self.open_flow(tables, entry, facts, &judged, now) {
            Ok(flow) => flow,
            Err(reason) => return Some(self.drop(reason, facts)),
        };
        if let Some(Stop::At(next)) = next_stop(&judged, passed, &flow.inside().header()) {
            self.counters.count(&next, facts.bytes);
            return Some(next);
        }
        let sender = Sender::Opener;
        let ending = Ending { next: next_of(&judged.verdict.action), to: flow.mirrored(sender) };
        keep(&flow, sender, &judged, &ending);
        Some(self.finish(packet, entry, facts, Some((flow, sender)), ending, now))
    }

    /// Opens the flow of a packet, with a mapping where its source is translated.
    fn open_flow(
        &self,
        tables: &Tables<'_>,
        entry: &Entry,
        facts: &Facts,
        judged: &Judged<'_>,
        now: u64,
    ) -> Result<Flow<'_>, DropReason> {
        if !self.has_room() {
            return Err(DropReason::FlowTableFull);
        }
        let key = &facts.key;
        let mapping = match judged.translated {
            Some(nat) => self.mapping(key, judged, nat).ok_or(DropReason::PortsExhausted)?,
            None => 0,
        };
        let port = (mapping != 0).then(|| self.ports.port(mapping));
        let ending = Ending::of(judged, key.ends, port);
        let scope = match ending.next {
            Next::Internet => Some(INTERNET),
            _ if entry.is_inward => tables
                .slot_of_public(key.ends.destination)
                .and_then(|slot| u16::try_from(slot).ok()),
            _ => Some(entry.scope),
        };
        let scope = scope.unwrap_or(INTERNET);
        let answerer = Key { ends: ending.to.reversed(), protocol: key.protocol, scope };
        let opened = match self.find(&answerer, now) {
            Some((other, _)) if !self.give_way(&other) => Err(DropReason::PortsExhausted),
            _ => self
                .open(key, &answerer, entry.at.filter(|_| !entry.is_inward), mapping, now)
                .ok_or(DropReason::FlowTableFull),
        };
        if mapping != 0 {
            // The flow has a hold of its own, or there is none.
            self.ports.release(mapping);
        }
        if let Ok(flow) = &opened {
            flow.note(Sender::Opener, facts.flags);
        }
        opened
    }

    /// The mapping of a source, made if there is none; held until it is released.
    fn mapping(&self, key: &Key, judged: &Judged<'_>, nat: Id) -> Option<u32> {
        let outside = judged.outside_address();
        let Key { ends, protocol, scope } = *key;
        let inside =
            Inside { address: ends.source, port: ends.source_port, outside, protocol, scope };
        let world = judged.world?;
        let host = world.host(nat)?;
        let mapping = self.ports.find(&inside).filter(|&m| self.ports.nat(m).id() == nat);
        let is_taken = |port| {
            let forward = world.forward_in(&host, outside, protocol, port);
            forward.is_some_and(|forward| forward.private_port.is_some())
        };
        let mapping = match mapping {
            Some(mapping) => mapping,
            None => self.ports.map(&inside, NatGatewayId(nat.number), is_taken)?,
        };
        self.ports.hold(mapping);
        Some(mapping)
    }
}

/// Reads what decides about a packet; first fragments leave their ports for later ones.
#[inline(always)]
pub(super) fn facts_of(fragments: &Fragments<'_>, view: &View<'_>, scope: u16, now: u64) -> Facts {
    let key = Key { ends: view.ends(), protocol: view.protocol(), scope };
    let bytes = view.total_len().into();
    let facts = Facts { key, part: Part::Own, flags: view.tcp_flags(), bytes };
    let is_whole = !view.has_more_fragments() && view.transport() != Transport::LaterFragment;
    if is_whole && view.protocol() != ICMP {
        return facts;
    }
    special(fragments, view, facts, now)
}

/// The facts of fragments and ICMP messages.
#[cold]
fn special(fragments: &Fragments<'_>, view: &View<'_>, facts: Facts, now: u64) -> Facts {
    let key = facts.key;
    if let Some((protocol, ends)) = view.embedded()
        // The packet that the error carries went the other way, and its sender is told.
        && ends.source == key.ends.destination
    {
        let key = Key { ends: ends.reversed(), protocol, ..key };
        return Facts { key, part: Part::Error, ..facts };
    }
    let datagram = Datagram {
        source: key.ends.source.0,
        destination: key.ends.destination.0,
        identification: view.identification(),
        protocol: key.protocol,
        scope: key.scope,
    };
    let has_ports = matches!(key.protocol, TCP | UDP | ICMP);
    if view.transport() != Transport::LaterFragment {
        if view.has_more_fragments() && has_ports && view.message() != Some(Message::Error) {
            let ports = (key.ends.source_port, key.ends.destination_port);
            fragments.put(&datagram, ports, now);
        }
        return facts;
    }
    match fragments.get(&datagram, now) {
        Some((source_port, destination_port)) if has_ports => {
            let ends = Ends { source_port, destination_port, ..key.ends };
            Facts { key: Key { ends, ..key }, part: Part::Fragment, ..facts }
        }
        // A protocol without ports needs no first fragment.
        _ if !has_ports => Facts { part: Part::Fragment, ..facts },
        _ => Facts { part: Part::Unknown, ..facts },
    }
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
    if is_plain && world.after().is_none() && ending.to == flow.mirrored(sender) {
        flow.keep(sender, &ending.next, world.epoch());
    }
}

/// Why a packet that opens a flow cannot pass a NAT gateway, if it meets one and cannot.
fn untranslatable(
    judged: &Judged<'_>,
    facts: &Facts,
    message: Option<Message>,
) -> Option<DropReason> {
    if !judged.verdict.via.iter().any(|hop| hop.kind == Kind::NatGateway) {
        return None;
    }
    let is_supported = match (facts.key.protocol, message) {
        (TCP | UDP, _) | (ICMP, None | Some(Message::Request(_))) => true,
        // A forwarding of all ports keeps the identifier.
        (ICMP, Some(Message::Reply(_))) => judged.translated.is_none(),
        _ => false,
    };
    if !is_supported {
        return Some(DropReason::UnsupportedProtocol);
    }
    let is_fragment = matches!(facts.part, Part::Fragment | Part::Unknown);
    is_fragment.then_some(DropReason::Fragment)
}

impl Facts {
    /// The facts of a packet that turns out to have no flow: an error is about nothing then.
    fn without_flow(self, view: &View<'_>) -> Facts {
        match self.part {
            Part::Error => {
                let ends = Ends { source_port: 0, destination_port: 0, ..view.ends() };
                Facts { key: Key { ends, protocol: ICMP, ..self.key }, part: Part::Stray, ..self }
            }
            _ if view.message() == Some(Message::Error) => Facts { part: Part::Stray, ..self },
            _ => self,
        }
    }
}
