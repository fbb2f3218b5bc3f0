//! Flow tables: packets with a memory.

mod counters;
mod packets;
mod steering;

pub use counters::*;
pub use packets::*;
pub use steering::*;

use core::ffi::{c_int, c_void};
use core::sync::atomic::AtomicU32;

use sekisho::MemoryError;
use sekisho::flow::{Config, FlowTable, Shape, Timeouts, Watch};

use crate::guard::{self, Changing, Output, answer, memory_error};
use crate::region::SEKISHO_ALIGN;
use crate::status::{SEKISHO_EINVAL, SEKISHO_EPROTO};

/// Words of a table's header that tell its length and where things lie.
const HEADER: usize = 32;

/// A flow table: the flows of one thread's packets, with port translation, fragments and counters. The
/// handle is the caller's memory.
#[derive(Debug)]
pub struct sekisho_flows {
    _memory: [AtomicU32; 0],
}

/// What a flow table is made for. Set size to sizeof(sekisho_flows_config), then let
/// sekisho_flows_config_default fill in the rest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct sekisho_flows_config {
    /// sizeof(sekisho_flows_config).
    pub size: u32,
    /// Most flows, 1 to 16777214.
    pub flows: u32,
    /// Most pairs of an inside address and port that have an outside port; 0 without port translation.
    pub mappings: u32,
    /// Fragmented packets that are remembered, rounded up to a multiple of 4.
    pub fragments: u32,
    /// Public addresses whose traffic is counted one by one, at most 65535.
    pub meters: u32,
    /// This is instance `instance`, from 0, of `instances`, which share the ports of each address.
    pub instance: u16,
    /// At least 1.
    pub instances: u16,
    /// After how long without a packet TCP flows end that are not established, or closing.
    pub tcp_transitory_ms: u32,
    /// After how long established TCP flows end.
    pub tcp_established_ms: u32,
    /// After how long UDP flows end, and those of other protocols.
    pub udp_ms: u32,
    /// After how long ICMP flows end.
    pub icmp_ms: u32,
    /// How long later fragments find what the first has said: its ports, or what an ICMP error is about.
    pub fragment_ms: u32,
    /// A secret random number, low half first: without it nobody can aim at one place of the table.
    pub seed: [u32; 2],
}

impl sekisho_flows_config {
    const fn of(config: &Config) -> sekisho_flows_config {
        let Config { flows, mappings, fragments, meters, instance, instances, timeouts, seed } =
            *config;
        sekisho_flows_config {
            size: size_of::<sekisho_flows_config>() as u32,
            flows,
            mappings,
            fragments,
            meters: meters as u32,
            instance,
            instances,
            tcp_transitory_ms: timeouts.tcp_transitory,
            tcp_established_ms: timeouts.tcp_established,
            udp_ms: timeouts.udp,
            icmp_ms: timeouts.icmp,
            fragment_ms: timeouts.fragment,
            seed: [seed as u32, (seed >> 32) as u32],
        }
    }
}

/// Writes the configuration of a table of so many flows, all of which may be under port translation: one
/// instance, time-outs of 4 min, 2 h 4 min, 5 min, 60 s, and 30 s for fragments, and the seed 0.
///
/// EINVAL: out is NULL, or out->size is under sizeof(sekisho_flows_config). EPROTO: it is over it.
/// EFAULT: out is misaligned.
///
/// Cost: constant. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_flows_config_default(
    out: *mut sekisho_flows_config,
    flows: u32,
) -> c_int {
    let fill = || {
        // SAFETY: the caller's promise.
        guard::size::<sekisho_flows_config>(unsafe { guard::input(out) }?.size)?;
        // SAFETY: the caller's promise.
        unsafe { Output::new(out) }?.set(sekisho_flows_config::of(&Config::new(flows)));
        Ok(())
    };
    answer(fill())
}

/// The configuration that C means.
///
/// # Safety
/// As for [`guard::input`].
unsafe fn config(config: *const sekisho_flows_config) -> Result<Config, c_int> {
    // SAFETY: passed on.
    let config = unsafe { guard::input(config) }?;
    guard::size::<sekisho_flows_config>(config.size)?;
    let [low, high] = config.seed.map(u64::from);
    Ok(Config {
        flows: config.flows,
        mappings: config.mappings,
        fragments: config.fragments,
        meters: u16::try_from(config.meters).map_err(|_| SEKISHO_EINVAL)?,
        instance: config.instance,
        instances: config.instances,
        timeouts: Timeouts {
            tcp_transitory: config.tcp_transitory_ms,
            tcp_established: config.tcp_established_ms,
            udp: config.udp_ms,
            icmp: config.icmp_ms,
            fragment: config.fragment_ms,
        },
        seed: high << 32 | low,
    })
}

/// Answers the bytes that a table of this configuration takes, or 0 if config is NULL, misaligned or
/// none.
///
/// Cost: constant. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_flows_footprint(config: *const sekisho_flows_config) -> usize {
    // SAFETY: the caller's promise.
    unsafe { self::config(config) }.map_or(0, |config| guard::bytes_of(config.footprint()))
}

/// Answers SEKISHO_ALIGN. Aligned to 64 bytes a table is fastest.
///
/// Cost: constant. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn sekisho_flows_align() -> usize {
    SEKISHO_ALIGN
}

/// Writes the configuration that the table was made with, its seed included.
///
/// EINVAL: a pointer is NULL, or out->size is under sizeof(sekisho_flows_config). EPROTO: it is over it, or
/// flows is none. EFAULT: a pointer is misaligned.
///
/// Cost: constant. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_flows_capacity(
    flows: *const sekisho_flows,
    out: *mut sekisho_flows_config,
) -> c_int {
    let read = || {
        // SAFETY: the caller's promise.
        guard::size::<sekisho_flows_config>(unsafe { guard::input(out) }?.size)?;
        // SAFETY: the caller's promise.
        let config = *unsafe { table(flows) }?.config();
        // SAFETY: the caller's promise.
        unsafe { Output::new(out) }?.set(sekisho_flows_config::of(&config));
        Ok(())
    };
    answer(read())
}

/// Makes an empty table in len bytes of zeroed memory, aligned to SEKISHO_ALIGN; aligned to 64 it is
/// fastest.
///
/// EINVAL: a pointer is NULL, or the configuration is none. EFAULT: a pointer is misaligned.
/// ENOSPC: len is under the footprint. EEXIST: the memory is not zero. EPROTO: the configuration is of a
/// newer version.
///
/// Cost: writes every word of the memory. Threads: owner.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_flows_init(
    mem: *mut c_void,
    len: usize,
    config: *const sekisho_flows_config,
    out: *mut *mut sekisho_flows,
) -> c_int {
    let init = || {
        // SAFETY: the caller's promise.
        let out = unsafe { Output::new(out) }?;
        // SAFETY: the caller's promise.
        let config = unsafe { self::config(config) }?;
        let words = config.footprint();
        if words == 0 {
            return Err(SEKISHO_EINVAL);
        }
        // SAFETY: the caller's promise.
        let memory = unsafe { guard::memory(mem, len, words) }?;
        FlowTable::init(memory, &config).map_err(memory_error)?;
        out.set(mem.cast());
        Ok(())
    };
    answer(init())
}

/// Finds the table that sekisho_flows_init made in this memory, mapped at another address or by another
/// program, say.
///
/// EINVAL: mem or out is NULL. EFAULT: mem or out is misaligned. EPROTO: there is none.
/// ENOSPC: len is too small for it.
///
/// Cost: constant. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_flows_attach(
    mem: *mut c_void,
    len: usize,
    out: *mut *mut sekisho_flows,
) -> c_int {
    let attach = || {
        // SAFETY: the caller's promise.
        let out = unsafe { Output::new(out) }?;
        // SAFETY: the caller's promise.
        let memory = unsafe { guard::found(mem, len, HEADER, length) }?;
        FlowTable::attach(memory).map_err(memory_error)?;
        out.set(mem.cast());
        Ok(())
    };
    answer(attach())
}

/// Ends the table: the memory can be initialised again, and every handle to it answers EPROTO.
///
/// EINVAL: flows is NULL. EFAULT: it is misaligned. EPROTO: it is none.
///
/// Cost: constant. Threads: owner.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_flows_fini(flows: *mut sekisho_flows) -> c_int {
    // SAFETY: the caller's promise.
    answer(unsafe { table(flows) }.map(FlowTable::fini))
}

fn length(header: &[AtomicU32]) -> Result<usize, MemoryError> {
    Ok(Shape::read(header)?.words())
}

/// # Safety
/// As for [`guard::handle`], and no other thread is at work on the table.
unsafe fn table<'m>(flows: *const sekisho_flows) -> Result<FlowTable<'m>, c_int> {
    // SAFETY: passed on.
    unsafe { table_here(flows) }
}

/// The same where packets pass, without a call and a copy of the table.
///
/// # Safety
/// As for [`table`].
#[cfg_attr(any(target_arch = "x86_64", target_arch = "aarch64"), inline(always))]
unsafe fn table_here<'m>(flows: *const sekisho_flows) -> Result<FlowTable<'m>, c_int> {
    let mut shape = None;
    // SAFETY: passed on.
    let memory = unsafe {
        guard::handle(flows.cast(), HEADER, |header| Ok(shape.insert(Shape::read(header)?).words()))
    }?;
    shape.ok_or(SEKISHO_EPROTO)?.table(memory).map_err(memory_error)
}

/// As [`table`], for a change.
///
/// # Safety
/// As for [`table`].
unsafe fn changing<'m>(flows: *const sekisho_flows) -> Result<Changing<'m, FlowTable<'m>>, c_int> {
    // SAFETY: passed on.
    let table = unsafe { table(flows) }?;
    let turn = table.turn();
    Changing::new(table, turn)
}

/// What a table has counted.
///
/// # Safety
/// As for [`guard::handle`].
pub(crate) unsafe fn watch<'m>(flows: *const sekisho_flows) -> Result<Watch<'m>, c_int> {
    let mut shape = None;
    // SAFETY: passed on.
    let memory = unsafe {
        guard::handle(flows.cast(), HEADER, |header| Ok(shape.insert(Shape::read(header)?).words()))
    }?;
    shape.ok_or(SEKISHO_EPROTO)?.watch(memory).map_err(memory_error)
}
