//! An arena of tables, as its one writer uses it.

use crate::sync::AtomicU32;

use super::build::{self, Blocks};
use super::compact::Room;
use super::entry::{self, MISS, Target};
use super::error::LpmError;
use super::intervals::{self, Cut};
use super::layout::{self, Config, Layout};
use super::lookup::Lookup;
use super::shape::{Shape, sealed};
use super::tree::{self, Arena};
use super::update::{Short, Writer};
use crate::addr::{Addr, Prefix};
use crate::memory::{MemoryError, Words};

/// Bits of a table's own word: in use, the mark of its present generation, a replace is under way,
/// and the number of its routes.
const IN_USE: u32 = 1 << 31;
const MARK: u32 = 1 << 30;
const REPLACING: u32 = 1 << 29;
const COUNT: u32 = REPLACING - 1;

/// In the word that tells whose a root is: nobody's any more, once the announcement below is heard.
pub(super) const LEFT: u32 = 1 << 31;

/// A table of an arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[repr(transparent)]
pub struct TableHandle(pub u32);

/// How a table begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Root {
    /// As small as can be: sorted intervals for up to 16 routes, nodes for more. For the many tables
    /// of a virtual network.
    #[default]
    Compact,
    /// 2^16 slots, 256 KiB: for a table of the Internet.
    Bits16,
    /// 2^24 slots, 64 MiB: one load decides most addresses, which wins where traffic is to few
    /// destinations and memory is plenty.
    Bits24,
}

/// How full an arena is. Words have four bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Stats {
    /// Routes held in all tables.
    pub routes: u32,
    /// The most routes that were held at once.
    pub high: u32,
    /// The most routes that can be held.
    pub max_routes: u32,
    /// Words of nodes, intervals and route lists in use.
    pub words: u32,
    /// The most words that were in use at once.
    pub high_words: u32,
    /// The words that can be in use; what fits is decided by this number alone.
    pub max_words: u32,
    /// Of the words in use, those that lookups read. The roots are counted in `root_words`.
    pub lookup_words: u32,
    /// Words of the roots that tables have.
    pub root_words: u32,
    /// Words that wait for readers.
    pub waiting_words: u32,
}

/// An arena of longest-prefix-match tables in the caller's memory.
///
/// Values are numbers of 31 bits with the caller's meaning, often next-hop ids; the smaller they
/// are, the less memory lookups touch (up to 254 a byte, up to 65,534 two). This is the handle of
/// the one writer; others look up through [`Reader`](super::Reader)s at the same time.
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
    pub(super) arena: Arena<'m>,
}

impl<'m> Lpm<'m> {
    /// The largest value that a route can hold.
    pub const MAX_VALUE: u32 = 0x7FFF_FFFF;

    /// The words of memory that hold any `max_routes` routes in `max_tables` tables without roots or
    /// readers ([`Config::footprint`]); 0 if that is more than an arena can address.
    pub const fn footprint(max_routes: u32, max_tables: u32) -> usize {
        Config::new(max_routes, max_tables).footprint()
    }

    /// Makes an empty arena in uninitialised (zero) memory of at least the footprint.
    pub fn init(
        memory: &'m [AtomicU32],
        max_routes: u32,
        max_tables: u32,
    ) -> Result<Lpm<'m>, MemoryError> {
        let config = Config::new(max_routes, max_tables);
        let words = config.footprint();
        if words == 0 {
            return Err(MemoryError::BadProfile);
        }
        Lpm::init_with(memory.get(..words).ok_or(MemoryError::TooSmall)?, &config)
    }

    /// Makes an empty arena in uninitialised (zero) memory, and uses all of it. In less than
    /// [`Config::footprint`] routes fit as long as the words that they take do.
    pub fn init_with(memory: &'m [AtomicU32], config: &Config) -> Result<Lpm<'m>, MemoryError> {
        let length = Words(memory).len().min(entry::OFFSET);
        let too_small = || match Layout::new(config, entry::OFFSET) {
            None => MemoryError::BadProfile,
            Some(_) => MemoryError::TooSmall,
        };
        let layout = Layout::new(config, length);
        let layout = layout.ok_or_else(too_small)?;
        let mem = Words(memory.get(..crate::memory::index(layout.words)).unwrap_or(&[]));
        if mem.load(0) != 0 {
            return Err(MemoryError::AlreadyInitialised);
        }
        for at in 1..layout.roots16 {
            mem.store(at, 0);
        }
        let roots = u32::from(config.roots16) << 16 | u32::from(config.roots24);
        let readers = u32::from(config.readers);
        let told = [layout.words, config.max_routes, config.max_tables, roots, readers];
        for (at, word) in (layout::LENGTH..).zip(told) {
            mem.store(at, word);
        }
        mem.store(layout::ROOTS, layout.roots16);
        mem.store(layout::ROOTS + 1, layout.roots24);
        mem.store(layout::SEAL, sealed(told, [layout.roots16, layout.roots24]));
        for table in 0..config.max_tables {
            mem.store(layout.tables + table, MISS);
        }
        mem.store(layout::GRACE, 1);
        mem.publish(0, layout::MAGIC);
        Ok(Lpm { arena: Arena::new(mem, layout) })
    }

    /// The arena that `init` made in this memory.
    pub fn attach(memory: &'m [AtomicU32]) -> Result<Lpm<'m>, MemoryError> {
        Ok(Lpm { arena: attach(memory)? })
    }

    /// Makes the memory uninitialised again, for another `init`.
    pub fn fini(self) {
        self.arena.mem.publish(0, 0);
    }

    /// What the arena was made for.
    pub fn config(&self) -> Config {
        self.arena.layout.config
    }

    #[cfg_attr(not(any(target_arch = "x86_64", target_arch = "aarch64")), inline(never))]
    fn info(&self, table: TableHandle) -> Option<u32> {
        if table.0 >= self.arena.layout.config.max_tables {
            return None;
        }
        let info = self.arena.mem.load(self.arena.layout.infos + table.0);
        (info & IN_USE != 0).then_some(info)
    }

    fn set_info(&self, table: TableHandle, info: u32) {
        self.arena.mem.store(self.arena.layout.infos + table.0, info);
    }

    fn known(&self, table: TableHandle) -> Result<u32, LpmError> {
        self.info(table).ok_or(LpmError::NoSuchTable)
    }

    /// Makes an empty compact table: the free handle with the lowest number.
    pub fn create_table(&mut self) -> Result<TableHandle, LpmError> {
        self.create_table_with(Root::Compact)
    }

    /// Makes an empty table with a root.
    ///
    /// `CapacityExceeded`: no handle or no root is free. `Busy`: one will be, when readers have
    /// announced that they look at nothing.
    pub fn create_table_with(&mut self, root: Root) -> Result<TableHandle, LpmError> {
        let Arena { mem, ref layout, .. } = self.arena;
        // None below the hint is free.
        let free = (mem.load(layout::FREE)..layout.config.max_tables)
            .find(|&table| mem.load(layout.infos + table) & IN_USE == 0)
            .ok_or(LpmError::CapacityExceeded)?;
        let Config { roots16, roots24, .. } = layout.config;
        // Whose roots they are, how many, where they lie, and their bits and words.
        let (first, count, at, bits, words) = match root {
            Root::Compact => (0, 0, 0, 0, 0),
            Root::Bits16 => (0, roots16, layout.roots16, 16, layout::ROOT16),
            Root::Bits24 => (roots16.into(), roots24, layout.roots24, 24, layout::ROOT24),
        };
        let mut word = MISS;
        if bits != 0 {
            let number = self.free_root(layout.owners.at + first, count.into())?;
            mem.store(layout.owners.at + first + number, free + 1);
            let at = at + (number << bits);
            for word in at..at + words {
                mem.store(word, MISS);
            }
            word = if bits == 16 { entry::root16(number) } else { entry::root24(number) };
        }
        self.set_info(TableHandle(free), IN_USE);
        mem.store(layout::FREE, free + 1);
        mem.publish(layout.tables + free, word);
        Ok(TableHandle(free))
    }

    /// The first root that no table has, by the words that tell whose they are.
    fn free_root(&self, owners: u32, count: u32) -> Result<u32, LpmError> {
        let mut none = LpmError::CapacityExceeded;
        for number in 0..count {
            let owner = self.arena.mem.load(owners + number);
            if self.is_left(owner) {
                return Ok(number);
            }
            if owner & LEFT != 0 {
                none = LpmError::Busy;
            }
        }
        Err(none)
    }

    /// Deletes a table with its routes. A root that it had can be another table's when no reader looks
    /// at it any more.
    pub fn delete_table(&mut self, table: TableHandle) -> Result<(), LpmError> {
        self.clear(table)?;
        let Arena { mem, ref layout, .. } = self.arena;
        mem.publish(self.arena.word(table.0), MISS);
        self.set_info(table, 0);
        mem.store(layout::FREE, mem.load(layout::FREE).min(table.0));
        let owners = layout.owners.at..layout.owners.at + layout.owners.capacity;
        if let Some(owner) = owners.into_iter().find(|&at| mem.load(at) == table.0 + 1) {
            mem.store(owner, self.leave());
        }
        Ok(())
    }

    /// Takes all routes out of a table.
    pub fn clear(&mut self, table: TableHandle) -> Result<(), LpmError> {
        let info = self.known(table)?;
        self.arena.drop_table(table.0);
        self.count_routes(0, info & COUNT);
        self.set_info(table, info & (IN_USE | MARK | REPLACING));
        self.settle();
        Ok(())
    }

    fn count_routes(&self, more: u32, less: u32) {
        let mem = self.arena.mem;
        let routes = mem.load(layout::ROUTES).wrapping_add(more).wrapping_sub(less);
        mem.store(layout::ROUTES, routes);
        mem.store(layout::HIGH, mem.load(layout::HIGH).max(routes));
    }

    fn writer(&self, table: TableHandle, info: u32) -> Writer<'m> {
        let root = self.arena.root(table.0);
        Writer { arena: self.arena, table: table.0, root, mark: info & MARK != 0, admits: false }
    }

    /// Makes a change until it succeeds or there is no room for it, and none can be made.
    fn persist<R>(&self, mut change: impl FnMut() -> Result<R, Short>) -> Result<R, LpmError> {
        // A change needs a few blocks, and room for each is made at most once a segment.
        for _ in 0..8 * self.arena.pool.cut.segments + 1 {
            match change() {
                Ok(done) => {
                    self.settle();
                    return Ok(done);
                }
                Err(short) => self.relieve(short)?,
            }
        }
        Err(LpmError::CapacityExceeded)
    }

    /// Makes room for what a change was short of.
    #[cold]
    #[inline(never)]
    fn relieve(&self, short: Short) -> Result<(), LpmError> {
        if short == Short::Full {
            return Err(LpmError::CapacityExceeded);
        }
        let waiting = self.arena.pool.waiting();
        self.settle();
        if self.arena.pool.waiting() < waiting {
            // That may have been enough, and left nothing that could be moved.
            return Ok(());
        }
        match self.arena.make_room(short) {
            Room::Made => self.settle(),
            Room::Waits => return Err(LpmError::Busy),
            Room::None => return Err(LpmError::CapacityExceeded),
        }
        Ok(())
    }

    /// Adds a route or replaces its value; gives the value replaced.
    ///
    /// `CapacityExceeded`: the arena holds as many routes as it was made for, or has no room for this
    /// one. `Busy`: room will be there when readers have announced that they look at nothing.
    pub fn insert(
        &mut self,
        table: TableHandle,
        prefix: Prefix,
        value: u32,
    ) -> Result<Option<u32>, LpmError> {
        let info = self.known(table)?;
        if value > Lpm::MAX_VALUE {
            return Err(LpmError::ValueTooLarge);
        }
        let full = self.arena.mem.load(layout::ROUTES) >= self.arena.layout.config.max_routes;
        if full && self.get(table, prefix).is_none() {
            return Err(LpmError::CapacityExceeded);
        }
        let old = self.persist(|| {
            let word = self.arena.mem.load(self.arena.word(table.0));
            if !entry::is_pointer(word) || entry::intervals_at(word).is_some() {
                return self.insert_few(table, info, prefix, value);
            }
            self.writer(table, info).insert(prefix, value)
        })?;
        if old.is_none() {
            self.count_routes(1, 0);
            self.set_info(table, counted(info, info.wrapping_add(1)));
        }
        Ok(old)
    }

    /// Adds a route that the table does not have.
    ///
    /// `AlreadyThere`: it has it. Else as [`Lpm::insert`].
    pub fn insert_new(
        &mut self,
        table: TableHandle,
        prefix: Prefix,
        value: u32,
    ) -> Result<(), LpmError> {
        self.known(table)?;
        if value <= Lpm::MAX_VALUE && self.get(table, prefix).is_some() {
            return Err(LpmError::AlreadyThere);
        }
        self.insert(table, prefix, value).map(|_| ())
    }

    /// The routes of a table of intervals, and a bit for each: its mark.
    fn few(&self, table: TableHandle) -> (intervals::Routes, u32) {
        let mem = self.arena.mem;
        match self.arena.intervals(table.0) {
            Some(at) => (intervals::routes(mem, at), intervals::marks(mem, at)),
            None => (intervals::Routes::new(), 0),
        }
    }

    fn insert_few(
        &self,
        table: TableHandle,
        info: u32,
        prefix: Prefix,
        value: u32,
    ) -> Result<Option<u32>, Short> {
        let (mut routes, mut marks) = self.few(table);
        let mark = u32::from(info & MARK != 0);
        let old = match routes.binary_search_by(|(route, _)| route.cmp(&prefix)) {
            Ok(place) => {
                marks = marks & !(1 << place) | mark << place;
                let route = routes.get_mut(place).ok_or(Short::Full)?;
                Some(core::mem::replace(route, (prefix, value)).1)
            }
            Err(place) => {
                let behind = marks >> place << place;
                marks = marks ^ behind | behind << 1 | mark << place;
                intervals::insert(&mut routes, place, (prefix, value)).ok_or(Short::Full)?;
                None
            }
        };
        if !build::is_sorted(&routes) {
            // In damaged memory only.
            return Err(Short::Full);
        }
        if old == Some(value) {
            self.set_few_marks(table, marks);
        } else {
            self.store_few(table, info, &routes, marks, true)?;
        }
        Ok(old)
    }

    fn set_few_marks(&self, table: TableHandle, marks: u32) {
        if let Some(at) = self.arena.intervals(table.0) {
            intervals::set_marks(self.arena.mem, at, marks);
        }
    }

    /// Replaces a table by one of these routes: intervals for a few, else nodes. What nodes it had are
    /// left.
    fn store_few(
        &self,
        table: TableHandle,
        info: u32,
        routes: &[(Prefix, u32)],
        marks: u32,
        checked: bool,
    ) -> Result<(), Short> {
        let (mem, pool) = (self.arena.mem, &self.arena.pool);
        let word = self.arena.word(table.0);
        let old_intervals = self.arena.intervals(table.0);
        let old_words = old_intervals.map_or(0, |at| intervals::words(mem, at).0);
        let count = u32::try_from(routes.len()).unwrap_or(u32::MAX);
        let admit = |words: u32| {
            let after = pool.used().saturating_add(words.saturating_sub(old_words));
            let fits = words <= old_words || after <= pool.cut.capacity;
            if fits || !checked { Ok(()) } else { Err(Short::Full) }
        };
        let new = if count == 0 {
            MISS
        } else if count <= intervals::ROUTES {
            let cut = Cut::of(routes);
            let words = cut.words(count);
            admit(words)?;
            let at = pool.take(words).ok_or(Short::Room(words))?;
            cut.write(pool, at, table.0, routes);
            intervals::set_marks(mem, at + intervals::LEAD, marks);
            pool.count_lookup(intervals::words(mem, at + intervals::LEAD).1, 0);
            entry::intervals(at + intervals::LEAD)
        } else {
            let counting = build::Counting::new(true, pool.cut.shared);
            build::rootless(&Blocks::Counted(&counting), routes)?;
            admit(counting.words().0)?;
            let writer = Writer { root: tree::Root::None, ..self.writer(table, info) };
            build::rootless(&Blocks::Made(&writer), routes)?
        };
        mem.publish(word, new);
        if count > intervals::ROUTES {
            for (place, &(prefix, _)) in routes.iter().enumerate() {
                self.remark(table, prefix, marks >> place & 1 != 0);
            }
            self.writer(table, info).advance();
        }
        old_intervals.into_iter().for_each(|at| self.arena.drop_intervals(at));
        Ok(())
    }

    /// Takes a route out; gives its value.
    ///
    /// `NotFound`; `Busy`: room will be there when readers have announced that they look at nothing.
    /// `CapacityExceeded`, in less memory than [`Config::footprint`] only: without this route the others
    /// take more words, as where one in the midst of many equal ones goes, and there is no room for that.
    pub fn remove(&mut self, table: TableHandle, prefix: Prefix) -> Result<u32, LpmError> {
        let info = self.known(table)?;
        let old = self.persist(|| {
            if self.arena.intervals(table.0).is_some() {
                let (mut routes, marks) = self.few(table);
                let place = routes.iter().position(|(route, _)| *route == prefix);
                let Some(place) = place else { return Ok(None) };
                let value = intervals::remove(&mut routes, place).map(|(_, value)| value);
                let below = marks & !(u32::MAX << place);
                let marks = marks >> 1 >> place << place | below;
                self.store_few(table, info, &routes, marks, false)?;
                return Ok(value);
            }
            match self.remove_to_few(table, info, prefix)? {
                None => self.writer(table, info).remove(prefix),
                old => Ok(old),
            }
        })?;
        let Some(old) = old else { return Err(LpmError::NotFound) };
        self.count_routes(0, 1);
        let info = counted(info, info.wrapping_sub(1));
        self.set_info(table, info);
        Ok(old)
    }

    /// Takes a route out of a table of nodes that is small enough for intervals without it, which take
    /// the nodes' place in the same change; gives its value, or nothing where that cannot be done.
    fn remove_to_few(
        &self,
        table: TableHandle,
        info: u32,
        prefix: Prefix,
    ) -> Result<Option<u32>, Short> {
        let word = self.arena.mem.load(self.arena.word(table.0));
        if info & COUNT > intervals::ROUTES + 1 || entry::target(word) != Target::Node {
            return Ok(None);
        }
        let mut routes = intervals::Routes::new();
        let (mut marks, mut old, mut last) = (0, None, None);
        while let Some((found, entry)) = self.arena.after(table.0, last) {
            last = Some(found);
            if found == prefix {
                old = Some(entry.value);
                continue;
            }
            marks |= u32::from(entry.mark) << routes.len();
            if routes.push((found, entry.value)).is_err() {
                // In damaged memory only.
                return Ok(None);
            }
        }
        if old.is_some() {
            let first = self.arena.mem.load(self.arena.first_word(table.0));
            self.store_few(table, info, &routes, marks, false)?;
            self.arena.forget_first(table.0);
            self.arena.drop_tree(tree::Root::None, first, true);
        }
        Ok(old)
    }

    /// Fills an empty table with routes that are strictly ascending by address, then length. All or
    /// none.
    ///
    /// `NotEmpty`, `NotSorted`, `ValueTooLarge`, and the errors of [`Lpm::insert`].
    pub fn load(&mut self, table: TableHandle, routes: &[(Prefix, u32)]) -> Result<(), LpmError> {
        let info = self.known(table)?;
        if info & COUNT != 0 {
            return Err(LpmError::NotEmpty);
        }
        if !build::is_sorted(routes) {
            return Err(LpmError::NotSorted);
        }
        if routes.iter().any(|(_, value)| *value > Lpm::MAX_VALUE) {
            return Err(LpmError::ValueTooLarge);
        }
        let mem = self.arena.mem;
        let count = u32::try_from(routes.len()).unwrap_or(u32::MAX);
        let free = self.arena.layout.config.max_routes.saturating_sub(mem.load(layout::ROUTES));
        if count > free {
            return Err(LpmError::CapacityExceeded);
        }
        let loaded = match self.arena.root(table.0) {
            tree::Root::None => self.persist(|| {
                if count <= intervals::ROUTES {
                    let marks = if info & MARK != 0 { u32::MAX } else { 0 };
                    return self.store_few(table, info, routes, marks, true);
                }
                let writer = self.writer(table, info);
                let node = build::rootless(&Blocks::Made(&writer), routes)?;
                if self.arena.pool.used() > self.arena.pool.cut.capacity {
                    self.arena.drop_tree(tree::Root::None, node, false);
                    return Err(Short::Full);
                }
                mem.publish(self.arena.word(table.0), node);
                writer.advance();
                Ok(())
            }),
            tree::Root::Wide { .. } => {
                let mut rest = routes;
                let writer = self.writer(table, info);
                self.persist(|| {
                    writer.load_rooted(rest).map_err(|(short, at)| {
                        rest = rest.get(at..).unwrap_or(&[]);
                        short
                    })
                })
            }
        };
        if loaded.is_err() {
            self.arena.drop_table(table.0);
            self.settle();
            return loaded;
        }
        self.count_routes(count, 0);
        self.set_info(table, info | count);
        Ok(())
    }

    /// Begins to replace all routes of a table: what is not inserted again until
    /// [`Lpm::finish_replace`] goes then. Lookups see each change as it is made, and no route that
    /// stays is ever missing.
    pub fn begin_replace(&mut self, table: TableHandle) -> Result<(), LpmError> {
        let info = self.known(table)?;
        // A table that was being replaced begins anew: what has been inserted is to come again.
        self.set_info(table, (info ^ MARK) | REPLACING);
        if info & REPLACING != 0 {
            // Routes of both marks are there; bring them to the one that is to go.
            let mut last = None;
            while let Some((prefix, _)) = self.next_route(table, last) {
                last = Some(prefix);
                self.remark(table, prefix, info & MARK != 0);
            }
        }
        Ok(())
    }

    /// Gives a route a mark.
    fn remark(&self, table: TableHandle, prefix: Prefix, mark: bool) {
        let (few, marks) = self.few(table);
        if let Some(place) = few.iter().position(|(route, _)| *route == prefix) {
            let marks = marks & !(1 << place) | u32::from(mark) << place;
            return self.set_few_marks(table, marks);
        }
        let (within, key) = super::list::place(prefix);
        let spot = self.arena.seek(table.0, within);
        if spot.list != 0 {
            let list = self.arena.list(spot.list);
            if let Ok(index) = list.find(key) {
                list.put(index, super::list::Entry { mark, ..list.entry(index) });
            }
        }
    }

    /// The number of routes in a table.
    pub fn len(&self, table: TableHandle) -> Option<u32> {
        self.info(table).map(|info| info & COUNT)
    }

    /// The value of exactly this prefix.
    pub fn get(&self, table: TableHandle, prefix: Prefix) -> Option<u32> {
        self.info(table)?;
        if let Some(at) = self.arena.intervals(table.0) {
            let routes = intervals::routes(self.arena.mem, at);
            return routes.iter().find(|(route, _)| *route == prefix).map(|&(_, value)| value);
        }
        let (within, key) = super::list::place(prefix);
        let spot = self.arena.seek(table.0, within);
        if spot.list == 0 {
            return None;
        }
        let list = self.arena.list(spot.list);
        list.find(key).ok().map(|index| list.entry(index).value)
    }

    /// Looks addresses up by their values alone, as readers do.
    pub fn view(&self) -> Lookup<'_> {
        Lookup { fib: self.arena.fib }
    }

    /// The longest prefix that holds `addr`, with its value.
    pub fn lookup(&self, table: TableHandle, addr: Addr) -> Option<(Prefix, u32)> {
        // Its value is found without its prefix; where there is none, that is all.
        self.view().find(table, addr)?;
        self.longest(table, addr, 32)
    }

    /// Looks many addresses up in one table, with the lengths of the prefixes found: a value and a length
    /// each, [`MISS`](super::MISS) and 255 where no route matches. As many as the shortest slice has.
    ///
    /// Lengths come from the route lists, which the writer alone reads; readers beside it have values.
    pub fn lookup_bulk(
        &self,
        table: TableHandle,
        addrs: &[u32],
        order: super::ByteOrder,
        values: &mut [u32],
        lengths: &mut [u8],
    ) {
        let most = addrs.len().min(lengths.len());
        self.view().find_bulk(table, addrs.get(..most).unwrap_or(&[]), order, values);
        for ((&addr, &mut value), length) in addrs.iter().zip(values).zip(lengths) {
            let addr = if order == super::ByteOrder::Network { u32::from_be(addr) } else { addr };
            // What has no value has no prefix either.
            let found = (value != MISS).then(|| self.longest(table, Addr(addr), 32)).flatten();
            *length = found.map_or(u8::MAX, |(prefix, _)| prefix.len());
        }
    }

    /// The longest prefix of at most some length that holds `addr`.
    pub(super) fn longest(&self, table: TableHandle, addr: Addr, len: u8) -> Option<(Prefix, u32)> {
        self.info(table)?;
        if let Some(at) = self.arena.intervals(table.0) {
            let routes = intervals::routes(self.arena.mem, at);
            return routes
                .into_iter()
                .rev()
                .find(|(prefix, _)| prefix.len() <= len && prefix.contains(addr));
        }
        [24u8, 16, 8, 0].into_iter().filter(|&level| level == 0 || level < len).find_map(|level| {
            let within = Prefix::new_truncated(addr, level);
            let spot = self.arena.seek(table.0, within);
            if spot.list == 0 {
                return None;
            }
            let list = self.arena.list(spot.list);
            let slot = addr.0 >> list.shift() & 255;
            let entry = list.best(slot, u32::from(len - level))?;
            Some((list.prefix_of(entry), entry.value))
        })
    }

    /// The first route behind `prefix` (or the very first), by address and then length.
    ///
    /// The caller holds the cursor, so the table may change between calls.
    pub fn next_route(&self, table: TableHandle, prefix: Option<Prefix>) -> Option<(Prefix, u32)> {
        self.info(table)?;
        self.arena.after(table.0, prefix).map(|(prefix, entry)| (prefix, entry.value))
    }

    /// How full the arena is.
    pub fn stats(&self) -> Stats {
        let Arena { mem, ref layout, ref pool, .. } = self.arena;
        let owners = (0..layout.owners.capacity).map(|number| {
            let words =
                if number < layout.config.roots16.into() { layout::ROOT16 } else { layout::ROOT24 };
            let owner = mem.load(layout.owners.at + number);
            if owner == 0 || owner & LEFT != 0 { 0 } else { words }
        });
        Stats {
            routes: mem.load(layout::ROUTES),
            high: mem.load(layout::HIGH),
            max_routes: layout.config.max_routes,
            words: pool.used(),
            high_words: pool.high(),
            max_words: pool.cut.capacity,
            lookup_words: pool.lookup_words(),
            root_words: owners.sum(),
            waiting_words: pool.waiting(),
        }
    }

    /// Ends a replace: takes out what was there before it and has not been inserted again; gives how
    /// many routes went. `Busy`: try again; those that have gone stay gone.
    pub fn finish_replace(&mut self, table: TableHandle) -> Result<u32, LpmError> {
        let info = self.known(table)?;
        if info & REPLACING == 0 {
            return Ok(0);
        }
        let mut gone = 0;
        let mut last = None;
        while let Some((prefix, entry)) = self.arena.after(table.0, last) {
            last = Some(prefix);
            if entry.mark != (info & MARK != 0) {
                self.remove(table, prefix)?;
                gone += 1;
            }
        }
        let info = self.known(table)?;
        self.set_info(table, info & !REPLACING);
        Ok(gone)
    }
}

/// A table's own word with another number of routes.
const fn counted(info: u32, count: u32) -> u32 {
    info & !COUNT | count & COUNT
}

/// The arena in some memory, as it was laid out.
pub(super) fn attach(memory: &[AtomicU32]) -> Result<Arena<'_>, MemoryError> {
    Shape::read(memory)?.arena(memory)
}
