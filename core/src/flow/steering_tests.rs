//! Packets of the same flow belong to the same instance, whose table knows it.

use std::collections::BTreeMap;
use std::vec::Vec;

use super::burst_tests::Random;
use super::flow_tests::{BASE, Bench, at, error, i, tcp, udp, zeroed};
use super::*;
use crate::packet::{Ends, Next, Origin, Place, View};

/// Instances with a table each, and who steers.
struct Instances {
    bench: Bench,
    tables: Vec<Vec<crate::sync::AtomicU32>>,
    steering: Vec<crate::sync::AtomicU32>,
    counts: BTreeMap<u16, usize>,
}

impl Instances {
    fn new(count: u16, scripts: &[&str]) -> Instances {
        let bench = Bench::new(&Config::new(1), scripts);
        let tables = (0..count).map(|instance| {
            let config = Config { instance, instances: count, ..Config::new(4096) };
            let memory = zeroed(config.footprint());
            FlowTable::init(&memory, &config).unwrap();
            memory
        });
        let tables = tables.collect();
        let steering = zeroed(Steering::footprint(64));
        let config = Config { instances: count, fragments: 64, ..Config::new(4096) };
        Steering::init(&steering, &config).unwrap();
        Instances { bench, tables, steering, counts: BTreeMap::new() }
    }

    fn pass(&mut self, from: Origin, bytes: &mut [u8]) -> (u16, Next) {
        let region = self.bench.region();
        let tables = region.tables();
        let mut steering = Steering::attach(&self.steering).unwrap();
        let owner = steering.owner_of(&tables, from, bytes, 0).unwrap();
        let again = steering.owner_of(&tables, from, bytes, 0).unwrap();
        assert_eq!(owner, again, "a remembered answer is the same");
        *self.counts.entry(owner).or_default() += 1;
        let mut table = FlowTable::attach(&self.tables[usize::from(owner)]).unwrap();
        (owner, table.process(&tables, from, bytes, 0).unwrap())
    }

    /// A packet out and its answer back, which only the table that knows the flow lets in.
    fn there_and_back(&mut self, number: u16, source: (&str, u16), remote: (&str, u16)) -> Ends {
        let mut out = udp(source, remote, 64);
        let (owner, next) = self.pass(at(number), &mut out);
        assert_eq!(next, Next::Internet, "{source:?} {remote:?}");
        let ends = View::new(&out).unwrap().ends();
        let public = text(ends.source);
        let mut back = udp(remote, (&public, ends.source_port), 64);
        let (same, next) = self.pass(Origin::Internet, &mut back);
        assert_eq!((same, next), (owner, Next::Deliver(i(number))), "{source:?} {remote:?}");
        ends
    }
}

fn text(address: crate::addr::Addr) -> std::string::String {
    std::format!("{address}")
}

#[test]
fn answers_come_to_the_instance_of_the_flow() {
    for count in [2, 3, 7] {
        let mut instances = Instances::new(count, &[BASE]);
        for port in (1000..60000).step_by(701) {
            for remote in ["8.8.8.8", "9.9.9.9", "200.1.2.3"] {
                instances.there_and_back(1, ("10.0.0.10", port), (remote, 53));
                let one = instances.there_and_back(2, ("10.0.2.10", port), (remote, 53));
                let other = instances.there_and_back(3, ("10.0.3.10", port), (remote, 53));
                assert_ne!(one.source_port, other.source_port);
            }
        }
        let all: usize = instances.counts.values().sum();
        assert_eq!(instances.counts.len(), usize::from(count), "every instance has some");
        let least = instances.counts.values().min().unwrap();
        assert!(least * usize::from(count) * 10 > all * 7, "evenly: {:?}", instances.counts);
    }
}

#[test]
fn the_same_outside_port_for_all_remotes() {
    let mut instances = Instances::new(4, &[BASE]);
    for port in [2000, 3001, 50000] {
        let first = instances.there_and_back(2, ("10.0.2.10", port), ("8.8.8.8", 53));
        let second = instances.there_and_back(2, ("10.0.2.10", port), ("9.9.9.9", 443));
        assert_eq!(first.source_port, second.source_port);
    }
}

#[test]
fn forwardings_and_flows_inside() {
    let mut instances = Instances::new(5, &[BASE]);
    let bench = &instances.bench;
    bench.line("create-route-table vtb-9 vpc-1 type=gateway");
    bench.line("associate-route-table-with-gateway vtb-9 ipv4gw-1");
    bench.line("create-forward-entry ngw-1 eip-2 udp 2000 10.0.3.10 53");
    bench.line("allocate-eip eip-3 47.0.0.3");
    bench.line("associate-eip eip-3 ngw-1");
    bench.line("create-forward-entry ngw-1 eip-3 any 0 10.0.2.10 0");
    for port in (1024..60000).step_by(997) {
        // By a forwarded port, and by a forwarded address.
        for (public, public_port, host, inside) in [
            ("47.0.0.2", 2000, (3, "10.0.3.10"), 53),
            ("47.0.0.3", 40000, (2, "10.0.2.10"), 40000),
            ("47.0.0.3", 500, (2, "10.0.2.10"), 500),
        ] {
            let mut request = udp(("8.8.8.8", port), (public, public_port), 64);
            let (owner, next) = instances.pass(Origin::Internet, &mut request);
            assert_eq!(next, Next::Deliver(i(host.0)));
            let mut answer = udp((host.1, inside), ("8.8.8.8", port), 64);
            let (same, next) = instances.pass(at(host.0), &mut answer);
            assert_eq!((same, next), (owner, Next::Internet));
            let ends = View::new(&answer).unwrap().ends();
            assert_eq!((text(ends.source).as_str(), ends.source_port), (public, public_port));
        }
        let mut one = udp(("10.0.0.10", port), ("10.0.2.10", 53), 64);
        let (owner, next) = instances.pass(at(1), &mut one);
        assert_eq!(next, Next::Deliver(i(2)));
        let mut other = udp(("10.0.2.10", 53), ("10.0.0.10", port), 64);
        assert_eq!(instances.pass(at(2), &mut other), (owner, Next::Deliver(i(1))));
    }
}

#[test]
fn errors_about_packets_as_they_came_from_the_internet() {
    let mut instances = Instances::new(3, &[BASE]);
    let bench = &instances.bench;
    bench.line("create-route-table vtb-9 vpc-1 type=gateway");
    bench.line("update-gateway-route-table-entry-attribute vtb-9 10.0.0.0/24 i-3");
    bench.line("update-gateway-route-table-entry-attribute vtb-9 10.0.1.0/24 i-3");
    bench.line("associate-route-table-with-gateway vtb-9 ipv4gw-1");
    bench.line("modify-route-entry vtb-14 0.0.0.0/0 ipv4gw-1");
    bench.line("modify-route-entry vtb-12 0.0.0.0/0 i-3");
    bench.line("set-forward i-3 on");
    for port in (1024..60000).step_by(997) {
        // A firewall in front of a public address, and behind a NAT gateway.
        let (client, server) = (("8.8.8.8", port), ("47.0.0.1", 80));
        let (owner, next) = instances.pass(Origin::Internet, &mut udp(client, server, 1));
        assert_eq!(next, Next::Forward(i(3)));
        let mut answer = error("10.0.3.10", client.0, 64, 11, &udp(client, server, 1));
        assert_eq!(instances.pass(at(3), &mut answer), (owner, Next::Internet));
        let mut query = udp(("10.0.2.10", port), ("8.8.8.8", 53), 64);
        let (owner, next) = instances.pass(at(2), &mut query);
        assert_eq!(next, Next::Forward(i(3)));
        assert_eq!(instances.pass(at(3), &mut query), (owner, Next::Internet));
        let shared = text(View::new(&query).unwrap().ends().source);
        let back =
            udp(("8.8.8.8", 53), (&shared, View::new(&query).unwrap().ends().source_port), 1);
        assert_eq!(
            instances.pass(Origin::Internet, &mut back.clone()),
            (owner, Next::Forward(i(3)))
        );
        let mut answer = error("10.0.3.10", "8.8.8.8", 64, 11, &back);
        assert_eq!(instances.pass(at(3), &mut answer), (owner, Next::Internet));
    }
}

#[test]
fn shares_are_told_as_they_are_given_out() {
    for count in [1, 2, 3, 10, 1000, 64512] {
        let memory = zeroed(Steering::footprint(0));
        let config = Config { instances: count, fragments: 0, ..Config::new(1) };
        let steering = Steering::init(&memory, &config).unwrap();
        for instance in [0, count / 3, count / 2, count - 1] {
            let config = Config { instance, instances: count, ..Config::new(1) };
            let (first, end) = config.share();
            for port in [first, (first + end) / 2, end - 1] {
                let port = u16::try_from(port).unwrap();
                assert_eq!(steering.by_share(port), instance, "{port} of {count}");
            }
        }
    }
}

/// Behind a firewall that comes after the NAT gateway nothing shows any more that there was one.
#[test]
fn what_nobodys_address_sends_stays_with_its_instance() {
    for count in [2, 3, 7] {
        let mut instances = Instances::new(count, &[BASE]);
        let bench = &instances.bench;
        for line in [
            "create-instance i-4 vsw-3 10.0.2.20 forward=on",
            "create-snat-entry ngw-1 172.16.0.0/12 eip-2",
            "create-vswitch vsw-5 vpc-1 10.0.4.0/24",
            "create-instance i-5 vsw-5 10.0.4.10 forward=on",
            "modify-route-entry vtb-12 0.0.0.0/0 i-5",
            "create-route-entry vtb-1 0.0.0.0/0 ipv4gw-1",
        ] {
            bench.line(line);
        }
        for port in (1000..60000).step_by(997) {
            let (container, remote) = (("172.16.5.5", port), ("8.8.8.8", 53));
            let mut out = udp(container, remote, 64);
            let (owner, next) = instances.pass(at(4), &mut out);
            assert_eq!(next, Next::Forward(i(5)));
            assert_eq!(instances.pass(at(5), &mut out), (owner, Next::Internet), "{port}");
            let ends = View::new(&out).unwrap().ends();
            let mut back = udp(remote, (&text(ends.source), ends.source_port), 64);
            assert_eq!(instances.pass(Origin::Internet, &mut back), (owner, Next::Deliver(i(4))));
        }
    }
}

/// The same of who answers a forwarding of all ports, by the way of a peer: behind the firewall its share
/// counts, too.
#[test]
fn a_forwarding_of_all_ports_to_nobodys_address_stays_with_its_instance() {
    for count in [2, 3, 7] {
        let mut instances = Instances::new(count, &[BASE, MORE, WAYS[1]]);
        for port in (1000..60000).step_by(997) {
            let (client, public, target) =
                (("8.8.8.8", 999), ("47.0.0.4", port), ("172.16.5.5", port));
            let (owner, next) = instances.pass(Origin::Internet, &mut udp(client, public, 64));
            assert_eq!(next, Next::Forward(i(5)));
            let via = Origin::InternetVia(Place::from_id(i(5)).unwrap());
            let mut request = udp(client, public, 64);
            let peer = Next::Handoff(crate::addr::Id::parse("peer-1").unwrap());
            assert_eq!(instances.pass(via, &mut request), (owner, peer));
            assert_eq!(request, udp(client, target, 64));
            let mut answer = udp(target, client, 64);
            assert_eq!(instances.pass(at(4), &mut answer), (owner, Next::Forward(i(5))));
            assert_eq!(instances.pass(at(5), &mut answer), (owner, Next::Internet), "{port}");
            assert_eq!(answer, udp(public, client, 63));
        }
    }
}

/// A firewall, or appliances, behind the NAT gateway or in front of a public address; i-4 forwards for
/// addresses that nobody owns, i-5 is the firewall.
const MORE: &str = "\
create-vswitch vsw-5 vpc-1 10.0.4.0/24
create-instance i-4 vsw-3 10.0.2.20 forward=on
create-instance i-5 vsw-5 10.0.4.10 forward=on
create-snat-entry ngw-1 172.16.0.0/12 eip-2
create-forward-entry ngw-1 eip-2 udp 53 10.0.2.10 5353
allocate-eip eip-3 47.0.0.3
associate-eip eip-3 ngw-1
create-forward-entry ngw-1 eip-3 any 0 10.0.3.10 0
allocate-eip eip-4 47.0.0.4
associate-eip eip-4 ngw-1
create-forward-entry ngw-1 eip-4 any 0 172.16.5.5 0
create-route-entry vtb-12 172.16.0.0/12 peer-1
create-route-entry vtb-1 0.0.0.0/0 ipv4gw-1
create-gwlb gwlb-1
create-gwlb-endpoint ep-1 vsw-5 gwlb-1
register-appliance gwlb-1 app-1
register-appliance gwlb-1 app-2
create-route-table vtb-9 vpc-1 type=gateway
associate-route-table-with-gateway vtb-9 ipv4gw-1
";
const WAYS: [&str; 4] = [
    "",
    "modify-route-entry vtb-12 0.0.0.0/0 i-5\n\
     update-gateway-route-table-entry-attribute vtb-9 10.0.1.0/24 i-5",
    "modify-route-entry vtb-12 0.0.0.0/0 ep-1\n\
     update-gateway-route-table-entry-attribute vtb-9 10.0.1.0/24 ep-1",
    "modify-route-entry vtb-11 0.0.0.0/0 i-5\n\
     update-gateway-route-table-entry-attribute vtb-9 10.0.0.0/24 i-5",
];
const SENDERS: [(u16, &str); 4] =
    [(1, "10.0.0.10"), (2, "10.0.2.10"), (3, "10.0.3.10"), (4, "172.16.5.5")];

/// A packet that has been carried on or has ended, in the one table's world and in that of the instances.
struct Seen {
    from: Origin,
    before: [Vec<u8>; 2],
    next: Next,
    after: [Vec<u8>; 2],
}

/// A packet that may be the first of a flow.
fn first(random: &mut Random) -> (Origin, Vec<u8>) {
    let pick =
        |random: &mut Random, ports: &[u16]| ports[random.below(ports.len() as u32) as usize];
    let remote = ["8.8.8.8", "9.9.9.9"][random.below(2) as usize];
    let (from, source, to) = if random.below(3) > 0 {
        let (number, host) = SENDERS[random.below(4) as usize];
        let port = pick(random, &[53, 500, 5353, 8080, 40000, 40001, 65535]);
        (at(number), (host, port), (remote, pick(random, &[53, 443, 40000])))
    } else {
        // To no port that may be given out.
        let public = ["47.0.0.1", "47.0.0.2", "47.0.0.3", "47.0.0.4"][random.below(4) as usize];
        (
            Origin::Internet,
            (remote, pick(random, &[53, 40000])),
            (public, pick(random, &[53, 80, 443, 2000])),
        )
    };
    let is_tcp = random.below(2) == 0;
    (from, if is_tcp { tcp(source, to, 64, "S") } else { udp(source, to, 64) })
}

/// What the other side sends after a packet: an answer, or an error about it.
fn reaction(packet: &[u8], by: Option<&str>, flags: &str) -> Vec<u8> {
    let ends = View::new(packet).unwrap().ends();
    let (source, destination) = (text(ends.source), text(ends.destination));
    let (from, to) =
        ((destination.as_str(), ends.destination_port), (source.as_str(), ends.source_port));
    match by {
        Some(by) => error(by, to.0, 64, 11, packet),
        None if packet[9] == 6 => tcp(from, to, 64, flags),
        None => udp(from, to, 64),
    }
}

/// Random flows, answers, and errors about them from either side and from the firewall.
#[test]
fn instances_do_what_one_table_does() {
    let mut errors = 0;
    for (way, count) in WAYS.iter().flat_map(|way| [1, 2, 3, 7].map(|count| (way, count))) {
        let mut random = Random(u64::from(count) + 77);
        let one = Bench::new(&Config::new(4096), &[BASE, MORE, way]);
        let mut many = Instances::new(count, &[BASE, MORE, way]);
        let mut seen: Vec<Seen> = Vec::new();
        for _ in 0..1500 {
            let earlier = seen.len().checked_sub(1 + random.below(40) as usize).map(|n| &seen[n]);
            let earlier = earlier.filter(|seen| seen.before[0][9] != 1 && random.below(3) > 0);
            let (mut from, mut packet) = match earlier {
                None => {
                    let (from, packet) = first(&mut random);
                    (from, [packet.clone(), packet])
                }
                Some(seen) => {
                    let (from, about) = match seen.next {
                        Next::Internet => (Origin::Internet, &seen.after),
                        Next::Deliver(id) => (at(id.number), &seen.after),
                        Next::Forward(id) => (at(id.number), &seen.before),
                        // Who answers by the way of the peer comes by i-4.
                        Next::Handoff(_) => (at(4), &seen.after),
                        _ => (seen.from, &seen.before),
                    };
                    let is_firewall = from == at(5);
                    let by = match from {
                        Origin::Internet => "198.51.100.7",
                        _ if is_firewall => "10.0.4.10",
                        _ => SENDERS.iter().find(|(n, _)| at(*n) == from).map_or("", |s| s.1),
                    };
                    let tells = is_firewall || !by.is_empty() && random.below(4) == 0;
                    errors += u32::from(tells);
                    let by = tells.then_some(by);
                    let flags = ["SA", "A", "A", "FA", "R"][random.below(5) as usize];
                    (from, about.each_ref().map(|packet| reaction(packet, by, flags)))
                }
            };
            loop {
                let before = packet.clone();
                let next = one.pass(from, &mut packet[0]);
                let (_, other) = many.pass(from, &mut packet[1]);
                // What is new to the appliances is told apart by its outside port.
                let is_inspected = |next| matches!(next, Next::Inspect { .. });
                let are_alike = next == other || is_inspected(next) && is_inspected(other);
                assert!(are_alike, "{next:?} {other:?}: {count} by {way}, {from:?} {before:?}");
                assert_eq!(packet[0][12..20], packet[1][12..20], "{count} by {way}, {before:?}");
                let hop = match next {
                    Next::Drop(_) => break,
                    Next::Forward(id) => Some(id),
                    Next::Inspect { endpoint, .. } => Some(endpoint.id()),
                    _ => None,
                };
                seen.push(Seen { from, before, next, after: packet.clone() });
                let Some(place) = hop.and_then(Place::from_id) else { break };
                from = match from {
                    Origin::Interface(_) => Origin::Interface(place),
                    _ => Origin::InternetVia(place),
                };
            }
        }
        assert!(seen.len() > 1000, "{} of {count} by {way}", seen.len());
    }
    assert!(errors > 1000, "{errors}");
}
