//! What a command would change.

use core::fmt;

use super::judge::Seen;
use super::packets::{About, Port, Who, write_packets};
use super::pairs::{Pair, Question, View, is_lost};
use super::range::Range;
use super::sides::{Sides, own_public};
use crate::addr::{Addr, Id, VpcId};
use crate::region::{Command, Error, Region, Trial, objects::Vpc};
use crate::resolve::{Action, DropReason, Flow};
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
    let mut trial = region.trial();
    let trial = trial.as_mut().map_err(|error| *error)?;
    trial.apply(command)?;
    let mut last = None;
    while let Some(vpc) = trial.region().vpc_after(last) {
        last = Some(vpc.id);
        if let Err(error) = diff_of(trial, &vpc, see)? {
            return Ok(Err(error));
        }
    }
    Ok(Ok(()))
}

#[inline(never)]
fn diff_of(
    trial: &mut Trial<'_, '_>,
    vpc: &Vpc,
    see: &mut dyn FnMut(&Change<'_>) -> fmt::Result,
) -> Result<fmt::Result, Error> {
    let worlds = trial.worlds(vpc)?;
    Ok(worlds.map_or(Ok(()), |worlds| Sides::new(worlds).changes(Told::All, see)))
}

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

    #[inline(never)]
    fn add(&mut self, more: Losses, times: i64) {
        let sum = |own: i64, more: i64| own.saturating_add(more.saturating_mul(times));
        *self =
            Losses { others: sum(self.others, more.others), ports: sum(self.ports, more.ports) };
    }

    /// Adds what a question of losses is told of some ranges.
    fn add_ranges(&mut self, ranges: &[Range], port: Port, [was, _]: &Pair) {
        let size = |range: &Range| i64::from(range.last.0.wrapping_sub(range.first.0)) + 1;
        let packets = ranges.iter().map(size).sum();
        match (port, was) {
            (None, _) => self.add(Losses { others: packets, ports: 0 }, 1),
            (Some(_), None) => self.add(Losses { others: 0, ports: packets }, 1),
            // It is not lost with the others.
            (Some(_), Some(_)) => self.add(Losses { others: 0, ports: packets }, -1),
        }
    }
}

/// Which of the changes are told.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    All,
    /// Losses, whatever public address a sender has of its own.
    Losses,
}

impl Told {
    fn tells(self, pair: &Pair) -> bool {
        self == Told::All || is_lost(pair)
    }
}

impl Sides<'_> {
    /// Gives every range whose verdict changes.
    pub(super) fn changes(
        &self,
        told: Told,
        see: &mut dyn FnMut(&Change<'_>) -> fmt::Result,
    ) -> fmt::Result {
        for sender in self.leaders() {
            for &flow in self.flows_of(sender) {
                self.sent_changes(sender, flow, told, see)?;
            }
        }
        for public in self.publics() {
            for flow in [Flow::New, Flow::Reply] {
                self.received_changes(public, flow, told, see)?;
            }
        }
        Ok(())
    }

    /// How many packets are lost. How many more there are than `enough` of those that no entry names is
    /// not told.
    pub(super) fn losses(&self, enough: Losses) -> Losses {
        let mut all = Losses::NONE;
        for sender in self.leaders() {
            let mut of_one = Losses::NONE;
            for &flow in self.flows_of(sender) {
                self.add_losses(About::Sent(sender), flow, &mut of_one);
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
                self.add_losses(About::Received(public), Some(flow), &mut all);
            }
            if all.others > enough.others {
                return all;
            }
        }
        all
    }

    fn add_losses(&self, about: About, flow: Option<Flow>, losses: &mut Losses) {
        let question = Question { sides: self, about, flow, view: View::Losses };
        // It adds up, and never wants no more.
        let _ = question.changes(&mut |ranges, port, pair| {
            losses.add_ranges(ranges, port, pair);
            Ok(())
        });
    }

    #[inline(never)]
    fn sent_changes(
        &self,
        sender: Id,
        flow: Option<Flow>,
        told: Told,
        see: &mut dyn FnMut(&Change<'_>) -> fmt::Result,
    ) -> fmt::Result {
        let owns = |id| self.worlds.each_ref().map(|world| own_public(world, id));
        let first = owns(sender);
        let question =
            Question { sides: self, about: About::Sent(sender), flow, view: View::Verdicts };
        question.changes(&mut |ranges, port, pair| {
            if !told.tells(pair) {
                return Ok(());
            }
            let who = Who { first: sender, sides: Some(self) };
            let mut change = Change { who, public: None, ranges, flow, port, was: None, now: None };
            if first == [None, None] {
                return change.see_as(pair, first, first, see);
            }
            for id in self.following(sender) {
                change.who = Who::one(id);
                change.see_as(pair, first, owns(id), see)?;
            }
            Ok(())
        })
    }

    #[inline(never)]
    fn received_changes(
        &self,
        public: Addr,
        flow: Flow,
        told: Told,
        see: &mut dyn FnMut(&Change<'_>) -> fmt::Result,
    ) -> fmt::Result {
        let Some(target) = self.worlds.iter().rev().find_map(|world| world.target(public)) else {
            return Ok(());
        };
        let (about, flow) = (About::Received(public), Some(flow));
        let question = Question { sides: self, about, flow, view: View::Verdicts };
        question.changes(&mut |ranges, port, pair| {
            if !told.tells(pair) {
                return Ok(());
            }
            let (who, public) = (Who::one(target), Some(public));
            let mut change = Change { who, public, ranges, flow, port, was: None, now: None };
            change.see_as(pair, [None, None], [None, None], see)
        })
    }
}

impl Change<'_> {
    /// Shows the change with a pair of verdicts, in which a sender's own public addresses stand where another
    /// one's do.
    fn see_as(
        &mut self,
        [was, now]: &Pair,
        [was_own, now_own]: [Option<Addr>; 2],
        [was_other, now_other]: [Option<Addr>; 2],
        see: &mut dyn FnMut(&Change<'_>) -> fmt::Result,
    ) -> fmt::Result {
        self.was = was.as_ref().map(|seen| seen.with_own(was_own, was_other));
        self.now = now.as_ref().map(|seen| seen.with_own(now_own, now_other));
        see(self)
    }
}

impl Region<'_> {
    /// The next VPC behind one.
    fn vpc_after(&self, last: Option<VpcId>) -> Option<Vpc> {
        self.all::<Vpc>().find(|vpc| last.is_none_or(|last| vpc.id > last))
    }
}
