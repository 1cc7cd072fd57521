//! 512-bit vectors: the sliced scan for 512 records at a time, and distances with a population count.
//!
//! The loop of `lanes.rs` is written out here, because the compiler, left alone, vectorises along the words of one record and gathers.

use super::lanes::{Groups, LANES};
use super::near;
use crate::packed::PackedSet;
use std::arch::x86_64::{
    __m512i, _mm_storeu_si128, _mm512_add_epi64, _mm512_and_si512, _mm512_cmpeq_epi64_mask,
    _mm512_cvtepi64_epi16, _mm512_loadu_si512, _mm512_or_si512, _mm512_popcnt_epi64,
    _mm512_reduce_add_epi64, _mm512_set_epi64, _mm512_set1_epi64, _mm512_setzero_si512,
    _mm512_storeu_si512, _mm512_ternarylogic_epi32, _mm512_xor_si512,
};
use std::ops::Range;

/// Left rows that share one pass over a group: eight sums, one word and its partner stay in registers.
const ROWS: usize = 8;

/// As [`super::Kernel::distances`].
#[target_feature(enable = "avx512f,avx512vpopcntdq")]
pub(super) fn distances(
    left: &PackedSet,
    mut rows: Range<usize>,
    right: &Groups,
    groups: Range<usize>,
    mut distances: &mut [u16],
) {
    let stride = groups.len() * LANES;
    while rows.len() >= ROWS {
        let (block, rest) = distances.split_at_mut(ROWS * stride);
        some_rows::<ROWS>(left, rows.start, right, groups.clone(), block);
        rows.start += ROWS;
        distances = rest;
    }
    for (row, line) in rows.zip(distances.chunks_exact_mut(stride.max(1))) {
        some_rows::<1>(left, row, right, groups.clone(), line);
    }
}

#[target_feature(enable = "avx512f,avx512vpopcntdq")]
fn some_rows<const R: usize>(
    left: &PackedSet,
    first: usize,
    right: &Groups,
    groups: Range<usize>,
    distances: &mut [u16],
) {
    let stride = groups.len() * LANES;
    let rows: [&[u64]; R] = std::array::from_fn(|offset| left.row(first + offset));
    for (position, group) in groups.enumerate() {
        let sums = sums(rows, right.group(group));
        for (line, sum) in distances.chunks_exact_mut(stride).zip(sums) {
            store_counts(sum, &mut line[position * LANES..]);
        }
    }
}

/// Differing bits of `R` rows against the eight records of a group, a record in each lane.
#[target_feature(enable = "avx512f,avx512vpopcntdq")]
fn sums<const R: usize>(rows: [&[u64]; R], columns: &[[u64; LANES]]) -> [__m512i; R] {
    // Cut to one length, so that the compiler sees that no index can be out of bounds.
    let rows = rows.map(|row| &row[..columns.len()]);
    let mut sums = [_mm512_setzero_si512(); R];
    for (index, column) in columns.iter().enumerate() {
        let [a, b, c, d, e, f, g, h] = column.map(u64::cast_signed);
        // Eight neighbours in memory: this is one load.
        let others = _mm512_set_epi64(h, g, f, e, d, c, b, a);
        for (sum, row) in sums.iter_mut().zip(rows) {
            let word = _mm512_set1_epi64(row[index].cast_signed());
            let differing = _mm512_popcnt_epi64(_mm512_xor_si512(word, others));
            *sum = _mm512_add_epi64(*sum, differing);
        }
    }
    sums
}

/// Writes eight counts; each fits 16 bits because a filter has at most [`crate::MAX_BITS`] bits.
#[target_feature(enable = "avx512f,avx512vpopcntdq")]
fn store_counts(counts: __m512i, line: &mut [u16]) {
    let place = &mut line[..LANES];
    // SAFETY: `place` is eight `u16`, which is the 128 bits that are written; the instruction needs no alignment.
    unsafe { _mm_storeu_si128(place.as_mut_ptr().cast(), _mm512_cvtepi64_epi16(counts)) }
}

/// As [`super::Kernel::near_distances`].
#[target_feature(enable = "avx512f,avx512vpopcntdq")]
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
#[target_feature(enable = "avx512f,avx512vpopcntdq")]
pub(super) fn distance(one: &[u64], other: &[u64]) -> u32 {
    let (some, rest) = one.as_chunks::<N>();
    let (others, other_rest) = other.as_chunks::<N>();
    let mut sum = zero();
    for (x, y) in some.iter().zip(others) {
        sum = _mm512_add_epi64(sum, _mm512_popcnt_epi64(xor(load(x), load(y))));
    }
    let tail: u32 = rest
        .iter()
        .zip(other_rest)
        .map(|(x, y)| (x ^ y).count_ones())
        .sum();
    _mm512_reduce_add_epi64(sum) as u32 + tail
}

/// Five hundred and twelve records.
type Vector = __m512i;

/// Two planes of the same weight, as they are: a full adder is two operations of three inputs.
type Pair = (Vector, Vector);

/// Words in a vector.
pub(super) const N: usize = 8;

#[target_feature(enable = "avx512f")]
#[inline]
fn zero() -> Vector {
    _mm512_setzero_si512()
}

#[target_feature(enable = "avx512f")]
#[inline]
fn ones() -> Vector {
    _mm512_set1_epi64(-1)
}

#[target_feature(enable = "avx512f")]
#[inline]
fn xor(x: Vector, y: Vector) -> Vector {
    _mm512_xor_si512(x, y)
}

#[target_feature(enable = "avx512f")]
#[inline]
fn and(x: Vector, y: Vector) -> Vector {
    _mm512_and_si512(x, y)
}

#[target_feature(enable = "avx512f")]
#[inline]
fn or(x: Vector, y: Vector) -> Vector {
    _mm512_or_si512(x, y)
}

#[target_feature(enable = "avx512f")]
#[inline]
fn full(x: Vector) -> bool {
    _mm512_cmpeq_epi64_mask(x, ones()) == 0xff
}

#[target_feature(enable = "avx512f")]
#[inline]
fn pair(x: Vector, y: Vector) -> Pair {
    (x, y)
}

/// A full adder: adds a pair to `sum` and returns the carry. 0x96 is the truth table of the exclusive-or of three, 0xe8 of the majority. Lanes
/// do not matter to it; those of 32 bits are what the interpreter that checks this file knows.
#[target_feature(enable = "avx512f")]
#[inline]
fn add(sum: &mut Vector, (x, y): Pair) -> Vector {
    let carry = _mm512_ternarylogic_epi32::<0xe8>(*sum, x, y);
    *sum = _mm512_ternarylogic_epi32::<0x96>(*sum, x, y);
    carry
}

/// Two full adders: adds two pairs to `sum` and returns the carries as a pair.
#[target_feature(enable = "avx512f")]
#[inline]
fn add_two(sum: &mut Vector, x: Pair, y: Pair) -> Pair {
    (add(sum, x), add(sum, y))
}

#[target_feature(enable = "avx512f")]
#[inline]
fn load(words: &[u64]) -> Vector {
    let words = &words[..N];
    // SAFETY: `words` is the 512 bits that are read; the instruction needs no alignment.
    unsafe { _mm512_loadu_si512(words.as_ptr().cast()) }
}

#[target_feature(enable = "avx512f")]
#[inline]
fn store(x: Vector, words: &mut [u64]) {
    let words = &mut words[..N];
    // SAFETY: `words` is the 512 bits that are written; the instruction needs no alignment.
    unsafe { _mm512_storeu_si512(words.as_mut_ptr().cast(), x) }
}

/// Both planes of a case of six bits.
#[target_feature(enable = "avx512f")]
#[inline]
fn wide(table: &[u64], lookup: usize, offset: u16) -> (Vector, Vector) {
    debug_assert!(table.len() == WORD_VECTORS * N && lookup < WIDE);
    debug_assert!(usize::from(offset) / (N * 16) < WIDE_CASES);
    // SAFETY: the callers pass the table of a whole word and one of its ten wide look-ups, and `Cases` holds only offsets of one of
    // the 128 cases, so that both vectors lie inside `table`; the instruction needs no alignment.
    unsafe {
        let start = table.as_ptr().add(lookup * WIDE_CASES * 2 * N);
        let place: *const Vector = start.byte_add(usize::from(offset)).cast();
        (_mm512_loadu_si512(place), _mm512_loadu_si512(place.add(1)))
    }
}

/// The plane of a case of two bits.
#[target_feature(enable = "avx512f")]
#[inline]
fn narrow(table: &[u64], lookup: usize, offset: u16) -> Vector {
    debug_assert!(table.len() == WORD_VECTORS * N && lookup < super::sliced::NARROW);
    debug_assert!(usize::from(offset) / (N * 8) < NARROW_CASES);
    // SAFETY: as for `wide`: one of the two narrow look-ups, and an offset of one of its eight cases.
    unsafe {
        let start = table
            .as_ptr()
            .add((WIDE * WIDE_CASES * 2 + lookup * NARROW_CASES) * N);
        _mm512_loadu_si512(start.byte_add(usize::from(offset)).cast())
    }
}

super::sliced::sliced_kernel!(#[target_feature(enable = "avx512f")]);
