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

/// Reads the wanted columns of a `.parquet` file, or of a comma-separated file with a header when the name ends otherwise.
///
/// # Errors
/// [`Error::Read`] when a needed column is missing or the file is not what its name says; a file failure.
pub fn read_text_columns(path: &Path, wanted: &[Column<'_>]) -> Result<TextTable, Error> {
    if path
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("parquet"))
    {
        read_parquet(path, wanted)
    } else {
        read_csv(path, wanted)
    }
}

fn read_parquet(path: &Path, wanted: &[Column<'_>]) -> Result<TextTable, Error> {
    let failed = |reason: String| Error::Read {
        path: path.to_owned(),
        reason,
    };
    let file = File::open(path).map_err(|e| Problem::io("read the table", path, &e))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file)
        .map_err(|e| failed(format!("not a Parquet file ({e})")))?;
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
        .map_err(|e| failed(e.to_string()))?;
    let mut table = TextTable {
        rows: 0,
        columns: found.iter().map(|f| f.map(|_| Vec::new())).collect(),
    };
    for batch in reader {
        let batch = batch.map_err(|e| failed(e.to_string()))?;
        table.rows += batch.num_rows();
        for (target, root) in table.columns.iter_mut().zip(&found) {
            let (Some(target), Some(root)) = (target, root) else {
                continue;
            };
            let position = roots.partition_point(|other| other < root);
            let as_text = cast(batch.column(position), &DataType::Utf8)
                .map_err(|e| failed(format!("column {}: {e}", root + 1)))?;
            let Some(values) = as_text.as_any().downcast_ref::<StringArray>() else {
                return Err(failed("a column cannot be read as text".into()));
            };
            target.extend(
                values
                    .iter()
                    .map(|value| value.unwrap_or_default().to_owned()),
            );
        }
    }
    Ok(table)
}

fn read_csv(path: &Path, wanted: &[Column<'_>]) -> Result<TextTable, Error> {
    let failed = |reason: String| Error::Read {
        path: path.to_owned(),
        reason,
    };
    let file = File::open(path).map_err(|e| Problem::io("read the table", path, &e))?;
    let mut reader = csv::Reader::from_reader(file);
    let headers = reader
        .headers()
        .map_err(|e| failed(csv_reason(&e)))?
        .clone();
    let names: Vec<&str> = headers
        .iter()
        .map(|name| name.trim_start_matches('\u{feff}').trim())
        .collect();
    let found = find(path, wanted, &names)?;
    let mut table = TextTable {
        rows: 0,
        columns: found.iter().map(|f| f.map(|_| Vec::new())).collect(),
    };
    let mut record = csv::StringRecord::new();
    while reader
        .read_record(&mut record)
        .map_err(|e| failed(csv_reason(&e)))?
    {
        table.rows += 1;
        for (target, position) in table.columns.iter_mut().zip(&found) {
            if let (Some(target), Some(position)) = (target, position) {
                target.push(record.get(*position).unwrap_or_default().to_owned());
            }
        }
    }
    Ok(table)
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
