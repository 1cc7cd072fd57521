//! Diffusion: every output bit is the exclusive-or of `t` input bits (Armknecht, Heng and Schnell, PoPETs 2023(2), 298-311).
//!
//! The input lists are drawn by key without replacement: `t` keyed permutations of the input bits, one after another, so that every
//! input bit feeds exactly `t` output bits and no output bit uses an input bit twice (two uses would cancel).

/// The diffusion of one filter, as a table of masks: row `i` has the output bits that input bit `i` feeds.
pub(crate) struct Diffusion {
    words: usize,
    masks: Vec<u64>,
}

impl Diffusion {
    /// Draws the lists for filters of `bits` bits with `t` inputs an output.
    pub(crate) fn draw(hasher: &blake3::Hasher, bits: usize, t: usize) -> Self {
        let words = bits / 64;
        let lists = draw_lists(hasher, bits, t);
        let mut masks = vec![0u64; bits * words];
        for (output, inputs) in lists.chunks_exact(t).enumerate() {
            for &input in inputs {
                masks[input as usize * words + output / 64] |= 1 << (output % 64);
            }
        }
        Self { words, masks }
    }

    /// Diffuses one filter.
    pub(crate) fn apply(&self, filter: &[u64], out: &mut [u64]) {
        out.fill(0);
        for (index, &word) in filter.iter().enumerate() {
            let mut rest = word;
            while rest != 0 {
                let bit = index * 64 + rest.trailing_zeros() as usize;
                rest &= rest - 1;
                let mask = &self.masks[bit * self.words..(bit + 1) * self.words];
                for (o, m) in out.iter_mut().zip(mask) {
                    *o ^= m;
                }
            }
        }
    }
}

/// For each output bit its `t` input bits, output after output.
fn draw_lists(hasher: &blake3::Hasher, bits: usize, t: usize) -> Vec<u32> {
    let mut stream = Stream::new(hasher, b"lists");
    let mut lists = vec![0u32; bits * t];
    for round in 0..t {
        let mut pool: Vec<u32> = (0..bits as u32).collect();
        for index in (1..bits).rev() {
            pool.swap(index, stream.below(index as u32 + 1) as usize);
        }
        for output in 0..bits {
            // An input that the output already has is exchanged for a later one that neither output has.
            if lists[output * t..output * t + round].contains(&pool[output]) {
                let fits = |pool: &[u32], other: usize| {
                    !lists[output * t..output * t + round].contains(&pool[other])
                        && !lists[other * t..other * t + round].contains(&pool[output])
                };
                let other = (0..bits)
                    .map(|step| (output + 1 + step) % bits)
                    .find(|&other| fits(&pool, other))
                    .unwrap_or(output);
                pool.swap(output, other);
                lists[other * t + round] = pool[other];
            }
            lists[output * t + round] = pool[output];
        }
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

    #[test]
    fn every_input_feeds_t_outputs_and_no_output_has_one_twice() {
        for (bits, t) in [(256, 4), (2048, 6), (512, 8)] {
            let lists = draw_lists(&blake3::Hasher::new_keyed(&[7; 32]), bits, t);
            let mut uses = vec![0; bits];
            for inputs in lists.chunks_exact(t) {
                let mut sorted = inputs.to_vec();
                sorted.sort_unstable();
                sorted.dedup();
                assert_eq!(sorted.len(), t);
                for &input in inputs {
                    uses[input as usize] += 1;
                }
            }
            assert!(uses.iter().all(|&n| n == t), "bits {bits}, t {t}");
        }
    }

    #[test]
    fn masks_do_what_the_lists_say() {
        let hasher = blake3::Hasher::new_keyed(&[3; 32]);
        let (bits, t) = (256, 5);
        let lists = draw_lists(&hasher, bits, t);
        let filter = [0x0123_4567_89ab_cdef, u64::MAX, 0, 0x8000_0000_0000_0001];
        let mut out = [0; 4];
        Diffusion::draw(&hasher, bits, t).apply(&filter, &mut out);
        for output in 0..bits {
            let expected = lists[output * t..(output + 1) * t]
                .iter()
                .fold(0, |sum, &i| sum ^ (filter[i as usize / 64] >> (i % 64) & 1));
            assert_eq!(out[output / 64] >> (output % 64) & 1, expected);
        }
    }
}
