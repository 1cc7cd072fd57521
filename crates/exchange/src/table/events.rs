//! Events and subjects as Arrow files.
//!
//! An event says that something dated happened; a subject says, for every released record, what the custodian looked at, so that
//! "checked, none found" and "no data" stay apart.
//!
//! | `events` | type | | `subjects` | type |
//! |---|---|---|---|---|
//! | `record_ref` | FixedSizeBinary(16) | | `record_ref` | FixedSizeBinary(16) |
//! | `code` | Utf8 | | `life_stage` | Utf8: unknown, child, adult |
//! | `start` | Date32 | | `datasets` | List(Utf8) |
//! | `end` | Date32, nullable | | `last_contact` | Date32, nullable |
//! | `ongoing` | Boolean | | | |
//! | `grade` | UInt8 | | | |
//! | `service` | Utf8, empty when none | | | |

use super::TableFile;
use super::arrow_file::{Columns, Writer};
use crate::agreement::{Agreement, EventDates};
use crate::date::Date;
use crate::error::{Error, Result};
use crate::names;
use crate::party::Party;
use arrow::array::{
    Array as _, BooleanArray, Date32Array, ListBuilder, StringArray, StringBuilder, UInt8Array,
};
use arrow::datatypes::{DataType, Field};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

const EVENTS_TABLE: &str = "events/1";
const SUBJECTS_TABLE: &str = "subjects/1";
/// Most datasets of one subject.
const DATASETS_MAX: usize = 32;
/// Highest grade of an event.
const GRADE_MAX: u8 = 9;

/// What a custodian sends to the integrator.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventTable {
    /// Dated events.
    pub events: Vec<EventRow>,
    /// One row for every released record.
    pub subjects: Vec<SubjectRow>,
}

/// One dated event of one record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventRow {
    /// The record it belongs to, as in the custodian's table of codes.
    pub record_ref: [u8; 16],
    /// One of the agreement's event codes.
    pub code: String,
    /// First day (or first of the month), in days since 1970-01-01.
    pub start: i32,
    /// Last day, if it ended.
    pub end: Option<i32>,
    /// Known to be going on at the extract's date.
    pub ongoing: bool,
    /// Severity, 0 when the code has no grades.
    pub grade: u8,
    /// Service to call, one of the party's contacts; empty for none.
    pub service: String,
}

/// What a custodian knows and checked about one record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SubjectRow {
    /// The record, as in the custodian's table of codes.
    pub record_ref: [u8; 16],
    /// Child or adult at the extract's date.
    pub life_stage: LifeStage,
    /// The datasets that were searched for the record.
    pub datasets: Vec<String>,
    /// Last contact of any kind, in days since 1970-01-01.
    pub last_contact: Option<i32>,
}

/// Child or adult: needs differ, and nothing finer leaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LifeStage {
    /// No usable birth date.
    #[default]
    Unknown,
    /// Under 18.
    Child,
    /// 18 or over.
    Adult,
}

impl LifeStage {
    /// As written in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Child => "child",
            Self::Adult => "adult",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Unknown, Self::Child, Self::Adult]
            .into_iter()
            .find(|stage| stage.as_str() == text)
    }
}

impl EventTable {
    /// Checks the table against the agreement: codes, date exactness, services of the sender, and that every event belongs to a
    /// subject. The custodian calls it before sealing, the integrator after opening.
    ///
    /// # Errors
    /// [`Error::EventsNotAgreed`] with the first row that breaks a rule.
    pub fn check(&self, agreement: &Agreement, sender: &Party) -> Result<()> {
        let subjects: BTreeSet<&[u8; 16]> = self
            .subjects
            .iter()
            .map(|subject| &subject.record_ref)
            .collect();
        if subjects.len() != self.subjects.len() {
            return Err(Error::EventsNotAgreed {
                what: "a record has two subject rows".to_owned(),
            });
        }
        let month_only = agreement.event_dates() == EventDates::Month;
        let exact = |days: i32| {
            Date::from_days(days).is_some_and(|date| !month_only || date.is_first_of_month())
        };
        let inexact = "a date is more exact than the agreement allows (it is not the first of its month), or no possible date";
        for (index, subject) in self.subjects.iter().enumerate() {
            if !subject.last_contact.is_none_or(exact) {
                return Err(Error::EventsNotAgreed {
                    what: format!("subject {}: {inexact}", index + 1),
                });
            }
        }
        for (index, event) in self.events.iter().enumerate() {
            let broken = |rule: &str| {
                Err(Error::EventsNotAgreed {
                    what: format!("event {}: {rule}", index + 1),
                })
            };
            if !agreement.event_codes().contains(&event.code) {
                return broken("its code is not in the agreement");
            }
            if !subjects.contains(&event.record_ref) {
                return broken("its record has no subject row");
            }
            if !event.service.is_empty() && sender.contact(&event.service).is_none() {
                return broken("its service is not among the sender's contacts");
            }
            if !exact(event.start) || !event.end.is_none_or(exact) {
                return broken(inexact);
            }
        }
        Ok(())
    }
}

/// Writes events as an Arrow IPC file, rows sorted by record reference, then by what they say.
///
/// # Errors
/// [`Error::TableFormat`] with the first row that breaks a rule.
pub fn events_to_ipc(events: &[EventRow]) -> Result<Vec<u8>> {
    check_events(events)?;
    let mut sorted: Vec<&EventRow> = events.iter().collect();
    sorted.sort_unstable();
    event_columns(&sorted)?.finish()
}

/// The columns of sorted events.
fn event_columns(sorted: &[&EventRow]) -> Result<Writer> {
    let mut writer = Writer::new(EVENTS_TABLE);
    writer.fixed_size_binary(
        "record_ref",
        16,
        sorted.iter().flat_map(|event| event.record_ref).collect(),
    )?;
    writer.column(
        "code",
        false,
        Arc::new(StringArray::from_iter_values(
            sorted.iter().map(|event| &event.code),
        )),
    );
    writer.column(
        "start",
        false,
        Arc::new(Date32Array::from_iter_values(
            sorted.iter().map(|event| event.start),
        )),
    );
    writer.column(
        "end",
        true,
        Arc::new(
            sorted
                .iter()
                .map(|event| event.end)
                .collect::<Date32Array>(),
        ),
    );
    let ongoing: Vec<bool> = sorted.iter().map(|event| event.ongoing).collect();
    writer.column("ongoing", false, Arc::new(BooleanArray::from(ongoing)));
    writer.column(
        "grade",
        false,
        Arc::new(UInt8Array::from_iter_values(
            sorted.iter().map(|event| event.grade),
        )),
    );
    writer.column(
        "service",
        false,
        Arc::new(StringArray::from_iter_values(
            sorted.iter().map(|event| &event.service),
        )),
    );
    Ok(writer)
}

/// Events and subjects that come part by part, in the order of their records: the same bytes as [`events_to_ipc`] and
/// [`subjects_to_ipc`] give for all of them, and no more memory for many than for few.
pub struct EventsWriter {
    events: TableFile,
    subjects: TableFile,
    last: Option<[u8; 16]>,
}

impl EventsWriter {
    /// Empty tables; what waits on disk waits in `folder`.
    ///
    /// # Errors
    /// [`Error::TableFormat`].
    pub fn new(folder: &Path) -> Result<Self> {
        Ok(Self {
            events: TableFile::new(event_columns(&[])?, folder)?,
            subjects: TableFile::new(subject_columns(&[])?, folder)?,
            last: None,
        })
    }

    /// Adds all subjects and events of some records, which are after those of all records before them, and checks them as
    /// [`EventTable::check`] does.
    ///
    /// # Errors
    /// [`Error::EventsNotAgreed`] and [`Error::TableFormat`], with the number of the row among those given.
    pub fn write(
        &mut self,
        rows: &EventTable,
        agreement: &Agreement,
        sender: &Party,
    ) -> Result<()> {
        rows.check(agreement, sender)?;
        check_events(&rows.events)?;
        let mut events: Vec<&EventRow> = rows.events.iter().collect();
        events.sort_unstable();
        let subjects = sorted_subjects(&rows.subjects)?;
        let first = subjects.first().map(|subject| subject.record_ref);
        if self.last.is_some() && first.is_some() && first <= self.last {
            return Err(Error::table(
                "the records are not in order, or one is there twice",
            ));
        }
        self.last = subjects
            .last()
            .map(|subject| subject.record_ref)
            .or(self.last);
        self.events.add(event_columns(&events)?)?;
        self.subjects.add(subject_columns(&subjects)?)
    }

    /// The tables of events and of subjects, with all rows.
    pub fn finish(self) -> (TableFile, TableFile) {
        (self.events, self.subjects)
    }
}

/// Reads events from an Arrow IPC file.
///
/// # Errors
/// [`Error::TableFormat`].
pub fn events_from_ipc(bytes: &[u8]) -> Result<Vec<EventRow>> {
    let columns = Columns::read(bytes, EVENTS_TABLE)?;
    let names = [
        "record_ref",
        "code",
        "start",
        "end",
        "ongoing",
        "grade",
        "service",
    ]
    .map(str::to_owned);
    columns.must_be_exactly(&names)?;
    let references = columns
        .fixed_size_binary("record_ref", 16)?
        .as_chunks::<16>()
        .0;
    let codes = columns.text("code")?;
    let starts = columns.date32("start", false)?;
    let ends = columns.date32("end", true)?;
    let ongoing = columns.boolean("ongoing")?;
    let grades = columns.uint8("grade")?;
    let services = columns.text("service")?;
    let events: Vec<EventRow> = (0..columns.rows())
        .map(|row| EventRow {
            record_ref: references[row],
            code: codes.value(row).to_owned(),
            start: starts.value(row),
            end: ends.is_valid(row).then(|| ends.value(row)),
            ongoing: ongoing.value(row),
            grade: grades.value(row),
            service: services.value(row).to_owned(),
        })
        .collect();
    check_events(&events)?;
    Ok(events)
}

/// Writes subjects as an Arrow IPC file, rows sorted by record reference, the datasets of each sorted and each once.
///
/// # Errors
/// [`Error::TableFormat`] with the first row that breaks a rule.
pub fn subjects_to_ipc(subjects: &[SubjectRow]) -> Result<Vec<u8>> {
    subject_columns(&sorted_subjects(subjects)?)?.finish()
}

/// Subjects in the order of the file, the datasets of each sorted and each once.
fn sorted_subjects(subjects: &[SubjectRow]) -> Result<Vec<SubjectRow>> {
    let mut sorted = subjects.to_vec();
    for subject in &mut sorted {
        subject.datasets.sort_unstable();
        subject.datasets.dedup();
    }
    sorted.sort_unstable();
    check_subjects(&sorted)?;
    Ok(sorted)
}

/// The columns of sorted subjects.
fn subject_columns(sorted: &[SubjectRow]) -> Result<Writer> {
    let mut writer = Writer::new(SUBJECTS_TABLE);
    writer.fixed_size_binary(
        "record_ref",
        16,
        sorted
            .iter()
            .flat_map(|subject| subject.record_ref)
            .collect(),
    )?;
    let stages = sorted.iter().map(|subject| subject.life_stage.as_str());
    writer.column(
        "life_stage",
        false,
        Arc::new(StringArray::from_iter_values(stages)),
    );
    let item = Field::new("item", DataType::Utf8, false);
    let mut datasets = ListBuilder::new(StringBuilder::new()).with_field(item);
    for subject in sorted {
        for dataset in &subject.datasets {
            datasets.values().append_value(dataset);
        }
        datasets.append(true);
    }
    writer.column("datasets", false, Arc::new(datasets.finish()));
    let contacts: Date32Array = sorted.iter().map(|subject| subject.last_contact).collect();
    writer.column("last_contact", true, Arc::new(contacts));
    Ok(writer)
}

/// Reads subjects from an Arrow IPC file.
///
/// # Errors
/// [`Error::TableFormat`].
pub fn subjects_from_ipc(bytes: &[u8]) -> Result<Vec<SubjectRow>> {
    let columns = Columns::read(bytes, SUBJECTS_TABLE)?;
    columns.must_be_exactly(
        &["record_ref", "life_stage", "datasets", "last_contact"].map(str::to_owned),
    )?;
    let references = columns
        .fixed_size_binary("record_ref", 16)?
        .as_chunks::<16>()
        .0;
    let stages = columns.text("life_stage")?;
    let lists = columns.text_list("datasets")?;
    let names = lists
        .values()
        .as_any()
        .downcast_ref::<StringArray>()
        .ok_or_else(|| Error::table("column `datasets` is not a list of text"))?;
    let contacts = columns.date32("last_contact", true)?;
    let offsets = lists.value_offsets();
    let mut subjects = Vec::with_capacity(columns.rows());
    for (row, reference) in references.iter().enumerate() {
        let life_stage = LifeStage::parse(stages.value(row)).ok_or_else(|| {
            Error::table(format!(
                "row {}: the life stage is unknown, child or adult",
                row + 1
            ))
        })?;
        // Lists may share their values; the count is limited before anything is copied.
        let (first, last) = (offsets[row] as usize, offsets[row + 1] as usize);
        if last - first > DATASETS_MAX {
            return Err(Error::table(format!(
                "row {}: more than {DATASETS_MAX} datasets",
                row + 1
            )));
        }
        subjects.push(SubjectRow {
            record_ref: *reference,
            life_stage,
            datasets: (first..last)
                .map(|index| names.value(index).to_owned())
                .collect(),
            last_contact: contacts.is_valid(row).then(|| contacts.value(row)),
        });
    }
    check_subjects(&subjects)?;
    Ok(subjects)
}

fn check_events(events: &[EventRow]) -> Result<()> {
    for (index, event) in events.iter().enumerate() {
        let rules = [
            (
                names::is_event_code(&event.code),
                "the code is two or three ids joined by `/`",
            ),
            (
                event.service.is_empty() || names::is_id(&event.service),
                "the service is an id or empty",
            ),
            (event.grade <= GRADE_MAX, "the grade is at most 9"),
            (
                event.end.is_none_or(|end| end >= event.start),
                "the end is before the start",
            ),
        ];
        if let Some((_, what)) = rules.into_iter().find(|(holds, _)| !holds) {
            return Err(Error::table(format!("event {}: {what}", index + 1)));
        }
    }
    Ok(())
}

fn check_subjects(subjects: &[SubjectRow]) -> Result<()> {
    for (index, subject) in subjects.iter().enumerate() {
        let sorted = subject.datasets.is_sorted_by(|a, b| a < b);
        if subject.datasets.len() > DATASETS_MAX
            || !sorted
            || !subject.datasets.iter().all(|id| names::is_id(id))
        {
            return Err(Error::table(format!(
                "subject {}: datasets are at most 32 ids, sorted, each once",
                index + 1
            )));
        }
    }
    Ok(())
}
