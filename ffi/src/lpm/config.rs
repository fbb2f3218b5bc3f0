//! What an arena is made for, and how full it is.

use core::ffi::c_int;

use sekisho::lpm::{Config, Lpm, Stats};

use super::{attached, sekisho_lpm};
use crate::guard::{self, Output, WORD, answer};
use crate::region::SEKISHO_ALIGN;
use crate::status::{SEKISHO_EINVAL, SEKISHO_EPROTO, SEKISHO_EUCLEAN};

/// What an arena is made for. Set it to zero, then size to sizeof(sekisho_lpm_config).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct sekisho_lpm_config {
    /// sizeof(sekisho_lpm_config).
    pub size: u32,
    /// The most routes, in all tables together.
    pub max_routes: u32,
    /// The most tables.
    pub max_tables: u32,
    /// Tables that may have a root of 16 bits, which take 513 KiB each without any route.
    pub roots16: u16,
    /// Tables that may have a root of 24 bits, which take 64.3 MiB each.
    pub roots24: u16,
    /// Readers beside the writer; 0 if nothing is looked up while something changes.
    pub readers: u16,
    /// Zero.
    pub reserved: u16,
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
    /// The most routes that can be held.
    pub max_routes: u32,
    /// Bytes in use for routes and what lookups read; roots are counted apart.
    pub bytes: u32,
    /// The most of these that were in use at once.
    pub high_bytes: u32,
    /// The most that can be in use. What fits is decided by this number and max_routes alone.
    pub max_bytes: u32,
    /// Of the bytes in use, those that lookups read.
    pub lookup_bytes: u32,
    /// Bytes of the roots that tables have.
    pub root_bytes: u32,
    /// Bytes that wait for readers.
    pub waiting_bytes: u32,
}

/// The bytes of the statistics before `high_bytes` came.
const FIRST_STATS: usize = 20;

/// Answers the bytes that any max_routes routes in max_tables tables take, or 0 if either number is
/// 0, max_tables is over 2^20, or they take more than an arena can address, 2^28 bytes. SEKISHO_LPM_FOOTPRINT is as much or little more, as a constant expression.
///
/// Cost: constant. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn sekisho_lpm_footprint(max_routes: u32, max_tables: u32) -> usize {
    Lpm::footprint(max_routes, max_tables) * WORD
}

/// Answers the bytes that any routes of this configuration take. 0 if config is NULL or misaligned, its
/// size is not sizeof(sekisho_lpm_config), reserved is not 0, max_routes or max_tables is 0, max_tables is
/// over 2^20, or they take more than an arena can address, 2^28 bytes: sekisho_lpm_init_config takes a
/// configuration whose max_routes alone are too many for that, in as much memory as there is.
///
/// Cost: constant. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_lpm_config_footprint(config: *const sekisho_lpm_config) -> usize {
    // SAFETY: the caller's promise.
    unsafe { read(config) }.map_or(0, |config| config.footprint() * WORD)
}

/// Answers SEKISHO_ALIGN.
///
/// Cost: constant. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn sekisho_lpm_align() -> usize {
    SEKISHO_ALIGN
}

/// Writes what the arena was made for.
///
/// EINVAL: a pointer is NULL, or out->size is under sizeof(sekisho_lpm_config). EPROTO: it is over it, or
/// lpm is none. EFAULT: a pointer is misaligned.
///
/// Cost: constant. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_lpm_capacity(
    lpm: *const sekisho_lpm,
    out: *mut sekisho_lpm_config,
) -> c_int {
    let read = || {
        // SAFETY: the caller's promise.
        let size = unsafe { guard::input(out) }?.size;
        guard::size::<sekisho_lpm_config>(size)?;
        let mut place = None;
        // SAFETY: the caller's promise.
        let config = unsafe { attached(lpm, &mut place) }?.config();
        // SAFETY: the caller's promise.
        unsafe { Output::new(out) }?.set(sekisho_lpm_config {
            size,
            max_routes: config.max_routes,
            max_tables: config.max_tables,
            roots16: config.roots16,
            roots24: config.roots24,
            readers: config.readers,
            reserved: 0,
        });
        Ok(())
    };
    answer(read())
}

/// Says whether the arena agrees with itself: that what lookups answer at both ends of each route, and
/// right beside them, is what the routes say, and that routes are as many as were counted.
///
/// EUCLEAN: something else has written to the memory. EINVAL: lpm is NULL. EFAULT: it is misaligned.
/// EPROTO: it is none, or its header is damaged.
///
/// Cost: 34 lookups and some searches for each route at most. Threads: shared.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_lpm_check(lpm: *const sekisho_lpm) -> c_int {
    let check = || {
        let mut place = None;
        // SAFETY: the caller's promise.
        let is_sound = unsafe { attached(lpm, &mut place) }?.is_sound();
        if is_sound { Ok(()) } else { Err(SEKISHO_EUCLEAN) }
    };
    answer(check())
}

/// Writes how full the arena is.
///
/// EINVAL: out->size is not sizeof(sekisho_lpm_stats), now or in an earlier version of this header.
/// EPROTO: it is larger than this library knows of.
///
/// Cost: grows with the roots. Threads: shared.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_lpm_get_stats(
    lpm: *const sekisho_lpm,
    out: *mut sekisho_lpm_stats,
) -> c_int {
    let stats = || {
        // SAFETY: the caller's promise; every version begins with the size.
        let size = *unsafe { guard::input(out.cast::<u32>()) }?;
        let bytes = usize::try_from(size).map_err(|_| SEKISHO_EINVAL)?;
        if bytes != FIRST_STATS {
            guard::size::<sekisho_lpm_stats>(size)?;
        }
        let mut place = None;
        // SAFETY: the caller's promise.
        let stats = of(unsafe { attached(lpm, &mut place) }?.stats(), size);
        // SAFETY: the caller states that so many bytes are there, and there are as many in `stats`.
        unsafe {
            core::ptr::copy_nonoverlapping((&raw const stats).cast::<u8>(), out.cast(), bytes)
        };
        Ok(())
    };
    answer(stats())
}

/// The configuration that C means.
///
/// # Safety
/// As for [`guard::input`].
pub(super) unsafe fn read(config: *const sekisho_lpm_config) -> Result<Config, c_int> {
    // SAFETY: passed on.
    let config = unsafe { guard::input(config) }?;
    guard::size::<sekisho_lpm_config>(config.size)?;
    if config.reserved != 0 {
        return Err(SEKISHO_EPROTO);
    }
    Ok(Config::new(config.max_routes, config.max_tables)
        .roots16(config.roots16)
        .roots24(config.roots24)
        .readers(config.readers))
}

const fn of(stats: Stats, size: u32) -> sekisho_lpm_stats {
    // An arena has at most 2^28 bytes.
    sekisho_lpm_stats {
        size,
        routes: stats.routes,
        high: stats.high,
        max_routes: stats.max_routes,
        bytes: stats.words * 4,
        high_bytes: stats.high_words * 4,
        max_bytes: stats.max_words * 4,
        lookup_bytes: stats.lookup_words * 4,
        root_bytes: stats.root_words * 4,
        waiting_bytes: stats.waiting_words * 4,
    }
}
