//! The unique street reference number.

use super::{canonical_text, digits, one_repeated};
use crate::plain::Plain;
use crate::rejected::Rejected;

canonical_text!(
    /// A unique street reference number (USRN): eight digits, no check digit. A street and not a home: nobody is taken to live with
    /// everybody in it.
    Usrn
);

impl Usrn {
    /// Reads a USRN; leading zeros that a spreadsheet dropped are put back, since it has always eight digits (BS 7666).
    ///
    /// # Errors
    /// The reasons all numbers share.
    pub fn parse(cell: &str) -> Result<Self, Rejected> {
        let text = digits(cell)?;
        if one_repeated(&text) && text.len() >= 6 {
            return Err(Rejected::Placeholder);
        }
        if !(6..=8).contains(&text.len()) {
            return Err(Rejected::BadShape);
        }
        Ok(Self(Plain::new(format!("{text:0>8}"))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn vectors() {
        assert_eq!(Usrn::parse("20401234").unwrap().as_str(), "20401234");
        assert_eq!(Usrn::parse("401234").unwrap().as_str(), "00401234");
        assert_eq!(Usrn::parse("99999999"), Err(Rejected::Placeholder));
        assert_eq!(Usrn::parse("123456789"), Err(Rejected::BadShape));
        assert_eq!(Usrn::parse("2.04E+07"), Err(Rejected::ExcelDamaged));
    }

    proptest! {
        #[test]
        fn any_text_is_survived_and_canonical_text_reads_back(cell in "\\PC*|[0-9]{6,8}") {
            if let Ok(number) = Usrn::parse(&cell) {
                prop_assert_eq!(Usrn::parse(number.as_str()), Ok(number));
            }
        }
    }
}
