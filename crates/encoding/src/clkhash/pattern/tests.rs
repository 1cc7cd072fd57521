//! What Python 3.11 says about the same patterns.

use super::*;

fn matches(pattern: &str, text: &str) -> bool {
    let compiled =
        Pattern::full(pattern).unwrap_or_else(|refusal| panic!("{pattern}: {refusal:?}"));
    compiled.matches_all(text).unwrap()
}

#[test]
fn the_whole_value_has_to_match() {
    assert!(matches("[A-Z]+", "ABC") && !matches("[A-Z]+", "ABCd"));
    assert!(
        matches("a|ab", "ab"),
        "the second choice is tried for the sake of the end"
    );
    assert!(matches("^a$", "a") && !matches("^a$", "a\n"));
    assert!(matches("a$\n", "a\n") && !matches(r"a\Z\n", "a\n"));
    assert!(!matches(".", "\n") && matches("(?s).", "\n") && matches(".", "\u{2028}"));
    assert!(matches("", "") && !matches("", "a"));
}

#[test]
fn categories_are_those_of_python() {
    assert!(matches(r"\d", "\u{663}") && !matches(r"\d", "²"));
    assert!(
        matches(r"\w", "²") && matches(r"\w", "é") && !matches(r"\w", "\u{301}"),
        "marks are no letters"
    );
    assert!(matches(r"\s", "\x1c") && matches(r"\s", "\u{a0}"));
    assert!(!matches(r"(?a)\w", "é") && !matches(r"(?a:\d)", "\u{663}"));
    assert!(matches(r"[\W\d]", "1") && matches(r"[^\W\d]", "a"));
    assert!(
        matches(r"a\b b", "a b")
            && !matches(r"a\bb", "ab")
            && matches(r"a\Bb", "ab")
            && !matches(r"\B", "")
    );
}

#[test]
fn letter_case() {
    assert!(
        matches("(?i)ﬅ", "ﬆ") && matches("(?i)straße", "STRAßE") && matches("(?i)ß", "\u{1e9e}")
    );
    assert!(matches("(?i)k", "\u{212a}") && matches("(?i)[a-z]", "ſ") && matches("(?i)i", "İ"));
    assert!(!matches("(?ai)k", "\u{212a}") && matches("(?ai)[K]", "k"));
    assert!(matches("(?i:a)b", "Ab") && !matches("(?i:a)b", "AB"));
    assert!(!matches("(?i)[^a]", "A"));
}

#[test]
fn what_only_python_writes_so() {
    assert!(matches("(?P<x>a)(?P=x)", "aa") && !matches("(?P<x>a)(?P=x)", "ab"));
    assert!(matches("a{,2}", "") && matches("a{,2}", "aa") && matches("a{,}", "aaa"));
    assert!(matches("a{}", "a{}") && matches("a{1,b", "a{1,b") && matches("}", "}"));
    assert!(
        matches("[]a]", "]")
            && matches("[^]]", "a")
            && matches("[[]", "[")
            && matches("[a&&b]", "&")
    );
    assert!(matches(r"[\]\-]", "-") && matches("[a-]", "-"));
    assert!(matches(r"\101\x42\u0043\0", "ABC\0"));
    assert!(matches("(?x) a  b # comment\n c", "abc"));
    assert!(
        matches("(a)?(?(1)b|c)", "ab")
            && matches("(a)?(?(1)b|c)", "c")
            && !matches("(a)?(?(1)b|c)", "b")
    );
    assert!(!matches("(?>a|ab)c", "abc") && !matches("a++a", "aa") && !matches("a*+a", "aa"));
    assert!(matches("(?=ab)a(?!c)b", "ab") && matches("a(?<=a)b(?<!a)", "ab"));
    assert!(matches("(?#note)a", "a") && matches("(?m)^a$\n^b$", "a\nb"));
    assert!(matches("[^a]", "\n") && matches("(a*)*", "aa") && matches("(?:a*)+", "aa"));
}

#[test]
fn what_python_refuses() {
    for pattern in [
        "(",
        ")",
        "[a",
        "*a",
        "a**",
        "^*",
        "a{2,1}",
        "(?P<1>a)",
        "(?P<a>x)(?P<a>y)",
        r"\1",
        r"(\1)",
        r"\q",
        "[b-a]",
        r"[\d-z]",
        "a(?i)b",
        "(?<=a*)b",
        "(?z)",
        "\\",
        r"\x1",
        "(?P=a)",
        "(?P>a)",
        "(?(1)a)",
        "(?(0)a)",
        "[]",
        r"\400",
        "(?-a:b)",
        "(?i-i:b)",
        "(?L)a",
    ] {
        assert!(
            matches!(
                Pattern::full(pattern),
                Err(Refusal::Invalid(_) | Refusal::Unsupported(_))
            ),
            "{pattern}"
        );
    }
}

#[test]
fn what_cannot_be_carried_over_is_refused() {
    for pattern in [r"\N{DIGIT ONE}", r"(?i)(a)\1", "(?=a)*"] {
        assert!(
            matches!(Pattern::full(pattern), Err(Refusal::Unsupported(_))),
            "{pattern}"
        );
    }
}
