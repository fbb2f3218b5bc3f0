//! Two plain contenders of our own, for scale: the least memory that answers, and one load an address.

use std::collections::BTreeMap;

use sekisho::addr::Prefix;
use sekisho::model::IntervalOracle;

use super::contender::{Bytes, Contender, Each, MISS, Route, Table, Tables};

/// Both baselines.
pub(crate) fn contenders() -> Vec<Contender> {
    vec![
        Contender::new("intervals (baseline)", |routes| Ok(Box::new(Intervals::new(routes))))
            .frozen()
            .many(many_intervals, usize::MAX),
        Contender::new("dir-24-8 (baseline)", |routes| Ok(Box::new(Dir::new(routes)?))),
    ]
}

fn many_intervals(tables: &[Vec<Route>]) -> Result<Box<dyn Tables>, String> {
    Ok(Box::new(Each(tables.iter().map(|routes| Intervals::new(routes)).collect())))
}

/// Where each run of equal answers begins, and the answer; found by binary search.
struct Intervals {
    starts: Vec<u32>,
    hops: Vec<u32>,
}

impl Intervals {
    fn new(routes: &[Route]) -> Intervals {
        let oracle = IntervalOracle::new(routes);
        let (mut starts, mut hops) = (Vec::new(), Vec::new());
        for interval in oracle.intervals() {
            let hop = interval.value.unwrap_or(MISS);
            if hops.last() != Some(&hop) {
                starts.push(interval.first.0);
                hops.push(hop);
            }
        }
        starts.shrink_to_fit();
        hops.shrink_to_fit();
        Intervals { starts, hops }
    }
}

impl Table for Intervals {
    #[inline]
    fn lookup(&self, addr: u32) -> u32 {
        // The first run begins at 0.
        self.hops[self.starts.partition_point(|start| *start <= addr) - 1]
    }

    fn insert(&mut self, _prefix: Prefix, _hop: u32) -> bool {
        false
    }

    fn remove(&mut self, _prefix: Prefix) -> bool {
        false
    }
}

/// DIR-24-8: an entry of two bytes for each /24, and 256 more behind those that have longer prefixes.
/// Beside each entry is the length of its prefix, for updates only.
struct Dir {
    top: Vec<u16>,
    groups: Vec<u16>,
    top_lengths: Vec<u8>,
    group_lengths: Vec<u8>,
    /// Groups that are not in use.
    free: Vec<u16>,
    /// Prefixes over /24 in each group.
    members: Vec<u32>,
    routes: BTreeMap<Prefix, u16>,
}

/// The bit of an entry that says that the rest is the number of a group.
const GROUP: u16 = 1 << 15;

/// The entry where no route matches; next hops are below it.
const NONE: u16 = GROUP - 1;

impl Dir {
    fn new(routes: &[Route]) -> Result<Dir, String> {
        let mut dir = Dir {
            top: vec![NONE; 1 << 24],
            groups: Vec::new(),
            top_lengths: vec![0; 1 << 24],
            group_lengths: Vec::new(),
            free: Vec::new(),
            members: Vec::new(),
            routes: BTreeMap::new(),
        };
        for &(prefix, hop) in routes {
            if !dir.insert(prefix, hop) {
                return Err(format!("no room for {prefix} with next hop {hop}"));
            }
        }
        Ok(dir)
    }

    /// Gives what lies in the prefix and has the length `from` another entry. With `longest`, what
    /// has any length up to `from`.
    fn paint(&mut self, prefix: Prefix, from: u8, longest: bool, entry: u16, len: u8) {
        let change = |entries: &mut [u16], lengths: &mut [u8]| {
            for (old, old_len) in entries.iter_mut().zip(lengths) {
                let is_group = *old & GROUP != 0;
                if !is_group && (*old_len == from || longest && *old_len < from) {
                    (*old, *old_len) = (entry, len);
                }
            }
        };
        let (first, last) = (prefix.addr().0, prefix.last().0);
        let (top, end) = ((first >> 8) as usize, (last >> 8) as usize);
        if prefix.len() > 24 {
            let base = usize::from(self.top[top] & NONE) * 256;
            let (low, high) = (base + (first & 255) as usize, base + (last & 255) as usize);
            change(&mut self.groups[low..=high], &mut self.group_lengths[low..=high]);
            return;
        }
        for at in top..=end {
            if self.top[at] & GROUP != 0 {
                let base = usize::from(self.top[at] & NONE) * 256;
                let range = base..base + 256;
                change(&mut self.groups[range.clone()], &mut self.group_lengths[range]);
            }
        }
        change(&mut self.top[top..=end], &mut self.top_lengths[top..=end]);
    }

    /// Makes sure that a /24 has a group; whether it has.
    fn open(&mut self, top: usize) -> bool {
        if self.top[top] & GROUP != 0 {
            return true;
        }
        let group = self.free.pop().or_else(|| {
            let group = u16::try_from(self.members.len()).ok().filter(|group| *group < NONE)?;
            self.groups.extend([0; 256]);
            self.group_lengths.extend([0; 256]);
            self.members.push(0);
            Some(group)
        });
        let Some(group) = group else {
            return false;
        };
        let base = usize::from(group) * 256;
        self.groups[base..base + 256].fill(self.top[top]);
        self.group_lengths[base..base + 256].fill(self.top_lengths[top]);
        self.top[top] = GROUP | group;
        true
    }

    /// Folds a group that has no prefix of its own any more.
    fn close(&mut self, top: usize) {
        let group = self.top[top] & NONE;
        let base = usize::from(group) * 256;
        (self.top[top], self.top_lengths[top]) = (self.groups[base], self.group_lengths[base]);
        self.free.push(group);
    }

    /// The longest other prefix that covers this one: its length and next hop.
    fn parent(&self, prefix: Prefix) -> (u8, u16) {
        let shorter = (0..prefix.len()).rev();
        let mut found = shorter.filter_map(|len| {
            let hop = self.routes.get(&Prefix::new_truncated(prefix.addr(), len))?;
            Some((len, *hop))
        });
        found.next().unwrap_or((0, NONE))
    }
}

impl Table for Dir {
    #[inline]
    fn lookup(&self, addr: u32) -> u32 {
        let mut entry = self.top[(addr >> 8) as usize];
        if entry & GROUP != 0 {
            entry = self.groups[usize::from(entry & NONE) * 256 + (addr & 255) as usize];
        }
        if entry == NONE { MISS } else { u32::from(entry) }
    }

    fn insert(&mut self, prefix: Prefix, hop: u32) -> bool {
        let Some(hop) = u16::try_from(hop).ok().filter(|hop| *hop < NONE) else {
            return false;
        };
        let top = (prefix.addr().0 >> 8) as usize;
        if prefix.len() > 24 && !self.open(top) {
            return false;
        }
        if self.routes.insert(prefix, hop).is_none() && prefix.len() > 24 {
            self.members[usize::from(self.top[top] & NONE)] += 1;
        }
        self.paint(prefix, prefix.len(), true, hop, prefix.len());
        true
    }

    fn remove(&mut self, prefix: Prefix) -> bool {
        if self.routes.remove(&prefix).is_none() {
            return false;
        }
        let (len, hop) = self.parent(prefix);
        self.paint(prefix, prefix.len(), false, hop, len);
        let top = (prefix.addr().0 >> 8) as usize;
        if prefix.len() > 24 {
            let group = usize::from(self.top[top] & NONE);
            self.members[group] -= 1;
            if self.members[group] == 0 {
                self.close(top);
            }
        }
        true
    }

    fn bytes(&self, heap: usize) -> Bytes {
        Bytes { lookup: (self.top.len() + self.groups.len()) * 2, total: heap }
    }
}

#[cfg(test)]
mod tests {
    use sekisho::addr::Addr;
    use sekisho::model::{NaiveLpm, Rng};

    use super::*;

    #[test]
    fn baselines_agree_with_the_list() {
        let mut rng = Rng::new(1);
        let mut dir = Dir::new(&[]).unwrap();
        let mut list = NaiveLpm::new();
        for step in 0..600 {
            // Few addresses, so that prefixes nest and meet again.
            let addr = Addr(rng.pick(&[0, 0x0A00_0000, 0xFFFF_FF00]) | rng.below(512));
            let lengths = [0, 8, 22, 23, 24, 25, 28, 31, 32];
            let prefix = Prefix::new_truncated(addr, rng.pick(&lengths));
            if rng.chance(60) {
                list.insert(prefix, step);
                assert!(dir.insert(prefix, step));
            } else {
                assert_eq!(dir.remove(prefix), list.remove(prefix).is_some());
            }
            let mut routes: Vec<Route> = list.iter().collect();
            routes.sort();
            let intervals = Intervals::new(&routes);
            for addr in (0..40).map(|_| Addr(addr.0 & !511 | rng.below(512))) {
                let expected = list.lookup(addr).map_or(MISS, |(_, hop)| hop);
                assert_eq!(dir.lookup(addr.0), expected, "{addr} in {routes:?}");
                assert_eq!(intervals.lookup(addr.0), expected, "{addr} in {routes:?}");
            }
        }
    }

    #[test]
    fn dir_says_what_it_cannot_hold() {
        let mut dir = Dir::new(&[]).unwrap();
        assert!(!dir.insert(Prefix::DEFAULT, u32::from(NONE)));
        assert_eq!(dir.lookup(0), MISS);
    }
}
