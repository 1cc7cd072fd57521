//! How well a scheme links: the best that one filter alone can do, and what kinfold makes of a package.

use std::collections::BTreeMap;
use std::error::Error;

use kinfold_benches::joined::Joined;
use kinfold_benches::open::{OpenSet, Source};
use kinfold_identity::Person;
use kinfold_linkage::measures::pairwise;
use kinfold_matcher::{FilterPair, Options, PackedSet, hamming_histogram, hamming_within};

use crate::hardening::Hardening;
use crate::kept::Linked;
use crate::release::{pieces, seed, uncoded, years};
use crate::schemes::{Kind, Scheme};

/// Links a set under a scheme. Of the set's sources the first two are used.
///
/// # Errors
/// Sets that cannot be encoded.
pub fn measure(scheme: &Scheme, set: &OpenSet, name: &str) -> Result<Linked, Box<dyn Error>> {
    let (threshold, pairs, precision, recall, f1) = match &scheme.kind {
        Kind::Alone(hardening) => {
            let best = alone(*hardening, set, name)?;
            (
                "best",
                best.actual,
                best.precision(),
                best.recall(),
                best.f1(),
            )
        }
        Kind::Package(schema) => {
            let rates = pairwise(&Joined::of(schema, set)?.labelled());
            ("own", rates.actual, rates.precision, rates.recall, rates.f1)
        }
    };
    let rounded = |value: f64| (value * 1e6).round() / 1e6;
    Ok(Linked {
        scheme: scheme.id.clone(),
        hash: scheme.hash.clone(),
        set: name.to_owned(),
        threshold: threshold.to_owned(),
        pairs,
        precision: rounded(precision),
        recall: rounded(recall),
        f1: rounded(f1),
    })
}

/// Links at one threshold, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Best {
    right: u64,
    links: u64,
    actual: u64,
}

impl Best {
    fn precision(self) -> f64 {
        self.right as f64 / self.links.max(1) as f64
    }

    fn recall(self) -> f64 {
        self.right as f64 / self.actual.max(1) as f64
    }

    fn f1(self) -> f64 {
        2.0 * self.right as f64 / (self.links + self.actual).max(1) as f64
    }
}

/// Pairs of a record that are looked at, at most, on average: no threshold that takes more of them is any good.
const PAIRS_OF_A_RECORD: u64 = 8;

/// One filter alone: pairs by distance, the nearest first, a record once, and the threshold that the truth says is best.
fn alone(hardening: Hardening, set: &OpenSet, name: &str) -> Result<Best, Box<dyn Error>> {
    let [left, right] = &set.sources[..] else {
        return Err("two sources are compared".into());
    };
    let of = |source: &Source| -> Vec<u32> {
        let truth = |number: &String| set.truth[&(source.name.clone(), number.clone())];
        source
            .people
            .iter()
            .map(|(number, _)| truth(number))
            .collect()
    };
    let entities = [of(left), of(right)];
    let people: Vec<&Person> = [left, right]
        .iter()
        .flat_map(|source| source.people.iter().map(|(_, person)| person))
        .collect();
    let (tokens, vocabulary) = pieces(&people)?;
    let (key, noise) = (
        seed(&format!("link/{name}")),
        seed(&format!("noise/{name}")),
    );
    // Both custodians under one key; the noise is each record's own.
    let file = hardening.harden(&uncoded(tokens, vocabulary), &years(&people), &key, &noise);
    let view = &file.views[0];
    // Random bits stand where a fact is missing: nobody compares them.
    let side = |rows: std::ops::Range<usize>| -> (Vec<usize>, Vec<u64>) {
        let first = rows.start;
        let rows: Vec<usize> = rows.filter(|row| view.tokens[*row].is_some()).collect();
        let words = rows
            .iter()
            .flat_map(|row| view.row(*row))
            .copied()
            .collect();
        (rows.into_iter().map(|row| row - first).collect(), words)
    };
    let (a, b) = (
        side(0..left.people.len()),
        side(left.people.len()..people.len()),
    );
    let mut counts: BTreeMap<u32, [u64; 2]> = BTreeMap::new();
    for (place, entities) in entities.iter().enumerate() {
        for entity in entities {
            counts.entry(*entity).or_default()[place] += 1;
        }
    }
    let actual = counts.values().map(|[a, b]| a * b).sum();
    let none = Best {
        actual,
        ..Best::default()
    };
    if a.0.is_empty() || b.0.is_empty() {
        return Ok(none);
    }
    let sets = (
        PackedSet::new(view.bits, &a.1)?,
        PackedSet::new(view.bits, &b.1)?,
    );
    let histogram = hamming_histogram(&sets.0, &sets.1, &Options::default());
    let most = PAIRS_OF_A_RECORD * (a.0.len() + b.0.len()) as u64;
    let mut within = 0;
    let limit = histogram
        .iter()
        .position(|number| {
            within += number;
            within > most
        })
        .unwrap_or(view.bits)
        .saturating_sub(1);
    let near = hamming_within(&sets.0, &sets.1, limit as u32, &Options::default());
    let is_true = |pair: &FilterPair| {
        entities[0][a.0[pair.left as usize]] == entities[1][b.0[pair.right as usize]]
    };
    Ok(best(near, (a.0.len(), b.0.len()), is_true, none))
}

/// The best threshold.
fn best(
    mut near: Vec<FilterPair>,
    rows: (usize, usize),
    is_true: impl Fn(&FilterPair) -> bool,
    none: Best,
) -> Best {
    near.sort_unstable_by_key(|pair| (pair.distance, pair.left, pair.right));
    let mut taken = (vec![false; rows.0], vec![false; rows.1]);
    let (mut now, mut best) = (none, none);
    // A threshold takes all pairs of a distance.
    for together in near.chunk_by(|a, b| a.distance == b.distance) {
        for pair in together {
            let (left, right) = (pair.left as usize, pair.right as usize);
            if taken.0[left] || taken.1[right] {
                continue;
            }
            (taken.0[left], taken.1[right]) = (true, true);
            now.links += 1;
            now.right += u64::from(is_true(pair));
        }
        if now.f1() > best.f1() {
            best = now;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_threshold_by_hand() {
        let pair = |left, right, distance| FilterPair {
            left,
            right,
            distance,
        };
        // 0-0 and 1-1 are true, and 2-2 is not reached. 0-1 is nearer than 1-1, but 0 is taken. At 30 a wrong pair comes in.
        let near = vec![
            pair(1, 1, 20),
            pair(0, 0, 5),
            pair(0, 1, 10),
            pair(2, 3, 30),
        ];
        let none = Best {
            actual: 3,
            ..Best::default()
        };
        let found = best(near, (3, 4), |pair| pair.left == pair.right, none);
        assert_eq!((found.links, found.right), (2, 2));
        assert_eq!((found.precision(), found.f1()), (1.0, 0.8));
    }
}
