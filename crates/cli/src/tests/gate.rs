//! The gate in one process: what `seal` needs, what it refuses, and that the same file gets the same verdict. The tests at the top drive it
//! under a real agreement.

use super::*;
use crate::encoded::{NOTE, Note};
use crate::gate::REPORT;

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
    let changed = String::from_utf8_lossy(&json).replace("\"block\"", "\"pass\"");
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
fn the_same_people_get_the_same_report_whatever_their_order() {
    let office = Office::open();
    let report = |folder: &str| {
        office.run("run", folder, &[]).expect("run");
        std::fs::read(office.at(folder).join(REPORT)).expect("read")
    };
    let first = report("first");
    // The people of one file in another order; its header is the first line that names the column.
    let people = office.at("sample/council/housing-people-excel-serials-and-damaged-uprns.csv");
    let bytes = std::fs::read_to_string(&people).expect("read");
    let mut lines: Vec<&str> = bytes.lines().collect();
    lines[1..].reverse();
    std::fs::write(&people, lines.join("\n") + "\n").expect("written");
    assert!(first == report("second"), "the order of rows shows");
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
