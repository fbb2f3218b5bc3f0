//! Arenas in less memory than any routes could take, filled until something is refused.
//!
//! What is refused is decided by the words that the routes would take, so all of it can be foretold by
//! [`Sizing`]; it changes no word; and no order of changes makes less fit than another.

use core::sync::atomic::AtomicU32;
use std::vec::Vec;

use super::ahead_tests::{is_ahead, network_prefix};
use super::tests::{memory, random_prefix, snapshot};
use super::*;
use crate::addr::{Addr, Prefix};
use crate::model::{NaiveLpm, Rng};

/// Draws the prefixes of routes.
type Draw = fn(&mut Rng) -> Prefix;

/// An arena of two tables with a map for each, and of another table that leaves no more room than is
/// wanted: memory is cut into segments, and is seldom as small as that by itself.
struct Tight<'m> {
    memory: &'m [AtomicU32],
    lpm: Lpm<'m>,
    roots: [Root; 2],
    tables: [TableHandle; 2],
    naive: [NaiveLpm; 2],
    draw: Draw,
    refused: u32,
    /// Changes with lookups that begin further down than the routes before.
    ahead: u32,
    /// Routes and words of the other table.
    kept: (usize, u64),
}

#[derive(Clone, Copy, Debug)]
enum Change {
    Insert(usize, Prefix, u32),
    Remove(usize, Prefix),
}

fn sizing(config: &Config, roots: &[Root; 2], naive: &[NaiveLpm; 2]) -> u64 {
    let mut sizing = Sizing::new(config);
    for (root, naive) in roots.iter().zip(naive) {
        let routes: Vec<_> = naive.iter().collect();
        sizing = sizing.table(*root, &routes).unwrap();
    }
    sizing.words()
}

/// The words that so many random routes take.
fn words_of(config: &Config, roots: &[Root; 2], routes: usize, draw: Draw, rng: &mut Rng) -> u64 {
    let mut naive = [NaiveLpm::new(), NaiveLpm::new()];
    while naive[0].len() + naive[1].len() < routes {
        naive[rng.below(2) as usize].insert(draw(rng), rng.word() >> 1 >> rng.below(31));
    }
    sizing(config, roots, &naive)
}

impl<'m> Tight<'m> {
    fn new(
        memory: &'m [AtomicU32],
        config: &Config,
        roots: [Root; 2],
        draw: Draw,
        room: u64,
    ) -> Self {
        let mut lpm = Lpm::init_with(memory, config).unwrap();
        let tables = roots.map(|root| lpm.create_table_with(root).unwrap());
        let other = lpm.create_table().unwrap();
        let mut kept = (0, 0);
        while u64::from(lpm.stats().max_words) > kept.1 + room {
            let prefix = Prefix::host(Addr((kept.0 as u32).reverse_bits() | 77));
            lpm.insert(other, prefix, 1 << 30).unwrap();
            kept = (kept.0 + 1, u64::from(lpm.stats().words));
        }
        let naive = [NaiveLpm::new(), NaiveLpm::new()];
        Tight { memory, lpm, roots, tables, naive, draw, refused: 0, ahead: 0, kept }
    }

    fn held(&self) -> usize {
        self.naive[0].len() + self.naive[1].len()
    }

    fn change(&self, rng: &mut Rng, inserts: u32) -> Change {
        let n = rng.below(2) as usize;
        let held = self.naive[n].len() as u32;
        if rng.chance(inserts) || held == 0 {
            let prefix = match rng.below(8) {
                0 if held > 0 => self.naive[n].iter().nth(rng.below(held) as usize).unwrap().0,
                _ => (self.draw)(rng),
            };
            return Change::Insert(n, prefix, rng.word() >> 1 >> rng.below(31));
        }
        Change::Remove(n, self.naive[n].iter().nth(rng.below(held) as usize).unwrap().0)
    }

    /// The words in use after a change, and whether there would be more routes than there may be.
    fn foretold(&self, change: Change) -> (u64, bool) {
        let mut naive = self.naive.clone();
        match change {
            Change::Insert(n, prefix, value) => naive[n].insert(prefix, value),
            Change::Remove(n, prefix) => naive[n].remove(prefix),
        };
        let routes = self.kept.0 + naive[0].len() + naive[1].len();
        let many = routes > self.lpm.config().max_routes as usize;
        (self.kept.1 + sizing(&self.lpm.config(), &self.roots, &naive), many)
    }

    fn apply(&mut self, change: Change) -> Result<(), LpmError> {
        match change {
            Change::Insert(n, prefix, value) => {
                let old = self.lpm.insert(self.tables[n], prefix, value)?;
                assert_eq!(old, self.naive[n].insert(prefix, value), "{change:?}");
            }
            Change::Remove(n, prefix) => {
                let old = self.lpm.remove(self.tables[n], prefix)?;
                assert_eq!(Some(old), self.naive[n].remove(prefix), "{change:?}");
            }
        }
        Ok(())
    }

    /// Makes a change where no reader waits; it succeeds if and only if there is room.
    fn step(&mut self, change: Change) {
        let before = self.lpm.stats();
        let (after, many) = self.foretold(change);
        let fits = after <= u64::from(before.max_words.max(before.words)) && !many;
        let image = (!fits).then(|| snapshot(self.memory));
        let (Change::Insert(n, ..) | Change::Remove(n, _)) = change;
        self.ahead += u32::from(is_ahead(&self.lpm, self.tables[n]));
        match self.apply(change) {
            Ok(()) => {
                let removes = matches!(change, Change::Remove(..));
                assert!(fits || removes, "{change:?}: {after} words taken, {before:?}");
            }
            Err(error) => {
                assert_eq!(error, LpmError::CapacityExceeded, "{change:?}");
                assert!(!fits, "{change:?}: {after} words refused, {before:?}");
                let image = image.unwrap();
                assert!(image == snapshot(self.memory), "{change:?} changed something");
                self.refused += 1;
                return;
            }
        }
        assert_eq!(u64::from(self.lpm.stats().words), after, "{change:?}");
    }

    fn check_near(&self, rng: &mut Rng, change: Change) {
        let (Change::Insert(n, prefix, _) | Change::Remove(n, prefix)) = change;
        for near in [prefix, (self.draw)(rng)] {
            let (first, last) = (near.addr(), near.last());
            let around = [first.0.wrapping_sub(1), last.0.wrapping_add(1)].map(Addr);
            for addr in [first, last, around[0], around[1]] {
                let expected = self.naive[n].lookup(addr);
                assert_eq!(self.lpm.lookup(self.tables[n], addr), expected, "{addr} {change:?}");
                let found = self.lpm.view().find(self.tables[n], addr);
                assert_eq!(found, expected.map(|(_, value)| value), "{addr} {change:?}");
            }
        }
    }

    fn check_all(&self) {
        for (&table, naive) in self.tables.iter().zip(&self.naive) {
            assert!(self.lpm.routes(table).eq(naive.iter()), "the routes differ");
        }
        assert_eq!(self.lpm.stats().routes as usize, self.kept.0 + self.held());
    }

    fn drain(&mut self, rng: &mut Rng) {
        for n in 0..2 {
            let mut routes: Vec<Prefix> = self.naive[n].iter().map(|(prefix, _)| prefix).collect();
            for k in (1..routes.len()).rev() {
                routes.swap(k, rng.below(k as u32 + 1) as usize);
            }
            for prefix in routes {
                self.step(Change::Remove(n, prefix));
                assert_eq!(self.lpm.get(self.tables[n], prefix), None, "{prefix} stays");
            }
        }
        let stats = self.lpm.stats();
        assert_eq!((stats.routes as usize, stats.words.into()), self.kept);
        assert_eq!(stats.waiting_words, 0);
    }
}

/// Random programs that fill an arena until much is refused, make room, and fill it again.
/// Gives how many of the changes were of tables whose lookups begin further down.
fn until_full(
    config: Config,
    roots: [Root; 2],
    routes: usize,
    draw: Draw,
    seeds: core::ops::Range<u64>,
) -> u32 {
    let mut ahead = 0;
    for seed in seeds {
        let mut rng = Rng::new(seed);
        let room = words_of(&config, &roots, routes, draw, &mut rng);
        let memory = memory(config.footprint_of(room));
        let mut tight = Tight::new(&memory, &config, roots, draw, room);
        let (mut again, mut filled, mut left) = (0, 0, 0);
        for step in 0..8 * routes {
            let refused = tight.refused;
            // Fill until some changes have been refused, then make room for a while.
            if left == 0 && refused >= filled + 12 {
                left = routes / 2;
            } else if left > 0 {
                (left, filled) = (left - 1, refused);
            }
            let change = tight.change(&mut rng, if left == 0 { 90 } else { 30 });
            tight.step(change);
            tight.check_near(&mut rng, change);
            if tight.refused > refused && rng.chance(30) {
                // What was refused fits as soon as enough others have gone.
                for _ in 0..=tight.held() {
                    let Some(n) = (0..2).find(|&n| !tight.naive[n].is_empty()) else { break };
                    let skip = rng.below(tight.naive[n].len() as u32) as usize;
                    let (prefix, _) = tight.naive[n].iter().nth(skip).unwrap();
                    tight.step(Change::Remove(n, prefix));
                    let (after, many) = tight.foretold(change);
                    if after <= tight.lpm.stats().max_words.into() && !many {
                        break;
                    }
                }
                let refused = tight.refused;
                tight.step(change);
                assert_eq!(tight.refused, refused, "{change:?}");
                again += 1;
            }
            if step % 50 == 0 {
                tight.check_all();
            }
        }
        assert!(tight.refused > 20 && again > 3, "seed {seed}: {} refused", tight.refused);
        tight.check_all();
        tight.drain(&mut rng);
        ahead += tight.ahead;
    }
    ahead
}

#[test]
fn what_is_refused_changes_nothing() {
    const COMPACT: [Root; 2] = [Root::Compact; 2];
    until_full(Config::new(4000, 3), COMPACT, 120, random_prefix, 0..8);
    until_full(Config::new(4000, 3).readers(2), COMPACT, 120, random_prefix, 10..18);
    // Few routes: most changes are between intervals and nodes.
    until_full(Config::new(4000, 3), COMPACT, 24, random_prefix, 20..30);
    until_full(Config::new(4000, 3).readers(1), COMPACT, 24, random_prefix, 30..40);
}

/// As in networks, where lookups begin further down than the routes.
#[test]
fn what_a_network_is_refused_changes_nothing() {
    const COMPACT: [Root; 2] = [Root::Compact; 2];
    for readers in [0, 2] {
        let config = Config::new(4000, 3).readers(readers);
        let ahead = until_full(config, COMPACT, 120, network_prefix, 0..8)
            + until_full(config, COMPACT, 40, network_prefix, 10..20);
        assert!(ahead > 1000, "{ahead}");
    }
}

#[test]
fn what_a_table_with_a_root_is_refused_changes_nothing() {
    let roots = [Root::Bits16, Root::Compact];
    until_full(Config::new(4000, 3).roots16(1), roots, 100, random_prefix, 0..3);
    until_full(Config::new(4000, 3).roots16(1).readers(1), roots, 100, random_prefix, 3..6);
    until_full(Config::new(4000, 3).roots16(2), [Root::Bits16; 2], 100, random_prefix, 6..8);
}

/// `can_fit` is right about a table beside what is there, and a load that is refused leaves nothing.
#[test]
fn can_fit_comes_true() {
    for (seed, readers) in (0..24u64).zip([0u16, 1].into_iter().cycle()) {
        let mut rng = Rng::new(seed);
        let root = if seed % 6 < 4 { Root::Compact } else { Root::Bits16 };
        let (config, roots) = match root {
            Root::Compact => (Config::new(4000, 4), [root; 2]),
            _ => (Config::new(4000, 4).roots16(2), [Root::Compact, root]),
        };
        let config = config.readers(readers);
        let room = words_of(&config, &roots, 150, random_prefix, &mut rng);
        let memory = memory(config.footprint_of(room));
        let mut tight = Tight::new(&memory, &config, roots, random_prefix, room);
        let third = tight.lpm.create_table_with(root).unwrap();
        let mut answers = [0; 2];
        for _ in 0..200 {
            for _ in 0..10 {
                let change = tight.change(&mut rng, 65);
                tight.step(change);
            }
            let mut more = NaiveLpm::new();
            for _ in 0..rng.below(400) {
                more.insert(random_prefix(&mut rng), rng.word() >> 1 >> rng.below(31));
            }
            let more: Vec<_> = more.iter().collect();
            let words = tight.lpm.stats().words;
            let fits = tight.lpm.can_fit(root, &more).unwrap();
            let loaded = tight.lpm.load(third, &more);
            let expected = if fits { Ok(()) } else { Err(LpmError::CapacityExceeded) };
            assert_eq!(loaded, expected, "seed {seed}, {} routes", more.len());
            let held = if fits { more.len() } else { 0 };
            assert_eq!(tight.lpm.len(third), Some(held as u32));
            assert!(tight.lpm.routes(third).eq(more.iter().copied().take(held)));
            tight.lpm.clear(third).unwrap();
            assert_eq!(tight.lpm.stats().words, words, "words are lost");
            tight.check_all();
            answers[usize::from(fits)] += 1;
        }
        assert!(answers.iter().all(|&count| count > 10), "{answers:?}");
    }
}

/// What a silent reader holds up is `Busy`, never refused for good; when it has announced that it looks
/// at nothing, the same change succeeds.
fn silent_reader(
    config: Config,
    roots: [Root; 2],
    routes: usize,
    draw: Draw,
    seed: u64,
) -> (u32, u32) {
    let mut rng = Rng::new(seed);
    let room = words_of(&config, &roots, routes, draw, &mut rng);
    let memory = memory(config.footprint_of(room));
    let mut tight = Tight::new(&memory, &config, roots, draw, room);
    let mut reader = Reader::register(&memory, 0).unwrap();
    let (mut busy, mut most) = (0, 0);
    for step in 0..2500 {
        let inserts = if step / 300 % 2 == 0 { 70 } else { 40 };
        let change = tight.change(&mut rng, inserts);
        let (after, many) = tight.foretold(change);
        let before = tight.lpm.stats();
        let fits = after <= u64::from(before.max_words.max(before.words)) && !many;
        let removes = matches!(change, Change::Remove(..));
        let mut answer = tight.apply(change);
        let mut rounds = 0;
        if answer == Err(LpmError::Busy) {
            busy += 1;
            tight.check_all();
            tight.check_near(&mut rng, change);
            // Silent for some more changes, then not.
            for _ in 0..rng.below(4) {
                let other = tight.change(&mut rng, inserts);
                let _ = tight.apply(other);
                tight.check_near(&mut rng, other);
            }
            let (after, many) = tight.foretold(change);
            let stats = tight.lpm.stats();
            let there = match change {
                Change::Insert(..) => after <= u64::from(stats.max_words.max(stats.words)) && !many,
                Change::Remove(n, prefix) => tight.naive[n].get(prefix).is_some(),
            };
            if !there {
                continue;
            }
            while answer == Err(LpmError::Busy) {
                rounds += 1;
                assert!(rounds < 10, "seed {seed}, step {step}: {change:?} stays busy");
                reader.quiescent();
                answer = tight.apply(change);
            }
            assert_eq!(answer, Ok(()), "seed {seed}, step {step}: {change:?}, {stats:?}");
        } else if answer.is_err() {
            assert_eq!(answer, Err(LpmError::CapacityExceeded));
            assert!(
                !fits && !removes,
                "seed {seed}, step {step}: {change:?} refused, {after} of {before:?}"
            );
        } else {
            assert!(fits || removes, "seed {seed}, step {step}: {change:?} taken");
        }
        most = most.max(rounds);
        let (Change::Insert(n, prefix, _) | Change::Remove(n, prefix)) = change;
        for addr in [prefix.addr(), prefix.last(), Addr(prefix.last().0.wrapping_add(1))] {
            let expected = tight.naive[n].lookup(addr).map(|(_, value)| value);
            assert_eq!(reader.find(tight.tables[n], addr), expected);
        }
        if step % 100 == 0 {
            tight.check_all();
        }
    }
    assert!(busy > 0, "seed {seed}: nothing was ever held up");
    drop(reader);
    tight.lpm.reclaim();
    tight.drain(&mut rng);
    (busy, most)
}

#[test]
fn silent_readers_hold_up_and_nothing_more() {
    let mut most = 0;
    for seed in 0..12 {
        let config = Config::new(4000, 3).readers(1);
        most = most.max(silent_reader(config, [Root::Compact; 2], 120, random_prefix, seed).1);
        most = most.max(silent_reader(config, [Root::Compact; 2], 120, network_prefix, seed).1);
        let config = Config::new(4000, 3).readers(2);
        most = most.max(silent_reader(config, [Root::Compact; 2], 24, random_prefix, 100 + seed).1);
        most =
            most.max(silent_reader(config, [Root::Compact; 2], 40, network_prefix, 100 + seed).1);
    }
    for seed in 0..2 {
        let config = Config::new(4000, 3).readers(1).roots16(1);
        most = most
            .max(silent_reader(config, [Root::Bits16, Root::Compact], 60, random_prefix, seed).1);
    }
    std::println!("a change was retried at most {most} times");
}

/// Filled, drained and filled again, an arena takes the same routes each time.
#[test]
fn no_order_of_changes_wears_memory_out() {
    for (seed, readers) in (0..12u64).zip([0u16, 1].into_iter().cycle()) {
        let mut rng = Rng::new(seed);
        let root = if seed % 6 < 4 { Root::Compact } else { Root::Bits16 };
        let config = Config::new(4000, 3).readers(readers);
        let config = Config { roots16: 2 * u16::from(root == Root::Bits16), ..config };
        let draw = if seed % 4 < 2 { random_prefix } else { network_prefix };
        let room = words_of(&config, &[root; 2], 100, draw, &mut rng);
        let memory = memory(config.footprint_of(room));
        let mut tight = Tight::new(&memory, &config, [root; 2], draw, room);
        let offered: Vec<Change> = (0..500)
            .map(|_| {
                let value = rng.word() >> 1 >> rng.below(31);
                Change::Insert(rng.below(2) as usize, draw(&mut rng), value)
            })
            .collect();
        let mut first = None;
        for _ in 0..3 {
            for &change in &offered {
                tight.step(change);
            }
            assert!(tight.refused > 0);
            let taken: Vec<Vec<_>> = tight.naive.iter().map(|n| n.iter().collect()).collect();
            assert_eq!(*first.get_or_insert_with(|| taken.clone()), taken, "seed {seed}");
            tight.drain(&mut rng);
        }
    }
}

/// A change that found no room, and then all that had waited free, was refused for good: nothing was
/// left that could have been moved.
#[test]
fn all_that_waited_is_free_at_once() {
    let config = Config::new(40, 1).readers(1);
    let memory = memory(config.footprint());
    let mut lpm = Lpm::init_with(&memory, &config).unwrap();
    let table = lpm.create_table().unwrap();
    let mut reader = Reader::register(&memory, 0).unwrap();
    let routes: Vec<_> = (0..16u32).map(|n| (Prefix::host(Addr(n << 24 | 7)), n)).collect();
    // One small block waits for the first announcement, all others for the second.
    lpm.insert(table, Prefix::DEFAULT, 1).unwrap();
    lpm.clear(table).unwrap();
    while lpm.load(table, &routes).is_ok() {
        lpm.clear(table).unwrap();
    }
    let mut answers = Vec::new();
    while lpm.len(table) == Some(0) && answers.len() < 4 {
        assert_eq!(lpm.stats().words, 0);
        answers.push(lpm.load(table, &routes));
        reader.quiescent();
    }
    assert_eq!(answers, [Err(LpmError::Busy), Err(LpmError::Busy), Ok(())]);
}

/// A table that became small while readers were silent kept its nodes, and what did not fit beside them
/// was refused.
#[test]
fn small_tables_have_no_nodes_though_a_reader_is_silent() {
    let config = Config::new(40, 1).readers(1);
    let memory = memory(config.footprint());
    let mut lpm = Lpm::init_with(&memory, &config).unwrap();
    let table = lpm.create_table().unwrap();
    let routes: Vec<_> = (0..17u32).map(|n| (Prefix::host(Addr(n << 24 | 7)), n)).collect();
    lpm.load(table, &routes[..16]).unwrap();
    let mut reader = Reader::register(&memory, 0).unwrap();
    let (last, few) = (routes[16], lpm.stats().words);
    let mut busy = 0;
    for n in 0..4000 {
        let change = |lpm: &mut Lpm<'_>| match n % 2 {
            0 => lpm.insert(table, last.0, last.1).map(|_| ()),
            _ => lpm.remove(table, last.0).map(|_| ()),
        };
        let mut answer = change(&mut lpm);
        for _ in 0..2 {
            if answer == Err(LpmError::Busy) {
                busy += 1;
                reader.quiescent();
                answer = change(&mut lpm);
            }
        }
        assert_eq!(answer, Ok(()), "{n}");
        assert_eq!(lpm.stats().words == few, n % 2 == 1, "{n}");
    }
    assert!(busy > 0);
}

/// Where every other of 256 equal slots goes, one run becomes 256. With leaves of 32 bits, and routes of
/// one word each, what is left takes more than before, and in less memory than the footprint may find
/// no room. The route stays then, and goes when others have; `clear` always has room.
#[test]
fn routes_whose_absence_takes_more_words() {
    const NODES: u32 = 20;
    let route = |n: u32| Prefix::new(Addr(10 << 24 | n << 8), 24).unwrap();
    for value in [200, 70_000] {
        let config = Config::new(NODES * 256, 1);
        let routes: Vec<_> = (0..NODES * 256).map(|n| (route(n), value + n / 256)).collect();
        let sizing = Sizing::new(&config).table(Root::Compact, &routes).unwrap();
        for words in [sizing.footprint(), config.footprint()] {
            let memory = memory(words);
            let mut lpm = Lpm::init_with(&memory, &config).unwrap();
            let table = lpm.create_table().unwrap();
            lpm.load(table, &routes).unwrap();
            let mut stayed = 0;
            for &(prefix, value) in routes.iter().skip(1).step_by(2) {
                let held = match lpm.remove(table, prefix) {
                    Ok(old) => (old != value).then_some(old),
                    Err(error) => {
                        assert_eq!(error, LpmError::CapacityExceeded);
                        stayed += 1;
                        Some(value)
                    }
                };
                assert_eq!(lpm.get(table, prefix), held, "{prefix}");
                assert_eq!(lpm.view().find(table, prefix.addr()), held, "{prefix}");
            }
            assert_eq!(stayed > 0, value == 70_000 && words < config.footprint());
            assert_eq!(lpm.stats().routes, NODES * 128 + stayed);
            // All go, if not at the first time.
            for _ in 0..3 {
                for &(prefix, _) in &routes {
                    let _ = lpm.remove(table, prefix);
                }
            }
            assert_eq!((lpm.stats().routes, lpm.stats().words), (0, 0));
            lpm.load(table, &routes).unwrap();
            lpm.clear(table).unwrap();
            assert_eq!((lpm.stats().routes, lpm.stats().words), (0, 0));
        }
    }
}
