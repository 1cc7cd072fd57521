//! A custodian's table that is read part by part: where each of its rows lies, and any of its rows as a [`Sheet`].
//!
//! The first pass finds the rows and remembers of each its place, its line and a keyed hash of its text, 24 bytes together. Every later
//! pass reads rows from the file again and compares the hash, so a file that is changed meanwhile cannot give one person in one pass and
//! another in the next.

use crate::decode::Text;
use crate::error::Error;
use crate::layout::{enough_for_layout, sniff};
use crate::records::{Record, fields, records, records_so_far, write_quoted};
use crate::sheet::{Assumed, Sheet, Told, column_names, delimiter_name, read_cells};
use crate::source::Source;
use std::hash::{BuildHasher as _, RandomState};
use std::ops::{ControlFlow, Range};
use std::path::Path;
use std::sync::Arc;

/// Rows that are read at once.
pub(crate) const ROWS_AT_ONCE: usize = 4096;
/// Bytes between two rows that are read along rather than read around.
const GAP: u64 = 4096;
/// Most bytes that are read in one go.
const LONGEST_READ: u64 = 1 << 20;

/// What may be held in memory; beyond that, files are read again and hashes go to disk. The result is the same.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// Bytes of a file that is held whole.
    pub file_bytes: usize,
    /// Rows of people that are held as they were read, all files together.
    pub rows: usize,
    /// Bytes of keyed hashes and pairs of row numbers.
    pub hash_bytes: usize,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            file_bytes: 4 << 20,
            rows: 16_384,
            hash_bytes: 32 << 20,
        }
    }
}

/// Where a row lies in its file.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    start: u64,
    length: u32,
    /// 1-based line.
    pub(crate) line: u32,
    check: u64,
}

/// A table, its rows left where they are.
pub(crate) struct Table {
    text: Text,
    delimiter: u8,
    columns: Arc<[String]>,
    places: Vec<Place>,
    assumed: Arc<Assumed>,
    key: RandomState,
}

impl Table {
    /// Finds the rows of a file.
    pub(crate) fn open(path: &Path, told: &Told, memory: Memory) -> Result<Self, Error> {
        Source::open(path, memory.file_bytes)
            .and_then(|source| Self::find(source, told))
            .map_err(|error| error.in_file(path))
    }

    /// Finds the rows of a source.
    pub(crate) fn find(source: Source, told: &Told) -> Result<Self, Error> {
        let text = Text::open(source, told.encoding)?;
        let mut head = None;
        text.windows(|window, _, is_last| {
            if !is_last && !enough_for_layout(window) {
                // The same place again with more text after it.
                return Ok(ControlFlow::Continue(0));
            }
            head = sniff(window, told.delimiter, told.header_line);
            Ok(ControlFlow::Break(()))
        })?;
        let layout = head.ok_or(Error::NoHeader)?;
        let mut finder = Finder {
            delimiter: layout.delimiter,
            to_header: layout.header,
            header: None,
            width: 0,
            assumed: Assumed {
                encoding: text.encoding(),
                delimiter: delimiter_name(layout.delimiter),
                header_line: 0,
                blank_rows: 0,
                footer_rows: 0,
                too_long: Vec::new(),
                too_short: 0,
                loose_quotes: 0,
                doubt: text.doubt().cloned(),
            },
            last_lines: Vec::new(),
            places: Vec::new(),
            key: RandomState::new(),
        };
        let mut line = 1;
        text.windows(|window, start, is_last| {
            let (mut at, mut place) = (0, start);
            let done = records_so_far(window, layout.delimiter, is_last, line, |record| {
                place += text.bytes_of(&window[at..record.start]);
                let length = text.bytes_of(&window[record.start..record.end]);
                finder.take(window, &record, place, length);
                place += length;
                at = record.end;
            });
            line += window[..done].matches('\n').count();
            Ok(ControlFlow::Continue(done))
        })?;
        let columns = finder.header.take().ok_or(Error::NoHeader)?;
        finder.end();
        finder.places.shrink_to_fit();
        Ok(Self {
            text,
            delimiter: layout.delimiter,
            columns: columns.into(),
            places: finder.places,
            assumed: Arc::new(finder.assumed),
            key: finder.key,
        })
    }

    /// Number of rows.
    pub(crate) fn rows(&self) -> usize {
        self.places.len()
    }

    /// The 1-based line of a row.
    pub(crate) fn line(&self, row: usize) -> usize {
        self.places[row].line as usize
    }

    pub(crate) fn assumed(&self) -> &Assumed {
        &self.assumed
    }

    /// The columns without a row.
    pub(crate) fn heading(&self) -> Sheet {
        Sheet::new(
            Arc::clone(&self.columns),
            (0..self.columns.len())
                .map(|_| polars::prelude::StringChunked::default())
                .collect(),
            Vec::new(),
            Arc::clone(&self.assumed),
        )
    }

    /// Keeps only some rows, ascending: the others are not read again.
    pub(crate) fn keep(&mut self, rows: &[u32]) {
        if rows.len() < self.places.len() {
            self.places = rows.iter().map(|row| self.places[*row as usize]).collect();
        }
    }

    /// Refuses a file that was changed since it was opened.
    pub(crate) fn must_be_unchanged(&self) -> Result<(), Error> {
        self.text.source().must_be_unchanged()
    }

    /// Calls `take` with all rows, part after part, and the number of the first of each part.
    pub(crate) fn parts(
        &self,
        mut take: impl FnMut(usize, &Sheet) -> Result<(), Error>,
    ) -> Result<(), Error> {
        for first in (0..self.rows()).step_by(ROWS_AT_ONCE) {
            let last = self.rows().min(first + ROWS_AT_ONCE);
            take(first, &self.part(first..last)?)?;
        }
        Ok(())
    }

    /// Some rows, ascending.
    pub(crate) fn part(&self, rows: impl Iterator<Item = usize>) -> Result<Sheet, Error> {
        let places: Vec<Place> = rows.map(|row| self.places[row]).collect();
        let mut clean = String::new();
        for run in runs(&places) {
            let bytes = self.read(&places[run.clone()])?;
            let first = places[run.start].start;
            for place in &places[run] {
                let at = (place.start - first) as usize;
                let bytes = &bytes[at..at + place.length as usize];
                let row = self.text.decode(bytes.to_vec())?;
                if self.key.hash_one(row.as_str()) != place.check {
                    return Err(Error::Changed);
                }
                self.write_clean(&row, &mut clean)?;
            }
        }
        Ok(Sheet::new(
            Arc::clone(&self.columns),
            read_cells(clean, places.len(), self.delimiter, self.columns.len())?,
            places.iter().map(|place| place.line as usize).collect(),
            Arc::clone(&self.assumed),
        ))
    }

    /// Writes the text of one row so that every reader agrees on it.
    fn write_clean(&self, row: &str, clean: &mut String) -> Result<(), Error> {
        let [record] = records(row, self.delimiter)[..] else {
            return Err(Error::Changed);
        };
        if record.loose {
            write_quoted(row, &record, self.delimiter, clean);
        } else {
            clean.push_str(row);
        }
        clean.push('\n');
        Ok(())
    }

    /// The bytes from the first of these rows to the end of the last.
    fn read(&self, places: &[Place]) -> Result<Vec<u8>, Error> {
        let (first, last) = (places[0], places[places.len() - 1]);
        let length = last.start + u64::from(last.length) - first.start;
        self.text.source().read(first.start, length as usize)
    }
}

/// Rows that lie so close that they are read in one go.
fn runs(places: &[Place]) -> Vec<Range<usize>> {
    let mut runs = Vec::new();
    let mut start = 0;
    for at in 1..=places.len() {
        let ends = places.get(at).is_none_or(|next| {
            let last = &places[at - 1];
            next.start > last.start + u64::from(last.length) + GAP
                || next.start - places[start].start > LONGEST_READ
        });
        if ends {
            runs.push(start..at);
            start = at;
        }
    }
    runs
}

/// Finds the header and the rows among the records of a file.
struct Finder {
    delimiter: u8,
    /// Records before the header that are still to come.
    to_header: usize,
    header: Option<Vec<String>>,
    width: usize,
    assumed: Assumed,
    /// Records that may be lines at the end of the file, below the table.
    last_lines: Vec<(Record, Place)>,
    places: Vec<Place>,
    key: RandomState,
}

impl Finder {
    fn take(&mut self, text: &str, record: &Record, start: u64, length: u64) {
        if self.header.is_none() {
            if self.to_header > 0 {
                self.to_header -= 1;
                return;
            }
            let mut columns = column_names(fields(text, record, self.delimiter));
            columns.truncate(record.last_filled);
            self.width = columns.len();
            self.assumed.header_line = record.line;
            self.header = Some(columns);
            return;
        }
        let place = Place {
            start,
            length: u32::try_from(length).unwrap_or(u32::MAX),
            line: u32::try_from(record.line).unwrap_or(u32::MAX),
            check: self.key.hash_one(&text[record.start..record.end]),
        };
        if record.filled == 0 {
            self.assumed.blank_rows += 1;
        } else if record.filled > 1 || self.width < 3 {
            for (record, place) in std::mem::take(&mut self.last_lines) {
                self.keep(&record, place);
            }
            self.keep(record, place);
        } else {
            self.last_lines.push((*record, place));
        }
    }

    /// Chooses the records that are rows of the table.
    fn keep(&mut self, record: &Record, place: Place) {
        if record.last_filled > self.width {
            self.assumed.too_long.push(record.line);
        } else {
            self.assumed.too_short += usize::from(record.fields < self.width);
            self.assumed.loose_quotes += usize::from(record.loose);
            self.places.push(place);
        }
    }

    /// Only at the end it is known which lines are below the table.
    fn end(&mut self) {
        for (record, place) in std::mem::take(&mut self.last_lines) {
            if record.fields < self.width && record.last_filled == 1 {
                self.assumed.footer_rows += 1;
            } else {
                self.keep(&record, place);
            }
        }
    }
}
