//! Pairs of filters by Dice similarity, under an exact rational threshold.

use crate::Options;
use crate::hamming::{joined, sorted};
use crate::packed::PackedSet;
use crate::tiles::fold_all_pairs;

/// Two filters that are similar enough. The similarity is `2 * intersection / (left_count + right_count)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DicePair {
    /// Row number on the left.
    pub left: u32,
    /// Row number on the right.
    pub right: u32,
    /// Bits set in both.
    pub intersection: u32,
    /// Bits set on the left.
    pub left_count: u32,
    /// Bits set on the right.
    pub right_count: u32,
}

/// All pairs with `2 |a & b| * denominator >= numerator * (|a| + |b|)`, sorted by `(left, right)`. The rule is evaluated in whole
/// numbers: a threshold of 4/5 is exactly four fifths.
///
/// Two filters without a single bit have nothing in common: their similarity counts as 0, so they are a pair only at threshold 0.
///
/// # Panics
/// When `denominator` is 0, or as [`crate::hamming_within`].
pub fn dice_at_least(
    a: &PackedSet,
    b: &PackedSet,
    numerator: u32,
    denominator: u32,
    options: &Options,
) -> Vec<DicePair> {
    assert_ne!(denominator, 0, "a threshold has a denominator");
    let left_counts = a.counts();
    let right_counts = b.counts();
    let limits = distance_limits(a.bits, numerator, denominator);
    let pairs = fold_all_pairs(
        a,
        b,
        options,
        Vec::new,
        |pairs, line| {
            let left_count = left_counts[line.left as usize];
            let counts = &right_counts[line.right as usize..];
            for (offset, (distance, right_count)) in line.distances.iter().zip(counts).enumerate() {
                let distance = u32::from(*distance);
                let total = left_count + right_count;
                if i64::from(distance) <= limits[total as usize] {
                    pairs.push(DicePair {
                        left: line.left,
                        right: line.right + offset as u32,
                        // Bits in exactly one of them are the distance, so the rest of the total is counted twice.
                        intersection: (total - distance) / 2,
                        left_count,
                        right_count: *right_count,
                    });
                }
            }
        },
        joined,
    );
    sorted(pairs, options)
}

/// The largest Hamming distance that satisfies the rule, for each possible total of set bits; -1 where none does.
///
/// With `total = |a| + |b|` and `distance = total - 2 |a & b|`, the rule is
/// `distance * denominator <= total * (denominator - numerator)`.
fn distance_limits(bits: usize, numerator: u32, denominator: u32) -> Vec<i64> {
    let (numerator, denominator) = (i64::from(numerator), i64::from(denominator));
    (0..=2 * bits as u32)
        .map(|total| match i64::from(total) {
            0 if numerator > 0 => -1,
            total => (total * (denominator - numerator)).div_euclid(denominator),
        })
        .collect()
}
