//! The core for JavaScript: convert, call the core, convert back.
//!
//! [`region`](mod@region) has a region with its console, [`lpm`](mod@lpm) a table of routes; each is
//! a module of its own when it ships. The classes here are wrapped by the typed ones of `wasm/js`,
//! which check what they are given; nothing else calls them.

#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::sync::atomic::AtomicU32;

use wasm_bindgen::JsError;

#[cfg(feature = "lpm")]
pub mod lpm;
#[cfg(feature = "region")]
pub mod region;

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

/// Nothing in the core panics; whatever does stops the module, and JavaScript starts it afresh.
#[cfg(target_arch = "wasm32")]
#[panic_handler]
fn stop(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

/// Zeroed memory for the core, if there is so much.
fn words(count: usize) -> Result<Box<[AtomicU32]>, JsError> {
    let mut words = Vec::new();
    words.try_reserve_exact(count)?;
    words.resize_with(count, || AtomicU32::new(0));
    Ok(words.into_boxed_slice())
}
