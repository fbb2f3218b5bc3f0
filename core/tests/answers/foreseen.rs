//! Verdicts between begin and commit, against a copy of the region in which the commit is real.

use std::sync::atomic::{AtomicU32, Ordering};

use sekisho::addr::{GatewayId, Kind};
use sekisho::answers::explain::{Packet, Step, Way};
use sekisho::region::{Command, Region};
use sekisho::resolve::{Action, DropReason, Verdict};
use sekisho::tables::Tables;

use super::brute::{Question, packets};
use super::pair::Pair;
use super::small::Small;

/// What a campaign has met.
#[derive(Debug, Default)]
pub(crate) struct Found {
    regions: u64,
    begun: u64,
    refused: u64,
    packets: u64,
    switching: u64,
    /// Packets whose way to come has been compared step by step.
    ways: u64,
    /// Packets that a Dynamic entry takes which waited behind an entry to the gateway.
    taken_over: u64,
}

impl Found {
    pub(crate) fn check(&self) {
        let Found { begun, refused, switching, ways, taken_over, .. } = *self;
        let least = [begun, refused, switching, ways, taken_over].into_iter().min();
        assert!(least > Some(0), "{self:?}");
    }
}

const GATEWAY: GatewayId = GatewayId(1);

/// Begins an operation, mostly one with candidates to come up, and asks about every packet.
pub(crate) fn check(pair: &mut Pair<'_>, small: &mut Small, seed: u64, found: &mut Found) {
    found.regions += 1;
    let _ = pair.run("region blackout=on");
    for _ in 0..small.rng.below(4) {
        let (table, prefix) = (small.any_table(), small.prefix());
        let _ = pair.run(&format!("create-route-entry {table} {prefix} ipv4gw-1"));
        let _ = pair.run(&format!("announce-route {table} {prefix} {}", small.dynamic_hop()));
    }
    if small.rng.chance(50) {
        let _ = pair.run("dissociate-route-table-from-gateway vtb-20 ipv4gw-1");
    }
    for _ in 0..8 {
        if pair.run(&format!("begin {}", small.operation())).is_ok() {
            break;
        }
    }
    for _ in 0..small.rng.below(6) {
        let line = match small.rng.below(4) {
            0 => format!("withdraw-route {}", small.entry(&pair.twin)),
            1 => format!("announce-route {} {}", small.entry(&pair.twin), small.dynamic_hop()),
            // What an enable in this table stumbles over.
            2 => format!("create-route-entry {} 0.0.0.0/0 peer-1", small.any_table()),
            _ => small.accepted(&pair.twin),
        };
        let _ = pair.run(&line);
    }
    let begun = pair.twin.gateways.values().any(|gateway| gateway.begun.is_some());
    if !begun || !pair.twin.blackout {
        return;
    }
    found.begun += 1;
    let (now, then) = (copy_of(pair), copy_of(pair));
    let [mut now, mut then] = [&now, &then].map(|memory| Region::attach(memory).unwrap());
    assert_eq!(now.apply(&Command::Abort(GATEWAY)), Ok(()));
    let committed = then.apply(&Command::Commit(GATEWAY));
    found.refused += u64::from(committed.is_err());
    let lines = pair.lines.join("\n");
    let (live, now, after) = (pair.region.tables(), now.tables(), then.tables());
    packets([&pair.twin; 2], small, &mut |asked| {
        found.packets += 1;
        let (before, after) = (verdict(&now, asked), verdict(&after, asked));
        let seen = verdict(&live, asked);
        let switching = seen.as_ref().is_some_and(|verdict| {
            verdict.action == Action::Drop(DropReason::ModeSwitch) && verdict.via.is_empty()
        });
        let same = before == after && seen == before;
        let differ = before != after && switching;
        assert!(same || differ, "{seen:?} {before:?} {after:?} {asked:?} seed {seed}\n{lines}");
        found.switching += u64::from(switching);
        if committed.is_ok()
            && found.packets.is_multiple_of(8)
            && let Some(foreseen) = way(&pair.region, true, asked)
        {
            let real = way(&then, false, asked).unwrap();
            assert_eq!(foreseen, real, "{asked:?} seed {seed}\n{lines}");
            found.ways += 1;
        }
        let hands = |verdict: &Option<Verdict>| match verdict.as_ref().map(|v| v.action) {
            Some(Action::Handoff { next_hop }) => next_hop.kind != Kind::Ipv4Gateway,
            _ => false,
        };
        found.taken_over += u64::from(differ && !hands(&before) && hands(&after));
    });
}

fn copy_of(pair: &Pair<'_>) -> Vec<AtomicU32> {
    pair.memory.iter().map(|word| AtomicU32::new(word.load(Ordering::Relaxed))).collect()
}

/// The tables that a packet meets in the configuration to come or the present one, with what they
/// answer, and the hops that it passes; `None` if it meets none there.
fn way(region: &Region<'_>, after: bool, asked: &Question) -> Option<Vec<Step>> {
    let Question { from, mut header, flow, .. } = *asked;
    let (mut steps, mut starts) = (Vec::new(), false);
    if let Some(source) = from.and_then(|from| region.tables().address_of(from)) {
        header.source = source;
    }
    region.explain(&Packet { from, header, flow }, &mut |way, step| {
        let told = matches!(
            step,
            Step::Ask { .. }
                | Step::Win(_)
                | Step::Lose(..)
                | Step::Miss
                | Step::Interface { .. }
                | Step::Endpoint { .. }
                | Step::Translate { .. }
                | Step::Forward { .. }
        );
        let counts = way == (Way { back: false, after });
        starts |= counts;
        if told && counts {
            steps.push(step);
        }
    });
    starts.then_some(steps)
}

fn verdict(tables: &Tables<'_>, asked: &Question) -> Option<Verdict> {
    let Some(from) = asked.from else { return Some(tables.ingress(&asked.header, asked.flow)) };
    let source = tables.address_of(from)?;
    tables.egress(from, &sekisho::resolve::Header { source, ..asked.header }, asked.flow)
}
