//! Bursts: the memory that the packets' flows lie in is asked for together.

use heapless::Vec;

use super::judge::{Read, SWEPT};
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
            // Fragments say something to those behind them, so facts are read in order.
            match self.read(tables, *from, bytes, now) {
                Read::Packet(view, entry, facts) => {
                    let words = facts.key.words();
                    let hash = self.hash(words);
                    let _ = read.push((place, view, entry, facts, words, hash, next));
                }
                Read::Malformed(dropped) => *next = Some(dropped),
                Read::Nowhere => *next = None,
            }
        }
        // Lookups do not wait for each other, so their memory is asked for at the same time.
        let mut found: Vec<_, BURST> = Vec::new();
        for (.., words, hash, _) in &read {
            let _ = found.push(self.find_by(*hash, *words));
        }
        // As many flows are ended as by one packet after the other, so that room and ports are the same.
        let mut swept = 0;
        let mut sweep_up_to = |place: u32| {
            self.sweep(now, SWEPT * (place - swept));
            swept = place;
        };
        for ((place, view, entry, facts, words, hash, next), found) in
            read.iter_mut().zip(found.iter())
        {
            sweep_up_to(*place);
            // An earlier packet may have ended this flow, or opened it.
            let found = found.filter(|(flow, sender)| flow.has(*sender, *words));
            let found = found.or_else(|| self.find_by(*hash, *words));
            **next = self.pass(tables, view, entry, facts, found, now);
        }
        sweep_up_to(count);
    }
}
