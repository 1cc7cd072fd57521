//! What is wrong with records, grouped and counted, without any value.

use std::collections::BTreeMap;

/// The rule that a cell or a row breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// The row has another number of cells than the schema has features.
    CellCount {
        /// Number of cells found.
        found: u32,
    },
    /// Fewer characters than `minLength`.
    TooShort,
    /// More characters than `maxLength`.
    TooLong,
    /// Letters that are not upper case.
    NotUpper,
    /// Letters that are not lower case.
    NotLower,
    /// The pattern does not match the whole value.
    Pattern,
    /// The pattern needs too many steps for the value.
    PatternTooSlow,
    /// Not a whole number.
    NotInteger,
    /// Less than `minimum`.
    TooSmall,
    /// More than `maximum`.
    TooGreat,
    /// Not a date of the format.
    NotDate,
    /// Not among the values of the enum.
    NotListed,
    /// Characters beyond ASCII where the encoding is ASCII.
    NotAscii,
    /// The numeric comparison needs a finite number.
    NotNumber,
    /// The numeric comparison gets numbers of more than 4,300 digits.
    TooManyDigits,
}

impl Rule {
    /// Short stable name, for programs.
    pub fn name(self) -> &'static str {
        match self {
            Self::CellCount { .. } => "cell-count",
            Self::TooShort => "too-short",
            Self::TooLong => "too-long",
            Self::NotUpper => "not-upper-case",
            Self::NotLower => "not-lower-case",
            Self::Pattern => "pattern",
            Self::PatternTooSlow => "pattern-too-slow",
            Self::NotInteger => "not-integer",
            Self::TooSmall => "below-minimum",
            Self::TooGreat => "above-maximum",
            Self::NotDate => "not-date",
            Self::NotListed => "not-listed",
            Self::NotAscii => "not-ascii",
            Self::NotNumber => "not-number",
            Self::TooManyDigits => "too-many-digits",
        }
    }

    /// What one value or several do, in words, after "3 values of a column".
    pub fn words(self, one: bool) -> &'static str {
        let (singular, plural) = match self {
            Self::CellCount { .. } => (
                "has the wrong number of cells",
                "have the wrong number of cells",
            ),
            Self::TooShort => (
                "is shorter than `minLength`",
                "are shorter than `minLength`",
            ),
            Self::TooLong => ("is longer than `maxLength`", "are longer than `maxLength`"),
            Self::NotUpper => ("is not in upper case", "are not in upper case"),
            Self::NotLower => ("is not in lower case", "are not in lower case"),
            Self::Pattern => ("does not match `pattern`", "do not match `pattern`"),
            Self::PatternTooSlow => (
                "makes `pattern` take too many steps",
                "make `pattern` take too many steps",
            ),
            Self::NotInteger => ("is not a whole number", "are not whole numbers"),
            Self::TooSmall => ("is less than `minimum`", "are less than `minimum`"),
            Self::TooGreat => ("is more than `maximum`", "are more than `maximum`"),
            Self::NotDate => (
                "is not a date of the `format`",
                "are not dates of the `format`",
            ),
            Self::NotListed => ("is not among the `values`", "are not among the `values`"),
            Self::NotAscii => (
                "has characters beyond `ascii`",
                "have characters beyond `ascii`",
            ),
            Self::NotNumber => (
                "is not a number that can be compared",
                "are not numbers that can be compared",
            ),
            Self::TooManyDigits => (
                "is too large for the numeric comparison",
                "are too large for the numeric comparison",
            ),
        };
        if one { singular } else { plural }
    }
}

/// Where a row stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Number of the record; the first one after the header is 1.
    pub row: u64,
    /// Line in the file on which it begins, counted from 1.
    pub line: u64,
}

/// All that breaks one rule in one column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Index of the column; nothing if the whole row is concerned.
    pub column: Option<usize>,
    /// The rule.
    pub rule: Rule,
    /// How often.
    pub count: u64,
    /// The first few rows.
    pub places: Vec<Place>,
}

/// As many rows are named of each finding.
const NAMED: usize = 5;
/// As many different findings are kept apart; a file with more kinds of wrong rows is simply not the right file.
const KINDS: usize = 1_000;

/// Findings of a file or of a part of it.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    kinds: BTreeMap<(Option<usize>, Rule), (u64, Vec<Place>)>,
    left_out: u64,
}

impl Findings {
    /// Notes one; the place is asked for only if it will be named.
    pub fn note(&mut self, column: Option<usize>, rule: Rule, place: impl FnOnce() -> Place) {
        if self.kinds.len() >= KINDS && !self.kinds.contains_key(&(column, rule)) {
            self.left_out += 1;
            return;
        }
        let (count, places) = self.kinds.entry((column, rule)).or_default();
        *count += 1;
        if places.len() < NAMED {
            places.push(place());
        }
    }

    /// Adds the findings of the next part, whose first row follows on `row` rows and `line` lines.
    pub fn append(&mut self, next: Self, row: u64, line: u64) {
        self.left_out += next.left_out;
        for ((column, rule), (count, places)) in next.kinds {
            if self.kinds.len() >= KINDS && !self.kinds.contains_key(&(column, rule)) {
                self.left_out += count;
                continue;
            }
            let (all, named) = self.kinds.entry((column, rule)).or_default();
            *all += count;
            let moved = places.into_iter().map(|place| Place {
                row: place.row + row,
                line: place.line + line,
            });
            named.extend(moved);
            // Within a part, columns are looked at one after the other: the rows of a finding can come in another order.
            named.sort_unstable();
            named.truncate(NAMED);
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// All of them: whole rows first, then by column and rule.
    pub fn list(&self) -> Vec<Finding> {
        let mut list = Vec::with_capacity(self.kinds.len());
        for (&(column, rule), (count, places)) in &self.kinds {
            list.push(Finding {
                column,
                rule,
                count: *count,
                places: places.clone(),
            });
        }
        list
    }

    /// How many there are, rows and cells together.
    pub fn count(&self) -> u64 {
        self.left_out + self.kinds.values().map(|(count, _)| count).sum::<u64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_put_together_with_the_right_rows() {
        let note = |rows: &[u64]| {
            let mut findings = Findings::default();
            for &row in rows {
                findings.note(Some(1), Rule::TooLong, || Place { row, line: row + 1 });
            }
            findings
        };
        let mut all = note(&[2, 3]);
        all.append(note(&[1, 2, 3, 4, 5, 6]), 10, 12);
        let list = all.list();
        assert_eq!(list.len(), 1);
        assert_eq!((list[0].count, all.count()), (8, 8));
        let rows: Vec<u64> = list[0].places.iter().map(|place| place.row).collect();
        assert_eq!(rows, [2, 3, 11, 12, 13]);
        assert_eq!(list[0].places[2].line, 14);
    }
}
