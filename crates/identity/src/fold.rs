//! Folding: any writing of a word to upper-case A to Z.
//!
//! Systems differ in what they let a clerk type. The same person is Łukasz in one, LUKASZ in another and Lukasz in a third,
//! so accents go. Letters that are no accented A to Z (ß, Ø, Ł) have a usual plain spelling; Cyrillic and Greek get the
//! spelling of a passport's machine-readable zone (ICAO Doc 9303), which is what a clerk copies.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Text in upper-case ASCII: accents off, quotes and dashes plain, letters without a plain spelling left out.
pub(crate) fn fold(text: &str) -> String {
    // Nearly every cell is plain, and a register has millions of them.
    if text.is_ascii() && !text.bytes().any(|b| b.is_ascii_control()) {
        return text.to_ascii_uppercase();
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
    out
}

/// Words of A to Z. An apostrophe binds (`O'BRIEN` is one word); everything else that is no letter separates.
pub(crate) fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for letter in fold(text).chars() {
        if letter.is_ascii_uppercase() {
            words.last_mut().expect("starts with one word").push(letter);
        } else if letter != '\'' {
            words.push(String::new());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Takes off what spreadsheets and exports put around a value: spaces, byte order mark, a leading apostrophe, `="…"`, quotes.
pub(crate) fn bare(cell: &str) -> &str {
    let outer =
        |c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}' | '"' | '\'' | '=');
    cell.trim_matches(outer)
}

/// A number-like cell with spaces and dashes out, in upper case: the form all numbered identifiers are checked in.
pub(crate) fn compact(cell: &str) -> String {
    fold(bare(cell))
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .collect()
}

/// Whether a cell says, in words or signs, that the value is not known. Compared without spaces and punctuation.
pub(crate) fn says_unknown(cell: &str) -> bool {
    const SAYINGS: &[&str] = &[
        "ANON",
        "ANONYMOUS",
        "DUMMY",
        "MISSING",
        "NA",
        "NAN",
        "NIL",
        "NK",
        "NONE",
        "NOTAPPLICABLE",
        "NOTAVAILABLE",
        "NOTDISCLOSED",
        "NOTGIVEN",
        "NOTKNOWN",
        "NOTPROVIDED",
        "NOTRECORDED",
        "NOTSTATED",
        "NOTSUPPLIED",
        "NULL",
        "REFUSED",
        "TBA",
        "TBC",
        "TBD",
        "TEST",
        "UK",
        "UN",
        "UNAVAILABLE",
        "UNK",
        "UNKNOWN",
        "UNSPECIFIED",
        "WITHHELD",
    ];
    let folded = fold(cell);
    if folded.chars().any(|c| c.is_ascii_digit()) {
        return false;
    }
    let letters: String = folded.chars().filter(char::is_ascii_uppercase).collect();
    if letters.is_empty() {
        return !folded.trim().is_empty();
    }
    let one_letter_x = letters.len() > 1 && letters.bytes().all(|b| b == b'X');
    one_letter_x || SAYINGS.binary_search(&letters.as_str()).is_ok()
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
        assert_eq!(words("O'Brien-Smith (Jr.)"), ["OBRIEN", "SMITH", "JR"]);
        assert!(words(" 12 -- ").is_empty());
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
        ] {
            assert!(says_unknown(text), "{text}");
        }
        for text in ["", "  ", "Smith", "X", "12"] {
            assert!(!says_unknown(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(text in any::<String>()) {
            let once = fold(&text);
            prop_assert!(once.is_ascii());
            prop_assert_eq!(fold(&once), once);
        }
    }
}
