//! Building, checking and timing, the same for everyone.

use std::hint::black_box;
use std::time::{Duration, Instant};

use sekisho::addr::Addr;
use sekisho::model::{IntervalOracle, Rng};

use super::contender::{Build, BuildMany, Bytes, GROUP, MISS, Route, Table, Tables};
use sekisho_benches::huge;
use sekisho_benches::workload::shuffle;

/// Something built, what it takes, and how many milliseconds each building took.
pub(crate) struct Built<T: ?Sized> {
    /// The table or tables.
    pub(crate) it: Box<T>,
    /// Its memory.
    pub(crate) bytes: Bytes,
    /// Milliseconds, a sample for each time that it was built.
    pub(crate) times: Vec<f64>,
}

/// What is quick to build is built three times.
const QUICK: f64 = 400.0;

/// Builds with a clock and a count of what is kept on the heap.
fn build<T: ?Sized>(
    make: impl Fn() -> Result<Box<T>, String>,
    bytes: impl Fn(&T, usize) -> Bytes,
) -> Result<Built<T>, String> {
    let mut times = Vec::new();
    loop {
        let before = huge::live();
        let start = Instant::now();
        let it = make()?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
        if times.len() == 3 || times.iter().sum::<f64>() > QUICK {
            let bytes = bytes(&it, huge::live().wrapping_sub(before));
            return Ok(Built { it, bytes, times });
        }
    }
}

/// Builds one table.
pub(crate) fn build_one(make: Build, routes: &[Route]) -> Result<Built<dyn Table>, String> {
    build(|| make(routes), |table, heap| table.bytes(heap))
}

/// Builds many tables.
pub(crate) fn build_many(
    make: BuildMany,
    tables: &[Vec<Route>],
) -> Result<Built<dyn Tables>, String> {
    build(|| make(tables), |tables, heap| tables.bytes(heap))
}

/// What has to be answered to an address.
pub(crate) fn oracle(routes: &[Route]) -> impl Fn(u32) -> u32 {
    let oracle = IntervalOracle::new(routes);
    move |addr| oracle.lookup(Addr(addr)).unwrap_or(MISS)
}

/// What has to be answered to these.
pub(crate) fn expected(routes: &[Route], addrs: &[u32]) -> Vec<u32> {
    let oracle = oracle(routes);
    addrs.iter().map(|addr| oracle(*addr)).collect()
}

/// How many addresses are answered wrong, in bulk or one by one or both.
pub(crate) fn wrong(table: &dyn Table, addrs: &[u32], expected: &[u32]) -> usize {
    let mut answers = [0; 256];
    let mut wrong = 0;
    for (addrs, expected) in addrs.chunks(256).zip(expected.chunks(256)) {
        // Not an answer of anything that is looked up in.
        answers.fill(MISS - 1);
        table.lookup_bulk(addrs, &mut answers[..addrs.len()]);
        let one_by_one = addrs.iter().map(|addr| table.lookup(*addr));
        let both = answers.iter().zip(one_by_one).zip(expected);
        wrong += both.filter(|((bulk, one), right)| bulk != right || one != *right).count();
    }
    wrong
}

/// How many packets are answered wrong, mixed or one by one; if `grouped`, also by groups of a table.
pub(crate) fn wrong_many(
    it: &dyn Tables,
    (tables, addrs): (&[u32], &[u32]),
    expected: &[u32],
    grouped: bool,
) -> usize {
    let mut answers = [0; GROUP];
    let mut wrong = 0;
    for ((tables, addrs), expected) in
        tables.chunks(GROUP).zip(addrs.chunks(GROUP)).zip(expected.chunks(GROUP))
    {
        let mut right = [true; GROUP];
        let mut compare = |answers: &[u32]| {
            for ((right, answer), expected) in right.iter_mut().zip(answers).zip(expected) {
                *right &= answer == expected;
            }
        };
        let one_by_one = tables.iter().zip(addrs).map(|(table, addr)| it.lookup(*table, *addr));
        compare(&one_by_one.collect::<Vec<u32>>());
        answers.fill(MISS - 1);
        it.lookup_mixed(tables, addrs, &mut answers[..addrs.len()]);
        compare(&answers);
        if grouped {
            answers.fill(MISS - 1);
            it.lookup_group(tables[0], addrs, &mut answers[..addrs.len()]);
            compare(&answers);
        }
        wrong += right.iter().filter(|right| !**right).count();
    }
    wrong
}

/// What a peer does; if it panics, its last words.
pub(crate) fn guarded<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).map_err(|words| {
        let words = words
            .downcast::<String>()
            .map(|text| *text)
            .or_else(|words| words.downcast::<&str>().map(|text| text.to_string()));
        let words = words.unwrap_or_else(|_| "no words".to_string());
        format!("it panicked ({})", words.replace('\n', " "))
    })
}

/// Nanoseconds an item. An eighth of the items goes first, without a clock, to warm caches.
pub(crate) fn nanoseconds(items: usize, mut run: impl FnMut(usize) -> u64) -> f64 {
    black_box(run(items.div_ceil(8)));
    let start = Instant::now();
    black_box(run(black_box(items)));
    start.elapsed().as_nanos() as f64 / items as f64
}

/// Runs every contender in every discipline, so many times: in each repetition and discipline the
/// contenders follow each other in random order. Samples by contender and discipline.
pub(crate) fn interleave(
    rng: &mut Rng,
    repetitions: usize,
    contenders: usize,
    disciplines: usize,
    mut run: impl FnMut(usize, usize) -> Option<f64>,
) -> Vec<Vec<Vec<f64>>> {
    let mut samples = vec![vec![Vec::new(); disciplines]; contenders];
    let mut order: Vec<usize> = (0..contenders).collect();
    for _ in 0..repetitions {
        (0..disciplines).for_each(|discipline| {
            shuffle(rng, &mut order);
            for &contender in &order {
                samples[contender][discipline].extend(run(contender, discipline));
            }
        });
    }
    samples
}

/// Does items until time is up, looking at the clock at every 64th. How many were done, and seconds.
pub(crate) fn until<T>(items: &[T], limit: Duration, mut each: impl FnMut(&T)) -> (usize, f64) {
    let start = Instant::now();
    let mut done = 0;
    for chunk in items.chunks(64) {
        chunk.iter().for_each(&mut each);
        done += chunk.len();
        if start.elapsed() >= limit {
            break;
        }
    }
    (done, start.elapsed().as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everyone_runs_in_every_discipline() {
        let mut order = Vec::new();
        let samples = interleave(&mut Rng::new(1), 5, 3, 2, |contender, discipline| {
            order.push(contender);
            (contender != 1).then_some((contender * 2 + discipline) as f64)
        });
        assert_eq!(samples[2], [vec![4.0; 5], vec![5.0; 5]]);
        assert_eq!(samples[1], [vec![], vec![]]);
        // In each discipline everyone once, but not always in the same order.
        assert!(order.chunks(3).all(|turn| turn.iter().sum::<usize>() == 3));
        assert!(order.chunks(3).any(|turn| turn != &order[..3]));
    }

    #[test]
    fn panics_are_told() {
        assert_eq!(guarded(|| 7), Ok(7));
        assert_eq!(guarded(|| assert!(black_box(false), "a\nb")), Err("it panicked (a b)".into()));
    }

    #[test]
    fn time_is_a_limit() {
        let items = [0; 1_000];
        let mut seen = 0;
        assert_eq!(until(&items, Duration::ZERO, |_| seen += 1).0, 64);
        assert_eq!(until(&items, Duration::from_secs(60), |_| seen += 1).0, 1_000);
        assert_eq!(seen, 1_064);
    }
}
