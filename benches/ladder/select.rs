//! Choosing a ladder: the most true pairs for a number of slots.
//!
//! A ladder is worth its recall at the size of file it is meant for, averaged over the sets. Where a set is smaller than that, its
//! recall is carried on along the line from its smallest to its largest level, so a key that fades when files grow is worth less than it
//! seems. Second keys count a little: a link is surer with two. Strangers who meet cost.
//!
//! Keys are added by worth for each slot (the greedy rule for coverage under a budget: Khuller, Moss and Naor 1999), then each is taken out
//! and the room filled anew as long as that helps. No chance: the same table gives the same ladder.

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::table::{Arm, Table};

/// What makes one ladder better than another, besides recall.
#[derive(Clone, Copy, Debug)]
pub struct Taste {
    /// What a pair that two keys reach is worth beyond a pair that one key reaches: a link needs evidence.
    pub second: f64,
    /// How many slots a new key counts as, beyond its own: each further key takes time, and is one more thing to tell records apart by.
    pub key: f64,
    /// A key whose values would be shared by more people than this, on average over a file of the size aimed at, is not taken. It fades,
    /// and its values can be guessed. Counted by the entropy of its values in the largest file.
    pub people: f64,
    /// What a slot must at least add.
    pub least: f64,
}

impl Taste {
    /// For a short list, which leaves much open.
    pub const WIDE: Self = Self {
        second: 0.1,
        key: 0.0,
        people: f64::INFINITY,
        least: 0.0,
    };
    /// For ladders.
    pub const LADDER: Self = Self {
        second: 0.3,
        key: 0.5,
        people: 16.0,
        least: 1e-5,
    };
}

/// What one pair of strangers a record costs, in recall.
const STRANGERS_COST: f64 = 0.02;
/// Most pairs of strangers a record, summed over keys, in any set.
const STRANGERS_MAX: f64 = 1.5;
/// Farther than this a line is not carried on: four doublings.
const DOUBLINGS_MAX: f64 = 4.0;
/// Passes of taking out and filling anew.
const PASSES: usize = 3;

/// How much of each level makes the recall at a size: between two levels by a straight line over doublings; beyond the largest along the
/// line from a level at least two doublings smaller, or the smallest; below the smallest as there.
pub fn at_size(sizes: &[f64], size: f64) -> Vec<f64> {
    let mut shares = vec![0.0; sizes.len()];
    let last = sizes.len() - 1;
    let log = |x: f64| libm::log2(x);
    if size <= sizes[0] {
        shares[0] = 1.0;
    } else if size >= sizes[last] {
        let far = sizes[..last]
            .iter()
            .rposition(|own| log(sizes[last] / own) >= 1.9)
            .unwrap_or(0);
        let beyond = log(size / sizes[last]).min(DOUBLINGS_MAX);
        let slope = if last == 0 {
            0.0
        } else {
            beyond / log(sizes[last] / sizes[far])
        };
        shares[last] = 1.0 + slope;
        shares[far] -= slope;
    } else {
        let above = sizes.iter().position(|own| *own > size).unwrap_or(last);
        let share = log(size / sizes[above - 1]) / log(sizes[above] / sizes[above - 1]);
        shares[above] = share;
        shares[above - 1] = 1.0 - share;
    }
    shares
}

/// What to optimise.
pub struct Aim<'a> {
    table: &'a Table,
    /// For each level what a reached pair is worth.
    pair: Vec<f64>,
    /// For each level what a pair of strangers a record costs.
    stranger: Vec<f64>,
    /// The largest levels of the sets that count.
    largest: Vec<usize>,
    /// For each key whether it may be taken.
    allowed: Vec<bool>,
    taste: Taste,
}

/// A ladder while it grows.
struct Ladder {
    /// Arm by key.
    arms: BTreeMap<usize, usize>,
    once: Vec<u64>,
    twice: Vec<u64>,
    strangers: Vec<f64>,
    slots: usize,
}

impl<'a> Aim<'a> {
    /// For files of `size` people, over all sets but those left out.
    pub fn new(table: &'a Table, size: f64, without: &[usize], taste: Taste) -> Self {
        let sets: Vec<usize> = (0..table.sets.len())
            .filter(|set| !without.contains(set))
            .collect();
        let mut aim = Self {
            table,
            pair: vec![0.0; table.levels.len()],
            stranger: vec![0.0; table.levels.len()],
            largest: Vec::new(),
            allowed: vec![true; table.recipes.len()],
            taste,
        };
        if let Some((_, figures)) = table.figures.last() {
            let bits = libm::log2(size / taste.people);
            aim.allowed = figures.iter().map(|key| key.entropy >= bits).collect();
        }
        let total: f64 = sets.iter().map(|set| table.weights[*set]).sum();
        for set in &sets {
            let weight = table.weights[*set] / total;
            let own: Vec<usize> = table.levels_of(*set).map(|(number, _)| number).collect();
            let sizes: Vec<f64> = own.iter().map(|level| table.levels[*level].size).collect();
            for (level, share) in own.iter().zip(at_size(&sizes, size)) {
                aim.pair[*level] = share * weight / table.levels[*level].pairs as f64;
                aim.stranger[*level] = share * weight * STRANGERS_COST;
            }
            aim.largest.extend(own.last());
        }
        aim
    }

    /// The ladder of at most so many slots.
    pub fn choose(&self, slots: usize) -> Vec<usize> {
        let mut best = self.fill(self.empty(), slots);
        let mut worth = self.worth(&best);
        for _ in 0..PASSES {
            let mut better = false;
            let keys: Vec<usize> = best.arms.keys().copied().collect();
            for key in keys {
                if !best.arms.contains_key(&key) {
                    continue;
                }
                let rest = best.arms.iter().filter(|(own, _)| **own != key);
                let without = self.of(rest.map(|(_, arm)| *arm));
                let refilled = self.fill(without, slots);
                let own = self.worth(&refilled);
                if own > worth + 1e-9 {
                    (best, worth) = (refilled, own);
                    better = true;
                }
            }
            if !better {
                break;
            }
        }
        best.arms.into_values().collect()
    }

    /// What greed alone chooses: quick, for a short list.
    pub fn greedy(&self, slots: usize) -> Vec<usize> {
        self.fill(self.empty(), slots).arms.into_values().collect()
    }

    /// Recall by set at the size aimed at, for the sets that count.
    pub fn recall(&self, arms: &[usize]) -> f64 {
        let levels = 0..self.table.levels.len();
        levels
            .filter(|level| self.pair[*level] != 0.0)
            .map(|level| {
                let pairs = self.table.levels[level].pairs as f64;
                self.pair[level] * pairs * self.table.recall(arms, level)
            })
            .sum()
    }

    fn empty(&self) -> Ladder {
        Ladder {
            arms: BTreeMap::new(),
            once: vec![0; self.table.words()],
            twice: vec![0; self.table.words()],
            strangers: vec![0.0; self.table.levels.len()],
            slots: 0,
        }
    }

    fn of(&self, arms: impl Iterator<Item = usize>) -> Ladder {
        let mut ladder = self.empty();
        for arm in arms {
            self.add(&mut ladder, arm);
        }
        ladder
    }

    fn add(&self, ladder: &mut Ladder, number: usize) {
        let arm = &self.table.arms[number];
        let before = ladder.arms.insert(arm.key, number);
        let before = before.map(|own| &self.table.arms[own]);
        for word in 0..ladder.once.len() {
            let new = arm.reached[word] & !before.map_or(0, |own| own.reached[word]);
            ladder.twice[word] |= ladder.once[word] & new;
            ladder.once[word] |= new;
        }
        for (level, sum) in ladder.strangers.iter_mut().enumerate() {
            *sum += arm.strangers[level] - before.map_or(0.0, |own| own.strangers[level]);
        }
        ladder.slots += usize::from(arm.slots) - before.map_or(0, |own| usize::from(own.slots));
    }

    /// Adds the arm of most worth for each slot until nothing fits or helps.
    fn fill(&self, mut ladder: Ladder, slots: usize) -> Ladder {
        loop {
            let gains: Vec<f64> = self
                .table
                .arms
                .par_iter()
                .map(|arm| self.gain(&ladder, arm, slots))
                .collect();
            let mut best = (0.0, None);
            for (number, gain) in gains.into_iter().enumerate() {
                if gain > best.0 {
                    best = (gain, Some(number));
                }
            }
            match best.1 {
                Some(arm) => self.add(&mut ladder, arm),
                None => return ladder,
            }
        }
    }

    /// Worth for each slot of an arm, 0 when it does not fit.
    fn gain(&self, ladder: &Ladder, arm: &Arm, slots: usize) -> f64 {
        let before = ladder.arms.get(&arm.key).map(|own| &self.table.arms[*own]);
        let had = before.map_or(0, |own| own.slots);
        if arm.slots <= had || !self.allowed[arm.key] {
            return 0.0;
        }
        let more = usize::from(arm.slots - had);
        if ladder.slots + more > slots {
            return 0.0;
        }
        let extra =
            |level: usize| arm.strangers[level] - before.map_or(0.0, |own| own.strangers[level]);
        let crowded = |level: &usize| {
            extra(*level) > 0.0 && ladder.strangers[*level] + extra(*level) > STRANGERS_MAX
        };
        if self.largest.iter().any(crowded) {
            return 0.0;
        }
        let mut gain = 0.0;
        for (level, own) in self.table.levels.iter().enumerate() {
            if self.pair[level] == 0.0 {
                continue;
            }
            let (mut first, mut second) = (0, 0);
            for word in own.words.clone() {
                let new = arm.reached[word] & !before.map_or(0, |own| own.reached[word]);
                first += (new & !ladder.once[word]).count_ones();
                second += (new & ladder.once[word] & !ladder.twice[word]).count_ones();
            }
            gain += self.pair[level] * (f64::from(first) + self.taste.second * f64::from(second));
            gain -= self.stranger[level] * extra(level);
        }
        let new = if had == 0 { self.taste.key } else { 0.0 };
        let each = gain / (more as f64 + new);
        if each < self.taste.least { 0.0 } else { each }
    }

    fn worth(&self, ladder: &Ladder) -> f64 {
        let ones = |bits: &[u64]| bits.iter().map(|word| word.count_ones()).sum::<u32>();
        let mut worth = 0.0;
        for (level, own) in self.table.levels.iter().enumerate() {
            let first = ones(&ladder.once[own.words.clone()]);
            let second = ones(&ladder.twice[own.words.clone()]);
            worth += self.pair[level] * (f64::from(first) + self.taste.second * f64::from(second));
            worth -= self.stranger[level] * ladder.strangers[level];
        }
        worth
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Level;
    use kinfold_schema::Recipe;

    fn table(arms: &[(usize, u8, u64, f64)]) -> Table {
        let keys = arms.iter().map(|arm| arm.0).max().unwrap_or(0) + 1;
        let recipe: Recipe = "NN D".parse().unwrap();
        Table {
            recipes: vec![recipe; keys],
            sets: vec!["one".to_owned()],
            weights: vec![1.0],
            levels: vec![Level {
                name: "one".to_owned(),
                set: 0,
                size: 1000.0,
                pairs: 10,
                words: 0..1,
            }],
            arms: arms
                .iter()
                .map(|&(key, slots, bits, strangers)| Arm {
                    key,
                    slots,
                    reached: vec![bits],
                    strangers: vec![strangers],
                })
                .collect(),
            figures: Vec::new(),
        }
    }

    #[test]
    fn recall_is_carried_on_along_the_line() {
        // Two doublings from 1,000 to 4,000; 16,000 is two more.
        assert_eq!(
            at_size(&[1000.0, 2000.0, 4000.0], 16000.0),
            [-1.0, 0.0, 2.0]
        );
        assert_eq!(at_size(&[1000.0, 4000.0], 2000.0), [0.5, 0.5]);
        assert_eq!(at_size(&[1000.0, 4000.0], 10.0), [1.0, 0.0]);
        // Never farther than four doublings.
        assert_eq!(at_size(&[1000.0, 4000.0], 4e9), [-2.0, 3.0]);
        assert_eq!(at_size(&[1000.0], 4e9), [1.0]);
    }

    #[test]
    fn the_best_cover_is_found_and_slots_are_kept() {
        // Key 0 reaches six pairs with four slots, key 1 and 2 three each with one slot, and all of key 0's.
        let table = table(&[
            (0, 4, 0b11_1111, 0.0),
            (1, 1, 0b00_0111, 0.0),
            (2, 1, 0b11_1000, 0.0),
        ]);
        let aim = Aim::new(&table, 1000.0, &[], Taste::WIDE);
        assert_eq!(aim.choose(2), [1, 2]);
        assert_eq!(aim.choose(4), [1, 2]);
        assert!((aim.recall(&[1, 2]) - 0.6).abs() < 1e-12);
        // With room for all, the second reach counts.
        assert_eq!(aim.choose(6), [0, 1, 2]);
    }

    #[test]
    fn more_slots_of_a_key_replace_fewer() {
        let table = table(&[(0, 1, 0b1, 0.0), (0, 3, 0b1111, 0.0)]);
        assert_eq!(Aim::new(&table, 1.0, &[], Taste::WIDE).choose(3), [1]);
        assert_eq!(Aim::new(&table, 1.0, &[], Taste::WIDE).choose(2), [0]);
    }

    #[test]
    fn strangers_keep_a_key_out() {
        let table = table(&[(0, 1, 0b1111, 2.0), (1, 1, 0b1, 0.0), (2, 1, 0b10, 1.0)]);
        // Key 0 brings too many; key 2 costs less than it reaches.
        assert_eq!(Aim::new(&table, 1.0, &[], Taste::WIDE).choose(3), [1, 2]);
    }

    #[test]
    fn what_can_be_guessed_is_not_taken() {
        let mut table = table(&[(0, 1, 0b1111, 0.0), (1, 1, 0b11, 0.0)]);
        let with = |entropy| crate::table::KeyFigures {
            entropy,
            ..Default::default()
        };
        table.figures = vec![("one".to_owned(), vec![with(3.0), with(7.0)])];
        // 1,024 people in 8 values are 128 a value, in 128 values eight.
        let aim = |taste| Aim::new(&table, 1024.0, &[], taste).choose(2);
        assert_eq!(aim(Taste::LADDER), [1]);
        assert_eq!(aim(Taste::WIDE), [0, 1]);
    }

    #[test]
    fn taking_out_helps_where_greed_was_wrong() {
        // Greed takes key 0 (four pairs) first, then only one of the two that would cover six.
        let table = table(&[
            (0, 1, 0b01_1110, 0.0),
            (1, 1, 0b00_0111, 0.0),
            (2, 1, 0b11_1000, 0.0),
        ]);
        let ladder = Aim::new(&table, 1.0, &[], Taste::WIDE).choose(2);
        assert_eq!(ladder, [1, 2]);
    }
}
