//! From a formatted value to its tokens (`clkhash/comparators.py`).

use super::number;
use num_bigint::BigInt;

/// How two values of a feature are to be compared, which decides on its tokens.
#[derive(Clone, Debug, PartialEq)]
pub enum Comparison {
    /// All runs of `n` characters of the value, padded with `n - 1` spaces on both sides.
    Ngram {
        /// Number of characters.
        n: usize,
        /// Each token begins with its number, counted from 1, and a space.
        positional: bool,
    },
    /// The value itself.
    Exact,
    /// A neighbourhood of the number (Vatsalan and Christen, "Privacy-preserving matching of similar patients", Journal of Biomedical
    /// Informatics 59, 2016).
    Numeric(Numeric),
}

/// Parameters of the numeric comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct Numeric {
    /// Distance of two tokens: the threshold in units of 10^-`fractional_digits`.
    pub interval: BigInt,
    /// As many tokens on each side of the middle one.
    pub resolution: u32,
    /// Digits after the point that count.
    pub fractional_digits: u32,
}

/// A value that cannot be cut into tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoTokens {
    /// It is not a number, or not a finite one.
    NotNumber,
    /// The numbers have too many digits for Python.
    TooLarge,
}

impl Numeric {
    /// The tokens of a value that is not empty.
    ///
    /// # Errors
    /// [`NoTokens`] where clkhash fails with an exception.
    pub fn tokens(&self, value: &str) -> Result<Vec<String>, NoTokens> {
        let scale = || BigInt::from(10).pow(self.fractional_digits);
        let mut v = if let Some(whole) = number::int(value) {
            whole * scale()
        } else {
            let float = number::float(value).ok_or(NoTokens::NotNumber)?;
            let scaled = if self.fractional_digits > 0 {
                let factor = number::to_float(&scale()).ok_or(NoTokens::TooLarge)?;
                number::rounded(float * factor)
            } else {
                number::truncated(float)
            };
            scaled.ok_or(NoTokens::NotNumber)?
        };
        v = v * 2 * self.resolution;
        // Python's `%` takes the sign of the divisor, which is positive.
        let mut residue = &v % &self.interval;
        if residue < BigInt::ZERO {
            residue += &self.interval;
        }
        if residue != BigInt::ZERO {
            if self.is_below_half(&residue)? {
                v -= residue;
            } else {
                v += &self.interval - residue;
            }
        }
        let resolution = i64::from(self.resolution);
        (-resolution..=resolution)
            .map(|step| {
                let text = (&v + BigInt::from(step) * &self.interval).to_string();
                let digits = text.trim_start_matches('-').len();
                (digits <= number::MOST_DIGITS)
                    .then_some(text)
                    .ok_or(NoTokens::TooLarge)
            })
            .collect()
    }

    /// `residue < interval / 2`, where Python's division gives the nearest float.
    fn is_below_half(&self, residue: &BigInt) -> Result<bool, NoTokens> {
        // Only the quotient has to be a float: an interval up to twice the greatest one is halved first, its last digit kept for rounding.
        let half = if let Some(interval) = number::to_float(&self.interval) {
            interval / 2.0
        } else {
            let halved = (&self.interval >> 1) | (&self.interval & BigInt::from(1));
            number::to_float(&halved).ok_or(NoTokens::TooLarge)?
        };
        // The half of a float is exact, and is whole or ends in .5.
        let floor = number::truncated(half).ok_or(NoTokens::TooLarge)?;
        Ok(if half.fract() == 0.0 {
            *residue < floor
        } else {
            *residue <= floor
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numeric(
        interval: i64,
        resolution: u32,
        fractional_digits: u32,
        value: &str,
    ) -> Result<Vec<String>, NoTokens> {
        let interval = BigInt::from(interval);
        Numeric {
            interval,
            resolution,
            fractional_digits,
        }
        .tokens(value)
    }

    #[test]
    fn neighbourhoods() {
        let tokens = numeric(5, 3, 0, "21").unwrap();
        assert_eq!(tokens, ["110", "115", "120", "125", "130", "135", "140"]);
        assert_eq!(
            numeric(8, 2, 0, "25").unwrap(),
            ["88", "96", "104", "112", "120"]
        );
        assert_eq!(numeric(5, 1, 0, "-1").unwrap(), ["-5", "0", "5"]);
        assert_eq!(numeric(5, 1, 0, "2.9").unwrap(), ["0", "5", "10"]);
        assert_eq!(
            numeric(100, 1, 2, "0.005").unwrap(),
            ["-100", "0", "100"],
            "half to even"
        );
    }

    #[test]
    fn what_python_cannot_count() {
        assert_eq!(numeric(5, 1, 0, "x"), Err(NoTokens::NotNumber));
        assert_eq!(numeric(5, 1, 0, "inf"), Err(NoTokens::NotNumber));
        assert_eq!(numeric(5, 1, 0, "nan"), Err(NoTokens::NotNumber));
        assert_eq!(numeric(5, 1, 0, &"9".repeat(4300)), Err(NoTokens::TooLarge));
        assert!(numeric(5, 1, 0, "1e308").is_ok());
        // `residue < interval / 2` overflows in Python from twice the greatest float on, not from the greatest float.
        let wide = |threshold: i64, value: &str| {
            let interval = BigInt::from(threshold) * BigInt::from(10).pow(308);
            let numeric = Numeric {
                interval,
                resolution: 2,
                fractional_digits: 308,
            };
            numeric.tokens(value).map(|tokens| tokens.len())
        };
        assert_eq!(wide(3, "1"), Ok(5));
        assert_eq!(wide(7, "1"), Err(NoTokens::TooLarge));
    }
}
