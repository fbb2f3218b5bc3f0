//! What a step of a lookup needs to know of a node and of a slot, worked out beforehand.
//!
//! The upper six bits of an entry tell the kind of its node. Loads from these tables wait for nothing but
//! the entry and are done before the node's first word is there; the arithmetic in their place would fill
//! the processor's window with instructions, and fewer lookups would be under way at once. For processors
//! with little room there is [`super::fib::COMPACT`].

use super::entry::{LARGE_HEAD, POINTER, SLOTS_A_WORD, SMALL_HEAD, is_small, ones, width, word_of};
use crate::memory::index;

const KIND_AT: u32 = 26;
const KINDS: usize = 64;

struct Tables {
    ones: [u32; KINDS],
    odd: [u32; KINDS],
    leaves: [u32; KINDS],
    less: [u32; KINDS],
    counted: [u32; KINDS],
    leaf_bits: [u8; KINDS],
    places: [u16; 256],
}

static TABLES: Tables = tables();

#[expect(clippy::indexing_slicing, clippy::as_conversions, reason = "the compiler runs it")]
const fn tables() -> Tables {
    let mut tables = Tables {
        ones: [0; KINDS],
        odd: [0; KINDS],
        leaves: [0; KINDS],
        less: [0; KINDS],
        counted: [0; KINDS],
        leaf_bits: [0; KINDS],
        places: [0; 256],
    };
    let mut kind = 0;
    while kind < KINDS {
        let entry = (kind as u32) << KIND_AT;
        let (width, small) = (width(entry), is_small(entry));
        tables.ones[kind] = ones(width);
        tables.odd[kind] = if width < 2 { ones(width) } else { POINTER };
        tables.leaves[kind] = if small { SMALL_HEAD } else { LARGE_HEAD };
        tables.less[kind] = 1 - (width >> 1);
        tables.counted[kind] = if small { 0 } else { 255 };
        tables.leaf_bits[kind] = width as u8 + 3;
        kind += 1;
    }
    let mut slot = 0;
    while slot < 256 {
        let word = word_of(slot);
        let place = slot - SLOTS_A_WORD * word;
        tables.places[slot as usize] = ((word + 1) << 8 | (31 - place)) as u16;
        slot += 1;
    }
    tables
}

/// The kind of a node.
#[derive(Clone, Copy)]
pub(super) struct Kind(usize);

impl Kind {
    #[inline(always)]
    pub(super) fn of(entry: u32) -> Kind {
        Kind(index(entry >> KIND_AT))
    }

    #[inline(always)]
    fn of_kind(self, table: &[u32; KINDS]) -> u32 {
        table.get(self.0).copied().unwrap_or(0)
    }

    /// A leaf of ones.
    #[inline(always)]
    pub(super) fn ones(self) -> u32 {
        self.of_kind(&TABLES.ones)
    }

    /// From here on a leaf is no value: it is one of ones, or a pointer.
    #[inline(always)]
    pub(super) fn odd(self) -> u32 {
        self.of_kind(&TABLES.odd)
    }

    /// Words before the leaves.
    #[inline(always)]
    pub(super) fn leaves(self) -> u32 {
        self.of_kind(&TABLES.leaves)
    }

    /// How much more than the value a leaf holds.
    #[inline(always)]
    pub(super) fn less(self) -> u32 {
        self.of_kind(&TABLES.less)
    }

    /// The bits of the word that tells of a slot which count runs.
    #[inline(always)]
    pub(super) fn counted(self) -> u32 {
        self.of_kind(&TABLES.counted)
    }

    /// log2 of the bits of a leaf.
    #[inline(always)]
    pub(super) fn leaf_bits(self) -> u32 {
        TABLES.leaf_bits.get(self.0).copied().unwrap_or(0).into()
    }
}

/// Of a large node's slot: the word that tells of it, from the default on, above eight bits; in the lowest
/// five how far that word's bits are to be moved for the slot's to be the lowest.
#[inline(always)]
pub(super) fn place(slot: u8) -> u32 {
    TABLES.places.get(usize::from(slot)).copied().unwrap_or(0).into()
}

#[cfg(test)]
mod tests {
    use super::super::entry::{LARGE_HEAD, MISS, entry_of, is_pointer, leaf, leaf_word, leaves};
    use super::*;

    #[test]
    fn kinds_are_what_entries_say() {
        for bits in 0..1 << 6 {
            let (entry, kind) = (bits << KIND_AT, Kind::of(bits << KIND_AT));
            let width = width(entry);
            assert_eq!((kind.ones(), kind.leaves()), (ones(width), leaves(entry)));
            assert_eq!(kind.counted(), if is_small(entry) { 0 } else { 255 });
            for run in [0, 1, 2, 3, 4, 5, 77, 255, 300] {
                let bit = run << kind.leaf_bits();
                assert_eq!(bit >> 5, leaf_word(run, width));
                assert_eq!(
                    0x1234_5678u32.wrapping_shr(bit) & kind.ones(),
                    leaf(0x1234_5678, run, width)
                );
            }
            for leaf in [0, 1, 254, 255, 256, 65534, 65535, POINTER, POINTER + 1, MISS - 1, MISS] {
                let leaf = leaf & ones(width);
                let plain = leaf != ones(width) && !is_pointer(entry_of(leaf, width));
                assert_eq!(leaf < kind.odd(), plain, "{leaf:#x}");
                assert_eq!(leaf.wrapping_sub(kind.less()), entry_of(leaf, width));
            }
        }
    }

    #[test]
    fn places_are_what_slots_say() {
        for slot in 0..=255u8 {
            let (number, place) = (u32::from(slot), place(slot));
            assert_eq!(place >> 8, 1 + number / SLOTS_A_WORD);
            assert_eq!(place & 31, 31 - number % SLOTS_A_WORD);
            assert!(place >> 8 < LARGE_HEAD);
        }
    }
}
