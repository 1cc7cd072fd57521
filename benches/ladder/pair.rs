//! Two files of people with truth, and the values of a key in them.

use std::collections::{BTreeMap, BTreeSet};

use kinfold_encoding::PlainValues;
use kinfold_identity::Person;
use kinfold_schema::Schema;

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

    /// Mean number of people in a file.
    pub fn size(&self) -> f64 {
        (self.files[0].len() + self.files[1].len()) as f64 / 2.0
    }
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
