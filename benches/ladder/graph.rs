//! What the linkage unit sees at cap 1: which records of one file share tokens with which of the other, and nothing inside a file.
//!
//! Whoever holds both files in plain text, errors and all, can draw the same graph. A record whose place in the graph is unlike any other's
//! is found by that alone. Places are told apart by Weisfeiler and Lehman's colours (1968): records begin with the colour of their file, and
//! each round gives every record a new one of its own and its neighbours'. The share of records whose colour is unique is an upper bound
//! of what such an attacker can name.

use std::collections::BTreeMap;

use crate::pair::mixed;

/// Two records of different files that share tokens: rows, and a bit for each key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Row in the first file.
    pub left: u32,
    /// Row in the second file.
    pub right: u32,
    /// The keys that agree.
    pub keys: u128,
}

/// Rounds of colouring; the spike that this follows saw no change after five.
const ROUNDS: usize = 8;

/// Share of the records of the first file whose colour is unique in it. `labelled`: the attacker sees which keys agree, not only how many.
pub fn unique_share(edges: &[Edge], rows: [usize; 2], labelled: bool) -> f64 {
    let count = rows[0] + rows[1];
    let mut colours: Vec<u64> = (0..count)
        .map(|node| mixed(u64::from(node >= rows[0])))
        .collect();
    let mut classes = 2;
    for _ in 0..ROUNDS {
        // A sum over neighbours does not depend on their order.
        let mut sums = vec![0u64; count];
        for edge in edges {
            let label = if labelled {
                mixed(edge.keys as u64 ^ mixed((edge.keys >> 64) as u64))
            } else {
                mixed(u64::from(edge.keys.count_ones()))
            };
            let (left, right) = (edge.left as usize, rows[0] + edge.right as usize);
            sums[left] = sums[left].wrapping_add(mixed(label ^ colours[right]));
            sums[right] = sums[right].wrapping_add(mixed(label ^ colours[left]));
        }
        for (colour, sum) in colours.iter_mut().zip(sums) {
            *colour = mixed(colour.rotate_left(17) ^ sum);
        }
        let mut seen = colours.clone();
        seen.sort_unstable();
        seen.dedup();
        if seen.len() == classes {
            break;
        }
        classes = seen.len();
    }
    let mut counts: BTreeMap<u64, u32> = BTreeMap::new();
    for colour in &colours[..rows[0]] {
        *counts.entry(*colour).or_default() += 1;
    }
    let unique = counts.values().filter(|count| **count == 1).count();
    unique as f64 / rows[0] as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge(left: u32, right: u32, keys: u128) -> Edge {
        Edge { left, right, keys }
    }

    #[test]
    fn equal_places_are_not_unique() {
        // Two couples alike, one record alone.
        let edges = [edge(0, 0, 1), edge(1, 1, 1)];
        assert_eq!(unique_share(&edges, [3, 2], true), 1.0 / 3.0);
        // Nobody meets: all alike.
        assert_eq!(unique_share(&[], [3, 2], true), 0.0);
    }

    #[test]
    fn a_label_tells_places_apart_and_a_number_does_not() {
        let edges = [edge(0, 0, 0b01), edge(1, 1, 0b10)];
        assert_eq!(unique_share(&edges, [2, 2], true), 1.0);
        assert_eq!(unique_share(&edges, [2, 2], false), 0.0);
    }

    #[test]
    fn a_path_is_told_apart_by_its_ends() {
        // 0 - 0 - 1 - 1 - 2 - 2: from the first file's end to the second's, every place differs.
        let path = [
            edge(0, 0, 1),
            edge(1, 0, 1),
            edge(1, 1, 1),
            edge(2, 1, 1),
            edge(2, 2, 1),
        ];
        assert_eq!(unique_share(&path, [3, 3], true), 1.0);
        // A ring has no ends.
        let ring = [
            edge(0, 0, 1),
            edge(1, 0, 1),
            edge(1, 1, 1),
            edge(2, 1, 1),
            edge(2, 2, 1),
            edge(0, 2, 1),
        ];
        assert_eq!(unique_share(&ring, [3, 3], true), 0.0);
    }
}
