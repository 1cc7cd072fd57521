//! How often pairs of a stated probability are right, by what there was to compare: with both filters or not, with a home in common or not.

use kinfold_linkage::{Linked, Pair, Verdict};

use crate::demo::Demo;

/// Edges of the bands of stated probability.
const EDGES: [f64; 9] = [0.0, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 1.01];
const BANDS: usize = EDGES.len() - 1;
/// What there was to compare, by two bits: a home in common, both filters.
const CELLS: [&str; 4] = [
    "no filter, no common home",
    "no filter, a common home",
    "both filters, no common home",
    "both filters, a common home",
];

/// Pairs of one cell and band.
#[derive(Clone, Copy, Default)]
struct Count {
    pairs: u32,
    expected: f64,
    right: u32,
}

impl Count {
    fn add(&mut self, probability: f64, right: bool) {
        self.pairs += 1;
        self.expected += probability;
        self.right += u32::from(right);
    }

    fn plus(self, other: Self) -> Self {
        Self {
            pairs: self.pairs + other.pairs,
            expected: self.expected + other.expected,
            right: self.right + other.right,
        }
    }

    fn columns(self) -> String {
        format!("{} | {:.1} | {} |", self.pairs, self.expected, self.right)
    }
}

/// Candidates that no veto forbids, and those of them that are links.
#[derive(Default)]
pub struct Calibration {
    all: [[Count; BANDS]; CELLS.len()],
    links: [[Count; BANDS]; CELLS.len()],
}

impl Calibration {
    /// Adds the pairs of a borough.
    pub fn add(&mut self, demo: &Demo, linked: &Linked) {
        let entity = |id: kinfold_linkage::RecordId| {
            let table = &demo.sets[id.set as usize].table;
            demo.entity.get(&table.record_ref[id.row as usize])
        };
        for pair in &linked.pairs {
            if matches!(pair.verdict, Verdict::Vetoed(_)) {
                continue;
            }
            let (Some(left), Some(right)) = (entity(pair.left), entity(pair.right)) else {
                continue;
            };
            let (cell, band) = (cell(pair), band(pair.probability));
            self.all[cell][band].add(pair.probability, left == right);
            if pair.verdict == Verdict::Linked {
                self.links[cell][band].add(pair.probability, left == right);
            }
        }
    }

    /// Prints all of it.
    pub fn print(&self) {
        println!(
            "\n| pairs | stated | candidates | expected right | right | links | expected right | right |\n|---|---|---|---|---|---|---|---|"
        );
        for (cell, name) in CELLS.iter().enumerate() {
            for band in 0..BANDS {
                let (all, links) = (self.all[cell][band], self.links[cell][band]);
                if all.pairs > 0 {
                    let upper = EDGES[band + 1].min(1.0);
                    let stated = format!("{} to {upper}", EDGES[band]);
                    println!(
                        "| {name} | {stated} | {} {}",
                        all.columns(),
                        links.columns()
                    );
                }
            }
            let sum = |of: &[Count; BANDS]| of.iter().fold(Count::default(), |a, &b| a.plus(b));
            let (all, links) = (sum(&self.all[cell]), sum(&self.links[cell]));
            println!("| {name} | all | {} {}", all.columns(), links.columns());
        }
    }
}

fn cell(pair: &Pair) -> usize {
    usize::from(pair.same_home) + 2 * usize::from(pair.sigmas.is_some())
}

fn band(probability: f64) -> usize {
    let above = EDGES[1..].iter().filter(|&&edge| probability >= edge);
    above.count().min(BANDS - 1)
}
