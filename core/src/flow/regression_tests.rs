//! Faults that the table had: who takes what is another's, what keeps it busy, what ends what is not its.

use std::vec::Vec;

use super::flow_tests::{BASE, Bench, at, error, header, i, tcp, udp, zeroed};
use super::queue::Class;
use super::*;
use crate::addr::{Addr, InstanceId};
use crate::packet::{Next, Origin, Place, View};
use crate::resolve::DropReason;
use crate::sync::Ordering;

/// Two VPCs with the same private addresses: hosts i-1 and i-21 that talk through NAT gateways, to the
/// Internet and to a peer.
const TWO: &str = "\
create-vpc vpc-1 vtb-1 10.0.0.0/16
create-vswitch vsw-1 vpc-1 10.0.0.0/24
create-vswitch vsw-2 vpc-1 10.0.1.0/24
create-instance i-1 vsw-1 10.0.0.10
create-nat-gateway ngw-1 vsw-2 10.0.1.20
allocate-eip eip-1 47.0.0.1
associate-eip eip-1 ngw-1
create-snat-entry ngw-1 10.0.0.0/16 eip-1
create-route-table vtb-11 vpc-1
associate-route-table vtb-11 vsw-1
create-route-entry vtb-11 0.0.0.0/0 ngw-1
create-route-entry vtb-1 192.168.0.0/16 peer-1
create-ipv4-gateway ipv4gw-1 vpc-1
enable-vpc-ipv4-gateway ipv4gw-1 vtb-1
create-vpc vpc-2 vtb-2 10.0.0.0/16
create-vswitch vsw-21 vpc-2 10.0.0.0/24
create-vswitch vsw-22 vpc-2 10.0.1.0/24
create-instance i-21 vsw-21 10.0.0.10
create-nat-gateway ngw-2 vsw-22 10.0.1.20
allocate-eip eip-2 47.0.0.2
associate-eip eip-2 ngw-2
create-snat-entry ngw-2 10.0.0.0/16 eip-2
create-route-table vtb-21 vpc-2
associate-route-table vtb-21 vsw-21
create-route-entry vtb-21 0.0.0.0/0 ngw-2
create-route-entry vtb-2 192.168.0.0/16 peer-2
create-ipv4-gateway ipv4gw-2 vpc-2
enable-vpc-ipv4-gateway ipv4gw-2 vtb-2
";

/// The firewall i-3 in front of i-1.
const FIREWALL: &str = "\
create-route-table vtb-9 vpc-1 type=gateway
update-gateway-route-table-entry-attribute vtb-9 10.0.0.0/24 i-3
associate-route-table-with-gateway vtb-9 ipv4gw-1
modify-route-entry vtb-14 0.0.0.0/0 ipv4gw-1
set-forward i-3 on
";

const OPEN: &str = "\
create-route-table vtb-9 vpc-1 type=gateway
associate-route-table-with-gateway vtb-9 ipv4gw-1
";

/// A fragment of the datagram 777 from i-2's address.
fn fragment(source_port: u16, is_first: bool) -> Vec<u8> {
    let [high, low] = source_port.to_be_bytes();
    let first = [high, low, 0, 53, 0, 24, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];
    let body = if is_first { first } else { [7; 16] };
    let mut ip = header(("10.0.2.10", 0), ("8.8.8.8", 0), 64, 17, body.len());
    ip.identification = 777;
    ip.more_fragments = is_first;
    ip.fragment_offset = (if is_first { 0 } else { 2_u16 }).try_into().unwrap();
    ip.header_checksum = ip.calc_header_checksum();
    [&ip.to_bytes()[..], &body].concat()
}

#[test]
fn an_error_from_the_internet_has_no_source_that_is_not_there() {
    let bench = Bench::new(&Config::new(64), &[BASE]);
    bench.pass(at(1), &mut udp(("10.0.0.10", 4000), ("8.8.8.8", 53), 64));
    let seen = udp(("47.0.0.1", 4000), ("8.8.8.8", 53), 64);
    for source in ["10.0.2.10", "10.0.0.10", "127.0.0.1", "100.100.2.136", "224.0.0.1"] {
        let made_up = error(source, "47.0.0.1", 64, 3, &seen);
        let mut packet = made_up.clone();
        let dropped = Next::Drop(DropReason::MartianSource);
        assert_eq!(bench.pass(Origin::Internet, &mut packet), dropped, "{source}");
        assert_eq!(packet, made_up);
    }
    let mut honest = error("198.51.100.1", "47.0.0.1", 64, 3, &seen);
    assert_eq!(bench.pass(Origin::Internet, &mut honest), Next::Deliver(i(1)));
}

/// An interface that has another's number, or another address, gets none of the answers to its flows.
#[test]
fn a_recreated_interface_inherits_no_flow() {
    for (vswitch, address) in [("vsw-22", "10.0.1.77"), ("vsw-2", "10.0.1.56")] {
        let bench = Bench::new(&Config::new(64), &[TWO]);
        bench.line("create-instance i-5 vsw-2 10.0.1.55");
        bench.line("allocate-eip eip-9 47.0.0.9");
        bench.line("associate-eip eip-9 i-5");
        let (remote, public) = (("8.8.8.8", 443), ("47.0.0.9", 4000));
        let mut out = tcp(("10.0.1.55", 4000), remote, 64, "S");
        assert_eq!(bench.pass(at(5), &mut out), Next::Internet);
        let mut back = tcp(remote, public, 64, "SA");
        assert_eq!(bench.pass(Origin::Internet, &mut back), Next::Deliver(i(5)));
        bench.line("unassociate-eip eip-9");
        bench.line("delete-instance i-5");
        bench.line(&std::format!("create-instance i-5 {vswitch} {address}"));
        bench.line("associate-eip eip-9 i-5");
        for _ in 0..2 {
            let answer = tcp(remote, public, 64, "A");
            let mut packet = answer.clone();
            let dropped = Next::Drop(DropReason::NoIngressRoute);
            assert_eq!(bench.pass(Origin::Internet, &mut packet), dropped, "{vswitch}");
            assert_eq!(packet, answer);
        }
        assert_eq!(bench.table().stats().flows, 0);
    }
}

/// Passes a packet each of many sources, which are all told that there is no port, in time.
fn all_are_exhausted(bench: &Bench, number: u16, host: &str) {
    let region = bench.region();
    let (tables, mut table) = (region.tables(), bench.table());
    let mut packets: Vec<_> =
        (20_000..21_000).map(|port| udp((host, port), ("9.9.9.9", 53), 64)).collect();
    let start = std::time::Instant::now();
    for packet in &mut packets {
        let next = table.process(&tables, at(number), packet, 0);
        assert_eq!(next, Some(Next::Drop(DropReason::PortsExhausted)));
    }
    assert!(start.elapsed().as_secs_f32() < 1.0, "{:?}", start.elapsed());
}

/// An eighth of the ports.
const EIGHTH: Config = Config { seed: 99, instances: 8, ..Config::new(16_384) };

#[test]
fn a_search_among_named_ports_is_not_repeated() {
    let mut bench = Bench::new(&EIGHTH, &[BASE]);
    bench.line("create-forward-entry ngw-1 eip-2 udp 8081 10.0.2.10 8080");
    let (first, end) = EIGHTH.share();
    let mut left = 0;
    for port in first..end {
        let port = u16::try_from(port).unwrap();
        let mut packet = udp(("10.0.2.10", port), ("8.8.8.8", 53), 64);
        left += u32::from(bench.pass(at(2), &mut packet) == Next::Internet);
    }
    // All but the named one are given out.
    assert_eq!(left, end - first - 1);
    all_are_exhausted(&bench, 3, "10.0.3.10");
    // A port that is free again is found.
    bench.now = 300_000;
    assert_eq!(bench.table().expire(bench.now, 1), 1);
    let mut packet = udp(("10.0.3.10", 20_000), ("9.9.9.9", 53), 64);
    assert_eq!(bench.pass(at(3), &mut packet), Next::Internet);
}

/// Ports that are free, but in use by a forwarding of the whole address for the same remote.
#[test]
fn a_search_among_ports_in_use_gives_up() {
    let bench = Bench::new(&EIGHTH, &[BASE, OPEN]);
    bench.line("delete-forward-entry ngw-1 eip-2 tcp 80");
    bench.line("create-forward-entry ngw-1 eip-2 any 0 10.0.2.10 0");
    let region = bench.region();
    let (tables, mut table) = (region.tables(), bench.table());
    let (first, end) = EIGHTH.share();
    for port in first..end {
        let port = u16::try_from(port).unwrap();
        let (remote, inside) = (("9.9.9.9", 53), ("10.0.2.10", port));
        for _ in 0..2 {
            let mut query = udp(remote, ("47.0.0.2", port), 64);
            let next = table.process(&tables, Origin::Internet, &mut query, 0);
            assert_eq!(next, Some(Next::Deliver(i(2))));
            let mut answer = udp(inside, remote, 64);
            assert_eq!(table.process(&tables, at(2), &mut answer, 0), Some(Next::Internet));
        }
    }
    let stats = table.stats();
    assert_eq!((stats.established, stats.mappings), (end - first, 0));
    all_are_exhausted(&bench, 3, "10.0.3.10");
    // For another remote they are free.
    let mut packet = udp(("10.0.3.10", 20_000), ("9.9.9.8", 53), 64);
    assert_eq!(bench.pass(at(3), &mut packet), Next::Internet);
}

#[test]
fn equal_private_addresses_of_two_vpcs_have_ports_of_their_own() {
    // A share of one port.
    let config = Config { instances: 64_512, instance: 5, ..Config::new(64) };
    let bench = Bench::new(&config, &[TWO]);
    let peer = ("192.168.0.1", 53);
    let shared = udp(("10.0.1.20", 1029), peer, 64);
    for number in [1, 21] {
        let mut packet = udp(("10.0.0.10", 2000), peer, 64);
        assert!(matches!(bench.pass(at(number), &mut packet), Next::Handoff(_)), "{number}");
        assert_eq!(packet, shared);
        let mut packet = udp(("10.0.0.10", 2001), peer, 64);
        let dropped = Next::Drop(DropReason::PortsExhausted);
        assert_eq!(bench.pass(at(number), &mut packet), dropped);
    }
    assert_eq!(bench.table().check(), Ok(()));
}

#[test]
fn reading_damaged_counters_ends() {
    let bench = Bench::new(&Config::new(16), &[BASE]);
    bench.pass(at(1), &mut udp(("10.0.0.10", 4000), ("8.8.8.8", 53), 64));
    let layout = super::config::Layout::new(bench.table().config()).unwrap();
    let counts = super::config::header::OPENED..super::config::header::END;
    for place in counts.chain(layout.meters..layout.fragments) {
        let word = &bench.flows[place as usize];
        let old = word.load(Ordering::Relaxed);
        for new in [1, u32::MAX, old ^ 0x8000_0000] {
            word.store(new, Ordering::Relaxed);
            let (table, watch) = (bench.table(), Watch::attach(&bench.flows).unwrap());
            table.stats();
            for kind in [Outcomes::Egress, Outcomes::Deliver, Outcomes::Drop] {
                watch.outcomes(kind);
            }
            for reason in DropReason::ALL {
                watch.dropped(*reason);
            }
            assert!(watch.meters().count() <= 17);
            watch.meter(Addr::parse("47.0.0.1").unwrap());
            word.store(old, Ordering::Relaxed);
        }
    }
}

#[test]
fn expire_ends_no_more_flows_than_there_can_be() {
    let bench = Bench::new(&Config::new(64), &[BASE]);
    for port in 4000..4003 {
        bench.pass(at(1), &mut tcp(("10.0.0.10", port), ("8.8.8.8", 443), 64, "S"));
    }
    // The first flow says that it belongs to another queue, so it never leaves its own.
    let table = bench.table();
    let place = table.flows().place(table.queues.first(Class::TcpTransitory)) + 3;
    bench.flows[place as usize].fetch_xor(6 ^ 17, Ordering::Relaxed);
    assert!(bench.table().expire(10_000_000, u32::MAX) <= 64);
}

/// Whoever sends queries from made-up addresses to a host that answers fills the table with flows that
/// can go.
#[test]
fn one_answer_does_not_make_a_flow_stay() {
    let bench = Bench::new(&Config::new(64), &[BASE, OPEN]);
    for n in 0..64 {
        let asker = std::format!("9.9.{n}.1");
        bench.pass(Origin::Internet, &mut udp((&asker, 5), ("47.0.0.1", 53), 64));
        let mut answer = udp(("10.0.0.10", 53), (&asker, 5), 64);
        assert_eq!(bench.pass(at(1), &mut answer), Next::Internet);
    }
    let stats = bench.table().stats();
    assert_eq!((stats.flows, stats.established), (64, 0));
    let mut other = tcp(("10.0.2.10", 5000), ("8.8.8.8", 443), 64, "S");
    assert_eq!(bench.pass(at(2), &mut other), Next::Internet);
    // Who asks again after an answer stays.
    bench.pass(Origin::Internet, &mut udp(("9.9.63.1", 5), ("47.0.0.1", 53), 64));
    assert_eq!(bench.table().stats().established, 1);
}

/// A resolver that asks for two records from one port, before the answers or again for want of them, has
/// its flow where it can go; only who sends again after an answer keeps it.
#[test]
fn queries_that_are_not_answered_yet_do_not_make_a_flow_stay() {
    let bench = Bench::new(&Config::new(64), &[BASE]);
    let server = ("8.8.8.8", 53);
    for port in 4000..4064 {
        let (inside, public) = (("10.0.0.10", port), ("47.0.0.1", port));
        for is_query in [true, true, true, false, false] {
            if is_query {
                bench.pass(at(1), &mut udp(inside, server, 64));
            } else {
                bench.pass(Origin::Internet, &mut udp(server, public, 64));
            }
        }
    }
    let stats = bench.table().stats();
    assert_eq!((stats.flows, stats.established), (64, 0));
    let mut other = tcp(("10.0.2.10", 5000), ("8.8.8.8", 443), 64, "S");
    assert_eq!(bench.pass(at(2), &mut other), Next::Internet);
    assert_eq!(bench.table().stats().evicted, 1);
    bench.pass(at(1), &mut udp(("10.0.0.10", 4063), server, 64));
    assert_eq!(bench.table().stats().established, 1);
}

#[test]
fn a_forged_first_fragment_leaves_no_ports_for_anothers() {
    let bench = Bench::new(&Config::new(64), &[BASE]);
    bench.line("create-instance i-9 vsw-3 10.0.2.11");
    assert_eq!(bench.pass(at(2), &mut fragment(4000, true)), Next::Internet);
    let spoofed = Next::Drop(DropReason::SpoofedSource);
    assert_eq!(bench.pass(at(9), &mut fragment(4001, true)), spoofed);
    let mut later = fragment(0, false);
    assert_eq!(bench.pass(at(2), &mut later), Next::Internet);
    let ends = View::new(&later).unwrap().ends();
    assert_eq!(ends.source, Addr::parse("47.0.0.2").unwrap());
    // Nor does the forger's own later one find i-2's.
    assert_eq!(bench.pass(at(9), &mut fragment(0, false)), spoofed);
}

#[test]
fn an_address_without_a_meter_is_counted_with_the_others() {
    let bench = Bench::new(&Config { meters: 1024, ..Config::new(64) }, &[BASE]);
    let address = Addr::parse("47.0.0.1").unwrap();
    let table = bench.table();
    let counters = &table.counters;
    // The search gives up where others have the few places, though there are free ones elsewhere.
    let given_up = (0..4096).any(|n| counters.meter(Addr(0x3000_0000 + n * 0x0101)) == 1024);
    let free =
        (0..1024).filter(|&number| counters.read_meter(number).unwrap().address.0 == 0).count();
    assert!(given_up && free > 0, "{free}");
    for n in 0..200_000 {
        counters.meter(Addr(0x3100_0000 + n));
    }
    bench.pass(at(1), &mut udp(("10.0.0.10", 4000), ("8.8.8.8", 53), 64));
    let watch = table.watch();
    assert_eq!(watch.meter(address), None);
    assert_eq!(watch.meter(Addr(0)).unwrap().out.packets, 1);
}

#[test]
fn a_dropped_syn_ends_no_closed_flow() {
    let bench = Bench::new(&Config::new(64), &[BASE]);
    bench.line("create-instance i-9 vsw-3 10.0.2.11");
    let (inside, remote, outside) = (("10.0.2.10", 4000), ("8.8.8.8", 443), ("47.0.0.2", 4000));
    assert_eq!(bench.pass(at(2), &mut tcp(inside, remote, 64, "S")), Next::Internet);
    for flags in ["SA", "R"] {
        let mut back = tcp(remote, outside, 64, flags);
        assert_eq!(bench.pass(Origin::Internet, &mut back), Next::Deliver(i(2)));
    }
    // A neighbour's, and one that has no time left.
    let spoofed = Next::Drop(DropReason::SpoofedSource);
    assert_eq!(bench.pass(at(9), &mut tcp(inside, remote, 64, "S")), spoofed);
    let expired = Next::Drop(DropReason::TtlExpired);
    assert_eq!(bench.pass(at(2), &mut tcp(inside, remote, 1, "S")), expired);
    let mut back = tcp(remote, outside, 64, "A");
    assert_eq!(bench.pass(Origin::Internet, &mut back), Next::Deliver(i(2)));
    assert_eq!(bench.table().stats().opened, 1);
    // One that is not dropped does.
    assert_eq!(bench.pass(at(2), &mut tcp(inside, remote, 64, "S")), Next::Internet);
    let stats = bench.table().stats();
    assert_eq!((stats.flows, stats.opened), (1, 2));
}

/// Of sixteen tables.
const SIXTEEN: Config = Config { instances: 16, fragments: 4, ..Config::new(64) };

/// Epochs are counted for each VPC, so that of the one may be that of the other.
#[test]
fn steering_forgets_an_address_that_moved_to_another_vpc() {
    let bench = Bench::new(&Config::new(64), &[TWO]);
    bench.line("allocate-eip eip-9 47.0.0.9");
    bench.line("associate-eip eip-9 i-1");
    bench.line("create-instance i-22 vsw-21 10.0.0.77");
    let epoch = |number| bench.region().tables().epoch_of(InstanceId(number).id()).unwrap();
    let mut is_on = false;
    let mut change = |number| {
        is_on = !is_on;
        bench.line(&std::format!("set-forward i-{number} {}", if is_on { "on" } else { "off" }));
    };
    // What associates the address there makes the epochs equal.
    while epoch(1) < epoch(22) + 1 {
        change(1);
    }
    while epoch(22) + 1 < epoch(1) {
        change(21);
    }
    let before = epoch(1);
    let (old, new) = (zeroed(Steering::footprint(4)), zeroed(Steering::footprint(4)));
    let [mut old, mut new] = [&old, &new].map(|memory| Steering::init(memory, &SIXTEEN).unwrap());
    let ask = |steering: &mut Steering<'_>, port| {
        let packet = udp(("9.9.9.9", port), ("47.0.0.9", 80), 64);
        steering.owner_of(&bench.region().tables(), Origin::Internet, &packet, 0).unwrap()
    };
    let owners: Vec<u16> = (0..20).map(|port| ask(&mut old, port)).collect();
    bench.line("unassociate-eip eip-9");
    bench.line("associate-eip eip-9 i-22");
    assert_eq!(epoch(22), before);
    let fresh: Vec<u16> = (0..20).map(|port| ask(&mut new, port)).collect();
    assert_ne!(fresh, owners, "another host is steered otherwise");
    assert_eq!((0..20).map(|port| ask(&mut old, port)).collect::<Vec<_>>(), fresh);
}

#[test]
fn an_error_about_a_carried_packet_is_steered_as_that() {
    let bench = Bench::new(&Config::new(64), &[BASE, FIREWALL]);
    let region = bench.region();
    let tables = region.tables();
    let memory = zeroed(Steering::footprint(4));
    let mut steering = Steering::init(&memory, &SIXTEEN).unwrap();
    for port in 900..932 {
        let (client, server) = (("8.8.8.8", port), ("47.0.0.1", 80));
        let request = udp(client, server, 1);
        let owner = steering.owner_of(&tables, Origin::Internet, &request, 0).unwrap();
        let answer = error("10.0.3.10", client.0, 64, 11, &request);
        assert_eq!(steering.owner_of(&tables, at(3), &answer, 0), Some(owner), "{port}");
    }
}

/// Packets of every kind, and an end to all of it.
fn busy(bench: &Bench) {
    let region = bench.region();
    let tables = region.tables();
    // Where the header says something else there is no table any more.
    let Ok(mut table) = FlowTable::attach(&bench.flows) else { return };
    let mut pass = |from, mut bytes: Vec<u8>, now| {
        let _ = table.process(&tables, from, &mut bytes, now);
    };
    for port in 5000..5006 {
        let (remote, web) = (("8.8.8.8", 53), ("8.8.8.8", 443));
        pass(at(2), udp(("10.0.2.10", port), remote, 64), 5);
        pass(at(3), udp(("10.0.3.10", port), remote, 64), 5);
        pass(at(3), tcp(("10.0.3.10", port), web, 64, "R"), 5);
        pass(Origin::Internet, udp(remote, ("47.0.0.2", port), 64), 6);
        pass(at(2), udp(("10.0.2.10", port), remote, 64), 6);
        pass(at(1), tcp(("10.0.0.10", port), web, 64, "S"), 6);
        pass(Origin::Internet, tcp(web, ("47.0.0.1", port), 64, "SA"), 6);
        pass(at(1), tcp(("10.0.0.10", port), web, 64, "A"), 6);
        pass(at(1), tcp(("10.0.0.10", port + 1000), web, 64, "S"), 7);
        pass(at(2), fragment(port, true), 7);
        pass(at(2), fragment(0, false), 7);
        let seen = udp(("47.0.0.2", port), remote, 1);
        pass(Origin::Internet, error("198.51.100.1", "47.0.0.2", 64, 11, &seen), 7);
    }
    for now in [400_000, 40_000_000] {
        assert!(table.expire(now, u32::MAX) <= 16);
    }
    table.stats();
}

/// Whatever a word holds, nothing panics and everything ends.
#[test]
fn packets_pass_a_damaged_table() {
    let bench = Bench::new(&Config { seed: 7, ..Config::new(16) }, &[BASE]);
    for port in 5000..5004 {
        let (inside, web) = (("10.0.0.10", port), ("8.8.8.8", 443));
        bench.pass(at(2), &mut udp(("10.0.2.10", port), ("8.8.8.8", 53), 64));
        bench.pass(at(3), &mut tcp(("10.0.3.10", port), web, 64, "S"));
        bench.pass(at(1), &mut tcp(inside, web, 64, "S"));
        bench.pass(Origin::Internet, &mut tcp(web, ("47.0.0.1", port), 64, "SA"));
        bench.pass(at(1), &mut tcp(inside, web, 64, "A"));
    }
    bench.pass(at(2), &mut fragment(5000, true));
    let saved: Vec<u32> = bench.flows.iter().map(|word| word.load(Ordering::Relaxed)).collect();
    for place in 0..saved.len() {
        for new in [0, 1, u32::MAX, saved[place] ^ 0x8000_0000] {
            for (word, saved) in bench.flows.iter().zip(&saved) {
                word.store(*saved, Ordering::Relaxed);
            }
            bench.flows[place].store(new, Ordering::Relaxed);
            busy(&bench);
        }
    }
}

#[test]
fn the_last_time_is_a_time() {
    let mut bench = Bench::new(&Config::new(16), &[BASE]);
    for now in [u64::MAX, (1 << 48) - 1, 0] {
        bench.now = now;
        let mut packet = udp(("10.0.0.10", 4000), ("8.8.8.8", 53), 64);
        assert_eq!(bench.pass(at(1), &mut packet), Next::Internet);
        assert_eq!(bench.table().expire(now, 10), 0);
        let mut back = udp(("8.8.8.8", 53), ("47.0.0.1", 4000), 64);
        assert_eq!(bench.pass(Origin::Internet, &mut back), Next::Deliver(i(1)));
        assert_eq!(bench.table().stats().flows, 1);
        assert_eq!(bench.table().check(), Ok(()));
    }
}

/// A firewall on the way in alone, whose own way out is another: what it says of a packet that it was
/// brought ends nothing.
#[test]
fn an_error_that_goes_another_way_ends_no_flow() {
    let bench = Bench::new(&Config::new(64), &[BASE]);
    for line in [
        "create-route-table vtb-9 vpc-1 type=gateway",
        "update-gateway-route-table-entry-attribute vtb-9 10.0.0.0/24 i-3",
        "associate-route-table-with-gateway vtb-9 ipv4gw-1",
        "set-forward i-3 on",
    ] {
        bench.line(line);
    }
    let (inside, remote, public) = (("10.0.0.10", 4000), ("8.8.8.8", 443), ("47.0.0.1", 4000));
    let answer = |flags| tcp(remote, public, 64, flags);
    assert_eq!(bench.pass(at(1), &mut tcp(inside, remote, 64, "S")), Next::Internet);
    assert_eq!(bench.pass(Origin::Internet, &mut answer("SA")), Next::Forward(i(3)));
    let via = Origin::InternetVia(Place::Instance(InstanceId(3)));
    assert_eq!(bench.pass(via, &mut answer("SA")), Next::Deliver(i(1)));
    assert_eq!(bench.pass(at(1), &mut tcp(inside, remote, 64, "A")), Next::Internet);
    let before = bench.table().stats();
    assert_eq!((before.flows, before.established), (1, 1));
    // By the NAT gateway, which passes no errors about what it does not know.
    let mut told = error("10.0.3.10", remote.0, 64, 11, &answer("A"));
    assert_eq!(bench.pass(at(3), &mut told), Next::Drop(DropReason::UnsupportedProtocol));
    assert_eq!(bench.table().stats(), before);
}
