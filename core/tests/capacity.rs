//! Capacities: a command that does not fit is refused by name and changes no byte; one that fits
//! by the profile always fits the memory.

use core::sync::atomic::{AtomicU32, Ordering};

use sekisho::MemoryError;
use sekisho::limits::Profile;
use sekisho::model::{Generator, Rng, Twin};
use sekisho::region::objects::Gateway;
use sekisho::region::{Command, Error, Region};

fn memory(profile: &Profile) -> Vec<AtomicU32> {
    (0..Region::footprint(profile)).map(|_| AtomicU32::new(0)).collect()
}

fn bytes(memory: &[AtomicU32]) -> Vec<u32> {
    memory.iter().map(|word| word.load(Ordering::Relaxed)).collect()
}

fn random_profile(rng: &mut Rng) -> Profile {
    let mut up_to = |n: u32| u16::try_from(rng.below(n + 1)).unwrap();
    Profile {
        vpcs: 1 + up_to(2),
        cidrs_per_vpc: up_to(2),
        vswitches_per_vpc: up_to(4),
        tables_per_vpc: 1 + up_to(3),
        entries_per_table: up_to(3),
        interfaces: up_to(5),
        public_addresses: up_to(4),
        nat_gateways: up_to(2),
        snat_entries: up_to(2),
        dynamic_per_table: up_to(2),
        ecmp_sets: up_to(2),
        forward_entries: up_to(3),
        load_balancers: up_to(2),
        gwlbs: up_to(2),
        appliances: up_to(9),
        endpoints: up_to(3),
        route_target_groups: up_to(2),
        // None is registered, so nothing ever waits; the cells are counted differently all the same.
        readers: up_to(1),
    }
}

#[test]
fn a_command_that_does_not_fit_changes_nothing() {
    let mut refused_for_room = 0;
    let mut fullest = 0.0f64;
    for seed in 0..400 {
        let profile = random_profile(&mut Rng::new(seed));
        let memory = memory(&profile);
        let mut region = Region::init(&memory, &profile).unwrap();
        let (mut twin, mut generator) = (Twin::new(), Generator::new(seed));
        for step in 0..300 {
            let command = generator.command(&twin);
            let before = (bytes(&memory), twin.clone());
            let expected = twin.apply(&command);
            let answer = region.apply(&command);
            if answer == Err(Error::CapacityExceeded) {
                refused_for_room += 1;
                assert_eq!(expected, Ok(()), "capacity comes last: seed {seed} step {step}");
                if let Command::Commit(gateway) = command {
                    // The abort stands.
                    twin = before.1;
                    assert_eq!(twin.apply(&Command::Abort(gateway)), Ok(()));
                } else {
                    assert_eq!(bytes(&memory), before.0, "seed {seed} step {step} {command:?}");
                    twin = before.1;
                }
            } else {
                assert_eq!(answer, expected, "seed {seed} step {step} {command:?}");
                if answer.is_err() && !matches!(command, Command::Commit(_)) {
                    assert_eq!(bytes(&memory), before.0, "seed {seed} step {step} {command:?}");
                }
            }
            // Where a begun operation's commit would not fit, the twin, which has no capacities,
            // foresees another world.
            let begun: Vec<_> = region.all::<Gateway>().map(|gateway| gateway.id).collect();
            let unfit = begun.into_iter().any(|gateway| {
                region.dry_run(&Command::Commit(gateway)).err() == Some(Error::CapacityExceeded)
            });
            for _ in 0..if unfit { 0 } else { 2 } {
                let (from, header, flow) = generator.egress(&twin);
                let verdict = region.tables().egress(from, &header, flow);
                assert_eq!(verdict, twin.egress(from, &header, flow));
                let (header, flow) = generator.ingress(&twin);
                assert_eq!(region.tables().ingress(&header, flow), twin.ingress(&header, flow));
            }
        }
        for usage in region.usage() {
            assert!(usage.high <= usage.max && usage.used <= usage.high, "{usage:?}");
            if usage.name == "pool-cells" {
                fullest = fullest.max(f64::from(usage.high) / f64::from(usage.max));
            }
        }
    }
    println!("{refused_for_room} refusals for room; the fullest pool was {:.0} %", fullest * 100.0);
    assert!(refused_for_room > 1000);
}

/// The stated memory is enough when every capacity is used up, by entries that need the most nodes.
#[test]
fn the_footprint_holds_a_region_that_is_full() {
    let profile = Profile {
        vpcs: 2,
        cidrs_per_vpc: 3,
        vswitches_per_vpc: 8,
        tables_per_vpc: 4,
        entries_per_table: 12,
        interfaces: 20,
        public_addresses: 20,
        nat_gateways: 4,
        snat_entries: 9,
        dynamic_per_table: 0,
        ecmp_sets: 0,
        forward_entries: 0,
        load_balancers: 0,
        gwlbs: 0,
        appliances: 0,
        endpoints: 0,
        route_target_groups: 0,
        readers: 0,
    };
    let memory = memory(&profile);
    let mut region = Region::init(&memory, &profile).unwrap();
    let mut run = |line: &str| {
        let mut answer = String::new();
        let _ = sekisho::console::run(&mut region, line.as_bytes(), &mut answer).unwrap();
        answer.trim_end().to_string()
    };
    let mut ok = |line: String| assert_eq!(run(&line), "ok", "{line}");
    for vpc in 0..2 {
        ok(format!(
            "create-vpc vpc-{vpc} vtb-1{vpc}0 10.0.0.0/8 user-cidr=30.0.0.0/16 user-cidr=31.0.0.0/16 user-cidr=32.0.0.0/16"
        ));
        for table in 1..4 {
            let kind = if table == 3 { " type=gateway" } else { "" };
            ok(format!("create-route-table vtb-1{vpc}{table} vpc-{vpc}{kind}"));
        }
        for switch in 0..8u32 {
            // Bit-reversed, so that the tables branch at every level.
            let net = switch.reverse_bits() >> 24;
            ok(format!("create-vswitch vsw-1{vpc}{switch} vpc-{vpc} 10.{net}.0.0/16"));
        }
        for host in 0..10u32 {
            let net = (host % 8).reverse_bits() >> 24;
            let i = vpc * 10 + host;
            ok(format!("create-instance i-{i} vsw-1{vpc}{} 10.{net}.{host}.9", host % 8));
        }
        for nat in 0..2 {
            ok(format!("create-nat-gateway ngw-1{vpc}{nat} vsw-1{vpc}{nat} 10.{}.77.7", nat * 128));
        }
        for table in 0..3 {
            for n in 0..12u32 {
                let net = n.reverse_bits() >> 24;
                ok(format!("create-route-entry vtb-1{vpc}{table} {net}.1.0.0/24 peer-{n}"));
            }
        }
        for switch in 0..8u32 {
            let net = switch.reverse_bits() >> 24;
            ok(format!(
                "update-gateway-route-table-entry-attribute vtb-1{vpc}3 10.{net}.0.0/16 i-{}",
                vpc * 10 + switch
            ));
        }
    }
    for eip in 0..20 {
        ok(format!("allocate-eip eip-{eip} 47.0.{eip}.1"));
    }
    ok("associate-eip eip-0 ngw-100".into());
    for eip in 1..19 {
        ok(format!("associate-eip eip-{eip} i-{eip}"));
    }
    for n in 0..9u32 {
        ok(format!("create-snat-entry ngw-100 {}.0.0.0/8 eip-0", n.reverse_bits() >> 24));
    }
    for line in [
        "create-vpc vpc-9 vtb-99 10.0.0.0/8",
        "create-vswitch vsw-99 vpc-0 10.9.0.0/16",
        "create-route-table vtb-99 vpc-0",
        "create-route-entry vtb-100 9.9.9.0/24 peer-1",
        "create-instance i-99 vsw-100 10.0.0.99",
        "create-instance i-99 vsw-100 10.0.0.99 public=eip-99:9.9.9.9",
        "create-network-interface eni-99 vsw-100 10.0.0.99",
        "create-nat-gateway ngw-99 vsw-100 10.0.0.99",
        "allocate-eip eip-99 9.9.9.9",
        "create-snat-entry ngw-100 99.0.0.0/8 eip-0",
    ] {
        let before = bytes(&memory);
        assert_eq!(run(line), "error CapacityExceeded", "{line}");
        assert_eq!(bytes(&memory), before, "{line}");
    }
    // Every kind of change still works at the brim: each builds a candidate beside the live world.
    for _ in 0..3 {
        for line in [
            "create-ipv4-gateway ipv4gw-1 vpc-0",
            "delete-route-entry vtb-100 0.1.0.0/24",
            "delete-route-entry vtb-101 0.1.0.0/24",
            "enable-vpc-ipv4-gateway ipv4gw-1 vtb-100 vtb-101",
            "associate-route-table-with-gateway vtb-103 ipv4gw-1",
            "dissociate-route-table-from-gateway vtb-103 ipv4gw-1",
            "delete-ipv4-gateway ipv4gw-1 mode=public",
            "create-route-entry vtb-100 0.1.0.0/24 peer-0",
            "create-route-entry vtb-101 0.1.0.0/24 peer-0",
            "set-forward i-3 on",
            "set-forward i-3 off",
        ] {
            assert_eq!(run(line), "ok", "{line}");
        }
    }
}

#[test]
fn memory_is_checked() {
    let profile = Profile::FIRMWARE;
    let memory = memory(&profile);
    let words = memory.len();
    fn init(memory: &[AtomicU32], profile: &Profile) -> Option<MemoryError> {
        Region::init(memory, profile).err()
    }
    assert_eq!(init(&memory[1..], &profile), Some(MemoryError::TooSmall));
    assert_eq!(init(&[], &profile), Some(MemoryError::TooSmall));
    assert_eq!(init(&memory, &Profile { vpcs: 0, ..profile }), Some(MemoryError::BadProfile));
    assert_eq!(
        init(&memory, &Profile { tables_per_vpc: 0, ..profile }),
        Some(MemoryError::BadProfile)
    );
    let most = Profile {
        vpcs: u16::MAX,
        cidrs_per_vpc: u16::MAX,
        vswitches_per_vpc: u16::MAX,
        tables_per_vpc: u16::MAX,
        entries_per_table: u16::MAX,
        interfaces: u16::MAX,
        public_addresses: u16::MAX,
        nat_gateways: u16::MAX,
        snat_entries: u16::MAX,
        dynamic_per_table: u16::MAX,
        ecmp_sets: u16::MAX,
        forward_entries: u16::MAX,
        load_balancers: u16::MAX,
        gwlbs: u16::MAX,
        appliances: u16::MAX,
        endpoints: u16::MAX,
        route_target_groups: u16::MAX,
        readers: u16::MAX,
    };
    assert_eq!(Region::footprint(&most), 0);
    assert_eq!(init(&memory, &most), Some(MemoryError::BadProfile));
    assert_eq!(Region::attach(&memory).err(), Some(MemoryError::NotInitialised));
    Region::init(&memory, &profile).unwrap();
    assert_eq!(init(&memory, &profile), Some(MemoryError::AlreadyInitialised));
    assert_eq!(Region::attach(&memory[..words - 1]).err(), Some(MemoryError::TooSmall));
    assert_eq!(Region::attach(&[]).err(), Some(MemoryError::NotInitialised));
    Region::attach(&memory).unwrap().fini();
    assert_eq!(Region::attach(&memory).err(), Some(MemoryError::NotInitialised));
    Region::init(&memory, &profile).unwrap();
}

/// Whatever a live region's words become, no call panics, hangs or leaves the memory.
#[test]
fn corrupted_words_are_survived() {
    let profile = Profile { vswitches_per_vpc: 4, ..Profile::FIRMWARE };
    for seed in 0..600 {
        let memory = memory(&profile);
        let mut region = Region::init(&memory, &profile).unwrap();
        let (mut twin, mut generator) = (Twin::new(), Generator::new(seed));
        let mut rng = Rng::new(seed);
        for _ in 0..60 {
            let command = generator.command(&twin);
            if region.apply(&command).is_ok() {
                let _ = twin.apply(&command);
            }
        }
        for _ in 0..=rng.below(4) {
            let word = rng.below(memory.len() as u32) as usize;
            let value = if rng.chance(50) { rng.word() } else { rng.below(64) };
            memory[word].store(value, Ordering::Relaxed);
        }
        let Ok(mut region) = Region::attach(&memory) else { continue };
        for _ in 0..40 {
            let (from, header, flow) = generator.egress(&twin);
            let _ = region.tables().egress(from, &header, flow);
            let (header, flow) = generator.ingress(&twin);
            let _ = region.tables().ingress(&header, flow);
        }
        for kind in ["vpc", "vsw", "vtb", "ipv4gw", "i", "eni", "eip", "ngw"] {
            let mut out = String::new();
            let line = format!("list {kind}");
            let _ = sekisho::console::run(&mut region, line.as_bytes(), &mut out).unwrap();
        }
        let _ = region.hash();
        for _ in 0..20 {
            let _ = region.apply(&generator.command(&twin));
        }
    }
}
