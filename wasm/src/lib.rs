//! The core for JavaScript: convert, call the core, convert back.
//!
//! [`region`](mod@region) has a region with its console, [`lpm`](mod@lpm) a table of routes,
//! [`import`](mod@import) reads the vendor's API; each is a module of its own when it ships. What is here
//! is wrapped by the typed classes of `wasm/js`, which check what they are given; nothing else calls it.

#![cfg_attr(all(target_arch = "wasm32", not(feature = "import")), no_std)]

#[cfg(any(feature = "region", feature = "lpm"))]
extern crate alloc;

#[cfg(any(feature = "region", feature = "lpm"))]
use alloc::{boxed::Box, vec::Vec};
#[cfg(any(feature = "region", feature = "lpm"))]
use core::sync::atomic::AtomicU32;

#[cfg(any(feature = "region", feature = "lpm"))]
use wasm_bindgen::JsError;

#[cfg(feature = "import")]
pub mod import;
#[cfg(feature = "lpm")]
pub mod lpm;
#[cfg(feature = "region")]
pub mod region;

#[cfg(all(target_arch = "wasm32", not(feature = "import")))]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

/// Nothing in the core panics; whatever does stops the module, and JavaScript starts it afresh.
#[cfg(all(target_arch = "wasm32", not(feature = "import")))]
#[panic_handler]
fn stop(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

/// Zeroed memory for the core, if there is so much.
#[cfg(any(feature = "region", feature = "lpm"))]
fn words(count: usize) -> Result<Box<[AtomicU32]>, JsError> {
    let mut words = Vec::new();
    words.try_reserve_exact(count).map_err(thrown)?;
    words.resize_with(count, || AtomicU32::new(0));
    Ok(words.into_boxed_slice())
}

/// An error as JavaScript gets it. By way of `?` it would bring along what can go wrong with a format.
#[cfg(any(feature = "region", feature = "lpm"))]
fn thrown(error: impl core::fmt::Display) -> JsError {
    let mut text = alloc::string::String::new();
    let _ = core::fmt::Write::write_fmt(&mut text, format_args!("{error}"));
    JsError::new(&text)
}
