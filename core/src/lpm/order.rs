//! Routes in order: a table as a tree of lists, each with the lists that hang below its slots.

use super::entry::{is_pointer, is_special};
use super::intervals;
use super::list::{self, Entry, List};
use super::node;
use super::tree::{Arena, Root};
use crate::addr::{Addr, Prefix};

/// A place for a list in the tree: there may be none, only others below.
#[derive(Clone, Copy, Debug)]
pub(super) struct Level<'m> {
    pub(super) within: Prefix,
    pub(super) list: Option<List<'m>>,
    pub(super) node: u32,
}

/// What comes next in a level.
enum Item<'m> {
    Route((Prefix, Entry)),
    Below(Level<'m>),
}

impl<'m> Arena<'m> {
    /// The level that all of a table lies in.
    pub(super) fn top(&self, table: u32) -> Option<Level<'m>> {
        match self.root(table) {
            Root::Wide { lists, .. } => Some(self.level(Prefix::DEFAULT, self.link(lists))),
            root => {
                let node = self.mem.load(self.first_word(table));
                (is_pointer(node) && !is_special(node)).then(|| self.level_of(root, node))
            }
        }
    }

    fn level(&self, within: Prefix, list: u32) -> Level<'m> {
        let list = (list != 0).then(|| self.list(list));
        Level { within, list, node: list.map_or(0, |list| list.node()) }
    }

    fn level_of(&self, root: Root, node: u32) -> Level<'m> {
        let list = self.list(self.list_of(root, node));
        Level { within: list.prefix(), list: Some(list), node }
    }

    /// The first level below a slot from `from` on, with that slot.
    pub(super) fn below(
        &self,
        root: Root,
        level: &Level<'m>,
        from: u32,
    ) -> Option<(u32, Level<'m>)> {
        let addr = level.within.addr().0;
        let len = level.within.len();
        // Lists of a root's index are found there, others by their nodes.
        let (slot, list, node) = match (root, len) {
            (Root::Wide { lists, .. }, 0 | 8) => (from..256).find_map(|slot| {
                let at = if len == 0 { 1 + slot } else { 257 + (addr >> 16) + slot };
                let list = self.link(lists + at);
                let first = lists + 257 + (slot << 8);
                let has_longer = || (0..256).any(|next| self.mem.load(first + next) != 0);
                (list != 0 || len == 0 && has_longer()).then_some((slot, list, 0))
            })?,
            (Root::Wide { shift: 8, slots, .. }, 16) => (from..256).find_map(|slot| {
                let node = self.mem.load(slots + (addr >> 8) + slot);
                is_pointer(node).then_some((slot, 0, node))
            })?,
            _ if level.node == 0 => return None,
            _ => {
                let (slot, child) = node::next_child(self.mem, level.node, from)?;
                (slot, 0, child)
            }
        };
        let below = match node {
            0 => {
                let addr = Addr(addr | slot << (24 - u32::from(len)));
                self.level(Prefix::new_truncated(addr, len + 8), list)
            }
            node => self.level_of(root, node),
        };
        Some((slot, below))
    }

    /// The first route or level behind a key.
    fn behind(&self, root: Root, level: &Level<'m>, key: u32) -> Option<Item<'m>> {
        let route = level.list.and_then(|list| {
            let rank = list.rank(key + 1);
            (rank < list.count()).then(|| (list, list.entry(rank)))
        });
        // Below a slot lies what is longer than the routes that begin in it.
        let from = if key & 15 < 9 { key >> 4 } else { (key >> 4) + 1 };
        let last = route.map_or(255, |(_, entry)| entry.slot());
        if from <= last
            && let Some((slot, below)) = self.below(root, level, from)
            && route.is_none_or(|(_, entry)| list::below(slot) < entry.key)
        {
            return Some(Item::Below(below));
        }
        route.map(|(list, entry)| Item::Route((list.prefix_of(entry), entry)))
    }

    /// The first route of a level.
    fn first(&self, root: Root, level: Level<'m>) -> Option<(Prefix, Entry)> {
        let mut level = level;
        // At most four levels lie on a path. A level always has a route in it or below.
        for _ in 0..5 {
            let rank0 = level.list.filter(|list| list.count() > 0).map(|list| list.entry(0));
            let item = match rank0 {
                Some(entry) if entry.key == 0 => {
                    level.list.map(|list| Item::Route((list.prefix_of(entry), entry)))
                }
                _ => self.behind(root, &level, 0),
            };
            match item? {
                Item::Route(route) => return Some(route),
                Item::Below(below) => level = below,
            }
        }
        None
    }

    /// The first route of a table behind a prefix, by address, then length; without one, the first.
    pub(super) fn after(&self, table: u32, prefix: Option<Prefix>) -> Option<(Prefix, Entry)> {
        // In damaged memory routes may not rise, and who goes through them must come to an end.
        self.behind_prefix(table, prefix)
            .filter(|(found, _)| prefix.is_none_or(|prefix| *found > prefix))
    }

    fn behind_prefix(&self, table: u32, prefix: Option<Prefix>) -> Option<(Prefix, Entry)> {
        if let Some(at) = self.intervals(table) {
            let marks = intervals::marks(self.mem, at);
            let routes = intervals::routes(self.mem, at);
            let behind = |route| prefix.is_none_or(|prefix| route > prefix);
            let (place, &(prefix, value)) =
                routes.iter().enumerate().find(|(_, (route, _))| behind(*route))?;
            return Some((prefix, Entry { key: 0, mark: marks >> place & 1 != 0, value }));
        }
        let root = self.root(table);
        let mut level = self.top(table)?;
        let Some(prefix) = prefix else { return self.first(root, level) };
        // What to go on with on each level once the ones below it have nothing more.
        let mut path: heapless::Vec<(Level<'m>, u32), 5> = heapless::Vec::new();
        for _ in 0..5 {
            if !level.within.covers(Prefix::host(prefix.addr())) {
                // The level lies before the prefix, or behind it as a whole.
                if level.within.addr() > prefix.addr() {
                    return self.first(root, level);
                }
                break;
            }
            let own = list::place(prefix);
            if own.0.len() < level.within.len() {
                // All of the level is longer.
                return self.first(root, level);
            }
            if own.0.len() == level.within.len() {
                let _ = path.push((level, own.1));
                break;
            }
            let slot = prefix.addr().0 >> (24 - u32::from(level.within.len())) & 255;
            let _ = path.push((level, list::below(slot)));
            match self.below(root, &level, slot) {
                Some((found, below)) if found == slot => level = below,
                _ => break,
            }
        }
        while let Some((level, key)) = path.pop() {
            match self.behind(root, &level, key) {
                Some(Item::Route(route)) => return Some(route),
                Some(Item::Below(below)) => return self.first(root, below),
                None => {}
            }
        }
        None
    }
}
