//! The manifest of a run (`run.json`): what went in, by which rules, with which program, and what came out.
//!
//! It is canonical JSON without any time, so the same run has the same manifest, and the manifest's hash is the run's name.

use crate::canonical_json;
use crate::error::{Error, Result};
use crate::files::{FileCheck, FileRecord};
use crate::hex;
use kinfold_message::{Problem, write_whole};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

/// Format version.
pub const RUN_VERSION: u32 = 1;
/// Largest manifest that is read, in bytes.
const RUN_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// A document or package by its name and the hash of its bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedHash {
    /// What it is called: an id, or `council/records/2026-08/1`.
    pub name: String,
    /// 32 bytes in lowercase hexadecimal.
    pub hash: String,
}

impl NamedHash {
    /// A name with a hash.
    pub fn new(name: impl Into<String>, hash: &[u8; 32]) -> Self {
        Self {
            name: name.into(),
            hash: hex::encode(hash),
        }
    }
}

/// Everything that makes a run what it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunManifest {
    /// Format version, [`RUN_VERSION`].
    pub version: u32,
    /// The program: `kinfold-hub 0.1.0`.
    pub tool: String,
    /// Hash of the program's file, where it can be read.
    pub tool_hash: Option<String>,
    /// The agreement.
    pub agreement: NamedHash,
    /// The linkage schema.
    pub schema: NamedHash,
    /// The rule packs.
    pub rule_packs: Vec<NamedHash>,
    /// The packages, by their payload hash.
    pub packages: Vec<NamedHash>,
    /// Files that were read.
    pub inputs: Vec<FileRecord>,
    /// What was chosen: reference date, thresholds, options. Names are free; values are JSON.
    pub parameters: BTreeMap<String, Value>,
    /// What was learnt: the model's probabilities and weights.
    pub model: Value,
    /// Files that were written.
    pub outputs: Vec<FileRecord>,
}

impl RunManifest {
    /// The canonical JSON. Lists of files, packages and rule packs are sorted by name first.
    ///
    /// # Panics
    /// Never: everything in a manifest is JSON.
    pub fn to_json(&self) -> String {
        let mut sorted = self.clone();
        sorted.rule_packs.sort();
        sorted.packages.sort();
        sorted.inputs.sort();
        sorted.outputs.sort();
        canonical_json(&serde_json::to_value(sorted).expect("everything in a manifest is JSON"))
    }

    /// BLAKE3 of the canonical JSON in hexadecimal: the run's name.
    pub fn id(&self) -> String {
        hex::encode(blake3::hash(self.to_json().as_bytes()).as_bytes())
    }

    /// Reads canonical JSON; any other spelling is refused.
    ///
    /// # Errors
    /// [`Error::RunFormat`].
    pub fn parse(json: &str) -> Result<Self> {
        let wrong = |what: String| Error::RunFormat { what };
        let manifest: Self = serde_json::from_str(json)
            .map_err(|error| wrong(format!("column {}", error.column())))?;
        if manifest.version != RUN_VERSION {
            return Err(wrong(format!(
                "it has version {}, this release reads version {RUN_VERSION}",
                manifest.version
            )));
        }
        if manifest.to_json() != json {
            return Err(wrong("it is not canonical JSON".to_owned()));
        }
        manifest.check()?;
        Ok(manifest)
    }

    /// Reads a manifest from a file.
    ///
    /// # Errors
    /// A file problem or [`Error::RunFormat`].
    pub fn load(path: &Path) -> Result<Self> {
        let failed =
            |error: &std::io::Error| Error::from(Problem::io("read the run manifest", path, error));
        let length = std::fs::metadata(path)
            .map_err(|error| failed(&error))?
            .len();
        if length > RUN_BYTES_MAX {
            return Err(Error::RunFormat {
                what: format!("{length} bytes, at most {RUN_BYTES_MAX}"),
            });
        }
        Self::parse(&std::fs::read_to_string(path).map_err(|error| failed(&error))?)
    }

    /// Writes the manifest, whole or not at all.
    ///
    /// # Errors
    /// [`Error::RunFormat`] if a rule is broken, or a file problem.
    pub fn save(&self, path: &Path) -> Result<()> {
        self.check()?;
        Ok(write_whole(path, self.to_json().as_bytes())?)
    }

    /// Compares every input with the files below a folder.
    ///
    /// # Errors
    /// A file that is there but cannot be read. A missing or different file is an answer, not an error.
    pub fn verify_inputs(&self, folder: &Path) -> Result<Vec<FileCheck>> {
        compare(&self.inputs, folder)
    }

    /// Compares every output with the files below a folder.
    ///
    /// # Errors
    /// A file that is there but cannot be read. A missing or different file is an answer, not an error.
    pub fn verify_outputs(&self, folder: &Path) -> Result<Vec<FileCheck>> {
        compare(&self.outputs, folder)
    }

    /// Where two manifests differ, sorted by place. Files and packages are compared by name, not by position.
    ///
    /// # Panics
    /// Never: everything in a manifest is JSON.
    pub fn diff(&self, other: &Self) -> Vec<Difference> {
        let value = |manifest: &Self| {
            serde_json::to_value(manifest).expect("everything in a manifest is JSON")
        };
        let mut differences = Vec::new();
        walk(
            String::new(),
            Some(&value(self)),
            Some(&value(other)),
            &mut differences,
        );
        differences.sort_by(|a, b| a.place.cmp(&b.place));
        differences
    }

    fn check(&self) -> Result<()> {
        let wrong = |what: &str| Error::RunFormat {
            what: what.to_owned(),
        };
        let named = [&self.agreement, &self.schema]
            .into_iter()
            .chain(&self.rule_packs)
            .chain(&self.packages);
        for item in named {
            if item.name.is_empty() || !hex::is_hash(&item.hash) {
                return Err(wrong(
                    "a document has a name and a hash of 64 lowercase hexadecimal digits",
                ));
            }
        }
        if self
            .tool_hash
            .as_ref()
            .is_some_and(|hash| !hex::is_hash(hash))
        {
            return Err(wrong("`tool_hash` is 64 lowercase hexadecimal digits"));
        }
        for record in self.inputs.iter().chain(&self.outputs) {
            record.check()?;
        }
        let once = |names: Vec<&String>| names.iter().collect::<BTreeSet<_>>().len() == names.len();
        let lists = [
            self.inputs.iter().map(|file| &file.name).collect(),
            self.outputs.iter().map(|file| &file.name).collect(),
            self.packages.iter().map(|item| &item.name).collect(),
            self.rule_packs.iter().map(|item| &item.name).collect(),
        ];
        if lists.into_iter().all(once) {
            Ok(())
        } else {
            Err(wrong("a name is listed twice"))
        }
    }
}

/// One place where two manifests differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where: `outputs/people.parquet/blake3`.
    pub place: String,
    /// Canonical JSON on the first side, if the place is there.
    pub left: Option<String>,
    /// Canonical JSON on the second side, if the place is there.
    pub right: Option<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side =
            |value: &Option<String>| value.clone().unwrap_or_else(|| "(not there)".to_owned());
        write!(
            f,
            "{}: {} -> {}",
            self.place,
            side(&self.left),
            side(&self.right)
        )
    }
}

fn compare(records: &[FileRecord], folder: &Path) -> Result<Vec<FileCheck>> {
    records
        .iter()
        .map(|record| {
            Ok(FileCheck {
                name: record.name.clone(),
                state: record.compare(folder)?,
            })
        })
        .collect()
}

fn walk(
    place: String,
    left: Option<&Value>,
    right: Option<&Value>,
    differences: &mut Vec<Difference>,
) {
    if left == right {
        return;
    }
    if let (Some(left), Some(right)) = (left.and_then(members), right.and_then(members)) {
        let names: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
        for name in names {
            let below = if place.is_empty() {
                name.clone()
            } else {
                format!("{place}/{name}")
            };
            walk(below, left.get(name), right.get(name), differences);
        }
        return;
    }
    differences.push(Difference {
        place,
        left: left.map(canonical_json),
        right: right.map(canonical_json),
    });
}

/// The members of an object, or of a list of named objects by their names.
fn members(value: &Value) -> Option<Map<String, Value>> {
    match value {
        Value::Object(members) => Some(members.clone()),
        Value::Array(items) => items
            .iter()
            .map(|item| {
                let mut members = item.as_object()?.clone();
                let Value::String(name) = members.remove("name")? else {
                    return None;
                };
                Some((name, Value::Object(members)))
            })
            .collect(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FileState;
    use serde_json::json;

    fn manifest() -> RunManifest {
        RunManifest {
            version: RUN_VERSION,
            tool: "kinfold-hub 0.1.0".to_owned(),
            tool_hash: None,
            agreement: NamedHash::new("Eastmere", &[1; 32]),
            schema: NamedHash::new("standard", &[2; 32]),
            rule_packs: vec![NamedHash::new("LOCAL7", &[3; 32])],
            packages: vec![
                NamedHash::new("health/records/2026-08/1", &[5; 32]),
                NamedHash::new("council/records/2026-08/1", &[4; 32]),
            ],
            inputs: vec![FileRecord::of_bytes("packages/a.arrow", b"a").unwrap()],
            parameters: BTreeMap::from([
                ("reference_date".to_owned(), json!("2026-08-31")),
                ("threshold".to_owned(), json!(9.5)),
            ]),
            model: json!({"weights": [1.25, -3.0]}),
            outputs: vec![
                FileRecord::of_bytes("people.parquet", b"people").unwrap(),
                FileRecord::of_bytes("needs.parquet", b"needs").unwrap(),
            ],
        }
    }

    #[test]
    fn a_manifest_is_canonical_and_comes_back() {
        let manifest = manifest();
        let json = manifest.to_json();
        let back = RunManifest::parse(&json).unwrap();
        assert_eq!(back.to_json(), json);
        assert_eq!(back.id(), manifest.id());
        let mut reordered = manifest.clone();
        reordered.outputs.reverse();
        reordered.packages.reverse();
        assert_eq!(reordered.id(), manifest.id());
        assert!(
            json.starts_with("{\"agreement\":{\"hash\":\"0101"),
            "{json}"
        );
        for broken in [
            json.replacen(',', ", ", 1),
            json.replacen("\"tool\"", "\"extra\":1,\"tool\"", 1),
            json.replacen("\"version\":1", "\"version\":2", 1),
            json.replacen("people.parquet", "../people.parquet", 1),
            json.replacen("people.parquet", "/people.parquet", 1),
            json.replacen("people.parquet", "needs.parquet", 1),
            json.replacen("0101", "01G1", 1),
            format!("{json}\n"),
        ] {
            assert_eq!(
                RunManifest::parse(&broken).unwrap_err().code(),
                "E-RUN-FORMAT",
                "{broken}"
            );
        }
    }

    #[test]
    fn differences_are_told_by_place() {
        let one = manifest();
        assert_eq!(one.diff(&one), []);
        let mut two = manifest();
        two.outputs[0] = FileRecord::of_bytes("people.parquet", b"PEOPLE").unwrap();
        two.outputs.reverse();
        two.packages.pop();
        two.parameters.insert("threshold".to_owned(), json!(10));
        let differences = one.diff(&two);
        let places: Vec<&str> = differences
            .iter()
            .map(|difference| difference.place.as_str())
            .collect();
        let expected = [
            "outputs/people.parquet/blake3",
            "packages/council/records/2026-08/1",
            "parameters/threshold",
        ];
        assert_eq!(places, expected);
        assert_eq!(
            differences[2].to_string(),
            "parameters/threshold: 9.5 -> 10"
        );
        assert!(differences[1].to_string().ends_with("-> (not there)"));
    }

    #[test]
    fn files_are_compared_with_the_manifest() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        };
        write("packages/a.arrow", b"a");
        write("people.parquet", b"PEOPLE!");
        let manifest = manifest();
        let inputs = manifest.verify_inputs(folder.path()).unwrap();
        assert!(inputs.len() == 1 && inputs[0].holds());
        let outputs = manifest.verify_outputs(folder.path()).unwrap();
        assert_eq!(outputs[0].state, FileState::Differs { len: 7 });
        assert_eq!(outputs[1].state, FileState::Missing);

        let path = folder.path().join("run.json");
        manifest.save(&path).unwrap();
        assert_eq!(RunManifest::load(&path).unwrap().id(), manifest.id());
        assert_eq!(
            FileRecord::of(folder.path(), "packages/a.arrow").unwrap(),
            manifest.inputs[0]
        );
        assert_eq!(
            FileRecord::of(folder.path(), "../etc/passwd")
                .unwrap_err()
                .code(),
            "E-RUN-FORMAT"
        );
    }
}
