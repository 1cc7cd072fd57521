//! What was sealed earlier, so that one sequence number never stands for two contents.
//!
//! Nobody but its recipient can open a package, the sender neither, so a file alone does not tell what it holds. `check.json`, which
//! stays beside it, keeps the number and the hash of the content of each package that was sealed.

use crate::commands::seal::SealedFile;
use crate::encoded::hex;
use kinfold_message::{Exit, Problem};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// Where the list stands in `check.json`.
pub const KEY: &str = "sealed";

/// The packages that were sealed last, by file name: a name has the custodian, the period and the kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Earlier(BTreeMap<String, Package>);

/// One package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Package {
    sequence: u64,
    payload_hash: String,
}

impl Earlier {
    /// What the `check.json` of a folder says; nothing when there is none, or none that can be read.
    pub fn in_folder(folder: &Path) -> Self {
        std::fs::read(folder.join("check.json"))
            .ok()
            .and_then(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).ok())
            .and_then(|mut report| serde_json::from_value(report[KEY].take()).ok())
            .unwrap_or_default()
    }

    /// Whether nothing was sealed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Refuses packages whose number, or a later one, was used for another content.
    ///
    /// # Errors
    /// `E-SEAL-EXISTS`.
    pub fn check(&self, sealed: &[SealedFile]) -> Result<(), Problem> {
        for file in sealed {
            let manifest = &file.sealed.manifest;
            let Some(earlier) = self.0.get(&name(file)) else {
                continue;
            };
            if manifest.sequence <= earlier.sequence
                && hex(&file.sealed.payload_hash) != earlier.payload_hash
            {
                let what = format!(
                    "another package of period {} was sealed as number {}, and this one would be number {}",
                    manifest.period, earlier.sequence, manifest.sequence
                );
                let hint = format!(
                    "seal with `--sequence {}`",
                    earlier.sequence.saturating_add(1)
                );
                return Err(Problem::new("E-SEAL-EXISTS", Exit::CouldNotRun, what, hint)
                    .at(file.path.display().to_string()));
            }
        }
        Ok(())
    }

    /// The same with these packages in place of earlier ones of their names.
    #[must_use]
    pub fn with(mut self, sealed: &[SealedFile]) -> Self {
        for file in sealed {
            let package = Package {
                sequence: file.sealed.manifest.sequence,
                payload_hash: hex(&file.sealed.payload_hash),
            };
            self.0.insert(name(file), package);
        }
        self
    }

    /// The `check.json` of a folder with this list in it; `None` when the folder has none.
    pub fn in_report(&self, folder: &Path) -> Option<Vec<u8>> {
        let bytes = std::fs::read(folder.join("check.json")).ok()?;
        let mut report: serde_json::Map<String, serde_json::Value> =
            serde_json::from_slice(&bytes).ok()?;
        report.insert(KEY.to_owned(), serde_json::to_value(self).ok()?);
        let mut text = serde_json::to_vec_pretty(&report).ok()?;
        text.push(b'\n');
        Some(text)
    }
}

fn name(file: &SealedFile) -> String {
    file.path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}
