//! Pairs of people of the file that share a value with each other and nobody else: counted, so that the linkage unit knows how often strangers
//! agree ([`WithinCounts`]).

use std::collections::BTreeMap;

use kinfold_schema::{Agreement, Comparable, Comparing, Schema, WithinCounts};

use crate::encode::Presence;
use crate::sharing::Entry;

/// Most meetings that are held; beyond that every second pair is let go, and the rest counts double. A million take 24 MB.
const HELD_MAX: usize = 1 << 20;

/// A record by its pile and its number there.
type Place = (u32, u32);

/// Who shared a value with whom, and of which key.
#[derive(Default)]
pub(crate) struct Meetings {
    held: Vec<(Place, Place, u8)>,
    /// One pair in two to this power is held.
    thinned: u32,
    /// Of each key how many values two people have, and three.
    twos_and_threes: Vec<(u64, u64)>,
}

impl Meetings {
    /// Adds what two people share, from the entries of shared values of a pile.
    pub(crate) fn add(&mut self, shared: &[Entry]) {
        let mut order: Vec<&Entry> = shared.iter().collect();
        order.sort_unstable_by_key(|entry| {
            (entry.fingerprint(), entry.key, entry.pile, entry.number)
        });
        let same = |a: &&Entry, b: &&Entry| (a.fingerprint(), a.key) == (b.fingerprint(), b.key);
        for value in order.chunk_by(same) {
            let key = usize::from(value[0].key);
            if self.twos_and_threes.len() <= key {
                self.twos_and_threes.resize(key + 1, (0, 0));
            }
            let counts = &mut self.twos_and_threes[key];
            counts.0 += u64::from(value.len() == 2);
            counts.1 += u64::from(value.len() == 3);
            if let [a, b] = value {
                let place = |entry: &Entry| (entry.pile as u32, entry.number);
                let pair = (place(a), place(b));
                if self.holds(pair) {
                    self.held.push((pair.0, pair.1, a.key));
                }
            }
        }
        while self.held.len() > HELD_MAX {
            self.thinned += 1;
            let held = std::mem::take(&mut self.held);
            self.held = held
                .into_iter()
                .filter(|&(a, b, _)| self.holds((a, b)))
                .collect();
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
        self.held.sort_unstable();
        let alone: Vec<f64> = self.twos_and_threes.iter().map(|&n| alone(n)).collect();
        let mut weights: BTreeMap<(Agreement, Comparable), f64> = BTreeMap::new();
        for pair in self.held.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            let (a, b, _) = pair[0];
            let agreement = pair
                .iter()
                .map(|&(_, _, key)| implied[usize::from(key)])
                .fold(Agreement::default(), Agreement::max);
            let of = |place: Place| presence.of(place.0 as usize, place.1 as usize);
            // The rarest of what they share is the most likely to be seen between two files.
            let weight = pair
                .iter()
                .map(|&(_, _, key)| alone[usize::from(key)])
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

/// How likely it is that nobody else has a value that two people have: with a mean of `l` others (Poisson), three have it `l / 3` times as
/// often as two, and nobody else with the probability `exp(-l)`. A value is only released, and met by a stranger, when nobody else has it.
fn alone((twos, threes): (u64, u64)) -> f64 {
    libm::exp(-3.0 * threes as f64 / twos.max(1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

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
