//! Lookups from nodes on: of one table without a root, and of many tables at once.
//!
//! Lanes that have a node to look at are brought together level by level, so that nothing is loaded for
//! those that are done. On each level first come the words that tell of slots, then the leaves, so
//! that many loads are under way at once.

use core::arch::x86_64::*;
use core::sync::atomic::AtomicU32;

use super::super::super::entry::{MISS, OFFSET, SMALL};
use super::super::super::fib::{DEPTH, Fib};
use super::{
    LANES, Memory, ROUND, Row, all, answer, count, ended, head_at, lane_numbers, leaf_at, load,
    load_addrs, place, pointers, resolve, shift_of, skipped, slots, store,
};

/// Words of so few vectors are gathered: they are used before single stores would have reached the
/// cache.
const FEW: usize = 2;

/// The lanes of a large node's words that tell of slots.
const HEADS: __mmask16 = (1 << 11) - 1;

/// The node that all lookups of a table begin with; its words that tell of slots are loaded once.
struct First {
    entry: __m512i,
    prefix: __m512i,
    default: __m512i,
    /// The lanes that have to be checked: all, or none if no bits are skipped before the node.
    checked: __mmask16,
    heads_at: __m512i,
    heads: __m512i,
}

impl First {
    #[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
    fn new(memory: Memory, entry: u32) -> First {
        let entry = all(entry);
        let at = _mm512_and_si512(entry, all(OFFSET));
        let heads_at = _mm512_add_epi32(at, all(1));
        let heads = memory.gather(_mm512_add_epi32(heads_at, lane_numbers()), HEADS);
        let prefix = memory.gather(_mm512_sub_epi32(at, all(1)), u16::MAX);
        let default = memory.gather(at, u16::MAX);
        First {
            entry,
            prefix,
            default,
            checked: skipped(all(32), entry, u16::MAX),
            heads_at,
            heads,
        }
    }

    /// The entries that the node has for addresses.
    #[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
    #[inline]
    fn step(&self, memory: Memory, addrs: __m512i) -> __m512i {
        let outside = outside(self.prefix, self.entry, addrs, self.checked);
        if outside == u16::MAX {
            return self.default;
        }
        let slots = slots(self.entry, addrs);
        let large = _mm512_testn_epi32_mask(self.entry, all(SMALL));
        let word = _mm512_maskz_srli_epi32::<16>(large, slots);
        let heads = _mm512_permutexvar_epi32(word, self.heads);
        let (at, bits) = leaf_at(self.entry, slots, heads);
        let leaves = if large == 0 {
            _mm512_permutexvar_epi32(_mm512_sub_epi32(at, self.heads_at), self.heads)
        } else {
            memory.gather(at, u16::MAX)
        };
        let found = answer(memory, self.entry, leaves, bits, 0);
        _mm512_mask_mov_epi32(found, outside, self.default)
    }
}

/// Takes a few vectors to their ends, one beside the other. `before`: as in [`Levels`].
#[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
#[inline]
fn few<const N: usize>(
    memory: Memory,
    nodes: usize,
    mut entries: [__m512i; N],
    mut before: [__m512i; N],
    addrs: [__m512i; N],
) -> [__m512i; N] {
    for _ in 0..nodes {
        if entries.iter().fold(0, |any, &entries| any | pointers(entries)) == 0 {
            return entries;
        }
        let mut heads = [_mm512_setzero_si512(); N];
        let mut beyond = [0; N];
        let vectors = heads.iter_mut().zip(&mut beyond).zip(&entries).zip(before).zip(addrs);
        for ((((heads, beyond), &entries), before), addrs) in vectors {
            let lanes = pointers(entries);
            let checked = skipped(before, entries, lanes);
            if checked != 0 {
                let prefixes = memory.gather(prefix_at(entries), checked);
                *beyond = outside(prefixes, entries, addrs, checked);
            }
            *heads = memory.gather(head_at(entries, slots(entries, addrs)), lanes);
        }
        let vectors = entries.iter_mut().zip(&mut before).zip(heads).zip(beyond).zip(addrs);
        for ((((entries, before), heads), beyond), addrs) in vectors {
            let (at, bits) = leaf_at(*entries, slots(*entries, addrs), heads);
            let at = _mm512_mask_mov_epi32(at, beyond, place(*entries));
            let words = memory.gather(at, pointers(*entries));
            *before = shift_of(*entries);
            *entries = answer(memory, *entries, words, bits, beyond);
        }
    }
    for entries in &mut entries {
        *entries = ended(*entries);
    }
    entries
}

/// Bulk lookup from one node on.
#[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
pub(in super::super) fn node<const NETWORK: bool>(
    words: &[AtomicU32],
    entry: u32,
    addrs: &[[u32; LANES]],
    out: &mut [[u32; LANES]],
) {
    let memory = Memory::new(words);
    let first = First::new(memory, entry);
    let next = shift_of(first.entry);
    match (addrs, &mut *out) {
        ([one], [one_out]) => {
            let one = load_addrs::<NETWORK>(one);
            let [found] = few(memory, DEPTH - 1, [first.step(memory, one)], [next], [one]);
            store(one_out, found);
        }
        ([one, two], [one_out, two_out]) => {
            let (one, two) = (load_addrs::<NETWORK>(one), load_addrs::<NETWORK>(two));
            let entries = [first.step(memory, one), first.step(memory, two)];
            let [one, two] = few(memory, DEPTH - 1, entries, [next; 2], [one, two]);
            store(one_out, one);
            store(two_out, two);
        }
        _ => rounds::<NETWORK>(memory, &first, addrs, out),
    }
}

/// As [`node`], for many. Not inlined, as a few would have its rows on their stack.
#[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
#[inline(never)]
fn rounds<const NETWORK: bool>(
    memory: Memory,
    first: &First,
    addrs: &[[u32; LANES]],
    out: &mut [[u32; LANES]],
) {
    let mut levels = Levels::<1>::new(memory);
    for (addrs, out) in addrs.chunks(ROUND).zip(out.chunks_mut(ROUND)) {
        let mut waiting = 0;
        for (addrs, out) in addrs.iter().zip(out.iter_mut()) {
            let addrs = load_addrs::<NETWORK>(addrs);
            let found = first.step(memory, addrs);
            store(out, found);
            waiting = levels.add(1, waiting, found, addrs, shift_of(first.entry));
        }
        levels.follow(waiting, out);
    }
}

/// Bulk lookup, each address in a table of its own.
#[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
pub(in super::super) fn mixed(
    fib: &Fib<'_>,
    tables: &[[u32; LANES]],
    addrs: &[[u32; LANES]],
    out: &mut [[u32; LANES]],
) {
    let memory = Memory::new(fib.mem.0);
    match (tables, addrs, &mut *out) {
        ([tables], [addrs], [out]) => {
            let addrs = load(addrs);
            let (entries, before) = begun(memory, fib, load(tables), addrs);
            let [found] = few(memory, DEPTH, [entries], [before], [addrs]);
            store(out, found);
        }
        ([table, tables], [one, two], [one_out, two_out]) => {
            let (one, two) = (load(one), load(two));
            let (first, first_before) = begun(memory, fib, load(table), one);
            let (second, second_before) = begun(memory, fib, load(tables), two);
            let before = [first_before, second_before];
            let [one, two] = few(memory, DEPTH, [first, second], before, [one, two]);
            store(one_out, one);
            store(two_out, two);
        }
        _ => mixed_rounds(memory, fib, tables, addrs, out),
    }
}

/// As [`mixed`], for many.
#[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
#[inline(never)]
fn mixed_rounds(
    memory: Memory,
    fib: &Fib<'_>,
    tables: &[[u32; LANES]],
    addrs: &[[u32; LANES]],
    out: &mut [[u32; LANES]],
) {
    let mut levels = Levels::<0>::new(memory);
    let rounds = tables.chunks(ROUND).zip(addrs.chunks(ROUND)).zip(out.chunks_mut(ROUND));
    for ((tables, addrs), out) in rounds {
        let mut waiting = 0;
        for ((tables, addrs), out) in tables.iter().zip(addrs).zip(out.iter_mut()) {
            let addrs = load(addrs);
            let (entries, before) = begun(memory, fib, load(tables), addrs);
            store(out, entries);
            waiting = levels.add(0, waiting, entries, addrs, before);
        }
        levels.follow(waiting, out);
    }
}

/// The entries that lookups in tables go on from, and what the nodes before looked at.
#[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
#[inline]
fn begun(memory: Memory, fib: &Fib<'_>, tables: __m512i, addrs: __m512i) -> (__m512i, __m512i) {
    let known = _mm512_cmplt_epu32_mask(tables, all(fib.max_tables));
    let words = memory.gather(_mm512_add_epi32(tables, all(fib.tables)), known);
    let entries = _mm512_mask_mov_epi32(all(MISS), known, words);
    let widths = _mm512_and_si512(_mm512_srli_epi32::<29>(entries), all(3));
    let special = _mm512_mask_cmpeq_epi32_mask(pointers(entries), widths, all(3));
    if special == 0 {
        return (entries, all(32));
    }
    let entries = resolve(memory, fib, entries, addrs, special);
    // Behind a root no bits are skipped.
    let next = _mm512_add_epi32(shift_of(entries), all(8));
    (entries, _mm512_mask_mov_epi32(all(32), special, next))
}

/// The lanes of a round that are under way, from the first level on or, where all have gone through that,
/// from the second.
struct Levels<const FIRST: usize> {
    memory: Memory,
    /// By level, what those that have come there hold: a node, then what it has answered.
    entries: [Row; DEPTH],
    addrs: Row,
    /// What the nodes before looked at: how far it lies from the lowest bit.
    before: Row,
    /// By vector, the lanes that have to be checked against their nodes' prefixes, then those outside.
    outside: [__mmask16; ROUND],
    /// The words that tell of slots, then where in their words leaves begin.
    heads: Row,
    /// Nodes' prefixes, then the words of leaves.
    words: Row,
}

impl<const FIRST: usize> Levels<FIRST> {
    fn new(memory: Memory) -> Self {
        let entries = [Row::new(), Row::new(), Row::new(), Row::new()];
        let (addrs, before) = (Row::new(), Row::new());
        let (heads, words) = (Row::new(), Row::new());
        let outside = [0; ROUND];
        Levels { memory, entries, addrs, before, outside, heads, words }
    }

    /// Adds the lanes that hold pointers behind those that wait on a level; gives how many wait then.
    #[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
    #[inline]
    fn add(
        &mut self,
        level: usize,
        waiting: usize,
        entries: __m512i,
        addrs: __m512i,
        before: __m512i,
    ) -> usize {
        let lanes = pointers(entries);
        if let Some(row) = self.entries.get_mut(level) {
            row.store(waiting, _mm512_maskz_compress_epi32(lanes, entries));
        }
        self.addrs.store(waiting, _mm512_maskz_compress_epi32(lanes, addrs));
        self.before.store(waiting, _mm512_maskz_compress_epi32(lanes, before));
        waiting + count(lanes)
    }

    /// Takes those that wait on a level to their ends, and brings the answers to where the output has
    /// pointers.
    #[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
    #[inline]
    fn follow(&mut self, waiting: usize, out: &mut [[u32; LANES]]) {
        if waiting == 0 {
            return;
        }
        let mut counts = [0; DEPTH];
        let mut next = waiting;
        for (level, count) in counts.iter_mut().enumerate().skip(FIRST) {
            *count = next;
            next = self.step(level, *count);
            if next == 0 {
                break;
            }
        }
        let [first, second, third, fourth] = &mut self.entries;
        let [one, two, three, four] = counts;
        third.fill(three, fourth, four);
        second.fill(two, third, three);
        first.fill(one, second, two);
        let Some(answers) = self.entries.get_mut(FIRST) else { return };
        let mut done = 0;
        for out in out.iter_mut() {
            let entries = load(out);
            store(out, answers.spread(&mut done, entries));
        }
    }

    /// Has the nodes of a level answer those that wait there; gives how many wait on the next.
    #[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
    #[inline]
    fn step(&mut self, level: usize, waiting: usize) -> usize {
        let memory = self.memory;
        let Some(row) = self.entries.get_mut(level) else { return 0 };
        // So that the last vector is whole.
        let nothing = _mm512_setzero_si512();
        row.store(waiting, nothing);
        self.addrs.store(waiting, nothing);
        self.before.store(waiting, nothing);
        let loads = Loads { memory, words: waiting };
        for (vector, lanes) in (0..waiting).step_by(LANES).zip(&mut self.outside) {
            let (entries, addrs) = (row.load(vector), self.addrs.load(vector));
            *lanes = skipped(self.before.load(vector), entries, pointers(entries));
            if FIRST == 0 && level == 0 {
                // Most tables skip the first byte, seldom do nodes further down.
                loads.ask(&mut self.words, vector, prefix_at(entries));
            } else if *lanes != 0 {
                self.words.store(vector, memory.gather(prefix_at(entries), *lanes));
            }
            loads.ask(&mut self.heads, vector, head_at(entries, slots(entries, addrs)));
        }
        for (vector, lanes) in (0..waiting).step_by(LANES).zip(&mut self.outside) {
            let (entries, addrs) = (row.load(vector), self.addrs.load(vector));
            let heads = loads.have(&mut self.heads, vector);
            let (mut at, bits) = leaf_at(entries, slots(entries, addrs), heads);
            if *lanes != 0 {
                let prefixes = if FIRST == 0 && level == 0 {
                    loads.have(&mut self.words, vector)
                } else {
                    self.words.load(vector)
                };
                *lanes = outside(prefixes, entries, addrs, *lanes);
                at = _mm512_mask_mov_epi32(at, *lanes, place(entries));
            }
            self.heads.store(vector, bits);
            loads.ask(&mut self.words, vector, at);
        }
        let mut next = 0;
        for (vector, outside) in (0..waiting).step_by(LANES).zip(self.outside) {
            let Some(row) = self.entries.get_mut(level) else { break };
            let (entries, addrs) = (row.load(vector), self.addrs.load(vector));
            let (leaves, bits) = (loads.have(&mut self.words, vector), self.heads.load(vector));
            let mut found = answer(memory, entries, leaves, bits, outside);
            if level + 1 == DEPTH {
                found = ended(found);
            }
            row.store(vector, found);
            // Never behind what has been read.
            next = self.add(level + 1, next, found, addrs, shift_of(entries));
        }
        next
    }
}

/// How words are loaded: few by gathers, many one by one, by offsets that were stored some vectors before.
#[derive(Clone, Copy)]
struct Loads {
    memory: Memory,
    /// How many.
    words: usize,
}

impl Loads {
    /// Asks for the words at some offsets.
    #[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
    #[inline]
    fn ask(self, row: &mut Row, vector: usize, at: __m512i) {
        let asked = if self.are_few() {
            self.memory.gather(at, u16::MAX)
        } else {
            _mm512_min_epu32(at, self.memory.last)
        };
        row.store(vector, asked);
    }

    /// The words that a vector of the row was asked for.
    #[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
    #[inline]
    fn have(self, row: &mut Row, vector: usize) -> __m512i {
        if !self.are_few() {
            // SAFETY: [`Loads::ask`] has stored these offsets, none behind the last.
            unsafe { row.words(vector, self.memory) }
        } else {
            row.load(vector)
        }
    }

    fn are_few(self) -> bool {
        self.words <= FEW * LANES
    }
}

/// Where nodes' prefixes lie.
#[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
#[inline]
fn prefix_at(entries: __m512i) -> __m512i {
    _mm512_sub_epi32(place(entries), all(1))
}

/// The lanes of `checked` in which an address is outside the prefix of its node.
#[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
#[inline]
fn outside(prefixes: __m512i, entries: __m512i, addrs: __m512i, checked: __mmask16) -> __mmask16 {
    let differs = _mm512_xor_si512(prefixes, addrs);
    let differs = _mm512_srlv_epi32(differs, _mm512_add_epi32(shift_of(entries), all(8)));
    _mm512_mask_test_epi32_mask(checked, differs, differs)
}

impl Row {
    /// Brings so many answers of the next level to where its first `words` have pointers.
    #[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
    #[inline]
    fn fill(&mut self, words: usize, next: &mut Row, answers: usize) {
        if answers == 0 {
            return;
        }
        let mut done = 0;
        for vector in (0..words).step_by(LANES) {
            let entries = self.load(vector);
            self.store(vector, next.spread(&mut done, entries));
        }
    }
}

#[cfg(test)]
#[path = "nodes_tests.rs"]
mod tests;
