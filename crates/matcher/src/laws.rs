//! Laws of every join: each kernel, thread count and size equals a plain loop over all pairs.

use crate::{
    DicePair, FilterPair, KeyMatch, KeyTable, Options, PackedSet, SimdLevel, dice_at_least,
    hamming_histogram, hamming_scan, hamming_within, join_keys,
};
use proptest::prelude::*;

/// The reference: ten lines that are plainly right.
fn all_distances(a: &PackedSet, b: &PackedSet) -> Vec<FilterPair> {
    let mut pairs = Vec::new();
    for left in 0..a.len() {
        for right in 0..b.len() {
            let words = a.row(left).iter().zip(b.row(right));
            let distance = words.map(|(x, y)| (x ^ y).count_ones()).sum();
            let (left, right) = (left as u32, right as u32);
            pairs.push(FilterPair {
                left,
                right,
                distance,
            });
        }
    }
    pairs
}

/// Reproducible words (SplitMix64), so that a failing size can be run again.
pub(crate) fn words(seed: u64, count: usize) -> Vec<u64> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    (0..count).map(|_| next()).collect()
}

fn every_way() -> Vec<Options> {
    SimdLevel::ALL
        .into_iter()
        .flat_map(|simd| [0, 1, 3].map(|threads| Options { threads, simd }))
        .collect()
}

fn check_hamming(a: &PackedSet, b: &PackedSet, max_distance: u32, ways: &[Options]) {
    let all = all_distances(a, b);
    let mut histogram = vec![0; a.bits + 1];
    for pair in &all {
        histogram[pair.distance as usize] += 1;
    }
    let near: Vec<FilterPair> = all
        .into_iter()
        .filter(|pair| pair.distance <= max_distance)
        .collect();
    for options in ways {
        assert_eq!(
            hamming_within(a, b, max_distance, options),
            near,
            "{options:?}"
        );
        assert_eq!(hamming_histogram(a, b, options), histogram, "{options:?}");
        let scan = hamming_scan(a, b, max_distance, options);
        assert_eq!(
            (scan.pairs, scan.histogram),
            (near.clone(), histogram.clone())
        );
    }
}

/// Sizes on both sides of every boundary: lanes, rows at a time, tiles, tasks.
#[test]
fn sizes_around_the_boundaries() {
    let sizes = [
        (0, 0),
        (0, 9),
        (9, 0),
        (1, 1),
        (3, 7),
        (4, 8),
        (5, 9),
        (63, 127),
        (64, 128),
        (65, 129),
        (129, 257),
    ];
    for bits in [64, 192, 1024, 2048] {
        for (left, right) in sizes {
            let a = words(1, left * bits / 64);
            let b = words(2, right * bits / 64);
            let a = PackedSet::new(bits, &a).unwrap();
            let b = PackedSet::new(bits, &b).unwrap();
            let near = (bits * 48 / 100) as u32;
            check_hamming(&a, &b, near, &every_way());
        }
    }
}

/// More right-hand records than one task takes.
#[test]
fn more_than_one_task_in_a_row() {
    let (a, b) = (words(3, 5), words(4, 4099));
    let a = PackedSet::new(64, &a).unwrap();
    let b = PackedSet::new(64, &b).unwrap();
    check_hamming(&a, &b, 24, &every_way());
}

#[test]
fn the_longest_filter_and_the_largest_distance() {
    let a = vec![0; crate::MAX_BITS / 64];
    let b = vec![u64::MAX; crate::MAX_BITS / 64];
    let a = PackedSet::new(crate::MAX_BITS, &a).unwrap();
    let b = PackedSet::new(crate::MAX_BITS, &b).unwrap();
    check_hamming(&a, &b, u32::MAX, &every_way());
    check_hamming(&a, &b, crate::MAX_BITS as u32 - 1, &every_way());
}

#[test]
fn empty_filters_are_similar_only_at_threshold_zero() {
    let none = [0u64; 2];
    let set = PackedSet::new(64, &none).unwrap();
    assert!(dice_at_least(&set, &set, 1, 1_000_000, &Options::default()).is_empty());
    assert_eq!(
        dice_at_least(&set, &set, 0, 1, &Options::default()).len(),
        4
    );
}

/// Two sets of the same length: bits, left words, right words.
fn two_sets() -> impl Strategy<Value = (usize, Vec<u64>, Vec<u64>)> {
    (1usize..5, 0usize..40, 0usize..40).prop_flat_map(|(width, left, right)| {
        // Sparse and dense words, so that counts and distances spread widely.
        let word = prop_oneof![
            Just(0u64),
            Just(u64::MAX),
            any::<u64>(),
            any::<u64>().prop_map(|w| w & (w >> 7) & (w >> 13))
        ];
        let left = proptest::collection::vec(word.clone(), width * left);
        let right = proptest::collection::vec(word, width * right);
        (Just(width * 64), left, right)
    })
}

/// A small alphabet of tokens, so that records meet often.
fn key_tables() -> impl Strategy<Value = (Vec<u8>, Vec<[u8; 16]>, Vec<[u8; 16]>)> {
    (1usize..6, 0usize..20, 0usize..20).prop_flat_map(|(slots, left, right)| {
        let token = || (0u8..12).prop_map(|value| [value; 16]);
        (
            proptest::collection::vec(prop_oneof![0u8..3, Just(127u8)], slots),
            proptest::collection::vec(token(), slots * left),
            proptest::collection::vec(token(), slots * right),
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn hamming_equals_the_reference((bits, a, b) in two_sets(), max_distance in 0u32..300) {
        let a = PackedSet::new(bits, &a).unwrap();
        let b = PackedSet::new(bits, &b).unwrap();
        check_hamming(&a, &b, max_distance, &every_way());
    }

    #[test]
    fn dice_equals_the_rule((bits, a, b) in two_sets(), numerator in 0u32..12, denominator in 1u32..11) {
        let a = PackedSet::new(bits, &a).unwrap();
        let b = PackedSet::new(bits, &b).unwrap();
        let mut expected = Vec::new();
        for left in 0..a.len() {
            for right in 0..b.len() {
                let count = |row: &[u64]| row.iter().map(|word| word.count_ones()).sum::<u32>();
                let (x, y) = (a.row(left), b.row(right));
                let intersection = x.iter().zip(y).map(|(p, q)| (p & q).count_ones()).sum::<u32>();
                let (left_count, right_count) = (count(x), count(y));
                let total = left_count + right_count;
                let empty = total == 0 && numerator > 0;
                if !empty && 2 * intersection * denominator >= numerator * total {
                    let (left, right) = (left as u32, right as u32);
                    expected.push(DicePair { left, right, intersection, left_count, right_count });
                }
            }
        }
        for options in every_way() {
            prop_assert_eq!(&dice_at_least(&a, &b, numerator, denominator, &options), &expected);
        }
    }

    #[test]
    fn distance_is_symmetric((bits, a, b) in two_sets(), max_distance in 0u32..300) {
        let a = PackedSet::new(bits, &a).unwrap();
        let b = PackedSet::new(bits, &b).unwrap();
        let there = hamming_within(&a, &b, max_distance, &Options::default());
        let mut back: Vec<FilterPair> = hamming_within(&b, &a, max_distance, &Options::default())
            .into_iter()
            .map(|pair| FilterPair { left: pair.right, right: pair.left, ..pair })
            .collect();
        back.sort_unstable();
        prop_assert_eq!(there, back);
    }

    #[test]
    fn keys_equal_the_reference((types, a, b) in key_tables()) {
        let slots = types.len();
        let mut expected = Vec::new();
        for (left, x) in a.chunks_exact(slots).enumerate() {
            for (right, y) in b.chunks_exact(slots).enumerate() {
                let mut agreeing = 0u128;
                for (one, token) in x.iter().enumerate() {
                    for (other, candidate) in y.iter().enumerate() {
                        if types[one] == types[other] && token == candidate {
                            agreeing |= 1 << types[one];
                        }
                    }
                }
                if agreeing != 0 {
                    expected.push(KeyMatch { left: left as u32, right: right as u32, types: agreeing });
                }
            }
        }
        for threads in [0, 1, 3] {
            let options = Options { threads, ..Options::default() };
            let left = KeyTable { slots, tokens: &a };
            let right = KeyTable { slots, tokens: &b };
            prop_assert_eq!(&join_keys(&left, &right, &types, &options), &expected);
        }
    }
}
