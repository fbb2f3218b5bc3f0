//! Blocks tile their segments after every change, and lists grow where no second place is left for them.

use std::collections::BTreeSet;
use std::vec::Vec;

use super::pool::{FREE, LEAST, NODE, ROUTES};
use super::tests::{memory, random_prefix};
use super::*;
use crate::addr::{Addr, Prefix};
use crate::model::{NaiveLpm, Rng};

/// Goes through all blocks: each begins where the one before ends, lists and nodes lead to each other,
/// what is in use is as much as was counted, and what is free is in the list of its size.
fn check_blocks(lpm: &Lpm<'_>) {
    let (arena, pool) = (&lpm.arena, &lpm.arena.pool);
    let mut free = BTreeSet::new();
    let mut used = 0;
    for segment in 0..pool.cut.segments {
        let (fill, live) = pool.fill(segment);
        let (mut at, mut counted) = (pool.start(segment), 0);
        let end = at + fill;
        while at < end {
            let words = arena.words_of(at);
            match pool.tag(at) {
                (FREE, _) => {
                    free.insert((at, words));
                    at += words;
                    continue;
                }
                (NODE, list) => {
                    let node = lpm.arena.list(list).node();
                    assert!((at..at + words).contains(&entry::offset(node)), "{at}: of {list}");
                }
                (ROUTES, _) => {
                    let list = arena.list(at);
                    let root = arena.root(list.table());
                    let node = list.node();
                    assert!(node == 0 || arena.list_of(root, node) == at, "{at}: {node:x}");
                }
                _ => {}
            }
            counted += words;
            at += words;
        }
        assert_eq!((at, counted), (end, live), "segment {segment}");
        used += live;
    }
    assert_eq!(used, pool.used() + pool.waiting());
    if pool.is_draining() {
        return;
    }
    for words in 0..pool.cut.bins {
        let binned: BTreeSet<u32> = pool.freed(words).collect();
        let expected = free.iter().filter(|(_, size)| *size == words && words >= LEAST);
        assert!(expected.map(|(at, _)| *at).eq(binned), "of {words} words");
    }
}

/// Lists of `level` bits with all the routes that there can be, and a few hosts. Every route has a value of
/// its own, so that fewer of them never take more words; one in `step` has a large one.
fn long_lists(level: u8, step: usize, large: u32) -> Vec<(Prefix, u32)> {
    let mut routes = BTreeSet::new();
    for base in [0x0A0A_0A00, 0x0A0A_0B00, 0x0A0B_0000, 0x0B00_0000] {
        let base = Prefix::new_truncated(Addr(base), level);
        for len in u8::from(level > 0)..=8 {
            for slot in 0..1u32 << len {
                let bits = slot.checked_shl(u32::from(32 - level - len)).unwrap_or(0);
                routes.insert(Prefix::new_truncated(Addr(base.addr().0 | bits), level + len));
            }
        }
    }
    routes.extend((0..40u32).map(|n| Prefix::host(Addr(0x0A0A_0A00 ^ (n * 0x0100_3001)))));
    let value = |n: usize| n as u32 + if n.is_multiple_of(step) { large } else { 0 };
    routes.into_iter().enumerate().map(|(n, prefix)| (prefix, value(n))).collect()
}

/// In memory just for them, routes come and go in any order.
fn come_and_go(routes: &[(Prefix, u32)], config: Config, seed: u64) {
    let sizing = Sizing::new(&config).table(Root::Compact, routes).unwrap();
    let memory = memory(sizing.footprint());
    let mut lpm = Lpm::init_with(&memory, &config).unwrap();
    let table = lpm.create_table().unwrap();
    let (mut rng, mut naive) = (Rng::new(seed), NaiveLpm::new());
    for round in 0..3 {
        let mut order: Vec<_> = routes.to_vec();
        for n in (1..order.len()).rev() {
            order.swap(n, rng.below(n as u32 + 1) as usize);
        }
        for (n, &(prefix, value)) in order.iter().enumerate() {
            assert_eq!(lpm.insert(table, prefix, value), Ok(naive.insert(prefix, value)));
            if n % 16 == 0 {
                check_blocks(&lpm);
            }
            for addr in [prefix.addr(), prefix.last()] {
                let expected = naive.lookup(addr);
                assert_eq!(lpm.lookup(table, addr), expected, "{prefix} {round}");
            }
        }
        assert_eq!(u64::from(lpm.stats().words), sizing.words());
        assert!(lpm.routes(table).eq(routes.iter().copied()));
        for (n, &(prefix, value)) in order.iter().rev().enumerate().skip(rng.below(64) as usize) {
            assert_eq!(lpm.remove(table, prefix), Ok(value));
            naive.remove(prefix);
            if n % 16 == 0 {
                check_blocks(&lpm);
            }
            let expected = naive.lookup(prefix.addr());
            assert_eq!(lpm.lookup(table, prefix.addr()), expected, "{prefix} {round}");
        }
    }
}

#[test]
fn lists_grow_where_there_is_no_second_place() {
    for (level, step, large) in [(0, 1, 0), (8, 1, 1 << 20), (16, 5, 1 << 19), (24, 11, 1 << 30)] {
        let routes = long_lists(level, step, large);
        let config = Config::new(routes.len() as u32, 1);
        // The headroom is shorter than the longest list.
        let spare = Sizing::new(&config).footprint();
        assert!(spare < 511, "{spare}");
        come_and_go(&routes, config, u64::from(level));
    }
}

#[test]
fn blocks_tile_segments_whatever_changes() {
    for (readers, roots16, seed) in [(0, 0, 1), (2, 0, 2), (0, 1, 3), (1, 1, 4)] {
        let config = Config::new(300, 3).readers(readers).roots16(roots16);
        let memory = memory(config.footprint());
        let mut lpm = Lpm::init_with(&memory, &config).unwrap();
        let root = if roots16 > 0 { Root::Bits16 } else { Root::Compact };
        let tables = [root, Root::Compact].map(|root| lpm.create_table_with(root).unwrap());
        let mut rng = Rng::new(seed);
        let mut held = Vec::new();
        for step in 0..6000 {
            let table = rng.pick(&tables);
            if rng.chance(55) {
                let prefix = match rng.below(2) {
                    0 => Prefix::new_truncated(Addr(rng.below(2048) << 16), 9 + rng.below(8) as u8),
                    _ => random_prefix(&mut rng),
                };
                if lpm.insert(table, prefix, rng.word() >> 1 >> rng.below(31)).is_ok() {
                    held.push((table, prefix));
                }
            } else if !held.is_empty() {
                let (table, prefix) = held.swap_remove(rng.below(held.len() as u32) as usize);
                let _ = lpm.remove(table, prefix);
            }
            if step % 4 == 0 {
                check_blocks(&lpm);
            }
        }
        assert!(lpm.is_sound());
    }
}
