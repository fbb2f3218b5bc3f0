//! Real packets with a memory: flows, port translation, fragments, counters.
//!
//! [`packet::process`](crate::packet::process) judges one packet by itself, and leaves it to the caller
//! to say whether it opens a flow or answers one. A [`FlowTable`] knows: it keeps flows in fixed memory
//! that the caller gives, translates ports, finds the flows of later fragments, and counts. The rules are
//! those of [`docs::packets`](crate::docs::packets).
//!
//! ```text
//! packet --> key --> index: two buckets --> flow: the step of its epoch is kept --> rewrite
//!                                             | none, or another epoch
//!                                             v
//!                                  resolve: the whole way --> flow, mapping, step
//! ```
//!
//! A table belongs to one thread and one region. Several share the work as instances, each with its own
//! ports: [`Steering`] says which one a packet belongs to. Every operation takes bounded time:
//! two buckets of twelve slots are looked at for a key, a flow is ended or renewed in a few steps, and each
//! packet ends a few flows whose time is over.
//!
//! ```
//! use sekisho::flow::{Config, FlowTable};
//! use sekisho::{limits::Profile, packet::{Next, Origin}, region::Region};
//!
//! const CONFIG: Config = Config { seed: 0x5EED, ..Config::new(64) };
//! static REGION: sekisho::Memory<{ Profile::FIRMWARE.footprint() }> = sekisho::Memory::new();
//! static FLOWS: sekisho::Memory<{ CONFIG.footprint() }> = sekisho::Memory::new();
//!
//! let region = Region::init(&REGION, &Profile::FIRMWARE)?;
//! let mut flows = FlowTable::init(&FLOWS, &CONFIG)?;
//! let now_ms = 0;
//! let next = flows.process(&region.tables(), Origin::Internet, &mut [0; 20], now_ms);
//! assert!(matches!(next, Some(Next::Drop(_))));
//! # Ok::<(), sekisho::MemoryError>(())
//! ```

mod burst;
mod config;
mod counters;
mod ending;
mod facts;
mod fragments;
mod index;
#[cfg(any(test, feature = "model"))]
mod invariants;
mod judge;
mod key;
mod known;
mod ports;
mod question;
mod queue;
mod record;
mod slab;
mod steering;
mod steps;
mod table;
mod time;
mod watch;

pub use burst::{BURST, Packet};
#[doc(hidden)]
pub use config::TERMS;
pub use config::{Config, FIRST_PORT, MAX_FLOWS, PORTS, Timeouts};
pub use counters::{Count, Meter, Outcomes};
pub use steering::Steering;
pub use table::{FlowTable, Stats};
#[doc(hidden)]
pub use watch::Shape;
pub use watch::Watch;

#[cfg(test)]
mod burst_tests;
#[cfg(test)]
mod flow_tests;
#[cfg(test)]
mod fragment_tests;
#[cfg(test)]
mod question_tests;
#[cfg(test)]
mod regression_tests;
#[cfg(test)]
mod steering_tests;
