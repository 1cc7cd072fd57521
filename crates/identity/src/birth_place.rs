//! Places of birth.

use crate::fold::{fold, says_unknown};
use crate::rejected::Rejected;

/// Reads a place of birth as upper-case words of letters and digits (`Stoke-on-Trent` gives `STOKE ON TRENT`).
///
/// The place is compared as it is written: nothing here knows that Mumbai was Bombay.
///
/// # Errors
/// [`Rejected::Empty`] and [`Rejected::Placeholder`].
pub fn read_place(cell: &str) -> Result<String, Rejected> {
    if says_unknown(cell) && !fold(cell).trim().eq("UK") {
        return Err(Rejected::Placeholder);
    }
    let folded = fold(cell).replace('\'', "");
    let words: Vec<&str> = folded
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    if words.is_empty() {
        return Err(Rejected::Empty);
    }
    Ok(words.join(" "))
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
