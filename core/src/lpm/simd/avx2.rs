//! Eight lookups at once, for x86-64 with AVX2.

use core::arch::asm;
use core::arch::x86_64::*;
use core::mem::MaybeUninit;
use core::sync::atomic::AtomicU32;

mod nodes;

pub(super) use nodes::mixed;

use super::super::entry::{LARGE_HEAD, MISS, OFFSET, SMALL_HEAD};
use super::super::fib::{BURST, DEPTH};
use super::Work;

/// Lookups of a vector.
pub(super) const LANES: usize = 8;

/// The memory, as gathers see it.
#[derive(Clone, Copy)]
struct Memory {
    base: *const u32,
    last: __m256i,
}

#[target_feature(enable = "avx2,bmi1,bmi2,popcnt,lzcnt")]
#[inline]
fn all(value: u32) -> __m256i {
    _mm256_set1_epi32(value.cast_signed())
}

impl Memory {
    /// Of at least one word.
    #[target_feature(enable = "avx2,bmi1,bmi2,popcnt,lzcnt")]
    #[inline]
    fn new(words: &[AtomicU32]) -> Memory {
        let last = u32::try_from(words.len().saturating_sub(1)).unwrap_or(u32::MAX >> 1);
        Memory { base: words.as_ptr().cast(), last: all(last.min(u32::MAX >> 1)) }
    }

    /// The words at some offsets, of the lanes that are all ones in `lanes`; 0 in the others.
    #[target_feature(enable = "avx2,bmi1,bmi2,popcnt,lzcnt")]
    #[inline]
    fn gather(self, at: __m256i, lanes: __m256i) -> __m256i {
        let at = _mm256_min_epu32(at, self.last);
        let mut words = _mm256_setzero_si256();
        // SAFETY: every offset is at most that of the memory's last word, and below 2^31, so that
        // each of the aligned 32-bit loads lies in the memory. Nothing else is touched.
        unsafe {
            asm!(
                "vpgatherdd {words}, dword ptr [{base} + {at}*4], {lanes}",
                words = inout(ymm_reg) words,
                lanes = inout(ymm_reg) lanes => _,
                base = in(reg) self.base,
                at = in(ymm_reg) at,
                options(nostack, preserves_flags, readonly),
            );
        }
        words
    }
}

/// The lanes that are pointers, all ones.
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt,lzcnt")]
#[inline]
fn pointers(entries: __m256i) -> __m256i {
    // As numbers with a sign, pointers are those below -1.
    _mm256_cmpgt_epi32(all(u32::MAX), entries)
}

/// A bit for each lane, the first the lowest.
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt,lzcnt")]
#[inline]
fn bits(lanes: __m256i) -> u8 {
    let [bits, ..] = _mm256_movemask_ps(_mm256_castsi256_ps(lanes)).to_le_bytes();
    bits
}

/// All ones where a node is small.
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt,lzcnt")]
#[inline]
fn small(entries: __m256i) -> __m256i {
    // Bit 26 of 31.
    _mm256_srai_epi32::<31>(_mm256_slli_epi32::<5>(entries))
}

/// How far the nodes' bytes lie from the lowest bit.
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt,lzcnt")]
#[inline]
fn shifts(entries: __m256i) -> __m256i {
    _mm256_and_si256(_mm256_srli_epi32::<24>(entries), all(24))
}

/// The words of nodes that tell of the addresses' slots.
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt,lzcnt")]
#[inline]
fn head(memory: Memory, entries: __m256i, addrs: __m256i, lanes: __m256i) -> __m256i {
    let at = _mm256_and_si256(entries, all(OFFSET));
    let slot = _mm256_and_si256(_mm256_srlv_epi32(addrs, shifts(entries)), all(255));
    // slot / 24: slot * 171 >> 12.
    let word = _mm256_andnot_si256(small(entries), _mm256_mulhi_epu16(slot, all(171 << 4)));
    memory.gather(_mm256_add_epi32(_mm256_add_epi32(at, all(1)), word), lanes)
}

/// One node's answer in each lane of `lanes`, from those words on; the entries of the others stay.
/// The nodes of `checked` lanes may have been reached by fewer bits than their prefix has; outside that
/// they have their defaults.
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt,lzcnt")]
#[inline]
fn step(
    memory: Memory,
    entries: __m256i,
    addrs: __m256i,
    head: __m256i,
    lanes: __m256i,
    checked: __m256i,
) -> __m256i {
    let at = _mm256_and_si256(entries, all(OFFSET));
    let (small, shift) = (small(entries), shifts(entries));
    let slot = _mm256_and_si256(_mm256_srlv_epi32(addrs, shift), all(255));
    let word = _mm256_mulhi_epu16(slot, all(171 << 4));
    let place = _mm256_sub_epi32(slot, _mm256_mullo_epi16(word, all(24)));

    // In each byte of a large node's word: how many runs begin up to the slot.
    let begun = _mm256_srlv_epi32(head, _mm256_sub_epi32(all(31), place));
    let counts =
        _mm256_broadcastsi128_si256(_mm_set_epi8(4, 3, 3, 2, 3, 2, 2, 1, 3, 2, 2, 1, 2, 1, 1, 0));
    let nibble = all(0x0F0F_0F0F);
    let low = _mm256_shuffle_epi8(counts, _mm256_and_si256(begun, nibble));
    let high = _mm256_srli_epi32::<4>(begun);
    let high = _mm256_shuffle_epi8(counts, _mm256_and_si256(high, nibble));
    let begun = _mm256_add_epi8(low, high);
    // In each byte of a small node's: 1 where the bound is behind the slot.
    let spread =
        _mm256_broadcastsi128_si256(_mm_set_epi32(0x0C0C_0C0C, 0x0808_0808, 0x0404_0404, 0));
    let slots = _mm256_shuffle_epi8(slot, spread);
    let reached = _mm256_cmpeq_epi8(_mm256_max_epu8(head, slots), slots);
    let behind = _mm256_add_epi8(reached, all(0x0101_0101));
    let bytes = _mm256_blendv_epi8(begun, behind, small);
    let runs = _mm256_madd_epi16(_mm256_maddubs_epi16(bytes, all(0x0101_0101)), all(0x0001_0001));
    let before = _mm256_andnot_si256(small, _mm256_and_si256(head, all(255)));
    let run = _mm256_add_epi32(before, runs);

    let width = _mm256_and_si256(_mm256_srli_epi32::<29>(entries), all(3));
    let bit = _mm256_sllv_epi32(run, _mm256_add_epi32(width, all(3)));
    let head_words = _mm256_blendv_epi8(all(LARGE_HEAD), all(SMALL_HEAD), small);
    let leaf_at = _mm256_add_epi32(_mm256_add_epi32(at, head_words), _mm256_srli_epi32::<5>(bit));
    let outside = outside(memory, entries, addrs, checked);
    let words = memory.gather(_mm256_blendv_epi8(leaf_at, at, outside), lanes);
    let leaf = _mm256_srlv_epi32(words, _mm256_and_si256(bit, all(31)));
    let unused = _mm256_sub_epi32(all(32), _mm256_sllv_epi32(all(8), width));
    let ones = _mm256_srlv_epi32(all(u32::MAX), unused);
    let leaf = _mm256_and_si256(leaf, ones);
    let less = _mm256_xor_si256(_mm256_srli_epi32::<1>(width), all(1));
    let mut found = _mm256_blendv_epi8(_mm256_sub_epi32(leaf, less), words, outside);
    let default = _mm256_andnot_si256(outside, _mm256_cmpeq_epi32(leaf, ones));
    let default = _mm256_and_si256(default, lanes);
    if bits(default) != 0 {
        found = _mm256_blendv_epi8(found, memory.gather(at, default), default);
    }
    _mm256_blendv_epi8(entries, found, lanes)
}

/// The lanes of `checked` in which an address is outside the prefix of its node, all ones.
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt,lzcnt")]
#[inline]
fn outside(memory: Memory, entries: __m256i, addrs: __m256i, checked: __m256i) -> __m256i {
    if bits(checked) == 0 {
        return checked;
    }
    let at = _mm256_and_si256(entries, all(OFFSET));
    let prefix = memory.gather(_mm256_sub_epi32(at, all(1)), checked);
    let differs = _mm256_xor_si256(prefix, addrs);
    let differs = _mm256_srlv_epi32(differs, _mm256_add_epi32(shifts(entries), all(8)));
    let same = _mm256_cmpeq_epi32(differs, _mm256_setzero_si256());
    _mm256_andnot_si256(same, checked)
}

/// Follows entries to their ends. `SKIPS`: nodes may be reached by fewer bits than their prefix has,
/// which is never so below a root.
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt,lzcnt")]
#[inline]
fn walk<const SKIPS: bool>(memory: Memory, mut entries: __m256i, addrs: __m256i) -> __m256i {
    let mut next = all(24);
    for _ in 0..DEPTH {
        let lanes = pointers(entries);
        if bits(lanes) == 0 {
            return entries;
        }
        let head = head(memory, entries, addrs, lanes);
        // Bits are skipped where the node looks at another byte than the next one.
        let follows = _mm256_cmpeq_epi32(next, shifts(entries));
        let checked =
            if SKIPS { _mm256_andnot_si256(follows, lanes) } else { _mm256_setzero_si256() };
        next = _mm256_sub_epi32(shifts(entries), all(8));
        entries = step(memory, entries, addrs, head, lanes, checked);
    }
    ended(entries)
}

/// What is left after as many steps as a path may have has no answer.
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt,lzcnt")]
#[inline]
fn ended(entries: __m256i) -> __m256i {
    _mm256_blendv_epi8(entries, all(MISS), pointers(entries))
}

#[target_feature(enable = "avx2,bmi1,bmi2,popcnt,lzcnt")]
#[inline]
fn load(words: &[u32; LANES]) -> __m256i {
    // SAFETY: there are as many words.
    unsafe { _mm256_loadu_si256(words.as_ptr().cast()) }
}

#[target_feature(enable = "avx2,bmi1,bmi2,popcnt,lzcnt")]
#[inline]
fn load_addrs<const NETWORK: bool>(words: &[u32; LANES]) -> __m256i {
    let words = load(words);
    if !NETWORK {
        return words;
    }
    let order = _mm_set_epi32(0x0C0D_0E0F, 0x0809_0A0B, 0x0405_0607, 0x0001_0203);
    _mm256_shuffle_epi8(words, _mm256_broadcastsi128_si256(order))
}

#[target_feature(enable = "avx2,bmi1,bmi2,popcnt,lzcnt")]
#[inline]
fn store(out: &mut [u32; LANES], words: __m256i) {
    // SAFETY: there is room for as many words.
    unsafe { _mm256_storeu_si256(out.as_mut_ptr().cast(), words) };
}

/// For each set of lanes, the lanes to take so that those of the set come first, and where each of
/// the set is then found: four bits a lane.
static PACK: [u32; 256] = lane_orders().0;
static SPREAD: [u32; 256] = lane_orders().1;

const fn lane_orders() -> ([u32; 256], [u32; 256]) {
    let (mut pack, mut spread) = ([0; 256], [0; 256]);
    let mut rest_pack: &mut [u32] = &mut pack;
    let mut rest_spread: &mut [u32] = &mut spread;
    let mut set = 0u32;
    while let (Some((pack, packs)), Some((spread, spreads))) =
        (rest_pack.split_first_mut(), rest_spread.split_first_mut())
    {
        let (mut lane, mut count) = (0, 0);
        while lane < 8 {
            if set >> lane & 1 != 0 {
                *pack |= lane << (4 * count);
                *spread |= count << (4 * lane);
                count += 1;
            }
            lane += 1;
        }
        (rest_pack, rest_spread) = (packs, spreads);
        set += 1;
    }
    (pack, spread)
}

/// A vector's lanes in the order for a set of lanes.
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt,lzcnt")]
#[inline]
fn order(orders: &[u32; 256], set: u8) -> __m256i {
    let order = orders.get(usize::from(set)).copied().unwrap_or(0);
    // Of each lane's number three bits are looked at.
    _mm256_srlv_epi32(all(order), _mm256_set_epi32(28, 24, 20, 16, 12, 8, 4, 0))
}

/// Vectors of a round.
const ROUND: usize = BURST / LANES;

/// Words that vectors are stored in one behind the other, with room for one vector more than a round
/// has, since whole ones are stored. What has not been stored is never loaded.
struct Row(MaybeUninit<[u32; BURST + LANES]>);

impl Row {
    fn new() -> Row {
        Row(MaybeUninit::uninit())
    }

    fn at(&mut self, word: usize) -> *mut u32 {
        // SAFETY: the place lies in the row, with room for a vector behind it.
        unsafe { self.0.as_mut_ptr().cast::<u32>().add(word.min(BURST)) }
    }

    /// Stores a vector from a word on.
    #[target_feature(enable = "avx2,bmi1,bmi2,popcnt,lzcnt")]
    #[inline]
    fn store(&mut self, word: usize, words: __m256i) {
        // SAFETY: there is room for a vector.
        unsafe { _mm256_storeu_si256(self.at(word).cast(), words) };
    }

    /// Loads a vector from a word on, all of which has been stored in.
    #[target_feature(enable = "avx2,bmi1,bmi2,popcnt,lzcnt")]
    #[inline]
    fn load(&mut self, word: usize) -> __m256i {
        // SAFETY: there is a vector, and the caller has stored it.
        unsafe { _mm256_loadu_si256(self.at(word).cast()) }
    }
}

/// How many lanes a set has.
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt,lzcnt")]
#[inline]
fn count(set: u8) -> usize {
    usize::try_from(set.count_ones()).unwrap_or(0)
}

/// Bulk lookup in memory of at least one word.
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt,lzcnt")]
pub(super) fn bulk(
    words: &[AtomicU32],
    work: &Work<'_>,
    network: bool,
    addrs: &[[u32; LANES]],
    out: &mut [[u32; LANES]],
) {
    if network {
        in_order::<true>(Memory::new(words), work, addrs, out);
    } else {
        in_order::<false>(Memory::new(words), work, addrs, out);
    }
}

#[target_feature(enable = "avx2,bmi1,bmi2,popcnt,lzcnt")]
#[inline]
fn in_order<const NETWORK: bool>(
    memory: Memory,
    work: &Work<'_>,
    addrs: &[[u32; LANES]],
    out: &mut [[u32; LANES]],
) {
    match *work {
        Work::Root(root, 16) => root16::<NETWORK>(memory, root, addrs, out),
        Work::Root(root, _) => root24::<NETWORK>(memory, root, addrs, out),
        Work::Node(entry) => nodes::node::<NETWORK>(memory, entry, addrs, out),
        Work::Intervals(ends, answers) => intervals::<NETWORK>(memory, ends, answers, addrs, out),
    }
}

/// Bulk lookup below a root of 16 bits.
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt,lzcnt")]
fn root16<const NETWORK: bool>(
    memory: Memory,
    root: u32,
    addrs: &[[u32; LANES]],
    out: &mut [[u32; LANES]],
) {
    let (mut entry_row, mut addr_row, mut head_row) = (Row::new(), Row::new(), Row::new());
    for (round, out) in addrs.chunks(ROUND).zip(out.chunks_mut(ROUND)) {
        let mut waiting = 0;
        for (chunk, out) in round.iter().zip(out.iter_mut()) {
            let addr = load_addrs::<NETWORK>(chunk);
            let at = _mm256_add_epi32(all(root), _mm256_srli_epi32::<16>(addr));
            store(out, memory.gather(at, all(u32::MAX)));
        }
        for (chunk, out) in round.iter().zip(out.iter()) {
            let (entries, addr) = (load(out), load_addrs::<NETWORK>(chunk));
            let waits = bits(pointers(entries));
            let order = order(&PACK, waits);
            entry_row.store(waiting, _mm256_permutevar8x32_epi32(entries, order));
            addr_row.store(waiting, _mm256_permutevar8x32_epi32(addr, order));
            waiting += count(waits);
        }
        // So that whole vectors can be loaded up to the end.
        entry_row.store(waiting, _mm256_setzero_si256());
        addr_row.store(waiting, _mm256_setzero_si256());
        // First all words that tell of slots, then the rest, so that more loads are under way at
        // once. The last vector may have lanes that hold no pointer, which stay as they are.
        for vector in (0..waiting).step_by(LANES) {
            let entries = entry_row.load(vector);
            let heads = head(memory, entries, addr_row.load(vector), pointers(entries));
            head_row.store(vector, heads);
        }
        for vector in (0..waiting).step_by(LANES) {
            let (entries, addrs) = (entry_row.load(vector), addr_row.load(vector));
            let lanes = pointers(entries);
            let heads = head_row.load(vector);
            let found = step(memory, entries, addrs, heads, lanes, _mm256_setzero_si256());
            entry_row.store(vector, walk::<false>(memory, found, addrs));
        }
        let mut done = 0;
        for out in out.iter_mut() {
            let entries = load(out);
            store(out, entry_row.spread(&mut done, entries));
        }
    }
}

/// Bulk lookup below a root of 24 bits, which answers most addresses.
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt,lzcnt")]
fn root24<const NETWORK: bool>(
    memory: Memory,
    root: u32,
    addrs: &[[u32; LANES]],
    out: &mut [[u32; LANES]],
) {
    for (round, out) in addrs.chunks(ROUND).zip(out.chunks_mut(ROUND)) {
        for (chunk, out) in round.iter().zip(out.iter_mut()) {
            let slot = _mm256_srli_epi32::<8>(load_addrs::<NETWORK>(chunk));
            store(out, memory.gather(_mm256_add_epi32(all(root), slot), all(u32::MAX)));
        }
        for (chunk, out) in round.iter().zip(out.iter_mut()) {
            let entries = load(out);
            if bits(pointers(entries)) != 0 {
                store(out, walk::<false>(memory, entries, load_addrs::<NETWORK>(chunk)));
            }
        }
    }
}

/// Bulk lookup in sorted intervals: their ends, and the offset of their answers.
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt,lzcnt")]
fn intervals<const NETWORK: bool>(
    memory: Memory,
    ends: &[u32],
    answers: u32,
    addrs: &[[u32; LANES]],
    out: &mut [[u32; LANES]],
) {
    // Numbers with a sign are compared, so the top bit is turned around.
    const TOP: u32 = 1 << 31;
    let lane = _mm256_set_epi32(7, 6, 5, 4, 3, 2, 1, 0);
    // Of up to 32 answers and one more.
    let more_rows = ends.len() / LANES;
    let mut rows = [_mm256_setzero_si256(); 5];
    for (from, row) in (answers..).step_by(LANES).zip(rows.iter_mut().take(1 + more_rows)) {
        *row = memory.gather(_mm256_add_epi32(all(from), lane), all(u32::MAX));
    }
    let [first, more @ ..] = rows;
    for (chunk, out) in addrs.iter().zip(out) {
        let addr = _mm256_xor_si256(load_addrs::<NETWORK>(chunk), all(TOP));
        let mut before = _mm256_setzero_si256();
        for &end in ends {
            // All ones, that is -1, where the address lies behind.
            before = _mm256_sub_epi32(before, _mm256_cmpgt_epi32(addr, all(end ^ TOP)));
        }
        let mut found = _mm256_permutevar8x32_epi32(first, before);
        let row = _mm256_srli_epi32::<3>(before);
        for (number, answers) in (1..).zip(more).take(more_rows) {
            let here = _mm256_cmpeq_epi32(row, all(number));
            let answers = _mm256_permutevar8x32_epi32(answers, before);
            found = _mm256_blendv_epi8(found, answers, here);
        }
        store(out, found);
    }
}
