//! The last step: what the sure rules leave open is weighed.
//!
//! ```text
//!  people so far ─ shelves ─► candidates ─ compare ─► patterns ─ EM ─► odds ─ clusters ─► people
//!       └─ random pairs ─────────────────────────────►
//! ```
//!
//! Everything is learnt from the file itself: how common each value is, how strangers agree, how many pairs of one person it has and how
//! these agree. A pair comes together from the limit of its [`Care`] on, if nothing forbids it and all that came together already agrees on average; from
//! [`REVIEW`] on it is listed as doubtful.
//!
//! The result depends on what the rows say and not on their order: ties are broken by a number made of the compared values.

#[cfg(test)]
mod agreement;
mod clusters;
mod facts;
mod frequency;
mod model;
mod pattern;
#[cfg(test)]
mod reference;
#[cfg(test)]
pub(super) mod tests;
mod things;
mod together;

use super::Doubt;
use super::brief::{Brief, Briefs};
use super::candidates::{Pair, Shelves};
use super::care::{Apart, Care};
use super::groups::Groups;
use super::likeness::Memo;
use super::values::mix;
use crate::error::Error;
use crate::piles::Piles;
use crate::rows::Rows;
use crate::steps::Way;
use clusters::{Edge, Weighed};
use facts::Comparer;
pub(super) use facts::fingerprint;
use frequency::Frequencies;
use model::Counts;
pub(super) use model::Model;
use pattern::Pattern;
use rayon::prelude::*;
#[cfg(test)]
pub(super) use reference::fingerprint as plain_fingerprint;
use std::collections::BTreeSet;
use together::Together;

/// And from which two people are worth a look: as likely one as not.
pub(super) const REVIEW: f64 = 0.0;
/// Random pairs from which it is learnt how strangers agree. A level that one pair in a thousand has is seen forty times.
const RANDOM_PAIRS: usize = 40_000;
/// Units from which only a share of the candidates teaches the model, so that time and memory for patterns stay bounded.
const UNITS_OF_A_LESSON: usize = 1 << 16;
/// Piles of compared pairs.
const PILES: usize = 64;

/// Pairs that are compared at once.
const PAIRS_AT_ONCE: usize = 1 << 16;

/// People so far: groups of units.
pub(super) struct People<'a> {
    briefs: &'a Briefs,
    groups: &'a Groups,
    apart: &'a Apart,
    care: Care,
    /// The fingerprint of each unit.
    units: &'a [u64],
    /// The first unit of each person.
    firsts: Vec<u32>,
    /// What the units of a person say together, of people of several units.
    merged: Vec<Brief>,
    /// Where that is.
    merged_at: Vec<u32>,
    /// The first units of twins: people of one family name, birth date and home whose first names are clearly two.
    twins: BTreeSet<u32>,
}

/// The place of a person of one unit.
const ALONE: u32 = u32::MAX;

impl<'a> People<'a> {
    pub(super) fn of(
        briefs: &'a Briefs,
        groups: &'a Groups,
        apart: &'a Apart,
        care: Care,
        units: &'a [u64],
        twins: &[(u32, u32)],
    ) -> Self {
        // Two whom the custodian decided to be one person are no twins.
        let apart_still = twins
            .iter()
            .map(|(left, right)| [groups.find(*left), groups.find(*right)]);
        let apart_still = apart_still.filter(|[left, right]| left != right);
        let numbers = 0..briefs.units.len() as u32;
        let mut people = Self {
            briefs,
            groups,
            apart,
            care,
            units,
            firsts: numbers.filter(|unit| groups.find(*unit) == *unit).collect(),
            merged: Vec::new(),
            merged_at: Vec::new(),
            twins: apart_still.flatten().collect(),
        };
        for (person, first) in people.firsts.iter().enumerate() {
            if groups.is_alone(*first) {
                people.merged_at.push(ALONE);
                continue;
            }
            people.merged_at.push(people.merged.len() as u32);
            let members = people.members(person as u32);
            let mut all = briefs.units[members[0] as usize].clone();
            for unit in &members[1..] {
                all.merge(&briefs.units[*unit as usize], &briefs.values);
            }
            people.merged.push(all);
        }
        people
    }

    fn len(&self) -> usize {
        self.firsts.len()
    }

    /// The units of a person, in an order that does not depend on where their rows stand.
    fn members(&self, person: u32) -> Vec<u32> {
        let mut members = self.groups.members(self.firsts[person as usize]);
        members.sort_unstable_by_key(|unit| (self.units[*unit as usize], *unit));
        members
    }

    /// Whether a first name is all that tells a person from somebody else of the same family name, birth date and home.
    fn is_twin(&self, person: u32) -> bool {
        self.twins.contains(&self.firsts[person as usize])
    }

    /// The person of a unit.
    fn of_unit(&self, unit: u32) -> u32 {
        let first = self.groups.find(unit);
        self.firsts.partition_point(|own| *own < first) as u32
    }

    fn brief(&self, person: u32) -> &Brief {
        match self.merged_at[person as usize] {
            ALONE => &self.briefs.units[self.firsts[person as usize] as usize],
            merged => &self.merged[merged as usize],
        }
    }
}

/// People as the rules left them, before anything was weighed.
pub(super) struct Before<'a> {
    people: People<'a>,
    prints: Vec<u64>,
}

impl<'a> Before<'a> {
    pub(super) fn of(people: People<'a>) -> Self {
        let numbers = (0..people.len() as u32).into_par_iter();
        let prints = numbers.map(|person| fingerprint(&people.briefs.values, people.brief(person)));
        Self {
            prints: prints.collect(),
            people,
        }
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

/// What is counted of people before they are compared.
struct Ground {
    counts: Frequencies,
    prints: Vec<u64>,
}

impl Ground {
    fn of(people: &People<'_>) -> Self {
        let values = &people.briefs.values;
        let mut counts = Frequencies::new(people.len());
        let numbers = 0..people.len() as u32;
        for person in numbers.clone() {
            facts::count(values, people.brief(person), &mut counts);
        }
        let prints = numbers.into_par_iter();
        let prints = prints.map(|person| fingerprint(values, people.brief(person)));
        Self {
            counts,
            prints: prints.collect(),
        }
    }

    fn comparer<'a>(&'a self, people: &'a People<'_>, memo: &'a Memo) -> Comparer<'a> {
        Comparer {
            values: &people.briefs.values,
            counts: &self.counts,
            memo,
        }
    }

    /// Whether a pair is among the one in so many (a power of two) that teach. What the two are decides, not where their rows stand.
    fn teaches(&self, [left, right]: Pair, thin: u64) -> bool {
        let lot = mix(self.prints[left as usize] ^ self.prints[right as usize]);
        lot & (thin - 1) == 0
    }
}

/// One pair in how many teaches, so that so many units' worth of them do.
fn thin(people: usize, units: usize) -> u64 {
    (people / units).next_power_of_two() as u64
}

/// All pairs of people who share something, some thousands at a time.
fn candidates(
    rows: &Rows,
    people: &People<'_>,
    way: &Way<'_>,
    mut take: impl FnMut(&[Pair]) -> Result<(), Error>,
) -> Result<(), Error> {
    let values = &people.briefs.values;
    let shelves = Shelves::fill(
        rows,
        people.len(),
        |person| people.brief(person),
        |person| things::things(values, person),
    )?;
    shelves.pairs(rows, people.len(), things::largest_group, way, |pairs| {
        pairs.chunks(PAIRS_AT_ONCE).try_for_each(&mut take)
    })
}

/// Adds patterns, each of which stands for so many.
fn add(mut learnt: Vec<Pattern>, thin: u64, patterns: &mut Counts) {
    learnt.par_sort_unstable();
    for equal in learnt.chunk_by(|one, other| one == other) {
        *patterns.entry(equal[0]).or_default() += thin * equal.len() as u64;
    }
}

/// Learns how people agree with themselves, and weighs nothing. From single units: those that rules have brought together are most of all
/// pairs of one person, and what is left when they are gone teaches a file's errors without its rule, and in a large file strangers.
pub(super) fn learn(
    rows: &Rows,
    people: &People<'_>,
    memo: &Memo,
    way: &Way<'_>,
) -> Result<Option<Model>, Error> {
    if people.len() < 2 {
        return Ok(None);
    }
    let ground = Ground::of(people);
    let comparer = ground.comparer(people, memo);
    let thin = thin(people.len(), UNITS_OF_A_LESSON);
    let mut patterns = Counts::new();
    candidates(rows, people, way, |pairs| {
        let pairs = pairs.iter().copied();
        let teachers: Vec<Pair> = pairs.filter(|pair| ground.teaches(*pair, thin)).collect();
        add(
            compare_all(people, comparer, &teachers),
            thin,
            &mut patterns,
        );
        Ok(())
    })?;
    let random = random_patterns(people, comparer, &ground.prints);
    let together = Together::count(|person| people.brief(person), comparer, &ground.prints);
    Ok(Some(Model::learn(
        &patterns,
        &random,
        together,
        people.len(),
    )))
}

/// Weighs what people have in common; only pairs of which one is `wanted`. `before` is who they were when nothing had been weighed.
pub(super) fn weigh(
    rows: &Rows,
    (before, people): (&Before<'_>, &People<'_>),
    memo: &Memo,
    model: &Model,
    way: &Way<'_>,
    wanted: impl Fn(u32) -> bool,
) -> Result<Found, Error> {
    if people.len() < 2 {
        return Ok(Found::default());
    }
    let ground = Ground::of(people);
    let comparer = ground.comparer(people, memo);
    let mut compared: Piles<16> = Piles::new(PILES, rows.memory.hash_bytes, &rows.scratch);
    let people_of_a_pile = people.len().div_ceil(PILES).max(1);
    let is_wanted = |person: u32| wanted(people.firsts[person as usize]);
    candidates(rows, people, way, |pairs| {
        let pairs = pairs.iter().copied();
        let pairs = pairs.filter(|[left, right]| is_wanted(*left) || is_wanted(*right));
        let pairs: Vec<Pair> = pairs.collect();
        let found = compare_all(people, comparer, &pairs);
        for (&[left, right], pattern) in pairs.iter().zip(found) {
            if pattern.is_personal() && !pattern.is_forbidden() {
                let mut entry = [0; 16];
                entry[..4].copy_from_slice(&left.to_be_bytes());
                entry[4..8].copy_from_slice(&right.to_be_bytes());
                entry[8..].copy_from_slice(&pattern.0.to_be_bytes());
                compared.add(left as usize / people_of_a_pile, entry)?;
            }
        }
        Ok(())
    })?;
    let prints = &ground.prints;
    let edges = edges(people, model, &mut compared, prints)?;
    let weighed = Weighed {
        before,
        people,
        comparer,
        model,
        prints,
    };
    Ok(weighed.cluster(edges))
}

/// The compared pairs that are worth a look at least.
fn edges(
    people: &People<'_>,
    model: &Model,
    compared: &mut Piles<16>,
    prints: &[u64],
) -> Result<Vec<Edge>, Error> {
    let mut edges = Vec::new();
    for pile in 0..PILES {
        for entry in compared.take(pile)? {
            let number =
                |at: usize| u32::from_be_bytes(entry[at..at + 4].try_into().expect("four bytes"));
            let pattern = Pattern(u64::from_be_bytes(
                entry[8..].try_into().expect("eight bytes"),
            ));
            let log_odds = model.log_odds(pattern);
            if log_odds >= REVIEW {
                let sure = log_odds >= people.care.log_odds()
                    && (pattern.is_sure() || !people.care.is_for_release());
                edges.push(Edge::new(log_odds, sure, [number(0), number(4)], prints));
            }
        }
    }
    Ok(edges)
}

/// Compares pairs of people.
fn compare_all(people: &People<'_>, comparer: Comparer<'_>, pairs: &[Pair]) -> Vec<Pattern> {
    let compare = |&[left, right]: &Pair| comparer.compare(people.brief(left), people.brief(right));
    pairs.par_iter().map(compare).collect()
}

/// The patterns of random pairs. Which pairs these are is decided by what the people are, not by where their rows stand.
fn random_patterns(people: &People<'_>, comparer: Comparer<'_>, prints: &[u64]) -> Counts {
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
    for pattern in compare_all(people, comparer, &pairs) {
        *patterns.entry(pattern).or_default() += 1;
    }
    patterns
}
