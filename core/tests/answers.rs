//! Answers about every packet against brute force: random small regions whose cuts lie in 256
//! addresses, all of which are asked of the naive twin, one packet after the other.
//!
//! `SEKISHO_ANSWERS=n` sets the number of regions, `SEKISHO_SEED=n` the first seed.

#[path = "answers/brute.rs"]
mod brute;
#[path = "answers/foreseen.rs"]
mod foreseen;
#[path = "answers/pair.rs"]
mod pair;
#[path = "answers/ready.rs"]
mod ready;
#[path = "answers/small.rs"]
mod small;
#[path = "answers/still.rs"]
mod still;

use std::panic::{AssertUnwindSafe, catch_unwind};

use brute::Diff;
use pair::Pair;
use sekisho::model::Asked;
use small::Small;
use still::{Audit, Claims};

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

/// Regions of a campaign; fewer need not meet all that one is to meet.
const REGIONS: u64 = 600;

fn is_whole() -> bool {
    setting("SEKISHO_ANSWERS", REGIONS) >= REGIONS
}

/// Each region of the campaign: its number, itself, and what draws its commands. A difference does not
/// end it: the numbers of all regions that have one are told at the end.
fn campaign(check: impl FnMut(u64, &mut Pair<'_>, &mut Small)) {
    campaign_of(Small::new, check);
}

fn campaign_of(
    small: impl Fn(u64) -> Small,
    mut check: impl FnMut(u64, &mut Pair<'_>, &mut Small),
) {
    let memory = pair::memory();
    let first = setting("SEKISHO_SEED", 1);
    let mut differences = Vec::new();
    for seed in first..first + setting("SEKISHO_ANSWERS", REGIONS) {
        let checked = catch_unwind(AssertUnwindSafe(|| {
            let (mut small, mut pair) = (small(seed), Pair::new(&memory));
            small.build(&mut pair);
            check(seed, &mut pair, &mut small);
        }));
        if checked.is_err() {
            differences.push(seed);
        }
    }
    assert!(differences.is_empty(), "differences in regions {differences:?}");
}

#[test]
fn diff_audit_and_prove_equal_brute_force() {
    let mut changes = brute::Found::default();
    let (mut ways, mut proofs) = (still::Ways::default(), still::Proofs::default());
    campaign(|seed, pair, small| {
        let line = small.accepted(&pair.twin);
        let diff = Diff::ask(pair, &line, seed, &mut changes);
        let audit = Audit::ask(pair, seed, &mut ways);
        let mut claims = Claims::draw(pair, small, &mut proofs);
        let (before, after) = (Asked::new(pair.twin.clone()), Asked::new(diff.after.clone()));
        brute::packets([&before.now, &after.now], small, &mut |asked| {
            let was = asked.seen(&before);
            audit.compare(&before.now, asked, &was, &mut ways);
            claims.note(&before, asked, &was, &mut proofs);
            if diff.is_accepted {
                diff.compare(asked, &[was, asked.seen(&after)], &mut changes);
            }
        });
        claims.settle(&before, pair, seed, &mut proofs);
    });
    println!("diff {changes:?}\naudit {ways:?}\nprove {proofs:?}");
    if is_whole() {
        changes.check();
        ways.check();
        proofs.check();
    }
}

#[test]
fn readiness_is_enough_and_no_more() {
    let mut found = ready::Found::default();
    campaign(|seed, pair, _| ready::check(pair, seed, &mut found));
    println!("readiness {found:?}");
    if is_whole() {
        found.check();
    }
}

#[test]
fn readiness_takes_away_what_refuses_a_gateway() {
    let mut found = ready::Found::default();
    campaign_of(Small::hard, |seed, pair, _| ready::check(pair, seed, &mut found));
    println!("readiness {found:?}");
    if is_whole() {
        found.check();
        found.check_hard();
    }
}

#[test]
fn a_commit_is_foreseen() {
    let mut found = foreseen::Found::default();
    campaign(|seed, pair, small| foreseen::check(pair, small, seed, &mut found));
    println!("foreseen {found:?}");
    if is_whole() {
        found.check();
    }
}
