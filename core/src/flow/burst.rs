//! Bursts: the memory that the packets' flows lie in is asked for together.

use heapless::Vec;

use super::facts::{Entry, facts_of, is_inward, word_of};
use super::judge::SWEPT;
use super::table::FlowTable;
use crate::packet::{Next, Origin, ViewMut};
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

impl FlowTable<'_> {
    /// Processes packets as [`FlowTable::process`] does one after the other.
    pub fn process_burst(&mut self, tables: &Tables<'_>, packets: &mut [Packet<'_>], now: u64) {
        let now = self.advance(now);
        for part in packets.chunks_mut(BURST) {
            self.process_part(tables, part, now);
        }
    }

    fn process_part(&self, tables: &Tables<'_>, packets: &mut [Packet<'_>], now: u64) {
        let count = u32::try_from(packets.len()).unwrap_or(0);
        let mut read: Vec<_, BURST> = Vec::new();
        for (place, packet) in (1..).zip(packets.iter_mut()) {
            let Packet { from, bytes, next } = packet;
            let length = bytes.len();
            let Ok(view) = ViewMut::new(bytes) else {
                *next = Some(self.malformed(length));
                continue;
            };
            let word = word_of(*from);
            let Some(scope) = self.scope(tables, *from, word) else {
                *next = None;
                continue;
            };
            let entry = Entry { scope, is_inward: is_inward(*from), from: word };
            // Fragments say something to those behind them, so facts are read in order.
            let facts = facts_of(&self.fragments, &view.view(), &entry, now);
            let hash = self.hash(facts.key.0);
            let _ = read.push((place, view, entry, facts, hash, next));
        }
        // Lookups do not wait for each other, so their memory is asked for at the same time. What they
        // find is looked at when it is its turn.
        let mut found: Vec<_, BURST> = Vec::new();
        for (.., facts, hash, _) in &read {
            let _ = found.push(self.guess_by(*hash, &facts.key));
        }
        // As many flows are ended as by one packet after the other, so that room and ports are the same.
        let mut swept = 0;
        let mut sweep_up_to = |place: u32| {
            self.sweep(now, SWEPT * (place - swept));
            swept = place;
        };
        for ((place, view, entry, facts, hash, next), found) in read.iter_mut().zip(found.iter()) {
            sweep_up_to(*place);
            // It may be another flow, or an earlier packet has ended this one, or opened it.
            let found = found.filter(|(flow, sender)| flow.has(*sender, facts.key.0));
            let found = found.or_else(|| self.find_by(*hash, facts.key.0));
            **next = self.pass(tables, view, entry, facts, found, now);
        }
        sweep_up_to(count);
    }
}
