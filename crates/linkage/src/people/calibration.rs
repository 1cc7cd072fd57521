//! Whether confidence means what it says, on simulated files with known truth.
//!
//! People have facts; each of four files holds seven in ten of them, with errors. Pairs that agree on enough facts are candidates, with
//! the exact weights of Fellegi and Sunter. So weights are right for pairs, and pairs of one person depend on each other as in life: one
//! bad record spoils all of its pairs.

use std::collections::BTreeSet;

use kinfold_schema::Schema;

use super::form_people;
use super::laws::{pair, sets};
use crate::{Given, Pair, Verdict};

const FILES: usize = 4;
const PEOPLE: usize = 1_200;
const FACTS: usize = 9;
/// Values of a fact.
const VALUES: u64 = 9;
/// Candidates agree on at least so many facts.
const AGREE_MIN: usize = 5;

/// SplitMix64.
struct Words(u64);

impl Words {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}

/// For each person its confidence, and whether it is exactly right.
fn simulate(error_percent: u64, seed: u64) -> Vec<(f64, bool)> {
    let mut words = Words(seed);
    let mut files: Vec<Vec<(usize, [u64; FACTS])>> = vec![Vec::new(); FILES];
    for person in 0..PEOPLE {
        let facts: [u64; FACTS] = std::array::from_fn(|_| words.below(VALUES));
        for file in &mut files {
            if words.below(10) < 7 {
                let seen = facts.map(|fact| {
                    if words.below(100) < error_percent {
                        words.below(VALUES)
                    } else {
                        fact
                    }
                });
                // Rows are ordered by chance, as references are.
                let at = words.below(file.len() as u64 + 1) as usize;
                file.insert(at, (person, seen));
            }
        }
    }
    // Two records agree on a fact when neither or both slipped to one value.
    let kept = 1.0 - error_percent as f64 / 100.0 * (1.0 - 1.0 / VALUES as f64);
    let slip = (1.0 - kept) / (VALUES - 1) as f64;
    let m = kept * kept + (VALUES - 1) as f64 * slip * slip;
    let u = 1.0 / VALUES as f64;
    let (agree, differ) = (libm::log2(m / u), libm::log2((1.0 - m) / (1.0 - u)));
    let prior = libm::log2(0.7 / PEOPLE as f64);
    let mut pairs: Vec<Pair> = Vec::new();
    for a in 0..FILES {
        for b in a + 1..FILES {
            for (i, (_, left)) in files[a].iter().enumerate() {
                for (j, (_, right)) in files[b].iter().enumerate() {
                    let same = left.iter().zip(right).filter(|(x, y)| x == y).count();
                    if same < AGREE_MIN {
                        continue;
                    }
                    let weight = prior + same as f64 * agree + (FACTS - same) as f64 * differ;
                    pairs.push(pair(
                        (a as u32, i as u32),
                        (b as u32, j as u32),
                        weight,
                        Verdict::NotLinked,
                    ));
                }
            }
        }
    }
    for pair in &mut pairs {
        pair.verdict = match pair.probability {
            p if p >= 0.85 => Verdict::Linked,
            p if p >= 0.2 => Verdict::Review,
            _ => Verdict::NotLinked,
        };
    }
    pairs.sort_by_key(|pair| (pair.left, pair.right));
    let sizes: Vec<usize> = files.iter().map(Vec::len).collect();
    let sets = sets(&sizes);
    let people = form_people(
        &Schema::standard(),
        &sets,
        &mut pairs,
        -2.0,
        &Given::default(),
    );
    let mut records = vec![0; PEOPLE];
    for &(person, _) in files.iter().flatten() {
        records[person] += 1;
    }
    people
        .people
        .iter()
        .map(|person| {
            let of: BTreeSet<usize> = person
                .members
                .iter()
                .map(|id| files[id.set as usize][id.row as usize].0)
                .collect();
            let right = of.len() == 1 && of.iter().all(|&who| records[who] == person.members.len());
            (person.confidence, right)
        })
        .collect()
}

#[test]
fn confidence_is_the_share_that_is_right() {
    for error_percent in [2, 6, 12] {
        let people = simulate(error_percent, 11 + error_percent);
        let expected: f64 = people.iter().map(|(c, _)| c).sum::<f64>() / people.len() as f64;
        let right = people.iter().filter(|(_, right)| *right).count() as f64 / people.len() as f64;
        assert!(
            (expected - right).abs() < 0.05,
            "errors {error_percent} %: expected {expected:.3}, right {right:.3}"
        );
        // And it orders: surer people are right more often.
        let share = |from: f64, to: f64| {
            let bin: Vec<bool> = people
                .iter()
                .filter(|(c, _)| (from..to).contains(c))
                .map(|&(_, right)| right)
                .collect();
            (
                bin.len(),
                bin.iter().filter(|right| **right).count() as f64 / bin.len().max(1) as f64,
            )
        };
        let (unsure, sure) = (share(0.0, 0.6), share(0.95, 1.1));
        if unsure.0 > 50 {
            assert!(unsure.1 < sure.1 - 0.2, "{unsure:?} {sure:?}");
        }
        assert!(sure.1 > 0.93, "errors {error_percent} %: {sure:?}");
    }
}
