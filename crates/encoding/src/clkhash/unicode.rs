//! Characters as Python 3.11 knows them: Unicode 14.0, and Python's own idea of white space.
//!
//! Rust's standard library follows a later Unicode version. Where the two differ, a value would be refused here and accepted there, so
//! the few tables that matter are kept as they were in version 14.

/// First digit of each run of ten decimal digits (general category Nd, Unicode 14.0).
const ZEROS: [u32; 66] = [
    0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66,
    0xde6, 0xe50, 0xed0, 0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90,
    0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10,
    0x104a0, 0x10d30, 0x11066, 0x110f0, 0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650,
    0x116c0, 0x11730, 0x118e0, 0x11950, 0x11c50, 0x11d50, 0x11da0, 0x16a60, 0x16ac0, 0x16b50,
    0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0, 0x1e950, 0x1fbf0,
];

/// The value of a decimal digit of any script (`Py_UNICODE_TODECIMAL`).
pub fn decimal(c: char) -> Option<u8> {
    let code = u32::from(c);
    let run = ZEROS.partition_point(|&zero| zero <= code).checked_sub(1)?;
    let value = code - ZEROS[run];
    (value < 10).then_some(value as u8)
}

/// What `str.isspace`, `str.strip` and `\s` call white space: Unicode's, and four control characters that Unicode leaves out.
pub fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\x1c'..='\x1f')
}

/// `text.strip()`
pub fn strip(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// Characters whose upper or lower case is newer than Unicode 14.0: to Python 3.11 they have none.
fn is_newer(c: char) -> bool {
    matches!(
        u32::from(c),
        0x19b | 0x264 | 0x1c89..=0x1c8a | 0xa7cb..=0xa7cf | 0xa7d2..=0xa7d5 | 0xa7da..=0xa7dc | 0x10d50..=0x10d65
            | 0x10d70..=0x10d85 | 0x16ea0..=0x16eb8 | 0x16ebb..=0x16ed3
    )
}

/// Whether `text.upper() == text`. Mapping never shortens a text, so it is enough that every character stays.
pub fn is_upper(text: &str) -> bool {
    stays(text, u8::is_ascii_lowercase, |c| {
        let mut mapped = c.to_uppercase();
        mapped.next() == Some(c) && mapped.next().is_none()
    })
}

/// Whether `text.lower() == text`.
pub fn is_lower(text: &str) -> bool {
    stays(text, u8::is_ascii_uppercase, |c| {
        let mut mapped = c.to_lowercase();
        mapped.next() == Some(c) && mapped.next().is_none()
    })
}

fn stays(text: &str, changes: fn(&u8) -> bool, same: fn(char) -> bool) -> bool {
    if text.is_ascii() {
        !text.as_bytes().iter().any(changes)
    } else {
        text.chars().all(|c| is_newer(c) || same(c))
    }
}

/// The one-character lower case (`_sre.unicode_tolower`), which is what regular expressions compare.
pub fn simple_lower(c: char) -> char {
    if is_newer(c) {
        return c;
    }
    // Where the full mapping has two characters (only `İ`), the first one is the simple mapping.
    c.to_lowercase().next().unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_all_scripts() {
        assert_eq!(decimal('7'), Some(7));
        assert_eq!(decimal('\u{6f9}'), Some(9));
        assert_eq!(decimal('\u{1d7ff}'), Some(9));
        assert_eq!(decimal('²'), None);
        assert_eq!(decimal('/'), None);
        assert_eq!(decimal('a'), None);
        // Kawi digits came with Unicode 15.
        assert_eq!(decimal('\u{11f50}'), None);
        assert!(ZEROS.is_sorted());
    }

    #[test]
    fn letter_case() {
        assert!(is_upper("ÉCOLE 12ª") && !is_upper("École"));
        assert!(is_lower("école") && !is_lower("École"));
        assert!(!is_upper("STRAßE"), "its upper case is STRASSE");
        assert!(is_upper("") && is_lower(""));
        assert!(is_upper("\u{1c5}") == ('\u{1c5}'.to_uppercase().next() == Some('\u{1c5}')));
        assert!(is_upper("\u{264}"), "its capital came with Unicode 16");
        assert_eq!(simple_lower('İ'), 'i');
    }

    #[test]
    fn white_space() {
        assert_eq!(strip("\u{a0}\x1c a b\t\u{3000}"), "a b");
        assert_eq!(strip("\u{200b}a"), "\u{200b}a");
    }
}
