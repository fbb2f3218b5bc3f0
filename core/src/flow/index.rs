//! A hash index with bounded probing: two buckets of a cache line each, whatever is in there.
//!
//! ```text
//! word 0    1    2      3        4 .. 15
//!      twelve tags      nothing  twelve references to records that hold the key
//! ```
//!
//! A tag is eight bits of the hash; 0 is an empty slot's. The tags of a bucket are compared at once, as one
//! number. A reference has seven bits more of the hash above its own 25, so that hardly ever another record
//! than the right one is looked at. A key may be in one bucket of the lower half and in one of the upper.
//! The emptier one takes it, and there are seven keys a bucket at most, so that none runs over.

use core::hint::select_unpredictable;

use super::fragments::split;
use crate::memory::Words;
use crate::sync::{AtomicU32, Ordering};

/// Words of a bucket, and the keys that there is a bucket for.
pub(super) const BUCKET: u32 = 16;
pub(super) const KEYS: u64 = 7;
/// The first of a bucket's last four slots.
const LAST: u32 = 8;
/// A 1 in each byte of eight tags, and the highest bit of each.
const ONES: u64 = 0x01010101_01010101;
const TOPS: u64 = ONES << 7;

/// Half of the buckets of an index of 128 KiB.
const NEAR: usize = 1 << 10;
/// The bits of a reference.
const REFERENCE: u32 = 25;

#[derive(Clone, Copy, Debug)]
pub(super) struct Index<'m> {
    /// As many each.
    lower: &'m [[AtomicU32; 16]],
    upper: &'m [[AtomicU32; 16]],
}

/// The buckets that an index of so many keys takes: an even number.
pub(super) const fn buckets(keys: u64) -> u64 {
    let pairs = keys.div_ceil(2 * KEYS);
    if pairs == 0 { 2 } else { 2 * pairs }
}

/// The words that it takes.
#[expect(clippy::as_conversions, reason = "widening; `From` is not const")]
pub(super) const fn words(keys: u64) -> u64 {
    buckets(keys) * BUCKET as u64
}

#[derive(Clone, Copy, Debug)]
struct Bucket<'m>(&'m [AtomicU32; 16]);

impl<'m> Bucket<'m> {
    /// The tags of the first eight slots.
    #[inline(always)]
    fn first_tags(self) -> u64 {
        let [a, b, ..] = self.0;
        u64::from(read(a)) | u64::from(read(b)) << 32
    }

    /// The marks of the slots whose tag is this one: a bit each.
    fn tagged(self, tag: u32) -> u32 {
        let [_, _, last, ..] = self.0;
        marks(self.first_tags(), tag) | (marks(read(last).into(), tag) & 0xF) << LAST
    }

    #[inline]
    fn reference(self, slot: u32) -> Option<&'m AtomicU32> {
        let [_, _, _, _, references @ ..] = self.0;
        references.get(crate::memory::index(slot))
    }

    fn set(self, slot: u32, tag: u32, reference: u32) {
        if let Some(word) = self.0.get(crate::memory::index(slot / 4))
            && let Some(place) = self.reference(slot)
        {
            let shift = slot % 4 * 8;
            let others = word.load(Ordering::Relaxed) & !(0xFF << shift);
            word.store(others | tag << shift, Ordering::Relaxed);
            place.store(reference, Ordering::Relaxed);
        }
    }
}

#[inline(always)]
fn read(word: &AtomicU32) -> u32 {
    word.load(Ordering::Relaxed)
}

/// The highest bit of each byte of eight that is this tag; above one it may be that of another, too.
#[inline(always)]
fn alike(tags: u64, tag: u32) -> u64 {
    let differences = tags ^ (ONES * u64::from(tag));
    differences.wrapping_sub(ONES) & !differences & TOPS
}

/// A bit for each byte of eight that is this tag.
fn marks(tags: u64, tag: u32) -> u32 {
    let differences = tags ^ (ONES * u64::from(tag));
    // Adding 127 to seven bits carries into the eighth if any of them is set.
    let low = 127 * ONES;
    let some = ((differences & low) + low) | differences;
    // The product gathers the eight bits in the top byte: no two of its terms meet.
    let gathered = ((!some >> 7) & ONES).wrapping_mul(0x0102_0408_1020_4080) >> 56;
    u32::try_from(gathered).unwrap_or(0)
}

/// The places of marks.
#[inline]
fn slots(mut marks: u32) -> impl Iterator<Item = u32> {
    core::iter::from_fn(move || {
        let slot = marks.trailing_zeros();
        marks &= marks.wrapping_sub(1);
        (slot < u32::BITS).then_some(slot)
    })
}

/// As [`Index::find`], among the last slots of two buckets.
#[cold]
#[inline(never)]
fn find_last<T>(
    buckets: [Bucket<'_>; 2],
    tag: u32,
    above: u32,
    get: impl Fn(u32) -> Option<T>,
) -> Option<T> {
    buckets.into_iter().find_map(|bucket| {
        let mut last = slots(bucket.tagged(tag) >> LAST);
        last.find_map(|slot| get(read(bucket.reference(LAST + slot)?) ^ above))
    })
}

impl<'m> Index<'m> {
    #[inline(always)]
    pub(super) fn new(mem: Words<'m>, at: u32, buckets: u32) -> Index<'m> {
        let (buckets, _) = mem.range(at, buckets.wrapping_mul(BUCKET)).as_chunks();
        let (lower, upper) = buckets.split_at(buckets.len() / 2);
        Index { lower, upper }
    }

    /// The two buckets of a hash, the tag of its slots, and the bits that are above its references.
    #[inline(always)]
    fn places(&self, hash: u64) -> Option<([Bucket<'m>; 2], u32, u32)> {
        let number = |half| {
            let count = u64::try_from(self.lower.len()).unwrap_or(0);
            usize::try_from(((half & 0xFFFF_FFFF) * count) >> 32).unwrap_or(usize::MAX)
        };
        let (lower, upper) = (self.lower.get(number(hash >> 32))?, self.upper.get(number(hash))?);
        // Of each half the bits that count least for the place.
        let [low, high] = split(hash);
        Some(([Bucket(lower), Bucket(upper)], (high & 0xFF).max(1), low << REFERENCE))
    }

    /// What `get` makes of the reference below this hash that is its. A reference of another hash mostly
    /// is one that no record has.
    #[inline(always)]
    pub(super) fn find<T>(&self, hash: u64, get: impl Fn(u32) -> Option<T>) -> Option<T> {
        let ([one, other], tag, above) = self.places(hash)?;
        // Which bucket it is in is nothing that a processor could foretell: the marks of both are one
        // number. Those of the first bucket are the highest bits of bytes, those of the other the lowest.
        let mut marks = alike(one.first_tags(), tag) | alike(other.first_tags(), tag) >> 7;
        while marks != 0 {
            let mark = marks.trailing_zeros();
            marks &= marks.wrapping_sub(1);
            let bucket = select_unpredictable(mark & 7 == 0, other, one);
            let found = bucket.reference(mark / 8).and_then(|place| get(read(place) ^ above));
            if found.is_some() {
                return found;
            }
        }
        // Slots are taken in order, so few keys are in the last ones.
        find_last([one, other], tag, above, get)
    }

    /// Whether it is so large that the caches next to a processor do not have all of it.
    #[inline]
    pub(super) fn is_far(&self) -> bool {
        self.lower.len() > NEAR
    }

    /// Asks for the memory of the buckets of a hash.
    #[inline(always)]
    pub(super) fn touch(&self, hash: u64) {
        if let Some(([Bucket([one, ..]), Bucket([other, ..])], ..)) = self.places(hash) {
            read(one);
            read(other);
        }
    }

    /// The first reference that may be of this hash, for a look that only asks for the memory.
    #[inline(always)]
    pub(super) fn guess(&self, hash: u64) -> Option<u32> {
        self.find(hash, |reference| (reference >> REFERENCE == 0).then_some(reference))
    }

    /// Adds a reference; without a place for it, does nothing and answers false.
    pub(super) fn insert(&self, hash: u64, reference: u32) -> bool {
        let Some((buckets, tag, above)) = self.places(hash) else { return false };
        let [first, second] = buckets.map(|bucket| (bucket, bucket.tagged(0)));
        let is_first = first.1.count_ones() >= second.1.count_ones();
        let (bucket, empty) = if is_first { first } else { second };
        let Some(slot) = slots(empty).next() else { return false };
        bucket.set(slot, tag, reference ^ above);
        true
    }

    /// Takes a reference out.
    pub(super) fn remove(&self, hash: u64, reference: u32) {
        let Some((buckets, tag, above)) = self.places(hash) else { return };
        for bucket in buckets {
            let is_it = |slot: &u32| {
                let place = bucket.reference(*slot);
                place.is_some_and(|place| read(place) == reference ^ above)
            };
            if let Some(slot) = slots(bucket.tagged(tag)).find(is_it) {
                bucket.set(slot, 0, 0);
                return;
            }
        }
    }

    /// Every reference in it.
    #[cfg(any(test, feature = "model"))]
    pub(super) fn references(&self) -> impl Iterator<Item = u32> + use<'m> {
        let index = *self;
        index.lower.iter().chain(index.upper).map(Bucket).flat_map(|bucket| {
            let taken = !bucket.tagged(0) & 0xFFF;
            let own = (1 << REFERENCE) - 1;
            slots(taken).filter_map(move |slot| Some(read(bucket.reference(slot)?) & own))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    fn random(state: &mut u64) -> u64 {
        *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB)
    }

    /// As full as it may be, keys come and go, and none is without a place.
    #[test]
    fn full_and_changing() {
        for keys in [1_u32, 14, 100, 20_000] {
            let words = usize::try_from(words(keys.into())).unwrap();
            let memory: Vec<_> = (0..words).map(|_| AtomicU32::new(0)).collect();
            let buckets = u32::try_from(buckets(keys.into())).unwrap();
            let index = Index::new(Words(&memory), 0, buckets);
            let found = |hash, reference| index.find(hash, |r| (r == reference).then_some(r));
            let state = &mut u64::from(keys);
            let mut hashes: Vec<u64> = (0..keys).map(|_| random(state)).collect();
            for (reference, hash) in (1..).zip(&hashes) {
                assert!(index.insert(*hash, reference));
            }
            for _ in 0..10 * keys {
                let at = u32::try_from(random(state) % u64::from(keys)).unwrap();
                let hash = &mut hashes[at as usize];
                assert_eq!(found(*hash, at + 1), Some(at + 1));
                index.remove(*hash, at + 1);
                assert_eq!(found(*hash, at + 1), None);
                *hash = random(state);
                assert!(index.insert(*hash, at + 1), "{keys}");
            }
            for (reference, hash) in (1..).zip(&hashes) {
                assert_eq!(found(*hash, reference), Some(reference));
                index.remove(*hash, reference);
            }
            assert!(memory.iter().all(|word| word.load(Ordering::Relaxed) == 0));
        }
    }
}
