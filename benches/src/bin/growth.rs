//! How memory and time grow with a region: bytes by profile, the cost of commands and of verdicts
//! from 1 to 1,000 VPCs and from 10 to 5,500 entries a VPC.
//!
//! `cargo run --release -p sekisho-benches --bin growth`

use std::hint::black_box;
use std::sync::atomic::AtomicU32;
use std::time::Instant;

use sekisho::addr::{Addr, InstanceId};
use sekisho::limits::Profile;
use sekisho::model::Rng;
use sekisho::region::Region;
use sekisho::resolve::{Flow, Header};

/// The vendor's default quotas in each of 400 VPCs.
const QUOTAS_400: Profile = Profile {
    vpcs: 400,
    cidrs_per_vpc: 8,
    vswitches_per_vpc: 150,
    tables_per_vpc: 11,
    entries_per_table: 200,
    dynamic_per_table: 200,
    ecmp_sets: 4096,
    interfaces: 40_000,
    public_addresses: 8_000,
    nat_gateways: 800,
    snat_entries: 40_000,
    forward_entries: 40_000,
    load_balancers: 4_000,
    gwlbs: 400,
    appliances: 1_600,
    endpoints: 1_600,
    route_target_groups: 800,
    readers: 0,
};

/// 1,000 VPCs of 60 vSwitches.
const VPCS_1000: Profile = Profile {
    vpcs: 1_000,
    vswitches_per_vpc: 60,
    tables_per_vpc: 3,
    entries_per_table: 100,
    dynamic_per_table: 0,
    ..QUOTAS_400
};

/// One VPC with a table of 5,500 entries.
const ENTRIES_5500: Profile = Profile { vpcs: 1, entries_per_table: 5_500, ..VPCS_1000 };

fn main() {
    println!("## Memory\n\n| profile | bytes |\n|---|---:|");
    for (name, profile) in [
        ("firmware", Profile::FIRMWARE),
        ("large", Profile::LARGE),
        ("the vendor's quotas x 400 VPCs", QUOTAS_400),
        ("1,000 VPCs of 60 vSwitches", VPCS_1000),
    ] {
        println!("| {name} | {} |", Region::footprint(&profile) * 4);
    }
    println!("\n## By number of VPCs (60 vSwitches each)\n");
    println!(
        "| VPCs | vSwitches | verdict, ns | create-vswitch, us | create-route-entry, us | set-forward, us |"
    );
    println!("|---:|---:|---:|---:|---:|---:|");
    with_memory(&VPCS_1000, |region| {
        let mut made = 0;
        for vpcs in [1, 10, 100, 1_000] {
            for vpc in made..vpcs {
                make_vpc(region, vpc);
            }
            made = vpcs;
            let verdict = verdicts(region, vpcs, 60);
            // The last VPC has one vSwitch less, so that one can come and go.
            let last = vpcs - 1;
            let vswitch = pairs(
                region,
                &format!("create-vswitch vsw-65000 vpc-{last} 10.0.200.0/24"),
                "delete-vswitch vsw-65000",
            );
            let entry = pairs(
                region,
                &format!("create-route-entry vtb-{last} 99.0.0.0/8 peer-9"),
                &format!("delete-route-entry vtb-{last} 99.0.0.0/8"),
            );
            let forward = pairs(
                region,
                &format!("set-forward i-{last} on"),
                &format!("set-forward i-{last} off"),
            );
            println!(
                "| {vpcs} | {} | {verdict:.0} | {vswitch:.1} | {entry:.1} | {forward:.1} |",
                vpcs * 59
            );
        }
    });
    println!("\n## By entries of the sender's table (one VPC)\n");
    println!("| entries | verdict, ns | create-route-entry, us |\n|---:|---:|---:|");
    with_memory(&ENTRIES_5500, |region| {
        make_vpc(region, 0);
        let mut made = 1;
        for entries in [10u32, 100, 1_000, 5_499] {
            for n in made..entries {
                let (a, b, c) = (20 + n / 2_000, n / 8 % 256, n % 8 * 32);
                ok(region, &format!("create-route-entry vtb-0 {a}.{b}.{c}.0/19 peer-{}", n % 99));
            }
            made = entries;
            let verdict = verdicts(region, 1, 60);
            let entry = pairs(
                region,
                "create-route-entry vtb-0 99.0.0.0/8 peer-9",
                "delete-route-entry vtb-0 99.0.0.0/8",
            );
            println!("| {entries} | {verdict:.0} | {entry:.1} |");
        }
    });
}

fn with_memory(profile: &Profile, run: impl FnOnce(&mut Region<'_>)) {
    let memory: Vec<AtomicU32> =
        (0..Region::footprint(profile)).map(|_| AtomicU32::new(0)).collect();
    run(&mut Region::init(&memory, profile).expect("the memory is as large as it must be"));
}

fn ok(region: &mut Region<'_>, line: &str) {
    let mut answer = String::new();
    let _ = sekisho::console::run(region, line.as_bytes(), &mut answer).expect("strings take all");
    assert_eq!(answer, "ok\n", "{line}");
}

/// A centralized VPC with 59 vSwitches, an instance with a public address in the first, and a
/// default route to its gateway.
fn make_vpc(region: &mut Region<'_>, vpc: u32) {
    ok(region, &format!("create-vpc vpc-{vpc} vtb-{vpc} 10.0.0.0/16"));
    for n in 0..59 {
        ok(region, &format!("create-vswitch vsw-{} vpc-{vpc} 10.0.{n}.0/24", vpc * 60 + n));
    }
    ok(region, &format!("create-instance i-{vpc} vsw-{} 10.0.0.10", vpc * 60));
    ok(region, &format!("allocate-eip eip-{vpc} 47.{}.{}.1", vpc / 256, vpc % 256));
    ok(region, &format!("associate-eip eip-{vpc} i-{vpc}"));
    ok(region, &format!("create-ipv4-gateway ipv4gw-{vpc} vpc-{vpc}"));
    ok(region, &format!("enable-vpc-ipv4-gateway ipv4gw-{vpc} vtb-{vpc}"));
}

/// Nanoseconds a verdict, median of passes: half of the packets to the Internet, half into the VPC,
/// from instances of all VPCs at random.
fn verdicts(region: &Region<'_>, vpcs: u32, vswitches: u32) -> f64 {
    const PACKETS: usize = 100_000;
    let mut rng = Rng::new(5);
    let packets: Vec<_> = (0..PACKETS)
        .map(|n| {
            let inside = Addr(0x0A00_000A | rng.below(vswitches) << 8);
            let destination = if n % 2 == 0 { Addr(rng.word()) } else { inside };
            let header = Header {
                source: Addr::new(10, 0, 0, 10),
                destination,
                protocol: 6,
                source_port: 40_000,
                destination_port: 443,
            };
            let from = u16::try_from(rng.below(vpcs)).expect("ids have 16 bits");
            (InstanceId(from).id(), header)
        })
        .collect();
    let tables = region.tables();
    median((0..9).map(|_| {
        let start = Instant::now();
        for (from, header) in &packets {
            black_box(tables.egress(*from, black_box(header), Flow::New));
        }
        start.elapsed().as_nanos() as f64 / PACKETS as f64
    }))
}

/// Microseconds a command, median of pairs of a change and its undoing.
fn pairs(region: &mut Region<'_>, there: &str, back: &str) -> f64 {
    median((0..101).map(|_| {
        let start = Instant::now();
        ok(region, there);
        ok(region, back);
        start.elapsed().as_nanos() as f64 / 2_000.0
    }))
}

fn median(times: impl Iterator<Item = f64>) -> f64 {
    let mut times: Vec<f64> = times.collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
