//! Words of the memory, loaded one by one straight into the lanes of a vector.
//!
//! No word is stored by itself on its way: a vector can be used at once, and there are two instructions a
//! word. The offsets come from memory too, where a vector of them was stored some time before: a load of a
//! part of what has just been stored would wait for all before it.

use core::arch::asm;
use core::arch::x86_64::*;
use core::mem::MaybeUninit;

use super::{LANES, Memory, Slots};

/// Vectors that are needed again before so many others have been put after them.
#[repr(align(64))]
pub(super) struct Ring<const VECTORS: usize>([MaybeUninit<[u32; LANES]>; VECTORS]);

impl<const VECTORS: usize> Ring<VECTORS> {
    pub(super) fn new() -> Ring<VECTORS> {
        Ring([const { MaybeUninit::uninit() }; VECTORS])
    }

    #[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
    #[inline]
    pub(super) fn put(&mut self, vector: usize, words: __m512i) {
        if let Some(place) = self.0.get_mut(vector % VECTORS) {
            // SAFETY: there is room for a vector.
            unsafe { _mm512_storeu_epi32(place.as_mut_ptr().cast(), words) };
        }
    }

    /// # Safety
    ///
    /// The vector has been put.
    #[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
    #[inline]
    pub(super) unsafe fn get(&self, vector: usize) -> __m512i {
        match self.0.get(vector % VECTORS) {
            // SAFETY: as the caller promises, there is a vector.
            Some(place) => unsafe { _mm512_loadu_epi32(place.as_ptr().cast()) },
            None => _mm512_setzero_si512(),
        }
    }
}

/// Offsets of words of one memory, put down some vectors before the words are loaded.
pub(super) struct Ahead<const VECTORS: usize>(Ring<VECTORS>);

impl<const VECTORS: usize> Ahead<VECTORS> {
    pub(super) fn new() -> Ahead<VECTORS> {
        Ahead(Ring::new())
    }

    #[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
    #[inline]
    pub(super) fn put(&mut self, memory: Memory, vector: usize, at: __m512i) {
        self.0.put(vector, _mm512_min_epu32(at, memory.last));
    }

    /// The words at the offsets of a vector.
    ///
    /// # Safety
    ///
    /// They have been put down, and nothing has been but for this memory.
    #[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
    #[inline]
    pub(super) unsafe fn words(&self, memory: Memory, vector: usize) -> __m512i {
        let Some(offsets) = self.0.0.get(vector % VECTORS) else {
            return _mm512_setzero_si512();
        };
        // SAFETY: the caller has put down these offsets, or others in their place since.
        let offsets = unsafe { offsets.assume_init_ref() };
        // SAFETY: what is put down is at most the offset of the memory's last word.
        unsafe { words(memory, offsets) }
    }
}

/// The words at some offsets, which were stored some time before.
///
/// # Safety
///
/// None is behind the memory's last.
#[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
#[inline]
pub(super) unsafe fn words(memory: Memory, offsets: &[u32; LANES]) -> __m512i {
    joined(
        // SAFETY: as the caller promises.
        unsafe { quarter::<0>(memory.base, offsets) },
        // SAFETY: as above.
        unsafe { quarter::<1>(memory.base, offsets) },
        // SAFETY: as above.
        unsafe { quarter::<2>(memory.base, offsets) },
        // SAFETY: as above.
        unsafe { quarter::<3>(memory.base, offsets) },
    )
}

/// Four of the words at some offsets.
///
/// # Safety
///
/// At each of the offsets from the base there is a word.
#[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
#[inline]
unsafe fn quarter<const QUARTER: usize>(base: *const u32, offsets: &[u32; LANES]) -> __m128i {
    const { assert!(QUARTER < 4) };
    let words;
    // SAFETY: as the caller promises, each of the aligned 32-bit loads is of a word. Besides, four of the
    // offsets are read.
    unsafe {
        asm!(
            "mov {at:e}, dword ptr [{offsets} + {from}]",
            "vmovd {words}, dword ptr [{base} + {at}*4]",
            "mov {next:e}, dword ptr [{offsets} + {from} + 4]",
            "vpinsrd {words}, {words}, dword ptr [{base} + {next}*4], 1",
            "mov {at:e}, dword ptr [{offsets} + {from} + 8]",
            "vpinsrd {words}, {words}, dword ptr [{base} + {at}*4], 2",
            "mov {next:e}, dword ptr [{offsets} + {from} + 12]",
            "vpinsrd {words}, {words}, dword ptr [{base} + {next}*4], 3",
            words = out(xmm_reg) words,
            at = out(reg) _,
            next = out(reg) _,
            base = in(reg) base,
            offsets = in(reg) offsets,
            from = const 16 * QUARTER,
            options(nostack, preserves_flags, readonly),
        );
    }
    words
}

/// The root's slots of some addresses.
#[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
#[inline]
pub(super) fn slots<const NETWORK: bool>(slots: &Slots, addrs: &[u32; LANES]) -> __m512i {
    joined(
        slots_quarter::<NETWORK, 0>(slots, addrs),
        slots_quarter::<NETWORK, 1>(slots, addrs),
        slots_quarter::<NETWORK, 2>(slots, addrs),
        slots_quarter::<NETWORK, 3>(slots, addrs),
    )
}

#[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
#[inline]
fn slots_quarter<const NETWORK: bool, const QUARTER: usize>(
    slots: &Slots,
    addrs: &[u32; LANES],
) -> __m128i {
    const { assert!(QUARTER < 4) };
    let words;
    if NETWORK {
        // SAFETY: an offset of 16 bits is one of a slot, so that each of the aligned 32-bit loads is of one.
        // Besides, only four of the addresses are read.
        unsafe {
            asm!(
                "movzx {at:e}, word ptr [{addrs} + {from}]",
                "rol {at:x}, 8",
                "vmovd {words}, dword ptr [{slots} + {at}*4]",
                "movzx {next:e}, word ptr [{addrs} + {from} + 4]",
                "rol {next:x}, 8",
                "vpinsrd {words}, {words}, dword ptr [{slots} + {next}*4], 1",
                "movzx {at:e}, word ptr [{addrs} + {from} + 8]",
                "rol {at:x}, 8",
                "vpinsrd {words}, {words}, dword ptr [{slots} + {at}*4], 2",
                "movzx {next:e}, word ptr [{addrs} + {from} + 12]",
                "rol {next:x}, 8",
                "vpinsrd {words}, {words}, dword ptr [{slots} + {next}*4], 3",
                words = out(xmm_reg) words,
                at = out(reg) _,
                next = out(reg) _,
                slots = in(reg) slots,
                addrs = in(reg) addrs,
                from = const 16 * QUARTER,
                options(nostack, readonly),
            );
        }
    } else {
        // SAFETY: as above.
        unsafe {
            asm!(
                "movzx {at:e}, word ptr [{addrs} + {from}]",
                "vmovd {words}, dword ptr [{slots} + {at}*4]",
                "movzx {next:e}, word ptr [{addrs} + {from} + 4]",
                "vpinsrd {words}, {words}, dword ptr [{slots} + {next}*4], 1",
                "movzx {at:e}, word ptr [{addrs} + {from} + 8]",
                "vpinsrd {words}, {words}, dword ptr [{slots} + {at}*4], 2",
                "movzx {next:e}, word ptr [{addrs} + {from} + 12]",
                "vpinsrd {words}, {words}, dword ptr [{slots} + {next}*4], 3",
                words = out(xmm_reg) words,
                at = out(reg) _,
                next = out(reg) _,
                slots = in(reg) slots,
                addrs = in(reg) addrs,
                from = const 16 * QUARTER + 2,
                options(nostack, preserves_flags, readonly),
            );
        }
    }
    words
}

#[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
#[inline]
fn joined(first: __m128i, second: __m128i, third: __m128i, fourth: __m128i) -> __m512i {
    let low = _mm256_inserti128_si256::<1>(_mm256_castsi128_si256(first), second);
    let high = _mm256_inserti128_si256::<1>(_mm256_castsi128_si256(third), fourth);
    _mm512_inserti64x4::<1>(_mm512_castsi256_si512(low), high)
}
