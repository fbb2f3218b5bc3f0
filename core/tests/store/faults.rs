//! Storage that says that it failed, whether or not it has done what it was asked.

use sekisho::console::{Line, parse};
use sekisho::region::{Command, Region};
use sekisho::store::{Geometry, Journal, Position, Storage, StorageFault};

use crate::rooms::{PROFILE, Room};

const GEOMETRY: Geometry = Geometry { sectors: 3, sector_size: 4096, write_size: 4, erased: 0xFF };

/// Fails once, at its n-th step from now.
struct Faulty {
    sectors: Vec<Vec<u8>>,
    until: Option<u32>,
    /// What fails has been done all the same.
    done: bool,
}

impl Faulty {
    fn new() -> Faulty {
        let sectors = vec![vec![GEOMETRY.erased; GEOMETRY.sector_size as usize]; 3];
        Faulty { sectors, until: None, done: false }
    }

    /// Whether a step is done, and what is said of it.
    fn step(&mut self) -> (bool, Result<(), StorageFault>) {
        match self.until {
            Some(0) => {
                self.until = None;
                (self.done, Err(StorageFault(5)))
            }
            _ => {
                self.until = self.until.map(|until| until - 1);
                (true, Ok(()))
            }
        }
    }
}

impl Storage for Faulty {
    fn geometry(&self) -> Geometry {
        GEOMETRY
    }

    fn read(&mut self, sector: u32, at: u32, into: &mut [u8]) -> Result<(), StorageFault> {
        into.copy_from_slice(&self.sectors[sector as usize][at as usize..][..into.len()]);
        Ok(())
    }

    fn write(&mut self, sector: u32, at: u32, bytes: &[u8]) -> Result<(), StorageFault> {
        let (is_done, said) = self.step();
        if is_done {
            self.sectors[sector as usize][at as usize..][..bytes.len()].copy_from_slice(bytes);
        }
        said
    }

    fn erase(&mut self, sector: u32) -> Result<(), StorageFault> {
        let (is_done, said) = self.step();
        if is_done {
            self.sectors[sector as usize].fill(GEOMETRY.erased);
        }
        said
    }

    fn sync(&mut self) -> Result<(), StorageFault> {
        self.step().1
    }
}

fn command(line: &str) -> Command {
    match parse(line.as_bytes()) {
        Ok(Some(Line::Command(command))) => command,
        other => panic!("{line}: {other:?}"),
    }
}

/// What is asked of a journal, and may fail: whether it was done.
type Asked = fn(&mut Journal<Faulty>, &mut Region<'_>, &Region<'_>) -> bool;

fn compacts(journal: &mut Journal<Faulty>, region: &mut Region<'_>, _: &Region<'_>) -> bool {
    journal.compact(region).is_ok()
}

fn adopts(journal: &mut Journal<Faulty>, _: &mut Region<'_>, other: &Region<'_>) -> bool {
    journal.adopt(other, Position { sequence: 50, ..journal.position() }).is_ok()
}

/// Applies a command that makes the journal compact.
fn applies(journal: &mut Journal<Faulty>, region: &mut Region<'_>, _: &Region<'_>) -> bool {
    journal.compact_after(1);
    let applied = journal.apply(region, &command("create-vpc vpc-5 vtb-5 10.5.0.0/16")).is_ok();
    journal.compact_after(1000);
    applied
}

#[test]
fn what_is_acknowledged_after_a_failure_is_kept() {
    let (room, other_room, copy_room) =
        (Room::new(&PROFILE), Room::new(&PROFILE), Room::new(&PROFILE));
    let (mut failed, mut later) = (0, 0);
    for (asked, done, until) in [(compacts as Asked, false), (adopts, true), (applies, false)]
        .into_iter()
        .flat_map(|asked| [false, true].map(|done| (asked, done)))
        .flat_map(|(asked, done)| (0..40).map(move |until| (asked, done, until)))
    {
        let (mut region, mut other) = (room.empty(), other_room.empty());
        other.apply(&command("create-vpc vpc-9 vtb-9 10.9.0.0/16")).unwrap();
        let mut journal =
            Journal::format(Faulty::new(), &region, Position::start(1)).expect("nothing fails");
        for line in ["create-vpc vpc-1 vtb-1 10.1.0.0/16", "region blackout=on"] {
            journal.apply(&mut region, &command(line)).unwrap();
        }
        let mut storage = journal.into_storage();
        (storage.until, storage.done) = (Some(until), done);
        let mut start = copy_room.empty();
        let Ok((mut journal, _)) = Journal::mount(storage, &mut start) else { continue };
        let (ask, is_other) = asked;
        let is_done = ask(&mut journal, &mut start, &other);
        failed += u32::from(!is_done);
        // One that is shorter than what has failed.
        let mut current = if is_done && is_other { other } else { start };
        let is_kept = journal.apply(&mut current, &command("region gateway=off")).is_ok();
        later += u32::from(is_kept && !is_done);
        let position = journal.position();
        let mut found = room.empty();
        let (_, recovery) = Journal::mount(journal.into_storage(), &mut found).unwrap();
        if is_kept {
            assert_eq!(found.hash(), current.hash(), "step {until}, done: {done}");
            assert_eq!(recovery.position, position);
        }
    }
    assert!(failed > 10 && later > 10, "{failed} failed, {later} changes after that");
}
