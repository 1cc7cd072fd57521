//! Looking back at finished clusters: is one held together by a single weak link, and does the evidence between its halves carry it?
//!
//! Joining goes step by step, and a join that was right for the groups of its time may look different when the clusters have grown.
//! The cuts that are looked at are those of the strongest tree that spans the cluster: taking one of its links out leaves two halves
//! between which no single link is stronger. A cut whose evidence, silence included, speaks against the halves being one person is
//! made. Decisions are never cut.

use super::graph::{Edge, Graph, Kind};
use super::merge::JOIN_BITS;
use super::parts::{Forest, Part, edges_inside};

/// A single link with less evidence between two groups of several records is reported: right less than 99 times in 100.
const WEAK_BITS: f64 = 6.6;
/// The cuts of larger clusters are not all looked at, only those at their weakest links: the work grows with the cube.
const CUTS_MAX: usize = 64;

/// A link that alone holds two groups together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Weak {
    /// Its ends, as positions in the part.
    pub ends: (u32, u32),
    /// Evidence between the groups in bits.
    pub bits: f64,
    /// Whether the groups were separated.
    pub cut: bool,
}

/// One way to cut a cluster in two.
struct Cut {
    bits: f64,
    /// Links between the halves that speak for one person, and one of them.
    links: usize,
    ends: (u32, u32),
    decided: bool,
    halves: [Vec<u32>; 2],
}

/// Cuts what is not carried and reports the weak links that stay.
pub(super) fn inspect(
    graph: &Graph,
    part: Part<'_>,
    groups: Vec<Vec<u32>>,
) -> (Vec<Vec<u32>>, Vec<Weak>) {
    let mut weak = Vec::new();
    let mut done = Vec::new();
    // A part may hold very many groups, so the edges of each are found once for all of them.
    let inside = edges_inside(part.edges, &groups);
    let mut open: Vec<(Vec<u32>, Vec<Edge>)> = groups.into_iter().zip(inside).collect();
    while let Some((group, inside)) = open.pop() {
        // Two records are one link, which was judged already.
        if group.len() < 3 {
            done.push(group);
            continue;
        }
        let part = Part {
            edges: &inside,
            ..part
        };
        let cuts = cuts(graph, part, &group);
        let worst = cuts
            .iter()
            .filter(|cut| !cut.decided)
            .min_by(|a, b| a.bits.total_cmp(&b.bits).then(a.ends.cmp(&b.ends)));
        let is_bridge = |cut: &Cut| cut.links <= 1 && cut.halves.iter().all(|half| half.len() > 1);
        match worst {
            Some(cut) if cut.bits <= JOIN_BITS => {
                if is_bridge(cut) {
                    weak.push(Weak {
                        ends: cut.ends,
                        bits: cut.bits,
                        cut: true,
                    });
                }
                let halves = cut.halves.iter().cloned();
                open.extend(halves.map(|half| {
                    let has = |member: u32| half.binary_search(&member).is_ok();
                    let edges = inside.iter().filter(|edge| has(edge.a) && has(edge.b));
                    let edges = edges.copied().collect();
                    (half, edges)
                }));
            }
            _ => {
                for cut in cuts
                    .iter()
                    .filter(|cut| !cut.decided && cut.bits < WEAK_BITS && is_bridge(cut))
                {
                    weak.push(Weak {
                        ends: cut.ends,
                        bits: cut.bits,
                        cut: false,
                    });
                }
                done.push(group);
            }
        }
    }
    done.sort_unstable_by_key(|members| members[0]);
    weak.sort_unstable_by_key(|weak| weak.ends);
    (done, weak)
}

/// The cuts at the links of the strongest spanning tree.
fn cuts(graph: &Graph, part: Part<'_>, group: &[u32]) -> Vec<Cut> {
    let place = |node: u32| group.binary_search(&node).ok();
    let mut inside: Vec<(usize, usize, Edge)> = part
        .edges
        .iter()
        .filter_map(|edge| Some((place(edge.a)?, place(edge.b)?, *edge)))
        .collect();
    // Decisions first, so that the tree has them, then the strongest.
    inside.sort_by(|(_, _, x), (_, _, y)| {
        let decided = |edge: &Edge| edge.kind == Kind::Must;
        decided(y)
            .cmp(&decided(x))
            .then(y.bits.total_cmp(&x.bits))
            .then((x.a, x.b).cmp(&(y.a, y.b)))
    });
    let mut forest = Forest::new(group.len());
    let mut tree: Vec<(usize, usize)> = Vec::new();
    for &(a, b, edge) in &inside {
        if !matches!(edge.kind, Kind::Never | Kind::Guard)
            && forest.find(a as u32) != forest.find(b as u32)
        {
            forest.join(a as u32, b as u32);
            tree.push((a, b));
        }
    }
    let first = tree.len().saturating_sub(CUTS_MAX);
    (first..tree.len())
        .map(|left_out| cut_at(graph, part, group, &inside, &tree, left_out))
        .collect()
}

fn cut_at(
    graph: &Graph,
    part: Part<'_>,
    group: &[u32],
    inside: &[(usize, usize, Edge)],
    tree: &[(usize, usize)],
    left_out: usize,
) -> Cut {
    let mut forest = Forest::new(group.len());
    for (index, &(a, b)) in tree.iter().enumerate() {
        if index != left_out {
            forest.join(a as u32, b as u32);
        }
    }
    let root = forest.find(tree[left_out].0 as u32);
    let side: Vec<bool> = (0..group.len() as u32)
        .map(|place| forest.find(place) == root)
        .collect();
    let mut cut = Cut {
        bits: 0.0,
        links: 0,
        ends: (group[tree[left_out].0], group[tree[left_out].1]),
        decided: false,
        halves: [Vec::new(), Vec::new()],
    };
    let mut compared = 0;
    for &(a, b, edge) in inside.iter().filter(|&&(a, b, _)| side[a] != side[b]) {
        compared += usize::from(
            !graph.same_single_source(part.nodes[group[a] as usize], part.nodes[group[b] as usize]),
        );
        cut.bits += edge.bits;
        cut.links += usize::from(edge.bits > 0.0);
        cut.decided |= edge.kind == Kind::Must;
    }
    for (place, &member) in group.iter().enumerate() {
        cut.halves[usize::from(side[place])].push(member);
    }
    let [one, other] = &cut.halves;
    let comparable: usize = one
        .iter()
        .map(|&a| {
            other
                .iter()
                .filter(|&&b| {
                    !graph.same_single_source(part.nodes[a as usize], part.nodes[b as usize])
                })
                .count()
        })
        .sum();
    cut.bits += comparable.saturating_sub(compared) as f64 * graph.silence;
    cut
}
