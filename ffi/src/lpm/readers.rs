//! Readers beside the writer.

use core::ffi::c_int;

use sekisho::addr::Addr;
use sekisho::lpm::{ByteOrder, Reader, TableHandle};

use super::lookup::{bulk, mixed};
use super::{changing, sekisho_lpm, words};
use crate::guard::{self, Output, answer, memory_error};
use crate::status::{SEKISHO_ENOENT, SEKISHO_EPROTO};

/// A reader of an arena's tables beside its writer, for one thread or interrupt. It belongs to the
/// process that registered it and may be copied or moved there by that thread; zero is none.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct sekisho_lpm_reader {
    /// For the library alone.
    pub opaque: [u64; 8],
}

/// What the first word of a registered reader is.
const REGISTERED: u64 = 0x5265_6164_6572_0001;
/// The same where it lies beside numbers of 32 bits, so that nothing has to be padded.
const MARK: [u32; 2] = {
    let [a, b, c, d, e, f, g, h] = REGISTERED.to_ne_bytes();
    [u32::from_ne_bytes([a, b, c, d]), u32::from_ne_bytes([e, f, g, h])]
};

/// A registered reader, as it lies in C's memory.
#[repr(C)]
struct Registered {
    mark: [u32; 2],
    reader: Reader<'static>,
}

const _: () = assert!(size_of::<Registered>() <= size_of::<sekisho_lpm_reader>());
const _: () = assert!(align_of::<Registered>() <= align_of::<sekisho_lpm_reader>());

/// Registers reader number index of the arena, below the readers of its configuration, and writes it.
/// A number belongs to one reader at a time.
///
/// EINVAL: index is too large. EEXIST: it is registered already.
///
/// Cost: constant. Threads: any; from then on a reader.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_lpm_reader_register(
    lpm: *mut sekisho_lpm,
    index: u16,
    out: *mut sekisho_lpm_reader,
) -> c_int {
    let register = || {
        // SAFETY: the caller's promise.
        unsafe { Output::new(out) }?;
        // SAFETY: the caller's promise.
        let memory = unsafe { words(lpm) }?;
        let reader = Reader::register(memory, index).map_err(memory_error)?;
        // SAFETY: the same place: a registered reader is no larger and no more aligned.
        unsafe { Output::new(out.cast()) }?.set(Registered { mark: MARK, reader });
        Ok(())
    };
    answer(register())
}

/// Says that the reader is between two lookups, after each burst of packets, say: what it has found
/// before it does not look at any more. Memory is used again once every reader has said so.
///
/// EPROTO: reader is none that is registered, as of the other functions that take one.
///
/// Cost: constant. Threads: reader.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_lpm_reader_quiescent(reader: *mut sekisho_lpm_reader) -> c_int {
    // SAFETY: the caller's promise.
    answer(unsafe { registered(reader) }.map(Reader::quiescent))
}

/// Says that the reader looks at nothing until sekisho_lpm_reader_resume, so that the writer does not
/// wait for it while it sleeps. Return codes as for sekisho_lpm_reader_quiescent.
///
/// Cost: constant. Threads: reader.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_lpm_reader_pause(reader: *mut sekisho_lpm_reader) -> c_int {
    // SAFETY: the caller's promise.
    answer(unsafe { registered(reader) }.map(Reader::pause))
}

/// Says that the reader takes part again after sekisho_lpm_reader_pause. Return codes as for
/// sekisho_lpm_reader_quiescent.
///
/// Cost: constant. Threads: reader.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_lpm_reader_resume(reader: *mut sekisho_lpm_reader) -> c_int {
    // SAFETY: the caller's promise.
    answer(unsafe { registered(reader) }.map(Reader::resume))
}

/// Unregisters the reader and makes it none. Its number can be registered again. Return codes as for
/// sekisho_lpm_reader_quiescent.
///
/// Cost: constant. Threads: reader.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_lpm_reader_unregister(reader: *mut sekisho_lpm_reader) -> c_int {
    let unregister = || {
        // SAFETY: the caller's promise.
        unsafe { registered(reader) }?.pause();
        // SAFETY: a reader was there.
        unsafe { Output::new(reader) }?.set(sekisho_lpm_reader { opaque: [0; 8] });
        Ok(())
    };
    answer(unregister())
}

/// Unregisters the reader of this number that is gone, with its process, say. A number that is not
/// registered is none to forget, which is not an error.
///
/// EBUSY: the call came amid another writer's function.
///
/// Cost: constant. Threads: writer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_lpm_forget_reader(lpm: *mut sekisho_lpm, index: u16) -> c_int {
    let mut place = None;
    // SAFETY: the caller's promise.
    answer(unsafe { changing(lpm, &mut place) }.map(|mut lpm| lpm.forget_reader(index)))
}

/// Frees what no reader looks at any more, as every change does too.
///
/// EBUSY: the call came amid another writer's function.
///
/// Cost: grows with what waits for readers. Threads: writer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_lpm_reclaim(lpm: *mut sekisho_lpm) -> c_int {
    let mut place = None;
    // SAFETY: the caller's promise.
    answer(unsafe { changing(lpm, &mut place) }.map(|mut lpm| lpm.reclaim()))
}

/// As sekisho_lpm_lookup, by a reader.
///
/// Cost: at most 4 nodes. Threads: reader.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_lpm_reader_lookup(
    reader: *const sekisho_lpm_reader,
    table: u32,
    ip: u32,
    next_hop: *mut u32,
) -> c_int {
    let lookup = || {
        // SAFETY: the caller's promise.
        let out = unsafe { Output::new(next_hop) }?;
        // SAFETY: the caller's promise.
        let reader = unsafe { looking(reader) }?;
        out.set(reader.find(TableHandle(table), Addr(ip)).ok_or(SEKISHO_ENOENT)?);
        Ok(())
    };
    answer(lookup())
}

/// As sekisho_lpm_lookup_bulk, by a reader.
///
/// Cost: at most 4 nodes an address, many at once where the processor can. Threads: reader.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_lpm_reader_lookup_bulk(
    reader: *const sekisho_lpm_reader,
    table: u32,
    ips: *const u32,
    next_hops: *mut u32,
    n: usize,
) -> c_int {
    let order = ByteOrder::Host;
    // SAFETY: the caller's promise.
    let reader = unsafe { looking(reader) };
    // SAFETY: the caller's promise.
    answer(reader.and_then(|reader| unsafe { bulk(reader, table, ips, order, next_hops, n) }))
}

/// As sekisho_lpm_lookup_bulk_be, by a reader.
///
/// Cost: at most 4 nodes an address, many at once where the processor can. Threads: reader.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_lpm_reader_lookup_bulk_be(
    reader: *const sekisho_lpm_reader,
    table: u32,
    ips: *const u32,
    next_hops: *mut u32,
    n: usize,
) -> c_int {
    let order = ByteOrder::Network;
    // SAFETY: the caller's promise.
    let reader = unsafe { looking(reader) };
    // SAFETY: the caller's promise.
    answer(reader.and_then(|reader| unsafe { bulk(reader, table, ips, order, next_hops, n) }))
}

/// As sekisho_lpm_lookup_mixed, by a reader.
///
/// Cost: at most 4 nodes an address, many at once where the processor can. Threads: reader.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_lpm_reader_lookup_mixed(
    reader: *const sekisho_lpm_reader,
    tables: *const u32,
    ips: *const u32,
    next_hops: *mut u32,
    n: usize,
) -> c_int {
    // SAFETY: the caller's promise.
    let reader = unsafe { looking(reader) };
    // SAFETY: the caller's promise.
    answer(reader.and_then(|reader| unsafe { mixed(reader, tables, ips, next_hops, n) }))
}

/// The reader that C holds.
///
/// # Safety
/// If not null and aligned, `reader` points to one that is zero or was registered, whose arena's
/// memory is still there.
#[cfg_attr(not(any(target_arch = "x86_64", target_arch = "aarch64")), inline(never))]
unsafe fn looking<'a>(reader: *const sekisho_lpm_reader) -> Result<&'a Reader<'static>, c_int> {
    // SAFETY: the caller's promise, and numbers are what is there in any case.
    let [mark, ..] = unsafe { guard::input(reader) }?.opaque;
    if mark != REGISTERED {
        return Err(SEKISHO_EPROTO);
    }
    // SAFETY: registered, so this is what was written there.
    Ok(&unsafe { guard::input(reader.cast::<Registered>()) }?.reader)
}

/// As [`looking`], for the reader's own thread.
///
/// # Safety
/// As for [`looking`], and nothing else looks at the reader meanwhile.
unsafe fn registered<'a>(
    reader: *mut sekisho_lpm_reader,
) -> Result<&'a mut Reader<'static>, c_int> {
    // SAFETY: passed on.
    unsafe { looking(reader) }?;
    // SAFETY: not null, aligned and registered, as was just seen.
    let registered = unsafe { &mut *reader.cast::<Registered>() };
    Ok(&mut registered.reader)
}
