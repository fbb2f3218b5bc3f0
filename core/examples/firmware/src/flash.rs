//! Storage as NOR flash is: erased by the sector, programmed by the word, slow, and torn by a reset. It
//! lies in external memory that a reset leaves as it is; the board in QEMU has no flash to program.
//!
//! On a board with flash the same three functions talk to its controller.

use core::sync::atomic::{AtomicU32, Ordering};

use sekisho::store::{Geometry, Storage, StorageFault};

use crate::clock::{self, MILLISECOND};

/// An erased word.
const ERASED: u32 = u32::MAX;
/// Ticks that a word takes to be programmed, 20 microseconds, and a sector to be erased, 50 milliseconds,
/// as in the flash of microcontrollers.
const PROGRAM: u32 = MILLISECOND / 50;
const ERASE: u32 = 50 * MILLISECOND;
/// Bits that fall later than the others of their word: a reset may come between.
const SLOW: u32 = 0x5555_5555;
/// Parts of a sector that are erased one after another.
const PARTS: usize = 64;

/// Outside the sectors, or not of whole words.
const OUTSIDE: StorageFault = StorageFault(1);
/// The word holds something: programming could only clear more of its bits.
const NOT_ERASED: StorageFault = StorageFault(2);
/// The word does not hold what was programmed.
const NOT_PROGRAMMED: StorageFault = StorageFault(3);

static WAITED: AtomicU32 = AtomicU32::new(0);

/// Ticks that the program has waited for the storage so far, modulo 2^32.
pub fn waited() -> u32 {
    WAITED.load(Ordering::Relaxed)
}

fn wait(ticks: u32) {
    let start = clock::ticks();
    let passed = || clock::ticks().wrapping_sub(start);
    while passed() < ticks {}
    WAITED.store(waited().wrapping_add(passed()), Ordering::Relaxed);
}

/// Two sectors over words that a reset leaves as they are.
#[derive(Debug)]
pub struct Flash<'m> {
    words: &'m [AtomicU32],
}

impl<'m> Flash<'m> {
    /// The words as they are, half of them each sector.
    pub fn new(words: &'m [AtomicU32]) -> Flash<'m> {
        Flash { words }
    }

    fn sector(&self, sector: u32) -> Result<&'m [AtomicU32], StorageFault> {
        let mut sectors = self.words.chunks_exact(self.words.len() / 2);
        sectors.nth(sector as usize).ok_or(OUTSIDE)
    }
}

impl Storage for Flash<'_> {
    fn geometry(&self) -> Geometry {
        let sector_size = (self.words.len() / 2 * 4) as u32;
        Geometry { sectors: 2, sector_size, write_size: 4, erased: ERASED as u8 }
    }

    fn read(&mut self, sector: u32, at: u32, into: &mut [u8]) -> Result<(), StorageFault> {
        let words = self.sector(sector)?;
        for (at, byte) in (at as usize..).zip(into) {
            let word = words.get(at / 4).ok_or(OUTSIDE)?.load(Ordering::Relaxed);
            *byte = word.to_le_bytes()[at % 4];
        }
        Ok(())
    }

    fn write(&mut self, sector: u32, at: u32, bytes: &[u8]) -> Result<(), StorageFault> {
        let (values, rest) = bytes.as_chunks();
        let first = at as usize / 4;
        let words = self.sector(sector)?.get(first..).ok_or(OUTSIDE)?;
        if !at.is_multiple_of(4) || !rest.is_empty() || values.len() > words.len() {
            return Err(OUTSIDE);
        }
        words.iter().zip(values).try_for_each(|(word, &value)| program(word, value))
    }

    fn erase(&mut self, sector: u32) -> Result<(), StorageFault> {
        let words = self.sector(sector)?;
        for part in words.chunks(words.len().div_ceil(PARTS)) {
            part.iter().for_each(|word| word.store(ERASED, Ordering::Relaxed));
            wait(ERASE / PARTS as u32);
        }
        Ok(())
    }

    /// Everything is there when the functions above return.
    fn sync(&mut self) -> Result<(), StorageFault> {
        Ok(())
    }
}

/// Clears the bits of a word that the value has not, some before the others.
fn program(word: &AtomicU32, value: [u8; 4]) -> Result<(), StorageFault> {
    let value = u32::from_le_bytes(value);
    let clear = |kept: u32| {
        word.store(word.load(Ordering::Relaxed) & kept, Ordering::Relaxed);
        wait(PROGRAM / 2);
        word.load(Ordering::Relaxed)
    };
    if word.load(Ordering::Relaxed) != ERASED {
        return Err(NOT_ERASED);
    }
    clear(value | SLOW);
    if clear(value) == value { Ok(()) } else { Err(NOT_PROGRAMMED) }
}
