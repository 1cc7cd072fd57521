//! Reading the files back.

use std::collections::BTreeMap;

use kinfold_synth::{Borough, Options, Profile, generate};

pub type Row = BTreeMap<String, String>;

/// Name, delimiter, lines before the header, column of own ids, people source of the ids.
pub const PEOPLE: [(&str, u8, usize, &str, &str); 5] = [
    (
        "council/school-census-preamble-and-temporary-upns.csv",
        b',',
        2,
        "Pupil ID",
        "school-census",
    ),
    (
        "council/housing-people-excel-serials-and-damaged-uprns.csv",
        b',',
        0,
        "Person Ref",
        "housing",
    ),
    (
        "health/patients-semicolon-windows-1252.csv",
        b';',
        0,
        "Local Pt ID",
        "patients",
    ),
    (
        "police/people-tabs-capitals-one-line-address.txt",
        b'\t',
        0,
        "NOMINAL REF",
        "police-people",
    ),
    (
        "lscb/people-pipes-timestamps-and-nulls.csv",
        b'|',
        0,
        "ID",
        "lscb-people",
    ),
];

pub const EVENTS: [(&str, u8, usize, &str, &str); 10] = [
    (
        "council/attendance-one-row-a-term.csv",
        b',',
        0,
        "Pupil ID",
        "school-census",
    ),
    (
        "council/exclusions-two-digit-years.csv",
        b',',
        0,
        "Pupil ID",
        "school-census",
    ),
    (
        "council/housing-cases-advice-must-not-count.csv",
        b',',
        0,
        "Person Ref",
        "housing",
    ),
    (
        "council/benefits-open-episodes-compact-dates.csv",
        b',',
        0,
        "Person Ref",
        "housing",
    ),
    (
        "health/mental-health-contacts-open-and-closed.csv",
        b';',
        0,
        "Local Pt ID",
        "patients",
    ),
    (
        "health/substance-contacts-other-teams-must-not-count.csv",
        b';',
        0,
        "Local Pt ID",
        "patients",
    ),
    (
        "police/incidents-only-suspects-count-for-asb.txt",
        b'\t',
        0,
        "NOMINAL REF",
        "police-people",
    ),
    ("lscb/plans-context-only.csv", b'|', 0, "ID", "lscb-people"),
    (
        "lscb/assessment-factors-on-child-or-parent.csv",
        b'|',
        0,
        "ID",
        "lscb-people",
    ),
    ("lscb/marac-cases.csv", b'|', 0, "ID", "lscb-people"),
];

pub fn borough(households: usize, seed: u64, profile: Profile) -> Borough {
    generate(&Options {
        households,
        seed,
        profile,
    })
}

/// The rows of one file of a borough.
pub fn rows(
    files: &[(&'static str, Vec<u8>)],
    name: &str,
    delimiter: u8,
    before: usize,
) -> Vec<Row> {
    let bytes = &files
        .iter()
        .find(|(path, _)| *path == name)
        .expect("the file is written")
        .1;
    // Every byte of Windows-1252 that the files use is the same in Latin-1; UTF-8 files are read as such.
    let text = String::from_utf8(bytes.clone())
        .unwrap_or_else(|_| bytes.iter().map(|byte| char::from(*byte)).collect());
    let body: String = text.split_inclusive('\n').skip(before).collect();
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .from_reader(body.as_bytes());
    let header = reader.headers().expect("a header").clone();
    reader
        .records()
        .map(|record| {
            let record = record.expect("as many cells as the header");
            header
                .iter()
                .map(str::to_owned)
                .zip(record.iter().map(str::to_owned))
                .collect()
        })
        .collect()
}

pub fn truth(files: &[(&'static str, Vec<u8>)], name: &str) -> Vec<Row> {
    rows(files, &format!("truth/{name}"), b',', 0)
}

/// The date in any of the files' forms, as YYYYMMDD; nothing for an empty cell.
pub fn date(cell: &str) -> Option<u32> {
    let cell = cell.split(' ').next().unwrap_or("");
    // A clock time after an ISO date goes.
    let cell = if cell.as_bytes().get(10) == Some(&b'T') {
        &cell[..10]
    } else {
        cell
    };
    if cell.is_empty() || cell == "NULL" {
        return None;
    }
    let parts: Vec<&str> = cell.split(['/', '-']).collect();
    let months = [
        "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
    ];
    let number = |text: &str| {
        text.parse::<u32>()
            .unwrap_or_else(|_| 1 + months.iter().position(|m| *m == text).expect("a month") as u32)
    };
    Some(match parts.as_slice() {
        [year, month, day] if year.len() == 4 => {
            number(year) * 10_000 + number(month) * 100 + number(day)
        }
        [day, month, year] => {
            (if year.len() == 2 { 2_000 } else { 0 } + number(year)) * 10_000
                + number(month) * 100
                + number(day)
        }
        _ => number(cell),
    })
}

/// Entity of every (source, own id).
pub fn entities(files: &[(&'static str, Vec<u8>)]) -> BTreeMap<(String, String), String> {
    let rows = truth(files, "truth.csv");
    let count = rows.len();
    let all: BTreeMap<_, _> = rows
        .into_iter()
        .map(|row| {
            (
                (row["source"].clone(), row["rec_id"].clone()),
                row["entity_id"].clone(),
            )
        })
        .collect();
    assert_eq!(all.len(), count, "own ids are unique in their source");
    all
}
