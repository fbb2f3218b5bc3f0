//! Which appliance a flow meets.

use std::format;
use std::string::String;
use std::sync::atomic::AtomicU32;
use std::vec::Vec;

use super::*;
use crate::addr::InstanceId;
use crate::limits::Profile;
use crate::model::Rng;
use crate::region::Region;
use crate::resolve::{Header, flow_hash};

const GWLB: GwlbId = GwlbId(1);

fn memory() -> Vec<AtomicU32> {
    (0..Region::footprint(&Profile::LARGE)).map(|_| AtomicU32::new(0)).collect()
}

fn run(region: &mut Region<'_>, line: &str) {
    let mut answer = String::new();
    let _ = crate::console::run(region, line.as_bytes(), &mut answer).unwrap();
    assert_eq!(answer, "ok\n", "{line}");
}

/// A VPC with an endpoint of gwlb-1 and one of gwlb-2, which fails open; the first has these
/// appliances.
fn region<'m>(memory: &'m [AtomicU32], appliances: &[u16]) -> Region<'m> {
    let mut region = Region::init(memory, &Profile::LARGE).unwrap();
    for line in [
        "create-vpc vpc-1 vtb-1 10.0.0.0/16",
        "create-vswitch vsw-1 vpc-1 10.0.0.0/24",
        "create-instance i-1 vsw-1 10.0.0.10",
        "create-gwlb gwlb-1",
        "create-gwlb gwlb-2 fail-open=on",
        "create-gwlb-endpoint ep-1 vsw-1 gwlb-1",
        "create-gwlb-endpoint ep-2 vsw-1 gwlb-2",
        "create-gwlb-endpoint ep-3 vsw-1 gwlb-1",
    ] {
        run(&mut region, line);
    }
    for number in appliances {
        run(&mut region, &format!("register-appliance gwlb-1 app-{number}"));
    }
    region
}

fn world<'m>(region: &Region<'m>) -> World<'m> {
    region.tables().world_of(InstanceId(1).id()).unwrap()
}

fn numbers(world: &World<'_>, gwlb: GwlbId) -> Vec<u16> {
    let value = exact(&world.pool, world.gwlbs(), gwlb.0.into()).unwrap();
    Appliances::of(&world.pool, value).collect()
}

fn flows(count: usize) -> impl Iterator<Item = Header> {
    let mut rng = Rng::new(7);
    (0..count).map(move |_| Header {
        source: Addr::new(10, 0, rng.below(4) as u8, rng.below(250) as u8),
        destination: Addr(rng.word()),
        protocol: rng.pick(&[6, 17]),
        source_port: rng.below(65536) as u16,
        destination_port: rng.pick(&[53, 80, 443]),
    })
}

#[test]
fn a_world_knows_the_healthy_appliances() {
    let memory = memory();
    let mut region = region(&memory, &[]);
    assert!(!world(&region).passes(GWLB) && world(&region).passes(GwlbId(2)));
    assert_eq!(world(&region).appliance(GWLB, 0), None);
    assert_eq!(world(&region).appliance(GwlbId(2), 0), None);
    assert!(!world(&region).passes(GwlbId(9)) && world(&region).appliance(GwlbId(9), 0).is_none());
    let mut expected = Vec::new();
    // Up to three cells, in no order, and back.
    for number in [7, 3, 65535, 0, 12, 5, 1, 900, 30, 31, 32, 33, 34, 35, 36] {
        run(&mut region, &format!("register-appliance gwlb-1 app-{number}"));
        expected.push(number);
        expected.sort_unstable();
        assert_eq!(numbers(&world(&region), GWLB), expected);
        assert!(world(&region).passes(GWLB));
    }
    for number in [0, 36, 5, 7, 12, 65535, 900, 1, 30, 32, 3, 31, 34, 35, 33] {
        run(&mut region, &format!("set-appliance app-{number} unhealthy"));
        expected.retain(|other| *other != number);
        assert_eq!(numbers(&world(&region), GWLB), expected);
    }
    assert!(!world(&region).passes(GWLB));
    run(&mut region, "register-appliance gwlb-2 app-40");
    assert_eq!(world(&region).appliance(GwlbId(2), 77), Some(ApplianceId(40)));
    run(&mut region, "deregister-appliance app-40");
    assert!(world(&region).passes(GwlbId(2)));
}

#[test]
fn both_directions_meet_the_same_appliance() {
    let memory = memory();
    let region = region(&memory, &[1, 2, 3, 4, 5]);
    for header in flows(10_000) {
        let back = Header {
            source: header.destination,
            destination: header.source,
            source_port: header.destination_port,
            destination_port: header.source_port,
            ..header
        };
        let appliance = |header| world(&region).appliance(GWLB, flow_hash(header));
        assert!(appliance(&header).is_some());
        assert_eq!(appliance(&header), appliance(&back));
    }
}

#[test]
fn only_the_flows_of_an_appliance_that_fails_move() {
    let memory = memory();
    let mut region = region(&memory, &[1, 2, 3, 4, 5, 6, 7, 8]);
    let chosen = |region: &Region<'_>| {
        let world = world(region);
        flows(20_000).map(|h| world.appliance(GWLB, flow_hash(&h)).unwrap().0).collect::<Vec<_>>()
    };
    let before = chosen(&region);
    run(&mut region, "set-appliance app-3 unhealthy");
    let without = chosen(&region);
    let mut to = [0; 9];
    for (before, without) in before.iter().zip(&without) {
        assert_eq!(before == without, *before != 3);
        if *before == 3 {
            to[usize::from(*without)] += 1;
        }
    }
    // The others share them.
    for (number, moved) in to.iter().enumerate() {
        let shares = !matches!(number, 0 | 3);
        assert!(if shares { (260..460).contains(moved) } else { *moved == 0 }, "{to:?}");
    }
    run(&mut region, "set-appliance app-3 healthy");
    assert_eq!(chosen(&region), before);
    // A new one takes flows from all and moves none between them.
    run(&mut region, "register-appliance gwlb-1 app-9");
    let with = chosen(&region);
    assert!(before.iter().zip(&with).all(|(before, with)| before == with || *with == 9));
}

#[test]
fn flows_are_spread_evenly() {
    for appliances in [&[1, 2][..], &[0, 1, 2, 3, 4, 5, 6], &[10, 400, 65535, 77, 2048]] {
        let memory = memory();
        let region = region(&memory, appliances);
        let (world, count) = (world(&region), 200_000);
        let mut met = std::collections::BTreeMap::new();
        for header in flows(count) {
            *met.entry(world.appliance(GWLB, flow_hash(&header)).unwrap().0).or_insert(0) += 1;
        }
        let share = count as f64 / appliances.len() as f64;
        assert_eq!(met.len(), appliances.len());
        for (number, flows) in &met {
            let off = (f64::from(*flows) / share - 1.0).abs();
            assert!(off < 0.03, "app-{number} is off by {:.1} %: {met:?}", off * 100.0);
        }
    }
}
