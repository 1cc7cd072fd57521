//! Diffusion: every released bit is the exclusive-or of `t` bits of the filter (Armknecht, Heng and Schnell, PoPETs 2023(2), 298-311).
//!
//! The input lists are drawn by key without replacement (their algorithm 1): a pool holds every input bit once, is refilled when it is
//! empty, and no output takes an input twice, since two would cancel. So every input bit feeds `floor(t l / m)` or `ceil(t l / m)` of
//! the `l` outputs.
//!
//! A filter by itself would look up `t` scattered bits for each output. Instead 128 filters are turned on their side: for each input bit one
//! vector with that bit of all 128. An output is then the exclusive-or of `t` vectors, and the result is turned back: tens of times
//! fewer operations a filter, in plain integer arithmetic that the compiler puts into vector registers, on tables that stay in the first
//! levels of the cache.

use crate::Simd;

/// Words of a vector: one bit of 128 filters.
const LANES: usize = 2;
/// Filters that are diffused together.
pub(crate) const ROWS: usize = LANES * 64;

/// The diffusion of one kind of filter.
pub(crate) struct Diffusion {
    /// Input words of one filter (m / 64).
    inputs: usize,
    /// Output words of one filter (l / 64).
    outputs: usize,
    t: usize,
    /// For each output bit its `t` input bits.
    lists: Vec<u32>,
    simd: Simd,
}

impl Diffusion {
    /// Draws the lists from `m` to `l` bits with `t` inputs an output.
    pub(crate) fn draw(hasher: &blake3::Hasher, m: usize, l: usize, t: usize, simd: Simd) -> Self {
        Self {
            inputs: m / 64,
            outputs: l / 64,
            t,
            lists: draw_lists(hasher, m, l, t),
            simd,
        }
    }

    /// Diffuses many filters of `m` bits into filters of `l` bits.
    pub(crate) fn apply(&self, filters: &[u64], out: &mut [u64], scratch: &mut Scratch) {
        let rows = filters.len() / self.inputs;
        for start in (0..rows).step_by(ROWS) {
            let end = (start + ROWS).min(rows);
            let filters = &filters[start * self.inputs..end * self.inputs];
            let out = &mut out[start * self.outputs..end * self.outputs];
            match self.simd {
                Simd::Auto => self.apply_sideways(filters, out, scratch),
                Simd::Scalar => self.apply_bit_by_bit(filters, out),
            }
        }
    }

    /// The definition, and the reference that the fast way is tested against.
    fn apply_bit_by_bit(&self, filters: &[u64], out: &mut [u64]) {
        for (filter, out) in filters
            .chunks_exact(self.inputs)
            .zip(out.chunks_exact_mut(self.outputs))
        {
            out.fill(0);
            for (output, list) in self.lists.chunks_exact(self.t).enumerate() {
                let bit = list.iter().fold(0, |sum, &input| {
                    sum ^ (filter[input as usize / 64] >> (input % 64) & 1)
                });
                out[output / 64] |= bit << (output % 64);
            }
        }
    }

    fn apply_sideways(&self, filters: &[u64], out: &mut [u64], scratch: &mut Scratch) {
        let rows = filters.len() / self.inputs;
        let sideways = &mut scratch.inputs;
        sideways.clear();
        sideways.resize(self.inputs * 64, [0; LANES]);
        let mut square = [[0u64; LANES]; 64];
        for (word, sideways) in sideways.chunks_exact_mut(64).enumerate() {
            for (row, line) in square.iter_mut().enumerate() {
                for (lane, place) in line.iter_mut().enumerate() {
                    let at = (lane * 64 + row) * self.inputs + word;
                    *place = filters.get(at).copied().unwrap_or(0);
                }
            }
            transpose(&mut square);
            sideways.copy_from_slice(&square);
        }
        let results = &mut scratch.outputs;
        results.clear();
        results.extend(self.lists.chunks_exact(self.t).map(|list| {
            let mut sum = [0u64; LANES];
            for &input in list {
                for (s, x) in sum.iter_mut().zip(&sideways[input as usize]) {
                    *s ^= x;
                }
            }
            sum
        }));
        for (word, sideways) in results.chunks_exact(64).enumerate() {
            square.copy_from_slice(sideways);
            transpose(&mut square);
            for (row, line) in square.iter().enumerate() {
                for (lane, &bits) in line.iter().enumerate() {
                    let row = lane * 64 + row;
                    if row < rows {
                        out[row * self.outputs + word] = bits;
                    }
                }
            }
        }
    }
}

/// Room for the filters on their side, kept between calls.
#[derive(Default)]
pub(crate) struct Scratch {
    inputs: Vec<[u64; LANES]>,
    outputs: Vec<[u64; LANES]>,
}

/// Transposes squares of 64 by 64 bits side by side: bit `j` of line `i` becomes bit `i` of line `j` (Warren, Hacker's Delight, 7-3).
fn transpose(squares: &mut [[u64; LANES]; 64]) {
    let mut width = 32;
    let mut mask = 0x0000_0000_ffff_ffffu64;
    while width != 0 {
        let mut row = 0;
        while row < 64 {
            let (above, below) = squares.split_at_mut(row + width);
            for (high, low) in above[row].iter_mut().zip(&mut below[0]) {
                let swap = ((*high >> width) ^ *low) & mask;
                *high ^= swap << width;
                *low ^= swap;
            }
            row = (row + width + 1) & !width;
        }
        width >>= 1;
        mask ^= mask << width;
    }
}

/// For each output bit its `t` input bits, output after output.
fn draw_lists(hasher: &blake3::Hasher, m: usize, l: usize, t: usize) -> Vec<u32> {
    let mut stream = Stream::new(hasher, b"lists");
    let mut lists: Vec<u32> = Vec::with_capacity(l * t);
    let mut pool: Vec<u32> = Vec::new();
    let mut aside: Vec<u32> = Vec::new();
    for output in 0..l {
        while lists.len() < (output + 1) * t {
            if pool.is_empty() {
                pool.extend(0..m as u32);
            }
            let input = pool.swap_remove(stream.below(pool.len() as u32) as usize);
            // Only after a refill in the middle of an output can it meet an input that it has; that one is for the next output.
            if lists[output * t..].contains(&input) {
                aside.push(input);
            } else {
                lists.push(input);
            }
        }
        pool.append(&mut aside);
    }
    lists
}

/// A stream of uniform numbers from a keyed hash.
struct Stream {
    reader: blake3::OutputReader,
}

impl Stream {
    fn new(hasher: &blake3::Hasher, label: &[u8]) -> Self {
        let mut hasher = hasher.clone();
        hasher.update(label);
        Self {
            reader: hasher.finalize_xof(),
        }
    }

    /// A uniform number below `bound`, by rejection.
    fn below(&mut self, bound: u32) -> u32 {
        let zone = u32::MAX - u32::MAX % bound;
        loop {
            let mut bytes = [0; 4];
            self.reader.fill(&mut bytes);
            let number = u32::from_le_bytes(bytes);
            if number < zone {
                return number % bound;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_input_feeds_floor_or_ceil_and_no_output_has_one_twice() {
        for (m, l, t) in [
            (256, 256, 4),
            (2048, 2048, 6),
            (512, 512, 8),
            (1024, 2048, 5),
            (2048, 1024, 5),
            (1024, 640, 7),
            (256, 4096, 16),
        ] {
            let lists = draw_lists(&blake3::Hasher::new_keyed(&[7; 32]), m, l, t);
            let mut uses = vec![0; m];
            for inputs in lists.chunks_exact(t) {
                let mut sorted = inputs.to_vec();
                sorted.sort_unstable();
                sorted.dedup();
                assert_eq!(sorted.len(), t);
                for &input in inputs {
                    uses[input as usize] += 1;
                }
            }
            let (floor, ceil) = (t * l / m, (t * l).div_ceil(m));
            assert!(
                uses.iter().all(|&n| n == floor || n == ceil),
                "{m} to {l} bits, t {t}"
            );
        }
    }

    #[test]
    fn transposing_moves_every_bit() {
        let mut squares = [[0u64; LANES]; 64];
        for (i, line) in squares.iter_mut().enumerate() {
            for (lane, bits) in line.iter_mut().enumerate() {
                *bits = ((i * LANES + lane) as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            }
        }
        let before = squares;
        transpose(&mut squares);
        for (i, line) in before.iter().enumerate() {
            for (j, column) in squares.iter().enumerate() {
                for lane in 0..LANES {
                    assert_eq!(line[lane] >> j & 1, column[lane] >> i & 1);
                }
            }
        }
        transpose(&mut squares);
        assert_eq!(squares, before);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn sideways_and_bit_by_bit_are_one(
            rows in prop_oneof![1usize..4, 60usize..70, 510usize..515, Just(1030)],
            (m, l) in prop_oneof![Just((2048, 2048)), Just((256, 256)), Just((1024, 320)), Just((320, 1024))],
            t in 1usize..10,
            seed: [u8; 32],
        ) {
            let hasher = blake3::Hasher::new_keyed(&seed);
            let mut bytes = vec![0; rows * m / 8];
            hasher.finalize_xof().fill(&mut bytes);
            let filters: Vec<u64> = bytes.as_chunks::<8>().0.iter().map(|b| u64::from_le_bytes(*b)).collect();
            let run = |simd| {
                let mut out = vec![0; rows * l / 64];
                Diffusion::draw(&hasher, m, l, t, simd).apply(&filters, &mut out, &mut Scratch::default());
                out
            };
            prop_assert!(run(Simd::Auto) == run(Simd::Scalar));
        }
    }
}
