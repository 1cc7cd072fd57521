//! Towns that have a column of their own.

use std::ops::Deref;

use super::kind::is_no_fixed_abode;
use super::vocabulary::{full_word, is_region};
use crate::fold::{bound, fold, says_unknown};
use crate::plain::{Plain, hidden_debug};
use crate::rejected::Rejected;

/// A town: upper-case words, one space between them, as [`super::read_address`] gives the town of an address. Hidden, and wiped when
/// dropped.
///
/// It reads as the text itself. It says little: a tenth of a register lives in one town.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Town(Plain<String>);
hidden_debug!(Town);

impl Deref for Town {
    type Target = str;

    fn deref(&self) -> &str {
        self.0.expose()
    }
}

/// Reads a town, city or suburb from a column of its own. Hyphens and apostrophes are written or not as the clerk likes
/// (`Stoke-on-Trent`); a county or country behind a comma goes.
///
/// # Errors
/// [`Rejected::Placeholder`] for words that say "not known", "no fixed abode", "abroad"; [`Rejected::BadShape`] for a county, a country and
/// whatever has a digit (half a postcode, a street); [`Rejected::Empty`].
pub fn read_town(cell: &str) -> Result<Town, Rejected> {
    if says_unknown(cell) {
        return Err(Rejected::Placeholder);
    }
    let folded = bound(fold(cell)).replace('.', "").replace('&', " AND ");
    let mut empty = true;
    for piece in folded.split([',', ';', '(', ')', '|']) {
        let words: Vec<&str> = piece
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(full_word)
            .collect();
        if words.is_empty() {
            continue;
        }
        empty = false;
        if says_unknown(piece) || is_no_fixed_abode(&words) || is_elsewhere(&words) {
            return Err(Rejected::Placeholder);
        }
        let town = words.join(" ");
        if !is_region(&town) && !town.bytes().any(|b| b.is_ascii_digit()) {
            return Ok(Town(Plain::new(town)));
        }
    }
    Err(if empty {
        Rejected::Empty
    } else {
        Rejected::BadShape
    })
}

/// Words for any place that is not here.
fn is_elsewhere(words: &[&str]) -> bool {
    matches!(
        words,
        ["ABROAD" | "OVERSEAS" | "OTHER" | "VARIOUS" | "ELSEWHERE"]
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read_address;
    use proptest::prelude::*;

    #[test]
    fn towns() {
        for (cell, town) in [
            ("Stoke-on-Trent", "STOKE ON TRENT"),
            ("King's Lynn", "KINGS LYNN"),
            ("St. Albans", "ST ALBANS"),
            ("Gt Yarmouth", "GREAT YARMOUTH"),
            ("Dartford, Kent", "DARTFORD"),
            ("picnic point", "PICNIC POINT"),
            ("Köln", "KOLN"),
        ] {
            assert_eq!(read_town(cell).as_deref(), Ok(town), "{cell}");
        }
        for (cell, why) in [
            ("", Rejected::Empty),
            (" , ", Rejected::Placeholder),
            ("unknown", Rejected::Placeholder),
            ("NFA", Rejected::Placeholder),
            ("No fixed abode", Rejected::Placeholder),
            ("Overseas", Rejected::Placeholder),
            ("Kent", Rejected::BadShape),
            ("SE18", Rejected::BadShape),
            ("12 High Street", Rejected::BadShape),
        ] {
            assert_eq!(
                read_town(cell).map(|town| town.to_string()),
                Err(why),
                "{cell}"
            );
        }
    }

    /// The town of a column and that of the lines of an address must meet in one key.
    #[test]
    fn a_town_is_the_same_in_a_column_and_in_an_address() {
        for cell in [
            "Stoke-on-Trent",
            "St Albans",
            "Gt Yarmouth",
            "King's Lynn",
            "Dartford",
            "Woy Woy",
        ] {
            let address = read_address(&["12 High Street", cell], "").unwrap();
            assert_eq!(
                address.town.as_deref(),
                read_town(cell).as_deref().ok(),
                "{cell}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_text_is_survived_and_canonical_text_reads_back(cell in "\\PC*|[A-Za-z,'. -]{0,20}") {
            if let Ok(town) = read_town(&cell) {
                prop_assert_eq!(read_town(&town), Ok(town));
            }
        }
    }
}
