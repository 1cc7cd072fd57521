//! The result beside the truth.
//!
//! The linkage unit knows records by random references only, so each custodian's own list of references is needed to say which of
//! its rows became which person. Nobody could do this outside a demo: those lists stay with their custodians.

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The tables of a result that the evaluation reads.
pub(super) const TABLES: [&str; 3] = ["people", "households", "needs"];

/// A record of the linkage unit and its person.
#[derive(Deserialize)]
struct Member {
    cluster_id: String,
    record_ref: String,
}

/// A row of a custodian and its record reference.
#[derive(Deserialize)]
struct Reference {
    source: String,
    own_id: String,
    record_ref: String,
}

/// A row of a custodian and its person.
#[derive(Serialize)]
struct Row<'a> {
    source: &'a str,
    rec_id: &'a str,
    cluster_id: &'a str,
}

/// Writes `source,rec_id,cluster_id` for every row of every custodian.
///
/// # Errors
/// When a table cannot be read, or when a person holds a record that no custodian knows.
pub(super) fn people_by_row(people: &Path, references: &[PathBuf], output: &Path) -> Result<()> {
    let mut person_of: BTreeMap<String, String> = rows::<Member>(people)?
        .into_iter()
        .map(|member| (member.record_ref, member.cluster_id))
        .collect();
    let mut writer =
        csv::Writer::from_path(output).with_context(|| format!("could not write {}", output.display()))?;
    for path in references {
        for reference in rows::<Reference>(path)? {
            // A row without a person was withheld by its custodian: it counts as linked to nothing.
            if let Some(cluster_id) = person_of.remove(&reference.record_ref) {
                writer.serialize(Row {
                    source: &reference.source,
                    rec_id: &reference.own_id,
                    cluster_id: &cluster_id,
                })?;
            }
        }
    }
    writer
        .flush()
        .with_context(|| format!("could not write {}", output.display()))?;
    if !person_of.is_empty() {
        bail!("{} records of the result are in no custodian's list", person_of.len());
    }
    Ok(())
}

/// All rows of a CSV file.
pub(super) fn rows<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<Vec<T>> {
    csv::Reader::from_path(path)
        .and_then(|mut reader| reader.deserialize().collect())
        .with_context(|| format!("could not read {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn rows_get_their_person() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            path
        };
        let people = file("people.csv", "cluster_id,source,record_ref\nP-1,council,aa\nP-1,health,bb\n");
        let council = file("c.csv", "source,own_id,record_ref\nhousing,17,aa\nhousing,18,cc\n");
        let health = file("h.csv", "source,own_id,record_ref\npatients,x9,bb\n");
        let output = folder.path().join("out.csv");
        people_by_row(&people, &[council.clone(), health], &output).unwrap();
        let text = fs::read_to_string(&output).unwrap();
        assert_eq!(text, "source,rec_id,cluster_id\nhousing,17,P-1\npatients,x9,P-1\n");
        assert!(people_by_row(&people, &[council], &output).is_err());
    }
}
