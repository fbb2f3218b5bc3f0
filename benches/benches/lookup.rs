//! Lookups by table size. `one-by-one` looks independent addresses up, so that the processor
//! overlaps them; in `dependent` each address waits for the answer before, as in a chain of hops.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sekisho::addr::Addr;
use sekisho::lpm::Lpm;
use sekisho_benches::{arena, hits, memory, tables, uniform};

const ADDRESSES: usize = 1 << 16;

fn lookups(criterion: &mut Criterion) {
    for table in tables() {
        let most = u32::try_from(table.routes.len()).expect("fewer routes than addresses");
        let memory = memory(Lpm::footprint(most, 1));
        let (lpm, handle) = arena(&memory, &table.routes);
        let view = lpm.view();
        let lookup = |addr| view.find(handle, addr).unwrap_or(0);

        let mut group = criterion.benchmark_group(format!("lookup/{}", table.name));
        group.throughput(Throughput::Elements(ADDRESSES as u64));
        let sets =
            [("uniform", uniform(2, ADDRESSES)), ("hits", hits(3, ADDRESSES, &table.routes))];
        for (set, addresses) in sets {
            group.bench_function(format!("{set}/one-by-one"), |bencher| {
                bencher.iter(|| {
                    black_box(&addresses)
                        .iter()
                        .fold(0u32, |sum, &addr| sum.wrapping_add(lookup(addr)))
                });
            });
            group.bench_function(format!("{set}/dependent"), |bencher| {
                bencher.iter(|| {
                    // A value has 31 bits, so its top bit is 0: the address stays as it is, but
                    // the processor cannot know before the answer is there.
                    black_box(&addresses)
                        .iter()
                        .fold(0u32, |last, addr| lookup(Addr(addr.0 ^ (last >> 31))))
                });
            });
        }
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = lookups
}
criterion_main!(benches);
