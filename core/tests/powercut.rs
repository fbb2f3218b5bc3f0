//! Power that fails at every byte of every write, and what is found when it comes back.
//!
//! A history of random commands goes through a journal on memory that notes what is done to it. Then,
//! for each write and each byte of it, the memory is made as it is if the power fails there, with three
//! kinds of content behind that byte, and looked at. `SEKISHO_OPERATIONS` changes the length of the
//! long history, and `SEKISHO_SHORT` that of the one whose recovery is cut again.

#[path = "powercut/history.rs"]
mod history;
#[path = "store/rooms.rs"]
#[allow(dead_code, reason = "shared with another test")]
mod rooms;

use std::time::Instant;

use history::{History, LONG, SHORT, erase_stride, record};
use rooms::{PROFILE, Room};
use sekisho::limits::Profile;
use sekisho::model::{Cut, Flash, Rng, Step, Torn};
use sekisho::region::Region;
use sekisho::store::{Error, Journal, Position, Recovery, survey};

fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(default)
}

/// What was looked at, and what was found.
#[derive(Default, Debug)]
struct Counts {
    cuts: usize,
    /// Recovered as before the operation that was under way, or as after it.
    before: usize,
    after: usize,
    /// A torn record was cut away.
    torn: usize,
    /// Regions rebuilt and their hashes compared.
    mounted: usize,
}

impl Counts {
    /// Checks what was recovered: nothing acknowledged is lost, nothing was made up.
    fn note(&mut self, found: Result<Recovery, Error>, acknowledged: u64, context: &str) -> u64 {
        let found = match found {
            Ok(found) => found,
            Err(error) => panic!("{error}: {context}"),
        };
        let sequence = found.position.sequence;
        assert!(
            sequence == acknowledged || sequence == acknowledged + 1,
            "{sequence} after {acknowledged} were acknowledged: {context}"
        );
        self.cuts += 1;
        self.before += usize::from(sequence == acknowledged);
        self.after += usize::from(sequence > acknowledged);
        self.torn += usize::from(found.cut);
        sequence
    }
}

/// Mounts a memory, with the writes of recovery.
fn mount(flash: &mut Flash, room: &Room) -> Result<(Recovery, u64), Error> {
    let mut region = room.empty();
    let (_, recovery) = Journal::mount(flash, &mut region)?;
    Ok((recovery, region.hash()))
}

/// Where a step is cut: at every byte of a write; an erasure is as good as its parts.
fn offsets(flash: &Flash, step: &Step) -> Vec<usize> {
    let length = flash.length(step);
    match step {
        Step::Erase { .. } => (0..length).step_by(erase_stride(length)).collect(),
        _ => (0..length).collect(),
    }
}

#[test]
fn power_cuts_lose_nothing_and_make_nothing_up() {
    let start = Instant::now();
    let operations = setting("SEKISHO_OPERATIONS", 300);
    let history = record(1, operations, &LONG, &PROFILE, 1000.min(operations as u32 / 3));
    let room = Room::new(&PROFILE);
    let mut counts = Counts::default();
    let (mut medium, mut scratch) = (history.formatted.clone(), history.formatted.clone());
    let mut bytes = 0;
    for (n, (step, acknowledged)) in history.steps.iter().enumerate() {
        let offsets = offsets(&medium, step);
        if matches!(step, Step::Write { .. }) {
            bytes += offsets.len();
        }
        for &at in &offsets {
            for torn in Torn::ALL {
                scratch.step(step, Some((at, torn)));
                let context = format!("step {n}, byte {at}, {torn:?}");
                let sequence = counts.note(survey(&mut scratch), *acknowledged, &context);
                // The state itself, too, now and then, and what recovery leaves behind.
                if counts.cuts.is_multiple_of(97) {
                    let mut copy = scratch.clone();
                    let (found, hash) = mount(&mut copy, &room).expect(&context);
                    assert_eq!(found.position.sequence, sequence, "{context}");
                    assert_eq!(found.pending, None, "{context}");
                    assert_eq!(hash, history.hashes[sequence as usize], "{context}");
                    let again = mount(&mut copy, &room).expect(&context);
                    assert_eq!((again.0.cut, again.1), (false, hash), "{context}");
                    counts.mounted += 2;
                }
                scratch.restore(&medium, step);
            }
        }
        medium.step(step, None);
        scratch.restore(&medium, step);
        // At each record's boundary: all that was acknowledged, and its hash.
        let next = history.steps.get(n + 1).map_or(history.last(), |&(_, next)| next);
        if next != *acknowledged {
            let context = format!("behind step {n}");
            let (found, hash) = mount(&mut scratch.clone(), &room).expect(&context);
            assert_eq!((found.position.sequence, found.cut), (next, false), "{context}");
            assert_eq!(hash, history.hashes[next as usize], "{context}");
            counts.mounted += 1;
        }
    }
    assert_eq!(history.last() as usize, operations);
    println!(
        "{operations} operations, {} writes of {bytes} bytes, {} erasures, {} snapshots",
        history.writes(),
        history.erasures(),
        history.generations,
    );
    println!(
        "{} cuts: {} before, {} after, 0 lost, 0 made up; {} torn records cut",
        counts.cuts, counts.before, counts.after, counts.torn
    );
    println!("{} states rebuilt, hashes equal; {:.1?}", counts.mounted, start.elapsed());
    assert!(counts.before > 0 && counts.after > 0 && counts.torn > 0 && counts.mounted > 0);
}

#[test]
fn a_second_cut_during_recovery_changes_nothing() {
    let start = Instant::now();
    let operations = setting("SEKISHO_SHORT", 6);
    let profile = Profile::FIRMWARE;
    let history = record(2, operations, &SHORT, &profile, 4);
    let room = Room::new(&profile);
    let [mut first, mut second] = [Counts::default(), Counts::default()];
    let mut medium = history.formatted.clone();
    for (n, (step, acknowledged)) in history.steps.iter().enumerate() {
        for at in offsets(&medium, step) {
            for torn in Torn::ALL {
                let context = format!("step {n}, byte {at}, {torn:?}");
                let mut once = medium.clone();
                once.step(step, Some((at, torn)));
                let mut whole = once.clone();
                whole.start(None);
                let mounted = mount(&mut whole, &room);
                let hash = mounted.as_ref().map(|&(_, hash)| hash).ok();
                let sequence = first.note(mounted.map(|found| found.0), *acknowledged, &context);
                assert_eq!(hash, Some(history.hashes[sequence as usize]), "{context}");
                for (step, done) in whole.steps.iter().enumerate() {
                    for bytes in offsets(&whole, done) {
                        for torn in Torn::ALL {
                            let mut twice = once.clone();
                            twice.start(Some(Cut { step, bytes, torn, lasting: true }));
                            let cut = mount(&mut twice, &room);
                            // What cannot be written during recovery does not keep the state away.
                            assert!(cut.is_err() || twice.is_off(), "{context}");
                            twice.start(None);
                            let (found, again) = mount(&mut twice, &room).expect(&context);
                            let found = second.note(Ok(found), *acknowledged, &context);
                            assert_eq!((found, Some(again)), (sequence, hash), "{context}");
                        }
                    }
                }
            }
        }
        medium.step(step, None);
    }
    println!(
        "{operations} operations, {} cuts, then {} second cuts during their recoveries: the same \
         state each time; {:.1?}",
        first.cuts,
        second.cuts,
        start.elapsed()
    );
    assert!(second.cuts > first.cuts);
}

#[test]
fn what_has_not_been_synced_may_be_there_in_any_part() {
    let operations = setting("SEKISHO_OPERATIONS", 300).min(1000);
    let history = record(3, operations, &LONG, &PROFILE, 40);
    let room = Room::new(&PROFILE);
    let mut rng = Rng::new(3);
    let mut counts = Counts::default();
    let mut synced = history.formatted.clone();
    let mut pending: Vec<&Step> = Vec::new();
    for (n, (step, acknowledged)) in history.steps.iter().enumerate() {
        if *step == Step::Sync {
            pending.drain(..).for_each(|step| synced.step(step, None));
            continue;
        }
        pending.push(step);
        for _ in 0..8 {
            let mut flash = synced.clone();
            for step in &pending {
                match rng.below(3) {
                    0 => {}
                    1 => flash.step(step, None),
                    _ => {
                        let at = rng.below(flash.length(step) as u32 + 1) as usize;
                        flash.step(step, Some((at, rng.pick(&Torn::ALL))));
                    }
                }
            }
            let context = format!("step {n}");
            let (found, hash) = mount(&mut flash, &room).expect(&context);
            let sequence = counts.note(Ok(found), *acknowledged, &context);
            assert_eq!(hash, history.hashes[sequence as usize], "{context}");
        }
    }
    println!("{} losses of parts of what was not synced: {counts:?}", counts.cuts);
}

#[test]
fn a_write_that_fails_refuses_its_command_and_the_next_one_is_stored() {
    let operations = setting("SEKISHO_OPERATIONS", 300).min(60);
    let profile = Profile::FIRMWARE;
    let history = record(4, operations, &SHORT, &profile, 10);
    let (room, other) = (Room::new(&profile), Room::new(&profile));
    let mut failed = 0;
    for step in 0..history.steps.len() {
        for torn in Torn::ALL {
            for part in [0, 1, 13, usize::MAX] {
                let mut flash = history.formatted.clone();
                flash.start(Some(Cut { step, bytes: part, torn, lasting: false }));
                let mut region = room.empty();
                let (mut journal, _) = Journal::mount(&mut flash, &mut region).unwrap();
                journal.compact_after(10);
                for command in &history.commands {
                    let before = (region.hash(), journal.position());
                    if journal.apply(&mut region, command).is_err() {
                        failed += 1;
                        assert_eq!((region.hash(), journal.position()), before);
                        assert_eq!(journal.apply(&mut region, command), Ok(()));
                    }
                }
                let last = (journal.position(), region.hash());
                assert_eq!(last.1, *history.hashes.last().unwrap());
                let (found, hash) = mount(&mut flash, &other).unwrap();
                assert_eq!(((found.position, hash), found.cut), (last, false));
            }
        }
    }
    println!("{failed} commands refused because their storage failed, then stored");
    assert!(failed > history.steps.len());
}

#[test]
fn every_flipped_bit_on_the_storage_is_detected() {
    let operations = setting("SEKISHO_OPERATIONS", 300).min(200);
    let profile = Profile::FIRMWARE;
    let [mut errors, mut cut] = [0, 0];
    // With records behind the snapshot, and with none.
    for (operations, every) in [(operations, 60), (40, 40)] {
        let history = record(5, operations, &SHORT, &profile, every);
        let room = Room::new(&profile);
        let mut flash = history.formatted.clone();
        history.steps.iter().for_each(|(step, _)| flash.step(step, None));
        let live = (history.generations as u32 - 1) % SHORT.sectors;
        let last = history.last();
        for bit in 0..SHORT.sector_size as usize * 8 {
            let mut flash = flash.clone();
            flash.sector(live)[bit / 8] ^= 1 << (bit % 8);
            match mount(&mut flash, &room) {
                Err(_) => errors += 1,
                Ok((found, hash)) => {
                    let sequence = found.position.sequence;
                    assert!(found.cut, "bit {bit} was not noticed");
                    assert!(sequence == last || sequence + 1 == last, "bit {bit}: {found:?}");
                    assert_eq!(hash, history.hashes[sequence as usize], "bit {bit}");
                    cut += 1;
                }
            }
        }
    }
    println!("{} flipped bits: {errors} errors, {cut} in or behind the last record", errors + cut);
    assert!(errors > 0 && cut > 0);
}

#[test]
fn sectors_wear_evenly() {
    let mut history = record(6, 400, &LONG, &PROFILE, 20);
    let erasures: Vec<u32> = std::mem::take(&mut history.worn);
    let (least, most) = (erasures.iter().min().unwrap(), erasures.iter().max().unwrap());
    println!("erasures of each sector: {erasures:?}");
    assert!(*least > 4 && most - least <= 1, "{erasures:?}");
}

#[test]
fn a_format_that_is_cut_can_be_done_again() {
    let profile = Profile::FIRMWARE;
    let room = Room::new(&profile);
    let region: Region<'_> = room.empty();
    let mut flash = Flash::new(SHORT);
    flash.start(None);
    Journal::format(&mut flash, &region, Position::start(9)).unwrap();
    let mut medium = Flash::new(SHORT);
    let other = Room::new(&profile);
    for step in &flash.steps {
        for at in offsets(&medium, step) {
            for torn in Torn::ALL {
                let mut cut = medium.clone();
                cut.step(step, Some((at, torn)));
                let found = mount(&mut cut, &other);
                let seen = found.map(|(found, _)| (found.position.sequence, found.cut));
                assert!(matches!(seen, Err(Error::Unformatted) | Ok((0, _))), "{seen:?}");
                Journal::format(&mut cut, &region, Position::start(9)).unwrap();
                assert_eq!(mount(&mut cut, &other).unwrap().0.position.history, 9);
            }
        }
        medium.step(step, None);
    }
}

#[test]
fn the_history_is_what_it_says() {
    let History { hashes, commands, .. } = record(7, 50, &LONG, &PROFILE, 10);
    let differ = hashes.windows(2).filter(|two| two[0] != two[1]).count();
    assert_eq!(hashes.len(), 51);
    assert!(commands.len() >= 50 && differ > 40, "{differ}");
}
