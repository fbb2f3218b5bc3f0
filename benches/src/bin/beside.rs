//! What readers and the writer cost each other: lookups a second alone and while the writer changes
//! routes flat out on another core, updates a second with and without a reader, and the costliest single
//! changes.
//!
//! `cargo run --release -p sekisho-benches --bin beside [-- ROUTES-FILE]`

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sekisho::addr::{Addr, Prefix};
use sekisho::lpm::{ByteOrder, Config, Lpm, LpmError, Reader, Root, Sizing, TableHandle};
use sekisho::model::{Rng, internet_table, parse_table};
use sekisho_benches::memory;
use sekisho_benches::workload::{Route, Workload, index};

const SLICE: Duration = Duration::from_millis(400);
const ROUNDS: usize = 9;

fn main() {
    let routes = match std::env::args().nth(1) {
        Some(path) => {
            let text = std::fs::read_to_string(&path).expect("the file can be read");
            parse_table(&text).expect("a route a line")
        }
        None => internet_table(1, 901_899),
    };
    let most = u32::try_from(routes.len()).expect("fewer routes than addresses");
    let config = Config::new(most + 16, 1).roots16(1).readers(1);
    let sizing = Sizing::new(&config).table(Root::Bits16, &routes).expect("routes in order");
    let words = sizing.footprint() + usize::try_from(sizing.words() / 8).expect("few words");
    let memory = memory(words);
    let mut lpm = Lpm::init_with(&memory, &config).expect("memory for the routes");
    let table = lpm.create_table_with(Root::Bits16).expect("a table");
    lpm.load(table, &routes).expect("room for the routes");
    println!("{} routes, {} bytes of memory\n", routes.len(), words * 4);

    println!("| workload | lookups/s alone | beside the writer | ratio | updates/s beside |");
    println!("|---|---:|---:|---:|---:|");
    for workload in Workload::ALL {
        let addrs = workload.addresses(&mut Rng::new(2), &routes, 1 << 18);
        let (alone, beside, updates) = pair(&mut lpm, &memory, table, &routes, &addrs);
        println!(
            "| {} | {:.0} M | {:.0} M | {:.2} | {:.2} M |",
            workload.name(),
            alone / 1e6,
            beside / 1e6,
            beside / alone,
            updates / 1e6
        );
    }
    worst(&mut lpm, table, &routes);
}

/// Lookups a second of a reader alone and beside the writer, in turns; and the writer's updates.
fn pair(
    lpm: &mut Lpm<'_>,
    memory: &[core::sync::atomic::AtomicU32],
    table: TableHandle,
    routes: &[Route],
    addrs: &[u32],
) -> (f64, f64, f64) {
    let (stop, writing, looked_up) =
        (AtomicBool::new(false), AtomicBool::new(false), AtomicU64::new(0));
    let (mut alone, mut beside, mut updates) = (Vec::new(), Vec::new(), Vec::new());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            pin(1);
            let mut reader = Reader::register(memory, 0).expect("a free reader");
            let mut found = [0; 256];
            while !stop.load(Ordering::Relaxed) {
                for burst in addrs.chunks(256) {
                    reader.find_bulk(table, burst, ByteOrder::Host, &mut found);
                    black_box(&found);
                    reader.quiescent();
                    looked_up.fetch_add(256, Ordering::Relaxed);
                }
            }
        });
        pin(0);
        let mut rng = Rng::new(7);
        for _ in 0..ROUNDS {
            for write in [false, true] {
                writing.store(write, Ordering::Relaxed);
                let (start, before) = (Instant::now(), looked_up.load(Ordering::Relaxed));
                let mut changed = 0u32;
                while start.elapsed() < SLICE {
                    if !write {
                        std::thread::sleep(Duration::from_millis(5));
                        continue;
                    }
                    for _ in 0..64 {
                        let (prefix, value) = routes[index(&mut rng, routes.len())];
                        changed += 2;
                        while lpm.remove(table, prefix) == Err(LpmError::Busy) {}
                        while lpm.insert(table, prefix, value) == Err(LpmError::Busy) {}
                    }
                }
                let seconds = start.elapsed().as_secs_f64();
                let done = (looked_up.load(Ordering::Relaxed) - before) as f64 / seconds;
                if write {
                    beside.push(done)
                } else {
                    alone.push(done)
                }
                if write {
                    updates.push(f64::from(changed) / seconds);
                }
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
    (median(alone), median(beside), median(updates))
}

/// The costliest kinds of change, and the costliest of many at random.
fn worst(lpm: &mut Lpm<'_>, table: TableHandle, routes: &[Route]) {
    println!("\n| change | median, us | worst of its kind, us |\n|---|---:|---:|");
    let mut rng = Rng::new(9);
    let kinds: [(&str, Vec<Prefix>); 4] = [
        ("0.0.0.0/0 there and back", vec![Prefix::DEFAULT; 21]),
        (
            "a /8 there and back",
            (1..224).map(|n| Prefix::new_truncated(Addr(n << 24), 8)).collect(),
        ),
        (
            "a /12 there and back",
            (1..3_500).map(|n| Prefix::new_truncated(Addr(n << 20), 12)).collect(),
        ),
        (
            "a route of the table out and back",
            (0..200_000).map(|_| routes[index(&mut rng, routes.len())].0).collect(),
        ),
    ];
    for (name, prefixes) in kinds {
        let mut times = Vec::new();
        for prefix in prefixes {
            let there = lpm.get(table, prefix);
            let start = Instant::now();
            match there {
                Some(value) => {
                    lpm.remove(table, prefix).expect("it is there");
                    lpm.insert(table, prefix, value).expect("it fitted before");
                }
                None => {
                    lpm.insert(table, prefix, 77).expect("there is room for one more");
                    lpm.remove(table, prefix).expect("it is there");
                }
            }
            times.push(start.elapsed().as_nanos() as f64 / 2_000.0);
        }
        let most = times.iter().copied().fold(0.0, f64::max);
        println!("| {name} | {:.1} | {most:.1} |", median(times));
    }
}

/// Keeps the thread on one processor, so that the two do not share one; best effort.
fn pin(processor: usize) {
    // SAFETY: zeros are an empty set.
    let mut set: libc::cpu_set_t = unsafe { core::mem::zeroed() };
    // SAFETY: the set is this one, and small numbers are in it.
    unsafe { libc::CPU_SET(processor, &mut set) };
    // SAFETY: the set is read, as long as it is said to be.
    let _ = unsafe { libc::sched_setaffinity(0, size_of_val(&set), &set) };
}

fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}
