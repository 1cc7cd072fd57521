//! Inputs of the benchmarks: reproducible, and shaped like what the matcher meets.

pub mod people;

/// A generator of 64-bit words that gives the same sequence on every machine (SplitMix64).
#[derive(Clone, Debug)]
pub struct Words(pub u64);

impl Iterator for Words {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Some(word ^ (word >> 31))
    }
}

/// Cycles a second of the core as this thread gets to use it, in thousand millions: on a shared machine a second of processor time holds fewer of
/// them than the label says, and a figure means little without this one. Each step waits for the last: a multiplication of three cycles and
/// an addition of one, on every processor of the last ten years.
pub fn clock_probe() -> f64 {
    const STEPS: u32 = 50_000_000;
    let before = std::time::Instant::now();
    let mut state = std::hint::black_box(1u64);
    for _ in 0..STEPS {
        state = state
            .wrapping_mul(0x5851_f42d_4c95_7f2d)
            .wrapping_add(std::hint::black_box(1));
    }
    std::hint::black_box(state);
    f64::from(STEPS) * 4.0 / before.elapsed().as_secs_f64() / 1e9
}

/// Filters whose bits are set by chance, half of them: what strangers look like after diffusion.
pub fn filters(seed: u64, records: usize, bits: usize) -> Vec<u64> {
    Words(seed).take(records * bits / 64).collect()
}

/// Match keys of two files that share one record in four; the rest of the tokens meet nothing.
pub fn keys(records: usize, slots: usize) -> (Vec<[u8; 16]>, Vec<[u8; 16]>) {
    let mut words = Words(11);
    let mut token =
        || u128::from(words.next().unwrap_or(0)) << 64 | u128::from(words.next().unwrap_or(0));
    let left: Vec<[u8; 16]> = (0..records * slots)
        .map(|_| token().to_le_bytes())
        .collect();
    let right = left
        .chunks_exact(slots)
        .enumerate()
        .flat_map(|(record, row)| {
            let shared = record % 4 == 0;
            let row: Vec<[u8; 16]> = row
                .iter()
                .map(|mine| if shared { *mine } else { token().to_le_bytes() })
                .collect();
            row
        })
        .collect();
    (left, right)
}
