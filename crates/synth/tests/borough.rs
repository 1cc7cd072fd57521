//! The borough as a reader of its files sees it: nothing here knows how it was made.
//!
//! The checker decides needs from the event files alone, by the rules that `COLUMNS.md` states, and must arrive at the truth.

use std::collections::{BTreeMap, BTreeSet};

use kinfold_synth::{Borough, Case, Options, Profile, SlipRates, generate};
use proptest::prelude::*;

type Row = BTreeMap<String, String>;

/// Name, delimiter, lines before the header, column of own ids, people source of the ids.
const PEOPLE: [(&str, u8, usize, &str, &str); 5] = [
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

const EVENTS: [(&str, u8, usize, &str, &str); 10] = [
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

fn borough(households: usize, seed: u64, profile: Profile) -> Borough {
    generate(&Options {
        households,
        seed,
        profile,
    })
}

/// The rows of one file of a borough.
fn rows(files: &[(&'static str, Vec<u8>)], name: &str, delimiter: u8, before: usize) -> Vec<Row> {
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

fn truth(files: &[(&'static str, Vec<u8>)], name: &str) -> Vec<Row> {
    rows(files, &format!("truth/{name}"), b',', 0)
}

/// The date in any of the files' forms, as YYYYMMDD; nothing for an empty cell.
fn date(cell: &str) -> Option<u32> {
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

/// What one event means: indicator, start, end, whether it is an open episode.
struct Meaning {
    indicator: &'static str,
    start: u32,
    end: Option<u32>,
    open: bool,
}

/// `COLUMNS.md`, "Event files", once more.
fn meaning(file: &str, row: &Row) -> Option<Meaning> {
    let is = |column: &str, values: &[&str]| values.contains(&row[column].as_str());
    let of = |indicator, start: &str, end: Option<&str>, episode: bool| {
        let end_day = end.and_then(|end| date(&row[end]));
        Some(Meaning {
            indicator,
            start: date(&row[start])?,
            end: end_day,
            open: episode && end_day.is_none(),
        })
    };
    match file {
        "council/attendance-one-row-a-term.csv" => {
            let percent: f64 = row["Att %"].parse().expect("a number");
            let band = if percent < 50.0 {
                "SA"
            } else if percent < 90.0 {
                "PA"
            } else if percent < 95.0 {
                "U95"
            } else {
                "OK"
            };
            assert_eq!(row["Band"], band);
            let cell = |name: &str| row[name].parse::<f64>().expect("a number");
            let attended = cell("Sess Poss") - cell("Auth Abs") - cell("Unauth Abs");
            assert!((attended * 100.0 / cell("Sess Poss") - percent).abs() < 0.051);
            if band == "OK" {
                None
            } else {
                of("education", "Term End", None, false)
            }
        }
        "council/exclusions-two-digit-years.csv" if is("Type", &["SUSP", "PERM", "CME"]) => {
            of("education", "Start Dt", None, false)
        }
        "council/housing-cases-advice-must-not-count.csv"
            if is("Stage", &["ARR4", "PREV", "RELF", "MAIN", "RS"]) =>
        {
            of("homelessness", "Opened", Some("Closed"), false)
        }
        "council/housing-cases-advice-must-not-count.csv" if is("Stage", &["TA-SC", "TA-BB"]) => {
            of("homelessness", "Opened", Some("Closed"), true)
        }
        "council/benefits-open-episodes-compact-dates.csv"
            if is("Award", &["UC-NW", "JSA", "IS", "ESA", "NEET"]) =>
        {
            of("worklessness", "Start", Some("End"), true)
        }
        "council/benefits-open-episodes-compact-dates.csv" if is("Award", &["SANC", "CTARR"]) => {
            of("worklessness", "Start", Some("End"), false)
        }
        "health/mental-health-contacts-open-and-closed.csv"
            if is(
                "Team",
                &["TALK", "CMHT", "PERI", "WARD", "MHA", "CRIS", "S136"],
            ) =>
        {
            of(
                "parental-mental-health",
                "Referral Date",
                Some("Discharge Date"),
                false,
            )
        }
        "health/substance-contacts-other-teams-must-not-count.csv"
            if is("Contact Type", &["BI", "TX", "TXOP", "DROP", "HOSP"]) =>
        {
            of("alcohol-and-drugs", "Start Date", Some("End Date"), false)
        }
        "police/incidents-only-suspects-count-for-asb.txt" => {
            if is("DA FLAG", &["Y"])
                && is("ROLE", &["SUS", "OFF", "VIC", "CHI"])
                && is("NSIR CLASS", &["DOM", "NMOBR"])
            {
                of("domestic-abuse", "OCC DATE", None, false)
            } else if is("ASB FLAG", &["Y"]) && is("ROLE", &["SUS", "OFF"]) {
                of("anti-social-behaviour", "OCC DATE", None, false)
            } else {
                None
            }
        }
        "lscb/assessment-factors-on-child-or-parent.csv" => match row["Factor"].as_str() {
            "4B" | "4C" => of("parental-mental-health", "AssessmentDate", None, false),
            "1A" | "1B" | "1C" | "2A" | "2B" | "2C" => {
                of("alcohol-and-drugs", "AssessmentDate", None, false)
            }
            "3A" | "3B" | "3C" => of("domestic-abuse", "AssessmentDate", None, false),
            _ => None,
        },
        "lscb/marac-cases.csv" if is("MaracRole", &["VICTIM", "PERPETRATOR", "CHILD"]) => {
            of("domestic-abuse", "MeetingDate", None, false)
        }
        _ => None,
    }
}

/// Entity of every (source, own id).
fn entities(files: &[(&'static str, Vec<u8>)]) -> BTreeMap<(String, String), String> {
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

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let first = borough(120, 11, Profile::Uk).files();
    assert_eq!(first, borough(120, 11, Profile::Uk).files());
    assert_ne!(first, borough(120, 12, Profile::Uk).files());
    assert_ne!(first, borough(120, 11, Profile::Stress).files());
}

#[test]
fn what_is_written_is_what_the_files_say() {
    let folder = tempfile::tempdir().expect("a folder");
    let made = borough(60, 3, Profile::Uk);
    let written = made.write(folder.path()).expect("written");
    let files = made.files();
    assert_eq!(written.files, files.len());
    for (path, bytes) in &files {
        assert_eq!(
            &std::fs::read(folder.path().join(path)).expect("written"),
            bytes,
            "{path}"
        );
    }
    assert_eq!(written.records, truth(&files, "truth.csv").len());
    assert_eq!(written.people, truth(&files, "people.csv").len());
}

/// Truth and files speak of the same people, whatever the size and the seed.
fn consistent(files: &[(&'static str, Vec<u8>)]) {
    let entity_of = entities(files);
    let people: BTreeMap<String, Row> = truth(files, "people.csv")
        .into_iter()
        .map(|row| (row["entity_id"].clone(), row))
        .collect();
    let known: BTreeSet<&String> = entity_of.values().collect();
    assert_eq!(
        known,
        people.keys().collect::<BTreeSet<_>>(),
        "the truth is the people whom an agency knows"
    );

    let mut open: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in truth(files, "households.csv") {
        assert!(
            people.contains_key(&row["entity_id"]),
            "a member is a person of the truth"
        );
        assert!(row["to"].is_empty() || row["from"] <= row["to"]);
        if row["to"].is_empty() {
            open.entry(row["entity_id"].clone())
                .or_default()
                .insert(row["household_id"].clone());
        }
    }
    for row in truth(files, "truth.csv") {
        let said: BTreeSet<String> = row["household_id"]
            .split(';')
            .filter(|id| !id.is_empty())
            .map(str::to_owned)
            .collect();
        assert_eq!(
            said,
            open.get(&row["entity_id"]).cloned().unwrap_or_default()
        );
    }
    let mut rows_in_files = 0;
    for (file, delimiter, before, own_id, source) in PEOPLE {
        for row in rows(files, file, delimiter, before) {
            assert_eq!(
                row.get("Data status")
                    .or(row.get("DATA STATUS"))
                    .map(String::as_str),
                Some("SYNTHETIC")
            );
            assert!(
                entity_of.contains_key(&(source.to_owned(), row[own_id].clone())),
                "{file}"
            );
            rows_in_files += 1;
        }
    }
    assert_eq!(rows_in_files, entity_of.len());
    for (file, delimiter, before, own_id, source) in EVENTS {
        for row in rows(files, file, delimiter, before) {
            assert_eq!(
                row.get("Data status")
                    .or(row.get("DATA STATUS"))
                    .map(String::as_str),
                Some("SYNTHETIC")
            );
            assert!(
                entity_of.contains_key(&(source.to_owned(), row[own_id].clone())),
                "{file}: an event of nobody"
            );
        }
    }
    needs_follow_from_events(files, &entity_of, &people, &open);
}

fn needs_follow_from_events(
    files: &[(&'static str, Vec<u8>)],
    entity_of: &BTreeMap<(String, String), String>,
    people: &BTreeMap<String, Row>,
    open: &BTreeMap<String, BTreeSet<String>>,
) {
    let is_child = |entity: &str| date(&people[entity]["birth_date"]).expect("a date") > 20_080_831;
    let none = BTreeSet::new();
    let homes = |entity: &str| open.get(entity).unwrap_or(&none);
    let with_child: BTreeSet<String> = people
        .keys()
        .filter(|entity| is_child(entity))
        .flat_map(|entity| homes(entity))
        .cloned()
        .collect();
    let mut current: BTreeSet<(String, &str)> = BTreeSet::new();
    for (file, delimiter, before, own_id, source) in EVENTS {
        for row in rows(files, file, delimiter, before) {
            let Some(event) = meaning(file, &row) else {
                continue;
            };
            let entity = &entity_of[&(source.to_owned(), row[own_id].clone())];
            assert!(
                event.start <= 20_260_831
                    && event
                        .end
                        .is_none_or(|end| (event.start..=20_260_831).contains(&end))
            );
            let is_current = event.open || event.start >= 20_251_001;
            if !is_current {
                assert!(
                    (20_230_401..=20_250_630).contains(&event.start),
                    "clear of the border: {file}"
                );
                assert!(
                    event.end.is_none_or(|end| end <= 20_250_630),
                    "clear of the border: {file}"
                );
            }
            if event.indicator == "education" {
                assert!(is_child(entity));
            }
            for household in homes(entity) {
                if ["parental-mental-health", "alcohol-and-drugs"].contains(&event.indicator) {
                    assert!(
                        with_child.contains(household),
                        "no qualifying contact without a child in the household"
                    );
                }
                if event.indicator == "parental-mental-health" {
                    assert!(!is_child(entity));
                }
                if is_current {
                    current.insert((household.clone(), event.indicator));
                }
            }
        }
    }
    let needs = truth(files, "needs.csv");
    let alive: BTreeSet<&String> = open.values().flatten().collect();
    assert_eq!(needs.len(), alive.len() * 7);
    for row in needs {
        let found = current.iter().any(|(household, indicator)| {
            *household == row["household_id"] && *indicator == row["indicator"]
        });
        assert_eq!(
            row["current"] == "true",
            found,
            "{} of {}",
            row["indicator"],
            row["household_id"]
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn truth_and_files_agree(households in 1_usize..160, seed in 0_u64..1_000_000, stress: bool) {
        consistent(&borough(households, seed, if stress { Profile::Stress } else { Profile::Uk }).files());
    }
}

#[test]
fn every_hard_case_is_there_from_three_hundred_households() {
    for seed in [1, 7, 99] {
        let files = borough(300, seed, Profile::Uk).files();
        let cases = truth(&files, "cases.csv");
        let people: BTreeMap<String, String> = truth(&files, "people.csv")
            .into_iter()
            .map(|row| (row["entity_id"].clone(), row["cases"].clone()))
            .collect();
        for case in Case::ALL {
            let planted: Vec<&Row> = cases
                .iter()
                .filter(|row| row["case"] == case.name())
                .collect();
            assert!(planted.len() >= 2, "{} with seed {seed}", case.name());
            for row in planted {
                assert!(
                    people[&row["entity_id"]]
                        .split(';')
                        .any(|name| name == case.name())
                );
            }
        }
    }
}

#[test]
fn errors_happen_at_the_stated_rates() {
    for profile in [Profile::Uk, Profile::Stress] {
        let rates = SlipRates::of(profile);
        let files = borough(4_000, 5, profile).files();
        let entity_of = entities(&files);
        let sex: BTreeMap<String, String> = truth(&files, "people.csv")
            .into_iter()
            .map(|row| (row["entity_id"].clone(), row["sex"].clone()))
            .collect();
        let mut counts: BTreeMap<(String, String, String), f64> = BTreeMap::new();
        for row in truth(&files, "errors.csv") {
            let sex = &sex[&entity_of[&(row["source"].clone(), row["rec_id"].clone())]];
            *counts
                .entry((row["field"].clone(), row["kind"].clone(), sex.clone()))
                .or_default() += 1.0;
        }
        let of_sex = |wanted: &str| {
            entity_of
                .values()
                .filter(|entity| sex[*entity] == wanted)
                .count() as f64
        };
        let (women, men) = (of_sex("F"), of_sex("M"));
        let count = |field: &str, kinds: &[&str], wanted: &str| -> f64 {
            kinds
                .iter()
                .filter_map(|kind| {
                    counts.get(&(field.to_owned(), (*kind).to_owned(), wanted.to_owned()))
                })
                .sum()
        };
        let near = |what: &str, found: f64, rows: f64, rate: f64| {
            // Five standard deviations, and a twentieth for records that planted cases have taken out of the draw.
            let (expected, bound) = (
                rows * rate,
                5.0 * (rows * rate * (1.0 - rate)).sqrt() + rows * rate * 0.06,
            );
            assert!(
                (found - expected).abs() <= bound,
                "{what}: {found} found, {expected} expected, profile {profile:?}"
            );
        };
        for (wanted, rows, pick) in [("F", women, 0), ("M", men, 1)] {
            let of = |pair: (f64, f64)| if pick == 0 { pair.0 } else { pair.1 };
            near(
                "forename sound",
                count("forename", &["sound"], wanted),
                rows,
                of(rates.forename_sound),
            );
            near(
                "forename start",
                count("forename", &["start"], wanted),
                rows,
                of(rates.forename_start),
            );
            near(
                "forename other",
                count("forename", &["other"], wanted),
                rows,
                of(rates.forename_other),
            );
            near(
                "surname sound",
                count("surname", &["sound"], wanted),
                rows,
                of(rates.surname_sound),
            );
            near(
                "surname start",
                count("surname", &["start"], wanted),
                rows,
                of(rates.surname_start),
            );
            near(
                "surname other",
                count("surname", &["other", "former"], wanted),
                rows,
                of(rates.surname_other),
            );
        }
        let both =
            |field: &str, kind: &str| count(field, &[kind], "F") + count(field, &[kind], "M");
        let all = women + men;
        near("swapped", both("forename", "swapped"), all, rates.swapped);
        near("sex", both("sex", "other"), all, rates.sex);
        near(
            "birth date, one component",
            both("birth_date", "one component"),
            all,
            rates.birth_date_one,
        );
        near(
            "birth date, more components",
            both("birth_date", "more components"),
            all,
            rates.birth_date_more,
        );
        near(
            "birth date missing",
            both("birth_date", "missing"),
            all,
            rates.no_birth_date,
        );
        near(
            "postcode",
            both("postcode", "character"),
            all,
            rates.postcode,
        );
        near(
            "postcode missing",
            both("postcode", "missing"),
            all,
            rates.no_postcode,
        );
    }
}

#[test]
fn about_a_third_of_people_have_two_postcodes() {
    let files = borough(1_500, 2, Profile::Uk).files();
    let entity_of = entities(&files);
    let columns = [
        ("school-census", "Post Code"),
        ("housing", "Postcode"),
        ("patients", "Post Code"),
        ("police-people", "PCODE"),
        ("lscb-people", "PostCode"),
    ];
    let mut codes: BTreeMap<&String, Vec<(&str, String)>> = BTreeMap::new();
    for ((file, delimiter, before, own_id, source), (_, column)) in PEOPLE.into_iter().zip(columns)
    {
        for row in rows(&files, file, delimiter, before) {
            let code: String = row[column].to_uppercase().split_whitespace().collect();
            if !code.is_empty() && code != "NULL" {
                codes
                    .entry(&entity_of[&(source.to_owned(), row[own_id].clone())])
                    .or_default()
                    .push((source, code));
            }
        }
    }
    let several: Vec<_> = codes
        .values()
        .filter(|list| list.iter().any(|(source, _)| *source != list[0].0))
        .collect();
    let differing = several
        .iter()
        .filter(|list| list.iter().any(|(_, code)| *code != list[0].1))
        .count();
    let share = differing as f64 / several.len() as f64;
    assert!((0.24..0.40).contains(&share), "{share}");
}

/// A household key is only made for small groups, so a communal address must be crowded in every file that shows it.
#[test]
fn communal_places_are_crowded_wherever_they_appear() {
    for seed in [7, 21] {
        let files = borough(500, seed, Profile::Uk).files();
        for (file, delimiter, before, _, _) in PEOPLE {
            let mut residents: BTreeMap<String, usize> = BTreeMap::new();
            for row in rows(&files, file, delimiter, before) {
                let line = row.values().map(|cell| cell.to_uppercase()).find(|cell| {
                    ["REFUGE", "HOSTEL", "CARE HOME"]
                        .iter()
                        .any(|word| cell.contains(word))
                });
                if let Some(line) = line {
                    let name = line
                        .split(" HOSTEL")
                        .next()
                        .unwrap_or(&line)
                        .split(" CARE HOME")
                        .next()
                        .unwrap_or(&line)
                        .split(" REFUGE")
                        .next()
                        .map(str::to_owned);
                    *residents.entry(name.unwrap_or(line)).or_default() += 1;
                }
            }
            for (place, count) in residents {
                assert!(count > 5, "{count} at {place} in {file}");
            }
        }
    }
}
