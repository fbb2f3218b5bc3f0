//! Finding one's way in a table, as the writer sees it: lists, nodes and the words between them.

use super::entry::{self, MISS, Target, is_pointer, is_special, offset, shift};
use super::fib::Fib;
use super::layout::{Layout, TOP};
use super::list::List;
use super::node;
use super::pool::{NODE, Pool};
use crate::addr::Prefix;
use crate::memory::Words;

/// How a table begins, and where its root's index of lists lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Root {
    /// No root: nodes from the table's word on.
    None,
    /// A root whose slots lie so far from the lowest bit: the first word, and that of the index.
    Wide { shift: u32, slots: u32, lists: u32 },
}

/// An arena, as all parts of the writer use it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arena<'m> {
    pub(super) mem: Words<'m>,
    pub(super) layout: Layout,
    pub(super) fib: Fib<'m>,
    pub(super) pool: Pool<'m>,
}

/// Where a list hangs, or would.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot {
    /// The word of a root's index that holds the list.
    pub(super) home: Option<u32>,
    /// The list, or 0.
    pub(super) list: u32,
    /// The word that holds the pointer to the list's node; none for lists above a root.
    pub(super) slot: Option<u32>,
    /// The pointer to its node, or 0.
    pub(super) node: u32,
    /// The node whose slot that is, with the word that leads to it.
    pub(super) parent: Option<Parent>,
    /// A node of other prefixes that hangs there instead.
    pub(super) other: Option<u32>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Parent {
    pub(super) node: u32,
    pub(super) slot: u32,
    /// The slot of the node that is meant.
    pub(super) byte: u32,
}

impl<'m> Arena<'m> {
    pub(super) fn new(mem: Words<'m>, layout: Layout) -> Arena<'m> {
        let fib = Fib {
            mem,
            tables: layout.tables,
            max_tables: layout.config.max_tables,
            roots16: layout.roots16,
            roots24: layout.roots24,
        };
        Arena { mem, layout, fib, pool: Pool { mem, cut: layout.cut } }
    }

    /// The word of a table.
    pub(super) fn word(&self, table: u32) -> u32 {
        // Any number in damaged memory.
        self.layout.tables.wrapping_add(table)
    }

    /// Where the intervals of a table of a few routes lie.
    pub(super) fn intervals(&self, table: u32) -> Option<u32> {
        entry::intervals_at(self.mem.load(self.word(table)))
    }

    pub(super) fn root(&self, table: u32) -> Root {
        let layout = &self.layout;
        match entry::target(self.mem.load(self.word(table))) {
            Target::Root16(number) if number < layout.config.roots16.into() => Root::Wide {
                shift: 16,
                slots: layout.roots16 + (number << 16),
                lists: layout.tops + number * TOP,
            },
            Target::Root24(number) if number < layout.config.roots24.into() => Root::Wide {
                shift: 8,
                slots: layout.roots24 + (number << 24),
                lists: layout.tops + (u32::from(layout.config.roots16) + number) * TOP,
            },
            _ => Root::None,
        }
    }

    pub(super) fn list(&self, at: u32) -> List<'m> {
        List::at(&self.pool, at)
    }

    /// Gives the block of a list back.
    pub(super) fn give_list(&self, list: &List<'_>) {
        self.pool.give(list.at, list.words());
    }

    /// Makes what leads to a list lead to another place.
    pub(super) fn lead_to(&self, root: Root, list: &List<'_>, to: u32) {
        let node = list.node();
        if node != 0 {
            self.mem.store(offset(node).saturating_sub(self.lead(root)), to << 2 | NODE);
        }
        if let Some(home) = self.home(root, list.prefix()) {
            self.mem.store(home, to);
        }
    }

    /// Words of a node's block before its default.
    pub(super) fn lead(&self, root: Root) -> u32 {
        1 + u32::from(self.pool.cut.shared) + u32::from(root == Root::None)
    }

    /// A word that tells where something lies, as the pool's do.
    pub(super) fn link(&self, word: u32) -> u32 {
        self.mem.load(word) & entry::OFFSET
    }

    /// The list that a node is compiled from.
    #[cfg_attr(not(any(target_arch = "x86_64", target_arch = "aarch64")), inline(never))]
    pub(super) fn list_of(&self, root: Root, node: u32) -> u32 {
        self.mem.load(offset(node).wrapping_sub(self.lead(root))) >> 2
    }

    pub(super) fn default_of(&self, node: u32) -> u32 {
        self.mem.load(offset(node))
    }

    /// The word of a root's index for a list, if lists of that length are there.
    #[cfg_attr(not(any(target_arch = "x86_64", target_arch = "aarch64")), inline(never))]
    pub(super) fn home(&self, root: Root, within: Prefix) -> Option<u32> {
        let Root::Wide { lists, .. } = root else { return None };
        let addr = within.addr().0;
        match within.len() {
            0 => Some(lists),
            8 => Some(lists + 1 + (addr >> 24)),
            16 => Some(lists + 257 + (addr >> 16)),
            _ => None,
        }
    }

    /// The place of the list of a prefix of 0, 8, 16 or 24 bits.
    pub(super) fn seek(&self, table: u32, within: Prefix) -> Spot {
        let root = self.root(table);
        let none = Spot { home: None, list: 0, slot: None, node: 0, parent: None, other: None };
        let home = self.home(root, within);
        let mut slot = match root {
            Root::None => self.first_word(table),
            Root::Wide { shift, slots, .. } => {
                if u32::from(within.len()) < 32 - shift {
                    let list = home.map_or(0, |home| self.link(home));
                    return Spot { home, list, ..none };
                }
                slots + (within.addr().0 >> shift)
            }
        };
        let mut parent = None;
        // At most four nodes lie on a path.
        for _ in 0..5 {
            let node = self.mem.load(slot);
            let here = Spot { home, slot: Some(slot), parent, ..none };
            if !is_pointer(node) || is_special(node) {
                let list = home.map_or(0, |home| self.link(home));
                return Spot { list, ..here };
            }
            let len = u32::from(within.len());
            let bits = 24 - shift(node);
            if root == Root::None {
                let prefix = self.mem.load(offset(node).wrapping_sub(1));
                let differs = (prefix ^ within.addr().0) >> shift(node) >> 8 != 0;
                if bits > len || differs {
                    return Spot { other: Some(node), ..here };
                }
            }
            if bits >= len {
                return Spot { node, list: self.list_of(root, node), ..here };
            }
            let byte = within.addr().0 >> shift(node) & 255;
            parent = Some(Parent { node, slot, byte });
            if entry::width(node) != 2 {
                return Spot { slot: None, parent, ..none };
            }
            slot = node::pointer_place(self.mem, node, byte);
            if !is_pointer(self.mem.load(slot)) {
                return Spot { slot: None, parent, ..none };
            }
        }
        none
    }

    /// The answer that the routes above a root's slot give: lengths up to the root's, but not of the
    /// list at the slot itself.
    pub(super) fn inherited(&self, root: Root, within: Prefix) -> u32 {
        let levels = [16u8, 8, 0].into_iter().filter(|&level| level < within.len());
        for level in levels {
            let above = Prefix::new_truncated(within.addr(), level);
            let list = self.home(root, above).map_or(0, |home| self.link(home));
            if list == 0 {
                continue;
            }
            let list = self.list(list);
            let slot = within.addr().0 >> list.shift() & 255;
            if let Some(entry) = list.best(slot, 8) {
                return entry.value;
            }
        }
        MISS
    }

    #[inline(never)]
    fn set_own_default(&self, root: Root, node: u32, value: u32) {
        let own = node::Slots::of(&self.list(self.list_of(root, node)));
        node::set_default(self.mem, node, &own, value);
    }

    /// Stores a node's default, and those of the nodes below that have it from there.
    pub(super) fn set_default(&self, root: Root, node: u32, value: u32) {
        let mut path: heapless::Vec<(u32, u32), 4> = heapless::Vec::new();
        if self.default_of(node) == value {
            return;
        }
        self.set_own_default(root, node, value);
        let _ = path.push((node, 0));
        while let Some((node, from)) = path.pop() {
            let Some((slot, child)) = node::next_child(self.mem, node, from) else { continue };
            let _ = path.push((node, slot + 1));
            let own = self.list(self.list_of(root, node)).best(slot, 8);
            if own.is_none() && self.default_of(child) != value {
                self.set_own_default(root, child, value);
                let _ = path.push((child, 0));
            }
        }
    }
}
