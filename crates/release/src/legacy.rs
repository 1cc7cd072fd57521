//! Graph matching as it was published, for comparison: the attacker codes his list under a key of his own and looks for the same pattern of
//! similarities in both graphs.
//!
//! It follows the study's compact form (security study, 1.6): landmarks from spectral matching (Leordeanu and Hebert 2005) or from known
//! people, then rounds in which every node's similarities to the landmarks are compared between the two sides. Diffusion defeats it from
//! t = 3 or 4 on, because the attacker compares noise with noise; the attacks of [`crate::predict`] have no noise on his side. So the line
//! is no ground for calm, and says so.

use rayon::prelude::*;

use crate::coded::code;
use crate::draws::Draws;
use crate::exact::Whole;
use crate::file::View;
use crate::known::{Named, Pick, judge};
use crate::predict::Known;
use crate::scene::{NOBODY, Scene};

/// Rounds of propagation.
const ROUNDS: usize = 16;
/// Most landmarks.
const LANDMARKS_MAX: usize = 600;
/// Nodes that spectral matching starts from, candidates of each, pairs that are kept, and steps of the power iteration.
const NODES: usize = 250;
const CANDIDATES: usize = 6;
const KEPT: usize = 60;
const STEPS: usize = 60;
/// How far two similarities, in standard deviations, may be apart to support each other.
const TOLERANCE: f64 = 0.35;

/// Matches the graph of the records with that of the list, coded under another key; from known people when there are any.
pub fn attack(scene: &Scene, known: &[Known], draws: &mut Draws) -> Named {
    let own = coded_list(scene, draws);
    let seen = Similarities::new(&scene.views, scene.records);
    let list = Similarities::new(&own, scene.people);
    let mut landmarks: Vec<Known> = if known.is_empty() {
        spectral(&seen, &list)
    } else {
        known.to_vec()
    };
    let mut known_home = Vec::new();
    let mut is_known = vec![false; scene.records];
    if !known.is_empty() {
        known_home = vec![false; scene.people];
        for (row, person) in known {
            known_home[scene.home[*person as usize] as usize] = true;
            is_known[*row as usize] = true;
        }
    }
    let mut picks = Vec::new();
    for _ in 0..ROUNDS {
        picks = propagate(&seen, &list, &landmarks);
        let mut next: Vec<&Pick> = picks
            .iter()
            .filter(|pick| pick.mutual && !is_known[pick.row as usize])
            .collect();
        next.sort_by(|a, b| b.ahead.total_cmp(&a.ahead).then(a.row.cmp(&b.row)));
        let wanted = (landmarks.len() * 3 / 2 + 10).min(LANDMARKS_MAX);
        let next: Vec<Known> = known
            .iter()
            .copied()
            .chain(next.into_iter().map(|pick| (pick.row, pick.candidate)))
            .take(wanted)
            .collect();
        if next == landmarks {
            break;
        }
        landmarks = next;
    }
    picks.retain(|pick| !is_known[pick.row as usize]);
    judge(scene, &picks, &known_home)
}

/// The people of the list, coded with the public parameters under a key of the attacker's own.
pub(crate) fn coded_list(scene: &Scene, draws: &mut Draws) -> Vec<View> {
    let mut seed = [0; 32];
    for bytes in seed.as_chunks_mut::<8>().0 {
        *bytes = draws.word().to_le_bytes();
    }
    scene
        .views
        .iter()
        .map(|view| code(view, &seed, view.diffusion))
        .collect()
}

/// The similarities of all pairs of one side, in standard deviations from their mean.
pub(crate) struct Similarities {
    nodes: usize,
    values: Vec<f32>,
}

impl Similarities {
    pub(crate) fn new(views: &[View], nodes: usize) -> Self {
        let mut values = vec![0f32; nodes * nodes];
        values
            .par_chunks_mut(nodes.max(1))
            .enumerate()
            .for_each(|(a, out)| {
                for (b, out) in out.iter_mut().enumerate() {
                    let differ: u32 = views
                        .iter()
                        .flat_map(|view| view.row(a).iter().zip(view.row(b)))
                        .map(|(x, y)| (x ^ y).count_ones())
                        .sum();
                    *out = differ as f32;
                }
            });
        // Whole numbers: their sums are exact in any order.
        let pairs = (nodes * nodes.saturating_sub(1)).max(1) as f64;
        let others = || {
            (0..nodes * nodes)
                .filter(|at| at / nodes != at % nodes)
                .map(|at| f64::from(values[at]))
        };
        let mean = others().sum::<f64>() / pairs;
        let squares = others().map(|value| value * value).sum::<f64>() / pairs;
        let deviation = libm::sqrt((squares - mean * mean).max(1e-9));
        for value in &mut values {
            *value = ((mean - f64::from(*value)) / deviation) as f32;
        }
        for node in 0..nodes {
            values[node * nodes + node] = 0.0;
        }
        Self { nodes, values }
    }

    /// All of them, by rows.
    pub(crate) fn values(&self) -> &[f32] {
        &self.values
    }

    fn row(&self, node: usize) -> &[f32] {
        &self.values[node * self.nodes..(node + 1) * self.nodes]
    }

    /// What tells a node without knowing its neighbours: quantiles, mean, spread and largest of its similarities; each figure in standard
    /// deviations over the nodes.
    pub(crate) fn features(&self) -> Vec<Vec<f64>> {
        const QUANTILES: [f64; 13] = [
            0.02, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975, 0.99, 0.995, 0.998, 0.9995,
        ];
        let mut features: Vec<Vec<f64>> = (0..self.nodes)
            .into_par_iter()
            .map(|node| {
                let mut own: Vec<f32> = self.row(node).to_vec();
                own.sort_by(f32::total_cmp);
                let count = own.len().max(1) as f64;
                let mean = own.iter().map(|value| f64::from(*value)).sum::<f64>() / count;
                let squares = own
                    .iter()
                    .map(|value| f64::from(*value) * f64::from(*value))
                    .sum::<f64>()
                    / count;
                let at = |quantile: f64| f64::from(own[((count - 1.0) * quantile) as usize]);
                let mut features: Vec<f64> =
                    QUANTILES.iter().map(|quantile| at(*quantile)).collect();
                features.extend([mean, libm::sqrt((squares - mean * mean).max(0.0)), at(1.0)]);
                features
            })
            .collect();
        for figure in 0..QUANTILES.len() + 3 {
            let own: Vec<f64> = features.iter().map(|node| node[figure]).collect();
            let scaled = standard(&own);
            for (node, value) in features.iter_mut().zip(scaled) {
                node[figure] = value;
            }
        }
        features
    }
}

/// Values in standard deviations from their mean.
fn standard(values: &[f64]) -> Vec<f64> {
    let count = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / count;
    let spread = values
        .iter()
        .map(|value| (value - mean) * (value - mean))
        .sum::<f64>()
        / count;
    let deviation = libm::sqrt(spread).max(1e-9);
    values
        .iter()
        .map(|value| (value - mean) / deviation)
        .collect()
}

/// First landmarks from nothing: pairs of nodes with like features that support each other.
fn spectral(seen: &Similarities, list: &Similarities) -> Vec<Known> {
    let (left, right) = (seen.features(), list.features());
    let norm = |features: &[f64]| features.iter().map(|value| value * value).sum::<f64>();
    let mut nodes: Vec<usize> = (0..left.len()).collect();
    nodes.sort_by(|a, b| norm(&left[*b]).total_cmp(&norm(&left[*a])));
    nodes.truncate(NODES);
    let distance =
        |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum::<f64>();
    let mut pairs: Vec<(u32, u32, f64)> = Vec::new();
    for node in nodes {
        let mut near: Vec<(f64, u32)> = right
            .iter()
            .zip(0u32..)
            .map(|(other, number)| (distance(&left[node], other), number))
            .collect();
        near.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let near = near.into_iter().take(CANDIDATES);
        pairs.extend(near.map(|(far, other)| (node as u32, other, libm::exp(-libm::sqrt(far)))));
    }
    let count = pairs.len();
    let mut support = vec![0.0; count * count];
    support
        .par_chunks_mut(count.max(1))
        .enumerate()
        .for_each(|(a, out)| {
            let (i, j, alone) = pairs[a];
            for (b, out) in out.iter_mut().enumerate() {
                let (k, m, _) = pairs[b];
                *out = if a == b {
                    alone
                } else if i == k || j == m {
                    0.0
                } else {
                    let x = f64::from(seen.row(i as usize)[k as usize]);
                    let y = f64::from(list.row(j as usize)[m as usize]);
                    let apart = (x - y) * (x - y) / (2.0 * TOLERANCE * TOLERANCE);
                    libm::exp(-apart) * f64::min(libm::fabs(x), libm::fabs(y))
                };
            }
        });
    let mut weights = vec![1.0; count];
    for _ in 0..STEPS {
        let next: Vec<f64> = support
            .par_chunks(count.max(1))
            .map(|row| row.iter().zip(&weights).map(|(x, y)| x * y).sum())
            .collect();
        let length = libm::sqrt(next.iter().map(|value| value * value).sum::<f64>()).max(1e-300);
        weights = next.into_iter().map(|value| value / length).collect();
    }
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|a, b| weights[*b].total_cmp(&weights[*a]).then(a.cmp(b)));
    let mut taken = (vec![false; seen.nodes], vec![false; list.nodes]);
    let mut landmarks = Vec::new();
    for pair in order {
        let (i, j, _) = pairs[pair];
        if landmarks.len() < KEPT && !taken.0[i as usize] && !taken.1[j as usize] {
            taken.0[i as usize] = true;
            taken.1[j as usize] = true;
            landmarks.push((i, j));
        }
    }
    landmarks
}

/// Every record's best person by the correlation of their similarities to the landmarks.
fn propagate(seen: &Similarities, list: &Similarities, landmarks: &[Known]) -> Vec<Pick> {
    let profiles = |side: &Similarities, landmarks: &[u32]| -> Vec<f64> {
        let rows: Vec<Vec<f64>> = (0..side.nodes)
            .into_par_iter()
            .map(|node| {
                let own: Vec<f64> = landmarks
                    .iter()
                    .map(|other| f64::from(side.row(node)[*other as usize]))
                    .collect();
                standard(&own)
            })
            .collect();
        rows.concat()
    };
    let (rows, people): (Vec<u32>, Vec<u32>) = landmarks.iter().copied().unzip();
    let left = Whole::new(seen.nodes, landmarks.len(), &profiles(seen, &rows));
    let right = profiles(list, &people);
    // The other side on its side: one row a landmark.
    let mut turned = vec![0.0; right.len()];
    for (node, own) in right.chunks_exact(landmarks.len().max(1)).enumerate() {
        for (landmark, value) in own.iter().enumerate() {
            turned[landmark * list.nodes + node] = *value;
        }
    }
    let correlation = left.times(&turned, list.nodes);
    let mut best_row = vec![(f64::NEG_INFINITY, NOBODY); list.nodes];
    let mut best = Vec::with_capacity(seen.nodes);
    for (row, own) in correlation.chunks_exact(list.nodes.max(1)).enumerate() {
        let mut first = (f64::NEG_INFINITY, NOBODY);
        let mut second = f64::NEG_INFINITY;
        for (person, value) in own.iter().enumerate() {
            if *value > first.0 {
                second = first.0;
                first = (*value, person as u32);
            } else {
                second = second.max(*value);
            }
            if *value > best_row[person].0 {
                best_row[person] = (*value, row as u32);
            }
        }
        best.push((first, second));
    }
    best.into_iter()
        .zip(0u32..)
        .map(|(((score, candidate), second), row)| Pick {
            row,
            candidate,
            ahead: score - second,
            mutual: candidate != NOBODY && best_row[candidate as usize].1 == row,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::known::{Choice, choose};
    use crate::made_up;
    use crate::scene::ListQuality;

    const SEED: [u8; 32] = [9; 32];

    fn named(diffusion: usize, known: usize) -> f64 {
        let file = made_up::people(400, 7).coded(&SEED, diffusion);
        let scene = Scene::draw(&file, ListQuality::EXACT, &SEED);
        let mut draws = Draws::new(&SEED, "test");
        let known = choose(&scene, known, Choice::Random, &mut draws);
        attack(&scene, &known, &mut draws).all.unwrap().share
    }

    #[test]
    fn values_in_standard_deviations_by_hand() {
        assert_eq!(standard(&[1.0, 3.0]), [-1.0, 1.0]);
        assert_eq!(standard(&[2.0, 2.0]), [0.0, 0.0]);
    }

    #[test]
    fn plain_filters_are_matched_and_diffused_ones_are_not() {
        assert!(named(0, 40) > 0.8);
        assert!(named(6, 40) < 0.05);
    }
}
