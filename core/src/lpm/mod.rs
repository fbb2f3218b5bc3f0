//! Longest-prefix match in fixed memory.
mod arena;
mod build;
mod compact;
mod entry;
mod error;
mod fib;
mod intervals;
mod iter;
mod layout;
mod list;
mod lookup;
mod node;
mod order;
mod pool;
mod readers;
#[allow(unsafe_code)]
mod simd;
mod sizing;
mod splice;
mod tree;
mod update;

pub use arena::{Lpm, Root, Stats, TableHandle};
pub use entry::MISS;
pub use error::LpmError;
pub use iter::{Matches, Routes};
pub use layout::Config;
pub use lookup::{ByteOrder, Kernel, Lookup};
pub use readers::Reader;
pub use sizing::Sizing;

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
