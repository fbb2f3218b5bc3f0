//! Packets through a real region and table: what is answered, and what the bytes are then.

use std::collections::BTreeSet;
use std::string::String;
use std::sync::atomic::{AtomicU32, Ordering};
use std::vec::Vec;

use etherparse::{IpNumber, Ipv4Header, TcpHeader, UdpHeader};

use super::*;
use crate::addr::{Addr, Id, InstanceId};
use crate::limits::Profile;
use crate::packet::{Next, Origin, Place, View};
use crate::region::Region;
use crate::resolve::DropReason;

/// The conformance vectors' base, with the gateway enabled as in T5.
pub(super) const BASE: &str = "\
create-vpc vpc-1 vtb-1 10.0.0.0/16
create-vswitch vsw-1 vpc-1 10.0.0.0/24
create-vswitch vsw-2 vpc-1 10.0.1.0/24
create-vswitch vsw-3 vpc-1 10.0.2.0/24
create-vswitch vsw-4 vpc-1 10.0.3.0/24
create-route-table vtb-11 vpc-1
create-route-table vtb-12 vpc-1
create-route-table vtb-13 vpc-1
create-route-table vtb-14 vpc-1
associate-route-table vtb-11 vsw-1
associate-route-table vtb-12 vsw-2
associate-route-table vtb-13 vsw-3
associate-route-table vtb-14 vsw-4
create-instance i-1 vsw-1 10.0.0.10
create-instance i-2 vsw-3 10.0.2.10
create-instance i-3 vsw-4 10.0.3.10
create-nat-gateway ngw-1 vsw-2 10.0.1.20
allocate-eip eip-1 47.0.0.1
allocate-eip eip-2 47.0.0.2
associate-eip eip-1 i-1
associate-eip eip-2 ngw-1
create-snat-entry ngw-1 10.0.0.0/16 eip-2
create-route-entry vtb-13 0.0.0.0/0 ngw-1
create-route-entry vtb-14 0.0.0.0/0 ngw-1
create-ipv4-gateway ipv4gw-1 vpc-1
enable-vpc-ipv4-gateway ipv4gw-1 vtb-11 vtb-12
create-forward-entry ngw-1 eip-2 tcp 80 10.0.2.10 8080
";

pub(super) struct Bench {
    region: Vec<AtomicU32>,
    pub(super) flows: Vec<AtomicU32>,
    pub(super) now: u64,
}

pub(super) fn zeroed(words: usize) -> Vec<AtomicU32> {
    (0..words).map(|_| AtomicU32::new(0)).collect()
}

impl Bench {
    pub(super) fn new(config: &Config, scripts: &[&str]) -> Bench {
        let bench = Bench {
            region: zeroed(Profile::LARGE.footprint()),
            flows: zeroed(config.footprint()),
            now: 0,
        };
        Region::init(&bench.region, &Profile::LARGE).unwrap();
        FlowTable::init(&bench.flows, config).unwrap();
        for line in scripts.iter().flat_map(|script| script.lines()) {
            bench.line(line);
        }
        bench
    }

    pub(super) fn line(&self, line: &str) {
        let mut answer = String::new();
        let mut region = Region::attach(&self.region).unwrap();
        let _ = crate::console::run(&mut region, line.as_bytes(), &mut answer).unwrap();
        assert_eq!(answer, "ok\n", "{line}");
    }

    pub(super) fn region(&self) -> Region<'_> {
        Region::attach(&self.region).unwrap()
    }

    pub(super) fn table(&self) -> FlowTable<'_> {
        FlowTable::attach(&self.flows).unwrap()
    }

    pub(super) fn pass(&self, from: Origin, bytes: &mut [u8]) -> Next {
        let region = self.region();
        self.table().process(&region.tables(), from, bytes, self.now).unwrap()
    }
}

pub(super) fn at(number: u16) -> Origin {
    Origin::Interface(Place::Instance(InstanceId(number)))
}

pub(super) fn i(number: u16) -> Id {
    InstanceId(number).id()
}

pub(super) type End<'a> = (&'a str, u16);

fn octets(text: &str) -> [u8; 4] {
    Addr::parse(text).unwrap().0.to_be_bytes()
}

pub(super) fn header(from: End<'_>, to: End<'_>, ttl: u8, protocol: u8, len: usize) -> Ipv4Header {
    let (source, destination) = (octets(from.0), octets(to.0));
    let mut header =
        Ipv4Header::new(u16::try_from(len).unwrap(), ttl, IpNumber(protocol), source, destination)
            .unwrap();
    header.header_checksum = header.calc_header_checksum();
    header
}

const PAYLOAD: &[u8] = b"payload";

pub(super) fn udp(from: End<'_>, to: End<'_>, ttl: u8) -> Vec<u8> {
    let ip = header(from, to, ttl, 17, 8 + PAYLOAD.len());
    let udp = UdpHeader::with_ipv4_checksum(from.1, to.1, &ip, PAYLOAD).unwrap();
    [&ip.to_bytes()[..], &udp.to_bytes()[..], PAYLOAD].concat()
}

/// Flags: S, A, F, R.
pub(super) fn tcp(from: End<'_>, to: End<'_>, ttl: u8, flags: &str) -> Vec<u8> {
    let ip = header(from, to, ttl, 6, 20 + PAYLOAD.len());
    let mut tcp = TcpHeader::new(from.1, to.1, 7, 1000);
    (tcp.syn, tcp.ack) = (flags.contains('S'), flags.contains('A'));
    (tcp.fin, tcp.rst) = (flags.contains('F'), flags.contains('R'));
    tcp.checksum = tcp.calc_checksum_ipv4(&ip, PAYLOAD).unwrap();
    [&ip.to_bytes()[..], &tcp.to_bytes()[..], PAYLOAD].concat()
}

#[test]
fn one_to_one_both_ways() {
    let bench = Bench::new(&Config::new(64), &[BASE]);
    let mut out = tcp(("10.0.0.10", 4000), ("8.8.8.8", 443), 64, "S");
    assert_eq!(bench.pass(at(1), &mut out), Next::Internet);
    assert_eq!(out, tcp(("47.0.0.1", 4000), ("8.8.8.8", 443), 63, "S"));
    let mut back = tcp(("8.8.8.8", 443), ("47.0.0.1", 4000), 60, "SA");
    assert_eq!(bench.pass(Origin::Internet, &mut back), Next::Deliver(i(1)));
    assert_eq!(back, tcp(("8.8.8.8", 443), ("10.0.0.10", 4000), 59, "SA"));
    let mut out = tcp(("10.0.0.10", 4000), ("8.8.8.8", 443), 64, "A");
    assert_eq!(bench.pass(at(1), &mut out), Next::Internet);
    let stats = bench.table().stats();
    assert_eq!((stats.flows, stats.established, stats.mappings), (1, 1, 0));
    // Without a gateway table nothing comes in but answers.
    let mut other = tcp(("8.8.8.8", 443), ("47.0.0.1", 4001), 60, "S");
    let dropped = Next::Drop(DropReason::NoIngressRoute);
    assert_eq!(bench.pass(Origin::Internet, &mut other), dropped);
}

#[test]
fn port_translation_and_its_answers() {
    let bench = Bench::new(&Config::new(64), &[BASE]);
    let mut out = udp(("10.0.2.10", 5353), ("8.8.8.8", 53), 64);
    assert_eq!(bench.pass(at(2), &mut out), Next::Internet);
    assert_eq!(out, udp(("47.0.0.2", 5353), ("8.8.8.8", 53), 63));
    // Another host with the same port gets another one of its parity.
    let mut out = udp(("10.0.3.10", 5353), ("8.8.8.8", 53), 64);
    assert_eq!(bench.pass(at(3), &mut out), Next::Internet);
    let port = View::new(&out).unwrap().ends().source_port;
    assert!(port != 5353 && port % 2 == 1, "{port}");
    assert_eq!(out, udp(("47.0.0.2", port), ("8.8.8.8", 53), 63));
    let mut back = udp(("8.8.8.8", 53), ("47.0.0.2", port), 60);
    assert_eq!(bench.pass(Origin::Internet, &mut back), Next::Deliver(i(3)));
    assert_eq!(back, udp(("8.8.8.8", 53), ("10.0.3.10", 5353), 59));
    let mut other = udp(("9.9.9.9", 53), ("47.0.0.2", port), 60);
    assert_eq!(bench.pass(Origin::Internet, &mut other), Next::Drop(DropReason::NoIngressRoute));
}

#[test]
fn a_forwarding_and_its_answers() {
    let bench = Bench::new(&Config::new(64), &[BASE]);
    bench.line("create-route-table vtb-9 vpc-1 type=gateway");
    bench.line("associate-route-table-with-gateway vtb-9 ipv4gw-1");
    let mut request = tcp(("8.8.8.8", 999), ("47.0.0.2", 80), 60, "S");
    assert_eq!(bench.pass(Origin::Internet, &mut request), Next::Deliver(i(2)));
    assert_eq!(request, tcp(("8.8.8.8", 999), ("10.0.2.10", 8080), 59, "S"));
    let mut answer = tcp(("10.0.2.10", 8080), ("8.8.8.8", 999), 64, "SA");
    assert_eq!(bench.pass(at(2), &mut answer), Next::Internet);
    assert_eq!(answer, tcp(("47.0.0.2", 80), ("8.8.8.8", 999), 63, "SA"));
}

/// An ICMP error from a router: its time was over, say.
pub(super) fn error(from: &str, to: &str, ttl: u8, kind: u8, about: &[u8]) -> Vec<u8> {
    let mut icmp = [&[kind, 0, 0, 0, 0, 0, 0, 0], &about[..28]].concat();
    let sum = crate::packet::checksum(&icmp).to_be_bytes();
    icmp[2..4].copy_from_slice(&sum);
    [&header((from, 0), (to, 0), ttl, 1, icmp.len()).to_bytes()[..], &icmp[..]].concat()
}

#[test]
fn an_error_about_a_packet_as_it_came_from_the_internet() {
    let bench = Bench::new(&Config::new(64), &[BASE]);
    bench.line("create-route-table vtb-9 vpc-1 type=gateway");
    bench.line("update-gateway-route-table-entry-attribute vtb-9 10.0.0.0/24 i-3");
    bench.line("update-gateway-route-table-entry-attribute vtb-9 10.0.1.0/24 i-3");
    bench.line("associate-route-table-with-gateway vtb-9 ipv4gw-1");
    bench.line("modify-route-entry vtb-14 0.0.0.0/0 ipv4gw-1");
    bench.line("set-forward i-3 on");
    // A firewall drops what was carried to it unchanged: its answer leaves as the flow does.
    let (client, server) = (("8.8.8.8", 999), ("47.0.0.1", 80));
    let mut request = udp(client, server, 1);
    assert_eq!(bench.pass(Origin::Internet, &mut request), Next::Forward(i(3)));
    let mut answer = error("10.0.3.10", client.0, 64, 11, &udp(client, server, 1));
    assert_eq!(bench.pass(at(3), &mut answer), Next::Internet);
    assert_eq!(answer, error(server.0, client.0, 63, 11, &udp(client, server, 1)));
    // So it does about an answer behind port translation, on whose way out it is too.
    bench.line("modify-route-entry vtb-12 0.0.0.0/0 i-3");
    let (inside, shared) = (("10.0.2.10", 5353), ("47.0.0.2", 5353));
    let mut query = udp(inside, client, 64);
    assert_eq!(bench.pass(at(2), &mut query), Next::Forward(i(3)));
    assert_eq!(bench.pass(at(3), &mut query), Next::Internet);
    let mut back = udp(client, shared, 1);
    assert_eq!(bench.pass(Origin::Internet, &mut back), Next::Forward(i(3)));
    let mut answer = error("10.0.3.10", client.0, 64, 3, &udp(client, shared, 1));
    assert_eq!(bench.pass(at(3), &mut answer), Next::Internet);
    assert_eq!(answer, error(shared.0, client.0, 63, 3, &udp(client, shared, 1)));
    // About no flow it is judged by itself.
    let mut stray = error("10.0.3.10", client.0, 64, 11, &udp(client, ("47.0.0.1", 81), 1));
    assert_eq!(bench.pass(at(3), &mut stray), Next::Drop(DropReason::NoPublicMapping));
}

/// A table with flows of every class, some of them gone again.
fn busy() -> Bench {
    let mut bench = Bench::new(&Config { seed: 7, ..Config::new(16) }, &[BASE]);
    for port in 0..4 {
        bench.pass(at(2), &mut udp(("10.0.2.10", 5000 + port), ("8.8.8.8", 53), 64));
        bench.pass(at(3), &mut tcp(("10.0.3.10", 5000 + port), ("8.8.8.8", 443), 64, "S"));
        bench.pass(at(1), &mut tcp(("10.0.0.10", 5000 + port), ("8.8.8.8", 443), 64, "S"));
        bench.now += 1;
    }
    bench.pass(at(2), &mut udp(("10.0.2.10", 5000), ("8.8.4.4", 53), 64));
    bench.pass(Origin::Internet, &mut udp(("8.8.8.8", 53), ("47.0.0.2", 5001), 64));
    bench.pass(Origin::Internet, &mut tcp(("8.8.8.8", 443), ("47.0.0.1", 5002), 64, "SA"));
    bench.pass(at(1), &mut tcp(("10.0.0.10", 5002), ("8.8.8.8", 443), 64, "A"));
    bench.now += 239_998;
    bench.pass(at(2), &mut udp(("10.0.2.10", 5000), ("8.8.8.8", 53), 64));
    assert_eq!(bench.table().stats().expired, 2);
    bench
}

/// Whatever word of the structure is changed: the check says so, and comes to an end.
#[test]
fn the_check_notices_damage() {
    let bench = busy();
    let table = bench.table();
    assert_eq!(table.check(), Ok(()));
    let layout = super::config::Layout::new(table.config()).unwrap();
    let header = super::config::header::FLOWS..super::config::header::MOVES;
    let mut noticed = 0;
    let mut faults = BTreeSet::new();
    for place in header.chain(layout.flow_index..layout.words) {
        let word = &bench.flows[place as usize];
        let old = word.load(Ordering::Relaxed);
        for new in [0, old ^ 1, old ^ 2, old ^ 0x8000_0000, u32::MAX] {
            word.store(new, Ordering::Relaxed);
            if let Err(fault) = table.check() {
                noticed += 1;
                faults.insert(fault);
            }
            word.store(old, Ordering::Relaxed);
        }
    }
    assert_eq!(table.check(), Ok(()));
    assert!(noticed > 1000, "{noticed}");
    assert!(faults.len() > 15, "{faults:#?}");
}
