//! The comparison of a flow table with its twin, step by step, and every byte.

use std::collections::BTreeMap;

use sekisho::model::Twin;
use sekisho::model::flow::{Answer, FlowModel, Next, Origin, Packet, Scenario, Step};
use sekisho::region::Command;
use sekisho::resolve::DropReason;

use super::wire::{build, parse};

/// What is compared with the model.
pub(crate) trait Table {
    /// A command that the twin has answered alike, or not.
    fn command(&mut self, command: &Command, accepted: bool);

    /// A step of a packet in its bytes; `packet` describes them, if they are one.
    fn process(
        &mut self,
        twin: &Twin,
        from: Origin,
        packet: Option<&Packet>,
        bytes: &mut [u8],
        now: u64,
    ) -> Option<Next>;
}

/// How often each answer was given, by both.
#[derive(Default)]
pub(crate) struct Met {
    pub(crate) next: BTreeMap<&'static str, usize>,
    pub(crate) drops: BTreeMap<DropReason, usize>,
}

pub(crate) struct Pair<'t> {
    twin: Twin,
    model: FlowModel,
    real: &'t mut dyn Table,
    met: &'t mut Met,
    context: String,
}

impl Pair<'_> {
    /// A step of both; the answer.
    fn step(&mut self, from: Origin, packet: &Packet, now: u64) -> Option<Answer> {
        let context = format!("{}: from {from:?} at {now}: {packet:#?}", self.context);
        let before = build(packet);
        // Link padding behind the packet is nobody's business.
        let padding = [0xEE; 3];
        let mut bytes = [&before[..], &padding[..]].concat();
        let next = self.real.process(&self.twin, from, Some(packet), &mut bytes, now);
        let (bytes, rest) = bytes.split_at(before.len());
        assert_eq!(rest, padding, "{context}");
        let real = next.map(|next| {
            let packet = parse(bytes).unwrap_or_else(|error| panic!("{error}: {context}"));
            Answer { next, packet }
        });
        let answer = self.model.check(&self.twin, from, packet, now, real.as_ref());
        if traces() {
            println!(
                "{} {from:?} {:?} {:?}->{:?} ttl {} => {:?}",
                self.context, packet.transport, packet.source, packet.destination, packet.ttl, next
            );
        }
        let answer = answer.unwrap_or_else(|error| panic!("{error}: {context}"));
        let Some(answer) = answer else {
            assert_eq!(bytes, before, "{context}");
            return None;
        };
        *self.met.next.entry(answer.next.name()).or_default() += 1;
        if let Next::Drop(reason) = answer.next {
            *self.met.drops.entry(reason).or_default() += 1;
        }
        let expected = build(&answer.packet);
        assert_eq!(bytes, expected, "{:#?} instead of {:#?}: {context}", real, answer.packet);
        Some(answer)
    }

    /// Where the real table has chosen a port that no packet shows yet, one is sent that does.
    fn settle(&mut self, now: u64) {
        let Some((mut from, mut packet)) = self.model.unsettled() else { return };
        for _ in 0..20 {
            let answer = self.step(from, &packet, now).expect("its origin exists");
            let Some(hop) = answer.next.hop() else { break };
            (from, packet) = (from.at(hop), answer.packet);
        }
        assert!(self.model.unsettled().is_none(), "{}: {packet:#?}", self.context);
    }
}

/// Whether every step is to be printed: `SEKISHO_TRACE=1`, with `SEKISHO_PROGRAMS=1` and a seed.
pub(crate) fn traces() -> bool {
    std::env::var_os("SEKISHO_TRACE").is_some_and(|value| value == "1")
}

/// Runs a scenario through both; gives the model as it is then.
pub(crate) fn run(
    mut scenario: Scenario,
    steps: usize,
    real: &mut dyn Table,
    met: &mut Met,
) -> FlowModel {
    let name = scenario.name();
    let model = FlowModel::new(scenario.config());
    let mut pair = Pair { twin: Twin::new(), model, real, met, context: String::new() };
    for step in 0..steps {
        if scenario.is_over() {
            break;
        }
        pair.context = format!("{name} step {step}");
        match scenario.step(&pair.twin) {
            Step::Command(command) => {
                if traces() {
                    println!("{} {command:?}", pair.context);
                }
                let accepted = pair.twin.apply(&command).is_ok();
                pair.real.command(&command, accepted);
            }
            Step::Cut { from, packet, bytes, now } => {
                let whole = build(&packet);
                let mut cut = whole[..bytes].to_vec();
                let next = pair.real.process(&pair.twin, from, None, &mut cut, now);
                assert_eq!(next, Some(pair.model.malformed(bytes, now)), "{}", pair.context);
                assert_eq!(cut, whole[..bytes], "{}", pair.context);
            }
            Step::Packet { from, packet, now } => {
                let Some(answer) = pair.step(from, &packet, now) else { continue };
                pair.settle(now);
                scenario.note(from, &packet, &answer);
            }
        }
    }
    pair.model
}
