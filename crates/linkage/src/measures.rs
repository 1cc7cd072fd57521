//! How good is a result, when the truth is known?
//!
//! Four measures, all of them counts over records that were asked about, none of them an estimate:
//! - [`pairwise`]: of all pairs of records, which belong together, and which did we join?
//! - [`b_cubed`]: the same question asked record by record, so that one large wrong cluster does not drown everything else.
//! - [`household_pairs`]: pairs of records of two *different* people of one household.
//! - [`needs`]: household by indicator, is the need current or not?
//!
//! Pairs are counted from group sizes, never enumerated: a cluster of `n` records has `n(n-1)/2` pairs. The tests compare every
//! count with a brute-force enumeration. Groups are numbered by the caller; the numbers have no meaning, only equality and, where
//! a tie must be broken, order.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

/// Precision, recall and F1, with the counts they come from.
///
/// With nothing predicted, precision is 1 when there was nothing to find and 0 otherwise; recall is treated the same way. So a
/// result that says nothing never looks perfect.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Rates {
    /// Share of what was predicted that is true, 0 to 1.
    pub precision: f64,
    /// Share of what is true that was predicted, 0 to 1.
    pub recall: f64,
    /// Harmonic mean of the two, 0 to 1.
    pub f1: f64,
    /// How many predicted items are true.
    pub true_positives: u64,
    /// How many items were predicted.
    pub predicted: u64,
    /// How many items are true.
    pub actual: u64,
}

impl Rates {
    /// From the three counts; `true_positives` is at most each of the others.
    pub fn from_counts(true_positives: u64, predicted: u64, actual: u64) -> Self {
        let share = |whole: u64| match (whole, predicted + actual) {
            (_, 0) => 1.0,
            (0, _) => 0.0,
            (whole, _) => true_positives as f64 / whole as f64,
        };
        let f1 = if predicted + actual == 0 {
            1.0
        } else {
            2.0 * true_positives as f64 / (predicted + actual) as f64
        };
        Self {
            precision: share(predicted),
            recall: share(actual),
            f1,
            true_positives,
            predicted,
            actual,
        }
    }
}

/// One record: whose it is, and which cluster it was put in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Labelled {
    /// The true person.
    pub entity: u32,
    /// The predicted person. A record that no cluster holds gets a number of its own.
    pub cluster: u32,
}

/// Pairwise precision, recall and F1 over all pairs of records, in `O(n log n)`.
pub fn pairwise(records: &[Labelled]) -> Rates {
    let table = Contingency::new(records);
    let pairs = |groups: &BTreeMap<u32, u64>| groups.values().map(|&n| pairs_within(n)).sum();
    Rates::from_counts(
        table.cells.values().map(|&n| pairs_within(n)).sum(),
        pairs(&table.clusters),
        pairs(&table.entities),
    )
}

/// B-cubed precision, recall and F1 (their harmonic mean), each 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BCubed {
    /// Average over records of the share of its cluster that is the same person.
    pub precision: f64,
    /// Average over records of the share of the person's records that are in its cluster.
    pub recall: f64,
    /// Harmonic mean of the two.
    pub f1: f64,
}

/// B-cubed over all records (Bagga and Baldwin, 1998); 1 everywhere when there is no record.
pub fn b_cubed(records: &[Labelled]) -> BCubed {
    if records.is_empty() {
        return BCubed {
            precision: 1.0,
            recall: 1.0,
            f1: 1.0,
        };
    }
    let table = Contingency::new(records);
    let (mut precision, mut recall) = (0.0, 0.0);
    for (cell, &n) in &table.cells {
        let square = n as f64 * n as f64;
        precision += square / table.clusters[&cell.cluster] as f64;
        recall += square / table.entities[&cell.entity] as f64;
    }
    let count = records.len() as f64;
    let (precision, recall) = (precision / count, recall / count);
    BCubed {
        precision,
        recall,
        f1: 2.0 * precision * recall / (precision + recall),
    }
}

/// One record, with the households of its true person and of its predicted person.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HouseholdRecord {
    /// The true person.
    pub entity: u32,
    /// The predicted person.
    pub cluster: u32,
    /// Every true household of the record, past ones included.
    pub true_households: BTreeSet<u32>,
    /// Every predicted household of the record's cluster, past ones included.
    pub predicted_households: BTreeSet<u32>,
}

/// Household pairs: two records form a true pair when their *entities differ* and they share a true household; a predicted pair
/// when their *clusters differ* and they share a predicted household. Each pair counts once, however many households it shares.
///
/// Time grows with the square of the household size (in distinct people, not in records).
pub fn household_pairs(records: &[HouseholdRecord]) -> Rates {
    // Records with the same four labels behave alike, so they are counted once with their number as weight.
    let mut weights: BTreeMap<&HouseholdRecord, u64> = BTreeMap::new();
    for record in records {
        *weights.entry(record).or_default() += 1;
    }
    let cells: Vec<(&HouseholdRecord, u64)> = weights.into_iter().collect();
    let (mut both, mut actual, mut predicted) = (0, 0, 0);
    each_pair_once(
        &cells,
        |r| &r.true_households,
        |a, b, weight| {
            if a.entity != b.entity {
                actual += weight;
                let joined = a.cluster != b.cluster
                    && !a.predicted_households.is_disjoint(&b.predicted_households);
                both += if joined { weight } else { 0 };
            }
        },
    );
    each_pair_once(
        &cells,
        |r| &r.predicted_households,
        |a, b, weight| predicted += if a.cluster == b.cluster { 0 } else { weight },
    );
    Rates::from_counts(both, predicted, actual)
}

/// Matches predicted to true households one to one, greedily: the pair that shares most records first, ties by the smaller
/// predicted and then the smaller true number. `shared` counts records per (predicted, true) pair.
pub fn match_households(shared: &BTreeMap<(u32, u32), u64>) -> BTreeMap<u32, u32> {
    let mut order: Vec<(u64, u32, u32)> = shared
        .iter()
        .filter(|&(_, &n)| n > 0)
        .map(|(&(p, t), &n)| (n, p, t))
        .collect();
    order.sort_by_key(|&(n, p, t)| (std::cmp::Reverse(n), p, t));
    let (mut matched, mut taken) = (BTreeMap::new(), BTreeSet::new());
    for (_, predicted, truth) in order {
        if !matched.contains_key(&predicted) && taken.insert(truth) {
            matched.insert(predicted, truth);
        }
    }
    matched
}

/// The current needs of each household: household number to indicator numbers. A household without a current need may be left out.
pub type CurrentNeeds = BTreeMap<u32, BTreeSet<u32>>;

/// Rates over (household, indicator) cells, current or not: a current need of an unmatched predicted household is false, one of
/// an unmatched true household is missed. Returns the rates over all indicators, then those of each indicator that occurs.
pub fn needs(
    matched: &BTreeMap<u32, u32>,
    predicted: &CurrentNeeds,
    actual: &CurrentNeeds,
) -> (Rates, BTreeMap<u32, Rates>) {
    let mut counts: BTreeMap<u32, [u64; 3]> = BTreeMap::new();
    for &indicator in actual.values().flatten() {
        counts.entry(indicator).or_default()[2] += 1;
    }
    for (household, indicators) in predicted {
        let truth = matched.get(household).and_then(|t| actual.get(t));
        for indicator in indicators {
            let count = counts.entry(*indicator).or_default();
            count[1] += 1;
            count[0] += u64::from(truth.is_some_and(|t| t.contains(indicator)));
        }
    }
    let rates = |[both, predicted, actual]: [u64; 3]| Rates::from_counts(both, predicted, actual);
    let total = counts.values().fold([0; 3], |sum, count| {
        [sum[0] + count[0], sum[1] + count[1], sum[2] + count[2]]
    });
    (
        rates(total),
        counts.iter().map(|(&i, &c)| (i, rates(c))).collect(),
    )
}

/// How many records each cluster, each entity and each combination of both has.
struct Contingency {
    cells: BTreeMap<Labelled, u64>,
    clusters: BTreeMap<u32, u64>,
    entities: BTreeMap<u32, u64>,
}

impl Contingency {
    fn new(records: &[Labelled]) -> Self {
        let mut table = Self {
            cells: BTreeMap::new(),
            clusters: BTreeMap::new(),
            entities: BTreeMap::new(),
        };
        for record in records {
            *table.cells.entry(*record).or_default() += 1;
            *table.clusters.entry(record.cluster).or_default() += 1;
            *table.entities.entry(record.entity).or_default() += 1;
        }
        table
    }
}

fn pairs_within(n: u64) -> u64 {
    n * n.saturating_sub(1) / 2
}

/// Visits every pair of different cells that share a household, once, with the number of record pairs it stands for. A pair that
/// shares several households is visited under the smallest of them, so no set of seen pairs is needed.
fn each_pair_once<'a>(
    cells: &[(&'a HouseholdRecord, u64)],
    households: impl Fn(&'a HouseholdRecord) -> &'a BTreeSet<u32>,
    mut visit: impl FnMut(&HouseholdRecord, &HouseholdRecord, u64),
) {
    let mut members: BTreeMap<u32, Vec<(&'a HouseholdRecord, u64)>> = BTreeMap::new();
    for &(record, weight) in cells {
        for &household in households(record) {
            members.entry(household).or_default().push((record, weight));
        }
    }
    for (household, inside) in &members {
        for (position, &(a, weight_a)) in inside.iter().enumerate() {
            for &(b, weight_b) in &inside[position + 1..] {
                if households(a).intersection(households(b)).next() == Some(household) {
                    visit(a, b, weight_a * weight_b);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The definition, word for word: every pair of records is looked at.
    fn brute_force<R>(
        records: &[R],
        is_true: impl Fn(&R, &R) -> bool,
        is_predicted: impl Fn(&R, &R) -> bool,
    ) -> Rates {
        let (mut both, mut predicted, mut actual) = (0, 0, 0);
        for (i, a) in records.iter().enumerate() {
            for b in &records[i + 1..] {
                let (t, p) = (is_true(a, b), is_predicted(a, b));
                both += u64::from(t && p);
                predicted += u64::from(p);
                actual += u64::from(t);
            }
        }
        Rates::from_counts(both, predicted, actual)
    }

    fn labelled() -> impl Strategy<Value = Vec<Labelled>> {
        let record = (0u32..6, 0u32..6).prop_map(|(entity, cluster)| Labelled { entity, cluster });
        prop::collection::vec(record, 0..40)
    }

    fn household_records() -> impl Strategy<Value = Vec<HouseholdRecord>> {
        let households = || prop::collection::btree_set(0u32..4, 0..3);
        let record = (0u32..6, 0u32..6, households(), households()).prop_map(
            |(entity, cluster, true_households, predicted_households)| HouseholdRecord {
                entity,
                cluster,
                true_households,
                predicted_households,
            },
        );
        prop::collection::vec(record, 0..40)
    }

    proptest! {
        #[test]
        fn pairwise_equals_the_enumeration(records in labelled()) {
            let expected = brute_force(
                &records,
                |a, b| a.entity == b.entity,
                |a, b| a.cluster == b.cluster,
            );
            prop_assert_eq!(pairwise(&records), expected);
        }

        #[test]
        fn household_pairs_equal_the_enumeration(records in household_records()) {
            let expected = brute_force(
                &records,
                |a, b| a.entity != b.entity && !a.true_households.is_disjoint(&b.true_households),
                |a, b| a.cluster != b.cluster
                    && !a.predicted_households.is_disjoint(&b.predicted_households),
            );
            prop_assert_eq!(household_pairs(&records), expected);
        }

        #[test]
        fn b_cubed_equals_the_average_over_records(records in labelled()) {
            let share = |group: &dyn Fn(&Labelled, &Labelled) -> bool| -> f64 {
                let of = |a: &Labelled| {
                    let group: Vec<_> = records.iter().filter(|b| group(a, b)).collect();
                    let same = |b: &&&Labelled| b.entity == a.entity && b.cluster == a.cluster;
                    group.iter().filter(same).count() as f64 / group.len() as f64
                };
                records.iter().map(of).sum::<f64>() / records.len().max(1) as f64
            };
            let found = b_cubed(&records);
            if !records.is_empty() {
                prop_assert!((found.precision - share(&|a, b| a.cluster == b.cluster)).abs() < 1e-9);
                prop_assert!((found.recall - share(&|a, b| a.entity == b.entity)).abs() < 1e-9);
            }
        }

        #[test]
        fn the_order_of_records_does_not_matter(records in household_records()) {
            let mut turned = records.clone();
            turned.reverse();
            prop_assert_eq!(household_pairs(&records), household_pairs(&turned));
        }

        #[test]
        fn the_truth_itself_scores_one(records in labelled()) {
            let perfect: Vec<_> = records.iter().map(|r| Labelled { cluster: r.entity, ..*r }).collect();
            prop_assert_eq!(pairwise(&perfect).f1, 1.0);
            prop_assert!((b_cubed(&perfect).f1 - 1.0).abs() < 1e-12);
        }

        #[test]
        fn matching_is_one_to_one_and_leaves_no_free_pair(
            shared in prop::collection::btree_map((0u32..5, 0u32..5), 0u64..4, 0..20)
        ) {
            let matched = match_households(&shared);
            let taken: BTreeSet<u32> = matched.values().copied().collect();
            prop_assert_eq!(taken.len(), matched.len());
            for (&(p, t), &n) in &shared {
                prop_assert!(n == 0 || matched.contains_key(&p) || taken.contains(&t));
            }
        }
    }

    #[test]
    fn nothing_predicted_is_not_perfect() {
        assert_eq!(Rates::from_counts(0, 0, 5).precision, 0.0);
        assert_eq!(Rates::from_counts(0, 0, 0).f1, 1.0);
    }

    #[test]
    fn ties_go_to_the_smaller_numbers() {
        let shared = BTreeMap::from([((1, 1), 2), ((0, 1), 2), ((0, 0), 2)]);
        assert_eq!(match_households(&shared), BTreeMap::from([(0, 0), (1, 1)]));
    }

    #[test]
    fn unmatched_needs_count_against_the_result() {
        // Household 0 is matched and right about one of two needs; predicted 1 and true 1 have nobody in common.
        let matched = BTreeMap::from([(0, 0)]);
        let predicted = BTreeMap::from([(0, BTreeSet::from([0, 1])), (1, BTreeSet::from([0]))]);
        let actual = BTreeMap::from([(0, BTreeSet::from([0])), (1, BTreeSet::from([0, 2]))]);
        let (total, each) = needs(&matched, &predicted, &actual);
        assert_eq!(total, Rates::from_counts(1, 3, 3));
        assert_eq!(each[&0], Rates::from_counts(1, 2, 2));
        assert_eq!(each[&1], Rates::from_counts(0, 1, 0));
        assert_eq!(each[&2], Rates::from_counts(0, 0, 1));
    }
}
