//! M9: people whose names nobody else has and whose code is near somebody's: the easiest to single out.

use std::collections::BTreeMap;

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

/// Finds the outliers; `edges` are the pairs of codes that are nearer than chance makes strangers.
pub fn outliers(names: &[Vec<u64>], edges: &[Edge]) -> Outliers {
    let mut people: BTreeMap<u64, u32> = BTreeMap::new();
    for own in names {
        let mut own = own.clone();
        own.sort_unstable();
        own.dedup();
        for name in own {
            *people.entry(name).or_default() += 1;
        }
    }
    let mut visible = vec![false; names.len()];
    for edge in edges {
        visible[edge.left as usize] = true;
        visible[edge.right as usize] = true;
    }
    let rare = |own: &Vec<u64>| !own.is_empty() && own.iter().all(|name| people[name] == 1);
    let of = names.len() as u64;
    let rows: Vec<u32> = (0..names.len() as u32)
        .filter(|row| visible[*row as usize] && rare(&names[*row as usize]))
        .collect();
    Outliers {
        rare_names: Share::new(names.iter().filter(|own| rare(own)).count() as u64, of),
        share: Share::new(rows.len() as u64, of),
        rows,
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
        let found = outliers(&names, &[edge(0, 2), edge(1, 4)]);
        assert_eq!(found.rows, [2]);
        assert_eq!(
            (found.rare_names.hits, found.share.hits, found.share.of),
            (2, 1, 5)
        );
    }
}
