//! The bytes of a file that is read more than once, and the promise that they are the same each time.
//!
//! A small file is held. A large one stays where it is and is read again, part by part: holding it, and the people in it, would need
//! more memory than the custodian's machine may have. Nothing of it is written anywhere else.

use crate::error::Error;
use std::fs::{File, Metadata};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

/// Bytes that can be read at any place, as often as needed.
pub(crate) struct Source {
    path: PathBuf,
    bytes: Bytes,
    length: u64,
}

enum Bytes {
    Held(Vec<u8>),
    File {
        file: Mutex<File>,
        modified: Option<SystemTime>,
    },
}

impl Source {
    /// Opens a file; one of at most `held_max` bytes, or that can be read only once (a pipe), is held.
    pub(crate) fn open(path: &Path, held_max: usize) -> Result<Self, Error> {
        let failed = |error| Error::Read {
            path: path.to_owned(),
            error,
        };
        let mut file = File::open(path).map_err(failed)?;
        let about = file.metadata().map_err(failed)?;
        if about.is_file() && about.len() > held_max as u64 {
            return Ok(Self {
                path: path.to_owned(),
                length: about.len(),
                bytes: Bytes::File {
                    file: Mutex::new(file),
                    modified: about.modified().ok(),
                },
            });
        }
        let mut held = Vec::with_capacity(usize::try_from(about.len()).unwrap_or_default());
        file.read_to_end(&mut held).map_err(failed)?;
        Ok(Self {
            path: path.to_owned(),
            ..Self::held(held)
        })
    }

    /// Bytes that are there already.
    pub(crate) fn held(bytes: Vec<u8>) -> Self {
        Self {
            path: PathBuf::new(),
            length: bytes.len() as u64,
            bytes: Bytes::Held(bytes),
        }
    }

    /// Number of bytes.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Exactly `length` bytes from a place on.
    pub(crate) fn read(&self, at: u64, length: usize) -> Result<Vec<u8>, Error> {
        match &self.bytes {
            Bytes::Held(bytes) => {
                let start = usize::try_from(at).map_err(|_| Error::Changed)?;
                let end = start.checked_add(length).ok_or(Error::Changed)?;
                Ok(bytes.get(start..end).ok_or(Error::Changed)?.to_vec())
            }
            Bytes::File { file, .. } => {
                let mut bytes = vec![0; length];
                // A reader that failed leaves nothing half-done: every read begins with its place.
                let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
                file.seek(SeekFrom::Start(at))
                    .and_then(|_| file.read_exact(&mut bytes))
                    .map_err(|error| match error.kind() {
                        std::io::ErrorKind::UnexpectedEof => Error::Changed,
                        _ => Error::Read {
                            path: self.path.clone(),
                            error,
                        },
                    })?;
                Ok(bytes)
            }
        }
    }

    /// Refuses a file that has another length or time of change than when it was opened, also when another file has taken its name.
    pub(crate) fn must_be_unchanged(&self) -> Result<(), Error> {
        let Bytes::File { file, modified } = &self.bytes else {
            return Ok(());
        };
        let same =
            |about: &Metadata| about.len() == self.length && about.modified().ok() == *modified;
        let open = file
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .metadata();
        let named = std::fs::metadata(&self.path);
        if open.is_ok_and(|about| same(&about)) && named.is_ok_and(|about| same(&about)) {
            Ok(())
        } else {
            Err(Error::Changed.in_file(&self.path))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn held_or_not_the_bytes_are_the_same_and_a_change_is_seen() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("f");
        std::fs::write(&path, "0123456789").expect("written");
        let (held, file) = (
            Source::open(&path, 10).expect("open"),
            Source::open(&path, 9).expect("open"),
        );
        for source in [&held, &file] {
            assert_eq!(source.length(), 10);
            assert_eq!(source.read(3, 4).expect("read"), b"3456");
            assert!(matches!(source.read(8, 3), Err(Error::Changed)));
            assert!(source.must_be_unchanged().is_ok());
        }
        std::fs::write(&path, "01234").expect("written");
        assert!(held.must_be_unchanged().is_ok());
        assert_eq!(held.read(3, 4).expect("read"), b"3456");
        assert!(file.must_be_unchanged().is_err());
        assert!(matches!(file.read(3, 4), Err(Error::Changed)));
        assert!(matches!(
            Source::open(&folder.path().join("none"), 0),
            Err(Error::Read { .. })
        ));
    }
}
