//! One household as the page shows it: whom to call first, then the needs, then how we know.

use std::collections::{BTreeMap, BTreeSet};

use kinfold_indicators::{LifeStage, NeedState};

use super::chart::{self, Lane, Mark};
use super::words::{self, counted, month, number};
use super::{HouseholdFacts, LinkStrength, NeedFacts, ReportData, TimelineFacts, sentences};

/// The need whose evidence is shown for the household only: the page may be seen while working with the other adult.
const HOUSEHOLD_ONLY: &str = "domestic-abuse";

/// Months on the timeline, and how many of them are the usual look-back.
const MONTHS: i32 = 24;
const RECENT: i32 = 12;

/// The households of the worklist, by the rule that the page prints: most current needs first, then latest event, then reference. Those
/// without a current need are left out.
pub(super) fn in_order(data: &ReportData) -> Vec<&HouseholdFacts> {
    let mut households: Vec<&HouseholdFacts> = data
        .households
        .iter()
        .filter(|household| current(household) > 0)
        .collect();
    households.sort_by(|a, b| {
        let newest = |household: &HouseholdFacts| last_event(household).unwrap_or(i32::MIN);
        (current(b), newest(b))
            .cmp(&(current(a), newest(a)))
            .then_with(|| a.reference.cmp(&b.reference))
    });
    households
}

/// One row of the worklist.
pub(super) struct WorklistRow {
    pub(super) reference: String,
    /// The section's anchor, empty when the household has no section.
    pub(super) anchor: String,
    pub(super) people: String,
    pub(super) count: String,
    pub(super) strip: String,
    pub(super) needs: String,
    /// Agency and its services.
    pub(super) services: Vec<(String, String)>,
    pub(super) last: String,
    pub(super) strength: &'static str,
}

impl WorklistRow {
    pub(super) fn new(data: &ReportData, household: &HouseholdFacts, has_section: bool) -> Self {
        let needs: Vec<String> = household
            .needs
            .iter()
            .filter(|need| need.state == NeedState::Current)
            .map(|need| words::small(&sentences::indicator_name(data, &need.indicator)))
            .collect();
        Self {
            reference: household.reference.clone(),
            anchor: if has_section {
                anchor(household)
            } else {
                String::new()
            },
            people: people(household),
            count: format!("{} of {}", needs.len(), household.needs.len()),
            strip: chart::strip(household.needs.iter().map(|need| need.state)),
            needs: words::capital(&needs.join(", ")),
            services: services(household),
            last: last_event(household).map_or_else(|| "none".to_string(), month),
            strength: household.strength.words(),
        }
    }
}

/// One household with a section of its own.
pub(super) struct HouseholdView {
    pub(super) anchor: String,
    pub(super) reference: String,
    pub(super) area: Option<String>,
    pub(super) people_count: String,
    pub(super) current: String,
    pub(super) strength: &'static str,
    pub(super) sentence: String,
    pub(super) contacts: Vec<ContactRow>,
    pub(super) person_names: Vec<String>,
    pub(super) needs: Vec<NeedRow>,
    pub(super) people: Vec<PersonRow>,
    pub(super) timeline_sentence: String,
    pub(super) timeline: String,
    pub(super) events: Vec<EventRow>,
    pub(super) joins: Vec<JoinRow>,
}

pub(super) struct ContactRow {
    pub(super) custodian: String,
    pub(super) service: String,
    pub(super) contact: String,
    pub(super) last: String,
    pub(super) needs: String,
}

pub(super) struct NeedRow {
    pub(super) name: String,
    pub(super) household: Cell,
    pub(super) people: Vec<Cell>,
}

pub(super) struct Cell {
    pub(super) class: &'static str,
    pub(super) mark: String,
    pub(super) word: String,
    pub(super) detail: String,
}

pub(super) struct PersonRow {
    pub(super) name: String,
    pub(super) reference: String,
    pub(super) agencies: String,
    pub(super) records: String,
    pub(super) strength: &'static str,
}

#[derive(PartialEq)]
pub(super) struct EventRow {
    pub(super) when: String,
    pub(super) what: String,
    pub(super) need: String,
    pub(super) who: String,
    pub(super) source: String,
}

pub(super) struct JoinRow {
    pub(super) who: String,
    pub(super) sentence: String,
    pub(super) strength: &'static str,
}

impl HouseholdView {
    pub(super) fn new(data: &ReportData, household: &HouseholdFacts) -> Self {
        let names = names(household);
        let agencies: BTreeSet<&String> = household
            .people
            .iter()
            .filter(|p| !p.withheld)
            .flat_map(|p| &p.custodians)
            .collect();
        let events = shown_events(household);
        let anchor = anchor(household);
        let (timeline_sentence, timeline) = timeline(data, household, &anchor, &events);
        Self {
            reference: household.reference.clone(),
            area: household.area.clone(),
            people_count: people(household),
            current: format!(
                "{} of {} needs current",
                current(household),
                household.needs.len()
            ),
            strength: household.strength.words(),
            sentence: sentences::household(household, agencies.len(), last_event(household)),
            contacts: contacts(data, household),
            needs: household
                .needs
                .iter()
                .map(|need| need_row(data, household, need))
                .collect(),
            people: people_rows(household, &names),
            timeline_sentence,
            timeline,
            events: event_rows(data, &events, &names),
            joins: household
                .joins
                .iter()
                .filter(|join| {
                    join.person
                        .is_none_or(|person| !household.people[person].withheld)
                })
                .map(|join| JoinRow {
                    who: join
                        .person
                        .map_or_else(|| "Household".to_string(), |person| names[person].clone()),
                    sentence: join.sentence.clone(),
                    strength: join.strength.words(),
                })
                .collect(),
            person_names: names,
            anchor,
        }
    }
}

fn anchor(household: &HouseholdFacts) -> String {
    let safe: String = household
        .reference
        .chars()
        .map(|letter| {
            if letter.is_ascii_alphanumeric() {
                letter
            } else {
                '-'
            }
        })
        .collect();
    format!("h-{safe}")
}

fn current(household: &HouseholdFacts) -> usize {
    household
        .needs
        .iter()
        .filter(|need| need.state == NeedState::Current)
        .count()
}

/// The last day of evidence for any need.
fn last_event(household: &HouseholdFacts) -> Option<i32> {
    household.needs.iter().filter_map(|need| need.last).max()
}

/// The services by agency, the agency that was involved last first: `Eastmere Council: housing options; attendance service`.
fn services(household: &HouseholdFacts) -> Vec<(String, String)> {
    let mut agencies: Vec<(String, String)> = Vec::new();
    for contact in &household.contacts {
        match agencies
            .iter_mut()
            .find(|(agency, _)| *agency == contact.custodian)
        {
            Some((_, services)) => services.push_str(&format!("; {}", contact.service)),
            None => agencies.push((contact.custodian.clone(), contact.service.clone())),
        }
    }
    agencies
}

/// `2 adults, 3 children`.
fn people(household: &HouseholdFacts) -> String {
    let count = |wanted: fn(&super::PersonFacts) -> bool| {
        household
            .people
            .iter()
            .filter(|person| wanted(person))
            .count()
    };
    let groups = [
        (
            count(|p| !p.withheld && p.life_stage == LifeStage::Adult),
            "adult",
            "adults",
        ),
        (
            count(|p| !p.withheld && p.life_stage == LifeStage::Child),
            "child",
            "children",
        ),
        (
            count(|p| !p.withheld && p.life_stage == LifeStage::Unknown),
            "of unknown age",
            "of unknown age",
        ),
        (count(|p| p.withheld), "withheld", "withheld"),
    ];
    let groups: Vec<String> = groups
        .into_iter()
        .filter(|&(count, ..)| count > 0)
        .map(|(count, one, many)| format!("{count} {}", if count == 1 { one } else { many }))
        .collect();
    groups.join(", ")
}

/// "Adult A", "Child 1", "Person 1" in the order of the members.
fn names(household: &HouseholdFacts) -> Vec<String> {
    let mut seen = BTreeMap::<LifeStage, usize>::new();
    household
        .people
        .iter()
        .map(|person| {
            if person.withheld {
                return "Withheld".to_string();
            }
            let nth = seen.entry(person.life_stage).or_insert(0);
            *nth += 1;
            match person.life_stage {
                LifeStage::Adult => match u8::try_from(*nth - 1).ok().filter(|&n| n < 26) {
                    Some(n) => format!("Adult {}", char::from(b'A' + n)),
                    None => format!("Adult {nth}"),
                },
                LifeStage::Child => format!("Child {nth}"),
                LifeStage::Unknown => format!("Person {nth}"),
            }
        })
        .collect()
}

fn contacts(data: &ReportData, household: &HouseholdFacts) -> Vec<ContactRow> {
    household
        .contacts
        .iter()
        .map(|one| {
            let needs: Vec<String> = one
                .indicators
                .iter()
                .map(|id| words::small(&sentences::indicator_name(data, id)))
                .collect();
            ContactRow {
                custodian: one.custodian.clone(),
                service: one.service.clone(),
                contact: if one.contact.is_empty() {
                    "no contact in the agreement".to_string()
                } else {
                    one.contact.clone()
                },
                last: one
                    .last_involved
                    .map_or_else(|| "not known".to_string(), month),
                needs: words::capital(&words::list(&needs)),
            }
        })
        .collect()
}

fn need_row(data: &ReportData, household: &HouseholdFacts, need: &NeedFacts) -> NeedRow {
    let people = household
        .people
        .iter()
        .zip(&need.people)
        .map(|(person, &state)| {
            if person.withheld {
                cell(NeedState::Withheld, String::new())
            } else if need.indicator == HOUSEHOLD_ONLY
                && matches!(
                    state,
                    NeedState::Current | NeedState::Past | NeedState::Withheld
                )
            {
                household_only()
            } else if need.indicator == HOUSEHOLD_ONLY
                && matches!(need.state, NeedState::Current | NeedState::Past)
            {
                // Everybody gets the same cell, or the exceptions would give the person away.
                household_only()
            } else {
                cell(state, String::new())
            }
        })
        .collect();
    let mut whole = cell(need.state, detail(need));
    if need.state == NeedState::Current {
        whole.word.push_str(match need.severity {
            1 => ", emerging",
            2 => ", established",
            _ => ", acute or statutory",
        });
    }
    NeedRow {
        name: sentences::indicator_name(data, &need.indicator),
        household: whole,
        people,
    }
}

fn cell(state: NeedState, detail: String) -> Cell {
    Cell {
        class: chart::state_class(state),
        mark: chart::state_mark(state),
        word: state.words().to_string(),
        detail,
    }
}

fn household_only() -> Cell {
    Cell {
        class: "not-shown",
        mark: String::new(),
        word: "not shown by person".to_string(),
        detail: String::new(),
    }
}

/// What a household's cell says below its word.
fn detail(need: &NeedFacts) -> String {
    let sources = words::list(&need.sources);
    let last = need.last.map(month).unwrap_or_default();
    match need.state {
        NeedState::Current => format!(
            "{}, last in {last}; {sources}",
            counted(need.records, "event", "events")
        ),
        NeedState::Past => format!("last in {last}; {sources}"),
        NeedState::Checked if sources.is_empty() => String::new(),
        NeedState::Checked => format!("by {sources}"),
        NeedState::NoData => {
            "nobody here is known to an agency that would have seen it".to_string()
        }
        NeedState::Withheld => "by a rule of the agreement; ask the agency".to_string(),
    }
}

fn people_rows(household: &HouseholdFacts, names: &[String]) -> Vec<PersonRow> {
    household
        .people
        .iter()
        .zip(names)
        .map(|(person, name)| {
            if person.withheld {
                let nothing = || "withheld".to_string();
                return PersonRow {
                    name: name.clone(),
                    reference: nothing(),
                    agencies: nothing(),
                    records: nothing(),
                    strength: "withheld",
                };
            }
            PersonRow {
                name: name.clone(),
                reference: person.reference.clone(),
                agencies: words::list(&person.custodians),
                records: number(person.records),
                strength: if person.records > 1 {
                    person.strength.words()
                } else {
                    "one record"
                },
            }
        })
        .collect()
}

/// Events, newest first, without those of withheld people.
fn shown_events(household: &HouseholdFacts) -> Vec<&TimelineFacts> {
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
    events
}

/// One row per event; events that look the same become one row that says how many they are.
fn event_rows(data: &ReportData, events: &[&TimelineFacts], names: &[String]) -> Vec<EventRow> {
    let mut rows: Vec<(EventRow, u64)> = Vec::new();
    for event in events {
        let row = event_row(data, event, names);
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

fn event_row(data: &ReportData, event: &TimelineFacts, names: &[String]) -> EventRow {
    let when = match (event.end, event.ongoing) {
        (_, true) => format!("{} to now", month(event.start)),
        (Some(end), false) if month(end) != month(event.start) => {
            format!("{} to {}", month(event.start), month(end))
        }
        _ => month(event.start),
    };
    let by_person = event.indicator.as_deref() != Some(HOUSEHOLD_ONLY);
    EventRow {
        when,
        what: words::capital(&event.what),
        need: event.indicator.as_deref().map_or_else(
            || "Context".to_string(),
            |id| sentences::indicator_name(data, id),
        ),
        who: event
            .person
            .filter(|_| by_person)
            .map_or_else(|| "Household".to_string(), |person| names[person].clone()),
        source: format!("{}, {}", event.custodian, event.service),
    }
}

/// The sentence over the timeline and its picture.
fn timeline(
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
        (MONTHS - RECENT, "last 12 months"),
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

impl HouseholdView {
    /// What the strength of the links means, in words for the page.
    pub(super) fn strength_meaning(&self) -> &'static str {
        match self.strength {
            word if word == LinkStrength::Firm.words() => "every link rests on strong evidence",
            word if word == LinkStrength::Probable.words() => {
                "links are more likely right than not; confirm before acting"
            }
            _ => "some links are firm and some only probable; confirm before acting",
        }
    }
}
