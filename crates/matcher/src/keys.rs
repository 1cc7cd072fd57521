//! Pairs of records that share a match key.

use crate::Options;
use rayon::prelude::*;

/// The most key types that a [`KeyMatch`] can name.
pub const MAX_KEY_TYPES: usize = 128;

/// The match keys of a file: `slots` tokens a record, row-major. Which key type a slot belongs to is the same for all records.
/// Unused slots hold random tokens, which meet nothing.
#[derive(Clone, Copy, Debug)]
pub struct KeyTable<'a> {
    /// Tokens of each record.
    pub slots: usize,
    /// All tokens, record after record.
    pub tokens: &'a [[u8; 16]],
}

/// Two records that share at least one token of one type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyMatch {
    /// Row number on the left.
    pub left: u32,
    /// Row number on the right.
    pub right: u32,
    /// Bit `i` is set when a token of key type `i` is the same in both.
    pub types: u128,
}

/// All pairs that share at least one token of the same type, sorted by `(left, right)`. `slot_types[s]` is the key type of slot
/// `s`, below [`MAX_KEY_TYPES`].
///
/// A token that many records of both files hold makes a pair of each combination. In a file that keeps the rule of one record a
/// value, no token does.
///
/// # Panics
/// When the tables do not have one token for each entry of `slot_types` in every row, or when a type is too large.
pub fn join_keys(
    a: &KeyTable,
    b: &KeyTable,
    slot_types: &[u8],
    options: &Options,
) -> Vec<KeyMatch> {
    assert_eq!(a.slots, slot_types.len(), "every slot has a type");
    assert_eq!(b.slots, slot_types.len(), "every slot has a type");
    assert!(
        slot_types.iter().all(|t| usize::from(*t) < MAX_KEY_TYPES),
        "key types fit the bits of a match"
    );
    for table in [a, b] {
        assert!(
            table.slots == 0 && table.tokens.is_empty()
                || table.slots > 0 && table.tokens.len().is_multiple_of(table.slots),
            "the tokens are whole rows"
        );
    }
    let mut types = slot_types.to_vec();
    types.sort_unstable();
    types.dedup();
    options.run(|| {
        let mut matches: Vec<KeyMatch> = types
            .par_iter()
            .flat_map_iter(|key_type| {
                let left = tokens_of_type(a, slot_types, *key_type);
                let right = tokens_of_type(b, slot_types, *key_type);
                equal_tokens(&left, &right, *key_type)
            })
            .collect();
        matches.par_sort_unstable();
        // Sorted, the types of one pair are neighbours: they become one entry.
        matches.dedup_by(|next, kept| {
            let same = (next.left, next.right) == (kept.left, kept.right);
            if same {
                kept.types |= next.types;
            }
            same
        });
        matches
    })
}

/// A token and the row that holds it.
type Held = (u128, u32);

/// All tokens of one type with their rows, sorted.
fn tokens_of_type(table: &KeyTable, slot_types: &[u8], key_type: u8) -> Vec<Held> {
    let slots: Vec<usize> = (0..slot_types.len())
        .filter(|slot| slot_types[*slot] == key_type)
        .collect();
    let mut held = Vec::with_capacity(table.tokens.len() / table.slots.max(1) * slots.len());
    for (row, tokens) in table.tokens.chunks_exact(table.slots).enumerate() {
        for slot in &slots {
            held.push((u128::from_be_bytes(tokens[*slot]), row as u32));
        }
    }
    held.sort_unstable();
    held.dedup();
    held
}

/// Merges two sorted lists: every combination of rows that hold an equal token.
fn equal_tokens(left: &[Held], right: &[Held], key_type: u8) -> Vec<KeyMatch> {
    let mut matches = Vec::new();
    let mut rest = right;
    for run in left.chunk_by(|one, next| one.0 == next.0) {
        let token = run[0].0;
        let skip = rest.iter().take_while(|held| held.0 < token).count();
        rest = &rest[skip..];
        let equal = rest.iter().take_while(|held| held.0 == token);
        for (_, right_row) in equal {
            matches.extend(run.iter().map(|(_, left_row)| KeyMatch {
                left: *left_row,
                right: *right_row,
                types: 1 << key_type,
            }));
        }
    }
    matches
}
