//! What a contender has to be able to do. The loops that are timed are written here once and compiled
//! for each contender, so that its lookup can be inlined into them.

use std::hint::black_box;

use sekisho::addr::Prefix;

/// A prefix and its next hop.
pub(crate) type Route = (Prefix, u32);

/// The answer where no route matches.
pub(crate) const MISS: u32 = u32::MAX;

/// The longest burst of a bulk lookup.
pub(crate) const MAX_BURST: usize = 1024;

/// How many packets of one table come together where packets are grouped.
pub(crate) const GROUP: usize = 32;

/// How much memory a contender takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bytes {
    /// What lookups read.
    pub(crate) lookup: usize,
    /// With all that updates need.
    pub(crate) total: usize,
}

impl Bytes {
    /// One structure for lookups and updates.
    pub(crate) const fn one(bytes: usize) -> Bytes {
        Bytes { lookup: bytes, total: bytes }
    }
}

/// One table, loaded with routes.
pub(crate) trait Table {
    /// The next hop of one address, or [`MISS`].
    fn lookup(&self, addr: u32) -> u32;

    /// The next hops of as many addresses.
    fn lookup_bulk(&self, addrs: &[u32], answers: &mut [u32]) {
        for (answer, addr) in answers.iter_mut().zip(addrs) {
            *answer = self.lookup(*addr);
        }
    }

    /// Adds a route or replaces its next hop; whether that was done.
    fn insert(&mut self, prefix: Prefix, hop: u32) -> bool;

    /// Takes a route out; whether that was done.
    fn remove(&mut self, prefix: Prefix) -> bool;

    /// The memory taken. `heap` is what building it took from the global allocator and kept.
    fn bytes(&self, heap: usize) -> Bytes {
        Bytes::one(heap)
    }

    /// Looks all addresses up in bursts, reading every answer.
    fn run_bulk(&self, addrs: &[u32], burst: usize) -> u64 {
        let mut answers = [0; MAX_BURST];
        let mut sum = 0;
        for addrs in addrs.chunks(burst) {
            let answers = &mut answers[..addrs.len()];
            self.lookup_bulk(addrs, answers);
            sum += read(answers);
        }
        sum
    }

    /// Looks all addresses up one by one, independent of each other.
    fn run_single(&self, addrs: &[u32]) -> u64 {
        addrs.iter().map(|addr| u64::from(self.lookup(*addr))).sum()
    }

    /// Looks all addresses up, each only when the answer before is there.
    fn run_dependent(&self, addrs: &[u32]) -> u64 {
        let none = none();
        u64::from(addrs.iter().fold(0, |last, addr| self.lookup(addr ^ last & none)))
    }
}

/// Many tables in one structure, or as many structures.
pub(crate) trait Tables {
    /// The next hop of an address in one of the tables.
    fn lookup(&self, table: u32, addr: u32) -> u32;

    /// The next hops of packets that each name their table.
    fn lookup_mixed(&self, tables: &[u32], addrs: &[u32], answers: &mut [u32]) {
        for ((answer, table), addr) in answers.iter_mut().zip(tables).zip(addrs) {
            *answer = self.lookup(*table, *addr);
        }
    }

    /// The next hops of packets of one table.
    fn lookup_group(&self, table: u32, addrs: &[u32], answers: &mut [u32]) {
        for (answer, addr) in answers.iter_mut().zip(addrs) {
            *answer = self.lookup(table, *addr);
        }
    }

    /// The memory taken by all tables; `heap` as in [`Table::bytes`].
    fn bytes(&self, heap: usize) -> Bytes {
        Bytes::one(heap)
    }

    /// Bursts in which every packet is of any table.
    fn run_mixed(&self, tables: &[u32], addrs: &[u32], burst: usize) -> u64 {
        let mut answers = [0; MAX_BURST];
        let mut sum = 0;
        for (tables, addrs) in tables.chunks(burst).zip(addrs.chunks(burst)) {
            let answers = &mut answers[..addrs.len()];
            self.lookup_mixed(tables, addrs, answers);
            sum += read(answers);
        }
        sum
    }

    /// Packets of which [`GROUP`] in a row are of one table.
    fn run_grouped(&self, tables: &[u32], addrs: &[u32]) -> u64 {
        let mut answers = [0; GROUP];
        let mut sum = 0;
        for (tables, addrs) in tables.chunks(GROUP).zip(addrs.chunks(GROUP)) {
            let answers = &mut answers[..addrs.len()];
            self.lookup_group(tables[0], addrs, answers);
            sum += read(answers);
        }
        sum
    }

    /// Each packet only when the answer before is there.
    fn run_dependent(&self, tables: &[u32], addrs: &[u32]) -> u64 {
        let (none, packets) = (none(), tables.iter().zip(addrs));
        u64::from(packets.fold(0, |last, (table, addr)| self.lookup(*table, addr ^ last & none)))
    }
}

/// As many tables of one kind, each by itself.
pub(crate) struct Each<T>(pub(crate) Vec<T>);

impl<T: Table> Tables for Each<T> {
    #[inline]
    fn lookup(&self, table: u32, addr: u32) -> u32 {
        self.0[table as usize].lookup(addr)
    }

    fn lookup_group(&self, table: u32, addrs: &[u32], answers: &mut [u32]) {
        self.0[table as usize].lookup_bulk(addrs, answers);
    }
}

/// Reads the answers of a burst, as their user would.
fn read(answers: &mut [u32]) -> u64 {
    black_box(answers).iter().map(|answer| u64::from(*answer)).sum()
}

/// No bits. The compiler cannot know, so what is masked with it has to be there first.
fn none() -> u32 {
    black_box(0)
}

/// Builds a table from routes by address, then length.
pub(crate) type Build = fn(&[Route]) -> Result<Box<dyn Table>, String>;

/// Builds many tables, each from routes by address, then length.
pub(crate) type BuildMany = fn(&[Vec<Route>]) -> Result<Box<dyn Tables>, String>;

/// A kind of table that takes part.
#[derive(Clone, Copy)]
pub(crate) struct Contender {
    /// What it is called in figures and by `--only`.
    pub(crate) name: &'static str,
    /// Whether it is this project's.
    pub(crate) ours: bool,
    /// Whether routes can come and go.
    pub(crate) updates: bool,
    /// One table.
    pub(crate) build: Build,
    /// Many tables, and how many at most.
    pub(crate) many: Option<(BuildMany, usize)>,
}

impl Contender {
    /// A peer that is updated and has no way for many tables.
    pub(crate) const fn new(name: &'static str, build: Build) -> Contender {
        Contender { name, ours: false, updates: true, build, many: None }
    }

    /// It is this project's.
    pub(crate) const fn ours(self) -> Contender {
        Contender { ours: true, ..self }
    }

    /// It is built once and never changes.
    pub(crate) const fn frozen(self) -> Contender {
        Contender { updates: false, ..self }
    }

    /// It can hold up to `most` tables.
    pub(crate) const fn many(self, build: BuildMany, most: usize) -> Contender {
        Contender { many: Some((build, most)), ..self }
    }
}

/// Everyone who takes part, ours first.
pub(crate) fn all() -> Vec<Contender> {
    let mut all = Vec::new();
    all.extend(super::ours::contenders());
    #[cfg(feature = "dpdk")]
    all.extend(super::dpdk::contenders());
    all.extend(super::baselines::contenders());
    all.extend(super::crates::contenders());
    all
}
