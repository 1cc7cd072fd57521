//! The note beside encoded files: what they are and their hashes, so that `seal` seals what `encode` wrote and nothing else.

use crate::args::Period;
use crate::commands::encode::Office;
use kinfold_exchange::SectionBytes;
use kinfold_message::{Exit, Problem};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write};
use std::path::Path;

/// Name of the note.
pub const NOTE: &str = "encoded.json";

/// What `encode` wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// The custodian.
    pub custodian: String,
    /// The month.
    pub period: String,
    /// Hash of the agreement.
    pub agreement: String,
    /// Hash of the linkage schema.
    pub schema: String,
    /// Key check value of the project key.
    pub key_check: String,
    /// Records in `codes.arrow`.
    pub records: u64,
    /// Events in `events.arrow`.
    pub events: u64,
    /// BLAKE3 of each file.
    pub files: BTreeMap<String, String>,
    /// What the custodian's own key made of `release.json`; see [`crate::gate::mark`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release_check: Option<String>,
}

impl Note {
    /// The text of the note.
    pub fn to_json(&self) -> Vec<u8> {
        let mut text =
            serde_json::to_vec_pretty(self).expect("strings and numbers are always JSON");
        text.push(b'\n');
        text
    }

    /// Reads the note of a folder.
    ///
    /// # Errors
    /// When there is none, or it is damaged.
    pub fn load(folder: &Path) -> Result<Self, Problem> {
        let path = folder.join(NOTE);
        let text = std::fs::read(&path)
            .map_err(|error| Problem::io("read the note of the encoded files", &path, &error))?;
        serde_json::from_slice(&text)
            .map_err(|_| damaged(&path, "the note is not one that `kinfold encode` writes"))
    }

    /// The month.
    ///
    /// # Errors
    /// When it is none.
    pub fn period(&self) -> Result<Period, Problem> {
        self.period.parse().map_err(|_| {
            Problem::new(
                "E-SEAL-FOLDER",
                Exit::Integrity,
                "the note of the encoded files has no period",
                "run `kinfold encode` again",
            )
        })
    }

    /// Refuses other terms than those under which the files were encoded.
    ///
    /// # Errors
    /// `E-SEAL-TERMS`.
    pub fn must_fit(&self, office: &Office, folder: &Path) -> Result<(), Problem> {
        let same = self.custodian == office.key.id()
            && self.agreement == hex(&office.agreement.hash())
            && self.schema == hex(&office.schema.hash())
            && self.key_check == hex(&office.project_key.check_value(&office.schema.hash()));
        if same {
            return Ok(());
        }
        Err(Problem::new(
            "E-SEAL-TERMS",
            Exit::Refused,
            "the files were encoded under another agreement, linkage schema or key",
            "run `kinfold encode` again with the agreement and keys that you want to seal with",
        )
        .at(folder.display().to_string()))
    }

    /// One of the files, of which the hash was compared.
    ///
    /// # Errors
    /// When the file is missing or was changed.
    pub fn file(&self, folder: &Path, name: &str) -> Result<EncodedFile, Problem> {
        let path = folder.join(name);
        let failed = |error: std::io::Error| Problem::io("read the encoded file", &path, &error);
        let mut file = File::open(&path).map_err(failed)?;
        let mut hasher = blake3::Hasher::new();
        std::io::copy(&mut file, &mut hasher).map_err(failed)?;
        if self.files.get(name).map(String::as_str) == Some(hasher.finalize().to_hex().as_str()) {
            Ok(EncodedFile(file))
        } else {
            Err(damaged(
                &path,
                "the file is not the one that `kinfold encode` wrote",
            ))
        }
    }
}

/// A file that `encode` wrote, to be sealed.
pub struct EncodedFile(File);

impl SectionBytes for EncodedFile {
    fn write_to(&self, writer: &mut dyn Write) -> Result<(), kinfold_exchange::Error> {
        let mut file = &self.0;
        file.seek(SeekFrom::Start(0))
            .and_then(|_| std::io::copy(&mut file, writer))
            .map(|_| ())
            .map_err(|error| kinfold_exchange::Error::section(&error))
    }
}

/// Bytes as lowercase hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn damaged(path: &Path, what: &str) -> Problem {
    Problem::new(
        "E-SEAL-FOLDER",
        Exit::Integrity,
        what,
        "run `kinfold encode` again into an empty folder, then seal that folder",
    )
    .at(path.display().to_string())
}
