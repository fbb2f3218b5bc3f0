//! Addresses looked up, one by one and in bulk, by the writer or while it rests.

use core::ffi::c_int;

use sekisho::addr::Addr;
use sekisho::lpm::{ByteOrder, Lookup, TableHandle};

use super::{attached, sekisho_lpm, view};
use crate::guard::{self, Output, answer};
use crate::status::SEKISHO_ENOENT;

/// Writes the next hop of the longest route that holds ip.
///
/// ENOENT: no route holds ip, or there is no such table.
///
/// Cost: at most 4 nodes. Threads: shared.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_lpm_lookup(
    lpm: *const sekisho_lpm,
    table: u32,
    ip: u32,
    next_hop: *mut u32,
) -> c_int {
    let lookup = || {
        // SAFETY: the caller's promise.
        let out = unsafe { Output::new(next_hop) }?;
        // SAFETY: the caller's promise.
        let view = unsafe { view(lpm) }?;
        out.set(view.find(TableHandle(table), Addr(ip)).ok_or(SEKISHO_ENOENT)?);
        Ok(())
    };
    answer(lookup())
}

/// As sekisho_lpm_lookup, and writes the prefix and depth of the route as well.
///
/// Cost: at most 33 searches. Threads: shared.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_lpm_lookup_prefix(
    lpm: *const sekisho_lpm,
    table: u32,
    ip: u32,
    prefix: *mut u32,
    depth: *mut u8,
    next_hop: *mut u32,
) -> c_int {
    let lookup = || {
        // SAFETY: the caller's promise.
        let prefix_out = unsafe { Output::new(prefix) }?;
        // SAFETY: the caller's promise.
        let depth_out = unsafe { Output::new(depth) }?;
        // SAFETY: the caller's promise.
        let next_hop_out = unsafe { Output::new(next_hop) }?;
        let mut place = None;
        // SAFETY: the caller's promise.
        let lpm = unsafe { attached(lpm, &mut place) }?;
        let (prefix, next_hop) = lpm.lookup(TableHandle(table), Addr(ip)).ok_or(SEKISHO_ENOENT)?;
        prefix_out.set(prefix.addr().0);
        depth_out.set(prefix.len());
        next_hop_out.set(next_hop);
        Ok(())
    };
    answer(lookup())
}

/// Looks n addresses up and writes n next hops, SEKISHO_LPM_MISS where no route matches. The two
/// arrays may be the same one but must not overlap otherwise. With n 0 they are not looked at.
///
/// EINVAL: an array is NULL or too long to exist. EFAULT: an array is misaligned. A table that
/// does not exist holds no route.
///
/// Cost: at most 4 nodes an address, many at once where the processor can. Threads: shared.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_lpm_lookup_bulk(
    lpm: *const sekisho_lpm,
    table: u32,
    ips: *const u32,
    next_hops: *mut u32,
    n: usize,
) -> c_int {
    // SAFETY: the caller's promise.
    let view = unsafe { view(lpm) };
    // SAFETY: the caller's promise.
    answer(view.and_then(|view| unsafe { bulk(&view, table, ips, ByteOrder::Host, next_hops, n) }))
}

/// As sekisho_lpm_lookup_bulk, of addresses in network order, as they are in packets. Next hops are
/// numbers all the same.
///
/// Cost: at most 4 nodes an address, many at once where the processor can. Threads: shared.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_lpm_lookup_bulk_be(
    lpm: *const sekisho_lpm,
    table: u32,
    ips: *const u32,
    next_hops: *mut u32,
    n: usize,
) -> c_int {
    let order = ByteOrder::Network;
    // SAFETY: the caller's promise.
    let view = unsafe { view(lpm) };
    // SAFETY: the caller's promise.
    answer(view.and_then(|view| unsafe { bulk(&view, table, ips, order, next_hops, n) }))
}

/// As sekisho_lpm_lookup_bulk, each address in the table at the same place of tables. next_hops may
/// be the same array as ips or tables but must not overlap them otherwise.
///
/// Cost: at most 4 nodes an address, many at once where the processor can. Threads: shared.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_lpm_lookup_mixed(
    lpm: *const sekisho_lpm,
    tables: *const u32,
    ips: *const u32,
    next_hops: *mut u32,
    n: usize,
) -> c_int {
    // SAFETY: the caller's promise.
    let view = unsafe { view(lpm) };
    // SAFETY: the caller's promise.
    answer(view.and_then(|view| unsafe { mixed(&view, tables, ips, next_hops, n) }))
}

/// Says of n next hops that a lookup in bulk has written which are none: `hits[i / 32]` has bit i % 32
/// set if `next_hops[i]` is a next hop, else that becomes miss. Bits beyond n are 0. Answers how many
/// hits there are, or INT_MAX if they are more. With n 0 the arrays are not looked at.
///
/// EINVAL: an array is NULL or too long to exist. EFAULT: an array is misaligned. The two arrays may not
/// overlap.
///
/// Cost: grows with n. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_lpm_hits(
    next_hops: *mut u32,
    n: usize,
    miss: u32,
    hits: *mut u32,
) -> c_int {
    let tell = || {
        guard::array(hits, n.div_ceil(32))?;
        // SAFETY: the caller's promise.
        let next_hops = unsafe { guard::items_mut(next_hops, n) }?;
        // SAFETY: the caller's promise; the arrays are apart.
        let hits = unsafe { guard::items_mut(hits, n.div_ceil(32)) }?;
        Ok(sekisho::lpm::hits(next_hops, miss, hits))
    };
    tell().map_or_else(|code| code, |hits| c_int::try_from(hits).unwrap_or(c_int::MAX))
}

/// Addresses that are copied at once where an array is read and written.
const CHUNK: usize = 64;

/// Looks up in bulk.
///
/// # Safety
/// If n is not 0 and they are neither null nor misaligned, `ips` points to `n` numbers and `next_hops`
/// to room for as many, which nothing else accesses meanwhile.
pub(super) unsafe fn bulk(
    view: &Lookup<'_>,
    table: u32,
    ips: *const u32,
    order: ByteOrder,
    next_hops: *mut u32,
    n: usize,
) -> Result<(), c_int> {
    guard::array(ips, n)?;
    guard::array(next_hops, n)?;
    if n == 0 {
        return Ok(());
    }
    let table = TableHandle(table);
    if guard::are_apart(ips, next_hops, n) {
        // SAFETY: checked, and not the array that is written to.
        let ips = unsafe { guard::items(ips, n) }?;
        // SAFETY: checked, and the caller's own.
        let next_hops = unsafe { guard::items_mut(next_hops, n) }?;
        view.find_bulk(table, ips, order, next_hops);
        return Ok(());
    }
    let mut copy = [0; CHUNK];
    for at in (0..n).step_by(CHUNK) {
        // SAFETY: `at` is below `n`.
        let ips = unsafe { guard::copy(ips, at, n, &mut copy) };
        // SAFETY: `at` is below `n`.
        let next_hops = unsafe { next_hops.add(at) };
        // SAFETY: checked; there are at least as many behind `at`, and nothing refers to the array.
        let next_hops = unsafe { guard::items_mut(next_hops, ips.len()) }?;
        view.find_bulk(table, ips, order, next_hops);
    }
    Ok(())
}

/// Looks up in bulk in many tables.
///
/// # Safety
/// As for [`bulk`], and `tables` as `ips`.
pub(super) unsafe fn mixed(
    view: &Lookup<'_>,
    tables: *const u32,
    ips: *const u32,
    next_hops: *mut u32,
    n: usize,
) -> Result<(), c_int> {
    guard::array(tables, n)?;
    guard::array(ips, n)?;
    guard::array(next_hops, n)?;
    if n == 0 {
        return Ok(());
    }
    if guard::are_apart(ips, next_hops, n) && guard::are_apart(tables, next_hops, n) {
        // SAFETY: checked, a handle is its number, and not the array that is written to.
        let tables = unsafe { guard::items(tables.cast::<TableHandle>(), n) }?;
        // SAFETY: checked, and not the array that is written to.
        let ips = unsafe { guard::items(ips, n) }?;
        // SAFETY: checked, and the caller's own.
        let next_hops = unsafe { guard::items_mut(next_hops, n) }?;
        view.find_mixed(tables, ips, next_hops);
        return Ok(());
    }
    let mut copy = [0; CHUNK];
    let mut handles = [TableHandle(0); CHUNK];
    for at in (0..n).step_by(CHUNK) {
        // SAFETY: `at` is below `n`, and a handle is its number.
        let tables = unsafe { guard::copy(tables.cast(), at, n, &mut handles) };
        // SAFETY: `at` is below `n`.
        let ips = unsafe { guard::copy(ips, at, n, &mut copy) };
        // SAFETY: `at` is below `n`.
        let next_hops = unsafe { next_hops.add(at) };
        // SAFETY: checked; there are at least as many behind `at`, and nothing refers to the array.
        let next_hops = unsafe { guard::items_mut(next_hops, ips.len()) }?;
        view.find_mixed(tables, ips, next_hops);
    }
    Ok(())
}
