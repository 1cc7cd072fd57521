//! Names that appear in signed texts: strict, so that one name has one spelling everywhere.

/// An id: 1 to 64 of `a-z`, `0-9` and `-`, beginning with a letter or digit.
pub(crate) fn is_id(text: &str) -> bool {
    let bytes = text.as_bytes();
    (1..=64).contains(&bytes.len())
        && bytes[0] != b'-'
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-')
}

/// An event code: two or three ids joined by `/`.
pub(crate) fn is_event_code(text: &str) -> bool {
    (2..=3).contains(&text.split('/').count()) && text.split('/').all(is_id)
}

/// One line of text for people: not empty, no control characters, at most `longest` bytes.
pub(crate) fn is_line(text: &str, longest: usize) -> bool {
    !text.trim().is_empty() && text.len() <= longest && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_one_spelling() {
        assert!(is_id("council") && is_id("2026") && is_id("school-census"));
        for text in [
            "",
            "-a",
            "Council",
            "a b",
            "a/b",
            "a_b",
            "é",
            &"a".repeat(65),
        ] {
            assert!(!is_id(text), "{text}");
        }
        assert!(is_event_code("education/attendance-90-95"));
        assert!(
            !is_event_code("education")
                && !is_event_code("education/")
                && !is_event_code("a/b/c/d")
        );
        assert!(is_line("Early help hub", 80) && !is_line("two\nlines", 80) && !is_line("  ", 80));
    }
}
