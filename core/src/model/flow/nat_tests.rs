//! Translation by NAT gateways, errors, fragments, and the steps of a way.

use super::support::*;
use super::*;
use crate::model::fixture::*;
use crate::region::ForwardProtocol;
use crate::resolve::DropReason::*;

const CLIENT: &str = "10.0.2.10:40000";
const OTHER: &str = "10.0.3.10:40000";
const SERVER: &str = "8.8.8.8:443";

/// T7 and its answer.
#[test]
fn snat_and_back() {
    let mut world = World::new();
    let sent = world.leaves("i-2", &tcp(CLIENT, SERVER, SYN));
    assert_eq!(ends(&sent), (end("47.0.0.2:40000"), end(SERVER)));
    let reached = world.reaches("i-2", &tcp(SERVER, "47.0.0.2:40000", SYN | ACK));
    assert_eq!(ends(&reached), (end(SERVER), end(CLIENT)));
    // From another server it is no answer.
    let other = tcp("8.8.4.4:443", "47.0.0.2:40000", ACK);
    world.is_dropped(Origin::Internet, &other, NoIngressRoute);
}

#[test]
fn ports() {
    let mut world = World::new();
    world.leaves("i-2", &udp(CLIENT, SERVER));
    // Taken: another of its parity. The same for all destinations.
    let port = world.leaves("i-3", &udp(OTHER, SERVER)).ports().0;
    assert!(port != 40000 && port.is_multiple_of(2) && port >= 1024);
    assert_eq!(world.leaves("i-3", &udp(OTHER, "1.1.1.1:53")).ports().0, port);
    // TCP has ports of its own; port 53 cannot be kept, but its parity.
    assert_eq!(world.leaves("i-3", &tcp(OTHER, SERVER, SYN)).ports().0, 40000);
    assert_eq!(world.leaves("i-2", &udp("10.0.2.10:53", SERVER)).ports().0 % 2, 1);
    // As long as one flow lives.
    world.now = 200_000;
    world.leaves("i-3", &udp(OTHER, "1.1.1.1:53"));
    world.now = 300_000;
    assert_eq!(world.leaves("i-3", &udp(OTHER, SERVER)).ports().0, port);
    world.now = 600_000;
    assert_eq!(world.leaves("i-3", &udp(OTHER, SERVER)).ports().0, 40000);
}

#[test]
fn ports_of_forward_entries_and_of_a_share() {
    let mut world = World::new();
    world.change(&[add_forward(2, ForwardProtocol::Udp, 40000, "10.0.2.10", 1)]);
    assert!(world.leaves("i-2", &udp(CLIENT, SERVER)).ports().0 != 40000);
    // The last four ports, of which one is named.
    let last = Config { instance: 16127, instances: 16128, ..Config::new(100) };
    world.model = FlowModel::new(last);
    world.change(&[add_forward(2, ForwardProtocol::Tcp, 65533, "10.0.2.10", 1)]);
    let ports = [40000, 40001, 40002].map(|port| {
        let from = std::format!("10.0.2.10:{port}");
        world.leaves("i-2", &tcp(&from, SERVER, SYN)).ports().0
    });
    assert_eq!(ports, [65532, 65535, 65534]);
    let more = tcp("10.0.2.10:40004", SERVER, SYN);
    world.is_dropped(interface("i-2"), &more, PortsExhausted);
    assert_eq!(world.model.len(), 3);
}

#[test]
fn choices_of_the_real_table() {
    let mut world = World::new();
    world.leaves("i-2", &udp(CLIENT, SERVER));
    let ask = udp(OTHER, SERVER);
    for (port, allowed) in [(1024, true), (65534, true), (40000, false), (1025, false)] {
        let mut model = world.model.clone();
        let shown = udp(&std::format!("47.0.0.2:{port}"), SERVER);
        let real = Answer { next: Next::Internet, packet: Packet { ttl: 63, ..shown } };
        let from = interface("i-3");
        let answer = model.check(&world.twin, from, &ask, 0, Some(&real)).unwrap().unwrap();
        assert_eq!(answer == real, allowed, "{port}");
    }
}

#[test]
fn dnat_and_back() {
    let mut world = World::open();
    world.change(&[add_forward(2, ForwardProtocol::Tcp, 443, "10.0.2.10", 8443)]);
    let ask = tcp("8.8.8.8:5000", "47.0.0.2:443", SYN);
    let reached = world.reaches("i-2", &ask);
    assert_eq!(ends(&reached), (end("8.8.8.8:5000"), end("10.0.2.10:8443")));
    let left = world.leaves("i-2", &tcp("10.0.2.10:8443", "8.8.8.8:5000", SYN | ACK));
    assert_eq!(ends(&left), (end("47.0.0.2:443"), end("8.8.8.8:5000")));
    world.is_dropped(Origin::Internet, &udp("8.8.8.8:5000", "47.0.0.2:443"), NoDnatEntry);
}

#[test]
fn icmp_queries() {
    let mut world = World::new();
    let sent = world.leaves("i-2", &icmp(CLIENT, SERVER, 8, 2000));
    let other = world.leaves("i-3", &icmp(OTHER, SERVER, 8, 2000));
    let (first, second) = (sent.ports().0, other.ports().0);
    assert_eq!((sent.source, first), (a("47.0.0.2"), 2000));
    assert!(second != 2000 && second.is_multiple_of(2));
    let reached = world.reaches("i-3", &icmp(SERVER, "47.0.0.2:0", 0, second));
    assert_eq!((reached.destination, reached.ports()), (a("10.0.3.10"), (0, 2000)));
    // An answer that was not asked for, and what is no query.
    let from = interface("i-2");
    world.is_dropped(from, &icmp(CLIENT, SERVER, 0, 2000), UnsupportedProtocol);
    world.is_dropped(from, &icmp(CLIENT, SERVER, 9, 2000), UnsupportedProtocol);
    world.is_dropped(from, &protocol(CLIENT, SERVER, 47), UnsupportedProtocol);
}

#[test]
fn errors() {
    let mut world = World::new();
    world.leaves("i-2", &udp(CLIENT, SERVER));
    let sent = world.leaves("i-3", &udp(OTHER, SERVER));
    // A router on the way to the server.
    let reached = world.reaches("i-3", &error("9.9.9.9", &sent));
    assert_eq!((reached.source, reached.destination), (a("9.9.9.9"), a("10.0.3.10")));
    assert_eq!(ends(about(&reached)), (end(OTHER), end(SERVER)));
    // About an answer, from its receiver.
    let port = sent.ports().0;
    let answer = world.reaches("i-3", &udp(SERVER, &std::format!("47.0.0.2:{port}")));
    let left = world.leaves("i-3", &error("10.0.3.10", &answer));
    assert_eq!((left.source, left.destination), (a("47.0.0.2"), a("8.8.8.8")));
    assert_eq!(ends(about(&left)).1, (a("47.0.0.2"), port));
    // About nothing that is known, or too little of it.
    let unknown = udp("47.0.0.2:9", SERVER);
    world.is_dropped(Origin::Internet, &error("9.9.9.9", &unknown), NoIngressRoute);
    let mut short = error("9.9.9.9", &sent);
    let Transport::Error { shown, .. } = &mut short.transport else { panic!() };
    *shown = 23;
    world.is_dropped(Origin::Internet, &short, NoIngressRoute);
    let unknown = error("10.0.3.10", &udp(SERVER, "10.0.3.10:9"));
    world.is_dropped(interface("i-3"), &unknown, UnsupportedProtocol);
    assert_eq!(world.model.len(), 2);
}

#[test]
fn an_error_of_a_third_party_inside() {
    let mut world = World::open();
    world.change(&[create_instance(9, 1, "10.0.0.99"), forward(9, true)]);
    let reached = world.reaches("i-1", &udp(SERVER, "47.0.0.1:53"));
    let left = world.leaves("i-9", &error("10.0.0.99", &reached));
    assert_eq!((left.source, left.destination), (a("47.0.0.1"), a("8.8.8.8")));
    assert_eq!(ends(about(&left)).1, end("47.0.0.1:53"));
}

#[test]
fn fragments() {
    let mut world = World::new();
    let first = Packet { more: true, ..udp(CLIENT, SERVER) };
    let later = Packet { offset: 185, transport: Transport::Later(17), ..udp(CLIENT, SERVER) };
    world.is_dropped(interface("i-2"), &later, Fragment);
    world.leaves("i-2", &first);
    assert_eq!(world.leaves("i-2", &later).source, a("47.0.0.2"));
    // Another packet's; one that nobody knows any more; one to one.
    let other = Packet { identification: 8, ..later.clone() };
    world.is_dropped(interface("i-2"), &other, Fragment);
    world.now = 29_999;
    world.leaves("i-2", &later);
    world.now = 30_000;
    world.is_dropped(interface("i-2"), &later, Fragment);
    let plain = Packet { source: a("10.0.0.10"), ..later };
    assert_eq!(world.leaves("i-1", &plain).source, a("47.0.0.1"));
    assert_eq!(world.model.len(), 1);
}

#[test]
fn fragments_of_an_error() {
    let mut world = World::new();
    world.leaves("i-2", &udp(CLIENT, SERVER));
    let sent = world.leaves("i-3", &udp(OTHER, SERVER));
    let first = Packet { more: true, ..error("9.9.9.9", &sent) };
    let later = Packet { offset: 5, transport: Transport::Later(1), ..first.clone() };
    world.is_dropped(Origin::Internet, &later, NoIngressRoute);
    world.reaches("i-3", &first);
    let reached = world.reaches("i-3", &later);
    assert_eq!((reached.source, reached.destination), (a("9.9.9.9"), a("10.0.3.10")));
    let answer = world.reaches("i-3", &udp(SERVER, &std::format!("47.0.0.2:{}", sent.ports().0)));
    let first = Packet { more: true, ..error("10.0.3.10", &answer) };
    let later = Packet { offset: 5, transport: Transport::Later(1), ..first.clone() };
    world.is_dropped(interface("i-3"), &later, Fragment);
    world.leaves("i-3", &first);
    let left = world.leaves("i-3", &later);
    assert_eq!((left.source, left.destination), (a("47.0.0.2"), a("8.8.8.8")));
    // Of one about nothing that is known.
    let first = Packet { more: true, ..error("10.0.3.10", &udp(SERVER, "10.0.3.10:9")) };
    world.is_dropped(interface("i-3"), &first, UnsupportedProtocol);
    world.is_dropped(interface("i-3"), &later, Fragment);
    assert_eq!(world.model.len(), 2);
}

/// i-3 sends through ngw-1, whose vSwitch sends on through i-9 and ep-1.
fn with_stops() -> World {
    let mut world = World::new();
    world.change(&[
        create_table(15, 1, false),
        create_table(16, 1, false),
        create_vswitch(5, 1, "10.0.5.0/24"),
        create_vswitch(6, 1, "10.0.6.0/24"),
        associate_table(15, 5),
        associate_table(16, 6),
        create_instance(9, 5, "10.0.5.9"),
        forward(9, true),
        create_gwlb(1, false),
        register(1, 1),
        register(1, 2),
        create_endpoint(1, 6, 1),
        delete_route(12, "0.0.0.0/0"),
        add_route(12, "0.0.0.0/0", "i-9"),
        add_route(15, "0.0.0.0/0", "ep-1"),
        add_route(16, "0.0.0.0/0", "ipv4gw-1"),
    ]);
    world
}

#[test]
fn carried_on_behind_a_nat_gateway() {
    let mut world = with_stops();
    let ask = Packet { ttl: 2, ..udp(OTHER, SERVER) };
    let first = world.send("i-3", &ask);
    assert_eq!(first, Answer { next: Next::Forward(id("i-9")), packet: ask.clone() });
    let second = world.send("i-9", &ask);
    let Next::Inspect { endpoint, appliance } = second.next else { panic!("{second:?}") };
    assert_eq!(endpoint.id(), id("ep-1"));
    assert_eq!(world.leaves("ep-1", &ask).source, a("47.0.0.2"));
    assert_eq!(world.model.len(), 1);
    // The flow stays with its appliance, until that fails.
    assert_eq!(world.send("i-9", &ask).next, second.next);
    world.change(&[set_appliance(appliance.0, false)]);
    let Next::Inspect { appliance: other, .. } = world.send("i-9", &ask).next else { panic!() };
    assert!(other != appliance);
    // None healthy: the way ends there, and a NAT gateway lies before the next stop.
    world.change(&[set_appliance(other.0, false)]);
    world.is_dropped(interface("i-3"), &ask, ApplianceUnavailable);
    world.is_dropped(interface("i-9"), &ask, ApplianceUnavailable);
}

#[test]
fn a_drop_is_walked_to() {
    let mut world = with_stops();
    world.change(&[
        delete_route(16, "0.0.0.0/0"),
        delete_route(14, "0.0.0.0/0"),
        add_route(14, "0.0.0.0/0", "i-9"),
    ]);
    let ask = udp(OTHER, SERVER);
    assert_eq!(world.send("i-3", &ask).next, Next::Forward(id("i-9")));
    assert_eq!(world.send("i-9", &ask).next.name(), "inspect");
    world.is_dropped(interface("ep-1"), &ask, NoRoute);
    assert!(world.model.is_empty());
    // A loop is not.
    world.change(&[add_route(16, "0.0.0.0/0", "i-9")]);
    world.is_dropped(interface("i-3"), &ask, Loop);
}

/// Two hosts behind a NAT gateway whose packet stays inside: the gateway's own address.
#[test]
fn snat_inside() {
    let mut world = World::new();
    world.change(&[add_route(12, "30.0.0.0/16", "peer-1")]);
    let handed = world.send("i-2", &udp(CLIENT, "30.0.0.5:53"));
    assert_eq!(handed.next, Next::Handoff(id("peer-1")));
    assert_eq!(ends(&handed.packet).0, end("10.0.1.20:40000"));
    assert_eq!(handed.packet.ttl, 64);
    world.change(&[forward(1, true)]);
    let back = world.send("i-1", &udp("30.0.0.5:53", "10.0.1.20:40000"));
    assert_eq!(back.next, Next::Deliver(id("i-2")));
    assert_eq!(ends(&back.packet).1, end(CLIENT));
}
