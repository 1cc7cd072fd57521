//! Laws of people: the order of sets and the number of threads change nothing, vetoes hold, and a new delivery is recognised.

use std::collections::BTreeSet;

use kinfold_schema::{FLAG_DO_NOT_LINK, Schema};
use proptest::prelude::*;

use super::{Someone, people_of, set, someone, token, town};
use crate::{
    Given, Guard, Life, Options, RecordSet, Verdict, Veto, link, link_given, same_records,
};

/// The steps that were told.
#[derive(Default)]
struct Told(std::sync::Mutex<Vec<(usize, usize)>>);

impl crate::Progress for Told {
    fn step(&self, done: usize, total: usize, _: &str) {
        self.0.lock().unwrap().push((done, total));
    }
}

#[test]
fn people_known_to_three_custodians_become_one() {
    let schema = Schema::standard();
    let people = town(120);
    let sets = [
        set(&schema, "a", &people[..100]),
        set(&schema, "b", &people[20..]),
        set(&schema, "c", &people[50..110]),
    ];
    let told = Told::default();
    let linked = link(&schema, &sets, &Options::default(), &told);
    // One after the other, of a number that is known from the first on.
    let expected: Vec<_> = (0..6).map(|done| (done, 6)).collect();
    assert_eq!(told.0.into_inner().unwrap(), expected);
    assert_eq!(linked.people.len(), 120);
    assert!(
        linked
            .people
            .iter()
            .filter(|person| person.members.len() == 3)
            .count()
            >= 50
    );
    assert!(linked.model.expected_matches > 150.0);
}

#[test]
fn do_not_link_records_stay_alone() {
    let schema = Schema::standard();
    let people = town(90);
    let mut marked = people.clone();
    marked[5].flags = FLAG_DO_NOT_LINK;
    let sets = [set(&schema, "a", &people), set(&schema, "b", &marked)];
    let linked = link(&schema, &sets, &Options::default(), &());
    assert_eq!(linked.people.len(), 91);
    assert_eq!(linked.model.vetoed, 1);
}

#[test]
fn a_death_keeps_a_record_from_those_with_later_events() {
    let schema = Schema::standard();
    let people = town(90);
    let sets = [set(&schema, "a", &people), set(&schema, "b", &people)];
    let ends = link(&schema, &sets, &Options::default(), &()).people[5]
        .members
        .clone();
    let [dead, seen] = ends[..] else {
        panic!("both custodians know everybody")
    };
    let life = |record, died, seen| Life { record, died, seen };
    let given = Given {
        lives: vec![life(dead, Some(1000), None), life(seen, None, Some(2000))],
        ..Given::default()
    };
    let linked = link_given(&schema, &sets, &Options::default(), &given, &());
    assert_eq!(linked.people.len(), 91);
    let pair = linked
        .pairs
        .iter()
        .find(|pair| (pair.left, pair.right) == (dead, seen));
    let pair = pair.expect("it is still a candidate");
    assert_eq!(pair.verdict, Verdict::Vetoed(Veto::DiedBefore));
    assert!(
        pair.sentence(&crate::Spoken::of(&schema))
            .contains("died before")
    );
}

#[test]
fn two_verified_numbers_that_differ_are_never_one_person() {
    let schema = Schema::standard();
    let mut left = town(90);
    for (number, person) in left.iter_mut().enumerate() {
        person.nhs = Some(number as u32);
    }
    let mut right = left.clone();
    right[7].nhs = Some(70_000);
    // A third custodian without the number must not bridge the two.
    let third: Vec<Someone> = left
        .iter()
        .map(|person| Someone {
            nhs: None,
            ..person.clone()
        })
        .collect();
    let sets = [
        set(&schema, "a", &left),
        set(&schema, "b", &right),
        set(&schema, "c", &third),
    ];
    let linked = link(&schema, &sets, &Options::default(), &());
    // It fits both equally well, so it is joined to neither: a tie, for a reviewer.
    assert_eq!(linked.people.len(), 92);
    assert_eq!(linked.ties.len(), 1);
    assert!(linked.people.iter().all(|person| {
        let mut sets: Vec<u32> = person.members.iter().map(|id| id.set).collect();
        sets.dedup();
        sets.len() == person.members.len()
    }));
}

#[test]
fn twins_known_to_different_custodians_are_not_one_person() {
    let schema = Schema::standard();
    let people = town(120);
    let (mut left, mut right) = (people.clone(), people.clone());
    left.push(someone(90, 91, 4000, 500));
    right.push(someone(92, 91, 4000, 500));
    let sets = [set(&schema, "a", &left), set(&schema, "b", &right)];
    let linked = link(&schema, &sets, &Options::default(), &());
    assert_eq!(linked.people.len(), 122);
    let twins = linked
        .pairs
        .iter()
        .find(|pair| pair.verdict == Verdict::Guarded(Guard::TwinOrSibling));
    assert!(twins.is_none_or(|pair| pair.sentence(&crate::Spoken::of(&schema)).contains("twin")));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn the_order_of_sets_and_the_number_of_threads_change_nothing(n in 40u32..90, skip in 0usize..20, threads in 1usize..4) {
        let schema = Schema::standard();
        let people = town(n);
        let sets = [set(&schema, "a", &people), set(&schema, "b", &people[skip..]), set(&schema, "c", &people[..30])];
        let forward = link(&schema, &sets, &Options::default(), &());
        let turned: Vec<RecordSet> = sets.iter().rev().cloned().collect();
        let backward = link(&schema, &turned, &Options { threads, ..Options::default() }, &());
        prop_assert_eq!(people_of(&sets, &forward), people_of(&turned, &backward));
        prop_assert_eq!(forward.pairs.len(), backward.pairs.len());
    }

    #[test]
    fn every_record_is_in_exactly_one_person(n in 5u32..60) {
        let schema = Schema::standard();
        let people = town(n);
        let sets = [set(&schema, "a", &people), set(&schema, "b", &people[..n as usize / 2])];
        let linked = link(&schema, &sets, &Options::default(), &());
        let mut seen = BTreeSet::new();
        for id in linked.people.iter().flat_map(|person| &person.members) {
            prop_assert!(seen.insert(*id));
        }
        prop_assert_eq!(seen.len(), n as usize + n as usize / 2);
    }
}

#[test]
fn records_of_a_new_delivery_are_recognised_by_their_keys() {
    let schema = Schema::standard();
    let people = town(60);
    // References of the two deliveries have nothing in common; ten people left, one moved and ten came.
    let mut later = people[10..].to_vec();
    later[3].homes = vec![(900, 1450, 1500)];
    later.extend((0..10).map(|i| someone(500 + i, 500 + i, 90_000 + i * 7, 700 + i)));
    let (before, after) = (set(&schema, "old", &people), set(&schema, "new", &later));
    let same = same_records(&schema, &before.table, &after.table);
    assert_eq!(same.len(), 50);
    let number =
        |source: &str, row: usize| token(&[source.as_bytes(), &(row as u64).to_le_bytes()]);
    for row in 0..50 {
        assert!(same.contains(&(number("old", row + 10), number("new", row))));
    }
}
