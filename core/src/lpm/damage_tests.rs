//! Memory that something else has written to: no call panics, hangs or leaves it.

use core::sync::atomic::{AtomicU32, Ordering};

use super::tests::{memory, random_prefix};
use super::*;
use crate::addr::{Addr, Prefix};
use crate::model::Rng;

/// Stores nonsense: numbers large and small, a bit turned around, a word from elsewhere.
fn damage(memory: &[AtomicU32], rng: &mut Rng) {
    let words = memory.len() as u32;
    for _ in 0..=rng.below(4) {
        // As often in the beginning, where what all else depends on lies.
        let within = if rng.below(2) == 0 { words.min(160) } else { words };
        let word = rng.below(within) as usize;
        let value = match rng.below(4) {
            0 => rng.word(),
            1 => rng.below(40),
            2 => memory[word].load(Ordering::Relaxed) ^ 1 << rng.below(32),
            _ => memory[rng.below(words) as usize].load(Ordering::Relaxed),
        };
        memory[word].store(value, Ordering::Relaxed);
    }
}

fn ask(lpm: &Lpm<'_>, table: TableHandle, prefix: Prefix, addr: u32) {
    let addrs = [prefix.addr().0, prefix.last().0, addr, 0, u32::MAX];
    let mut found = [0; 5];
    for kernel in Kernel::available() {
        lpm.view().find_bulk_by(kernel, table, &addrs, ByteOrder::Host, &mut found);
        lpm.view().find_mixed_by(kernel, &[table; 5], &addrs, &mut found);
    }
    let _ = lpm.view().find(table, prefix.addr());
    let _ = lpm.lookup(table, prefix.addr());
    let _ = lpm.get(table, prefix);
    let _ = lpm.covering(table, prefix).count();
    let _ = lpm.covered(table, prefix).take(100).count();
    let _ = lpm.routes(table).take(100).count();
    let _ = lpm.can_fit(Root::Compact, &[(prefix, 1)]);
    let _ = lpm.stats();
}

fn survive(config: Config, root: Root, rng: &mut Rng) {
    let memory = memory(config.footprint());
    let mut lpm = Lpm::init_with(&memory, &config).unwrap();
    let table = lpm.create_table_with(root).unwrap();
    for _ in 0..config.max_routes.min(40) {
        let _ = lpm.insert(table, random_prefix(rng), rng.word() >> rng.pick(&[4, 14, 20, 28]));
    }
    let mut reader = Reader::register(&memory, 0).ok();
    damage(&memory, rng);
    let Ok(mut lpm) = Lpm::attach(&memory) else { return };
    for _ in 0..6 {
        let prefix = random_prefix(rng);
        ask(&lpm, table, prefix, rng.word());
        let _ = lpm.insert(table, prefix, 2);
        let _ = lpm.remove(table, prefix);
        if let Some(reader) = &mut reader {
            let _ = reader.find(table, prefix.last());
            reader.quiescent();
        }
    }
    lpm.reclaim();
    let _ = lpm.begin_replace(table);
    let _ = lpm.insert(table, Prefix::host(Addr(rng.word())), 2);
    let _ = lpm.begin_replace(table);
    let _ = lpm.finish_replace(table);
    let _ = lpm.clear(table);
    let _ = lpm.load(table, &[(Prefix::DEFAULT, 1)]);
    let _ = lpm.delete_table(table);
    let _ = lpm.create_table_with(root);
    let _ = lpm.stats();
}

/// `SEKISHO_EXHAUSTIVE=full`: thirty times as often; `SEKISHO_SEED` says where it begins.
#[test]
fn corrupted_words_are_survived() {
    let full = std::env::var("SEKISHO_EXHAUSTIVE").as_deref() == Ok("full");
    let mut rng = Rng::new(std::env::var("SEKISHO_SEED").map_or(3, |seed| seed.parse().unwrap()));
    for round in 0..if full { 300_000 } else { 10_000 } {
        let config = [8, 60, 60].map(|routes| Config::new(routes, 2))[round % 3];
        let config = config.readers(u16::from(round % 3 == 2));
        if round % 64 == 0 {
            survive(config.roots16(1), Root::Bits16, &mut rng);
        } else {
            survive(config, Root::Compact, &mut rng);
        }
    }
}
