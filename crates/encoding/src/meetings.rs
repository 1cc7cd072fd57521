//! Pairs of people of the file that share a value with each other and nobody else: counted, so that the linkage unit knows how often strangers
//! agree ([`WithinCounts`]).

use std::collections::BTreeMap;

use kinfold_schema::{Agreement, Comparable, Comparing, Schema, WithinCounts};
use rayon::prelude::*;

use crate::settle::Presence;
use crate::sharing::{Entry, SharedValues, Sizes};

/// Most meetings that are held; beyond that every second pair is let go, and the rest counts double. A million take 16 MB.
const HELD_MAX: usize = 1 << 20;

/// A record by its pile and its number there.
type Place = (u32, u32);

/// A meeting: the two records, the smaller first, and the key, as one number, which is quicker to sort than a list of them.
type Held = u128;

/// A meeting as a number. A pile has a thousandth of all records (see [`Entry`]), so twenty-four bits are enough for a record in it.
fn held((a, b): (Place, Place), key: u8) -> Held {
    [a.0, a.1, b.0, b.1]
        .iter()
        .fold(0, |number, &part| number << 24 | Held::from(part))
        << 8
        | Held::from(key)
}

/// The two records and the key of a meeting.
fn read(held: Held) -> (Place, Place, u8) {
    let part = |at: u32| (held >> (8 + 24 * at)) as u32 & 0xff_ffff;
    ((part(3), part(2)), (part(1), part(0)), held as u8)
}

/// Who shared a value with whom, and of which key.
#[derive(Default)]
pub(crate) struct Meetings {
    held: Vec<Held>,
    /// One pair in two to this power is held.
    thinned: u32,
    /// Of each key how many values two people have, three, and so on.
    sizes: Vec<Sizes>,
}

impl Meetings {
    /// Adds what two people share, from what a pile of values told.
    pub(crate) fn add(&mut self, shared: &SharedValues) {
        if self.sizes.len() < shared.sizes.len() {
            self.sizes.resize(shared.sizes.len(), Sizes::default());
        }
        for (own, more) in self.sizes.iter_mut().zip(&shared.sizes) {
            for (own, more) in own.iter_mut().zip(more) {
                *own += more;
            }
        }
        for [a, b] in &shared.pairs {
            let place = |entry: &Entry| (entry.pile as u32, entry.number);
            let pair = (place(a).min(place(b)), place(a).max(place(b)));
            // Two keys' values with one fingerprint are none of either.
            if a.key == b.key && self.holds(pair) {
                self.held.push(held(pair, a.key));
            }
        }
        while self.held.len() > HELD_MAX {
            self.thinned += 1;
            let mut held = std::mem::take(&mut self.held);
            held.retain(|&meeting| {
                let (a, b, _) = read(meeting);
                self.holds((a, b))
            });
            self.held = held;
        }
    }

    /// Which pairs are held is a matter of the pair alone, so that all that it shares is held or nothing.
    fn holds(&self, (a, b): (Place, Place)) -> bool {
        let mix = |hash: u64, part: u32| {
            (hash ^ u64::from(part))
                .wrapping_mul(0x9e37_79b9_7f4a_7c15)
                .rotate_left(29)
        };
        let hash = [a.0, a.1, b.0, b.1].into_iter().fold(0, mix);
        hash.wrapping_mul(0x9e37_79b9_7f4a_7c15).leading_zeros() >= self.thinned
    }

    /// The counts: of every pair the strongest agreement that its shared values imply together.
    pub(crate) fn count(mut self, schema: &Schema, presence: &Presence) -> WithinCounts {
        let implied: Vec<Agreement> = schema.keys.iter().map(|key| key.recipe.implies()).collect();
        let comparing = Comparing::new(&schema.presence);
        self.held.par_sort_unstable();
        let alone: Vec<f64> = self.sizes.iter().map(alone).collect();
        let mut weights: BTreeMap<(Agreement, Comparable), f64> = BTreeMap::new();
        for pair in self.held.chunk_by(|a, b| a >> 8 == b >> 8) {
            let (a, b, _) = read(pair[0]);
            let agreement = pair
                .iter()
                .map(|&meeting| implied[usize::from(read(meeting).2)])
                .fold(Agreement::default(), Agreement::max);
            let of = |place: Place| presence.of(place.0 as usize, place.1 as usize);
            // The rarest of what they share is the most likely to be seen between two files.
            let weight = pair
                .iter()
                .map(|&meeting| alone[usize::from(read(meeting).2)])
                .fold(0.0, f64::max);
            *weights
                .entry((agreement, comparing.comparable(of(a), of(b))))
                .or_default() += weight;
        }
        let factor = libm::exp2(f64::from(self.thinned));
        let mut counts = WithinCounts::default();
        for ((agreement, comparable), weight) in weights {
            counts.add(agreement, comparable, (weight * factor).round() as u64);
        }
        counts
    }
}

/// The chance that a binomial variable of six halves is at least 0, 1, …: how far each term of [`alone`] is believed.
const BELIEVED: [f64; 7] = [
    1.0,
    63.0 / 64.0,
    57.0 / 64.0,
    42.0 / 64.0,
    22.0 / 64.0,
    7.0 / 64.0,
    1.0 / 64.0,
];

/// Least share, where the sum is not to be trusted.
const ALONE_MIN: f64 = 0.05;

/// Of the values that two people of this file have, how many times as many one person here and one person of another such file would have:
/// half as often as two of one file, were there not others who have them too, for a value is only released when one person has it.
///
/// With a mean of `l` holders, two of one file have a value with the probability `l^2 e^-l / 2` and one in each of two files with
/// `l^2 e^-2l`. The latter, summed over all values, is the alternating sum of `(k + 1)(k + 2) f(k + 2)` over the numbers `f` of values
/// that two, three, … people have (Good and Toulmin, Biometrika 43, 1956), whose late terms are damped by a binomial tail (Efron and Thisted,
/// Biometrika 63, 1976). Given as a share of `2 f(2)`.
fn alone(sizes: &Sizes) -> f64 {
    let mut sum = 0.0;
    for (k, (count, believed)) in sizes.iter().zip(BELIEVED).enumerate() {
        let term = ((k + 1) * (k + 2)) as f64 * *count as f64 * believed;
        sum += if k % 2 == 0 { term } else { -term };
    }
    (sum / (2.0 * sizes[0].max(1) as f64)).clamp(ALONE_MIN, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_others_have_too_are_seldom_met() {
        // Nobody else has them.
        assert!((alone(&[100, 0, 0, 0, 0, 0, 0]) - 1.0).abs() < 1e-12);
        // A mean of half a holder: e^-0.5.
        let poisson = |l: f64, n: i32| {
            let factorial: f64 = (1..=n).map(f64::from).product();
            (1e6 * l.powi(n) * (-l).exp() / factorial).round() as u64
        };
        let sizes = |l| [2, 3, 4, 5, 6, 7, 8].map(|n| poisson(l, n));
        assert!((alone(&sizes(0.5)) - (-0.5f64).exp()).abs() < 0.03);
        assert!((alone(&sizes(1.0)) - (-1.0f64).exp()).abs() < 0.1);
        assert!((alone(&sizes(6.0)) - ALONE_MIN).abs() < 1e-12);
        assert!(alone(&[0; 7]) >= ALONE_MIN);
    }

    #[test]
    fn thinning_keeps_about_one_in_two_to_the_power_and_the_same_ones() {
        let pairs: Vec<(Place, Place)> = (0..40_000u32)
            .map(|n| ((n % 1024, n / 7), (n * 31 % 1024, n)))
            .collect();
        let held = |thinned| {
            let meetings = Meetings {
                thinned,
                ..Meetings::default()
            };
            pairs
                .iter()
                .copied()
                .filter(|&pair| meetings.holds(pair))
                .collect::<Vec<_>>()
        };
        assert_eq!(held(0).len(), pairs.len());
        let (some, fewer) = (held(2), held(5));
        assert!((9_000..11_000).contains(&some.len()), "{}", some.len());
        assert!((1_000..1_500).contains(&fewer.len()), "{}", fewer.len());
        assert!(fewer.iter().all(|pair| some.contains(pair)));
    }
}
