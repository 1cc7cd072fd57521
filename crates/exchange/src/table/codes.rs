//! The table of codes as an Arrow file.
//!
//! | column | type | a row |
//! |---|---|---|
//! | `record_ref` | FixedSizeBinary(16) | random record reference; rows are sorted by it |
//! | `filter_<id>` | FixedSizeBinary(bits / 8) | bit `i` is bit `i % 8` of byte `i / 8` |
//! | `keys` | FixedSizeBinary(16 x slots) | match-key tokens, one after another |
//! | `keys_with_<custodian>` | FixedSizeBinary(16 x slots) | instead of `keys`, one a partner, when every two custodians have their own |
//! | `presence` | UInt32 | presence pattern |
//! | `flags` | UInt8 | record flags |
//! | `household` | FixedSizeBinary(22 x slots) | household keys: token, kind, a zero byte, from and to month (u16, little-endian) |
//! | `area` | Utf8 | coarse area code, only when the agreement lists one |
//!
//! A schema without household keys has no such column. The metadata line `kinfold.within` has the counts of [`WithinCounts`].

use super::TableFile;
use super::arrow_file::{Columns, Writer};
use crate::error::{Error, Result};
use crate::hex;
use arrow::array::{StringArray, UInt8Array, UInt32Array};
use kinfold_schema::{
    CodeTable, FLAG_DO_NOT_LINK, FLAG_WITHHELD, FilterColumn, HouseholdKey, KeyScope, Schema,
    Token, WithinCounts,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(super) const TABLE: &str = "codes/1";
/// Metadata key of the linkage schema's hash.
pub(super) const SCHEMA_KEY: &str = "kinfold.schema";
/// Metadata key of the counts of pairs within the file ([`WithinCounts::to_text`]); absent when there are none.
pub(super) const WITHIN_KEY: &str = "kinfold.within";
/// What stands before a custodian's id in the name of a column of match keys.
const PARTNER_PREFIX: &str = "keys_with_";
/// Longest area code, in bytes.
const AREA_BYTES_MAX: usize = 16;

/// Rows whose columns are made at once, some two megabytes.
const ROWS_AT_ONCE: usize = 1024;

/// Writes codes as an Arrow IPC file, rows sorted by record reference.
///
/// # Errors
/// [`Error::TableFormat`] if the table does not fit the schema or a record reference is there twice.
pub fn codes_to_ipc(table: &CodeTable, schema: &Schema) -> Result<Vec<u8>> {
    columns(table, schema, TABLE)?.finish()
}

/// Codes for release, of which the rows come part by part: the same bytes as [`codes_to_ipc`] gives for all of them, and no more memory for
/// many than for few.
pub struct CodesWriter {
    table: TableFile,
    schema: Schema,
    partners: Vec<String>,
    folder: PathBuf,
    within: String,
    last: Option<[u8; 16]>,
}

impl CodesWriter {
    /// An empty table; what waits on disk waits in `folder`.
    ///
    /// # Errors
    /// [`Error::TableFormat`].
    pub fn new(schema: &Schema, partners: &[String], folder: &Path) -> Result<Self> {
        let none = CodeTable::empty(schema, partners);
        Ok(Self {
            table: TableFile::new(columns(&none, schema, TABLE)?, folder)?,
            schema: schema.clone(),
            partners: partners.to_vec(),
            folder: folder.to_owned(),
            within: String::new(),
            last: None,
        })
    }

    /// Adds rows, whose references are after those of all rows before them. The first ones bring the counts of pairs within the file.
    ///
    /// # Errors
    /// [`Error::TableFormat`] if they do not fit the schema or the rows before them, or the disk is full.
    pub fn write(&mut self, table: &CodeTable) -> Result<()> {
        if self.last.is_none() && !table.within.is_empty() {
            let head = CodeTable {
                within: table.within.clone(),
                ..CodeTable::empty(&self.schema, &self.partners)
            };
            self.table = TableFile::new(columns(&head, &self.schema, TABLE)?, &self.folder)?;
            self.within = table.within.to_text();
        }
        let mut references = table.record_ref.iter().copied();
        check_references(self.last.into_iter().chain(references.by_ref()))?;
        self.last = table.record_ref.last().copied().or(self.last);
        check_shape(table, &self.schema)?;
        let rows: Vec<usize> = (0..table.len()).collect();
        for rows in rows.chunks(ROWS_AT_ONCE) {
            let mut columns = columns_of(table, &self.schema, TABLE, rows)?;
            // What the head says, all parts say.
            if !self.within.is_empty() {
                columns.note(WITHIN_KEY, self.within.clone());
            }
            self.table.add(columns)?;
        }
        Ok(())
    }

    /// The table with all rows.
    pub fn finish(self) -> TableFile {
        self.table
    }
}

/// The columns of a table, rows sorted by record reference.
pub(super) fn columns(table: &CodeTable, schema: &Schema, kind: &'static str) -> Result<Writer> {
    check_shape(table, schema)?;
    let mut order: Vec<usize> = (0..table.len()).collect();
    if !table.record_ref.is_sorted() {
        order.sort_unstable_by_key(|&row| table.record_ref[row]);
    }
    check_references(order.iter().map(|&row| table.record_ref[row]))?;
    columns_of(table, schema, kind, &order)
}

/// The columns of some rows of a table that was checked.
fn columns_of(
    table: &CodeTable,
    schema: &Schema,
    kind: &'static str,
    order: &[usize],
) -> Result<Writer> {
    let mut writer = Writer::new(kind);
    writer.note(SCHEMA_KEY, hex::encode(&schema.hash()));
    if !table.within.is_empty() {
        writer.note(WITHIN_KEY, table.within.to_text());
    }
    writer.fixed_size_binary(
        "record_ref",
        16,
        order
            .iter()
            .flat_map(|&row| table.record_ref[row])
            .collect(),
    )?;
    for filter in &table.filters {
        let bytes = order
            .iter()
            .flat_map(|&row| filter.row(row))
            .flat_map(|word| word.to_le_bytes())
            .collect();
        writer.fixed_size_binary(
            &format!("filter_{}", filter.id),
            filter.bits as usize / 8,
            bytes,
        )?;
    }
    let (slots, sets) = (schema.key_slots(), table.key_sets());
    for (set, name) in key_columns(&table.partners).iter().enumerate() {
        let bytes = order
            .iter()
            .flat_map(|&row| table.keys[(row * sets + set) * slots..][..slots].as_flattened())
            .copied()
            .collect();
        writer.fixed_size_binary(name, slots * 16, bytes)?;
    }
    let presence: UInt32Array = order.iter().map(|&row| Some(table.presence[row])).collect();
    writer.column("presence", false, Arc::new(presence));
    let flags: UInt8Array = order.iter().map(|&row| Some(table.flags[row])).collect();
    writer.column("flags", false, Arc::new(flags));
    let slots = schema.household_slots();
    if slots > 0 {
        let keys = order
            .iter()
            .flat_map(|&row| &table.household[row * slots..][..slots]);
        writer.fixed_size_binary(
            "household",
            slots * HouseholdKey::BYTES,
            keys.flat_map(|key| key.to_bytes()).collect(),
        )?;
    }
    if let Some(area) = &table.area {
        let area: StringArray = order.iter().map(|&row| Some(area[row].as_str())).collect();
        writer.column("area", false, Arc::new(area));
    }
    Ok(writer)
}

/// Reads codes from an Arrow IPC file.
///
/// # Errors
/// [`Error::TableFormat`] if anything does not fit the schema; nothing is given back then.
pub fn codes_from_ipc(bytes: &[u8], schema: &Schema) -> Result<CodeTable> {
    from_columns(&Columns::read(bytes, TABLE)?, schema)
}

/// The codes of some rows, every column checked.
pub(super) fn from_columns(columns: &Columns, schema: &Schema) -> Result<CodeTable> {
    if columns.noted(SCHEMA_KEY) != Some(&hex::encode(&schema.hash())) {
        return Err(Error::table("it was encoded with another linkage schema"));
    }
    let partners = partners_of(columns.names(), schema)?;
    columns.must_be_exactly(&column_names(schema, &partners, columns.has("area")))?;

    let (record_ref, []) = columns
        .fixed_size_binary("record_ref", 16)?
        .as_chunks::<16>()
    else {
        return Err(Error::table(
            "column `record_ref` does not have 16 bytes a row",
        ));
    };
    check_references(record_ref.iter().copied())?;
    let mut filters = Vec::with_capacity(schema.filters.len());
    for filter in &schema.filters {
        let bytes = columns
            .fixed_size_binary(&format!("filter_{}", filter.id), filter.bits as usize / 8)?;
        let words = bytes
            .as_chunks()
            .0
            .iter()
            .map(|word| u64::from_le_bytes(*word))
            .collect();
        filters.push(FilterColumn {
            id: filter.id.clone(),
            bits: filter.bits,
            words,
        });
    }
    let slots = schema.key_slots();
    let mut sets: Vec<&[Token]> = Vec::new();
    for name in key_columns(&partners) {
        sets.push(columns.fixed_size_binary(&name, slots * 16)?.as_chunks().0);
    }
    let keys = match sets[..] {
        [one] => one.to_vec(),
        _ => (0..record_ref.len())
            .flat_map(|row| {
                sets.iter()
                    .map(move |set| &set[row * slots..(row + 1) * slots])
            })
            .flatten()
            .copied()
            .collect(),
    };
    let household = match schema.household_slots() {
        0 => Vec::new(),
        slots => columns
            .fixed_size_binary("household", slots * HouseholdKey::BYTES)?
            .chunks_exact(HouseholdKey::BYTES)
            .enumerate()
            .map(|(index, bytes)| {
                HouseholdKey::from_bytes(bytes).ok_or_else(|| {
                    Error::table(format!(
                        "row {}: a household key is malformed",
                        index / slots + 1
                    ))
                })
            })
            .collect::<Result<_>>()?,
    };
    let area = if columns.has("area") {
        Some(
            columns
                .text("area")?
                .iter()
                .flatten()
                .map(str::to_owned)
                .collect(),
        )
    } else {
        None
    };
    let table = CodeTable {
        record_ref: record_ref.to_vec(),
        filters,
        partners,
        keys,
        presence: columns.uint32("presence")?.values().to_vec(),
        flags: columns.uint8("flags")?.values().to_vec(),
        household,
        area,
        within: columns
            .noted(WITHIN_KEY)
            .map_or(Some(WithinCounts::default()), WithinCounts::from_text)
            .ok_or_else(|| Error::table("its counts of pairs within the file are malformed"))?,
    };
    check_shape(&table, schema)?;
    Ok(table)
}

/// The columns of match keys: one, or one a partner.
pub(super) fn key_columns(partners: &[String]) -> Vec<String> {
    if partners.is_empty() {
        return vec!["keys".to_owned()];
    }
    partners
        .iter()
        .map(|partner| format!("{PARTNER_PREFIX}{partner}"))
        .collect()
}

/// The custodians that the columns of match keys name, sorted.
pub(super) fn partners_of(
    names: impl Iterator<Item = String>,
    schema: &Schema,
) -> Result<Vec<String>> {
    let mut partners: Vec<String> = names
        .filter_map(|name| name.strip_prefix(PARTNER_PREFIX).map(str::to_owned))
        .collect();
    partners.sort_unstable();
    if partners.is_empty() == (schema.key_scope == KeyScope::Agreement) {
        Ok(partners)
    } else {
        Err(Error::table(
            "its match keys are not of the scope that the linkage schema has",
        ))
    }
}

pub(super) fn column_names(schema: &Schema, partners: &[String], area: bool) -> Vec<String> {
    let mut names = vec!["record_ref".to_owned()];
    names.extend(
        schema
            .filters
            .iter()
            .map(|filter| format!("filter_{}", filter.id)),
    );
    names.extend(key_columns(partners));
    let rest = [
        ("presence", true),
        ("flags", true),
        ("household", schema.household_slots() > 0),
        ("area", area),
    ];
    names.extend(
        rest.into_iter()
            .filter(|(_, there)| *there)
            .map(|(name, _)| name.to_owned()),
    );
    names
}

/// Sorted and each once: a reference that is there twice would let one record answer for another.
pub(super) fn check_references(references: impl Iterator<Item = [u8; 16]>) -> Result<()> {
    let mut previous: Option<[u8; 16]> = None;
    for (row, reference) in references.enumerate() {
        if previous.is_some_and(|previous| previous >= reference) {
            return Err(Error::table(format!(
                "row {}: record references are not sorted, or one is there twice",
                row + 1
            )));
        }
        previous = Some(reference);
    }
    Ok(())
}

/// Checks every length and value that the schema fixes.
pub(super) fn check_shape(table: &CodeTable, schema: &Schema) -> Result<()> {
    let rows = table.len();
    let rule = |holds: bool, what: &str| {
        if holds {
            Ok(())
        } else {
            Err(Error::table(what))
        }
    };
    let expected = schema
        .filters
        .iter()
        .map(|filter| (&filter.id, filter.bits));
    rule(
        expected.eq(table.filters.iter().map(|filter| (&filter.id, filter.bits))),
        "the filters are not the schema's",
    )?;
    for filter in &table.filters {
        rule(
            filter.bits.is_multiple_of(64),
            "a filter's bits are a multiple of 64",
        )?;
        rule(
            filter.words.len() == rows * (filter.bits as usize / 64),
            "a filter does not have one value a row",
        )?;
    }
    rule(
        table.partners.is_empty() == (schema.key_scope == KeyScope::Agreement)
            && table.partners.is_sorted_by(|a, b| a < b)
            && table.keys.len() == rows * schema.key_slots() * table.key_sets(),
        "the match keys do not fill the schema's slots",
    )?;
    rule(
        table.household.len() == rows * schema.household_slots(),
        "the household keys do not fill the schema's slots",
    )?;
    rule(
        table.presence.len() == rows && table.flags.len() == rows,
        "a column is shorter or longer than the table",
    )?;
    let presence_bits = schema.presence.slots.len();
    let fits = |pattern: &u32| u64::from(*pattern) < 1 << presence_bits.min(32);
    rule(
        table.presence.iter().all(fits),
        "a presence pattern has a bit that the schema does not have",
    )?;
    rule(
        table
            .flags
            .iter()
            .all(|flags| flags & !(FLAG_DO_NOT_LINK | FLAG_WITHHELD) == 0),
        "a record has an unknown flag",
    )?;
    if let Some(area) = &table.area {
        rule(
            area.len() == rows,
            "a column is shorter or longer than the table",
        )?;
        let plain = |code: &String| {
            code.len() <= AREA_BYTES_MAX && code.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        rule(
            area.iter().all(plain),
            "an area code is at most 16 letters and digits",
        )?;
    }
    Ok(())
}
