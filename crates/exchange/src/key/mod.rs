//! Secret keys: a party's own, and the one that custodians share for a project.
//!
//! | key | who holds it | what it does |
//! |---|---|---|
//! | [`PartyKey`] | its party alone | signs, opens packages; a custodian's also names its records |
//! | [`ProjectKey`] | the custodians of one project and epoch | everything in the codes hangs on it |
//!
//! The project key never reaches the linkage unit. Every way to hold, load or receive it asks for a [`PartyKey`] and refuses the
//! roles that may not have it. Secrets have no `Debug`, are wiped when dropped, and live in files that only their owner can read.

mod party_key;
mod project_key;
mod secret_file;

pub use party_key::PartyKey;
pub use project_key::ProjectKey;

use crate::error::{Error, Result};
use zeroize::Zeroizing;

/// Whether a key file that could not be read has a key of this name, which only the other kind of key file has.
fn has_name(text: &str, name: &str) -> bool {
    text.lines()
        .filter_map(|line| line.split_once('='))
        .any(|(left, _)| left.trim() == name)
}

/// Fresh bytes from the operating system.
fn random_32() -> Result<Zeroizing<[u8; 32]>> {
    let mut bytes = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *bytes).map_err(|_| Error::KeyRandom)?;
    Ok(bytes)
}

/// Bytes for a test key: everyone who knows the seed knows them.
fn seeded_32(context: &str, parts: &[&str], seed: u64) -> Zeroizing<[u8; 32]> {
    let mut hasher = blake3::Hasher::new_derive_key(context);
    for part in parts {
        hasher.update(part.as_bytes()).update(b"\0");
    }
    hasher.update(&seed.to_le_bytes());
    Zeroizing::new(*hasher.finalize().as_bytes())
}
