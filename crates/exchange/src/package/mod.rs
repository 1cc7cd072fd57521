//! The sealed package: signed by its custodian, encrypted to one recipient.
//!
//! ```text
//! age v1 file, one X25519 recipient
//! └── "KINFOLD" 0x01          8 bytes
//!     manifest length         u32, little-endian
//!     manifest                canonical JSON
//!     ed25519 signature       64 bytes over "kinfold/manifest/v1\0" + BLAKE3(manifest)
//!     sections                the bytes of each, in the manifest's order, nothing between and nothing after
//! ```
//!
//! age keeps the content secret and whole but does not say who wrote it; the signature does. The manifest names the recipient, so
//! the recipient cannot pass a package on as if it had been sent to somebody else. age output differs every time; what stays the
//! same for the same input is the [`payload_hash`], and that is what runs refer to.

mod envelope;
mod inspect;
mod open;
mod release_check;
mod seal;

pub(crate) use envelope::{open_envelope, seal_envelope};
pub use inspect::{Inspection, inspect};
pub use open::{Package, open};
pub use release_check::{RELEASE_CHECK, is_codes, refuse_unsafe};
pub use seal::{Sealed, SectionBytes, Written, seal, seal_into};

use crate::manifest::Manifest;

const MAGIC: [u8; 8] = *b"KINFOLD\x01";
const SIGNATURE_BYTES: usize = 64;
/// Says what a signature is for.
const SIGNATURE_CONTEXT: &[u8] = b"kinfold/manifest/v1\0";
/// Largest manifest, in bytes.
const MANIFEST_BYTES_MAX: usize = 64 * 1024;
/// Largest package, in bytes: four million records of the `standard` profile.
pub const PACKAGE_BYTES_MAX: u64 = 4 * 1024 * 1024 * 1024;

/// BLAKE3 over the manifest and the sections, before encryption: the name of the content, the same for the same input.
pub fn payload_hash(manifest: &Manifest, sections: &[(String, Vec<u8>)]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&manifest.to_json());
    for (_, bytes) in sections {
        hasher.update(bytes);
    }
    *hasher.finalize().as_bytes()
}

#[cfg(test)]
mod tests;
