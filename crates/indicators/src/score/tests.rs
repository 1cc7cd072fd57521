//! The pack's rules one by one, and the edges of windows, states and withholding.

use super::*;
use crate::{Event, LifeStage, calendar};

fn day(year: i16, month: i8, day: i8) -> i32 {
    calendar::day(year, month, day).unwrap()
}

fn reference() -> i32 {
    day(2026, 8, 31)
}

fn event(code: &str, start: i32) -> Event {
    Event {
        code: code.into(),
        start,
        end: None,
        ongoing: false,
        grade: 0,
        custodian: "council".into(),
        service: "desk".into(),
    }
}

fn since(code: &str, start: i32) -> Event {
    Event {
        ongoing: true,
        ..event(code, start)
    }
}

fn spell(code: &str, start: i32, end: i32) -> Event {
    Event {
        end: Some(end),
        ..event(code, start)
    }
}

fn person(life_stage: LifeStage, datasets: &[&str], events: Vec<Event>) -> PersonFacts {
    PersonFacts {
        person: 0,
        life_stage,
        events,
        datasets: datasets.iter().map(|id| (*id).into()).collect(),
        withheld: false,
    }
}

fn adult(events: Vec<Event>) -> PersonFacts {
    person(LifeStage::Adult, &[], events)
}

fn child(events: Vec<Event>) -> PersonFacts {
    person(LifeStage::Child, &[], events)
}

fn score_one(mut people: Vec<PersonFacts>) -> HouseholdNeeds {
    for (number, person) in people.iter_mut().enumerate() {
        person.person = number;
    }
    let household = HouseholdFacts {
        members: (0..people.len()).collect(),
    };
    score(&RulePack::local7(), reference(), &people, &[household]).remove(0)
}

/// State and severity of one need of a household.
fn need(indicator: &str, people: Vec<PersonFacts>) -> (NeedState, u8) {
    let needs = score_one(people);
    let need = needs.need(indicator).unwrap();
    (need.state, need.severity)
}

#[test]
fn every_rule_of_the_pack_can_make_its_need_current() {
    let pack = RulePack::local7();
    for rule in pack.rules() {
        let make = |code: &String| Event {
            grade: rule.minimum_grade.max(1),
            // Long enough for every duration, and still open.
            ongoing: rule.minimum_duration.is_some(),
            ..event(
                code,
                if rule.minimum_duration.is_some() {
                    day(2024, 1, 1)
                } else {
                    day(2026, 3, 1)
                },
            )
        };
        for code in &rule.codes {
            let mut events: Vec<Event> = (0..rule.minimum_count).map(|_| make(code)).collect();
            events.extend(rule.together_with.iter().map(make));
            let subject = match rule.subject {
                crate::Subject::Child => child(events),
                _ => adult(events),
            };
            // A parent among the members lifts the cap; a second, silent child changes nothing else.
            let needs = score_one(vec![subject, child(vec![])]);
            let need = needs.need(&rule.indicator).unwrap();
            assert_eq!(need.state, NeedState::Current, "{} {code}", rule.id);
            assert!(need.severity >= rule.severity, "{} {code}", rule.id);
            assert!(!need.evidence.is_empty());
        }
    }
}

#[test]
fn the_window_is_half_open() {
    let at = |start| {
        need(
            "homelessness",
            vec![adult(vec![event("housing/main-duty", start)])],
        )
        .0
    };
    assert_eq!(at(day(2025, 8, 31)), NeedState::Past);
    assert_eq!(at(day(2025, 9, 1)), NeedState::Current);
    assert_eq!(at(day(2026, 8, 31)), NeedState::Current);
    assert_eq!(
        at(day(2026, 9, 1)),
        NeedState::NoData,
        "the future is not evidence"
    );
}

#[test]
fn an_episode_counts_when_it_overlaps_the_window() {
    let at = |event| need("homelessness", vec![adult(vec![event])]).0;
    let code = "housing/temporary-accommodation";
    assert_eq!(
        at(spell(code, day(2024, 1, 1), day(2025, 8, 31))),
        NeedState::Past
    );
    assert_eq!(
        at(spell(code, day(2024, 1, 1), day(2025, 9, 1))),
        NeedState::Current
    );
    assert_eq!(at(since(code, day(2019, 1, 1))), NeedState::Current);
    assert_eq!(
        at(spell(code, day(2026, 8, 1), day(2030, 1, 1))),
        NeedState::Current
    );
    assert_eq!(
        at(spell(code, day(2026, 8, 1), day(2020, 1, 1))),
        NeedState::Current,
        "an end before the start is ignored"
    );
}

#[test]
fn the_five_states_are_told_apart() {
    let person = |datasets: &[&str], events| person(LifeStage::Adult, datasets, events);
    let old = || event("mental-health/therapy", day(2020, 1, 1));
    assert_eq!(
        need("parental-mental-health", vec![person(&[], vec![])]).0,
        NeedState::NoData
    );
    assert_eq!(
        need("parental-mental-health", vec![person(&["housing"], vec![])]).0,
        NeedState::NoData
    );
    assert_eq!(
        need(
            "parental-mental-health",
            vec![person(&["mental-health"], vec![])]
        )
        .0,
        NeedState::Checked
    );
    assert_eq!(
        need(
            "parental-mental-health",
            vec![person(&["mental-health"], vec![old()])]
        )
        .0,
        NeedState::Past
    );
    let hidden = PersonFacts {
        withheld: true,
        ..person(
            &["mental-health"],
            vec![event("mental-health/therapy", reference())],
        )
    };
    assert_eq!(
        need("parental-mental-health", vec![hidden]).0,
        NeedState::Withheld
    );
}

/// A child who is known to mental-health services says nothing about whether a parent was checked.
#[test]
fn only_people_whom_the_need_could_concern_count_as_checked() {
    let pupil = person(
        LifeStage::Child,
        &["mental-health"],
        vec![event("mental-health/therapy", reference())],
    );
    assert_eq!(
        need("parental-mental-health", vec![pupil]).0,
        NeedState::NoData
    );
}

#[test]
fn counts_and_grades_raise_the_severity() {
    let incidents = |grades: &[u8]| {
        let events = grades.iter().map(|&grade| Event {
            grade,
            ..event("domestic-abuse/incident", day(2026, 1, 1))
        });
        need("domestic-abuse", vec![adult(events.collect())]).1
    };
    assert_eq!(incidents(&[0]), 1);
    assert_eq!(incidents(&[1]), 1);
    assert_eq!(incidents(&[1, 1]), 2);
    assert_eq!(incidents(&[2]), 2);
    assert_eq!(incidents(&[1, 1, 1]), 3);
    assert_eq!(incidents(&[3]), 3);
    // One incident that names two members is not two incidents of one of them.
    let one = || adult(vec![event("domestic-abuse/incident", day(2026, 1, 1))]);
    assert_eq!(
        need("domestic-abuse", vec![one(), one()]),
        (NeedState::Current, 1)
    );
}

#[test]
fn adults_without_a_parental_role_are_capped() {
    let patient = || adult(vec![event("mental-health/inpatient", reference())]);
    assert_eq!(
        need("parental-mental-health", vec![patient()]),
        (NeedState::Current, 2)
    );
    assert_eq!(
        need("parental-mental-health", vec![patient(), child(vec![])]),
        (NeedState::Current, 3)
    );
    let unknown = PersonFacts {
        life_stage: LifeStage::Unknown,
        ..patient()
    };
    assert_eq!(
        need("parental-mental-health", vec![unknown, child(vec![])]),
        (NeedState::Current, 2)
    );
}

#[test]
fn worklessness_of_all_adults_means_all() {
    let out = |start| adult(vec![since("work/out-of-work", start)]);
    let (february, march) = (day(2026, 2, 1), day(2026, 3, 1));
    assert_eq!(
        need("worklessness", vec![out(day(2026, 7, 1))]),
        (NeedState::Current, 1)
    );
    assert_eq!(
        need("worklessness", vec![out(march)]),
        (NeedState::Current, 2),
        "March to August is six months"
    );
    assert_eq!(
        need("worklessness", vec![out(day(2026, 3, 2))]),
        (NeedState::Current, 1)
    );
    assert_eq!(
        need("worklessness", vec![out(february), out(march)]),
        (NeedState::Current, 2)
    );
    assert_eq!(
        need("worklessness", vec![out(february), adult(vec![])]),
        (NeedState::Current, 1),
        "one adult is in work"
    );
    assert_eq!(
        need("worklessness", vec![out(february), child(vec![])]),
        (NeedState::Current, 2),
        "children are not asked"
    );
    assert_eq!(
        need("worklessness", vec![out(day(2025, 9, 1))]),
        (NeedState::Current, 3)
    );
    let unknown = PersonFacts {
        life_stage: LifeStage::Unknown,
        ..adult(vec![])
    };
    assert_eq!(
        need("worklessness", vec![out(february), unknown]),
        (NeedState::Current, 1),
        "an unknown person may be in work"
    );
}

#[test]
fn spells_run_together_and_must_be_open() {
    let spells = |events| need("worklessness", vec![adult(events)]).1;
    let code = "work/out-of-work";
    // Released by month: a spell that ends in May and one that starts in June are one.
    assert_eq!(
        spells(vec![
            spell(code, day(2026, 1, 1), day(2026, 5, 1)),
            since(code, day(2026, 6, 1))
        ]),
        2
    );
    assert_eq!(
        spells(vec![
            spell(code, day(2026, 1, 1), day(2026, 3, 1)),
            since(code, day(2026, 6, 1))
        ]),
        1
    );
    assert_eq!(
        spells(vec![spell(code, day(2025, 1, 1), day(2026, 5, 1))]),
        1,
        "it ended in May"
    );
}

#[test]
fn a_sanction_makes_worklessness_acute_wherever_in_the_household_it_is() {
    let out = || adult(vec![since("work/out-of-work", day(2026, 7, 1))]);
    let sanction = || adult(vec![event("work/sanction-or-arrears", day(2026, 7, 1))]);
    assert_eq!(
        need("worklessness", vec![sanction()]),
        (NeedState::Current, 1)
    );
    assert_eq!(
        need("worklessness", vec![out(), sanction()]),
        (NeedState::Current, 3)
    );
}

#[test]
fn withheld_people_hide_what_only_they_show() {
    let duty = || vec![event("housing/main-duty", reference())];
    let hidden = || PersonFacts {
        withheld: true,
        ..adult(duty())
    };
    assert_eq!(
        need("homelessness", vec![hidden(), adult(vec![])]),
        (NeedState::Withheld, 0)
    );
    assert_eq!(
        need("homelessness", vec![hidden(), adult(duty())]),
        (NeedState::Current, 3)
    );
    let needs = score_one(vec![hidden(), adult(duty())]);
    assert_eq!(
        needs.need("homelessness").unwrap().records,
        1,
        "a withheld person's events are not counted"
    );
    assert!(
        needs.members[0]
            .needs
            .iter()
            .all(|need| need.state == NeedState::Withheld && need.evidence.is_empty())
    );
    // A withheld partner about whom nothing is shown cannot make "all adults out of work" true.
    let out = || adult(vec![since("work/out-of-work", day(2020, 1, 1))]);
    let hidden_out = PersonFacts {
        withheld: true,
        ..out()
    };
    assert_eq!(
        need("worklessness", vec![out(), hidden_out]),
        (NeedState::Current, 1)
    );
}

#[test]
fn evidence_names_the_strongest_rule_and_sources_the_latest_day() {
    let mut first = event("mental-health/therapy", day(2025, 10, 1));
    first.service = "therapies".into();
    let ward = spell("mental-health/inpatient", day(2026, 2, 1), day(2026, 3, 1));
    let needs = score_one(vec![adult(vec![ward, first]), child(vec![])]);
    let need = needs.need("parental-mental-health").unwrap();
    let rules: Vec<&str> = need
        .evidence
        .iter()
        .map(|evidence| evidence.rule_id.as_str())
        .collect();
    assert_eq!(rules, ["1.1a", "1.3a"]);
    assert_eq!(
        (need.first, need.last),
        (Some(day(2025, 10, 1)), Some(day(2026, 3, 1)))
    );
    let services: Vec<&str> = need
        .sources
        .iter()
        .map(|source| source.service.as_str())
        .collect();
    assert_eq!(services, ["desk", "therapies"]);
    assert_eq!(needs.current(), 1);
}

#[test]
fn context_codes_are_never_a_need() {
    let needs = score_one(vec![child(vec![since(
        "safeguarding/child-protection-plan",
        day(2026, 1, 1),
    )])]);
    assert!(
        needs
            .needs
            .iter()
            .all(|need| need.state == NeedState::NoData)
    );
}

#[test]
fn empty_households_have_no_data() {
    let needs = score_one(vec![]);
    assert_eq!(needs.needs.len(), 7);
    assert!(
        needs
            .needs
            .iter()
            .all(|need| need.state == NeedState::NoData)
    );
}
