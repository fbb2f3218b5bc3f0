//! Bulk lookup with vector instructions: the one place with unsafe code in this crate.
//!
//! The kernels answer bit for bit as the portable code does. They read the same words, which the
//! writer may be storing to at the same time: every access is one aligned load of 32 bits, made by
//! the gather instruction within `asm`, so that no assumption about the memory being still is ever
//! made. Every offset is clamped to the memory before it is used.

#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "x86_64")]
pub(super) mod x86;

use core::sync::atomic::AtomicU32;

use super::fib::Addrs;
use super::lookup::Kernel;

/// What a bulk lookup begins with.
pub(super) enum Work<'w> {
    /// A root and how far its slots lie from the lowest bit.
    Root(u32, u32),
    Node(u32),
    /// The ends of intervals, and where their answers lie.
    Intervals(&'w [u32], u32),
}

/// Looks up by a kernel with vector instructions; tells whether there is one.
pub(super) fn bulk(
    kernel: Kernel,
    words: &[AtomicU32],
    work: &Work<'_>,
    addrs: Addrs<'_>,
    out: &mut [u32],
) -> bool {
    match kernel {
        #[cfg(target_arch = "x86_64")]
        Kernel::Avx512 if x86::has_avx512() && !words.is_empty() => {
            if addrs.network {
                whole(addrs.words, out, |addrs, out| avx512::<true>(words, work, addrs, out));
            } else {
                whole(addrs.words, out, |addrs, out| avx512::<false>(words, work, addrs, out));
            }
            true
        }
        _ => false,
    }
}

#[cfg(target_arch = "x86_64")]
fn avx512<const NETWORK: bool>(
    words: &[AtomicU32],
    work: &Work<'_>,
    addrs: &[[u32; 16]],
    out: &mut [[u32; 16]],
) {
    // SAFETY: the caller has asked the processor for all that the kernel uses.
    unsafe {
        match *work {
            Work::Root(root, shift) => avx512::rooted::<NETWORK>(words, root, shift, addrs, out),
            Work::Node(entry) => avx512::node::<NETWORK>(words, entry, addrs, out),
            Work::Intervals(ends, at) => {
                avx512::intervals::<NETWORK>(words, ends, at, addrs, out);
            }
        }
    }
}

/// Calls a kernel with whole vectors: what is left over lies in one of its own.
fn whole<const LANES: usize>(
    addrs: &[u32],
    out: &mut [u32],
    kernel: impl Fn(&[[u32; LANES]], &mut [[u32; LANES]]),
) {
    let (vectors, rest) = addrs.as_chunks::<LANES>();
    let (outs, rest_out) = out.as_chunks_mut::<LANES>();
    kernel(vectors, outs);
    if !rest.is_empty() {
        let (mut last, mut found) = ([[0; LANES]], [[0; LANES]]);
        for (to, &addr) in last.as_flattened_mut().iter_mut().zip(rest) {
            *to = addr;
        }
        kernel(&last, &mut found);
        for (to, &found) in rest_out.iter_mut().zip(found.as_flattened()) {
            *to = found;
        }
    }
}
