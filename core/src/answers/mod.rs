//! What can be asked about a region beside "what happens to this packet".
//!
//! Each answer is made in fixed memory and given to a callback; nothing changes. [`explain`] tells how
//! one packet is judged. The others are about every packet: what a command would change ([`diff()`]),
//! every way to and from the Internet ([`audit()`]), whether a property holds ([`prove()`]), and what
//! enabling a gateway takes ([`readiness()`]).
//!
//! ```text
//! one packet  --> the walk, observed ------------------------------------------> steps --> lines
//!
//! Trial: candidate world --+
//!                          +--> senders alike, ports --> intervals: one packet each --> runs --> lines
//! live world --------------+
//! ```
//!
//! Each answer is made in fixed memory and given to a callback step by step; nothing changes. Verdicts
//! are constant between cuts, and the next cut behind an address is asked of the compiled tables that
//! its packet has met, so nothing is kept but the run at hand. [`crate::docs::answers`] has what is
//! answered and how it is written.

mod audit;
mod diff;
pub mod explain;
mod judge;
mod packets;
mod pairs;
mod prove;
mod range;
mod readiness;
mod sides;
mod steps;

pub use audit::{Way, audit, ignored};
pub use diff::{Change, diff};
pub use judge::Seen;
pub use packets::Who;
pub use prove::{Counterexample, Direction, Packet, Property, prove};
pub use range::Range;
pub use readiness::{Readiness, readiness};
pub use steps::{PublicPort, Step};
