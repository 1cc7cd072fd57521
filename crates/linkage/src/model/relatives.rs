//! Of matches that share a home while their names are far apart, fewer share few keys than some: a second hill is relatives.
//!
//! Where kinds of keys are mixed, all that is seen of a pair of relatives is that it shares two or three keys (those of the home and the family
//! name) and a home, and that its filters are as far apart as those of strangers. So are those of a few true matches, of people who changed their
//! name or whose birth date is wrong; but these share more keys, for the rest agrees. On the open sets and the made ones the number of
//! such matches falls from its hill to the fewest keys without rising again (`benches/quality/README.md`). Where two files have members of
//! one family each, the people left over look like each other's partners, and what looked like matches rose again to twenty times the valley.
//!
//! So when the model has settled, the expected matches of these pairs are looked at by the number of keys that they share, from many to few.
//! Once they have fallen to half of their highest, they may rise a little from number to number, and what rises beyond that is held: see
//! [`super::plausible`].

use kinfold_schema::Field;

use super::Score;
use crate::candidates::SetPair;
use crate::pattern::{NEAR_STEPS, near_step};

/// Above the mean of the next higher numbers of keys expected matches may rise by this factor, and by so many more.
const RISE: f64 = 1.5;
const RISE_MORE: f64 = 5.0;
/// So many numbers are looked at together.
const WINDOW: usize = 3;
/// They have fallen when they are this share of their highest.
const FALLEN: f64 = 0.5;
/// From so many keys on two people have more in common than a home and a family name: nearly all relatives share two to four. A hill there is of true
/// matches, such as those whose birth date is wrong and who share every key without it.
const TOO_MANY_FOR_RELATIVES: usize = 8;

/// Expected matches of each number of shared keys.
pub(super) type Steps = [f64; NEAR_STEPS];

/// The number of shared keys of a candidate of one home whose filters are nearer to those of strangers than `middle` standard deviations. None where
/// fields are compared one by one: then it is known what agrees.
pub(super) fn step(pair: &SetPair, index: usize, middle: f64) -> Option<usize> {
    if !pair.levels.is_empty() {
        return None;
    }
    let candidate = &pair.candidates[index];
    let far = candidate.sigmas.is_some_and(|sigmas| sigmas < middle);
    let known = candidate.veto.is_some() || candidate.agreement.level(Field::Identifier) > 0;
    (far && candidate.same_home && !known)
        .then(|| near_step(candidate.agreement))
        .flatten()
}

/// The expected matches of each number of keys.
pub(super) fn found(pair: &SetPair, scores: &[Score], middle: f64) -> Steps {
    let mut found = [0.0; NEAR_STEPS];
    for (index, score) in scores.iter().enumerate() {
        if let Some(step) = step(pair, index, middle) {
            found[step] += score.probability;
        }
    }
    found
}

/// As many as there may be of each number of keys.
pub(super) fn allowed(found: &Steps) -> Steps {
    let mut allowed = *found;
    let (mut highest, mut fallen) = (0.0f64, false);
    for step in (0..allowed.len() - WINDOW).rev() {
        let mean = allowed[step + 1..][..WINDOW].iter().sum::<f64>() / WINDOW as f64;
        highest = highest.max(mean);
        fallen |= mean < FALLEN * highest;
        if fallen && step < TOO_MANY_FOR_RELATIVES {
            allowed[step] = allowed[step].min(RISE * mean + RISE_MORE);
        }
    }
    allowed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(few_to_many: &[f64]) -> Steps {
        let mut steps = [0.0; NEAR_STEPS];
        steps[..few_to_many.len()].copy_from_slice(few_to_many);
        steps
    }

    #[test]
    fn a_second_hill_is_cut_and_a_tail_is_not() {
        // From zero keys on: a tail, as of 11,818 matches of two censuses. It may be a little uneven.
        let tail = steps(&[
            0.0, 4.0, 3.0, 11.0, 8.0, 12.0, 16.0, 24.0, 21.0, 24.0, 11.0, 15.0, 23.0, 20.0, 24.0,
            35.0, 28.0, 23.0, 23.0, 14.0, 15.0, 20.0, 32.0, 25.0,
        ]);
        let mut pairs = tail.iter().zip(allowed(&tail));
        assert!(pairs.all(|(found, allowed)| *found <= 1.25 * allowed));
        // Families of whom each file has some members.
        let hill = steps(&[
            0.0, 0.0, 49.0, 65.0, 22.0, 0.0, 0.0, 6.0, 2.0, 10.0, 0.0, 2.0, 3.0, 2.0, 2.0, 4.0,
            7.0, 2.0, 5.0, 5.0, 1.0, 4.0, 8.0, 6.0,
        ]);
        let left = allowed(&hill);
        assert_eq!(left[5..9], hill[5..9]);
        assert!(left[2..5].iter().sum::<f64>() < 35.0, "{left:?}");
        // Matches of febrl4 with `partial`: a hill of many keys, of birth dates that are wrong.
        let dates = steps(&[
            0.0, 2.0, 9.0, 14.0, 26.0, 6.0, 11.0, 12.0, 14.0, 14.0, 17.0, 38.0, 84.0, 55.0, 42.0,
            3.0, 0.0, 8.0, 9.0, 6.0, 3.0, 11.0, 6.0, 12.0,
        ]);
        let mut pairs = dates.iter().zip(allowed(&dates));
        assert!(pairs.all(|(found, allowed)| *found <= 1.5 * allowed + 1.0));
        // A hill alone may be of true matches.
        let alone = steps(&[0.0, 5.0, 60.0, 70.0, 20.0]);
        assert_eq!(allowed(&alone), alone);
    }
}
