//! The example's file storage: the state outlives its process, and one process at a time has it.

use std::path::PathBuf;

use sekisho::console::{Line, parse};
use sekisho::store::{ApplyError, Error, Journal, Position, survey};

use crate::rooms::{PROFILE, Room};

#[path = "../../examples/support/file.rs"]
mod storage;
use storage::FileStorage;

/// A file that goes with the test.
struct Temporary(PathBuf);

impl Temporary {
    fn new(name: &str) -> Temporary {
        let name = format!("sekisho-{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let _ = std::fs::remove_file(&path);
        Temporary(path)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn the_state_outlives_its_journal() {
    let path = Temporary::new("state");
    let (room, other) = (Room::new(&PROFILE), Room::new(&PROFILE));
    let mut region = room.empty();
    let fresh = Journal::mount(FileStorage::open(&path.0).unwrap(), &mut region);
    assert_eq!(fresh.map(|_| ()), Err(Error::Unformatted));
    let storage = FileStorage::open(&path.0).unwrap();
    let mut journal = Journal::format(storage, &region, Position::start(1)).unwrap();
    journal.compact_after(20);
    for line in include_str!("fixtures/commands.console").lines() {
        if let Ok(Some(Line::Command(command))) = parse(line.as_bytes()) {
            journal.apply(&mut region, &command).unwrap();
        }
    }
    let position = journal.position();
    assert!(journal.generation() > 3);
    assert!(FileStorage::open(&path.0).is_err(), "two have the file");
    drop(journal);
    let mut copy = other.empty();
    let storage = FileStorage::open(&path.0).unwrap();
    let (journal, recovery) = Journal::mount(storage, &mut copy).unwrap();
    assert_eq!((recovery.position, recovery.cut), (position, false));
    assert_eq!(copy.hash(), region.hash());
    assert_eq!(survey(journal.into_storage()).unwrap().position, position);
}

#[test]
fn a_file_that_is_no_store_is_left_alone() {
    let path = Temporary::new("other");
    std::fs::write(&path.0, "somebody's letter").unwrap();
    assert!(FileStorage::open(&path.0).is_err());
    assert_eq!(std::fs::read_to_string(&path.0).unwrap(), "somebody's letter");
    // Nor one that another has written into as large a file.
    let large = vec![7; 2 * 8 * 1024 * 1024];
    std::fs::write(&path.0, &large).unwrap();
    let room = Room::new(&PROFILE);
    let mut region = room.empty();
    let mounted = Journal::mount(FileStorage::open(&path.0).unwrap(), &mut region);
    assert_eq!(mounted.map(|_| ()), Err(Error::Unformatted));
    assert_eq!(std::fs::read(&path.0).unwrap(), large);
}

#[test]
fn a_change_past_the_journal_is_noticed() {
    let path = Temporary::new("past");
    let (room, other) = (Room::new(&PROFILE), Room::new(&PROFILE));
    let mut region = room.empty();
    let command = |line: &str| match parse(line.as_bytes()) {
        Ok(Some(Line::Command(command))) => command,
        other => panic!("{line}: {other:?}"),
    };
    let past = Err(ApplyError::NotStored(Error::Bypassed));
    let storage = FileStorage::open(&path.0).unwrap();
    let mut journal = Journal::format(storage, &region, Position::start(1)).unwrap();
    journal.apply(&mut region, &command("create-vpc vpc-1 vtb-1 10.0.0.0/16")).unwrap();
    // What is refused, or asked, goes past nothing.
    assert!(journal.apply(&mut region, &command("delete-vpc vpc-2")).is_err());
    region.apply(&command("delete-vpc vpc-2")).unwrap_err();
    sekisho::console::run(&mut region, b"dry-run delete-vpc vpc-1", &mut String::new()).unwrap();
    sekisho::console::run(&mut region, b"diff delete-vpc vpc-1", &mut String::new()).unwrap();
    journal.apply(&mut region, &command("region blackout=on")).unwrap();

    region.apply(&command("create-vswitch vsw-1 vpc-1 10.0.0.0/24")).unwrap();
    let next = command("create-instance i-1 vsw-1 10.0.0.10");
    let before = region.hash();
    assert_eq!(journal.apply(&mut region, &next), past);
    assert_eq!(region.hash(), before);
    let mut foreign = other.empty();
    assert_eq!(journal.apply(&mut foreign, &command("create-vpc vpc-1 vtb-1 10.0.0.0/16")), past);
    // From then on what the region holds is the state.
    journal.compact(&region).unwrap();
    journal.apply(&mut region, &next).unwrap();
    drop(journal);
    let (mut journal, _) =
        Journal::mount(FileStorage::open(&path.0).unwrap(), &mut foreign).unwrap();
    assert_eq!(foreign.hash(), region.hash());
    foreign.apply(&command("delete-instance i-1")).unwrap();
    assert_eq!(journal.apply(&mut foreign, &next), past, "noticed after a mount too");
}
