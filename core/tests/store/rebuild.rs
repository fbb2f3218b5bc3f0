//! A configuration that is saved and loaded is the same one: it looks the same, judges the same, and
//! answers every later command in the same way.
//!
//! The reference is the naive twin, which is copied as a whole. Of it, too, what is not kept is taken
//! away: what probes have told.

use sekisho::model::{Generator, Health, Twin};
use sekisho::region::{Command, Region};
use sekisho::store::Position;

use crate::rooms::{PROFILE, Room, frames, load, shown};

/// The twin without what probes have told.
fn settled(twin: &Twin) -> Twin {
    let mut twin = twin.clone();
    for group in twin.groups.values_mut() {
        group.active_health = Health::default();
        group.standby_health = Health::default();
    }
    twin
}

fn compare(region: &Region<'_>, twin: &Twin, generator: &mut Generator, context: &str) {
    let tables = region.tables();
    for _ in 0..24 {
        let (from, header, flow) = generator.egress(twin);
        let expected = twin.egress(from, &header, flow);
        assert_eq!(tables.egress(from, &header, flow), expected, "{from} {header:?} {context}");
        let (header, flow) = generator.ingress(twin);
        let expected = twin.ingress(&header, flow);
        assert_eq!(tables.ingress(&header, flow), expected, "{header:?} {context}");
    }
}

/// Runs a program; every few steps the region is saved, loaded, compared, and led on for a while.
fn run(seed: u64, steps: usize) -> [usize; 3] {
    let (room, other) = (Room::new(&PROFILE), Room::new(&PROFILE));
    let mut region = room.empty();
    let (mut twin, mut generator) = (Twin::new(), Generator::new(seed));
    let [mut loaded, mut judged, mut led] = [0; 3];
    for step in 0..steps {
        let command = generator.command(&twin);
        assert_eq!(region.apply(&command), twin.apply(&command));
        if step % 5 != 0 {
            continue;
        }
        let context = format!("seed {seed} step {step}");
        let position = Position { history: 7, sequence: step as u64 };
        let saved = frames(&region, position);
        let mut copy = other.empty();
        assert_eq!(load(&mut copy, &saved), Ok(position), "{context}");
        assert_eq!(copy.hash(), region.hash(), "{context}");
        assert_eq!(frames(&copy, position), saved, "{context}");
        let mut twin = settled(&twin);
        if twin.groups.is_empty() {
            assert_eq!(shown(&mut copy), shown(&mut region), "{context}");
        }
        // Elsewhere than the program goes on.
        let mut generator = generator.clone();
        for _ in 0..step % 7 {
            let _ = generator.rng().bits();
        }
        compare(&copy, &twin, &mut generator, &context);
        for _ in 0..40 {
            let command = generator.command(&twin);
            let context = format!("{context} then {command:?}");
            assert_eq!(copy.apply(&command), twin.apply(&command), "{context}");
            led += 1;
        }
        compare(&copy, &twin, &mut generator, &context);
        [loaded, judged] = [loaded + 1, judged + 4 * 24];
    }
    [loaded, judged, led]
}

#[test]
fn random_configurations_come_back_whole() {
    let programs = if cfg!(debug_assertions) { 60 } else { 400 };
    let mut counts = [0; 3];
    for seed in 0..programs {
        let added = run(seed, 300);
        counts.iter_mut().zip(added).for_each(|(all, added)| *all += added);
    }
    let [loaded, judged, led] = counts;
    println!("{programs} programs: {loaded} loaded, {judged} verdicts, {led} later commands");
}

#[test]
fn an_operation_that_has_begun_comes_back_though_it_would_be_refused_now() {
    let lines = [
        "create-vpc vpc-1 vtb-1 10.0.0.0/16",
        "create-route-table vtb-2 vpc-1",
        "create-ipv4-gateway ipv4gw-1 vpc-1",
        "begin enable-vpc-ipv4-gateway ipv4gw-1 vtb-1 vtb-2",
        "create-route-entry vtb-1 0.0.0.0/0 peer-1",
        "delete-route-table vtb-2",
        "region gateway=off",
    ];
    let (room, other) = (Room::new(&PROFILE), Room::new(&PROFILE));
    let mut region = room.empty();
    let mut answers = String::new();
    for line in lines {
        let _ = sekisho::console::run(&mut region, line.as_bytes(), &mut answers).unwrap();
    }
    assert_eq!(answers, "ok\n".repeat(lines.len()));
    let mut copy = other.empty();
    load(&mut copy, &frames(&region, Position::start(0))).unwrap();
    assert_eq!(copy.hash(), region.hash());
    let commit = Command::Commit(sekisho::addr::GatewayId(1));
    assert_eq!(copy.apply(&commit), region.apply(&commit));
    assert_eq!(copy.hash(), region.hash());
}

#[test]
fn what_is_shown_is_not_nothing() {
    let room = Room::new(&PROFILE);
    let mut region = room.empty();
    let (mut twin, mut generator) = (Twin::new(), Generator::new(5));
    for _ in 0..200 {
        let command = generator.command(&twin);
        assert_eq!(region.apply(&command), twin.apply(&command));
    }
    let text = shown(&mut region);
    for part in ["vpc-0", "vsw-", "vtb-", "route-entries ", "pool-cells "] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(!text.contains("error"), "{text}");
}
