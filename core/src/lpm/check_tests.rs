//! The check of an arena finds nothing wrong with what the writer made, and what is wrong with the rest.

use core::sync::atomic::Ordering;
use std::vec::Vec;

use super::tests::{memory, random_prefix, snapshot};
use super::*;
use crate::addr::{Addr, Prefix};
use crate::model::Rng;

#[test]
fn whatever_the_writer_makes_is_sound() {
    for (seed, root) in [(1, Root::Compact), (2, Root::Compact), (3, Root::Bits16)] {
        let mut rng = Rng::new(seed);
        let config = Config::new(60, 3).roots16(1).readers(seed as u16 % 2);
        let memory = memory(config.footprint());
        let mut lpm = Lpm::init_with(&memory, &config).unwrap();
        assert!(lpm.is_sound());
        let tables = [root, Root::Compact].map(|root| lpm.create_table_with(root).unwrap());
        for step in 0..400 {
            let (table, prefix) = (rng.pick(&tables), random_prefix(&mut rng));
            let _ = match rng.below(3) {
                0 => lpm.remove(table, prefix).map(|_| ()),
                1 => lpm.insert_new(table, prefix, step),
                _ => lpm.insert(table, prefix, step).map(|_| ()),
            };
            assert!(lpm.is_sound(), "step {step} of {seed}");
        }
        lpm.delete_table(tables[0]).unwrap();
        assert!(lpm.is_sound());
    }
}

#[test]
fn a_route_that_is_there_is_not_inserted_as_new() {
    let memory = memory(Lpm::footprint(20, 1));
    let mut lpm = Lpm::init(&memory, 20, 1).unwrap();
    let table = lpm.create_table().unwrap();
    let prefix = Prefix::new_truncated(Addr(0x0A00_0000), 8);
    assert_eq!(lpm.insert_new(TableHandle(1), prefix, 1), Err(LpmError::NoSuchTable));
    assert_eq!(lpm.insert_new(table, prefix, u32::MAX), Err(LpmError::ValueTooLarge));
    assert_eq!(lpm.insert_new(table, prefix, 1), Ok(()));
    let before = snapshot(&memory);
    assert_eq!(lpm.insert_new(table, prefix, 2), Err(LpmError::AlreadyThere));
    assert_eq!(lpm.insert_new(table, prefix, u32::MAX), Err(LpmError::ValueTooLarge));
    assert!(snapshot(&memory) == before);
    for host in 0..19 {
        assert_eq!(lpm.insert_new(table, Prefix::host(Addr(host)), host), Ok(()));
    }
    assert_eq!(lpm.insert_new(table, Prefix::DEFAULT, 1), Err(LpmError::CapacityExceeded));
}

/// Every bit turned around that makes any answer at the bounds of the routes wrong is found.
#[test]
fn damage_that_changes_an_answer_is_found() {
    for (count, seed) in [(12, 1), (40, 2)] {
        let mut rng = Rng::new(seed);
        let memory = memory(Lpm::footprint(64, 2));
        let mut lpm = Lpm::init(&memory, 64, 2).unwrap();
        let table = lpm.create_table().unwrap();
        let mut routes = Vec::new();
        while routes.len() < count {
            let prefix = random_prefix(&mut rng);
            if lpm.insert_new(table, prefix, rng.below(1000)).is_ok() {
                routes.push(prefix);
            }
        }
        let ask = |lpm: &Lpm<'_>| -> Vec<_> {
            let ends = routes.iter().flat_map(|route| [route.addr(), route.last()]);
            ends.map(|addr| lpm.view().find(table, addr)).collect()
        };
        let (answers, mut wrong, mut found) = (ask(&lpm), 0, 0);
        for word in &memory {
            for bit in [0, 3, 9, 16, 22, 30, 31] {
                word.fetch_xor(1 << bit, Ordering::Relaxed);
                let damaged = Lpm::attach(&memory);
                let is_sound = damaged.as_ref().is_ok_and(Lpm::is_sound);
                found += u32::from(!is_sound);
                if damaged.is_ok_and(|lpm| ask(&lpm) != answers) {
                    wrong += 1;
                    assert!(!is_sound);
                }
                word.fetch_xor(1 << bit, Ordering::Relaxed);
            }
        }
        assert!(wrong > 100 && found > wrong, "{found} found, {wrong} wrong");
    }
}
