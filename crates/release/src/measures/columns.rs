//! M4: whether bits go together, as those of one token do (the start of pattern mining: Christen and others 2018, Vidanage and others
//! 2019).

use std::io;

use rayon::prelude::*;

use crate::codes::Codes;
use crate::draws::Draws;
use kinfold_verdict::round;

/// How the columns of a filter go together.
#[derive(Clone, Debug, PartialEq)]
pub struct CoOccurrence {
    /// Pairs of columns that were looked at.
    pub pairs: u64,
    /// The largest correlation, of either sign.
    pub largest: f64,
    /// The largest when the records of one of the two columns are shuffled.
    pub largest_by_chance: f64,
    /// Share of the pairs above what one in a thousand shuffled pairs reaches: 0.001 when there is no pattern.
    pub beyond_chance: f64,
}

/// Records whose columns are held at once: of 2,048 bits four megabytes.
const ROWS_AT_ONCE: usize = 8_192;

/// Measures a filter on pairs of columns drawn by lot.
///
/// # Errors
/// When the codes cannot be read.
pub fn co_occurrence(
    codes: &dyn Codes,
    filter: usize,
    pairs: usize,
    draws: &mut Draws,
) -> io::Result<CoOccurrence> {
    let (records, width) = (codes.records(), codes.widths()[filter]);
    let bits = width * 64;
    if records < 2 || bits < 2 {
        return Ok(CoOccurrence {
            pairs: 0,
            largest: 0.0,
            largest_by_chance: 0.0,
            beyond_chance: 0.0,
        });
    }
    let order = draws.order(records);
    let mut drawn: Vec<Pair> = (0..pairs)
        .map(|_| {
            let a = draws.below(bits);
            let b = (a + 1 + draws.below(bits - 1)) % bits;
            Pair {
                columns: (a, b),
                both: 0,
                shuffled: 0,
            }
        })
        .collect();
    // Records part by part: numbers of ones are sums, in whatever parts.
    let mut ones = vec![0u32; bits];
    let mut words = vec![0u64; ROWS_AT_ONCE.min(records) * width];
    for (part, order) in order.chunks(ROWS_AT_ONCE).enumerate() {
        let words = &mut words[..order.len() * width];
        codes.words(filter, part * ROWS_AT_ONCE, words)?;
        let columns = columns(words, width);
        for (row, words) in order.iter().zip(words.chunks_exact_mut(width)) {
            codes.words(filter, *row as usize, words)?;
        }
        let shuffled = self::columns(words, width);
        for (ones, column) in ones.iter_mut().zip(&columns) {
            *ones += column.iter().map(|word| word.count_ones()).sum::<u32>();
        }
        drawn.par_iter_mut().for_each(|pair| {
            let (a, b) = pair.columns;
            pair.both += in_both(&columns[a], &columns[b]);
            pair.shuffled += in_both(&columns[a], &shuffled[b]);
        });
    }
    let n = records as f64;
    let correlation = |(a, b): (usize, usize), both: u32| {
        let (p, q) = (f64::from(ones[a]) / n, f64::from(ones[b]) / n);
        let spread = libm::sqrt(p * (1.0 - p) * q * (1.0 - q));
        if spread > 0.0 {
            libm::fabs(f64::from(both) / n - p * q) / spread
        } else {
            0.0
        }
    };
    let seen: Vec<f64> = drawn
        .iter()
        .map(|pair| correlation(pair.columns, pair.both))
        .collect();
    let mut chance: Vec<f64> = drawn
        .iter()
        .map(|pair| correlation(pair.columns, pair.shuffled))
        .collect();
    chance.sort_by(f64::total_cmp);
    let limit = chance[(pairs - 1) * 999 / 1000];
    let beyond = seen.iter().filter(|value| **value > limit).count();
    Ok(CoOccurrence {
        pairs: pairs as u64,
        largest: round(seen.iter().fold(0.0, |most, value| most.max(*value))),
        largest_by_chance: round(chance[pairs - 1]),
        beyond_chance: round(beyond as f64 / pairs as f64),
    })
}

/// Two columns, with the number of records that have both, and that when the second is shuffled.
struct Pair {
    columns: (usize, usize),
    both: u32,
    shuffled: u32,
}

fn in_both(a: &[u64], b: &[u64]) -> u32 {
    a.iter().zip(b).map(|(x, y)| (x & y).count_ones()).sum()
}

/// Each column of some records as bits, one a record.
fn columns(words: &[u64], width: usize) -> Vec<Vec<u64>> {
    let records = words.len() / width;
    let mut columns = vec![vec![0u64; records.div_ceil(64)]; width * 64];
    for (place, row) in words.chunks_exact(width).enumerate() {
        for (number, word) in row.iter().enumerate() {
            let mut left = *word;
            while left != 0 {
                let bit = left.trailing_zeros() as usize;
                columns[number * 64 + bit][place / 64] |= 1 << (place % 64);
                left &= left - 1;
            }
        }
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::{File, View};
    use crate::made_up;

    #[test]
    fn two_columns_by_hand() {
        // Column 0 is 1 1 0 0, column 1 is 1 0 0 0: (1/4 - 1/8) / sqrt(1/4 * 3/16) = 0.577350; the others never change.
        let view = View {
            id: "test".to_owned(),
            bits: 64,
            inner_bits: 64,
            diffusion: 0,
            codes: vec![3, 1, 0, 0],
            tokens: Vec::new(),
            withheld: Vec::new(),
            vocabulary: 0,
        };
        let file = File {
            records: 4,
            views: vec![view],
            ..File::default()
        };
        let mut draws = Draws::new(&[1; 32], "columns");
        let measured = co_occurrence(&file, 0, 40_000, &mut draws).unwrap();
        assert_eq!(measured.largest, 0.577_35);
    }

    #[test]
    fn tokens_show_in_plain_filters_and_not_in_diffused_ones() {
        let measured = |diffusion| {
            let file = made_up::people(600, 1).coded(&[2; 32], diffusion);
            let mut draws = Draws::new(&[1; 32], "columns");
            co_occurrence(&file, 0, 20_000, &mut draws).unwrap()
        };
        let (plain, diffused) = (measured(0), measured(6));
        assert!(plain.beyond_chance > 0.02, "{plain:?}");
        assert!(
            diffused.beyond_chance < 0.003 && diffused.largest < 0.25,
            "{diffused:?}"
        );
    }
}
