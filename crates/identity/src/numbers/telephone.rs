//! Telephone numbers.

use super::{canonical_text, is_scientific, one_repeated};
use crate::fold::{bare, fold, is_blank_code, says_unknown};
use crate::plain::Plain;
use crate::rejected::Rejected;

canonical_text!(
    /// A telephone number: 6 to 15 digits, a British one in its national form (`02079460018`).
    ///
    /// It is shared: by a couple, by parents and the children whose contact they are, by a refuge and everybody in it. It comes near to saying
    /// who somebody is and proves nothing.
    Telephone
);

/// Fewest and most digits: a local number without its area code, and the most that ITU-T E.164 allows.
const DIGITS: std::ops::RangeInclusive<usize> = 6..=15;
/// Last digits that are looked at for a number that nobody has. One true number in three hundred thousand looks so.
const TAIL: usize = 7;
/// Fewest digits behind `00` for it to be the prefix of a country, and not a slip at the beginning of a shorter number.
const FOREIGN_MIN: usize = 10;
/// Most digits of an extension.
const EXTENSION_MAX: usize = 6;
/// Words that stand before or behind a number and are no part of it.
const LABELS: [&str; 13] = [
    "TELEPHONE",
    "LANDLINE",
    "MOBILE",
    "NUMBER",
    "PHONE",
    "CELL",
    "HOME",
    "WORK",
    "TEL",
    "MOB",
    "NUM",
    "NO",
    "M",
];

impl Telephone {
    /// Reads one number.
    ///
    /// Spaces, points, hyphens and brackets go; so do an extension (`ext 12`, `x12`, `#12`), a note in brackets and words such as `mob`.
    /// `+44`, `0044` and a bare `44` before a whole British number become the national `0`, with or without a `(0)` between. A number of ten
    /// digits that begins like a British one has lost its `0` to a spreadsheet and gets it back. Area codes are not looked up: Ofcom's plan
    /// (the National Telephone Numbering Plan) changes, and a closed code in an old register is no error. Any other number of 6 to 15
    /// digits stays as its digits, without `00` or `+`.
    ///
    /// A number of which the last seven digits are one digit, or count up or down (`01234567890`, `07000000000`), was typed to fill a
    /// field.
    ///
    /// # Errors
    /// [`Rejected::ExcelDamaged`] for `7.7E+09`, [`Rejected::Placeholder`] as told, [`Rejected::BadShape`] for other letters, several numbers
    /// in one cell ([`read_telephones`] reads them) and a wrong count of digits.
    pub fn parse(cell: &str) -> Result<Self, Rejected> {
        if says_unknown(cell) || is_blank_code(bare(cell)) {
            return Err(Rejected::Placeholder);
        }
        let text = fold(bare(cell));
        if is_scientific(&text) {
            return Err(Rejected::ExcelDamaged);
        }
        let (digits, international) = written(&text)?;
        let number = canonical(digits, international)?;
        if !DIGITS.contains(&number.len()) {
            return Err(Rejected::BadShape);
        }
        if is_filler(&number) {
            return Err(Rejected::Placeholder);
        }
        Ok(Self(Plain::new(number)))
    }

    /// Whether it is a British mobile number, which goes where its bearer goes. All others may stand in a home.
    pub fn is_mobile(&self) -> bool {
        let number = self.as_str();
        number.len() == 11
            && (number.starts_with("07624")
                || (number.starts_with("07") && !matches!(number.as_bytes()[2], b'0' | b'6')))
    }
}

/// Reads the numbers of one cell, each once: one, or several with `/`, a comma, `or` between.
///
/// # Errors
/// When none can be read, as [`Telephone::parse`] of the whole cell.
pub fn read_telephones(cell: &str) -> Result<Vec<Telephone>, Rejected> {
    let why = match Telephone::parse(cell) {
        Ok(number) => return Ok(vec![number]),
        Err(why) => why,
    };
    let text = fold(cell).replace(" OR ", "/").replace(" AND ", "/");
    let mut numbers: Vec<Telephone> = Vec::new();
    for part in text.split(['/', ',', ';', '|', '&', '\\']) {
        if let Ok(number) = Telephone::parse(part)
            && !numbers.contains(&number)
        {
            numbers.push(number);
        }
    }
    if numbers.is_empty() {
        Err(why)
    } else {
        Ok(numbers)
    }
}

/// The digits of folded text, and whether a plus sign stands before them.
fn written(text: &str) -> Result<(String, bool), Rejected> {
    let text = without_notes(without_extension(text));
    let mut rest = text.trim();
    loop {
        let before = rest.len();
        rest = rest.trim_matches(|c: char| matches!(c, ' ' | ':' | '.' | ',' | ';' | '-'));
        for label in LABELS {
            // A label is a word: `M 07…`, not the last letter of another.
            let apart = |c: Option<char>| c.is_none_or(|c| !c.is_ascii_alphabetic());
            if let Some(after) = rest.strip_prefix(label)
                && apart(after.chars().next())
            {
                rest = after;
            }
            if let Some(ahead) = rest.strip_suffix(label)
                && apart(ahead.chars().next_back())
            {
                rest = ahead;
            }
        }
        if rest.len() == before {
            break;
        }
    }
    if rest.is_empty() {
        return Err(if text.bytes().any(|b| b.is_ascii_alphanumeric()) {
            Rejected::BadShape
        } else {
            Rejected::Empty
        });
    }
    // A column that once was numeric comes back from data frames as "7700900123.0".
    if let Some(whole) = rest.strip_suffix(".0")
        && whole.bytes().all(|b| b.is_ascii_digit())
    {
        rest = whole;
    }
    let mut digits = String::with_capacity(rest.len());
    let mut plus = false;
    for letter in rest.chars() {
        match letter {
            '0'..='9' => digits.push(letter),
            '+' if digits.is_empty() && !plus => plus = true,
            ' ' | '.' | '-' | '(' | ')' | '[' | ']' => {}
            _ => return Err(Rejected::BadShape),
        }
    }
    Ok((digits, plus))
}

/// Cuts an extension off: the mark of one, and up to six digits at the end.
fn without_extension(text: &str) -> &str {
    let end = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let head = end.trim_end_matches(|c: char| c.is_ascii_digit());
    if end.len() - head.len() > EXTENSION_MAX {
        return text;
    }
    let head = head.trim_end_matches([' ', '.', ':', '-', '=']);
    ["EXTENSION", "EXTN", "EXT", "X", "#"]
        .iter()
        .find_map(|mark| head.strip_suffix(mark))
        .map_or(text, |rest| rest.trim_end_matches([' ', '(', ';', ',']))
}

/// Leaves out what stands in brackets without a digit: `(mum)`.
fn without_notes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('(') {
        out.push_str(&rest[..open]);
        let close = rest[open..]
            .find(')')
            .map_or(rest.len(), |at| open + at + 1);
        let note = &rest[open..close];
        if note.bytes().any(|b| b.is_ascii_digit()) {
            out.push_str(note);
        } else {
            out.push(' ');
        }
        rest = &rest[close..];
    }
    out.push_str(rest);
    out
}

/// The digits in their one form.
fn canonical(digits: String, plus: bool) -> Result<String, Rejected> {
    let (digits, international) = match digits.strip_prefix("00") {
        Some(rest) if rest.len() >= FOREIGN_MIN => (rest.to_owned(), true),
        _ => (digits, plus),
    };
    if international && digits.starts_with('0') {
        return Err(Rejected::BadShape);
    }
    if let Some(rest) = digits.strip_prefix("44") {
        let national = rest.strip_prefix('0').unwrap_or(rest);
        let first = national.bytes().next();
        let long = national.len() == 10
            && matches!(first, Some(b'1' | b'2' | b'3' | b'5' | b'7' | b'8' | b'9'));
        // Some areas and free numbers have one digit fewer; without the plus sign that is too short to be sure.
        let short = international && national.len() == 9 && matches!(first, Some(b'1' | b'8'));
        if long || short {
            return Ok(format!("0{national}"));
        }
        if international {
            return Err(Rejected::BadShape);
        }
    }
    let lost_its_zero =
        digits.len() == 10 && matches!(digits.as_bytes()[0], b'1' | b'2' | b'3' | b'7');
    Ok(if lost_its_zero {
        format!("0{digits}")
    } else {
        digits
    })
}

/// Whether the digits were typed to fill a field.
fn is_filler(number: &str) -> bool {
    let tail = &number.as_bytes()[number.len().saturating_sub(TAIL)..];
    let steps = |by: u8| {
        tail.windows(2)
            .all(|pair| (pair[0] - b'0' + by) % 10 == pair[1] - b'0')
    };
    one_repeated(number) || steps(0) || steps(1) || steps(9)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_writing_of_a_british_number_is_one_number() {
        for cell in [
            "020 7946 0018",
            "(020) 7946 0018",
            "+44 20 7946 0018",
            "+44 (0)20 7946 0018",
            "+44 (0) 20-7946-0018",
            "0044 20 79460018",
            "00 44 (0)20 7946.0018",
            "442079460018",
            "2079460018",
            "2079460018.0",
            "020 7946 0018 ext 12",
            "020 7946 0018 x12",
            "020 7946 0018, extn. 1234",
            "02079460018 (ext. 5)",
            "020 7946 0018#7",
            "Tel: 020 7946 0018",
            "020 7946 0018 (mum)",
            "020 7946 0018 home",
            "=\"02079460018\"",
            "'02079460018",
            "０２０ ７９４６ ００１８",
            "020\u{2011}7946\u{a0}0018",
        ] {
            assert_eq!(
                Telephone::parse(cell).map(|n| n.as_str().to_owned()),
                Ok("02079460018".into()),
                "{cell}"
            );
        }
    }

    #[test]
    fn other_numbers_stay_as_their_digits() {
        for (cell, canonical) in [
            ("08 1094 4208", "0810944208"),
            ("+61 8 1094 4208", "61810944208"),
            ("0061 8 1094 4208", "61810944208"),
            ("00 1094 4208", "0010944208"),
            ("+44 1204 62083", "0120462083"),
            ("01204 62083", "0120462083"),
            ("555-0142", "5550142"),
            ("62 41 73", "624173"),
            ("+1 (212) 555-0142", "12125550142"),
            ("94 2854 8438", "9428548438"),
            ("mob 07700 900123", "07700900123"),
            ("07700 900123 M", "07700900123"),
        ] {
            assert_eq!(
                Telephone::parse(cell).map(|n| n.as_str().to_owned()),
                Ok(canonical.into()),
                "{cell}"
            );
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for stand_in in [
            "0",
            "00000000000",
            "99999999999",
            "01234567890",
            "0123456789",
            "1234567890",
            "07123456789",
            "07000000000",
            "07777777777",
            "9876543210",
            "123456",
            "n/a",
            "unknown",
            "none",
            "+44 0000 000000",
        ] {
            let read = Telephone::parse(stand_in).map(|n| n.as_str().to_owned());
            assert!(
                matches!(read, Err(Rejected::Placeholder | Rejected::BadShape)),
                "{stand_in}: {read:?}"
            );
        }
        for (cell, why) in [
            ("", Rejected::Empty),
            (" ( ) ", Rejected::Placeholder),
            ("7.7009E+09", Rejected::ExcelDamaged),
            ("12345", Rejected::BadShape),
            ("999", Rejected::BadShape),
            ("1234567890123456", Rejected::BadShape),
            ("o3 7336 6472", Rejected::BadShape),
            ("AB123456C", Rejected::BadShape),
            ("12 High Street", Rejected::BadShape),
            ("+44 123", Rejected::BadShape),
            ("07700 900123 / 020 7946 0018", Rejected::BadShape),
            ("jane@example.org", Rejected::BadShape),
            ("mobile", Rejected::BadShape),
        ] {
            assert_eq!(
                Telephone::parse(cell).map(|n| n.as_str().to_owned()),
                Err(why),
                "{cell}"
            );
        }
    }

    #[test]
    fn several_numbers_of_a_cell() {
        let all = |cell: &str| -> Vec<String> {
            let numbers = read_telephones(cell).unwrap_or_default();
            numbers.iter().map(|n| n.as_str().to_owned()).collect()
        };
        assert_eq!(
            all("07700 900123 / 020 7946 0018"),
            ["07700900123", "02079460018"]
        );
        assert_eq!(all("07700900123 or +447700900123"), ["07700900123"]);
        assert_eq!(all("020 7946 0018/9"), ["02079460018"]);
        assert_eq!(all("none"), [""; 0]);
        assert_eq!(read_telephones("none"), Err(Rejected::Placeholder));
    }

    #[test]
    fn mobiles_are_told_from_numbers_that_stand_in_a_home() {
        let mobile = |cell: &str| Telephone::parse(cell).is_ok_and(|n| n.is_mobile());
        assert!(mobile("07700 900123") && mobile("+44 7624 483920"));
        for other in [
            "020 7946 0018",
            "070 1234 5679",
            "0810944208",
            "076 1234 5679",
            "5550142",
        ] {
            assert!(!mobile(other), "{other}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_survived_and_canonical_text_reads_back(
            cell in "\\PC*|\\+?[0-9]{0,17}|(\\+44|0044|44)? ?(\\(0\\))?[0-9 ]{5,16}( ?(x|ext|#)[0-9]{1,7})?"
        ) {
            if let Ok(number) = Telephone::parse(&cell) {
                let text = number.as_str();
                prop_assert!((6..=15).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit()));
                prop_assert_eq!(Telephone::parse(text), Ok(number.clone()));
                prop_assert_eq!(read_telephones(&cell), Ok(vec![number]));
            }
            for number in read_telephones(&cell).unwrap_or_default() {
                prop_assert_eq!(Telephone::parse(number.as_str()), Ok(number));
            }
        }

        /// However it is written: with or without the country's code, spaces, an extension.
        #[test]
        fn a_british_number_is_the_same_in_every_writing(number in "[1237][0-9]{9}", at in 1usize..9, extension in 1u16..999) {
            if let Ok(national) = Telephone::parse(&format!("0{number}")) {
                let (left, right) = number.split_at(at);
                for cell in [
                    format!("+44{number}"), format!("0044 {left} {right}"), format!("+44 (0){left}-{right}"), number.clone(),
                    format!("(0{left}) {right} ext. {extension}"), format!("44{number}"),
                ] {
                    prop_assert_eq!(Telephone::parse(&cell), Ok(national.clone()));
                }
            }
        }
    }
}
