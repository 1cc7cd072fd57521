//! A table in which a person may have several rows: they come together before they are encoded, as a custodian's own rows do.
//!
//! The table is read once to see who is in it and once more to encode; between the two only numbers of rows and where they lie are held.

use super::columns::Found;
use super::{ROWS, Whole, Work, bad_row, joined, open, references_path, separator};
use crate::encoded::hex;
use crate::outcome::{Message, Outcome};
use crate::release::{field_of_role, rejected_fields};
use crate::survey::counted;
use csv::StringRecord;
use kinfold_encoding::{Encoder, Input};
use kinfold_extract::{
    Care, Decided, Error, Memory, PersonRow, Reason, RejectedCounts, Rows, RowsAgain, TABLE_ROLES,
    TablePerson, United, read_table_row, unite, usual_columns,
};
use kinfold_identity::{DateRules, Plain};
use kinfold_message::{Exit, Problem, grouped};
use kinfold_schema::{FieldName, FieldSet, Schema};
use rayon::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zeroize::Zeroizing;

/// What came together.
#[derive(Default)]
pub(super) struct Together {
    /// Joins by reason.
    joins: BTreeMap<Reason, usize>,
    /// Pairs that were left apart.
    doubtful: usize,
    /// People of all rows.
    people: usize,
    /// The lines of the ids that stand on rows of clearly different people, which they did not bring together.
    shared_ids: Vec<Vec<usize>>,
}

impl Together {
    fn of(united: &United, rows: &Rows) -> Self {
        Self {
            joins: united.joins.clone(),
            doubtful: united.doubtful.len(),
            people: united.people(),
            shared_ids: united
                .shared_own_ids
                .iter()
                .map(|shared| shared.rows.iter().map(|row| rows.line(*row)).collect())
                .collect(),
        }
    }

    /// A line for the screen.
    pub(super) fn text(&self) -> String {
        let count = |wanted: fn(&Reason) -> bool| -> String {
            let joins = self.joins.iter().filter(|(reason, _)| wanted(reason));
            grouped(joins.map(|(_, count)| count).sum::<usize>())
        };
        let mut text = format!("Rows of one person: {} came together", count(|_| true));
        if !self.joins.is_empty() {
            let _ = write!(
                text,
                " ({} by id, {} by the same facts, {} by evidence), so there {} {}",
                count(|reason| *reason == Reason::OwnId),
                count(|reason| !matches!(reason, Reason::OwnId | Reason::Evidence)),
                count(|reason| *reason == Reason::Evidence),
                if self.people == 1 { "is" } else { "are" },
                kinfold_message::counted(self.people, "person", "people")
            );
        }
        let _ = writeln!(
            text,
            "; {} apart",
            kinfold_message::counted(self.doubtful, "doubtful pair stays", "doubtful pairs stay")
        );
        text
    }

    /// The same for a program.
    pub(super) fn json(&self) -> Value {
        json!({
            "people": self.people,
            "rows_united": self.joins.values().sum::<usize>(),
            "by_rule": self.joins,
            "doubtful_pairs": self.doubtful,
            "shared_ids": self.shared_ids.len(),
        })
    }

    /// A warning where ids stand on rows of clearly different people.
    fn warning(&self, input: &Path) -> Option<Message> {
        let most = self.shared_ids.iter().max_by_key(|lines| lines.len())?;
        let (first, last) = (most[0], most[most.len() - 1]);
        let what = format!(
            "{} on {} of clearly different people; rows do not come together by such an id",
            counted(self.shared_ids.len(), "id"),
            counted(self.shared_ids.iter().map(Vec::len).sum(), "row"),
        );
        let hint = format!(
            "is the column a person's own id, and not that of a household or a file? Look at lines {first} to {last}, or name another one with `--column id=COLUMN`"
        );
        Some(Message::warning(
            Problem::new("E-CHECK-SHARED-ID", Exit::Answer, what, hint)
                .at(format!("{}:{first}", input.display())),
        ))
    }
}

/// Adds what came together to an answer.
pub(super) fn tell(together: Option<&Together>, input: &Path, outcome: &mut Outcome) {
    let Some(together) = together else {
        return;
    };
    outcome.text.push_str(&together.text());
    outcome.data["united"] = together.json();
    outcome.messages.extend(together.warning(input));
}

/// Adds the columns that tell who is who and that the linkage schema does not read: those that were told, and those with a usual name.
/// Nothing of them is encoded.
pub(super) fn add_columns(
    found: &mut Found,
    schema: &Schema,
    told: &[(FieldName, &str)],
    headers: &StringRecord,
    position: &dyn Fn(&str) -> Option<usize>,
) {
    for role in TABLE_ROLES {
        let Some(field) = field_of_role(role).filter(|field| schema.field(*field).is_none()) else {
            continue;
        };
        let own = told.iter().filter(|(name, _)| *name == field);
        let mut any = false;
        for (_, columns) in own {
            let columns = joined::split(columns, headers).into_iter();
            let positions: Option<Vec<usize>> = columns.map(position).collect();
            if let Some(positions) = positions {
                let position = found.joined.position(role, positions);
                found.table.add(role, position);
            }
            any = true;
        }
        let mut usual = std::iter::once(role).chain(usual_columns(role).iter().copied());
        if let (false, Some(position)) = (any, usual.find_map(position)) {
            found.table.add(role, position);
        }
    }
}

/// How a row of the table is read.
#[derive(Clone)]
struct Reading {
    columns: Arc<Found>,
    rules: DateRules,
}

impl Reading {
    fn table_person(&self, record: &StringRecord) -> TablePerson {
        let joined = self.columns.joined.texts(record);
        read_table_row(&self.columns.table, &self.rules, |position| {
            joined.cell(position)
        })
    }

    fn row(&self, record: &StringRecord, row: usize, read: TablePerson) -> PersonRow {
        let own_id = match self.columns.id {
            Some(position) => record.get(position).unwrap_or("").to_owned(),
            None => (row + 1).to_string(),
        };
        // A cell without an id is a row without a name, not one of many rows of one name.
        let own_id = if own_id.is_empty() {
            format!("row {}", row + 1)
        } else {
            own_id
        };
        PersonRow {
            source: 0,
            own_id: Plain::new(own_id),
            line: row + 2,
            person: read.person,
            rejected: read.rejected.into_iter().map(|(role, _)| role).collect(),
            last_contact: None,
        }
    }
}

/// The table's rows, read again from where they lie.
struct Again {
    reading: Reading,
    table: PathBuf,
    /// What separates its cells.
    separator: u8,
    /// Where each row begins, and where the last one ends.
    starts: Vec<u64>,
}

impl RowsAgain for Again {
    fn load(&self, rows: &[u32]) -> Result<Vec<PersonRow>, Error> {
        let failed = |error: std::io::Error| Error::Read {
            path: self.table.clone(),
            error,
        };
        let mut order: Vec<u32> = rows.to_vec();
        order.sort_unstable();
        order.dedup();
        let mut file = File::open(&self.table).map_err(failed)?;
        let mut text: Zeroizing<Vec<u8>> = Zeroizing::new(Vec::new());
        for run in order.chunk_by(|one, other| one + 1 == *other) {
            let (first, last) = (run[0] as usize, run[run.len() - 1] as usize);
            let bytes = self.starts[last + 1] - self.starts[first];
            file.seek(SeekFrom::Start(self.starts[first]))
                .map_err(failed)?;
            let read = (&file).take(bytes).read_to_end(&mut text).map_err(failed)?;
            if read as u64 != bytes {
                return Err(Error::Changed);
            }
            text.push(b'\n');
        }
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .delimiter(self.separator)
            .from_reader(text.as_slice());
        let records: Vec<StringRecord> = reader
            .records()
            .collect::<Result<_, _>>()
            .map_err(|_| Error::Changed)?;
        if records.len() != order.len() {
            return Err(Error::Changed);
        }
        let found: Vec<PersonRow> = rows
            .par_iter()
            .filter_map(|row| {
                let record = &records[order.binary_search(row).ok()?];
                Some(
                    self.reading
                        .row(record, *row as usize, self.reading.table_person(record)),
                )
            })
            .collect();
        Ok(found)
    }
}

impl Work<'_> {
    /// Reads the table, brings the rows of one person together and gives every person to the encoder. Gives the number of rows.
    pub(super) fn push_united(
        &self,
        rules: &DateRules,
        table_hash: &blake3::Hash,
        encoder: &mut Encoder,
        references: &mut Whole,
        rejected: &mut RejectedCounts,
    ) -> Result<(usize, Together), Problem> {
        let reading = Reading {
            columns: Arc::clone(&self.columns),
            rules: *rules,
        };
        let rows = self.read_rows(&reading, rejected)?;
        self.progress
            .step("Bringing together the rows of each person");
        let step = |step: &str| self.progress.step(step);
        let united = unite(&rows, Care::BENCH, &Decided::default(), &step)?;
        let write_failed = |error: std::io::Error| {
            Problem::io("write the file", &references_path(self.output), &error)
        };
        writeln!(references, "own_id,record_ref").map_err(write_failed)?;
        united.load(&rows, |first, people| {
            let refs: Vec<[u8; 16]> = (first..first + people.len())
                .map(|person| self.reference(table_hash, united.rows(person)[0] as usize))
                .collect();
            let inputs: Vec<Input<'_>> = people
                .iter()
                .zip(&refs)
                .map(|(united, reference)| {
                    let mut input = Input::new(*reference, &united.person);
                    input.rejected = if united.rows.len() == 1 {
                        fields(&united.rows[0])
                    } else {
                        rejected_fields(united)
                    };
                    input
                })
                .collect();
            encoder.push(&inputs)?;
            for (person, reference) in people.iter().zip(&refs) {
                for row in &person.rows {
                    let quoted = Zeroizing::new(row.own_id.expose().replace('"', "\"\""));
                    writeln!(references, "\"{}\",{}", *quoted, hex(reference))
                        .map_err(write_failed)?;
                }
            }
            self.progress
                .step(&format!("Encoded {} people", grouped(first + people.len())));
            Ok::<(), Problem>(())
        })?;
        Ok((rows.len(), Together::of(&united, &rows)))
    }

    fn read_rows(&self, reading: &Reading, rejected: &mut RejectedCounts) -> Result<Rows, Problem> {
        let folder = super::folder_of(self.output);
        let mut rows = Rows::of_table(Memory::default(), &folder);
        let mut reader = open(self.input)?;
        let mut records: Vec<StringRecord> = vec![StringRecord::new(); ROWS];
        let mut starts: Vec<u64> = Vec::new();
        loop {
            let mut count = 0;
            while count < ROWS {
                match reader.read_record(&mut records[count]) {
                    Ok(true) => count += 1,
                    Ok(false) => break,
                    Err(error) => return Err(bad_row(self.input, &error)),
                }
                let position = records[count - 1].position();
                starts.push(position.map_or(0, csv::Position::byte));
            }
            if count == 0 {
                break;
            }
            let people: Vec<TablePerson> = records[..count]
                .par_iter()
                .map(|record| reading.table_person(record))
                .collect();
            for (role, rule) in people.iter().flat_map(|row| &row.rejected) {
                *rejected.entry((role, rule)).or_default() += 1;
            }
            let before = rows.len();
            let read = people.into_iter().enumerate();
            rows.push(
                read.map(|(at, person)| reading.row(&records[at], before + at, person))
                    .collect(),
            );
            self.progress
                .step(&format!("Read {} rows", grouped(rows.len())));
        }
        starts.push(reader.position().byte());
        rows.read_again_from(Box::new(Again {
            reading: reading.clone(),
            table: self.input.to_owned(),
            separator: separator(self.input)
                .map_err(|error| Problem::io("read the table", self.input, &error))?,
            starts,
        }));
        Ok(rows)
    }
}

/// The fields of which a row holds something that is no value.
fn fields(row: &PersonRow) -> FieldSet {
    let mut fields = FieldSet::default();
    let unread = row.rejected.iter().filter_map(|role| field_of_role(role));
    unread.for_each(|field| fields.insert(field));
    fields
}
