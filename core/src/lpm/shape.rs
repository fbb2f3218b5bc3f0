//! What an arena's header tells, for callers that have a pointer and nothing else.

use crate::sync::{AtomicU32, Ordering};

use super::arena::Lpm;
use super::fib::Fib;
use super::layout::{self, Config, Layout};
use super::lookup::Lookup;
use super::tree::Arena;
use crate::addr::half;
use crate::memory::{MemoryError, Turn, Words, seal};

/// What a header under its seal says, read once for both the length of its memory and what is in it.
#[doc(hidden)]
#[derive(Debug)]
pub struct Shape {
    words: u32,
    config: Config,
    /// The first words of the two kinds of root.
    roots: [u32; 2],
}

impl Shape {
    /// Reads a header, of at least 14 words, that agrees with its seal; the memory may end behind it.
    #[inline]
    pub fn read(memory: &[AtomicU32]) -> Result<Shape, MemoryError> {
        let mem = Words(memory);
        let head: &[AtomicU32; TOLD] = mem.chunk(0).ok_or(MemoryError::NotInitialised)?;
        let is_one = mem.acquire(0) == layout::MAGIC;
        let [_, words, max_routes, max_tables, roots, readers, .., roots16, roots24, stated] = head;
        let load = |word: &AtomicU32| word.load(Ordering::Relaxed);
        let (words, max_routes, max_tables) = (load(words), load(max_routes), load(max_tables));
        let (roots, readers) = (load(roots), load(readers));
        let (roots16, roots24) = (load(roots16), load(roots24));
        let told = [words, max_routes, max_tables, roots, readers];
        if !is_one || load(stated) != sealed(told, [roots16, roots24]) {
            return Err(MemoryError::NotInitialised);
        }
        let config = Config {
            max_routes,
            max_tables,
            roots16: half(roots, true),
            roots24: half(roots, false),
            readers: half(readers, false),
        };
        Ok(Shape { words, config, roots: [roots16, roots24] })
    }

    /// The length of the memory in words.
    pub fn words(&self) -> usize {
        crate::memory::index(self.words)
    }

    fn words_of<'m>(&self, memory: &'m [AtomicU32]) -> Result<Words<'m>, MemoryError> {
        memory.get(..self.words()).map(Words).ok_or(MemoryError::TooSmall)
    }

    /// The tables in this memory, for lookups that nothing changes meanwhile.
    pub fn view<'m>(&self, memory: &'m [AtomicU32]) -> Result<Lookup<'m>, MemoryError> {
        let mem = self.words_of(memory)?;
        let [roots16, roots24] = self.roots;
        let (tables, max_tables) = (layout::TABLES, self.config.max_tables);
        Ok(Lookup { fib: Fib { mem, tables, max_tables, roots16, roots24 } })
    }

    pub(super) fn arena<'m>(&self, memory: &'m [AtomicU32]) -> Result<Arena<'m>, MemoryError> {
        let layout = Layout::new(&self.config, self.words);
        let layout = layout.ok_or(MemoryError::NotInitialised)?;
        Ok(Arena::new(self.words_of(memory)?, layout))
    }
}

/// The words to the seal.
#[expect(clippy::as_conversions, reason = "widening; `From` is not const")]
const TOLD: usize = (layout::SEAL + 1) as usize;

/// The seal of the length and the configuration, and of the places of the roots.
pub(super) fn sealed(told: [u32; 5], roots: [u32; 2]) -> u32 {
    // As one word, so that no code loops over them.
    let [words, max_routes, max_tables, numbers, readers] = told;
    let [roots16, roots24] = roots;
    seal([words ^ max_routes ^ max_tables ^ numbers ^ readers ^ roots16 ^ roots24])
}

impl<'m> Lpm<'m> {
    /// The turn at changing this arena; none while another is held.
    #[doc(hidden)]
    pub fn turn(&self) -> Option<Turn<'m>> {
        Turn::take(self.arena.mem, layout::TURN)
    }
}
