//! Lookups from nodes on: of one table without a root, and of many tables at once.
//!
//! Lanes that have a node to look at are brought together level by level, so that nothing is loaded for
//! those that are done. On each level first come the words that tell of slots, then the rest, so that
//! many loads are under way at once.
//!
//! The kernel for AVX-512 has the same levels. They are written twice, since what processors a function
//! is compiled for does not come with the type of its vectors.

use core::arch::x86_64::*;

use super::super::super::entry::MISS;
use super::super::super::fib::{DEPTH, Fib};
use super::super::by_one;
use super::{
    LANES, Memory, PACK, ROUND, Row, SPREAD, all, bits, count, ended, head, load, load_addrs,
    order, pointers, shifts, step, store, walk,
};

/// So few vectors go through all steps by themselves.
const SHORT: usize = 2;

/// Bulk lookup from one node on.
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt,lzcnt")]
pub(super) fn node<const NETWORK: bool>(
    memory: Memory,
    entry: u32,
    addrs: &[[u32; LANES]],
    out: &mut [[u32; LANES]],
) {
    let (first, every) = (all(entry), all(u32::MAX));
    let checked = _mm256_andnot_si256(_mm256_cmpeq_epi32(all(24), shifts(first)), every);
    let next = _mm256_sub_epi32(shifts(first), all(8));
    if addrs.len() <= SHORT {
        for (addrs, out) in addrs.iter().zip(out) {
            store(out, walk::<true>(memory, first, load_addrs::<NETWORK>(addrs)));
        }
        return;
    }
    let mut levels = Levels::new(memory);
    for (addrs, out) in addrs.chunks(ROUND).zip(out.chunks_mut(ROUND)) {
        let mut waiting = 0;
        for (addrs, out) in addrs.iter().zip(out.iter_mut()) {
            let addrs = load_addrs::<NETWORK>(addrs);
            let heads = head(memory, first, addrs, every);
            let found = step(memory, first, addrs, heads, every, checked);
            store(out, found);
            waiting = levels.add(1, waiting, found, addrs, next);
        }
        levels.follow(1, waiting, out);
    }
}

/// Bulk lookup, each address in a table of its own, in memory of at least one word.
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt,lzcnt")]
pub(in super::super) fn mixed(
    fib: &Fib<'_>,
    tables: &[[u32; LANES]],
    addrs: &[[u32; LANES]],
    out: &mut [[u32; LANES]],
) {
    let memory = Memory::new(fib.mem.0);
    let mut levels = Levels::new(memory);
    let rounds = tables.chunks(ROUND).zip(addrs.chunks(ROUND)).zip(out.chunks_mut(ROUND));
    for ((tables, addrs), out) in rounds {
        let mut waiting = 0;
        for ((tables, addrs), out) in tables.iter().zip(addrs).zip(out.iter_mut()) {
            let numbers = load(tables);
            // The larger of both is the number of tables where there is no such table.
            let limit = all(fib.max_tables);
            let unknown = _mm256_cmpeq_epi32(_mm256_max_epu32(numbers, limit), numbers);
            let known = _mm256_andnot_si256(unknown, all(u32::MAX));
            let words = memory.gather(_mm256_add_epi32(numbers, all(fib.tables)), known);
            let entries = _mm256_blendv_epi8(all(MISS), words, known);
            store(out, entries);
            // A pointer with both bits of the width is one to no node.
            let is_special = _mm256_cmpeq_epi32(_mm256_srli_epi32::<29>(entries), all(7));
            if bits(_mm256_and_si256(is_special, pointers(entries))) != 0 {
                by_one(fib, addrs, out);
            }
            let entries = load(out);
            if bits(pointers(entries)) != 0 {
                waiting = levels.add(0, waiting, entries, load(addrs), all(24));
            }
        }
        levels.follow(0, waiting, out);
    }
}

/// The lanes of a round that are under way.
struct Levels {
    memory: Memory,
    /// By level, what those that have come there hold: a node, then what it has answered.
    entries: [Row; DEPTH],
    addrs: Row,
    /// The shifts of nodes before which no bits are skipped.
    next: Row,
    heads: Row,
}

impl Levels {
    fn new(memory: Memory) -> Levels {
        let entries = [Row::new(), Row::new(), Row::new(), Row::new()];
        Levels { memory, entries, addrs: Row::new(), next: Row::new(), heads: Row::new() }
    }

    /// Adds the lanes that hold pointers behind those that wait on a level; gives how many wait then.
    #[target_feature(enable = "avx2,bmi1,bmi2,popcnt,lzcnt")]
    #[inline]
    fn add(
        &mut self,
        level: usize,
        waiting: usize,
        entries: __m256i,
        addrs: __m256i,
        next: __m256i,
    ) -> usize {
        let waits = bits(pointers(entries));
        let order = order(&PACK, waits);
        if let Some(row) = self.entries.get_mut(level) {
            row.store(waiting, _mm256_permutevar8x32_epi32(entries, order));
        }
        self.addrs.store(waiting, _mm256_permutevar8x32_epi32(addrs, order));
        self.next.store(waiting, _mm256_permutevar8x32_epi32(next, order));
        waiting + count(waits)
    }

    /// Takes those that wait on a level to their ends, and brings the answers to where the output has
    /// pointers.
    #[target_feature(enable = "avx2,bmi1,bmi2,popcnt,lzcnt")]
    #[inline]
    fn follow(&mut self, from: usize, waiting: usize, out: &mut [[u32; LANES]]) {
        if waiting == 0 {
            return;
        }
        let mut counts = [0; DEPTH];
        let mut next = waiting;
        for (level, count) in counts.iter_mut().enumerate().skip(from) {
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
        let Some(answers) = self.entries.get_mut(from) else { return };
        let mut done = 0;
        for out in out.iter_mut() {
            let entries = load(out);
            store(out, answers.spread(&mut done, entries));
        }
    }

    /// Has the nodes of a level answer those that wait there; gives how many wait on the next.
    #[target_feature(enable = "avx2,bmi1,bmi2,popcnt,lzcnt")]
    #[inline]
    fn step(&mut self, level: usize, waiting: usize) -> usize {
        let memory = self.memory;
        let Some(row) = self.entries.get_mut(level) else { return 0 };
        // So that the last vector is whole.
        let nothing = _mm256_setzero_si256();
        row.store(waiting, nothing);
        self.addrs.store(waiting, nothing);
        self.next.store(waiting, nothing);
        for vector in (0..waiting).step_by(LANES) {
            let entries = row.load(vector);
            let heads = head(memory, entries, self.addrs.load(vector), pointers(entries));
            self.heads.store(vector, heads);
        }
        let mut added = 0;
        for vector in (0..waiting).step_by(LANES) {
            let Some(row) = self.entries.get_mut(level) else { break };
            let (entries, addrs) = (row.load(vector), self.addrs.load(vector));
            let lanes = pointers(entries);
            // Bits are skipped where the node looks at another byte than the next one.
            let follows = _mm256_cmpeq_epi32(self.next.load(vector), shifts(entries));
            let checked = _mm256_andnot_si256(follows, lanes);
            let heads = self.heads.load(vector);
            let mut found = step(memory, entries, addrs, heads, lanes, checked);
            if level + 1 == DEPTH {
                found = ended(found);
            }
            row.store(vector, found);
            // Never behind what has been read.
            let next = _mm256_sub_epi32(shifts(entries), all(8));
            added = self.add(level + 1, added, found, addrs, next);
        }
        added
    }
}

impl Row {
    /// The next words of the row, so many as a vector has pointers, in their places.
    #[target_feature(enable = "avx2,bmi1,bmi2,popcnt,lzcnt")]
    #[inline]
    pub(super) fn spread(&mut self, done: &mut usize, entries: __m256i) -> __m256i {
        let waited = pointers(entries);
        let set = bits(waited);
        let found = _mm256_permutevar8x32_epi32(self.load(*done), order(&SPREAD, set));
        *done += count(set);
        _mm256_blendv_epi8(entries, found, waited)
    }

    /// Brings so many answers of the next level to where the first `words` have pointers.
    #[target_feature(enable = "avx2,bmi1,bmi2,popcnt,lzcnt")]
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
