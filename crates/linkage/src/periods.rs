//! The same records in two deliveries of one custodian.
//!
//! Record references change with the period of a package, so nothing outside the codes says which record of the new delivery is which
//! of the old one. The match keys do, as long as the project's key is the same: most of a person's values are as they were.

use kinfold_matcher::{KeyTable, Options, join_keys};
use kinfold_schema::{CodeTable, Schema};

use crate::pooled::{self, Rows};

/// Tokens that two records must share at least: less is what two people of one family may share.
const TOKENS_MIN: u32 = 4;

/// Record references of the old table with those of the new one. A pair shares more tokens than either record shares with any other record
/// of the other table (kinds of match key, where the schema keeps them apart), and at least four; what is unclear is left out.
pub fn same_records(
    schema: &Schema,
    before: &CodeTable,
    after: &CodeTable,
) -> Vec<([u8; 16], [u8; 16])> {
    let slots = schema.key_slots();
    let pools = schema.pools();
    let kinds: Vec<u8> = pools
        .iter()
        .enumerate()
        .flat_map(|(pool, of)| of.slots.clone().map(move |_| pool as u8))
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
    let (old_rows, new_rows) = (
        Rows::of(before, partner, slots),
        Rows::of(after, partner, slots),
    );
    let shared: Vec<(u32, u32, u32)> = shared
        .iter()
        .map(|pair| {
            let (old, new) = ((old_rows, pair.left), (new_rows, pair.right));
            let tokens = pooled::tokens(&pools, pair.types, old, new);
            (pair.left, pair.right, tokens)
        })
        .collect();
    // Per record the largest number of shared tokens, and with how many records it shares as many.
    let mut best_old = vec![(0, 0u32); before.len()];
    let mut best_new = vec![(0, 0u32); after.len()];
    let note = |best: &mut (u32, u32), tokens: u32| match tokens.cmp(&best.0) {
        std::cmp::Ordering::Greater => *best = (tokens, 1),
        std::cmp::Ordering::Equal => best.1 += 1,
        std::cmp::Ordering::Less => {}
    };
    for &(old, new, tokens) in &shared {
        note(&mut best_old[old as usize], tokens);
        note(&mut best_new[new as usize], tokens);
    }
    shared
        .iter()
        .filter(|&&(old, new, tokens)| {
            let only = (tokens, 1);
            tokens >= TOKENS_MIN && best_old[old as usize] == only && best_new[new as usize] == only
        })
        .map(|&(old, new, _)| {
            (
                before.record_ref[old as usize],
                after.record_ref[new as usize],
            )
        })
        .collect()
}
