//! People: clusters of records, built from the surest link down, that never break a veto.

use std::collections::BTreeMap;

use kinfold_schema::Schema;

use crate::candidates::nhs_tokens;
use crate::model::Fitted;
use crate::reference::Mint;
use crate::{Pair, RecordId, RecordSet, Verdict};

/// One person: records that are believed to be the same human being.
#[derive(Clone, Debug, PartialEq)]
pub struct PersonCluster {
    /// `P-` reference, minted from the smallest record reference.
    pub reference: String,
    /// The records, sorted; at most one of each custodian.
    pub members: Vec<RecordId>,
    /// Probability of the weakest link that holds the person together; `None` for one record.
    pub confidence: Option<f64>,
}

/// Joins linked pairs into people and marks links that a cluster did not allow as outvoted.
pub(crate) fn cluster(
    schema: &Schema,
    sets: &[RecordSet],
    pairs: &mut [Pair],
    fitted: &Fitted,
) -> Vec<PersonCluster> {
    let mut clusters = Clusters::new(schema, sets);
    let mut order: Vec<usize> = (0..pairs.len())
        .filter(|&index| pairs[index].verdict == Verdict::Linked)
        .collect();
    order.sort_by(|&a, &b| {
        let (a, b) = (&pairs[a], &pairs[b]);
        b.probability
            .total_cmp(&a.probability)
            .then(b.weight.total_cmp(&a.weight))
            .then((a.left, a.right).cmp(&(b.left, b.right)))
    });
    let index: BTreeMap<(RecordId, RecordId), usize> = pairs
        .iter()
        .enumerate()
        .map(|(index, pair)| ((pair.left, pair.right), index))
        .collect();
    for at in order {
        let (left, right) = (clusters.of(pairs[at].left), clusters.of(pairs[at].right));
        if left == right {
            continue;
        }
        if clusters.may_join(left, right)
            && evidence_between(&clusters, left, right, pairs, &index, fitted) > 0.0
        {
            clusters.join(left, right, pairs[at].probability);
        } else {
            pairs[at].verdict = Verdict::Outvoted;
        }
    }
    clusters.into_people(sets)
}

/// The summed weight between two clusters: a pair that is no candidate speaks against them, so a single bridge does not chain two
/// groups that have nothing else in common.
fn evidence_between(
    clusters: &Clusters,
    left: usize,
    right: usize,
    pairs: &[Pair],
    index: &BTreeMap<(RecordId, RecordId), usize>,
    fitted: &Fitted,
) -> f64 {
    let mut sum = 0.0;
    for &a in &clusters.members[left] {
        for &b in &clusters.members[right] {
            sum += match index.get(&(a.min(b), a.max(b))) {
                Some(&at) => pairs[at].weight.clamp(-20.0, 20.0),
                None => fitted.silence,
            };
        }
    }
    sum
}

/// A growing partition of the records.
struct Clusters {
    offsets: Vec<usize>,
    cluster: Vec<usize>,
    members: Vec<Vec<RecordId>>,
    confidence: Vec<Option<f64>>,
    /// Tokens of verified NHS numbers: for each set and each other set, by row. Where all custodians share the key, they are the same for
    /// every other set.
    nhs: Vec<Vec<Vec<Option<[u8; 16]>>>>,
}

impl Clusters {
    fn new(schema: &Schema, sets: &[RecordSet]) -> Self {
        let mut offsets = Vec::new();
        let mut members = Vec::new();
        let nhs = sets
            .iter()
            .map(|own| {
                sets.iter()
                    .map(|other| nhs_tokens(schema, own, &other.source))
                    .collect()
            })
            .collect();
        for (set, records) in sets.iter().enumerate() {
            offsets.push(members.len());
            for row in 0..records.table.len() {
                members.push(vec![RecordId {
                    set: set as u32,
                    row: row as u32,
                }]);
            }
        }
        Self {
            offsets,
            cluster: (0..members.len()).collect(),
            confidence: vec![None; members.len()],
            members,
            nhs,
        }
    }

    fn at(&self, record: RecordId) -> usize {
        self.offsets[record.set as usize] + record.row as usize
    }

    fn of(&self, record: RecordId) -> usize {
        self.cluster[self.at(record)]
    }

    /// Whether joining keeps the rules: one record of a custodian, no two different verified NHS numbers.
    fn may_join(&self, left: usize, right: usize) -> bool {
        self.members[left].iter().all(|&a| {
            self.members[right].iter().all(|&b| {
                let number = |own: RecordId, other: RecordId| {
                    self.nhs[own.set as usize][other.set as usize][own.row as usize]
                };
                let numbers = (number(a, b), number(b, a));
                a.set != b.set && !matches!(numbers, (Some(x), Some(y)) if x != y)
            })
        })
    }

    fn join(&mut self, left: usize, right: usize, probability: f64) {
        let moved = std::mem::take(&mut self.members[right]);
        for &record in &moved {
            let at = self.at(record);
            self.cluster[at] = left;
        }
        self.members[left].extend(moved);
        self.members[left].sort_unstable();
        let weakest = [
            self.confidence[left],
            self.confidence[right],
            Some(probability),
        ];
        self.confidence[left] = weakest.into_iter().flatten().reduce(f64::min);
    }

    fn into_people(self, sets: &[RecordSet]) -> Vec<PersonCluster> {
        let anchor = |members: &[RecordId]| {
            members
                .iter()
                .map(|id| sets[id.set as usize].table.record_ref[id.row as usize])
                .min()
                .expect("clusters have members")
        };
        let mut people: Vec<([u8; 16], PersonCluster)> = self
            .members
            .into_iter()
            .zip(self.confidence)
            .filter(|(members, _)| !members.is_empty())
            .map(|(members, confidence)| {
                (
                    anchor(&members),
                    PersonCluster {
                        reference: String::new(),
                        members,
                        confidence,
                    },
                )
            })
            .collect();
        // References are minted in the order of the record references, which does not depend on the order of the sets.
        people.sort_by_key(|(anchor, _)| *anchor);
        let mut mint = Mint::new("P");
        let mut people: Vec<PersonCluster> = people
            .into_iter()
            .map(|(anchor, person)| PersonCluster {
                reference: mint.mint(&anchor),
                ..person
            })
            .collect();
        people.sort_by_key(|person| person.members[0]);
        people
    }
}
