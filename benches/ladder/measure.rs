//! A whole ladder on a pair of files: what it reaches, what it costs, and what is seen.

use std::collections::BTreeMap;

use kinfold_schema::{Recipe, Schema};
use rayon::prelude::*;

use crate::graph::{Edge, unique_share};
use crate::join::join;
use crate::pair::{Pair, columns};
use crate::pool::with_keys;

/// Bytes of a released token ([`kinfold_schema::Token`]).
pub const TOKEN_BYTES: usize = size_of::<kinfold_schema::Token>();

/// A ladder: recipes with slots.
pub type Rungs = [(Recipe, u8)];

/// What a ladder does on a pair of files.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// Share of true pairs reached, with the ladder's slots, at caps 1, 2 and 5.
    pub recall: [f64; 3],
    /// Different pairs of strangers that meet, by record of a file, at these caps.
    pub strangers: [f64; 3],
    /// Mean number of slots that hold a real token at cap 1.
    pub filled: f64,
    /// Real tokens that 99 of 100 records have at most.
    pub filled99: usize,
    /// Share of records of the first file with a unique place in the graph of who meets whom, keys seen and only their number seen.
    pub unique: [f64; 2],
    /// Best F1 of a one-to-one linkage whose weights of patterns of agreement are learnt with truth: what the evidence is good for at most.
    pub f1: f64,
}

/// Measures a ladder of up to 128 keys.
pub fn measure(pair: &Pair, schema: &Schema, ladder: &Rungs) -> Figures {
    assert!(ladder.len() <= 128, "a mask has a bit for each key");
    let rows = [pair.files[0].len(), pair.files[1].len()];
    let chunks: Vec<Vec<KeyEdges>> = ladder
        .par_chunks(4)
        .map(|rungs| {
            let recipes: Vec<Recipe> = rungs.iter().map(|(recipe, _)| recipe.clone()).collect();
            let schema = with_keys(schema, &recipes);
            let [left, right] = [0, 1].map(|file| columns(&schema, &pair.files[file]));
            let keys = left.iter().zip(&right).zip(rungs);
            keys.map(|((left, right), (_, slots))| {
                let mut edges: [Vec<(u32, u32)>; 3] = Default::default();
                let mut filled = [Vec::new(), Vec::new()];
                for (edges, cap) in edges.iter_mut().zip([1, 2, 5]) {
                    let found = join(left, right, rows, [&|_| 0, &|_| 0], cap);
                    let within = found.meetings.iter().filter(|m| m.slots <= *slots);
                    edges.extend(within.map(|m| (m.left, m.right)));
                    if cap == 1 {
                        filled = found
                            .tokens
                            .map(|own| own.into_iter().map(|count| count.min(*slots)).collect());
                    }
                }
                KeyEdges { edges, filled }
            })
            .collect()
        })
        .collect();
    let keys: Vec<KeyEdges> = chunks.into_iter().flatten().collect();
    let mut figures = Figures::default();
    for place in 0..3 {
        let edges = together(&keys, place);
        let reached = edges.iter().filter(|edge| is_true(pair, edge)).count();
        figures.recall[place] = reached as f64 / pair.mates.len() as f64;
        figures.strangers[place] = (edges.len() - reached) as f64 / pair.size();
        if place == 0 {
            figures.unique = [true, false].map(|labelled| unique_share(&edges, rows, labelled));
            figures.f1 = best_f1(pair, ladder, &edges);
        }
    }
    let mut filled: Vec<usize> = Vec::new();
    for (file, rows) in rows.iter().enumerate() {
        filled.extend((0..*rows).map(|row| {
            let own = keys.iter().map(|key| usize::from(key.filled[file][row]));
            own.sum::<usize>()
        }));
    }
    filled.sort_unstable();
    figures.filled = filled.iter().sum::<usize>() as f64 / filled.len() as f64;
    figures.filled99 = filled[filled.len() * 99 / 100];
    figures
}

/// One key: pairs of rows that meet at each cap, and tokens of each row.
struct KeyEdges {
    edges: [Vec<(u32, u32)>; 3],
    filled: [Vec<u8>; 2],
}

/// The edges of all keys, each pair of records once.
fn together(keys: &[KeyEdges], place: usize) -> Vec<Edge> {
    let mut all: Vec<(u32, u32, u128)> = Vec::new();
    for (key, number) in keys.iter().zip(0u32..) {
        let own = key.edges[place].iter();
        all.extend(own.map(|&(left, right)| (left, right, 1u128 << number)));
    }
    all.sort_unstable();
    let mut edges: Vec<Edge> = Vec::new();
    for (left, right, keys) in all {
        match edges.last_mut() {
            Some(edge) if (edge.left, edge.right) == (left, right) => edge.keys |= keys,
            _ => edges.push(Edge { left, right, keys }),
        }
    }
    edges
}

fn is_true(pair: &Pair, edge: &Edge) -> bool {
    pair.mates.binary_search(&(edge.left, edge.right)).is_ok()
}

/// A pattern is the strongest agreement in each field that the shared keys imply ([`Recipe::implies`]); its weight is the log of true pairs
/// over others that have it, counted with truth. Pairs are taken by weight, then by number of keys; a record once.
fn best_f1(pair: &Pair, ladder: &Rungs, edges: &[Edge]) -> f64 {
    let implied: Vec<[u8; 8]> = ladder
        .iter()
        .map(|(recipe, _)| recipe.implies().levels)
        .collect();
    let pattern = |keys: u128| {
        let mut most = [0; 8];
        for (number, levels) in implied.iter().enumerate() {
            if keys >> number & 1 == 1 {
                for (own, level) in most.iter_mut().zip(levels) {
                    *own = (*own).max(*level);
                }
            }
        }
        most
    };
    let mut counts: BTreeMap<[u8; 8], [u32; 2]> = BTreeMap::new();
    for edge in edges {
        counts.entry(pattern(edge.keys)).or_default()[usize::from(is_true(pair, edge))] += 1;
    }
    let weight = |keys| {
        let [strangers, same] = counts[&pattern(keys)];
        (f64::from(same) + 0.5) / (f64::from(strangers) + 0.5)
    };
    let mut order: Vec<(f64, u32, &Edge)> = edges
        .iter()
        .map(|edge| (weight(edge.keys), edge.keys.count_ones(), edge))
        .collect();
    order.sort_by(|x, y| {
        let rows = |edge: &Edge| (edge.left, edge.right);
        (y.0.total_cmp(&x.0))
            .then(y.1.cmp(&x.1))
            .then(rows(x.2).cmp(&rows(y.2)))
    });
    let mut taken = [
        vec![false; pair.files[0].len()],
        vec![false; pair.files[1].len()],
    ];
    let (mut links, mut right, mut best) = (0u32, 0u32, 0.0f64);
    for (_, _, edge) in order {
        let (a, b) = (edge.left as usize, edge.right as usize);
        if taken[0][a] || taken[1][b] {
            continue;
        }
        (taken[0][a], taken[1][b]) = (true, true);
        links += 1;
        right += u32::from(is_true(pair, edge));
        let f1 = 2.0 * f64::from(right) / (f64::from(links) + pair.mates.len() as f64);
        best = best.max(f1);
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use kinfold_identity::{BirthDate, Person, read_family_names, read_given_names};

    fn person(first: &str, last: &str, year: u16) -> Person {
        let mut person = Person::default();
        person.add_given_names(read_given_names(first).unwrap());
        person.family_names = read_family_names(last).unwrap();
        person.births.push(BirthDate {
            year,
            month: Some(2),
            day: Some(3),
        });
        person
    }

    /// Three people in both files: one the same, one with a typing error that sounds alike, one whose name changed; and a namesake.
    #[test]
    fn a_hand_made_pair_of_files() {
        let a = vec![
            (1, person("ANNA", "BELL", 1980)),
            (2, person("CARL", "SMITH", 1981)),
            (3, person("DORA", "OLD", 1982)),
            (4, person("ERIK", "HALL", 1990)),
        ];
        let b = vec![
            (1, person("ANNA", "BELL", 1980)),
            (2, person("CARL", "SMYTH", 1981)),
            (3, person("DORA", "NEW", 1982)),
            (5, person("ERIK", "HALL", 1960)),
        ];
        let pair = Pair::new("hand", [a, b]);
        assert_eq!(pair.mates, [(0, 0), (1, 1), (2, 2)]);
        let schema = Schema::standard();
        let figures = |keys: &[&str]| {
            let ladder: Vec<(Recipe, u8)> =
                keys.iter().map(|key| (key.parse().unwrap(), 1)).collect();
            measure(&pair, &schema, &ladder)
        };
        let exact = figures(&["F L DF"]);
        assert_eq!(exact.recall, [1.0 / 3.0; 3]);
        assert_eq!(
            (exact.strangers[0], exact.filled, exact.filled99),
            (0.0, 1.0, 1)
        );
        let sound = figures(&["F L DF", "Fs Ls Y"]);
        assert_eq!(sound.recall[0], 2.0 / 3.0);
        // Unlike in number of keys: one has two, the other one, the rest none.
        assert_eq!(sound.unique, [0.5, 0.5]);
        let names = figures(&["F L"]);
        // The same person and the namesake.
        assert_eq!((names.recall[0], names.strangers[0]), (1.0 / 3.0, 0.25));
        let first = figures(&["F Y"]);
        assert_eq!((first.recall[0], first.f1), (1.0, 1.0));
    }
}
