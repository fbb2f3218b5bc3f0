//! Four lookups at once, for AArch64.
//!
//! There are no gathers, so words are loaded one by one, with bounds and order as in the portable
//! code; what is computed from them is computed for four.

use core::arch::aarch64::*;

use super::super::TableHandle;
use super::super::entry::{LARGE_HEAD, MISS, OFFSET, SMALL, SMALL_HEAD, is_pointer};
use super::super::fib::{Addrs, BURST, Fib};
use super::{Work, by_one};
use crate::memory::Words;

/// Lookups of a vector.
const LANES: usize = 4;

#[target_feature(enable = "neon")]
#[inline]
fn all(value: u32) -> uint32x4_t {
    vdupq_n_u32(value)
}

#[target_feature(enable = "neon")]
#[inline]
fn load(words: &[u32; LANES]) -> uint32x4_t {
    // SAFETY: there are as many words.
    unsafe { vld1q_u32(words.as_ptr()) }
}

#[target_feature(enable = "neon")]
#[inline]
fn store(out: &mut [u32; LANES], words: uint32x4_t) {
    // SAFETY: there is room for as many words.
    unsafe { vst1q_u32(out.as_mut_ptr(), words) };
}

#[target_feature(enable = "neon")]
#[inline]
fn lanes(words: uint32x4_t) -> [u32; LANES] {
    let mut lanes = [0; LANES];
    store(&mut lanes, words);
    lanes
}

/// Each lane shifted right by as many bits as another says; 0 by 32 or more.
#[target_feature(enable = "neon")]
#[inline]
fn right(words: uint32x4_t, by: uint32x4_t) -> uint32x4_t {
    vshlq_u32(words, vnegq_s32(vreinterpretq_s32_u32(by)))
}

#[target_feature(enable = "neon")]
#[inline]
fn left(words: uint32x4_t, by: uint32x4_t) -> uint32x4_t {
    vshlq_u32(words, vreinterpretq_s32_u32(by))
}

/// The lanes that are pointers, all ones.
#[target_feature(enable = "neon")]
#[inline]
fn pointers(entries: uint32x4_t) -> uint32x4_t {
    // As numbers with a sign, pointers are those below -1.
    vcltq_s32(vreinterpretq_s32_u32(entries), vdupq_n_s32(-1))
}

#[target_feature(enable = "neon")]
#[inline]
fn any(lanes: uint32x4_t) -> bool {
    vmaxvq_u32(lanes) != 0
}

/// What the words that tell of slots do not tell about nodes: where they begin, how far their bytes
/// lie from the lowest bit, the addresses' slots, and the small ones, all ones.
#[derive(Clone, Copy)]
struct Nodes {
    at: uint32x4_t,
    shift: uint32x4_t,
    slot: uint32x4_t,
    small: uint32x4_t,
}

impl Nodes {
    /// Of entries that are pointers; the others are taken for 0.
    #[target_feature(enable = "neon")]
    #[inline]
    fn new(entries: uint32x4_t, addrs: uint32x4_t) -> Nodes {
        let at = vandq_u32(entries, all(OFFSET));
        let shift = vandq_u32(vshrq_n_u32::<24>(entries), all(24));
        let slot = vandq_u32(right(addrs, shift), all(255));
        Nodes { at, shift, slot, small: vtstq_u32(entries, all(SMALL)) }
    }

    /// slot / 24, as in `entry::word_of`.
    #[target_feature(enable = "neon")]
    #[inline]
    fn word(&self) -> uint32x4_t {
        vshrq_n_u32::<12>(vmulq_n_u32(self.slot, 171))
    }

    /// The words that tell of the slots.
    #[target_feature(enable = "neon")]
    #[inline]
    fn heads(&self, mem: Words<'_>) -> uint32x4_t {
        let word = vbicq_u32(self.word(), self.small);
        let at = vaddq_u32(vaddq_u32(self.at, all(1)), word);
        load(&lanes(at).map(|at| mem.load(at)))
    }

    /// The runs that the slots are in.
    #[target_feature(enable = "neon")]
    #[inline]
    fn runs(&self, heads: uint32x4_t) -> uint32x4_t {
        let place = vsubq_u32(self.slot, vmulq_n_u32(self.word(), 24));
        // In each byte of a large node's word: how many runs begin up to the slot. In each of a small
        // one's: 1 where the bound is behind the slot.
        let begun = right(heads, vsubq_u32(all(31), place));
        let begun = vcntq_u8(vreinterpretq_u8_u32(begun));
        let slots = vreinterpretq_u8_u32(vmulq_n_u32(self.slot, 0x0101_0101));
        let behind = vcgtq_u8(vreinterpretq_u8_u32(heads), slots);
        let behind = vandq_u8(behind, vdupq_n_u8(1));
        let bytes = vbslq_u8(vreinterpretq_u8_u32(self.small), behind, begun);
        let before = vbicq_u32(vandq_u32(heads, all(255)), self.small);
        vpadalq_u16(before, vpaddlq_u8(bytes))
    }
}

/// One node's answer in each lane, from the words on that tell of the slots; entries that are no
/// pointers stay. The nodes of `checked` lanes may have been reached by fewer bits than their prefix
/// has.
#[target_feature(enable = "neon")]
#[inline]
fn step(
    mem: Words<'_>,
    entries: uint32x4_t,
    addrs: uint32x4_t,
    nodes: &Nodes,
    heads: uint32x4_t,
    checked: uint32x4_t,
) -> uint32x4_t {
    let pointer = pointers(entries);
    let run = nodes.runs(heads);
    let width = vandq_u32(vshrq_n_u32::<29>(entries), all(3));
    let bit = left(run, vaddq_u32(width, all(3)));
    let head_words = vbslq_u32(nodes.small, all(SMALL_HEAD), all(LARGE_HEAD));
    let leaf_at = vaddq_u32(vaddq_u32(nodes.at, head_words), vshrq_n_u32::<5>(bit));
    // A pointer leads to what was written before it.
    let words = load(&lanes(leaf_at).map(|at| mem.acquire(at)));
    // The fourth width, met in damaged memory only, is as the third.
    let ones = right(all(u32::MAX), vqsubq_u32(all(32), left(all(8), width)));
    let leaf = vandq_u32(right(words, vandq_u32(bit, all(31))), ones);
    let less = veorq_u32(vshrq_n_u32::<1>(width), all(1));
    let mut found = vsubq_u32(leaf, less);

    let mut default = vceqq_u32(leaf, ones);
    if any(checked) {
        let prefix = lanes(nodes.at).map(|at| mem.load(at.wrapping_sub(1)));
        let differs = veorq_u32(load(&prefix), addrs);
        let differs = right(differs, vaddq_u32(nodes.shift, all(8)));
        default = vorrq_u32(default, vandq_u32(vtstq_u32(differs, differs), checked));
    }
    let default = vandq_u32(default, pointer);
    if any(default) {
        let defaults = lanes(vandq_u32(nodes.at, default)).map(|at| mem.acquire(at));
        found = vbslq_u32(default, load(&defaults), found);
    }
    vbslq_u32(pointer, found, entries)
}

/// Follows entries to their ends.
#[target_feature(enable = "neon")]
#[inline]
fn walk<const SKIPS: bool>(
    mem: Words<'_>,
    mut entries: uint32x4_t,
    addrs: uint32x4_t,
) -> uint32x4_t {
    let mut next = all(24);
    for _ in 0..4 {
        let pointer = pointers(entries);
        if !any(pointer) {
            return entries;
        }
        // What is no pointer loads words that are loaded anyway, or near the beginning.
        let nodes = Nodes::new(vandq_u32(entries, pointer), addrs);
        // Bits are skipped where the node looks at another byte than the next one.
        let skips = vbicq_u32(pointer, vceqq_u32(next, nodes.shift));
        let checked = if SKIPS { skips } else { all(0) };
        next = vsubq_u32(nodes.shift, all(8));
        entries = step(mem, entries, addrs, &nodes, nodes.heads(mem), checked);
    }
    vbslq_u32(pointers(entries), all(MISS), entries)
}

/// The addresses of a vector.
#[target_feature(enable = "neon")]
#[inline]
fn load_addrs(words: &[u32; LANES], network: bool) -> uint32x4_t {
    let words = load(words);
    if !network {
        return words;
    }
    vreinterpretq_u32_u8(vrev32q_u8(vreinterpretq_u8_u32(words)))
}

/// Bulk lookup in whole vectors.
#[target_feature(enable = "neon")]
pub(super) fn bulk(
    mem: Words<'_>,
    work: &Work<'_>,
    network: bool,
    addrs: &[[u32; LANES]],
    out: &mut [[u32; LANES]],
) {
    match *work {
        Work::Root(root, shift) => {
            let addrs = Addrs { words: addrs.as_flattened(), network };
            rooted(mem, root, shift, addrs, out.as_flattened_mut());
        }
        Work::Node(entry) => {
            for (addrs, out) in addrs.iter().zip(out) {
                store(out, walk::<true>(mem, all(entry), load_addrs(addrs, network)));
            }
        }
        Work::Intervals(ends, answers) => {
            for (addrs, out) in addrs.iter().zip(out) {
                let addrs = load_addrs(addrs, network);
                let mut before = all(answers);
                for &end in ends {
                    // All ones, that is -1, where the address lies behind.
                    before = vsubq_u32(before, vcgtq_u32(addrs, all(end)));
                }
                *out = lanes(before).map(|at| mem.load(at));
            }
        }
    }
}

/// Bulk lookup, each address in a table of its own, in whole vectors.
#[target_feature(enable = "neon")]
pub(super) fn mixed(
    fib: &Fib<'_>,
    tables: &[[TableHandle; LANES]],
    addrs: &[[u32; LANES]],
    out: &mut [[u32; LANES]],
) {
    for ((tables, addrs), out) in tables.iter().zip(addrs).zip(out) {
        *out = tables.map(|table| fib.word(table));
        by_one(fib, addrs, out);
        store(out, walk::<true>(fib.mem, load(out), load(addrs)));
    }
}

/// What a root has not answered, and the words that tell of the slots.
struct Pending {
    places: [u16; BURST],
    entries: [u32; BURST],
    addrs: [u32; BURST],
    heads: [u32; BURST],
}

/// Bulk lookup below a root: of each round first the root's slots, then the words that tell of the
/// slots of what is a pointer, then the rest, so that many loads are under way at once.
#[target_feature(enable = "neon")]
fn rooted(mem: Words<'_>, root: u32, shift: u32, addrs: Addrs<'_>, out: &mut [u32]) {
    let none = [0; BURST];
    let mut pending = Pending { places: [0; BURST], entries: none, addrs: none, heads: none };
    for (addrs, out) in addrs.chunks().zip(out.chunks_mut(BURST)) {
        let mut waiting = 0;
        for (place, (addr, out)) in (0..).zip(addrs.iter().zip(out.iter_mut())) {
            let entry = mem.acquire(root.wrapping_add(addr >> shift));
            *out = entry;
            // Whether it waits cannot be foreseen, so there is no branch.
            if let (Some(at), Some(to), Some(addr_to)) = (
                pending.places.get_mut(waiting),
                pending.entries.get_mut(waiting),
                pending.addrs.get_mut(waiting),
            ) {
                (*at, *to, *addr_to) = (place, entry, addr);
            }
            waiting += usize::from(is_pointer(entry));
        }
        pending.follow(mem, waiting);
        for (&place, &found) in pending.places.iter().zip(&pending.entries).take(waiting) {
            if let Some(out) = out.get_mut(usize::from(place)) {
                *out = found;
            }
        }
    }
}

impl Pending {
    /// Replaces the first entries, so many and up to a vector's end, by what they lead to.
    #[target_feature(enable = "neon")]
    #[inline]
    fn follow(&mut self, mem: Words<'_>, waiting: usize) {
        // The last vector may have lanes of earlier rounds, whose answers nobody takes.
        let vectors = waiting.div_ceil(LANES);
        let (entries, _) = self.entries.as_chunks_mut::<LANES>();
        let (addrs, _) = self.addrs.as_chunks::<LANES>();
        let (heads, _) = self.heads.as_chunks_mut::<LANES>();
        for ((entries, addrs), heads) in entries.iter().zip(addrs).zip(&mut *heads).take(vectors) {
            store(heads, Nodes::new(load(entries), load(addrs)).heads(mem));
        }
        for ((to, addrs), heads) in entries.iter_mut().zip(addrs).zip(heads).take(vectors) {
            let (entries, addrs) = (load(to), load(addrs));
            let nodes = Nodes::new(entries, addrs);
            let found = step(mem, entries, addrs, &nodes, load(heads), all(0));
            store(to, walk::<false>(mem, found, addrs));
        }
    }
}
