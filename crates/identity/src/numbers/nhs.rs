//! The NHS number.

use super::{canonical_text, digit, digits, one_repeated};
use crate::plain::Plain;
use crate::rejected::Rejected;

canonical_text!(
    /// An NHS number of the United Kingdom: ten digits, check digit right, in an issued range or in the test range 999.
    ///
    /// The test range is never issued to a person, so synthetic records use it; [`NhsNumber::is_test`] tells.
    NhsNumber
);

impl NhsNumber {
    /// Reads an NHS number: spaces and hyphens out, ten digits, modulus 11.
    ///
    /// Repeated digits are placeholders even though all ten of them pass the check. Ranges that no service issues are
    /// refused: such numbers are local inventions, and two services may have invented the same one for two people.
    ///
    /// # Errors
    /// [`Rejected::BadCheckDigit`] for a typing error, [`Rejected::OutOfRange`] for a range that is not issued,
    /// and the reasons all numbers share.
    pub fn parse(cell: &str) -> Result<Self, Rejected> {
        let text = digits(cell)?;
        if one_repeated(&text) && text.len() > 1 {
            return Err(Rejected::Placeholder);
        }
        if text.len() != 10 {
            return Err(Rejected::BadShape);
        }
        let bytes = text.as_bytes();
        let sum: u32 = bytes[..9]
            .iter()
            .zip((2..=10).rev())
            .map(|(b, weight)| digit(*b) * weight)
            .sum();
        // Remainders 0 and 1 give 11, which is written 0, and 10, which cannot be written and is never issued.
        let check = (11 - sum % 11) % 11;
        if check == 10 || check != digit(bytes[9]) {
            return Err(Rejected::BadCheckDigit);
        }
        if !issued(&text) {
            return Err(Rejected::OutOfRange);
        }
        Ok(Self(Plain::new(text)))
    }

    /// Whether the number is in the test range 999, which no person has.
    pub fn is_test(&self) -> bool {
        self.as_str().starts_with("999")
    }
}

/// Whether a trace status cell says that the NHS number was verified: code `01`, with or without its zero or its wording.
///
/// The NHS number status indicator (NHS Data Dictionary) has 01 for "number present and verified" and 02 to 08 for numbers that were
/// not traced, traced in doubt or not looked for. Such a number may be a relative's, taken from the wrong line of a list; as a key
/// it would join two people with certainty. So only 01 may be used to link, and every other cell, an empty one too, says "no".
///
/// ```
/// use kinfold_identity::is_verified_trace;
/// assert!(is_verified_trace("01") && is_verified_trace("01 - Verified"));
/// assert!(!is_verified_trace("02") && !is_verified_trace(""));
/// ```
pub fn is_verified_trace(cell: &str) -> bool {
    let cell = crate::fold::bare(cell);
    let code = cell
        .find(|c: char| !c.is_ascii_digit())
        .map_or(cell, |end| &cell[..end]);
    let rest = &cell[code.len()..];
    // "1.0" is a code from a data frame; "1.5" is none.
    let told = rest.is_empty() || rest == ".0" || rest.starts_with([' ', '-', ':', '–']);
    matches!(code, "01" | "1") && told
}

/// England, Wales and Isle of Man; Scotland (the CHI number starts with the birth date, DDMMYY); Northern Ireland;
/// Ireland; and the test range. Source: NHS Data Dictionary, "NHS number", ranges in use.
fn issued(text: &str) -> bool {
    let part = |range: std::ops::Range<usize>| text[range].parse::<u16>().unwrap_or(u16::MAX);
    match part(0..3) {
        320..=499 | 600..=799 | 800..=859 | 999 => true,
        10..=311 => (1..=31).contains(&part(0..2)) && (1..=12).contains(&part(2..4)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn vectors() {
        for good in [
            "9990000018",
            "9990000026",
            "9990000034",
            "9990000042",
            "9990000050",
            "9990000190",
            "9990123454",
            "9991000046",
            "999 000 0018",
            "999-000-0018",
            "9990000018.0",
            "'9990000018",
        ] {
            assert!(NhsNumber::parse(good).is_ok(), "{good}");
        }
        assert_eq!(
            NhsNumber::parse("999 000 0018").unwrap().as_str(),
            "9990000018"
        );
        for stem in ["999000000", "999000014", "999000028"] {
            for last in 0..10 {
                assert_eq!(
                    NhsNumber::parse(&format!("{stem}{last}")),
                    Err(Rejected::BadCheckDigit)
                );
            }
        }
        assert_eq!(NhsNumber::parse("9990000019"), Err(Rejected::BadCheckDigit));
        assert_eq!(NhsNumber::parse("999000001"), Err(Rejected::BadShape));
        assert_eq!(NhsNumber::parse("99900000188"), Err(Rejected::BadShape));
        assert_eq!(NhsNumber::parse("999000OO18"), Err(Rejected::BadShape));
        assert_eq!(NhsNumber::parse("9.99E+09"), Err(Rejected::ExcelDamaged));
        assert_eq!(NhsNumber::parse("  "), Err(Rejected::Empty));
        assert_eq!(NhsNumber::parse("Not known"), Err(Rejected::Placeholder));
    }

    #[test]
    fn repeated_digits_pass_the_check_and_are_refused() {
        for d in 0..10 {
            assert_eq!(
                NhsNumber::parse(&d.to_string().repeat(10)),
                Err(Rejected::Placeholder)
            );
        }
    }

    #[test]
    fn only_status_01_is_verified() {
        for yes in [
            "01",
            "1",
            " 01 ",
            "1.0",
            "01 - Number present and verified",
            "01: verified",
        ] {
            assert!(is_verified_trace(yes), "{yes}");
        }
        for no in [
            "", "02", "03", "04", "05", "06", "07", "08", "10", "011", "1.5", "verified", "Y",
        ] {
            assert!(!is_verified_trace(no), "{no}");
        }
    }

    #[test]
    fn ranges() {
        // 943 476 5919 is the number on many sample forms; 900 to 998 are never issued.
        assert_eq!(NhsNumber::parse("9434765919"), Err(Rejected::OutOfRange));
        assert!(
            issued("4010232137")
                && issued("6000000000")
                && issued("0101701234")
                && issued("3112991234")
        );
        assert!(!issued("3200000000") || issued("3999999999"));
        assert!(!issued("0113701234") && !issued("5000000000") && !issued("0000000000"));
    }

    proptest! {
        #[test]
        fn any_text_is_survived_and_canonical_text_reads_back(cell in "\\PC*|[0-9 -]{8,14}|999[0-9]{7}") {
            if let Ok(number) = NhsNumber::parse(&cell) {
                prop_assert_eq!(NhsNumber::parse(number.as_str()), Ok(number));
            }
        }

        #[test]
        fn one_wrong_digit_is_always_noticed(stem in 0u32..1_000_000, place in 0usize..10, shift in 1u8..10) {
            for last in 0..10 {
                let text = format!("999{stem:06}{last}");
                if NhsNumber::parse(&text).is_ok() {
                    let mut bytes = text.into_bytes();
                    bytes[place] = b'0' + (bytes[place] - b'0' + shift) % 10;
                    let wrong = String::from_utf8(bytes).unwrap();
                    prop_assert!(NhsNumber::parse(&wrong).is_err());
                }
            }
        }
    }
}
