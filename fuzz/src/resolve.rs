//! Packets through regions of every shape: the compiled tables against the twin's walk.

use std::sync::atomic::{AtomicU64, Ordering};

use sekisho::addr::{Addr, Id};
use sekisho::limits::Profile;
use sekisho::region::Region;
use sekisho::resolve::{Flow, Header};

use crate::bytes::Bytes;
use crate::choices::{self, INTERNET};
use crate::pair::{Pair, senders};
use crate::{commands, memory};

/// The world of the start, and little more.
const PROFILE: Profile = Profile {
    vpcs: 2,
    cidrs_per_vpc: 4,
    vswitches_per_vpc: 6,
    tables_per_vpc: 7,
    entries_per_table: 5,
    dynamic_per_table: 3,
    ecmp_sets: 4,
    interfaces: 8,
    public_addresses: 7,
    nat_gateways: 2,
    snat_entries: 4,
    forward_entries: 5,
    load_balancers: 4,
    gwlbs: 3,
    appliances: 4,
    endpoints: 4,
    route_target_groups: 3,
    readers: 0,
};

const MAX_STEPS: usize = 100;

/// Protocols and ports of the packets at the end.
const KINDS: [(u8, u16, u16); 4] = [(6, 40000, 443), (6, 80, 40000), (17, 443, 80), (1, 0, 0)];

static VERDICTS: AtomicU64 = AtomicU64::new(0);

/// How many verdicts this process has compared.
pub fn verdicts() -> u64 {
    VERDICTS.load(Ordering::Relaxed)
}

/// Runs a program of commands with packets in between, and at the end sends everything everywhere.
pub fn resolve(data: &[u8]) {
    let memory = memory(Region::footprint(&PROFILE));
    let mut pair = Pair::new(&memory, PROFILE);
    let mut bytes = Bytes::new(data);
    pair.prepare(bytes.below(3));
    for _ in 0..MAX_STEPS {
        if bytes.is_empty() {
            break;
        }
        if bytes.below(4) == 0 {
            packets(&pair, &mut bytes);
        } else {
            let _ = pair.apply(&commands::command(&mut bytes));
        }
    }
    pair.compare();
    everything(&pair);
}

/// One kind of packet: from a sender to everywhere, or from the Internet to every public address.
fn packets(pair: &Pair<'_>, bytes: &mut Bytes<'_>) {
    let (header, flow) = (bytes.header(Addr(0), Addr(0)), bytes.flow());
    if bytes.below(3) == 0 {
        let source = bytes.addr();
        for destination in public_addresses(pair) {
            ingress(pair, &Header { source, destination, ..header }, flow);
        }
    } else {
        let from = bytes.sender();
        let own = pair.region.tables().address_of(from);
        // Now and then of another address, which only what forwards can send.
        let source = own.filter(|_| bytes.below(4) > 0).unwrap_or_else(|| bytes.addr());
        for destination in destinations(pair) {
            egress(pair, from, &Header { source, destination, ..header }, flow);
        }
    }
}

/// Every sender to every address, and the Internet to every public address, in both directions.
fn everything(pair: &Pair<'_>) {
    for (protocol, source_port, destination_port) in KINDS {
        for flow in [Flow::New, Flow::Reply] {
            let header = |source, destination| Header {
                source,
                destination,
                protocol,
                source_port,
                destination_port,
            };
            for from in senders(&pair.twin) {
                let own = pair.region.tables().address_of(from);
                for destination in destinations(pair) {
                    egress(pair, from, &header(own.unwrap_or(INTERNET), destination), flow);
                }
            }
            for destination in public_addresses(pair) {
                ingress(pair, &header(INTERNET, destination), flow);
            }
        }
    }
}

/// The fixed addresses, and those that something owns.
fn destinations(pair: &Pair<'_>) -> Vec<Addr> {
    let mut all: Vec<Addr> = choices::addresses().collect();
    all.extend(pair.twin.interfaces.values().map(|interface| interface.address));
    all.extend(pair.twin.forward.values().map(|forward| forward.address));
    all.sort();
    all.dedup();
    all
}

/// What can be bound, and an address that cannot.
fn public_addresses(pair: &Pair<'_>) -> Vec<Addr> {
    let mut all: Vec<Addr> = pair.twin.eips.values().map(|public| public.address).collect();
    all.extend(choices::addresses().filter(|addr| addr.0 >> 24 == 47));
    all.push(Addr::new(10, 0, 0, 10));
    all.sort();
    all.dedup();
    all
}

fn egress(pair: &Pair<'_>, from: Id, header: &Header, flow: Flow) {
    let real = pair.region.tables().egress(from, header, flow);
    assert_eq!(real, pair.twin.egress(from, header, flow), "{from} {header:?} {flow:?}");
    VERDICTS.fetch_add(1, Ordering::Relaxed);
}

fn ingress(pair: &Pair<'_>, header: &Header, flow: Flow) {
    let real = pair.region.tables().ingress(header, flow);
    assert_eq!(real, pair.twin.ingress(header, flow), "{header:?} {flow:?}");
    VERDICTS.fetch_add(1, Ordering::Relaxed);
}
