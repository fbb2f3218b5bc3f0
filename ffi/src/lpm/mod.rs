//! Stand-alone routing tables.

mod config;
mod lookup;
mod readers;
mod routes;
mod tables;

pub use config::*;
pub use lookup::*;
pub use readers::*;
pub use routes::*;
pub use tables::*;

use core::ffi::{c_int, c_void};
use core::sync::atomic::AtomicU32;

use sekisho::MemoryError;
use sekisho::addr::{Addr, Prefix};
use sekisho::lpm::{Lookup, Lpm, LpmError, MISS, Shape};

use crate::guard::{self, Changing, Output, WORD, answer, memory_error};
use crate::status::{
    SEKISHO_EBUSY, SEKISHO_EEXIST, SEKISHO_EINVAL, SEKISHO_ENOENT, SEKISHO_ENOSPC, SEKISHO_EPROTO,
    SEKISHO_ERANGE,
};

/// The largest next hop that a route can hold: next hops have 31 bits and the caller's meaning. The
/// smaller they are, the less memory lookups touch.
pub const SEKISHO_LPM_MAX_NEXT_HOP: u32 = 0x7FFF_FFFF;
/// What lookups in bulk write where no route matches; never a next hop.
pub const SEKISHO_LPM_MISS: u32 = 0xFFFF_FFFF;

const _: () = assert!(SEKISHO_LPM_MAX_NEXT_HOP == Lpm::MAX_VALUE);
const _: () = assert!(SEKISHO_LPM_MISS == MISS);

/// The words of a header that tell the length of an arena.
const HEADER: usize = 14;

/// An arena of longest-prefix-match tables. The handle is the caller's memory.
#[derive(Debug)]
pub struct sekisho_lpm {
    _memory: [AtomicU32; 0],
}

/// Makes an empty arena in len bytes of zeroed memory, aligned to SEKISHO_ALIGN. What is beyond
/// sekisho_lpm_footprint is left alone.
///
/// EINVAL: mem or out is NULL, or the footprint is 0. EFAULT: mem or out is misaligned.
/// ENOSPC: len is under the footprint. EEXIST: the memory is not zero.
///
/// Cost: grows with max_tables. Threads: owner.
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
        let words = Lpm::footprint(max_routes, max_tables);
        if words == 0 {
            return Err(SEKISHO_EINVAL);
        }
        // SAFETY: the caller's promise.
        let memory = unsafe { guard::memory(mem, len, words) }?;
        Lpm::init(memory, max_routes, max_tables).map_err(memory_error)?;
        out.set(mem.cast());
        Ok(())
    };
    answer(init())
}

/// Makes an empty arena of this configuration, and uses all len bytes, which may be fewer than
/// sekisho_lpm_config_footprint: routes then fit as long as the memory that they take does.
///
/// EINVAL: mem, config or out is NULL, a number in config is 0 that must not be or too large, or
/// len is too large to exist. EFAULT: mem, config or out is misaligned. ENOSPC: len is under what
/// an arena of this configuration takes without routes. EEXIST: the memory is not zero.
/// EPROTO: config->size is larger than this library knows of.
///
/// Cost: grows with max_tables, and roots and readers. Threads: owner.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_lpm_init_config(
    mem: *mut c_void,
    len: usize,
    config: *const sekisho_lpm_config,
    out: *mut *mut sekisho_lpm,
) -> c_int {
    let init = || {
        // SAFETY: the caller's promise.
        let out = unsafe { Output::new(out) }?;
        // SAFETY: the caller's promise.
        let config = unsafe { config::read(config) }?;
        if len > isize::MAX as usize {
            return Err(SEKISHO_EINVAL);
        }
        // SAFETY: the caller's promise.
        let memory = unsafe { guard::memory(mem, len, len / WORD) }?;
        Lpm::init_with(memory, &config).map_err(memory_error)?;
        out.set(mem.cast());
        Ok(())
    };
    answer(init())
}

/// Finds the arena that was made in this memory, mapped at another address or by another program,
/// say.
///
/// EINVAL: mem or out is NULL. EFAULT: mem or out is misaligned. EPROTO: there is none.
/// ENOSPC: len is too small for it.
///
/// Cost: constant. Threads: any.
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
        let memory = unsafe { guard::found(mem, len, HEADER, length) }?;
        Lpm::attach(memory).map_err(memory_error)?;
        out.set(mem.cast());
        Ok(())
    };
    answer(attach())
}

/// Ends the arena: the memory can be initialised again, and every handle to it answers EPROTO.
///
/// EINVAL: lpm is NULL. EFAULT: it is misaligned. EPROTO: it is none.
///
/// Cost: constant. Threads: owner.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_lpm_fini(lpm: *mut sekisho_lpm) -> c_int {
    let mut place = None;
    // SAFETY: the caller's promise.
    let found = unsafe { attached(lpm, &mut place) }.map(|_| ());
    place.into_iter().for_each(Lpm::fini);
    answer(found)
}

/// The arena of a handle, made in its place: each move would copy some forty words.
///
/// # Safety
/// As for [`guard::handle`].
#[inline(never)]
unsafe fn attached<'p, 'm>(
    lpm: *const sekisho_lpm,
    place: &'p mut Option<Lpm<'m>>,
) -> Result<&'p mut Lpm<'m>, c_int> {
    // SAFETY: passed on.
    let memory = unsafe { words(lpm) }?;
    Ok(place.insert(Lpm::attach(memory).map_err(memory_error)?))
}

/// As [`attached`], for a change.
///
/// # Safety
/// As for [`guard::handle`].
unsafe fn changing<'p, 'm>(
    lpm: *const sekisho_lpm,
    place: &'p mut Option<Lpm<'m>>,
) -> Result<Changing<'m, &'p mut Lpm<'m>>, c_int> {
    // SAFETY: passed on.
    let lpm = unsafe { attached(lpm, place) }?;
    let turn = lpm.turn();
    Changing::new(lpm, turn)
}

/// The tables of a handle's arena, to look up in.
///
/// # Safety
/// As for [`guard::handle`].
unsafe fn view<'m>(lpm: *const sekisho_lpm) -> Result<Lookup<'m>, c_int> {
    let mut shape = None;
    // SAFETY: passed on.
    let memory = unsafe {
        guard::handle(lpm.cast(), HEADER, |header| Ok(shape.insert(Shape::read(header)?).words()))
    }?;
    shape.ok_or(SEKISHO_EPROTO)?.view(memory).map_err(memory_error)
}

/// The memory of a handle.
///
/// # Safety
/// As for [`guard::handle`].
unsafe fn words<'m>(lpm: *const sekisho_lpm) -> Result<&'m [AtomicU32], c_int> {
    // SAFETY: passed on.
    unsafe { guard::handle(lpm.cast(), HEADER, length) }
}

/// The length in words of the arena with this header.
fn length(header: &[AtomicU32]) -> Result<usize, MemoryError> {
    Ok(Shape::read(header)?.words())
}

const fn prefix(ip: u32, depth: u8) -> Result<Prefix, c_int> {
    if depth > 32 { Err(SEKISHO_EINVAL) } else { Ok(Prefix::new_truncated(Addr(ip), depth)) }
}

#[inline(never)]
const fn lpm_error(error: LpmError) -> c_int {
    match error {
        LpmError::CapacityExceeded => SEKISHO_ENOSPC,
        LpmError::NoSuchTable | LpmError::NotSorted => SEKISHO_EINVAL,
        LpmError::NotFound => SEKISHO_ENOENT,
        LpmError::ValueTooLarge => SEKISHO_ERANGE,
        LpmError::Busy => SEKISHO_EBUSY,
        LpmError::NotEmpty | LpmError::AlreadyThere => SEKISHO_EEXIST,
        _ => SEKISHO_EPROTO,
    }
}
