//! Every code that a user can see is documented, and every documented code can be seen.

use kinfold_message::CODES;
use kinfold_tests::process::{Done, hub, kinfold};
use kinfold_tests::sources;
use std::collections::BTreeMap;

/// The file with the documentation: it mentions every code, so it proves nothing about their use.
const DOCUMENTATION: &str = "crates/message/src/codes.rs";

#[test]
fn sources_and_documentation_have_the_same_codes() {
    let mut used: BTreeMap<String, String> = BTreeMap::new();
    for source in sources::all() {
        if source.path == DOCUMENTATION || !source.path.starts_with("crates/") {
            continue;
        }
        for code in codes_in(&source.without_tests()) {
            used.entry(code).or_insert_with(|| source.path.clone());
        }
    }
    let mut faults = Vec::new();
    for (code, path) in &used {
        if !CODES.iter().any(|entry| entry.code == code) {
            faults.push(format!(
                "{code} of {path} is not documented in {DOCUMENTATION}"
            ));
        }
    }
    for entry in CODES {
        if !used.contains_key(entry.code) {
            faults.push(format!("{} is documented and never used", entry.code));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn codes_are_sorted_and_say_what_to_do() {
    for pair in CODES.windows(2) {
        assert!(
            pair[0].code < pair[1].code,
            "{} stands before {}",
            pair[0].code,
            pair[1].code
        );
    }
    for entry in CODES {
        assert!(
            codes_in(&format!("\"{}\"", entry.code)).len() == 1,
            "{} has the form of a code",
            entry.code
        );
        assert!(
            entry.meaning.ends_with('.') && entry.advice.ends_with('.'),
            "{} is in sentences",
            entry.code
        );
    }
}

#[test]
fn both_binaries_explain_every_code() {
    for entry in CODES {
        for mut command in [
            kinfold(["explain", entry.code]),
            hub(["explain", entry.code]),
        ] {
            let done = Done::run(&mut command).well();
            assert!(done.stdout.contains(entry.code), "{done}");
        }
    }
    for mut command in [
        kinfold(["explain", "E-NO-SUCH"]),
        hub(["explain", "E-NO-SUCH"]),
    ] {
        let done = Done::run(&mut command);
        assert_ne!(done.exit, Some(0), "{done}");
    }
}

/// Codes in string literals: `"E-AREA-NAME"`.
fn codes_in(text: &str) -> Vec<String> {
    text.match_indices("\"E-")
        .filter_map(|(start, _)| {
            let rest = &text[start + 1..];
            let code = &rest[..rest.find('"')?];
            let in_form = code
                .chars()
                .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-');
            in_form.then(|| code.to_owned())
        })
        .collect()
}

#[test]
fn the_manual_lists_every_code_in_the_programs_words() {
    let page =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/src/reference/messages.md");
    let page = std::fs::read_to_string(&page).expect("the page is there");
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let page = plain(&page);
    let missing: Vec<&str> = CODES
        .iter()
        .filter(|entry| {
            !page.contains(&plain(&format!("| `{}` | {} |", entry.code, entry.meaning)))
        })
        .map(|entry| entry.code)
        .collect();
    assert!(
        missing.is_empty(),
        "docs/src/reference/messages.md lacks or misquotes {missing:?}"
    );
}
