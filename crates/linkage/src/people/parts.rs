//! The parts of the graph that links hold together: each is clustered on its own, and they are small.

use super::graph::{Edge, Graph, Kind};

/// The parts, one after another in flat arrays.
pub(super) struct Parts {
    nodes: Vec<u32>,
    edges: Vec<Edge>,
    /// Where the nodes and the edges of each part begin, and the ends of the last.
    starts: Vec<(u32, u32)>,
}

/// One part: nodes in order, and the edges between them, ends as positions in `nodes`.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    pub nodes: &'a [u32],
    pub edges: &'a [Edge],
}

impl Parts {
    pub(super) fn of(graph: &Graph) -> Self {
        let count = graph.records.len();
        let mut forest = Forest::new(count);
        for edge in &graph.edges {
            if matches!(edge.kind, Kind::Link | Kind::Must) {
                forest.join(edge.a, edge.b);
            }
        }
        // Parts are numbered by their first nodes.
        let mut part_of = vec![u32::MAX; count];
        let mut sizes: Vec<(u32, u32)> = Vec::new();
        for node in 0..count as u32 {
            let root = forest.find(node);
            if part_of[root as usize] == u32::MAX {
                part_of[root as usize] = sizes.len() as u32;
                sizes.push((0, 0));
            }
            part_of[node as usize] = part_of[root as usize];
            sizes[part_of[node as usize] as usize].0 += 1;
        }
        let inside = |edge: &&Edge| part_of[edge.a as usize] == part_of[edge.b as usize];
        for edge in graph.edges.iter().filter(inside) {
            sizes[part_of[edge.a as usize] as usize].1 += 1;
        }
        let mut starts = Vec::with_capacity(sizes.len() + 1);
        let mut next = (0, 0);
        for size in &sizes {
            starts.push(next);
            next = (next.0 + size.0, next.1 + size.1);
        }
        starts.push(next);

        let mut filled: Vec<(u32, u32)> = starts.clone();
        let mut nodes = vec![0; count];
        let mut position = vec![0u32; count];
        for node in 0..count as u32 {
            let part = part_of[node as usize] as usize;
            position[node as usize] = filled[part].0 - starts[part].0;
            nodes[filled[part].0 as usize] = node;
            filled[part].0 += 1;
        }
        let blank = Edge {
            a: 0,
            b: 0,
            bits: 0.0,
            odds: 0.0,
            kind: Kind::Weak,
            named: false,
        };
        let mut edges = vec![blank; next.1 as usize];
        for edge in graph.edges.iter().filter(inside) {
            let slot = &mut filled[part_of[edge.a as usize] as usize].1;
            edges[*slot as usize] = Edge {
                a: position[edge.a as usize],
                b: position[edge.b as usize],
                ..*edge
            };
            *slot += 1;
        }
        Self {
            nodes,
            edges,
            starts,
        }
    }

    /// How many parts there are.
    pub(super) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// One part.
    pub(super) fn part(&self, index: usize) -> Part<'_> {
        let ((n, e), (n_end, e_end)) = (self.starts[index], self.starts[index + 1]);
        Part {
            nodes: &self.nodes[n as usize..n_end as usize],
            edges: &self.edges[e as usize..e_end as usize],
        }
    }
}

/// The edges inside each of some groups, in the order in which they are given. Groups are sorted positions and share none.
pub(super) fn edges_inside(edges: &[Edge], groups: &[Vec<u32>]) -> Vec<Vec<Edge>> {
    let mut inside: Vec<Vec<Edge>> = vec![Vec::new(); groups.len()];
    let members = || {
        let groups = groups.iter().enumerate();
        groups.flat_map(|(group, members)| members.iter().map(move |&member| (member, group)))
    };
    let Some(last) = members().map(|(member, _)| member).max() else {
        return inside;
    };
    let mut group_of = vec![usize::MAX; last as usize + 1];
    for (member, group) in members() {
        group_of[member as usize] = group;
    }
    let group = |position: u32| group_of.get(position as usize).copied();
    for edge in edges {
        if let (Some(a), Some(b)) = (group(edge.a), group(edge.b))
            && a == b
            && a != usize::MAX
        {
            inside[a].push(*edge);
        }
    }
    inside
}

/// Union-find whose roots are the smallest members.
pub(crate) struct Forest {
    parent: Vec<u32>,
}

impl Forest {
    pub(crate) fn new(len: usize) -> Self {
        Self {
            parent: (0..len as u32).collect(),
        }
    }

    pub(crate) fn find(&mut self, mut at: u32) -> u32 {
        while self.parent[at as usize] != at {
            let above = self.parent[self.parent[at as usize] as usize];
            self.parent[at as usize] = above;
            at = above;
        }
        at
    }

    /// Joins two trees; the smaller root stays.
    pub(crate) fn join(&mut self, a: u32, b: u32) -> u32 {
        let (a, b) = (self.find(a), self.find(b));
        let (root, child) = (a.min(b), a.max(b));
        self.parent[child as usize] = root;
        root
    }
}
