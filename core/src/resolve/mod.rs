//! The data plane: a packet's facts and the compiled tables give a verdict.
//!
//! Pure and bounded: nothing is changed, and a walk makes at most [`MAX_LOOKUPS`] route lookups.

mod egress;
mod ingress;
mod observe;
mod verdict;
mod walk;

pub use observe::Skipped;
pub(crate) use observe::{Event, See, Told};
pub use verdict::*;
pub(crate) use walk::flow_hash;
