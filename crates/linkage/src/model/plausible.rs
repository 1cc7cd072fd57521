//! Matches are not all unlike: where many slip in everything, more slip in one thing only.
//!
//! What the counts within files cannot foretell is who comes into two files together. A register of children and one of their parents, or
//! two schools of brothers and sisters, have hardly anybody in common, and very many pairs that share a family name and a home. Within each
//! file such pairs are few, or none, so nothing speaks against taking them for matches. But matches are of a kind: most of those that
//! have names and birth dates on both sides have near filters, fewer have a slip that puts the filters at a middle distance, and fewer still
//! are as far apart as strangers. Relatives are all far apart.
//!
//! So the expected matches at a distance are held to a multiple of those that are nearer. On nine open sets and on forty made ones, from
//! clean to forty in a hundred fields wrong, the true matches far apart are 0.3 to 1.7 times those at a middle distance (`benches/quality`);
//! of a register of parents and one of children the pairs that look like matches far apart were twenty times as many.

use kinfold_schema::Field;

use super::{Score, compete};
use crate::RecordSet;
use crate::candidates::SetPair;

/// Filters nearer than this, in standard deviations, are at a middle distance; strangers hardly ever come so near.
const MIDDLE_FROM: f64 = 4.5;
/// Filters nearer than this are near: of two people neither twins nor namesakes come so near.
const NEAR_FROM: f64 = 14.0;
/// Matches far apart for each at a middle distance, and for each that is near: the latter are people with another birth date or name.
const FAR_PER_MIDDLE: f64 = 2.0;
const FAR_PER_NEAR: f64 = 0.05;
/// Matches at a middle distance for each that is near.
const MIDDLE_PER_NEAR: f64 = 4.0;
/// Matches that are allowed at any distance: none near does not mean none.
const ALLOWED: f64 = 1.0;
/// Halvings when the factor is looked for; the odds are lowered by 60 bits at most.
const HALVINGS: u32 = 40;

/// Lowers the weights of pairs at a distance until no more matches are expected there than those that are nearer allow; gives how many
/// expected matches that took away.
pub(super) fn hold(sets: &[RecordSet], pair: &SetPair, scores: &mut [Score]) -> f64 {
    let mut zones: [Vec<usize>; 3] = Default::default();
    for (index, candidate) in pair.candidates.iter().enumerate() {
        // A shared verified identifier says more than any filter.
        let proven = candidate.agreement.level(Field::Identifier) > 0;
        if let (Some(sigmas), None, false) = (candidate.sigmas, candidate.veto, proven) {
            zones[zone(sigmas)].push(index);
        }
    }
    let [far, middle, near] = &zones;
    let expected =
        |zone: &[usize], scores: &[Score]| zone.iter().map(|&at| scores[at].probability).sum();
    let near: f64 = expected(near, scores);
    let mut taken = 0.0;
    let mut lower = |zone: &[usize], most: f64, scores: &mut [Score]| -> f64 {
        let found: f64 = expected(zone, scores);
        if found > most {
            let bits = bits_to(zone, most, scores);
            for &at in zone {
                scores[at].filter += bits;
            }
            taken += found - most;
        }
        found.min(most)
    };
    let middle = lower(middle, MIDDLE_PER_NEAR * near + ALLOWED, scores);
    lower(
        far,
        FAR_PER_MIDDLE * middle + FAR_PER_NEAR * near + ALLOWED,
        scores,
    );
    if taken > 0.0 {
        compete::compete(sets, pair, scores);
    }
    taken
}

fn zone(sigmas: f64) -> usize {
    usize::from(sigmas >= MIDDLE_FROM) + usize::from(sigmas >= NEAR_FROM)
}

/// The bits, negative, by which the odds of these pairs have to change for so many expected matches among them.
fn bits_to(zone: &[usize], most: f64, scores: &[Score]) -> f64 {
    let (mut low, mut high) = (-60.0, 0.0);
    for _ in 0..HALVINGS {
        let bits = f64::midpoint(low, high);
        let factor = libm::exp2(bits);
        let with = |at: &usize| {
            let own = scores[*at].probability;
            own * factor / (1.0 - own + own * factor)
        };
        if zone.iter().map(with).sum::<f64>() > most {
            high = bits;
        } else {
            low = bits;
        }
    }
    low
}
