use std::string::String;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::vec::Vec;

use super::*;
use crate::addr::{Addr, Id, InstanceId};
use crate::limits::Profile;
use crate::resolve::{Flow, Header};

const PROFILE: Profile = Profile { readers: 2, ..Profile::FIRMWARE };

/// An instance that reaches the Internet through a NAT gateway of another vSwitch.
const SETUP: [&str; 10] = [
    "create-vpc vpc-1 vtb-1 10.0.0.0/16",
    "create-vswitch vsw-1 vpc-1 10.0.0.0/24",
    "create-vswitch vsw-2 vpc-1 10.0.1.0/24",
    "create-route-table vtb-2 vpc-1",
    "associate-route-table vtb-2 vsw-2",
    "create-instance i-1 vsw-1 10.0.0.10",
    "create-nat-gateway ngw-1 vsw-2 10.0.1.20",
    "allocate-eip eip-1 47.0.0.1",
    "associate-eip eip-1 ngw-1",
    "create-snat-entry ngw-1 10.0.0.0/16 eip-1",
];

fn memory() -> Vec<AtomicU32> {
    (0..PROFILE.footprint()).map(|_| AtomicU32::new(0)).collect()
}

fn run(region: &mut Region<'_>, line: &str) -> String {
    let mut answer = String::new();
    let _ = crate::console::run(region, line.as_bytes(), &mut answer).unwrap();
    String::from(answer.trim_end())
}

fn set_up(region: &mut Region<'_>) {
    for line in SETUP {
        assert_eq!(run(region, line), "ok", "{line}");
    }
    assert_eq!(run(region, "create-route-entry vtb-1 0.0.0.0/0 ngw-1"), "ok");
}

const SENDER: Id = InstanceId(1).id();

fn packet() -> Header {
    Header {
        source: Addr::new(10, 0, 0, 10),
        destination: Addr::new(8, 8, 8, 8),
        protocol: 6,
        source_port: 40000,
        destination_port: 443,
    }
}

#[test]
fn what_a_reader_looks_at_stays_until_it_is_quiescent() {
    let memory = memory();
    let mut region = Region::init(&memory, &PROFILE).unwrap();
    set_up(&mut region);
    let mut reader = Reader::register(&memory, 0).unwrap();
    // A packet under way holds its VPC's world.
    let world = reader.tables().world_of(SENDER).unwrap();
    let look = || {
        let table = world.table_of(crate::addr::VSwitchId(1)).unwrap();
        let hosts = (world.host(SENDER), world.owner(Addr::new(10, 0, 1, 20)));
        (world.mode, world.route(table, packet().destination), hosts, world.epoch())
    };
    let before = look();
    assert_eq!(run(&mut region, "modify-route-entry vtb-1 0.0.0.0/0 peer-1"), "ok");
    let hash = region.hash();
    for line in [
        "create-vswitch vsw-3 vpc-1 10.0.3.0/24",
        "delete-route-entry vtb-1 0.0.0.0/0",
        "create-ipv4-gateway ipv4gw-1 vpc-1",
        "allocate-eip eip-9 47.0.0.9",
        "region blackout=on",
    ] {
        assert_eq!(run(&mut region, line), "error Busy", "{line}");
        assert_eq!(region.hash(), hash);
        assert_eq!(look(), before);
    }
    // Refusals for other reasons and questions do not wait.
    assert_eq!(run(&mut region, "delete-vpc vpc-1"), "error DependencyViolation.VSwitch");
    assert_eq!(run(&mut region, "send i-1 8.8.8.8"), "handoff peer-1 path=17");
    reader.quiescent();
    assert_eq!(run(&mut region, "create-vswitch vsw-3 vpc-1 10.0.3.0/24"), "ok");
    assert_eq!(run(&mut region, "delete-vswitch vsw-3"), "error Busy");
    drop(reader);
    assert_eq!(run(&mut region, "delete-vswitch vsw-3"), "ok");
    assert_eq!(run(&mut region, "create-ipv4-gateway ipv4gw-1 vpc-1"), "ok");
}

#[test]
fn indices_are_checked() {
    let memory = memory();
    assert_eq!(Reader::register(&memory, 0).err(), Some(MemoryError::NotInitialised));
    Region::init(&memory, &PROFILE).unwrap();
    assert_eq!(Reader::register(&memory, 2).err(), Some(MemoryError::NoSuchReader));
    let reader = Reader::register(&memory, 1).unwrap();
    assert_eq!(Reader::register(&memory, 1).err(), Some(MemoryError::ReaderTaken));
    drop(reader);
    for index in [1, 2] {
        let found = Reader::registered(&memory, index).err();
        assert_eq!(found, Some(MemoryError::NoSuchReader));
    }
    core::mem::forget(Reader::register(&memory, 1).unwrap());
    let mut again = Reader::registered(&memory, 1).unwrap();
    again.quiescent();
    assert_eq!(Reader::register(&memory, 1).err(), Some(MemoryError::ReaderTaken));
    drop(again);
    core::mem::forget(Reader::register(&memory, 1).unwrap());
    Region::attach(&memory).unwrap().forget_reader(1);
    assert!(Reader::register(&memory, 1).is_ok());
}

/// An enable and a public delete each change the mode, two tables and the gateway at once. A packet
/// that met half of that would find no route or no mapping.
#[test]
fn a_packet_sees_one_world_while_the_region_changes() {
    let memory = memory();
    let mut region = Region::init(&memory, &PROFILE).unwrap();
    set_up(&mut region);
    let done = AtomicBool::new(false);
    let (mut changes, mut busy) = (0u32, 0u32);
    // Verdicts before and after, by both readers.
    let seen = [const { AtomicU32::new(0) }; 2];
    thread::scope(|scope| {
        for index in 0..2 {
            let (memory, done, seen) = (&memory, &done, &seen);
            scope.spawn(move || {
                let mut reader = Reader::register(memory, index).unwrap();
                while !done.load(Ordering::Relaxed) {
                    for _ in 0..32 {
                        let tables = reader.tables();
                        let verdict = tables.egress(SENDER, &packet(), Flow::New).unwrap();
                        let state = match std::format!("{verdict}").as_str() {
                            "egress public=47.0.0.1 path=7 via=ngw-1" => 0,
                            "egress public=47.0.0.1 path=7,13 via=ngw-1" => 1,
                            other => panic!("a mixture: {other}"),
                        };
                        seen[state].fetch_add(1, Ordering::Relaxed);
                    }
                    reader.quiescent();
                }
            });
        }
        let met = || seen.iter().all(|count| count.load(Ordering::Relaxed) > 1000);
        // Readers that panic stop looking, so the rounds are bounded.
        for round in 0..100_000 {
            if round >= 300 && met() {
                break;
            }
            for line in [
                "create-ipv4-gateway ipv4gw-1 vpc-1",
                "enable-vpc-ipv4-gateway ipv4gw-1 vtb-2",
                "delete-ipv4-gateway ipv4gw-1 mode=public",
            ] {
                loop {
                    match run(&mut region, line).as_str() {
                        "ok" => break,
                        "error Busy" => {
                            busy += 1;
                            thread::yield_now();
                        }
                        other => panic!("{line}: {other}"),
                    }
                }
                changes += 1;
            }
        }
        done.store(true, Ordering::Relaxed);
    });
    let seen = seen.map(|count| count.into_inner());
    std::println!("{changes} changes, {busy} times busy; verdicts {seen:?}");
    assert!(seen.iter().all(|&n| n > 1000));
}

#[test]
fn the_check_of_a_region_finds_damage() {
    let memory = memory();
    let mut region = Region::init(&memory, &PROFILE).unwrap();
    assert!(region.is_sound());
    set_up(&mut region);
    assert!(region.is_sound());
    let hash = region.hash();
    let mut seen = 0;
    for word in &memory {
        for bit in [0, 7, 15, 31] {
            word.fetch_xor(1 << bit, Ordering::Relaxed);
            // The hash tells what the check does not: which configuration it is.
            let is_same =
                Region::attach(&memory).is_ok_and(|it| it.is_sound() && it.hash() == hash);
            seen += u32::from(!is_same);
            word.fetch_xor(1 << bit, Ordering::Relaxed);
        }
    }
    assert!(region.is_sound() && seen > 400, "{seen}");
    assert_eq!(run(&mut region, "delete-route-entry vtb-1 0.0.0.0/0"), "ok");
    assert!(region.is_sound());
}
