//! Pairs of records by where the two come from.

use super::rates::{Counts, Measured, Sums};
use super::table::Table;

/// Pairwise measures by the sources of the two records.
#[derive(Clone, Debug, PartialEq)]
pub struct BySource {
    /// Pairs of records of two different sources.
    pub across: Measured,
    /// For each two sources (a source with itself too) that have a true or a predicted pair: smaller number, larger number, measures.
    pub pairs: Vec<(u32, u32, Measured)>,
}

impl Table {
    /// Pairwise measures for each two sources, and for all pairs that cross sources.
    ///
    /// Memory grows with the square of the number of sources, time with the square of the sources within one person.
    pub fn by_source(&self) -> BySource {
        let sources = (0..self.records() as u32)
            .map(|record| self.source_of(record) as usize + 1)
            .max()
            .unwrap_or(0);
        let mut sums = vec![Sums::default(); sources * sources];
        let mut across = Sums::default();
        let mut part_of: Vec<Counts> = vec![Counts::default(); sources * sources];
        let mut touched: Vec<usize> = Vec::new();
        let mut by_cluster: Vec<u32> = Vec::new();
        let mut scratch: Vec<u32> = Vec::new();
        for part in self.parts() {
            if part.len() < 2 {
                continue;
            }
            let mut note = |a: u32, b: u32, what: fn(&mut Counts) -> &mut u64, pairs: u64| {
                let cell = a as usize * sources + b as usize;
                if part_of[cell].is_nothing() {
                    touched.push(cell);
                }
                *what(&mut part_of[cell]) += pairs;
            };
            let mut each = |group: &[u32], what: fn(&mut Counts) -> &mut u64| {
                scratch.clear();
                scratch.extend(group.iter().map(|&record| self.source_of(record)));
                scratch.sort_unstable();
                each_source_pair(&scratch, |a, b, pairs| note(a, b, what, pairs));
            };
            for person in part.chunk_by(|&a, &b| self.entity_of(a) == self.entity_of(b)) {
                each(person, |counts| &mut counts.actual);
                // Records of a person stand in the order of their clusters.
                for cell in person.chunk_by(|&a, &b| self.cluster_of(a) == self.cluster_of(b)) {
                    each(cell, |counts| &mut counts.both);
                }
            }
            by_cluster.clear();
            by_cluster.extend_from_slice(part);
            by_cluster.sort_unstable_by_key(|&record| self.cluster_of(record));
            for cluster in by_cluster.chunk_by(|&a, &b| self.cluster_of(a) == self.cluster_of(b)) {
                each(cluster, |counts| &mut counts.predicted);
            }
            let mut crossing = Counts::default();
            // A pair of sources that had nothing but a zero so far may be there twice.
            touched.sort_unstable();
            touched.dedup();
            for cell in touched.drain(..) {
                let counts = std::mem::take(&mut part_of[cell]);
                sums[cell].add(counts);
                if cell / sources != cell % sources {
                    crossing = crossing.plus(counts);
                }
            }
            across.add(crossing);
        }
        let pairs = (0..sources * sources)
            .filter(|&cell| sums[cell] != Sums::default())
            .map(|cell| {
                let (a, b) = (cell / sources, cell % sources);
                (a as u32, b as u32, sums[cell].measured())
            })
            .collect();
        BySource {
            across: across.measured(),
            pairs,
        }
    }
}

/// Visits every two sources among the sorted ones, the smaller first, with the number of record pairs, if there are any.
fn each_source_pair(sorted: &[u32], mut visit: impl FnMut(u32, u32, u64)) {
    let mut rest = sorted;
    while let Some(&first) = rest.first() {
        let own = rest.partition_point(|&source| source == first);
        let count = own as u64;
        if count > 1 {
            visit(first, first, count * (count - 1) / 2);
        }
        rest = &rest[own..];
        for other in rest.chunk_by(|a, b| a == b) {
            visit(first, other[0], count * other.len() as u64);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::brute::brute_force;
    use super::super::table::Labelled;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn each_two_sources_equal_the_enumeration(
            rows in prop::collection::vec((0u32..6, 0u32..6, 0u32..3), 0..40)
        ) {
            let records: Vec<_> = rows
                .iter()
                .map(|&(entity, cluster, _)| Labelled { entity, cluster })
                .collect();
            let sources: Vec<u32> = rows.iter().map(|row| row.2).collect();
            let found = Table::new(&records, &sources).by_source();
            let of = |keep: &dyn Fn(u32, u32) -> bool| brute_force(
                &rows,
                |a, b| a.0 == b.0 && keep(a.2.min(b.2), a.2.max(b.2)),
                |a, b| a.1 == b.1 && keep(a.2.min(b.2), a.2.max(b.2)),
            );
            prop_assert_eq!(found.across.rates, of(&|a, b| a != b));
            for first in 0..3 {
                for second in first..3 {
                    let expected = of(&|a, b| (a, b) == (first, second));
                    let here = found.pairs.iter().find(|pair| (pair.0, pair.1) == (first, second));
                    if let Some(pair) = here {
                        prop_assert_eq!(pair.2.rates, expected);
                    } else {
                        prop_assert_eq!((expected.predicted, expected.actual), (0, 0));
                    }
                }
            }
        }
    }
}
