//! The addresses that are looked up, and the tables that they are looked up in.

use std::collections::BTreeSet;

use sekisho::addr::{Addr, Prefix};
use sekisho::model::{Rng, internet_table};

/// A prefix and its value.
pub type Route = (Prefix, u32);

/// How addresses are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workload {
    /// All addresses alike.
    Uniform,
    /// A route of the table, all alike, and an address in it.
    Hits,
    /// Zipf's law over 65,536 destinations drawn like hits: the k-th has weight 1/k.
    Zipf,
    /// 1,024 destinations drawn like hits, all alike.
    Hot,
}

/// Destinations of [`Workload::Zipf`].
const ZIPF: usize = 1 << 16;

/// Destinations of [`Workload::Hot`].
const HOT: usize = 1 << 10;

impl Workload {
    /// All of them, in the order of figures.
    pub const ALL: [Workload; 4] =
        [Workload::Uniform, Workload::Hits, Workload::Zipf, Workload::Hot];

    /// What it is called in figures and options.
    pub const fn name(self) -> &'static str {
        match self {
            Workload::Uniform => "uniform",
            Workload::Hits => "hits",
            Workload::Zipf => "zipf",
            Workload::Hot => "hot1k",
        }
    }

    /// So many addresses for a table.
    pub fn addresses(self, rng: &mut Rng, routes: &[Route], n: usize) -> Vec<u32> {
        let hits = |rng: &mut Rng, n| (0..n).map(|_| hit(rng, routes)).collect::<Vec<u32>>();
        match self {
            Workload::Uniform => (0..n).map(|_| rng.word()).collect(),
            Workload::Hits => hits(rng, n),
            Workload::Zipf => {
                let destinations = hits(rng, ZIPF);
                let zipf = Zipf::new(ZIPF);
                (0..n).map(|_| destinations[zipf.draw(rng)]).collect()
            }
            Workload::Hot => {
                let destinations = hits(rng, HOT);
                (0..n).map(|_| rng.pick(&destinations)).collect()
            }
        }
    }
}

/// An address in a route drawn from all alike.
fn hit(rng: &mut Rng, routes: &[Route]) -> u32 {
    let (prefix, _) = routes[index(rng, routes.len())];
    let host_bits = prefix.last().0 - prefix.addr().0;
    prefix.addr().0 | rng.word() & host_bits
}

/// An index below `n`.
pub fn index(rng: &mut Rng, n: usize) -> usize {
    rng.below(u32::try_from(n).expect("fewer than addresses")) as usize
}

/// Brings items into random order.
pub fn shuffle<T>(rng: &mut Rng, items: &mut [T]) {
    for n in (1..items.len()).rev() {
        items.swap(n, index(rng, n + 1));
    }
}

/// Zipf's law with exponent 1 over ranks from 0: rank k has weight 1 / (k + 1).
pub struct Zipf {
    cumulative: Vec<u64>,
}

impl Zipf {
    /// Over so many ranks.
    pub fn new(ranks: usize) -> Zipf {
        let weights = (1..=ranks as u64).map(|rank| (1 << 40) / rank);
        let sums = weights.scan(0, |sum, weight| {
            *sum += weight;
            Some(*sum)
        });
        Zipf { cumulative: sums.collect() }
    }

    /// A rank.
    pub fn draw(&self, rng: &mut Rng) -> usize {
        let total = *self.cumulative.last().expect("at least one rank");
        // The high half of a product: a number below `total`, all alike.
        let ball = (u128::from(rng.bits()) * u128::from(total)) >> 64;
        self.cumulative.partition_point(|sum| u128::from(*sum) <= ball)
    }
}

/// A table as in a virtual private cloud: a default route, 10.0.0.0/8, and in it 15 % /16, 10 % /20,
/// 50 % /24, 15 % /28 and 10 % /32, with next hops 1 to 16. At most some 1,500 routes.
pub fn vpc_table(rng: &mut Rng, routes: usize) -> Vec<Route> {
    assert!(routes <= 1_500, "10.0.0.0/8 has 256 /16s");
    let mut prefixes = BTreeSet::new();
    prefixes.insert(Prefix::DEFAULT);
    prefixes.insert(Prefix::new_truncated(Addr::new(10, 0, 0, 0), 8));
    while prefixes.len() < routes {
        let len = [16, 20, 24, 28, 32][rng.weighted(&[15, 10, 50, 15, 10])];
        prefixes.insert(Prefix::new_truncated(Addr(10 << 24 | rng.word() >> 8), len));
    }
    prefixes.into_iter().take(routes).map(|prefix| (prefix, 1 + rng.below(16))).collect()
}

/// A table of the Internet's kind, but 15 % of its routes are longer than /24, each in a /24 near
/// others of its kind: 1 % of what is left has them.
pub fn rich_table(rng: &mut Rng, routes: usize) -> Vec<Route> {
    let long = routes * 15 / 100;
    let mut table: Vec<Route> = internet_table(rng.bits(), routes - long);
    let mut taken: BTreeSet<Prefix> = table.iter().map(|(prefix, _)| *prefix).collect();
    let homes: Vec<u32> = (0..table.len() / 100 + 1).map(|_| hit(rng, &table)).collect();
    while taken.len() < routes {
        let home = rng.pick(&homes) & !255;
        let len = [25, 26, 27, 28, 29, 30, 31, 32][rng.weighted(&[5, 8, 10, 15, 17, 15, 2, 28])];
        let prefix = Prefix::new_truncated(Addr(home | rng.below(256)), len);
        if taken.insert(prefix) {
            table.push((prefix, 1 + rng.below(120)));
        }
    }
    table.sort();
    table
}

/// The same prefixes, with next hops drawn from 1 to 120, all alike.
pub fn random_hops(rng: &mut Rng, routes: &[Route]) -> Vec<Route> {
    routes.iter().map(|(prefix, _)| (*prefix, 1 + rng.below(120))).collect()
}

/// Packets for many tables: 80 % of the addresses lie in a route of the packet's table other than its
/// default, 20 % anywhere in 10.0.0.0/8. So many in a row are of one table.
pub fn packets(
    rng: &mut Rng,
    tables: &[Vec<Route>],
    n: usize,
    in_a_row: usize,
) -> (Vec<u32>, Vec<u32>) {
    let mut table = 0;
    (0..n)
        .map(|packet| {
            if packet % in_a_row == 0 {
                table = index(rng, tables.len());
            }
            let own = &tables[table][1..];
            let addr = if rng.chance(80) && !own.is_empty() {
                hit(rng, own)
            } else {
                10 << 24 | rng.word() >> 8
            };
            (u32::try_from(table).expect("few tables"), addr)
        })
        .unzip()
}

#[cfg(test)]
mod tests {
    use sekisho::lpm::{Config, Root, Sizing};

    use super::*;

    #[test]
    fn zipf_has_its_weights() {
        let zipf = Zipf::new(4);
        let mut rng = Rng::new(1);
        let mut drawn = [0; 4];
        (0..25_000).for_each(|_| drawn[zipf.draw(&mut rng)] += 1);
        // Of 25 parts they have 12, 6, 4 and 3.
        for (drawn, parts) in drawn.into_iter().zip([12, 6, 4, 3]) {
            assert!((parts * 900..parts * 1_100).contains(&drawn), "{drawn} of {parts} parts");
        }
    }

    #[test]
    fn workloads_are_what_they_say() {
        let routes = internet_table(1, 2_000);
        let holds = |addr: u32| routes.iter().any(|(prefix, _)| prefix.contains(Addr(addr)));
        let distinct = |addrs: &[u32]| addrs.iter().collect::<BTreeSet<_>>().len();
        for workload in Workload::ALL {
            let addrs = workload.addresses(&mut Rng::new(1), &routes, 20_000);
            assert_eq!(addrs.len(), 20_000);
            assert_eq!(addrs, workload.addresses(&mut Rng::new(1), &routes, 20_000));
            assert_eq!(
                addrs.iter().take(500).all(|addr| holds(*addr)),
                workload != Workload::Uniform
            );
            let distinct = distinct(&addrs);
            match workload {
                Workload::Uniform | Workload::Hits => assert!(distinct > 15_000),
                Workload::Zipf => assert!((4_000..10_000).contains(&distinct), "{distinct}"),
                Workload::Hot => assert!((1_000..=HOT).contains(&distinct), "{distinct}"),
            }
        }
    }

    #[test]
    fn tables_are_what_they_say() {
        let sorted = |table: &[Route]| table.is_sorted_by(|a, b| a.0 < b.0);
        let vpc = vpc_table(&mut Rng::new(1), 1_000);
        assert_eq!((vpc.len(), vpc[0].0), (1_000, Prefix::DEFAULT));
        assert!(sorted(&vpc));
        let rich = rich_table(&mut Rng::new(1), 10_000);
        assert!(rich.len() == 10_000 && sorted(&rich));
        assert!(rich.iter().filter(|(prefix, _)| prefix.len() > 24).count() >= 1_500);
        let hops = random_hops(&mut Rng::new(1), &rich);
        assert!(hops.iter().zip(&rich).all(|(a, b)| a.0 == b.0));
        assert_eq!(hops.iter().map(|(_, hop)| hop).collect::<BTreeSet<_>>().len(), 120);
    }

    #[test]
    fn vpc_tables_take_little_memory() {
        for (routes, most) in [(16, 1 << 10), (1_000, 32 << 10)] {
            let table = vpc_table(&mut Rng::new(1), routes);
            let sizing = Sizing::new(&Config::new(routes as u32, 1));
            let words = sizing.table(Root::Compact, &table).expect("sorted").footprint();
            assert!(words * 4 <= most, "{routes} routes: {} bytes", words * 4);
        }
    }

    #[test]
    fn packets_stay_with_their_table() {
        let tables: Vec<_> = (0..5).map(|seed| vpc_table(&mut Rng::new(seed), 100)).collect();
        let (numbers, addrs) = packets(&mut Rng::new(1), &tables, 960, 32);
        assert!(numbers.chunks(32).all(|group| group.iter().all(|table| *table == group[0])));
        assert_eq!(numbers.iter().collect::<BTreeSet<_>>().len(), 5);
        assert!(addrs.iter().all(|addr| addr >> 24 == 10));
    }

    #[test]
    fn shuffling_keeps_everything() {
        let mut items: Vec<usize> = (0..100).collect();
        shuffle(&mut Rng::new(1), &mut items);
        assert!(!items.is_sorted());
        items.sort_unstable();
        assert!(items.into_iter().eq(0..100));
    }
}
