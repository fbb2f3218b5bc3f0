//! The caller's memory: words that are read and written one aligned 32-bit access at a time.
//!
//! Everything a region or a table arena holds lies in one slice of `AtomicU32` that the caller
//! gives, at word offsets, so that it can be placed in `.bss`, mapped, copied or shared. All-zero
//! memory is *uninitialised*. A load outside the slice gives 0 and a store outside is lost: a
//! corrupted offset can make an answer wrong but never leave the memory.

use crate::sync::{AtomicU32, Ordering};
use core::fmt;
use core::ops::Deref;
use core::sync::atomic::compiler_fence;

/// Memory for a region or a table arena, of `N` words, that can be a `static`.
///
/// ```
/// use sekisho::lpm::Lpm;
/// static MEMORY: sekisho::Memory<{ Lpm::footprint(16, 1) }> = sekisho::Memory::new();
/// let lpm = Lpm::init(&MEMORY, 16, 1).unwrap();
/// # let _ = lpm;
/// ```
#[derive(Debug)]
pub struct Memory<const N: usize>([AtomicU32; N]);

impl<const N: usize> Memory<N> {
    /// Uninitialised memory, all zero.
    #[cfg(not(loom))]
    #[allow(clippy::new_without_default, reason = "a large value is made in place, in a static")]
    pub const fn new() -> Memory<N> {
        Memory([const { AtomicU32::new(0) }; N])
    }
}

impl<const N: usize> Deref for Memory<N> {
    type Target = [AtomicU32];
    fn deref(&self) -> &[AtomicU32] {
        &self.0
    }
}

/// Why memory cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum MemoryError {
    /// Fewer words than the footprint.
    TooSmall,
    /// `init` on memory that holds a live region or arena.
    AlreadyInitialised,
    /// `attach` to memory that holds none, or one of another layout version.
    NotInitialised,
    /// A capacity is zero where one is needed, or the footprint overflows.
    BadProfile,
    /// The profile has fewer readers, or none of this index is registered.
    NoSuchReader,
    /// A reader with this index is registered.
    ReaderTaken,
}

impl fmt::Display for MemoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            MemoryError::TooSmall => "memory smaller than the footprint",
            MemoryError::AlreadyInitialised => "memory is initialised already",
            MemoryError::NotInitialised => "memory is not initialised by this version",
            MemoryError::BadProfile => "capacities are zero or too large",
            MemoryError::ReaderTaken => "the reader is registered already",
            MemoryError::NoSuchReader => "there is no such reader",
        })
    }
}

impl core::error::Error for MemoryError {}

/// Where something lies and how much it holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) at: u32,
    pub(crate) capacity: u32,
}

/// The words of the memory, bounds-checked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Words<'m>(pub(crate) &'m [AtomicU32]);

impl<'m> Words<'m> {
    /// A word, or `None` outside the memory.
    pub(crate) fn get(self, at: u32) -> Option<&'m AtomicU32> {
        self.0.get(index(at))
    }

    /// A word that the writer alone reads, or that a published word leads to.
    pub(crate) fn load(self, at: u32) -> u32 {
        self.get(at).map_or(0, |word| word.load(Ordering::Relaxed))
    }

    pub(crate) fn store(self, at: u32, value: u32) {
        if let Some(word) = self.get(at) {
            word.store(value, Ordering::Relaxed);
        }
    }

    /// A word that publishes others: what was stored before [`Words::publish`] is seen after it.
    pub(crate) fn acquire(self, at: u32) -> u32 {
        self.get(at).map_or(0, |word| word.load(Ordering::Acquire))
    }

    pub(crate) fn publish(self, at: u32, value: u32) {
        if let Some(word) = self.get(at) {
            word.store(value, Ordering::Release);
        }
    }

    /// Four words in a row, or `None` outside the memory.
    pub(crate) fn quad(self, at: u32) -> Option<&'m [AtomicU32; 4]> {
        self.chunk(at)
    }

    /// Some words in a row, or `None` outside the memory.
    #[inline]
    pub(crate) fn chunk<const N: usize>(self, at: u32) -> Option<&'m [AtomicU32; N]> {
        self.0.get(index(at)..)?.first_chunk()
    }

    /// Copies words; the two places may overlap.
    pub(crate) fn copy(self, from: u32, to: u32, words: u32) {
        let copy = |(from, to): (&AtomicU32, &AtomicU32)| {
            to.store(from.load(Ordering::Relaxed), Ordering::Relaxed);
        };
        let pairs = self.range(from, words).iter().zip(self.range(to, words));
        if from < to {
            pairs.rev().for_each(copy);
        } else {
            pairs.for_each(copy);
        }
    }

    /// Some words in a row; none where they are not all in the memory.
    pub(crate) fn range(self, at: u32, words: u32) -> &'m [AtomicU32] {
        let at = index(at);
        self.0.get(at..at.saturating_add(index(words))).unwrap_or(&[])
    }

    pub(crate) fn len(self) -> u32 {
        u32::try_from(self.0.len()).unwrap_or(u32::MAX)
    }
}

/// A word that no single damaged one of these agrees with.
///
/// What follows from the capacities in a header lies behind them, worked out once by `init`, under such
/// a seal: a call from C reads a few words where it would compute a layout of a hundred sums.
pub(crate) fn seal(words: impl IntoIterator<Item = u32>) -> u32 {
    words.into_iter().fold(0x5EA1_ED00, |seal, word| seal ^ word)
}

/// The turn of whoever changes a memory. While one is held there is no other: an interrupt that comes
/// amid a change, and would change the same memory, is told so.
///
/// Rust's borrows see to this; C has pointers. One load and two stores, so it is no lock between cores.
#[doc(hidden)]
#[derive(Debug)]
pub struct Turn<'m>(&'m AtomicU32);

impl<'m> Turn<'m> {
    pub(crate) fn take(mem: Words<'m>, at: u32) -> Option<Turn<'m>> {
        let word = mem.get(at)?;
        if word.load(Ordering::Relaxed) != 0 {
            return None;
        }
        word.store(1, Ordering::Relaxed);
        compiler_fence(Ordering::SeqCst);
        Some(Turn(word))
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        compiler_fence(Ordering::SeqCst);
        self.0.store(0, Ordering::Relaxed);
    }
}

/// A word offset as an index; there is no target with less than 32 bits.
pub(crate) fn index(at: u32) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}
