//! A full Internet-size table against an interval oracle that knows nothing of tries.
//!
//! Always: the first and last address of every interval between which the oracle's answer is
//! constant, and random ones, by every kernel in bulk. With `SEKISHO_SWEEP=full`: every one of the
//! 2^32 addresses, by the best kernel. Tables begin compact and with a root of 16 bits; with
//! `SEKISHO_SWEEP_24=1` also of 24 bits. `SEKISHO_ROUTES=FILE` takes a table of
//! `a.b.c.d/len nexthop` lines instead of the generated one.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU32;
use std::time::Instant;

use sekisho::addr::{Addr, Prefix};
use sekisho::lpm::{ByteOrder, Config, Kernel, Lookup, Lpm, MISS, Root, Sizing, TableHandle};
use sekisho::model::{Interval, IntervalOracle, Rng, internet_table, parse_table};

/// As many as the public Internet has; fewer where the build is slow.
const ROUTES: usize = if cfg!(debug_assertions) { 50_000 } else { 901_899 };
const UPDATES: usize = if cfg!(debug_assertions) { 50_000 } else { 1_000_000 };

type Routes = Vec<(Prefix, u32)>;

fn routes() -> Routes {
    match std::env::var("SEKISHO_ROUTES") {
        Ok(file) => parse_table(&std::fs::read_to_string(file).unwrap()).unwrap(),
        Err(_) => internet_table(1, ROUTES),
    }
}

fn memory(words: usize) -> Vec<AtomicU32> {
    (0..words).map(|_| AtomicU32::new(0)).collect()
}

/// Addresses looked up at once.
const BURST: usize = 4096;

/// Compares every address of the intervals; gives how many.
fn sweep(view: &Lookup<'_>, table: TableHandle, intervals: &[Interval]) -> u64 {
    let mut swept = 0;
    let mut addrs = [0; BURST];
    let mut found = [0; BURST];
    for interval in intervals {
        let expected = interval.value.unwrap_or(MISS);
        let mut next = u64::from(interval.first.0);
        let end = u64::from(interval.last.0) + 1;
        while next < end {
            let burst = usize::try_from(end - next).unwrap_or(BURST).min(BURST);
            for (addr, n) in addrs[..burst].iter_mut().zip(next..) {
                *addr = n as u32;
            }
            view.find_bulk(table, &addrs[..burst], ByteOrder::Host, &mut found[..burst]);
            if let Some(at) = found[..burst].iter().position(|&value| value != expected) {
                panic!("{}: {:x}, not {expected:x}", Addr(addrs[at]), found[at]);
            }
            next += burst as u64;
        }
        swept += end - u64::from(interval.first.0);
    }
    swept
}

/// Compares addresses by every kernel, in both byte orders and one by one.
fn compare_all(lpm: &Lpm<'_>, table: TableHandle, addrs: &[u32], expected: &[u32]) {
    let view = lpm.view();
    let network: Vec<u32> = addrs.iter().map(|addr| addr.to_be()).collect();
    let mut found = vec![0; addrs.len()];
    for kernel in Kernel::available() {
        view.find_bulk_by(kernel, table, addrs, ByteOrder::Host, &mut found);
        assert!(found == expected, "{kernel:?}");
        found.fill(0);
        view.find_bulk_by(kernel, table, &network, ByteOrder::Network, &mut found);
        assert!(found == expected, "{kernel:?} of network order");
    }
    for (&addr, &value) in addrs.iter().zip(expected) {
        assert_eq!(view.find(table, Addr(addr)).unwrap_or(MISS), value, "{}", Addr(addr));
    }
}

fn compare(lpm: &Lpm<'_>, table: TableHandle, routes: &[(Prefix, u32)]) {
    assert!(lpm.routes(table).eq(routes.iter().copied()));
    let oracle = IntervalOracle::new(routes);
    let intervals: Vec<Interval> = oracle.intervals().collect();
    assert_eq!(intervals.first().map(|i| i.first), Some(Addr(0)));
    assert_eq!(intervals.last().map(|i| i.last), Some(Addr(u32::MAX)));
    for pair in intervals.windows(2) {
        assert_eq!(pair[0].last.0 + 1, pair[1].first.0, "the intervals cover everything");
    }
    let ends: Vec<u32> = intervals.iter().flat_map(|i| [i.first.0, i.last.0]).collect();
    let value = |interval: &Interval| interval.value.unwrap_or(MISS);
    let expected: Vec<u32> = intervals.iter().flat_map(|i| [value(i), value(i)]).collect();
    compare_all(lpm, table, &ends, &expected);
    let mut rng = Rng::new(11);
    let random: Vec<u32> = (0..1 << 20).map(|_| rng.word()).collect();
    let expected: Vec<u32> =
        random.iter().map(|&addr| oracle.lookup(Addr(addr)).unwrap_or(MISS)).collect();
    compare_all(lpm, table, &random, &expected);

    // Routes with their prefixes are the writer's own, and slower.
    for (&addr, &value) in random.iter().zip(&expected).take(1 << 16) {
        let found = lpm.lookup(table, Addr(addr));
        assert_eq!(found.map_or(MISS, |(_, value)| value), value, "{}", Addr(addr));
        assert!(found.is_none_or(|(prefix, _)| prefix.contains(Addr(addr))), "{}", Addr(addr));
        assert_eq!(lpm.matches(table, Addr(addr)).last(), found, "{}", Addr(addr));
    }
    if std::env::var("SEKISHO_SWEEP").as_deref() != Ok("full") {
        return;
    }
    let start = Instant::now();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let view = &lpm.view();
    let swept: u64 = std::thread::scope(|scope| {
        let shares: Vec<_> = (0..threads)
            .map(|n| {
                // Interleaved shares are of like cost.
                let share: Vec<_> = intervals.iter().skip(n).step_by(threads).copied().collect();
                scope.spawn(move || sweep(view, table, &share))
            })
            .collect();
        shares.into_iter().map(|share| share.join().unwrap()).sum()
    });
    assert_eq!(swept, 1 << 32);
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "{swept} addresses equal, {seconds:.0} s on {threads} threads by {:?}",
        Kernel::best()
    );
}

/// What the routes take, and nothing else, is in use.
fn account(lpm: &Lpm<'_>, root: Root, routes: &[(Prefix, u32)]) {
    let stats = lpm.stats();
    let sizing = Sizing::new(&lpm.config()).table(root, routes).unwrap();
    assert_eq!(u64::from(stats.words), sizing.words());
    assert_eq!(u64::from(stats.lookup_words), sizing.lookup_words());
    assert_eq!(usize::try_from(stats.routes), Ok(routes.len()));
    assert!(stats.words <= stats.max_words);
}

/// Adds, takes out and changes routes at random; gives those that are there afterwards.
fn update(lpm: &mut Lpm<'_>, table: TableHandle, routes: &[(Prefix, u32)], most: usize) -> Routes {
    let mut held: BTreeMap<Prefix, u32> = routes.iter().copied().collect();
    // Where one can be drawn from; those that are gone are met again and added.
    let mut known: Vec<Prefix> = routes.iter().map(|(prefix, _)| *prefix).collect();
    let mut rng = Rng::new(5);
    for _ in 0..UPDATES {
        let drawn = known[usize::try_from(rng.below(known.len() as u32)).unwrap()];
        match rng.below(8) {
            0..=2 => {
                assert_eq!(lpm.remove(table, drawn).ok(), held.remove(&drawn), "{drawn}");
            }
            3 if held.len() < most => {
                // A neighbour, or one of another length above or below.
                let len = drawn.len().max(1) + rng.pick(&[0, 0, 1, 7]);
                let len = len.min(32) - rng.pick(&[0, 0, 0, 1]);
                let addr = Addr(drawn.addr().0 ^ rng.below(16) << (32 - u32::from(len)).min(28));
                let prefix = Prefix::new_truncated(addr, len);
                let value = rng.below(300);
                assert_eq!(lpm.insert(table, prefix, value), Ok(held.insert(prefix, value)));
                known.push(prefix);
            }
            _ if held.len() < most || held.contains_key(&drawn) => {
                let value = rng.pick(&[1, 2, 253, 254, 65_000, 70_000, Lpm::MAX_VALUE]);
                assert_eq!(lpm.insert(table, drawn, value), Ok(held.insert(drawn, value)));
            }
            _ => {}
        }
    }
    held.into_iter().collect()
}

/// Takes all out: in order, backwards, or as drawn.
fn drain(lpm: &mut Lpm<'_>, table: TableHandle, routes: &[(Prefix, u32)], order: u32) {
    let mut routes = routes.to_vec();
    match order {
        0 => {}
        1 => routes.reverse(),
        _ => {
            let mut rng = Rng::new(3);
            for last in (1..routes.len()).rev() {
                let other = usize::try_from(rng.below(last as u32 + 1)).unwrap();
                routes.swap(last, other);
            }
        }
    }
    for (prefix, value) in routes {
        assert_eq!(lpm.remove(table, prefix), Ok(value), "{prefix}");
    }
    let stats = lpm.stats();
    assert_eq!((stats.routes, stats.words, stats.lookup_words), (0, 0, 0), "order {order}");
}

fn whole_life(root: Root) {
    let routes = routes();
    // Room for those that come.
    let most = routes.len() + routes.len() / 16;
    let config = Config::new(u32::try_from(most).unwrap(), 1);
    let config = match root {
        Root::Compact => config,
        Root::Bits16 => config.roots16(1),
        Root::Bits24 => config.roots24(1),
    };
    let start = Instant::now();
    let memory = memory(config.footprint());
    let mut lpm = Lpm::init_with(&memory, &config).unwrap();
    let table = lpm.create_table_with(root).unwrap();
    let step = |what: &str| println!("{root:?} {:5.1} s {what}", start.elapsed().as_secs_f64());

    assert_eq!(lpm.load(table, &routes), Ok(()));
    step("loaded");
    account(&lpm, root, &routes);
    compare(&lpm, table, &routes);
    step("compared");
    drain(&mut lpm, table, &routes, 0);
    step("drained in order");

    for &(prefix, value) in &routes {
        assert_eq!(lpm.insert(table, prefix, value), Ok(None), "{prefix}");
    }
    step("inserted");
    account(&lpm, root, &routes);
    compare(&lpm, table, &routes);
    step("compared");
    let updated = update(&mut lpm, table, &routes, most);
    step("updated");
    account(&lpm, root, &updated);
    compare(&lpm, table, &updated);
    step("compared");
    drain(&mut lpm, table, &updated, 1);
    step("drained backwards");
    assert_eq!(lpm.load(table, &updated), Ok(()));
    account(&lpm, root, &updated);
    drain(&mut lpm, table, &updated, 2);
    step("loaded and drained as drawn");
}

#[test]
fn a_full_compact_table_equals_the_interval_oracle() {
    whole_life(Root::Compact);
}

#[test]
fn a_full_table_with_a_root_of_16_bits_equals_the_interval_oracle() {
    whole_life(Root::Bits16);
}

#[test]
fn a_full_table_with_a_root_of_24_bits_equals_the_interval_oracle() {
    if std::env::var_os("SEKISHO_SWEEP_24").is_some() {
        whole_life(Root::Bits24);
    }
}
