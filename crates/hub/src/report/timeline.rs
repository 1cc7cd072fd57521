//! What happened to a household, as a list and as a picture.

use std::collections::{BTreeMap, BTreeSet};

use super::chart::{self, Lane, Mark};
use super::safety::{Safety, is_abuse};
use super::words::{self, counted, month};
use super::{HouseholdFacts, ReportData, TimelineFacts, sentences};

/// Months on the timeline.
const MONTHS: i32 = 24;

/// One line of the list.
#[derive(PartialEq)]
pub(super) struct EventRow {
    pub(super) when: String,
    pub(super) what: String,
    pub(super) need: String,
    pub(super) who: String,
    pub(super) source: String,
}

/// Events, newest first, without those of withheld people. Entries of domestic abuse that look the same are one event: their number
/// would tell how many people they name.
pub(super) fn shown_events(household: &HouseholdFacts) -> Vec<&TimelineFacts> {
    let mut events: Vec<&TimelineFacts> = household
        .timeline
        .iter()
        .filter(|event| {
            event
                .person
                .is_none_or(|person| !household.people[person].withheld)
        })
        .collect();
    events.sort_by(|a, b| {
        b.start
            .cmp(&a.start)
            .then_with(|| (&a.what, a.person, &a.service).cmp(&(&b.what, b.person, &b.service)))
    });
    let looks = |event: &TimelineFacts| {
        (
            event.start,
            event.end,
            event.ongoing,
            event.what.clone(),
            event.custodian.clone(),
            event.service.clone(),
        )
    };
    let mut seen = BTreeSet::new();
    events.retain(|event| !is_abuse(event) || seen.insert(looks(event)));
    events
}

/// One row per event; events that look the same become one row that says how many they are.
pub(super) fn event_rows(
    data: &ReportData,
    household: &HouseholdFacts,
    events: &[&TimelineFacts],
    names: &[String],
    safety: &Safety,
) -> Vec<EventRow> {
    let mut rows: Vec<(EventRow, u64)> = Vec::new();
    for event in events {
        let person = event
            .person
            .filter(|&person| safety.names_person(event, household.people[person].life_stage));
        let who = person.map_or("Household", |person| &names[person]);
        let row = event_row(data, event, who);
        match rows.iter_mut().find(|(known, _)| *known == row) {
            Some((_, count)) => *count += 1,
            None => rows.push((row, 1)),
        }
    }
    rows.into_iter()
        .map(|(mut row, count)| {
            if count > 1 {
                row.what.push_str(&format!(" ({count} entries)"));
            }
            row
        })
        .collect()
}

fn event_row(data: &ReportData, event: &TimelineFacts, who: &str) -> EventRow {
    let when = match (event.end, event.ongoing) {
        (_, true) => format!("{} to now", month(event.start)),
        (Some(end), false) if month(end) != month(event.start) => {
            format!("{} to {}", month(event.start), month(end))
        }
        _ => month(event.start),
    };
    EventRow {
        when,
        what: words::capital(&event.what),
        need: event.indicator.as_deref().map_or_else(
            || "Context".to_string(),
            |id| sentences::indicator_name(data, id),
        ),
        who: who.to_string(),
        source: if event.service.is_empty() {
            event.custodian.clone()
        } else {
            format!("{}, {}", event.custodian, event.service)
        },
    }
}

/// The sentence over the timeline and its picture.
pub(super) fn timeline(
    data: &ReportData,
    household: &HouseholdFacts,
    anchor: &str,
    events: &[&TimelineFacts],
) -> (String, String) {
    let Some(now) = words::month_number(data.reference_date) else {
        return (String::new(), String::new());
    };
    let first = now - MONTHS + 1;
    let on_axis = |day: i32| words::month_number(day).map(|month| month - first);
    let mut lanes: BTreeMap<usize, Lane> = BTreeMap::new();
    let mut older = 0;
    for event in events {
        let lane = event
            .indicator
            .as_ref()
            .and_then(|id| data.needs.iter().position(|need| need.indicator == *id))
            .unwrap_or(data.needs.len());
        let Some(from) = on_axis(event.start) else {
            continue;
        };
        let to = match (event.ongoing, event.end) {
            (true, _) => Some(MONTHS - 1),
            (false, Some(end)) => on_axis(end).map(|to| to.clamp(from, (MONTHS - 1).max(from))),
            (false, None) => None,
        };
        if to.unwrap_or(from) < 0 || from >= MONTHS {
            older += 1;
            continue;
        }
        let label = || {
            data.needs
                .get(lane)
                .map_or_else(|| "Context".to_string(), |need| need.name.clone())
        };
        let lane = lanes.entry(lane).or_insert_with(|| Lane {
            label: label(),
            marks: Vec::new(),
        });
        lane.marks.push(Mark {
            from: from.max(0),
            to,
            open: event.ongoing,
        });
    }
    let mut sentence = format!(
        "{} recorded",
        counted(events.len() as u64, "event is", "events are")
    );
    if older > 0 {
        sentence.push_str(&format!(
            "; {} older than two years and in the list only",
            if older == 1 {
                "one is".to_string()
            } else {
                format!("{} are", words::spoken(older))
            }
        ));
    }
    let sentence = words::capital(&sentence) + ".";
    if lanes.is_empty() {
        return (sentence, String::new());
    }
    let ticks: Vec<(i32, String)> = (0..MONTHS)
        .step_by(6)
        .map(|month| (month, words::short_month(month_start(first + month))))
        .collect();
    let title = format!(
        "Events of household {} in the last two years",
        household.reference
    );
    let lanes: Vec<Lane> = lanes.into_values().collect();
    let id = format!("t{anchor}");
    let picture = chart::timeline(
        &id,
        &title,
        &sentence,
        MONTHS,
        data.method
            .look_back
            .filter(|months| (1..MONTHS).contains(months))
            .map(|months| (MONTHS - months, format!("last {months} months"))),
        &ticks,
        &lanes,
    );
    (sentence, picture)
}

/// The first day of a month counted from the year 0.
fn month_start(month: i32) -> i32 {
    let year = i16::try_from(month.div_euclid(12)).unwrap_or(i16::MAX);
    let month = i8::try_from(month.rem_euclid(12) + 1).unwrap_or(1);
    kinfold_indicators::calendar::day(year, month, 1).unwrap_or(0)
}
