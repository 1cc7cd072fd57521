//! Files by name, length and hash.

use crate::error::{Error, Result};
use crate::hex;
use kinfold_message::Problem;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::path::{Component, Path};

/// A file as a run saw or made it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileRecord {
    /// Path below the run's folder, with `/` between its parts.
    pub name: String,
    /// Length in bytes.
    pub len: u64,
    /// BLAKE3 in lowercase hexadecimal.
    pub blake3: String,
}

impl FileRecord {
    /// Reads a file below a folder, piece by piece.
    ///
    /// # Errors
    /// [`Error::RunFormat`] for a name that leaves the folder, or a file problem.
    pub fn of(folder: &Path, name: &str) -> Result<Self> {
        let record = Self {
            name: name.to_owned(),
            len: 0,
            blake3: "0".repeat(64),
        };
        record.check()?;
        let path = folder.join(name);
        let attempt = || -> std::io::Result<(u64, blake3::Hash)> {
            let file = File::open(&path)?;
            let mut hasher = blake3::Hasher::new();
            hasher.update_reader(file)?;
            Ok((hasher.count(), hasher.finalize()))
        };
        let (len, hash) = attempt().map_err(|error| Problem::io("read the file", &path, &error))?;
        Ok(Self {
            len,
            blake3: hex::encode(hash.as_bytes()),
            ..record
        })
    }

    /// The record of bytes in memory.
    ///
    /// # Errors
    /// [`Error::RunFormat`] for a name that leaves the folder.
    pub fn of_bytes(name: &str, bytes: &[u8]) -> Result<Self> {
        let blake3 = hex::encode(blake3::hash(bytes).as_bytes());
        let record = Self {
            name: name.to_owned(),
            len: bytes.len() as u64,
            blake3,
        };
        record.check()?;
        Ok(record)
    }

    /// A name stays below its folder, and a hash is a hash.
    pub(crate) fn check(&self) -> Result<()> {
        let inside = Path::new(&self.name)
            .components()
            .all(|part| matches!(part, Component::Normal(_)));
        let plain = !self.name.is_empty()
            && !self.name.contains(['\\', ':', '\0', '\n'])
            && self.name.len() <= 400;
        if !inside || !plain {
            return Err(Error::RunFormat {
                what: "a file's name is a path below the run's folder".to_owned(),
            });
        }
        if hex::is_hash(&self.blake3) {
            Ok(())
        } else {
            Err(Error::RunFormat {
                what: format!(
                    "the hash of `{}` is not 64 lowercase hexadecimal digits",
                    self.name
                ),
            })
        }
    }

    /// Compares the file below a folder with the record.
    pub(crate) fn compare(&self, folder: &Path) -> Result<FileState> {
        match Self::of(folder, &self.name) {
            Ok(found) if found == *self => Ok(FileState::Same),
            Ok(found) => Ok(FileState::Differs { len: found.len }),
            Err(Error::File(problem)) if problem.code == "E-FILE-MISSING" => Ok(FileState::Missing),
            Err(error) => Err(error),
        }
    }
}

/// How a file compares with its record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileState {
    /// Length and hash are the recorded ones.
    Same,
    /// The file is there and has other bytes.
    Differs {
        /// Its length now.
        len: u64,
    },
    /// There is no such file.
    Missing,
}

/// One compared file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileCheck {
    /// The file's name in the manifest.
    pub name: String,
    /// How it compares.
    pub state: FileState,
}

impl FileCheck {
    /// Whether the file is as recorded.
    pub fn holds(&self) -> bool {
        self.state == FileState::Same
    }
}
