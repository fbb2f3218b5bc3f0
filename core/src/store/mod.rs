//! State that survives: snapshots, journals, storage and followers. Bytes in, bytes out; nothing here
//! allocates, and what carries the bytes is the caller's.

mod error;
mod feed;
mod follower;
pub mod frame;
mod journal;
mod ram;
mod record;
pub mod snapshot;
mod storage;
mod wire;

pub use error::{ApplyError, Error};
pub use feed::Feed;
pub use follower::{Follower, Request};
pub use journal::{COMPACT_AFTER, Journal, Recovery, Served, survey};
pub use ram::Ram;
pub use record::{Position, Record, Turn};
pub use storage::{Geometry, Storage, StorageFault};
