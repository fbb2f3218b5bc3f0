//! Route entries as records.

use super::command::{MAX_ECMP_MEMBERS, NextHop};
use super::objects::{pair, prefix};
use super::store::{Key, Record, field, half};
use crate::addr::{Id, Prefix, RouterInterfaceId, TableId};
use crate::memory::Words;

/// An entry that somebody made: a Custom one, an overridden automatic one, or a Dynamic one, which
/// is a candidate while a Custom one has its destination. Automatic entries that nobody changed
/// follow from the vSwitches and have no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) table: TableId,
    pub(crate) prefix: Prefix,
    pub(crate) dynamic: bool,
    pub(crate) next_hop: NextHop,
}

/// The key of an entry or of its equal-cost set.
pub(crate) fn route_key(table: TableId, prefix: Prefix, dynamic: bool) -> u64 {
    let destination = u64::from(prefix.addr().0) << 8 | u64::from(prefix.len());
    u64::from(table.0) << 48 | u64::from(dynamic) << 40 | destination
}

/// A route as it is stored: the members of an equal-cost set stand elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RouteRecord {
    pub(crate) table: TableId,
    pub(crate) prefix: Prefix,
    pub(crate) dynamic: bool,
    /// The next hop, or the lowest member of its set.
    pub(crate) id: Id,
    pub(crate) is_ecmp: bool,
}

impl RouteRecord {
    /// The keys of a table's Custom entries and overrides, or of its Dynamic ones.
    pub(crate) fn keys(table: TableId, dynamic: bool) -> core::ops::RangeInclusive<u64> {
        let low = u64::from(table.0) << 48 | u64::from(dynamic) << 40;
        low..=low | 0xFF_FFFF_FFFF
    }

    /// The keys of all a table's entries.
    pub(crate) fn keys_of(table: TableId) -> core::ops::RangeInclusive<u64> {
        let low = u64::from(table.0) << 48;
        low..=low | 0xFFFF_FFFF_FFFF
    }

    /// Whether the entry points at exactly this object.
    pub(crate) fn names(&self, id: Id) -> bool {
        self.id == id && !self.is_ecmp
    }
}

impl From<&Route> for RouteRecord {
    fn from(route: &Route) -> RouteRecord {
        RouteRecord {
            table: route.table,
            prefix: route.prefix,
            dynamic: route.dynamic,
            id: route.next_hop.id(),
            is_ecmp: route.next_hop.is_ecmp(),
        }
    }
}

const ECMP: u32 = 1 << 31;

impl Record for RouteRecord {
    const WORDS: u32 = 3;
    const KEY: Key = Key::Destination;

    fn key(&self) -> u64 {
        route_key(self.table, self.prefix, self.dynamic)
    }

    fn read(mem: Words<'_>, at: u32) -> RouteRecord {
        let (w1, w2) = (mem.load(at + 1), mem.load(at + 2));
        RouteRecord {
            table: TableId(half(w1, true)),
            prefix: prefix(mem.load(at), w1 & 0xFF),
            dynamic: field(w1, 8, 1) == 1,
            // Only damaged memory holds another id; the default keeps the read total.
            id: Id::from_word(w2).unwrap_or(NextHop::NOWHERE.id()),
            is_ecmp: w2 & ECMP != 0,
        }
    }

    fn write(&self, mem: Words<'_>, at: u32) {
        let len = u16::from(self.prefix.len()) | u16::from(self.dynamic) << 8;
        mem.store(at, self.prefix.addr().0);
        mem.store(at + 1, pair(self.table.0, len));
        mem.store(at + 2, self.id.to_word() | if self.is_ecmp { ECMP } else { 0 });
    }
}

/// The members of an entry's equal-cost set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EcmpSet {
    table: TableId,
    prefix: Prefix,
    dynamic: bool,
    count: u8,
    members: [u16; MAX_ECMP_MEMBERS],
}

impl From<&Route> for EcmpSet {
    fn from(route: &Route) -> EcmpSet {
        let mut members = [0; MAX_ECMP_MEMBERS];
        for (slot, member) in members.iter_mut().zip(route.next_hop.members()) {
            *slot = member.number;
        }
        EcmpSet {
            table: route.table,
            prefix: route.prefix,
            dynamic: route.dynamic,
            count: u8::try_from(route.next_hop.member_count()).unwrap_or(0),
            members,
        }
    }
}

impl EcmpSet {
    pub(crate) fn next_hop(&self) -> Option<NextHop> {
        let mut members = [RouterInterfaceId(0); MAX_ECMP_MEMBERS];
        for (slot, &member) in members.iter_mut().zip(&self.members) {
            *slot = RouterInterfaceId(member);
        }
        NextHop::ecmp(members.get(..self.count.into())?)
    }
}

impl Record for EcmpSet {
    const WORDS: u32 = 10;
    const KEY: Key = Key::Destination;

    fn key(&self) -> u64 {
        route_key(self.table, self.prefix, self.dynamic)
    }

    fn read(mem: Words<'_>, at: u32) -> EcmpSet {
        let w1 = mem.load(at + 1);
        let mut members = [0; MAX_ECMP_MEMBERS];
        for (n, member) in (0..).zip(members.iter_mut()) {
            *member = half(mem.load(at + 2 + n / 2), n % 2 == 0);
        }
        EcmpSet {
            table: TableId(half(w1, true)),
            prefix: prefix(mem.load(at), field(w1, 0, 6)),
            dynamic: field(w1, 8, 1) == 1,
            count: u8::try_from(field(w1, 9, 5)).unwrap_or(0),
            members,
        }
    }

    fn write(&self, mem: Words<'_>, at: u32) {
        let flags = u16::from(self.dynamic) << 8 | u16::from(self.count) << 9;
        mem.store(at, self.prefix.addr().0);
        mem.store(at + 1, pair(self.table.0, u16::from(self.prefix.len()) | flags));
        for (n, two) in (0..).zip(self.members.chunks_exact(2)) {
            if let &[high, low] = two {
                mem.store(at + 2 + n, pair(high, low));
            }
        }
    }
}
