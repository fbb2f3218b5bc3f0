//! Readers beside the writer: judging packets while the region changes.
//!
//! A reader announces between packets that it looks at nothing any more ([`Reader::quiescent`]).
//! What a change replaces waits until every registered reader has done so, and until then the next
//! change is refused as `Busy`. Readers never wait, retry or lock: they load and store words.

use crate::sync::{AtomicU32, Ordering, fence};

use super::layout::{GRACE, Layout};
use super::{Error, Region};
use crate::memory::{MemoryError, Words};
use crate::tables::Tables;

/// A reader of a region's tables, on its own core or in an interrupt. Dropping it unregisters it.
///
/// ```
/// use sekisho::{limits::Profile, region::{Reader, Region}};
/// const PROFILE: Profile = Profile { readers: 1, ..Profile::FIRMWARE };
/// static MEMORY: sekisho::Memory<{ PROFILE.footprint() }> = sekisho::Memory::new();
/// let region = Region::init(&MEMORY, &PROFILE)?;
/// let mut reader = Reader::register(&MEMORY, 0)?;
/// // For each burst of packets: judge them, then say that nothing is being looked at.
/// let tables = reader.tables();
/// reader.quiescent();
/// # Ok::<(), sekisho::MemoryError>(())
/// ```
#[derive(Debug)]
pub struct Reader<'m> {
    mem: Words<'m>,
    slot: u32,
    tables: Tables<'m>,
}

impl<'m> Reader<'m> {
    /// Registers reader `index` (below the profile's `readers`) of the region in this memory. An
    /// index belongs to one reader at a time; one that was lost with its process is freed by
    /// [`Region::forget_reader`].
    pub fn register(memory: &'m [AtomicU32], index: u16) -> Result<Reader<'m>, MemoryError> {
        let reader = Reader::of_index(memory, index)?;
        if reader.is_registered() {
            // This is another's registration, which stays.
            core::mem::forget(reader);
            return Err(MemoryError::ReaderTaken);
        }
        reader.mem.publish(reader.slot, reader.mem.acquire(GRACE));
        // The registration is seen before anything is read.
        fence(Ordering::SeqCst);
        Ok(reader)
    }

    /// The reader that was registered under this index and then forgotten ([`core::mem::forget`]),
    /// where a `Reader` cannot be kept, across a C interface, say. There is one at a time.
    pub fn registered(memory: &'m [AtomicU32], index: u16) -> Result<Reader<'m>, MemoryError> {
        let reader = Reader::of_index(memory, index)?;
        if reader.is_registered() {
            return Ok(reader);
        }
        core::mem::forget(reader);
        Err(MemoryError::NoSuchReader)
    }

    fn of_index(memory: &'m [AtomicU32], index: u16) -> Result<Reader<'m>, MemoryError> {
        let region = Region::attach(memory)?;
        let Layout { profile, readers, .. } = region.layout;
        if index >= profile.readers {
            return Err(MemoryError::NoSuchReader);
        }
        let slot = readers.at + u32::from(index);
        Ok(Reader { mem: region.mem, slot, tables: region.tables() })
    }

    fn is_registered(&self) -> bool {
        self.mem.acquire(self.slot) != 0
    }

    /// The tables. What they show of a VPC is one state, before or after any change.
    pub fn tables(&self) -> Tables<'m> {
        self.tables
    }

    /// Says that no packet is being judged by this reader just now.
    pub fn quiescent(&mut self) {
        self.mem.publish(self.slot, self.mem.acquire(GRACE));
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        self.mem.publish(self.slot, 0);
    }
}

impl Region<'_> {
    /// Unregisters a reader that is gone without having been dropped.
    pub fn forget_reader(&mut self, index: u16) {
        if index < self.layout.profile.readers {
            self.mem.publish(self.layout.readers.at + u32::from(index), 0);
        }
    }

    /// Frees what waits for readers, or refuses.
    pub(super) fn settle(&mut self) -> Result<(), Error> {
        if self.pool.waiting() == 0 {
            return Ok(());
        }
        let now = self.mem.load(GRACE);
        let Layout { readers, .. } = self.layout;
        let mut seen = (0..readers.capacity).map(|n| self.mem.acquire(readers.at + n));
        if seen.any(|seen| seen != 0 && seen != now) {
            return Err(Error::Busy);
        }
        self.pool.reclaim();
        Ok(())
    }

    /// Counts a change that readers may have missed, and frees what it replaced if there are none.
    pub(super) fn count_change(&mut self) {
        if self.pool.waiting() == 0 {
            return;
        }
        let next = self.mem.load(GRACE).wrapping_add(1).max(1);
        self.mem.publish(GRACE, next);
        // What was published is seen before the readers' words are read.
        fence(Ordering::SeqCst);
        let _ = self.settle();
    }
}

#[cfg(test)]
#[path = "readers_tests.rs"]
mod tests;
