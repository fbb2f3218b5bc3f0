//! Packets of known flows, by the step that was kept: nearly all. Whatever else comes is judged afresh.

use super::facts::{Entry, Facts, Part, facts_of, is_inward, word_of};
use super::key::{INTERNET, Key};
use super::record::{Flow, Sender, Step, tcp};
use super::table::FlowTable;
use crate::addr::Addr;
use crate::packet::{Ends, HEAD, Next, Origin, Plain, ViewMut};
use crate::resolve::DropReason;
use crate::tables::Tables;

/// Flows whose time is over that each packet ends.
pub(super) const SWEPT: u32 = 2;

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
        match self.pass_plain(tables, from, bytes, now) {
            Some(step) => step.next(),
            None => self.process_any(tables, from, bytes, now),
        }
    }

    /// Passes a plain packet of a settled flow by the step that was kept.
    #[inline(always)]
    fn pass_plain(
        &self,
        tables: &Tables<'_>,
        from: Origin,
        bytes: &mut [u8],
        now: u64,
    ) -> Option<Step> {
        let (entry, length) = (self.entry(tables, from)?, bytes.len());
        let head = bytes.first_chunk_mut()?;
        let plain = Plain::read(head, length)?;
        let (hash, key) = (self.hash_of(&plain, entry.scope), Key::of_plain(&plain, entry.scope));
        let found = self.find_by(hash, &key)?;
        let epoch = |slot| tables.epoch_at(slot);
        let step = self.carry_plain(epoch, head, &plain, &entry, found, now)?;
        self.counters.count_step(step, plain.len.into());
        Some(step)
    }

    /// As [`FlowTable::carry_on`], for nearly all packets: plain ones of settled flows. What else there is
    /// to a packet is left to that.
    #[inline(always)]
    pub(super) fn carry_plain(
        &self,
        epoch: impl FnOnce(u32) -> Option<u32>,
        head: &mut [u8; HEAD],
        plain: &Plain,
        entry: &Entry,
        (flow, sender): (Flow<'_>, Sender),
        now: u64,
    ) -> Option<Step> {
        let class = flow.settled(plain.is_tcp(), plain.flags)?;
        let other = flow.key(sender.other());
        let scope = if entry.scope == INTERNET { other.scope() } else { entry.scope };
        let step = flow.kept(sender, entry.scope, entry.from, epoch(scope.into())?)?;
        let crosses = entry.crosses(step);
        if crosses && plain.ttl <= 1 {
            return None;
        }
        self.renew_settled(&flow, class, now)?;
        let to = other.reversed_words();
        plain.carry(head, to, crosses);
        let [source, ..] = to;
        let ends = (Addr(source), Addr(plain.destination));
        self.count_addresses(entry, ends, plain.len.into(), Some(&flow), step.leaves());
        Some(step)
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
    fn carry_on(
        &self,
        epoch: impl FnOnce(u32) -> Option<u32>,
        packet: &mut ViewMut<'_>,
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
        let step = flow.kept(sender, own.scope(), entry.from, epoch(scope.into())?)?;
        if self.is_over(was, now) {
            return None;
        }
        let crosses = entry.crosses(step);
        if crosses && packet.view().ttl() <= 1 {
            return None;
        }
        let (own, to) = (facts.key.ends(), Ends::from_words(other.reversed_words()));
        if to != own {
            packet.translate(&to);
        }
        if crosses {
            packet.decrement_ttl();
        }
        let ends = (to.source, own.destination);
        self.count_addresses(entry, ends, facts.bytes, Some(&flow), step.leaves());
        self.renew(&flow, was, sender, facts.flags, now);
        Some(step)
    }

    /// Notes the time; it does not go back.
    #[inline]
    pub(super) fn advance(&self, now: u64) -> u64 {
        super::fragments::tick_at(self.head(), super::config::header::CLOCK, now)
    }
}
