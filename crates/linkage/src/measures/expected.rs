//! How good a result should be by its own probabilities, when nobody knows the truth.
//!
//! Each candidate pair has a match probability. Of the linked pairs, the sum of the probabilities is how many are expected to be right;
//! of all candidates, how many are expected to be there to find. That gives an expected precision and an expected recall **among
//! candidates**: true pairs that never became candidates are in neither. Both are only as good as the probabilities. The intervals say
//! how far the real figures can lie from the expected ones if the probabilities are right: each pair is a coin with its own
//! probability, and coins of one part (the pairs of one person, say) are taken to fall together, which is the widest case.

use serde::Serialize;

use super::interval::{Interval, Z95, interval_of};

/// A candidate pair with its probability.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scored {
    /// The part it lies in; pairs of different parts are taken as independent.
    pub part: u32,
    /// Whether the result puts the two records together.
    pub linked: bool,
    /// Match probability, 0 to 1.
    pub probability: f64,
}

/// What the probabilities promise.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Expected {
    /// Candidate pairs that are linked.
    pub linked: u64,
    /// Candidate pairs that are not.
    pub not_linked: u64,
    /// Of the linked, how many should be right.
    pub right: f64,
    /// Of those not linked, how many should have been.
    pub missed: f64,
    /// Expected share of right pairs among the linked; none when nothing is linked.
    pub precision: Option<f64>,
    /// Expected share of the true candidate pairs that are linked; none when nothing is expected.
    pub recall: Option<f64>,
    /// 95 % intervals of the real figures if the probabilities are right.
    pub intervals: ExpectedIntervals,
}

/// 95 % intervals; `None` where there are too few independent parts to say.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ExpectedIntervals {
    /// Of precision.
    pub precision: Option<Interval>,
    /// Of recall.
    pub recall: Option<Interval>,
}

/// What is left of certainty in a part: sums over its pairs.
#[derive(Clone, Copy, Default)]
struct Part {
    linked: f64,
    weight: f64,
    /// Standard deviations of the linked and of the other pairs.
    spread_linked: f64,
    spread_other: f64,
}

/// Expected precision and recall of the pairs, whose parts are numbered below `parts`. Probabilities outside 0 to 1 are taken as the
/// nearer end.
///
/// # Panics
/// When a pair's part is not below `parts`.
pub fn expected(pairs: &[Scored], parts: usize) -> Expected {
    let mut by_part = vec![Part::default(); parts];
    let (mut linked, mut right, mut missed) = (0u64, 0.0, 0.0);
    for pair in pairs {
        let probability = pair.probability.clamp(0.0, 1.0);
        let spread = libm::sqrt(probability * (1.0 - probability));
        let part = &mut by_part[pair.part as usize];
        part.weight += probability;
        if pair.linked {
            linked += 1;
            right += probability;
            part.linked += 1.0;
            part.spread_linked += spread;
        } else {
            missed += probability;
            part.spread_other += spread;
        }
    }
    let whole = right + missed;
    let precision = (linked > 0).then(|| right / linked as f64);
    let recall = (whole > 0.0).then(|| right / whole);
    let share = recall.unwrap_or(0.0);
    let (mut of_precision, mut of_recall) = (0.0, 0.0);
    let (mut linked_squares, mut weight_squares) = (0.0, 0.0);
    for part in &by_part {
        of_precision += part.spread_linked * part.spread_linked;
        // R = L/(L+M), linearised: dR = ((1-R) dL - R dM)/(L+M).
        let both = (1.0 - share) * part.spread_linked + share * part.spread_other;
        of_recall += both * both;
        linked_squares += part.linked * part.linked;
        weight_squares += part.weight * part.weight;
    }
    let effective = |sum: f64, squares: f64| {
        if squares > 0.0 {
            sum * sum / squares
        } else {
            0.0
        }
    };
    let count = linked as f64;
    Expected {
        linked,
        not_linked: pairs.len() as u64 - linked,
        right,
        missed,
        precision,
        recall,
        intervals: ExpectedIntervals {
            precision: precision.and_then(|p| {
                let parts = effective(count, linked_squares);
                // The variance is computed, not estimated from few parts: as many faults as parts.
                interval_of(p, of_precision / (count * count), parts, linked, Z95)
            }),
            recall: recall.and_then(|r| {
                let parts = effective(whole, weight_squares);
                interval_of(r, of_recall / (whole * whole), parts, linked, Z95)
            }),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::brute::Dice;
    use super::*;

    #[test]
    fn sure_links_are_expected_to_be_right() {
        let pairs: Vec<Scored> = (0..50)
            .map(|part| Scored {
                part,
                linked: true,
                probability: 1.0,
            })
            .collect();
        let found = expected(&pairs, 50);
        assert_eq!((found.precision, found.recall), (Some(1.0), Some(1.0)));
        assert_eq!(found.right, 50.0);
    }

    #[test]
    fn nothing_linked_promises_nothing() {
        let pairs = [Scored {
            part: 0,
            linked: false,
            probability: 0.5,
        }];
        let found = expected(&pairs, 1);
        assert_eq!((found.precision, found.recall), (None, Some(0.0)));
        assert_eq!(expected(&[], 0).recall, None);
    }

    /// Worlds drawn from the very probabilities: the intervals must hold the real figures about 95 times in 100, and as the pairs of a
    /// part are drawn independently here, more often.
    #[test]
    fn worlds_drawn_from_the_probabilities_lie_in_the_intervals() {
        let mut dice = Dice::new(11);
        let pairs: Vec<Scored> = (0..1200)
            .map(|index| {
                let probability = if index % 3 == 0 {
                    0.3 * dice.unit()
                } else {
                    0.85 + 0.15 * dice.unit()
                };
                Scored {
                    part: index / 2,
                    linked: probability > 0.5,
                    probability,
                }
            })
            .collect();
        let found = expected(&pairs, 600);
        let (low, high) = (
            found.intervals.precision.unwrap(),
            found.intervals.recall.unwrap(),
        );
        let (mut precise, mut complete) = (0, 0);
        for _ in 0..400 {
            let (mut right, mut missed, mut linked) = (0.0, 0.0, 0.0);
            for pair in &pairs {
                let real = f64::from(u8::from(dice.unit() < pair.probability));
                linked += f64::from(u8::from(pair.linked));
                *(if pair.linked { &mut right } else { &mut missed }) += real;
            }
            precise += u32::from(low.holds(right / linked));
            complete += u32::from(high.holds(right / (right + missed)));
        }
        assert!(
            precise >= 376 && complete >= 376,
            "{precise} and {complete} of 400"
        );
    }
}
