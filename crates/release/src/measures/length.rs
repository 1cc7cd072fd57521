//! M3: whether the number of ones tells how long a name is.

use std::collections::BTreeMap;
use std::io;

use crate::kernel::positions;
use crate::subject::Subject;
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
pub(crate) fn length(subject: &Subject<'_>, filter: usize) -> io::Result<Length> {
    let (mut ones, mut lengths): (Vec<u32>, Vec<u32>) = (Vec::new(), Vec::new());
    let mut tokens = Vec::new();
    subject.codes.each_row(filter, |row, words| {
        if subject.is_listed(filter, row as u32) {
            ones.push(words.iter().map(|word| word.count_ones()).sum());
            subject.tokens(filter, row as u32, &mut tokens);
            lengths.push(positions(&tokens));
        }
    })?;
    let people = ones.len();
    let (ones, lengths) = (Ranks::of(&ones), Ranks::of(&lengths));
    Ok(Length {
        people: people as u64,
        correlation: round(correlation(&ones, &lengths)),
        information: round(information(&ones, &lengths)),
        allowed: round(f64::max(0.1, 4.0 / libm::sqrt(people.max(1) as f64))),
    })
}

/// Values with the rank of each, the mean rank for equal ones.
struct Ranks<'a> {
    values: &'a [u32],
    of_value: BTreeMap<u32, f64>,
}

impl<'a> Ranks<'a> {
    fn of(values: &'a [u32]) -> Self {
        let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
        for value in values {
            *counts.entry(*value).or_default() += 1;
        }
        let mut start = 0;
        let of_value = counts.into_iter().map(|(value, equal)| {
            let rank = start as f64 + f64::midpoint(equal as f64, 1.0);
            start += equal;
            (value, rank)
        });
        Self {
            of_value: of_value.collect(),
            values,
        }
    }

    fn len(&self) -> usize {
        self.values.len()
    }

    fn iter(&self) -> impl Iterator<Item = f64> {
        self.values.iter().map(|value| self.of_value[value])
    }
}

/// Pearson's correlation of ranks, 0 when one side never changes.
fn correlation(a: &Ranks<'_>, b: &Ranks<'_>) -> f64 {
    let n = a.len().max(1) as f64;
    let (mean_a, mean_b) = (a.iter().sum::<f64>() / n, b.iter().sum::<f64>() / n);
    let (mut aa, mut bb, mut ab) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(b.iter()) {
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
fn information(a: &Ranks<'_>, b: &Ranks<'_>) -> f64 {
    let n = a.len() as f64;
    if a.len() < PARTS * PARTS {
        return 0.0;
    }
    let part = |rank: f64| (((rank - 0.5) / n * PARTS as f64) as usize).min(PARTS - 1);
    let mut both = [[0.0; PARTS]; PARTS];
    let (mut left, mut right) = ([0.0; PARTS], [0.0; PARTS]);
    for (x, y) in a.iter().zip(b.iter()) {
        both[part(x)][part(y)] += 1.0 / n;
        left[part(x)] += 1.0 / n;
        right[part(y)] += 1.0 / n;
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
    use crate::file::{File, View};
    use crate::subject::Held;

    #[test]
    fn ranks_and_correlation_by_hand() {
        let ranks: Vec<f64> = Ranks::of(&[3, 1, 3, 2]).iter().collect();
        assert_eq!(ranks, [3.5, 1.0, 3.5, 2.0]);
        let between = |a: &[u32], b: &[u32]| correlation(&Ranks::of(a), &Ranks::of(b));
        // Ranks 1 2 3 against 1 3 2: 1 - 6 * 2 / (3 * 8) = 0.5.
        assert!((between(&[1, 2, 3], &[1, 3, 2]) - 0.5).abs() < 1e-12);
        assert_eq!(between(&[1, 1], &[1, 2]), 0.0);
    }

    #[test]
    fn information_by_hand() {
        // The same ranking twice: log2(8) = 3 bits, less 49 / (2 * 800 * ln 2) = 0.044183.
        let values: Vec<u32> = (1..=800).collect();
        let ranks = Ranks::of(&values);
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
            withheld: Vec::new(),
            vocabulary: 1,
        };
        let file = File {
            records: 5,
            views: vec![view],
            ..File::default()
        };
        let held = Held::new(&file);
        let length = length(&held.subject(), 0).unwrap();
        assert_eq!((length.people, length.correlation), (5, 1.0));
    }
}
