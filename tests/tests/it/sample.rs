//! The committed sample is what its generator makes, to the byte.

use kinfold_tests::process::{binaries, files_under};
use std::fs;
use xtask::sample;

#[test]
fn the_committed_sample_can_be_made_again() {
    let fresh = tempfile::tempdir().expect("a temporary folder");
    let fresh = fresh.path().join("sample");
    sample::make(binaries(), &fresh).expect("the sample is made");
    let committed = sample::folder();
    let names = files_under(&committed);
    assert!(names.len() > 8, "{} holds the sample", committed.display());
    assert_eq!(
        files_under(&fresh),
        names,
        "the same files: run `cargo xtask sample`"
    );
    for name in names {
        let same = fs::read(fresh.join(&name)).ok() == fs::read(committed.join(&name)).ok();
        assert!(
            same,
            "{} differs: run `cargo xtask sample` and look at the difference",
            name.display()
        );
    }
}

#[test]
fn every_row_of_an_extract_says_that_it_is_synthetic() {
    let folder = sample::folder();
    for name in files_under(&folder) {
        if name.extension().is_none_or(|extension| extension != "csv") || name.starts_with("truth")
        {
            continue;
        }
        let bytes = fs::read(folder.join(&name)).expect("the extract is there");
        // Extracts come in many encodings; the mark is plain ASCII in all of them but UTF-16.
        let text: String = bytes
            .iter()
            .filter(|byte| **byte != 0)
            .map(|byte| char::from(*byte))
            .collect();
        let marked = text
            .lines()
            .filter(|line| line.to_lowercase().contains("synthetic"))
            .count();
        let rows = text.lines().filter(|line| !line.trim().is_empty()).count();
        // Title lines and the header need no mark.
        assert!(
            marked + 6 >= rows,
            "{}: {marked} of {rows} lines are marked",
            name.display()
        );
    }
}
