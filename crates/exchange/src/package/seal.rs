//! Making a package: sign, then encrypt.

use super::{
    MAGIC, MANIFEST_BYTES_MAX, PACKAGE_BYTES_MAX, SIGNATURE_CONTEXT, payload_hash, seal_envelope,
};
use crate::error::{Error, Result};
use crate::key::PartyKey;
use crate::manifest::{Manifest, Section};
use crate::party::Party;
use std::io::Write as _;

/// A package that is ready to be written to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sealed {
    /// The bytes of the `.kin` file; they differ every time.
    pub bytes: Vec<u8>,
    /// The manifest, with its sections.
    pub manifest: Manifest,
    /// The content's name; the same for the same input.
    pub payload_hash: [u8; 32],
}

/// Signs the manifest with the sections' hashes and encrypts everything to the recipient.
///
/// # Errors
/// [`Error::KeyRole`] if the signer is no custodian or the recipient's role may not receive this kind, [`Error::KeyParty`] if the
/// manifest names another custodian or recipient, [`Error::PackageContent`] or [`Error::PackageLimit`] for the sections.
pub fn seal(
    mut manifest: Manifest,
    sections: Vec<(String, Vec<u8>)>,
    signer: &PartyKey,
    recipient: &Party,
) -> Result<Sealed> {
    signer.must_be_custodian("send packages")?;
    if recipient.role != manifest.kind.recipient_role() {
        return Err(Error::KeyRole {
            party: recipient.id.clone(),
            role: recipient.role,
            action: "receive this kind of package",
        });
    }
    if signer.id() != manifest.custodian {
        return Err(Error::KeyParty {
            party: manifest.custodian,
            field: "the party",
        });
    }
    if recipient.fingerprint() != manifest.recipient {
        return Err(Error::KeyParty {
            party: recipient.id.clone(),
            field: "the fingerprint",
        });
    }

    manifest.sections = sections
        .iter()
        .map(|(name, bytes)| Section {
            blake3: *blake3::hash(bytes).as_bytes(),
            len: bytes.len() as u64,
            name: name.clone(),
        })
        .collect();
    manifest.check()?;
    let json = manifest.to_json();
    let total: u64 = manifest.sections.iter().map(|section| section.len).sum();
    if json.len() > MANIFEST_BYTES_MAX || total > PACKAGE_BYTES_MAX - 2 * MANIFEST_BYTES_MAX as u64
    {
        return Err(Error::limit(format!(
            "{total} bytes, at most {PACKAGE_BYTES_MAX} with everything"
        )));
    }

    let signature = signer.sign(SIGNATURE_CONTEXT, blake3::hash(&json).as_bytes());
    let bytes = seal_envelope(&recipient.recipient, |writer| {
        writer.write_all(&MAGIC)?;
        writer.write_all(&(json.len() as u32).to_le_bytes())?;
        writer.write_all(&json)?;
        writer.write_all(&signature)?;
        sections
            .iter()
            .try_for_each(|(_, bytes)| writer.write_all(bytes))
    });
    let payload_hash = payload_hash(&manifest, &sections);
    Ok(Sealed {
        bytes,
        manifest,
        payload_hash,
    })
}
