//! Is the result as good for one group of people as for the others?
//!
//! A group is a set of records: women, children under five, people with short names, whatever a column says. A pair of records
//! belongs to groups by its two **ends**: each record brings one end of each of its pairs into its own group. So a pair across two
//! groups counts once in each, a pair inside a group counts twice there, and the ends of all groups of a column add up to twice
//! the pairs, nothing left out.
//!
//! Each group is compared with all other records. The interval of the difference is the one of `super::interval::difference`, with the
//! correlation that comes from people with records on both sides. Many comparisons find something by chance, so the intervals are
//! widened until all of them together are right 95 times in 100 (Bonferroni).

use serde::Serialize;

use super::interval::{Interval, Moments, difference, two_sided};
use super::rates::{Counts, Sums};
use super::table::Table;

/// One group and all others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// Records in the group.
    pub records: u64,
    /// Ends of pairs in the group.
    pub own: Sums,
    /// Ends of pairs of all other records.
    pub rest: Sums,
    precision: Cross,
    recall: Cross,
}

/// Sums of products over parts with records on both sides: what makes two ratios go up and down together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Cross {
    nn: u128,
    nd: u128,
    dn: u128,
    dd: u128,
}

impl Cross {
    fn add(&mut self, (n, d): (u64, u64), (m, e): (u64, u64)) {
        let product = |a: u64, b: u64| u128::from(a) * u128::from(b);
        self.nn += product(n, m);
        self.nd += product(n, e);
        self.dn += product(d, m);
        self.dd += product(d, e);
    }

    /// Correlation of the ratios of two disjoint sets of records.
    fn correlation(&self, own: &Moments, rest: &Moments) -> f64 {
        let (Some(p), Some(q)) = (own.ratio(), rest.ratio()) else {
            return 0.0;
        };
        let spread = libm::sqrt(own.variance() * rest.variance());
        if spread <= 0.0 {
            return 0.0;
        }
        let sum = self.nn as f64 - q * self.nd as f64 - p * self.dn as f64 + p * q * self.dd as f64;
        let both = own.denominator() as f64 * rest.denominator() as f64;
        (sum / both / spread).clamp(-1.0, 1.0)
    }
}

/// How far a rate of a group is from that of all other records.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Gap {
    /// The rate of all other records.
    pub others: f64,
    /// The group's rate less that of the others.
    pub difference: f64,
    /// Interval of the difference; all that are given together hold in 95 of 100 cases.
    pub interval: Interval,
    /// Whether that interval leaves zero out.
    pub beyond_chance: bool,
}

/// Gaps of one group; `None` where too few independent parts are on one side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Gaps {
    /// Of precision: is the group joined with strangers more often than others?
    pub precision: Option<Gap>,
    /// Of recall: is the group missed more often than others?
    pub recall: Option<Gap>,
}

impl Table {
    /// Sums for each group of a column: `value` has the group of each record, below `groups`.
    ///
    /// # Panics
    /// When `value` is shorter than the records or has a group that is not below `groups`.
    pub fn by_group(&self, value: &[u32], groups: usize) -> Vec<Group> {
        let all = Sums::of(self.parts().map(|part| self.ends_of(part)));
        let mut found = vec![
            Group {
                rest: all,
                ..Group::default()
            };
            groups
        ];
        let mut of_part: Vec<(u32, Counts)> = Vec::new();
        for part in self.parts() {
            let whole = self.ends_of(part);
            of_part.clear();
            of_part.extend(part.iter().map(|&r| (value[r as usize], self.ends(r))));
            of_part.sort_unstable_by_key(|&(group, _)| group);
            for same in of_part.chunk_by(|a, b| a.0 == b.0) {
                let own = same
                    .iter()
                    .fold(Counts::default(), |sum, (_, ends)| sum.plus(*ends));
                let rest = whole.without(own);
                let group = &mut found[same[0].0 as usize];
                group.records += same.len() as u64;
                group.own.add(own);
                group.rest.remove(whole);
                group.rest.add(rest);
                group
                    .precision
                    .add((own.both, own.predicted), (rest.both, rest.predicted));
                group
                    .recall
                    .add((own.both, own.actual), (rest.both, rest.actual));
            }
        }
        found
    }
}

/// Compares every group of every column with all other records.
pub fn compare(columns: &[Vec<Group>]) -> Vec<Vec<Gaps>> {
    let sides = |group: &Group| {
        [
            (group.own.precision, group.rest.precision, group.precision),
            (group.own.recall, group.rest.recall, group.recall),
        ]
    };
    let possible =
        |own: &Moments, rest: &Moments| own.interval().is_some() && rest.interval().is_some();
    let comparisons: usize = columns
        .iter()
        .map(|column| {
            let count: usize = column
                .iter()
                .flat_map(sides)
                .filter(|(own, rest, _)| possible(own, rest))
                .count();
            // Of two groups, each is "all others" of the other.
            if column.len() == 2 {
                count.div_ceil(2)
            } else {
                count
            }
        })
        .sum();
    let z = two_sided(0.05 / comparisons.max(1) as f64);
    let gap = |(own, rest, cross): (Moments, Moments, Cross)| {
        if !possible(&own, &rest) {
            return None;
        }
        let (p, q) = (own.ratio()?, rest.ratio()?);
        let interval = difference(
            (p, own.interval_at(z)?),
            (q, rest.interval_at(z)?),
            cross.correlation(&own, &rest),
        );
        Some(Gap {
            others: q,
            difference: p - q,
            interval,
            beyond_chance: !interval.holds(0.0),
        })
    };
    columns
        .iter()
        .map(|column| {
            column
                .iter()
                .map(|group| {
                    let [precision, recall] = sides(group).map(gap);
                    Gaps { precision, recall }
                })
                .collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::brute::labelled;
    use super::super::table::Labelled;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Ends by the definition: every pair of records is looked at from both sides.
        #[test]
        fn groups_equal_the_enumeration(
            rows in prop::collection::vec((0u32..6, 0u32..6, 0u32..3), 0..40)
        ) {
            let records: Vec<_> = rows
                .iter()
                .map(|&(entity, cluster, _)| Labelled { entity, cluster })
                .collect();
            let value: Vec<u32> = rows.iter().map(|row| row.2).collect();
            let table = Table::new(&records, &[]);
            let found = table.by_group(&value, 3);
            let mut total = Counts::default();
            for group in 0..3u32 {
                let mut slow = Counts::default();
                for (i, a) in rows.iter().enumerate().filter(|(_, a)| a.2 == group) {
                    for (_, b) in rows.iter().enumerate().filter(|&(j, _)| i != j) {
                        let (t, p) = (a.0 == b.0, a.1 == b.1);
                        slow = slow.plus(Counts {
                            both: u64::from(t && p),
                            predicted: u64::from(p),
                            actual: u64::from(t),
                        });
                    }
                }
                let rates = found[group as usize].own.rates();
                prop_assert_eq!(
                    (rates.true_positives, rates.predicted, rates.actual),
                    (slow.both, slow.predicted, slow.actual)
                );
                total = total.plus(slow);
            }
            let all = table.pairwise().rates;
            prop_assert_eq!(total.both, 2 * all.true_positives);
            prop_assert_eq!(total.predicted, 2 * all.predicted);
            prop_assert_eq!(total.actual, 2 * all.actual);
        }

        /// The others of a group are the other group, sum by sum: taking parts out leaves nothing behind.
        #[test]
        fn of_two_groups_each_is_the_rest_of_the_other(
            records in labelled(), seed in prop::collection::vec(0u32..2, 40)
        ) {
            let found = Table::new(&records, &[]).by_group(&seed, 2);
            prop_assert_eq!(found[0].rest, found[1].own);
            prop_assert_eq!(found[1].rest, found[0].own);
        }
    }

    /// `people` people of two records each in group `value`; every `missed`-th is split.
    fn people(from: u32, people: u32, missed: u32) -> Vec<Labelled> {
        (0..people)
            .flat_map(|person| {
                let (entity, split) = (from + person, person % missed == 0);
                let second = if split { 1_000_000 + entity } else { entity };
                [entity, second].map(|cluster| Labelled { entity, cluster })
            })
            .collect()
    }

    #[test]
    fn a_real_gap_is_found_and_an_accident_is_not() {
        let measure = |missed: u32| {
            let mut records = people(0, 600, 50);
            records.extend(people(600, 600, missed));
            let value: Vec<u32> = (0..2400).map(|record| u32::from(record >= 1200)).collect();
            let column = Table::new(&records, &[]).by_group(&value, 2);
            compare(&[column])[0][1].recall.unwrap()
        };
        let real = measure(10);
        assert!(real.beyond_chance && real.difference < -0.07, "{real:?}");
        let accident = measure(40);
        assert!(!accident.beyond_chance, "{accident:?}");
    }

    #[test]
    fn a_tiny_group_is_not_judged() {
        let mut records = people(0, 600, 50);
        records.extend(people(600, 3, 1));
        let value: Vec<u32> = (0..1206).map(|record| u32::from(record >= 1200)).collect();
        let column = Table::new(&records, &[]).by_group(&value, 2);
        assert_eq!(compare(&[column])[0][1].recall, None);
    }
}
