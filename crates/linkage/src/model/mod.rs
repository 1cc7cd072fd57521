//! The match model: how often a pattern of agreement is a match and how often chance, learnt without truth.
//!
//! A Fellegi-Sunter model over whole patterns instead of single fields: what the shared keys imply about names, birth date, place and the
//! rest is one cell, because agreements are not independent. For every cell two numbers are weighed:
//! - **strangers**: how many pairs of different people are expected to look like this. Custodians count it within their files, where every
//!   pair is two people ([`strangers`]); where they do not, known strangers among the candidates stand in.
//! - **matches**: how many candidates are left when the strangers are taken away, found by expectation and maximisation.
//!
//! Small cells are drawn towards the coarser ones that they belong to. Beside the pattern count how near the filters are and whether the
//! two share a home, each given what the keys say. A record is at most one person of another custodian's file, so its candidates compete.
//! Whatever is missing on either side puts the pair into another class, so silence is never evidence.

mod by_field;
mod cells;
mod compete;
mod estimate;
mod judge;
mod plausible;
mod relatives;
mod strangers;
mod summary;
mod threshold;
mod unseen;

use cells::Cells;
use plausible::Held;
use strangers::Strangers;

use crate::candidates::SetPair;
use crate::fields::FIELDS_MAX;
use crate::fields::blocks::Fields;
use crate::{Options, RecordId, RecordSet, WaterfallStep};

pub use estimate::Estimate;
pub(crate) use judge::judge;
pub use summary::{Doubt, ModelSummary};

/// Rounds of expectation and maximisation at most. Where little is known of each record the expected matches creep for more than a hundred rounds; to
/// stop before is to doubt a model that is nearly there.
const ROUNDS_MAX: usize = 200;
/// The rounds stop when the expected number of matches changes by less than this share.
const CHANGE_MIN: f64 = 1e-4;

/// From this probability a match counts as sure.
const SURE: f64 = 0.9;
/// A pair of this weight that loses the competition was a rival.
const RIVAL_BITS: f64 = 1.0;
/// Pairs that speak for what is taken of silence before a third record is looked at.
const THIRD_FROM: f64 = 20.0;

/// A fitted model.
pub(crate) struct Fitted {
    pub summary: ModelSummary,
    /// For each set pair and candidate: the parts of its weight, and its probability after competition.
    pub(crate) scores: Vec<Vec<Score>>,
    /// For each set pair, which of its pairs look like matches too often to be believed.
    pub(crate) held: Vec<Held>,
    /// Weight of two records that are no candidates of each other: how much their silence speaks against them.
    pub silence: f64,
    /// For each set pair and candidate what each field says, in bits; empty where the schema has no filters of single fields.
    pub(crate) by_field: Vec<Vec<[f64; FIELDS_MAX]>>,
    /// What each field is, in words.
    pub(crate) labels: Vec<&'static str>,
}

/// The steps that every waterfall has.
const BEFORE: &str = "any two records, before anything is compared";
const SHARED_HOME: &str = "whether they share a home";

/// What a candidate's weight is made of, in bits, and what is left after competition.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Score {
    /// Odds of any pair of records before anything is known.
    pub prior: f64,
    /// What the shared keys say.
    pub keys: f64,
    /// What the nearness of the filters says.
    pub filter: f64,
    /// What the homes say.
    pub home: f64,
    /// Match probability after others have competed.
    pub probability: f64,
}

impl Score {
    /// Log2 of the odds before competition.
    pub(crate) fn weight(&self) -> f64 {
        self.prior + self.keys + self.filter + self.home
    }

    /// The same, step by step.
    fn steps(&self) -> [WaterfallStep; 4] {
        [
            (BEFORE, self.prior),
            ("what the shared match keys say", self.keys),
            ("how near names and birth date are as a whole", self.filter),
            (SHARED_HOME, self.home),
        ]
        .map(|(label, bits)| WaterfallStep { label, bits })
    }

    /// The same where each field has been compared: what says nothing is left out.
    fn steps_by_field(&self, bits: &[f64], labels: &[&'static str]) -> Vec<WaterfallStep> {
        let together = self.filter - bits.iter().sum::<f64>();
        let fields = labels.iter().copied().zip(bits.iter().copied());
        let besides = [
            ("what the fields say together", together),
            ("what the shared match keys say besides", self.keys),
            (SHARED_HOME, self.home),
        ];
        std::iter::once((BEFORE, self.prior))
            .chain(fields.chain(besides).filter(|(_, bits)| *bits != 0.0))
            .map(|(label, bits)| WaterfallStep { label, bits })
            .collect()
    }
}

/// Fits the model to the candidates of all sets.
pub(crate) fn fit(
    sets: &[RecordSet],
    set_pairs: &[SetPair],
    fields: Option<&Fields<'_>>,
    options: &Options,
) -> Fitted {
    if let Some(fields) = fields {
        return by_field::fit(sets, set_pairs, fields, options);
    }
    let mut strangers = Strangers::new(sets, set_pairs);
    let mut cells = Cells::new(set_pairs, &strangers);
    let mut expected = strangers.first_guess(sets, set_pairs, &cells);
    let mut scores: Vec<Vec<Score>>;
    let mut rounds = Rounds::new(total(&expected), set_pairs.len());
    let settled = loop {
        strangers.update(sets, set_pairs, &cells, &expected);
        cells.learn(set_pairs, &expected, &strangers);
        scores = set_pairs
            .iter()
            .enumerate()
            .map(|(at, pair)| cells.score(at, pair, &strangers))
            .collect();
        let (found, last) = rounds.end(sets, set_pairs, &mut scores);
        expected = found;
        if let Some(settled) = last {
            break settled;
        }
    };
    let summary = summary::of(
        sets,
        set_pairs,
        &scores,
        set_pairs.iter().all(|pair| strangers.counted(pair)),
        &vec![RIVAL_BITS; set_pairs.len()],
        (&rounds, settled),
        options,
    );
    let silence = silence(sets, set_pairs, &expected);
    Fitted {
        summary,
        scores,
        held: rounds.held,
        silence,
        by_field: Vec::new(),
        labels: Vec::new(),
    }
}

/// Rounds of expectation and maximisation, and what they have held back so far.
struct Rounds {
    done: usize,
    most: usize,
    /// Expected matches of the round before.
    before: f64,
    held: Vec<Held>,
}

impl Rounds {
    fn new(expected: f64, set_pairs: usize) -> Self {
        Self {
            done: 0,
            most: ROUNDS_MAX,
            before: expected,
            held: vec![Held::default(); set_pairs],
        }
    }

    /// Ends a round whose candidates have been scored: lets them compete, and gives the probabilities. After the last round also whether the model
    /// has settled.
    fn end(
        &mut self,
        sets: &[RecordSet],
        set_pairs: &[SetPair],
        scores: &mut [Vec<Score>],
    ) -> (Vec<Vec<f64>>, Option<bool>) {
        self.done += 1;
        for ((pair, scores), held) in set_pairs.iter().zip(&mut *scores).zip(&self.held) {
            compete::compete(sets, pair, scores);
            held.lower(sets, pair, scores);
        }
        let expected: Vec<Vec<f64>> = scores
            .iter()
            .map(|scores| scores.iter().map(|score| score.probability).collect())
            .collect();
        let after = total(&expected);
        let settled = (after - self.before).abs() <= CHANGE_MIN * after.max(1.0);
        self.before = after;
        if !settled && self.done < self.most {
            return (expected, None);
        }
        let mut more = false;
        for ((pair, scores), held) in set_pairs.iter().zip(&*scores).zip(&mut self.held) {
            more |= held.look(pair, scores);
        }
        if more {
            // Each time at least one zone is held that was not, so this ends.
            self.most = self.done + ROUNDS_MAX;
            return (expected, None);
        }
        (expected, Some(settled))
    }
}

/// How much it speaks against one person that two records are no candidates of each other, in bits. The filter's own finds say how many
/// matches share no key; strangers hardly ever do. But a record that a third one links is no stranger: it looks like that one's others, right
/// or wrong, and then silence says less, as much as the data show. The penalty is bounded: agencies see different homes and names, and two
/// silences must not outweigh a sure link.
fn silence(sets: &[RecordSet], set_pairs: &[SetPair], expected: &[Vec<f64>]) -> f64 {
    let all = total(expected);
    let without_keys: f64 = set_pairs
        .iter()
        .zip(expected)
        .flat_map(|(pair, expected)| pair.candidates.iter().zip(expected))
        .filter(|(candidate, _)| candidate.keys == 0 && candidate.sigmas.is_some())
        .map(|(_, g)| g)
        .sum();
    let of_matches = (without_keys + 0.02 * all) / all.max(1.0);
    let ratio = by_third(sets, set_pairs, expected, of_matches);
    libm::log2(ratio.clamp(0.125, 0.5))
}

/// How many times as often two records are no candidates when they are one person as when they are two, where a third one surely matches the one
/// and may match the other.
fn by_third(
    sets: &[RecordSet],
    set_pairs: &[SetPair],
    expected: &[Vec<f64>],
    of_matches: f64,
) -> f64 {
    let mut known: Vec<(RecordId, RecordId, f64)> = Vec::new();
    for (pair, expected) in set_pairs.iter().zip(expected) {
        for (candidate, &g) in pair.candidates.iter().zip(expected) {
            if candidate.veto.is_none() {
                let (left, right) = (pair.left(candidate), pair.right(candidate));
                known.extend([(left, right, g), (right, left, g)]);
            }
        }
    }
    known.sort_unstable_by_key(|pair| (pair.0, pair.1));
    let is_candidate = |a: RecordId, b: RecordId| {
        let (left, right) = (a.min(b), a.max(b));
        let (l, r) = (left.set as usize, right.set as usize);
        // Before those of the left set stand the pairs of all earlier ones.
        let pair = &set_pairs[l * (2 * sets.len() - l - 1) / 2 + r - l - 1];
        let ends = (left.row, right.row);
        pair.candidates
            .binary_search_by_key(&ends, |own| (own.left, own.right))
            .is_ok()
    };
    // Of matches and of others, how many there are and how many of them are silent.
    let (mut all, mut silent) = ([0.0; 2], [0.0; 2]);
    for of_one in known.chunk_by(|a, b| a.0 == b.0) {
        for &(_, sure, _) in of_one.iter().filter(|pair| pair.2 >= SURE) {
            let doubtful =
                |pair: &&(RecordId, RecordId, f64)| pair.2 < SURE && pair.1.set != sure.set;
            for &(_, other, g) in of_one.iter().filter(doubtful) {
                let none = f64::from(u8::from(!is_candidate(sure, other)));
                for (at, share) in [g, 1.0 - g].into_iter().enumerate() {
                    all[at] += share;
                    silent[at] += share * none;
                }
            }
        }
    }
    let share =
        |at: usize, before: f64| (silent[at] + THIRD_FROM * before) / (all[at] + THIRD_FROM);
    share(0, of_matches) / share(1, 1.0)
}

pub(crate) fn log2(value: f64) -> f64 {
    libm::log2(value.max(1e-30))
}

fn total(expected: &[Vec<f64>]) -> f64 {
    expected.iter().flatten().sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::candidates::Candidate;
    use crate::people::laws::sets;

    /// Three files of one record each for so many people. The first two surely match; the third of `right` of them matches the first with some
    /// doubt and is right, as the rest are wrong, and so many of each are silent towards the second.
    fn silence_of(people: u32, right: u32, silent_right: u32, silent_wrong: u32) -> f64 {
        let set_pair = |left_set, right_set, rows: Vec<u32>| SetPair {
            left_set,
            right_set,
            smaller: people as usize,
            ..SetPair::bare(
                rows.into_iter()
                    .map(|row| Candidate::bare(row, row))
                    .collect(),
            )
        };
        let silent = |row: u32| row < silent_right || (right..right + silent_wrong).contains(&row);
        let seen: Vec<u32> = (0..people).filter(|&row| !silent(row)).collect();
        let pairs = [
            set_pair(0, 1, (0..people).collect()),
            set_pair(0, 2, (0..people).collect()),
            set_pair(1, 2, seen.clone()),
        ];
        let doubtful = |row: &u32| if *row < right { 0.8 } else { 0.1 };
        let expected = [
            vec![0.99; people as usize],
            (0..people).map(|row| doubtful(&row)).collect(),
            seen.iter().map(doubtful).collect(),
        ];
        let sets = sets(&[people as usize; 3]);
        silence(&sets, &pairs, &expected)
    }

    #[test]
    fn silence_says_what_third_records_show() {
        // Hardly any match is silent, and most others are.
        assert!((silence_of(2_000, 1_000, 0, 900) + 3.0).abs() < 0.5);
        // Matches that are hard to link are silent about as often as others: it says little, never nothing.
        let little = silence_of(2_000, 1_000, 500, 500);
        assert!((-1.1..=-1.0).contains(&little), "{little}");
        assert!(silence_of(2_000, 1_000, 200, 900) < little);
        // Nothing known: what the filter shows.
        assert!((silence_of(0, 0, 0, 0) + 3.0).abs() < 1e-9);
    }
}
