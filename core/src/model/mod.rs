//! The naive twin: the slow, obvious form of everything that the rest of the crate does cleverly.
//!
//! Tests and fuzzing run the same commands and packets through the twin and the real code and
//! compare every answer. The twin scans lists, has no capacities and shares nothing with the
//! real code but the vocabulary: addresses, ids, commands, errors and verdicts. Beside it live the
//! generators of what is compared: random commands and packets, and Internet-like route tables.
//! It uses `std`, may panic on a broken invariant of its own, and is in no product build.

mod addresses;
mod answers;
mod balancers;
mod choices;
pub mod flow;
mod gateway;
mod generate;
mod generate_services;
mod inspection;
mod lpm;
mod network;
mod objects;
mod packets;
mod ranges;
mod read;
mod region;
mod resolve;
mod rng;
mod routes;
mod script;
mod table;
mod walk;

pub use answers::Asked;
pub use generate::Generator;
pub use lpm::{Interval, IntervalOracle, NaiveLpm};
pub use objects::{
    Appliance, Endpoint, Entry, Forward, Gateway, Gwlb, Health, Interface, Mode, PublicAddress,
    PublicKind, RouteTable, RouteTargetGroup, Status, TableKind, VSwitch, Vpc,
};
pub use region::{ForwardKey, Twin};
pub use rng::Rng;
pub use table::{LENGTH_HISTOGRAM, internet_table, parse_table};

#[cfg(test)]
mod coverage_tests;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod golden_tests;
#[cfg(test)]
mod inspection_tests;
#[cfg(test)]
mod invariants;
#[cfg(test)]
mod order_services_tests;
#[cfg(test)]
mod order_tests;
#[cfg(test)]
mod services_tests;
#[cfg(test)]
mod state_tests;
#[cfg(test)]
mod vectors_tests;
