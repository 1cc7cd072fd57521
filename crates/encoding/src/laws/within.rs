//! The counts of pairs within the file are those that anybody would count who saw all values.

use super::*;
use crate::PlainValues;
use kinfold_schema::{Agreement, Comparing, WithinCounts};

/// Counts from the plain values of everybody, value by value and pair by pair.
fn counted_by_hand(schema: &Schema, people: &[Person]) -> WithinCounts {
    let order = identity_order(people.len());
    let released = encode_with(schema, people, &order, &Options::default()).table;
    let row_of = |n: usize| {
        let own = reference(n);
        let found = released.record_ref.iter().position(|other| *other == own);
        found.expect("everybody is encoded")
    };
    let mut values = PlainValues::new(schema);
    let mut holders: BTreeMap<(usize, u64), Vec<usize>> = BTreeMap::new();
    for (n, person) in people.iter().enumerate() {
        let row = row_of(n);
        values.read(person, |key, value| {
            holders.entry((key, value)).or_default().push(row);
        });
    }
    let of_size = |key: usize, size: usize| {
        let values = holders.iter().filter(|((own, _), _)| *own == key);
        values.filter(|(_, rows)| rows.len() == size).count() as f64
    };
    let alone: Vec<f64> = (0..schema.keys.len())
        .map(|key| {
            let damped = [64.0, 63.0, 57.0, 42.0, 22.0, 7.0, 1.0];
            let sum: f64 = (0..7usize)
                .map(|k| {
                    let sign = if k % 2 == 0 { 1.0 } else { -1.0 };
                    sign * ((k + 1) * (k + 2)) as f64 * of_size(key, k + 2) * damped[k] / 64.0
                })
                .sum();
            (sum / (2.0 * of_size(key, 2).max(1.0))).clamp(0.05, 1.0)
        })
        .collect();
    let mut pairs: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
    for ((key, _), rows) in &holders {
        if let [a, b] = rows[..] {
            pairs.entry((a.min(b), a.max(b))).or_default().push(*key);
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
