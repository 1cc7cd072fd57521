//! What sources without names hold: initials, and postcodes cut off at the sector.
//!
//! Treatment services and some national returns know a person only by first and family initial, birth date, sex and postcode sector. Such
//! values are kept apart from names and postcodes, which say more.

use crate::fold::fold;
use crate::plain::hidden_debug;
use crate::postcode::{Postcode, PostcodeReading};
use crate::rejected::Rejected;

/// The first letter of a name, from a source that holds no name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Initial(u8);
hidden_debug!(Initial);

impl Initial {
    /// Reads an initial: one letter, with or without a full stop.
    ///
    /// # Errors
    /// [`Rejected::Empty`], or [`Rejected::BadShape`] for more than one letter: a whole name in a column of initials is a wrong mapping, and
    /// cutting it would hide that.
    pub fn read(cell: &str) -> Result<Self, Rejected> {
        let folded = fold(cell);
        let mut letters = folded.bytes().filter(u8::is_ascii_alphanumeric);
        match (letters.next(), letters.next()) {
            (None, _) => Err(Rejected::Empty),
            (Some(letter), None) if letter.is_ascii_uppercase() => Ok(Self(letter)),
            _ => Err(Rejected::BadShape),
        }
    }

    /// The letter, A to Z.
    pub fn letter(self) -> u8 {
        self.0
    }
}

/// A postcode sector, such as DA6 7: about 3,000 homes. From a source that holds no full postcode.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PostcodeSector(Postcode);
hidden_debug!(PostcodeSector);

impl PostcodeSector {
    /// Reads a sector (`DA6 7`), or a full postcode, which is cut.
    ///
    /// Without the space a sector looks like a district: `DA16` is Welling, and not the sector 6 of DA1. Only a text that cannot be a district is
    /// read without one.
    ///
    /// # Errors
    /// As [`Postcode::read`]; [`Rejected::BadShape`] for what may be a district; [`Rejected::Placeholder`] for codes that mean no postcode.
    pub fn read(cell: &str) -> Result<Self, Rejected> {
        let spaced = cell.trim().contains(|c: char| !c.is_alphanumeric());
        let is_district = matches!(
            Postcode::read(&format!("{cell}1AA")),
            Ok(PostcodeReading::Valid(_))
        );
        if !spaced && is_district {
            return Err(Rejected::BadShape);
        }
        // Whatever is a sector is a postcode once two letters follow that every postcode may end with.
        let whole = match Postcode::read(&format!("{cell}AA")) {
            Ok(PostcodeReading::Valid(postcode)) => Ok(PostcodeReading::Valid(postcode)),
            _ => Postcode::read(cell),
        };
        match whole? {
            PostcodeReading::Valid(postcode) => {
                let sector = format!("{}AA", postcode.sector());
                match Postcode::read(&sector) {
                    Ok(PostcodeReading::Valid(kept)) => Ok(Self(kept)),
                    _ => Err(Rejected::BadShape),
                }
            }
            _ => Err(Rejected::Placeholder),
        }
    }

    /// The sector: `DA67`.
    pub fn sector(&self) -> &str {
        self.0.sector()
    }

    /// The district: `DA6`.
    pub fn district(&self) -> &str {
        self.0.district()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn initials() {
        for (cell, letter) in [("A", b'A'), (" b. ", b'B'), ("É", b'E')] {
            assert_eq!(Initial::read(cell).map(Initial::letter), Ok(letter));
        }
        for (cell, why) in [
            ("", Rejected::Empty),
            ("-", Rejected::Empty),
            ("AB", Rejected::BadShape),
            ("Anna", Rejected::BadShape),
            ("1", Rejected::BadShape),
        ] {
            assert_eq!(Initial::read(cell), Err(why), "{cell}");
        }
    }

    #[test]
    fn sectors() {
        for cell in ["DA6 7", "da6  7", "DA6 7AT", "DA67AT", "DA6-7"] {
            let sector = PostcodeSector::read(cell).unwrap();
            assert_eq!(
                (sector.sector(), sector.district()),
                ("DA67", "DA6"),
                "{cell}"
            );
        }
        for cell in ["DA6", "DA16", "E14", "N17", "QQ1 2", "hello", ""] {
            assert!(PostcodeSector::read(cell).is_err(), "{cell}");
        }
        assert_eq!(PostcodeSector::read("ZZ99 3VZ"), Err(Rejected::Placeholder));
    }

    proptest! {
        #[test]
        fn any_text_is_survived_and_canonical_text_reads_back(cell in "\\PC*|[A-Z]{1,2}[0-9]{1,2} ?[0-9]([A-Z]{2})?") {
            if let Ok(initial) = Initial::read(&cell) {
                let letter = char::from(initial.letter()).to_string();
                prop_assert_eq!(Initial::read(&letter), Ok(initial));
            }
            if let Ok(sector) = PostcodeSector::read(&cell) {
                let (district, digit) = sector.sector().split_at(sector.sector().len() - 1);
                prop_assert_eq!(PostcodeSector::read(&format!("{district} {digit}")), Ok(sector));
            }
        }
    }
}
