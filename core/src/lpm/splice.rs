//! The common change done quickly: one route of the longest length in a large node.
//!
//! It concerns one slot, so that the runs around it follow from those that are there, without
//! painting all 256 slots. What comes out is what painting them gives; where that is not certain,
//! they are painted.

use super::entry::{self, LARGE_HEAD, MISS, SMALL_RUNS, is_pointer, leaf_of, ones};
use super::list::{Edit, List};
use super::node::{self, Draft};
use crate::memory::{Words, index};

/// What becomes of a node by such a change.
#[expect(clippy::large_enum_variant, reason = "there is no heap, and it is taken apart at once")]
pub(super) enum Spliced {
    Same,
    /// One word of leaves changes.
    Leaf(u32, u32),
    New(Draft),
}

/// What a slot's answer is, for telling runs apart: a pointer, or what its list gives.
fn identity(mem: Words<'_>, node: u32, list: &List<'_>, slot: u32) -> u32 {
    if entry::width(node) == 2 {
        let there = mem.load(node::pointer_place(mem, node, slot));
        if is_pointer(there) {
            return there;
        }
    }
    list.best(slot, 8).map_or(MISS, |entry| entry.value)
}

/// Whether a leaf of a width holds an answer of a list, and whether one of the next smaller does.
fn fits(answer: u32, width: u32) -> (bool, bool) {
    let fits = |width| answer == MISS || leaf_of(answer, width) < ones(width);
    (width == 2 || fits(width), width > 0 && fits(width - 1))
}

/// Changes a large node as a change of its list demands, if that is of a single slot. `list` is as
/// it was before.
pub(super) fn splice(
    mem: Words<'_>,
    node: u32,
    list: &List<'_>,
    edit: Edit,
    default: u32,
) -> Option<Spliced> {
    let (slot, count) = edit.slots();
    let width = entry::width(node);
    if count != 1 || entry::is_small(node) || width > 2 {
        return None;
    }
    let outer = || list.best(slot, 7).map_or(MISS, |entry| entry.value);
    let (old, new) = match edit {
        Edit::None => return None,
        Edit::Insert(_, entry) => (outer(), entry.value),
        Edit::Replace(index, entry) => (list.entry(index).value, entry.value),
        Edit::Remove(_, entry) => (entry.value, outer()),
    };
    if old == new || is_pointer(identity(mem, node, list, slot)) {
        return Some(Spliced::Same);
    }
    // The width stays, unless the answer that comes needs more, or the one that goes did.
    if !fits(new, width).0 || (width > 0 && !fits(old, width).1) {
        return None;
    }
    let before = (slot > 0).then(|| identity(mem, node, list, slot - 1));
    let behind = (slot < 255).then(|| identity(mem, node, list, slot + 1));
    let begins = |of: u32| before.is_none_or(|before| before != of);
    let ends = |of: u32| behind.is_none_or(|behind| behind != of);
    let run = node::run(mem, node, slot);
    let leaf = match new {
        MISS => entry::leaf_of_default(default, width),
        answer => leaf_of(answer, width),
    };
    let bits = 8 << width;
    let leaves = entry::leaves(node);
    if begins(old) && begins(new) && ends(old) && ends(new) {
        // The slot is a run of its own, and stays one.
        let at = leaves + entry::leaf_word(run, width);
        let (word, shift) = (mem.load(at), (run * bits) & 31);
        let there = entry::leaf(word, run, width);
        if there != ones(width) && leaf != ones(width) {
            let word = word & !(ones(width) << shift) | leaf << shift;
            return Some(Spliced::Leaf(at, word));
        }
    }

    // The leaves before the slot's run and behind the one of the next slot stay; between them come
    // the slot's, if a run begins there, and the next slot's, if one begins there.
    let runs = node::run(mem, node, 255) + 1;
    let kept = if begins(old) { run } else { run + 1 };
    let next = run + u32::from(ends(old));
    let (rest, next) = if slot < 255 { (next + 1, Some(next)) } else { (runs, None) };
    let mut between = heapless::Vec::<u32, 2>::new();
    if begins(new) {
        let _ = between.push(leaf);
    }
    if let Some(next) = next.filter(|_| ends(new)) {
        let word = mem.load(leaves + entry::leaf_word(next, width));
        let _ = between.push(entry::leaf(word, next, width));
    }
    let added = u32::try_from(between.len()).unwrap_or(0);
    let after = kept + added + (runs - rest.min(runs));
    if after <= SMALL_RUNS {
        return None;
    }
    let mut draft = Draft::blank(width, LARGE_HEAD + entry::leaf_words(after, width));
    heads(mem, node, slot, begins(new), ends(new), &mut draft);
    let to = index(LARGE_HEAD);
    draft.copy_bits(mem, leaves, 0, to, 0, kept * bits);
    for (place, leaf) in (kept..).zip(&between) {
        draft.or(LARGE_HEAD + entry::leaf_word(place, width), leaf << ((place * bits) & 31));
    }
    let (from, at) = (rest * bits, (kept + added) * bits);
    draft.copy_bits(mem, leaves, from, to, at, (runs - rest.min(runs)) * bits);
    Some(Spliced::New(draft))
}

/// Copies the words that tell where runs begin, with other answers for a slot and the next one.
fn heads(mem: Words<'_>, node: u32, slot: u32, begins: bool, ends: bool, draft: &mut Draft) {
    let mut rank = 0;
    for word in 0..11 {
        let old = mem.load(entry::offset(node) + 1 + word);
        let mut bits = old & !255;
        for (place, set) in [(slot, begins && slot > 0), (slot + 1, ends && slot < 255)] {
            if place < 256 && entry::word_of(place) == word {
                let bit = 1 << 31 >> (place - entry::SLOTS_A_WORD * word);
                bits = bits & !bit | if set { bit } else { 0 };
            }
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
