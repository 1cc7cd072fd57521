//! Bringing the rows of one person together inside one custodian, in the clear, on its own machine.
//!
//! A council knows a child from the school census and from the homelessness register. Both rows must leave as one record: the
//! linkage unit would otherwise have to find out again, with codes, what the council can see, and match keys that two records of
//! one file share are not released at all.
//!
//! Rows with one own id are one person, unless they are clearly several: a spreadsheet's fill-down gives a whole class one number.
//! Such rows stay apart, and the own id is listed, so that nothing is sent before it is put right. Beyond that, rows come together only on strong agreement, and never twins (the same
//! family and birth date, clearly different first names), never two verified NHS numbers, never a record that must not be linked.
//! What is nearly but not quite enough is listed for the custodian as doubtful, by line number alone.

mod candidates;
mod judge;
#[cfg(test)]
mod tests;

use crate::people::PersonRow;
use candidates::candidates;
use judge::{Verdict, clearly_two, judge, never_one};
use kinfold_identity::Person;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Why two rows are one person, strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The same own id in the same source.
    OwnId,
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
}

/// Why two rows that nearly agree are left apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Doubt {
    /// The same family name, birth date and address, but clearly different first names.
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

/// The rows of one person.
#[derive(Clone, Debug)]
pub struct UnitedPerson {
    /// Indices of the rows, ascending.
    pub rows: Vec<usize>,
    /// What the rows say together.
    pub person: Person,
}

/// All people of a custodian.
#[derive(Clone, Debug)]
pub struct United {
    /// Each person once, in the order of their first rows.
    pub people: Vec<UnitedPerson>,
    /// How many joins each reason made.
    pub joins: BTreeMap<Reason, usize>,
    /// Pairs left apart that are worth a look, sorted.
    pub doubtful: Vec<Doubtful>,
    /// Own ids that several people share, in the order of their first rows. Nothing may be sent while there is one: nobody can
    /// tell whose the events of such an id are.
    pub shared_own_ids: Vec<SharedOwnId>,
}

/// Brings together the rows that are one person.
pub fn unite(rows: &[PersonRow]) -> United {
    let ByOwnId {
        units,
        rows: unit_rows,
        shared: shared_own_ids,
    } = by_own_id(rows);
    let own_id_joins = rows.len() - units.len();
    let mut verdicts: Vec<(Reason, usize, usize)> = Vec::new();
    let mut doubts: Vec<(usize, usize, Doubt)> = Vec::new();
    let judged: Vec<(usize, usize, Verdict)> = candidates(&units)
        .into_par_iter()
        .map(|(left, right)| (left, right, judge(&units[left], &units[right])))
        .collect();
    for (left, right, verdict) in judged {
        match verdict {
            Verdict::One(reason) => verdicts.push((reason, left, right)),
            Verdict::Doubt(why) => doubts.push((left, right, why)),
            Verdict::Two => {}
        }
    }
    verdicts.sort_unstable();
    let mut groups = Groups::new(units.len());
    let mut joins = BTreeMap::new();
    if own_id_joins > 0 {
        joins.insert(Reason::OwnId, own_id_joins);
    }
    for (reason, left, right) in verdicts {
        if groups.find(left) == groups.find(right) {
            continue;
        }
        let clash = groups.members(left).iter().any(|one| {
            groups
                .members(right)
                .iter()
                .any(|other| never_one(&units[*one], &units[*other]))
        });
        if clash {
            doubts.push((left, right, Doubt::Chain));
        } else {
            groups.join(left, right);
            *joins.entry(reason).or_default() += 1;
        }
    }
    doubts.retain(|(left, right, _)| groups.find(*left) != groups.find(*right));
    let mut doubtful: Vec<Doubtful> = doubts
        .into_iter()
        .map(|(left, right, why)| Doubtful {
            left: unit_rows[left][0],
            right: unit_rows[right][0],
            why,
        })
        .collect();
    doubtful.sort_unstable();
    let mut units: Vec<Option<Person>> = units.into_iter().map(Some).collect();
    let mut people = Vec::new();
    for list in groups.into_lists() {
        let mut united = UnitedPerson {
            rows: Vec::new(),
            person: Person::default(),
        };
        for unit in list {
            united.rows.extend(&unit_rows[unit]);
            united
                .person
                .merge(units[unit].take().expect("a unit is in one group"));
        }
        united.rows.sort_unstable();
        people.push(united);
    }
    United {
        people,
        joins,
        doubtful,
        shared_own_ids,
    }
}

/// The rows after the first step.
struct ByOwnId {
    /// Rows of one own id in one source, merged; rows of an own id that several people share, each alone.
    units: Vec<Person>,
    /// The indices of each unit's rows.
    rows: Vec<Vec<usize>>,
    /// The own ids that several people share.
    shared: Vec<SharedOwnId>,
}

/// Brings together the rows with one own id in one source, unless they are clearly of several people.
fn by_own_id(rows: &[PersonRow]) -> ByOwnId {
    let mut position: BTreeMap<(usize, &str), usize> = BTreeMap::new();
    let mut lists: Vec<Vec<usize>> = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let list = *position
            .entry((row.source, row.own_id.expose()))
            .or_insert_with(|| {
                lists.push(Vec::new());
                lists.len() - 1
            });
        lists[list].push(index);
    }
    let mut found = ByOwnId {
        units: Vec::new(),
        rows: Vec::new(),
        shared: Vec::new(),
    };
    for list in lists {
        if several_people(rows, &list) {
            for index in &list {
                found.units.push(rows[*index].person.clone());
                found.rows.push(vec![*index]);
            }
            found.shared.push(SharedOwnId { rows: list });
        } else {
            found.units.push(together(rows, &list));
            found.rows.push(list);
        }
    }
    found
}

/// Whether any two of some rows are clearly two people.
fn several_people(rows: &[PersonRow], indices: &[usize]) -> bool {
    // A person with many rows has few ways to be written, so only those are compared.
    let mut seen: Vec<&Person> = Vec::new();
    for index in indices {
        let person = &rows[*index].person;
        let known = seen.iter().any(|other| {
            other.first_names == person.first_names
                && other.middle_names == person.middle_names
                && other.family_names == person.family_names
                && other.births == person.births
        });
        if known {
            continue;
        }
        if seen.iter().any(|other| clearly_two(other, person)) {
            return true;
        }
        seen.push(person);
    }
    false
}

/// What some rows say together.
fn together(rows: &[PersonRow], indices: &[usize]) -> Person {
    let mut person = Person::default();
    for index in indices {
        person.merge(rows[*index].person.clone());
    }
    person
}

/// Disjoint groups of units; small ones, so members are kept as lists.
struct Groups {
    group: Vec<usize>,
    members: Vec<Vec<usize>>,
}

impl Groups {
    fn new(units: usize) -> Self {
        Self {
            group: (0..units).collect(),
            members: (0..units).map(|unit| vec![unit]).collect(),
        }
    }

    fn find(&self, unit: usize) -> usize {
        self.group[unit]
    }

    fn members(&self, unit: usize) -> &[usize] {
        &self.members[self.group[unit]]
    }

    fn join(&mut self, left: usize, right: usize) {
        let (keep, give) = (
            self.find(left).min(self.find(right)),
            self.find(left).max(self.find(right)),
        );
        let moved = std::mem::take(&mut self.members[give]);
        for unit in &moved {
            self.group[*unit] = keep;
        }
        self.members[keep].extend(moved);
    }

    /// The groups in the order of their first unit, each sorted.
    fn into_lists(self) -> impl Iterator<Item = Vec<usize>> {
        self.members
            .into_iter()
            .filter(|list| !list.is_empty())
            .map(|mut list| {
                list.sort_unstable();
                list
            })
    }
}
