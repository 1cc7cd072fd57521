//! The built-in pack, and packs that must be refused.

use super::*;

const TEXT: &str = include_str!("../../packs/LOCAL7.toml");

#[test]
fn the_built_in_pack_is_whole() {
    let pack = RulePack::local7();
    assert_eq!(
        (pack.id(), pack.version(), pack.minimum_history()),
        ("LOCAL7", "1.0.0", Months(12))
    );
    let ids: Vec<&str> = pack
        .indicators()
        .iter()
        .map(|indicator| indicator.id.as_str())
        .collect();
    assert_eq!(ids, INDICATORS);
    assert_eq!(pack.outcomes().len(), 7);
    assert_eq!(pack.hash(), *blake3::hash(TEXT.as_bytes()).as_bytes());
    assert_eq!(
        pack.code("housing/main-duty").unwrap().words,
        "main homelessness duty"
    );
    assert_eq!(
        pack.code("safeguarding/looked-after").unwrap().indicator,
        None
    );
    assert!(pack.code("luck").is_none());
    // Every need has rules of more than one severity.
    for indicator in pack.indicators() {
        let severities: std::collections::BTreeSet<u8> = pack
            .rules()
            .iter()
            .filter(|rule| rule.indicator == indicator.id)
            .map(|rule| rule.severity)
            .collect();
        assert_eq!(severities.len(), 3, "{}", indicator.id);
    }
}

/// `UPDATE_GOLDEN=1 cargo test -p kinfold-indicators` writes it anew.
#[test]
fn the_explanation_is_the_golden_file() {
    let text = RulePack::local7().explain();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/golden/LOCAL7.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(path).unwrap());
}

/// Replaces the first occurrence, which must exist.
fn changed(from: &str, to: &str) -> String {
    assert!(TEXT.contains(from), "{from}");
    TEXT.replacen(from, to, 1)
}

#[test]
fn misspelt_keys_are_errors_with_their_line() {
    let text = changed("minimum_grade = 2", "minimum_grad = 2");
    let line = text
        .lines()
        .position(|line| line.contains("minimum_grad ="))
        .unwrap()
        + 1;
    match RulePack::parse(&text) {
        Err(Error::Syntax {
            line: Some(found),
            message,
        }) => {
            assert_eq!(found, line, "{message}");
            assert!(message.contains("minimum_grad"), "{message}");
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(
        RulePack::parse("not a pack"),
        Err(Error::Syntax { line: Some(1), .. })
    ));
    assert!(matches!(
        RulePack::parse(&"#".repeat(2 << 20)),
        Err(Error::Syntax { .. })
    ));
}

#[test]
fn nonsense_is_refused_and_named() {
    let cases = [
        (
            "id = \"homelessness\"",
            "id = \"luck\"",
            "indicator `luck`",
            "no such indicator",
        ),
        (
            "id = \"3.2b\"",
            "id = \"3.2a\"",
            "rule `3.2a`",
            "used twice",
        ),
        (
            "indicator = \"education\"\nwords",
            "indicator = \"luck\"\nwords",
            "rule `7.1a`",
            "no indicator `luck`",
        ),
        (
            "codes = [\"asb/order\"]",
            "codes = [\"asb/ordr\"]",
            "rule `4.3a`",
            "`asb/ordr` is not listed",
        ),
        (
            "codes = [\"asb/order\"]",
            "codes = [\"housing/arrears\"]",
            "rule `4.3a`",
            "is not listed under [codes.anti",
        ),
        (
            "severity = 1",
            "severity = 4",
            "rule `1.1a`",
            "the severity is 4",
        ),
        (
            "count = { op = \">=\", n = 2 }",
            "count = { op = \"<\", n = 2 }",
            "rule `3.2a`",
            "the count `< 2`",
        ),
        (
            "count = { op = \">=\", n = 2 }",
            "count = { op = \">=\", n = 0 }",
            "rule `3.2a`",
            "the count `>= 0`",
        ),
        (
            "min_duration = \"P6M\"\n",
            "",
            "rule `5.2a`",
            "all_adults needs min_duration",
        ),
        (
            "min_duration = \"P3M\"",
            "min_duration = \"3 months\"",
            "rule `5.2b`",
            "not a period",
        ),
        (
            "look_back = \"P12M\"",
            "look_back = \"P0M\"",
            "pack `LOCAL7`",
            "not a period",
        ),
        (
            "datasets = [\"mental-health\"]",
            "datasets = []",
            "rule `1.1a`",
            "names no dataset",
        ),
        (
            "codes = [\"mental-health/therapy\"]",
            "codes = []",
            "rule `1.1a`",
            "no event code",
        ),
        (
            "\"safeguarding/looked-after\"",
            "\"asb/order\"",
            "event code `asb/order`",
            "two indicators",
        ),
        (
            "[codes.context]",
            "[codes.luck]",
            "codes of `luck`",
            "no such indicator",
        ),
        (
            "id = \"2.o\"",
            "id = \"1.o\"",
            "outcome `1.o`",
            "used twice",
        ),
        (
            "minimum_reduction = 0.6",
            "minimum_reduction = 60",
            "outcome `4.o`",
            "60",
        ),
        (
            "id = \"LOCAL7\"",
            "id = \"LOCAL 7\"",
            "pack `LOCAL 7`",
            "not made of",
        ),
        (
            "cap_without_parental_role = 2",
            "cap_without_parental_role = 0",
            "indicator `parental-mental-health`",
            "the cap is 0",
        ),
    ];
    for (from, to, place, message) in cases {
        let text = changed(from, to);
        match RulePack::parse(&text) {
            Err(Error::Content {
                line: Some(line),
                place: found,
                message: said,
            }) => {
                assert_eq!(found, place, "{to}");
                assert!(said.contains(message), "{to}: {said}");
                assert!(line > 1 && line <= text.lines().count());
            }
            other => panic!("{to}: {other:?}"),
        }
    }
}
