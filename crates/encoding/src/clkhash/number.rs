//! Numbers as Python's `int(text, base=10)` and `float(text)` read them, and as `str()` writes them.
//!
//! Both accept far more than a plain number: white space around it, underscores between digits, decimal digits of every script. The
//! rules are those of CPython 3.11 (`Objects/longobject.c`, `Objects/floatobject.c`, `Objects/unicodeobject.c`).

use super::unicode;
use num_bigint::BigInt;
use std::borrow::Cow;

/// `int()` and `str()` of Python 3.11 refuse whole numbers with more decimal digits (a guard against slow conversions).
pub const MOST_DIGITS: usize = 4300;

/// Reads a whole number as `int(text, base=10)` does; nothing if Python raises `ValueError`.
pub fn int(text: &str) -> Option<BigInt> {
    let text = to_ascii(text)?;
    let (negative, digits) = signed(strip(&text));
    let plain = without_underscores(digits)?;
    let is_number = !plain.is_empty() && plain.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number || plain.len() > MOST_DIGITS {
        return None;
    }
    let value: BigInt = plain.parse().ok()?;
    Some(if negative { -value } else { value })
}

/// `str(int(text))`, without going through a number when the text is it already; nothing if Python raises `ValueError`.
pub fn int_as_text(text: &str) -> Option<Cow<'_, str>> {
    let digits = text.strip_prefix('-').unwrap_or(text).as_bytes();
    let plain = match digits {
        [b'0'] => text.len() == 1,
        [b'1'..=b'9', rest @ ..] => {
            digits.len() <= MOST_DIGITS && rest.iter().all(u8::is_ascii_digit)
        }
        _ => false,
    };
    if plain {
        return Some(Cow::Borrowed(text));
    }
    int(text).map(|value| Cow::Owned(value.to_string()))
}

/// Reads a number as `float(text)` does, infinite and not-a-number included; nothing if Python raises `ValueError`.
pub fn float(text: &str) -> Option<f64> {
    let text = to_ascii(text)?;
    let number = strip(&text);
    let plain = without_underscores(number)?;
    // Rust's reader is as exact as Python's (both round correctly) and knows the same words, but also nothing else: check that
    // what is not a word begins like a number.
    let (_, unsigned) = signed(&plain);
    let word = unsigned.to_ascii_lowercase();
    let is_word = matches!(word.as_str(), "inf" | "infinity" | "nan");
    let is_number = unsigned
        .bytes()
        .next()
        .is_some_and(|byte| byte.is_ascii_digit() || byte == b'.');
    if is_word || is_number {
        plain.parse().ok()
    } else {
        None
    }
}

/// Rounds to the nearest whole number, halves to the even one, as `int(round(value))` does; nothing if the value is infinite or not a
/// number.
pub fn rounded(value: f64) -> Option<BigInt> {
    exact(value.round_ties_even())
}

/// The whole part, as `int(value)` gives it; nothing if the value is infinite or not a number.
pub fn truncated(value: f64) -> Option<BigInt> {
    exact(value.trunc())
}

/// A whole float as an integer, exactly.
fn exact(whole: f64) -> Option<BigInt> {
    if !whole.is_finite() {
        return None;
    }
    if whole.abs() < 9e18 {
        return Some(BigInt::from(whole as i64));
    }
    let bits = whole.abs().to_bits();
    // Every float of this size has a full 53-bit significand and an exponent of at least 10.
    let shift = (bits >> 52) as u32 - 1075;
    let significand = (bits & ((1 << 52) - 1)) | (1 << 52);
    let value = BigInt::from(significand) << shift;
    Some(if whole < 0.0 { -value } else { value })
}

/// The nearest float, halves to the even significand, as Python's `float(int)` gives it; nothing if it would be infinite, where Python
/// raises `OverflowError`.
pub fn to_float(value: &BigInt) -> Option<f64> {
    // Decimal text is read with correct rounding, which is the same float, and sizes are small.
    let float: f64 = value.to_string().parse().ok()?;
    float.is_finite().then_some(float)
}

/// `_PyUnicode_TransformDecimalAndSpaceToASCII`: a text of ASCII alone stays; in others, decimal digits of all scripts become ASCII
/// digits and white space becomes spaces. Anything else can be in no number.
fn to_ascii(text: &str) -> Option<Cow<'_, str>> {
    if text.is_ascii() {
        return Some(Cow::Borrowed(text));
    }
    let mapped = text.chars().map(|c| match c {
        '\0'..'\x7f' => Some(c),
        _ if unicode::is_space(c) => Some(' '),
        _ => unicode::decimal(c).map(|digit| char::from(b'0' + digit)),
    });
    mapped.collect::<Option<String>>().map(Cow::Owned)
}

fn strip(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\n', '\x0b', '\x0c', '\r'])
}

fn signed(text: &str) -> (bool, &str) {
    match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    }
}

/// Underscores may stand between two digits only.
fn without_underscores(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('_') {
        return Some(Cow::Borrowed(text));
    }
    let bytes = text.as_bytes();
    let digit = |at: Option<usize>| {
        at.and_then(|at| bytes.get(at))
            .is_some_and(u8::is_ascii_digit)
    };
    let fine = bytes
        .iter()
        .enumerate()
        .all(|(at, &byte)| byte != b'_' || (digit(at.checked_sub(1)) && digit(Some(at + 1))));
    fine.then(|| Cow::Owned(text.replace('_', "")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn int_text(text: &str) -> Option<String> {
        int(text).map(|value| value.to_string())
    }

    #[test]
    fn whole_numbers_as_python_reads_them() {
        for (text, expected) in [
            (" +23 ", "23"),
            ("1_0", "10"),
            ("-0", "0"),
            ("007", "7"),
            ("\t-5\n", "-5"),
            ("\u{663}\u{6f4}", "34"),
            ("\u{a0}5\u{2003}", "5"),
            ("5\u{85}", "5"),
        ] {
            assert_eq!(int_text(text).as_deref(), Some(expected), "{text:?}");
            assert_eq!(int_as_text(text).as_deref(), Some(expected), "{text:?}");
        }
        for text in [
            "",
            " ",
            "+",
            "+ 3",
            "--3",
            "1__0",
            "_1",
            "1_",
            "1.0",
            "0x1",
            "1e3",
            "\u{1c}5",
            "5\0",
            "²",
            "\u{1c}\u{665}",
        ] {
            assert_eq!(int(text), None, "{text:?}");
        }
        assert!(int(&"1".repeat(4300)).is_some());
        assert!(int(&"1".repeat(4301)).is_none());
        assert!(int_as_text(&"1".repeat(4301)).is_none());
    }

    #[test]
    fn floats_as_python_reads_them() {
        for (text, expected) in [
            ("1.5", 1.5),
            (" .5e1 ", 5.0),
            ("5.", 5.0),
            ("1_0.2_5", 10.25),
            ("1e1_0", 1e10),
            ("-INF", f64::NEG_INFINITY),
            ("infinity", f64::INFINITY),
            ("\u{661}.\u{662}", 1.2),
            ("1e400", f64::INFINITY),
        ] {
            assert_eq!(float(text), Some(expected), "{text:?}");
        }
        assert!(float("+nan").unwrap().is_nan());
        for text in [
            "", ".", "e5", "1e", "1_.5", "1._5", "1__0", "0x1p3", "1,5", "infinit", "in_f", "+-1",
        ] {
            assert_eq!(float(text), None, "{text:?}");
        }
    }

    #[test]
    fn bankers_rounding() {
        let texts =
            [0.5, 1.5, 2.5, -0.5, -1.5, 1e22].map(|value| rounded(value).unwrap().to_string());
        assert_eq!(texts, ["0", "2", "2", "0", "-2", "10000000000000000000000"]);
        assert_eq!(rounded(f64::NAN), None);
        assert_eq!(truncated(f64::INFINITY), None);
        assert_eq!(truncated(-2.9).unwrap(), BigInt::from(-2));
    }

    proptest! {
        #[test]
        fn a_float_survives_the_way_through_a_whole_number(value in any::<f64>().prop_filter("finite", |v| v.is_finite())) {
            let whole = value.trunc();
            prop_assert_eq!(to_float(&truncated(value).unwrap()), Some(whole + 0.0));
        }

        #[test]
        fn the_short_way_is_the_long_way(text in "[-+ 0-9_]{0,6}") {
            prop_assert_eq!(int_as_text(&text).map(Cow::into_owned), int_text(&text));
        }
    }
}
