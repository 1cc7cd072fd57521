//! 512-bit vectors with a population count: the loop of `lanes.rs` written out, because the compiler, left alone, vectorises along
//! the words of one record and gathers.

use super::lanes::{Groups, LANES};
use crate::packed::PackedSet;
use std::arch::x86_64::{
    __m512i, _mm_storeu_si128, _mm512_add_epi64, _mm512_cvtepi64_epi16, _mm512_popcnt_epi64,
    _mm512_set_epi64, _mm512_set1_epi64, _mm512_setzero_si512, _mm512_xor_si512,
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
            store(sum, &mut line[position * LANES..]);
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
fn store(counts: __m512i, line: &mut [u16]) {
    let place = &mut line[..LANES];
    // SAFETY: `place` is eight `u16`, which is the 128 bits that are written; the instruction needs no alignment.
    unsafe { _mm_storeu_si128(place.as_mut_ptr().cast(), _mm512_cvtepi64_epi16(counts)) }
}
