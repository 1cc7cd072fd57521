//! From invented people over the encoder to the verdict.

use std::collections::BTreeMap;

use kinfold_encoding::{Encoded, Input, Listed, Lister, ProjectSecrets, encode};
use kinfold_identity::{Person, read_family_names};
use kinfold_release::{File, Form, Level, NotAligned, Options, Report, check, page};
use kinfold_schema::Schema;
use kinfold_synth::{Profile, generate};

/// People, the first with a name that nobody else has.
fn people() -> Vec<Person> {
    let borough = generate(&kinfold_synth::Options {
        households: 160,
        seed: 5,
        profile: Profile::Uk,
    });
    let mut people = borough.people();
    people[0].family_names = read_family_names("Quixworthy").expect("a name");
    people
}

fn reference(number: usize) -> [u8; 16] {
    let mut reference = [0; 16];
    reference[..8].copy_from_slice(
        &(number as u64)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .to_be_bytes(),
    );
    reference
}

/// Codes, and the people behind them in their order.
fn encoded(schema: &Schema, people: &[Person]) -> (Encoded, Vec<Listed>, Vec<usize>) {
    let secrets = ProjectSecrets::new(|purpose| *blake3::hash(purpose.as_bytes()).as_bytes());
    let inputs: Vec<Input<'_>> = people
        .iter()
        .enumerate()
        .map(|(number, person)| Input::new(reference(number), person))
        .collect();
    let encoded = encode(
        schema,
        &secrets,
        &inputs,
        &kinfold_encoding::Options::default(),
    )
    .expect("people that can be encoded");
    let number: BTreeMap<[u8; 16], usize> = (0..people.len())
        .map(|number| (reference(number), number))
        .collect();
    let mut lister = Lister::new(schema).expect("a shipped schema");
    let listed = encoded
        .table
        .record_ref
        .iter()
        .map(|own| lister.list(&people[number[own]]))
        .collect();
    (encoded, listed, lister.vocabulary())
}

fn checked(schema: &Schema, people: &[Person]) -> Report {
    let (encoded, listed, vocabulary) = encoded(schema, people);
    let file =
        File::new(schema, &encoded.table, &listed, &vocabulary).expect("one person a record");
    let options = Options {
        form: Form::Quick,
        payload: [3; 32],
    };
    check(&file, &options, &mut |_| {}).report
}

#[test]
fn a_file_of_the_standard_schema_is_looked_at_from_all_sides() {
    let people = people();
    let report = checked(&Schema::standard(), &people);
    let line = |id: &str| {
        report
            .lines
            .iter()
            .find(|line| line.id == id)
            .unwrap_or_else(|| panic!("{id}"))
    };
    assert_eq!(line("control").level, Level::Pass, "{:#?}", line("control"));
    // Every value of a match key is released once.
    assert_eq!(line("counts/keys").level, Level::Pass);
    assert_eq!(line("counts/keys").figures["most shared key"], 0.0);
    assert!(line("graph/inside").sentence.contains("No two records"));
    assert_eq!(line("balance/names-birth").level, Level::Pass);
    assert_eq!(line("length/names-birth").level, Level::Pass);
    assert_eq!(line("columns/names-birth").level, Level::Pass);
    for id in [
        "known/20",
        "known/200",
        "households/keys",
        "law",
        "outliers",
        "suspicion",
        "counts/presence",
    ] {
        assert!(!line(id).sentence.is_empty());
    }
    assert!(line("known/20").share.expect("a share").share < 0.03);
    let json = report.to_json();
    assert_eq!(Report::parse(&json).expect("its own report"), report);
    // Neither the report nor the page knows anybody's name.
    let both = String::from_utf8(json).expect("text") + &page(&report, "Test");
    assert!(!both.to_uppercase().contains("QUIXWORTHY"));
}

#[test]
fn a_filter_that_is_not_diffused_is_refused() {
    // Everybody has a filter.
    let text = Schema::standard()
        .text()
        .replace("filter_max = 2\n", "")
        .replace("diffusion = 8", "diffusion = 0")
        .replace("metric = \"hamming\"", "metric = \"dice\"")
        .replace("candidate_sigmas = 4.5", "candidate_dice = 0.8");
    let schema = Schema::parse_for_bench(&text).expect("a schema for trying out");
    let people = people();
    let secrets = ProjectSecrets::new(|purpose| *blake3::hash(purpose.as_bytes()).as_bytes());
    let inputs: Vec<Input<'_>> = people
        .iter()
        .enumerate()
        .map(|(number, person)| Input::new(reference(number), person))
        .collect();
    let options = kinfold_encoding::Options {
        bench: true,
        ..kinfold_encoding::Options::default()
    };
    let encoded = encode(&schema, &secrets, &inputs, &options).expect("people that can be encoded");
    let number: BTreeMap<[u8; 16], usize> = (0..people.len())
        .map(|number| (reference(number), number))
        .collect();
    let mut lister = Lister::new(&schema).expect("a schema for trying out");
    let listed: Vec<Listed> = encoded
        .table
        .record_ref
        .iter()
        .map(|own| lister.list(&people[number[own]]))
        .collect();
    let file = File::new(&schema, &encoded.table, &listed, &lister.vocabulary())
        .expect("one person a record");
    let options = Options {
        form: Form::Quick,
        payload: [3; 32],
    };
    let report = check(&file, &options, &mut |_| {}).report;
    let line = report
        .lines
        .iter()
        .find(|line| line.id == "known/20")
        .expect("a line");
    assert_eq!(line.level, Level::Block);
    assert!(line.share.expect("a share").share > 0.9, "{line:#?}");
    assert_eq!(report.verdict, Level::Block);
}

#[test]
fn codes_and_people_must_belong_together() {
    let schema = Schema::standard();
    let (encoded, listed, vocabulary) = encoded(&schema, &people());
    let error = File::new(&schema, &encoded.table, &listed[1..], &vocabulary)
        .expect_err("one person is missing");
    assert_eq!(
        error,
        NotAligned {
            records: listed.len(),
            people: listed.len() - 1
        }
    );
}
