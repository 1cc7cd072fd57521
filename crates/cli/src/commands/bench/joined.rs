//! Values that a table holds in several columns: a date in three, a street and its number in two.
//!
//! To whom reads a row each is one more cell, at a position after those of the table.

use csv::StringRecord;
use zeroize::Zeroizing;

/// The role of birth dates.
const BIRTH_DATE: &str = "birth_date";
/// What stands for the day or month that a date lacks.
const NOT_KNOWN: &str = "??";

/// The columns that `--column FIELD=COLUMN+COLUMN` names. A column that has a plus in its own name is one.
pub(super) fn split<'a>(columns: &'a str, headers: &StringRecord) -> Vec<&'a str> {
    if headers.iter().any(|header| header == columns) {
        return vec![columns];
    }
    columns.split('+').map(str::trim).collect()
}

/// The joined cells of a table.
pub(super) struct Joined {
    /// Columns of the table.
    width: usize,
    /// Role and columns of each joined cell.
    cells: Vec<(&'static str, Vec<usize>)>,
}

impl Joined {
    /// None yet, for a table of so many columns.
    pub(super) fn after(width: usize) -> Self {
        Self {
            width,
            cells: Vec::new(),
        }
    }

    /// The position of a value in these columns.
    pub(super) fn position(&mut self, role: &'static str, columns: Vec<usize>) -> usize {
        if let [one] = columns[..] {
            return one;
        }
        self.cells.push((role, columns));
        self.width + self.cells.len() - 1
    }

    /// Whether a column of the table is part of a joined cell.
    pub(super) fn reads(&self, column: usize) -> bool {
        self.cells
            .iter()
            .any(|(_, columns)| columns.contains(&column))
    }

    /// The cells of a row.
    pub(super) fn texts<'a>(&self, row: &'a StringRecord) -> Texts<'a> {
        let cells = self.cells.iter();
        Texts {
            row,
            width: self.width,
            joined: cells
                .map(|(role, columns)| join(role, columns, row))
                .collect(),
        }
    }
}

/// The cells of a row, the joined ones after its own.
pub(super) struct Texts<'a> {
    row: &'a StringRecord,
    width: usize,
    joined: Vec<Zeroizing<String>>,
}

impl Texts<'_> {
    /// The cell at a position; empty where there is none.
    pub(super) fn cell(&self, position: usize) -> &str {
        match position.checked_sub(self.width) {
            None => self.row.get(position).unwrap_or(""),
            Some(joined) => self.joined.get(joined).map_or("", |text| text.as_str()),
        }
    }
}

/// One text of several cells: words with spaces between them; a date as `5/3/1999`, in the order of the columns.
///
/// A date without its day or month is still a date. One without its year is none, and must not become one: in `5/3/??` the end would be
/// read as a year of two digits.
fn join(role: &str, columns: &[usize], row: &StringRecord) -> Zeroizing<String> {
    let date = role == BIRTH_DATE;
    let cells = || {
        let cells = columns.iter().map(|&column| row.get(column).unwrap_or(""));
        // Data frames write whole numbers as 5.0 where a cell of the column is missing.
        cells.map(move |cell| match cell.trim() {
            number if date => number.strip_suffix(".0").unwrap_or(number),
            cell => cell,
        })
    };
    let has_year = cells().any(|cell| cell.len() == 4);
    let mut text = Zeroizing::new(String::new());
    for cell in cells() {
        let cell = match cell {
            "" if date && has_year => NOT_KNOWN,
            "" => continue,
            cell => cell,
        };
        if !text.is_empty() {
            text.push(if date { '/' } else { ' ' });
        }
        text.push_str(cell);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use kinfold_extract::{TableColumns, read_table_row};
    use kinfold_identity::DateRules;

    #[test]
    fn a_column_with_a_plus_in_its_name_is_one() {
        let headers = StringRecord::from(vec!["a+b", "c"]);
        assert_eq!(split("a+b", &headers), ["a+b"]);
        assert_eq!(split("c + a", &headers), ["c", "a"]);
    }

    #[test]
    fn a_value_of_several_columns_is_read_as_one() {
        let mut joined = Joined::after(7);
        let mut columns = TableColumns::default();
        for (role, cells) in [
            ("birth_date", vec![0, 1, 2]),
            ("address", vec![3, 4]),
            ("address", vec![5]),
            ("postcode", vec![6]),
        ] {
            let position = joined.position(role, cells);
            assert!(columns.add(role, position));
        }
        let read = |cells: [&str; 3]| {
            let home = ["12", "Hill Road", "Eastmere", "XE1 2AB"];
            let row = StringRecord::from([&cells[..], &home[..]].concat());
            let texts = joined.texts(&row);
            read_table_row(&columns, &DateRules::default(), |at| texts.cell(at)).person
        };
        for (cells, born) in [
            (["5", "3", "1999"], Some("1999-03-05")),
            (["5.0", "3.0", "1999.0"], Some("1999-03-05")),
            (["", "3", "1999"], Some("1999-03")),
            (["", "", "1999"], Some("1999")),
            (["5", "3", "99"], Some("1999-03-05")),
            // Without a year there is no date, and none is made of the rest.
            (["5", "3", ""], None),
            (["5", "", ""], None),
            (["", "", ""], None),
        ] {
            let person = read(cells);
            let read: Vec<String> = person.births.iter().map(|date| date.iso()).collect();
            assert_eq!(read.first().map(String::as_str), born, "{cells:?}");
            let address = person.addresses[0].address.as_ref().unwrap();
            assert_eq!(address.canonical().as_deref(), Some("|12|HILLROAD|XE12AB"));
        }
    }
}
