//! What a custodian decided about doubtful pairs: a table of pairs of own ids, each one person or two.
//!
//! The table is the list of doubtful pairs that `kinfold check` writes, with its last column filled in. Own ids and not lines are what it
//! goes by, so that it serves the next extract too.

use crate::error::Error;
use crate::mapping::Mapping;
use crate::rows::Rows;
use crate::sheet::{Sheet, Told};
use std::path::Path;

/// A decided pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DecidedPair {
    /// A row of each of the two own ids.
    pub(crate) rows: [u32; 2],
    /// One person, or two.
    pub(crate) is_one: bool,
}

/// What a custodian decided.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decided {
    pub(crate) pairs: Vec<DecidedPair>,
    /// Lines whose own ids no people file has.
    pub unknown: usize,
}

/// The columns that are read; the list has others for the reader.
const COLUMNS: [&str; 5] = [
    "source",
    "own_id",
    "other_source",
    "other_own_id",
    "decision",
];

impl Decided {
    /// Reads a table of decisions. A line without a decision is none.
    ///
    /// # Errors
    /// A file that cannot be read, a column that is not there, a source that the mapping does not list, a decision that is neither `one` nor
    /// `two`, a pair of one own id.
    pub(crate) fn read(path: &Path, mapping: &Mapping, rows: &Rows) -> Result<Self, Error> {
        let told = Told {
            header_line: Some(1),
            ..Told::default()
        };
        let sheet = Sheet::read(path, &told)?;
        Self::of_sheet(&sheet, mapping, rows).map_err(|error| error.in_file(path))
    }

    fn of_sheet(sheet: &Sheet, mapping: &Mapping, rows: &Rows) -> Result<Self, Error> {
        let mut columns = [0; COLUMNS.len()];
        for (column, name) in columns.iter_mut().zip(COLUMNS) {
            *column = sheet.column(name).ok_or_else(|| Error::Column {
                column: name.to_owned(),
                found: sheet.columns().to_vec(),
            })?;
        }
        let mut decided = Self::default();
        for row in 0..sheet.rows() {
            let [source, own_id, other_source, other_own_id, decision] =
                columns.map(|column| sheet.cell(row, column).trim());
            let wrong = |what: &'static str| Error::Decision {
                what,
                line: sheet.line(row),
            };
            let is_one = match decision.to_ascii_lowercase().as_str() {
                "" => continue,
                "one" => true,
                "two" => false,
                _ => return Err(wrong("the decision is neither `one` nor `two`")),
            };
            let number = |source: &str| {
                let mut people = mapping.people.iter();
                let found = people.position(|input| input.source == source);
                found.ok_or_else(|| wrong("no people source of the mapping has this name"))
            };
            let pair = [
                rows.find(number(source)?, own_id),
                rows.find(number(other_source)?, other_own_id),
            ];
            match pair {
                [Some(left), Some(right)] if left == right => {
                    return Err(wrong("both own ids are the same one"));
                }
                [Some(left), Some(right)] => decided.pairs.push(DecidedPair {
                    rows: [left, right],
                    is_one,
                }),
                _ => decided.unknown += 1,
            }
        }
        Ok(decided)
    }

    /// Number of decisions about own ids that there are.
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Whether nothing was decided.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }
}
