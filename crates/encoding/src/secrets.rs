//! Sub-keys, one for each purpose.

use zeroize::Zeroizing;

/// The project's secret, as a function from a purpose to a 32-byte sub-key.
///
/// The sub-keys come from HKDF-SHA-256 over the project key, with purpose, project, epoch and schema hash in the context, so this
/// crate never sees the project key itself.
pub struct ProjectSecrets {
    expand: Box<Expand>,
}

/// From a purpose to its sub-key.
type Expand = dyn Fn(&str) -> [u8; 32] + Send + Sync;

impl ProjectSecrets {
    /// Secrets from the function that derives a sub-key for a purpose.
    pub fn new(expand: impl Fn(&str) -> [u8; 32] + Send + Sync + 'static) -> Self {
        Self {
            expand: Box::new(expand),
        }
    }

    /// The sub-key of one purpose.
    pub(crate) fn key(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        Zeroizing::new((self.expand)(purpose))
    }

    /// A keyed hash for one purpose.
    pub(crate) fn hasher(&self, purpose: &str) -> blake3::Hasher {
        blake3::Hasher::new_keyed(&self.key(purpose))
    }
}

/// The first 16 bytes of the keyed hash of `value`.
pub(crate) fn token(hasher: &blake3::Hasher, value: &[u8]) -> [u8; 16] {
    let mut hasher = hasher.clone();
    hasher.update(value);
    let mut token = [0; 16];
    token.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    token
}

#[cfg(test)]
pub(crate) fn test_secrets(seed: u8) -> ProjectSecrets {
    ProjectSecrets::new(move |purpose| {
        let mut hasher = blake3::Hasher::new_keyed(&[seed; 32]);
        hasher.update(purpose.as_bytes());
        *hasher.finalize().as_bytes()
    })
}
