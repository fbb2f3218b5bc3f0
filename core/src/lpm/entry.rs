//! The words that lookups follow.
//!
//! An *entry* is what a table, a root slot or a leaf holds: a value of 31 bits, [`MISS`], or a
//! pointer:
//!
//! ```text
//! bit 31      1
//! bits 30-29  width of the node's leaves: 0 is 8 bits, 1 is 16, 2 is 32; 3 marks what is no node
//! bits 28-27  the node's shift in bytes: 3 where it looks at the address' first byte, 0 at its last
//!             (of what is no node: 0 sorted intervals, 1 a root of 16 bits, 2 one of 24)
//! bit 26      the node is small
//! bits 25-0   where it lies: a word offset (of a root: its number)
//! ```
//!
//! A node looks at one byte of the address. Its 256 slots fall into runs of equal answers:
//!
//! ```text
//! word -1   the node's prefix (in tables without a root: a node may be reached by fewer bits); its
//!           low byte is the writer's
//! word  0   the default: the answer of the routes above, for slots that have none of their own; of a
//!           node that is reached by fewer bits, also that of addresses outside its prefix
//! large     word 1..=11: 24 slots each, a bit where a run begins, and below them the number of
//!           runs begun in the words before; leaves from word 12
//! small     word 1: the first slots of the runs but the first, up to four, a byte each, rising; 0
//!           where there are fewer. Leaves from word 2, the last run's first
//! ```
//!
//! One load gives a slot's run, a second its leaf. Leaves of 8 and 16 bits hold value + 1, or 0 where
//! no route matches; those of 32 bits hold an entry. A leaf of ones says that the default is the
//! answer: it is, or once was, too large for the leaf. Nothing but leaves of 32 bits holds a pointer.

/// No route. Also what lookups in bulk write where no route matches.
pub const MISS: u32 = u32::MAX;

pub(super) const POINTER: u32 = 1 << 31;
pub(super) const SMALL: u32 = 1 << 26;
/// The bits of an entry that tell where something lies.
pub(super) const OFFSET: u32 = SMALL - 1;
const SHIFT_AT: u32 = 27;
const WIDTH_AT: u32 = 29;
/// The width that marks what is no node.
const SPECIAL: u32 = 3;

/// Words before the leaves of a large and of a small node, from the default on.
pub(super) const LARGE_HEAD: u32 = 12;
pub(super) const SMALL_HEAD: u32 = 2;
/// Runs of a small node.
pub(super) const SMALL_RUNS: u32 = 5;
/// Slots that one word of a large node tells of.
pub(super) const SLOTS_A_WORD: u32 = 24;

/// What an entry points to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Value,
    Miss,
    Node,
    /// Sorted intervals, at an offset.
    Intervals(u32),
    /// The root with this number.
    Root16(u32),
    Root24(u32),
}

#[inline(always)]
pub(super) const fn is_pointer(entry: u32) -> bool {
    // MISS wraps to 0; values stay at or below 2^31.
    entry.wrapping_add(1) > POINTER
}

pub(super) const fn node(offset: u32, width: u32, shift: u32, small: bool) -> u32 {
    let small = if small { SMALL } else { 0 };
    POINTER | width << WIDTH_AT | (shift / 8) << SHIFT_AT | small | offset & OFFSET
}

pub(super) const fn intervals(offset: u32) -> u32 {
    POINTER | SPECIAL << WIDTH_AT | offset & OFFSET
}

pub(super) const fn root16(number: u32) -> u32 {
    POINTER | SPECIAL << WIDTH_AT | 1 << SHIFT_AT | number & OFFSET
}

pub(super) const fn root24(number: u32) -> u32 {
    POINTER | SPECIAL << WIDTH_AT | 2 << SHIFT_AT | number & OFFSET
}

#[inline(always)]
pub(super) const fn offset(entry: u32) -> u32 {
    entry & OFFSET
}

/// The same pointer to another place.
pub(super) const fn moved(entry: u32, offset: u32) -> u32 {
    entry & !OFFSET | offset & OFFSET
}

/// Whether a pointer leads to something that is no node.
#[inline(always)]
pub(super) const fn is_special(entry: u32) -> bool {
    width(entry) == SPECIAL
}

#[inline(always)]
pub(super) const fn is_small(entry: u32) -> bool {
    entry & SMALL != 0
}

/// log2 of the bytes of a leaf.
#[inline(always)]
pub(super) const fn width(entry: u32) -> u32 {
    entry >> WIDTH_AT & 3
}

/// How far the node's byte lies from the address' lowest bit: 24, 16, 8 or 0.
#[inline(always)]
pub(super) const fn shift(entry: u32) -> u32 {
    entry >> (SHIFT_AT - 3) & 24
}

/// The first leaf's word.
#[inline(always)]
pub(super) const fn leaves(entry: u32) -> u32 {
    offset(entry) + if is_small(entry) { SMALL_HEAD } else { LARGE_HEAD }
}

#[inline(always)]
pub(super) const fn target(entry: u32) -> Target {
    if !is_pointer(entry) {
        return if entry == MISS { Target::Miss } else { Target::Value };
    }
    if !is_special(entry) {
        return Target::Node;
    }
    match entry >> SHIFT_AT & 3 {
        0 => Target::Intervals(offset(entry)),
        1 => Target::Root16(offset(entry)),
        _ => Target::Root24(offset(entry)),
    }
}

/// Where the sorted intervals lie that an entry leads to.
pub(super) const fn intervals_at(entry: u32) -> Option<u32> {
    if moved(entry, 0) == intervals(0) { Some(offset(entry)) } else { None }
}

/// The word of a large node's 11 that tells of a slot.
#[inline(always)]
pub(super) const fn word_of(slot: u32) -> u32 {
    // slot / 24 for every byte.
    (slot * 171) >> 12
}

/// The run that a slot is in, from the word that tells of it.
#[inline(always)]
pub(super) const fn large_run(word: u32, slot: u32) -> u32 {
    let place = slot - SLOTS_A_WORD * word_of(slot);
    (word & 255) + (word >> (31 - place)).count_ones()
}

/// The run that a slot is in, counted from the last one, from the first slots of all but the first:
/// how many begin behind it.
#[inline(always)]
pub(super) const fn small_run(bounds: u32, slot: u32) -> u32 {
    (behind(bounds, slot) >> 7).wrapping_mul(0x0101_0101) >> 24
}

/// The top bit of each byte: whether the bound there lies behind a slot.
#[inline(always)]
pub(super) const fn behind(bounds: u32, slot: u32) -> u32 {
    // It does if the mean of the bound and of 255 less the slot is 128 or more.
    let rest = (slot ^ 255) * 0x0101_0101;
    let means = (bounds & rest) + ((bounds ^ rest) >> 1 & 0x7F7F_7F7F);
    means & 0x8080_8080
}

/// The words that so many leaves of a width take.
pub(super) const fn leaf_words(count: u32, width: u32) -> u32 {
    ((count << width) + 3) >> 2
}

/// A leaf of ones. There are three widths; a fourth, met in damaged memory only, is as the third.
#[inline(always)]
pub(super) const fn ones(width: u32) -> u32 {
    u32::MAX.wrapping_shr(32u32.wrapping_sub(8 << width))
}

/// A leaf, from the word that holds it; `run` counts from the node's first leaf.
#[inline(always)]
pub(super) const fn leaf(word: u32, run: u32, width: u32) -> u32 {
    word.wrapping_shr(leaf_bit(run, width)) & ones(width)
}

/// The entry that a leaf holds, if it is not of ones.
#[inline(always)]
pub(super) const fn entry_of(leaf: u32, width: u32) -> u32 {
    // Leaves of 8 and 16 bits hold one more than the value.
    leaf.wrapping_sub(1).wrapping_add(width >> 1)
}

/// The leaf for an entry that a node's routes give: never of ones.
pub(super) const fn leaf_of(entry: u32, width: u32) -> u32 {
    if width == 2 { entry } else { entry.wrapping_add(1) }
}

/// The leaf for what the routes above a node give.
pub(super) const fn leaf_of_default(default: u32, width: u32) -> u32 {
    let leaf = leaf_of(default, width);
    if leaf < ones(width) { leaf } else { ones(width) }
}

/// The word, behind the first leaf's, that holds a leaf.
#[inline(always)]
pub(super) const fn leaf_word(run: u32, width: u32) -> u32 {
    leaf_bit(run, width) >> 5
}

/// The bits before a leaf, from the first leaf on.
#[inline(always)]
const fn leaf_bit(run: u32, width: u32) -> u32 {
    run << (width + 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_are_told_from_values() {
        for value in [0, 1, 0x7FFF_FFFF] {
            assert!(!is_pointer(value));
            assert_eq!(target(value), Target::Value);
        }
        assert_eq!(target(MISS), Target::Miss);
        for (width, shift, small) in [(0, 0, false), (1, 8, true), (2, 16, false), (2, 24, true)] {
            for offset in [0, 77, OFFSET] {
                let entry = node(offset, width, shift, small);
                assert!(is_pointer(entry) && target(entry) == Target::Node);
                assert_eq!(
                    (super::offset(entry), super::width(entry), super::shift(entry)),
                    (offset, width, shift)
                );
                assert_eq!(is_small(entry), small);
            }
        }
        assert_eq!(target(intervals(9)), Target::Intervals(9));
        assert_eq!(intervals_at(intervals(OFFSET)), Some(OFFSET));
        for other in [0, 9, MISS, root16(9), root24(9), node(9, 2, 24, true), node(9, 0, 0, false)]
        {
            assert_eq!(intervals_at(other), None);
        }
        assert_eq!(target(root16(3)), Target::Root16(3));
        assert_eq!(target(root24(4)), Target::Root24(4));
    }

    #[test]
    fn runs_by_bits_and_bounds() {
        for slot in 0..256u32 {
            assert_eq!(word_of(slot), slot / 24);
            for bounds in
                [[10, 20, 30, 255], [1, 2, 128, 129], [0, 0, 0, 255], [127, 128, 200, 254]]
            {
                let expected = bounds.iter().filter(|&&bound| u32::from(bound) > slot).count();
                let found = small_run(u32::from_le_bytes(bounds), slot);
                assert_eq!(found as usize, expected, "{bounds:?} {slot}");
            }
            let word = 7 | 1 << 31 | 1 << 20 | 1 << 8;
            let place = slot % 24;
            let begun = [31, 20, 8].iter().filter(|&&bit| 31 - bit <= place).count();
            assert_eq!(large_run(word, slot) as usize, 7 + begun);
        }
    }
}
