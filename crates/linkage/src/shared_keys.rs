//! Which records of different custodians share match keys: one join of all files.
//!
//! A file's tokens are read once, whatever the number of other files, where it is compared with all of them by the same tokens. Where
//! custodians made tokens for each partner, those of every two partners are a group of their own, read where they lie in the table, in
//! the same join.

use std::convert::Infallible;

use kinfold_matcher::{Crowd, KeyFile, KeyJoin, KeyJoinError, join_key_files};
use kinfold_schema::{Schema, Token};

use crate::RecordSet;

/// Working memory of the join beside the tokens, in bytes, at most: one pass over 134 million tokens, such as 1.6 million records of 80.
const MEMORY: usize = 2 << 30;

/// Two rows, and the pools of match keys in which they share a token: bit `i` is pool `i` of the schema.
pub(crate) type Shared = (u32, u32, u128);

/// The match keys that records of every two sets share, each list sorted by rows. The order of the lists is that of the sets: the first
/// with the second, the first with the third, and so on.
pub(crate) fn shared_keys(schema: &Schema, sets: &[RecordSet], threads: usize) -> Vec<Vec<Shared>> {
    let slots = schema.key_slots();
    let types: Vec<u8> = schema
        .pools()
        .iter()
        .enumerate()
        .flat_map(|(pool, of)| of.slots.clone().map(move |_| pool as u8))
        .collect();
    let how = KeyJoin {
        threads,
        memory: MEMORY,
        within: false,
        crowd: Crowd::Keep,
    };
    let files = files(sets, slots);
    let mut found = vec![Vec::new(); sets.len() * sets.len().saturating_sub(1) / 2];
    let mut join = |files: &[File]| {
        let readers: Vec<KeyFile> = files.iter().map(|file| file.reader(&types)).collect();
        join_key_files(&readers, &how, |some| {
            for pair in some {
                let [left, right] =
                    [pair.file_a, pair.file_b].map(|file| files[usize::from(file)].set);
                found[place(sets.len(), left, right)].push((pair.left, pair.right, pair.types));
            }
            Ok::<(), Infallible>(())
        })
        .map(|_| ())
    };
    if join(&files) == Err(KeyJoinError::TooLarge) {
        // Hundreds of custodians with tokens for each of the others, or files of milliards of tokens: two files at a time.
        for (at, left) in files.iter().enumerate() {
            for right in &files[at + 1..] {
                if left.group == right.group {
                    join(&[*left, *right]).expect("two tables in memory are not too large");
                }
            }
        }
    }
    found
}

/// The list of two sets of `count`, the left before the right.
fn place(count: usize, left: usize, right: usize) -> usize {
    // Before those of `left` stand the pairs of all earlier ones.
    left * (2 * count - left - 1) / 2 + right - left - 1
}

/// The tokens of one set that are compared with the others of one group.
#[derive(Clone, Copy)]
struct File<'a> {
    set: usize,
    group: u32,
    stride: usize,
    tokens: &'a [Token],
}

impl<'a> File<'a> {
    fn reader(&self, types: &'a [u8]) -> KeyFile<'a> {
        let mut file = KeyFile::new(types)
            .expect("a schema's match keys fit the bits of a candidate")
            .every(self.stride)
            .in_group(self.group);
        file.push(self.tokens)
            .expect("the tokens of a table are whole rows");
        file
    }
}

/// What takes part in the join, in the order of sets: group 0 for tokens that are compared with all others of its kind, and a group for
/// every two sets of which one or both have tokens for the other alone.
fn files(sets: &[RecordSet], slots: usize) -> Vec<File<'_>> {
    let mut files = Vec::new();
    for (set, of) in sets.iter().enumerate() {
        let table = &of.table;
        let is_open = |set: &RecordSet| set.table.partners.is_empty();
        if is_open(of) {
            files.push(File {
                set,
                group: 0,
                stride: slots,
                tokens: &table.keys,
            });
        }
        for (other, with) in sets.iter().enumerate() {
            if other == set || is_open(of) && is_open(with) {
                continue;
            }
            let group = 1 + place(sets.len(), set.min(other), set.max(other)) as u32;
            let (stride, start) = if is_open(of) {
                (slots, Some(0))
            } else {
                let partner = table.partners.iter().position(|name| *name == with.source);
                (
                    slots * table.partners.len(),
                    partner.map(|partner| partner * slots),
                )
            };
            // None were made for that partner; or there are no rows.
            let tokens = start.and_then(|start| table.keys.get(start..));
            files.push(File {
                set,
                group,
                stride,
                tokens: tokens.unwrap_or_default(),
            });
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;
    use kinfold_matcher::{KeyTable, Options, join_keys};
    use kinfold_schema::CodeTable;
    use proptest::prelude::*;

    /// Two sets by themselves.
    fn two_alone(schema: &Schema, left: &RecordSet, right: &RecordSet) -> Vec<Shared> {
        let slots = schema.key_slots();
        let pools = schema.pools();
        let pool = |slot| pools.iter().position(|pool| pool.slots.contains(&slot));
        let types: Vec<u8> = (0..slots).map(|slot| pool(slot).unwrap() as u8).collect();
        let [a, b] = [(left, right), (right, left)].map(|(one, other)| {
            let keys = one.table.keys_for(&other.source, slots);
            keys.unwrap_or_default().into_owned()
        });
        let table = |tokens| KeyTable { slots, tokens };
        join_keys(&table(&a), &table(&b), &types, &Options::default())
            .iter()
            .map(|pair| (pair.left, pair.right, pair.types))
            .collect()
    }

    /// Tokens of few values, so that they meet often, also where they must not: for other partners, in one file, in other slots.
    fn record_set(
        schema: &Schema,
        number: usize,
        rows: usize,
        partners: &[usize],
        seed: u64,
    ) -> RecordSet {
        let mut table = CodeTable {
            partners: partners
                .iter()
                .map(|other| format!("agency {other}"))
                .collect(),
            ..CodeTable::default()
        };
        let mut state = seed | 1;
        for row in 0..rows * partners.len().max(1) * schema.key_slots() {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(row as u64);
            let mut token = [0; 16];
            token[3] = (state >> 40) as u8;
            table.keys.push(token);
        }
        table.record_ref = (0..rows).map(|row| [row as u8; 16]).collect();
        RecordSet {
            source: format!("agency {number}"),
            table,
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn one_join_finds_what_every_two_files_find_alone(
            shapes in proptest::collection::vec((0usize..12, any::<u64>(), proptest::collection::vec(0usize..6, 0..6), any::<bool>()), 0..6),
            threads in 0usize..3,
        ) {
            let schema = Schema::standard();
            // Some have tokens for each partner, some for some of them, some the same for all.
            let sets: Vec<RecordSet> = shapes.iter().enumerate().map(|(number, (rows, seed, partners, open))| {
                let mut partners: Vec<usize> = partners.iter().copied().filter(|_| !open).collect();
                partners.sort_unstable_by_key(|other| (other * 5 + number) % 6);
                partners.dedup();
                record_set(&schema, number, *rows, &partners, *seed)
            }).collect();
            let mut expected = Vec::new();
            for (at, left) in sets.iter().enumerate() {
                for right in &sets[at + 1..] {
                    expected.push(two_alone(&schema, left, right));
                }
            }
            prop_assert_eq!(shared_keys(&schema, &sets, threads), expected);
        }
    }

    #[test]
    fn lists_are_in_the_order_of_sets() {
        for count in 2..9 {
            let pairs =
                (0..count).flat_map(|left| (left + 1..count).map(move |right| (left, right)));
            for (number, (left, right)) in pairs.enumerate() {
                assert_eq!(place(count, left, right), number);
            }
        }
    }
}
