//! Exact joins, without blocking: match keys by equality, packed filters by distance.
//!
//! Two files of codes come in as plain slices; pairs of row numbers come out, sorted by `(left, right)`. Every pair is compared,
//! so no link is lost before the model sees it. Nothing here reads a file, a clock or the environment, and the answer is the
//! same for every number of threads, tile size and SIMD level: a property test holds each kernel to a ten-line scalar loop.
//!
//! - [`join_key_files`]: pairs of records of any number of files that share at least one match key of the same type, in bounded
//!   memory; [`join_keys`] for two files;
//! - [`Join`]: pairs of filters that pass a [`Rule`], by Hamming distance or Dice similarity, of any number of data sets, within them or
//!   between them, with one filter a record or several. Matches go to a [`Sink`] tile by tile, so that memory does not grow with their number;
//! - [`nearest`]: the most similar few of each record, in the same way;
//! - [`hamming_within`], [`dice_at_least`]: two sets, all matches in memory;
//! - [`hamming_histogram`], [`hamming_scan`]: how often every distance occurs among all pairs (what chance looks like).
//!
//! How it is fast is told in `kernel/sliced.rs`.

#[doc = include_str!("../README.md")]
#[cfg(doctest)]
struct Readme;

mod compare;
mod dice;
mod fold;
mod hamming;
mod join;
mod kernel;
mod keys;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod laws_of_joins;
mod nearest;
mod order;
mod packed;
mod plan;
mod rule;
mod sequential;
mod stream;
mod tiles;

pub use dice::{DicePair, dice_at_least};
pub use hamming::{FilterPair, Scan, hamming_histogram, hamming_scan, hamming_within};
pub use join::{Cut, Join, JoinError, MAX_FILTERS, Pairing};
pub use kernel::SimdLevel;
pub use keys::{
    Crowd, KeyCandidate, KeyFile, KeyFileError, KeyJoin, KeyJoinError, KeyJoinReport, KeyMatch,
    KeyTable, MAX_KEY_FILES, MAX_KEY_TYPES, join_key_files, join_keys,
};
pub use nearest::nearest;
pub use packed::{MAX_BITS, PackedSet, ShapeError};
pub use rule::Rule;
pub use sequential::{DEFAULT_DISMISSAL, Sequential, dismissal_probability};
pub use stream::{Control, Match, Progress, Sink, Stopped, Tile};

/// How to run a join. It changes the time taken, never the answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Number of threads; 0 uses the pool that is already there.
    pub threads: usize,
    /// Which instructions the kernel may use.
    pub simd: SimdLevel,
}

impl Options {
    /// Runs `work` on the wanted number of threads.
    ///
    /// When the operating system refuses new threads the work runs on the pool that is there: slower, with the same answer.
    fn run<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        if self.threads == 0 {
            return work();
        }
        match rayon::ThreadPoolBuilder::new()
            .num_threads(self.threads)
            .build()
        {
            Ok(pool) => pool.install(work),
            Err(_) => work(),
        }
    }
}
