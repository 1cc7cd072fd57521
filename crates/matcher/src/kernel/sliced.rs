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

use std::ops::Range;

/// Look-ups of six bits in a word.
pub(crate) const WIDE: usize = 10;

/// Look-ups of two bits in a word.
pub(crate) const NARROW: usize = 2;

/// Look-ups in a word: `10 * 6 + 2 * 2` is 64 bits.
pub(crate) const LOOKUPS: usize = WIDE + NARROW;

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

/// Planes of the sum that are always in registers: weights 2 to 64.
pub(crate) const LOW_PLANES: usize = 6;

/// The most planes above those: enough for [`crate::MAX_BITS`].
pub(crate) const HIGH_PLANES: usize = 10;

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
pub(crate) fn top_plane(words: usize) -> usize {
    5 + words.next_power_of_two().trailing_zeros() as usize
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
    offsets: &'a [[u16; LOOKUPS]],
}

impl<'a> Cases<'a> {
    /// The offsets, for vectors of `vector_words` words: those of a wide look-up are below `128 * 16 * vector_words`, those of a
    /// narrow one below `8 * 8 * vector_words`, all multiples of `8 * vector_words`.
    pub(super) fn offsets(self, vector_words: usize) -> &'a [[u16; LOOKUPS]] {
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
    offsets: Vec<[u16; LOOKUPS]>,
}

impl CaseTable {
    /// Looks up the cases of rows of `words` words each.
    pub(crate) fn new(vector_words: usize, words: usize, rows: &[u64]) -> Self {
        assert!(vector_words <= MAX_VECTOR_WORDS);
        let count = rows.len() / words;
        let mut offsets = vec![[0; LOOKUPS]; rows.len()];
        for (row, bits) in rows.chunks_exact(words).enumerate() {
            let mut parity = 0;
            for (word, bits) in bits.iter().enumerate() {
                let phase = word / PHASE_WORDS * PHASE_WORDS;
                let width = PHASE_WORDS.min(words - phase);
                let place = phase * count + row * width + word % PHASE_WORDS;
                let mut rest = *bits;
                for (lookup, offset) in offsets[place].iter_mut().enumerate() {
                    let (bits, case_bytes) = if lookup < WIDE { (6, 16) } else { (2, 8) };
                    let taken = rest & ((1 << bits) - 1);
                    rest >>= bits;
                    *offset = (parity | taken << 1) as u16 * case_bytes * vector_words as u16;
                    parity ^= u64::from(taken.count_ones() & 1);
                }
            }
        }
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
    /// Whether this is the last part: near records are named, sums are not kept.
    pub(crate) last: bool,
    /// Number of the first row, for [`Near::row`].
    pub(crate) row: u32,
}

/// Makes `tabulate` and `scan` for the `Vector` of the calling file, compiled with the attributes given.
macro_rules! sliced_kernel {
    ($(#[$attribute:meta])*) => {
        use super::sliced::{
            HIGH_PLANES, LOOKUPS, LOW_PLANES, MAX_VECTOR_WORDS, NARROW_CASES, Near, Phase, WIDE, WIDE_CASES, WORD_VECTORS,
        };

        /// Makes the table of one word from its 64 planes. `parity` is that of all planes before, and then of these too.
        $(#[$attribute])*
        pub(super) fn tabulate(planes: &[u64], parity: &mut [u64], table: &mut [u64]) {
            assert_eq!(planes.len(), 64 * N);
            assert_eq!(table.len(), WORD_VECTORS * N);
            let mut before = load(parity);
            let mut place = 0;
            for lookup in 0..LOOKUPS {
                let bits = if lookup < WIDE { 6 } else { 2 };
                let first = if lookup < WIDE { lookup * 6 } else { WIDE * 6 + (lookup - WIDE) * 2 };
                // Of each case: the lowest bit of its count, and the two above.
                let mut counts = [(zero(), zero(), zero()); WIDE_CASES];
                counts[0].0 = before;
                counts[1].0 = xor(before, ones());
                let mut cases = 2;
                for bit in first..first + bits {
                    let plane = load(&planes[bit * N..]);
                    let opposite = xor(plane, ones());
                    for case in 0..cases {
                        let (low, middle, high) = counts[case];
                        let carry = and(low, plane);
                        counts[case] = (xor(low, plane), xor(middle, carry), or(high, and(middle, carry)));
                        let carry = and(low, opposite);
                        counts[cases + case] = (xor(low, opposite), xor(middle, carry), or(high, and(middle, carry)));
                    }
                    cases *= 2;
                    before = xor(before, plane);
                }
                for (_, middle, high) in &counts[..cases] {
                    store(*middle, &mut table[place..]);
                    place += N;
                    if lookup < WIDE {
                        store(*high, &mut table[place..]);
                        place += N;
                    }
                }
            }
            store(before, parity);
        }

        /// Scans rows against tables: see [`Phase`]. `sums` holds `top + 1` planes a row between phases.
        $(#[$attribute])*
        pub(super) fn scan(phase: &Phase, sums: &mut [u64], near: &mut Vec<Near>) {
            match (phase.tables.len() / (WORD_VECTORS * N), phase.first, phase.last) {
                (1, true, true) => rows::<1, true, true>(phase, sums, near),
                (1, true, false) => rows::<1, true, false>(phase, sums, near),
                (1, false, true) => rows::<1, false, true>(phase, sums, near),
                (1, false, false) => rows::<1, false, false>(phase, sums, near),
                (_, true, true) => rows::<2, true, true>(phase, sums, near),
                (_, true, false) => rows::<2, true, false>(phase, sums, near),
                (_, false, true) => rows::<2, false, true>(phase, sums, near),
                (_, false, false) => rows::<2, false, false>(phase, sums, near),
            }
        }

        $(#[$attribute])*
        fn rows<const WORDS: usize, const FIRST: bool, const LAST: bool>(
            phase: &Phase,
            sums: &mut [u64],
            near: &mut Vec<Near>,
        ) {
            let top = phase.threshold.top;
            assert!(top < LOW_PLANES + HIGH_PLANES && (top >= LOW_PLANES || WORDS == 1));
            assert_eq!(phase.tables.len(), WORDS * WORD_VECTORS * N);
            let (one, two) = phase.tables.split_at(WORD_VECTORS * N);
            let highest = top - LOW_PLANES.min(top);
            let bit = |plane: usize| phase.threshold.start >> plane & 1 == 1;
            let mut start_low = [zero(); LOW_PLANES];
            let mut start_high = [zero(); HIGH_PLANES];
            for plane in 0..top {
                if bit(plane) {
                    if plane < LOW_PLANES { start_low[plane] = ones() } else { start_high[plane - LOW_PLANES] = ones() }
                }
            }
            let stride = (top + 1) * N;
            let mut low = start_low;
            let mut high = start_high;
            for (row, cases) in phase.cases.offsets(N).chunks_exact(WORDS).enumerate() {
                if FIRST {
                    low = start_low;
                    high[..=highest].copy_from_slice(&start_high[..=highest]);
                } else {
                    let kept = &sums[row * stride..][..stride];
                    for plane in 0..LOW_PLANES {
                        if plane <= top { low[plane] = load(&kept[plane * N..]) }
                    }
                    for plane in LOW_PLANES..=top {
                        high[plane - LOW_PLANES] = load(&kept[plane * N..]);
                    }
                }
                let carry = word(one, &cases[0], &mut low);
                let mut carry = if WORDS == 2 {
                    let other = word(two, &cases[1], &mut low);
                    add(&mut low[5], pair(carry, other))
                } else if top == 5 {
                    low[5] = or(low[5], carry);
                    zero()
                } else {
                    let over = and(low[5], carry);
                    low[5] = xor(low[5], carry);
                    over
                };
                let out = if top == 5 {
                    low[5]
                } else {
                    for plane in &mut high[..highest] {
                        let over = and(*plane, carry);
                        *plane = xor(*plane, carry);
                        carry = over;
                    }
                    // Once too far, always too far.
                    high[highest] = or(high[highest], carry);
                    high[highest]
                };
                if LAST {
                    if !full(out) {
                        let mut records = [0; MAX_VECTOR_WORDS];
                        store(xor(out, ones()), &mut records[..N]);
                        near.push(Near { row: phase.row + row as u32, records });
                    }
                } else {
                    let kept = &mut sums[row * stride..][..stride];
                    for plane in 0..LOW_PLANES {
                        if plane <= top { store(low[plane], &mut kept[plane * N..]) }
                    }
                    for plane in LOW_PLANES..=top {
                        store(high[plane - LOW_PLANES], &mut kept[plane * N..]);
                    }
                }
            }
        }

        /// Adds what one word contributes to the planes of weight 2 to 32; the carry has weight 64.
        $(#[$attribute])*
        #[inline]
        fn word(table: &[u64], cases: &[u16; LOOKUPS], sum: &mut [Vector; LOW_PLANES]) -> Vector {
            let table = &table[..WORD_VECTORS * N];
            let (a0, b0) = wide(table, 0, cases[0]);
            let (a1, b1) = wide(table, 1, cases[1]);
            let (a2, b2) = wide(table, 2, cases[2]);
            let (a3, b3) = wide(table, 3, cases[3]);
            let c0 = add_two(&mut sum[0], pair(a0, a1), pair(a2, a3));
            let d0 = add_two(&mut sum[1], pair(b0, b1), c0);
            let (a4, b4) = wide(table, 4, cases[4]);
            let (a5, b5) = wide(table, 5, cases[5]);
            let (a6, b6) = wide(table, 6, cases[6]);
            let (a7, b7) = wide(table, 7, cases[7]);
            let c1 = add_two(&mut sum[0], pair(a4, a5), pair(a6, a7));
            let d1 = add_two(&mut sum[1], pair(b2, b3), c1);
            let e0 = add_two(&mut sum[2], d0, d1);
            let (a8, b8) = wide(table, 8, cases[8]);
            let (a9, b9) = wide(table, 9, cases[9]);
            let n0 = narrow(table, 0, cases[WIDE]);
            let n1 = narrow(table, 1, cases[WIDE + 1]);
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
