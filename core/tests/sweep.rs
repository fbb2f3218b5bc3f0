//! A full Internet-size table against an interval oracle that knows nothing of tries.
//!
//! Always: the first and last address of every interval between which the oracle's answer is
//! constant, and random ones. With `SEKISHO_SWEEP=full`: every one of the 2^32 addresses.
//! `SEKISHO_ROUTES=FILE` takes a table of `a.b.c.d/len nexthop` lines instead of the generated one.

use std::sync::atomic::AtomicU32;
use std::time::Instant;

use sekisho::addr::{Addr, Prefix};
use sekisho::lpm::{Lpm, TableHandle};
use sekisho::model::{Interval, IntervalOracle, Rng, internet_table, parse_table};

/// As many as the public Internet has; fewer where the build is slow.
const ROUTES: usize = if cfg!(debug_assertions) { 100_000 } else { 901_899 };

fn routes() -> Vec<(Prefix, u32)> {
    match std::env::var("SEKISHO_ROUTES") {
        Ok(file) => parse_table(&std::fs::read_to_string(file).unwrap()).unwrap(),
        Err(_) => internet_table(1, ROUTES),
    }
}

/// Compares every address of the intervals; gives how many.
fn sweep(lpm: &Lpm<'_>, table: TableHandle, intervals: &[Interval]) -> u64 {
    let mut swept = 0;
    for interval in intervals {
        for addr in interval.first.0..=interval.last.0 {
            let found = lpm.lookup(table, Addr(addr)).map(|(_, value)| value);
            assert_eq!(found, interval.value, "{}", Addr(addr));
        }
        swept += u64::from(interval.last.0 - interval.first.0) + 1;
    }
    swept
}

fn compare(lpm: &Lpm<'_>, table: TableHandle, routes: &[(Prefix, u32)]) {
    let oracle = IntervalOracle::new(routes);
    let intervals: Vec<Interval> = oracle.intervals().collect();
    assert_eq!(intervals.first().map(|i| i.first), Some(Addr(0)));
    assert_eq!(intervals.last().map(|i| i.last), Some(Addr(u32::MAX)));
    for pair in intervals.windows(2) {
        assert_eq!(pair[0].last.0 + 1, pair[1].first.0, "the intervals cover everything");
    }
    for interval in &intervals {
        for addr in [interval.first, interval.last] {
            assert_eq!(lpm.lookup(table, addr).map(|(_, v)| v), interval.value, "{addr}");
        }
    }
    let mut rng = Rng::new(11);
    for _ in 0..1 << 21 {
        let addr = Addr(rng.word());
        assert_eq!(lpm.lookup(table, addr).map(|(_, v)| v), oracle.lookup(addr), "{addr}");
    }
    if std::env::var("SEKISHO_SWEEP").as_deref() != Ok("full") {
        println!("{} intervals, both ends; SEKISHO_SWEEP=full for all 2^32", intervals.len());
        return;
    }
    let start = Instant::now();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let swept: u64 = std::thread::scope(|scope| {
        let shares: Vec<_> = (0..threads)
            .map(|n| {
                // Interleaved shares are of like cost.
                let share: Vec<_> = intervals.iter().skip(n).step_by(threads).copied().collect();
                scope.spawn(move || sweep(lpm, table, &share))
            })
            .collect();
        shares.into_iter().map(|share| share.join().unwrap()).sum()
    });
    assert_eq!(swept, 1 << 32);
    println!(
        "{swept} addresses equal, {:.0} s on {threads} threads",
        start.elapsed().as_secs_f64()
    );
}

#[test]
fn a_full_table_equals_the_interval_oracle() {
    let mut routes = routes();
    let count = u32::try_from(routes.len()).unwrap();
    let memory: Vec<AtomicU32> = (0..Lpm::footprint(count, 1)).map(|_| AtomicU32::new(0)).collect();
    let mut lpm = Lpm::init(&memory, count, 1).unwrap();
    let table = lpm.create_table().unwrap();
    for &(prefix, value) in &routes {
        assert_eq!(lpm.insert(table, prefix, value), Ok(None));
    }
    assert!(lpm.routes(table).eq(routes.iter().copied()));
    compare(&lpm, table, &routes);

    // Take out every third route, change every third, and compare again.
    for (n, (prefix, value)) in routes.iter_mut().enumerate() {
        match n % 3 {
            0 => assert_eq!(lpm.remove(table, *prefix), Ok(*value)),
            1 => {
                assert_eq!(lpm.insert(table, *prefix, *value + 1000), Ok(Some(*value)));
                *value += 1000;
            }
            _ => {}
        }
    }
    let mut n = 0;
    routes.retain(|_| {
        n += 1;
        (n - 1) % 3 != 0
    });
    assert!(lpm.routes(table).eq(routes.iter().copied()));
    compare(&lpm, table, &routes);
    for &(prefix, value) in routes.iter().rev() {
        assert_eq!(lpm.remove(table, prefix), Ok(value));
    }
    assert_eq!(lpm.usage().bytes, 0);
}
