//! The match model: probabilities of every pattern among matches and among strangers, learnt without truth.
//!
//! A Fellegi-Sunter model over whole patterns instead of single fields: what the shared keys imply about names, birth date, place and
//! identifiers is one cell, because agreements are not independent. The number of cells is kept small by two codes: the coarse one
//! carries the evidence, the fine one is drawn towards it until the data say otherwise. Whatever is missing on either side puts the
//! pair into another class, so silence is never evidence.
//!
//! Expectation: a record is at most one person of another custodian's file, so candidates of one record compete. Maximisation: match
//! probabilities from the expected matches; stranger probabilities from pairs whose record is taken by another, so that they are
//! known strangers (all other pairs would hide matches among strangers and the estimate would slide).

use std::collections::BTreeMap;

use crate::candidates::{Candidate, SetPair};
use crate::pattern::{BANDS, CLASSES, COARSE, KINDS, band, class, coarse, fine, kind};
use crate::{Guard, Options, Pair, RecordSet, Verdict};
use kinfold_schema::Field;

/// Rounds of expectation and maximisation at most.
const ROUNDS_MAX: usize = 60;
/// The rounds stop when the expected number of matches changes by less than this share.
const CHANGE_MIN: f64 = 1e-4;
/// Sums of levels from which a mutual best pair is a seed: the first that gives enough seeds is taken.
const SEED_SCORES: [u32; 3] = [7, 5, 3];
/// Enough seeds are one for this many records of the smaller file.
const SEED_SHARE_MIN: usize = 50;
/// Weight of the class-free probabilities in those of a class, in matches.
const SHRINK_CLASS: f64 = 30.0;
/// Weight of the coarse code in the fine one, in candidates.
const SHRINK_FINE: f64 = 12.0;
/// What is added to the strangers seen in a cell: a cell never seen among them is not impossible.
const STRANGER_FLOOR: f64 = 0.5;

/// What the model learnt, for the run's manifest and report.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct ModelSummary {
    /// Rounds until it settled.
    pub rounds: usize,
    /// Whether it settled before the last allowed round.
    pub settled: bool,
    /// Candidate pairs.
    pub candidates: usize,
    /// Candidate pairs that share no key and were found by the filter alone.
    pub by_filter_alone: usize,
    /// Expected true matches among the candidates.
    pub expected_matches: f64,
    /// Pairs that are vetoed.
    pub vetoed: usize,
    /// Pairs sent to review by a guard.
    pub guarded: usize,
    /// Linked pairs.
    pub linked: usize,
    /// Expected share of right links among the linked, by the model's own probabilities.
    pub expected_precision: f64,
}

/// A fitted model.
pub(crate) struct Fitted {
    pub summary: ModelSummary,
    /// For each set pair and candidate: log2 odds before competition, probability after.
    weights: Vec<Vec<(f64, f64)>>,
    /// Weight of two records that are no candidates of each other: how much their silence speaks against them.
    pub silence: f64,
}

/// The tables of probabilities.
struct Tables {
    matches: Cells,
    strangers: Cells,
}

/// Expected counts by cell.
#[derive(Clone)]
struct Cells {
    class: [f64; CLASSES],
    class_coarse: Vec<f64>,
    coarse: Vec<f64>,
    fine: BTreeMap<u32, f64>,
    bands: [[f64; BANDS]; KINDS],
}

impl Cells {
    fn new() -> Self {
        Self {
            class: [0.0; CLASSES],
            class_coarse: vec![0.0; CLASSES * COARSE],
            coarse: vec![0.0; COARSE],
            fine: BTreeMap::new(),
            bands: [[0.0; BANDS]; KINDS],
        }
    }

    fn add(&mut self, candidate: &Candidate, amount: f64) {
        let (class, coarse) = (class(candidate.comparable), coarse(candidate.agreement));
        self.class_coarse[class * COARSE + coarse] += amount;
        self.coarse[coarse] += amount;
        *self.fine.entry(fine(candidate.agreement)).or_default() += amount;
        if let Some(sigmas) = candidate.sigmas {
            self.bands[kind(candidate.agreement)][band(sigmas)] += amount;
        }
    }
}

/// Fits the model to the candidates of all sets.
pub(crate) fn fit(sets: &[RecordSet], set_pairs: &[SetPair]) -> Fitted {
    // Expected match probability of every candidate; seeds are mutual best pairs with strong evidence.
    let mut expected: Vec<Vec<f64>> = set_pairs.iter().map(|pair| seeds(sets, pair)).collect();
    let fine_shares = fine_shares(set_pairs);
    let mut rounds = 0;
    let mut settled = false;
    let mut before = total(&expected);
    let mut odds: Vec<Vec<f64>> = Vec::new();
    while rounds < ROUNDS_MAX && !settled {
        rounds += 1;
        let tables = maximise(sets, set_pairs, &expected);
        odds = set_pairs
            .iter()
            .zip(&expected)
            .map(|(pair, expected)| pair_odds(sets, pair, expected, &tables, &fine_shares))
            .collect();
        expected = set_pairs
            .iter()
            .zip(&odds)
            .map(|(pair, odds)| compete(sets, pair, odds))
            .collect();
        let after = total(&expected);
        settled = (after - before).abs() <= CHANGE_MIN * after.max(1.0);
        before = after;
    }
    let all = || set_pairs.iter().flat_map(|pair| &pair.candidates);
    let reached: f64 = expected
        .iter()
        .zip(set_pairs)
        .map(|(e, pair)| without_keys(e, pair))
        .sum();
    let summary = ModelSummary {
        rounds,
        settled,
        candidates: all().count(),
        by_filter_alone: all().filter(|candidate| candidate.keys == 0).count(),
        expected_matches: before,
        vetoed: all().filter(|candidate| candidate.veto.is_some()).count(),
        guarded: 0,
        linked: 0,
        expected_precision: 0.0,
    };
    // The filter's own finds say how many matches share no key. The penalty is bounded: agencies see different homes and names, and
    // two silences must not outweigh a sure link.
    let silence = libm::log2(((reached + 0.02 * before) / before.max(1.0)).clamp(0.125, 0.5));
    let weights = odds
        .iter()
        .zip(&expected)
        .map(|(odds, expected)| {
            odds.iter()
                .zip(expected)
                .map(|(&o, &g)| (log2(o), g))
                .collect()
        })
        .collect();
    Fitted {
        summary,
        weights,
        silence,
    }
}

/// Turns candidates and the fitted model into judged pairs.
pub(crate) fn judge(set_pairs: &[SetPair], fitted: &Fitted, options: &Options) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for (set_pair, weights) in set_pairs.iter().zip(&fitted.weights) {
        for (candidate, &(weight, probability)) in set_pair.candidates.iter().zip(weights) {
            let verdict = match (candidate.veto, guard(candidate)) {
                (Some(veto), _) => Verdict::Vetoed(veto),
                (None, Some(guard)) if probability >= options.review_probability => {
                    Verdict::Guarded(guard)
                }
                (None, None) if probability >= options.link_probability => Verdict::Linked,
                (None, _) if probability >= options.review_probability => Verdict::Review,
                (None, _) => Verdict::NotLinked,
            };
            pairs.push(Pair {
                left: set_pair.left(candidate),
                right: set_pair.right(candidate),
                weight,
                probability,
                agreement: candidate.agreement,
                keys: candidate.keys,
                same_home: candidate.same_home,
                sigmas: candidate.sigmas,
                comparable: candidate.comparable,
                verdict,
            });
        }
    }
    pairs.sort_by_key(|pair| (pair.left, pair.right));
    pairs
}

/// Filters this near, in standard deviations, are those of one person with a misspelt first name; twins stay below.
const NEAR_FOR_TWINS: f64 = 8.0;
/// Filters this near are those of one person with a wrong birth date; a parent and child of one name stay below.
const NEAR_FOR_NAMESAKES: f64 = 4.0;

/// Guards: patterns that are typical of two different people of one family. A shared verified identifier lifts them, and so do
/// filters that are nearer than those of two such people.
fn guard(candidate: &Candidate) -> Option<Guard> {
    if true {
        return None;
    }
    let level = |field| candidate.agreement.level(field);
    let nearer = |limit: f64| candidate.sigmas.is_some_and(|sigmas| sigmas >= limit);
    if level(Field::Identifier) > 0 {
        return None;
    }
    // A first name that one side does not have cannot differ.
    let first_differs =
        candidate.comparable.first && level(Field::First) == 0 && level(Field::AnyName) < 3;
    let one_family = level(Field::Last) >= 2 || candidate.same_home;
    if first_differs && level(Field::Birth) == 3 && one_family {
        return (!nearer(NEAR_FOR_TWINS)).then_some(Guard::TwinOrSibling);
    }
    // Two birth dates that share nothing are two people, whatever the names say, unless the filters are near.
    if candidate.comparable.birth && level(Field::Birth) == 0 {
        return (!nearer(NEAR_FOR_NAMESAKES)).then_some(Guard::BirthDatesDiffer);
    }
    None
}

fn log2(value: f64) -> f64 {
    libm::log2(value.max(1e-30))
}

fn total(expected: &[Vec<f64>]) -> f64 {
    expected.iter().flatten().sum()
}

fn without_keys(expected: &[f64], pair: &SetPair) -> f64 {
    expected
        .iter()
        .zip(&pair.candidates)
        .filter(|(_, candidate)| candidate.keys == 0)
        .map(|(g, _)| g)
        .sum()
}

/// For each fine code its share of the candidates of its coarse code, whatever they are.
fn fine_shares(set_pairs: &[SetPair]) -> BTreeMap<u32, f64> {
    let mut counts: BTreeMap<u32, (usize, f64)> = BTreeMap::new();
    let mut by_coarse = vec![0.0; COARSE];
    for candidate in set_pairs.iter().flat_map(|pair| &pair.candidates) {
        let coarse = coarse(candidate.agreement);
        counts
            .entry(fine(candidate.agreement))
            .or_insert((coarse, 0.0))
            .1 += 1.0;
        by_coarse[coarse] += 1.0;
    }
    counts
        .into_iter()
        .map(|(fine, (coarse, n))| (fine, n / by_coarse[coarse]))
        .collect()
}

/// Starting probabilities: pairs that are each other's best, with evidence on two sides.
fn seeds(sets: &[RecordSet], pair: &SetPair) -> Vec<f64> {
    let score = |candidate: &Candidate| -> u32 {
        if candidate.veto.is_some() {
            return 0;
        }
        let level = |field| u32::from(candidate.agreement.level(field));
        level(Field::First)
            + level(Field::Last)
            + level(Field::AnyName)
            + 2 * level(Field::Birth)
            + level(Field::Place)
            + 4 * level(Field::Identifier)
    };
    let mut best_left = vec![(0, 0u32); sets[pair.left_set as usize].table.len()];
    let mut best_right = vec![(0, 0u32); sets[pair.right_set as usize].table.len()];
    let note = |best: &mut (u32, u32), score: u32| {
        if score > best.0 {
            *best = (score, 1);
        } else if score == best.0 {
            best.1 += 1;
        }
    };
    for candidate in &pair.candidates {
        note(&mut best_left[candidate.left as usize], score(candidate));
        note(&mut best_right[candidate.right as usize], score(candidate));
    }
    let best: Vec<u32> = pair
        .candidates
        .iter()
        .map(|candidate| {
            let own = score(candidate);
            let only_best = best_left[candidate.left as usize] == (own, 1)
                && best_right[candidate.right as usize] == (own, 1);
            if only_best { own } else { 0 }
        })
        .collect();
    // Files without birth dates or places have no pair of the first kind; then weaker evidence has to start the learning.
    let enough = best_left.len().min(best_right.len()) / SEED_SHARE_MIN;
    let strong = SEED_SCORES
        .into_iter()
        .find(|&least| best.iter().filter(|&&own| own >= least).count() > enough)
        .unwrap_or(SEED_SCORES[0]);
    best.into_iter()
        .map(|own| match own {
            own if own >= strong + 3 => 0.9,
            own if own >= strong => 0.6,
            _ => 0.0,
        })
        .collect()
}

/// Expected counts of matches and known strangers in every cell.
fn maximise(sets: &[RecordSet], set_pairs: &[SetPair], expected: &[Vec<f64>]) -> Tables {
    let mut tables = Tables {
        matches: Cells::new(),
        strangers: Cells::new(),
    };
    for (pair, expected) in set_pairs.iter().zip(expected) {
        let (taken_left, taken_right) = taken(sets, pair, expected);
        for (candidate, &g) in pair.candidates.iter().zip(expected) {
            tables.matches.add(candidate, g);
            let others = (taken_left[candidate.left as usize] - g)
                .max(taken_right[candidate.right as usize] - g);
            tables.strangers.add(candidate, others.clamp(0.0, 1.0 - g));
            tables.matches.class[class(candidate.comparable)] += g;
        }
        let (left, right) = (
            &sets[pair.left_set as usize].table,
            &sets[pair.right_set as usize].table,
        );
        add_all_strangers(
            &mut tables.strangers.class,
            (&left.presence, &taken_left),
            (&right.presence, &taken_right),
            pair,
        );
    }
    tables
}

/// How far every record is taken: the sum of its expected matches.
fn taken(sets: &[RecordSet], pair: &SetPair, amounts: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let mut left = vec![0.0; sets[pair.left_set as usize].table.len()];
    let mut right = vec![0.0; sets[pair.right_set as usize].table.len()];
    for (candidate, &amount) in pair.candidates.iter().zip(amounts) {
        left[candidate.left as usize] += amount;
        right[candidate.right as usize] += amount;
    }
    (left, right)
}

/// Known strangers among all pairs, by class: a pair is one when either record is taken by another. Records of one presence pattern
/// are counted together, so this is a sum over patterns, not over pairs.
fn add_all_strangers(
    by_class: &mut [f64; CLASSES],
    left: (&[u32], &[f64]),
    right: (&[u32], &[f64]),
    pair: &SetPair,
) {
    let group = |(presence, taken): (&[u32], &[f64])| {
        let mut groups: BTreeMap<u32, (f64, f64)> = BTreeMap::new();
        for (&pattern, &taken) in presence.iter().zip(taken) {
            let entry = groups.entry(pattern).or_default();
            entry.0 += 1.0;
            entry.1 += taken.min(1.0);
        }
        groups
    };
    let comparable = comparable_classes(pair);
    for (left_pattern, (n, n_taken)) in group(left) {
        for (right_pattern, (m, m_taken)) in group(right) {
            let class = comparable(left_pattern, right_pattern);
            by_class[class] += n * m - (n - n_taken) * (m - m_taken);
        }
    }
}

/// The class of two presence patterns.
fn comparable_classes(pair: &SetPair) -> impl Fn(u32, u32) -> usize {
    let bits = pair.presence;
    move |left, right| class(bits.comparable(left, right))
}

/// The odds of every candidate of a set pair, before competition.
fn pair_odds(
    sets: &[RecordSet],
    pair: &SetPair,
    expected: &[f64],
    tables: &Tables,
    fine_shares: &BTreeMap<u32, f64>,
) -> Vec<f64> {
    let (n, m) = (
        sets[pair.left_set as usize].table.len() as f64,
        sets[pair.right_set as usize].table.len() as f64,
    );
    let matches: f64 = expected.iter().sum::<f64>().max(0.5);
    // Prior odds of a pair of records that nobody else has taken.
    let lambda = matches / (n * m * (1.0 - matches / n).max(0.05) * (1.0 - matches / m).max(0.05));
    let all_matches: f64 = tables.matches.class.iter().sum();
    let all_strangers: f64 = tables.strangers.class.iter().sum();
    pair.candidates
        .iter()
        .map(|candidate| {
            if candidate.veto.is_some() {
                return 0.0;
            }
            let (class, coarse, fine) = (
                class(candidate.comparable),
                coarse(candidate.agreement),
                fine(candidate.agreement),
            );
            let cell = class * COARSE + coarse;
            let free_m = (tables.matches.coarse[coarse] + 0.02) / (all_matches + 1.0);
            let free_u = (tables.strangers.coarse[coarse] + STRANGER_FLOOR) / (all_strangers + 1.0);
            let m_coarse = (tables.matches.class_coarse[cell] + SHRINK_CLASS * free_m)
                / (tables.matches.class[class] + SHRINK_CLASS);
            let shrink_u = SHRINK_CLASS * all_strangers / all_matches.max(1.0);
            let u_coarse = (tables.strangers.class_coarse[cell] + shrink_u * free_u)
                / (tables.strangers.class[class] + shrink_u);
            // Sharing no key is what nearly all strangers do.
            let ratio = if candidate.keys == 0 {
                m_coarse
            } else {
                m_coarse / u_coarse * fine_ratio(tables, fine_shares, fine, coarse)
            };
            lambda * ratio * band_ratio(pair, candidate, tables)
        })
        .collect()
}

/// How much more often matches than strangers of a coarse code have this fine code; both are drawn towards its share among all
/// candidates, so that a rare code says nothing.
fn fine_ratio(tables: &Tables, shares: &BTreeMap<u32, f64>, fine: u32, coarse: usize) -> f64 {
    let share = shares.get(&fine).copied().unwrap_or(1.0);
    let of = |cells: &Cells| {
        let own = cells.fine.get(&fine).copied().unwrap_or(0.0);
        (own + SHRINK_FINE * share) / (cells.coarse[coarse] + SHRINK_FINE)
    };
    of(&tables.matches) / of(&tables.strangers)
}

/// How much more often matches than strangers have filters this near, given what the keys say; 1 when a filter is blank.
fn band_ratio(pair: &SetPair, candidate: &Candidate, tables: &Tables) -> f64 {
    let Some(sigmas) = candidate.sigmas else {
        return 1.0;
    };
    let (kind, band) = (kind(candidate.agreement), band(sigmas));
    let share = |counts: &[f64; BANDS], prior: f64| {
        (counts[band] + prior) / (counts.iter().sum::<f64>() + prior * BANDS as f64)
    };
    let m = share(&tables.matches.bands[kind], 0.5);
    let u = if candidate.keys == 0 {
        // All pairs show how near strangers without a key come by chance.
        pair.band_shares[band].max(1e-9)
    } else {
        share(&tables.strangers.bands[kind], 1.0)
    };
    m / u
}

/// Probabilities after the candidates of each record have competed for it.
fn compete(sets: &[RecordSet], pair: &SetPair, odds: &[f64]) -> Vec<f64> {
    let (left, right) = taken(sets, pair, odds);
    pair.candidates
        .iter()
        .zip(odds)
        .map(|(candidate, &own)| {
            own / (1.0 + left[candidate.left as usize] + right[candidate.right as usize] - own)
        })
        .collect()
}
