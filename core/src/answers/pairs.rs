//! The verdicts of packets before and after a change, and the ranges over which they are the same.
//!
//! What is large is made in its place and called by name: these functions stand on one another, below a
//! whole console line.

use core::fmt;

use heapless::Vec;

use super::judge::{Judged, Seen, judged};
use super::packets::{About, Packets, Port, port_of};
use super::range::{Range, runs};
use super::sides::Sides;
use crate::addr::Addr;
use crate::limits::gather;
use crate::resolve::{Action, DropReason, Flow};

/// The verdicts of a packet on both sides.
pub(super) type Pair = [Option<Seen>; 2];

/// Is given ranges that have one pair of verdicts, for a protocol and port or all others.
pub(super) type Give<'a> = &'a mut dyn FnMut(&[Range], Port, &Pair) -> fmt::Result;

/// Whether packets that arrived do not, or arrive elsewhere. Another public address is no loss.
pub(super) fn is_lost([was, now]: &Pair) -> bool {
    let Some(was) = was.as_ref().filter(|was| was.arrives()) else { return false };
    let Some(now) = now else { return true };
    match (was.verdict.action, now.verdict.action) {
        (Action::Egress { .. }, Action::Egress { .. }) => false,
        (was_end, now_end) => was_end != now_end || was.set != now.set,
    }
}

fn changes([was, now]: &Pair) -> bool {
    was != now
}

/// What of a pair of verdicts tells packets apart.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    Verdicts,
    /// Whether they are lost: of those that are the first is `None`. Why is no case of its own.
    Losses,
}

/// Packets to or from every address.
pub(super) struct Question<'s, 'm> {
    pub(super) sides: &'s Sides<'m>,
    pub(super) about: About,
    /// `None` if it makes no difference.
    pub(super) flow: Option<Flow>,
    pub(super) view: View,
}

/// The most ranges of a line, and the most lines that are open at once.
const MAX_RANGES: usize = 16;
const MAX_GROUPS: usize = 4;

/// The ranges that have one pair of verdicts.
struct Group {
    pair: Pair,
    ranges: Vec<Range, MAX_RANGES>,
}

impl Question<'_, '_> {
    /// Gives the ranges in which something changes: of the packets that no entry names, then those of
    /// each protocol and port for which it is something else.
    pub(super) fn changes(&self, give: Give<'_>) -> fmt::Result {
        self.grouped(None, give)?;
        let mut key = 0;
        while let Some(next) = self.sides.port_after(self.about, self.flow, key) {
            key = next;
            self.grouped(Some(port_of(key)), give)?;
        }
        Ok(())
    }

    /// Gives what changes, ranges of the same pair together as far as there is room to remember them.
    #[inline(never)]
    fn grouped(&self, port: Port, give: Give<'_>) -> fmt::Result {
        let mut groups: [Option<Group>; MAX_GROUPS] = [const { None }; MAX_GROUPS];
        let mut oldest = 0;
        let (most, ask) =
            (self.sides.most_intervals(), |at, pair: &mut Pair| self.ask(port, at, pair));
        runs(most, ask, |range, pair| {
            let counts = match port {
                None => changes(pair),
                Some(_) => *pair != [None, None],
            };
            if !counts {
                return Ok(());
            }
            if let Some(group) = groups.iter_mut().flatten().find(|group| group.pair == *pair) {
                if let Err(range) = group.ranges.push(range) {
                    give(&group.ranges, port, pair)?;
                    group.ranges.clear();
                    let _ = group.ranges.push(range);
                }
                return Ok(());
            }
            let Some(slot) = groups.get_mut(oldest % MAX_GROUPS) else { return Ok(()) };
            if let Some(old) = slot {
                give(&old.ranges, port, &old.pair)?;
            }
            *slot = Some(Group { pair: copy_of(pair), ranges: gather([range]) });
            oldest += 1;
            Ok(())
        })?;
        for at in oldest..oldest + MAX_GROUPS {
            if let Some(Some(group)) = groups.get(at % MAX_GROUPS) {
                give(&group.ranges, port, &group.pair)?;
            }
        }
        Ok(())
    }

    /// Answers for an address, and says up to which one the answer is the same. That of a protocol and port
    /// is nothing where the line of the others says all.
    fn ask(&self, port: Port, address: Addr, pair: &mut Pair) -> Addr {
        let until = self.judge(port, address, pair);
        if port.is_some() { until.min(self.leave_to_others(address, pair)) } else { until }
    }

    #[inline(never)]
    fn leave_to_others(&self, address: Addr, own: &mut Pair) -> Addr {
        let mut others = [None, None];
        let until = self.judge(None, address, &mut others);
        if *own == others || !changes(own) && !changes(&others) {
            *own = [None, None];
        }
        until
    }

    /// The verdicts about a packet, and how far they reach.
    #[inline(never)]
    fn judge(&self, port: Port, address: Addr, pair: &mut Pair) -> Addr {
        let packets = Packets { flow: self.flow.unwrap_or_default(), port };
        let [before, after] = &self.sides.worlds;
        let [was, now] = pair;
        let until = put(judged(before, self.about, packets, address), was);
        let until = match was {
            Some(was) if self.is_same(was) => {
                *now = Some(was.clone());
                until
            }
            _ => until.min(put(judged(after, self.about, packets, address), now)),
        };
        if self.view == View::Losses {
            let mark = || Some(Seen::dropped(DropReason::NoRoute));
            *pair = if is_lost(pair) { [None, mark()] } else { [mark(), mark()] };
        }
        until
    }

    /// Whether a packet of which that is the verdict before meets the same after.
    fn is_same(&self, was: &Seen) -> bool {
        let About::Sent(sender) = self.about else { return false };
        let [before, _] = &self.sides.worlds;
        let host = before.host(sender);
        host.is_some_and(|host| self.sides.is_same_way(host.vswitch, &was.verdict.via))
    }
}

/// Puts a verdict in its place, and tells how far it reaches.
fn put(judged: Option<Judged>, seen: &mut Option<Seen>) -> Addr {
    let (new, until) = match judged {
        Some(Judged { seen, until }) => (Some(seen), until),
        None => (None, Addr(u32::MAX)),
    };
    *seen = new;
    until
}

/// Cloning an array leaves a loop that could panic, for all that the compiler sees.
fn copy_of([was, now]: &Pair) -> Pair {
    [was.clone(), now.clone()]
}
