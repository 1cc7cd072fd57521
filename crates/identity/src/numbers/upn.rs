//! The unique pupil number.

use super::{canonical_text, characters, one_repeated};
use crate::plain::Plain;
use crate::rejected::Rejected;

canonical_text!(
    /// A unique pupil number (UPN) of England: check letter, three digits of the local authority, nine more characters.
    Upn
);

/// Whether a UPN follows the pupil.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpnKind {
    /// Given once and kept from school to school.
    Permanent,
    /// Given by one school until the permanent one is known (the last character is a letter). Says nothing elsewhere.
    Temporary,
}

impl Upn {
    /// Reads a UPN: thirteen characters, check letter right.
    ///
    /// `UN1` to `UN5` are the census codes for "has none" (not of school age, never attended, outside England, newly looked after,
    /// discrepancy) and count as placeholders. The authority's number is not held against a list here: pupils keep numbers from
    /// authorities that have been reorganised away (243 occurs), and the check letter already finds a mistyped digit. See
    /// [`Upn::is_of_known_authority`] for the census rule, which warns.
    ///
    /// # Errors
    /// [`Rejected::BadCheckDigit`] for a typing error, and the reasons all numbers share.
    pub fn parse(cell: &str) -> Result<Self, Rejected> {
        let text = characters(cell)?;
        if matches!(text.as_str(), "UN1" | "UN2" | "UN3" | "UN4" | "UN5") || one_repeated(&text) {
            return Err(Rejected::Placeholder);
        }
        let bytes = text.as_bytes();
        if bytes.len() != 13 || !bytes[1..12].iter().all(u8::is_ascii_digit) {
            return Err(Rejected::BadShape);
        }
        let (Some(check), Some(last)) = (letter_value(bytes[0]), value(bytes[12])) else {
            return Err(Rejected::BadShape);
        };
        if bytes[1..12].iter().all(|b| *b == b'0') {
            return Err(Rejected::Placeholder);
        }
        let sum: u32 = bytes[1..12]
            .iter()
            .zip(2u32..)
            .map(|(b, weight)| u32::from(b - b'0') * weight)
            .sum();
        if (sum + last * 13) % 23 != check {
            return Err(Rejected::BadCheckDigit);
        }
        Ok(Self(Plain::new(text)))
    }

    /// Whether characters 2 to 4 are a local authority or pseudo-authority in the ranges of the school census rules 1510 to 1560Q.
    ///
    /// A number outside them is worth a look and is kept. The census rejects it because the school can correct it; here the same
    /// pupil has the same number in the next agency's file, right or wrong, and losing it loses the link.
    pub fn is_of_known_authority(&self) -> bool {
        let authority = self.as_str()[1..4].parse::<u16>().unwrap_or_default();
        matches!(
            authority,
            1..=5
                | 201..=213
                | 301..=320
                | 330..=336
                | 340..=344
                | 350..=359
                | 370..=373
                | 380..=384
                | 390..=394
                | 420
                | 660..=681
                | 701..=708
                | 800..=943
        )
    }

    /// Permanent or temporary. Only a permanent number identifies the pupil at another agency.
    pub fn kind(&self) -> UpnKind {
        if self.as_str().ends_with(|c: char| c.is_ascii_digit()) {
            UpnKind::Permanent
        } else {
            UpnKind::Temporary
        }
    }

    /// Whether the number follows the pupil.
    pub fn is_permanent(&self) -> bool {
        self.kind() == UpnKind::Permanent
    }
}

/// Value of a check letter: A to Z without I, O and S, counted from 0.
fn letter_value(byte: u8) -> Option<u32> {
    b"ABCDEFGHJKLMNPQRTUVWXYZ"
        .iter()
        .position(|b| *b == byte)
        .map(|at| at as u32)
}

fn value(byte: u8) -> Option<u32> {
    if byte.is_ascii_digit() {
        Some(u32::from(byte - b'0'))
    } else {
        letter_value(byte)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn vectors() {
        for good in [
            "H801200001001",
            "B801200005001",
            "A950000178301",
            "H243278544154",
            "X001999925001",
            "L001999925002",
            "A001999925003",
            "h801 2000 01001",
        ] {
            let upn = Upn::parse(good);
            assert!(
                upn.as_ref().is_ok_and(|u| u.kind() == UpnKind::Permanent),
                "{good} {upn:?}"
            );
        }
        for temporary in ["G80120000101A", "W00199992501A"] {
            assert!(
                Upn::parse(temporary).is_ok_and(|u| u.kind() == UpnKind::Temporary),
                "{temporary}"
            );
        }
        for wrong in ["R247962919251", "X428558133462"] {
            assert_eq!(Upn::parse(wrong), Err(Rejected::BadCheckDigit), "{wrong}");
        }
        for shape in [
            "K06014812931",
            "I801200001001",
            "H80120000100I",
            "H80120000100",
            "H8012000010011",
        ] {
            assert_eq!(Upn::parse(shape), Err(Rejected::BadShape), "{shape}");
        }
        for code in [
            "UN1",
            "un2",
            "UN3",
            "UN4",
            "UN5",
            "unknown",
            "A000000000000",
        ] {
            assert_eq!(Upn::parse(code), Err(Rejected::Placeholder), "{code}");
        }
        assert_eq!(Upn::parse(""), Err(Rejected::Empty));
    }

    #[test]
    fn authorities_outside_the_list_are_kept_and_told() {
        let known = |text: &str| Upn::parse(text).unwrap().is_of_known_authority();
        assert!(known("H801200001001") && known("X001999925001"));
        // In the census's own examples, and not in its list.
        assert!(!known("H243278544154") && !known("A950000178301"));
    }

    proptest! {
        #[test]
        fn any_text_is_survived_and_canonical_text_reads_back(cell in "\\PC*|[A-Z][0-9]{12}|[A-Z][0-9]{11}[A-Z]") {
            if let Ok(upn) = Upn::parse(&cell) {
                prop_assert_eq!(Upn::parse(upn.as_str()), Ok(upn));
            }
        }

        #[test]
        fn exactly_one_check_letter_fits(body in "[1-9][0-9]{11}") {
            let fits = "ABCDEFGHJKLMNPQRTUVWXYZ".chars().filter(|c| Upn::parse(&format!("{c}{body}")).is_ok()).count();
            prop_assert_eq!(fits, 1);
        }
    }
}
