//! The counts of pairs within the file are those that anybody would count who saw all values.

use super::*;
use crate::PlainValues;
use kinfold_schema::{Agreement, AlikePairs, Comparing, WithinCounts};

/// Counts from the plain values of everybody, value by value and pair by pair.
fn counted_by_hand(schema: &Schema, people: &[Person]) -> WithinCounts {
    let order = identity_order(people.len());
    let options = Options {
        bench: true,
        ..Options::default()
    };
    let table = encode_with(schema, people, &order, &options).table;
    let row_of = |n: usize| {
        let own = reference(n);
        let found = table.record_ref.iter().position(|other| *other == own);
        found.expect("everybody is encoded")
    };
    let mut values = PlainValues::new(schema);
    // Of each value who has it, and how many more worthy ones each has.
    let mut holders: BTreeMap<(usize, u64), Vec<(usize, usize)>> = BTreeMap::new();
    for (n, person) in people.iter().enumerate() {
        let row = row_of(n);
        let mut ranks = vec![0; schema.keys.len()];
        values.read(person, |key, value| {
            let of_value = holders.entry((key, value)).or_default();
            of_value.push((row, ranks[key]));
            ranks[key] += 1;
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
    // Of the values of a key and rank the share that nobody else has.
    let free = |key: usize, rank: usize| {
        let of_key = holders.iter().filter(|((own, _), _)| *own == key);
        let shared: Vec<bool> = of_key
            .flat_map(|(_, rows)| rows.iter().map(move |row| (row.1, rows.len() > 1)))
            .filter(|(own, _)| (*own).min(15) == rank)
            .map(|(_, shared)| shared)
            .collect();
        let held_back = shared.iter().filter(|shared| **shared).count();
        1.0 - held_back as f64 / shared.len().max(1) as f64
    };
    // All ways in which the values before it can be free or not.
    let released = |key: usize, rank: usize| -> f64 {
        let before: Vec<f64> = (0..rank.min(15)).map(|rank| free(key, rank)).collect();
        (0u32..1 << before.len())
            .filter(|ways| ways.count_ones() < u32::from(schema.keys[key].slots))
            .map(|ways| {
                let each = before.iter().enumerate();
                each.map(|(at, p)| if ways >> at & 1 == 1 { *p } else { 1.0 - p })
                    .product::<f64>()
            })
            .sum()
    };
    let mut pairs: BTreeMap<(usize, usize), Vec<(usize, f64)>> = BTreeMap::new();
    for ((key, _), rows) in &holders {
        if let [(a, of_a), (b, of_b)] = rows[..] {
            let likely = released(*key, of_a) * released(*key, of_b);
            let pair = pairs.entry((a.min(b), a.max(b))).or_default();
            pair.push((*key, likely));
        }
    }
    let comparing = Comparing::new(&schema.presence);
    let mut weights: BTreeMap<_, (f64, f64)> = BTreeMap::new();
    for ((a, b), mut keys) in pairs {
        keys.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let comparable = comparing.comparable(table.presence[a], table.presence[b]);
        for most in 1..=keys.len() {
            let share = keys[most - 1].1 - keys.get(most).map_or(0.0, |key| key.1);
            if share > 0.0 {
                let keys = || keys[..most].iter().map(|key| key.0);
                let mut agreement = Agreement::default();
                for pool in schema.pools() {
                    let tokens = keys().filter(|key| pool.keys.contains(key)).count();
                    // In each field at least the level that is left when the tokens are those that say least about it.
                    for field in 0..agreement.levels.len() {
                        let kinds = schema.keys[pool.keys.clone()].iter();
                        let mut levels: Vec<u8> = kinds
                            .flat_map(|key| {
                                let level = key.recipe.implies().levels[field];
                                std::iter::repeat_n(level, key.slots.into())
                            })
                            .collect();
                        levels.sort_unstable();
                        if tokens > 0 {
                            let sure = levels[(tokens - 1).min(levels.len() - 1)];
                            agreement.levels[field] = agreement.levels[field].max(sure);
                        }
                    }
                    if let Some(place) = pool.counted {
                        agreement.pools[place] = Agreement::step(tokens);
                    }
                }
                let rarest = keys().map(|key| alone[key]).fold(0.0, f64::max);
                let (pairs, sum) = weights.entry((agreement, comparable)).or_default();
                *pairs += share;
                *sum += share * rarest;
            }
        }
    }
    let mut counts = WithinCounts::default();
    for ((agreement, comparable), (pairs, sum)) in weights {
        let alike = AlikePairs {
            thousandths: (1000.0 * pairs).round() as u64,
            alone: (1000.0 * sum / pairs).round() as u16,
        };
        counts.add(agreement, comparable, alike);
    }
    counts
}

#[test]
fn pairs_of_one_file_are_counted_as_by_hand() {
    for schema in [Schema::standard(), Schema::standard().with(Mixing::Apart)] {
        for size in [40, 90, 150] {
            let people: Vec<Person> = (0..size).map(person).collect();
            let options = Options {
                bench: true,
                ..Options::default()
            };
            let encoded = encode_with(&schema, &people, &identity_order(size), &options);
            let counts = encoded.table.within;
            assert!(!counts.is_empty(), "{size} people share nothing");
            assert_eq!(counts, counted_by_hand(&schema, &people), "{size} people");
        }
    }
}

#[test]
fn people_who_share_nothing_leave_no_counts() {
    let people = [person(2)];
    assert!(encode_all(&people, &[0]).table.within.is_empty());
}
