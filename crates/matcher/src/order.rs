//! Puts matches of some left rows in order.

use crate::stream::Match;
use rayon::prelude::*;
use std::ops::Range;

/// Matches of a left row, on average, from which rows are told apart by counting.
const MANY: usize = 8;

/// Makes `sorted` the matches of `found`, all of left rows `rows`, in the order of `(left, right)` and of the filter that found them. What
/// it held before is gone: it is passed in so that its memory is used again, which the system gives more slowly than it is filled.
///
/// With many matches they are dealt out to their left rows by counting, and each row is sorted by itself: at a threshold that one pair
/// in a hundred passes, sorting all at once took a third of the time of the whole join.
pub(crate) fn sort_into(sorted: &mut Vec<Match>, found: &[Vec<Match>], rows: &Range<u32>) {
    let count = found.iter().map(Vec::len).sum::<usize>();
    if count < rows.len() * MANY {
        sorted.clear();
        for some in found {
            sorted.extend_from_slice(some);
        }
        sorted.par_sort_unstable();
        return;
    }
    // Where the matches of each row begin.
    let mut places = vec![0; rows.len() + 1];
    for pair in found.iter().flatten() {
        places[(pair.left - rows.start) as usize + 1] += 1;
    }
    for row in 1..places.len() {
        places[row] += places[row - 1];
    }
    sorted.resize(count, Match::NOTHING);
    for pair in found.iter().flatten() {
        let place = &mut places[(pair.left - rows.start) as usize];
        sorted[*place] = *pair;
        *place += 1;
    }
    sorted
        .par_chunk_by_mut(|one, next| one.left == next.left)
        .for_each(|row| {
            // A record is found once by each filter, so nothing else is needed to tell matches apart.
            row.sort_unstable_by_key(|pair| u64::from(pair.right) << 32 | u64::from(pair.passed));
        });
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn few_and_many_are_in_order(
            first in 0u32..5,
            rows in 1u32..40,
            lists in proptest::collection::vec(proptest::collection::vec((0u32..40, 0u32..50, 0u32..3), 0..200), 0..6),
            held in 0usize..2_000,
        ) {
            let found: Vec<Vec<Match>> = lists
                .into_iter()
                .map(|list| {
                    list.into_iter()
                        .map(|(left, right, filter)| Match {
                            left: first + left % rows,
                            right,
                            passed: 1 << filter,
                            ..Match::NOTHING
                        })
                        .collect()
                })
                .collect();
            let mut expected: Vec<Match> = found.concat();
            expected.sort();
            let mut sorted = vec![Match::NOTHING; held];
            sort_into(&mut sorted, &found, &(first..first + rows));
            prop_assert_eq!(sorted, expected);
        }
    }
}
