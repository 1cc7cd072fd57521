//! How likely two people who agree like this are one.
//!
//! A Fellegi-Sunter model (Fellegi and Sunter, JASA 64, 1969) as Splink has it, with three changes that files of families and large files need.
//!
//! - **Three classes instead of two**: one person; relatives, who share what a household shares (family name, home, telephone) and nothing
//!   else but by chance, or as twins and namesakes do; strangers. Two brothers agree on most columns, and no weight of columns that
//!   ignores this tells them from one man with two slips.
//! - **Absolute counts instead of shares of the candidates**: the candidates share something by being candidates, so what agrees among
//!   them says little about strangers. Of strangers it is known how many pairs a file has, and how often random pairs agree: a pattern's
//!   strangers are all pairs of the file times the pattern's share. EM (Dempster, Laird and Rubin 1977) finds how many pairs are of one
//!   person and of relatives, and how these agree.
//! - **Names that go together**: strangers of one community share both names far oftener than either name by itself says (see
//!   [`super::together`]), and people of one first name are of one sex, so an agreement on it says no more.
//!
//! An agreement on a value is weighed by how common the value is (Winkler 1989; Splink's term frequencies).

use super::pattern::{CODES, Field, LEVELS, NAME_CODES, Pattern};
use super::together::Together;
use std::collections::BTreeMap;

/// Counts of equal patterns.
pub(super) type Counts = BTreeMap<Pattern, u64>;

/// Probabilities of the levels of each field.
pub(super) type Levels = [[f64; LEVELS]; FIELDS];
const FIELDS: usize = Field::ALL.len();

/// Rounds of EM; the estimates have settled to three digits long before.
const ROUNDS: usize = 40;
/// As many pairs as this stand behind the prior shares of each field: a file with hardly any duplicates teaches nothing about them.
const PRIOR_PAIRS: f64 = 30.0;
/// Share of relatives in one house who have one first name, as fathers and sons do.
const NAMESAKES: f64 = 0.02;
/// Share of relatives in one house who were born on one day: of siblings one pair in thirty (ONS birth characteristics: 16 maternities
/// in a thousand are multiple), of couples nearly none.
const TWINS: f64 = 0.02;

/// Shares of relatives in one house whose first names are a slip apart, or nearly: parents who name twins Jayden and Hayden mean it.
const ALIKE: [f64; 2] = [0.01, 0.03];

/// How people agree with themselves in administrative files, before anything is learnt: the order is that of the levels.
pub(super) const ONE_PERSON: Levels = [
    [0.80, 0.03, 0.09, 0.04, 0.04, 0.0],
    [0.80, 0.02, 0.09, 0.04, 0.05, 0.0],
    [0.97, 0.03, 0.0, 0.0, 0.0, 0.0],
    [0.85, 0.07, 0.03, 0.01, 0.02, 0.02],
    [0.97, 0.03, 0.0, 0.0, 0.0, 0.0],
    [0.70, 0.20, 0.10, 0.0, 0.0, 0.0],
    [0.50, 0.10, 0.10, 0.12, 0.06, 0.12],
    [0.60, 0.05, 0.35, 0.0, 0.0, 0.0],
    [0.65, 0.08, 0.07, 0.20, 0.0, 0.0],
    [0.75, 0.10, 0.15, 0.0, 0.0, 0.0],
    [0.98, 0.02, 0.0, 0.0, 0.0, 0.0],
];
/// How relatives agree on what a household shares.
const RELATIVES: Levels = [
    [0.0; LEVELS],
    [0.75, 0.05, 0.03, 0.02, 0.15, 0.0],
    [0.0; LEVELS],
    [0.0; LEVELS],
    [0.0; LEVELS],
    [0.0; LEVELS],
    [0.80, 0.05, 0.03, 0.08, 0.02, 0.02],
    [0.50, 0.05, 0.45, 0.0, 0.0, 0.0],
    [0.20, 0.03, 0.07, 0.70, 0.0, 0.0],
    [0.50, 0.10, 0.40, 0.0, 0.0, 0.0],
    [0.0; LEVELS],
];
/// How strangers agree, where a file has too few pairs to say. Of agreements on a value each value says its own.
pub(super) const STRANGERS: Levels = [
    [0.01, 0.005, 0.01, 0.05, 0.93, 0.0],
    [0.01, 0.005, 0.01, 0.05, 0.93, 0.0],
    [0.995, 0.005, 0.0, 0.0, 0.0, 0.0],
    [0.0001, 0.001, 0.004, 0.004, 0.015, 0.976],
    [0.5, 0.5, 0.0, 0.0, 0.0, 0.0],
    [0.02, 0.08, 0.90, 0.0, 0.0, 0.0],
    [0.001, 0.001, 0.05, 0.001, 0.01, 0.94],
    [0.001, 0.001, 0.998, 0.0, 0.0, 0.0],
    [0.001, 0.001, 0.004, 0.994, 0.0, 0.0],
    [0.05, 0.02, 0.93, 0.0, 0.0, 0.0],
    [0.0001, 0.9999, 0.0, 0.0, 0.0, 0.0],
];

/// What was learnt from a file.
pub(in crate::unite) struct Model {
    one: Levels,
    relatives: Levels,
    strangers: Levels,
    /// Pairs of one person, of relatives among the candidates, and of all units.
    pairs: [f64; 3],
    /// What each code of each field multiplies the pairs of each class by.
    factors: Vec<[[f64; 3]; CODES]>,
    together: Together,
    /// How much oftener than by chance strangers agree on both names, for each two codes of them.
    names: Vec<f64>,
    /// For each code of the first name whether it is one name that both have.
    tells_sex: [bool; NAME_CODES],
}

/// A pattern taken apart, and how often it was found.
struct Counted {
    codes: [u8; FIELDS],
    forbidden: bool,
    count: f64,
}

fn counted(counts: &Counts) -> Vec<Counted> {
    let counts = counts.iter();
    counts
        .map(|(pattern, count)| Counted {
            codes: codes(*pattern),
            forbidden: pattern.is_forbidden(),
            count: *count as f64,
        })
        .collect()
}

fn codes(pattern: Pattern) -> [u8; FIELDS] {
    Field::ALL.map(|field| pattern.code(field) as u8)
}

impl Model {
    /// Learns from the patterns of the candidates and of random pairs of a file with so many units.
    pub(super) fn learn(
        candidates: &Counts,
        random: &Counts,
        together: Together,
        units: usize,
    ) -> Self {
        let all = units as f64 * (units as f64 - 1.0) / 2.0;
        let mut model = Self {
            one: ONE_PERSON,
            relatives: RELATIVES,
            strangers: STRANGERS,
            pairs: [0.02 * units as f64, 0.5 * units as f64, all],
            factors: Vec::new(),
            together,
            names: Vec::new(),
            tells_sex: std::array::from_fn(|code| {
                let found = Field::First.level(code);
                found.is_some_and(|found| found.level == 0)
            }),
        };
        let (candidates, random) = (counted(candidates), counted(random));
        let levels = levels_of_codes();
        for _ in 0..ROUNDS {
            model.set_factors();
            let mut one = Tally::default();
            let mut relatives = Tally::default();
            let mut strangers = Tally::default();
            for pattern in &random {
                let [_, _, stranger] = model.classes(&pattern.codes);
                strangers.add(&levels, &pattern.codes, pattern.count * stranger);
            }
            for pattern in &candidates {
                let [same, relative, _] = model.classes(&pattern.codes);
                // What rules forbid is no pair of one person, whatever it looks like.
                let same = if pattern.forbidden { 0.0 } else { same };
                one.add(&levels, &pattern.codes, pattern.count * same);
                relatives.add(&levels, &pattern.codes, pattern.count * relative);
            }
            model.pairs = [one.pairs.max(0.5), relatives.pairs.max(0.5), all];
            model.strangers = strangers.shares(&STRANGERS, 2.0);
            model.one = one.shares(&ONE_PERSON, PRIOR_PAIRS);
            model.relatives = relatives.shares(&RELATIVES, PRIOR_PAIRS);
        }
        model.set_factors();
        model
    }

    /// Believes in so many pairs of one person at most.
    ///
    /// What is counted of names that go together keeps nearly all strangers apart. Where little is told of people the rest still shows: of 73,000
    /// invented people with names, birth date and sex alone it makes 21 pairs, and lists two thousand as doubtful.
    pub(in crate::unite) fn believe_at_most(&mut self, pairs: f64) {
        self.pairs[0] = self.pairs[0].min(pairs);
    }

    /// The natural logarithm of the odds that the two are one person.
    pub(super) fn log_odds(&self, pattern: Pattern) -> f64 {
        let [one, relative, stranger] = self.weights(&codes(pattern));
        libm::log(one.max(f64::MIN_POSITIVE))
            - libm::log((relative + stranger).max(f64::MIN_POSITIVE))
    }

    fn classes(&self, codes: &[u8; FIELDS]) -> [f64; 3] {
        let weights = self.weights(codes);
        let sum: f64 = weights.iter().sum();
        weights.map(|weight| weight / sum.max(f64::MIN_POSITIVE))
    }

    /// Expected pairs of each class with this pattern, all divided by the shares of the values that agree.
    fn weights(&self, codes: &[u8; FIELDS]) -> [f64; 3] {
        let mut weights = self.pairs;
        for (factors, code) in self.factors.iter().zip(codes) {
            let factor = &factors[usize::from(*code) % CODES];
            for (weight, factor) in weights.iter_mut().zip(factor) {
                *weight *= factor;
            }
        }
        let [first, family] = [Field::First, Field::Family]
            .map(|name| usize::from(codes[name as usize]) % NAME_CODES);
        weights[2] *= self.names[first * NAME_CODES + family];
        // A first name says of which sex its bearer is, whoever else has it.
        if self.tells_sex[first] {
            let sex = Field::Sex as usize;
            let [one, relatives, strangers] = self.factors[sex][usize::from(codes[sex]) % CODES];
            weights[1] *= one / relatives;
            weights[2] *= one / strangers;
        }
        weights
    }

    fn set_factors(&mut self) {
        let fields = Field::ALL.into_iter().enumerate();
        self.factors = fields
            .map(|(at, field)| std::array::from_fn(|code| self.factor(at, field, code)))
            .collect();
        let birth = Field::Birth as usize;
        self.names = self
            .together
            .factors(&self.one[birth], &self.strangers[birth]);
    }

    fn factor(&self, at: usize, field: Field, code: usize) -> [f64; 3] {
        let found = field.level(code).filter(|found| found.level < LEVELS);
        let Some(found) = found else {
            return [1.0; 3];
        };
        let level = found.level;
        let stranger = if level < field.valued() {
            // The middle of the bucket: the share was rounded.
            libm::exp2(-(found.rarity as f64))
        } else if field == Field::Order {
            // Two strangers' names agree crosswise as often as straight, and a pair is only crossed over when they do.
            1.0
        } else {
            self.strangers[at][level]
        };
        let relative = if field.is_shared_at_home() {
            self.relatives[at][level].max(stranger)
        } else {
            match (field, level) {
                (Field::First, 0) => stranger.max(NAMESAKES),
                (Field::First, 2 | 3) => stranger.max(ALIKE[level - 2]),
                (Field::Birth, 0) => stranger.max(TWINS),
                _ => stranger,
            }
        };
        [self.one[at][level], relative, stranger]
    }
}

/// The level of each code of each field; [`LEVELS`] for none.
fn levels_of_codes() -> Vec<[u8; CODES]> {
    let fields = Field::ALL.into_iter();
    fields
        .map(|field| {
            std::array::from_fn(|code| {
                let level = field.level(code).map_or(LEVELS, |found| found.level);
                level.min(LEVELS) as u8
            })
        })
        .collect()
}

/// Expected pairs of a class by field and level.
#[derive(Default)]
struct Tally {
    pairs: f64,
    /// The last place of each field is for pairs of which one has no value.
    levels: [[f64; LEVELS + 1]; FIELDS],
}

impl Tally {
    fn add(&mut self, levels: &[[u8; CODES]], codes: &[u8; FIELDS], pairs: f64) {
        self.pairs += pairs;
        for ((tally, levels), code) in self.levels.iter_mut().zip(levels).zip(codes) {
            let level = usize::from(levels[usize::from(*code) % CODES]);
            tally[level.min(LEVELS)] += pairs;
        }
    }

    /// Shares of the levels, with so many pairs of the prior.
    fn shares(&self, prior: &Levels, prior_pairs: f64) -> Levels {
        let mut shares = *prior;
        for (shares, counted) in shares.iter_mut().zip(&self.levels) {
            let counted = &counted[..LEVELS];
            let all: f64 = counted.iter().sum::<f64>() + prior_pairs;
            for (share, pairs) in shares.iter_mut().zip(counted) {
                *share = (*share * prior_pairs + pairs) / all;
            }
        }
        shares
    }
}
