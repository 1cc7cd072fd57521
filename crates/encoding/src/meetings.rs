//! Pairs of people of the file that share a value with each other and nobody else: counted, so that the linkage unit knows how often strangers
//! agree ([`WithinCounts`]).

use kinfold_schema::{Agreement, AlikePairs, Comparable, Comparing, Schema, WithinCounts};
use rayon::prelude::*;

use crate::entry::{Entry, RANK_MAX, Ranks};
use crate::settle::Presence;
use crate::sharing::{SharedValues, Sizes};

/// Most meetings that are held; beyond that every second pair is let go, and the rest counts double. A million take 16 MB.
const HELD_MAX: usize = 1 << 20;

/// A record by its pile and its number there.
type Place = (u32, u32);

/// Who shared a value with whom, the smaller first, of which key, and the rank that it has among the values of that key of either, as one
/// number, which is quicker to sort than a list of them.
type Held = u128;

/// A meeting as a number. A pile has a thousandth of all records (see [`Entry`]), so twenty-four bits are enough for a record in it.
fn held((a, b): (Place, Place), key: u8, ranks: [u8; 2]) -> Held {
    let records = [a.0, a.1, b.0, b.1];
    let records = records
        .iter()
        .fold(0, |number, &part| number << 24 | Held::from(part));
    records << 16 | Held::from(key) << 8 | Held::from(ranks[0]) << 4 | Held::from(ranks[1])
}

/// The two records of a meeting.
fn records(held: Held) -> (Place, Place) {
    let part = |at: u32| (held >> (16 + 24 * at)) as u32 & 0xff_ffff;
    ((part(3), part(2)), (part(1), part(0)))
}

/// The key of a meeting, and the ranks of the value.
fn value(held: Held) -> (usize, [usize; 2]) {
    let key = usize::from((held >> 8) as u8);
    (
        key,
        [held as usize >> 4 & RANK_MAX, held as usize & RANK_MAX],
    )
}

/// All meetings of a file.
#[derive(Default)]
pub(crate) struct Meetings {
    held: Vec<Held>,
    /// One pair in two to this power is held.
    thinned: u32,
    /// Of each key how many values two people have, three, and so on.
    sizes: Vec<Sizes>,
    /// Of each key how many values of each rank are held back.
    held_back: Vec<Ranks>,
}

impl Meetings {
    /// No meetings, of a schema of so many keys.
    pub(crate) fn new(keys: usize) -> Self {
        Self {
            sizes: vec![Sizes::default(); keys],
            held_back: vec![Ranks::default(); keys],
            ..Self::default()
        }
    }

    /// Adds what two people share, from what a pile of values told.
    pub(crate) fn add(&mut self, shared: &SharedValues) {
        for (own, more) in self.sizes.iter_mut().zip(&shared.sizes) {
            for (own, more) in own.iter_mut().zip(more) {
                *own += more;
            }
        }
        for (own, more) in self.held_back.iter_mut().zip(&shared.held_back) {
            for (own, more) in own.iter_mut().zip(more) {
                *own += more;
            }
        }
        for [a, b] in &shared.pairs {
            let place = |entry: &Entry| (entry.pile() as u32, entry.number());
            let (a, b) = if place(a) <= place(b) { (a, b) } else { (b, a) };
            // Two keys' values with one fingerprint are none of either.
            if a.key() == b.key() && self.holds((place(a), place(b))) {
                self.held
                    .push(held((place(a), place(b)), a.key(), [a.rank(), b.rank()]));
            }
        }
        while self.held.len() > HELD_MAX {
            self.thinned += 1;
            let mut held = std::mem::take(&mut self.held);
            held.retain(|&meeting| self.holds(records(meeting)));
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

    /// The counts: of every pair the strongest agreement that its shared values imply together. `ranks` are all values of each key by rank.
    pub(crate) fn count(
        mut self,
        schema: &Schema,
        ranks: &[Ranks],
        presence: &Presence,
    ) -> WithinCounts {
        let pools = schema.pools();
        let pool_of: Vec<usize> = (pools.iter().enumerate())
            .flat_map(|(pool, of)| of.keys.clone().map(move |_| pool))
            .collect();
        // How many tokens of each pool a pair shares.
        let mut tokens = vec![0usize; pools.len()];
        let comparing = Comparing::new(&schema.presence);
        self.held.par_sort_unstable();
        let alone: Vec<f64> = self.sizes.iter().map(alone).collect();
        let released: Vec<[f64; RANK_MAX + 1]> = (schema.keys.iter().zip(ranks))
            .enumerate()
            .map(|(key, (rule, all))| released(rule.slots.into(), all, &self.held_back[key]))
            .collect();
        // Few kinds of pairs make up nearly all, and they come early.
        let mut weights: Vec<((Agreement, Comparable), (f64, f64))> = Vec::new();
        let mut shared: Vec<(f64, usize)> = Vec::new();
        for pair in self.held.chunk_by(|a, b| a >> 16 == b >> 16) {
            let (a, b) = records(pair[0]);
            let of = |place: Place| presence.of(place.0 as usize, place.1 as usize);
            let comparable = comparing.comparable(of(a), of(b));
            // How likely both would release what they share, if nobody else had it.
            shared.clear();
            shared.extend(pair.iter().map(|&meeting| {
                let (key, [one, two]) = value(meeting);
                (released[key][one] * released[key][two], key)
            }));
            shared.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            // Less likely values are taken to be released only together with the likelier ones.
            let (mut agreement, mut rarest) = (Agreement::default(), 0.0f64);
            tokens.fill(0);
            for (at, &(likely, key)) in shared.iter().enumerate() {
                let pool = pool_of[key];
                tokens[pool] += 1;
                pools[pool].add_to(&mut agreement, tokens[pool]);
                // The rarest of what they share is the most likely to be seen between two files.
                rarest = rarest.max(alone[key]);
                let share = likely - shared.get(at + 1).map_or(0.0, |next| next.0);
                if share > 0.0 {
                    let kind = (agreement, comparable);
                    let known = weights.iter().position(|weight| weight.0 == kind);
                    let at = known.unwrap_or_else(|| {
                        weights.push((kind, (0.0, 0.0)));
                        weights.len() - 1
                    });
                    let (pairs, sum) = &mut weights[at].1;
                    *pairs += share;
                    *sum += share * rarest;
                }
            }
        }
        let factor = libm::exp2(f64::from(self.thinned));
        let mut counts = WithinCounts::default();
        weights.sort_unstable_by_key(|weight| weight.0);
        for ((agreement, comparable), (pairs, sum)) in weights {
            let alike = AlikePairs {
                thousandths: (1000.0 * factor * pairs).round() as u64,
                alone: (1000.0 * sum / pairs.max(f64::MIN_POSITIVE)).round() as u16,
            };
            counts.add(agreement, comparable, alike);
        }
        counts
    }
}

/// How likely a value is released, by its rank among the values of its key that a record has: it is when fewer than `slots` of the more worthy
/// ones are. Whether one is held back is taken for chance, rank by rank.
fn released(slots: usize, all: &Ranks, held_back: &Ranks) -> [f64; RANK_MAX + 1] {
    let mut out = [1.0; RANK_MAX + 1];
    // How likely so many of the values before are released.
    let mut before = [0.0; RANK_MAX + 1];
    before[0] = 1.0;
    for rank in 0..=RANK_MAX {
        out[rank] = before[..slots.min(before.len())].iter().sum();
        let free = 1.0 - held_back[rank] as f64 / all[rank].max(1) as f64;
        for count in (0..=rank).rev() {
            let moved = before[count] * free;
            before[count] -= moved;
            if count < RANK_MAX {
                before[count + 1] += moved;
            }
        }
    }
    out
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
    fn values_within_the_slots_are_released_and_others_when_worthier_ones_are_not() {
        let all = [100; RANK_MAX + 1];
        let none = Ranks::default();
        let half = [50; RANK_MAX + 1];
        assert!(released(3, &all, &none)[..3].iter().all(|p| *p >= 1.0));
        assert!(released(3, &all, &none)[3..].iter().all(|p| *p <= 0.0));
        // Two slots: of three before it at most one may be free, four of eight cases.
        assert!((released(2, &all, &half)[3] - 0.5).abs() < 1e-12);
        assert!((released(1, &all, &half)[2] - 0.25).abs() < 1e-12);
        assert!(released(40, &all, &half).iter().all(|p| *p > 0.999_999));
    }

    #[test]
    fn a_meeting_as_a_number_reads_back() {
        let (a, b) = ((1023, 0xf_ffff), (7, 3));
        let meeting = held((a, b), 250, [15, 4]);
        assert_eq!(records(meeting), (a, b));
        assert_eq!(value(meeting), (250, [15, 4]));
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
