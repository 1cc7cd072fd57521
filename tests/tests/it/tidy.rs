//! Hygiene as a test: what reviewers would otherwise have to look for.

use kinfold_tests::process::files_under;
use kinfold_tests::sources::{self, Source};
use std::fs;

/// Lines of one file: one idea fits.
const LINES: usize = 640;

/// A list of texts, one after another, that is looked things up in and not read.
const LIST_OF_TEXTS: &str = "crates/message/src/codes.rs";

/// Binaries, and libraries that are the body of one: they may print.
const PRINTING: [&str; 6] = [
    "crates/cli/src/",
    "crates/hub/src/",
    "xtask/src/",
    "tests/",
    "benches/",
    "crates/matcher/examples/",
];

/// Places of one machine, which mean nothing on another; the folder of this checkout is one more.
const FOREIGN_PLACES: [&str; 2] = ["/root/", "/home/"];

#[test]
fn files_are_small_and_plain() {
    let mut faults = Vec::new();
    for source in sources::all() {
        let lines = source.text.lines().count();
        if lines > LINES && source.path != LIST_OF_TEXTS {
            faults.push(format!("{}: {lines} lines; split it", source.path));
        }
        if !source.text.ends_with('\n') {
            faults.push(format!("{}: no newline at the end", source.path));
        }
        for (number, line) in source.text.lines().enumerate() {
            if line.chars().any(char::is_control) {
                faults.push(format!(
                    "{}:{}: a control character",
                    source.path,
                    number + 1
                ));
            }
            if line.ends_with(' ') {
                faults.push(format!(
                    "{}:{}: a space at the end",
                    source.path,
                    number + 1
                ));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_module_says_what_it_is() {
    let silent: Vec<String> = sources::all()
        .into_iter()
        .filter(|source| !source.text.starts_with("//!"))
        .map(|source| source.path)
        .collect();
    assert!(
        silent.is_empty(),
        "these files do not start with `//!`:\n{}",
        silent.join("\n")
    );
}

#[test]
fn data_never_panics() {
    let found = lines_with(&[".unwrap()", "todo!(", "unimplemented!("], |_| true);
    assert!(found.is_empty(), "outside tests:\n{}", found.join("\n"));
}

#[test]
fn libraries_do_not_print() {
    let found = lines_with(
        &["println!(", "print!(", "eprintln!(", "eprint!(", "dbg!("],
        |source| !PRINTING.iter().any(|start| source.path.starts_with(start)),
    );
    assert!(
        found.is_empty(),
        "only binaries print:\n{}",
        found.join("\n")
    );
}

#[test]
fn every_crate_has_a_readme() {
    let crates = xtask::workspace().join("crates");
    let entries = fs::read_dir(crates).expect("the crates are there");
    let without: Vec<String> = entries
        .flatten()
        .filter(|entry| {
            entry.path().join("Cargo.toml").is_file() && !entry.path().join("README.md").is_file()
        })
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    assert!(
        without.is_empty(),
        "without README.md: {}",
        without.join(", ")
    );
}

#[test]
fn texts_speak_of_the_project_alone() {
    let top = xtask::workspace();
    let mut found = Vec::new();
    for part in [
        ".ci",
        "benches",
        "crates",
        "data-samples",
        "docs",
        "fuzz",
        "tests",
        "xtask",
    ] {
        for file in files_under(&top.join(part)) {
            let path = top.join(part).join(&file);
            // Pictures and the like have no words.
            let Ok(text) = fs::read_to_string(&path) else {
                continue;
            };
            if path.ends_with("it/tidy.rs") {
                continue;
            }
            let checkout = format!("{}/", xtask::workspace().display());
            for word in FOREIGN_PLACES.into_iter().chain([checkout.as_str()]) {
                if text.contains(word) {
                    found.push(format!("{}: {word}", path.display()));
                }
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Places outside tests where one of the words stands in code.
fn lines_with(words: &[&str], of: impl Fn(&Source) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources::all().into_iter().filter(|source| of(source)) {
        for (number, line) in source.code_lines() {
            if words.iter().any(|word| line.contains(word)) {
                found.push(format!("{}:{number}: {}", source.path, line.trim()));
            }
        }
    }
    found
}
