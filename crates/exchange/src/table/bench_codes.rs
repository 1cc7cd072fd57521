//! The table of codes that must not be released: to try a linkage schema on open data.
//!
//! The columns are those of [`super::codes`]. Its kind is another, so nothing that seals or opens packages takes it, and it carries
//! the text of its linkage schema, so that linking needs no agreement and no other file.

use super::arrow_file::{Columns, Parts, Writer};
use super::codes::{check_references, columns, from_columns};
use crate::error::{Error, Result};
use kinfold_schema::{CodeTable, Schema};

/// Codes that must not be released.
const TABLE: &str = "codes-not-for-release/1";
/// Metadata key of the linkage schema's text.
const SCHEMA_TEXT_KEY: &str = "kinfold.schema-text";
/// Longest text of a schema that is read; the shipped ones have some 7 KiB.
const SCHEMA_BYTES_MAX: usize = 128 * 1024;

/// Codes made to try a schema on open data, written to a file part by part, so that memory does not grow with the file. Its kind is another
/// than that of codes for release, and nothing that seals or opens packages takes it.
pub struct BenchCodesWriter<W: std::io::Write> {
    parts: Parts<W>,
    schema: Schema,
    last: Option<[u8; 16]>,
}

impl<W: std::io::Write> BenchCodesWriter<W> {
    /// Writes the head of the file.
    ///
    /// # Errors
    /// [`Error::TableFormat`] if the schema's text has more than 128 KiB, or a file problem.
    pub fn new(writer: W, schema: &Schema, partners: &[String]) -> Result<Self> {
        if schema.text().len() > SCHEMA_BYTES_MAX {
            return Err(Error::table(format!(
                "the text of the linkage schema has more than {SCHEMA_BYTES_MAX} bytes"
            )));
        }
        let none = CodeTable::empty(schema, partners);
        Ok(Self {
            parts: with_schema(columns(&none, schema, TABLE)?, schema).begin(writer)?,
            schema: schema.clone(),
            last: None,
        })
    }

    /// Writes rows, whose references are after those of all rows before them.
    ///
    /// # Errors
    /// [`Error::TableFormat`], or a file problem.
    pub fn write(&mut self, table: &CodeTable) -> Result<()> {
        let mut references = table.record_ref.iter().copied();
        check_references(self.last.into_iter().chain(references.by_ref()))?;
        self.last = table.record_ref.last().copied().or(self.last);
        self.parts.write(columns(table, &self.schema, TABLE)?)
    }

    /// Writes the end of the file and gives the writer back.
    ///
    /// # Errors
    /// A file problem.
    pub fn finish(self) -> Result<W> {
        self.parts.finish()
    }
}

fn with_schema(mut columns: Writer, schema: &Schema) -> Writer {
    columns.note(SCHEMA_TEXT_KEY, schema.text().to_owned());
    columns
}

/// Reads what [`BenchCodesWriter`] wrote: the linkage schema that the file carries, and the codes.
///
/// # Errors
/// [`Error::TableFormat`] for a file of another kind, a schema that breaks a rule or is not the one of the hash beside it, and if
/// anything does not fit the schema; nothing is given back then.
pub fn bench_codes_from_ipc(bytes: &[u8]) -> Result<(Schema, CodeTable)> {
    let mut read: Option<(Schema, CodeTable)> = None;
    let mut last: Option<[u8; 16]> = None;
    Columns::read_parts(bytes, TABLE, |columns| {
        let mut part = |schema: &Schema| -> Result<CodeTable> {
            let part = from_columns(columns, schema)?;
            check_references(last.into_iter().chain(part.record_ref.iter().copied()))?;
            last = part.record_ref.last().copied().or(last);
            Ok(part)
        };
        if let Some((schema, table)) = &mut read {
            table.append(part(schema)?);
        } else {
            let schema = schema_of(columns)?;
            let table = part(&schema)?;
            read = Some((schema, table));
        }
        Ok(())
    })?;
    read.ok_or_else(|| Error::table("it has no rows"))
}

fn schema_of(columns: &Columns) -> Result<Schema> {
    let text = columns
        .noted(SCHEMA_TEXT_KEY)
        .filter(|text| text.len() <= SCHEMA_BYTES_MAX)
        .ok_or_else(|| Error::table("it does not carry its linkage schema"))?;
    // The faults of a schema can quote it, and here a stranger may have written it.
    Schema::parse_for_bench(text)
        .map_err(|_| Error::table("the linkage schema that it carries breaks a rule"))
}
