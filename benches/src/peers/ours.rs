//! Everything that touches our own table.

use sekisho::addr::{Addr, Prefix};
use sekisho::lpm::{ByteOrder, Config, Kernel, Lookup, Lpm, Reader, Root, Sizing, TableHandle};

use super::contender::{Bytes, Contender, MISS, Route, Table, Tables};
use sekisho_benches::huge::Lease;

/// Our variants; the first is the one that ratios are of.
pub(crate) fn contenders() -> Vec<Contender> {
    vec![
        Contender::new("sekisho/16", |routes| one(routes, Root::Bits16, None)).ours(),
        Contender::new("sekisho/0", |routes| one(routes, Root::Compact, None))
            .ours()
            .many(|tables| many(tables, None), usize::MAX),
        Contender::new("sekisho/24", |routes| one(routes, Root::Bits24, None)).ours(),
        Contender::new("sekisho/16 portable", |routes| {
            one(routes, Root::Bits16, Some(Kernel::Portable))
        })
        .ours(),
        Contender::new("sekisho/16 scalar", |routes| {
            one(routes, Root::Bits16, Some(Kernel::Scalar))
        })
        .ours(),
        Contender::new("sekisho/0 scalar", |routes| {
            one(routes, Root::Compact, Some(Kernel::Scalar))
        })
        .ours()
        .many(|tables| many(tables, Some(Kernel::Scalar)), usize::MAX),
    ]
}

/// One table or many, in an arena sized for their routes, with an eighth of room for updates.
struct Ours {
    lpm: Lpm<'static>,
    /// What packets are looked up through, as on another core.
    reader: Reader<'static>,
    kernel: Kernel,
    bytes: usize,
    _memory: Lease,
}

/// The handle of the only table.
const ONE: TableHandle = TableHandle(0);

impl Ours {
    fn new(tables: &[&[Route]], root: Root, kernel: Option<Kernel>) -> Result<Ours, String> {
        let kernel = kernel.unwrap_or_else(Kernel::best);
        if !kernel.is_available() {
            return Err(format!("this processor lacks {kernel:?}"));
        }
        let number = |n: usize| u32::try_from(n).map_err(|error| error.to_string());
        let routes = number(tables.iter().map(|routes| routes.len()).sum())?;
        let config = Config::new(routes + routes / 8 + 16, number(tables.len())?).readers(1);
        let config = match root {
            Root::Bits16 => config.roots16(1),
            Root::Bits24 => config.roots24(1),
            Root::Compact => config,
        };
        let mut sizing = Sizing::new(&config);
        for routes in tables {
            sizing = sizing.table(root, routes).map_err(|error| error.to_string())?;
        }
        let words = sizing.footprint() + usize::try_from(sizing.words() / 8).unwrap_or(0);
        let memory = Lease::new(words);
        let mut lpm = Lpm::init_with(memory.words(), &config).map_err(|error| error.to_string())?;
        for routes in tables {
            let table = lpm.create_table_with(root).map_err(|error| error.to_string())?;
            lpm.load(table, routes).map_err(|error| error.to_string())?;
        }
        let reader = Reader::register(memory.words(), 0).map_err(|error| error.to_string())?;
        Ok(Ours { lpm, reader, kernel, bytes: words * 4, _memory: memory })
    }

    fn view(&self) -> &Lookup<'static> {
        &self.reader
    }

    fn memory(&self) -> Bytes {
        let stats = self.lpm.stats();
        let words = stats.lookup_words + stats.root_words + self.lpm.config().max_tables;
        Bytes { lookup: words as usize * 4, total: self.bytes }
    }

    /// Makes a change, and lets the reader say that it is between two bursts.
    fn change<R>(&mut self, change: impl FnOnce(&mut Lpm<'static>) -> R) -> R {
        self.reader.quiescent();
        change(&mut self.lpm)
    }
}

fn one(routes: &[Route], root: Root, kernel: Option<Kernel>) -> Result<Box<dyn Table>, String> {
    Ok(Box::new(Ours::new(&[routes], root, kernel)?))
}

fn many(tables: &[Vec<Route>], kernel: Option<Kernel>) -> Result<Box<dyn Tables>, String> {
    let tables: Vec<&[Route]> = tables.iter().map(Vec::as_slice).collect();
    Ok(Box::new(Ours::new(&tables, Root::Compact, kernel)?))
}

impl Table for Ours {
    #[inline]
    fn lookup(&self, addr: u32) -> u32 {
        self.view().find(ONE, Addr(addr)).unwrap_or(MISS)
    }

    fn lookup_bulk(&self, addrs: &[u32], answers: &mut [u32]) {
        self.view().find_bulk_by(self.kernel, ONE, addrs, ByteOrder::Host, answers);
    }

    fn insert(&mut self, prefix: Prefix, hop: u32) -> bool {
        self.change(|lpm| lpm.insert(ONE, prefix, hop)).is_ok()
    }

    fn remove(&mut self, prefix: Prefix) -> bool {
        self.change(|lpm| lpm.remove(ONE, prefix)).is_ok()
    }

    fn bytes(&self, _heap: usize) -> Bytes {
        self.memory()
    }

    /// As a reader does it: the table is pinned for a burst.
    fn run_single(&self, addrs: &[u32]) -> u64 {
        let view = self.view();
        let mut sum = 0;
        for burst in addrs.chunks(256) {
            let table = view.pin(ONE);
            for &addr in burst {
                sum += u64::from(table.find(Addr(addr)).unwrap_or(MISS));
            }
        }
        sum
    }
}

impl Tables for Ours {
    #[inline]
    fn lookup(&self, table: u32, addr: u32) -> u32 {
        self.view().find(TableHandle(table), Addr(addr)).unwrap_or(MISS)
    }

    fn lookup_mixed(&self, tables: &[u32], addrs: &[u32], answers: &mut [u32]) {
        // SAFETY: a handle is `repr(transparent)` over its number.
        let handles = unsafe { std::slice::from_raw_parts(tables.as_ptr().cast(), tables.len()) };
        self.view().find_mixed_by(self.kernel, handles, addrs, answers);
    }

    fn lookup_group(&self, table: u32, addrs: &[u32], answers: &mut [u32]) {
        let table = TableHandle(table);
        self.view().find_bulk_by(self.kernel, table, addrs, ByteOrder::Host, answers);
    }

    /// Several groups in a call, since lanes of different tables go together.
    fn run_grouped(&self, tables: &[u32], addrs: &[u32]) -> u64 {
        self.run_mixed(tables, addrs, 256)
    }

    fn bytes(&self, _heap: usize) -> Bytes {
        self.memory()
    }
}
