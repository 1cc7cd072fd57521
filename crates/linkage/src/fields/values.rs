//! The values of one field: equal filters are equal values, so each two different values need to be compared once.

use std::ops::RangeInclusive;

use kinfold_matcher::{PackedSet, dice_at_least};
use kinfold_schema::{Fact, FilterSchema, Schema, risk};
use rayon::prelude::*;

use super::parts::{Part, holders, part_of_two};
use super::{ALIKE, EXACT, FieldFilter, LEVELS, NEAR, edges};
use crate::{Options, RecordSet};

/// Most different values of a field that are compared with each other; of more, none but equal ones count: that takes minutes.
const VALUES_MAX: usize = 400_000;
/// Most pairs of values that are kept, some 250 MB.
const NEAR_VALUES_MAX: f64 = 3.2e7;
/// Most pairs of values in a band that still says something.
const SHARE_MAX: f64 = 0.2;
/// Values that show how many that are.
const SAMPLE: usize = 2_000;

/// How many strangers are taken to be near where none is.
const UNSEEN: f64 = 0.5;

/// So many standard deviations from the mean the number of ones of random bits hardly ever is: once in two million.
const RANDOM_SIGMAS: f64 = 5.0;

/// No value.
pub(crate) const NONE: u32 = u32::MAX;

/// The values of a field in all sets.
pub(crate) struct Values {
    /// The value of each record of each set.
    pub of: Vec<Vec<u32>>,
    /// For each set where the records of each value begin among [`Self::rows`], and the end of the last.
    starts: Vec<Vec<u32>>,
    rows: Vec<Vec<u32>>,
    /// Where the values near each value begin among [`Self::near`], and the end of the last.
    near_starts: Vec<usize>,
    /// A value and its level, itself among them.
    near: Vec<(u32, u8)>,
    /// For each set and value how many records have a value of each level from [`ALIKE`] on.
    around: Vec<Vec<[u32; LEVELS - ALIKE]>>,
    /// The filter of each value.
    words: Vec<u64>,
    /// For each set and value how many records have it or a value that it is a part of.
    holders: Vec<Vec<u32>>,
    /// For each set how many records have the field.
    pub present: Vec<u32>,
}

impl Values {
    /// Numbers and compares the values of a field. `claimed` says for each set which records have it for certain, `bare` which have random bits in
    /// place of every filter.
    ///
    /// A record that does not claim the field may have it all the same, where its pattern of facts is too rare to be released, or no pattern speaks
    /// of the field: a street without a postcode. Random bits are near no value of anybody, so a value that is shared, or near another one, is
    /// real; and of random bits about as many are ones as an average record has ([`random_ones`]), so one of far fewer or more is real too.
    pub(crate) fn new(
        schema: &Schema,
        field: &FieldFilter<'_>,
        sets: &[RecordSet],
        claimed: &[Vec<bool>],
        bare: &[Option<Vec<bool>>],
        options: &Options,
    ) -> Self {
        let row = |(set, row): (u32, u32)| {
            sets[set as usize].table.filters[field.index].row(row as usize)
        };
        let mut all: Vec<(u32, u32)> = Vec::new();
        for (set, bare) in (0u32..).zip(bare) {
            let rows = 0..sets[set as usize].table.len() as u32;
            let is_bare = |row: u32| bare.as_ref().is_some_and(|bare| bare[row as usize]);
            all.extend(rows.filter(|&row| !is_bare(row)).map(|row| (set, row)));
        }
        all.par_sort_unstable_by(|&a, &b| row(a).cmp(row(b)).then(a.cmp(&b)));
        let mut of: Vec<Vec<u32>> = sets.iter().map(|set| vec![NONE; set.table.len()]).collect();
        let mut words: Vec<u64> = Vec::new();
        let mut values = 0u32;
        let mut lonely = Vec::new();
        for same in all.chunk_by(|&a, &b| row(a) == row(b)) {
            for &(set, row) in same {
                of[set as usize][row as usize] = values;
            }
            words.extend_from_slice(row(same[0]));
            if let [(set, row)] = *same
                && !claimed[set as usize][row as usize]
            {
                lonely.push((set as usize, row as usize, values));
            }
            values += 1;
        }
        let (near_starts, near) = compare(field, &words, values as usize, options);
        let random = random_ones(schema, field.filter);
        for (set, id, value) in lonely {
            let alone = near_starts[value as usize + 1] - near_starts[value as usize] < 2;
            let ones: u32 = row((set as u32, id as u32))
                .iter()
                .map(|word| word.count_ones())
                .sum();
            if alone && random.contains(&ones) {
                of[set][id] = NONE;
            }
        }
        let mut out = Self {
            starts: Vec::new(),
            rows: Vec::new(),
            around: Vec::new(),
            present: of
                .iter()
                .map(|of| of.iter().filter(|value| **value != NONE).count() as u32)
                .collect(),
            of,
            near_starts,
            near,
            words,
            holders: Vec::new(),
        };
        for own in &out.of {
            let mut starts = vec![0u32; values as usize + 1];
            for &value in own.iter().filter(|value| **value != NONE) {
                starts[value as usize + 1] += 1;
            }
            for at in 0..values as usize {
                starts[at + 1] += starts[at];
            }
            let mut next = starts.clone();
            let mut rows = vec![0u32; starts[values as usize] as usize];
            for (row, &value) in (0u32..).zip(own).filter(|(_, value)| **value != NONE) {
                rows[next[value as usize] as usize] = row;
                next[value as usize] += 1;
            }
            out.starts.push(starts);
            out.rows.push(rows);
        }
        out.around = (0..out.of.len())
            .map(|set| {
                (0..values)
                    .into_par_iter()
                    .map(|value| {
                        let mut around = [0u32; LEVELS - ALIKE];
                        for &(other, level) in out.near(value) {
                            around[level as usize - ALIKE] += out.rows(set, other).len() as u32;
                        }
                        around
                    })
                    .collect()
            })
            .collect();
        out.holders = out.held();
        out
    }

    /// For each set and value how many records have it or a value that it is a part of. Of very many values only those that have it count.
    fn held(&self) -> Vec<Vec<u32>> {
        let records: Vec<Vec<u32>> = (0..self.of.len())
            .map(|set| {
                (0..self.len() as u32)
                    .map(|value| self.rows(set, value).len() as u32)
                    .collect()
            })
            .collect();
        match self.packed() {
            Some(packed) if self.len() <= VALUES_MAX => holders(&packed, &records),
            _ => records,
        }
    }

    fn packed(&self) -> Option<PackedSet<'_>> {
        let words = self.words.len().checked_div(self.len())?;
        PackedSet::new(64 * words, &self.words).ok()
    }

    fn filter(&self, value: u32) -> &[u64] {
        let words = self.words.len() / self.len();
        &self.words[value as usize * words..(value as usize + 1) * words]
    }

    /// Of two different values, where one is a part of the other, that part.
    pub(crate) fn part(&self, one: u32, other: u32) -> Option<u32> {
        if self.len() > VALUES_MAX {
            return None;
        }
        let part = part_of_two(self.filter(one), self.filter(other))?;
        Some(if part == Part::First { one } else { other })
    }

    /// The values near one, each with its level; itself among them.
    pub(crate) fn near(&self, value: u32) -> &[(u32, u8)] {
        &self.near[self.near_starts[value as usize]..self.near_starts[value as usize + 1]]
    }

    /// The records of a set that have a value.
    pub(crate) fn rows(&self, set: usize, value: u32) -> &[u32] {
        let starts = &self.starts[set];
        &self.rows[set][starts[value as usize] as usize..starts[value as usize + 1] as usize]
    }

    /// How many different values there are.
    pub(crate) fn len(&self) -> usize {
        self.near_starts.len() - 1
    }

    /// How many records of a set are at a level, from [`ALIKE`] on, from a value.
    pub(crate) fn around(&self, set: usize, value: u32, level: usize) -> f64 {
        f64::from(self.around[set][value as usize][level - ALIKE])
    }

    /// The share of pairs of strangers at each level, of those that both have the field: pairs of two records within these sets, each of which
    /// holds everybody once. Between two sets matches would be counted too.
    pub(crate) fn shares(&self, sets: &[usize]) -> [f64; LEVELS] {
        let (mut pairs, mut all) = ([0.0; LEVELS], 0.0);
        for &set in sets {
            for &value in self.of[set].iter().filter(|value| **value != NONE) {
                for (level, pairs) in pairs.iter_mut().enumerate().skip(ALIKE) {
                    *pairs += self.around(set, value, level);
                }
            }
            let records = f64::from(self.present[set]);
            // Everybody is as near as can be to himself.
            pairs[EXACT] -= records;
            all += records * (records - 1.0).max(0.0);
        }
        // None seen does not mean none.
        let mut shares = pairs.map(|pairs| (pairs + 0.5) / (all + 1.0));
        let near: f64 = shares[ALIKE..].iter().sum();
        shares[super::FAR] = (1.0 - near).max(0.01);
        shares[super::MISSING] = 1.0;
        shares
    }

    /// The share of strangers who are as near to two records as these are to each other: in the file of each, which holds everybody once. Of
    /// values that are the same, or one a part of the other, all who have as much: where half of an address is lost in both records, not
    /// only those who lost it too would look like this.
    pub(crate) fn share_around(
        &self,
        (left, l): (usize, u32),
        (right, r): (usize, u32),
        level: usize,
    ) -> f64 {
        let (a, b) = (self.of[left][l as usize], self.of[right][r as usize]);
        let near = if level == EXACT {
            let both = if a == b { Some(a) } else { self.part(a, b) };
            let value = both.unwrap_or(a) as usize;
            let held = |set: usize| f64::from(self.holders[set][value]);
            // Each of the two has it.
            held(left) + held(right) - 2.0
        } else {
            self.around(left, a, level) + self.around(right, b, level)
        };
        (near + UNSEEN) / f64::from(self.present[left] + self.present[right])
    }
}

/// How many ones random bits in place of a filter may have: each is a one as often as an average person's.
fn random_ones(schema: &Schema, filter: &FilterSchema) -> RangeInclusive<u32> {
    let fill = risk::nominal_fill(filter, &schema.fields);
    let mean = f64::from(filter.bits) * fill;
    let reach = RANDOM_SIGMAS * (mean * (1.0 - fill)).sqrt();
    (mean - reach).max(0.0) as u32..=(mean + reach) as u32
}

/// For each value the values near it.
fn compare(
    field: &FieldFilter<'_>,
    words: &[u64],
    values: usize,
    options: &Options,
) -> (Vec<usize>, Vec<(u32, u8)>) {
    let how = kinfold_matcher::Options {
        threads: options.threads,
        ..Default::default()
    };
    let edges = edges(field.filter);
    let mut near = Vec::new();
    let mut starts = vec![0usize; values + 1];
    let Ok(packed) = PackedSet::new(field.filter.bits as usize, words) else {
        return (starts, near);
    };
    let Some(&least) = edges.get(widest(&packed, edges, &how)) else {
        return (
            (0..=values).collect(),
            (0..values as u32).map(|own| (own, EXACT as u8)).collect(),
        );
    };
    for pair in dice_at_least(&packed, &packed, least, 1000, &how) {
        let level = if pair.left == pair.right {
            EXACT
        } else {
            let (twice, all) = (
                2000 * u64::from(pair.intersection),
                u64::from(pair.left_count + pair.right_count),
            );
            let band = edges.iter().filter(|&&edge| twice >= u64::from(edge) * all);
            (ALIKE + band.count() - 1).min(NEAR)
        };
        near.push((pair.right, level as u8));
        starts[pair.left as usize + 1] += 1;
    }
    for at in 0..values {
        starts[at + 1] += starts[at];
    }
    (starts, near)
}

/// The widest band of nearness that is looked at: one that more pairs of values are in than can be kept, or than would say anything, is none.
/// A few thousand values, evenly spread over all in the order of their bits, show how many that are.
fn widest(packed: &PackedSet<'_>, edges: [u32; 3], how: &kinfold_matcher::Options) -> usize {
    let values = packed.len();
    if values > VALUES_MAX {
        return edges.len();
    }
    let step = values.div_ceil(SAMPLE).max(1);
    let rows: Vec<u64> = (0..values)
        .step_by(step)
        .flat_map(|value| packed.row(value))
        .copied()
        .collect();
    let Ok(sample) = PackedSet::new(packed.bits, &rows) else {
        return edges.len();
    };
    let all = (sample.len() * sample.len()).max(1) as f64;
    let allowed = (NEAR_VALUES_MAX / (values as f64 * values as f64)).min(SHARE_MAX);
    let found = dice_at_least(&sample, &sample, edges[0], 1000, how);
    let share = |edge: u32| {
        let reach = found.iter().filter(|pair| {
            let all = u64::from(pair.left_count + pair.right_count);
            pair.left != pair.right && 2000 * u64::from(pair.intersection) >= u64::from(edge) * all
        });
        reach.count() as f64 / all
    };
    edges
        .iter()
        .position(|&edge| share(edge) <= allowed)
        .unwrap_or(edges.len())
}

/// For each set which records have a field by the pattern of facts that they release.
pub(crate) fn claimed(
    schema: &Schema,
    field: &FieldFilter<'_>,
    sets: &[RecordSet],
) -> Vec<Vec<bool>> {
    let any_of = |facts: &[Fact]| {
        let bits = facts.iter().map(|&fact| schema.presence.bit(fact));
        bits.flatten().fold(0, |all, bit| all | bit)
    };
    // What a pattern has to say of each required fact, or of one that implies it.
    let required: Vec<u32> = field
        .filter
        .requires
        .iter()
        .map(|fact| match fact {
            Fact::BirthYear => any_of(&[Fact::BirthYear, Fact::Birth]),
            Fact::Place => any_of(&[Fact::Place, Fact::Postcode, Fact::Home]),
            fact => any_of(&[*fact]),
        })
        .collect();
    let claims = |presence: &u32| required.iter().all(|bits| presence & bits != 0);
    sets.iter()
        .map(|set| set.table.presence.iter().map(claims).collect())
        .collect()
}
