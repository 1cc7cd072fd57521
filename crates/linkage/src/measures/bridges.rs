//! Links that alone hold a person together.
//!
//! When a person's records are points and links are lines, a **bridge** is a line without which the person would be two. One wrong
//! bridge joins two strangers with all their records; a wrong line that is no bridge does no harm of its own.

/// A bridge of a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bridge {
    /// Its position in the list of edges.
    pub edge: usize,
    /// Points on the side of the edge's first end.
    pub left: u32,
    /// Points on the side of the edge's second end.
    pub right: u32,
}

/// All bridges of a graph with `points` points, in the order of the edges: one depth-first walk (Tarjan, *Information Processing
/// Letters* 2, 1974), without recursion, `O(points + edges)`. Two edges between the same points are no bridges; loops are ignored.
///
/// # Panics
/// When an edge ends at a point that is not there.
pub fn bridges(points: usize, edges: &[(u32, u32)]) -> Vec<Bridge> {
    // The edges at each point, flat.
    let mut starts = vec![0u32; points + 1];
    for &(a, b) in edges.iter().filter(|(a, b)| a != b) {
        starts[a as usize + 1] += 1;
        starts[b as usize + 1] += 1;
    }
    for point in 0..points {
        starts[point + 1] += starts[point];
    }
    let mut next = starts.clone();
    let mut at = vec![(0u32, 0u32); starts[points] as usize];
    for (edge, &(a, b)) in edges.iter().enumerate().filter(|(_, (a, b))| a != b) {
        for (from, to) in [(a, b), (b, a)] {
            at[next[from as usize] as usize] = (to, edge as u32);
            next[from as usize] += 1;
        }
    }

    let mut walk = Walk {
        seen: vec![0; points],
        low: vec![0; points],
        size: vec![1; points],
        clock: 0,
    };
    // How far each point's edges are done; `starts` says where they begin.
    let mut done = starts.clone();
    let mut found: Vec<(usize, u32, u32)> = Vec::new();
    let mut path: Vec<(u32, u32)> = Vec::new();
    for root in 0..points as u32 {
        if walk.seen[root as usize] > 0 {
            continue;
        }
        walk.enter(root);
        path.push((root, u32::MAX));
        let first_found = found.len();
        while let Some(&(point, entry)) = path.last() {
            let here = point as usize;
            if done[here] < starts[here + 1] {
                let (to, edge) = at[done[here] as usize];
                done[here] += 1;
                if edge == entry {
                    continue;
                }
                if walk.seen[to as usize] == 0 {
                    walk.enter(to);
                    path.push((to, edge));
                } else {
                    walk.low[here] = walk.low[here].min(walk.seen[to as usize]);
                }
                continue;
            }
            path.pop();
            if let Some(&(above, _)) = path.last() {
                let above = above as usize;
                walk.low[above] = walk.low[above].min(walk.low[here]);
                walk.size[above] += walk.size[here];
                if walk.low[here] > walk.seen[above] {
                    found.push((entry as usize, point, walk.size[here]));
                }
            }
        }
        // The sizes of the far sides are known once the whole component is.
        let whole = walk.size[root as usize];
        for entry in &mut found[first_found..] {
            let (edge, below, size) = *entry;
            let left = if edges[edge].0 == below {
                size
            } else {
                whole - size
            };
            *entry = (edge, left, whole - left);
        }
    }
    let mut found: Vec<Bridge> = found
        .into_iter()
        .map(|(edge, left, right)| Bridge { edge, left, right })
        .collect();
    found.sort_unstable();
    found
}

/// The state of the walk, by point.
struct Walk {
    /// When it was reached, from 1; 0 while it was not.
    seen: Vec<u32>,
    /// The earliest point that it or its descendants reach without the edge they were entered by.
    low: Vec<u32>,
    /// Points below it, itself among them.
    size: Vec<u32>,
    clock: u32,
}

impl Walk {
    fn enter(&mut self, point: u32) {
        self.clock += 1;
        self.seen[point as usize] = self.clock;
        self.low[point as usize] = self.clock;
    }
}

#[cfg(test)]
mod tests {
    use super::super::units::Joiner;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// By the definition: without a bridge, and with no other edge, its ends fall apart.
        #[test]
        fn bridges_equal_the_removal_of_each_edge(
            edges in prop::collection::vec((0u32..9, 0u32..9), 0..16)
        ) {
            let mut slow = Vec::new();
            for (index, &(a, b)) in edges.iter().enumerate() {
                let mut joiner = Joiner::new(9);
                for (_, &(x, y)) in edges.iter().enumerate().filter(|&(other, _)| other != index) {
                    joiner.tie(x, y);
                }
                let of = joiner.units().of;
                let size = |point: u32| of.iter().filter(|&&unit| unit == of[point as usize]).count() as u32;
                if of[a as usize] != of[b as usize] {
                    slow.push(Bridge { edge: index, left: size(a), right: size(b) });
                }
            }
            prop_assert_eq!(bridges(9, &edges), slow);
        }
    }

    #[test]
    fn a_long_chain_does_not_overflow_the_stack() {
        let edges: Vec<(u32, u32)> = (0..200_000).map(|i| (i, i + 1)).collect();
        let found = bridges(200_001, &edges);
        assert_eq!(found.len(), 200_000);
        assert_eq!((found[7].left, found[7].right), (8, 199_993));
    }
}
