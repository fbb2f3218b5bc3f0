//! What is measured: packets of one kind, what they go through, and how.

use std::hint::black_box;

use sekisho::flow::{BURST, Config, FlowTable, Outcomes, Packet};
use sekisho::model::Rng;
use sekisho::packet::{Next, Origin, View, process};
use sekisho::resolve::Flow;
use sekisho::tables::Tables;
use sekisho_benches::huge::Lease;
use sekisho_benches::workload::index;

use super::traffic::{Frame, LEN, Opening, SYN, Stream, Way, check};

/// Frames that packets are received into, in turn.
const RING: usize = 1_024;
/// Packets that are drawn for each case, if it has not more flows.
const DRAWN: usize = 1 << 16;
/// The flows that the table of new flows has room for, and packets that open one each.
const MANY: u32 = 1 << 20;
pub(crate) const NEW: usize = 1 << 19;
/// Packets in a millisecond of the table's clock.
const PER_MS: u64 = 1_000;

/// One at a time, or in bursts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Single,
    Burst,
}

impl Mode {
    pub(crate) const ALL: [Mode; 2] = [Mode::Single, Mode::Burst];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Mode::Single => "single",
            Mode::Burst => "burst",
        }
    }
}

/// What packets go through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Through {
    /// They are parsed and counted.
    Nothing,
    /// Judged by themselves, as new ones.
    Tables,
    /// A table that has their flows; these are the openers' or the answers.
    Table(Side),
    /// An empty table, in which each opens a flow.
    Empty,
}

/// Whose packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Opener,
    Answerer,
}

/// A case by name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) way: Way,
    pub(crate) flows: u32,
    pub(crate) through: Through,
}

const fn kind(name: &'static str, way: Way, flows: u32, through: Through) -> Kind {
    Kind { name, way, flows, through }
}

const OPENER: Through = Through::Table(Side::Opener);
const ANSWERER: Through = Through::Table(Side::Answerer);

/// Every case. Those of one way and as many flows share a table.
pub(crate) const KINDS: [Kind; 20] = [
    kind("null-1k", Way::OneToOne, 1_000, Through::Nothing),
    kind("null-100k", Way::OneToOne, 100_000, Through::Nothing),
    kind("null-1M", Way::OneToOne, 1_000_000, Through::Nothing),
    kind("routed-stateless", Way::Inside, 1_000, Through::Tables),
    kind("routed-1k", Way::Inside, 1_000, OPENER),
    kind("routed-100k", Way::Inside, 100_000, OPENER),
    kind("1to1-stateless", Way::OneToOne, 1_000, Through::Tables),
    kind("1to1-out-1k", Way::OneToOne, 1_000, OPENER),
    kind("1to1-out-100k", Way::OneToOne, 100_000, OPENER),
    kind("1to1-in-1k", Way::OneToOne, 1_000, ANSWERER),
    kind("1to1-in-100k", Way::OneToOne, 100_000, ANSWERER),
    kind("snat-out-1k", Way::Nat, 1_000, OPENER),
    kind("snat-out-100k", Way::Nat, 100_000, OPENER),
    kind("snat-out-1M", Way::Nat, 1_000_000, OPENER),
    kind("snat-in-1k", Way::Nat, 1_000, ANSWERER),
    kind("snat-in-100k", Way::Nat, 100_000, ANSWERER),
    kind("snat-in-1M", Way::Nat, 1_000_000, ANSWERER),
    kind("new-routed", Way::Inside, MANY, Through::Empty),
    kind("new-1to1", Way::OneToOne, MANY, Through::Empty),
    kind("new-snat", Way::Nat, MANY, Through::Empty),
];

/// A flow table with the flows of one way, and packets of theirs.
pub(crate) struct Peopled {
    way: Way,
    flows: u32,
    table: Option<FlowTable<'static>>,
    memory: Lease,
    /// Openers' packets, and answers, in the order in which they come.
    sides: [Stream; 2],
    packets: u64,
}

const fn config(flows: u32) -> Config {
    Config { seed: 0x5EED, meters: 1_024, ..Config::new(flows) }
}

impl Peopled {
    fn new(kind: &Kind, tables: &Tables<'static>) -> Peopled {
        let Kind { way, flows, through, .. } = *kind;
        let config = config(flows);
        let memory = Lease::new(config.footprint());
        let mut table = FlowTable::init(memory.words(), &config).expect("memory for the table");
        let mut rng = Rng::new(u64::from(flows));
        let openings: Vec<_> = (0..flows).map(|n| Opening::nth(way, n, &mut rng)).collect();
        let sides = if through == Through::Empty {
            [
                openings.iter().take(NEW).map(|opening| opening.packet(SYN)).collect(),
                Stream::default(),
            ]
        } else {
            let established: Vec<_> =
                openings.iter().map(|opening| opening.establish(&mut table, tables, 0)).collect();
            assert_eq!(table.stats().flows, flows);
            let drawn = DRAWN.max(established.len());
            let draws: Vec<usize> =
                (0..drawn).map(|_| index(&mut rng, established.len())).collect();
            [
                draws.iter().map(|&n| established[n].0).collect(),
                draws.iter().map(|&n| established[n].1).collect(),
            ]
        };
        Peopled { way, flows, table: Some(table), memory, sides, packets: 0 }
    }

    /// Makes the table an empty one.
    fn clear(&mut self) {
        if let Some(table) = self.table.take() {
            table.fini();
        }
        let table = FlowTable::init(self.memory.words(), &config(self.flows));
        self.table = Some(table.expect("memory as before"));
    }
}

/// All cases that were asked for, ready to run.
pub(crate) struct Cases {
    tables: Tables<'static>,
    pub(crate) kinds: Vec<Kind>,
    peopled: Vec<Peopled>,
    ring: Vec<Frame>,
}

impl Cases {
    /// Those whose names begin with one of these; all if there are none.
    pub(crate) fn new(tables: Tables<'static>, only: &[String]) -> Cases {
        let is_asked = |kind: &&Kind| {
            only.is_empty() || only.iter().any(|name| kind.name.starts_with(name.as_str()))
        };
        let kinds: Vec<Kind> = KINDS.iter().filter(is_asked).copied().collect();
        let mut cases = Cases {
            tables,
            kinds: Vec::new(),
            peopled: Vec::new(),
            ring: vec![Frame([0; 64]); RING],
        };
        for kind in &kinds {
            if cases.place(kind).is_none() {
                cases.peopled.push(Peopled::new(kind, &tables));
            }
        }
        cases.kinds = kinds;
        cases
    }

    fn place(&self, kind: &Kind) -> Option<usize> {
        self.peopled.iter().position(|p| p.way == kind.way && p.flows == kind.flows)
    }

    /// Gets a case ready for its next run, and checks that its packets come out right.
    pub(crate) fn prepare(&mut self, kind: &Kind) {
        let tables = self.tables;
        let place = self.place(kind).expect("all are there");
        let peopled = &mut self.peopled[place];
        match kind.through {
            Through::Empty => peopled.clear(),
            Through::Table(side) => {
                let table = peopled.table.as_mut().expect("there is always one");
                let now = peopled.packets / PER_MS;
                for sent in peopled.sides[side as usize].iter().step_by(97) {
                    let mut bytes = sent.frame.0;
                    let _ = table.process(&tables, sent.from, &mut bytes[..LEN], now);
                    check(&bytes[..LEN]);
                }
            }
            Through::Nothing | Through::Tables => {}
        }
    }

    /// Passes so many packets of a case.
    pub(crate) fn run(&mut self, kind: &Kind, mode: Mode, packets: usize) {
        let place = self.place(kind).expect("all are there");
        let Cases { tables, peopled, ring, .. } = self;
        let Peopled { table, sides, packets: passed, .. } = &mut peopled[place];
        let sent = &sides[if kind.through == ANSWERER { 1 } else { 0 }];
        let table = table.as_mut().expect("there is always one");
        let before = forwarded(table);
        let counted = match (kind.through, mode) {
            (Through::Nothing, Mode::Single) => null(sent, ring, packets),
            (Through::Nothing, Mode::Burst) => null_bursts(sent, ring, packets),
            (Through::Tables, Mode::Single) => stateless(tables, sent, ring, packets),
            (Through::Tables, Mode::Burst) => stateless_bursts(tables, sent, ring, packets),
            (_, Mode::Single) => single(table, tables, sent, ring, packets, *passed),
            (_, Mode::Burst) => bursts(table, tables, sent, ring, packets, *passed),
        };
        *passed += packets as u64;
        let counted = match kind.through {
            Through::Nothing | Through::Tables => counted,
            _ => forwarded(table) - before,
        };
        assert_eq!(counted, packets as u64, "{} {}: packets were dropped", kind.name, mode.name());
        if kind.through == Through::Empty {
            assert_eq!(u64::from(table.stats().flows), packets as u64, "each opens a flow");
        }
    }
}

fn forwarded(table: &FlowTable<'_>) -> u64 {
    let watch = table.watch();
    watch.outcomes(Outcomes::Egress).packets + watch.outcomes(Outcomes::Deliver).packets
}

/// Gives packets one at a time, each copied into its frame.
#[inline(always)]
fn receive(
    sent: &Stream,
    ring: &mut [Frame],
    packets: usize,
    mut each: impl FnMut(Origin, &mut [u8]),
) {
    let (mut at, mut frame) = (0, 0);
    for _ in 0..packets {
        ring[frame] = sent.frames[at];
        each(sent.from[at], &mut ring[frame].0[..LEN]);
        at = if at + 1 == sent.from.len() { 0 } else { at + 1 };
        frame = (frame + 1) % RING;
    }
}

/// Gives packets in bursts, each copied into its frame before any is looked at.
#[inline(always)]
fn receive_bursts(
    sent: &Stream,
    ring: &mut [Frame],
    packets: usize,
    mut each: impl FnMut(&mut [Packet<'_>; BURST]),
) {
    let (mut at, mut frame) = (0, 0);
    for _ in 0..packets / BURST {
        let frames: &mut [Frame; BURST] =
            (&mut ring[frame..frame + BURST]).try_into().expect("as many");
        let mut from = [Origin::Internet; BURST];
        for (frame, from) in frames.iter_mut().zip(&mut from) {
            (*frame, *from) = (sent.frames[at], sent.from[at]);
            at = if at + 1 == sent.from.len() { 0 } else { at + 1 };
        }
        let mut froms = from.into_iter();
        let mut burst = frames.each_mut().map(|frame| Packet {
            from: froms.next().expect("as many"),
            bytes: &mut frame.0[..LEN],
            next: None,
        });
        each(&mut burst);
        frame = (frame + BURST) % RING;
    }
}

#[inline(never)]
fn null(sent: &Stream, ring: &mut [Frame], packets: usize) -> u64 {
    let mut good = 0;
    receive(sent, ring, packets, |_, bytes| {
        good += u64::from(View::new(black_box(bytes)).is_ok());
    });
    good
}

#[inline(never)]
fn null_bursts(sent: &Stream, ring: &mut [Frame], packets: usize) -> u64 {
    let mut good = 0;
    receive_bursts(sent, ring, packets, |burst| {
        for packet in burst {
            good += u64::from(View::new(black_box(packet.bytes)).is_ok());
        }
    });
    good
}

/// Whether a packet goes on, judged by itself.
#[inline(always)]
fn passes(tables: &Tables<'_>, from: Origin, bytes: &mut [u8]) -> bool {
    let outcome = process(tables, from, bytes, Flow::New);
    outcome.is_some_and(|outcome| matches!(outcome.next, Next::Internet | Next::Deliver(_)))
}

#[inline(never)]
fn stateless(tables: &Tables<'_>, sent: &Stream, ring: &mut [Frame], packets: usize) -> u64 {
    let mut good = 0;
    receive(sent, ring, packets, |from, bytes| good += u64::from(passes(tables, from, bytes)));
    good
}

#[inline(never)]
fn stateless_bursts(tables: &Tables<'_>, sent: &Stream, ring: &mut [Frame], packets: usize) -> u64 {
    let mut good = 0;
    receive_bursts(sent, ring, packets, |burst| {
        for packet in burst {
            good += u64::from(passes(tables, packet.from, packet.bytes));
        }
    });
    good
}

#[inline(never)]
fn single(
    table: &mut FlowTable<'_>,
    tables: &Tables<'_>,
    sent: &Stream,
    ring: &mut [Frame],
    packets: usize,
    mut clock: u64,
) -> u64 {
    receive(sent, ring, packets, |from, bytes| {
        black_box(table.process(tables, from, bytes, clock / PER_MS));
        clock += 1;
    });
    clock
}

#[inline(never)]
fn bursts(
    table: &mut FlowTable<'_>,
    tables: &Tables<'_>,
    sent: &Stream,
    ring: &mut [Frame],
    packets: usize,
    mut clock: u64,
) -> u64 {
    receive_bursts(sent, ring, packets, |burst| {
        table.process_burst(tables, burst, clock / PER_MS);
        black_box(burst);
        clock += BURST as u64;
    });
    clock
}
