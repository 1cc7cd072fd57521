//! Records as numbers and judged pairs as edges between them.
//!
//! Records are numbered by their references, which are random and belong to the records, so nothing that follows depends on the order
//! of sets or rows. All is kept in flat arrays: a million records and three million pairs take some 150 MB.

use kinfold_schema::{FLAG_DO_NOT_LINK, Field, Schema};

use crate::candidates::nhs_tokens;
use crate::decisions::{Given, Judgement, Outcome, RecordKey};
use crate::lives::Lives;
use crate::pattern::agree_as_a_whole;
use crate::{FieldLevels, Guard, Pair, RecordId, RecordSet, Verdict, Veto};

/// Bits beyond which one pair says no more, in either direction: a single pair never outweighs all the others.
const BITS_MAX: f64 = 20.0;
/// No verified number.
const NO_NUMBER: u32 = u32::MAX;

/// What an edge may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Evidence that does not join by itself.
    Weak,
    /// Joins, if everything between the two people allows it.
    Link,
    /// A reviewer's decision that the two are one person.
    Must,
    /// The guard of twins: never in one person, unless a third record lifts it or a reviewer decides.
    Guard,
    /// A veto, the guard of namesakes or a reviewer's decision: never in one person.
    Never,
}

/// Two records with evidence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Edge {
    /// The smaller node.
    pub a: u32,
    /// The larger node.
    pub b: u32,
    /// Match weight in bits, bounded.
    pub bits: f64,
    /// log2 of the odds after others competed for the two, bounded.
    pub odds: f64,
    /// What it may do.
    pub kind: Kind,
    /// Whether the pair says that first names, an identifier, or names and birth date as a whole agree: what a guard misses.
    pub named: bool,
}

/// All records and edges.
pub(super) struct Graph {
    /// The record of each node.
    pub records: Vec<RecordId>,
    /// Sorted by nodes; at most one edge for two nodes.
    pub edges: Vec<Edge>,
    /// For each set, the node of each row.
    nodes: Vec<Vec<u32>>,
    /// For each set, whether a person has at most one of its records.
    single: Vec<bool>,
    numbers: Numbers,
    lives: Lives,
    /// Nodes of one custodian that a third record shows to be one person all the same; sorted.
    twice: Vec<(u32, u32)>,
    /// Weight of two records that could be a pair and are none.
    pub silence: f64,
}

impl Graph {
    /// Numbers the records and turns pairs and decisions into edges. Also says what became of each decision so far: those that must
    /// link are only known to be honoured after clustering.
    pub(super) fn new(
        schema: &Schema,
        sets: &[RecordSet],
        pairs: &[Pair],
        silence: f64,
        given: &Given,
    ) -> (Self, Vec<Outcome>) {
        let (records, nodes) = number(sets);
        let mut graph = Self {
            edges: Vec::new(),
            single: sets
                .iter()
                .map(|set| !given.duplicates.contains(&set.source))
                .collect(),
            numbers: Numbers::new(schema, sets),
            lives: Lives::new(sets, &given.lives),
            twice: Vec::new(),
            silence,
            records,
            nodes,
        };
        let mut edges: Vec<Edge> = pairs.iter().map(|pair| graph.edge(pair)).collect();
        edges.sort_unstable_by_key(|edge| (edge.a, edge.b));
        lift_guards(&mut edges);
        let mut added: Vec<Edge> = Vec::new();
        for apart in &given.apart {
            set_kind(
                &mut edges,
                &mut added,
                graph.ends(apart.left, apart.right),
                Kind::Never,
            );
        }
        let outcomes = graph.decide(sets, pairs, given, &mut edges, &mut added);
        edges.extend(added);
        edges.sort_unstable_by_key(|edge| (edge.a, edge.b));
        graph.edges = edges;
        (graph, outcomes)
    }

    /// The node of a record.
    pub(super) fn node(&self, record: RecordId) -> u32 {
        self.nodes[record.set as usize][record.row as usize]
    }

    /// The nodes of two records, the smaller first.
    pub(super) fn ends(&self, left: RecordId, right: RecordId) -> (u32, u32) {
        let (a, b) = (self.node(left), self.node(right));
        (a.min(b), a.max(b))
    }

    /// Whether two records may never be one person by what they are: two of one custodian that holds each person once.
    pub(super) fn same_single_source(&self, a: u32, b: u32) -> bool {
        let (a, b) = (self.records[a as usize], self.records[b as usize]);
        a.set == b.set && self.single[a.set as usize]
    }

    /// Whether two records have verified numbers that differ.
    fn numbers_differ(&self, a: u32, b: u32) -> bool {
        let (a, b) = (self.records[a as usize], self.records[b as usize]);
        let (x, y) = (self.numbers.of(a, b), self.numbers.of(b, a));
        x != NO_NUMBER && y != NO_NUMBER && x != y
    }

    /// Whether facts forbid that two records are one person: verified numbers that differ, a death before an event. No decision
    /// overrules them.
    pub(super) fn contradict(&self, a: u32, b: u32) -> bool {
        let ends = (self.records[a as usize], self.records[b as usize]);
        self.numbers_differ(a, b) || self.lives.apart(ends.0, ends.1)
    }

    /// Whether a set holds each person once.
    pub(super) fn is_single(&self, set: u32) -> bool {
        self.single[set as usize]
    }

    /// Lets rows of one custodian be one person. They still count as never compared.
    pub(super) fn allow_twice(&mut self, rows: &[(RecordId, RecordId)]) {
        self.twice = rows.iter().map(|&(a, b)| self.ends(a, b)).collect();
        self.twice.sort_unstable();
    }

    /// Whether two records can never be one person by what they are.
    pub(super) fn excluded(&self, a: u32, b: u32) -> bool {
        let once = self.same_single_source(a, b)
            && self.twice.binary_search(&(a.min(b), a.max(b))).is_err();
        once || self.contradict(a, b)
    }

    fn edge(&self, pair: &Pair) -> Edge {
        let (a, b) = self.ends(pair.left, pair.right);
        let level = |field| pair.agreement.level(field);
        Edge {
            a,
            b,
            bits: evidence(pair).clamp(-BITS_MAX, BITS_MAX),
            odds: odds(pair.probability),
            kind: match pair.verdict {
                Verdict::Linked => Kind::Link,
                Verdict::Vetoed(_) | Verdict::Guarded(Guard::BirthDatesDiffer) => Kind::Never,
                Verdict::Guarded(Guard::TwinOrSibling) => Kind::Guard,
                Verdict::Review | Verdict::NotLinked | Verdict::Outvoted | Verdict::Tied => {
                    Kind::Weak
                }
            },
            named: level(Field::First) >= 2
                || level(Field::AnyName) >= 3
                || level(Field::Identifier) > 0
                || agree_as_a_whole(pair.agreement, pair.sigmas),
        }
    }

    /// Writes the decisions into the edges.
    fn decide(
        &self,
        sets: &[RecordSet],
        pairs: &[Pair],
        given: &Given,
        edges: &mut [Edge],
        added: &mut Vec<Edge>,
    ) -> Vec<Outcome> {
        let find = |key: &RecordKey| self.find(sets, key);
        let ends: Vec<Option<(u32, u32)>> = given
            .decisions
            .iter()
            .map(|decision| {
                let (a, b) = (find(&decision.left)?, find(&decision.right)?);
                Some((a.min(b), a.max(b)))
            })
            .collect();
        let mut last: Vec<((u32, u32), usize)> = ends
            .iter()
            .enumerate()
            .filter_map(|(index, ends)| Some(((*ends)?, index)))
            .collect();
        last.sort_unstable();
        let is_last = |ends: (u32, u32), index: usize| {
            let after = last.partition_point(|&(other, _)| other <= ends);
            last[after - 1].1 == index
        };
        let mut outcomes = Vec::with_capacity(given.decisions.len());
        for (index, decision) in given.decisions.iter().enumerate() {
            let outcome = match ends[index] {
                None => Outcome::RecordMissing,
                Some((a, b)) if a == b => Outcome::SameRecord,
                Some(ends) if !is_last(ends, index) => Outcome::Replaced,
                Some(ends) => match (decision.judgement, self.veto(sets, pairs, given, ends)) {
                    (Judgement::SamePerson, Some(veto)) => Outcome::Vetoed(veto),
                    (Judgement::SamePerson, None) => {
                        set_kind(edges, added, ends, Kind::Must);
                        Outcome::Honoured
                    }
                    (Judgement::DifferentPeople, _) => {
                        set_kind(edges, added, ends, Kind::Never);
                        Outcome::Honoured
                    }
                },
            };
            outcomes.push(outcome);
        }
        outcomes
    }

    /// What forbids the two to be one person, whatever a reviewer says.
    fn veto(
        &self,
        sets: &[RecordSet],
        pairs: &[Pair],
        given: &Given,
        ends: (u32, u32),
    ) -> Option<Veto> {
        let flags = |node: u32| {
            let record = self.records[node as usize];
            sets[record.set as usize].table.flags[record.row as usize]
        };
        if (flags(ends.0) | flags(ends.1)) & FLAG_DO_NOT_LINK != 0 {
            return Some(Veto::DoNotLink);
        }
        if self.numbers_differ(ends.0, ends.1) {
            return Some(Veto::NhsNumbersDiffer);
        }
        if self.contradict(ends.0, ends.1) {
            return Some(Veto::DiedBefore);
        }
        let (a, b) = (self.records[ends.0 as usize], self.records[ends.1 as usize]);
        let found = pairs.binary_search_by_key(&(a.min(b), a.max(b)), |p| (p.left, p.right));
        if let Some(Verdict::Vetoed(veto)) = found.ok().map(|index| pairs[index].verdict) {
            return Some(veto);
        }
        given
            .apart
            .iter()
            .find(|apart| self.ends(apart.left, apart.right) == ends)
            .map(|apart| apart.veto)
    }

    /// The node of a record by its name.
    pub(super) fn find(&self, sets: &[RecordSet], key: &RecordKey) -> Option<u32> {
        let name = |&record: &RecordId| name_of(sets, record);
        let wanted = (key.reference, key.source.as_str());
        self.records
            .binary_search_by(|record| name(record).cmp(&wanted))
            .ok()
            .map(|node| node as u32)
    }
}

/// Takes guards away that a third record lifts: it links with both, and agrees with each in what the two do not show of each
/// other, the first name or an identifier. Twins have no such record.
fn lift_guards(edges: &mut [Edge]) {
    let mut sure: Vec<(u32, u32)> = edges
        .iter()
        .filter(|edge| edge.kind == Kind::Link && edge.named)
        .flat_map(|edge| [(edge.a, edge.b), (edge.b, edge.a)])
        .collect();
    sure.sort_unstable();
    let near = |node: u32| {
        let from = sure.partition_point(|&(own, _)| own < node);
        sure[from..]
            .iter()
            .take_while(move |&&(own, _)| own == node)
    };
    for edge in edges.iter_mut().filter(|edge| edge.kind == Kind::Guard) {
        let lifted = near(edge.a).any(|&(_, third)| {
            sure.binary_search(&(third.min(edge.b), third.max(edge.b)))
                .is_ok()
        });
        if lifted {
            edge.kind = Kind::Weak;
        }
    }
}

/// What orders records: the reference, and the custodian in the unlikely case that two have the same.
fn name_of(sets: &[RecordSet], record: RecordId) -> ([u8; 16], &str) {
    let set = &sets[record.set as usize];
    (
        set.table.record_ref[record.row as usize],
        set.source.as_str(),
    )
}

/// Records in the order of their names, and for each set the number of each row.
fn number(sets: &[RecordSet]) -> (Vec<RecordId>, Vec<Vec<u32>>) {
    let mut records: Vec<RecordId> = sets
        .iter()
        .enumerate()
        .flat_map(|(set, records)| {
            (0..records.table.len()).map(move |row| RecordId {
                set: set as u32,
                row: row as u32,
            })
        })
        .collect();
    // Two sets of one name would leave ties, which the numbers of the sets decide then.
    records.sort_unstable_by(|&a, &b| {
        name_of(sets, a)
            .cmp(&name_of(sets, b))
            .then_with(|| a.cmp(&b))
    });
    let mut nodes: Vec<Vec<u32>> = sets.iter().map(|set| vec![0; set.table.len()]).collect();
    for (node, record) in records.iter().enumerate() {
        nodes[record.set as usize][record.row as usize] = node as u32;
    }
    (records, nodes)
}

/// log2 of the odds of a probability, bounded.
fn odds(probability: f64) -> f64 {
    (libm::log2(probability) - libm::log2(1.0 - probability)).clamp(-BITS_MAX, BITS_MAX)
}

/// What a pair says about two groups of records that others may link: its weight. A weight begins with the odds of any
/// two records, which the link that brings the groups together has overcome already; and whoever shares keys is more alike than chance. So
/// the keys that they share never speak against one person, only the filters can.
fn evidence(pair: &Pair) -> f64 {
    if pair.keys == 0 && pair.fields == FieldLevels::default() {
        return pair.weight;
    }
    pair.weight.max(pair.filter_bits.min(0.0))
}

/// Changes the edge of two nodes, or adds one.
fn set_kind(edges: &mut [Edge], added: &mut Vec<Edge>, (a, b): (u32, u32), kind: Kind) {
    if let Ok(at) = edges.binary_search_by_key(&(a, b), |edge| (edge.a, edge.b)) {
        edges[at].kind = kind;
    } else if let Some(edge) = added.iter_mut().find(|edge| (edge.a, edge.b) == (a, b)) {
        edge.kind = kind;
    } else {
        added.push(Edge {
            a,
            b,
            bits: 0.0,
            odds: 0.0,
            kind,
            named: false,
        });
    }
}

/// Verified numbers, as small numbers that are equal when the tokens are.
struct Numbers {
    /// For each set, one list for all other sets, or one for each where every two custodians have their own tokens.
    lists: Vec<Vec<Vec<u32>>>,
}

impl Numbers {
    fn new(schema: &Schema, sets: &[RecordSet]) -> Self {
        let tokens: Vec<Vec<Vec<Option<[u8; 16]>>>> = sets
            .iter()
            .map(|own| {
                if own.table.partners.is_empty() {
                    return vec![nhs_tokens(schema, own, "")];
                }
                sets.iter()
                    .map(|other| nhs_tokens(schema, own, &other.source))
                    .collect()
            })
            .collect();
        let mut all: Vec<[u8; 16]> = tokens
            .iter()
            .flatten()
            .flatten()
            .flatten()
            .copied()
            .collect();
        all.sort_unstable();
        all.dedup();
        let number = |token: &Option<[u8; 16]>| {
            token.map_or(NO_NUMBER, |token| {
                all.partition_point(|known| *known < token) as u32
            })
        };
        Self {
            lists: tokens
                .iter()
                .map(|own| {
                    own.iter()
                        .map(|list| list.iter().map(number).collect())
                        .collect()
                })
                .collect(),
        }
    }

    /// A record's number, as compared with the records of another one's set.
    fn of(&self, own: RecordId, other: RecordId) -> u32 {
        let lists = &self.lists[own.set as usize];
        let list = if lists.len() == 1 {
            &lists[0]
        } else {
            &lists[other.set as usize]
        };
        list[own.row as usize]
    }
}
