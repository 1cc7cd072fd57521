//! How likely it is that a person has a record somewhere that nothing connects with it.
//!
//! Missed records leave no trace, but their share can be learnt from people of three or more records, as animals are counted by
//! catching them twice: there, two records that are one person by a third are found to be a link by themselves or not. The share that is
//! not is the rate `m` at which links are missed. A custodian that holds a share `c` of all people and has no record of this person
//! holds one all the same, missed, with probability
//!
//! ```text
//! c·m_k / (1 - c + c·m_k)
//! ```
//!
//! where `m_k` is the rate at which a record is missed by all `k` records of the person. Misses of one person go together (a name that
//! changed, a birth date that was never known), so `m_k` lies between `m` (one cause for all) and `m^k` (independent misses):
//! `m^((k+2)/3)`. The choice is checked in `calibration`.

use super::Found;
use super::graph::{Graph, Kind};

/// Fewer links than this say nothing about the rate.
const LINKS_MIN: f64 = 30.0;
/// The largest rate that is believed, and the one that is taken when there is too little to learn from.
const MISSED_MAX: f64 = 0.5;
const MISSED_UNKNOWN: f64 = 0.1;

/// Lowers the confidence of people by the records that are probably missed.
pub(super) fn take_missed_away(
    graph: &Graph,
    sources: &[&str],
    person_of: &[u32],
    found: &mut [Found],
) {
    let sets = sources.len();
    // In the order of their names: a product of rounded numbers depends on its order.
    let mut order: Vec<usize> = (0..sets).collect();
    order.sort_by_key(|&set| sources[set]);
    let missed = missed(graph, person_of, found);
    let held = held(graph, sets, found);
    let single: Vec<bool> = (0..sets).map(|set| graph.is_single(set as u32)).collect();
    let mut seen = vec![false; sets];
    for person in found {
        for &node in &person.nodes {
            seen[graph.records[node as usize].set as usize] = true;
        }
        let by_all = libm::pow(missed, (person.nodes.len() as f64 + 2.0) / 3.0);
        for &set in order.iter().filter(|&&set| single[set] && !seen[set]) {
            let hidden = held[set] * by_all;
            person.confidence *= (1.0 - held[set]) / (1.0 - held[set] + hidden);
        }
        seen.fill(false);
    }
}

/// The rate at which links are missed, from people of three or more records.
fn missed(graph: &Graph, person_of: &[u32], found: &[Found]) -> f64 {
    let is_large = |person: u32| found[person as usize].nodes.len() > 2;
    let links = graph.edges.iter().filter(|edge| {
        let (a, b) = (person_of[edge.a as usize], person_of[edge.b as usize]);
        a == b && edge.kind == Kind::Link && is_large(a)
    });
    let links = links.count() as f64;
    let possible: f64 = found
        .iter()
        .map(|person| person.nodes.len() as f64)
        .filter(|&size| size > 2.0)
        .map(|size| size * (size - 1.0) / 2.0)
        .sum();
    if links < LINKS_MIN {
        return MISSED_UNKNOWN;
    }
    (1.0 - links / possible).clamp(0.0, MISSED_MAX)
}

/// The share of people of several records that each custodian holds, never all: one more person that it does not hold is thought of.
fn held(graph: &Graph, sets: usize, found: &[Found]) -> Vec<f64> {
    let mut counts = vec![0.0; sets];
    let mut people = 0.0;
    for person in found.iter().filter(|person| person.nodes.len() > 1) {
        people += 1.0;
        let mut of: Vec<u32> = person
            .nodes
            .iter()
            .map(|&node| graph.records[node as usize].set)
            .collect();
        of.sort_unstable();
        of.dedup();
        for set in of {
            counts[set as usize] += 1.0;
        }
    }
    counts.iter().map(|count| count / (people + 1.0)).collect()
}
