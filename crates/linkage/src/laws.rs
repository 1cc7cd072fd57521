//! Laws of linking, on made-up codes: the order of sets and the number of threads change nothing, vetoes hold, homes behave.

mod fields;
mod filters;

use std::collections::{BTreeMap, BTreeSet};

use kinfold_schema::{
    Atom, BirthForm, CodeTable, FLAG_DO_NOT_LINK, FLAG_WITHHELD, Fact, FilterColumn,
    HOUSEHOLD_ADDRESS, HOUSEHOLD_NONE, HOUSEHOLD_UPRN, HouseholdKey, IdentifierKind, NO_MONTH,
    NameOf, Schema, Token,
};
use proptest::prelude::*;

use crate::{
    Given, Guard, Life, LifeStage, Linked, Options, RecordSet, Verdict, Veto, form_households,
    link, link_given, same_records,
};

/// A made-up person: small numbers instead of names and dates.
#[derive(Clone, Debug)]
struct Someone {
    first: u32,
    last: u32,
    birth: u32,
    sex: u32,
    nhs: Option<u32>,
    /// (home, from, to)
    homes: Vec<(u32, u16, u16)>,
    flags: u8,
}

fn someone(first: u32, last: u32, birth: u32, home: u32) -> Someone {
    Someone {
        first,
        last,
        birth,
        sex: first % 2,
        nhs: None,
        homes: vec![(home, 1400, 1500)],
        flags: 0,
    }
}

fn hash(parts: &[&[u8]]) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    hasher.finalize()
}

fn token(parts: &[&[u8]]) -> Token {
    hash(parts).as_bytes()[..16].try_into().unwrap()
}

/// The value of an atom, or `None` where the made-up person has no such fact.
fn value(person: &Someone, atom: Atom) -> Option<String> {
    let home = person.homes.last().map(|home| home.0);
    match atom {
        Atom::Name(NameOf::Middle, _) | Atom::BirthPlace => None,
        Atom::Name(NameOf::First | NameOf::AnyOne, _) => Some(format!("f{}", person.first)),
        Atom::Name(NameOf::Last, _) => Some(format!("l{}", person.last)),
        Atom::Name(NameOf::AnyTwo, _) => Some(format!("f{}l{}", person.first, person.last)),
        Atom::Birth(BirthForm::FullOrYear | BirthForm::Full | BirthForm::Swapped) => {
            Some(format!("b{}", person.birth))
        }
        Atom::Birth(BirthForm::Year | BirthForm::YearNear) => {
            Some(format!("y{}", person.birth / 365))
        }
        Atom::Birth(_) => Some(format!("m{}", person.birth / 2)),
        Atom::Sex => Some(format!("s{}", person.sex)),
        Atom::Identifier(IdentifierKind::Nhs) => person.nhs.map(|n| n.to_string()),
        Atom::Identifier(_) | Atom::Contact(_) => None,
        _ => home.map(|home| format!("h{home}")),
    }
}

/// A record set as an encoder would make it.
fn set(schema: &Schema, source: &str, people: &[Someone]) -> RecordSet {
    let tokens = |person: &Someone| -> Vec<Option<Token>> {
        schema
            .keys
            .iter()
            .map(|key| {
                let values: Option<Vec<String>> = key
                    .recipe
                    .atoms()
                    .iter()
                    .map(|&atom| value(person, atom))
                    .collect();
                values.map(|values| {
                    token(&[
                        key.recipe.to_string().as_bytes(),
                        values.join("|").as_bytes(),
                    ])
                })
            })
            .collect()
    };
    let mut counts: BTreeMap<(usize, Token), usize> = BTreeMap::new();
    for person in people {
        for (index, token) in tokens(person).into_iter().enumerate() {
            if let Some(token) = token {
                *counts.entry((index, token)).or_default() += 1;
            }
        }
    }
    let mut rows: Vec<usize> = (0..people.len()).collect();
    let reference = |row: usize| token(&[source.as_bytes(), &(row as u64).to_le_bytes()]);
    rows.sort_by_key(|&row| reference(row));
    let mut table = CodeTable::default();
    let words = schema.filters[0].bits as usize / 64;
    let mut filter = Vec::new();
    let bit = |slot| schema.presence.bit(slot).unwrap();
    for row in rows {
        let person = &people[row];
        let record_ref = reference(row);
        table.record_ref.push(record_ref);
        for (index, (key, own)) in schema.keys.iter().zip(tokens(person)).enumerate() {
            for slot in 0..key.slots {
                table.keys.push(match own {
                    Some(own) if slot == 0 && counts[&(index, own)] == 1 => own,
                    _ => token(&[
                        b"dummy",
                        &record_ref,
                        &(index as u64).to_le_bytes(),
                        &slot.to_le_bytes(),
                    ]),
                });
            }
        }
        let identity = format!("{}/{}/{}", person.first, person.last, person.birth);
        let mut reader = blake3::Hasher::new()
            .update(identity.as_bytes())
            .finalize_xof();
        for _ in 0..words {
            let mut bytes = [0; 8];
            reader.fill(&mut bytes);
            filter.push(u64::from_le_bytes(bytes));
        }
        let nhs = if person.nhs.is_some() {
            bit(Fact::Nhs)
        } else {
            0
        };
        table
            .presence
            .push(bit(Fact::First) | bit(Fact::Last) | bit(Fact::Birth) | bit(Fact::Home) | nhs);
        table.flags.push(person.flags);
        let mut household: Vec<HouseholdKey> = person
            .homes
            .iter()
            .flat_map(|&(home, from, to)| {
                [(HOUSEHOLD_UPRN, "uprn"), (HOUSEHOLD_ADDRESS, "address")].map(|(kind, label)| {
                    HouseholdKey {
                        token: token(&[label.as_bytes(), &home.to_le_bytes()]),
                        kind,
                        from,
                        to,
                    }
                })
            })
            .collect();
        while household.len() < schema.household_slots() {
            let token = token(&[b"none", &record_ref, &household.len().to_le_bytes()]);
            household.push(HouseholdKey {
                token,
                kind: HOUSEHOLD_NONE,
                from: NO_MONTH,
                to: NO_MONTH,
            });
        }
        table.household.extend(household);
    }
    table.filters.push(FilterColumn {
        id: schema.filters[0].id.clone(),
        bits: schema.filters[0].bits,
        words: filter,
    });
    RecordSet {
        source: source.to_owned(),
        table,
    }
}

/// A town: couples with distinct birth dates and a few shared names, who all have a filter.
fn town(n: u32) -> Vec<Someone> {
    (0..n)
        .map(|i| someone(i % 37, i % 23, 5000 + i * 7, i / 2))
        .collect()
}

/// People as sets of record references, so that results with other numbering can be compared.
fn people_of(sets: &[RecordSet], linked: &Linked) -> BTreeMap<String, BTreeSet<Token>> {
    linked
        .people
        .iter()
        .map(|person| {
            let members = person
                .members
                .iter()
                .map(|id| sets[id.set as usize].table.record_ref[id.row as usize]);
            (person.reference.clone(), members.collect())
        })
        .collect()
}

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

/// Households of people that each have one record, as lists of people numbers.
fn households(people: &[Someone], stages: &[LifeStage]) -> Vec<BTreeSet<u32>> {
    let schema = Schema::standard();
    let sets = [set(&schema, "a", people)];
    let linked = link(&schema, &sets, &Options::default(), &());
    // People come in row order; rows are sorted by reference, so find each one by its filter.
    let original = |row: u32| {
        let table = &sets[0].table;
        (0..people.len() as u32)
            .find(|&i| {
                token(&[b"a", &u64::from(i).to_le_bytes()]) == table.record_ref[row as usize]
            })
            .unwrap()
    };
    let numbers: Vec<u32> = linked
        .people
        .iter()
        .map(|person| original(person.members[0].row))
        .collect();
    let stages: Vec<LifeStage> = numbers
        .iter()
        .map(|&n| stages.get(n as usize).copied().unwrap_or_default())
        .collect();
    let formed = form_households(&schema, &sets, &linked, &stages);
    formed
        .households
        .iter()
        .map(|h| h.members.iter().map(|m| numbers[m.person]).collect())
        .collect()
}

fn at(homes: &[(u32, u16, u16)]) -> Someone {
    let mut person = someone(0, 0, 0, 0);
    person.homes = homes.to_vec();
    person.birth = homes.iter().map(|h| h.0 * 1000 + u32::from(h.1)).sum();
    person
}

fn group(numbers: &[u32]) -> BTreeSet<u32> {
    numbers.iter().copied().collect()
}

#[test]
fn successive_tenants_are_two_households() {
    let formed = households(&[at(&[(1, 1300, 1350)]), at(&[(1, 1350, 1400)])], &[]);
    assert_eq!(formed.len(), 2);
}

#[test]
fn a_family_that_moves_stays_one_household() {
    let moved = [(1, 1300, 1350), (2, 1350, 1400)];
    let formed = households(&[at(&moved), at(&moved), at(&[(2, 1360, 1400)])], &[]);
    assert_eq!(formed, vec![group(&[0, 1, 2])]);
}

#[test]
fn a_child_with_two_homes_is_in_both_households() {
    use LifeStage::{Adult, Child};
    let both = [(1, 1300, 1400), (2, 1330, 1400)];
    let people = [
        at(&[(1, 1300, 1400)]),
        at(&[(2, 1330, 1400)]),
        at(&both),
        at(&both),
    ];
    let mut formed = households(&people, &[Adult, Adult, Child, Child]);
    formed.sort();
    assert_eq!(formed, vec![group(&[0, 2, 3]), group(&[1, 2, 3])]);
}

#[test]
fn someone_who_leaves_home_alone_starts_another_household() {
    let people = [
        at(&[(1, 1300, 1400)]),
        at(&[(1, 1300, 1400)]),
        at(&[(1, 1300, 1360), (2, 1361, 1400)]),
    ];
    let mut formed = households(&people, &[]);
    formed.sort();
    assert_eq!(formed, vec![group(&[0, 1, 2]), group(&[2])]);
}

/// Without months nothing says who came first or which home was left.
#[test]
fn without_months_nobody_is_brought_together_by_a_person_of_two_homes() {
    use LifeStage::{Adult, Child};
    let home = |n| (n, NO_MONTH, NO_MONTH);
    let two_homes = [
        at(&[home(1)]),
        at(&[home(2)]),
        at(&[home(1), home(2)]),
        at(&[home(1), home(2)]),
    ];
    for child in [Adult, Child, LifeStage::Unknown] {
        let mut formed = households(&two_homes, &[Adult, Adult, child, child]);
        formed.sort();
        assert_eq!(formed, vec![group(&[0, 2, 3]), group(&[1, 2, 3])]);
    }
}

#[test]
fn without_months_a_part_of_a_family_in_another_home_is_no_household_more() {
    let home = |n| (n, NO_MONTH, NO_MONTH);
    // Two of three are in an old home too, of which an agency has not heard that they left it; and all three in a third.
    let people = [
        at(&[home(1), home(2), home(3)]),
        at(&[home(1), home(2), home(3)]),
        at(&[home(1), home(3)]),
    ];
    assert_eq!(households(&people, &[]), vec![group(&[0, 1, 2])]);
    // Two larger groups that share it stay two.
    let people = [
        at(&[home(1), home(2), home(3)]),
        at(&[home(1), home(2), home(3)]),
        at(&[home(1)]),
        at(&[home(3)]),
    ];
    let mut formed = households(&people, &[]);
    formed.sort();
    assert_eq!(formed, vec![group(&[0, 1, 2]), group(&[0, 1, 3])]);
}

/// Agencies that know different children heard of a move at different times.
#[test]
fn without_months_a_family_in_its_old_and_its_new_home_is_one() {
    use LifeStage::{Adult, Child};
    let home = |n| (n, NO_MONTH, NO_MONTH);
    let both = [home(1), home(2)];
    let people = [at(&both), at(&both), at(&[home(1)]), at(&[home(2)])];
    let formed = |stages: &[LifeStage]| {
        let mut formed = households(&people, stages);
        formed.sort();
        formed
    };
    let one = vec![group(&[0, 1, 2, 3])];
    let two = vec![group(&[0, 1, 2]), group(&[0, 1, 3])];
    assert_eq!(formed(&[Adult, Adult, Child, Child]), one);
    assert_eq!(formed(&[Adult, Child, Child, Adult]), one);
    // A former and a new partner, or people who may be; and brothers and sisters with two homes.
    assert_eq!(formed(&[Adult, Child, Adult, Adult]), two);
    assert_eq!(formed(&[Adult, Child]), two);
    assert_eq!(formed(&[Child, Child, Child, Child]), two);
    // One who is known in a third home may have left.
    let mut left = people.to_vec();
    left[2] = at(&[home(1), home(3)]);
    left.push(at(&[home(3)]));
    let mut apart = households(&left, &[Adult, Adult, Child, Child, Adult]);
    apart.sort();
    assert_eq!(apart, [two.as_slice(), &[group(&[2, 4])]].concat());
}

#[test]
fn crowded_homes_and_protected_people_form_none() {
    let crowd: Vec<Someone> = (0..14).map(|_| at(&[(1, 1300, 1400)])).collect();
    assert_eq!(households(&crowd, &[]).len(), 14);
    let mut hidden = at(&[(1, 1300, 1400)]);
    hidden.flags = FLAG_WITHHELD;
    assert_eq!(households(&[hidden, at(&[(1, 1300, 1400)])], &[]).len(), 2);
}

#[test]
fn what_is_left_of_a_large_family_carries_it_to_its_new_home() {
    // Four of a family are seen in the old home, one of them and a fifth in the new one; nobody stayed behind.
    let old = (1, 1300, 1350);
    let family = [
        at(&[old]),
        at(&[old]),
        at(&[old]),
        at(&[old, (2, 1352, 1400)]),
        at(&[(2, 1352, 1400)]),
    ];
    assert_eq!(households(&family, &[]), vec![group(&[0, 1, 2, 3, 4])]);
    // When one of them is known elsewhere since, the family went apart.
    let mut apart = family.to_vec();
    apart[0] = at(&[old, (3, 1351, 1400)]);
    assert!(households(&apart, &[]).contains(&group(&[3, 4])));
    // When somebody stayed, the one left home.
    let mut stayed = family.to_vec();
    stayed[0] = at(&[(1, 1300, 1400)]);
    assert!(households(&stayed, &[]).contains(&group(&[3, 4])));
}

/// Two sets of people, and pairs for review between records, by their places in the lists.
fn settled(left: &[Someone], right: &[Someone], pairs: &[(usize, usize)], birth: u8) -> usize {
    let schema = Schema::standard();
    let sets = [set(&schema, "a", left), set(&schema, "b", right)];
    let row = |of: usize, number: usize| {
        let source = ["a", "b"][of];
        let wanted = token(&[source.as_bytes(), &(number as u64).to_le_bytes()]);
        let rows = &sets[of].table.record_ref;
        crate::RecordId {
            set: of as u32,
            row: rows.iter().position(|known| *known == wanted).unwrap() as u32,
        }
    };
    let mut pairs: Vec<crate::Pair> = pairs
        .iter()
        .map(|&(l, r)| {
            let mut agreement = kinfold_schema::Agreement::default();
            agreement.levels[kinfold_schema::Field::Birth as usize] = birth;
            crate::Pair {
                left: row(0, l),
                right: row(1, r),
                weight: 1.0,
                probability: 0.6,
                agreement,
                keys: 1,
                counts: [0; 4],
                filter_bits: 0.0,
                fields: crate::FieldLevels::default(),
                same_home: true,
                sigmas: None,
                comparable: crate::Comparable::default(),
                verdict: Verdict::Review,
            }
        })
        .collect();
    pairs.sort_by_key(|pair| (pair.left, pair.right));
    let given = Given::default();
    let people = crate::form_people(&schema, &sets, &mut pairs, -2.0, &given);
    crate::households::settle(&schema, &sets, &people.people, &mut pairs)
}

#[test]
fn members_of_a_home_are_assigned_one_to_one() {
    let home = || at(&[(1, 1300, 1400)]);
    assert_eq!(settled(&[home()], &[home()], &[(0, 0)], 3), 1);
    // Not without the birth date, not in another home, not after the other had left, not when two compete.
    assert_eq!(settled(&[home()], &[home()], &[(0, 0)], 2), 0);
    assert_eq!(
        settled(&[home()], &[at(&[(2, 1300, 1400)])], &[(0, 0)], 3),
        0
    );
    assert_eq!(
        settled(&[home()], &[at(&[(1, 1401, 1450)])], &[(0, 0)], 3),
        0
    );
    assert_eq!(
        settled(&[home()], &[home(), home()], &[(0, 0), (0, 1)], 3),
        0
    );
    // Protected people take no part.
    let mut hidden = home();
    hidden.flags = FLAG_WITHHELD;
    assert_eq!(settled(&[hidden], &[home()], &[(0, 0)], 3), 0);
}
