//! The unique property reference number.

use super::{canonical_text, digits, one_repeated};
use crate::plain::Plain;
use crate::rejected::Rejected;

canonical_text!(
    /// A unique property reference number (UPRN): one to twelve digits, no leading zero, no check digit.
    ///
    /// A block of flats has a number and each flat in it another. The number of the flat is the home; a block's number alone joins
    /// all its flats, which the cap on people for one home undoes.
    Uprn
);

impl Uprn {
    /// Reads a UPRN: leading zeros off (some systems pad to twelve).
    ///
    /// With no check digit, the commonest damage must be known by its look: a spreadsheet shows a twelve-digit number as
    /// `1.00023E+11` and saves `100023000000`. A number of eleven or twelve digits with at most six that count is taken for
    /// such a wreck: it would put a million addresses into one home. (One true UPRN in some hundred thousand is lost.)
    ///
    /// # Errors
    /// [`Rejected::ExcelDamaged`] as told, and the reasons all numbers share.
    pub fn parse(cell: &str) -> Result<Self, Rejected> {
        let padded = digits(cell)?;
        let text = padded.trim_start_matches('0');
        if text.is_empty() || (text.len() >= 6 && one_repeated(text)) {
            return Err(Rejected::Placeholder);
        }
        if text.len() > 12 {
            return Err(Rejected::BadShape);
        }
        if text.len() >= 11 && text.trim_end_matches('0').len() <= 6 {
            return Err(Rejected::ExcelDamaged);
        }
        Ok(Self(Plain::new(text.to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn vectors() {
        for (cell, canonical) in [
            ("100023336956", "100023336956"),
            ("000012345678", "12345678"),
            ("10023336956.0", "10023336956"),
            ("900000000001", "900000000001"),
            ("200000", "200000"),
        ] {
            assert_eq!(Uprn::parse(cell).unwrap().as_str(), canonical);
        }
        for wreck in [
            "1.00023E+11",
            "1.00023e+11",
            "1E+11",
            "1.00023E11",
            "100023000000",
            "10002300000",
            "9E+11",
        ] {
            assert_eq!(Uprn::parse(wreck), Err(Rejected::ExcelDamaged), "{wreck}");
        }
        for stand_in in ["0", "000000000000", "999999999999", "n/a"] {
            assert_eq!(
                Uprn::parse(stand_in),
                Err(Rejected::Placeholder),
                "{stand_in}"
            );
        }
        for shape in ["1234567890123", "12A4", "1,234", "-.5"] {
            assert_eq!(Uprn::parse(shape), Err(Rejected::BadShape), "{shape}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_survived_and_canonical_text_reads_back(cell in "\\PC*|[0-9]{1,13}") {
            if let Ok(number) = Uprn::parse(&cell) {
                prop_assert_eq!(Uprn::parse(number.as_str()), Ok(number));
            }
        }

        /// What a spreadsheet saves for any twelve-digit number is never taken for a home.
        #[test]
        fn spreadsheet_damage_is_noticed(number in 100_000_000_000u64..1_000_000_000_000) {
            let shown = format!("{:.5E}", number as f64).replace('E', "E+");
            prop_assert_eq!(Uprn::parse(&shown), Err(Rejected::ExcelDamaged));
            let saved = (number as f64 / 1e6).round() as u64 * 1_000_000;
            if saved < 1_000_000_000_000 {
                prop_assert_eq!(Uprn::parse(&saved.to_string()), Err(Rejected::ExcelDamaged));
            }
        }
    }
}
