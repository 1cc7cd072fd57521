//! The counts of pairs within the file are those that anybody would count who saw all values.

use super::*;
use kinfold_schema::{Agreement, Comparing, WithinCounts};

/// Counts from codes in which values that up to five people have are released, token by token and pair by pair.
fn counted_by_hand(schema: &Schema, people: &[Person]) -> WithinCounts {
    let mut open = schema.clone();
    for key in &mut open.keys {
        key.cap = 5;
        // Room for all values: what does not fit is not released and counts all the same.
        key.slots = 40;
    }
    let order = identity_order(people.len());
    let shared = encode_with(&open, people, &order, &Options::default()).table;
    let released = encode_with(schema, people, &order, &Options::default()).table;
    assert_eq!(shared.record_ref, released.record_ref);
    let slots = open.key_slots();
    let mut holders: BTreeMap<(usize, Token), Vec<usize>> = BTreeMap::new();
    for (key, range) in open.key_layout().iter().enumerate() {
        for row in 0..shared.len() {
            for slot in range.clone() {
                let token = shared.keys[row * slots + slot];
                holders.entry((key, token)).or_default().push(row);
            }
        }
    }
    let of_size = |key: usize, size: usize| {
        let values = holders.iter().filter(|((own, _), _)| *own == key);
        values.filter(|(_, rows)| rows.len() == size).count() as f64
    };
    let alone: Vec<f64> = (0..schema.keys.len())
        .map(|key| (-3.0 * of_size(key, 3) / of_size(key, 2)).exp())
        .collect();
    let mut pairs: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
    for ((key, _), rows) in &holders {
        if let [a, b] = rows[..] {
            pairs.entry((a, b)).or_default().push(*key);
        }
    }
    let comparing = Comparing::new(&schema.presence);
    let mut weights: BTreeMap<_, f64> = BTreeMap::new();
    for ((a, b), keys) in pairs {
        let agreement = keys
            .iter()
            .map(|&key| schema.keys[key].recipe.implies())
            .fold(Agreement::default(), Agreement::max);
        let weight = keys.iter().map(|&key| alone[key]).fold(0.0, f64::max);
        let comparable = comparing.comparable(released.presence[a], released.presence[b]);
        *weights.entry((agreement, comparable)).or_default() += weight;
    }
    let mut counts = WithinCounts::default();
    for ((agreement, comparable), weight) in weights {
        counts.add(agreement, comparable, weight.round() as u64);
    }
    counts
}

#[test]
fn pairs_of_one_file_are_counted_as_by_hand() {
    let schema = Schema::standard();
    for size in [40, 90, 150] {
        let people: Vec<Person> = (0..size).map(person).collect();
        let counts = encode_all(&people, &identity_order(size)).table.within;
        assert!(!counts.is_empty(), "{size} people share nothing");
        assert_eq!(counts, counted_by_hand(&schema, &people), "{size} people");
    }
}

#[test]
fn people_who_share_nothing_leave_no_counts() {
    let people = [person(2)];
    assert!(encode_all(&people, &[0]).table.within.is_empty());
}
