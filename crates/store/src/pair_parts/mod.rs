//! The pairs of a long comparison: streamed to disk in parts, taken up again after an interruption, one Parquet file at the end.
//!
//! While a comparison that writes `PAIRS.parquet` runs, there is a folder beside it:
//!
//! ```text
//! PAIRS.parquet.part/
//!   state.jsonl           a line with the job, then a line for each finished tile: its parts, their rows and hashes
//!   <tile>-<part>.parquet at most a million rows of one tile
//! ```
//!
//! A tile counts once its line is whole. At the end the parts' columns are copied, without decoding them, into the row groups of one
//! file, which then gets its name; so a result is the same bytes whether or not it was interrupted. Two copies are on disk for that
//! moment. Appending to one file instead would need Parquet's footer to be written anew after each tile, and a torn one could not be
//! told from a damaged one.
//!
//! Memory holds one row group that is being encoded and some hundred bytes for each that is finished, however many pairs there are.

#[cfg(test)]
mod tests;

use std::fs::{File, TryLockError};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Float64Array, UInt32Array};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::RecordBatch;
use parquet::arrow::{ArrowSchemaConverter, ArrowWriter};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::column::writer::ColumnCloseResult;
use parquet::file::metadata::ParquetMetaDataReader;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::tables::{BATCH_ROWS, CREATED_BY};
use crate::{Error, Failure, WholeFile};

/// Rows of a part, and so of a row group: a million, some sixteen megabytes before compression. Tests take fewer to be quick.
const PART_ROWS: u64 = if cfg!(test) { 2 } else { 16 } * BATCH_ROWS as u64;

/// Name and version of the folder's form.
const FORMAT: &str = "kinfold-match-parts/1";

const STATE: &str = "state.jsonl";

/// Two similar rows of two sets of filters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SimilarPair {
    /// Row number in the first set, from 0.
    pub left: u32,
    /// Row number in the second set, from 0.
    pub right: u32,
    /// Similarity, 0 to 1.
    pub similarity: f64,
}

/// A table of pairs that is being written: columns `left`, `right` (row numbers, from 0) and `similarity` (0 to 1).
///
/// Dropped before [`PairParts::finish`] it removes what it wrote, unless [`PairParts::keep`] was asked for.
#[derive(Debug)]
pub struct PairParts {
    target: PathBuf,
    folder: PathBuf,
    /// Locked while it is open.
    state: Option<File>,
    tiles: u64,
    pairs: u64,
    /// Of finished tiles, in order.
    parts: Vec<Part>,
    /// Of the tile that is being written.
    tile_parts: Vec<Part>,
    open: Option<OpenPart>,
    waiting: Vec<SimilarPair>,
    removes: bool,
}

/// A finished file of the folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    file: String,
    rows: u64,
    /// BLAKE3 of the file, hexadecimal.
    hash: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    format: String,
    job: Map<String, Value>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tile {
    tile: u64,
    parts: Vec<Part>,
}

/// A file of the folder that is being written.
struct OpenPart {
    name: String,
    rows: u64,
    failure: Failure,
    writer: ArrowWriter<Hashed>,
}

impl std::fmt::Debug for OpenPart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenPart")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Hashes what it writes, and remembers why it could not.
struct Hashed {
    file: BufWriter<File>,
    hasher: blake3::Hasher,
    failure: Failure,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.failure.note(self.file.write(bytes))?;
        self.hasher.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        let flushed = self.file.flush();
        self.failure.note(flushed)
    }
}

impl PairParts {
    /// The folder in which the parts of `target` are while it is written.
    pub fn folder_of(target: &Path) -> PathBuf {
        let mut name = target.file_name().unwrap_or_default().to_owned();
        name.push(".part");
        target.with_file_name(name)
    }

    /// Begins to write `target`. `job` is everything that decides the result: it is compared when the job is taken up again.
    ///
    /// # Errors
    /// [`Error::Unfinished`] or [`Error::Busy`] when parts are there, or a file problem.
    pub fn create(target: &Path, job: &Map<String, Value>) -> Result<Self, Error> {
        let folder = Self::folder_of(target);
        if folder.exists() {
            // Whoever writes there holds the lock.
            let _ = locked(&folder)?;
            return Err(Error::Unfinished(folder));
        }
        // What would fail at the end fails at the beginning.
        let home = folder.parent().filter(|home| !home.as_os_str().is_empty());
        if home.is_some_and(|home| !home.is_dir()) {
            return Err(at(target, &std::io::ErrorKind::NotFound.into()));
        }
        if target.is_dir() {
            return Err(at(target, &std::io::ErrorKind::IsADirectory.into()));
        }
        kinfold_message::create_private_folder(&folder).map_err(|e| at(target, &e))?;
        let mut parts = Self::empty(target, folder);
        parts.write_state(job)?;
        Ok(parts)
    }

    /// Takes up an interrupted job, or begins it when there is none. Parts that are damaged, and all after them, are dropped.
    ///
    /// # Errors
    /// [`Error::Foreign`] when the parts are of another job, [`Error::Busy`], or a file problem.
    pub fn resume(target: &Path, job: &Map<String, Value>) -> Result<Self, Error> {
        let folder = Self::folder_of(target);
        if !folder.exists() {
            return Self::create(target, job);
        }
        let mut parts = Self::empty(target, folder);
        // Not before the job is known to be the same.
        parts.removes = false;
        let path = parts.folder.join(STATE);
        let Some(mut file) = locked(&parts.folder)? else {
            // Interrupted before the first line: nothing is lost.
            parts.write_state(job)?;
            return Ok(parts);
        };
        let mut state = String::new();
        std::io::Read::read_to_string(&mut file, &mut state).map_err(|e| at(&path, &e))?;
        let mut whole = 0;
        // What has no end of line was not written whole.
        let lines = state
            .split_inclusive('\n')
            .filter(|line| line.ends_with('\n'));
        for (number, line) in lines.enumerate() {
            if number == 0 {
                let foreign = |reason| Error::Foreign {
                    folder: parts.folder.clone(),
                    reason,
                };
                let head: Head = serde_json::from_str(line)
                    .map_err(|_| foreign(format!("its `{STATE}` is not of the form `{FORMAT}`")))?;
                if let Some(reason) = difference(&head, job) {
                    return Err(foreign(reason));
                }
            } else {
                let Ok(tile) = serde_json::from_str::<Tile>(line) else {
                    break;
                };
                if tile.tile != parts.tiles || !tile.parts.iter().all(|part| parts.is_whole(part)) {
                    break;
                }
                parts.pairs += tile.parts.iter().map(|part| part.rows).sum::<u64>();
                parts.parts.extend(tile.parts);
                parts.tiles += 1;
            }
            whole += line.len() as u64;
        }
        file.set_len(whole).map_err(|e| at(&path, &e))?;
        std::io::Seek::seek(&mut file, std::io::SeekFrom::Start(whole))
            .map_err(|e| at(&path, &e))?;
        parts.removes = true;
        if whole == 0 {
            // The lock of the list that is written anew is another.
            drop(file);
            parts.write_state(job)?;
        } else {
            parts.state = Some(file);
        }
        parts.remove_leftovers();
        Ok(parts)
    }

    fn empty(target: &Path, folder: PathBuf) -> Self {
        Self {
            target: target.to_owned(),
            folder,
            state: None,
            tiles: 0,
            pairs: 0,
            parts: Vec::new(),
            tile_parts: Vec::new(),
            open: None,
            waiting: Vec::new(),
            removes: true,
        }
    }

    /// Tiles that are finished: the number of the next.
    pub fn tiles(&self) -> u64 {
        self.tiles
    }

    /// Pairs in finished tiles.
    pub fn pairs(&self) -> u64 {
        self.pairs
    }

    /// Adds pairs of the tile that is being written.
    ///
    /// # Errors
    /// A file problem.
    pub fn write(&mut self, pairs: impl IntoIterator<Item = SimilarPair>) -> Result<(), Error> {
        for pair in pairs {
            self.waiting.push(pair);
            if self.waiting.len() == BATCH_ROWS {
                self.write_waiting()?;
            }
        }
        Ok(())
    }

    /// All pairs of the tile were added: from here on it need not be computed again.
    ///
    /// # Errors
    /// A file problem.
    pub fn tile_done(&mut self) -> Result<(), Error> {
        if !self.waiting.is_empty() {
            self.write_waiting()?;
        }
        self.close_part()?;
        let parts = std::mem::take(&mut self.tile_parts);
        self.write_line(&Tile {
            tile: self.tiles,
            parts: parts.clone(),
        })?;
        self.pairs += parts.iter().map(|part| part.rows).sum::<u64>();
        self.parts.extend(parts);
        self.tiles += 1;
        Ok(())
    }

    /// Puts the parts of all tiles together in the wanted file. Gives it up when `is_stopped` says so, which it is asked often;
    /// answers whether the file is there.
    ///
    /// # Errors
    /// A file problem.
    pub fn finish(&mut self, is_stopped: &dyn Fn() -> bool) -> Result<bool, Error> {
        let file = WholeFile::create(&self.target)?;
        let failure = file.failure();
        let target = self.target.clone();
        let failed =
            |error: parquet::errors::ParquetError| written(&target, &failure, &error.to_string());
        let root = ArrowSchemaConverter::new()
            .convert(&schema())
            .map_err(failed)?;
        let mut writer =
            SerializedFileWriter::new(file, root.root_schema_ptr(), Arc::new(properties()))
                .map_err(failed)?;
        for part in &self.parts {
            if is_stopped() {
                return Ok(false);
            }
            let path = self.folder.join(&part.file);
            let source = File::open(&path).map_err(|error| at(&path, &error))?;
            let metadata = ParquetMetaDataReader::new()
                .parse_and_finish(&source)
                .map_err(failed)?;
            for group in metadata.row_groups() {
                let mut copy = writer.next_row_group().map_err(failed)?;
                for column in group.columns() {
                    let close = ColumnCloseResult {
                        bytes_written: column.compressed_size() as u64,
                        rows_written: group.num_rows() as u64,
                        metadata: column.clone(),
                        bloom_filter: None,
                        column_index: None,
                        offset_index: None,
                    };
                    copy.append_column(&source, close).map_err(failed)?;
                }
                copy.close().map_err(failed)?;
            }
        }
        let file = writer.into_inner().map_err(failed)?;
        file.finish()?;
        self.removes = true;
        Ok(true)
    }

    /// Leaves what is finished for [`PairParts::resume`]; answers whether there is any.
    pub fn keep(mut self) -> bool {
        if self.tiles == 0 {
            self.removes = true;
            return false;
        }
        self.removes = false;
        self.open = None;
        self.remove_leftovers();
        true
    }

    fn write_waiting(&mut self) -> Result<(), Error> {
        let mut part = match self.open.take() {
            Some(part) => part,
            None => self.open_part()?,
        };
        let rows = &self.waiting;
        let batch = RecordBatch::try_new(
            Arc::new(schema()),
            vec![
                Arc::new(UInt32Array::from_iter_values(rows.iter().map(|r| r.left))),
                Arc::new(UInt32Array::from_iter_values(rows.iter().map(|r| r.right))),
                Arc::new(Float64Array::from_iter_values(
                    rows.iter().map(|r| r.similarity),
                )),
            ],
        );
        batch
            .map_err(|error| error.to_string())
            .and_then(|batch| part.writer.write(&batch).map_err(|error| error.to_string()))
            .map_err(|reason| written(&self.target, &part.failure, &reason))?;
        part.rows += rows.len() as u64;
        self.waiting.clear();
        let is_full = part.rows >= PART_ROWS;
        self.open = Some(part);
        if is_full { self.close_part() } else { Ok(()) }
    }

    fn open_part(&self) -> Result<OpenPart, Error> {
        let name = format!("{:08}-{:06}.parquet", self.tiles, self.tile_parts.len());
        let path = self.folder.join(&name);
        let file = kinfold_message::create_private_file(&path).map_err(|e| at(&path, &e))?;
        let failure = Failure::default();
        let file = Hashed {
            file: BufWriter::new(file),
            hasher: blake3::Hasher::new(),
            failure: failure.clone(),
        };
        let writer = ArrowWriter::try_new(file, Arc::new(schema()), Some(properties()))
            .map_err(|error| written(&self.target, &failure, &error.to_string()))?;
        Ok(OpenPart {
            name,
            rows: 0,
            failure,
            writer,
        })
    }

    fn close_part(&mut self) -> Result<(), Error> {
        let Some(part) = self.open.take() else {
            return Ok(());
        };
        let closed = part.writer.into_inner().map_err(|error| error.to_string());
        let hash = closed.and_then(|mut file| {
            file.flush().map_err(|error| error.to_string())?;
            Ok(file.hasher.finalize().to_hex().to_string())
        });
        self.tile_parts.push(Part {
            file: part.name,
            rows: part.rows,
            hash: hash.map_err(|reason| written(&self.target, &part.failure, &reason))?,
        });
        Ok(())
    }

    /// Begins the list, and locks it.
    fn write_state(&mut self, job: &Map<String, Value>) -> Result<(), Error> {
        let path = self.folder.join(STATE);
        let head = Head {
            format: FORMAT.into(),
            job: job.clone(),
        };
        let file = kinfold_message::create_private_file(&path).map_err(|e| at(&path, &e))?;
        file.try_lock().or_else(|error| match error {
            TryLockError::WouldBlock => Err(Error::Busy(self.folder.clone())),
            // A file system without locks: two runs at once are the user's to avoid there.
            TryLockError::Error(_) => Ok(()),
        })?;
        self.state = Some(file);
        self.removes = true;
        self.write_line(&head)
    }

    fn write_line(&mut self, line: &impl Serialize) -> Result<(), Error> {
        let write = |state: &mut Option<File>| -> std::io::Result<()> {
            let mut text = serde_json::to_string(line)?;
            text.push('\n');
            state
                .as_mut()
                .map_or(Ok(()), |file| file.write_all(text.as_bytes()))
        };
        write(&mut self.state).map_err(|error| at(&self.target, &error))
    }

    fn is_whole(&self, part: &Part) -> bool {
        // The name comes from a file: it is taken only as one of this folder.
        let is_plain = Path::new(&part.file)
            .file_name()
            .is_some_and(|name| name == part.file.as_str());
        let mut hasher = blake3::Hasher::new();
        is_plain
            && File::open(self.folder.join(&part.file))
                .and_then(|file| hasher.update_reader(file).map(|_| ()))
                .is_ok()
            && hasher.finalize().to_hex().as_str() == part.hash
    }

    /// Removes files of tiles that are not finished.
    fn remove_leftovers(&self) {
        let Ok(entries) = std::fs::read_dir(&self.folder) else {
            return;
        };
        for entry in entries.flatten() {
            let name = entry.file_name();
            if name != STATE && !self.parts.iter().any(|part| name == part.file.as_str()) {
                // Best effort: a leftover costs space only, and is overwritten.
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }
}

impl Drop for PairParts {
    fn drop(&mut self) {
        self.open = None;
        self.state = None;
        if self.removes {
            // Best effort: whoever dropped the table is already reporting why.
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

/// Takes the lock of a folder that is there; nothing when it has no list yet.
fn locked(folder: &Path) -> Result<Option<File>, Error> {
    let Ok(file) = File::options()
        .read(true)
        .write(true)
        .open(folder.join(STATE))
    else {
        return Ok(None);
    };
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Err(Error::Busy(folder.to_owned())),
        Err(TryLockError::Error(_)) | Ok(()) => Ok(Some(file)),
    }
}

/// What is different between the job of the folder and the one that is wanted.
fn difference(head: &Head, job: &Map<String, Value>) -> Option<String> {
    if head.format != FORMAT {
        return Some(format!("its form is `{}`, not `{FORMAT}`", head.format));
    }
    let names = head.job.keys().chain(job.keys());
    let mut different = names.filter(|name| head.job.get(*name) != job.get(*name));
    different.next().map(|name| {
        let shown =
            |job: &Map<String, Value>| job.get(name).map_or("absent".into(), Value::to_string);
        format!("{name} was {} and is now {}", shown(&head.job), shown(job))
    })
}

fn schema() -> Schema {
    Schema::new(vec![
        Field::new("left", DataType::UInt32, false),
        Field::new("right", DataType::UInt32, false),
        Field::new("similarity", DataType::Float64, false),
    ])
}

/// Statistics of row groups alone: those of pages would make the footer grow with the pairs. Row numbers are written as differences, which
/// are small in a sorted table; a dictionary of them takes longer and more room. Similarities are few values, so they have one.
fn properties() -> WriterProperties {
    WriterProperties::builder()
        .set_created_by(CREATED_BY.into())
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_offset_index_disabled(true)
        .set_column_dictionary_enabled("left".into(), false)
        .set_column_encoding("left".into(), Encoding::DELTA_BINARY_PACKED)
        .set_column_dictionary_enabled("right".into(), false)
        .set_column_encoding("right".into(), Encoding::DELTA_BINARY_PACKED)
        .set_max_row_group_row_count(Some(PART_ROWS as usize))
        .build()
}

fn at(path: &Path, error: &std::io::Error) -> Error {
    Error::File(kinfold_message::Problem::io("write the file", path, error))
}

/// The library turns the system's error into a text, and a full disk has its own code.
fn written(target: &Path, failure: &Failure, reason: &str) -> Error {
    match failure.problem(target) {
        Some(problem) => Error::File(problem),
        None => Error::Write {
            path: target.to_owned(),
            reason: reason.to_owned(),
        },
    }
}
