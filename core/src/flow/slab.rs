//! Records of one size that are taken and given back: the first free one, else a fresh one.

use crate::memory::Words;

/// Words of a slab's state: how many records were ever used, the first free one, how many are used.
pub(super) const SLAB_STATE: u32 = 3;
const FRESH: u32 = 0;
const FREE: u32 = 1;
const USED: u32 = 2;

#[derive(Clone, Copy, Debug)]
pub(super) struct Slab<'m> {
    pub(super) mem: Words<'m>,
    /// Where the state lies.
    pub(super) state: u32,
    /// Where the records lie, and the words of each. Its first word links free ones.
    pub(super) at: u32,
    pub(super) words: u32,
    pub(super) capacity: u32,
}

impl Slab<'_> {
    /// Where record `number` lies; the first one is 1.
    pub(super) fn place(&self, number: u32) -> u32 {
        self.at.wrapping_add(number.wrapping_sub(1).wrapping_mul(self.words))
    }

    pub(super) fn used(&self) -> u32 {
        self.mem.load(self.state + USED)
    }

    pub(super) fn is_full(&self) -> bool {
        self.used() >= self.capacity
    }

    /// Takes a record, of whatever content. What is none, as the memory was changed, is not given out.
    pub(super) fn take(&self) -> Option<u32> {
        let (mem, used) = (self.mem, self.used());
        let free = mem.load(self.state + FREE);
        let number = if free != 0 {
            if free > self.capacity {
                return None;
            }
            mem.store(self.state + FREE, mem.load(self.place(free)));
            free
        } else {
            let fresh = mem.load(self.state + FRESH);
            if fresh >= self.capacity {
                return None;
            }
            mem.store(self.state + FRESH, fresh.saturating_add(1));
            fresh + 1
        };
        mem.store(self.state + USED, used.saturating_add(1));
        Some(number)
    }

    /// Gives a record back.
    pub(super) fn give(&self, number: u32) {
        let mem = self.mem;
        mem.store(self.place(number), mem.load(self.state + FREE));
        mem.store(self.state + FREE, number);
        mem.store(self.state + USED, self.used().saturating_sub(1));
    }

    /// How many records were ever used.
    #[cfg(any(test, feature = "model"))]
    pub(super) fn fresh(&self) -> u32 {
        self.mem.load(self.state + FRESH)
    }

    /// The first free record that was used before; 0 is none.
    #[cfg(any(test, feature = "model"))]
    pub(super) fn free(&self) -> u32 {
        self.mem.load(self.state + FREE)
    }

    /// The free record behind another.
    #[cfg(any(test, feature = "model"))]
    pub(super) fn next_free(&self, number: u32) -> u32 {
        self.mem.load(self.place(number))
    }
}
