//! Ranges of addresses, and runs of equal answers over all of them.

use core::fmt;

use crate::addr::{Addr, Prefix};

/// The addresses from one to another, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The lowest address.
    pub first: Addr,
    /// The highest address.
    pub last: Addr,
}

impl Range {
    /// The prefix that the range is, if it is one.
    pub fn prefix(self) -> Option<Prefix> {
        let size = self.last.0.wrapping_sub(self.first.0).wrapping_add(1);
        // 0 stands for all addresses.
        let bits = if size == 0 { 32 } else { size.trailing_zeros() };
        let prefix = Prefix::new_truncated(self.first, u8::try_from(32 - bits).unwrap_or(32));
        (prefix.addr() == self.first && prefix.last() == self.last).then_some(prefix)
    }
}

/// A prefix if it is one, otherwise `first-last`.
impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.prefix() {
            Some(prefix) => prefix.fmt(f),
            None => say!(f, self.first, "-", self.last),
        }
    }
}

/// Asks for all addresses in order, an interval at a time, and gives runs of equal answers.
///
/// `ask` puts the answer for an address in its place, and says up to which one it is the same.
/// At most so many intervals are told apart; more of them only damaged memory has.
pub(super) fn runs<T: PartialEq + Default>(
    most: u32,
    mut ask: impl FnMut(Addr, &mut T) -> Addr,
    mut give: impl FnMut(Range, &T) -> fmt::Result,
) -> fmt::Result {
    let (mut first, mut at) = (Addr(0), Addr(0));
    let (mut run, mut answer) = (T::default(), T::default());
    let mut until = ask(at, &mut run);
    for _ in 0..most {
        let Some(next) = until.max(at).0.checked_add(1) else { break };
        let last = Addr(next - 1);
        at = Addr(next);
        until = ask(at, &mut answer);
        if answer != run {
            give(Range { first, last }, &run)?;
            core::mem::swap(&mut run, &mut answer);
            first = at;
        }
    }
    give(Range { first, last: Addr(u32::MAX) }, &run)
}
