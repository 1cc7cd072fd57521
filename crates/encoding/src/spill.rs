//! Bytes in numbered piles that go to disk when memory runs short.
//!
//! What may be released of one person depends on everybody else in the file (a value two people have is not released), so an encoding
//! cannot write a row before it has seen the last. Rows and values wait in piles, chosen by their own random-looking first bytes, and the
//! piles are read back one at a time. While they fit in memory nothing touches the disk; beyond that they go to one unnamed file in the
//! folder that the caller gives (that of the output), which the system removes when it is closed, even when the program is killed.
//!
//! A pile is a list of blocks of one size from a common store. Piles fill evenly but not alike; buffers that double would be copied again
//! and again and leave half of the memory unused.
//!
//! What waits there are keyed codes, on the custodian's own machine.

use std::fs::File;
use std::io::{IoSlice, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::Error;

/// Bytes of a block.
const BLOCK: usize = 4096;

/// Piles of bytes, to which many threads may append at once: each pile has a lock of its own.
pub(crate) struct Spill {
    piles: Vec<Mutex<Pile>>,
    /// Blocks that are not in use: empty, with room for [`BLOCK`] bytes. New memory is written once, not first with zeroes.
    store: Mutex<Vec<Vec<u8>>>,
    in_memory: AtomicUsize,
    file: Option<File>,
    folder: PathBuf,
    end: u64,
}

/// One pile.
#[derive(Default)]
struct Pile {
    /// The parts of it that are in the file: offset and length.
    parts: Vec<(u64, usize)>,
    /// What came after; all but the last are full.
    blocks: Vec<Vec<u8>>,
}

impl Pile {
    /// Bytes in memory, block by block.
    fn bytes(&self) -> impl Iterator<Item = &[u8]> {
        self.blocks.iter().map(Vec::as_slice)
    }
}

impl Spill {
    /// Empty piles.
    pub(crate) fn new(piles: usize) -> Self {
        Self {
            piles: (0..piles).map(|_| Mutex::default()).collect(),
            store: Mutex::default(),
            in_memory: AtomicUsize::new(0),
            file: None,
            folder: PathBuf::new(),
            end: 0,
        }
    }

    /// Bytes in memory, in whole blocks.
    pub(crate) fn in_memory(&self) -> usize {
        self.in_memory.load(Ordering::Relaxed)
    }

    /// Appends to a pile. What is appended at once stays together; what several threads append comes in any order.
    pub(crate) fn append(&self, pile: usize, mut bytes: &[u8]) {
        let mut own = lock(&self.piles[pile]);
        loop {
            if let Some(block) = own.blocks.last_mut() {
                let (now, later) = bytes.split_at(bytes.len().min(BLOCK - block.len()));
                block.extend_from_slice(now);
                bytes = later;
            }
            if bytes.is_empty() {
                return;
            }
            let block = lock(&self.store).pop();
            own.blocks
                .push(block.unwrap_or_else(|| Vec::with_capacity(BLOCK)));
            self.in_memory.fetch_add(BLOCK, Ordering::Relaxed);
        }
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
        let store = self.store.get_mut().unwrap_or_else(PoisonError::into_inner);
        for pile in &mut self.piles {
            let pile = pile.get_mut().unwrap_or_else(PoisonError::into_inner);
            let length = pile.bytes().map(<[u8]>::len).sum();
            if length == 0 {
                continue;
            }
            write_blocks(file, pile.bytes()).map_err(failed)?;
            pile.parts.push((self.end, length));
            self.end += length as u64;
            put_back(store, &mut pile.blocks);
        }
        *self.in_memory.get_mut() = 0;
        Ok(())
    }

    /// Takes a pile: all that was ever appended to it, in place of what `out` held. Several threads may take piles at once.
    pub(crate) fn take(&self, pile: usize, out: &mut Vec<u8>) -> Result<(), Error> {
        out.clear();
        let mut pile = std::mem::take(&mut *lock(&self.piles[pile]));
        if let Some(file) = &self.file {
            let total: usize = pile.parts.iter().map(|&(_, length)| length).sum();
            out.resize(total, 0);
            let mut at = 0;
            for &(offset, length) in &pile.parts {
                read_at(file, offset, &mut out[at..at + length])
                    .map_err(|error| Error::scratch(&self.folder, &error))?;
                at += length;
            }
        }
        for bytes in pile.bytes() {
            out.extend_from_slice(bytes);
        }
        self.in_memory
            .fetch_sub(pile.blocks.len() * BLOCK, Ordering::Relaxed);
        put_back(&mut lock(&self.store), &mut pile.blocks);
        Ok(())
    }

    /// Gives back the memory that is not in use.
    pub(crate) fn shrink(&mut self) {
        self.store = Mutex::default();
    }
}

/// Empties blocks into the store.
fn put_back(store: &mut Vec<Vec<u8>>, blocks: &mut Vec<Vec<u8>>) {
    for block in blocks.iter_mut() {
        block.clear();
    }
    store.append(blocks);
}

/// Locks. A thread that panicked has left nothing half done that anybody reads: the panic ends the encoding.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes blocks without gathering them first.
fn write_blocks<'a>(
    file: &mut File,
    blocks: impl Iterator<Item = &'a [u8]>,
) -> std::io::Result<()> {
    let mut all: Vec<IoSlice<'a>> = blocks.map(IoSlice::new).collect();
    let mut rest = all.as_mut_slice();
    while !rest.is_empty() {
        match file.write_vectored(rest) {
            Ok(0) => return Err(std::io::ErrorKind::WriteZero.into()),
            Ok(written) => IoSlice::advance_slices(&mut rest, written),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Reads from a place of the file, whichever thread asks.
#[cfg(unix)]
fn read_at(file: &File, offset: u64, out: &mut [u8]) -> std::io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, out, offset)
}

/// Reads from a place of the file, one thread after another: elsewhere a file has one place at which it is read.
#[cfg(not(unix))]
fn read_at(mut file: &File, offset: u64, out: &mut [u8]) -> std::io::Result<()> {
    use std::io::Read as _;
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = lock(&TURN);
    file.seek(SeekFrom::Start(offset))?;
    file.read_exact(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_goes_in_comes_out_whether_or_not_it_was_on_disk(
            appends in proptest::collection::vec(
                (0usize..5, prop_oneof![0usize..20, 1000usize..9000], any::<u8>(), prop::bool::weighted(0.2)),
                0..40,
            ),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let mut spill = Spill::new(5);
            let mut expected = vec![Vec::new(); 5];
            for (pile, length, first, flush) in appends {
                let bytes: Vec<u8> = (0..length).map(|n| first.wrapping_add(n as u8)).collect();
                spill.append(pile, &bytes);
                expected[pile].extend(bytes);
                if flush {
                    spill.flush(folder.path()).unwrap();
                    prop_assert_eq!(spill.in_memory(), 0);
                }
            }
            let mut out = vec![7; 3];
            for (pile, expected) in expected.into_iter().enumerate() {
                spill.take(pile, &mut out).unwrap();
                prop_assert_eq!(&out, &expected);
            }
            prop_assert_eq!(spill.in_memory(), 0);
            prop_assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        }
    }
}
