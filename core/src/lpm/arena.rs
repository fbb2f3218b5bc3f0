//! Stand-alone tables: an arena with table handles.

use core::fmt;
use core::sync::atomic::AtomicU32;

use super::pool::{CELL, LINK, POOL_HEADER, Pool};
use super::trie::{self, Full, Trie};
use crate::addr::{Addr, Prefix};
use crate::memory::{MemoryError, Words};

/// "SKL" and the layout's version.
const MAGIC: u32 = 0x534B_4C01;
/// Magic, length in words, most routes, most tables, routes held, most ever held, high table.
const HEADER: u32 = 7;
const LENGTH: u32 = 1;
const MAX_ROUTES: u32 = 2;
const MAX_TABLES: u32 = 3;
const ROUTES: u32 = 4;
const HIGH: u32 = 5;
/// The bit of a root word that says that its table is in use.
const IN_USE: u32 = 1 << 31;

/// Why a table operation was refused; nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum LpmError {
    /// The arena holds as many routes or tables as it was made for.
    CapacityExceeded,
    /// No table has this handle.
    NoSuchTable,
    /// The table has no such prefix.
    NotFound,
    /// Values have 31 bits.
    ValueTooLarge,
}

impl fmt::Display for LpmError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            LpmError::CapacityExceeded => "capacity exceeded",
            LpmError::NoSuchTable => "no such table",
            LpmError::NotFound => "no such prefix",
            LpmError::ValueTooLarge => "value over 31 bits",
        })
    }
}

impl core::error::Error for LpmError {}

/// A table of an arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct TableHandle(pub u32);

/// How full an arena is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Usage {
    /// Routes held in all tables.
    pub routes: u32,
    /// The most routes that were held at once.
    pub high: u32,
    /// The most routes that can be held, whatever they are.
    pub max_routes: u32,
    /// Bytes of tree nodes in use.
    pub bytes: u32,
}

/// An arena of longest-prefix-match tables in the caller's memory.
///
/// Values are numbers of 31 bits with the caller's meaning, often next-hop ids. One writer at a
/// time, and no lookup while it changes something: nodes that a change frees are used again at once.
///
/// ```
/// use sekisho::addr::{Addr, Prefix};
/// use sekisho::lpm::Lpm;
///
/// static MEMORY: sekisho::Memory<{ Lpm::footprint(1000, 4) }> = sekisho::Memory::new();
/// let mut lpm = Lpm::init(&MEMORY, 1000, 4)?;
/// let table = lpm.create_table()?;
/// lpm.insert(table, Prefix::parse("10.0.0.0/8").unwrap(), 1)?;
/// lpm.insert(table, Prefix::parse("10.1.0.0/16").unwrap(), 2)?;
/// let (prefix, next_hop) = lpm.lookup(table, Addr::new(10, 1, 2, 3)).unwrap();
/// assert_eq!((prefix.len(), next_hop), (16, 2));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Lpm<'m> {
    mem: Words<'m>,
    pool: Pool<'m>,
    max_tables: u32,
}

impl<'m> Lpm<'m> {
    /// The largest value that a route can hold.
    pub const MAX_VALUE: u32 = 0x7FFF_FFFF;

    /// The words of memory that hold any `max_routes` routes in `max_tables` tables; 0 if that is
    /// more than an arena can address (2^25 routes).
    #[expect(clippy::as_conversions, reason = "widening, and checked; `From` is not const")]
    pub const fn footprint(max_routes: u32, max_tables: u32) -> usize {
        let cells = max_routes as u64 * 2;
        let words = (HEADER + POOL_HEADER) as u64 + max_tables as u64 + cells * CELL as u64;
        if cells > LINK as u64 || words > (u32::MAX / 4) as u64 { 0 } else { words as usize }
    }

    /// Makes an empty arena in uninitialised (zero) memory.
    pub fn init(
        memory: &'m [AtomicU32],
        max_routes: u32,
        max_tables: u32,
    ) -> Result<Lpm<'m>, MemoryError> {
        let words = Lpm::footprint(max_routes, max_tables);
        if words == 0 {
            return Err(MemoryError::BadProfile);
        }
        let memory = memory.get(..words).ok_or(MemoryError::TooSmall)?;
        let mem = Words(memory);
        if mem.load(0) != 0 {
            return Err(MemoryError::AlreadyInitialised);
        }
        for at in 1..mem.len() {
            mem.store(at, 0);
        }
        mem.store(LENGTH, mem.len());
        mem.store(MAX_ROUTES, max_routes);
        mem.store(MAX_TABLES, max_tables);
        mem.publish(0, MAGIC);
        Ok(Lpm::over(mem))
    }

    /// The arena that `init` made in this memory.
    pub fn attach(memory: &'m [AtomicU32]) -> Result<Lpm<'m>, MemoryError> {
        let mem = Words(memory);
        if mem.acquire(0) != MAGIC {
            return Err(MemoryError::NotInitialised);
        }
        let words = Lpm::footprint(mem.load(MAX_ROUTES), mem.load(MAX_TABLES));
        let memory = memory.get(..words).ok_or(MemoryError::TooSmall)?;
        if words == 0 || mem.load(LENGTH) != Words(memory).len() {
            return Err(MemoryError::NotInitialised);
        }
        Ok(Lpm::over(Words(memory)))
    }

    fn over(mem: Words<'m>) -> Lpm<'m> {
        let max_tables = mem.load(MAX_TABLES);
        let cells = mem.load(MAX_ROUTES).saturating_mul(2);
        Lpm { mem, pool: Pool::new(mem, HEADER + max_tables, cells), max_tables }
    }

    /// Makes the memory uninitialised again, for another `init`.
    pub fn fini(self) {
        self.mem.publish(0, 0);
    }

    fn trie(&self, table: TableHandle) -> Option<Trie<'m>> {
        if table.0 >= self.max_tables {
            return None;
        }
        let root = HEADER + table.0;
        (self.mem.load(root) & IN_USE != 0).then(|| Trie::new(self.pool, root))
    }

    /// Makes an empty table: the free handle with the lowest number.
    pub fn create_table(&mut self) -> Result<TableHandle, LpmError> {
        let free = (0..self.max_tables).find(|&n| self.mem.load(HEADER + n) & IN_USE == 0);
        let number = free.ok_or(LpmError::CapacityExceeded)?;
        self.mem.publish(HEADER + number, IN_USE);
        Ok(TableHandle(number))
    }

    /// Deletes a table with its routes.
    pub fn delete_table(&mut self, table: TableHandle) -> Result<(), LpmError> {
        let trie = self.trie(table).ok_or(LpmError::NoSuchTable)?;
        let held = u32::try_from(self.routes(table).count()).unwrap_or(u32::MAX);
        self.mem.store(ROUTES, self.mem.load(ROUTES).saturating_sub(held));
        trie.clear();
        self.mem.publish(HEADER + table.0, 0);
        Ok(())
    }

    /// Adds a route or replaces its value; gives the value replaced.
    pub fn insert(
        &mut self,
        table: TableHandle,
        prefix: Prefix,
        value: u32,
    ) -> Result<Option<u32>, LpmError> {
        let trie = self.trie(table).ok_or(LpmError::NoSuchTable)?;
        if value > Lpm::MAX_VALUE {
            return Err(LpmError::ValueTooLarge);
        }
        let routes = self.mem.load(ROUTES);
        if routes >= self.mem.load(MAX_ROUTES) && trie.get(prefix).is_none() {
            return Err(LpmError::CapacityExceeded);
        }
        let old = trie.insert(prefix, value).map_err(|Full| LpmError::CapacityExceeded)?;
        if old.is_none() {
            self.mem.store(ROUTES, routes + 1);
            self.mem.store(HIGH, self.mem.load(HIGH).max(routes + 1));
        }
        Ok(old)
    }

    /// Takes a route out; gives its value.
    pub fn remove(&mut self, table: TableHandle, prefix: Prefix) -> Result<u32, LpmError> {
        let trie = self.trie(table).ok_or(LpmError::NoSuchTable)?;
        let value = trie.remove(prefix).ok_or(LpmError::NotFound)?;
        self.mem.store(ROUTES, self.mem.load(ROUTES).saturating_sub(1));
        Ok(value)
    }

    /// The value of exactly this prefix.
    pub fn get(&self, table: TableHandle, prefix: Prefix) -> Option<u32> {
        self.trie(table)?.get(prefix)
    }

    /// The longest prefix that holds `addr`, with its value. At most 33 nodes are visited.
    #[inline]
    pub fn lookup(&self, table: TableHandle, addr: Addr) -> Option<(Prefix, u32)> {
        self.trie(table)?.lookup(addr)
    }

    /// Every prefix that holds `addr`, shortest first.
    pub fn matches(&self, table: TableHandle, addr: Addr) -> Matches<'m> {
        let link = self.trie(table).map_or(0, |trie| trie.link());
        Matches::below(self.pool, link, addr)
    }

    /// Every route of a table, by address and then length.
    pub fn routes(&self, table: TableHandle) -> Routes<'m> {
        let root = self.trie(table).map_or(Root::Link(0), Root::Live);
        Routes { pool: self.pool, root, last: None, budget: self.pool.capacity() }
    }

    /// The first route behind `prefix` (or the very first), by address and then length.
    ///
    /// The caller holds the cursor, so the table may change between calls.
    pub fn next_route(&self, table: TableHandle, prefix: Option<Prefix>) -> Option<(Prefix, u32)> {
        let link = self.trie(table)?.link();
        match prefix {
            Some(prefix) => trie::after(&self.pool, link, prefix),
            None => trie::first(&self.pool, link),
        }
    }

    /// How full the arena is.
    pub fn usage(&self) -> Usage {
        Usage {
            routes: self.mem.load(ROUTES),
            high: self.mem.load(HIGH),
            max_routes: self.mem.load(MAX_ROUTES),
            bytes: self.pool.used().saturating_mul(CELL * 4),
        }
    }
}

/// Iterator over the prefixes that hold an address, shortest first.
#[derive(Clone, Debug)]
pub struct Matches<'m> {
    pool: Pool<'m>,
    link: u32,
    addr: Addr,
    last: Option<Prefix>,
}

impl<'m> Matches<'m> {
    /// Of what is below a root link.
    pub(crate) fn below(pool: Pool<'m>, link: u32, addr: Addr) -> Matches<'m> {
        Matches { pool, link, addr, last: None }
    }
}

impl Iterator for Matches<'_> {
    type Item = (Prefix, u32);
    fn next(&mut self) -> Option<(Prefix, u32)> {
        let (entry, link) = trie::next_match(&self.pool, self.link, self.addr)?;
        // Matches grow; in damaged memory they may not, and the walk must end.
        if self.last.is_some_and(|last| entry.0.len() <= last.len()) {
            return None;
        }
        (self.link, self.last) = (link, Some(entry.0));
        Some(entry)
    }
}

/// Iterator over the routes of a table, by address and then length.
///
/// It remembers the last route given, so the table may change while it runs.
#[derive(Clone, Debug)]
pub struct Routes<'m> {
    pool: Pool<'m>,
    root: Root<'m>,
    last: Option<Prefix>,
    /// Steps that may still be made; a table has fewer routes, so this ends damaged ones only.
    budget: u32,
}

#[derive(Clone, Debug)]
enum Root<'m> {
    /// The table as it is at each step.
    Live(Trie<'m>),
    /// What is below a link.
    Link(u32),
}

impl<'m> Routes<'m> {
    /// What is below a root link that stays as it is meanwhile.
    pub(crate) fn below(pool: Pool<'m>, link: u32) -> Routes<'m> {
        Routes { pool, root: Root::Link(link), last: None, budget: pool.capacity() }
    }
}

impl Iterator for Routes<'_> {
    type Item = (Prefix, u32);
    fn next(&mut self) -> Option<(Prefix, u32)> {
        let link = match &self.root {
            Root::Live(trie) => trie.link(),
            Root::Link(link) => *link,
        };
        let entry = match self.last {
            Some(last) => trie::after(&self.pool, link, last),
            None => trie::first(&self.pool, link),
        }?;
        self.budget = self.budget.checked_sub(1)?;
        self.last = Some(entry.0);
        Some(entry)
    }
}

#[cfg(test)]
#[path = "arena_tests.rs"]
mod tests;
