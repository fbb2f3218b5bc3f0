//! Which flow table a packet belongs to.

use core::ffi::{c_int, c_void};
use core::sync::atomic::AtomicU32;

use sekisho::flow::Steering;

use super::sekisho_flows_config;
use crate::guard::{self, Changing, Output, answer, memory_error};
use crate::packet::{from, sekisho_id};
use crate::region::{SEKISHO_ALIGN, sekisho_region, tables};
use crate::status::{SEKISHO_EINVAL, SEKISHO_ENOENT};

/// Words of a steering's header that tell its length.
const HEADER: usize = 6;

/// Says which of several flow tables a packet belongs to. The handle is the caller's memory.
#[derive(Debug)]
pub struct sekisho_steering {
    _memory: [AtomicU32; 0],
}

/// Answers the bytes that a steering takes which remembers so many fragmented packets, or 0 if they are
/// too many.
///
/// Cost: constant. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn sekisho_steering_footprint(fragments: u32) -> usize {
    guard::bytes_of(Steering::footprint(fragments))
}

/// Answers SEKISHO_ALIGN.
///
/// Cost: constant. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn sekisho_steering_align() -> usize {
    SEKISHO_ALIGN
}

/// Makes a steering for the flow tables of this configuration in len bytes of zeroed memory, aligned to
/// SEKISHO_ALIGN. Of the configuration instances, fragments and fragment_ms count. Each thread that receives
/// packets has a steering of its own.
///
/// EINVAL: a pointer is NULL, config->size is under sizeof(sekisho_flows_config), or the configuration is
/// none: meters are over 65535, instances 0 or over 64512, or fragments too many. EFAULT: a pointer is
/// misaligned. ENOSPC: len is under sekisho_steering_footprint(config->fragments). EEXIST: the memory is not
/// zero. EPROTO: the configuration is of a newer version.
///
/// Cost: writes every word of the memory. Threads: owner.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_steering_init(
    mem: *mut c_void,
    len: usize,
    config: *const sekisho_flows_config,
    out: *mut *mut sekisho_steering,
) -> c_int {
    let init = || {
        // SAFETY: the caller's promise.
        let out = unsafe { Output::new(out) }?;
        // SAFETY: the caller's promise.
        let config = unsafe { super::config(config) }?;
        let words = Steering::footprint(config.fragments);
        if words == 0 {
            return Err(SEKISHO_EINVAL);
        }
        // SAFETY: the caller's promise.
        let memory = unsafe { guard::memory(mem, len, words) }?;
        Steering::init(memory, &config).map_err(memory_error)?;
        out.set(mem.cast());
        Ok(())
    };
    answer(init())
}

/// Finds the steering that sekisho_steering_init made in this memory, mapped at another address or by
/// another program, say.
///
/// EINVAL: mem or out is NULL. EFAULT: mem or out is misaligned. EPROTO: there is none.
/// ENOSPC: len is too small for it.
///
/// Cost: constant. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_steering_attach(
    mem: *mut c_void,
    len: usize,
    out: *mut *mut sekisho_steering,
) -> c_int {
    let attach = || {
        // SAFETY: the caller's promise.
        let out = unsafe { Output::new(out) }?;
        // SAFETY: the caller's promise.
        let memory = unsafe { guard::found(mem, len, HEADER, Steering::length) }?;
        Steering::attach(memory).map_err(memory_error)?;
        out.set(mem.cast());
        Ok(())
    };
    answer(attach())
}

/// Ends the steering: the memory can be initialised again, and every handle to it answers EPROTO.
///
/// EINVAL: steering is NULL. EFAULT: it is misaligned. EPROTO: it is none.
///
/// Cost: constant. Threads: owner.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_steering_fini(steering: *mut sekisho_steering) -> c_int {
    // SAFETY: the caller's promise.
    answer(unsafe { steering_of(steering) }.map(Steering::fini))
}

/// # Safety
/// As for [`guard::handle`], and no other thread is at work on it.
unsafe fn steering_of<'m>(steering: *const sekisho_steering) -> Result<Steering<'m>, c_int> {
    // SAFETY: passed on.
    let words = unsafe { guard::handle(steering.cast(), HEADER, Steering::length) }?;
    Steering::attach(words).map_err(memory_error)
}

/// Answers which flow table, from 0, a packet belongs to, whose arguments are as for
/// sekisho_flows_packet: both directions of a flow, and all fragments of a packet, belong to the same.
/// What is no packet belongs to any, so to 0. The packet is only read.
///
/// EINVAL: a pointer is NULL, len is no length, or origin or the port's kind is none. EFAULT: steering or
/// region is misaligned. EPROTO: steering or region is none. ENOENT: there is no such port.
///
/// Cost: as sekisho_flows_packet at most, and for what no interface's address has sent a look at each NAT
/// gateway of the VPC, if it has not been asked for lately. Threads: writer of steering; reader or shared of region.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_steering_owner(
    steering: *mut sekisho_steering,
    region: *const sekisho_region,
    origin: u32,
    port: sekisho_id,
    bytes: *const u8,
    len: usize,
    now_ms: u64,
) -> c_int {
    let owner = || {
        // SAFETY: the caller's promise.
        let bytes = unsafe { guard::bytes(bytes, len) }?;
        let from = from(origin, port)?;
        // SAFETY: the caller's promise.
        let tables = unsafe { tables(region) }?;
        // SAFETY: the caller's promise.
        let steering = unsafe { steering_of(steering) }?;
        let turn = steering.turn();
        let mut steering = Changing::new(steering, turn)?;
        steering.owner_of(&tables, from, bytes, now_ms).ok_or(SEKISHO_ENOENT)
    };
    owner().map_or_else(|code| code, c_int::from)
}
