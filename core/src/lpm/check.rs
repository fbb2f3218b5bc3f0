//! Whether an arena's memory agrees with itself.

use super::TableHandle;
use super::arena::Lpm;
use super::entry::{MISS, offset};
use super::tree::Root;
use super::{layout, list, node};
use crate::addr::{Addr, Prefix};

impl Lpm<'_> {
    /// Whether what lookups answer is what the routes say, at both ends of every route and right beside
    /// them, and whether routes are as many as were counted. False only in memory that something else
    /// has written to.
    ///
    /// Each route costs four lookups, and as many searches for the longest route.
    pub fn is_sound(&self) -> bool {
        let config = self.config();
        let mut routes = 0u32;
        for table in (0..config.max_tables).map(TableHandle) {
            let counted = match self.len(table) {
                Some(len) => self.sound_routes(table).filter(|count| *count == len),
                None => (self.arena.fib.word(table) == MISS).then_some(0),
            };
            match counted.and_then(|count| routes.checked_add(count)) {
                Some(sum) => routes = sum,
                None => return false,
            }
        }
        routes == self.arena.mem.load(layout::ROUTES) && routes <= config.max_routes
    }

    /// How many routes a table has, if they rise and lookups agree with them.
    fn sound_routes(&self, table: TableHandle) -> Option<u32> {
        let agrees = |addr| self.agrees_at(table, Addr(addr));
        if !agrees(0) || !agrees(u32::MAX) {
            return None;
        }
        let (mut count, mut last) = (0, None);
        while let Some((prefix, value)) = self.next_route(table, last) {
            count += 1;
            let rises = last.is_none_or(|last| last < prefix);
            let (first, end) = (prefix.addr().0, prefix.last().0);
            let places = [first, end, first.wrapping_sub(1), end.wrapping_add(1)];
            let is_sound = rises
                && count <= self.config().max_routes
                && self.get(table, prefix) == Some(value)
                && self.is_in_place(table, prefix)
                && places.into_iter().all(agrees);
            if !is_sound {
                return None;
            }
            last = Some(prefix);
        }
        Some(count)
    }

    /// Whether a lookup answers what the routes say.
    #[inline(never)]
    fn agrees_at(&self, table: TableHandle, addr: Addr) -> bool {
        let route = self.longest(table, addr, 32);
        self.view().find(table, addr) == route.map(|(_, value)| value)
    }

    /// Whether the node of a route's list, where it has the prefix of both, tells one that is whole.
    fn is_in_place(&self, table: TableHandle, prefix: Prefix) -> bool {
        let arena = &self.arena;
        let spot = arena.seek(table.0, list::place(prefix).0);
        if spot.node == 0 || arena.root(table.0) != Root::None {
            return true;
        }
        let word = arena.mem.load(offset(spot.node).wrapping_sub(1));
        word == node::prefix_word(Addr(word & !255))
    }
}
