//! Short forms of given names.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// `short,formal[,formal]` lines; origin and licence in `data/README.md`.
const TABLE: &str = include_str!("../../data/nicknames.csv");

static FORMAL_NAMES: LazyLock<BTreeMap<&'static str, Vec<&'static str>>> = LazyLock::new(|| {
    TABLE
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .filter_map(|line| {
            let mut names = line.split(',');
            Some((names.next()?, names.collect()))
        })
        .collect()
});

/// The formal names that a short form stands for, at most two; empty for a name that is no short form.
///
/// `first` is a name as [`crate::read_given_names`] gives it. The formal names are to be *added* to the name and never to
/// replace it: Bob may be a Robert, and his birth certificate may say Bob.
///
/// ```
/// use kinfold_identity::canonical_nicknames;
/// assert_eq!(canonical_nicknames("BOB"), ["ROBERT"]);
/// assert!(canonical_nicknames("ROBERT").is_empty());
/// ```
pub fn canonical_nicknames(first: &str) -> &'static [&'static str] {
    FORMAL_NAMES.get(first).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read_given_names;

    #[test]
    fn the_table_holds_standard_names_in_order() {
        let shorts: Vec<&str> = TABLE
            .lines()
            .filter(|l| !l.starts_with('#'))
            .filter_map(|l| l.split(',').next())
            .collect();
        assert!(shorts.is_sorted() && shorts.len() > 1200);
        for (short, formal) in FORMAL_NAMES.iter() {
            assert!((1..=2).contains(&formal.len()), "{short}");
            for name in std::iter::once(short).chain(formal) {
                assert!(
                    read_given_names(name).is_ok_and(|n| n.first == *name && n.middle.is_empty()),
                    "{name}"
                );
            }
            assert!(!formal.contains(short), "{short}");
        }
    }

    #[test]
    fn common_short_forms() {
        for (short, formal) in [
            ("LIZ", "ELIZABETH"),
            ("TOM", "THOMAS"),
            ("KASIA", "KATARZYNA"),
            ("MO", "MUHAMMAD"),
            ("SUKHI", "SUKHWINDER"),
            ("TUNDE", "BABATUNDE"),
        ] {
            assert!(canonical_nicknames(short).contains(&formal), "{short}");
        }
        assert!(canonical_nicknames("ZZYZX").is_empty());
    }
}
