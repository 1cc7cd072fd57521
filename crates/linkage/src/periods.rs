//! The same records in two deliveries of one custodian.
//!
//! Record references change with the period of a package, so nothing outside the codes says which record of the new delivery is which
//! of the old one. The match keys do, as long as the project's key is the same: most of a person's values are as they were.

use kinfold_matcher::{KeyTable, Options, join_keys};
use kinfold_schema::{CodeTable, Schema};

/// Kinds of key that two records must share at least: less is what two people of one family may share.
const KINDS_MIN: u32 = 4;

/// Record references of the old table with those of the new one. A pair shares more kinds of match key than either record shares with
/// any other record of the other table, and at least four; what is unclear is left out.
pub fn same_records(
    schema: &Schema,
    before: &CodeTable,
    after: &CodeTable,
) -> Vec<([u8; 16], [u8; 16])> {
    let slots = schema.key_slots();
    let kinds: Vec<u8> = schema
        .key_layout()
        .iter()
        .enumerate()
        .flat_map(|(key, range)| range.clone().map(move |_| key as u8))
        .collect();
    // Where every two custodians have their own tokens, those for one partner are enough; all partners' say the same.
    let partner = before
        .partners
        .iter()
        .find(|partner| after.partners.contains(partner))
        .map_or("", String::as_str);
    let (Some(old), Some(new)) = (
        before.keys_for(partner, slots),
        after.keys_for(partner, slots),
    ) else {
        return Vec::new();
    };
    let table = |tokens| KeyTable { slots, tokens };
    let shared = join_keys(&table(&old), &table(&new), &kinds, &Options::default());
    // Per record the largest number of shared kinds, and with how many records it shares as many.
    let mut best_old = vec![(0, 0u32); before.len()];
    let mut best_new = vec![(0, 0u32); after.len()];
    let note = |best: &mut (u32, u32), kinds: u32| match kinds.cmp(&best.0) {
        std::cmp::Ordering::Greater => *best = (kinds, 1),
        std::cmp::Ordering::Equal => best.1 += 1,
        std::cmp::Ordering::Less => {}
    };
    for pair in &shared {
        note(&mut best_old[pair.left as usize], pair.types.count_ones());
        note(&mut best_new[pair.right as usize], pair.types.count_ones());
    }
    shared
        .iter()
        .filter(|pair| {
            let only = (pair.types.count_ones(), 1);
            only.0 >= KINDS_MIN
                && best_old[pair.left as usize] == only
                && best_new[pair.right as usize] == only
        })
        .map(|pair| {
            (
                before.record_ref[pair.left as usize],
                after.record_ref[pair.right as usize],
            )
        })
        .collect()
}
