//! What the processor can do, asked once.

use core::arch::x86_64::{__cpuid, __cpuid_count, _xgetbv};
use core::sync::atomic::{AtomicU8, Ordering};

use super::Work;
#[cfg(not(target_feature = "popcnt"))]
use crate::addr::Addr;
use crate::lpm::TableHandle;
use crate::lpm::fib::{Addrs, Fib};
use crate::memory::Words;

const ASKED: u8 = 1;
const AVX2: u8 = 2;
const AVX512: u8 = 4;
const BITS: u8 = 8;

/// What has been found out in this process; 0 before that.
static FOUND: AtomicU8 = AtomicU8::new(0);

#[inline]
fn found() -> u8 {
    match FOUND.load(Ordering::Relaxed) {
        0 => {
            let found = ask() | ASKED;
            FOUND.store(found, Ordering::Relaxed);
            found
        }
        found => found,
    }
}

/// Whether the portable code can run as compiled for processors that count bits.
#[inline]
pub(crate) fn has_bits() -> bool {
    found() & BITS != 0
}

/// One lookup by the portable code, for processors that count bits.
#[cfg(not(target_feature = "popcnt"))]
#[target_feature(enable = "popcnt,bmi1,bmi2,lzcnt")]
pub(crate) fn find(fib: &Fib<'_>, table: TableHandle, addr: Addr) -> u32 {
    fib.find(table, addr)
}

/// Bulk lookup by the portable code, for processors that count bits.
#[target_feature(enable = "popcnt,bmi1,bmi2,lzcnt")]
pub(super) fn bulk(mem: Words<'_>, work: &Work<'_>, addrs: Addrs<'_>, out: &mut [u32]) {
    work.portable(mem, addrs, out);
}

/// Lookups in tables of their own by the portable code, for processors that count bits.
#[target_feature(enable = "popcnt,bmi1,bmi2,lzcnt")]
pub(super) fn mixed(fib: &Fib<'_>, tables: &[TableHandle], addrs: &[u32], out: &mut [u32]) {
    fib.mixed(tables, addrs, out);
}

/// Whether the AVX-512 kernel can run.
pub(crate) fn has_avx512() -> bool {
    found() & AVX512 != 0
}

/// Whether the AVX2 kernel can run.
pub(crate) fn has_avx2() -> bool {
    found() & AVX2 != 0
}

#[target_feature(enable = "xsave")]
fn enabled_state() -> u64 {
    // SAFETY: `xsave` is enabled, and register 0 exists wherever it is.
    unsafe { _xgetbv(0) }
}

fn ask() -> u8 {
    if __cpuid(0).eax < 7 {
        return 0;
    }
    let (first, seventh) = (__cpuid(1).ecx, __cpuid_count(7, 0));
    let extended =
        if __cpuid(0x8000_0000).eax > 0x8000_0000 { __cpuid(0x8000_0001).ecx } else { 0 };
    let has = |word: u32, bit: u32| word >> bit & 1 != 0;
    let mut found = 0;
    // POPCNT, BMI1, BMI2 and LZCNT.
    let bits = has(first, 23) && has(seventh.ebx, 3) && has(seventh.ebx, 8) && has(extended, 5);
    if bits {
        found |= BITS;
    }
    const OSXSAVE: u32 = 27;
    if !has(first, OSXSAVE) {
        return found;
    }
    // SAFETY: the operating system uses `xsave`, so it is there.
    let state = unsafe { enabled_state() };
    // The halves of the registers that AVX needs are saved between processes.
    if state & 0b110 == 0b110 && has(seventh.ebx, 5) && bits {
        found |= AVX2;
        // F, DQ, BW and VL; VBMI2, VNNI and VPOPCNTDQ.
        let some = [16, 17, 30, 31].into_iter().all(|bit| has(seventh.ebx, bit));
        let more = [6, 11, 14].into_iter().all(|bit| has(seventh.ecx, bit));
        if state & 0b1110_0110 == 0b1110_0110 && some && more {
            found |= AVX512;
        }
    }
    found
}
