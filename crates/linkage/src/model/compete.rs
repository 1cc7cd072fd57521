//! Competition: a record is at most one person of another custodian's file.
//!
//! What is wanted is the probability of each candidate over all ways to pair the records of two files off, each way as likely as the product of
//! the odds of its pairs. Belief propagation gives it: along each of its candidates a record says how likely it is free of all its other ones,
//! given what these say in turn. Where candidates form no circles this is exact, and there is one solution in any case (Bayati, Gamarnik, Katz,
//! Nair and Tetali, STOC 2007, count matchings in this way).
//!
//! So a rival that is surely somebody else's takes nothing away. Weighing each candidate against all others of its two records, whoever these
//! belong to, lost what is left when everybody else of a home or of a name has found a partner.

use super::Score;
use crate::RecordSet;
use crate::candidates::SetPair;

/// A message that changes by less than this share is not passed on.
const CHANGE_MIN: f64 = 1e-4;
/// Rounds at most; in all but a few records nothing changes after four.
const ROUNDS_MAX: usize = 60;
/// From this round on a message is the geometric mean of what it was and what it would be: where several partners fit about equally well,
/// messages would swing between nothing and all for thousands of rounds.
const CALM_FROM: usize = 5;
/// Weights beyond this are as good as certain.
const BITS_MAX: f64 = 60.0;

/// Sets the probabilities from the weights.
pub(crate) fn compete(sets: &[RecordSet], pair: &SetPair, scores: &mut [Score]) {
    let odds: Vec<f64> = pair
        .candidates
        .iter()
        .zip(scores.iter())
        .map(|(candidate, score)| match candidate.veto {
            Some(_) => 0.0,
            None => libm::exp2(score.weight().min(BITS_MAX)),
        })
        .collect();
    let mut left = Side::new(
        sets[pair.left_set as usize].table.len(),
        pair.candidates.iter().map(|candidate| candidate.left),
    );
    let mut right = Side::new(
        sets[pair.right_set as usize].table.len(),
        pair.candidates.iter().map(|candidate| candidate.right),
    );
    for round in 0..ROUNDS_MAX {
        if left.waiting.is_empty() && right.waiting.is_empty() {
            break;
        }
        let calm = round >= CALM_FROM;
        let said = [
            left.say(&odds, &right.free, calm),
            right.say(&odds, &left.free, calm),
        ];
        let [from_left, from_right] = said;
        left.hear(&mut right, &from_left, calm);
        right.hear(&mut left, &from_right, calm);
    }
    for ((score, own), (l, r)) in
        (scores.iter_mut().zip(odds)).zip(left.free.iter().zip(&right.free))
    {
        let own = own * l * r;
        score.probability = own / (1.0 + own);
    }
}

/// The records of one file with their candidates.
struct Side {
    /// The record of each candidate.
    record: Vec<u32>,
    /// Where the candidates of each record begin among [`Self::candidates`], and the end of the last.
    starts: Vec<u32>,
    candidates: Vec<u32>,
    /// For each candidate, how likely this file's record is free of all its other ones.
    free: Vec<f64>,
    /// Records whose candidates have said something new, each once.
    waiting: Vec<u32>,
    waits: Vec<bool>,
}

impl Side {
    /// With the record of each candidate.
    fn new(records: usize, of: impl Iterator<Item = u32>) -> Self {
        let record: Vec<u32> = of.collect();
        let mut starts = vec![0u32; records + 1];
        for &own in &record {
            starts[own as usize + 1] += 1;
        }
        for at in 0..records {
            starts[at + 1] += starts[at];
        }
        let mut next = starts.clone();
        let mut candidates = vec![0; record.len()];
        for (candidate, &own) in (0u32..).zip(&record) {
            let place = &mut next[own as usize];
            candidates[*place as usize] = candidate;
            *place += 1;
        }
        Self {
            free: vec![1.0; record.len()],
            record,
            starts,
            candidates,
            waiting: (0..records as u32).collect(),
            waits: vec![true; records],
        }
    }

    /// What every record that waits has to say that is new, given what it heard: for each candidate how likely it is free of the others.
    fn say(&mut self, odds: &[f64], heard: &[f64], calm: bool) -> Vec<(u32, f64)> {
        let mut said = Vec::new();
        let claim = |candidate: u32| odds[candidate as usize] * heard[candidate as usize];
        for own in std::mem::take(&mut self.waiting) {
            self.waits[own as usize] = false;
            let (from, to) = (self.starts[own as usize], self.starts[own as usize + 1]);
            let candidates = &self.candidates[from as usize..to as usize];
            // Whoever has one candidate is free of all others.
            if candidates.len() < 2 {
                continue;
            }
            let claims = Claims::of(candidates.iter().map(|&candidate| claim(candidate)));
            for (place, &candidate) in candidates.iter().enumerate() {
                let before = self.free[candidate as usize];
                let mut now = 1.0 / (1.0 + claims.but(place, claim(candidate)));
                if calm {
                    now = libm::sqrt(now * before);
                }
                if (now - before).abs() > CHANGE_MIN * before {
                    said.push((candidate, now));
                }
            }
        }
        said
    }

    /// Takes note of what was said; who hears it waits, and so does who has said only a part of it.
    fn hear(&mut self, others: &mut Self, said: &[(u32, f64)], calm: bool) {
        for &(candidate, now) in said {
            self.free[candidate as usize] = now;
            others.wait(others.record[candidate as usize]);
            if calm {
                self.wait(self.record[candidate as usize]);
            }
        }
    }

    fn wait(&mut self, record: u32) {
        if !std::mem::replace(&mut self.waits[record as usize], true) {
            self.waiting.push(record);
        }
    }
}

/// What the candidates of one record add up to. The largest is kept by itself: taken from a sum, it would leave rounding and nothing else.
struct Claims {
    largest: f64,
    place: usize,
    rest: f64,
}

impl Claims {
    fn of(claims: impl Iterator<Item = f64>) -> Self {
        let mut all = Self {
            largest: 0.0,
            place: usize::MAX,
            rest: 0.0,
        };
        for (place, claim) in claims.enumerate() {
            if claim > all.largest {
                all.rest += all.largest;
                (all.largest, all.place) = (claim, place);
            } else {
                all.rest += claim;
            }
        }
        all
    }

    /// All but the one in a place.
    fn but(&self, place: usize, claim: f64) -> f64 {
        if place == self.place {
            self.rest
        } else {
            self.largest + (self.rest - claim).max(0.0)
        }
    }
}

/// Of every record of both sets the sum of an amount over its candidates.
pub(crate) fn taken(sets: &[RecordSet], pair: &SetPair, amounts: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let mut left = vec![0.0; sets[pair.left_set as usize].table.len()];
    let mut right = vec![0.0; sets[pair.right_set as usize].table.len()];
    for (candidate, &amount) in pair.candidates.iter().zip(amounts) {
        left[candidate.left as usize] += amount;
        right[candidate.right as usize] += amount;
    }
    (left, right)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::candidates::Candidate;
    use crate::people::laws::sets;
    use proptest::prelude::*;

    /// The probabilities of candidates with these records and weights.
    fn probabilities(pairs: &[(u32, u32, f64)]) -> Vec<f64> {
        let candidates = pairs.iter();
        let candidates = candidates.map(|&(left, right, _)| Candidate::bare(left, right));
        let pair = SetPair::bare(candidates.collect());
        let score = |&(_, _, keys): &(u32, u32, f64)| Score {
            keys,
            ..Score::default()
        };
        let mut scores: Vec<Score> = pairs.iter().map(score).collect();
        compete(&sets(&[8, 8]), &pair, &mut scores);
        scores.iter().map(|score| score.probability).collect()
    }

    /// The same by going through all ways to pair off.
    fn by_hand(pairs: &[(u32, u32, f64)]) -> Vec<f64> {
        let (mut all, mut with) = (0.0, vec![0.0; pairs.len()]);
        for chosen in 0u32..1 << pairs.len() {
            let is_in = |at: &usize| chosen >> at & 1 == 1;
            let own: Vec<usize> = (0..pairs.len()).filter(is_in).collect();
            let mut ends: Vec<(bool, u32)> = Vec::new();
            for &at in &own {
                ends.extend([(false, pairs[at].0), (true, pairs[at].1)]);
            }
            ends.sort_unstable();
            if ends.windows(2).any(|two| two[0] == two[1]) {
                continue;
            }
            let odds = libm::exp2(own.iter().map(|&at| pairs[at].2).sum());
            all += odds;
            for &at in &own {
                with[at] += odds;
            }
        }
        with.iter().map(|with| with / all).collect()
    }

    #[test]
    fn a_rival_that_is_somebody_else_takes_nothing() {
        let found = probabilities(&[(0, 0, 15.0), (0, 1, 6.0), (1, 0, 6.0), (1, 1, 5.0)]);
        assert!(found[3] > 0.95, "{found:?}");
        assert!(found[1] < 0.01 && found[2] < 0.01, "{found:?}");
    }

    #[test]
    fn partners_that_fit_equally_well_share_at_any_weight() {
        for weight in [5.0, 20.0, 40.0] {
            let two = [
                (0, 0, weight),
                (0, 1, weight),
                (1, 0, weight),
                (1, 1, weight),
            ];
            for probability in probabilities(&two) {
                // At the least weight it is 0.485, and a circle makes it 0.456.
                assert!((probability - 0.5).abs() < 0.05, "{weight}: {probability}");
            }
            let found = probabilities(&two[..2]);
            assert!(
                found.iter().all(|own| (own - 0.5).abs() < 0.02),
                "{found:?}"
            );
        }
    }

    proptest! {
        /// Each record hangs on one of those before it, so there are no circles.
        #[test]
        fn without_circles_it_is_exact(hangs in proptest::collection::vec((0usize..8, -6.0f64..12.0), 1..11)) {
            let mut records = vec![(false, 0u32)];
            let mut next = [1u32, 0];
            let mut pairs = Vec::new();
            for (on, weight) in hangs {
                let (side, record) = records[on % records.len()];
                let own = next[usize::from(!side)];
                if own == 8 {
                    continue;
                }
                next[usize::from(!side)] += 1;
                records.push((!side, own));
                let (left, right) = if side { (own, record) } else { (record, own) };
                pairs.push((left, right, weight));
            }
            pairs.sort_unstable_by_key(|pair| (pair.0, pair.1));
            for (found, expected) in probabilities(&pairs).iter().zip(by_hand(&pairs)) {
                prop_assert!((found - expected).abs() < 2e-3, "{} {}", found, expected);
            }
        }
    }
}
