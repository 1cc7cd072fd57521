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
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use crate::Error;

/// Bytes of a block.
const BLOCK: usize = 4096;

/// Piles of bytes.
pub(crate) struct Spill {
    piles: Vec<Pile>,
    /// Blocks that are not in use.
    store: Vec<Box<[u8; BLOCK]>>,
    in_memory: usize,
    file: Option<File>,
    folder: PathBuf,
    end: u64,
}

/// One pile.
#[derive(Default)]
struct Pile {
    /// The parts of it that are in the file: offset and length.
    parts: Vec<(u64, usize)>,
    /// What came after.
    blocks: Vec<Box<[u8; BLOCK]>>,
    /// Bytes that are free in the last block.
    room: usize,
}

impl Pile {
    /// Bytes in memory, block by block.
    fn bytes(&self) -> impl Iterator<Item = &[u8]> {
        let last = self.blocks.len().wrapping_sub(1);
        self.blocks.iter().enumerate().map(move |(index, block)| {
            let used = if index == last {
                BLOCK - self.room
            } else {
                BLOCK
            };
            &block[..used]
        })
    }
}

impl Spill {
    /// Empty piles.
    pub(crate) fn new(piles: usize) -> Self {
        Self {
            piles: (0..piles).map(|_| Pile::default()).collect(),
            store: Vec::new(),
            in_memory: 0,
            file: None,
            folder: PathBuf::new(),
            end: 0,
        }
    }

    /// Bytes in memory, in whole blocks.
    pub(crate) fn in_memory(&self) -> usize {
        self.in_memory
    }

    /// Appends to a pile.
    #[inline]
    pub(crate) fn append(&mut self, pile: usize, bytes: &[u8]) {
        let own = &mut self.piles[pile];
        match own.blocks.last_mut() {
            Some(block) if bytes.len() <= own.room => {
                let at = BLOCK - own.room;
                block[at..at + bytes.len()].copy_from_slice(bytes);
                own.room -= bytes.len();
            }
            _ => self.append_in_parts(pile, bytes),
        }
    }

    /// Appends what does not fit into the last block.
    #[cold]
    fn append_in_parts(&mut self, pile: usize, mut bytes: &[u8]) {
        let own = &mut self.piles[pile];
        while !bytes.is_empty() {
            if own.room == 0 {
                let block = self.store.pop().unwrap_or_else(|| Box::new([0; BLOCK]));
                own.blocks.push(block);
                own.room = BLOCK;
                self.in_memory += BLOCK;
            }
            let (now, later) = bytes.split_at(bytes.len().min(own.room));
            let at = BLOCK - own.room;
            let block = own.blocks.last_mut().expect("there is room in it");
            block[at..at + now.len()].copy_from_slice(now);
            own.room -= now.len();
            bytes = later;
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
        let mut out = std::io::BufWriter::with_capacity(1 << 20, file);
        for pile in &mut self.piles {
            let length = pile.bytes().map(<[u8]>::len).sum();
            if length == 0 {
                continue;
            }
            for bytes in pile.bytes() {
                out.write_all(bytes).map_err(failed)?;
            }
            pile.parts.push((self.end, length));
            self.end += length as u64;
            self.store.append(&mut pile.blocks);
            pile.room = 0;
        }
        out.flush().map_err(failed)?;
        self.in_memory = 0;
        Ok(())
    }

    /// Takes a pile: all that was ever appended to it, in that order, in place of what `out` held.
    pub(crate) fn take(&mut self, pile: usize, out: &mut Vec<u8>) -> Result<(), Error> {
        out.clear();
        let mut pile = std::mem::take(&mut self.piles[pile]);
        if let Some(file) = &mut self.file {
            let total: usize = pile.parts.iter().map(|&(_, length)| length).sum();
            out.resize(total, 0);
            let mut at = 0;
            for &(offset, length) in &pile.parts {
                let read = file
                    .seek(SeekFrom::Start(offset))
                    .and_then(|_| file.read_exact(&mut out[at..at + length]));
                read.map_err(|error| Error::scratch(&self.folder, &error))?;
                at += length;
            }
        }
        for bytes in pile.bytes() {
            out.extend_from_slice(bytes);
        }
        self.in_memory -= pile.blocks.len() * BLOCK;
        self.store.append(&mut pile.blocks);
        Ok(())
    }

    /// Gives back the memory that is not in use.
    pub(crate) fn shrink(&mut self) {
        self.store = Vec::new();
    }
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
