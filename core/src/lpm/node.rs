//! Nodes as they are compiled: the answers of 256 slots, cut into runs.

use core::ops::Range;

use crate::sync::Ordering;

use super::entry::{
    self, LARGE_HEAD, MISS, SLOTS_A_WORD, SMALL_HEAD, SMALL_RUNS, is_pointer, large_run, leaf,
    leaf_of, leaf_of_default, leaf_word, leaf_words, leaves, offset, ones, small_run, word_of,
};
use super::fib::COMPACT;
use super::list::{Edit, Entry, List, narrow_entry};
use crate::addr::Addr;
use crate::memory::{Words, index};

/// The words of the largest node, from its default on: 256 leaves of 32 bits.
const MOST_WORDS: usize = 12 + 256;

/// The answers of a byte's 256 slots: entries, [`MISS`] where the list has no route.
pub(super) struct Slots([u32; 256]);

impl Slots {
    pub(super) const fn new() -> Slots {
        Slots([MISS; 256])
    }

    pub(super) fn clear(&mut self) {
        self.0.fill(MISS);
    }

    /// What the routes of a list answer.
    pub(super) fn of(list: &List<'_>) -> Slots {
        let mut slots = Slots::new();
        slots.paint_list(list, 0, u32::MAX);
        slots
    }

    /// What the routes of a list answer after a change.
    pub(super) fn edited(list: Option<&List<'_>>, edit: Edit) -> Slots {
        let mut slots = Slots::new();
        let rank = match edit {
            Edit::None => u32::MAX,
            Edit::Insert(rank, _) | Edit::Replace(rank, _) | Edit::Remove(rank, _) => rank,
        };
        if let Some(list) = list {
            slots.paint_list(list, 0, rank);
        }
        if let Edit::Insert(_, entry) | Edit::Replace(_, entry) = edit {
            slots.paint([entry]);
        }
        if let Some(list) = list {
            let from = rank.saturating_add(u32::from(!matches!(edit, Edit::Insert(..))));
            slots.paint_list(list, from, u32::MAX);
        }
        slots
    }

    pub(super) fn paint_list(&mut self, list: &List<'_>, from: u32, to: u32) {
        match list.narrow(from, to) {
            Some(words) => {
                self.paint(words.iter().map(|word| narrow_entry(word.load(Ordering::Relaxed))));
            }
            None => self.paint(list.entries_in(from, to)),
        }
    }

    /// Fills routes in, each after those that cover it.
    fn paint(&mut self, entries: impl IntoIterator<Item = Entry>) {
        for entry in entries {
            match entry.slots() {
                // Most routes are of the longest length.
                (slot, 1) if !COMPACT => self.set(slot, entry.value),
                (first, count) => self.fill(first, count, entry.value),
            }
        }
    }

    /// Puts the pointers of a node at some slots in, but for one slot.
    pub(super) fn overlay(
        &mut self,
        mem: Words<'_>,
        node: u32,
        slots: Range<u32>,
        but: u32,
    ) -> bool {
        let (mut from, mut any) = (slots.start, false);
        while let Some((slot, child)) = next_child(mem, node, from) {
            if slot >= slots.end {
                break;
            }
            if slot != but {
                self.set(slot, child);
                any = true;
            }
            from = slot + 1;
        }
        any
    }

    pub(super) fn fill(&mut self, first: u32, count: u32, value: u32) {
        if let Some(slots) = self.0.get_mut(index(first)..index(first + count)) {
            slots.fill(value);
        }
    }

    pub(super) fn get(&self, slot: u32) -> u32 {
        self.0.get(index(slot & 255)).copied().unwrap_or(MISS)
    }

    #[inline]
    pub(super) fn set(&mut self, slot: u32, entry: u32) {
        if let Some(place) = self.0.get_mut(index(slot & 255)) {
            *place = entry;
        }
    }

    /// The value that all slots have.
    pub(super) fn uniform(&self) -> Option<u32> {
        let (&first, rest) = self.0.split_first()?;
        (first != MISS && !is_pointer(first) && rest.iter().all(|&slot| slot == first))
            .then_some(first)
    }
}

/// A node made ready to be written: its form, and its words behind the default.
pub(super) struct Draft {
    pub(super) width: u32,
    pub(super) small: bool,
    /// Words with the default.
    pub(super) words: u32,
    content: [u32; MOST_WORDS],
}

impl Draft {
    pub(super) const fn new() -> Draft {
        Draft { width: 0, small: false, words: 0, content: [0; MOST_WORDS] }
    }

    /// Cuts slots into runs; those without an answer of their own get the default.
    #[cfg_attr(not(any(target_arch = "x86_64", target_arch = "aarch64")), inline(never))]
    pub(super) fn of(slots: &Slots, default: u32) -> Draft {
        let mut draft = Draft::new();
        draft.compile(slots, default);
        draft
    }

    /// As [`Draft::of`], in place of what it was.
    pub(super) fn compile(&mut self, slots: &Slots, default: u32) {
        let mut found = [0; 256];
        self.content = [0; MOST_WORDS];
        let runs = self.heads(slots, &mut found);
        let found = found.get(..index(runs)).unwrap_or(&[]);
        self.width = width_of(found);
        self.small = runs <= SMALL_RUNS;
        if self.small {
            self.bounds();
        }
        self.leaves(found, runs, default);
    }

    /// Fills the eleven words of a large node in; gives the answers of the runs, and their number.
    fn heads(&mut self, slots: &Slots, found: &mut [u32; 256]) -> u32 {
        let first = slots.get(0);
        let mut runs = 1;
        let mut before = first;
        if let Some(place) = found.first_mut() {
            *place = first;
        }
        // The first run begins before the first slot, and is not counted.
        for (head, chunk) in
            self.content.iter_mut().skip(1).zip(slots.0.chunks(index(SLOTS_A_WORD)))
        {
            let rank = runs - 1;
            // Without branches, so that the compiler can compare many at once.
            let mut bits = 0;
            let mut shift = 32;
            let mut last = before;
            for &slot in chunk {
                shift -= 1;
                bits |= u32::from(slot != last) << shift;
                last = slot;
            }
            before = last;
            *head = bits | rank;
            while bits != 0 {
                let place = bits.leading_zeros();
                bits ^= 1 << 31 >> place;
                if let (Some(to), Some(&slot)) =
                    (found.get_mut(index(runs)), chunk.get(index(place)))
                {
                    *to = slot;
                }
                runs += 1;
            }
        }
        runs
    }

    /// Replaces the eleven words by the one of a small node. Bounds that are not needed are 0, behind no
    /// slot.
    fn bounds(&mut self) {
        let mut bounds = [0; 4];
        let mut places = bounds.iter_mut().rev();
        for (word, head) in (0u32..11).zip(self.content.iter().skip(1)).rev() {
            for place in (0..SLOTS_A_WORD).rev().filter(|place| head & 1 << (31 - place) != 0) {
                if let Some(bound) = places.next() {
                    *bound = u8::try_from(word * SLOTS_A_WORD + place).unwrap_or(u8::MAX);
                }
            }
        }
        self.content = [0; MOST_WORDS];
        if let Some(word) = self.content.get_mut(1) {
            *word = u32::from_le_bytes(bounds);
        }
    }

    fn leaves(&mut self, found: &[u32], runs: u32, default: u32) {
        let head = if self.small { SMALL_HEAD } else { LARGE_HEAD };
        let width = self.width;
        self.words = head + leaf_words(runs, width);
        for (number, &entry) in (0..runs).zip(found) {
            let run = if self.small { runs - 1 - number } else { number };
            let stored = match entry {
                MISS => leaf_of_default(default, width),
                entry => leaf_of(entry, width),
            };
            let at = head + leaf_word(run, width);
            if let Some(word) = self.content.get_mut(index(at)) {
                *word |= stored << ((run * (8 << width)) & 31);
            }
        }
    }

    /// Gives it the form of a large node of so many runs.
    pub(super) fn make_large(&mut self, width: u32, runs: u32) {
        (self.width, self.small) = (width, false);
        self.words = LARGE_HEAD + leaf_words(runs, width);
    }

    /// Adds bits to a word.
    pub(super) fn or(&mut self, word: u32, bits: u32) {
        if let Some(word) = self.content.get_mut(index(word)) {
            *word |= bits;
        }
    }

    /// Adds so many bits of the memory behind a word, from bit `from` on, behind word `to` from bit
    /// `at` on.
    pub(super) fn copy_bits(
        &mut self,
        mem: Words<'_>,
        first: u32,
        from: u32,
        to: usize,
        at: u32,
        bits: u32,
    ) {
        let last = (from + bits).div_ceil(32);
        let words = mem.range(first, last);
        let word =
            |number: u32| words.get(index(number)).map_or(0, |word| word.load(Ordering::Relaxed));
        let content = self.content.get_mut(to..).unwrap_or(&mut []);
        let mut done = 0;
        while done < bits {
            let (source, target) = (from + done, at + done);
            let some = (32 - target % 32).min(bits - done);
            let pair = u64::from(word(source / 32 + 1)) << 32 | u64::from(word(source / 32));
            let found = pair >> (source % 32) & (u64::MAX >> (64 - some));
            if let Some(word) = content.get_mut(index(target / 32)) {
                // At most 32 bits have been taken.
                *word |= u32::try_from(found).unwrap_or(0) << (target % 32);
            }
            done += some;
        }
    }

    /// Puts another pointer in the place of one that is there once.
    pub(super) fn replace(&mut self, old: u32, new: u32) {
        if let Some(word) = self.content.iter_mut().find(|word| **word == old) {
            *word = new;
        }
    }

    /// Whether the node has the form that a pointer tells.
    pub(super) fn is_like(&self, node: u32) -> bool {
        entry::width(node) == self.width && entry::is_small(node) == self.small
    }

    /// The words behind the default.
    pub(super) fn content(&self) -> &[u32] {
        self.content.get(1..index(self.words)).unwrap_or(&[])
    }
}

/// The narrowest width that holds all of some entries.
fn width_of(found: &[u32]) -> u32 {
    // MISS becomes 0, and a pointer stays large. Ones are for defaults that do not fit.
    match found.iter().map(|entry| entry.wrapping_add(1)).max().unwrap_or(0) {
        0..=0xFE => 0,
        0xFF..=0xFFFE => 1,
        _ => 2,
    }
}

/// The words of a node, from its default on.
pub(super) fn words(mem: Words<'_>, node: u32) -> u32 {
    let head = if entry::is_small(node) { SMALL_HEAD } else { LARGE_HEAD };
    head + leaf_words(runs(mem, node), entry::width(node).min(2))
}

/// How many runs a node has.
pub(super) fn runs(mem: Words<'_>, node: u32) -> u32 {
    if entry::is_small(node) {
        let bounds = mem.load(offset(node) + 1).to_le_bytes();
        return bounds.into_iter().fold(1, |runs, bound| runs + u32::from(bound != 0));
    }
    let last = mem.load(offset(node) + LARGE_HEAD - 1);
    ((last & 255) + (last & !255).count_ones() + 1).min(256)
}

/// The word of a node's prefix. No lookup looks at its low byte: there lies the other bytes' sum without
/// carries, since nothing else tells the prefix.
pub(super) fn prefix_word(prefix: Addr) -> u32 {
    let [a, b, c, _] = prefix.0.to_be_bytes();
    prefix.0 | u32::from(a ^ b ^ c)
}

/// The run that a slot of a node is in, by the place of its leaf.
pub(super) fn run(mem: Words<'_>, node: u32, slot: u32) -> u32 {
    if entry::is_small(node) {
        return small_run(mem.load(offset(node) + 1), slot);
    }
    large_run(mem.load(offset(node) + 1 + word_of(slot)), slot)
}

/// Gives the slots of a node that its list has no route for another default. Each leaf is stored by
/// itself: an address has its old or its new answer. A leaf of ones stays one, even for a default that
/// it could hold: a lookup that has met it is about to load the default, and must not find there what
/// comes when the slot has a route of its own.
pub(super) fn set_default(mem: Words<'_>, node: u32, own: &Slots, default: u32) {
    mem.publish(offset(node), default);
    let width = entry::width(node).min(2);
    let (wanted, bits) = (leaf_of_default(default, width), 8 << width);
    let mut next = Some(0);
    while let Some(slot) = next {
        let run = run(mem, node, slot);
        let at = leaves(node) + leaf_word(run, width);
        let word = mem.load(at);
        let old = leaf(word, run, width);
        let is_kept = old == wanted || old == ones(width) || (width == 2 && is_pointer(old));
        if own.get(slot) == MISS && !is_kept {
            let shift = (run * bits) & 31;
            mem.publish(at, word & !(ones(width) << shift) | wanted << shift);
        }
        next = next_run(mem, node, slot);
    }
}

/// The word that holds the pointer which a node has at a slot.
pub(super) fn pointer_place(mem: Words<'_>, node: u32, slot: u32) -> u32 {
    leaves(node) + run(mem, node, slot)
}

/// The first pointer of a node at or behind a slot, with its slot. Each is alone in its run.
pub(super) fn next_child(mem: Words<'_>, node: u32, from: u32) -> Option<(u32, u32)> {
    if entry::width(node) != 2 || from > 255 {
        return None;
    }
    let mut slot = from;
    loop {
        let entry = mem.load(pointer_place(mem, node, slot));
        if is_pointer(entry) && !entry::is_special(entry) {
            return Some((slot, entry));
        }
        slot = next_run(mem, node, slot)?;
    }
}

/// The first slot of the run behind the one that a slot is in.
pub(super) fn next_run(mem: Words<'_>, node: u32, slot: u32) -> Option<u32> {
    if entry::is_small(node) {
        let bounds = mem.load(offset(node) + 1).to_le_bytes();
        return bounds.into_iter().map(u32::from).filter(|&bound| bound > slot).min();
    }
    let place = slot - SLOTS_A_WORD * word_of(slot);
    // The bits behind the slot's, the rank left out.
    let mut behind = u32::MAX >> place >> 1;
    for word in word_of(slot)..11 {
        let bits = mem.load(offset(node) + 1 + word) & !255 & behind;
        if bits != 0 {
            return Some(SLOTS_A_WORD * word + bits.leading_zeros());
        }
        behind = u32::MAX;
    }
    None
}
