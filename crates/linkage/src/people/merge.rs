//! Clustering of one part: the two groups with the most evidence between them are joined first, and so on until no evidence is left
//! that carries another join.
//!
//! The evidence between two groups is the sum of the bounded weights of all pairs between them; two records that could have been a
//! pair and are none speak against (silence). So a single mistaken link does not chain two groups that have nothing else in common.
//! Nothing is joined across a veto, a guard, a decision, two records of one custodian, or two verified numbers that differ.
//!
//! A group that fits two others equally well, which exclude each other, is joined to neither: that is a tie, for a reviewer.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::graph::{Graph, Kind};
use super::parts::Part;

/// Evidence in bits below which two groups are not joined: even odds.
pub(super) const JOIN_BITS: f64 = 0.0;
/// Two places within so many bits are equally good: the better one would be right less than two times in three.
const TIE_BITS: f64 = 1.0;

/// What clustering made of a part. Members are positions in the part.
pub(super) struct Merged {
    /// Groups, each sorted, in the order of their first members.
    pub groups: Vec<Vec<u32>>,
    /// Contested groups: a record of it, and one of each rival.
    pub ties: Vec<[u32; 3]>,
    /// Decisions that could not be kept.
    pub broken: Vec<(u32, u32)>,
}

/// Everything between two groups.
#[derive(Clone, Copy, Debug)]
struct Between {
    bits: f64,
    /// Candidate pairs; those missing are silent.
    pairs: u32,
    linked: bool,
    never: bool,
}

struct Group {
    /// Sorted; empty when it was joined to another.
    members: Vec<u32>,
    /// Groups with evidence, sorted by their numbers.
    near: Vec<(u32, Between)>,
    /// Counts its changes, so that older entries of the queue are known.
    version: u32,
}

/// A possible join.
#[derive(Clone, Copy, Debug)]
struct Join {
    bits: f64,
    x: u32,
    y: u32,
    versions: (u32, u32),
}

impl PartialEq for Join {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Join {}

impl PartialOrd for Join {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Join {
    /// More evidence first, then the smaller groups.
    fn cmp(&self, other: &Self) -> Ordering {
        self.bits
            .total_cmp(&other.bits)
            .then((other.x, other.y).cmp(&(self.x, self.y)))
    }
}

/// Clusters one part.
pub(super) fn merge(graph: &Graph, part: Part<'_>) -> Merged {
    // Two records and one link: most parts.
    if let ([a, b], [edge]) = (part.nodes, part.edges)
        && edge.kind == Kind::Link
    {
        let joined = edge.bits > JOIN_BITS && !graph.excluded(*a, *b);
        return Merged {
            groups: if joined {
                vec![vec![0, 1]]
            } else {
                vec![vec![0], vec![1]]
            },
            ties: Vec::new(),
            broken: Vec::new(),
        };
    }
    let mut work = Work::new(graph, part);
    let broken = work.keep_decisions();
    work.run();
    let ties = work.ties();
    let mut groups: Vec<Vec<u32>> = work
        .groups
        .into_iter()
        .map(|group| group.members)
        .filter(|members| !members.is_empty())
        .collect();
    groups.sort_unstable_by_key(|members| members[0]);
    Merged {
        groups,
        ties,
        broken,
    }
}

struct Work<'a> {
    graph: &'a Graph,
    part: Part<'a>,
    groups: Vec<Group>,
    /// The group of each member.
    group_of: Vec<u32>,
    queue: BinaryHeap<Join>,
    /// Joins that wait because a rival is as good: for each group the others, in no order.
    waiting: Vec<Vec<u32>>,
}

impl<'a> Work<'a> {
    fn new(graph: &'a Graph, part: Part<'a>) -> Self {
        let mut groups: Vec<Group> = (0..part.nodes.len() as u32)
            .map(|node| Group {
                members: vec![node],
                near: Vec::new(),
                version: 0,
            })
            .collect();
        for edge in part.edges {
            let between = Between {
                bits: edge.bits,
                pairs: 1,
                linked: edge.kind == Kind::Link,
                never: matches!(edge.kind, Kind::Never | Kind::Guard),
            };
            groups[edge.a as usize].near.push((edge.b, between));
            groups[edge.b as usize].near.push((edge.a, between));
        }
        for group in &mut groups {
            group.near.sort_unstable_by_key(|&(other, _)| other);
        }
        Self {
            graph,
            part,
            group_of: (0..groups.len() as u32).collect(),
            waiting: vec![Vec::new(); groups.len()],
            groups,
            queue: BinaryHeap::new(),
        }
    }

    /// Joins what reviewers joined, in order; returns the decisions that something forbids.
    fn keep_decisions(&mut self) -> Vec<(u32, u32)> {
        let mut broken = Vec::new();
        for edge in self.part.edges.iter().filter(|e| e.kind == Kind::Must) {
            let (x, y) = (
                self.group_of[edge.a as usize],
                self.group_of[edge.b as usize],
            );
            if x == y {
                continue;
            }
            let never = self.between(x, y).is_some_and(|between| between.never);
            if never || self.contradict(x, y) {
                broken.push((edge.a, edge.b));
            } else {
                self.join(x, y);
            }
        }
        broken
    }

    fn run(&mut self) {
        for x in 0..self.groups.len() as u32 {
            self.offer(x, |x, y| x < y);
        }
        while let Some(join) = self.queue.pop() {
            let (x, y) = (join.x, join.y);
            let versions = (
                self.groups[x as usize].version,
                self.groups[y as usize].version,
            );
            let gone = self.groups[x as usize].members.is_empty()
                || self.groups[y as usize].members.is_empty();
            if gone || versions != join.versions {
                continue;
            }
            if self.rival(x, y, join.bits).is_some() || self.rival(y, x, join.bits).is_some() {
                if !self.waiting[x as usize].contains(&y) {
                    self.waiting[x as usize].push(y);
                    self.waiting[y as usize].push(x);
                }
                continue;
            }
            let joined = self.join(x, y);
            self.offer(joined, |_, _| true);
            self.look_again(joined);
        }
    }

    /// Puts the possible joins of a group into the queue.
    fn offer(&mut self, x: u32, which: impl Fn(u32, u32) -> bool) {
        for index in 0..self.groups[x as usize].near.len() {
            let (y, between) = self.groups[x as usize].near[index];
            if which(x, y) {
                self.offer_one(x, y, between);
            }
        }
    }

    /// Puts one join into the queue, if it is possible.
    fn offer_one(&mut self, x: u32, y: u32, between: Between) {
        if !between.linked || between.never {
            return;
        }
        let bits = self.bits(x, y, between);
        if bits > JOIN_BITS && !self.excluded(x, y) {
            self.queue.push(Join {
                bits,
                x: x.min(y),
                y: x.max(y),
                versions: (
                    self.groups[x.min(y) as usize].version,
                    self.groups[x.max(y) as usize].version,
                ),
            });
        }
    }

    /// Another group that fits `x` as well as `y` does and cannot be in one person with `y`.
    fn rival(&self, x: u32, y: u32, bits: f64) -> Option<u32> {
        let near = &self.groups[x as usize].near;
        near.iter()
            .filter(|&&(z, between)| z != y && between.linked && !between.never)
            .find(|&&(z, between)| {
                self.bits(x, z, between) > (bits - TIE_BITS).max(JOIN_BITS)
                    && !self.excluded(x, z)
                    && (self.excluded(y, z) || self.between(y, z).is_some_and(|other| other.never))
            })
            .map(|&(z, _)| z)
    }

    /// Joins that waited are tried again when something near them has changed: those of the groups near a joined one. Those of the two
    /// that were joined are void, as the joined group has offered its joins anew.
    fn look_again(&mut self, joined: u32) {
        for at in 0..self.groups[joined as usize].near.len() {
            let x = self.groups[joined as usize].near[at].0;
            for y in self.no_longer_waits(x) {
                if let Some(between) = self.between(x, y) {
                    self.offer_one(x, y, between);
                }
            }
        }
    }

    /// Takes all waiting joins of a group away; gives the other groups.
    fn no_longer_waits(&mut self, x: u32) -> Vec<u32> {
        let others = std::mem::take(&mut self.waiting[x as usize]);
        for &other in &others {
            self.waiting[other as usize].retain(|&waits| waits != x);
        }
        others
    }

    /// What still waits: a record of the contested group and one of each of the two.
    fn ties(&self) -> Vec<[u32; 3]> {
        let mut ties = Vec::new();
        let waiting = self.waiting.iter().enumerate().flat_map(|(x, others)| {
            let x = x as u32;
            others.iter().map(move |&y| (x, y)).filter(|(x, y)| x < y)
        });
        for (x, y) in waiting {
            let Some(between) = self.between(x, y) else {
                continue;
            };
            let bits = self.bits(x, y, between);
            for (contested, one) in [(x, y), (y, x)] {
                if let Some(other) = self.rival(contested, one, bits) {
                    let first = |group: u32| self.groups[group as usize].members[0];
                    let (one, other) = (first(one), first(other));
                    ties.push([first(contested), one.min(other), one.max(other)]);
                }
            }
        }
        ties.sort_unstable();
        ties.dedup();
        ties
    }

    /// Evidence between two groups in bits.
    fn bits(&self, x: u32, y: u32, between: Between) -> f64 {
        let (x, y) = (
            &self.groups[x as usize].members,
            &self.groups[y as usize].members,
        );
        let mut possible = x.len() * y.len();
        if x.len() + y.len() > 2 {
            // Records of one custodian that holds each person once are never compared, so they are not silent either.
            let never_compared = |a: u32, b: u32| {
                self.graph
                    .same_single_source(self.part.nodes[a as usize], self.part.nodes[b as usize])
            };
            possible -= x
                .iter()
                .map(|&a| y.iter().filter(|&&b| never_compared(a, b)).count())
                .sum::<usize>();
        }
        let silent = possible.saturating_sub(between.pairs as usize);
        between.bits + silent as f64 * self.graph.silence
    }

    /// Whether what the records are forbids that two groups are one person.
    fn excluded(&self, x: u32, y: u32) -> bool {
        self.any_pair(x, y, |a, b| self.graph.excluded(a, b))
    }

    fn contradict(&self, x: u32, y: u32) -> bool {
        self.any_pair(x, y, |a, b| self.graph.contradict(a, b))
    }

    fn any_pair(&self, x: u32, y: u32, test: impl Fn(u32, u32) -> bool) -> bool {
        let node = |position: u32| self.part.nodes[position as usize];
        self.groups[x as usize].members.iter().any(|&a| {
            self.groups[y as usize]
                .members
                .iter()
                .any(|&b| test(node(a), node(b)))
        })
    }

    fn between(&self, x: u32, y: u32) -> Option<Between> {
        let near = &self.groups[x as usize].near;
        near.binary_search_by_key(&y, |&(other, _)| other)
            .ok()
            .map(|at| near[at].1)
    }

    /// Joins two groups; the smaller number stays.
    fn join(&mut self, x: u32, y: u32) -> u32 {
        let (x, y) = (x.min(y), x.max(y));
        self.no_longer_waits(x);
        self.no_longer_waits(y);
        let moved = std::mem::take(&mut self.groups[y as usize]);
        let stays = &mut self.groups[x as usize];
        stays.version += 1;
        for &member in &moved.members {
            self.group_of[member as usize] = x;
        }
        stays.members.extend(moved.members);
        stays.members.sort_unstable();
        let near = together(&stays.near, &moved.near, (x, y));
        for &(other, between) in &near {
            let list = &mut self.groups[other as usize].near;
            list.retain(|&(known, _)| known != x && known != y);
            let at = list.partition_point(|&(known, _)| known < x);
            list.insert(at, (x, between));
        }
        self.groups[x as usize].near = near;
        x
    }
}

impl Default for Group {
    fn default() -> Self {
        Self {
            members: Vec::new(),
            near: Vec::new(),
            version: u32::MAX,
        }
    }
}

/// The neighbours of two joined groups.
fn together(a: &[(u32, Between)], b: &[(u32, Between)], joined: (u32, u32)) -> Vec<(u32, Between)> {
    let mut all: Vec<(u32, Between)> = a
        .iter()
        .chain(b)
        .copied()
        .filter(|&(other, _)| other != joined.0 && other != joined.1)
        .collect();
    all.sort_by_key(|&(other, _)| other);
    all.dedup_by(|later, earlier| {
        let same = later.0 == earlier.0;
        if same {
            earlier.1.bits += later.1.bits;
            earlier.1.pairs += later.1.pairs;
            earlier.1.linked |= later.1.linked;
            earlier.1.never |= later.1.never;
        }
        same
    });
    all
}
