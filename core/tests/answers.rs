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

use pair::Pair;
use small::Small;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

#[test]
fn diff_equals_brute_force() {
    let first = setting("SEKISHO_SEED", 1);
    let memory = pair::memory();
    let mut found = brute::Found::default();
    for seed in first..first + setting("SEKISHO_ANSWERS", 300) {
        let mut small = Small::new(seed);
        let mut pair = Pair::new(&memory);
        small.build(&mut pair);
        for _ in 0..3 {
            let line = small.accepted(&pair.twin);
            brute::check_diff(&mut pair, &mut small, &line, seed, &mut found);
            // Now and then it is carried out, so that worlds have a history.
            if small.rng.chance(30) {
                let _ = pair.run(&line);
            }
        }
    }
    println!("{found:?}");
    found.check();
}
