//! What can be asked about a region beside "what happens to this packet".
//!
//! Each answer is made in fixed memory and given to a callback step by step; nothing changes.
//! [`crate::docs::answers`] says what they answer, and how the console writes it.

pub mod explain;
