//! Packets of known flows, by the step that was kept: nearly all. Whatever else comes is judged afresh.

use super::facts::{Entry, Facts, Part, facts_of, is_inward, word_of};
use super::key::INTERNET;
use super::record::{Flow, Sender, Step, tcp};
use super::table::FlowTable;
use crate::addr::Addr;
use crate::packet::{Ends, Next, Origin, Plain, TCP, ViewMut};
use crate::resolve::DropReason;
use crate::tables::Tables;

/// Flows whose time is over that each packet ends.
pub(super) const SWEPT: u32 = 2;

/// A packet that can be rewritten where it ends.
pub(super) trait Carried {
    fn ttl(&self) -> u8;

    /// Gives it other ends than the facts', and counts its time to live down, which is not 0, if it
    /// `crosses` the border.
    fn carry(&mut self, facts: &Facts, to: [u32; 3], crosses: bool);
}

/// The bytes of a plain packet.
pub(super) struct PlainBytes<'p>(pub(super) &'p mut [u8]);

impl Carried for PlainBytes<'_> {
    #[inline(always)]
    fn ttl(&self) -> u8 {
        Plain::ttl(self.0)
    }

    #[inline(always)]
    fn carry(&mut self, facts: &Facts, to: [u32; 3], crosses: bool) {
        let is_tcp = facts.key.protocol() == TCP;
        Plain::carry(self.0, is_tcp, facts.key.end_words(), to, crosses);
    }
}

impl Carried for ViewMut<'_> {
    fn ttl(&self) -> u8 {
        self.view().ttl()
    }

    fn carry(&mut self, facts: &Facts, to: [u32; 3], crosses: bool) {
        if to != facts.key.end_words() {
            self.translate(&Ends::from_words(to));
        }
        if crosses {
            self.decrement_ttl();
        }
    }
}

impl FlowTable<'_> {
    /// Judges an IPv4 packet, keeps its flow, and rewrites it where it ends; `None` if the interface,
    /// load balancer or endpoint that it came from does not exist.
    ///
    /// `bytes` start at the IPv4 header and may have padding behind the packet, which is left alone.
    /// `now` is the caller's clock in milliseconds, which does not go back: an earlier time counts as the
    /// latest one, and one beyond 2^48 - 1 as that, when nothing ends any more. The bytes change for
    /// [`Next::Internet`], from the Internet for [`Next::Deliver`], and behind a NAT gateway; else
    /// never. The public address that a packet left by is its source then:
    /// [`View::source`](crate::packet::View::source).
    pub fn process(
        &mut self,
        tables: &Tables<'_>,
        from: Origin,
        bytes: &mut [u8],
        now: u64,
    ) -> Option<Next> {
        let now = self.advance(now);
        self.sweep(now, SWEPT);
        self.check_slots(tables);
        let epoch = |slot| tables.epoch_at(slot);
        if let Some(entry) = self.entry(tables, from)
            && let Some(plain) = Plain::read(bytes)
            && let facts = Facts::of_plain(&plain, entry.scope)
            && let Some(found) = self.find_by(self.hash_of(&plain, entry.scope), &facts.key)
            && let Some(step) =
                self.carry_on(epoch, &mut PlainBytes(bytes), &entry, &facts, found, now)
        {
            self.counters.count_step(step, facts.bytes);
            return step.next();
        }
        self.process_any(tables, from, bytes, now)
    }

    /// Processes a packet of whatever kind, now that the time is noted.
    #[inline(never)]
    pub(super) fn process_any(
        &self,
        tables: &Tables<'_>,
        from: Origin,
        bytes: &mut [u8],
        now: u64,
    ) -> Option<Next> {
        let length = bytes.len();
        let Ok(mut packet) = ViewMut::new(bytes) else {
            let length = u32::try_from(length).unwrap_or(u32::MAX);
            return Some(self.drop(DropReason::Malformed, length));
        };
        let entry = self.entry(tables, from)?;
        let facts = facts_of(&self.fragments(), &packet.view(), &entry, now);
        let epoch = |slot| tables.epoch_at(slot);
        if let Some(found) = self.find_by(self.hash(&facts.key), &facts.key)
            && let Some(step) = self.carry_on(epoch, &mut packet, &entry, &facts, found, now)
        {
            self.counters.count_step(step, facts.bytes);
            return step.next();
        }
        self.judge(tables, packet, entry, facts, now)
    }

    /// Where packets of this origin enter, if that exists.
    #[inline(always)]
    pub(super) fn entry(&self, tables: &Tables<'_>, from: Origin) -> Option<Entry> {
        let (word, is_inward) = (word_of(from), is_inward(from));
        let slot = if word == 0 { INTERNET } else { self.slot(tables, word)? };
        Some(Entry { scope: if is_inward { INTERNET } else { slot }, is_inward, from: word })
    }

    /// Passes a packet by the step that its flow has kept, if that is still of the `epoch` of the VPC in a
    /// slot. What has become of it is left to be counted.
    #[inline(always)]
    pub(super) fn carry_on(
        &self,
        epoch: impl FnOnce(u32) -> Option<u32>,
        packet: &mut impl Carried,
        entry: &Entry,
        facts: &Facts,
        (flow, sender): (Flow<'_>, Sender),
        now: u64,
    ) -> Option<Step> {
        if facts.part != Part::Own || facts.flags & tcp::SYN != 0 {
            return None;
        }
        let (own, other) = (&facts.key, flow.key(sender.other()));
        let scope = if own.scope() == INTERNET { other.scope() } else { own.scope() };
        let was = flow.was(own.protocol());
        let step = flow.kept(sender, own, entry.from, epoch(scope.into())?)?;
        if self.is_over(was, now) {
            return None;
        }
        let crosses = step.leaves() || entry.is_inward && step.delivers();
        if crosses && packet.ttl() <= 1 {
            return None;
        }
        let to = other.reversed_words();
        packet.carry(facts, to, crosses);
        let [source, ..] = to;
        self.count_addresses(entry, facts, Some(&flow), step.leaves(), Addr(source));
        self.renew(&flow, was, sender, facts.flags, now);
        Some(step)
    }

    /// Notes the time; it does not go back.
    #[inline]
    pub(super) fn advance(&self, now: u64) -> u64 {
        super::fragments::tick_at(self.head(), super::config::header::CLOCK, now)
    }
}
