//! Tables without a root in which lookups begin further down than the routes do.
//!
//! A default route and one for a network's own addresses make nodes in which all addresses but those of
//! one byte have the same answer. Lookups pass such nodes by: the table's word leads to the first node that
//! has more to tell, and what its default word holds is the answer of all addresses outside its prefix, as
//! for any node that is reached by fewer bits. None of its leaves needs that word for anything else.
//!
//! The nodes passed by stay what they are, for the writer, who begins with the first of them. A change of
//! theirs makes lookups begin with the first one before, and further down again afterwards. No node that
//! lookups have begun with is made an ordinary one again: a new one takes its place, since a reader may
//! still take its default word for the answer outside.

use super::entry::{self, MISS, Target, is_pointer, leaf, leaf_word, leaves, offset, ones, shift};
use super::list;
use super::node::{self, Draft, Slots};
use super::tree::{Arena, Parent, Root, Spot};
use super::update::{Short, Writer};
use crate::addr::Prefix;
use crate::memory::Words;

/// A node that lookups can begin with.
struct Front {
    node: u32,
    /// The word that leads to it among the nodes passed by.
    place: u32,
    /// What they answer inside its prefix, where it does not, and outside.
    default: u32,
    outside: u32,
}

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

    fn remember_first(&self, table: u32, first: u32) {
        self.mem.store(self.ahead(table), first);
    }

    /// Notes that a table's word leads to all of it.
    pub(super) fn forget_first(&self, table: u32) {
        self.mem.store(self.ahead(table), 0);
    }
}

impl Writer<'_> {
    /// Adds a route, or replaces its value; gives the value replaced.
    pub(super) fn insert(&self, prefix: Prefix, value: u32) -> Result<Option<u32>, Short> {
        let withdraws = self.is_ahead() && self.concerns_passed(list::place(prefix).0, false);
        if withdraws {
            // What is refused changes nothing.
            match (Writer { admits: true, ..*self }).add(prefix, value) {
                Err(Short::Admitted) => self.withdraw()?,
                done => return done,
            }
        }
        let done = self.add(prefix, value);
        self.conclude(done.is_ok(), withdraws);
        done
    }

    /// Takes a route out; gives its value, or nothing if it is not there.
    pub(super) fn remove(&self, prefix: Prefix) -> Result<Option<u32>, Short> {
        let (within, key) = list::place(prefix);
        let withdraws = self.is_ahead() && self.concerns_passed(within, true);
        if withdraws {
            let list = self.arena.seek(self.table, within).list;
            if list == 0 || self.arena.list(list).find(key).is_err() {
                return Ok(None);
            }
            self.withdraw()?;
        }
        let done = self.take_out(prefix);
        self.conclude(matches!(done, Ok(Some(_))), withdraws);
        done
    }

    /// Makes lookups begin as far down as they can after a change, or where they did before one that was
    /// not made: that one leaves all as it was.
    fn conclude(&self, is_made: bool, withdrew: bool) {
        // Where readers are waited for it is tried again, without another new node.
        if is_made || withdrew && !self.arena.pool.cut.shared {
            self.advance();
        }
    }

    fn is_ahead(&self) -> bool {
        self.root == Root::None && self.arena.first_word(self.table) != self.arena.word(self.table)
    }

    /// Whether a node is the one that lookups begin with, further down than the first.
    fn is_front(&self, node: u32) -> bool {
        self.is_ahead() && self.arena.mem.load(self.arena.word(self.table)) == node
    }

    /// Whether a change of a list is made from the first node on: it concerns a node that lookups pass by,
    /// or may take the one away that they begin with.
    fn concerns_passed(&self, within: Prefix, removes: bool) -> bool {
        let arena = &self.arena;
        let front = arena.mem.load(arena.word(self.table));
        let spot = arena.seek(self.table, within);
        let passed = |node| shift(node) > shift(front);
        if spot.list == 0 {
            return spot.parent.is_none_or(|parent| passed(parent.node));
        }
        if !removes || arena.list(spot.list).count() > 1 {
            return passed(spot.node);
        }
        // The list goes, and with it the one above if nothing holds that: a route, or two others below.
        let Some(parent) = spot.parent else { return true };
        if parent.node != front {
            return passed(parent.node);
        }
        let mut below = None;
        for _ in 0..3 {
            let from = below.map_or(0, |slot| slot + 1);
            match node::next_child(arena.mem, front, from) {
                Some((slot, _)) => below = Some(slot),
                None => return arena.list(arena.list_of(self.root, front)).count() == 0,
            }
        }
        false
    }

    /// The answer of the routes above the node at a spot.
    pub(super) fn default_of(&self, spot: &Spot) -> u32 {
        match spot.parent {
            Some(Parent { node, byte, .. }) if self.is_front(spot.node) => {
                let own = self.arena.list(self.arena.list_of(self.root, node)).best(byte, 8);
                own.map_or_else(|| self.arena.default_of(node), |own| own.value)
            }
            _ => self.arena.default_of(spot.node),
        }
    }

    /// Makes lookups begin with the first node, where they began with one that has been replaced.
    pub(super) fn leave(&self, node: u32) {
        if self.is_front(node) {
            self.begin_with_first();
        }
    }

    fn begin_with_first(&self) {
        let (arena, mem) = (&self.arena, self.arena.mem);
        mem.publish(arena.word(self.table), mem.load(arena.first_word(self.table)));
        arena.forget_first(self.table);
    }

    /// Makes lookups begin as far down as they can.
    pub(super) fn advance(&self) {
        let (arena, mem) = (&self.arena, self.arena.mem);
        let word = arena.word(self.table);
        if self.root != Root::None || entry::target(mem.load(word)) != Target::Node {
            return;
        }
        let Some(mut found) = self.furthest() else { return };
        if self.is_front(found.node) {
            return;
        }
        if self.is_ahead() {
            // What they begin with becomes one of those passed by.
            match self.withdraw().ok().and_then(|()| self.furthest()) {
                Some(further) => found = further,
                None => return,
            }
        }
        let Front { mut node, place, default, outside } = found;
        if default != outside && !is_explicit(mem, node) {
            // Leaves of ones stay what they are, so a new node takes the place.
            let Ok(new) = self.compiled(node, default) else { return };
            mem.publish(place, new);
            self.retire_node(node);
            node = new;
        }
        mem.publish(offset(node), outside);
        arena.remember_first(self.table, mem.load(word));
        mem.publish(word, node);
    }

    /// The node furthest down that lookups can begin with, if it is not the first.
    fn furthest(&self) -> Option<Front> {
        let (arena, mem) = (&self.arena, self.arena.mem);
        let mut node = mem.load(arena.first_word(self.table));
        // What all addresses outside the node that is reached have, if there are any; what the routes
        // above it say of those inside.
        let mut outside = (shift(node) != 24).then_some(MISS);
        let mut default = MISS;
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
                found = Some(Front { node: child, place, default, outside: others });
            }
            node = child;
        }
        found
    }

    /// A node compiled anew, which nothing leads to yet but its list. Not inlined, for the stack.
    #[inline(never)]
    fn compiled(&self, node: u32, default: u32) -> Result<u32, Short> {
        let arena = &self.arena;
        let list = arena.list(arena.list_of(self.root, node));
        let mut slots = Slots::of(&list);
        slots.overlay(arena.mem, node, 0..256, 256);
        let draft = Draft::of(&slots, default);
        let words = arena.lead(self.root) + draft.words;
        let at = arena.pool.take(words).ok_or(Short::Room(words))?;
        Ok(self.write_node(at, &list, list.prefix(), default, &draft))
    }

    /// Makes lookups begin with the first node again.
    fn withdraw(&self) -> Result<(), Short> {
        let (arena, mem) = (&self.arena, self.arena.mem);
        let front = mem.load(arena.word(self.table));
        let list = arena.list(arena.list_of(self.root, front));
        let spot = arena.seek(self.table, list.prefix());
        // Another node is there in damaged memory only.
        let place = spot.slot.filter(|_| spot.node == front).ok_or(Short::Full)?;
        let default = self.default_of(&spot);
        if arena.pool.cut.shared {
            let new = self.compiled(front, default)?;
            mem.publish(place, new);
            self.begin_with_first();
            self.retire_node(front);
        } else {
            mem.publish(offset(front), default);
            self.begin_with_first();
        }
        Ok(())
    }
}

/// The one pointer of a node and its slot, if all other slots have one answer, and that.
fn only_child(mem: Words<'_>, node: u32) -> Option<(u32, u32, u32)> {
    let (slot, child) = node::next_child(mem, node, 0)?;
    let mut answer = None;
    for other in runs(mem, node).filter(|&other| other != slot) {
        let here = match mem.load(node::pointer_place(mem, node, other)) {
            MISS => mem.load(offset(node)),
            here => here,
        };
        if is_pointer(here) || answer.is_some_and(|answer| answer != here) {
            return None;
        }
        answer = Some(here);
    }
    answer.map(|answer| (slot, child, answer))
}

/// Whether none of a node's leaves is of ones, and its default word of no use to them.
fn is_explicit(mem: Words<'_>, node: u32) -> bool {
    let (leaves, width) = (leaves(node), entry::width(node));
    let is_one = |run| leaf(mem.load(leaves + leaf_word(run, width)), run, width) == ones(width);
    !(0..node::runs(mem, node)).any(is_one)
}

/// The first slots of a node's runs.
fn runs(mem: Words<'_>, node: u32) -> impl Iterator<Item = u32> {
    core::iter::successors(Some(0), move |&slot| node::next_run(mem, node, slot))
}
