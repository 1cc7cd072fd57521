//! Compares some left rows with a block of right records: the scan, then a check of what it leaves.

use crate::fold::Fold;
use crate::kernel::{
    CaseTable, Kernel, LOW_PLANES, MAX_VECTOR_WORDS, Near, PHASE_WORDS, Phase, Threshold,
    WORD_VECTORS, phases,
};
use crate::packed::PackedSet;
use crate::plan::Plan;
use crate::rule::Rule;
use rayon::prelude::*;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// Right records that are sorted among themselves and can be skipped together. A multiple of every block.
pub(crate) const CHUNK: usize = 16_384;

/// Left rows that share a limit.
pub(crate) const GROUP: usize = 64;

/// One filter of two data sets, and how it is compared.
pub(crate) struct Test<'a> {
    /// Left filters.
    pub(crate) left: PackedSet<'a>,
    /// Right filters.
    pub(crate) right: PackedSet<'a>,
    /// Set bits of every left filter.
    pub(crate) left_counts: Vec<u32>,
    /// Set bits of every right filter.
    pub(crate) right_counts: Vec<u32>,
    /// What passes.
    pub(crate) rule: Rule,
    /// What is scanned.
    pub(crate) plan: Plan,
    /// Which kernel scans.
    pub(crate) kernel: Kernel,
    /// The right records, turned on their side.
    pub(crate) blocks: Vec<Block>,
}

/// Some right records side by side: as many as a vector has bits.
pub(crate) struct Block {
    /// Their row numbers.
    pub(crate) rows: Vec<u32>,
    /// The highest row number.
    pub(crate) highest: u32,
    /// Least and most set bits.
    counts: (u32, u32),
    /// For each cell of the folded filter a vector, one record a bit.
    planes: Vec<u64>,
}

/// Some left rows, ready to be scanned.
pub(crate) struct Band {
    /// Their row numbers, in the order of the scan.
    pub(crate) rows: Vec<u32>,
    /// Their filters, in that order.
    words: Vec<u64>,
    /// What they select from the tables.
    cases: CaseTable,
    /// Least and most set bits of each [`GROUP`] rows.
    counts: Vec<(u32, u32)>,
}

/// A pair that passes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    pub(crate) left: u32,
    pub(crate) right: u32,
    pub(crate) distance: u32,
    pub(crate) total: u32,
}

impl<'a> Test<'a> {
    /// Turns the right side on its side, in parallel.
    pub(crate) fn new(
        left: PackedSet<'a>,
        right: PackedSet<'a>,
        rule: Rule,
        plan: Plan,
        kernel: Kernel,
    ) -> Self {
        let (left_counts, right_counts) = rayon::join(|| left.counts(), || right.counts());
        let chunks: Vec<usize> = (0..right.len()).step_by(CHUNK).collect();
        let blocks = chunks
            .into_par_iter()
            .flat_map_iter(|start| {
                let mut rows: Vec<u32> =
                    (start as u32..(start + CHUNK).min(right.len()) as u32).collect();
                if rule.counts() {
                    rows.sort_by_key(|row| right_counts[*row as usize]);
                }
                rows.chunks(kernel.vector_words() * 64)
                    .map(|rows| Block::new(&right, &right_counts, rows, &plan.fold, kernel))
                    .collect::<Vec<_>>()
            })
            .collect();
        Self {
            left,
            right,
            left_counts,
            right_counts,
            rule,
            plan,
            kernel,
            blocks,
        }
    }

    /// Makes some left rows ready.
    pub(crate) fn band(&self, rows: Range<u32>) -> Band {
        let mut rows: Vec<u32> = rows.collect();
        if self.rule.counts() {
            rows.sort_by_key(|row| self.left_counts[*row as usize]);
        }
        let words = self.plan.fold.words();
        let folded: Vec<u64> = rows
            .par_chunks(GROUP)
            .flat_map_iter(|some| self.plan.fold.rows(&self.left, some))
            .collect();
        let cases = CaseTable::new(self.kernel.vector_words(), words, &folded);
        let counts = rows
            .chunks(GROUP)
            .map(|some| least_and_most(&self.left_counts, some))
            .collect();
        Band {
            words: gathered(&self.left, &rows, Vec::new()),
            rows,
            cases,
            counts,
        }
    }

    /// The limit for group `group` of a band against a block; `None` when no pair of them can pass.
    pub(crate) fn limit(&self, band: &Band, group: usize, block: &Block) -> Option<u32> {
        let counts = band.counts[group];
        if self.rule.out_of_reach(counts, block.counts) {
            return None;
        }
        self.rule.limit(counts.1 + block.counts.1)
    }

    /// The largest total of set bits of a row of a group and a record of a block.
    pub(crate) fn largest_total(band: &Band, group: usize, block: &Block) -> u32 {
        band.counts[group].1 + block.counts.1
    }

    /// Compares the groups `groups` of a band with a block. `limit` gives each group's limit, `None` to leave it out. All pairs that pass
    /// the rule and lie within their group's limit are found, in no particular order.
    pub(crate) fn compare(
        &self,
        band: &Band,
        groups: Range<usize>,
        block: &Block,
        limit: impl Fn(usize) -> Option<u32>,
        scratch: &mut Scratch,
        mut found: impl FnMut(Found),
    ) {
        let words = self.plan.fold.words();
        let runs = self.runs(band, groups, limit);
        let Some(first_row) = runs.first().map(|run| run.rows.start) else {
            return;
        };
        let vector = self.kernel.vector_words();
        let rows = runs.last().map_or(0, |run| run.rows.end - first_row);
        let Scratch {
            others,
            tables,
            sums,
            carries,
            near,
            distances,
        } = scratch;
        let stride = rows * vector;
        let carries = carries.words(phases(words) * stride);
        if runs.iter().any(|run| run.threshold.is_some()) {
            let sums = sums.words(rows * LOW_PLANES * vector);
            let tables = tables.words(PHASE_WORDS * WORD_VECTORS * vector);
            let mut parity = [0; MAX_VECTOR_WORDS];
            for (word, carries) in (0..words)
                .step_by(PHASE_WORDS)
                .zip(carries.chunks_exact_mut(stride))
            {
                let width = PHASE_WORDS.min(words - word);
                let tables = &mut tables[..width * WORD_VECTORS * vector];
                for (table, word) in tables.chunks_exact_mut(WORD_VECTORS * vector).zip(word..) {
                    let planes = &block.planes[word * 64 * vector..][..64 * vector];
                    self.kernel.tabulate(planes, &mut parity[..vector], table);
                }
                for run in &runs {
                    let Some(threshold) = run.threshold else {
                        continue;
                    };
                    let phase = Phase {
                        tables,
                        cases: band.cases.part(word, run.rows.clone()),
                        threshold,
                        first: word == 0,
                        last: word + width == words,
                    };
                    let start = run.rows.start - first_row;
                    self.kernel.scan(
                        &phase,
                        &mut sums[start * LOW_PLANES * vector..],
                        &mut carries[start * vector..],
                    );
                }
            }
        }
        // Side by side, the records of a block stay in the nearest caches; in their file they lie far apart.
        let mut side_by_side = false;
        for run in &runs {
            near.clear();
            match run.threshold {
                None => near.extend(run.rows.clone().map(|row| Near {
                    row: row as u32,
                    records: [u64::MAX; MAX_VECTOR_WORDS],
                })),
                Some(threshold) => {
                    let some = run.rows.start - first_row..run.rows.end - first_row;
                    self.kernel
                        .settle(threshold, carries, stride, some, first_row, near);
                }
            }
            if !near.is_empty() && !side_by_side {
                *others = gathered(&self.right, &block.rows, std::mem::take(others));
                side_by_side = true;
            }
            for near in near.iter() {
                self.check(band, block, others, near, run.limit, distances, &mut found);
            }
        }
    }

    /// Consecutive groups with the same start of their sums.
    fn runs(
        &self,
        band: &Band,
        groups: Range<usize>,
        limit: impl Fn(usize) -> Option<u32>,
    ) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        for group in groups {
            let Some(limit) = limit(group) else { continue };
            let threshold = Threshold::new(self.plan.fold.words(), self.plan.scan_limit(limit));
            let rows = group * GROUP..((group + 1) * GROUP).min(band.rows.len());
            match runs.last_mut() {
                Some(run) if run.threshold == threshold && run.rows.end == rows.start => {
                    run.rows.end = rows.end;
                    run.limit = run.limit.max(limit);
                }
                _ => runs.push(Run {
                    rows,
                    limit,
                    threshold,
                }),
            }
        }
        runs
    }

    /// Compares all bits of what the scan left of a row. `others` are the filters of the block; none passes beyond `limit`.
    #[allow(clippy::too_many_arguments)] // Called from one place, with what that place has at hand.
    fn check(
        &self,
        band: &Band,
        block: &Block,
        others: &[u64],
        near: &Near,
        limit: u32,
        distances: &mut Vec<(u16, u16)>,
        found: &mut impl FnMut(Found),
    ) {
        let width = self.left.words_per_row();
        let left = band.rows[near.row as usize];
        let words = &band.words[near.row as usize * width..][..width];
        let left_count = self.left_counts[left as usize];
        distances.clear();
        self.kernel
            .near_distances(words, others, &near.records, limit, distances);
        for (place, distance) in distances.iter() {
            let (place, distance) = (usize::from(*place), u32::from(*distance));
            let right = block.rows[place];
            let total = left_count + self.right_counts[right as usize];
            let Some(limit) = self.rule.limit(total) else {
                continue;
            };
            let other = &others[place * width..][..width];
            if distance <= limit && self.plan.keeps(words, other, limit) {
                found(Found {
                    left,
                    right,
                    distance,
                    total,
                });
            }
        }
    }
}

/// The filters of some rows, one after another, in a buffer that may be used again.
fn gathered(set: &PackedSet, rows: &[u32], mut words: Vec<u64>) -> Vec<u64> {
    words.clear();
    for row in rows {
        words.extend_from_slice(set.row(*row as usize));
    }
    words
}

/// Rows whose sums start alike.
struct Run {
    rows: Range<usize>,
    /// No pair of these rows and the block passes with a greater distance.
    limit: u32,
    /// `None`: no distance is above the limit.
    threshold: Option<Threshold>,
}

impl Block {
    fn new(set: &PackedSet, counts: &[u32], rows: &[u32], fold: &Fold, kernel: Kernel) -> Self {
        let vector = kernel.vector_words();
        let mut planes = vec![0; fold.words() * 64 * vector];
        for (group, some) in rows.chunks(64).enumerate() {
            for (plane, bits) in planes.chunks_exact_mut(vector).zip(fold.planes(set, some)) {
                plane[group] = bits;
            }
        }
        Self {
            highest: rows.iter().copied().max().unwrap_or(0),
            counts: least_and_most(counts, rows),
            rows: rows.to_vec(),
            planes,
        }
    }
}

fn least_and_most(counts: &[u32], rows: &[u32]) -> (u32, u32) {
    rows.iter().fold((u32::MAX, 0), |(least, most), row| {
        let count = counts[*row as usize];
        (least.min(count), most.max(count))
    })
}

/// Memory that one thread works in.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    others: Vec<u64>,
    tables: Aligned,
    sums: Aligned,
    carries: Aligned,
    near: Vec<Near>,
    distances: Vec<(u16, u16)>,
}

/// Words that begin with a cache line: otherwise every case, a whole line of a table, would touch two.
#[derive(Debug, Default)]
struct Aligned(Vec<u64>);

impl Aligned {
    /// Words of a line.
    const LINE: usize = 8;

    /// So many words, holding anything.
    fn words(&mut self, count: usize) -> &mut [u64] {
        let room = count + Self::LINE - 1;
        if self.0.len() < room {
            self.0.resize(room, 0);
        }
        let start = self.0.as_ptr().align_offset(Self::LINE * size_of::<u64>());
        &mut self.0[start..][..count]
    }
}

/// Scratch memory to be used again: taking it from the system for every block would cost as much as the work.
#[derive(Debug, Default)]
pub(crate) struct ScratchPool(Mutex<Vec<Scratch>>);

impl ScratchPool {
    /// Runs `work` with scratch memory.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut Scratch) -> T) -> T {
        // A panic elsewhere leaves nothing half done in a list of buffers.
        let mut scratch = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop()
            .unwrap_or_default();
        let result = work(&mut scratch);
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(scratch);
        result
    }
}
