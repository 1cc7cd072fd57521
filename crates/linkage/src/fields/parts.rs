//! Parts of values: a filter all of whose bits another one has.
//!
//! A birth year without the day, a postcode without the house, one of two family names: what is left of a value is no other value. Bits of its
//! filter are those of what is left, so it is found by asking whether another filter has them all. What a part says is weighed by how many
//! people have it: everybody born in that year, everybody at that postcode.

use kinfold_matcher::PackedSet;
use rayon::prelude::*;

/// Values that are looked at together: a word of eight lanes for each bit.
const BLOCK: usize = 512;
const LANES: usize = BLOCK / 64;

/// Whether one of two filters has all bits of the other: which of them is the part. Of equal ones the first.
pub(super) fn part_of_two(one: &[u64], other: &[u64]) -> Option<Part> {
    let (mut first, mut second) = (true, true);
    for (a, b) in one.iter().zip(other) {
        first &= a & !b == 0;
        second &= b & !a == 0;
        if !first && !second {
            return None;
        }
    }
    Some(if first { Part::First } else { Part::Second })
}

/// Which of two values is a part of the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    First,
    Second,
}

/// For each value and each set how many records have it or a value that it is a part of; `records` says for each set how many have each value.
pub(super) fn holders(values: &PackedSet<'_>, records: &[Vec<u32>]) -> Vec<Vec<u32>> {
    let blocks = values.len().div_ceil(BLOCK);
    // For each block of values and each bit which of the values have it.
    let mut columns = vec![[0u64; LANES]; blocks * values.bits];
    let mut ones = vec![0u32; values.bits];
    for value in 0..values.len() {
        let (block, place) = (value / BLOCK, value % BLOCK);
        for bit in bits_of(values.row(value)) {
            columns[block * values.bits + bit][place / 64] |= 1 << (place % 64);
            ones[bit] += 1;
        }
    }
    let each: Vec<Vec<u32>> = (0..values.len())
        .into_par_iter()
        .with_min_len(64)
        .map(|value| {
            let mut own: Vec<usize> = bits_of(values.row(value)).collect();
            // Rare bits first: after a few of them hardly any value is left.
            own.sort_unstable_by_key(|&bit| (ones[bit], bit));
            let mut sums = vec![0u32; records.len()];
            for (block, columns) in columns.chunks_exact(values.bits).enumerate() {
                let mut left = [u64::MAX; LANES];
                for &bit in &own {
                    let mut any = 0;
                    for (left, column) in left.iter_mut().zip(&columns[bit]) {
                        *left &= column;
                        any |= *left;
                    }
                    if any == 0 {
                        break;
                    }
                }
                for (lane, &left) in left.iter().enumerate() {
                    for place in bits_of(&[left]) {
                        let holder = block * BLOCK + lane * 64 + place;
                        if holder < values.len() {
                            for (sum, records) in sums.iter_mut().zip(records) {
                                *sum += records[holder];
                            }
                        }
                    }
                }
            }
            sums
        })
        .collect();
    (0..records.len())
        .map(|set| each.iter().map(|sums| sums[set]).collect())
        .collect()
}

/// The places of the ones.
fn bits_of(words: &[u64]) -> impl Iterator<Item = usize> {
    words.iter().enumerate().flat_map(|(at, &word)| {
        std::iter::successors((word != 0).then_some(word), |left| {
            let rest = left & (left - 1);
            (rest != 0).then_some(rest)
        })
        .map(move |left| at * 64 + left.trailing_zeros() as usize)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn holders_are_those_that_have_all_bits(
            rows in proptest::collection::vec((0u64..64, 0u64..8, 1u32..4), 1..40), copies in 1usize..40
        ) {
            // Few different bits, so that many are parts of others; more than a block of values when there are many copies.
            let words: Vec<u64> = (0..copies as u64)
                .flat_map(|copy| rows.iter().flat_map(move |&(a, b, _)| [a, (b << 60) | (copy % 2)]))
                .collect();
            let count = words.len() / 2;
            let values = PackedSet::new(128, &words).unwrap();
            let records = [vec![1; count], rows.iter().map(|row| row.2).cycle().take(count).collect::<Vec<u32>>()];
            let found = holders(&values, &records);
            for value in 0..count {
                let has = |other: &usize| part_of_two(values.row(value), values.row(*other)) == Some(Part::First);
                for (found, records) in found.iter().zip(&records) {
                    let expected: u32 = (0..count).filter(has).map(|other| records[other]).sum();
                    prop_assert_eq!(found[value], expected);
                }
            }
        }
    }

    #[test]
    fn a_part_has_no_bit_of_its_own() {
        assert_eq!(part_of_two(&[3, 0], &[7, 1]), Some(Part::First));
        assert_eq!(part_of_two(&[7, 1], &[3, 0]), Some(Part::Second));
        assert_eq!(part_of_two(&[3, 1], &[7, 0]), None);
        assert_eq!(part_of_two(&[3, 1], &[3, 1]), Some(Part::First));
    }
}
