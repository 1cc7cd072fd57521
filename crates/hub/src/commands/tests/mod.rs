//! The commands on real folders and real packages.

mod bench;
mod deaths;
mod releases;
mod replay;
mod world;

use std::path::Path;

use crate::screen::Answer;
use world::{World, truth};

fn codes_of(answer: &Answer) -> Vec<&str> {
    answer.problems.iter().map(|problem| problem.code).collect()
}

#[test]
fn the_whole_path_finds_what_is_there() {
    let world = World::with_hub();
    let answer = world.ingest_all();
    assert!(answer.problems.is_empty(), "{:?}", answer.problems);
    assert_eq!(answer.text.matches("accepted: ").count(), 4);

    let listed = world.run(&["packages", "--hub", "hub"]).unwrap();
    assert_eq!(listed.data["packages"].as_array().unwrap().len(), 4);
    assert!(listed.data["awaited"].as_array().unwrap().is_empty());

    let linked = world.link("out").unwrap();
    assert_eq!(
        (&linked.data["records"], &linked.data["people"]),
        (&80.into(), &40.into())
    );
    assert_eq!(linked.data["needs"]["homelessness"]["current"], 5);
    assert_eq!(linked.data["households_by_current_needs"]["1"], 5);

    truth(&world);
    let line = [
        "evaluate",
        "--people",
        "out/people.parquet",
        "--truth",
        "truth.csv",
        "--households",
        "out/households.parquet",
        "--needs",
        "out/needs.parquet",
        "--true-needs",
        "true-needs.csv",
    ];
    let found = world.run(&line).unwrap();
    for measure in ["pairwise", "household_pair", "needs"] {
        assert_eq!(
            found.data[measure]["f1"], 1.0,
            "{measure}: {:?}",
            found.data
        );
    }

    let health = world.run(&["doctor", "--hub", "hub"]).unwrap();
    assert!(health.problems.is_empty());
    assert_eq!(health.data["ledger_entries"], 5);
}

#[test]
fn two_runs_give_the_same_bytes() {
    let world = World::with_hub();
    world.ingest_all();
    world.link("out").unwrap();
    world
        .run(&[
            "link",
            "--hub",
            "hub",
            "--reference-date",
            "2026-08-31",
            "-o",
            "again",
            "--threads",
            "1",
        ])
        .unwrap();
    let mut names: Vec<_> = std::fs::read_dir(world.path("out"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names.len(), 7, "{names:?}");
    for name in names {
        let bytes = |folder: &str| std::fs::read(world.path(folder).join(&name)).unwrap();
        assert!(
            bytes("out") == bytes("again"),
            "{} differs",
            Path::new(&name).display()
        );
    }
}

#[test]
fn the_manifest_names_every_output_by_its_hash() {
    let world = World::with_hub();
    world.ingest_all();
    world.link("out").unwrap();
    let manifest = std::fs::read_to_string(world.path("out").join("run.json")).unwrap();
    for name in [
        "pairs.parquet",
        "people.parquet",
        "households.parquet",
        "needs.parquet",
        "lineage.parquet",
        "report.html",
    ] {
        let bytes = std::fs::read(world.path("out").join(name)).unwrap();
        assert!(
            manifest.contains(blake3::hash(&bytes).to_hex().as_str()),
            "{name}"
        );
    }
}

#[test]
fn one_bad_package_does_not_keep_the_others_out() {
    let world = World::with_hub();
    let damage = |name: &str, edit: fn(&mut Vec<u8>)| {
        let mut bytes = std::fs::read(world.path(name)).unwrap();
        edit(&mut bytes);
        std::fs::write(world.path(name), bytes).unwrap();
    };
    damage("council.records.kin", |bytes| {
        *bytes.last_mut().unwrap() ^= 1;
    });
    damage("council.events.kin", |bytes| {
        bytes.truncate(bytes.len() / 2);
    });
    damage("health.events.kin", Vec::clear);
    let answer = world.ingest_all();
    assert_eq!(answer.problems.len(), 3, "{:?}", answer.problems);
    assert!(
        answer
            .problems
            .iter()
            .all(|problem| problem.place.is_some() && problem.code.starts_with("E-PKG-"))
    );
    assert_eq!(answer.text.matches("accepted: health records").count(), 1);
    assert_eq!(
        std::fs::read_dir(world.path("hub").join("packages"))
            .unwrap()
            .count(),
        1
    );
}

#[test]
fn the_same_package_again_is_fine_and_a_replay_is_not() {
    let world = World::with_hub();
    world.ingest_all();
    let again = world.ingest_all();
    assert!(again.problems.is_empty() && again.text.matches("already ingested").count() == 4);
    // Another content under a number that is not higher than the last.
    world.send("council", 0x7fff, 7);
    assert!(
        world
            .ingest(&["council.records.kin"])
            .unwrap()
            .problems
            .is_empty()
    );
    world.send("council", 2, 7);
    assert_eq!(
        codes_of(&world.ingest(&["council.records.kin"]).unwrap()),
        ["E-PKG-REPLAY"]
    );
}

#[test]
fn a_custodian_with_another_project_key_is_noticed() {
    let world = World::with_hub();
    world.send("health", 1, 8);
    let answer = world
        .ingest(&["council.records.kin", "health.records.kin"])
        .unwrap();
    assert_eq!(codes_of(&answer), ["E-KEY-CHECK"]);
}

const BOTH: [&str; 2] = ["council.records.kin", "health.records.kin"];

#[test]
fn a_custodian_corrects_its_own_wrong_key() {
    let world = World::with_hub();
    world.send("council", 1, 8);
    // The wrong one comes first, and keeps the right one out.
    assert_eq!(codes_of(&world.ingest(&BOTH).unwrap()), ["E-KEY-CHECK"]);
    world.send("council", 2, 7);
    assert!(world.ingest(&BOTH).unwrap().problems.is_empty());
    assert_eq!(world.link("out").unwrap().data["people"], 40);
}

#[test]
fn a_wrong_key_that_came_first_is_withdrawn() {
    let world = World::with_hub();
    world.send("council", 1, 8);
    let refused = world.ingest(&BOTH).unwrap();
    assert!(
        refused.problems[0]
            .what
            .contains("council records 2026-08 #1")
    );
    assert!(refused.problems[0].hint.contains("kinfold-hub withdraw"));

    let withdraw = |reason: &str| {
        let rest = ["--hub", "hub", "--reason", reason];
        world.run(
            &[
                &["withdraw", "council", "records", "2026-08", "1"],
                &rest[..],
            ]
            .concat(),
        )
    };
    assert_eq!(withdraw(" ").unwrap_err().code, "E-USAGE");
    let answer = withdraw("wrong key").unwrap();
    assert_eq!(
        answer.text,
        "withdrawn: council records 2026-08 #1 · in use now: no records\n"
    );
    assert_eq!(withdraw("wrong key").unwrap_err().code, "E-PKG-WITHDRAWN");
    let listed = world.run(&["packages", "--hub", "hub"]).unwrap();
    assert_eq!(listed.data["withdrawn"][0]["reason"], "wrong key");
    assert!(listed.text.contains("council          records  awaited"));

    // The others come in, the withdrawn package does not, its correction does.
    assert!(world.ingest(&BOTH[1..]).unwrap().problems.is_empty());
    assert_eq!(
        codes_of(&world.ingest(&BOTH[..1]).unwrap()),
        ["E-KEY-CHECK"]
    );
    world.send("council", 2, 7);
    assert!(world.ingest_all().problems.is_empty());
    assert_eq!(world.link("out").unwrap().data["people"], 40);
    let health = world.run(&["doctor", "--hub", "hub"]).unwrap();
    assert!(health.problems.is_empty());
}

#[test]
fn records_of_different_keys_are_never_linked() {
    let world = World::with_hub();
    world.send("council", 1, 8);
    world.ingest(&BOTH[..1]).unwrap();
    world.send("council", 2, 7);
    world.ingest(&BOTH).unwrap();
    // The correction is withdrawn, so the wrong one counts again.
    let line = ["withdraw", "council", "records", "2026-08", "2"];
    world
        .run(&[&line[..], &["--hub", "hub", "--reason", "a mistake"]].concat())
        .unwrap();
    assert_eq!(world.link("out").unwrap_err().code, "E-KEY-CHECK");
}

#[test]
fn a_run_has_a_date_and_a_folder_that_fit() {
    let world = World::with_hub();
    world.ingest_all();
    let link = |date: &str, output: &str| {
        world.run(&[
            "link",
            "--hub",
            "hub",
            "--reference-date",
            date,
            "-o",
            output,
        ])
    };
    let late = link("2062-08-31", "out").unwrap_err();
    assert_eq!(late.code, "E-LINK-DATE");
    assert!(late.hint.contains("2026-08"));
    assert_eq!(link("2026-08-31", "hub").unwrap_err().code, "E-LINK-OUTPUT");
    assert!(!world.path("out").exists());
}

#[test]
fn a_file_longer_than_any_package_is_not_read() {
    let world = World::with_hub();
    let file = std::fs::File::create(world.path("long.kin")).unwrap();
    // A hole: it takes no space on the disk.
    file.set_len(kinfold_exchange::PACKAGE_BYTES_MAX + 1)
        .unwrap();
    let answer = world.ingest(&["long.kin"]).unwrap();
    assert_eq!(codes_of(&answer), ["E-PKG-LIMIT"]);
}

#[test]
fn keys_of_the_wrong_party_are_refused() {
    let world = World::with_hub();
    let wrong = [
        "ingest",
        "council.records.kin",
        "--hub",
        "hub",
        "--key",
        "council.key",
        "--on",
        "2026-09-01",
    ];
    assert_eq!(world.run(&wrong).unwrap_err().code, "E-INGEST-KEY");
    let other = [
        "ingest",
        "council.records.kin",
        "--hub",
        "hub",
        "--key",
        "team.key",
        "--on",
        "2026-09-01",
    ];
    assert_eq!(codes_of(&world.run(&other).unwrap()), ["E-PKG-RECIPIENT"]);
}

#[test]
fn nothing_is_opened_after_the_agreement_has_ended() {
    let world = World::with_hub();
    let late = [
        "ingest",
        "council.records.kin",
        "--hub",
        "hub",
        "--key",
        "unit.key",
        "--on",
        "2027-04-01",
    ];
    assert_eq!(world.run(&late).unwrap_err().code, "E-AGR-EXPIRED");
}

#[test]
fn terms_edited_in_the_hubs_folder_are_noticed() {
    let world = World::with_hub();
    let path = world.path("hub").join("rules.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{text}\n# a comment\n")).unwrap();
    assert_eq!(
        world.run(&["packages", "--hub", "hub"]).unwrap_err().code,
        "E-HUB-TERMS"
    );
}

#[test]
fn an_empty_hub_cannot_link_and_a_missing_one_says_so() {
    let world = World::with_hub();
    assert_eq!(world.link("out").unwrap_err().code, "E-LINK-EMPTY");
    assert!(!world.path("out").exists());
    assert_eq!(
        world.run(&["packages", "--hub", "out"]).unwrap_err().code,
        "E-HUB-MISSING"
    );
}

#[test]
fn a_dry_run_keeps_nothing() {
    let world = World::with_hub();
    let dry = [
        "ingest",
        "council.records.kin",
        "--hub",
        "hub",
        "--key",
        "unit.key",
        "--on",
        "2026-09-01",
        "--dry-run",
    ];
    assert!(
        world
            .run(&dry)
            .unwrap()
            .text
            .starts_with("would be accepted")
    );
    assert_eq!(
        std::fs::read_dir(world.path("hub").join("packages"))
            .unwrap()
            .count(),
        0
    );
    world.ingest_all();
    let line = [
        "link",
        "--hub",
        "hub",
        "--reference-date",
        "2026-08-31",
        "-o",
        "out",
        "--dry-run",
    ];
    assert_eq!(world.run(&line).unwrap().data["comparisons"], 1600);
    assert!(!world.path("out").exists());
}

#[test]
fn a_run_that_cannot_be_recorded_leaves_the_earlier_one_as_it_was() {
    let world = World::with_hub();
    world.ingest_all();
    world.link("out").unwrap();
    let files = || {
        let mut files: Vec<_> = std::fs::read_dir(world.path("out"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| (path.clone(), std::fs::read(path).unwrap()))
            .collect();
        files.sort();
        files
    };
    let before = files();
    // The ledger is no longer the one that the database wrote.
    let ledger = world.path("hub").join("ledger.jsonl");
    std::fs::write(&ledger, "{\"step\":\"forged\"}\n").unwrap();
    assert_eq!(world.link("out").unwrap_err().code, "E-HUB-LEDGER");
    std::fs::remove_file(&ledger).unwrap();
    // The stored sections are gone.
    for entry in std::fs::read_dir(world.path("hub").join("packages")).unwrap() {
        std::fs::remove_file(entry.unwrap().path()).unwrap();
    }
    assert_eq!(world.link("out").unwrap_err().code, "E-HUB-DAMAGED");
    assert!(before == files());
}
