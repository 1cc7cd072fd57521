//! How far a share of counts can be trusted when the counts come in bunches.
//!
//! Pairs of records are not independent: one person split in two loses several pairs at once, and one wrong link between two
//! families adds several. What can be taken as independent are whole **parts**: sets of records that neither the truth nor the
//! result ties to any other record (`super::Units`). Every measure here is a ratio of two sums over parts, so its
//! variance is that of a ratio under cluster sampling (Cochran, *Sampling Techniques*, 3rd ed. 1977, ch. 6; used for entity
//! resolution by Binette et al., *The American Statistician* 77(4), 2023):
//!
//! ```text
//! p = Σn/Σd        var(p) = U/(U-1) · Σ(n - p·d)² / (Σd)²
//! ```
//!
//! Good results lie near 1, where `p ± 2σ` leaves the scale and a result without a fault would get an interval of width nothing.
//! So the variance becomes an **effective sample size**, `p(1-p)/var`, and that goes into Wilson's interval (Wilson, *JASA* 22,
//! 1927), with Student's t for the normal quantile because few parts also estimate the variance badly (Korn and Graubard, *Survey
//! Methodology* 24(2), 1998; the "modified Wilson limits" of survey software). With no fault seen there is no variance to
//! learn from; then each part counts once, weighted as Kish does, `(Σd)²/Σd²`, and with few faults the two are mixed, never below
//! what was seen. A bootstrap over parts gives the same widths in the middle of the scale (a test compares them), but says
//! `[1, 1]` for a result without a fault, needs a thousand passes, and draws random numbers.
//!
//! All sums are integers, so neither order nor threads can change a digit. A test simulates worlds with a known answer and counts how
//! often the interval holds it.

use serde::Serialize;

/// Parts that the mixing counts as seen beforehand, at Kish's size: with few faults the variance seen is hardly known.
const PRIOR_FAULTS: f64 = 4.0;
/// With fewer effective parts than this, no interval is given: it would be a guess.
const PARTS_MIN: f64 = 5.0;
/// Two-sided 95 %: `Φ(1.95996…) = 0.975`.
pub const Z95: f64 = 1.959_963_984_540_054;

/// An interval, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(into = "[f64; 2]")]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl From<Interval> for [f64; 2] {
    fn from(interval: Interval) -> Self {
        [interval.low, interval.high]
    }
}

impl Interval {
    /// Whether a value lies inside.
    pub fn holds(&self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }
}

/// Sums over independent parts of a ratio `Σn/Σd` with `n <= d` in each part. Integers, so that parts can be taken out again and
/// the order of parts does not matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moments {
    parts: u64,
    faulty: u64,
    n: u128,
    d: u128,
    nn: u128,
    nd: u128,
    dd: u128,
}

impl Moments {
    /// Adds a part; one with nothing in it is left out.
    pub fn add(&mut self, n: u64, d: u64) {
        if d == 0 {
            return;
        }
        let (wide_n, wide_d) = (u128::from(n), u128::from(d));
        self.parts += 1;
        self.faulty += u64::from(n != d);
        self.n += wide_n;
        self.d += wide_d;
        self.nn += wide_n * wide_n;
        self.nd += wide_n * wide_d;
        self.dd += wide_d * wide_d;
    }

    /// Takes out a part that was added.
    pub fn remove(&mut self, n: u64, d: u64) {
        if d == 0 {
            return;
        }
        let (wide_n, wide_d) = (u128::from(n), u128::from(d));
        self.parts -= 1;
        self.faulty -= u64::from(n != d);
        self.n -= wide_n;
        self.d -= wide_d;
        self.nn -= wide_n * wide_n;
        self.nd -= wide_n * wide_d;
        self.dd -= wide_d * wide_d;
    }

    /// `Σn`.
    pub fn numerator(&self) -> u128 {
        self.n
    }

    /// `Σd`.
    pub fn denominator(&self) -> u128 {
        self.d
    }

    /// The ratio; `None` of nothing.
    pub fn ratio(&self) -> Option<f64> {
        (self.d > 0).then(|| self.n as f64 / self.d as f64)
    }

    /// How many equal parts would weigh as much as these: Kish, *Journal of Official Statistics* 8(2), 1992.
    pub fn effective_parts(&self) -> f64 {
        if self.dd == 0 {
            return 0.0;
        }
        self.d as f64 * self.d as f64 / self.dd as f64
    }

    /// The variance of the ratio by linearisation; 0 with fewer than two parts.
    pub fn variance(&self) -> f64 {
        let Some(p) = self.ratio().filter(|_| self.parts > 1) else {
            return 0.0;
        };
        let squares = self.nn as f64 - 2.0 * p * self.nd as f64 + p * p * self.dd as f64;
        let parts = self.parts as f64;
        // Rounding may leave a hair below nothing.
        squares.max(0.0) / (self.d as f64 * self.d as f64) * parts / (parts - 1.0)
    }

    /// The covariance of two ratios with the same `d` in every part; `product` is the sum of the products of their `n`.
    pub(super) fn covariance(&self, other: &Self, product: u128) -> f64 {
        let (Some(p), Some(q)) = (self.ratio(), other.ratio()) else {
            return 0.0;
        };
        if self.parts < 2 {
            return 0.0;
        }
        let sum =
            product as f64 - q * self.nd as f64 - p * other.nd as f64 + p * q * self.dd as f64;
        let parts = self.parts as f64;
        sum / (self.d as f64 * self.d as f64) * parts / (parts - 1.0)
    }

    /// The 95 % interval; `None` with fewer than five effective parts.
    pub fn interval(&self) -> Option<Interval> {
        self.interval_at(Z95)
    }

    /// The interval at a normal quantile `z`, such as [`Z95`].
    pub fn interval_at(&self, z: f64) -> Option<Interval> {
        let p = self.ratio()?;
        interval_of(p, self.variance(), self.effective_parts(), self.faulty, z)
    }
}

/// The interval of a share `p` whose variance over parts is `variance`; `parts` is the effective number of parts, `faulty` how many of
/// them are not perfect.
pub(super) fn interval_of(
    p: f64,
    variance: f64,
    parts: f64,
    faulty: u64,
    z: f64,
) -> Option<Interval> {
    if parts < PARTS_MIN {
        return None;
    }
    let spread = p * (1.0 - p);
    // Inverse sample sizes: what was seen, and what one count a part would give.
    let seen = if spread > 0.0 { variance / spread } else { 0.0 };
    let faulty = faulty as f64;
    let mixed = (faulty * seen + PRIOR_FAULTS / parts) / (faulty + PRIOR_FAULTS);
    let student = student(z, parts - 1.0) / z;
    Some(wilson(p, 1.0 / (seen.max(mixed) * student * student), z))
}

/// Wilson's interval for a share `p` of `size` independent trials.
fn wilson(p: f64, size: f64, z: f64) -> Interval {
    let square = z * z / size;
    let middle = (p + square / 2.0) / (1.0 + square);
    let half = z * libm::sqrt(p * (1.0 - p) / size + z * z / (4.0 * size * size)) / (1.0 + square);
    Interval {
        low: if p <= 0.0 {
            0.0
        } else {
            (middle - half).max(0.0)
        },
        high: if p >= 1.0 {
            1.0
        } else {
            (middle + half).min(1.0)
        },
    }
}

/// Student's quantile where the normal one is `z`, for `freedom >= 4` degrees: Abramowitz and Stegun, *Handbook of Mathematical
/// Functions*, 26.7.5.
fn student(z: f64, freedom: f64) -> f64 {
    let square = z * z;
    let first = z * (square + 1.0) / 4.0;
    let second = z * (5.0 * square * square + 16.0 * square + 3.0) / 96.0;
    let third = z
        * (3.0 * square * square * square + 19.0 * square * square + 17.0 * square - 15.0)
        / 384.0;
    z + first / freedom + second / (freedom * freedom) + third / (freedom * freedom * freedom)
}

/// The normal quantile of a two-sided interval that is wrong `wrong` of the time, `0 < wrong < 1`: bisection on the error function.
pub(super) fn two_sided(wrong: f64) -> f64 {
    let (mut low, mut high) = (0.0, 40.0);
    for _ in 0..80 {
        let middle = f64::midpoint(low, high);
        if libm::erfc(middle / std::f64::consts::SQRT_2) > wrong {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

/// The interval of the difference `a - b` of two shares from their own intervals, with their correlation: the method of variance
/// estimates recovery (Zou and Donner, *Statistics in Medicine* 27, 2008; for independent shares Newcombe, *Statistics in Medicine*
/// 17, 1998). Unlike `±2σ` it stays sensible where one of the shares is 1.
pub(super) fn difference(
    (a, of_a): (f64, Interval),
    (b, of_b): (f64, Interval),
    correlation: f64,
) -> Interval {
    let reach = |down: f64, up: f64| {
        libm::sqrt((down * down - 2.0 * correlation * down * up + up * up).max(0.0))
    };
    let gap = a - b;
    Interval {
        low: (gap - reach(a - of_a.low, of_b.high - b)).max(-1.0),
        high: (gap + reach(of_a.high - a, b - of_b.low)).min(1.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(parts: &[(u64, u64)]) -> Moments {
        let mut sums = Moments::default();
        for &(n, d) in parts {
            sums.add(n, d);
        }
        sums
    }

    #[test]
    fn quantiles_are_those_of_the_tables() {
        assert!((two_sided(0.05) - Z95).abs() < 1e-9);
        assert!((two_sided(0.01) - 2.575_829_303_549).abs() < 1e-9);
        // Student's two-sided 95 %: 2.776 with 4 degrees, 2.228 with 10, 2.042 with 30.
        for (freedom, known) in [(4.0, 2.776), (10.0, 2.228), (30.0, 2.042)] {
            let found = student(Z95, freedom);
            assert!((found - known).abs() < 0.01, "{freedom}: {found}");
        }
    }

    #[test]
    fn wilson_of_independent_trials_is_the_known_one() {
        // 81 of 263: Newcombe, Statistics in Medicine 17 (1998) 857, table I, method 3: 0.2553 to 0.3662.
        let found = wilson(81.0 / 263.0, 263.0, Z95);
        assert!((found.low - 0.2553).abs() < 5e-5 && (found.high - 0.3662).abs() < 5e-5);
    }

    #[test]
    fn a_difference_is_newcombes() {
        // 56/70 against 48/80: Newcombe, Statistics in Medicine 17 (1998) 873, table II, method 10: 0.0524 to 0.3339.
        let of = |n: f64, d: f64| (n / d, wilson(n / d, d, Z95));
        let found = difference(of(56.0, 70.0), of(48.0, 80.0), 0.0);
        assert!((found.low - 0.0524).abs() < 5e-5 && (found.high - 0.3339).abs() < 5e-5);
    }

    #[test]
    fn no_fault_is_not_certainty() {
        let found = moments(&[(1, 1); 1000]).interval().unwrap();
        assert_eq!(found.high, 1.0);
        // The exact one-sided limit of 0 faults in 1,000 at 97.5 % is 0.99632.
        assert!((found.low - 0.9962).abs() < 2e-4, "{found:?}");
    }

    #[test]
    fn few_parts_say_nothing_however_many_pairs_they_hold() {
        assert!(moments(&[(900, 1000); 4]).interval().is_none());
        // One part that outweighs all others.
        let mut parts = vec![(1, 1); 100];
        parts.push((100_000, 100_000));
        assert!(moments(&parts).interval().is_none());
    }

    #[test]
    fn bunches_widen_the_interval() {
        let alone: Vec<_> = (0..1000).map(|i| (u64::from(i % 10 > 0), 1)).collect();
        let bunched: Vec<_> = (0..100)
            .map(|i| (if i % 10 > 0 { 10 } else { 0 }, 10))
            .collect();
        let width = |parts: &[(u64, u64)]| {
            let found = moments(parts).interval().unwrap();
            found.high - found.low
        };
        assert!(width(&bunched) > 3.0 * width(&alone));
    }

    #[test]
    fn one_fault_is_never_surer_than_none() {
        let none = moments(&[(3, 3); 200]).interval().unwrap();
        let mut parts = vec![(3, 3); 199];
        parts.push((2, 3));
        let one = moments(&parts).interval().unwrap();
        assert!(one.low < none.low);
    }

    #[test]
    fn what_is_taken_out_was_never_there() {
        let mut sums = moments(&[(1, 2), (3, 3), (0, 0), (4, 9)]);
        sums.remove(3, 3);
        assert_eq!(sums, moments(&[(4, 9), (1, 2)]));
    }
}
