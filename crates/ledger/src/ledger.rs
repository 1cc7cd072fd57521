//! The file: one canonical JSON value a line, only ever longer.
//!
//! An entry counts once its line is on the disk with its line end. A line that was cut off by a crash or a full disk was never
//! counted, was in no checkpoint, and is dropped by the next writer.

use crate::canonical_json;
use crate::error::{Error, Result};
use crate::tree::Tree;
use kinfold_message::Problem;
use serde_json::Value;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

/// A ledger file with its tree.
#[derive(Debug)]
pub struct Ledger {
    path: PathBuf,
    file: File,
    /// Bytes of all counted lines.
    length: u64,
    entries: Vec<String>,
    tree: Tree,
}

impl Ledger {
    /// Opens a ledger for writing, or begins a new one. Only one process can write at a time.
    ///
    /// # Errors
    /// [`Error::LedgerBusy`], [`Error::LedgerFormat`] or a file problem.
    pub fn open(path: &Path) -> Result<Self> {
        let failed =
            |error: &std::io::Error| Error::from(Problem::io("open the ledger", path, error));
        let mut options = OpenOptions::new();
        let file = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(|error| failed(&error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::LedgerBusy),
            Err(TryLockError::Error(error)) => return Err(failed(&error)),
        }
        Self::load(path, file)
    }

    /// Reads a ledger without the right to write: for auditors, and while another process writes.
    ///
    /// # Errors
    /// [`Error::LedgerFormat`] or a file problem.
    pub fn read(path: &Path) -> Result<Self> {
        let file =
            File::open(path).map_err(|error| Problem::io("open the ledger", path, &error))?;
        Self::load(path, file)
    }

    fn load(path: &Path, mut file: File) -> Result<Self> {
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)
            .map_err(|error| Problem::io("read the ledger", path, &error))?;
        let length = bytes
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |last| last + 1);
        let mut ledger = Self {
            path: path.to_owned(),
            file,
            length: length as u64,
            entries: Vec::new(),
            tree: Tree::new(),
        };
        for (index, line) in bytes[..length]
            .split_inclusive(|byte| *byte == b'\n')
            .enumerate()
        {
            let line = std::str::from_utf8(&line[..line.len() - 1])
                .ok()
                .filter(|line| {
                    serde_json::from_str::<Value>(line)
                        .is_ok_and(|value| canonical_json(&value) == *line)
                })
                .ok_or(Error::LedgerFormat { line: index + 1 })?;
            ledger.count(line.to_owned());
        }
        Ok(ledger)
    }

    fn count(&mut self, line: String) {
        self.tree.append(line.as_bytes());
        self.entries.push(line);
    }

    /// Adds an entry and waits until it is on the disk. Gives back its number, from 0. When this fails, nothing was added.
    ///
    /// # Errors
    /// A file problem; a ledger opened with [`Ledger::read`] cannot be written.
    pub fn append(&mut self, entry: &Value) -> Result<u64> {
        let line = canonical_json(entry);
        let written = self.write_line(&line);
        if let Err(error) = written {
            // Best effort: an unfinished line is dropped by the next writer anyway.
            let _ = self.file.set_len(self.length);
            return Err(Problem::io("write the ledger", &self.path, &error).into());
        }
        self.length += line.len() as u64 + 1;
        self.count(line);
        Ok(self.tree.size() - 1)
    }

    fn write_line(&mut self, line: &str) -> std::io::Result<()> {
        self.file.set_len(self.length)?;
        self.file.seek(SeekFrom::Start(self.length))?;
        self.file.write_all(format!("{line}\n").as_bytes())?;
        self.file.sync_all()
    }

    /// The tree over all entries: roots and proofs.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// All entries as canonical JSON, in order.
    pub fn entries(&self) -> &[String] {
        &self.entries
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Checkpoint, leaf_hash, verify_inclusion};
    use serde_json::json;

    fn file() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.jsonl");
        (folder, path)
    }

    #[test]
    fn entries_stay_and_continue() {
        let (_folder, path) = file();
        let mut ledger = Ledger::open(&path).unwrap();
        assert_eq!(
            ledger
                .append(&json!({"step": "ingest", "rows": 3}))
                .unwrap(),
            0
        );
        assert_eq!(ledger.append(&json!({"step": "link"})).unwrap(), 1);
        let checkpoint = Checkpoint::of("origin", ledger.tree());
        drop(ledger);

        let mut ledger = Ledger::open(&path).unwrap();
        assert!(checkpoint.must_precede(ledger.tree()).is_ok());
        assert_eq!(ledger.append(&json!("text\nof two lines")).unwrap(), 2);
        assert!(checkpoint.must_precede(ledger.tree()).is_ok());
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            ledger.entries().join("\n") + "\n"
        );
        assert_eq!(ledger.entries()[0], "{\"rows\":3,\"step\":\"ingest\"}");

        let proof = ledger.tree().inclusion_proof(1, 3).unwrap();
        let leaf = leaf_hash(b"{\"step\":\"link\"}");
        assert!(verify_inclusion(&leaf, 1, 3, &ledger.tree().root(), &proof).is_ok());
        assert_eq!(Ledger::read(&path).unwrap().tree(), ledger.tree());
    }

    #[test]
    fn an_unfinished_line_does_not_count_and_is_dropped() {
        let (_folder, path) = file();
        let mut ledger = Ledger::open(&path).unwrap();
        ledger.append(&json!(1)).unwrap();
        drop(ledger);
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, [&whole[..], b"{\"step\":\"li"].concat()).unwrap();
        let mut ledger = Ledger::open(&path).unwrap();
        assert_eq!(ledger.tree().size(), 1);
        ledger.append(&json!(2)).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "1\n2\n");
    }

    #[test]
    fn changed_lines_are_found() {
        let (_folder, path) = file();
        for (content, line) in [
            ("1\n{\"b\":1,\"a\":2}\n", 2),
            ("1 \n", 1),
            ("\n", 1),
            ("1\nx\n3\n", 2),
            ("1\n\u{feff}2\n", 2),
        ] {
            std::fs::write(&path, content).unwrap();
            let error = Ledger::open(&path).unwrap_err();
            assert!(
                matches!(error, Error::LedgerFormat { line: found } if found == line),
                "{content:?}: {error}"
            );
        }
        std::fs::write(&path, b"\xff\n").unwrap();
        assert_eq!(Ledger::open(&path).unwrap_err().code(), "E-LOG-FORMAT");
    }

    #[test]
    fn one_writes_and_others_read() {
        let (_folder, path) = file();
        let mut ledger = Ledger::open(&path).unwrap();
        ledger.append(&json!(1)).unwrap();
        assert_eq!(Ledger::open(&path).unwrap_err().code(), "E-LOG-BUSY");
        let mut reader = Ledger::read(&path).unwrap();
        assert_eq!(reader.tree().size(), 1);
        assert!(reader.append(&json!(2)).is_err());
        assert_eq!(reader.tree().size(), 1);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "1\n");
        assert_eq!(
            Ledger::read(&path.with_extension("none"))
                .unwrap_err()
                .code(),
            "E-FILE-MISSING"
        );
    }

    /// `/dev/full` is a disk without space.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_adds_nothing() {
        let (_folder, path) = file();
        let mut ledger = Ledger::open(&path).unwrap();
        ledger.append(&json!(1)).unwrap();
        let root = ledger.tree().root();
        ledger.file = OpenOptions::new().write(true).open("/dev/full").unwrap();
        assert!(ledger.append(&json!(2)).is_err());
        assert_eq!(ledger.tree().root(), root);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "1\n");
    }
}
