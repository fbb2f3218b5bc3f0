//! A history of commands on a storage that notes what is done to it.

use std::cell::RefCell;
use std::rc::Rc;

use sekisho::limits::Profile;
use sekisho::model::{Flash, Generator, Step, Twin};
use sekisho::region::Command;
use sekisho::store::{Geometry, Journal, Position, Storage, StorageFault};

use crate::rooms::Room;

/// Room for a snapshot and a thousand records; three sectors, to see that they take turns.
pub(crate) const LONG: Geometry =
    Geometry { sectors: 3, sector_size: 64 * 1024, write_size: 4, erased: 0xFF };
/// Little more than the state of a firmware region, of memory that is erased to zeros.
pub(crate) const SHORT: Geometry =
    Geometry { sectors: 2, sector_size: 4096, write_size: 8, erased: 0x00 };

/// Bytes between two cuts of an erasure: 32 cuts are made.
pub(crate) fn erase_stride(length: usize) -> usize {
    (length / 32).max(1)
}

/// What happened.
pub(crate) struct History {
    /// The memory when it had been formatted.
    pub(crate) formatted: Flash,
    /// What was done to it, and how many changes had been acknowledged by then.
    pub(crate) steps: Vec<(Step, u64)>,
    /// The region's hash after so many changes.
    pub(crate) hashes: Vec<u64>,
    /// The commands that made the changes.
    pub(crate) commands: Vec<Command>,
    /// How often the state was written whole.
    pub(crate) generations: usize,
    /// How often each sector was erased.
    pub(crate) worn: Vec<u32>,
}

impl History {
    pub(crate) fn last(&self) -> u64 {
        self.hashes.len() as u64 - 1
    }

    pub(crate) fn writes(&self) -> usize {
        self.steps.iter().filter(|(step, _)| matches!(step, Step::Write { .. })).count()
    }

    pub(crate) fn erasures(&self) -> usize {
        self.steps.iter().filter(|(step, _)| matches!(step, Step::Erase { .. })).count()
    }
}

#[derive(Clone)]
struct Shared(Rc<RefCell<Flash>>);

impl Storage for Shared {
    fn geometry(&self) -> Geometry {
        self.0.borrow().geometry()
    }
    fn read(&mut self, sector: u32, at: u32, into: &mut [u8]) -> Result<(), StorageFault> {
        self.0.borrow_mut().read(sector, at, into)
    }
    fn write(&mut self, sector: u32, at: u32, bytes: &[u8]) -> Result<(), StorageFault> {
        self.0.borrow_mut().write(sector, at, bytes)
    }
    fn erase(&mut self, sector: u32) -> Result<(), StorageFault> {
        self.0.borrow_mut().erase(sector)
    }
    fn sync(&mut self) -> Result<(), StorageFault> {
        self.0.borrow_mut().sync()
    }
}

/// Makes random commands until so many have been written down.
pub(crate) fn record(
    seed: u64,
    changes: usize,
    geometry: &Geometry,
    profile: &Profile,
    compact_after: u32,
) -> History {
    let room = Room::new(profile);
    let mut region = room.empty();
    let shared = Shared(Rc::new(RefCell::new(Flash::new(*geometry))));
    let mut journal = Journal::format(shared.clone(), &region, Position::start(77)).unwrap();
    journal.compact_after(compact_after);
    let formatted = shared.0.borrow().clone();
    shared.0.borrow_mut().start(None);
    let mut hashes = vec![region.hash()];
    let (mut steps, mut commands) = (Vec::new(), Vec::new());
    let (mut twin, mut generator) = (Twin::new(), Generator::new(seed));
    while hashes.len() <= changes {
        let command = generator.command(&twin);
        let acknowledged = journal.position().sequence;
        // The twin has no capacities, and follows.
        if journal.apply(&mut region, &command).is_ok() {
            assert_eq!(twin.apply(&command), Ok(()));
        } else if matches!(command, Command::Commit(_)) {
            // Refused, and aborted all the same.
            let _ = twin.apply(&command);
        }
        let done = shared.0.borrow_mut().steps.drain(..).collect::<Vec<_>>();
        if journal.position().sequence > acknowledged {
            assert_eq!(journal.position().sequence, acknowledged + 1);
            hashes.push(region.hash());
            commands.push(command);
            assert!(!done.is_empty());
        } else {
            assert!(done.is_empty(), "nothing is written of what changes nothing");
        }
        steps.extend(done.into_iter().map(|step| (step, acknowledged)));
    }
    let generations = journal.generation() as usize;
    let worn = shared.0.borrow().erasures.clone();
    History { formatted, steps, hashes, commands, generations, worn }
}
