//! Everything that touches our own table.

use sekisho::addr::{Addr, Prefix};
use sekisho::lpm::{Lpm, TableHandle};

use super::contender::{Bytes, Contender, MISS, Route, Table, Tables};
use super::huge::Lease;

/// Our variants; the first is the one that ratios are of.
pub(crate) fn contenders() -> Vec<Contender> {
    vec![Contender::new("sekisho", build).ours().many(build_many, usize::MAX)]
}

/// One table or many in an arena that has room for its routes and no more.
struct Ours {
    lpm: Lpm<'static>,
    footprint: usize,
    _memory: Lease,
}

/// The handle of the only table.
const ONE: TableHandle = TableHandle(0);

impl Ours {
    fn new<'r>(tables: impl ExactSizeIterator<Item = &'r [Route]> + Clone) -> Result<Ours, String> {
        let number = |n: usize| u32::try_from(n).map_err(|error| error.to_string());
        let routes = number(tables.clone().map(<[Route]>::len).sum())?;
        let words = Lpm::footprint(routes, number(tables.len())?);
        let memory = Lease::new(words);
        let mut lpm = Lpm::init(memory.words(), routes, number(tables.len())?)
            .map_err(|error| format!("{error:?}"))?;
        for routes in tables {
            let table = lpm.create_table().map_err(|error| error.to_string())?;
            for &(prefix, hop) in routes {
                lpm.insert(table, prefix, hop).map_err(|error| error.to_string())?;
            }
        }
        Ok(Ours { lpm, footprint: words * 4, _memory: memory })
    }

    fn memory(&self) -> Bytes {
        Bytes { lookup: self.lpm.usage().bytes as usize, total: self.footprint }
    }
}

fn build(routes: &[Route]) -> Result<Box<dyn Table>, String> {
    Ok(Box::new(Ours::new([routes].into_iter())?))
}

fn build_many(tables: &[Vec<Route>]) -> Result<Box<dyn Tables>, String> {
    Ok(Box::new(Ours::new(tables.iter().map(Vec::as_slice))?))
}

impl Table for Ours {
    #[inline]
    fn lookup(&self, addr: u32) -> u32 {
        self.lpm.lookup(ONE, Addr(addr)).map_or(MISS, |(_, hop)| hop)
    }

    fn insert(&mut self, prefix: Prefix, hop: u32) -> bool {
        self.lpm.insert(ONE, prefix, hop).is_ok()
    }

    fn remove(&mut self, prefix: Prefix) -> bool {
        self.lpm.remove(ONE, prefix).is_ok()
    }

    fn bytes(&self, _heap: usize) -> Bytes {
        self.memory()
    }
}

impl Tables for Ours {
    #[inline]
    fn lookup(&self, table: u32, addr: u32) -> u32 {
        self.lpm.lookup(TableHandle(table), Addr(addr)).map_or(MISS, |(_, hop)| hop)
    }

    fn bytes(&self, _heap: usize) -> Bytes {
        self.memory()
    }
}
