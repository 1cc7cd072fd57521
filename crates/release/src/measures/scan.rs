//! M6: the vulnerability scan (Vidanage, Christen, Ranbaduge and Schnell 2023, doi 10.1145/3589641): records that stand alone in some figure
//! among the codes while their people stand alone in the same figure on the list.

use std::collections::BTreeMap;

use crate::file::{File, View};
use crate::kernel::{Kernel, Postings, positions};
use crate::visible::Edge;
use kinfold_verdict::Share;

/// Share of records that stand alone on both sides, figure by figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Scan {
    /// By how often the code and the value occur.
    pub frequency: Share,
    /// By the number of ones and the number expected of the tokens, within one in a hundred.
    pub length: Share,
    /// By the similarity to the nearest other record, seen and expected, within one in a hundred.
    pub similarity: Share,
    /// By the number of visible neighbours and the number expected.
    pub neighbours: Share,
}

/// Scans a filter. `edges` are its visible pairs, found at so many standard deviations.
pub fn scan(file: &File, view: &View, edges: &[Edge], deviations: f64) -> Scan {
    let listed: Vec<u32> = (0..file.records as u32)
        .filter(|row| view.tokens[*row as usize].is_some())
        .collect();
    let tokens = |row: u32| view.tokens[row as usize].as_deref().unwrap_or_default();
    let ones = |row: u32| {
        view.row(row as usize)
            .iter()
            .map(|word| word.count_ones())
            .sum::<u32>()
    };
    let count = |values: Vec<u64>| {
        let mut counts: BTreeMap<u64, u64> = BTreeMap::new();
        for value in &values {
            *counts.entry(*value).or_default() += 1;
        }
        values
            .iter()
            .map(|value| counts[value] as f64)
            .collect::<Vec<f64>>()
    };
    let kernel = Kernel::new(view);
    let bits = view.bits as f64;
    // A pair is expected to be visible when its expected similarity is above so many deviations of a stranger's.
    let seen_from = deviations / libm::sqrt(bits);
    let postings = Postings::new(view.vocabulary, listed.iter().map(|row| tokens(*row)));
    let (mut nearest, mut near) = (Vec::new(), Vec::new());
    let mut covariance = vec![0.0; listed.len()];
    for (place, row) in listed.iter().enumerate() {
        postings.covariance(&kernel, tokens(*row), &mut covariance);
        covariance[place] = -1.0;
        nearest.push(
            covariance
                .iter()
                .fold(-1.0, |most: f64, value| most.max(*value)),
        );
        near.push(
            covariance
                .iter()
                .filter(|value| **value > seen_from)
                .count() as f64,
        );
    }
    let mut seen_nearest = vec![0.0; file.records];
    let mut seen_near = vec![0.0; file.records];
    for edge in edges {
        for row in [edge.left, edge.right] {
            let alike = 1.0 - 2.0 * f64::from(edge.distance) / bits;
            seen_nearest[row as usize] = f64::max(seen_nearest[row as usize], alike);
            seen_near[row as usize] += 1.0;
        }
    }
    let pick = |all: &[f64]| {
        listed
            .iter()
            .map(|row| all[*row as usize])
            .collect::<Vec<f64>>()
    };
    let expected_ones = |row: u32| {
        -(view.inner_bits as f64)
            * libm::expm1(-f64::from(positions(tokens(row))) / view.inner_bits as f64)
    };
    let all_codes: Vec<u64> = listed
        .iter()
        .map(|row| super::fingerprint(view.row(*row as usize)))
        .collect();
    let all_values: Vec<u64> = listed
        .iter()
        .map(|row| {
            let words: Vec<u64> = tokens(*row)
                .iter()
                .map(|(token, k)| u64::from(*token) << 16 | u64::from(*k))
                .collect();
            super::fingerprint(&words)
        })
        .collect();
    let seen_ones: Vec<f64> = listed.iter().map(|row| f64::from(ones(*row))).collect();
    let list_ones: Vec<f64> = listed.iter().map(|row| expected_ones(*row)).collect();
    // Who has no filter because of the home cannot be told so, and counts.
    let withheld = view.withheld.iter().flatten().count() as u64;
    let of_all = |share: Share| Share::new(share.hits, share.of + withheld);
    Scan {
        frequency: of_all(alone_on_both(&count(all_codes), &count(all_values), 0.0)),
        length: of_all(alone_on_both(&seen_ones, &list_ones, 0.01)),
        similarity: of_all(alone_on_both(&pick(&seen_nearest), &nearest, 0.01)),
        neighbours: of_all(alone_on_both(&pick(&seen_near), &near, 0.0)),
    }
}

/// Records that no other is within a tolerance of, on both sides.
fn alone_on_both(codes: &[f64], people: &[f64], tolerance: f64) -> Share {
    let (left, right) = (alone(codes, tolerance), alone(people, tolerance));
    let both = left.iter().zip(&right).filter(|(a, b)| **a && **b).count();
    Share::new(both as u64, codes.len() as u64)
}

/// Which values no other is within a tolerance (a share of the value) of.
fn alone(values: &[f64], tolerance: f64) -> Vec<bool> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut alone = vec![true; values.len()];
    for pair in order.windows(2) {
        let (a, b) = (values[pair[0]], values[pair[1]]);
        if b - a <= tolerance * libm::fabs(b) {
            alone[pair[0]] = false;
            alone[pair[1]] = false;
        }
    }
    alone
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alone_by_hand() {
        assert_eq!(
            alone(&[1.0, 2.0, 2.0, 5.0], 0.0),
            [true, false, false, true]
        );
        assert_eq!(alone(&[100.0, 100.5, 200.0], 0.01), [false, false, true]);
        let share = alone_on_both(&[1.0, 2.0, 2.0, 5.0], &[1.0, 3.0, 1.0, 9.0], 0.0);
        assert_eq!((share.hits, share.of), (1, 4));
    }

    #[test]
    fn a_filter_is_scanned() {
        let people = crate::made_up::people(60, 3);
        let file = people.coded(&[1; 32], 0);
        let edges =
            crate::visible::Sight::new(&file.views, 60, &mut crate::Draws::new(&[1; 32], "scan"))
                .edges(4.5);
        let scan = scan(&file, &file.views[0], &edges, 4.5);
        assert_eq!((scan.frequency.hits, scan.frequency.of), (0, 60));
        assert_eq!((scan.length.of, scan.neighbours.of), (60, 60));
        // Who has no filter because of the home is not alone in anything and counts.
        let mut file = people;
        crate::made_up::withhold(&mut file, 2);
        let file = file.coded(&[1; 32], 0);
        let (with, without) = file.with_filters();
        assert!(without > 20 && with.records as u64 == 60 - without);
        let all = super::scan(&file, &file.views[0], &[], 4.5);
        let some = super::scan(&with, &with.views[0], &[], 4.5);
        assert_eq!(all.length.hits, some.length.hits);
        assert_eq!((all.length.of, some.length.of), (60, 60 - without));
    }
}
