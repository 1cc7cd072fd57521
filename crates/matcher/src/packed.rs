//! A set of filters of one length, row after row.

use std::fmt;

/// The longest filter that can be compared: a distance fits 16 bits.
pub const MAX_BITS: usize = 65_472;

/// Filters of one length, packed row-major: row `i` is `words[i * bits / 64..][..bits / 64]`, bit `j` of a row is bit `j % 64` of
/// its word `j / 64`.
#[derive(Clone, Copy, Debug)]
pub struct PackedSet<'a> {
    /// Length of every filter in bits: a multiple of 64, at most [`MAX_BITS`].
    pub bits: usize,
    /// All rows, one after another.
    pub words: &'a [u64],
}

impl<'a> PackedSet<'a> {
    /// Checks the shape.
    ///
    /// # Errors
    /// [`ShapeError`] when `bits` is zero, not a multiple of 64 or above [`MAX_BITS`], when `words` is not a whole number of rows,
    /// or when there are more rows than a `u32` can number.
    pub fn new(bits: usize, words: &'a [u64]) -> Result<Self, ShapeError> {
        let set = Self { bits, words };
        set.check().map(|()| set)
    }

    /// Number of filters.
    pub fn len(&self) -> usize {
        self.words
            .len()
            .checked_div(self.words_per_row())
            .unwrap_or(0)
    }

    /// Whether there is no filter.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Number of 64-bit words in a row.
    pub fn words_per_row(&self) -> usize {
        self.bits / 64
    }

    /// The words of row `index`.
    ///
    /// # Panics
    /// When there is no such row.
    pub fn row(&self, index: usize) -> &'a [u64] {
        let width = self.words_per_row();
        &self.words[index * width..(index + 1) * width]
    }

    /// Number of set bits of every row.
    pub(crate) fn counts(&self) -> Vec<u32> {
        self.words
            .chunks_exact(self.words_per_row())
            .map(|row| row.iter().map(|word| word.count_ones()).sum())
            .collect()
    }

    pub(crate) fn check(&self) -> Result<(), ShapeError> {
        if self.bits == 0 || !self.bits.is_multiple_of(64) || self.bits > MAX_BITS {
            return Err(ShapeError::Bits(self.bits));
        }
        if !self.words.len().is_multiple_of(self.words_per_row()) {
            return Err(ShapeError::PartOfARow);
        }
        if u32::try_from(self.len()).is_err() {
            return Err(ShapeError::TooManyRows(self.len()));
        }
        Ok(())
    }
}

/// Checks that two sets can be compared: a mistake here is a mistake of the calling code, not of data.
pub(crate) fn assert_comparable(a: &PackedSet, b: &PackedSet) {
    for set in [a, b] {
        if let Err(error) = set.check() {
            panic!("the caller passes well-shaped filters: {error}");
        }
    }
    assert_eq!(a.bits, b.bits, "both sides have filters of one length");
}

/// Why a slice is not a set of filters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ShapeError {
    /// The length in bits is zero, not a multiple of 64, or too long.
    Bits(usize),
    /// The words do not end with a whole row.
    PartOfARow,
    /// More rows than a row number can hold.
    TooManyRows(usize),
}

impl fmt::Display for ShapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bits(bits) => write!(
                f,
                "a filter of {bits} bits: the length must be a multiple of 64 from 64 to {MAX_BITS}"
            ),
            Self::PartOfARow => write!(f, "the words do not end with a whole row"),
            Self::TooManyRows(rows) => write!(f, "{rows} rows are more than a row number can hold"),
        }
    }
}

impl std::error::Error for ShapeError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_checked() {
        let words = [0u64; 6];
        assert_eq!(PackedSet::new(128, &words).unwrap().len(), 3);
        assert_eq!(
            PackedSet::new(100, &words).unwrap_err(),
            ShapeError::Bits(100)
        );
        assert_eq!(PackedSet::new(0, &[]).unwrap_err(), ShapeError::Bits(0));
        assert_eq!(
            PackedSet::new(256, &words).unwrap_err(),
            ShapeError::PartOfARow
        );
        assert_eq!(
            PackedSet::new(MAX_BITS + 64, &[]).unwrap_err(),
            ShapeError::Bits(MAX_BITS + 64)
        );
    }

    #[test]
    fn rows_and_their_counts() {
        let words = [1u64, 2, 3, u64::MAX];
        let set = PackedSet::new(128, &words).unwrap();
        assert_eq!(set.row(1), [3, u64::MAX]);
        assert_eq!(set.counts(), [2, 66]);
        assert!(PackedSet::new(64, &[]).unwrap().is_empty());
    }
}
