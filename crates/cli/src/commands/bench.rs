//! `encode` for a bench: any table of people, any schema, codes that are marked as not for release.

mod columns;
mod joined;
mod kinds;
#[cfg(test)]
mod tests;
mod united;

use crate::args::EncodeCli;
use crate::commands::schema;
use crate::headers::are_names;
use crate::outcome::{Message, Outcome};
use crate::progress::Progress;
use crate::release::field_of_role;
use columns::{Found, columns};
use kinfold_encoding::{EncodeReport, Encoder, Input, Options, ProjectSecrets};
use kinfold_exchange::BenchCodesWriter;
use kinfold_extract::{RejectedCounts, TablePerson, read_table_row};
use kinfold_identity::{DateOrder, DateRules};
use kinfold_message::{Exit, Problem, WholeFile, counted, grouped};
use kinfold_schema::{FieldName, FieldSet, Schema};
use rayon::prelude::*;
use serde_json::json;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;
use zeroize::Zeroizing;

/// Rows that are read at once.
const ROWS: usize = 8192;
/// Most rows of a table whose rows of one person come together unless something else is asked for: beyond it that takes a while.
const UNITED_UNASKED: usize = 100_000;
/// Rows from which the order of day and month is told.
const DATE_ROWS: usize = 100_000;
/// Fewest bytes of a key.
const KEY_BYTES_MIN: usize = 16;
/// Most bytes of a key that are read.
const KEY_BYTES_MAX: u64 = 4096;

/// Encodes a table.
///
/// # Errors
/// A file that cannot be read or written, a column that is not there, a schema that breaks a rule.
pub fn run(args: &EncodeCli, progress: &Progress) -> Result<Outcome, Problem> {
    let (Some(input), Some(key_file)) = (&args.input, &args.key_file) else {
        unreachable!("the command line demands both");
    };
    let schema = match &args.schema {
        Some(path) => schema::load_for(path, true)?,
        None => Schema::standard(),
    };
    let key = read_key(key_file)?;
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(args.threads.unwrap_or(0))
        .build()
        .map_err(|error| {
            Problem::new(
                "E-ENCODE-THREADS",
                Exit::CouldNotRun,
                format!("could not start the threads: {error}"),
                "ask for fewer with `--threads`",
            )
        })?;
    kinds::refuse_others(input)?;
    let rows = rows_of(input, UNITED_UNASKED + 1, progress)?;
    if rows == 0 {
        return Err(Problem::new(
            "E-ENCODE-TABLE",
            Exit::CouldNotRun,
            "the table has no rows",
            "the first line holds the names of the columns, and every line after it a person",
        )
        .at(input.display().to_string()));
    }
    let unite = args.unite || !args.no_unite && rows <= UNITED_UNASKED;
    let work = Work {
        input,
        output: &args.output,
        schema: &schema,
        key,
        columns: Arc::new(columns(input, &args.columns, &schema, unite)?),
        unite,
        date_order: args.date_order,
        sources: &args.sources,
        progress,
    };
    let started = Instant::now();
    let done = pool.install(|| work.encode()).map_err(|problem| {
        if problem.code == "E-ENC-NOBODY" {
            work.nobody(problem)
        } else {
            problem
        }
    })?;
    Ok(outcome(
        &schema,
        args,
        &work.columns,
        &done,
        started.elapsed().as_secs_f64(),
    ))
}

/// What an encoding of a table needs.
struct Work<'a> {
    input: &'a Path,
    output: &'a Path,
    schema: &'a Schema,
    key: Zeroizing<[u8; 32]>,
    columns: Arc<Found>,
    unite: bool,
    date_order: Option<DateOrder>,
    sources: &'a [String],
    progress: &'a Progress,
}

/// What became of a table.
struct Done {
    report: EncodeReport,
    rejected: RejectedCounts,
    rows: usize,
    /// What came together; nothing when every row is a person of its own.
    together: Option<united::Together>,
}

impl Work<'_> {
    fn encode(&self) -> Result<Done, Problem> {
        let rules = self.date_rules()?;
        let table_hash = self.table_hash()?;
        let (schema_hash, key) = (self.schema.hash(), self.key.clone());
        let secrets = ProjectSecrets::new(move |purpose| {
            let mut hasher = blake3::Hasher::new_keyed(&key);
            hasher.update(&schema_hash).update(purpose.as_bytes());
            *hasher.finalize().as_bytes()
        });
        let folder = folder_of(self.output);
        let options = Options {
            own: self.sources.first().cloned().unwrap_or_default(),
            partners: self.sources.iter().skip(1).cloned().collect(),
            scratch: folder,
            bench: true,
            ..Options::default()
        };
        let mut encoder = Encoder::new(self.schema, &secrets, &options)?;
        let references_path = references_path(self.output);
        let mut references = begin(&references_path)?;
        let mut codes = begin(self.output)?;
        let mut rejected = RejectedCounts::new();
        let (encoding, refs) = (&mut encoder, &mut references);
        let (rows, together) = if self.unite {
            let pushed = self.push_united(&rules, &table_hash, encoding, refs, &mut rejected)?;
            (pushed.0, Some(pushed.1))
        } else {
            let rows = self.push_all(&rules, &table_hash, encoding, refs, &mut rejected)?;
            (rows, None)
        };
        self.progress.step(&format!(
            "Deciding what is released of {} rows",
            grouped(rows)
        ));
        let partners = encoder.empty_table().partners;
        let mut writer =
            BenchCodesWriter::new(&mut codes, self.schema, &partners, &self.key_check())?;
        let report = encoder.finish(|table| writer.write(&table).map_err(Problem::from))?;
        writer.finish()?;
        end(references, &references_path)?;
        end(codes, self.output)?;
        Ok(Done {
            report,
            rejected,
            rows,
            together,
        })
    }

    /// Says for a table of which nobody can be encoded what was read as what.
    fn nobody(&self, problem: Problem) -> Problem {
        let absent: Vec<&str> = self
            .columns
            .absent
            .iter()
            .map(|field| field.as_str())
            .collect();
        let mut fix = "names and a birth date make a person: say which columns hold them, for instance `--column first-name=COLUMN`".to_owned();
        if !absent.is_empty() {
            let _ = write!(fix, "; no column was found for {}", absent.join(", "));
        }
        if are_names(self.columns.headers.iter().map(String::as_str)) {
            let _ = write!(fix, "; the columns are {}", self.columns.headers.join(", "));
        }
        Problem {
            hint: fix,
            ..problem
        }
        .at(self.input.display().to_string())
    }

    /// Reads the table part by part and gives every part to the encoder.
    fn push_all(
        &self,
        rules: &DateRules,
        table_hash: &blake3::Hash,
        encoder: &mut Encoder,
        references: &mut Whole,
        rejected: &mut RejectedCounts,
    ) -> Result<usize, Problem> {
        let write_failed = |error: std::io::Error| {
            Problem::io("write the file", &references_path(self.output), &error)
        };
        writeln!(references, "own_id,record_ref").map_err(write_failed)?;
        let mut reader = open(self.input)?;
        let mut records: Vec<csv::StringRecord> = vec![csv::StringRecord::new(); ROWS];
        let mut rows = 0;
        loop {
            let mut count = 0;
            while count < ROWS {
                match reader.read_record(&mut records[count]) {
                    Ok(true) => count += 1,
                    Ok(false) => break,
                    Err(error) => return Err(bad_row(self.input, &error)),
                }
            }
            if count == 0 {
                return Ok(rows);
            }
            let people: Vec<TablePerson> = records[..count]
                .par_iter()
                .map(|record| {
                    let joined = self.columns.joined.texts(record);
                    read_table_row(&self.columns.table, rules, |position| joined.cell(position))
                })
                .collect();
            let refs: Vec<[u8; 16]> = (rows..rows + count)
                .map(|row| self.reference(table_hash, row))
                .collect();
            let inputs: Vec<Input<'_>> = people
                .iter()
                .zip(&refs)
                .map(|(row, reference)| {
                    let mut input = Input::new(*reference, &row.person);
                    let mut fields = FieldSet::default();
                    let unread = row
                        .rejected
                        .iter()
                        .filter_map(|(role, _)| field_of_role(role));
                    unread.for_each(|field| fields.insert(field));
                    input.rejected = fields;
                    input
                })
                .collect();
            encoder.push(&inputs)?;
            for (role, rule) in people.iter().flat_map(|row| &row.rejected) {
                *rejected.entry((role, rule)).or_default() += 1;
            }
            for (index, reference) in refs.iter().enumerate() {
                let number = (rows + index + 1).to_string();
                let id = match self.columns.id {
                    Some(position) => records[index].get(position).unwrap_or(""),
                    None => number.as_str(),
                };
                let quoted = id.replace('"', "\"\"");
                writeln!(
                    references,
                    "\"{quoted}\",{}",
                    crate::encoded::hex(reference)
                )
                .map_err(write_failed)?;
            }
            rows += count;
            self.progress
                .step(&format!("Encoded {} rows", grouped(rows)));
        }
    }

    /// What is the same for all tables that were encoded with the key, so that linking can refuse two that were not.
    fn key_check(&self) -> [u8; 32] {
        *blake3::keyed_hash(&self.key, b"kinfold/bench-key-check/v1").as_bytes()
    }

    /// The table's bytes under the key, so that the rows of two tables have different references.
    fn table_hash(&self) -> Result<blake3::Hash, Problem> {
        let failed = |error: std::io::Error| Problem::io("read the table", self.input, &error);
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        let file = File::open(self.input).map_err(failed)?;
        hasher.update_reader(file).map_err(failed)?;
        Ok(hasher.finalize())
    }

    /// A row's reference: of the key, the table and the row's number.
    fn reference(&self, table_hash: &blake3::Hash, row: usize) -> [u8; 16] {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher
            .update(b"kinfold/bench-reference/v2\0")
            .update(table_hash.as_bytes())
            .update(&(row as u64).to_le_bytes());
        let mut reference = [0; 16];
        reference.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
        reference
    }

    fn date_rules(&self) -> Result<DateRules, Problem> {
        let Some(position) = self.columns.table.birth_date else {
            return Ok(DateRules::default());
        };
        let mut cells: Vec<Zeroizing<String>> = Vec::new();
        for record in open(self.input)?.records().take(DATE_ROWS) {
            let record = record.map_err(|error| bad_row(self.input, &error))?;
            let joined = self.columns.joined.texts(&record);
            cells.push(Zeroizing::new(joined.cell(position).to_owned()));
        }
        let cells = cells.iter().map(|cell| cell.as_str());
        if let Some(order) = self.date_order {
            return Ok(self.columns.table.date_rules_in(order, cells));
        }
        self.columns
            .table
            .date_rules(cells)
            .map_err(|mixed| {
                Problem::new(
                    "E-EXTRACT-DATES",
                    Exit::Answer,
                    format!("the column of birth dates mixes orders: {mixed}"),
                    "say which one it is with `--date-order day-first` or `month-first`; dates that only fit the other one are not read",
                )
                .at(self.input.display().to_string())
            })
    }
}

/// The folder that a file is in.
fn folder_of(file: &Path) -> PathBuf {
    match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// The file of references beside a file of codes.
fn references_path(output: &Path) -> PathBuf {
    output.with_extension("local-references.csv")
}

fn read_key(path: &Path) -> Result<Zeroizing<[u8; 32]>, Problem> {
    use std::io::Read as _;
    let failed = |error: std::io::Error| Problem::io("read the key", path, &error);
    let mut bytes = Zeroizing::new(Vec::new());
    File::open(path)
        .map_err(failed)?
        .take(KEY_BYTES_MAX)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() < KEY_BYTES_MIN {
        return Err(Problem::new(
            "E-ENCODE-KEY",
            Exit::CouldNotRun,
            format!("the key file has fewer than {KEY_BYTES_MIN} bytes"),
            "make one, for instance `head -c 32 /dev/urandom > bench.key`",
        )
        .at(path.display().to_string()));
    }
    Ok(Zeroizing::new(blake3::derive_key(
        "kinfold bench key, not for release, v1",
        &bytes,
    )))
}

fn open(path: &Path) -> Result<csv::Reader<File>, Problem> {
    let failed = |error: std::io::Error| Problem::io("read the table", path, &error);
    let mut reader = csv::ReaderBuilder::new()
        .buffer_capacity(1 << 17)
        .delimiter(separator(path).map_err(failed)?)
        .from_reader(File::open(path).map_err(failed)?);
    // Else the first row would be said to stand where the names do. What is wrong with the names is told by who asks for them.
    let _ = reader.byte_headers();
    Ok(reader)
}

/// What separates the cells of a table: commas if its first line has any, otherwise what it has most of.
fn separator(path: &Path) -> std::io::Result<u8> {
    /// Bytes in which the first line is looked for.
    const FIRST: u64 = 1 << 16;
    let mut first = Vec::new();
    std::io::Read::read_to_end(
        &mut std::io::Read::take(File::open(path)?, FIRST),
        &mut first,
    )?;
    let mut quoted = false;
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0), (b'|', 0)];
    for byte in first.into_iter().take_while(|byte| *byte != b'\n') {
        quoted ^= byte == b'"';
        for (_, count) in counts.iter_mut().filter(|(own, _)| !quoted && *own == byte) {
            *count += 1;
        }
    }
    if counts[0].1 > 0 {
        return Ok(b',');
    }
    let most = counts.into_iter().rev().max_by_key(|(_, count)| *count);
    Ok(most
        .filter(|(_, count)| *count > 0)
        .map_or(b',', |(own, _)| own))
}

fn bad_row(path: &Path, error: &csv::Error) -> Problem {
    let (what, fix) = match error.kind() {
        csv::ErrorKind::Io(error) => return Problem::io("read the table", path, error),
        csv::ErrorKind::Utf8 { .. } => (
            "a row is not text in UTF-8".to_owned(),
            "save the table as CSV in UTF-8; a Western one of Windows is changed by `iconv -f WINDOWS-1252 -t UTF-8 TABLE > table.csv`",
        ),
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => (
            format!("a row has {len} columns instead of {expected_len}"),
            "every row must have as many columns as the first: look near this line for a stray quotation mark, or a comma in a value that is not in quotation marks",
        ),
        _ => (
            "a row cannot be read".to_owned(),
            "save the table as CSV in UTF-8, every row with as many columns as the first",
        ),
    };
    let place = match error.position() {
        Some(position) => format!("{}:{}", path.display(), position.line()),
        None => path.display().to_string(),
    };
    Problem::new("E-ENCODE-TABLE", Exit::CouldNotRun, what, fix).at(place)
}

/// Rows that are counted between two words of progress.
const COUNTED: usize = 20_000;

/// The rows of a table, up to so many. A row that cannot be read counts, and is told of when it is encoded.
fn rows_of(input: &Path, most: usize, progress: &Progress) -> Result<usize, Problem> {
    let mut reader = open(input)?;
    let mut record = csv::ByteRecord::new();
    let mut rows = 0;
    while rows < most {
        match reader.read_byte_record(&mut record) {
            Ok(false) => break,
            Ok(true) => rows += 1,
            Err(_) => return Ok(rows + 1),
        }
        if rows.is_multiple_of(COUNTED) {
            progress.step(&format!("Counted {} rows", grouped(rows)));
        }
    }
    Ok(rows)
}

/// A file that appears whole or not at all, written through a buffer.
type Whole = BufWriter<WholeFile>;

fn begin(path: &Path) -> Result<Whole, Problem> {
    Ok(BufWriter::with_capacity(1 << 18, WholeFile::create(path)?))
}

fn end(file: Whole, path: &Path) -> Result<(), Problem> {
    let file = file
        .into_inner()
        .map_err(|error| Problem::io("write the file", path, error.error()))?;
    file.finish()
}

fn outcome(
    schema: &Schema,
    args: &EncodeCli,
    columns: &Found,
    done: &Done,
    seconds: f64,
) -> Outcome {
    let report = &done.report;
    let names =
        |fields: &[FieldName]| -> Vec<&str> { fields.iter().map(|field| field.as_str()).collect() };
    let mut text = format!(
        "Encoded {} of {} with `{}` in {seconds:.1} s ({} a second). NOT FOR RELEASE.\n",
        grouped(report.records),
        counted(done.rows, "row", "rows"),
        schema.id,
        grouped((done.rows as f64 / seconds.max(1e-9)) as usize)
    );
    let released: usize = report.keys.iter().map(|key| key.released).sum();
    let shared: usize = report.keys.iter().map(|key| key.shared).sum();
    let _ = writeln!(
        text,
        "Match keys: {} released, {} kept back because other rows have the value",
        grouped(released),
        grouped(shared)
    );
    for (filter, fill) in schema.filters.iter().zip(&report.mean_fill) {
        let _ = writeln!(text, "Filter `{}`: mean fill {fill:.3}", filter.id);
    }
    if !report.left_out.is_empty() {
        let _ = writeln!(
            text,
            "Left out: {} without a usable identity",
            counted(report.left_out.len(), "row", "rows")
        );
    }
    for (fields, what) in [
        (&columns.absent, "No column for"),
        (&columns.unread, "Not read by the linkage schema"),
    ] {
        if !fields.is_empty() {
            let _ = writeln!(text, "{what}: {}", names(fields).join(", "));
        }
    }
    for ((role, rule), count) in &done.rejected {
        let _ = writeln!(text, "Not read: {} of {role} ({rule})", grouped(*count));
    }
    if let Some(records) = report.without_filters {
        super::encode::tell_without_filters(&mut text, records);
    }
    let _ = writeln!(
        text,
        "Wrote {} and {}.",
        args.output.display(),
        references_path(&args.output).display()
    );
    if !columns.guessed.is_empty() {
        let guessed: Vec<String> = columns
            .guessed
            .iter()
            .map(|(field, header)| format!("{} = {header}", field.as_str()))
            .collect();
        let _ = writeln!(text, "Columns taken by their names: {}", guessed.join(", "));
    }
    columns.tell_rest(&mut text);
    if done.together.is_none() && !args.no_unite {
        let _ = writeln!(
            text,
            "Every row was taken for a person of its own, as there are more than {}: `--unite` brings the rows of one person together first",
            grouped(UNITED_UNASKED)
        );
    }
    let rejected: Vec<_> = done
        .rejected
        .iter()
        .map(|((role, rule), count)| json!({"role": role, "rule": rule, "rows": count}))
        .collect();
    let mut data = json!({
        "schema": schema::data(schema),
        "rows": done.rows,
        "records": report.records,
        "left_out": report.left_out.len(),
        "left_out_for_invalid": report.left_out_for_invalid,
        "mean_fill": report.mean_fill,
        "blank_filters": report.blank_filters,
        "match_keys": report.keys,
        "household_keys": report.household_keys,
        "presence_patterns": report.presence_patterns,
        "rejected": rejected,
        "fields_without_column": names(&columns.absent),
        "columns_not_read": names(&columns.unread),
        "columns_without_field": columns.unused(),
        "id_column": columns.id.map(|position| &columns.headers[position]),
        "columns_by_name": columns.guessed.iter().map(|(field, header)| (field.as_str().to_owned(), json!(header))).collect::<serde_json::Map<_, _>>(),
        "seconds": seconds,
        "release": false,
    });
    if let Some(records) = report.without_filters {
        data["without_filters"] = records.into();
    }
    let mut outcome = Outcome::done("kinfold.encode-bench/1", text, data);
    united::tell(
        done.together.as_ref(),
        args.input.as_deref().unwrap_or(Path::new("")),
        &mut outcome,
    );
    let refusals = schema.refusals();
    if let Some(first) = refusals.first() {
        outcome.messages.push(Message::warning(Problem::new(
            "E-SCHEMA-RELEASE",
            Exit::Refused,
            format!("the linkage schema could not be released: {first}"),
            first.fix.clone(),
        )));
    }
    outcome
}
