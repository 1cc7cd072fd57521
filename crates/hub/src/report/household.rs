//! One household as the page shows it: whom to call first, then the needs, then how we know.

use std::collections::{BTreeMap, BTreeSet};

use kinfold_indicators::{LifeStage, NeedState};

use super::chart;
use super::safety::{HOUSEHOLD_ONLY, Safety, Shown};
use super::timeline::{self, EventRow};
use super::words::{self, counted, month, number};
use super::{HouseholdFacts, LinkStrength, NeedFacts, ReportData, Since, sentences};

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
    /// How to handle the page; empty where nothing special holds.
    pub(super) safety: &'static str,
    pub(super) sentence: String,
    pub(super) contacts: Vec<ContactRow>,
    /// Agencies that supplied evidence and named no service, as a list in words.
    pub(super) unnamed: String,
    pub(super) person_names: Vec<String>,
    pub(super) needs: Vec<NeedRow>,
    /// What is said of the household as a whole instead of each person; empty where each person is told of.
    pub(super) as_a_whole: String,
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
    pub(super) since: String,
    pub(super) agencies: String,
    pub(super) records: String,
    pub(super) strength: &'static str,
}

pub(super) struct JoinRow {
    pub(super) who: String,
    pub(super) sentence: String,
    pub(super) strength: &'static str,
}

impl HouseholdView {
    pub(super) fn new(data: &ReportData, household: &HouseholdFacts) -> Self {
        let household = &arranged(household);
        let names = names(household);
        let safety = Safety::of(household);
        let agencies: BTreeSet<&String> = household
            .people
            .iter()
            .filter(|p| !p.withheld)
            .flat_map(|p| &p.custodians)
            .collect();
        let events = timeline::shown_events(household);
        let anchor = anchor(household);
        let (timeline_sentence, picture) = timeline::timeline(data, household, &anchor, &events);
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
            safety: safety.line(),
            sentence: sentences::household(data, household, agencies.len(), last_event(household)),
            contacts: contacts(data, household),
            unnamed: words::list(&unnamed(household)),
            needs: household
                .needs
                .iter()
                .map(|need| need_row(data, household, need, &safety))
                .collect(),
            as_a_whole: if safety.as_a_whole() {
                sentences::as_a_whole(&agencies, safety.reason())
            } else {
                String::new()
            },
            people: people_rows(household, &names),
            timeline_sentence,
            timeline: picture,
            events: timeline::event_rows(data, household, &events, &names, &safety),
            joins: join_rows(household, &names, &safety),
            person_names: names,
            anchor,
        }
    }
}

/// The sentences of evidence. Where nothing may be said by person, each different sentence once, in alphabetical order: neither the
/// order nor the number of a sentence points at anybody.
fn join_rows(household: &HouseholdFacts, names: &[String], safety: &Safety) -> Vec<JoinRow> {
    let row = |who: &str, join: &super::JoinFacts| JoinRow {
        who: who.to_string(),
        sentence: join.sentence.clone(),
        strength: join.strength.words(),
    };
    let shown = household.joins.iter().filter(|join| {
        join.person
            .is_none_or(|person| !household.people[person].withheld)
    });
    if safety.as_a_whole() {
        let different: BTreeMap<&str, &super::JoinFacts> =
            shown.map(|join| (join.sentence.as_str(), join)).collect();
        return different
            .into_values()
            .map(|join| row("Household", join))
            .collect();
    }
    shown
        .map(|join| {
            row(
                join.person.map_or("Household", |person| &names[person]),
                join,
            )
        })
        .collect()
}

/// The household with adults first, then children, then those of unknown age, then withheld people, each in the order given.
fn arranged(household: &HouseholdFacts) -> HouseholdFacts {
    let rank = |person: &super::PersonFacts| match (person.withheld, person.life_stage) {
        (true, _) => 3,
        (_, LifeStage::Adult) => 0,
        (_, LifeStage::Child) => 1,
        (_, LifeStage::Unknown) => 2,
    };
    let mut order: Vec<usize> = (0..household.people.len()).collect();
    order.sort_by_key(|&person| rank(&household.people[person]));
    let mut place = vec![0; order.len()];
    for (new, &old) in order.iter().enumerate() {
        place[old] = new;
    }
    let mut arranged = household.clone();
    arranged.people = order
        .iter()
        .map(|&old| household.people[old].clone())
        .collect();
    for (need, before) in arranged.needs.iter_mut().zip(&household.needs) {
        need.people = order.iter().map(|&old| before.people[old]).collect();
    }
    for person in arranged
        .timeline
        .iter_mut()
        .filter_map(|event| event.person.as_mut())
    {
        *person = place[*person];
    }
    for person in arranged
        .joins
        .iter_mut()
        .filter_map(|join| join.person.as_mut())
    {
        *person = place[*person];
    }
    arranged
        .joins
        .sort_by_key(|join| join.person.unwrap_or(usize::MAX));
    arranged
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

pub(super) fn current(household: &HouseholdFacts) -> usize {
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

/// The services by agency, the agency that was involved last first: `Eastmere Council: housing options; attendance service`. Agencies
/// that supplied evidence without naming a service come last.
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
    for agency in unnamed(household) {
        agencies.push((agency, "no service named".to_string()));
    }
    agencies
}

/// Agencies that supplied evidence and named no service, in alphabetical order.
fn unnamed(household: &HouseholdFacts) -> Vec<String> {
    let supplied = household
        .needs
        .iter()
        .filter(|need| matches!(need.state, NeedState::Current | NeedState::Past))
        .flat_map(|need| &need.sources);
    let agencies: BTreeSet<&String> = supplied
        .filter(|agency| {
            household
                .contacts
                .iter()
                .all(|contact| contact.custodian != **agency)
        })
        .collect();
    agencies.into_iter().cloned().collect()
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

fn need_row(
    data: &ReportData,
    household: &HouseholdFacts,
    need: &NeedFacts,
    safety: &Safety,
) -> NeedRow {
    let people = household
        .people
        .iter()
        .zip(&need.people)
        .map(|(person, &state)| {
            if person.withheld {
                return cell(NeedState::Withheld, String::new());
            }
            match safety.cell(need, state, person.life_stage) {
                Shown::State => cell(state, String::new()),
                Shown::HouseholdOnly => quiet_cell("not shown by person"),
                Shown::NothingFound => quiet_cell("none found or no data"),
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

fn quiet_cell(words: &str) -> Cell {
    Cell {
        class: "not-shown",
        mark: String::new(),
        word: words.to_string(),
        detail: String::new(),
    }
}

/// What a household's cell says below its word.
fn detail(need: &NeedFacts) -> String {
    let sources = words::list(&need.sources);
    let last = need.last.map(month).unwrap_or_default();
    match need.state {
        // A number of events of domestic abuse would tell how many people they name.
        NeedState::Current if need.indicator == HOUSEHOLD_ONLY => {
            format!("last in {last}; {sources}")
        }
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
        NeedState::Withheld => "nothing is said either way; ask the agency".to_string(),
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
                    since: nothing(),
                    agencies: nothing(),
                    records: nothing(),
                    strength: "withheld",
                };
            }
            PersonRow {
                name: name.clone(),
                reference: person.reference.clone(),
                since: match &person.since {
                    Since::Unknown => "not known".to_string(),
                    Since::Month(month) => format!("since {}", words::iso(month)),
                    Since::Release(month) => format!("by {}", words::iso(month)),
                },
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

impl HouseholdView {
    /// What the strength of the links means, in words for the page.
    pub(super) fn strength_meaning(&self) -> &'static str {
        match self.strength {
            word if word == LinkStrength::Firm.words() => {
                "every link between records rests on strong evidence, and so does that these people live together"
            }
            word if word == LinkStrength::Probable.words() => {
                "links are more likely right than not, and so is that these people live together; confirm before acting"
            }
            _ => {
                "some of it rests on strong evidence, and some links, or that these people live together, are only probable; confirm before acting"
            }
        }
    }
}
