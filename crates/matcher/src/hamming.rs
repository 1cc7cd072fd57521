//! Pairs of filters within a Hamming distance, and the histogram of all distances.

use crate::Options;
use crate::join::all_matches;
use crate::packed::PackedSet;
use crate::rule::Rule;
use crate::tiles::{Line, fold_all_pairs};
use rayon::prelude::*;

/// Two filters that are near each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FilterPair {
    /// Row number on the left.
    pub left: u32,
    /// Row number on the right.
    pub right: u32,
    /// Number of differing bits.
    pub distance: u32,
}

/// What one pass over all pairs saw.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// Pairs within the distance, sorted by `(left, right)`.
    pub pairs: Vec<FilterPair>,
    /// How many of all pairs have each distance: `bits + 1` counts.
    pub histogram: Vec<u64>,
}

/// All pairs at most `max_distance` bits apart, sorted by `(left, right)`. Every pair is compared.
///
/// # Panics
/// When the sets are not well-shaped or not of one length: see [`PackedSet::new`].
pub fn hamming_within(
    a: &PackedSet,
    b: &PackedSet,
    max_distance: u32,
    options: &Options,
) -> Vec<FilterPair> {
    all_matches(a, b, Rule::Hamming { max_distance }, options)
        .into_iter()
        .map(|pair| FilterPair {
            left: pair.left,
            right: pair.right,
            distance: pair.distance,
        })
        .collect()
}

/// How many of all pairs have each distance: `bits + 1` counts.
///
/// # Panics
/// As [`hamming_within`].
pub fn hamming_histogram(a: &PackedSet, b: &PackedSet, options: &Options) -> Vec<u64> {
    let buckets = a.bits + 1;
    fold_all_pairs(
        a,
        b,
        options,
        || vec![0; buckets],
        |h, line| count(h, line),
        added,
    )
}

/// [`hamming_within`] and [`hamming_histogram`] in one pass.
///
/// # Panics
/// As [`hamming_within`].
pub fn hamming_scan(a: &PackedSet, b: &PackedSet, max_distance: u32, options: &Options) -> Scan {
    let buckets = a.bits + 1;
    let scan = fold_all_pairs(
        a,
        b,
        options,
        || Scan {
            pairs: Vec::new(),
            histogram: vec![0; buckets],
        },
        |scan, line| {
            keep_near(&mut scan.pairs, line, max_distance);
            count(&mut scan.histogram, line);
        },
        |one, other| Scan {
            pairs: joined(one.pairs, other.pairs),
            histogram: added(one.histogram, other.histogram),
        },
    );
    Scan {
        pairs: sorted(scan.pairs, options),
        ..scan
    }
}

fn keep_near(pairs: &mut Vec<FilterPair>, line: &Line, max_distance: u32) {
    let limit = u16::try_from(max_distance).unwrap_or(u16::MAX);
    // Near pairs are rare: one vectorised test for eight of them skips nearly everything.
    for (block, distances) in line.distances.chunks(8).enumerate() {
        if distances.iter().fold(u16::MAX, |least, d| least.min(*d)) > limit {
            continue;
        }
        for (lane, distance) in distances.iter().enumerate() {
            if *distance <= limit {
                pairs.push(FilterPair {
                    left: line.left,
                    right: line.right + (block * 8 + lane) as u32,
                    distance: u32::from(*distance),
                });
            }
        }
    }
}

fn count(histogram: &mut [u64], line: &Line) {
    for distance in line.distances {
        histogram[usize::from(*distance)] += 1;
    }
}

fn joined<T>(one: Vec<T>, other: Vec<T>) -> Vec<T> {
    // Appending to the longer one keeps the copying small; the order is restored by sorting.
    let (mut longer, mut shorter) = if one.len() < other.len() {
        (other, one)
    } else {
        (one, other)
    };
    longer.append(&mut shorter);
    longer
}

fn added(mut one: Vec<u64>, other: Vec<u64>) -> Vec<u64> {
    for (total, more) in one.iter_mut().zip(other) {
        *total += more;
    }
    one
}

/// A pair occurs once, so its row numbers are a total order.
fn sorted<T: Ord + Send>(mut pairs: Vec<T>, options: &Options) -> Vec<T> {
    options.run(|| {
        pairs.par_sort_unstable();
        pairs
    })
}
