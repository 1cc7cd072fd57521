//! Who stands out as alike: pairs of records that are nearer than chance makes strangers.

use std::io;

use kinfold_matcher::{Options, PackedSet, hamming_within};

use crate::codes::Codes;
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
            let distance = |a, b| Ok(sight.distance(a, b));
            (sight.mean, sight.deviation) =
                strangers(records, draws, distance).expect("nothing is read");
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

/// Mean and standard deviation of the distance of strangers.
fn strangers(
    records: usize,
    draws: &mut Draws,
    mut distance: impl FnMut(usize, usize) -> io::Result<u32>,
) -> io::Result<(f64, f64)> {
    let mut sorted = Vec::with_capacity(PAIRS);
    for _ in 0..PAIRS {
        let a = draws.below(records);
        let b = (a + 1 + draws.below(records - 1)) % records;
        sorted.push(f64::from(distance(a, b)?));
    }
    // The middle half tells the spread of strangers: relatives among the pairs do not widen it.
    sorted.sort_by(f64::total_cmp);
    let quarter = |part: usize| sorted[PAIRS * part / 4];
    // Half of a normal distribution lies within 0.6745 standard deviations.
    let deviation = ((quarter(3) - quarter(1)) / (2.0 * 0.6745)).max(0.5);
    Ok((quarter(2), deviation))
}

/// Records that are compared with as many others at once: of 2,048 bits four megabytes.
const ROWS_AT_ONCE: usize = 1 << 14;

/// The pairs of a whole file that are more than so many standard deviations nearer than strangers, sorted: what [`Sight::edges`] gives of codes
/// that are in memory. Every pair is compared, block by block.
pub(crate) fn edges_of(
    codes: &dyn Codes,
    deviations: f64,
    draws: &mut Draws,
) -> io::Result<Vec<Edge>> {
    let records = codes.records();
    let widths = codes.widths();
    let width: usize = widths.iter().sum();
    if records < 2 || width == 0 {
        return Ok(Vec::new());
    }
    // All filters of a record beside each other.
    let rows = |first: usize, rows: usize| -> io::Result<Vec<u64>> {
        let mut words = vec![0; rows * width];
        let mut start = 0;
        let mut own = Vec::new();
        for (filter, of_filter) in widths.iter().enumerate() {
            own.resize(rows * of_filter, 0);
            codes.words(filter, first, &mut own)?;
            let both = words
                .chunks_exact_mut(width)
                .zip(own.chunks_exact(*of_filter));
            for (to, from) in both {
                to[start..start + of_filter].copy_from_slice(from);
            }
            start += of_filter;
        }
        Ok(words)
    };
    let (mean, deviation) = strangers(records, draws, |a, b| {
        let both = rows(a, 1)?.into_iter().zip(rows(b, 1)?);
        Ok(both.map(|(x, y)| (x ^ y).count_ones()).sum())
    })?;
    let limit = mean - deviations * deviation;
    if limit < 0.0 {
        return Ok(Vec::new());
    }
    let block = |first: usize| rows(first, ROWS_AT_ONCE.min(records - first));
    let mut edges = Vec::new();
    for left in (0..records).step_by(ROWS_AT_ONCE) {
        let words = block(left)?;
        let Ok(lefts) = PackedSet::new(width * 64, &words) else {
            continue;
        };
        for right in (left..records).step_by(ROWS_AT_ONCE) {
            let words = block(right)?;
            let Ok(rights) = PackedSet::new(width * 64, &words) else {
                continue;
            };
            let near = hamming_within(&lefts, &rights, limit as u32, &Options::default());
            let near = near.into_iter().map(|pair| Edge {
                left: left as u32 + pair.left,
                right: right as u32 + pair.right,
                distance: pair.distance,
            });
            edges.extend(near.filter(|edge| edge.left < edge.right));
        }
    }
    edges.sort_unstable();
    Ok(edges)
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
            withheld: Vec::new(),
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
