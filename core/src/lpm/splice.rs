//! The common change done quickly: one route in a large node.
//!
//! It concerns the slots that the route covers, so that the runs around them follow from those that are
//! there, without painting all 256 slots. What comes out is what painting them gives; where that is not
//! certain, they are painted.

use super::entry::{self, LARGE_HEAD, MISS, SLOTS_A_WORD, SMALL_RUNS, is_pointer, leaf_of, ones};
use super::list::{self, Edit, List};
use super::node::{self, Draft, Slots};
use crate::memory::{Words, index};

/// What becomes of a node by such a change.
pub(super) enum Spliced {
    Same,
    /// One word of leaves changes.
    Leaf(u32, u32),
    /// What the draft says.
    New,
}

/// What a slot's answer is, for telling runs apart: a pointer, or what its list gives. The leaf tells it,
/// where a route of the list cannot have the value that routes above have.
fn identity(mem: Words<'_>, node: u32, list: &List<'_>, default: u32, slot: u32) -> u32 {
    let (run, width) = (node::run(mem, node, slot), entry::width(node));
    let word = mem.load(entry::leaves(node) + entry::leaf_word(run, width));
    let leaf = entry::leaf(word, run, width);
    if leaf == ones(width) {
        return MISS;
    }
    if leaf != entry::leaf_of_default(default, width) {
        return entry::entry_of(leaf, width);
    }
    if default == MISS {
        return MISS;
    }
    list.best(slot, 8).map_or(MISS, |entry| entry.value)
}

/// Whether a leaf of a width holds an answer of a list, and whether one of the next smaller does.
fn fits(answer: u32, width: u32) -> (bool, bool) {
    let fits = |width| answer == MISS || leaf_of(answer, width) < ones(width);
    (width == 2 || fits(width), width > 0 && fits(width - 1))
}

/// Changes a large node as a change of its list demands. `list` is as it was before. Where nothing comes
/// of it the draft may have been written to.
pub(super) fn splice(
    mem: Words<'_>,
    node: u32,
    list: &List<'_>,
    edit: Edit,
    default: u32,
    draft: &mut Draft,
) -> Option<Spliced> {
    let (slot, count) = edit.slots();
    let (width, end) = (entry::width(node), slot + count);
    if !(1..256).contains(&count) || entry::is_small(node) || width > 2 {
        return None;
    }
    let outer = |entry: list::Entry| {
        list.best(slot, (entry.key & 15).saturating_sub(1)).map_or(MISS, |entry| entry.value)
    };
    let identity = |slot| identity(mem, node, list, default, slot);
    let here = if count == 1 { identity(slot) } else { MISS };
    // What answers where no longer route does, before and after, and the first of those.
    let (old, new, longer) = match edit {
        Edit::None => return None,
        Edit::Insert(index, entry) if count == 1 => (here, entry.value, index),
        Edit::Insert(index, entry) => (outer(entry), entry.value, index),
        Edit::Replace(index, entry) => (list.entry(index).value, entry.value, index + 1),
        Edit::Remove(index, entry) => (entry.value, outer(entry), index + 1),
    };
    if old == new || is_pointer(here) {
        return Some(Spliced::Same);
    }
    // The width stays, unless the answer that comes needs more, or the one that goes did.
    if !fits(new, width).0 || (width > 0 && !fits(old, width).1) {
        return None;
    }
    let before = (slot > 0).then(|| identity(slot - 1));
    let behind = (end < 256).then(|| identity(end));
    let stored = |answer| match answer {
        MISS => entry::leaf_of_default(default, width),
        answer => leaf_of(answer, width),
    };
    let bits = 8 << width;
    let leaves = entry::leaves(node);
    if count == 1 && ![before, behind].iter().any(|&near| near == Some(old) || near == Some(new)) {
        // The slot is a run of its own, and stays one.
        let (run, leaf) = (node::run(mem, node, slot), stored(new));
        let at = leaves + entry::leaf_word(run, width);
        let (word, shift) = (mem.load(at), (run * bits) & 31);
        let there = entry::leaf(word, run, width);
        if there != ones(width) && leaf != ones(width) {
            let word = word & !(ones(width) << shift) | leaf << shift;
            return Some(Spliced::Leaf(at, word));
        }
    }

    // What the slots answer now.
    let mut slots = Slots::new();
    slots.fill(slot, count, new);
    if count > 1 {
        slots.paint_list(list, longer, list.rank(list::key(end, 0)));
        slots.overlay(mem, node, slot..end, 256);
    }
    // The leaves of the runs before the slots and behind the next one stay; between them come those that
    // begin in the slots, and the next slot's, if a run begins there.
    let runs = node::run(mem, node, 255) + 1;
    let kept = if slot > 0 { node::run(mem, node, slot - 1) + 1 } else { 0 };
    let (mut run, mut last, mut begun) = (kept, before, [0; HEADS]);
    let mut begin = |slot: u32, leaf: u32| {
        draft.or(LARGE_HEAD + entry::leaf_word(run, width), leaf << ((run * bits) & 31));
        run += 1;
        // The first run of all is not counted.
        if let Some(word) = begun.get_mut(index(entry::word_of(slot))).filter(|_| slot > 0) {
            *word |= 1 << 31 >> (slot - SLOTS_A_WORD * entry::word_of(slot));
        }
    };
    for slot in slot..end {
        let answer = slots.get(slot);
        if last != Some(answer) {
            begin(slot, stored(answer));
            last = Some(answer);
        }
    }
    let mut rest = runs;
    if behind.is_some() {
        let next = node::run(mem, node, end);
        if last != behind {
            let word = mem.load(leaves + entry::leaf_word(next, width));
            begin(end, entry::leaf(word, next, width));
        }
        rest = next + 1;
    }
    let after = runs.saturating_sub(rest) + run;
    if after <= SMALL_RUNS {
        return None;
    }
    draft.make_large(width, after);
    heads(mem, node, slot.max(1)..=end.min(255), &begun, draft);
    let to = index(LARGE_HEAD);
    draft.copy_bits(mem, leaves, 0, to, 0, kept * bits);
    draft.copy_bits(mem, leaves, rest * bits, to, run * bits, runs.saturating_sub(rest) * bits);
    Some(Spliced::New)
}

/// The words that tell where runs begin.
const HEADS: usize = 11;

/// Copies the words that tell where runs begin, but for what they say of some slots.
fn heads(
    mem: Words<'_>,
    node: u32,
    slots: core::ops::RangeInclusive<u32>,
    begun: &[u32; HEADS],
    draft: &mut Draft,
) {
    let mut rank = 0;
    for (word, &set) in (0..).zip(begun) {
        let old = mem.load(entry::offset(node) + 1 + word);
        let first = SLOTS_A_WORD * word;
        let (from, to) = ((*slots.start()).max(first), (*slots.end()).min(first + 23));
        let mut bits = old & !255;
        if from <= to {
            let those = u32::MAX >> (from - first) & u32::MAX << (31 - (to - first));
            bits = bits & !those | set;
        }
        draft.or(1 + word, bits | rank);
        // As many more as before, but where a bit has changed.
        let next = match word {
            10 => 0,
            _ => mem.load(entry::offset(node) + 2 + word) & 255,
        };
        let same = bits == old & !255;
        let begun = if same { next.wrapping_sub(old & 255) } else { bits.count_ones() };
        rank = rank.wrapping_add(begun) & 255;
    }
}
