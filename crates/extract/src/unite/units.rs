//! Units: the rows of one own id in one source, or single rows of an own id that several people share.

use super::brief::{Brief, List};
use super::compare::Two;
use super::judge::clearly_two;
use super::values::Values;
use super::{ROWS_AT_ONCE, SharedOwnId};
use crate::error::Error;
use crate::rows::Rows;
use kinfold_identity::{Person, PersonRows};

/// Lists of numbers, one after another.
#[derive(Default)]
pub(super) struct Lists {
    /// Where each list ends.
    ends: Vec<u32>,
    numbers: Vec<u32>,
}

impl Lists {
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn get(&self, list: usize) -> &[u32] {
        let start = list.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.numbers[start as usize..self.ends[list] as usize]
    }

    fn add(&mut self, numbers: &[u32]) {
        self.numbers.extend(numbers);
        self.ends.push(self.numbers.len() as u32);
    }

    /// The numbers from 0 on, each in the list that is named for it, ascending.
    pub(super) fn by(list_of: &[u32], lists: usize) -> Self {
        let mut ends = vec![0_u32; lists];
        for list in list_of {
            ends[*list as usize] += 1;
        }
        let mut start = 0;
        for end in &mut ends {
            start += std::mem::replace(end, start);
        }
        // Each end begins as the start of its list and moves to the end as the list is filled.
        let mut numbers = vec![0; list_of.len()];
        for (number, list) in list_of.iter().enumerate() {
            let end = &mut ends[*list as usize];
            numbers[*end as usize] = number as u32;
            *end += 1;
        }
        Self { ends, numbers }
    }
}

/// The rows after the first step.
pub(super) struct Units(Lists);

impl Units {
    /// Brings together the rows with one own id in one source, unless they are clearly of several people.
    pub(super) fn by_own_id(
        rows: &Rows,
        values: &mut Values,
    ) -> Result<(Self, Vec<SharedOwnId>), Error> {
        // The first row of each list, and where the list is among the rows by own id.
        let mut lists: Vec<&[u32]> = rows.by_own_id().collect();
        lists.sort_unstable_by_key(|list| list[0]);
        let shared = several_people(rows, &lists, values)?;
        let mut shared = shared.into_iter().peekable();
        let mut units = Lists::default();
        let mut shared_own_ids = Vec::new();
        for (at, list) in lists.into_iter().enumerate() {
            if shared.next_if_eq(&at).is_some() {
                for row in list {
                    units.add(&[*row]);
                }
                shared_own_ids.push(SharedOwnId {
                    rows: list.iter().map(|row| *row as usize).collect(),
                });
            } else {
                units.add(list);
            }
        }
        Ok((Self(units), shared_own_ids))
    }

    /// The rows of a unit, ascending.
    pub(super) fn rows(&self, unit: usize) -> &[u32] {
        self.0.get(unit)
    }

    /// The unit of each row.
    pub(super) fn of_rows(&self, rows: usize) -> Vec<u32> {
        let mut units = vec![0; rows];
        for unit in 0..self.len() {
            for row in self.rows(unit) {
                units[*row as usize] = unit as u32;
            }
        }
        units
    }
}

impl Units {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// What some of them say, in the order in which they are asked for.
    pub(super) fn load(&self, rows: &Rows, units: &[u32]) -> Result<Vec<Person>, Error> {
        let mut people: Vec<PersonRows> = Vec::with_capacity(units.len());
        let mut wanted: Vec<u32> = Vec::new();
        // The place among the people of each wanted row.
        let mut places: Vec<usize> = Vec::new();
        for (place, unit) in units.iter().enumerate() {
            people.push(PersonRows::default());
            for row in self.rows(*unit as usize) {
                wanted.push(*row);
                places.push(place);
                if wanted.len() >= ROWS_AT_ONCE {
                    merge(rows, &mut wanted, &mut places, &mut people)?;
                }
            }
        }
        merge(rows, &mut wanted, &mut places, &mut people)?;
        Ok(people.into_iter().map(PersonRows::together).collect())
    }
}

/// Adds what some rows say to the people at their places.
fn merge(
    rows: &Rows,
    wanted: &mut Vec<u32>,
    places: &mut Vec<usize>,
    people: &mut [PersonRows],
) -> Result<(), Error> {
    for (row, place) in rows.load(wanted)?.into_iter().zip(places.drain(..)) {
        let seen = row.seen();
        people[place].add(row.person, seen);
    }
    wanted.clear();
    Ok(())
}

/// The lists of rows of which any two are clearly two people, ascending.
fn several_people(rows: &Rows, lists: &[&[u32]], values: &mut Values) -> Result<Vec<usize>, Error> {
    let mut found = Vec::new();
    let several = (0..lists.len()).filter(|list| lists[*list].len() > 1);
    let several: Vec<usize> = several.collect();
    let mut first = 0;
    while first < several.len() {
        let mut last = first;
        let mut wanted = 0;
        while last < several.len() && (last == first || wanted < ROWS_AT_ONCE) {
            wanted += lists[several[last]].len();
            last += 1;
        }
        let part = &several[first..last];
        if let [list] = part {
            // Perhaps a fill-down over the whole file.
            if has_several_people(rows, lists[*list], values)? {
                found.push(*list);
            }
        } else {
            let numbers: Vec<u32> = part.iter().flat_map(|list| lists[*list]).copied().collect();
            let mut loaded = rows.load(&numbers)?.into_iter().map(|row| row.person);
            for list in part {
                let own = loaded.by_ref().take(lists[*list].len());
                let own: Vec<Brief> = own.map(|person| Brief::of(&person, values)).collect();
                let mut seen = Ways::default();
                if own.into_iter().any(|person| seen.add(values, person)) {
                    found.push(*list);
                }
            }
        }
        first = last;
    }
    Ok(found)
}

fn has_several_people(rows: &Rows, list: &[u32], values: &mut Values) -> Result<bool, Error> {
    let mut seen = Ways::default();
    for part in list.chunks(ROWS_AT_ONCE) {
        for row in rows.load(part)? {
            let person = Brief::of(&row.person, values);
            if seen.add(values, person) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// The ways in which a person was written so far. A person with many rows has few, so only those are compared.
#[derive(Default)]
struct Ways(Vec<Brief>);

impl Ways {
    /// Adds a way, and says whether it is clearly another person than one before.
    fn add(&mut self, values: &Values, person: Brief) -> bool {
        let lists = [List::First, List::Middle, List::Family, List::Birth];
        let known = self.0.iter().any(|other| {
            let same = |list: &List| other.list(*list) == person.list(*list);
            lists.iter().all(same)
        });
        if known {
            return false;
        }
        let two = |other| {
            clearly_two(Two {
                values,
                left: other,
                right: &person,
            })
        };
        if self.0.iter().any(two) {
            return true;
        }
        self.0.push(person);
        false
    }
}
