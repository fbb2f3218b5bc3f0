//! Tables without a root in which lookups begin further down than the routes do.
//!
//! A default route and one for a network's own addresses make nodes in which all addresses but those of
//! one byte have the same answer. Lookups pass such nodes by: the table's word leads to the first node that
//! has more to tell, and what its default word holds is the answer of all addresses outside its prefix, as
//! for any node that is reached by fewer bits. None of its leaves needs that word for anything else.
//!
//! The nodes passed by stay what they are, for the writer, who begins with the first of them. A change of
//! theirs, or of the node that lookups begin with, makes lookups begin with the first one before, and
//! further down again afterwards. No node that lookups have begun with is made an ordinary one again: it
//! is replaced by a copy, since a reader may still take its default word for the answer outside.

use super::entry::{self, MISS, Target, leaf, leaf_word, leaves, offset, ones, shift};
use super::fib;
use super::list;
use super::node;
use super::tree::{Arena, Root};
use super::update::{Short, Writer};
use crate::addr::Prefix;
use crate::memory::Words;

/// The most nodes that can be passed by: one stays to begin with.
const MOST: usize = 3;

impl Arena<'_> {
    /// The word that holds a table's first node while lookups begin further down, else 0.
    fn ahead(&self, table: u32) -> u32 {
        // Any number in damaged memory.
        self.layout.firsts.wrapping_add(table)
    }

    /// The word that leads to the first node of a table without a root.
    pub(super) fn first_word(&self, table: u32) -> u32 {
        let ahead = self.ahead(table);
        if self.mem.load(ahead) == 0 { self.word(table) } else { ahead }
    }

    /// Notes that a table's word leads to all of it.
    pub(super) fn begin_with_first(&self, table: u32) {
        self.mem.store(self.ahead(table), 0);
    }
}

impl Writer<'_> {
    /// Adds a route, or replaces its value; gives the value replaced.
    pub(super) fn insert(&self, prefix: Prefix, value: u32) -> Result<Option<u32>, Short> {
        if self.is_ahead() && !self.is_below(list::place(prefix).0, false) {
            // What is refused changes nothing.
            match (Writer { admits: true, ..*self }).add(prefix, value) {
                Err(Short::Admitted) => self.withdraw()?,
                done => return done,
            }
        }
        self.concluded(self.add(prefix, value))
    }

    /// Takes a route out; gives its value, or nothing if it is not there.
    pub(super) fn remove(&self, prefix: Prefix) -> Result<Option<u32>, Short> {
        let (within, key) = list::place(prefix);
        if self.is_ahead() && !self.is_below(within, true) {
            let list = self.arena.seek(self.table, within).list;
            if list == 0 || self.arena.list(list).find(key).is_err() {
                return Ok(None);
            }
            self.withdraw()?;
        }
        self.concluded(self.take_out(prefix))
    }

    fn concluded<R>(&self, done: Result<R, Short>) -> Result<R, Short> {
        // A change that waits for readers is tried again, without another copy.
        if done.is_ok() || !self.arena.pool.cut.shared {
            self.advance();
        }
        done
    }

    fn is_ahead(&self) -> bool {
        self.root == Root::None && self.arena.first_word(self.table) != self.arena.word(self.table)
    }

    /// Whether a change of a list leaves the node that lookups begin with, and those above, as they are.
    fn is_below(&self, within: Prefix, removes: bool) -> bool {
        let front = shift(self.arena.mem.load(self.arena.word(self.table)));
        let spot = self.arena.seek(self.table, within);
        let parent = spot.parent.map(|parent| shift(parent.node));
        let is_parent_below = parent.is_some_and(|parent| parent < front);
        if spot.other.is_some() {
            return parent.is_some_and(|parent| parent <= front);
        }
        if spot.list == 0 || spot.node == 0 {
            return is_parent_below;
        }
        let stays = !removes || self.arena.list(spot.list).count() > 1;
        shift(spot.node) < front && (stays || is_parent_below)
    }

    /// Makes lookups begin as far down as they can, from the first node on.
    pub(super) fn advance(&self) {
        let (arena, mem) = (&self.arena, self.arena.mem);
        let word = arena.word(self.table);
        let first = mem.load(word);
        if arena.first_word(self.table) != word || entry::target(first) != Target::Node {
            return;
        }
        // What all addresses outside the node that is reached have, if there are any; what the routes
        // above it say of those inside.
        let mut outside = (shift(first) != 24).then_some(MISS);
        let (mut node, mut default) = (first, MISS);
        let mut found = None;
        for _ in 0..MOST {
            let Some((slot, child, others)) = only_child(mem, node) else { break };
            if outside.is_some_and(|outside| outside != others) {
                break;
            }
            outside = Some(others);
            let own = arena.list(arena.list_of(self.root, node)).best(slot, 8);
            default = own.map_or(default, |own| own.value);
            // Bytes between the nodes are those of addresses that have the default.
            if shift(child) + 8 != shift(node) && default != others {
                break;
            }
            let width = entry::width(child);
            if default == others || entry::leaf_of_default(default, width) != ones(width) {
                let place = node::pointer_place(mem, node, slot);
                found = Some((child, place, default, others));
            }
            node = child;
        }
        let Some((mut node, place, default, others)) = found else { return };
        if default != others && !is_explicit(mem, node) {
            // Leaves of ones stay what they are, so a copy takes the place.
            let Ok(copy) = self.copy(node, default) else { return };
            fill_ones(mem, copy, default);
            mem.publish(place, copy);
            self.retire_node(node);
            node = copy;
        }
        mem.publish(offset(node), others);
        mem.store(arena.ahead(self.table), first);
        mem.publish(word, node);
    }

    /// A copy of a node, which nothing leads to yet but its list.
    fn copy(&self, node: u32, default: u32) -> Result<u32, Short> {
        let (arena, pool) = (&self.arena, &self.arena.pool);
        let (words, lead) = (self.node_words(node), arena.lead(self.root));
        let at = pool.take(words).ok_or(Short::Room(words))?;
        arena.mem.copy(offset(node).saturating_sub(lead), at, words);
        let copy = entry::moved(node, at + lead);
        arena.mem.store(offset(copy), default);
        pool.count_lookup(self.lookup_words(words), 0);
        arena.list(arena.list_of(self.root, copy)).set_node(copy);
        Ok(copy)
    }

    /// Makes lookups begin with the first node again.
    fn withdraw(&self) -> Result<(), Short> {
        let (arena, mem) = (&self.arena, self.arena.mem);
        let word = arena.word(self.table);
        let (first, front) = (mem.load(arena.ahead(self.table)), mem.load(word));
        let (mut node, mut default) = (first, MISS);
        for _ in 0..MOST {
            let Some((slot, child)) = node::next_child(mem, node, 0) else { break };
            let own = arena.list(arena.list_of(self.root, node)).best(slot, 8);
            default = own.map_or(default, |own| own.value);
            if child != front {
                node = child;
                continue;
            }
            if arena.pool.cut.shared {
                let copy = self.copy(front, default)?;
                mem.publish(node::pointer_place(mem, node, slot), copy);
                mem.publish(word, first);
                self.retire_node(front);
            } else {
                mem.publish(offset(front), default);
                mem.publish(word, first);
            }
            arena.begin_with_first(self.table);
            return Ok(());
        }
        // In damaged memory only.
        Err(Short::Full)
    }
}

/// The one pointer of a node and its slot, if all other slots have one answer, and that.
fn only_child(mem: Words<'_>, node: u32) -> Option<(u32, u32, u32)> {
    let (slot, child) = node::next_child(mem, node, 0)?;
    let mut others =
        runs(mem, node).filter(|&other| other != slot).map(|other| fib::step_at(mem, node, other));
    let first = others.next()?;
    others.all(|other| other == first && !entry::is_pointer(other)).then_some((slot, child, first))
}

/// Whether none of a node's leaves is of ones, and its default word of no use to them.
fn is_explicit(mem: Words<'_>, node: u32) -> bool {
    let width = entry::width(node);
    runs(mem, node).all(|slot| leaf_at(mem, node, slot).2 != ones(width))
}

/// Gives a node that nobody looks at yet the default itself in the place of leaves of ones.
fn fill_ones(mem: Words<'_>, node: u32, default: u32) {
    let width = entry::width(node).min(2);
    for slot in runs(mem, node) {
        let (at, run, leaf) = leaf_at(mem, node, slot);
        if leaf == ones(width) {
            let shift = (run * (8 << width)) & 31;
            let others = mem.load(at) & !(ones(width) << shift);
            mem.store(at, others | entry::leaf_of_default(default, width) << shift);
        }
    }
}

/// The word of a slot's leaf, the run that both are in, and the leaf.
fn leaf_at(mem: Words<'_>, node: u32, slot: u32) -> (u32, u32, u32) {
    let (run, width) = (node::run(mem, node, slot), entry::width(node));
    let at = leaves(node) + leaf_word(run, width);
    (at, run, leaf(mem.load(at), run, width))
}

/// The first slots of a node's runs.
fn runs(mem: Words<'_>, node: u32) -> impl Iterator<Item = u32> {
    core::iter::successors(Some(0), move |&slot| node::next_run(mem, node, slot))
}
