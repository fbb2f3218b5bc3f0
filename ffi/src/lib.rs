//! The C interface: pointers checked, `sekisho` called, results converted back. No logic.
//!
//! Everything unsafe is here, mostly in `guard`. The conventions are stated once, at the top of
//! `include/sekisho.h`, which cbindgen makes from this crate's items and comments.
#![no_std]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::unreachable,
    )
)]
#![allow(non_camel_case_types, reason = "types have their names in C")]
#![allow(
    clippy::missing_safety_doc,
    reason = "the header states the conventions that every function relies on once"
)]

#[cfg(feature = "std")]
extern crate std;

mod capacity;
mod flows;
mod guard;
mod lpm;
mod packet;
mod readers;
mod region;
mod status;
mod store;

pub use capacity::*;
pub use flows::*;
pub use lpm::*;
pub use packet::*;
pub use readers::*;
pub use region::*;
pub use status::*;
pub use store::*;

/// No code path panics: in builds for the gate that shows it the handler calls a function that nobody
/// has, so that nothing links from which it can be reached. The linker wants a handler anyway.
#[cfg(all(feature = "panic-handler", not(feature = "std")))]
#[panic_handler]
fn panic(_info: &core::panic::PanicInfo<'_>) -> ! {
    #[cfg(panic_gate)]
    {
        unsafe extern "C" {
            safe fn sekisho_panic_reached() -> !;
        }
        sekisho_panic_reached()
    }
    #[cfg(not(panic_gate))]
    loop {
        core::hint::spin_loop();
    }
}

/// What the gate has to find, in a build that shows that it does.
///
/// cbindgen:ignore
#[cfg(seeded_panic)]
#[unsafe(no_mangle)]
pub extern "C" fn sekisho_seeded_panic(at: usize) -> u8 {
    b"sekisho"[at]
}
