//! The records nearest to each record: the best few, tile by tile.

use crate::Options;
use crate::compare::{Band, Block, Found, GROUP, ScratchPool, Test};
use crate::join::JoinError;
use crate::kernel::Kernel;
use crate::packed::PackedSet;
use crate::plan::Plan;
use crate::rule::Rule;
use crate::sequential::Sequential;
use crate::stream::{Control, Match, Progress, Sink, Stopped, Tile};
use rayon::prelude::*;
use std::cmp::Ordering;

/// Left rows of a tile.
const TILE_ROWS: usize = 4_096;

/// Left rows that one task brings to an end: few enough for every thread to have some.
const TASK_ROWS: usize = 1_024;

/// For each left record the `most` right records that are most similar to it, of those that pass `rule`.
///
/// More similar is nearer under a Hamming rule and of higher Dice similarity, compared as fractions, under a Dice rule; the lower row number
/// goes first among equals. With `itself`, both sides are one set and no record is its own neighbour. `sink` gets the matches of each left
/// row together, most similar first, rows in order, from tile `first` on (0 for all).
///
/// Every record is compared with every other, but not in all bits: once a row has found `most` records, only better ones are looked for.
///
/// # Errors
/// [`JoinError`] when the two sides do not fit together; then [`Stopped`], as for [`crate::Join::run`].
#[allow(clippy::too_many_arguments)] // One call for one question: a builder would only spread it out.
pub fn nearest(
    left: &PackedSet,
    right: &PackedSet,
    rule: Rule,
    most: usize,
    itself: bool,
    options: &Options,
    first: u64,
    control: &Control,
    sink: &mut dyn Sink,
) -> Result<Result<(), Stopped>, JoinError> {
    left.check().map_err(JoinError::Shape)?;
    right.check().map_err(JoinError::Shape)?;
    if left.bits != right.bits {
        return Err(JoinError::Bits(left.bits, right.bits));
    }
    if matches!(rule, Rule::Dice { denominator: 0, .. }) {
        return Err(JoinError::Denominator);
    }
    Ok(options.run(|| {
        let kernel = Kernel::choose(options.simd);
        let plan = Plan::choose(left, right, rule, Sequential::Off, kernel);
        let test = Test::new(*left, *right, rule, plan, kernel);
        let pool = ScratchPool::default();
        let mut progress = Progress {
            done: 0,
            total: left.len() as u64 * right.len() as u64,
        };
        for (index, start) in (0..left.len()).step_by(TILE_ROWS).enumerate() {
            let end = (start + TILE_ROWS).min(left.len());
            let tile = Tile {
                index: index as u64,
                left_set: 0,
                right_set: usize::from(!itself),
                rows: start as u32..end as u32,
            };
            progress.done += tile.rows.len() as u64 * right.len() as u64;
            if tile.index < first {
                continue;
            }
            sink.make_room();
            let starts: Vec<usize> = (start..end).step_by(TASK_ROWS).collect();
            let parts: Vec<Vec<Match>> = starts
                .into_par_iter()
                .map(|start| {
                    rows(
                        &test,
                        start as u32..(start + TASK_ROWS).min(end) as u32,
                        most,
                        itself,
                        control,
                        &pool,
                    )
                })
                .collect();
            if control.is_cancelled() {
                return Err(Stopped { tile: tile.index });
            }
            if parts
                .iter()
                .any(|part| !part.is_empty() && sink.matches(&tile, part).is_break())
            {
                return Err(Stopped { tile: tile.index });
            }
            if sink.done(&tile, progress).is_break() {
                return Err(Stopped {
                    tile: tile.index + 1,
                });
            }
        }
        Ok(())
    }))
}

/// The nearest records of some rows.
fn rows(
    test: &Test,
    rows: std::ops::Range<u32>,
    most: usize,
    itself: bool,
    control: &Control,
    pool: &ScratchPool,
) -> Vec<Match> {
    let first = rows.start;
    let band = test.band(rows.clone());
    let groups = band.rows.len().div_ceil(GROUP);
    let mut kept: Vec<Vec<Found>> = vec![Vec::new(); rows.len()];
    for block in &test.blocks {
        if control.is_cancelled() || most == 0 {
            break;
        }
        let limits: Vec<Option<u32>> = (0..groups)
            .map(|group| group_limit(test, &band, group, block, &kept, first, most))
            .collect();
        pool.with(|scratch| {
            test.compare(
                &band,
                0..groups,
                block,
                |group| limits[group],
                scratch,
                |found| {
                    if itself && found.left == found.right {
                        return;
                    }
                    let best = &mut kept[(found.left - first) as usize];
                    if best.len() == most && order(test.rule, &found, &best[most - 1]).is_ge() {
                        return;
                    }
                    let place =
                        best.partition_point(|other| order(test.rule, other, &found).is_lt());
                    best.insert(place, found);
                    best.truncate(most);
                },
            );
        });
        control.add(u64::from(rows.end - first) * block.rows.len() as u64);
    }
    kept.into_iter()
        .flatten()
        .map(|found| Match::new(found, 0))
        .collect()
}

/// The limit of a group: that of the rule, or less when each row of it has its `most` records already.
fn group_limit(
    test: &Test,
    band: &Band,
    group: usize,
    block: &Block,
    kept: &[Vec<Found>],
    first: u32,
    most: usize,
) -> Option<u32> {
    let by_rule = test.limit(band, group, block)?;
    let total = Test::largest_total(band, group, block);
    let rows = band.rows[group * GROUP..].iter().take(GROUP);
    let mut worst = 0;
    for row in rows {
        let best = &kept[(row - first) as usize];
        if best.len() < most {
            return Some(by_rule);
        }
        let last = &best[most - 1];
        worst = worst.max(match test.rule {
            Rule::Hamming { .. } => last.distance,
            // As similar means a distance in proportion to the total; equal ones still count, by their row number.
            Rule::Dice { .. } if last.total == 0 => total,
            Rule::Dice { .. } => {
                (u64::from(total) * u64::from(last.distance) / u64::from(last.total)) as u32
            }
        });
    }
    Some(worst.min(by_rule))
}

/// Most similar first, then the lower row number.
fn order(rule: Rule, one: &Found, other: &Found) -> Ordering {
    let by_similarity = match rule {
        Rule::Hamming { .. } => one.distance.cmp(&other.distance),
        Rule::Dice { .. } => {
            // A total of 0 counts as similarity 0: as if it were 1 with nothing in common.
            let fraction = |found: &Found| {
                (
                    u64::from(found.total - found.distance),
                    u64::from(found.total.max(1)),
                )
            };
            let ((a, b), (c, d)) = (fraction(one), fraction(other));
            (c * b).cmp(&(a * d))
        }
    };
    by_similarity.then(one.right.cmp(&other.right))
}
