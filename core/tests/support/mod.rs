//! What several tests share.

pub mod wire;
