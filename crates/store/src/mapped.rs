//! Files that are read where they lie, without being copied into memory.
//!
//! This is the one place outside the matcher's kernels with `unsafe` code: one call, in [`map`]. The standard library cannot map a
//! file, and every crate that can either asks for the same promise or hides it. The promise is that nobody changes the file
//! meanwhile. No program can enforce that on every system, so it is bounded instead: what is mapped is only ever read as plain
//! numbers, of which every value is valid; whoever reads checks lengths against the mapping, not against what the file says; and
//! [`MappedFile::check_unchanged`] refuses the result when the file's length or time changed. A file that is cut short meanwhile
//! ends the program with a bus error; no result is written then, as results appear only when whole.
#![allow(unsafe_code)]

use std::fs::{File, Metadata};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use arrow::buffer::Buffer;
use bytes::Bytes;
use kinfold_message::{Exit, Problem};

/// A file for reading: mapped when it is a plain file, else (a pipe) read.
#[derive(Clone, Debug)]
pub struct MappedFile {
    path: PathBuf,
    buffer: Buffer,
    /// What the file looked like when it was opened; none when it was not mapped.
    stamp: Option<Stamp>,
}

/// Length, and time of the last change where the system knows it.
type Stamp = (u64, Option<SystemTime>);

impl MappedFile {
    /// Opens a file.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn open(path: &Path) -> Result<Self, Problem> {
        let attempt = || -> std::io::Result<(Buffer, Option<Stamp>)> {
            let mut file = File::open(path)?;
            let metadata = file.metadata()?;
            // A pipe has no length to map, and no system maps nothing.
            if metadata.is_file() && metadata.len() > 0 {
                return Ok((map(&file)?, Some(stamp(&metadata))));
            }
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            Ok((Buffer::from_vec(bytes), None))
        };
        let (buffer, stamp) =
            attempt().map_err(|error| Problem::io("read the encodings", path, &error))?;
        Ok(Self {
            path: path.to_owned(),
            buffer,
            stamp,
        })
    }

    /// The file's contents.
    pub fn bytes(&self) -> &[u8] {
        &self.buffer
    }

    /// The same, for columns that stay where they are.
    pub(crate) fn buffer(&self) -> &Buffer {
        &self.buffer
    }

    /// Whether the file is mapped, and not copied.
    pub fn is_mapped(&self) -> bool {
        self.stamp.is_some()
    }

    /// Refuses a file that was changed since it was opened: what was computed from it may be from both of its contents.
    ///
    /// # Errors
    /// It was changed, or is not there any more.
    pub fn check_unchanged(&self) -> Result<(), Problem> {
        let now = std::fs::metadata(&self.path).ok();
        if self.stamp.is_none() || now.as_ref().map(stamp) == self.stamp {
            return Ok(());
        }
        let problem = Problem::new(
            "E-MATCH-CHANGED",
            Exit::Integrity,
            "the file was changed or removed while it was read; nothing was written",
            "run the same command again when nothing else writes the file",
        );
        Err(problem.at(self.path.display().to_string()))
    }
}

fn stamp(metadata: &Metadata) -> Stamp {
    (metadata.len(), metadata.modified().ok())
}

fn map(file: &File) -> std::io::Result<Buffer> {
    // SAFETY: the mapping lives as long as the buffer that owns it and is never written through. That nobody else changes the
    // file is what the module's text is about.
    let mapping = unsafe { memmap2::Mmap::map(file) }?;
    Ok(Buffer::from(Bytes::from_owner(mapping)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_mapped_and_a_change_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.bin");
        std::fs::write(&path, b"12345678").unwrap();
        let file = MappedFile::open(&path).unwrap();
        assert!(file.is_mapped());
        assert_eq!(file.bytes(), b"12345678");
        file.check_unchanged().unwrap();
        std::fs::write(&path, b"123456789").unwrap();
        let problem = file.check_unchanged().unwrap_err();
        assert_eq!(problem.code, "E-MATCH-CHANGED");
        std::fs::remove_file(&path).unwrap();
        assert!(file.check_unchanged().is_err());
    }

    #[test]
    fn an_empty_file_is_empty() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.bin");
        std::fs::write(&path, b"").unwrap();
        let file = MappedFile::open(&path).unwrap();
        assert!(file.bytes().is_empty() && !file.is_mapped());
        file.check_unchanged().unwrap();
        let missing = MappedFile::open(&folder.path().join("none")).unwrap_err();
        assert_eq!(missing.code, "E-FILE-MISSING");
    }
}
