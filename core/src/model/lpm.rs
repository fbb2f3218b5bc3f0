//! Longest-prefix match without tries: a scan of a list, and a sweep over intervals.

use std::vec::Vec;

use crate::addr::{Addr, Prefix};

/// A route table as an unsorted list. Every operation scans it.
#[derive(Clone, Debug, Default)]
pub struct NaiveLpm {
    routes: Vec<(Prefix, u32)>,
}

impl NaiveLpm {
    /// A table without routes.
    pub const fn new() -> NaiveLpm {
        NaiveLpm { routes: Vec::new() }
    }

    /// The number of routes.
    pub fn len(&self) -> usize {
        self.routes.len()
    }

    /// Whether there are no routes.
    pub fn is_empty(&self) -> bool {
        self.routes.is_empty()
    }

    /// Sets the value of a prefix and answers the old one.
    pub fn insert(&mut self, prefix: Prefix, value: u32) -> Option<u32> {
        let old = self.remove(prefix);
        self.routes.push((prefix, value));
        old
    }

    /// Removes a prefix and answers its value.
    pub fn remove(&mut self, prefix: Prefix) -> Option<u32> {
        let index = self.routes.iter().position(|(p, _)| *p == prefix)?;
        Some(self.routes.swap_remove(index).1)
    }

    /// The value of exactly this prefix.
    pub fn get(&self, prefix: Prefix) -> Option<u32> {
        self.routes.iter().find(|(p, _)| *p == prefix).map(|(_, value)| *value)
    }

    /// The longest prefix that holds `addr`, and its value.
    pub fn lookup(&self, addr: Addr) -> Option<(Prefix, u32)> {
        let holding = self.routes.iter().filter(|(p, _)| p.contains(addr));
        holding.max_by_key(|(p, _)| p.len()).copied()
    }

    /// Every prefix that holds `addr`, the shortest first.
    pub fn matches(&self, addr: Addr) -> Vec<(Prefix, u32)> {
        let mut found: Vec<_> =
            self.routes.iter().filter(|(p, _)| p.contains(addr)).copied().collect();
        found.sort_by_key(|(p, _)| p.len());
        found
    }

    /// Every route, by address then length.
    pub fn iter(&self) -> impl Iterator<Item = (Prefix, u32)> {
        let mut sorted = self.routes.clone();
        sorted.sort();
        sorted.into_iter()
    }
}

/// Addresses `first..=last` that all have the same answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// The lowest address.
    pub first: Addr,
    /// The highest address.
    pub last: Addr,
    /// The value of the longest match, or `None` where no prefix matches.
    pub value: Option<u32>,
}

/// A route table flattened to disjoint intervals that cover every address.
///
/// Made in one sweep over the sorted routes with a stack of the prefixes that are open; fast
/// enough to check the answers of a full Internet table.
#[derive(Clone, Debug)]
pub struct IntervalOracle {
    intervals: Vec<Interval>,
}

impl IntervalOracle {
    /// Flattens routes. They must be strictly ascending by address then length.
    pub fn new(routes: &[(Prefix, u32)]) -> IntervalOracle {
        assert!(routes.is_sorted_by(|a, b| a.0 < b.0), "routes are not strictly ascending");
        let mut sweep = Sweep { at: 0, open: Vec::new(), intervals: Vec::new() };
        for &(prefix, value) in routes {
            let start = u64::from(prefix.addr().0);
            sweep.close_before(start);
            sweep.emit_until(start);
            sweep.open.push((u64::from(prefix.last().0) + 1, value));
        }
        sweep.close_before(END + 1);
        sweep.emit_until(END);
        IntervalOracle { intervals: sweep.intervals }
    }

    /// The value of the longest match.
    pub fn lookup(&self, addr: Addr) -> Option<u32> {
        let after = self.intervals.partition_point(|i| i.first <= addr);
        self.intervals[after - 1].value
    }

    /// The intervals in order of address, from 0.0.0.0 to 255.255.255.255. Neighbours may have
    /// the same value.
    pub fn intervals(&self) -> impl ExactSizeIterator<Item = Interval> {
        self.intervals.iter().copied()
    }
}

/// One past the last address.
const END: u64 = 1 << 32;

struct Sweep {
    /// The first address that is not in an interval yet.
    at: u64,
    /// The end (exclusive) and value of each prefix around `at`, the longest last.
    open: Vec<(u64, u32)>,
    intervals: Vec<Interval>,
}

impl Sweep {
    /// Closes the prefixes that end at `start` or before.
    fn close_before(&mut self, start: u64) {
        while let Some(&(end, _)) = self.open.last() {
            if end > start {
                break;
            }
            self.emit_until(end);
            self.open.pop();
        }
    }

    /// Gives the addresses from `at` to `end` (exclusive) to the innermost open prefix.
    fn emit_until(&mut self, end: u64) {
        if self.at < end {
            let value = self.open.last().map(|(_, value)| *value);
            let address = |a: u64| Addr(u32::try_from(a).unwrap());
            let interval = Interval { first: address(self.at), last: address(end - 1), value };
            self.intervals.push(interval);
            self.at = end;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Rng;
    use super::*;

    fn p(text: &str) -> Prefix {
        Prefix::parse(text).unwrap()
    }

    #[test]
    fn list_operations() {
        let mut lpm = NaiveLpm::new();
        assert_eq!(lpm.insert(p("10.0.0.0/8"), 1), None);
        assert_eq!(lpm.insert(p("0.0.0.0/0"), 2), None);
        assert_eq!(lpm.insert(p("10.0.0.0/8"), 3), Some(1));
        assert_eq!(lpm.insert(p("10.1.0.0/16"), 4), None);
        assert_eq!(lpm.len(), 3);
        assert_eq!(lpm.get(p("10.0.0.0/8")), Some(3));
        assert_eq!(lpm.get(p("10.0.0.0/9")), None);
        let addr = Addr::new(10, 1, 2, 3);
        assert_eq!(lpm.lookup(addr), Some((p("10.1.0.0/16"), 4)));
        let lengths: Vec<u8> = lpm.matches(addr).iter().map(|(p, _)| p.len()).collect();
        assert_eq!(lengths, [0, 8, 16]);
        let sorted: Vec<_> = lpm.iter().collect();
        let all = [(p("0.0.0.0/0"), 2), (p("10.0.0.0/8"), 3), (p("10.1.0.0/16"), 4)];
        assert_eq!(sorted, all);
        assert_eq!(lpm.remove(p("0.0.0.0/0")), Some(2));
        assert_eq!(lpm.remove(p("0.0.0.0/0")), None);
        assert_eq!(lpm.lookup(Addr::new(11, 0, 0, 0)), None);
    }

    #[test]
    fn intervals_of_nested_routes() {
        let routes = [
            (p("10.0.0.0/8"), 1),
            (p("10.0.0.0/9"), 2),
            (p("10.127.0.0/16"), 3),
            (p("255.255.255.255/32"), 4),
        ];
        let oracle = IntervalOracle::new(&routes);
        let found: Vec<_> = oracle.intervals().map(|i| (i.first.0, i.last.0, i.value)).collect();
        let expected = [
            (0, 0x09ff_ffff, None),
            (0x0a00_0000, 0x0a7e_ffff, Some(2)),
            (0x0a7f_0000, 0x0a7f_ffff, Some(3)),
            (0x0a80_0000, 0x0aff_ffff, Some(1)),
            (0x0b00_0000, 0xffff_fffe, None),
            (0xffff_ffff, 0xffff_ffff, Some(4)),
        ];
        assert_eq!(found, expected);
        let empty = IntervalOracle::new(&[]);
        assert_eq!(empty.intervals().len(), 1);
        assert_eq!(empty.lookup(Addr(u32::MAX)), None);
        let whole = IntervalOracle::new(&[(Prefix::DEFAULT, 7)]);
        assert_eq!(whole.intervals().len(), 1);
        assert_eq!(whole.lookup(Addr(0)), Some(7));
    }

    #[test]
    fn sweep_equals_scan() {
        let mut rng = Rng::new(1);
        for _ in 0..300 {
            let mut lpm = NaiveLpm::new();
            for value in 0..rng.below(60) {
                // Few high bits and any length: nested, adjacent and duplicate prefixes.
                let addr = Addr(rng.word() & rng.pick(&[0xe000_0007, 0xf000_0000, 0xffff_ffff]));
                let len = u8::try_from(rng.below(33)).unwrap();
                lpm.insert(Prefix::new_truncated(addr, len), value);
            }
            let routes: Vec<_> = lpm.iter().collect();
            let oracle = IntervalOracle::new(&routes);
            let mut next = 0;
            for interval in oracle.intervals() {
                assert_eq!(u64::from(interval.first.0), next);
                next = u64::from(interval.last.0) + 1;
                for addr in [interval.first, interval.last] {
                    assert_eq!(lpm.lookup(addr).map(|(_, value)| value), interval.value);
                }
            }
            assert_eq!(next, END);
            for _ in 0..20 {
                let addr = Addr(rng.word());
                assert_eq!(oracle.lookup(addr), lpm.lookup(addr).map(|(_, value)| value));
            }
        }
    }
}
