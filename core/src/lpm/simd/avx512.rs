//! Sixteen lookups at once, for x86-64 with AVX-512.

use core::arch::asm;
use core::arch::x86_64::*;
use core::mem::MaybeUninit;
use core::sync::atomic::AtomicU32;

mod fetch;
mod nodes;
mod root;

pub(super) use nodes::{mixed, node};

use super::super::entry::{LARGE_HEAD, MISS, OFFSET, SMALL, SMALL_HEAD};
use super::super::fib::{BURST, DEPTH, Fib};
use crate::memory::Words;

/// Lookups of a vector.
pub(super) const LANES: usize = 16;

/// The memory, as gathers see it.
#[derive(Clone, Copy)]
struct Memory {
    base: *const u32,
    last: __m512i,
}

#[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
fn all(value: u32) -> __m512i {
    _mm512_set1_epi32(value.cast_signed())
}

/// The numbers of lanes.
#[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
#[inline]
fn lane_numbers() -> __m512i {
    _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
}

impl Memory {
    /// Of at least one word.
    #[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
    fn new(words: &[AtomicU32]) -> Memory {
        let last = u32::try_from(words.len().saturating_sub(1)).unwrap_or(u32::MAX >> 1);
        Memory { base: words.as_ptr().cast(), last: all(last.min(u32::MAX >> 1)) }
    }

    /// The words at some offsets, of the lanes in `lanes`; 0 in the others.
    #[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
    #[inline]
    fn gather(self, at: __m512i, lanes: __mmask16) -> __m512i {
        let at = _mm512_min_epu32(at, self.last);
        let mut words = _mm512_setzero_si512();
        // SAFETY: every offset is at most that of the memory's last word, and below 2^31, so that
        // each of the aligned 32-bit loads lies in the memory. Nothing else is touched.
        unsafe {
            asm!(
                "vpgatherdd {words}{{{lanes}}}, dword ptr [{base} + {at}*4]",
                words = inout(zmm_reg) words,
                lanes = inout(kreg) lanes => _,
                base = in(reg) self.base,
                at = in(zmm_reg) at,
                options(nostack, preserves_flags, readonly),
            );
        }
        words
    }
}

/// Which entries are pointers.
#[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
#[inline]
fn pointers(entries: __m512i) -> __mmask16 {
    // As numbers with a sign, pointers are those below -1.
    _mm512_cmplt_epi32_mask(entries, all(u32::MAX))
}

/// How far the byte that a node looks at lies from the lowest bit.
#[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
#[inline]
fn shift_of(entries: __m512i) -> __m512i {
    _mm512_and_si512(_mm512_srli_epi32::<24>(entries), all(24))
}

/// In the lower half of each lane the slot of an address in a node; in the upper half the word of a large
/// node that tells of it.
#[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
#[inline]
fn slots(entries: __m512i, addrs: __m512i) -> __m512i {
    // The byte that the node looks at, and nothing in front of or behind the two of it.
    let twice = _mm512_set4_epi32(
        0x800C_0C80_u32.cast_signed(),
        0x8008_0880_u32.cast_signed(),
        0x8004_0480_u32.cast_signed(),
        0x8000_0080_u32.cast_signed(),
    );
    with_words(_mm512_shuffle_epi8(_mm512_srlv_epi32(addrs, shift_of(entries)), twice))
}

/// The slots and their words, of slots s as 0x00ssss00.
#[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
#[inline]
fn with_words(twice: __m512i) -> __m512i {
    // slot / 24: slot * 171 >> 12.
    _mm512_mulhi_epu16(twice, all(171 << 4 << 16 | 256))
}

/// Where nodes lie; the memory's first word for what is no pointer.
#[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
#[inline]
fn place(entries: __m512i) -> __m512i {
    _mm512_maskz_and_epi32(pointers(entries), entries, all(OFFSET))
}

/// The lanes of `lanes` whose nodes have been reached by fewer bits than their prefix has: where the
/// node before looked at another byte than the one in front of theirs.
#[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
#[inline]
fn skipped(before: __m512i, entries: __m512i, lanes: __mmask16) -> __mmask16 {
    let next = _mm512_sub_epi32(before, all(8));
    _mm512_mask_cmpneq_epi32_mask(lanes, next, shift_of(entries))
}

/// Where the words of nodes lie that tell of slots.
#[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
#[inline]
fn head_at(entries: __m512i, slots: __m512i) -> __m512i {
    let at = place(entries);
    let large = _mm512_testn_epi32_mask(entries, all(SMALL));
    // The upper halves.
    let word = _mm512_madd_epi16(slots, all(1 << 16));
    _mm512_add_epi32(_mm512_mask_add_epi32(at, large, at, word), all(1))
}

/// From the words that tell of slots: where the words of leaves lie, and twice the number of bits before
/// the leaves, from the first one of a node on.
#[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
#[inline]
fn leaf_at(entries: __m512i, slots: __m512i, head: __m512i) -> (__m512i, __m512i) {
    let large = _mm512_testn_epi32_mask(entries, all(SMALL));
    // 31 - slot + 24 * word: so many bits are behind the slot's.
    let behind = _mm512_dpwssd_epi32(all(31), slots, all(24 << 16 | 0xFFFF));
    let run = _mm512_maskz_popcnt_epi32(large, _mm512_srlv_epi32(head, behind));
    let run = _mm512_mask_dpbusd_epi32(run, large, head, all(1));
    // In each byte: the slot, and 1 where the bound is behind it.
    let each =
        _mm512_shuffle_epi8(slots, _mm512_set4_epi32(0x0C0C_0C0C, 0x0808_0808, 0x0404_0404, 0));
    let behind = _mm512_min_epu8(_mm512_subs_epu8(head, each), all(0x0101_0101));
    let run = _mm512_mask_dpbusd_epi32(run, !large, behind, all(0x0101_0101));
    // The top bit of a pointer stands above its width, so the run is moved by 4 bits more than the
    // width.
    let bits = _mm512_sllv_epi32(run, _mm512_srli_epi32::<29>(entries));
    let at = _mm512_add_epi32(place(entries), all(SMALL_HEAD));
    let at = _mm512_mask_add_epi32(at, large, at, all(LARGE_HEAD - SMALL_HEAD));
    (_mm512_add_epi32(at, _mm512_srli_epi32::<6>(bits)), bits)
}

/// What the leaves in some words hold, `bits` as [`leaf_at`] gives them; lanes without a pointer stay as
/// they are. Those that are `outside` their nodes' prefixes have the whole word.
#[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
#[inline]
fn answer(
    memory: Memory,
    entries: __m512i,
    words: __m512i,
    bits: __m512i,
    outside: __mmask16,
) -> __m512i {
    let lanes = pointers(entries) & !outside;
    let kind = _mm512_srli_epi32::<29>(entries);
    let ones = _mm512_permutexvar_epi32(kind, by_width(0xFF, 0xFFFF, u32::MAX));
    let less = _mm512_permutexvar_epi32(kind, by_width(1, 1, 0));
    // Turned by so many bits: of the number the lowest five count.
    let leaf = _mm512_rorv_epi32(words, _mm512_srli_epi32::<1>(bits));
    let leaf = _mm512_and_si512(leaf, ones);
    let mut found = _mm512_mask_sub_epi32(entries, lanes, leaf, less);
    let default = _mm512_mask_cmpeq_epi32_mask(lanes, leaf, ones);
    if default != 0 {
        let defaults = memory.gather(place(entries), default);
        found = _mm512_mask_mov_epi32(found, default, defaults);
    }
    _mm512_mask_mov_epi32(found, outside, words)
}

/// A table by the width of leaves, for a pointer's upper three bits.
#[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
#[inline]
fn by_width(bits8: u32, bits16: u32, bits32: u32) -> __m512i {
    let quarter = [bits8, bits16, bits32, bits32].map(u32::cast_signed);
    let [bits8, bits16, bits32, more] = quarter;
    _mm512_set4_epi32(more, bits32, bits16, bits8)
}

/// One node's answer in each lane that holds a pointer; the others stay.
#[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
#[inline]
fn step(memory: Memory, entries: __m512i, addrs: __m512i) -> __m512i {
    let (slots, lanes) = (slots(entries, addrs), pointers(entries));
    let head = memory.gather(head_at(entries, slots), lanes);
    let (at, bits) = leaf_at(entries, slots, head);
    answer(memory, entries, memory.gather(at, lanes), bits, 0)
}

/// Follows entries below a root to their ends: no bits are skipped there.
#[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
#[inline]
fn walk(memory: Memory, mut entries: __m512i, addrs: __m512i) -> __m512i {
    for _ in 0..DEPTH {
        if pointers(entries) == 0 {
            return entries;
        }
        entries = step(memory, entries, addrs);
    }
    ended(entries)
}

/// What is left after as many steps as a path may have has no answer.
#[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
#[inline]
fn ended(entries: __m512i) -> __m512i {
    _mm512_mask_mov_epi32(entries, pointers(entries), all(MISS))
}

#[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
#[inline]
fn load(words: &[u32; 16]) -> __m512i {
    // SAFETY: there are as many words.
    unsafe { _mm512_loadu_epi32(words.as_ptr().cast()) }
}

#[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
#[inline]
fn load_addrs<const NETWORK: bool>(words: &[u32; 16]) -> __m512i {
    let words = load(words);
    if !NETWORK {
        return words;
    }
    let order = _mm512_set4_epi32(0x0C0D_0E0F, 0x0809_0A0B, 0x0405_0607, 0x0001_0203);
    _mm512_shuffle_epi8(words, order)
}

#[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
#[inline]
fn store(out: &mut [u32; 16], words: __m512i) {
    // SAFETY: there is room for as many words.
    unsafe { _mm512_storeu_epi32(out.as_mut_ptr().cast(), words) };
}

/// The slots of a root of 16 bits.
type Slots = [AtomicU32; 1 << 16];

/// Vectors of a round.
const ROUND: usize = BURST / LANES;

/// Words that vectors are stored in one behind the other, with room for one vector more than a round
/// has, since whole ones are stored. What has not been stored is never loaded.
#[repr(align(64))]
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
    #[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
    #[inline]
    fn store(&mut self, word: usize, words: __m512i) {
        // SAFETY: there is room for a vector.
        unsafe { _mm512_storeu_epi32(self.at(word).cast(), words) };
    }

    /// Loads a vector from a word on, all of which has been stored in.
    #[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
    #[inline]
    fn load(&mut self, word: usize) -> __m512i {
        // SAFETY: there is a vector, and the caller has stored it.
        unsafe { _mm512_loadu_epi32(self.at(word).cast()) }
    }

    /// The next words of the row, so many as a vector has pointers, in their places.
    #[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
    #[inline]
    fn spread(&mut self, done: &mut usize, entries: __m512i) -> __m512i {
        let waited = pointers(entries);
        let found = _mm512_mask_expand_epi32(entries, waited, self.load(*done));
        *done += count(waited);
        found
    }

    /// So many vectors from the first on, all of which have been stored.
    fn vectors(&mut self, count: usize) -> &mut [[u32; LANES]] {
        // SAFETY: there are so many, and the caller has stored them.
        unsafe { core::slice::from_raw_parts_mut(self.at(0).cast(), count.min(ROUND)) }
    }

    /// The words of the memory at the offsets that lie in a vector from a word on.
    ///
    /// # Safety
    /// They have been stored, and none is behind the memory's last.
    #[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
    #[inline]
    unsafe fn words(&mut self, word: usize, memory: Memory) -> __m512i {
        // SAFETY: there is a vector, and the caller has stored it.
        let offsets = unsafe { &*self.at(word).cast::<[u32; LANES]>() };
        // SAFETY: as the caller promises.
        unsafe { fetch::words(memory, offsets) }
    }
}

/// How many lanes a set has.
#[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
#[inline]
fn count(lanes: __mmask16) -> usize {
    usize::try_from(_cvtmask16_u32(lanes).count_ones()).unwrap_or(0)
}

/// So few vectors go through all steps by themselves.
const SHORT: usize = 1;

/// Bulk lookup below a root.
#[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
pub(super) fn rooted<const NETWORK: bool>(
    words: &[AtomicU32],
    root: u32,
    shift: u32,
    addrs: &[[u32; LANES]],
    out: &mut [[u32; LANES]],
) {
    if shift == 16
        && addrs.len() > SHORT
        && let Some(slots) = Words(words).chunk(root)
    {
        return root::lookup::<NETWORK>(words, slots, addrs, out);
    }
    let memory = Memory::new(words);
    // A root of 24 bits answers most addresses; one of 16 reaches beyond the memory only if that is
    // damaged.
    for (chunk, out) in addrs.iter().zip(out) {
        let addr = load_addrs::<NETWORK>(chunk);
        let at = _mm512_add_epi32(all(root), _mm512_srlv_epi32(addr, all(shift)));
        store(out, walk(memory, memory.gather(at, u16::MAX), addr));
    }
}

/// Bulk lookup in sorted intervals: their ends, and the offset of their answers.
#[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
pub(super) fn intervals<const NETWORK: bool>(
    words: &[AtomicU32],
    ends: &[u32],
    answers: u32,
    addrs: &[[u32; LANES]],
    out: &mut [[u32; LANES]],
) {
    let memory = Memory::new(words);
    let answers =
        |from: u32| memory.gather(_mm512_add_epi32(all(answers + from), lane_numbers()), u16::MAX);
    // Of 32 answers and one more.
    let (low, high) = (answers(0), answers(16));
    let last = _mm512_broadcastd_epi32(_mm512_castsi512_si128(answers(32)));
    for (chunk, out) in addrs.iter().zip(out) {
        let addr = load_addrs::<NETWORK>(chunk);
        let mut before = _mm512_setzero_si512();
        for &end in ends {
            let behind = _mm512_cmplt_epu32_mask(all(end), addr);
            before = _mm512_mask_add_epi32(before, behind, before, all(1));
        }
        let found = _mm512_permutex2var_epi32(low, before, high);
        let beyond = _mm512_cmpge_epu32_mask(before, all(32));
        store(out, _mm512_mask_mov_epi32(found, beyond, last));
    }
}

/// The answers of lanes whose tables are sorted intervals at some offsets.
#[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
#[inline]
fn in_intervals(memory: Memory, at: __m512i, addrs: __m512i, lanes: __mmask16) -> __m512i {
    let count = _mm512_and_si512(memory.gather(at, lanes), all(0xFF));
    let ends = _mm512_add_epi32(at, all(1));
    // Filled up to a multiple of 8, of at most 32.
    let filled = _mm512_and_si512(_mm512_add_epi32(count, all(7)), all(!7));
    let filled = _mm512_min_epu32(filled, all(32));
    let mut before = _mm512_setzero_si512();
    for step in [32, 16, 8, 4, 2, 1] {
        let last = _mm512_add_epi32(before, all(step - 1));
        let inside = _mm512_mask_cmplt_epu32_mask(lanes, last, filled);
        let end = memory.gather(_mm512_add_epi32(ends, last), inside);
        let behind = _mm512_mask_cmplt_epu32_mask(inside, end, addrs);
        before = _mm512_mask_add_epi32(before, behind, before, all(step));
    }
    let answers = _mm512_add_epi32(ends, filled);
    memory.gather(_mm512_add_epi32(answers, before), lanes)
}

/// The entries that lanes go on from whose tables have a root, and the answers of those that are
/// sorted intervals.
#[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
#[inline]
fn resolve(
    memory: Memory,
    fib: &Fib<'_>,
    entries: __m512i,
    addrs: __m512i,
    special: __mmask16,
) -> __m512i {
    let number = _mm512_and_si512(entries, all(OFFSET));
    let kinds = _mm512_and_si512(_mm512_srli_epi32::<27>(entries), all(3));
    let intervals = _mm512_mask_cmpeq_epi32_mask(special, kinds, _mm512_setzero_si512());
    let mut found = entries;
    if intervals != 0 {
        let answers = in_intervals(memory, number, addrs, intervals);
        found = _mm512_mask_mov_epi32(found, intervals, answers);
    }
    let rooted = special & !intervals;
    if rooted != 0 {
        let wide = _mm512_mask_cmpeq_epi32_mask(rooted, kinds, all(1));
        let slot16 = _mm512_add_epi32(_mm512_slli_epi32::<16>(number), all(fib.roots16));
        let slot16 = _mm512_add_epi32(slot16, _mm512_srli_epi32::<16>(addrs));
        let slot24 = _mm512_add_epi32(_mm512_slli_epi32::<24>(number), all(fib.roots24));
        let slot24 = _mm512_add_epi32(slot24, _mm512_srli_epi32::<8>(addrs));
        let at = _mm512_mask_mov_epi32(slot24, wide, slot16);
        found = _mm512_mask_mov_epi32(found, rooted, memory.gather(at, rooted));
    }
    found
}
