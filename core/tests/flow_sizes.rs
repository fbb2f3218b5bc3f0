//! Flow tables of every size hold as many flows as they say, all of which are found again, and are empty
//! once their time is over.

use std::sync::atomic::AtomicU32;

use sekisho::addr::{Addr, InstanceId};
use sekisho::flow::{Config, FlowTable, Timeouts};
use sekisho::limits::Profile;
use sekisho::packet::{Next, Origin, Place, checksum};
use sekisho::region::Region;
use sekisho::resolve::DropReason;

const SCRIPT: &str = "\
create-vpc vpc-1 vtb-1 10.0.0.0/8
create-vswitch vsw-1 vpc-1 10.0.0.0/16
create-vswitch vsw-2 vpc-1 10.1.0.0/16
create-route-table vtb-2 vpc-1
associate-route-table vtb-2 vsw-2
create-instance i-1 vsw-1 10.0.0.10 forward=on
create-nat-gateway ngw-1 vsw-2 10.1.0.20
allocate-eip eip-2 47.0.0.2
associate-eip eip-2 ngw-1
create-snat-entry ngw-1 0.0.0.0/0 eip-2
create-route-entry vtb-1 0.0.0.0/0 ngw-1
";

fn zeroed(words: usize) -> Vec<AtomicU32> {
    (0..words).map(|_| AtomicU32::new(0)).collect()
}

/// A segment between two addresses and ports, without payload; its TCP checksum is not looked at.
fn segment(source: (u32, u16), destination: (u32, u16), flags: u8) -> [u8; 40] {
    let mut bytes = [0; 40];
    bytes[..4].copy_from_slice(&[0x45, 0, 0, 40]);
    (bytes[8], bytes[9]) = (64, 6);
    bytes[12..16].copy_from_slice(&source.0.to_be_bytes());
    bytes[16..20].copy_from_slice(&destination.0.to_be_bytes());
    bytes[20..22].copy_from_slice(&source.1.to_be_bytes());
    bytes[22..24].copy_from_slice(&destination.1.to_be_bytes());
    (bytes[32], bytes[33]) = (0x50, flags);
    let sum = checksum(&bytes[..20]);
    bytes[10..12].copy_from_slice(&sum.to_be_bytes());
    bytes
}

const SYN: u8 = 2;
const ACK: u8 = 16;

/// The opener's segment of flow `n`: all different, of few inside addresses and ports, so that ports do
/// not run out.
fn opener(n: u32, flags: u8) -> [u8; 40] {
    let remote = 0x0808_0000 + n / 4096;
    let port = 1024 + (n % 4096) as u16;
    segment((Addr::new(10, 0, 0, 10).0, port), (remote, 443), flags)
}

fn fill_and_drain(flows: u32) {
    let region_memory = zeroed(Profile::FIRMWARE.footprint());
    let mut region = Region::init(&region_memory, &Profile::FIRMWARE).unwrap();
    for line in SCRIPT.lines() {
        let mut answer = String::new();
        let _ = sekisho::console::run(&mut region, line.as_bytes(), &mut answer).unwrap();
        assert_eq!(answer, "ok\n", "{line}");
    }
    let config = Config { seed: 7, mappings: flows.min(4096), ..Config::new(flows) };
    let memory = zeroed(config.footprint());
    let mut table = FlowTable::init(&memory, &config).unwrap();
    let tables = region.tables();
    let host = Origin::Interface(Place::Instance(InstanceId(1)));

    for n in 0..flows {
        assert_eq!(table.process(&tables, host, &mut opener(n, SYN), 0), Some(Next::Internet));
    }
    let stats = table.stats();
    assert_eq!((stats.flows, stats.evicted), (flows, 0));
    // Each is answered and acknowledged, then none can go for another.
    for n in 0..flows {
        let mut out = opener(n, ACK);
        assert_eq!(table.process(&tables, host, &mut out, 1), Some(Next::Internet));
        let word = |at: usize| u32::from_be_bytes(out[at..at + 4].try_into().unwrap());
        let port = u16::from_be_bytes(out[20..22].try_into().unwrap());
        let mut back = segment((word(16), 443), (word(12), port), SYN | ACK);
        let delivered = Some(Next::Deliver(InstanceId(1).id()));
        assert_eq!(table.process(&tables, Origin::Internet, &mut back, 1), delivered);
        table.process(&tables, host, &mut opener(n, ACK), 1);
    }
    assert_eq!(table.stats().established, flows);
    let full = Some(Next::Drop(DropReason::FlowTableFull));
    assert_eq!(table.process(&tables, host, &mut opener(flows, SYN), 2), full);

    let over = 1 + u64::from(Timeouts::DEFAULT.tcp_established);
    assert_eq!(table.expire(over - 1, u32::MAX), 0);
    assert_eq!(table.expire(over, flows / 2), flows / 2);
    assert_eq!(table.expire(over, u32::MAX), flows - flows / 2);
    let stats = table.stats();
    assert_eq!((stats.flows, stats.mappings, stats.established), (0, 0, 0));
    assert_eq!((stats.opened, stats.expired), (flows.into(), flows.into()));
    assert_eq!(table.process(&tables, host, &mut opener(0, SYN), over), Some(Next::Internet));
}

/// `SEKISHO_FLOWS` adds a size.
#[test]
fn tables_hold_what_they_say() {
    let large = if cfg!(debug_assertions) { 20_000 } else { 1_000_000 };
    for flows in [1, 2, 3, 7, 16, 17, 100, 4097, large] {
        fill_and_drain(flows);
    }
    if let Some(flows) = std::env::var("SEKISHO_FLOWS").ok().and_then(|n| n.parse().ok()) {
        fill_and_drain(flows);
    }
}
