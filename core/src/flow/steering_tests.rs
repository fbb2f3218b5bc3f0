//! Packets of the same flow belong to the same instance, whose table knows it.

use std::collections::BTreeMap;
use std::vec::Vec;

use super::flow_tests::{BASE, Bench, at, error, i, udp, zeroed};
use super::*;
use crate::packet::{Ends, Next, Origin, View};

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
        Steering::init(&steering, count, 64).unwrap();
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
        let steering = Steering::init(&memory, count, 0).unwrap();
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
