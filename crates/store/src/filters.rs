//! Filters in rows of whole words, read in place where a file holds them so.
//!
//! Row `i` is `words[i * width..][..width]` with `width = bits.div_ceil(64)`. Bytes are numbered in the order of the file, lowest
//! first, so a row of whole words is the same in memory and on disk on a little-endian machine. Anything else is copied once, each row
//! padded with zero bits, which change neither the Dice similarity nor the Hamming distance.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow::array::{Array, FixedSizeBinaryArray};
use arrow::buffer::{Buffer, ScalarBuffer};
use arrow::datatypes::DataType;
use arrow::ipc::reader::FileDecoder;

use crate::MappedFile;

/// What an Arrow IPC file begins and ends with.
pub const ARROW_MAGIC: &[u8] = b"ARROW1";
/// Magic, and two bytes that fill up to eight.
const HEAD_BYTES: usize = 8;
/// Footer length and magic.
const TAIL_BYTES: usize = 10;
/// Largest footer: a block of a batch takes 24 bytes, so this is some 600,000 batches.
const FOOTER_BYTES_MAX: usize = 16 * 1024 * 1024;
/// What stands before the id of a filter in the name of its column.
const COLUMN_PREFIX: &str = "filter_";

/// Filters of one length.
#[derive(Clone, Debug)]
pub struct Filters {
    bits: usize,
    words: ScalarBuffer<u64>,
    is_in_place: bool,
}

impl Filters {
    /// Rows of words that are in memory. `words` is a whole number of rows of `bits.div_ceil(64)` words.
    pub fn from_words(bits: usize, words: Vec<u64>) -> Self {
        Self {
            bits,
            words: ScalarBuffer::from(words),
            is_in_place: false,
        }
    }

    /// Rows of `bits / 8` bytes, one after another.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn from_raw(file: &MappedFile, bits: usize) -> Result<Self, String> {
        if bits == 0 || !bits.is_multiple_of(8) {
            return Err(format!("`--bits {bits}` is not a multiple of 8"));
        }
        let length = file.bytes().len();
        if !length.is_multiple_of(bits / 8) {
            return Err(format!(
                "its {length} bytes are not a whole number of {bits}-bit filters"
            ));
        }
        Ok(Self::of_pieces(
            bits,
            std::slice::from_ref(file.buffer()),
            file.is_mapped(),
        ))
    }

    /// The column `filter_<id>` of an Arrow IPC file, fixed-size binary without nulls; without an id, the only such column. A file
    /// of one batch is used in place.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn from_arrow(file: &MappedFile, id: Option<&str>) -> Result<Self, String> {
        let attempt = || read_arrow(file.buffer(), id);
        // A malformed flatbuffer can panic inside the arrow crate. Nothing is shared with the closure, so nothing is left half-done.
        let (bits, pieces) = catch_unwind(AssertUnwindSafe(attempt))
            .unwrap_or_else(|_| Err("it is not a whole Arrow IPC file".into()))?;
        Ok(Self::of_pieces(bits, &pieces, file.is_mapped()))
    }

    /// Each piece is a whole number of rows.
    fn of_pieces(bits: usize, pieces: &[Buffer], is_mapped: bool) -> Self {
        if let [piece] = pieces
            && bits.is_multiple_of(64)
            && cfg!(target_endian = "little")
            && piece.as_ptr().align_offset(align_of::<u64>()) == 0
        {
            return Self {
                bits,
                words: ScalarBuffer::new(piece.clone(), 0, piece.len() / 8),
                is_in_place: is_mapped,
            };
        }
        let rows: usize = pieces.iter().map(|piece| piece.len() / (bits / 8)).sum();
        let mut words = Vec::with_capacity(rows * bits.div_ceil(64));
        for row in pieces.iter().flat_map(|piece| piece.chunks_exact(bits / 8)) {
            push_row(&mut words, row);
        }
        Self::from_words(bits, words)
    }

    /// Bits of one filter in the file.
    pub fn bits(&self) -> usize {
        self.bits
    }

    /// All rows, padded to whole words.
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// Whether the words are those of a mapped file, without a copy.
    pub fn is_in_place(&self) -> bool {
        self.is_in_place
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.words
            .len()
            .checked_div(self.bits.div_ceil(64))
            .unwrap_or(0)
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }
}

/// Adds a row of bytes, padded to whole words.
pub fn push_row(words: &mut Vec<u64>, row: &[u8]) {
    for chunk in row.chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        words.push(u64::from_le_bytes(word));
    }
}

/// Bits of a filter, and its column, batch by batch.
fn read_arrow(buffer: &Buffer, id: Option<&str>) -> Result<(usize, Vec<Buffer>), String> {
    let broken = || "it is not a whole Arrow IPC file".to_owned();
    let footer_range = footer(buffer).ok_or_else(broken)?;
    let footer_start = footer_range.start;
    let footer = arrow::ipc::root_as_footer(&buffer[footer_range]).map_err(|_| broken())?;
    let schema = footer.schema().ok_or_else(broken)?;
    if !schema.endianness().equals_to_target_endianness() {
        return Err("it was written by a machine with the other order of bytes".into());
    }
    let schema = arrow::ipc::convert::fb_to_schema(schema);
    let place = column(&schema, id)?;
    let width = match schema.field(place).data_type() {
        DataType::FixedSizeBinary(width) => usize::try_from(*width).ok().filter(|width| *width > 0),
        _ => None,
    };
    let width = width.ok_or("the column of its filters is not of fixed-size binary values")?;
    let decoder = FileDecoder::new(Arc::new(schema), footer.version()).with_projection(vec![place]);
    let mut pieces = Vec::new();
    for block in footer.recordBatches().ok_or_else(broken)? {
        // The arrow crate believes the lengths in the footer, so they are checked against the file first.
        let number = |value: i64| usize::try_from(value).map_err(|_| broken());
        let start = number(block.offset())?;
        let length = number(block.metaDataLength().into())?
            .checked_add(number(block.bodyLength())?)
            .ok_or_else(broken)?;
        if start < HEAD_BYTES
            || start
                .checked_add(length)
                .is_none_or(|end| end > footer_start)
        {
            return Err(broken());
        }
        let batch = decoder
            .read_record_batch(block, &buffer.slice_with_length(start, length))
            .ok()
            .flatten()
            .ok_or_else(broken)?;
        let column = batch
            .column(0)
            .as_any()
            .downcast_ref::<FixedSizeBinaryArray>()
            .ok_or_else(broken)?;
        if column.null_count() > 0 {
            return Err("the column of its filters has nulls".into());
        }
        if !column.is_empty() {
            let data = column.to_data();
            pieces.push(
                data.buffers()[0].slice_with_length(column.offset() * width, column.len() * width),
            );
        }
    }
    Ok((width * 8, pieces))
}

/// Place of the column with the filters.
fn column(schema: &arrow::datatypes::Schema, id: Option<&str>) -> Result<usize, String> {
    let filters: Vec<(usize, &str)> = schema
        .fields()
        .iter()
        .enumerate()
        .filter_map(|(place, field)| Some((place, field.name().strip_prefix(COLUMN_PREFIX)?)))
        .collect();
    let names = || {
        let names: Vec<String> = filters.iter().map(|(_, id)| format!("`{id}`")).collect();
        names.join(", ")
    };
    match (id, filters.as_slice()) {
        (_, []) => Err("it has no column `filter_…`".into()),
        (None, [(place, _)]) => Ok(*place),
        (None, _) => Err(format!(
            "it has several filters; choose one with `--filter`: {}",
            names()
        )),
        (Some(wanted), _) => filters
            .iter()
            .find(|(_, id)| *id == wanted)
            .map(|(place, _)| *place)
            .ok_or_else(|| format!("it has no filter `{wanted}`, but {}", names())),
    }
}

/// Checks head, tail and footer length; gives back where the footer is.
fn footer(bytes: &[u8]) -> Option<Range<usize>> {
    let tail = bytes
        .len()
        .checked_sub(TAIL_BYTES)
        .filter(|tail| *tail >= HEAD_BYTES)?;
    let (length, magic) = bytes[tail..].split_at(4);
    let length = usize::try_from(i32::from_le_bytes(length.try_into().ok()?)).ok()?;
    let start = tail
        .checked_sub(length)
        .filter(|start| *start >= HEAD_BYTES)?;
    (magic == ARROW_MAGIC && bytes.starts_with(ARROW_MAGIC) && length <= FOOTER_BYTES_MAX)
        .then_some(start..tail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{ArrayRef, UInt8Array};
    use arrow::datatypes::{Field, Schema};
    use arrow::ipc::writer::FileWriter;
    use arrow::record_batch::RecordBatch;
    use std::path::Path;

    fn mapped(folder: &Path, bytes: &[u8]) -> MappedFile {
        let path = folder.join("a");
        std::fs::write(&path, bytes).unwrap();
        MappedFile::open(&path).unwrap()
    }

    /// A file with two filter columns of 16 and 9 bytes a row and one other column; each batch has some rows.
    fn arrow_file(batches: &[&[u8]]) -> Vec<u8> {
        let schema = Arc::new(Schema::new(vec![
            Field::new("flags", DataType::UInt8, false),
            Field::new("filter_name", DataType::FixedSizeBinary(16), false),
            Field::new("filter_area", DataType::FixedSizeBinary(9), false),
        ]));
        let mut writer = FileWriter::try_new(Vec::new(), &schema).unwrap();
        for rows in batches {
            let column = |width: i32| -> ArrayRef {
                let bytes = rows
                    .iter()
                    .flat_map(|row| vec![*row; width as usize])
                    .collect();
                let values = Buffer::from_vec::<u8>(bytes);
                Arc::new(FixedSizeBinaryArray::new(width, values, None))
            };
            let flags: ArrayRef = Arc::new(UInt8Array::from(rows.to_vec()));
            let columns = vec![flags, column(16), column(9)];
            let batch = RecordBatch::try_new(schema.clone(), columns).unwrap();
            writer.write(&batch).unwrap();
        }
        writer.into_inner().unwrap()
    }

    #[test]
    fn whole_words_are_used_in_place_and_others_are_padded() {
        let folder = tempfile::tempdir().unwrap();
        let bytes: Vec<u8> = (0..144).collect();
        let file = mapped(folder.path(), &bytes);
        let whole = Filters::from_raw(&file, 64).unwrap();
        assert!(whole.is_in_place());
        assert_eq!(whole.words().as_ptr().cast(), file.bytes().as_ptr());
        assert_eq!((whole.len(), whole.words()[1]), (18, 0x0f0e_0d0c_0b0a_0908));
        let padded = Filters::from_raw(&file, 72).unwrap();
        assert!(!padded.is_in_place());
        assert_eq!((padded.len(), padded.words()[1]), (16, 8));
        assert!(
            Filters::from_raw(&file, 12)
                .unwrap_err()
                .contains("multiple of 8")
        );
        assert!(Filters::from_raw(&file, 0).is_err());
        assert!(
            Filters::from_raw(&file, 80)
                .unwrap_err()
                .contains("whole number")
        );
    }

    #[test]
    fn a_column_of_one_batch_is_used_in_place() {
        let folder = tempfile::tempdir().unwrap();
        let one = mapped(folder.path(), &arrow_file(&[&[1, 2, 3]]));
        let name = Filters::from_arrow(&one, Some("name")).unwrap();
        assert!(name.is_in_place());
        assert_eq!((name.bits(), name.len()), (128, 3));
        assert_eq!(name.words()[2], 0x0202_0202_0202_0202);
        let area = Filters::from_arrow(&one, Some("area")).unwrap();
        assert_eq!((area.bits(), area.len(), area.words()[1]), (72, 3, 1));
        let other = tempfile::tempdir().unwrap();
        let two = mapped(other.path(), &arrow_file(&[&[1], &[], &[2, 3]]));
        let same = Filters::from_arrow(&two, Some("name")).unwrap();
        assert_eq!(same.words(), name.words());
        assert!(!same.is_in_place());
        let third = tempfile::tempdir().unwrap();
        let none = Filters::from_arrow(&mapped(third.path(), &arrow_file(&[])), Some("name"));
        assert_eq!(none.map(|none| (none.bits(), none.len())), Ok((128, 0)));
    }

    #[test]
    fn a_column_that_is_not_clear_is_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let file = mapped(folder.path(), &arrow_file(&[&[1]]));
        let several = Filters::from_arrow(&file, None).unwrap_err();
        assert!(several.contains("`name`, `area`"), "{several}");
        let missing = Filters::from_arrow(&file, Some("x")).unwrap_err();
        assert!(
            missing.contains("`x`") && missing.contains("`name`"),
            "{missing}"
        );
    }

    /// Every byte of a small file changed, and every shorter file: an answer or an error, and never more.
    #[test]
    fn damaged_files_are_errors() {
        let whole = arrow_file(&[&[1, 2]]);
        for length in (0..whole.len()).step_by(7) {
            let cut = Buffer::from_vec(whole[..length].to_vec());
            assert!(read_arrow(&cut, Some("name")).is_err(), "{length}");
        }
        for place in 0..whole.len() {
            let mut changed = whole.clone();
            changed[place] ^= 0x41;
            let changed = Buffer::from_vec(changed);
            let read = catch_unwind(AssertUnwindSafe(|| read_arrow(&changed, Some("name"))));
            if let Ok(Ok((bits, pieces))) = read {
                let bytes: usize = pieces.iter().map(Buffer::len).sum();
                assert!(bytes.is_multiple_of(bits / 8) && bytes <= changed.len());
            }
        }
    }
}
