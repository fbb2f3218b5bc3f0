//! Tables as a whole.

use core::ffi::c_int;

use sekisho::addr::Prefix;
use sekisho::lpm::{Lpm, LpmError, Root, TableHandle};

use super::{changing, lpm_error, prefix, sekisho_lpm};
use crate::guard::{self, Output, answer};
use crate::status::SEKISHO_EINVAL;

/// A route to load. Host bits of ip beyond depth are masked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct sekisho_lpm_route {
    /// The address, in host order.
    pub ip: u32,
    /// The next hop.
    pub next_hop: u32,
    /// The bits of ip that count, 0 to 32.
    pub depth: u8,
    /// Not looked at.
    pub reserved: [u8; 3],
}

/// Makes an empty table and writes its number, the lowest that is free.
///
/// ENOSPC: the arena has max_tables tables.
///
/// Cost: looks for a free number. Threads: writer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_lpm_table_create(lpm: *mut sekisho_lpm, table: *mut u32) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { sekisho_lpm_table_create_root(lpm, 0, table) }
}

/// As sekisho_lpm_table_create, with a root of 16 or 24 bits for a table of the Internet's size, or
/// of 0 for a table that is as small as can be.
///
/// EINVAL: root_bits is none of them. ENOSPC: the arena has max_tables tables, or no root left.
/// EBUSY: a root will be free when readers have been quiescent.
///
/// Cost: writes every slot of the root. Threads: writer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_lpm_table_create_root(
    lpm: *mut sekisho_lpm,
    root_bits: u32,
    table: *mut u32,
) -> c_int {
    let create = || {
        // SAFETY: the caller's promise.
        let table = unsafe { Output::new(table) }?;
        let mut place = None;
        // SAFETY: the caller's promise.
        let mut lpm = unsafe { changing(lpm, &mut place) }?;
        let root = match root_bits {
            0 => Root::Compact,
            16 => Root::Bits16,
            24 => Root::Bits24,
            _ => return Err(SEKISHO_EINVAL),
        };
        table.set(lpm.create_table_with(root).map_err(lpm_error)?.0);
        Ok(())
    };
    answer(create())
}

/// Deletes a table with its routes. A root that it had can be another table's when no reader looks at
/// it any more.
///
/// EINVAL: there is no such table.
///
/// Cost: grows with the routes, and the slots of a root. Threads: writer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_lpm_table_delete(lpm: *mut sekisho_lpm, table: u32) -> c_int {
    let delete = || {
        let mut place = None;
        // SAFETY: the caller's promise.
        let mut lpm = unsafe { changing(lpm, &mut place) }?;
        lpm.delete_table(TableHandle(table)).map_err(lpm_error)
    };
    answer(delete())
}

/// Takes all routes out of a table. EINVAL: there is no such table.
///
/// Cost: grows with the routes, and the slots of a root. Threads: writer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_lpm_clear(lpm: *mut sekisho_lpm, table: u32) -> c_int {
    let clear = || {
        let mut place = None;
        // SAFETY: the caller's promise.
        let mut lpm = unsafe { changing(lpm, &mut place) }?;
        lpm.clear(TableHandle(table)).map_err(lpm_error)
    };
    answer(clear())
}

/// Fills an empty table with n routes that are strictly ascending by address, then depth: all, or
/// none if it is refused. Lookups beside it may see any part of them meanwhile. With n 0 they are
/// not looked at.
///
/// EINVAL: there is no such table, routes is NULL or too long to exist, a depth is over 32, or the
/// routes are not in order. EFAULT: routes is misaligned. EEXIST: the table is not empty.
/// ERANGE: a next hop is over SEKISHO_LPM_MAX_NEXT_HOP. ENOSPC: there is no room for them.
/// EBUSY: room will be there when readers have been quiescent; try again.
///
/// Cost: as n sekisho_lpm_add. Threads: writer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_lpm_load(
    lpm: *mut sekisho_lpm,
    table: u32,
    routes: *const sekisho_lpm_route,
    n: usize,
) -> c_int {
    let load = || {
        let mut place = None;
        // SAFETY: the caller's promise.
        let mut lpm = unsafe { changing(lpm, &mut place) }?;
        // SAFETY: the caller's promise.
        let routes = unsafe { guard::items(routes, n) }?;
        fill(&mut lpm, TableHandle(table), routes)
    };
    answer(load())
}

/// Routes come in C's layout, the core loads a slice of its own, and there is no memory to make one
/// in. So what can be told beforehand is, and the routes are inserted one by one; where there turns
/// out to be no room the table is made empty again, as it was.
fn fill(lpm: &mut Lpm<'_>, table: TableHandle, routes: &[sekisho_lpm_route]) -> Result<(), c_int> {
    match lpm.len(table) {
        None => return Err(lpm_error(LpmError::NoSuchTable)),
        Some(0) => {}
        Some(_) => return Err(lpm_error(LpmError::NotEmpty)),
    }
    let mut last: Option<Prefix> = None;
    for route in routes {
        let prefix = prefix(route.ip, route.depth)?;
        if last.is_some_and(|last| last >= prefix) {
            return Err(lpm_error(LpmError::NotSorted));
        }
        last = Some(prefix);
    }
    if routes.iter().any(|route| route.next_hop > Lpm::MAX_VALUE) {
        return Err(lpm_error(LpmError::ValueTooLarge));
    }
    let stats = lpm.stats();
    let free = usize::try_from(stats.max_routes.saturating_sub(stats.routes));
    if free.is_ok_and(|free| routes.len() > free) {
        return Err(lpm_error(LpmError::CapacityExceeded));
    }
    for route in routes {
        let prefix = prefix(route.ip, route.depth)?;
        if let Err(error) = lpm.insert(table, prefix, route.next_hop) {
            lpm.clear(table).map_err(lpm_error)?;
            return Err(lpm_error(error));
        }
    }
    Ok(())
}

/// Begins to replace all routes of a table: what is not added again, with the same next hop or
/// another, goes by sekisho_lpm_replace_finish. No route that stays is ever missing. Begun again
/// before that, all routes are to be added again.
///
/// EINVAL: there is no such table.
///
/// Cost: grows with the routes that the last replace has left. Threads: writer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_lpm_replace_begin(lpm: *mut sekisho_lpm, table: u32) -> c_int {
    let begin = || {
        let mut place = None;
        // SAFETY: the caller's promise.
        let mut lpm = unsafe { changing(lpm, &mut place) }?;
        lpm.begin_replace(TableHandle(table)).map_err(lpm_error)
    };
    answer(begin())
}

/// Ends a replace: takes out what was there before it and has not been added again, and writes how
/// many routes those were; 0 if none was begun.
///
/// EINVAL: there is no such table. EBUSY: a route cannot be taken out until readers have been
/// quiescent; those before it are out. Try again.
///
/// Cost: as many sekisho_lpm_delete as routes go, and a walk over all. Threads: writer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_lpm_replace_finish(
    lpm: *mut sekisho_lpm,
    table: u32,
    removed: *mut u32,
) -> c_int {
    let finish = || {
        // SAFETY: the caller's promise.
        let removed = unsafe { Output::new(removed) }?;
        let mut place = None;
        // SAFETY: the caller's promise.
        let mut lpm = unsafe { changing(lpm, &mut place) }?;
        removed.set(lpm.finish_replace(TableHandle(table)).map_err(lpm_error)?);
        Ok(())
    };
    answer(finish())
}
