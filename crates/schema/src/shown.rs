//! Whom household keys show in a larger home, and who for that has no filter.

use crate::Token;

/// For each of so many records whether a home shows it with more than `most` records of the file: `homes` are the released household keys of the
/// file, each with the number of its record. Records count together whichever months they show, so that the same is counted where none are
/// released.
///
/// One rule for the custodian, who gives these records random bits for a filter ([`crate::HouseholdSchema::filter_max`]), and for the linkage
/// unit, which must not compare them: it has nothing to go by but the released keys.
pub fn in_larger_homes(
    homes: impl IntoIterator<Item = (u32, Token)>,
    records: usize,
    most: u32,
) -> Vec<bool> {
    let mut homes: Vec<(Token, u32)> = homes.into_iter().map(|(row, home)| (home, row)).collect();
    homes.sort_unstable();
    homes.dedup();
    let mut larger = vec![false; records];
    for people in homes.chunk_by(|(one, _), (other, _)| one == other) {
        if people.len() > most as usize {
            for (_, row) in people {
                larger[*row as usize] = true;
            }
        }
    }
    larger
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_is_larger_by_its_records() {
        let shown = [
            (0, 1),
            (1, 1),
            (2, 1),
            (3, 2),
            (0, 2),
            (4, 3),
            (4, 3),
            (4, 3),
        ];
        let homes = || shown.map(|(row, home)| (row, [home; 16]));
        assert_eq!(
            in_larger_homes(homes(), 6, 2),
            [true, true, true, false, false, false]
        );
        assert_eq!(
            in_larger_homes(homes(), 6, 1),
            [true, true, true, true, false, false]
        );
        assert_eq!(in_larger_homes(homes(), 6, 3), [false; 6]);
    }
}
