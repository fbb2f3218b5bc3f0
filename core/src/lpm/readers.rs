//! Readers beside the writer, and when what they may look at is used again.
//!
//! Each reader has a word. Between lookups it stores there the last announcement that it has heard
//! ([`Reader::quiescent`]). The writer puts what a change replaces into a list, makes an announcement
//! and frees the list once every registered reader has heard it: by then each has been between two
//! lookups since the change. Nobody waits, and readers only load and store.

use crate::sync::{AtomicU32, Ordering, fence};

use super::arena::{LEFT, Lpm, attach};
use super::layout::GRACE;
use super::lookup::Lookup;
use crate::memory::{MemoryError, Words};

/// A reader of an arena's tables, on its own core or in an interrupt. Dropping it unregisters it.
///
/// ```
/// use sekisho::addr::{Addr, Prefix};
/// use sekisho::lpm::{Config, Lpm, Reader};
/// const CONFIG: Config = Config::new(100, 1).readers(1);
/// static MEMORY: sekisho::Memory<{ CONFIG.footprint() }> = sekisho::Memory::new();
/// let mut lpm = Lpm::init_with(&MEMORY, &CONFIG)?;
/// let table = lpm.create_table()?;
/// lpm.insert(table, Prefix::parse("10.0.0.0/8").unwrap(), 7)?;
///
/// let mut reader = Reader::register(&MEMORY, 0)?; // on another core
/// assert_eq!(reader.find(table, Addr::new(10, 1, 2, 3)), Some(7));
/// reader.quiescent(); // after each burst
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Reader<'m> {
    mem: Words<'m>,
    slot: u32,
    /// In place of padding: where a reader lies in C's memory, no byte is left as it was on a stack.
    _zero: u32,
    lookup: Lookup<'m>,
}

impl<'m> Reader<'m> {
    /// Registers reader `index` (below the configuration's `readers`) of the arena in this memory. An
    /// index belongs to one reader at a time; one that was lost with its process is freed by
    /// [`Lpm::forget_reader`].
    pub fn register(memory: &'m [AtomicU32], index: u16) -> Result<Reader<'m>, MemoryError> {
        let arena = attach(memory)?;
        if index >= arena.layout.config.readers {
            return Err(MemoryError::NoSuchReader);
        }
        let slot = arena.layout.readers.at + u32::from(index);
        if arena.mem.acquire(slot) != 0 {
            return Err(MemoryError::ReaderTaken);
        }
        let mut reader =
            Reader { mem: arena.mem, slot, _zero: 0, lookup: Lookup { fib: arena.fib } };
        reader.resume();
        Ok(reader)
    }

    /// Says that this reader is between two lookups: what it has found before this call it does not
    /// look at any more. One that had paused takes part again.
    #[inline]
    pub fn quiescent(&mut self) {
        if self.mem.load(self.slot) == 0 {
            return self.resume();
        }
        self.mem.publish(self.slot, self.mem.acquire(GRACE));
    }

    /// Says that this reader looks at nothing until [`Reader::resume`], so that the writer does not
    /// wait for it meanwhile.
    pub fn pause(&mut self) {
        self.mem.publish(self.slot, 0);
    }

    /// Takes part again after [`Reader::pause`].
    #[cold]
    pub fn resume(&mut self) {
        self.mem.publish(self.slot, self.mem.acquire(GRACE));
        // This is seen before anything is looked at.
        fence(Ordering::SeqCst);
    }
}

impl<'m> core::ops::Deref for Reader<'m> {
    type Target = Lookup<'m>;
    #[inline]
    fn deref(&self) -> &Lookup<'m> {
        &self.lookup
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        self.mem.publish(self.slot, 0);
    }
}

impl Lpm<'_> {
    /// Unregisters a reader that is gone without having been dropped.
    pub fn forget_reader(&mut self, index: u16) {
        if index < self.arena.layout.config.readers {
            self.arena.mem.publish(self.arena.layout.readers.at + u32::from(index), 0);
        }
    }

    /// Frees what no reader looks at any more. Every change does so too.
    pub fn reclaim(&mut self) {
        self.settle();
    }

    fn slots(&self) -> impl Iterator<Item = u32> {
        let (mem, readers) = (self.arena.mem, self.arena.layout.readers);
        (0..readers.capacity).map(move |number| mem.acquire(readers.at + number))
    }

    /// Whether each registered reader has heard an announcement.
    fn heard(&self, stamp: u32) -> bool {
        // In damaged or very old memory the counter may have wrapped; half of it is enough.
        self.slots().all(|seen| seen == 0 || seen.wrapping_sub(stamp) < 1 << 31)
    }

    fn announce(&self) -> u32 {
        let mem = self.arena.mem;
        let next = mem.load(GRACE).wrapping_add(1).max(1);
        mem.publish(GRACE, next);
        // What was published before is seen before the readers' words are read.
        fence(Ordering::SeqCst);
        next
    }

    pub(super) fn settle(&self) {
        if self.arena.pool.waiting() > 0 {
            self.arena.pool.settle(|stamp| self.heard(stamp), || self.announce());
        }
    }

    /// The word of a root that a table has left just now.
    pub(super) fn leave(&self) -> u32 {
        if self.arena.layout.readers.capacity == 0 { 0 } else { LEFT | self.announce() & !LEFT }
    }

    /// Whether a root is free, by its word.
    pub(super) fn is_left(&self, owner: u32) -> bool {
        // The announcement without its top bit: half of what is left is enough, too.
        let heard = |seen: u32| seen == 0 || seen.wrapping_sub(owner) & !LEFT < 1 << 30;
        owner == 0 || owner & LEFT != 0 && self.slots().all(heard)
    }
}

#[cfg(test)]
#[path = "readers_tests.rs"]
mod tests;
