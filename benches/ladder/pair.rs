//! Two files of people with truth, and the values of a key in them.

use std::collections::{BTreeMap, BTreeSet};

use kinfold_encoding::PlainValues;
use kinfold_identity::{Names, Person, read_family_names};
use kinfold_schema::{Recipe, Schema};

use crate::pool::with_keys;

/// Two custodians' files.
pub struct Pair {
    /// What it is called in tables.
    pub name: String,
    /// The people of each file.
    pub files: [Vec<Person>; 2],
    /// Rows of both files that are the same person, in order of the first.
    pub mates: Vec<(u32, u32)>,
    /// For each file and row one of four parts of the population: a person is in the same part in both files.
    pub quarters: [Vec<u8>; 2],
    /// Rows that were left out because their person has an earlier row in the same file.
    pub repeated: usize,
}

impl Pair {
    /// From people with the names of their true selves. Of a person's rows in one file the first counts: a custodian brings those together
    /// before encoding.
    pub fn new(name: &str, files: [Vec<(u64, Person)>; 2]) -> Self {
        let [left, right] = files.map(once_each);
        let repeated = left.2 + right.2;
        let selves = [left.0, right.0];
        let files = [left.1, right.1];
        let second: BTreeMap<u64, u32> = selves[1].iter().copied().zip(0..).collect();
        let mates = selves[0]
            .iter()
            .zip(0..)
            .filter_map(|(id, row)| Some((row, *second.get(id)?)))
            .collect();
        let quarters = selves.map(|ids| ids.iter().map(|id| (mixed(*id) >> 62) as u8).collect());
        Self {
            name: name.to_owned(),
            files,
            mates,
            quarters,
            repeated,
        }
    }

    /// The same files with one fact of four in five records missing or wrong, drawn by a hash of file and row: what a register may be like that
    /// none of the sets is. A ladder that is good here as well does not rest on facts that happen to be complete.
    pub fn damaged(&self) -> Self {
        let mut number = 0;
        let files = self.files.each_ref().map(|file| {
            number += 1;
            let damage = |(person, row): (&Person, u64)| damaged(person, mixed(row << 1 | number));
            file.iter().zip(0..).map(damage).collect()
        });
        Self {
            name: format!("{} damaged", self.name),
            files,
            mates: self.mates.clone(),
            quarters: self.quarters.clone(),
            repeated: self.repeated,
        }
    }

    /// Mean number of people in a file.
    pub fn size(&self) -> f64 {
        (self.files[0].len() + self.files[1].len()) as f64 / 2.0
    }
}

/// A person with one thing missing or wrong, or nothing.
fn damaged(person: &Person, draw: u64) -> Person {
    let mut person = person.clone();
    // A letter is lost somewhere behind the first: beginnings are rarely mistyped.
    let shorter = |name: &str| {
        let at = 1 + (draw >> 32) as usize % name.len().max(2);
        let letters = name.char_indices().filter(|(place, _)| *place != at);
        letters.map(|(_, letter)| letter).collect::<String>()
    };
    match draw % 10 {
        0 => person.first_names = Names::default(),
        1 => person.family_names.clear(),
        2 => person.births.clear(),
        3 => person.addresses.clear(),
        4 => (person.birth_place, person.sex) = (None, None),
        5 => {
            for name in person.first_names.iter_mut() {
                *name = shorter(name);
            }
        }
        6 => {
            for name in std::mem::take(&mut person.family_names) {
                let read = read_family_names(&shorter(&name.whole));
                person.family_names.extend(read.unwrap_or_default());
            }
        }
        7 => {
            for birth in &mut person.births {
                match draw >> 32 & 1 {
                    0 => birth.year += 1,
                    _ => birth.day = birth.day.map(|day| day % 28 + 1),
                }
            }
        }
        _ => {}
    }
    person
}

/// The first row of every person: names of true selves, people, and how many rows were left out.
fn once_each(file: Vec<(u64, Person)>) -> (Vec<u64>, Vec<Person>, usize) {
    let rows = file.len();
    let mut seen = BTreeSet::new();
    let first = file.into_iter().filter(|(id, _)| seen.insert(*id));
    let (ids, people): (Vec<u64>, Vec<Person>) = first.unzip();
    let repeated = rows - ids.len();
    (ids, people, repeated)
}

/// Spreads the bits of a number (the finaliser of SplitMix64): which part a person is in, and which people a sample keeps.
pub fn mixed(number: u64) -> u64 {
    kinfold_benches::Words(number).next().unwrap_or(0)
}

/// The share of true pairs whose two records are both encoded: no ladder reaches more.
pub fn encoded_share(pair: &Pair, schema: &Schema) -> f64 {
    let facts = ["F", "L", "Fi", "Li", "MI", "Y", "PD", "SW", "H", "PB", "SX"];
    let recipes: Vec<Recipe> = facts.iter().filter_map(|fact| fact.parse().ok()).collect();
    let schema = with_keys(schema, &recipes);
    let encoded = pair.files.each_ref().map(|people| {
        let mut encoded = vec![false; people.len()];
        for column in columns(&schema, people) {
            for row in column.rows {
                encoded[row as usize] = true;
            }
        }
        encoded
    });
    let both =
        |(left, right): &&(u32, u32)| encoded[0][*left as usize] && encoded[1][*right as usize];
    pair.mates.iter().filter(both).count() as f64 / pair.mates.len() as f64
}

/// The values of one key in one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Column {
    /// Values, row after row, the most worthy of a row first.
    pub values: Vec<u64>,
    /// The row of each value.
    pub rows: Vec<u32>,
}

/// The values of a schema's keys in a file.
pub fn columns(schema: &Schema, people: &[Person]) -> Vec<Column> {
    let mut columns = vec![Column::default(); schema.keys.len()];
    let mut reader = PlainValues::new(schema);
    for (person, row) in people.iter().zip(0..) {
        reader.read(person, |key, value| {
            columns[key].values.push(value);
            columns[key].rows.push(row);
        });
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;
    use kinfold_identity::{BirthDate, read_given_names};

    fn person(first: &str, year: u16) -> Person {
        let mut person = Person::default();
        person.add_given_names(read_given_names(first).unwrap());
        if year > 0 {
            person.births.push(BirthDate {
                year,
                month: None,
                day: None,
            });
        }
        person
    }

    #[test]
    fn a_person_counts_once_in_a_file_and_stands_in_one_quarter() {
        let a = vec![
            (7, person("ANNA", 1980)),
            (7, person("ANN", 1980)),
            (8, person("BEN", 1990)),
        ];
        let b = vec![(8, person("BEN", 0)), (7, person("ANNA", 1980))];
        let pair = Pair::new("hand", [a, b]);
        assert_eq!((pair.repeated, pair.files[0].len()), (1, 2));
        assert_eq!(pair.mates, [(0, 1), (1, 0)]);
        assert_eq!(pair.quarters[0][0], pair.quarters[1][1]);
        // A first name alone makes no record.
        assert_eq!(encoded_share(&pair, &Schema::standard()), 0.5);
    }

    #[test]
    fn damage_changes_most_people_in_one_thing() {
        let file = |from: u64| {
            (from..from + 400)
                .map(|n| (n, person("MARGARET", 1980)))
                .collect()
        };
        let pair = Pair::new("hand", [file(0), file(0)]);
        let damaged = pair.damaged();
        let changed = |file: usize| {
            let both = pair.files[file].iter().zip(&damaged.files[file]);
            let unlike =
                both.filter(|(a, b)| a.first_names != b.first_names || a.births != b.births);
            unlike.count()
        };
        // No first name, no birth date, a letter or a date wrong: four of ten draws, on these people's facts.
        assert!((100..220).contains(&changed(0)), "{}", changed(0));
        assert_ne!(
            damaged.files[0]
                .iter()
                .map(|p| p.births.len())
                .collect::<Vec<_>>(),
            damaged.files[1]
                .iter()
                .map(|p| p.births.len())
                .collect::<Vec<_>>()
        );
    }
}
