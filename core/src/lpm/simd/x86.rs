//! What the processor can do, asked once.

use core::arch::x86_64::{__cpuid, __cpuid_count, _xgetbv};
use core::sync::atomic::{AtomicU8, Ordering};

const ASKED: u8 = 1;
const AVX2: u8 = 2;
const AVX512: u8 = 4;

/// What has been found out in this process; 0 before that.
static FOUND: AtomicU8 = AtomicU8::new(0);

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
    const OSXSAVE: u32 = 1 << 27;
    const POPCNT: u32 = 1 << 23;
    if first & OSXSAVE == 0 {
        return 0;
    }
    // SAFETY: the operating system uses `xsave`, so it is there.
    let state = unsafe { enabled_state() };
    let has = |word: u32, bit: u32| word >> bit & 1 != 0;
    let mut found = 0;
    // The halves of the registers that AVX needs are saved between processes.
    if state & 0b110 == 0b110 && has(seventh.ebx, 5) && first & POPCNT != 0 {
        found |= AVX2;
        // F, DQ, BW, VL, VBMI2 and VPOPCNTDQ.
        let some = [16, 17, 30, 31].into_iter().all(|bit| has(seventh.ebx, bit));
        if state & 0b1110_0110 == 0b1110_0110 && some && has(seventh.ecx, 6) && has(seventh.ecx, 14)
        {
            found |= AVX512;
        }
    }
    found
}
