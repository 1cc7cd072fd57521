//! Laws of encoding, on made-up people: order and threads change nothing, nothing shared leaves, padding hides counts, and the codes
//! of sixteen fixed people are known answers.

mod contact;
mod nothing_more;
mod shown;
mod within;

use std::collections::BTreeMap;

use kinfold_identity::{
    AddressSpell, BirthDate, NhsNumber, Person, Sex, read_address, read_family_names,
    read_given_names, read_place,
};
use kinfold_schema::{HOUSEHOLD_NONE, Mixing, NO_MONTH, Schema, Token};
use proptest::prelude::*;

use crate::secrets::test_secrets;
use crate::{Encoded, Error, Input, Options, Simd, encode};

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
        town: None,
        from: 1400,
        to: NO_MONTH,
    }];
    person
}

fn reference(n: usize) -> [u8; 16] {
    blake3::hash(&n.to_le_bytes()).as_bytes()[..16]
        .try_into()
        .unwrap()
}

fn encode_all(people: &[Person], order: &[usize]) -> Encoded {
    encode_with(&Schema::standard(), people, order, &Options::default())
}

fn encode_with(schema: &Schema, people: &[Person], order: &[usize], options: &Options) -> Encoded {
    let inputs: Vec<Input<'_>> = order
        .iter()
        .map(|&n| Input::new(reference(n), &people[n]))
        .collect();
    encode(schema, &test_secrets(1), &inputs, options).unwrap()
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

/// Kinds of keys in a pool release what they release by themselves, and only the order of a record's tokens is another.
#[test]
fn a_pool_mixes_tokens_and_changes_nothing_else() {
    let schema = Schema::standard();
    let people: Vec<Person> = (0..120).map(person).collect();
    let options = Options {
        bench: true,
        ..Options::default()
    };
    let order = identity_order(120);
    let pooled = encode_with(&schema, &people, &order, &options);
    let alone = encode_with(
        &schema.clone().with(Mixing::Apart),
        &people,
        &order,
        &options,
    );
    assert_ne!(pooled.table.keys, alone.table.keys);
    assert_eq!(pooled.report.keys, alone.report.keys);
    let slots = schema.key_slots();
    for pool in schema.pools() {
        for row in 0..pooled.table.len() {
            let of = |encoded: &Encoded| -> Vec<Token> {
                let start = row * slots;
                let own = start + pool.slots.start..start + pool.slots.end;
                encoded.table.keys[own].to_vec()
            };
            let mut expected = of(&alone);
            expected.sort_unstable();
            assert_eq!(of(&pooled), expected);
        }
    }
}

#[test]
fn no_released_token_occurs_twice_in_a_file() {
    let schema = Schema::standard();
    let people: Vec<Person> = (0..200).map(person).collect();
    let encoded = encode_all(&people, &identity_order(200));
    for range in schema.pools().into_iter().map(|pool| pool.slots) {
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
        .map(|n| Input::new(reference(n + 1000), &people[n]))
        .collect();
    let right = encode(&schema, &test_secrets(1), &inputs, &Options::default()).unwrap();
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
    let other = encode(&schema, &test_secrets(2), &inputs, &Options::default()).unwrap();
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
    assert_eq!(encoded.report.blank_filters, [2]);
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
    let inputs = [Input::new([0; 16], &nobody[0])];
    let error = encode(
        &Schema::standard(),
        &test_secrets(1),
        &inputs,
        &Options::default(),
    )
    .unwrap_err();
    assert_eq!(error, Error::Nobody { people: 1 });
}

/// Sixty-four fixed people under every shipped schema, one hash for each column: the codes of released packages must never change by
/// accident. After a change that is meant (it needs a new schema or standardisation version), run with `UPDATE_EXPECT=1` and explain it
/// in the change log.
#[test]
fn known_answers() {
    let people: Vec<Person> = (0..64).map(odd_person).collect();
    let hash = |bytes: &[u8]| blake3::hash(bytes).to_hex().to_string();
    let mut answers = String::new();
    for name in Schema::shipped_names() {
        let schema = Schema::shipped(name).unwrap();
        let answer = |order: &[usize], simd| {
            let options = Options {
                simd,
                ..Options::default()
            };
            let table = encode_with(&schema, &people, order, &options).table;
            let mut lines = format!(
                "schema {name} {}\n",
                blake3::Hash::from_bytes(schema.hash()).to_hex()
            );
            for filter in &table.filters {
                let bytes: Vec<u8> = filter.words.iter().flat_map(|w| w.to_le_bytes()).collect();
                lines += &format!("filter {} {}\n", filter.id, hash(&bytes));
            }
            let homes: Vec<u8> = table.household.iter().flat_map(|k| k.to_bytes()).collect();
            let presence: Vec<u8> = table
                .presence
                .iter()
                .flat_map(|p| p.to_le_bytes())
                .collect();
            lines
                + &format!(
                    "keys {}\nhousehold {}\npresence {}\nflags {}\n",
                    hash(table.keys.as_flattened()),
                    hash(&homes),
                    hash(&presence),
                    hash(&table.flags)
                )
        };
        let order = identity_order(64);
        let backwards: Vec<usize> = order.iter().rev().copied().collect();
        let expected = answer(&order, Simd::Auto);
        assert_eq!(answer(&order, Simd::Scalar), expected, "{name}, scalar");
        assert_eq!(
            answer(&backwards, Simd::Auto),
            expected,
            "{name}, rows backwards"
        );
        for threads in [1, 3] {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            let same = pool.install(|| answer(&order, Simd::Auto));
            assert_eq!(same, expected, "{name}, {threads} threads");
        }
        answers += &expected;
    }
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/known_answers.txt");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, &answers).unwrap();
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(known, answers);
}

/// A made-up person with something odd: several names and homes, parts of dates, identifiers, flags.
fn odd_person(n: usize) -> Person {
    let mut odd = person(n * 5);
    match n % 16 {
        1 => odd.births[0].day = None,
        2 => {
            odd.births = vec![BirthDate {
                year: 1971,
                month: None,
                day: None,
            }];
        }
        3 => odd.nhs = NhsNumber::parse("9990000018").ok(),
        4 => odd.nhs = NhsNumber::parse("9990000026").ok(),
        5 => odd.upn = kinfold_identity::Upn::parse("H801200001001").ok(),
        6 => odd.nino = kinfold_identity::Nino::parse("ZZ123456A").ok(),
        7 => odd
            .family_names
            .extend(read_family_names("Van der Berg (Jones)").unwrap()),
        8 => odd.do_not_link = true,
        9 => odd.protected_address = true,
        10 => odd.addresses.push(AddressSpell {
            address: read_address(&["Flat 3", "12 High Street", "Eastmere"], "XE4 2AB").ok(),
            uprn: kinfold_identity::Uprn::parse("900000000001").ok(),
            town: None,
            from: 1500,
            to: NO_MONTH,
        }),
        11 => odd.first_names.clear(),
        12 => odd.addresses.clear(),
        13 => odd.births.push(BirthDate {
            year: 1980,
            month: Some(2),
            day: Some(29),
        }),
        14 => odd.birth_place = read_place("LAGOS").ok(),
        15 => odd.add_given_names(read_given_names("Bob Lee James").unwrap()),
        _ => {}
    }
    odd
}

/// A file that does not fit into the memory it may use gives the same codes as one that does.
#[test]
fn memory_changes_nothing() {
    let people: Vec<Person> = (0..700).map(|n| odd_person(n % 64 + n)).collect();
    let order = identity_order(700);
    let schema = Schema::standard();
    let folder = tempfile::tempdir().unwrap();
    let roomy = encode_with(&schema, &people, &order, &Options::default());
    let tight = Options {
        memory: 1,
        scratch: folder.path().to_owned(),
        ..Options::default()
    };
    let tight = encode_with(&schema, &people, &order, &tight);
    assert_eq!(tight.table, roomy.table);
    assert_eq!(tight.report, roomy.report);
    assert!(roomy.table.record_ref.is_sorted());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_cap_of_two_releases_what_two_share_and_not_what_three_do() {
    let lines = Schema::standard();
    let apart: Vec<&str> = (lines.text().lines())
        .filter(|line| !line.starts_with("pool ="))
        .collect();
    let text = apart.join("\n").replace(
        "recipe = \"DF H\"\nslots = 1",
        "recipe = \"DF H\"\nslots = 1\ncap = 2",
    );
    let schema = Schema::parse_for_bench(&text).unwrap();
    let people: Vec<Person> = [1, 2, 3, 1, 2, 1].map(person).to_vec();
    let count = |schema: &Schema| {
        let options = Options {
            bench: true,
            ..Options::default()
        };
        let report = encode_with(schema, &people, &identity_order(6), &options).report;
        let count = report.keys.iter().find(|key| key.recipe == "DF H").unwrap();
        (count.values, count.released, count.shared)
    };
    // Person 1 is there three times, person 2 twice, person 3 once.
    assert_eq!(count(&Schema::standard()), (6, 1, 5));
    assert_eq!(count(&schema), (6, 3, 3));
}

#[test]
fn every_two_custodians_have_their_own_tokens() {
    let text = Schema::standard()
        .text()
        .replace("key_scope = \"agreement\"", "key_scope = \"pair\"");
    let schema = Schema::parse(&text).unwrap();
    let people: Vec<Person> = (0..30).map(person).collect();
    let by = |own: &str, partners: &[&str]| {
        let options = Options {
            own: own.to_owned(),
            partners: partners.iter().map(ToString::to_string).collect(),
            ..Options::default()
        };
        encode_with(&schema, &people, &identity_order(30), &options).table
    };
    let council = by("council", &["police", "health"]);
    let health = by("health", &["council", "police"]);
    let slots = schema.key_slots();
    assert_eq!(council.keys.len(), 30 * 2 * slots);
    let set = |table: &kinfold_schema::CodeTable, partner: &str| {
        table.keys_for(partner, slots).unwrap().into_owned()
    };
    // The two meet in the set that each made for the other, and nowhere else.
    assert_eq!(set(&council, "health"), set(&health, "council"));
    let own: std::collections::BTreeSet<Token> = set(&council, "health").into_iter().collect();
    assert!(
        set(&council, "police")
            .iter()
            .all(|token| !own.contains(token))
    );
    assert!(
        set(&health, "police")
            .iter()
            .all(|token| !own.contains(token))
    );
    assert_eq!(council.keys_for("nobody", slots), None);
    let nobody = Input::new(reference(0), &people[0]);
    let error = encode(&schema, &test_secrets(1), &[nobody], &Options::default()).unwrap_err();
    assert!(matches!(error, Error::NoPartner { .. }));
}

#[test]
fn a_value_that_the_schema_insists_on_leaves_the_record_out() {
    use kinfold_schema::{FieldName, FieldSet};
    let text = Schema::standard().text().replace(
        "name = \"birth-date\"\ngroup = \"birth\"",
        "name = \"birth-date\"\ngroup = \"birth\"\ninvalid = \"leave-out\"",
    );
    let insists = Schema::parse(&text).unwrap();
    let people: Vec<Person> = (0..30).map(person).collect();
    let inputs: Vec<Input<'_>> = (0..30)
        .map(|n| {
            let mut input = Input::new(reference(n), &people[n]);
            let mut rejected = FieldSet::default();
            rejected.insert(match n {
                4 => FieldName::BirthDate,
                _ => FieldName::Postcode,
            });
            input.rejected = rejected;
            input
        })
        .collect();
    let report = |schema: &Schema| {
        encode(schema, &test_secrets(1), &inputs, &Options::default())
            .unwrap()
            .report
    };
    let strict = report(&insists);
    assert_eq!((strict.left_out, strict.left_out_for_invalid), (vec![4], 1));
    assert_eq!(report(&Schema::standard()).left_out, Vec::<usize>::new());
}

#[test]
fn one_reference_for_two_people_is_refused() {
    let people: Vec<Person> = (0..2).map(person).collect();
    let inputs = [0, 1].map(|n| Input::new([7; 16], &people[n]));
    let error = encode(
        &Schema::standard(),
        &test_secrets(1),
        &inputs,
        &Options::default(),
    );
    assert_eq!(error.unwrap_err(), Error::SameReference);
}

#[test]
fn a_person_of_very_many_homes_and_birth_dates_has_no_more_values_than_are_looked_at() {
    let mut many = person(3);
    many.births = (0..30).map(|n| person(7 * n).births[0]).collect();
    many.addresses = (0..30).flat_map(|n| person(n).addresses).collect();
    let encoded = encode_all(&[many, person(4)], &[0, 1]);
    for key in &encoded.report.keys {
        assert!(
            key.values <= 2 * crate::blocks::VALUES_MAX,
            "{}",
            key.recipe
        );
    }
    assert!(
        encoded
            .report
            .keys
            .iter()
            .any(|key| key.values >= crate::blocks::VALUES_MAX)
    );
}
