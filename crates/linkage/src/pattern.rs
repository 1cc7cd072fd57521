//! Patterns: how the agreement of a pair is cut into cells whose probabilities can be learnt.

use kinfold_schema::{Agreement, Field};

/// Distance bands of the filter, from "like strangers" to "nearly the same".
pub(crate) const BANDS: usize = 9;
/// Lower edges of the bands 1 and up, in standard deviations below the mean of strangers.
const BAND_EDGES: [f64; BANDS - 1] = [1.5, 3.0, 4.5, 5.5, 6.5, 8.0, 10.0, 14.0];

/// The band of a distance.
pub(crate) fn band(sigmas: f64) -> usize {
    BAND_EDGES.iter().filter(|&&edge| sigmas >= edge).count()
}

/// Number of coarse codes.
pub(crate) const COARSE: usize = 6 * 4 * 3 * 3;

/// The coarse code: names in six steps, birth in four, place in three; an identifier, something to contact by, or neither.
pub(crate) fn coarse(agreement: Agreement) -> usize {
    let level = |field| usize::from(agreement.level(field));
    let (first, last, any) = (
        level(Field::First),
        level(Field::Last),
        level(Field::AnyName),
    );
    let names = if any == 3 || (first == 3 && last == 3) {
        5
    } else if first >= 2 && last >= 2 {
        4
    } else if first >= 2 {
        3
    } else if last >= 2 {
        2
    } else {
        usize::from(any > 0 || first > 0 || last > 0)
    };
    let place = [0, 1, 2, 2][level(Field::Place)];
    let other = match (level(Field::Identifier), level(Field::Contact)) {
        (0, 0) => 0,
        (0, _) => 1,
        _ => 2,
    };
    ((names * 4 + level(Field::Birth)) * 3 + place) * 3 + other
}

/// Kinds of key evidence on which homes are conditioned: none, names only, birth only, both.
pub(crate) const KINDS: usize = 4;

/// The kind of a pair's key evidence.
pub(crate) fn kind(agreement: Agreement) -> usize {
    let names = [Field::First, Field::Last, Field::AnyName]
        .iter()
        .any(|&field| agreement.level(field) > 0);
    let birth = agreement.level(Field::Birth) > 0;
    usize::from(names) | usize::from(birth) << 1
}

/// Kinds on which the distance band is conditioned.
pub(crate) const NEAR_KINDS: usize = 6;

/// The kind of a pair for its distance band: none of names and birth, names only, birth only, both with at most one of first name, family name
/// and birth date in full, with two, with all. A strongly diffused filter sees nothing as soon as one of the three is another, whoever the
/// two are, so what it says must be weighed by what it could see.
pub(crate) fn near_kind(agreement: Agreement) -> usize {
    let kind = kind(agreement);
    if kind < KINDS - 1 {
        return kind;
    }
    let full = [
        agreement.level(Field::First) >= 2,
        agreement.level(Field::Last) >= 2,
        agreement.level(Field::Birth) >= 3,
    ];
    let full = full.iter().filter(|full| **full).count();
    kind + full.saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_grow_with_nearness() {
        assert_eq!(band(-2.0), 0);
        assert_eq!(band(1.5), 1);
        assert_eq!(band(30.0), BANDS - 1);
    }

    #[test]
    fn codes_stay_in_range() {
        for code in 0..4usize.pow(8) {
            let mut levels = [0; 8];
            for (index, level) in levels.iter_mut().enumerate() {
                *level = (code >> (2 * index) & 3) as u8;
            }
            let agreement = Agreement { levels };
            assert!(coarse(agreement) < COARSE);
            assert!(kind(agreement) < KINDS);
            assert!(near_kind(agreement) < NEAR_KINDS);
        }
    }
}
