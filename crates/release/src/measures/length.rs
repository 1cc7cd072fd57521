//! M3: whether the number of ones tells how long a name is.

use crate::file::View;
use crate::kernel::positions;
use kinfold_verdict::round;

/// How the weight of codes goes with the length of values.
#[derive(Clone, Debug, PartialEq)]
pub struct Length {
    /// People who were looked at.
    pub people: u64,
    /// Spearman's rank correlation of ones in the code and positions of the tokens.
    pub correlation: f64,
    /// Mutual information of the two in bits, each cut into eight parts of as many people, less what chance gives.
    pub information: f64,
    /// What is allowed: 0.1, or four standard errors in a small file.
    pub allowed: f64,
}

/// Measures a filter.
pub fn length(view: &View) -> Length {
    let (mut ones, mut lengths) = (Vec::new(), Vec::new());
    for (row, tokens) in view.tokens.iter().enumerate() {
        if let Some(tokens) = tokens {
            ones.push(f64::from(
                view.row(row)
                    .iter()
                    .map(|word| word.count_ones())
                    .sum::<u32>(),
            ));
            lengths.push(f64::from(positions(tokens)));
        }
    }
    let people = ones.len();
    let (ones, lengths) = (ranks(&ones), ranks(&lengths));
    Length {
        people: people as u64,
        correlation: round(correlation(&ones, &lengths)),
        information: round(information(&ones, &lengths)),
        allowed: round(f64::max(0.1, 4.0 / libm::sqrt(people.max(1) as f64))),
    }
}

/// The rank of each value, the mean rank for equal ones.
pub(super) fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    while start < order.len() {
        let equal = order[start..]
            .iter()
            .take_while(|at| values[**at] == values[order[start]])
            .count();
        let rank = start as f64 + f64::midpoint(equal as f64, 1.0);
        for at in &order[start..start + equal] {
            ranks[*at] = rank;
        }
        start += equal;
    }
    ranks
}

/// Pearson's correlation, 0 when one side never changes.
pub(super) fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len().max(1) as f64;
    let (mean_a, mean_b) = (a.iter().sum::<f64>() / n, b.iter().sum::<f64>() / n);
    let (mut aa, mut bb, mut ab) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(b) {
        let (x, y) = (x - mean_a, y - mean_b);
        aa += x * x;
        bb += y * y;
        ab += x * y;
    }
    let spread = libm::sqrt(aa * bb);
    if spread > 0.0 { ab / spread } else { 0.0 }
}

const PARTS: usize = 8;

/// Mutual information of two rankings, less its mean for unrelated ones ((parts - 1)^2 / (2 n ln 2); Miller 1955), at least 0.
fn information(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len() as f64;
    if a.len() < PARTS * PARTS {
        return 0.0;
    }
    let part = |rank: f64| (((rank - 0.5) / n * PARTS as f64) as usize).min(PARTS - 1);
    let mut both = [[0.0; PARTS]; PARTS];
    let (mut left, mut right) = ([0.0; PARTS], [0.0; PARTS]);
    for (x, y) in a.iter().zip(b) {
        both[part(*x)][part(*y)] += 1.0 / n;
        left[part(*x)] += 1.0 / n;
        right[part(*y)] += 1.0 / n;
    }
    let mut sum = 0.0;
    for (x, row) in both.iter().enumerate() {
        for (y, p) in row.iter().enumerate() {
            if *p > 0.0 {
                sum += p * libm::log2(p / (left[x] * right[y]));
            }
        }
    }
    let chance = (PARTS as f64 - 1.0) * (PARTS as f64 - 1.0) / (2.0 * n * std::f64::consts::LN_2);
    (sum - chance).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_and_correlation_by_hand() {
        assert_eq!(ranks(&[3.0, 1.0, 3.0, 2.0]), [3.5, 1.0, 3.5, 2.0]);
        // Ranks 1 2 3 against 1 3 2: 1 - 6 * 2 / (3 * 8) = 0.5.
        assert!((correlation(&[1.0, 2.0, 3.0], &[1.0, 3.0, 2.0]) - 0.5).abs() < 1e-12);
        assert_eq!(correlation(&[1.0, 1.0], &[1.0, 2.0]), 0.0);
    }

    #[test]
    fn information_by_hand() {
        // The same ranking twice: log2(8) = 3 bits, less 49 / (2 * 800 * ln 2) = 0.044183.
        let ranks: Vec<f64> = (1..=800).map(f64::from).collect();
        assert!((information(&ranks, &ranks) - (3.0 - 0.044_183)).abs() < 1e-5);
    }

    #[test]
    fn ones_that_grow_with_the_length_are_seen() {
        let view = View {
            id: "test".to_owned(),
            bits: 64,
            inner_bits: 64,
            diffusion: 0,
            codes: (0..5).map(|n| (1u64 << n) - 1).collect(),
            tokens: (0..5).map(|n| Some(vec![(0, n * 3)])).collect(),
            vocabulary: 1,
        };
        let length = length(&view);
        assert_eq!((length.people, length.correlation), (5, 1.0));
    }
}
