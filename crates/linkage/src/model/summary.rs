//! What a fit says about itself.

use super::compete::taken;
use super::estimate::{Estimate, Likely, estimate};
use super::plausible::Held;
use super::unseen::{by_filter, unseen};
use super::{Rounds, Score, threshold};
use crate::candidates::SetPair;
use crate::{Options, RecordSet};

/// What the model learnt, for the run's manifest and report.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct ModelSummary {
    /// Rounds until it settled.
    pub rounds: usize,
    /// Whether it settled before the last allowed round.
    pub settled: bool,
    /// Whether every two files have the counts of at least one custodian of how often its own people agree.
    pub counted: bool,
    /// Candidate pairs.
    pub candidates: usize,
    /// Candidate pairs that share no key and were found by the filter alone.
    pub by_filter_alone: usize,
    /// Expected true matches among the candidates.
    pub expected_matches: f64,
    /// Expected true matches that are no candidates, as far as few shared keys and lacking facts tell of them: at least so many.
    pub expected_missed: f64,
    /// Bounds of a 95 % interval of that, lower and upper.
    pub missed_bounds: [f64; 2],
    /// Pairs that are vetoed.
    pub vetoed: usize,
    /// Pairs sent to review by a guard.
    pub guarded: usize,
    /// Linked pairs.
    pub linked: usize,
    /// The match probability from which a pair is linked.
    pub link_probability: f64,
    /// The match probability from which a pair that is not linked goes to clerical review.
    pub review_probability: f64,
    /// Expected share of right links among the pairs from the link probability on.
    pub expected_precision: f64,
    /// Expected precision and recall of linking from there.
    pub at_link: Estimate,
    /// Expected precision and recall of linking all that would go to review too.
    pub at_review: Estimate,
    /// Why the figures should not be trusted; empty when nothing speaks against them.
    pub doubts: Vec<Doubt>,
}

/// A reason not to trust a model's own figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Doubt {
    /// Fewer than fifty matches are expected: too few to learn from.
    FewMatches,
    /// The model did not settle.
    Unsettled,
    /// A custodian did not count how often its own people agree, so strangers may be taken for matches.
    NotCounted,
    /// Fewer than one record in twenty of the smaller file has a match: most candidates are strangers.
    SmallOverlap,
    /// Among the likely links many records have two partners that compete, more than one record a person would allow.
    Rivals,
    /// More than one in five of the expected matches are too uncertain to link.
    MuchInReview,
    /// Between two files very many pairs agree on little, as relatives and strangers do, for the few that agree as a whole. Such pairs are for review.
    Relatives,
}

impl Doubt {
    /// Whether it says that the probabilities may be too high.
    fn is_of_probabilities(self) -> bool {
        matches!(
            self,
            Self::Unsettled | Self::SmallOverlap | Self::MuchInReview | Self::Relatives
        )
    }
}

/// Fewest matches to learn from.
const MATCHES_MIN: f64 = 50.0;
/// Smallest overlap that is no cause for doubt.
const OVERLAP_MIN: f64 = 0.05;
/// Largest share of matches below the link probability that is no cause for doubt.
const REVIEW_SHARE_MAX: f64 = 0.2;
/// Largest share of lost competitions that is no cause for doubt.
const RIVALS_MAX: f64 = 0.1;

/// Sums up a fit. A pair of at least `rival_bits`, for each set pair, that lost the competition was a rival.
pub(super) fn of(
    sets: &[RecordSet],
    set_pairs: &[SetPair],
    scores: &[Vec<Score>],
    counted: bool,
    rival_bits: &[f64],
    (rounds, settled): (&Rounds, bool),
    options: &Options,
) -> ModelSummary {
    let held = &rounds.held;
    let all = || {
        set_pairs
            .iter()
            .zip(scores)
            .flat_map(|(pair, scores)| pair.candidates.iter().zip(scores))
    };
    // What is held is never linked, so it has no say in where the line is.
    let mut probabilities: Vec<f64> = Vec::new();
    let mut kept_back = Vec::new();
    for ((pair, scores), held) in set_pairs.iter().zip(scores).zip(held) {
        for (index, score) in scores.iter().enumerate() {
            let is_held = held.has(pair, index);
            let to = if is_held {
                &mut kept_back
            } else {
                &mut probabilities
            };
            to.push(score.probability);
        }
    }
    let kept: f64 = kept_back.iter().sum();
    let matches = probabilities.iter().sum::<f64>() + kept;
    let best = options.link_probability.unwrap_or_else(|| {
        let missed = by_both(set_pairs, scores);
        threshold::best(probabilities.clone(), missed + kept)
    });
    let mut doubts = Vec::new();
    let mut doubt = |is: bool, what: Doubt| {
        if is {
            doubts.push(what);
        }
    };
    let smaller: f64 = set_pairs.iter().map(|pair| pair.smaller as f64).sum();
    let below = kept + probabilities.iter().filter(|p| **p < best).sum::<f64>();
    let rivals = scores
        .iter()
        .zip(rival_bits)
        .flat_map(|(scores, bits)| scores.iter().map(move |score| (score, bits)))
        .filter(|(score, bits)| score.weight() > **bits && score.probability < 0.5)
        .count() as f64;
    doubt(matches < MATCHES_MIN, Doubt::FewMatches);
    doubt(!settled, Doubt::Unsettled);
    doubt(!counted, Doubt::NotCounted);
    doubt(matches < OVERLAP_MIN * smaller, Doubt::SmallOverlap);
    doubt(rivals > RIVALS_MAX * matches, Doubt::Rivals);
    doubt(below > REVIEW_SHARE_MAX * matches, Doubt::MuchInReview);
    doubt(held.iter().any(|held| held.any()), Doubt::Relatives);
    // Whoever doubts his own probabilities asks for more.
    let link = match options.link_probability {
        None if doubts.iter().any(|doubt| doubt.is_of_probabilities()) => {
            threshold::precise(probabilities.clone(), best)
        }
        _ => best,
    };
    let review = options.review_probability.min(link);
    let candidates = probabilities.len() + kept_back.len();
    let unseen = unseen(sets, set_pairs, scores);
    let likely = likely(sets, set_pairs, scores, held);
    let from = |pair: &Likely, least: f64| pair.probability >= least;
    let at_link = estimate(
        &likely,
        |pair| from(pair, link) && pair.rivals == 0,
        &unseen,
        smaller,
    );
    ModelSummary {
        rounds: rounds.done,
        settled,
        counted,
        candidates,
        by_filter_alone: all().filter(|(candidate, _)| candidate.keys == 0).count(),
        expected_matches: matches,
        expected_missed: unseen.expected,
        missed_bounds: [unseen.lower, unseen.upper],
        vetoed: all()
            .filter(|(candidate, _)| candidate.veto.is_some())
            .count(),
        guarded: 0,
        linked: 0,
        link_probability: link,
        review_probability: review,
        expected_precision: at_link.precision[0],
        at_link,
        at_review: estimate(&likely, |pair| from(pair, review), &unseen, smaller),
        doubts,
    }
}

/// Every candidate as the estimates need it.
fn likely(
    sets: &[RecordSet],
    set_pairs: &[SetPair],
    scores: &[Vec<Score>],
    held: &[Held],
) -> Vec<Likely> {
    let mut all = Vec::with_capacity(scores.iter().map(Vec::len).sum());
    for ((pair, scores), held) in set_pairs.iter().zip(scores).zip(held) {
        let found: Vec<f64> = scores.iter().map(|score| score.probability).collect();
        let is_held: Vec<f64> = (0..scores.len())
            .map(|at| f64::from(u8::from(held.has(pair, at))))
            .collect();
        let (left, right) = taken(sets, pair, &found);
        let (left_held, right_held) = taken(sets, pair, &is_held);
        for (at, candidate) in pair.candidates.iter().enumerate() {
            let (l, r) = (candidate.left as usize, candidate.right as usize);
            let rivals = is_held[at] * f64::max(left_held[l], right_held[r]);
            all.push(Likely {
                probability: found[at],
                partner: f64::max(left[l], right[r]),
                rivals: rivals as u32,
            });
        }
    }
    all
}

/// Matches that neither keys nor filters found, by what each of them finds of the other's (Lincoln and Petersen's estimate): of the matches
/// that share keys and could be seen by the filter it sees a share, so what it sees alone is that share of all that share no key. What is
/// hard for one is often hard for the other, so the truth is more ([`unseen`]). It is used where the line is drawn; with the other
/// number links were as right, on whole sets and cut ones.
fn by_both(set_pairs: &[SetPair], scores: &[Vec<Score>]) -> f64 {
    let (mut seen, mut both, mut alone) = (0.0, 0.0, 0.0);
    for (pair, scores) in set_pairs.iter().zip(scores) {
        for (at, (candidate, score)) in pair.candidates.iter().zip(scores).enumerate() {
            match (candidate.keys, by_filter(pair, at, candidate)) {
                (0, Some(_)) => alone += score.probability,
                (_, Some(is_near)) => {
                    both += score.probability;
                    seen += if is_near { score.probability } else { 0.0 };
                }
                _ => {}
            }
        }
    }
    if seen <= 0.0 {
        return 0.0;
    }
    alone * (both - seen).max(0.0) / seen
}
