//! Internet-like route tables, generated or read from text.

use std::collections::{BTreeSet, HashSet};
use std::string::{String, ToString};
use std::vec::Vec;

use super::rng::Rng;
use crate::addr::{Addr, Prefix};

/// Routes per prefix length in a full IPv4 table of 2024 (tier-1 view): 901,899 in all.
pub const LENGTH_HISTOGRAM: [(u8, usize); 25] = [
    (8, 16),
    (9, 13),
    (10, 38),
    (11, 103),
    (12, 299),
    (13, 581),
    (14, 1203),
    (15, 2100),
    (16, 13490),
    (17, 8235),
    (18, 13798),
    (19, 24870),
    (20, 42611),
    (21, 50750),
    (22, 108_623),
    (23, 96510),
    (24, 537_698),
    (25, 20),
    (26, 3),
    (27, 11),
    (28, 18),
    (29, 17),
    (30, 3),
    (31, 3),
    (32, 886),
];

/// Distinct next hops, numbered from 1.
const NEXT_HOPS: u32 = 120;

/// The most routes that can be asked for: beyond, the space of the /16s gets tight.
const MAX_ROUTES: usize = 2_000_000;

/// First octets without unicast routes on the Internet.
const fn is_reserved(octet: u32) -> bool {
    matches!(octet, 0 | 10 | 127 | 224..)
}

/// A table of exactly `routes` distinct prefixes, sorted by address then length, with values
/// 1..=120. The same seed gives the same table.
///
/// The lengths are distributed as in [`LENGTH_HISTOGRAM`]. In a full table some 60 % of the
/// prefixes lie inside others, and many side by side; next hops are clustered
/// in address space, and a few have most of the routes. At most two million routes.
pub fn internet_table(seed: u64, routes: usize) -> Vec<(Prefix, u32)> {
    assert!(routes <= MAX_ROUTES, "at most {MAX_ROUTES} routes");
    let mut rng = Rng::new(seed);
    let mut prefixes: Vec<Prefix> = Vec::with_capacity(routes);
    let mut taken: HashSet<Prefix> = HashSet::with_capacity(routes);
    for (len, count) in scaled_histogram(routes) {
        let shorter = prefixes.len();
        for _ in 0..count {
            let mut prefix = loop {
                let addr = propose(&mut rng, &prefixes, shorter, len);
                if !is_reserved(addr.0 >> 24) {
                    break Prefix::new_truncated(addr, len);
                }
            };
            while taken.contains(&prefix) || is_reserved(prefix.addr().0 >> 24) {
                prefix = neighbour(prefix);
            }
            taken.insert(prefix);
            prefixes.push(prefix);
        }
    }
    prefixes.sort();
    let hops = NextHops::new(&mut rng);
    prefixes.into_iter().map(|prefix| (prefix, hops.of(&mut rng, prefix))).collect()
}

/// The histogram for so many routes; rounding goes to the lengths with the largest remainders.
fn scaled_histogram(routes: usize) -> Vec<(u8, usize)> {
    let total: usize = LENGTH_HISTOGRAM.iter().map(|(_, count)| count).sum();
    let mut scaled: Vec<(u8, usize)> =
        LENGTH_HISTOGRAM.iter().map(|&(len, count)| (len, count * routes / total)).collect();
    let mut order: Vec<usize> = (0..scaled.len()).collect();
    order.sort_by_key(|&i| std::cmp::Reverse(LENGTH_HISTOGRAM[i].1 * routes % total));
    let missing = routes - scaled.iter().map(|(_, count)| count).sum::<usize>();
    for &i in &order[..missing] {
        scaled[i].1 += 1;
    }
    scaled
}

/// An address for a prefix of length `len`: beside the last one, inside one of the `shorter`
/// prefixes, in the same /16 as any, or anywhere.
fn propose(rng: &mut Rng, prefixes: &[Prefix], shorter: usize, len: u8) -> Addr {
    let siblings = &prefixes[shorter..];
    // Shares in percent. Blocks up to /16 nest in each other, which leaves room outside for the
    // longer prefixes; those come in runs and crowd where others are.
    let [beside, inside, near] = if len <= 16 { [10, 60, 0] } else { [45, 5, 25] };
    let share = rng.below(100);
    if share < beside && !siblings.is_empty() {
        neighbour(siblings[siblings.len() - 1]).addr()
    } else if share < beside + inside && shorter > 0 {
        let parent = prefixes[rng.below(shorter as u32) as usize];
        Addr(parent.addr().0 | rng.word() & !parent_mask(parent))
    } else if share < beside + inside + near && shorter > 0 {
        let other = prefixes[rng.below(prefixes.len() as u32) as usize];
        Addr(other.addr().0 & 0xffff_0000 | rng.word() & 0xffff)
    } else {
        Addr(rng.word())
    }
}

fn parent_mask(parent: Prefix) -> u32 {
    !(parent.last().0 - parent.addr().0)
}

/// The next prefix of the same length; after the last comes the first.
fn neighbour(prefix: Prefix) -> Prefix {
    Prefix::new_truncated(Addr(prefix.last().0.wrapping_add(1)), prefix.len())
}

/// Which next hop a prefix has: mostly the one at home in its /14.
struct NextHops {
    /// Cumulative weights: the k-th next hop weighs 1/k.
    cumulative: Vec<u32>,
    /// The next hop at home in each /14.
    homes: Vec<u32>,
}

impl NextHops {
    fn new(rng: &mut Rng) -> NextHops {
        let weights = (1..=NEXT_HOPS).map(|k| 1_000_000 / k);
        let cumulative = weights
            .scan(0, |sum, weight| {
                *sum += weight;
                Some(*sum)
            })
            .collect();
        let mut hops = NextHops { cumulative, homes: Vec::new() };
        for block in 0..1 << 14 {
            // Neighbouring blocks often share their home.
            let home =
                if block > 0 && rng.chance(40) { hops.homes[block - 1] } else { hops.draw(rng) };
            hops.homes.push(home);
        }
        hops
    }

    fn draw(&self, rng: &mut Rng) -> u32 {
        let ball = rng.below(self.cumulative[self.cumulative.len() - 1]);
        self.cumulative.partition_point(|sum| *sum <= ball) as u32 + 1
    }

    fn of(&self, rng: &mut Rng, prefix: Prefix) -> u32 {
        if rng.chance(85) { self.homes[(prefix.addr().0 >> 18) as usize] } else { self.draw(rng) }
    }
}

/// Reads lines `a.b.c.d/len value`; blank lines and lines that begin with `#` are skipped. The
/// routes are answered in the order of the lines. The error is the line's number, from 1, and
/// what is wrong with it.
pub fn parse_table(text: &str) -> Result<Vec<(Prefix, u32)>, (usize, String)> {
    let mut routes = Vec::new();
    let mut seen = BTreeSet::new();
    for (index, line) in text.lines().enumerate() {
        let fault = |what: &str| (index + 1, what.to_string());
        let mut words = line.split_ascii_whitespace();
        let Some(first) = words.next().filter(|word| !word.starts_with('#')) else {
            continue;
        };
        let prefix = Prefix::parse(first).ok_or_else(|| fault("not a canonical prefix"))?;
        let value = words.next().filter(|word| word.bytes().all(|b| b.is_ascii_digit()));
        let value = value.and_then(|word| word.parse().ok());
        let value = value.ok_or_else(|| fault("not a next hop number"))?;
        if words.next().is_some() {
            return Err(fault("more than two words"));
        }
        if !seen.insert(prefix) {
            return Err(fault("the prefix is there twice"));
        }
        routes.push((prefix, value));
    }
    Ok(routes)
}

#[cfg(test)]
mod tests {
    use super::super::IntervalOracle;
    use super::*;

    #[test]
    fn tables_have_the_histogram_and_order() {
        for routes in [0, 1, 1000, 50_000, 901_899] {
            let table = internet_table(7, routes);
            assert_eq!(table.len(), routes);
            assert!(table.is_sorted_by(|a, b| a.0 < b.0));
            assert!(table.iter().all(|(p, _)| !is_reserved(p.addr().0 >> 24)));
            assert!(table.iter().all(|(_, hop)| (1..=NEXT_HOPS).contains(hop)));
            for (len, count) in scaled_histogram(routes) {
                assert_eq!(table.iter().filter(|(p, _)| p.len() == len).count(), count, "/{len}");
            }
        }
        assert_eq!(scaled_histogram(901_899), LENGTH_HISTOGRAM);
        assert_ne!(internet_table(7, 1000), internet_table(8, 1000));
    }

    #[test]
    fn tables_are_clustered() {
        // A real table of this size: 51 % nested, 25 % beside another next hop.
        let table = internet_table(3, 901_899);
        let mut nested = 0;
        let mut open: Vec<Prefix> = Vec::new();
        for &(prefix, _) in &table {
            while open.last().is_some_and(|p| !p.covers(prefix)) {
                open.pop();
            }
            nested += usize::from(!open.is_empty());
            open.push(prefix);
        }
        let percent = |count: usize| count * 100 / table.len();
        assert!((40..70).contains(&percent(nested)), "{nested} nested");
        let changes = table.windows(2).filter(|w| w[0].1 != w[1].1).count();
        assert!((20..35).contains(&percent(changes)), "{changes} beside another next hop");
        let most = (1..=NEXT_HOPS).map(|hop| table.iter().filter(|(_, h)| *h == hop).count());
        let (most, least) = (most.clone().max().unwrap(), most.min().unwrap());
        assert!(most > 10 * least.max(1), "next hops from {least} to {most} routes");
        assert!(IntervalOracle::new(&table).intervals().len() > table.len() / 2);
    }

    #[test]
    fn text_tables() {
        let text = "# a table\n10.0.0.0/8 1\n\n 0.0.0.0/0\t4294967295 \r\n";
        let expected = [(Prefix::parse("10.0.0.0/8").unwrap(), 1), (Prefix::DEFAULT, u32::MAX)];
        assert_eq!(parse_table(text).unwrap(), expected);
        let line_of_fault = |text| parse_table(text).unwrap_err().0;
        assert_eq!(line_of_fault("10.0.0.0/8 1\n10.0.0.1/8 1"), 2);
        assert_eq!(line_of_fault("10.0.0.0/8"), 1);
        assert_eq!(line_of_fault("10.0.0.0/8 +1"), 1);
        assert_eq!(line_of_fault("10.0.0.0/8 4294967296"), 1);
        assert_eq!(line_of_fault("10.0.0.0/8 1 2"), 1);
        assert_eq!(line_of_fault("\n10.0.0.0/8 1\n10.0.0.0/8 2"), 3);
    }
}
