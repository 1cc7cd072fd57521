//! Decisions and references from run to run.

use std::collections::BTreeMap;

use kinfold_store::{Column, read_text_columns};

use super::world::{World, reference};
use crate::terms::hex;

/// Two columns of a table as a map.
fn columns(
    world: &World,
    file: &str,
    key: &'static str,
    value: &'static str,
) -> BTreeMap<String, String> {
    let wanted = [&[key][..], &[value][..]];
    let table = read_text_columns(
        &world.path(file),
        &[Column::needed(wanted[0]), Column::needed(wanted[1])],
    )
    .unwrap();
    let column = |position| table.column(position).unwrap().to_vec();
    column(0).into_iter().zip(column(1)).collect()
}

fn side(custodian: &str, person: usize) -> String {
    format!(
        "{{\"source\":\"{custodian}\",\"record_ref\":\"{}\"}}",
        hex(&reference(custodian, person))
    )
}

fn link_again(
    world: &World,
    more: &[&str],
) -> Result<crate::screen::Answer, kinfold_message::Problem> {
    let line = [
        "link",
        "--hub",
        "hub",
        "--reference-date",
        "2026-08-31",
        "-o",
        "again",
    ];
    world.run(&[&line, more].concat())
}

#[test]
fn a_decision_holds_and_references_stay() {
    let world = World::with_hub();
    world.ingest_all();
    world.link("out").unwrap();
    let lineage = columns(&world, "out/lineage.parquet", "reference", "change");
    assert!(lineage.values().all(|change| change == "new"));

    let line = format!(
        "{{\"left\":{},\"right\":{},\"judgement\":\"different-people\",\"by\":\"R1\"}}\n",
        side("council", 0),
        side("health", 0)
    );
    std::fs::write(world.path("decisions.jsonl"), line).unwrap();
    let answer = link_again(
        &world,
        &["--previous", "out", "--decisions", "decisions.jsonl"],
    )
    .unwrap();
    assert_eq!(answer.data["people"], 41);

    let before = columns(&world, "out/people.parquet", "record_ref", "cluster_id");
    let after = columns(&world, "again/people.parquet", "record_ref", "cluster_id");
    let (council, health) = (hex(&reference("council", 0)), hex(&reference("health", 0)));
    assert_eq!(before[&council], before[&health]);
    assert_ne!(after[&council], after[&health]);
    let moved = before
        .iter()
        .filter(|(record, person)| after[*record] != **person);
    assert_eq!(moved.count(), 1);
    let lineage = columns(&world, "again/lineage.parquet", "reference", "change");
    let count = |change: &str| {
        let people = lineage.iter().filter(|(name, _)| name.starts_with("P-"));
        people.filter(|(_, word)| *word == change).count()
    };
    assert_eq!(
        (count("kept"), count("changed"), count("split")),
        (39, 1, 1)
    );
    let decided = columns(&world, "again/pairs.parquet", "record_ref_l", "decision");
    assert!(
        decided.get(&council) == Some(&"vetoed".to_owned())
            || decided.get(&health) == Some(&"vetoed".to_owned())
    );
    let manifest = std::fs::read_to_string(world.path("again").join("run.json")).unwrap();
    assert!(manifest.contains("previous_run") && manifest.contains("decisions"));
}

#[test]
fn a_folder_without_a_run_and_a_damaged_decision_are_coded_errors() {
    let world = World::with_hub();
    world.ingest_all();
    let error = link_again(&world, &["--previous", "out"]).unwrap_err();
    assert_eq!(error.code, "E-LINK-PREVIOUS");
    std::fs::write(world.path("decisions.jsonl"), "{}\n").unwrap();
    let error = link_again(&world, &["--decisions", "decisions.jsonl"]).unwrap_err();
    assert_eq!(error.code, "E-LINK-DECISIONS");
    assert!(!world.path("again").exists());
}
