//! Signed notes, in the C2SP format `signed-note`: text that a person can read and a program can verify.
//!
//! ```text
//! kinfold/eastmere/2026
//! 8112
//! 51abX…=
//!
//! — hub Az3grn…=
//! ```
//!
//! After an empty line comes one line for each signature: an em dash, the name of the key, and base64 of the key's id (4 bytes)
//! and the ed25519 signature over the text. Signatures of unknown keys are kept and not judged.

use crate::error::{Error, Result};
use crate::hex;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest as _, Sha256};
use std::fmt;

/// Signature algorithm number of ed25519 in the format.
const ED25519: u8 = 1;
const SIGNATURE_START: &str = "— ";
/// Largest note that is read, in bytes, and most signatures.
const NOTE_BYTES_MAX: usize = 64 * 1024;
const SIGNATURES_MAX: usize = 100;

/// The public key of a signer, with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteKey {
    name: String,
    public: VerifyingKey,
}

impl NoteKey {
    /// A key under a name, which holds neither spaces nor `+`.
    ///
    /// # Errors
    /// [`Error::NoteFormat`].
    pub fn new(name: &str, public: VerifyingKey) -> Result<Self> {
        let plain = !name.is_empty()
            && !name.contains(|letter: char| letter.is_whitespace() || letter == '+');
        if !plain {
            return Err(Error::NoteFormat {
                what: "a key's name holds no space and no `+`",
            });
        }
        if public.is_weak() {
            return Err(Error::NoteFormat {
                what: "the key is weak",
            });
        }
        Ok(Self {
            name: name.to_owned(),
            public,
        })
    }

    /// Reads the text form `name+id+key`.
    ///
    /// # Errors
    /// [`Error::NoteFormat`].
    pub fn parse(text: &str) -> Result<Self> {
        let wrong = Error::NoteFormat {
            what: "a key is written name+id+key",
        };
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(wrong);
        };
        let public = BASE64_STANDARD
            .decode(key)
            .ok()
            .and_then(|bytes| match bytes.split_first() {
                Some((&ED25519, key)) => VerifyingKey::try_from(key).ok(),
                _ => None,
            })
            .ok_or(wrong)?;
        let key = Self::new(name, public)?;
        if hex::encode(&key.id()) == id {
            Ok(key)
        } else {
            Err(Error::NoteFormat {
                what: "the key does not have the id",
            })
        }
    }

    /// The signer's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key's id: the first four bytes of SHA-256 over name, line end, algorithm and key.
    pub fn id(&self) -> [u8; 4] {
        let hash = Sha256::new()
            .chain_update(&self.name)
            .chain_update([b'\n', ED25519])
            .chain_update(self.public.as_bytes())
            .finalize();
        [hash[0], hash[1], hash[2], hash[3]]
    }
}

impl fmt::Display for NoteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [&[ED25519], self.public.as_bytes().as_slice()].concat();
        write!(
            f,
            "{}+{}+{}",
            self.name,
            hex::encode(&self.id()),
            BASE64_STANDARD.encode(key)
        )
    }
}

/// A text with signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct NoteSignature {
    name: String,
    id: [u8; 4],
    signature: Vec<u8>,
}

impl Note {
    /// A note without signatures. The text ends with a line end and has no control characters but line ends.
    ///
    /// # Errors
    /// [`Error::NoteFormat`].
    pub fn new(text: &str) -> Result<Self> {
        check_text(text)?;
        if !text.ends_with('\n') {
            return Err(Error::NoteFormat {
                what: "the text ends with a line end",
            });
        }
        Ok(Self {
            text: text.to_owned(),
            signatures: Vec::new(),
        })
    }

    /// The text that the signatures cover.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The same note with one more signature, which is checked first. A witness adds its own in the same way.
    ///
    /// # Errors
    /// [`Error::NoteSignature`] if the signature is not the key's over the text.
    pub fn with_signature(mut self, key: &NoteKey, signature: [u8; 64]) -> Result<Self> {
        let added = NoteSignature {
            name: key.name.clone(),
            id: key.id(),
            signature: signature.to_vec(),
        };
        if !added.is_valid(key, &self.text) {
            return Err(Error::NoteSignature {
                name: key.name.clone(),
            });
        }
        // One signature a key: the newest replaces.
        self.signatures
            .retain(|kept| (&kept.name, kept.id) != (&added.name, added.id));
        self.signatures.push(added);
        Ok(self)
    }

    /// Reads a note; the signatures are not judged yet.
    ///
    /// # Errors
    /// [`Error::NoteFormat`].
    pub fn parse(note: &str) -> Result<Self> {
        check_text(note)?;
        let split = note.rfind("\n\n").ok_or(Error::NoteFormat {
            what: "an empty line stands before the signatures",
        })?;
        let (text, signatures) = (&note[..=split], &note[split + 2..]);
        if signatures.is_empty() || !signatures.ends_with('\n') {
            return Err(Error::NoteFormat {
                what: "signature lines follow the empty line, each with a line end",
            });
        }
        let signatures = signatures
            .lines()
            .map(NoteSignature::parse)
            .collect::<Result<Vec<_>>>()?;
        if signatures.len() > SIGNATURES_MAX {
            return Err(Error::NoteFormat {
                what: "there are more than 100 signatures",
            });
        }
        Ok(Self {
            text: text.to_owned(),
            signatures,
        })
    }

    /// Checks that this key signed the text.
    ///
    /// # Errors
    /// [`Error::NoteSignature`] if there is no signature of the key, or a wrong one.
    pub fn verify(&self, key: &NoteKey) -> Result<()> {
        let mut own = self
            .signatures
            .iter()
            .filter(|signature| signature.name == key.name && signature.id == key.id())
            .peekable();
        let signed =
            own.peek().is_some() && own.all(|signature| signature.is_valid(key, &self.text));
        if signed {
            Ok(())
        } else {
            Err(Error::NoteSignature {
                name: key.name.clone(),
            })
        }
    }

    /// Names of all keys that claim to have signed, in the note's order.
    pub fn signers(&self) -> impl Iterator<Item = &str> {
        self.signatures
            .iter()
            .map(|signature| signature.name.as_str())
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        for signature in &self.signatures {
            let bytes = [&signature.id[..], &signature.signature].concat();
            writeln!(
                f,
                "{SIGNATURE_START}{} {}",
                signature.name,
                BASE64_STANDARD.encode(bytes)
            )?;
        }
        Ok(())
    }
}

impl NoteSignature {
    fn parse(line: &str) -> Result<Self> {
        let wrong = Error::NoteFormat {
            what: "a signature line is an em dash, a name and base64",
        };
        let parts = line
            .strip_prefix(SIGNATURE_START)
            .and_then(|rest| rest.split_once(' '));
        let Some((name, base64)) =
            parts.filter(|(name, _)| !name.is_empty() && !name.contains('+'))
        else {
            return Err(wrong);
        };
        let bytes = BASE64_STANDARD
            .decode(base64)
            .ok()
            .filter(|bytes| bytes.len() > 4)
            .ok_or(wrong)?;
        let (id, signature) = bytes.split_at(4);
        Ok(Self {
            name: name.to_owned(),
            id: [id[0], id[1], id[2], id[3]],
            signature: signature.to_vec(),
        })
    }

    fn is_valid(&self, key: &NoteKey, text: &str) -> bool {
        Signature::from_slice(&self.signature).is_ok_and(|signature| {
            key.public
                .verify_strict(text.as_bytes(), &signature)
                .is_ok()
        })
    }
}

fn check_text(text: &str) -> Result<()> {
    if text.len() > NOTE_BYTES_MAX {
        return Err(Error::NoteFormat {
            what: "a note is at most 64 KiB",
        });
    }
    if text
        .chars()
        .any(|letter| letter.is_control() && letter != '\n')
    {
        return Err(Error::NoteFormat {
            what: "a note has no control characters but line ends",
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::{Signer as _, SigningKey};

    fn signer(name: &str, seed: u8) -> (SigningKey, NoteKey) {
        let secret = SigningKey::from_bytes(&[seed; 32]);
        let public = NoteKey::new(name, secret.verifying_key()).unwrap();
        (secret, public)
    }

    /// The example of the Go package `golang.org/x/mod/sumdb/note`, where the format comes from.
    #[test]
    fn notes_of_other_tools_verify() {
        let key =
            NoteKey::parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
                .unwrap();
        let text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
        let signature = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=";
        let note = format!("{text}\n— PeterNeumann {signature}\n");
        let read = Note::parse(&note).unwrap();
        assert_eq!(read.text(), text);
        assert!(read.verify(&key).is_ok());
        assert_eq!(read.to_string(), note);
        let changed = note.replace("answer", "Answer");
        assert_eq!(
            Note::parse(&changed)
                .unwrap()
                .verify(&key)
                .unwrap_err()
                .code(),
            "E-LOG-SIGNATURE"
        );
    }

    #[test]
    fn keys_have_a_text_form() {
        let (_, key) = signer("hub", 1);
        assert_eq!(NoteKey::parse(&key.to_string()).unwrap(), key);
        assert!(
            NoteKey::parse(&key.to_string().replace("hub", "bub")).is_err(),
            "the id covers the name"
        );
        assert!(NoteKey::parse("hub").is_err());
        assert!(NoteKey::new("two words", key.public).is_err());
    }

    #[test]
    fn witnesses_add_their_signatures() {
        let (hub, hub_key) = signer("hub", 1);
        let (council, council_key) = signer("council", 2);
        let text = "kinfold/eastmere\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";
        let sign = |secret: &SigningKey| secret.sign(text.as_bytes()).to_bytes();
        let note = Note::new(text)
            .unwrap()
            .with_signature(&hub_key, sign(&hub))
            .unwrap();
        assert!(note.verify(&council_key).is_err());
        let note = note.with_signature(&council_key, sign(&council)).unwrap();
        let note = Note::parse(&note.to_string()).unwrap();
        assert!(note.verify(&hub_key).is_ok() && note.verify(&council_key).is_ok());
        assert_eq!(note.signers().collect::<Vec<_>>(), ["hub", "council"]);
        assert!(
            note.clone()
                .with_signature(&hub_key, sign(&council))
                .is_err()
        );
        let again = note.clone().with_signature(&hub_key, sign(&hub)).unwrap();
        assert_eq!(again.signers().collect::<Vec<_>>(), ["council", "hub"]);
        // The right key under another name is another signer.
        let renamed = NoteKey::new("health", hub.verifying_key()).unwrap();
        assert!(note.verify(&renamed).is_err());
    }

    #[test]
    fn malformed_notes_are_refused() {
        let (hub, key) = signer("hub", 1);
        let text = "origin\n1\nx\n";
        let good = Note::new(text)
            .unwrap()
            .with_signature(&key, hub.sign(text.as_bytes()).to_bytes())
            .unwrap()
            .to_string();
        assert!(Note::parse(&good).is_ok());
        for note in [
            good.replace("\n\n", "\n"),
            good.replace("— ", "- "),
            good.trim_end().to_owned(),
            good.replace("hub ", "hub"),
            format!("{text}\n"),
            good.replace("origin", "orig\tin"),
            String::new(),
            "a".repeat(NOTE_BYTES_MAX + 1),
            format!("{text}\n{}", "— hub AAAAAAA=\n".repeat(101)),
        ] {
            assert_eq!(
                Note::parse(&note).unwrap_err().code(),
                "E-LOG-CHECKPOINT",
                "{note:.60}"
            );
        }
        assert!(Note::new("no line end").is_err());
    }
}
