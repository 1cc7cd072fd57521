//! The whole path on the committed sample: how good the result is, what it must never do, and that it is always the same.

use kinfold_tests::fixture::{SideBySide, demo, entities_of_case, rows, run_demo};
use kinfold_tests::process::{Done, files_under, hub};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

#[test]
fn the_result_is_as_good_as_promised() {
    let summary = &demo().summary;
    assert!(summary.pairwise.f1 >= 0.97, "{summary:?}");
    // Of a home with six to eight people five release a household key, of a larger one nobody: the largest families are found by other evidence
    // only. With no key for homes over five it was 0.946 on this sample.
    assert!(summary.household_pair.f1 >= 0.94, "{summary:?}");
    assert!(summary.household_pair_now.f1 >= 0.96, "{summary:?}");
    assert!(summary.needs_f1 >= 0.95, "{summary:?}");
    assert!(
        summary.records > summary.people && summary.people > summary.households,
        "{summary:?}"
    );
}

#[test]
fn the_summary_has_the_agreed_shape() {
    let text =
        fs::read_to_string(demo().folder.join("summary.json")).expect("the demo writes a summary");
    let summary: serde_json::Value = serde_json::from_str(&text).expect("the summary is JSON");
    let names = |value: &serde_json::Value| -> Vec<String> {
        value
            .as_object()
            .expect("an object")
            .keys()
            .cloned()
            .collect()
    };
    let mut expected = [
        "records",
        "people",
        "households",
        "pairwise",
        "household_pair",
        "household_pair_now",
        "needs",
        "needs_f1",
        "households_by_current_needs",
        "seconds",
    ];
    expected.sort_unstable();
    assert_eq!(names(&summary), expected);
    assert_eq!(names(&summary["pairwise"]), ["f1", "precision", "recall"]);
    assert_eq!(
        names(&summary["household_pair"]),
        ["f1", "precision", "recall"]
    );
    assert_eq!(names(&summary["seconds"]), ["encode", "link", "score"]);
    let mut indicators = [
        "parental-mental-health",
        "alcohol-and-drugs",
        "domestic-abuse",
        "anti-social-behaviour",
        "worklessness",
        "homelessness",
        "education",
    ];
    indicators.sort_unstable();
    assert_eq!(names(&summary["needs"]), indicators);
    let households = summary["households"].as_u64().expect("a number");
    for indicator in indicators {
        let states = &summary["needs"][indicator];
        assert_eq!(
            names(states),
            ["checked", "current", "no_data", "past", "withheld"]
        );
        let total: u64 = states
            .as_object()
            .expect("an object")
            .values()
            .filter_map(serde_json::Value::as_u64)
            .sum();
        assert_eq!(
            total, households,
            "every household has one state of {indicator}"
        );
    }
    let by_number = summary["households_by_current_needs"]
        .as_object()
        .expect("an object");
    let total: u64 = by_number
        .values()
        .filter_map(serde_json::Value::as_u64)
        .sum();
    assert_eq!(total, households);
}

#[test]
fn no_veto_is_violated() {
    let both = SideBySide::read(demo());
    let apart = entities_of_case("do-not-link");
    assert!(!apart.is_empty(), "the sample plants a do-not-link record");
    for entity in apart {
        for person in both.people_found_for(&entity) {
            let others: Vec<&str> = both
                .entities_in(person)
                .into_iter()
                .filter(|other| *other != entity)
                .collect();
            assert!(
                others.is_empty(),
                "{entity} must not be linked, and is with {others:?}"
            );
            let records = both
                .person_of
                .values()
                .filter(|other| *other == person)
                .count();
            assert_eq!(records, 1, "a do-not-link record stays alone: {person}");
        }
    }
    let twins = entities_of_case("twin");
    assert!(twins.len() >= 2, "the sample plants twins");
    for entity in &twins {
        for person in both.people_found_for(entity) {
            let found: Vec<&str> = both
                .entities_in(person)
                .into_iter()
                .filter(|other| twins.contains(*other))
                .collect();
            assert_eq!(found, [entity], "twins are two people");
        }
    }
}

/// A refuge, a hostel or a care home is not a household: people who share nothing but such a place never form one.
#[test]
fn no_household_is_formed_at_an_institution() {
    let both = SideBySide::read(demo());
    let households_of_person = households_of_person(&demo().results());
    for place in ["refuge", "hostel", "care-home"] {
        let residents = entities_of_case(place);
        assert!(residents.len() >= 3, "the sample plants a {place}");
        for one in &residents {
            for other in &residents {
                let family = !both.households_of[one].is_disjoint(&both.households_of[other]);
                if one >= other || family {
                    continue;
                }
                let of = |entity: &str| -> BTreeSet<&String> {
                    let people = both.people_found_for(entity).into_iter();
                    people
                        .filter_map(|person| households_of_person.get(person))
                        .flatten()
                        .collect()
                };
                let shared: Vec<&String> = of(one).intersection(&of(other)).copied().collect();
                assert!(
                    shared.is_empty(),
                    "{one} and {other} share only the {place}, and a household: {shared:?}"
                );
            }
        }
    }
}

#[test]
fn the_same_inputs_give_the_same_bytes() {
    let first = demo();
    let second = run_demo("demo-second");
    assert_same_results(&first.results(), &second.results());

    // Neither the number of threads nor the folder of the hub is part of the result.
    let alone = second.folder.join("out-one-thread");
    let mut command = hub([
        "link",
        "--threads",
        "1",
        "--reference-date",
        xtask::demo::REFERENCE_DATE,
    ]);
    command
        .arg("--hub")
        .arg(second.folder.join("hub"))
        .arg("-o")
        .arg(&alone);
    Done::run(&mut command).well();
    assert_same_results(&first.results(), &alone);
    fs::remove_dir_all(&second.folder).expect("the second demo can go");
}

#[test]
fn keys_and_own_references_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = &demo().folder;
    let mut private = Vec::new();
    for name in files_under(folder) {
        let is_key = name.extension().is_some_and(|extension| extension == "key");
        let text = name.to_string_lossy().into_owned();
        let lists_own_ids =
            text.ends_with(".local-references.csv") || text.ends_with("doubtful.csv");
        if is_key || lists_own_ids {
            let mode = fs::metadata(folder.join(&name))
                .expect("it is there")
                .permissions()
                .mode();
            assert_eq!(mode & 0o777, 0o600, "{}", name.display());
            private.push(name);
        }
    }
    assert_eq!(private.len(), 7 + 4 + 4, "{private:?}");
}

/// Tables, manifest and report, byte for byte. `summary.json` holds seconds and is left out.
fn assert_same_results(one: &Path, other: &Path) {
    let names = files_under(one);
    assert_eq!(names, files_under(other));
    for needed in [
        "pairs.parquet",
        "people.parquet",
        "households.parquet",
        "needs.parquet",
        "run.json",
        "report.html",
    ] {
        assert!(
            names.iter().any(|name| name.as_os_str() == needed),
            "{needed} is missing: {names:?}"
        );
    }
    for name in names.iter().filter(|name| !name.ends_with("summary.json")) {
        let same = fs::read(one.join(name)).ok() == fs::read(other.join(name)).ok();
        assert!(
            same,
            "{} differs between {} and {}",
            name.display(),
            one.display(),
            other.display()
        );
    }
}

/// Households found, of each person found.
fn households_of_person(results: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let mut households: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for [person, household] in rows(
        &results.join("households.parquet"),
        ["cluster_id", "household_id"],
    ) {
        households.entry(person).or_default().insert(household);
    }
    households
}
