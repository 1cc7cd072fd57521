//! The scan that does nearly all of the work: one left row against as many right records as a vector has bits.
//!
//! **Lanes are bits.** The right records of a block are turned on their side: plane `j` holds bit `j` of every record, one record a
//! bit. The distances of a left row to all of them are then a sum of planes, kept as a binary number that is sliced across planes
//! too: plane `k` of the sum is the bit of weight `2^k` of every record's distance. Adding costs logic operations only, no shuffle
//! and no population count, and each one serves 256 pairs with AVX2.
//!
//! **Most of the adding is done beforehand.** A left row is constant over a block, so it only selects what to add. For six bits and
//! the parity of all bits before them there are 128 cases; a table of the block holds, for each, the two planes of
//! `floor((parity + differing bits) / 2)`. A word of 64 bits is ten such look-ups of six bits and two of two bits. What the tables
//! leave over, the running parity, is the lowest bit of the distance and is never needed: see [`Threshold`]. This is the parity chain
//! of carry-save adders, with six bits a step in place of two.
//!
//! **The rest is a tree of full adders**, two of them at a time, with pairs of planes as inputs and outputs. What a pair holds is
//! up to the instruction set: with operations of two inputs, a plane and its exclusive-or with the other, which takes eight operations
//! for two adders (the MDFA block of Demenkov, Kojevnikov, Kulikov and Yaroslavtsev, "New upper bounds on the Boolean circuit
//! complexity of symmetric functions", Information Processing Letters 110, 2010); where there is an operation of three inputs, the
//! planes themselves.
//!
//! **The threshold is built in.** The sum does not start from nothing but so that its highest bit is set exactly when the distance
//! is above the limit. That plane is all that leaves the scan, and nothing is written for a row without a near record.
//!
//! The text of the algorithm is here once; each file of an instruction set names its vector and the operations on it, and calls the
//! macro.

use rayon::prelude::*;
use std::ops::Range;

/// Look-ups of six bits in a word.
pub(crate) const WIDE: usize = 10;

/// Look-ups of two bits in a word.
pub(crate) const NARROW: usize = 2;

/// Look-ups in a word: `10 * 6 + 2 * 2` is 64 bits.
pub(crate) const LOOKUPS: usize = WIDE + NARROW;

/// What a row selects in the tables of one word: the byte offset of each look-up's case in its part of the table, four offsets of 16 bits
/// to a word, the first lowest. One load brings four of them; the tables keep the processor's load units busy.
pub(crate) type Offsets = [u64; LOOKUPS.div_ceil(4)];

/// Cases of a look-up of six bits: those bits and the parity before them.
pub(crate) const WIDE_CASES: usize = 128;

/// Cases of a look-up of two bits.
pub(crate) const NARROW_CASES: usize = 8;

/// Vectors in the table of one word: two planes for each wide case, one for each narrow case.
pub(crate) const WORD_VECTORS: usize = WIDE * WIDE_CASES * 2 + NARROW * NARROW_CASES;

/// Words whose tables are in use at a time. Two words take 161 KiB with AVX2 and fit the second-level cache with the rows' sums.
pub(crate) const PHASE_WORDS: usize = 2;

/// The most words of 64 bits in any vector.
pub(crate) const MAX_VECTOR_WORDS: usize = 8;

/// Planes of a sum that a scan works on: weights 2 to 64. What they run over, one plane a phase, is added up at the end.
pub(crate) const LOW_PLANES: usize = 6;

/// Where the sums of a run of rows start: a limit on the distance as the planes of a number.
///
/// With `d = parity + 2 c`, the scan sums `c`. A distance above the limit `t` has `c > t / 2` (rounded down) when `t` is odd; an even
/// limit is raised by one, which lets a few pairs through that the check of each survivor then refuses. The sum starts from
/// `2^top - 1 - t / 2`, so that bit `top` is set exactly when `c` is above `t / 2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Threshold {
    /// Bit `k` of the number that the sum starts from.
    pub(crate) start: u32,
    /// Number of the plane that says "too far".
    pub(crate) top: usize,
}

impl Threshold {
    /// For sums over `words` words. `None` when no distance can be above the limit, so that there is nothing to scan.
    pub(crate) fn new(words: usize, limit: u32) -> Option<Self> {
        let top = top_plane(words);
        ((limit as usize) < words * 64).then(|| Self {
            start: (1 << top) - 1 - limit / 2,
            top,
        })
    }
}

/// The number of the highest plane: `32 words` halves of a distance and a start below `2^top` never reach `2^(top + 1)`.
fn top_plane(words: usize) -> usize {
    LOW_PLANES
        + words
            .div_ceil(PHASE_WORDS)
            .next_power_of_two()
            .trailing_zeros() as usize
}

/// Right records of a block that are near enough to a row, or cannot be told to be too far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Near {
    /// Number of the row among those scanned.
    pub(crate) row: u32,
    /// Bit `i % 64` of word `i / 64` is set for record `i` of the block. Bits beyond the vector are zero.
    pub(crate) records: [u64; MAX_VECTOR_WORDS],
}

/// Which case of each look-up a row selects, in each word of a phase.
///
/// A case is kept as its byte offset in the look-up's part of the table. Only [`CaseTable`] makes them, which is what makes reading
/// a table without a check of bounds sound.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cases<'a> {
    /// Words in a vector that the offsets are for.
    vector_words: usize,
    /// One entry for each word of each row.
    offsets: &'a [Offsets],
}

impl<'a> Cases<'a> {
    /// The offsets, for vectors of `vector_words` words: those of a wide look-up are below `128 * 16 * vector_words`, those of a
    /// narrow one below `8 * 8 * vector_words`, all multiples of `8 * vector_words`.
    pub(super) fn offsets(self, vector_words: usize) -> &'a [Offsets] {
        assert_eq!(self.vector_words, vector_words, "cases for another kernel");
        self.offsets
    }
}

/// The cases of many rows, phase after phase.
#[derive(Debug)]
pub(crate) struct CaseTable {
    vector_words: usize,
    /// Words in a row.
    words: usize,
    rows: usize,
    offsets: Vec<Offsets>,
}

impl CaseTable {
    /// Looks up the cases of rows of `words` words each.
    pub(crate) fn new(vector_words: usize, words: usize, rows: &[u64]) -> Self {
        assert!(vector_words <= MAX_VECTOR_WORDS);
        let count = rows.len() / words;
        let mut offsets = vec![Offsets::default(); rows.len()];
        // The phases lie one after another. Side by side: nothing else runs meanwhile.
        let phases = offsets.par_chunks_mut((count * PHASE_WORDS).max(1));
        phases.enumerate().for_each(|(phase, offsets)| {
            let first = phase * PHASE_WORDS;
            let width = PHASE_WORDS.min(words - first);
            for (bits, places) in rows
                .chunks_exact(words)
                .zip(offsets.chunks_exact_mut(width))
            {
                let before = bits[..first].iter().fold(0, |all, word| all ^ word);
                let mut parity = u64::from(before.count_ones() & 1);
                for (bits, offsets) in bits[first..].iter().zip(places) {
                    let mut rest = *bits;
                    for lookup in 0..LOOKUPS {
                        let (bits, case_bytes) = if lookup < WIDE { (6, 16) } else { (2, 8) };
                        let taken = rest & ((1 << bits) - 1);
                        rest >>= bits;
                        let offset = (parity | taken << 1) * case_bytes * vector_words as u64;
                        offsets[lookup / 4] |= offset << (lookup % 4 * 16);
                        parity ^= u64::from(taken.count_ones() & 1);
                    }
                }
            }
        });
        Self {
            vector_words,
            words,
            rows: count,
            offsets,
        }
    }

    /// The cases of some rows in the phase that starts at word `word`.
    pub(crate) fn part(&self, word: usize, rows: Range<usize>) -> Cases<'_> {
        let width = PHASE_WORDS.min(self.words - word);
        let start = word * self.rows;
        Cases {
            vector_words: self.vector_words,
            offsets: &self.offsets[start + rows.start * width..start + rows.end * width],
        }
    }
}

/// One part of a scan: some rows against the tables of one or two words.
#[derive(Debug)]
pub(crate) struct Phase<'a> {
    /// The table of each word, one after another.
    pub(crate) tables: &'a [u64],
    /// The cases of each row.
    pub(crate) cases: Cases<'a>,
    /// Where sums start.
    pub(crate) threshold: Threshold,
    /// Whether this is the first part: sums start afresh.
    pub(crate) first: bool,
    /// Whether this is the last part: sums are not kept.
    pub(crate) last: bool,
}

/// The number of phases of a scan over `words` words.
pub(crate) fn phases(words: usize) -> usize {
    words.div_ceil(PHASE_WORDS)
}

/// Makes `tabulate` and `scan` for the `Vector` of the calling file, compiled with the attributes given.
macro_rules! sliced_kernel {
    ($(#[$attribute:meta])*) => {
        use super::sliced::{
            LOW_PLANES, MAX_VECTOR_WORDS, NARROW_CASES, Near, Offsets, Phase, Threshold, WIDE, WIDE_CASES, WORD_VECTORS,
        };

        /// Makes the table of one word from its 64 planes. `parity` is that of all planes before, and then of these too.
        $(#[$attribute])*
        pub(super) fn tabulate(planes: &[u64], parity: &mut [u64], table: &mut [u64]) {
            assert_eq!(planes.len(), 64 * N);
            assert_eq!(table.len(), WORD_VECTORS * N);
            let mut before = load(parity);
            let (wide_part, narrow_part) = table.split_at_mut(WIDE * WIDE_CASES * 2 * N);
            for (cases, planes) in wide_part.chunks_exact_mut(WIDE_CASES * 2 * N).zip(planes.chunks_exact(6 * N)) {
                let (one, other) = planes.split_at(3 * N);
                let one: [Vector; 3] = [load(one), load(&one[N..]), load(&one[2 * N..])];
                let other: [Vector; 3] = [load(other), load(&other[N..]), load(&other[2 * N..])];
                // The parity and the first three bits, then the other three: their sums are added for each case.
                let starts = sums_of_three(before, one);
                let ends = sums_of_three(zero(), other);
                let mut place = 0;
                for end in 0..8 {
                    let (low, middle) = (ends[2 * end].0, ends[2 * end].1);
                    for start in &starts {
                        let carry = and(start.0, low);
                        let differ = xor(start.1, middle);
                        let high = or(start.2, or(and(start.1, middle), and(carry, differ)));
                        store(xor(differ, carry), &mut cases[place..]);
                        store(high, &mut cases[place + N..]);
                        place += 2 * N;
                    }
                }
                for plane in one.iter().chain(&other) {
                    before = xor(before, *plane);
                }
            }
            let planes = &planes[WIDE * 6 * N..];
            for (cases, planes) in narrow_part.chunks_exact_mut(NARROW_CASES * N).zip(planes.chunks_exact(2 * N)) {
                let (one, other) = (load(planes), load(&planes[N..]));
                for (case, place) in cases.chunks_exact_mut(N).enumerate() {
                    let opposite = |plane: Vector, bit: usize| xor(plane, if case >> bit & 1 == 1 { ones() } else { zero() });
                    let (x, y, z) = (opposite(before, 0), opposite(one, 1), opposite(other, 2));
                    store(or(and(x, y), and(z, or(x, y))), place);
                }
                before = xor(before, xor(one, other));
            }
            store(before, parity);
        }

        /// For each of 16 cases, the planes of what a parity and three bits add up to: case bit 0 turns the parity over, 1 to 3 the bits.
        $(#[$attribute])*
        #[inline]
        fn sums_of_three(parity: Vector, bits: [Vector; 3]) -> [(Vector, Vector, Vector); 16] {
            let mut sums = [(parity, zero(), zero()); 16];
            sums[1].0 = xor(parity, ones());
            let mut cases = 2;
            for plane in bits {
                let opposite = xor(plane, ones());
                for case in 0..cases {
                    let (low, middle, high) = sums[case];
                    let carry = and(low, plane);
                    sums[case] = (xor(low, plane), xor(middle, carry), or(high, and(middle, carry)));
                    let carry = and(low, opposite);
                    sums[cases + case] = (xor(low, opposite), xor(middle, carry), or(high, and(middle, carry)));
                }
                cases *= 2;
            }
            sums
        }

        /// Scans rows against tables: see [`Phase`]. `sums` holds the low planes of each row between phases; `carries` takes one plane a
        /// row, what the sums run over in this phase.
        $(#[$attribute])*
        pub(super) fn scan(phase: &Phase, sums: &mut [u64], carries: &mut [u64]) {
            match (phase.tables.len() / (WORD_VECTORS * N), phase.first, phase.last) {
                (1, true, true) => rows::<1, true, true>(phase, sums, carries),
                (1, true, false) => rows::<1, true, false>(phase, sums, carries),
                (1, false, true) => rows::<1, false, true>(phase, sums, carries),
                (1, false, false) => rows::<1, false, false>(phase, sums, carries),
                (_, true, true) => rows::<2, true, true>(phase, sums, carries),
                (_, true, false) => rows::<2, true, false>(phase, sums, carries),
                (_, false, true) => rows::<2, false, true>(phase, sums, carries),
                (_, false, false) => rows::<2, false, false>(phase, sums, carries),
            }
        }

        $(#[$attribute])*
        fn rows<const WORDS: usize, const FIRST: bool, const LAST: bool>(
            phase: &Phase,
            sums: &mut [u64],
            carries: &mut [u64],
        ) {
            assert_eq!(phase.tables.len(), WORDS * WORD_VECTORS * N);
            let (one, two) = phase.tables.split_at(WORD_VECTORS * N);
            let mut start = [zero(); LOW_PLANES];
            for (plane, start) in start.iter_mut().enumerate() {
                if phase.threshold.start >> plane & 1 == 1 {
                    *start = ones();
                }
            }
            let rows = phase.cases.offsets(N).chunks_exact(WORDS);
            let mut kept = sums.chunks_exact_mut(LOW_PLANES * N);
            for (cases, carried) in rows.zip(carries.chunks_exact_mut(N)) {
                let mut sum = start;
                let mut place: &mut [u64] = &mut [];
                if !(FIRST && LAST) {
                    place = kept.next().expect("sums of every row");
                }
                if !FIRST {
                    for (sum, words) in sum.iter_mut().zip(place.chunks_exact(N)) {
                        *sum = load(words);
                    }
                }
                let carry = word(one, &cases[0], &mut sum);
                let other = if WORDS == 2 { word(two, &cases[1], &mut sum) } else { zero() };
                store(add(&mut sum[5], pair(carry, other)), carried);
                if !LAST {
                    for (sum, words) in sum.iter().zip(place.chunks_exact_mut(N)) {
                        store(*sum, words);
                    }
                }
            }
        }

        /// Adds up the carries of all phases, `carries[phase * stride + row * N..]`, and names the rows with a near record, counted from `first`.
        $(#[$attribute])*
        pub(super) fn settle(threshold: Threshold, carries: &[u64], stride: usize, rows: Range<usize>, first: usize, near: &mut Vec<Near>) {
            match threshold.top - LOW_PLANES {
                0 => settle_in::<0>(threshold, carries, stride, rows, first, near),
                1 => settle_in::<1>(threshold, carries, stride, rows, first, near),
                2 => settle_in::<2>(threshold, carries, stride, rows, first, near),
                3 => settle_in::<3>(threshold, carries, stride, rows, first, near),
                4 => settle_in::<4>(threshold, carries, stride, rows, first, near),
                5 => settle_in::<5>(threshold, carries, stride, rows, first, near),
                _ => settle_in::<9>(threshold, carries, stride, rows, first, near),
            }
        }

        $(#[$attribute])*
        fn settle_in<const PLANES: usize>(
            threshold: Threshold,
            carries: &[u64],
            stride: usize,
            rows: Range<usize>,
            first: usize,
            near: &mut Vec<Near>,
        ) {
            // With fewer planes than there is room for, the highest ones are set from the start and pass on what reaches them.
            let start = threshold.start >> LOW_PLANES | u32::MAX << (threshold.top - LOW_PLANES);
            let mut starts = [zero(); PLANES];
            for (plane, place) in starts.iter_mut().enumerate() {
                if start >> plane & 1 == 1 {
                    *place = ones();
                }
            }
            for row in rows {
                let mut sum = starts;
                let mut out = zero();
                for carries in carries.chunks_exact(stride) {
                    let mut carry = load(&carries[row * N..]);
                    for plane in &mut sum {
                        let over = and(*plane, carry);
                        *plane = xor(*plane, carry);
                        carry = over;
                    }
                    // Once too far, always too far.
                    out = or(out, carry);
                }
                if !full(out) {
                    let mut records = [0; MAX_VECTOR_WORDS];
                    store(xor(out, ones()), &mut records[..N]);
                    near.push(Near { row: (first + row) as u32, records });
                }
            }
        }

        /// Adds what one word contributes to the planes of weight 2 to 32; the carry has weight 64.
        $(#[$attribute])*
        #[inline]
        fn word(table: &[u64], cases: &Offsets, sum: &mut [Vector; LOW_PLANES]) -> Vector {
            let table = &table[..WORD_VECTORS * N];
            let case = |lookup: usize| (cases[lookup / 4] >> (lookup % 4 * 16)) as u16;
            let (a0, b0) = wide(table, 0, case(0));
            let (a1, b1) = wide(table, 1, case(1));
            let (a2, b2) = wide(table, 2, case(2));
            let (a3, b3) = wide(table, 3, case(3));
            let c0 = add_two(&mut sum[0], pair(a0, a1), pair(a2, a3));
            let d0 = add_two(&mut sum[1], pair(b0, b1), c0);
            let (a4, b4) = wide(table, 4, case(4));
            let (a5, b5) = wide(table, 5, case(5));
            let (a6, b6) = wide(table, 6, case(6));
            let (a7, b7) = wide(table, 7, case(7));
            let c1 = add_two(&mut sum[0], pair(a4, a5), pair(a6, a7));
            let d1 = add_two(&mut sum[1], pair(b2, b3), c1);
            let e0 = add_two(&mut sum[2], d0, d1);
            let (a8, b8) = wide(table, 8, case(8));
            let (a9, b9) = wide(table, 9, case(9));
            let n0 = narrow(table, 0, case(WIDE));
            let n1 = narrow(table, 1, case(WIDE + 1));
            let c2 = add_two(&mut sum[0], pair(a8, a9), pair(n0, n1));
            let d2 = add_two(&mut sum[1], pair(b4, b5), c2);
            let d3 = add_two(&mut sum[1], pair(b6, b7), pair(b8, b9));
            let e1 = add_two(&mut sum[2], d2, d3);
            let f = add_two(&mut sum[3], e0, e1);
            add(&mut sum[4], f)
        }

        const _: () = assert!(NARROW_CASES == 8 && N <= MAX_VECTOR_WORDS);
    };
}

/// Makes the adders from operations of two inputs. A [`Pair`](sliced_kernel) is a plane and its exclusive-or with the other.
macro_rules! adders_of_two_inputs {
    ($(#[$attribute:meta])*) => {
        $(#[$attribute])*
        #[inline]
        fn pair(x: Vector, y: Vector) -> Pair {
            (x, xor(x, y))
        }

        /// A full adder: adds a pair to `sum` and returns the carry.
        $(#[$attribute])*
        #[inline]
        fn add(sum: &mut Vector, (x, differ): Pair) -> Vector {
            let carry = xor(x, and(differ, xor(*sum, x)));
            *sum = xor(*sum, differ);
            carry
        }

        /// Two full adders: adds two pairs to `sum` and returns the carries as a pair.
        $(#[$attribute])*
        #[inline]
        fn add_two(sum: &mut Vector, (x, x_differ): Pair, (y, y_differ): Pair) -> Pair {
            let first = or(x_differ, xor(*sum, x));
            let between = xor(*sum, x_differ);
            let second = and_not(y_differ, xor(between, y));
            *sum = xor(between, y_differ);
            (xor(between, first), xor(first, second))
        }
    };
}

pub(super) use {adders_of_two_inputs, sliced_kernel};
