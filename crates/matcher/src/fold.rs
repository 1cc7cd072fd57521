//! Shorter filters whose distance is never above that of the long ones.
//!
//! The bits of a filter are put into cells, and the bits of a cell are combined by exclusive-or. Each cell that differs holds at least
//! one bit that differs, so the distance of the folded filters is a lower bound: a pair above the limit there is above it everywhere, and
//! nothing is lost. Bits that are set in about half of the records say most, and keep a cell of their own when there is room; the
//! others are folded together, the most telling with the least.

use crate::packed::PackedSet;

/// Into which cell each bit of a filter goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fold {
    /// For each bit of the filter its cell, or [`NO_CELL`].
    cells: Vec<u32>,
    /// Words of a folded filter.
    words: usize,
}

/// The cell of a bit that is left out.
const NO_CELL: u32 = u32::MAX;

impl Fold {
    /// Every bit in its own cell, in order.
    pub(crate) fn none(bits: usize) -> Self {
        Self {
            cells: (0..bits as u32).collect(),
            words: bits / 64,
        }
    }

    /// The first bits of `order` alone, the others left out.
    pub(crate) fn prefix(order: &[u32], words: usize) -> Self {
        let mut cells = vec![NO_CELL; order.len()];
        for (cell, bit) in order[..words * 64].iter().enumerate() {
            cells[*bit as usize] = cell as u32;
        }
        Self { cells, words }
    }

    /// All bits in `words * 64` cells, most telling first: `order` sorts them so.
    pub(crate) fn balanced(order: &[u32], words: usize) -> Self {
        let room = words * 64;
        let alone = (2 * room).saturating_sub(order.len()).min(room);
        let mut cells = vec![0; order.len()];
        for (place, bit) in order.iter().enumerate() {
            cells[*bit as usize] = if place < alone || room == alone {
                (place % room) as u32
            } else {
                // There and back over the shared cells, so that each gets bits from all over the order.
                let shared = room - alone;
                let (turn, step) = ((place - alone) / shared, (place - alone) % shared);
                let step = if turn % 2 == 0 {
                    step
                } else {
                    shared - 1 - step
                };
                (alone + step) as u32
            };
        }
        Self { cells, words }
    }

    /// Words of a folded filter.
    pub(crate) fn words(&self) -> usize {
        self.words
    }

    /// Folds up to 64 rows: plane `c` holds cell `c` of row `i` in bit `i`.
    pub(crate) fn planes(&self, set: &PackedSet, rows: &[u32]) -> Vec<u64> {
        let mut planes = vec![0; self.words * 64];
        for (word, cells) in self.cells.chunks_exact(64).enumerate() {
            let mut block = [0; 64];
            for (slot, row) in block.iter_mut().zip(rows) {
                *slot = set.row(*row as usize)[word];
            }
            transpose(&mut block);
            for (plane, cell) in block.iter().zip(cells) {
                if *cell != NO_CELL {
                    planes[*cell as usize] ^= plane;
                }
            }
        }
        planes
    }

    /// Folds rows, row after row.
    pub(crate) fn rows(&self, set: &PackedSet, rows: &[u32]) -> Vec<u64> {
        let mut folded = vec![0; rows.len() * self.words];
        for (some, place) in rows.chunks(64).zip(folded.chunks_mut(64 * self.words)) {
            let planes = self.planes(set, some);
            for (word, planes) in planes.chunks_exact(64).enumerate() {
                let mut block: [u64; 64] = planes.try_into().expect("cut to this length");
                transpose(&mut block);
                for (row, bits) in place.chunks_exact_mut(self.words).zip(block) {
                    row[word] = bits;
                }
            }
        }
        folded
    }
}

/// Turns 64 words of 64 bits on their side: bit `j` of word `i` becomes bit `i` of word `j`. (Warren, Hacker's Delight, 7-3.)
fn transpose(block: &mut [u64; 64]) {
    let mut step = 32;
    let mut mask = u64::MAX >> 32;
    while step > 0 {
        let mut first = 0;
        while first < 64 {
            for low in first..first + step {
                let high = low + step;
                let swap = (block[low] >> step ^ block[high]) & mask;
                block[low] ^= swap << step;
                block[high] ^= swap;
            }
            first += 2 * step;
        }
        step /= 2;
        mask ^= mask << step;
    }
}

/// The bits of filters of some sets, most telling first: those that are set in nearest to half of a sample of the rows.
pub(crate) fn most_telling(sets: [&PackedSet; 2]) -> Vec<u32> {
    /// Rows of a set that are looked at.
    const SAMPLE: usize = 2_048;
    let bits = sets[0].bits;
    let mut set_in = vec![0_u64; bits];
    let mut seen = 0;
    for set in sets {
        let rows: Vec<u32> = spread(set.len(), SAMPLE).collect();
        let identity = Fold::none(bits);
        for some in rows.chunks(64) {
            for (count, plane) in set_in.iter_mut().zip(identity.planes(set, some)) {
                *count += u64::from(plane.count_ones());
            }
        }
        seen += rows.len() as u64;
    }
    let mut order: Vec<u32> = (0..bits as u32).collect();
    order.sort_by_key(|bit| (set_in[*bit as usize] * 2).abs_diff(seen));
    order
}

/// At most `wanted` row numbers, evenly spread.
pub(crate) fn spread(rows: usize, wanted: usize) -> impl Iterator<Item = u32> {
    let wanted = wanted.min(rows);
    (0..wanted).map(move |index| (index as u64 * rows as u64 / wanted as u64) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn distance(one: &[u64], other: &[u64]) -> u32 {
        one.iter()
            .zip(other)
            .map(|(x, y)| (x ^ y).count_ones())
            .sum()
    }

    proptest! {
        #[test]
        fn a_transposed_block_has_its_bits_swapped(block in proptest::collection::vec(any::<u64>(), 64)) {
            let mut turned: [u64; 64] = block.clone().try_into().unwrap();
            transpose(&mut turned);
            for (i, row) in block.iter().enumerate() {
                for (j, column) in turned.iter().enumerate() {
                    prop_assert_eq!(row >> j & 1, column >> i & 1);
                }
            }
        }

        /// The bound that all rests on: a folded distance is never above the real one, and of the same parity when nothing is left out.
        #[test]
        fn folding_never_takes_filters_apart(
            words in proptest::collection::vec(any::<u64>(), 8 * 5),
            sparse in proptest::collection::vec(any::<u64>(), 8 * 5),
            width in 1_usize..=8,
        ) {
            let words: Vec<u64> = words.iter().zip(&sparse).map(|(x, y)| x & y).collect();
            let set = PackedSet::new(512, &words).unwrap();
            let order = most_telling([&set, &set]);
            for fold in [Fold::balanced(&order, width), Fold::prefix(&order, width)] {
                let folded = fold.rows(&set, &[0, 1, 2, 3, 4]);
                for i in 0..5 {
                    for j in 0..5 {
                        let short = distance(&folded[i * width..][..width], &folded[j * width..][..width]);
                        prop_assert!(short <= distance(set.row(i), set.row(j)));
                    }
                }
            }
            let whole = Fold::balanced(&order, 8).rows(&set, &[3, 1]);
            prop_assert_eq!(distance(&whole[..8], &whole[8..]), distance(set.row(3), set.row(1)));
        }
    }

    #[test]
    fn without_folding_rows_are_as_they_were() {
        let words: Vec<u64> = (1..=2 * 70_u64)
            .map(|i| i.wrapping_mul(0x9e37_79b9_7f4a_7c15))
            .collect();
        let set = PackedSet::new(128, &words).unwrap();
        let rows: Vec<u32> = (0..70).collect();
        assert_eq!(Fold::none(128).rows(&set, &rows), words);
    }

    #[test]
    fn cells_are_shared_as_evenly_as_possible() {
        for bits in [256, 512, 1024, 4096] {
            let order: Vec<u32> = (0..bits).rev().collect();
            for words in 1..=bits as usize / 64 {
                let fold = Fold::balanced(&order, words);
                let mut held = vec![0; words * 64];
                for cell in fold.cells {
                    held[cell as usize] += 1;
                }
                let (least, most) = (held.iter().min().unwrap(), held.iter().max().unwrap());
                assert!(
                    *least >= 1 && most - least <= 1,
                    "{bits} {words}: {least} to {most}"
                );
            }
        }
    }
}
