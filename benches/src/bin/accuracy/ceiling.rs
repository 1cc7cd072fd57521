//! What is missed and what is wrong, by where it could have been mended, and the F1 that could be had at most at each of these places.
//!
//! A true pair that is no candidate shares no released key and has no near filter: nothing that is done with the candidates finds it, only
//! another schema would, and that releases more. Of the candidates it is asked what a better line would give, what the best order would, learnt
//! from the truth for pairs that look alike to the linkage unit, and what knowing everything would.

use std::collections::{BTreeMap, BTreeSet};

use kinfold_benches::joined::Joined;
use kinfold_linkage::measures::pairwise;
use kinfold_linkage::{Pair, RecordId, Verdict};
use kinfold_schema::Field;

/// Where a pair went wrong, in the order of the columns.
const PLACES: [&str; 10] = [
    "not encoded",
    "two rows of one file",
    "no candidate",
    "below the line",
    "beaten by another",
    "vetoed, guarded or held",
    "by the cluster",
    "wrong: the true partner was a candidate",
    "wrong: it was none",
    "wrong: there is none",
];
const NOT_ENCODED: usize = 0;
const ONE_FILE: usize = 1;
const NO_CANDIDATE: usize = 2;
const BELOW: usize = 3;
const BEATEN: usize = 4;
const FORBIDDEN: usize = 5;
const BY_CLUSTER: usize = 6;
const WRONG_FOUND: usize = 7;
const WRONG_LOST: usize = 8;
const WRONG_ALONE: usize = 9;

/// The head of the table.
pub fn head() {
    let places = PLACES.join(" | ");
    println!(
        "| set | true pairs | F1 | {places} | best line | best order | all candidates right | all encoded right |"
    );
    println!("|{}", "---|".repeat(PLACES.len() + 7));
}

/// A line of the table.
pub fn show(name: &str, joined: &Joined) {
    let rates = pairwise(&joined.labelled());
    let actual = rates.actual;
    let view = View::new(joined);
    let mut counts = [0u64; PLACES.len()];
    let (mut candidates, mut encoded) = (0u64, 0u64);
    for of_one in view.records_of.values() {
        for (position, &one) in of_one.iter().enumerate() {
            for &other in &of_one[position + 1..] {
                encoded += 1;
                candidates += u64::from(view.pair(one, other).is_some());
                if let Some(place) = view.missed(one, other) {
                    counts[place] += 1;
                }
            }
        }
    }
    counts[NOT_ENCODED] = actual - encoded;
    for person in &joined.linked.people {
        for (position, &one) in person.members.iter().enumerate() {
            for &other in &person.members[position + 1..] {
                if joined.entity(one) != joined.entity(other) {
                    counts[view.wrong(one, other)] += 1;
                }
            }
        }
    }
    let pairs = &joined.linked.pairs;
    let is_true = |pair: &Pair| joined.entity(pair.left) == joined.entity(pair.right);
    let known: Vec<bool> = pairs.iter().map(is_true).collect();
    let own_order = best_f1(pairs, &known, actual, |at| pairs[at].probability);
    let shares = shares_by_looks(pairs, &known);
    let best_order = best_f1(pairs, &known, actual, |at| shares[at]);
    let f1_of = |found: u64| 2.0 * found as f64 / (found + actual) as f64;
    let counts: Vec<String> = counts.iter().map(u64::to_string).collect();
    println!(
        "| {name} | {actual} | {:.4} | {} | {own_order:.4} | {best_order:.4} | {:.4} | {:.4} |",
        rates.f1,
        counts.join(" | "),
        f1_of(candidates),
        f1_of(encoded)
    );
}

/// A result, to be asked about pairs.
struct View<'a> {
    joined: &'a Joined,
    records_of: BTreeMap<u32, Vec<RecordId>>,
    person_of: BTreeMap<RecordId, usize>,
    /// The largest weight of each record in each other file, with its partner there.
    best: BTreeMap<(RecordId, u32), (f64, RecordId)>,
}

impl<'a> View<'a> {
    fn new(joined: &'a Joined) -> Self {
        let mut view = Self {
            joined,
            records_of: BTreeMap::new(),
            person_of: BTreeMap::new(),
            best: BTreeMap::new(),
        };
        for (person, cluster) in joined.linked.people.iter().enumerate() {
            for &id in &cluster.members {
                view.person_of.insert(id, person);
                let own = view.records_of.entry(joined.entity(id)).or_default();
                own.push(id);
            }
        }
        for pair in &joined.linked.pairs {
            for (own, other) in [(pair.left, pair.right), (pair.right, pair.left)] {
                let best = view
                    .best
                    .entry((own, other.set))
                    .or_insert((pair.weight, other));
                if pair.weight > best.0 {
                    *best = (pair.weight, other);
                }
            }
        }
        view
    }

    fn pair(&self, one: RecordId, other: RecordId) -> Option<&'a Pair> {
        let ends = (one.min(other), one.max(other));
        let pairs = &self.joined.linked.pairs;
        let at = pairs.binary_search_by_key(&ends, |pair| (pair.left, pair.right));
        at.ok().map(|at| &pairs[at])
    }

    /// Where a true pair was lost; nowhere when it was found.
    fn missed(&self, one: RecordId, other: RecordId) -> Option<usize> {
        if self.person_of[&one] == self.person_of[&other] {
            return None;
        }
        if one.set == other.set {
            return Some(ONE_FILE);
        }
        let Some(pair) = self.pair(one, other) else {
            return Some(NO_CANDIDATE);
        };
        let line = self.joined.linked.model.link_probability;
        let beaten = [(one, other), (other, one)]
            .iter()
            .any(|&(own, other)| self.best[&(own, other.set)].1 != other);
        Some(match pair.verdict {
            Verdict::Vetoed(_) | Verdict::Guarded(_) => FORBIDDEN,
            Verdict::Outvoted | Verdict::Tied | Verdict::Linked => BY_CLUSTER,
            _ if beaten => BEATEN,
            _ if pair.probability >= line => FORBIDDEN,
            _ => BELOW,
        })
    }

    /// What a wrong pair stands in the place of.
    fn wrong(&self, one: RecordId, other: RecordId) -> usize {
        let mut lost = false;
        for (own, other) in [(one, other), (other, one)] {
            let partners = &self.records_of[&self.joined.entity(own)];
            for &partner in partners.iter().filter(|id| id.set == other.set) {
                if self.pair(own, partner).is_some() {
                    return WRONG_FOUND;
                }
                lost = true;
            }
        }
        if lost { WRONG_LOST } else { WRONG_ALONE }
    }
}

/// The best F1 of any line when each record has at most one partner in another file, taken in an order: what the order is worth.
pub fn best_f1(pairs: &[Pair], known: &[bool], actual: u64, value: impl Fn(usize) -> f64) -> f64 {
    let mut order: Vec<usize> = (0..pairs.len()).collect();
    order.sort_by(|&a, &b| {
        let of = |at: usize| (pairs[at].left, pairs[at].right);
        value(b)
            .total_cmp(&value(a))
            .then(pairs[b].weight.total_cmp(&pairs[a].weight))
            .then(of(a).cmp(&of(b)))
    });
    let mut taken = BTreeSet::new();
    let (mut right, mut all, mut best) = (0u64, 0u64, 0.0f64);
    for at in order {
        let pair = &pairs[at];
        let ends = [(pair.left, pair.right.set), (pair.right, pair.left.set)];
        if ends.iter().any(|end| taken.contains(end)) {
            continue;
        }
        taken.extend(ends);
        all += 1;
        right += u64::from(known[at]);
        best = best.max(2.0 * right as f64 / (all + actual) as f64);
    }
    best
}

/// Of pairs that look alike, how many are true and how many there are.
type Told = BTreeMap<[u8; 6], (f64, f64)>;

/// Steps from fine to coarse in which pairs look alike.
const LOOKS: usize = 4;
/// Weight of a coarser look in a finer one, in pairs.
const SHRINK: f64 = 2.0;

/// What the linkage unit sees of a pair: how many keys agree, how near the filters are, whether a home is shared, whether others compete.
fn looks(pair: &Pair, rivals: u8) -> [[u8; 6]; LOOKS] {
    let sigmas = pair
        .sigmas
        .map_or(0, |sigmas| (sigmas.clamp(-3.0, 36.0) + 4.0) as u8);
    // Of kinds that are told apart, how many.
    let keys = match pair.agreement.pools[0] {
        0 => pair.keys.count_ones() as u8,
        mixed => mixed,
    };
    let rest = pair.agreement.level(Field::Identifier);
    let (home, class) = (u8::from(pair.same_home), pair.comparable.class() as u8);
    [
        [keys, sigmas, home, rest, class, rivals],
        [keys, sigmas, home, rest, 99, rivals],
        [keys, sigmas / 4, 99, rest.min(1), 99, rivals.min(1)],
        [keys / 4, sigmas / 8, 99, 99, 99, 99],
    ]
}

/// For each pair the true share of matches among those of the other half of the records that look alike, drawn from coarse to fine.
fn shares_by_looks(pairs: &[Pair], known: &[bool]) -> Vec<f64> {
    let mut candidates: BTreeMap<(RecordId, u32), u8> = BTreeMap::new();
    for pair in pairs {
        for end in [(pair.left, pair.right.set), (pair.right, pair.left.set)] {
            let count = candidates.entry(end).or_default();
            *count = count.saturating_add(1).min(3);
        }
    }
    let looks_of: Vec<_> = pairs
        .iter()
        .map(|pair| {
            let rivals = candidates[&(pair.left, pair.right.set)]
                .max(candidates[&(pair.right, pair.left.set)]);
            looks(pair, rivals - 1)
        })
        .collect();
    let half = |pair: &Pair| (pair.left.row & 1) as usize;
    let mut told: [[Told; LOOKS]; 2] = Default::default();
    for ((pair, looks), &is_true) in pairs.iter().zip(&looks_of).zip(known) {
        for (level, look) in looks.iter().enumerate() {
            let of = told[half(pair)][level].entry(*look).or_default();
            of.0 += f64::from(u8::from(is_true));
            of.1 += 1.0;
        }
    }
    pairs
        .iter()
        .zip(&looks_of)
        .map(|(pair, looks)| {
            let others = &told[1 - half(pair)];
            looks
                .iter()
                .enumerate()
                .rev()
                .fold(0.5, |share, (level, look)| {
                    let (right, all) = others[level].get(look).copied().unwrap_or_default();
                    (right + SHRINK * share) / (all + SHRINK)
                })
        })
        .collect()
}
