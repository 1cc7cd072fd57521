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

/// Which code list a column uses.
///
/// `F`, `M`, 1 for male and 2 for female mean the same in all of them (the Children in Need census itself was sent with both), so
/// they are read everywhere. The lists disagree about `X`, `U`, 0 and 9, and a third recorded sex must not be made of "not known".
///
/// | list | other sex | says nothing |
/// |---|---|---|
/// | [`Standard`](Self::Standard): school census, CTF | `X` | `U`, 0, 9 (ISO 5218) |
/// | [`Ssda903`](Self::Ssda903) | none: the return has 1 and 2 only | all else |
/// | [`ChildrenInNeed`](Self::ChildrenInNeed): `GenderCurrent` to 2021, `Sex` from 2022 | 9 indeterminate, `X` | 0 unborn, `U` |
/// | [`SafeguardingDataset`](Self::SafeguardingDataset) | 09 indeterminate | 00 |
/// | [`Nhs`](Self::Nhs): person stated gender, PDS, FHIR | 9 indeterminate, `other` | 0, `X`, `unknown` |
/// | [`Hclic`](Self::Hclic) | `other` | `other / not known` |
/// | [`Ndtms`](Self::Ndtms) | none | 0, 9, all else |
/// | [`Police`](Self::Police): PNC | none | `U`, all else |
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SexCodes {
    /// Letters and words, digits as ISO 5218. Right for a column whose list is not known.
    #[default]
    Standard,
    /// SSDA903 return on children looked after.
    Ssda903,
    /// Children in Need census.
    ChildrenInNeed,
    /// Standard Safeguarding Dataset.
    SafeguardingDataset,
    /// NHS Data Dictionary, Personal Demographics Service, FHIR.
    Nhs,
    /// Homelessness case level collection.
    Hclic,
    /// National Drug Treatment Monitoring System.
    Ndtms,
    /// Police National Computer and the forces' own systems.
    Police,
}

impl SexCodes {
    /// Whether the list's 9 is a recorded third sex ("indeterminate"); in the others it is "not known".
    fn nine_is_indeterminate(self) -> bool {
        matches!(
            self,
            Self::ChildrenInNeed | Self::SafeguardingDataset | Self::Nhs
        )
    }

    /// Whether the list has `X` or words for a recorded third sex.
    fn has_other(self) -> bool {
        !matches!(self, Self::Ssda903 | Self::Ndtms | Self::Police)
    }
}

/// Reads a sex. `None` when the cell is empty, says "not known" or holds something else: there is no third answer, because a wrong
/// sex speaks against a true match.
pub fn read_sex(cell: &str, codes: SexCodes) -> Option<Sex> {
    const LONGEST: usize = 16;
    let folded;
    let text = if cell.is_ascii() {
        cell
    } else {
        folded = fold(cell);
        &folded
    };
    let (mut buffer, mut count) = ([0u8; LONGEST], 0);
    for byte in text.bytes().filter(u8::is_ascii_alphanumeric) {
        *buffer.get_mut(count)? = byte.to_ascii_uppercase();
        count += 1;
    }
    // Exports write codes as numbers ("1.0") or with a leading zero ("01").
    let text = match &buffer[..count] {
        b"01" => b"1",
        b"02" => b"2",
        b"09" => b"9",
        b"10" if text.contains('.') => b"1",
        b"20" if text.contains('.') => b"2",
        b"90" if text.contains('.') => b"9",
        other => other,
    };
    match text {
        b"F" | b"FEMALE" | b"WOMAN" | b"GIRL" | b"2" => Some(Sex::Female),
        b"M" | b"MALE" | b"MAN" | b"BOY" | b"1" => Some(Sex::Male),
        b"9" if codes.nine_is_indeterminate() => Some(Sex::Other),
        b"X" if codes.has_other() && codes != SexCodes::Nhs => Some(Sex::Other),
        b"I" | b"INDETERMINATE" | b"OTHER" | b"NONBINARY" | b"INTERSEX" if codes.has_other() => {
            Some(Sex::Other)
        }
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
            ("1", SexCodes::Ssda903, Some(Sex::Male)),
            ("9", SexCodes::Ssda903, None),
            ("X", SexCodes::Ssda903, None),
            ("0", SexCodes::ChildrenInNeed, None),
            ("1", SexCodes::ChildrenInNeed, Some(Sex::Male)),
            ("2", SexCodes::ChildrenInNeed, Some(Sex::Female)),
            ("9", SexCodes::ChildrenInNeed, Some(Sex::Other)),
            ("M", SexCodes::ChildrenInNeed, Some(Sex::Male)),
            ("U", SexCodes::ChildrenInNeed, None),
            ("00", SexCodes::SafeguardingDataset, None),
            ("01", SexCodes::SafeguardingDataset, Some(Sex::Male)),
            ("02", SexCodes::SafeguardingDataset, Some(Sex::Female)),
            ("09", SexCodes::SafeguardingDataset, Some(Sex::Other)),
            ("0", SexCodes::Nhs, None),
            ("female", SexCodes::Nhs, Some(Sex::Female)),
            ("other", SexCodes::Nhs, Some(Sex::Other)),
            ("unknown", SexCodes::Nhs, None),
            ("Male", SexCodes::Hclic, Some(Sex::Male)),
            ("Female", SexCodes::Hclic, Some(Sex::Female)),
            ("Other/not known", SexCodes::Hclic, None),
            ("1", SexCodes::Ndtms, Some(Sex::Male)),
            ("2", SexCodes::Ndtms, Some(Sex::Female)),
            ("M", SexCodes::Police, Some(Sex::Male)),
            ("F", SexCodes::Police, Some(Sex::Female)),
            ("U", SexCodes::Police, None),
            ("u", SexCodes::Standard, None),
            ("unk", SexCodes::Standard, None),
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
