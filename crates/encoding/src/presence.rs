//! The presence pattern: which facts a record has, made coarse enough that no pattern points at a person.

use std::collections::BTreeMap;

/// Makes patterns coarser until each is shared by at least `min_records` records; gives the coarser pattern of each. A rare pattern gives
/// up one fact at a time: the one that takes it to the most shared pattern (the last slot among equals). When too few records end without
/// any fact, the smallest other group joins them. Claiming fewer facts than a record has is always safe: the linkage unit then treats
/// the fact as missing. (A file of fewer than `min_records` records ends with the empty pattern throughout.)
pub(crate) fn coarsen(counts: &BTreeMap<u32, u64>, min_records: u32) -> BTreeMap<u32, u32> {
    let min = u64::from(min_records);
    let mut now: BTreeMap<u32, u64> = counts.clone();
    let mut coarser: BTreeMap<u32, u32> =
        counts.keys().map(|&pattern| (pattern, pattern)).collect();
    loop {
        // The rarest first, one pattern a round, so that two rare ones can become one common one.
        let rarest_fact = |limit: u64| {
            now.iter()
                .filter(|&(&pattern, &n)| n < limit && pattern != 0)
                .min_by_key(|&(&pattern, &n)| (n, pattern))
                .map(|(&pattern, _)| pattern)
        };
        let empty_is_rare = (1..min).contains(&now.get(&0).copied().unwrap_or(0));
        let (from, to) = if let Some(rare) = rarest_fact(min) {
            let fewer = (0..32)
                .filter(|bit| rare >> bit & 1 == 1)
                .map(|bit| (now.get(&(rare & !(1 << bit))).copied().unwrap_or(0), bit))
                .max()
                .map_or(0, |(_, bit)| rare & !(1 << bit));
            (rare, fewer)
        } else if let (true, Some(smallest)) = (empty_is_rare, rarest_fact(u64::MAX)) {
            (smallest, 0)
        } else {
            return coarser;
        };
        let records = now.remove(&from).unwrap_or(0);
        *now.entry(to).or_default() += records;
        for pattern in coarser.values_mut().filter(|pattern| **pattern == from) {
            *pattern = to;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_rare_pattern_is_left_and_no_fact_is_invented(before in proptest::collection::vec(0u32..256, 0..300), min in 2u32..30) {
            let mut counts: BTreeMap<u32, u64> = BTreeMap::new();
            for &pattern in &before {
                *counts.entry(pattern).or_default() += 1;
            }
            let coarser = coarsen(&counts, min);
            let mut after: BTreeMap<u32, u64> = BTreeMap::new();
            for pattern in &before {
                let is = coarser[pattern];
                prop_assert_eq!(pattern & is, is);
                *after.entry(is).or_default() += 1;
            }
            for (pattern, n) in after {
                prop_assert!(n >= u64::from(min) || pattern == 0 && n as usize == before.len());
            }
        }
    }
}
