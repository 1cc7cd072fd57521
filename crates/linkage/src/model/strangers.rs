//! How many pairs of different people look like what.
//!
//! Among the candidates themselves this cannot be counted: a stranger who shares a value with somebody whose true record is in the other
//! file shares it with that record too, the value then occurs twice and is not released. So strangers seem rarer than they are. Within one
//! file, though, its custodian sees every pair of people that share a value ([`kinfold_schema::WithinCounts`]), and all of them are strangers.
//!
//! From within to between: let two people of a population share a value. A file that holds a share `a` of the population has both with
//! probability `a²`. Two records of two files of shares `a` and `b` that have no true partner in the other file are these two people with
//! probability `2 a (1 - b) b (1 - a)`. With `b = M / n` and `a = M / m` (n records here, m there, M matches), a file's count of pairs
//! becomes `2 (m / n) (1 - M / m) (1 - M / n)` times as many candidates without partners. Strangers who have partners lose to them when
//! candidates compete, and need no count.
//!
//! A third person who has the value must be in neither file. In a count within one file that one is absent already with probability
//! `1 - a`; for the other file it takes `1 - (b / a) (1 - a) l` of that, with `l` for the holders. The custodian ships the share of values
//! that nobody else has in a second file where `(b / a) (1 - a)` is one (files of one size, a large population); of a mean of `l` holders it
//! is `e^-l`, so the share to the power of `(b / a) (1 - a) = (m - M) / n` is the one that is wanted. With the same people in both files it is
//! near zero, and nobody is left to share the value.

use kinfold_schema::{Agreement, Comparable, Field};

use super::cells::Cells;
use super::compete::taken;
use super::log2;
use crate::RecordSet;
use crate::candidates::{Candidate, SetPair};
use crate::pattern::{BANDS, band, place};

/// What is added to every band of the filter: none seen does not mean none.
const FLOOR_BAND: f64 = 0.5;
/// Least share of the records of a file that are taken to have no partner in the other.
const FREE_MIN: f64 = 0.02;
/// Pairs that speak for the formula against what is seen.
const CALIBRATE_FROM: f64 = 10.0;
/// Largest share of matches in a cell that shows strangers.
const CALIBRATE_SHARE: f64 = 0.2;
/// The formula is not corrected by less or more than these factors; taking strangers for matches is the worse mistake.
/// Of people far apart, and of people near each other, whom a file seldom parts.
const CALIBRATE_MIN: [f64; 2] = [0.7, 0.7];
const CALIBRATE_MAX: f64 = 2.0;
/// A file counts for a class of records when its share of it is at least this part of the other file's.
const CLASS_SHARE_MIN: f64 = 0.1;
/// The other file has at most so many times as many people who could have a value too.
const OTHERS_MAX: f64 = 2.0;
/// From this probability a match counts as sure.
const SURE: f64 = 0.9;
/// Sums of levels from which a mutual best pair is a seed: the first that gives enough seeds is taken.
const SEED_SCORES: [u32; 3] = [7, 5, 3];
/// Enough seeds are one for this many records of the smaller file.
const SEED_SHARE_MIN: usize = 50;

/// Strangers of one pattern that a custodian counted.
struct Within {
    pattern: (Agreement, usize),
    pairs: f64,
    /// Log2 of the share of values that nobody else has in another file of the same size either.
    alone: f64,
}

/// Expected strangers.
pub(crate) struct Strangers {
    /// For each set, what its custodian counted. Empty when it did not.
    within: Vec<Vec<Within>>,
    /// For each set pair and cell, candidates expected to be strangers.
    cells: Vec<Vec<f64>>,
    /// For each set pair and band, strangers among the pairs that the filter alone finds, if no record had a partner.
    all_bands: Vec<[f64; BANDS]>,
    /// The same among records without partners.
    bands: Vec<[f64; BANDS]>,
    /// For each set pair the number of all pairs.
    pairs: Vec<f64>,
}

impl Strangers {
    /// Of these sets; nothing is expected before the first [`Self::update`].
    pub(crate) fn new(sets: &[RecordSet], set_pairs: &[SetPair]) -> Self {
        let within = sets.iter().map(|set| {
            let counts = set.table.within.iter();
            counts
                .map(|(agreement, comparable, alike)| Within {
                    pattern: (agreement, comparable.class()),
                    pairs: alike.thousandths as f64 / 1000.0,
                    alone: log2(f64::from(alike.alone.max(1)) / 1000.0),
                })
                .collect()
        });
        Self {
            within: within.collect(),
            cells: vec![Vec::new(); set_pairs.len()],
            bands: vec![[FLOOR_BAND; BANDS]; set_pairs.len()],
            all_bands: set_pairs
                .iter()
                .map(|pair| pair.stranger_bands.map(|n| n + FLOOR_BAND))
                .collect(),
            pairs: set_pairs
                .iter()
                .map(|pair| {
                    let (n, m) = sizes(sets, pair);
                    (n * m).max(1.0)
                })
                .collect(),
        }
    }

    /// Whether custodians of a set pair counted within their files.
    pub(crate) fn counted(&self, pair: &SetPair) -> bool {
        [pair.left_set, pair.right_set]
            .iter()
            .any(|&set| !self.within[set as usize].is_empty())
    }

    /// The patterns and classes that strangers have.
    pub(crate) fn patterns(&self) -> impl Iterator<Item = (Agreement, usize)> + '_ {
        self.within.iter().flatten().map(|within| within.pattern)
    }

    /// Expected strangers of each cell, all set pairs together.
    pub(crate) fn cells(&self) -> impl Iterator<Item = f64> + '_ {
        let cells = self.cells.first().map_or(0, Vec::len);
        (0..cells).map(|cell| self.cells.iter().map(|of| of[cell]).sum())
    }

    /// Expected strangers among the candidates of each set pair.
    pub(crate) fn totals(&self) -> impl Iterator<Item = f64> + '_ {
        self.cells
            .iter()
            .zip(&self.bands)
            .map(|(cells, bands)| cells.iter().sum::<f64>() + bands.iter().sum::<f64>())
    }

    /// Expected strangers in a band among the pairs that the filter alone finds, all set pairs together.
    pub(crate) fn by_filter(&self, band: usize) -> f64 {
        self.bands.iter().map(|bands| bands[band]).sum()
    }

    /// All pairs of a set pair.
    pub(crate) fn pairs(&self, set_pair: usize) -> f64 {
        self.pairs[set_pair]
    }

    /// Match probabilities to begin with: what is left when the strangers are taken away, as many as there would be if the files had
    /// nobody in common; without counts, pairs that are each other's best.
    pub(crate) fn first_guess(
        &mut self,
        sets: &[RecordSet],
        set_pairs: &[SetPair],
        cells: &Cells,
    ) -> Vec<Vec<f64>> {
        let nothing: Vec<Vec<f64>> = set_pairs
            .iter()
            .map(|pair| vec![0.0; pair.candidates.len()])
            .collect();
        self.update(sets, set_pairs, cells, &nothing);
        let guess = |at: usize, pair: &SetPair| -> Vec<f64> {
            if !self.counted(pair) {
                return seeds(sets, pair);
            }
            let mut seen = vec![0.0; cells.patterns.len()];
            let mut seen_bands = [0.0; BANDS];
            for (index, candidate) in pair.candidates.iter().enumerate() {
                match cells.cell(at, index) {
                    Some(cell) => seen[cell] += 1.0,
                    None => seen_bands[candidate.sigmas.map_or(0, band)] += 1.0,
                }
            }
            let left = |seen: f64, strangers: f64| (1.0 - strangers / seen).clamp(0.02, 0.98);
            let alone: Vec<f64> = pair
                .candidates
                .iter()
                .enumerate()
                .map(
                    |(index, candidate)| match (candidate.veto, cells.cell(at, index)) {
                        (Some(_), _) => 0.0,
                        (None, Some(cell)) => left(seen[cell], self.cells[at][cell]),
                        (None, None) => {
                            let band = candidate.sigmas.map_or(0, band);
                            left(seen_bands[band], self.bands[at][band])
                        }
                    },
                )
                .collect();
            let (of_left, of_right) = taken(sets, pair, &alone);
            pair.candidates
                .iter()
                .zip(alone)
                .map(|(candidate, own)| {
                    let claimed = of_left[candidate.left as usize]
                        .max(of_right[candidate.right as usize])
                        .max(1.0);
                    own / claimed
                })
                .collect()
        };
        let guesses = set_pairs.iter().enumerate();
        guesses.map(|(at, pair)| guess(at, pair)).collect()
    }

    /// Expects strangers anew, given how many matches there seem to be and what they share.
    pub(crate) fn update(
        &mut self,
        sets: &[RecordSet],
        set_pairs: &[SetPair],
        cells: &Cells,
        expected: &[Vec<f64>],
    ) {
        for (at, pair) in set_pairs.iter().enumerate() {
            // Only the sure ones: doubtful matches that took records from strangers would make themselves surer round by round.
            let sure = expected[at].iter().filter(|g| **g >= SURE);
            let matches: f64 = sure.sum();
            let (n, m) = sizes(sets, pair);
            let free = |records: f64| (1.0 - matches / records).max(FREE_MIN);
            self.bands[at] = self.all_bands[at].map(|all| all * free(n) * free(m));
            self.cells[at] = if self.counted(pair) {
                let mut strangers = self.counted_within(sets, pair, cells, matches);
                calibrate(&mut strangers, (sets, at, pair), cells, &expected[at]);
                strangers
            } else {
                known(sets, pair, at, cells, &expected[at])
            };
        }
    }

    /// From the counts within the two files.
    fn counted_within(
        &self,
        sets: &[RecordSet],
        pair: &SetPair,
        cells: &Cells,
        matches: f64,
    ) -> Vec<f64> {
        let mut out = vec![0.0; cells.patterns.len()];
        let (n, m) = sizes(sets, pair);
        // Whoever else has the value is likely to have it here already where most people of the other file are here.
        let files = [
            (pair.left_set, m / n, (m - matches) / n),
            (pair.right_set, n / m, (n - matches) / m),
        ];
        let free = |records: f64| (1.0 - matches / records).max(FREE_MIN);
        // A file in which records show other things than in the other one says nothing of the classes that it hardly has.
        let shares = files.map(|(set, ..)| class_shares(&self.within[set as usize]));
        let speaks = |file: usize, class: usize| {
            let [one, other] = [shares[file][class], shares[1 - file][class]];
            one > 0.0 && one >= CLASS_SHARE_MIN * other
        };
        for (file, (set, ratio, others)) in files.into_iter().enumerate() {
            let others = others.clamp(0.0, OTHERS_MAX);
            for within in &self.within[set as usize] {
                let class = within.pattern.1;
                let Ok(cell) = cells.patterns.binary_search(&within.pattern) else {
                    continue;
                };
                if !speaks(file, class) {
                    continue;
                }
                // Where both speak each counts by the pairs that it has: a file of two hundred would say that there is nothing, or, of one
                // pair by chance, that there is very much.
                let weight = if speaks(1 - file, class) {
                    1.0 / (1.0 + ratio * ratio)
                } else {
                    1.0
                };
                let pairs = within.pairs * libm::exp2(within.alone * others);
                out[cell] += 2.0 * ratio * pairs * free(n) * free(m) * weight;
            }
        }
        out
    }
}

/// For each class the share of a file's counts that it has.
fn class_shares(within: &[Within]) -> [f64; Comparable::CLASSES] {
    let mut shares = [0.0; Comparable::CLASSES];
    for within in within {
        shares[within.pattern.1] += within.pairs;
    }
    let all: f64 = shares.iter().sum();
    shares.map(|pairs| if all > 0.0 { pairs / all } else { 0.0 })
}

/// Where hardly any candidate of a cell can be a match, the cell shows how many strangers there really are: the counts within files are
/// brought to that, those of people who live near each other and the others each by a factor of their own. It allows for what the formula
/// leaves out: families come into a file as a whole, so that two people of one home are seldom one in each file.
fn calibrate(
    strangers: &mut [f64],
    (sets, at, pair): (&[RecordSet], usize, &SetPair),
    cells: &Cells,
    expected: &[f64],
) {
    let (left, right) = taken(sets, pair, expected);
    let mut seen = vec![(0.0, 0.0); strangers.len()];
    for (index, (candidate, g)) in pair.candidates.iter().zip(expected).enumerate() {
        if let (Some(cell), None) = (cells.cell(at, index), candidate.veto) {
            let others =
                (left[candidate.left as usize] - g).max(right[candidate.right as usize] - g);
            seen[cell].0 += g + (1.0 - g - others).max(0.0);
            seen[cell].1 += g;
        }
    }
    // Found and foretold: of people far apart, and of people near each other. All that is found counts as strangers: were the expected
    // matches taken away, too few strangers would make more matches, and these fewer strangers, round by round. A cell in which nothing is
    // found counts as well.
    let mut told = [[0.0; 2]; 2];
    for (cell, ((all, matches), strangers)) in seen.iter().zip(&*strangers).enumerate() {
        if *matches <= CALIBRATE_SHARE * all {
            let of = &mut told[near(cells.patterns[cell].0)];
            of[0] += all;
            of[1] += strangers;
        }
    }
    let ratio = |[found, foretold]: [f64; 2], before: f64| {
        (found + CALIBRATE_FROM * before) / (foretold + CALIBRATE_FROM)
    };
    let together = ratio([told[0][0] + told[1][0], told[0][1] + told[1][1]], 1.0);
    let factor = |of: usize| ratio(told[of], together).clamp(CALIBRATE_MIN[of], CALIBRATE_MAX);
    let factors = [factor(0), factor(1)];
    for (strangers, (agreement, _)) in strangers.iter_mut().zip(&cells.patterns) {
        *strangers *= factors[near(*agreement)];
    }
}

/// Whether two people of this pattern live together or near each other: families come into a file as a whole, strangers one by one.
fn near(agreement: Agreement) -> usize {
    usize::from(place(agreement) >= 2)
}

fn sizes(sets: &[RecordSet], pair: &SetPair) -> (f64, f64) {
    let of = |set: u32| sets[set as usize].table.len().max(1) as f64;
    (of(pair.left_set), of(pair.right_set))
}

/// Without counts: candidates of which one record is taken by another are known strangers, and as many more are expected as there are
/// pairs of which that is not known.
fn known(
    sets: &[RecordSet],
    pair: &SetPair,
    at: usize,
    cells: &Cells,
    expected: &[f64],
) -> Vec<f64> {
    let mut out = vec![0.0; cells.patterns.len()];
    let (left, right) = taken(sets, pair, expected);
    let (n, m) = sizes(sets, pair);
    let free =
        |taken: &[f64], all: f64| 1.0 - taken.iter().map(|taken| taken.min(1.0)).sum::<f64>() / all;
    let exposed = (1.0 - free(&left, n) * free(&right, m)).max(0.05);
    for (index, (candidate, &g)) in pair.candidates.iter().zip(expected).enumerate() {
        if let Some(cell) = cells.cell(at, index) {
            let others =
                (left[candidate.left as usize] - g).max(right[candidate.right as usize] - g);
            out[cell] += others.clamp(0.0, 1.0 - g) / exposed;
        }
    }
    out
}

/// Starting probabilities without counts: pairs that are each other's best, with evidence on two sides.
fn seeds(sets: &[RecordSet], pair: &SetPair) -> Vec<f64> {
    let score = |candidate: &Candidate| -> u32 {
        if candidate.veto.is_some() {
            return 0;
        }
        let level = |field| u32::from(candidate.agreement.level(field));
        // The number of tokens of names and birth date stands for the levels of them, which mixed keys do not show.
        let names_and_birth = level(Field::First)
            + level(Field::Last)
            + level(Field::AnyName)
            + 2 * level(Field::Birth);
        names_and_birth.max(candidate.agreement.pools[0].into())
            + u32::from(place(candidate.agreement))
            + 4 * level(Field::Identifier)
            + 2 * level(Field::Contact)
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
