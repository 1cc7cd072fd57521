//! Laws of households: who lives together, who moved with whom, who left, and who is one person because the home says so.

use std::collections::BTreeSet;

use kinfold_schema::{FLAG_WITHHELD, NO_MONTH, Schema};

use super::{Someone, set, someone, token};
use crate::{Given, LifeStage, Options, Verdict, form_households, link};

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
