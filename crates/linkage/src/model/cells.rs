//! The cells of the model: patterns of agreement by class, the nearness of filters, homes.

use super::plausible::edges;
use super::strangers::Strangers;
use super::{Score, log2};
use crate::candidates::{Candidate, SetPair};
use crate::pattern::{
    BANDS, COARSE, KINDS, NEAR_KINDS, NEAR_STEPS, band, coarse, kind, near_kind, near_step, place,
};
use kinfold_schema::Agreement;

/// Weight of a coarser cell in a finer one, in pairs.
const SHRINK: f64 = 1.0;
/// Weight of what is known of all candidates in the shares of bands and homes, in pairs.
const SHRINK_BAND: f64 = 2.0;
/// Weight of a kind of pair in a single number of tokens, in pairs.
const SHRINK_STEP: f64 = 20.0;
/// Chance that a pair of the coarsest kind is a match before any was seen.
const START: f64 = 0.5;
/// The same of a pair that the filter alone has found.
const START_FILTER: f64 = 0.05;

/// States of the comparison of homes: nothing to compare, different, the same.
pub(super) const HOMES: usize = 3;
/// Kinds on which homes are conditioned: level of place by kind of evidence.
const HOME_KINDS: usize = 3 * KINDS;
/// What filters say before homes are looked at: nothing to compare, as far apart as those of strangers, nearer.
const FAR_OR_NOT: usize = 3;

/// Expected matches and strangers of one cell.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Weighed {
    pub(super) matches: f64,
    pub(super) strangers: f64,
}

impl Weighed {
    /// Adds a pair of this match probability.
    pub(super) fn add(&mut self, probability: f64) {
        self.matches += probability;
        self.strangers += 1.0 - probability;
    }

    /// The share of matches, drawn towards that of a coarser cell.
    fn share(self, coarser: f64) -> f64 {
        (self.matches + SHRINK * coarser) / (self.matches + self.strangers + SHRINK)
    }
}

/// What the model has learnt.
pub(crate) struct Cells {
    /// The pattern of each cell, its class, its number among the patterns without class, and its coarse code.
    pub(crate) patterns: Vec<(Agreement, usize)>,
    fine_of: Vec<usize>,
    coarse_of: Vec<usize>,
    /// The different agreements, without class.
    pub(crate) fines: Vec<Agreement>,
    /// The cell of each candidate that shares a key, in the order of set pairs and candidates.
    cell_of: Vec<Vec<u32>>,
    /// Log2 odds of each cell, all set pairs together.
    odds: Vec<f64>,
    /// Log2 odds of each band of the pairs without a key.
    filter_odds: [f64; BANDS],
    /// Log2 ratios of the nearness of filters, given the kind of evidence.
    bands: [[f64; BANDS]; NEAR_KINDS],
    /// The same given the number of tokens of mixed keys.
    bands_of_step: Vec<[f64; BANDS]>,
    /// Log2 ratios of homes, given how near the filters are (see [`far_or_not`]).
    homes: [[[f64; HOMES]; FAR_OR_NOT]; HOME_KINDS],
    /// Log2 of how much more often than on the whole a pair of these two sets is a match.
    shift: Vec<f64>,
    /// Expected matches of each set pair.
    pub(crate) matches: Vec<f64>,
}

/// No cell: the candidate shares no key.
const NO_CELL: u32 = u32::MAX;

impl Cells {
    /// The cells of the candidates and of what strangers share.
    pub(crate) fn new(set_pairs: &[SetPair], strangers: &Strangers) -> Self {
        let mut patterns: Vec<(Agreement, usize)> = set_pairs
            .iter()
            .flat_map(|pair| &pair.candidates)
            .filter(|candidate| candidate.keys != 0)
            .map(|candidate| (candidate.agreement, candidate.comparable.class()))
            .chain(strangers.patterns())
            .collect();
        patterns.sort_unstable();
        patterns.dedup();
        let mut fines: Vec<Agreement> = patterns.iter().map(|pattern| pattern.0).collect();
        fines.dedup();
        let fine_of = patterns
            .iter()
            .map(|(agreement, _)| fines.binary_search(agreement).unwrap_or(0))
            .collect();
        let coarse_of = patterns.iter().map(|pattern| coarse(pattern.0)).collect();
        let cell_of = set_pairs
            .iter()
            .map(|pair| {
                pair.candidates
                    .iter()
                    .map(|candidate| {
                        if candidate.keys == 0 {
                            return NO_CELL;
                        }
                        let pattern = (candidate.agreement, candidate.comparable.class());
                        patterns
                            .binary_search(&pattern)
                            .map_or(NO_CELL, |at| at as u32)
                    })
                    .collect()
            })
            .collect();
        Self {
            odds: vec![0.0; patterns.len()],
            patterns,
            fine_of,
            coarse_of,
            fines,
            cell_of,
            filter_odds: [0.0; BANDS],
            bands: [[0.0; BANDS]; NEAR_KINDS],
            bands_of_step: vec![[0.0; BANDS]; NEAR_STEPS],
            homes: [[[0.0; HOMES]; FAR_OR_NOT]; HOME_KINDS],
            shift: vec![0.0; set_pairs.len()],
            matches: vec![0.0; set_pairs.len()],
        }
    }

    /// The cell of a candidate of a set pair; `None` when it shares no key.
    pub(crate) fn cell(&self, set_pair: usize, candidate: usize) -> Option<usize> {
        let cell = self.cell_of[set_pair][candidate];
        (cell != NO_CELL).then_some(cell as usize)
    }

    /// Learns from the expected matches and the expected strangers.
    pub(crate) fn learn(
        &mut self,
        set_pairs: &[SetPair],
        expected: &[Vec<f64>],
        strangers: &Strangers,
    ) {
        self.matches = expected.iter().map(|pair| pair.iter().sum()).collect();
        self.learn_patterns(expected, strangers);
        self.learn_filter(set_pairs, expected, strangers);
        self.learn_given_keys(set_pairs, expected);
        let (all_matches, all_strangers): (f64, f64) =
            (self.matches.iter().sum(), strangers.totals().sum());
        self.shift = self
            .matches
            .iter()
            .zip(strangers.totals())
            .map(|(matches, strangers)| {
                let ratio = (matches + 1.0) / (all_matches + 1.0) * (all_strangers + 1.0)
                    / (strangers + 1.0);
                log2(ratio).clamp(-3.0, 3.0)
            })
            .collect();
    }

    fn learn_patterns(&mut self, expected: &[Vec<f64>], strangers: &Strangers) {
        let mut cells = vec![Weighed::default(); self.patterns.len()];
        for (cells_of, expected) in self.cell_of.iter().zip(expected) {
            for (&cell, g) in cells_of.iter().zip(expected) {
                if cell != NO_CELL {
                    cells[cell as usize].matches += g;
                }
            }
        }
        for (cell, expected) in cells.iter_mut().zip(strangers.cells()) {
            cell.strangers += expected;
        }
        let mut fine = vec![Weighed::default(); self.fines.len()];
        let mut coarse = vec![Weighed::default(); COARSE];
        for (index, cell) in cells.iter().enumerate() {
            for pooled in [
                &mut fine[self.fine_of[index]],
                &mut coarse[self.coarse_of[index]],
            ] {
                pooled.matches += cell.matches;
                pooled.strangers += cell.strangers;
            }
        }
        for (index, cell) in cells.iter().enumerate() {
            let share = coarse[self.coarse_of[index]].share(START);
            let share = fine[self.fine_of[index]].share(share);
            self.odds[index] = log_odds(cell.share(share));
        }
    }

    /// Pairs that the filter alone has found: the bands of all of them together.
    fn learn_filter(
        &mut self,
        set_pairs: &[SetPair],
        expected: &[Vec<f64>],
        strangers: &Strangers,
    ) {
        let mut bands = [Weighed::default(); BANDS];
        for (pair, expected) in set_pairs.iter().zip(expected) {
            for (candidate, g) in pair.candidates.iter().zip(expected) {
                if let (0, Some(sigmas)) = (candidate.keys, candidate.sigmas) {
                    bands[band(sigmas)].matches += g;
                }
            }
        }
        for (at, band) in bands.iter_mut().enumerate() {
            band.strangers = strangers.by_filter(at);
            self.filter_odds[at] = log_odds(band.share(START_FILTER));
        }
    }

    /// Nearness and homes of pairs that share keys: how matches and strangers differ, given what the keys say.
    fn learn_given_keys(&mut self, set_pairs: &[SetPair], expected: &[Vec<f64>]) {
        let mut bands = [[Weighed::default(); BANDS]; NEAR_KINDS];
        let mut steps = vec![[Weighed::default(); BANDS]; NEAR_STEPS];
        let mut kind_of = [0; NEAR_STEPS];
        let mut homes = [[[Weighed::default(); HOMES]; FAR_OR_NOT]; HOME_KINDS];
        for (pair, expected) in set_pairs.iter().zip(expected) {
            for (candidate, &g) in pair.candidates.iter().zip(expected) {
                if candidate.keys == 0 {
                    continue;
                }
                if let Some(sigmas) = candidate.sigmas {
                    let (kind, band) = (near_kind(candidate.agreement), band(sigmas));
                    bands[kind][band].add(g);
                    if let Some(step) = near_step(candidate.agreement) {
                        kind_of[step] = kind;
                        steps[step][band].add(g);
                    }
                }
                let kind = &mut homes[home_kind(candidate)];
                kind[far_or_not(pair, candidate)][home_state(candidate)].add(g);
            }
        }
        for (ratios, counts) in self.bands.iter_mut().zip(&bands) {
            *ratios = ratios_of(counts);
        }
        for (step, ratios) in self.bands_of_step.iter_mut().enumerate() {
            *ratios = ratios_within(&steps[step], &bands[kind_of[step]]);
        }
        let all = self.homes.iter_mut().flatten();
        for (ratios, counts) in all.zip(homes.iter().flatten()) {
            // Whether there is anything to compare says nothing about who they are.
            let compared = ratios_of(&[counts[1], counts[2]]);
            *ratios = [0.0, compared[0], compared[1]];
        }
    }

    /// What a distance band says, given what the keys do.
    fn nearness(&self, agreement: Agreement, band: usize) -> f64 {
        match near_step(agreement) {
            Some(step) => self.bands_of_step[step][band],
            None => self.bands[near_kind(agreement)][band],
        }
    }

    /// The weights of the candidates of a set pair, in parts.
    pub(crate) fn score(
        &self,
        set_pair: usize,
        pair: &SetPair,
        strangers: &Strangers,
    ) -> Vec<Score> {
        let prior = log2(self.matches[set_pair].max(0.5) / strangers.pairs(set_pair));
        let scored = pair.candidates.iter().enumerate();
        scored
            .map(|(at, candidate)| match self.cell(set_pair, at) {
                Some(cell) => Score {
                    prior,
                    keys: self.odds[cell] + self.shift[set_pair] - prior,
                    filter: candidate.sigmas.map_or(0.0, |sigmas| {
                        self.nearness(candidate.agreement, band(sigmas))
                    }),
                    home: self.homes[home_kind(candidate)][far_or_not(pair, candidate)]
                        [home_state(candidate)],
                    probability: 0.0,
                },
                None => Score {
                    prior,
                    filter: self.filter_odds[candidate.sigmas.map_or(0, band)]
                        + self.shift[set_pair]
                        - prior,
                    ..Score::default()
                },
            })
            .collect()
    }
}

/// Log2 of how much more often matches than strangers are in each of some states, drawn towards no difference.
pub(super) fn ratios_of<const N: usize>(counts: &[Weighed; N]) -> [f64; N] {
    let sum = |of: fn(&Weighed) -> f64| counts.iter().map(of).sum::<f64>();
    let (matches, strangers) = (sum(|cell| cell.matches), sum(|cell| cell.strangers));
    let all = matches + strangers;
    let mut ratios = [0.0; N];
    for (ratio, cell) in ratios.iter_mut().zip(counts) {
        let pooled = (cell.matches + cell.strangers + 1.0) / (all + N as f64);
        let share = |own: f64, of: f64| (own + SHRINK_BAND * pooled) / (of + SHRINK_BAND);
        *ratio = log2(share(cell.matches, matches) / share(cell.strangers, strangers));
    }
    ratios
}

/// The same of a part of these counts, drawn towards what the whole shows.
fn ratios_within<const N: usize>(part: &[Weighed; N], whole: &[Weighed; N]) -> [f64; N] {
    let sum = |of: &[Weighed; N], what: fn(&Weighed) -> f64| of.iter().map(what).sum::<f64>();
    let (matches, strangers) = (
        sum(whole, |cell| cell.matches),
        sum(whole, |cell| cell.strangers),
    );
    let (own_matches, own_strangers) = (
        sum(part, |cell| cell.matches),
        sum(part, |cell| cell.strangers),
    );
    let all = matches + strangers;
    let mut ratios = [0.0; N];
    for (ratio, (own, cell)) in ratios.iter_mut().zip(part.iter().zip(whole)) {
        let pooled = (cell.matches + cell.strangers + 1.0) / (all + N as f64);
        let share = |of: f64, all: f64| (of + SHRINK_BAND * pooled) / (all + SHRINK_BAND);
        let within =
            |of: f64, all: f64, whole: f64| (of + SHRINK_STEP * whole) / (all + SHRINK_STEP);
        *ratio = log2(
            within(own.matches, own_matches, share(cell.matches, matches))
                / within(
                    own.strangers,
                    own_strangers,
                    share(cell.strangers, strangers),
                ),
        );
    }
    ratios
}

fn log_odds(share: f64) -> f64 {
    let share = share.clamp(1e-9, 1.0 - 1e-9);
    log2(share / (1.0 - share))
}

pub(super) fn home_state(candidate: &Candidate) -> usize {
    match (candidate.same_home, candidate.both_homes) {
        (true, _) => 2,
        (false, true) => 1,
        (false, false) => 0,
    }
}

/// What the filters of a pair say before its home is looked at. Where kinds of keys are told apart, the pattern says what agrees besides the home;
/// of a number of mixed keys it does not, and the keys of relatives are those of their home and family name.
fn far_or_not(pair: &SetPair, candidate: &Candidate) -> usize {
    match candidate.sigmas {
        _ if near_step(candidate.agreement).is_none() => 0,
        None => 0,
        Some(sigmas) if sigmas < edges(pair.bits, pair.diffusion)[0] => 1,
        Some(_) => 2,
    }
}

fn home_kind(candidate: &Candidate) -> usize {
    let place = match place(candidate.agreement) {
        0 => 0,
        1 | 2 => 1,
        _ => 2,
    };
    place * KINDS + kind(candidate.agreement)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::candidates::Candidate;
    use crate::people::laws::sets;

    /// What a common home says, in bits, of pairs that share three mixed keys: near ones, and those as far apart as strangers.
    fn same_home(pools: u8) -> [f64; 2] {
        let pair_of = |row: u32, sigmas: f64, same_home: bool| Candidate {
            sigmas: Some(sigmas),
            same_home,
            both_homes: true,
            agreement: Agreement {
                pools: [pools, 0, 0, 0],
                ..Agreement::default()
            },
            ..Candidate::bare(row, row)
        };
        // Matches are near and share a home; of those far apart, who share one are relatives, and who do not are strangers.
        let candidates: Vec<Candidate> = (0..3_000)
            .map(|row| match row {
                0..1_000 => pair_of(row, 20.0, row % 10 != 0),
                1_000..2_000 => pair_of(row, 0.0, true),
                _ => pair_of(row, 0.0, false),
            })
            .collect();
        let expected: Vec<f64> = (0..3_000)
            .map(|row| f64::from(u8::from(row < 1_000)))
            .collect();
        let pair = SetPair::bare(candidates);
        let all = sets(&[3_000, 3_000]);
        let set_pairs = [pair];
        let strangers = Strangers::new(&all, &set_pairs);
        let mut cells = Cells::new(&set_pairs, &strangers);
        cells.learn(&set_pairs, &[expected], &strangers);
        let scores = cells.score(0, &set_pairs[0], &strangers);
        [scores[1].home, scores[1_000].home]
    }

    #[test]
    fn a_common_home_says_little_of_those_whose_filters_are_far_apart() {
        let far = same_home(3)[1];
        assert!(far.abs() < 0.1, "{far}");
        // Where the pattern says what agrees, the home is asked the same of all.
        let [near, far] = same_home(0);
        assert!(near > 0.5 && (near - far).abs() < 1e-9, "{near} {far}");
    }
}
