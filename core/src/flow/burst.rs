//! Bursts: the memory that the packets' flows lie in is asked for together.

use super::counters::Tally;
use super::facts::Entry;
use super::key::Key;
use super::known::SWEPT;
use super::record::Step;
use super::table::FlowTable;
use crate::addr::half;
use crate::packet::{Next, Origin, Plain};
use crate::tables::Tables;

/// Packets that are looked up together; longer bursts are taken in parts.
pub const BURST: usize = 32;

/// Whether the processor has memory that it waits for, and can ask for much of it at a time. Where it does
/// not, packets one after the other cost as little, in less code.
const WAITS: bool = cfg!(target_pointer_width = "64");

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

/// What is read of a plain packet, and the flow that may be its. Of another packet there is nothing, which
/// is only zeros: there is no padding.
#[derive(Clone, Copy, Default)]
struct Read {
    plain: Plain,
    scope: u32,
    /// Of the entry.
    place: u32,
    /// Of the flow, as the index has it; 0 for none.
    reference: u32,
    hash: u64,
}

impl Read {
    #[inline(always)]
    fn entry(&self) -> Entry {
        Entry::of_word(self.place, half(self.scope, false))
    }
}

/// The epochs of the last VPCs that were met in a burst, each with its slot.
struct Epochs([[u32; 2]; 8]);

impl Epochs {
    const fn new() -> Epochs {
        Epochs([[u32::MAX, 0]; 8])
    }

    /// The epoch of the world in a slot, as it was when the burst met it first.
    #[inline(always)]
    fn at(&mut self, tables: &Tables<'_>, slot: u32) -> Option<u32> {
        let [known, epoch] = self.0.get_mut(crate::memory::index(slot % 8))?;
        if *known != slot {
            (*known, *epoch) = (slot, tables.epoch_at(slot)?);
        }
        Some(*epoch)
    }
}

impl FlowTable<'_> {
    /// Processes packets as [`FlowTable::process`] does one after the other.
    pub fn process_burst(&mut self, tables: &Tables<'_>, packets: &mut [Packet<'_>], now: u64) {
        if !WAITS {
            for packet in packets {
                packet.next = self.process(tables, packet.from, packet.bytes, now);
            }
            return;
        }
        let now = self.advance(now);
        self.check_slots(tables);
        for part in packets.chunks_mut(BURST) {
            self.process_part(tables, part, now);
        }
    }

    #[inline(never)]
    fn process_part(&self, tables: &Tables<'_>, packets: &mut [Packet<'_>], now: u64) {
        let mut all = [Read::default(); BURST];
        let reads = all.get_mut(..packets.len()).unwrap_or_default();
        for (packet, read) in packets.iter().zip(&mut *reads) {
            let Some(entry) = self.entry(tables, packet.from) else { continue };
            let Some(head) = packet.bytes.first_chunk() else { continue };
            let Some(plain) = Plain::read(head, packet.bytes.len()) else { continue };
            let (hash, scope) = (self.hash_of(&plain, entry.scope), entry.scope.into());
            *read = Read { plain, scope, place: entry.word(), reference: 0, hash };
        }
        // Short loops, of which a processor has many rounds at work: lookups do not wait for each other, so
        // their memory is asked for at the same time. What they find is looked at when it is its turn.
        let is_far = self.flow_index.is_far();
        if is_far {
            for read in &*reads {
                self.flow_index.touch(read.hash);
            }
        }
        for read in &mut *reads {
            read.reference = self.flow_index.guess(read.hash).unwrap_or(0);
        }
        if is_far {
            for (flow, _) in reads.iter().filter_map(|read| self.referred(read.reference)) {
                flow.touch();
            }
        }
        // As many flows are ended as by one packet after the other, so that room and ports are the same.
        let sweeps = self.may_sweep(now);
        let (mut epochs, mut tally) = (Epochs::new(), Tally::default());
        for (packet, read) in packets.iter_mut().zip(reads) {
            if sweeps {
                self.sweep(now, SWEPT);
            }
            let epoch = |slot| epochs.at(tables, slot);
            packet.next = match self.pass_read(epoch, packet.bytes, read, now) {
                Some(step) => {
                    tally.add(step, read.plain.len.into());
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
        epoch: impl FnOnce(u32) -> Option<u32>,
        bytes: &mut [u8],
        read: &Read,
        now: u64,
    ) -> Option<Step> {
        // It may be another flow, or an earlier packet has ended this one, or opened it.
        let (plain, entry) = (&read.plain, &read.entry());
        let (flow, sender) = self.referred(read.reference)?;
        if !flow.has(sender, &Key::of_plain(plain, entry.scope)) {
            return None;
        }
        self.carry_plain(epoch, bytes.first_chunk_mut()?, plain, entry, (flow, sender), now)
    }
}
