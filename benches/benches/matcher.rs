//! The matcher: pairs of 2,048-bit filters a second at each SIMD level, and joins of match keys.

use criterion::{
    BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group, criterion_main,
};
use kinfold_benches::{filters, keys};
use kinfold_matcher::{
    KeyTable, Options, PackedSet, SimdLevel, hamming_scan, hamming_within, join_keys,
};
use std::time::Duration;

const BITS: usize = 2048;

/// A threshold near the one used in linkage: strangers sit at 1,024 and 23 either side.
const NEAR: u32 = 870;

fn hamming(criterion: &mut Criterion) {
    let records = 8_000;
    let (left, right) = (filters(1, records, BITS), filters(2, records, BITS));
    let a = PackedSet {
        bits: BITS,
        words: &left,
    };
    let b = PackedSet {
        bits: BITS,
        words: &right,
    };
    let mut group = criterion.benchmark_group("hamming-2048");
    group
        .throughput(Throughput::Elements((records * records) as u64))
        .sampling_mode(SamplingMode::Flat)
        .sample_size(10)
        .measurement_time(Duration::from_secs(5));
    for simd in SimdLevel::ALL {
        if !simd.is_available() {
            continue;
        }
        for threads in [1, 2] {
            let options = Options { threads, simd };
            let name = format!("{simd:?}-{threads}-threads");
            group.bench_function(BenchmarkId::new("within", &name), |bencher| {
                bencher.iter(|| hamming_within(&a, &b, NEAR, &options));
            });
        }
    }
    let options = Options {
        threads: 2,
        simd: SimdLevel::Auto,
    };
    group.bench_function("scan-with-histogram-2-threads", |bencher| {
        bencher.iter(|| hamming_scan(&a, &b, NEAR, &options));
    });
    group.finish();
}

fn key_join(criterion: &mut Criterion) {
    let (records, slots) = (50_000, 80);
    let (left, right) = keys(records, slots);
    // Forty types of two slots.
    let types: Vec<u8> = (0..slots as u8).map(|slot| slot / 2).collect();
    let a = KeyTable {
        slots,
        tokens: &left,
    };
    let b = KeyTable {
        slots,
        tokens: &right,
    };
    let mut group = criterion.benchmark_group("key-join");
    group
        .throughput(Throughput::Elements(2 * (records * slots) as u64))
        .sampling_mode(SamplingMode::Flat)
        .sample_size(10)
        .measurement_time(Duration::from_secs(5));
    for threads in [1, 2] {
        let options = Options {
            threads,
            ..Options::default()
        };
        group.bench_function(
            format!("50k-records-80-slots-{threads}-threads"),
            |bencher| {
                bencher.iter(|| join_keys(&a, &b, &types, &options));
            },
        );
    }
    group.finish();
}

criterion_group!(benches, hamming, key_join);
criterion_main!(benches);
