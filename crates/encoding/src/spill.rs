//! Bytes in numbered piles that go to disk when memory runs short.
//!
//! What may be released of one person depends on everybody else in the file (a value two people have is not released), so an encoding
//! cannot write a row before it has seen the last. Rows and values wait in piles, chosen by their own random-looking first bytes, and the
//! piles are read back one at a time. While they fit in memory nothing touches the disk; beyond that they go to one unnamed file in the
//! folder that the caller gives (that of the output), which the system removes when it is closed, even when the program is killed.
//!
//! What waits there are keyed codes, on the custodian's own machine.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use crate::Error;

/// Piles of bytes.
pub(crate) struct Spill {
    piles: Vec<Vec<u8>>,
    /// For each pile the parts of it that are in the file: offset and length.
    parts: Vec<Vec<(u64, usize)>>,
    in_memory: usize,
    file: Option<File>,
    folder: PathBuf,
    end: u64,
}

impl Spill {
    /// Empty piles.
    pub(crate) fn new(piles: usize) -> Self {
        Self {
            piles: vec![Vec::new(); piles],
            parts: vec![Vec::new(); piles],
            in_memory: 0,
            file: None,
            folder: PathBuf::new(),
            end: 0,
        }
    }

    /// Bytes in memory.
    pub(crate) fn in_memory(&self) -> usize {
        self.in_memory
    }

    /// Appends to a pile.
    pub(crate) fn append(&mut self, pile: usize, bytes: &[u8]) {
        self.piles[pile].extend_from_slice(bytes);
        self.in_memory += bytes.len();
    }

    /// Moves everything to the file, which is made in `folder` on the first call.
    pub(crate) fn flush(&mut self, folder: &Path) -> Result<(), Error> {
        let failed = |error: std::io::Error| Error::scratch(folder, &error);
        folder.clone_into(&mut self.folder);
        let file = match &mut self.file {
            Some(file) => file,
            None => self
                .file
                .insert(tempfile::tempfile_in(folder).map_err(failed)?),
        };
        file.seek(SeekFrom::Start(self.end)).map_err(failed)?;
        for (pile, parts) in self.piles.iter_mut().zip(&mut self.parts) {
            if pile.is_empty() {
                continue;
            }
            file.write_all(pile).map_err(failed)?;
            parts.push((self.end, pile.len()));
            self.end += pile.len() as u64;
            // Gives the memory back: piles fill unevenly, and room that is kept is memory all the same.
            *pile = Vec::new();
        }
        self.in_memory = 0;
        Ok(())
    }

    /// Takes a pile: all that was ever appended to it, in that order.
    pub(crate) fn take(&mut self, pile: usize) -> Result<Vec<u8>, Error> {
        let rest = std::mem::take(&mut self.piles[pile]);
        self.in_memory -= rest.len();
        let parts = std::mem::take(&mut self.parts[pile]);
        let Some(file) = self.file.as_mut().filter(|_| !parts.is_empty()) else {
            return Ok(rest);
        };
        let total: usize = parts.iter().map(|&(_, length)| length).sum();
        let mut all = vec![0; total];
        let mut at = 0;
        for (offset, length) in parts {
            let read = file
                .seek(SeekFrom::Start(offset))
                .and_then(|_| file.read_exact(&mut all[at..at + length]));
            read.map_err(|error| Error::scratch(&self.folder, &error))?;
            at += length;
        }
        all.extend(rest);
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_goes_in_comes_out_whether_or_not_it_was_on_disk(
            appends in proptest::collection::vec((0usize..5, proptest::collection::vec(any::<u8>(), 0..20), any::<bool>()), 0..40),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let mut spill = Spill::new(5);
            let mut expected = vec![Vec::new(); 5];
            for (pile, bytes, flush) in appends {
                spill.append(pile, &bytes);
                expected[pile].extend(bytes);
                if flush {
                    spill.flush(folder.path()).unwrap();
                    prop_assert_eq!(spill.in_memory(), 0);
                }
            }
            for (pile, expected) in expected.into_iter().enumerate() {
                prop_assert_eq!(spill.take(pile).unwrap(), expected);
            }
            prop_assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        }
    }
}
