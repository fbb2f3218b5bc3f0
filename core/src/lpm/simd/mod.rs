//! Bulk lookup with vector instructions: the one place with unsafe code in this crate.
//!
//! The kernels answer bit for bit as the portable code does. They read the same words, which the
//! writer may be storing to at the same time: every access is one aligned load of 32 bits. Those for
//! x86-64 are made within `asm`, by the gather instruction or word by word, so that no assumption about
//! the memory being still is ever made, or as atomics; every offset is clamped to the memory before it is
//! used. Those for AArch64 are the portable code's own.
//!
//! Only damaged memory tells kernels apart: where a pointer leads outside, the portable code reads 0
//! and a gather the last word; and what a pointer to no kind of node gives is left open.

#[cfg(all(target_arch = "x86_64", not(loom)))]
mod avx2;
#[cfg(all(target_arch = "x86_64", not(loom)))]
mod avx512;
#[cfg(all(target_arch = "aarch64", target_feature = "neon", target_endian = "little", not(loom)))]
mod neon;
#[cfg(all(target_arch = "x86_64", not(loom)))]
pub(super) mod x86;

use crate::sync::AtomicU32;

use super::TableHandle;
use super::fib::{self, Addrs, Fib, Start};
use super::intervals;
use super::lookup::Kernel;
use crate::addr::Addr;
use crate::memory::Words;

/// What a bulk lookup begins with.
pub(super) enum Work<'w> {
    /// A root and how far its slots lie from the lowest bit.
    Root(u32, u32),
    Node(u32),
    /// The ends of intervals, and where their answers lie.
    Intervals(&'w [u32], u32),
}

impl Work<'_> {
    /// The portable code.
    #[inline(always)]
    pub(super) fn portable(&self, mem: Words<'_>, addrs: Addrs<'_>, out: &mut [u32]) {
        match *self {
            Work::Root(root, shift) => fib::bulk_rooted(mem, root, shift, addrs, out),
            Work::Node(node) => fib::bulk_node(mem, node, addrs, out),
            Work::Intervals(ends, answers) => intervals::bulk(mem, ends, answers, addrs, out),
        }
    }
}

/// Up to so many addresses at the end are not worth sixteen lanes.
#[cfg(all(target_arch = "x86_64", not(loom)))]
const FEW: usize = 8;

/// Up to so many are not worth eight.
#[cfg(all(target_arch = "x86_64", not(loom)))]
const FEWER: usize = 4;

/// Addresses for vectors, and those at the end that are too few for one.
#[cfg(all(target_arch = "x86_64", not(loom)))]
fn split(addrs: Addrs<'_>, lanes: usize, few: usize) -> (Addrs<'_>, Addrs<'_>) {
    let rest = addrs.words.len() % lanes;
    let most = addrs.words.len() - if rest <= few { rest } else { 0 };
    let (long, short) = addrs.words.split_at_checked(most).unwrap_or_default();
    (Addrs { words: long, ..addrs }, Addrs { words: short, ..addrs })
}

/// Looks up by a kernel for this kind of processor; tells whether there is one.
pub(super) fn bulk(
    kernel: Kernel,
    words: &[AtomicU32],
    work: &Work<'_>,
    addrs: Addrs<'_>,
    out: &mut [u32],
) -> bool {
    match kernel {
        #[cfg(all(target_arch = "x86_64", not(loom)))]
        Kernel::Avx512 if x86::has_avx512() && !words.is_empty() => {
            let (long, short) = split(addrs, avx512::LANES, FEW);
            let (out, short_out) = out.split_at_mut_checked(long.words.len()).unwrap_or_default();
            if addrs.network {
                whole(long.words, out, |addrs, out| avx512::<true>(words, work, addrs, out));
            } else {
                whole(long.words, out, |addrs, out| avx512::<false>(words, work, addrs, out));
            }
            if !short.words.is_empty() {
                // What has sixteen lanes has AVX2.
                avx2(words, work, short, short_out);
            }
            true
        }
        #[cfg(all(target_arch = "x86_64", not(loom)))]
        Kernel::Avx2 if x86::has_avx2() && !words.is_empty() => {
            avx2(words, work, addrs, out);
            true
        }
        #[cfg(all(target_arch = "x86_64", not(loom)))]
        Kernel::Scalar if x86::has_bits() => {
            // SAFETY: the processor has what the portable code is compiled for there.
            unsafe { x86::bulk(Words(words), work, addrs, out) };
            true
        }
        #[cfg(all(
            target_arch = "aarch64",
            target_feature = "neon",
            target_endian = "little",
            not(loom)
        ))]
        Kernel::Neon => {
            whole(addrs.words, out, |vectors, out| {
                // SAFETY: the target has what the kernel uses.
                unsafe { neon::bulk(Words(words), work, addrs.network, vectors, out) };
            });
            true
        }
        _ => {
            let _ = (words, work, addrs, out);
            false
        }
    }
}

/// One lookup, by the portable code as compiled for this kind of processor.
#[inline]
pub(super) fn find(fib: &Fib<'_>, table: TableHandle, addr: Addr) -> u32 {
    #[cfg(all(target_arch = "x86_64", not(target_feature = "popcnt"), not(loom)))]
    {
        if x86::has_bits() {
            // SAFETY: the processor has what the portable code is compiled for there.
            unsafe { x86::find(fib, table, addr) }
        } else {
            find_without_bits(fib, table, addr)
        }
    }
    #[cfg(not(all(target_arch = "x86_64", not(target_feature = "popcnt"), not(loom))))]
    {
        fib.find(table, addr)
    }
}

/// One lookup, for processors that do not count bits. Not inlined, so that what chooses is.
#[cfg(all(target_arch = "x86_64", not(target_feature = "popcnt"), not(loom)))]
#[cold]
#[inline(never)]
fn find_without_bits(fib: &Fib<'_>, table: TableHandle, addr: Addr) -> u32 {
    fib.find(table, addr)
}

/// For processors with AVX2, in at least one word.
#[cfg(all(target_arch = "x86_64", not(loom)))]
fn avx2(words: &[AtomicU32], work: &Work<'_>, addrs: Addrs<'_>, out: &mut [u32]) {
    let (long, short) = split(addrs, avx2::LANES, FEWER);
    let (out, short_out) = out.split_at_mut_checked(long.words.len()).unwrap_or_default();
    whole(long.words, out, |vectors, out| {
        // SAFETY: the caller has asked the processor for all that the kernel uses.
        unsafe { avx2::bulk(words, work, addrs.network, vectors, out) };
    });
    if !short.words.is_empty() {
        // SAFETY: as above.
        unsafe { x86::bulk(Words(words), work, short, short_out) };
    }
}

#[cfg(all(target_arch = "x86_64", not(loom)))]
fn avx512<const NETWORK: bool>(
    words: &[AtomicU32],
    work: &Work<'_>,
    addrs: &[[u32; 16]],
    out: &mut [[u32; 16]],
) {
    match *work {
        // SAFETY: the caller has asked the processor for all that the kernel uses.
        Work::Root(root, shift) => unsafe {
            avx512::rooted::<NETWORK>(words, root, shift, addrs, out);
        },
        // SAFETY: as above.
        Work::Node(entry) => unsafe { avx512::node::<NETWORK>(words, entry, addrs, out) },
        // SAFETY: as above.
        Work::Intervals(ends, answers) => unsafe {
            avx512::intervals::<NETWORK>(words, ends, answers, addrs, out);
        },
    }
}

/// Calls a kernel with whole vectors: what is left over lies in one of its own.
#[allow(dead_code, reason = "for processors with a kernel")]
fn whole<const LANES: usize>(
    addrs: &[u32],
    out: &mut [u32],
    kernel: impl Fn(&[[u32; LANES]], &mut [[u32; LANES]]),
) {
    let (vectors, rest) = addrs.as_chunks::<LANES>();
    let (outs, rest_out) = out.as_chunks_mut::<LANES>();
    if !vectors.is_empty() {
        kernel(vectors, outs);
    }
    if !rest.is_empty() {
        let (mut last, mut found) = ([[0; LANES]], [[0; LANES]]);
        fill(&mut last, rest);
        kernel(&last, &mut found);
        for (to, &found) in rest_out.iter_mut().zip(found.as_flattened()) {
            *to = found;
        }
    }
}

/// Looks up in tables of their own by a kernel for this kind of processor; tells whether there is
/// one.
pub(super) fn mixed(
    kernel: Kernel,
    fib: &Fib<'_>,
    tables: &[TableHandle],
    addrs: &[u32],
    out: &mut [u32],
) -> bool {
    match kernel {
        #[cfg(all(target_arch = "x86_64", not(loom)))]
        Kernel::Avx512 if x86::has_avx512() && !fib.mem.0.is_empty() => {
            whole_mixed(fib, tables, addrs, out, |tables, addrs, out| {
                // SAFETY: the processor has all that the kernel uses.
                unsafe { avx512::mixed(fib, tables, addrs, out) };
            });
            true
        }
        #[cfg(all(target_arch = "x86_64", not(loom)))]
        Kernel::Avx2 if x86::has_avx2() && !fib.mem.0.is_empty() => {
            whole_mixed(fib, tables, addrs, out, |tables, addrs, out| {
                // SAFETY: the processor has all that the kernel uses.
                unsafe { avx2::mixed(fib, tables, addrs, out) };
            });
            true
        }
        #[cfg(all(target_arch = "x86_64", not(loom)))]
        Kernel::Scalar if x86::has_bits() => {
            // SAFETY: the processor has what the portable code is compiled for there.
            unsafe { x86::mixed(fib, tables, addrs, out) };
            true
        }
        #[cfg(all(
            target_arch = "aarch64",
            target_feature = "neon",
            target_endian = "little",
            not(loom)
        ))]
        Kernel::Neon => {
            let (vectors, rest) = tables.as_chunks();
            let (addr_vectors, addr_rest) = addrs.as_chunks();
            let (outs, out_rest) = out.as_chunks_mut();
            // SAFETY: the target has what the kernel uses.
            unsafe { neon::mixed(fib, vectors, addr_vectors, outs) };
            fib.mixed(rest, addr_rest, out_rest);
            true
        }
        _ => {
            let _ = (fib, tables, addrs, out);
            false
        }
    }
}

/// Puts answers in the place of what leads to no node.
#[allow(dead_code, reason = "for processors with a kernel")]
#[inline(always)]
fn by_one<const LANES: usize>(fib: &Fib<'_>, addrs: &[u32; LANES], out: &mut [u32; LANES]) {
    for (&addr, out) in addrs.iter().zip(out) {
        match fib.start(*out) {
            Start::Answer(_) | Start::Node(_) => {}
            start => *out = start.find(fib.mem, addr),
        }
    }
}

/// Calls a kernel with whole vectors of addresses and their tables. What is left over is looked up one by
/// one if it is little; for processors that count bits, as those do that have a kernel.
#[cfg(all(target_arch = "x86_64", not(loom)))]
fn whole_mixed<const LANES: usize>(
    fib: &Fib<'_>,
    tables: &[TableHandle],
    addrs: &[u32],
    out: &mut [u32],
    kernel: impl Fn(&[[u32; LANES]], &[[u32; LANES]], &mut [[u32; LANES]]),
) {
    let (vectors, rest) = numbers(tables).as_chunks();
    let (addr_vectors, addr_rest) = addrs.as_chunks();
    let (outs, out_rest) = out.as_chunks_mut();
    if !vectors.is_empty() {
        kernel(vectors, addr_vectors, outs);
    }
    if rest.len() > FEW {
        let (mut some, mut last, mut found) = ([[0; LANES]], [[0; LANES]], [[0; LANES]]);
        fill(&mut some, rest);
        fill(&mut last, addr_rest);
        kernel(&some, &last, &mut found);
        for (to, &found) in out_rest.iter_mut().zip(found.as_flattened()) {
            *to = found;
        }
    } else {
        let (_, rest) = tables.as_chunks::<LANES>();
        // SAFETY: the processor has what the portable code is compiled for there.
        unsafe { x86::mixed(fib, rest, addr_rest, out_rest) };
    }
}

/// The numbers of tables.
#[cfg(all(target_arch = "x86_64", not(loom)))]
fn numbers(tables: &[TableHandle]) -> &[u32] {
    // SAFETY: a handle is `repr(transparent)` over its number.
    unsafe { core::slice::from_raw_parts(tables.as_ptr().cast(), tables.len()) }
}

#[allow(dead_code, reason = "for processors with a kernel")]
fn fill<const LANES: usize>(vector: &mut [[u32; LANES]; 1], words: &[u32]) {
    for (to, &word) in vector.as_flattened_mut().iter_mut().zip(words) {
        *to = word;
    }
}

#[cfg(test)]
mod kernel_tests;
