//! Stand-alone routing tables.

use core::ffi::{c_int, c_void};
use core::sync::atomic::AtomicU32;

use sekisho::MemoryError;
use sekisho::addr::{Addr, Prefix};
use sekisho::lpm::{Lpm, LpmError, TableHandle};

use crate::guard::{self, Output, WORD, answer, memory_error, word};
use crate::status::{
    SEKISHO_EFAULT, SEKISHO_EINVAL, SEKISHO_ENOENT, SEKISHO_ENOSPC, SEKISHO_EPROTO, SEKISHO_ERANGE,
};

/// The largest next hop that a route can hold: next hops have 31 bits and the caller's meaning.
pub const SEKISHO_LPM_MAX_NEXT_HOP: u32 = 0x7FFF_FFFF;
/// What sekisho_lpm_lookup_bulk writes where no route matches; never a next hop.
pub const SEKISHO_LPM_MISS: u32 = 0xFFFF_FFFF;

const _: () = assert!(SEKISHO_LPM_MAX_NEXT_HOP == Lpm::MAX_VALUE);

/// The words of a header that tell the length of an arena.
const HEADER: usize = 4;

/// An arena of longest-prefix-match tables. The handle is the caller's memory.
#[derive(Debug)]
pub struct sekisho_lpm {
    _memory: [AtomicU32; 0],
}

/// How full an arena is. Set size to sizeof(sekisho_lpm_stats) before the call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct sekisho_lpm_stats {
    /// sizeof(sekisho_lpm_stats).
    pub size: u32,
    /// Routes held in all tables.
    pub routes: u32,
    /// The most routes that were held at once.
    pub high: u32,
    /// The most routes that can be held, whatever they are.
    pub max_routes: u32,
    /// Bytes of tree nodes in use.
    pub bytes: u32,
}

/// Answers the bytes that any max_routes routes in max_tables tables take, or 0 if either number is
/// 0 or too large. SEKISHO_LPM_FOOTPRINT is the same as a constant expression.
#[unsafe(no_mangle)]
pub extern "C" fn sekisho_lpm_footprint(max_routes: u32, max_tables: u32) -> usize {
    footprint(max_routes, max_tables).map_or(0, |words| words * WORD)
}

/// Makes an empty arena in len bytes of zeroed memory, aligned to SEKISHO_ALIGN.
///
/// EINVAL: mem or out is NULL, or the footprint is 0. EFAULT: mem or out is misaligned.
/// ENOSPC: len is under the footprint. EEXIST: the memory is not zero.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_lpm_init(
    mem: *mut c_void,
    len: usize,
    max_routes: u32,
    max_tables: u32,
    out: *mut *mut sekisho_lpm,
) -> c_int {
    let init = || {
        // SAFETY: the caller's promise.
        let out = unsafe { Output::new(out) }?;
        let words = footprint(max_routes, max_tables).ok_or(SEKISHO_EINVAL)?;
        // SAFETY: the caller's promise.
        let memory = unsafe { guard::memory(mem, len, words) }?;
        Lpm::init(memory, max_routes, max_tables).map_err(memory_error)?;
        out.set(mem.cast());
        Ok(())
    };
    answer(init())
}

/// Finds the arena that sekisho_lpm_init made in this memory, mapped at another address or by
/// another program, say.
///
/// EINVAL: mem or out is NULL. EFAULT: mem or out is misaligned. EPROTO: there is none.
/// ENOSPC: len is too small for it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_lpm_attach(
    mem: *mut c_void,
    len: usize,
    out: *mut *mut sekisho_lpm,
) -> c_int {
    let attach = || {
        // SAFETY: the caller's promise.
        let out = unsafe { Output::new(out) }?;
        // SAFETY: the caller's promise.
        unsafe { guard::memory(mem, len, HEADER) }?;
        // SAFETY: the caller's promise, and there is a whole header.
        let memory = unsafe { guard::handle(mem, HEADER, length) }?;
        if len / WORD < memory.len() {
            return Err(SEKISHO_ENOSPC);
        }
        Lpm::attach(memory).map_err(memory_error)?;
        out.set(mem.cast());
        Ok(())
    };
    answer(attach())
}

/// Ends the arena: the memory can be initialised again, and every handle to it answers EPROTO.
/// No other thread may be using it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_lpm_fini(lpm: *mut sekisho_lpm) -> c_int {
    // SAFETY: the caller's promise.
    answer(unsafe { attached(lpm) }.map(Lpm::fini))
}

/// Makes an empty table and writes its number, the lowest that is free.
///
/// ENOSPC: the arena has max_tables tables.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_lpm_table_create(lpm: *mut sekisho_lpm, table: *mut u32) -> c_int {
    let create = || {
        // SAFETY: the caller's promise.
        let table = unsafe { Output::new(table) }?;
        // SAFETY: the caller's promise.
        let mut lpm = unsafe { attached(lpm) }?;
        table.set(lpm.create_table().map_err(lpm_error)?.0);
        Ok(())
    };
    answer(create())
}

/// Deletes a table with its routes. EINVAL: there is no such table.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_lpm_table_delete(lpm: *mut sekisho_lpm, table: u32) -> c_int {
    let delete = || {
        // SAFETY: the caller's promise.
        let mut lpm = unsafe { attached(lpm) }?;
        lpm.delete_table(TableHandle(table)).map_err(lpm_error)
    };
    answer(delete())
}

/// Adds a route or replaces its next hop. Host bits of ip beyond depth are masked.
///
/// EINVAL: there is no such table, or depth is over 32. ERANGE: next_hop is over
/// SEKISHO_LPM_MAX_NEXT_HOP. ENOSPC: the arena holds max_routes routes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_lpm_add(
    lpm: *mut sekisho_lpm,
    table: u32,
    ip: u32,
    depth: u8,
    next_hop: u32,
) -> c_int {
    let add = || {
        // SAFETY: the caller's promise.
        let mut lpm = unsafe { attached(lpm) }?;
        lpm.insert(TableHandle(table), prefix(ip, depth)?, next_hop).map_err(lpm_error)?;
        Ok(())
    };
    answer(add())
}

/// Takes a route out. Host bits of ip beyond depth are masked.
///
/// EINVAL: there is no such table, or depth is over 32. ENOENT: there is no such route.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_lpm_delete(
    lpm: *mut sekisho_lpm,
    table: u32,
    ip: u32,
    depth: u8,
) -> c_int {
    let delete = || {
        // SAFETY: the caller's promise.
        let mut lpm = unsafe { attached(lpm) }?;
        lpm.remove(TableHandle(table), prefix(ip, depth)?).map_err(lpm_error)?;
        Ok(())
    };
    answer(delete())
}

/// Writes the next hop of exactly this route. Host bits of ip beyond depth are masked.
///
/// EINVAL: depth is over 32. ENOENT: there is no such route or table.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_lpm_get(
    lpm: *const sekisho_lpm,
    table: u32,
    ip: u32,
    depth: u8,
    next_hop: *mut u32,
) -> c_int {
    let get = || {
        // SAFETY: the caller's promise.
        let next_hop = unsafe { Output::new(next_hop) }?;
        // SAFETY: the caller's promise.
        let lpm = unsafe { attached(lpm) }?;
        next_hop.set(lpm.get(TableHandle(table), prefix(ip, depth)?).ok_or(SEKISHO_ENOENT)?);
        Ok(())
    };
    answer(get())
}

/// Writes the next hop of the longest route that holds ip.
///
/// ENOENT: no route holds ip, or there is no such table.
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
        let lpm = unsafe { attached(lpm) }?;
        let (_, next_hop) = lpm.lookup(TableHandle(table), Addr(ip)).ok_or(SEKISHO_ENOENT)?;
        out.set(next_hop);
        Ok(())
    };
    answer(lookup())
}

/// As sekisho_lpm_lookup, and writes the prefix and depth of the route as well.
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
        // SAFETY: the caller's promise.
        let lpm = unsafe { attached(lpm) }?;
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
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_lpm_lookup_bulk(
    lpm: *const sekisho_lpm,
    table: u32,
    ips: *const u32,
    next_hops: *mut u32,
    n: usize,
) -> c_int {
    let lookup = || {
        // SAFETY: the caller's promise.
        let lpm = unsafe { attached(lpm) }?;
        if n == 0 {
            return Ok(());
        }
        if ips.is_null() || next_hops.is_null() || n > isize::MAX as usize / WORD {
            return Err(SEKISHO_EINVAL);
        }
        if !ips.is_aligned() || !next_hops.is_aligned() {
            return Err(SEKISHO_EFAULT);
        }
        for i in 0..n {
            // SAFETY: the array has `n` items.
            let ip = unsafe { ips.add(i) };
            // SAFETY: the pointer was checked, and C wrote a number here.
            let ip = unsafe { ip.read() };
            let found = lpm.lookup(TableHandle(table), Addr(ip));
            // SAFETY: the array has `n` items.
            let next_hop = unsafe { next_hops.add(i) };
            // SAFETY: the pointer was checked, and there is room for a number.
            unsafe { next_hop.write(found.map_or(SEKISHO_LPM_MISS, |(_, next_hop)| next_hop)) };
        }
        Ok(())
    };
    answer(lookup())
}

/// Writes the route behind ip/depth in order of address, then depth, over ip, depth and next_hop.
/// A depth of 255 asks for the first one. The table may change between calls.
///
/// EINVAL: depth is neither 255 nor at most 32. ENOENT: there is none, or no such table.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_lpm_next(
    lpm: *const sekisho_lpm,
    table: u32,
    ip: *mut u32,
    depth: *mut u8,
    next_hop: *mut u32,
) -> c_int {
    let next = || {
        // SAFETY: the caller's promise.
        let (from_ip, from_depth) = (*unsafe { guard::input(ip) }?, depth);
        // SAFETY: the caller's promise.
        let from_depth = *unsafe { guard::input(from_depth) }?;
        // SAFETY: the caller's promise.
        let ip_out = unsafe { Output::new(ip) }?;
        // SAFETY: the caller's promise.
        let depth_out = unsafe { Output::new(depth) }?;
        // SAFETY: the caller's promise.
        let next_hop_out = unsafe { Output::new(next_hop) }?;
        // SAFETY: the caller's promise.
        let lpm = unsafe { attached(lpm) }?;
        let from = match from_depth {
            u8::MAX => None,
            depth => Some(prefix(from_ip, depth)?),
        };
        let (prefix, next_hop) = lpm.next_route(TableHandle(table), from).ok_or(SEKISHO_ENOENT)?;
        ip_out.set(prefix.addr().0);
        depth_out.set(prefix.len());
        next_hop_out.set(next_hop);
        Ok(())
    };
    answer(next())
}

/// Writes how full the arena is. EINVAL: out->size is not sizeof(sekisho_lpm_stats).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_lpm_get_stats(
    lpm: *const sekisho_lpm,
    out: *mut sekisho_lpm_stats,
) -> c_int {
    let stats = || {
        // SAFETY: the caller's promise.
        let size = unsafe { guard::input(out) }?.size;
        guard::size::<sekisho_lpm_stats>(size)?;
        // SAFETY: the caller's promise.
        let out = unsafe { Output::new(out) }?;
        // SAFETY: the caller's promise.
        let usage = unsafe { attached(lpm) }?.usage();
        out.set(sekisho_lpm_stats {
            size,
            routes: usage.routes,
            high: usage.high,
            max_routes: usage.max_routes,
            bytes: usage.bytes,
        });
        Ok(())
    };
    answer(stats())
}

/// The words of an arena, if there can be one whose bytes can be counted.
fn footprint(max_routes: u32, max_tables: u32) -> Option<usize> {
    let words = Lpm::footprint(max_routes, max_tables);
    let some = max_routes > 0 && max_tables > 0 && words > 0;
    (some && words <= isize::MAX as usize / WORD).then_some(words)
}

/// The arena of a handle.
///
/// # Safety
/// As for [`guard::handle`].
unsafe fn attached<'m>(lpm: *const sekisho_lpm) -> Result<Lpm<'m>, c_int> {
    // SAFETY: passed on.
    let memory = unsafe { guard::handle(lpm.cast(), HEADER, length) }?;
    Lpm::attach(memory).map_err(memory_error)
}

/// The length in words of the arena with this header.
fn length(header: &[AtomicU32]) -> Result<usize, MemoryError> {
    match Lpm::attach(header) {
        // The header is an arena's, and the rest of it lies behind.
        Err(MemoryError::TooSmall) => Ok(Lpm::footprint(word(header, 2), word(header, 3))),
        Err(error) => Err(error),
        Ok(_) => Err(MemoryError::NotInitialised),
    }
}

const fn prefix(ip: u32, depth: u8) -> Result<Prefix, c_int> {
    if depth > 32 { Err(SEKISHO_EINVAL) } else { Ok(Prefix::new_truncated(Addr(ip), depth)) }
}

const fn lpm_error(error: LpmError) -> c_int {
    match error {
        LpmError::CapacityExceeded => SEKISHO_ENOSPC,
        LpmError::NoSuchTable => SEKISHO_EINVAL,
        LpmError::NotFound => SEKISHO_ENOENT,
        LpmError::ValueTooLarge => SEKISHO_ERANGE,
        _ => SEKISHO_EPROTO,
    }
}
