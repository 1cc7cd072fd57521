//! The demo on the committed sample, run once for all tests that look at what it made.

use crate::process::binaries;
use kinfold_store::{Column, read_text_columns};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use xtask::demo::{CUSTODIANS, Demo, Input, Outcome};
use xtask::sample;

/// The first demo. Its folder stays, for the check of its report in a browser. Tests only read it.
///
/// # Panics
/// When a step of the demo fails.
pub fn demo() -> &'static Outcome {
    static DEMO: OnceLock<Outcome> = OnceLock::new();
    DEMO.get_or_init(|| run_demo("demo-first"))
}

/// Runs the demo on the committed sample into a named folder beside the other things that tests make.
///
/// # Panics
/// When a step of the demo fails.
pub fn run_demo(name: &str) -> Outcome {
    let demo = Demo {
        binaries: binaries(),
        input: Input::Existing(sample::folder()),
        seed: sample::SEED,
        schema: None,
        folder: scratch().join(name),
    };
    match xtask::demo::run(&demo) {
        Ok(outcome) => outcome,
        Err(error) => panic!("{error:#}"),
    }
}

/// Where tests write: cargo's folder for that.
///
/// # Panics
/// When it cannot be made.
pub fn scratch() -> PathBuf {
    match xtask::binaries::scratch_folder() {
        Ok(folder) => folder,
        Err(error) => panic!("{error:#}"),
    }
}

/// Some columns of a table of the result, or of the truth, row by row.
///
/// # Panics
/// When the table or a column is missing.
pub fn rows<const N: usize>(table: &Path, columns: [&str; N]) -> Vec<[String; N]> {
    let names = columns.map(|column| [column]);
    let wanted: Vec<Column> = names.iter().map(|name| Column::needed(name)).collect();
    let table = match read_text_columns(table, &wanted) {
        Ok(found) => found,
        Err(error) => panic!("{}: {error}", table.display()),
    };
    let columns: [&[String]; N] =
        std::array::from_fn(|position| table.column(position).unwrap_or_default());
    (0..table.rows)
        .map(|row| columns.map(|column| column[row].clone()))
        .collect()
}

/// What is known about the people of the demo when the result and the truth lie side by side.
#[derive(Debug, Default)]
pub struct SideBySide {
    /// Person found (`P-` reference) of each record: keyed by source and own id.
    pub person_of: BTreeMap<(String, String), String>,
    /// Records of each true person.
    pub records_of: BTreeMap<String, Vec<(String, String)>>,
    /// True households of each true person.
    pub households_of: BTreeMap<String, BTreeSet<String>>,
}

impl SideBySide {
    /// Reads both.
    ///
    /// # Panics
    /// When a file is missing.
    pub fn read(demo: &Outcome) -> Self {
        let person_of_reference: BTreeMap<String, String> = rows(
            &demo.results().join("people.parquet"),
            ["record_ref", "cluster_id"],
        )
        .into_iter()
        .map(|[reference, person]| (reference, person))
        .collect();
        let mut both = Self::default();
        for custodian in CUSTODIANS {
            let name = format!("{}-2026-08.local-references.csv", custodian.id);
            let own_list = demo.folder.join(custodian.id).join(name);
            for [source, own_id, reference] in rows(&own_list, ["source", "own_id", "record_ref"]) {
                if let Some(person) = person_of_reference.get(&reference) {
                    both.person_of.insert((source, own_id), person.clone());
                }
            }
        }
        let truth = sample::folder().join("truth");
        for [source, own_id, entity, households] in rows(
            &truth.join("truth.csv"),
            ["source", "rec_id", "entity_id", "household_id"],
        ) {
            both.records_of
                .entry(entity.clone())
                .or_default()
                .push((source, own_id));
            let households = households
                .split(';')
                .filter(|id| !id.is_empty())
                .map(str::to_owned);
            both.households_of
                .entry(entity)
                .or_default()
                .extend(households);
        }
        both
    }

    /// The people that the records of a true person were put in.
    pub fn people_found_for(&self, entity: &str) -> BTreeSet<&str> {
        let records = self.records_of.get(entity).into_iter().flatten();
        records
            .filter_map(|record| self.person_of.get(record))
            .map(String::as_str)
            .collect()
    }

    /// The true people whose records a found person holds.
    pub fn entities_in(&self, person: &str) -> BTreeSet<&str> {
        let entities = self.records_of.keys().map(String::as_str);
        entities
            .filter(|entity| self.people_found_for(entity).contains(person))
            .collect()
    }
}

/// The true people of the planted cases whose name contains a word.
///
/// # Panics
/// When the list of cases is missing.
pub fn entities_of_case(word: &str) -> BTreeSet<String> {
    let cases = sample::folder().join("truth").join("cases.csv");
    rows(&cases, ["case", "entity_id"])
        .into_iter()
        .filter(|[case, entity]| case.contains(word) && !entity.is_empty())
        .map(|[_, entity]| entity)
        .collect()
}
