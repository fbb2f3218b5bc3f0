//! Readers in threads of their own, in all kinds of lookup, beside a writer that changes a table without
//! pause.
//!
//! What the writer does is made up in advance, so the answers of every address after every change are
//! known. A reader notes how many changes were done before a burst of lookups and how many had been begun
//! after it: each answer has to be that of a state between. The memory is as small as the states allow, so
//! that blocks move and are used again all the time.
//!
//! `SEKISHO_CHANGES` sets how many changes each table goes through, `SEKISHO_SEED` what they are, and
//! `SEKISHO_KERNEL=portable` leaves the vector kernels out, whose loads ThreadSanitizer does not see.
#![cfg(not(loom))]

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering, fence};
use std::thread;

use sekisho::addr::{Addr, Prefix};
use sekisho::lpm::{
    ByteOrder, Config, Kernel, Lpm, LpmError, MISS, Reader, Root, Sizing, TableHandle,
};
use sekisho::model::{NaiveLpm, Rng};

const READERS: u16 = 2;
const PROBES: usize = 61;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

fn kernels() -> Vec<Kernel> {
    let portable = std::env::var("SEKISHO_KERNEL").as_deref() == Ok("portable");
    Kernel::available().filter(|&kernel| !portable || kernel == Kernel::Portable).collect()
}

fn words(count: usize) -> Vec<AtomicU32> {
    (0..count).map(|_| AtomicU32::new(0)).collect()
}

/// A change of one route: its new value, or that it goes.
type Change = (Prefix, Option<u32>);

/// Tells readers that the writer has ended, also by a panic.
struct Ended<'e>(&'e AtomicBool);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// How far the writer is.
#[derive(Default)]
struct Progress {
    begun: AtomicUsize,
    done: AtomicUsize,
    ended: AtomicBool,
    /// Bursts of lookups, and the changes that fell into one.
    bursts: AtomicUsize,
    met: AtomicUsize,
}

impl Progress {
    /// Waits for the readers' first bursts, so that the changes do not come before all of them; they may
    /// have ended by a panic.
    fn wait(&self) {
        for _ in 0..10_000 {
            if self.bursts.load(Ordering::Relaxed) >= usize::from(READERS) {
                break;
            }
            thread::yield_now();
        }
    }
}

/// What a table goes through.
struct Program {
    root: Root,
    changes: Vec<Change>,
    probes: Vec<u32>,
    /// The probes' answers in each state, the first before any change.
    answers: Vec<[u32; PROBES]>,
    /// Memory for every state.
    words: usize,
    config: Config,
}

/// Prefixes that nest and lie side by side across several strides, so many in a hundred far from the
/// others.
fn pool(rng: &mut Rng, far: u32, count: usize) -> Vec<Prefix> {
    let mut pool = vec![Prefix::DEFAULT];
    while pool.len() < count {
        let addr = 10 << 24 | rng.below(3) << 16 | rng.below(4) << 8 | rng.below(16);
        let len = rng.pick(&[1, 7, 8, 9, 14, 16, 17, 22, 23, 24, 25, 30, 31, 32, 32, 32]);
        let prefix = Prefix::new_truncated(Addr(addr ^ u32::from(rng.chance(far)) << 31), len);
        if !pool.contains(&prefix) {
            pool.push(prefix);
        }
    }
    pool
}

impl Program {
    fn new(root: Root, far: u32, most: usize, changes: usize, seed: u64) -> Program {
        let mut rng = Rng::new(seed);
        let pool = pool(&mut rng, far, most + most / 2);
        let mut probes = Vec::new();
        while probes.len() < PROBES {
            let prefix = rng.pick(&pool);
            let (first, last) = (prefix.addr().0, prefix.last().0);
            probes.push(rng.pick(&[first, last, first.wrapping_sub(1), last.wrapping_add(1)]));
        }
        // One more for the table beside.
        let config = Config::new(u32::try_from(most).unwrap() + 1, 2).readers(READERS);
        let config = config.roots16(u16::from(root == Root::Bits16));
        let mut naive = NaiveLpm::new();
        let mut program =
            Program { root, changes: Vec::new(), probes, answers: Vec::new(), words: 0, config };
        program.answers.push([MISS; PROBES]);
        for change in 0..changes {
            // Values of all widths, hardly one of them twice.
            let number = change as u32;
            let value = rng.pick(&[number % 250, number % 60_000, number | 1 << 20]);
            let filling = (change / (3 * most)).is_multiple_of(2);
            let (prefix, value) = match (rng.pick(&pool), naive.len() < most) {
                (prefix, room) if room || naive.get(prefix).is_some() => {
                    (prefix, rng.chance(if filling { 80 } else { 35 }).then_some(value))
                }
                (_, _) => (naive.iter().nth(rng.below(most as u32) as usize).unwrap().0, None),
            };
            match value {
                Some(value) => _ = naive.insert(prefix, value),
                None => _ = naive.remove(prefix),
            }
            program.changes.push((prefix, value));
            program.answer(&naive, prefix);
        }
        program
    }

    fn answer(&mut self, naive: &NaiveLpm, changed: Prefix) {
        let mut answers = *self.answers.last().unwrap();
        for (answer, &probe) in answers.iter_mut().zip(&self.probes) {
            if changed.contains(Addr(probe)) {
                *answer = naive.lookup(Addr(probe)).map_or(MISS, |(_, value)| value);
            }
        }
        self.answers.push(answers);
        let routes: Vec<_> = naive.iter().collect();
        let sizing = Sizing::new(&self.config).table(self.root, &routes).unwrap();
        // A table beside it has one route.
        let beside = [(Prefix::DEFAULT, 0)];
        let sizing = sizing.table(Root::Compact, &beside).unwrap();
        self.words = self.words.max(sizing.footprint());
    }

    fn write(&self, lpm: &mut Lpm<'_>, table: TableHandle, progress: &Progress) {
        let _ended = Ended(&progress.ended);
        progress.wait();
        let mut busy = 0u64;
        for (number, &(prefix, value)) in (1..).zip(&self.changes) {
            progress.begun.store(number, Ordering::Relaxed);
            // Before anything of the change is seen.
            fence(Ordering::SeqCst);
            loop {
                let result = match value {
                    Some(value) => lpm.insert(table, prefix, value).map(|_| ()),
                    None => lpm.remove(table, prefix).map(|_| ()),
                };
                match result {
                    Ok(()) => break,
                    Err(LpmError::NotFound) if value.is_none() => break,
                    Err(LpmError::Busy) => {
                        busy += 1;
                        thread::yield_now();
                    }
                    Err(error) => panic!("change {number} of {prefix}: {error}"),
                }
            }
            progress.done.store(number, Ordering::Release);
        }
        println!("{:?}: {} changes, {busy} times busy", self.root, self.changes.len());
    }

    /// Looks all probes up until the writer has done all; gives how many lookups that were.
    fn read(
        &self,
        memory: &[AtomicU32],
        index: u16,
        [table, beside]: [TableHandle; 2],
        progress: &Progress,
    ) -> u64 {
        let kernels = kernels();
        let mut reader = Some(Reader::register(memory, index).unwrap());
        let (mut lookups, mut met) = (0, 0);
        let mut out = [0; PROBES];
        let mixed: Vec<TableHandle> =
            (0..PROBES).map(|n| if n % 8 == 7 { beside } else { table }).collect();
        for round in 0.. {
            let reader = reader.get_or_insert_with(|| Reader::register(memory, index).unwrap());
            let is_last = progress.ended.load(Ordering::Relaxed);
            let first = progress.done.load(Ordering::Acquire);
            let kernel = kernels[round / 4 % kernels.len()];
            match round % 4 {
                0 => {
                    for (out, &addr) in out.iter_mut().zip(&self.probes) {
                        *out = reader.find(table, Addr(addr)).unwrap_or(MISS);
                    }
                }
                1 => {
                    let pinned = reader.pin(table);
                    for (out, &addr) in out.iter_mut().zip(&self.probes) {
                        *out = pinned.find(Addr(addr)).unwrap_or(MISS);
                    }
                }
                2 => {
                    reader.find_bulk_by(kernel, table, &self.probes, ByteOrder::Host, &mut out);
                }
                _ => {
                    reader.find_mixed_by(kernel, &mixed, &self.probes, &mut out);
                }
            }
            fence(Ordering::SeqCst);
            let last = progress.begun.load(Ordering::Acquire);
            for (n, &found) in out.iter().enumerate() {
                if round % 4 == 3 && n % 8 == 7 {
                    assert_eq!(found, BESIDE);
                    continue;
                }
                let mut states = self.answers[first..=last].iter();
                assert!(
                    states.any(|answers| answers[n] == found),
                    "{} of {:?} by {kernel:?}, {}: {found} between changes {first} and {last}",
                    Addr(self.probes[n]),
                    self.root,
                    round % 4,
                );
            }
            lookups += PROBES as u64;
            progress.bursts.fetch_add(1, Ordering::Relaxed);
            // A writer that was stopped within a change counts once, however often it is met.
            progress.met.fetch_add(usize::from(last > first && last != met), Ordering::Relaxed);
            met = last;
            if is_last {
                break;
            }
            self.rest(round, reader);
            if round % 301 == 300 {
                thread::yield_now();
            }
        }
        drop(reader);
        lookups
    }

    fn rest(&self, round: usize, reader: &mut Reader<'_>) {
        match round % 64 {
            63 => {
                reader.pause();
                thread::yield_now();
                reader.resume();
            }
            // Bursts of more than one kind.
            n if n % 3 == 0 => {}
            _ => reader.quiescent(),
        }
    }

    /// Goes through it again until enough changes fell into bursts: on one processor few do.
    fn run(&self) {
        let (mut met, mut rounds) = (0, 0);
        while met < ENOUGH && rounds < 3 {
            met += self.once();
            rounds += 1;
        }
        println!("{:?}: {met} changes fell into bursts, in {rounds} rounds", self.root);
        assert!(met > 0, "no lookup ran beside a change: nothing was shown");
    }

    fn once(&self) -> usize {
        let memory = words(self.words);
        let mut lpm = Lpm::init_with(&memory, &self.config).unwrap();
        let tables = [lpm.create_table_with(self.root).unwrap(), lpm.create_table().unwrap()];
        lpm.insert(tables[1], Prefix::DEFAULT, BESIDE).unwrap();
        let progress = Progress::default();
        let lookups: u64 = thread::scope(|scope| {
            let readers: Vec<_> = (0..READERS)
                .map(|index| {
                    let (memory, progress) = (&memory, &progress);
                    scope.spawn(move || self.read(memory, index, tables, progress))
                })
                .collect();
            // Readers that panic stay registered no longer, so the writer always ends.
            self.write(&mut lpm, tables[0], &progress);
            readers.into_iter().map(|reader| reader.join().unwrap()).sum()
        });
        let met = progress.met.into_inner();
        println!("{:?}: {lookups} lookups, all right", self.root);
        lpm.clear(tables[0]).unwrap();
        lpm.clear(tables[1]).unwrap();
        for _ in 0..2 {
            lpm.reclaim();
        }
        let stats = lpm.stats();
        assert_eq!((stats.words, stats.waiting_words, stats.routes), (0, 0, 0));
        met
    }
}

/// So many changes that fell into bursts are enough.
const ENOUGH: usize = 300;

/// The value of the table beside.
const BESIDE: u32 = 0x0BE5_1DE0;

fn changes(default: u64) -> usize {
    usize::try_from(number("SEKISHO_CHANGES", default)).unwrap()
}

#[test]
fn intervals_that_become_nodes_and_intervals_again() {
    Program::new(Root::Compact, 25, 24, changes(15_000), number("SEKISHO_SEED", 1)).run();
}

#[test]
fn nodes() {
    Program::new(Root::Compact, 25, 90, changes(15_000), number("SEKISHO_SEED", 2)).run();
}

/// Lookups begin further down than the routes most of the time, each time elsewhere.
#[test]
fn nodes_of_a_network() {
    Program::new(Root::Compact, 2, 60, changes(15_000), number("SEKISHO_SEED", 4)).run();
}

#[test]
fn a_root() {
    Program::new(Root::Bits16, 25, 60, changes(2_000), number("SEKISHO_SEED", 3)).run();
}

/// A root goes from table to table. A reader never finds through one's handle what is the other's.
#[test]
fn a_root_changes_hands() {
    let config = Config::new(40, 2).roots16(1).readers(1);
    let memory = words(config.footprint());
    let mut lpm = Lpm::init_with(&memory, &config).unwrap();
    let done = AtomicBool::new(false);
    let met = [const { AtomicU32::new(0) }; 2];
    let host = |n: u32| Prefix::host(Addr(10 << 24 | n << 14));
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut reader = Reader::register(&memory, 0).unwrap();
            while !done.load(Ordering::Relaxed) {
                for n in 0..40 {
                    for handle in 0..2 {
                        let found = reader.find(TableHandle(handle), host(n).addr());
                        if let Some(found) = found {
                            assert_eq!(found, handle << 8 | n);
                            met[handle as usize].fetch_add(1, Ordering::Relaxed);
                        }
                    }
                }
                reader.quiescent();
            }
        });
        let ended = Ended(&done);
        for round in 0..number("SEKISHO_CHANGES", 200) {
            // Every other time the first handle is taken.
            let other = (round % 2 == 1).then(|| lpm.create_table().unwrap());
            let table = loop {
                match lpm.create_table_with(Root::Bits16) {
                    Ok(table) => break table,
                    Err(LpmError::Busy) => thread::yield_now(),
                    Err(error) => panic!("{error}"),
                }
            };
            assert_eq!(u64::from(table.0), round % 2);
            for n in 0..40 {
                while let Err(error) = lpm.insert(table, host(n), table.0 << 8 | n) {
                    assert_eq!(error, LpmError::Busy);
                    thread::yield_now();
                }
            }
            if round % 8 < 2 {
                // On one processor the reader may not look otherwise.
                thread::sleep(std::time::Duration::from_micros(50));
            }
            lpm.delete_table(table).unwrap();
            if let Some(other) = other {
                lpm.delete_table(other).unwrap();
            }
        }
        drop(ended);
        // By name, which ThreadSanitizer sees; the end of a scope it does not.
        reader.join().unwrap();
    });
    println!("answers by handle: {met:?}");
    assert!(met.iter().any(|met| met.load(Ordering::Relaxed) > 0), "the reader found nothing");
}
