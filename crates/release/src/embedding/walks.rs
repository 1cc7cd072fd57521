//! Nodes as points, so that nodes between which a random walk soon goes are near each other.
//!
//! The published attack draws walks with node2vec (Grover and Leskovec 2016) and learns points with skip-gram, which is another outcome for
//! every seed, number of threads and machine. Skip-gram over walks is known to factorise, in the limit of many walks, the matrix
//!
//! ```text
//! log max(1, vol / (b T) * sum over r = 1..T of (D^-1 A)^r D^-1)
//! ```
//!
//! (Qiu and others 2018, theorem 1; T the window, b the number of negative samples), so that matrix is made and factorised here: what the walks
//! estimate, without the noise of drawing them. The walks of node2vec go back with weight 1/p and leave the neighbourhood with weight 1/q; with
//! the published p = 250 and q = 300 they stay among common neighbours, so an edge counts here by how many neighbours its ends share, and 1/q
//! if none.

use super::dense::{Dense, decompose};
use crate::draws::Draws;

/// Share of all pairs that are edges: the most alike (security study, section 1.4).
const EDGES: f64 = 0.1;
/// Weight of a step to a node that the node before is no neighbour of: 1/q.
const OUTWARD: f64 = 1.0 / 300.0;
/// Coordinates of a point. Published were 128 for tens of thousands of nodes; there are some hundred here.
const DIMENSIONS: usize = 64;
/// Steps of the subspace iteration. The largest parts of a matrix come out first; the small ones matter little.
const STEPS: usize = 12;

/// The most alike pairs as a weighted graph: `alike` are similarities of all pairs in standard deviations.
fn graph(nodes: usize, alike: &[f32]) -> Dense {
    let mut pairs: Vec<f32> = (1..nodes)
        .flat_map(|a| (0..a).map(move |b| alike[a * nodes + b]))
        .collect();
    let wanted = (pairs.len() as f64 * EDGES) as usize;
    pairs.sort_unstable_by(|a, b| b.total_cmp(a));
    // Weights from the least edge upwards would make that one nothing.
    let least = pairs.get(wanted).copied().unwrap_or(f32::INFINITY);
    let edge = |a: usize, b: usize| a != b && alike[a * nodes + b] > least;
    let words = nodes.div_ceil(64);
    let mut near = vec![0u64; nodes * words];
    for a in 0..nodes {
        for b in 0..nodes {
            near[a * words + b / 64] |= u64::from(edge(a, b)) << (b % 64);
        }
    }
    let of = |node: usize| &near[node * words..(node + 1) * words];
    let degree = |node: usize| of(node).iter().map(|word| word.count_ones()).sum::<u32>();
    let degrees: Vec<f64> = (0..nodes).map(|node| f64::from(degree(node))).collect();
    Dense::new(nodes, nodes, |a, b| {
        if !edge(a, b) {
            return 0.0;
        }
        let both = of(a)
            .iter()
            .zip(of(b))
            .map(|(a, b)| (a & b).count_ones())
            .sum::<u32>();
        let stays = f64::from(both) / libm::sqrt(degrees[a] * degrees[b]);
        // Similarities of edges are positive: a tenth of the pairs is above the mean. Added is what keeps them so in any graph.
        f64::max(f64::from(alike[a * nodes + b]), 0.05) * (stays + OUTWARD)
    })
}

/// The matrix that skip-gram over the walks of a graph factorises; the window is ten.
fn skip_gram(graph: &Dense) -> Dense {
    let n = graph.rows;
    let degrees: Vec<f64> = (0..n).map(|node| graph.row(node).iter().sum()).collect();
    let volume: f64 = degrees.iter().sum();
    let root: Vec<f64> = degrees
        .iter()
        .map(|degree| {
            if *degree > 0.0 {
                1.0 / libm::sqrt(*degree)
            } else {
                0.0
            }
        })
        .collect();
    // S = D^-1/2 A D^-1/2, so that the sum is D^-1/2 (S + ... + S^10) D^-1/2.
    let s = Dense::new(n, n, |a, b| root[a] * graph.row(a)[b] * root[b]);
    let second = s.times(&s);
    let fourth = second.times(&second);
    // 1 + S^2 + S^4 + S^6 = (1 + S^2)(1 + S^4), then + S^8, then times (1 + S) S.
    let even = second.clone().plus_one().times(&fourth.plus_one());
    let even = second.times(&even).plus_one();
    let all = s.times(&even);
    let sum = all.clone().plus(1.0, &s.times(&all));
    Dense::new(n, n, |a, b| {
        let value = volume / 10.0 * root[a] * sum.row(a)[b] * root[b];
        libm::log(value.max(1.0))
    })
}

/// The nodes of a graph as points of [`DIMENSIONS`] coordinates, of length one.
pub(super) fn points(nodes: usize, alike: &[f32], draws: &mut Draws) -> Dense {
    let matrix = skip_gram(&graph(nodes, alike));
    let dimensions = DIMENSIONS.min(nodes);
    // The largest parts of the matrix by subspace iteration from a start by lot (Halko, Martinsson and Tropp 2011).
    let start: Vec<f64> = (0..nodes * dimensions)
        .map(|_| draws.share() - 0.5)
        .collect();
    let mut basis = Dense {
        rows: nodes,
        columns: dimensions,
        values: start,
    }
    .orthonormal();
    for _ in 0..STEPS {
        basis = matrix.times(&basis).orthonormal();
    }
    let small = basis.turned().times(&matrix.times(&basis));
    let (u, sizes, _) = decompose(&small);
    let coordinates = basis.times(&u);
    Dense::new(nodes, dimensions, |row, column| {
        coordinates.row(row)[column] * libm::sqrt(sizes[column])
    })
    .unit_rows()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_by_hand() {
        // Two nodes and one edge of weight 3: from one end a walk is at the other after every odd step. D = 3, vol = 6.
        let graph = Dense::new(2, 2, |a, b| if a == b { 0.0 } else { 3.0 });
        let matrix = skip_gram(&graph);
        // Five of ten steps: 6 / 10 * 5 / 3 = 1, of which the logarithm is 0 for either.
        assert!(
            matrix.values.iter().all(|value| libm::fabs(*value) < 1e-12),
            "{matrix:?}"
        );
        // Two such edges that do not meet: vol = 12, so twice as much within each and nothing between.
        let graph = Dense::new(
            4,
            4,
            |a, b| if a / 2 == b / 2 && a != b { 3.0 } else { 0.0 },
        );
        let matrix = skip_gram(&graph);
        for (at, value) in matrix.values.iter().enumerate() {
            let together = at / 4 / 2 == at % 4 / 2;
            let wanted = if together {
                std::f64::consts::LN_2
            } else {
                0.0
            };
            assert!(libm::fabs(value - wanted) < 1e-12, "{matrix:?}");
        }
    }

    #[test]
    fn neighbours_are_near_and_strangers_far() {
        // Two rings of sixty nodes: the nearer along the ring, the more alike.
        let n = 120;
        let alike: Vec<f32> = (0..n * n)
            .map(|at| {
                let (a, b) = (at / n, at % n);
                let apart = usize::abs_diff(a % 60, b % 60);
                let apart = apart.min(60 - apart) as f32;
                if a / 60 == b / 60 { 10.0 - apart } else { -5.0 }
            })
            .collect();
        let points = points(n, &alike, &mut Draws::new(&[1; 32], "walks"));
        let near = |a: usize, b: usize| super::super::dense::dot(points.row(a), points.row(b));
        assert!(near(0, 1) > near(0, 3) && near(0, 3) > near(0, 30));
        assert!(
            near(0, 3) > near(0, 60) + 0.2,
            "{} {}",
            near(0, 3),
            near(0, 60)
        );
    }
}
