//! The peers that are Rust crates, each used as its documentation says.

use std::net::Ipv4Addr;

use ip_network_table_deps_treebitmap::IpLookupTable;
use ipnetx::prefix::IpPrefix;
use iptrie::{Ipv4LCTrieMap, Ipv4Prefix, Ipv4RTrieMap};
use poptrie::Poptrie;
use prefix_trie::PrefixMap;
use routemap::RouteMap;
use sekisho::addr::Prefix;

use super::contender::{Contender, Each, MISS, Route, Table, Tables};

/// The crates that take part.
pub(crate) fn contenders() -> Vec<Contender> {
    vec![
        peer::<PrefixMap<(u32, u8), u32>>("prefix-trie"),
        peer::<IpLookupTable<Ipv4Addr, u32>>("treebitmap"),
        peer::<Poptrie<(u32, u8), u32>>("poptrie (crate)"),
        peer::<RouteMap<Ipv4Addr, u32>>("routemap"),
        peer::<Ipv4RTrieMap<u32>>("iptrie RTrieMap"),
        Contender::new("iptrie LCTrieMap", |routes| Ok(Box::new(compressed(routes))))
            .frozen()
            .many(
                |tables| Ok(Box::new(Each(tables.iter().map(|t| compressed(t)).collect()))),
                MANY,
            ),
    ]
}

/// More tables than are ever asked for.
const MANY: usize = usize::MAX;

/// A table that starts empty and is filled by inserting.
trait Empty: Table + Sized + 'static {
    fn empty() -> Self;

    fn filled(routes: &[Route]) -> Self {
        let mut table = Self::empty();
        for &(prefix, hop) in routes {
            table.insert(prefix, hop);
        }
        table
    }
}

fn peer<T: Empty>(name: &'static str) -> Contender {
    let build = |routes: &[Route]| Ok(Box::new(T::filled(routes)) as Box<dyn Table>);
    let many = |tables: &[Vec<Route>]| {
        Ok(Box::new(Each(tables.iter().map(|t| T::filled(t)).collect())) as Box<dyn Tables>)
    };
    Contender::new(name, build).many(many, MANY)
}

const fn pair(prefix: Prefix) -> (u32, u8) {
    (prefix.addr().0, prefix.len())
}

const fn ip(prefix: Prefix) -> Ipv4Addr {
    Ipv4Addr::from_bits(prefix.addr().0)
}

impl Empty for PrefixMap<(u32, u8), u32> {
    fn empty() -> Self {
        PrefixMap::new()
    }
}

impl Table for PrefixMap<(u32, u8), u32> {
    #[inline]
    fn lookup(&self, addr: u32) -> u32 {
        self.get_lpm(&(addr, 32)).map_or(MISS, |(_, hop)| *hop)
    }

    fn insert(&mut self, prefix: Prefix, hop: u32) -> bool {
        PrefixMap::insert(self, pair(prefix), hop);
        true
    }

    fn remove(&mut self, prefix: Prefix) -> bool {
        PrefixMap::remove(self, &pair(prefix)).is_some()
    }
}

impl Empty for IpLookupTable<Ipv4Addr, u32> {
    fn empty() -> Self {
        IpLookupTable::new()
    }
}

impl Table for IpLookupTable<Ipv4Addr, u32> {
    #[inline]
    fn lookup(&self, addr: u32) -> u32 {
        self.longest_match(Ipv4Addr::from_bits(addr)).map_or(MISS, |(_, _, hop)| *hop)
    }

    fn insert(&mut self, prefix: Prefix, hop: u32) -> bool {
        IpLookupTable::insert(self, ip(prefix), prefix.len().into(), hop);
        true
    }

    fn remove(&mut self, prefix: Prefix) -> bool {
        IpLookupTable::remove(self, ip(prefix), prefix.len().into()).is_some()
    }
}

impl Empty for Poptrie<(u32, u8), u32> {
    fn empty() -> Self {
        Poptrie::new()
    }

    fn filled(routes: &[Route]) -> Self {
        // Its inserting takes half as long with short prefixes first.
        let mut routes = routes.to_vec();
        routes.sort_by_key(|(prefix, _)| prefix.len());
        let mut table = Self::empty();
        for (prefix, hop) in routes {
            Table::insert(&mut table, prefix, hop);
        }
        table
    }
}

impl Table for Poptrie<(u32, u8), u32> {
    #[inline]
    fn lookup(&self, addr: u32) -> u32 {
        Poptrie::lookup(self, addr).map_or(MISS, |hop| *hop)
    }

    fn insert(&mut self, prefix: Prefix, hop: u32) -> bool {
        Poptrie::insert(self, pair(prefix), hop);
        true
    }

    fn remove(&mut self, prefix: Prefix) -> bool {
        Poptrie::remove(self, pair(prefix)).is_some()
    }
}

impl Empty for RouteMap<Ipv4Addr, u32> {
    fn empty() -> Self {
        RouteMap::new()
    }
}

fn ip_prefix(prefix: Prefix) -> IpPrefix<Ipv4Addr> {
    IpPrefix::new(ip(prefix), prefix.len()).expect("lengths are at most 32")
}

impl Table for RouteMap<Ipv4Addr, u32> {
    #[inline]
    fn lookup(&self, addr: u32) -> u32 {
        self.longest_match(Ipv4Addr::from_bits(addr)).map_or(MISS, |hop| *hop)
    }

    fn insert(&mut self, prefix: Prefix, hop: u32) -> bool {
        RouteMap::insert(self, ip_prefix(prefix), hop);
        true
    }

    fn remove(&mut self, prefix: Prefix) -> bool {
        RouteMap::remove(self, ip_prefix(prefix)).is_some()
    }
}

fn net(prefix: Prefix) -> Ipv4Prefix {
    Ipv4Prefix::new(ip(prefix), prefix.len()).expect("lengths are at most 32")
}

impl Empty for Ipv4RTrieMap<u32> {
    fn empty() -> Self {
        // It always has a root, which answers where nothing else does.
        Ipv4RTrieMap::with_root(MISS)
    }
}

impl Table for Ipv4RTrieMap<u32> {
    #[inline]
    fn lookup(&self, addr: u32) -> u32 {
        *Ipv4RTrieMap::lookup(self, &Ipv4Addr::from_bits(addr)).1
    }

    fn insert(&mut self, prefix: Prefix, hop: u32) -> bool {
        Ipv4RTrieMap::insert(self, net(prefix), hop);
        true
    }

    fn remove(&mut self, prefix: Prefix) -> bool {
        if prefix == Prefix::DEFAULT {
            return Ipv4RTrieMap::insert(self, net(prefix), MISS).is_some_and(|hop| hop != MISS);
        }
        Ipv4RTrieMap::remove(self, &net(prefix)).is_some()
    }
}

fn compressed(routes: &[Route]) -> Ipv4LCTrieMap<u32> {
    Ipv4RTrieMap::filled(routes).compress()
}

impl Table for Ipv4LCTrieMap<u32> {
    #[inline]
    fn lookup(&self, addr: u32) -> u32 {
        *Ipv4LCTrieMap::lookup(self, &Ipv4Addr::from_bits(addr)).1
    }

    fn insert(&mut self, _prefix: Prefix, _hop: u32) -> bool {
        false
    }

    fn remove(&mut self, _prefix: Prefix) -> bool {
        false
    }
}
