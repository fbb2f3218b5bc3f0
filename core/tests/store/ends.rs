//! A history has an end: its last change can be made, the next is refused by name, and another history
//! goes on.

use sekisho::console::{Line, parse};
use sekisho::region::Command;
use sekisho::store::{
    ApplyError, Error, Feed, Follower, Geometry, Journal, Position, Ram, Record, Turn,
};

use crate::rooms::{PROFILE, Room};

const GEOMETRY: Geometry = Geometry { sectors: 2, sector_size: 8192, write_size: 8, erased: 0xFF };
const LAST: Position = Position { history: 7, sequence: u64::MAX };
const BEFORE: Position = Position { history: 7, sequence: u64::MAX - 1 };
const FULL: Result<(), ApplyError> = Err(ApplyError::NotStored(Error::HistoryFull));

fn command(line: &str) -> Command {
    match parse(line.as_bytes()) {
        Ok(Some(Line::Command(command))) => command,
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn the_last_change_of_a_history_is_the_last() {
    let (room, other) = (Room::new(&PROFILE), Room::new(&PROFILE));
    let (first, second) =
        (command("create-vpc vpc-1 vtb-1 10.0.0.0/16"), command("allocate-eip eip-1 47.0.0.1"));
    let mut storage = vec![0xFF; 2 * 8192];
    let mut region = room.empty();
    let ram = Ram::new(&mut storage, GEOMETRY).unwrap();
    let mut journal = Journal::format(ram, &region, BEFORE).unwrap();
    let mut sent = Vec::new();
    journal.apply_and_send(&mut region, &first, |frame| sent = frame.to_vec()).unwrap();
    assert_eq!(journal.position(), LAST);

    let before = (region.hash(), journal.generation());
    assert_eq!(journal.apply(&mut region, &second), FULL);
    assert_eq!(
        journal.apply(&mut region, &command("delete-vpc vpc-9")),
        Err(ApplyError::Refused(sekisho::region::Error::NoVpc))
    );
    // What changes nothing needs no number.
    let nothing = command("region gateway=on");
    assert_eq!(journal.apply(&mut region, &nothing), Ok(()));
    assert_eq!(
        (region.hash(), journal.generation(), journal.position()),
        (before.0, before.1, LAST)
    );
    // A change past the journal would be one change more.
    region.apply(&second).unwrap();
    assert_eq!(journal.compact(&region), Err(Error::HistoryFull));

    // A mount finds the last change, and no more.
    let storage = journal.into_storage();
    let mut copy = other.empty();
    let (mut mounted, recovery) = Journal::mount(storage, &mut copy).unwrap();
    assert_eq!((recovery.position, recovery.records, copy.hash()), (LAST, 1, before.0));
    assert_eq!(mounted.apply(&mut copy, &second), FULL);
    // Another history goes on.
    mounted.adopt(&copy, Position::start(8)).unwrap();
    assert_eq!(mounted.apply(&mut copy, &second), Ok(()));
    assert_eq!(mounted.position(), Position { history: 8, sequence: 1 });

    // So do those that have no storage.
    let mut leading = room.empty();
    let mut feed = Feed::new(LAST);
    assert_eq!(feed.apply(&mut leading, &first, |_| Ok(())), FULL);
    assert!(leading.is_empty());
    let mut following = other.empty();
    let mut follower = Follower::at(BEFORE);
    assert_eq!(follower.receive(&mut following, &sent), Ok(Turn::Next));
    assert_eq!(follower.receive(&mut following, &sent), Ok(Turn::Past));
    assert_eq!(follower.position(), Some(LAST));
}

#[test]
fn positions_near_the_end() {
    assert_eq!(BEFORE.next(), Ok(LAST));
    assert_eq!(LAST.next(), Err(Error::HistoryFull));
    let record = |sequence| Record {
        position: Position { history: 7, sequence },
        command: command("delete-vpc vpc-1"),
    };
    assert_eq!(LAST.judge(&record(u64::MAX)), Ok(Turn::Past));
    assert_eq!(BEFORE.judge(&record(u64::MAX)), Ok(Turn::Next));
    let gap = Position { history: 7, sequence: u64::MAX - 2 };
    assert_eq!(gap.judge(&record(u64::MAX)), Err(Error::Gap(u64::MAX - 1)));
    assert_eq!(LAST.judge(&record(0)), Ok(Turn::Past));
}
