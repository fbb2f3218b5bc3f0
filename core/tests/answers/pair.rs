//! A region and its twin.

use std::sync::atomic::AtomicU32;

use sekisho::console::{Line, parse};
use sekisho::limits::Profile;
use sekisho::model::Twin;
use sekisho::region::{Command, Error, Region};

const PROFILE: Profile = Profile {
    vpcs: 2,
    cidrs_per_vpc: 4,
    vswitches_per_vpc: 8,
    tables_per_vpc: 8,
    entries_per_table: 16,
    dynamic_per_table: 8,
    ecmp_sets: 16,
    interfaces: 16,
    public_addresses: 16,
    nat_gateways: 4,
    snat_entries: 16,
    forward_entries: 16,
    load_balancers: 6,
    gwlbs: 2,
    appliances: 4,
    endpoints: 6,
    route_target_groups: 2,
    readers: 0,
};

pub(crate) struct Pair<'m> {
    pub(crate) memory: &'m [AtomicU32],
    pub(crate) region: Region<'m>,
    pub(crate) twin: Twin,
    /// What has been done, for whoever has to look for a fault.
    pub(crate) lines: Vec<String>,
}

/// Memory for one region after the other.
pub(crate) fn memory() -> Vec<AtomicU32> {
    (0..Region::footprint(&PROFILE)).map(|_| AtomicU32::new(0)).collect()
}

impl Pair<'_> {
    pub(crate) fn new(memory: &[AtomicU32]) -> Pair<'_> {
        if let Ok(old) = Region::attach(memory) {
            old.fini();
        }
        let region = Region::init(memory, &PROFILE).unwrap();
        Pair { memory, region, twin: Twin::new(), lines: Vec::new() }
    }

    /// Carries a line out on both.
    pub(crate) fn run(&mut self, line: &str) -> Result<(), Error> {
        let command = command_of(line);
        let answer = self.region.apply(&command);
        assert_eq!(answer, self.twin.apply(&command), "{line} after {:#?}", self.lines);
        if answer.is_ok() {
            self.lines.push(line.to_owned());
        }
        answer
    }
}

pub(crate) fn command_of(line: &str) -> Command {
    match parse(line.as_bytes()) {
        Ok(Some(Line::Command(command))) => command,
        other => panic!("{line}: {other:?}"),
    }
}
