//! Route lists: the routes that a table holds, for the writer alone.
//!
//! The routes of lengths 0 to 8 are in one list, those of 9 to 16 in one for each first byte, those
//! of 17 to 24 in one for each first two bytes, and so on, sorted by address, then length:
//!
//! ```text
//! word 0  table << 12 | number of entries << 3 | 4 if they have two words | kind of the block
//! word 1  pointer to the node that the list is compiled to
//! then    first slot << 24 | length in the list << 20 | mark << 19 | value
//! or      first slot << 24 | length in the list << 20 | mark << 19, value
//! ```
//!
//! Of a table without a root every list has a node, which has the prefix that all routes lie in. Of one
//! with a root the pointer is without its top bit, or 0, and behind it comes a word with that prefix, and
//! its length in bytes in the low bits.
//!
//! Nobody but the writer looks at a list, so a change is made in its place.

use crate::sync::{AtomicU32, Ordering};

use super::entry::{POINTER, offset, shift};
use super::fib::COMPACT;
use super::pool::{LEAST, Pool, ROUTES};
use super::tree::Root;
use crate::addr::{Addr, Prefix};
use crate::memory::Words;

/// Words before the entries, of tables with a root and without one.
pub(super) const HEAD: u32 = 3;
const SHORT: u32 = 2;
/// The most entries of a list: lengths 0 to 8 of a byte.
pub(super) const MOST: u32 = 511;
const WIDE: u32 = 1 << 2;
const KEY_AT: u32 = 20;
const MARK: u32 = 1 << 19;
/// Values from here on need a second word.
const NARROW: u32 = MARK;
const COUNT: u32 = MOST;
const COUNT_AT: u32 = 3;
const TABLE_AT: u32 = 12;

/// The order of a route in a list: first slot and length.
pub(super) const fn key(slot: u32, length: u32) -> u32 {
    slot << 4 | length
}

/// A key behind all routes that begin in a slot, before those of the next: what lies below it.
pub(super) const fn below(slot: u32) -> u32 {
    slot << 4 | 9
}

/// A route of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) key: u32,
    pub(super) mark: bool,
    pub(super) value: u32,
}

impl Entry {
    pub(super) fn slot(self) -> u32 {
        self.key >> 4
    }

    /// The slots that the route covers: the first, and how many.
    pub(super) fn slots(self) -> (u32, u32) {
        (self.key >> 4, 256 >> (self.key & 15).min(8))
    }
}

/// An entry from its word of the narrow form.
#[inline]
pub(super) const fn narrow_entry(word: u32) -> Entry {
    Entry { key: word >> KEY_AT, mark: word & MARK != 0, value: word & (MARK - 1) }
}

/// The list that a prefix belongs to: the prefix of all in it, and its key there.
#[cfg_attr(not(any(target_arch = "x86_64", target_arch = "aarch64")), inline(never))]
pub(super) fn place(prefix: Prefix) -> (Prefix, u32) {
    let level = prefix.len().saturating_sub(1) / 8 * 8;
    let within = Prefix::new_truncated(prefix.addr(), level);
    let slot = prefix.addr().0 >> (24 - u32::from(level)) & 255;
    (within, key(slot, u32::from(prefix.len() - level)))
}

/// The words of a list of a table with or without a root.
pub(super) const fn words(count: u32, wide: bool, rooted: bool) -> u32 {
    block(if rooted { HEAD } else { SHORT }, count, wide)
}

const fn block(head: u32, count: u32, wide: bool) -> u32 {
    let words = head + if wide { 2 * count } else { count };
    if words > LEAST { words } else { LEAST }
}

/// Whether a value needs the wide form.
pub(super) const fn is_wide(value: u32) -> bool {
    value >= NARROW
}

/// A change of one route of a list; the number is its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edit {
    None,
    Insert(u32, Entry),
    Replace(u32, Entry),
    Remove(u32, Entry),
}

impl Edit {
    /// The slots whose answer the change can affect: the first, and how many.
    pub(super) fn slots(self) -> (u32, u32) {
        match self {
            Edit::None => (0, 0),
            Edit::Insert(_, entry) | Edit::Replace(_, entry) | Edit::Remove(_, entry) => {
                entry.slots()
            }
        }
    }
}

/// A list of routes.
#[derive(Clone, Copy, Debug)]
pub(super) struct List<'m> {
    mem: Words<'m>,
    pub(super) at: u32,
    /// Words before the entries.
    head: u32,
}

impl<'m> List<'m> {
    #[cfg_attr(not(any(target_arch = "x86_64", target_arch = "aarch64")), inline(never))]
    pub(super) fn at(pool: &Pool<'m>, at: u32) -> List<'m> {
        let mem = pool.mem;
        let head = if mem.load(at.wrapping_add(1)) & POINTER != 0 { SHORT } else { HEAD };
        List { mem, at, head }
    }

    /// Writes the head of a list into a block for so many entries. One of a table without a root has no
    /// prefix before it has a node.
    pub(super) fn write(
        pool: &Pool<'m>,
        at: u32,
        (table, root): (u32, Root),
        within: Prefix,
        count: u32,
        wide: bool,
    ) -> List<'m> {
        let mem = pool.mem;
        let rooted = root != Root::None;
        let list = List { mem, at, head: if rooted { HEAD } else { SHORT } };
        list.set_form(table, count, wide);
        list.set_node(0);
        if rooted {
            mem.store(at + 2, within.addr().0 | u32::from(within.len() / 8));
        }
        list
    }

    fn set_form(&self, table: u32, count: u32, wide: bool) {
        let form = if wide { WIDE } else { 0 };
        self.mem.store(self.at, table << TABLE_AT | count << COUNT_AT | form | ROUTES);
    }

    pub(super) fn count(&self) -> u32 {
        self.mem.load(self.at) >> COUNT_AT & COUNT
    }

    pub(super) fn table(&self) -> u32 {
        self.mem.load(self.at) >> TABLE_AT
    }

    pub(super) fn is_wide(&self) -> bool {
        self.mem.load(self.at) & WIDE != 0
    }

    #[cfg_attr(not(any(target_arch = "x86_64", target_arch = "aarch64")), inline(never))]
    pub(super) fn words(&self) -> u32 {
        block(self.head, self.count(), self.is_wide())
    }

    /// The pointer to the node, or 0.
    pub(super) fn node(&self) -> u32 {
        match self.mem.load(self.at + 1) {
            0 => 0,
            node => node | POINTER,
        }
    }

    pub(super) fn set_node(&self, node: u32) {
        let node = if self.head == SHORT { node | POINTER } else { node & !POINTER };
        self.mem.store(self.at + 1, node);
    }

    pub(super) fn prefix(&self) -> Prefix {
        let word = match self.head {
            SHORT => self.mem.load(offset(self.node()).wrapping_sub(1)),
            _ => self.mem.load(self.at + 2) & !3,
        };
        // At most 24 bits.
        let len = u8::try_from(24 - self.shift()).unwrap_or(0);
        Prefix::new_truncated(Addr(word), len)
    }

    /// How far the byte that the list is about lies from the lowest bit.
    pub(super) fn shift(&self) -> u32 {
        match self.head {
            SHORT => shift(self.node()),
            _ => 24 - (self.mem.load(self.at + 2) & 3) * 8,
        }
    }

    fn entry_at(&self, index: u32, wide: bool) -> u32 {
        self.at + self.head + if wide { 2 * index } else { index }
    }

    pub(super) fn entry(&self, index: u32) -> Entry {
        let wide = self.is_wide();
        let at = self.entry_at(index, wide);
        let word = self.mem.load(at);
        let value = if wide { self.mem.load(at + 1) } else { word & (MARK - 1) };
        Entry { key: word >> KEY_AT, mark: word & MARK != 0, value }
    }

    /// Stores an entry; its value fits the form.
    pub(super) fn put(&self, index: u32, entry: Entry) {
        self.put_as(index, entry, self.is_wide());
    }

    fn put_as(&self, index: u32, entry: Entry, wide: bool) {
        let at = self.entry_at(index, wide);
        let word = entry.key << KEY_AT | if entry.mark { MARK } else { 0 };
        if wide {
            self.mem.store(at, word);
            self.mem.store(at + 1, entry.value);
        } else {
            self.mem.store(at, word | entry.value);
        }
    }

    /// Fills a list that was written for so many entries.
    pub(super) fn fill(&self, entries: impl Iterator<Item = Entry>) {
        for (index, entry) in (0..self.count()).zip(entries) {
            self.put(index, entry);
        }
    }

    /// The entries of some places.
    pub(super) fn entries_in(
        self,
        from: u32,
        to: u32,
    ) -> impl DoubleEndedIterator<Item = Entry> + use<'m> {
        let wide = self.is_wide();
        (from..to.min(self.count())).map(move |index| {
            let at = self.entry_at(index, wide);
            let word = self.mem.load(at);
            let value = if wide { self.mem.load(at + 1) } else { word & (MARK - 1) };
            Entry { key: word >> KEY_AT, mark: word & MARK != 0, value }
        })
    }

    /// The words of some entries of the narrow form, if that is the list's. Where there is little room for
    /// code, entries of both forms are read alike.
    pub(super) fn narrow(&self, from: u32, to: u32) -> Option<&'m [AtomicU32]> {
        let to = to.min(self.count());
        let from = from.min(to);
        let words = || self.mem.range(self.entry_at(from, false), to - from);
        (!COMPACT && !self.is_wide()).then(words)
    }

    /// The number of entries before a key.
    pub(super) fn rank(&self, key: u32) -> u32 {
        if let Some(words) = self.narrow(0, u32::MAX) {
            let rank = words.partition_point(|word| word.load(Ordering::Relaxed) >> KEY_AT < key);
            return u32::try_from(rank).unwrap_or(0);
        }
        let wide = self.is_wide();
        let (mut low, mut high) = (0, self.count());
        while low < high {
            let middle = (low + high) / 2;
            if self.mem.load(self.entry_at(middle, wide)) >> KEY_AT < key {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// The place of a key, or where it would go.
    pub(super) fn find(&self, key: u32) -> Result<u32, u32> {
        let rank = self.rank(key);
        if rank < self.count() && self.entry(rank).key == key { Ok(rank) } else { Err(rank) }
    }

    /// The longest route of at most `longest` bits in the list that covers a slot.
    pub(super) fn best(&self, slot: u32, longest: u32) -> Option<Entry> {
        // A route lies before those that it covers, so the first to cover the slot, going back, is the
        // longest.
        let covers = |entry: &Entry| {
            let (first, count) = entry.slots();
            first <= slot && slot < first + count && entry.key & 15 <= longest
        };
        let end = self.rank(key(slot, longest.min(8)) + 1);
        match self.narrow(0, end) {
            Some(words) => {
                let entries = words.iter().rev();
                entries.map(|word| narrow_entry(word.load(Ordering::Relaxed))).find(covers)
            }
            None => self.entries_in(0, end).rev().find(covers),
        }
    }

    /// The prefix of an entry.
    pub(super) fn prefix_of(&self, entry: Entry) -> Prefix {
        let within = self.prefix();
        let addr = within.addr().0 | entry.slot() << self.shift();
        let len = within.len() + u8::try_from(entry.key & 15).unwrap_or(8).min(8);
        Prefix::new_truncated(Addr(addr), len)
    }

    /// Makes a change, in a block that is long enough before it and after it.
    pub(super) fn edit(&self, edit: Edit) {
        let (count, was_wide) = (self.count(), self.is_wide());
        let (after, wide) = self.edited(edit);
        if wide && !was_wide {
            for index in (0..count).rev() {
                self.put_as(index, self.entry(index), true);
            }
            self.set_form(self.table(), count, true);
        }
        match edit {
            Edit::None => {}
            Edit::Insert(index, entry) => {
                self.shift_entries(index, count, index + 1);
                self.put(index, entry);
            }
            Edit::Replace(index, entry) => self.put(index, entry),
            Edit::Remove(index, _) => self.shift_entries(index + 1, count, index),
        }
        if was_wide && !wide {
            for index in 0..after {
                self.put_as(index, self.entry(index), false);
            }
        }
        self.set_form(self.table(), after, wide);
    }

    /// Moves the entries `from..end` to places from `to` on.
    fn shift_entries(&self, from: u32, end: u32, to: u32) {
        let wide = self.is_wide();
        let (first, last) = (self.entry_at(from, wide), self.entry_at(end, wide));
        self.mem.copy(first, self.entry_at(to, wide), last.saturating_sub(first));
    }

    /// The number of entries after a change, and whether they need the wide form.
    pub(super) fn edited(&self, edit: Edit) -> (u32, bool) {
        let others_wide = |but| {
            self.is_wide()
                && (0..self.count()).any(|index| index != but && is_wide(self.entry(index).value))
        };
        let count = self.count();
        match edit {
            Edit::None => (count, self.is_wide()),
            Edit::Insert(_, entry) => (count + 1, self.is_wide() || is_wide(entry.value)),
            Edit::Replace(index, entry) => (count, is_wide(entry.value) || others_wide(index)),
            Edit::Remove(index, _) => (count.saturating_sub(1), others_wide(index)),
        }
    }
}
