//! Networks: a default route, one for the network's own addresses, and longer ones in it, whose lookups
//! begin further down than their routes do.

use std::vec::Vec;

use super::tests::{memory, snapshot};
use super::tree::Arena;
use super::*;
use crate::addr::{Addr, Prefix};
use crate::model::{NaiveLpm, Rng};

/// Prefixes as in the tables of a virtual network; one in a hundred lies elsewhere.
pub(super) fn network_prefix(rng: &mut Rng) -> Prefix {
    let (addr, len) = match rng.below(200) {
        0..=9 => (0, 0),
        10 => (rng.word(), 1),
        11..=22 => (10 << 24, 8),
        23 => (10 << 24, 7),
        24 => (rng.word(), rng.pick(&[8, 16, 24])),
        25..=32 => (10 << 24, 16),
        33 => (10 << 24 | rng.word() >> 8, rng.pick(&[9, 12, 16])),
        34..=37 => (10 << 24, 12),
        38..=60 => (10 << 24 | rng.below(3) << 8, rng.pick(&[17, 20, 24])),
        _ => (10 << 24 | rng.below(200) << 6, rng.pick(&[24, 26, 28, 32])),
    };
    Prefix::new_truncated(Addr(addr), len)
}

/// How many bits lookups of a table skip, and how many its first node does.
fn begins(arena: &Arena<'_>, table: TableHandle) -> (u32, u32) {
    let bits = |word| {
        let entry = arena.mem.load(word);
        if entry::target(entry) == entry::Target::Node { 24 - entry::shift(entry) } else { 0 }
    };
    (bits(arena.word(table.0)), bits(arena.first_word(table.0)))
}

/// Whether lookups of a table begin further down than its routes.
pub(super) fn is_ahead(lpm: &Lpm<'_>, table: TableHandle) -> bool {
    lpm.arena.first_word(table.0) != lpm.arena.word(table.0)
}

fn longest(naive: &NaiveLpm, addr: u32) -> u32 {
    naive.lookup(Addr(addr)).map_or(MISS, |(_, value)| value)
}

/// Every kernel's answers, and those of lookups one by one.
fn check(lpm: &Lpm<'_>, table: TableHandle, naive: &NaiveLpm, probes: &[u32]) {
    let expected: Vec<u32> = probes.iter().map(|&addr| longest(naive, addr)).collect();
    let view = lpm.view();
    for (&addr, &value) in probes.iter().zip(&expected) {
        assert_eq!(view.find(table, Addr(addr)).unwrap_or(MISS), value, "{}", Addr(addr));
        assert_eq!(lpm.lookup(table, Addr(addr)), naive.lookup(Addr(addr)), "{}", Addr(addr));
    }
    let tables = std::vec![table; probes.len()];
    for kernel in Kernel::available() {
        let (mut bulk, mut mixed) = (std::vec![5; probes.len()], std::vec![5; probes.len()]);
        view.find_bulk_by(kernel, table, probes, ByteOrder::Host, &mut bulk);
        view.find_mixed_by(kernel, &tables, probes, &mut mixed);
        assert!(bulk == expected && mixed == expected, "{kernel:?}");
    }
}

/// Where lookups of a table of these routes begin that is loaded at once.
fn loaded(naive: &NaiveLpm) -> (u32, u32) {
    let config = Config::new(400, 1);
    let memory = memory(config.footprint());
    let mut lpm = Lpm::init_with(&memory, &config).unwrap();
    let table = lpm.create_table().unwrap();
    let routes: Vec<_> = naive.iter().collect();
    lpm.load(table, &routes).unwrap();
    begins(&lpm.arena, table)
}

fn programs(readers: u16, values: &[u32], seeds: core::ops::Range<u64>) {
    let (mut ahead, mut deep, mut turns) = (0, 0, 0);
    for seed in seeds {
        let rng = &mut Rng::new(seed);
        let config = Config::new(400, 1).readers(readers);
        let memory = memory(config.footprint());
        let mut lpm = Lpm::init_with(&memory, &config).unwrap();
        let table = lpm.create_table().unwrap();
        let mut naive = NaiveLpm::new();
        let mut before = false;
        for step in 0..500 {
            let inserts = if step / 120 % 2 == 0 { 75 } else { 35 };
            let held = naive.len() as u32;
            let prefix = match rng.chance(inserts) || held == 0 {
                true => network_prefix(rng),
                false => naive.iter().nth(rng.below(held) as usize).unwrap().0,
            };
            if rng.chance(inserts) {
                let value = rng.pick(values);
                assert_eq!(lpm.insert(table, prefix, value).unwrap(), naive.insert(prefix, value));
            } else {
                assert_eq!(lpm.remove(table, prefix).ok(), naive.remove(prefix));
            }
            let near = network_prefix(rng);
            let mut probes: Vec<u32> = [prefix, near]
                .iter()
                .flat_map(|near| [near.addr().0, near.last().0])
                .flat_map(|addr| [addr, addr.wrapping_sub(1), addr.wrapping_add(1)])
                .collect();
            probes.extend([0, u32::MAX, 9 << 24, 11 << 24, 10 << 24 | 1 << 16, 0x0A80_0000]);
            probes.extend((0..24).map(|_| 10 << 24 | rng.word() >> rng.pick(&[8, 16, 18])));
            check(&lpm, table, &naive, &probes);
            if step % 10 == 0 {
                assert!(lpm.is_sound() && lpm.routes(table).eq(naive.iter()));
                let routes: Vec<_> = naive.iter().collect();
                let sizing = Sizing::new(&config).table(Root::Compact, &routes).unwrap();
                assert_eq!(u64::from(lpm.stats().words), sizing.words());
                assert_eq!(u64::from(lpm.stats().lookup_words), sizing.lookup_words());
            }
            // One by one it comes to what loading makes of it, where each leaf has room for each value.
            let here = begins(&lpm.arena, table);
            if step % 5 == 0 && values.iter().all(|&value| value < 254) {
                assert_eq!(here, loaded(&naive), "seed {seed}, step {step}");
            }
            let is_ahead = is_ahead(&lpm, table);
            ahead += u32::from(is_ahead);
            deep += u32::from(is_ahead && here.0 - here.1 > 8);
            turns += u32::from(is_ahead != before);
            before = is_ahead;
        }
        lpm.clear(table).unwrap();
        assert!(!is_ahead(&lpm, table));
        let stats = lpm.stats();
        assert_eq!((stats.words, stats.lookup_words, stats.waiting_words), (0, 0, 0));
    }
    assert!(ahead > 1000 && deep > 100 && turns > 60, "{ahead} {deep} {turns}");
}

#[test]
fn networks_with_small_values() {
    programs(0, &[1, 2, 3, 253], 0..12);
    programs(1, &[1, 2, 3, 253], 20..32);
}

/// Defaults that leaves have no room for, and such as they have.
#[test]
fn networks_with_values_of_all_widths() {
    let values = [0, 1, 253, 254, 255, 65_534, 65_535, 1 << 19, Lpm::MAX_VALUE];
    programs(0, &values, 40..52);
    programs(1, &values, 60..72);
}

/// What nodes are passed by, and what are not.
#[test]
fn where_lookups_begin() {
    let begin = |extra: &[(&str, u32)]| {
        let config = Config::new(100, 1).readers(1);
        let memory = memory(config.footprint());
        let mut lpm = Lpm::init_with(&memory, &config).unwrap();
        let table = lpm.create_table().unwrap();
        for n in 0..20 {
            lpm.insert(table, Prefix::new_truncated(Addr(10 << 24 | n << 8), 24), 7 + n % 3)
                .unwrap();
        }
        for &(prefix, value) in extra {
            lpm.insert(table, Prefix::parse(prefix).unwrap(), value).unwrap();
        }
        begins(&lpm.arena, table)
    };
    // One network, all of it in 10.0/16.
    assert_eq!(begin(&[]), (16, 16));
    assert_eq!(begin(&[("0.0.0.0/0", 1)]), (16, 0));
    assert_eq!(begin(&[("0.0.0.0/0", 1), ("10.0.0.0/16", 2)]), (16, 0));
    assert_eq!(begin(&[("0.0.0.0/0", 1), ("10.0.0.0/8", 1)]), (16, 0));
    // The rest of 10/8 has an answer of its own.
    assert_eq!(begin(&[("0.0.0.0/0", 1), ("10.0.0.0/8", 2)]), (0, 0));
    assert_eq!(begin(&[("0.0.0.0/0", 1), ("10.0.0.0/8", 2), ("10.9.0.0/16", 3)]), (8, 0));
    // Another network has, too.
    assert_eq!(begin(&[("0.0.0.0/0", 1), ("192.168.0.0/16", 2)]), (0, 0));
    assert_eq!(begin(&[("0.0.0.0/1", 1), ("128.0.0.0/1", 1)]), (16, 0));
    assert_eq!(begin(&[("0.0.0.0/1", 1)]), (0, 0));
    // All of 10/8 has an answer, what is beside it none.
    assert_eq!(begin(&[("10.0.0.0/9", 1), ("10.128.0.0/9", 1)]), (8, 8));
    // What 10.0/16 says is too large for the leaves of the /24s.
    assert_eq!(begin(&[("0.0.0.0/0", 1), ("10.0.0.0/16", 300)]), (8, 0));
}

/// A change that is refused leaves lookups to begin where they do, even if they could begin further down:
/// there may have been no room for the new node that this takes.
#[test]
fn what_is_refused_moves_no_lookups() {
    for readers in [0, 1] {
        let config = Config::new(4000, 1).readers(readers);
        let memory = memory(config.footprint_of(800));
        let mut lpm = Lpm::init_with(&memory, &config).unwrap();
        let table = lpm.create_table().unwrap();
        lpm.insert(table, Prefix::DEFAULT, 1).unwrap();
        let host = |n: u32| Prefix::host(Addr((10 << 24) + n * 0x01_0305));
        let held = (0..).find(|&n| lpm.insert(table, host(n), 9).is_err()).unwrap();
        assert!(held > 16 && is_ahead(&lpm, table));

        let (arena, word) = (lpm.arena, lpm.arena.word(table.0));
        let (front, first) = (arena.mem.load(word), arena.mem.load(arena.first_word(table.0)));
        arena.mem.store(entry::offset(front), 1);
        arena.mem.store(word, first);
        arena.forget_first(table.0);
        let before = snapshot(&memory);
        assert_eq!(lpm.insert(table, host(held), 9), Err(LpmError::CapacityExceeded));
        assert_eq!(lpm.remove(table, host(held)), Err(LpmError::NotFound));
        assert!(before == snapshot(&memory), "{readers} readers");
        lpm.remove(table, host(held - 1)).unwrap();
        assert!(is_ahead(&lpm, table));
    }
}

/// The node that lookups begin with goes, as one of the two below it does.
#[test]
fn the_front_goes() {
    for readers in [0, 1] {
        let config = Config::new(100, 1).readers(readers);
        let memory = memory(config.footprint());
        let mut lpm = Lpm::init_with(&memory, &config).unwrap();
        let table = lpm.create_table().unwrap();
        let (other, beside) = (Prefix::parse("10.2.0.0/24").unwrap(), Addr(10 << 24 | 3 << 16));
        lpm.insert(table, Prefix::DEFAULT, 1).unwrap();
        lpm.insert(table, other, 2).unwrap();
        for n in 0..20 {
            let prefix = Prefix::new_truncated(Addr(10 << 24 | 1 << 16 | n << 8), 24);
            lpm.insert(table, prefix, 3).unwrap();
        }
        assert_eq!(begins(&lpm.arena, table), (8, 0));
        lpm.remove(table, other).unwrap();
        assert_eq!(begins(&lpm.arena, table), (16, 0));
        for addr in [other.addr(), beside] {
            assert_eq!(lpm.view().find(table, addr), Some(1));
        }
    }
}
