//! A party's own key: it signs, it opens what was sealed to the party, and a custodian's also names its records.

use super::{has_name, random_32, secret_file, seeded_32};
use crate::error::{Error, Result};
use crate::party::{Party, Role};
use crate::{hex, names};
use age::secrecy::ExposeSecret as _;
use age::x25519::Identity;
use ed25519_dalek::{Signer as _, SigningKey};
use serde::Deserialize;
use std::fmt::Write as _;
use std::path::Path;
use zeroize::{Zeroize as _, Zeroizing};

/// Key file format.
const KEY_VERSION: u32 = 1;
const SEED_CONTEXT: &str = "kinfold 2026 party key from a seed, for tests only";
const AGE_SECRET_PREFIX: bech32::Hrp = bech32::Hrp::parse_unchecked("age-secret-key-");

/// The secret key of one party.
///
/// It has no `Debug` and no `Clone`, and is wiped when dropped.
pub struct PartyKey {
    id: String,
    role: Role,
    test_only: bool,
    signing: SigningKey,
    identity: Identity,
    /// Custodians only.
    local_secret: Option<Zeroizing<[u8; 32]>>,
}

impl PartyKey {
    /// Makes a new key from the operating system's random bytes.
    ///
    /// # Errors
    /// [`Error::KeyRandom`], or [`Error::KeyFormat`] for an id that is not one.
    pub fn generate(id: &str, role: Role) -> Result<Self> {
        let signing = random_32()?;
        let local = random_32()?;
        Self::from_parts(
            id,
            role,
            false,
            SigningKey::from_bytes(&signing),
            Identity::generate(),
            local,
        )
    }

    /// Makes a key that everyone who knows the seed can make. Only test agreements accept it.
    ///
    /// # Errors
    /// [`Error::KeyFormat`] for an id that is not one.
    pub fn danger_from_seed(id: &str, role: Role, seed: u64) -> Result<Self> {
        let secret = |part: &str| seeded_32(SEED_CONTEXT, &[part, id, role.as_str()], seed);
        let identity = identity_from_bytes(&secret("identity"));
        Self::from_parts(
            id,
            role,
            true,
            SigningKey::from_bytes(&secret("signing")),
            identity,
            secret("local"),
        )
    }

    fn from_parts(
        id: &str,
        role: Role,
        test_only: bool,
        signing: SigningKey,
        identity: Identity,
        local_secret: Zeroizing<[u8; 32]>,
    ) -> Result<Self> {
        if !names::is_id(id) {
            return Err(Error::key("a party's id is 1 to 64 of a-z, 0-9 and `-`"));
        }
        let local_secret = (role == Role::Custodian).then_some(local_secret);
        Ok(Self {
            id: id.to_owned(),
            role,
            test_only,
            signing,
            identity,
            local_secret,
        })
    }

    /// The party's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The party's role.
    pub fn role(&self) -> Role {
        self.role
    }

    /// Whether the key was made from a seed.
    pub fn is_test_only(&self) -> bool {
        self.test_only
    }

    /// The public part: the name is the id, and there are no contacts, until the party fills them in.
    pub fn public(&self) -> Party {
        Party {
            id: self.id.clone(),
            name: self.id.clone(),
            role: self.role,
            signing_key: self.signing.verifying_key(),
            recipient: self.identity.to_public(),
            test_only: self.test_only,
            contacts: Vec::new(),
        }
    }

    /// The custodian's own secret, from which it derives record references that nobody else can connect to a person.
    ///
    /// # Errors
    /// [`Error::KeyRole`] for every other role.
    pub fn local_secret(&self) -> Result<&[u8; 32]> {
        self.local_secret
            .as_deref()
            .ok_or_else(|| self.refuse("name records"))
    }

    /// Refuses unless the key is a custodian's.
    pub(crate) fn must_be_custodian(&self, action: &'static str) -> Result<()> {
        if self.role == Role::Custodian {
            Ok(())
        } else {
            Err(self.refuse(action))
        }
    }

    fn refuse(&self, action: &'static str) -> Error {
        Error::KeyRole {
            party: self.id.clone(),
            role: self.role,
            action,
        }
    }

    /// Signs a message under a context, so that a signature for one purpose never serves another. The context ends with a zero
    /// byte, for instance `b"kinfold/agreement/v1\0"`.
    pub(crate) fn sign(&self, context: &[u8], message: &[u8]) -> [u8; 64] {
        debug_assert_eq!(context.last(), Some(&0), "a context ends with a zero byte");
        self.signing.sign(&[context, message].concat()).to_bytes()
    }

    /// Signs the text of a note (a ledger's checkpoint). The first line of a note is its origin, which holds no zero byte, so
    /// such a signature never serves as one of this crate's own.
    ///
    /// # Errors
    /// [`Error::KeyFormat`] if the text holds a zero byte or does not end its last line.
    pub fn sign_note(&self, text: &str) -> Result<[u8; 64]> {
        if text.contains('\0') || !text.ends_with('\n') {
            return Err(Error::key(
                "a note is text without zero bytes that ends with a line end",
            ));
        }
        Ok(self.signing.sign(text.as_bytes()).to_bytes())
    }

    pub(crate) fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Reads a key file, which only its owner may read.
    ///
    /// # Errors
    /// A file problem, [`Error::KeyPermissions`] or [`Error::KeyFormat`].
    pub fn load(path: &Path) -> Result<Self> {
        let text = secret_file::read(path)?;
        Self::parse(&text).map_err(|error| error.in_file(path))
    }

    /// Writes the key to a new file that only its owner can read. An existing file is never overwritten.
    ///
    /// # Errors
    /// [`Error::KeyExists`] or a file problem.
    pub fn save(&self, path: &Path) -> Result<()> {
        secret_file::write(path, &self.to_toml())
    }

    fn to_toml(&self) -> Zeroizing<String> {
        // Large enough never to grow: a growing string would leave copies behind.
        let mut text = Zeroizing::new(String::with_capacity(2048));
        text.push_str("# kinfold party key. SECRET: never send it, never copy it to another machine, back it up offline.\n");
        let public = self.public();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "# fingerprint: {}", public.fingerprint_words());
        let _ = writeln!(text, "version = {KEY_VERSION}");
        let _ = writeln!(text, "party = \"{}\"\nrole = \"{}\"", self.id, self.role);
        if self.test_only {
            text.push_str("test_only = true\n");
        }
        let signing = Zeroizing::new(hex::encode(self.signing.as_bytes()));
        let identity = self.identity.to_string();
        let _ = writeln!(text, "signing_secret = \"{}\"", signing.as_str());
        let _ = writeln!(text, "age_identity = \"{}\"", identity.expose_secret());
        if let Some(local) = &self.local_secret {
            let local = Zeroizing::new(hex::encode(local.as_slice()));
            let _ = writeln!(text, "local_secret = \"{}\"", local.as_str());
        }
        text
    }

    fn parse(text: &str) -> Result<Self> {
        let mut raw: PartyKeyText = toml::from_str(text).map_err(|error| {
            if has_name(text, "project") && !has_name(text, "party") {
                Error::KeyKind {
                    found: "project",
                    needed: "party",
                }
            } else {
                Error::key(crate::toml_place(&error, text))
            }
        })?;
        let parsed = Self::from_text(&raw);
        raw.signing_secret.zeroize();
        raw.age_identity.zeroize();
        raw.local_secret.zeroize();
        parsed
    }

    fn from_text(raw: &PartyKeyText) -> Result<Self> {
        if raw.version != KEY_VERSION {
            return Err(Error::key(format!(
                "the key file has version {}, this release reads {KEY_VERSION}",
                raw.version
            )));
        }
        let secret = |text: &str, field: &str| {
            hex::decode_32(text).map(Zeroizing::new).ok_or_else(|| {
                Error::key(format!("`{field}` is not 64 lowercase hexadecimal digits"))
            })
        };
        let signing = secret(&raw.signing_secret, "signing_secret")?;
        let identity = raw
            .age_identity
            .parse()
            .map_err(|_| Error::key("`age_identity` is not an age X25519 secret key"))?;
        let local = match (&raw.local_secret, raw.role) {
            (Some(text), Role::Custodian) => secret(text, "local_secret")?,
            (None, Role::Custodian) => {
                return Err(Error::key("a custodian's key has a `local_secret`"));
            }
            (Some(_), _) => return Err(Error::key("only a custodian's key has a `local_secret`")),
            (None, _) => Zeroizing::new([0; 32]),
        };
        Self::from_parts(
            &raw.party,
            raw.role,
            raw.test_only,
            SigningKey::from_bytes(&signing),
            identity,
            local,
        )
    }
}

/// A party key as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PartyKeyText {
    version: u32,
    party: String,
    role: Role,
    #[serde(default)]
    test_only: bool,
    signing_secret: String,
    age_identity: String,
    local_secret: Option<String>,
}

/// An age identity from its bytes. The age crate reads identities from text only.
fn identity_from_bytes(bytes: &[u8; 32]) -> Identity {
    let text = bech32::encode::<bech32::Bech32>(AGE_SECRET_PREFIX, bytes).map(|mut lower| {
        let upper = Zeroizing::new(lower.to_uppercase());
        lower.zeroize();
        upper
    });
    text.ok()
        .and_then(|text| text.parse().ok())
        .expect("32 bytes under a valid prefix are always an age identity")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_file_round_trips() {
        for role in [Role::Custodian, Role::LinkageUnit, Role::Integrator] {
            let key = PartyKey::generate("council", role).unwrap();
            let back = PartyKey::parse(&key.to_toml()).unwrap();
            assert_eq!(key.public(), back.public());
            assert_eq!(key.local_secret().ok(), back.local_secret().ok());
            assert_eq!(key.local_secret().is_ok(), role == Role::Custodian);
        }
    }

    #[test]
    fn seeded_keys_repeat_and_say_what_they_are() {
        let make = |id, role, seed| PartyKey::danger_from_seed(id, role, seed).unwrap();
        let key = make("council", Role::Custodian, 7);
        assert_eq!(key.public(), make("council", Role::Custodian, 7).public());
        assert!(key.to_toml().contains("test_only = true"));
        assert!(PartyKey::parse(&key.to_toml()).unwrap().is_test_only());
        for other in [
            make("council", Role::Custodian, 8),
            make("health", Role::Custodian, 7),
            make("council", Role::Integrator, 7),
        ] {
            assert_ne!(key.public().signing_key, other.public().signing_key);
            assert_ne!(key.public().recipient, other.public().recipient);
        }
        assert!(
            !PartyKey::generate("council", Role::Custodian)
                .unwrap()
                .is_test_only()
        );
    }

    #[test]
    fn malformed_key_files_are_refused_without_showing_the_secret() {
        let key = PartyKey::danger_from_seed("council", Role::Custodian, 7).unwrap();
        let good = key.to_toml();
        let secret = hex::encode(key.signing.as_bytes());
        let broken = [
            good.replace(&secret, &secret[1..]),
            good.replace(&format!("\"{secret}\""), &secret),
            good.replace("version = 1", "version = 2"),
            good.replace("role = \"custodian\"", "role = \"linkage-unit\""),
            good.replace("AGE-SECRET", "AGE-PUBLIC"),
            good.replace("test_only", "test"),
            format!("{}extra = 1\n", good.as_str()),
            format!("{0}signing_secret = \"{secret}\"\n", good.as_str()),
        ];
        for text in broken {
            let error = PartyKey::parse(&text).err().expect("refused");
            assert_eq!(error.code(), "E-KEY-FORMAT");
            assert!(!error.to_string().contains(&secret[1..20]), "{error}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn key_files_are_private_and_never_overwritten() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("council.key");
        let key = PartyKey::danger_from_seed("council", Role::Custodian, 7).unwrap();
        key.save(&path).unwrap();
        assert_eq!(
            std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert_eq!(key.save(&path).err().unwrap().code(), "E-KEY-EXISTS");
        assert_eq!(PartyKey::load(&path).unwrap().public(), key.public());
        for mode in [0o640, 0o604, 0o660, 0o644] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(
                PartyKey::load(&path).err().unwrap().code(),
                "E-KEY-PERMISSIONS"
            );
        }
        assert_eq!(
            std::fs::read_dir(folder.path()).unwrap().count(),
            1,
            "no temporary file stays behind"
        );
        assert_eq!(
            PartyKey::load(&folder.path().join("none.key"))
                .err()
                .unwrap()
                .code(),
            "E-FILE-MISSING"
        );
    }

    #[test]
    fn notes_are_plain_text() {
        let key = PartyKey::danger_from_seed("hub", Role::LinkageUnit, 7).unwrap();
        assert!(key.sign_note("origin\n1\nroot\n").is_ok());
        assert!(key.sign_note("kinfold/agreement/v1\0…\n").is_err());
        assert!(key.sign_note("no line end").is_err());
    }
}
