//! Longest-prefix match in fixed memory.
//!
//! [`Lpm`] is an arena in the caller's memory that holds up to a million routes in up to a million
//! tables. Routes come and go one by one, in bulk ([`Lpm::load`]) or by mark and sweep
//! ([`Lpm::begin_replace`]); lookups find the value, or the prefix with it, of the longest match, all
//! matches, the routes that cover a prefix or that it covers, and the next route in order.
//!
//! ```
//! use sekisho::addr::{Addr, Prefix};
//! use sekisho::lpm::{ByteOrder, Config, Lpm, MISS, Root};
//!
//! // Any 1000 routes in any of 4 tables, one of them with a root of 16 bits.
//! const CONFIG: Config = Config::new(1000, 4).roots16(1);
//! static MEMORY: sekisho::Memory<{ CONFIG.footprint() }> = sekisho::Memory::new();
//! let mut lpm = Lpm::init_with(&MEMORY, &CONFIG)?;
//! let (vpc, internet) = (lpm.create_table()?, lpm.create_table_with(Root::Bits16)?);
//! lpm.insert(vpc, Prefix::parse("10.0.0.0/8").unwrap(), 1)?;
//! lpm.insert(internet, Prefix::parse("1.1.1.0/24").unwrap(), 2)?;
//!
//! let mut values = [0; 2];
//! let addrs = [0x0A01_0203, 0x0101_0101];
//! lpm.view().find_bulk(vpc, &addrs, ByteOrder::Host, &mut values);
//! assert_eq!(values, [1, MISS]);
//! lpm.view().find_mixed(&[vpc, internet], &addrs, &mut values);
//! assert_eq!(values, [1, 2]);
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! # How it works
//!
//! ```text
//! table -> intervals                          up to 16 routes: sorted, searched by halving or at once
//! table -> node -> node -> node -> node       a byte of the address each; bytes in which all routes
//!                                             agree are skipped
//! table -> root of 2^16 -> node -> node       for a table of the Internet
//! table -> root of 2^24 -> node               for few destinations and plenty of memory
//!
//! writer:  route lists (4 bytes a route) --compile--> node --one 32-bit store--> readers
//! ```
//!
//! - A node has the answers of 256 slots, cut into runs. A word has 24 bits that tell where runs begin
//!   and the number of runs before, so one load and a count of bits find the run, and a second load the
//!   answer. Leaves have 8, 16 or 32 bits, as the values of the node need. All levels have the same
//!   form, so vector code never leaves its path; nodes of up to five runs have a form of one word.
//! - What the routes above a node say is stored in its leaves too, so a lookup ends where it arrives.
//!   When it changes, each leaf is stored by itself.
//! - Where all addresses but those of one byte have the same answer, as in a network's table with a default
//!   route and one for its own addresses, lookups pass the node by, and begin with the one below.
//! - A change makes a new node beside the old one and publishes it by one aligned store of 32 bits, or
//!   stores the one word of leaves that differs. A lookup sees one state, before the change or after
//!   it. A route shorter than a node's or a root's slots concerns several of them, and what is below:
//!   they follow one by one.
//! - Readers never lock, wait or retry ([`Reader`]); what is replaced is used again when every reader
//!   has said that it looks at nothing, at once where there is none.
//! - Blocks can all be moved, so no order of changes wears the memory out: what fits is decided by the
//!   words that the routes take ([`Sizing`], [`Stats::max_words`]). With [`Config::footprint`] every
//!   set of so many routes fits.
//!
//! # Cost
//!
//! A lookup loads at most 10 words. A change of one route writes one node and changes one list of at most
//! 511 routes, copies at most two nodes more (where lookups begin elsewhere for it, two others are made anew),
//! and where it concerns the default of nodes below, their leaves: for `0.0.0.0/0` in a full table of the Internet all of them. Where room has to be made first,
//! the blocks of one segment of at most 64 KiB are moved (128 KiB where that is all). Lookups need little
//! stack, bulk lookups some KiB, by vector instructions up to 16; so do the writer's functions, where a table
//! has more than 16 routes or is loaded: 9 to 10 KiB on a Cortex-M.

mod ahead;
mod arena;
mod build;
mod check;
mod compact;
mod decode;
mod entry;
mod error;
mod fib;
mod intervals;
mod iter;
mod layout;
mod list;
mod lookup;
mod node;
mod order;
mod pool;
mod readers;
mod shape;
#[allow(unsafe_code)]
#[cfg_attr(any(loom, not(target_arch = "x86_64")), allow(dead_code, unused_variables))]
mod simd;
mod sizing;
mod splice;
mod tree;
mod update;

pub use arena::{Lpm, Root, Stats, TableHandle};
pub use entry::MISS;
pub use error::LpmError;
pub use iter::{Matches, Routes};
pub use layout::Config;
pub use lookup::{ByteOrder, Kernel, Lookup, hits};
pub use readers::Reader;
#[doc(hidden)]
pub use shape::Shape;
pub use sizing::Sizing;

#[cfg(test)]
mod ahead_tests;
#[cfg(test)]
mod blocks_tests;
#[cfg(test)]
mod check_tests;
#[cfg(test)]
mod damage_tests;
#[cfg(test)]
mod exhaustive_tests;
#[cfg(test)]
mod full_tests;
#[cfg(test)]
mod regression_tests;
#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
