//! Who stands out as alike: pairs of records that are nearer than chance makes strangers.

use kinfold_matcher::{Options, PackedSet, hamming_within};

use crate::draws::Draws;
use crate::file::View;
use crate::homes::{Sets, groups_of};
use kinfold_verdict::Share;

/// Pairs of strangers by which the usual distance is measured.
const PAIRS: usize = 20_000;

/// Two records that are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    /// A record.
    pub left: u32,
    /// A later record.
    pub right: u32,
    /// Bits in which they differ, over all filters.
    pub distance: u32,
}

/// All filters of a record beside each other, and how far strangers are apart.
pub struct Sight {
    bits: usize,
    words: Vec<u64>,
    /// Mean number of bits in which two records differ.
    pub mean: f64,
    /// Its standard deviation.
    pub deviation: f64,
}

impl Sight {
    /// Looks at the codes of all filters together.
    pub fn new(views: &[View], records: usize, draws: &mut Draws) -> Self {
        let bits = views.iter().map(|view| view.bits).sum();
        let words: Vec<u64> = (0..records)
            .flat_map(|row| views.iter().flat_map(move |view| view.row(row)))
            .copied()
            .collect();
        let mut sight = Self {
            bits,
            words,
            mean: 0.0,
            deviation: 0.0,
        };
        if records > 1 && bits > 0 {
            let distances: Vec<f64> = (0..PAIRS)
                .map(|_| {
                    let a = draws.below(records);
                    let b = (a + 1 + draws.below(records - 1)) % records;
                    f64::from(sight.distance(a, b))
                })
                .collect();
            // The middle half tells the spread of strangers: relatives among the pairs do not widen it.
            let mut sorted = distances;
            sorted.sort_by(f64::total_cmp);
            let quarter = |part: usize| sorted[PAIRS * part / 4];
            sight.mean = quarter(2);
            // Half of a normal distribution lies within 0.6745 standard deviations.
            sight.deviation = ((quarter(3) - quarter(1)) / (2.0 * 0.6745)).max(0.5);
        }
        sight
    }

    fn distance(&self, a: usize, b: usize) -> u32 {
        let width = self.bits / 64;
        let row = |row: usize| &self.words[row * width..(row + 1) * width];
        row(a)
            .iter()
            .zip(row(b))
            .map(|(x, y)| (x ^ y).count_ones())
            .sum()
    }

    /// The pairs that are more than so many standard deviations nearer than strangers, sorted.
    pub fn edges(&self, deviations: f64) -> Vec<Edge> {
        let limit = self.mean - deviations * self.deviation;
        let Ok(set) = PackedSet::new(self.bits, &self.words) else {
            return Vec::new();
        };
        if limit < 0.0 {
            return Vec::new();
        }
        let near = hamming_within(&set, &set, limit as u32, &Options::default());
        near.into_iter()
            .filter(|pair| pair.left < pair.right)
            .map(|pair| Edge {
                left: pair.left,
                right: pair.right,
                distance: pair.distance,
            })
            .collect()
    }
}

/// Records that have a visible neighbour.
pub fn visible(edges: &[Edge], records: usize) -> Share {
    let mut has = vec![false; records];
    for edge in edges {
        has[edge.left as usize] = true;
        has[edge.right as usize] = true;
    }
    Share::new(
        has.iter().filter(|has| **has).count() as u64,
        records as u64,
    )
}

/// Groups of up to five records that visible pairs hold together, and single records.
pub fn groups(edges: &[Edge], records: usize) -> Vec<Vec<u32>> {
    let mut sets = Sets::new(records);
    for edge in edges {
        sets.join(edge.left, edge.right);
    }
    let first: Vec<u32> = (0..records as u32).map(|row| sets.first(row)).collect();
    groups_of(&first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twins_are_seen_among_strangers() {
        let mut draws = Draws::new(&[3; 32], "sight");
        let mut codes: Vec<u64> = (0..40 * 8).map(|_| draws.word()).collect();
        // Record 7 is record 3 with sixteen bits changed.
        for word in 0..8 {
            codes[7 * 8 + word] = codes[3 * 8 + word] ^ 3;
        }
        let view = View {
            id: "test".to_owned(),
            bits: 512,
            inner_bits: 512,
            diffusion: 6,
            codes,
            tokens: vec![None; 40],
            vocabulary: 0,
        };
        let sight = Sight::new(&[view], 40, &mut draws);
        assert!((sight.mean - 256.0).abs() < 4.0 && (sight.deviation - 11.3).abs() < 2.0);
        let edges = sight.edges(5.5);
        assert_eq!(
            edges,
            [Edge {
                left: 3,
                right: 7,
                distance: 16
            }]
        );
        assert_eq!(visible(&edges, 40).hits, 2);
        let groups = groups(&edges, 40);
        assert!(groups.contains(&vec![3, 7]) && groups.len() == 39);
    }
}
