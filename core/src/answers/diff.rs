//! What a command would change.

use core::fmt;

use heapless::Vec;

use super::judge::{Judged, Seen, received, sent};
use super::packets::{Packets, Port, Who, port_of, write_packets};
use super::range::{Range, runs};
use super::sides::{Sides, own_public};
use crate::addr::{Addr, Id, VpcId};
use crate::limits::gather;
use crate::region::{Command, Error, Region, objects::Vpc};
use crate::resolve::{Action, DropReason, Flow};
use crate::tables::World;
use crate::text::Word;

/// Packets whose verdict changes.
#[derive(Clone, Debug)]
pub struct Change<'a> {
    /// Who sends them, or the target of the public address.
    pub who: Who<'a>,
    /// The public address that they come to; `None` for packets that are sent.
    pub public: Option<Addr>,
    /// The destinations of what is sent, the sources of what comes in.
    pub ranges: &'a [Range],
    /// `None` if it makes no difference.
    pub flow: Option<Flow>,
    /// The protocol, 6 or 17, and port that they have; `None`: all others.
    pub port: Option<(u8, u16)>,
    /// The verdict before; `None` if there is no such sender.
    pub was: Option<Seen>,
    /// The verdict after. The same as before where only the other ports change.
    pub now: Option<Seen>,
}

impl Change<'_> {
    /// Why packets that arrive now would be dropped.
    pub fn loss(&self) -> Option<DropReason> {
        let arrived = self.was.as_ref().is_some_and(Seen::arrives);
        match self.now.as_ref()?.verdict.action {
            Action::Drop(reason) if arrived => Some(reason),
            _ => None,
        }
    }
}

impl fmt::Display for Change<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        say!(f, self.who, " ")?;
        write_packets(f, self.ranges, self.public, self.flow, self.port)?;
        let write = |f: &mut fmt::Formatter<'_>, word: &str, seen: &Option<Seen>| match seen {
            Some(seen) => say!(f, " ", Word(word), " ", seen),
            None => say!(f, " ", Word(word), " none"),
        };
        if self.was == self.now {
            return write(f, "still", &self.now);
        }
        write(f, "was", &self.was)?;
        write(f, "now", &self.now)
    }
}

/// Tries a command, and gives every range of packets whose verdict it would change. Nothing changes.
///
/// `Err` in the outer result: the command would be refused, or the pool has no room to try it; in
/// the inner one: `see` did not want more.
pub fn diff(
    region: &mut Region<'_>,
    command: &Command,
    see: &mut dyn FnMut(&Change<'_>) -> fmt::Result,
) -> Result<fmt::Result, Error> {
    let mut trial = region.trial()?;
    trial.apply(command)?;
    let mut last = None;
    while let Some(vpc) = trial.region().vpc_after(last) {
        last = Some(vpc.id);
        if let Some(worlds) = trial.worlds(&vpc)?
            && let Err(error) = Sides::new(worlds).changes(see)
        {
            return Ok(Err(error));
        }
    }
    Ok(Ok(()))
}

/// The verdicts of a packet on both sides.
pub(super) type Pair = [Option<Seen>; 2];

/// What of a pair of verdicts tells packets apart.
type View<'a> = &'a dyn Fn(Pair) -> Pair;

/// Is given ranges that have one pair of verdicts, for a protocol and port or all others.
type Give<'a> = &'a mut dyn FnMut(&[Range], Port, &Pair) -> fmt::Result;

/// How many packets are lost: addresses, for each sender and public address. Fewer of the protocols and
/// ports that no entry names count first, as they are by far the most, then those of the ports: what each
/// loses beside the others, less what it keeps.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Losses {
    pub others: i64,
    pub ports: i64,
}

impl Losses {
    pub(super) const NONE: Losses = Losses { others: 0, ports: 0 };
    pub(super) const MOST: Losses = Losses { others: i64::MAX, ports: i64::MAX };

    fn add(&mut self, more: Losses, times: i64) {
        let sum = |own: i64, more: i64| own.saturating_add(more.saturating_mul(times));
        *self =
            Losses { others: sum(self.others, more.others), ports: sum(self.ports, more.ports) };
    }
}

impl<'m> Sides<'m> {
    /// Gives every range whose verdict changes.
    pub(super) fn changes(&self, see: &mut dyn FnMut(&Change<'_>) -> fmt::Result) -> fmt::Result {
        self.changes_that(&|_| true, see)
    }

    /// Gives every range whose verdict changes so that it counts, whatever public address a sender has
    /// of its own.
    pub(super) fn changes_that(
        &self,
        counts: &dyn Fn(&Pair) -> bool,
        see: &mut dyn FnMut(&Change<'_>) -> fmt::Result,
    ) -> fmt::Result {
        for sender in self.leaders() {
            for &flow in self.flows_of(sender) {
                self.sent_changes(sender, flow, counts, see)?;
            }
        }
        for public in self.publics() {
            for flow in [Flow::New, Flow::Reply] {
                self.received_changes(public, flow, counts, see)?;
            }
        }
        Ok(())
    }

    /// How many packets have a verdict that changes so that it counts as lost. How many more there are than
    /// `enough` of those that no entry names is not told.
    pub(super) fn count_that(&self, is_lost: &dyn Fn(&Pair) -> bool, enough: Losses) -> Losses {
        // Why something is lost does not make it a case of its own.
        let mark = || Some(Seen::dropped(DropReason::NoRoute));
        let view = |pair: Pair| if is_lost(&pair) { [None, mark()] } else { [mark(), mark()] };
        let add = |losses: &mut Losses, ranges: &[Range], port: Port, [was, _]: &Pair| {
            let size = |range: &Range| i64::from(range.last.0.wrapping_sub(range.first.0)) + 1;
            let packets = ranges.iter().map(size).sum();
            match (port, was) {
                (None, _) => losses.add(Losses { others: packets, ports: 0 }, 1),
                (Some(_), None) => losses.add(Losses { others: 0, ports: packets }, 1),
                // It is not lost with the others.
                (Some(_), Some(_)) => losses.add(Losses { others: 0, ports: packets }, -1),
            }
            Ok(())
        };
        let mut all = Losses::NONE;
        for sender in self.leaders() {
            let mut of_one = Losses::NONE;
            for &flow in self.flows_of(sender) {
                let mut give =
                    |ranges: &[Range], port, pair: &Pair| add(&mut of_one, ranges, port, pair);
                let _ = self.sent_runs(sender, flow, &view, &mut give);
            }
            if of_one != Losses::NONE {
                let senders = self.following(sender).count();
                all.add(of_one, i64::try_from(senders).unwrap_or(i64::MAX));
            }
            // What the ports lose may grow less again.
            if all.others > enough.others {
                return all;
            }
        }
        for public in self.publics() {
            for flow in [Flow::New, Flow::Reply] {
                let mut give =
                    |ranges: &[Range], port, pair: &Pair| add(&mut all, ranges, port, pair);
                let _ = self.received_runs(public, flow, &view, &mut give);
            }
            if all.others > enough.others {
                return all;
            }
        }
        all
    }

    fn leaders(&self) -> impl Iterator<Item = Id> {
        self.senders().filter(|&sender| self.leads(sender))
    }

    /// The flows whose verdicts are told apart for a sender; `None` is both.
    fn flows_of(&self, sender: Id) -> &'static [Option<Flow>] {
        match self.has_answers(sender) {
            true => &[Some(Flow::New), Some(Flow::Reply)],
            false => &[None],
        }
    }

    fn sent_changes(
        &self,
        sender: Id,
        flow: Option<Flow>,
        counts: &dyn Fn(&Pair) -> bool,
        see: &mut dyn FnMut(&Change<'_>) -> fmt::Result,
    ) -> fmt::Result {
        let [before, after] = &self.worlds;
        let owns = [own_public(before, sender), own_public(after, sender)];
        let has_own = owns.iter().any(Option::is_some);
        let mut give = |ranges: &[Range], port, pair: &Pair| {
            if !counts(pair) {
                return Ok(());
            }
            let [was, now] = copy_of(pair);
            let who = Who { first: sender, sides: Some(self) };
            let change = Change { who, public: None, ranges, flow, port, was, now };
            if !has_own {
                return see(&change);
            }
            for id in self.following(sender) {
                let other = |side: usize| self.worlds.get(side).and_then(|w| own_public(w, id));
                let [was_own, now_own] = owns;
                let named = |seen: &Option<Seen>, own, other| {
                    seen.as_ref().map(|seen| seen.with_own(own, other))
                };
                see(&Change {
                    who: Who::one(id),
                    was: named(&change.was, was_own, other(0)),
                    now: named(&change.now, now_own, other(1)),
                    ..change
                })?;
            }
            Ok(())
        };
        self.sent_runs(sender, flow, &|pair| pair, &mut give)
    }

    fn sent_runs(
        &self,
        sender: Id,
        flow: Option<Flow>,
        view: View<'_>,
        give: Give<'_>,
    ) -> fmt::Result {
        let ask = |packets: Packets, address: Addr| {
            let (pair, until) = self.judge_sent(sender, packets, address);
            (view(pair), until)
        };
        let next = |key| match flow {
            Some(Flow::Reply) => self.answered_after(sender, key),
            _ => None,
        };
        changed_runs(self.most_intervals(), flow.unwrap_or_default(), &ask, &next, give)
    }

    /// The verdicts about a packet of a sender, and how far they reach.
    fn judge_sent(&self, sender: Id, packets: Packets, destination: Addr) -> (Pair, Addr) {
        let judge = |world: &World<'_>| {
            let header = packets.header(world.host(sender)?.address, destination, true);
            sent(world, sender, &header, packets.flow)
        };
        let [before, after] = &self.worlds;
        let was = judge(before);
        let same = || {
            let (host, was) = (before.host(sender)?, was.as_ref()?);
            self.is_same_way(host.vswitch, &was.seen.verdict.via).then_some(was.seen.clone())
        };
        let (now, until) = match same() {
            Some(seen) => (Some(seen), Addr(u32::MAX)),
            None => match judge(after) {
                Some(Judged { seen, until }) => (Some(seen), until),
                None => (None, Addr(u32::MAX)),
            },
        };
        let until = was.as_ref().map_or(until, |was| was.until.min(until));
        ([was.map(|was| was.seen), now], until)
    }

    fn received_changes(
        &self,
        public: Addr,
        flow: Flow,
        counts: &dyn Fn(&Pair) -> bool,
        see: &mut dyn FnMut(&Change<'_>) -> fmt::Result,
    ) -> fmt::Result {
        let Some(target) = self.worlds.iter().rev().find_map(|world| world.target(public)) else {
            return Ok(());
        };
        let mut give = |ranges: &[Range], port, pair: &Pair| {
            if !counts(pair) {
                return Ok(());
            }
            let [was, now] = copy_of(pair);
            let (who, public) = (Who::one(target), Some(public));
            see(&Change { who, public, ranges, flow: Some(flow), port, was, now })
        };
        self.received_runs(public, flow, &|pair| pair, &mut give)
    }

    fn received_runs(
        &self,
        public: Addr,
        flow: Flow,
        view: View<'_>,
        give: Give<'_>,
    ) -> fmt::Result {
        let [before, after] = &self.worlds;
        let ask = |packets: Packets, source: Addr| {
            let header = packets.header(source, public, false);
            let was = received(before, &header, packets.flow);
            let now = received(after, &header, packets.flow);
            (view([Some(was.seen), Some(now.seen)]), was.until.min(now.until))
        };
        let next = |key| match flow {
            Flow::New => self.forwarded_after(public, key),
            Flow::Reply => None,
        };
        changed_runs(self.most_intervals(), flow, &ask, &next, give)
    }
}

/// What becomes of packets to or from an address, and how far that reaches.
type Ask<'a> = &'a dyn Fn(Packets, Addr) -> (Pair, Addr);

/// Gives the ranges in which something changes: of the packets that no entry names, then those of
/// each protocol and port for which it is something else.
fn changed_runs(
    most: u32,
    flow: Flow,
    ask: Ask<'_>,
    next_port: &dyn Fn(u32) -> Option<u32>,
    give: Give<'_>,
) -> fmt::Result {
    let rest = Packets { flow, port: None };
    let changes = |[was, now]: &Pair| was != now;
    grouped(most, &|address| ask(rest, address), &changes, &mut |ranges, pair| {
        give(ranges, None, pair)
    })?;
    let mut key = 0;
    while let Some(next) = next_port(key) {
        key = next;
        let port = port_of(key);
        let own = Packets { flow, port: Some(port) };
        // A range of which the other lines say all is none of this port's.
        let both = |address| {
            let (other, far) = ask(rest, address);
            let (pair, until) = ask(own, address);
            let said = pair == other || !changes(&pair) && !changes(&other);
            (if said { [None, None] } else { pair }, until.min(far))
        };
        let counts = |pair: &Pair| *pair != [None, None];
        grouped(most, &both, &counts, &mut |ranges, pair| give(ranges, Some(port), pair))?;
    }
    Ok(())
}

/// Cloning an array leaves a loop that could panic, for all that the compiler sees.
fn copy_of([was, now]: &Pair) -> Pair {
    [was.clone(), now.clone()]
}

/// The most ranges of a line, and the most lines that are open at once.
const MAX_RANGES: usize = 16;
const MAX_GROUPS: usize = 4;

/// The ranges that have one pair of verdicts.
struct Group {
    pair: Pair,
    ranges: Vec<Range, MAX_RANGES>,
}

/// Gives what counts, ranges of the same pair together as far as there is room to remember them.
fn grouped(
    most: u32,
    ask: &dyn Fn(Addr) -> (Pair, Addr),
    counts: &dyn Fn(&Pair) -> bool,
    give: &mut dyn FnMut(&[Range], &Pair) -> fmt::Result,
) -> fmt::Result {
    let mut groups: [Option<Group>; MAX_GROUPS] = [const { None }; MAX_GROUPS];
    let mut oldest = 0;
    runs(most, ask, |range, pair| {
        if !counts(pair) {
            return Ok(());
        }
        if let Some(group) = groups.iter_mut().flatten().find(|group| group.pair == *pair) {
            if let Err(range) = group.ranges.push(range) {
                give(&group.ranges, pair)?;
                group.ranges.clear();
                let _ = group.ranges.push(range);
            }
            return Ok(());
        }
        let ranges = gather([range]);
        let slot = groups.get_mut(oldest % MAX_GROUPS);
        let old = slot.and_then(|slot| slot.replace(Group { pair: copy_of(pair), ranges }));
        oldest += 1;
        old.map_or(Ok(()), |old| give(&old.ranges, &old.pair))
    })?;
    for at in oldest..oldest + MAX_GROUPS {
        if let Some(Some(group)) = groups.get(at % MAX_GROUPS) {
            give(&group.ranges, &group.pair)?;
        }
    }
    Ok(())
}

impl Region<'_> {
    /// The next VPC behind one.
    fn vpc_after(&self, last: Option<VpcId>) -> Option<Vpc> {
        self.all::<Vpc>().find(|vpc| last.is_none_or(|last| vpc.id > last))
    }
}
