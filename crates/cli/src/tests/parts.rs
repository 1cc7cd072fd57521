//! What is read again, part after part, gives what is held; and a file that changes between two passes gives nothing.

use super::*;
use crate::commands::encode;
use crate::progress::Progress;
use crate::release::{Release, Terms, release};
use crate::survey::{Survey, survey};
use kinfold_extract::Memory;
use std::sync::Arc;

/// Everything is read again, and everything waits on disk.
const NOTHING_HELD: Memory = Memory {
    file_bytes: 0,
    rows: 0,
    hash_bytes: 0,
};

struct Desk {
    office: Office,
    terms: encode::Office,
}

impl Desk {
    fn open() -> Self {
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

    fn mapping(&self) -> PathBuf {
        self.office.at("sample/council/mapping.toml")
    }

    fn survey(&self, memory: Memory) -> Survey {
        let folder = self.office.at("");
        let silent = Progress::silent();
        let agreement = Some(&self.terms.agreement);
        survey(&self.mapping(), agreement, memory, &folder, &silent).expect("a survey")
    }

    fn release(&self, survey: &Survey) -> Result<Release, Problem> {
        let folder = self.office.at("");
        let terms = Terms {
            agreement: &self.terms.agreement,
            sender: self.terms.sender().expect("the council"),
            key: &self.terms.key,
            project_key: Arc::clone(&self.terms.project_key),
            schema: &self.terms.schema,
            period: "2026-08".parse().expect("a period"),
            scratch: &folder,
            attack: false,
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
