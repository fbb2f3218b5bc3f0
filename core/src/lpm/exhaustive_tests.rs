//! Every set of the 15 prefixes of a space of 3 bits, and from each every single change, with the space
//! placed across the strides of the structure. `SEKISHO_EXHAUSTIVE=full`: at every bit, in every form.

use std::vec::Vec;

use super::ahead_tests::is_ahead;
use super::tests::memory;
use super::*;
use crate::addr::{Addr, Prefix};

/// The 15 prefixes of a space of 3 bits that lies `shift` bits into the address.
fn small_space(shift: u8) -> Vec<Prefix> {
    let base = Prefix::new_truncated(Addr(0xA5C3_96F1), shift).addr().0;
    (0..=3u8)
        .flat_map(|len| (0..1u32 << len).map(move |bits| (len, bits)))
        .map(|(len, bits)| {
            let addr = bits.checked_shl(u32::from(32 - shift - len)).unwrap_or(0);
            Prefix::new(Addr(base | addr), shift + len).unwrap()
        })
        .collect()
}

/// An address in each eighth of the space, its last one, and both neighbours.
fn probes(shift: u8) -> Vec<Addr> {
    let space = small_space(shift)[0];
    let eighths = (0..8u32).map(|bits| bits.checked_shl(u32::from(29 - shift)).unwrap_or(0));
    let mut probes: Vec<Addr> = eighths.map(|bits| Addr(space.addr().0 | bits)).collect();
    probes.push(space.last());
    probes.push(Addr(space.addr().0.wrapping_sub(1)));
    probes.push(Addr(space.last().0.wrapping_add(1)));
    probes
}

/// For each set the answers at the probes, and at neighbours of the space none.
fn answers(prefixes: &[Prefix], probes: &[Addr], present: u16) -> Vec<Option<u32>> {
    let longest = |addr: Addr| {
        (0..15u32)
            .filter(|&n| present >> n & 1 == 1 && prefixes[n as usize].contains(addr))
            .max_by_key(|&n| prefixes[n as usize].len())
            .map(value)
    };
    probes.iter().map(|&addr| longest(addr)).collect()
}

/// Two prefixes in three have the same value, so that runs of equal answers come and go.
fn value(n: u32) -> u32 {
    if n.is_multiple_of(3) { n } else { DEFAULT }
}

/// Other routes of a table, which make it one of nodes.
#[derive(Clone, Copy)]
enum Fillers {
    None,
    /// Far from the space, which lies below 0xA0.
    Far,
    /// In the fourth eighth of the space, as those of a network, which has a default route.
    Within,
}

/// A default route's value: that of two in three prefixes.
const DEFAULT: u32 = 77;

impl Fillers {
    fn addrs(self, shift: u8) -> Vec<Addr> {
        let eighth = 1 << (29 - shift);
        let within = small_space(shift)[0].addr().0 + 3 * eighth;
        match self {
            Fillers::None => Vec::new(),
            Fillers::Far => (0..17).map(|n| Addr(0x0100_0000 + n * 0x0001_0003)).collect(),
            Fillers::Within => (1..18).map(|n| Addr(within + n * ((eighth / 18) | 1))).collect(),
        }
    }
}

/// Gives how many sets made lookups begin further down than the routes.
fn every_set(root: Root, fillers: Fillers, shift: u8) -> u32 {
    let (prefixes, probes) = (small_space(shift), probes(shift));
    let config = Config { roots16: u16::from(root == Root::Bits16), ..Config::new(40, 1) };
    let memory = memory(config.footprint());
    let mut lpm = Lpm::init_with(&memory, &config).unwrap();
    let table = lpm.create_table_with(root).unwrap();
    for addr in fillers.addrs(shift) {
        lpm.insert(table, Prefix::host(addr), 500).unwrap();
    }
    let default = match fillers {
        Fillers::Within => Some((Prefix::DEFAULT, DEFAULT)),
        _ => None,
    };
    if let Some((prefix, value)) = default {
        lpm.insert(table, prefix, value).unwrap();
    }
    let elsewhere = default.map(|(_, value)| value);
    let before = lpm.stats().words;
    let expected: Vec<Vec<Option<u32>>> =
        (0..1u32 << 15).map(|set| answers(&prefixes, &probes, set as u16)).collect();
    let toggle = |lpm: &mut Lpm<'_>, present: &mut u16, n: u32| {
        let prefix = prefixes[n as usize];
        if *present >> n & 1 == 1 {
            assert_eq!(lpm.remove(table, prefix), Ok(value(n)));
        } else {
            assert_eq!(lpm.insert(table, prefix, value(n)), Ok(None));
        }
        *present ^= 1 << n;
    };
    let check = |lpm: &Lpm<'_>, present: u16| {
        let view = lpm.view();
        for (&addr, &answer) in probes.iter().zip(&expected[usize::from(present)]) {
            // A neighbour may lie in the space where that is all of the address space.
            let expected = answer.or(elsewhere);
            assert_eq!(view.find(table, addr), expected, "{addr} {present:015b} {root:?} {shift}");
        }
    };
    // A Gray code passes through all sets, one change at a time.
    let (mut present, mut ahead) = (0u16, 0);
    for step in 1u32..=1 << 15 {
        for n in 0..15 {
            toggle(&mut lpm, &mut present, n);
            check(&lpm, present);
            toggle(&mut lpm, &mut present, n);
        }
        check(&lpm, present);
        ahead += u32::from(is_ahead(&lpm, table));
        if step % 64 == 0 {
            let held: Vec<Prefix> = lpm
                .routes(table)
                .map(|(prefix, _)| prefix)
                .filter(|p| prefixes.contains(p))
                .collect();
            assert_eq!(held.len(), present.count_ones() as usize);
            for &addr in &probes {
                let longest = (0..15usize)
                    .filter(|&n| present >> n & 1 == 1 && prefixes[n].contains(addr))
                    .max_by_key(|&n| prefixes[n].len());
                let expected = longest.map(|n| (prefixes[n], value(n as u32))).or(default);
                assert_eq!(lpm.lookup(table, addr), expected, "{addr} {root:?} {shift}");
            }
        }
        toggle(&mut lpm, &mut present, step.trailing_zeros().min(14));
    }
    for n in 0..15 {
        if present >> n & 1 == 1 {
            toggle(&mut lpm, &mut present, n);
        }
    }
    assert_eq!(lpm.stats().words, before);
    ahead
}

/// Where the space lies across a stride, and at both ends.
const ACROSS: [u8; 14] = [0, 5, 6, 7, 8, 13, 14, 15, 16, 21, 22, 23, 24, 29];

fn every_set_at(root: Root, fillers: Fillers, some: &[u8]) {
    let full = std::env::var("SEKISHO_EXHAUSTIVE").as_deref() == Ok("full");
    let all: Vec<u8> = (0..=29).collect();
    for &shift in if full { &all } else { some } {
        every_set(root, fillers, shift);
    }
}

#[test]
fn every_set_and_change_of_intervals() {
    every_set_at(Root::Compact, Fillers::None, &[0, 7, 22, 29]);
}

#[test]
fn every_set_and_change_of_nodes() {
    every_set_at(Root::Compact, Fillers::Far, &ACROSS);
}

/// Of a network, whose lookups begin further down with many of the sets.
#[test]
fn every_set_and_change_of_a_network() {
    for shift in [5, 6, 7, 8, 13] {
        let ahead = every_set(Root::Compact, Fillers::Within, shift);
        assert!(ahead > 50, "{ahead} at {shift}");
    }
}

#[test]
fn every_set_and_change_below_a_root() {
    // Shorter prefixes paint many slots, which takes its time; `full` has them.
    every_set_at(Root::Bits16, Fillers::None, &ACROSS[4..]);
}
