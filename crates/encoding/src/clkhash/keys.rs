//! The keys of the features: HKDF (RFC 5869), as `clkhash/key_derivation.py` calls it.

use super::schema::{KdfHash, Schema};
use hkdf::Hkdf;
use sha2::{Sha256, Sha512};
use zeroize::Zeroizing;

/// Two keys for every feature, ignored ones too: the second is used by the double hash only.
pub struct Keys {
    material: Zeroizing<Vec<u8>>,
    key_size: usize,
}

impl Keys {
    /// Derives the keys from the secret. The schema has made sure that HKDF can give so many bytes.
    pub fn derive(schema: &Schema, secret: &[u8]) -> Self {
        let key_size = schema.key_size;
        let mut material = Zeroizing::new(vec![0; 2 * key_size * schema.features.len()]);
        let salt = schema.salt.as_deref();
        let info = schema.info.as_deref().unwrap_or_default();
        let derived = match schema.kdf_hash {
            KdfHash::Sha256 => Hkdf::<Sha256>::new(salt, secret).expand(info, &mut material),
            KdfHash::Sha512 => Hkdf::<Sha512>::new(salt, secret).expand(info, &mut material),
        };
        derived.expect("the schema allows no more bytes than HKDF gives");
        Self { material, key_size }
    }

    /// Both keys of the feature at this index.
    pub fn of(&self, feature: usize) -> (&[u8], &[u8]) {
        let both = &self.material[2 * feature * self.key_size..][..2 * self.key_size];
        both.split_at(self.key_size)
    }
}
