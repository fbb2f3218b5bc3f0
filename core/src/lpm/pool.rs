//! Blocks of any size in the caller's memory.
//!
//! The pool is cut into segments. Blocks are taken from lists of freed ones of exactly their size,
//! else from the end of a segment; what neither has is won by moving the blocks of one segment
//! together (`compact`). Every block can be moved, so nothing fragments: what fits is decided by the
//! words in use alone, not by the order in which they came to be.
//!
//! ```text
//! free     size << 2 | 0, next and previous of its size; of one or two words the size alone
//! node     owning route list << 2 | 1, [next that waits], [prefix], the node
//! routes   table << 12 | number of routes << 3 | form << 2 | 2, ...
//! other    size << 2 | 3, a word for its owner, ...; with the top bit: waits for readers
//! ```

use super::entry::OFFSET;
use crate::memory::Words;

/// What a block is, the low bits of its first word.
pub(super) const FREE: u32 = 0;
pub(super) const NODE: u32 = 1;
pub(super) const ROUTES: u32 = 2;
pub(super) const OTHER: u32 = 3;
const KIND: u32 = 3;
/// With [`OTHER`]: no longer in use, but a reader may still look at it.
const WAITS: u32 = 1 << 31;

/// The fewest words of a block that is in use.
pub(super) const LEAST: u32 = 3;

/// Words of the pool's own header, before the lists and the segments' words.
pub(super) const POOL_HEADER: u32 = 9;
const CURRENT: u32 = 0;
/// Words of blocks in use, those that wait for readers left out.
const USED: u32 = 1;
const HIGH: u32 = 2;
/// Words of blocks that wait for readers.
const WAITING: u32 = 3;
/// First block given up since the last announcement; first of those announced.
const OPEN: u32 = 4;
const CLOSED: u32 = 5;
/// The announcement that the closed ones wait for.
const STAMP: u32 = 6;
/// Words in use by nodes and sorted intervals: what lookups read.
const LOOKUP: u32 = 7;
/// The segment whose blocks have been moved elsewhere, and 1, until the last reader has left it: none
/// of its places is given away before.
const DRAINING: u32 = 8;

/// Where a pool lies and how it is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    pub(super) header: u32,
    pub(super) base: u32,
    /// Words of a segment, at most 65,535.
    pub(super) segment: u32,
    pub(super) segments: u32,
    /// Sizes with a list of freed blocks: those below this.
    pub(super) bins: u32,
    /// Words that may be in use at once.
    pub(super) capacity: u32,
    /// Whether blocks can wait for readers: then nodes have a word for it, and one segment is kept
    /// empty to move blocks to.
    pub(super) shared: bool,
}

/// The blocks of an arena.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pool<'m> {
    pub(super) mem: Words<'m>,
    pub(super) cut: Cut,
}

impl<'m> Pool<'m> {
    fn get(&self, word: u32) -> u32 {
        self.mem.load(self.cut.header + word)
    }

    fn set(&self, word: u32, value: u32) {
        self.mem.store(self.cut.header + word, value);
    }

    pub(super) fn used(&self) -> u32 {
        self.get(USED)
    }

    pub(super) fn high(&self) -> u32 {
        self.get(HIGH)
    }

    pub(super) fn waiting(&self) -> u32 {
        self.get(WAITING)
    }

    /// Words of nodes and intervals in use.
    pub(super) fn lookup_words(&self) -> u32 {
        self.get(LOOKUP)
    }

    /// Counts words that lookups read as in use, or no longer.
    pub(super) fn count_lookup(&self, more: u32, less: u32) {
        self.set(LOOKUP, self.get(LOOKUP).wrapping_add(more).wrapping_sub(less));
    }

    /// A word that tells where something lies. In damaged memory it may tell anything, but never so much
    /// that sums with it would wrap.
    fn link(&self, word: u32) -> u32 {
        self.mem.load(word) & OFFSET
    }

    fn bin(&self, words: u32) -> Option<u32> {
        (words >= LEAST && words < self.cut.bins).then(|| self.cut.header + POOL_HEADER + words)
    }

    fn record(&self, segment: u32) -> u32 {
        (self.cut.header + POOL_HEADER + self.cut.bins).wrapping_add(segment)
    }

    /// The first word of a segment.
    pub(super) fn start(&self, segment: u32) -> u32 {
        self.cut.base + segment * self.cut.segment
    }

    /// Words of a segment up to the end of its last block, and words of blocks in use or waiting.
    #[cfg_attr(not(any(target_arch = "x86_64", target_arch = "aarch64")), inline(never))]
    pub(super) fn fill(&self, segment: u32) -> (u32, u32) {
        let record = self.mem.load(self.record(segment));
        (record >> 16, record & 0xFFFF)
    }

    #[cfg_attr(not(any(target_arch = "x86_64", target_arch = "aarch64")), inline(never))]
    pub(super) fn set_fill(&self, segment: u32, fill: u32, live: u32) {
        self.mem.store(self.record(segment), fill << 16 | live & 0xFFFF);
    }

    pub(super) fn segment_of(&self, at: u32) -> u32 {
        // What lies outside is met in damaged memory only, and counted with the last.
        let segment = at.wrapping_sub(self.cut.base) / self.cut.segment.max(1);
        segment.min(self.cut.segments.saturating_sub(1))
    }

    /// Takes a block of at least [`LEAST`] words, without moving any. What is in it is whatever was there.
    pub(super) fn take(&self, words: u32) -> Option<u32> {
        let at = self.take_freed(words).or_else(|| self.take_fresh(words))?;
        self.count(words, 0);
        Some(at)
    }

    fn count(&self, more: u32, less: u32) {
        let used = self.used().wrapping_add(more).wrapping_sub(less);
        self.set(USED, used);
        if used > self.high() {
            self.set(HIGH, used);
        }
    }

    fn take_freed(&self, words: u32) -> Option<u32> {
        let at = self.link(self.bin(words)?);
        if at == 0 {
            return None;
        }
        self.unlink(at, words);
        let segment = self.segment_of(at);
        let (fill, live) = self.fill(segment);
        self.set_fill(segment, fill, live + words);
        Some(at)
    }

    fn take_fresh(&self, words: u32) -> Option<u32> {
        let current = self.get(CURRENT);
        if let Some(at) = self.bump(current, words) {
            return Some(at);
        }
        // Where blocks are moved to an empty segment, the last one is not given away.
        let mut empty = None;
        let mut empties = 0;
        for step in 0..self.cut.segments {
            let segment = current.wrapping_add(step + 1).checked_rem(self.cut.segments)?;
            match self.fill(segment).0 {
                _ if self.drains(segment) => {}
                0 => {
                    empties += 1;
                    empty = empty.or(Some(segment));
                }
                fill if fill + words <= self.cut.segment => {
                    self.set(CURRENT, segment);
                    return self.bump(segment, words);
                }
                _ => {}
            }
            if empties > u32::from(self.cut.shared) {
                break;
            }
        }
        if empties <= u32::from(self.cut.shared) {
            return None;
        }
        self.set(CURRENT, empty?);
        self.bump(empty?, words)
    }

    /// Takes a block at the end of a segment.
    fn bump(&self, segment: u32, words: u32) -> Option<u32> {
        let (fill, live) = self.fill(segment);
        let room = segment < self.cut.segments && fill + words <= self.cut.segment;
        if !room || self.drains(segment) {
            return None;
        }
        self.set_fill(segment, fill + words, live + words);
        Some(self.start(segment) + fill)
    }

    /// Gives a block back that no reader can look at.
    #[cfg_attr(not(any(target_arch = "x86_64", target_arch = "aarch64")), inline(never))]
    pub(super) fn give(&self, at: u32, words: u32) {
        self.count(0, words);
        self.free(at, words);
    }

    fn free(&self, at: u32, words: u32) {
        let segment = self.segment_of(at);
        let (fill, live) = self.fill(segment);
        let live = live.saturating_sub(words);
        if self.drains(segment) {
            self.mem.store(at, words << 2 | FREE);
            self.set_fill(segment, if live == 0 { 0 } else { fill }, live);
            if live == 0 {
                self.set(DRAINING, 0);
            }
        } else if live == 0 {
            self.mem.store(at, words << 2 | FREE);
            self.mem.store(at + 1, 0);
            self.unlink_all(segment, fill, Some(at));
            self.set_fill(segment, 0, 0);
        } else if at + words == self.start(segment) + fill {
            self.set_fill(segment, fill.saturating_sub(words), live);
        } else {
            self.set_fill(segment, fill, live);
            self.put_free(at, words);
        }
    }

    /// The freed blocks of a size.
    #[cfg(test)]
    pub(super) fn freed(&self, words: u32) -> impl Iterator<Item = u32> {
        let first = self.bin(words).map_or(0, |bin| self.link(bin));
        core::iter::successors(Some(first), |&at| Some(self.link(at + 1))).take_while(|&at| at != 0)
    }

    /// Puts a freed block into the list of its size.
    fn put_free(&self, at: u32, words: u32) {
        self.mem.store(at, words << 2 | FREE);
        if let Some(bin) = self.bin(words) {
            let next = self.link(bin);
            self.mem.store(at + 1, next);
            self.mem.store(at + 2, 0);
            if next != 0 {
                self.mem.store(next + 2, at);
            }
            self.mem.store(bin, at);
        }
    }

    /// Makes a list longer or shorter in its place, if what is behind it lets it; all stays as it was
    /// otherwise. None is in a segment that is being emptied.
    pub(super) fn resize(&self, at: u32, words: u32, new: u32) -> bool {
        let segment = self.segment_of(at);
        let (fill, live) = self.fill(segment);
        let end = at + words;
        let is_last = end >= self.start(segment) + fill;
        // What is free behind it.
        let free = match self.tag(end) {
            _ if is_last => self.cut.segment.saturating_sub(fill),
            (FREE, size) => size,
            _ => 0,
        };
        if new > words + free {
            return false;
        }
        self.count(new, words);
        let live = (live + new).saturating_sub(words);
        if is_last {
            self.set_fill(segment, (fill + new).saturating_sub(words), live);
            return true;
        }
        self.set_fill(segment, fill, live);
        if free > 0 {
            self.unlink(end, free);
        }
        if words + free > new {
            self.put_free(at + new, words + free - new);
        }
        true
    }

    /// Makes what was left behind a block a freed one.
    pub(super) fn leave(&self, segment: u32, at: u32, words: u32) {
        let (fill, live) = self.fill(segment);
        self.set_fill(segment, fill + words, live);
        self.put_free(at, words);
    }

    fn drains(&self, segment: u32) -> bool {
        self.get(DRAINING) == segment.wrapping_add(1)
    }

    /// Whether a segment is being emptied.
    pub(super) fn is_draining(&self) -> bool {
        self.get(DRAINING) != 0
    }

    /// Takes the freed blocks of a segment out of their lists, and gives none of its places away until
    /// it is empty.
    pub(super) fn drain(&self, segment: u32) {
        self.set(DRAINING, segment + 1);
    }

    /// Takes a freed block out of its list.
    pub(super) fn unlink(&self, at: u32, words: u32) {
        let Some(bin) = self.bin(words) else { return };
        let (next, previous) = (self.link(at + 1), self.link(at + 2));
        self.mem.store(if previous == 0 { bin } else { previous + 1 }, next);
        if next != 0 {
            self.mem.store(next + 2, previous);
        }
    }

    /// Takes the blocks of a segment without others out of their lists, but for one not in any.
    fn unlink_all(&self, segment: u32, fill: u32, but: Option<u32>) {
        let start = self.start(segment);
        let mut at = start;
        while at < start + fill {
            // A block of no words is met in damaged memory only.
            let words = (self.mem.load(at) >> 2).max(1);
            if but != Some(at) {
                self.unlink(at, words);
            }
            at += words;
        }
    }

    /// Makes a block wait for readers, or frees it at once where there can be none: one may register at
    /// any time, so whether some are registered does not matter here. The block's second word is free
    /// for the list.
    pub(super) fn retire(&self, at: u32, words: u32) {
        if !self.cut.shared {
            return self.give(at, words);
        }
        self.count(0, words);
        self.set(WAITING, self.waiting().wrapping_add(words));
        self.mem.store(at, WAITS | words << 2 | OTHER);
        self.mem.store(at + 1, self.get(OPEN));
        self.set(OPEN, at);
    }

    /// Frees the blocks that wait for an announcement that has been heard, and announces the
    /// others by `announce`, which gives the new announcement.
    pub(super) fn settle(&self, heard: impl Fn(u32) -> bool, announce: impl FnOnce() -> u32) {
        if self.get(CLOSED) != 0 && heard(self.get(STAMP)) {
            self.free_waiting(CLOSED);
        }
        if self.get(CLOSED) == 0 && self.get(OPEN) != 0 {
            self.set(CLOSED, self.get(OPEN));
            self.set(OPEN, 0);
            self.set(STAMP, announce());
            if heard(self.get(STAMP)) {
                self.free_waiting(CLOSED);
            }
        }
    }

    /// As many blocks as there can be: each has at least three words.
    pub(super) fn most_blocks(&self) -> u32 {
        self.cut.segments * (self.cut.segment / LEAST)
    }

    fn free_waiting(&self, list: u32) {
        let mut at = self.get(list) & OFFSET;
        self.set(list, 0);
        // A longer list is met in damaged memory only.
        for _ in 0..self.most_blocks() + 1 {
            if at == 0 {
                break;
            }
            let (tag, next) = (self.mem.load(at), self.link(at + 1));
            let words = (tag & !WAITS) >> 2;
            self.set(WAITING, self.waiting().saturating_sub(words));
            self.free(at, words);
            at = next;
        }
    }

    /// The kind of a block, and what its first word tells besides: a node's list; the size of what is
    /// neither that nor routes.
    pub(super) fn tag(&self, at: u32) -> (u32, u32) {
        let tag = self.mem.load(at);
        (tag & KIND, (tag & !WAITS) >> 2)
    }

    pub(super) fn waits(&self, at: u32) -> bool {
        let tag = self.mem.load(at);
        tag & (WAITS | KIND) == WAITS | OTHER
    }

    /// The segment with the fewest words in use that has so many that are not, if one has, and an
    /// empty one to move to.
    pub(super) fn sparse(&self, words: u32) -> Option<u32> {
        let mut best: Option<(u32, u32)> = None;
        for segment in 0..self.cut.segments {
            let (fill, live) = self.fill(segment);
            let free = self.cut.segment - live.min(self.cut.segment);
            if !self.drains(segment)
                && fill > live
                && free >= words
                && best.is_none_or(|(_, most)| free > most)
            {
                best = Some((segment, free));
            }
        }
        best.map(|(segment, _)| segment)
    }

    pub(super) fn empty(&self) -> Option<u32> {
        (0..self.cut.segments).find(|&segment| self.fill(segment).0 == 0)
    }

    /// Makes a segment the one that blocks are taken from.
    pub(super) fn set_current(&self, segment: u32) {
        self.set(CURRENT, segment);
    }

    /// Takes a block at the end of a segment, for one that is moved there.
    pub(super) fn take_in(&self, segment: u32, words: u32) -> Option<u32> {
        let at = self.bump(segment, words)?;
        self.count(words, 0);
        Some(at)
    }
}
