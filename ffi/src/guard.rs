//! Checks of what C hands over. Nothing is read or written before its pointer has passed here.

use core::ffi::{c_int, c_void};
use core::ops::{Deref, DerefMut};
use core::sync::atomic::{AtomicU32, Ordering};

use sekisho::{MemoryError, Turn};

use crate::status::{
    SEKISHO_EBUSY, SEKISHO_EEXIST, SEKISHO_EFAULT, SEKISHO_EINVAL, SEKISHO_ENOSPC, SEKISHO_EPROTO,
};

/// Bytes of a word.
pub(crate) const WORD: usize = size_of::<u32>();

/// The answer of a function as C sees it.
pub(crate) fn answer(result: Result<(), c_int>) -> c_int {
    result.err().unwrap_or(0)
}

pub(crate) const fn memory_error(error: MemoryError) -> c_int {
    match error {
        MemoryError::TooSmall => SEKISHO_ENOSPC,
        MemoryError::AlreadyInitialised | MemoryError::ReaderTaken => SEKISHO_EEXIST,
        MemoryError::BadProfile | MemoryError::NoSuchReader => SEKISHO_EINVAL,
        // What cannot be attached to, for whatever reason it may ever be.
        _ => SEKISHO_EPROTO,
    }
}

/// The bytes of so many words; 0 if nothing can be that long.
pub(crate) fn bytes_of(words: usize) -> usize {
    let bytes = words.checked_mul(WORD).filter(|bytes| isize::try_from(*bytes).is_ok());
    bytes.unwrap_or(0)
}

/// The first `words` words of memory of `len` bytes.
///
/// # Safety
/// If not null, `memory` points to `len` bytes that outlive `'m`, and that nothing but this library
/// accesses meanwhile.
pub(crate) unsafe fn memory<'m>(
    memory: *const c_void,
    len: usize,
    words: usize,
) -> Result<&'m [AtomicU32], c_int> {
    let memory = memory.cast::<AtomicU32>();
    if memory.is_null() {
        return Err(SEKISHO_EINVAL);
    }
    if !memory.is_aligned() {
        return Err(SEKISHO_EFAULT);
    }
    if len > isize::MAX as usize || words != 0 && bytes_of(words) == 0 {
        return Err(SEKISHO_EINVAL);
    }
    if len / WORD < words {
        return Err(SEKISHO_ENOSPC);
    }
    // SAFETY: not null, aligned, no longer than anything can be, and `words` words fit the caller's `len` bytes.
    Ok(unsafe { core::slice::from_raw_parts(memory, words) })
}

/// The words of a region or arena from its handle, which is its memory.
///
/// `length` reads the first `header` words and answers the length in words that the capacities in
/// there make. It has to be the length that the second word states, so that no single damaged word
/// leads out of the memory.
///
/// # Safety
/// As for [`memory`], with the length that the memory was initialised with. Memory that was never
/// initialised has at least `header` words.
#[inline]
pub(crate) unsafe fn handle<'m>(
    handle: *const c_void,
    header: usize,
    length: impl FnOnce(&[AtomicU32]) -> Result<usize, MemoryError>,
) -> Result<&'m [AtomicU32], c_int> {
    // SAFETY: the header of what the caller says is a handle.
    let header = unsafe { memory(handle, header * WORD, header) }?;
    let words = stated(header, length)?;
    // SAFETY: `init` saw that the memory has this length: two places in the header agree on it.
    unsafe { memory(handle, words.saturating_mul(WORD), words) }
}

/// As [`handle`], for memory of `len` bytes that may hold anything: nothing behind it is spoken of.
///
/// # Safety
/// As for [`memory`].
pub(crate) unsafe fn found<'m>(
    mem: *const c_void,
    len: usize,
    header: usize,
    length: impl FnOnce(&[AtomicU32]) -> Result<usize, MemoryError>,
) -> Result<&'m [AtomicU32], c_int> {
    // SAFETY: passed on.
    let words = stated(unsafe { memory(mem, len, header) }?, length)?;
    // SAFETY: passed on; more words than there are is answered with an error.
    unsafe { memory(mem, len, words) }
}

/// The length in words that a header makes and states.
fn stated(
    header: &[AtomicU32],
    length: impl FnOnce(&[AtomicU32]) -> Result<usize, MemoryError>,
) -> Result<usize, c_int> {
    let words = length(header).map_err(memory_error)?;
    let is_same = usize::try_from(word(header, 1)) == Ok(words);
    if is_same { Ok(words) } else { Err(SEKISHO_EPROTO) }
}

/// A word of a header.
fn word(header: &[AtomicU32], at: usize) -> u32 {
    header.get(at).map_or(0, |word| word.load(Ordering::Relaxed))
}

/// What a pointer from C points to, if it can.
///
/// # Safety
/// If not null and aligned, `pointer` points to a `T` that nothing changes during `'a`.
#[cfg_attr(not(any(target_arch = "x86_64", target_arch = "aarch64")), inline(never))]
pub(crate) unsafe fn input<'a, T>(pointer: *const T) -> Result<&'a T, c_int> {
    if pointer.is_null() {
        return Err(SEKISHO_EINVAL);
    }
    if !pointer.is_aligned() {
        return Err(SEKISHO_EFAULT);
    }
    // SAFETY: not null, aligned, and the caller says that a `T` is there.
    Ok(unsafe { &*pointer })
}

/// The bytes of C's pointer and length.
///
/// # Safety
/// If not null, `pointer` points to `len` bytes that nothing changes during `'a`.
pub(crate) unsafe fn bytes<'a>(pointer: *const u8, len: usize) -> Result<&'a [u8], c_int> {
    if pointer.is_null() || len > isize::MAX as usize {
        return Err(SEKISHO_EINVAL);
    }
    // SAFETY: not null, not too long, and the caller says that `len` bytes are there.
    Ok(unsafe { core::slice::from_raw_parts(pointer, len) })
}

/// The bytes of C's pointer and length, to be written.
///
/// # Safety
/// If not null, `pointer` points to `len` bytes that nothing else accesses during `'a`.
pub(crate) unsafe fn bytes_mut<'a>(pointer: *mut u8, len: usize) -> Result<&'a mut [u8], c_int> {
    if pointer.is_null() || len > isize::MAX as usize {
        return Err(SEKISHO_EINVAL);
    }
    // SAFETY: not null, not too long, and the caller says that `len` bytes are its own.
    Ok(unsafe { core::slice::from_raw_parts_mut(pointer, len) })
}

/// Checks C's pointer to `n` items; with none of them it is not looked at.
pub(crate) fn array<T>(pointer: *const T, n: usize) -> Result<(), c_int> {
    if n == 0 {
        return Ok(());
    }
    if pointer.is_null() || n > isize::MAX as usize / size_of::<T>().max(1) {
        return Err(SEKISHO_EINVAL);
    }
    if !pointer.is_aligned() {
        return Err(SEKISHO_EFAULT);
    }
    Ok(())
}

/// The items of C's array.
///
/// # Safety
/// If `n` is not 0 and `pointer` neither null nor misaligned, it points to `n` items that nothing
/// changes during `'a`.
pub(crate) unsafe fn items<'a, T>(pointer: *const T, n: usize) -> Result<&'a [T], c_int> {
    array(pointer, n)?;
    if n == 0 {
        return Ok(&[]);
    }
    // SAFETY: checked, and the caller says that `n` items are there.
    Ok(unsafe { core::slice::from_raw_parts(pointer, n) })
}

/// The items of C's array, to be written.
///
/// # Safety
/// If `n` is not 0 and `pointer` neither null nor misaligned, it points to `n` items that nothing
/// else accesses during `'a`.
pub(crate) unsafe fn items_mut<'a, T>(pointer: *mut T, n: usize) -> Result<&'a mut [T], c_int> {
    array(pointer, n)?;
    if n == 0 {
        return Ok(&mut []);
    }
    // SAFETY: checked, and the caller says that `n` items are its own.
    Ok(unsafe { core::slice::from_raw_parts_mut(pointer, n) })
}

/// Whether two arrays of `n` items have no byte in common.
pub(crate) fn are_apart<T>(a: *const T, b: *const T, n: usize) -> bool {
    let bytes = n.saturating_mul(size_of::<T>());
    a.addr().abs_diff(b.addr()) >= bytes
}

/// Copies items of C's array from `at` on, as many as there are and fit.
///
/// # Safety
/// `pointer` is not null and aligned, points to `n` items, and `at` is below `n`.
pub(crate) unsafe fn copy<T: Copy, const N: usize>(
    pointer: *const T,
    at: usize,
    n: usize,
    to: &mut [T; N],
) -> &[T] {
    let most = n.saturating_sub(at).min(N);
    // SAFETY: `at` is below `n`.
    let from = unsafe { pointer.add(at) };
    // SAFETY: `most` items lie behind `at`, fit, and are not where they are copied to, which is Rust's.
    unsafe { core::ptr::copy_nonoverlapping(from, to.as_mut_ptr(), most) };
    to.get(..most).unwrap_or(&[])
}

/// What lies in a memory, with the turn at changing it.
pub(crate) struct Changing<'m, T> {
    what: T,
    _turn: Turn<'m>,
}

impl<'m, T> Changing<'m, T> {
    /// `SEKISHO_EBUSY`: whoever changes it already has been interrupted by this call.
    pub(crate) fn new(what: T, turn: Option<Turn<'m>>) -> Result<Changing<'m, T>, c_int> {
        Ok(Changing { what, _turn: turn.ok_or(SEKISHO_EBUSY)? })
    }
}

impl<T> Deref for Changing<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.what
    }
}

impl<T> DerefMut for Changing<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.what
    }
}

/// A place for an output, checked before the work is done and written after it has succeeded.
pub(crate) struct Output<T>(*mut T);

impl<T> Output<T> {
    /// Checks the pointer.
    ///
    /// # Safety
    /// If not null and aligned, `pointer` points to room for a `T` that nothing else accesses until
    /// [`Output::set`] is done.
    pub(crate) unsafe fn new(pointer: *mut T) -> Result<Output<T>, c_int> {
        if pointer.is_null() {
            return Err(SEKISHO_EINVAL);
        }
        if !pointer.is_aligned() {
            return Err(SEKISHO_EFAULT);
        }
        Ok(Output(pointer))
    }

    /// As [`Output::new`], where null means that the output is not wanted.
    ///
    /// # Safety
    /// As for [`Output::new`].
    pub(crate) unsafe fn maybe(pointer: *mut T) -> Result<Option<Output<T>>, c_int> {
        match pointer.is_null() {
            true => Ok(None),
            // SAFETY: passed on.
            false => Ok(Some(unsafe { Output::new(pointer) }?)),
        }
    }

    /// Writes the output.
    pub(crate) fn set(self, value: T) {
        // SAFETY: `new` checked the pointer and was promised room for a `T`.
        unsafe { self.0.write(value) }
    }
}

/// Whether the size that a structure from C states is the one that this version knows.
pub(crate) fn size<T>(stated: u32) -> Result<(), c_int> {
    match usize::try_from(stated) {
        Ok(stated) if stated == size_of::<T>() => Ok(()),
        // A newer program's structure says something that this library cannot know of.
        Ok(stated) if stated > size_of::<T>() => Err(SEKISHO_EPROTO),
        _ => Err(SEKISHO_EINVAL),
    }
}
