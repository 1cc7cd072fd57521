//! When two filters are near enough, in whole numbers.

/// When two filters are near enough.
///
/// Both rules come down to the largest Hamming distance that passes for a given total of set bits, so that no rounding decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// At most this many bits differ.
    Hamming {
        /// The largest distance that passes, in bits.
        max_distance: u32,
    },
    /// `2 |a & b| * denominator >= numerator * (|a| + |b|)`: a Dice similarity of at least `numerator / denominator`, exactly. Two
    /// filters without a single bit have similarity 0.
    Dice {
        /// Numerator of the threshold.
        numerator: u32,
        /// Denominator of the threshold, not 0.
        denominator: u32,
    },
}

impl Rule {
    /// The largest distance that passes when both filters together have `total` set bits; `None` when none does. It never falls
    /// as the total grows, except from a total of 0 in a rule that everything passes.
    ///
    /// For Dice, `d = total - 2 |a & b|` makes the rule `d * denominator <= total * (denominator - numerator)`. Distances of the other
    /// parity than the total do not occur, and are not left out here: a limit without them would go up and down.
    pub fn limit(&self, total: u32) -> Option<u32> {
        match *self {
            Self::Hamming { max_distance } => Some(max_distance),
            Self::Dice { numerator, .. } if total == 0 && numerator > 0 => None,
            Self::Dice {
                numerator,
                denominator,
            } => {
                let room = u64::from(denominator).checked_sub(u64::from(numerator))?;
                Some((u64::from(total) * room / u64::from(denominator.max(1))) as u32)
            }
        }
    }

    /// Whether a pair passes.
    pub fn passes(&self, distance: u32, total: u32) -> bool {
        self.limit(total).is_some_and(|limit| distance <= limit)
    }

    /// Whether the limit depends on the numbers of set bits.
    pub(crate) fn counts(&self) -> bool {
        matches!(self, Self::Dice { .. })
    }

    /// Whether no pair of these numbers of set bits can pass: numbers from `left.0` to `left.1` and from `right.0` to `right.1`.
    /// Two filters are at least as far apart as their numbers of set bits.
    pub(crate) fn out_of_reach(&self, left: (u32, u32), right: (u32, u32)) -> bool {
        let gap = left
            .0
            .saturating_sub(right.1)
            .max(right.0.saturating_sub(left.1));
        self.limit(left.1 + right.1).is_none_or(|limit| gap > limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_of_dice_is_the_rule_and_never_falls() {
        for (numerator, denominator) in [
            (0, 1),
            (1, 2),
            (4, 5),
            (7, 9),
            (1, 1),
            (6, 5),
            (1, u32::MAX),
        ] {
            let rule = Rule::Dice {
                numerator,
                denominator,
            };
            let mut before = None;
            for total in 0..300_u32 {
                let limit = rule.limit(total);
                assert!(limit >= before, "{rule:?} {total}");
                before = limit;
                for distance in (total % 2..=total).step_by(2) {
                    let common = u64::from(total - distance);
                    let by_rule = common * u64::from(denominator)
                        >= u64::from(numerator) * u64::from(total)
                        && (total > 0 || numerator == 0);
                    assert_eq!(
                        rule.passes(distance, total),
                        by_rule,
                        "{rule:?} {distance} {total}"
                    );
                }
            }
        }
    }

    #[test]
    fn out_of_reach_means_that_no_pair_passes() {
        for rule in [
            Rule::Dice {
                numerator: 4,
                denominator: 5,
            },
            Rule::Dice {
                numerator: 3,
                denominator: 2,
            },
            Rule::Hamming { max_distance: 3 },
        ] {
            for (a, b, c, d) in
                (0..10_000_u32).map(|n| (n % 10, n / 10 % 10, n / 100 % 10, n / 1000))
            {
                let (left, right) = ((a, a + b), (c, c + d));
                if rule.out_of_reach(left, right) {
                    for x in left.0..=left.1 {
                        for y in right.0..=right.1 {
                            assert!(!rule.passes(x.abs_diff(y), x + y), "{rule:?} {x} {y}");
                        }
                    }
                }
            }
        }
    }
}
