//! Pairs of filters by Dice similarity, under an exact rational threshold.

use crate::Options;
use crate::join::all_matches;
use crate::packed::PackedSet;
use crate::rule::Rule;

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
    let rule = Rule::Dice {
        numerator,
        denominator,
    };
    let (left_counts, right_counts) = (a.counts(), b.counts());
    all_matches(a, b, rule, options)
        .into_iter()
        .map(|pair| DicePair {
            left: pair.left,
            right: pair.right,
            intersection: pair.intersection(),
            left_count: left_counts[pair.left as usize],
            right_count: right_counts[pair.right as usize],
        })
        .collect()
}
