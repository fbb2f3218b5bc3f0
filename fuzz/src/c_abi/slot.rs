//! Memory that C owns.

use core::ffi::c_void;

use sekisho::model::NaiveLpm;

/// What a memory can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Region,
    Arena,
    Flows,
    Steering,
}

pub(super) const KINDS: [Kind; 4] = [Kind::Region, Kind::Arena, Kind::Flows, Kind::Steering];

/// Words: none, too few for anything, and enough for some and for all.
pub(super) const SIZES: [usize; 8] = [4200, 13, 40, 300, 1200, 2000, 3700, 0];

/// Words that every memory has which is handed over as a handle, whatever it holds: C has no length there.
pub(super) const HEADER: usize = 32;

/// Words beside a memory, where no sanitizer watches them.
const BESIDE: usize = if cfg!(feature = "libfuzzer") { 0 } else { 16 };
const PATTERN: u32 = 0xC5C5_C5C5;

/// A memory, and what it holds as far as its owner knows.
pub(super) struct Slot {
    words: Box<[u32]>,
    pub(super) kind: Option<Kind>,
    /// Something else than the library has written to it: nothing can be known of it.
    pub(super) damaged: bool,
    /// The word of its header that is damaged: no second one is, or the header could agree with itself again.
    pub(super) header: Option<usize>,
    /// Of an arena: its tables, each with its routes; and how many readers and routes there can be.
    pub(super) tables: Vec<Option<NaiveLpm>>,
    pub(super) readers: u16,
    pub(super) max_routes: usize,
    /// There is less memory than any routes may need, so that it is not known which fit.
    pub(super) is_short: bool,
}

impl Slot {
    pub(super) fn new(words: usize) -> Slot {
        let mut all = vec![0; words + 2 * BESIDE].into_boxed_slice();
        let end = all.len() - BESIDE;
        all[..BESIDE].fill(PATTERN);
        all[end..].fill(PATTERN);
        Slot {
            words: all,
            kind: None,
            damaged: false,
            header: None,
            tables: Vec::new(),
            readers: 0,
            max_routes: 0,
            is_short: false,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.words.len() - 2 * BESIDE
    }

    /// The words that the library may touch.
    pub(super) fn words(&mut self) -> &mut [u32] {
        let end = self.words.len() - BESIDE;
        &mut self.words[BESIDE..end]
    }

    /// The memory as C hands it over.
    pub(super) fn at<T>(&mut self) -> *mut T {
        self.words().as_mut_ptr().cast::<c_void>().cast()
    }

    /// Blank again.
    pub(super) fn clear(&mut self) {
        self.words().fill(0);
        self.forget();
        self.damaged = false;
        self.header = None;
    }

    /// It holds nothing any more.
    pub(super) fn forget(&mut self) {
        self.kind = None;
        self.tables.clear();
        self.readers = 0;
    }

    pub(super) fn hold(&mut self, kind: Kind) {
        self.forget();
        self.kind = Some(kind);
    }

    /// Nothing beside the memory was written to.
    pub(super) fn check(&self) {
        let end = self.words.len() - BESIDE;
        let beside = self.words[..BESIDE].iter().chain(&self.words[end..]);
        assert!(beside.into_iter().all(|word| *word == PATTERN), "written beside a memory");
    }
}
