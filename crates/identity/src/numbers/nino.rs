//! The national insurance number.

use super::{canonical_text, characters};
use crate::plain::Plain;
use crate::rejected::Rejected;

canonical_text!(
    /// A national insurance number: its first eight characters, two letters and six digits.
    ///
    /// The ninth, a letter A to D, adds nothing to who is meant and is often left out, so it is not kept.
    Nino
);

impl Nino {
    /// Reads a national insurance number.
    ///
    /// Refused as placeholders: temporary numbers (`TN` and a birth date), `PP999999P`, and the prefixes that offices use
    /// for their own purposes; none of them belongs to one person. The prefix `ZZ` is never issued, so synthetic records use
    /// it and it is accepted; [`Nino::is_test`] tells.
    ///
    /// # Errors
    /// [`Rejected::OutOfRange`] for prefixes that are never issued, and the reasons all numbers share.
    pub fn parse(cell: &str) -> Result<Self, Rejected> {
        let text = characters(cell)?;
        let bytes = text.as_bytes();
        let letters = bytes.len() >= 2 && bytes[..2].iter().all(u8::is_ascii_uppercase);
        let digits = bytes.len() >= 8 && bytes[2..8].iter().all(u8::is_ascii_digit);
        if !letters || !digits || bytes.len() > 9 {
            return Err(Rejected::BadShape);
        }
        let prefix = &text[..2];
        if prefix == "TN" || prefix == "PP" || is_administrative(prefix) || is_filler(&text[2..8]) {
            return Err(Rejected::Placeholder);
        }
        if bytes.len() == 9 && !(b'A'..=b'D').contains(&bytes[8]) {
            return Err(Rejected::BadShape);
        }
        if !is_issued(prefix) && prefix != "ZZ" {
            return Err(Rejected::OutOfRange);
        }
        Ok(Self(Plain::new(text[..8].to_owned())))
    }

    /// Whether the number has the prefix `ZZ`, which no person has.
    pub fn is_test(&self) -> bool {
        self.as_str().starts_with("ZZ")
    }
}

/// Digits typed to fill a field that must not be empty.
fn is_filler(digits: &str) -> bool {
    matches!(digits, "000000" | "999999")
}

/// Prefixes used inside offices (tax credits, pensions, Isle of Man and Jersey accounts): never a person's own number.
fn is_administrative(prefix: &str) -> bool {
    matches!(prefix, "OO" | "FY" | "NC" | "PZ" | "CR" | "MW" | "PY")
}

fn is_issued(prefix: &str) -> bool {
    let bytes = prefix.as_bytes();
    let never = matches!(prefix, "BG" | "GB" | "KN" | "NK" | "NT" | "TN" | "ZZ");
    !never && bytes.iter().all(|b| !b"DFIQUV".contains(b)) && bytes[1] != b'O'
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn vectors() {
        for good in [
            "AB123456C",
            "HH012345D",
            "AB123456",
            "ab 12 34 56 c",
            "AB-12-34-56-C",
        ] {
            assert!(Nino::parse(good).is_ok(), "{good}");
        }
        assert_eq!(Nino::parse("ab 12 34 56 c").unwrap().as_str(), "AB123456");
        for never in ["QQ123456C", "BG123456A", "AO123456A", "DA123456A"] {
            assert_eq!(Nino::parse(never), Err(Rejected::OutOfRange), "{never}");
        }
        for stand_in in [
            "TN010190F",
            "PP999999P",
            "OO123456A",
            "FY123456A",
            "AB999999C",
        ] {
            assert_eq!(
                Nino::parse(stand_in),
                Err(Rejected::Placeholder),
                "{stand_in}"
            );
        }
        for shape in [
            "AB123456E",
            "A1234567C",
            "AB12345",
            "AB1234567",
            "AB123456CC",
        ] {
            assert_eq!(Nino::parse(shape), Err(Rejected::BadShape), "{shape}");
        }
        assert!(Nino::parse("ZZ123456A").is_ok_and(|n| n.is_test()));
    }

    #[test]
    fn the_suffix_does_not_matter() {
        assert_eq!(Nino::parse("AB123456C"), Nino::parse("AB123456"));
    }

    proptest! {
        #[test]
        fn any_text_is_survived_and_canonical_text_reads_back(cell in "\\PC*|[A-Z]{2}[0-9]{6}[A-D]?") {
            if let Ok(number) = Nino::parse(&cell) {
                prop_assert_eq!(Nino::parse(number.as_str()), Ok(number));
            }
        }
    }
}
