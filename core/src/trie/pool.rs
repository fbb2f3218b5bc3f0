//! A pool of cells of four words: one size, so nothing can fragment and accounting is exact.
//!
//! Cells are numbered from 1; link 0 means none. Cells that were never used lie beyond a
//! watermark, freed ones in a list through their first word.

use crate::memory::{Place, Words};

/// Words of a cell.
pub(crate) const CELL: u32 = 4;
/// Words that the pool keeps beside its cells: free list, watermark, cells in use, most ever used.
pub(crate) const POOL_HEADER: u32 = 4;
/// The bits of a word that can hold a link.
pub(crate) const LINK: u32 = (1 << 26) - 1;

const FREE: u32 = 0;
const WATERMARK: u32 = 1;
const USED: u32 = 2;
const HIGH: u32 = 3;

/// Cells at a place in the memory.
///
/// Where readers run beside the writer, cells that are given back wait in a list until
/// [`Pool::reclaim`]: somebody may still be looking at them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pool<'m> {
    pub(crate) mem: Words<'m>,
    header: u32,
    base: u32,
    capacity: u32,
    /// The place of the count of waiting cells, and how many links can stand behind it.
    waiting: Option<Place>,
}

impl<'m> Pool<'m> {
    /// The pool with its header at `header`, followed by `capacity` cells.
    pub(crate) fn new(mem: Words<'m>, header: u32, capacity: u32) -> Pool<'m> {
        let (base, capacity) = (header + POOL_HEADER, capacity.min(LINK));
        Pool { mem, header, base, capacity, waiting: None }
    }

    /// The same pool with a list of waiting cells: a count, and room for as many links.
    pub(crate) fn deferring(self, list: Place) -> Pool<'m> {
        Pool { waiting: Some(list), ..self }
    }

    /// The same pool for cells that no reader has seen: what is given back is free at once.
    pub(crate) fn freeing_at_once(self) -> Pool<'m> {
        Pool { waiting: None, ..self }
    }

    /// The place of a cell's first word.
    #[cfg_attr(not(any(target_arch = "x86_64", target_arch = "aarch64")), inline(never))]
    pub(crate) fn at(&self, link: u32) -> u32 {
        // Links beyond the pool come from corrupted memory only; they lead to the unused word
        // range at the end, where every load gives 0.
        let index = link.wrapping_sub(1);
        if index < self.capacity { self.base + index * CELL } else { u32::MAX - CELL }
    }

    /// Cells that can still be taken.
    pub(crate) fn available(&self) -> u32 {
        self.capacity.saturating_sub(self.used())
    }

    pub(crate) fn used(&self) -> u32 {
        self.mem.load(self.header + USED)
    }

    pub(crate) fn high(&self) -> u32 {
        self.mem.load(self.header + HIGH)
    }

    pub(crate) fn set_high(&self, high: u32) {
        self.mem.store(self.header + HIGH, high);
    }

    pub(crate) fn capacity(&self) -> u32 {
        self.capacity
    }

    /// Takes a cell, holding the given words.
    pub(crate) fn take(&self, words: [u32; 4]) -> Option<u32> {
        let mem = self.mem;
        let free = mem.load(self.header + FREE);
        let link = if free != 0 {
            mem.store(self.header + FREE, mem.load(self.at(free)));
            free
        } else {
            let watermark = mem.load(self.header + WATERMARK);
            if watermark >= self.capacity {
                return None;
            }
            mem.store(self.header + WATERMARK, watermark + 1);
            watermark + 1
        };
        let used = self.used() + 1;
        mem.store(self.header + USED, used);
        mem.store(self.header + HIGH, self.high().max(used));
        let at = self.at(link);
        for (offset, word) in (0..).zip(words) {
            mem.store(at + offset, word);
        }
        Some(link)
    }

    /// Gives a cell back; nothing that is published may lead to it any more.
    pub(crate) fn give(&self, link: u32) {
        let Some(list) = self.waiting else { return self.free(link) };
        let count = self.mem.load(list.at);
        // There is room for what one change frees; in damaged memory a cell may be lost.
        if count < list.capacity {
            self.mem.store(list.at + 1 + count, link);
            self.mem.store(list.at, count + 1);
        }
    }

    /// Cells that wait for readers.
    pub(crate) fn waiting(&self) -> u32 {
        self.waiting.map_or(0, |list| self.mem.load(list.at).min(list.capacity))
    }

    /// Frees the cells that waited.
    pub(crate) fn reclaim(&self) {
        let Some(list) = self.waiting else { return };
        for n in 0..self.waiting() {
            self.free(self.mem.load(list.at + 1 + n));
        }
        self.mem.store(list.at, 0);
    }

    /// Whether each cell below the watermark is either in use or in the list of free ones.
    pub(crate) fn is_sound(&self) -> bool {
        let watermark = self.mem.load(self.header + WATERMARK);
        let (mut free, mut link) = (0, self.mem.load(self.header + FREE));
        while link != 0 {
            free += 1;
            if link > watermark || free > watermark {
                return false;
            }
            link = self.mem.load(self.at(link));
        }
        let (used, high) = (self.used(), self.high());
        used.checked_add(free) == Some(watermark)
            && watermark <= self.capacity
            && used <= high
            && high <= watermark
    }

    fn free(&self, link: u32) {
        let mem = self.mem;
        mem.store(self.at(link), mem.load(self.header + FREE));
        mem.store(self.header + FREE, link);
        mem.store(self.header + USED, self.used().saturating_sub(1));
    }
}
