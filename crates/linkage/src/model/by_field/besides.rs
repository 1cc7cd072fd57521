//! What match keys and homes say besides the fields: an identifier, names that were swapped, a place of birth without a filter of its own.

use kinfold_schema::Field;

use super::super::cells::{HOMES, Weighed, home_state, ratios_of};
use super::log2;
use crate::candidates::{Candidate, SetPair};
use crate::fields::blocks::Fields;
use crate::fields::{FAR, FIELDS_MAX, Levels, MISSING, NEAR};

/// What keys may say besides: nothing, swapped names, place of birth, contact, an identifier.
const SAID: usize = 5;

/// Strangers that are taken to have in common what none was seen to have.
const UNSEEN: f64 = 0.5;
/// Expected matches that speak for what all candidates show.
const SEEN_FROM: f64 = 2.0;

/// Log2 ratios, given how many fields agree.
#[derive(Clone, Debug, Default)]
pub(super) struct Besides {
    keys: [[f64; SAID]; FIELDS_MAX + 1],
    homes: [[f64; HOMES]; FIELDS_MAX + 1],
}

impl Besides {
    /// Learns from the expected matches.
    pub(super) fn learn(fields: &Fields<'_>, set_pairs: &[SetPair], expected: &[Vec<f64>]) -> Self {
        let mut keys = [[Weighed::default(); SAID]; FIELDS_MAX + 1];
        let mut homes = [[Weighed::default(); HOMES]; FIELDS_MAX + 1];
        for (pair, expected) in set_pairs.iter().zip(expected) {
            let candidates = pair.candidates.iter().zip(&pair.levels).zip(expected);
            for ((candidate, &levels), &g) in candidates {
                let agree = agreeing(levels);
                keys[agree][said(fields, candidate, levels)].add(g);
                homes[agree][home_state(candidate)].add(g);
            }
        }
        Self {
            keys: keys.map(|counts| cautious(&counts)),
            // Whether there is anything to compare says nothing about who they are.
            homes: homes.map(|counts| {
                let compared = ratios_of(&[counts[1], counts[2]]);
                [0.0, compared[0], compared[1]]
            }),
        }
    }

    /// What the keys add.
    pub(super) fn keys(&self, fields: &Fields<'_>, candidate: &Candidate, levels: Levels) -> f64 {
        self.keys[agreeing(levels)][said(fields, candidate, levels)]
    }

    /// What the homes add.
    pub(super) fn home(&self, candidate: &Candidate, levels: Levels) -> f64 {
        self.homes[agreeing(levels)][home_state(candidate)]
    }
}

/// Log2 of how much more often matches than strangers have each of some things in common. Half a stranger more than were seen has each: a few
/// matches and no stranger at all say less than that the thing is never shared by chance.
fn cautious<const N: usize>(counts: &[Weighed; N]) -> [f64; N] {
    let sum = |of: fn(&Weighed) -> f64| counts.iter().map(of).sum::<f64>();
    let (matches, strangers) = (sum(|cell| cell.matches), sum(|cell| cell.strangers));
    let all = matches + strangers;
    let mut ratios = [0.0; N];
    for (ratio, cell) in ratios.iter_mut().zip(counts) {
        let pooled = (cell.matches + cell.strangers + UNSEEN) / (all + N as f64 * UNSEEN);
        let of_matches = (cell.matches + SEEN_FROM * pooled) / (matches + SEEN_FROM);
        let of_strangers = (cell.strangers + UNSEEN) / (strangers + N as f64 * UNSEEN);
        *ratio = log2(of_matches / of_strangers);
    }
    ratios
}

/// How many fields agree.
fn agreeing(levels: Levels) -> usize {
    (0..FIELDS_MAX)
        .filter(|&field| levels.get(field) >= NEAR)
        .count()
}

/// What the keys of a pair say that no field does.
fn said(fields: &Fields<'_>, candidate: &Candidate, levels: Levels) -> usize {
    let level = |field| candidate.agreement.level(field);
    let compared = |of: Field| {
        let filters = fields.filters.iter();
        filters.clone().any(|filter| filter.speaks_of == Some(of))
    };
    if level(Field::Identifier) > 0 {
        4
    } else if level(Field::Contact) > 0 && !compared(Field::Contact) {
        3
    } else if level(Field::BirthPlace) > 0 && !compared(Field::BirthPlace) {
        2
    } else {
        usize::from(is_swapped(fields, candidate, levels))
    }
}

/// Whether the names of two records agree crosswise: two name parts are the same, and neither first nor family name is.
fn is_swapped(fields: &Fields<'_>, candidate: &Candidate, levels: Levels) -> bool {
    let far = |of: Field| {
        let filters = fields.filters.iter().enumerate();
        filters
            .clone()
            .all(|(at, filter)| filter.speaks_of != Some(of) || levels.get(at) < NEAR)
    };
    // Where the middle name is the same, it may be one of the two parts that agree, and a first name of that sound the other.
    candidate.agreement.level(Field::AnyName) >= 2
        && far(Field::First)
        && far(Field::Last)
        && !fields.middle_agrees(levels)
}

/// The levels by which two records are compared: where names stand in each other's column, first and family name as they stand say nothing, and what
/// their agreeing crosswise is worth is learnt by itself. As two names that differ they would weigh twice against a pair that has both in common.
pub(super) fn as_compared(fields: &Fields<'_>, candidate: &Candidate, levels: Levels) -> Levels {
    let filters = fields.filters.iter().enumerate();
    let names =
        filters.filter(|(_, filter)| matches!(filter.speaks_of, Some(Field::First | Field::Last)));
    let mut compared = levels;
    // Names that are somewhat alike as they stand are compared as they stand.
    if is_swapped(fields, candidate, levels) && names.clone().all(|(at, _)| levels.get(at) == FAR) {
        for (at, _) in names {
            compared.set(at, MISSING);
        }
    }
    compared
}
