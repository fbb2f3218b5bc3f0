//! Flows begin, are kept up, and end.

use super::support::*;
use super::*;
use crate::model::fixture::*;
use crate::resolve::DropReason::*;

const CLIENT: &str = "10.0.0.10:40000";
const PUBLIC: &str = "47.0.0.1:40000";
const SERVER: &str = "8.8.8.8:443";

/// T6, T10, T11: out by its own address; only the answer comes back in.
#[test]
fn the_answer_comes_back() {
    let mut world = World::new();
    let answer = tcp(SERVER, PUBLIC, SYN | ACK);
    world.is_dropped(Origin::Internet, &answer, NoIngressRoute);
    let sent = world.leaves("i-1", &tcp(CLIENT, SERVER, SYN));
    assert_eq!(ends(&sent), (end(PUBLIC), end(SERVER)));
    let reached = world.reaches("i-1", &answer);
    assert_eq!(ends(&reached), (end(SERVER), end(CLIENT)));
    // Another port of the server is not what was asked.
    world.is_dropped(Origin::Internet, &tcp("8.8.8.8:444", PUBLIC, ACK), NoIngressRoute);
}

#[test]
fn a_flow_ends_exactly_at_its_timeout() {
    let cases = [
        (udp(CLIENT, SERVER), udp(SERVER, PUBLIC), 300_000),
        (tcp(CLIENT, SERVER, SYN), tcp(SERVER, PUBLIC, ACK), 240_000),
        (icmp(CLIENT, SERVER, 8, 5), icmp(SERVER, PUBLIC, 0, 5), 60_000),
        (protocol(CLIENT, SERVER, 47), protocol(SERVER, PUBLIC, 47), 300_000),
    ];
    for (ask, answer, timeout) in cases {
        let mut world = World::new();
        world.now = 5;
        world.leaves("i-1", &ask);
        world.now += timeout - 1;
        world.reaches("i-1", &answer);
        // The answer has renewed it. A clock that goes back stands.
        world.now += timeout - 1;
        world.reaches("i-1", &answer);
        world.now += timeout;
        world.is_dropped(Origin::Internet, &answer, NoIngressRoute);
        world.now = 0;
        world.is_dropped(Origin::Internet, &answer, NoIngressRoute);
        assert!(world.model.is_empty());
    }
}

/// A TCP flow through its handshake.
fn established(world: &mut World) {
    world.leaves("i-1", &tcp(CLIENT, SERVER, SYN));
    world.reaches("i-1", &tcp(SERVER, PUBLIC, SYN | ACK));
    world.leaves("i-1", &tcp(CLIENT, SERVER, ACK));
}

#[test]
fn established_tcp_lives_longer_and_closing_shorter() {
    let mut world = World::new();
    established(&mut world);
    world.now = 7_439_999;
    world.reaches("i-1", &tcp(SERVER, PUBLIC, FIN | ACK));
    world.now += 240_000;
    // One side has closed.
    world.leaves("i-1", &tcp(CLIENT, SERVER, FIN | ACK));
    world.now += 239_999;
    world.reaches("i-1", &tcp(SERVER, PUBLIC, ACK));
    world.now += 240_000;
    world.is_dropped(Origin::Internet, &tcp(SERVER, PUBLIC, ACK), NoIngressRoute);
}

#[test]
fn reset_and_open_again() {
    let mut world = World::new();
    established(&mut world);
    world.reaches("i-1", &tcp(SERVER, PUBLIC, RST));
    // For good: acknowledging does not establish it again.
    world.leaves("i-1", &tcp(CLIENT, SERVER, ACK));
    assert!(!world.model.flows[0].is_established());
    // The server's SYN is not of this flow, and of none.
    let again = tcp(SERVER, PUBLIC, SYN);
    world.is_dropped(Origin::Internet, &again, NoIngressRoute);
    // What is dropped ends nothing; the client's SYN opens it again.
    assert_eq!(world.model.len(), 1);
    established(&mut world);
    assert!(world.model.flows[0].is_established());
}

#[test]
fn the_least_recent_transitory_flow_goes() {
    let mut world = World::with_room(3);
    established(&mut world);
    let (first, second) = (udp("10.0.0.10:1", SERVER), udp("10.0.0.10:2", SERVER));
    world.leaves("i-1", &first);
    world.leaves("i-1", &second);
    world.leaves("i-1", &first);
    world.leaves("i-1", &icmp(CLIENT, SERVER, 8, 1));
    let lost = udp(SERVER, "47.0.0.1:2");
    world.is_dropped(Origin::Internet, &lost, NoIngressRoute);
    world.reaches("i-1", &udp(SERVER, "47.0.0.1:1"));
    world.leaves("i-1", &first);
    world.reaches("i-1", &tcp(SERVER, PUBLIC, ACK));
    // UDP whose opener goes on after an answer stays, ICMP that was answered goes.
    world.reaches("i-1", &icmp(SERVER, PUBLIC, 0, 1));
    world.leaves("i-1", &second);
    world.reaches("i-1", &udp(SERVER, "47.0.0.1:2"));
    world.leaves("i-1", &second);
    let other = udp("10.0.0.10:3", SERVER);
    world.is_dropped(interface("i-1"), &other, FlowTableFull);
    // Time-outs make room.
    world.now = 300_000;
    world.leaves("i-1", &other);
    assert_eq!(world.model.len(), 2);
}

#[test]
fn what_is_dropped_leaves_nothing() {
    let mut world = World::with_room(1);
    world.leaves("i-1", &udp(CLIENT, SERVER));
    let late = Packet { ttl: 1, ..udp("10.0.0.10:9", SERVER) };
    world.is_dropped(interface("i-1"), &late, TtlExpired);
    world.is_dropped(interface("i-1"), &udp("10.0.9.9:9", SERVER), SpoofedSource);
    let again = Packet { ttl: 0, ..udp(CLIENT, SERVER) };
    world.now = 299_999;
    world.is_dropped(interface("i-1"), &again, TtlExpired);
    world.now = 300_000;
    world.is_dropped(Origin::Internet, &udp(SERVER, PUBLIC), NoIngressRoute);
}

#[test]
fn judged_afresh() {
    let mut world = World::open();
    world.leaves("i-1", &udp(CLIENT, SERVER));
    world.reaches("i-1", &udp(SERVER, PUBLIC));
    // A drop in between ends nothing.
    world.change(&[delete_route(11, "0.0.0.0/0")]);
    world.is_dropped(interface("i-1"), &udp(CLIENT, SERVER), NoRoute);
    world.change(&[add_route(11, "0.0.0.0/0", "ipv4gw-1")]);
    world.reaches("i-1", &udp(SERVER, PUBLIC));
    assert_eq!(world.model.len(), 1);
    // The address moves to i-2: what comes for it opens a flow to there.
    world.change(&[crate::region::Command::UnassociateEip(crate::addr::EipId(1)), bind(1, "i-2")]);
    let moved = world.reaches("i-2", &udp(SERVER, PUBLIC));
    assert_eq!(ends(&moved).1, end("10.0.2.10:40000"));
    assert_eq!(world.model.len(), 1);
}

#[test]
fn inside_the_vpc() {
    let mut world = World::new();
    let ask = udp("10.0.2.10:5", "10.0.0.10:6");
    assert_eq!(world.send("i-2", &ask), Answer { next: Next::Deliver(id("i-1")), packet: ask });
    let answer = udp("10.0.0.10:6", "10.0.2.10:5");
    let next = Next::Deliver(id("i-2"));
    assert_eq!(world.send("i-1", &answer), Answer { next, packet: answer });
    assert_eq!(world.model.len(), 1);
    assert!(world.model.flows[0].answered);
}

#[test]
fn counters() {
    let mut world = World::new();
    let ask = udp(CLIENT, SERVER);
    world.leaves("i-1", &ask);
    world.leaves("i-1", &ask);
    world.reaches("i-1", &udp(SERVER, PUBLIC));
    world.is_dropped(Origin::Internet, &tcp(SERVER, PUBLIC, SYN), NoIngressRoute);
    world.model.malformed(11, 0);
    let counters = world.model.counters();
    let length = ask.total_len() as u64;
    let count = |packets, bytes| Count { packets, bytes };
    assert_eq!(counters.verdicts["egress"], count(2, 2 * length));
    assert_eq!(counters.verdicts["deliver"], count(1, length));
    assert_eq!(counters.verdicts["drop"], count(2, length + 12 + 11));
    assert_eq!(counters.drops[&NoIngressRoute], count(1, length + 12));
    assert_eq!(counters.sent[&a("47.0.0.1")], count(2, 2 * length));
    assert_eq!(counters.received[&a("47.0.0.1")], count(1, length));
}
