//! The commands of the how-to page for your own tables, run as a reader would type them.

use kinfold_store::{Column, read_text_columns};
use kinfold_tests::process::binaries;
use std::collections::{BTreeMap, BTreeSet};
use std::env::{join_paths, split_paths, var_os};
use std::path::Path;
use std::process::Command;

#[test]
fn the_page_for_your_own_tables_does_what_it_says() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/src/how-to/your-own-tables.md");
    let page = std::fs::read_to_string(page).expect("the page is there");
    let desk = tempfile::tempdir().expect("a folder");
    let programs = binaries().kinfold.parent().expect("a folder").to_owned();
    let path = var_os("PATH").unwrap_or_default();
    let path = join_paths([programs].into_iter().chain(split_paths(&path))).expect("a path");
    let commands = xtask::readme::prompts(&page);
    assert!(commands.len() >= 7, "{commands:?}");
    for command in commands {
        let done = Command::new("bash")
            .args(["-euo", "pipefail", "-c", &command])
            .current_dir(desk.path())
            .env("PATH", &path)
            .output()
            .expect("bash is there");
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{command}\n{said}");
    }

    // The housing office's people are all in the register, and nearly all are found there.
    let ids = |source: &str| -> BTreeMap<String, String> {
        let path = desk.path().join(format!("{source}.local-references.csv"));
        let mut reader = csv::Reader::from_path(path).expect("the references");
        let rows = reader.deserialize::<(String, String)>();
        rows.map(|row| row.expect("a row"))
            .map(|(own_id, record_ref)| (record_ref, own_id))
            .collect()
    };
    let (register, housing) = (ids("register"), ids("housing"));
    assert!(register.values().all(|id| id.starts_with('E')));
    assert!(housing.values().all(|id| id.starts_with("HB")));
    let columns = [
        Column::needed(&["cluster_id"]),
        Column::needed(&["source"]),
        Column::needed(&["record_ref"]),
    ];
    let people = read_text_columns(&desk.path().join("out/people.parquet"), &columns)
        .expect("people.parquet");
    let cell = |column: usize| people.column(column).expect("the column");
    let truth: BTreeMap<String, String> = {
        let path = desk.path().join("sample/truth/truth.csv");
        let mut reader = csv::Reader::from_path(path).expect("the truth");
        reader
            .deserialize::<BTreeMap<String, String>>()
            .map(|row| row.expect("a row"))
            .map(|row| (row["rec_id"].clone(), row["entity_id"].clone()))
            .collect()
    };
    let of_register: BTreeMap<&str, &str> = (0..people.rows)
        .filter(|&row| cell(1)[row] == "register")
        .map(|row| (cell(0)[row].as_str(), register[&cell(2)[row]].as_str()))
        .collect();
    let (mut right, mut wrong) = (BTreeSet::new(), 0);
    for row in (0..people.rows).filter(|&row| cell(1)[row] == "housing") {
        let own = &housing[&cell(2)[row]];
        match of_register.get(cell(0)[row].as_str()) {
            Some(entity) if truth[own] == **entity => {
                right.insert(own);
            }
            Some(_) => wrong += 1,
            None => {}
        }
    }
    assert!(
        right.len() * 10 > housing.len() * 9,
        "{} found",
        right.len()
    );
    assert!(
        wrong * 50 < right.len(),
        "{wrong} wrong, {} right",
        right.len()
    );
}
