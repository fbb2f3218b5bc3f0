//! Iteration over routes.

use heapless::Vec;

use super::TableHandle;
use super::arena::Lpm;
use crate::addr::{Addr, Prefix};

/// Iterator over prefixes that hold an address, shortest first.
#[derive(Clone, Debug)]
pub struct Matches {
    /// The longest first.
    found: Vec<(Prefix, u32), 33>,
}

impl Iterator for Matches {
    type Item = (Prefix, u32);
    fn next(&mut self) -> Option<(Prefix, u32)> {
        self.found.pop()
    }
}

/// Iterator over the routes of a table, or those within a prefix, by address and then length.
///
/// It remembers the last route given and looks the next one up. Where the table must change while
/// routes are gone through, [`Lpm::next_route`] does the same with the caller's cursor.
#[derive(Clone, Debug)]
pub struct Routes<'l, 'm> {
    lpm: &'l Lpm<'m>,
    table: TableHandle,
    within: Prefix,
    next: Option<(Prefix, u32)>,
}

impl Iterator for Routes<'_, '_> {
    type Item = (Prefix, u32);
    fn next(&mut self) -> Option<(Prefix, u32)> {
        let (prefix, value) = self.next.filter(|(prefix, _)| self.within.covers(*prefix))?;
        let next = self.lpm.next_route(self.table, Some(prefix));
        // Routes rise; in damaged memory they may not, and the walk must end.
        self.next = next.filter(|(next, _)| *next > prefix);
        Some((prefix, value))
    }
}

impl<'m> Lpm<'m> {
    /// Every prefix that holds `addr`, shortest first.
    pub fn matches(&self, table: TableHandle, addr: Addr) -> Matches {
        self.covering(table, Prefix::host(addr))
    }

    /// Every route that covers `prefix`, shortest first; the route of exactly that prefix is the last.
    pub fn covering(&self, table: TableHandle, prefix: Prefix) -> Matches {
        let mut found = Vec::new();
        let mut most = Some(prefix.len());
        while let Some(len) = most
            && let Some((found_prefix, value)) = self.longest(table, prefix.addr(), len)
        {
            // Each is shorter than the one before, so there is room.
            let _ = found.push((found_prefix, value));
            most = found_prefix.len().checked_sub(1).filter(|&next| next < len);
        }
        Matches { found }
    }

    /// Every route of a table, by address and then length.
    pub fn routes(&self, table: TableHandle) -> Routes<'_, 'm> {
        self.covered(table, Prefix::DEFAULT)
    }

    /// Every route that `prefix` covers, by address and then length.
    pub fn covered(&self, table: TableHandle, prefix: Prefix) -> Routes<'_, 'm> {
        let own = self.get(table, prefix).map(|value| (prefix, value));
        let next = own.or_else(|| self.next_route(table, Some(prefix)));
        Routes { lpm: self, table, within: prefix, next }
    }
}
