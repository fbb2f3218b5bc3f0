//! Memory for regions, and what is compared of them.

use std::fmt::Write;
use std::sync::atomic::AtomicU32;

use sekisho::addr::Kind;
use sekisho::console::run;
use sekisho::limits::Profile;
use sekisho::region::Region;
use sekisho::store::snapshot::{Loader, Progress, save};
use sekisho::store::{Error, Position};

/// Room for more than the generator's small id spaces can hold.
pub(crate) const PROFILE: Profile = Profile {
    vpcs: 6,
    cidrs_per_vpc: 35,
    vswitches_per_vpc: 10,
    tables_per_vpc: 10,
    entries_per_table: 32,
    interfaces: 32,
    public_addresses: 32,
    nat_gateways: 16,
    snat_entries: 64,
    dynamic_per_table: 24,
    ecmp_sets: 64,
    forward_entries: 64,
    load_balancers: 16,
    gwlbs: 16,
    appliances: 16,
    endpoints: 16,
    route_target_groups: 16,
    readers: 0,
};

/// Memory of a region.
pub(crate) struct Room(Box<[AtomicU32]>, Profile);

impl Room {
    pub(crate) fn new(profile: &Profile) -> Room {
        let words = Region::footprint(profile);
        Room((0..words).map(|_| AtomicU32::new(0)).collect(), *profile)
    }

    /// The region that is there.
    pub(crate) fn attach(&self) -> Region<'_> {
        Region::attach(&self.0).unwrap()
    }

    /// An empty region, whatever was there.
    pub(crate) fn empty(&self) -> Region<'_> {
        if let Ok(old) = Region::attach(&self.0) {
            old.fini();
        }
        Region::init(&self.0, &self.1).unwrap()
    }
}

/// A snapshot's frames.
pub(crate) fn frames(region: &Region<'_>, position: Position) -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    let size = save(region, position, |frame| {
        frames.push(frame.to_vec());
        Ok(())
    })
    .unwrap();
    assert_eq!(size.frames as usize, frames.len());
    assert_eq!(size.bytes, frames.iter().map(Vec::len).sum::<usize>());
    frames
}

/// Loads frames into an empty region.
pub(crate) fn load(region: &mut Region<'_>, frames: &[Vec<u8>]) -> Result<Position, Error> {
    let mut loader = Loader::new(region)?;
    for frame in frames {
        if let Progress::Done(position) = loader.frame(frame)? {
            return Ok(position);
        }
    }
    Err(Error::Gap(0))
}

/// Everything that the console shows of a region.
pub(crate) fn shown(region: &mut Region<'_>) -> String {
    let mut text = String::new();
    for kind in Kind::ALL.iter().filter(|kind| !kind.is_external()) {
        let mut list = String::new();
        let line = format!("list {}", kind.text());
        let _ = run(region, line.as_bytes(), &mut list).unwrap();
        let ids = list.lines().filter_map(|line| line.split_whitespace().next());
        for id in ids.filter(|id| id.contains('-')) {
            let _ = run(region, format!("show {id}").as_bytes(), &mut text).unwrap();
        }
        text.push_str(&list);
    }
    for usage in region.usage() {
        writeln!(text, "{} {}", usage.name, usage.used).unwrap();
    }
    text
}
