//! What agreeing keys show to somebody who weighs them: a record's pattern of agreeing kinds against every listed person's.
//!
//! A value that two people of a file have is not released, so which kinds of keys of a person can agree at all depends on which of the
//! person's values are rare. Somebody with a list knows that of everybody. He need not find the very pattern (that is what
//! [`crate::sharing`] looks for): values that a partner writes otherwise are missing from it, and he weighs how likely the pattern of each
//! listed person becomes the seen one when each agreement is lost with the share that is lost on average.

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::file::KeyView;
use kinfold_verdict::Share;

/// Share of the tokens of a kind that are not as the model has them: somebody else's slip makes a value rare, or a chance agreement.
const ODD: f64 = 0.02;
/// Least and largest share of agreements that are not lost; outside it one exception would count for too much.
const KEPT: (f64, f64) = (0.05, 0.98);

/// What the attack reached.
#[derive(Clone, Debug, PartialEq)]
pub struct Agreed {
    /// Records with a partner's record that some key agrees with.
    pub paired: Share,
    /// Listed people of the partner whose expected pattern no other has: with nothing written otherwise, all of them can be named.
    pub alone: u64,
    /// Records named rightly, of all.
    pub named: Share,
    /// Of the tenth of the paired records in which the first person is farthest ahead of the second, those named rightly.
    pub surest_tenth: Share,
    /// For each kind of key, in bits, what its agreements say about who a paired record is (mutual information of the tokens that can agree
    /// and of those that do).
    pub information: Vec<f64>,
}

/// For each record and kind how many tokens agree with the partner's record that most agree with.
struct Patterns {
    kinds: usize,
    counts: Vec<u8>,
    /// Whether any agrees.
    paired: Vec<bool>,
}

impl Patterns {
    fn row(&self, row: usize) -> &[u8] {
        &self.counts[row * self.kinds..(row + 1) * self.kinds]
    }
}

/// Of two files in which record `i` is person `i`: `first` and `second` as they are, and as a list of the population has them. Whose records
/// the second file has is known from the list: those with a value there.
pub fn attack(
    first: &[KeyView],
    second: &[KeyView],
    listed: (&[KeyView], &[KeyView]),
    records: usize,
) -> Agreed {
    let seen = seen_patterns(first, second, records);
    let expected = expected_patterns(listed.0, listed.1, records);
    let people: Vec<usize> = (0..records).filter(|own| expected.paired[*own]).collect();
    let kinds = seen.kinds;
    // What share of the agreements that can be is there, of each kind: both sums are known without knowing who is who.
    let sum = |patterns: &Patterns, kind: usize| -> f64 {
        let own = (0..records).map(|row| f64::from(patterns.row(row)[kind]));
        own.sum()
    };
    let tables: Vec<Table> = (0..kinds)
        .map(|kind| {
            let can = sum(&expected, kind);
            let kept = sum(&seen, kind) / can.max(1.0);
            Table::new(kept.clamp(KEPT.0, KEPT.1))
        })
        .collect();
    // The best person of each paired record, with how far the person is ahead.
    let rows: Vec<usize> = (0..records).filter(|row| seen.paired[*row]).collect();
    let best: Vec<(f64, usize)> = rows
        .par_iter()
        .map(|row| {
            // For each kind what a number of possible agreements is worth, given those that are there.
            let worth: Vec<[f64; MOST + 1]> = seen
                .row(*row)
                .iter()
                .zip(&tables)
                .map(|(seen, table)| table.of(*seen))
                .collect();
            let (mut first, mut second) = ((f64::NEG_INFINITY, usize::MAX), f64::NEG_INFINITY);
            for person in &people {
                let of_kinds = expected.row(*person).iter().zip(&worth);
                let score: f64 = of_kinds.map(|(can, worth)| worth[*can as usize]).sum();
                if score > first.0 {
                    second = first.0;
                    first = (score, *person);
                } else {
                    second = second.max(score);
                }
            }
            (first.0 - second, first.1)
        })
        .collect();
    // Of several people who fit equally he knows none.
    let right = |ahead: f64, row: usize, person: usize| ahead > 0.0 && row == person;
    let mut sure: Vec<(f64, usize, bool)> = rows
        .iter()
        .zip(&best)
        .map(|(row, (ahead, person))| (*ahead, *row, right(*ahead, *row, *person)))
        .collect();
    let named = sure.iter().filter(|(.., right)| *right).count();
    sure.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    sure.truncate(rows.len().div_ceil(10));
    let sure_right = sure.iter().filter(|(.., right)| *right).count();
    let mut patterns: Vec<&[u8]> = people.iter().map(|own| expected.row(*own)).collect();
    patterns.sort_unstable();
    let alone = patterns
        .chunk_by(|a, b| a == b)
        .filter(|own| own.len() == 1 && own[0].iter().any(|count| *count > 0));
    Agreed {
        alone: alone.count() as u64,
        paired: Share::new(rows.len() as u64, records as u64),
        named: Share::new(named as u64, records as u64),
        surest_tenth: Share::new(sure_right as u64, sure.len() as u64),
        information: (0..kinds)
            .map(|kind| {
                let of = |row: &usize| (expected.row(*row)[kind], seen.row(*row)[kind]);
                information(rows.iter().map(of))
            })
            .collect(),
    }
}

/// Most tokens of a kind that are told apart.
const MOST: usize = 8;

/// For one kind: the logarithm of how likely so many agreements are there (first) when so many can be (second).
struct Table([[f64; MOST + 1]; MOST + 1]);

impl Table {
    fn new(kept: f64) -> Self {
        let mut table = [[0.0; MOST + 1]; MOST + 1];
        for can in 0..=MOST {
            let mut likely = 1.0;
            for _ in 0..can {
                likely *= 1.0 - kept;
            }
            // The binomial distribution, from the probability of none upwards.
            for (seen, row) in table.iter_mut().enumerate() {
                let odd = ODD / (MOST + 1) as f64;
                row[can] = libm::log(if seen <= can {
                    (1.0 - ODD) * likely + odd
                } else {
                    odd
                });
                if seen < can {
                    likely *= (can - seen) as f64 / (seen + 1) as f64 * kept / (1.0 - kept);
                }
            }
        }
        Self(table)
    }

    fn of(&self, seen: u8) -> [f64; MOST + 1] {
        self.0[seen as usize]
    }
}

/// The values of each kind that a file releases: those that no more records have than the cap allows, the most worthy as far as there are
/// slots; sorted, with their records.
fn released(key: &KeyView) -> Vec<(u64, u32)> {
    let mut all: Vec<u64> = key.listed.iter().flatten().copied().collect();
    all.par_sort_unstable();
    let free = |value: &u64| {
        let start = all.partition_point(|own| own < value);
        let end = all.partition_point(|own| own <= value);
        end - start <= key.cap as usize
    };
    let mut released: Vec<(u64, u32)> = key
        .listed
        .par_iter()
        .enumerate()
        .flat_map_iter(|(row, own)| {
            let slots = key.seen.get(row).map_or(usize::MAX, Vec::len);
            let own = own.iter().filter(|value| free(value)).take(slots);
            own.map(move |value| (*value, row as u32))
        })
        .collect();
    released.par_sort_unstable();
    released
}

/// All agreements between two files: rows of the first and of the second, and the kind.
fn agreements(first: &[KeyView], second: &[KeyView]) -> Vec<(u32, u32, u8)> {
    let mut all = Vec::new();
    for (kind, (a, b)) in first.iter().zip(second).enumerate() {
        let (left, right) = (released(a), released(b));
        let mut others = right.chunk_by(|a, b| a.0 == b.0).peekable();
        for own in left.chunk_by(|a, b| a.0 == b.0) {
            let value = own[0].0;
            while others.next_if(|other| other[0].0 < value).is_some() {}
            let Some(theirs) = others.peek().filter(|other| other[0].0 == value) else {
                continue;
            };
            for (_, row) in own {
                all.extend(theirs.iter().map(|(_, other)| (*row, *other, kind as u8)));
            }
        }
    }
    all
}

/// The patterns that the linkage unit sees: of each record with the one of the partner's that most tokens agree with.
fn seen_patterns(first: &[KeyView], second: &[KeyView], records: usize) -> Patterns {
    let kinds = first.len();
    let mut partners: BTreeMap<(u32, u32), Vec<u8>> = BTreeMap::new();
    for (row, other, kind) in agreements(first, second) {
        let counts = partners
            .entry((row, other))
            .or_insert_with(|| vec![0; kinds]);
        counts[kind as usize] = (counts[kind as usize] + 1).min(MOST as u8);
    }
    let mut patterns = Patterns {
        kinds,
        counts: vec![0; kinds * records],
        paired: vec![false; records],
    };
    let agree = |counts: &[u8]| counts.iter().map(|count| u32::from(*count)).sum::<u32>();
    for ((row, _), counts) in &partners {
        let row = *row as usize;
        let own = &mut patterns.counts[row * kinds..(row + 1) * kinds];
        // The first of several that are as good.
        if agree(counts) > agree(own) {
            own.copy_from_slice(counts);
        }
        patterns.paired[row] = true;
    }
    patterns
}

/// The patterns that a list expects of each person with himself.
fn expected_patterns(first: &[KeyView], second: &[KeyView], people: usize) -> Patterns {
    let kinds = first.len();
    let mut patterns = Patterns {
        kinds,
        counts: vec![0; kinds * people],
        paired: vec![false; people],
    };
    for (row, other, kind) in agreements(first, second) {
        if row == other {
            let count = &mut patterns.counts[row as usize * kinds + kind as usize];
            *count = (*count + 1).min(MOST as u8);
        }
    }
    for key in second {
        for (person, own) in key.listed.iter().enumerate() {
            patterns.paired[person] |= !own.is_empty();
        }
    }
    patterns
}

/// The mutual information of two small numbers, in bits.
fn information(pairs: impl Iterator<Item = (u8, u8)>) -> f64 {
    let mut joint: BTreeMap<(u8, u8), f64> = BTreeMap::new();
    for pair in pairs {
        *joint.entry(pair).or_default() += 1.0;
    }
    let all: f64 = joint.values().sum();
    let (mut left, mut right): (BTreeMap<u8, f64>, BTreeMap<u8, f64>) = Default::default();
    for ((a, b), count) in &joint {
        *left.entry(*a).or_default() += count;
        *right.entry(*b).or_default() += count;
    }
    let each = joint
        .iter()
        .map(|((a, b), count)| count / all * libm::log2(count * all / (left[a] * right[b])));
    each.sum::<f64>().max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draws::Draws;

    /// A kind of key of which every person has the values given, with one slot for each.
    fn key(values: Vec<Vec<u64>>) -> KeyView {
        KeyView {
            id: "NN D".to_owned(),
            cap: 1,
            seen: values.iter().map(|own| vec![[0; 16]; own.len()]).collect(),
            listed: values,
        }
    }

    #[test]
    fn a_shared_value_and_one_beyond_the_slots_are_not_released() {
        let mut own = key(vec![vec![7, 3, 5], vec![7]]);
        own.seen[0].truncate(1);
        assert_eq!(released(&own), [(3, 0)]);
        own.cap = 2;
        assert_eq!(released(&own), [(7, 0), (7, 1)]);
    }

    #[test]
    fn rates_by_hand() {
        let table = Table::new(0.8);
        let near = |seen: u8, can: usize, likely: f64| {
            let odd = ODD / 9.0;
            let found = libm::exp(table.of(seen)[can]);
            assert!((found - (0.98 * likely + odd)).abs() < 1e-12, "{found}");
        };
        near(0, 0, 1.0);
        near(0, 1, 0.2);
        near(1, 1, 0.8);
        near(1, 2, 0.32);
        near(2, 2, 0.64);
        near(2, 1, 0.0);
    }

    #[test]
    fn information_by_hand() {
        let pairs = [(0, 0), (1, 1), (0, 0), (1, 1)];
        assert!((information(pairs.into_iter()) - 1.0).abs() < 1e-12);
        let nothing = [(0, 0), (1, 1), (0, 1), (1, 0)];
        assert!(information(nothing.into_iter()).abs() < 1e-12);
    }

    /// Sixty people with forty kinds of keys; whose values are rare is drawn, and the partner loses a fifth of the agreements.
    fn people(rare: f64) -> Agreed {
        let mut draws = Draws::new(&[4; 32], "agreement");
        let mut first = Vec::new();
        let mut second = Vec::new();
        for kind in 0..40u64 {
            let mut value = |person: u64| {
                if draws.share() < rare {
                    vec![1_000 * (kind + 1) + person]
                } else {
                    vec![kind]
                }
            };
            let own: Vec<Vec<u64>> = (0..60).map(&mut value).collect();
            let mut slip = |own: &Vec<u64>| -> Vec<u64> {
                let lost = draws.share() < 0.2;
                own.iter()
                    .map(|own| if lost { u64::MAX - own } else { *own })
                    .collect()
            };
            second.push(key(own.iter().map(&mut slip).collect()));
            first.push(key(own));
        }
        attack(&first, &second, (&first, &first), 60)
    }

    #[test]
    fn whose_values_are_rare_is_told_by_what_agrees_and_slips_do_not_hide_it() {
        let told = people(0.5);
        assert!(told.paired.hits == 60 && told.named.hits > 50, "{told:?}");
        assert_eq!(told.surest_tenth.share, 1.0);
        assert!(told.information.iter().all(|bits| *bits > 0.2), "{told:?}");
    }

    #[test]
    fn when_every_value_is_rare_nobody_is_told() {
        let told = people(1.0);
        assert_eq!((told.paired.hits, told.named.hits), (60, 0), "{told:?}");
    }

    #[test]
    fn threads_change_nothing() {
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            pool.build().unwrap().install(|| people(0.5))
        };
        assert_eq!(run(1), run(3));
    }
}
