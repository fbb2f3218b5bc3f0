//! A hash index with bounded probing: two buckets of a cache line each, whatever is in there.
//!
//! A slot is a word: 7 bits of the hash and a reference of 25 bits to a record that holds the key. The
//! index is built with twice as many slots as there can be keys, and of two buckets the emptier one
//! takes a new key, so that buckets do not run over.

use super::key::scaled;
use crate::memory::Words;
use crate::sync::{AtomicU32, Ordering};

/// Slots of a bucket.
const BUCKET: usize = 16;
const REFERENCE: u32 = (1 << 25) - 1;

#[derive(Clone, Copy, Debug)]
pub(super) struct Index<'m> {
    mem: Words<'m>,
    at: u32,
    buckets: u32,
}

/// The buckets that an index of so many keys takes.
pub(super) const fn buckets(keys: u64) -> u64 {
    let buckets = keys.div_ceil(8);
    if buckets < 2 { 2 } else { buckets }
}

/// The words that it takes.
pub(super) const fn words(keys: u64) -> u64 {
    buckets(keys) * 16
}

impl<'m> Index<'m> {
    pub(super) const fn new(mem: Words<'m>, at: u32, buckets: u32) -> Index<'m> {
        Index { mem, at, buckets }
    }

    fn bucket(&self, number: u32) -> Option<&'m [AtomicU32; BUCKET]> {
        self.mem.range(self.at + number * 16, 16).first_chunk()
    }

    /// The two buckets of a hash, which differ, and the tag of its slots.
    fn places(&self, hash: u64) -> (u32, u32, u32) {
        let high = hash >> 32;
        let (first, second) = (scaled(high, self.buckets), scaled(hash, self.buckets));
        let second = match second == first {
            true if first + 1 == self.buckets => 0,
            true => first + 1,
            false => second,
        };
        // The bits of the high half that count least for the place.
        let tag = u32::try_from(high & 0x7F).unwrap_or(0) << 25;
        (first, second, tag)
    }

    /// The reference below this hash for which `is_it` holds.
    #[inline]
    pub(super) fn find(&self, hash: u64, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let (first, second, tag) = self.places(hash);
        let found = |number| {
            self.bucket(number)?.iter().find_map(|slot| {
                let slot = slot.load(Ordering::Relaxed);
                let is_tagged = slot & !REFERENCE == tag && slot != 0;
                Some(slot & REFERENCE).filter(|&reference| is_tagged && is_it(reference))
            })
        };
        found(first).or_else(|| found(second))
    }

    /// Adds a reference, not 0; without a place for it, does nothing and answers false.
    pub(super) fn insert(&self, hash: u64, reference: u32) -> bool {
        let (first, second, tag) = self.places(hash);
        let empty = |number| {
            let slots = self.bucket(number).into_iter().flatten();
            slots.filter(|slot| slot.load(Ordering::Relaxed) == 0)
        };
        let number = if empty(first).count() >= empty(second).count() { first } else { second };
        match empty(number).next() {
            Some(slot) => {
                slot.store(tag | reference, Ordering::Relaxed);
                true
            }
            None => false,
        }
    }

    /// Takes a reference out.
    pub(super) fn remove(&self, hash: u64, reference: u32) {
        let (first, second, tag) = self.places(hash);
        let slots = [first, second].into_iter().flat_map(|n| self.bucket(n).into_iter().flatten());
        for slot in slots {
            if slot.load(Ordering::Relaxed) == tag | reference {
                slot.store(0, Ordering::Relaxed);
                return;
            }
        }
    }

    /// Every reference in it.
    #[cfg(any(test, feature = "model"))]
    pub(super) fn references(&self) -> impl Iterator<Item = u32> + use<'m> {
        let index = *self;
        let slots = (0..self.buckets).flat_map(move |n| index.bucket(n).into_iter().flatten());
        slots.map(|slot| slot.load(Ordering::Relaxed) & REFERENCE).filter(|slot| *slot != 0)
    }
}
