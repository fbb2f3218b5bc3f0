//! What lies in a table's memory, by its header: the table for its thread, the counters for all others.

use super::config::Layout;
use super::counters::{Count, Counters, METER, Meter, Outcomes};
use super::table::FlowTable;
use crate::addr::Addr;
use crate::memory::{MemoryError, Words};
use crate::resolve::DropReason;
use crate::sync::AtomicU32;

/// The counters of a flow table, readable by any thread while packets pass.
#[derive(Clone, Copy, Debug)]
pub struct Watch<'m> {
    pub(super) counters: Counters<'m>,
}

impl<'m> Watch<'m> {
    /// The counters of the table in this memory.
    pub fn attach(memory: &'m [AtomicU32]) -> Result<Watch<'m>, MemoryError> {
        Shape::read(memory)?.watch(memory)
    }

    /// What became of packets.
    pub fn outcomes(&self, outcomes: Outcomes) -> Count {
        self.counters.outcomes(outcomes)
    }

    /// Packets dropped for a reason.
    pub fn dropped(&self, reason: DropReason) -> Count {
        self.counters.dropped(reason)
    }

    /// The traffic of a public address, if there was any; that of 0.0.0.0 is of all addresses for
    /// which no meter was left.
    pub fn meter(&self, address: Addr) -> Option<Meter> {
        self.counters.find_meter(address).filter(Meter::is_used)
    }

    /// The first meter from number `at` on that has counted something, with its number.
    pub fn meter_from(&self, at: u32) -> Option<(u32, Meter)> {
        (at..=self.counters.meter_count).find_map(|number| {
            Some((number, self.counters.read_meter(number).filter(Meter::is_used)?))
        })
    }

    /// Every meter that has counted something.
    pub fn meters(&self) -> impl Iterator<Item = Meter> + use<'m> {
        let (watch, mut at) = (*self, 0);
        core::iter::from_fn(move || {
            let (number, meter) = watch.meter_from(at)?;
            at = number + 1;
            Some(meter)
        })
    }
}

/// The counters of a table with this layout.
#[inline(always)]
pub(super) fn counters_of<'m>(mem: Words<'m>, layout: &Layout) -> Option<Counters<'m>> {
    let meter_count = u32::from(layout.config.meters);
    let lines = mem.range(layout.meters, (meter_count + 1) * METER).as_chunks().0;
    Some(Counters { mem, head: mem.chunk(0)?, meters: layout.meters, lines, meter_count })
}

/// What a table's header says, read once for both the length of its memory and the table in it.
#[doc(hidden)]
#[derive(Debug)]
pub struct Shape(Layout);

impl Shape {
    /// Reads a header that agrees with itself, of at least 32 words; the memory may end behind it.
    #[inline(always)]
    pub fn read(memory: &[AtomicU32]) -> Result<Shape, MemoryError> {
        Layout::read(Words(memory)).map(Shape).ok_or(MemoryError::NotInitialised)
    }

    /// The length of the memory in words.
    pub fn words(&self) -> usize {
        crate::memory::index(self.0.words)
    }

    fn words_of<'m>(&self, memory: &'m [AtomicU32]) -> Result<Words<'m>, MemoryError> {
        Ok(Words(memory.get(..self.words()).ok_or(MemoryError::TooSmall)?))
    }

    /// The counters of the table in this memory.
    pub fn watch<'m>(&self, memory: &'m [AtomicU32]) -> Result<Watch<'m>, MemoryError> {
        let counters = counters_of(self.words_of(memory)?, &self.0);
        Ok(Watch { counters: counters.ok_or(MemoryError::TooSmall)? })
    }

    /// The table in this memory.
    #[inline(always)]
    pub fn table<'m>(&self, memory: &'m [AtomicU32]) -> Result<FlowTable<'m>, MemoryError> {
        FlowTable::over(self.words_of(memory)?, &self.0).ok_or(MemoryError::TooSmall)
    }
}
