//! Opening a package: everything is checked, in an order that trusts nothing before its time.

use super::envelope::Envelope;
use super::release_check::release_check;
use super::{
    MAGIC, MANIFEST_BYTES_MAX, SIGNATURE_BYTES, SIGNATURE_CONTEXT, open_envelope, payload_hash,
};
use crate::agreement::Agreement;
use crate::date::Date;
use crate::error::{Error, Result};
use crate::key::PartyKey;
use crate::manifest::Manifest;
use crate::party::Role;
use ed25519_dalek::Signature;
use kinfold_verdict::Report;

/// A package whose signature, hashes, recipient, agreement, schema, date and release check all hold.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Package {
    /// The signed first page.
    pub manifest: Manifest,
    /// Names and bytes of the sections, in the manifest's order.
    pub sections: Vec<(String, Vec<u8>)>,
    /// The content's name; the same for the same input.
    pub payload_hash: [u8; 32],
    /// The report of the custodian's release check. A package of records always has one, but under a test agreement, where it may also
    /// say that the codes are not safe.
    pub release_check: Option<Report>,
}

impl Package {
    /// The bytes of a section.
    ///
    /// # Errors
    /// [`Error::PackageContent`] if there is no such section.
    pub fn section(&self, name: &str) -> Result<&[u8]> {
        self.sections
            .iter()
            .find(|(found, _)| found == name)
            .map(|(_, bytes)| bytes.as_slice())
            .ok_or_else(|| Error::content(format!("there is no section `{name}`")))
    }
}

/// Opens a package with its recipient's key, under a signed agreement, on a day.
///
/// The key check value is compared between packages, by [`check_same_keys`](crate::check_same_keys): the recipient has no key to
/// check it against.
///
/// # Errors
/// Each thing that does not hold has its own error; see [`Error`]. Nothing of the package is given back then.
pub fn open(
    bytes: &[u8],
    recipient_key: &PartyKey,
    agreement: &Agreement,
    on: Date,
) -> Result<Package> {
    agreement.must_be_signed()?;
    agreement.check_date(on)?;
    agreement.check_key(recipient_key)?;

    let mut envelope = open_envelope(bytes, recipient_key)?;
    let (manifest, front_bytes) = read_front(&mut envelope, agreement)?;
    check_terms(&manifest, recipient_key, agreement, on)?;

    let announced = manifest
        .sections
        .iter()
        .try_fold(front_bytes, |sum, section| sum.checked_add(section.len));
    let announced =
        announced.ok_or_else(|| Error::content("the sections' lengths pass every limit"))?;
    if announced > envelope.content_bytes() {
        return Err(Error::PackageTruncated {
            expected: announced,
            found: envelope.content_bytes(),
        });
    }
    let mut sections = Vec::with_capacity(manifest.sections.len());
    for section in &manifest.sections {
        let bytes = envelope.read(section.len)?;
        if blake3::hash(&bytes) != section.blake3 {
            return Err(Error::content(format!(
                "section `{}` does not have the hash in the manifest",
                section.name
            )));
        }
        sections.push((section.name.clone(), bytes));
    }
    envelope.finish()?;
    let release_check = release_check(&manifest, &sections, agreement)?;
    let payload_hash = payload_hash(&manifest, &sections);
    Ok(Package {
        manifest,
        sections,
        payload_hash,
        release_check,
    })
}

/// Magic, manifest and signature. Gives back the manifest only when its custodian signed it, and the bytes read so far.
fn read_front(envelope: &mut Envelope, agreement: &Agreement) -> Result<(Manifest, u64)> {
    let magic = envelope.read(MAGIC.len() as u64)?;
    if magic[..7] != MAGIC[..7] {
        return Err(Error::PackageFormat {
            what: "it opens, but holds something else",
        });
    }
    if magic[7] != MAGIC[7] {
        return Err(Error::PackageVersion {
            found: u32::from(magic[7]),
        });
    }
    let length = envelope.read(4)?;
    let length = u32::from_le_bytes([length[0], length[1], length[2], length[3]]);
    if length as usize > MANIFEST_BYTES_MAX {
        return Err(Error::limit(format!(
            "a manifest of {length} bytes, at most {MANIFEST_BYTES_MAX}"
        )));
    }
    let json = envelope.read(u64::from(length))?;
    let signature = envelope.read(SIGNATURE_BYTES as u64)?;

    let manifest = Manifest::parse(&json)?;
    if manifest.agreement_hash != agreement.hash() {
        return Err(Error::PackageAgreement {
            party: manifest.custodian,
        });
    }
    let sender = agreement.party(&manifest.custodian)?;
    if sender.role != Role::Custodian {
        return Err(Error::PackageSender {
            party: sender.id.clone(),
            role: sender.role,
        });
    }
    let message = [SIGNATURE_CONTEXT, blake3::hash(&json).as_bytes()].concat();
    Signature::from_slice(&signature)
        .and_then(|signature| sender.signing_key.verify_strict(&message, &signature))
        .map_err(|_| Error::PackageSignature {
            party: sender.id.clone(),
        })?;
    let front_bytes = MAGIC.len() as u64 + 4 + u64::from(length) + SIGNATURE_BYTES as u64;
    Ok((manifest, front_bytes))
}

/// Recipient, schema, project, date and size, as agreed.
fn check_terms(
    manifest: &Manifest,
    recipient_key: &PartyKey,
    agreement: &Agreement,
    on: Date,
) -> Result<()> {
    let party = manifest.custodian.clone();
    let recipient = recipient_key.public();
    if recipient.role != manifest.kind.recipient_role() {
        return Err(Error::KeyRole {
            party: recipient.id,
            role: recipient.role,
            action: "receive this kind of package",
        });
    }
    // Sealed to this key, but addressed to somebody else: passed on by a third party.
    if recipient.fingerprint() != manifest.recipient {
        return Err(Error::PackageRecipient {
            party: recipient.id,
        });
    }
    if manifest.schema_hash != agreement.schema().hash {
        return Err(Error::PackageSchema { party });
    }
    if manifest.project != agreement.project() || manifest.epoch != agreement.epoch() {
        return Err(Error::content("project and epoch are not the agreement's"));
    }
    if on > manifest.expires {
        return Err(Error::PackageExpired {
            party,
            expires: manifest.expires,
            on,
        });
    }
    manifest.check_rows(agreement)
}
