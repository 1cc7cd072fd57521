//! The borough as a reader of its files sees it: nothing here knows how it was made.
//!
//! The checker decides needs from the event files alone and must arrive at the truth.

mod needs;
mod reading;

use std::collections::{BTreeMap, BTreeSet};

use kinfold_synth::{Case, Profile, SlipRates};
use proptest::prelude::*;
use reading::{EVENTS, PEOPLE, Row, borough, entities, rows, truth};

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
    needs::needs_follow_from_events(files, &entity_of, &people, &open);
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
    for seed in [7, 21, 500, 501, 502, 503] {
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
