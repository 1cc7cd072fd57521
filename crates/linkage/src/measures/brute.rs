//! What the tests of this folder compare with: enumeration, and dice that always fall the same.

use super::rates::Rates;
use super::table::Labelled;
use proptest::prelude::*;

/// The definition, word for word: every pair of records is looked at.
pub(super) fn brute_force<R>(
    records: &[R],
    is_true: impl Fn(&R, &R) -> bool,
    is_predicted: impl Fn(&R, &R) -> bool,
) -> Rates {
    let (mut both, mut predicted, mut actual) = (0, 0, 0);
    for (i, a) in records.iter().enumerate() {
        for b in &records[i + 1..] {
            let (t, p) = (is_true(a, b), is_predicted(a, b));
            both += u64::from(t && p);
            predicted += u64::from(p);
            actual += u64::from(t);
        }
    }
    Rates::from_counts(both, predicted, actual)
}

/// Few people and clusters, so that all ways of being wrong occur.
pub(super) fn labelled() -> impl Strategy<Value = Vec<Labelled>> {
    let record = (0u32..6, 0u32..6).prop_map(|(entity, cluster)| Labelled { entity, cluster });
    prop::collection::vec(record, 0..40)
}

/// `SplitMix64` (Steele, Lea and Flood, *OOPSLA* 2014).
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// From 0 to below 1.
    pub(super) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// From 0 to below `end`.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}
