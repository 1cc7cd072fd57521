//! How a filter is compared: which shorter filter is scanned first, if any.
//!
//! Decided by looking at a sample of pairs. The choice changes the time, never the answer; only a bounded test loses pairs, and so that
//! it always loses the same ones, its choice does not depend on the processor.

use crate::fold::{Fold, most_telling, spread};
use crate::kernel::Kernel;
use crate::packed::PackedSet;
use crate::rule::Rule;
use crate::sequential::{Sequential, drawn_order, stop_bound};

/// Rows of each side in the sample: 16,384 pairs, so that survivors of one in a few thousand are seen.
const SAMPLE: (usize, usize) = (64, 256);

/// With fewer pairs than this, choosing takes longer than comparing all bits.
const FEW_PAIRS: u64 = 1 << 18;

/// What checking one survivor costs, in words scanned for one pair. Measured: a word takes about 14 nanoseconds for the 256 pairs of an
/// AVX2 vector, a check some 20 for one pair.
const CHECK_COST: f64 = 360.0;

/// How one filter of two sets is compared.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// What the scan compares.
    pub(crate) fold: Fold,
    /// For a bounded test: how many differing bits the scanned part may have, for each limit of the whole.
    stops: Option<Stops>,
}

/// Where a bounded test stops.
#[derive(Clone, Debug)]
pub(crate) struct Stops {
    /// `by_limit[t]` is the most differing bits that a pair within `t` may have in the scanned part.
    by_limit: Vec<u32>,
    /// The bits of the scanned part.
    seen: Vec<u64>,
    /// The largest probability of losing a pair, over all limits in use.
    probability: f64,
}

impl Plan {
    /// Looks at a sample and chooses.
    pub(crate) fn choose(
        left: &PackedSet,
        right: &PackedSet,
        rule: Rule,
        sequential: Sequential,
        kernel: Kernel,
    ) -> Self {
        let bits = left.bits;
        let whole = bits / 64;
        let everything = Self {
            fold: Fold::none(bits),
            stops: None,
        };
        let few = left.len() as u64 * right.len() as u64 <= FEW_PAIRS;
        // A bounded test is asked for by name, so even a small job shows what it does.
        if left.is_empty()
            || right.is_empty()
            || few && !matches!(sequential, Sequential::Bounded { .. })
        {
            return everything;
        }
        let sample = Sample::new(left, right, rule, kernel);
        let telling = most_telling([left, right]);
        let mut best = (
            whole as f64 + sample.share(&everything) * CHECK_COST,
            everything,
        );
        let drawn = sequential.key().map(|key| drawn_order(bits, key));
        // At most 32 lengths are tried, or choosing would cost more than it saves.
        let step = whole.div_ceil(32);
        for words in (step..whole).step_by(step) {
            // Longer ones cost more even if they left nothing.
            if words as f64 >= best.0 {
                break;
            }
            let mut plans = vec![Self {
                fold: Fold::balanced(&telling, words),
                stops: None,
            }];
            if let Some(order) = &drawn {
                let stops = match sequential {
                    Sequential::Bounded { dismissal, .. } => Some(Stops::new(
                        &order[..words * 64],
                        bits as u32,
                        rule,
                        dismissal,
                    )),
                    _ => None,
                };
                plans.push(Self {
                    fold: Fold::prefix(order, words),
                    stops,
                });
            }
            for plan in plans {
                let cost = words as f64 + sample.share(&plan) * CHECK_COST;
                if cost < best.0 {
                    best = (cost, plan);
                }
            }
        }
        best.1
    }

    /// The largest distance of the scanned part for a pair within `limit`.
    pub(crate) fn scan_limit(&self, limit: u32) -> u32 {
        match &self.stops {
            Some(stops) => stops.by_limit[(limit as usize).min(stops.by_limit.len() - 1)],
            None => limit,
        }
    }

    /// Whether a bounded test keeps a pair within `limit`: decided by the pair alone, not by what it was scanned with.
    pub(crate) fn keeps(&self, one: &[u64], other: &[u64], limit: u32) -> bool {
        self.stops.as_ref().is_none_or(|stops| {
            let seen = one.iter().zip(other).zip(&stops.seen);
            let differing: u32 = seen
                .map(|((x, y), mask)| ((x ^ y) & mask).count_ones())
                .sum();
            differing <= self.scan_limit(limit)
        })
    }

    /// An upper bound on the probability of losing a pair that passes the rule.
    pub(crate) fn dismissal(&self) -> f64 {
        self.stops.as_ref().map_or(0.0, |stops| stops.probability)
    }
}

impl Stops {
    fn new(order: &[u32], bits: u32, rule: Rule, dismissal: f64) -> Self {
        let mut seen = vec![0; bits as usize / 64];
        for bit in order {
            seen[*bit as usize / 64] |= 1 << (bit % 64);
        }
        // With Hamming there is one limit. With Dice there is one for each total of set bits.
        let wanted = |limit: u32| match rule {
            Rule::Hamming { max_distance } => limit == max_distance.min(bits),
            Rule::Dice { .. } => true,
        };
        let mut probability: f64 = 0.0;
        let by_limit = (0..=bits)
            .map(|limit| {
                if !wanted(limit) {
                    return 0;
                }
                let (stop, lost) = stop_bound(bits, limit, order.len() as u32, dismissal);
                probability = probability.max(lost);
                stop
            })
            .collect();
        Self {
            by_limit,
            seen,
            probability,
        }
    }
}

/// Some pairs, with the limit of each.
struct Sample<'a> {
    left: (&'a PackedSet<'a>, Vec<u32>),
    right: (&'a PackedSet<'a>, Vec<u32>),
    limits: Vec<Option<u32>>,
    kernel: Kernel,
}

impl<'a> Sample<'a> {
    fn new(left: &'a PackedSet<'a>, right: &'a PackedSet<'a>, rule: Rule, kernel: Kernel) -> Self {
        let rows: Vec<u32> = spread(left.len(), SAMPLE.0).collect();
        let others: Vec<u32> = spread(right.len(), SAMPLE.1).collect();
        let count = |set: &PackedSet, row: u32| {
            set.row(row as usize)
                .iter()
                .map(|word| word.count_ones())
                .sum::<u32>()
        };
        let counts: Vec<u32> = others.iter().map(|row| count(right, *row)).collect();
        let limits = rows
            .iter()
            .flat_map(|row| {
                let mine = count(left, *row);
                counts.iter().map(move |other| rule.limit(mine + other))
            })
            .collect();
        Self {
            left: (left, rows),
            right: (right, others),
            limits,
            kernel,
        }
    }

    /// The share of pairs that a plan's scan leaves.
    fn share(&self, plan: &Plan) -> f64 {
        let words = plan.fold.words();
        let left = plan.fold.rows(self.left.0, &self.left.1);
        let right = plan.fold.rows(self.right.0, &self.right.1);
        let pairs = left
            .chunks_exact(words)
            .flat_map(|one| right.chunks_exact(words).map(move |other| (one, other)));
        let near = pairs
            .zip(&self.limits)
            .filter(|((one, other), limit)| {
                limit.is_some_and(|limit| {
                    self.kernel.distance(one, other) <= plan.scan_limit(limit) | 1
                })
            })
            .count();
        near as f64 / self.limits.len().max(1) as f64
    }
}
