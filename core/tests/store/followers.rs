//! Three followers of one region, over a network that loses, doubles and reorders, with followers and
//! the leader killed at random: in the end all have the same hash. `SEKISHO_RUNS` changes how often.

use std::collections::VecDeque;

use sekisho::limits::Profile;
use sekisho::model::{Flash, Generator, Rng, Twin};
use sekisho::region::{Command, Region};
use sekisho::store::snapshot::{Loader, Progress};
use sekisho::store::{
    Error, Follower, Geometry, Journal, Position, Record, Request, Served, Storage, StorageFault,
    Turn,
};

use crate::rooms::Room;

const GEOMETRY: Geometry = Geometry { sectors: 2, sector_size: 8192, write_size: 8, erased: 0xFF };
const PROFILE: Profile = Profile { vpcs: 2, ..Profile::FIRMWARE };

/// Rooms that outlive everything, used again in every run.
type Rooms = [&'static Room; 2];

fn rooms() -> Rooms {
    [(); 2].map(|()| &*Box::leak(Box::new(Room::new(&PROFILE))))
}

/// Flash that stays when its user is killed.
#[derive(Clone)]
struct Disk(std::rc::Rc<std::cell::RefCell<Flash>>);

impl Disk {
    fn new() -> Disk {
        Disk(std::rc::Rc::new(Flash::new(GEOMETRY).into()))
    }
}

impl Storage for Disk {
    fn geometry(&self) -> Geometry {
        GEOMETRY
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
        self.0.borrow_mut().steps.clear();
        Ok(())
    }
}

/// What was met.
#[derive(Default, Debug)]
struct Met {
    applied: usize,
    past: usize,
    gaps: usize,
    records_asked: usize,
    snapshots_sent: usize,
    snapshots_loaded: usize,
    kills: usize,
    remounts: usize,
    leader_kills: usize,
}

/// A follower in memory alone, or with a disk.
enum Memory {
    Plain(Follower),
    Stored(Disk, Option<Journal<Disk>>),
}

struct Dataplane {
    rooms: Rooms,
    region: Region<'static>,
    memory: Memory,
    /// A snapshot on its way into the other room.
    loader: Option<Loader<'static, 'static>>,
    inbox: VecDeque<Vec<u8>>,
}

impl Dataplane {
    fn new(rooms: Rooms, stored: bool) -> Dataplane {
        let memory = match stored {
            true => Memory::Stored(Disk::new(), None),
            false => Memory::Plain(Follower::new()),
        };
        let region = rooms[0].empty();
        Dataplane { rooms, region, memory, loader: None, inbox: VecDeque::new() }
    }

    fn position(&self) -> Option<Position> {
        match &self.memory {
            Memory::Plain(follower) => follower.position(),
            Memory::Stored(_, journal) => journal.as_ref().map(|journal| journal.position()),
        }
    }

    /// Loses what is in memory, and gets back what is on the disk.
    fn kill(&mut self, met: &mut Met) {
        met.kills += 1;
        self.loader = None;
        self.inbox.clear();
        self.region = self.rooms[0].empty();
        match &mut self.memory {
            Memory::Plain(follower) => *follower = Follower::new(),
            Memory::Stored(disk, journal) => {
                *journal = None;
                match Journal::mount(disk.clone(), &mut self.region) {
                    Ok((mounted, recovery)) => {
                        assert!(!recovery.cut);
                        *journal = Some(mounted);
                        met.remounts += 1;
                    }
                    Err(error) => assert_eq!(error, Error::Unformatted),
                }
            }
        }
    }

    fn receive(&mut self, message: &[u8], met: &mut Met) -> Result<(), Error> {
        if Record::decode(message).is_err() {
            return self.load(message, met);
        }
        let turn = match &mut self.memory {
            Memory::Plain(follower) => follower.receive(&mut self.region, message),
            Memory::Stored(_, None) => Err(Error::Gap(0)),
            Memory::Stored(_, Some(journal)) => journal.receive(&mut self.region, message),
        };
        match turn {
            Ok(Turn::Next) => met.applied += 1,
            Ok(Turn::Past) => met.past += 1,
            Err(Error::Gap(_)) => {}
            Err(other) => panic!("{other}"),
        }
        turn.map(|_| ())
    }

    /// Takes a frame of a snapshot into the room that is not in use.
    fn load(&mut self, message: &[u8], met: &mut Met) -> Result<(), Error> {
        if self.loader.is_none() {
            self.rooms.swap(0, 1);
            // What a loader borrows is small, and stays.
            let fresh: &'static mut Region<'static> = Box::leak(Box::new(self.rooms[0].empty()));
            self.loader = Some(Loader::beside(fresh, &self.region)?);
            self.rooms.swap(0, 1);
        }
        let loader = self.loader.as_mut().unwrap();
        let progress = loader.frame(message);
        match progress {
            Ok(Progress::Done(position)) => {
                met.snapshots_loaded += 1;
                self.loader = None;
                // An old one may come late: what has been made since stays made.
                if self.position().is_some_and(|now| now.sequence >= position.sequence) {
                    return Ok(());
                }
                self.rooms.swap(0, 1);
                self.region = self.rooms[0].attach();
                match &mut self.memory {
                    Memory::Plain(follower) => *follower = Follower::at(position),
                    Memory::Stored(_, Some(journal)) => {
                        journal.adopt(&self.region, position).unwrap();
                    }
                    Memory::Stored(disk, journal) => {
                        let made = Journal::format(disk.clone(), &self.region, position);
                        *journal = Some(made.unwrap());
                    }
                }
                Ok(())
            }
            Ok(_) => Ok(()),
            Err(Error::Gap(_)) => progress.map(|_| ()),
            Err(other) => panic!("{other}"),
        }
    }
}

struct Leader {
    room: &'static Room,
    region: Region<'static>,
    disk: Disk,
    journal: Journal<Disk>,
}

impl Leader {
    fn new(room: &'static Room) -> Leader {
        let (region, disk) = (room.empty(), Disk::new());
        let journal = Journal::format(disk.clone(), &region, Position::start(5)).unwrap();
        Leader { room, region, disk, journal }
    }

    fn kill(&mut self) {
        let before = (self.journal.position(), self.region.hash());
        self.region = self.room.empty();
        let (journal, _) = Journal::mount(self.disk.clone(), &mut self.region).unwrap();
        self.journal = journal;
        assert_eq!((self.journal.position(), self.region.hash()), before);
    }

    /// Answers what a follower asks, into its inbox.
    fn answer(&mut self, follower: &mut Dataplane, met: &mut Met) {
        let mut buffer = [0; 64];
        let asked = Request { position: follower.position() };
        let asked = Request::decode(asked.encode(&mut buffer).unwrap()).unwrap();
        let inbox = &mut follower.inbox;
        let served = self.journal.serve(&self.region, &asked, |frame| {
            inbox.push_back(frame.to_vec());
            Ok(())
        });
        match served.unwrap() {
            Served::Records(_) => met.records_asked += 1,
            Served::Snapshot(_) => met.snapshots_sent += 1,
        }
    }
}

fn run(seed: u64, leader: &'static Room, follower_rooms: &[Rooms; 3], met: &mut Met) {
    let mut rng = Rng::new(seed);
    let mut leader = Leader::new(leader);
    let mut number = 0..;
    let mut followers = follower_rooms.map(|rooms| Dataplane::new(rooms, number.next() == Some(2)));
    let (mut twin, mut generator) = (Twin::new(), Generator::new(seed));
    for _ in 0..60 {
        leader.journal.compact_after(6);
        for _ in 0..rng.below(4) {
            let command = generator.command(&twin);
            let send = |frame: &[u8]| {
                followers.iter_mut().for_each(|f| f.inbox.push_back(frame.to_vec()));
            };
            let answer = leader.journal.apply_and_send(&mut leader.region, &command, send);
            if answer.is_ok() || matches!(command, Command::Commit(_)) {
                let _ = twin.apply(&command);
            }
        }
        if rng.chance(2) {
            leader.kill();
            met.leader_kills += 1;
        }
        for follower in &mut followers {
            if rng.chance(4) {
                follower.kill(met);
            }
            for _ in 0..rng.below(8) {
                // Any of the first few is the next; some come again, and some never.
                let near = follower.inbox.len().min(4) as u32;
                if near == 0 {
                    break;
                }
                let at = rng.below(near) as usize;
                let message = match rng.chance(15) {
                    true => follower.inbox[at].clone(),
                    false => follower.inbox.remove(at).unwrap(),
                };
                if rng.chance(10) {
                    continue;
                }
                if follower.receive(&message, met).is_err() {
                    met.gaps += 1;
                    // It does not ask for every gap: what is missing may be late.
                    if rng.chance(30) {
                        leader.answer(follower, met);
                    }
                }
            }
        }
    }
    // The network is well again.
    let (last, hash) = (leader.journal.position(), leader.region.hash());
    for follower in &mut followers {
        for _ in 0..3 {
            if follower.position() == Some(last) {
                break;
            }
            follower.inbox.clear();
            follower.loader = None;
            leader.answer(follower, met);
            while let Some(message) = follower.inbox.pop_front() {
                follower.receive(&message, met).unwrap();
            }
        }
        assert_eq!((follower.position(), follower.region.hash()), (Some(last), hash), "run {seed}");
    }
}

#[test]
fn followers_have_the_leaders_hash_in_the_end() {
    let runs = std::env::var("SEKISHO_RUNS").ok().and_then(|n| n.parse().ok());
    let runs = runs.unwrap_or(if cfg!(debug_assertions) { 100 } else { 1000 });
    let leader: &'static Room = Box::leak(Box::new(Room::new(&PROFILE)));
    let follower_rooms = [(); 3].map(|()| rooms());
    let mut met = Met::default();
    for seed in 0..runs {
        run(seed, leader, &follower_rooms, &mut met);
    }
    println!("{runs} runs of 3 followers: equal hashes in all; {met:?}");
    let Met { applied, past, gaps, snapshots_loaded, kills, remounts, leader_kills, .. } = met;
    for count in [applied, past, gaps, snapshots_loaded, kills, remounts, leader_kills] {
        assert!(count > 0);
    }
}
