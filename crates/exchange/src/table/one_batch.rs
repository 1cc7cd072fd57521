//! A table of one batch that is written without being held.
//!
//! The file holds all rows of a column together, and rows come some thousands at a time. So each column's bytes wait in an unnamed file
//! of their own order and are put together when the table is written, which can be done as often as needed (once to hash it, once to
//! seal it). The bytes are those that the arrow crate writes for the whole table in one piece.

use super::arrow_file::{Writer, not_written};
use super::store::{Store, Stored};
use crate::error::{Error, Result};
use arrow::array::{Array, ArrayRef, AsArray as _, RecordBatch};
use arrow::buffer::BooleanBuffer;
use arrow::datatypes::{DataType, Date32Type, Schema, UInt8Type, UInt32Type};
use arrow::ipc::convert::IpcSchemaEncoder;
use arrow::ipc::writer::{DictionaryTracker, FileWriter};
use arrow::ipc::{
    Block, Buffer, FieldNode, FooterBuilder, MessageBuilder, MessageHeader, MetadataVersion,
    RecordBatchBuilder,
};
use flatbuffers::FlatBufferBuilder;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};

/// Every part of an Arrow file begins at a multiple of this.
const ALIGNMENT: u64 = 64;
/// What stands before the length of a message's head.
const CONTINUATION: [u8; 4] = [0xFF; 4];
const MAGIC: &[u8] = b"ARROW1";

/// A table, ready to be written.
pub struct TableFile {
    schema: Arc<Schema>,
    rows: u64,
    nodes: Vec<Node>,
    store: Store,
}

/// A column, or the values of a column of lists: the buffers that Arrow keeps for it.
struct Node {
    rows: u64,
    nulls: u64,
    /// Which rows have a value; only for a column that may have none.
    validity: Option<Bits>,
    kind: Kind,
}

enum Kind {
    /// Values of one width.
    Fixed { values: usize },
    /// One bit a row.
    Bits(Bits),
    /// Where each value ends, and the values.
    Text { ends: Ends, values: usize },
    /// Where each list ends; the values are the next node.
    List { ends: Ends },
}

struct Ends {
    buffer: usize,
    last: i32,
}

/// Bits that are being filled into bytes.
struct Bits {
    buffer: usize,
    byte: u8,
    used: u32,
}

impl TableFile {
    /// An empty table with the columns of `columns`, which may have no rows; what waits on disk waits in `folder`.
    pub(super) fn new(columns: Writer, folder: &Path) -> Result<Self> {
        let batch = columns.into_batch()?;
        let mut table = Self {
            schema: batch.schema(),
            rows: 0,
            nodes: Vec::new(),
            store: Store::new(folder),
        };
        for field in table.schema.clone().fields() {
            table.node(field.data_type(), field.is_nullable())?;
        }
        table.add_batch(&batch)?;
        Ok(table)
    }

    /// Number of rows.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// A table whose columns lie in a file: for each column its validity, of which nothing is read, and its values (of text the ends too), as
    /// where they begin and how many bytes they are. `None` when these are not the buffers of such columns.
    pub(super) fn in_file(
        schema: Arc<Schema>,
        rows: u64,
        buffers: &[(u64, u64)],
        file: File,
        path: &Path,
    ) -> Option<Self> {
        let mut store = Store::new(path);
        store.file = Some(Mutex::new(file));
        let mut buffers = buffers.iter();
        let mut lies = |store: &mut Store| {
            let (offset, length) = *buffers.next()?;
            store.buffers.push(Stored {
                parts: vec![(offset, length)],
                held: Vec::new(),
                length,
            });
            Some(store.buffers.len() - 1)
        };
        let mut nodes = Vec::new();
        for field in schema.fields() {
            lies(&mut store)?;
            let kind = match field.data_type() {
                DataType::Utf8 => {
                    let ends = lies(&mut store)?;
                    Kind::Text {
                        ends: Ends {
                            buffer: ends,
                            last: 0,
                        },
                        values: lies(&mut store)?,
                    }
                }
                DataType::FixedSizeBinary(_) | DataType::UInt32 | DataType::UInt8 => Kind::Fixed {
                    values: lies(&mut store)?,
                },
                _ => return None,
            };
            nodes.push(Node {
                rows,
                nulls: 0,
                validity: None,
                kind,
            });
        }
        buffers.next().is_none().then_some(Self {
            schema,
            rows,
            nodes,
            store,
        })
    }

    /// Names of the columns, in their order.
    pub(super) fn names(&self) -> Vec<String> {
        let fields = self.schema.fields().iter();
        fields.map(|field| field.name().clone()).collect()
    }

    /// A line of metadata.
    pub(super) fn noted(&self, key: &str) -> Option<&str> {
        self.schema.metadata().get(key).map(String::as_str)
    }

    /// A column of values of one width, to read rows of.
    ///
    /// # Errors
    /// [`Error::TableFormat`] when there is no such column, or it has values of another width.
    pub(super) fn fixed(&self, name: &str, width: usize) -> Result<FixedColumn<'_>> {
        let missing = || {
            Error::table(format!(
                "there is no column `{name}` of {width} bytes a row"
            ))
        };
        let mut node = 0;
        for field in self.schema.fields() {
            if field.name() == name {
                let Kind::Fixed { values } = self.nodes[node].kind else {
                    break;
                };
                if self.store.length(values) != self.rows * width as u64 {
                    break;
                }
                return Ok(FixedColumn {
                    store: &self.store,
                    starts: self.store.starts(values),
                    buffer: values,
                    width,
                });
            }
            // The values of a list are a node of their own.
            let mut kind = field.data_type();
            node += 1;
            while let DataType::List(item) = kind {
                kind = item.data_type();
                node += 1;
            }
        }
        Err(missing())
    }

    fn node(&mut self, kind: &DataType, is_nullable: bool) -> Result<()> {
        let store = &mut self.store;
        let mut bits = || Bits {
            buffer: store.buffer(),
            byte: 0,
            used: 0,
        };
        let validity = is_nullable.then(&mut bits);
        let kind_of = match kind {
            DataType::Boolean => Kind::Bits(bits()),
            DataType::Utf8 => Kind::Text {
                ends: Ends::new(store),
                values: store.buffer(),
            },
            DataType::List(_) => Kind::List {
                ends: Ends::new(store),
            },
            _ => Kind::Fixed {
                values: store.buffer(),
            },
        };
        self.nodes.push(Node {
            rows: 0,
            nulls: 0,
            validity,
            kind: kind_of,
        });
        match kind {
            DataType::List(item) => self.node(item.data_type(), item.is_nullable()),
            _ => Ok(()),
        }
    }

    /// Adds rows.
    pub(super) fn add(&mut self, columns: Writer) -> Result<()> {
        let batch = columns.into_batch()?;
        self.add_batch(&batch)
    }

    fn add_batch(&mut self, batch: &RecordBatch) -> Result<()> {
        if batch.schema() != self.schema {
            return Err(Error::table("its parts do not have the same columns"));
        }
        let mut nodes = self.nodes.iter_mut();
        for column in batch.columns() {
            add_column(&mut nodes, &mut self.store, column)?;
        }
        self.rows += batch.num_rows() as u64;
        self.store.make_room()
    }

    /// Writes the table, the same bytes each time.
    ///
    /// # Errors
    /// [`Error::File`] when the writer or the file with the columns fails.
    pub fn write_to(&self, writer: &mut dyn Write) -> Result<()> {
        let failed = |error: std::io::Error| Error::not_written("the table", &error);
        let mut writer = Counted { writer, count: 0 };
        // Magic and schema; without a batch and an end it writes nothing more.
        FileWriter::try_new(&mut writer, &self.schema).map_err(|error| not_written(&error))?;
        let buffers = self.buffers();
        let head = self.message(&buffers);
        let start = writer.count;
        let head_bytes = padded(head.len() as u64 + 8);
        let body_bytes: u64 = buffers
            .iter()
            .map(|buffer| padded(self.length(buffer)))
            .sum();
        (|| {
            writer.write_all(&CONTINUATION)?;
            writer.write_all(&(head_bytes as u32 - 8).to_le_bytes())?;
            writer.write_all(&head)?;
            writer.fill_up(head.len() as u64 + 8)?;
            for buffer in &buffers {
                match buffer {
                    Part::Nothing => {}
                    Part::Whole(buffer) => self.store.copy(*buffer, &mut writer)?,
                    Part::Bits(bits) => {
                        self.store.copy(bits.buffer, &mut writer)?;
                        if bits.used > 0 {
                            writer.write_all(&[bits.byte])?;
                        }
                    }
                }
                writer.fill_up(self.length(buffer))?;
            }
            writer.write_all(&CONTINUATION)?;
            writer.write_all(&[0; 4])?;
            let footer = self.footer(Block::new(
                start.cast_signed(),
                (head_bytes as u32).cast_signed(),
                body_bytes.cast_signed(),
            ));
            writer.write_all(&footer)?;
            writer.write_all(&(footer.len() as u32).to_le_bytes())?;
            writer.write_all(MAGIC)?;
            writer.flush()
        })()
        .map_err(failed)
    }

    /// The buffers in the order of the file.
    fn buffers(&self) -> Vec<Part<'_>> {
        let mut parts = Vec::new();
        for node in &self.nodes {
            // A column in which every row has a value has no bits about it.
            parts.push(match &node.validity {
                Some(bits) if node.nulls > 0 => Part::Bits(bits),
                _ => Part::Nothing,
            });
            match &node.kind {
                Kind::Fixed { values } => parts.push(Part::Whole(*values)),
                Kind::Bits(bits) => parts.push(Part::Bits(bits)),
                Kind::Text { ends, values } => {
                    parts.extend([Part::Whole(ends.buffer), Part::Whole(*values)]);
                }
                Kind::List { ends } => parts.push(Part::Whole(ends.buffer)),
            }
        }
        parts
    }

    fn length(&self, part: &Part<'_>) -> u64 {
        match part {
            Part::Nothing => 0,
            Part::Whole(buffer) => self.store.length(*buffer),
            Part::Bits(bits) => self.store.length(bits.buffer) + u64::from(bits.used > 0),
        }
    }

    /// The head of the one batch: how many rows, and where each buffer lies.
    fn message(&self, buffers: &[Part<'_>]) -> Vec<u8> {
        let mut at = 0_u64;
        let places: Vec<Buffer> = buffers
            .iter()
            .map(|part| {
                let length = self.length(part);
                let place = Buffer::new(at.cast_signed(), length.cast_signed());
                at += padded(length);
                place
            })
            .collect();
        let nodes: Vec<FieldNode> = self
            .nodes
            .iter()
            .map(|node| FieldNode::new(node.rows.cast_signed(), node.nulls.cast_signed()))
            .collect();
        let mut builder = FlatBufferBuilder::new();
        let places = builder.create_vector(&places);
        let nodes = builder.create_vector(&nodes);
        let mut batch = RecordBatchBuilder::new(&mut builder);
        batch.add_length(self.rows.cast_signed());
        batch.add_nodes(nodes);
        batch.add_buffers(places);
        let batch = batch.finish().as_union_value();
        let mut message = MessageBuilder::new(&mut builder);
        message.add_version(MetadataVersion::V5);
        message.add_header_type(MessageHeader::RecordBatch);
        message.add_bodyLength(at.cast_signed());
        message.add_header(batch);
        let root = message.finish();
        builder.finish(root, None);
        builder.finished_data().to_vec()
    }

    /// The end of the file: the schema again, and where the batch lies.
    fn footer(&self, batch: Block) -> Vec<u8> {
        let mut builder = FlatBufferBuilder::new();
        let dictionaries = builder.create_vector::<Block>(&[]);
        let batches = builder.create_vector(&[batch]);
        let mut tracker = DictionaryTracker::new(true);
        let schema = IpcSchemaEncoder::new()
            .with_dictionary_tracker(&mut tracker)
            .schema_to_fb_offset(&mut builder, &self.schema);
        let mut footer = FooterBuilder::new(&mut builder);
        footer.add_version(MetadataVersion::V5);
        footer.add_schema(schema);
        footer.add_dictionaries(dictionaries);
        footer.add_recordBatches(batches);
        let root = footer.finish();
        builder.finish(root, None);
        builder.finished_data().to_vec()
    }
}

/// The rows of a column, wherever they lie.
pub(super) struct FixedColumn<'table> {
    store: &'table Store,
    buffer: usize,
    /// Where in the column each part begins that is in the file.
    starts: Vec<u64>,
    width: usize,
}

impl FixedColumn<'_> {
    /// Words of 64 bits of a row.
    pub(super) fn words(&self) -> usize {
        self.width / 8
    }

    /// The rows from `first` on, as many as `out` has room for.
    pub(super) fn read(&self, first: usize, out: &mut [u8]) -> std::io::Result<()> {
        let at = first as u64 * self.width as u64;
        self.store.read(self.buffer, &self.starts, at, out)
    }
}

/// What a buffer of the file is made of.
enum Part<'table> {
    Nothing,
    Whole(usize),
    Bits(&'table Bits),
}

/// Adds the rows of a column to its node, and those inside lists to the next one.
fn add_column<'nodes>(
    nodes: &mut impl Iterator<Item = &'nodes mut Node>,
    store: &mut Store,
    column: &ArrayRef,
) -> Result<()> {
    let strange = || Error::table("a column has a type that no table has");
    let node = nodes.next().ok_or_else(strange)?;
    node.rows += column.len() as u64;
    node.nulls += column.null_count() as u64;
    match (&mut node.validity, column.nulls()) {
        (Some(bits), Some(nulls)) => bits.add(store, nulls.inner()),
        (Some(bits), None) => bits.add(store, &BooleanBuffer::new_set(column.len())),
        (None, _) if column.null_count() == 0 => {}
        (None, _) => return Err(Error::table("a column has a row without a value")),
    }
    match &mut node.kind {
        Kind::Bits(bits) => bits.add(store, column.as_boolean().values()),
        Kind::Text { ends, values } => {
            let text = column.as_string::<i32>();
            let (first, last) = ends.add(store, text.value_offsets())?;
            store.append(*values, &text.value_data()[first..last]);
        }
        Kind::List { ends } => {
            let lists = column.as_list::<i32>();
            let (first, last) = ends.add(store, lists.value_offsets())?;
            let values = lists.values().slice(first, last - first);
            return add_column(nodes, store, &values);
        }
        Kind::Fixed { values } => match column.data_type() {
            DataType::FixedSizeBinary(width) => {
                let width = *width as usize;
                let binary = column.as_fixed_size_binary();
                let start = binary.offset() * width;
                let bytes = &binary.value_data()[start..start + binary.len() * width];
                store.append(*values, bytes);
            }
            DataType::UInt8 => store.append(*values, column.as_primitive::<UInt8Type>().values()),
            DataType::UInt32 => {
                let numbers = column.as_primitive::<UInt32Type>().values().iter();
                store.extend(*values, numbers.map(|number| number.to_le_bytes()));
            }
            DataType::Date32 => {
                let numbers = column.as_primitive::<Date32Type>().values().iter();
                store.extend(*values, numbers.map(|number| number.to_le_bytes()));
            }
            _ => return Err(strange()),
        },
    }
    Ok(())
}

impl Ends {
    fn new(store: &mut Store) -> Self {
        let buffer = store.buffer();
        store.append(buffer, &[0; 4]);
        Self { buffer, last: 0 }
    }

    /// Adds the ends of some values after those before them; gives back which values they are.
    fn add(&mut self, store: &mut Store, ends: &[i32]) -> Result<(usize, usize)> {
        let (first, last) = (ends[0], ends[ends.len() - 1]);
        let shift = self.last;
        let too_long = || Error::table("a column has more than two gigabytes of text");
        self.last = shift.checked_add(last - first).ok_or_else(too_long)?;
        let ends = ends[1..].iter();
        store.extend(
            self.buffer,
            ends.map(|end| (end - first + shift).to_le_bytes()),
        );
        Ok((first as usize, last as usize))
    }
}

impl Bits {
    fn add(&mut self, store: &mut Store, bits: &BooleanBuffer) {
        for bit in bits {
            self.byte |= u8::from(bit) << self.used;
            self.used += 1;
            if self.used == 8 {
                store.append(self.buffer, &[self.byte]);
                (self.byte, self.used) = (0, 0);
            }
        }
    }
}

/// A writer that knows how much was written.
struct Counted<'writer> {
    writer: &'writer mut dyn Write,
    count: u64,
}

impl Counted<'_> {
    /// Zeros after `length` bytes, up to the next multiple of the alignment.
    fn fill_up(&mut self, length: u64) -> std::io::Result<()> {
        const ZEROS: [u8; ALIGNMENT as usize] = [0; ALIGNMENT as usize];
        self.write_all(&ZEROS[..(padded(length) - length) as usize])
    }
}

impl Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.writer.write(bytes)?;
        self.count += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.writer.flush()
    }
}

fn padded(length: u64) -> u64 {
    length.next_multiple_of(ALIGNMENT)
}
