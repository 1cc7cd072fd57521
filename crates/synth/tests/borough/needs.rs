//! Needs decided from the event files alone, by the rules that `COLUMNS.md` states.

use std::collections::{BTreeMap, BTreeSet};

use crate::reading::{EVENTS, Row, date, rows, truth};

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

pub fn needs_follow_from_events(
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
