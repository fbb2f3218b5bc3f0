//! State that survives: snapshots, journals, storage and followers. Bytes in, bytes out; nothing here
//! allocates, and what carries the bytes is the caller's.

mod error;
pub mod frame;
mod record;
pub mod snapshot;
mod storage;
mod wire;

pub use error::{ApplyError, Error};
pub use record::{Position, Record, Turn};
pub use storage::{Geometry, Storage, StorageFault};
