//! One key over two files: what the cap holds back, which slot a value comes to stand in, and which records meet.

use crate::pair::{Column, mixed};

/// Two records that share a released value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Meeting {
    /// Row in the first file.
    pub left: u32,
    /// Row in the second file.
    pub right: u32,
    /// With so many slots the key releases the value in both files; 1 is the least.
    pub slots: u8,
}

/// What a key does in two files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Joined {
    /// Each pair of records once, with the fewest slots, in order.
    pub meetings: Vec<Meeting>,
    /// For each file and row, how many values are released where slots do not limit them.
    pub tokens: [Vec<u8>; 2],
}

/// A value that is released.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Released {
    value: u64,
    row: u32,
    slot: u8,
}

/// Joins a key over two files. A value that more than `cap` records of a file have is dropped in that file. `parts` gives the part of each
/// row: records of different parts neither meet nor disturb each other, as if each part were a pair of files of its own.
pub fn join(
    left: &Column,
    right: &Column,
    rows: [usize; 2],
    parts: [&dyn Fn(u32) -> u64; 2],
    cap: usize,
) -> Joined {
    let (a, tokens_a) = released(left, rows[0], parts[0], cap);
    let (b, tokens_b) = released(right, rows[1], parts[1], cap);
    let mut meetings = Vec::new();
    let mut later = 0;
    let mut at = 0;
    while at < a.len() {
        let value = a[at].value;
        let end = at + a[at..].iter().take_while(|x| x.value == value).count();
        while later < b.len() && b[later].value < value {
            later += 1;
        }
        for own in &a[at..end] {
            for other in b[later..].iter().take_while(|x| x.value == value) {
                meetings.push(Meeting {
                    left: own.row,
                    right: other.row,
                    slots: own.slot.max(other.slot),
                });
            }
        }
        at = end;
    }
    meetings.sort_unstable();
    meetings.dedup_by_key(|meeting| (meeting.left, meeting.right));
    Joined {
        meetings,
        tokens: [tokens_a, tokens_b],
    }
}

/// The values of a file that are released, in order, and their number by row.
fn released(
    column: &Column,
    rows: usize,
    part: &dyn Fn(u32) -> u64,
    cap: usize,
) -> (Vec<Released>, Vec<u8>) {
    let mut sorted: Vec<(u64, u32)> = column
        .values
        .iter()
        .zip(&column.rows)
        .zip(0..)
        .map(|((value, row), place)| match part(*row) {
            0 => (*value, place),
            part => (value ^ mixed(part), place),
        })
        .collect();
    sorted.sort_unstable();
    // Slot 0 stands for "held back" until slots are given out.
    let mut slots = vec![0u8; sorted.len()];
    for group in sorted.chunk_by(|x, y| x.0 == y.0) {
        if group.len() <= cap {
            for (_, place) in group {
                slots[*place as usize] = 1;
            }
        }
    }
    let mut counts = vec![0u8; rows];
    for (slot, row) in slots.iter_mut().zip(&column.rows) {
        if *slot == 1 {
            let count = &mut counts[*row as usize];
            *count = count.saturating_add(1);
            *slot = *count;
        }
    }
    let kept = sorted
        .into_iter()
        .filter(|(_, place)| slots[*place as usize] > 0)
        .map(|(value, place)| Released {
            value,
            row: column.rows[place as usize],
            slot: slots[place as usize],
        })
        .collect();
    (kept, counts)
}

/// Shannon entropy, in bits, of the values that the records of a file have: how far a list of the commonest values would carry somebody
/// who has the key.
pub fn entropy(column: &Column) -> f64 {
    let mut values = column.values.clone();
    values.sort_unstable();
    let total = values.len() as f64;
    let mut sum = 0.0;
    for group in values.chunk_by(|x, y| x == y) {
        let share = group.len() as f64 / total;
        sum -= share * libm::log2(share);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn column(rows: &[&[u64]]) -> Column {
        let mut column = Column::default();
        for (values, row) in rows.iter().zip(0..) {
            column.values.extend_from_slice(values);
            column.rows.extend(values.iter().map(|_| row));
        }
        column
    }

    const WHOLE: [&dyn Fn(u32) -> u64; 2] = [&|_| 0, &|_| 0];

    #[test]
    fn the_cap_holds_back_and_slots_are_counted_after_it() {
        // Value 7 is held by two records of the first file, 9 by one; in the second file both by one.
        let a = column(&[&[7, 9], &[7], &[]]);
        let b = column(&[&[9, 7], &[5]]);
        let found = join(&a, &b, [3, 2], WHOLE, 1);
        let met = |left, right, slots| Meeting { left, right, slots };
        assert_eq!(found.meetings, [met(0, 0, 1)]);
        assert_eq!(found.tokens, [vec![1, 0, 0], vec![2, 1]]);
        // With cap 2 record 0 meets through 7 (slots 1 and 2) and 9 (slots 2 and 1).
        let found = join(&a, &b, [3, 2], WHOLE, 2);
        assert_eq!(found.meetings, [met(0, 0, 2), met(1, 0, 2)]);
    }

    #[test]
    fn parts_do_not_disturb_each_other() {
        let a = column(&[&[7], &[7]]);
        let b = column(&[&[7], &[7]]);
        let part = |row: u32| u64::from(row);
        let found = join(&a, &b, [2, 2], [&part, &part], 1);
        let met = |left, right| Meeting {
            left,
            right,
            slots: 1,
        };
        assert_eq!(found.meetings, [met(0, 0), met(1, 1)]);
    }

    #[test]
    fn entropy_of_four_equal_values_is_two_bits() {
        assert_eq!(entropy(&column(&[&[1, 2], &[3], &[4]])), 2.0);
        assert_eq!(entropy(&column(&[&[1], &[1]])), 0.0);
    }

    proptest! {
        #[test]
        fn as_by_the_definition(
            a in proptest::collection::vec(proptest::collection::btree_set(0u64..12, 0..4), 1..12),
            b in proptest::collection::vec(proptest::collection::btree_set(0u64..12, 0..4), 1..12),
            cap in 1usize..4,
        ) {
            let lists = |sets: &[std::collections::BTreeSet<u64>]| -> Vec<Vec<u64>> {
                sets.iter().map(|set| set.iter().copied().collect()).collect()
            };
            let (a, b) = (lists(&a), lists(&b));
            let views = |lists: &[Vec<u64>]| column(&lists.iter().map(Vec::as_slice).collect::<Vec<_>>());
            let kept = |lists: &[Vec<u64>]| -> Vec<Vec<u64>> {
                let count = |value| lists.iter().filter(|row| row.contains(&value)).count();
                lists.iter().map(|row| row.iter().copied().filter(|v| count(*v) <= cap).collect()).collect()
            };
            let (kept_a, kept_b) = (kept(&a), kept(&b));
            let mut expected: BTreeMap<(u32, u32), u8> = BTreeMap::new();
            for (left, mine) in (0..).zip(&kept_a) {
                for (right, theirs) in (0..).zip(&kept_b) {
                    let least = mine.iter().enumerate().filter_map(|(i, v)| {
                        let j = theirs.iter().position(|w| w == v)?;
                        Some(i.max(j) as u8 + 1)
                    }).min();
                    if let Some(slots) = least {
                        expected.insert((left, right), slots);
                    }
                }
            }
            let found = join(&views(&a), &views(&b), [a.len(), b.len()], WHOLE, cap);
            let got: BTreeMap<(u32, u32), u8> = found.meetings.iter().map(|m| ((m.left, m.right), m.slots)).collect();
            prop_assert_eq!(got, expected);
        }
    }
}
