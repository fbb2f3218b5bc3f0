//! Maps in cells of one size: what a region compiles its worlds from.
//!
//! A path-compressed binary trie serves as prefix map and as map of 32-bit keys alike. Every change
//! costs at most two cells, roots are plain words, and worlds share what did not change.

mod iter;
mod node;
mod pool;

pub(crate) use iter::{Matches, Routes};
pub(crate) use node::{Full, Trie, after, first, free, lookup, same_until};
pub(crate) use pool::{CELL, LINK, POOL_HEADER, Pool};
