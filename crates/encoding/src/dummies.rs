//! Random tokens for the gaps of a record.
//!
//! Every gap has its own: AES-256 of the record's lasting reference with the number of the place in it. One block of the cipher is one
//! token, so only the gaps of a record cost anything, and processors have instructions for it. Whoever lacks the key cannot tell a
//! block of AES from a keyed hash, or either from random bytes. They are made from the reference that lasts: a custodian makes the same file
//! again, and the next period's file has the same ones (those of a reference that changes would stand out beside values that stay).

use aes::Aes256;
use aes::cipher::{BlockEncrypt as _, KeyInit as _};
use kinfold_schema::Token;

/// Makes the random tokens of one kind of gap.
pub(crate) struct Dummies {
    cipher: Aes256,
}

impl Dummies {
    /// With a key of its own.
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self {
            cipher: Aes256::new(key.into()),
        }
    }

    /// The tokens of some places of a record, in place of what `tokens` held.
    pub(crate) fn make(
        &self,
        lasting_ref: &[u8; 16],
        places: impl Iterator<Item = usize>,
        tokens: &mut Vec<aes::Block>,
    ) {
        let reference = u128::from_le_bytes(*lasting_ref);
        tokens.clear();
        // Places are numbered by slot and partner; the thirty-two bits they change leave ninety-six in which no two references are alike.
        tokens.extend(places.map(|place| {
            let input: Token = (reference ^ place as u32 as u128).to_le_bytes();
            aes::Block::from(input)
        }));
        self.cipher.encrypt_blocks(tokens);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The known answer of FIPS 197, appendix C.3, and that a place changes the input as said.
    #[test]
    fn a_token_is_a_block_of_aes() {
        let key: [u8; 32] = std::array::from_fn(|n| n as u8);
        let plain: [u8; 16] = std::array::from_fn(|n| n as u8 * 0x11);
        let answer = u128::from_be_bytes([
            0x8e, 0xa2, 0xb7, 0xca, 0x51, 0x67, 0x45, 0xbf, 0xea, 0xfc, 0x49, 0x90, 0x4b, 0x49,
            0x60, 0x89,
        ]);
        let dummies = Dummies::new(&key);
        let mut tokens = Vec::new();
        dummies.make(&plain, [0].into_iter(), &mut tokens);
        assert_eq!(u128::from_be_bytes(tokens[0].into()), answer);
        // Place 0x0201 of a reference with these bytes taken back.
        let mut other = plain;
        other[0] ^= 0x01;
        other[1] ^= 0x02;
        dummies.make(&other, [7, 0x0201, 0].into_iter(), &mut tokens);
        assert_eq!(u128::from_be_bytes(tokens[1].into()), answer);
        assert_ne!(tokens[0], tokens[2]);
    }
}
