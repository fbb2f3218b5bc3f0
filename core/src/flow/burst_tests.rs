//! Bursts do what packets one by one do.

use std::vec::Vec;

use super::flow_tests::{BASE, Bench, at, tcp, udp};
use super::*;
use crate::addr::Addr;
use crate::packet::{Next, Origin, Place, View};
use crate::resolve::DropReason;

/// xorshift64*.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn below(&mut self, n: u32) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32) as u32 % n
    }

    /// A packet of few flows, some of which answer others or are no packets.
    pub(super) fn packet(&mut self) -> (Origin, Vec<u8>) {
        let hosts = ["10.0.0.10", "10.0.2.10", "10.0.3.10"];
        let host = self.below(3);
        let remote = ["8.8.8.8", "9.9.9.9", "10.0.2.10"][self.below(3) as usize];
        let (port, far) = (2000 + self.below(6) as u16, 50 + self.below(2) as u16);
        let flags = ["S", "SA", "A", "FA", "R"][self.below(5) as usize];
        let ttl = if self.below(10) == 0 { 1 } else { 64 };
        let build = |from, to| match port % 2 {
            0 => udp(from, to, ttl),
            _ => tcp(from, to, ttl, flags),
        };
        match self.below(8) {
            0 => (Origin::Internet, std::vec![0x45; self.below(30) as usize]),
            1 => {
                let nowhere = Place::Instance(crate::addr::InstanceId(77));
                (Origin::Interface(nowhere), build((hosts[0], port), (remote, far)))
            }
            2 | 3 => {
                let public = ["47.0.0.1", "47.0.0.2"][self.below(2) as usize];
                (Origin::Internet, build((remote, far), (public, port)))
            }
            _ => {
                let from = at(1 + host as u16);
                (from, build((hosts[host as usize], port), (remote, far)))
            }
        }
    }
}

#[test]
fn bursts_equal_packets_one_by_one() {
    let mut random = Random(0xDEC0DE);
    for flows in [1, 3, 64] {
        let (one, many) =
            (Bench::new(&Config::new(flows), &[BASE]), Bench::new(&Config::new(flows), &[BASE]));
        let (region, other_region) = (one.region(), many.region());
        for round in 0..400_u64 {
            let packets: Vec<_> = (0..random.below(70)).map(|_| random.packet()).collect();
            let mut bytes: Vec<_> = packets.iter().map(|(_, bytes)| bytes.clone()).collect();
            let mut burst: Vec<_> = packets
                .iter()
                .zip(&mut bytes)
                .map(|((from, _), bytes)| Packet { from: *from, bytes, next: None })
                .collect();
            many.table().process_burst(&other_region.tables(), &mut burst, round * 9000);
            let after: Vec<_> = burst.iter().map(|packet| packet.next).collect();
            for (n, (from, mut alone)) in packets.into_iter().enumerate() {
                let next = one.table().process(&region.tables(), from, &mut alone, round * 9000);
                assert_eq!(next, after[n], "{n} of round {round}");
                assert_eq!(alone, bytes[n], "{n} of round {round}");
            }
            assert_eq!(one.table().stats(), many.table().stats());
        }
        assert!(one.table().stats().opened > 100);
    }
}

#[test]
fn packets_and_bytes_are_counted() {
    let bench = Bench::new(&Config::new(8), &[BASE]);
    let (table, lost) = (bench.table(), ("10.0.0.10", 7));
    let watch = table.watch();
    let mut out = udp(lost, ("8.8.8.8", 53), 64);
    let bytes = out.len() as u64;
    assert_eq!(bench.pass(at(1), &mut out), Next::Internet);
    let mut back = udp(("8.8.8.8", 53), ("47.0.0.1", 7), 64);
    bench.pass(Origin::Internet, &mut back);
    bench.pass(Origin::Internet, &mut udp(("8.8.8.8", 54), ("47.0.0.1", 7), 64));
    bench.pass(Origin::Internet, &mut [0; 5]);
    let one = Count { packets: 1, bytes };
    assert_eq!(watch.outcomes(Outcomes::Egress), one);
    assert_eq!(watch.outcomes(Outcomes::Deliver), one);
    assert_eq!(watch.outcomes(Outcomes::Drop), Count { packets: 2, bytes: bytes + 5 });
    assert_eq!(watch.dropped(DropReason::NoIngressRoute), one);
    assert_eq!(watch.dropped(DropReason::Malformed), Count { packets: 1, bytes: 5 });
    let meter = watch.meter(Addr::new(47, 0, 0, 1)).unwrap();
    assert_eq!((meter.out, meter.inward), (one, one));
    assert_eq!(watch.meter(Addr::new(47, 0, 0, 2)), None);
    assert_eq!(watch.meters().collect::<Vec<_>>(), [meter]);
}

#[test]
fn addresses_without_a_meter_are_counted_together() {
    let bench = Bench::new(&Config { meters: 1, ..Config::new(8) }, &[BASE]);
    bench.pass(at(1), &mut udp(("10.0.0.10", 7), ("8.8.8.8", 53), 64));
    for _ in 0..2 {
        bench.pass(at(2), &mut udp(("10.0.2.10", 7), ("8.8.8.8", 53), 64));
    }
    let watch = bench.table().watch();
    assert_eq!(watch.meter(Addr::new(47, 0, 0, 1)).unwrap().out.packets, 1);
    assert_eq!(watch.meter(Addr::new(47, 0, 0, 2)), None);
    assert_eq!(watch.meter(Addr(0)).unwrap().out.packets, 2);
    assert_eq!(watch.meters().count(), 2);
}

#[test]
fn later_fragments_go_where_the_first_went() {
    let bench = Bench::new(&Config::new(8), &[BASE]);
    let whole = udp(("10.0.2.10", 7), ("8.8.8.8", 53), 64);
    let fragment = |offset: u16, more: bool| {
        let mut bytes = whole.clone();
        let field = offset | if more { 0x2000 } else { 0 };
        bytes[6..8].copy_from_slice(&field.to_be_bytes());
        bytes[10..12].fill(0);
        let sum = crate::packet::checksum(&bytes[..20]);
        bytes[10..12].copy_from_slice(&sum.to_be_bytes());
        bytes
    };
    assert_eq!(bench.pass(at(2), &mut fragment(1, false)), Next::Drop(DropReason::Fragment));
    assert_eq!(bench.pass(at(2), &mut fragment(0, true)), Next::Internet);
    let mut later = fragment(1, false);
    assert_eq!(bench.pass(at(2), &mut later), Next::Internet);
    assert_eq!(View::new(&later).unwrap().source(), Addr::new(47, 0, 0, 2));
    assert_eq!(bench.table().stats().flows, 1);
}

/// The packet with an IP option that says nothing, so that it is looked at as any packet is.
fn with_an_option(packet: &[u8]) -> Vec<u8> {
    if packet.len() < 30 {
        return packet.to_vec();
    }
    let mut packet = [&packet[..20], &[1; 4], &packet[20..]].concat();
    let length = u16::try_from(packet.len()).unwrap();
    packet[0] = 0x46;
    packet[2..4].copy_from_slice(&length.to_be_bytes());
    repair(&mut packet);
    packet
}

fn without_the_option(packet: &[u8]) -> Vec<u8> {
    if packet.len() < 30 {
        return packet.to_vec();
    }
    let mut packet = [&packet[..20], &packet[24..]].concat();
    let length = u16::try_from(packet.len()).unwrap();
    packet[0] = 0x45;
    packet[2..4].copy_from_slice(&length.to_be_bytes());
    repair(&mut packet);
    packet
}

fn repair(packet: &mut [u8]) {
    let header = usize::from(packet[0] & 15) * 4;
    packet[10..12].fill(0);
    let sum = crate::packet::checksum(&packet[..header]).to_be_bytes();
    packet[10..12].copy_from_slice(&sum);
}

/// Of plain packets few things are looked at, of others all: what becomes of them is the same, amid changes,
/// flows that end and flows that go for others.
#[test]
fn plain_packets_pass_as_those_with_options_do() {
    let mut random = Random(0x0B71_0115);
    for (flows, start) in [(1, 0), (3, (1 << 32) - 40_000), (64, 5), (64, (1 << 32) - 400_000)] {
        let benches = [(); 2].map(|()| Bench::new(&Config::new(flows), &[BASE]));
        let [plain, other] = &benches;
        let (mut now, mut forwards, mut settled) = (start, false, 0);
        for round in 0..20_000 {
            let (from, mut packet) = random.packet();
            let mut optional = with_an_option(&packet);
            now += match random.below(400) {
                0 => [239_999, 240_000, 300_000, 7_440_000][random.below(4) as usize],
                1..100 => u64::from(random.below(3)),
                100..103 => u64::from(random.below(20_000)),
                _ => 0,
            };
            if random.below(200) == 0 {
                forwards = !forwards;
                let line = std::format!("set-forward i-3 {}", if forwards { "on" } else { "off" });
                benches.iter().for_each(|bench| bench.line(&line));
            }
            let (region, other_region) = (plain.region(), other.region());
            let next = plain.table().process(&region.tables(), from, &mut packet, now);
            let wanted = other.table().process(&other_region.tables(), from, &mut optional, now);
            assert_eq!(next, wanted, "round {round}");
            assert_eq!(packet, without_the_option(&optional), "round {round}");
            assert_eq!(plain.table().stats(), other.table().stats(), "round {round}");
            if round % 64 == 0 {
                assert_eq!(plain.table().check(), Ok(()));
            }
            settled += u64::from(plain.table().stats().established);
        }
        let stats = plain.table().stats();
        assert!(stats.opened > 1000 && stats.expired > 20, "{stats:?}");
        assert!(flows == 1 || settled > 100, "{settled}");
        let packets = |bench: &Bench, outcomes| bench.table().watch().outcomes(outcomes).packets;
        for outcomes in [Outcomes::Egress, Outcomes::Deliver, Outcomes::Drop] {
            assert_eq!(packets(plain, outcomes), packets(other, outcomes));
            assert!(packets(plain, outcomes) > 500);
        }
    }
}
