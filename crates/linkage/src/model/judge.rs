//! From scores to verdicts.

use super::Fitted;
use crate::candidates::{Candidate, SetPair};
use crate::pattern::{NEAR_FOR_TWINS, place, pooled};
use crate::{Guard, Pair, Verdict, Waterfalls};
use kinfold_schema::Field;
use rayon::prelude::*;

/// Turns candidates and the fitted model into judged pairs, and what the weight of each is made of.
pub(crate) fn judge(set_pairs: &[SetPair], fitted: &Fitted) -> (Vec<Pair>, Waterfalls) {
    let summary = &fitted.summary;
    // Sorted before they are made: millions of pairs with their steps are too large to have twice.
    let mut order: Vec<(u32, u32)> = Vec::new();
    for (at, pair) in (0u32..).zip(set_pairs) {
        order.extend((0..pair.candidates.len() as u32).map(|candidate| (at, candidate)));
    }
    order.par_sort_unstable_by_key(|&(at, candidate)| {
        let pair = &set_pairs[at as usize];
        let candidate = &pair.candidates[candidate as usize];
        (pair.left(candidate), pair.right(candidate))
    });
    let score_of = |&(at, candidate): &(u32, u32)| &fitted.scores[at as usize][candidate as usize];
    // Where no custodian counted how often twins and namesakes meet in its file, a rule stands in.
    let guarded = !summary.counted;
    let pairs = order
        .iter()
        .map(|own| {
            let set_pair = &set_pairs[own.0 as usize];
            let (candidate, score) = (&set_pair.candidates[own.1 as usize], score_of(own));
            let held = &fitted.held[own.0 as usize];
            let guard = guarded.then(|| guard(candidate)).flatten();
            let probability = score.probability;
            let verdict = match (candidate.veto, guard) {
                (Some(veto), _) => Verdict::Vetoed(veto),
                (None, Some(guard)) if probability >= summary.review_probability => {
                    Verdict::Guarded(guard)
                }
                (None, None)
                    if probability >= summary.link_probability
                        && !held.has(set_pair, own.1 as usize) =>
                {
                    Verdict::Linked
                }
                (None, _) if probability >= summary.review_probability => Verdict::Review,
                (None, _) => Verdict::NotLinked,
            };
            Pair {
                left: set_pair.left(candidate),
                right: set_pair.right(candidate),
                weight: score.weight(),
                probability,
                agreement: candidate.agreement,
                keys: candidate.keys,
                counts: candidate.counts,
                same_home: candidate.same_home,
                sigmas: candidate.sigmas,
                filter_bits: score.filter,
                fields: set_pair
                    .levels
                    .get(own.1 as usize)
                    .copied()
                    .unwrap_or_default(),
                comparable: candidate.comparable,
                verdict,
            }
        })
        .collect();
    let waterfalls = if fitted.by_field.is_empty() {
        Waterfalls::new(order.iter().map(|own| score_of(own).steps()))
    } else {
        Waterfalls::new(order.iter().map(|own| {
            let bits = &fitted.by_field[own.0 as usize][own.1 as usize];
            score_of(own).steps_by_field(bits, &fitted.labels)
        }))
    };
    (pairs, waterfalls)
}

/// Filters this near are those of one person with a wrong birth date; a parent and child of one name stay below.
const NEAR_FOR_NAMESAKES: f64 = 4.0;

/// Guards: patterns that are typical of two different people of one family. A shared verified identifier lifts them, and so do
/// filters that are nearer than those of two such people. Mixed keys hardly ever say that a whole birth date agrees; then people of one
/// home whose first names are not known to agree are guarded, whatever their birth dates.
fn guard(candidate: &Candidate) -> Option<Guard> {
    let level = |field| candidate.agreement.level(field);
    let nearer = |limit: f64| candidate.sigmas.is_some_and(|sigmas| sigmas >= limit);
    if level(Field::Identifier) > 0 {
        return None;
    }
    // A first name that one side does not have cannot differ.
    let first_differs =
        candidate.comparable.first && level(Field::First) == 0 && level(Field::AnyName) < 3;
    let mixed = pooled(candidate.agreement).is_some();
    let lives_there = candidate.same_home || mixed && place(candidate.agreement) >= 2;
    let one_family = level(Field::Last) >= 2 || lives_there;
    if first_differs && (level(Field::Birth) == 3 || mixed) && one_family {
        return (!nearer(NEAR_FOR_TWINS)).then_some(Guard::TwinOrSibling);
    }
    // Two birth dates that share nothing are two people, whatever the names say, unless the filters are near.
    if candidate.comparable.birth && level(Field::Birth) == 0 {
        return (!nearer(NEAR_FOR_NAMESAKES)).then_some(Guard::BirthDatesDiffer);
    }
    None
}
