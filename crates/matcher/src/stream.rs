//! How matches leave a join: tile by tile, in order, to whoever writes them down.

use crate::compare::Found;
use std::ops::{ControlFlow, Range};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Two records that pass the rule of at least one filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Match {
    /// Row number on the left.
    pub left: u32,
    /// Row number on the right.
    pub right: u32,
    /// Bit `f` is set when filter `f` passes its rule.
    pub passed: u32,
    /// Number of differing bits of the first filter that passes.
    pub distance: u32,
    /// Number of bits set in both records of that filter, one after the other: `|a| + |b|`.
    pub total: u32,
}

impl Match {
    /// Where a match will be.
    pub(crate) const NOTHING: Self = Self {
        left: 0,
        right: 0,
        passed: 0,
        distance: 0,
        total: 0,
    };

    pub(crate) fn new(found: Found, filter: usize) -> Self {
        Self {
            left: found.left,
            right: found.right,
            passed: 1 << filter,
            distance: found.distance,
            total: found.total,
        }
    }

    /// Bits set in both.
    pub fn intersection(&self) -> u32 {
        // Bits in exactly one of them are the distance, so the rest of the total is counted twice.
        (self.total - self.distance) / 2
    }

    /// The Dice similarity, `2 |a & b| / (|a| + |b|)`: 0 for two filters without a single bit.
    pub fn dice(&self) -> f64 {
        if self.total == 0 {
            0.0
        } else {
            f64::from(self.total - self.distance) / f64::from(self.total)
        }
    }
}

/// Some left rows of one data set against all of another: what a join delivers at a time and what it can be resumed at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tile {
    /// Its place in the order of all tiles of the join: data sets first, then rows.
    pub index: u64,
    /// Number of the left data set.
    pub left_set: usize,
    /// Number of the right data set.
    pub right_set: usize,
    /// The left rows.
    pub rows: Range<u32>,
}

/// How far a join is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Pairs of records in the tiles that are done, those left out by a resumed run included.
    pub done: u64,
    /// Pairs of records in all tiles. The matcher reads no clock: who calls can time the first tiles and work out the rest.
    pub total: u64,
}

/// Takes matches as they come.
pub trait Sink: Send {
    /// Takes the next matches of a tile, sorted by `(left, right)` and after all earlier ones. A tile comes in one part or in several.
    /// The next ones are not computed further than one part ahead, so taking time here holds the join back and memory stays the same.
    fn matches(&mut self, tile: &Tile, matches: &[Match]) -> ControlFlow<()>;

    /// Asked before more is compared, while nothing else runs. A sink that hands matches on to a thread of its own waits here until that
    /// has caught up: the time spent here is all the time for which comparing stands still, and memory stays bounded.
    fn make_room(&mut self) {}

    /// All matches of a tile have been delivered. What has been written down until here is kept when the run is resumed.
    fn done(&mut self, tile: &Tile, progress: Progress) -> ControlFlow<()> {
        let _ = (tile, progress);
        ControlFlow::Continue(())
    }
}

/// Keeps everything in memory.
impl Sink for Vec<Match> {
    fn matches(&mut self, _: &Tile, matches: &[Match]) -> ControlFlow<()> {
        self.extend_from_slice(matches);
        ControlFlow::Continue(())
    }
}

/// A join that runs, seen from another thread.
#[derive(Debug, Default)]
pub struct Control {
    cancelled: AtomicBool,
    done: AtomicU64,
}

impl Control {
    /// Asks the join to stop soon.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether it was asked to.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// Pairs compared so far, about: for a display, between the exact figures that a [`Sink`] gets.
    pub fn pairs_done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    pub(crate) fn start(&self, done: u64) {
        self.done.store(done, Ordering::Relaxed);
    }

    pub(crate) fn add(&self, pairs: u64) {
        self.done.fetch_add(pairs, Ordering::Relaxed);
    }
}

/// A join that did not come to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// The first tile that was not done: begin with it the next time, after dropping what was written of it.
    pub tile: u64,
}
