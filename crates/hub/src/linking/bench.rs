//! Linking files of codes that are not for release: to try a linkage schema on open data.
//!
//! No agreement, no packages, no needs: the linkage schema comes with the files, every file is one source, and what is written says
//! that it is not for release. People and households are found by the same code as in a run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use kinfold_exchange::{BenchCodes, bench_codes_from_ipc};
use kinfold_ledger::{FileRecord, canonical_json};
use kinfold_linkage::{Households, LifeStage, Linked, Options, RecordSet};
use kinfold_message::{Exit, Problem, counted, write_whole};
use kinfold_schema::Schema;
use kinfold_store::{MappedFile, NOT_FOR_RELEASE, Origin};
use serde_json::{Value, json};

use super::manifest::hash_of_program;
use super::staging::Staging;
use super::tables::{Found, NAMES};
use super::{MANIFEST, REPORT};
use crate::screen::Screen;
use crate::terms::hex;

/// Format of `run.json`.
const FORMAT: &str = "kinfold.bench-run/1";
/// What only a run over packages writes.
const OF_A_RUN: [&str; 2] = [REPORT, "needs.parquet"];

/// Files of codes, read and checked against each other.
#[derive(Debug)]
pub(crate) struct BenchInputs {
    /// The linkage schema that all files carry.
    pub(crate) schema: Schema,
    /// One set a file, in the order of their sources.
    pub(crate) sets: Vec<RecordSet>,
    /// Name, length and hash of each file.
    files: Vec<FileRecord>,
}

impl BenchInputs {
    /// Reads the files, in any order: the result does not depend on it.
    ///
    /// # Errors
    /// `E-LINK-CODES` for a file of another kind, `E-LINK-SCHEMA` and `E-LINK-KEY` when two files were encoded with different
    /// linkage schemas or keys, `E-LINK-SOURCE` for two files of one source and for one that was not encoded for another.
    pub(crate) fn load(paths: &[PathBuf]) -> Result<Self, Problem> {
        let mut by_source: BTreeMap<String, &Path> = BTreeMap::new();
        for path in paths {
            let source = source_of(path)?;
            if let Some(other) = by_source.insert(source.clone(), path) {
                return Err(same_source(
                    format!("{} would be source `{source}` too", path.display()),
                    other,
                ));
            }
        }
        let mut first: Option<(BenchCodes, &Path)> = None;
        let (mut sets, mut files) = (Vec::new(), Vec::new());
        for (source, path) in by_source {
            let (mut codes, file) = read(path, &source)?;
            let table = std::mem::take(&mut codes.table);
            match &first {
                Some((first, at)) => may_be_compared(first, at, &codes, path)?,
                None => first = Some((codes, path)),
            }
            sets.push(RecordSet { source, table });
            files.push(file);
        }
        let Some((BenchCodes { schema, .. }, _)) = first else {
            return Err(not_codes("no file of codes was given".to_owned()));
        };
        let inputs = Self {
            schema,
            sets,
            files,
        };
        inputs.rows_are_apart()?;
        inputs.made_for_each_other()?;
        Ok(inputs)
    }

    /// Number of records.
    pub(crate) fn records(&self) -> usize {
        self.sets.iter().map(|set| set.table.len()).sum()
    }

    /// A reference that two files have is one row that is there twice: a copy of a file under another name.
    fn rows_are_apart(&self) -> Result<(), Problem> {
        let mut all: Vec<(&[u8; 16], usize)> = Vec::with_capacity(self.records());
        for (index, set) in self.sets.iter().enumerate() {
            all.extend(set.table.record_ref.iter().map(|own| (own, index)));
        }
        all.sort_unstable();
        let twice = all.windows(2).find(|two| two[0].0 == two[1].0);
        twice.map_or(Ok(()), |two| {
            let [one, other] = [two[0].1, two[1].1].map(|index| &self.sets[index].source);
            Err(Problem::new(
                "E-LINK-SOURCE",
                Exit::CouldNotRun,
                format!("`{one}` and `{other}` hold rows of one and the same table"),
                "give each table once",
            ))
        })
    }

    /// Where every two sources have keys of their own, each file names the others.
    fn made_for_each_other(&self) -> Result<(), Problem> {
        for set in &self.sets {
            let partners = &set.table.partners;
            let others = self.sets.iter().map(|other| &other.source);
            let missing = others
                .filter(|other| **other != set.source && !partners.is_empty())
                .find(|other| !partners.contains(other));
            if let Some(missing) = missing {
                return Err(Problem::new(
                    "E-LINK-SOURCE",
                    Exit::CouldNotRun,
                    format!(
                        "`{}` was not encoded for `{missing}`, and every two sources of this linkage schema have keys of their own",
                        set.source
                    ),
                    format!(
                        "encode it again with `--sources {} {missing}`; a file's name is its source",
                        set.source
                    ),
                ));
            }
        }
        Ok(())
    }
}

fn read(path: &Path, source: &str) -> Result<(BenchCodes, FileRecord), Problem> {
    let file = MappedFile::open(path)?;
    let codes = bench_codes_from_ipc(file.bytes()).map_err(|error| {
        not_codes(format!("it cannot be read as codes: {error}")).at(path.display().to_string())
    })?;
    // By its source alone: where a file lies is no part of what a result was made from.
    let record = FileRecord::of_bytes(source, file.bytes())?;
    file.check_unchanged()?;
    Ok((codes, record))
}

/// The source of a file: its name without the ending.
fn source_of(path: &Path) -> Result<String, Problem> {
    let stem = path.file_stem().and_then(|stem| stem.to_str());
    stem.filter(|stem| {
        let plain = |c: char| c.is_alphanumeric() || "-_. ".contains(c);
        stem.len() <= 64 && stem.chars().all(plain)
    })
    .map(str::to_owned)
    .ok_or_else(|| {
        Problem::new(
            "E-LINK-SOURCE",
            Exit::CouldNotRun,
            "a file's name is its source, and this one cannot be",
            "rename it: at most 64 letters, digits, spaces, `-`, `_` and `.`",
        )
        .at(path.display().to_string())
    })
}

fn same_source(what: String, other: &Path) -> Problem {
    Problem::new(
        "E-LINK-SOURCE",
        Exit::CouldNotRun,
        what,
        "a file's name is its source: rename one of the two, or give each file once",
    )
    .at(other.display().to_string())
}

fn not_codes(what: String) -> Problem {
    Problem::new(
        "E-LINK-CODES",
        Exit::CouldNotRun,
        what,
        "make it with `kinfold encode --key-file K TABLE.csv -o FILE`; packages of custodians go through `kinfold-hub ingest`",
    )
}

/// Two files that were encoded with one linkage schema and one key.
fn may_be_compared(
    first: &BenchCodes,
    at: &Path,
    own: &BenchCodes,
    path: &Path,
) -> Result<(), Problem> {
    let (at, path) = (at.display(), path.display());
    if first.schema.hash() != own.schema.hash() {
        let named = |schema: &Schema| format!("`{}` ({})", schema.id, &hex(&schema.hash())[..12]);
        return Err(Problem::new(
            "E-LINK-SCHEMA",
            Exit::CouldNotRun,
            format!(
                "{at} was encoded with the linkage schema {} and {path} with {}",
                named(&first.schema),
                named(&own.schema)
            ),
            "encode all tables with the same `--schema`; codes of different schemas cannot be compared",
        ));
    }
    if first.key_check == own.key_check {
        return Ok(());
    }
    Err(Problem::new(
        "E-LINK-KEY",
        Exit::CouldNotRun,
        format!("{at} and {path} were encoded with different keys"),
        "encode all tables with the same `--key-file`: codes of different keys have nothing in common",
    ))
}

/// A finished bench.
#[derive(Debug)]
pub(crate) struct Bench {
    pub(crate) id: String,
    pub(crate) inputs: BenchInputs,
    pub(crate) options: Options,
    pub(crate) linked: Linked,
    /// None where the linkage schema has no household keys.
    pub(crate) households: Option<Households>,
    /// Seconds of linking people and forming households.
    pub(crate) seconds: f64,
}

impl Bench {
    /// Links people and forms households. Nothing is written.
    pub(crate) fn new(inputs: BenchInputs, options: Options, screen: &Screen) -> Self {
        let began = Instant::now();
        let step = screen.step("Linking people", 0);
        let linked = kinfold_linkage::link(&inputs.schema, &inputs.sets, &options, &step);
        step.done(&format!(
            "{} in {}",
            counted(linked.people.len(), "person", "people"),
            counted(inputs.records(), "record", "records")
        ));
        let households = inputs.schema.household.is_some().then(|| {
            let step = screen.step("Forming households", 0);
            // Life stages come with events, and a table of people has none.
            let stages = vec![LifeStage::Unknown; linked.people.len()];
            let found =
                kinfold_linkage::form_households(&inputs.schema, &inputs.sets, &linked, &stages);
            step.done(&counted(found.households.len(), "household", "households"));
            found
        });
        let id = blake3::hash(canonical_json(&made_from(&inputs, &options)).as_bytes());
        Self {
            id: id.to_hex()[..16].to_owned(),
            inputs,
            options,
            linked,
            households,
            seconds: began.elapsed().as_secs_f64(),
        }
    }

    /// Writes the tables and `run.json` into `folder`, all or none; gives back their names.
    ///
    /// # Errors
    /// `E-LINK-OUTPUT` for a folder that holds a run over packages, or a file problem.
    pub(crate) fn write(
        &self,
        folder: &Path,
        screen: &Screen,
    ) -> Result<Vec<&'static str>, Problem> {
        if OF_A_RUN.iter().any(|name| folder.join(name).exists()) {
            return Err(Problem::new(
                "E-LINK-OUTPUT",
                Exit::CouldNotRun,
                "the folder holds a run over packages, and a bench must not stand among its files",
                "choose another folder with `-o`",
            )
            .at(folder.display().to_string()));
        }
        let step = screen.step("Writing tables", 0);
        let staging = Staging::begin(folder)?;
        let withheld: Vec<bool> = self
            .linked
            .people
            .iter()
            .map(|person| {
                let flags =
                    |set: u32, row: u32| self.inputs.sets[set as usize].table.flags[row as usize];
                person.members.iter().any(|id| flags(id.set, id.row) != 0)
            })
            .collect();
        let found = Found {
            schema: &self.inputs.schema,
            sets: &self.inputs.sets,
            linked: &self.linked,
            households: self.households.as_ref(),
            withheld: &withheld,
        };
        found.write(Origin::Bench, staging.folder())?;
        let [pairs, people, households, ..] = NAMES;
        let mut names = vec![pairs, people];
        names.extend(self.households.is_some().then_some(households));
        let manifest = self.manifest(staging.folder(), &names)?;
        write_whole(&staging.folder().join(MANIFEST), manifest.as_bytes())?;
        // The manifest goes last: a folder with a run.json is complete.
        names.push(MANIFEST);
        staging.finish(&names)?;
        if self.households.is_none() {
            // What an earlier bench left there belongs to other people.
            remove_if_there(&folder.join(households))?;
        }
        step.done(&format!("{} files in {}", names.len(), folder.display()));
        Ok(names)
    }

    /// `run.json`: no time and no place stands in it, so the same files give the same bytes.
    fn manifest(&self, folder: &Path, outputs: &[&str]) -> Result<String, Problem> {
        let mut manifest = made_from(&self.inputs, &self.options);
        let outputs: Vec<FileRecord> = outputs
            .iter()
            .map(|name| FileRecord::of(folder, name))
            .collect::<Result<_, _>>()?;
        for (name, value) in [
            ("model", json!(self.linked.model)),
            ("outputs", json!(outputs)),
            ("tool_hash", json!(hash_of_program())),
        ] {
            manifest[name] = value;
        }
        Ok(canonical_json(&manifest))
    }
}

/// Everything that goes into a bench. The threads are no part of it: they change the time, never the result.
fn made_from(inputs: &BenchInputs, options: &Options) -> Value {
    let schema = &inputs.schema;
    json!({
        "format": FORMAT,
        "inputs": inputs.files,
        "parameters": {
            "link_probability": options.link_probability,
            "review_probability": options.review_probability,
        },
        "release": NOT_FOR_RELEASE,
        "schema": {
            "name": format!("{} {}", schema.id, schema.version),
            "hash": hex(&schema.hash()),
        },
        "tool": concat!("kinfold-hub ", env!("CARGO_PKG_VERSION")),
    })
}

fn remove_if_there(path: &Path) -> Result<(), Problem> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Problem::io(
            "remove the file of an earlier bench",
            path,
            &error,
        )),
        _ => Ok(()),
    }
}
