//! Sekisho.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(
    not(any(test, feature = "model")),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::as_conversions,
        clippy::unreachable,
    )
)]

#[cfg(any(test, feature = "model"))]
extern crate std;

pub mod addr;
pub mod console;
pub mod limits;
pub mod lpm;
mod memory;
pub mod packet;
pub mod region;
pub mod resolve;
pub mod tables;

pub use memory::{Memory, MemoryError};
#[cfg(any(test, feature = "model"))]
pub mod model;
