//! Programs of table operations: an arena against lists that are scanned.

use core::sync::atomic::{AtomicU32, Ordering};
use std::collections::BTreeSet;

use sekisho::addr::{Addr, Prefix};
use sekisho::lpm::{
    ByteOrder, Config, Kernel, Lpm, LpmError, MISS, Reader, Root, Sizing, TableHandle,
};
use sekisho::model::NaiveLpm;

use crate::bytes::Bytes;
use crate::memory;

const MAX_STEPS: usize = 256;
const CANARY: u32 = 0xDEAD_BEEF;

/// Runs a program on a small arena. After each step every answer that the step can have changed is
/// compared, and the words in use with what the routes take; a refused step must have left every
/// word of the memory as it was.
pub fn lpm_ops(data: &[u8]) {
    let mut bytes = Bytes::new(data);
    let tables = bytes.pick(&[1, 2, 3]);
    let (config, part) = match bytes.below(8) {
        0 | 1 => (Config::new(bytes.pick(&[1, 2, 3, 5, 16]), tables), 256),
        2 => (Config::new(bytes.pick(&[17, 64]), tables), 256),
        // Less memory than the routes may need: from hardly any to most of it.
        3 | 4 => (Config::new(bytes.pick(&[5, 16, 40, 64]), tables), usize::from(bytes.byte())),
        5 => (Config::new(40, tables).roots16(bytes.pick(&[1, 2])), 256),
        6 => (Config::new(bytes.pick(&[3, 16, 40]), tables).readers(bytes.pick(&[1, 2])), 256),
        _ => (Config::new(24, tables).readers(1).roots16(1), 256),
    };
    let footprint = config.footprint();
    let words = footprint * part / 256;
    let memory = memory(words + 4);
    memory[words..].iter().for_each(|word| word.store(CANARY, Ordering::Relaxed));
    // In the least memory there is no room for the header.
    if let Ok(lpm) = Lpm::init_with(&memory[..words], &config) {
        let tables = (0..config.max_tables).map(|_| None).collect();
        let readers = (0..config.readers).map(|_| None).collect();
        let short = words < footprint;
        let mut pair = Pair { lpm, memory: &memory, tables, readers, config, short };
        for _ in 0..MAX_STEPS {
            if bytes.is_empty() {
                break;
            }
            pair.step(&mut bytes);
        }
        pair.drain();
    } else {
        assert!(words < footprint, "memory of the footprint");
    }
    for word in &memory[words..] {
        assert_eq!(word.load(Ordering::Relaxed), CANARY, "a word behind the arena");
    }
}

/// What a table should hold.
struct Held {
    naive: NaiveLpm,
    root: Root,
    /// While it is being replaced: what has come again.
    again: Option<BTreeSet<Prefix>>,
}

/// The arena and, by handle, what it should hold.
struct Pair<'m> {
    lpm: Lpm<'m>,
    memory: &'m [AtomicU32],
    tables: Vec<Option<Held>>,
    readers: Vec<Option<Reader<'m>>>,
    config: Config,
    /// In less memory than the footprint.
    short: bool,
}

impl Pair<'_> {
    fn step(&mut self, bytes: &mut Bytes<'_>) {
        let choice = bytes.below(32);
        let table = handle(bytes);
        match choice {
            0 | 1 => self.create(bytes.pick(&[Root::Compact, Root::Bits16, Root::Bits24])),
            2 => self.delete(table),
            3 => self.clear(table),
            4 => self.load(table, bytes),
            5 => self.begin_replace(table),
            6 => self.finish_replace(table),
            7 | 8 => self.reader(bytes),
            9..=14 => self.remove(table, prefix(bytes)),
            _ => self.insert(table, prefix(bytes), value(bytes)),
        }
        self.check_usage();
    }

    fn create(&mut self, root: Root) {
        let free = self.tables.iter().position(Option::is_none);
        let used = self.tables.iter().flatten().filter(|held| held.root == root).count();
        let has_root = match root {
            Root::Compact => true,
            Root::Bits16 => used < usize::from(self.config.roots16),
            Root::Bits24 => used < usize::from(self.config.roots24),
        };
        let free = free.filter(|_| has_root);
        let expected = free.map(|n| TableHandle(n as u32)).ok_or(LpmError::CapacityExceeded);
        let before = expected.is_err().then(|| self.words());
        assert_eq!(self.lpm.create_table_with(root), expected, "create");
        self.unchanged(before);
        if let Some(n) = free {
            self.tables[n] = Some(Held { naive: NaiveLpm::new(), root, again: None });
        }
    }

    fn delete(&mut self, table: TableHandle) {
        let held = self.tables.get_mut(table.0 as usize).and_then(Option::take);
        let expected = held.as_ref().map(|_| ()).ok_or(LpmError::NoSuchTable);
        let result = self.lpm.delete_table(table);
        if result == Err(LpmError::Busy) {
            assert!(self.lpm.routes(table).next().is_none(), "a busy table has routes");
            self.readers.fill_with(|| None);
            assert_eq!(self.lpm.delete_table(table), expected, "delete {table:?} at last");
        } else {
            assert_eq!(result, expected, "delete {table:?}");
        }
        assert_eq!(self.lpm.routes(table).next(), None, "routes of a deleted table");
    }

    fn clear(&mut self, table: TableHandle) {
        let held = self.held_mut(table);
        let expected = held.as_ref().map(|_| ()).ok_or(LpmError::NoSuchTable);
        if let Some(held) = held {
            held.naive = NaiveLpm::new();
            held.again = held.again.take().map(|_| BTreeSet::new());
        }
        assert_eq!(self.lpm.clear(table), expected, "clear {table:?}");
        self.check_around(table, Prefix::DEFAULT);
    }

    fn load(&mut self, table: TableHandle, bytes: &mut Bytes<'_>) {
        let mut routes: Vec<(Prefix, u32)> =
            (0..bytes.below(40)).map(|_| (prefix(bytes), value(bytes))).collect();
        if bytes.byte() < 250 {
            routes.sort();
            routes.dedup_by_key(|(prefix, _)| *prefix);
        }
        let count = self.count() + routes.len() as u32;
        let sizing = Sizing::new(&self.config);
        let words = |root| self.in_use() + sizing.table(root, &routes).unwrap().words();
        let most = u64::from(self.lpm.stats().max_words);
        let expected = match self.held(table) {
            None => Err(LpmError::NoSuchTable),
            Some(held) if !held.naive.is_empty() => Err(LpmError::NotEmpty),
            _ if !routes.is_sorted_by(|a, b| a.0 < b.0) => Err(LpmError::NotSorted),
            _ if routes.iter().any(|(_, value)| *value > Lpm::MAX_VALUE) => {
                Err(LpmError::ValueTooLarge)
            }
            _ if count > self.config.max_routes => Err(LpmError::CapacityExceeded),
            Some(held) if words(held.root) > most => {
                assert!(self.short, "the footprint is too small");
                assert_eq!(self.lpm.can_fit(held.root, &routes), Ok(false));
                Err(LpmError::CapacityExceeded)
            }
            Some(held) => {
                assert_eq!(self.lpm.can_fit(held.root, &routes), Ok(true));
                Ok(())
            }
        };
        let result = self.persist(|lpm| lpm.load(table, &routes));
        assert_eq!(result, expected, "load {} routes", routes.len());
        if let (Ok(()), Some(held)) = (result, self.held_mut(table)) {
            for (prefix, value) in routes {
                held.naive.insert(prefix, value);
                held.again.as_mut().map(|again| again.insert(prefix));
            }
        }
        self.check_around(table, Prefix::DEFAULT);
    }

    fn begin_replace(&mut self, table: TableHandle) {
        let expected = self.held(table).map(|_| ()).ok_or(LpmError::NoSuchTable);
        assert_eq!(self.lpm.begin_replace(table), expected, "begin {table:?}");
        if let Some(held) = self.held_mut(table) {
            held.again = Some(BTreeSet::new());
        }
    }

    fn finish_replace(&mut self, table: TableHandle) {
        let result = self.lpm.finish_replace(table);
        let busy = result == Err(LpmError::Busy);
        let result = if busy { self.persist(|lpm| lpm.finish_replace(table)) } else { result };
        let Some(held) = self.held_mut(table) else {
            return assert_eq!(result, Err(LpmError::NoSuchTable));
        };
        let mut gone = 0;
        if let Some(again) = held.again.take() {
            let routes: Vec<Prefix> = held.naive.iter().map(|(prefix, _)| prefix).collect();
            for prefix in routes.into_iter().filter(|prefix| !again.contains(prefix)) {
                held.naive.remove(prefix);
                gone += 1;
            }
        }
        // Those that went before a reader was in the way are not counted again.
        assert!(
            result == Ok(gone) || busy && result.is_ok_and(|n| n <= gone),
            "{result:?}, {gone}"
        );
        self.check_around(table, Prefix::DEFAULT);
    }

    fn reader(&mut self, bytes: &mut Bytes<'_>) {
        let index = bytes.below(3);
        let act = bytes.below(4);
        let Some(slot) = self.readers.get_mut(index) else {
            return assert!(Reader::register(self.memory, index as u16).is_err());
        };
        match (slot.as_mut(), act) {
            (None, _) => {
                *slot = Some(Reader::register(self.memory, index as u16).expect("a free reader"));
            }
            (Some(reader), 0 | 1) => reader.quiescent(),
            (Some(reader), 2) => {
                reader.pause();
                reader.resume();
            }
            _ => *slot = None,
        }
    }

    /// Every reader says that it looks at nothing.
    fn quiet(&mut self) {
        for _ in 0..3 {
            self.readers.iter_mut().flatten().for_each(Reader::quiescent);
            self.lpm.reclaim();
        }
    }

    /// Tries again when readers were in the way; where there are none it must not come to that.
    fn persist<R>(
        &mut self,
        mut change: impl FnMut(&mut Lpm<'_>) -> Result<R, LpmError>,
    ) -> Result<R, LpmError> {
        for _ in 0..100 {
            match change(&mut self.lpm) {
                Err(LpmError::Busy) => {
                    assert!(self.readers.iter().any(Option::is_some), "busy without a reader");
                    self.quiet();
                }
                result => return result,
            }
        }
        panic!("busy for ever");
    }

    fn insert(&mut self, table: TableHandle, prefix: Prefix, value: u32) {
        let full = self.count() == self.config.max_routes;
        let most = u64::from(self.lpm.stats().max_words);
        let now = self.in_use();
        let expected = match self.held(table) {
            None => Err(LpmError::NoSuchTable),
            Some(_) if value > Lpm::MAX_VALUE => Err(LpmError::ValueTooLarge),
            Some(held) => {
                let old = held.naive.get(prefix);
                let before = self.words_of(held.root, &held.naive);
                let mut naive = held.naive.clone();
                naive.insert(prefix, value);
                let after = self.words_of(held.root, &naive);
                let fits = after <= before || now - before + after <= most;
                let full = full && old.is_none();
                assert!(full || fits || self.short, "the footprint is too small");
                if full || !fits { Err(LpmError::CapacityExceeded) } else { Ok(old) }
            }
        };
        let before = expected.is_err().then(|| self.words());
        let result = self.persist(|lpm| lpm.insert(table, prefix, value));
        assert_eq!(result, expected, "insert {prefix} {value}");
        self.unchanged(before);
        if let (Ok(_), Some(held)) = (result, self.held_mut(table)) {
            held.naive.insert(prefix, value);
            held.again.as_mut().map(|again| again.insert(prefix));
        }
        self.check_around(table, prefix);
    }

    fn remove(&mut self, table: TableHandle, prefix: Prefix) {
        let expected = match self.held_mut(table) {
            None => Err(LpmError::NoSuchTable),
            Some(held) => held.naive.remove(prefix).ok_or(LpmError::NotFound),
        };
        if let Some(again) = self.held_mut(table).and_then(|held| held.again.as_mut()) {
            again.remove(&prefix);
        }
        // What readers have let go may be freed all the same.
        let before = (expected.is_err() && self.config.readers == 0).then(|| self.words());
        let result = self.persist(|lpm| lpm.remove(table, prefix));
        assert_eq!(result, expected, "remove {prefix}");
        self.unchanged(before);
        self.check_around(table, prefix);
    }

    /// Takes everything out, one by one, and the pool must be as empty as at first.
    fn drain(&mut self) {
        for n in 0..self.tables.len() {
            let table = TableHandle(n as u32);
            let routes: Vec<Prefix> = self.lpm.routes(table).map(|(prefix, _)| prefix).collect();
            for prefix in routes {
                self.remove(table, prefix);
                self.check_usage();
            }
            self.delete(table);
        }
        self.check_usage();
        self.quiet();
        let stats = self.lpm.stats();
        let left = (stats.routes, stats.words, stats.lookup_words, stats.root_words);
        assert_eq!(left, (0, 0, 0, 0), "words are lost");
        assert_eq!(stats.waiting_words, 0, "words wait for nobody");
    }

    /// Compares the answers at the bounds of a prefix, where a change shows, by every way to look
    /// them up, and the whole list.
    fn check_around(&self, table: TableHandle, prefix: Prefix) {
        let none = NaiveLpm::new();
        let naive = self.held(table).map_or(&none, |held| &held.naive);
        let lpm = &self.lpm;
        let (first, last) = (prefix.addr().0, prefix.last().0);
        let bounds = [first, last, first.wrapping_sub(1), last.wrapping_add(1), 0, u32::MAX];
        for addr in bounds.map(Addr) {
            assert_eq!(lpm.lookup(table, addr), naive.lookup(addr), "lookup {addr}");
            let matches: Vec<_> = lpm.matches(table, addr).collect();
            assert_eq!(matches, naive.matches(addr), "matches {addr}");
            for reader in self.readers.iter().flatten() {
                let value = naive.lookup(addr).map(|(_, value)| value);
                assert_eq!(reader.find(table, addr), value, "reader's {addr}");
            }
        }
        // More than a vector and a part of one.
        let addrs: Vec<u32> = (0..7).flat_map(|n| bounds.map(|addr| addr ^ n << (n * 4))).collect();
        let swapped: Vec<u32> = addrs.iter().map(|addr| addr.to_be()).collect();
        let answer = |addr: &u32| naive.lookup(Addr(*addr)).map_or(MISS, |(_, value)| value);
        let expected: Vec<u32> = addrs.iter().map(answer).collect();
        let mut found = vec![0; addrs.len()];
        for kernel in Kernel::available() {
            let view = lpm.view();
            view.find_bulk_by(kernel, table, &addrs, ByteOrder::Host, &mut found);
            assert_eq!(found, expected, "{kernel:?}");
            view.find_bulk_by(kernel, table, &swapped, ByteOrder::Network, &mut found);
            assert_eq!(found, expected, "{kernel:?} of network order");
        }
        let handles: Vec<_> = (0..addrs.len()).map(|n| TableHandle(n as u32 % 4)).collect();
        lpm.view().find_mixed(&handles, &addrs, &mut found);
        for ((&table, &addr), &found) in handles.iter().zip(&addrs).zip(&found) {
            assert_eq!(lpm.view().find(table, Addr(addr)).unwrap_or(MISS), found, "mixed");
        }
        assert_eq!(lpm.get(table, prefix), naive.get(prefix), "get {prefix}");
        assert!(lpm.routes(table).eq(naive.iter()), "routes of {table:?}");
        let mut covering: Vec<_> = naive.iter().filter(|(p, _)| p.covers(prefix)).collect();
        covering.sort_by_key(|(prefix, _)| prefix.len());
        assert!(lpm.covering(table, prefix).eq(covering), "what covers {prefix}");
        let covered = naive.iter().filter(|(p, _)| prefix.covers(*p));
        assert!(lpm.covered(table, prefix).eq(covered), "what {prefix} covers");
    }

    fn check_usage(&self) {
        let stats = self.lpm.stats();
        assert_eq!((stats.routes, stats.max_routes), (self.count(), self.config.max_routes));
        assert!(stats.high >= stats.routes && stats.high <= self.config.max_routes, "{stats:?}");
        // A table that becomes small stays as it is while readers keep the room for that.
        let exact = self.readers.iter().all(Option::is_none) && self.config.readers == 0;
        if exact {
            assert_eq!(u64::from(stats.words), self.in_use(), "words in use");
        }
    }

    /// The words that the routes take.
    fn in_use(&self) -> u64 {
        self.tables.iter().flatten().map(|held| self.words_of(held.root, &held.naive)).sum()
    }

    fn words_of(&self, root: Root, naive: &NaiveLpm) -> u64 {
        let routes: Vec<_> = naive.iter().collect();
        Sizing::new(&self.config).table(root, &routes).expect("in order").words()
    }

    fn count(&self) -> u32 {
        self.tables.iter().flatten().map(|held| held.naive.len() as u32).sum()
    }

    fn held(&self, table: TableHandle) -> Option<&Held> {
        self.tables.get(table.0 as usize)?.as_ref()
    }

    fn held_mut(&mut self, table: TableHandle) -> Option<&mut Held> {
        self.tables.get_mut(table.0 as usize)?.as_mut()
    }

    fn words(&self) -> Vec<u32> {
        self.memory.iter().map(|word| word.load(Ordering::Relaxed)).collect()
    }

    fn unchanged(&self, before: Option<Vec<u32>>) {
        if let Some(before) = before {
            let now = self.words();
            let changed = (0..now.len()).filter(|&at| now[at] != before[at]);
            let changed: Vec<_> = changed.map(|at| (at, before[at], now[at])).collect();
            assert!(changed.is_empty(), "a refused step changed words: {changed:x?}");
        }
    }
}

/// Mostly a handle that may exist.
fn handle(bytes: &mut Bytes<'_>) -> TableHandle {
    TableHandle(match bytes.byte() {
        255 => u32::MAX,
        254 => bytes.word(),
        n => u32::from(n) % 4,
    })
}

/// Mostly of a byte, else of two or four.
fn value(bytes: &mut Bytes<'_>) -> u32 {
    match bytes.byte() {
        255 => Lpm::MAX_VALUE,
        254 => Lpm::MAX_VALUE + 1,
        253 => u32::MAX,
        252 => bytes.word(),
        n @ 248..252 => 0xFF00 + u32::from(n),
        n => u32::from(n),
    }
}

/// A prefix at an edge, anywhere, or close to the others.
fn prefix(bytes: &mut Bytes<'_>) -> Prefix {
    match bytes.below(16) {
        0 => Prefix::DEFAULT,
        1 => Prefix::host(Addr(u32::MAX)),
        2 => Prefix::host(Addr(0)),
        3..=5 => Prefix::new_truncated(Addr(bytes.word()), bytes.byte() % 33),
        6 => Prefix::new_truncated(Addr(u32::MAX), bytes.byte() % 33),
        // Many in one node.
        7 | 8 => Prefix::host(Addr(0x0A00_0000 | u32::from(bytes.byte()))),
        9 => Prefix::new_truncated(Addr(u32::from(bytes.byte()) << 24), 8 + bytes.byte() % 25),
        _ => {
            // One of 8 neighbours below a stem of a few bits, at any depth.
            let stem = bytes.pick(&[0, 0x0A00_0000, 0x8000_0000, 0xFFFF_FF00]);
            let len = bytes.byte() % 33;
            let neighbours = u32::from(bytes.byte() & 7);
            let shift = bytes.byte() % 30;
            Prefix::new_truncated(Addr(stem ^ neighbours << shift), len)
        }
    }
}
