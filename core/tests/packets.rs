//! The flow table against its naive twin: random scenarios, step by step, and every byte.
#![cfg(feature = "model")]

#[path = "packets/pair.rs"]
mod pair;
#[path = "packets/real.rs"]
mod real;
mod support;

use pair::{Met, Table, run};
use sekisho::model::Twin;
use sekisho::model::flow::{FlowModel, Kind, Next, Origin, Packet, Scenario};
use sekisho::region::Command;
use support::wire;
use wire::build;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(default)
}

/// `SEKISHO_PROGRAMS` scenarios of each kind from `SEKISHO_SEED` on.
#[test]
fn random_scenarios_equal_the_model() {
    let scenarios = setting("SEKISHO_PROGRAMS", if cfg!(debug_assertions) { 200 } else { 600 });
    let first = setting("SEKISHO_SEED", 0);
    let mut met = Met::default();
    for seed in first..first + scenarios {
        for kind in [Kind::Time, Kind::Room] {
            real::compare(Scenario::new(seed, kind), seed, 1000, &mut met);
        }
    }
    println!("{:#?} {:#?}", met.next, met.drops);
    assert_eq!(met.next.len(), 7);
}

/// A second model in the place of the real table: the comparison itself works.
struct Stand {
    model: FlowModel,
    /// How many steps are answered well before one is not.
    sound: usize,
}

impl Table for Stand {
    fn command(&mut self, _: &Command, _: bool) {}

    fn process(
        &mut self,
        twin: &Twin,
        from: Origin,
        packet: Option<&Packet>,
        bytes: &mut [u8],
        now: u64,
    ) -> Option<Next> {
        let Some(packet) = packet else { return Some(self.model.malformed(bytes.len(), now)) };
        let answer = self.model.process(twin, from, packet, now)?;
        let after = build(&answer.packet);
        bytes[..after.len()].copy_from_slice(&after);
        self.sound = self.sound.saturating_sub(1);
        if self.sound == 0 {
            bytes[8] ^= 1;
        }
        Some(answer.next)
    }
}

fn stand(seed: u64, kind: Kind, sound: usize) -> Stand {
    Stand { model: FlowModel::new(Scenario::new(seed, kind).config()), sound }
}

#[test]
fn a_model_equals_itself() {
    let mut met = Met::default();
    for seed in 0..60 {
        for kind in [Kind::Time, Kind::Room] {
            run(Scenario::new(seed, kind), 600, &mut stand(seed, kind, usize::MAX), &mut met);
        }
    }
    println!("{:#?} {:#?}", met.next, met.drops);
    assert_eq!(met.next.len(), 7);
}

#[test]
#[should_panic(expected = "checksum")]
fn a_wrong_byte_is_noticed() {
    let mut stand = stand(1, Kind::Time, 50);
    run(Scenario::new(1, Kind::Time), 600, &mut stand, &mut Met::default());
}
