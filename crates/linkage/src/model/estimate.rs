//! What linking from a probability on is expected to give: precision and recall, with intervals.
//!
//! Besides chance three things can make an expected figure wrong, and each is in the interval:
//! - **Odds that are off as a whole.** Strangers are foretold, not known, and matches are learnt, so the odds of all doubtful pairs may be too high or
//!   too low together. On the sets with truth of `docs/src/explanation/how-links-are-decided.md` the odds that would have foretold the
//!   right number of matches were no more than four bits from those that were learnt in 85 of 100 ([`OFF_BITS`]).
//! - **Matches that nothing reached** ([`super::unseen`]).
//! - **Pairs that are held** ([`super::plausible`]): they may be relatives, all of them, or matches.
//!
//! The parts are put together as independent ones are, from how far each takes the figure up and down (G. Y. Zou and A. Donner, "Construction of
//! confidence limits about effect measures: a general approach", *Statistics in Medicine* 27, 2008, 1693-1702).

use super::unseen::{Unseen, Z, sum};

/// Expected precision and recall, with the bounds of intervals that are meant to hold the truth 95 times in 100.
///
/// Precision is of the pairs that are linked. **Recall is of all matches as far as shared keys tell of them**: those among the candidates and
/// those that lacking facts and few shared keys foretell. Matches that share nothing at all cannot be counted, so it is at most this.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct Estimate {
    /// Share of the links that are right: expected, lower, upper.
    pub precision: [f64; 3],
    /// Share of the matches that are linked, at most: expected, lower, upper.
    pub recall: [f64; 3],
}

/// So many bits the odds of all pairs may be off together, either way.
const OFF_BITS: f64 = 4.0;

/// A candidate pair, as far as it counts for an estimate.
#[derive(Clone, Copy, Debug)]
pub(super) struct Likely {
    pub probability: f64,
    /// The probability that one of the two records has a partner in the other file, this one or another.
    pub partner: f64,
    /// Of a pair that is held, how many such pairs a record of it has, at most; 0 of others.
    pub rivals: u32,
}

impl Likely {
    /// The probability were the odds of this pair and of its rivals so many times as high.
    fn times(&self, factor: f64) -> f64 {
        let partner = self.partner.clamp(self.probability, 1.0);
        if partner <= 0.0 {
            return 0.0;
        }
        self.probability * factor / (1.0 - partner + factor * partner)
    }

    /// As what it counts among matches that nobody knows of when it is held: its part of what the records have left.
    fn kept_back(&self) -> f64 {
        if self.rivals == 0 {
            return 0.0;
        }
        (1.0 - self.partner).max(0.0) / f64::from(self.rivals)
    }
}

/// A figure and how far it reaches, put together from how far each cause takes it.
struct Reach {
    figure: f64,
    down: f64,
    up: f64,
}

impl Reach {
    fn of(figure: f64) -> Self {
        Self {
            figure,
            down: 0.0,
            up: 0.0,
        }
    }

    /// A cause that may take the figure to any of these.
    fn to(mut self, ends: impl IntoIterator<Item = f64>) -> Self {
        let (mut down, mut up) = (0.0f64, 0.0f64);
        for end in ends {
            down = down.max(self.figure - end);
            up = up.max(end - self.figure);
        }
        self.down += down * down;
        self.up += up * up;
        self
    }

    /// Figure, lower and upper bound.
    fn bounds(self) -> [f64; 3] {
        let (low, high) = (
            self.figure - libm::sqrt(self.down),
            self.figure + libm::sqrt(self.up),
        );
        [self.figure, low.clamp(0.0, 1.0), high.clamp(0.0, 1.0)]
    }
}

/// Expected precision and recall of linking those of the pairs that `is_linked` says; there are no more matches than `room`.
pub(super) fn estimate(
    pairs: &[Likely],
    is_linked: impl Fn(&Likely) -> bool,
    unseen: &Unseen,
    room: f64,
) -> Estimate {
    let linked = || pairs.iter().filter(|pair| is_linked(pair));
    let of_all = |factor: f64| sum(pairs.iter().map(|pair| pair.times(factor)));
    let of_links = |factor: f64| sum(linked().map(|pair| pair.times(factor)));
    let (matches, right) = (of_all(1.0), of_links(1.0));
    let count = linked().count() as f64;
    let room = room.max(matches + unseen.expected);

    let share = |right: f64| right / count.max(1.0);
    let recalled = |right: f64, matches: f64| right / matches.min(room).max(right).max(1.0);
    let off = libm::exp2(OFF_BITS);
    let ends = [1.0 / off, off].map(|factor| (of_links(factor), of_all(factor)));

    // Each pair is a coin of its own; the strangers that are foretold have a spread too.
    let coin = |pair: &Likely| pair.probability * (1.0 - pair.probability);
    let of_precision =
        Z * libm::sqrt(sum(linked().map(coin)) + (count - right).max(0.0)) / count.max(1.0);
    let precision = Reach::of(share(right))
        .to([share(right) - of_precision, share(right) + of_precision])
        .to(ends.map(|(right, _)| share(right)));

    let all = matches + unseen.expected;
    let recall = recalled(right, all);
    let chance = sum(pairs.iter().map(|pair| {
        let weight = if is_linked(pair) {
            1.0 - recall
        } else {
            recall
        };
        weight * weight * coin(pair)
    })) + recall * recall * unseen.expected;
    let of_recall = Z * libm::sqrt(chance) / all.max(1.0);
    let kept_back = sum(pairs
        .iter()
        .filter(|pair| !is_linked(pair))
        .map(Likely::kept_back));
    let recall = Reach::of(recall)
        .to([recall - of_recall, recall + of_recall])
        .to(ends.map(|(right, matches)| recalled(right, matches + unseen.expected)))
        .to([unseen.lower, unseen.upper].map(|unseen| recalled(right, matches + unseen)))
        .to([recalled(right, all + kept_back)]);
    Estimate {
        precision: precision.bounds(),
        recall: recall.bounds(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn free(probability: f64) -> Likely {
        Likely {
            probability,
            partner: probability,
            rivals: 0,
        }
    }

    fn at(pairs: &[Likely], unseen: Unseen, room: f64) -> Estimate {
        estimate(
            pairs,
            |pair| pair.probability >= 0.5 && pair.rivals == 0,
            &unseen,
            room,
        )
    }

    #[test]
    fn sure_pairs_leave_nothing_open() {
        let found = at(&[free(1.0); 80], Unseen::default(), 100.0);
        assert_eq!(found.precision, [1.0; 3]);
        assert_eq!(found.recall, [1.0; 3]);
        let none = at(&[], Unseen::default(), 100.0);
        assert_eq!((none.precision, none.recall), ([0.0; 3], [0.0; 3]));
        assert!(none.recall[0].is_sign_positive());
    }

    #[test]
    fn what_is_unseen_lowers_recall_and_widens_it_downwards() {
        let unseen = Unseen {
            expected: 20.0,
            lower: 5.0,
            upper: 40.0,
        };
        let found = at(&[free(1.0); 80], unseen, 1000.0);
        assert!((found.recall[0] - 0.8).abs() < 1e-9);
        assert!(found.recall[1] < 80.0 / 119.0 && found.recall[2] > 80.0 / 86.0);
        // There is room for no more than ninety: not less than eight in nine are found.
        let unseen = Unseen {
            expected: 5.0,
            lower: 0.0,
            upper: 10.0,
        };
        let found = at(&[free(1.0); 80], unseen, 90.0);
        assert!(found.recall[1] > 80.0 / 95.0, "{found:?}");
    }

    #[test]
    fn doubtful_pairs_may_be_off_together() {
        let pairs = [vec![free(0.97); 100], vec![free(0.2); 100]].concat();
        let found = at(&pairs, Unseen::default(), 1000.0);
        // Sixteen times the odds make 80 of the second hundred matches.
        assert!((found.recall[0] - 97.0 / 117.0).abs() < 1e-9);
        assert!(
            found.recall[1] < 100.0 / 179.0 && found.recall[2] > 0.95,
            "{found:?}"
        );
        assert!(
            found.precision[1] < 0.7 && found.precision[2] > 0.98,
            "{found:?}"
        );
        // Two that compete for a record are no more than one match, however high the odds.
        let rival = Likely {
            probability: 0.45,
            partner: 0.9,
            rivals: 0,
        };
        assert!((rival.times(1.0) - 0.45).abs() < 1e-12);
        assert!(rival.times(1e9) <= 0.5 + 1e-6);
    }

    #[test]
    fn held_pairs_may_be_matches_after_all() {
        let held = Likely {
            probability: 0.0,
            partner: 0.0,
            rivals: 2,
        };
        let pairs = [vec![free(1.0); 80], vec![held; 40]].concat();
        let found = at(&pairs, Unseen::default(), 1000.0);
        assert_eq!(found.recall[0], 1.0);
        assert!((found.recall[1] - 0.8).abs() < 1e-9, "{found:?}");
        assert_eq!(found.precision, [1.0; 3]);
    }
}
