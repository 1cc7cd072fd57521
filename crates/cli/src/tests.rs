//! Golden screens and the whole path of a custodian, in one process; the binary itself is driven by the tests at the top.

mod decisions;
mod gate;
mod order;
mod parts;
mod refusals;

use super::*;
use crate::outcome::to_json;
use clap::CommandFactory as _;
use kinfold_message::Exit;
use std::path::{Path, PathBuf};

/// Runs a command line and gives the outcome or the problem.
fn kinfold(arguments: &[&str]) -> Result<Outcome, Problem> {
    let cli = Cli::try_parse_from(std::iter::once("kinfold").chain(arguments.iter().copied()))
        .unwrap_or_else(|error| panic!("{error}"));
    dispatch(&cli.command, &Progress::silent())
}

fn text(path: &Path) -> &str {
    path.to_str().expect("paths of tests are text")
}

/// The help of every verb, one after another, as in a reference page.
fn all_help() -> Vec<(String, String)> {
    fn collect(command: &mut clap::Command, path: &str, pages: &mut Vec<(String, String)>) {
        pages.push((path.to_owned(), command.render_help().to_string()));
        for sub in command.get_subcommands_mut() {
            let name = format!("{path} {}", sub.get_name());
            collect(sub, &name, pages);
        }
    }
    let mut command = Cli::command().term_width(100);
    command.build();
    let mut pages = Vec::new();
    collect(&mut command, "kinfold", &mut pages);
    pages
}

/// Compares with a golden file; `KINFOLD_WRITE_GOLDEN=1` writes it.
fn golden(name: &str, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("golden")
        .join(name);
    if std::env::var_os("KINFOLD_WRITE_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(&path, actual).expect("written");
        return;
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        expected == actual,
        "{name} differs; look at the new screen and accept it with KINFOLD_WRITE_GOLDEN=1:\n{actual}"
    );
}

#[test]
fn the_grammar_is_sound_and_its_help_is_known() {
    Cli::command().debug_assert();
    let mut pages = String::new();
    for (path, page) in all_help() {
        let lines = page.lines().count();
        assert!(
            lines < 40,
            "the help of `{path}` has {lines} lines:\n{page}"
        );
        pages.push_str(&format!("$ {path} --help\n{page}\n"));
    }
    golden("help.txt", &pages);
}

/// A small office: four custodians' worth of sample, keys and a signed agreement.
struct Office {
    folder: tempfile::TempDir,
}

impl Office {
    fn open() -> Self {
        let office = Self {
            folder: tempfile::tempdir().expect("a folder"),
        };
        let at = |name: &str| office.at(name);
        kinfold(&[
            "sample",
            "--households",
            "30",
            "--seed",
            "5",
            "-o",
            text(&at("sample")),
        ])
        .expect("a sample");
        for (party, role) in [
            ("council", "custodian"),
            ("police", "custodian"),
            ("hub", "linkage-unit"),
            ("integrator", "integrator"),
        ] {
            let mut line = vec![
                "key",
                "new",
                "--party",
                party,
                "--role",
                role,
                "--danger-seed",
                "7",
                "-o",
            ];
            let (key, contacts) = (
                at(&format!("keys/{party}.key")),
                at(&format!("sample/{party}/contacts.toml")),
            );
            line.push(text(&key));
            if contacts.exists() {
                line.extend(["--contacts", text(&contacts)]);
            }
            kinfold(&line).expect("a key");
        }
        for (name, project) in [("project.key", "eastmere"), ("other.key", "westmere")] {
            let key = at(&format!("keys/{name}"));
            kinfold(&[
                "key",
                "project",
                "--project",
                project,
                "--epoch",
                "2026",
                "--danger-seed",
                "7",
                "-o",
                text(&key),
            ])
            .expect("a key");
        }
        let public = ["council", "police", "hub", "integrator"]
            .map(|party| at(&format!("keys/{party}.pub.toml")));
        let agreement = at("agreement.toml");
        let mut line = vec![
            "agreement",
            "draft",
            "--name",
            "Test",
            "--project",
            "eastmere",
            "--epoch",
            "2026",
            "--expires",
            "2027-03-31",
        ];
        line.extend([
            "--people",
            "75000",
            "--test",
            "--purpose",
            "a rehearsal",
            "--lawful-basis",
            "none is needed for synthetic records",
            "--retention",
            "nothing is kept",
            "-o",
            text(&agreement),
            "--public",
        ]);
        line.extend(public.iter().map(|path| text(path)));
        kinfold(&line).expect("an agreement");
        let check = |expected: Exit| {
            let outcome = kinfold(&["agreement", "check", text(&agreement), "--on", "2026-09-01"])
                .expect("checked");
            assert_eq!(outcome.exit, expected);
        };
        check(Exit::Answer);
        for party in ["council", "police", "hub", "integrator"] {
            kinfold(&[
                "agreement",
                "sign",
                text(&agreement),
                "--key",
                text(&at(&format!("keys/{party}.key"))),
            ])
            .expect("signed");
        }
        check(Exit::Done);
        office
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A command line of `encode` or `run` of the council, with some of its files replaced.
    fn line(&self, verb: &str, output: &str, replaced: &[(&str, &str)]) -> Vec<String> {
        let mut line = vec![verb.to_owned()];
        let defaults = [
            ("--agreement", "agreement.toml"),
            ("--key", "keys/council.key"),
            ("--project-key", "keys/project.key"),
            ("--mapping", "sample/council/mapping.toml"),
            ("--output", output),
        ];
        for (flag, file) in defaults {
            let file = replaced
                .iter()
                .find(|(other, _)| *other == flag)
                .map_or(file, |(_, other)| *other);
            line.extend([flag.to_owned(), text(&self.at(file)).to_owned()]);
        }
        line.extend(["--period".to_owned(), "2026-08".to_owned()]);
        if verb == "run" {
            line.extend(["--sequence".to_owned(), "1".to_owned()]);
        }
        line
    }

    fn run(&self, verb: &str, output: &str, replaced: &[(&str, &str)]) -> Result<Outcome, Problem> {
        let line = self.line(verb, output, replaced);
        kinfold(&line.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// Runs, expects a problem with this code and exit, and nothing written.
    fn refused(&self, replaced: &[(&str, &str)], code: &str, exit: Exit) {
        let problem = self
            .run("run", "refused", replaced)
            .err()
            .unwrap_or_else(|| panic!("{code} was not raised"));
        assert_eq!((problem.code, problem.exit), (code, exit), "{problem}");
        assert!(!self.at("refused").exists(), "something was written");
        assert!(
            kinfold_message::explain(code).is_some(),
            "{code} is not explained"
        );
    }
}

#[test]
fn the_whole_path_of_a_custodian() {
    let office = Office::open();
    let first = office.run("run", "out", &[]).expect("run");
    assert_eq!(first.exit, Exit::Done);
    for file in [
        "council-2026-08.records.kin",
        "council-2026-08.events.kin",
        "check.json",
        "doubtful.csv",
        "council-2026-08.local-references.csv",
        "release.json",
        "release.html",
    ] {
        assert!(office.at("out").join(file).exists(), "{file}");
    }
    assert_eq!(
        std::fs::read_dir(office.at("out")).expect("listed").count(),
        7,
        "and nothing else"
    );

    // The same input gives the same content, whatever the encryption's randomness; a dry run writes nothing.
    let mut line = office.line("run", "dry", &[]);
    line.push("--dry-run".to_owned());
    let second = kinfold(&line.iter().map(String::as_str).collect::<Vec<_>>()).expect("run");
    assert!(!office.at("dry").exists());
    let hashes = |outcome: &Outcome| {
        outcome.data["packages"]
            .as_array()
            .expect("two")
            .iter()
            .map(|package| package["payload_hash"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(hashes(&first), hashes(&second));

    // Encode, release check, then seal, is the same as run.
    office.run("encode", "encoded", &[]).expect("encoded");
    office
        .release_check("encoded", &[])
        .expect("a release check");
    let seal = |folder: &str, key: &str| {
        kinfold(&[
            "seal",
            text(&office.at(folder)),
            "--agreement",
            text(&office.at("agreement.toml")),
            "--key",
            text(&office.at(key)),
            "--project-key",
            text(&office.at("keys/project.key")),
            "--sequence",
            "1",
            "-o",
            text(&office.at("sealed")),
        ])
    };
    assert_eq!(
        hashes(&seal("encoded", "keys/council.key").expect("sealed")),
        hashes(&first)
    );
    assert_eq!(
        seal("encoded", "keys/police.key")
            .err()
            .map(|problem| problem.code),
        Some("E-SEAL-TERMS")
    );
    std::fs::write(office.at("encoded/events.arrow"), b"changed").expect("written");
    assert_eq!(
        seal("encoded", "keys/council.key")
            .err()
            .map(|problem| problem.code),
        Some("E-SEAL-FOLDER")
    );

    // The packages open under the agreement, and every subject has a record.
    references_and_packages_agree(&office);
}

fn references_and_packages_agree(office: &Office) {
    use kinfold_exchange::{Agreement, PartyKey, codes_from_ipc, open, subjects_from_ipc};
    let agreement = Agreement::load(&office.at("agreement.toml")).expect("an agreement");
    let package = |file: &str, key: &str| {
        let bytes = std::fs::read(office.at("out").join(file)).expect("read");
        let key = PartyKey::load(&office.at(key)).expect("a key");
        open(
            &bytes,
            &key,
            &agreement,
            dates::parse("2026-09-01").expect("a date"),
        )
        .expect("opened")
    };
    let records = package("council-2026-08.records.kin", "keys/hub.key");
    let codes =
        codes_from_ipc(&records.sections[0].1, &kinfold_schema::Schema::standard()).expect("codes");
    let events = package("council-2026-08.events.kin", "keys/integrator.key");
    let subjects = subjects_from_ipc(&events.sections[1].1).expect("subjects");
    assert_eq!(
        subjects
            .iter()
            .map(|subject| subject.record_ref)
            .collect::<Vec<_>>(),
        codes.record_ref,
        "sorted by reference, one each"
    );

    let references = std::fs::read_to_string(office.at("out/council-2026-08.local-references.csv"))
        .expect("read");
    let known: std::collections::BTreeSet<String> = codes
        .record_ref
        .iter()
        .map(|reference| encoded::hex(reference))
        .collect();
    let named: std::collections::BTreeSet<String> = references
        .lines()
        .skip(1)
        .filter_map(|line| line.rsplit(',').next())
        .map(str::to_owned)
        .collect();
    assert_eq!(
        known, named,
        "every record is somebody's, and nobody else's"
    );
    let people = ["school-census", "housing"].map(|source| {
        references
            .lines()
            .filter(|line| line.starts_with(source))
            .count()
    });
    assert!(
        people.iter().sum::<usize>() > codes.len(),
        "children of both files left once"
    );
}

#[test]
fn what_does_not_belong_together_is_refused() {
    let office = Office::open();
    office.refused(
        &[("--key", "keys/police.key")],
        "E-ENCODE-CUSTODIAN",
        Exit::CouldNotRun,
    );
    office.refused(&[("--key", "keys/hub.key")], "E-KEY-ROLE", Exit::Refused);
    office.refused(
        &[("--project-key", "keys/other.key")],
        "E-KEY-PROJECT",
        Exit::Refused,
    );
    office.refused(
        &[("--agreement", "nowhere.toml")],
        "E-FILE-MISSING",
        Exit::CouldNotRun,
    );
    office.refused(
        &[("--mapping", "nowhere.toml")],
        "E-FILE-MISSING",
        Exit::CouldNotRun,
    );

    let agreement = std::fs::read_to_string(office.at("agreement.toml")).expect("read");
    std::fs::write(
        office.at("changed.toml"),
        agreement.replace("75000", "75001"),
    )
    .expect("written");
    office.refused(
        &[("--agreement", "changed.toml")],
        "E-AGR-UNSIGNED",
        Exit::Refused,
    );
    std::fs::copy(office.at("agreement.sig"), office.at("changed.sig")).expect("copied");
    office.refused(
        &[("--agreement", "changed.toml")],
        "E-AGR-SIGNATURE",
        Exit::Integrity,
    );

    let mut line = office.line("run", "refused", &[]);
    line.extend(["--on".to_owned(), "2027-04-01".to_owned()]);
    let problem = kinfold(&line.iter().map(String::as_str).collect::<Vec<_>>())
        .err()
        .expect("refused");
    assert_eq!(
        (problem.code, problem.exit),
        ("E-AGR-EXPIRED", Exit::Refused)
    );
}

#[test]
fn bad_files_are_named_and_nothing_is_written() {
    let office = Office::open();
    let census = "sample/council/school-census-preamble-and-temporary-upns.csv";
    let good = std::fs::read(office.at(census)).expect("read");
    let put = |bytes: &[u8]| std::fs::write(office.at(census), bytes).expect("written");
    put(b"");
    office.refused(&[], "E-EXTRACT-EMPTY", Exit::CouldNotRun);
    put(&String::from_utf8_lossy(&good)
        .replace("Pupil ID", "Pupil Number")
        .into_bytes());
    office.refused(&[], "E-EXTRACT-COLUMN", Exit::CouldNotRun);
    put(b"PK\x03\x04rest of a workbook");
    office.refused(&[], "E-EXTRACT-WORKBOOK", Exit::CouldNotRun);
    put(&[&good[..], b"\0\0\0"].concat());
    office.refused(&[], "E-EXTRACT-BINARY", Exit::CouldNotRun);
    put(&good);

    let mapping = std::fs::read_to_string(office.at("sample/council/mapping.toml")).expect("read");
    let with = |name: &str, from: &str, to: &str| {
        assert!(mapping.contains(from));
        std::fs::write(
            office.at("sample/council").join(name),
            mapping.replace(from, to),
        )
        .expect("written");
    };
    with("typo.toml", "family_name =", "famly_name =");
    office.refused(
        &[("--mapping", "sample/council/typo.toml")],
        "E-EXTRACT-MAPPING",
        Exit::CouldNotRun,
    );
    with(
        "encoding.toml",
        "dates = [\"dd/mm/yyyy\"]\n\n[people.columns]\nown_id = \"Pupil ID\"",
        "[people.form]\nencoding = \"utf-16le\"\n\n[people.columns]\nown_id = \"Pupil ID\"",
    );
    let problem = office
        .run(
            "run",
            "refused",
            &[("--mapping", "sample/council/encoding.toml")],
        )
        .err()
        .expect("refused");
    assert!(
        matches!(
            problem.code,
            "E-EXTRACT-ENCODING" | "E-EXTRACT-HEADER" | "E-EXTRACT-COLUMN"
        ),
        "{problem}"
    );

    // A value without a rule, a code outside the agreement: the answer is no, and nothing is written.
    with(
        "unknown.toml",
        "[\"ADVC\", \"ARR1\", \"REPR\"]",
        "[\"OTHER\"]",
    );
    let outcome = office
        .run(
            "run",
            "refused",
            &[("--mapping", "sample/council/unknown.toml")],
        )
        .expect("an answer");
    assert_eq!(
        (outcome.exit, outcome.messages[0].problem.code),
        (Exit::Answer, "E-CHECK-UNKNOWN")
    );
    with("code.toml", "housing/arrears", "housing/parking-fine");
    let outcome = office
        .run(
            "run",
            "refused",
            &[("--mapping", "sample/council/code.toml")],
        )
        .expect("an answer");
    assert_eq!(
        (outcome.exit, outcome.messages[0].problem.code),
        (Exit::Answer, "E-CHECK-CODE")
    );
    assert!(!office.at("refused").exists());
}

#[test]
fn no_personal_value_reaches_a_screen_or_a_report() {
    let office = Office::open();
    let outcome = office.run("run", "out", &[]).expect("run");
    let mut shown = outcome.text.clone() + &to_json("run", &outcome).to_string();
    shown += &std::fs::read_to_string(office.at("out/check.json")).expect("read");
    for message in &outcome.messages {
        shown += &message.problem.to_string();
    }
    let file = std::fs::read_to_string(
        office.at("sample/council/housing-people-excel-serials-and-damaged-uprns.csv"),
    )
    .expect("read");
    let mut reader = csv::Reader::from_reader(file.as_bytes());
    let headers = reader.headers().expect("a header").clone();
    let mut looked_for = 0;
    for row in reader.records() {
        let row = row.expect("a row");
        for column in ["Person Ref", "Surname", "NI No", "Address", "UPRN", "DOB"] {
            let position = headers
                .iter()
                .position(|name| name == column)
                .expect("a column");
            let value = &row[position];
            if value.len() >= 5 {
                assert!(!shown.contains(value), "a value of `{column}` is shown");
                looked_for += 1;
            }
        }
    }
    assert!(looked_for > 100);
}

#[test]
fn inspect_knows_every_kind_of_file() {
    let office = Office::open();
    office.run("run", "out", &[]).expect("run");
    office.run("encode", "encoded", &[]).expect("encoded");
    for (file, kind) in [
        ("agreement.toml", "agreement"),
        ("keys/council.pub.toml", "public-key"),
        ("keys/council.key", "key"),
        ("keys/project.key", "key"),
        ("sample/council/mapping.toml", "mapping"),
        ("sample/council/attendance-one-row-a-term.csv", "table"),
        ("out/council-2026-08.records.kin", "package"),
        ("encoded/codes.arrow", "arrow"),
        ("encoded/encoded.json", "encoded"),
    ] {
        let outcome = kinfold(&["inspect", text(&office.at(file))])
            .unwrap_or_else(|problem| panic!("{file}: {problem}"));
        assert_eq!(outcome.data["kind"], kind, "{file}");
        assert!(!outcome.text.contains("AGE-SECRET"));
    }
}

/// A small custodian with a title line, a footer, damaged values, one person twice and a code that nobody mapped.
fn small_custodian(folder: &Path) -> PathBuf {
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).expect("written");
    write(
        "people.csv",
        "Housing list,,,,\n\nRef,Name,Family,Born,UPRN\nH1,Ann,Smith,13/02/2015,100023336956\nH2,Ann,Smith,13/02/2015,100023336956\n\
         H3,Tom,Unknown,01/01/1900,9E+11\nH4,Zoe,Okafor,31/05/2001,\nH5,a,b,c,d,e,f\nEnd of list\n",
    );
    write(
        "cases.csv",
        "Ref,Stage,Opened\nH1,TA,01/06/2026\nH4,TA-B&B,02/06/2026\nH4,ADVICE,03/06/2026\nH9,TA,04/06/2026\n",
    );
    write(
        "mapping.toml",
        r#"
custodian = "council"
[[people]]
source = "housing"
file = "people.csv"
datasets = ["housing"]
[people.columns]
own_id = "Ref"
given_name = "Name"
family_name = "Family"
birth_date = "Born"
uprn = "UPRN"
[[events]]
dataset = "housing"
file = "cases.csv"
service = "housing-options"
people = "housing"
own_id = "Ref"
start = "Opened"
[[events.rule]]
when = { Stage = ["TA"] }
code = "housing/temporary-accommodation"
[[events.rule]]
when = { Stage = ["ADVICE"] }
leave_out = true
"#,
    );
    folder.join("mapping.toml")
}

#[test]
fn the_screen_of_check_is_known() {
    let folder = tempfile::tempdir().expect("a folder");
    let mapping = small_custodian(folder.path());
    let outcome = kinfold(&[
        "check",
        "--mapping",
        text(&mapping),
        "-o",
        text(&folder.path().join("out")),
    ])
    .expect("checked");
    assert_eq!(outcome.exit, Exit::Answer);
    let mut screen = outcome.text.clone();
    for message in &outcome.messages {
        screen.push_str(&format!("\n{}\n", message.to_text(false)));
    }
    let place = format!("{}{}", folder.path().display(), std::path::MAIN_SEPARATOR);
    golden("check.txt", &screen.replace(&place, ""));
    let report = std::fs::read_to_string(folder.path().join("out/check.json")).expect("written");
    golden("check.json", &report);
}
