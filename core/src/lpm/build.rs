//! Building tables from sorted routes, and finding out how many words they take without building.

use core::cell::Cell;

use heapless::Vec;

use super::entry::{MISS, is_pointer, offset};
use super::list::{self, Entry};
use super::node::{self, Draft, Slots};
use super::tree::{Arena, Root};
use super::update::{Short, Writer};
use crate::addr::Prefix;

/// Sorted routes.
pub(super) type Sorted<'r> = &'r [(Prefix, u32)];

/// Who makes the blocks: a writer, or nobody, only counting. Not two instances of all that builds: that
/// would be the same code twice.
#[derive(Clone, Copy)]
pub(super) enum Blocks<'b, 'm> {
    Made(&'b Writer<'m>),
    Counted(&'b Counting),
}

impl Blocks<'_, '_> {
    /// Makes a list and fills it.
    fn list(
        self,
        within: Prefix,
        count: u32,
        wide: bool,
        routes: Sorted<'_>,
    ) -> Result<u32, Short> {
        match self {
            Blocks::Made(writer) => {
                let words = writer.list_words(count, wide);
                let at = writer.arena.pool.take(words).ok_or(Short::Room(words))?;
                let list = writer.write_list(at, within, count, wide);
                list.fill(entries(within, routes, writer.mark));
                Ok(at)
            }
            Blocks::Counted(counting) => {
                counting.add(list::words(count, wide, !counting.rootless));
                Ok(0)
            }
        }
    }

    /// Makes a list's node; gives the pointer.
    fn node(self, list: u32, within: Prefix, default: u32, draft: &Draft) -> Result<u32, Short> {
        match self {
            Blocks::Made(writer) => {
                let words = writer.arena.lead(writer.root) + draft.words;
                let at = writer.arena.pool.take(words).ok_or(Short::Room(words))?;
                let list = writer.arena.list(list);
                Ok(writer.write_node(at, &list, within, default, draft))
            }
            Blocks::Counted(counting) => {
                counting.add(counting.lead + draft.words);
                // The words for the writer and for the list of what waits are not read.
                let read = u32::from(counting.rootless) + draft.words;
                counting.lookup.set(counting.lookup.get().saturating_add(read));
                // Any pointer: it takes a slot of its own, and a leaf of 32 bits.
                Ok(super::entry::node(within.addr().0 >> 8, 0, 0, false))
            }
        }
    }

    /// Gives up an open list and what has been made below it, where what is above it cannot be.
    fn give_up(self, list: u32, slots: &Slots) {
        let Blocks::Made(writer) = self else { return };
        for slot in 0..256 {
            if is_pointer(slots.get(slot)) {
                writer.arena.drop_tree(writer.root, slots.get(slot), false);
            }
        }
        writer.arena.give_list(&writer.arena.list(list));
    }
}

/// Counts the words of what would be made.
pub(super) struct Counting {
    lead: u32,
    rootless: bool,
    words: Cell<u32>,
    lookup: Cell<u32>,
}

impl Counting {
    /// For tables of such a root, in an arena with or without readers.
    pub(super) fn new(rootless: bool, shared: bool) -> Counting {
        let lead = 1 + u32::from(shared) + u32::from(rootless);
        Counting { lead, rootless, words: Cell::new(0), lookup: Cell::new(0) }
    }

    /// All words, and those that lookups read.
    pub(super) fn words(&self) -> (u32, u32) {
        (self.words.get(), self.lookup.get())
    }

    /// What is more than can be counted is more than an arena can address, by far.
    fn add(&self, words: u32) {
        self.words.set(self.words.get().saturating_add(words));
    }
}

/// The routes of one list among sorted ones, as its entries.
fn entries(within: Prefix, routes: Sorted<'_>, mark: bool) -> impl Iterator<Item = Entry> + '_ {
    routes.iter().filter_map(move |&(prefix, value)| {
        let (place, key) = list::place(prefix);
        (place.len() == within.len()).then_some(Entry { key, mark, value })
    })
}

/// The first of some sorted routes that does not lie in a prefix.
fn split(routes: Sorted<'_>, within: Prefix) -> (Sorted<'_>, Sorted<'_>) {
    let last = within.last();
    let end = routes.iter().position(|(prefix, _)| prefix.addr() > last).unwrap_or(routes.len());
    routes.split_at_checked(end).unwrap_or((routes, &[]))
}

/// A list that is made, while what lies below it is.
struct Open<'r> {
    within: Prefix,
    list: u32,
    default: u32,
    /// The routes that are not looked at yet.
    rest: Sorted<'r>,
    /// The slot below which a list is open too.
    slot: u32,
}

impl<'r> Open<'r> {
    /// The next slot below which there are routes of longer lists, with its prefix and those.
    fn next(&mut self) -> Option<(u32, Prefix, Sorted<'r>)> {
        let next = self.within.len() + 8;
        while let Some(((prefix, _), behind)) = self.rest.split_first() {
            if prefix.len() <= next {
                self.rest = behind;
                continue;
            }
            let inner = Prefix::new_truncated(prefix.addr(), next);
            let (group, behind) = split(self.rest, inner);
            self.rest = behind;
            return Some((inner.addr().0 >> (32 - u32::from(next)) & 255, inner, group));
        }
        None
    }
}

/// The lists on the way down: of lengths 0, 8, 16 and 24 at most.
const OPEN: usize = 4;

/// The slots of the lists that are open.
type Scratch = [Slots; OPEN];

fn scratch() -> Scratch {
    [const { Slots::new() }; OPEN]
}

/// Builds what some routes compile to, without a root: the entry that leads to it.
pub(super) fn rootless(blocks: &Blocks<'_, '_>, routes: Sorted<'_>) -> Result<u32, Short> {
    match first_list(routes) {
        Some(within) => level_of(blocks, within, routes, true, MISS, &mut scratch()),
        None => Ok(MISS),
    }
}

/// The list that the others of some routes lie below.
fn first_list(routes: Sorted<'_>) -> Option<Prefix> {
    let (first, last) = (routes.first()?.0, routes.last()?.0);
    let common = (first.addr().0 ^ last.addr().0).leading_zeros() / 8 * 8;
    let common = u8::try_from(common).unwrap_or(24).min(24);
    let level = routes.iter().map(|(prefix, _)| list::place(*prefix).0.len()).min();
    Some(Prefix::new_truncated(first.addr(), level.unwrap_or(0).min(common)))
}

/// Builds a list with its node, and what lies below it. `skips`: lists without routes are left out.
fn level_of(
    blocks: &Blocks<'_, '_>,
    within: Prefix,
    routes: Sorted<'_>,
    skips: bool,
    default: u32,
    scratch: &mut Scratch,
) -> Result<u32, Short> {
    let mut open = Vec::new();
    let built = begin(blocks, within, routes, default, &mut open, scratch)
        .and_then(|()| descend(blocks, skips, &mut open, scratch));
    if built.is_err() {
        for (open, slots) in open.iter().zip(scratch.iter()).rev() {
            blocks.give_up(open.list, slots);
        }
    }
    built
}

/// Makes a list; its node comes when what lies below is built.
fn begin<'r>(
    blocks: &Blocks<'_, '_>,
    within: Prefix,
    routes: Sorted<'r>,
    default: u32,
    open: &mut Vec<Open<'r>, OPEN>,
    scratch: &mut Scratch,
) -> Result<(), Short> {
    let Some(slots) = scratch.get_mut(open.len()) else { return Ok(()) };
    let (mut count, mut largest) = (0, 0);
    slots.clear();
    for entry in entries(within, routes, false) {
        count += 1;
        largest = largest.max(entry.value);
        let (first, covered) = entry.slots();
        slots.fill(first, covered, entry.value);
    }
    let wide = list::is_wide(largest);
    let list = blocks.list(within, count, wide, routes)?;
    let _ = open.push(Open { within, list, default, rest: routes, slot: 0 });
    Ok(())
}

/// Builds what lies below the open lists, and their nodes from the innermost out.
fn descend<'r>(
    blocks: &Blocks<'_, '_>,
    skips: bool,
    open: &mut Vec<Open<'r>, OPEN>,
    scratch: &mut Scratch,
) -> Result<u32, Short> {
    loop {
        let at = open.len().wrapping_sub(1);
        let (Some(top), Some(slots)) = (open.last_mut(), scratch.get_mut(at)) else {
            return Ok(MISS);
        };
        if let Some((slot, inner, group)) = top.next() {
            top.slot = slot;
            let default = match slots.get(slot) {
                MISS => top.default,
                own => own,
            };
            let first = first_list(group).filter(|_| skips).unwrap_or(inner);
            begin(blocks, first, group, default, open, scratch)?;
            continue;
        }
        let node = finish(blocks, top.list, top.within, top.default, slots)?;
        open.pop();
        match (open.last(), scratch.get_mut(at.wrapping_sub(1))) {
            (Some(above), Some(slots)) => slots.set(above.slot, node),
            _ => return Ok(node),
        }
    }
}

#[inline(never)]
fn finish(
    blocks: &Blocks<'_, '_>,
    list: u32,
    within: Prefix,
    default: u32,
    slots: &Slots,
) -> Result<u32, Short> {
    blocks.node(list, within, default, &Draft::of(slots, default))
}

impl Writer<'_> {
    /// Fills an empty table with a root. What is built is part of the table at once.
    pub(super) fn load_rooted(&self, routes: Sorted<'_>) -> Result<(), (Short, usize)> {
        let Root::Wide { shift, .. } = self.root else { return Ok(()) };
        let bits = 32 - shift;
        let mut scratch = scratch();
        let mut rest = routes;
        let done = |rest: Sorted<'_>| routes.len() - rest.len();
        while let Some((&(prefix, value), behind)) = rest.split_first() {
            let at = done(rest);
            if u32::from(prefix.len()) <= bits {
                self.insert(prefix, value).map_err(|short| (short, at))?;
                rest = behind;
                continue;
            }
            let within = Prefix::new_truncated(prefix.addr(), u8::try_from(bits).unwrap_or(16));
            let (group, behind) = split(rest, within);
            self.load_slot(within, group, &mut scratch).map_err(|short| (short, at))?;
            rest = behind;
        }
        Ok(())
    }

    /// Builds what lies below a slot of a root that has nothing yet.
    fn load_slot(
        &self,
        within: Prefix,
        routes: Sorted<'_>,
        scratch: &mut Scratch,
    ) -> Result<(), Short> {
        let (arena, mem) = (&self.arena, self.arena.mem);
        let spot = arena.seek(self.table, within);
        let Some(slot) = spot.slot else { return Ok(()) };
        if spot.list != 0 || within.len() != 16 {
            // One by one where the list is found by another, or is there.
            return routes
                .iter()
                .try_for_each(|&(prefix, value)| self.insert(prefix, value).map(|_| ()));
        }
        let default = mem.load(slot);
        let node = level_of(&Blocks::Made(self), within, routes, false, default, scratch)?;
        let list = arena.list_of(self.root, node);
        if let Some(home) = spot.home {
            mem.store(home, list);
        }
        // A node without others below it may be the same for all slots.
        let list = arena.list(list);
        let uniform = Slots::of(&list).uniform();
        match uniform.filter(|_| node::next_child(mem, node, 0).is_none()) {
            Some(value) => {
                list.set_node(0);
                let words = arena.lead(self.root) + node::words(mem, node);
                arena.pool.count_lookup(0, self.lookup_words(words));
                arena.pool.give(offset(node).saturating_sub(arena.lead(self.root)), words);
                mem.publish(slot, value);
            }
            None => mem.publish(slot, node),
        }
        let used = arena.pool.used();
        if used > arena.pool.cut.capacity { Err(Short::Full) } else { Ok(()) }
    }
}

impl Arena<'_> {
    /// Gives back a node with all that lies below it, and their lists. What has been published waits
    /// for readers.
    pub(super) fn drop_tree(&self, root: Root, node: u32, published: bool) {
        let mut path: Vec<(u32, u32), 4> = Vec::new();
        let _ = path.push((node, 0));
        // A step down to each node and one up from it. More, and nodes that lie below themselves, are
        // met in damaged memory only.
        for _ in 0..2 * self.pool.most_blocks() + 1 {
            let Some((node, from)) = path.pop() else { return };
            if let Some((slot, child)) = node::next_child(self.mem, node, from) {
                let _ = path.push((node, slot + 1));
                let _ = path.push((child, 0));
                continue;
            }
            let (list, lead) = (self.list_of(root, node), self.lead(root));
            let words = lead + node::words(self.mem, node);
            self.pool.count_lookup(0, words.saturating_sub(1 + u32::from(self.pool.cut.shared)));
            if published {
                self.pool.retire(offset(node).saturating_sub(lead), words);
            } else {
                self.pool.give(offset(node).saturating_sub(lead), words);
            }
            let list = self.list(list);
            self.give_list(&list);
        }
    }

    /// Gives back all of a table but its root.
    pub(super) fn drop_table(&self, table: u32) {
        use super::entry::{Target, target};
        let word = self.mem.load(self.word(table));
        match (self.root(table), target(word)) {
            (Root::Wide { shift, slots, lists }, _) => {
                for slot in 0..1u32 << (32 - shift) {
                    let entry = self.mem.load(slots + slot);
                    if entry != MISS {
                        self.mem.publish(slots + slot, MISS);
                    }
                    if is_pointer(entry) {
                        let root = self.root(table);
                        if shift == 16 {
                            self.mem.store(lists + 257 + slot, 0);
                        }
                        self.drop_tree(root, entry, true);
                    }
                }
                for home in lists..lists + super::layout::TOP {
                    let list = self.link(home);
                    if list != 0 {
                        self.mem.store(home, 0);
                        let list = self.list(list);
                        self.give_list(&list);
                    }
                }
            }
            (Root::None, Target::Node) => {
                let first = self.mem.load(self.first_word(table));
                self.mem.publish(self.word(table), MISS);
                self.forget_first(table);
                self.drop_tree(Root::None, first, true);
            }
            (Root::None, Target::Intervals(at)) => {
                self.mem.publish(self.word(table), MISS);
                self.drop_intervals(at);
            }
            (Root::None, _) => self.mem.publish(self.word(table), MISS),
        }
    }

    /// Gives a block of intervals back.
    pub(super) fn drop_intervals(&self, at: u32) {
        let (words, lookup) = super::intervals::words(self.mem, at);
        self.pool.count_lookup(0, lookup);
        self.pool.retire(at.saturating_sub(super::intervals::LEAD), words);
    }
}

/// Counts the words of a table with a root: lists by length above it, nodes below.
pub(super) fn count_rooted(counting: &Counting, routes: Sorted<'_>, bits: u8) -> Result<(), Short> {
    for level in (0..bits).step_by(8) {
        count_lists(counting, routes, level, bits);
    }
    let mut scratch = scratch();
    let mut rest = routes;
    while let Some(((prefix, _), behind)) = rest.split_first() {
        if prefix.len() <= bits {
            rest = behind;
            continue;
        }
        let within = Prefix::new_truncated(prefix.addr(), bits);
        let (group, behind) = split(rest, within);
        let before = counting.lookup.get();
        level_of(&Blocks::Counted(counting), within, group, false, MISS, &mut scratch)?;
        if bits == 16 && is_elided(within, group) {
            let nodes = counting.lead + counting.lookup.get() - before;
            counting.words.set(counting.words.get() - nodes);
            counting.lookup.set(before);
        }
        rest = behind;
    }
    Ok(())
}

/// The lists of one length above a root. Of a root of 24 bits, what lies below a list of 16 needs
/// that list.
fn count_lists(counting: &Counting, routes: Sorted<'_>, level: u8, bits: u8) {
    let mut rest = routes;
    while let Some(&(prefix, _)) = rest.first() {
        let within = Prefix::new_truncated(prefix.addr(), level);
        let (group, behind) = split(rest, within);
        rest = behind;
        let (mut count, mut largest) = (0, 0);
        for entry in entries(within, group, false) {
            count += 1;
            largest = largest.max(entry.value);
        }
        let hosts = bits == 24 && level == 16 && group.iter().any(|(prefix, _)| prefix.len() > 24);
        if count > 0 || hosts {
            counting.add(list::words(count, list::is_wide(largest), true));
        }
    }
}

fn is_elided(within: Prefix, routes: Sorted<'_>) -> bool {
    let mut slots = Slots::new();
    for entry in entries(within, routes, false) {
        slots.fill(entry.slots().0, entry.slots().1, entry.value);
    }
    routes.iter().all(|(prefix, _)| prefix.len() <= within.len() + 8) && slots.uniform().is_some()
}

/// Whether routes are strictly ascending, by address, then length.
pub(super) fn is_sorted(routes: Sorted<'_>) -> bool {
    routes.is_sorted_by(|a, b| a.0 < b.0)
}
