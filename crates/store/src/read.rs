//! Reading a few columns of a table as text, from Parquet or CSV.
//!
//! Evaluating a result means joining small label columns from files of many makers, so the reader is lenient about types (any
//! column that can be shown as text will do) and about names (each wanted column may list several), and strict about the rest.

use std::fs::File;
use std::path::Path;

use arrow::array::{Array as _, StringArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use kinfold_message::Problem;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::Error;

/// A column that is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Column<'a> {
    /// Names it may have; the first one found is taken.
    pub names: &'a [&'a str],
    /// Whether the file is refused without it.
    pub needed: bool,
}

impl<'a> Column<'a> {
    /// A column that must be there.
    pub fn needed(names: &'a [&'a str]) -> Self {
        Self {
            names,
            needed: true,
        }
    }

    /// A column that may be missing.
    pub fn optional(names: &'a [&'a str]) -> Self {
        Self {
            names,
            needed: false,
        }
    }
}

/// The wanted columns of a file, as text; a missing value is the empty text.
#[derive(Clone, Debug)]
pub struct TextTable {
    /// Number of rows.
    pub rows: usize,
    columns: Vec<Option<Vec<String>>>,
}

impl TextTable {
    /// The column that was wanted at `position`; `None` when the file does not have it.
    pub fn column(&self, position: usize) -> Option<&[String]> {
        self.columns[position].as_deref()
    }
}

/// A row that is being visited.
#[derive(Debug)]
pub struct TextRow<'a> {
    /// Where it is: the line of a comma-separated file, the row (from 1) of a Parquet file.
    pub place: Place,
    cells: &'a [Option<&'a str>],
}

impl TextRow<'_> {
    /// The cell of the column that was wanted at `position`, a missing value being the empty text; `None` when the file does not
    /// have the column.
    pub fn cell(&self, position: usize) -> Option<&str> {
        self.cells[position]
    }
}

/// A place in a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Line of a text file, the header being line 1.
    Line(u64),
    /// Row of a table without lines, the first being row 1.
    Row(u64),
}

impl Place {
    /// The place in a file, as messages show it: `truth.csv:17` or `people.parquet, row 17`.
    pub fn of(self, path: &Path) -> String {
        match self {
            Self::Line(line) => format!("{}:{line}", path.display()),
            Self::Row(row) => format!("{}, row {row}", path.display()),
        }
    }
}

/// Reads the wanted columns of a `.parquet` file, or of a comma-separated file with a header when the name ends otherwise.
///
/// # Errors
/// [`Error::Read`] when a needed column is missing or the file is not what its name says; a file failure.
pub fn read_text_columns(path: &Path, wanted: &[Column<'_>]) -> Result<TextTable, Error> {
    let names = column_names(path)?;
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let found = find(path, wanted, &names)?;
    let mut table = TextTable {
        rows: 0,
        columns: found.iter().map(|f| f.map(|_| Vec::new())).collect(),
    };
    visit_text_rows::<Error>(path, wanted, |row| {
        table.rows += 1;
        for (target, cell) in table.columns.iter_mut().zip(row.cells) {
            if let (Some(target), Some(cell)) = (target, cell) {
                target.push((*cell).to_owned());
            }
        }
        Ok(())
    })?;
    Ok(table)
}

/// The names of the columns of a file, in its order.
///
/// # Errors
/// [`Error::Read`] when the file is not what its name says; a file failure.
pub fn column_names(path: &Path) -> Result<Vec<String>, Error> {
    if is_parquet(path) {
        let builder = open_parquet(path)?;
        let fields = builder.schema().fields();
        return Ok(fields.iter().map(|field| field.name().clone()).collect());
    }
    let mut reader = open_csv(path)?;
    csv_names(path, &mut reader)
}

/// Visits the rows of a file in their order, without keeping them: for tables of millions of rows.
///
/// # Errors
/// As [`read_text_columns`]; and whatever `visit` says, which ends the reading.
pub fn visit_text_rows<E: From<Error>>(
    path: &Path,
    wanted: &[Column<'_>],
    visit: impl FnMut(&TextRow<'_>) -> Result<(), E>,
) -> Result<(), E> {
    if is_parquet(path) {
        visit_parquet(path, wanted, visit)
    } else {
        visit_csv(path, wanted, visit)
    }
}

fn is_parquet(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("parquet"))
}

fn failed(path: &Path, reason: impl Into<String>) -> Error {
    Error::Read {
        path: path.to_owned(),
        reason: reason.into(),
    }
}

fn open_parquet(path: &Path) -> Result<ParquetRecordBatchReaderBuilder<File>, Error> {
    let file = File::open(path).map_err(|e| Problem::io("read the table", path, &e))?;
    ParquetRecordBatchReaderBuilder::try_new(file)
        .map_err(|e| failed(path, format!("not a Parquet file ({e})")))
}

fn open_csv(path: &Path) -> Result<csv::Reader<File>, Error> {
    let file = File::open(path).map_err(|e| Problem::io("read the table", path, &e))?;
    Ok(csv::Reader::from_reader(file))
}

fn csv_names(path: &Path, reader: &mut csv::Reader<File>) -> Result<Vec<String>, Error> {
    let headers = reader.headers().map_err(|e| failed(path, csv_reason(&e)))?;
    Ok(headers
        .iter()
        .map(|name| name.trim_start_matches('\u{feff}').trim().to_owned())
        .collect())
}

fn visit_parquet<E: From<Error>>(
    path: &Path,
    wanted: &[Column<'_>],
    mut visit: impl FnMut(&TextRow<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let builder = open_parquet(path)?;
    let names: Vec<&str> = builder
        .schema()
        .fields()
        .iter()
        .map(|field| field.name().as_str())
        .collect();
    let found = find(path, wanted, &names)?;
    // The projected batches keep the file's order of columns, so each wanted column has a position among the projected ones.
    let mut roots: Vec<usize> = found.iter().flatten().copied().collect();
    roots.sort_unstable();
    roots.dedup();
    let mask = ProjectionMask::roots(builder.parquet_schema(), roots.iter().copied());
    let reader = builder
        .with_projection(mask)
        .build()
        .map_err(|e| failed(path, e.to_string()))?;
    let mut number = 0;
    for batch in reader {
        let batch = batch.map_err(|e| failed(path, e.to_string()))?;
        let mut columns: Vec<Option<StringArray>> = Vec::with_capacity(found.len());
        for root in &found {
            let Some(root) = root else {
                columns.push(None);
                continue;
            };
            let position = roots.partition_point(|other| other < root);
            let as_text = cast(batch.column(position), &DataType::Utf8)
                .map_err(|e| failed(path, format!("column {}: {e}", root + 1)))?;
            let Some(values) = as_text.as_any().downcast_ref::<StringArray>() else {
                return Err(failed(path, "a column cannot be read as text").into());
            };
            columns.push(Some(values.clone()));
        }
        let mut cells: Vec<Option<&str>> = vec![None; columns.len()];
        for row in 0..batch.num_rows() {
            number += 1;
            for (cell, values) in cells.iter_mut().zip(&columns) {
                *cell = values.as_ref().map(|values| {
                    if values.is_null(row) {
                        ""
                    } else {
                        values.value(row)
                    }
                });
            }
            visit(&TextRow {
                place: Place::Row(number),
                cells: &cells,
            })?;
        }
    }
    Ok(())
}

fn visit_csv<E: From<Error>>(
    path: &Path,
    wanted: &[Column<'_>],
    mut visit: impl FnMut(&TextRow<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let mut reader = open_csv(path)?;
    let names = csv_names(path, &mut reader)?;
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let found = find(path, wanted, &names)?;
    let mut record = csv::StringRecord::new();
    while reader
        .read_record(&mut record)
        .map_err(|e| failed(path, csv_reason(&e)))?
    {
        let line = record.position().map_or(0, csv::Position::line);
        let cells: Vec<Option<&str>> = found
            .iter()
            .map(|position| position.map(|at| record.get(at).unwrap_or_default()))
            .collect();
        visit(&TextRow {
            place: Place::Line(line),
            cells: &cells,
        })?;
    }
    Ok(())
}

/// Position of each wanted column among `names`.
fn find(path: &Path, wanted: &[Column<'_>], names: &[&str]) -> Result<Vec<Option<usize>>, Error> {
    let position = |column: &Column<'_>| {
        column
            .names
            .iter()
            .find_map(|name| names.iter().position(|other| other == name))
    };
    let missing: Vec<String> = wanted
        .iter()
        .filter(|column| column.needed && position(column).is_none())
        .map(|column| format!("`{}`", column.names.join("` or `")))
        .collect();
    if missing.is_empty() {
        return Ok(wanted.iter().map(position).collect());
    }
    let reason = format!(
        "no column {}; it has `{}`",
        missing.join(", "),
        names.join("`, `")
    );
    Err(Error::Read {
        path: path.to_owned(),
        reason,
    })
}

/// The library's message without the row's contents.
fn csv_reason(error: &csv::Error) -> String {
    match error.position() {
        Some(position) => format!(
            "line {} cannot be read as comma-separated text",
            position.line()
        ),
        None => "cannot be read as comma-separated text".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn csv_file(text: &str) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("truth.csv");
        std::fs::write(&path, text).unwrap();
        (folder, path)
    }

    #[test]
    fn columns_are_found_under_any_of_their_names_and_in_any_order() {
        let (_folder, path) = csv_file("b,a\n1,\"x,y\"\n2,\n");
        let wanted = [
            Column::needed(&["zz", "a"]),
            Column::needed(&["b"]),
            Column::optional(&["c"]),
        ];
        let table = read_text_columns(&path, &wanted).unwrap();
        assert_eq!(table.rows, 2);
        assert_eq!(table.column(0).unwrap(), ["x,y", ""]);
        assert_eq!(table.column(1).unwrap(), ["1", "2"]);
        assert!(table.column(2).is_none());
    }

    #[test]
    fn all_missing_columns_are_named_at_once() {
        let (_folder, path) = csv_file("a\n1\n");
        let wanted = [
            Column::needed(&["rec_id", "record_ref"]),
            Column::needed(&["cluster_id"]),
        ];
        let error = read_text_columns(&path, &wanted).unwrap_err().to_string();
        assert!(
            error.contains("`rec_id` or `record_ref`, `cluster_id`; it has `a`"),
            "{error}"
        );
    }

    #[test]
    fn an_error_names_the_line_and_not_the_value() {
        let (_folder, path) = csv_file("a,b\n1,2\nSECRET\n");
        let error = read_text_columns(&path, &[Column::needed(&["a"])])
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("line 3") && !error.contains("SECRET"),
            "{error}"
        );
    }

    #[test]
    fn rows_know_their_lines_even_behind_a_cell_of_two_lines() {
        let (_folder, path) = csv_file("a,b\n\"x\ny\",2\n3,4\n");
        let mut seen = Vec::new();
        let wanted = [Column::needed(&["b"]), Column::optional(&["c"])];
        visit_text_rows::<Error>(&path, &wanted, |row| {
            seen.push((
                row.place,
                row.cell(0).map(str::to_owned),
                row.cell(1).is_none(),
            ));
            Ok(())
        })
        .unwrap();
        let row = |line, text: &str| (Place::Line(line), Some(text.to_owned()), true);
        assert_eq!(seen, [row(2, "2"), row(4, "4")]);
        assert_eq!(column_names(&path).unwrap(), ["a", "b"]);
    }

    #[test]
    fn a_text_file_is_not_a_parquet_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("people.parquet");
        std::fs::write(&path, "a\n1\n").unwrap();
        assert!(matches!(
            read_text_columns(&path, &[]),
            Err(Error::Read { .. })
        ));
    }
}
