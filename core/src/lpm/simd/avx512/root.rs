//! Lookups below a root of 16 bits.
//!
//! Most answers are behind three loads that wait for each other: the root's slot, the node's word that
//! tells of the address' slot, the leaf. Each is made word by word and not by gathers, which are no
//! faster where the caches hold the words and leave less for others to do meanwhile; and while one
//! vector waits for its leaves, the next are at their nodes' words and at the root.

use core::arch::x86_64::*;
use core::hint::black_box;
use core::sync::atomic::{AtomicU32, Ordering};

use super::super::super::entry::MISS;
use super::{
    LANES, Memory, ROUND, Row, all, answer, count, head_at, lane_numbers, leaf_at, load,
    load_addrs, pointers, store, walk, with_words,
};
use crate::memory::index;

/// The slots of a root.
pub(super) type Slots = [AtomicU32; 1 << 16];

/// So many vectors later, what was loaded word by word is used: stores of single words have to reach the
/// cache before a whole vector of them can be loaded.
const LAG: usize = 3;

/// The first vectors of a round, which tell whether nodes are many in it.
const PROBED: usize = 2;

/// From so many vectors on in a round it is worth while to look.
const LONG: usize = 8;

/// Bulk lookup in a root's slots and what they lead to.
#[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
pub(super) fn lookup<const NETWORK: bool>(
    memory: Memory,
    slots: &Slots,
    addrs: &[[u32; LANES]],
    out: &mut [[u32; LANES]],
) {
    let mut steps = Steps::new(memory);
    for (addrs, out) in addrs.chunks(ROUND).zip(out.chunks_mut(ROUND)) {
        if !steps.some::<NETWORK>(slots, addrs, out) {
            steps.all::<NETWORK>(slots, addrs, out);
        }
    }
}

/// The root's slots of a vector, gathered.
#[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
#[inline]
fn gathered(slots: &Slots, addrs: __m512i) -> __m512i {
    Memory::new(slots).gather(_mm512_srli_epi32::<16>(addrs), u16::MAX)
}

/// The steps of a round from the root's slots to the answers.
struct Steps {
    memory: Memory,
    /// What the root's slots hold.
    entries: Row,
    /// The words of nodes that tell of slots, where in their words leaves begin, the words of leaves.
    heads: Row,
    bits: Row,
    leaves: Row,
}

impl Steps {
    fn new(memory: Memory) -> Steps {
        let (entries, heads) = (Row::new(), Row::new());
        let (bits, leaves) = (Row::new(), Row::new());
        Steps { memory, entries, heads, bits, leaves }
    }

    /// Takes the lanes through the steps that do not end at the root, brought together; if they are
    /// few, as the first vectors tell, whose entries are left in the output where they are not. The
    /// root is what costs then, and gathers leave it the most room.
    #[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
    #[inline(never)]
    fn some<const NETWORK: bool>(
        &mut self,
        slots: &Slots,
        addrs: &[[u32; LANES]],
        out: &mut [[u32; LANES]],
    ) -> bool {
        let mut addr_row = Row::new();
        let mut waiting = 0;
        // Not known to the compiler, so that all addresses are loaded by one instruction: from that the
        // processor foresees which are next.
        let last_probed = black_box(if addrs.len() < LONG { usize::MAX } else { PROBED - 1 });
        for (vector, (addrs, out)) in addrs.iter().zip(out.iter_mut()).enumerate() {
            let addrs = load_addrs::<NETWORK>(addrs);
            let entries = gathered(slots, addrs);
            store(out, entries);
            let waits = pointers(entries);
            self.entries.store(waiting, _mm512_maskz_compress_epi32(waits, entries));
            addr_row.store(waiting, _mm512_maskz_compress_epi32(waits, addrs));
            waiting += count(waits);
            if vector == last_probed && 2 * waiting >= PROBED * LANES {
                return false;
            }
        }
        // So that whole vectors can be loaded up to the end.
        self.entries.store(waiting, _mm512_setzero_si512());
        addr_row.store(waiting, _mm512_setzero_si512());
        // First all words that tell of slots, then the rest, so that more loads are under way at
        // once. The last vector may have lanes that hold no pointer, which stay as they are.
        for vector in (0..waiting).step_by(LANES) {
            let (entries, addrs) = (self.entries.load(vector), addr_row.load(vector));
            let at = head_at(entries, slots_below(addrs));
            self.heads.store(vector, self.memory.gather(at, pointers(entries)));
        }
        for vector in (0..waiting).step_by(LANES) {
            let (entries, addrs) = (self.entries.load(vector), addr_row.load(vector));
            let (at, bits) = leaf_at(entries, slots_below(addrs), self.heads.load(vector));
            let leaves = self.memory.gather(at, pointers(entries));
            let found = answer(self.memory, entries, leaves, bits, 0);
            self.entries.store(vector, walk(self.memory, found, addrs));
        }
        let mut done = 0;
        for out in out.iter_mut() {
            let entries = load(out);
            store(out, self.entries.spread(&mut done, entries));
        }
        true
    }

    /// Takes all lanes through all steps, each vector some steps behind the next. The entries of the
    /// first vectors are in the output.
    #[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
    #[inline(never)]
    fn all<const NETWORK: bool>(
        &mut self,
        slots: &Slots,
        addrs: &[[u32; LANES]],
        out: &mut [[u32; LANES]],
    ) {
        let mut deep = Deep::new();
        let mut deeper = 0;
        for (vector, out) in out.iter().enumerate().take(PROBED) {
            self.entries.store(vector * LANES, load(out));
        }
        for step in PROBED..addrs.len() + 3 * LAG {
            if let Some(addrs) = addrs.get(step) {
                self.load_slots::<NETWORK>(slots, step, addrs);
            }
            let vector = step.wrapping_sub(LAG);
            if let Some(addrs) = addrs.get(vector) {
                self.head(vector, load_addrs::<NETWORK>(addrs));
            }
            let vector = step.wrapping_sub(2 * LAG);
            if let Some(addrs) = addrs.get(vector) {
                self.leaf(vector, load_addrs::<NETWORK>(addrs));
            }
            let vector = step.wrapping_sub(3 * LAG);
            if let (Some(addrs), Some(out)) = (addrs.get(vector), out.get_mut(vector)) {
                let found = self.found(vector);
                deeper = deep.add(deeper, vector, found, load_addrs::<NETWORK>(addrs));
                store(out, found);
            }
        }
        deep.follow(deeper, self.memory, out);
    }

    /// Loads the root's slots of a vector.
    #[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
    #[inline]
    fn load_slots<const NETWORK: bool>(
        &mut self,
        slots: &Slots,
        vector: usize,
        addrs: &[u32; LANES],
    ) {
        for (&addr, to) in addrs.iter().zip(self.entries.room(vector * LANES)) {
            let addr = if NETWORK { u32::from_be(addr) } else { addr };
            let slot = usize::from(u16::try_from(addr >> 16).unwrap_or(0));
            to.write(slots.get(slot).map_or(MISS, |entry| entry.load(Ordering::Acquire)));
        }
    }

    /// Loads the words of nodes that tell of slots.
    #[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
    #[inline]
    fn head(&mut self, vector: usize, addrs: __m512i) {
        let entries = self.entries.load(vector * LANES);
        self.heads.fetch(vector * LANES, self.memory, head_at(entries, slots_below(addrs)));
    }

    /// Loads the words of leaves.
    #[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
    #[inline]
    fn leaf(&mut self, vector: usize, addrs: __m512i) {
        let entries = self.entries.load(vector * LANES);
        let head = self.heads.load(vector * LANES);
        let (at, bits) = leaf_at(entries, slots_below(addrs), head);
        self.bits.store(vector * LANES, bits);
        self.leaves.fetch(vector * LANES, self.memory, at);
    }

    /// What the leaves hold; lanes without a pointer stay as they are.
    #[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
    #[inline]
    fn found(&mut self, vector: usize) -> __m512i {
        let entries = self.entries.load(vector * LANES);
        let (leaves, bits) = (self.leaves.load(vector * LANES), self.bits.load(vector * LANES));
        answer(self.memory, entries, leaves, bits, 0)
    }
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
