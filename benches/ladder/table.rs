//! Every key of the pool on every set: which true pairs it reaches with how many slots, and how many strangers meet.
//!
//! A set is looked at on several **levels** of size. For an open set these are the whole set, its two halves and its four quarters: people
//! are divided, not records, so each true pair stands in exactly one half and one quarter, and the levels differ only in what growth does.
//! For the invented borough the levels are boroughs of several sizes.

use kinfold_schema::{Recipe, Schema};
use rayon::prelude::*;

use crate::join::{Joined, entropy, join};
use crate::pair::{Column, Pair, columns};
use crate::pool::with_keys;

/// Numbers of slots that are tried.
pub const SLOTS: [u8; 7] = [1, 2, 3, 4, 5, 6, 8];

/// Keys whose values are held at a time by one thread.
const CHUNK: usize = 8;

/// One size of a set.
#[derive(Clone, Debug)]
pub struct Level {
    /// For tables, for instance `hist3 1/4`.
    pub name: String,
    /// The set, by number.
    pub set: usize,
    /// Mean records of a file.
    pub size: f64,
    /// True pairs.
    pub pairs: usize,
    /// Its words in every list of bits.
    pub words: std::ops::Range<usize>,
}

/// A key with a number of slots.
#[derive(Clone, Debug)]
pub struct Arm {
    /// The key, by its number in the pool.
    pub key: usize,
    /// Slots.
    pub slots: u8,
    /// A bit for each true pair of each level: reached or not.
    pub reached: Vec<u64>,
    /// For each level the pairs of strangers that meet, by record.
    pub strangers: Vec<f64>,
}

/// What a key does in the whole files of a pair.
#[derive(Clone, Debug, Default)]
pub struct KeyFigures {
    /// Share of true pairs reached at caps 1, 2 and 5, without a limit of slots.
    pub recall: [f64; 3],
    /// Pairs of strangers by record at these caps.
    pub strangers: [f64; 3],
    /// Mean number of values released at cap 1.
    pub tokens: f64,
    /// Slots that 99 of 100 records need at cap 1.
    pub slots99: u8,
    /// Entropy of the values in the first file, bits.
    pub entropy: f64,
}

/// One key on one pair of files, level by level.
#[derive(Clone, Debug)]
pub struct KeyOnPair {
    /// For each level and true pair the slots that are needed, 0 where the pair is not reached.
    pub hits: Vec<Vec<u8>>,
    /// For each level the pairs of strangers that meet with at most so many slots, as [`SLOTS`].
    pub strangers: Vec<[u32; SLOTS.len()]>,
    /// Figures of the whole files.
    pub figures: KeyFigures,
}

/// The parts into which a level divides the population: none, halves, quarters.
const DIVISIONS: [(&str, f64, u8); 3] = [("1/4", 4.0, 0), ("1/2", 2.0, 1), ("", 1.0, 2)];

/// Tries keys on a pair of files. `divided` also looks at halves and quarters.
pub fn try_keys(pair: &Pair, schema: &Schema, recipes: &[Recipe], divided: bool) -> Vec<KeyOnPair> {
    let chunks: Vec<Vec<KeyOnPair>> = recipes
        .par_chunks(CHUNK)
        .map(|recipes| {
            let schema = with_keys(schema, recipes);
            let [left, right] = [0, 1].map(|file| columns(&schema, &pair.files[file]));
            left.iter()
                .zip(&right)
                .map(|(left, right)| try_key(pair, left, right, divided))
                .collect()
        })
        .collect();
    chunks.into_iter().flatten().collect()
}

fn try_key(pair: &Pair, left: &Column, right: &Column, divided: bool) -> KeyOnPair {
    let rows = [pair.files[0].len(), pair.files[1].len()];
    let mut figures = KeyFigures {
        entropy: entropy(left),
        ..KeyFigures::default()
    };
    let mut on_pair = KeyOnPair {
        hits: Vec::new(),
        strangers: Vec::new(),
        figures: KeyFigures::default(),
    };
    let part = |file: usize, shift: u8| {
        let quarters = &pair.quarters[file];
        move |row: u32| u64::from(quarters[row as usize] >> shift)
    };
    let first = if divided { 0 } else { DIVISIONS.len() - 1 };
    for (_, _, shift) in &DIVISIONS[first..] {
        let parts = [part(0, *shift), part(1, *shift)];
        let found = join(left, right, rows, [&parts[0], &parts[1]], 1);
        let (hits, strangers) = judge(&found, pair);
        if *shift == 2 {
            let reached = hits.iter().filter(|slots| **slots > 0).count();
            figures.recall[0] = reached as f64 / pair.mates.len() as f64;
            figures.strangers[0] = (found.meetings.len() - reached) as f64 / pair.size();
            (figures.tokens, figures.slots99) = fill(&found);
        }
        on_pair.hits.push(hits);
        on_pair.strangers.push(strangers);
    }
    for (place, cap) in [(1, 2), (2, 5)] {
        let found = join(left, right, rows, [&|_| 0, &|_| 0], cap);
        let reached = judge(&found, pair).0.iter().filter(|s| **s > 0).count();
        figures.recall[place] = reached as f64 / pair.mates.len() as f64;
        figures.strangers[place] = (found.meetings.len() - reached) as f64 / pair.size();
    }
    on_pair.figures = figures;
    on_pair
}

/// For each true pair the slots needed, and the strangers by slots.
fn judge(found: &Joined, pair: &Pair) -> (Vec<u8>, [u32; SLOTS.len()]) {
    let mut hits = vec![0; pair.mates.len()];
    let mut strangers = [0; SLOTS.len()];
    let mut mate = 0;
    for meeting in &found.meetings {
        while pair.mates.get(mate).is_some_and(|m| m.0 < meeting.left) {
            mate += 1;
        }
        if pair.mates.get(mate) == Some(&(meeting.left, meeting.right)) {
            hits[mate] = meeting.slots;
        } else {
            for (count, slots) in strangers.iter_mut().zip(SLOTS) {
                *count += u32::from(meeting.slots <= slots);
            }
        }
    }
    (hits, strangers)
}

/// Mean number of tokens, and the slots that 99 of 100 records need.
fn fill(found: &Joined) -> (f64, u8) {
    let mut all: Vec<u8> = found.tokens.concat();
    all.sort_unstable();
    let sum: u64 = all.iter().map(|n| u64::from(*n)).sum();
    let place = (all.len() * 99 / 100).min(all.len().saturating_sub(1));
    (
        sum as f64 / all.len() as f64,
        all.get(place).copied().unwrap_or(0),
    )
}

/// All keys on all sets.
pub struct Table {
    /// The pool.
    pub recipes: Vec<Recipe>,
    /// Names of the sets.
    pub sets: Vec<String>,
    /// How much each counts in a choice.
    pub weights: Vec<f64>,
    /// The levels, set by set, smallest first.
    pub levels: Vec<Level>,
    /// Keys with slots, key by key; more slots than the next smaller number only where they do something.
    pub arms: Vec<Arm>,
    /// For each pair of files its name and, for each key, its figures.
    pub figures: Vec<(String, Vec<KeyFigures>)>,
}

/// A pair of files that was tried: name, size, true pairs, whether it was divided, and its keys.
pub struct Tried {
    /// Name of the set that it belongs to.
    pub set: String,
    /// How much the set counts in a choice.
    pub weight: f64,
    /// Name of the pair.
    pub name: String,
    /// Mean records of a file.
    pub size: f64,
    /// True pairs.
    pub pairs: usize,
    /// Key by key.
    pub keys: Vec<KeyOnPair>,
}

impl Tried {
    /// Only some of the keys, by number.
    pub fn only(&self, keys: &[usize]) -> Self {
        Self {
            set: self.set.clone(),
            weight: self.weight,
            name: self.name.clone(),
            size: self.size,
            pairs: self.pairs,
            keys: keys.iter().map(|key| self.keys[*key].clone()).collect(),
        }
    }
}

impl Table {
    /// Puts what was tried together. Pairs of one set come one after another, smaller first.
    pub fn new(recipes: Vec<Recipe>, tried: Vec<Tried>) -> Self {
        let mut table = Self {
            sets: Vec::new(),
            weights: Vec::new(),
            levels: Vec::new(),
            arms: Vec::new(),
            figures: Vec::new(),
            recipes,
        };
        let mut words = 0;
        for own in &tried {
            if table.sets.last() != Some(&own.set) {
                table.sets.push(own.set.clone());
                table.weights.push(own.weight);
            }
            let levels = own.keys.first().map_or(0, |key| key.hits.len());
            for (part, share, _) in &DIVISIONS[DIVISIONS.len() - levels..] {
                let end = words + own.pairs.div_ceil(64);
                table.levels.push(Level {
                    name: format!("{} {part}", own.name).trim().to_owned(),
                    set: table.sets.len() - 1,
                    size: own.size / share,
                    pairs: own.pairs,
                    words: words..end,
                });
                words = end;
            }
        }
        for key in 0..table.recipes.len() {
            let mut before: Option<Arm> = None;
            for (place, slots) in SLOTS.into_iter().enumerate() {
                let mut reached = Vec::with_capacity(words);
                let mut strangers = Vec::new();
                for own in &tried {
                    let on_pair = &own.keys[key];
                    for (hits, met) in on_pair.hits.iter().zip(&on_pair.strangers) {
                        reached.extend(hits.chunks(64).map(|hits| {
                            let bit = |(at, hit): (usize, &u8)| {
                                u64::from(*hit > 0 && *hit <= slots) << at
                            };
                            hits.iter().enumerate().map(bit).sum::<u64>()
                        }));
                        strangers.push(f64::from(met[place]) / own.size);
                    }
                }
                let known = before.as_ref().is_some_and(|arm| arm.reached == reached);
                if known || reached.iter().all(|word| *word == 0) {
                    continue;
                }
                let arm = Arm {
                    key,
                    slots,
                    reached,
                    strangers,
                };
                table.arms.push(arm.clone());
                before = Some(arm);
            }
        }
        for own in tried {
            let figures = own.keys.into_iter().map(|key| key.figures).collect();
            table.figures.push((own.name, figures));
        }
        table
    }

    /// Words of a list of bits.
    pub fn words(&self) -> usize {
        self.levels.last().map_or(0, |level| level.words.end)
    }

    /// The levels of a set.
    pub fn levels_of(&self, set: usize) -> impl Iterator<Item = (usize, &Level)> {
        self.levels
            .iter()
            .enumerate()
            .filter(move |(_, level)| level.set == set)
    }

    /// The share of a level's true pairs that arms reach together.
    pub fn recall(&self, arms: &[usize], level: usize) -> f64 {
        let level = &self.levels[level];
        let reached: u32 = level
            .words
            .clone()
            .map(|word| {
                let all = arms
                    .iter()
                    .fold(0, |bits, arm| bits | self.arms[*arm].reached[word]);
                all.count_ones()
            })
            .sum();
        f64::from(reached) / level.pairs as f64
    }
}
