use std::vec::Vec;

use super::*;
use crate::Memory;
use crate::model::{NaiveLpm, Rng};

/// The 15 prefixes of a space of 3 bits that lies `shift` bits into the address.
fn small_space(shift: u8) -> Vec<Prefix> {
    let mut prefixes = Vec::new();
    for len in 0..=3u8 {
        for bits in 0..1u32 << len {
            let addr = bits.checked_shl(u32::from(32 - shift - len)).unwrap_or(0);
            let base = Prefix::new_truncated(Addr(0xA5C3_96F1), shift).addr().0;
            prefixes.push(Prefix::new(Addr(base | addr), shift + len).unwrap());
        }
    }
    prefixes
}

/// One address in each eighth of the space, and both neighbours of the space.
fn probes(shift: u8) -> Vec<Addr> {
    let space = small_space(shift)[0];
    let mut probes: Vec<Addr> = (0..8u32)
        .map(|bits| Addr(space.addr().0 | bits.checked_shl(u32::from(29 - shift)).unwrap_or(0)))
        .collect();
    probes.push(Addr(space.addr().0.wrapping_sub(1)));
    probes.push(Addr(space.last().0.wrapping_add(1)));
    probes.push(space.last());
    probes
}

/// The longest of the present prefixes, by looking at each.
fn expected(prefixes: &[Prefix], present: u16, addr: Addr) -> Option<(Prefix, u32)> {
    (0..15u32)
        .filter(|&n| present >> n & 1 == 1 && prefixes[n as usize].contains(addr))
        .max_by_key(|&n| prefixes[n as usize].len())
        .map(|n| (prefixes[n as usize], n))
}

#[test]
fn every_set_and_every_mutation_of_a_small_space() {
    for shift in [0, 7, 15, 22, 29] {
        let (prefixes, probes) = (small_space(shift), probes(shift));
        let memory = Memory::<{ Lpm::footprint(15, 1) }>::new();
        let mut lpm = Lpm::init(&memory, 15, 1).unwrap();
        let table = lpm.create_table().unwrap();
        let check = |lpm: &Lpm<'_>, present: u16| {
            for &addr in &probes {
                assert_eq!(lpm.lookup(table, addr), expected(&prefixes, present, addr));
            }
            assert_eq!(lpm.usage().routes, present.count_ones());
        };
        // A Gray code passes through all sets, one change at a time; from each, every other single
        // change is made and undone.
        let mut present = 0u16;
        let toggle = |lpm: &mut Lpm<'_>, present: &mut u16, n: u32| {
            let prefix = prefixes[n as usize];
            if *present >> n & 1 == 1 {
                assert_eq!(lpm.remove(table, prefix), Ok(n));
                assert_eq!(lpm.remove(table, prefix), Err(LpmError::NotFound));
            } else {
                assert_eq!(lpm.insert(table, prefix, n), Ok(None));
                assert_eq!(lpm.insert(table, prefix, n), Ok(Some(n)));
            }
            *present ^= 1 << n;
        };
        for step in 1u32..=1 << 15 {
            for n in 0..15 {
                toggle(&mut lpm, &mut present, n);
                check(&lpm, present);
                toggle(&mut lpm, &mut present, n);
            }
            let routes: Vec<Prefix> = lpm.routes(table).map(|(prefix, _)| prefix).collect();
            assert!(routes.is_sorted() && routes.len() == present.count_ones() as usize);
            toggle(&mut lpm, &mut present, step.trailing_zeros().min(14));
        }
    }
}

/// Random prefixes that often nest, share addresses and touch the edges.
fn random_prefix(rng: &mut Rng) -> Prefix {
    let addr = match rng.below(4) {
        0 => 0,
        1 => u32::MAX,
        2 => 0x0A00_0000 | rng.below(8),
        _ => rng.word(),
    };
    let len = match rng.below(3) {
        0 => rng.pick(&[0, 1, 31, 32, 8, 16, 24]),
        _ => rng.below(33) as u8,
    };
    Prefix::new_truncated(Addr(addr), len)
}

fn snapshot(memory: &[AtomicU32]) -> Vec<u32> {
    memory.iter().map(|word| word.load(core::sync::atomic::Ordering::Relaxed)).collect()
}

#[test]
fn random_programs_equal_the_naive_table() {
    const ROUTES: u32 = 24;
    const TABLES: u32 = 3;
    for seed in 0..200 {
        let memory = Memory::<{ Lpm::footprint(ROUTES, TABLES) }>::new();
        let mut lpm = Lpm::init(&memory, ROUTES, TABLES).unwrap();
        let tables: Vec<TableHandle> = (0..TABLES).map(|_| lpm.create_table().unwrap()).collect();
        assert_eq!(lpm.create_table(), Err(LpmError::CapacityExceeded));
        let mut naive = [NaiveLpm::default(), NaiveLpm::default(), NaiveLpm::default()];
        let mut rng = Rng::new(seed);
        for _ in 0..400 {
            let n = rng.below(TABLES) as usize;
            let (table, prefix) = (tables[n], random_prefix(&mut rng));
            let held: usize = naive.iter().map(NaiveLpm::len).sum();
            let present = naive[n].get(prefix).is_some();
            if rng.below(3) != 0 {
                let value = rng.word() >> rng.below(32);
                let before = snapshot(&memory);
                let answer = lpm.insert(table, prefix, value);
                if value > Lpm::MAX_VALUE {
                    assert_eq!(answer, Err(LpmError::ValueTooLarge));
                    assert_eq!(snapshot(&memory), before);
                } else if held == ROUTES as usize && !present {
                    assert_eq!(answer, Err(LpmError::CapacityExceeded));
                    assert_eq!(snapshot(&memory), before, "a refused insert changed something");
                } else {
                    assert_eq!(answer, Ok(naive[n].insert(prefix, value)));
                }
            } else {
                let expected = naive[n].remove(prefix).ok_or(LpmError::NotFound);
                assert_eq!(lpm.remove(table, prefix), expected);
            }
            for _ in 0..8 {
                let near = random_prefix(&mut rng);
                for addr in [near.addr(), near.last(), prefix.addr(), prefix.last()] {
                    assert_eq!(lpm.lookup(table, addr), naive[n].lookup(addr));
                    let matches: Vec<_> = lpm.matches(table, addr).collect();
                    assert_eq!(matches, naive[n].matches(addr));
                }
                assert_eq!(lpm.get(table, near), naive[n].get(near));
            }
            assert!(lpm.routes(table).eq(naive[n].iter()));
            let cursor = random_prefix(&mut rng);
            let next = naive[n].iter().find(|&(p, _)| p > cursor);
            assert_eq!(lpm.next_route(table, Some(cursor)), next);
        }
    }
}

#[test]
fn the_stated_number_of_routes_fits_whatever_they_are_and_drains_to_nothing() {
    const ROUTES: u32 = 300;
    let mut rng = Rng::new(7);
    for order in 0..3 {
        let memory = Memory::<{ Lpm::footprint(ROUTES, 1) }>::new();
        let mut lpm = Lpm::init(&memory, ROUTES, 1).unwrap();
        let table = lpm.create_table().unwrap();
        for _ in 0..3 {
            let mut routes: Vec<Prefix> = Vec::new();
            // Host routes spread by bit reversal need the most forks.
            let mut n = 0u32;
            while routes.len() < ROUTES as usize {
                let prefix = match order {
                    0 => Prefix::host(Addr(n.reverse_bits())),
                    1 => Prefix::new_truncated(Addr(u32::MAX << (n % 32)), (n % 33) as u8),
                    _ => random_prefix(&mut rng),
                };
                n += 1;
                let prefix = if n > 2 * ROUTES { random_prefix(&mut rng) } else { prefix };
                if !routes.contains(&prefix) {
                    assert_eq!(lpm.insert(table, prefix, n), Ok(None), "{}", routes.len());
                    routes.push(prefix);
                }
            }
            let extra = Prefix::host(Addr(0x1234_5678));
            assert_eq!(lpm.insert(table, extra, 1), Err(LpmError::CapacityExceeded));
            match order {
                0 => routes.sort_unstable(),
                1 => routes.sort_unstable_by_key(|p| core::cmp::Reverse(p.len())),
                _ => {}
            }
            for prefix in routes {
                lpm.remove(table, prefix).unwrap();
            }
            assert_eq!((lpm.usage().routes, lpm.usage().bytes), (0, 0));
        }
    }
}

/// The parent of a deleted prefix is never a more specific one at the same address.
#[test]
fn deleting_a_prefix_uncovers_the_shorter_one() {
    let memory = Memory::<{ Lpm::footprint(3, 1) }>::new();
    let mut lpm = Lpm::init(&memory, 3, 1).unwrap();
    let table = lpm.create_table().unwrap();
    let [p22, p23, p24] = [22, 23, 24].map(|len| Prefix::new_truncated(Addr(0x0A00_0000), len));
    for prefix in [p24, p23, p22] {
        lpm.insert(table, prefix, prefix.len().into()).unwrap();
    }
    lpm.remove(table, p23).unwrap();
    assert_eq!(lpm.lookup(table, Addr(0x0A00_0000)), Some((p24, 24)));
    assert_eq!(lpm.lookup(table, Addr(0x0A00_0100)), Some((p22, 22)));
    lpm.remove(table, p24).unwrap();
    assert_eq!(lpm.lookup(table, Addr(0x0A00_0000)), Some((p22, 22)));
}

#[test]
fn deleted_tables_give_everything_back() {
    let memory = Memory::<{ Lpm::footprint(10, 2) }>::new();
    let mut lpm = Lpm::init(&memory, 10, 2).unwrap();
    let (a, b) = (lpm.create_table().unwrap(), lpm.create_table().unwrap());
    for n in 0..5 {
        lpm.insert(a, Prefix::host(Addr(n << 20)), n).unwrap();
        lpm.insert(b, Prefix::host(Addr(n << 20)), n + 100).unwrap();
    }
    lpm.delete_table(a).unwrap();
    assert_eq!(lpm.delete_table(a), Err(LpmError::NoSuchTable));
    assert_eq!(lpm.insert(a, Prefix::DEFAULT, 1), Err(LpmError::NoSuchTable));
    assert_eq!(lpm.lookup(a, Addr(0)), None);
    assert_eq!(lpm.usage().routes, 5);
    assert_eq!(lpm.lookup(b, Addr(4 << 20)).map(|(_, v)| v), Some(104));
    assert_eq!(lpm.create_table(), Ok(a));
    assert_eq!(lpm.routes(a).count(), 0);
    assert_eq!(lpm.lookup(TableHandle(u32::MAX), Addr(0)), None);
}

#[test]
fn memory_is_checked() {
    let memory = Memory::<{ Lpm::footprint(4, 1) }>::new();
    let short = &memory[1..];
    assert_eq!(Lpm::init(short, 4, 1).err(), Some(MemoryError::TooSmall));
    assert_eq!(Lpm::attach(&memory).err(), Some(MemoryError::NotInitialised));
    assert_eq!(Lpm::init(&memory, 1 << 26, 1).err(), Some(MemoryError::BadProfile));
    assert_eq!(Lpm::init(&memory, u32::MAX, u32::MAX).err(), Some(MemoryError::BadProfile));
    let mut lpm = Lpm::init(&memory, 4, 1).unwrap();
    let table = lpm.create_table().unwrap();
    lpm.insert(table, Prefix::DEFAULT, 9).unwrap();
    assert_eq!(Lpm::init(&memory, 4, 1).err(), Some(MemoryError::AlreadyInitialised));
    let again = Lpm::attach(&memory).unwrap();
    assert_eq!(again.lookup(table, Addr(1)), Some((Prefix::DEFAULT, 9)));
    assert_eq!(Lpm::attach(&memory[..8]).err(), Some(MemoryError::TooSmall));
    again.fini();
    assert_eq!(Lpm::attach(&memory).err(), Some(MemoryError::NotInitialised));
    let lpm = Lpm::init(&memory, 4, 1).unwrap();
    assert_eq!(lpm.lookup(table, Addr(1)), None);
}

/// A table that fills the arena gives every node back.
#[test]
fn deleting_a_full_table_frees_every_node() {
    const ROUTES: u32 = 64;
    let memory = Memory::<{ Lpm::footprint(ROUTES, 1) }>::new();
    let mut lpm = Lpm::init(&memory, ROUTES, 1).unwrap();
    for _ in 0..3 {
        let table = lpm.create_table().unwrap();
        for n in 0..ROUTES {
            lpm.insert(table, Prefix::host(Addr(n.reverse_bits())), n).unwrap();
        }
        lpm.delete_table(table).unwrap();
        assert_eq!((lpm.usage().routes, lpm.usage().bytes), (0, 0));
    }
}

/// Whatever a live arena's words become, no call panics, hangs or leaves the memory.
#[test]
fn corrupted_words_are_survived() {
    let mut rng = Rng::new(3);
    for _ in 0..2000 {
        let memory = Memory::<{ Lpm::footprint(8, 1) }>::new();
        let mut lpm = Lpm::init(&memory, 8, 1).unwrap();
        let table = lpm.create_table().unwrap();
        for _ in 0..6 {
            let _ = lpm.insert(table, random_prefix(&mut rng), 1);
        }
        for _ in 0..=rng.below(3) {
            let word = rng.below(memory.len() as u32) as usize;
            let value = if rng.below(2) == 0 { rng.word() } else { rng.below(40) };
            memory[word].store(value, core::sync::atomic::Ordering::Relaxed);
        }
        let Ok(mut lpm) = Lpm::attach(&memory) else { continue };
        for _ in 0..6 {
            let prefix = random_prefix(&mut rng);
            let _ = lpm.lookup(table, prefix.addr());
            let _ = lpm.matches(table, prefix.addr()).count();
            let _ = lpm.routes(table).take(100).count();
            let _ = lpm.insert(table, prefix, 2);
            let _ = lpm.remove(table, prefix);
        }
        let _ = lpm.usage();
    }
}
