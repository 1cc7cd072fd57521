//! Records with their true and their predicted person, laid out flat: what every measure over pairs of records is counted from.

use super::rates::{Counts, Measured, Rates, Sums};
use super::units::{Joiner, Units};

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
    Table::new(records, &[]).pairwise().rates
}

/// Labelled records in the order of their independent parts.
///
/// Memory: about 40 bytes a record. Building sorts once; every measure is then one pass.
#[derive(Clone, Debug)]
pub struct Table {
    entity: Vec<u32>,
    cluster: Vec<u32>,
    source: Vec<u32>,
    entity_size: Vec<u32>,
    cluster_size: Vec<u32>,
    /// By record: records that share both its labels, itself among them.
    cell_size: Vec<u32>,
    order: Vec<u32>,
    starts: Vec<u32>,
}

impl Table {
    /// Lays the records out. `sources` names the source of each record; empty when there is one source only.
    ///
    /// # Panics
    /// When `sources` is neither empty nor as long as `records`.
    pub fn new(records: &[Labelled], sources: &[u32]) -> Self {
        assert!(
            sources.is_empty() || sources.len() == records.len(),
            "one source for each record"
        );
        let entity = dense(records.iter().map(|record| record.entity));
        let cluster = dense(records.iter().map(|record| record.cluster));
        let source = if sources.is_empty() {
            vec![0; records.len()]
        } else {
            sources.to_vec()
        };
        let units = parts(&entity, &cluster).units();
        let (mut order, starts) = units.order();
        let mut cell_size = vec![0; records.len()];
        for part in starts.windows(2) {
            let part = &mut order[part[0] as usize..part[1] as usize];
            let cell = |r: u32| (entity[r as usize], cluster[r as usize]);
            part.sort_unstable_by_key(|&r| (cell(r), source[r as usize], r));
            for same in part.chunk_by(|&a, &b| cell(a) == cell(b)) {
                for &record in same {
                    cell_size[record as usize] = same.len() as u32;
                }
            }
        }
        Self {
            entity_size: sizes(&entity),
            cluster_size: sizes(&cluster),
            entity,
            cluster,
            source,
            cell_size,
            order,
            starts,
        }
    }

    /// How many records there are.
    pub fn records(&self) -> usize {
        self.entity.len()
    }

    /// How many true people there are.
    pub fn entities(&self) -> usize {
        self.entity_size.len()
    }

    /// How many predicted people there are.
    pub fn clusters(&self) -> usize {
        self.cluster_size.len()
    }

    /// Pairwise precision, recall and F1 over all pairs of records.
    pub fn pairwise(&self) -> Measured {
        let counts = self.parts().map(|part| {
            let ends = self.ends_of(part);
            // Each pair has two ends, and both are in the part.
            Counts {
                both: ends.both / 2,
                predicted: ends.predicted / 2,
                actual: ends.actual / 2,
            }
        });
        Sums::of(counts).measured()
    }

    /// People found exactly, no record too many and none too few: of the clusters with at least `size_min` records, how many are all
    /// the records of one person, and of the people with at least that many, how many have such a cluster.
    pub fn exact(&self, size_min: u32) -> Measured {
        let mut seen_entity = vec![false; self.entities()];
        let mut seen_cluster = vec![false; self.clusters()];
        let mut sums = Sums::default();
        for part in self.parts() {
            let mut counts = Counts::default();
            for &record in part {
                let (entity, cluster) = (self.entity_of(record), self.cluster_of(record));
                let (true_size, found_size) =
                    (self.entity_size[entity], self.cluster_size[cluster]);
                if !std::mem::replace(&mut seen_entity[entity], true) && true_size >= size_min {
                    counts.actual += 1;
                    let exact = self.is_exact(record);
                    counts.both += u64::from(exact);
                }
                if !std::mem::replace(&mut seen_cluster[cluster], true) && found_size >= size_min {
                    counts.predicted += 1;
                }
            }
            sums.add(counts);
        }
        sums.measured()
    }

    /// Whether the record's cluster holds all records of its person and no other.
    pub fn is_exact(&self, record: u32) -> bool {
        let (entity, cluster) = (self.entity_of(record), self.cluster_of(record));
        let cell = self.cell_size[record as usize];
        cell == self.entity_size[entity] && cell == self.cluster_size[cluster]
    }

    /// The independent parts, each as its records, sorted by person, then cluster, then source.
    pub(super) fn parts(&self) -> impl Iterator<Item = &[u32]> {
        self.starts
            .windows(2)
            .map(|part| &self.order[part[0] as usize..part[1] as usize])
    }

    /// The ends of pairs at one record: each of its pairs has one end here and one at the other record.
    pub(super) fn ends(&self, record: u32) -> Counts {
        let others = |size: u32| u64::from(size) - 1;
        Counts {
            both: others(self.cell_size[record as usize]),
            predicted: others(self.cluster_size[self.cluster_of(record)]),
            actual: others(self.entity_size[self.entity_of(record)]),
        }
    }

    /// The ends of pairs at some records.
    pub(super) fn ends_of(&self, records: &[u32]) -> Counts {
        records.iter().fold(Counts::default(), |sum, &record| {
            sum.plus(self.ends(record))
        })
    }

    /// Share of the record's cluster that is the same person, and of the person's records that are in its cluster.
    pub(super) fn shares(&self, record: u32) -> (f64, f64) {
        let cell = f64::from(self.cell_size[record as usize]);
        (
            cell / f64::from(self.cluster_size[self.cluster_of(record)]),
            cell / f64::from(self.entity_size[self.entity_of(record)]),
        )
    }

    pub(super) fn entity_of(&self, record: u32) -> usize {
        self.entity[record as usize] as usize
    }

    pub(super) fn cluster_of(&self, record: u32) -> usize {
        self.cluster[record as usize] as usize
    }

    pub(super) fn source_of(&self, record: u32) -> u32 {
        self.source[record as usize]
    }
}

/// Ties of records by person and by cluster; labels are dense.
pub(super) fn parts(entity: &[u32], cluster: &[u32]) -> Joiner {
    let mut joiner = Joiner::new(entity.len());
    joiner.tie_by((0..).zip(entity.iter().copied()));
    joiner.tie_by((0..).zip(cluster.iter().copied()));
    joiner
}

/// The same labels numbered from 0 in their order, without gaps.
pub(super) fn dense(labels: impl Iterator<Item = u32>) -> Vec<u32> {
    let labels: Vec<u32> = labels.collect();
    let mut known = labels.clone();
    known.sort_unstable();
    known.dedup();
    if known
        .last()
        .is_none_or(|&last| last as usize + 1 == known.len())
    {
        return labels;
    }
    labels
        .into_iter()
        .map(|label| known.partition_point(|&other| other < label) as u32)
        .collect()
}

/// How many records each label has; labels are dense.
fn sizes(labels: &[u32]) -> Vec<u32> {
    let mut sizes = Vec::new();
    for &label in labels {
        let label = label as usize;
        if sizes.len() <= label {
            sizes.resize(label + 1, 0);
        }
        sizes[label] += 1;
    }
    sizes
}

/// For callers that need the parts themselves.
impl Table {
    /// The independent part of each record.
    pub fn units(&self) -> Units {
        parts(&self.entity, &self.cluster).units()
    }
}

#[cfg(test)]
mod tests {
    use super::super::brute::{brute_force, labelled};
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

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
        fn exact_people_equal_the_comparison_of_sets(records in labelled(), size_min in 1u32..4) {
            let sets = |label: fn(&Labelled) -> u32| -> BTreeSet<Vec<usize>> {
                (0..6).map(|wanted| {
                    (0..records.len()).filter(|&i| label(&records[i]) == wanted).collect::<Vec<_>>()
                }).filter(|set| set.len() >= size_min as usize).collect()
            };
            let (actual, predicted) = (sets(|r| r.entity), sets(|r| r.cluster));
            let expected = Rates::from_counts(
                actual.intersection(&predicted).count() as u64,
                predicted.len() as u64,
                actual.len() as u64,
            );
            prop_assert_eq!(Table::new(&records, &[]).exact(size_min).rates, expected);
        }

        #[test]
        fn the_truth_itself_scores_one(records in labelled()) {
            let perfect: Vec<_> = records.iter().map(|r| Labelled { cluster: r.entity, ..*r }).collect();
            prop_assert_eq!(pairwise(&perfect).f1, 1.0);
            prop_assert_eq!(Table::new(&perfect, &[]).exact(1).rates.f1, 1.0);
        }

        /// Numbers of people and clusters mean nothing, and neither does the order of the records.
        #[test]
        fn numbers_and_order_do_not_matter(records in labelled()) {
            let mut turned: Vec<_> = records
                .iter()
                .map(|r| Labelled { entity: 90_000 - r.entity * 7, cluster: r.cluster * 11 + 5 })
                .collect();
            turned.reverse();
            prop_assert_eq!(Table::new(&records, &[]).pairwise(), Table::new(&turned, &[]).pairwise());
        }
    }
}
