//! Every operation with every capacity one too small: whatever does not fit is refused by name and
//! changes no word, at whatever point the room runs out, and everything else goes on working.

use std::sync::atomic::{AtomicU32, Ordering};

use sekisho::limits::Profile;
use sekisho::region::{Error, Region};

/// Makes something of every kind, and changes it in every way.
const SCRIPT: &str = "
create-vpc vpc-1 vtb-1 10.0.0.0/16 cidr=172.16.0.0/16 user-cidr=30.0.0.0/16
create-vpc vpc-2 vtb-2 10.0.0.0/16
create-vswitch vsw-1 vpc-1 10.0.0.0/24
create-vswitch vsw-2 vpc-1 10.0.1.0/24
create-vswitch vsw-3 vpc-2 10.0.0.0/24
create-route-table vtb-3 vpc-1
create-route-table vtb-4 vpc-1 type=gateway
associate-route-table vtb-3 vsw-2
create-instance i-1 vsw-1 10.0.0.10 public=eip-1:47.0.0.1
create-instance i-2 vsw-2 10.0.1.10 forward=on
create-network-interface eni-1 vsw-2 10.0.1.11
allocate-eip eip-2 47.0.0.2
allocate-eip eip-3 47.0.0.3
create-nat-gateway ngw-1 vsw-2 10.0.1.20
associate-eip eip-2 ngw-1
create-snat-entry ngw-1 10.0.0.0/16 eip-2
create-snat-entry ngw-1 10.0.1.0/24 eip-2
create-forward-entry ngw-1 eip-2 tcp 80 10.0.0.10 8080
create-forward-entry ngw-1 eip-2 udp 53 10.0.0.10 53
create-load-balancer lb-1 internal vsw-1 10.0.0.30
create-load-balancer lb-2 internet vpc-1 47.0.0.9
associate-eip eip-3 lb-1
create-gwlb gwlb-1
create-gwlb gwlb-2 fail-open=on
register-appliance gwlb-1 app-1
register-appliance gwlb-1 app-2
create-gwlb-endpoint ep-1 vsw-1 gwlb-1
create-gwlb-endpoint ep-2 vsw-2 gwlb-2
create-route-target-group rtg-1 ep-1 ep-2
announce-route vtb-1 50.0.0.0/8 ri-1
announce-route vtb-1 51.0.0.0/8 ri-1+ri-2
announce-route vtb-1 51.0.0.0/8 ri-2
announce-route vtb-1 51.0.0.0/8 ri-2+ri-3+ri-4
create-route-entry vtb-1 51.0.0.0/8 peer-1
create-route-entry vtb-3 60.0.0.0/8 ri-5+ri-6
modify-route-entry vtb-3 60.0.0.0/8 vpn-1
modify-route-entry vtb-3 60.0.0.0/8 ri-7+ri-8
modify-route-entry vtb-3 10.0.0.0/24 rtg-1
update-gateway-route-table-entry-attribute vtb-4 10.0.0.0/24 i-2
begin create-ipv4-gateway ipv4gw-1 vpc-1
commit ipv4gw-1
create-ipv4-gateway ipv4gw-2 vpc-2
begin enable-vpc-ipv4-gateway ipv4gw-1 vtb-1 vtb-3
commit ipv4gw-1
enable-vpc-ipv4-gateway ipv4gw-2
create-route-entry vtb-2 0.0.0.0/0 ipv4gw-2
associate-route-table-with-gateway vtb-4 ipv4gw-1
region blackout=on
begin dissociate-route-table-from-gateway vtb-4 ipv4gw-1
commit ipv4gw-1
begin delete-ipv4-gateway ipv4gw-1 mode=public
delete-route-entry vtb-3 60.0.0.0/8
set-forward i-2 off
set-appliance app-1 unhealthy
commit ipv4gw-1
";

fn fields(p: &mut Profile) -> [(&'static str, &mut u16); 17] {
    [
        ("vpcs", &mut p.vpcs),
        ("cidrs_per_vpc", &mut p.cidrs_per_vpc),
        ("vswitches_per_vpc", &mut p.vswitches_per_vpc),
        ("tables_per_vpc", &mut p.tables_per_vpc),
        ("entries_per_table", &mut p.entries_per_table),
        ("dynamic_per_table", &mut p.dynamic_per_table),
        ("ecmp_sets", &mut p.ecmp_sets),
        ("interfaces", &mut p.interfaces),
        ("public_addresses", &mut p.public_addresses),
        ("nat_gateways", &mut p.nat_gateways),
        ("snat_entries", &mut p.snat_entries),
        ("forward_entries", &mut p.forward_entries),
        ("load_balancers", &mut p.load_balancers),
        ("gwlbs", &mut p.gwlbs),
        ("appliances", &mut p.appliances),
        ("endpoints", &mut p.endpoints),
        ("route_target_groups", &mut p.route_target_groups),
    ]
}

/// Just enough for the script.
const EXACT: Profile = Profile {
    vpcs: 2,
    cidrs_per_vpc: 2,
    vswitches_per_vpc: 2,
    tables_per_vpc: 3,
    entries_per_table: 3,
    dynamic_per_table: 2,
    ecmp_sets: 2,
    interfaces: 3,
    public_addresses: 3,
    nat_gateways: 1,
    snat_entries: 2,
    forward_entries: 2,
    load_balancers: 2,
    gwlbs: 2,
    appliances: 2,
    endpoints: 2,
    route_target_groups: 1,
    readers: 0,
};

/// Runs the script; gives the commands that were refused for want of room.
fn run(profile: &Profile) -> Vec<&'static str> {
    let memory: Vec<AtomicU32> =
        (0..Region::footprint(profile)).map(|_| AtomicU32::new(0)).collect();
    let words = || memory.iter().map(|word| word.load(Ordering::Relaxed)).collect::<Vec<u32>>();
    let mut region = Region::init(&memory, profile).unwrap();
    let mut refused = Vec::new();
    for line in SCRIPT.lines() {
        let before = words();
        let mut trial = String::new();
        let trial_line = format!("dry-run {line}");
        let tried = sekisho::console::run(&mut region, trial_line.as_bytes(), &mut trial).unwrap();
        assert!(words() == before, "a trial changed something: {line}");
        let mut answer = String::new();
        let status = sekisho::console::run(&mut region, line.as_bytes(), &mut answer).unwrap();
        if line.is_empty() {
            continue;
        }
        if let sekisho::console::Status::Refused(error) = status {
            assert_eq!(tried, status, "{line}");
            if error == Error::CapacityExceeded {
                refused.push(line);
            }
            if !line.starts_with("commit") {
                assert!(words() == before, "{line} answered {error} and changed something");
            }
        }
        // Packets are judged as before and after, whatever was refused.
        for packet in ["send i-1 8.8.8.8", "receive 8.8.8.8 47.0.0.1", "send i-2 51.1.1.1"] {
            let mut verdict = String::new();
            let _ = sekisho::console::run(&mut region, packet.as_bytes(), &mut verdict).unwrap();
            assert!(!verdict.is_empty());
        }
    }
    refused
}

#[test]
fn one_less_of_anything_is_one_named_refusal_at_least() {
    assert_eq!(run(&EXACT), Vec::<&str>::new(), "the exact profile holds the script");
    let mut names = 0;
    for field in 0..fields(&mut EXACT.clone()).len() {
        let mut profile = EXACT;
        let (name, capacity) = fields(&mut profile).into_iter().nth(field).unwrap();
        *capacity -= 1;
        if matches!(name, "vpcs" | "tables_per_vpc") {
            assert!(*capacity > 0, "those two are never zero");
        }
        let refused = run(&profile);
        assert!(!refused.is_empty(), "one less of {name} refused nothing");
        println!("{name} - 1 refuses {}", refused.join(" | "));
        names += 1;
    }
    assert_eq!(names, 17);
}
