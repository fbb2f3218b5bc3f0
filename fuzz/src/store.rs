//! Bytes as snapshots, records and storage.

use core::sync::atomic::{AtomicUsize, Ordering};

use sekisho::limits::Profile;
use sekisho::region::Region;
use sekisho::store::snapshot::{Loader, Progress, save};
use sekisho::store::{
    Error, Follower, Geometry, Journal, Position, Ram, Record, Request, Turn, frame, survey,
};

use crate::bytes::Bytes;
use crate::memory;

/// Little room, but for some of everything.
const PROFILE: Profile = Profile {
    vpcs: 5,
    cidrs_per_vpc: 5,
    vswitches_per_vpc: 3,
    tables_per_vpc: 5,
    entries_per_table: 14,
    dynamic_per_table: 2,
    ecmp_sets: 3,
    interfaces: 5,
    public_addresses: 8,
    nat_gateways: 3,
    snat_entries: 2,
    forward_entries: 3,
    load_balancers: 3,
    gwlbs: 3,
    appliances: 3,
    endpoints: 3,
    route_target_groups: 2,
    readers: 0,
};
const MAX_FRAMES: usize = 32;

/// Snapshots loaded, records applied, and storages mounted in this process.
static LOADED: AtomicUsize = AtomicUsize::new(0);
static APPLIED: AtomicUsize = AtomicUsize::new(0);
static MOUNTED: AtomicUsize = AtomicUsize::new(0);

/// How many snapshots were loaded, records applied, and storages mounted so far.
pub fn survived() -> [usize; 3] {
    [&LOADED, &APPLIED, &MOUNTED].map(|count| count.load(Ordering::Relaxed))
}

/// A frame of the bytes: its kind, its length and its payload; the checksum is right in most.
fn next_frame(bytes: &mut Bytes<'_>) -> Vec<u8> {
    let head = bytes.byte();
    let length = usize::from(bytes.byte()) + if head & 0x40 == 0 { 0 } else { 245 };
    let payload: Vec<u8> = (0..length).map(|_| bytes.byte()).collect();
    let mut made = frame::MAGIC.to_vec();
    made.extend([if head & 0x20 == 0 { frame::FORMAT } else { head >> 2 }, head & 7]);
    made.extend(u16::try_from(payload.len()).expect("a short payload").to_le_bytes());
    made.extend(payload);
    let checksum = if head & 0x80 == 0 { crc(&made) } else { 0 };
    made.extend(checksum.to_le_bytes());
    made
}

/// CRC-32 bit by bit.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 }
        })
    })
}

/// Loads frames into an empty region.
pub fn snapshot(data: &[u8]) {
    // As they are: nothing is read behind them.
    let _ = frame::first(data);
    let memory = memory(Region::footprint(&PROFILE));
    let mut region = Region::init(&memory, &PROFILE).expect("memory of the footprint");
    let empty = region.hash();
    let mut bytes = Bytes::new(data);
    let mut loaded = None;
    let mut taken = Vec::new();
    {
        let mut loader = Loader::new(&mut region).expect("an empty region");
        for _ in 0..MAX_FRAMES {
            if bytes.is_empty() {
                break;
            }
            let frame = next_frame(&mut bytes);
            match loader.frame(&frame) {
                Ok(Progress::Done(position)) => {
                    taken.push(frame);
                    loaded = Some(position);
                    break;
                }
                Ok(Progress::More) => taken.push(frame),
                Ok(Progress::Past) | Err(Error::Gap(_)) => {}
                Err(_) => break,
            }
        }
    }
    let Some(position) = loaded else {
        assert!(region.is_empty() && region.hash() == empty, "refused, and not empty");
        assert_eq!(region.usage().map(|usage| usage.used).sum::<u32>(), 0);
        return;
    };
    LOADED.fetch_add(1, Ordering::Relaxed);
    check_saved(&region, position);
    let mut steps = 0;
    let size = save(&region, position, |frame| {
        steps += frame.len();
        Ok(())
    });
    assert_eq!(size.expect("a sink that takes all").bytes, steps);
}

/// What is saved of a region loads into another, which gives the same bytes.
fn check_saved(region: &Region<'_>, position: Position) {
    let frames = |region: &Region<'_>| {
        let mut frames = Vec::new();
        let saved = save(region, position, |frame| {
            frames.push(frame.to_vec());
            Ok(())
        });
        saved.expect("a sink that takes all");
        frames
    };
    let memory = memory(Region::footprint(&PROFILE));
    let mut copy = Region::init(&memory, &PROFILE).expect("memory of the footprint");
    let saved = frames(region);
    let mut loader = Loader::new(&mut copy).expect("an empty region");
    let mut last = Progress::More;
    for frame in &saved {
        last = loader.frame(frame).expect("what was saved");
    }
    assert_eq!(last, Progress::Done(position));
    drop(loader);
    assert_eq!(copy.hash(), region.hash());
    assert_eq!(frames(&copy), saved);
    let used = |region: &Region<'_>| region.usage().map(|usage| usage.used).collect::<Vec<_>>();
    assert_eq!(used(&copy), used(region), "cells of the compiled tables too");
}

/// Gives records to a follower, or mounts a storage.
pub fn journal(data: &[u8]) {
    let Some((&first, rest)) = data.split_first() else { return };
    match first & 1 {
        0 => records(rest),
        _ => storage(first, rest),
    }
}

fn records(data: &[u8]) {
    let memory = memory(Region::footprint(&PROFILE));
    let mut region = Region::init(&memory, &PROFILE).expect("memory of the footprint");
    let mut follower = Follower::at(Position::start(1));
    let mut bytes = Bytes::new(data);
    for _ in 0..MAX_FRAMES {
        if bytes.is_empty() {
            break;
        }
        let frame = next_frame(&mut bytes);
        if let Ok(request) = Request::decode(&frame) {
            let mut buffer = [0; 64];
            assert_eq!(request.encode(&mut buffer), Ok(&frame[..]));
        }
        if let Ok(record) = Record::decode(&frame) {
            let mut buffer = [0; frame::MAX_FRAME];
            let again = Record::encode(record.position, &record.command, &mut buffer);
            assert_eq!(again, Ok(&frame[..]));
        }
        let before = (region.hash(), follower);
        match follower.receive(&mut region, &frame) {
            Ok(Turn::Next) => {
                APPLIED.fetch_add(1, Ordering::Relaxed);
                let sequence = follower.position().map(|position| position.sequence);
                let expected = before.1.position().map(|position| position.sequence + 1);
                assert_eq!(sequence, expected);
                assert_eq!(follower.receive(&mut region, &frame), Ok(Turn::Past));
            }
            Ok(Turn::Past) | Err(_) => assert_eq!((region.hash(), follower), before),
        }
    }
    check_saved(&region, Position::start(1));
}

/// The bytes from the beginning of the sectors on, the rest erased; the checksums of frames at the
/// units' beginnings are made right, where bytes say so.
fn storage(first: u8, data: &[u8]) {
    let (write_size, erased) = if first & 2 == 0 { (1, 0xFF) } else { (8, 0x00) };
    let geometry = Geometry { sectors: 2, sector_size: 1024, write_size, erased };
    let mut content = vec![erased; 2048];
    let mut bytes = Bytes::new(data);
    let mut at = if first & 4 == 0 { 0 } else { 1024 };
    while !bytes.is_empty() {
        let frame = next_frame(&mut bytes);
        let Some(place) = content.get_mut(at..at + frame.len()) else { break };
        place.copy_from_slice(&frame);
        // The seal has room of its own.
        at = match at {
            0 | 1024 => at + 64.max(frame.len()),
            _ => at + frame.len(),
        }
        .next_multiple_of(write_size as usize);
    }
    let [memory, other] = [(); 2].map(|()| memory(Region::footprint(&PROFILE)));
    let mut region = Region::init(&memory, &PROFILE).expect("memory of the footprint");
    let surveyed = survey(Ram::new(&mut content, geometry).expect("a geometry"));
    let before = content.clone();
    let mounted =
        Journal::mount(Ram::new(&mut content, geometry).expect("a geometry"), &mut region);
    let (position, cut) = match mounted {
        Ok((journal, recovery)) => {
            let surveyed = surveyed.expect("what mounts can be surveyed");
            assert_eq!((recovery.position, recovery.cut), (surveyed.position, surveyed.cut));
            assert_eq!(journal.position(), recovery.position);
            MOUNTED.fetch_add(1, Ordering::Relaxed);
            (recovery.position, recovery.cut && recovery.pending.is_none())
        }
        Err(_) => {
            assert!(region.is_empty(), "not mounted, and not empty");
            assert_eq!(content, before, "not mounted, and written");
            return;
        }
    };
    check_saved(&region, position);
    let mut again = Region::init(&other, &PROFILE).expect("memory of the footprint");
    let ram = Ram::new(&mut content, geometry).expect("a geometry");
    let (_, recovery) = Journal::mount(ram, &mut again).expect("what was mounted");
    assert_eq!((recovery.position, again.hash()), (position, region.hash()));
    assert!(!(cut && recovery.cut), "what was cut is gone");
}
