//! Damaged bytes are refused, and the region that they were for is as before. Capacities are kept.

use sekisho::limits::Profile;
use sekisho::model::{Generator, Rng, Twin};
use sekisho::region::{Error as Refusal, Region};
use sekisho::store::snapshot::Loader;
use sekisho::store::{Error, Follower, Position, Record, Request, Turn};

use crate::forms::{crc, of_version};
use crate::rooms::{PROFILE, Room, frames, load};

const POSITION: Position = Position { history: 3, sequence: 40 };

/// A region after a random program, and the records of its changes.
fn program(room: &Room, seed: u64, changes: usize) -> (Region<'_>, Vec<Vec<u8>>) {
    let mut region = room.empty();
    let (mut twin, mut generator) = (Twin::new(), Generator::new(seed));
    let mut feed = sekisho::store::Feed::new(Position::start(3));
    let mut records = Vec::new();
    while records.len() < changes {
        let command = generator.command(&twin);
        let _ = twin.apply(&command);
        let _ = feed.apply(&mut region, &command, |frame| {
            records.push(frame.to_vec());
            Ok(())
        });
    }
    (region, records)
}

#[test]
fn every_flipped_bit_of_a_snapshot_is_detected() {
    let (room, other) = (Room::new(&PROFILE), Room::new(&PROFILE));
    let (region, _) = program(&room, 5, 120);
    let saved = frames(&region, POSITION);
    let mut flipped = 0;
    for n in 0..saved.len() {
        for bit in 0..saved[n].len() * 8 {
            let mut damaged = saved.clone();
            damaged[n][bit / 8] ^= 1 << (bit % 8);
            let mut copy = other.empty();
            let mut loader = Loader::new(&mut copy).unwrap();
            for frame in &damaged[..n] {
                loader.frame(frame).unwrap();
            }
            let found = loader.frame(&damaged[n]);
            assert!(matches!(
                found,
                Err(Error::Corrupt | Error::Truncated(_) | Error::TrailingBytes)
            ));
            drop(loader);
            assert!(copy.is_empty());
            flipped += 1;
        }
    }
    println!("{flipped} flipped bits of a snapshot, all detected");
    assert!(flipped > 1000);
}

#[test]
fn every_flipped_bit_of_a_journal_is_detected() {
    let (room, other) = (Room::new(&PROFILE), Room::new(&PROFILE));
    let (_, records) = program(&room, 6, 150);
    let mut copy = other.empty();
    let mut follower = Follower::at(Position::start(3));
    let mut flipped = 0;
    for record in &records {
        let before = (copy.hash(), follower);
        for bit in 0..record.len() * 8 {
            let mut damaged = record.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(follower.receive(&mut copy, &damaged).is_err());
            flipped += 1;
        }
        for end in 0..record.len() {
            assert!(follower.receive(&mut copy, &record[..end]).is_err());
        }
        let longer = [&record[..], &[0]].concat();
        assert_eq!(follower.receive(&mut copy, &longer), Err(Error::TrailingBytes));
        assert_eq!((copy.hash(), follower), before);
        assert_eq!(follower.receive(&mut copy, record), Ok(Turn::Next));
        assert_eq!(follower.receive(&mut copy, record), Ok(Turn::Past));
    }
    println!("{flipped} flipped bits of a journal, all detected");
}

#[test]
fn records_out_of_turn_change_nothing() {
    let (room, other) = (Room::new(&PROFILE), Room::new(&PROFILE));
    let (region, records) = program(&room, 7, 60);
    let mut copy = other.empty();
    assert_eq!(Follower::new().receive(&mut copy, &records[0]), Err(Error::Gap(0)));
    let mut follower = Follower::at(Position::start(3));
    assert_eq!(follower.receive(&mut copy, &records[1]), Err(Error::Gap(1)));
    let foreign = Record::decode(&records[0]).unwrap().command;
    let mut buffer = [0; 512];
    let foreign = Record::encode(Position { history: 4, sequence: 1 }, &foreign, &mut buffer);
    assert_eq!(follower.receive(&mut copy, foreign.unwrap()), Err(Error::ForeignHistory));
    assert!(copy.is_empty());
    // Backwards, twice each: only the one whose turn it is counts.
    for next in 0..records.len() {
        for (n, record) in records.iter().enumerate().rev() {
            let turn = match n.cmp(&next) {
                std::cmp::Ordering::Less => Ok(Turn::Past),
                std::cmp::Ordering::Equal => Ok(Turn::Next),
                std::cmp::Ordering::Greater => Err(Error::Gap(next as u64 + 1)),
            };
            assert_eq!(follower.receive(&mut copy, record), turn);
        }
    }
    assert_eq!(copy.hash(), region.hash());
}

/// A frame around a payload, with its checksum right.
fn framed(kind: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = b"SKSR\x01".to_vec();
    bytes.push(kind);
    bytes.extend(u16::try_from(payload.len()).unwrap().to_le_bytes());
    bytes.extend(payload);
    bytes.extend(crc(&bytes).to_le_bytes());
    bytes
}

#[test]
fn whole_frames_that_say_nothing_sensible_are_refused() {
    // history 3, sequence 1, then the command.
    let cases: [&[u8]; 10] = [
        // No command; one behind the last; an option that is neither on nor off.
        &[3, 1],
        &[3, 1, 47, 0],
        &[3, 1, 0, 1, 2, 0, 0, 0, 0],
        // A number in more bytes than it needs, in each place.
        &[0x83, 0, 1, 2, 1],
        &[3, 0x81, 0, 2, 1],
        &[3, 1, 2, 0x81, 0],
        // An id above 65535; host bits; a length above 32; a byte too many.
        &[3, 1, 2, 0x80, 0x80, 4],
        &[3, 1, 3, 1, 1, 10, 0, 0, 1, 24],
        &[3, 1, 3, 1, 1, 10, 0, 0, 0, 33],
        &[3, 1, 2, 1, 0],
    ];
    for payload in cases {
        assert_eq!(Record::decode(&framed(1, payload)), Err(Error::Malformed), "{payload:?}");
    }
    // Members of a set in another order, or one alone, or one twice; a next hop that cannot be one.
    for members in [&[2, 2, 1][..], &[1, 1], &[2, 1, 1]] {
        let payload = [&[3, 1, 9, 1, 20, 0, 0, 0, 8, 1][..], members].concat();
        assert_eq!(Record::decode(&framed(1, &payload)), Err(Error::Malformed), "{members:?}");
    }
    let to_a_vpc = [3, 1, 9, 1, 20, 0, 0, 0, 8, 0, 0, 1];
    assert_eq!(Record::decode(&framed(1, &to_a_vpc)), Err(Error::Malformed));
    let sound = [3, 1, 9, 1, 20, 0, 0, 0, 8, 1, 2, 1, 2];
    assert!(Record::decode(&framed(1, &sound)).is_ok());
    // Kinds that there are not, or not here.
    for kind in [0, 6, 255] {
        assert_eq!(Record::decode(&framed(kind, &sound)), Err(Error::Malformed));
    }
    assert_eq!(Record::decode(&framed(2, &sound)), Err(Error::Malformed));
    assert_eq!(Request::decode(&framed(1, &[0])), Err(Error::Malformed));
    assert_eq!(Request::decode(&framed(5, &[1, 3])), Err(Error::Malformed));
    assert_eq!(Request::decode(&framed(5, &[0])).unwrap().position, None);
    // What is never written is not taken: a record whose command changes nothing here.
    let room = Room::new(&PROFILE);
    let mut region = room.empty();
    let mut follower = Follower::at(Position::start(3));
    let nothing = framed(1, &[3, 1, 0, 0, 0, 0, 0, 0]);
    assert!(Record::decode(&nothing).is_ok());
    assert_eq!(follower.receive(&mut region, &nothing), Err(Error::Malformed));
    let refused = framed(1, &[3, 1, 2, 1]);
    let missing = Err(Error::Refused(Refusal::NoVpc));
    assert_eq!(follower.receive(&mut region, &refused), missing);
    assert_eq!(follower.position(), Some(Position::start(3)));
}

#[test]
fn chunks_that_lie_leave_the_region_empty() {
    let (room, other) = (Room::new(&PROFILE), Room::new(&PROFILE));
    let (region, _) = program(&room, 8, 100);
    let saved = frames(&region, POSITION);
    let mut rng = Rng::new(1);
    let [mut refused, mut same] = [0, 0];
    for _ in 0..20_000 {
        let mut lying = saved.clone();
        let n = rng.below(lying.len() as u32) as usize;
        let kind = lying[n][5];
        let mut payload = lying[n][8..lying[n].len() - 4].to_vec();
        for _ in 0..=rng.below(3) {
            let at = rng.below(payload.len() as u32) as usize;
            match rng.below(4) {
                0 => payload[at] = rng.bits() as u8,
                1 => payload[at] = payload[at].wrapping_add(1),
                2 => {
                    payload.remove(at);
                }
                _ => payload.insert(at, payload[at]),
            }
            if payload.is_empty() {
                break;
            }
        }
        if payload.len() > 500 {
            continue;
        }
        lying[n] = framed(kind, &payload);
        let mut copy = other.empty();
        match load(&mut copy, &lying) {
            // What a change of the payload can leave as it is: nothing.
            Ok(_) => {
                assert_eq!(copy.hash(), region.hash());
                assert_eq!(lying, saved);
                same += 1;
            }
            Err(_) => {
                assert!(copy.is_empty());
                assert_eq!(copy.usage().map(|usage| usage.used).sum::<u32>(), 0);
                refused += 1;
            }
        }
    }
    println!("{refused} snapshots that lie refused, {same} were as before");
    assert!(refused > 10_000);
}

#[test]
fn frames_of_a_snapshot_may_come_twice_and_late() {
    let (room, other) = (Room::new(&PROFILE), Room::new(&PROFILE));
    let (mut region, _) = program(&room, 9, 140);
    let saved = frames(&region, POSITION);
    assert!(saved.len() > 2);
    let mut copy = other.empty();
    let mut loader = Loader::new(&mut copy).unwrap();
    use sekisho::store::snapshot::Progress::{Done, More, Past};
    assert_eq!(loader.frame(&saved[1]), Err(Error::Gap(0)));
    assert_eq!(loader.frame(&saved[0]), Ok(More));
    assert_eq!(loader.frame(&saved[0]), Ok(Past));
    assert_eq!(loader.frame(&saved[2]), Err(Error::Gap(1)));
    // A later snapshot takes its place; an earlier one does not.
    let later = Position { sequence: 41, ..POSITION };
    let _ = region.apply(&sekisho::region::Command::Region(sekisho::region::RegionOptions {
        blackout: Some(true),
        ..Default::default()
    }));
    let next = frames(&region, later);
    assert_eq!(loader.frame(&next[1]), Err(Error::Gap(0)));
    assert_eq!(loader.frame(&next[0]), Ok(More));
    assert_eq!(loader.frame(&saved[1]), Ok(Past));
    for frame in &next[1..next.len() - 1] {
        assert_eq!(loader.frame(frame), Ok(More));
    }
    assert_eq!(loader.frame(saved.last().unwrap()), Ok(Past));
    assert_eq!(loader.frame(next.last().unwrap()), Ok(Done(later)));
    drop(loader);
    assert_eq!(copy.hash(), region.hash());
    // And into what is not empty, nothing is loaded.
    assert_eq!(load(&mut copy, &saved), Err(Error::NotEmpty));
    assert_eq!(copy.hash(), region.hash());
}

#[test]
fn a_smaller_profile_refuses_what_does_not_fit_by_name() {
    let room = Room::new(&PROFILE);
    let mut region = room.empty();
    for line in include_str!("fixtures/commands.console").lines() {
        let mut answer = String::new();
        let _ = sekisho::console::run(&mut region, line.as_bytes(), &mut answer).unwrap();
    }
    let saved = frames(&region, POSITION);
    type Shrink = fn(&mut Profile) -> &mut u16;
    let capacities: [Shrink; 17] = [
        |p| &mut p.vpcs,
        |p| &mut p.cidrs_per_vpc,
        |p| &mut p.vswitches_per_vpc,
        |p| &mut p.tables_per_vpc,
        |p| &mut p.entries_per_table,
        |p| &mut p.dynamic_per_table,
        |p| &mut p.ecmp_sets,
        |p| &mut p.interfaces,
        |p| &mut p.public_addresses,
        |p| &mut p.nat_gateways,
        |p| &mut p.snat_entries,
        |p| &mut p.forward_entries,
        |p| &mut p.load_balancers,
        |p| &mut p.gwlbs,
        |p| &mut p.appliances,
        |p| &mut p.endpoints,
        |p| &mut p.route_target_groups,
    ];
    // The least of each with which it loads is found; with one less it is refused by name.
    for (which, capacity) in capacities.into_iter().enumerate() {
        let mut profile = PROFILE;
        let mut refused = 0;
        let low = u16::from(which == 0 || which == 3);
        for value in (low..=*capacity(&mut profile)).rev() {
            *capacity(&mut profile) = value;
            let smaller = Room::new(&profile);
            let mut copy = smaller.empty();
            match load(&mut copy, &saved) {
                Ok(_) => {
                    assert_eq!(refused, 0);
                    assert_eq!(copy.hash(), region.hash());
                }
                Err(error) => {
                    assert_eq!(error, Error::Refused(Refusal::CapacityExceeded), "{which} {value}");
                    assert_eq!(error.name(), "CapacityExceeded");
                    assert!(copy.is_empty());
                    refused += 1;
                }
            }
        }
        assert!(refused > 0, "capacity {which} is never exceeded");
    }
}

#[test]
fn flow_tables_see_new_epochs_in_a_region_that_takes_the_place_of_another() {
    let (room, other) = (Room::new(&PROFILE), Room::new(&PROFILE));
    let (region, _) = program(&room, 5, 100);
    let mut copy = other.empty();
    let mut loader = Loader::beside(&mut copy, &region).unwrap();
    frames(&region, POSITION).iter().for_each(|frame| {
        loader.frame(frame).unwrap();
    });
    drop(loader);
    assert_eq!(copy.hash(), region.hash());
    use sekisho::region::objects::Interface;
    let epochs = |region: &Region<'_>| {
        let tables = region.tables();
        let all = region.all::<Interface>().filter_map(|host| tables.epoch_of(host.id));
        all.collect::<Vec<_>>()
    };
    let (old, new) = (epochs(&region), epochs(&copy));
    assert!(!old.is_empty() && old.len() == new.len());
    assert!(old.iter().max() < new.iter().min(), "{old:?} {new:?}");
}

#[test]
fn version_0_never_was() {
    let room = Room::new(&PROFILE);
    let (_, records) = program(&room, 5, 1);
    assert_eq!(Record::decode(&of_version(&records[0], 0)), Err(Error::Corrupt));
}
