//! M9: people whose names nobody else has and whose code is near somebody's: the easiest to single out.

use rayon::prelude::*;

use crate::visible::Edge;
use kinfold_verdict::Share;

/// The outliers of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Outliers {
    /// Records, for the custodian's private list. They never leave.
    pub rows: Vec<u32>,
    /// How many people have no name that somebody else has.
    pub rare_names: Share,
    /// How many of all are outliers.
    pub share: Share,
}

/// Finds the outliers among so many people; `names` gives the names of each, `edges` are the pairs of codes that are nearer than chance makes
/// strangers.
pub(crate) fn outliers<'a>(
    people: usize,
    names: impl Fn(u32) -> &'a [u64],
    edges: &[Edge],
) -> Outliers {
    let rows = || 0..people as u32;
    let mut all: Vec<u64> = Vec::new();
    for row in rows() {
        let mut own = names(row).to_vec();
        own.sort_unstable();
        own.dedup();
        all.extend(own);
    }
    all.par_sort_unstable();
    let alone: Vec<u64> = all
        .chunk_by(|a, b| a == b)
        .filter(|same| same.len() == 1)
        .map(|same| same[0])
        .collect();
    let mut visible = vec![false; people];
    for edge in edges {
        visible[edge.left as usize] = true;
        visible[edge.right as usize] = true;
    }
    let rare = |row: &u32| {
        let own = names(*row);
        !own.is_empty() && own.iter().all(|name| alone.binary_search(name).is_ok())
    };
    let of = people as u64;
    let found: Vec<u32> = rows()
        .filter(|row| visible[*row as usize] && rare(row))
        .collect();
    Outliers {
        rare_names: Share::new(rows().filter(rare).count() as u64, of),
        share: Share::new(found.len() as u64, of),
        rows: found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outliers_by_hand() {
        let names = [vec![1, 2], vec![1, 3], vec![4, 5], vec![6, 7], vec![]];
        let edge = |left, right| Edge {
            left,
            right,
            distance: 900,
        };
        let names = |row: u32| names[row as usize].as_slice();
        let found = outliers(5, names, &[edge(0, 2), edge(1, 4)]);
        assert_eq!(found.rows, [2]);
        assert_eq!(
            (found.rare_names.hits, found.share.hits, found.share.of),
            (2, 1, 5)
        );
    }
}
