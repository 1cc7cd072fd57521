//! From records and events to facts about people: whose event is it, which datasets know the person, is anything withheld.

use std::collections::BTreeMap;

use kinfold_exchange::{DEATH_EVENT_CODE, LifeStage as Sent};
use kinfold_indicators::{Event, HouseholdFacts, LifeStage, PersonFacts};
use kinfold_linkage::{Households, Life, Linked, RecordId};

use super::inputs::{Inputs, rows_by_reference};

/// One entry for each person, in the order of `linked.people`.
///
/// A person is withheld as soon as one of its records carries a rule flag (a protected address, do not link).
pub(super) fn of_people(inputs: &Inputs, linked: &Linked) -> Vec<PersonFacts> {
    let mut people: Vec<PersonFacts> = (0..linked.people.len())
        .map(|person| PersonFacts {
            person,
            ..PersonFacts::default()
        })
        .collect();
    let mut person_of: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for (person, cluster) in linked.people.iter().enumerate() {
        for record in &cluster.members {
            let (set, row) = (record.set as usize, record.row as usize);
            person_of.insert((set, row), person);
            people[person].withheld |= inputs.sets[set].table.flags[row] != 0;
        }
    }
    let rows = rows_by_reference(&inputs.sets);
    let find = |reference: &[u8; 16]| {
        rows.get(reference)
            .and_then(|record| person_of.get(record))
            .copied()
    };
    let mut stages: Vec<Stages> = vec![Stages::default(); people.len()];
    for (set, events) in inputs.sets.iter().zip(&inputs.events) {
        let Some(events) = events else { continue };
        for subject in &events.subjects {
            if let Some(person) = find(&subject.record_ref) {
                people[person]
                    .datasets
                    .extend(subject.datasets.iter().cloned());
                stages[person].count(subject.life_stage);
            }
        }
        for event in &events.events {
            if let Some(person) = find(&event.record_ref) {
                people[person].events.push(Event {
                    code: event.code.clone(),
                    start: event.start,
                    end: event.end,
                    ongoing: event.ongoing,
                    grade: event.grade,
                    custodian: set.source.clone(),
                    service: event.service.clone(),
                });
            }
        }
    }
    for (person, stages) in people.iter_mut().zip(stages) {
        person.life_stage = stages.most();
        person.events.sort_unstable();
    }
    people
}

/// When the people of records lived, as far as events tell: the day of death, and the start of the latest event before the reference date
/// that happens to the living. One entry for each record with events, in the order of sets and rows.
pub(super) fn lives(inputs: &Inputs, reference_date: i32) -> Vec<Life> {
    let rows = rows_by_reference(&inputs.sets);
    let mut lives: BTreeMap<RecordId, Life> = BTreeMap::new();
    let events = inputs
        .events
        .iter()
        .flatten()
        .flat_map(|table| &table.events);
    for event in events.filter(|event| event.start <= reference_date) {
        let Some(&(set, row)) = rows.get(&event.record_ref) else {
            continue;
        };
        let record = RecordId {
            set: set as u32,
            row: row as u32,
        };
        let life = lives.entry(record).or_insert(Life {
            record,
            died: None,
            seen: None,
        });
        if event.code == DEATH_EVENT_CODE {
            // Of two days the later one: it contradicts less.
            life.died = life.died.max(Some(event.start));
        } else {
            life.seen = life.seen.max(Some(event.start));
        }
    }
    lives.into_values().collect()
}

/// The current members of each living household.
pub(super) fn of_households(households: &Households, living: &[usize]) -> Vec<HouseholdFacts> {
    let current = |&index: &usize| {
        let members = households.households[index].members.iter();
        HouseholdFacts {
            members: members
                .filter(|member| member.current)
                .map(|member| member.person)
                .collect(),
        }
    };
    living.iter().map(current).collect()
}

/// The same life stage in the words of the linkage crate.
pub(super) fn stage_for_linkage(stage: LifeStage) -> kinfold_linkage::LifeStage {
    match stage {
        LifeStage::Unknown => kinfold_linkage::LifeStage::Unknown,
        LifeStage::Child => kinfold_linkage::LifeStage::Child,
        LifeStage::Adult => kinfold_linkage::LifeStage::Adult,
    }
}

/// What the custodians said about a person's life stage.
#[derive(Clone, Copy, Debug, Default)]
struct Stages {
    child: u32,
    adult: u32,
}

impl Stages {
    fn count(&mut self, stage: Sent) {
        match stage {
            Sent::Child => self.child += 1,
            Sent::Adult => self.adult += 1,
            Sent::Unknown => {}
        }
    }

    /// What most said; custodians that contradict each other evenly leave it unknown.
    fn most(self) -> LifeStage {
        match self.child.cmp(&self.adult) {
            std::cmp::Ordering::Greater => LifeStage::Child,
            std::cmp::Ordering::Less => LifeStage::Adult,
            std::cmp::Ordering::Equal => LifeStage::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use kinfold_exchange::{EventRow, EventTable};
    use kinfold_linkage::RecordSet;
    use kinfold_schema::CodeTable;

    use super::*;

    #[test]
    fn a_life_is_told_by_events_up_to_the_reference_date() {
        let event = |row: u8, code: &str, start| EventRow {
            record_ref: [row; 16],
            code: code.into(),
            start,
            end: None,
            ongoing: false,
            grade: 0,
            service: String::new(),
        };
        let inputs = Inputs {
            packages: Vec::new(),
            sets: vec![RecordSet {
                source: "council".into(),
                table: CodeTable {
                    record_ref: vec![[1; 16], [2; 16], [3; 16]],
                    ..CodeTable::default()
                },
            }],
            events: vec![Some(EventTable {
                events: vec![
                    event(3, DEATH_EVENT_CODE, 50),
                    event(1, "asb/incident", 40),
                    event(1, "asb/incident", 30),
                    event(1, "asb/incident", 101),
                    event(3, "asb/incident", 45),
                    event(9, "asb/incident", 1),
                ],
                subjects: Vec::new(),
            })],
            gaps: Vec::new(),
        };
        let life = |row, died, seen| Life {
            record: RecordId { set: 0, row },
            died,
            seen,
        };
        assert_eq!(
            lives(&inputs, 100),
            [life(0, None, Some(40)), life(2, Some(50), Some(45))]
        );
    }

    #[test]
    fn a_contradiction_about_the_life_stage_is_not_decided_by_chance() {
        let of = |said: &[Sent]| {
            let mut stages = Stages::default();
            for &stage in said {
                stages.count(stage);
            }
            stages.most()
        };
        assert_eq!(of(&[]), LifeStage::Unknown);
        assert_eq!(of(&[Sent::Unknown, Sent::Child]), LifeStage::Child);
        assert_eq!(of(&[Sent::Adult, Sent::Child]), LifeStage::Unknown);
        assert_eq!(
            of(&[Sent::Adult, Sent::Child, Sent::Adult]),
            LifeStage::Adult
        );
    }
}
