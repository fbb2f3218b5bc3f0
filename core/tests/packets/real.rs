//! The real flow table in the comparison.

use std::collections::BTreeSet;
use std::sync::atomic::AtomicU32;

use sekisho::addr::{Addr, InstanceId};
use sekisho::flow::{Config, Count, FlowTable, Outcomes, Timeouts, Watch};
use sekisho::limits::Profile;
use sekisho::model::Twin;
use sekisho::model::flow::{
    Config as ModelConfig, Count as ModelCount, FlowModel, Next, Origin, Packet, Scenario,
};
use sekisho::packet;
use sekisho::region::{Command, Region};
use sekisho::resolve::DropReason;

use super::pair::{Met, Table, run};

/// Room for more than the generator's small id spaces can hold.
const PROFILE: Profile = Profile {
    vpcs: 6,
    cidrs_per_vpc: 35,
    vswitches_per_vpc: 10,
    tables_per_vpc: 10,
    entries_per_table: 32,
    interfaces: 32,
    public_addresses: 32,
    nat_gateways: 16,
    snat_entries: 64,
    dynamic_per_table: 24,
    ecmp_sets: 64,
    forward_entries: 64,
    load_balancers: 16,
    gwlbs: 16,
    appliances: 16,
    endpoints: 16,
    route_target_groups: 16,
    readers: 0,
};

/// Every so many steps the table's invariants are checked.
const CHECK_EVERY: usize = 16;

struct Real<'m> {
    region: Region<'m>,
    flows: FlowTable<'m>,
    steps: usize,
}

fn words(count: usize) -> Vec<AtomicU32> {
    (0..count).map(|_| AtomicU32::new(0)).collect()
}

/// Room for all that the model has, and for more fragments than a scenario has packets.
fn config(model: &ModelConfig, seed: u64) -> Config {
    let timeouts = &model.timeouts;
    Config {
        flows: model.flows as u32,
        mappings: model.mappings as u32,
        fragments: 4096,
        meters: 4096,
        instance: model.instance,
        instances: model.instances,
        timeouts: Timeouts {
            tcp_transitory: timeouts.tcp_transitory,
            tcp_established: timeouts.tcp_established,
            udp: timeouts.udp,
            icmp: timeouts.icmp,
            fragment: timeouts.fragment,
        },
        seed,
    }
}

/// No packets come from other kinds.
fn origin(from: Origin) -> Option<packet::Origin> {
    Some(match from {
        Origin::Interface(id) => packet::Origin::Interface(packet::Place::from_id(id)?),
        Origin::Internet => packet::Origin::Internet,
        Origin::InternetVia(id) => packet::Origin::InternetVia(packet::Place::from_id(id)?),
    })
}

fn answer(next: packet::Next) -> Next {
    match next {
        packet::Next::Internet => Next::Internet,
        packet::Next::Deliver(id) => Next::Deliver(id),
        packet::Next::Handoff(id) => Next::Handoff(id),
        packet::Next::Service => Next::Service,
        packet::Next::Forward(id) => Next::Forward(id),
        packet::Next::Inspect { endpoint, appliance } => Next::Inspect { endpoint, appliance },
        packet::Next::Drop(reason) => Next::Drop(reason),
        packet::Next::Translate(_) => unreachable!("the table translates"),
    }
}

impl Table for Real<'_> {
    fn command(&mut self, command: &Command, accepted: bool) {
        assert_eq!(self.region.apply(command).is_ok(), accepted, "{command:?}");
    }

    fn process(
        &mut self,
        _: &Twin,
        from: Origin,
        described: Option<&Packet>,
        bytes: &mut [u8],
        now: u64,
    ) -> Option<Next> {
        // Bytes that are no packet are that wherever they come from.
        let from = origin(from).or(described.is_none().then_some(packet::Origin::Internet))?;
        let next = self.flows.process(&self.region.tables(), from, bytes, now);
        self.steps += 1;
        if self.steps.is_multiple_of(CHECK_EVERY) {
            assert_eq!(self.flows.check(), Ok(()), "after {} steps", self.steps);
        }
        next.map(answer)
    }
}

/// Everything that both have counted.
fn compare_counters(model: &FlowModel, watch: &Watch<'_>, seed: u64) {
    let counted = model.counters();
    let count = |count: &ModelCount| Count { packets: count.packets, bytes: count.bytes };
    let all = [
        (Outcomes::Egress, Next::Internet),
        (Outcomes::Service, Next::Service),
        (Outcomes::Drop, Next::Drop(DropReason::NoRoute)),
        (Outcomes::Deliver, Next::Deliver(InstanceId(0).id())),
        (Outcomes::Handoff, Next::Handoff(InstanceId(0).id())),
        (Outcomes::Forward, Next::Forward(InstanceId(0).id())),
    ];
    for (outcomes, next) in all {
        let wanted = counted.verdicts.get(next.name()).map(count).unwrap_or_default();
        assert_eq!(watch.outcomes(outcomes), wanted, "{outcomes:?} of seed {seed}");
    }
    for reason in DropReason::ALL {
        let wanted = counted.drops.get(reason).map(count).unwrap_or_default();
        assert_eq!(watch.dropped(*reason), wanted, "{reason} of seed {seed}");
    }
    let addresses: BTreeSet<Addr> =
        counted.sent.keys().chain(counted.received.keys()).copied().collect();
    for address in &addresses {
        let meter = watch
            .meter(*address)
            .unwrap_or_else(|| panic!("{address} of seed {seed} is not metered"));
        let sent = counted.sent.get(address).map(count).unwrap_or_default();
        assert_eq!(meter.out, sent, "{address} of seed {seed}");
        let received = counted.received.get(address).map(count).unwrap_or_default();
        assert_eq!(meter.inward, received, "{address} of seed {seed}");
    }
    assert_eq!(watch.meters().count(), addresses.len());
}

/// Compares a scenario, and what has been counted at its end.
pub(crate) fn compare(scenario: Scenario, seed: u64, steps: usize, met: &mut Met) {
    let config = config(&scenario.config(), seed);
    let (region_words, flow_words) =
        (words(Region::footprint(&PROFILE)), words(config.footprint()));
    let mut real = Real {
        region: Region::init(&region_words, &PROFILE).unwrap(),
        flows: FlowTable::init(&flow_words, &config).unwrap(),
        steps: 0,
    };
    let model = run(scenario, steps, &mut real, met);
    compare_counters(&model, &real.flows.watch(), seed);
    assert_eq!(real.flows.check(), Ok(()));
}
