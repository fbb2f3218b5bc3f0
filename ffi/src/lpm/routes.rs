//! Routes one by one.

use core::ffi::c_int;

use sekisho::addr::Prefix;
use sekisho::lpm::TableHandle;

use super::{SEKISHO_LPM_MISS, attached, changing, lpm_error, prefix, sekisho_lpm};
use crate::guard::{self, Output, answer};
use crate::status::{SEKISHO_EINVAL, SEKISHO_ENOENT};

/// Adds a route or replaces its next hop. Host bits of ip beyond depth are masked.
///
/// EINVAL: there is no such table, or depth is over 32. ERANGE: next_hop is over
/// SEKISHO_LPM_MAX_NEXT_HOP. ENOSPC: the arena holds max_routes routes or has no room for this one.
/// EBUSY: room will be there when readers have been quiescent; try again.
///
/// Cost: a few nodes and a list of at most 511 routes are copied; with a root up to 2^16 or 2^24 slots
/// are written for a route shorter than the root; where room has to be made, a segment of at most 64
/// KiB is moved. Threads: writer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_lpm_add(
    lpm: *mut sekisho_lpm,
    table: u32,
    ip: u32,
    depth: u8,
    next_hop: u32,
) -> c_int {
    let add = || {
        let mut place = None;
        // SAFETY: the caller's promise.
        let mut lpm = unsafe { changing(lpm, &mut place) }?;
        lpm.insert(TableHandle(table), prefix(ip, depth)?, next_hop).map_err(lpm_error)?;
        Ok(())
    };
    answer(add())
}

/// For sekisho_lpm_add_flags: a route that is there already stays as it is, which is answered EEXIST.
pub const SEKISHO_LPM_EXCL: u32 = 1;
/// For sekisho_lpm_add_flags and sekisho_lpm_delete_flags: host bits of ip beyond depth are answered
/// EINVAL.
pub const SEKISHO_LPM_STRICT: u32 = 2;

/// As sekisho_lpm_add, by flags: 0, or SEKISHO_LPM_EXCL, SEKISHO_LPM_STRICT or both. Writes the next hop
/// that was replaced, or SEKISHO_LPM_MISS if there was none; old may be NULL.
///
/// EINVAL: also a flag that is none, or host bits. EEXIST: there is such a route. EFAULT: old is
/// misaligned.
///
/// Cost: a few nodes and a list of at most 511 routes are copied; with a root up to 2^16 or 2^24 slots
/// are written for a route shorter than the root; where room has to be made, a segment of at most 64
/// KiB is moved. Threads: writer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_lpm_add_flags(
    lpm: *mut sekisho_lpm,
    table: u32,
    ip: u32,
    depth: u8,
    next_hop: u32,
    flags: u32,
    old: *mut u32,
) -> c_int {
    let add = || {
        // SAFETY: the caller's promise.
        let old = unsafe { Output::maybe(old) }?;
        let mut place = None;
        // SAFETY: the caller's promise.
        let mut lpm = unsafe { changing(lpm, &mut place) }?;
        let prefix = flagged(ip, depth, flags, SEKISHO_LPM_EXCL | SEKISHO_LPM_STRICT)?;
        let table = TableHandle(table);
        let replaced = match flags & SEKISHO_LPM_EXCL {
            0 => lpm.insert(table, prefix, next_hop),
            _ => lpm.insert_new(table, prefix, next_hop).map(|()| None),
        };
        let replaced = replaced.map_err(lpm_error)?.unwrap_or(SEKISHO_LPM_MISS);
        old.into_iter().for_each(|old| old.set(replaced));
        Ok(())
    };
    answer(add())
}

/// As sekisho_lpm_delete, by flags: 0 or SEKISHO_LPM_STRICT. Writes the next hop of the route; old may be
/// NULL.
///
/// EINVAL: also a flag that is none, or host bits. EFAULT: old is misaligned.
///
/// Cost: a few nodes and a list of at most 511 routes are copied; with a root up to 2^16 or 2^24 slots
/// are written for a route shorter than the root; where room has to be made, a segment of at most 64
/// KiB is moved. Threads: writer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_lpm_delete_flags(
    lpm: *mut sekisho_lpm,
    table: u32,
    ip: u32,
    depth: u8,
    flags: u32,
    old: *mut u32,
) -> c_int {
    let delete = || {
        // SAFETY: the caller's promise.
        let old = unsafe { Output::maybe(old) }?;
        let mut place = None;
        // SAFETY: the caller's promise.
        let mut lpm = unsafe { changing(lpm, &mut place) }?;
        let prefix = flagged(ip, depth, flags, SEKISHO_LPM_STRICT)?;
        let gone = lpm.remove(TableHandle(table), prefix).map_err(lpm_error)?;
        old.into_iter().for_each(|old| old.set(gone));
        Ok(())
    };
    answer(delete())
}

/// The prefix that C means by these flags, of which some are known.
fn flagged(ip: u32, depth: u8, flags: u32, known: u32) -> Result<Prefix, c_int> {
    let prefix = prefix(ip, depth)?;
    let is_strict = flags & SEKISHO_LPM_STRICT != 0;
    if flags & !known != 0 || is_strict && prefix.addr().0 != ip {
        return Err(SEKISHO_EINVAL);
    }
    Ok(prefix)
}

/// Takes a route out. Host bits of ip beyond depth are masked.
///
/// EINVAL: there is no such table, or depth is over 32. ENOENT: there is no such route.
/// EBUSY: it can be taken out when readers have been quiescent; try again.
///
/// Cost: a few nodes and a list of at most 511 routes are copied; with a root up to 2^16 or 2^24 slots
/// are written for a route shorter than the root; where room has to be made, a segment of at most 64
/// KiB is moved. Threads: writer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_lpm_delete(
    lpm: *mut sekisho_lpm,
    table: u32,
    ip: u32,
    depth: u8,
) -> c_int {
    let delete = || {
        let mut place = None;
        // SAFETY: the caller's promise.
        let mut lpm = unsafe { changing(lpm, &mut place) }?;
        lpm.remove(TableHandle(table), prefix(ip, depth)?).map_err(lpm_error)?;
        Ok(())
    };
    answer(delete())
}

/// Writes the next hop of exactly this route. Host bits of ip beyond depth are masked.
///
/// EINVAL: depth is over 32. ENOENT: there is no such route or table.
///
/// Cost: one search. Threads: shared.
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
        let mut place = None;
        // SAFETY: the caller's promise.
        let lpm = unsafe { attached(lpm, &mut place) }?;
        next_hop.set(lpm.get(TableHandle(table), prefix(ip, depth)?).ok_or(SEKISHO_ENOENT)?);
        Ok(())
    };
    answer(get())
}

/// Writes the route behind ip/depth in order of address, then depth, over ip, depth and next_hop.
/// A depth of 255 asks for the first one. The table may change between calls.
///
/// EINVAL: depth is neither 255 nor at most 32. ENOENT: there is none, or no such table.
///
/// Cost: one search, in a table with a root up to 2^16 words of its index. Threads: shared.
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
        let cursor = unsafe { Cursor::new(ip, depth, next_hop) }?;
        let mut place = None;
        // SAFETY: the caller's promise.
        let lpm = unsafe { attached(lpm, &mut place) }?;
        let from = cursor.from()?;
        cursor.set(lpm.next_route(TableHandle(table), from))
    };
    answer(next())
}

/// Writes the next of the routes that within_ip/within_depth covers, as sekisho_lpm_next does of all
/// routes: that of exactly this prefix is the first.
///
/// EINVAL: within_depth is over 32, or depth is neither 255 nor at most 32. ENOENT: there is none
/// behind ip/depth, or no such table.
///
/// Cost: as sekisho_lpm_next. Threads: shared.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_lpm_covered(
    lpm: *const sekisho_lpm,
    table: u32,
    within_ip: u32,
    within_depth: u8,
    ip: *mut u32,
    depth: *mut u8,
    next_hop: *mut u32,
) -> c_int {
    let next = || {
        // SAFETY: the caller's promise.
        let cursor = unsafe { Cursor::new(ip, depth, next_hop) }?;
        let mut place = None;
        // SAFETY: the caller's promise.
        let lpm = unsafe { attached(lpm, &mut place) }?;
        let within = prefix(within_ip, within_depth)?;
        let table = TableHandle(table);
        let next = match cursor.from()? {
            Some(from) if from >= within => {
                lpm.next_route(table, Some(from)).filter(|(next, _)| within.covers(*next))
            }
            _ => lpm.covered(table, within).next(),
        };
        cursor.set(next)
    };
    answer(next())
}

/// Writes the next of the routes that cover of_ip/of_depth, shortest first, over ip, depth and
/// next_hop: the first that is longer than depth, or the shortest for a depth of 255. That of exactly
/// this prefix is the last. With an of_depth of 32 these are all routes that hold an address.
///
/// EINVAL: of_depth is over 32, or depth is neither 255 nor at most 32. ENOENT: there is none that
/// is longer, or no such table.
///
/// Cost: at most 33 searches. Threads: shared.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_lpm_covering(
    lpm: *const sekisho_lpm,
    table: u32,
    of_ip: u32,
    of_depth: u8,
    ip: *mut u32,
    depth: *mut u8,
    next_hop: *mut u32,
) -> c_int {
    let next = || {
        // SAFETY: the caller's promise.
        let cursor = unsafe { Cursor::new(ip, depth, next_hop) }?;
        let mut place = None;
        // SAFETY: the caller's promise.
        let lpm = unsafe { attached(lpm, &mut place) }?;
        let of = prefix(of_ip, of_depth)?;
        let from = cursor.from()?;
        let longer = |prefix: Prefix| from.is_none_or(|from| prefix.len() > from.len());
        let mut covering = lpm.covering(TableHandle(table), of);
        cursor.set(covering.find(|(prefix, _)| longer(*prefix)))
    };
    answer(next())
}

/// Where the caller holds a route, to be replaced by the next one.
struct Cursor {
    ip: u32,
    depth: u8,
    ip_out: Output<u32>,
    depth_out: Output<u8>,
    next_hop_out: Output<u32>,
}

impl Cursor {
    /// Checks the pointers and reads what is there.
    ///
    /// # Safety
    /// As for [`guard::input`] and [`Output::new`].
    unsafe fn new(ip: *mut u32, depth: *mut u8, next_hop: *mut u32) -> Result<Cursor, c_int> {
        Ok(Cursor {
            // SAFETY: passed on.
            ip: *unsafe { guard::input(ip) }?,
            // SAFETY: passed on.
            depth: *unsafe { guard::input(depth) }?,
            // SAFETY: passed on.
            ip_out: unsafe { Output::new(ip) }?,
            // SAFETY: passed on.
            depth_out: unsafe { Output::new(depth) }?,
            // SAFETY: passed on.
            next_hop_out: unsafe { Output::new(next_hop) }?,
        })
    }

    /// The route that is held.
    fn from(&self) -> Result<Option<Prefix>, c_int> {
        match self.depth {
            u8::MAX => Ok(None),
            depth => prefix(self.ip, depth).map(Some),
        }
    }

    fn set(self, next: Option<(Prefix, u32)>) -> Result<(), c_int> {
        let (prefix, next_hop) = next.ok_or(SEKISHO_ENOENT)?;
        self.ip_out.set(prefix.addr().0);
        self.depth_out.set(prefix.len());
        self.next_hop_out.set(next_hop);
        Ok(())
    }
}
