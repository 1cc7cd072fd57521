//! What is read again, part after part, gives what is held; and a file that changes between two passes gives nothing.

use super::*;
use crate::commands::encode;
use crate::progress::Progress;
use crate::release::{Release, Terms, release};
use crate::survey::{Survey, survey};
use kinfold_encoding::{Listed, Lister};
use kinfold_extract::Memory;
use kinfold_release::{File, Options, Outcome, check, check_subject};
use kinfold_verdict::Form;
use std::sync::Arc;

/// Everything is read again, and everything waits on disk.
const NOTHING_HELD: Memory = Memory {
    file_bytes: 0,
    rows: 0,
    hash_bytes: 0,
};

pub(super) struct Desk {
    office: Office,
    terms: encode::Office,
}

impl Desk {
    pub(super) fn open() -> Self {
        let office = Office::open();
        let terms = encode::Office::open(
            &office.at("agreement.toml"),
            &office.at("keys/council.key"),
            &office.at("keys/project.key"),
            None,
            None,
            "2026-08".parse().expect("a period"),
        );
        let terms = terms.expect("an office");
        Self { office, terms }
    }

    pub(super) fn mapping(&self) -> PathBuf {
        self.office.at("sample/council/mapping.toml")
    }

    pub(super) fn survey(&self, memory: Memory) -> Survey {
        let folder = self.office.at("");
        let silent = Progress::silent();
        let agreement = Some(&self.terms.agreement);
        survey(&self.mapping(), agreement, memory, &folder, &silent).expect("a survey")
    }

    pub(super) fn release(&self, survey: &Survey) -> Result<Release, Problem> {
        self.release_listed(survey, false)
    }

    fn release_listed(&self, survey: &Survey, attack: bool) -> Result<Release, Problem> {
        let folder = self.office.at("");
        let terms = Terms {
            agreement: &self.terms.agreement,
            sender: self.terms.sender().expect("the council"),
            key: &self.terms.key,
            project_key: Arc::clone(&self.terms.project_key),
            schema: &self.terms.schema,
            period: "2026-08".parse().expect("a period"),
            scratch: &folder,
            progress: &Progress::silent(),
            attack,
        };
        release(survey, &terms)
    }
}

#[test]
fn what_is_read_again_gives_the_same_bytes() {
    let desk = Desk::open();
    let all = |memory: Memory| {
        let survey = desk.survey(memory);
        let release = desk.release(&survey).expect("released");
        let mut files = [const { Vec::new() }; 4];
        release.codes.write_to(&mut files[0]).expect("codes");
        release.events.write_to(&mut files[1]).expect("events");
        release.subjects.write_to(&mut files[2]).expect("subjects");
        release
            .references
            .write_to(&mut files[3])
            .expect("references");
        let report = encode::report(&release).to_string();
        (files, report, release.report.records)
    };
    let (held, not_held) = (all(Memory::default()), all(NOTHING_HELD));
    assert!(held.2 > 50, "{} records", held.2);
    assert!(held.0 == not_held.0);
    assert_eq!(held.1, not_held.1);
}

/// The report on codes that wait on disk and on people of whom the samples' keys are listed again, and the report on all of it held in memory.
#[test]
fn the_check_says_on_disk_what_it_says_in_memory() {
    let desk = Desk::open();
    let survey = desk.survey(NOTHING_HELD);
    let schema = &desk.terms.schema;
    let release = desk.release_listed(&survey, true).expect("released");
    let attacked = release.attacked.as_ref().expect("listed");
    let mut bytes = Vec::new();
    release.codes.write_to(&mut bytes).expect("codes");
    let table = kinfold_exchange::codes_from_ipc(&bytes, schema).expect("codes");

    let period: args::Period = "2026-08".parse().expect("a period");
    let mut lister = Lister::at(schema, period.number()).expect("a lister");
    let mut listed = Vec::new();
    let rows = &survey.gathered.rows;
    let loaded = survey.united.load(rows, |_, people| {
        listed.extend(people.iter().map(|person| lister.list(&person.person)));
        Ok::<(), Problem>(())
    });
    loaded.expect("loaded");
    let people: Vec<Listed> = attacked
        .people()
        .iter()
        .map(|person| listed[*person as usize].clone())
        .collect();
    let file = File::new(schema, &table, &people, &lister.vocabulary()).expect("a file");

    for form in [Form::Quick, Form::Full] {
        let options = Options {
            form,
            payload: [7; 32],
        };
        let held = check(&file, &options, &mut |_| ());
        let on_disk = attacked.with(schema, &release.codes, &survey, |subject, codes| {
            let outcome = check_subject(subject, &[], &options, &mut |_| ())?;
            let references = outcome.outliers.iter().map(|row| codes.record_ref(*row));
            Ok((references.collect::<std::io::Result<Vec<_>>>()?, outcome))
        });
        let (references, on_disk) = on_disk.expect("checked");
        let text = |outcome: &Outcome| String::from_utf8(outcome.report.to_json());
        assert_eq!(text(&on_disk), text(&held));
        assert_eq!(on_disk.outliers, held.outliers);
        let records = held.outliers.iter();
        let records = records.map(|row| table.record_ref[*row as usize]);
        assert!(references.into_iter().eq(records));
    }
}

#[test]
fn a_file_that_changes_after_the_survey_gives_nothing() {
    let desk = Desk::open();
    let survey = desk.survey(NOTHING_HELD);
    let folder = desk.office.at("sample/council");
    let people = survey.gathered.people[0].file.clone();
    let file = folder.join(people);
    let before = std::fs::read(&file).expect("read");
    let mut changed = before.clone();
    let last = changed.iter().rposition(u8::is_ascii_alphanumeric);
    changed[last.expect("a letter")] ^= 1;
    let files = || {
        std::fs::read_dir(desk.office.at(""))
            .expect("listed")
            .count()
    };
    let count = files();
    for bytes in [changed, [before.as_slice(), b"\n"].concat()] {
        std::fs::write(&file, bytes).expect("written");
        let problem = desk.release(&survey).err().expect("refused");
        assert_eq!(problem.code, "E-EXTRACT-CHANGED");
        assert!(problem.place.is_some_and(|place| place.contains(".csv")));
        assert_eq!(files(), count, "nothing half-written");
    }
}
