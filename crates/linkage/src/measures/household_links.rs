//! Which household of one agency is which of another: households that a person ties together.

use super::households::Memberships;
use super::interval::Moments;
use super::rates::{Counts, Measured, Share, Sums};
use super::table::{Labelled, dense, parts};

/// Households of two agencies that a person ties together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HouseholdLinks {
    /// Pairs of a household in one source and a household in another with at least one person in both.
    pub links: Measured,
    /// Of the true such pairs: those whose people are all found and that have none wrong.
    pub whole: Share,
}

/// Household links: each source is taken to know its own households (`homes`, by record), and the question is which household of one
/// source is which of another. A pair of households of two different sources is true when a person has a record in both, and
/// predicted when a cluster has.
///
/// Time grows with the square of the homes of one cluster; memory does so only for those of one true person.
pub fn household_links(
    records: &[Labelled],
    sources: &[u32],
    homes: &Memberships,
) -> HouseholdLinks {
    // A home is a household as one source knows it.
    let mut known: Vec<(u32, u32)> = Vec::new();
    for record in 0..records.len() as u32 {
        let own = homes.of(record).iter();
        known.extend(own.map(|&household| (sources[record as usize], household)));
    }
    known.sort_unstable();
    known.dedup();
    let home_of = |record: u32, household: u32| {
        known.partition_point(|&home| home < (sources[record as usize], household)) as u32
    };
    let in_homes = Memberships::new((0..records.len() as u32).map(|record| {
        let own = homes.of(record).iter();
        own.map(|&household| home_of(record, household))
            .collect::<Vec<_>>()
    }));
    let truth = links(records, &in_homes, &known);
    let found_by = Weights::new(records, &in_homes, |record| (record.cluster, 0));
    let right_by = Weights::new(records, &in_homes, |record| (record.cluster, record.entity));

    let entity = dense(records.iter().map(|record| record.entity));
    let cluster = dense(records.iter().map(|record| record.cluster));
    let mut joiner = parts(&entity, &cluster);
    joiner.tie_by(in_homes.ties());
    let units = joiner.units();
    let mut unit_of_home = vec![0u32; known.len()];
    for record in 0..records.len() as u32 {
        for &home in in_homes.of(record) {
            unit_of_home[home as usize] = units.of[record as usize];
        }
    }
    let unit = |home: u32| unit_of_home[home as usize] as usize;
    let mut counts = vec![Counts::default(); units.count];
    let mut whole = vec![(0u64, 0u64); units.count];
    for link in &truth {
        let found = found_by.pairs(link.homes);
        let right = right_by.pairs(link.homes);
        let part = &mut counts[unit(link.homes.0)];
        part.actual += 1;
        part.both += u64::from(found > 0);
        let part = &mut whole[unit(link.homes.0)];
        part.0 += u64::from(found == link.pairs && right == link.pairs);
        part.1 += 1;
    }
    found_by.each_partner(known.len(), |home, other| {
        if known[home as usize].0 != known[other as usize].0 {
            counts[unit(home)].predicted += 1;
        }
    });
    let mut moments = Moments::default();
    for (n, d) in whole {
        moments.add(n, d);
    }
    HouseholdLinks {
        links: Sums::of(counts).measured(),
        whole: Share::of(&moments),
    }
}

/// Two homes of different sources, and how many pairs of records tie them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Link {
    homes: (u32, u32),
    pairs: u64,
}

/// Every two homes of different sources that one person's records are in; ascending.
fn links(records: &[Labelled], homes: &Memberships, known: &[(u32, u32)]) -> Vec<Link> {
    let mut members: Vec<(u32, u32)> = Vec::new();
    for (record, labels) in (0..).zip(records) {
        let own = homes.of(record).iter();
        members.extend(own.map(|&home| (labels.entity, home)));
    }
    members.sort_unstable();
    let mut found: Vec<Link> = Vec::new();
    for same in members.chunk_by(|a, b| a.0 == b.0) {
        let weights: Vec<(u32, u64)> = same
            .chunk_by(|a, b| a.1 == b.1)
            .map(|home| (home[0].1, home.len() as u64))
            .collect();
        for (position, &(a, weight_a)) in weights.iter().enumerate() {
            for &(b, weight_b) in &weights[position + 1..] {
                if known[a as usize].0 != known[b as usize].0 {
                    found.push(Link {
                        homes: (a, b),
                        pairs: weight_a * weight_b,
                    });
                }
            }
        }
    }
    found.sort_unstable();
    found.dedup_by(|later, first| {
        let same = later.homes == first.homes;
        if same {
            first.pairs += later.pairs;
        }
        same
    });
    found
}

/// How many records of each label each home has. The pairs of homes of one cluster are not listed: a result that joined everything
/// would have more than fit into memory.
struct Weights(Vec<(u32, (u32, u32), u64)>);

impl Weights {
    fn new(
        records: &[Labelled],
        homes: &Memberships,
        label: impl Fn(&Labelled) -> (u32, u32),
    ) -> Self {
        let mut rows: Vec<(u32, (u32, u32))> = Vec::new();
        for (record, labels) in (0..).zip(records) {
            let own = homes.of(record).iter();
            rows.extend(own.map(|&home| (home, label(labels))));
        }
        rows.sort_unstable();
        let same = rows.chunk_by(|a, b| a == b);
        Self(
            same.map(|same| (same[0].0, same[0].1, same.len() as u64))
                .collect(),
        )
    }

    fn of(&self, home: u32) -> &[(u32, (u32, u32), u64)] {
        let from = self.0.partition_point(|row| row.0 < home);
        let to = from + self.0[from..].partition_point(|row| row.0 == home);
        &self.0[from..to]
    }

    /// Pairs of records of one label in two homes.
    fn pairs(&self, (a, b): (u32, u32)) -> u64 {
        let (mut a, mut b) = (self.of(a), self.of(b));
        let mut pairs = 0;
        while let (Some(x), Some(y)) = (a.first(), b.first()) {
            match x.1.cmp(&y.1) {
                std::cmp::Ordering::Less => a = &a[1..],
                std::cmp::Ordering::Greater => b = &b[1..],
                std::cmp::Ordering::Equal => {
                    pairs += x.2 * y.2;
                    (a, b) = (&a[1..], &b[1..]);
                }
            }
        }
        pairs
    }

    /// Visits every two homes below `homes` that share a label, once, the smaller first.
    fn each_partner(&self, homes: usize, mut visit: impl FnMut(u32, u32)) {
        let mut by_label: Vec<((u32, u32), u32)> =
            self.0.iter().map(|row| (row.1, row.0)).collect();
        by_label.sort_unstable();
        let mut met = vec![u32::MAX; homes];
        for own in self.0.chunk_by(|a, b| a.0 == b.0) {
            let home = own[0].0;
            for &(_, label, _) in own {
                let from = by_label.partition_point(|row| *row <= (label, home));
                for &(_, other) in by_label[from..].iter().take_while(|row| row.0 == label) {
                    if std::mem::replace(&mut met[other as usize], home) != home {
                        visit(home, other);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::rates::Rates;
    use super::*;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};

    /// Labels, source, true households.
    type Row = (Labelled, u32, BTreeSet<u32>);

    fn rows() -> impl Strategy<Value = Vec<Row>> {
        let homes = prop::collection::btree_set(0u32..4, 0..3);
        let row =
            (0u32..6, 0u32..6, 0u32..3, homes).prop_map(|(entity, cluster, source, homes)| {
                (Labelled { entity, cluster }, source, homes)
            });
        prop::collection::vec(row, 0..40)
    }

    fn measured(rows: &[Row]) -> HouseholdLinks {
        let records: Vec<_> = rows.iter().map(|row| row.0).collect();
        let sources: Vec<_> = rows.iter().map(|row| row.1).collect();
        let homes = Memberships::new(rows.iter().map(|row| row.2.iter().copied()));
        household_links(&records, &sources, &homes)
    }

    proptest! {
        #[test]
        fn household_links_equal_the_enumeration(rows in rows()) {
            type Tied = BTreeMap<[(u32, u32); 2], BTreeSet<(usize, usize)>>;
            let tied = |same: &dyn Fn(&Row, &Row) -> bool| -> Tied {
                let mut tied = Tied::new();
                for (i, a) in rows.iter().enumerate() {
                    for (j, b) in rows.iter().enumerate().filter(|(_, b)| a.1 < b.1 && same(a, b)) {
                        for x in &a.2 {
                            for y in &b.2 {
                                tied.entry([(a.1, *x), (b.1, *y)]).or_default().insert((i, j));
                            }
                        }
                    }
                }
                tied
            };
            let actual = tied(&|a, b| a.0.entity == b.0.entity);
            let predicted = tied(&|a, b| a.0.cluster == b.0.cluster);
            let both = actual.keys().filter(|homes| predicted.contains_key(*homes)).count();
            let whole = actual.iter().filter(|(homes, pairs)| predicted.get(*homes) == Some(*pairs)).count();
            let found = measured(&rows);
            prop_assert_eq!(
                found.links.rates,
                Rates::from_counts(both as u64, predicted.len() as u64, actual.len() as u64)
            );
            prop_assert_eq!((found.whole.count, found.whole.of), (whole as u64, actual.len() as u64));
        }

        #[test]
        fn the_order_of_records_does_not_matter(rows in rows()) {
            let mut turned = rows.clone();
            turned.reverse();
            prop_assert_eq!(measured(&rows), measured(&turned));
        }
    }
}
