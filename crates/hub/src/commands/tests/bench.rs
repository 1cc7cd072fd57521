//! `link` of files of codes, without a hub.

use std::path::Path;

use clap::Parser as _;
use kinfold_exchange::{BenchCodesWriter, codes_from_ipc, codes_to_ipc};
use kinfold_message::Problem;
use kinfold_schema::{CodeTable, Schema};

use super::world::{PEOPLE, World, codes};
use crate::args::Cli;
use crate::screen::Answer;

const KEY: [u8; 32] = [5; 32];

fn write(path: &Path, table: &CodeTable, schema: &Schema, key: &[u8; 32]) {
    let mut writer = BenchCodesWriter::new(Vec::new(), schema, &table.partners, key).unwrap();
    // Sorted by reference, as the writer wants it.
    let sorted = codes_to_ipc(table, schema).unwrap();
    writer
        .write(&codes_from_ipc(&sorted, schema).unwrap())
        .unwrap();
    std::fs::write(path, writer.finish().unwrap()).unwrap();
}

/// Two files with the same forty people in ten homes.
fn world() -> World {
    let world = World::empty();
    let schema = Schema::standard();
    for source in ["council", "health"] {
        write(
            &world.path(&format!("{source}.codes")),
            &codes(source, &schema),
            &schema,
            &KEY,
        );
    }
    world
}

fn link(world: &World, files: &[&str], output: &str) -> Result<Answer, Problem> {
    world.run(&[&["link"], files, &["-o", output]].concat())
}

fn refused(world: &World, files: &[&str]) -> Problem {
    let problem = link(world, files, "out").unwrap_err();
    assert!(!world.path("out").exists(), "nothing is left behind");
    problem
}

#[test]
fn files_of_codes_become_people_and_households() {
    let world = world();
    let answer = link(&world, &["council.codes", "health.codes"], "out").unwrap();
    assert_eq!(answer.data["records"], 2 * PEOPLE);
    assert_eq!(answer.data["people"], PEOPLE);
    assert_eq!(answer.data["households"], PEOPLE / 4);
    assert_eq!(answer.data["release"], false);
    assert!(answer.text.contains("NOT FOR RELEASE"), "{}", answer.text);
    super::truth(&world);
    let found = world
        .run(&[
            "evaluate",
            "--people",
            "out/people.parquet",
            "--truth",
            "truth.csv",
            "--households",
            "out/households.parquet",
        ])
        .unwrap();
    for measure in ["pairwise", "household_pair"] {
        assert_eq!(found.data[measure]["f1"], 1.0, "{measure}");
    }
    let manifest = std::fs::read_to_string(world.path("out/run.json")).unwrap();
    assert!(
        manifest.contains(r#""release":"not for release""#),
        "{manifest}"
    );
    for name in ["pairs.parquet", "people.parquet", "households.parquet"] {
        let bytes = std::fs::read(world.path("out").join(name)).unwrap();
        assert!(manifest.contains(blake3::hash(&bytes).to_hex().as_str()));
        let mark = b"not for release";
        assert!(
            bytes.windows(mark.len()).any(|window| window == mark),
            "{name}"
        );
    }
    assert!(
        !manifest.contains(world.path("").to_str().unwrap()),
        "no place stands in it"
    );
}

#[test]
fn the_order_of_the_files_and_the_threads_change_nothing() {
    let world = world();
    link(&world, &["council.codes", "health.codes"], "out").unwrap();
    let turned = ["health.codes", "council.codes", "--threads", "1"];
    link(&world, &turned, "again").unwrap();
    for name in [
        "pairs.parquet",
        "people.parquet",
        "households.parquet",
        "run.json",
    ] {
        let bytes = |folder: &str| std::fs::read(world.path(folder).join(name)).unwrap();
        assert!(bytes("out") == bytes("again"), "{name} differs");
    }
}

#[test]
fn one_file_alone_is_accepted() {
    let world = world();
    let answer = link(&world, &["council.codes"], "out").unwrap();
    assert_eq!(answer.data["people"], PEOPLE);
    let planned = world
        .run(&["link", "council.codes", "-o", "again", "--dry-run"])
        .unwrap();
    assert_eq!(planned.data["records"], PEOPLE);
    assert!(!world.path("again").exists());
}

#[test]
fn files_that_do_not_belong_together_are_refused() {
    let world = world();
    let schema = Schema::standard();
    let table = codes("school", &schema);

    let other = Schema::parse(&format!("{}# mine\n", schema.text())).unwrap();
    write(&world.path("other.codes"), &table, &other, &KEY);
    let problem = refused(&world, &["council.codes", "other.codes"]);
    assert_eq!(problem.code, "E-LINK-SCHEMA");
    assert!(problem.what.contains("council.codes") && problem.what.contains("other.codes"));

    write(&world.path("school.codes"), &table, &schema, &[6; 32]);
    let problem = refused(&world, &["council.codes", "school.codes"]);
    assert_eq!(problem.code, "E-LINK-KEY");

    std::fs::copy(world.path("council.codes"), world.path("copy.codes")).unwrap();
    let problem = refused(&world, &["council.codes", "copy.codes"]);
    assert_eq!(problem.code, "E-LINK-SOURCE");
    assert!(
        problem.what.contains("`copy` and `council`"),
        "{}",
        problem.what
    );

    std::fs::copy(world.path("health.codes"), world.path("council.arrow")).unwrap();
    let problem = refused(&world, &["council.codes", "council.arrow"]);
    assert_eq!(problem.code, "E-LINK-SOURCE");
    assert!(
        problem.what.contains("source `council` too"),
        "{}",
        problem.what
    );

    std::fs::copy(world.path("health.codes"), world.path("a;b.codes")).unwrap();
    assert_eq!(refused(&world, &["a;b.codes"]).code, "E-LINK-SOURCE");

    let sealed = codes_to_ipc(&table, &schema).unwrap();
    std::fs::write(world.path("sealed.arrow"), sealed).unwrap();
    let problem = refused(&world, &["sealed.arrow"]);
    assert_eq!(problem.code, "E-LINK-CODES");
    assert!(
        problem.what.contains("codes-not-for-release/1"),
        "{}",
        problem.what
    );
    assert_eq!(refused(&world, &["absent.codes"]).code, "E-FILE-MISSING");
}

#[test]
fn where_every_two_sources_have_keys_of_their_own_each_names_the_others() {
    let world = World::empty();
    let text = Schema::standard()
        .text()
        .replace("key_scope = \"agreement\"", "key_scope = \"pair\"");
    let schema = Schema::parse(&text).unwrap();
    let write = |source: &str, partner: &str| {
        let table = CodeTable {
            partners: vec![partner.to_owned()],
            ..codes(source, &schema)
        };
        write(
            &world.path(&format!("{source}.codes")),
            &table,
            &schema,
            &KEY,
        );
    };
    write("council", "health");
    write("health", "council");
    let answer = link(&world, &["council.codes", "health.codes"], "out").unwrap();
    assert_eq!(answer.data["people"], PEOPLE);
    std::fs::remove_dir_all(world.path("out")).unwrap();
    write("school", "health");
    let problem = refused(&world, &["school.codes", "council.codes"]);
    assert_eq!(problem.code, "E-LINK-SOURCE");
    assert!(
        problem
            .what
            .contains("`council` was not encoded for `school`"),
        "{}",
        problem.what
    );
}

#[test]
fn a_bench_does_not_stand_among_the_files_of_a_run() {
    let world = World::with_hub();
    world.ingest_all();
    world.link("out").unwrap();
    let schema = Schema::standard();
    let path = world.path("council.codes");
    write(&path, &codes("council", &schema), &schema, &KEY);
    let before = std::fs::read(world.path("out/people.parquet")).unwrap();
    let problem = link(&world, &["council.codes"], "out").unwrap_err();
    assert_eq!(problem.code, "E-LINK-OUTPUT");
    assert!(before == std::fs::read(world.path("out/people.parquet")).unwrap());
}

#[test]
fn households_of_an_earlier_bench_do_not_stay() {
    let world = world();
    link(&world, &["council.codes", "health.codes"], "out").unwrap();
    assert!(world.path("out/households.parquet").exists());
    let standard = Schema::standard();
    let text = standard.text();
    let (from, to) = (
        text.find("[household_keys]").unwrap(),
        text.find("[presence]").unwrap(),
    );
    let schema = Schema::parse_for_bench(&format!("{}{}", &text[..from], &text[to..])).unwrap();
    for source in ["council", "health"] {
        let table = CodeTable {
            household: Vec::new(),
            ..codes(source, &schema)
        };
        write(
            &world.path(&format!("{source}.codes")),
            &table,
            &schema,
            &KEY,
        );
    }
    let answer = link(&world, &["council.codes", "health.codes"], "out").unwrap();
    assert!(answer.data["households"].is_null());
    assert!(!world.path("out/households.parquet").exists());
}

#[test]
fn the_two_forms_of_link_are_not_mixed() {
    let says = |words: &[&str]| {
        let line = [&["kinfold-hub", "link", "-o", "out"], words].concat();
        Cli::try_parse_from(line).unwrap_err().to_string()
    };
    let mixed = says(&["a.codes", "--hub", "hub"]);
    assert!(
        mixed.contains("'[CODES]...' cannot be used with '--hub <DIR>'"),
        "{mixed}"
    );
    let mixed = says(&["a.codes", "--reference-date", "2026-08-31"]);
    assert!(mixed.contains("cannot be used with"), "{mixed}");
    let nothing = says(&[]);
    assert!(nothing.contains("--hub <DIR>"), "{nothing}");
}
