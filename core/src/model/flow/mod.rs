//! The naive twin of the flow table: packets as plain descriptions, flows in a list.
//!
//! [`FlowModel`] follows the behaviour's section on packets sentence by sentence. It judges every
//! packet afresh with the [`Twin`](super::Twin), keeps all flows in one `Vec` that it scans, and
//! never sees a byte: a [`Packet`] is turned into bytes by the tests, with an independent library.
//!
//! Where the rules leave a choice (another port than the inside one, the appliance of an
//! endpoint), [`FlowModel::check`] takes the answer of the real table, says whether the choice was
//! allowed and goes on with it; [`FlowModel::process`] makes one of its own.
//!
//! What the rules do not say, and what the model does then, is collected in `readings`.

mod choose;
mod config;
mod packet;
mod process;
mod readings;
mod record;
mod scenario;
mod steps;

pub use config::{Answer, Config, Count, Counters, Next, Origin, Timeouts};
pub use packet::{ACK, FIN, Packet, RST, SYN, Transport, Tuple};
pub use process::FlowModel;
pub use scenario::{Kind, Scenario, Step};

#[cfg(test)]
mod life_tests;
#[cfg(test)]
mod nat_tests;
#[cfg(test)]
mod random_tests;
#[cfg(test)]
mod support;
