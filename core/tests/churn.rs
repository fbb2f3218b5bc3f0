//! Long streams of updates: an arena against a map of prefixes that is probed length by length.
//!
//! `SEKISHO_UPDATES` sets how many (default 300,000; the soak makes 10^8), `SEKISHO_SEED` where they
//! begin. Answers are compared all along, and now and then all routes, both ends of every interval of
//! equal answers, and the words in use.

use std::collections::HashMap;
use std::sync::atomic::AtomicU32;

use sekisho::addr::{Addr, Prefix};
use sekisho::lpm::{ByteOrder, Config, Kernel, Lpm, LpmError, Reader, Root, Sizing, TableHandle};
use sekisho::model::{IntervalOracle, Rng, internet_table};

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

struct Model(HashMap<Prefix, u32>);

impl Model {
    fn find(&self, addr: Addr) -> Option<u32> {
        (0..=32).rev().find_map(|len| self.0.get(&Prefix::new_truncated(addr, len)).copied())
    }
}

/// What routes are like.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Internet,
    /// All in 10.0.0.0/8 but for a default route.
    Network,
}

fn pool(kind: Kind, seed: u64, routes: usize) -> Vec<(Prefix, u32)> {
    let mut pool = internet_table(seed, routes);
    if kind == Kind::Network {
        for (prefix, _) in &mut pool {
            let (addr, len) = (10 << 24 | prefix.addr().0 >> 8, (prefix.len() + 8).min(32));
            *prefix = Prefix::new_truncated(Addr(addr), len);
        }
        pool.push((Prefix::DEFAULT, 1));
        pool.sort_unstable();
        pool.dedup_by_key(|(prefix, _)| *prefix);
    }
    pool
}

/// A prefix near others: one of the pool, or beside or below one.
fn prefix(rng: &mut Rng, kind: Kind, pool: &[(Prefix, u32)]) -> Prefix {
    let (base, _) = pool[rng.below(pool.len() as u32) as usize];
    let bits = if kind == Kind::Internet { 32 } else { 24 };
    match rng.below(8) {
        0 => Prefix::new_truncated(Addr(base.addr().0 ^ 1 << rng.below(bits)), base.len()),
        1 => Prefix::new_truncated(Addr(base.addr().0 | rng.word() >> 16), 24 + rng.below(9) as u8),
        2 => Prefix::new_truncated(base.addr(), rng.below(33) as u8),
        _ => base,
    }
}

fn check_all(lpm: &Lpm<'_>, table: TableHandle, root: Root, model: &Model) {
    let mut routes: Vec<_> = model.0.iter().map(|(&prefix, &value)| (prefix, value)).collect();
    routes.sort_unstable();
    assert!(lpm.routes(table).eq(routes.iter().copied()), "the routes differ");
    let oracle = IntervalOracle::new(&routes);
    let ends: Vec<u32> = oracle.intervals().flat_map(|i| [i.first.0, i.last.0]).collect();
    let mut found = vec![0; ends.len()];
    for kernel in Kernel::available() {
        lpm.view().find_bulk_by(kernel, table, &ends, ByteOrder::Host, &mut found);
        for ((interval, found), addrs) in
            oracle.intervals().zip(found.chunks(2)).zip(ends.chunks(2))
        {
            let expected = interval.value.unwrap_or(sekisho::lpm::MISS);
            assert_eq!(found, [expected; 2], "{addrs:x?} by {kernel:?}");
        }
    }
    let sizing = Sizing::new(&lpm.config()).table(root, &routes).unwrap();
    assert_eq!(u64::from(lpm.stats().words), sizing.words(), "words in use");
}

fn churn(root: Root, kind: Kind, readers: u16, routes: usize, updates: u64, seed: u64) {
    let pool = pool(kind, seed, routes);
    let most = u32::try_from(routes).unwrap() * 2;
    let config = Config { roots16: u16::from(root == Root::Bits16), ..Config::new(most, 1) };
    let config = config.readers(readers);
    let words = Sizing::new(&config).table(root, &pool).unwrap().footprint() * 3 / 2;
    let memory: Vec<AtomicU32> = (0..words).map(|_| AtomicU32::new(0)).collect();
    let mut lpm = Lpm::init_with(&memory, &config).unwrap();
    let table = lpm.create_table_with(root).unwrap();
    lpm.load(table, &pool).unwrap();
    let mut reader = (readers > 0).then(|| Reader::register(&memory, 0).unwrap());
    let mut model = Model(pool.iter().copied().collect());
    let mut rng = Rng::new(seed);
    let mut refused = 0;
    for step in 1..=updates {
        let prefix = prefix(&mut rng, kind, &pool);
        // The number of routes swings around that of the pool.
        let insert = rng.chance(if step / (1 << 18) % 2 == 0 { 45 } else { 55 });
        let expected = model.0.get(&prefix).copied();
        if insert {
            let bits = rng.pick(&[7, 7, 7, 7, 12, 31]);
            let value = rng.word() >> 1 >> (31 - bits);
            match lpm.insert(table, prefix, value) {
                Ok(old) => {
                    assert_eq!(old, expected, "insert {prefix}");
                    model.0.insert(prefix, value);
                }
                Err(LpmError::CapacityExceeded) => refused += 1,
                Err(error) => panic!("insert {prefix}: {error}"),
            }
        } else {
            let removed = lpm.remove(table, prefix);
            assert_eq!(removed, model.0.remove(&prefix).ok_or(LpmError::NotFound), "{prefix}");
        }
        if let Some(reader) = &mut reader {
            reader.quiescent();
        }
        let inside = prefix.addr().0 | rng.word() & (prefix.last().0 - prefix.addr().0);
        for addr in [Addr(inside), Addr(rng.word())].into_iter().take(1 + (step % 4 == 0) as usize)
        {
            assert_eq!(lpm.view().find(table, addr), model.find(addr), "{addr} after {step}");
        }
        if step % (1 << 22) == 0 || step == updates {
            check_all(&lpm, table, root, &model);
        }
    }
    println!(
        "{root:?}, {kind:?}, {readers} readers: {updates} updates, {refused} refused, 0 wrong"
    );
}

#[test]
fn updates_leave_right_answers() {
    let (updates, seed) = (number("SEKISHO_UPDATES", 300_000), number("SEKISHO_SEED", 1));
    let (internet, network) = (Kind::Internet, Kind::Network);
    churn(Root::Bits16, internet, 0, 200_000, updates * 2 / 5, seed);
    churn(Root::Bits16, internet, 1, 30_000, updates / 5, seed + 1);
    churn(Root::Compact, internet, 1, 3_000, updates / 5, seed + 2);
    churn(Root::Compact, internet, 0, 40, updates / 10, seed + 3);
    churn(Root::Compact, network, 1, 400, updates / 20, seed + 4);
    churn(Root::Compact, network, 0, 40, updates / 20, seed + 5);
}
