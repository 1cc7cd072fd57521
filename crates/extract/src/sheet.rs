//! A custodian's file as a sheet of text cells, with the line each row came from and everything that was assumed on the way.

use crate::decode::Encoding;
use crate::error::Error;
use crate::source::Source;
use crate::table::Table;
use polars::prelude::{
    CsvReadOptions, DataFrame, DataType, PlSmallStr, Schema, SerReader, StringChunked,
};
use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

/// What the reader is told about a file; everything left out is guessed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// The encoding.
    pub encoding: Option<Encoding>,
    /// The character between fields (an ASCII one).
    pub delimiter: Option<u8>,
    /// The 1-based line of the header.
    pub header_line: Option<usize>,
}

/// What the reader assumed and what it passed over. Nothing here holds a value of the file but its column names.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Assumed {
    /// The encoding used.
    pub encoding: Encoding,
    /// The delimiter's name: comma, semicolon, tab, bar or the character.
    pub delimiter: String,
    /// 1-based line of the header; the lines before it were taken as titles.
    pub header_line: usize,
    /// Rows with nothing in them, skipped.
    pub blank_rows: usize,
    /// Lines at the end that hold one cell where the table has at least three ("End of report"), skipped.
    pub footer_rows: usize,
    /// Lines with more filled cells than the header has names. Their cells cannot be trusted to stand in their columns, so they
    /// are not read.
    pub too_long: Vec<usize>,
    /// Lines with fewer cells than the header; the missing ones are read as empty.
    pub too_short: usize,
    /// Lines with a quote where none belongs; the quote is read as a character.
    pub loose_quotes: usize,
    /// A sentence when letters look damaged by an earlier program.
    pub doubt: Option<String>,
}

/// A table of text cells.
pub struct Sheet {
    columns: Arc<[String]>,
    cells: Vec<StringChunked>,
    lines: Vec<usize>,
    assumed: Arc<Assumed>,
}

impl Sheet {
    /// Reads a file.
    ///
    /// # Errors
    /// When the file cannot be read, is empty or binary, is not in the encoding that was told, or has no header.
    pub fn read(path: &Path, told: &Told) -> Result<Self, Error> {
        let bytes = std::fs::read(path).map_err(|error| Error::Read {
            path: path.to_owned(),
            error,
        })?;
        Self::from_bytes(&bytes, told).map_err(|error| error.in_file(path))
    }

    /// Reads the bytes of a file.
    ///
    /// # Errors
    /// As [`Sheet::read`].
    pub fn from_bytes(bytes: &[u8], told: &Told) -> Result<Self, Error> {
        let table = Table::find(Source::held(bytes.to_vec()), told)?;
        table.part(0..table.rows())
    }

    pub(crate) fn new(
        columns: Arc<[String]>,
        cells: Vec<StringChunked>,
        lines: Vec<usize>,
        assumed: Arc<Assumed>,
    ) -> Self {
        Self {
            columns,
            cells,
            lines,
            assumed,
        }
    }

    /// The column names, as in the file, trimmed. A name that occurs twice gets ` (2)` and so on.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The position of a column: the exact name, or else the same letters and digits whatever their case and the blanks around.
    pub fn column(&self, name: &str) -> Option<usize> {
        let exact = self.columns.iter().position(|column| column == name);
        exact.or_else(|| {
            self.columns
                .iter()
                .position(|column| same_name(column, name))
        })
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.lines.len()
    }

    /// The 1-based line on which a row begins.
    pub fn line(&self, row: usize) -> usize {
        self.lines[row]
    }

    /// The text of a cell, blanks at its ends cut off.
    pub fn cell(&self, row: usize, column: usize) -> &str {
        self.cells[column]
            .get(row)
            .unwrap_or_default()
            .trim_matches(|c: char| c.is_whitespace() || c == '\u{FEFF}')
    }

    /// What was assumed.
    pub fn assumed(&self) -> &Assumed {
        &self.assumed
    }
}

/// Reads records through polars, every column as text.
pub(crate) fn read_cells(
    clean: String,
    rows: usize,
    delimiter: u8,
    width: usize,
) -> Result<Vec<StringChunked>, Error> {
    if rows == 0 {
        return Ok((0..width).map(|_| StringChunked::default()).collect());
    }
    let schema: Schema = (0..width)
        .map(|column| (PlSmallStr::from(column.to_string()), DataType::String))
        .collect();
    let frame: DataFrame = CsvReadOptions::default()
        .with_has_header(false)
        .with_schema(Some(Arc::new(schema)))
        .with_rechunk(true)
        .map_parse_options(|options| {
            options
                .with_separator(delimiter)
                .with_truncate_ragged_lines(true)
                .with_missing_is_null(true)
        })
        .into_reader_with_file_handle(Cursor::new(clean.into_bytes()))
        .finish()
        .map_err(|_| Error::Table)?;
    if frame.height() != rows || frame.width() != width {
        return Err(Error::Table);
    }
    frame
        .columns()
        .iter()
        .map(|column| column.str().cloned().map_err(|_| Error::Table))
        .collect()
}

/// The names in the header; a name that occurs again is numbered, an empty one is called by its position.
pub(crate) fn column_names(header: Vec<String>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (position, raw) in header.into_iter().enumerate() {
        let plain = raw
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .trim_matches('\u{FEFF}')
            .to_owned();
        let base = if plain.is_empty() {
            format!("column {}", position + 1)
        } else {
            plain
        };
        let mut name = base.clone();
        let mut number = 2;
        while names.contains(&name) {
            name = format!("{base} ({number})");
            number += 1;
        }
        names.push(name);
    }
    names
}

pub(crate) fn same_name(left: &str, right: &str) -> bool {
    let plain = |name: &str| {
        name.chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect::<String>()
    };
    let left = plain(left);
    !left.is_empty() && left == plain(right)
}

pub(crate) fn delimiter_name(delimiter: u8) -> String {
    match delimiter {
        b',' => "comma".to_owned(),
        b';' => "semicolon".to_owned(),
        b'\t' => "tab".to_owned(),
        b'|' => "bar".to_owned(),
        other => (other as char).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Sheet {
        Sheet::from_bytes(text.as_bytes(), &Told::default()).expect("a sheet")
    }

    fn table(sheet: &Sheet) -> Vec<Vec<String>> {
        (0..sheet.rows())
            .map(|row| {
                (0..sheet.columns().len())
                    .map(|column| sheet.cell(row, column).to_owned())
                    .collect()
            })
            .collect()
    }

    #[test]
    fn a_messy_file_is_read_and_accounted_for() {
        let sheet = read(
            "Pupils\n\nUPN,Surname,Address,\nA1,Smith,\"1 High St\nTown\"\n,,\nA2,O'Neill,6\" pipe,\nA3,Lee,x,,extra\nA4\nA5,Ray,y\nEnd of report\n",
        );
        assert_eq!(sheet.columns(), ["UPN", "Surname", "Address"]);
        assert_eq!(
            table(&sheet),
            [
                ["A1", "Smith", "1 High St\nTown"],
                ["A2", "O'Neill", "6\" pipe"],
                ["A4", "", ""],
                ["A5", "Ray", "y"]
            ]
        );
        assert_eq!(
            (0..4).map(|row| sheet.line(row)).collect::<Vec<_>>(),
            [4, 7, 9, 10]
        );
        let assumed = sheet.assumed();
        assert_eq!(
            (assumed.header_line, assumed.blank_rows, assumed.footer_rows),
            (3, 1, 1)
        );
        assert_eq!(
            (
                assumed.too_long.as_slice(),
                assumed.too_short,
                assumed.loose_quotes
            ),
            ([8].as_slice(), 1, 1)
        );
    }

    #[test]
    fn empty_files_and_headers_alone() {
        assert!(matches!(
            Sheet::from_bytes(b"", &Told::default()),
            Err(Error::Empty)
        ));
        assert!(matches!(
            Sheet::from_bytes(b"\xEF\xBB\xBF \r\n", &Told::default()),
            Err(Error::Empty)
        ));
        assert_eq!(read("UPN,Surname\n").rows(), 0);
    }

    #[test]
    fn names_are_found_whatever_their_case() {
        let sheet = read("Date of Birth,SURNAME,Surname,surname\n1,2,3,4\n");
        assert_eq!(sheet.column("date_of_birth"), Some(0));
        assert_eq!(sheet.column("Surname"), Some(2));
        assert_eq!(sheet.column("surname"), Some(3));
        assert_eq!(sheet.column("missing"), None);
    }

    #[test]
    fn old_macintosh_endings() {
        assert_eq!(table(&read("a,b\r1,2\r3,4\r")), [["1", "2"], ["3", "4"]]);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Sheet::from_bytes(&bytes, &Told::default());
        }

        #[test]
        fn no_delimited_text_panics_or_loses_a_row(text in "[a-c\",;\t|\r\n é]{0,80}") {
            if let Ok(sheet) = Sheet::from_bytes(text.as_bytes(), &Told::default()) {
                let _ = table(&sheet);
            }
        }

        /// Any table, written with any delimiter and in any encoding, comes back cell for cell.
        #[test]
        fn every_delimiter_and_encoding_round_trips(
            rows in proptest::collection::vec(proptest::collection::vec("[A-Za-zé’ \",;|\t0-9\n]{0,12}", 3), 1..12),
            delimiter in proptest::sample::select(b",;\t|".to_vec()),
            encoding in 0..4_usize,
        ) {
            let mut text = ["own id", "family", "place"].join(&(delimiter as char).to_string());
            text.push('\n');
            let mut expected = Vec::new();
            for (index, row) in rows.iter().enumerate() {
                let mut cells = row.clone();
                cells[0] = format!("R{index}");
                let quoted: Vec<String> = cells.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
                text.push_str(&quoted.join(&(delimiter as char).to_string()));
                text.push('\n');
                expected.push(cells.iter().map(|cell| cell.trim().to_owned()).collect::<Vec<_>>());
            }
            // A last row that is not a footer and holds a letter that shows the encoding.
            text.push_str(&["end", "Zoé", "x"].join(&(delimiter as char).to_string()));
            expected.push(vec!["end".to_owned(), "Zoé".to_owned(), "x".to_owned()]);
            let bytes: Vec<u8> = match encoding {
                0 => text.clone().into_bytes(),
                1 => encoding_rs::WINDOWS_1252.encode(&text).0.into_owned(),
                2 => [0xFEFF].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect(),
                _ => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            };
            let told = Told { delimiter: Some(delimiter), header_line: Some(1), ..Told::default() };
            let sheet = Sheet::from_bytes(&bytes, &told).expect("a sheet");
            prop_assert_eq!(table(&sheet), expected);
        }
    }
}
