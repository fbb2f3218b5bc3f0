//! The control plane.
mod command;
mod error;
pub use command::*;
pub use error::Error;
