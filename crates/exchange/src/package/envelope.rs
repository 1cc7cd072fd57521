//! Encryption, and nothing else: bytes to an age recipient and back, with limits checked before any cryptography.
//!
//! The age format bounds neither the number nor the size of the stanzas in its header, and a header with thousands of them
//! costs seconds. [`HeaderSummary::scan`] reads the header as plain lines first and refuses more than this software ever writes.

use super::PACKAGE_BYTES_MAX;
use crate::error::{Error, Result};
use crate::key::PartyKey;
use age::DecryptError;
use age::stream::{StreamReader, StreamWriter};
use age::x25519::Recipient;
use std::io::{Read as _, Write};

/// Most stanzas of a header. age writes one a recipient and one meaningless one.
const STANZAS_MAX: usize = 8;
/// Largest header, in bytes.
const HEADER_BYTES_MAX: usize = 8 * 1024;

const AGE_VERSION_LINE: &[u8] = b"age-encryption.org/v1\n";
const AGE_NONCE_BYTES: u64 = 16;
const AGE_CHUNK_BYTES: u64 = 64 * 1024;
const AGE_TAG_BYTES: u64 = 16;

/// Encrypts what `write` writes.
pub(crate) fn seal_envelope(
    recipient: &Recipient,
    write: impl FnOnce(&mut StreamWriter<&mut Vec<u8>>) -> std::io::Result<()>,
) -> Vec<u8> {
    let mut sealed = Vec::new();
    let attempt = seal_envelope_into(recipient, &mut sealed, |writer| {
        write(writer).map_err(|error| Error::content(error.to_string()))
    });
    attempt.expect("writing to memory cannot fail");
    sealed
}

/// Encrypts what `write` writes, into `sealed`.
pub(super) fn seal_envelope_into<W: Write>(
    recipient: &Recipient,
    sealed: W,
    write: impl FnOnce(&mut StreamWriter<W>) -> Result<()>,
) -> Result<()> {
    let failed = |error: std::io::Error| Error::not_written("the package", &error);
    let encryptor =
        age::Encryptor::with_recipients(std::iter::once(recipient as &dyn age::Recipient))
            .expect("one X25519 recipient is always a valid set");
    let mut writer = encryptor.wrap_output(sealed).map_err(failed)?;
    write(&mut writer)?;
    writer.finish().map(|_| ()).map_err(failed)
}

/// Checks the header's limits and opens the envelope with a party's key. The content is read, and checked, piece by piece.
pub(crate) fn open_envelope<'a>(bytes: &'a [u8], key: &PartyKey) -> Result<Envelope<'a>> {
    let header = HeaderSummary::scan(bytes)?;
    let content_bytes = header.content_bytes(bytes.len())?;
    let reader = age::Decryptor::new_buffered(bytes)
        .and_then(|decryptor| {
            decryptor.decrypt(std::iter::once(key.identity() as &dyn age::Identity))
        })
        .map_err(|error| match error {
            DecryptError::NoMatchingKeys => Error::PackageRecipient {
                party: key.id().to_owned(),
            },
            _ => Error::PackageDamaged,
        })?;
    Ok(Envelope {
        reader,
        content_bytes,
        remaining: content_bytes,
    })
}

/// An opened envelope.
pub(crate) struct Envelope<'a> {
    reader: StreamReader<&'a [u8]>,
    content_bytes: u64,
    remaining: u64,
}

impl Envelope<'_> {
    /// Bytes inside, computed from the length outside.
    pub(crate) fn content_bytes(&self) -> u64 {
        self.content_bytes
    }

    /// Exactly `length` bytes. Nothing is allocated for bytes that are not there.
    pub(crate) fn read(&mut self, length: u64) -> Result<Vec<u8>> {
        if length > self.remaining {
            return Err(Error::PackageTruncated {
                expected: length,
                found: self.remaining,
            });
        }
        let mut bytes = vec![0; usize::try_from(length).map_err(|_| Error::PackageDamaged)?];
        self.reader
            .read_exact(&mut bytes)
            .map_err(|_| Error::PackageDamaged)?;
        self.remaining -= length;
        Ok(bytes)
    }

    /// Everything that is left, at most `bytes_max`.
    pub(crate) fn read_to_end(&mut self, bytes_max: u64) -> Result<Vec<u8>> {
        if self.remaining > bytes_max {
            return Err(Error::limit(format!(
                "{} bytes, at most {bytes_max}",
                self.remaining
            )));
        }
        let bytes = self.read(self.remaining)?;
        self.finish()?;
        Ok(bytes)
    }

    /// Demands the end: nothing is left, and the last piece is marked as the last.
    pub(crate) fn finish(&mut self) -> Result<()> {
        if self.remaining > 0 {
            return Err(Error::content(format!(
                "{} bytes follow the last section",
                self.remaining
            )));
        }
        match self.reader.read(&mut [0]) {
            Ok(0) => Ok(()),
            _ => Err(Error::PackageDamaged),
        }
    }
}

/// What the lines of an age header show without any key.
#[derive(Debug)]
pub(super) struct HeaderSummary {
    /// Stanzas of type X25519.
    pub(super) x25519_stanzas: usize,
    /// All stanzas.
    pub(super) stanzas: usize,
    /// Length, to the end of the line with the header's own check.
    pub(super) bytes: usize,
}

impl HeaderSummary {
    /// Reads the header as lines, within the limits.
    pub(super) fn scan(bytes: &[u8]) -> Result<Self> {
        if bytes.is_empty() {
            return Err(Error::PackageFormat {
                what: "the file is empty",
            });
        }
        if bytes.len() as u64 > PACKAGE_BYTES_MAX {
            return Err(Error::limit(format!(
                "{} bytes, at most {PACKAGE_BYTES_MAX}",
                bytes.len()
            )));
        }
        if bytes.starts_with(b"-----BEGIN AGE ENCRYPTED FILE") {
            return Err(Error::PackageFormat {
                what: "it was turned into text (armour) on its way",
            });
        }
        if !bytes.starts_with(AGE_VERSION_LINE) {
            let cut = AGE_VERSION_LINE.starts_with(bytes);
            let what = if cut {
                "only its first bytes are there"
            } else {
                "it does not begin as an age file"
            };
            return Err(Error::PackageFormat { what });
        }
        let mut summary = Self {
            x25519_stanzas: 0,
            stanzas: 0,
            bytes: AGE_VERSION_LINE.len(),
        };
        let window = &bytes[..bytes.len().min(HEADER_BYTES_MAX)];
        while let Some(length) = window[summary.bytes..]
            .iter()
            .position(|byte| *byte == b'\n')
        {
            let line = &window[summary.bytes..summary.bytes + length];
            summary.bytes += length + 1;
            if line.starts_with(b"--- ") {
                return Ok(summary);
            }
            if line.starts_with(b"-> ") {
                summary.stanzas += 1;
                summary.x25519_stanzas += usize::from(line.starts_with(b"-> X25519 "));
            }
            if summary.stanzas > STANZAS_MAX {
                return Err(Error::PackageHeader {
                    what: format!("more than {STANZAS_MAX} stanzas"),
                });
            }
        }
        if bytes.len() > HEADER_BYTES_MAX {
            return Err(Error::PackageHeader {
                what: format!("it does not end within {HEADER_BYTES_MAX} bytes"),
            });
        }
        Err(Error::PackageDamaged)
    }

    /// How many bytes are encrypted in a file of `file_bytes` with this header.
    pub(super) fn content_bytes(&self, file_bytes: usize) -> Result<u64> {
        let pieces = (file_bytes as u64)
            .checked_sub(self.bytes as u64 + AGE_NONCE_BYTES)
            .filter(|pieces| *pieces >= AGE_TAG_BYTES)
            .ok_or(Error::PackageDamaged)?;
        let full = pieces / (AGE_CHUNK_BYTES + AGE_TAG_BYTES);
        match pieces % (AGE_CHUNK_BYTES + AGE_TAG_BYTES) {
            0 => Ok(full * AGE_CHUNK_BYTES),
            // The last piece of more than one holds at least a byte beside its tag.
            last if last > AGE_TAG_BYTES || (full == 0 && last == AGE_TAG_BYTES) => {
                Ok(full * AGE_CHUNK_BYTES + last - AGE_TAG_BYTES)
            }
            _ => Err(Error::PackageDamaged),
        }
    }
}
