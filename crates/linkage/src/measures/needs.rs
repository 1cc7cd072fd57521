//! Needs: household by indicator, current or not.

use std::collections::{BTreeMap, BTreeSet};

use super::rates::{Counts, Measured, Sums};

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
/// an unmatched true household is missed. Returns the rates over all indicators, then those of each indicator that occurs. For the
/// intervals a household, with the one it is matched with, is an independent part.
pub fn needs(
    matched: &BTreeMap<u32, u32>,
    predicted: &CurrentNeeds,
    actual: &CurrentNeeds,
) -> (Measured, BTreeMap<u32, Measured>) {
    let nothing = BTreeSet::new();
    let mut total = Sums::default();
    let mut each: BTreeMap<u32, Sums> = BTreeMap::new();
    let mut part = |found: &BTreeSet<u32>, truth: &BTreeSet<u32>| {
        let mut whole = Counts::default();
        for indicator in found.union(truth) {
            let (p, t) = (found.contains(indicator), truth.contains(indicator));
            let counts = Counts {
                both: u64::from(p && t),
                predicted: u64::from(p),
                actual: u64::from(t),
            };
            each.entry(*indicator).or_default().add(counts);
            whole = whole.plus(counts);
        }
        total.add(whole);
    };
    let mut met: BTreeSet<u32> = BTreeSet::new();
    for (household, found) in predicted {
        let truth = matched.get(household);
        met.extend(truth.copied());
        part(
            found,
            truth
                .and_then(|truth| actual.get(truth))
                .unwrap_or(&nothing),
        );
    }
    for (household, truth) in actual {
        if !met.contains(household) {
            part(&nothing, truth);
        }
    }
    (
        total.measured(),
        each.iter()
            .map(|(&indicator, sums)| (indicator, sums.measured()))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::super::rates::Rates;
    use super::*;
    use proptest::prelude::*;

    proptest! {
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

        /// Every current need counts once on its side, however households are matched.
        #[test]
        fn needs_are_all_counted(
            predicted in prop::collection::btree_map(0u32..6, prop::collection::btree_set(0u32..4, 0..4), 0..6),
            actual in prop::collection::btree_map(0u32..6, prop::collection::btree_set(0u32..4, 0..4), 0..6),
            pairs in prop::collection::btree_map((0u32..6, 0u32..6), 1u64..4, 0..12),
        ) {
            let matched = match_households(&pairs);
            let (total, each) = needs(&matched, &predicted, &actual);
            let count = |needs: &CurrentNeeds| needs.values().map(BTreeSet::len).sum::<usize>() as u64;
            let both: usize = matched
                .iter()
                .filter_map(|(p, t)| Some(predicted.get(p)?.intersection(actual.get(t)?).count()))
                .sum();
            prop_assert_eq!(total.rates, Rates::from_counts(both as u64, count(&predicted), count(&actual)));
            let sum: u64 = each.values().map(|one| one.rates.true_positives).sum();
            prop_assert_eq!(sum, both as u64);
        }
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
        assert_eq!(total.rates, Rates::from_counts(1, 3, 3));
        assert_eq!(each[&0].rates, Rates::from_counts(1, 2, 2));
        assert_eq!(each[&1].rates, Rates::from_counts(0, 1, 0));
        assert_eq!(each[&2].rates, Rates::from_counts(0, 0, 1));
    }
}
