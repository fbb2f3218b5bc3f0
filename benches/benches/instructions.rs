//! Instructions by callgrind: the same on every run, however busy the machine. `.ci/bench.sh` installs
//! the runner and Valgrind. Valgrind knows no AVX-512, so bulk lookups are those of the portable code.

#![allow(missing_docs, reason = "what the macros make has none")]

use std::hint::black_box;
use std::sync::atomic::AtomicU32;

use gungraun::{library_benchmark, library_benchmark_group, main};
use sekisho::addr::{Addr, Prefix};
use sekisho::lpm::{ByteOrder, Kernel, Lpm, Root, TableHandle};
use sekisho::model::{Rng, internet_table};
use sekisho_benches::workload::{Route, Workload, vpc_table};
use sekisho_benches::{arena, memory, words};

const LOOKUPS: usize = 1_000;

struct Setup {
    lpm: Lpm<'static>,
    table: TableHandle,
    routes: Vec<Route>,
    addrs: Vec<u32>,
}

fn setup(routes: usize, root: Root, workload: Workload) -> Setup {
    let routes = match root {
        Root::Compact => vpc_table(&mut Rng::new(1), routes),
        _ => internet_table(1, routes),
    };
    let memory: &'static [AtomicU32] = Vec::leak(memory(words(&routes, root)));
    let (lpm, table) = arena(memory, &routes, root);
    let addrs = workload.addresses(&mut Rng::new(2), &routes, LOOKUPS);
    Setup { lpm, table, routes, addrs }
}

// A thousand lookups, one by one.
#[library_benchmark(setup = setup)]
#[bench::few(16, Root::Compact, Workload::Hits)]
#[bench::vpc(1_000, Root::Compact, Workload::Hits)]
#[bench::internet_hits(100_000, Root::Bits16, Workload::Hits)]
#[bench::internet_uniform(100_000, Root::Bits16, Workload::Uniform)]
fn single(setup: Setup) -> u32 {
    let view = setup.lpm.view();
    let found = setup.addrs.iter().map(|&addr| view.find(setup.table, Addr(addr)).unwrap_or(0));
    black_box(found.fold(0, u32::wrapping_add))
}

// A thousand lookups in bulk, by the portable code.
#[library_benchmark(setup = setup)]
#[bench::few(16, Root::Compact, Workload::Hits)]
#[bench::vpc(1_000, Root::Compact, Workload::Hits)]
#[bench::internet_hits(100_000, Root::Bits16, Workload::Hits)]
#[bench::internet_uniform(100_000, Root::Bits16, Workload::Uniform)]
fn bulk(setup: Setup) -> [u32; LOOKUPS] {
    let mut found = [0; LOOKUPS];
    let view = setup.lpm.view();
    view.find_bulk_by(Kernel::Portable, setup.table, &setup.addrs, ByteOrder::Host, &mut found);
    black_box(found)
}

// A hundred routes taken out and put back.
#[library_benchmark(setup = setup)]
#[bench::few(16, Root::Compact, Workload::Hits)]
#[bench::vpc(1_000, Root::Compact, Workload::Hits)]
#[bench::internet(100_000, Root::Bits16, Workload::Hits)]
fn update(mut setup: Setup) {
    for step in 0..100 {
        let (prefix, value) = setup.routes[step * 7_919 % setup.routes.len()];
        setup.lpm.remove(setup.table, prefix).expect("it is there");
        setup.lpm.insert(setup.table, prefix, value).expect("it fitted before");
    }
}

// The costliest change: the default route comes and goes.
#[library_benchmark(setup = setup)]
#[bench::vpc(1_000, Root::Compact, Workload::Hits)]
#[bench::internet(100_000, Root::Bits16, Workload::Hits)]
fn default_route(mut setup: Setup) {
    let before = setup.lpm.get(setup.table, Prefix::DEFAULT).unwrap_or(0);
    setup.lpm.insert(setup.table, Prefix::DEFAULT, before + 1).expect("there is room for it");
    setup.lpm.remove(setup.table, Prefix::DEFAULT).expect("it is there");
}

library_benchmark_group!(name = lpm; benchmarks = single, bulk, update, default_route);
main!(library_benchmark_groups = lpm);
