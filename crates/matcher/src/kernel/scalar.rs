//! The reference kernels: plain loops over words, and the sliced scan with two words as its vector, which is safe code for any processor.
//! (On x86-64 the compiler turns most pairs of words into SSE2, which every such processor has: twice the speed of one word.)

use super::lanes::{Groups, LANES};
use super::near;
use crate::packed::PackedSet;
use std::ops::Range;

/// As [`super::Kernel::distances`]: counts the differing bits of each pair, one pair at a time.
pub(super) fn distances(
    left: &PackedSet,
    rows: Range<usize>,
    right: &Groups,
    groups: Range<usize>,
    distances: &mut [u16],
) {
    let mut slots = distances.iter_mut();
    for row in rows {
        let words = left.row(row);
        for group in groups.clone() {
            let columns = right.group(group);
            for lane in 0..LANES {
                let distance: u32 = words
                    .iter()
                    .zip(columns)
                    .map(|(word, column)| (word ^ column[lane]).count_ones())
                    .sum();
                let slot = slots.next().expect("one slot for each pair");
                *slot = distance as u16;
            }
        }
    }
}

/// As [`super::Kernel::near_distances`].
pub(super) fn near_distances(
    one: &[u64],
    others: &[u64],
    records: &[u64; MAX_VECTOR_WORDS],
    limit: u32,
    distances: &mut Vec<(u16, u16)>,
) {
    near::distances(one, others, records, limit, distances);
}

/// As [`super::Kernel::distance`].
pub(super) fn distance(one: &[u64], other: &[u64]) -> u32 {
    one.iter()
        .zip(other)
        .map(|(x, y)| (x ^ y).count_ones())
        .sum()
}

/// One hundred and twenty-eight records.
type Vector = [u64; 2];

/// Two planes of the same weight.
type Pair = (Vector, Vector);

/// Words in a vector.
pub(super) const N: usize = 2;

fn zero() -> Vector {
    [0; 2]
}

fn ones() -> Vector {
    [u64::MAX; 2]
}

fn xor(x: Vector, y: Vector) -> Vector {
    [x[0] ^ y[0], x[1] ^ y[1]]
}

fn and(x: Vector, y: Vector) -> Vector {
    [x[0] & y[0], x[1] & y[1]]
}

fn or(x: Vector, y: Vector) -> Vector {
    [x[0] | y[0], x[1] | y[1]]
}

/// `y` without the bits of `x`.
fn and_not(x: Vector, y: Vector) -> Vector {
    [!x[0] & y[0], !x[1] & y[1]]
}

fn full(x: Vector) -> bool {
    x == [u64::MAX; 2]
}

fn load(words: &[u64]) -> Vector {
    [words[0], words[1]]
}

fn store(x: Vector, words: &mut [u64]) {
    words[..2].copy_from_slice(&x);
}

/// Both planes of a case of six bits. The masks let the compiler see that no index is out of bounds.
fn wide(table: &[u64], lookup: usize, offset: u16) -> (Vector, Vector) {
    let cases = &table[lookup * WIDE_CASES * 4..][..WIDE_CASES * 4];
    let case = usize::from(offset / 8) & (WIDE_CASES * 4 - 4);
    (
        [cases[case], cases[case + 1]],
        [cases[case + 2], cases[case + 3]],
    )
}

/// The plane of a case of two bits.
fn narrow(table: &[u64], lookup: usize, offset: u16) -> Vector {
    let cases = &table[(WIDE * WIDE_CASES * 2 + lookup * NARROW_CASES) * 2..][..NARROW_CASES * 2];
    let case = usize::from(offset / 8) & (NARROW_CASES * 2 - 2);
    [cases[case], cases[case + 1]]
}

super::sliced::adders_of_two_inputs!();
super::sliced::sliced_kernel!();
