//! Answers about every packet against brute force: random small regions whose cuts lie in 256
//! addresses, all of which are asked of the naive twin, one packet after the other.
//!
//! `SEKISHO_ANSWERS=n` sets the number of regions, `SEKISHO_SEED=n` the first seed.

#[path = "answers/brute.rs"]
mod brute;
#[path = "answers/pair.rs"]
mod pair;
#[path = "answers/small.rs"]
mod small;
#[path = "answers/still.rs"]
mod still;

use pair::Pair;
use small::Small;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

/// Each region of the campaign: its number, itself, and what draws its commands.
fn campaign(regions: u64, mut check: impl FnMut(u64, &mut Pair<'_>, &mut Small)) {
    let memory = pair::memory();
    let first = setting("SEKISHO_SEED", 1);
    for seed in first..first + setting("SEKISHO_ANSWERS", regions) {
        let (mut small, mut pair) = (Small::new(seed), Pair::new(&memory));
        small.build(&mut pair);
        check(seed, &mut pair, &mut small);
    }
}

#[test]
fn diff_equals_brute_force() {
    let mut found = brute::Found::default();
    campaign(600, |seed, pair, small| {
        let line = small.accepted(&pair.twin);
        brute::check_diff(pair, small, &line, seed, &mut found);
    });
    println!("diff {found:?}");
    found.check();
}

#[test]
fn audit_equals_brute_force() {
    let mut found = still::Ways::default();
    campaign(300, |seed, pair, small| still::check_audit(pair, small, seed, &mut found));
    println!("audit {found:?}");
    found.check();
}

#[test]
fn prove_equals_brute_force() {
    let mut found = still::Proofs::default();
    campaign(300, |seed, pair, small| still::check_proofs(pair, small, seed, &mut found));
    println!("prove {found:?}");
    found.check();
}
