//! The presence pattern: which facts a record has, made coarse enough that no pattern points at a person.

use std::collections::BTreeMap;

use kinfold_identity::{AddressKind, Person};
use kinfold_schema::PresenceSchema;

/// The full pattern of a person. `identifiers` says whether an NHS number and a UPN or NINO are among the released tokens.
pub(crate) fn pattern(
    schema: &PresenceSchema,
    person: &Person,
    nhs: bool,
    upn_or_nino: bool,
) -> u32 {
    let homes = || {
        person
            .addresses
            .iter()
            .filter(|_| !person.protected_address)
            .filter_map(|spell| spell.address.as_ref())
            .filter(|address| address.kind != AddressKind::NoFixedAbode)
    };
    let facts = [
        ("first", !person.first_names.is_empty()),
        ("last", !person.family_names.is_empty()),
        ("middle", !person.middle_names.is_empty()),
        (
            "birth",
            person.births.iter().any(|birth| birth.day.is_some()),
        ),
        ("birth-year", !person.births.is_empty()),
        ("sex", person.sex.is_some()),
        (
            "postcode",
            homes().any(|address| address.postcode.is_some()),
        ),
        ("home", homes().any(|address| address.canonical().is_some())),
        ("birth-place", person.birth_place.is_some()),
        ("nhs", nhs),
        ("upn-or-nino", upn_or_nino),
    ];
    facts
        .iter()
        .filter(|(_, has)| *has)
        .filter_map(|(slot, _)| schema.bit(slot))
        .sum()
}

/// Makes patterns coarser until each is shared by at least `min_records` records. A record whose pattern is rare gives up one fact at a
/// time: the one that takes it to the most shared pattern (the last slot among equals). When too few records end without any fact,
/// the smallest other group joins them. Claiming fewer facts than a record has is always safe: the linkage unit then treats the fact
/// as missing. (A file of fewer than `min_records` records ends with the empty pattern throughout.)
pub(crate) fn coarsen(patterns: &mut [u32], min_records: u32) {
    loop {
        let mut counts: BTreeMap<u32, u32> = BTreeMap::new();
        for &pattern in patterns.iter() {
            *counts.entry(pattern).or_default() += 1;
        }
        // The rarest first, one pattern a round, so that two rare ones can become one common one.
        let rarest_fact = |limit: u32| {
            counts
                .iter()
                .filter(|&(&pattern, &n)| n < limit && pattern != 0)
                .min_by_key(|&(&pattern, &n)| (n, pattern))
                .map(|(&pattern, _)| pattern)
        };
        let empty_is_rare = (1..min_records).contains(&counts.get(&0).copied().unwrap_or(0));
        let (from, to) = if let Some(rare) = rarest_fact(min_records) {
            let coarser = (0..32)
                .filter(|bit| rare >> bit & 1 == 1)
                .map(|bit| (counts.get(&(rare & !(1 << bit))).copied().unwrap_or(0), bit))
                .max()
                .map_or(0, |(_, bit)| rare & !(1 << bit));
            (rare, coarser)
        } else if let (true, Some(smallest)) = (empty_is_rare, rarest_fact(u32::MAX)) {
            (smallest, 0)
        } else {
            return;
        };
        for pattern in patterns.iter_mut().filter(|pattern| **pattern == from) {
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
            let mut after = before.clone();
            coarsen(&mut after, min);
            let mut counts: BTreeMap<u32, u32> = BTreeMap::new();
            for (&was, &is) in before.iter().zip(&after) {
                prop_assert_eq!(was & is, is);
                *counts.entry(is).or_default() += 1;
            }
            for (pattern, n) in counts {
                prop_assert!(n >= min || pattern == 0 && n as usize == before.len());
            }
        }
    }
}
