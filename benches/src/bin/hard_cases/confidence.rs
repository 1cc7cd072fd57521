//! What a household's doubts cost, fitted on several boroughs: the constants of `kinfold_linkage`'s household confidence.
//!
//! A household's confidence is a product: one factor for each member whom one custodian alone ties to it, one for each other member, one for each
//! member of unsure records, one when one member belongs elsewhere too or
//! another when several do, and one for nobody missing, with or without a home that was not sent.
//! The factors with the greatest likelihood are found by going round them one by one; each lies between 0 and 1, where the likelihood has one peak
//! along each.

use std::collections::{BTreeMap, BTreeSet};

use kinfold_linkage::{Household, Households, Reason};

use crate::demo::Demo;
use crate::score::{Score, print_bins};

/// The factors, in the order of [`Doubts`].
const FACTORS: [&str; 7] = [
    "member tied by one custodian",
    "member tied by two and more",
    "member of unsure records",
    "one member who belongs elsewhere too",
    "nobody missing",
    "nobody missing, a home was not sent",
    "several members who belong elsewhere too",
];
/// Factors are fitted as bits of doubt, between none and this many.
const BITS_MAX: f64 = 3.0;
const ROUNDS: usize = 60;

/// How often each factor comes in.
type Doubts = [u32; FACTORS.len()];

/// Households of several people now: how many of each kind, how many right, and what they state.
#[derive(Default)]
pub struct Confidence {
    kinds: BTreeMap<Doubts, (u32, u32)>,
    stated: Vec<(f64, bool)>,
}

impl Confidence {
    /// Adds the households of a borough.
    pub fn add(&mut self, demo: &Demo, score: &Score<'_>, households: &Households) {
        let mut truth: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for m in demo.memberships.iter().filter(|m| !m.past) {
            truth.entry(&m.household).or_default().insert(&m.entity);
        }
        let truth: BTreeSet<&BTreeSet<&str>> = truth.values().collect();
        for household in &households.households {
            let now = household.members.iter().filter(|m| m.current).count();
            let Some(confidence) = household.confidence.filter(|_| now > 1) else {
                continue;
            };
            let right = truth.contains(&score.current_entities(household));
            let kind = self.kinds.entry(doubts(household)).or_default();
            kind.0 += 1;
            kind.1 += u32::from(right);
            self.stated.push((confidence, right));
        }
    }

    /// Prints how often households of a stated confidence are right, and the constants that would fit best.
    pub fn print(&self) {
        println!("\n| confidence | households of several | expected right now | right now |");
        println!("|---|---|---|---|");
        print_bins(self.stated.iter().copied());
        println!("\n| factor | households with it | right | best |\n|---|---|---|---|");
        let bits = self.fit();
        for (factor, name) in FACTORS.iter().enumerate() {
            let with = || self.kinds.iter().filter(|(kind, _)| kind[factor] > 0);
            let (of, right) = with().fold((0, 0), |sum, (_, n)| (sum.0 + n.0, sum.1 + n.1));
            println!(
                "| {name} | {of} | {:.4} | {:.4} |",
                f64::from(right) / f64::from(of.max(1)),
                (-bits[factor]).exp2()
            );
        }
    }

    fn fit(&self) -> [f64; FACTORS.len()] {
        let mut bits = [0.02; FACTORS.len()];
        for _ in 0..ROUNDS {
            for factor in 0..bits.len() {
                let at = |value: f64| {
                    let mut bits = bits;
                    bits[factor] = value;
                    self.likelihood(&bits)
                };
                // A search by thirds: the likelihood has one peak.
                let (mut low, mut high) = (0.0, BITS_MAX);
                while high - low > 1e-5 {
                    let (a, b) = (low + (high - low) / 3.0, high - (high - low) / 3.0);
                    if at(a) < at(b) {
                        low = a;
                    } else {
                        high = b;
                    }
                }
                bits[factor] = f64::midpoint(low, high);
            }
        }
        bits
    }

    fn likelihood(&self, bits: &[f64; FACTORS.len()]) -> f64 {
        let kinds = self.kinds.iter();
        kinds
            .map(|(kind, &(of, right))| {
                let doubt: f64 = kind.iter().zip(bits).map(|(&n, b)| f64::from(n) * b).sum();
                let wrong = (1.0 - (-doubt).exp2()).max(1e-9);
                f64::from(right) * -doubt + f64::from(of - right) * wrong.log2()
            })
            .sum()
    }
}

fn doubts(household: &Household) -> Doubts {
    let mut doubts = [0; FACTORS.len()];
    for reason in &household.reasons {
        match *reason {
            Reason::OneCustodian { people } => doubts[0] = people,
            Reason::UnsurePeople { people } => doubts[2] = people,
            Reason::TwoHomes { people: 1 } => doubts[3] = 1,
            Reason::TwoHomes { .. } => doubts[6] = 1,
            Reason::MayBeIncomplete => doubts[5] = 1,
            _ => {}
        }
    }
    doubts[1] = (household.members.len() as u32).saturating_sub(doubts[0]);
    doubts[4] = 1 - doubts[5];
    doubts
}
