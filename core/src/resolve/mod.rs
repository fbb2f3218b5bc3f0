//! The data plane.
mod verdict;
pub use verdict::*;
