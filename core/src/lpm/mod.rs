//! Longest-prefix match in fixed memory.
//!
//! [`Lpm`] is an arena for stand-alone tables: many tables share one slice of words, and the
//! number of routes it was sized for is honoured for *every* set of routes. The region's compiled
//! tables are tries of the same kind in the region's own pool.

mod arena;
mod pool;
mod trie;

pub use arena::{Lpm, LpmError, Matches, Routes, TableHandle, Usage};
pub(crate) use pool::{CELL, LINK, POOL_HEADER, Pool};
pub(crate) use trie::{Full, Trie, free, lookup};
