//! The sections of the program: what is built, checked and timed in each.

use sekisho::model::Rng;

use super::args::Options;
use super::churn::{self, Update};
use super::contender::{Contender, GROUP, Route, Table};
use super::figures::{Column, Figure, Row, Section, Unit};
use super::measure::{
    Built, build_many, build_one, expected, guarded, interleave, nanoseconds, oracle, until, wrong,
    wrong_many,
};
use sekisho_benches::workload::{Workload, packets};

/// Routes with their name and where they are from.
pub(crate) struct Data {
    /// What they are.
    pub(crate) title: String,
    /// A file's SHA-256, or the generator and its seed.
    pub(crate) source: String,
    /// By address, then length.
    pub(crate) routes: Vec<Route>,
}

/// How addresses follow each other.
#[derive(Clone, Copy)]
enum Mode {
    Bulk(usize),
    Single,
    Dependent,
}

impl Mode {
    fn column(self, group: &'static str) -> Column {
        match self {
            Mode::Bulk(256) => Column::new(group, "bulk", Unit::Mlps),
            Mode::Bulk(burst) => Column::new(group, &format!("bulk {burst}"), Unit::Mlps),
            Mode::Single => Column::new(group, "single", Unit::Mlps),
            Mode::Dependent => Column::new(group, "dependent", Unit::Nanoseconds),
        }
    }

    fn run(self, table: &dyn Table, addrs: &[u32]) -> f64 {
        let time = nanoseconds(addrs.len(), |n| match self {
            Mode::Bulk(burst) => table.run_bulk(&addrs[..n], burst),
            Mode::Single => table.run_single(&addrs[..n]),
            Mode::Dependent => table.run_dependent(&addrs[..n]),
        });
        if matches!(self, Mode::Dependent) { time } else { 1e3 / time }
    }
}

/// The columns of what is counted once, and their cells.
fn counted<T: ?Sized>(built: &Built<T>, wrong: usize) -> [Option<Figure>; 4] {
    let exact = |n: usize| Some(Figure::exact(n as f64));
    let (lookup, total) = (exact(built.bytes.lookup), exact(built.bytes.total));
    [lookup, total, Figure::of(&built.times), exact(wrong)]
}

fn counted_columns() -> [Column; 4] {
    [
        Column::new("memory", "lookup", Unit::Bytes),
        Column::new("memory", "total", Unit::Bytes),
        Column::new("build", "ms", Unit::Milliseconds),
        Column::new("wrong", "answers", Unit::Wrong),
    ]
}

/// The row of a contender, whose cells are in the order of samples and then of what was counted; of
/// one that could not be built only why.
fn row<T: ?Sized>(
    contender: &Contender,
    built: &Result<Built<T>, String>,
    samples: &[Vec<f64>],
    counted: impl IntoIterator<Item = Option<Figure>>,
) -> Row {
    let cells = samples.iter().map(|samples| Figure::of(samples)).chain(counted).collect();
    let note = built.as_ref().err().cloned();
    Row { name: contender.name, ours: contender.ours, cells, note }
}

/// Lookups in one table, by all workloads.
pub(crate) fn lookups(
    kind: &'static str,
    data: &Data,
    contenders: &[Contender],
    options: &Options,
) -> Section {
    let mut rng = Rng::new(options.seed);
    let workloads: Vec<(Workload, Vec<u32>)> = options
        .workloads
        .iter()
        .map(|w| (*w, w.addresses(&mut rng, &data.routes, options.addresses)))
        .collect();
    let answers: Vec<Vec<u32>> =
        workloads.iter().map(|(_, addrs)| expected(&data.routes, addrs)).collect();
    let mut modes: Vec<Mode> = options.bursts.iter().map(|burst| Mode::Bulk(*burst)).collect();
    modes.extend([Mode::Single, Mode::Dependent]);
    let disciplines: Vec<(usize, Mode)> =
        (0..workloads.len()).flat_map(|w| modes.iter().map(move |mode| (w, *mode))).collect();

    let built: Vec<_> = contenders.iter().map(|c| build_one(c.build, &data.routes)).collect();
    let count_wrong = |table: &dyn Table| {
        let all = workloads.iter().zip(&answers);
        all.map(|((_, addrs), answers)| wrong(table, addrs, answers)).sum()
    };
    let counts: Vec<[Option<Figure>; 4]> = built
        .iter()
        .map(|b| b.as_ref().map_or([None; 4], |b| counted(b, count_wrong(&*b.it))))
        .collect();
    let samples = interleave(
        &mut rng,
        options.repetitions,
        built.len(),
        disciplines.len(),
        |contender, discipline| {
            let (workload, mode) = disciplines[discipline];
            Some(mode.run(&*built[contender].as_ref().ok()?.it, &workloads[workload].1))
        },
    );
    let columns = disciplines.iter().map(|(w, mode)| mode.column(workloads[*w].0.name()));
    Section {
        kind,
        title: data.title.clone(),
        source: data.source.clone(),
        routes: data.routes.len(),
        checked: workloads.len() * options.addresses,
        columns: columns.chain(counted_columns()).collect(),
        rows: (0..contenders.len())
            .map(|at| row(&contenders[at], &built[at], &samples[at], counts[at]))
            .collect(),
    }
}

/// Applies updates; how many of them were refused.
fn apply(table: &mut dyn Table, routes: &[Route], updates: &[Update]) -> usize {
    updates.iter().filter(|update| !apply_one(table, routes, **update)).count()
}

fn apply_one(table: &mut dyn Table, routes: &[Route], update: Update) -> bool {
    let prefix = routes[update.route].0;
    match update.hop {
        Some(hop) => table.insert(prefix, hop),
        None => table.remove(prefix),
    }
}

/// Has a table do something. If it panics it takes part no more, and its row says why.
fn judge<T>(
    built: &mut Result<Built<dyn Table>, String>,
    run: impl FnOnce(&mut dyn Table) -> T,
) -> Option<T> {
    let table = &mut built.as_mut().ok()?.it;
    match guarded(|| run(&mut **table)) {
        Ok(done) => Some(done),
        Err(words) => {
            // What is left of it may not even bear to be dropped.
            std::mem::forget(std::mem::replace(built, Err(words)));
            None
        }
    }
}

/// Routes that are taken out and put back in each repetition.
const WITHDRAWALS: usize = 48_646;

/// Updates of one table: routes out and back, and churn. Checked before in the middle of both and
/// after each, and once more when all is done.
pub(crate) fn updates(data: &Data, contenders: &[Contender], options: &Options) -> Section {
    let routes = &data.routes;
    let mut rng = Rng::new(options.seed);
    let out = churn::withdrawals(options.seed, routes, WITHDRAWALS.min(routes.len() / 4));
    let stream = churn::churn(options.seed, routes, options.churn);
    let addrs = Workload::Hits.addresses(&mut rng, routes, options.addresses.min(1 << 16));
    let right = expected(routes, &addrs);
    let contenders: Vec<Contender> = contenders.iter().filter(|c| c.updates).copied().collect();
    let mut built: Vec<_> = contenders.iter().map(|c| build_one(c.build, routes)).collect();

    let limit = options.limit;
    let check = |table: &mut dyn Table, updates: &[Update], limit| {
        let mut refused = 0;
        let (done, _) = until(updates, limit, |update| {
            refused += usize::from(!apply_one(table, routes, *update));
        });
        let there = churn::after(routes, &updates[..done]);
        let mut faults = refused + wrong(table, &addrs, &expected(&there, &addrs));
        faults += apply(table, routes, &churn::undo(routes, &updates[..done]));
        faults + wrong(table, &addrs, &right)
    };
    let (short, brief) = (&out[..out.len().min(5_000)], &stream[..stream.len().min(5_000)]);
    let mut faults: Vec<usize> = built
        .iter_mut()
        .map(|built| {
            judge(built, |table| check(table, short, limit) + check(table, brief, limit))
                .unwrap_or(0)
        })
        .collect();
    let samples = interleave(&mut rng, options.repetitions, built.len(), 2, |contender, what| {
        judge(&mut built[contender], |table| {
            if what == 0 {
                let (done, there) = until(&out, limit / 2, |update| {
                    apply_one(table, routes, *update);
                });
                let (_, back) = until(&out[..done], limit * 100, |update| {
                    table.insert(routes[update.route].0, routes[update.route].1);
                });
                (done * 2) as f64 / (there + back)
            } else {
                let (done, time) = until(&stream, limit, |update| {
                    apply_one(table, routes, *update);
                });
                apply(table, routes, &churn::undo(routes, &stream[..done]));
                done as f64 / time
            }
        })
    });
    for (built, faults) in built.iter_mut().zip(&mut faults) {
        *faults += judge(built, |table| wrong(table, &addrs, &right)).unwrap_or(0);
    }
    Section {
        kind: "updates",
        title: data.title.clone(),
        source: data.source.clone(),
        routes: routes.len(),
        checked: addrs.len() * 5,
        columns: vec![
            Column::new("updates", "out and back", Unit::PerSecond),
            Column::new("updates", "churn", Unit::PerSecond),
            Column::new("wrong", "answers", Unit::Wrong),
        ],
        rows: (0..contenders.len())
            .map(|at| {
                let faults = built[at].is_ok().then_some(Figure::exact(faults[at] as f64));
                row(&contenders[at], &built[at], &samples[at], [faults])
            })
            .collect(),
    }
}

/// Packets of many tables.
pub(crate) fn many(
    tables: &[Vec<Route>],
    source: String,
    contenders: &[Contender],
    options: &Options,
) -> Section {
    let mut rng = Rng::new(options.seed);
    let (mixed, grouped) = (
        packets(&mut rng, tables, options.addresses, 1),
        packets(&mut rng, tables, options.addresses, GROUP),
    );
    let oracles: Vec<_> = tables.iter().map(|routes| oracle(routes)).collect();
    let right = |(tables, addrs): &(Vec<u32>, Vec<u32>)| -> Vec<u32> {
        let packets = tables.iter().zip(addrs);
        packets.map(|(table, addr)| oracles[*table as usize](*addr)).collect()
    };
    let (mixed_right, grouped_right) = (right(&mixed), right(&grouped));

    let contenders: Vec<(Contender, _)> = contenders
        .iter()
        .filter_map(|c| Some((*c, c.many.filter(|(_, most)| tables.len() <= *most)?.0)))
        .collect();
    let built: Vec<_> = contenders.iter().map(|(_, make)| build_many(*make, tables)).collect();
    let counts: Vec<[Option<Figure>; 4]> = built
        .iter()
        .map(|built| {
            let Ok(built) = built else { return [None; 4] };
            let it = &*built.it;
            let wrong = wrong_many(it, (&mixed.0, &mixed.1), &mixed_right, false)
                + wrong_many(it, (&grouped.0, &grouped.1), &grouped_right, true);
            counted(built, wrong)
        })
        .collect();
    let samples = interleave(&mut rng, options.repetitions, built.len(), 3, |contender, what| {
        let it = &*built[contender].as_ref().ok()?.it;
        let time = nanoseconds(options.addresses, |n| match what {
            0 => it.run_mixed(&mixed.0[..n], &mixed.1[..n], 256),
            1 => it.run_grouped(&grouped.0[..n], &grouped.1[..n]),
            _ => it.run_dependent(&mixed.0[..n], &mixed.1[..n]),
        });
        Some(if what < 2 { 1e3 / time } else { time })
    });
    let mut columns = vec![
        Column::new("packets", "mixed", Unit::Mlps),
        Column::new("packets", "grouped", Unit::Mlps),
        Column::new("packets", "dependent", Unit::Nanoseconds),
    ];
    columns.extend(counted_columns());
    let each = tables.first().map_or(0, Vec::len);
    Section {
        kind: "many",
        title: format!("{} tables of {each} routes", tables.len()),
        source,
        routes: tables.iter().map(Vec::len).sum(),
        checked: options.addresses * 2,
        columns,
        rows: (0..contenders.len())
            .map(|at| row(&contenders[at].0, &built[at], &samples[at], counts[at]))
            .collect(),
    }
}
