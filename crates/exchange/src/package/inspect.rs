//! What a package is, for someone who cannot open it.

use super::envelope::HeaderSummary;
use crate::error::Result;
use std::fmt;

/// What the outside of a package shows. Sender, recipient and content are inside.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Inspection {
    /// How many X25519 keys can open it.
    pub recipients: usize,
    /// Bytes of the encryption header.
    pub header_bytes: u64,
    /// Bytes of the whole file.
    pub file_bytes: u64,
    /// Bytes inside: manifest, signature and tables.
    pub content_bytes: u64,
}

/// Looks at a package without opening it.
///
/// # Errors
/// [`Error::PackageFormat`](crate::Error::PackageFormat) if it is none, and the errors of a damaged or excessive header.
pub fn inspect(bytes: &[u8]) -> Result<Inspection> {
    let header = HeaderSummary::scan(bytes)?;
    Ok(Inspection {
        recipients: header.x25519_stanzas,
        header_bytes: header.bytes as u64,
        file_bytes: bytes.len() as u64,
        content_bytes: header.content_bytes(bytes.len())?,
    })
}

impl fmt::Display for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys = if self.recipients == 1 { "key" } else { "keys" };
        writeln!(
            f,
            "a sealed package (age v1): {} {keys} can open it",
            self.recipients
        )?;
        writeln!(f, "  file     {} bytes", self.file_bytes)?;
        writeln!(f, "  content  {} bytes", self.content_bytes)?;
        write!(
            f,
            "sender, recipient and tables are inside; only the recipient's key shows them"
        )
    }
}
