//! Bursts: the memory that the packets' flows lie in is asked for together.

use heapless::Vec;

use super::judge::Read;
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
        let now = self.tick(now);
        for part in packets.chunks_mut(BURST) {
            self.process_part(tables, part, now);
        }
    }

    fn process_part(&self, tables: &Tables<'_>, packets: &mut [Packet<'_>], now: u64) {
        let mut read: Vec<_, BURST> = Vec::new();
        for packet in packets.iter_mut() {
            let Packet { from, bytes, next } = packet;
            // Fragments say something to those behind them, so facts are read in order.
            match self.read(tables, *from, bytes, now) {
                Read::Packet(view, entry, facts) => {
                    let words = facts.key.words();
                    let hash = self.hash(words);
                    let _ = read.push((view, entry, facts, words, hash, next));
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
        for ((view, entry, facts, words, hash, next), found) in read.iter_mut().zip(found.iter()) {
            // An earlier packet may have ended this flow, or opened it.
            let found = found.filter(|(flow, sender)| flow.has(*sender, *words));
            let found = found.or_else(|| self.find_by(*hash, *words));
            **next = self.pass(tables, view, entry, facts, found, now);
        }
    }
}
