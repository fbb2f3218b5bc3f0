//! Times by table size and workload: `lookup` (bulk, single, dependent), `many` (tables), `update` and
//! `build`.
//!
//! In `single` independent addresses are looked up one by one, so that the processor overlaps them; in
//! `dependent` each address waits for the answer before, as in a chain of hops.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use sekisho::addr::Addr;
use sekisho::lpm::{ByteOrder, Config, Lpm, Root, Sizing, TableHandle};
use sekisho::model::Rng;
use sekisho_benches::workload::{Workload, index, packets, vpc_table};
use sekisho_benches::{arena, memory, tables, words};

const ADDRESSES: usize = 1 << 16;
const BURST: usize = 256;

/// Both forms of a table, but for the large ones that only a root suits.
fn roots(routes: usize) -> Vec<Root> {
    if routes > 100_000 { vec![Root::Bits16] } else { vec![Root::Compact, Root::Bits16] }
}

fn lookups(criterion: &mut Criterion) {
    for table in tables() {
        for root in roots(table.routes.len()) {
            let memory = memory(words(&table.routes, root));
            let (lpm, handle) = arena(&memory, &table.routes, root);
            let view = lpm.view();
            let find = |addr: u32| view.find(handle, Addr(addr)).unwrap_or(0);
            let mut group = criterion.benchmark_group(format!("lookup/{}/{root:?}", table.name));
            group.throughput(Throughput::Elements(ADDRESSES as u64));
            for workload in Workload::ALL {
                let addrs = workload.addresses(&mut Rng::new(2), &table.routes, ADDRESSES);
                let name = workload.name();
                group.bench_function(format!("{name}/bulk"), |bencher| {
                    let mut found = [0; BURST];
                    bencher.iter(|| {
                        for burst in addrs.chunks(BURST) {
                            view.find_bulk(handle, burst, ByteOrder::Host, &mut found);
                            black_box(&found);
                        }
                    });
                });
                group.bench_function(format!("{name}/single"), |bencher| {
                    bencher.iter(|| {
                        let addrs = black_box(&addrs).iter();
                        addrs.fold(0u32, |sum, &addr| sum.wrapping_add(find(addr)))
                    });
                });
                group.bench_function(format!("{name}/dependent"), |bencher| {
                    // No bits, which the compiler cannot know.
                    let none = black_box(0);
                    bencher.iter(|| {
                        let addrs = black_box(&addrs).iter();
                        addrs.fold(0, |last, &addr| find(addr ^ last & none))
                    });
                });
            }
            group.finish();
        }
    }
}

fn many(criterion: &mut Criterion) {
    for count in [64, 10_000] {
        let mut rng = Rng::new(3);
        let tables: Vec<_> = (0..count).map(|_| vpc_table(&mut rng, 100)).collect();
        let number = u32::try_from(count).expect("a number of tables");
        let config = Config::new(number * 100, number);
        let sizing = tables.iter().fold(Sizing::new(&config), |sizing, routes| {
            sizing.table(Root::Compact, routes).expect("routes in order")
        });
        let memory = memory(sizing.footprint());
        let mut lpm = Lpm::init_with(&memory, &config).expect("memory for the tables");
        for routes in &tables {
            let table = lpm.create_table().expect("so many tables");
            lpm.load(table, routes).expect("room for the routes");
        }
        let mut group = criterion.benchmark_group(format!("many/{count}x100"));
        group.throughput(Throughput::Elements(ADDRESSES as u64));
        let (numbers, addrs) = packets(&mut rng, &tables, ADDRESSES, 1);
        let handles: Vec<TableHandle> = numbers.into_iter().map(TableHandle).collect();
        group.bench_function("mixed", |bencher| {
            let mut found = [0; BURST];
            bencher.iter(|| {
                for (tables, addrs) in handles.chunks(BURST).zip(addrs.chunks(BURST)) {
                    lpm.view().find_mixed(tables, addrs, &mut found);
                    black_box(&found);
                }
            });
        });
        group.finish();
    }
}

fn changes(criterion: &mut Criterion) {
    for table in tables() {
        let routes = &table.routes;
        let root = *roots(routes.len()).last().expect("at least one");
        let mut group = criterion.benchmark_group(format!("change/{}/{root:?}", table.name));
        let memory = memory(words(routes, root));
        let (mut lpm, handle) = arena(&memory, routes, root);
        let mut rng = Rng::new(4);
        group.bench_function("update", |bencher| {
            bencher.iter(|| {
                let (prefix, value) = routes[index(&mut rng, routes.len())];
                lpm.remove(handle, prefix).expect("it is there");
                lpm.insert(handle, prefix, value).expect("it fitted before");
            });
        });
        group.throughput(Throughput::Elements(routes.len() as u64));
        group.bench_function("build", |bencher| {
            bencher.iter_batched(
                || (),
                |()| {
                    lpm.clear(handle).expect("it is there");
                    lpm.load(handle, routes).expect("it fitted before");
                },
                BatchSize::PerIteration,
            );
        });
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10);
    targets = lookups, many, changes
}
criterion_main!(benches);
