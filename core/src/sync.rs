//! The atomics: the processor's, or those of loom, which tries every order of a few threads' steps.

#[cfg(not(loom))]
pub(crate) use core::sync::atomic::{AtomicU32, Ordering, fence};
#[cfg(loom)]
pub(crate) use loom::sync::atomic::{AtomicU32, Ordering, fence};

/// Words of the stack.
#[cfg(not(loom))]
pub(crate) const fn zeros<const N: usize>() -> [AtomicU32; N] {
    [const { AtomicU32::new(0) }; N]
}
#[cfg(loom)]
pub(crate) fn zeros<const N: usize>() -> [AtomicU32; N] {
    core::array::from_fn(|_| AtomicU32::new(0))
}
