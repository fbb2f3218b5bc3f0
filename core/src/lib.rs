//! The border of a virtual private cloud in fixed memory: an IPv4 longest-prefix-match table and
//! the IPv4-gateway state machine that decides, under route tables, which packets pass.
//!
//! `no_std`, without allocation, without unsafe code but for bulk lookups by vector instructions. The
//! caller gives the memory once; capacities are fixed then, and whatever does not fit later is refused
//! by name and changes nothing.
//!
//! ```text
//! bytes --> packet view --> flow --> resolve --> step, rewritten packet  data: bounded
//!                                       |
//!                              reads compiled tables                    one word a VPC: a packet
//!                                       ^                               sees one world
//!                                       | publish (cannot fail)
//! Command --> checks --> prepare (may fail, touches nothing)             control: one writer
//!    ^
//! console line
//! ```
//!
//! # A tour
//!
//! - [`addr`]: addresses, canonical prefixes and ids, with strict parsers. Used by all.
//! - [`lpm`]: many longest-prefix-match tables in one arena, with readers beside the writer, for those
//!   who want just that.
//! - [`region`]: the objects of a region ([`region::objects`]) and the [`region::Command`]s that
//!   change them; each is checked whole, then published whole, or refused with a [`region::Error`].
//! - [`tables`]: the compiled tables; the only thing that both sides touch.
//! - [`resolve`]: what happens to a packet and why: [`resolve::Verdict`], [`resolve::DropReason`].
//! - [`answers`]: why a packet is judged as it is, what to do about a drop, and what holds for every
//!   packet: what a command would change, ways to the Internet, proofs, plans.
//! - [`packet`]: real packets: parse, judge, rewrite one to one, keep the checksums right.
//! - [`flow`]: real packets with a memory: flows, port translation, fragments, counters, in fixed memory.
//! - [`store`]: state that survives: snapshots, a journal on flash or a file, followers.
//! - [`console`]: the one-line text language for all of it, parser and answers.
//! - [`limits`]: capacities and the memory they take.
//! - [`docs`]: the behaviour, rule by rule, and the lists of errors and drop reasons.
//!
//! ```
//! use sekisho::addr::{Addr, Prefix};
//! use sekisho::lpm::Lpm;
//!
//! static MEMORY: sekisho::Memory<{ Lpm::footprint(1000, 1) }> = sekisho::Memory::new();
//! let mut lpm = Lpm::init(&MEMORY, 1000, 1).unwrap();
//! let table = lpm.create_table().unwrap();
//! lpm.insert(table, Prefix::parse("10.0.0.0/8").unwrap(), 7).unwrap();
//! assert_eq!(lpm.lookup(table, Addr::new(10, 1, 2, 3)).unwrap().1, 7);
//! ```
//!
//! # Features
//!
//! None is on by default, and each only adds. `ipnet`: conversions, links `alloc`. `defmt`:
//! `Format` for plain data. `model`: private, the naive twin that tests and fuzzing compare with.

#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![deny(unsafe_code)]
#![cfg_attr(
    not(any(test, feature = "model")),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::as_conversions,
        clippy::unreachable,
    )
)]

#[cfg(any(test, feature = "model"))]
extern crate std;

#[macro_use]
mod text;

pub mod addr;
pub mod answers;
pub mod console;
pub mod docs;
pub mod flow;
pub mod limits;
pub mod lpm;
mod memory;
#[cfg(any(test, feature = "model"))]
#[doc(hidden)]
pub mod model;
pub mod packet;
pub mod region;
pub mod resolve;
pub mod store;
mod sync;
pub mod tables;
mod trie;

#[doc(hidden)]
pub use memory::Turn;
pub use memory::{Memory, MemoryError};

/// The README's Rust, compiled and run. The repository's has the same, which `.ci/readme.sh` sees to.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
