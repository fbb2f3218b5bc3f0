//! A flood of new flows against a table that is too small for them: what is left of the established.

use std::hint::black_box;
use std::time::Instant;

use sekisho::flow::{Config, FlowTable};
use sekisho::model::Rng;
use sekisho::packet::Next;
use sekisho::tables::Tables;
use sekisho_benches::huge::Lease;

use super::args::Options;
use super::place;
use super::traffic::{LEN, Opening, Sent, Stream, Way};

/// Flows that the table has room for, and flows that are established before.
const ROOM: u32 = 1 << 16;
const ESTABLISHED: u32 = 10_000;
/// New flows between two looks at the established, and how many times.
const WAVE: usize = 1_000_000;
const WAVES: usize = 10;
/// Packets in a millisecond of the table's clock.
const PER_MS: u64 = 1_000;

const HEAD: [&str; 8] = [
    "new flows offered",
    "flows",
    "evicted",
    "established alive",
    "of whose packets passed",
    "flood, ns",
    "established, ns",
    "resident, KiB",
];

/// Floods the table, and prints a line after each wave.
pub(crate) fn run(options: &Options) -> Result<(), String> {
    let tables = place::tables();
    let config = Config { seed: 0x5EED, ..Config::new(ROOM) };
    let memory = Lease::new(config.footprint());
    let mut table = FlowTable::init(memory.words(), &config).expect("memory for the table");
    let mut rng = Rng::new(1);
    let mut packets = Vec::new();
    for n in 0..ESTABLISHED {
        let way = if n % 2 == 0 { Way::OneToOne } else { Way::Nat };
        let opening = Opening::nth(way, n / 2, &mut rng).tcp();
        let (out, back) = opening.establish(&mut table, &tables, 0);
        packets.extend([out, back]);
    }
    sekisho_benches::workload::shuffle(&mut rng, &mut packets);
    let established: Stream = packets.into_iter().collect();
    println!(
        "A table of {ROOM} flows in {} KiB, {ESTABLISHED} TCP flows established, half of them 1:1, \
         half through a NAT gateway;\nthen new flows from the Internet, from addresses and ports at \
         random, half UDP, half TCP SYN\n",
        config.footprint() * 4 / 1024
    );
    println!("| {} |\n|{}", HEAD.join(" | "), "---:|".repeat(HEAD.len()));
    let mut csv = HEAD.map(|name| name.replace(", ", "_").replace(' ', "_")).join(",") + "\n";
    let mut clock = 0;
    for wave in 0..=WAVES {
        let offered = if wave == 0 { 0 } else { WAVE };
        let flood: Stream = (0..offered).map(|_| Opening::flood(&mut rng)).collect();
        let (flood_ns, _) = pass(&mut table, &tables, &flood, &mut clock);
        let (own_ns, passed) = pass(&mut table, &tables, &established, &mut clock);
        let stats = table.stats();
        let line = [
            (wave * WAVE).to_string(),
            stats.flows.to_string(),
            stats.evicted.to_string(),
            stats.established.to_string(),
            format!("{}/{}", passed, established.from.len()),
            if offered == 0 { "-".to_string() } else { format!("{flood_ns:.0}") },
            format!("{own_ns:.0}"),
            resident_kib().to_string(),
        ];
        println!("| {} |", line.join(" | "));
        csv += &(line.join(",") + "\n");
        let is_whole = passed == established.from.len() && stats.established == ESTABLISHED;
        if !is_whole {
            return Err("established flows have suffered".to_string());
        }
    }
    match &options.csv {
        Some(file) => std::fs::write(file, csv).map_err(|e| format!("{}: {e}", file.display())),
        None => Ok(()),
    }
}

/// Nanoseconds a packet, and how many went on.
fn pass(
    table: &mut FlowTable<'_>,
    tables: &Tables<'_>,
    packets: &Stream,
    clock: &mut u64,
) -> (f64, usize) {
    let mut passed = 0;
    let start = Instant::now();
    for Sent { frame, from } in packets.iter() {
        let mut bytes = frame.0;
        let next = table.process(tables, from, black_box(&mut bytes[..LEN]), *clock / PER_MS);
        passed += usize::from(matches!(next, Some(Next::Internet | Next::Deliver(_))));
        *clock += 1;
    }
    (start.elapsed().as_nanos() as f64 / packets.from.len().max(1) as f64, passed)
}

/// What of the process is in memory, the packets that are offered included.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
