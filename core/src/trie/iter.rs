//! Iteration over what is below a root link.

use super::node;
use super::pool::Pool;
use crate::addr::{Addr, Prefix};

/// Iterator over the prefixes that hold an address, shortest first.
#[derive(Clone, Debug)]
pub(crate) struct Matches<'m> {
    pool: Pool<'m>,
    link: u32,
    addr: Addr,
    last: Option<Prefix>,
}

impl<'m> Matches<'m> {
    pub(crate) fn below(pool: Pool<'m>, link: u32, addr: Addr) -> Matches<'m> {
        Matches { pool, link, addr, last: None }
    }
}

impl Iterator for Matches<'_> {
    type Item = (Prefix, u32);
    fn next(&mut self) -> Option<(Prefix, u32)> {
        let (entry, link) = node::next_match(&self.pool, self.link, self.addr)?;
        // Matches grow; in damaged memory they may not, and the walk must end.
        if self.last.is_some_and(|last| entry.0.len() <= last.len()) {
            return None;
        }
        (self.link, self.last) = (link, Some(entry.0));
        Some(entry)
    }
}

/// Iterator over the entries, by address and then length. What is below the link stays as it is
/// meanwhile.
#[derive(Clone, Debug)]
pub(crate) struct Routes<'m> {
    pool: Pool<'m>,
    link: u32,
    last: Option<Prefix>,
    /// Steps that may still be made; a trie has fewer entries, so this ends damaged ones only.
    budget: u32,
}

impl<'m> Routes<'m> {
    pub(crate) fn below(pool: Pool<'m>, link: u32) -> Routes<'m> {
        Routes { pool, link, last: None, budget: pool.capacity() }
    }
}

impl Iterator for Routes<'_> {
    type Item = (Prefix, u32);
    fn next(&mut self) -> Option<(Prefix, u32)> {
        let entry = match self.last {
            Some(last) => node::after(&self.pool, self.link, last),
            None => node::first(&self.pool, self.link),
        }?;
        self.budget = self.budget.checked_sub(1)?;
        self.last = Some(entry.0);
        Some(entry)
    }
}
