//! What the interrupt asks, what it may find, and what it has found.

use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use cortex_m::{asm, interrupt};

/// Shared by the main program, which writes the question, and the interrupt, which counts answers.
pub struct Watch {
    is_open: AtomicBool,
    is_changing: AtomicBool,
    question: AtomicU32,
    before: AtomicU32,
    after: AtomicU32,
    counts: [AtomicU32; 4],
}

/// The interrupts that came within a change, and what they found.
#[derive(Clone, Copy, defmt::Format)]
pub struct Seen {
    /// Within a change.
    pub changing: u32,
    /// Of these, the answer before it.
    pub before: u32,
    /// And the one after it.
    pub after: u32,
    /// Neither, at any time.
    pub neither: u32,
}

const CHANGING: usize = 0;
const BEFORE: usize = 1;
const AFTER: usize = 2;
const NEITHER: usize = 3;

impl Watch {
    /// Nothing is asked yet.
    pub const fn new() -> Watch {
        Watch {
            is_open: AtomicBool::new(false),
            is_changing: AtomicBool::new(false),
            question: AtomicU32::new(0),
            before: AtomicU32::new(0),
            after: AtomicU32::new(0),
            counts: [const { AtomicU32::new(0) }; 4],
        }
    }

    /// Lets the interrupt ask this while `change` is made, tried again as long as it `is_busy`, and a
    /// while after it.
    pub fn during<E>(
        &self,
        question: u32,
        (before, after): (u32, u32),
        is_busy: impl Fn(&E) -> bool,
        mut change: impl FnMut() -> Result<(), E>,
    ) -> Result<(), E> {
        self.is_open.store(false, Ordering::Release);
        self.question.store(question, Ordering::Relaxed);
        self.before.store(before, Ordering::Relaxed);
        self.after.store(after, Ordering::Relaxed);
        self.is_open.store(true, Ordering::Release);
        let result = loop {
            self.is_changing.store(true, Ordering::Release);
            let result = change();
            self.is_changing.store(false, Ordering::Release);
            match result {
                // Memory waits for the readers, until the next interrupt.
                Err(error) if is_busy(&error) => asm::wfi(),
                result => break result,
            }
        };
        // Whatever the interrupt finds from now on is the state after the change.
        if result.is_ok() {
            self.before.store(after, Ordering::Release);
        }
        result
    }

    /// For the interrupt: asks, and counts the answer.
    pub fn look(&self, ask: impl FnOnce(u32) -> u32) {
        if !self.is_open.load(Ordering::Acquire) {
            return;
        }
        let found = ask(self.question.load(Ordering::Relaxed));
        let is_before = found == self.before.load(Ordering::Relaxed);
        let is_after = found == self.after.load(Ordering::Relaxed);
        if !is_before && !is_after {
            self.count(NEITHER);
        }
        if self.is_changing.load(Ordering::Relaxed) {
            self.count(CHANGING);
            if is_before && !is_after {
                self.count(BEFORE);
            }
            if is_after && !is_before {
                self.count(AFTER);
            }
        }
    }

    /// The interrupt alone counts, so nothing comes between.
    fn count(&self, what: usize) {
        let count = &self.counts[what];
        count.store(count.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }

    /// What was found since this was asked last.
    pub fn take(&self) -> Seen {
        interrupt::free(|_| {
            let take = |what: usize| {
                let count = self.counts[what].load(Ordering::Relaxed);
                self.counts[what].store(0, Ordering::Relaxed);
                count
            };
            Seen {
                changing: take(CHANGING),
                before: take(BEFORE),
                after: take(AFTER),
                neither: take(NEITHER),
            }
        })
    }
}
