//! What an image asks itself at its start: packets through a border and lookups, with known answers.

use sekisho::Memory;
use sekisho::addr::{Addr, Id, InstanceId, Prefix};
use sekisho::console::{self, Status};
use sekisho::flow::FlowTable;
use sekisho::lpm::Lpm;
use sekisho::packet::{Next, Origin, Place, View, checksum};
use sekisho::region::Region;
use sekisho::resolve::{DropReason, Flow, Header};
use sekisho_firmware::Nowhere;

use crate::{FLOW_TABLE, FLOWS, open_region};

static ROUTES: Memory<{ Lpm::footprint(16, 1) }> = Memory::new();

/// A host without a public address of its own, behind a NAT gateway.
const NETWORK: [&str; 8] = [
    "create-vpc vpc-1 vtb-1 10.0.0.0/16",
    "create-vswitch vsw-1 vpc-1 10.0.0.0/24",
    "create-instance i-1 vsw-1 10.0.0.10",
    "create-nat-gateway ngw-1 vsw-1 10.0.0.20",
    "allocate-eip eip-1 47.0.0.1",
    "associate-eip eip-1 ngw-1",
    "create-snat-entry ngw-1 10.0.0.0/24 eip-1",
    "create-route-entry vtb-1 0.0.0.0/0 ngw-1",
];
const HOST: InstanceId = InstanceId(1);
const PUBLIC: Addr = Addr::new(47, 0, 0, 1);
const SERVER: Addr = Addr::new(8, 8, 8, 8);

/// UDP from 10.0.0.10, port 5000, to 8.8.8.8, port 53, without a UDP checksum.
const QUERY: [u8; 28] = [
    0x45, 0x00, 0x00, 0x1c, 0x00, 0x01, 0x00, 0x00, 0x40, 0x11, 0x60, 0xb7, 0x0a, 0x00, 0x00, 0x0a,
    0x08, 0x08, 0x08, 0x08, 0x13, 0x88, 0x00, 0x35, 0x00, 0x08, 0x00, 0x00,
];

/// Asks everything, in memory that is uninitialised before and after; what was answered otherwise than
/// it should be is the error. Not inlined, so that its stack is free again.
#[inline(never)]
pub fn run() -> Result<(), &'static str> {
    let mut region = open_region().map_err(|_| "the region's memory")?;
    let mut flows = FlowTable::init(&FLOW_TABLE, &FLOWS).map_err(|_| "the flows' memory")?;
    for line in NETWORK {
        let answered = console::run(&mut region, line.as_bytes(), &mut Nowhere);
        if answered != Ok(Status::Done) {
            return Err(line);
        }
    }
    refused(&mut region)?;
    verdict(&region)?;
    packets(&region, &mut flows)?;
    region.fini();
    flows.fini();
    lookups()
}

/// A command that is refused, by name.
fn refused(region: &mut Region<'_>) -> Result<(), &'static str> {
    let Ok(Status::Refused(error)) = console::run(region, NETWORK[1].as_bytes(), &mut Nowhere)
    else {
        return Err("a second vSwitch of the same id");
    };
    defmt::info!("check: {=str}: {}", NETWORK[1], error);
    Ok(())
}

/// The verdict about a packet of which only the header is known.
fn verdict(region: &Region<'_>) -> Result<(), &'static str> {
    let source = Addr::new(10, 0, 0, 10);
    let ports = (5000, 53);
    let header = Header {
        source,
        destination: SERVER,
        protocol: 17,
        source_port: ports.0,
        destination_port: ports.1,
    };
    let verdict = region.tables().egress(HOST.into(), &header, Flow::New).ok_or("the host")?;
    defmt::info!("check: {} to {}: {}", source, SERVER, verdict);
    if verdict.paths != [7] { Err("the path") } else { Ok(()) }
}

/// A packet out, its answer in, and one that nobody has asked for.
fn packets(region: &Region<'_>, flows: &mut FlowTable<'_>) -> Result<(), &'static str> {
    let tables = region.tables();
    let mut packet = QUERY;
    let from = Origin::Interface(Place::Instance(HOST));
    let next = flows.process(&tables, from, &mut packet, 0).ok_or("the host's interface")?;
    defmt::info!("check: the query: {}", next);
    let view = View::new(&packet).map_err(|_| "the translated query")?;
    if next != Next::Internet || view.source() != PUBLIC || checksum(&packet[..20]) != 0 {
        return Err("the query's way");
    }

    let mut answer = packet;
    answer[12..16].copy_from_slice(&packet[16..20]);
    answer[16..20].copy_from_slice(&packet[12..16]);
    answer[20..22].copy_from_slice(&packet[22..24]);
    answer[22..24].copy_from_slice(&packet[20..22]);
    let next = flows.process(&tables, Origin::Internet, &mut answer, 1).ok_or("the Internet")?;
    defmt::info!("check: the answer: {}", next);
    if next != Next::Deliver(Id::from(HOST)) || checksum(&answer[..20]) != 0 {
        return Err("the answer's way");
    }

    let mut noise = [0; 20];
    let next = flows.process(&tables, Origin::Internet, &mut noise, 2).ok_or("the Internet")?;
    defmt::info!("check: noise: {}; {}", next, flows.stats());
    if next == Next::Drop(DropReason::Malformed) { Ok(()) } else { Err("noise") }
}

/// Longest-prefix match by itself.
fn lookups() -> Result<(), &'static str> {
    let mut lpm = Lpm::init(&ROUTES, 16, 1).map_err(|_| "the arena")?;
    let table = lpm.create_table().map_err(|_| "the table")?;
    for (prefix, next_hop) in [("0.0.0.0/0", 1), ("10.0.0.0/8", 2), ("10.1.0.0/16", 3)] {
        let prefix = Prefix::parse(prefix).ok_or("a prefix")?;
        lpm.insert(table, prefix, next_hop).map_err(|_| "a route")?;
    }
    for (addr, next_hop) in [(SERVER, 1), (Addr::new(10, 2, 0, 1), 2), (Addr::new(10, 1, 2, 3), 3)]
    {
        let found = lpm.view().find(table, addr);
        defmt::info!("check: {} is routed to {}", addr, found);
        if found != Some(next_hop) {
            return Err("a lookup");
        }
    }
    lpm.fini();
    Ok(())
}
