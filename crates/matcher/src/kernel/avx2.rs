//! 256-bit vectors: the sliced scan for 256 records at a time.

use super::lanes::{self, Groups};
use super::near;
use crate::packed::PackedSet;
use std::arch::x86_64::{
    __m256i, _mm256_and_si256, _mm256_andnot_si256, _mm256_loadu_si256, _mm256_or_si256,
    _mm256_set1_epi64x, _mm256_setzero_si256, _mm256_storeu_si256, _mm256_testc_si256,
    _mm256_xor_si256,
};
use std::ops::Range;

/// As [`super::Kernel::distances`]: the loop of `lanes.rs`, which the compiler turns into 256-bit instructions here.
#[target_feature(enable = "avx2,popcnt")]
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
#[target_feature(enable = "avx2,popcnt")]
pub(super) fn near_distances(
    one: &[u64],
    others: &[u64],
    records: &[u64; MAX_VECTOR_WORDS],
    limit: u32,
    distances: &mut Vec<(u16, u16)>,
) {
    near::distances(one, others, records, limit, distances);
}

/// As [`super::Kernel::distance`], with the population count of the processor.
#[target_feature(enable = "avx2,popcnt")]
pub(super) fn distance(one: &[u64], other: &[u64]) -> u32 {
    let differing = one.iter().zip(other).map(|(x, y)| (x ^ y).count_ones());
    differing.sum()
}

/// Two hundred and fifty-six records.
type Vector = __m256i;

/// Two planes of the same weight.
type Pair = (Vector, Vector);

/// Words in a vector.
pub(super) const N: usize = 4;

#[target_feature(enable = "avx2")]
#[inline]
fn zero() -> Vector {
    _mm256_setzero_si256()
}

#[target_feature(enable = "avx2")]
#[inline]
fn ones() -> Vector {
    _mm256_set1_epi64x(-1)
}

#[target_feature(enable = "avx2")]
#[inline]
fn xor(x: Vector, y: Vector) -> Vector {
    _mm256_xor_si256(x, y)
}

#[target_feature(enable = "avx2")]
#[inline]
fn and(x: Vector, y: Vector) -> Vector {
    _mm256_and_si256(x, y)
}

#[target_feature(enable = "avx2")]
#[inline]
fn or(x: Vector, y: Vector) -> Vector {
    _mm256_or_si256(x, y)
}

/// `y` without the bits of `x`.
#[target_feature(enable = "avx2")]
#[inline]
fn and_not(x: Vector, y: Vector) -> Vector {
    _mm256_andnot_si256(x, y)
}

#[target_feature(enable = "avx2")]
#[inline]
fn full(x: Vector) -> bool {
    _mm256_testc_si256(x, ones()) == 1
}

#[target_feature(enable = "avx2")]
#[inline]
fn load(words: &[u64]) -> Vector {
    let words = &words[..N];
    // SAFETY: `words` is the 256 bits that are read; the instruction needs no alignment.
    unsafe { _mm256_loadu_si256(words.as_ptr().cast()) }
}

#[target_feature(enable = "avx2")]
#[inline]
fn store(x: Vector, words: &mut [u64]) {
    let words = &mut words[..N];
    // SAFETY: `words` is the 256 bits that are written; the instruction needs no alignment.
    unsafe { _mm256_storeu_si256(words.as_mut_ptr().cast(), x) }
}

/// Both planes of a case of six bits.
#[target_feature(enable = "avx2")]
#[inline]
fn wide(table: &[u64], lookup: usize, offset: u16) -> (Vector, Vector) {
    debug_assert!(table.len() == WORD_VECTORS * N && lookup < WIDE);
    debug_assert!(usize::from(offset) / (N * 16) < WIDE_CASES);
    // SAFETY: the callers pass the table of a whole word and one of its ten wide look-ups, and `Cases` holds only offsets of one of
    // the 128 cases, so that both vectors lie inside `table`; the instruction needs no alignment.
    unsafe {
        let start = table.as_ptr().add(lookup * WIDE_CASES * 2 * N);
        let place: *const Vector = start.byte_add(usize::from(offset)).cast();
        (_mm256_loadu_si256(place), _mm256_loadu_si256(place.add(1)))
    }
}

/// The plane of a case of two bits.
#[target_feature(enable = "avx2")]
#[inline]
fn narrow(table: &[u64], lookup: usize, offset: u16) -> Vector {
    debug_assert!(table.len() == WORD_VECTORS * N && lookup < super::sliced::NARROW);
    debug_assert!(usize::from(offset) / (N * 8) < NARROW_CASES);
    // SAFETY: as for `wide`: one of the two narrow look-ups, and an offset of one of its eight cases.
    unsafe {
        let start = table
            .as_ptr()
            .add((WIDE * WIDE_CASES * 2 + lookup * NARROW_CASES) * N);
        _mm256_loadu_si256(start.byte_add(usize::from(offset)).cast())
    }
}

super::sliced::adders_of_two_inputs!(#[target_feature(enable = "avx2")]);
super::sliced::sliced_kernel!(#[target_feature(enable = "avx2")]);
