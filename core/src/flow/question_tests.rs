//! Which flow a packet would be of, asked before it passes.

use std::vec::Vec;

use super::burst_tests::Random;
use super::flow_tests::{BASE, Bench, at, error, i, tcp, udp};
use super::*;
use crate::addr::Kind;
use crate::packet::{Next, Origin, View};
use crate::resolve::{Action, DropReason, Flow, Header};
use crate::sync::Ordering;

fn asked(bench: &Bench, from: Origin, bytes: &[u8]) -> Option<Flow> {
    let words =
        || -> Vec<u32> { bench.flows.iter().map(|word| word.load(Ordering::Relaxed)).collect() };
    let before = words();
    let flow = bench.table().flow_of(&bench.region().tables(), from, bytes, bench.now);
    assert!(words() == before, "nothing changes");
    flow
}

#[test]
fn answers_and_what_only_looks_like_them() {
    let mut bench = Bench::new(&Config::new(64), &[BASE]);
    let (inside, remote, outside) = (("10.0.2.10", 4000), ("8.8.8.8", 443), ("47.0.0.2", 4000));
    let mut out = tcp(inside, remote, 64, "S");
    let back = |flags| tcp(remote, outside, 64, flags);
    let wrong = error("198.51.100.1", outside.0, 64, 11, &tcp(outside, remote, 1, "S"));
    assert_eq!(asked(&bench, at(2), &out), Some(Flow::New));
    assert_eq!(asked(&bench, Origin::Internet, &back("SA")), Some(Flow::New));
    assert_eq!(asked(&bench, Origin::Internet, &wrong), Some(Flow::New));
    assert_eq!(bench.pass(at(2), &mut out), Next::Internet);
    assert_eq!(asked(&bench, at(2), &tcp(inside, remote, 64, "A")), Some(Flow::New));
    assert_eq!(asked(&bench, Origin::Internet, &back("SA")), Some(Flow::Reply));
    assert_eq!(asked(&bench, Origin::Internet, &wrong), Some(Flow::Reply));
    // What is no packet, or comes from nowhere, is none of either.
    assert_eq!(asked(&bench, Origin::Internet, &back("SA")[..30]), None);
    assert_eq!(asked(&bench, at(77), &tcp(inside, remote, 64, "A")), None);
    // A connection that is closed may be opened from the other side.
    assert_eq!(bench.pass(Origin::Internet, &mut back("R")), Next::Deliver(i(2)));
    assert_eq!(asked(&bench, Origin::Internet, &back("A")), Some(Flow::Reply));
    assert_eq!(asked(&bench, Origin::Internet, &back("S")), Some(Flow::New));
    // When its time is over there is none.
    bench.now = 239_999;
    assert_eq!(asked(&bench, Origin::Internet, &back("A")), Some(Flow::Reply));
    bench.now += 1;
    assert_eq!(asked(&bench, Origin::Internet, &back("A")), Some(Flow::New));
    assert_eq!(bench.table().stats().flows, 1);
}

/// An answer that would be delivered elsewhere now is none any more.
#[test]
fn an_address_that_has_moved() {
    let bench = Bench::new(&Config::new(64), &[BASE]);
    let (remote, public) = (("8.8.8.8", 53), ("47.0.0.1", 4000));
    bench.pass(at(1), &mut udp(("10.0.0.10", 4000), remote, 64));
    let back = udp(remote, public, 64);
    assert_eq!(asked(&bench, Origin::Internet, &back), Some(Flow::Reply));
    bench.line("unassociate-eip eip-1");
    bench.line("create-instance i-4 vsw-1 10.0.0.11");
    bench.line("associate-eip eip-1 i-4");
    assert_eq!(asked(&bench, Origin::Internet, &back), Some(Flow::New));
}

/// With the answer the tables say what becomes of the packet.
#[test]
fn the_tables_agree() {
    let mut random = Random(0xBEEF);
    let mut bench = Bench::new(&Config::new(64), &[BASE]);
    let (mut replies, mut drops) = (0, 0);
    for _ in 0..4000 {
        bench.now += 500;
        let (from, mut bytes) = random.packet();
        let Some(flow) = asked(&bench, from, &bytes) else { continue };
        let view = View::new(&bytes).unwrap();
        let (ends, protocol) = (view.ends(), view.protocol());
        let header = Header {
            source: ends.source,
            destination: ends.destination,
            protocol,
            source_port: ends.source_port,
            destination_port: ends.destination_port,
        };
        let region = bench.region();
        let verdict = match from {
            Origin::Interface(place) => region.tables().egress(place.id(), &header, flow).unwrap(),
            _ => region.tables().ingress(&header, flow),
        };
        replies += u32::from(flow == Flow::Reply);
        match (bench.pass(from, &mut bytes), verdict.action) {
            (Next::Drop(DropReason::TtlExpired | DropReason::PortsExhausted), _) => {}
            (Next::Drop(reason), action) => {
                drops += 1;
                assert_eq!(action, Action::Drop(reason));
            }
            (Next::Internet, action) => assert!(matches!(action, Action::Egress { .. })),
            (Next::Deliver(to), Action::Deliver { target }) => {
                assert!(to == target || target.kind == Kind::NatGateway);
            }
            (next, action) => panic!("{next:?} {action:?}"),
        }
    }
    assert!(replies > 100 && drops > 100, "{replies} {drops}");
}
