//! Bytes in numbered piles that go to disk when memory runs short.
//!
//! What may be released of one person depends on everybody else in the file (a value two people have is not released), so an encoding
//! cannot write a row before it has seen the last. Rows and values wait in piles, chosen by their own random-looking first bytes, and the
//! piles are read back one at a time. While they fit in memory nothing touches the disk; beyond that they go to one unnamed file in the
//! folder that the caller gives (that of the output), which the system removes when it is closed, even when the program is killed.
//!
//! Piles come in sheets: what a thread gathered for all piles of a range, pile after pile (see [`crate::gather`]). A sheet is written once, from its beginning
//! to its end, so that new memory is wiped, filled and done with while it is in the cache; blocks of each pile that fill slowly would
//! fetch every line of it again. A pile is read from all sheets, a few hundred bytes of each. The memory of a range is free again when the
//! last of its piles was taken.
//!
//! What waits there are keyed codes, on the custodian's own machine.

use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use crate::Error;

/// Memory of sheets is given out by multiples of so many bytes, so that what one leaves fits another.
const STEP: usize = 4096;
/// Bytes for which memory is asked at once: less than allocators keep apart (128 KiB).
const AT_ONCE: usize = 120 << 10;
/// Bytes that are put together before they are written to the file.
const WRITTEN: usize = 256 << 10;
/// Of so many parts of all sheets one is moved to disk at a time, so that a file that is a little too large does not go there as a whole.
pub(crate) const PARTS: usize = 8;

/// Memory for all piles of an encoding.
#[derive(Default)]
pub(crate) struct Store {
    /// Memory that is not in use: empty, with room.
    free: Mutex<Vec<Vec<u8>>>,
    in_use: AtomicUsize,
    /// Bytes of new memory since the system was last asked.
    made: AtomicUsize,
}

impl Store {
    /// An empty store.
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    /// New memory. An allocator may ask the system for each piece by itself, which costs as much as filling it; but what is given back at the
    /// end of its memory it keeps. So now and then it is given back a piece from which the next ones can be cut.
    fn make(&self, room: usize) -> Vec<u8> {
        if self.made.fetch_add(room, Ordering::Relaxed) % AT_ONCE < room {
            drop(std::hint::black_box(Vec::<u8>::with_capacity(AT_ONCE)));
        }
        Vec::with_capacity(room)
    }

    /// Bytes of all sheets.
    pub(crate) fn in_use(&self) -> usize {
        self.in_use.load(Ordering::Relaxed)
    }

    /// Room for so many bytes.
    fn take(&self, length: usize) -> Vec<u8> {
        let room = length.next_multiple_of(STEP);
        let known = {
            let mut free = lock(&self.free);
            let fits = |bytes: &Vec<u8>| (room..=2 * room).contains(&bytes.capacity());
            let known = free.iter().rposition(fits);
            known.map(|known| free.swap_remove(known))
        };
        known.unwrap_or_else(|| self.make(room))
    }

    /// Takes the memory of sheets back.
    fn put_back(&self, sheets: impl Iterator<Item = Sheet>) {
        let mut free = lock(&self.free);
        for mut sheet in sheets {
            self.in_use.fetch_sub(sheet.memory(), Ordering::Relaxed);
            sheet.bytes.clear();
            free.push(sheet.bytes);
        }
    }

    /// Gives back the memory that is not in use.
    pub(crate) fn shrink(&self) {
        *lock(&self.free) = Vec::new();
    }
}

/// Bytes for the piles of a range, pile after pile.
pub(crate) struct Sheet {
    pub bytes: Vec<u8>,
    /// Where those of each pile end.
    pub ends: Vec<u32>,
}

impl Sheet {
    /// The bytes of a pile, by its place in the range.
    #[inline]
    fn of(&self, pile: usize) -> &[u8] {
        let start = if pile == 0 { 0 } else { self.ends[pile - 1] };
        &self.bytes[start as usize..self.ends[pile] as usize]
    }

    /// Bytes of memory that it takes.
    fn memory(&self) -> usize {
        self.bytes.capacity() + size_of_val(self.ends.as_slice())
    }
}

/// Piles of bytes, to which many threads may add at once.
pub(crate) struct Spill {
    piles: usize,
    /// Piles of a range: a power of two.
    width: usize,
    ranges: Vec<Range>,
    store: Arc<Store>,
    file: Option<File>,
    folder: PathBuf,
    end: u64,
}

/// Neighbouring piles.
struct Range {
    /// What is in memory, the oldest first.
    sheets: RwLock<Vec<Sheet>>,
    /// Of each pile, the parts of it that are in the file: offset and length.
    parts: Vec<Vec<(u64, usize)>>,
    /// Piles that have not been taken.
    left: AtomicUsize,
}

impl Spill {
    /// Empty piles, in so many ranges or fewer.
    pub(crate) fn new(piles: usize, ranges: usize, store: &Arc<Store>) -> Self {
        let width = piles.div_ceil(ranges).next_power_of_two();
        let range = |first: usize| {
            let piles = width.min(piles - first);
            Range {
                sheets: RwLock::default(),
                parts: vec![Vec::new(); piles],
                left: AtomicUsize::new(piles),
            }
        };
        Self {
            piles,
            width,
            ranges: (0..piles).step_by(width).map(range).collect(),
            store: Arc::clone(store),
            file: None,
            folder: PathBuf::new(),
            end: 0,
        }
    }

    /// How many piles there are.
    pub(crate) fn piles(&self) -> usize {
        self.piles
    }

    /// Piles of a range: a power of two. The last range may have fewer.
    pub(crate) fn range(&self) -> usize {
        self.width
    }

    /// How many ranges there are.
    pub(crate) fn ranges(&self) -> usize {
        self.ranges.len()
    }

    /// An empty sheet with room for so many bytes.
    pub(crate) fn sheet(&self, length: usize) -> Sheet {
        Sheet {
            bytes: self.store.take(length),
            ends: Vec::with_capacity(self.width),
        }
    }

    /// Adds a sheet to a range.
    pub(crate) fn add(&self, range: usize, sheet: Sheet) {
        self.store
            .in_use
            .fetch_add(sheet.memory(), Ordering::Relaxed);
        write(&self.ranges[range].sheets).push(sheet);
    }

    /// Moves an eighth of all sheets to the file, which is made in `folder` on the first call: those that have been in memory for longest.
    pub(crate) fn flush(&mut self, folder: &Path) -> Result<(), Error> {
        let failed = |error: std::io::Error| Error::scratch(folder, &error);
        folder.clone_into(&mut self.folder);
        if let Some(file) = &mut self.file {
            file.seek(SeekFrom::Start(self.end)).map_err(failed)?;
        }
        let mut waiting = Vec::new();
        for range in &mut self.ranges {
            let sheets = range
                .sheets
                .get_mut()
                .unwrap_or_else(PoisonError::into_inner);
            let count = sheets.len().div_ceil(PARTS);
            if count == 0 {
                continue;
            }
            let file = match &mut self.file {
                Some(file) => file,
                None => self
                    .file
                    .insert(tempfile::tempfile_in(folder).map_err(failed)?),
            };
            for (pile, parts) in range.parts.iter_mut().enumerate() {
                let start = waiting.len();
                for sheet in &sheets[..count] {
                    waiting.extend_from_slice(sheet.of(pile));
                }
                let length = waiting.len() - start;
                if length > 0 {
                    parts.push((self.end + start as u64, length));
                }
                if waiting.len() >= WRITTEN {
                    file.write_all(&waiting).map_err(failed)?;
                    self.end += waiting.len() as u64;
                    waiting.clear();
                }
            }
            self.store.put_back(sheets.drain(..count));
        }
        if let Some(file) = &mut self.file {
            file.write_all(&waiting).map_err(failed)?;
            self.end += waiting.len() as u64;
        }
        Ok(())
    }

    /// Takes a pile, once: all that was ever added to it, in place of what `out` held. Several threads may take piles at once.
    pub(crate) fn take(&self, pile: usize, out: &mut Vec<u8>) -> Result<(), Error> {
        out.clear();
        let range = &self.ranges[pile / self.width];
        let place = pile % self.width;
        if let Some(file) = &self.file {
            let parts = &range.parts[place];
            out.resize(parts.iter().map(|&(_, length)| length).sum(), 0);
            let mut at = 0;
            for &(offset, length) in parts {
                read_at(file, offset, &mut out[at..at + length])
                    .map_err(|error| Error::scratch(&self.folder, &error))?;
                at += length;
            }
        }
        let sheets = range.sheets.read().unwrap_or_else(PoisonError::into_inner);
        for sheet in sheets.iter() {
            out.extend_from_slice(sheet.of(place));
        }
        drop(sheets);
        if range.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            let sheets = std::mem::take(&mut *write(&range.sheets));
            self.store.put_back(sheets.into_iter());
        }
        Ok(())
    }
}

/// Locks. A thread that panicked has left nothing half done that anybody reads: the panic ends the encoding.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The same of a lock that many may read at once.
fn write<T>(lock: &RwLock<T>) -> std::sync::RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
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
    use crate::gather::{Entries, Pieces};
    use proptest::prelude::*;

    #[test]
    fn what_two_threads_add_is_never_parted() {
        let spill = Spill::new(1, 1, &Store::new());
        let mut writers = [Pieces::default(), Pieces::default()];
        for n in 0..60u8 {
            let writer = &mut writers[usize::from(n % 2)];
            writer.make_room(&spill);
            let piece = vec![n; 100 + usize::from(n) * 600];
            writer.begin(0).extend(piece);
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
        let expected: Vec<(u8, usize)> = (0..60).map(|n| (n, 100 + usize::from(n) * 600)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn memory_of_a_range_is_used_again_when_its_piles_were_taken() {
        let store = Store::new();
        let spill = Spill::new(4, 2, &store);
        let mut entries = Entries::<8>::new(4);
        for pile in 0..4 {
            entries.add(pile, [7; 8], &spill);
        }
        entries.hand_over(&spill);
        let all = store.in_use();
        let mut out = Vec::new();
        for (pile, left) in [(1, all), (2, all), (0, all / 2), (3, 0)] {
            spill.take(pile, &mut out).unwrap();
            assert_eq!((&out[..], store.in_use()), (&[7; 8][..], left));
        }
        assert_eq!(lock(&store.free).len(), 2);
        assert_eq!(
            (store.take(9).len(), store.take(5000).capacity()),
            (0, 8192)
        );
        assert_eq!(lock(&store.free).len(), 1);
    }

    proptest! {
        #[test]
        fn what_goes_in_comes_out_whether_or_not_it_was_on_disk(
            appends in proptest::collection::vec(
                (0u16..11, prop_oneof![0usize..20, 1000usize..19000], any::<u8>(), prop::bool::weighted(0.2)),
                0..40,
            ),
            ranges in 1usize..20,
        ) {
            let folder = tempfile::tempdir().unwrap();
            let store = Store::new();
            let mut spill = Spill::new(11, ranges, &store);
            let mut writer = Pieces::default();
            let mut expected = vec![Vec::<u8>::new(); 11];
            for (pile, length, first, flush) in appends {
                let bytes: Vec<u8> = (0..length).map(|n| first.wrapping_add(n as u8)).collect();
                expected[usize::from(pile)].extend(&bytes);
                writer.make_room(&spill);
                writer.begin(pile).extend(bytes);
                if flush {
                    writer.hand_over(&spill);
                    spill.flush(folder.path()).unwrap();
                }
                if flush && length > 5000 {
                    while store.in_use() > 0 {
                        spill.flush(folder.path()).unwrap();
                    }
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
