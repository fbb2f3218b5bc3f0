//! What has gone wrong in tables of this kind, here or elsewhere.

use std::vec::Vec;

use super::tests::{memory, random_prefix, snapshot};
use super::*;
use crate::MemoryError;
use crate::addr::{Addr, Prefix};
use crate::model::{NaiveLpm, Rng};

fn p(text: &str) -> Prefix {
    Prefix::parse(text).unwrap()
}

/// Runs with an empty table of each kind.
fn each(routes: u32, test: impl Fn(&mut Lpm<'_>, TableHandle)) {
    for root in [Root::Compact, Root::Bits16] {
        for readers in [0, 1] {
            let config =
                Config { roots16: u16::from(root == Root::Bits16), ..Config::new(routes, 1) };
            let config = config.readers(readers);
            let memory = memory(config.footprint());
            let mut lpm = Lpm::init_with(&memory, &config).unwrap();
            let table = lpm.create_table_with(root).unwrap();
            test(&mut lpm, table);
        }
    }
}

fn find(lpm: &Lpm<'_>, table: TableHandle, addr: &str) -> Option<u32> {
    lpm.view().find(table, Addr::parse(addr).unwrap())
}

/// The parent of a deleted prefix is never a more specific one at the same address.
#[test]
fn deleting_a_prefix_uncovers_the_shorter_one() {
    let prefixes = ["10.0.0.0/22", "10.0.0.0/23", "10.0.0.0/24"];
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        each(40, |lpm, table| {
            for n in 0..20 {
                lpm.insert(table, Prefix::host(Addr(99 << 24 | n << 9)), 1).unwrap();
            }
            for n in order {
                lpm.insert(table, p(prefixes[n]), n as u32 + 22).unwrap();
            }
            let mut held = [true; 3];
            for n in order {
                lpm.remove(table, p(prefixes[n])).unwrap();
                held[n] = false;
                let longest =
                    |most: usize| (0..=most).rev().find(|&n| held[n]).map(|n| n as u32 + 22);
                assert_eq!(find(lpm, table, "10.0.0.1"), longest(2));
                assert_eq!(find(lpm, table, "10.0.1.1"), longest(1));
                assert_eq!(find(lpm, table, "10.0.3.1"), longest(0));
            }
        });
    }
}

#[test]
fn the_default_route_and_the_last_address() {
    each(40, |lpm, table| {
        // As the first route, and where a route covers 255.255.255.255.
        lpm.insert(table, p("0.0.0.0/0"), 1).unwrap();
        assert_eq!(find(lpm, table, "255.255.255.255"), Some(1));
        lpm.insert(table, p("255.255.255.255/32"), 2).unwrap();
        lpm.insert(table, p("255.255.255.0/24"), 3).unwrap();
        assert_eq!(find(lpm, table, "255.255.255.255"), Some(2));
        assert_eq!(find(lpm, table, "255.255.255.254"), Some(3));
        assert_eq!(find(lpm, table, "0.0.0.0"), Some(1));
        lpm.insert(table, p("0.0.0.0/0"), 4).unwrap();
        assert_eq!(find(lpm, table, "255.255.254.255"), Some(4));
        lpm.remove(table, p("255.255.255.255/32")).unwrap();
        assert_eq!(find(lpm, table, "255.255.255.255"), Some(3));
        lpm.remove(table, p("0.0.0.0/0")).unwrap();
        assert_eq!(find(lpm, table, "1.2.3.4"), None);
    });
}

#[test]
fn routes_with_the_next_hop_of_their_parent() {
    each(60, |lpm, table| {
        for n in 0..20 {
            lpm.insert(table, Prefix::host(Addr(99 << 24 | n << 9)), 1).unwrap();
        }
        let before = lpm.stats().words;
        for first in 0..2 {
            let pair = [p("10.0.0.0/8"), p("10.1.0.0/16")];
            for prefix in pair {
                lpm.insert(table, prefix, 5).unwrap();
            }
            assert_eq!(find(lpm, table, "10.1.2.3"), Some(5));
            lpm.remove(table, pair[first]).unwrap();
            assert_eq!(find(lpm, table, "10.1.2.3"), Some(5));
            assert_eq!(find(lpm, table, "10.2.2.3"), (first == 1).then_some(5));
            lpm.remove(table, pair[1 - first]).unwrap();
            assert_eq!(find(lpm, table, "10.1.2.3"), None);
            assert_eq!(lpm.stats().words, before);
        }
    });
}

#[test]
fn fill_and_drain_in_three_orders_again_and_again() {
    const ROUTES: u32 = 300;
    each(ROUTES, |lpm, table| {
        let mut rng = Rng::new(7);
        for round in 0..9 {
            let mut naive = NaiveLpm::new();
            let mut number = 0u32;
            while naive.len() < ROUTES as usize {
                let prefix = match round % 3 {
                    // Host routes spread by bit reversal need the most nodes.
                    0 => Prefix::host(Addr(number.reverse_bits())),
                    1 if number < ROUTES => {
                        Prefix::new_truncated(Addr(u32::MAX << (number % 32)), (number % 33) as u8)
                    }
                    _ => random_prefix(&mut rng),
                };
                number += 1;
                let value = rng.word() >> 1 >> rng.below(31);
                let old = naive.insert(prefix, value);
                assert_eq!(lpm.insert(table, prefix, value), Ok(old), "{}", naive.len());
            }
            let extra = Prefix::host(Addr(0x1234_5678));
            assert_eq!(lpm.insert(table, extra, 1), Err(LpmError::CapacityExceeded));
            let mut routes: Vec<Prefix> = naive.iter().map(|(prefix, _)| prefix).collect();
            match round / 3 {
                0 => {}
                // Parents before what they cover.
                1 => routes.sort_by_key(|prefix| prefix.len()),
                _ => {
                    for n in (1..routes.len()).rev() {
                        routes.swap(n, rng.below(n as u32 + 1) as usize);
                    }
                }
            }
            for (n, prefix) in routes.into_iter().enumerate() {
                assert_eq!(
                    lpm.remove(table, prefix),
                    naive.remove(prefix).ok_or(LpmError::NotFound)
                );
                if n % 16 == 0 {
                    let addr = Addr(rng.word());
                    assert_eq!(lpm.lookup(table, addr), naive.lookup(addr));
                }
            }
            assert_eq!((lpm.stats().routes, lpm.stats().words), (0, 0));
        }
    });
}

#[test]
fn next_hops_of_every_size_are_kept_whole() {
    let edges = [8, 16, 19, 31].map(|bits| 1u32 << bits);
    let values: Vec<u32> = edges
        .iter()
        .flat_map(|&edge| (edge - 4)..=(edge - 1).max(edge.min(1 << 19) + 2))
        .filter(|v| *v <= Lpm::MAX_VALUE)
        .take(4000)
        .collect();
    let values: Vec<u32> =
        values.into_iter().filter(|v| edges.iter().any(|e| v.abs_diff(*e) < 5)).collect();
    each(200, |lpm, table| {
        for &own in &values {
            for &default in &values {
                lpm.insert(table, p("10.1.0.0/16"), default).unwrap();
                lpm.insert(table, p("10.1.1.0/24"), own).unwrap();
                lpm.insert(table, p("10.1.1.128/25"), default).unwrap();
                lpm.insert(table, p("10.1.1.1/32"), own).unwrap();
                assert_eq!(find(lpm, table, "10.1.1.1"), Some(own));
                assert_eq!(find(lpm, table, "10.1.1.2"), Some(own));
                assert_eq!(find(lpm, table, "10.1.1.129"), Some(default));
                assert_eq!(find(lpm, table, "10.1.2.1"), Some(default));
            }
        }
        assert_eq!(lpm.insert(table, Prefix::DEFAULT, 1 << 31), Err(LpmError::ValueTooLarge));
    });
}

#[test]
fn nodes_of_one_and_of_256_runs() {
    each(300, |lpm, table| {
        for n in 0..256 {
            lpm.insert(table, Prefix::new(Addr(10 << 24 | 7 << 16 | n << 8), 24).unwrap(), n % 2)
                .unwrap();
        }
        for n in 0..256 {
            let addr = Addr(10 << 24 | 7 << 16 | n << 8 | 99);
            assert_eq!(lpm.view().find(table, addr), Some(n % 2));
        }
        for n in 0..256 {
            lpm.insert(table, Prefix::new(Addr(10 << 24 | 7 << 16 | n << 8), 24).unwrap(), 9)
                .unwrap();
        }
        for n in 0..256 {
            let addr = Addr(10 << 24 | 7 << 16 | n << 8 | 99);
            assert_eq!(lpm.view().find(table, addr), Some(9));
        }
        assert_eq!(find(lpm, table, "10.6.255.255"), None);
        assert_eq!(find(lpm, table, "10.8.0.0"), None);
    });
}

#[test]
fn pairs_of_hosts_and_hosts() {
    each(40, |lpm, table| {
        for base in [0, 0x0A01_02FE, 0x0A01_0300, 0x0AFF_FFFE, u32::MAX - 1] {
            let pair = Prefix::new(Addr(base), 31).unwrap();
            let hosts = [base, base + 1].map(|addr| Prefix::host(Addr(addr)));
            let values = |lpm: &Lpm<'_>| hosts.map(|host| lpm.view().find(table, host.addr()));
            lpm.insert(table, pair, 1).unwrap();
            assert_eq!(values(lpm), [Some(1), Some(1)]);
            lpm.insert(table, hosts[1], 2).unwrap();
            assert_eq!(values(lpm), [Some(1), Some(2)]);
            lpm.insert(table, hosts[0], 3).unwrap();
            assert_eq!(values(lpm), [Some(3), Some(2)]);
            lpm.remove(table, pair).unwrap();
            assert_eq!(values(lpm), [Some(3), Some(2)]);
            for outside in [base.wrapping_sub(1), base.wrapping_add(2)] {
                assert_eq!(lpm.view().find(table, Addr(outside)), None);
            }
            lpm.remove(table, hosts[0]).unwrap();
            assert_eq!(values(lpm), [None, Some(2)]);
            assert_eq!(lpm.lookup(table, Addr(base + 1)), Some((hosts[1], 2)));
            lpm.remove(table, hosts[1]).unwrap();
            assert_eq!(values(lpm), [None, None]);
        }
    });
}

/// Numbers of nodes do not have to fit in a byte, for vectors as little as for scalars.
#[test]
fn more_than_256_nodes() {
    const NODES: u32 = 700;
    each(2 * NODES, |lpm, table| {
        let addr = |n: u32| (n % 7) << 24 | n << 12 | (n % 256);
        for n in 0..NODES {
            lpm.insert(table, Prefix::host(Addr(addr(n))), n).unwrap();
            let wider = Prefix::new_truncated(Addr(addr(n)), 25);
            lpm.insert(table, wider, 100_000 + n).unwrap();
        }
        let addrs: Vec<u32> =
            (0..NODES).flat_map(|n| [addr(n), addr(n) ^ 1, addr(n) ^ 128, addr(n) ^ 512]).collect();
        let expected: Vec<u32> =
            addrs.iter().map(|&addr| lpm.view().find(table, Addr(addr)).unwrap_or(MISS)).collect();
        for (n, found) in (0..).zip(expected.chunks(4)) {
            assert_eq!(found, [n, 100_000 + n, MISS, MISS], "{n}");
        }
        let mut found = std::vec![0; addrs.len()];
        for kernel in Kernel::available() {
            found.fill(0);
            lpm.view().find_bulk_by(kernel, table, &addrs, ByteOrder::Host, &mut found);
            assert_eq!(found, expected, "{kernel:?}");
            found.fill(0);
            let tables = std::vec![table; addrs.len()];
            lpm.view().find_mixed_by(kernel, &tables, &addrs, &mut found);
            assert_eq!(found, expected, "{kernel:?}");
        }
    });
}

#[test]
fn deleted_tables_give_everything_back() {
    for readers in [0, 1] {
        let config = Config::new(100, 3).roots16(1).readers(readers);
        let memory = memory(config.footprint());
        let mut lpm = Lpm::init_with(&memory, &config).unwrap();
        let mut reader = (readers > 0).then(|| Reader::register(&memory, 0).unwrap());
        for _ in 0..4 {
            let a = lpm.create_table_with(Root::Bits16).unwrap();
            let b = lpm.create_table().unwrap();
            assert!(lpm.create_table_with(Root::Bits16).is_err());
            for n in 0..40u32 {
                lpm.insert(a, Prefix::host(Addr(n.reverse_bits() | 7)), n).unwrap();
                lpm.insert(b, Prefix::host(Addr(n << 20)), n + 100).unwrap();
            }
            lpm.delete_table(a).unwrap();
            assert_eq!(lpm.delete_table(a), Err(LpmError::NoSuchTable));
            assert_eq!(lpm.insert(a, Prefix::DEFAULT, 1), Err(LpmError::NoSuchTable));
            assert_eq!(lpm.view().find(a, Addr(7)), None);
            assert_eq!(lpm.view().find(b, Addr(4 << 20)), Some(104));
            if let Some(reader) = &mut reader {
                // The root is not another table's before the reader has left it.
                assert_eq!(lpm.create_table_with(Root::Bits16), Err(LpmError::Busy));
                reader.quiescent();
            }
            lpm.delete_table(b).unwrap();
            if let Some(reader) = &mut reader {
                reader.quiescent();
                lpm.reclaim();
                reader.quiescent();
                lpm.reclaim();
            }
            let stats = lpm.stats();
            assert_eq!((stats.routes, stats.words, stats.waiting_words), (0, 0, 0));
            assert_eq!((stats.lookup_words, stats.root_words), (0, 0));
        }
        assert_eq!(lpm.view().find(TableHandle(u32::MAX), Addr(0)), None);
    }
}

#[test]
fn memory_is_checked() {
    let words = Lpm::footprint(4, 1);
    let memory = memory(words);
    assert_eq!(Lpm::init(&memory[1..], 4, 1).err(), Some(MemoryError::TooSmall));
    assert_eq!(Lpm::attach(&memory).err(), Some(MemoryError::NotInitialised));
    assert_eq!(Lpm::init(&memory, 1 << 26, 1).err(), Some(MemoryError::BadProfile));
    assert_eq!(Lpm::init(&memory, u32::MAX, u32::MAX).err(), Some(MemoryError::BadProfile));
    assert_eq!(
        Lpm::init_with(&memory[..20], &Config::new(4, 1)).err(),
        Some(MemoryError::TooSmall)
    );
    let mut lpm = Lpm::init(&memory, 4, 1).unwrap();
    let table = lpm.create_table().unwrap();
    lpm.insert(table, Prefix::DEFAULT, 9).unwrap();
    assert_eq!(Lpm::init(&memory, 4, 1).err(), Some(MemoryError::AlreadyInitialised));
    let again = Lpm::attach(&memory).unwrap();
    assert_eq!(again.lookup(table, Addr(1)), Some((Prefix::DEFAULT, 9)));
    assert_eq!(Lpm::attach(&memory[..words - 1]).err(), Some(MemoryError::TooSmall));
    again.fini();
    assert_eq!(Lpm::attach(&memory).err(), Some(MemoryError::NotInitialised));
    let lpm = Lpm::init(&memory, 4, 1).unwrap();
    assert_eq!(lpm.lookup(table, Addr(1)), None);
}

/// In memory for fewer routes than the configuration names, what is refused changes no word, and what
/// `can_fit` says comes true.
#[test]
fn little_memory() {
    for (seed, readers) in (0..40u64).zip([0u16, 1].into_iter().cycle()) {
        let mut rng = Rng::new(seed);
        let config = Config::new(400, 2).readers(readers);
        let least = if readers > 0 { 2 } else { 4 };
        let words = config.footprint() / (least + rng.below(2) as usize);
        let memory = memory(words);
        let mut lpm = Lpm::init_with(&memory, &config).unwrap();
        let table = lpm.create_table().unwrap();
        let mut naive = NaiveLpm::new();
        let mut refused = 0;
        for step in 0..1500 {
            let prefix = random_prefix(&mut rng);
            if rng.below(3) == 0 {
                let expected = naive.remove(prefix).ok_or(LpmError::NotFound);
                assert_eq!(lpm.remove(table, prefix), expected, "{prefix}");
            } else {
                let value = rng.word() >> 1 >> rng.below(31);
                let before = (step % 4 == 0).then(|| snapshot(&memory));
                match lpm.insert(table, prefix, value) {
                    Ok(old) => assert_eq!(old, naive.insert(prefix, value)),
                    Err(error) => {
                        assert_eq!(error, LpmError::CapacityExceeded);
                        refused += 1;
                        assert!(before.is_none_or(|before| before == snapshot(&memory)));
                    }
                }
            }
            let addr = prefix.last();
            assert_eq!(lpm.lookup(table, addr), naive.lookup(addr));
            assert_eq!(lpm.view().find(table, addr), naive.lookup(addr).map(|(_, value)| value));
        }
        assert!(refused > 0 || naive.len() > 200, "{seed}: the memory was large enough");
        let routes: Vec<_> = naive.iter().collect();
        lpm.clear(table).unwrap();
        for share in [routes.len() / 2, routes.len()] {
            let fits = lpm.can_fit(Root::Compact, &routes[..share]).unwrap();
            assert_eq!(lpm.load(table, &routes[..share]).is_ok(), fits);
            lpm.clear(table).unwrap();
        }
        let more: Vec<_> = (0..400u32).map(|n| (Prefix::host(Addr(n << 23)), n)).collect();
        let fits = lpm.can_fit(Root::Compact, &more).unwrap();
        assert_eq!(lpm.load(table, &more).is_ok(), fits);
        assert_eq!(lpm.stats().routes, if fits { 400 } else { 0 });
    }
}

#[test]
fn lengths_come_with_values() {
    each(300, |lpm, table| {
        let mut rng = Rng::new(11);
        for _ in 0..300 {
            let _ = lpm.insert(table, random_prefix(&mut rng), rng.word() >> 20);
        }
        let addrs: Vec<u32> = (0..700).map(|_| random_prefix(&mut rng).last().0).collect();
        let network: Vec<u32> = addrs.iter().map(|addr| addr.to_be()).collect();
        for (addrs_in, order) in [(&addrs, ByteOrder::Host), (&network, ByteOrder::Network)] {
            let (mut values, mut lengths) = ([5; 700], [5; 690]);
            lpm.lookup_bulk(table, addrs_in, order, &mut values, &mut lengths);
            assert_eq!(values[690..], [5; 10]);
            for ((&addr, &value), &length) in addrs.iter().zip(&values).zip(&lengths) {
                let found =
                    (length != 255).then(|| (Prefix::new_truncated(Addr(addr), length), value));
                assert_eq!(found, lpm.lookup(table, Addr(addr)));
                assert!(found.is_some() || value == MISS);
            }
        }
    });
}

#[test]
fn a_hundred_thousand_tables() {
    const TABLES: u32 = 100_000;
    let config = Config::new(TABLES, TABLES);
    let one = [(Prefix::new(Addr(10 << 24), 8).unwrap(), 1)];
    let one = Sizing::new(&config).table(Root::Compact, &one).unwrap().words() as usize;
    let memory = memory(TABLES as usize * (one + 3) * 17 / 16 + 40_000);
    let mut lpm = Lpm::init_with(&memory, &config).unwrap();
    for n in 0..TABLES {
        let table = lpm.create_table().unwrap();
        assert_eq!(table, TableHandle(n));
        lpm.insert(table, Prefix::new(Addr(n << 12), 20).unwrap(), n).unwrap();
    }
    assert_eq!(lpm.create_table(), Err(LpmError::CapacityExceeded));
    for n in (0..TABLES).step_by(3) {
        lpm.delete_table(TableHandle(n)).unwrap();
    }
    assert_eq!(lpm.create_table(), Ok(TableHandle(0)));
    assert_eq!(lpm.create_table(), Ok(TableHandle(3)));
    for n in (1..TABLES).step_by(3) {
        assert_eq!(lpm.view().find(TableHandle(n), Addr(n << 12 | 9)), Some(n));
        assert_eq!(lpm.view().find(TableHandle(n), Addr(!(n << 12))), None);
    }
}

/// A reader that never says that it looks at nothing holds changes up, which are `Busy` then and succeed
/// afterwards.
#[test]
fn a_silent_reader() {
    let config = Config::new(100, 1).readers(1);
    let memory = memory(config.footprint());
    let mut lpm = Lpm::init_with(&memory, &config).unwrap();
    let table = lpm.create_table().unwrap();
    for n in 0..60u32 {
        lpm.insert(table, Prefix::host(Addr(n << 20)), n).unwrap();
    }
    let mut reader = Reader::register(&memory, 0).unwrap();
    assert_eq!(Reader::register(&memory, 0).err(), Some(MemoryError::ReaderTaken));
    assert_eq!(Reader::register(&memory, 1).err(), Some(MemoryError::NoSuchReader));
    let mut busy = 0;
    for n in 0..20_000u32 {
        // Another route at the next address comes, then goes.
        let prefix = Prefix::host(Addr((n / 2 % 60) << 20 | 1));
        let change = |lpm: &mut Lpm<'_>| match n % 2 {
            0 => lpm.insert(table, prefix, n).map(|_| ()),
            _ => lpm.remove(table, prefix).map(|_| ()),
        };
        match change(&mut lpm) {
            Ok(()) => {}
            Err(LpmError::Busy) => {
                busy += 1;
                reader.quiescent();
                lpm.reclaim();
                reader.quiescent();
                change(&mut lpm).unwrap();
            }
            Err(error) => panic!("{error}"),
        }
        assert_eq!(reader.find(table, prefix.addr()), (n % 2 == 0).then_some(n));
    }
    assert!(busy > 0, "nothing was ever held up");
    reader.pause();
    for n in 0..2_000u32 {
        lpm.insert(table, Prefix::host(Addr((n % 60) << 20)), n).unwrap();
    }
    reader.resume();
    drop(reader);
    assert!(Reader::register(&memory, 0).is_ok());
}

#[test]
fn replacing_by_mark_and_sweep() {
    for count in [10u32, 100] {
        each(250, |lpm, table| {
            for n in 0..count {
                lpm.insert(table, Prefix::host(Addr(n << 20)), n).unwrap();
            }
            lpm.begin_replace(table).unwrap();
            for n in (0..count).step_by(2) {
                lpm.insert(table, Prefix::host(Addr(n << 20)), n + (n % 4)).unwrap();
            }
            // Begun anew: what was inserted so far has to come again.
            lpm.begin_replace(table).unwrap();
            for n in (0..count).step_by(5) {
                lpm.insert(table, Prefix::host(Addr(n << 20)), n + 7).unwrap();
                lpm.insert(table, Prefix::host(Addr(n << 20 | 1)), n).unwrap();
            }
            assert_eq!(lpm.finish_replace(table), Ok(count - count / 5));
            let expected = (0..count).step_by(5).flat_map(|n| {
                [(Prefix::host(Addr(n << 20)), n + 7), (Prefix::host(Addr(n << 20 | 1)), n)]
            });
            assert!(lpm.routes(table).eq(expected));
            assert_eq!(lpm.finish_replace(table), Ok(0));
        });
    }
}
