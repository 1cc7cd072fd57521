//! The model of a schema with a plain filter for each field: every field is weighed by itself, then what they say together.
//!
//! For each field and level (the same, three bands of nearness, far apart) two shares are known or learnt:
//! - of **strangers**, by counting: nearly all pairs of two files are strangers, and equal filters can be counted. A value that many have is
//!   shared by chance more often than a rare one, so the share is that of the two values at hand.
//! - of **matches**, by expectation and maximisation, in which a record is at most one person of another custodian's file.
//!
//! Fields are not independent: people of one home share a family name and an address, twins a birth date too. What strangers share together
//! is counted within each file ([`together`]), where every pair is two people; what matches share, from the expected matches. Both
//! are drawn towards what the fields by themselves foretell where little was seen.

mod besides;
mod together;

use besides::{Besides, as_compared};
use together::{Together, most_matches, radix};

use super::{Fitted, RIVAL_BITS, Rounds, SURE, Score, compete, log2, silence, summary};
use crate::candidates::{Candidate, SetPair};
use crate::fields::blocks::Fields;
use crate::fields::{ALIKE, EXACT, FAR, FIELDS_MAX, LEVELS, Levels, MISSING};
use crate::{Options, RecordSet};

/// How a field of two records of one person is expected to look before any was seen, by level.
const START: [f64; LEVELS] = [1.0, 0.06, 0.03, 0.03, 0.06, 0.82];
/// Pairs that speak for it.
const START_FROM: f64 = 10.0;
/// Least share of the records of a file that are taken to have no partner in the other.
const FREE_MIN: f64 = 0.003;
/// From this ratio on nearly all strangers of a combination are people who have more to do with each other than chance.
const RELATED_FROM: f64 = 10.0;
/// Pairs that speak for relatives being left over as others are.
const LEFT_FROM: f64 = 2.0;
/// By no less or more relatives are more seldom or more often left over than others.
const LEFT_MIN: f64 = 0.02;
const LEFT_MAX: f64 = 2.0;
/// Share of the smaller file that is expected to be in the other one before any match was seen.
const START_OVERLAP: f64 = 0.3;

/// Bits of one field, to a thirty-second: pairs of the same levels and about as common values have the same weight then.
fn rounded(bits: f64) -> f64 {
    (bits * 32.0).round() / 32.0
}

/// What the model has learnt of the fields.
struct Learnt<'a> {
    fields: &'a Fields<'a>,
    /// For each set pair and field the share of strangers at each level.
    strangers: Vec<Vec<[f64; LEVELS]>>,
    /// For each field the share of matches at each level.
    matches: Vec<[f64; LEVELS]>,
    /// Expected matches of each set pair.
    expected: Vec<f64>,
    /// The sure ones among them: doubtful matches that left fewer rivals would make themselves surer round by round.
    sure: Vec<f64>,
    /// How many times as often strangers, and matches, share what they share as the fields by themselves foretell.
    strangers_together: Together,
    /// For each set pair how much more often than others two relatives, one of each file, are both left without a partner: families come into
    /// a file as a whole.
    related: Vec<f64>,
    matches_together: Together,
    /// The most matches that there can be of each combination.
    most: Vec<f64>,
    besides: Besides,
}

/// Fits the model to the candidates of all sets.
pub(super) fn fit(
    sets: &[RecordSet],
    set_pairs: &[SetPair],
    fields: &Fields<'_>,
    options: &Options,
) -> Fitted {
    let strangers: Vec<Vec<[f64; LEVELS]>> = set_pairs
        .iter()
        .map(|pair| {
            let (left, right) = (pair.left_set as usize, pair.right_set as usize);
            let values = fields.values.iter();
            values.map(|values| values.shares(&[left, right])).collect()
        })
        .collect();
    let strangers_together = Together::within(sets, fields);
    let most = most_matches(sets, set_pairs, fields, &strangers, &strangers_together);
    let mut learnt = Learnt {
        fields,
        strangers,
        most,
        matches: vec![START; fields.values.len()],
        expected: set_pairs
            .iter()
            .map(|pair| START_OVERLAP * pair.smaller as f64)
            .collect(),
        sure: vec![0.0; set_pairs.len()],
        strangers_together,
        related: vec![1.0; set_pairs.len()],
        matches_together: Together::none(fields.values.len()),
        besides: Besides::default(),
    };
    let mut scores: Vec<Vec<Score>>;
    let mut rounds = Rounds::new(learnt.expected.iter().sum(), set_pairs.len());
    let (expected, settled) = loop {
        scores = set_pairs
            .iter()
            .enumerate()
            .map(|(at, pair)| learnt.score(sets, at, pair))
            .collect();
        let (expected, last) = rounds.end(sets, set_pairs, &mut scores);
        if let Some(settled) = last {
            break (expected, settled);
        }
        learnt.learn(sets, set_pairs, &expected);
    };
    let by_field = set_pairs
        .iter()
        .enumerate()
        .map(|(at, pair)| {
            let candidates = pair.candidates.iter().zip(&pair.levels);
            candidates
                .map(|(candidate, levels)| learnt.by_field(at, pair, candidate, *levels).0)
                .collect()
        })
        .collect();
    // That few are left without a partner makes every pair more likely, lost rivals too.
    let rival_bits: Vec<f64> = set_pairs
        .iter()
        .enumerate()
        .map(|(at, pair)| RIVAL_BITS + learnt.prior(sets, at, pair) - learnt.of_any(sets, at, pair))
        .collect();
    let summary = summary::of(
        sets,
        set_pairs,
        &scores,
        true,
        &rival_bits,
        (&rounds, settled),
        options,
    );
    let silence = silence(sets, set_pairs, &expected);
    Fitted {
        summary,
        scores,
        held: rounds.held,
        silence,
        by_field,
        labels: fields.filters.iter().map(|field| field.label).collect(),
    }
}

impl Learnt<'_> {
    /// Learns from the expected matches.
    fn learn(&mut self, sets: &[RecordSet], set_pairs: &[SetPair], expected: &[Vec<f64>]) {
        self.expected = expected.iter().map(|pair| pair.iter().sum()).collect();
        let sure = |pair: &Vec<f64>| pair.iter().filter(|g| **g >= SURE).sum();
        self.sure = expected.iter().map(sure).collect();
        let fields = self.fields.values.len();
        let mut seen = vec![[0.0; LEVELS]; fields];
        let mut together = vec![0.0; radix(fields)];
        for (pair, expected) in set_pairs.iter().zip(expected) {
            let candidates = pair.candidates.iter().zip(&pair.levels);
            for ((candidate, levels), g) in candidates.zip(expected) {
                let levels = as_compared(self.fields, candidate, *levels);
                for (field, seen) in seen.iter_mut().enumerate() {
                    seen[levels.get(field)] += g;
                }
                together[together::index(levels, fields)] += g;
            }
        }
        for (shares, seen) in self.matches.iter_mut().zip(&seen) {
            let all: f64 = seen[FAR..].iter().sum();
            for level in FAR..LEVELS {
                shares[level] = (seen[level] + START_FROM * START[level]) / (all + START_FROM);
            }
        }
        self.matches_together = Together::of_matches(&together, &self.most, &self.matches);
        self.besides = Besides::learn(self.fields, set_pairs, expected);
        self.related = set_pairs
            .iter()
            .zip(expected)
            .enumerate()
            .map(|(at, (pair, expected))| self.left_over(sets, at, pair, expected))
            .collect();
    }

    /// How many times as many pairs that look like relatives are left to each other, neither having another partner, as there would be if
    /// partners fell on relatives as on all records. Matches look like relatives too, where a first name is another: each pair counts as far as it
    /// is expected to be two people.
    fn left_over(&self, sets: &[RecordSet], at: usize, pair: &SetPair, expected: &[f64]) -> f64 {
        let (left, right) = compete::taken(sets, pair, expected);
        let (mut all, mut free) = (0.0, 0.0);
        for ((candidate, &levels), g) in pair.candidates.iter().zip(&pair.levels).zip(expected) {
            if *g < SURE && self.strangers_together.ratio(levels) >= RELATED_FROM {
                let others =
                    (left[candidate.left as usize] - g).max(right[candidate.right as usize] - g);
                all += 1.0 - g;
                free += (1.0 - others).max(0.0) * (1.0 - g);
            }
        }
        let of = |set: u32| sets[set as usize].table.len().max(1) as f64;
        let share = |set: u32| (1.0 - self.sure[at] / of(set)).max(FREE_MIN);
        let foretold = all * share(pair.left_set) * share(pair.right_set);
        ((free + LEFT_FROM) / (foretold + LEFT_FROM)).clamp(LEFT_MIN, LEFT_MAX)
    }

    /// What each field of two records says, in bits, and what they say together beyond that.
    fn by_field(
        &self,
        at: usize,
        pair: &SetPair,
        candidate: &Candidate,
        levels: Levels,
    ) -> ([f64; FIELDS_MAX], f64) {
        let levels = as_compared(self.fields, candidate, levels);
        let mut bits = [0.0; FIELDS_MAX];
        // How much more often than other values the two at hand come as near by chance, all fields together.
        let mut common = 1.0;
        for (field, values) in self.fields.values.iter().enumerate() {
            let level = levels.get(field);
            if level == MISSING {
                continue;
            }
            let share = self.strangers[at][field][level];
            let mut own = share;
            if (ALIKE..=EXACT).contains(&level) {
                let (left, right) = (pair.left_set as usize, pair.right_set as usize);
                own = values.share_around((left, candidate.left), (right, candidate.right), level);
            }
            common *= own / share;
            bits[field] = rounded(log2(self.matches[field][level]) - log2(own));
        }
        let together = self.strangers_together.ratio(levels);
        let strangers = if together > 1.0 {
            1.0 + (together - 1.0) * self.related[at] / common
        } else {
            together
        };
        let rest = log2(self.matches_together.ratio(levels)) - log2(strangers);
        (bits, rest)
    }

    /// Odds of any pair of two sets, in bits.
    fn of_any(&self, sets: &[RecordSet], at: usize, pair: &SetPair) -> f64 {
        let of = |set: u32| sets[set as usize].table.len().max(1) as f64;
        log2(self.expected[at].max(0.5) / (of(pair.left_set) * of(pair.right_set)))
    }

    /// Odds of any pair of records that others leave to each other, in bits: whoever has surely found a partner is nobody's, so strangers are
    /// a match's rivals only among those who are left.
    fn prior(&self, sets: &[RecordSet], at: usize, pair: &SetPair) -> f64 {
        let left_over = |set: u32| {
            let all = sets[set as usize].table.len().max(1) as f64;
            (all - self.sure[at]).max(FREE_MIN * all) + 1.0
        };
        let rivals = left_over(pair.left_set) * left_over(pair.right_set);
        log2(self.expected[at].max(0.5) / rivals.max(1.0))
    }

    /// The weights of the candidates of a set pair, in parts.
    fn score(&self, sets: &[RecordSet], at: usize, pair: &SetPair) -> Vec<Score> {
        let prior = self.prior(sets, at, pair);
        pair.candidates
            .iter()
            .zip(&pair.levels)
            .map(|(candidate, &levels)| {
                let (bits, rest) = self.by_field(at, pair, candidate, levels);
                Score {
                    prior,
                    keys: self.besides.keys(self.fields, candidate, levels),
                    filter: bits.iter().sum::<f64>() + rest,
                    home: self.besides.home(candidate, levels),
                    probability: 0.0,
                }
            })
            .collect()
    }
}
