//! Sixteen lookups at once, for x86-64 with AVX-512.

use core::arch::asm;
use core::arch::x86_64::*;
use core::sync::atomic::AtomicU32;

use super::super::entry::{LARGE_HEAD, MISS, OFFSET, SMALL, SMALL_HEAD};
use super::super::fib::{Addrs, BURST};

/// The memory, as gathers see it.
#[derive(Clone, Copy)]
struct Memory {
    base: *const u32,
    last: __m512i,
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vpopcntdq,avx512vbmi2")]
fn all(value: u32) -> __m512i {
    _mm512_set1_epi32(value.cast_signed())
}

impl Memory {
    /// Of at least one word.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vpopcntdq,avx512vbmi2")]
    fn new(words: &[AtomicU32]) -> Memory {
        let last = u32::try_from(words.len().saturating_sub(1)).unwrap_or(u32::MAX >> 1);
        Memory { base: words.as_ptr().cast(), last: all(last.min(u32::MAX >> 1)) }
    }

    /// The words at some offsets, of the lanes in `lanes`; 0 in the others.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vpopcntdq,avx512vbmi2")]
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
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vpopcntdq,avx512vbmi2")]
#[inline]
fn pointers(entries: __m512i) -> __mmask16 {
    // As numbers with a sign, pointers are those below -1.
    _mm512_cmplt_epi32_mask(entries, all(u32::MAX))
}

/// One node's answer in each lane of `lanes`; the entries of the others stay.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vpopcntdq,avx512vbmi2")]
#[inline]
fn step<const CHECKED: bool>(
    memory: Memory,
    entries: __m512i,
    addrs: __m512i,
    lanes: __mmask16,
) -> __m512i {
    let at = _mm512_and_si512(entries, all(OFFSET));
    let shift = _mm512_and_si512(_mm512_srli_epi32::<24>(entries), all(24));
    let slot = _mm512_and_si512(_mm512_srlv_epi32(addrs, shift), all(255));
    let small = _mm512_test_epi32_mask(entries, all(SMALL));

    // slot / 24, in the low halves: slot * 171 >> 12.
    let word = _mm512_maskz_mulhi_epu16(0x5555_5555, slot, all(171 << 4));
    let place = _mm512_sub_epi32(slot, _mm512_mullo_epi16(word, all(24)));
    let word = _mm512_mask_mov_epi32(word, small, _mm512_setzero_si512());
    let head_at = _mm512_add_epi32(_mm512_add_epi32(at, all(1)), word);
    let head = memory.gather(head_at, lanes);

    let begun = _mm512_popcnt_epi32(_mm512_srlv_epi32(head, _mm512_sub_epi32(all(31), place)));
    let large_run = _mm512_add_epi32(_mm512_and_si512(head, all(255)), begun);
    // In each byte: the slot, and 1 where the bound is behind it.
    let slots = _mm512_shuffle_epi8(slot, _mm512_set4_epi32(0x0C0C_0C0C, 0x0808_0808, 0x0404_0404, 0));
    let behind = _mm512_min_epu8(_mm512_subs_epu8(head, slots), all(0x0101_0101));
    let pairs = _mm512_maddubs_epi16(behind, all(0x0101_0101));
    let behind = _mm512_madd_epi16(pairs, all(0x0001_0001));
    let small_run = _mm512_sub_epi32(all(4), behind);
    let run = _mm512_mask_mov_epi32(large_run, small, small_run);
    let head_words = _mm512_mask_mov_epi32(all(LARGE_HEAD), small, all(SMALL_HEAD));

    let width = _mm512_and_si512(_mm512_srli_epi32::<29>(entries), all(3));
    let bit = _mm512_sllv_epi32(run, _mm512_add_epi32(width, all(3)));
    let leaf_at = _mm512_add_epi32(
        _mm512_add_epi32(at, head_words),
        _mm512_srli_epi32::<5>(bit),
    );
    let leaf = memory.gather(leaf_at, lanes);
    let leaf = _mm512_srlv_epi32(leaf, _mm512_and_si512(bit, all(31)));
    let unused = _mm512_sub_epi32(all(32), _mm512_sllv_epi32(all(8), width));
    let leaf = _mm512_and_si512(leaf, _mm512_srlv_epi32(all(u32::MAX), unused));
    let less = _mm512_xor_si512(_mm512_srli_epi32::<1>(width), all(1));
    let mut found = _mm512_sub_epi32(leaf, less);

    let mut default = _mm512_cmpeq_epi32_mask(found, all(MISS));
    if CHECKED {
        let prefix = memory.gather(_mm512_sub_epi32(at, all(1)), lanes);
        let differs = _mm512_xor_si512(prefix, addrs);
        let differs = _mm512_srlv_epi32(differs, _mm512_add_epi32(shift, all(8)));
        default |= _mm512_test_epi32_mask(differs, differs);
    }
    default &= lanes;
    if default != 0 {
        found = _mm512_mask_mov_epi32(found, default, memory.gather(at, default));
    }
    _mm512_mask_mov_epi32(entries, lanes, found)
}

/// Follows entries to their ends.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vpopcntdq,avx512vbmi2")]
#[inline]
fn walk<const CHECKED: bool>(memory: Memory, mut entries: __m512i, addrs: __m512i) -> __m512i {
    for _ in 0..4 {
        let lanes = pointers(entries);
        if lanes == 0 {
            return entries;
        }
        entries = step::<CHECKED>(memory, entries, addrs, lanes);
    }
    _mm512_mask_mov_epi32(entries, pointers(entries), all(MISS))
}

/// The lanes that so many items fill.
fn some(items: usize) -> __mmask16 {
    match items {
        0..=15 => (1 << items) - 1,
        _ => u16::MAX,
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vpopcntdq,avx512vbmi2")]
#[inline]
fn load(addrs: &[u32], network: bool) -> __m512i {
    // SAFETY: the lanes beyond the slice are not read.
    let words = unsafe { _mm512_maskz_loadu_epi32(some(addrs.len()), addrs.as_ptr().cast()) };
    if !network {
        return words;
    }
    let order = _mm512_set4_epi32(0x0C0D_0E0F, 0x0809_0A0B, 0x0405_0607, 0x0001_0203);
    _mm512_shuffle_epi8(words, order)
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vpopcntdq,avx512vbmi2")]
#[inline]
fn store(out: &mut [u32], words: __m512i) {
    // SAFETY: the lanes beyond the slice are not written.
    unsafe { _mm512_mask_storeu_epi32(out.as_mut_ptr().cast(), some(out.len()), words) };
}

/// What a root has not answered in a round, close together.
struct Pending {
    entries: [u32; BURST + 16],
    addrs: [u32; BURST + 16],
    lanes: [__mmask16; BURST / 16],
}

/// Bulk lookup below a root.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vpopcntdq,avx512vbmi2")]
pub(super) fn rooted(words: &[AtomicU32], root: u32, shift: u32, addrs: Addrs<'_>, out: &mut [u32]) {
    let memory = Memory::new(words);
    let mut pending =
        Pending { entries: [0; BURST + 16], addrs: [0; BURST + 16], lanes: [0; BURST / 16] };
    let count = _mm_cvtsi32_si128(shift.cast_signed());
    for (round, out) in addrs.words.chunks(BURST).zip(out.chunks_mut(BURST)) {
        let mut waiting = 0;
        let chunks = round.chunks(16).zip(out.chunks_mut(16)).zip(&mut pending.lanes);
        for ((chunk, out), lanes) in chunks {
            let addr = load(chunk, addrs.network);
            let at = _mm512_add_epi32(all(root), _mm512_srl_epi32(addr, count));
            let entries = memory.gather(at, some(chunk.len()));
            *lanes = pointers(entries);
            store(out, entries);
            if let (Some(to), Some(addrs_to)) = (
                pending.entries.get_mut(waiting..waiting + 16),
                pending.addrs.get_mut(waiting..waiting + 16),
            ) {
                store(to, _mm512_maskz_compress_epi32(*lanes, entries));
                store(addrs_to, _mm512_maskz_compress_epi32(*lanes, addr));
            }
            waiting += usize::try_from(lanes.count_ones()).unwrap_or(0);
        }
        let found = pending.entries.get_mut(..waiting).unwrap_or(&mut []);
        for (entries, addrs) in found.chunks_mut(16).zip(pending.addrs.chunks(16)) {
            let addr = load(addrs, false);
            let at = load(entries, false);
            store(entries, walk::<false>(memory, at, addr));
        }
        let mut done = 0;
        for (out, &lanes) in out.chunks_mut(16).zip(&pending.lanes) {
            if let Some(found) = pending.entries.get(done..done + 16) {
                let found = _mm512_mask_expand_epi32(load(out, false), lanes, load(found, false));
                store(out, found);
            }
            done += usize::try_from(lanes.count_ones()).unwrap_or(0);
        }
    }
}

/// Bulk lookup from one node on.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vpopcntdq,avx512vbmi2")]
pub(super) fn node(words: &[AtomicU32], entry: u32, addrs: Addrs<'_>, out: &mut [u32]) {
    let memory = Memory::new(words);
    for (chunk, out) in addrs.words.chunks(16).zip(out.chunks_mut(16)) {
        let lanes = some(chunk.len());
        let entries = _mm512_maskz_mov_epi32(lanes, all(entry));
        store(out, walk::<true>(memory, entries, load(chunk, addrs.network)));
    }
}

/// Bulk lookup in sorted intervals: the ends, as many as a multiple of 8, and the offset of their
/// answers.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vpopcntdq,avx512vbmi2")]
pub(super) fn intervals(
    words: &[AtomicU32],
    ends: &[u32],
    answers: u32,
    addrs: Addrs<'_>,
    out: &mut [u32],
) {
    let memory = Memory::new(words);
    let lane = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    let answers = |from: u32| {
        memory.gather(_mm512_add_epi32(all(answers + from), lane), u16::MAX)
    };
    // Of 32 answers and one more.
    let (low, high, last) = (answers(0), answers(16), answers(32));
    for (chunk, out) in addrs.words.chunks(16).zip(out.chunks_mut(16)) {
        let addr = load(chunk, addrs.network);
        let mut before = _mm512_setzero_si512();
        for &end in ends {
            let behind = _mm512_cmplt_epu32_mask(all(end), addr);
            before = _mm512_mask_add_epi32(before, behind, before, all(1));
        }
        let found = _mm512_permutex2var_epi32(low, before, high);
        let beyond = _mm512_cmpge_epu32_mask(before, all(32));
        store(out, _mm512_mask_mov_epi32(found, beyond, _mm512_broadcastd_epi32(_mm512_castsi512_si128(last))));
    }
}
