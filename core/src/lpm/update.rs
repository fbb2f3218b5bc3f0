//! Changing a table made of nodes: one route at a time.
//!
//! A change is made ready beside what is there: a new list, and new nodes for those that answer
//! otherwise afterwards. Up to then it may fail, and nothing has changed. Then it is published by
//! one store of a pointer; where all that a node changes is one word of leaves, by a store of that.
//! Defaults of the nodes below are stored one by one: each address has its old or its new answer.
//!
//! Within the life of a node its runs stay the same, and a leaf of ones stays one, with no route of its
//! own: a lookup loads a word of runs, a leaf and perhaps the default, and they belong together.

use core::ops::Range;

use super::entry::{self, LARGE_HEAD, MISS, SMALL_HEAD, is_pointer, offset};
use super::fib::COMPACT;
use super::list::{self, Edit, Entry, List};
use super::node::{self, Draft, Slots};
use super::pool::NODE;
use super::splice::{self, Spliced};
use super::tree::{Arena, Parent, Root, Spot};
use crate::addr::{Addr, Prefix};

/// Why a change cannot be made as things lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Short {
    /// No block of so many words is at hand.
    Room(u32),
    /// No so many words are at hand to move a list that grows by some, in an arena of one segment.
    Behind { list: u32, words: u32, more: u32 },
    /// More words would be in use than can be.
    Full,
    /// No more than that there are enough words was asked.
    Admitted,
}

/// A pointer that stands for one that is not known yet.
const STAND_IN: u32 = entry::node(entry::OFFSET, 2, 24, true);

/// What becomes of a node.
enum Plan {
    /// The list is above a root: its slots are painted afterwards.
    Above,
    /// Nothing that lookups see changes.
    Same,
    /// One word of leaves changes.
    Leaf(u32, u32),
    /// All slots have this value, which takes the node's place.
    Value(u32),
    /// What the draft says.
    New,
}

/// A list above a root, where it is painted: its prefix, its answers, and those from above it.
struct Level {
    within: Prefix,
    own: Option<Slots>,
    outer: u32,
}

/// A new list and its node, with what to give back if they cannot be used.
struct Hung {
    node: u32,
    node_at: u32,
    node_words: u32,
    list_at: u32,
    list_words: u32,
}

/// The writer at work on a table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Writer<'m> {
    pub(super) arena: Arena<'m>,
    pub(super) table: u32,
    pub(super) root: Root,
    /// What marks the routes of the present generation.
    pub(super) mark: bool,
    /// Whether a change is made only up to where it is known that there are enough words.
    pub(super) admits: bool,
}

impl<'m> Writer<'m> {
    /// Adds a route, or replaces its value, in nodes that lookups do not pass by; gives the value replaced.
    pub(super) fn add(&self, prefix: Prefix, value: u32) -> Result<Option<u32>, Short> {
        let (within, key) = list::place(prefix);
        let entry = Entry { key, mark: self.mark, value };
        let spot = self.arena.seek(self.table, within);
        if spot.list == 0 {
            self.hang(spot, within, entry)?;
            return Ok(None);
        }
        let list = self.arena.list(spot.list);
        match list.find(key) {
            Ok(index) => {
                let old = list.entry(index);
                if old.value == value {
                    list.put(index, entry);
                } else {
                    self.rebuild(&spot, within, Edit::Replace(index, entry), None)?;
                }
                Ok(Some(old.value))
            }
            Err(index) => {
                self.rebuild(&spot, within, Edit::Insert(index, entry), None)?;
                Ok(None)
            }
        }
    }

    /// Adds a list that is not there yet, with one route.
    fn hang(&self, spot: Spot, within: Prefix, entry: Entry) -> Result<(), Short> {
        if let Some(other) = spot.other {
            return self.branch(&spot, other, within, entry);
        }
        let Root::Wide { shift, .. } = self.root else {
            return match spot.parent {
                Some(parent) => self.hang_below(parent, within, entry),
                None => Err(Short::Full),
            };
        };
        if let Some(parent) = spot.parent {
            return self.hang_below(parent, within, entry);
        }
        if shift == 16 && within.len() == 24 {
            // The root's slot has no node yet that the new one could hang below.
            let above = Prefix::new_truncated(within.addr(), 16);
            let spot = self.arena.seek(self.table, above);
            let byte = within.addr().0 >> 8 & 255;
            return self.hang_from(&spot, above, byte, within, entry);
        }
        if shift == 8 && within.len() == 24 {
            // What lies below a list of a root's index is found by that list.
            let above = Prefix::new_truncated(within.addr(), 16);
            let spot16 = self.arena.seek(self.table, above);
            if spot16.list == 0 {
                self.admit(self.list_words(0, false) + self.list_words(1, true) + 15, 0)?;
                self.rebuild(&spot16, above, Edit::None, None)?;
            }
        }
        let built = self.rebuild(&spot, within, Edit::Insert(0, entry), None);
        if built.is_err() && shift == 8 {
            self.drop_host(within);
        }
        built
    }

    fn hang_below(&self, parent: Parent, within: Prefix, entry: Entry) -> Result<(), Short> {
        let at = self.arena.list_of(self.root, parent.node);
        let above = self.arena.list(at).prefix();
        let spot = self.arena.seek(self.table, above);
        self.hang_from(&spot, above, parent.byte, within, entry)
    }

    /// Adds a list with one route, and its node below a slot of another list's node.
    fn hang_from(
        &self,
        spot: &Spot,
        above: Prefix,
        byte: u32,
        within: Prefix,
        entry: Entry,
    ) -> Result<(), Short> {
        let Hung { node, node_at, node_words, list_at, list_words } =
            self.hung(spot, above, byte, within, entry)?;
        self.rebuild(spot, above, Edit::None, Some((byte, Some(node)))).inspect_err(|_| {
            let pool = &self.arena.pool;
            pool.count_lookup(0, self.lookup_words(node_words));
            pool.give(node_at, node_words);
            pool.give(list_at, list_words);
        })
    }

    /// The list with one route and its node, which nothing leads to yet. Not inlined, as kilobytes of
    /// slots would stay on the stack while the node above is rebuilt.
    #[inline(never)]
    fn hung(
        &self,
        spot: &Spot,
        above: Prefix,
        byte: u32,
        within: Prefix,
        entry: Entry,
    ) -> Result<Hung, Short> {
        let arena = &self.arena;
        let own = (spot.list != 0).then(|| arena.list(spot.list).best(byte, 8)).flatten();
        let default = own.map_or_else(|| self.default_at(spot, above), |own| own.value);
        let mut slots = Slots::new();
        slots.fill(entry.slots().0, entry.slots().1, entry.value);
        let draft = Draft::of(&slots, default);
        let wide = list::is_wide(entry.value);
        let list_words = self.list_words(1, wide);
        let node_words = arena.lead(self.root) + draft.words;
        self.admit_rebuild(spot, byte, list_words + node_words)?;
        let list_at = arena.pool.take(list_words).ok_or(Short::Room(list_words))?;
        let Some(node_at) = arena.pool.take(node_words) else {
            arena.pool.give(list_at, list_words);
            return Err(Short::Room(node_words));
        };
        let list = self.write_list(list_at, within, 1, wide);
        list.put(0, entry);
        let node = self.write_node(node_at, &list, within, default, &draft);
        Ok(Hung { node, node_at, node_words, list_at, list_words })
    }

    /// Refuses what would make a node with one more pointer, and `extra` words, too much. Not inlined, for
    /// the stack.
    #[inline(never)]
    fn admit_rebuild(&self, spot: &Spot, byte: u32, extra: u32) -> Result<(), Short> {
        let list = (spot.list != 0).then(|| self.arena.list(spot.list));
        let mut slots = Slots::edited(list.as_ref(), Edit::None);
        if spot.node != 0 {
            slots.overlay(self.arena.mem, spot.node, 0..256, byte);
        }
        slots.set(byte, STAND_IN);
        let draft = Draft::of(&slots, MISS);
        let list_words = if spot.list == 0 { self.list_words(0, false) } else { 0 };
        let less = if spot.node == 0 { 0 } else { self.node_words(spot.node) };
        self.admit(extra + list_words + self.arena.lead(self.root) + draft.words, less)
    }

    /// Refuses what would take more words than may be in use.
    fn admit(&self, more: u32, less: u32) -> Result<(), Short> {
        let used = self.arena.pool.used();
        let fits = more <= less || used.saturating_add(more - less) <= self.arena.pool.cut.capacity;
        match (fits, self.admits) {
            (false, _) => Err(Short::Full),
            (true, true) => Err(Short::Admitted),
            (true, false) => Ok(()),
        }
    }

    /// The words of a list of this table.
    pub(super) fn list_words(&self, count: u32, wide: bool) -> u32 {
        list::words(count, wide, self.root != Root::None)
    }

    pub(super) fn write_list(&self, at: u32, within: Prefix, count: u32, wide: bool) -> List<'m> {
        List::write(&self.arena.pool, at, (self.table, self.root), within, count, wide)
    }

    /// The words of a node's block.
    fn node_words(&self, node: u32) -> u32 {
        self.arena.lead(self.root) + node::words(self.arena.mem, node)
    }

    /// The answer of the routes above a spot.
    fn default_at(&self, spot: &Spot, within: Prefix) -> u32 {
        let arena = &self.arena;
        match spot.slot {
            _ if spot.node != 0 => self.default_of(spot),
            // Without a list the slot has what it has from above.
            Some(slot) if spot.list == 0 => arena.mem.load(slot),
            _ => arena.inherited(self.root, within),
        }
    }

    /// Adds a list where a node of other prefixes hangs: above it, or beside it below a new node. Not
    /// inlined, as other changes would carry its drafts on their stack.
    #[inline(never)]
    fn branch(&self, spot: &Spot, other: u32, within: Prefix, entry: Entry) -> Result<(), Short> {
        let (arena, pool) = (&self.arena, &self.arena.pool);
        let Some(slot) = spot.slot else { return Err(Short::Full) };
        let moved = arena.list(arena.list_of(self.root, other));
        let prefix = moved.prefix();
        let common = (prefix.addr().0 ^ within.addr().0).leading_zeros() / 8 * 8;
        let common = u8::try_from(common).unwrap_or(24).min(within.len()).min(prefix.len());
        let default = arena.default_of(other);
        let byte_of = |addr: Addr| addr.0 >> (24 - u32::from(common)) & 255;

        let mut own = Slots::new();
        own.fill(entry.slots().0, entry.slots().1, entry.value);
        let is_above = common == within.len();
        let leaf = (!is_above).then(|| Draft::of(&own, default));
        let mut slots = if is_above { own } else { Slots::new() };
        let answer = match slots.get(byte_of(prefix.addr())) {
            MISS => default,
            value => value,
        };
        slots.set(byte_of(prefix.addr()), STAND_IN);
        // Any other pointer makes as many runs.
        const OTHER: u32 = STAND_IN - 1;
        if !is_above {
            slots.set(byte_of(within.addr()), OTHER);
        }
        let mut fork = Draft::of(&slots, default);

        let wide = list::is_wide(entry.value);
        let lead = arena.lead(self.root);
        let copy_words = self.node_words(other);
        let list_words = self.list_words(1, wide);
        let fork_list_words = if is_above { 0 } else { self.list_words(0, false) };
        let leaf_words = leaf.as_ref().map_or(0, |leaf| lead + leaf.words);
        let wanted = [list_words, fork_list_words, leaf_words, lead + fork.words, copy_words];
        self.admit(wanted.iter().sum(), copy_words)?;
        let mut taken = [0; 5];
        for (place, &words) in taken.iter_mut().zip(&wanted) {
            if words > 0 {
                match pool.take(words) {
                    Some(at) => *place = at,
                    None => {
                        for (&at, &words) in taken.iter().zip(&wanted) {
                            if at != 0 {
                                pool.give(at, words);
                            }
                        }
                        return Err(Short::Room(words));
                    }
                }
            }
        }
        let [list_at, fork_list_at, leaf_at, fork_at, copy_at] = taken;

        let list = self.write_list(list_at, within, 1, wide);
        list.put(0, entry);
        // A copy, since the one that is there answers for addresses that it will not be asked for.
        arena.mem.copy(offset(other).saturating_sub(lead), copy_at, copy_words);
        pool.count_lookup(self.lookup_words(copy_words), 0);
        let copy = entry::moved(other, copy_at + lead);
        moved.set_node(copy);
        arena.set_default(self.root, copy, answer);
        fork.replace(STAND_IN, copy);
        let above = Prefix::new_truncated(within.addr(), common);
        let fork_list = if let Some(leaf) = &leaf {
            let hung = self.write_node(leaf_at, &list, within, default, leaf);
            fork.replace(OTHER, hung);
            self.write_list(fork_list_at, above, 0, false)
        } else {
            list
        };
        let node = self.write_node(fork_at, &fork_list, above, default, &fork);
        arena.mem.publish(slot, node);
        self.retire_node(other);
        Ok(())
    }

    /// Writes the node of a list into a block; gives the pointer to it.
    pub(super) fn write_node(
        &self,
        at: u32,
        list: &List<'_>,
        within: Prefix,
        default: u32,
        draft: &Draft,
    ) -> u32 {
        let (arena, mem) = (&self.arena, self.arena.mem);
        let lead = arena.lead(self.root);
        mem.store(at, list.at << 2 | NODE);
        if self.root == Root::None {
            mem.store(at + lead - 1, node::prefix_word(within.addr()));
        }
        mem.store(at + lead, default);
        for (place, &word) in (at + lead + 1..).zip(draft.content()) {
            mem.store(place, word);
        }
        arena.pool.count_lookup(self.lookup_words(lead + draft.words), 0);
        let shift = 24 - u32::from(within.len()).min(24);
        let node = entry::node(at + lead, draft.width, shift, draft.small);
        list.set_node(node);
        node
    }

    /// Of the words of a node's block, those that lookups read.
    pub(super) fn lookup_words(&self, words: u32) -> u32 {
        words.saturating_sub(1 + u32::from(self.arena.pool.cut.shared))
    }

    pub(super) fn retire_node(&self, node: u32) {
        let words = self.node_words(node);
        self.arena.pool.count_lookup(0, self.lookup_words(words));
        self.arena.pool.retire(offset(node).saturating_sub(self.arena.lead(self.root)), words);
    }

    /// Compiles a list anew after a change of one route, of a pointer of its node, or of both.
    fn rebuild(
        &self,
        spot: &Spot,
        within: Prefix,
        edit: Edit,
        pointer: Option<(u32, Option<u32>)>,
    ) -> Result<(), Short> {
        let (arena, pool) = (&self.arena, &self.arena.pool);
        let old = (spot.list != 0).then(|| arena.list(spot.list));
        let (count, wide) = match (&old, edit) {
            (Some(list), edit) => list.edited(edit),
            (None, Edit::Insert(_, entry)) => (1, list::is_wide(entry.value)),
            (None, _) => (0, false),
        };
        let old_list = old.map_or(0, |list| list.words());
        let list_words = match edit {
            Edit::None if old.is_some() => old_list,
            _ => self.list_words(count, wide),
        };
        let mut draft = Draft::new();
        let plan = self.plan(spot, within, old.as_ref(), edit, pointer, &mut draft);
        let node_words = match plan {
            Plan::New => arena.lead(self.root) + draft.words,
            _ => 0,
        };
        let replaces = spot.node != 0 && matches!(plan, Plan::New | Plan::Value(_));
        let old_node = if replaces { self.node_words(spot.node) } else { 0 };
        if !matches!(edit, Edit::Remove(..)) {
            self.admit(list_words + node_words, old_node + old_list)?;
        }
        let stays = old.is_some_and(|list| {
            list_words <= old_list || pool.resize(list.at, old_list, list_words)
        });
        // Where all is one segment, a list that cannot move grows in its place.
        let short = |words| match &old {
            Some(List { at, .. }) if !stays && pool.cut.segments == 1 => Short::Behind {
                list: *at,
                words: list_words + node_words,
                more: list_words.saturating_sub(old_list),
            },
            _ => Short::Room(words),
        };
        let list_at = match &old {
            Some(list) if stays => list.at,
            _ => pool.take(list_words).ok_or_else(|| short(list_words))?,
        };
        let node_at = match node_words {
            0 => 0,
            words => pool.take(words).ok_or_else(|| {
                if !stays {
                    pool.give(list_at, list_words);
                } else if list_words > old_list {
                    pool.resize(list_at, list_words, old_list);
                }
                short(words)
            })?,
        };

        // From here on nothing fails.
        let default = self.default_at(spot, within);
        let list = match old {
            Some(old) => {
                if !stays {
                    arena.mem.copy(old.at, list_at, old_list);
                    arena.lead_to(self.root, &old, list_at);
                    pool.give(old.at, old_list);
                }
                let list = arena.list(list_at);
                list.edit(edit);
                list
            }
            None => {
                let list = self.write_list(list_at, within, count, wide);
                if let Edit::Insert(_, entry) = edit {
                    list.put(0, entry);
                }
                if let Some(home) = spot.home {
                    arena.mem.store(home, list.at);
                }
                list
            }
        };
        if spot.node != 0 {
            let (first, count) = edit.slots();
            self.renew_defaults(spot.node, &list, default, first, first + count);
        }
        match plan {
            Plan::Above => self.paint_edit(within, edit),
            Plan::Same => {}
            Plan::Leaf(at, word) => arena.mem.publish(at, word),
            Plan::Value(value) => {
                list.set_node(0);
                spot.slot.into_iter().for_each(|slot| arena.mem.publish(slot, value));
            }
            Plan::New => {
                let node = self.write_node(node_at, &list, within, default, &draft);
                spot.slot.into_iter().for_each(|slot| arena.mem.publish(slot, node));
            }
        }
        if replaces {
            self.leave(spot.node);
            self.retire_node(spot.node);
        }
        if list_words < old_list {
            // The new node is in its place, and is not taken for a free one.
            pool.resize(list_at, old_list, list_words);
        }
        Ok(())
    }

    /// What becomes of a list's node.
    fn plan(
        &self,
        spot: &Spot,
        within: Prefix,
        list: Option<&List<'_>>,
        edit: Edit,
        pointer: Option<(u32, Option<u32>)>,
        draft: &mut Draft,
    ) -> Plan {
        if spot.slot.is_none() {
            return Plan::Above;
        }
        let mem = self.arena.mem;
        let spliced = match (pointer, list) {
            // Where there is little room for code, all slots are painted.
            (None, Some(list)) if spot.node != 0 && !COMPACT => {
                let default = self.default_of(spot);
                splice::splice(mem, spot.node, list, edit, default, draft)
            }
            _ => None,
        };
        match spliced {
            Some(Spliced::Same) => return Plan::Same,
            Some(Spliced::Leaf(at, word)) => return Plan::Leaf(at, word),
            Some(Spliced::New) => {}
            None => {
                let value = self.paint_all(spot, within, list, edit, pointer, draft);
                if let Some(value) = value {
                    return match spot.slot {
                        Some(slot) if mem.load(slot) == value => Plan::Same,
                        _ => Plan::Value(value),
                    };
                }
            }
        }
        if spot.node == 0 || !draft.is_like(spot.node) {
            return Plan::New;
        }
        if node::words(mem, spot.node) != draft.words {
            return Plan::New;
        }
        let first = offset(spot.node) + 1;
        let mut changed = None;
        for (at, &word) in (first..).zip(draft.content()) {
            if mem.load(at) == word {
                continue;
            }
            if changed.is_some() {
                return Plan::New;
            }
            changed = Some((at, word));
        }
        let head = if draft.small { SMALL_HEAD } else { LARGE_HEAD };
        match changed {
            None => Plan::Same,
            Some((at, word))
                if at >= offset(spot.node) + head
                    && keeps_ones(mem.load(at), word, draft.width) =>
            {
                Plan::Leaf(at, word)
            }
            Some(_) => Plan::New,
        }
    }

    /// Compiles a list's node from all its slots; gives the value that takes its place, if one does. Not
    /// inlined, for the stack.
    #[inline(never)]
    fn paint_all(
        &self,
        spot: &Spot,
        within: Prefix,
        list: Option<&List<'_>>,
        edit: Edit,
        pointer: Option<(u32, Option<u32>)>,
        draft: &mut Draft,
    ) -> Option<u32> {
        let mut slots = Slots::edited(list, edit);
        let but = pointer.map_or(256, |(slot, _)| slot);
        let mut below = spot.node != 0 && slots.overlay(self.arena.mem, spot.node, 0..256, but);
        if let Some((slot, Some(pointer))) = pointer {
            slots.set(slot, pointer);
            below = true;
        }
        // A root's slot can hold what all addresses of a node would get.
        let is_root16 = matches!(self.root, Root::Wide { shift: 16, .. });
        if is_root16 && within.len() == 16 && !below && slots.uniform().is_some() {
            return slots.uniform();
        }
        draft.compile(&slots, self.default_at(spot, within));
        None
    }

    /// Gives the nodes below some slots of a node the default that they have from its list now.
    fn renew_defaults(&self, node: u32, list: &List<'_>, default: u32, first: u32, end: u32) {
        let mut from = first;
        while let Some((slot, child)) = node::next_child(self.arena.mem, node, from) {
            if slot >= end {
                break;
            }
            let value = list.best(slot, 8).map_or(default, |entry| entry.value);
            self.arena.set_default(self.root, child, value);
            from = slot + 1;
        }
    }

    /// Brings the slots of a root up to date after a change of a list above it.
    fn paint_edit(&self, within: Prefix, edit: Edit) {
        let (first, count) = edit.slots();
        if count > 0 {
            let outer = self.arena.inherited(self.root, within);
            self.paint(within, first, count, outer);
        }
    }

    /// Paints what lies below some slots of a list above a root.
    fn paint(&self, within: Prefix, first: u32, count: u32, outer: u32) {
        let Root::Wide { shift, slots, .. } = self.root else { return };
        // The lists on the way down, each with what is left of its slots: of /0, /8 and /16 at most.
        let mut open = heapless::Vec::<(Level, Range<u32>), 3>::new();
        let _ = open.push((self.level(within, outer), first..first + count));
        while let Some((level, left)) = open.last_mut() {
            let Some(slot) = left.next() else {
                open.pop();
                continue;
            };
            let value = match level.own.as_ref().map_or(MISS, |own| own.get(slot)) {
                MISS => level.outer,
                value => value,
            };
            let len = level.within.len();
            let bits = 24 - u32::from(len);
            let addr = level.within.addr().0 | slot << bits;
            if bits > shift {
                let below = Prefix::new_truncated(Addr(addr), len + 8);
                let _ = open.push((self.level(below, value), 0..256));
            } else {
                self.set_slot(slots + (addr >> shift), addr, value);
            }
        }
    }

    fn level(&self, within: Prefix, outer: u32) -> Level {
        let arena = &self.arena;
        let list = arena.home(self.root, within).map_or(0, |home| arena.link(home));
        Level { within, own: (list != 0).then(|| Slots::of(&arena.list(list))), outer }
    }

    /// Gives a root's slot the answer that it has from the lists above.
    fn set_slot(&self, slot: u32, addr: u32, value: u32) {
        let arena = &self.arena;
        let entry = arena.mem.load(slot);
        if is_pointer(entry) {
            arena.set_default(self.root, entry, value);
        } else if entry != value {
            let here = Prefix::new_truncated(Addr(addr), 16);
            let is_own = matches!(self.root, Root::Wide { shift: 16, .. })
                && arena.home(self.root, here).is_some_and(|home| arena.link(home) != 0);
            if !is_own {
                arena.mem.publish(slot, value);
            }
        }
    }

    /// Takes a route out of nodes that lookups do not pass by; gives its value, or nothing if it is not
    /// there.
    pub(super) fn take_out(&self, prefix: Prefix) -> Result<Option<u32>, Short> {
        let arena = &self.arena;
        let (within, key) = list::place(prefix);
        let spot = arena.seek(self.table, within);
        if spot.list == 0 {
            return Ok(None);
        }
        let list = arena.list(spot.list);
        let Ok(index) = list.find(key) else { return Ok(None) };
        let entry = list.entry(index);
        let edit = Edit::Remove(index, entry);
        if list.count() > 1 {
            self.rebuild(&spot, within, edit, None)?;
            return Ok(Some(entry.value));
        }
        let level = super::order::Level { within, list: Some(list), node: spot.node };
        let below = arena.below(self.root, &level, 0);
        match (spot.slot, below) {
            (None, below) => {
                // A list of a root's index that lists hang below stays, empty.
                if within.len() == 16 && below.is_some() {
                    self.rebuild(&spot, within, edit, None)?;
                } else {
                    spot.home.into_iter().for_each(|home| arena.mem.store(home, 0));
                    self.paint_edit(within, edit);
                    arena.give_list(&list);
                }
            }
            (Some(slot), None) => self.unhang(&spot, slot, &list, within)?,
            (Some(slot), Some((_, only))) if self.root == Root::None => {
                let child = node::next_child(arena.mem, spot.node, 0);
                let (at, child) = child.unwrap_or((0, only.node));
                if node::next_child(arena.mem, spot.node, at + 1).is_some() {
                    self.rebuild(&spot, within, edit, None)?;
                } else {
                    let default = arena.default_of(spot.node);
                    arena.set_default(self.root, child, default);
                    arena.mem.publish(slot, child);
                    self.retire_node(spot.node);
                    arena.give_list(&list);
                }
            }
            _ => self.rebuild(&spot, within, edit, None)?,
        }
        Ok(Some(entry.value))
    }

    /// Takes a list without others below it out, with its node, and what is of no more use then.
    fn unhang(&self, spot: &Spot, slot: u32, list: &List<'_>, within: Prefix) -> Result<(), Short> {
        let arena = &self.arena;
        let Some(parent) = spot.parent else {
            let default = self.default_at(spot, within);
            let is_table = self.root == Root::None;
            arena.mem.publish(slot, if is_table { MISS } else { default });
            spot.home.into_iter().for_each(|home| arena.mem.store(home, 0));
            self.drop_block(spot.node, list);
            if let Root::Wide { shift: 8, .. } = self.root {
                self.drop_host(within);
            }
            return Ok(());
        };
        let at = arena.list_of(self.root, parent.node);
        let above = arena.list(at);
        let mut from = 0;
        let mut others = heapless::Vec::<u32, 2>::new();
        while let Some((slot, child)) = node::next_child(arena.mem, parent.node, from) {
            if slot != parent.byte && others.push(child).is_err() {
                break;
            }
            from = slot + 1;
        }
        match (above.count(), others.as_slice(), self.root) {
            (0, &[only], Root::None) => {
                arena.mem.publish(parent.slot, only);
                self.drop_block(parent.node, &above);
            }
            (0, &[], _) => {
                // A node that was there for this one only; without a root it would have had two.
                arena.mem.publish(parent.slot, arena.default_of(parent.node));
                let home = arena.home(self.root, above.prefix());
                home.into_iter().for_each(|home| arena.mem.store(home, 0));
                self.drop_block(parent.node, &above);
            }
            _ => {
                let above_spot = arena.seek(self.table, above.prefix());
                self.rebuild(&above_spot, above.prefix(), Edit::None, Some((parent.byte, None)))?;
            }
        }
        self.drop_block(spot.node, list);
        Ok(())
    }

    fn drop_block(&self, node: u32, list: &List<'_>) {
        if node != 0 {
            self.retire_node(node);
        }
        self.arena.give_list(list);
    }

    /// Gives the empty list of a root of 24 bits up that nothing hangs below any more.
    fn drop_host(&self, within: Prefix) {
        let arena = &self.arena;
        let above = Prefix::new_truncated(within.addr(), 16);
        let spot = arena.seek(self.table, above);
        if spot.list == 0 {
            return;
        }
        let list = arena.list(spot.list);
        let level = super::order::Level { within: above, list: Some(list), node: 0 };
        if list.count() == 0 && arena.below(self.root, &level, 0).is_none() {
            spot.home.into_iter().for_each(|home| arena.mem.store(home, 0));
            arena.give_list(&list);
        }
    }
}

/// Whether no leaf that differs between two words is one of ones.
fn keeps_ones(old: u32, new: u32, width: u32) -> bool {
    let bits = 8 << width.min(2);
    (0..32 / bits).all(|run| {
        let (old, new) = (entry::leaf(old, run, width), entry::leaf(new, run, width));
        old == new || (old != entry::ones(width) && new != entry::ones(width))
    })
}
