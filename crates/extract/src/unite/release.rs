//! What is brought together before a release: own ids, decisions, and no more evidence than is sure.

use super::evidence::tests::{partition, row, town};
use super::laws::{Together, Told, bounded_in};
use super::values::{hash, mix};
use super::*;
use proptest::prelude::*;

/// Place of a row whose own id is told.
fn place(rows: &[PersonRow], own_id: &str) -> usize {
    let mut rows = rows.iter();
    let found = rows.position(|row| row.own_id.expose() == own_id);
    found.expect("an own id")
}

fn are_one(rows: &[PersonRow], together: &Together, ids: [&str; 2]) -> bool {
    let [left, right] = ids.map(|id| place(rows, id));
    let mut people = together.people.iter();
    people.any(|person| person.rows.contains(&left) && person.rows.contains(&right))
}

fn doubt(rows: &[PersonRow], together: &Together, ids: [&str; 2]) -> Option<Doubt> {
    let [left, right] = ids.map(|id| place(rows, id));
    let mut doubtful = together.doubtful.iter();
    let found = doubtful.find(|pair| (pair.left, pair.right) == (left, right));
    found.map(|pair| pair.why)
}

/// The town, its rows in two sources by turns, and two more rows in sources of their own choice.
fn with(ones: [(usize, &str); 2]) -> Vec<PersonRow> {
    let mut rows = town();
    for (at, row) in rows.iter_mut().enumerate() {
        row.source = at % 2;
    }
    for (at, (source, text)) in ones.into_iter().enumerate() {
        let mut more = row(9000 + at, text);
        more.source = source;
        rows.push(more);
    }
    rows
}

const IDS: [&str; 2] = ["9000", "9001"];
const SLIP: [&str; 2] = [
    "Robert|Pennington|21/11/1971|M|9 High Street|",
    "Robert|Penington|12/11/1971|M|9 High Street|",
];
const TWINS: [&str; 2] = [
    "Juliet|Carver|03/04/2014|F|7 High Street|",
    "Martha|Carver|03/04/2014|F|7 High Street|",
];
const EXACT: [&str; 2] = [
    "Juliet|Carver|03/04/2014|F|7 High Street|",
    "Juliet|Carver|03/04/2014|F|7 High Street|",
];

fn decided(ids: [(usize, &str); 2], is_one: bool) -> ([(usize, String); 2], bool) {
    (ids.map(|(source, id)| (source, id.to_owned())), is_one)
}

fn release(rows: &[PersonRow], decisions: &[([(usize, String); 2], bool)]) -> Together {
    let told = Told {
        care: Care::RELEASE,
        numbered: vec![true, true],
        decided: decisions.to_vec(),
    };
    bounded_in(rows, 1 << 20, &told)
}

#[test]
fn two_own_ids_of_one_source_are_two_people_for_evidence_alone() {
    let rows = with([(0, SLIP[0]), (1, SLIP[1])]);
    assert!(are_one(&rows, &release(&rows, &[]), IDS), "two sources");
    let rows = with([(0, SLIP[0]), (0, SLIP[1])]);
    let together = release(&rows, &[]);
    assert!(!are_one(&rows, &together, IDS));
    assert_eq!(doubt(&rows, &together, IDS), Some(Doubt::TwoOwnIds));
    // Where an own id is a record, it says nothing.
    let told = Told::of(Care::RELEASE);
    assert!(are_one(&rows, &bounded_in(&rows, 1 << 20, &told), IDS));
    // An exact identity is one person all the same.
    let rows = with([(0, EXACT[0]), (0, EXACT[1])]);
    assert!(are_one(&rows, &release(&rows, &[]), IDS));
}

#[test]
fn evidence_without_anything_that_is_a_persons_own_is_listed() {
    // Perhaps the father, perhaps the son.
    let rows = with([
        (0, "Frederick|Okonkwo|03/04/1954|M|7 High Street|"),
        (1, "Frederick|Okonkwo||M|7 High Street|"),
    ]);
    let together = release(&rows, &[]);
    assert!(!are_one(&rows, &together, IDS));
    assert_eq!(doubt(&rows, &together, IDS), Some(Doubt::BirthMissing));
}

#[test]
fn a_decision_is_obeyed_and_not_asked_again() {
    let ids = [(0, "9000"), (1, "9001")];
    let rows = with([(0, TWINS[0]), (1, TWINS[1])]);
    assert_eq!(doubt(&rows, &release(&rows, &[]), IDS), Some(Doubt::Twins));
    let one = release(&rows, &[decided(ids, true)]);
    assert!(are_one(&rows, &one, IDS));
    assert_eq!(one.joins[&Reason::Decided], 1);
    let two = release(&rows, &[decided(ids, false)]);
    assert!(!are_one(&rows, &two, IDS));
    assert_eq!(doubt(&rows, &two, IDS), None);
    // Against a sure rule, and against evidence.
    for pair in [EXACT, SLIP] {
        let rows = with([(0, pair[0]), (1, pair[1])]);
        assert!(are_one(&rows, &release(&rows, &[]), IDS));
        let two = release(&rows, &[decided(ids, false)]);
        assert!(!are_one(&rows, &two, IDS));
        assert_eq!(doubt(&rows, &two, IDS), None);
    }
}

#[test]
fn decisions_that_contradict_are_not_followed() {
    let mut rows = with([(0, TWINS[0]), (1, TWINS[1])]);
    let mut third = row(9002, "Julia|Carver|03/04/2014|F|8 High Street|");
    third.source = 2;
    rows.push(third);
    let chain = [
        decided([(0, "9000"), (1, "9001")], true),
        decided([(1, "9001"), (2, "9002")], true),
    ];
    let together = release(&rows, &chain);
    assert!(are_one(&rows, &together, ["9000", "9002"]));
    let mut contradicted = chain.to_vec();
    contradicted.push(decided([(0, "9000"), (2, "9002")], false));
    let together = release(&rows, &contradicted);
    assert_eq!(together.refused, 2);
    assert!(!are_one(&rows, &together, IDS) && !are_one(&rows, &together, ["9001", "9002"]));
    // A record that must not be linked stays alone.
    rows.last_mut().expect("a row").person.do_not_link = true;
    let together = release(&rows, &chain);
    assert_eq!(together.refused, 2);
    assert!(!are_one(&rows, &together, IDS));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn neither_order_nor_memory_changes_who_is_one(
        order in any::<u64>(),
        hash_bytes in 0usize..200_000,
        decisions in proptest::collection::vec((0usize..400, 0usize..400, any::<bool>()), 0..40),
    ) {
        let rows = with([(0, SLIP[0]), (1, SLIP[1])]);
        let own = |row: usize| (rows[row].source, rows[row].own_id.expose().clone());
        let decisions: Vec<_> = decisions
            .into_iter()
            .filter(|(left, right, _)| left != right)
            .map(|(left, right, is_one)| ([own(left), own(right)], is_one))
            .collect();
        let mut told = Told { care: Care::RELEASE, numbered: vec![true, false], decided: decisions };
        let expected = bounded_in(&rows, 1 << 22, &told);
        let mut moved = rows.clone();
        moved.sort_by_key(|row| mix(order ^ mix(hash(row.own_id.expose()))));
        told.decided.reverse();
        let found = bounded_in(&moved, hash_bytes, &told);
        prop_assert_eq!(partition(&moved, &found), partition(&rows, &expected));
        prop_assert_eq!(found.refused, expected.refused);
        prop_assert_eq!(found.doubtful.len(), expected.doubtful.len());
        for ([left, right], is_one) in &told.decided {
            if !is_one {
                prop_assert!(!are_one(&moved, &found, [&left.1, &right.1]));
            }
        }
    }
}
