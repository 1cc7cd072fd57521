//! What is shared together: how many times as often pairs have a combination of levels as their fields by themselves foretell.

use crate::RecordSet;
use crate::candidates::SetPair;
use crate::fields::blocks::Fields;
use crate::fields::values::NONE;
use crate::fields::{FAR, LEVELS, Levels, MISSING};

/// Pairs of strangers that speak for what the fields foretell against fewer that are found.
const FORETOLD_FROM: f64 = 2.0;
/// Expected matches that speak for what the fields foretell. One pair must not make itself likely.
const MATCHES_FROM: f64 = 5.0;

/// A ratio for each combination of levels.
pub(super) struct Together {
    ratios: Vec<f64>,
    fields: usize,
}

/// How many combinations of levels so many fields have.
pub(super) fn radix(fields: usize) -> usize {
    LEVELS.pow(fields as u32)
}

/// The number of a combination.
pub(super) fn index(levels: Levels, fields: usize) -> usize {
    (0..fields)
        .rev()
        .fold(0, |code, field| code * LEVELS + levels.get(field))
}

/// The fields that can be compared, a bit each.
fn mask(levels: Levels, fields: usize) -> usize {
    (0..fields)
        .filter(|&field| levels.get(field) != MISSING)
        .fold(0, |mask, field| mask | 1 << field)
}

impl Together {
    /// Nothing known: as the fields foretell.
    pub(super) fn none(fields: usize) -> Self {
        Self {
            ratios: vec![1.0; radix(fields)],
            fields,
        }
    }

    /// How many times as often as the fields foretell.
    pub(super) fn ratio(&self, levels: Levels) -> f64 {
        self.ratios[index(levels, self.fields)]
    }

    /// Of strangers: what is counted within the files.
    pub(super) fn within(sets: &[RecordSet], fields: &Fields<'_>) -> Self {
        let count = fields.values.len();
        let mut seen = vec![0.0; radix(count)];
        let mut foretold = vec![0.0; radix(count)];
        for set in 0..sets.len() {
            for (l, r, levels) in fields.pairs(sets, set, set) {
                // A part of a value is no other value, and not the same one either.
                if !fields.in_part(levels, (set, l), (set, r)).any_part() {
                    seen[index(levels, count)] += 1.0;
                }
            }
            let shares: Vec<[f64; LEVELS]> = fields
                .values
                .iter()
                .map(|values| values.shares(&[set]))
                .collect();
            let pairs = pairs_within(set, fields, sets[set].table.len());
            for levels in fields.all_levels() {
                let own = product(levels, &shares);
                foretold[index(levels, count)] += pairs[mask(levels, count)] * own;
            }
        }
        let (mut seen_coarse, mut foretold_coarse) = (
            vec![0.0; 3usize.pow(count as u32)],
            vec![0.0; 3usize.pow(count as u32)],
        );
        for levels in fields
            .all_levels()
            .filter(|&levels| fields.is_candidate(levels))
        {
            seen_coarse[levels.coarse(count)] += seen[index(levels, count)];
            foretold_coarse[levels.coarse(count)] += foretold[index(levels, count)];
        }
        let mut out = Self::none(count);
        for levels in fields.all_levels() {
            let (at, coarse) = (index(levels, count), levels.coarse(count));
            let ratio = of_strangers(seen_coarse[coarse], foretold_coarse[coarse]);
            out.ratios[at] = if fields.is_candidate(levels) {
                ratio * of_strangers(seen[at], foretold[at] * ratio)
            } else {
                // Not all pairs of these levels were looked for.
                ratio.max(1.0)
            };
        }
        out
    }

    /// Of matches: what is expected now, of each combination no more than `most`. A few pairs of people of one home that are taken for matches
    /// would otherwise make all others of their kind likely, round by round.
    pub(super) fn of_matches(seen: &[f64], most: &[f64], shares: &[[f64; LEVELS]]) -> Self {
        let count = shares.len();
        let mut out = Self::none(count);
        let mut by_mask = vec![0.0; 1 << count];
        let all = || crate::fields::blocks::every(count);
        for levels in all() {
            by_mask[mask(levels, count)] += seen[index(levels, count)];
        }
        let foretold = |levels| by_mask[mask(levels, count)] * product(levels, shares);
        let seen = |levels| {
            let at = index(levels, count);
            seen[at].min(most[at].max(foretold(levels)))
        };
        let coarse = 3usize.pow(count as u32);
        let (mut seen_coarse, mut foretold_coarse) = (vec![0.0; coarse], vec![0.0; coarse]);
        for levels in all() {
            seen_coarse[levels.coarse(count)] += seen(levels);
            foretold_coarse[levels.coarse(count)] += foretold(levels);
        }
        let of = |seen: f64, foretold: f64| (seen + MATCHES_FROM) / (foretold + MATCHES_FROM);
        for levels in all() {
            let (at, coarse) = (index(levels, count), levels.coarse(count));
            let ratio = of(seen_coarse[coarse], foretold_coarse[coarse]);
            out.ratios[at] = ratio * of(seen(levels), foretold(levels) * ratio);
        }
        out
    }
}

/// The most matches of each combination: of the pairs that were found, what is left when the strangers that must be among them have been taken
/// away. No limit where not all pairs of these levels were looked for.
pub(super) fn most_matches(
    sets: &[RecordSet],
    set_pairs: &[SetPair],
    fields: &Fields<'_>,
    shares: &[Vec<[f64; LEVELS]>],
    together: &Together,
) -> Vec<f64> {
    let count = fields.values.len();
    let mut found = vec![0.0; radix(count)];
    let mut strangers = vec![0.0; radix(count)];
    for (pair, shares) in set_pairs.iter().zip(shares) {
        // What is known in part is more often shared by strangers than these shares say.
        for &levels in pair.levels.iter().filter(|levels| !levels.any_part()) {
            found[index(levels, count)] += 1.0;
        }
        let (left, right) = (pair.left_set as usize, pair.right_set as usize);
        let pairs = pairs_between(
            &having(left, fields, sets[left].table.len()),
            &having(right, fields, sets[right].table.len()),
        );
        for levels in fields.all_levels() {
            strangers[index(levels, count)] +=
                pairs[mask(levels, count)] * product(levels, shares) * together.ratio(levels);
        }
    }
    let mut most = vec![f64::INFINITY; radix(count)];
    for levels in fields.all_levels() {
        if fields.is_candidate(levels) {
            let at = index(levels, count);
            most[at] = (found[at] - strangers[at]).max(0.0);
        }
    }
    most
}

/// The share of pairs with these levels, were the fields independent.
fn product(levels: Levels, shares: &[[f64; LEVELS]]) -> f64 {
    let each = shares.iter().enumerate();
    each.filter(|&(field, _)| levels.get(field) >= FAR)
        .map(|(field, shares)| shares[levels.get(field)])
        .product()
}

/// Ratio of strangers that are found to those foretold. What is found and was not foretold is believed, for people of one home share much
/// that strangers do not, all the more the more of them there are; what was foretold and is not found, only where there should have been many.
fn of_strangers(seen: f64, foretold: f64) -> f64 {
    if foretold <= 0.0 {
        return 1.0;
    }
    if seen > foretold {
        1.0 + (seen - foretold) / foretold * seen / (seen + 1.0)
    } else {
        (seen + FORETOLD_FROM) / (foretold + FORETOLD_FROM)
    }
}

/// Records of a set that have exactly the fields of each mask.
fn having(set: usize, fields: &Fields<'_>, records: usize) -> Vec<f64> {
    let mut have = vec![0.0; 1 << fields.values.len()];
    for row in 0..records {
        let mut mask = 0;
        for (field, values) in fields.values.iter().enumerate() {
            mask |= usize::from(values.of[set][row] != NONE) << field;
        }
        have[mask] += 1.0;
    }
    have
}

/// Pairs of two records of a set that can be compared by exactly the fields of each mask.
fn pairs_within(set: usize, fields: &Fields<'_>, records: usize) -> Vec<f64> {
    let have = having(set, fields, records);
    let mut pairs = pairs_between(&have, &have);
    // Each pair came twice, and each record with itself.
    for (pairs, have) in pairs.iter_mut().zip(&have) {
        *pairs = (*pairs - have) / 2.0;
    }
    pairs
}

/// Pairs of a record of one set and one of another that can be compared by exactly the fields of each mask.
fn pairs_between(left: &[f64], right: &[f64]) -> Vec<f64> {
    let mut pairs = vec![0.0; left.len()];
    let some = |have: &&f64| **have > 0.0;
    for (one, left) in left.iter().enumerate().filter(|(_, have)| some(have)) {
        for (other, right) in right.iter().enumerate().filter(|(_, have)| some(have)) {
            pairs[one & other] += left * right;
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fields::EXACT;

    #[test]
    fn every_combination_has_a_number_of_its_own() {
        let mut seen = vec![false; radix(4)];
        for levels in crate::fields::blocks::every(4) {
            assert!(!std::mem::replace(&mut seen[index(levels, 4)], true));
        }
        assert!(seen.iter().all(|seen| *seen));
    }

    #[test]
    fn relatives_that_were_seen_are_believed_and_a_single_match_is_not() {
        // Ten pairs where a millionth of one was foretold; and none where five were.
        assert!(of_strangers(10.0, 1e-6) > 5e6);
        assert!((of_strangers(0.0, 5.0) - 2.0 / 7.0).abs() < 1e-9);
        assert!((of_strangers(0.0, 1e-6) - 1.0).abs() < 1e-5);
        // Two fields; one expected match of a kind that the fields hardly foretell.
        let mut shares = [[0.0; LEVELS]; 2];
        for shares in &mut shares {
            (shares[FAR], shares[EXACT]) = (0.01, 0.99);
        }
        let mut seen = vec![0.0; radix(2)];
        let mut both = Levels::default();
        let mut neither = Levels::default();
        for field in 0..2 {
            both.set(field, EXACT);
            neither.set(field, FAR);
        }
        seen[index(both, 2)] = 1_000.0;
        seen[index(neither, 2)] = 1.0;
        let no_limit = vec![f64::INFINITY; radix(2)];
        let together = Together::of_matches(&seen, &no_limit, &shares);
        assert!(together.ratio(neither) < 1.6, "{}", together.ratio(neither));
        assert!((together.ratio(both) - 1.0).abs() < 0.05);
        // A hundred of the kind, which are as many as there are strangers of it: as the fields foretell.
        seen[index(neither, 2)] = 100.0;
        let believed = Together::of_matches(&seen, &no_limit, &shares);
        assert!(believed.ratio(neither) > 10.0);
        let mut most = no_limit;
        most[index(neither, 2)] = 0.0;
        let limited = Together::of_matches(&seen, &most, &shares);
        assert!(limited.ratio(neither) < 1.1, "{}", limited.ratio(neither));
    }

    #[test]
    fn pairs_are_counted_by_what_both_have() {
        // Two records with both fields and one with the first; three with the second and one with both.
        let (left, right) = ([0.0, 1.0, 0.0, 2.0], [0.0, 0.0, 3.0, 1.0]);
        assert_eq!(pairs_between(&left, &right), [3.0, 1.0, 6.0, 2.0]);
    }
}
