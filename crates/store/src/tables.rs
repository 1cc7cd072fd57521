//! The tables of a run, as Parquet files that polars, DuckDB, pyarrow and R read.
//!
//! Columns are documented in the crate's README; names are Splink's where it has one (`match_weight`, `match_probability`,
//! `cluster_id`, and `_l` and `_r` for the two sides of a pair). The same rows in the same order give the same bytes: a fixed
//! writer name, no timestamps, fixed batch sizes. Rows stream to disk in batches, under a temporary name until complete.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Float64Array, StringArray, UInt8Array, UInt32Array,
};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;

use crate::{Error, WholeFile};

/// Rows that are turned into columns at a time.
pub(crate) const BATCH_ROWS: usize = 65_536;

/// Written into every file instead of the library's version, so that the bytes do not change with it.
pub(crate) const CREATED_BY: &str = "kinfold";

/// Key of the mark in a table's metadata.
pub const RELEASE_KEY: &str = "kinfold.release";
/// The mark of tables that come from a bench.
pub const NOT_FOR_RELEASE: &str = "not for release";

/// Where a table comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A run over packages, under an agreement.
    Run,
    /// A bench over open data: the table's metadata say that it is not for release.
    Bench,
}

/// Two records and the evidence that they are one person.
#[derive(Clone, Debug, PartialEq)]
pub struct PairRow {
    /// Custodian of the left record.
    pub source_l: String,
    /// Record reference of the left record, 32 hex digits.
    pub record_ref_l: String,
    /// Custodian of the right record.
    pub source_r: String,
    /// Record reference of the right record, 32 hex digits.
    pub record_ref_r: String,
    /// log2 of the odds that they match, prior included.
    pub match_weight: f64,
    /// The same as a probability, 0 to 1.
    pub match_probability: f64,
    /// What became of the pair, in a word: for instance `linked` or `review`.
    pub decision: String,
    /// The match keys that both share, by their recipes, separated by `; `.
    pub match_keys: String,
    /// Standard deviations by which the filters are nearer than those of strangers; none when a filter is blank.
    pub filter_sigmas: Option<f64>,
    /// The evidence, in a sentence.
    pub evidence: String,
    /// What the weight is made of: a JSON list of objects with `label` and `bits`, which add up to it.
    pub waterfall: String,
}

/// One record and the person it belongs to.
#[derive(Clone, Debug, PartialEq)]
pub struct PersonRow {
    /// `P-` reference.
    pub cluster_id: String,
    /// Custodian of the record.
    pub source: String,
    /// Record reference, 32 hex digits.
    pub record_ref: String,
    /// Probability that the person is right as a whole; none where it is not known.
    pub confidence: Option<f64>,
    /// Whether a record of the person is protected, whichever row this is: nothing may be shown about the person.
    pub withheld: bool,
}

/// One person in one household.
#[derive(Clone, Debug, PartialEq)]
pub struct HouseholdRow {
    /// `HH-` reference.
    pub household_id: String,
    /// `P-` reference of the member.
    pub cluster_id: String,
    /// First month of evidence, YYYY-MM; none when unknown.
    pub from: Option<String>,
    /// Last month of evidence, YYYY-MM; none when open.
    pub to: Option<String>,
    /// First release of the unbroken succession at which the person was shown as a current member, YYYY-MM; none when never or unknown.
    pub seen_from: Option<String>,
    /// The last such release, YYYY-MM.
    pub seen_to: Option<String>,
    /// The release at which the person was shown no more, YYYY-MM; none for current members.
    pub gone_by: Option<String>,
    /// Whether the person is a member at the reference date.
    pub current: bool,
    /// Probability that exactly the current members belong to it; none for a household of one.
    pub confidence: Option<f64>,
    /// Homes in which the household lived.
    pub homes: u32,
    /// Custodians whose evidence ties it, separated by `;`.
    pub sources: String,
    /// How many custodians tie this member to it; 0 for a former member, whom only earlier runs showed.
    pub custodians: u32,
    /// Why these people are taken as a household, and what makes it unsure, in sentences; empty for a household of one.
    pub reasons: String,
    /// Whether a record of the person is protected: nothing may be shown about the person.
    pub withheld: bool,
}

/// One need of one household.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NeedRow {
    /// `HH-` reference.
    pub household_id: String,
    /// Indicator id, such as `homelessness`.
    pub indicator: String,
    /// `current`, `past`, `checked`, `no_data` or `withheld`.
    pub state: String,
    /// 1 to 3, or 0 when not current.
    pub severity: u8,
    /// First day of evidence, as days since 1970-01-01.
    pub first: Option<i32>,
    /// Last day of evidence.
    pub last: Option<i32>,
    /// Events that are evidence.
    pub records: u32,
    /// `custodian/service` of those who supplied evidence, separated by `;`.
    pub sources: String,
}

/// One reference and what became of it since the run before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineageRow {
    /// A `P-` or `HH-` reference that was ever used.
    pub reference: String,
    /// `kept`, `changed`, `new`, `split`, `merged`, `withdrawn` or `retired`.
    pub change: String,
    /// The reference that it was merged into, or split off.
    pub other: Option<String>,
    /// Records that it has in common with the run before.
    pub shared: u32,
    /// Records of the run before that it has no more.
    pub lost: u32,
    /// Records that it did not have before.
    pub gained: u32,
    /// Why, in a sentence.
    pub why: String,
}

/// Writes `pairs.parquet` of a run.
pub fn write_pairs(path: &Path, rows: impl IntoIterator<Item = PairRow>) -> Result<(), Error> {
    write_pairs_of(Origin::Run, path, rows)
}

/// Writes `pairs.parquet`, marked by its origin.
pub fn write_pairs_of(
    origin: Origin,
    path: &Path,
    rows: impl IntoIterator<Item = PairRow>,
) -> Result<(), Error> {
    let columns = [
        ("source_l", DataType::Utf8, false),
        ("record_ref_l", DataType::Utf8, false),
        ("source_r", DataType::Utf8, false),
        ("record_ref_r", DataType::Utf8, false),
        ("match_weight", DataType::Float64, false),
        ("match_probability", DataType::Float64, false),
        ("decision", DataType::Utf8, false),
        ("match_keys", DataType::Utf8, false),
        ("filter_sigmas", DataType::Float64, true),
        ("evidence", DataType::Utf8, false),
        ("waterfall", DataType::Utf8, false),
    ];
    write_rows(origin, path, &columns, rows, |rows| {
        vec![
            text(rows, |r| &r.source_l),
            text(rows, |r| &r.record_ref_l),
            text(rows, |r| &r.source_r),
            text(rows, |r| &r.record_ref_r),
            number(rows, |r| r.match_weight),
            number(rows, |r| r.match_probability),
            text(rows, |r| &r.decision),
            text(rows, |r| &r.match_keys),
            perhaps(rows, |r| r.filter_sigmas),
            text(rows, |r| &r.evidence),
            text(rows, |r| &r.waterfall),
        ]
    })
}

/// Writes `people.parquet` of a run.
pub fn write_people(path: &Path, rows: impl IntoIterator<Item = PersonRow>) -> Result<(), Error> {
    write_people_of(Origin::Run, path, rows)
}

/// Writes `people.parquet`, marked by its origin.
pub fn write_people_of(
    origin: Origin,
    path: &Path,
    rows: impl IntoIterator<Item = PersonRow>,
) -> Result<(), Error> {
    let columns = [
        ("cluster_id", DataType::Utf8, false),
        ("source", DataType::Utf8, false),
        ("record_ref", DataType::Utf8, false),
        ("confidence", DataType::Float64, true),
        ("withheld", DataType::Boolean, false),
    ];
    write_rows(origin, path, &columns, rows, |rows| {
        vec![
            text(rows, |r| &r.cluster_id),
            text(rows, |r| &r.source),
            text(rows, |r| &r.record_ref),
            perhaps(rows, |r| r.confidence),
            flag(rows, |r| r.withheld),
        ]
    })
}

/// Writes `households.parquet` of a run.
pub fn write_households(
    path: &Path,
    rows: impl IntoIterator<Item = HouseholdRow>,
) -> Result<(), Error> {
    write_households_of(Origin::Run, path, rows)
}

/// Writes `households.parquet`, marked by its origin.
pub fn write_households_of(
    origin: Origin,
    path: &Path,
    rows: impl IntoIterator<Item = HouseholdRow>,
) -> Result<(), Error> {
    let columns = [
        ("household_id", DataType::Utf8, false),
        ("cluster_id", DataType::Utf8, false),
        ("from", DataType::Utf8, true),
        ("to", DataType::Utf8, true),
        ("seen_from", DataType::Utf8, true),
        ("seen_to", DataType::Utf8, true),
        ("gone_by", DataType::Utf8, true),
        ("current", DataType::Boolean, false),
        ("confidence", DataType::Float64, true),
        ("homes", DataType::UInt32, false),
        ("sources", DataType::Utf8, false),
        ("custodians", DataType::UInt32, false),
        ("reasons", DataType::Utf8, false),
        ("withheld", DataType::Boolean, false),
    ];
    write_rows(origin, path, &columns, rows, |rows| {
        vec![
            text(rows, |r| &r.household_id),
            text(rows, |r| &r.cluster_id),
            perhaps_text(rows, |r| &r.from),
            perhaps_text(rows, |r| &r.to),
            perhaps_text(rows, |r| &r.seen_from),
            perhaps_text(rows, |r| &r.seen_to),
            perhaps_text(rows, |r| &r.gone_by),
            flag(rows, |r| r.current),
            perhaps(rows, |r| r.confidence),
            count(rows, |r| r.homes),
            text(rows, |r| &r.sources),
            count(rows, |r| r.custodians),
            text(rows, |r| &r.reasons),
            flag(rows, |r| r.withheld),
        ]
    })
}

/// Writes `lineage.parquet`.
pub fn write_lineage(path: &Path, rows: impl IntoIterator<Item = LineageRow>) -> Result<(), Error> {
    let columns = [
        ("reference", DataType::Utf8, false),
        ("change", DataType::Utf8, false),
        ("other", DataType::Utf8, true),
        ("shared", DataType::UInt32, false),
        ("lost", DataType::UInt32, false),
        ("gained", DataType::UInt32, false),
        ("why", DataType::Utf8, false),
    ];
    write_rows(Origin::Run, path, &columns, rows, |rows| {
        vec![
            text(rows, |r| &r.reference),
            text(rows, |r| &r.change),
            perhaps_text(rows, |r| &r.other),
            count(rows, |r| r.shared),
            count(rows, |r| r.lost),
            count(rows, |r| r.gained),
            text(rows, |r| &r.why),
        ]
    })
}

/// Writes `needs.parquet`.
pub fn write_needs(path: &Path, rows: impl IntoIterator<Item = NeedRow>) -> Result<(), Error> {
    let columns = [
        ("household_id", DataType::Utf8, false),
        ("indicator", DataType::Utf8, false),
        ("state", DataType::Utf8, false),
        ("severity", DataType::UInt8, false),
        ("first", DataType::Date32, true),
        ("last", DataType::Date32, true),
        ("records", DataType::UInt32, false),
        ("sources", DataType::Utf8, false),
    ];
    write_rows(Origin::Run, path, &columns, rows, |rows| {
        vec![
            text(rows, |r| &r.household_id),
            text(rows, |r| &r.indicator),
            text(rows, |r| &r.state),
            Arc::new(UInt8Array::from_iter_values(
                rows.iter().map(|r| r.severity),
            )),
            Arc::new(rows.iter().map(|r| r.first).collect::<Date32Array>()),
            Arc::new(rows.iter().map(|r| r.last).collect::<Date32Array>()),
            count(rows, |r| r.records),
            text(rows, |r| &r.sources),
        ]
    })
}

fn write_rows<Row>(
    origin: Origin,
    path: &Path,
    columns: &[(&str, DataType, bool)],
    rows: impl IntoIterator<Item = Row>,
    to_arrays: impl Fn(&[Row]) -> Vec<ArrayRef>,
) -> Result<(), Error> {
    let fields: Vec<Field> = columns
        .iter()
        .map(|(name, kind, nullable)| Field::new(*name, kind.clone(), *nullable))
        .collect();
    let schema = Arc::new(Schema::new(fields));
    let compression = Compression::ZSTD(ZstdLevel::default());
    let mark = (origin == Origin::Bench).then(|| {
        vec![KeyValue::new(
            RELEASE_KEY.to_owned(),
            NOT_FOR_RELEASE.to_owned(),
        )]
    });
    let properties = WriterProperties::builder()
        .set_created_by(CREATED_BY.into())
        .set_compression(compression)
        .set_key_value_metadata(mark)
        .build();
    let file = WholeFile::create(path)?;
    let failure = file.failure();
    // The library turns the system's error into a text, and a full disk has its own code.
    let failed = |reason: String| match failure.problem(path) {
        Some(problem) => Error::File(problem),
        None => Error::Write {
            path: path.to_owned(),
            reason,
        },
    };
    let mut writer = ArrowWriter::try_new(file, schema.clone(), Some(properties))
        .map_err(|e| failed(e.to_string()))?;
    let mut rows = rows.into_iter();
    loop {
        let batch: Vec<Row> = rows.by_ref().take(BATCH_ROWS).collect();
        if batch.is_empty() {
            break;
        }
        let arrays = to_arrays(&batch);
        let batch =
            RecordBatch::try_new(schema.clone(), arrays).map_err(|e| failed(e.to_string()))?;
        writer.write(&batch).map_err(|e| failed(e.to_string()))?;
    }
    let file = writer.into_inner().map_err(|e| failed(e.to_string()))?;
    Ok(file.finish()?)
}

fn text<Row>(rows: &[Row], of: impl Fn(&Row) -> &String) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(rows.iter().map(of)))
}

fn perhaps_text<Row>(rows: &[Row], of: impl Fn(&Row) -> &Option<String>) -> ArrayRef {
    let cells = rows.iter().map(|row| of(row).as_deref());
    Arc::new(cells.collect::<StringArray>())
}

fn number<Row>(rows: &[Row], of: impl Fn(&Row) -> f64) -> ArrayRef {
    Arc::new(Float64Array::from_iter_values(rows.iter().map(of)))
}

fn count<Row>(rows: &[Row], of: impl Fn(&Row) -> u32) -> ArrayRef {
    Arc::new(UInt32Array::from_iter_values(rows.iter().map(of)))
}

fn flag<Row>(rows: &[Row], of: impl Fn(&Row) -> bool) -> ArrayRef {
    Arc::new(
        rows.iter()
            .map(|row| Some(of(row)))
            .collect::<BooleanArray>(),
    )
}

fn perhaps<Row>(rows: &[Row], of: impl Fn(&Row) -> Option<f64>) -> ArrayRef {
    Arc::new(rows.iter().map(of).collect::<Float64Array>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Column, read_text_columns};

    fn people(count: u32) -> impl Iterator<Item = PersonRow> {
        (0..count).map(|i| PersonRow {
            cluster_id: format!("P-{}", i / 2),
            source: "council".into(),
            record_ref: format!("{i:032x}"),
            confidence: None,
            withheld: i == 0,
        })
    }

    #[test]
    fn the_same_rows_give_the_same_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (
            folder.path().join("one.parquet"),
            folder.path().join("two.parquet"),
        );
        write_people(&one, people(70_000)).unwrap();
        write_people(&two, people(70_000)).unwrap();
        assert_eq!(std::fs::read(one).unwrap(), std::fs::read(two).unwrap());
    }

    #[test]
    fn a_table_of_a_bench_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("people.parquet");
        let mark = |origin| {
            write_people_of(origin, &path, people(3)).unwrap();
            let bytes = std::fs::read(&path).unwrap();
            bytes
                .windows(NOT_FOR_RELEASE.len())
                .any(|window| window == NOT_FOR_RELEASE.as_bytes())
        };
        assert!(mark(Origin::Bench));
        assert!(!mark(Origin::Run));
    }

    #[test]
    fn every_table_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let pair = PairRow {
            source_l: "council".into(),
            record_ref_l: "00".into(),
            source_r: "health".into(),
            record_ref_r: "01".into(),
            match_weight: 12.5,
            match_probability: 0.99,
            decision: "linked".into(),
            match_keys: "NN D".into(),
            filter_sigmas: None,
            evidence: "names agree".into(),
            waterfall: "[]".into(),
        };
        write_pairs(&path("pairs.parquet"), [pair]).unwrap();
        let household = HouseholdRow {
            household_id: "HH-1".into(),
            cluster_id: "P-1".into(),
            from: Some("2020-01".into()),
            to: None,
            seen_from: Some("2026-03".into()),
            seen_to: Some("2026-08".into()),
            gone_by: None,
            current: true,
            confidence: Some(0.5),
            homes: 1,
            sources: "council;health".into(),
            custodians: 2,
            reasons: "2 people lived in one home.".into(),
            withheld: true,
        };
        write_households(&path("households.parquet"), [household]).unwrap();
        let need = NeedRow {
            household_id: "HH-1".into(),
            indicator: "education".into(),
            state: "current".into(),
            severity: 2,
            first: None,
            last: Some(0),
            records: 3,
            sources: "council/education".into(),
        };
        write_needs(&path("needs.parquet"), [need]).unwrap();

        let line = LineageRow {
            reference: "P-1".into(),
            change: "merged".into(),
            other: Some("P-2".into()),
            shared: 1,
            lost: 0,
            gained: 0,
            why: "1 record of it belongs to P-2 now.".into(),
        };
        write_lineage(&path("lineage.parquet"), [line]).unwrap();

        let cell = |file: &str, column: &'static str| {
            let table = read_text_columns(&path(file), &[Column::needed(&[column])]).unwrap();
            assert_eq!(table.rows, 1);
            table.column(0).unwrap()[0].clone()
        };
        assert_eq!(cell("pairs.parquet", "match_weight"), "12.5");
        assert_eq!(cell("households.parquet", "to"), "");
        assert_eq!(cell("households.parquet", "seen_from"), "2026-03");
        assert_eq!(cell("households.parquet", "seen_to"), "2026-08");
        assert_eq!(cell("households.parquet", "gone_by"), "");
        assert_eq!(cell("households.parquet", "current"), "true");
        assert_eq!(cell("households.parquet", "withheld"), "true");
        assert_eq!(cell("lineage.parquet", "other"), "P-2");
        assert_eq!(cell("households.parquet", "custodians"), "2");
        assert_eq!(cell("needs.parquet", "last"), "1970-01-01");
    }

    #[test]
    fn an_empty_table_has_its_columns() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("people.parquet");
        write_people(&path, []).unwrap();
        let table = read_text_columns(&path, &[Column::needed(&["cluster_id"])]).unwrap();
        assert_eq!(table.rows, 0);
    }

    #[test]
    fn a_folder_that_is_not_there_is_a_coded_error() {
        let error = write_people(Path::new("/nowhere/people.parquet"), []).unwrap_err();
        assert!(matches!(error, Error::File(_)));
    }
}
