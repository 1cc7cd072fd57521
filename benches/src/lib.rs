//! Inputs of the benchmarks: reproducible, and shaped like what the matcher meets.

pub mod agencies;
pub mod borough;
pub mod joined;
pub mod made;
pub mod named;
pub mod open;
pub mod people;
pub mod process;
pub mod released;
pub mod sets;
pub mod tables;

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
