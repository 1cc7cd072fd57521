//! Sex as agencies code it.

use crate::fold::fold;
use crate::plain::hidden_debug;

/// Sex of a person as recorded.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sex {
    /// Female.
    Female,
    /// Male.
    Male,
    /// Recorded, and neither of the two (`X`, indeterminate, other).
    Other,
}
hidden_debug!(Sex);

impl Sex {
    /// `F`, `M` or `X`: the canonical letter.
    pub fn letter(self) -> &'static str {
        match self {
            Self::Female => "F",
            Self::Male => "M",
            Self::Other => "X",
        }
    }
}

/// Which code list a column uses. The lists disagree only about `X` and the digits beside 1 and 2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SexCodes {
    /// Letters and words (school census, police, H-CLIC): `F`, `M`, `X` is a recorded other sex, `U` not known;
    /// digits as ISO 5218: 1 male, 2 female, 9 and 0 not known.
    #[default]
    Standard,
    /// SSDA903 and Children in Need: 1 male, 2 female, 9 indeterminate, 0 unborn.
    Ssda903,
    /// NHS person stated gender: 1 male, 2 female, 9 indeterminate, 0 not known, `X` not known.
    Nhs,
}

/// Reads a sex. `None` when the cell is empty, says "not known" or holds something else.
pub fn read_sex(cell: &str, codes: SexCodes) -> Option<Sex> {
    let text: String = fold(cell)
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    // Exports write codes as numbers ("1.0") or with a leading zero ("01").
    let text = match text.as_str() {
        "01" | "10" if cell.contains('.') || text == "01" => "1",
        "02" | "20" if cell.contains('.') || text == "02" => "2",
        "09" => "9",
        other => other,
    };
    match (text, codes) {
        ("F" | "FEMALE" | "WOMAN" | "GIRL" | "2", _) => Some(Sex::Female),
        ("M" | "MALE" | "MAN" | "BOY" | "1", _) => Some(Sex::Male),
        ("9", SexCodes::Ssda903 | SexCodes::Nhs) => Some(Sex::Other),
        ("X", SexCodes::Standard | SexCodes::Ssda903) => Some(Sex::Other),
        ("I" | "INDETERMINATE" | "OTHER" | "NONBINARY" | "INTERSEX", _) => Some(Sex::Other),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn code_lists() {
        let cases = [
            ("F", SexCodes::Standard, Some(Sex::Female)),
            (" male ", SexCodes::Standard, Some(Sex::Male)),
            ("1", SexCodes::Standard, Some(Sex::Male)),
            ("2.0", SexCodes::Nhs, Some(Sex::Female)),
            ("02", SexCodes::Ssda903, Some(Sex::Female)),
            ("9", SexCodes::Standard, None),
            ("9", SexCodes::Nhs, Some(Sex::Other)),
            ("X", SexCodes::Standard, Some(Sex::Other)),
            ("X", SexCodes::Nhs, None),
            ("0", SexCodes::Ssda903, None),
            ("U", SexCodes::Standard, None),
            ("20", SexCodes::Standard, None),
            ("other / not known", SexCodes::Standard, None),
            ("", SexCodes::Standard, None),
        ];
        for (cell, codes, expected) in cases {
            assert!(read_sex(cell, codes) == expected, "{cell} {codes:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_survived_and_letters_read_back(cell in any::<String>()) {
            if let Some(sex) = read_sex(&cell, SexCodes::Standard) {
                prop_assert!(read_sex(sex.letter(), SexCodes::Standard) == Some(sex));
            }
        }
    }
}
