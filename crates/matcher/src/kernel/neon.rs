//! 128-bit vectors of AArch64: the sliced scan for 128 records at a time.
//!
//! NEON belongs to every AArch64 processor, so there is nothing to ask before calling. The authors have no such machine: an emulator runs the
//! laws in this crate's tests, which hold it to the plain loop (see the README), and its speed is not known.

use super::lanes::{self, Groups};
use super::near;
use crate::packed::PackedSet;
use std::arch::aarch64::{
    uint64x2_t, vandq_u64, vbslq_u64, vdupq_n_u64, veorq_u64, vgetq_lane_u64, vld1q_u64, vorrq_u64,
    vst1q_u64,
};
use std::ops::Range;

/// As [`super::Kernel::distances`]: the loop of `lanes.rs`, which the compiler turns into vector counts here.
#[target_feature(enable = "neon")]
pub(super) fn distances(
    left: &PackedSet,
    rows: Range<usize>,
    right: &Groups,
    groups: Range<usize>,
    distances: &mut [u16],
) {
    lanes::distances(left, rows, right, groups, distances);
}

/// As [`super::Kernel::near_distances`].
#[target_feature(enable = "neon")]
pub(super) fn near_distances(
    one: &[u64],
    others: &[u64],
    records: &[u64; MAX_VECTOR_WORDS],
    limit: u32,
    distances: &mut Vec<(u16, u16)>,
) {
    near::distances(one, others, records, limit, distances);
}

/// As [`super::Kernel::distance`]: the compiler counts bytes and adds across.
#[target_feature(enable = "neon")]
pub(super) fn distance(one: &[u64], other: &[u64]) -> u32 {
    let differing = one.iter().zip(other).map(|(x, y)| (x ^ y).count_ones());
    differing.sum()
}

/// One hundred and twenty-eight records.
type Vector = uint64x2_t;

/// Two planes of the same weight: one, and its exclusive-or with the other.
type Pair = (Vector, Vector);

/// Words in a vector.
pub(super) const N: usize = 2;

#[target_feature(enable = "neon")]
#[inline]
fn zero() -> Vector {
    vdupq_n_u64(0)
}

#[target_feature(enable = "neon")]
#[inline]
fn ones() -> Vector {
    vdupq_n_u64(u64::MAX)
}

#[target_feature(enable = "neon")]
#[inline]
fn xor(x: Vector, y: Vector) -> Vector {
    veorq_u64(x, y)
}

#[target_feature(enable = "neon")]
#[inline]
fn and(x: Vector, y: Vector) -> Vector {
    vandq_u64(x, y)
}

#[target_feature(enable = "neon")]
#[inline]
fn or(x: Vector, y: Vector) -> Vector {
    vorrq_u64(x, y)
}

#[target_feature(enable = "neon")]
#[inline]
fn full(x: Vector) -> bool {
    vgetq_lane_u64::<0>(x) & vgetq_lane_u64::<1>(x) == u64::MAX
}

#[target_feature(enable = "neon")]
#[inline]
fn pair(x: Vector, y: Vector) -> Pair {
    (x, xor(x, y))
}

/// A full adder: adds a pair to `sum` and returns the carry, which is `sum` where the two differ and either of them elsewhere.
#[target_feature(enable = "neon")]
#[inline]
fn add(sum: &mut Vector, (x, differ): Pair) -> Vector {
    let carry = vbslq_u64(differ, *sum, x);
    *sum = xor(*sum, differ);
    carry
}

/// Two full adders: adds two pairs to `sum` and returns the carries as a pair.
#[target_feature(enable = "neon")]
#[inline]
fn add_two(sum: &mut Vector, x: Pair, y: Pair) -> Pair {
    let one = add(sum, x);
    let other = add(sum, y);
    pair(one, other)
}

#[target_feature(enable = "neon")]
#[inline]
fn load(words: &[u64]) -> Vector {
    let words = &words[..N];
    // SAFETY: `words` is the 128 bits that are read; the instruction needs no more alignment than a `u64` has.
    unsafe { vld1q_u64(words.as_ptr()) }
}

#[target_feature(enable = "neon")]
#[inline]
fn store(x: Vector, words: &mut [u64]) {
    let words = &mut words[..N];
    // SAFETY: `words` is the 128 bits that are written; the instruction needs no more alignment than a `u64` has.
    unsafe { vst1q_u64(words.as_mut_ptr(), x) }
}

/// Both planes of a case of six bits.
#[target_feature(enable = "neon")]
#[inline]
fn wide(table: &[u64], lookup: usize, offset: u16) -> (Vector, Vector) {
    debug_assert!(table.len() == WORD_VECTORS * N && lookup < WIDE);
    debug_assert!(usize::from(offset) / (N * 16) < WIDE_CASES);
    // SAFETY: the callers pass the table of a whole word and one of its ten wide look-ups, and `Cases` holds only offsets of one of
    // the 128 cases, all multiples of eight, so that both vectors lie inside `table`.
    unsafe {
        let start = table.as_ptr().add(lookup * WIDE_CASES * 2 * N);
        let place = start.byte_add(usize::from(offset));
        (vld1q_u64(place), vld1q_u64(place.add(N)))
    }
}

/// The plane of a case of two bits.
#[target_feature(enable = "neon")]
#[inline]
fn narrow(table: &[u64], lookup: usize, offset: u16) -> Vector {
    debug_assert!(table.len() == WORD_VECTORS * N && lookup < super::sliced::NARROW);
    debug_assert!(usize::from(offset) / (N * 8) < NARROW_CASES);
    // SAFETY: as for `wide`: one of the two narrow look-ups, and an offset of one of its eight cases.
    unsafe {
        let start = table
            .as_ptr()
            .add((WIDE * WIDE_CASES * 2 + lookup * NARROW_CASES) * N);
        vld1q_u64(start.byte_add(usize::from(offset)))
    }
}

super::sliced::sliced_kernel!(#[target_feature(enable = "neon")]);
