//! Laws of encoding, on made-up people: order and threads change nothing, nothing shared leaves, padding hides counts, and the codes
//! of sixteen fixed people are known answers.

use std::collections::BTreeMap;

use kinfold_identity::{
    AddressSpell, BirthDate, NhsNumber, Person, Sex, read_address, read_family_names,
    read_given_names, read_place,
};
use kinfold_schema::{HOUSEHOLD_NONE, Schema, Token};
use proptest::prelude::*;

use crate::secrets::test_secrets;
use crate::{Encoded, Error, Input, encode};

const FIRST: [&str; 8] = [
    "Amara",
    "Bill",
    "Chloe Anne",
    "Dmitri",
    "Elif",
    "Finn",
    "Grace",
    "Mohammed",
];
const LAST: [&str; 8] = [
    "O'Brien",
    "Smith-Jones",
    "Patel",
    "Okafor",
    "Kowalska",
    "Yilmaz",
    "McDonald",
    "Begum",
];

/// A made-up person for a number.
fn person(n: usize) -> Person {
    let mut person = Person::default();
    person.add_given_names(read_given_names(FIRST[n % 8]).unwrap());
    person.family_names = read_family_names(LAST[n / 8 % 8]).unwrap();
    person.births = vec![BirthDate {
        year: 1950 + (n * 7 % 70) as u16,
        month: Some((n % 12) as u8 + 1),
        day: Some((n % 28) as u8 + 1),
    }];
    person.sex = Some(if n.is_multiple_of(2) {
        Sex::Female
    } else {
        Sex::Male
    });
    let street = format!("{} Hawthorn Road", n % 40 + 1);
    person.addresses = vec![AddressSpell {
        address: read_address(&[&street], &format!("XE{} {}AB", n % 5 + 1, n % 9 + 1)).ok(),
        uprn: None,
        from: 1400,
        to: 1500,
    }];
    person
}

fn reference(n: usize) -> [u8; 16] {
    blake3::hash(&n.to_le_bytes()).as_bytes()[..16]
        .try_into()
        .unwrap()
}

fn encode_all(people: &[Person], order: &[usize]) -> Encoded {
    let inputs: Vec<Input<'_>> = order
        .iter()
        .map(|&n| Input {
            record_ref: reference(n),
            person: &people[n],
        })
        .collect();
    encode(&Schema::standard(), &test_secrets(1), &inputs).unwrap()
}

fn identity_order(n: usize) -> Vec<usize> {
    (0..n).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]
    #[test]
    fn the_order_of_rows_and_the_number_of_threads_change_nothing(
        order in Just(identity_order(60)).prop_shuffle(),
        threads in 1usize..4,
    ) {
        let people: Vec<Person> = (0..60).map(person).collect();
        let expected = encode_all(&people, &identity_order(60)).table;
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let table = pool.install(|| encode_all(&people, &order)).table;
        prop_assert_eq!(table, expected);
    }
}

#[test]
fn no_released_token_occurs_twice_in_a_file() {
    let schema = Schema::standard();
    let people: Vec<Person> = (0..200).map(person).collect();
    let encoded = encode_all(&people, &identity_order(200));
    let layout = schema.key_layout();
    for range in &layout {
        let mut counts: BTreeMap<Token, usize> = BTreeMap::new();
        for row in 0..encoded.table.len() {
            let mut own: Vec<Token> = range
                .clone()
                .map(|slot| encoded.table.keys[row * schema.key_slots() + slot])
                .collect();
            own.dedup();
            for token in own {
                *counts.entry(token).or_default() += 1;
            }
        }
        assert!(counts.values().all(|&n| n == 1));
    }
    assert!(
        encoded.report.keys.iter().any(|key| key.shared > 0),
        "the test would not notice sharing otherwise"
    );
}

#[test]
fn two_agencies_share_tokens_for_one_person_and_none_for_strangers() {
    let schema = Schema::standard();
    let people: Vec<Person> = (0..100).map(person).collect();
    let left = encode_all(&people, &identity_order(60));
    let inputs: Vec<Input<'_>> = (30..100)
        .map(|n| Input {
            record_ref: reference(n + 1000),
            person: &people[n],
        })
        .collect();
    let right = encode(&schema, &test_secrets(1), &inputs).unwrap();
    let slots = schema.key_slots();
    let row_of = |encoded: &Encoded, n: usize| {
        encoded
            .table
            .record_ref
            .iter()
            .position(|r| *r == reference(n))
            .unwrap()
    };
    let tokens =
        |encoded: &Encoded, row: usize| encoded.table.keys[row * slots..(row + 1) * slots].to_vec();
    let shared = |n: usize, m: usize| {
        let own = tokens(&left, row_of(&left, n));
        tokens(&right, row_of(&right, m + 1000))
            .iter()
            .filter(|token| own.contains(token))
            .count()
    };
    assert!((30..60).all(|n| shared(n, n) > 5));
    let other = encode(&schema, &test_secrets(2), &inputs).unwrap();
    let foreign: Vec<Token> = other.table.keys.clone();
    assert!(
        left.table.keys.iter().all(|token| !foreign.contains(token)),
        "another key gives unrelated codes"
    );
}

#[test]
fn filters_of_one_person_are_near_and_of_strangers_like_coin_tosses() {
    let mut people: Vec<Person> = (0..80).map(person).collect();
    let mut misspelt = person(3);
    misspelt.family_names = read_family_names("Smith Jonez").unwrap();
    people.push(misspelt);
    let encoded = encode_all(&people, &identity_order(81));
    let row = |n: usize| {
        encoded
            .table
            .record_ref
            .iter()
            .position(|r| *r == reference(n))
            .unwrap()
    };
    let distance = |a: usize, b: usize| -> u32 {
        let filter = &encoded.table.filters[0];
        filter
            .row(row(a))
            .iter()
            .zip(filter.row(row(b)))
            .map(|(x, y)| (x ^ y).count_ones())
            .sum()
    };
    let strangers: Vec<u32> = (0..40).map(|n| distance(n, n + 37)).collect();
    assert!(
        strangers
            .iter()
            .all(|&d| (1024 - 150..=1024 + 150).contains(&d)),
        "{strangers:?}"
    );
    assert_eq!(distance(5, 5), 0);
    let fill = encoded.report.mean_fill[0];
    assert!((0.40..0.55).contains(&fill), "fill {fill}");
}

#[test]
fn a_person_without_birth_date_has_a_random_filter() {
    let mut people: Vec<Person> = (0..60).map(person).collect();
    let mut twice = person(9);
    twice.births.clear();
    people.push(twice.clone());
    people.push(twice);
    let encoded = encode_all(&people, &identity_order(62));
    assert_eq!(encoded.report.blank_filters, 2);
    let row = |n: usize| {
        encoded
            .table
            .record_ref
            .iter()
            .position(|r| *r == reference(n))
            .unwrap()
    };
    assert_ne!(
        encoded.table.filters[0].row(row(60)),
        encoded.table.filters[0].row(row(61))
    );
}

#[test]
fn protected_and_communal_homes_leave_no_household_key() {
    let schema = Schema::standard();
    let mut people: Vec<Person> = (0..40).map(person).collect();
    people[4].protected_address = true;
    people[5].addresses[0].address =
        read_address(&["Rosewood Care Home", "3 Hawthorn Road"], "XE1 2AB").ok();
    people[6].do_not_link = true;
    let encoded = encode_all(&people, &identity_order(40));
    let real = |n: usize| {
        let row = encoded
            .table
            .record_ref
            .iter()
            .position(|r| *r == reference(n))
            .unwrap();
        let slots = schema.household_slots();
        encoded.table.household[row * slots..(row + 1) * slots]
            .iter()
            .filter(|key| key.kind != HOUSEHOLD_NONE)
            .count()
    };
    assert_eq!((real(4), real(5), real(6)), (0, 0, 0));
    assert_eq!(real(7), 1);
}

#[test]
fn a_record_that_may_not_be_linked_releases_nothing_that_could_link_it() {
    let people: Vec<Person> = (0..40).map(person).collect();
    let mut marked = people.clone();
    marked[6].do_not_link = true;
    let (open, closed) = (
        encode_all(&people, &identity_order(40)),
        encode_all(&marked, &identity_order(40)),
    );
    let slots = Schema::standard().key_slots();
    let row = open
        .table
        .record_ref
        .iter()
        .position(|r| *r == reference(6))
        .unwrap();
    let tokens = |encoded: &Encoded| encoded.table.keys[row * slots..(row + 1) * slots].to_vec();
    let before = tokens(&open);
    let dummies = tokens(&closed)
        .iter()
        .filter(|token| !before.contains(token))
        .count();
    // Slots that were random before are random in the same way now; no other token stays.
    let random = before
        .iter()
        .filter(|token| tokens(&closed).contains(token))
        .count();
    assert_eq!(dummies + random, slots);
    assert!(dummies > 30, "{dummies} tokens were real before");
    assert_ne!(
        open.table.filters[0].row(row),
        closed.table.filters[0].row(row)
    );
    assert_eq!(closed.report.blank_filters, open.report.blank_filters + 1);
}

#[test]
fn people_without_usable_identity_are_left_out_and_listed() {
    let mut people: Vec<Person> = (0..30).map(person).collect();
    people[2] = Person::default();
    let mut name_only = person(3);
    name_only.births.clear();
    name_only.addresses.clear();
    people[3] = name_only;
    let encoded = encode_all(&people, &identity_order(30));
    assert_eq!(encoded.report.left_out, vec![2, 3]);
    assert_eq!(encoded.table.len(), 28);
    let nobody = [Person::default()];
    let inputs = [Input {
        record_ref: [0; 16],
        person: &nobody[0],
    }];
    let error = encode(&Schema::standard(), &test_secrets(1), &inputs).unwrap_err();
    assert_eq!(error, Error::Nobody { people: 1 });
}

#[test]
fn rare_presence_patterns_are_not_released() {
    let mut people: Vec<Person> = (0..60).map(person).collect();
    people[1].nhs = NhsNumber::parse("9990000018").ok();
    people[2].birth_place = read_place("Lagos").ok();
    let encoded = encode_all(&people, &identity_order(60));
    assert_eq!(encoded.report.presence_patterns, 1);
    // The two, and the eight people with a middle name (one of them is one of the two).
    assert_eq!(encoded.report.presence_coarsened, 9);
}

/// Sixteen fixed people, one hash for each column: the codes of released packages must never change by accident. After a change that
/// is meant (it needs a new schema or standardisation version), run with `UPDATE_EXPECT=1` and explain it in the change log.
#[test]
fn known_answers() {
    let people: Vec<Person> = (0..16).map(|n| person(n * 5)).collect();
    let table = encode_all(&people, &identity_order(16)).table;
    let hash = |bytes: Vec<u8>| blake3::hash(&bytes).to_hex().to_string();
    let words = table.filters[0]
        .words
        .iter()
        .flat_map(|word| word.to_le_bytes())
        .collect();
    let keys = table.keys.concat();
    let household = table
        .household
        .iter()
        .flat_map(|key| key.to_bytes())
        .collect();
    let presence = table
        .presence
        .iter()
        .flat_map(|pattern| pattern.to_le_bytes())
        .collect();
    let answers = format!(
        "schema {}\nfilter {}\nkeys {}\nhousehold {}\npresence {}\n",
        blake3::Hash::from_bytes(Schema::standard().hash()).to_hex(),
        hash(words),
        hash(keys),
        hash(household),
        hash(presence)
    );
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/known_answers.txt");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, &answers).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), answers);
}
