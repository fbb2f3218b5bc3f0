//! What Sekisho does and how to talk to it, for people who configure networks.
//!
//! The same pages are in the package's `docs` folder. Every console transcript in them is replayed
//! by a test, and the two lists are written from the enums that they list.
//!
//! - [`behaviour`]: objects, operations, the gateway's life cycle and the data plane.
//! - [`packets`]: what becomes of real packets: steps, flows, translation, fragments, counters.
//! - [`nat`]: what the RFCs ask of NAT, and what of that is met.
//! - [`console`]: the language, line by line.
//! - [`examples`]: whole networks, line by line.
//! - [`c`]: the C interface: memory, errors, threads, what hostile callers get.
//! - [`store`]: state that survives, and followers.
//! - [`formats`]: the bytes of snapshots, journals and storage.
//! - [`errors`] and [`drop_reasons`]: every name, its number and what to do about it.

// Of two definitions of a link the first one counts: these lead to the pages of this documentation,
// those at the end of the files, which other readers of the files see, to the files.

/// Objects, operations, the gateway's life cycle and the data plane.
///
/// [answers.md]: crate::docs::answers
/// [console.md]: crate::docs::console
/// [errors.md]: crate::docs::errors
/// [drop-reasons.md]: crate::docs::drop_reasons
/// [examples.md]: crate::docs::examples
#[doc = ""]
#[doc = include_str!("../docs/behaviour.md")]
pub mod behaviour {}

/// What becomes of real packets.
///
/// [behaviour.md]: crate::docs::behaviour
/// [drop-reasons.md]: crate::docs::drop_reasons
#[doc = ""]
#[doc = include_str!("../docs/packets.md")]
pub mod packets {}

/// What the RFCs ask of NAT, requirement by requirement.
///
/// [packets.md]: crate::docs::packets
#[doc = ""]
#[doc = include_str!("../docs/nat.md")]
pub mod nat {}

/// The console language, line by line.
///
/// [answers.md]: crate::docs::answers
/// [behaviour.md]: crate::docs::behaviour
/// [errors.md]: crate::docs::errors
/// [drop-reasons.md]: crate::docs::drop_reasons
#[doc = ""]
#[doc = include_str!("../docs/console.md")]
pub mod console {}

/// What can be asked beside a packet's verdict.
///
/// [behaviour.md]: crate::docs::behaviour
/// [console.md]: crate::docs::console
/// [drop-reasons.md]: crate::docs::drop_reasons
#[doc = ""]
#[doc = include_str!("../docs/answers.md")]
pub mod answers {}

/// Whole networks, line by line.
///
/// [behaviour.md]: crate::docs::behaviour
/// [console.md]: crate::docs::console
#[doc = ""]
#[doc = include_str!("../docs/examples.md")]
pub mod examples {}

/// The C interface.
#[doc = ""]
#[doc = include_str!("../docs/c.md")]
pub mod c {}

/// State that survives: snapshots, a journal on storage, followers.
///
/// [formats.md]: crate::docs::formats
#[doc = ""]
#[doc = include_str!("../docs/store.md")]
pub mod store {}

/// The bytes of snapshots, journals and storage.
///
/// [store.md]: crate::docs::store
#[doc = ""]
#[doc = include_str!("../docs/formats.md")]
pub mod formats {}

/// The errors of commands.
///
/// [behaviour.md]: crate::docs::behaviour
#[doc = ""]
#[doc = include_str!("../docs/errors.md")]
pub mod errors {}

/// The reasons for which packets are dropped.
///
/// [behaviour.md]: crate::docs::behaviour
#[doc = ""]
#[doc = include_str!("../docs/drop-reasons.md")]
pub mod drop_reasons {}
