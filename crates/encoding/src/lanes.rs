//! Keyed hashes of many 64-byte blocks at once.
//!
//! A block of exactly 64 bytes is one call of BLAKE3's compression function, so 8 (AVX2) or 16 (AVX-512) of them fit side by side into
//! the lanes of the vector registers. Hashed one after another, the tokens of a file would take longer than all the rest of its
//! encoding. The result is BLAKE3's keyed hash of the block, on every machine: a test compares the two bit for bit.

use blake3::IncrementCounter;
use blake3::platform::{Platform, words_from_le_bytes_32};
use zeroize::Zeroizing;

use crate::Simd;

/// Bytes of a block.
pub(crate) const BLOCK: usize = 64;

/// Blocks handed to the vector code in one call.
const CALL: usize = 64;
/// Blocks that any processor's vector code takes at once; what is left over is hashed one by one and takes eight times as long.
const TOGETHER: usize = 16;
const ZEROES: [u8; BLOCK] = [0; BLOCK];

// Flags of the BLAKE3 paper (O'Connor, Aumasson, Neves, Wilcox-O'Hearn 2020, table 3). A message of one block begins and ends its only
// chunk, which is the root.
const CHUNK_START: u8 = 1;
const CHUNK_END: u8 = 2;
const ROOT: u8 = 8;
const KEYED_HASH: u8 = 16;

/// A key under which many blocks are hashed.
pub(crate) struct BlockHasher {
    key: Zeroizing<[u8; 32]>,
    words: Zeroizing<[u32; 8]>,
    platform: Option<Platform>,
}

impl BlockHasher {
    pub(crate) fn new(key: Zeroizing<[u8; 32]>, simd: Simd) -> Self {
        Self {
            words: Zeroizing::new(words_from_le_bytes_32(&key)),
            key,
            platform: (simd == Simd::Auto).then(Platform::detect),
        }
    }

    /// Appends the first 16 bytes of the keyed hash of each block.
    pub(crate) fn tokens(&self, blocks: &[[u8; BLOCK]], tokens: &mut Vec<[u8; 16]>) {
        let Some(platform) = self.platform else {
            for block in blocks {
                tokens.push(first_half(blake3::keyed_hash(&self.key, block).as_bytes()));
            }
            return;
        };
        let mut out = [0u8; CALL * 32];
        let mut inputs = [&ZEROES; CALL];
        for call in blocks.chunks(CALL) {
            // Up to a full set of lanes: a lane more costs nothing.
            let count = call.len().next_multiple_of(TOGETHER);
            for (input, block) in inputs.iter_mut().zip(call) {
                *input = block;
            }
            inputs[call.len()..].fill(&ZEROES);
            let out = &mut out[..count * 32];
            platform.hash_many(
                &inputs[..count],
                &self.words,
                0,
                IncrementCounter::No,
                KEYED_HASH,
                CHUNK_START,
                CHUNK_END | ROOT,
                out,
            );
            tokens.extend(out.as_chunks::<32>().0[..call.len()].iter().map(first_half));
        }
    }
}

fn first_half(hash: &[u8; 32]) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&hash[..16]);
    half
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_give_what_one_at_a_time_gives() {
        let key = Zeroizing::new(*blake3::hash(b"key").as_bytes());
        let block = |n: usize| {
            let mut block = [0u8; BLOCK];
            blake3::Hasher::new()
                .update(&n.to_le_bytes())
                .finalize_xof()
                .fill(&mut block);
            block
        };
        // Around every number of lanes that processors have, and around a call.
        for count in [0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 200] {
            let blocks: Vec<[u8; BLOCK]> = (0..count).map(block).collect();
            let tokens = |simd| {
                let mut tokens = Vec::new();
                BlockHasher::new(key.clone(), simd).tokens(&blocks, &mut tokens);
                tokens
            };
            let expected: Vec<[u8; 16]> = blocks
                .iter()
                .map(|block| first_half(blake3::keyed_hash(&key, block).as_bytes()))
                .collect();
            assert_eq!(tokens(Simd::Auto), expected, "{count}");
            assert_eq!(tokens(Simd::Scalar), expected, "{count}");
        }
    }
}
