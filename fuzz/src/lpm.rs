//! Programs of table operations: an arena against lists that are scanned.

use core::sync::atomic::{AtomicU32, Ordering};

use sekisho::addr::{Addr, Prefix};
use sekisho::lpm::{Lpm, LpmError, TableHandle};
use sekisho::model::NaiveLpm;

use crate::bytes::Bytes;
use crate::memory;

const MAX_STEPS: usize = 256;
const CANARY: u32 = 0xDEAD_BEEF;

/// Runs a program on a small arena. After each step every answer that the step can have changed is
/// compared; a refused step must have left every word of the memory as it was.
pub fn lpm_ops(data: &[u8]) {
    let mut bytes = Bytes::new(data);
    let max_routes = bytes.pick(&[0, 1, 2, 3, 5, 16, 64]);
    let max_tables = bytes.pick(&[1, 2, 3]);
    let words = Lpm::footprint(max_routes, max_tables);
    let memory = memory(words + 4);
    memory[words..].iter().for_each(|word| word.store(CANARY, Ordering::Relaxed));
    let lpm = Lpm::init(&memory, max_routes, max_tables).expect("memory of the footprint");
    let tables = (0..max_tables).map(|_| None).collect();
    let mut pair = Pair { lpm, memory: &memory, tables, max_routes };
    for _ in 0..MAX_STEPS {
        if bytes.is_empty() {
            break;
        }
        pair.step(&mut bytes);
    }
    pair.drain();
    for word in &memory[words..] {
        assert_eq!(word.load(Ordering::Relaxed), CANARY, "a word behind the arena");
    }
}

/// The arena and, by handle, what it should hold.
struct Pair<'m> {
    lpm: Lpm<'m>,
    memory: &'m [AtomicU32],
    tables: Vec<Option<NaiveLpm>>,
    max_routes: u32,
}

impl Pair<'_> {
    fn step(&mut self, bytes: &mut Bytes<'_>) {
        let words = self.words();
        let choice = bytes.below(16);
        let table = handle(bytes);
        let refused = match choice {
            0 | 1 => self.create(),
            2 => self.delete(table),
            3..=5 => self.remove(table, prefix(bytes)),
            _ => self.insert(table, prefix(bytes), value(bytes)),
        };
        if refused {
            assert_eq!(self.words(), words, "a refused step changed the memory");
        }
        self.check_usage();
    }

    fn create(&mut self) -> bool {
        let free = self.tables.iter().position(Option::is_none);
        let expected = free.map(|n| TableHandle(n as u32)).ok_or(LpmError::CapacityExceeded);
        assert_eq!(self.lpm.create_table(), expected, "create");
        if let Some(n) = free {
            self.tables[n] = Some(NaiveLpm::new());
        }
        free.is_none()
    }

    fn delete(&mut self, table: TableHandle) -> bool {
        let held = self.tables.get_mut(table.0 as usize).and_then(Option::take);
        let expected = held.as_ref().map(|_| ()).ok_or(LpmError::NoSuchTable);
        assert_eq!(self.lpm.delete_table(table), expected, "delete {table:?}");
        assert_eq!(self.lpm.routes(table).next(), None, "routes of a deleted table");
        held.is_none()
    }

    fn insert(&mut self, table: TableHandle, prefix: Prefix, value: u32) -> bool {
        let full = self.held() == self.max_routes;
        let expected = match self.naive(table) {
            None => Err(LpmError::NoSuchTable),
            Some(_) if value > Lpm::MAX_VALUE => Err(LpmError::ValueTooLarge),
            Some(naive) if full && naive.get(prefix).is_none() => Err(LpmError::CapacityExceeded),
            Some(naive) => Ok(naive.insert(prefix, value)),
        };
        assert_eq!(self.lpm.insert(table, prefix, value), expected, "insert {prefix} {value}");
        self.check_around(table, prefix);
        expected.is_err()
    }

    fn remove(&mut self, table: TableHandle, prefix: Prefix) -> bool {
        let expected = match self.naive(table) {
            None => Err(LpmError::NoSuchTable),
            Some(naive) => naive.remove(prefix).ok_or(LpmError::NotFound),
        };
        assert_eq!(self.lpm.remove(table, prefix), expected, "remove {prefix}");
        self.check_around(table, prefix);
        expected.is_err()
    }

    /// Takes everything out, one by one, and the pool must be as empty as at first.
    fn drain(&mut self) {
        for n in 0..self.tables.len() {
            let table = TableHandle(n as u32);
            let routes: Vec<Prefix> = self.lpm.routes(table).map(|(prefix, _)| prefix).collect();
            for prefix in routes {
                self.remove(table, prefix);
            }
            self.delete(table);
        }
        self.check_usage();
        assert_eq!(self.lpm.usage().bytes, 0, "nodes are lost");
    }

    /// Compares the answers at the bounds of a prefix, where a change shows, and the whole list.
    fn check_around(&self, table: TableHandle, prefix: Prefix) {
        let none = NaiveLpm::new();
        let naive = self.tables.get(table.0 as usize).and_then(Option::as_ref).unwrap_or(&none);
        let (first, last) = (prefix.addr().0, prefix.last().0);
        let bounds = [first, last, first.wrapping_sub(1), last.wrapping_add(1), 0, u32::MAX];
        for addr in bounds.map(Addr) {
            assert_eq!(self.lpm.lookup(table, addr), naive.lookup(addr), "lookup {addr}");
            let matches: Vec<_> = self.lpm.matches(table, addr).collect();
            assert_eq!(matches, naive.matches(addr), "matches {addr}");
        }
        assert_eq!(self.lpm.get(table, prefix), naive.get(prefix), "get {prefix}");
        assert!(self.lpm.routes(table).eq(naive.iter()), "routes of {table:?}");
    }

    fn check_usage(&self) {
        let usage = self.lpm.usage();
        assert_eq!((usage.routes, usage.max_routes), (self.held(), self.max_routes));
        assert!(usage.high >= usage.routes && usage.high <= self.max_routes, "{usage:?}");
    }

    fn held(&self) -> u32 {
        self.tables.iter().flatten().map(|naive| naive.len() as u32).sum()
    }

    fn naive(&mut self, table: TableHandle) -> Option<&mut NaiveLpm> {
        self.tables.get_mut(table.0 as usize)?.as_mut()
    }

    fn words(&self) -> Vec<u32> {
        self.memory.iter().map(|word| word.load(Ordering::Relaxed)).collect()
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

fn value(bytes: &mut Bytes<'_>) -> u32 {
    match bytes.byte() {
        255 => Lpm::MAX_VALUE,
        254 => Lpm::MAX_VALUE + 1,
        253 => u32::MAX,
        252 => bytes.word(),
        n => u32::from(n),
    }
}

/// A prefix at an edge, anywhere, or close to the others.
fn prefix(bytes: &mut Bytes<'_>) -> Prefix {
    match bytes.below(8) {
        0 => Prefix::DEFAULT,
        1 => Prefix::host(Addr(u32::MAX)),
        2 => Prefix::host(Addr(0)),
        3 => Prefix::new_truncated(Addr(bytes.word()), bytes.byte() % 33),
        4 => Prefix::new_truncated(Addr(u32::MAX), bytes.byte() % 33),
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
