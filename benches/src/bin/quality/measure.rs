//! Counts against the truth.

use std::collections::{BTreeMap, BTreeSet};

use kinfold_linkage::measures::{BCubed, Labelled, Rates, b_cubed, pairwise};
use serde::Serialize;

/// One row: whose it is, and whose it was said to be.
#[derive(Clone, Debug)]
pub struct Record {
    /// Position of its source in the run.
    pub source: usize,
    /// Its identifier in its table.
    pub own_id: String,
    /// Its record reference, if it became a code.
    pub reference: Option<String>,
    /// The true person.
    pub entity: u32,
    /// The true household of the row's own source, if it is told.
    pub household: Option<u32>,
    /// The person it was put into.
    pub cluster: u32,
}

/// How right a run is.
#[derive(Clone, Debug, Serialize)]
pub struct Measures {
    /// Pairs: of one source within it, of two sources across them, of more sources all of them.
    pub pairs: Rates,
    /// Pairs across every two sources of a run of three or more.
    pub by_sources: BTreeMap<String, Rates>,
    /// B-cubed over all rows.
    pub b_cubed: BCubed,
    /// People of two rows and more that were put together without a row missing or too many.
    pub exact: Rates,
    /// Household pairs of the first two sources, where the truth tells households.
    pub households: Option<HouseholdMeasures>,
}

/// Household pairs: a household of one source and one of another that have a person in common. Each source is taken to know its own
/// households.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct HouseholdMeasures {
    /// Of the household pairs that have a person in common, which were found?
    pub pairs: Rates,
    /// Share of the true household pairs of which every person in common was found, and nobody else.
    pub whole: f64,
}

impl Measures {
    /// Counts. With `one_to_one`, a person of several rows in a source is one match between two sources.
    pub fn of(sources: &[String], records: &[Record], one_to_one: bool) -> Self {
        let labelled: Vec<Labelled> = records
            .iter()
            .map(|record| Labelled {
                entity: record.entity,
                cluster: record.cluster,
            })
            .collect();
        let all: Vec<(usize, usize)> = (0..sources.len())
            .flat_map(|left| (left + 1..sources.len()).map(move |right| (left, right)))
            .collect();
        let across = |(left, right)| across(records, left, right, one_to_one);
        let name = |(left, right): (usize, usize)| format!("{}{}", sources[left], sources[right]);
        Self {
            pairs: match sources.len() {
                2 => across((0, 1)),
                _ => pairwise(&labelled),
            },
            by_sources: match sources.len() {
                0..=2 => BTreeMap::new(),
                _ => all.iter().map(|&two| (name(two), across(two))).collect(),
            },
            b_cubed: b_cubed(&labelled),
            exact: exact(&labelled),
            households: (sources.len() > 1)
                .then(|| households(records, 0, 1))
                .flatten(),
        }
    }
}

/// Rows of two sources in each group, or in each of several parts of it.
type Sides<Key> = BTreeMap<Key, [u64; 2]>;

fn sides<Key: Ord>(
    records: &[Record],
    left: usize,
    right: usize,
    key: impl Fn(&Record) -> Key,
) -> Sides<Key> {
    let mut sides = Sides::new();
    for record in records {
        let both: &mut [u64; 2] = match record.source {
            source if source == left || source == right => sides.entry(key(record)).or_default(),
            _ => continue,
        };
        both[usize::from(record.source == right)] += 1;
    }
    sides
}

/// Pairs across two sources. One to one, a group of `n` and `m` rows has `min(n, m)` pairs instead of `n m`.
fn across(records: &[Record], left: usize, right: usize, one_to_one: bool) -> Rates {
    let pairs = |[n, m]: &[u64; 2]| if one_to_one { *n.min(m) } else { n * m };
    let both = sides(records, left, right, |record| {
        (record.entity, record.cluster)
    });
    let predicted = sides(records, left, right, |record| record.cluster);
    let actual = sides(records, left, right, |record| record.entity);
    Rates::from_counts(
        both.values().map(pairs).sum(),
        predicted.values().map(pairs).sum(),
        actual.values().map(pairs).sum(),
    )
}

/// People of two and more rows that came out as they are.
fn exact(records: &[Labelled]) -> Rates {
    let mut cells: BTreeMap<(u32, u32), u64> = BTreeMap::new();
    let mut entities: BTreeMap<u32, u64> = BTreeMap::new();
    let mut clusters: BTreeMap<u32, u64> = BTreeMap::new();
    for record in records {
        *cells.entry((record.entity, record.cluster)).or_default() += 1;
        *entities.entry(record.entity).or_default() += 1;
        *clusters.entry(record.cluster).or_default() += 1;
    }
    let right = cells.iter().filter(|&((entity, cluster), &rows)| {
        rows > 1 && entities[entity] == rows && clusters[cluster] == rows
    });
    let several = |groups: &BTreeMap<u32, u64>| groups.values().filter(|&&n| n > 1).count() as u64;
    Rates::from_counts(right.count() as u64, several(&clusters), several(&entities))
}

fn households(records: &[Record], left: usize, right: usize) -> Option<HouseholdMeasures> {
    // People in common of each household pair, and of these the ones that were found; pairs of rows that are no one person.
    let mut common: BTreeMap<(u32, u32), BTreeSet<u32>> = BTreeMap::new();
    let mut found: BTreeMap<(u32, u32), BTreeSet<u32>> = BTreeMap::new();
    let mut wrong: BTreeMap<(u32, u32), u64> = BTreeMap::new();
    for (one, other) in joined(records, left, right, |record| record.entity) {
        if let (Some(a), Some(b)) = (one.household, other.household) {
            common.entry((a, b)).or_default().insert(one.entity);
        }
    }
    for (one, other) in joined(records, left, right, |record| record.cluster) {
        if let (Some(a), Some(b)) = (one.household, other.household) {
            if one.entity == other.entity {
                found.entry((a, b)).or_default().insert(one.entity);
            } else {
                *wrong.entry((a, b)).or_default() += 1;
            }
        }
    }
    if common.is_empty() {
        return None;
    }
    let predicted: BTreeSet<_> = found.keys().chain(wrong.keys()).collect();
    let right = predicted.iter().filter(|pair| common.contains_key(pair));
    let whole = common
        .iter()
        .filter(|(pair, people)| !wrong.contains_key(pair) && found.get(pair) == Some(people));
    Some(HouseholdMeasures {
        pairs: Rates::from_counts(
            right.count() as u64,
            predicted.len() as u64,
            common.len() as u64,
        ),
        whole: whole.count() as f64 / common.len() as f64,
    })
}

/// Every two rows of two sources that have the same key.
fn joined(
    records: &[Record],
    left: usize,
    right: usize,
    key: impl Fn(&Record) -> u32,
) -> Vec<(&Record, &Record)> {
    let mut groups: BTreeMap<u32, [Vec<&Record>; 2]> = BTreeMap::new();
    for record in records {
        if record.source == left || record.source == right {
            let side = usize::from(record.source == right);
            groups.entry(key(record)).or_default()[side].push(record);
        }
    }
    let mut pairs = Vec::new();
    for [ones, others] in groups.into_values() {
        for one in &ones {
            pairs.extend(others.iter().map(|other| (*one, *other)));
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(source: usize, entity: u32, household: u32, cluster: u32) -> Record {
        Record {
            source,
            entity,
            household: Some(household),
            own_id: String::new(),
            reference: None,
            cluster,
        }
    }

    fn names(count: usize) -> Vec<String> {
        ["a", "b", "c"][..count]
            .iter()
            .map(|&s| s.to_owned())
            .collect()
    }

    #[test]
    fn a_person_of_several_rows_is_one_match_where_the_truth_is_one_to_one() {
        // Person 1 has two rows in a; one of them is found. Person 2 is put together with person 3.
        let records = [
            record(0, 1, 0, 10),
            record(0, 1, 0, 11),
            record(1, 1, 0, 10),
            record(0, 2, 1, 12),
            record(1, 2, 1, 13),
            record(1, 3, 1, 12),
        ];
        let one = Measures::of(&names(2), &records, true);
        assert_eq!(one.pairs, Rates::from_counts(1, 2, 2));
        let many = Measures::of(&names(2), &records, false);
        assert_eq!(many.pairs, Rates::from_counts(1, 2, 3));
        assert!(one.by_sources.is_empty());
        assert_eq!(one.exact, Rates::from_counts(0, 2, 2));
    }

    #[test]
    fn a_household_is_whole_when_all_its_people_were_found_and_nobody_else() {
        let records = [
            // Household 0 of a and 5 of b: both people found.
            record(0, 1, 0, 10),
            record(1, 1, 5, 10),
            record(0, 2, 0, 11),
            record(1, 2, 5, 11),
            // Household 1 and 6: one of two found.
            record(0, 3, 1, 12),
            record(1, 3, 6, 12),
            record(0, 4, 1, 13),
            record(1, 4, 6, 14),
            // Household 2 and 7: brothers mixed up. 3 and 8: strangers joined.
            record(0, 5, 2, 15),
            record(1, 6, 7, 15),
            record(0, 6, 2, 16),
            record(1, 5, 7, 16),
            record(0, 7, 3, 17),
            record(1, 8, 8, 17),
        ];
        let found = Measures::of(&names(2), &records, true).households.unwrap();
        assert_eq!(found.pairs, Rates::from_counts(3, 4, 3));
        assert!((found.whole - 1.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn three_sources_are_counted_together_and_two_by_two() {
        let records = [
            record(0, 1, 0, 1),
            record(1, 1, 0, 1),
            record(2, 1, 0, 2),
            record(2, 2, 0, 3),
        ];
        let found = Measures::of(&names(3), &records, true);
        assert_eq!(found.pairs, Rates::from_counts(1, 1, 3));
        assert_eq!(found.by_sources["ab"], Rates::from_counts(1, 1, 1));
        assert_eq!(found.by_sources["bc"], Rates::from_counts(0, 0, 1));
    }
}
