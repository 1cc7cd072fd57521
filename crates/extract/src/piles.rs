//! Numbers in piles that go to disk when memory runs short.
//!
//! Which rows share something is found by hashes, and a row shares twenty things: for a million rows the hashes alone would fill the
//! memory. They wait in piles, chosen so that what belongs together lies in one pile, in one unnamed file that the system removes when
//! it is closed, even when the program is killed. What waits there are hashes under a key of this run, which is never written, and
//! numbers of rows: nothing that a person could be found by.

use crate::error::Error;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

/// Piles of entries of `BYTES` bytes.
pub(crate) struct Piles<const BYTES: usize> {
    waiting: Vec<Vec<[u8; BYTES]>>,
    /// For each pile the parts of it that are in the file: offset and number of entries.
    parts: Vec<Vec<(u64, usize)>>,
    held: usize,
    held_max: usize,
    file: Option<File>,
    end: u64,
    folder: PathBuf,
}

impl<const BYTES: usize> Piles<BYTES> {
    /// Empty piles, of which at most `held_bytes` stay in memory.
    pub(crate) fn new(piles: usize, held_bytes: usize, folder: &Path) -> Self {
        Self {
            waiting: vec![Vec::new(); piles],
            parts: vec![Vec::new(); piles],
            held: 0,
            held_max: held_bytes / BYTES,
            file: None,
            end: 0,
            folder: folder.to_owned(),
        }
    }

    /// Adds an entry.
    pub(crate) fn add(&mut self, pile: usize, entry: [u8; BYTES]) -> Result<(), Error> {
        self.waiting[pile].push(entry);
        self.held += 1;
        if self.held > self.held_max {
            self.flush().map_err(|error| self.failed(error))?;
        }
        Ok(())
    }

    /// Takes a pile, sorted, each entry once.
    pub(crate) fn take(&mut self, pile: usize) -> Result<Vec<[u8; BYTES]>, Error> {
        let mut all = std::mem::take(&mut self.waiting[pile]);
        self.held -= all.len();
        for (offset, entries) in std::mem::take(&mut self.parts[pile]) {
            let start = all.len();
            all.resize(start + entries, [0; BYTES]);
            let read = self.file.as_mut().map_or(Ok(()), |file| {
                file.seek(SeekFrom::Start(offset))
                    .and_then(|_| file.read_exact(all[start..].as_flattened_mut()))
            });
            read.map_err(|error| self.failed(error))?;
        }
        all.sort_unstable();
        all.dedup();
        Ok(all)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(tempfile::tempfile_in(&self.folder)?),
        };
        file.seek(SeekFrom::Start(self.end))?;
        for (pile, parts) in self.waiting.iter_mut().zip(&mut self.parts) {
            if pile.is_empty() {
                continue;
            }
            file.write_all(pile.as_flattened())?;
            parts.push((self.end, pile.len()));
            self.end += (pile.len() * BYTES) as u64;
            // Room that is kept is memory all the same.
            *pile = Vec::new();
        }
        self.held = 0;
        Ok(())
    }

    fn failed(&self, error: std::io::Error) -> Error {
        Error::Scratch {
            folder: self.folder.clone(),
            error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_goes_in_comes_out_once_and_sorted(
            entries in proptest::collection::vec((0usize..4, any::<[u8; 3]>()), 0..60),
            held_bytes in 0usize..200,
        ) {
            let folder = tempfile::tempdir().expect("a folder");
            let mut piles = Piles::new(4, held_bytes, folder.path());
            let mut expected = vec![std::collections::BTreeSet::new(); 4];
            for (pile, entry) in entries {
                piles.add(pile, entry).expect("added");
                expected[pile].insert(entry);
            }
            for (pile, expected) in expected.into_iter().enumerate() {
                prop_assert_eq!(piles.take(pile).expect("taken"), expected.into_iter().collect::<Vec<_>>());
            }
            prop_assert_eq!(std::fs::read_dir(folder.path()).expect("listed").count(), 0);
        }
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        let mut piles = Piles::new(1, 0, Path::new("no/such/folder"));
        assert!(matches!(piles.add(0, [1]), Err(Error::Scratch { .. })));
    }
}
