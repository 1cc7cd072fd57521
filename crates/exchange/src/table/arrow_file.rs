//! One record batch to the bytes of an Arrow IPC file and back, defensively.
//!
//! The arrow crate reads files from strangers with care but not without panics, and believes the lengths in the footer when it
//! allocates. So the footer's blocks are checked against the file first, and what is left of the panics becomes an error.

use crate::error::{Error, Result};
use arrow::array::{
    Array, ArrayRef, BooleanArray, Date32Array, FixedSizeBinaryArray, ListArray, RecordBatch,
    StringArray, UInt8Array, UInt32Array,
};
use arrow::buffer::Buffer;
use arrow::datatypes::{DataType, Field, Schema};
use arrow::ipc::Block;
use arrow::ipc::reader::FileDecoder;
use arrow::ipc::writer::FileWriter;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Metadata key: which table this is, with its version.
pub(super) const TABLE_KEY: &str = "kinfold.table";
const MAGIC: &[u8] = b"ARROW1";
/// Magic, and two bytes that fill up to eight.
const HEAD_BYTES: usize = 8;
/// Footer length and magic.
const TAIL_BYTES: usize = 10;
/// Largest footer: some 40 columns need about 4 KiB.
const FOOTER_BYTES_MAX: usize = 256 * 1024;
const COLUMNS_MAX: usize = 256;

/// Named columns of one table.
pub(super) struct Columns {
    table: &'static str,
    metadata: HashMap<String, String>,
    batch: RecordBatch,
}

/// Collects columns for a file.
pub(super) struct Writer {
    fields: Vec<Field>,
    columns: Vec<ArrayRef>,
    metadata: HashMap<String, String>,
}

impl Writer {
    pub(super) fn new(table: &'static str) -> Self {
        let metadata = HashMap::from([(TABLE_KEY.to_owned(), table.to_owned())]);
        Self {
            fields: Vec::new(),
            columns: Vec::new(),
            metadata,
        }
    }

    /// Adds a line of metadata.
    pub(super) fn note(&mut self, key: &str, value: String) {
        self.metadata.insert(key.to_owned(), value);
    }

    /// Adds a column.
    pub(super) fn column(&mut self, name: &str, nullable: bool, column: ArrayRef) {
        self.fields
            .push(Field::new(name, column.data_type().clone(), nullable));
        self.columns.push(column);
    }

    /// Adds a column of `width` bytes a row.
    pub(super) fn fixed_size_binary(
        &mut self,
        name: &str,
        width: usize,
        bytes: Vec<u8>,
    ) -> Result<()> {
        let width = i32::try_from(width)
            .map_err(|_| Error::table(format!("column `{name}` is too wide")))?;
        let column =
            FixedSizeBinaryArray::try_new(width, Buffer::from_vec(bytes), None).map_err(|_| {
                Error::table(format!("column `{name}` does not have {width} bytes a row"))
            })?;
        self.column(name, false, Arc::new(column));
        Ok(())
    }

    /// The file's bytes; the same columns give the same bytes.
    pub(super) fn finish(self) -> Result<Vec<u8>> {
        let schema = Arc::new(Schema::new_with_metadata(self.fields, self.metadata));
        let attempt = || {
            let batch = RecordBatch::try_new(schema.clone(), self.columns)?;
            let mut writer = FileWriter::try_new(Vec::new(), &schema)?;
            writer.write(&batch)?;
            writer.into_inner()
        };
        attempt().map_err(|_| Error::table("the columns do not have the same number of rows"))
    }
}

impl Writer {
    /// The columns as one batch.
    pub(super) fn into_batch(self) -> Result<RecordBatch> {
        let schema = Arc::new(Schema::new_with_metadata(self.fields, self.metadata));
        RecordBatch::try_new(schema, self.columns)
            .map_err(|_| Error::table("the columns do not have the same number of rows"))
    }

    /// Begins a file of several batches: the columns of the first, which may have no rows, are those of all.
    pub(super) fn begin<W: std::io::Write>(self, writer: W) -> Result<Parts<W>> {
        let schema = Arc::new(Schema::new_with_metadata(self.fields, self.metadata));
        let writer = FileWriter::try_new(writer, &schema).map_err(|error| not_written(&error))?;
        Ok(Parts { schema, writer })
    }
}

/// A file of several batches that is being written.
pub(super) struct Parts<W: std::io::Write> {
    schema: Arc<Schema>,
    writer: FileWriter<W>,
}

impl<W: std::io::Write> Parts<W> {
    /// Writes a batch.
    pub(super) fn write(&mut self, columns: Writer) -> Result<()> {
        let batch = RecordBatch::try_new(self.schema.clone(), columns.columns)
            .map_err(|_| Error::table("the columns do not have the same number of rows"))?;
        self.writer
            .write(&batch)
            .map_err(|error| not_written(&error))
    }

    /// Writes the end.
    pub(super) fn finish(self) -> Result<W> {
        self.writer
            .into_inner()
            .map_err(|error| not_written(&error))
    }
}

/// A failure of the arrow writer: nearly always that of the file below it.
pub(super) fn not_written(error: &arrow::error::ArrowError) -> Error {
    match error {
        arrow::error::ArrowError::IoError(_, error) => Error::not_written("the table", error),
        other => Error::table(format!("it could not be written: {other}")),
    }
}

impl Columns {
    /// Reads a file that holds exactly one batch of a table.
    pub(super) fn read(bytes: &[u8], table: &'static str) -> Result<Self> {
        let footer = check_frame(bytes)?;
        let attempt =
            || -> Option<(HashMap<String, String>, RecordBatch)> { decode(bytes, footer) };
        // A malformed flatbuffer can panic inside the arrow crate. Nothing is shared with the closure, so nothing is left half-done.
        let (metadata, batch) = catch_unwind(AssertUnwindSafe(attempt))
            .ok()
            .flatten()
            .ok_or_else(|| Error::table("it is not a whole Arrow IPC file with one batch"))?;
        if metadata.get(TABLE_KEY).map(String::as_str) != Some(table) {
            return Err(Error::table(format!("it is not a table of kind `{table}`")));
        }
        Ok(Self {
            table,
            metadata,
            batch,
        })
    }

    /// Reads a file of any number of batches, one after another, and gives each to `take`; stops at the first error of either.
    pub(super) fn read_parts(
        bytes: &[u8],
        table: &'static str,
        mut take: impl FnMut(&Self) -> Result<()>,
    ) -> Result<()> {
        let footer = check_frame(bytes)?;
        let broken = || Error::table("it is not a whole Arrow IPC file");
        // As above: nothing that the closures share is used after a panic.
        let batches = catch_unwind(AssertUnwindSafe(|| Batches::open(bytes, footer)))
            .ok()
            .flatten()
            .ok_or_else(broken)?;
        if batches.metadata.get(TABLE_KEY).map(String::as_str) != Some(table) {
            return Err(Error::table(format!("it is not a table of kind `{table}`")));
        }
        for index in 0..batches.count() {
            let batch = catch_unwind(AssertUnwindSafe(|| batches.read(index)))
                .ok()
                .flatten()
                .ok_or_else(broken)?;
            take(&Self {
                table,
                metadata: batches.metadata.clone(),
                batch,
            })?;
        }
        Ok(())
    }

    /// Number of rows.
    pub(super) fn rows(&self) -> usize {
        self.batch.num_rows()
    }

    /// A line of metadata.
    pub(super) fn noted(&self, key: &str) -> Option<&str> {
        self.metadata.get(key).map(String::as_str)
    }

    /// Demands that there are exactly these columns, so that nothing rides along unseen.
    /// Names of the columns, in their order.
    pub(super) fn names(&self) -> impl Iterator<Item = String> {
        let schema = self.batch.schema();
        let names: Vec<String> = schema
            .fields()
            .iter()
            .map(|field| field.name().clone())
            .collect();
        names.into_iter()
    }

    pub(super) fn must_be_exactly(&self, names: &[String]) -> Result<()> {
        let schema = self.batch.schema();
        let found: Vec<&str> = schema
            .fields()
            .iter()
            .map(|field| field.name().as_str())
            .collect();
        if found == names {
            Ok(())
        } else {
            Err(Error::table(format!(
                "the columns of `{}` are not {}",
                self.table,
                names.join(", ")
            )))
        }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.batch.column_by_name(name).is_some()
    }

    /// A column of `width` bytes a row, as one piece.
    pub(super) fn fixed_size_binary(&self, name: &str, width: usize) -> Result<&[u8]> {
        let column = self.typed::<FixedSizeBinaryArray>(name, false)?;
        if usize::try_from(column.value_length()).ok() != Some(width) {
            return Err(Error::table(format!(
                "column `{name}` has {} bytes a row, not {width}",
                column.value_length()
            )));
        }
        column
            .value_data()
            .get(column.offset() * width..(column.offset() + column.len()) * width)
            .ok_or_else(|| Error::table(format!("column `{name}` is shorter than the table")))
    }

    pub(super) fn uint32(&self, name: &str) -> Result<&UInt32Array> {
        self.typed(name, false)
    }

    pub(super) fn uint8(&self, name: &str) -> Result<&UInt8Array> {
        self.typed(name, false)
    }

    pub(super) fn boolean(&self, name: &str) -> Result<&BooleanArray> {
        self.typed(name, false)
    }

    pub(super) fn date32(&self, name: &str, nullable: bool) -> Result<&Date32Array> {
        self.typed(name, nullable)
    }

    pub(super) fn text(&self, name: &str) -> Result<&StringArray> {
        self.typed(name, false)
    }

    pub(super) fn text_list(&self, name: &str) -> Result<&ListArray> {
        let column = self.typed::<ListArray>(name, false)?;
        if column.value_type() != DataType::Utf8 || column.values().null_count() > 0 {
            return Err(Error::table(format!(
                "column `{name}` is not a list of text without nulls"
            )));
        }
        Ok(column)
    }

    fn typed<T: 'static + Array>(&self, name: &str, nullable: bool) -> Result<&T> {
        let column = self
            .batch
            .column_by_name(name)
            .ok_or_else(|| Error::table(format!("there is no column `{name}`")))?;
        if !nullable && column.null_count() > 0 {
            return Err(Error::table(format!("column `{name}` has nulls")));
        }
        column.as_any().downcast_ref().ok_or_else(|| {
            Error::table(format!(
                "column `{name}` has the type {}, which is not its own",
                column.data_type()
            ))
        })
    }
}

/// The length of the footer by the first and the last bytes of a file; `None` when they are not those of a whole Arrow IPC file.
pub(super) fn check_footer(head: &[u8], tail: &[u8]) -> Option<u64> {
    let (length, magic) = tail.split_at_checked(4)?;
    let length = u64::try_from(i32::from_le_bytes(length.try_into().ok()?)).ok()?;
    (magic == MAGIC && head.starts_with(MAGIC) && length <= FOOTER_BYTES_MAX as u64)
        .then_some(length)
}

/// Checks head, tail and footer length; gives back where the footer is.
fn check_frame(bytes: &[u8]) -> Result<std::ops::Range<usize>> {
    let whole = || {
        let tail = bytes
            .len()
            .checked_sub(TAIL_BYTES)
            .filter(|tail| *tail >= HEAD_BYTES)?;
        let length = check_footer(bytes, &bytes[tail..])?;
        let start = tail
            .checked_sub(length as usize)
            .filter(|start| *start >= HEAD_BYTES)?;
        Some(start..tail)
    };
    whole().ok_or_else(|| Error::table("it is not a whole Arrow IPC file"))
}

/// Decodes the one batch. `None` for everything that is not as written by [`Writer`].
fn decode(
    bytes: &[u8],
    footer: std::ops::Range<usize>,
) -> Option<(HashMap<String, String>, RecordBatch)> {
    let batches = Batches::open(bytes, footer)?;
    if batches.count() != 1 {
        return None;
    }
    let batch = batches.read(0)?;
    Some((batches.metadata, batch))
}

/// The batches of a file, each decoded when it is asked for.
struct Batches<'a> {
    bytes: &'a [u8],
    /// Where the footer begins: no batch reaches into it.
    end: usize,
    decoder: FileDecoder,
    blocks: Vec<Block>,
    metadata: HashMap<String, String>,
}

impl<'a> Batches<'a> {
    fn open(bytes: &'a [u8], footer: std::ops::Range<usize>) -> Option<Self> {
        let end = footer.start;
        let footer = arrow::ipc::root_as_footer(&bytes[footer]).ok()?;
        if footer
            .dictionaries()
            .is_some_and(|dictionaries| !dictionaries.is_empty())
        {
            return None;
        }
        let schema = footer.schema()?;
        if schema.fields()?.len() > COLUMNS_MAX
            || !schema.endianness().equals_to_target_endianness()
        {
            return None;
        }
        let schema = arrow::ipc::convert::fb_to_schema(schema);
        Some(Self {
            bytes,
            end,
            blocks: footer.recordBatches()?.iter().copied().collect(),
            decoder: FileDecoder::new(Arc::new(schema.clone()), footer.version()),
            metadata: schema.metadata,
        })
    }

    fn count(&self) -> usize {
        self.blocks.len()
    }

    fn read(&self, index: usize) -> Option<RecordBatch> {
        let block = self.blocks.get(index)?;
        let start = usize::try_from(block.offset())
            .ok()
            .filter(|start| *start >= HEAD_BYTES)?;
        let length = usize::try_from(block.metaDataLength())
            .ok()?
            .checked_add(usize::try_from(block.bodyLength()).ok()?)?;
        let end = start.checked_add(length).filter(|end| *end <= self.end)?;
        self.decoder
            .read_record_batch(block, &Buffer::from(&self.bytes[start..end]))
            .ok()?
    }
}
