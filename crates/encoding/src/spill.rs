//! Bytes in numbered piles that go to disk when memory runs short.
//!
//! What may be released of one person depends on everybody else in the file (a value two people have is not released), so an encoding
//! cannot write a row before it has seen the last. Rows and values wait in piles, chosen by their own random-looking first bytes, and the
//! piles are read back one at a time. While they fit in memory nothing touches the disk; beyond that they go to one unnamed file in the
//! folder that the caller gives (that of the output), which the system removes when it is closed, even when the program is killed.
//!
//! A pile is a list of blocks of one size from a store that all piles have in common. Piles fill evenly but not alike; buffers that double
//! would be copied again and again and leave half of the memory unused. Each thread fills blocks of its own (see [`Writer`]) and locks
//! a pile only to hand a full one over: a lock waits until all that was written before has left the processor.
//!
//! What waits there are keyed codes, on the custodian's own machine.

use std::fs::File;
use std::io::{IoSlice, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::Error;

/// Most bytes of a block.
const BLOCK_MAX: usize = 8192;
/// Least bytes of a block.
const BLOCK_MIN: usize = 1024;
/// Blocks for which memory is asked for at once: less than allocators keep apart (128 KiB), with 16 bytes of their own a block.
const MADE_AT_ONCE: usize = 12;
/// Of so many parts of all piles one is moved to disk at a time, so that a file that is a little too large does not go there as a whole.
pub(crate) const PARTS: usize = 8;

/// Blocks of memory for all piles of an encoding.
pub(crate) struct Store {
    block: usize,
    /// Blocks that are not in use: empty, with room for `block` bytes. New memory is written once, not first with zeroes.
    free: Mutex<Vec<Vec<u8>>>,
    in_use: AtomicUsize,
    /// Blocks of new memory so far.
    made: AtomicUsize,
}

impl Store {
    /// A store for so many threads. The more of them fill blocks of their own, the smaller the blocks.
    pub(crate) fn new(threads: usize) -> Arc<Self> {
        Arc::new(Self {
            block: (BLOCK_MAX / threads.max(1)).max(BLOCK_MIN),
            free: Mutex::default(),
            in_use: AtomicUsize::new(0),
            made: AtomicUsize::new(0),
        })
    }

    /// A block of new memory. An allocator may ask the system for each of them by itself, which costs as much as filling it; but what is given
    /// back at the end of its memory it keeps. So now and then it is given back a piece from which the next blocks can be cut.
    fn make(&self, room: usize) -> Vec<u8> {
        if self
            .made
            .fetch_add(1, Ordering::Relaxed)
            .is_multiple_of(MADE_AT_ONCE)
        {
            drop(std::hint::black_box(Vec::<u8>::with_capacity(
                MADE_AT_ONCE * (self.block + 16),
            )));
        }
        Vec::with_capacity(room)
    }

    /// Bytes of all blocks in use.
    pub(crate) fn in_use(&self) -> usize {
        self.in_use.load(Ordering::Relaxed)
    }

    /// A block with room for so many bytes at least.
    fn take(&self, room: usize) -> Vec<u8> {
        let known = if room <= self.block {
            lock(&self.free).pop()
        } else {
            None
        };
        let block = known.unwrap_or_else(|| self.make(room.max(self.block)));
        self.in_use.fetch_add(block.capacity(), Ordering::Relaxed);
        block
    }

    /// Empties blocks and takes them back.
    fn put_back(&self, blocks: &mut Vec<Vec<u8>>) {
        let mut bytes = 0;
        for block in blocks.iter_mut() {
            block.clear();
            bytes += block.capacity();
        }
        self.in_use.fetch_sub(bytes, Ordering::Relaxed);
        lock(&self.free).append(blocks);
    }

    /// Gives back the memory that is not in use.
    pub(crate) fn shrink(&self) {
        *lock(&self.free) = Vec::new();
    }
}

/// Piles of bytes, to which many threads may append at once: each pile has a lock of its own.
pub(crate) struct Spill {
    piles: Vec<Mutex<Pile>>,
    store: Arc<Store>,
    /// The pile that goes to disk next.
    next: usize,
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
    blocks: Vec<Vec<u8>>,
}

impl Pile {
    /// Bytes in memory, block by block.
    fn bytes(&self) -> impl Iterator<Item = &[u8]> {
        self.blocks.iter().map(Vec::as_slice)
    }
}

/// What one thread has for the piles of a [`Spill`]: a block for each, which it hands over when it is full.
pub(crate) struct Writer {
    open: Vec<Vec<u8>>,
}

impl Writer {
    /// Nothing, for so many piles.
    pub(crate) fn new(piles: usize) -> Self {
        Self {
            open: vec![Vec::new(); piles],
        }
    }

    /// Appends to a pile of `spill`, the same in every call. What is appended at once stays together; what several threads append comes
    /// in any order.
    #[inline]
    pub(crate) fn append(&mut self, pile: usize, bytes: &[u8], spill: &Spill) {
        let open = &mut self.open[pile];
        if open.capacity() - open.len() < bytes.len() {
            open_next(open, pile, bytes.len(), spill);
        }
        open.extend_from_slice(bytes);
    }

    /// Hands everything over.
    pub(crate) fn hand_over(&mut self, spill: &Spill) {
        for (pile, open) in self.open.iter_mut().enumerate() {
            if open.capacity() > 0 {
                spill.push(pile, std::mem::take(open));
            }
        }
    }
}

/// Hands a block over that has no more room, and takes one with room for so many bytes. What is appended at once is never parted: blocks of
/// other threads may come between.
#[cold]
fn open_next(open: &mut Vec<u8>, pile: usize, room: usize, spill: &Spill) {
    let full = std::mem::replace(open, spill.store.take(room));
    if full.capacity() > 0 {
        spill.push(pile, full);
    }
}

impl Spill {
    /// Empty piles.
    pub(crate) fn new(piles: usize, store: &Arc<Store>) -> Self {
        Self {
            piles: (0..piles).map(|_| Mutex::default()).collect(),
            store: Arc::clone(store),
            next: 0,
            file: None,
            folder: PathBuf::new(),
            end: 0,
        }
    }

    /// Appends a block.
    fn push(&self, pile: usize, block: Vec<u8>) {
        lock(&self.piles[pile]).blocks.push(block);
    }

    /// Appends to a pile, for the few things that are too seldom for a [`Writer`].
    pub(crate) fn append(&self, pile: usize, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let blocks = &mut lock(&self.piles[pile]).blocks;
        match blocks.last_mut() {
            Some(open) if open.capacity() - open.len() >= bytes.len() => {
                open.extend_from_slice(bytes);
            }
            _ => {
                let mut open = self.store.take(bytes.len());
                open.extend_from_slice(bytes);
                blocks.push(open);
            }
        }
    }

    /// Moves an eighth of all piles to the file, which is made in `folder` on the first call: the eighth that has been in memory for longest.
    pub(crate) fn flush(&mut self, folder: &Path) -> Result<(), Error> {
        let failed = |error: std::io::Error| Error::scratch(folder, &error);
        folder.clone_into(&mut self.folder);
        let start = self.next;
        let end = (start + self.piles.len().div_ceil(PARTS)).min(self.piles.len());
        self.next = if end == self.piles.len() { 0 } else { end };
        if let Some(file) = &mut self.file {
            file.seek(SeekFrom::Start(self.end)).map_err(failed)?;
        }
        for pile in &mut self.piles[start..end] {
            let pile = pile.get_mut().unwrap_or_else(PoisonError::into_inner);
            let length = pile.bytes().map(<[u8]>::len).sum();
            if length == 0 {
                continue;
            }
            let file = match &mut self.file {
                Some(file) => file,
                None => self
                    .file
                    .insert(tempfile::tempfile_in(folder).map_err(failed)?),
            };
            write_blocks(file, pile.bytes()).map_err(failed)?;
            pile.parts.push((self.end, length));
            self.end += length as u64;
            self.store.put_back(&mut pile.blocks);
        }
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
        self.store.put_back(&mut pile.blocks);
        Ok(())
    }
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

    #[test]
    fn what_two_threads_append_is_never_parted() {
        let spill = Spill::new(1, &Store::new(3));
        let mut writers = [Writer::new(1), Writer::new(1)];
        for n in 0..60u8 {
            writers[usize::from(n % 2)].append(0, &vec![n; 100 + usize::from(n) * 60], &spill);
        }
        for writer in &mut writers {
            writer.hand_over(&spill);
        }
        let mut out = Vec::new();
        spill.take(0, &mut out).unwrap();
        let mut found: Vec<(u8, usize)> = out
            .chunk_by(|a, b| a == b)
            .map(|own| (own[0], own.len()))
            .collect();
        found.sort_unstable();
        let expected: Vec<(u8, usize)> = (0..60).map(|n| (n, 100 + usize::from(n) * 60)).collect();
        assert_eq!(found, expected);
    }

    proptest! {
        #[test]
        fn what_goes_in_comes_out_whether_or_not_it_was_on_disk(
            appends in proptest::collection::vec(
                (0usize..11, prop_oneof![0usize..20, 1000usize..19000], any::<u8>(), prop::bool::weighted(0.2)),
                0..40,
            ),
            threads in 0usize..20,
        ) {
            let folder = tempfile::tempdir().unwrap();
            let store = Store::new(threads);
            let mut spill = Spill::new(11, &store);
            let mut writer = Writer::new(11);
            let mut expected = vec![Vec::new(); 11];
            for (pile, length, first, flush) in appends {
                let bytes: Vec<u8> = (0..length).map(|n| first.wrapping_add(n as u8)).collect();
                // Each pile gets its bytes by one of the two ways.
                if pile % 2 == 0 {
                    spill.append(pile, &bytes);
                } else {
                    writer.append(pile, &bytes, &spill);
                }
                expected[pile].extend(bytes);
                if flush {
                    spill.flush(folder.path()).unwrap();
                }
                if flush && length > 5000 {
                    writer.hand_over(&spill);
                    for _ in 0..PARTS {
                        spill.flush(folder.path()).unwrap();
                    }
                    prop_assert_eq!(store.in_use(), 0);
                }
            }
            writer.hand_over(&spill);
            let mut out = vec![7; 3];
            for (pile, expected) in expected.into_iter().enumerate() {
                spill.take(pile, &mut out).unwrap();
                prop_assert_eq!(&out, &expected);
            }
            prop_assert_eq!(store.in_use(), 0);
            prop_assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        }
    }
}
