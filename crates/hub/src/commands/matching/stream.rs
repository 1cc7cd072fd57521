//! From the matcher to the thread that writes.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use kinfold_matcher::{Match, Progress, Sink, Tile};
use kinfold_store::{PairParts, SimilarPair};

use super::writer::Writer;
use crate::args::Metric;

/// Pairs that are given to the writer at a time: a batch of the table.
const BATCH: usize = 1 << 16;

/// Turns matches into pairs as they come, and hands them on.
pub(super) struct Stream {
    pub(super) writer: Writer,
    /// Tiles that were done before this run.
    pub(super) first: u64,
    /// Pairs of records in tiles that are done, for whoever shows the pace.
    pub(super) done: Arc<AtomicU64>,
    metric: Metric,
    bits: usize,
    /// Whether the matches of a row come in another order than by their right row.
    by_similarity: bool,
}

impl Stream {
    /// Starts the thread that writes.
    pub(super) fn new(parts: PairParts, metric: Metric, bits: usize, by_similarity: bool) -> Self {
        Self {
            first: parts.tiles(),
            writer: Writer::start(parts),
            done: Arc::default(),
            metric,
            bits,
            by_similarity,
        }
    }

    fn pair(&self, found: &Match) -> SimilarPair {
        SimilarPair {
            left: found.left,
            right: found.right,
            similarity: match self.metric {
                Metric::Dice => found.dice(),
                Metric::Hamming => {
                    (self.bits as f64 - f64::from(found.distance)) / self.bits as f64
                }
            },
        }
    }
}

fn flow(is_good: bool) -> ControlFlow<()> {
    if is_good {
        ControlFlow::Continue(())
    } else {
        ControlFlow::Break(())
    }
}

impl Sink for Stream {
    fn matches(&mut self, _: &Tile, matches: &[Match]) -> ControlFlow<()> {
        let sorted: Vec<Match>;
        let matches = if self.by_similarity {
            let mut all = matches.to_vec();
            all.sort_unstable();
            sorted = all;
            &sorted
        } else {
            matches
        };
        let mut batches = matches.chunks(BATCH);
        flow(batches.all(|some| {
            let pairs = some.iter().map(|found| self.pair(found)).collect();
            self.writer.pairs(pairs)
        }))
    }

    fn make_room(&mut self) {
        self.writer.make_room();
    }

    fn done(&mut self, _: &Tile, progress: Progress) -> ControlFlow<()> {
        self.done.store(progress.done, Ordering::Relaxed);
        flow(self.writer.tile_done())
    }
}
