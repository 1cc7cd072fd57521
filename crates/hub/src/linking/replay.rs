//! What a run takes over from people and from the run before: reviewers' decisions and references.
//!
//! Decisions are a file of JSON lines that is only added to. References come from the folder of the run before; of those that it retired
//! none is given out again. Both are named in the manifest by their hashes, so a run stays reproducible.

mod members;

use std::collections::BTreeMap;
use std::path::Path;

use kinfold_ledger::RunManifest;
use kinfold_linkage::{
    Change, Decision, Former, FormerMembership, Given, Judgement, Outcome, Previous, RecordKey,
    same_records,
};
use kinfold_message::{Exit, Problem};
use kinfold_store::{Column, Hub, TextTable, read_text_columns};
use serde::Deserialize;

use super::MANIFEST;
use super::inputs::{Inputs, read_codes};
use super::tables::month_number;
use crate::terms::Terms;
use members::Member;

/// The decisions and the run before.
#[derive(Debug, Default)]
pub(crate) struct Replay {
    /// Decisions, in the order of the file.
    pub(crate) given: Given,
    /// People, households and retired references of the run before, if there was one.
    pub(crate) previous: Previous,
    /// Names and hashes for the manifest.
    pub(crate) parameters: BTreeMap<String, String>,
}

impl Replay {
    /// Reads what is given.
    ///
    /// # Errors
    /// `E-LINK-DECISIONS` with the line that is wrong; `E-LINK-PREVIOUS` when the folder holds no complete run; a file problem.
    pub(crate) fn read(
        decisions: Option<&Path>,
        previous: Option<&Path>,
        hub: &Hub,
        terms: &Terms,
        inputs: &Inputs,
    ) -> Result<Self, Problem> {
        let mut replay = Self::default();
        if let Some(path) = decisions {
            let text = std::fs::read_to_string(path)
                .map_err(|error| Problem::io("read the decisions", path, &error))?;
            replay.given.decisions =
                parse(&text).map_err(|problem| problem.at(path.display().to_string()))?;
            replay.note("decisions", text.as_bytes());
        }
        if let Some(folder) = previous {
            let manifest = std::fs::read_to_string(folder.join(MANIFEST))
                .map_err(|_| no_run(folder, "it has no run.json"))?;
            let read = RunManifest::parse(&manifest)
                .map_err(|_| no_run(folder, "its run.json is not as it was written"))?;
            let renamed = renamed(&read, hub, terms, inputs)?;
            replay.previous = read_previous(folder, &renamed, newest_release(&read))?;
            replay.note("previous_run", manifest.as_bytes());
        }
        Ok(replay)
    }

    fn note(&mut self, name: &str, bytes: &[u8]) {
        let hash = blake3::hash(bytes).to_hex().to_string();
        self.parameters.insert(name.to_owned(), hash);
    }
}

/// What is to say about decisions that do not hold, one sentence for each kind.
pub(crate) fn not_kept(outcomes: &[Outcome]) -> Vec<String> {
    let mut lines: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (line, outcome) in outcomes.iter().enumerate() {
        let why = match outcome {
            Outcome::Honoured | Outcome::Replaced => continue,
            Outcome::RecordMissing => "a record is not in this run",
            Outcome::SameRecord => "both sides are one record",
            Outcome::Vetoed(_) => {
                "the two may never be one person (numbers that differ, or not to be linked)"
            }
            Outcome::Contradicted => "it contradicts other decisions or a veto",
        };
        lines.entry(why).or_default().push((line + 1).to_string());
    }
    lines
        .into_iter()
        .map(|(why, lines)| format!("decisions not kept ({}): {why}.", lines.join(", ")))
        .collect()
}

/// One line of the file. Other keys, such as who decided and when, are not read here.
#[derive(Deserialize)]
struct Line {
    left: Side,
    right: Side,
    judgement: Said,
}

#[derive(Deserialize)]
struct Side {
    source: String,
    record_ref: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Said {
    SamePerson,
    DifferentPeople,
}

fn parse(text: &str) -> Result<Vec<Decision>, Problem> {
    let wrong = |number: usize, what: &str| {
        Problem::new(
            "E-LINK-DECISIONS",
            Exit::CouldNotRun,
            format!(
                "line {} of the decisions cannot be read: {what}",
                number + 1
            ),
            "each line is {\"left\":{\"source\":…,\"record_ref\":…},\"right\":{…},\"judgement\":\"same-person\" or \"different-people\"}",
        )
    };
    let mut decisions = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let read: Line = serde_json::from_str(line)
            .map_err(|error| wrong(number, &format!("column {}", error.column())))?;
        let key = |side: Side| -> Result<RecordKey, Problem> {
            let reference = bytes_of(&side.record_ref)
                .ok_or_else(|| wrong(number, "a record_ref is 32 hexadecimal digits"))?;
            Ok(RecordKey {
                source: side.source,
                reference,
            })
        };
        decisions.push(Decision {
            left: key(read.left)?,
            right: key(read.right)?,
            judgement: match read.judgement {
                Said::SamePerson => Judgement::SamePerson,
                Said::DifferentPeople => Judgement::DifferentPeople,
            },
        });
    }
    Ok(decisions)
}

/// Record references of the run before with those that the same records have now, for custodians that have sent a new delivery since.
fn renamed(
    manifest: &RunManifest,
    hub: &Hub,
    terms: &Terms,
    inputs: &Inputs,
) -> Result<BTreeMap<[u8; 16], [u8; 16]>, Problem> {
    let mut renamed = BTreeMap::new();
    for package in &manifest.packages {
        let mut parts = package.name.split('/');
        let (Some(custodian), Some("records")) = (parts.next(), parts.next()) else {
            continue;
        };
        let is_current = inputs
            .packages
            .iter()
            .any(|current| current.payload_hash == package.hash);
        let set = inputs.sets.iter().find(|set| set.source == custodian);
        let (false, Some(set)) = (is_current, set) else {
            continue;
        };
        let before = read_codes(hub, terms, &package.hash)?;
        renamed.extend(same_records(&terms.schema, &before, &set.table));
    }
    Ok(renamed)
}

/// The month of the newest records of a run.
fn newest_release(manifest: &RunManifest) -> Option<u16> {
    let packages = manifest.packages.iter();
    let periods = packages.filter_map(|package| {
        let mut parts = package.name.split('/').skip(1);
        let is_records = parts.next() == Some("records");
        month_number(parts.next()?).filter(|_| is_records)
    });
    periods.max()
}

fn read_previous(
    folder: &Path,
    renamed: &BTreeMap<[u8; 16], [u8; 16]>,
    release: Option<u16>,
) -> Result<Previous, Problem> {
    let table = |name: &str, columns: &[Column<'_>]| -> Result<TextTable, Problem> {
        Ok(read_text_columns(&folder.join(name), columns)?)
    };
    let people = table(
        "people.parquet",
        &[
            Column::needed(&["cluster_id"]),
            Column::needed(&["record_ref"]),
        ],
    )?;
    let mut records: BTreeMap<&str, Vec<[u8; 16]>> = BTreeMap::new();
    for (person, record) in pairs_of(&people) {
        let record =
            bytes_of(record).ok_or_else(|| no_run(folder, "a record reference is damaged"))?;
        let record = renamed.get(&record).copied().unwrap_or(record);
        records.entry(person).or_default().push(record);
    }
    let households = table("households.parquet", &members::columns())?;
    let mut homes: BTreeMap<&str, Vec<[u8; 16]>> = BTreeMap::new();
    let mut memberships = Vec::new();
    for row in 0..households.rows {
        let member = Member::read(&households, row, release)
            .ok_or_else(|| no_run(folder, "a month is damaged"))?;
        let own = records
            .get(member.person)
            .ok_or_else(|| no_run(folder, "people and households do not fit each other"))?;
        if !member.is_former {
            homes.entry(member.household).or_default().extend(own);
        }
        memberships.extend(member.seen.map(|seen| FormerMembership {
            person: member.person.to_owned(),
            household: member.household.to_owned(),
            seen,
        }));
    }
    let lineage = table(
        "lineage.parquet",
        &[Column::needed(&["reference"]), Column::needed(&["change"])],
    )?;
    let current = [Change::Kept, Change::Changed, Change::New, Change::Split].map(Change::as_str);
    let retired = pairs_of(&lineage)
        .filter(|(_, change)| !current.contains(change))
        .map(|(reference, _)| reference.to_owned())
        .collect();
    let former = |groups: BTreeMap<&str, Vec<[u8; 16]>>| {
        let groups = groups.into_iter();
        groups
            .map(|(reference, records)| Former {
                reference: reference.to_owned(),
                records,
            })
            .collect()
    };
    Ok(Previous {
        households: former(homes),
        people: former(records),
        retired,
        memberships,
    })
}

/// The first two columns of a table, row by row.
fn pairs_of(table: &TextTable) -> impl Iterator<Item = (&str, &str)> {
    let column = |position| table.column(position).unwrap_or_default();
    let (one, other) = (column(0), column(1));
    one.iter()
        .map(String::as_str)
        .zip(other.iter().map(String::as_str))
}

fn no_run(folder: &Path, why: &str) -> Problem {
    Problem::new(
        "E-LINK-PREVIOUS",
        Exit::CouldNotRun,
        format!("the folder holds no complete run: {why}"),
        "name the folder that an earlier `kinfold-hub link -o` wrote, with its tables and run.json",
    )
    .at(folder.display().to_string())
}

/// 32 hexadecimal digits as bytes.
fn bytes_of(text: &str) -> Option<[u8; 16]> {
    let digits = text.as_bytes();
    if digits.len() != 32 {
        return None;
    }
    let mut bytes = [0; 16];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let value = |digit: u8| char::from(digit).to_digit(16);
        *byte = (value(pair[0])? << 4 | value(pair[1])?) as u8;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kinfold_ledger::{NamedHash, RUN_VERSION};

    #[test]
    fn decisions_are_read_line_by_line() {
        let side = |digit: &str| {
            format!(
                "{{\"source\":\"council\",\"record_ref\":\"{}\"}}",
                digit.repeat(32)
            )
        };
        let line = format!(
            "{{\"left\":{},\"right\":{},\"judgement\":\"different-people\",\"by\":\"R1\"}}",
            side("a"),
            side("1")
        );
        let decisions = parse(&format!("{line}\n\n{line}\n")).unwrap();
        assert_eq!(decisions.len(), 2);
        assert_eq!(decisions[0].judgement, Judgement::DifferentPeople);
        assert_eq!(decisions[0].left.reference, [0xaa; 16]);
        let wrong = parse(&format!("{line}\n{}", line.replace("aaaa", "aaa"))).unwrap_err();
        assert_eq!(wrong.code, "E-LINK-DECISIONS");
        assert!(wrong.to_string().contains("line 2"));
    }

    #[test]
    fn a_run_is_of_the_month_of_its_newest_records() {
        let package = |name: &str| NamedHash {
            name: name.to_owned(),
            hash: String::new(),
        };
        let mut manifest = RunManifest {
            version: RUN_VERSION,
            tool: String::new(),
            tool_hash: None,
            agreement: package("eastmere"),
            schema: package("standard"),
            rule_packs: Vec::new(),
            packages: Vec::new(),
            inputs: Vec::new(),
            parameters: BTreeMap::new(),
            model: serde_json::Value::Null,
            outputs: Vec::new(),
        };
        assert_eq!(newest_release(&manifest), None);
        manifest.packages = [
            "council/records/2026-08/1",
            "council/events/2026-11/1",
            "health/records/2026-02/3",
        ]
        .map(package)
        .into();
        assert_eq!(newest_release(&manifest), month_number("2026-08"));
    }

    #[test]
    fn what_is_not_kept_is_told_by_line() {
        let notes = not_kept(&[
            Outcome::Honoured,
            Outcome::RecordMissing,
            Outcome::RecordMissing,
        ]);
        assert_eq!(
            notes,
            ["decisions not kept (2, 3): a record is not in this run."]
        );
    }
}
