//! The whole program: every case in turn, so that a noisy machine is noisy for all alike.

use std::time::Instant;

use sekisho::model::Rng;
use sekisho_benches::huge;
use sekisho_benches::workload::shuffle;

use super::args::{HELP, Options};
use super::cases::{Cases, KINDS, Mode, NEW, Through};
use super::report::{Counts, Row, Rows};
use super::{flood, place};

/// Runs what was asked for.
pub(crate) fn run(options: &Options) -> Result<(), String> {
    if options.help {
        print!("{HELP}");
        return Ok(());
    }
    if options.list {
        KINDS.iter().for_each(|kind| println!("{}", kind.name));
        return Ok(());
    }
    if let Some((kind, mode, packets)) = options.count {
        let mut cases = Cases::new(place::tables(), &[kind.name.to_string()]);
        cases.kinds.retain(|other| other.name == kind.name);
        cases.prepare(&kind);
        cases.run(&kind, mode, packets);
        return Ok(());
    }
    let processor = huge::pin();
    if options.flood {
        return flood::run(options);
    }
    let counts = match &options.counts {
        Some(file) => Counts::read(file)?,
        None => Counts::default(),
    };
    let mut cases = Cases::new(place::tables(), &options.only);
    println!(
        "46-byte packets (64 bytes on Ethernet), {} in each run, {} runs, on processor {}",
        options.packets,
        options.repetitions,
        processor.map_or("any".to_string(), |number| number.to_string())
    );
    let rows = measure(&mut cases, options, &counts);
    print!("{rows}");
    if let Some(file) = &options.csv {
        std::fs::write(file, rows.csv()).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(())
}

/// Nanoseconds a packet of each case and mode: in each repetition all, in random order.
fn measure(cases: &mut Cases, options: &Options, counts: &Counts) -> Rows {
    let kinds = cases.kinds.clone();
    let mut order: Vec<(usize, Mode)> =
        (0..kinds.len()).flat_map(|n| Mode::ALL.map(|mode| (n, mode))).collect();
    let mut samples = vec![[Vec::new(), Vec::new()]; kinds.len()];
    let mut rng = Rng::new(1);
    for _ in 0..options.repetitions {
        shuffle(&mut rng, &mut order);
        for &(n, mode) in &order {
            let kind = &kinds[n];
            let asked = match kind.through {
                Through::Empty => options.packets.min(NEW),
                _ => options.packets,
            };
            let packets = asked.next_multiple_of(32);
            cases.prepare(kind);
            if kind.through != Through::Empty {
                cases.run(kind, mode, (packets / 8).next_multiple_of(32));
            }
            let start = Instant::now();
            cases.run(kind, mode, packets);
            samples[n][mode as usize].push(start.elapsed().as_nanos() as f64 / packets as f64);
        }
    }
    let rows = kinds.iter().zip(samples).map(|(kind, samples)| Row {
        name: kind.name,
        instructions: Mode::ALL.map(|mode| counts.of(kind.name, mode)),
        samples,
    });
    Rows(rows.collect())
}
