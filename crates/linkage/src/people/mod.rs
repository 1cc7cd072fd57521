//! People: clusters of records by the evidence between them, that never break a veto.
//!
//! ```text
//! judged pairs, decisions ─ graph ─► parts ─ merge ─ bridge ─ confidence ─► people, ties, bridges
//! ```
//!
//! Constrained agglomerative clustering: [`merge`] says how groups are joined and when they are not, [`bridge`] what is taken apart
//! again, [`confidence`] how sure a person is. Parts that no link connects are independent, so they are worked on in parallel; the
//! result depends on neither the order of sets and rows nor the number of threads.

mod bridge;
#[cfg(test)]
mod calibration;
mod completeness;
mod confidence;
mod graph;
#[cfg(test)]
pub(crate) mod laws;
mod merge;
mod parts;
pub(crate) mod second_rows;

use kinfold_schema::Schema;
use rayon::prelude::*;

use crate::decisions::{Given, Outcome};
use crate::reference::Mint;
use crate::{Pair, RecordId, RecordSet, Verdict, Veto};
use graph::{Graph, Kind};
pub(crate) use parts::Forest;
use parts::Parts;

/// Probabilities below this are not counted against a person: there are very many of them.
const RIVAL_MIN: f64 = 0.01;

/// One person: records that are believed to be the same human being.
#[derive(Clone, Debug, PartialEq)]
pub struct PersonCluster {
    /// `P-` reference. Minted from the smallest record reference, or carried over from the run before.
    pub reference: String,
    /// The records, sorted; at most one of each custodian that holds each person once.
    pub members: Vec<RecordId>,
    /// Probability that the person is right as a whole: no other person's record is in it, and none of its own is elsewhere, as far
    /// as candidate pairs can tell.
    pub confidence: f64,
}

/// Records that fit two people equally well who cannot be one: joined to neither, for a reviewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tie {
    /// A record of the contested person.
    pub record: RecordId,
    /// A record of each of the two people that it fits.
    pub rivals: [RecordId; 2],
}

/// A single weak link between two groups of records that hold together well by themselves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bridge {
    /// One end of the link.
    pub left: RecordId,
    /// The other end.
    pub right: RecordId,
    /// Evidence between the two groups in bits, silence included.
    pub bits: f64,
    /// Whether it did not carry: the groups are two people now. A bridge that was not cut is for a reviewer.
    pub cut: bool,
}

/// People, and what clustering has to say about them.
#[derive(Clone, Debug, PartialEq)]
pub struct People {
    /// Sorted by their first record; records that link to nothing are people of one record.
    pub people: Vec<PersonCluster>,
    /// Sorted by records.
    pub ties: Vec<Tie>,
    /// Sorted by records.
    pub bridges: Vec<Bridge>,
    /// What became of each decision, in the order of [`Given::decisions`].
    pub outcomes: Vec<Outcome>,
}

/// Clusters judged pairs into people, and writes into the pairs what became of them. `silence` is the weight in bits, negative, of two
/// records that were compared and are no candidate pair.
///
/// The pairs are sorted by records, each once.
pub fn form_people(
    schema: &Schema,
    sets: &[RecordSet],
    pairs: &mut [Pair],
    silence: f64,
    given: &Given,
) -> People {
    form_with(schema, sets, pairs, silence, given, &[])
}

/// As [`form_people`], with rows of one custodian that may be one person although it holds everybody once.
pub(crate) fn form_with(
    schema: &Schema,
    sets: &[RecordSet],
    pairs: &mut [Pair],
    silence: f64,
    given: &Given,
    second_rows: &[(RecordId, RecordId)],
) -> People {
    let (mut graph, mut outcomes) = Graph::new(schema, sets, pairs, silence, given);
    graph.allow_twice(second_rows);
    let parts = Parts::of(&graph);
    let worked: Vec<Worked> = (0..parts.len())
        .into_par_iter()
        .with_min_len(256)
        .map(|index| work(&graph, parts.part(index)))
        .collect();

    // The person of each node, in the order of the smallest record references.
    let mut found: Vec<Found> = Vec::new();
    let (mut ties, mut bridges, mut broken) = (Vec::new(), Vec::new(), Vec::new());
    for mut part in worked {
        found.append(&mut part.found);
        ties.append(&mut part.ties);
        bridges.append(&mut part.bridges);
        broken.append(&mut part.broken);
    }
    drop(parts);
    found.sort_unstable_by_key(|person| person.nodes[0]);
    let mut person_of = vec![0u32; graph.records.len()];
    for (person, found) in found.iter().enumerate() {
        for &node in &found.nodes {
            person_of[node as usize] = person as u32;
        }
    }
    take_rivals_away(&graph, &person_of, &mut found);
    let sources: Vec<&str> = sets.iter().map(|set| set.source.as_str()).collect();
    completeness::take_missed_away(&graph, &sources, &person_of, &mut found);
    report_broken(&graph, sets, given, &broken, &mut outcomes);
    judge(&graph, given, &outcomes, sets, &person_of, &ties, pairs);
    ties.sort_unstable();
    bridges.sort_unstable_by_key(|bridge: &Bridge| (bridge.left, bridge.right));
    People {
        people: name(&graph, sets, found),
        ties,
        bridges,
        outcomes,
    }
}

/// Makes links again of pairs that clustering did not keep, so that it can run once more.
pub(crate) fn reopen(pairs: &mut [Pair]) {
    for pair in pairs {
        if matches!(pair.verdict, Verdict::Outvoted | Verdict::Tied) {
            pair.verdict = Verdict::Linked;
        }
    }
}

/// A person while it has no reference.
struct Found {
    nodes: Vec<u32>,
    confidence: f64,
}

/// What one part gave.
struct Worked {
    found: Vec<Found>,
    ties: Vec<Tie>,
    bridges: Vec<Bridge>,
    /// Nodes of decisions that could not be kept.
    broken: Vec<(u32, u32)>,
}

fn work(graph: &Graph, part: parts::Part<'_>) -> Worked {
    if let [node] = part.nodes {
        return Worked {
            found: vec![Found {
                nodes: vec![*node],
                confidence: 1.0,
            }],
            ties: Vec::new(),
            bridges: Vec::new(),
            broken: Vec::new(),
        };
    }
    let merged = merge::merge(graph, part);
    let (groups, weak) = bridge::inspect(graph, part, merged.groups);
    let inside = parts::edges_inside(part.edges, &groups);
    let node = |position: u32| part.nodes[position as usize];
    let record = |position: u32| graph.records[node(position) as usize];
    Worked {
        found: groups
            .iter()
            .zip(&inside)
            .map(|(group, edges)| Found {
                confidence: confidence::one_person(graph, parts::Part { edges, ..part }, group),
                nodes: group.iter().map(|&position| node(position)).collect(),
            })
            .collect(),
        ties: merged
            .ties
            .iter()
            .map(|&[contested, one, other]| {
                let (one, other) = (record(one), record(other));
                Tie {
                    record: record(contested),
                    rivals: [one.min(other), one.max(other)],
                }
            })
            .collect(),
        bridges: weak
            .iter()
            .map(|weak| {
                let (one, other) = (record(weak.ends.0), record(weak.ends.1));
                Bridge {
                    left: one.min(other),
                    right: one.max(other),
                    bits: weak.bits,
                    cut: weak.cut,
                }
            })
            .collect(),
        broken: merged
            .broken
            .iter()
            .map(|&(a, b)| (node(a), node(b)))
            .collect(),
    }
}

/// Lowers the confidence of people whose records may belong with another person: of all records that two people share evidence by, the
/// most probable pair counts once.
fn take_rivals_away(graph: &Graph, person_of: &[u32], found: &mut [Found]) {
    let mut rivals: Vec<(u32, u32, f64)> = graph
        .edges
        .iter()
        .filter(|edge| edge.kind != Kind::Never && !graph.excluded(edge.a, edge.b))
        .filter_map(|edge| {
            let (a, b) = (person_of[edge.a as usize], person_of[edge.b as usize]);
            let probability = 1.0 / (1.0 + libm::exp2(-edge.odds));
            (a != b && probability >= RIVAL_MIN).then(|| (a.min(b), a.max(b), probability))
        })
        .collect();
    rivals.sort_unstable_by(|x, y| (x.0, x.1).cmp(&(y.0, y.1)).then(y.2.total_cmp(&x.2)));
    rivals.dedup_by_key(|rival| (rival.0, rival.1));
    for (a, b, probability) in rivals {
        // Two people who cannot be one are no rivals: the competition of their records is in the probabilities already.
        let excluded = found[a as usize].nodes.iter().any(|&x| {
            let others = &found[b as usize].nodes;
            others.iter().any(|&y| graph.excluded(x, y))
        });
        if excluded {
            continue;
        }
        for person in [a, b] {
            found[person as usize].confidence *= 1.0 - probability;
        }
    }
}

/// Decisions that clustering could not keep.
fn report_broken(
    graph: &Graph,
    sets: &[RecordSet],
    given: &Given,
    broken: &[(u32, u32)],
    outcomes: &mut [Outcome],
) {
    if broken.is_empty() {
        return;
    }
    for (decision, outcome) in given.decisions.iter().zip(outcomes) {
        if *outcome != Outcome::Honoured {
            continue;
        }
        let ends = (
            graph.find(sets, &decision.left),
            graph.find(sets, &decision.right),
        );
        let is_broken =
            |&(a, b): &(u32, u32)| ends == (Some(a), Some(b)) || ends == (Some(b), Some(a));
        if broken.iter().any(is_broken) {
            *outcome = Outcome::Contradicted;
        }
    }
}

/// Writes into the pairs what became of them.
fn judge(
    graph: &Graph,
    given: &Given,
    outcomes: &[Outcome],
    sets: &[RecordSet],
    person_of: &[u32],
    ties: &[Tie],
    pairs: &mut [Pair],
) {
    let person = |record: RecordId| person_of[graph.node(record) as usize];
    let mut tied: Vec<(u32, u32)> = ties
        .iter()
        .flat_map(|tie| tie.rivals.map(|rival| (person(tie.record), person(rival))))
        .map(|(a, b)| (a.min(b), a.max(b)))
        .collect();
    tied.sort_unstable();
    for pair in pairs.iter_mut() {
        let (a, b) = (person(pair.left), person(pair.right));
        if pair.verdict == Verdict::Linked && a != b {
            let is_tied = tied.binary_search(&(a.min(b), a.max(b))).is_ok();
            pair.verdict = if is_tied {
                Verdict::Tied
            } else {
                Verdict::Outvoted
            };
        }
    }
    let apart = given
        .apart
        .iter()
        .map(|apart| (apart.left, apart.right, Verdict::Vetoed(apart.veto)));
    let decided = given
        .decisions
        .iter()
        .zip(outcomes)
        .filter_map(|(decision, outcome)| {
            let find = |key| Some(graph.records[graph.find(sets, key)? as usize]);
            let (left, right) = (find(&decision.left)?, find(&decision.right)?);
            let verdict = match decision.judgement {
                crate::Judgement::SamePerson => Verdict::Linked,
                crate::Judgement::DifferentPeople => Verdict::Vetoed(Veto::Decided),
            };
            (*outcome == Outcome::Honoured).then_some((left, right, verdict))
        });
    let written: Vec<(RecordId, RecordId, Verdict)> = apart.chain(decided).collect();
    for (left, right, verdict) in written {
        let ends = (left.min(right), left.max(right));
        if let Ok(at) = pairs.binary_search_by_key(&ends, |pair| (pair.left, pair.right)) {
            // A veto says more than a decision that agrees with it.
            if !matches!(pairs[at].verdict, Verdict::Vetoed(_)) {
                pairs[at].verdict = verdict;
            }
        }
    }
}

/// Gives people their references, in the order of their smallest record references, and puts them in the order of their records.
fn name(graph: &Graph, sets: &[RecordSet], found: Vec<Found>) -> Vec<PersonCluster> {
    let mut mint = Mint::new("P");
    let mut people: Vec<PersonCluster> = found
        .into_iter()
        .map(|person| {
            let first = graph.records[person.nodes[0] as usize];
            let anchor = &sets[first.set as usize].table.record_ref[first.row as usize];
            let mut members: Vec<RecordId> = person
                .nodes
                .iter()
                .map(|&node| graph.records[node as usize])
                .collect();
            members.sort_unstable();
            PersonCluster {
                reference: mint.mint(anchor),
                members,
                confidence: person.confidence,
            }
        })
        .collect();
    people.sort_unstable_by_key(|person| person.members[0]);
    people
}
