//! Codes that were written for release, read back some records at a time: the release check goes through them without holding them.

use super::codes::{
    SCHEMA_KEY, TABLE, WITHIN_KEY, check_references, check_shape, column_names, key_columns,
    partners_of,
};
use super::one_batch::FixedColumn;
use super::{TableFile, opened};
use crate::error::{Error, Result};
use crate::hex;
use kinfold_schema::{CodeTable, FilterColumn, HouseholdKey, Schema, Token, WithinCounts};
use std::io;
use std::path::Path;

/// Records that are checked at once when a file is opened.
const CHECKED_AT_ONCE: usize = 1024;

/// Opens the codes in a file to be read some records at a time, and gives the partners for whom there are match keys; as many records as there
/// are, in little memory. Area codes are not looked at.
///
/// # Errors
/// As [`super::codes_from_ipc`], and when the file cannot be read.
pub fn open_codes(path: &Path, schema: &Schema) -> Result<(TableFile, Vec<String>)> {
    let table = opened::open(path, TABLE)?;
    if table.noted(SCHEMA_KEY) != Some(&hex::encode(&schema.hash())) {
        return Err(Error::table("it was encoded with another linkage schema"));
    }
    let names = table.names();
    let partners = partners_of(names.iter().cloned(), schema)?;
    let has_area = names.iter().any(|name| name == "area");
    let wanted = column_names(schema, &partners, has_area);
    if names != wanted {
        return Err(Error::table(format!(
            "the columns of `{TABLE}` are not {}",
            wanted.join(", ")
        )));
    }
    let failed = |error: io::Error| {
        Error::from(kinfold_message::Problem::io("read the codes", path, &error))
    };
    let reader = CodesReader::new(&table, schema, &partners)?;
    let flags = table.fixed("flags", 1)?;
    // Of the other partners it matters that the columns have their width.
    for name in key_columns(&partners).iter().skip(1) {
        table.fixed(name, reader.key_slots * 16)?;
    }
    let presence = reader.presence().map_err(failed)?;
    let mut last = None;
    for first in (0..reader.records).step_by(CHECKED_AT_ONCE) {
        let rows = CHECKED_AT_ONCE.min(reader.records - first);
        let mut part = CodeTable::empty(schema, &partners);
        part.record_ref.resize(rows, [0; 16]);
        part.flags.resize(rows, 0);
        let read = (|| {
            let references = part.record_ref.as_flattened_mut();
            reader.record_ref.read(first, references)?;
            flags.read(first, &mut part.flags)?;
            for (number, filter) in part.filters.iter_mut().enumerate() {
                let FilterColumn { bits, words, .. } = filter;
                words.resize(rows * (*bits as usize / 64), 0);
                reader.filter(number, first, words)?;
            }
            part.household = reader.household(first, rows)?;
            Ok(())
        })();
        read.map_err(|error: io::Error| match error.kind() {
            io::ErrorKind::InvalidData => Error::table("a household key is malformed"),
            _ => failed(error),
        })?;
        part.presence = presence[first..first + rows].to_vec();
        // Tokens have every value there is.
        part.keys = vec![[0; 16]; rows * reader.key_slots * part.key_sets()];
        check_references(last.into_iter().chain(part.record_ref.iter().copied()))?;
        last = part.record_ref.last().copied();
        check_shape(&part, schema)?;
    }
    drop(reader);
    Ok((table, partners))
}

/// The codes of a table that [`super::CodesWriter`] made.
pub struct CodesReader<'table> {
    records: usize,
    within: WithinCounts,
    record_ref: FixedColumn<'table>,
    filters: Vec<FixedColumn<'table>>,
    /// Of the first partner, when every two custodians have their own.
    keys: FixedColumn<'table>,
    key_slots: usize,
    presence: FixedColumn<'table>,
    household: Option<FixedColumn<'table>>,
    household_slots: usize,
}

impl<'table> CodesReader<'table> {
    /// Looks at a table of codes under a schema, made for these partners.
    ///
    /// # Errors
    /// [`Error::TableFormat`] when it is another table.
    pub fn new(table: &'table TableFile, schema: &Schema, partners: &[String]) -> Result<Self> {
        let filters = schema.filters.iter().map(|filter| {
            let name = format!("filter_{}", filter.id);
            table.fixed(&name, filter.bits as usize / 8)
        });
        let (key_slots, household_slots) = (schema.key_slots(), schema.household_slots());
        let first = key_columns(partners).swap_remove(0);
        let household = (household_slots > 0)
            .then(|| table.fixed("household", household_slots * HouseholdKey::BYTES));
        let within = table.noted(WITHIN_KEY).map(WithinCounts::from_text);
        Ok(Self {
            records: table.rows() as usize,
            within: within
                .unwrap_or_else(|| Some(WithinCounts::default()))
                .ok_or_else(|| Error::table("its counts of pairs within the file are malformed"))?,
            record_ref: table.fixed("record_ref", 16)?,
            filters: filters.collect::<Result<_>>()?,
            keys: table.fixed(&first, key_slots * 16)?,
            key_slots,
            presence: table.fixed("presence", 4)?,
            household: household.transpose()?,
            household_slots,
        })
    }

    /// Number of records.
    pub fn records(&self) -> usize {
        self.records
    }

    /// The counts of pairs within the file.
    pub fn within(&self) -> &WithinCounts {
        &self.within
    }

    /// The reference of a record.
    ///
    /// # Errors
    /// When the working file cannot be read.
    pub fn record_ref(&self, record: usize) -> io::Result<[u8; 16]> {
        let mut reference = [0; 16];
        self.record_ref.read(record, &mut reference)?;
        Ok(reference)
    }

    /// A filter of the records from `first` on, as many as `out` has room for.
    ///
    /// # Errors
    /// When the working file cannot be read.
    pub fn filter(&self, filter: usize, first: usize, out: &mut [u64]) -> io::Result<()> {
        // A few records at a time through room that is there.
        let mut bytes = [0; 4096];
        let mut done = 0;
        let record = self.filters[filter].words();
        let at_once = (bytes.len() / 8 / record).max(1);
        for words in out.chunks_mut(at_once * record) {
            let mut larger = Vec::new();
            let bytes = if let Some(bytes) = bytes.get_mut(..words.len() * 8) {
                bytes
            } else {
                larger.resize(words.len() * 8, 0);
                &mut larger
            };
            self.filters[filter].read(first + done, bytes)?;
            for (word, bytes) in words.iter_mut().zip(bytes.as_chunks().0) {
                *word = u64::from_le_bytes(*bytes);
            }
            done += at_once;
        }
        Ok(())
    }

    /// The match keys of the `records` records from `first` on, all slots of each, with those of the first partner when each has their own.
    ///
    /// # Errors
    /// When the working file cannot be read.
    pub fn keys(&self, first: usize, records: usize) -> io::Result<Vec<Token>> {
        let mut keys = vec![[0; 16]; records * self.key_slots];
        self.keys.read(first, keys.as_flattened_mut())?;
        Ok(keys)
    }

    /// The household keys of the `records` records from `first` on, all slots of each.
    ///
    /// # Errors
    /// When the working file cannot be read.
    pub fn household(&self, first: usize, records: usize) -> io::Result<Vec<HouseholdKey>> {
        let Some(column) = &self.household else {
            return Ok(Vec::new());
        };
        let mut bytes = vec![0; records * self.household_slots * HouseholdKey::BYTES];
        column.read(first, &mut bytes)?;
        let keys = bytes
            .chunks_exact(HouseholdKey::BYTES)
            .map(HouseholdKey::from_bytes);
        keys.collect::<Option<_>>()
            .ok_or_else(|| io::ErrorKind::InvalidData.into())
    }

    /// The presence patterns of all records.
    ///
    /// # Errors
    /// When the working file cannot be read.
    pub fn presence(&self) -> io::Result<Vec<u32>> {
        let mut bytes = vec![0; self.records * 4];
        self.presence.read(0, &mut bytes)?;
        let patterns = bytes.as_chunks().0.iter();
        Ok(patterns.map(|bytes| u32::from_le_bytes(*bytes)).collect())
    }
}
