//! The quick ways say what the plain ways say.

use super::facts::{self, Comparer};
use super::frequency::{Frequencies, Kind};
use super::reference;
use super::things::{largest_group, things as shared};
use crate::unite::brief::Brief;
use crate::unite::compare::Two;
use crate::unite::judge as quick;
use crate::unite::likeness::Memo;
use crate::unite::reference::any_person;
use crate::unite::reference::judge::{clearly_two, judge as judged, never_one};
use crate::unite::values::Values;
use kinfold_identity::{Person, PersonRows, Seen};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::hash::RandomState;

/// People as they are read and in brief.
struct Town {
    people: Vec<Person>,
    briefs: Vec<Brief>,
    values: Values,
}

impl Town {
    fn of(people: Vec<Person>) -> Self {
        let mut values = Values::new();
        let briefs = people
            .iter()
            .map(|person| Brief::of(person, &mut values))
            .collect();
        Self {
            people,
            briefs,
            values,
        }
    }

    fn two(&self, left: usize, right: usize) -> Two<'_> {
        Two {
            values: &self.values,
            left: &self.briefs[left],
            right: &self.briefs[right],
        }
    }
}

fn check(town: &Town) -> Result<(), TestCaseError> {
    let size = town.people.len();
    let (mut counts, mut plainly) = (Frequencies::new(size), Frequencies::new(size));
    for (person, brief) in town.people.iter().zip(&town.briefs) {
        facts::count(&town.values, brief, &mut counts);
        reference::count(person, &mut plainly);
        prop_assert_eq!(
            facts::fingerprint(&town.values, brief),
            reference::fingerprint(person)
        );
    }
    prop_assert!(counts == plainly);
    let memo = Memo::new();
    let comparer = Comparer {
        values: &town.values,
        counts: &counts,
        memo: &memo,
    };
    let key = RandomState::new();
    let things = |at: usize| -> [BTreeSet<u64>; 2] {
        let quick = shared(&town.values, &town.briefs[at]);
        let plain = reference::things(&town.people[at], &key);
        [quick, plain].map(|own| own.into_iter().collect())
    };
    for left in 0..size {
        for right in 0..size {
            let (one, other) = (&town.people[left], &town.people[right]);
            let two = town.two(left, right);
            prop_assert_eq!(quick::judge(two), judged(one, other));
            prop_assert_eq!(quick::never_one(two), never_one(one, other));
            prop_assert_eq!(quick::clearly_two(two), clearly_two(one, other));
            prop_assert_eq!(
                comparer.compare(two.left, two.right),
                reference::compare(one, other, &counts)
            );
            // Neither of the two is the left one.
            let turned = town.two(right, left);
            prop_assert_eq!(quick::judge(two), quick::judge(turned));
            prop_assert_eq!(quick::never_one(two), quick::never_one(turned));
            prop_assert_eq!(quick::clearly_two(two), quick::clearly_two(turned));
            prop_assert_eq!(
                comparer.compare(two.left, two.right),
                comparer.compare(two.right, two.left)
            );
            let ([quick, plain], [other_quick, other_plain]) = (things(left), things(right));
            let kinds = |one: &BTreeSet<u64>, other: &BTreeSet<u64>| -> Vec<usize> {
                let mut kinds: Vec<usize> = one
                    .intersection(other)
                    .map(|thing| largest_group(*thing))
                    .collect();
                kinds.sort_unstable();
                kinds
            };
            prop_assert_eq!(kinds(&quick, &other_quick), kinds(&plain, &other_plain));
        }
    }
    Ok(())
}

/// What two rows say together.
fn of_two(one: &Person, other: &Person) -> Person {
    let mut rows = PersonRows::default();
    for row in [one, other] {
        rows.add(row.clone(), Seen::default());
    }
    rows.together()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn two_people_compare_as_they_do_plainly(people in proptest::collection::vec(any_person(), 2..7)) {
        check(&Town::of(people))?;
    }

    #[test]
    fn people_in_brief_come_together_as_people_do(people in proptest::collection::vec(any_person(), 2..7)) {
        let town = Town::of(people);
        let mut together: Vec<Person> = Vec::new();
        let mut briefs: Vec<Brief> = Vec::new();
        for (at, (person, brief)) in town.people.iter().zip(&town.briefs).enumerate() {
            if at % 2 == 0 {
                together.push(person.clone());
                briefs.push(brief.clone());
            } else {
                together[at / 2] = of_two(&together[at / 2], person);
                briefs[at / 2].merge(brief, &town.values);
            }
        }
        let again = together.clone();
        for (person, more) in together.iter_mut().zip(again.iter().rev()) {
            *person = of_two(person, more);
        }
        let copies = briefs.clone();
        for (brief, more) in briefs.iter_mut().zip(copies.iter().rev()) {
            brief.merge(more, &town.values);
        }
        check(&Town {
            people: together,
            briefs,
            values: town.values,
        })?;
    }

    #[test]
    fn a_rarity_falls_as_a_share_grows(counts in proptest::collection::vec(1_u32..9000, 2..40), units in 2_usize..2_000_000) {
        let mut table = Frequencies::new(units);
        let mut known: Vec<(f64, u64)> = Vec::new();
        for (value, count) in counts.into_iter().enumerate() {
            for _ in 0..count {
                table.add(Kind::Town, value as u64);
            }
        }
        for value in 0..40 {
            known.push((table.share(Kind::Town, value), table.rarity(Kind::Town, value)));
        }
        known.sort_by(|one, other| one.0.total_cmp(&other.0));
        prop_assert!(known.is_sorted_by(|one, other| one.1 >= other.1));
    }
}
