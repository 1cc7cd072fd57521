//! How sure a person is as a whole.
//!
//! A person is right when its records are one person's and no other record is. For the first, every other way to divide the records
//! among people is weighed against the one that was chosen. Let `E(S, T)` be the evidence in bits that two groups of records are one
//! person. A division into groups is `2^-E` times as probable as all records together, with `E` the sum over its groups by two; so
//!
//! ```text
//! P(one person) = 1 / (1 + Σ 2^-E(division))        over all other divisions
//! ```
//!
//! For two records this is the probability of their pair. For more, the pairs between two groups are not independent: what one pair
//! shows about a cut, the next one partly repeats. So their sum is divided by the square root of their number: between no
//! repetition (the sum) and nothing but repetition (the mean). The choice is checked on simulated files with known truth in
//! `calibration.rs`.
//!
//! For the second, every other person that has a record with some probability of belonging here takes its share away, and so do records
//! that no evidence connects: see `completeness`.

use super::graph::{Edge, Graph};
use super::parts::Part;

/// Divisions of so many records are all weighed (203 for six); of more records only those that set one record or one pair apart.
const ALL_DIVISIONS_MAX: usize = 6;

/// The probability that the records of a group, positions in the part, are one person's.
pub(super) fn one_person(graph: &Graph, part: Part<'_>, group: &[u32]) -> f64 {
    match group {
        [] | [_] => return 1.0,
        [_, _] => {}
        _ => {}
    }
    let table = Table::new(graph, part, group);
    let mut others = 0.0;
    if group.len() <= ALL_DIVISIONS_MAX {
        let mut division = vec![0; group.len()];
        divide(&table, &mut division, 1, 0, &mut others);
    } else {
        for a in 0..group.len() {
            others += libm::exp2(-table.apart(|place| place == a));
            for b in a + 1..group.len() {
                others += libm::exp2(-table.apart(|place| place == a || place == b));
            }
        }
    }
    1.0 / (1.0 + others)
}

/// Evidence of every two records of a group.
struct Table {
    size: usize,
    bits: Vec<f64>,
    /// Whether the two could have been compared.
    counts: Vec<bool>,
}

impl Table {
    fn new(graph: &Graph, part: Part<'_>, group: &[u32]) -> Self {
        let size = group.len();
        let mut table = Self {
            size,
            bits: vec![graph.silence; size * size],
            counts: vec![true; size * size],
        };
        for (i, &a) in group.iter().enumerate() {
            for (j, &b) in group.iter().enumerate() {
                if graph.same_single_source(part.nodes[a as usize], part.nodes[b as usize]) {
                    table.counts[i * size + j] = false;
                }
            }
        }
        let place = |node: u32| group.binary_search(&node).ok();
        for edge in part.edges {
            if let (Some(i), Some(j)) = (place(edge.a), place(edge.b)) {
                let bits = evidence(edge);
                for at in [i * size + j, j * size + i] {
                    table.bits[at] = bits;
                    table.counts[at] = true;
                }
            }
        }
        table
    }

    /// Evidence that two groups are one person.
    fn between(&self, one: impl Fn(usize) -> bool, other: impl Fn(usize) -> bool) -> f64 {
        let (mut sum, mut count) = (0.0, 0.0_f64);
        for i in (0..self.size).filter(|&i| one(i)) {
            for j in (0..self.size).filter(|&j| other(j)) {
                if self.counts[i * self.size + j] {
                    sum += self.bits[i * self.size + j];
                    count += 1.0;
                }
            }
        }
        sum / libm::sqrt(count.max(1.0))
    }

    fn apart(&self, inside: impl Fn(usize) -> bool) -> f64 {
        self.between(&inside, |place| !inside(place))
    }
}

/// The evidence of a pair: its weight, or less when others competed for its records.
fn evidence(edge: &Edge) -> f64 {
    edge.bits.min(edge.odds)
}

/// Goes through all divisions, each once: the group of a record is at most one more than the largest before it.
fn divide(table: &Table, division: &mut [usize], at: usize, most: usize, sum: &mut f64) {
    if at == division.len() {
        if most > 0 {
            let mut bits = 0.0;
            for one in 0..=most {
                for other in one + 1..=most {
                    bits += table.between(|i| division[i] == one, |j| division[j] == other);
                }
            }
            *sum += libm::exp2(-bits);
        }
        return;
    }
    for group in 0..=most + 1 {
        division[at] = group;
        divide(table, division, at + 1, most.max(group), sum);
    }
}
