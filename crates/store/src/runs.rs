//! Runs: each with its manifest and the packages it read.
//!
//! A run is named by what went into it, so that its own report can carry the name, and so that the same inputs giving other
//! outputs is noticed: the name is then taken by a manifest with other contents.

use kinfold_ledger::RunManifest;
use kinfold_message::{Problem, write_whole};
use rusqlite::{OptionalExtension as _, Transaction};
use serde::Serialize;

use crate::{Error, Hub};

/// One run in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RunInfo {
    /// Name made from the inputs.
    pub id: String,
    /// The day for which needs were decided, YYYY-MM-DD.
    pub reference_date: String,
    /// `run.json`, canonical JSON.
    #[serde(skip)]
    pub manifest: String,
}

impl Hub {
    /// Keeps a run with the payload hashes of the packages it read, and adds one journal entry for the step. When the same run
    /// was made before, only the journal grows.
    ///
    /// # Errors
    /// [`Error::Differs`] when a run of this id has another manifest; a file or database failure; a package that this hub never
    /// received.
    pub fn record_run(&mut self, run: &RunInfo, packages: &[String]) -> Result<(), Error> {
        let folder = self.folder().join("runs").join(&run.id);
        self.change(|change| {
            let kept: Option<String> = change
                .query_row("SELECT manifest FROM run WHERE id = ?1", [&run.id], |row| {
                    row.get(0)
                })
                .optional()?;
            if let Some(kept) = kept {
                same_results(&kept, run)?;
            } else {
                insert(change, run, packages)?;
                kinfold_message::create_private_folder(&folder)
                    .map_err(|e| Problem::io("make the folder", &folder, &e))?;
                write_whole(&folder.join("run.json"), run.manifest.as_bytes())?;
            }
            crate::journal::append(
                change,
                &serde_json::json!({
                    "step": "link",
                    "run": run.id,
                    "manifest": blake3::hash(run.manifest.as_bytes()).to_hex().as_str(),
                    "reference_date": run.reference_date,
                    "packages": packages,
                }),
            )
        })
    }

    /// All runs, by reference date and id.
    pub fn runs(&self) -> Result<Vec<RunInfo>, Error> {
        let mut statement = self
            .connection
            .prepare("SELECT id, reference_date, manifest FROM run ORDER BY reference_date, id")?;
        let rows = statement.query_map([], |row| {
            Ok(RunInfo {
                id: row.get(0)?,
                reference_date: row.get(1)?,
                manifest: row.get(2)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn insert(change: &Transaction<'_>, run: &RunInfo, packages: &[String]) -> Result<(), Error> {
    change.execute(
        "INSERT INTO run (id, reference_date, manifest) VALUES (?1, ?2, ?3)",
        [&run.id, &run.reference_date, &run.manifest],
    )?;
    for package in packages {
        change.execute(
            "INSERT INTO run_input (run_id, payload_hash) VALUES (?1, ?2)",
            [&run.id, package],
        )?;
    }
    Ok(())
}

/// Another build of the same program may make a run again; what it learnt and what it wrote must be the same.
fn same_results(kept: &str, run: &RunInfo) -> Result<(), Error> {
    let (kept, new) = (
        RunManifest::parse(kept)?,
        RunManifest::parse(&run.manifest)?,
    );
    if kept.outputs == new.outputs && kept.model == new.model {
        Ok(())
    } else {
        Err(Error::Differs(run.id.clone()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::hub::tests::new_hub;
    use kinfold_ledger::{FileRecord, NamedHash, RUN_VERSION};

    /// A run whose only output has this text.
    fn run(output: &str) -> RunInfo {
        let named = |name: &str| NamedHash::new(name, &[7; 32]);
        let manifest = RunManifest {
            version: RUN_VERSION,
            tool: "kinfold-hub 0.1.0".into(),
            tool_hash: None,
            agreement: named("eastmere"),
            schema: named("standard"),
            rule_packs: vec![named("LOCAL7")],
            packages: Vec::new(),
            inputs: Vec::new(),
            parameters: BTreeMap::new(),
            model: serde_json::Value::Null,
            outputs: vec![FileRecord::of_bytes("needs.parquet", output.as_bytes()).unwrap()],
        };
        RunInfo {
            id: "0123456789abcdef".into(),
            reference_date: "2026-08-31".into(),
            manifest: manifest.to_json(),
        }
    }

    #[test]
    fn the_same_run_twice_is_one_run_and_two_journal_entries() {
        let (_folder, mut hub) = new_hub();
        hub.record_run(&run("a"), &[]).unwrap();
        hub.record_run(&run("a"), &[]).unwrap();
        assert_eq!(hub.runs().unwrap(), [run("a")]);
        assert_eq!(hub.journal().unwrap().len(), 2);
        let kept = hub.folder().join("runs/0123456789abcdef/run.json");
        assert_eq!(std::fs::read_to_string(kept).unwrap(), run("a").manifest);
    }

    #[test]
    fn another_build_of_the_program_may_make_the_run_again() {
        let (_folder, mut hub) = new_hub();
        hub.record_run(&run("a"), &[]).unwrap();
        let mut again = run("a");
        again.manifest = again.manifest.replace(
            "\"tool_hash\":null",
            &format!("\"tool_hash\":\"{}\"", "0".repeat(64)),
        );
        assert_ne!(again.manifest, run("a").manifest);
        hub.record_run(&again, &[]).unwrap();
        assert_eq!(hub.runs().unwrap(), [run("a")]);
    }

    #[test]
    fn other_outputs_from_the_same_inputs_are_noticed() {
        let (_folder, mut hub) = new_hub();
        hub.record_run(&run("a"), &[]).unwrap();
        assert!(matches!(
            hub.record_run(&run("b"), &[]),
            Err(Error::Differs(_))
        ));
        assert_eq!(hub.journal().unwrap().len(), 1);
    }

    #[test]
    fn a_run_of_a_package_never_received_is_refused() {
        let (_folder, mut hub) = new_hub();
        assert!(matches!(
            hub.record_run(&run("a"), &["00".into()]),
            Err(Error::Database(_))
        ));
        assert!(hub.runs().unwrap().is_empty());
    }
}
