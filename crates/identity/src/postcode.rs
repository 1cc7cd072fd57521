//! Postcodes, and the postcodes that are none.

use crate::fold::{bare, fold, is_blank_code, says_unknown};
use crate::plain::{Plain, hidden_debug};
use crate::rejected::Rejected;

/// A postcode unit of the United Kingdom, such as DA6 7AT: about fifteen homes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Postcode(Plain<String>);
hidden_debug!(Postcode);

/// What a postcode cell says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PostcodeReading {
    /// A postcode.
    Valid(Postcode),
    /// The person has no fixed abode (`ZZ99 3VZ`, or in words). A fact about the person's housing, and never a shared address:
    /// nobody lives with another because both have no home.
    NoFixedAbode,
    /// The cell says that the postcode is not known or not in the country (the other `ZZ99` codes, forces' mail, words).
    Unknown,
}

impl Postcode {
    /// Reads a postcode: upper case, spaces and punctuation out, O/0 and I/L/1 put right by place.
    ///
    /// The area (the leading letters) must be one of the 124 in use. That is what tells `P01 3AX`, typed with a zero, from
    /// a real postcode: the shape is good, but there is no area P, and PO1 3AX is the only reading left. The area `XE` is
    /// not in use and is accepted as reserved for synthetic records.
    ///
    /// # Errors
    /// [`Rejected::Empty`], [`Rejected::BadShape`], or [`Rejected::OutOfRange`] when the area does not exist.
    pub fn read(cell: &str) -> Result<PostcodeReading, Rejected> {
        if says_unknown(cell) {
            return Ok(PostcodeReading::Unknown);
        }
        let folded = fold(bare(cell));
        let mut text = String::with_capacity(folded.len());
        text.extend(folded.chars().filter(char::is_ascii_alphanumeric));
        if text.is_empty() {
            return Err(Rejected::Empty);
        }
        if matches!(
            text.as_str(),
            "ZZ993VZ" | "NFA" | "NOFIXEDABODE" | "OFNOFIXEDABODE" | "NOFIXEDADDRESS" | "HOMELESS"
        ) {
            return Ok(PostcodeReading::NoFixedAbode);
        }
        // NF1 1AB is a made-up code for a missing postcode; BF1 is forces' mail, delivered anywhere in the world.
        if text.starts_with("ZZ99")
            || text.starts_with("BFPO")
            || text == "NF11AB"
            || is_forces_mail(&text)
            || is_blank_code(&text)
        {
            return Ok(PostcodeReading::Unknown);
        }
        if !(5..=7).contains(&text.len()) {
            return Err(Rejected::BadShape);
        }
        if !(has_shape(&text) && is_area(area_of(&text))) {
            text = repaired(&text)?;
        }
        Ok(PostcodeReading::Valid(Self(Plain::new(text))))
    }

    /// Reads a postal code of another country: four to six digits, `27260`, also with an extension that is left out (`27260-1234`). The
    /// first digits name larger areas in nearly all countries, so [`Self::sector`] and [`Self::district`], which leave out the last two and
    /// three characters, name larger areas here too.
    ///
    /// # Errors
    /// [`Rejected::Placeholder`] for a code of one repeated digit, [`Rejected::Empty`], [`Rejected::BadShape`] for anything else.
    pub fn read_abroad(cell: &str) -> Result<Self, Rejected> {
        let text = bare(cell).trim();
        let code = match text.split_once('-') {
            Some((code, extension))
                if extension.len() == 4 && extension.bytes().all(|b| b.is_ascii_digit()) =>
            {
                code
            }
            _ => text,
        };
        if code.is_empty() {
            return Err(Rejected::Empty);
        }
        if !(4..=6).contains(&code.len()) || !code.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Rejected::BadShape);
        }
        if code.bytes().all(|b| b == code.as_bytes()[0]) {
            return Err(Rejected::Placeholder);
        }
        Ok(Self(Plain::new(code.to_owned())))
    }

    /// The whole postcode without its space: `DA67AT`.
    pub fn unit(&self) -> &str {
        self.0.expose()
    }

    /// The sector, about 3,000 homes: `DA67`.
    pub fn sector(&self) -> &str {
        &self.unit()[..self.unit().len() - 2]
    }

    /// The district, about 8,000 homes: `DA6`.
    pub fn district(&self) -> &str {
        &self.unit()[..self.unit().len() - 3]
    }

    /// The area: `DA`.
    pub fn area(&self) -> &str {
        area_of(self.unit())
    }
}

fn is_forces_mail(text: &str) -> bool {
    text.len() >= 6 && text.starts_with("BF1")
}

/// The only postcode that a text can be once letters and digits are put right. With two readings there is none to be preferred.
fn repaired(text: &str) -> Result<String, Rejected> {
    let (outward, inward) = text.split_at(text.len() - 3);
    let shapes: &[&str] = match outward.len() {
        2 => &["A9"],
        3 => &["A99", "A9A", "AA9"],
        _ => &["AA99", "AA9A"],
    };
    let mut shaped = false;
    let mut found: Vec<String> = Vec::new();
    for shape in shapes {
        let Some(candidate) = in_shape(&format!("{outward}{inward}"), &format!("{shape}9AA"))
        else {
            continue;
        };
        if has_shape(&candidate) {
            shaped = true;
            if is_area(area_of(&candidate)) && !found.contains(&candidate) {
                found.push(candidate);
            }
        }
    }
    match found.len() {
        1 => Ok(found.remove(0)),
        _ if shaped => Err(Rejected::OutOfRange),
        _ => Err(Rejected::BadShape),
    }
}

/// The text with look-alikes changed to fit a shape of letters (`A`) and digits (`9`).
fn in_shape(text: &str, shape: &str) -> Option<String> {
    text.chars()
        .zip(shape.chars())
        .map(|(c, kind)| match (kind, c) {
            ('9', 'O') => Some('0'),
            ('9', 'I' | 'L') => Some('1'),
            ('A', '0') => Some('O'),
            ('A', '1') => Some('I'),
            ('9', _) => c.is_ascii_digit().then_some(c),
            _ => c.is_ascii_uppercase().then_some(c),
        })
        .collect()
}

/// The shapes A9, A99, A9A, AA9, AA99 and AA9A before digit, letter, letter, with the letters that occur in each place (BS 7666 and
/// Royal Mail's programmer's guide): most slips of the pen make a letter that cannot stand there.
fn has_shape(text: &str) -> bool {
    if text == "GIR0AA" {
        return true;
    }
    let Some(split) = text.len().checked_sub(3) else {
        return false;
    };
    let (outward, inward) = text.as_bytes().split_at(split);
    let inward_letter = |b: u8| b.is_ascii_uppercase() && !b"CIKMOV".contains(&b);
    let third = |b: u8| b"ABCDEFGHJKPSTUW".contains(&b);
    let fourth = |b: u8| b"ABEHMNPRVWXY".contains(&b);
    let letter = |b: u8| b.is_ascii_uppercase();
    let digit = |b: u8| b.is_ascii_digit();
    let outward_fits = match *outward {
        [a, n] => letter(a) && digit(n),
        [a, n, x] if digit(n) => letter(a) && (digit(x) || third(x)),
        [a, b, n] => letter(a) && letter(b) && digit(n),
        [a, b, n, x] => letter(a) && letter(b) && digit(n) && (digit(x) || fourth(x)),
        _ => false,
    };
    outward_fits && digit(inward[0]) && inward_letter(inward[1]) && inward_letter(inward[2])
}

fn area_of(text: &str) -> &str {
    if text == "GIR0AA" {
        return "GIR";
    }
    let end = text
        .find(|c: char| c.is_ascii_digit())
        .unwrap_or(text.len());
    &text[..end]
}

/// The 124 areas of Royal Mail (Postcode Address File), GIR (Girobank, one postcode) and XE (synthetic).
fn is_area(area: &str) -> bool {
    AREAS.binary_search(&area).is_ok() || matches!(area, "GIR" | "XE")
}

const AREAS: [&str; 124] = [
    "AB", "AL", "B", "BA", "BB", "BD", "BH", "BL", "BN", "BR", "BS", "BT", "CA", "CB", "CF", "CH",
    "CM", "CO", "CR", "CT", "CV", "CW", "DA", "DD", "DE", "DG", "DH", "DL", "DN", "DT", "DY", "E",
    "EC", "EH", "EN", "EX", "FK", "FY", "G", "GL", "GU", "GY", "HA", "HD", "HG", "HP", "HR", "HS",
    "HU", "HX", "IG", "IM", "IP", "IV", "JE", "KA", "KT", "KW", "KY", "L", "LA", "LD", "LE", "LL",
    "LN", "LS", "LU", "M", "ME", "MK", "ML", "N", "NE", "NG", "NN", "NP", "NR", "NW", "OL", "OX",
    "PA", "PE", "PH", "PL", "PO", "PR", "RG", "RH", "RM", "S", "SA", "SE", "SG", "SK", "SL", "SM",
    "SN", "SO", "SP", "SR", "SS", "ST", "SW", "SY", "TA", "TD", "TF", "TN", "TQ", "TR", "TS", "TW",
    "UB", "W", "WA", "WC", "WD", "WF", "WN", "WR", "WS", "WV", "YO", "ZE",
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn unit(cell: &str) -> Option<String> {
        match Postcode::read(cell) {
            Ok(PostcodeReading::Valid(postcode)) => Some(postcode.unit().to_owned()),
            _ => None,
        }
    }

    #[test]
    fn postal_codes_of_other_countries() {
        let code = |cell: &str| Postcode::read_abroad(cell).map(|code| code.unit().to_owned());
        for (cell, expected) in [
            ("27260", Ok("27260")),
            (" 27260-1234", Ok("27260")),
            ("2195", Ok("2195")),
            ("110001", Ok("110001")),
            ("00000", Err(Rejected::Placeholder)),
            ("99999", Err(Rejected::Placeholder)),
            ("", Err(Rejected::Empty)),
            ("272", Err(Rejected::BadShape)),
            ("1234567", Err(Rejected::BadShape)),
            ("27260-12", Err(Rejected::BadShape)),
            ("DA6 7AT", Err(Rejected::BadShape)),
        ] {
            assert_eq!(code(cell), expected.map(str::to_owned), "{cell}");
        }
        let abroad = Postcode::read_abroad("27260").unwrap();
        assert_eq!((abroad.sector(), abroad.district()), ("272", "27"));
    }

    #[test]
    fn areas_are_sorted() {
        assert!(AREAS.is_sorted());
    }

    #[test]
    fn vectors() {
        for good in [
            "DA6 7AT", "EC1A 1BB", "W1A 0AX", "M1 1AE", "B33 8TH", "CR2 6XH", "DN55 1PT",
            "N1C 4AB", "SE1P 4DF", "GIR 0AA", "XE4 2AB",
        ] {
            assert_eq!(unit(good), Some(good.replace(' ', "")));
            assert_eq!(
                unit(&good.to_lowercase().replace(' ', "")),
                Some(good.replace(' ', ""))
            );
        }
        assert_eq!(unit("P01 3AX").as_deref(), Some("PO13AX"));
        assert_eq!(unit("DA6 7A T.").as_deref(), Some("DA67AT"));
        assert_eq!(unit("DAl 1AA").as_deref(), Some("DA11AA"));
        assert_eq!(unit("SE1O OAB").as_deref(), Some("SE100AB"));
        for shape in ["DA6", "DA6 7", "DA6 7ATX", "QQ12 ABC", "DA6 7CT", "123456"] {
            assert_eq!(Postcode::read(shape), Err(Rejected::BadShape), "{shape}");
        }
        assert_eq!(Postcode::read("QA6 7AT"), Err(Rejected::OutOfRange));
        assert_eq!(Postcode::read(" "), Err(Rejected::Empty));
    }

    #[test]
    fn codes_for_no_postcode() {
        for nfa in ["ZZ99 3VZ", "NFA", "No fixed abode"] {
            assert_eq!(
                Postcode::read(nfa),
                Ok(PostcodeReading::NoFixedAbode),
                "{nfa}"
            );
        }
        for unknown in [
            "ZZ99 3WZ", "ZZ99 3CZ", "ZZ99 4DZ", "NF1 1AB", "BF1 2AS", "BFPO 57", "unknown", "N/K",
            "ZZ99 3GZ", "ZZ99 1WZ", "ZZ99 2WZ", "00000", "u", "unk",
        ] {
            assert_eq!(
                Postcode::read(unknown),
                Ok(PostcodeReading::Unknown),
                "{unknown}"
            );
        }
    }

    #[test]
    fn parts() {
        let Ok(PostcodeReading::Valid(postcode)) = Postcode::read("da6 7at") else {
            panic!("is a postcode")
        };
        assert_eq!(
            (
                postcode.unit(),
                postcode.sector(),
                postcode.district(),
                postcode.area()
            ),
            ("DA67AT", "DA67", "DA6", "DA")
        );
    }

    proptest! {
        #[test]
        fn any_text_is_survived_and_canonical_text_reads_back(cell in "\\PC*|[A-Z0-9]{5,7}|[A-Z]{1,2}[0-9OIL]{1,2}[A-Z]? [0-9OIL][A-Z]{2}") {
            if let Some(first) = unit(&cell) {
                prop_assert_eq!(unit(&first), Some(first));
            }
        }
    }
}
