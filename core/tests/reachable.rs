//! Every state that small regions can reach, breadth first, and in each one every invariant.
//!
//! A universe is a region and a finite alphabet of commands. From each state every command is
//! tried, through the region and its naive twin; what was accepted leads to a state, new or known.
//! In each state a fixed set of packets is judged. Where the build has debug assertions, a universe
//! ends at [`search::STATES`] states and says so.

#[path = "reachable/gateway.rs"]
mod gateway;
#[path = "reachable/invariants.rs"]
mod invariants;
#[path = "reachable/probes.rs"]
mod probes;
#[path = "reachable/search.rs"]
mod search;
#[path = "reachable/survival.rs"]
mod survival;
#[path = "reachable/universes.rs"]
mod universes;

use search::explore;

#[test]
fn gateway_life_cycle() {
    let (found, coverage) = explore(&universes::life_cycle());
    println!("{found}\n{coverage}");
    coverage.assert_complete();
}

#[test]
fn blackout() {
    let found = explore(&universes::blackout()).0;
    println!("{found}");
    assert!(found.switched > 0);
}

#[test]
fn inspection() {
    println!("{}", explore(&universes::inspection()).0);
}

#[test]
fn probes_of_a_group() {
    println!("{}", explore(&universes::group()).0);
}

#[test]
fn translation_and_balancers() {
    println!("{}", explore(&universes::translation()).0);
}

#[test]
fn dynamic_routes() {
    println!("{}", explore(&universes::dynamic()).0);
}

#[test]
fn long_walks() {
    let found = explore(&universes::chain()).0;
    println!("{found}");
    // The last of 16 lookups finds the end of the walk, or one hop more.
    assert_eq!(found.longest, [16, 15]);
}
