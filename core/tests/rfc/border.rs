//! A border to test: a region made by console lines, a flow table, and a clock.

use std::sync::atomic::AtomicU32;

use sekisho::addr::{Addr, Id, InstanceId};
use sekisho::console;
use sekisho::flow::{Config, FlowTable};
use sekisho::limits::Profile;
use sekisho::packet::{Next, Origin, Place};
use sekisho::region::Region;
use sekisho::resolve::DropReason;

use super::wire::{check, source};

/// i-1 has a public address of its own, 47.0.0.1. i-2 and i-3 are behind ngw-1, which gives them
/// 47.0.0.2 and lets in TCP to port 80 for i-2. What comes in from the Internet is routed.
const BASE: &str = "\
create-vpc vpc-1 vtb-1 10.0.0.0/16
create-vswitch vsw-1 vpc-1 10.0.0.0/24
create-vswitch vsw-2 vpc-1 10.0.1.0/24
create-vswitch vsw-3 vpc-1 10.0.2.0/24
create-route-table vtb-2 vpc-1
create-route-table vtb-3 vpc-1
create-route-table vtb-4 vpc-1
create-route-table vtb-5 vpc-1 type=gateway
associate-route-table vtb-2 vsw-1
associate-route-table vtb-3 vsw-2
associate-route-table vtb-4 vsw-3
create-instance i-1 vsw-1 10.0.0.10
create-instance i-2 vsw-3 10.0.2.10
create-instance i-3 vsw-3 10.0.2.11
create-instance i-4 vsw-1 10.0.0.11 forward=on
create-nat-gateway ngw-1 vsw-2 10.0.1.20
allocate-eip eip-1 47.0.0.1
allocate-eip eip-2 47.0.0.2
allocate-eip eip-3 47.0.0.3
associate-eip eip-1 i-1
associate-eip eip-2 ngw-1
create-snat-entry ngw-1 10.0.0.0/16 eip-2
create-forward-entry ngw-1 eip-2 tcp 80 10.0.2.10 8080
create-route-entry vtb-4 0.0.0.0/0 ngw-1
create-ipv4-gateway ipv4gw-1 vpc-1
enable-vpc-ipv4-gateway ipv4gw-1 vtb-2 vtb-3
associate-route-table-with-gateway vtb-5 ipv4gw-1
";

pub(crate) const HOSTS: [&str; 5] = ["", "10.0.0.10", "10.0.2.10", "10.0.2.11", "10.0.0.11"];
/// The public address of i-1, and that of those behind the NAT gateway.
pub(crate) const ONE: &str = "47.0.0.1";
pub(crate) const NAT: &str = "47.0.0.2";
/// Hosts of the Internet.
pub(crate) const FAR: &str = "198.51.100.7";
pub(crate) const OTHER: &str = "203.0.113.9";

pub(crate) const SECOND: u64 = 1000;
pub(crate) const MINUTE: u64 = 60 * SECOND;

pub(crate) struct Border {
    region: Vec<AtomicU32>,
    flows: Vec<AtomicU32>,
    pub(crate) now: u64,
}

fn zeroed(words: usize) -> Vec<AtomicU32> {
    (0..words).map(|_| AtomicU32::new(0)).collect()
}

fn place(host: u16) -> Origin {
    Origin::Interface(Place::Instance(InstanceId(host)))
}

pub(crate) fn host(number: u16) -> Id {
    InstanceId(number).id()
}

impl Border {
    pub(crate) fn new() -> Border {
        Border::with(&Config::new(64))
    }

    pub(crate) fn with(config: &Config) -> Border {
        let profile = Profile { tables_per_vpc: 8, forward_entries: 4, ..Profile::FIRMWARE };
        let border = Border {
            region: zeroed(Region::footprint(&profile)),
            flows: zeroed(config.footprint()),
            now: 0,
        };
        Region::init(&border.region, &profile).unwrap();
        FlowTable::init(&border.flows, config).unwrap();
        BASE.lines().for_each(|line| border.line(line));
        border
    }

    /// A console line, which is accepted.
    pub(crate) fn line(&self, line: &str) {
        let mut answer = String::new();
        let mut region = Region::attach(&self.region).unwrap();
        let _ = console::run(&mut region, line.as_bytes(), &mut answer).unwrap();
        assert_eq!(answer, "ok\n", "{line}");
    }

    pub(crate) fn flows(&self) -> FlowTable<'_> {
        FlowTable::attach(&self.flows).unwrap()
    }

    /// A step of a packet; what comes out has right checksums.
    pub(crate) fn step(&self, from: Origin, packet: &[u8]) -> (Next, Vec<u8>) {
        let (next, bytes) = self.raw(from, packet);
        check(&bytes).unwrap_or_else(|fault| panic!("{fault}"));
        (next, bytes)
    }

    /// A step of a packet with whatever checksums. A drop leaves it as it was.
    pub(crate) fn raw(&self, from: Origin, packet: &[u8]) -> (Next, Vec<u8>) {
        let region = Region::attach(&self.region).unwrap();
        let mut bytes = packet.to_vec();
        let next = self.flows().process(&region.tables(), from, &mut bytes, self.now).unwrap();
        if matches!(next, Next::Drop(_)) {
            assert_eq!(bytes, packet);
        }
        (next, bytes)
    }

    /// What an instance's packet leaves to the Internet as.
    #[track_caller]
    pub(crate) fn out(&self, from: u16, packet: &[u8]) -> Vec<u8> {
        let (next, bytes) = self.step(place(from), packet);
        assert_eq!(next, Next::Internet);
        bytes
    }

    /// What a packet from the Internet reaches an instance as.
    #[track_caller]
    pub(crate) fn reaches(&self, to: u16, packet: &[u8]) -> Vec<u8> {
        let (next, bytes) = self.step(Origin::Internet, packet);
        assert_eq!(next, Next::Deliver(host(to)));
        bytes
    }

    /// Why a packet from the Internet is dropped.
    #[track_caller]
    pub(crate) fn refused(&self, packet: &[u8]) -> DropReason {
        dropped(self.step(Origin::Internet, packet).0)
    }

    /// Why an instance's packet is dropped.
    #[track_caller]
    pub(crate) fn kept_in(&self, from: u16, packet: &[u8]) -> DropReason {
        dropped(self.step(place(from), packet).0)
    }

    /// An instance's packet to a public address of the VPC: it leaves, and the caller brings it back as
    /// what comes from the Internet.
    #[track_caller]
    pub(crate) fn hairpin(&self, from: u16, to: u16, packet: &[u8]) -> Vec<u8> {
        let outside = self.out(from, packet);
        let inside = self.reaches(to, &outside);
        assert_eq!(source(&inside), source(&outside), "the external source stays");
        inside
    }

    pub(crate) fn wait(&mut self, time: u64) {
        self.now += time;
    }
}

#[track_caller]
fn dropped(next: Next) -> DropReason {
    match next {
        Next::Drop(reason) => reason,
        other => panic!("not dropped: {other:?}"),
    }
}

pub(crate) fn octets(text: &str) -> [u8; 4] {
    Addr::parse(text).unwrap().0.to_be_bytes()
}
