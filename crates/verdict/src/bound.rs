//! How large a share may be when so many of so many were seen: the one-sided Clopper-Pearson bound.

use serde::{Deserialize, Serialize};

/// Some of many, with the bounds of the share behind it. Fields stand in alphabetical order, for canonical JSON.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Share {
    /// How many were hit.
    pub hits: u64,
    /// Of how many.
    pub of: u64,
    /// The share itself, 0 of none.
    pub share: f64,
    /// The share is at most this, with 95 % confidence (Clopper and Pearson 1934; for no hit about 3 / `of`, the rule of three).
    pub upper: f64,
}

impl Share {
    /// `hits` of `of`.
    pub fn new(hits: u64, of: u64) -> Self {
        Self {
            hits,
            of,
            share: if of == 0 {
                0.0
            } else {
                round(hits as f64 / of as f64)
            },
            upper: round(upper(hits, of)),
        }
    }

    /// The share is at least this, with 95 % confidence.
    pub fn lower(&self) -> f64 {
        // At least so many hits have the chance of at most so many misses.
        round(1.0 - upper(self.of - self.hits, self.of))
    }
}

/// To a millionth: more is noise, and reports stay short.
pub fn round(value: f64) -> f64 {
    if value.is_finite() {
        libm::round(value * 1e6) / 1e6
    } else {
        0.0
    }
}

const CONFIDENCE: f64 = 0.95;

/// The largest share under which at most `hits` of `of` have a probability of 5 %.
fn upper(hits: u64, of: u64) -> f64 {
    if hits >= of {
        return 1.0;
    }
    let (mut low, mut high) = (hits as f64 / of as f64, 1.0);
    // Each step halves the gap: 50 of them are more than a report shows.
    for _ in 0..50 {
        let middle = f64::midpoint(low, high);
        if at_most(hits, of, middle) > 1.0 - CONFIDENCE {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// The probability of at most `hits` among `of` when each is hit with probability `share`.
fn at_most(hits: u64, of: u64, share: f64) -> f64 {
    if share <= 0.0 {
        return 1.0;
    }
    if share >= 1.0 {
        return 0.0;
    }
    // From the largest term down: below the mean they shrink, and what is too small to count is left out.
    let (n, k) = (of as f64, hits as f64);
    let log_term = libm::lgamma(n + 1.0) - libm::lgamma(k + 1.0) - libm::lgamma(n - k + 1.0)
        + k * libm::log(share)
        + (n - k) * libm::log1p(-share);
    let mut term = libm::exp(log_term);
    let mut sum = 0.0;
    let odds = (1.0 - share) / share;
    let mut left = k;
    while term > sum * 1e-16 {
        sum += term;
        if left == 0.0 {
            break;
        }
        term *= left / (n - left + 1.0) * odds;
        left -= 1.0;
    }
    sum.min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_bounds() {
        // 1 - 0.05^(1/n) for no hit; the others by bisection over exact sums of binomial terms in whole numbers.
        for (hits, of, expected) in [
            (0, 3000, 0.000_998),
            (0, 100, 0.029_513),
            (1, 3000, 0.001_580),
            (2, 3000, 0.002_097),
            (5, 50, 0.198_833),
            (50, 50, 1.0),
        ] {
            let share = Share::new(hits, of);
            assert!(
                (share.upper - expected).abs() < 6e-5,
                "{hits} {of} {share:?}"
            );
        }
        assert_eq!(Share::new(0, 0).upper, 1.0);
        assert_eq!(Share::new(0, 40).lower(), 0.0);
        assert!((Share::new(5, 50).lower() - 0.040_237).abs() < 1e-5);
    }

    proptest! {
        #[test]
        fn the_bound_is_above_the_share_and_grows_with_the_hits(of in 1u64..5_000, hits in 0u64..5_000) {
            let hits = hits.min(of);
            let share = Share::new(hits, of);
            prop_assert!(share.upper >= share.share - 1e-6 && share.lower() <= share.share + 1e-6);
            if hits > 0 {
                prop_assert!(Share::new(hits - 1, of).upper <= share.upper);
            }
        }
    }
}
