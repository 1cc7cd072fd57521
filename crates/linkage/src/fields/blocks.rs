//! Which pairs are candidates by their fields: those whose levels strangers seldom reach.
//!
//! A level says as many bits as strangers seldom come as near. A pair is a candidate when its fields together say enough bits; how many are
//! enough is what the size of the files allows, so a small file gets pairs with little in common and a large one those that matter.
//! The same rule counts pairs within a file, all of which are strangers.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::values::{NONE, Values, claimed};
use super::{ALIKE, EXACT, FAR, FieldFilter, LEVELS, Levels, MISSING, NEAR};
use crate::{Options, RecordSet};
use kinfold_schema::{Field, Schema};

/// Pairs of strangers that are found for each record of both files, were the fields independent of each other.
const FOUND_PER_RECORD: f64 = 3.0;
/// Pairs that are looked at for one that has to be.
const LOOKED_AT_MAX: f64 = 4e9;

/// The fields of all sets, and which pairs of records they make candidates.
pub(crate) struct Fields<'a> {
    pub filters: Vec<FieldFilter<'a>>,
    pub values: Vec<Values>,
    /// Bits of each level of each field.
    bits: Vec<[f64; LEVELS]>,
    /// From how many bits a pair is a candidate.
    enough: f64,
    /// From how many bits a field leads to pairs.
    leads: f64,
}

impl<'a> Fields<'a> {
    /// Of a schema that has plain filters of single fields.
    pub(crate) fn new(schema: &'a Schema, sets: &[RecordSet], options: &Options) -> Option<Self> {
        let filters = super::of_schema(schema);
        if filters.is_empty() || sets.len() < 2 {
            return None;
        }
        let bare: Vec<Option<Vec<bool>>> = sets
            .iter()
            .map(|set| set.table.without_filters(schema))
            .collect();
        let values: Vec<Values> = filters
            .iter()
            .map(|field| {
                let claimed = claimed(schema, field, sets);
                Values::new(schema, field, sets, &claimed, &bare, options)
            })
            .collect();
        let mut sizes: Vec<f64> = sets.iter().map(|set| set.table.len() as f64).collect();
        sizes.sort_unstable_by(|a, b| b.total_cmp(a));
        let (pairs, records) = ((sizes[0] * sizes[1]).max(1.0), sizes[0] + sizes[1]);
        let shares: Vec<[f64; LEVELS]> =
            values.iter().map(|values| overall(values, sets)).collect();
        let bits: Vec<[f64; LEVELS]> = shares
            .iter()
            .map(|shares| {
                let mut bits = [0.0; LEVELS];
                let mut share = 0.0;
                for level in (ALIKE..=EXACT).rev() {
                    share += shares[level];
                    bits[level] = -libm::log2(share.clamp(1e-12, 1.0));
                }
                bits
            })
            .collect();
        let enough = enough(&shares, &bits, FOUND_PER_RECORD * records / pairs);
        let leads = libm::log2(pairs / LOOKED_AT_MAX).max(0.0);
        Some(Self {
            filters,
            values,
            bits,
            enough,
            leads,
        })
    }

    /// The levels of two records.
    pub(crate) fn levels(&self, (left, l): (usize, u32), (right, r): (usize, u32)) -> Levels {
        let mut levels = Levels::default();
        for (field, values) in self.values.iter().enumerate() {
            let (a, b) = (values.of[left][l as usize], values.of[right][r as usize]);
            let level = if a == NONE || b == NONE {
                MISSING
            } else {
                let near = values.near(a);
                near.binary_search_by_key(&b, |near| near.0)
                    .map_or(FAR, |at| near[at].1.into())
            };
            levels.set(field, level);
        }
        levels
    }

    /// The same where what one record has of a field may be a part of what the other has. Pairs are found without it, and strangers counted: a
    /// year alone would make everybody born in it a candidate.
    pub(crate) fn in_part(
        &self,
        mut levels: Levels,
        (left, l): (usize, u32),
        (right, r): (usize, u32),
    ) -> Levels {
        for (field, values) in self.values.iter().enumerate() {
            if (FAR..EXACT).contains(&levels.get(field)) {
                let (a, b) = (values.of[left][l as usize], values.of[right][r as usize]);
                if values.part(a, b).is_some() {
                    levels.set_part(field);
                }
            }
        }
        levels
    }

    /// The fields that are first name, family name and birth date.
    pub(crate) fn personal(&self) -> Vec<usize> {
        let of = [Some(Field::First), Some(Field::Last), Some(Field::Birth)];
        let each = self.filters.iter().enumerate();
        each.filter(|(_, field)| of.contains(&field.speaks_of))
            .map(|(at, _)| at)
            .collect()
    }

    /// Whether a middle name agrees.
    pub(crate) fn middle_agrees(&self, levels: Levels) -> bool {
        let mut each = self.filters.iter().enumerate();
        each.any(|(at, field)| field.label == "middle name" && levels.get(at) >= NEAR)
    }

    /// The share of all pairs of two sets that can be compared by two or more of some fields.
    pub(crate) fn share_compared(&self, of: &[usize], left: usize, right: usize) -> f64 {
        let have = |set: usize| {
            let mut have: BTreeMap<u32, f64> = BTreeMap::new();
            for row in 0..self.values[of[0]].of[set].len() {
                let has = |field: usize| self.values[field].of[set][row] != NONE;
                let mask = (0..).zip(of).filter(|&(_, &field)| has(field));
                let mask = mask.fold(0u32, |mask, (at, _)| mask | 1 << at);
                *have.entry(mask).or_default() += 1.0;
            }
            have
        };
        if of.is_empty() {
            return 0.0;
        }
        let (left, right) = (have(left), have(right));
        let (mut compared, mut all) = (0.0, 0.0);
        for (own, n) in &left {
            for (other, m) in &right {
                all += n * m;
                compared += if (own & other).count_ones() > 1 {
                    n * m
                } else {
                    0.0
                };
            }
        }
        compared / f64::max(all, 1.0)
    }

    /// Whether pairs of these levels are candidates by their fields.
    pub(crate) fn is_candidate(&self, levels: Levels) -> bool {
        let (bits, leader) = self.said(levels);
        bits >= self.enough && self.bits[leader][levels.get(leader)] >= self.leads
    }

    /// How many bits the levels say, and the field that says most.
    fn said(&self, levels: Levels) -> (f64, usize) {
        let (mut all, mut most, mut leader) = (0.0, -1.0, 0);
        for (field, bits) in self.bits.iter().enumerate() {
            let bits = bits[levels.get(field)];
            all += bits;
            if bits > most {
                (most, leader) = (bits, field);
            }
        }
        (all, leader)
    }

    /// The candidates of two sets by their fields, sorted; of one set with itself each pair once, with the smaller row first.
    pub(crate) fn pairs(
        &self,
        sets: &[RecordSet],
        left: usize,
        right: usize,
    ) -> Vec<(u32, u32, Levels)> {
        let scratch = || -> Vec<Vec<u8>> {
            let of = |values: &Values| vec![FAR as u8; values.len()];
            self.values.iter().map(of).collect()
        };
        // The field that says most has at least its part of what is enough.
        let least = (self.enough / self.values.len() as f64).max(self.leads);
        let found: Vec<Vec<(u32, u32, Levels)>> = (0..sets[left].table.len() as u32)
            .into_par_iter()
            .with_min_len(64)
            .map_init(scratch, |levels_of, l| {
                let mut found = Vec::new();
                self.mark(levels_of, left, l, None);
                for (leader, values) in self.values.iter().enumerate() {
                    let value = values.of[left][l as usize];
                    if value == NONE {
                        continue;
                    }
                    for &(other, level) in values.near(value) {
                        if self.bits[leader][level as usize] < least {
                            continue;
                        }
                        for &r in values.rows(right, other) {
                            if left == right && r <= l {
                                continue;
                            }
                            let mut levels = Levels::default();
                            for (field, values) in self.values.iter().enumerate() {
                                let other = values.of[right][r as usize];
                                let own = values.of[left][l as usize];
                                if own != NONE && other != NONE {
                                    levels.set(field, levels_of[field][other as usize].into());
                                }
                            }
                            let (bits, most) = self.said(levels);
                            if most == leader && bits >= self.enough {
                                found.push((l, r, levels));
                            }
                        }
                    }
                }
                self.mark(levels_of, left, l, Some(FAR as u8));
                found
            })
            .collect();
        let mut found: Vec<(u32, u32, Levels)> = found.into_iter().flatten().collect();
        found.par_sort_unstable_by_key(|pair| (pair.0, pair.1));
        found
    }

    /// Writes for each field how near each value is to that of a record, or `as_before` into the same places.
    fn mark(&self, levels_of: &mut [Vec<u8>], set: usize, row: u32, as_before: Option<u8>) {
        for (levels_of, values) in levels_of.iter_mut().zip(&self.values) {
            let value = values.of[set][row as usize];
            if value != NONE {
                for &(other, level) in values.near(value) {
                    levels_of[other as usize] = as_before.unwrap_or(level);
                }
            }
        }
    }

    /// Every combination of levels.
    pub(crate) fn all_levels(&self) -> impl Iterator<Item = Levels> + use<> {
        every(self.values.len())
    }
}

/// Every combination of the levels of so many fields.
pub(crate) fn every(fields: usize) -> impl Iterator<Item = Levels> {
    (0..LEVELS.pow(fields as u32)).map(move |mut code| {
        let mut levels = Levels::default();
        for field in 0..fields {
            levels.set(field, code % LEVELS);
            code /= LEVELS;
        }
        levels
    })
}

/// The share of pairs of strangers that are at each level, whether they have the field or not.
fn overall(values: &Values, sets: &[RecordSet]) -> [f64; LEVELS] {
    let every: Vec<usize> = (0..sets.len()).collect();
    let records: f64 = sets.iter().map(|set| set.table.len() as f64).sum();
    let present: f64 = values.present.iter().copied().map(f64::from).sum();
    let both = (present / records.max(1.0)) * (present / records.max(1.0));
    let mut shares = values.shares(&every).map(|share| share * both);
    shares[MISSING] = 1.0 - both;
    shares
}

/// From how many bits on at most this share of all pairs of strangers is found.
fn enough(shares: &[[f64; LEVELS]], bits: &[[f64; LEVELS]], allowed: f64) -> f64 {
    let mut combined: Vec<(f64, f64)> = every(shares.len())
        .map(|levels| {
            let (mut said, mut share) = (0.0, 1.0);
            for (field, (shares, bits)) in shares.iter().zip(bits).enumerate() {
                said += bits[levels.get(field)];
                share *= shares[levels.get(field)];
            }
            (said, share)
        })
        .collect();
    combined.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut found = 0.0;
    for (said, share) in combined {
        found += share;
        if found > allowed {
            return said + 1e-9;
        }
    }
    1e-9
}
