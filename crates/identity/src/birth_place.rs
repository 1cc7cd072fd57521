//! Places of birth.

use std::ops::Deref;

use crate::fold::{bound, fold, says_unknown};
use crate::plain::{Plain, hidden_debug};
use crate::rejected::Rejected;

/// A place of birth: upper-case words of letters and digits, one space between them. Hidden, and wiped when dropped.
///
/// It reads as the text itself (`place.len()`, `place.as_deref()` on an option), because it has no other form.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BirthPlace(Plain<String>);
hidden_debug!(BirthPlace);

impl Deref for BirthPlace {
    type Target = str;

    fn deref(&self) -> &str {
        self.0.expose()
    }
}

/// Reads a place of birth as upper-case words of letters and digits (`Stoke-on-Trent` gives `STOKE ON TRENT`): hyphens and
/// apostrophes of place names are written or not as the clerk likes.
///
/// The place is compared as it is written: nothing here knows that Mumbai was Bombay. `UK` is a place here, and "unknown" in every
/// other column.
///
/// # Errors
/// [`Rejected::Empty`] and [`Rejected::Placeholder`].
pub fn read_place(cell: &str) -> Result<BirthPlace, Rejected> {
    let folded = bound(fold(cell));
    if says_unknown(&folded) && folded.trim() != "UK" {
        return Err(Rejected::Placeholder);
    }
    let mut place = String::with_capacity(folded.len());
    let words = folded
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    for word in words {
        if !place.is_empty() {
            place.push(' ');
        }
        place.push_str(word);
    }
    if place.is_empty() {
        return Err(Rejected::Empty);
    }
    Ok(BirthPlace(Plain::new(place)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn places() {
        assert_eq!(
            read_place("Stoke-on-Trent").as_deref(),
            Ok("STOKE ON TRENT")
        );
        assert_eq!(read_place("King's Lynn").as_deref(), Ok("KINGS LYNN"));
        assert_eq!(read_place("unk"), Err(Rejected::Placeholder));
        assert_eq!(read_place("Łódź").as_deref(), Ok("LODZ"));
        assert_eq!(read_place("UK").as_deref(), Ok("UK"));
        assert_eq!(read_place("not known"), Err(Rejected::Placeholder));
        assert_eq!(read_place(" "), Err(Rejected::Empty));
    }

    proptest! {
        #[test]
        fn any_text_is_survived_and_canonical_text_reads_back(cell in any::<String>()) {
            if let Ok(place) = read_place(&cell) {
                prop_assert_eq!(read_place(&place), Ok(place));
            }
        }
    }
}
