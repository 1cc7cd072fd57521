//! How many tokens of a pool of match keys two records share.
//!
//! The join of match keys says for each pool whether any token agrees. Where kinds are mixed the number is what counts, and only candidates
//! need it, so the tokens of these are looked at again.

use kinfold_schema::{Agreement, CodeTable, POOLS_MAX, Pool, Token};

/// How many tokens of each counted pool agree, in the order of the schema; beyond 255 it is no longer counted.
pub(crate) type Counts = [u8; POOLS_MAX];

/// The match-key tokens of a table that are compared with those of one partner.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a> {
    tokens: &'a [Token],
    stride: usize,
    slots: usize,
}

impl<'a> Rows<'a> {
    /// Of a table whose records have so many slots for each partner; without rows when no tokens were made for this one.
    pub(crate) fn of(table: &'a CodeTable, partner: &str, slots: usize) -> Self {
        let sets = table.partners.len().max(1);
        let at = if table.partners.is_empty() {
            Some(0)
        } else {
            table.partners.iter().position(|known| known == partner)
        };
        Self {
            tokens: at
                .and_then(|at| table.keys.get(at * slots..))
                .unwrap_or(&[]),
            stride: slots * sets,
            slots,
        }
    }

    fn row(self, row: u32) -> &'a [Token] {
        let start = row as usize * self.stride;
        self.tokens
            .get(start..start + self.slots)
            .unwrap_or_default()
    }
}

/// What the pools in which two records share a token (a bit each) say together, and how many tokens agree.
pub(crate) fn agreement(
    pools: &[Pool],
    shared: u128,
    (left, l): (Rows, u32),
    (right, r): (Rows, u32),
) -> (Agreement, Counts) {
    let (mut agreement, mut counts) = (Agreement::default(), Counts::default());
    for (index, pool) in pools.iter().enumerate() {
        if shared >> index & 1 == 1 {
            let tokens = match pool.counted {
                Some(_) => common(
                    &left.row(l)[pool.slots.clone()],
                    &right.row(r)[pool.slots.clone()],
                ),
                None => 1,
            };
            pool.add_to(&mut agreement, tokens);
            if let Some(counted) = pool.counted {
                counts[counted] = tokens.min(255) as u8;
            }
        }
    }
    (agreement, counts)
}

/// How many tokens two records share in all, each kind by itself counted once.
pub(crate) fn tokens(
    pools: &[Pool],
    shared: u128,
    (left, l): (Rows, u32),
    (right, r): (Rows, u32),
) -> u32 {
    let of = |(index, pool): (usize, &Pool)| match (shared >> index & 1, pool.counted) {
        (0, _) => 0,
        (_, None) => 1,
        (_, Some(_)) => common(
            &left.row(l)[pool.slots.clone()],
            &right.row(r)[pool.slots.clone()],
        ) as u32,
    };
    pools.iter().enumerate().map(of).sum()
}

/// How many tokens stand in both. An encoder sorts them; a file that is not in order is read all the same.
fn common(left: &[Token], right: &[Token]) -> usize {
    if left.is_sorted() && right.is_sorted() {
        return in_order(left, right);
    }
    let sorted = |tokens: &[Token]| {
        let mut own = tokens.to_vec();
        own.sort_unstable();
        own
    };
    in_order(&sorted(left), &sorted(right))
}

fn in_order(left: &[Token], right: &[Token]) -> usize {
    let (mut l, mut r, mut count) = (0, 0, 0);
    while let (Some(one), Some(other)) = (left.get(l), right.get(r)) {
        match one.cmp(other) {
            std::cmp::Ordering::Less => l += 1,
            std::cmp::Ordering::Greater => r += 1,
            std::cmp::Ordering::Equal => {
                count += 1;
                l += 1;
                r += 1;
            }
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn tokens_in_both_are_counted_in_any_order(left in proptest::collection::btree_set(0u8..40, 0..30), right in proptest::collection::vec(0u8..40, 0..30).prop_map(|mut own| { let mut seen = std::collections::BTreeSet::new(); own.retain(|value| seen.insert(*value)); own })) {
            let token = |value: u8| [value; 16];
            let a: Vec<Token> = left.iter().map(|value| token(*value)).collect();
            let b: Vec<Token> = right.iter().map(|value| token(*value)).collect();
            let expected = right.iter().filter(|value| left.contains(value)).count();
            prop_assert_eq!(common(&a, &b), expected);
            prop_assert_eq!(common(&b, &a), expected);
        }
    }

    #[test]
    fn the_tokens_for_a_partner_are_found_where_they_lie() {
        let table = CodeTable {
            partners: vec!["school".to_owned(), "police".to_owned()],
            record_ref: vec![[0; 16]; 2],
            keys: (0..12).map(|value| [value; 16]).collect(),
            ..CodeTable::default()
        };
        let rows = Rows::of(&table, "police", 3);
        assert_eq!(rows.row(0), [[3; 16], [4; 16], [5; 16]]);
        assert_eq!(rows.row(1), [[9; 16], [10; 16], [11; 16]]);
        assert!(Rows::of(&table, "clinic", 3).row(0).is_empty());
    }
}
