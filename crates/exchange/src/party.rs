//! Who takes part: custodians, the linkage unit, the integrator, and the public parts of their keys.

use crate::error::{Error, Result};
use crate::{hex, names, words};
use age::x25519::Recipient;
use ed25519_dalek::VerifyingKey;
use kinfold_message::{Problem, write_whole};
use serde::{Deserialize, Serialize};
use std::fmt::{self, Write as _};
use std::path::Path;

/// Largest public part that is read, in bytes.
const PUBLIC_BYTES_MAX: u64 = 64 * 1024;
/// Most contacts a party lists.
const CONTACTS_MAX: usize = 64;

/// What a party does, and so which keys it may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// An agency that owns records, encodes them and sends packages. The only role that holds the project key.
    Custodian,
    /// Receives records (codes) and links them. Never holds the project key.
    LinkageUnit,
    /// Receives events and adds them to the linked households. Never holds the project key.
    Integrator,
}

impl Role {
    /// The role as it is written in files and arguments.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Custodian => "custodian",
            Self::LinkageUnit => "linkage-unit",
            Self::Integrator => "integrator",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Role {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        [Self::Custodian, Self::LinkageUnit, Self::Integrator]
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| {
                Error::agreement("a role is `custodian`, `linkage-unit` or `integrator`")
            })
    }
}

/// A service of a custodian that a practitioner may call about a need.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// Id of the service, as events name it: `early-help`.
    pub service: String,
    /// The service's name for people.
    pub name: String,
    /// Telephone number, as it should be shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// E-mail address of the service (never of a person the data is about).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

/// One party, with the public parts of its keys.
#[derive(Clone, Debug, PartialEq)]
pub struct Party {
    /// Short id: `council`.
    pub id: String,
    /// Name for people: "Eastmere Council".
    pub name: String,
    /// What the party does.
    pub role: Role,
    /// Verifies the party's signatures.
    pub signing_key: VerifyingKey,
    /// Packages for the party are encrypted to this age recipient.
    pub recipient: Recipient,
    /// Made from a seed, for tests; only a test agreement may list it.
    pub test_only: bool,
    /// Services to call, for custodians.
    pub contacts: Vec<Contact>,
}

impl Party {
    /// A hash of id, role and keys: what manifests name as the recipient and what officers compare.
    pub fn fingerprint(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"kinfold/party/v1\0");
        for part in [self.id.as_bytes(), self.role.as_str().as_bytes()] {
            hasher.update(part).update(b"\0");
        }
        hasher
            .update(self.signing_key.as_bytes())
            .update(self.recipient.to_string().as_bytes());
        *hasher.finalize().as_bytes()
    }

    /// The fingerprint as eight words, for comparing over the telephone.
    pub fn fingerprint_words(&self) -> String {
        words::fingerprint_words(&self.fingerprint())
    }

    /// The contact of a service.
    pub fn contact(&self, service: &str) -> Option<&Contact> {
        self.contacts
            .iter()
            .find(|contact| contact.service == service)
    }

    /// Reads the text of a public part (`council.pub.toml`).
    ///
    /// # Errors
    /// [`Error::AgreementFormat`] with the rule that is broken.
    pub fn parse(text: &str) -> Result<Self> {
        let raw: PartyText = toml::from_str(text)
            .map_err(|error| Error::agreement(crate::toml_message(&error, text)))?;
        raw.try_into()
    }

    /// The public part as text, with comments.
    pub fn to_toml(&self) -> String {
        let mut text = String::from(
            "# Public part of a kinfold party key. It may be sent by e-mail; compare the fingerprint by telephone.\n",
        );
        let _ = writeln!(text, "# fingerprint: {}", self.fingerprint_words());
        self.write_fields(&mut text, "contact");
        text
    }

    /// Reads a public part from a file.
    ///
    /// # Errors
    /// A file problem, or as [`Party::parse`].
    pub fn load(path: &Path) -> Result<Self> {
        let text = crate::read_text(path, PUBLIC_BYTES_MAX, "read the public part of a key")?;
        Self::parse(&text).map_err(|error| error.in_file(path))
    }

    /// Writes the public part to a file, whole or not at all.
    ///
    /// # Errors
    /// A file problem.
    pub fn save(&self, path: &Path) -> Result<()> {
        write_whole(path, self.to_toml().as_bytes()).map_err(|problem: Problem| problem.into())
    }

    /// The fields in TOML; contacts under `[[contact_table]]`.
    pub(crate) fn write_fields(&self, text: &mut String, contact_table: &str) {
        let quoted = |value: &str| toml::Value::from(value).to_string();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "id = {}", quoted(&self.id));
        let _ = writeln!(text, "name = {}", quoted(&self.name));
        let _ = writeln!(text, "role = {}", quoted(self.role.as_str()));
        let _ = writeln!(
            text,
            "signing_key = {}",
            quoted(&hex::encode(self.signing_key.as_bytes()))
        );
        let _ = writeln!(text, "recipient = {}", quoted(&self.recipient.to_string()));
        if self.test_only {
            let _ = writeln!(text, "test_only = true");
        }
        for contact in &self.contacts {
            let _ = writeln!(text, "\n[[{contact_table}]]");
            let _ = writeln!(text, "service = {}", quoted(&contact.service));
            let _ = writeln!(text, "name = {}", quoted(&contact.name));
            for (key, value) in [("phone", &contact.phone), ("email", &contact.email)] {
                if let Some(value) = value {
                    let _ = writeln!(text, "{key} = {}", quoted(value));
                }
            }
        }
    }
}

/// A party as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PartyText {
    id: String,
    name: String,
    role: Role,
    signing_key: String,
    recipient: String,
    #[serde(default)]
    test_only: bool,
    #[serde(default)]
    contact: Vec<Contact>,
}

impl TryFrom<PartyText> for Party {
    type Error = Error;

    fn try_from(raw: PartyText) -> Result<Self> {
        if !names::is_id(&raw.id) {
            return Err(Error::agreement(
                "a party's id is 1 to 64 of a-z, 0-9 and `-`",
            ));
        }
        let id = raw.id;
        let broken = |rule: &str| Error::agreement(format!("party `{id}`: {rule}"));
        if !names::is_line(&raw.name, 120) {
            return Err(broken("the name is one line of at most 120 bytes"));
        }
        let signing_key = hex::decode_32(&raw.signing_key)
            .and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok())
            // A weak key verifies some signatures that its owner never made.
            .filter(|key| !key.is_weak())
            .ok_or_else(|| broken("the signing key is not an ed25519 public key in 64 lowercase hexadecimal digits"))?;
        let recipient = raw
            .recipient
            .parse::<Recipient>()
            .ok()
            .filter(|recipient| {
                recipient.to_string() == raw.recipient && !is_small_order(&raw.recipient)
            })
            .ok_or_else(|| broken("the recipient is not an age X25519 public key (age1…)"))?;
        if raw.contact.len() > CONTACTS_MAX {
            return Err(broken("there are more than 64 contacts"));
        }
        for (index, contact) in raw.contact.iter().enumerate() {
            let lines = [
                Some(&contact.name),
                contact.phone.as_ref(),
                contact.email.as_ref(),
            ];
            if !names::is_id(&contact.service)
                || lines
                    .into_iter()
                    .flatten()
                    .any(|line| !names::is_line(line, 200))
            {
                return Err(broken(
                    "a contact has a service id, and name, phone and email of one line each",
                ));
            }
            if raw.contact[..index]
                .iter()
                .any(|earlier| earlier.service == contact.service)
            {
                return Err(broken("two contacts have the same service id"));
            }
        }
        Ok(Self {
            id,
            name: raw.name,
            role: raw.role,
            signing_key,
            recipient,
            test_only: raw.test_only,
            contacts: raw.contact,
        })
    }
}

/// Whether an age recipient is one of the seven points of small order (RFC 7748 section 6.1 and its non-canonical spellings).
/// Nothing can be kept secret with such a key, and age panics when asked to.
fn is_small_order(recipient: &str) -> bool {
    const SMALL: [&str; 7] = [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ];
    let Ok((_, mut bytes)) = bech32::decode(recipient) else {
        return true;
    };
    if let Some(last) = bytes.last_mut() {
        // X25519 ignores the highest bit.
        *last &= 0x7f;
    }
    let point = hex::encode(&bytes);
    SMALL.contains(&point.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipients_of_small_order_are_refused() {
        let good = crate::testing::key("council", Role::Custodian).public();
        let prefix = bech32::Hrp::parse("age").unwrap();
        for (first, last) in [(0, 0), (1, 0), (0, 0x80), (1, 0x80)] {
            let mut point = [0; 32];
            (point[0], point[31]) = (first, last);
            let weak = bech32::encode::<bech32::Bech32>(prefix, &point).unwrap();
            let text = good.to_toml().replace(&good.recipient.to_string(), &weak);
            let error = Party::parse(&text).unwrap_err();
            assert!(error.to_string().contains("age X25519"), "{error}");
        }
        assert_eq!(Party::parse(&good.to_toml()).unwrap(), good);
    }

    #[test]
    fn public_parts_are_files() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("council.pub.toml");
        let mut party = crate::testing::key("council", Role::Custodian).public();
        let contact = Contact {
            service: "early-help".to_owned(),
            name: "Early \"help\" hub".to_owned(),
            phone: None,
            email: Some("early.help@eastmere.example".to_owned()),
        };
        party.contacts.push(contact.clone());
        party.save(&path).unwrap();
        assert_eq!(Party::load(&path).unwrap(), party);
        party.contacts.push(contact);
        assert!(
            Party::parse(&party.to_toml())
                .unwrap_err()
                .to_string()
                .contains("same service id")
        );
        std::fs::write(&path, vec![b'#'; 100_000]).unwrap();
        assert_eq!(Party::load(&path).unwrap_err().code(), "E-AGR-FORMAT");
    }
}
