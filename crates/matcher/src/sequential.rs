//! Looking at part of the bits first, for filters on which nothing else prunes.
//!
//! The bits of diffused filters are all alike: each is set in half of the records, and folding or counting tells nothing. What is left is
//! to look at some of the bits and to stop when the rest cannot matter. Which bits come first is drawn with a key, so that nobody who
//! made the filters can have arranged them.
//!
//! If a pair differs in `d` of `n` bits, the number that differs among the first `m` of a random order is hypergeometric. Its upper tail
//! grows with `d`, so for all pairs within a limit the worst case is a pair at the limit exactly: a bound on that tail is a bound for
//! every pair that ought to be found.

/// Whether the matcher may stop before the last bit of a pair.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Sequential {
    /// All bits count. Shorter filters are used where they lose nothing.
    #[default]
    Off,
    /// Stop when the bits that are left cannot bring the pair within the limit any more. Loses nothing.
    Exact {
        /// Draws the order of the bits.
        key: [u64; 4],
    },
    /// Stop when a pair within the limit would hardly look like this. Loses a pair with at most a stated probability.
    Bounded {
        /// Draws the order of the bits.
        key: [u64; 4],
        /// The largest probability of losing a pair that passes the rule, above 0; see [`DEFAULT_DISMISSAL`].
        dismissal: f64,
    },
}

/// The probability of losing a pair unless another is asked for: one in a million.
pub const DEFAULT_DISMISSAL: f64 = 1e-6;

impl Sequential {
    /// The key, unless it is off.
    pub(crate) fn key(&self) -> Option<[u64; 4]> {
        match *self {
            Self::Off => None,
            Self::Exact { key } | Self::Bounded { key, .. } => Some(key),
        }
    }
}

/// An upper bound on the probability that a pair which differs in `distance` of `bits` bits differs in more than `stop` of the first
/// `seen` bits of a random order.
///
/// Only additions, multiplications and divisions of doubles are used, all of them of positive numbers, so that the answer is the same
/// on every machine and its relative error is below `8 * bits * 2^-53`, under `1e-9` for every length of filter. It is raised by that much.
///
/// # Panics
/// When `seen` or `distance` is above `bits`.
pub fn dismissal_probability(bits: u32, distance: u32, seen: u32, stop: u32) -> f64 {
    let weights = Weights::new(bits, distance, seen);
    raised(weights.above(stop) / weights.sum())
}

/// The smallest number of differing bits among the first `seen` that is enough to stop at: above it, a pair within `distance` is lost
/// with probability at most `dismissal`. Returns the probability too.
pub(crate) fn stop_bound(bits: u32, distance: u32, seen: u32, dismissal: f64) -> (u32, f64) {
    let weights = Weights::new(bits, distance, seen);
    let sum = weights.sum();
    let (mut tail, mut stop, mut probability) = (0.0, weights.last(), 0.0);
    for (count, weight) in weights.descending() {
        tail += weight;
        if raised(tail / sum) > dismissal || count == 0 {
            break;
        }
        (stop, probability) = (count - 1, raised(tail / sum));
    }
    (stop, probability)
}

/// Makes room for rounding.
fn raised(probability: f64) -> f64 {
    (probability * (1.0 + 1e-9)).min(1.0)
}

/// The hypergeometric distribution up to a factor: `weights[i]` belongs to `first + i` differing bits among those seen.
struct Weights {
    first: u32,
    weights: Vec<f64>,
}

impl Weights {
    /// Starts from 1 at the most likely count and goes out to both sides by the ratio of neighbours,
    /// `p(k + 1) / p(k) = (d - k) (m - k) / ((k + 1) (n - d - m + k + 1))`, so that nothing overflows and what vanishes is
    /// nothing next to the rest.
    fn new(bits: u32, distance: u32, seen: u32) -> Self {
        assert!(
            distance <= bits && seen <= bits,
            "bits are seen or differ once"
        );
        let (n, d, m) = (f64::from(bits), f64::from(distance), f64::from(seen));
        let first = (u64::from(distance) + u64::from(seen)).saturating_sub(u64::from(bits)) as u32;
        let last = distance.min(seen);
        let likely = (((d + 1.0) * (m + 1.0) / (n + 2.0)) as u32).clamp(first, last);
        let ratio = |k: u32| {
            let k = f64::from(k);
            (d - k) * (m - k) / ((k + 1.0) * (n - d - m + k + 1.0))
        };
        let mut weights = vec![1.0; (last - first) as usize + 1];
        for k in likely..last {
            weights[(k + 1 - first) as usize] = weights[(k - first) as usize] * ratio(k);
        }
        for k in (first..likely).rev() {
            weights[(k - first) as usize] = weights[(k + 1 - first) as usize] / ratio(k);
        }
        Self { first, weights }
    }

    fn last(&self) -> u32 {
        self.first + self.weights.len() as u32 - 1
    }

    /// Counts with their weights, from the highest down: small numbers are added before large ones.
    fn descending(&self) -> impl Iterator<Item = (u32, f64)> {
        let counts = (self.first..=self.last()).rev();
        counts.zip(self.weights.iter().rev().copied())
    }

    fn sum(&self) -> f64 {
        self.descending().map(|(_, weight)| weight).sum()
    }

    fn above(&self, stop: u32) -> f64 {
        self.descending()
            .take_while(|(count, _)| *count > stop)
            .map(|(_, weight)| weight)
            .sum()
    }
}

/// The numbers below `bits` in an order drawn with `key` (Fisher and Yates; words from xoshiro256++ of Blackman and Vigna, 2019,
/// after the key has been spread with SplitMix64; a draw that would favour small numbers is drawn again).
pub(crate) fn drawn_order(bits: usize, key: [u64; 4]) -> Vec<u32> {
    let mut state = key.map(spread);
    for (index, word) in state.iter_mut().enumerate() {
        // Four equal words would not do: the all-zero state stays zero.
        *word ^= spread(index as u64 + 1);
    }
    let mut next = || {
        let word = state[0]
            .wrapping_add(state[3])
            .rotate_left(23)
            .wrapping_add(state[0]);
        let shifted = state[1] << 17;
        state[2] ^= state[0];
        state[3] ^= state[1];
        state[1] ^= state[2];
        state[0] ^= state[3];
        state[2] ^= shifted;
        state[3] = state[3].rotate_left(45);
        word
    };
    let mut order: Vec<u32> = (0..bits as u32).collect();
    for last in (1..bits).rev() {
        let choices = last as u64 + 1;
        let fair = u64::MAX - u64::MAX % choices;
        let draw = loop {
            let word = next();
            if word < fair {
                break word % choices;
            }
        };
        order.swap(last, draw as usize);
    }
    order
}

/// The output function of SplitMix64.
fn spread(word: u64) -> u64 {
    let mut word = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts the ways by whole numbers, in a small case: C(d, k) C(n - d, m - k) / C(n, m).
    #[test]
    fn small_cases_equal_counting() {
        fn choose(n: u32, k: u32) -> u128 {
            if k > n {
                return 0;
            }
            (0..k).fold(1_u128, |ways, i| {
                ways * u128::from(n - i) / u128::from(i + 1)
            })
        }
        for bits in [1, 2, 9, 24, 40] {
            for distance in 0..=bits {
                for seen in 0..=bits {
                    for stop in 0..=seen {
                        let above: u128 = (stop + 1..=seen)
                            .map(|k| choose(distance, k) * choose(bits - distance, seen - k))
                            .sum();
                        let exact = above as f64 / choose(bits, seen) as f64;
                        let found = dismissal_probability(bits, distance, seen, stop);
                        assert!(
                            found >= exact * (1.0 - 1e-15) && found <= exact * (1.0 + 2e-9),
                            "{exact} {found}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn the_tail_grows_with_the_distance() {
        for distance in 0..870 {
            let near = dismissal_probability(2048, distance, 1024, 440);
            assert!(near <= dismissal_probability(2048, distance + 1, 1024, 440));
        }
    }

    #[test]
    fn the_bound_is_the_smallest_that_keeps_the_promise() {
        for (bits, distance, seen) in [
            (2048, 870, 1024),
            (2048, 870, 64),
            (1024, 203, 512),
            (4096, 0, 512),
            (256, 256, 128),
        ] {
            for dismissal in [1e-3, DEFAULT_DISMISSAL, 1e-12] {
                let (stop, probability) = stop_bound(bits, distance, seen, dismissal);
                assert!(probability <= dismissal);
                assert_eq!(
                    probability,
                    dismissal_probability(bits, distance, seen, stop)
                );
                assert!(
                    stop == 0 || dismissal_probability(bits, distance, seen, stop - 1) > dismissal
                );
            }
        }
    }

    #[test]
    fn orders_hold_every_bit_once_and_depend_on_the_key() {
        let order = drawn_order(2048, [1, 2, 3, 4]);
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert!(
            sorted
                .iter()
                .enumerate()
                .all(|(place, bit)| place == *bit as usize)
        );
        assert_eq!(order, drawn_order(2048, [1, 2, 3, 4]));
        assert_ne!(order, drawn_order(2048, [0; 4]));
        // Drawn once and written down: the order is part of what a manifest promises.
        assert_eq!(order[..4], drawn_order(2048, [1, 2, 3, 4])[..4]);
    }

    /// Two thousand orders: about one in a hundred loses a pair at the limit when one in a hundred is promised.
    #[test]
    fn simulated_losses_are_as_computed() {
        let (bits, distance, seen) = (512_u32, 200_u32, 192_u32);
        let (stop, probability) = stop_bound(bits, distance, seen, 0.02);
        let trials = 4_000;
        let lost = (0..trials)
            .filter(|trial| {
                let order = drawn_order(bits as usize, [*trial, 7, 8, 9]);
                order[..seen as usize]
                    .iter()
                    .filter(|bit| **bit < distance)
                    .count()
                    > stop as usize
            })
            .count();
        let expected = probability * trials as f64;
        let spread = 5.0 * (expected * (1.0 - probability)).sqrt();
        assert!(
            (lost as f64 - expected).abs() < spread,
            "{lost} lost, {expected} expected"
        );
    }
}
