//! Fragments of packets that a flow knows: each takes its first one's way.

use std::vec::Vec;

use super::flow_tests::{BASE, Bench, at, error, header, i, tcp, udp, zeroed};
use super::*;
use crate::addr::InstanceId;
use crate::packet::{ICMP, Next, Origin, Place, View, checksum};
use crate::resolve::DropReason;

/// Everything from the Internet is let in.
const OPEN: &str = "\
create-route-table vtb-9 vpc-1 type=gateway
associate-route-table-with-gateway vtb-9 ipv4gw-1
";

/// An ICMP error about a packet in two pieces, the second of which has nothing of that packet's head.
fn pieces(from: &str, to: &str, ttl: u8, about: &[u8]) -> [Vec<u8>; 2] {
    let message = error(from, to, ttl, 3, about).split_off(20);
    let mut message = [&message[..], &[0x5A; 17]].concat();
    (message[2], message[3]) = (0, 0);
    let [high, low] = checksum(&message).to_be_bytes();
    (message[2], message[3]) = (high, low);
    [(0, &message[..40], true), (5, &message[40..], false)].map(|(offset, body, more)| {
        let mut ip = header((from, 0), (to, 0), ttl, ICMP, body.len());
        ip.identification = 777;
        ip.dont_fragment = false;
        ip.more_fragments = more;
        ip.fragment_offset = u16::try_into(offset).unwrap();
        ip.header_checksum = ip.calc_header_checksum();
        [&ip.to_bytes()[..], body].concat()
    })
}

/// Both pieces of an error pass and are those of another one then: what a receiver puts together is right.
#[track_caller]
fn pass(bench: &Bench, from: Origin, sent: [Vec<u8>; 2], next: Next, wanted: [Vec<u8>; 2]) {
    for (mut packet, wanted) in sent.into_iter().zip(wanted) {
        assert_eq!(bench.pass(from, &mut packet), next);
        assert_eq!(packet, wanted);
    }
}

#[test]
fn later_fragments_of_an_error_pass_snat_both_ways() {
    let bench = Bench::new(&Config::new(64), &[BASE]);
    let (inside, remote) = (("10.0.2.10", 4000), ("8.8.8.8", 53));
    // Another host has the port already.
    bench.pass(at(3), &mut udp(("10.0.3.10", 4000), remote, 64));
    let mut query = udp(inside, remote, 64);
    assert_eq!(bench.pass(at(2), &mut query), Next::Internet);
    let outside = ("47.0.0.2", View::new(&query).unwrap().ends().source_port);
    assert_ne!(outside.1, 4000);
    // From a router about the query, and from the host about the answer.
    let router = "198.51.100.1";
    let told = pieces(router, "47.0.0.2", 64, &udp(outside, remote, 1));
    let reached = pieces(router, "10.0.2.10", 63, &udp(inside, remote, 1));
    pass(&bench, Origin::Internet, told, Next::Deliver(i(2)), reached);
    let told = pieces("10.0.2.10", "8.8.8.8", 64, &udp(remote, inside, 9));
    let left = pieces("47.0.0.2", "8.8.8.8", 63, &udp(remote, outside, 9));
    pass(&bench, at(2), told, Next::Internet, left);
    // Nothing has changed the flow.
    let stats = bench.table().stats();
    assert_eq!((stats.flows, stats.established), (2, 0));
}

#[test]
fn later_fragments_of_an_error_pass_dnat_both_ways() {
    let bench = Bench::new(&Config::new(64), &[BASE, OPEN]);
    let (client, public, server) = (("8.8.8.8", 999), ("47.0.0.2", 80), ("10.0.2.10", 8080));
    assert_eq!(
        bench.pass(Origin::Internet, &mut tcp(client, public, 64, "S")),
        Next::Deliver(i(2))
    );
    let told = pieces("10.0.2.10", "8.8.8.8", 64, &tcp(client, server, 9, "S"));
    let left = pieces("47.0.0.2", "8.8.8.8", 63, &tcp(client, public, 9, "S"));
    pass(&bench, at(2), told, Next::Internet, left);
    assert_eq!(bench.pass(at(2), &mut tcp(server, client, 64, "SA")), Next::Internet);
    let router = "198.51.100.1";
    let told = pieces(router, "47.0.0.2", 64, &tcp(public, client, 1, "SA"));
    let reached = pieces(router, "10.0.2.10", 63, &tcp(server, client, 1, "SA"));
    pass(&bench, Origin::Internet, told, Next::Deliver(i(2)), reached);
}

#[test]
fn later_fragments_of_an_error_pass_one_to_one_both_ways() {
    let bench = Bench::new(&Config::new(64), &[BASE]);
    let (inside, public, remote) = (("10.0.0.10", 4000), ("47.0.0.1", 4000), ("8.8.8.8", 53));
    assert_eq!(bench.pass(at(1), &mut udp(inside, remote, 64)), Next::Internet);
    let router = "198.51.100.1";
    // As its first one: answers come in without a gateway table.
    let told = pieces(router, "47.0.0.1", 64, &udp(public, remote, 1));
    let reached = pieces(router, "10.0.0.10", 63, &udp(inside, remote, 1));
    pass(&bench, Origin::Internet, told, Next::Deliver(i(1)), reached);
    let told = pieces("10.0.0.10", "8.8.8.8", 64, &udp(remote, inside, 9));
    let left = pieces("47.0.0.1", "8.8.8.8", 63, &udp(remote, public, 9));
    pass(&bench, at(1), told, Next::Internet, left);
}

/// A firewall tells of a packet that was carried to it as it came from the Internet.
#[test]
fn later_fragments_of_an_error_about_a_carried_packet() {
    let bench = Bench::new(&Config::new(64), &[BASE]);
    for line in [
        "create-route-table vtb-9 vpc-1 type=gateway",
        "update-gateway-route-table-entry-attribute vtb-9 10.0.0.0/24 i-3",
        "associate-route-table-with-gateway vtb-9 ipv4gw-1",
        "modify-route-entry vtb-14 0.0.0.0/0 ipv4gw-1",
        "set-forward i-3 on",
    ] {
        bench.line(line);
    }
    let (client, server) = (("8.8.8.8", 999), ("47.0.0.1", 80));
    let request = udp(client, server, 1);
    assert_eq!(bench.pass(Origin::Internet, &mut request.clone()), Next::Forward(i(3)));
    let told = pieces("10.0.3.10", "8.8.8.8", 64, &request);
    let left = pieces("47.0.0.1", "8.8.8.8", 63, &request);
    pass(&bench, at(3), told, Next::Internet, left);
}

#[test]
fn a_later_fragment_of_an_error_passes_only_behind_its_first() {
    let mut bench = Bench::new(&Config::new(64), &[BASE, OPEN]);
    let (inside, remote) = (("10.0.2.10", 4000), ("8.8.8.8", 53));
    let outside = ("47.0.0.2", 4000);
    assert_eq!(bench.pass(at(2), &mut udp(inside, remote, 64)), Next::Internet);
    let dropped = Next::Drop(DropReason::NoDnatEntry);
    let router = "198.51.100.1";
    let [first, later] = pieces(router, outside.0, 64, &udp(outside, remote, 1));
    assert_eq!(bench.pass(Origin::Internet, &mut later.clone()), dropped);
    assert_eq!(bench.pass(Origin::Internet, &mut first.clone()), Next::Deliver(i(2)));
    assert_eq!(bench.pass(Origin::Internet, &mut later.clone()), Next::Deliver(i(2)));
    // From elsewhere, and when its time is over; the flow lives on.
    let via = Origin::InternetVia(Place::Instance(InstanceId(3)));
    assert_ne!(bench.pass(via, &mut later.clone()), Next::Deliver(i(2)));
    bench.now = 29_999;
    assert_eq!(bench.pass(Origin::Internet, &mut later.clone()), Next::Deliver(i(2)));
    bench.now = 30_000;
    assert_eq!(bench.pass(Origin::Internet, &mut later.clone()), dropped);
    // Another error of the same identification that is about nothing takes the ports away.
    assert_eq!(bench.pass(Origin::Internet, &mut first.clone()), Next::Deliver(i(2)));
    let [stray, _] = pieces(router, outside.0, 64, &udp(("47.0.0.9", 4000), remote, 1));
    assert_eq!(bench.pass(Origin::Internet, &mut stray.clone()), dropped);
    assert_eq!(bench.pass(Origin::Internet, &mut later.clone()), dropped);
}

/// A later fragment of a made-up source, or from where nobody sends an error, is dropped as its first.
#[test]
fn a_later_fragment_of_a_forged_error_is_dropped_like_it() {
    let bench = Bench::new(&Config::new(64), &[BASE]);
    bench.pass(at(1), &mut udp(("10.0.0.10", 4000), ("8.8.8.8", 53), 64));
    for (from, source, to, about, reason) in [
        (
            Origin::Internet,
            "10.0.2.10",
            "47.0.0.1",
            udp(("47.0.0.1", 4000), ("8.8.8.8", 53), 1),
            DropReason::MartianSource,
        ),
        (
            at(2),
            "10.0.0.10",
            "8.8.8.8",
            udp(("8.8.8.8", 53), ("10.0.0.10", 4000), 1),
            DropReason::SpoofedSource,
        ),
    ] {
        for mut piece in pieces(source, to, 64, &about) {
            assert_eq!(bench.pass(from, &mut piece), Next::Drop(reason));
        }
    }
}

#[test]
fn all_fragments_of_an_error_are_steered_to_its_flow() {
    let bench = Bench::new(&Config::new(64), &[BASE, OPEN]);
    let region = bench.region();
    let tables = region.tables();
    let config = Config { instances: 16, fragments: 64, ..Config::new(64) };
    let memory = zeroed(Steering::footprint(64));
    let mut steering = Steering::init(&memory, &config).unwrap();
    // A port of every instance's share.
    for port in (1024..65535).step_by(4032) {
        let (outside, remote) = (("47.0.0.2", port), ("8.8.8.8", 53));
        let answer = udp(remote, outside, 64);
        let owner = steering.owner_of(&tables, Origin::Internet, &answer, 0);
        assert_eq!(owner, Some(port / 4096));
        for piece in pieces("198.51.100.1", "47.0.0.2", 64, &udp(outside, remote, 1)) {
            assert_eq!(steering.owner_of(&tables, Origin::Internet, &piece, 0), owner, "{port}");
        }
    }
}

/// As long as the table knows the ports, and no longer.
#[test]
fn fragments_are_steered_by_their_first_for_the_tables_time() {
    let bench = Bench::new(&Config::new(64), &[BASE]);
    let region = bench.region();
    let tables = region.tables();
    for time in [0, 1, 30_000, 100_000] {
        let timeouts = Timeouts { fragment: time, ..Timeouts::DEFAULT };
        let config = Config { instances: 64, fragments: 4, timeouts, ..Config::new(64) };
        let memory = zeroed(Steering::footprint(4));
        Steering::init(&memory, &config).unwrap();
        let mut steering = Steering::attach(&memory).unwrap();
        let mut told = 0;
        for port in 0..16 {
            let time = u64::from(time);
            let mut owner = |bytes: &[u8], now| {
                let start = u64::from(port) * 1_000_000;
                steering.owner_of(&tables, at(2), bytes, start + now).unwrap()
            };
            let [mut first, mut later] = [(0, true), (2, false)].map(|(offset, more)| {
                let mut packet = udp(("10.0.2.10", 4000 + port), ("8.8.8.8", 53), 64);
                (packet[6], packet[7]) = (u8::from(more) << 5, offset);
                packet
            });
            for packet in [&mut first, &mut later] {
                (packet[10], packet[11]) = (0, 0);
                let [high, low] = checksum(&packet[..20]).to_be_bytes();
                (packet[10], packet[11]) = (high, low);
            }
            let of_first = owner(&first, 0);
            if time > 0 {
                assert_eq!(owner(&later, time - 1), of_first);
            }
            // Then by ports 0, which is another one for nearly all.
            told += u32::from(owner(&later, time) != of_first);
        }
        assert!(told > 12, "{told} of 16 in {time} ms");
    }
}
