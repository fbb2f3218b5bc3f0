//! The fuzz targets as plain functions: each reads bytes as a program, runs it on the real code and
//! on the naive twin, and panics where they differ.

mod bytes;
mod c_abi;
mod choices;
mod commands;
mod console;
mod drain;
mod lpm;
mod objects;
mod packet;
mod pair;
mod region;
mod resolve;
mod store;
mod twin;
mod world;

pub use c_abi::{c_abi, c_calls};
pub use console::console;
pub use lpm::lpm_ops;
pub use packet::{packet, packets};
pub use region::region_ops;
pub use resolve::{resolve, verdicts};
pub use store::{journal, snapshot, survived};
pub use twin::flows;

use core::sync::atomic::AtomicU32;

/// Uninitialised memory of that many words.
fn memory(words: usize) -> Vec<AtomicU32> {
    (0..words).map(|_| AtomicU32::new(0)).collect()
}
