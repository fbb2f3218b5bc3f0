use std::vec::Vec;

use super::*;
use crate::addr::{Addr, Prefix};
use crate::model::{NaiveLpm, Rng};
use core::sync::atomic::{AtomicU32, Ordering};

pub(super) fn memory(words: usize) -> Vec<AtomicU32> {
    (0..words).map(|_| AtomicU32::new(0)).collect()
}

pub(super) fn snapshot(memory: &[AtomicU32]) -> Vec<u32> {
    memory.iter().map(|word| word.load(Ordering::Relaxed)).collect()
}

/// Random prefixes that often nest, share addresses and touch the edges.
pub(super) fn random_prefix(rng: &mut Rng) -> Prefix {
    let addr = match rng.below(6) {
        0 => 0,
        1 => u32::MAX,
        2 => 0x0A00_0000 | rng.below(8),
        3 => 0x0A00_0000 | rng.below(8) << 8,
        4 => 0x0A00_0000 | rng.below(6) << 16 | rng.below(3) << 5,
        _ => rng.word(),
    };
    let len = match rng.below(3) {
        0 => rng.pick(&[0, 1, 31, 32, 8, 9, 16, 17, 24, 25]),
        _ => rng.below(33) as u8,
    };
    Prefix::new_truncated(Addr(addr), len)
}

/// What the words in use have to be: those that the routes take, however they came to be.
fn expected_words(lpm: &Lpm<'_>, roots: &[Root], naive: &[NaiveLpm]) -> (u64, u64) {
    let mut sizing = Sizing::new(&lpm.config());
    for (root, naive) in roots.iter().zip(naive) {
        let routes: Vec<_> = naive.iter().collect();
        sizing = sizing.table(*root, &routes).unwrap();
    }
    (sizing.words(), sizing.lookup_words())
}

struct Program<'m> {
    memory: &'m [AtomicU32],
    lpm: Lpm<'m>,
    roots: Vec<Root>,
    tables: Vec<TableHandle>,
    naive: Vec<NaiveLpm>,
}

impl<'m> Program<'m> {
    fn new(memory: &'m [AtomicU32], config: &Config, roots: &[Root]) -> Program<'m> {
        let mut lpm = Lpm::init_with(memory, config).unwrap();
        let tables = roots.iter().map(|&root| lpm.create_table_with(root).unwrap()).collect();
        let naive = roots.iter().map(|_| NaiveLpm::new()).collect();
        Program { memory, lpm, roots: roots.to_vec(), tables, naive }
    }

    fn held(&self) -> usize {
        self.naive.iter().map(NaiveLpm::len).sum()
    }

    fn step(&mut self, rng: &mut Rng, inserts: u32, most_value_bits: u32) {
        let n = rng.below(self.tables.len() as u32) as usize;
        let (table, prefix) = (self.tables[n], random_prefix(rng));
        let full = self.held() == self.lpm.config().max_routes as usize;
        let present = self.naive[n].get(prefix).is_some();
        if rng.below(100) < inserts {
            let value = rng.word() >> (32 - most_value_bits + rng.below(most_value_bits));
            if value > Lpm::MAX_VALUE || (full && !present) {
                let before = snapshot(self.memory);
                let error = if value > Lpm::MAX_VALUE {
                    LpmError::ValueTooLarge
                } else {
                    LpmError::CapacityExceeded
                };
                assert_eq!(self.lpm.insert(table, prefix, value), Err(error));
                assert!(snapshot(self.memory) == before, "a refused insert changed something");
            } else {
                let old = self.naive[n].insert(prefix, value);
                assert_eq!(self.lpm.insert(table, prefix, value), Ok(old), "{prefix}");
            }
        } else {
            let prefix = match self.naive[n].len() {
                held if held > 0 && rng.below(4) > 0 => {
                    let skip = rng.below(held as u32) as usize;
                    self.naive[n].iter().nth(skip).unwrap().0
                }
                _ => prefix,
            };
            let expected = self.naive[n].remove(prefix).ok_or(LpmError::NotFound);
            assert_eq!(self.lpm.remove(table, prefix), expected, "{prefix}");
        }
        assert_eq!(self.lpm.stats().routes as usize, self.held(), "{prefix}");
        self.check_near(rng, n, prefix);
    }

    fn check_near(&self, rng: &mut Rng, n: usize, prefix: Prefix) {
        let (lpm, table, naive) = (&self.lpm, self.tables[n], &self.naive[n]);
        for near in [prefix, random_prefix(rng), random_prefix(rng)] {
            let (first, last) = (near.addr(), near.last());
            let around = [first.0.wrapping_sub(1), last.0.wrapping_add(1)].map(Addr);
            for addr in [first, last, around[0], around[1]] {
                let expected = naive.lookup(addr);
                assert_eq!(lpm.view().find(table, addr), expected.map(|(_, v)| v), "{addr}");
                assert_eq!(lpm.lookup(table, addr), expected, "{addr}");
            }
            assert_eq!(lpm.get(table, near), naive.get(near));
        }
    }

    fn check_all(&self, rng: &mut Rng) {
        for (n, &table) in self.tables.iter().enumerate() {
            let naive = &self.naive[n];
            let routes: Vec<_> = naive.iter().collect();
            assert!(self.lpm.routes(table).eq(routes.iter().copied()), "routes");
            assert_eq!(self.lpm.len(table), Some(routes.len() as u32));
            for _ in 0..8 {
                let near = random_prefix(rng);
                let next = routes.iter().copied().find(|&(p, _)| p > near);
                assert_eq!(self.lpm.next_route(table, Some(near)), next, "behind {near}");
                let matches: Vec<_> = self.lpm.matches(table, near.last()).collect();
                assert_eq!(matches, naive.matches(near.last()));
                let covering: Vec<_> = self.lpm.covering(table, near).collect();
                let expected: Vec<_> =
                    routes.iter().copied().filter(|(p, _)| p.covers(near)).collect();
                assert_eq!(covering, expected, "covering {near}");
                let covered: Vec<_> = self.lpm.covered(table, near).collect();
                let expected: Vec<_> =
                    routes.iter().copied().filter(|(p, _)| near.covers(*p)).collect();
                assert_eq!(covered, expected, "covered by {near}");
            }
        }
        let stats = self.lpm.stats();
        let expected = expected_words(&self.lpm, &self.roots, &self.naive);
        assert_eq!((stats.words.into(), stats.lookup_words.into()), expected, "{stats:?}");
        assert!(stats.words <= stats.max_words && stats.routes as usize == self.held());
    }
}

fn programs(config: Config, roots: &[Root], seeds: core::ops::Range<u64>, steps: u32, bits: u32) {
    for seed in seeds {
        let memory = memory(config.footprint());
        let mut program = Program::new(&memory, &config, roots);
        let mut rng = Rng::new(seed);
        for step in 0..steps {
            // Phases of filling and of draining.
            let inserts = if step / 150 % 2 == 0 { 80 } else { 25 };
            program.step(&mut rng, inserts, bits);
            if step % 16 == 0 {
                program.check_all(&mut rng);
            }
        }
        program.check_all(&mut rng);
        for n in 0..program.tables.len() {
            let routes: Vec<_> = program.naive[n].iter().collect();
            for (prefix, value) in routes {
                program.naive[n].remove(prefix);
                assert_eq!(program.lpm.remove(program.tables[n], prefix), Ok(value));
            }
        }
        let stats = program.lpm.stats();
        assert_eq!((stats.routes, stats.words, stats.lookup_words), (0, 0, 0));
    }
}

#[test]
fn few_routes_in_small_memory() {
    programs(Config::new(16, 3), &[Root::Compact; 3], 0..60, 400, 32);
}

#[test]
fn compact_tables_between_intervals_and_nodes() {
    programs(Config::new(40, 2), &[Root::Compact; 2], 0..60, 500, 32);
    programs(Config::new(300, 3), &[Root::Compact; 3], 100..115, 1500, 9);
}

#[test]
fn tables_with_a_root() {
    let config = Config::new(300, 2).roots16(2);
    programs(config, &[Root::Bits16; 2], 200..212, 1200, 9);
    programs(config, &[Root::Bits16, Root::Compact], 300..306, 800, 32);
}

#[test]
fn arenas_with_room_for_readers() {
    programs(Config::new(60, 2).readers(2), &[Root::Compact; 2], 400..420, 500, 17);
    let config = Config::new(60, 1).readers(1).roots16(1);
    programs(config, &[Root::Bits16], 420..424, 500, 17);
}

#[test]
fn a_table_with_a_root_of_24_bits() {
    programs(Config::new(200, 2).roots24(1), &[Root::Bits24, Root::Compact], 500..502, 500, 9);
}

#[test]
fn more_routes_never_need_less_memory() {
    for tables in [1, 3, 20_000] {
        let footprints: Vec<usize> =
            (1..6000).map(|routes| Lpm::footprint(routes, tables)).collect();
        assert!(footprints.is_sorted() && footprints[0] > 0, "{tables} tables");
    }
}

#[test]
fn sixteen_routes_apart_have_thirty_two_ends() {
    let memory = memory(Lpm::footprint(17, 1));
    let mut lpm = Lpm::init(&memory, 17, 1).unwrap();
    let table = lpm.create_table().unwrap();
    let host = |n: u32| Prefix::host(Addr(n << 24 | 7));
    for n in 1..=17 {
        assert_eq!(lpm.insert(table, host(n), n), Ok(None));
        assert!(lpm.routes(table).eq((1..=n).map(|n| (host(n), n))), "{n} routes");
    }
    assert_eq!(lpm.remove(table, host(1)), Ok(1));
    assert!(lpm.routes(table).eq((2..=17).map(|n| (host(n), n))));
    assert_eq!(lpm.view().find(table, Addr(17 << 24 | 7)), Some(17));
    assert_eq!(lpm.view().find(table, Addr(17 << 24 | 8)), None);
}
