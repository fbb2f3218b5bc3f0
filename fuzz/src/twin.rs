//! Packets through the flow table and its naive twin, which must agree on every byte: the comparison of the
//! core's own tests, with bytes to decide what comes next.

#[path = "../../core/tests/packets/pair.rs"]
mod pair;
#[path = "../../core/tests/packets/real.rs"]
mod real;
#[path = "../../core/tests/support/wire.rs"]
mod wire;

use sekisho::model::flow::{Kind, Scenario};

use crate::bytes::Bytes;

const MAX_STEPS: usize = 600;

/// Runs a scenario that a seed sets up, and bytes go on with.
pub fn flows(data: &[u8]) {
    let mut bytes = Bytes::new(data);
    let (choice, number) = (bytes.byte(), bytes.byte());
    let kind = if choice & 1 == 1 { Kind::Room } else { Kind::Time };
    let seed = u64::from(choice >> 1) << 8 | u64::from(number);
    let scenario = Scenario::scripted(seed, kind, data.get(2..).unwrap_or(&[]));
    real::compare(scenario, seed, MAX_STEPS, &mut pair::Met::default());
}
