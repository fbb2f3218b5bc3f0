//! Lookups below a root of 16 bits.
//!
//! Most answers are behind three loads that wait for each other: the root's slot, the node's word that
//! tells of the address' slot, the leaf. Each is made word by word and not by gathers, which take more of
//! the processor and leave less for others to do meanwhile; and while one vector waits for its leaves, the
//! next are at their nodes' words and at the root.

use core::arch::x86_64::*;
use core::sync::atomic::AtomicU32;

use super::fetch::{self, Ahead, Ring};
use super::{
    LANES, Memory, ROUND, Row, Slots, all, answer, count, head_at, lane_numbers, leaf_at, load,
    load_addrs, pointers, step, store, walk, with_words,
};
use crate::memory::index;

/// So many vectors later the words are loaded that offsets were put down for.
const LAG: usize = 4;

/// The first vectors of a round, which tell whether nodes are many in it.
const PROBED: usize = 2;

/// From so many nodes in them on they are many.
const MANY: usize = 20;

/// What the first vectors of a round find in the root's slots.
type First = [__m512i; PROBED];

/// Bulk lookup in a root's slots and what they lead to.
#[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
pub(super) fn lookup<const NETWORK: bool>(
    words: &[AtomicU32],
    slots: &Slots,
    addrs: &[[u32; LANES]],
    out: &mut [[u32; LANES]],
) {
    for (addrs, out) in addrs.chunks(ROUND).zip(out.chunks_mut(ROUND)) {
        let mut first = [_mm512_setzero_si512(); PROBED];
        let mut nodes = 0;
        for (first, addrs) in first.iter_mut().zip(addrs) {
            *first = fetch::slots::<NETWORK>(slots, addrs);
            nodes += count(pointers(*first));
        }
        if nodes >= MANY {
            each::<NETWORK>(words, slots, &first, addrs, out);
        } else {
            pairs::<NETWORK>(words, slots, &first, addrs, out);
        }
    }
}

/// Takes all lanes through all steps.
#[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
#[inline(never)]
fn each<const NETWORK: bool>(
    words: &[AtomicU32],
    slots: &Slots,
    first: &First,
    addrs: &[[u32; LANES]],
    out: &mut [[u32; LANES]],
) {
    let memory = Memory::new(words);
    let mut steps = Steps::new(memory);
    let mut deep = Deep::new();
    let mut deeper = 0;
    for step in 0..addrs.len() + 2 * LAG {
        if let Some(addrs) = addrs.get(step) {
            let entries = match first.get(step) {
                Some(&first) => first,
                None => fetch::slots::<NETWORK>(slots, addrs),
            };
            steps.begin(step, entries, load_addrs::<NETWORK>(addrs));
        }
        let vector = step.wrapping_sub(LAG);
        if vector < addrs.len() {
            // SAFETY: the vector began `LAG` steps before.
            unsafe { steps.go_on(vector) };
        }
        let vector = step.wrapping_sub(2 * LAG);
        if vector < addrs.len()
            && let Some(out) = out.get_mut(vector)
        {
            // SAFETY: the vector went on `LAG` steps before.
            let (found, addrs) = unsafe { steps.end(vector) };
            deeper = deep.add(deeper, vector, found, addrs);
            store(out, found);
        }
    }
    deep.follow(deeper, memory, out);
}

/// Takes the lanes through all steps that do not end at the root, those of two vectors brought
/// together in one, as most have room there. What the root's slots hold waits in the output.
#[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
#[inline(never)]
fn pairs<const NETWORK: bool>(
    words: &[AtomicU32],
    slots: &Slots,
    first: &First,
    addrs: &[[u32; LANES]],
    out: &mut [[u32; LANES]],
) {
    let (pairs, rest) = addrs.as_chunks::<2>();
    let (outs, rest_out) = out.as_chunks_mut::<2>();
    let most = pairs.len().min(outs.len());
    let memory = Memory::new(words);
    let mut steps = Steps::new(memory);
    for step in 0..most + 2 * LAG {
        if let (Some([one, two]), Some([out, two_out])) = (pairs.get(step), outs.get_mut(step)) {
            let [entries, two_entries] = match first.as_chunks().0.get(step) {
                Some(&first) => first,
                None => [fetch::slots::<NETWORK>(slots, one), fetch::slots::<NETWORK>(slots, two)],
            };
            let (addrs, two_addrs) = (load_addrs::<NETWORK>(one), load_addrs::<NETWORK>(two));
            let waits = [pointers(entries), pointers(two_entries)];
            store(out, entries);
            store(two_out, two_entries);
            if count(waits[0]) + count(waits[1]) > LANES {
                // The second's go through by themselves. Nothing waits there then.
                store(two_out, through(memory, two_entries, two_addrs));
            }
            steps.begin(
                step,
                together(waits, entries, two_entries),
                together(waits, addrs, two_addrs),
            );
        }
        let pair = step.wrapping_sub(LAG);
        if pair < most {
            // SAFETY: the pair began `LAG` steps before.
            unsafe { steps.go_on(pair) };
        }
        let pair = step.wrapping_sub(2 * LAG);
        if pair < most
            && let Some([out, two_out]) = outs.get_mut(pair)
        {
            // SAFETY: the pair went on `LAG` steps before.
            let (mut found, addrs) = unsafe { steps.end(pair) };
            if pointers(found) != 0 {
                found = walk(memory, found, addrs);
            }
            let (entries, two_entries) = (load(out), load(two_out));
            let waited = pointers(entries);
            store(out, _mm512_mask_expand_epi32(entries, waited, found));
            let found = _mm512_maskz_compress_epi32(behind(waited), found);
            store(two_out, _mm512_mask_expand_epi32(two_entries, pointers(two_entries), found));
        }
    }
    for (addrs, out) in rest.iter().zip(rest_out) {
        let entries = fetch::slots::<NETWORK>(slots, addrs);
        store(out, through(memory, entries, load_addrs::<NETWORK>(addrs)));
    }
}

/// Vectors on their way from the root's slots to the answers, each some steps before the next.
struct Steps {
    memory: Memory,
    entries: Ring<ROUND>,
    addrs: Ring<ROUND>,
    /// The offsets of nodes' words that tell of slots, and of words of leaves.
    heads: Ahead<{ 2 * LAG }>,
    leaves: Ahead<{ 2 * LAG }>,
    /// Where in their words leaves begin.
    bits: Ring<{ 2 * LAG }>,
}

impl Steps {
    fn new(memory: Memory) -> Steps {
        let (entries, addrs, bits) = (Ring::new(), Ring::new(), Ring::new());
        let (heads, leaves) = (Ahead::new(), Ahead::new());
        Steps { memory, entries, addrs, heads, leaves, bits }
    }

    /// The first step of a vector: what the root's slots hold, and the addresses.
    #[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
    #[inline]
    fn begin(&mut self, vector: usize, entries: __m512i, addrs: __m512i) {
        self.entries.put(vector, entries);
        self.addrs.put(vector, addrs);
        self.heads.put(self.memory, vector, head_at(entries, slots_below(addrs)));
    }

    /// The second step: the nodes' words.
    ///
    /// # Safety
    ///
    /// The vector has begun.
    #[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
    #[inline]
    unsafe fn go_on(&mut self, vector: usize) {
        // SAFETY: the vector has begun.
        let entries = unsafe { self.entries.get(vector) };
        // SAFETY: as above.
        let addrs = unsafe { self.addrs.get(vector) };
        // SAFETY: as above, and all offsets are for the one memory.
        let heads = unsafe { self.heads.words(self.memory, vector) };
        let (at, bits) = leaf_at(entries, slots_below(addrs), heads);
        self.leaves.put(self.memory, vector, at);
        self.bits.put(vector, bits);
    }

    /// The last step: what the leaves hold, and the addresses. Lanes without a pointer stay as they are.
    ///
    /// # Safety
    ///
    /// The vector has gone on.
    #[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
    #[inline]
    unsafe fn end(&self, vector: usize) -> (__m512i, __m512i) {
        // SAFETY: the vector has begun.
        let entries = unsafe { self.entries.get(vector) };
        // SAFETY: as above.
        let addrs = unsafe { self.addrs.get(vector) };
        // SAFETY: it has gone on.
        let bits = unsafe { self.bits.get(vector) };
        // SAFETY: as above, and all offsets are for the one memory.
        let leaves = unsafe { self.leaves.words(self.memory, vector) };
        (answer(self.memory, entries, leaves, bits, 0), addrs)
    }
}

/// The lanes of two vectors that wait, those of the second behind those of the first, as far as there is room.
#[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
#[inline]
fn together([one, two]: [__mmask16; 2], first: __m512i, second: __m512i) -> __m512i {
    let first = _mm512_maskz_compress_epi32(one, first);
    _mm512_mask_expand_epi32(first, behind(one), _mm512_maskz_compress_epi32(two, second))
}

/// All steps below the root, one after the other.
#[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
#[inline]
fn through(memory: Memory, entries: __m512i, addrs: __m512i) -> __m512i {
    walk(memory, step(memory, entries, addrs), addrs)
}

/// The lanes behind so many as a set has.
#[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
#[inline]
fn behind(lanes: __mmask16) -> __mmask16 {
    _cvtu32_mask16(0xFFFF_u32 << _cvtmask16_u32(lanes).count_ones())
}

/// The lanes that have met a second node, brought together: its entry, the address, and the place of
/// the answer. How many there are is not kept beside them: the rows would be made zero with it.
struct Deep {
    entries: Row,
    addrs: Row,
    places: Row,
}

impl Deep {
    fn new() -> Deep {
        Deep { entries: Row::new(), addrs: Row::new(), places: Row::new() }
    }

    /// Adds the lanes of a vector that hold a pointer behind those that are there; gives how many there
    /// are then.
    #[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
    #[inline]
    fn add(&mut self, before: usize, vector: usize, entries: __m512i, addrs: __m512i) -> usize {
        let lanes = pointers(entries);
        if lanes == 0 {
            return before;
        }
        let first = all(u32::try_from(vector * LANES).unwrap_or(0));
        let places = _mm512_add_epi32(first, lane_numbers());
        self.entries.store(before, _mm512_maskz_compress_epi32(lanes, entries));
        self.addrs.store(before, _mm512_maskz_compress_epi32(lanes, addrs));
        self.places.store(before, _mm512_maskz_compress_epi32(lanes, places));
        before + count(lanes)
    }

    /// Follows so many to their ends, and puts the answers in their places.
    #[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
    #[inline]
    fn follow(&mut self, count: usize, memory: Memory, out: &mut [[u32; LANES]]) {
        if count == 0 {
            return;
        }
        // So that the last vector is whole.
        self.entries.store(count, _mm512_setzero_si512());
        self.addrs.store(count, _mm512_setzero_si512());
        self.places.store(count, _mm512_setzero_si512());
        for from in (0..count).step_by(LANES) {
            let found = walk(memory, self.entries.load(from), self.addrs.load(from));
            self.entries.store(from, found);
        }
        let vectors = count.div_ceil(LANES);
        let places = self.places.vectors(vectors).as_flattened();
        let found = self.entries.vectors(vectors).as_flattened();
        let out = out.as_flattened_mut();
        for (&place, &found) in places.iter().zip(found).take(count) {
            if let Some(out) = out.get_mut(index(place)) {
                *out = found;
            }
        }
    }
}

/// The slots of addresses in nodes below the root, with their words.
#[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
#[inline]
fn slots_below(addrs: __m512i) -> __m512i {
    // Of 0xaabbccdd there will be 0x00cccc00.
    let third = _mm512_set4_epi32(
        0x800D_0D80_u32.cast_signed(),
        0x8009_0980_u32.cast_signed(),
        0x8005_0580_u32.cast_signed(),
        0x8001_0180_u32.cast_signed(),
    );
    with_words(_mm512_shuffle_epi8(addrs, third))
}
