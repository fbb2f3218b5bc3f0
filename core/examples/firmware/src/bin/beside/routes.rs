//! A routing table whose routes come, change and go, and addresses within them that are looked up meanwhile.

use heapless::Vec;
use sekisho::Memory;
use sekisho::addr::{Addr, Prefix};
use sekisho::lpm::{Config, Lookup, Lpm, LpmError, TableHandle};
use sekisho_firmware::random::Random;

use crate::watch::{Seen, Watch};

const MAX_ROUTES: usize = 64;
const CONFIG: Config = Config::new(MAX_ROUTES as u32, 1).readers(1);
pub static MEMORY: Memory<{ CONFIG.footprint() }> = Memory::new();
pub static WATCH: Watch = Watch::new();

/// Changes of a run.
const CHANGES: u32 = 2000;
/// The next hop of an address without a route.
const NONE: u32 = u32::MAX;

/// The next hop of an address in the only table.
pub fn ask(reader: &Lookup<'_>, addr: u32) -> u32 {
    reader.find(TableHandle(0), Addr(addr)).unwrap_or(NONE)
}

pub struct Routes {
    lpm: Lpm<'static>,
    table: TableHandle,
    /// The same routes, as a list.
    list: Vec<(Prefix, u32), MAX_ROUTES>,
    random: Random,
}

impl Routes {
    pub fn new() -> Result<Routes, &'static str> {
        let mut lpm = Lpm::init_with(&MEMORY, &CONFIG).map_err(|_| "the arena's memory")?;
        let table = lpm.create_table().map_err(|_| "the table")?;
        Ok(Routes { lpm, table, list: Vec::new(), random: Random::new(3) })
    }

    /// A route, and whether it goes: short and long ones, many within others.
    fn any_change(&mut self) -> (Prefix, bool) {
        if self.list.is_full() || !self.list.is_empty() && self.random.next() % 3 == 0 {
            let place = self.random.next() as usize % self.list.len();
            return (self.list[place].0, self.random.next() % 2 == 0 || self.list.is_full());
        }
        let addr = self.random.next() & 0x0303_FFFF;
        (Prefix::new_truncated(Addr(addr), (self.random.next() % 33) as u8), false)
    }

    /// The next hop of an address by the list.
    fn scan(&self, addr: Addr) -> u32 {
        let matching = self.list.iter().filter(|(prefix, _)| prefix.contains(addr));
        matching.max_by_key(|(prefix, _)| prefix.len()).map_or(NONE, |&(_, next_hop)| next_hop)
    }

    /// Makes a change of the table while the interrupt asks for an address, whose next hops before and
    /// after are these.
    fn watched(
        &mut self,
        addr: Addr,
        next_hops: (u32, u32),
        mut change: impl FnMut(&mut Lpm<'static>, TableHandle) -> Result<(), LpmError>,
    ) -> Result<(), &'static str> {
        let is_busy = |error: &LpmError| *error == LpmError::Busy;
        let Routes { lpm, table, .. } = self;
        WATCH
            .during(addr.0, next_hops, is_busy, || change(lpm, *table))
            .map_err(|_| "a change of routes is refused")
    }

    /// Routes come, change and go, each in one step.
    pub fn in_one_step(&mut self) -> Result<Seen, &'static str> {
        for _ in 0..CHANGES {
            let (prefix, goes) = self.any_change();
            // Any address within it.
            let addr =
                Addr(prefix.addr().0 | self.random.next() & (prefix.last().0 ^ prefix.addr().0));
            let next_hop = self.random.next() % 1000;
            let before = self.scan(addr);
            self.list.retain(|&(other, _)| other != prefix);
            if !goes {
                self.list.push((prefix, next_hop)).map_err(|_| "the list")?;
            }
            let after = self.scan(addr);
            self.watched(addr, (before, after), |lpm, table| match goes {
                true => lpm.remove(table, prefix).map(drop),
                false => lpm.insert(table, prefix, next_hop).map(drop),
            })?;
        }
        Ok(WATCH.take())
    }

    /// A route is taken out and put back with another next hop: between the steps there is none.
    pub fn in_two_steps(&mut self) -> Result<Seen, &'static str> {
        let prefix = Prefix::host(Addr::new(200, 0, 0, 1));
        let addr = prefix.addr();
        self.watched(addr, (NONE, 0), |lpm, table| lpm.insert(table, prefix, 0).map(drop))?;
        for next_hop in 0..CHANGES {
            self.watched(addr, (next_hop, next_hop + 1), |lpm, table| {
                lpm.remove(table, prefix).map(drop)
            })?;
            self.watched(addr, (next_hop, next_hop + 1), |lpm, table| {
                lpm.insert(table, prefix, next_hop + 1).map(drop)
            })?;
        }
        self.watched(addr, (CHANGES, NONE), |lpm, table| lpm.remove(table, prefix).map(drop))?;
        Ok(WATCH.take())
    }
}
