//! How much memory given routes take.

use super::arena::{Lpm, Root};
use super::build::{self, Blocks, Counting};
use super::error::LpmError;
use super::intervals::{self, Cut};
use super::layout::Config;
use crate::addr::Prefix;

/// Adds up what tables take, so that memory can be sized for just these.
///
/// ```
/// use sekisho::addr::Prefix;
/// use sekisho::lpm::{Config, Root, Sizing};
/// let routes = [(Prefix::parse("10.0.0.0/8").unwrap(), 1)];
/// let config = Config::new(16, 1);
/// let words = Sizing::new(&config).table(Root::Compact, &routes)?.footprint();
/// assert!(words < config.footprint());
/// # Ok::<(), sekisho::lpm::LpmError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Sizing {
    config: Config,
    words: u64,
    lookup: u64,
}

impl Sizing {
    /// For an arena of this configuration, without routes.
    pub const fn new(config: &Config) -> Sizing {
        Sizing { config: *config, words: 0, lookup: 0 }
    }

    /// With one more table of these routes. `NotSorted`: they are not strictly ascending.
    pub fn table(self, root: Root, routes: &[(Prefix, u32)]) -> Result<Sizing, LpmError> {
        if !build::is_sorted(routes) {
            return Err(LpmError::NotSorted);
        }
        let shared = self.config.readers > 0;
        let few = u32::try_from(routes.len()).unwrap_or(u32::MAX);
        let (words, lookup): (u32, u32) = match root {
            Root::Compact if few == 0 => (0, 0),
            Root::Compact if few <= intervals::ROUTES => {
                let words = Cut::of(routes).words(few);
                (words, words - intervals::LEAD - 2 * few)
            }
            Root::Compact => {
                let counting = Counting::new(true, shared);
                let _ = build::rootless(&Blocks::Counted(&counting), routes);
                counting.words()
            }
            Root::Bits16 | Root::Bits24 => {
                let counting = Counting::new(false, shared);
                let bits = if root == Root::Bits16 { 16 } else { 24 };
                let _ = build::count_rooted(&counting, routes, bits);
                counting.words()
            }
        };
        let (words, lookup) = (self.words + u64::from(words), self.lookup + u64::from(lookup));
        Ok(Sizing { words, lookup, ..self })
    }

    /// The words of memory in which these tables fit, whatever the order in which their routes come
    /// and go; 0 if that is more than an arena can address.
    pub const fn footprint(&self) -> usize {
        self.config.footprint_of(self.words)
    }

    /// The words in use by these tables.
    pub const fn words(&self) -> u64 {
        self.words
    }

    /// Of those, the words that lookups read; roots are not counted.
    pub const fn lookup_words(&self) -> u64 {
        self.lookup
    }
}

impl Lpm<'_> {
    /// Whether a new table of these routes would fit beside what is there.
    pub fn can_fit(&self, root: Root, routes: &[(Prefix, u32)]) -> Result<bool, LpmError> {
        let stats = self.stats();
        let words = Sizing::new(&self.config()).table(root, routes)?.words();
        let count = u64::try_from(routes.len()).unwrap_or(u64::MAX);
        let fits = u64::from(stats.words) + words <= stats.max_words.into();
        Ok(fits && u64::from(stats.routes) + count <= stats.max_routes.into())
    }
}
