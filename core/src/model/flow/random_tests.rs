//! Random scenarios through the model alone: what holds in every state, and that all is met.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::record::{Flow, Key};
use super::*;
use crate::model::Twin;
use crate::resolve::DropReason;

/// Every key is of one flow; a pair of ports is held by one inside port, and that holds one.
fn check_invariants(model: &FlowModel) {
    let mut keys: HashSet<Key> = HashSet::new();
    let mut outside = HashMap::new();
    let mut inside = HashMap::new();
    for flow in &model.flows {
        assert!(keys.insert(flow.key), "{flow:#?}");
        let answer = flow.answer().expect("the model knows its ports");
        assert!(answer == flow.key || keys.insert(answer), "{flow:#?}");
        let Some(mapping) = flow.mapping() else { continue };
        let (protocol, address, port) = (mapping.protocol, mapping.outside, mapping.port);
        assert!(port >= 1024);
        let held = (protocol, mapping.inside);
        assert_eq!(*outside.entry((protocol, address, port)).or_insert(held), held);
        assert_eq!(*inside.entry((held, address)).or_insert(port), port);
    }
    assert!(model.flows.len() <= model.config.flows);
}

#[derive(Default)]
struct Met {
    next: BTreeMap<&'static str, usize>,
    drops: BTreeMap<DropReason, usize>,
    states: BTreeMap<&'static str, usize>,
}

impl Met {
    fn flows(&mut self, before: &[Flow], after: &[Flow]) {
        let mut met = |name, count: bool| {
            *self.states.entry(name).or_default() += usize::from(count);
        };
        let changed = |what: fn(&Flow) -> bool| {
            after.iter().any(|flow| {
                let old = before.iter().find(|old| old.key == flow.key);
                what(flow) && !old.is_some_and(what)
            })
        };
        met("answered", changed(|flow| flow.answered));
        met("established", changed(|flow| flow.acknowledged));
        met("closing", changed(Flow::is_closing));
        met("mapped", changed(|flow| flow.mapping().is_some()));
        met(
            "another port",
            changed(|flow| flow.mapping().is_some_and(|mapping| mapping.port != mapping.inside.2)),
        );
        met("gone", before.iter().any(|old| after.iter().all(|flow| flow.key != old.key)));
        met("carried", changed(|flow| flow.answers_from.is_some()));
        met("inspected", changed(|flow| !flow.appliances.is_empty()));
    }
}

fn run(seed: u64, kind: Kind, steps: usize, met: &mut Met) {
    let mut scenario = Scenario::new(seed, kind);
    let mut model = FlowModel::new(scenario.config());
    let mut twin = Twin::new();
    for _ in 0..steps {
        match scenario.step(&twin) {
            Step::Command(command) => drop(twin.apply(&command)),
            Step::Cut { bytes, now, .. } => drop(model.malformed(bytes, now)),
            Step::Packet { from, packet, now } => {
                let before = model.flows.clone();
                let Some(answer) = model.process(&twin, from, &packet, now) else { continue };
                check_invariants(&model);
                met.flows(&before, &model.flows);
                *met.next.entry(answer.next.name()).or_default() += 1;
                if let Next::Drop(reason) = answer.next {
                    *met.drops.entry(reason).or_default() += 1;
                }
                if answer.next.hop().is_some() || matches!(answer.next, Next::Drop(_)) {
                    assert_eq!(answer.packet, packet);
                }
                scenario.note(from, &packet, &answer);
            }
        }
    }
}

#[test]
fn everything_is_met() {
    let mut met = Met::default();
    for seed in 0..if cfg!(debug_assertions) { 150 } else { 600 } {
        let kind = if seed % 3 == 0 { Kind::Room } else { Kind::Time };
        run(seed, kind, 700, &mut met);
    }
    std::println!("{:#?}\n{:#?}\n{:#?}", met.next, met.drops, met.states);
    assert_eq!(met.next.len(), 7);
    for reason in DropReason::ALL.iter().filter(|reason| **reason != DropReason::Malformed) {
        assert!(met.drops.contains_key(reason), "{reason} was not met");
    }
    for (state, count) in met.states {
        assert!(count > 0, "{state} was not met");
    }
}
