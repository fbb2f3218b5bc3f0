//! What programs start from: a region with NAT, load balancers and inspection, and a small table.

use std::sync::OnceLock;
use std::sync::atomic::Ordering;

use sekisho::flow::{Config, Timeouts};
use sekisho::limits::Profile;
use sekisho::region::Region;

use crate::bytes::Bytes;
use crate::{memory, world};

const PROFILE: Profile = Profile {
    vpcs: 2,
    cidrs_per_vpc: 5,
    vswitches_per_vpc: 6,
    tables_per_vpc: 7,
    entries_per_table: 6,
    dynamic_per_table: 3,
    ecmp_sets: 4,
    interfaces: 10,
    public_addresses: 9,
    nat_gateways: 3,
    snat_entries: 5,
    forward_entries: 6,
    load_balancers: 4,
    gwlbs: 3,
    appliances: 4,
    endpoints: 4,
    route_target_groups: 3,
    readers: 0,
};

/// i-0 has a public address and no inspection; i-3 and i-4 are behind ngw-1, where i-4 gets all ports of
/// an address; what comes in to vsw-2 and vsw-3 is delivered.
const MORE: &str = "\
create-instance i-0 vsw-2 10.0.1.10
create-instance i-4 vsw-3 10.0.2.11
allocate-eip eip-5 47.0.0.5
allocate-eip eip-6 47.0.0.6
associate-eip eip-6 i-0
associate-eip eip-5 ngw-1
create-forward-entry ngw-1 eip-5 any 0 10.0.2.11 0
create-forward-entry ngw-1 eip-3 udp 443 10.0.2.10 80
register-appliance gwlb-1 app-2
";

/// Without inspection.
const PLAIN: &str = "\
delete-route-entry vtb-2 0.0.0.0/0
create-route-entry vtb-2 0.0.0.0/0 ipv4gw-1
update-gateway-route-table-entry-attribute vtb-6 10.0.0.0/24 local
";

/// Without inspection, and without a gateway table.
const CLOSED: &str = "\
delete-route-entry vtb-2 0.0.0.0/0
create-route-entry vtb-2 0.0.0.0/0 ipv4gw-1
dissociate-route-table-from-gateway vtb-6 ipv4gw-1
";

/// The gateway is there and a route to it, but it is not enabled; NAT without it.
const INACTIVE: &str = "\
create-ipv4-gateway ipv4gw-1 vpc-1
create-route-entry vtb-2 0.0.0.0/0 ipv4gw-1
";

/// The gateway was there: nothing leaves any more.
const PRIVATE: &str = "\
dissociate-route-table-from-gateway vtb-6 ipv4gw-1
delete-route-entry vtb-3 0.0.0.0/0
delete-route-entry vtb-5 0.0.0.0/0
delete-ipv4-gateway ipv4gw-1 mode=private
";

/// What a region may be made with besides the network.
pub(super) const CHOICES: usize = 6;

/// The words of a region, made once.
fn made(lines: &[&str]) -> Vec<u32> {
    let memory = memory(Region::footprint(&PROFILE));
    let mut region = Region::init(&memory, &PROFILE).expect("memory of the footprint");
    for command in
        [world::NETWORK, MORE].iter().chain(lines).flat_map(|lines| world::commands(lines))
    {
        assert_eq!(region.apply(&command), Ok(()), "{command:?}");
    }
    memory.iter().map(|word| word.load(Ordering::Relaxed)).collect()
}

/// The words of the region of a choice.
pub(super) fn region(choice: usize) -> &'static [u32] {
    static REGIONS: [OnceLock<Vec<u32>>; CHOICES] = [const { OnceLock::new() }; CHOICES];
    let lines: [&[&str]; CHOICES] = [
        &[world::GATEWAY],
        &[world::GATEWAY, PLAIN],
        &[world::GATEWAY, CLOSED],
        &[world::GATEWAY, PLAIN],
        &[world::GATEWAY, PRIVATE],
        &[INACTIVE],
    ];
    REGIONS[choice].get_or_init(|| made(lines[choice]))
}

const TIMEOUTS: [Timeouts; 4] = [
    Timeouts::DEFAULT,
    Timeouts { tcp_transitory: 20, tcp_established: 60, udp: 30, icmp: 10, fragment: 5 },
    Timeouts { tcp_transitory: 0, tcp_established: 0, udp: 0, icmp: 0, fragment: 0 },
    Timeouts {
        tcp_transitory: u32::MAX,
        tcp_established: u32::MAX,
        udp: 1,
        icmp: u32::MAX,
        fragment: u32::MAX,
    },
];

/// A table of 1 to 8 flows; now and then of an instance with four ports.
pub(super) fn config(bytes: &mut Bytes<'_>) -> Config {
    let (sizes, kinds) = (bytes.byte(), bytes.byte());
    let instances =
        [(0, 1), (0, 16128), (9696, 16128), (16127, 16128), (0, 1), (0, 1), (0, 1), (1, 2)];
    let (instance, instances) = instances[usize::from(kinds & 7)];
    Config {
        flows: u32::from(sizes & 7) + 1,
        mappings: u32::from(sizes >> 3 & 7),
        fragments: u32::from(sizes >> 6) * 3,
        meters: u16::from(kinds >> 3 & 3) * 2,
        instance,
        instances,
        timeouts: TIMEOUTS[usize::from(kinds >> 5 & 3)],
        seed: u64::from(kinds >> 7) * 0x1234_5678_9ABC_DEF1,
    }
}
