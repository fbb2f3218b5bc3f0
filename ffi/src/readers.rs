//! Readers of a region beside its writer.

use core::ffi::c_int;
use core::mem;

use sekisho::region::Reader;

use crate::guard::{answer, memory_error};
use crate::region::{sekisho_region, words_of};

/// Registers reader number index of the region, below the readers of its profile. From then on the
/// calling thread may judge packets while another thread changes the region: it may call what says
/// reader of a region. A number belongs to one thread at a time; the thread that registers it says by
/// sekisho_region_reader_quiescent when it is between packets.
///
/// What a change replaces is kept until every registered reader has been quiescent after it; until
/// then the next change is refused as SEKISHO_ERROR_BUSY and can be tried again.
///
/// EINVAL: region is NULL, or index is too large. EEXIST: it is registered already. EFAULT: region is
/// misaligned. EPROTO: it is none.
///
/// Cost: constant. Threads: any; from then on a reader.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_region_reader_register(
    region: *mut sekisho_region,
    index: u16,
) -> c_int {
    // SAFETY: the caller's promise.
    let register = unsafe { words_of(region) }
        .and_then(|memory| Reader::register(memory, index).map_err(memory_error));
    // It stays registered: what there is to it lies in the region, found again by its number.
    answer(register.map(mem::forget))
}

/// Says that this reader is between two packets, after each burst, say.
///
/// EINVAL: region is NULL, or no reader of this number is registered. EFAULT: region is misaligned.
/// EPROTO: it is none.
///
/// Cost: constant. Threads: reader.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_region_reader_quiescent(
    region: *mut sekisho_region,
    index: u16,
) -> c_int {
    // SAFETY: the caller's promise.
    let found = unsafe { registered(region, index) };
    answer(found.map(|mut reader| {
        reader.quiescent();
        mem::forget(reader);
    }))
}

/// Unregisters the reader. Its number can be registered again.
///
/// EINVAL: region is NULL, or no reader of this number is registered. EFAULT: region is misaligned.
/// EPROTO: it is none.
///
/// Cost: constant. Threads: reader; the writer, for one that is gone.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sekisho_region_reader_unregister(
    region: *mut sekisho_region,
    index: u16,
) -> c_int {
    // SAFETY: the caller's promise.
    answer(unsafe { registered(region, index) }.map(drop))
}

/// The reader that was registered under a number.
///
/// # Safety
/// As for [`words_of`].
unsafe fn registered<'m>(region: *const sekisho_region, index: u16) -> Result<Reader<'m>, c_int> {
    // SAFETY: passed on.
    let memory = unsafe { words_of(region) }?;
    Reader::registered(memory, index).map_err(memory_error)
}
