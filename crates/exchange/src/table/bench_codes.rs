//! The table of codes that must not be released: to try a linkage schema on open data.
//!
//! The columns are those of [`super::codes`]. Its kind is another, so nothing that seals or opens packages takes it, and it carries
//! the text of its linkage schema, so that linking needs no agreement and no other file.

use super::arrow_file::{Columns, Parts};
use super::codes::{check_references, columns, from_columns};
use crate::error::{Error, Result};
use crate::hex;
use kinfold_schema::{CodeTable, Schema};

/// Codes that must not be released.
const TABLE: &str = "codes-not-for-release/1";
/// Metadata key of the linkage schema's text.
const SCHEMA_TEXT_KEY: &str = "kinfold.schema-text";
/// Metadata key of what tells two keys apart.
const KEY_CHECK_KEY: &str = "kinfold.key-check";
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
    /// Writes the head of the file. `key_check` is of the key alone, does not reveal it, and is the same for codes that can be compared.
    ///
    /// # Errors
    /// [`Error::TableFormat`] if the schema's text has more than 128 KiB, or a file problem.
    pub fn new(
        writer: W,
        schema: &Schema,
        partners: &[String],
        key_check: &[u8; 32],
    ) -> Result<Self> {
        if schema.text().len() > SCHEMA_BYTES_MAX {
            return Err(Error::table(format!(
                "the text of the linkage schema has more than {SCHEMA_BYTES_MAX} bytes"
            )));
        }
        let none = CodeTable::empty(schema, partners);
        let mut head = columns(&none, schema, TABLE)?;
        head.note(SCHEMA_TEXT_KEY, schema.text().to_owned());
        head.note(KEY_CHECK_KEY, hex::encode(key_check));
        Ok(Self {
            parts: head.begin(writer)?,
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

/// What a file of codes that must not be released holds.
#[derive(Clone, Debug)]
pub struct BenchCodes {
    /// The linkage schema that the file carries.
    pub schema: Schema,
    /// The same in all files that were encoded with one key.
    pub key_check: [u8; 32],
    /// The codes, sorted by record reference.
    pub table: CodeTable,
}

/// Reads what [`BenchCodesWriter`] wrote.
///
/// # Errors
/// [`Error::TableFormat`] for a file of another kind, a schema that breaks a rule or is not the one of the hash beside it, and if
/// anything does not fit the schema; nothing is given back then.
pub fn bench_codes_from_ipc(bytes: &[u8]) -> Result<BenchCodes> {
    let mut read: Option<BenchCodes> = None;
    let mut last: Option<[u8; 16]> = None;
    Columns::read_parts(bytes, TABLE, |columns| {
        let mut part = |schema: &Schema| -> Result<CodeTable> {
            let part = from_columns(columns, schema)?;
            check_references(last.into_iter().chain(part.record_ref.iter().copied()))?;
            last = part.record_ref.last().copied().or(last);
            Ok(part)
        };
        if let Some(codes) = &mut read {
            codes.table.append(part(&codes.schema)?);
        } else {
            let schema = schema_of(columns)?;
            let key_check = columns.noted(KEY_CHECK_KEY).and_then(hex::decode_32);
            read = Some(BenchCodes {
                key_check: key_check.ok_or_else(|| Error::table("its key check is malformed"))?,
                table: part(&schema)?,
                schema,
            });
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
