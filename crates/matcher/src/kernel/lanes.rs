//! Eight records side by side: the layout and the loop that the compiler vectorises.

use crate::packed::PackedSet;
use std::ops::Range;

/// Records in a group: eight 64-bit words fill one 512-bit register, or two of 256 bits.
pub(crate) const LANES: usize = 8;

/// Left rows that share one pass over a group, so that each of its words is loaded once for all of them.
const ROWS: usize = 4;

/// Filters regrouped by eights: entry `g * width + w` holds word `w` of records `8 g .. 8 g + 8`. Missing records of the last group
/// are all zero.
pub(crate) struct Groups {
    width: usize,
    records: usize,
    columns: Vec<[u64; LANES]>,
}

impl Groups {
    /// Regroups a set; costs one copy of it.
    pub(crate) fn new(set: &PackedSet) -> Self {
        let width = set.words_per_row();
        let mut columns = vec![[0; LANES]; set.len().div_ceil(LANES) * width];
        for (record, row) in set.words.chunks_exact(width).enumerate() {
            let group = &mut columns[record / LANES * width..][..width];
            for (column, word) in group.iter_mut().zip(row) {
                column[record % LANES] = *word;
            }
        }
        Self {
            width,
            records: set.len(),
            columns,
        }
    }

    /// Words in a record.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Number of records.
    pub(crate) fn records(&self) -> usize {
        self.records
    }

    /// Number of groups.
    pub(crate) fn len(&self) -> usize {
        self.records.div_ceil(LANES)
    }

    /// The words of one group.
    pub(super) fn group(&self, index: usize) -> &[[u64; LANES]] {
        &self.columns[index * self.width..(index + 1) * self.width]
    }
}

/// As [`super::Kernel::distances`]. Always inlined, so that each caller compiles it with its own instructions.
#[inline(always)]
#[allow(clippy::inline_always)] // Otherwise there would be one copy, compiled for the plainest processor.
pub(super) fn distances(
    left: &PackedSet,
    mut rows: Range<usize>,
    right: &Groups,
    groups: Range<usize>,
    mut distances: &mut [u16],
) {
    let stride = groups.len() * LANES;
    while rows.len() >= ROWS {
        let (block, rest) = distances.split_at_mut(ROWS * stride);
        some_rows::<ROWS>(left, rows.start, right, groups.clone(), block);
        rows.start += ROWS;
        distances = rest;
    }
    for (row, line) in rows.zip(distances.chunks_exact_mut(stride.max(1))) {
        some_rows::<1>(left, row, right, groups.clone(), line);
    }
}

/// `R` rows against all groups.
#[inline(always)]
#[allow(clippy::inline_always)]
fn some_rows<const R: usize>(
    left: &PackedSet,
    first: usize,
    right: &Groups,
    groups: Range<usize>,
    distances: &mut [u16],
) {
    let stride = groups.len() * LANES;
    let rows: [&[u64]; R] = std::array::from_fn(|offset| left.row(first + offset));
    for (position, group) in groups.enumerate() {
        let sums = sums(rows, right.group(group));
        for (line, sum) in distances.chunks_exact_mut(stride).zip(sums) {
            let place = &mut line[position * LANES..][..LANES];
            for (slot, count) in place.iter_mut().zip(sum) {
                *slot = count as u16;
            }
        }
    }
}

/// Differing bits of `R` rows against the eight records of a group.
#[inline(always)]
#[allow(clippy::inline_always)]
fn sums<const R: usize>(rows: [&[u64]; R], columns: &[[u64; LANES]]) -> [[u64; LANES]; R] {
    // Cut to one length, so that the compiler sees that no index can be out of bounds.
    let rows = rows.map(|row| &row[..columns.len()]);
    let mut sums = [[0; LANES]; R];
    for (index, column) in columns.iter().enumerate() {
        for (sum, row) in sums.iter_mut().zip(rows) {
            for (count, other) in sum.iter_mut().zip(column) {
                *count += u64::from((row[index] ^ other).count_ones());
            }
        }
    }
    sums
}
