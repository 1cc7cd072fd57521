//! What must hold for any facts at all.

use std::collections::BTreeSet;

use proptest::collection::{btree_set, vec};
use proptest::prelude::*;

use super::*;
use crate::{Event, LifeStage};

/// 31 August 2026.
const REFERENCE: i32 = 20_696;

/// A code that no rule uses.
const IRRELEVANT: &str = "library/book-overdue";

fn codes() -> Vec<String> {
    RulePack::local7()
        .codes()
        .iter()
        .map(|code| code.id.clone())
        .collect()
}

fn any_event() -> impl Strategy<Value = Event> {
    let code = proptest::sample::select(codes());
    let start = REFERENCE - 900..REFERENCE + 60;
    (
        code,
        start,
        proptest::option::of(-30..500_i32),
        any::<bool>(),
        0..4_u8,
        0..3_u8,
    )
        .prop_map(|(code, start, length, ongoing, grade, service)| Event {
            code,
            start,
            end: length.map(|length| start + length),
            ongoing,
            grade,
            custodian: "council".into(),
            service: format!("service-{service}"),
        })
}

fn any_person() -> impl Strategy<Value = PersonFacts> {
    let stage = prop_oneof![
        Just(LifeStage::Child),
        Just(LifeStage::Adult),
        Just(LifeStage::Unknown)
    ];
    let datasets = btree_set(
        proptest::sample::select(vec![
            "school-census",
            "housing",
            "benefits",
            "mental-health",
            "police-incidents",
        ]),
        0..3,
    );
    (
        stage,
        vec(any_event(), 0..6),
        datasets,
        proptest::bool::weighted(0.15),
    )
        .prop_map(|(life_stage, events, datasets, withheld)| PersonFacts {
            person: 0,
            life_stage,
            events,
            datasets: datasets.into_iter().map(str::to_string).collect(),
            withheld,
        })
}

fn household() -> impl Strategy<Value = Vec<PersonFacts>> {
    vec(any_person(), 0..5).prop_map(|mut people| {
        for (number, person) in people.iter_mut().enumerate() {
            person.person = number;
        }
        people
    })
}

fn score_all(people: &[PersonFacts], members: Vec<usize>) -> HouseholdNeeds {
    score(
        &RulePack::local7(),
        REFERENCE,
        people,
        &[HouseholdFacts { members }],
    )
    .remove(0)
}

fn score_in_order(people: &[PersonFacts]) -> HouseholdNeeds {
    score_all(people, (0..people.len()).collect())
}

proptest! {
    #[test]
    fn order_changes_nothing(people in household(), turn in 0..5_usize) {
        let straight = score_in_order(&people);
        let mut turned = people.clone();
        for person in &mut turned {
            person.events.reverse();
            let by = turn.min(person.events.len());
            person.events.rotate_left(by);
        }
        let mut members: Vec<usize> = (0..people.len()).collect();
        members.reverse();
        let other = score_all(&turned, members);
        prop_assert_eq!(&straight.needs, &other.needs);
        let mut back = other.members;
        back.reverse();
        prop_assert_eq!(straight.members, back);
    }

    #[test]
    fn an_irrelevant_event_changes_nothing(people in household(), event in any_event(), whom in 0..5_usize) {
        let before = score_in_order(&people);
        let mut more = people;
        if let Some(person) = more.get_mut(whom) {
            person.events.push(Event { code: IRRELEVANT.into(), ..event });
        }
        prop_assert_eq!(before, score_in_order(&more));
    }

    #[test]
    fn more_evidence_never_lowers_a_need(people in household(), event in any_event(), whom in 0..5_usize) {
        let before = score_in_order(&people);
        let mut more = people;
        if let Some(person) = more.get_mut(whom) {
            person.events.push(event);
        }
        let after = score_in_order(&more);
        for (before, after) in before.needs.iter().zip(&after.needs) {
            prop_assert!(after.severity >= before.severity);
            prop_assert!(after.records >= before.records || after.state != before.state);
            prop_assert!(before.state != NeedState::Current || after.state == NeedState::Current);
            prop_assert!(before.state != NeedState::Past || matches!(after.state, NeedState::Past | NeedState::Current | NeedState::Withheld));
        }
    }

    #[test]
    fn states_say_what_they_rest_on(people in household()) {
        let needs = score_in_order(&people);
        let members = needs.members.iter().flat_map(|member| &member.needs);
        for need in needs.needs.iter().chain(members) {
            let evidence = !need.evidence.is_empty();
            prop_assert_eq!(need.records, need.evidence.len());
            prop_assert_eq!(evidence, need.first.is_some() && need.last.is_some() && !need.sources.is_empty());
            match need.state {
                NeedState::Current => prop_assert!(evidence && (1..=3).contains(&need.severity)),
                NeedState::Past => prop_assert!(evidence && need.severity == 0),
                NeedState::Checked => prop_assert!(!evidence && need.severity == 0 && !need.datasets.is_empty()),
                NeedState::NoData => prop_assert!(!evidence && need.severity == 0 && need.datasets.is_empty()),
                NeedState::Withheld => prop_assert!(!evidence && need.severity == 0 && need.datasets.is_empty()),
            }
            for event in &need.evidence {
                prop_assert!(event.start <= REFERENCE);
                prop_assert!(!people[event.person].withheld);
            }
        }
    }

    #[test]
    fn a_household_is_its_members_and_no_more(people in household()) {
        let needs = score_in_order(&people);
        for (position, need) in needs.needs.iter().enumerate() {
            let members = needs.members.iter().map(|member| &member.needs[position]);
            prop_assert_eq!(need.severity, members.clone().map(|member| member.severity).max().unwrap_or(0));
            let current = members.filter(|member| member.state == NeedState::Current).count();
            prop_assert_eq!(need.state == NeedState::Current, current > 0);
        }
    }

    #[test]
    fn without_withheld_people_nothing_is_withheld(people in household()) {
        let open: Vec<PersonFacts> = people.into_iter().map(|person| PersonFacts { withheld: false, ..person }).collect();
        let states: BTreeSet<NeedState> = score_in_order(&open).needs.iter().map(|need| need.state).collect();
        prop_assert!(!states.contains(&NeedState::Withheld));
    }
}
