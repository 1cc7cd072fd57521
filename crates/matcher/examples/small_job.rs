//! A small fixed job, to be run under valgrind, an emulator or an interpreter: `small_job LEVEL edges|few|count`.
//!
//! `edges` joins sets of every size around a boundary, of every length of filter that matters, which is where a kernel that reads or writes
//! beyond its memory would show. `few` is some of those, for an interpreter, which is a thousand times slower. `count` joins 2,000 by 2,000 filters of 1,024 bits once, for counting instructions. Both print a sum
//! that must be the same at every level.

use kinfold_matcher::{
    Control, Cut, Join, Match, Options, PackedSet, Pairing, Rule, Sequential, SimdLevel,
    hamming_histogram, nearest,
};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let level = match arguments.get(1).map(String::as_str) {
        Some("scalar") => SimdLevel::Scalar,
        Some("neon") => SimdLevel::Neon,
        Some("avx2") => SimdLevel::Avx2,
        Some("avx512") => SimdLevel::Avx512,
        _ => SimdLevel::Auto,
    };
    let options = Options {
        threads: 1,
        simd: level,
    };
    let dice = Rule::Dice {
        numerator: 4,
        denominator: 5,
    };
    let (lengths, sizes): (&[usize], &[usize]) = match arguments.get(2).map(String::as_str) {
        Some("count") => (&[], &[]),
        Some("few") => (&[64, 192], &[129]),
        _ => (
            &[64, 192, 1024, 2112],
            &[1, 127, 128, 129, 255, 257, 512, 513],
        ),
    };
    let mut sum = 0_u64;
    if lengths.is_empty() {
        sum = job(1024, 2_000, 2_000, dice, options);
    }
    for &bits in lengths {
        for &right in sizes {
            for left in [1, 65] {
                let near = Rule::Hamming {
                    max_distance: bits as u32 * 2 / 5,
                };
                let rule = if left == 1 { near } else { dice };
                sum = sum
                    .wrapping_mul(31)
                    .wrapping_add(job(bits, left, right, rule, options));
            }
        }
    }
    println!("{:?} {sum:016x}", level.resolve());
}

/// Joins two sets, and for small ones finds the nearest and counts all distances too; a sum of everything found.
fn job(bits: usize, left: usize, right: usize, rule: Rule, options: Options) -> u64 {
    let (a, b) = (filters(1, left, bits), filters(2, right, bits));
    let fits = "whole rows of a length that is a multiple of 64";
    let (a, b) = (
        PackedSet::new(bits, &a).expect(fits),
        PackedSet::new(bits, &b).expect(fits),
    );
    let (left, right) = ([a], [b]);
    let sets: [&[PackedSet]; 2] = [&left, &right];
    let mut matches: Vec<Match> = Vec::new();
    let join = Join::new(
        &sets,
        &[rule],
        Pairing::Between,
        Sequential::Off,
        options,
        Cut::default(),
    );
    let control = Control::default();
    join.expect("one filter, one rule")
        .run(0, &control, &mut matches)
        .expect("nobody stops it");
    let mut sum = 0;
    if a.len() * b.len() < 100_000 {
        nearest(&a, &b, rule, 3, false, &options, 0, &control, &mut matches)
            .expect("filters of one length")
            .expect("nobody stops it");
        let histogram = hamming_histogram(&a, &b, &options);
        sum = histogram
            .iter()
            .zip(1..)
            .map(|(count, weight)| count * weight)
            .sum();
    }
    matches.iter().fold(sum, |sum, pair| {
        let pair =
            u64::from(pair.left) << 32 ^ u64::from(pair.right) << 16 ^ u64::from(pair.distance);
        sum.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(pair)
    })
}

/// Filters with two bits in five set; every other one is near to one of few.
fn filters(seed: u64, rows: usize, bits: usize) -> Vec<u64> {
    let width = bits / 64;
    let word = |seed: u64, place: usize| {
        let mut z = (seed << 40 | place as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    (0..rows * width)
        .map(|place| {
            let own = word(seed, place);
            if (place / width).is_multiple_of(2) {
                word(9, place % (5 * width)) ^ (own & own >> 11 & own >> 23 & own >> 31)
            } else {
                own & (own >> 9 | own >> 21)
            }
        })
        .collect()
}
