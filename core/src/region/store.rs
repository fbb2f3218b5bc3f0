//! Records in words: arrays sorted by key, found by binary search.

use core::marker::PhantomData;

use crate::memory::Words;

pub(crate) use crate::memory::Place;

/// A fixed-width record.
pub(crate) trait Record: Copy {
    /// Words of a record.
    const WORDS: u32;
    /// Leading words that are configuration, and so part of the state hash.
    const HASHED: u32 = Self::WORDS;
    /// What the array is sorted by; unique.
    fn key(&self) -> u64;
    fn read(mem: Words<'_>, at: u32) -> Self;
    fn write(&self, mem: Words<'_>, at: u32);
}

/// An array of records at a place in the memory, behind two words: the count and the most ever.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Store<'m, R> {
    mem: Words<'m>,
    place: Place,
    record: PhantomData<R>,
}

/// Words before the records of a store.
pub(crate) const STORE_HEADER: u32 = 2;

impl<'m, R: Record> Store<'m, R> {
    pub(crate) fn new(mem: Words<'m>, place: Place) -> Store<'m, R> {
        Store { mem, place, record: PhantomData }
    }

    pub(crate) fn count(&self) -> u32 {
        self.mem.load(self.place.at).min(self.place.capacity)
    }

    /// The most records that were held at once.
    pub(crate) fn high(&self) -> u32 {
        self.mem.load(self.place.at + 1)
    }

    pub(crate) fn set_high(&self, high: u32) {
        self.mem.store(self.place.at + 1, high);
    }

    pub(crate) fn capacity(&self) -> u32 {
        self.place.capacity
    }

    /// Whether that many more records fit.
    pub(crate) fn has_room(&self, more: usize) -> bool {
        let room = self.place.capacity - self.count();
        u32::try_from(more).is_ok_and(|more| more <= room)
    }

    fn record_at(&self, index: u32) -> u32 {
        self.place.at + STORE_HEADER + index * R::WORDS
    }

    fn read(&self, index: u32) -> R {
        R::read(self.mem, self.record_at(index))
    }

    /// The index of a key, or where it would go.
    fn search(&self, key: u64) -> Result<u32, u32> {
        let (mut low, mut high) = (0, self.count());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.read(middle).key().cmp(&key) {
                core::cmp::Ordering::Less => low = middle + 1,
                core::cmp::Ordering::Equal => return Ok(middle),
                core::cmp::Ordering::Greater => high = middle,
            }
        }
        Err(low)
    }

    pub(crate) fn get(&self, key: u64) -> Option<R> {
        self.search(key).ok().map(|index| self.read(index))
    }

    pub(crate) fn contains(&self, key: u64) -> bool {
        self.search(key).is_ok()
    }

    /// The records in order of key.
    pub(crate) fn iter(self) -> impl Iterator<Item = R> + use<'m, R> {
        (0..self.count()).map(move |index| self.read(index))
    }

    /// The records whose keys lie in a range, in order.
    pub(crate) fn range(
        self,
        keys: core::ops::RangeInclusive<u64>,
    ) -> impl Iterator<Item = R> + use<'m, R> {
        let from = self.search(*keys.start()).unwrap_or_else(|index| index);
        let end = *keys.end();
        (from..self.count())
            .map(move |index| self.read(index))
            .take_while(move |record| record.key() <= end)
    }

    /// How many records have keys in a range.
    pub(crate) fn count_in(&self, keys: core::ops::RangeInclusive<u64>) -> usize {
        let from = self.search(*keys.start()).unwrap_or_else(|index| index);
        let end = self.search(*keys.end()).map_or_else(|index| index, |index| index + 1);
        crate::memory::index(end.saturating_sub(from))
    }

    /// Adds a record or replaces the one with its key. The caller has checked that it fits.
    pub(crate) fn put(&self, record: R) {
        match self.search(record.key()) {
            Ok(index) => record.write(self.mem, self.record_at(index)),
            Err(index) => {
                let count = self.count();
                // Only in damaged memory: room was checked before.
                if count >= self.place.capacity {
                    return;
                }
                self.mem.store(self.place.at, count + 1);
                self.mem.store(self.place.at + 1, self.high().max(count + 1));
                let from = self.record_at(index);
                for at in (from..self.record_at(count)).rev() {
                    self.mem.store(at + R::WORDS, self.mem.load(at));
                }
                record.write(self.mem, from);
            }
        }
    }

    /// Takes the record with that key out, if it is there.
    pub(crate) fn remove(&self, key: u64) {
        let Ok(index) = self.search(key) else { return };
        let count = self.count();
        for at in self.record_at(index)..self.record_at(count - 1) {
            self.mem.store(at, self.mem.load(at + R::WORDS));
        }
        self.mem.store(self.place.at, count - 1);
    }

    /// Takes out every record that is not kept, in one pass.
    pub(crate) fn retain(&self, keep: impl Fn(&R) -> bool) {
        let mut kept = 0;
        for index in 0..self.count() {
            let record = self.read(index);
            if keep(&record) {
                if kept != index {
                    record.write(self.mem, self.record_at(kept));
                }
                kept += 1;
            }
        }
        self.mem.store(self.place.at, kept);
    }

    /// Feeds the configuration words of every record to `word`, after their number.
    pub(crate) fn hash(&self, word: &mut impl FnMut(u32)) {
        word(self.count());
        for index in 0..self.count() {
            let at = self.record_at(index);
            for offset in 0..R::HASHED {
                word(self.mem.load(at + offset));
            }
        }
    }
}

pub(crate) use crate::addr::{field, half};
