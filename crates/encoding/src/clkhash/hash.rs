//! From a token to positions in the filter (`clkhash/bloomfilter.py`).

use blake2::Blake2bMac512;
use hmac::{Hmac, KeyInit as _, Mac as _};
use md5::Md5;
use sha1::Sha1;
use zeroize::Zeroizing;

/// What a token hashes to, from which any number of positions can be taken.
#[derive(Clone, Debug)]
pub enum Hashed {
    /// Positions, 32 for each hash computed so far.
    Blake(Vec<u16>),
    /// First position and step.
    Double(u32, u32),
}

/// The keyed hash functions of one feature, for a filter of a certain length.
pub struct Hasher {
    kind: Kind,
    length: u32,
}

enum Kind {
    /// BLAKE2b with 64 bytes of output (RFC 7693); the salt is the number of the block.
    Blake {
        key: Zeroizing<Vec<u8>>,
        first: Box<Blake2bMac512>,
    },
    /// The double hash of Schnell, Bachteler and Reiher (2011): HMAC-SHA1 + i · HMAC-MD5.
    Double {
        macs: Box<(Hmac<Sha1>, Hmac<Md5>)>,
        prevent_singularity: bool,
    },
}

/// Positions that one BLAKE2b hash gives: 64 bytes, two for each.
const IN_BLOCK: usize = 32;

impl Hasher {
    /// For `blakeHash`. The length is a power of two and the key has 1 to 64 bytes; the schema has made sure.
    pub fn blake(key: &[u8], length: u32) -> Self {
        let first = Box::new(blake_block(key, 0));
        let key = Zeroizing::new(key.to_vec());
        Self {
            kind: Kind::Blake { key, first },
            length,
        }
    }

    /// For `doubleHash`.
    pub fn double(sha1_key: &[u8], md5_key: &[u8], prevent_singularity: bool, length: u32) -> Self {
        let sha1 = Hmac::new_from_slice(sha1_key).expect("HMAC takes keys of any length");
        let md5 = Hmac::new_from_slice(md5_key).expect("HMAC takes keys of any length");
        Self {
            kind: Kind::Double {
                macs: Box::new((sha1, md5)),
                prevent_singularity,
            },
            length,
        }
    }

    /// Hashes a token.
    pub fn hash(&self, token: &[u8]) -> Hashed {
        match &self.kind {
            Kind::Blake { first, .. } => {
                let mut positions = Vec::with_capacity(IN_BLOCK);
                self.append(Blake2bMac512::clone(first), token, &mut positions);
                Hashed::Blake(positions)
            }
            Kind::Double {
                macs,
                prevent_singularity,
            } => {
                let (sha1, md5) = &**macs;
                let first = self.modulo(&sha1.clone().chain_update(token).finalize().into_bytes());
                let mut step =
                    self.modulo(&md5.clone().chain_update(token).finalize().into_bytes());
                // clkhash appends the characters U+0000, U+0001, … until the step is not zero. The schema has made sure that the filter
                // has more than one bit; with a random step this loop ends long before the first surrogate, where Python would fail.
                let mut extra = '\0'..char::MAX;
                while *prevent_singularity
                    && step == 0
                    && let Some(c) = extra.next()
                {
                    let mut buffer = [0; 4];
                    let mac = md5.clone().chain_update(token);
                    step = self.modulo(
                        &mac.chain_update(c.encode_utf8(&mut buffer))
                            .finalize()
                            .into_bytes(),
                    );
                }
                Hashed::Double(first, step)
            }
        }
    }

    /// Longest filter in bits.
    pub fn length(&self) -> u32 {
        self.length
    }

    /// Calls `set` with the first `count` positions of a token, repeated ones included.
    pub fn positions(
        &self,
        token: &[u8],
        hashed: &mut Hashed,
        count: u32,
        mut set: impl FnMut(u32),
    ) {
        match (hashed, &self.kind) {
            (Hashed::Blake(positions), Kind::Blake { key, .. }) => {
                while positions.len() < count as usize {
                    let block = blake_block(key, positions.len() / IN_BLOCK);
                    self.append(block, token, positions);
                }
                positions[..count as usize]
                    .iter()
                    .for_each(|&position| set(u32::from(position)));
            }
            (Hashed::Double(first, step), _) => {
                let mut position = *first;
                for _ in 0..count {
                    set(position);
                    position += *step;
                    if position >= self.length {
                        position -= self.length;
                    }
                }
            }
            (Hashed::Blake(_), Kind::Double { .. }) => {
                unreachable!("a hasher reads its own hashes")
            }
        }
    }

    fn append(&self, block: Blake2bMac512, token: &[u8], positions: &mut Vec<u16>) {
        let bytes = block.chain_update(token).finalize().into_bytes();
        let (pairs, _) = bytes.as_chunks::<2>();
        // The length is a power of two: what is left of a division by it are the lower bits.
        let kept = (self.length - 1) as u16;
        positions.extend(pairs.iter().map(|&pair| u16::from_le_bytes(pair) & kept));
    }

    /// A big-endian number modulo the filter's length.
    fn modulo(&self, bytes: &[u8]) -> u32 {
        let length = u64::from(self.length);
        let (words, rest) = bytes.as_chunks::<4>();
        debug_assert!(rest.is_empty(), "SHA-1 and MD5 give whole words");
        words.iter().fold(0, |left, &word| {
            ((left << 32) | u64::from(u32::from_be_bytes(word))) % length
        }) as u32
    }
}

fn blake_block(key: &[u8], number: usize) -> Blake2bMac512 {
    Blake2bMac512::new_with_salt_and_personal(Some(key), number.to_string().as_bytes(), &[])
        .expect("the schema allows keys of 1 to 64 bytes, and a number is short")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_singular_bigrams_of_clkhash() {
        // clkhash's own test (`tests/test_bloomfilter.py`, `test_double_hash_singularity`).
        for (token, guarded) in [
            ("635", false),
            ("635", true),
            ("1402", false),
            ("1402", true),
        ] {
            let hasher = Hasher::double(b"secret1", b"secret2", guarded, 1024);
            let Hashed::Double(_, step) = hasher.hash(token.as_bytes()) else {
                panic!("a double hash");
            };
            assert_eq!(step == 0, !guarded, "{token}");
        }
    }

    #[test]
    fn more_positions_come_from_more_blocks() {
        let hasher = Hasher::blake(b"key", 1024);
        let mut hashed = hasher.hash(b"ab");
        let mut all = Vec::new();
        hasher.positions(b"ab", &mut hashed, 100, |position| all.push(position));
        assert_eq!(all.len(), 100);
        assert!(all.iter().all(|&position| position < 1024));
        let mut few = Vec::new();
        hasher.positions(b"ab", &mut hasher.hash(b"ab"), 33, |position| {
            few.push(position);
        });
        assert_eq!(all[..33], few);
        assert_ne!(all[..32], all[32..64]);
    }
}
