//! Bursts: the memory that the packets' flows lie in is asked for together.

use super::counters::Tally;
use super::facts::{Entry, Facts, Part};
use super::key::Key;
use super::known::{PlainBytes, SWEPT};
use super::record::Step;
use super::table::FlowTable;
use crate::packet::{Next, Origin};
use crate::tables::Tables;

/// Packets that are looked up together; longer bursts are taken in parts.
pub const BURST: usize = 32;

/// A packet of a burst.
#[derive(Debug)]
pub struct Packet<'b> {
    /// Where it came from.
    pub from: Origin,
    /// Its bytes, which start at the IPv4 header.
    pub bytes: &'b mut [u8],
    /// What became of it, once it is processed; `None` if what it came from does not exist.
    pub next: Option<Next>,
}

/// What is read of a plain packet, and the flow that may be its, in few words. Of another packet there is
/// nothing, not even bytes.
#[derive(Clone, Copy, Default)]
struct Read {
    key: [u32; 4],
    hash: u64,
    from: u32,
    is_inward: bool,
    flags: u8,
    bytes: u16,
    /// Of the flow, as the index has it; 0 for none.
    reference: u32,
}

impl Read {
    #[inline(always)]
    fn new(entry: Entry, facts: &Facts, hash: u64) -> Read {
        let Facts { key, flags, bytes, .. } = *facts;
        let Entry { is_inward, from, .. } = entry;
        let bytes = u16::try_from(bytes).unwrap_or(0);
        Read { key: key.0, hash, from, is_inward, flags, bytes, reference: 0 }
    }

    #[inline(always)]
    fn entry(&self) -> Entry {
        Entry { scope: Key(self.key).scope(), is_inward: self.is_inward, from: self.from }
    }

    #[inline(always)]
    fn facts(&self) -> Facts {
        let (key, bytes) = (Key(self.key), self.bytes.into());
        Facts { key, part: Part::Own, flags: self.flags, bytes }
    }
}

impl FlowTable<'_> {
    /// Processes packets as [`FlowTable::process`] does one after the other.
    pub fn process_burst(&mut self, tables: &Tables<'_>, packets: &mut [Packet<'_>], now: u64) {
        let now = self.advance(now);
        self.check_slots(tables);
        for part in packets.chunks_mut(BURST) {
            self.process_part(tables, part, now);
        }
    }

    #[inline(never)]
    fn process_part(&self, tables: &Tables<'_>, packets: &mut [Packet<'_>], now: u64) {
        let mut all = [Read::default(); BURST];
        for (packet, read) in packets.iter().zip(&mut all) {
            if let Some((entry, facts)) = self.read_plain(tables, packet.from, packet.bytes) {
                *read = Read::new(entry, &facts, self.hash(facts.key.0));
            }
        }
        // Lookups do not wait for each other, so their memory is asked for at the same time. What they
        // find is looked at when it is its turn.
        for (_, read) in packets.iter().zip(&mut all) {
            let [_, _, ports, _] = read.key;
            read.reference = self.guess_by(read.hash, ports).unwrap_or(0);
        }
        // As many flows are ended as by one packet after the other, so that room and ports are the same.
        let sweeps = self.may_sweep(now);
        let mut tally = Tally::default();
        for (packet, read) in packets.iter_mut().zip(&all) {
            if sweeps {
                self.sweep(now, SWEPT);
            }
            packet.next = match self.pass_read(tables, packet.bytes, read, now) {
                Some(step) => {
                    tally.add(step, read.bytes.into());
                    step.next()
                }
                None => self.process_any(tables, packet.from, packet.bytes, now),
            };
        }
        self.counters.count_all(&tally);
    }

    /// Passes a packet by the step that its flow has kept.
    #[inline(always)]
    fn pass_read(
        &self,
        tables: &Tables<'_>,
        bytes: &mut [u8],
        read: &Read,
        now: u64,
    ) -> Option<Step> {
        // It may be another flow, or an earlier packet has ended this one, or opened it.
        let found =
            self.referred(read.reference).filter(|(flow, sender)| flow.has(*sender, read.key))?;
        self.carry_on(tables, &mut PlainBytes(bytes), &read.entry(), &read.facts(), found, now)
    }
}
