//! A whole file: read in parts, encoded on several threads, written in order.
//!
//! clkhash keeps all records and all CLKs in memory. Here a few small parts are under way at any time, whatever the
//! length of the file.

use super::keys::Keys;
use super::part::{Encoded, PartEncoder};
use super::problem::Findings;
use super::rows::{self, PADDING, Rows};
use super::schema::Schema;
use super::unicode;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::sync::Mutex;
use std::sync::mpsc;

/// What the first line of the file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Header {
    /// The names of the columns; they must be the schema's identifiers, in order.
    Check,
    /// Something that is read over.
    Skip,
    /// A record.
    None,
}

/// How to read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// What the first line is.
    pub header: Header,
    /// Whether white space around every cell is taken off, as Python's `str.strip` does. clkhash does not.
    pub trim: bool,
    /// Number of threads that encode.
    pub threads: usize,
}

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Number of records.
    pub records: u64,
}

/// Why no CLKs were written.
#[derive(Debug)]
pub enum Failure {
    /// The file could not be read.
    Read(std::io::Error),
    /// The CLKs could not be written.
    Write(std::io::Error),
    /// There is no header.
    NoHeader,
    /// The header has another number of columns than the schema has features.
    HeaderLength {
        /// Columns of the file.
        found: usize,
        /// Features of the schema.
        expected: usize,
    },
    /// Columns whose name is not the identifier of the feature (their indices).
    HeaderNames {
        /// Indices of the columns.
        columns: Vec<usize>,
        /// Whether the first name begins with a byte order mark and would be right without it.
        byte_order_mark: bool,
    },
    /// The file is not CSV text.
    Unreadable {
        /// Line, counted from 1.
        line: u64,
        /// What is wrong, in words.
        what: &'static str,
    },
    /// Records break the schema.
    Records {
        /// What is wrong with them.
        findings: Findings,
        /// Number of all records.
        records: u64,
    },
}

/// Size of a part in bytes: with its cells and its CLKs it stays in the processor's second cache.
const PART: usize = 128 << 10;
/// A row can be longer than a part, but not this long.
const LONGEST_ROW: usize = 64 << 20;
/// All caches together, in bytes.
const CACHES: usize = 96 << 20;

/// Encodes a CSV file as `{"clks":[…]}`. `progress` is called with the number of bytes read and of records done.
///
/// # Errors
/// [`Failure`]; what was written until then is of no use.
pub fn encode_csv(
    schema: &Schema,
    secret: &[u8],
    input: &mut dyn Read,
    output: &mut dyn Write,
    options: Options,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Summary, Failure> {
    let keys = Keys::derive(schema, secret);
    let mut reader = PartReader::new(input);
    let mut collector = Collector {
        output,
        next: 0,
        early: BTreeMap::new(),
        records: 0,
        lines: 0,
        findings: Findings::default(),
        spare: Vec::new(),
    };
    if options.header != Header::None {
        let header = reader.header()?;
        collector.lines = header.lines;
        if options.header == Header::Check {
            check_header(schema, header.text, options.trim)?;
        }
    }
    collector
        .output
        .write_all(b"{\"clks\":[")
        .map_err(Failure::Write)?;
    let threads = options.threads.clamp(1, 256);
    let encoder = || PartEncoder::new(schema, &keys, options.trim, CACHES / threads);
    if threads == 1 {
        let mut encoder = encoder();
        let mut index = 0;
        while let Some(mut part) = reader.next()? {
            let encoded = encoder.encode(&mut part, collector.spare());
            reader.recycle(part);
            collector.take(index, encoded)?;
            progress(reader.bytes, collector.records);
            index += 1;
        }
    } else {
        on_threads(threads, &encoder, &mut reader, &mut collector, progress)?;
    }
    if collector.findings.is_empty() {
        collector
            .output
            .write_all(b"]}\n")
            .map_err(Failure::Write)?;
        Ok(Summary {
            records: collector.records,
        })
    } else {
        Err(Failure::Records {
            findings: collector.findings,
            records: collector.records,
        })
    }
}

/// Number of a part, the part, and memory for its CLKs.
type Job = (u64, Vec<u8>, Vec<u8>);

fn on_threads(
    threads: usize,
    encoder: &(dyn Fn() -> PartEncoder + Sync),
    reader: &mut PartReader,
    collector: &mut Collector,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(), Failure> {
    let (send_job, jobs) = mpsc::channel::<Job>();
    let jobs = Mutex::new(jobs);
    let (send_done, done) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let (jobs, send_done) = (&jobs, send_done.clone());
            scope.spawn(move || {
                let mut encoder = encoder();
                loop {
                    // The lock is held while waiting, and only then.
                    let job = jobs.lock().map(|jobs| jobs.recv());
                    let Ok(Ok((index, mut part, output))) = job else {
                        return;
                    };
                    let encoded = encoder.encode(&mut part, output);
                    if send_done.send((index, encoded, part)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(send_done);
        // Owned here, so that the threads end when this closure does, also early.
        let send_job = send_job;
        let (mut sent, mut received) = (0_u64, 0_u64);
        let mut at_end = false;
        loop {
            while !at_end && sent - received < 2 * threads as u64 {
                match reader.next()? {
                    Some(part) => {
                        // The threads live as long as this sender.
                        let _ = send_job.send((sent, part, collector.spare()));
                        sent += 1;
                    }
                    None => at_end = true,
                }
            }
            if sent == received {
                return Ok(());
            }
            let Ok((index, encoded, part)) = done.recv() else {
                // A thread has panicked; the scope passes it on.
                return Ok(());
            };
            received += 1;
            reader.recycle(part);
            collector.take(index, encoded)?;
            progress(reader.bytes, collector.records);
        }
    })
}

/// Puts the parts in order again and writes them.
struct Collector<'output> {
    output: &'output mut dyn Write,
    next: u64,
    early: BTreeMap<u64, Encoded>,
    records: u64,
    lines: u64,
    findings: Findings,
    spare: Vec<Vec<u8>>,
}

impl Collector<'_> {
    /// Memory of a part that has been written.
    fn spare(&mut self) -> Vec<u8> {
        self.spare.pop().unwrap_or_default()
    }

    fn take(&mut self, index: u64, encoded: Encoded) -> Result<(), Failure> {
        self.early.insert(index, encoded);
        while let Some(encoded) = self.early.remove(&self.next) {
            self.next += 1;
            if let Some(unreadable) = encoded.unreadable {
                let line = self.lines + unreadable.line + 1;
                return Err(Failure::Unreadable {
                    line,
                    what: unreadable.what,
                });
            }
            self.findings
                .append(encoded.findings, self.records, self.lines);
            if self.findings.is_empty() {
                // There is no comma before the first one.
                let from = usize::from(self.records == 0).min(encoded.text.len());
                self.output
                    .write_all(&encoded.text[from..])
                    .map_err(Failure::Write)?;
            }
            self.records += encoded.rows;
            self.lines += encoded.lines;
            self.spare.push(encoded.text);
        }
        Ok(())
    }
}

/// Reads a file in parts of whole rows, with `\n` as the only line end.
struct PartReader<'input> {
    input: &'input mut dyn Read,
    /// Read, translated, not yet given out.
    rest: Vec<u8>,
    after_return: bool,
    at_end: bool,
    bytes: u64,
    spare: Vec<Vec<u8>>,
}

struct HeaderRow {
    text: Vec<u8>,
    lines: u64,
}

impl<'input> PartReader<'input> {
    fn new(input: &'input mut dyn Read) -> Self {
        Self {
            input,
            rest: Vec::new(),
            after_return: false,
            at_end: false,
            bytes: 0,
            spare: Vec::new(),
        }
    }

    /// Gives a part's memory back.
    fn recycle(&mut self, part: Vec<u8>) {
        self.spare.push(part);
    }

    /// Reads until the rest has so many bytes or the file ends.
    fn fill(&mut self, wanted: usize) -> Result<(), Failure> {
        while !self.at_end && self.rest.len() < wanted {
            let start = self.rest.len();
            self.rest.resize(wanted, 0);
            let read = match self.input.read(&mut self.rest[start..]) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => 0,
                Err(error) => return Err(Failure::Read(error)),
                Ok(0) => {
                    self.at_end = true;
                    0
                }
                Ok(read) => read,
            };
            self.rest.truncate(start + read);
            self.bytes += read as u64;
            self.translate(start);
        }
        Ok(())
    }

    /// `\r\n` and `\r` become `\n`.
    fn translate(&mut self, from: usize) {
        let starts_with_feed = self.rest.get(from) == Some(&b'\n');
        if self.rest.len() == from {
            return;
        }
        let skip_first = self.after_return && starts_with_feed;
        self.after_return = self.rest.last() == Some(&b'\r');
        if !skip_first && memchr::memchr(b'\r', &self.rest[from..]).is_none() {
            return;
        }
        let mut write = from;
        let mut after_return = skip_first;
        for read in from..self.rest.len() {
            let byte = self.rest[read];
            if !(byte == b'\n' && after_return) {
                self.rest[write] = if byte == b'\r' { b'\n' } else { byte };
                write += 1;
            }
            after_return = byte == b'\r';
        }
        self.rest.truncate(write);
    }

    fn header(&mut self) -> Result<HeaderRow, Failure> {
        let mut wanted = PART;
        let end = loop {
            self.fill(wanted)?;
            if let Some(end) = rows::first_row_end(&self.rest) {
                break end;
            }
            if self.at_end {
                break self.rest.len();
            }
            wanted = Self::wider(wanted)?;
        };
        if end == 0 {
            return Err(Failure::NoHeader);
        }
        let mut text: Vec<u8> = self.rest.drain(..end).collect();
        if let Err(error) = std::str::from_utf8(&text) {
            let line = memchr::memchr_iter(b'\n', &text[..error.valid_up_to()]).count() as u64 + 1;
            return Err(Failure::Unreadable {
                line,
                what: "the text is not UTF-8",
            });
        }
        let lines = memchr::memchr_iter(b'\n', &text).count() as u64;
        text.extend([0; PADDING]);
        Ok(HeaderRow { text, lines })
    }

    fn wider(wanted: usize) -> Result<usize, Failure> {
        if wanted >= LONGEST_ROW {
            return Err(Failure::Unreadable {
                line: 1,
                what: "a row has more than 64 MiB; a quote may be missing",
            });
        }
        Ok(wanted * 2)
    }

    /// The next whole rows, followed by [`PADDING`].
    fn next(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        let mut wanted = PART;
        let end = loop {
            self.fill(wanted)?;
            if self.at_end {
                break self.rest.len();
            }
            if let Some(end) = rows::last_row_end(&self.rest) {
                break end;
            }
            wanted = Self::wider(wanted)?;
        };
        if end == 0 {
            return Ok(None);
        }
        let mut part = self.spare.pop().unwrap_or_default();
        part.clear();
        part.extend_from_slice(&self.rest[..end]);
        part.extend([0; PADDING]);
        self.rest.drain(..end);
        Ok(Some(part))
    }
}

fn check_header(schema: &Schema, mut text: Vec<u8>, trim: bool) -> Result<(), Failure> {
    let mut rows = Rows::default();
    let expected = schema.features.len();
    rows.split(&mut text, expected);
    if rows.good.is_empty() {
        let found = rows.odd.first().map_or(0, |odd| odd.cells as usize);
        if found == 0 && expected == 0 {
            return Ok(());
        }
        return Err(Failure::HeaderLength { found, expected });
    }
    let names = rows.cells.iter().map(|cell| {
        let bytes = &text[cell.start as usize..][..cell.length as usize];
        let name = std::str::from_utf8(bytes).expect("checked before");
        if trim { unicode::strip(name) } else { name }
    });
    let names: Vec<&str> = names.collect();
    let differs =
        |(index, name): (usize, &str)| (schema.features[index].identifier != name).then_some(index);
    let columns: Vec<usize> = names
        .iter()
        .copied()
        .enumerate()
        .filter_map(differs)
        .collect();
    if columns.is_empty() {
        return Ok(());
    }
    let first = names[0].strip_prefix('\u{feff}');
    let byte_order_mark = first == Some(schema.features[0].identifier.as_str());
    Err(Failure::HeaderNames {
        columns,
        byte_order_mark,
    })
}
