//! Making a package: sign, then encrypt.

use super::envelope::seal_envelope_into;
use super::{MAGIC, MANIFEST_BYTES_MAX, PACKAGE_BYTES_MAX, SIGNATURE_CONTEXT};
use crate::error::{Error, Result};
use crate::key::PartyKey;
use crate::manifest::{Manifest, Section};
use crate::party::Party;
use crate::table::TableFile;
use std::io::Write;

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

/// Bytes of a section, written when they are needed: once to be hashed, once to be encrypted.
pub trait SectionBytes {
    /// Writes all bytes, the same each time.
    ///
    /// # Errors
    /// When they cannot be read or written.
    fn write_to(&self, writer: &mut dyn Write) -> Result<()>;
}

impl SectionBytes for Vec<u8> {
    fn write_to(&self, writer: &mut dyn Write) -> Result<()> {
        writer
            .write_all(self)
            .map_err(|error| Error::section(&error))
    }
}

impl SectionBytes for TableFile {
    fn write_to(&self, writer: &mut dyn Write) -> Result<()> {
        Self::write_to(self, writer)
    }
}

/// What was written by [`seal_into`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Written {
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
    manifest: Manifest,
    sections: Vec<(String, Vec<u8>)>,
    signer: &PartyKey,
    recipient: &Party,
) -> Result<Sealed> {
    let mut bytes = Vec::new();
    let sections: Vec<(String, &dyn SectionBytes)> = sections
        .iter()
        .map(|(name, bytes)| (name.clone(), bytes as &dyn SectionBytes))
        .collect();
    let written = seal_into(manifest, &sections, signer, recipient, &mut bytes)?;
    Ok(Sealed {
        bytes,
        manifest: written.manifest,
        payload_hash: written.payload_hash,
    })
}

/// As [`seal`], of sections and into a package that are never in memory as a whole.
///
/// # Errors
/// As [`seal`], [`Error::File`] when a section or the package cannot be written, and [`Error::PackageContent`] when a section changes while
/// it is being sealed.
pub fn seal_into(
    mut manifest: Manifest,
    sections: &[(String, &dyn SectionBytes)],
    signer: &PartyKey,
    recipient: &Party,
    package: &mut dyn Write,
) -> Result<Written> {
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
        .map(|(name, bytes)| {
            let mut hashed = Hashed::new(std::io::sink());
            bytes.write_to(&mut hashed)?;
            Ok(hashed.section(name))
        })
        .collect::<Result<_>>()?;
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
    let mut payload = blake3::Hasher::new();
    payload.update(&json);
    seal_envelope_into(&recipient.recipient, package, |writer| {
        let failed = |error: std::io::Error| Error::not_written("the package", &error);
        let mut head = MAGIC.to_vec();
        head.extend((json.len() as u32).to_le_bytes());
        head.extend(&json);
        head.extend(signature);
        writer.write_all(&head).map_err(failed)?;
        for ((name, bytes), promised) in sections.iter().zip(&manifest.sections) {
            let mut both = Hashed::new(Both(&mut *writer, &mut payload));
            bytes.write_to(&mut both)?;
            if both.section(name) != *promised {
                return Err(Error::content(format!(
                    "section `{name}` was changed while it was being sealed"
                )));
            }
        }
        Ok(())
    })?;
    Ok(Written {
        payload_hash: *payload.finalize().as_bytes(),
        manifest,
    })
}

/// A writer that hashes and counts what it hands on.
struct Hashed<W> {
    writer: W,
    hasher: blake3::Hasher,
    length: u64,
}

impl<W: Write> Hashed<W> {
    fn new(writer: W) -> Self {
        Self {
            writer,
            hasher: blake3::Hasher::new(),
            length: 0,
        }
    }

    fn section(&self, name: &str) -> Section {
        Section {
            blake3: *self.hasher.finalize().as_bytes(),
            len: self.length,
            name: name.to_owned(),
        }
    }
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.writer.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        self.length += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.writer.flush()
    }
}

/// Writes into the first, and hashes into the second.
struct Both<'both, W>(&'both mut W, &'both mut blake3::Hasher);

impl<W: Write> Write for Both<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.0.write(bytes)?;
        self.1.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}
