//! A table that lies in a file, of which only its head is read: its columns are read where they lie.
//!
//! As strict as reading all of it ([`super::codes_from_ipc`]): every length is checked against the file before anything is read there.

use super::arrow_file::{TABLE_KEY, check_footer};
use super::one_batch::TableFile;
use super::store::read_exact_at;
use crate::error::{Error, Result};
use arrow::datatypes::{DataType, Schema};
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

/// Magic, and two bytes that fill up to eight.
const HEAD_BYTES: u64 = 8;
/// Footer length and magic.
const TAIL_BYTES: u64 = 10;
/// The largest footer that [`check_footer`] lets through.
const FOOTER_BYTES_MAX: u64 = 256 * 1024;
/// The head of a batch has 16 bytes a buffer and as many a column.
const MESSAGE_BYTES_MAX: u64 = 256 * 1024;

/// Opens a file that holds exactly one batch of a table.
///
/// # Errors
/// [`Error::TableFormat`] when it is not one, [`Error::File`] when it cannot be read.
pub(super) fn open(path: &Path, table: &str) -> Result<TableFile> {
    let failed = |error: std::io::Error| {
        Error::from(kinfold_message::Problem::io("read the codes", path, &error))
    };
    let mut file = File::open(path).map_err(failed)?;
    let length = file.metadata().map_err(failed)?.len();
    let broken = || Error::table("it is not a whole Arrow IPC file with one batch");
    let mut read = |start: u64, count: u64, most: u64| -> Result<Vec<u8>> {
        let fits = start.checked_add(count).is_some_and(|end| end <= length);
        if !fits || count > most {
            return Err(broken());
        }
        let mut bytes = vec![0; count as usize];
        read_exact_at(&mut file, start, &mut bytes).map_err(failed)?;
        Ok(bytes)
    };
    let tail_start = length.checked_sub(TAIL_BYTES).ok_or_else(broken)?;
    let head = read(0, HEAD_BYTES, HEAD_BYTES)?;
    let tail = read(tail_start, TAIL_BYTES, TAIL_BYTES)?;
    let footer_length = check_footer(&head, &tail).ok_or_else(broken)?;
    let footer_start = tail_start
        .checked_sub(footer_length)
        .filter(|start| *start >= HEAD_BYTES)
        .ok_or_else(broken)?;
    let footer = read(footer_start, footer_length, FOOTER_BYTES_MAX)?;
    // A malformed flatbuffer can panic inside the arrow crate. Nothing is shared with the closures, so nothing is left half-done.
    let (schema, message, body) = catch_unwind(AssertUnwindSafe(|| footer_of(&footer)))
        .ok()
        .flatten()
        .ok_or_else(broken)?;
    if schema.metadata().get(TABLE_KEY).map(String::as_str) != Some(table) {
        return Err(Error::table(format!("it is not a table of kind `{table}`")));
    }
    if body.end > footer_start {
        return Err(broken());
    }
    let message = read(
        message.start,
        message.end - message.start,
        MESSAGE_BYTES_MAX,
    )?;
    let (rows, buffers) = catch_unwind(AssertUnwindSafe(|| batch_of(&message, &schema)))
        .ok()
        .flatten()
        .ok_or_else(broken)?;
    let within = |(offset, count): &(u64, u64)| {
        let start = body.start.checked_add(*offset)?;
        let end = start.checked_add(*count)?;
        (end <= body.end).then_some((start, *count))
    };
    let buffers: Option<Vec<(u64, u64)>> = buffers.iter().map(within).collect();
    TableFile::in_file(schema, rows, &buffers.ok_or_else(broken)?, file, path).ok_or_else(broken)
}

type Range = std::ops::Range<u64>;

/// The schema, and where the head and the body of the one batch lie.
fn footer_of(bytes: &[u8]) -> Option<(Arc<Schema>, Range, Range)> {
    let footer = arrow::ipc::root_as_footer(bytes).ok()?;
    let dictionaries = footer.dictionaries();
    if dictionaries.is_some_and(|dictionaries| !dictionaries.is_empty()) {
        return None;
    }
    let schema = footer.schema()?;
    if !schema.endianness().equals_to_target_endianness() {
        return None;
    }
    let blocks = footer.recordBatches()?;
    let block = (blocks.len() == 1).then(|| blocks.get(0))?;
    let start = u64::try_from(block.offset()).ok()?;
    let body = start.checked_add(u64::try_from(block.metaDataLength()).ok()?)?;
    let end = body.checked_add(u64::try_from(block.bodyLength()).ok()?)?;
    let schema = arrow::ipc::convert::fb_to_schema(schema);
    (start >= HEAD_BYTES).then(|| (Arc::new(schema), start..body, body..end))
}

/// Rows and buffers of a batch whose every row has a value in every column.
fn batch_of(bytes: &[u8], schema: &Schema) -> Option<(u64, Vec<(u64, u64)>)> {
    // Continuation and length stand before the message.
    let message = arrow::ipc::root_as_message(bytes.get(8..)?).ok()?;
    let batch = message.header_as_record_batch()?;
    if batch.compression().is_some() {
        return None;
    }
    let nodes = batch.nodes()?;
    let rows = u64::try_from(batch.length()).ok()?;
    let plain = |kind: &DataType| !matches!(kind, DataType::List(_));
    let whole = nodes.len() == schema.fields().len()
        && nodes
            .iter()
            .all(|node| node.length() == batch.length() && node.null_count() == 0)
        && schema.fields().iter().all(|field| plain(field.data_type()));
    let buffers = batch.buffers()?.iter().map(|buffer| {
        let offset = u64::try_from(buffer.offset()).ok()?;
        Some((offset, u64::try_from(buffer.length()).ok()?))
    });
    let buffers: Option<Vec<_>> = buffers.collect();
    whole.then_some((rows, buffers?))
}
