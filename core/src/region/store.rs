//! Records in words: arrays sorted by key, found by binary search.

use core::marker::PhantomData;
use core::ops::{Deref, Range, RangeInclusive};

use crate::memory::Words;
use crate::sync::zeros;

pub(crate) use crate::memory::Place;

/// A fixed-width record.
pub(crate) trait Record: Copy {
    /// Words of a record.
    const WORDS: u32;
    /// Leading words that are configuration, and so part of the state hash.
    const HASHED: u32 = Self::WORDS;
    /// Where `key` stands in the words.
    const KEY: Key;
    /// What the array is sorted by; unique.
    fn key(&self) -> u64;
    fn read(mem: Words<'_>, at: u32) -> Self;
    fn write(&self, mem: Words<'_>, at: u32);
}

/// How the words of a record make its key.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Key {
    /// A number in the high half of the first word.
    Number,
    /// The first word.
    Id,
    /// The id in the first word, in the VPC of the second.
    Member,
    /// The prefix of the first two words, in the table or VPC that the second has too, with a flag.
    Destination,
    /// The prefix of the last two words, at the NAT gateway in the first.
    Source,
    /// The two ids of the first word, the protocol of the last and the first port.
    Port,
}

impl Key {
    fn read(self, mem: Words<'_>, at: u32) -> u64 {
        let word = |n| u64::from(mem.load(at + n));
        match self {
            Key::Number => word(0) >> 16,
            Key::Id => word(0),
            Key::Member => word(1) << 32 | word(0),
            Key::Destination => {
                let second = word(1);
                second >> 16 << 48 | (second >> 8 & 1) << 40 | word(0) << 8 | second & 0xFF
            }
            Key::Source => word(0) >> 16 << 48 | word(1) << 8 | word(2),
            Key::Port => word(0) << 32 | word(3) << 16 | word(1) >> 16,
        }
    }
}

/// An array of records at a place in the memory, behind two words: the count and the most ever. What
/// can be done without knowing what the records are is done here, once for all kinds of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rows<'m> {
    mem: Words<'m>,
    place: Place,
    form: &'static Form,
}

/// What the records of a kind are like.
#[derive(Debug)]
struct Form {
    words: u32,
    hashed: u32,
    key: Key,
}

/// Words before the records of a store.
pub(crate) const STORE_HEADER: u32 = 2;

impl Rows<'_> {
    /// Where the array begins, which tells it from any other.
    pub(crate) fn place(&self) -> u32 {
        self.place.at
    }

    /// Words of a record.
    pub(crate) fn words(&self) -> u32 {
        self.form.words
    }

    #[inline(never)]
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

    fn row(&self, index: u32) -> u32 {
        self.place.at + STORE_HEADER + index * self.words()
    }

    fn key_at(&self, index: u32) -> u64 {
        self.form.key.read(self.mem, self.row(index))
    }

    /// The index of a key, or where it would go.
    #[inline(never)]
    fn search(&self, key: u64) -> Result<u32, u32> {
        let (mut low, mut high) = (0, self.count());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.key_at(middle).cmp(&key) {
                core::cmp::Ordering::Less => low = middle + 1,
                core::cmp::Ordering::Equal => return Ok(middle),
                core::cmp::Ordering::Greater => high = middle,
            }
        }
        Err(low)
    }

    /// The indices of the records whose keys lie in a range.
    #[inline(never)]
    fn span(&self, keys: RangeInclusive<u64>) -> Range<u32> {
        let from = self.search(*keys.start()).unwrap_or_else(|index| index);
        let end = self.search(*keys.end()).map_or_else(|index| index, |index| index + 1);
        // The other way round in damaged memory alone.
        from..end.max(from)
    }

    pub(crate) fn contains(&self, key: u64) -> bool {
        self.search(key).is_ok()
    }

    /// How many records have keys in a range.
    pub(crate) fn count_in(&self, keys: RangeInclusive<u64>) -> usize {
        crate::memory::index(self.span(keys).fold(0, |count, _| count + 1))
    }

    /// The keys in a range that records have, in order.
    pub(crate) fn keys(&self, keys: RangeInclusive<u64>) -> impl Iterator<Item = u64> {
        self.span(keys).map(|index| self.key_at(index))
    }

    /// The words of the record with that key.
    pub(crate) fn find(&self, key: u64) -> Option<impl DoubleEndedIterator<Item = u32>> {
        let from = self.row(self.search(key).ok()?);
        Some((from..from + self.words()).map(|at| self.mem.load(at)))
    }

    /// Where the record with that key is, or now goes; `None` in damaged memory alone, as room was
    /// checked before.
    #[inline(never)]
    fn slot(&self, key: u64) -> Option<u32> {
        let index = match self.search(key) {
            Ok(index) => return Some(self.row(index)),
            Err(index) => index,
        };
        let count = self.count();
        if count >= self.place.capacity {
            return None;
        }
        self.mem.store(self.place.at, count + 1);
        self.set_high(self.high().max(count + 1));
        let from = self.row(index);
        for at in (from..self.row(count)).rev() {
            self.mem.store(at + self.words(), self.mem.load(at));
        }
        Some(from)
    }

    /// Puts the record that these words make, the last of them first.
    pub(crate) fn put_words(&self, mut last: impl FnMut() -> u32) {
        let memory = zeros::<BUFFER>();
        let words = Words(&memory);
        for n in (0..self.words()).rev() {
            words.store(n, last());
        }
        self.put_row(words);
    }

    /// The key of a record in words.
    pub(crate) fn key_of(&self, words: Words<'_>) -> u64 {
        self.form.key.read(words, 0)
    }

    /// Puts a record in words.
    pub(crate) fn put_row(&self, words: Words<'_>) {
        if let Some(at) = self.slot(self.key_of(words)) {
            for n in 0..self.words() {
                self.mem.store(at + n, words.load(n));
            }
        }
    }

    /// Takes the record with that key out, if it is there.
    pub(crate) fn remove(&self, key: u64) {
        self.remove_range(key..=key);
    }

    /// Takes out the records whose keys lie in a range.
    #[inline(never)]
    pub(crate) fn remove_range(&self, keys: RangeInclusive<u64>) {
        let Range { start, end } = self.span(keys);
        let count = self.count();
        self.mem.copy(self.row(end), self.row(start), self.row(count) - self.row(end));
        self.mem.store(self.place.at, count - (end - start));
    }

    /// Takes every record out, as if none had ever been there.
    pub(crate) fn clear(&self) {
        self.mem.store(self.place.at, 0);
        self.set_high(0);
    }

    /// Whether the records are within the capacity and in order.
    pub(crate) fn is_sound(&self) -> bool {
        let (count, high) = (self.mem.load(self.place.at), self.high());
        let keys = (0..self.count()).map(|index| self.key_at(index));
        count <= high && high <= self.place.capacity && keys.is_sorted_by(|a, b| a < b)
    }

    /// Feeds the configuration words of every record to `word`, after their number.
    pub(crate) fn hash(&self, word: &mut impl FnMut(u32)) {
        word(self.count());
        for index in 0..self.count() {
            for offset in 0..self.form.hashed {
                word(self.mem.load(self.row(index) + offset));
            }
        }
    }
}

/// The longest record, in words.
const MAX_WORDS: u32 = 10;
pub(super) const BUFFER: usize = 10;

/// An array of records of a kind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Store<'m, R> {
    rows: Rows<'m>,
    record: PhantomData<R>,
}

impl<'m, R> Deref for Store<'m, R> {
    type Target = Rows<'m>;
    fn deref(&self) -> &Rows<'m> {
        &self.rows
    }
}

impl<'m, R: Record> Store<'m, R> {
    pub(crate) fn new(mem: Words<'m>, place: Place) -> Store<'m, R> {
        const { assert!(R::WORDS <= MAX_WORDS) };
        let form = const { &Form { words: R::WORDS, hashed: R::HASHED, key: R::KEY } };
        Store { rows: Rows { mem, place, form }, record: PhantomData }
    }

    /// The record of that rank by key, below the count.
    pub(crate) fn at(&self, index: u32) -> R {
        R::read(self.mem, self.row(index))
    }

    pub(crate) fn get(&self, key: u64) -> Option<R> {
        self.search(key).ok().map(|index| self.at(index))
    }

    /// The records in order of key.
    #[inline(never)]
    pub(crate) fn iter(self) -> Records<'m, R> {
        self.records(0..self.count())
    }

    /// The records whose keys lie in a range, in order.
    #[inline(never)]
    pub(crate) fn range(self, keys: RangeInclusive<u64>) -> Records<'m, R> {
        self.records(self.span(keys))
    }

    fn records(self, span: Range<u32>) -> Records<'m, R> {
        let (at, end) = (self.row(span.start), self.row(span.end));
        Records { mem: self.mem, at, end, record: PhantomData }
    }

    /// Takes out every record that is not kept, in one pass.
    pub(crate) fn retain(&self, keep: impl Fn(&R) -> bool) {
        let mut kept = 0;
        for index in 0..self.count() {
            let record = self.at(index);
            if keep(&record) {
                record.write(self.mem, self.row(kept));
                kept += 1;
            }
        }
        self.mem.store(self.place.at, kept);
    }

    /// Adds a record or replaces the one with its key. The caller has checked that it fits.
    pub(crate) fn put(&self, record: R) {
        if let Some(at) = self.slot(record.key()) {
            record.write(self.mem, at);
        }
    }
}

/// Records in a row.
#[derive(Clone)]
pub(crate) struct Records<'m, R> {
    mem: Words<'m>,
    at: u32,
    end: u32,
    record: PhantomData<R>,
}

impl<R: Record> Iterator for Records<'_, R> {
    type Item = R;

    fn next(&mut self) -> Option<R> {
        let at = self.at;
        if at == self.end {
            return None;
        }
        self.at += R::WORDS;
        Some(R::read(self.mem, at))
    }
}

pub(crate) use crate::addr::{field, half};

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
