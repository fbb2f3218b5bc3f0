//! The first node's words are loaded once for all of a call, in which the writer may change them.

use std::vec::Vec;

use super::super::super::super::fib::Start;
use super::super::super::super::tests::memory;
use super::super::super::super::{Config, Lpm, Reader};
use super::super::super::x86;
use super::*;
use crate::addr::{Addr, Prefix};
use crate::model::{NaiveLpm, Rng};

#[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
fn begin(words: &[AtomicU32], entry: u32) -> (Memory, First) {
    let memory = Memory::new(words);
    (memory, First::new(memory, entry))
}

/// Goes on with few vectors, or with many.
#[target_feature(enable = "avx512vl,avx512vpopcntdq,avx512vbmi2,avx512vnni,popcnt")]
fn finish(
    memory: Memory,
    first: &First,
    addrs: &[[u32; LANES]],
    are_few: bool,
    out: &mut [[u32; LANES]],
) {
    if !are_few {
        return rounds::<false>(memory, first, addrs, out);
    }
    for (addrs, out) in addrs.iter().zip(out) {
        let addrs = load(addrs);
        let entries = [first.step(memory, addrs)];
        let [found] = few(memory, DEPTH - 1, entries, [shift_of(first.entry)], [addrs]);
        store(out, found);
    }
}

/// Routes at few places, some of which stay.
fn prefix(rng: &mut Rng, base: u32, common: u32) -> Prefix {
    if rng.chance(10) {
        return Prefix::DEFAULT;
    }
    let below = rng.pick(&[0x03, 0xFF, 0x0300, 0x0003_0000, 0x0100_0000]) & (u32::MAX >> common);
    let len = common + rng.below(33 - common);
    Prefix::new_truncated(Addr(base | rng.word() & below), u8::try_from(len).unwrap_or(32))
}

/// A call that has begun gives each address an answer that it has had since.
#[test]
fn changes_amid_a_call() {
    if !x86::has_avx512() {
        return;
    }
    let (mut calls, mut small, mut past) = (0, 0, 0);
    for seed in 0..80 {
        let rng = &mut Rng::new(seed);
        let config = Config::new(2000, 1).readers(1);
        let words = memory(config.footprint());
        let mut lpm = Lpm::init_with(&words, &config).unwrap();
        let table = lpm.create_table().unwrap();
        let mut reader = Reader::register(&words, 0).unwrap();
        let mut naive = NaiveLpm::new();
        let (common, base) = (rng.pick(&[1, 8, 16]), rng.word());
        let base = base & !(u32::MAX >> common);
        let places: Vec<_> = (0..40).map(|_| prefix(rng, base, common)).collect();
        for place in &places {
            let value = rng.word() >> rng.pick(&[1, 15, 16, 24, 25]);
            lpm.insert(table, *place, value).unwrap();
            naive.insert(*place, value);
        }
        let probes: Vec<u32> = (0..128)
            .map(|_| {
                rng.pick(&places).addr().0 ^ rng.word() & rng.pick(&[0, 0x01, 0x0301, 0xFF_FFFF])
            })
            .collect();
        for _ in 0..20 {
            reader.quiescent();
            let Start::Node(entry) = reader.fib.start(reader.fib.word(table)) else { continue };
            // SAFETY: the processor has what the kernel uses.
            let (memory, first) = unsafe { begin(&words, entry) };
            let answers = |naive: &NaiveLpm| -> Vec<u32> {
                probes
                    .iter()
                    .map(|&addr| naive.lookup(Addr(addr)).map_or(MISS, |(_, value)| value))
                    .collect()
            };
            let mut right = std::vec![answers(&naive)];
            for _ in 0..rng.pick(&[1, 2, 6]) {
                let place = rng.pick(&places);
                let value = rng.pick(&[3, 254, 255, 300, 65_535, 0x7000_0000]);
                if rng.chance(50) {
                    assert_eq!(lpm.remove(table, place).ok(), naive.remove(place));
                } else if lpm.insert(table, place, value).is_ok() {
                    naive.insert(place, value);
                }
                right.push(answers(&naive));
            }
            calls += 1;
            small += u32::from(entry & SMALL != 0);
            for are_few in [true, false] {
                let mut out = [[0; LANES]; 8];
                // SAFETY: the processor has what the kernel uses.
                unsafe { finish(memory, &first, probes.as_chunks().0, are_few, &mut out) };
                for (probe, &found) in out.as_flattened().iter().enumerate() {
                    let known = right.iter().any(|answers| answers[probe] == found);
                    assert!(known, "seed {seed}: {:08x}", probes[probe]);
                    past += u32::from(right.last().is_some_and(|last| last[probe] != found));
                }
            }
        }
    }
    assert!(calls > 500 && small > 20 && past > 1000, "{calls} {small} {past}");
}
