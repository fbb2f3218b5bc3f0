//! Where things lie in an arena's memory, and how much of it is needed.

use super::entry::OFFSET;
use super::list;
use super::pool::{Cut, POOL_HEADER};
use crate::memory::Place;

/// "SKL" and the layout's version.
pub(super) const MAGIC: u32 = 0x534B_4C06;
/// The header: magic, length in words, the configuration of four words, counters.
pub(super) const LENGTH: u32 = 1;
/// Routes held, and the most ever held.
pub(super) const ROUTES: u32 = 6;
pub(super) const HIGH: u32 = 7;
/// Counts announcements to readers; never 0.
pub(super) const GRACE: u32 = 8;
/// No table with a lower number is free.
pub(super) const FREE: u32 = 9;
/// The first words of the two kinds of root, as they follow from the configuration.
pub(super) const ROOTS: u32 = 10;
/// The seal of the length, the configuration and what follows from them, so that no single damaged word
/// makes an arena longer than it is: C hands over a pointer and nothing else.
pub(super) const SEAL: u32 = 12;
/// Not 0 while C's writer is at work.
pub(super) const TURN: u32 = 13;
/// One published word a table, right behind the header.
pub(super) const TABLES: u32 = 14;
/// Words of the two kinds of root. For loom, which cannot watch so many, the first few slots only: its
/// tests use no others.
pub(super) const ROOT16: u32 = if cfg!(loom) { 16 } else { 1 << 16 };
pub(super) const ROOT24: u32 = 1 << 24;
/// The lists above and at a root: of lengths 0 to 8, of 9 to 16 by first byte, of 17 to 24 by the
/// first two bytes.
pub(super) const TOP: u32 = 1 + 256 + ROOT16;

/// The most words that one route can take, with its share of the nodes that lead to it: a node with
/// nothing else in it, and one that branches off to it, with their lists.
const ROUTE: u32 = 28;
/// A route of a table of a few: two ends, two answers, the route.
const FEW: u32 = 6;
/// The most that such a table takes beside.
const FEW_TABLE: u32 = 11;
/// Segments of large arenas.
const SEGMENT: u32 = 16_384;
/// The longest segment.
const MOST_SEGMENT: u32 = 32_768;

/// What an arena is made for. The number of routes holds for every set of routes in memory of
/// [`Config::footprint`]; in less memory, what fits is decided by what the routes at hand take
/// ([`crate::lpm::Sizing`]).
///
/// ```
/// use sekisho::lpm::Config;
/// const CONFIG: Config = Config::new(1000, 4).readers(2);
/// static MEMORY: sekisho::Memory<{ CONFIG.footprint() }> = sekisho::Memory::new();
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Config {
    /// The most routes, in all tables together.
    pub max_routes: u32,
    /// The most tables, at most 2^20.
    pub max_tables: u32,
    /// Tables that may have a root of 16 bits (513 KiB each with its index).
    pub roots16: u16,
    /// Tables that may have a root of 24 bits (64.3 MiB each with its index).
    pub roots24: u16,
    /// Readers beside the writer; 0 if nothing is looked up while something changes.
    pub readers: u16,
}

#[expect(clippy::as_conversions, reason = "widening, or checked; `From` is not const")]
impl Config {
    /// An arena without roots or readers.
    pub const fn new(max_routes: u32, max_tables: u32) -> Config {
        Config { max_routes, max_tables, roots16: 0, roots24: 0, readers: 0 }
    }

    /// With tables that have a root of 16 bits.
    pub const fn roots16(self, roots16: u16) -> Config {
        Config { roots16, ..self }
    }

    /// With tables that have a root of 24 bits.
    pub const fn roots24(self, roots24: u16) -> Config {
        Config { roots24, ..self }
    }

    /// With readers beside the writer.
    pub const fn readers(self, readers: u16) -> Config {
        Config { readers, ..self }
    }

    /// The words of memory in which any `max_routes` routes fit; 0 if there are none, or more than
    /// an arena can address (2^26 words).
    pub const fn footprint(&self) -> usize {
        let routes = self.max_routes;
        if routes > OFFSET {
            return 0;
        }
        let shared = if self.readers > 0 { 2 } else { 0 };
        let words = if self.is_few() {
            let tables = self.max_tables;
            FEW_TABLE * (if tables < routes { tables } else { routes }) + FEW * routes
        } else {
            // Large blocks, which may leave as much of a segment unused, hold many routes; small ones
            // leave less than their own size.
            (ROUTE + shared) * routes
        };
        self.footprint_of(words as u64)
    }

    /// Whether an arena can address what this takes even without routes. If so, no sum of what follows
    /// from it is beyond 32 bits, as long as no length is beyond [`OFFSET`].
    const fn is_possible(&self) -> bool {
        self.max_routes != 0
            && self.max_tables != 0
            && self.max_tables <= 1 << 20
            && self.roots16 as u32 <= OFFSET / ROOT16
            && self.roots24 as u32 <= OFFSET / ROOT24
    }

    /// The words of memory in which blocks of so many words in all fit.
    pub(super) const fn footprint_of(&self, words: u64) -> usize {
        if words > OFFSET as u64 || !self.is_possible() {
            return 0;
        }
        let words = words as u32;
        let mut length = self.fixed(0) + words + self.headroom(1);
        let mut step = 0;
        while step < 64 {
            match Layout::new(self, length) {
                Some(layout) if layout.cut.capacity >= words => return length as usize,
                Some(layout) => length += self.missing(words, &layout),
                None if length > OFFSET => return 0,
                None if self.fixed(length) >= length => length = self.fixed(length) + 1,
                None => length += length / 8 + 16,
            }
            step += 1;
        }
        0
    }

    /// By how much memory must at least grow that is too short for blocks of so many words. What is
    /// behind the last whole segment holds nothing.
    const fn missing(&self, words: u32, layout: &Layout) -> u32 {
        let (segment, block) = (layout.cut.segment, self.block());
        let pool = layout.words - layout.cut.base;
        if pool == segment || segment <= block {
            return words - layout.cut.capacity;
        }
        let kept = if self.readers > 0 { 1 } else { 0 };
        let blocks = words + self.headroom(2);
        let least = (kept + blocks.div_ceil(segment - block)) * segment;
        if least > pool { least - pool } else { 1 }
    }

    /// Words before the pool's own, in memory of so many words.
    const fn fixed(&self, length: u32) -> u32 {
        TABLES
            + 3 * self.max_tables
            + self.roots() * (1 + TOP)
            + self.readers as u32
            + self.roots16 as u32 * ROOT16
            + self.roots24 as u32 * ROOT24
            + POOL_HEADER
            + self.bins(length)
            + self.segments(length)
    }

    const fn roots(&self) -> u32 {
        self.roots16 as u32 + self.roots24 as u32
    }

    /// The words of the longest list.
    const fn list(&self) -> u32 {
        let routes = if self.max_routes < list::MOST { self.max_routes } else { list::MOST };
        list::HEAD + 2 * routes
    }

    /// The words of the largest node.
    const fn node(&self) -> u32 {
        15 + if self.max_routes < 128 { 2 * self.max_routes + 1 } else { 256 }
    }

    /// The words of the largest block.
    const fn block(&self) -> u32 {
        let list = self.list();
        let most = if list > self.node() { list } else { self.node() };
        if self.is_few() || self.few() > most { self.few() } else { most }
    }

    /// The words of the largest table of a few routes.
    const fn few(&self) -> u32 {
        let (routes, few) = (self.max_routes, super::intervals::ROUTES);
        FEW_TABLE + FEW * if routes > few { few } else { routes }
    }

    const fn is_few(&self) -> bool {
        self.max_routes <= super::intervals::ROUTES && self.roots16 == 0 && self.roots24 == 0
    }

    /// Words that a change may need while what it replaces is still there.
    const fn headroom(&self, segments: u32) -> u32 {
        if self.is_few() {
            return self.few();
        }
        // In one segment that nobody else looks at, lists always grow in their place.
        let list = if segments == 1 && self.readers == 0 { 0 } else { self.list() };
        let words = list + self.node() + 48;
        if self.few() > words { self.few() } else { words }
    }

    const fn bins(&self, length: u32) -> u32 {
        let most = self.block() + 1;
        let some = length / 128;
        if some < most { some } else { most }
    }

    const fn segment(&self, length: u32) -> u32 {
        if self.readers == 0 {
            return if length <= MOST_SEGMENT { length } else { SEGMENT };
        }
        let least = 2 * self.block();
        let some = length / 16;
        let some = if some < SEGMENT { some } else { SEGMENT };
        if some > least { some } else { least }
    }

    const fn segments(&self, length: u32) -> u32 {
        match length.checked_div(self.segment(length)) {
            Some(segments) => segments + 1,
            None => 0,
        }
    }
}

/// The places that follow from a configuration and a length.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    pub(super) config: Config,
    pub(super) words: u32,
    /// One published word a table.
    pub(super) tables: u32,
    /// One word a table for the writer.
    pub(super) infos: u32,
    /// One word a table: its first node, if lookups begin further down.
    pub(super) firsts: u32,
    /// One word a root: the table that has it, and 1.
    pub(super) owners: Place,
    pub(super) readers: Place,
    pub(super) tops: u32,
    pub(super) roots16: u32,
    pub(super) roots24: u32,
    pub(super) cut: Cut,
}

#[expect(clippy::as_conversions, reason = "widening; `From` is not const")]
impl Layout {
    pub(super) const fn new(config: &Config, length: u32) -> Option<Layout> {
        if !config.is_possible() || length > OFFSET || config.fixed(length) >= length {
            return None;
        }
        let (tables, roots) = (config.max_tables, config.roots());
        let infos = TABLES + tables;
        let firsts = infos + tables;
        let owners = firsts + tables;
        let readers = owners + roots;
        let header = readers + config.readers as u32;
        let tops = header + POOL_HEADER + config.bins(length) + config.segments(length);
        let roots16 = tops + roots * TOP;
        let roots24 = roots16 + config.roots16 as u32 * ROOT16;
        let base = config.fixed(length);
        let pool = length - base;
        // One segment is all of a small pool.
        let segment = config.segment(length);
        let segment = if segment > pool { pool } else { segment };
        if segment == 0 {
            return None;
        }
        let segments = pool / segment;
        let kept = if config.readers > 0 { 1 } else { 0 };
        let (block, headroom) = (config.block(), config.headroom(segments));
        // What a block does not fit behind may be left over in each segment; a single one is packed
        // without gaps.
        let left = if segments == 1 { 0 } else { block };
        if segments <= kept || segment <= left || (kept == 1 && segments < 3) {
            return None;
        }
        let most = (segments - kept) * (segment - left);
        let capacity = most.saturating_sub(headroom);
        Some(Layout {
            config: *config,
            words: length,
            tables: TABLES,
            infos,
            firsts,
            owners: Place { at: owners, capacity: roots },
            readers: Place { at: readers, capacity: config.readers as u32 },
            tops,
            roots16,
            roots24,
            cut: Cut {
                header,
                base,
                segment,
                segments,
                bins: config.bins(length),
                capacity,
                shared: config.readers > 0,
            },
        })
    }
}
