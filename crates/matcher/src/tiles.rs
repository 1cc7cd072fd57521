//! Cuts the rectangle of all pairs into tiles that stay in the nearest cache, and runs them in parallel.

use crate::Options;
use crate::kernel::{Groups, Kernel, LANES};
use crate::packed::{PackedSet, assert_comparable};
use rayon::prelude::*;
use std::ops::Range;

/// Left rows of a tile: at 2,048 bits they take 16 KiB.
const TILE_ROWS: usize = 64;

/// Groups of a tile: with the rows above, its distances take 16 KiB.
const TILE_GROUPS: usize = 16;

/// Tiles in a row that one task works through, so that starting a task costs nothing next to it.
const TASK_TILES: usize = 32;

/// Distances of one left row to a run of right records.
pub(crate) struct Line<'a> {
    /// Row number on the left.
    pub(crate) left: u32,
    /// Row number on the right of the first distance.
    pub(crate) right: u32,
    /// One distance a record.
    pub(crate) distances: &'a [u16],
}

/// Visits the distance of every pair once, in an order that depends on the threads. Each task starts from `start()`; `combine`
/// joins two finished tasks and must not depend on their order.
pub(crate) fn fold_all_pairs<T: Send>(
    a: &PackedSet,
    b: &PackedSet,
    options: &Options,
    start: impl Fn() -> T + Sync + Send,
    visit: impl Fn(&mut T, &Line) + Sync + Send,
    combine: impl Fn(T, T) -> T + Sync + Send,
) -> T {
    assert_comparable(a, b);
    let kernel = Kernel::choose(options.simd);
    options.run(|| {
        let groups = Groups::new(b);
        tasks(a.len(), groups.len())
            .into_par_iter()
            .map(|(rows, span)| {
                let mut state = start();
                let mut buffer = vec![0; TILE_ROWS * TILE_GROUPS * LANES];
                for first in span.clone().step_by(TILE_GROUPS) {
                    let tile = first..(first + TILE_GROUPS).min(span.end);
                    let stride = tile.len() * LANES;
                    let distances = &mut buffer[..rows.len() * stride];
                    kernel.distances(a, rows.clone(), &groups, tile, distances);
                    let records = stride.min(groups.records() - first * LANES);
                    for (row, line) in rows.clone().zip(distances.chunks_exact(stride)) {
                        let line = Line {
                            left: row as u32,
                            right: (first * LANES) as u32,
                            distances: &line[..records],
                        };
                        visit(&mut state, &line);
                    }
                }
                state
            })
            .reduce(&start, &combine)
    })
}

/// The rectangle as tasks: some left rows against some right groups.
fn tasks(rows: usize, groups: usize) -> Vec<(Range<usize>, Range<usize>)> {
    let span = TILE_GROUPS * TASK_TILES;
    (0..rows)
        .step_by(TILE_ROWS)
        .flat_map(|row| {
            (0..groups).step_by(span).map(move |group| {
                (
                    row..(row + TILE_ROWS).min(rows),
                    group..(group + span).min(groups),
                )
            })
        })
        .collect()
}
