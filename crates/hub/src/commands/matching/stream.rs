//! From the matcher to the disk: converts matches, and knows what time they took.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use kinfold_matcher::{Match, Progress, Sink, Tile};
use kinfold_store::{Error, PairParts, SimilarPair};

use crate::args::Metric;

/// Writes matches down as they come. While it writes, the matcher computes the next and waits with what comes after.
pub(super) struct Stream {
    pub(super) parts: PairParts,
    pub(super) failure: Option<Error>,
    /// Time spent writing.
    pub(super) writing: Duration,
    /// Pairs in tiles that are done, for whoever shows the pace.
    pub(super) done: Arc<AtomicU64>,
    /// When the latest matches came out of the matcher.
    pub(super) latest: Instant,
    metric: Metric,
    bits: usize,
    /// Whether the matches of a row come in another order than by their right row.
    by_similarity: bool,
    sorted: Vec<Match>,
    /// Whether some of the current tile have come.
    in_tile: bool,
}

impl Stream {
    pub(super) fn new(parts: PairParts, metric: Metric, bits: usize, by_similarity: bool) -> Self {
        Self {
            parts,
            failure: None,
            writing: Duration::ZERO,
            done: Arc::default(),
            latest: Instant::now(),
            metric,
            bits,
            by_similarity,
            sorted: Vec::new(),
            in_tile: false,
        }
    }

    fn timed(&mut self, write: impl FnOnce(&mut Self) -> Result<(), Error>) -> ControlFlow<()> {
        let began = Instant::now();
        let written = write(self);
        self.writing += began.elapsed();
        match written {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                self.failure = Some(error);
                ControlFlow::Break(())
            }
        }
    }
}

impl Sink for Stream {
    fn matches(&mut self, _: &Tile, matches: &[Match]) -> ControlFlow<()> {
        self.latest = Instant::now();
        self.in_tile = true;
        let (metric, bits) = (self.metric, self.bits);
        self.timed(|this| {
            let matches = if this.by_similarity {
                this.sorted.clear();
                this.sorted.extend_from_slice(matches);
                this.sorted.sort_unstable();
                &this.sorted
            } else {
                matches
            };
            this.parts.write(matches.iter().map(|found| SimilarPair {
                left: found.left,
                right: found.right,
                similarity: match metric {
                    Metric::Dice => found.dice(),
                    Metric::Hamming => (bits as f64 - f64::from(found.distance)) / bits as f64,
                },
            }))
        })
    }

    fn done(&mut self, _: &Tile, progress: Progress) -> ControlFlow<()> {
        self.done.store(progress.done, Ordering::Relaxed);
        if !std::mem::take(&mut self.in_tile) {
            self.latest = Instant::now();
        }
        self.timed(|this| this.parts.tile_done())
    }
}
