//! Competition: a record is at most one person of another custodian's file.

use super::Score;
use crate::RecordSet;
use crate::candidates::SetPair;

/// Sets the probabilities from the weights: the odds of a candidate against all others of its two records and against none of them.
pub(crate) fn compete(sets: &[RecordSet], pair: &SetPair, scores: &mut [Score]) {
    let odds: Vec<f64> = pair
        .candidates
        .iter()
        .zip(scores.iter())
        .map(|(candidate, score)| match candidate.veto {
            Some(_) => 0.0,
            None => libm::exp2(score.weight().min(60.0)),
        })
        .collect();
    let (left, right) = taken(sets, pair, &odds);
    for ((candidate, score), own) in pair.candidates.iter().zip(scores).zip(odds) {
        let others = left[candidate.left as usize] + right[candidate.right as usize] - 2.0 * own;
        score.probability = own / (1.0 + own + others.max(0.0));
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
