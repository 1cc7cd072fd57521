//! M2: whether every bit is a coin toss.

use std::io;

use crate::codes::Codes;
use kinfold_verdict::round;

/// How even the bits of a filter are over the records.
#[derive(Clone, Debug, PartialEq)]
pub struct Balance {
    /// The largest distance of a bit's share of ones from one half.
    pub largest_deviation: f64,
    /// What chance and the diffusion's own small unevenness allow: `5 * 0.5 / sqrt(n) + 0.02`.
    pub allowed: f64,
    /// Sum over bits of (ones - n/2)^2 / (n/4), divided by the number of bits: about 1 when each bit is a coin toss.
    pub chi_squared: f64,
    /// Mean entropy of a bit, at most 1.
    pub entropy: f64,
    /// Gini coefficient of the bits' numbers of ones, 0 when all have as many.
    pub gini: f64,
}

/// Measures a filter.
///
/// # Errors
/// When the codes cannot be read.
pub fn balance(codes: &dyn Codes, filter: usize) -> io::Result<Balance> {
    let mut ones = vec![0u64; codes.widths()[filter] * 64];
    codes.each_row(filter, |_, words| {
        for (place, word) in words.iter().enumerate() {
            for (bit, ones) in ones[place * 64..(place + 1) * 64].iter_mut().enumerate() {
                *ones += word >> bit & 1;
            }
        }
    })?;
    let n = codes.records().max(1) as f64;
    let shares = ones.iter().map(|ones| *ones as f64 / n);
    let bits = ones.len() as f64;
    let entropy = |share: f64| {
        let part = |p: f64| if p > 0.0 { -p * libm::log2(p) } else { 0.0 };
        part(share) + part(1.0 - share)
    };
    let mut sorted = ones.clone();
    sorted.sort_unstable();
    let total: u64 = sorted.iter().sum();
    // With the values in order, Gini = sum((2i - m - 1) x_i) / (m sum(x)).
    let weighted: f64 = sorted
        .iter()
        .enumerate()
        .map(|(place, ones)| (2.0 * (place as f64 + 1.0) - bits - 1.0) * *ones as f64)
        .sum();
    Ok(Balance {
        largest_deviation: round(
            shares
                .clone()
                .map(|share| libm::fabs(share - 0.5))
                .fold(0.0, f64::max),
        ),
        allowed: round(2.5 / libm::sqrt(n) + 0.02),
        chi_squared: round(
            shares
                .clone()
                .map(|share| (share - 0.5) * (share - 0.5) * 4.0 * n)
                .sum::<f64>()
                / bits,
        ),
        entropy: round(shares.map(entropy).sum::<f64>() / bits),
        gini: round(if total > 0 {
            weighted / (bits * total as f64)
        } else {
            0.0
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::{File, View};

    #[test]
    fn a_balance_by_hand() {
        // Four records of 64 bits: the first 32 bits are one in two of them, the others in one.
        let low = 0xffff_ffffu64;
        let view = View {
            id: "test".to_owned(),
            bits: 64,
            inner_bits: 64,
            diffusion: 6,
            codes: vec![u64::MAX, low, 0, 0],
            tokens: Vec::new(),
            withheld: Vec::new(),
            vocabulary: 0,
        };
        let file = File {
            records: 4,
            views: vec![view],
            ..File::default()
        };
        let balance = balance(&file, 0).unwrap();
        assert_eq!(balance.largest_deviation, 0.25);
        assert_eq!(balance.allowed, 1.27);
        // Half of the bits 0, half (1 - 2)^2 / 1 = 1.
        assert_eq!(balance.chi_squared, 0.5);
        // (1 + H(1/4)) / 2 with H(1/4) = 0.811278.
        assert_eq!(balance.entropy, 0.905_639);
        // 32 ones and 32 twos: sum of differences over all ordered pairs 2 * 32 * 32, over 2 * 64^2 * 1.5.
        assert!((balance.gini - 2048.0 / 12288.0).abs() < 1e-6);
    }
}
