//! Households: who lives with whom, and which households came out whole.

use std::collections::BTreeSet;

use super::rates::{Counts, Measured, Sums};
use super::table::{Labelled, Table, dense, parts};
use super::units::Units;

/// The households of each record, flat.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memberships {
    starts: Vec<u32>,
    households: Vec<u32>,
}

impl Memberships {
    /// From the households of each record, in any order, repeated ones counted once.
    pub fn new<I: IntoIterator<Item = u32>>(records: impl IntoIterator<Item = I>) -> Self {
        let mut made = Self {
            starts: vec![0],
            households: Vec::new(),
        };
        let mut own: Vec<u32> = Vec::new();
        for record in records {
            own.clear();
            own.extend(record);
            own.sort_unstable();
            own.dedup();
            made.households.extend_from_slice(&own);
            made.starts.push(made.households.len() as u32);
        }
        made
    }

    /// The households of a record, ascending; none for a record that is not there.
    pub fn of(&self, record: u32) -> &[u32] {
        let record = record as usize;
        match (self.starts.get(record), self.starts.get(record + 1)) {
            (Some(&from), Some(&to)) => &self.households[from as usize..to as usize],
            _ => &[],
        }
    }

    /// (record, household), records ascending; households are made dense.
    pub(super) fn ties(&self) -> impl Iterator<Item = (u32, u32)> {
        let labels = dense(self.households.iter().copied());
        (0..self.starts.len().saturating_sub(1)).flat_map(move |record| {
            let own = self.starts[record] as usize..self.starts[record + 1] as usize;
            labels[own]
                .iter()
                .map(|&household| (record as u32, household))
                .collect::<Vec<_>>()
        })
    }
}

/// Records with people and households, true and predicted.
#[derive(Clone, Copy, Debug)]
pub struct HouseholdTable<'a> {
    /// True and predicted person of each record.
    pub records: &'a [Labelled],
    /// Every true household of each record, past ones included.
    pub truth: &'a Memberships,
    /// Every predicted household of each record's cluster, past ones included.
    pub predicted: &'a Memberships,
}

impl HouseholdTable<'_> {
    /// Household pairs: two records form a true pair when their *people differ* and they share a true household; a predicted pair
    /// when their *clusters differ* and they share a predicted household. Each pair counts once, however many households it shares.
    ///
    /// Time grows with the square of the household size (in distinct people, not in records).
    pub fn pairs(&self) -> Measured {
        let units = self.units();
        // Records with the same four labels behave alike, so they are counted once with their number as weight.
        let labels = |record: u32| {
            let Labelled { entity, cluster } = self.records[record as usize];
            (
                entity,
                cluster,
                self.truth.of(record),
                self.predicted.of(record),
            )
        };
        let mut order: Vec<u32> = (0..self.records.len() as u32).collect();
        order.sort_unstable_by(|&a, &b| labels(a).cmp(&labels(b)).then(a.cmp(&b)));
        let cells: Vec<(u32, u64)> = order
            .chunk_by(|&a, &b| labels(a) == labels(b))
            .map(|same| (same[0], same.len() as u64))
            .collect();
        let mut counts = vec![Counts::default(); units.count];
        let unit = |record: u32| units.of[record as usize] as usize;
        let person = |record: u32| self.records[record as usize];
        each_pair_once(&cells, self.truth, |a, b, weight| {
            if person(a).entity != person(b).entity {
                let joined = person(a).cluster != person(b).cluster
                    && first_shared(self.predicted.of(a), self.predicted.of(b)).is_some();
                counts[unit(a)].actual += weight;
                counts[unit(a)].both += if joined { weight } else { 0 };
            }
        });
        each_pair_once(&cells, self.predicted, |a, b, weight| {
            if person(a).cluster != person(b).cluster {
                counts[unit(a)].predicted += weight;
            }
        });
        Sums::of(counts).measured()
    }

    /// Whole households: of those with two or more people, how many have the right records, no more and no fewer, put together into
    /// the right people. Predicted households with two or more clusters are counted likewise.
    pub fn whole(&self) -> Measured {
        let units = self.units();
        let people = Table::new(self.records, &[]);
        let mut counts = vec![Counts::default(); units.count];
        let truth = several(self.truth, self.records, |record| record.entity);
        let predicted = several(self.predicted, self.records, |record| record.cluster);
        for &(_, first, _) in &truth {
            counts[units.of[first as usize] as usize].actual += 1;
        }
        for &(_, first, _) in &predicted {
            counts[units.of[first as usize] as usize].predicted += 1;
        }
        // A true and a predicted household are the same set when they are as large as what they share.
        let size = |of: &[(u32, u32, u64)], household: u32| {
            let at = of.binary_search_by_key(&household, |entry| entry.0).ok();
            at.map(|at| of[at].2)
        };
        let mut shared: Vec<(u32, u32, u32, bool)> = Vec::new();
        for record in 0..self.records.len() as u32 {
            let exact = people.is_exact(record);
            for &t in self.truth.of(record) {
                shared.extend(
                    self.predicted
                        .of(record)
                        .iter()
                        .map(|&p| (t, p, record, exact)),
                );
            }
        }
        shared.sort_unstable();
        let (mut found, mut used) = (None, BTreeSet::new());
        for same in shared.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            let (t, p, first, _) = same[0];
            let whole = Some(same.len() as u64);
            // Several households may be the same set; then each counts for one of the other side.
            if found != Some(t)
                && !used.contains(&p)
                && same.iter().all(|entry| entry.3)
                && size(&truth, t) == whole
                && size(&predicted, p) == whole
            {
                counts[units.of[first as usize] as usize].both += 1;
                found = Some(t);
                used.insert(p);
            }
        }
        Sums::of(counts).measured()
    }

    /// Records that a person, a cluster or a household ties together.
    fn units(&self) -> Units {
        let entity = dense(self.records.iter().map(|record| record.entity));
        let cluster = dense(self.records.iter().map(|record| record.cluster));
        let mut joiner = parts(&entity, &cluster);
        joiner.tie_by(self.truth.ties());
        joiner.tie_by(self.predicted.ties());
        joiner.units()
    }
}

/// Households of two or more people: household, first record, number of records; ascending.
fn several(
    memberships: &Memberships,
    records: &[Labelled],
    person: fn(&Labelled) -> u32,
) -> Vec<(u32, u32, u64)> {
    let mut members: Vec<(u32, u32)> = (0..records.len() as u32)
        .flat_map(|record| {
            memberships
                .of(record)
                .iter()
                .map(move |&household| (household, record))
        })
        .collect();
    members.sort_unstable();
    members
        .chunk_by(|a, b| a.0 == b.0)
        .filter(|same| {
            let first = person(&records[same[0].1 as usize]);
            same.iter()
                .any(|&(_, record)| person(&records[record as usize]) != first)
        })
        .map(|same| (same[0].0, same[0].1, same.len() as u64))
        .collect()
}

/// Visits every pair of different cells that share a household, once, with the number of record pairs it stands for. A pair that
/// shares several households is visited under the smallest of them, so no set of seen pairs is needed.
fn each_pair_once(
    cells: &[(u32, u64)],
    households: &Memberships,
    mut visit: impl FnMut(u32, u32, u64),
) {
    let mut members: Vec<(u32, u32, u64)> = cells
        .iter()
        .flat_map(|&(record, weight)| {
            let own = households.of(record);
            own.iter()
                .map(move |&household| (household, record, weight))
        })
        .collect();
    members.sort_unstable();
    for inside in members.chunk_by(|a, b| a.0 == b.0) {
        for (position, &(household, a, weight_a)) in inside.iter().enumerate() {
            for &(_, b, weight_b) in &inside[position + 1..] {
                if first_shared(households.of(a), households.of(b)) == Some(household) {
                    visit(a, b, weight_a * weight_b);
                }
            }
        }
    }
}

/// The smallest number in both of two ascending lists.
fn first_shared(mut a: &[u32], mut b: &[u32]) -> Option<u32> {
    while let (Some(x), Some(y)) = (a.first(), b.first()) {
        match x.cmp(y) {
            std::cmp::Ordering::Equal => return Some(*x),
            std::cmp::Ordering::Less => a = &a[1..],
            std::cmp::Ordering::Greater => b = &b[1..],
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::brute::brute_force;
    use super::super::rates::Rates;
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    /// Labels, true households, predicted households.
    type Row = (Labelled, BTreeSet<u32>, BTreeSet<u32>);

    fn rows() -> impl Strategy<Value = Vec<Row>> {
        let households = || prop::collection::btree_set(0u32..4, 0..3);
        let row = (0u32..6, 0u32..6, households(), households()).prop_map(
            |(entity, cluster, truth, predicted)| (Labelled { entity, cluster }, truth, predicted),
        );
        prop::collection::vec(row, 0..40)
    }

    /// Rows in which a person's households are those of the person, as in real files.
    fn of_people() -> impl Strategy<Value = Vec<Row>> {
        let households = || prop::collection::vec(prop::collection::btree_set(0u32..3, 0..3), 6);
        (rows(), households(), households(), 0u32..3).prop_map(
            |(mut rows, truth, predicted, alike)| {
                for row in &mut rows {
                    // Sometimes the result is nearly the truth, so that whole households occur.
                    if alike > 0 {
                        row.0.cluster = row.0.entity;
                    }
                    row.1.clone_from(&truth[row.0.entity as usize]);
                    let found = if alike > 1 { &truth } else { &predicted };
                    row.2.clone_from(&found[row.0.cluster as usize]);
                }
                rows
            },
        )
    }

    fn split(rows: &[Row]) -> (Vec<Labelled>, Memberships, Memberships) {
        (
            rows.iter().map(|row| row.0).collect(),
            Memberships::new(rows.iter().map(|row| row.1.iter().copied())),
            Memberships::new(rows.iter().map(|row| row.2.iter().copied())),
        )
    }

    proptest! {
        #[test]
        fn household_pairs_equal_the_enumeration(rows in rows()) {
            let (records, truth, predicted) = split(&rows);
            let expected = brute_force(
                &rows,
                |a, b| a.0.entity != b.0.entity && !a.1.is_disjoint(&b.1),
                |a, b| a.0.cluster != b.0.cluster && !a.2.is_disjoint(&b.2),
            );
            let table = HouseholdTable { records: &records, truth: &truth, predicted: &predicted };
            prop_assert_eq!(table.pairs().rates, expected);
        }

        #[test]
        fn whole_households_equal_the_comparison_of_sets(rows in of_people()) {
            let (records, truth, predicted) = split(&rows);
            // A household as the set of its people, each a set of records.
            let of = |household: u32, person: &dyn Fn(&Row) -> u32, homes: &dyn Fn(&Row) -> BTreeSet<u32>| {
                let mut people: BTreeMap<u32, BTreeSet<usize>> = BTreeMap::new();
                for (index, row) in rows.iter().enumerate().filter(|(_, row)| homes(row).contains(&household)) {
                    people.entry(person(row)).or_default().insert(index);
                }
                people.into_values().collect::<BTreeSet<_>>()
            };
            let several = |person: &dyn Fn(&Row) -> u32, homes: &dyn Fn(&Row) -> BTreeSet<u32>| -> Vec<_> {
                (0..4).map(|h| of(h, person, homes)).filter(|people| people.len() > 1).collect()
            };
            let actual = several(&|row| row.0.entity, &|row| row.1.clone());
            let found = several(&|row| row.0.cluster, &|row| row.2.clone());
            let mut left = found.clone();
            let both = actual
                .iter()
                .filter(|&household| {
                    let at = left.iter().position(|other| other == household);
                    at.map(|at| left.swap_remove(at)).is_some()
                })
                .count();
            let table = HouseholdTable { records: &records, truth: &truth, predicted: &predicted };
            prop_assert_eq!(
                table.whole().rates,
                Rates::from_counts(both as u64, found.len() as u64, actual.len() as u64)
            );
        }

        #[test]
        fn the_order_of_records_does_not_matter(rows in rows()) {
            let mut turned = rows.clone();
            turned.reverse();
            let measured = |rows: &[Row]| {
                let (records, truth, predicted) = split(rows);
                let table = HouseholdTable { records: &records, truth: &truth, predicted: &predicted };
                (table.pairs(), table.whole())
            };
            prop_assert_eq!(measured(&rows), measured(&turned));
        }
    }
}
