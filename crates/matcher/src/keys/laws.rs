//! Laws of the join of match keys: whatever the memory, the threads and the parts, it equals a plain loop over all pairs.

use std::convert::Infallible;

use proptest::prelude::*;

use super::*;

/// A file as the test has it: slot types and rows.
#[derive(Clone, Debug)]
struct Plain {
    types: Vec<u8>,
    tokens: Vec<[u8; 16]>,
}

impl Plain {
    fn rows(&self) -> impl Iterator<Item = (u32, &[[u8; 16]])> {
        (0..).zip(self.tokens.chunks_exact(self.types.len()))
    }

    fn file(&self) -> KeyFile<'_> {
        let mut file = KeyFile::new(&self.types).unwrap();
        file.push(&self.tokens).unwrap();
        file
    }
}

/// The reference: every two records, every two tokens.
fn reference(files: &[Plain], within: bool) -> Vec<KeyCandidate> {
    let mut found = Vec::new();
    for (file_a, a) in files.iter().enumerate() {
        for (file_b, b) in files.iter().enumerate().skip(file_a) {
            for (left, x) in a.rows() {
                for (right, y) in b.rows() {
                    let wanted = file_a < file_b || within && left < right;
                    let same = |i: &usize, j: &usize| a.types[*i] == b.types[*j] && x[*i] == y[*j];
                    let slots = (0..x.len()).flat_map(|i| (0..y.len()).map(move |j| (i, j)));
                    let types = slots
                        .filter(|(i, j)| wanted && same(i, j))
                        .fold(0, |types, (i, _)| types | 1u128 << a.types[i]);
                    if types != 0 {
                        let (file_a, file_b) = (file_a as u16, file_b as u16);
                        found.push(KeyCandidate {
                            file_a,
                            file_b,
                            left,
                            right,
                            types,
                        });
                    }
                }
            }
        }
    }
    found
}

fn join(
    files: &[KeyFile],
    how: &KeyJoin,
) -> Result<(Vec<KeyCandidate>, KeyJoinReport), KeyJoinError<Infallible>> {
    let mut found = Vec::new();
    let report = join_key_files(files, how, |some| {
        assert!(!some.is_empty(), "nothing is not delivered");
        found.extend_from_slice(some);
        Ok(())
    })?;
    assert_eq!(report.candidates, found.len() as u64);
    Ok((found, report))
}

/// Threads and memory from nothing, which makes a pass of every partition and a round of every pair or two, to plenty.
fn every_way(within: bool, crowd: Crowd) -> impl Iterator<Item = KeyJoin> {
    [0, 1, 2, 3, 5].into_iter().flat_map(move |threads| {
        [0, 300, 5_000, 1 << 30].map(|memory| KeyJoin {
            threads,
            memory,
            within,
            crowd,
        })
    })
}

/// Reproducible tokens that meet nothing.
fn dummies(count: usize, seed: u64) -> Vec<[u8; 16]> {
    (0..count as u64)
        .map(|index| {
            let word = (seed << 40 | index).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            (u128::from(word) << 64 | u128::from(word ^ word >> 29)).to_le_bytes()
        })
        .collect()
}

fn token() -> impl Strategy<Value = [u8; 16]> {
    prop_oneof![
        // Few values, so that records meet often, also those of one file and in several slots.
        (0u8..12).prop_map(|value| [value; 16]),
        // Tokens that differ in their last byte or their first alone.
        (0u8..3).prop_map(|value| {
            let mut token = [7; 16];
            token[15] = value;
            token
        }),
        (0u8..3).prop_map(|value| {
            let mut token = [7; 16];
            token[0] = value;
            token
        }),
        any::<[u8; 16]>(),
    ]
}

fn plain_file() -> impl Strategy<Value = Plain> {
    // No rows and one row are as likely as many.
    (1usize..5, prop_oneof![Just(0), Just(1), 0usize..25]).prop_flat_map(|(slots, rows)| {
        let types = proptest::collection::vec(prop_oneof![0u8..3, Just(127u8)], slots);
        let tokens = proptest::collection::vec(token(), slots * rows);
        (types, tokens).prop_map(|(types, tokens)| Plain { types, tokens })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_number_of_files_equals_the_reference(
        plain in proptest::collection::vec(plain_file(), 0..6),
        within in any::<bool>(),
    ) {
        let expected = reference(&plain, within);
        let files: Vec<KeyFile> = plain.iter().map(Plain::file).collect();
        for how in every_way(within, Crowd::Keep) {
            let (found, report) = join(&files, &how).unwrap();
            prop_assert_eq!(&found, &expected, "{:?}", how);
            prop_assert_eq!(report.crowded, 0);
        }
    }

    #[test]
    fn parts_and_their_order_change_nothing(
        plain in plain_file(),
        other in plain_file(),
        cuts in proptest::collection::vec(0usize..25, 0..5),
        reverse in any::<bool>(),
    ) {
        let slots = plain.types.len();
        let rows = plain.tokens.len() / slots;
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(rows)).chain([0, rows]).collect();
        cuts.sort_unstable();
        let mut parts: Vec<(usize, usize)> = cuts.windows(2).map(|pair| (pair[0], pair[1])).collect();
        if reverse {
            parts.reverse();
        }
        let mut file = KeyFile::new(&plain.types).unwrap();
        for (from, to) in parts {
            file.push_at(from as u64, &plain.tokens[from * slots..to * slots]).unwrap();
        }
        let expected = reference(&[plain.clone(), other.clone()], false);
        let files = [file, other.file()];
        for how in every_way(false, Crowd::Keep) {
            prop_assert_eq!(&join(&files, &how).unwrap().0, &expected);
        }
    }

    #[test]
    fn groups_keep_to_themselves_and_a_stride_skips_the_rest(
        plain in proptest::collection::vec(plain_file(), 0..6),
        groups in proptest::collection::vec((0u32..3, 0usize..4, any::<bool>()), 6),
        within in any::<bool>(),
    ) {
        let expected: Vec<KeyCandidate> = reference(&plain, within)
            .into_iter()
            .filter(|pair| groups[usize::from(pair.file_a)].0 == groups[usize::from(pair.file_b)].0)
            .collect();
        // Behind the slots of each row stand tokens that would meet everywhere; the last row may go without them.
        let wide: Vec<Vec<[u8; 16]>> = plain.iter().zip(&groups).map(|(plain, (_, more, short))| {
            let mut tokens: Vec<[u8; 16]> = plain
                .rows()
                .flat_map(|(_, row)| row.iter().copied().chain(std::iter::repeat_n([1; 16], *more)))
                .collect();
            if *short {
                tokens.truncate(tokens.len().saturating_sub(*more));
            }
            tokens
        }).collect();
        let files: Vec<KeyFile> = plain.iter().zip(&groups).zip(&wide).map(|((plain, (group, more, _)), wide)| {
            let mut file = KeyFile::new(&plain.types).unwrap().every(plain.types.len() + more).in_group(*group);
            file.push(wide).unwrap();
            file
        }).collect();
        for (file, plain) in files.iter().zip(&plain) {
            prop_assert_eq!(file.tokens(), plain.tokens.len() as u64);
        }
        for how in every_way(within, Crowd::Keep) {
            prop_assert_eq!(&join(&files, &how).unwrap().0, &expected, "{:?}", how);
        }
    }

    #[test]
    fn crowded_tokens_are_those_that_too_many_records_hold(
        plain in proptest::collection::vec(plain_file(), 2..4),
        limit in 0u32..6,
        within in any::<bool>(),
    ) {
        // Which tokens make candidates, and how many records of each file hold them.
        let mut held = std::collections::BTreeMap::new();
        for (file, content) in plain.iter().enumerate() {
            for (row, tokens) in content.rows() {
                for (token, key_type) in tokens.iter().zip(&content.types) {
                    let holders: &mut std::collections::BTreeSet<_> = held.entry((*key_type, *token)).or_default();
                    holders.insert((file, row));
                }
            }
        }
        let crowded: Vec<_> = held.iter().filter(|(_, holders)| {
            let of = |file| holders.iter().filter(|holder| holder.0 == file).count();
            let files = (0..plain.len()).filter(|&file| of(file) > 0).count();
            let meets = files > 1 || within && holders.len() > 1;
            meets && (0..plain.len()).any(|file| of(file) > limit as usize)
        }).map(|(token, _)| *token).collect();
        // Without them the reference needs no rule: every crowded token becomes another dummy.
        let mut without = plain.clone();
        for (number, content) in without.iter_mut().enumerate() {
            let types = content.types.clone();
            for (index, token) in content.tokens.iter_mut().enumerate() {
                if crowded.contains(&(types[index % types.len()], *token)) {
                    *token = dummies(1, (number * 1000 + index + 1) as u64)[0];
                }
            }
        }
        let expected = reference(&without, within);
        let files: Vec<KeyFile> = plain.iter().map(Plain::file).collect();
        let mut errors = Vec::new();
        for how in every_way(within, Crowd::LeaveOut(limit)) {
            let (found, report) = join(&files, &how).unwrap();
            prop_assert_eq!(&found, &expected, "{:?}", how);
            prop_assert_eq!(report.crowded, crowded.len() as u64);
            let refused = join(&files, &KeyJoin { crowd: Crowd::Refuse(limit), ..how });
            errors.push(refused.map(|(found, _)| found));
        }
        for error in errors {
            match error {
                Ok(found) => prop_assert!(crowded.is_empty() && found == expected),
                Err(KeyJoinError::Crowded { file, key_type, holders }) => {
                    let (of_type, token) = crowded[0];
                    prop_assert_eq!(key_type, of_type);
                    let of = held[&(of_type, token)].iter().filter(|holder| holder.0 == usize::from(file));
                    prop_assert_eq!(holders as usize, of.count());
                }
                Err(other) => prop_assert!(false, "{:?}", other),
            }
        }
    }
}

/// Thousands of tokens among dummies: many partitions, chunks and passes, and rounds that end inside a file.
#[test]
fn many_tokens_in_little_memory() {
    let (rows, slots) = (3_000, 7);
    let types: Vec<u8> = vec![0, 1, 1, 2, 3, 4, 127];
    let shared = dummies(rows * slots, 99);
    let plain: Vec<Plain> = (0..3)
        .map(|file: usize| {
            let mut tokens = dummies(rows * slots, file as u64);
            // Every third row of the first file is the row before in the second and two before in the third.
            for row in (3..rows).step_by(3) {
                for slot in (0..slots).filter(|slot| !(row + slot + file).is_multiple_of(4)) {
                    tokens[(row - file) * slots + slot] = shared[row * slots + slot];
                }
            }
            Plain {
                types: types.clone(),
                tokens,
            }
        })
        .collect();
    let mut expected = Vec::new();
    for (file_a, file_b) in [(0u16, 1u16), (0, 2), (1, 2)] {
        for row in (3..rows).step_by(3) {
            let types = (0..slots)
                .filter(|slot| {
                    [file_a, file_b]
                        .iter()
                        .all(|file| !(row + slot + usize::from(*file)).is_multiple_of(4))
                })
                .fold(0u128, |all, slot| all | 1 << types[slot]);
            expected.push(KeyCandidate {
                file_a,
                file_b,
                left: (row - usize::from(file_a)) as u32,
                right: (row - usize::from(file_b)) as u32,
                types,
            });
        }
    }
    let files: Vec<KeyFile> = plain.iter().map(Plain::file).collect();
    for threads in [1, 2, 3] {
        for (memory, more_passes) in [(1 << 30, false), (400_000, true), (100_000, true)] {
            let how = KeyJoin {
                threads,
                memory,
                ..KeyJoin::default()
            };
            let (found, report) = join(&files, &how).unwrap();
            assert_eq!(found, expected, "{how:?}");
            assert_eq!(report.tokens, 3 * (rows * slots) as u64);
            assert_eq!(report.passes > 1, more_passes, "{how:?}");
        }
    }
}

/// More files than the table of what meets can tell apart, of one record each.
#[test]
fn hundreds_of_files() {
    let plain: Vec<Plain> = (0..600)
        .map(|file: usize| Plain {
            types: vec![5, 6],
            // The same token as the 300th next file, and one of this file alone.
            tokens: [
                dummies(1, file as u64 % 300),
                dummies(1, file as u64 + 1_000),
            ]
            .concat(),
        })
        .collect();
    let files: Vec<KeyFile> = plain.iter().map(Plain::file).collect();
    let expected: Vec<KeyCandidate> = (0..300)
        .map(|file| KeyCandidate {
            file_a: file,
            file_b: file + 300,
            left: 0,
            right: 0,
            types: 1 << 5,
        })
        .collect();
    for (within, memory) in [(false, 1 << 30), (true, 1 << 30), (true, 20_000)] {
        let how = KeyJoin {
            threads: 2,
            memory,
            within,
            crowd: Crowd::Refuse(1),
        };
        assert_eq!(join(&files, &how).unwrap().0, expected);
    }
}

/// A custodian whose dummies are all the same: they meet nothing, so they are no candidates and not crowded.
#[test]
fn a_token_of_one_file_is_never_crowded() {
    let same = vec![[0; 16]; 5_000];
    let other = dummies(5_000, 3);
    let types = [1, 2];
    let mut files = [KeyFile::new(&types).unwrap(), KeyFile::new(&types).unwrap()];
    files[0].push(&same).unwrap();
    files[1].push(&other).unwrap();
    for how in every_way(false, Crowd::Refuse(1)) {
        assert!(join(&files, &how).unwrap().0.is_empty());
    }
    // With pairs within the file the same file is refused, before anything is delivered.
    let how = KeyJoin {
        within: true,
        ..KeyJoin::default()
    };
    assert_eq!(
        join(&files, &how),
        Err(KeyJoinError::Crowded {
            file: 0,
            key_type: 1,
            holders: 2_500
        })
    );
}

#[test]
fn an_error_of_the_sink_ends_the_join() {
    let tokens = dummies(10, 1);
    let plain = Plain {
        types: vec![0],
        tokens,
    };
    let files = [plain.file(), plain.file()];
    let mut calls = 0;
    let result = join_key_files(&files, &KeyJoin::default(), |_| {
        calls += 1;
        Err("full")
    });
    assert_eq!((result, calls), (Err(KeyJoinError::Sink("full")), 1));
}

#[test]
fn parts_that_are_no_file_are_refused() {
    let tokens = dummies(12, 1);
    let types = [0, 1];
    let mut file = KeyFile::new(&types).unwrap();
    assert_eq!(file.push(&tokens[..3]), Err(KeyFileError::PartOfARow));
    file.push_at(2, &tokens[..4]).unwrap();
    assert_eq!(
        file.push_at(3, &tokens[4..6]),
        Err(KeyFileError::Overlap(3))
    );
    assert_eq!(
        file.push_at(1, &tokens[4..8]),
        Err(KeyFileError::Overlap(2))
    );
    file.push_at(0, &tokens[4..8]).unwrap();
    file.push(&tokens[8..]).unwrap();
    assert_eq!((file.rows(), file.tokens()), (6, 12));
    assert_eq!(
        file.push_at(u64::from(u32::MAX), &tokens[..2]),
        Err(KeyFileError::Rows(1 << 32))
    );
    assert_eq!(
        KeyFile::new(&[0, 128]).map(|_| ()),
        Err(KeyFileError::Type(128))
    );
    let many = vec![0; 65_536];
    assert_eq!(
        KeyFile::new(&many).map(|_| ()),
        Err(KeyFileError::Slots(65_536))
    );
    assert_eq!(
        KeyFile::new(&[]).unwrap().push(&tokens),
        Err(KeyFileError::PartOfARow)
    );
}
