//! Patterns: how the agreement of a pair is cut into cells whose probabilities can be learnt.

use kinfold_schema::{Agreement, Field, POOLS_MAX, Pool};

/// Distance bands of the filter, from "like strangers" to "nearly the same".
pub(crate) const BANDS: usize = 9;
/// Lower edges of the bands 1 and up, in standard deviations below the mean of strangers.
const BAND_EDGES: [f64; BANDS - 1] = [1.5, 3.0, 4.5, 5.5, 6.5, 8.0, 10.0, 14.0];

/// The band of a distance.
pub(crate) fn band(sigmas: f64) -> usize {
    BAND_EDGES.iter().filter(|&&edge| sigmas >= edge).count()
}

/// Number of coarse codes.
pub(crate) const COARSE: usize = 16 * 6 * 6 * 3;

/// The coarse code: names in six steps, birth in four, place in three; an identifier, something to contact by, or neither.
pub(crate) fn coarse(agreement: Agreement) -> usize {
    if let Some(steps) = pooled(agreement) {
        return coarse_of_pools(steps, agreement);
    }
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

/// Of an agreement of mixed keys the steps of the pools.
pub(crate) fn pooled(agreement: Agreement) -> Option<[u8; POOLS_MAX]> {
    (agreement.pools != [0; POOLS_MAX]).then_some(agreement.pools)
}

/// The coarse code of mixed keys.
fn coarse_of_pools(steps: [u8; POOLS_MAX], agreement: Agreement) -> usize {
    let main = match steps[0] {
        step @ 0..=8 => step.into(),
        9..=10 => 9,
        11..=12 => 10,
        13..=15 => 11,
        16..=19 => 12,
        20..=22 => 13,
        23 => 14,
        _ => 15,
    };
    let wide = |step: u8| match step {
        0..=2 => usize::from(step),
        3..=4 => 3,
        5..=8 => 4,
        _ => 5,
    };
    let other = match (
        agreement.level(Field::Identifier),
        agreement.level(Field::Contact),
    ) {
        (0, 0) => 0,
        (0, _) => 1,
        _ => 2,
    };
    let rest = wide(steps[2].max(steps[3]));
    ((main * 6 + wide(steps[Pool::PLACE])) * 6 + rest) * 3 + other
}

/// Kinds of key evidence on which homes are conditioned: none, names only, birth only, both.
pub(crate) const KINDS: usize = 4;

/// The kind of a pair's key evidence.
pub(crate) fn kind(agreement: Agreement) -> usize {
    if let Some(steps) = pooled(agreement) {
        return match steps[0] {
            0 => 0,
            1..=2 => 1,
            3..=8 => 2,
            _ => 3,
        };
    }
    let names = [Field::First, Field::Last, Field::AnyName]
        .iter()
        .any(|&field| agreement.level(field) > 0);
    let birth = agreement.level(Field::Birth) > 0;
    usize::from(names) | usize::from(birth) << 1
}

/// How far places agree, in the levels of a field. Of mixed keys the number of tokens says it: most kinds take the home or the postcode, a few
/// the district, so one or two tokens stand for a place near by and three for the home.
pub(crate) fn place(agreement: Agreement) -> u8 {
    let of_pool = agreement.pools[Pool::PLACE].min(3);
    agreement.level(Field::Place).max(of_pool)
}

/// Filters this near, in standard deviations, are those of one person with a slip somewhere; those of twins stay below.
pub(crate) const NEAR_FOR_TWINS: f64 = 8.0;

/// Whether names and birth date agree as a whole, where mixed keys cannot say which of them do: tokens agree, and the filters are nearer than
/// those of twins and of a parent and child of one name. Where kinds are told apart the levels of the fields say it.
pub(crate) fn agree_as_a_whole(agreement: Agreement, sigmas: Option<f64>) -> bool {
    pooled(agreement).is_some() && sigmas.is_some_and(|sigmas| sigmas >= NEAR_FOR_TWINS)
}

/// Kinds on which the distance band is conditioned.
pub(crate) const NEAR_KINDS: usize = 6;

/// The kind of a pair for its distance band: none of names and birth, names only, birth only, both with at most one of first name, family name
/// and birth date in full, with two, with all. A strongly diffused filter sees nothing as soon as one of the three is another, whoever the
/// two are, so what it says must be weighed by what it could see.
pub(crate) fn near_kind(agreement: Agreement) -> usize {
    if let Some(steps) = pooled(agreement) {
        return match steps[0] {
            0 => 0,
            1 => 1,
            2..=4 => 2,
            5..=10 => 3,
            11..=16 => 4,
            _ => 5,
        };
    }
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

/// Numbers on which the distance band is conditioned more finely.
pub(crate) const NEAR_STEPS: usize = Agreement::STEPS as usize;

/// The same more finely, where the number of tokens says more than the kind does: people of one name agree on a number of their own.
pub(crate) fn near_step(agreement: Agreement) -> Option<usize> {
    pooled(agreement).map(|steps| usize::from(steps[0]).min(NEAR_STEPS - 1))
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
    fn codes_of_mixed_keys_stay_in_range_and_agree_with_their_kind() {
        let mut kind_of = [None; NEAR_STEPS];
        for main in 0..=255 {
            for (place_step, rest, levels) in [(0, 0, 0), (3, 1, 2), (25, 25, 3), (255, 255, 3)] {
                let agreement = Agreement {
                    levels: [levels; 8],
                    pools: [main, place_step, rest, rest],
                };
                assert!(coarse(agreement) < COARSE);
                assert!(kind(agreement) < KINDS);
                assert!(near_kind(agreement) < NEAR_KINDS);
                if let Some(step) = near_step(agreement) {
                    // A step is of one kind, whatever else agrees.
                    let kind = kind_of[step].get_or_insert(near_kind(agreement));
                    assert_eq!(*kind, near_kind(agreement));
                }
            }
        }
        // Kinds that are told apart have no steps.
        assert_eq!(near_step(Agreement::default()), None);
    }

    #[test]
    fn places_are_told_by_levels_or_by_counts() {
        let with = |level, tokens| {
            let mut agreement = Agreement::default();
            agreement.levels[Field::Place as usize] = level;
            agreement.pools[Pool::PLACE] = tokens;
            place(agreement)
        };
        assert_eq!([with(0, 0), with(2, 0), with(3, 0)], [0, 2, 3]);
        assert_eq!([with(1, 1), with(1, 2), with(1, 9)], [1, 2, 3]);
    }

    #[test]
    fn only_of_mixed_keys_the_filters_speak_for_names_and_birth() {
        let mut agreement = Agreement::default();
        assert!(!agree_as_a_whole(agreement, Some(30.0)));
        agreement.pools[0] = 1;
        assert!(agree_as_a_whole(agreement, Some(NEAR_FOR_TWINS)));
        assert!(!agree_as_a_whole(agreement, Some(7.9)));
        assert!(!agree_as_a_whole(agreement, None));
    }

    #[test]
    fn codes_stay_in_range() {
        for code in 0..4usize.pow(8) {
            let mut levels = [0; 8];
            for (index, level) in levels.iter_mut().enumerate() {
                *level = (code >> (2 * index) & 3) as u8;
            }
            let agreement = Agreement {
                levels,
                ..Agreement::default()
            };
            assert!(coarse(agreement) < COARSE);
            assert!(kind(agreement) < KINDS);
            assert!(near_kind(agreement) < NEAR_KINDS);
        }
    }
}
