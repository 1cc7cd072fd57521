//! The gate in one process: what `seal` needs, what it refuses, and that the same file gets the same verdict. The tests at the top drive it
//! under a real agreement.

use super::*;
use crate::encoded::{NOTE, Note};
use crate::gate::REPORT;

impl Office {
    /// Runs `release-check` on a folder that `encode` wrote.
    pub(super) fn release_check(&self, folder: &str, more: &[&str]) -> Result<Outcome, Problem> {
        let mut line = self.line("release-check", folder, &[]);
        // The folder is no option here, and the period is that of the folder.
        line.retain(|word| word != "--output");
        line.truncate(line.len() - 2);
        line.extend(more.iter().map(|word| (*word).to_owned()));
        kinfold(&line.iter().map(String::as_str).collect::<Vec<_>>())
    }
}

fn seal(office: &Office, output: &str) -> Result<Outcome, Problem> {
    kinfold(&[
        "seal",
        text(&office.at("encoded")),
        "--agreement",
        text(&office.at("agreement.toml")),
        "--key",
        text(&office.at("keys/council.key")),
        "--project-key",
        text(&office.at("keys/project.key")),
        "--sequence",
        "1",
        "-o",
        text(&office.at(output)),
    ])
}

#[test]
fn an_earlier_package_is_laid_beside() {
    let office = Office::open();
    office.run("encode", "encoded", &[]).expect("encoded");
    let codes = office.at("encoded").join("codes.arrow");
    let checked = office
        .release_check("encoded", &["--earlier", text(&codes)])
        .expect("checked");
    let lines = checked.data["report"]["lines"].as_array().expect("lines");
    let line = lines.iter().find(|line| line["id"] == "packages/1");
    let figures = &line.expect("a line for the package")["figures"];
    // The package beside itself: nobody is new and nobody is gone.
    assert!(figures["tied by equal filters"].as_f64() > Some(0.0));
    assert_eq!(figures["new"], figures["gone"]);
    assert_eq!(figures["sharing a value over time"], 0.0);
    let note = office.at("encoded").join(NOTE);
    let wrong = office.release_check("encoded", &["--earlier", text(&note)]);
    assert!(wrong.is_err(), "a file of another kind is no package");

    // The same in one go.
    let run = |earlier: &Path| {
        let mut line = office.line("run", "sealed", &[]);
        line.extend(["--earlier".to_owned(), text(earlier).to_owned()]);
        kinfold(&line.iter().map(String::as_str).collect::<Vec<_>>())
    };
    assert!(run(&note).is_err(), "a file of another kind is no package");
    assert!(!office.at("sealed").exists(), "something was written");
    run(&codes).expect("run");
    let report = std::fs::read(office.at("sealed").join(REPORT)).expect("a report");
    let report = kinfold_verdict::Report::parse(&report).expect("a report");
    let line = report.lines.iter().find(|line| line.id == "packages/1");
    assert!(line.expect("a line for the package").figures["tied by equal filters"] > 0.0);
}

#[test]
fn nothing_is_sealed_without_a_check_of_these_very_codes() {
    let office = Office::open();
    office.run("encode", "encoded", &[]).expect("encoded");
    let refused = |code: &str, exit: Exit| {
        let problem = seal(&office, "sealed").err().expect("refused");
        assert_eq!((problem.code, problem.exit), (code, exit), "{problem}");
        assert!(!office.at("sealed").exists(), "something was written");
    };
    refused("E-RELEASE-MISSING", Exit::Refused);

    let checked = office.release_check("encoded", &[]).expect("checked");
    assert_eq!(checked.exit, Exit::Done, "a test agreement refuses nothing");
    assert_eq!(checked.data["release_check"]["form"], "quick");
    let report = office.at("encoded").join(REPORT);
    let json = std::fs::read(&report).expect("read");
    let note = Note::load(&office.at("encoded")).expect("a note");

    // Another verdict, written by hand.
    let text_of_it = String::from_utf8_lossy(&json);
    let worst = if text_of_it.contains("\"block\"") {
        "\"block\""
    } else {
        "\"warn\""
    };
    let changed = text_of_it.replace(worst, "\"pass\"");
    assert_ne!(changed, text_of_it, "a verdict to change");
    std::fs::write(&report, changed).expect("written");
    refused("E-RELEASE-REPORT", Exit::Integrity);
    let problem = kinfold(&["inspect", text(&report)]).err();
    if String::from_utf8_lossy(&json).contains("\"block\"") {
        assert!(problem.is_none_or(|problem| problem.code == "E-RELEASE-REPORT"));
    }
    // A report that is whole, and not of these codes.
    let mut other = kinfold_verdict::Report::parse(&json).expect("a report");
    other.payload = "0".repeat(64);
    std::fs::write(&report, other.to_json()).expect("written");
    refused("E-RELEASE-REPORT", Exit::Integrity);
    let problem = kinfold(&["inspect", text(&report)]).err().expect("refused");
    assert_eq!(
        (problem.code, problem.exit),
        ("E-RELEASE-REPORT", Exit::Integrity)
    );
    // The report of a folder that was encoded again belongs to the files before.
    std::fs::write(&report, &json).expect("written");
    let again = Note {
        release_check: None,
        ..note.clone()
    };
    std::fs::write(office.at("encoded").join(NOTE), again.to_json()).expect("written");
    refused("E-RELEASE-MISSING", Exit::Refused);

    std::fs::write(office.at("encoded").join(NOTE), note.to_json()).expect("written");
    let inspected = kinfold(&["inspect", text(&report)]).expect("inspected");
    assert_eq!(inspected.data["kind"], "release-check");
    let sealed = seal(&office, "sealed").expect("sealed");
    assert_eq!(
        sealed.data["release_check"]["codes"],
        note.files["codes.arrow"]
    );
    assert!(office.at("sealed").join(REPORT).exists());

    // The recipient sees the same report inside, and so does nobody without a key.
    let package = office.at("sealed/council-2026-08.records.kin");
    let mut line = vec!["inspect", text(&package)];
    let outside = kinfold(&line).expect("inspected");
    assert!(outside.data["detail"]["release_check"].is_null());
    let (key, agreement) = (office.at("keys/hub.key"), office.at("agreement.toml"));
    line.extend(["--key", text(&key), "--agreement", text(&agreement)]);
    line.extend(["--on", "2026-09-01"]);
    let inside = kinfold(&line).expect("opened");
    assert_eq!(
        inside.data["detail"]["release_check"],
        sealed.data["release_check"]
    );
}

#[test]
fn the_same_codes_get_the_same_report_in_whatever_order_people_are_listed() {
    use kinfold_encoding::{Input, Listed, Lister, ProjectSecrets, encode};
    use kinfold_release::{File, List, Options, Subject, by_pool, check_subject};
    use std::collections::BTreeMap;
    let invented = kinfold_synth::generate(&kinfold_synth::Options {
        households: 60,
        seed: 9,
        profile: kinfold_synth::Profile::Uk,
    });
    let people = invented.people();
    let reference = |person: usize| {
        let hash = blake3::hash(&person.to_le_bytes());
        *hash.as_bytes().first_chunk::<16>().expect("32 bytes")
    };
    let inputs: Vec<Input<'_>> = people
        .iter()
        .enumerate()
        .map(|(person, own)| Input::new(reference(person), own))
        .collect();
    let schema = kinfold_schema::Schema::standard();
    let secrets = ProjectSecrets::new(|purpose| *blake3::hash(purpose.as_bytes()).as_bytes());
    let options = kinfold_encoding::Options {
        own: "a".to_owned(),
        partners: vec!["b".to_owned()],
        ..Default::default()
    };
    let encoded = encode(&schema, &secrets, &inputs, &options).expect("codes");
    let of_reference: BTreeMap<[u8; 16], usize> = (0..people.len())
        .map(|person| (reference(person), person))
        .collect();
    let records = encoded.table.record_ref.iter();
    let of_records: Vec<usize> = records.map(|own| of_reference[own]).collect();
    let report = |order: &mut dyn Iterator<Item = usize>| {
        let mut lister = Lister::new(&schema).expect("a schema to list with");
        let mut list = List::new(schema.filters.len());
        let mut places = vec![0; people.len()];
        let mut keys = vec![Vec::new(); people.len()];
        for (place, person) in (0u32..).zip(order) {
            let listed = lister.list(&people[person]);
            list.add(&listed);
            places[person] = place;
            keys[person] = listed.keys;
        }
        let places: Vec<u32> = of_records.iter().map(|person| places[*person]).collect();
        let again = |rows: &[u32]| {
            let own = rows
                .iter()
                .map(|row| keys[of_records[*row as usize]].as_slice());
            Ok(by_pool(&schema, own))
        };
        let nobody = Listed {
            filters: vec![None; schema.filters.len()],
            ..Listed::default()
        };
        let nobody = vec![nobody; places.len()];
        let vocabulary = lister.vocabulary();
        let codes = File::new(&schema, &encoded.table, &nobody, &vocabulary).expect("codes");
        let shape = File::shape(&schema, &vocabulary, &encoded.table.within);
        let subject = Subject::new(shape, &codes, &list, &places, Box::new(again));
        let options = Options {
            form: kinfold_verdict::Form::Quick,
            payload: [3; 32],
        };
        let subject = subject.expect("a person for each record");
        let checked = check_subject(&subject, &[], &options, &mut |_| ());
        checked.expect("checked").report
    };
    let forwards = report(&mut (0..people.len()));
    assert!(forwards.records > 100, "{}", forwards.records);
    assert_eq!(forwards, report(&mut (0..people.len()).rev()));
}

#[test]
fn a_check_is_of_what_was_encoded() {
    let office = Office::open();
    office.run("encode", "encoded", &[]).expect("encoded");
    let mapping = office.at("sample/council/mapping.toml");
    let before = std::fs::read_to_string(&mapping).expect("read");
    let without: Vec<&str> = before
        .lines()
        .filter(|line| !line.starts_with("sex ="))
        .collect();
    assert!(without.len() < before.lines().count());
    std::fs::write(&mapping, without.join("\n")).expect("written");
    let problem = office.release_check("encoded", &[]).err().expect("refused");
    assert_eq!(problem.code, "E-RELEASE-CHANGED", "{problem}");
    assert!(!office.at("encoded").join(REPORT).exists());
}
