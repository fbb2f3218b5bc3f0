//! Readers beside the writer, in every order of their steps that differs by at most a few changes of
//! turn: loom runs each scenario again and again, with the weakest memory that the language allows.
//!
//! `.ci/loom.sh` runs it. Every answer of a reader has to be that of the table before or after some of
//! the writer's changes, and a reader never sees an earlier state after a later one. Roots have 16 slots
//! here, those of 0.0.0.0/12. So it is with the counters of a flow table, at the end.
#![cfg(loom)]

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use loom::sync::atomic::AtomicU32;
use sekisho::addr::{Addr, Prefix};
use sekisho::flow::{self, FlowTable, Outcomes, Watch};
use sekisho::limits::Profile;
use sekisho::lpm::{Config, Lpm, LpmError, Reader, Root, TableHandle};
use sekisho::packet::Origin;
use sekisho::region::Region;

#[derive(Clone, Copy, Debug)]
enum Op {
    Insert(Prefix, u32),
    Remove(Prefix),
}
use Op::{Insert, Remove};

fn p(text: &str) -> Prefix {
    Prefix::parse(text).unwrap()
}

fn a(text: &str) -> Addr {
    Addr::parse(text).unwrap()
}

/// Routes in some place, so that a table is of nodes.
fn fillers(table: &mut Vec<(Prefix, u32)>, place: &str) {
    for n in 0..17 {
        table.push((Prefix::new(Addr(a(place).0 | n << 3), 29).unwrap(), 900));
    }
}

fn longest(routes: &[(Prefix, u32)], addr: Addr) -> Option<u32> {
    let holding = routes.iter().filter(|(prefix, _)| prefix.contains(addr));
    holding.max_by_key(|(prefix, _)| prefix.len()).map(|&(_, value)| value)
}

fn apply(routes: &mut Vec<(Prefix, u32)>, op: Op) {
    let (Insert(prefix, _) | Remove(prefix)) = op;
    routes.retain(|(route, _)| *route != prefix);
    if let Insert(_, value) = op {
        routes.push((prefix, value));
    }
}

/// What a table is made of.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    /// As its routes are.
    Few,
    Nodes,
    /// Nodes, all of them of one network.
    Network,
    Root,
}

struct Scenario {
    name: &'static str,
    form: Form,
    routes: Vec<(Prefix, u32)>,
    ops: Vec<Op>,
    /// The addresses that each reader looks up, one after the other.
    readers: Vec<Vec<Addr>>,
    preemptions: usize,
    /// Whether the readers say what they look at; the control does not.
    registered: bool,
    /// Whether the readers pause before they look anything up.
    pauses: bool,
    /// All answers that readers got.
    seen: Mutex<BTreeSet<Vec<Option<u32>>>>,
}

impl Scenario {
    fn new(
        name: &'static str,
        routes: &[(&str, u32)],
        ops: &[Op],
        readers: &[&[&str]],
    ) -> Scenario {
        let routes = routes.iter().map(|&(prefix, value)| (p(prefix), value)).collect();
        let readers =
            readers.iter().map(|addrs| addrs.iter().map(|addr| a(addr)).collect()).collect();
        let ops = ops.to_vec();
        Scenario {
            name,
            form: Form::Nodes,
            routes,
            ops,
            readers,
            preemptions: 3,
            registered: true,
            pauses: false,
            seen: Mutex::default(),
        }
    }

    fn form(mut self, form: Form) -> Scenario {
        self.form = form;
        self
    }

    /// Runs all orders. There are as many different answers as are expected: otherwise the changes would
    /// not have met the lookups.
    fn run(self, expected: usize) {
        let seen = self.explore();
        assert_eq!(seen.len(), expected, "{seen:?}");
    }

    fn explore(mut self) -> BTreeSet<Vec<Option<u32>>> {
        match self.form {
            Form::Nodes => fillers(&mut self.routes, "200.0.0.0"),
            Form::Network => fillers(&mut self.routes, "10.200.0.0"),
            Form::Few | Form::Root => {}
        }
        self.routes.sort();
        let scenario = Arc::new(self);
        let executions = Arc::new(AtomicUsize::new(0));
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = Some(scenario.preemptions);
        builder.max_branches = 1_000_000;
        let (of_run, count) = (scenario.clone(), executions.clone());
        builder.check(move || {
            count.fetch_add(1, Ordering::Relaxed);
            of_run.once();
        });
        let executions = executions.load(Ordering::Relaxed);
        let seen = scenario.seen.lock().unwrap();
        println!("{}: {executions} executions, {} different answers", scenario.name, seen.len());
        seen.clone()
    }

    fn once(&self) {
        let is_rooted = self.form == Form::Root;
        let config = Config::new(24, 1).readers(2).roots16(is_rooted.into());
        let memory: Arc<Vec<AtomicU32>> =
            Arc::new((0..config.footprint()).map(|_| AtomicU32::new(0)).collect());
        let mut lpm = Lpm::init_with(&memory, &config).unwrap();
        let root = if is_rooted { Root::Bits16 } else { Root::Compact };
        let table = lpm.create_table_with(root).unwrap();
        lpm.load(table, &self.routes).unwrap();

        let readers: Vec<_> = (0..)
            .zip(&self.readers)
            .map(|(index, addrs)| {
                let (memory, addrs) = (memory.clone(), addrs.clone());
                let (registered, pauses) = (self.registered, self.pauses);
                loom::thread::spawn(move || read(&memory, index, table, &addrs, registered, pauses))
            })
            .collect();
        // The states that the table goes through.
        let mut states = vec![self.routes.clone()];
        for &op in &self.ops {
            let done = match op {
                Insert(prefix, value) => lpm.insert(table, prefix, value).map(|_| ()),
                Remove(prefix) => lpm.remove(table, prefix).map(|_| ()),
            };
            match done {
                Ok(()) => {
                    let mut next = states.last().unwrap().clone();
                    apply(&mut next, op);
                    states.push(next);
                }
                // What was replaced still waits for a reader, and the table is as it was: so that what
                // was to be added may not be there to be taken out.
                Err(LpmError::Busy | LpmError::NotFound) => {}
                Err(error) => panic!("{op:?}: {error}"),
            }
        }
        for (reader, addrs) in readers.into_iter().zip(&self.readers) {
            let answers = reader.join().unwrap();
            self.seen.lock().unwrap().insert(answers.clone());
            for &addr in addrs {
                let of_addr = addrs.iter().zip(&answers).filter(|(other, _)| **other == addr);
                let mut state = 0;
                for (_, &answer) in of_addr {
                    while state < states.len() && longest(&states[state], addr) != answer {
                        state += 1;
                    }
                    assert!(state < states.len(), "{addr}: {answers:?} in {}", self.name);
                }
            }
        }
    }
}

fn read(
    memory: &[AtomicU32],
    index: u16,
    table: TableHandle,
    addrs: &[Addr],
    registered: bool,
    pauses: bool,
) -> Vec<Option<u32>> {
    if !registered {
        let lpm = Lpm::attach(memory).unwrap();
        return addrs.iter().map(|&addr| lpm.view().find(table, addr)).collect();
    }
    let mut reader = Reader::register(memory, index).unwrap();
    if pauses {
        reader.pause();
        reader.quiescent();
    }
    let mut answers = Vec::new();
    for &addr in addrs {
        answers.push(reader.find(table, addr));
        reader.quiescent();
    }
    answers
}

#[test]
fn a_node_is_replaced() {
    let ops = [Insert(p("10.1.0.0/24"), 2), Remove(p("10.1.1.0/24"))];
    Scenario::new(
        "replace",
        &[("10.1.0.0/20", 1), ("10.1.1.0/24", 3)],
        &ops,
        &[&["10.1.0.1", "10.1.0.1"]],
    )
    .run(3);
}

#[test]
fn a_leaf_is_stored_in_place() {
    let ops = [Insert(p("10.1.1.0/24"), 4), Insert(p("10.1.1.0/24"), 5)];
    Scenario::new("leaf", &[("10.1.1.0/24", 3)], &ops, &[&["10.1.1.9", "10.1.1.9"]]).run(6);
}

#[test]
fn a_default_changes_above_a_node() {
    // The list of 10.1/16 gives the default of the node of 10.1.1/24.
    let ops = [Insert(p("10.1.0.0/16"), 7), Insert(p("10.1.0.0/20"), 8), Remove(p("10.1.0.0/20"))];
    Scenario::new(
        "default",
        &[("10.1.1.7/32", 3), ("10.2.0.0/16", 4)],
        &ops,
        &[&["10.1.1.9", "10.1.1.9"]],
    )
    .run(7);
}

#[test]
fn a_default_too_large_for_a_leaf() {
    let ops = [Insert(p("10.1.0.0/16"), 70_000), Insert(p("10.1.1.0/25"), 9)];
    Scenario::new(
        "large default",
        &[("10.1.0.0/16", 6), ("10.1.1.7/32", 3), ("10.1.2.0/24", 4)],
        &ops,
        &[&["10.1.1.9", "10.1.1.9"]],
    )
    .run(6);
}

/// A lookup that has met a leaf of ones loads the default next. Meanwhile the default fits the leaf, a
/// route comes to be there, and the default changes again: that last one never was the answer.
#[test]
fn a_leaf_of_ones_stays() {
    let hosts = [("10.1.1.6/32", 1), ("10.1.1.8/32", 2)];
    let own = Insert(p("10.1.1.7/32"), 9);
    let ops = [Insert(p("10.1.0.0/16"), 6), own, Insert(p("10.1.0.0/16"), 5)];
    let mut routes = vec![("10.1.0.0/16", 70_000)];
    routes.extend(hosts);
    Scenario::new("ones", &routes, &ops, &[&["10.1.1.7"]]).run(3);
    // Where leaves are of 32 bits, no route at all is a leaf of ones.
    let ops = [Insert(p("10.1.0.0/16"), 6), own, Insert(p("10.1.0.0/16"), 5)];
    let mut routes = vec![("10.2.0.0/16", 4)];
    routes.extend([("10.1.1.6/32", 70_000), ("10.1.1.8/32", 2)]);
    Scenario::new("ones for none", &routes, &ops, &[&["10.1.1.7"]]).run(3);
}

#[test]
fn a_branch_grows_above_a_node_and_goes() {
    let ops = [Insert(p("10.9.0.0/24"), 2), Insert(p("10.0.0.0/8"), 5), Remove(p("10.9.0.0/24"))];
    Scenario::new("branch", &[("10.1.1.7/32", 3)], &ops, &[&["10.9.0.1", "10.9.0.1"]]).run(6);
}

/// Each change makes a new node: the third one where the first was, once the reader has looked away.
fn reuse(name: &'static str) -> Scenario {
    let ops = [Insert(p("10.1.5.0/24"), 2), Remove(p("10.1.5.0/24")), Insert(p("10.1.5.0/24"), 6)];
    let routes = [("10.1.0.0/16", 1), ("10.1.1.0/24", 3), ("10.7.1.0/24", 5)];
    Scenario::new(name, &routes, &ops, &[&["10.1.5.1", "10.1.5.1"]])
}

#[test]
fn blocks_are_used_again() {
    reuse("reuse").run(7);
}

/// After a pause, too, nothing is looked at before the writer can see that.
#[test]
fn a_reader_that_had_paused_takes_part() {
    let mut scenario = reuse("paused");
    scenario.pauses = true;
    scenario.preemptions = 2;
    scenario.run(7);
}

#[test]
fn two_readers() {
    let ops = [Insert(p("10.1.0.0/24"), 2)];
    let mut scenario = Scenario::new(
        "two readers",
        &[("10.1.0.0/20", 1)],
        &ops,
        &[&["10.1.0.1"], &["10.1.1.1", "10.1.1.1"]],
    );
    scenario.preemptions = 2;
    scenario.run(3);
}

#[test]
fn few_routes() {
    let ops = [Insert(p("10.1.0.0/16"), 2), Insert(p("10.1.0.0/16"), 3), Remove(p("10.0.0.0/8"))];
    let readers: [&[&str]; 1] = [&["10.1.0.1", "10.1.0.1"]];
    Scenario::new("intervals", &[("10.0.0.0/8", 1)], &ops, &readers).form(Form::Few).run(6);
}

/// A list whose last route goes gives way to the one node below it.
#[test]
fn a_node_gives_way_to_the_one_below() {
    let routes = [("10.1.0.0/20", 1), ("10.1.1.7/32", 2)];
    let ops = [Remove(p("10.1.0.0/20")), Insert(p("10.1.0.0/20"), 3)];
    // In the node below, and beside it where it is reached by fewer bits than its prefix has.
    Scenario::new("collapse", &routes, &ops, &[&["10.1.1.8", "10.1.1.8"]]).run(6);
    Scenario::new("collapse, skipped", &routes, &ops, &[&["10.1.2.8", "10.1.2.8"]]).run(6);
    // The other of two nodes below goes, so that the one above them is of no more use.
    let ops = [Remove(p("10.1.2.7/32")), Insert(p("10.0.0.0/8"), 3)];
    let routes = [("10.1.1.7/32", 1), ("10.1.2.7/32", 2)];
    Scenario::new("fork goes", &routes, &ops, &[&["10.1.2.7", "10.1.2.7"]]).run(6);
}

/// Lookups begin with the node of 10/8, which has the answer of all other addresses.
#[test]
fn a_network_is_looked_up_from_its_own_node_on() {
    let network = |name, ops: &[Op], addr| {
        let routes = [("0.0.0.0/0", 1), ("10.0.0.0/8", 2), ("10.1.0.0/16", 3)];
        let mut scenario = Scenario::new(name, &routes, ops, &[&[addr, addr]]).form(Form::Network);
        scenario.preemptions = 2;
        scenario
    };
    // A lookup that has begun with it does not find there what 10/8 has, before or after.
    let ops = [Insert(p("10.0.0.0/8"), 4), Insert(p("0.0.0.0/0"), 5)];
    network("outside", &ops, "20.0.0.1").run(3);
    network("inside", &ops, "10.9.0.1").run(3);
    // Another network comes and goes, between changes of the default route.
    let other = p("20.0.0.0/8");
    let ops = [Insert(other, 4), Insert(p("0.0.0.0/0"), 5), Remove(other)];
    network("beside", &ops, "20.0.0.1").run(6);
    network("beside, elsewhere", &ops, "30.0.0.1").run(3);
    // What the network says is no route, then one, then too large for a leaf of 8 bits.
    let ops = [Remove(p("10.0.0.0/8")), Insert(p("10.0.0.0/8"), 70_000), Insert(p("0.0.0.0/0"), 5)];
    network("own", &ops, "10.9.0.1").run(6);
    network("own, outside", &ops, "20.0.0.1").run(3);
    // Below the node, and in it.
    let ops = [Insert(p("10.9.1.0/24"), 4), Insert(p("10.9.0.0/16"), 5), Remove(p("10.9.1.0/24"))];
    network("below", &ops, "10.9.1.1").run(6);
    // A lookup on the long way finds a default that has come since lookups begin there again; the next one
    // does not take the short way to the one before.
    let ops = [Insert(p("0.0.0.0/0"), 2), Insert(p("10.0.0.0/8"), 5)];
    let addrs: &[&str] = &["10.200.1.1", "10.200.1.1"];
    let mut scenario = Scenario::new("in turn", &[("0.0.0.0/0", 1)], &ops, &[addrs]);
    scenario.preemptions = 2;
    scenario.form(Form::Network).run(6);
}

/// The seventeenth route makes a table one of nodes, and goes again.
#[test]
fn intervals_become_nodes_and_nodes_intervals() {
    let texts: Vec<String> = (1..=16).map(|n| format!("10.{n}.0.0/16")).collect();
    let routes: Vec<_> = (1..).zip(&texts).map(|(n, text)| (text.as_str(), n)).collect();
    let more = p("10.3.7.0/24");
    let ops = [Insert(more, 99), Remove(more)];
    let readers: [&[&str]; 1] = [&["10.3.7.1", "10.3.7.1"]];
    Scenario::new("many, few", &routes, &ops, &readers).form(Form::Few).run(4);
}

#[test]
fn slots_of_a_root() {
    // The answer of a slot without a node, by routes of both lengths above it.
    let ops = [Insert(p("0.1.0.0/16"), 2), Insert(p("0.0.0.0/13"), 3), Remove(p("0.1.0.0/16"))];
    let readers: [&[&str]; 1] = [&["0.1.1.1", "0.1.1.1"]];
    Scenario::new("slot", &[("0.0.0.0/12", 1)], &ops, &readers).form(Form::Root).run(6);
    // A slot with a node that has the answer of a route above.
    let routes = [("0.0.0.0/12", 1), ("0.1.1.7/32", 9)];
    Scenario::new("node of a slot", &routes, &ops, &readers).form(Form::Root).run(6);
    // A node comes, and all its slots become the same, so that it goes.
    let ops = [Insert(p("0.1.0.0/17"), 2), Insert(p("0.1.128.0/17"), 2), Remove(p("0.1.0.0/17"))];
    let scenario = Scenario::new("node comes and goes", &[("0.0.0.0/12", 1)], &ops, &readers);
    scenario.form(Form::Root).run(4);
}

/// The proof bites: readers that do not say what they look at are shown memory that is used again.
#[test]
fn without_announcements_loom_finds_a_wrong_answer() {
    let ops = [
        Insert(p("10.1.0.0/16"), 2),
        Insert(p("10.1.0.0/16"), 3),
        Insert(p("99.0.0.0/8"), 4),
        Insert(p("99.0.0.0/8"), 5),
    ];
    let intervals =
        || Scenario::new("control", &[("10.0.0.0/8", 1)], &ops, &[&["10.1.0.1", "10.1.0.1"]]);
    let scenarios = [intervals().form(Form::Few), reuse("control")];
    for mut scenario in scenarios {
        scenario.registered = false;
        let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| scenario.explore()));
        assert!(found.is_err(), "loom has not seen that grace periods are needed");
    }
}

/// Bytes of the packets that are counted, and where their counter is before: the first one makes its low
/// word run over.
const BYTES: usize = 7;
const BEFORE: u64 = (1 << 32) - 3;
const PACKETS: u64 = 3;

fn zeroed(words: usize) -> Arc<Vec<AtomicU32>> {
    Arc::new((0..words).map(|_| AtomicU32::new(0)).collect())
}

/// Counts packets while another thread reads the counter twice; what it has read.
fn count_once() -> [u64; 2] {
    let mut config = flow::Config::new(1);
    (config.mappings, config.fragments, config.meters) = (0, 0, 0);
    let (memory, of_region) = (zeroed(config.footprint()), zeroed(Profile::FIRMWARE.footprint()));
    let region = Region::init(&of_region, &Profile::FIRMWARE).unwrap();
    let tables = region.tables();
    let mut table = FlowTable::init(&memory, &config).unwrap();
    let mut count = || table.process(&tables, Origin::Internet, &mut [0; BYTES], 0);
    count();
    let relaxed = loom::sync::atomic::Ordering::Relaxed;
    let is_count = |word: &&AtomicU32| word.load(relaxed) == BYTES as u32;
    let counters: Vec<_> = memory.iter().filter(is_count).collect();
    assert_eq!(counters.len(), 2, "of all drops, and of those for this reason");
    for low in counters {
        low.store(BEFORE as u32, relaxed);
    }
    let shared = memory.clone();
    let reader = loom::thread::spawn(move || {
        let watch = Watch::attach(&shared).unwrap();
        [(), ()].map(|()| watch.outcomes(Outcomes::Drop).bytes)
    });
    for _ in 0..PACKETS {
        count();
    }
    reader.join().unwrap()
}

/// A counter of 64 bits is read as one number, though it lies in words of 32: what it was before or after
/// some packet, or the number at which its low word is zero.
#[test]
fn a_counter_runs_over() {
    let seen: Arc<Mutex<BTreeSet<[u64; 2]>>> = Arc::default();
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.max_branches = 1_000_000;
    let of_run = seen.clone();
    builder.check(move || {
        let [first, second] = count_once();
        for value in [first, second] {
            let packets = value.wrapping_sub(BEFORE);
            let is_whole = packets % BYTES as u64 == 0 && packets / BYTES as u64 <= PACKETS;
            assert!(is_whole || value == 1 << 32, "{value:#x}");
        }
        assert!(first <= second, "{first:#x} {second:#x}");
        of_run.lock().unwrap().insert([first, second]);
    });
    let seen = seen.lock().unwrap();
    println!("counters: {} different answers", seen.len());
    // Of the five values that there are, any two in order.
    assert_eq!(seen.len(), 15, "{seen:x?}");
}
