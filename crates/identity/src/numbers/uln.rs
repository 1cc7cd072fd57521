//! The unique learner number.

use super::{canonical_text, digit, digits};
use crate::plain::Plain;
use crate::rejected::Rejected;

canonical_text!(
    /// A unique learner number (ULN): ten digits, the first not zero, check digit right. Pupils from 14 on have one.
    Uln
);

impl Uln {
    /// Reads a ULN. `9999999999` is the learner record's code for "not known": it would make all learners without a number one.
    ///
    /// The check digit is `10 - r`, with `r` the sum of the first nine digits times 10 down to 2, modulo 11; numbers with `r = 0` are
    /// not issued (Learning Records Service).
    ///
    /// # Errors
    /// [`Rejected::BadCheckDigit`] for a typing error, and the reasons all numbers share.
    pub fn parse(cell: &str) -> Result<Self, Rejected> {
        let text = digits(cell)?;
        if matches!(text.as_str(), "9999999999" | "0000000000" | "0") {
            return Err(Rejected::Placeholder);
        }
        let bytes = text.as_bytes();
        if bytes.len() != 10 || bytes[0] == b'0' {
            return Err(Rejected::BadShape);
        }
        let sum: u32 = bytes[..9]
            .iter()
            .zip((2..=10).rev())
            .map(|(b, weight)| digit(*b) * weight)
            .sum();
        let remainder = sum % 11;
        if remainder == 0 || 10 - remainder != digit(bytes[9]) {
            return Err(Rejected::BadCheckDigit);
        }
        Ok(Self(Plain::new(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn vectors() {
        for good in ["9990000017", "9990000025", "9990000033", "1000000043"] {
            assert!(Uln::parse(good).is_ok(), "{good}");
        }
        assert_eq!(Uln::parse("9999999999"), Err(Rejected::Placeholder));
        assert_eq!(Uln::parse("9990000018"), Err(Rejected::BadCheckDigit));
        assert_eq!(Uln::parse("0990000017"), Err(Rejected::BadShape));
        assert_eq!(Uln::parse("999000001"), Err(Rejected::BadShape));
    }

    proptest! {
        #[test]
        fn any_text_is_survived_and_canonical_text_reads_back(cell in "\\PC*|[0-9]{10}") {
            if let Ok(number) = Uln::parse(&cell) {
                prop_assert_eq!(Uln::parse(number.as_str()), Ok(number));
            }
        }
    }
}
