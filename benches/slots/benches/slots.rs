//! How long the search for slots takes: 30 days for a panel of 5 out of a pool of 50 with 2,000 interviews, whose goal is
//! 20 ms, and how it grows with interviews, pool and days.
#![allow(missing_docs, reason = "criterion's macros make public items")]

use std::{hint::black_box, time::Duration};

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use slots_bench::{Pool, Size};

const GOAL: Size = Size {
    days: 30,
    panel: 5,
    pool: 50,
    claims: 2_000,
    past: 0,
};

fn search(c: &mut Criterion) {
    let mut group = c.benchmark_group("offers");
    let sizes = [500, 2_000, 8_000].map(|claims| ("claims", claims, Size { claims, ..GOAL }));
    let sizes = sizes.into_iter();
    let sizes = sizes.chain([8_000, 32_000].map(|past| ("past claims", past, Size { past, ..GOAL })));
    let sizes = sizes.chain([10, 100, 200].map(|pool| {
        let claims = pool * 40;
        ("pool", pool, Size { pool, claims, ..GOAL })
    }));
    let sizes = sizes.chain([7, 62].map(|days| ("days", days, Size { days, ..GOAL })));
    for (what, number, size) in sizes {
        let pool = Pool::new(size);
        let found = pool.offers().len();
        assert!(found > 0, "nothing can be booked with {size:?}");
        group.bench_function(BenchmarkId::new(what, number), |b| {
            b.iter(|| black_box(pool.offers()));
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2)).sample_size(30);
    targets = search
}
criterion_main!(benches);
