//! Bringing the rows of one person together inside one custodian, in the clear, on its own machine.
//!
//! A council knows a child from the school census and from the homelessness register. Both rows must leave as one record: the
//! linkage unit would otherwise have to find out again, with codes, what the council can see, and match keys that two records of
//! one file share are not released at all.
//!
//! Rows with one own id are one person, unless they are clearly several: a spreadsheet's fill-down gives a whole class one number.
//! Such rows stay apart, and the own id is listed, so that nothing is sent before it is put right. Beyond that, rows come together only on strong agreement, and never twins (the same
//! family and birth date, clearly different first names), never two verified NHS numbers, never a record that must not be linked.
//! What these rules leave open is weighed: all that two people have in common, against what strangers and what the people of one
//! household have in common in this file. What is nearly but not quite enough is listed for the custodian as doubtful, by line number
//! alone.
//!
//! The rows themselves are not held (see [`Rows`]). Each is read once, a few thousand at a time, and what it is compared by is kept in
//! brief: every value once, and people as lists of the numbers of their values.

mod brief;
mod candidates;
mod care;
mod compare;
mod evidence;
mod groups;
mod judge;
#[cfg(test)]
mod laws;
mod likeness;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod release;
#[cfg(test)]
mod tests;
mod units;
mod values;

use crate::decided::Decided;
use crate::error::Error;
use crate::people::PersonRow;
use crate::rows::Rows;
use crate::steps::Way;
use brief::Briefs;
use candidates::{LARGEST_GROUP, Pair, Shelves, shared_things};
use care::Apart;
pub use care::Care;
use evidence::{Before, People, fingerprint, learn, weigh};
use groups::Groups;
use judge::{Verdict, judge, never_one};
use kinfold_identity::{Person, PersonRows};
use likeness::Memo;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use units::{Lists, Units};
use values::Values;

/// Why two rows are one person, strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The same own id in the same source.
    OwnId,
    /// The custodian looked at the two and decided so.
    Decided,
    /// The same verified NHS number, permanent pupil number or National Insurance number.
    Identifier,
    /// The same first and family name and full birth date, and the address or the postcode.
    NameBirthPlace,
    /// The same family name, full birth date and address, and nearly the same first name.
    NearNameAtAddress,
    /// The same first name, full birth date and address under another family name.
    OtherFamilyName,
    /// First and family name in each other's column, the same full birth date, and the address or the postcode.
    NamesSwapped,
    /// The same names and address, and birth dates a slip apart in one year.
    BirthSlip,
    /// The same first and family name, full birth date and sex, and nothing that speaks against it.
    NameBirthSex,
    /// Not one of these, but all that the two have in common weighed together.
    Evidence,
}

/// Why two rows that nearly agree are left apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Doubt {
    /// The same family name, birth date and address, but clearly different first names; or one of such two, and a row without a first name.
    Twins,
    /// Two different verified NHS numbers.
    TwoNhsNumbers,
    /// The same identifier, but name and birth date both differ.
    IdentifierOfAnother,
    /// Names and address agree, but a birth date is missing.
    BirthMissing,
    /// The first names are neither clearly one nor clearly two.
    FirstNameUnsure,
    /// Names and birth date agree, but nothing confirms it, or another number contradicts it.
    Unconfirmed,
    /// Together they would contradict a third row.
    Chain,
    /// All that they have in common, weighed together, says rather one person than two, and not surely.
    Likely,
    /// The same, and one source gives the two own ids of its own, where an own id is a person.
    TwoOwnIds,
    /// The custodian decided that they are one person, and another decision, two verified NHS numbers or a record that must not be linked
    /// says that they are not.
    Decision,
}

/// A pair of rows that a person should look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Doubtful {
    /// Index of one row.
    pub left: usize,
    /// Index of the other.
    pub right: usize,
    /// Why they were left apart.
    pub why: Doubt,
}

/// An own id whose rows are clearly of several people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedOwnId {
    /// Indices of all rows with this own id in one source, ascending; they were not brought together by it.
    pub rows: Vec<usize>,
}

/// The rows of one person, loaded.
#[derive(Clone, Debug)]
pub struct UnitedPerson {
    /// The rows, in their order.
    pub rows: Vec<PersonRow>,
    /// What the rows say together.
    pub person: Person,
}

/// All people of a custodian, as numbers of rows.
pub struct United {
    units: Units,
    /// The units of each person, ascending.
    people: Lists,
    /// The person of each unit.
    person_of_unit: Vec<u32>,
    /// The unit of each row.
    unit_of_row: Vec<u32>,
    /// How many joins each reason made.
    pub joins: BTreeMap<Reason, usize>,
    /// Pairs left apart that are worth a look, sorted.
    pub doubtful: Vec<Doubtful>,
    /// Own ids that several people share, in the order of their first rows. Nothing may be sent while there is one: nobody can
    /// tell whose the events of such an id are.
    pub shared_own_ids: Vec<SharedOwnId>,
    /// Decisions for one person that contradict another decision or what must never come together; see [`Doubt::Decision`].
    pub decisions_not_followed: usize,
}

impl United {
    /// Number of people, each once, in the order of their first rows.
    pub fn people(&self) -> usize {
        self.people.len()
    }

    /// The rows of a person, ascending.
    pub fn rows(&self, person: usize) -> Vec<u32> {
        let units = self.people.get(person).iter();
        let mut rows: Vec<u32> = units
            .flat_map(|unit| self.units.rows(*unit as usize))
            .copied()
            .collect();
        rows.sort_unstable();
        rows
    }

    /// The person of a row.
    pub fn person_of_row(&self, row: usize) -> usize {
        self.person_of_unit[self.unit_of_row[row] as usize] as usize
    }

    /// Loads all people, part after part, in their order. `take` is given the number of the first of each part.
    ///
    /// # Errors
    /// A file that was changed or can no longer be read; what `take` gives.
    pub fn load<E: From<Error>>(
        &self,
        rows: &Rows,
        mut take: impl FnMut(usize, Vec<UnitedPerson>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut first = 0;
        let mut people = 0..self.people() as u32;
        while let Some(part) = self.load_part(rows, &mut people)? {
            let next = first + part.len();
            take(first, part)?;
            first = next;
        }
        Ok(())
    }

    /// Loads some people, part after part; quickest in their own order.
    ///
    /// # Errors
    /// As [`United::load`].
    pub fn load_some<E: From<Error>>(
        &self,
        rows: &Rows,
        people: &[u32],
        mut take: impl FnMut(Vec<UnitedPerson>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut people = people.iter().copied();
        while let Some(part) = self.load_part(rows, &mut people)? {
            take(part)?;
        }
        Ok(())
    }

    /// Loads the next of some people: so many that they have some thousand rows. Nothing when there are no more.
    fn load_part(
        &self,
        rows: &Rows,
        people: &mut impl Iterator<Item = u32>,
    ) -> Result<Option<Vec<UnitedPerson>>, Error> {
        let (mut part, mut wanted): (Vec<usize>, Vec<u32>) = Default::default();
        while wanted.len() < ROWS_AT_ONCE
            && let Some(person) = people.next()
        {
            let own = self.rows(person as usize);
            part.push(own.len());
            wanted.extend(own);
        }
        if part.is_empty() {
            return Ok(None);
        }
        let mut loaded = rows.load(&wanted)?.into_iter();
        let parts: Vec<Vec<PersonRow>> = part
            .into_iter()
            .map(|count| loaded.by_ref().take(count).collect())
            .collect();
        let people = parts.into_par_iter().map(|rows| UnitedPerson {
            person: together(&rows),
            rows,
        });
        Ok(Some(people.collect()))
    }
}

/// What the rows of a person say together.
fn together(rows: &[PersonRow]) -> Person {
    let mut person = PersonRows::default();
    for row in rows {
        person.add(row.person.clone(), row.seen());
    }
    person.together()
}

/// Rows that are loaded at once.
const ROWS_AT_ONCE: usize = 4096;

/// Rounds of weighing evidence: people who came together know more of themselves and may be known by a third row.
const ROUNDS: usize = 4;

/// For a release the weighing may find as many pairs again as agree beyond doubt, and no more: see `Model::believe_at_most`. Two sources of an
/// invented borough have 1.04 pairs of one person for each that the rules find, with three times the errors 1.2, a census and its survey
/// (ons_essnet) 1.5.
const PAIRS_A_SURE_ONE: f64 = 2.0;

/// What comparing all candidates gave.
#[derive(Default)]
struct Judged {
    /// Reason, the two units, and whether something forbids to join just these two.
    verdicts: Vec<(Reason, u32, u32, bool)>,
    doubts: Vec<(u32, u32, Doubt)>,
}

/// Brings together the rows that are one person, so carefully, and obeys what the custodian decided. `step` is told what is being done.
///
/// # Errors
/// A file that was changed or can no longer be read; a folder for working files that cannot be used.
pub fn unite(
    rows: &Rows,
    care: Care,
    decided: &Decided,
    step: &dyn Fn(&str),
) -> Result<United, Error> {
    let mut values = Values::new();
    let (units, shared_own_ids) = Units::by_own_id(rows, &mut values)?;
    let way = Way::new(step, "Reading each person's rows together");
    let briefs = Briefs::of(rows, &units, values, &way)?;
    let apart = Apart::of(rows, &units, care, decided);
    let own_id_joins = rows.len() - units.len();
    let way = Way::new(
        step,
        "Comparing people who share a name, a number or a home",
    );
    let mut judged = compare(rows, &briefs, &way)?;
    // In an order of what the rows say, not of where they stand: which of two that exclude each other comes first must not depend on it.
    let numbers = briefs.units.par_iter();
    let prints: Vec<u64> = numbers
        .map(|unit| fingerprint(&briefs.values, unit))
        .collect();
    judged
        .verdicts
        .par_sort_unstable_by_key(|(reason, left, right, _)| {
            let (one, other) = (prints[*left as usize], prints[*right as usize]);
            (*reason, one.min(other), one.max(other), *left, *right)
        });
    let mut groups = Groups::new(units.len());
    let mut joins = BTreeMap::new();
    if own_id_joins > 0 {
        joins.insert(Reason::OwnId, own_id_joins);
    }
    let (decided_joins, refused) = apart.join_decided(&briefs, &mut groups);
    if decided_joins > 0 {
        joins.insert(Reason::Decided, decided_joins);
    }
    let decisions_not_followed = refused.len();
    let refused = refused.into_iter();
    judged
        .doubts
        .extend(refused.map(|(left, right)| (left, right, Doubt::Decision)));
    for (reason, left, right, forbidden) in judged.verdicts {
        if groups.find(left) == groups.find(right) {
            continue;
        }
        let alone = groups.is_alone(left) && groups.is_alone(right);
        let (lefts, rights) = (groups.members(left), groups.members(right));
        let clash = if apart.are_decided_two(&lefts, &rights) {
            true
        } else if alone {
            forbidden
        } else {
            lefts.iter().any(|one| {
                rights
                    .iter()
                    .any(|other| never_one(briefs.two(*one, *other)))
            })
        };
        if clash {
            judged.doubts.push((left, right, Doubt::Chain));
        } else {
            groups.join(left, right);
            *joins.entry(reason).or_default() += 1;
        }
    }
    let sure = agreed(&joins, &judged.doubts, &groups);
    let twins = judged.doubts.iter().filter(|doubt| doubt.2 == Doubt::Twins);
    let twins: Vec<(u32, u32)> = twins.map(|&(left, right, _)| (left, right)).collect();
    let weighed = by_evidence(
        rows,
        &mut groups,
        (care, sure),
        step,
        (&briefs, &apart, &prints, &twins),
        &mut joins,
    )?;
    judged
        .doubts
        .extend(asked_once(weighed, &judged.doubts, &groups, &prints));
    // What was decided is not asked again, whichever rows of the two people it was decided of.
    let is_open = |(left, right, why): &(u32, u32, Doubt)| {
        let decided = || apart.are_decided_two(&groups.members(*left), &groups.members(*right));
        groups.find(*left) != groups.find(*right) && (*why == Doubt::Decision || !decided())
    };
    let mut doubtful: Vec<Doubtful> = judged
        .doubts
        .into_iter()
        .filter(is_open)
        .map(|(left, right, why)| Doubtful {
            left: units.rows(left as usize)[0] as usize,
            right: units.rows(right as usize)[0] as usize,
            why,
        })
        .collect();
    doubtful.sort_unstable();
    doubtful.dedup_by_key(|doubtful| (doubtful.left, doubtful.right));
    let (people, person_of_unit) = groups.into_people();
    Ok(United {
        unit_of_row: units.of_rows(rows.len()),
        units,
        people,
        person_of_unit,
        joins,
        doubtful,
        shared_own_ids,
        decisions_not_followed,
    })
}

/// How many pairs of one person a file has beyond doubt, or nearly: what the rules joined, and what agrees on names and birth date.
fn agreed(joins: &BTreeMap<Reason, usize>, doubts: &[(u32, u32, Doubt)], groups: &Groups) -> usize {
    let joined = joins.iter().filter(|(reason, _)| **reason != Reason::OwnId);
    let nearly = doubts.iter().filter(|(left, right, why)| {
        let nearly = matches!(
            why,
            Doubt::BirthMissing | Doubt::FirstNameUnsure | Doubt::Unconfirmed
        );
        nearly && groups.find(*left) != groups.find(*right)
    });
    joined.map(|(_, count)| count).sum::<usize>() + nearly.count()
}

/// What evidence leaves in doubt, of every two people once, and not when the rules ask about the same two. Evidence is about people, whose
/// first rows are others when the file is in another order, so two rounds may name one doubt by different rows.
fn asked_once(
    mut weighed: Vec<(u32, u32, Doubt)>,
    by_rules: &[(u32, u32, Doubt)],
    groups: &Groups,
    prints: &[u64],
) -> Vec<(u32, u32, Doubt)> {
    let people = |left: u32, right: u32| {
        let (one, other) = (groups.find(left), groups.find(right));
        (one.min(other), one.max(other))
    };
    let asked: BTreeSet<(u32, u32)> = by_rules.iter().map(|&(l, r, _)| people(l, r)).collect();
    weighed.retain(|&(left, right, _)| !asked.contains(&people(left, right)));
    weighed.sort_unstable_by_key(|&(left, right, why)| {
        let (one, other) = (prints[left as usize], prints[right as usize]);
        (
            people(left, right),
            why,
            one.min(other),
            one.max(other),
            left,
            right,
        )
    });
    weighed.dedup_by_key(|&mut (left, right, _)| people(left, right));
    weighed
}

/// Joins what all evidence together says, round after round, and gives what it leaves in doubt.
fn by_evidence(
    rows: &Rows,
    groups: &mut Groups,
    (care, sure): (Care, usize),
    step: &dyn Fn(&str),
    (briefs, apart, prints, twins): (&Briefs, &Apart, &[u64], &[(u32, u32)]),
    joins: &mut BTreeMap<Reason, usize>,
) -> Result<Vec<(u32, u32, Doubt)>, Error> {
    let mut doubts = Vec::new();
    if care == Care::Rules {
        return Ok(doubts);
    }
    let memo = Memo::new();
    let lesson = "Learning how people agree with themselves";
    step(lesson);
    let alone = Groups::new(briefs.units.len());
    let units = People::of(briefs, &alone, apart, care, prints, twins);
    let Some(mut model) = learn(rows, &units, &memo, &Way::new(step, lesson))? else {
        return Ok(doubts);
    };
    if care.is_for_release() {
        model.believe_at_most(PAIRS_A_SURE_ONE * sure as f64 + 0.5);
    }
    let by_rules = groups.clone();
    let before = Before::of(People::of(briefs, &by_rules, apart, care, prints, twins));
    // In a later round only people who came together in the round before say something new.
    let mut changed: Option<BTreeSet<u32>> = None;
    for round in 1..=ROUNDS {
        let round_of = format!("Weighing what people have in common, round {round}");
        step(&round_of);
        let weighed = weigh(
            rows,
            (
                &before,
                &People::of(briefs, groups, apart, care, prints, twins),
            ),
            &memo,
            &model,
            &Way::new(step, round_of),
            |first| {
                changed
                    .as_ref()
                    .is_none_or(|changed| changed.contains(&first))
            },
        )?;
        let last = weighed.joins.is_empty() || round == ROUNDS;
        for (left, right) in &weighed.joins {
            groups.join(*left, *right);
            *joins.entry(Reason::Evidence).or_default() += 1;
        }
        let joined = weighed.joins.iter().map(|(left, _)| groups.find(*left));
        changed = Some(joined.collect());
        doubts.extend(weighed.doubts);
        if last {
            break;
        }
    }
    Ok(doubts)
}

/// Compares all units that share something.
fn compare(rows: &Rows, briefs: &Briefs, way: &Way<'_>) -> Result<Judged, Error> {
    let mut judged = Judged::default();
    let (units, values) = (&briefs.units, &briefs.values);
    let shelves = Shelves::fill(
        rows,
        units.len(),
        |unit| &units[unit as usize],
        |unit| shared_things(values, unit),
    )?;
    shelves.pairs(
        rows,
        units.len(),
        |_| LARGEST_GROUP,
        way,
        |pairs| {
            let verdicts: Vec<(Verdict, bool)> = pairs
                .par_iter()
                .map(|&[left, right]: &Pair| {
                    let two = briefs.two(left, right);
                    let verdict = judge(two);
                    let forbidden = matches!(verdict, Verdict::One(_)) && never_one(two);
                    (verdict, forbidden)
                })
                .collect();
            for (&[left, right], (verdict, forbidden)) in pairs.iter().zip(verdicts) {
                match verdict {
                    Verdict::One(reason) => {
                        judged.verdicts.push((reason, left, right, forbidden));
                    }
                    Verdict::Doubt(why) => judged.doubts.push((left, right, why)),
                    Verdict::Two => {}
                }
            }
            Ok(())
        },
    )?;
    Ok(judged)
}
