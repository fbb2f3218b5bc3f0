//! Moving blocks together, where no place of the size that is needed is left.
//!
//! In an arena without readers the blocks of one segment are moved down in it; where that does not make
//! room for a longer list beside the old one, those behind the list are moved up again by as much as it
//! grows. In one with readers they are copied to the segment that is kept empty, and their old places wait
//! like anything replaced.

use super::entry::{self, moved, offset};
use super::intervals;
use super::list::List;
use super::node;
use super::pool::{NODE, ROUTES};
use super::tree::Arena;
use super::update::Short;
use crate::memory::index;

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    Made,
    /// There will be room when readers have announced that they look at nothing.
    Waits,
    None,
}

impl Arena<'_> {
    /// Makes room for what a change was short of.
    pub(super) fn make_room(&self, short: Short) -> Room {
        let pool = &self.pool;
        let none = if pool.waiting() > 0 { Room::Waits } else { Room::None };
        let words = match short {
            Short::Full | Short::Admitted => return Room::None,
            Short::Room(words) | Short::Behind { words, .. } => words,
        };
        let Some(segment) = pool.sparse(words) else {
            return match short {
                Short::Behind { list, more, .. } => self.make_room_behind(list, more),
                _ => none,
            };
        };
        if pool.is_draining() {
            return none;
        }
        if !pool.cut.shared {
            self.slide(segment, 0);
            pool.set_current(segment);
            return Room::Made;
        }
        let Some(empty) = pool.empty() else { return none };
        self.evacuate(segment, empty);
        pool.set_current(empty);
        Room::Made
    }

    /// Makes so many words behind a list free, where it fits in no other place.
    fn make_room_behind(&self, list: u32, more: u32) -> Room {
        let pool = &self.pool;
        let segment = pool.segment_of(list);
        if pool.cut.segment.saturating_sub(pool.fill(segment).1) < more {
            return Room::None;
        }
        let at = self.slide(segment, list);
        let behind = at + self.words_of(at);
        let mut top = pool.start(segment) + pool.fill(segment).0;
        // From the last on, so that none is moved over another: blocks are known from the first on only,
        // so some last ones are noted each time.
        while top > behind {
            let mut last = [0; 32];
            let (mut at, mut count) = (behind, 0);
            while at < top {
                if let Some(place) = last.get_mut(index(count % 32)) {
                    *place = at;
                }
                at += self.words_of(at);
                count += 1;
            }
            for number in (count.saturating_sub(32)..count).rev() {
                let at = last.get(index(number % 32)).copied().unwrap_or(behind);
                self.relocate(at, at + more, top.saturating_sub(at));
                top = at;
            }
        }
        pool.leave(segment, behind, more);
        Room::Made
    }

    /// The words of a block that is in use, waits or is free.
    pub(super) fn words_of(&self, at: u32) -> u32 {
        let (kind, size) = self.pool.tag(at);
        let words = match kind {
            NODE => {
                // The first word of a node tells its list.
                let list = List::at(&self.pool, size);
                self.lead(self.root(list.table())) + node::words(self.mem, list.node())
            }
            ROUTES => List::at(&self.pool, at).words(),
            _ => size,
        };
        // A block of no words is met in damaged memory only.
        words.max(1)
    }

    /// Takes the freed blocks of a segment out of their lists.
    fn unlink_freed(&self, segment: u32) {
        let pool = &self.pool;
        let start = pool.start(segment);
        let end = start + pool.fill(segment).0;
        let mut at = start;
        while at < end {
            let words = self.words_of(at);
            if pool.tag(at).0 == super::pool::FREE {
                pool.unlink(at, words);
            }
            at += words;
        }
    }

    /// Moves the blocks of a segment together; gives the new place of one of them.
    fn slide(&self, segment: u32, mut one: u32) -> u32 {
        let pool = &self.pool;
        let start = pool.start(segment);
        let (fill, live) = pool.fill(segment);
        self.unlink_freed(segment);
        let (mut at, mut to) = (start, start);
        while at < start + fill {
            let words = self.words_of(at);
            if pool.tag(at).0 != super::pool::FREE {
                if at != to {
                    self.relocate(at, to, words);
                }
                if at == one {
                    one = to;
                }
                to += words;
            }
            at += words;
        }
        pool.set_fill(segment, to - start, live);
        one
    }

    fn evacuate(&self, segment: u32, empty: u32) {
        let pool = &self.pool;
        let start = pool.start(segment);
        let (fill, _) = pool.fill(segment);
        self.unlink_freed(segment);
        pool.drain(segment);
        let mut at = start;
        while at < start + fill {
            let words = self.words_of(at);
            let kind = pool.tag(at).0;
            if kind != super::pool::FREE && !pool.waits(at) {
                // All blocks in use fit in an empty segment.
                let Some(to) = pool.take_in(empty, words) else { return };
                self.relocate(at, to, words);
                if kind == ROUTES {
                    pool.give(at, words);
                } else {
                    pool.retire(at, words);
                }
            }
            at += words;
        }
    }

    /// Copies a block, and makes all that leads to it lead to the copy.
    fn relocate(&self, at: u32, to: u32, words: u32) {
        let (mem, pool) = (self.mem, &self.pool);
        match pool.tag(at) {
            (NODE, list) => {
                let list = List::at(pool, list);
                let spot = self.seek(list.table(), list.prefix());
                let node = list.node();
                let copy = moved(node, offset(node).wrapping_sub(at).wrapping_add(to));
                mem.copy(at, to, words);
                list.set_node(copy);
                if let Some(slot) = spot.slot {
                    mem.publish(slot, copy);
                }
                // Lookups may begin with it, and it is not the first.
                let word = self.word(list.table());
                if mem.load(word) == node {
                    mem.publish(word, copy);
                }
            }
            (ROUTES, _) => {
                let list = List::at(pool, at);
                // Before the copy, which may lie over it.
                self.lead_to(self.root(list.table()), &list, to);
                mem.copy(at, to, words);
            }
            _ => {
                let table = mem.load(at + 1);
                mem.copy(at, to, words);
                let word = self.word(table);
                if entry::intervals_at(mem.load(word)) == Some(at + intervals::LEAD) {
                    mem.publish(word, entry::intervals(to + intervals::LEAD));
                }
            }
        }
    }
}
