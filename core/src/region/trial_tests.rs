use std::vec::Vec;

use super::*;
use crate::limits::Profile;
use crate::model::{Generator, Twin};
use crate::sync::AtomicU32;

const SMALL: Profile = Profile {
    vpcs: 4,
    cidrs_per_vpc: 35,
    vswitches_per_vpc: 8,
    tables_per_vpc: 8,
    entries_per_table: 24,
    dynamic_per_table: 16,
    ecmp_sets: 32,
    interfaces: 24,
    public_addresses: 24,
    nat_gateways: 8,
    snat_entries: 32,
    forward_entries: 32,
    load_balancers: 8,
    gwlbs: 8,
    appliances: 8,
    endpoints: 8,
    route_target_groups: 8,
    readers: 0,
};

/// Tries every command of random programs before it is carried out. Gives how many had no room.
fn try_programs(profile: &Profile, programs: u64) -> (u32, u32) {
    let memory: Vec<AtomicU32> = (0..profile.footprint()).map(|_| AtomicU32::new(0)).collect();
    let (mut tried, mut without_room) = (0, 0);
    for seed in 0..programs {
        if let Ok(old) = Region::attach(&memory) {
            old.fini();
        }
        let mut region = Region::init(&memory, profile).unwrap();
        let (mut generator, mut twin) = (Generator::new(seed), Twin::new());
        for _ in 0..150 {
            let command = generator.command(&twin);
            let before = (region.hash(), region.usage().collect::<Vec<_>>());
            let expected = region.dry_run(&command).map(|_| ());
            let mut trial = region.trial().unwrap();
            let given = trial.apply(&command);
            match given {
                Err(Error::CapacityExceeded) => without_room += 1,
                given => assert_eq!(given, expected, "seed {seed}: {command:?}"),
            }
            if given.is_ok() {
                for vpc in trial.region().all::<Vpc>().collect::<Vec<_>>() {
                    without_room += u32::from(trial.worlds(&vpc).is_err());
                }
            }
            drop(trial);
            let after = (region.hash(), region.usage().collect::<Vec<_>>());
            assert_eq!(after, before, "seed {seed}: {command:?}");
            tried += 1;
            if region.apply(&command).is_ok() {
                let _ = twin.apply(&command);
            }
        }
    }
    (tried, without_room)
}

#[test]
fn a_trial_leaves_nothing_behind() {
    assert_eq!(try_programs(&SMALL, 60), (60 * 150, 0));
}

#[test]
fn a_trial_without_room_leaves_nothing_behind() {
    let (tried, without_room) = try_programs(&Profile::FIRMWARE, 60);
    assert!(without_room > 0 && without_room < tried, "{without_room}");
}

#[test]
fn what_is_tried_can_be_done_after_another_trial() {
    let memory: Vec<AtomicU32> = (0..SMALL.footprint()).map(|_| AtomicU32::new(0)).collect();
    let mut region = Region::init(&memory, &SMALL).unwrap();
    let vpc = VpcId(1);
    let create = Command::CreateVpc {
        vpc,
        table: crate::addr::TableId(1),
        cidr: crate::addr::Prefix::parse("10.0.0.0/16").unwrap(),
        secondary: heapless::Vec::new(),
        user: heapless::Vec::new(),
        flags: crate::region::VpcFlags::default(),
    };
    let mut trial = region.trial().unwrap();
    assert_eq!(trial.apply(&create), Ok(()));
    assert_eq!(trial.apply(&create), Err(Error::DuplicateId));
    assert_eq!(trial.apply(&Command::DeleteVpc(vpc)), Ok(()));
    assert_eq!(trial.apply(&create), Ok(()));
    drop(trial);
    assert_eq!(region.all::<Vpc>().count(), 0);
    assert_eq!(region.apply(&create), Ok(()));
}
