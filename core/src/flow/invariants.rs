//! What holds between any two packets, checked the slow way: everything that the table keeps twice must
//! agree.

use std::collections::{BTreeMap, BTreeSet};
use std::vec::Vec;

use super::config::header;
use super::fragments::read_time;
use super::ports::{Given, Pool};
use super::queue::Class;
use super::record::{Flow, Sender};
use super::slab::Slab;
use super::table::FlowTable;

/// What is wrong.
type Fault = &'static str;

fn holds(is_so: bool, fault: Fault) -> Result<(), Fault> {
    if is_so { Ok(()) } else { Err(fault) }
}

impl FlowTable<'_> {
    /// Checks the table's invariants; takes time in proportion to its size. For tests alone.
    #[doc(hidden)]
    pub fn check(&self) -> Result<(), Fault> {
        let flows = self.check_queues()?;
        self.check_flow_index(&flows)?;
        self.check_mappings(&flows)?;
        self.check_ports()?;
        let used: BTreeSet<u32> = flows.iter().map(|flow| flow.number).collect();
        check_slab(&self.flows(), &used)?;
        let ports = self.ports();
        check_slab(&ports.mappings, &ports.mapping_index.references().collect())?;
        check_slab(&ports.blocks, &ports.block_index.references().collect())
    }

    /// The queues are lists in both directions, in order of time, of flows of their class, and have
    /// each flow once. Gives the flows.
    fn check_queues(&self) -> Result<Vec<Flow<'_>>, Fault> {
        let mut flows = Vec::new();
        let mut established = 0;
        let now = read_time(self.mem, header::CLOCK);
        let due = read_time(self.mem, header::DUE);
        for class in Class::ALL {
            // Established flows move only once their grain of time is over.
            let slack = if class.is_transitory() { 0 } else { u64::from(self.grain(class)) };
            let (mut number, mut before, mut latest) = (self.queues.first(class), 0, (0, 0));
            while number != 0 {
                let flow = self.flow(number).ok_or("a queue has a flow that cannot be")?;
                holds(number <= self.config().flows, "a queue has a flow that is in no record")?;
                holds(flow.class() == class, "a flow is in the queue of another class")?;
                holds(self.queues.before(number) == before, "a queue differs backwards")?;
                // The order within a millisecond counts only where flows go for others.
                let (seen, order) = flow.used();
                let used = (seen, if class.is_transitory() { order } else { 0 });
                holds(latest <= (used.0 + slack, used.1), "a queue is out of order")?;
                holds(seen <= now, "a flow was used in the future")?;
                let end = seen.saturating_add(self.timeout(class));
                holds(due <= end.saturating_add(slack), "a flow ends before anything is due")?;
                flows.push(flow);
                holds(
                    flows.len() <= self.flows().used() as usize,
                    "the queues have too many flows",
                )?;
                established += u32::from(!class.is_transitory());
                (before, latest) = (number, used);
                number = self.queues.behind(number);
            }
            let is_end = before == 0 || self.queues.is_last(class, before);
            holds(is_end && (before != 0 || self.queues.is_last(class, 0)), "a queue has no end")?;
        }
        holds(flows.len() == self.flows().used() as usize, "a flow is in no queue")?;
        holds(self.stats().established == established, "established flows are miscounted")?;
        holds(self.stats().flows_high >= self.stats().flows, "there were more flows than ever")?;
        Ok(flows)
    }

    /// Each flow is found by both keys, no two have a key in common, and nothing else is found.
    fn check_flow_index(&self, flows: &[Flow<'_>]) -> Result<(), Fault> {
        let mut keys = BTreeSet::new();
        for flow in flows {
            for sender in [Sender::Opener, Sender::Answerer] {
                let key = flow.key(sender);
                let found = self.find_by(self.hash(&key), &key);
                let (found, as_sender) = found.ok_or("a flow is not found by its key")?;
                holds(found.number == flow.number, "two flows have one key")?;
                let is_same = flow.key(sender.other()) == key;
                holds(as_sender == sender || is_same, "a flow is found as the other side")?;
                keys.insert(key.0);
            }
        }
        let references = self.flow_index.references().count();
        holds(references == keys.len(), "the index has what is no flow's")
    }

    /// Each mapping is found by what it is of, belongs to flows that show it, and counts them.
    fn check_mappings(&self, flows: &[Flow<'_>]) -> Result<(), Fault> {
        let mut uses: BTreeMap<u32, u32> = BTreeMap::new();
        for flow in flows.iter().filter(|flow| flow.mapping() != 0) {
            let mapping = flow.mapping();
            *uses.entry(mapping).or_default() += 1;
            holds(
                mapping <= self.ports().mappings.capacity,
                "a flow has a mapping that cannot be",
            )?;
            let inside = self.ports().inside(mapping);
            let (opener, answerer) = (flow.key(Sender::Opener), flow.key(Sender::Answerer));
            let ends = opener.ends();
            let is_source = (inside.address, inside.port) == (ends.source, ends.source_port);
            let is_kind = (inside.protocol, inside.scope) == (opener.protocol(), opener.scope());
            holds(is_source && is_kind, "a mapping is of another source than its flow")?;
            let to = (answerer.ends().destination, answerer.ends().destination_port);
            let outside = (inside.outside, self.ports().port(mapping));
            holds(to == outside, "a flow's answers go elsewhere than its mapping says")?;
        }
        for (&mapping, &count) in &uses {
            let found = self.ports().find(&self.ports().inside(mapping));
            holds(found == Some(mapping), "a mapping is not found")?;
            holds(self.ports().uses(mapping) == count, "the uses of a mapping are miscounted")?;
        }
        let references: BTreeSet<u32> = self.ports().mapping_index.references().collect();
        holds(references.iter().eq(uses.keys()), "a mapping is no flow's")?;
        holds(
            self.stats().mappings as usize <= self.config().mappings as usize,
            "too many mappings",
        )
    }

    /// The ports that are given out are those of the mappings, each of one.
    fn check_ports(&self) -> Result<(), Fault> {
        let mut given: BTreeSet<(Pool, u16)> = BTreeSet::new();
        let mut counts: BTreeMap<Pool, u32> = BTreeMap::new();
        let (first, end) = self.config().share();
        for mapping in self.ports().mapping_index.references() {
            let (inside, port) = (self.ports().inside(mapping), self.ports().port(mapping));
            holds((first..end).contains(&port.into()), "a port is not of this instance's share")?;
            let is_new = given.insert((inside.pool(), port));
            holds(is_new, "two mappings have one port")?;
            *counts.entry(inside.pool()).or_default() += 1;
        }
        let mut told = BTreeSet::new();
        for block in self.ports().block_index.references() {
            match self.ports().given(block) {
                Given::Ports { pool, ports } => {
                    let before = told.len();
                    told.extend(ports.map(|port| (pool, port)));
                    holds(told.len() > before, "a block has no ports")?;
                }
                Given::Count { pool, count } => {
                    let is_right = counts.remove(&pool) == Some(count);
                    holds(is_right, "the ports of an address are miscounted")?;
                }
            }
        }
        holds(told == given, "the ports given out are not those of the mappings")?;
        holds(counts.is_empty(), "the ports of an address are not counted")
    }
}

/// Each record is either used or in the list of free ones, once.
fn check_slab(slab: &Slab<'_>, used: &BTreeSet<u32>) -> Result<(), Fault> {
    holds(slab.used() as usize == used.len(), "used records are miscounted")?;
    holds(slab.fresh() <= slab.capacity, "more records than there is room for")?;
    holds(used.iter().all(|number| (1..=slab.fresh()).contains(number)), "a record is not there")?;
    let mut seen = used.clone();
    let mut free = slab.free();
    while free != 0 {
        holds(free <= slab.fresh(), "a free record was never used")?;
        holds(seen.insert(free), "a free record is used, or free twice")?;
        free = slab.next_free(free);
    }
    holds(seen.len() == slab.fresh() as usize, "a record is lost")
}
