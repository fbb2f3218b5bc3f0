//! One command in three forms: text, typed, and bytes. `fixtures/v1/records.txt` has each kind of command
//! with the bytes of its record in format version 1, which stay what they are for ever.
//!
//! `SEKISHO_BLESS=1` writes fixtures that are not there yet. It never changes one that is.

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use sekisho::console::{Line, Status, parse, run};
use sekisho::region::{Command, Region};
use sekisho::store::snapshot::Loader;
use sekisho::store::{Error, Geometry, Journal, Position, Ram, Record, Request, survey};

use crate::rooms::{PROFILE, Room, frames, load, shown};

/// Every kind of command and of what is in it, in an order in which a region accepts all.
const LINES: &str = include_str!("fixtures/commands.console");
const GEOMETRY: Geometry = Geometry { sectors: 2, sector_size: 8192, write_size: 8, erased: 0xFF };

fn command(line: &str) -> Command {
    match parse(line.as_bytes()) {
        Ok(Some(Line::Command(command))) => command,
        other => panic!("{line}: {other:?}"),
    }
}

fn lines() -> impl Iterator<Item = &'static str> {
    LINES.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/store/fixtures/v1").join(name)
}

/// A fixture's bytes, which are `made` when it is made.
fn fixture(name: &str, made: &[u8]) -> Vec<u8> {
    let path = path(name);
    if std::env::var_os("SEKISHO_BLESS").is_some() && !path.exists() {
        fs::write(&path, made).unwrap();
    }
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn encode(position: Position, command: &Command) -> Vec<u8> {
    let mut buffer = [0; 512];
    Record::encode(position, command, &mut buffer).unwrap().to_vec()
}

/// The region after all lines.
fn made(room: &Room) -> Region<'_> {
    let mut region = room.empty();
    for line in lines() {
        assert_eq!(region.apply(&command(line)), Ok(()), "{line}");
    }
    region
}

#[test]
fn text_typed_and_bytes_do_the_same() {
    let rooms = [(); 3].map(|()| Room::new(&PROFILE));
    let [mut text, mut typed, mut bytes] = rooms.each_ref().map(Room::empty);
    let mut position = Position::start(1);
    for line in lines() {
        let mut answer = String::new();
        assert_eq!(run(&mut text, line.as_bytes(), &mut answer), Ok(Status::Done), "{line}");
        let command = command(line);
        assert_eq!(typed.apply(&command), Ok(()), "{line}");
        position = position.next().unwrap();
        let record = Record::decode(&encode(position, &command)).unwrap();
        assert_eq!((record.position, &record.command), (position, &command), "{line}");
        assert_eq!(bytes.apply(&record.command), Ok(()), "{line}");
        assert_eq!(text.hash(), typed.hash(), "{line}");
        assert_eq!(text.hash(), bytes.hash(), "{line}");
    }
}

#[test]
fn records_of_version_1_are_what_they_were() {
    let mut made = String::new();
    let mut position = Position::start(1);
    for line in lines() {
        position = position.next().unwrap();
        writeln!(made, "{} {line}", hex(&encode(position, &command(line)))).unwrap();
    }
    assert_eq!(fixture("records.txt", made.as_bytes()), made.as_bytes());
    // Each variant is in it: the byte behind history and sequence number says which.
    let mut variants: Vec<u8> = made
        .lines()
        .enumerate()
        .map(|(n, line)| {
            let at = 2 * (8 + 1 + if n + 1 < 128 { 1 } else { 2 });
            u8::from_str_radix(&line[at..at + 2], 16).unwrap()
        })
        .collect();
    variants.sort_unstable();
    variants.dedup();
    assert_eq!(variants, (0..=46).collect::<Vec<u8>>());
}

#[test]
fn a_snapshot_of_version_1_loads_for_ever() {
    let (room, other) = (Room::new(&PROFILE), Room::new(&PROFILE));
    let mut region = made(&room);
    let position = Position { history: 0xC0FF_EE00, sequence: 300 };
    let saved = frames(&region, position).concat();
    let kept = fixture("snapshot.bin", &saved);
    assert_eq!(kept, saved);
    let mut copy = other.empty();
    let mut loader = Loader::new(&mut copy).unwrap();
    let mut rest = &kept[..];
    while !rest.is_empty() {
        let (frame, behind) = sekisho::store::frame::first(rest).unwrap();
        loader.frame(frame.bytes).unwrap();
        rest = behind;
    }
    drop(loader);
    assert_eq!(copy.hash(), region.hash());
    assert_eq!(shown(&mut copy), shown(&mut region));
}

#[test]
fn a_storage_of_version_1_mounts_for_ever() {
    let (room, other) = (Room::new(&PROFILE), Room::new(&PROFILE));
    let mut region = room.empty();
    let mut bytes = vec![0xFF; 2 * 8192];
    let ram = Ram::new(&mut bytes, GEOMETRY).unwrap();
    let mut journal = Journal::format(ram, &region, Position::start(9)).unwrap();
    // The last ones stay records behind a snapshot.
    journal.compact_after(60);
    for line in lines() {
        journal.apply(&mut region, &command(line)).unwrap();
    }
    let last = journal.position();
    let mut kept = fixture("storage.bin", &bytes);
    assert_eq!(kept, bytes);
    let mut copy = other.empty();
    let ram = Ram::new(&mut kept, GEOMETRY).unwrap();
    let (_, recovery) = Journal::mount(ram, &mut copy).unwrap();
    assert_eq!((recovery.position, recovery.cut), (last, false));
    assert!(recovery.records > 0);
    assert_eq!(copy.hash(), region.hash());
}

#[test]
fn a_request_of_version_1_is_what_it_was() {
    let mut made = String::new();
    let positions = [None, Some(Position::start(0)), Some(Position { history: 300, sequence: 9 })];
    for position in positions {
        let mut buffer = [0; 64];
        let request = Request { position };
        let bytes = request.encode(&mut buffer).unwrap().to_vec();
        assert_eq!(Request::decode(&bytes), Ok(request));
        writeln!(made, "{}", hex(&bytes)).unwrap();
    }
    assert_eq!(fixture("requests.txt", made.as_bytes()), made.as_bytes());
}

/// The same frame, said to be of another version.
pub(crate) fn of_version(frame: &[u8], version: u8) -> Vec<u8> {
    let mut bytes = frame[..frame.len() - 4].to_vec();
    bytes[4] = version;
    let checksum = crc(&bytes);
    bytes.extend(checksum.to_le_bytes());
    bytes
}

/// CRC-32 bit by bit, as the format's description has it.
pub(crate) fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 }
        })
    })
}

#[test]
fn a_newer_version_is_refused_and_nothing_of_it_is_cut() {
    let (room, other) = (Room::new(&PROFILE), Room::new(&PROFILE));
    let mut region = made(&room);
    let record = encode(Position { history: 1, sequence: 1 }, &command("region blackout=on"));
    assert_eq!(of_version(&record, 1), record);
    assert_eq!(Record::decode(&of_version(&record, 2)), Err(Error::NewerVersion(2)));
    assert_eq!(Record::decode(&of_version(&record, 255)), Err(Error::NewerVersion(255)));
    assert_eq!(Record::decode(&of_version(&record, 0)), Err(Error::Corrupt));
    // A version that a flipped bit made is not a newer one.
    let mut flipped = record.clone();
    flipped[4] = 3;
    assert_eq!(Record::decode(&flipped), Err(Error::Corrupt));

    let position = Position { history: 1, sequence: 5 };
    for n in 0..frames(&region, position).len() {
        let mut newer = frames(&region, position);
        newer[n] = of_version(&newer[n], 2);
        let mut copy = other.empty();
        assert_eq!(load(&mut copy, &newer), Err(Error::NewerVersion(2)));
        assert!(copy.is_empty());
    }

    // On a storage: the last record, a record between, the snapshot, the seal.
    let mut bytes = vec![0xFF; 2 * 8192];
    let mut journal =
        Journal::format(Ram::new(&mut bytes, GEOMETRY).unwrap(), &region, Position::start(1))
            .unwrap();
    for line in ["region blackout=on", "delete-vpc vpc-9", "region gwlb=off"] {
        let _ = journal.apply(&mut region, &command(line));
    }
    let mut whole = Vec::new();
    let mut at = 0;
    while at < 8192 {
        if let Ok((frame, _)) = sekisho::store::frame::first(&bytes[at..8192]) {
            whole.push(at..at + frame.bytes.len());
        }
        at += 8;
    }
    assert!(whole.len() >= 4);
    for frame in whole {
        let mut newer = bytes.clone();
        let changed = of_version(&bytes[frame.clone()], 2);
        newer[frame].copy_from_slice(&changed);
        let mut copy = other.empty();
        let found = survey(Ram::new(&mut newer.clone(), GEOMETRY).unwrap());
        assert_eq!(found, Err(Error::NewerVersion(2)));
        let before = newer.clone();
        let mounted = Journal::mount(Ram::new(&mut newer, GEOMETRY).unwrap(), &mut copy);
        assert_eq!(mounted.map(|_| ()), Err(Error::NewerVersion(2)));
        assert!(copy.is_empty() && newer == before);
    }
}
