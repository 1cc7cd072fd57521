//! A file that appears whole or not at all, written as a stream.
//!
//! `kinfold_message::write_whole` wants all bytes at once; a table of pairs may be larger than memory.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use kinfold_message::Problem;

/// A file being written under a temporary name. [`WholeFile::finish`] makes it appear; dropping it removes it.
#[derive(Debug)]
pub struct WholeFile {
    part: PathBuf,
    target: PathBuf,
    file: BufWriter<File>,
    finished: bool,
    failure: Failure,
}

/// Remembers why writing failed. A library in between may turn the system's error into a text of its own, and then a full disk
/// could no longer be told from any other failure.
#[derive(Clone, Debug, Default)]
pub struct Failure(Arc<Mutex<Option<std::io::ErrorKind>>>);

impl Failure {
    /// The problem to report for `target`, when writing it failed.
    pub fn problem(&self, target: &Path) -> Option<Problem> {
        let kind = self.0.lock().ok().and_then(|kind| *kind)?;
        Some(Problem::io("write the file", target, &kind.into()))
    }

    pub(crate) fn note<T>(&self, result: std::io::Result<T>) -> std::io::Result<T> {
        result.inspect_err(|error| {
            if let Ok(mut kind) = self.0.lock() {
                kind.get_or_insert(error.kind());
            }
        })
    }
}

impl WholeFile {
    /// Starts writing `target`.
    ///
    /// # Errors
    /// The temporary file cannot be made.
    pub fn create(target: &Path) -> Result<Self, Problem> {
        let name = target
            .file_name()
            .map(|n| n.to_string_lossy().into_owned())
            .unwrap_or_default();
        let part = target.with_file_name(format!(".{name}.part"));
        let file = kinfold_message::create_private_file(&part)
            .map_err(|error| Problem::io("write the file", target, &error))?;
        Ok(Self {
            part,
            target: target.to_owned(),
            file: BufWriter::new(file),
            finished: false,
            failure: Failure::default(),
        })
    }

    /// Flushes to disk and gives the file its name.
    ///
    /// # Errors
    /// The disk is full, or another failure; the temporary file is then removed.
    pub fn finish(mut self) -> Result<(), Problem> {
        let attempt = |this: &mut Self| -> std::io::Result<()> {
            this.file.flush()?;
            this.file.get_ref().sync_all()?;
            std::fs::rename(&this.part, &this.target)
        };
        attempt(&mut self).map_err(|error| Problem::io("write the file", &self.target, &error))?;
        self.finished = true;
        Ok(())
    }

    /// A handle that still knows why writing failed when the file itself is gone.
    pub fn failure(&self) -> Failure {
        self.failure.clone()
    }

    /// Where the file will appear.
    pub fn target(&self) -> &Path {
        &self.target
    }
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.file.write(bytes);
        self.failure.note(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        let flushed = self.file.flush();
        self.failure.note(flushed)
    }
}

impl Drop for WholeFile {
    fn drop(&mut self) {
        if !self.finished {
            // Best effort: whoever dropped the file is already reporting why.
            let _ = std::fs::remove_file(&self.part);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_appears_only_when_finished() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        let mut file = WholeFile::create(&path).unwrap();
        file.write_all(b"text").unwrap();
        assert!(!path.exists());
        file.finish().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"text");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_dropped_file_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        drop(WholeFile::create(&folder.path().join("a.txt")).unwrap());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    /// `/dev/full` answers every write with "no space left on device".
    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_reported_as_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        let mut file = WholeFile::create(&path).unwrap();
        file.file = BufWriter::new(File::options().write(true).open("/dev/full").unwrap());
        let failure = file.failure();
        file.write_all(b"text").unwrap();
        assert!(failure.problem(&path).is_none());
        assert!(file.flush().is_err());
        assert_eq!(failure.problem(&path).unwrap().code, "E-FILE-DISK-FULL");
        assert_eq!(file.finish().unwrap_err().code, "E-FILE-DISK-FULL");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
