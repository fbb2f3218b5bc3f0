//! Memory that something else has written to: no call panics, hangs or leaves it.

use core::sync::atomic::{AtomicU32, Ordering};
use std::vec::Vec;

use super::tests::{memory, random_prefix};
use super::*;
use crate::addr::{Addr, Prefix};
use crate::model::Rng;

/// Stores nonsense: numbers large and small, a bit turned around, a word from elsewhere.
fn damage(memory: &[AtomicU32], rng: &mut Rng) {
    let words = memory.len() as u32;
    // Not the empty slots of a root.
    let used: Vec<usize> =
        (0..memory.len()).filter(|&at| memory[at].load(Ordering::Relaxed) != MISS).collect();
    for _ in 0..=rng.below(4) {
        let word = match rng.below(4) {
            // In the beginning lies what all else depends on.
            0 => rng.below(words.min(160)) as usize,
            1 => rng.below(words) as usize,
            _ => rng.pick(&used),
        };
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
    let _ = lpm.matches(table, prefix.addr()).count();
    let _ = lpm.next_route(table, Some(prefix));
    // These end because what they give rises, but a damaged index may hold much.
    let _ = lpm.covered(table, prefix).take(1000).count();
    let _ = lpm.routes(table).take(1000).count();
    let _ = lpm.can_fit(Root::Compact, &[(prefix, 1)]);
    let _ = lpm.stats();
    let _ = lpm.is_sound();
}

fn survive(config: Config, root: Root, seed: u64) {
    let mut rng = Rng::new(seed);
    let memory = memory(config.footprint());
    let mut lpm = Lpm::init_with(&memory, &config).unwrap();
    let table = lpm.create_table_with(root).unwrap();
    for _ in 0..config.max_routes.min(40) {
        let _ =
            lpm.insert(table, random_prefix(&mut rng), rng.word() >> rng.pick(&[4, 14, 20, 28]));
    }
    let mut reader = Reader::register(&memory, 0).ok();
    damage(&memory, &mut rng);
    let Ok(mut lpm) = Lpm::attach(&memory) else { return };
    for _ in 0..6 {
        let prefix = random_prefix(&mut rng);
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

fn is_full() -> bool {
    std::env::var("SEKISHO_EXHAUSTIVE").as_deref() == Ok("full")
}

/// `SEKISHO_EXHAUSTIVE=full`: thirty times as often.
#[test]
fn corrupted_words_are_survived() {
    for seed in 0..if is_full() { 300_000 } else { 10_000 } {
        let config = match seed % 3 {
            0 => Config::new(8, 2),
            1 => Config::new(60, 2),
            _ => Config::new(60, 2).readers(1),
        };
        survive(config, Root::Compact, seed);
    }
}

/// As many tables with a root as there is time for: a fresh one takes half a million stores.
#[test]
fn corrupted_words_of_rooted_tables_are_survived() {
    for seed in 0..if is_full() { 2000 } else { 40 } {
        let config = Config::new(60, 2).roots16(1).readers((seed % 2) as u16);
        survive(config, Root::Bits16, seed);
    }
}
