//! Laws of dates over runs: who is shown in a household since when, who no longer, and of whom nothing is said.

use std::collections::BTreeMap;

use kinfold_schema::{FLAG_DO_NOT_LINK, FLAG_WITHHELD, NO_MONTH, Schema};

use super::{Someone, set, someone};
use crate::{
    Former, FormerMembership, Given, Household, Households, LifeStage, Lineage, Linked, Options,
    Previous, Reason, RecordSet, Seen, carry_references, form_households_given, link,
};

/// Releases of the runs, half a year apart.
const RELEASES: [u16; 5] = [1500, 1506, 1512, 1518, 1524];

const MOTHER: usize = 0;
const FATHER: usize = 1;
const CHILD: usize = 2;
const NEIGHBOUR: usize = 3;

/// A run and what it found.
struct Run {
    sets: Vec<RecordSet>,
    linked: Linked,
    households: Households,
    lineage: Vec<Lineage>,
}

/// One person of the town: an adult or a child, and where the person lives; no months.
fn living(number: u32, homes: &[u32]) -> Someone {
    let mut person = someone(number, number, 5000 + number * 400, 0);
    person.homes = homes
        .iter()
        .map(|&home| (home, NO_MONTH, NO_MONTH))
        .collect();
    person
}

/// A mother in home 1, a father in home 2, their child in these homes, and somebody who lives alone.
fn family(child: &[u32]) -> Vec<Someone> {
    vec![
        living(0, &[1]),
        living(1, &[2]),
        living(2, child),
        living(3, &[3]),
    ]
}

/// The people of each source, with the month of its release.
fn run_of(sources: &[(&str, &[Someone], u16)], previous: &Previous) -> Run {
    let schema = Schema::standard();
    let sets: Vec<RecordSet> = sources
        .iter()
        .map(|(source, people, _)| set(&schema, source, people))
        .collect();
    let mut linked = link(&schema, &sets, &Options::default(), &());
    let given = Given {
        releases: sources.iter().map(|&(_, _, release)| release).collect(),
        ..Given::default()
    };
    let stages = vec![LifeStage::Unknown; linked.people.len()];
    let mut households = form_households_given(&schema, &sets, &linked, &stages, &given);
    let lineage = carry_references(&sets, &mut linked, &mut households, previous);
    Run {
        sets,
        linked,
        households,
        lineage,
    }
}

fn run(people: &[Someone], release: u16, previous: &Previous) -> Run {
    run_of(&[("a", people, release)], previous)
}

impl Run {
    /// What it leaves to the next one, as files would carry it.
    fn leaves(&self) -> Previous {
        let records = |person: usize| -> Vec<[u8; 16]> {
            let members = self.linked.people[person].members.iter();
            members
                .map(|id| self.sets[id.set as usize].table.record_ref[id.row as usize])
                .collect()
        };
        let people = (0..self.linked.people.len()).map(|person| Former {
            reference: self.name(person).to_owned(),
            records: records(person),
        });
        let households = self.households.households.iter().map(|household| Former {
            reference: household.reference.clone(),
            records: household
                .members
                .iter()
                .flat_map(|member| records(member.person))
                .collect(),
        });
        let memberships = self.households.households.iter().flat_map(|household| {
            let now = household.members.iter();
            let now = now.filter_map(|member| Some((member.person, member.seen?)));
            let before = household.former.iter().map(|one| (one.person, one.seen));
            now.chain(before).map(|(person, seen)| FormerMembership {
                person: self.name(person).to_owned(),
                household: household.reference.clone(),
                seen,
            })
        });
        let retired = self.lineage.iter().filter(|line| !line.change.is_current());
        Previous {
            people: people.collect(),
            households: households.collect(),
            memberships: memberships.collect(),
            retired: retired.map(|line| line.reference.clone()).collect(),
        }
    }

    fn name(&self, person: usize) -> &str {
        &self.linked.people[person].reference
    }

    /// The person of one of the town, in a source.
    fn person(&self, source: &str, number: usize) -> usize {
        let wanted = super::token(&[source.as_bytes(), &(number as u64).to_le_bytes()]);
        let people = &self.linked.people;
        people
            .iter()
            .position(|person| {
                person.members.iter().any(|id| {
                    self.sets[id.set as usize].table.record_ref[id.row as usize] == wanted
                })
            })
            .unwrap()
    }

    /// The household that has this one of the town as a current member and is not one of the child's other parent.
    fn home_of(&self, number: usize) -> &Household {
        let person = self.person("a", number);
        let mut households = self.households.households.iter();
        households
            .find(|household| {
                let mut members = household.members.iter();
                members.any(|member| member.person == person && member.current)
            })
            .unwrap()
    }

    /// The months at which somebody is shown with somebody else: as a member, or as a former one.
    fn seen(&self, whose: usize, number: usize) -> (Option<Seen>, Option<Seen>) {
        let (home, person) = (self.home_of(whose), self.person("a", number));
        let now = home.members.iter().find(|member| member.person == person);
        let before = home.former.iter().find(|one| one.person == person);
        (
            now.and_then(|member| member.seen),
            before.map(|one| one.seen),
        )
    }

    /// Every former member of every household.
    fn former(&self) -> usize {
        let households = self.households.households.iter();
        households.map(|household| household.former.len()).sum()
    }
}

fn at(from: usize, to: usize) -> Option<Seen> {
    Some(Seen {
        from: *RELEASES.get(from)?,
        to: *RELEASES.get(to)?,
        gone: None,
    })
}

fn until(from: usize, to: usize, gone: usize) -> Option<Seen> {
    Some(Seen {
        gone: Some(RELEASES[gone]),
        ..at(from, to)?
    })
}

#[test]
fn a_child_of_two_homes_is_dated_in_both() {
    let first = run(&family(&[1, 2]), RELEASES[0], &Previous::default());
    for parent in [MOTHER, FATHER] {
        assert_eq!(first.seen(parent, CHILD), (at(0, 0), None));
        assert_eq!(first.seen(parent, parent), (at(0, 0), None));
    }
    let second = run(&family(&[1, 2]), RELEASES[1], &first.leaves());
    assert_eq!(second.seen(FATHER, CHILD), (at(0, 1), None));

    // The child lives with the mother alone.
    let third = run(&family(&[1]), RELEASES[2], &second.leaves());
    assert_eq!(third.seen(MOTHER, CHILD), (at(0, 2), None));
    assert_eq!(third.seen(FATHER, CHILD), (None, until(0, 1, 2)));
    assert_eq!(third.seen(FATHER, FATHER), (at(0, 2), None));
    let home = third.home_of(FATHER);
    assert_eq!(home.reference, first.home_of(FATHER).reference);
    assert_eq!(home.reasons, [Reason::NoLonger { people: 1 }]);
    assert_eq!(third.former(), 1);
    assert!(home.former[0].elsewhere);

    // When it left stays known.
    let fourth = run(&family(&[1]), RELEASES[3], &third.leaves());
    assert_eq!(fourth.seen(FATHER, CHILD), (None, until(0, 1, 2)));
    assert_eq!(fourth.seen(MOTHER, CHILD), (at(0, 3), None));

    // It comes back: a new beginning.
    let fifth = run(&family(&[1, 2]), RELEASES[4], &fourth.leaves());
    assert_eq!(fifth.seen(FATHER, CHILD), (at(4, 4), None));
    assert_eq!(fifth.seen(MOTHER, CHILD), (at(0, 4), None));
    assert_eq!(fifth.former(), 0);
}

#[test]
fn who_comes_later_is_dated_from_then() {
    let first = run(&family(&[1]), RELEASES[0], &Previous::default());
    let second = run(&family(&[1, 2]), RELEASES[1], &first.leaves());
    assert_eq!(second.seen(FATHER, CHILD), (at(1, 1), None));
    assert_eq!(second.seen(FATHER, FATHER), (at(0, 1), None));
}

/// A home that nobody has confirmed for long is no longer sent: then the person may live there still.
#[test]
fn who_is_in_no_home_now_is_told_from_who_moved() {
    let first = run(&family(&[1, 2]), RELEASES[0], &Previous::default());
    let second = run(&family(&[]), RELEASES[1], &first.leaves());
    for parent in [MOTHER, FATHER] {
        assert_eq!(second.seen(parent, CHILD), (None, until(0, 0, 1)));
        assert!(!second.home_of(parent).former[0].elsewhere);
    }
}

#[test]
fn nothing_is_said_of_the_former_home_of_somebody_protected() {
    let first = run(&family(&[1, 2]), RELEASES[0], &Previous::default());
    let moved = family(&[1]);
    let shown = run(&moved, RELEASES[1], &first.leaves());
    assert_eq!(shown.former(), 1);
    for flags in [FLAG_WITHHELD, FLAG_DO_NOT_LINK] {
        let mut hidden = moved.clone();
        hidden[CHILD].flags = flags;
        // At once, and when the former home has been told of before.
        for previous in [first.leaves(), shown.leaves()] {
            let now = run(&hidden, RELEASES[2], &previous);
            assert_eq!(now.former(), 0);
            let homes = now.households.households.iter();
            assert!(
                homes.flat_map(|home| &home.reasons).all(|reason| !matches!(
                    reason,
                    Reason::NoLonger { .. } | Reason::Former { .. }
                ))
            );
            // Nor is the protected person itself dated.
            let own = now.home_of(CHILD);
            assert_eq!((own.homes, own.members[0].seen), (0, None));
            // It does not come back with the protection's end.
            assert_eq!(run(&moved, RELEASES[3], &now.leaves()).former(), 0);
        }
    }
}

/// The household of somebody protected may have its old reference: nobody is shown to have lived there.
#[test]
fn nobody_is_shown_as_a_former_member_of_somebody_protected() {
    let first = run(&family(&[1, 2]), RELEASES[0], &Previous::default());
    let mut hidden = family(&[1]);
    hidden[FATHER].flags = FLAG_WITHHELD;
    let second = run(&hidden, RELEASES[1], &first.leaves());
    assert_eq!(
        second.home_of(FATHER).reference,
        first.home_of(FATHER).reference
    );
    assert_eq!(second.former(), 0);
}

/// A mother and her child leave, and only the mother is known to be protected: the child does not lead from the old home to the new one.
#[test]
fn nobody_is_shown_to_have_left_with_somebody_protected() {
    let town = |mother: u32, child: u32| {
        vec![
            living(0, &[mother]),
            living(1, &[2]),
            living(2, &[child]),
            living(3, &[2]),
        ]
    };
    let first = run(&town(2, 2), RELEASES[0], &Previous::default());
    let mut left = town(1, 1);
    assert_eq!(run(&left, RELEASES[1], &first.leaves()).former(), 2);
    left[MOTHER].flags = FLAG_WITHHELD;
    let second = run(&left, RELEASES[1], &first.leaves());
    let old = first.home_of(FATHER);
    assert_eq!(second.home_of(FATHER).reference, old.reference);
    assert_eq!(second.former(), 0);
    assert_eq!(run(&left, RELEASES[2], &second.leaves()).former(), 0);
}

/// A record that may not be linked any more has no keys by which it could be known again, or is a person of its own.
#[test]
fn a_record_that_is_missing_or_protected_keeps_the_rest_of_the_person_silent() {
    let sources = |child: &[u32], flags: u8| {
        let mut council = family(child);
        council[CHILD].flags = flags;
        (council, family(child))
    };
    let town = |people: &(Vec<Someone>, Vec<Someone>), release: usize, previous: &Previous| {
        let release = RELEASES[release];
        run_of(
            &[("b", &people.0, release), ("a", &people.1, release)],
            previous,
        )
    };
    let first = town(&sources(&[1, 2], 0), 0, &Previous::default());
    assert_eq!(first.person("a", CHILD), first.person("b", CHILD));
    let moved = sources(&[1], 0);
    assert_eq!(town(&moved, 1, &first.leaves()).former(), 1);

    let mut unknown = first.leaves();
    let child = first.name(first.person("a", CHILD));
    let former = unknown.people.iter_mut().find(|one| one.reference == child);
    former.unwrap().records[0] = [9; 16];
    assert_eq!(town(&moved, 1, &unknown).former(), 0);

    let now = town(&sources(&[1], FLAG_DO_NOT_LINK), 1, &first.leaves());
    let apart = [now.person("a", CHILD), now.person("b", CHILD)];
    assert_ne!(apart[0], apart[1]);
    assert!(apart.iter().any(|&part| now.name(part) == child));
    assert_eq!(now.former(), 0);
}

#[test]
fn a_correction_in_the_same_month_shows_nobody_as_gone() {
    let first = run(&family(&[1, 2]), RELEASES[0], &Previous::default());
    let again = run(&family(&[1]), RELEASES[0], &first.leaves());
    assert_eq!(again.former(), 0);
    assert_eq!(again.seen(MOTHER, CHILD), (at(0, 0), None));
    // Nor does a release count that was withdrawn since.
    let later = run(&family(&[1, 2]), RELEASES[2], &again.leaves());
    let back = run(&family(&[1]), RELEASES[1], &later.leaves());
    assert_eq!(back.former(), 0);
    assert_eq!(back.seen(MOTHER, CHILD), (at(1, 1), None));
}

#[test]
fn each_member_is_dated_by_the_packages_that_name_the_home() {
    let (old, new) = (family(&[1, 2]), vec![living(0, &[1]), living(1, &[2])]);
    let sources: [(&str, &[Someone], u16); 2] =
        [("a", &old, RELEASES[0]), ("b", &new, RELEASES[1])];
    let now = run_of(&sources, &Previous::default());
    assert_eq!(now.seen(FATHER, FATHER), (at(1, 1), None));
    assert_eq!(now.seen(FATHER, CHILD), (at(0, 0), None));
    // Where the months of releases are not known, nothing is dated.
    let unknown = Run {
        households: Households {
            release: None,
            ..now.households.clone()
        },
        ..run_of(&sources, &now.leaves())
    };
    assert_eq!(unknown.former(), 0);
}

#[test]
fn who_is_split_off_keeps_the_dates() {
    let first = run(&family(&[1, 2]), RELEASES[0], &Previous::default());
    let neighbour = first.name(first.person("a", NEIGHBOUR)).to_owned();
    // Before, the child's records were taken for the neighbour's, who was in the household; now they are two people.
    let mut split = first.leaves();
    let child = first.name(first.person("a", CHILD)).to_owned();
    let of_child = split.people.iter().position(|one| one.reference == child);
    let own = split.people.remove(of_child.unwrap()).records;
    let mut people = split.people.iter_mut();
    let joined = people.find(|one| one.reference == neighbour);
    joined.unwrap().records.extend(own);
    for membership in &mut split.memberships {
        if membership.person == child {
            membership.person.clone_from(&neighbour);
        }
    }
    let second = run(&family(&[1, 2]), RELEASES[1], &split);
    assert_eq!(second.seen(FATHER, CHILD), (at(0, 1), None));
    // The membership went with the child, so the neighbour has not left.
    assert_eq!(second.former(), 0);
}

#[test]
fn merged_people_have_the_dates_of_the_one_that_was_there_longer() {
    let town = family(&[1, 2]);
    let sources = |release: usize| -> [(&str, &[Someone], u16); 2] {
        let release = RELEASES[release];
        [("a", &town, release), ("b", &town, release)]
    };
    let first = run_of(&sources(0), &Previous::default());
    // Before, the father's records were two people's; the one was there a release longer, the other has just come.
    let father = first.name(first.person("a", FATHER));
    let mut two = first.leaves();
    let former = two.people.iter_mut().find(|one| one.reference == father);
    let record = former.unwrap().records.remove(1);
    two.people.push(Former {
        reference: "P-000009-9".to_owned(),
        records: vec![record],
    });
    for months in [6, 0] {
        let mut two = two.clone();
        let own = FormerMembership {
            person: "P-000009-9".to_owned(),
            household: first.home_of(FATHER).reference.clone(),
            seen: Seen {
                from: RELEASES[0] - months,
                to: RELEASES[0],
                gone: None,
            },
        };
        two.memberships.push(own);
        let second = run_of(&sources(1), &two);
        let merged = |line: &Lineage| line.change == crate::Change::Merged;
        assert_eq!(second.lineage.iter().filter(|line| merged(line)).count(), 1);
        let seen = second.seen(FATHER, FATHER).0.unwrap();
        assert_eq!((seen.from, seen.to), (RELEASES[0] - months, RELEASES[1]));
        assert_eq!(second.former(), 0);
    }
}

#[test]
fn the_order_of_what_was_before_changes_nothing() {
    let first = run(&family(&[1, 2]), RELEASES[0], &Previous::default());
    let previous = first.leaves();
    let mut turned = previous.clone();
    turned.memberships.reverse();
    turned.people.reverse();
    turned.households.reverse();
    let [one, other] =
        [previous, turned].map(|previous| run(&family(&[1]), RELEASES[1], &previous));
    assert_eq!(one.households, other.households);
    let former: BTreeMap<&str, usize> = one
        .households
        .households
        .iter()
        .map(|home| (home.reference.as_str(), home.former.len()))
        .collect();
    assert_eq!(former.values().sum::<usize>(), 1);
}
