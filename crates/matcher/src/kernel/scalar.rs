//! The reference kernel: count the differing bits of each pair, one pair at a time.

use super::lanes::{Groups, LANES};
use crate::packed::PackedSet;
use std::ops::Range;

/// As [`super::Kernel::distances`].
pub(super) fn distances(
    left: &PackedSet,
    rows: Range<usize>,
    right: &Groups,
    groups: Range<usize>,
    distances: &mut [u16],
) {
    let mut slots = distances.iter_mut();
    for row in rows {
        let words = left.row(row);
        for group in groups.clone() {
            let columns = right.group(group);
            for lane in 0..LANES {
                let distance: u32 = words
                    .iter()
                    .zip(columns)
                    .map(|(word, column)| (word ^ column[lane]).count_ones())
                    .sum();
                let slot = slots.next().expect("one slot for each pair");
                *slot = distance as u16;
            }
        }
    }
}
