//! The last step: what the sure rules leave open is weighed.
//!
//! ```text
//!  people so far ─ shelves ─► candidates ─ compare ─► patterns ─ EM ─► odds ─ clusters ─► people
//!       └─ random pairs ─────────────────────────────►
//! ```
//!
//! Everything is learnt from the file itself: how common each value is, how strangers agree, how many pairs of one person it has and how
//! these agree. A pair comes together from [`UNITE`] on, if nothing forbids it and all that came together already agrees on average; from
//! [`REVIEW`] on it is listed as doubtful.
//!
//! The result depends on what the rows say and not on their order: ties are broken by a number made of the compared values.

mod clusters;
mod facts;
mod frequency;
mod model;
mod pattern;
#[cfg(test)]
mod tests;
mod things;

use super::candidates::{Many, Pair, Shelves};
use super::groups::Groups;
use super::units::Units;
use super::{Doubt, ROWS_AT_ONCE};
use crate::error::Error;
use crate::piles::Piles;
use crate::rows::Rows;
use clusters::{Edge, Weighed};
use frequency::{Frequencies, mix};
use kinfold_identity::Person;
use model::{Counts, Model};
use pattern::Pattern;
use rayon::prelude::*;
use std::collections::BTreeSet;

/// Natural logarithm of the odds from which two people are one: a probability of 0.95. A wrong union puts a stranger's history on a
/// person and nobody sees it again; a missed one costs match keys, and the linkage unit may still find it. One in twenty is the worst pair
/// that comes together; the expected precision of all of them is far higher.
pub(super) const UNITE: f64 = 2.944_439;
/// And from which two people are worth a look: as likely one as not.
pub(super) const REVIEW: f64 = 0.0;
/// Random pairs from which it is learnt how strangers agree. A level that one pair in a thousand has is seen forty times.
const RANDOM_PAIRS: usize = 40_000;
/// Units from which only a share of the candidates teaches the model, so that the memory for patterns stays bounded.
const UNITS_TO_LEARN_FROM: usize = 1 << 18;
/// Piles of compared pairs.
const PILES: usize = 64;

/// People so far: groups of units.
pub(super) struct People<'a> {
    units: &'a Units,
    groups: &'a Groups,
    /// The first unit of each person.
    firsts: Vec<u32>,
}

impl<'a> People<'a> {
    pub(super) fn of(units: &'a Units, groups: &'a Groups) -> Self {
        let numbers = 0..units.len() as u32;
        Self {
            units,
            groups,
            firsts: numbers.filter(|unit| groups.find(*unit) == *unit).collect(),
        }
    }

    fn members(&self, person: u32) -> Vec<u32> {
        let mut members = self.groups.members(self.firsts[person as usize]);
        members.sort_unstable();
        members
    }
}

impl Many for People<'_> {
    fn len(&self) -> usize {
        self.firsts.len()
    }

    fn rows_in(&self, person: u32) -> usize {
        let members = self.groups.members(self.firsts[person as usize]);
        members
            .iter()
            .map(|unit| self.units.rows(*unit as usize).len())
            .sum()
    }

    fn load(&self, rows: &Rows, people: &[u32]) -> Result<Vec<Person>, Error> {
        let members: Vec<Vec<u32>> = people.iter().map(|person| self.members(*person)).collect();
        let mut loaded = self.units.load(rows, &members.concat())?.into_iter();
        let merged = members.iter().map(|members| {
            let mut all = Person::default();
            loaded
                .by_ref()
                .take(members.len())
                .for_each(|unit| all.merge(unit));
            all
        });
        Ok(merged.collect())
    }
}

/// What the evidence says.
#[derive(Default)]
pub(super) struct Found {
    /// Units of one person.
    pub(super) joins: Vec<(u32, u32)>,
    /// Units that are left apart and worth a look.
    pub(super) doubts: Vec<(u32, u32, Doubt)>,
}

/// Weighs what people have in common.
pub(super) fn weigh(rows: &Rows, people: &People<'_>) -> Result<Found, Error> {
    if people.len() < 2 {
        return Ok(Found::default());
    }
    let mut counts = Frequencies::new(people.len());
    let mut prints: Vec<u64> = Vec::with_capacity(people.len());
    let shelves = Shelves::fill(rows, people, things::things, |part| {
        for person in part {
            facts::count(person, &mut counts);
        }
        prints.par_extend(part.par_iter().map(facts::fingerprint));
    })?;
    let random = random_patterns(rows, people, &counts, &prints)?;
    let mut patterns = Counts::new();
    let mut compared: Piles<16> = Piles::new(PILES, rows.memory.hash_bytes, &rows.scratch);
    let thin = (people.len() / UNITS_TO_LEARN_FROM).next_power_of_two() as u64;
    let people_of_a_pile = people.len().div_ceil(PILES).max(1);
    shelves.pairs(rows, people.len(), things::largest_group, |pairs| {
        for part in pairs.chunks(ROWS_AT_ONCE) {
            let found = compare_all(rows, people, &counts, part)?;
            for (&[left, right], pattern) in part.iter().zip(found) {
                let lot = mix(prints[left as usize] ^ prints[right as usize]);
                if lot & (thin - 1) == 0 {
                    *patterns.entry(pattern).or_default() += thin;
                }
                if pattern.is_personal() && !pattern.is_forbidden() {
                    let mut entry = [0; 16];
                    entry[..4].copy_from_slice(&left.to_be_bytes());
                    entry[4..8].copy_from_slice(&right.to_be_bytes());
                    entry[8..].copy_from_slice(&pattern.0.to_be_bytes());
                    compared.add(left as usize / people_of_a_pile, entry)?;
                }
            }
        }
        Ok(())
    })?;
    let model = Model::learn(&patterns, &random, people.len());
    drop(patterns);
    let mut edges: Vec<Edge> = Vec::new();
    for pile in 0..PILES {
        for entry in compared.take(pile)? {
            let number =
                |at: usize| u32::from_be_bytes(entry[at..at + 4].try_into().expect("four bytes"));
            let pattern = Pattern(u64::from_be_bytes(
                entry[8..].try_into().expect("eight bytes"),
            ));
            let log_odds = model.log_odds(pattern);
            if log_odds >= REVIEW {
                edges.push(Edge::new(log_odds, [number(0), number(4)], &prints));
            }
        }
    }
    let weighed = Weighed {
        rows,
        people,
        counts: &counts,
        model: &model,
        prints: &prints,
    };
    weighed.cluster(edges)
}

/// Compares pairs of people.
fn compare_all(
    rows: &Rows,
    people: &People<'_>,
    counts: &Frequencies,
    pairs: &[Pair],
) -> Result<Vec<Pattern>, Error> {
    let needed: BTreeSet<u32> = pairs.iter().flatten().copied().collect();
    let needed: Vec<u32> = needed.into_iter().collect();
    let loaded = people.load(rows, &needed)?;
    let person = |number: u32| &loaded[needed.binary_search(&number).expect("it was loaded")];
    Ok(pairs
        .par_iter()
        .map(|&[left, right]| facts::compare(person(left), person(right), counts))
        .collect())
}

/// The patterns of random pairs. Which pairs these are is decided by what the people are, not by where their rows stand.
fn random_patterns(
    rows: &Rows,
    people: &People<'_>,
    counts: &Frequencies,
    prints: &[u64],
) -> Result<Counts, Error> {
    let n = prints.len();
    let mut order: Vec<u32> = (0..n as u32).collect();
    order.sort_unstable_by_key(|person| prints[*person as usize]);
    let mut pairs: Vec<Pair> = Vec::new();
    if n * (n - 1) / 2 <= RANDOM_PAIRS {
        for left in 0..n {
            pairs.extend((left + 1..n).map(|right| [order[left], order[right]]));
        }
    } else {
        // Each with those so many places further on around the circle, never more than half of it, so that no pair comes twice.
        let turns = RANDOM_PAIRS.div_ceil(n);
        let takes = n.min(RANDOM_PAIRS);
        for turn in 1..=turns {
            let further = (turn * n / (2 * turns + 1)).max(1);
            pairs.extend((0..takes).map(|take| {
                let at = (take as u64 * n as u64 / takes as u64) as usize;
                [order[at], order[(at + further) % n]]
            }));
        }
    }
    let mut patterns = Counts::new();
    for part in pairs.chunks(ROWS_AT_ONCE) {
        for pattern in compare_all(rows, people, counts, part)? {
            *patterns.entry(pattern).or_default() += 1;
        }
    }
    Ok(patterns)
}
