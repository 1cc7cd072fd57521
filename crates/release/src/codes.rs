//! What leaves, wherever it lies: codes in memory or in working files on disk, read a few thousand records at a time.

use std::io;

use kinfold_schema::Token;

use crate::file::{File, Stay};

/// The codes of a file, as the linkage unit would see them.
///
/// The check goes through all of them several times, and looks up single records: an implementation that reads from disk should be quick at both.
pub trait Codes {
    /// Number of records.
    fn records(&self) -> usize;

    /// Words of one record of each filter.
    fn widths(&self) -> Vec<usize>;

    /// Number of pools of match keys, a kind by itself counted as one.
    fn pools(&self) -> usize;

    /// The filter of the records from `first` on, as many as `out` has room for.
    ///
    /// # Errors
    /// When they cannot be read.
    fn words(&self, filter: usize, first: usize, out: &mut [u64]) -> io::Result<()>;

    /// The tokens of one pool of the `rows` records from `first` on; `each` is told the number of each record.
    ///
    /// # Errors
    /// When they cannot be read.
    fn tokens(
        &self,
        pool: usize,
        first: usize,
        rows: usize,
        each: &mut dyn FnMut(u32, &[Token]),
    ) -> io::Result<()>;

    /// The household keys of the `rows` records from `first` on, without random ones.
    ///
    /// # Errors
    /// When they cannot be read.
    fn stays(&self, first: usize, rows: usize) -> io::Result<Vec<Vec<Stay>>>;

    /// The presence patterns of all records; empty when there are none.
    ///
    /// # Errors
    /// When they cannot be read.
    fn presence(&self) -> io::Result<Vec<u32>>;
}

/// Records that are read at once: of 256 bytes a filter and 1.6 KB of match keys some megabytes.
pub(crate) const ROWS_AT_ONCE: usize = 4_096;

/// The parts of so many records, as first record and number.
pub(crate) fn parts(records: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..records)
        .step_by(ROWS_AT_ONCE)
        .map(move |first| (first, ROWS_AT_ONCE.min(records - first)))
}

impl dyn Codes + '_ {
    /// Every record's filter in turn.
    pub(crate) fn each_row(
        &self,
        filter: usize,
        mut each: impl FnMut(usize, &[u64]),
    ) -> io::Result<()> {
        let width = self.widths()[filter];
        let mut words = Vec::new();
        for (first, rows) in parts(self.records()) {
            words.resize(rows * width, 0);
            self.words(filter, first, &mut words)?;
            for (row, words) in words.chunks_exact(width.max(1)).enumerate() {
                each(first + row, words);
            }
        }
        Ok(())
    }

    /// About how many tokens of a pool there are: as many for every record as for the first.
    pub(crate) fn tokens_of(&self, pool: usize) -> io::Result<usize> {
        let mut one = 0;
        if self.records() > 0 {
            self.tokens(pool, 0, 1, &mut |_, tokens| one = tokens.len())?;
        }
        Ok(one * self.records())
    }

    /// Every record's household keys in turn.
    pub(crate) fn each_stays(&self, mut each: impl FnMut(usize, Vec<Stay>)) -> io::Result<()> {
        for (first, rows) in parts(self.records()) {
            for (row, stays) in self.stays(first, rows)?.into_iter().enumerate() {
                each(first + row, stays);
            }
        }
        Ok(())
    }
}

impl Codes for File {
    fn records(&self) -> usize {
        self.records
    }

    fn widths(&self) -> Vec<usize> {
        self.views.iter().map(|view| view.bits / 64).collect()
    }

    fn pools(&self) -> usize {
        self.keys.len()
    }

    fn words(&self, filter: usize, first: usize, out: &mut [u64]) -> io::Result<()> {
        let view = &self.views[filter];
        let start = first * (view.bits / 64);
        out.copy_from_slice(&view.codes[start..start + out.len()]);
        Ok(())
    }

    fn tokens(
        &self,
        pool: usize,
        first: usize,
        rows: usize,
        each: &mut dyn FnMut(u32, &[Token]),
    ) -> io::Result<()> {
        // A file of which only the list is known has none.
        let seen = self.keys[pool].seen.iter().enumerate();
        for (row, tokens) in seen.skip(first).take(rows) {
            each(row as u32, tokens);
        }
        Ok(())
    }

    fn stays(&self, first: usize, rows: usize) -> io::Result<Vec<Vec<Stay>>> {
        let stays = (first..first + rows).map(|row| self.stays_seen.get(row));
        Ok(stays.map(|own| own.cloned().unwrap_or_default()).collect())
    }

    fn presence(&self) -> io::Result<Vec<u32>> {
        Ok(self.presence.clone())
    }
}
