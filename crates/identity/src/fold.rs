//! Folding: any writing of a word to upper-case A to Z.
//!
//! Systems differ in what they let a clerk type. The same person is Łukasz in one, LUKASZ in another and Lukasz in a third,
//! so accents go. Letters that are no accented A to Z (ß, Ø, Ł) have a usual plain spelling; Cyrillic and Greek get the
//! spelling of a passport's machine-readable zone (ICAO Doc 9303), which is what a clerk copies.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Text in upper-case ASCII: accents off, quotes and dashes plain, letters without a plain spelling left out.
pub(crate) fn fold(text: &str) -> Cow<'_, str> {
    // Nearly every cell is plain, and a register has millions of them: no decomposition, and no copy of what is upper case.
    if text.is_ascii() && !text.bytes().any(|b| b.is_ascii_control()) {
        return if text.bytes().any(|b| b.is_ascii_lowercase()) {
            Cow::Owned(text.to_ascii_uppercase())
        } else {
            Cow::Borrowed(text)
        };
    }
    let mut out = String::with_capacity(text.len());
    for letter in text.nfkd() {
        if is_combining_mark(letter) {
            continue;
        }
        if letter.is_ascii() {
            if letter.is_ascii_control() {
                out.push(' ');
            } else {
                out.push(letter.to_ascii_uppercase());
            }
            continue;
        }
        if let Some(plain) = plain_punctuation(letter) {
            out.push(plain);
            continue;
        }
        for upper in letter.to_uppercase() {
            // Upper-casing can leave marks of its own (ŉ gives ʼN), hence the second pass.
            for part in std::iter::once(upper).nfkd() {
                if part.is_ascii() {
                    out.push(part.to_ascii_uppercase());
                } else if !is_combining_mark(part) {
                    out.push_str(spelling(part));
                }
            }
        }
    }
    Cow::Owned(out)
}

/// Folded text without its apostrophes, which bind: `O'BRIEN` is one word.
pub(crate) fn bound(folded: Cow<'_, str>) -> Cow<'_, str> {
    if folded.contains('\'') {
        Cow::Owned(folded.replace('\'', ""))
    } else {
        folded
    }
}

/// Words of A to Z in [`bound`] text: everything that is no letter separates.
pub(crate) fn words(bound: &str) -> impl Iterator<Item = &str> {
    bound
        .split(|c: char| !c.is_ascii_uppercase())
        .filter(|word| !word.is_empty())
}

/// The cell in the spelling that people use who have no such letter on the keyboard, when that differs from taking the accent off:
/// a German, Danish or Swedish passport's machine-readable zone says MUELLER, SOEREN and AASE for Müller, Søren and Åse, and Đ is
/// DJ to its bearers. `None` for every other cell.
pub(crate) fn transliterated(cell: &str) -> Option<String> {
    if cell.is_ascii() {
        return None;
    }
    let mut out = String::with_capacity(cell.len() + 4);
    let mut changed = false;
    // Composed first: some systems store the letter and its dots as two characters.
    for letter in cell.nfc() {
        let spelt = match letter {
            'ä' | 'Ä' => "AE",
            'ö' | 'Ö' | 'ø' | 'Ø' => "OE",
            'ü' | 'Ü' => "UE",
            'å' | 'Å' => "AA",
            'đ' | 'Đ' => "DJ",
            other => {
                out.push(other);
                continue;
            }
        };
        out.push_str(spelt);
        changed = true;
    }
    changed.then_some(out)
}

/// Takes off what spreadsheets and exports put around a value: spaces, byte order mark, a leading apostrophe, `="…"`, quotes.
pub(crate) fn bare(cell: &str) -> &str {
    let outer =
        |c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}' | '"' | '\'' | '=');
    cell.trim_matches(outer)
}

/// A number-like cell with spaces and dashes out, in upper case: the form all numbered identifiers are checked in.
pub(crate) fn compact(cell: &str) -> String {
    let cell = bare(cell);
    let kept = |b: &u8| !b.is_ascii_whitespace() && !b.is_ascii_control() && *b != b'-';
    let text = if cell.is_ascii() {
        Cow::Borrowed(cell)
    } else {
        fold(cell)
    };
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes().filter(kept) {
        out.push(char::from(byte.to_ascii_uppercase()));
    }
    out
}

/// The only letters of a short text, for comparing with lists.
struct Letters {
    buffer: [u8; Self::LONGEST],
    count: usize,
}

impl Letters {
    /// The longest saying that any list holds.
    const LONGEST: usize = 16;

    fn push(&mut self, letter: u8) {
        if let Some(place) = self.buffer.get_mut(self.count) {
            *place = letter;
        }
        self.count += 1;
    }

    /// The letters; `None` when they are longer than any saying.
    fn all(&self) -> Option<&[u8]> {
        self.buffer.get(..self.count)
    }
}

/// Whether a cell says, in words or signs, that the value is not known. Compared without spaces and punctuation.
///
/// The words are those met in registers: the blank rule that open linkage data sets are prepared by (`UN`, `UNK`, `UNKNOWN`),
/// spreadsheets (`NA`, `NAN`, `NULL`), and clerks. A text with a digit is no saying: `N1` is half a postcode.
pub(crate) fn says_unknown(cell: &str) -> bool {
    let text = if cell.is_ascii() {
        Cow::Borrowed(cell)
    } else {
        fold(cell)
    };
    let mut letters = Letters {
        buffer: [0; Letters::LONGEST],
        count: 0,
    };
    let (mut only_x, mut any_sign) = (true, false);
    for byte in text.bytes() {
        if byte.is_ascii_digit() {
            return false;
        }
        if byte.is_ascii_alphabetic() {
            let letter = byte.to_ascii_uppercase();
            only_x &= letter == b'X';
            letters.push(letter);
        } else {
            any_sign |= !byte.is_ascii_whitespace() && !byte.is_ascii_control();
        }
    }
    match letters.all() {
        Some([]) => any_sign,
        _ if only_x => letters.count > 1,
        Some(letters) => is_saying(letters),
        None => false,
    }
}

fn is_saying(letters: &[u8]) -> bool {
    matches!(
        letters,
        b"ANON"
            | b"ANONYMOUS"
            | b"DECLINED"
            | b"DONTKNOW"
            | b"DUMMY"
            | b"MISSING"
            | b"NA"
            | b"NAN"
            | b"NIL"
            | b"NK"
            | b"NODATA"
            | b"NONE"
            | b"NORESPONSE"
            | b"NOTAPPLICABLE"
            | b"NOTAVAILABLE"
            | b"NOTDISCLOSED"
            | b"NOTGIVEN"
            | b"NOTKNOWN"
            | b"NOTNAMED"
            | b"NOTPROVIDED"
            | b"NOTRECORDED"
            | b"NOTSTATED"
            | b"NOTSUPPLIED"
            | b"NOTYETKNOWN"
            | b"NOTYETNAMED"
            | b"NULL"
            | b"PREFERNOTTOSAY"
            | b"REFUSED"
            | b"TBA"
            | b"TBC"
            | b"TBD"
            | b"TEST"
            | b"UK"
            | b"UN"
            | b"UNAVAILABLE"
            | b"UNDISCLOSED"
            | b"UNIDENTIFIED"
            | b"UNK"
            | b"UNKNOWN"
            | b"UNSPECIFIED"
            | b"WITHHELD"
    )
}

/// Whether a cell holds nothing but one of the codes that stand for "blank" in a column of numbers: `U`, or zeros.
///
/// Apart from [`says_unknown`] because `U` is an initial in a column of names, and a zero is a digit in a column of dates.
pub(crate) fn is_blank_code(text: &str) -> bool {
    matches!(text, "U" | "u") || (!text.is_empty() && text.bytes().all(|b| b == b'0'))
}

fn plain_punctuation(letter: char) -> Option<char> {
    match letter {
        '\u{2018}' | '\u{2019}' | '\u{201b}' | '\u{2032}' | '\u{02bc}' | '\u{02b9}'
        | '\u{02bb}' | '\u{00b4}' => Some('\''),
        '\u{201c}' | '\u{201d}' | '\u{201f}' | '\u{2033}' => Some('"'),
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{00ad}' => Some('-'),
        _ if letter.is_whitespace() || letter.is_control() => Some(' '),
        _ => None,
    }
}

/// The usual spelling of an upper-case letter that does not decompose to A to Z.
fn spelling(letter: char) -> &'static str {
    match letter {
        'Æ' | 'Ӕ' => "AE",
        'Œ' => "OE",
        'Ø' => "O",
        'Ł' => "L",
        'Đ' | 'Ð' | 'Ɖ' => "D",
        'Þ' => "TH",
        'ẞ' => "SS",
        'Ħ' => "H",
        'Ŧ' => "T",
        'Ŋ' => "NG",
        'Ə' => "E",
        'Ɓ' => "B",
        'Ɗ' => "D",
        'Ƙ' => "K",
        'Ƴ' => "Y",
        'А' | 'Α' => "A",
        'Б' => "B",
        'В' | 'Β' => {
            if letter == 'В' {
                "V"
            } else {
                "B"
            }
        }
        'Г' | 'Ґ' | 'Γ' => "G",
        'Д' | 'Δ' => "D",
        'Е' | 'Э' | 'Ε' => "E",
        'Є' => "IE",
        'Ж' => "ZH",
        'З' | 'Ζ' => "Z",
        'И' | 'І' | 'Ι' | 'Η' | 'Й' => "I",
        'К' | 'Κ' => "K",
        'Л' | 'Λ' => "L",
        'М' | 'Μ' => "M",
        'Н' | 'Ν' => "N",
        'О' | 'Ο' | 'Ω' => "O",
        'П' | 'Π' => "P",
        'Р' | 'Ρ' => "R",
        'С' | 'Σ' => "S",
        'Т' | 'Τ' => "T",
        'У' => "U",
        'Υ' => "Y",
        'Ф' | 'Φ' => "F",
        'Х' => "KH",
        'Χ' => "CH",
        'Ц' => "TS",
        'Ч' => "CH",
        'Ш' => "SH",
        'Щ' => "SHCH",
        'Ы' => "Y",
        'Ю' => "IU",
        'Я' => "IA",
        'Ј' => "J",
        'Љ' => "LJ",
        'Њ' => "NJ",
        'Ђ' => "DJ",
        'Ћ' => "C",
        'Џ' => "DZ",
        'Θ' => "TH",
        'Ξ' => "X",
        'Ψ' => "PS",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn accents_and_letters_without_accents() {
        assert_eq!(fold("Łukasz Müller-Strauß"), "LUKASZ MULLER-STRAUSS");
        assert_eq!(fold("Søren Æsir Đorđević"), "SOREN AESIR DORDEVIC");
        assert_eq!(fold("O’Brien – İpek ı"), "O'BRIEN - IPEK I");
        assert_eq!(fold("Володимир"), "VOLODIMIR");
        assert_eq!(fold("Ελένη"), "ELENI");
    }

    #[test]
    fn apostrophes_bind_and_the_rest_separates() {
        let all = |text: &str| {
            words(&bound(fold(text)))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert_eq!(all("O'Brien-Smith (Jr.)"), ["OBRIEN", "SMITH", "JR"]);
        assert!(all(" 12 -- ").is_empty());
    }

    #[test]
    fn sayings() {
        for text in [
            "Unknown",
            "N/K",
            "n/a",
            "--",
            "?",
            "XXX",
            "not known",
            "U/K",
            "unk",
            "Un.",
            "don't know",
            "prefer not to say",
            "xxxxxxxxxxxxxxxxxxxxxxxx",
        ] {
            assert!(says_unknown(text), "{text}");
        }
        for text in [
            "",
            "  ",
            "Smith",
            "X",
            "12",
            "U",
            "a name that is longer than any",
        ] {
            assert!(!says_unknown(text), "{text}");
        }
    }

    #[test]
    fn letters_that_are_spelt_out() {
        assert_eq!(transliterated("Müller").as_deref(), Some("MUEller"));
        assert_eq!(transliterated("Mu\u{308}ller").as_deref(), Some("MUEller"));
        assert_eq!(transliterated("Đoković").as_deref(), Some("DJoković"));
        assert_eq!(transliterated("Zoë"), None);
        assert_eq!(transliterated("Weiss"), None);
        assert_eq!(fold("Weiß"), "WEISS");
    }

    #[test]
    fn blanks() {
        assert!(is_blank_code("u") && is_blank_code("00000"));
        assert!(!is_blank_code("") && !is_blank_code("UN1") && !is_blank_code("10"));
    }

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(text in any::<String>()) {
            let once = fold(&text);
            prop_assert!(once.is_ascii());
            prop_assert_eq!(fold(&once), once.as_ref());
        }
    }
}
