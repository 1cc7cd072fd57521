//! M4: whether bits go together, as those of one token do (the start of pattern mining: Christen and others 2018, Vidanage and others
//! 2019).

use crate::draws::Draws;
use crate::file::View;
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

/// Measures a filter on pairs of columns drawn by lot.
pub fn co_occurrence(view: &View, records: usize, pairs: usize, draws: &mut Draws) -> CoOccurrence {
    if records < 2 || view.bits < 2 {
        return CoOccurrence {
            pairs: 0,
            largest: 0.0,
            largest_by_chance: 0.0,
            beyond_chance: 0.0,
        };
    }
    let order: Vec<u32> = (0..records as u32).collect();
    let columns = columns(view, &order);
    let shuffled = self::columns(view, &draws.order(records));
    let ones: Vec<u32> = columns
        .iter()
        .map(|column| column.iter().map(|word| word.count_ones()).sum())
        .collect();
    let n = records as f64;
    let correlation = |a: usize, b: usize, other: &[u64]| {
        let both: u32 = columns[a]
            .iter()
            .zip(other)
            .map(|(x, y)| (x & y).count_ones())
            .sum();
        let (p, q) = (f64::from(ones[a]) / n, f64::from(ones[b]) / n);
        let spread = libm::sqrt(p * (1.0 - p) * q * (1.0 - q));
        if spread > 0.0 {
            libm::fabs(f64::from(both) / n - p * q) / spread
        } else {
            0.0
        }
    };
    let mut seen = Vec::with_capacity(pairs);
    let mut chance = Vec::with_capacity(pairs);
    for _ in 0..pairs {
        let a = draws.below(view.bits);
        let b = (a + 1 + draws.below(view.bits - 1)) % view.bits;
        seen.push(correlation(a, b, &columns[b]));
        chance.push(correlation(a, b, &shuffled[b]));
    }
    chance.sort_by(f64::total_cmp);
    let limit = chance[(pairs - 1) * 999 / 1000];
    let beyond = seen.iter().filter(|value| **value > limit).count();
    CoOccurrence {
        pairs: pairs as u64,
        largest: round(seen.iter().fold(0.0, |most, value| most.max(*value))),
        largest_by_chance: round(chance[pairs - 1]),
        beyond_chance: round(beyond as f64 / pairs as f64),
    }
}

/// Each column as bits, one a record, in an order of records.
fn columns(view: &View, order: &[u32]) -> Vec<Vec<u64>> {
    let mut columns = vec![vec![0u64; order.len().div_ceil(64)]; view.bits];
    for (place, row) in order.iter().enumerate() {
        for (number, word) in view.row(*row as usize).iter().enumerate() {
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
            vocabulary: 0,
        };
        let measured = co_occurrence(&view, 4, 40_000, &mut Draws::new(&[1; 32], "columns"));
        assert_eq!(measured.largest, 0.577_35);
    }

    #[test]
    fn tokens_show_in_plain_filters_and_not_in_diffused_ones() {
        let measured = |diffusion| {
            let file = made_up::people(600, 1).coded(&[2; 32], diffusion);
            co_occurrence(
                &file.views[0],
                600,
                20_000,
                &mut Draws::new(&[1; 32], "columns"),
            )
        };
        let (plain, diffused) = (measured(0), measured(6));
        assert!(plain.beyond_chance > 0.02, "{plain:?}");
        assert!(
            diffused.beyond_chance < 0.003 && diffused.largest < 0.25,
            "{diffused:?}"
        );
    }
}
