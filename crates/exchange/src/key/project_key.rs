//! The secret that the custodians of one project share for one epoch.
//!
//! Every token and every filter position hangs on this key: who holds it and the codes can look up anyone by trying all names.
//! So only a custodian's [`PartyKey`] can load it, and it can only be wrapped to a custodian.

use super::{PartyKey, has_name, random_32, secret_file, seeded_32};
use crate::error::{Error, Result};
use crate::package::{open_envelope, seal_envelope};
use crate::party::{Party, Role};
use crate::{hex, names};
use hkdf::Hkdf;
use serde::Deserialize;
use sha2::Sha256;
use std::fmt::Write as _;
use std::path::Path;
use zeroize::{Zeroize as _, Zeroizing};

const KEY_VERSION: u32 = 1;
const SEED_CONTEXT: &str = "kinfold 2026 project key from a seed, for tests only";
/// Purpose of the key check value.
const CHECK_PURPOSE: &str = "key-check";

/// The shared secret of one project and epoch.
///
/// It has no `Debug` and no `Clone`, and is wiped when dropped.
pub struct ProjectKey {
    project: String,
    epoch: String,
    test_only: bool,
    secret: Zeroizing<[u8; 32]>,
}

impl ProjectKey {
    /// Makes a new key from the operating system's random bytes.
    ///
    /// # Errors
    /// [`Error::KeyRandom`], or [`Error::KeyFormat`] for a project or epoch that is not an id.
    pub fn generate(project: &str, epoch: &str) -> Result<Self> {
        Self::from_parts(project, epoch, false, random_32()?)
    }

    /// Makes a key that everyone who knows the seed can make. Only test agreements accept it.
    ///
    /// # Errors
    /// [`Error::KeyFormat`] for a project or epoch that is not an id.
    pub fn danger_from_seed(project: &str, epoch: &str, seed: u64) -> Result<Self> {
        Self::from_parts(
            project,
            epoch,
            true,
            seeded_32(SEED_CONTEXT, &[project, epoch], seed),
        )
    }

    fn from_parts(
        project: &str,
        epoch: &str,
        test_only: bool,
        secret: Zeroizing<[u8; 32]>,
    ) -> Result<Self> {
        if !names::is_id(project) || !names::is_id(epoch) {
            return Err(Error::key(
                "a project and an epoch are 1 to 64 of a-z, 0-9 and `-`",
            ));
        }
        Ok(Self {
            project: project.to_owned(),
            epoch: epoch.to_owned(),
            test_only,
            secret,
        })
    }

    /// The project.
    pub fn project(&self) -> &str {
        &self.project
    }

    /// The epoch: a new one means new codes that cannot be joined to old ones.
    pub fn epoch(&self) -> &str {
        &self.epoch
    }

    /// Whether the key was made from a seed.
    pub fn is_test_only(&self) -> bool {
        self.test_only
    }

    /// A 32-byte key for one purpose under one linkage schema: HKDF-SHA-256 expand with
    /// `"kinfold/v1\0" purpose "\0" project "\0" epoch "\0" schema_hash`. The caller wipes it after use.
    ///
    /// # Panics
    /// If the purpose holds a zero byte, which would let two purposes share a key.
    pub fn expand(&self, purpose: &str, schema_hash: &[u8; 32]) -> [u8; 32] {
        assert!(!purpose.contains('\0'), "a purpose holds no zero byte");
        let mut output = [0; 32];
        let kdf =
            Hkdf::<Sha256>::from_prk(&*self.secret).expect("32 bytes are a valid HKDF-SHA-256 key");
        let info = [purpose, &self.project, &self.epoch].join("\0");
        let info: [&[u8]; 4] = [b"kinfold/v1\0", info.as_bytes(), b"\0", schema_hash];
        kdf.expand_multi_info(&info, &mut output)
            .expect("32 bytes are a valid HKDF-SHA-256 output length");
        output
    }

    /// The key check value: equal for two custodians exactly when key, project, epoch and schema are equal. It is a pseudorandom
    /// output of a uniform key, so it stands in clear in every manifest.
    pub fn check_value(&self, schema_hash: &[u8; 32]) -> [u8; 32] {
        self.expand(CHECK_PURPOSE, schema_hash)
    }

    /// A hash of the key for custodians to compare; it tells nothing about the key.
    pub fn fingerprint(&self) -> [u8; 32] {
        self.expand("fingerprint", &[0; 32])
    }

    /// Reads the key file for a custodian.
    ///
    /// # Errors
    /// [`Error::KeyRole`] if the holder is no custodian; a file problem, [`Error::KeyPermissions`] or [`Error::KeyFormat`].
    pub fn load(path: &Path, holder: &PartyKey) -> Result<Self> {
        holder.must_be_custodian("hold the project key")?;
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

    /// Encrypts the key for another custodian.
    ///
    /// # Errors
    /// [`Error::KeyRole`] if the recipient is no custodian.
    pub fn seal_to(&self, recipient: &Party) -> Result<Vec<u8>> {
        if recipient.role != Role::Custodian {
            return Err(Error::KeyRole {
                party: recipient.id.clone(),
                role: recipient.role,
                action: "receive the project key",
            });
        }
        Ok(seal_envelope(&recipient.recipient, |writer| {
            std::io::Write::write_all(writer, self.to_toml().as_bytes())
        }))
    }

    /// Opens a key that another custodian sealed to this one.
    ///
    /// # Errors
    /// [`Error::KeyRole`] if the holder is no custodian; the errors of an envelope, or [`Error::KeyFormat`].
    pub fn open_sealed(bytes: &[u8], holder: &PartyKey) -> Result<Self> {
        holder.must_be_custodian("hold the project key")?;
        let mut envelope = open_envelope(bytes, holder)?;
        let text = Zeroizing::new(envelope.read_to_end(16 * 1024)?);
        let text = std::str::from_utf8(&text)
            .map_err(|_| Error::key("the sealed file does not hold a project key"))?;
        Self::parse(text)
    }

    fn to_toml(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(1024));
        text.push_str("# kinfold project key. SECRET: for the custodians of this project alone, never for the linkage unit.\n");
        let words = crate::fingerprint_words(&self.fingerprint());
        let secret = Zeroizing::new(hex::encode(self.secret.as_slice()));
        // Writing to a string cannot fail.
        let _ = writeln!(text, "# fingerprint: {words}\nversion = {KEY_VERSION}");
        let _ = writeln!(
            text,
            "project = \"{}\"\nepoch = \"{}\"",
            self.project, self.epoch
        );
        if self.test_only {
            text.push_str("test_only = true\n");
        }
        let _ = writeln!(text, "secret = \"{}\"", secret.as_str());
        text
    }

    fn parse(text: &str) -> Result<Self> {
        let mut raw: ProjectKeyText = toml::from_str(text).map_err(|error| {
            if has_name(text, "party") && !has_name(text, "project") {
                Error::KeyKind {
                    found: "party",
                    needed: "project",
                }
            } else {
                Error::key(crate::toml_place(&error, text))
            }
        })?;
        let secret = hex::decode_32(&raw.secret).map(Zeroizing::new);
        raw.secret.zeroize();
        if raw.version != KEY_VERSION {
            return Err(Error::key(format!(
                "the key file has version {}, this release reads {KEY_VERSION}",
                raw.version
            )));
        }
        let secret =
            secret.ok_or_else(|| Error::key("`secret` is not 64 lowercase hexadecimal digits"))?;
        Self::from_parts(&raw.project, &raw.epoch, raw.test_only, secret)
    }
}

/// A project key as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProjectKeyText {
    version: u32,
    project: String,
    epoch: String,
    #[serde(default)]
    test_only: bool,
    secret: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn party(role: Role) -> PartyKey {
        PartyKey::danger_from_seed("someone", role, 1).unwrap()
    }

    #[test]
    fn check_value_differs_by_key_project_epoch_and_schema() {
        let make =
            |project, epoch, seed| ProjectKey::danger_from_seed(project, epoch, seed).unwrap();
        let base = make("eastmere", "2026", 7);
        // The same secret under another project or epoch, as after a careless copy.
        let same_secret = |project, epoch| {
            ProjectKey::from_parts(project, epoch, true, base.secret.clone())
                .unwrap()
                .check_value(&[1; 32])
        };
        let values = [
            base.check_value(&[1; 32]),
            base.check_value(&[2; 32]),
            base.expand("filter/all", &[1; 32]),
            make("eastmere", "2026", 8).check_value(&[1; 32]),
            make("eastmere", "2027", 7).check_value(&[1; 32]),
            same_secret("westmere", "2026"),
            same_secret("eastmere", "2027"),
            // Shifting characters between neighbouring parts must not give the same input.
            same_secret("eastmere2", "026"),
        ];
        assert_eq!(values.iter().collect::<BTreeSet<_>>().len(), values.len());
        assert_eq!(
            base.check_value(&[1; 32]),
            make("eastmere", "2026", 7).check_value(&[1; 32])
        );
    }

    #[test]
    fn expansion_is_hkdf_sha_256() {
        // HKDF expand of RFC 5869 for one block is HMAC(key, info || 0x01); computed here without the hkdf crate.
        let key = ProjectKey::danger_from_seed("eastmere", "2026", 7).unwrap();
        let hmac = |message: &[u8]| {
            use sha2::Digest as _;
            let mut inner = [0x36; 64];
            let mut outer = [0x5c; 64];
            for (index, byte) in key.secret.iter().enumerate() {
                inner[index] ^= byte;
                outer[index] ^= byte;
            }
            let digest = Sha256::new()
                .chain_update(inner)
                .chain_update(message)
                .finalize();
            Sha256::new()
                .chain_update(outer)
                .chain_update(digest)
                .finalize()
        };
        let mut message = b"kinfold/v1\0filter\0eastmere\x002026\0".to_vec();
        message.extend([9; 32]);
        message.push(1);
        assert_eq!(key.expand("filter", &[9; 32])[..], hmac(&message)[..]);
    }

    #[test]
    fn only_custodians_hold_load_or_receive_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("project.key");
        let key = ProjectKey::generate("eastmere", "2026").unwrap();
        key.save(&path).unwrap();
        let custodian = party(Role::Custodian);
        let sealed = key.seal_to(&custodian.public()).unwrap();
        for role in [Role::LinkageUnit, Role::Integrator] {
            let holder = party(role);
            assert_eq!(
                ProjectKey::load(&path, &holder).err().unwrap().code(),
                "E-KEY-ROLE"
            );
            assert_eq!(
                key.seal_to(&holder.public()).err().unwrap().code(),
                "E-KEY-ROLE"
            );
            assert_eq!(
                ProjectKey::open_sealed(&sealed, &holder)
                    .err()
                    .unwrap()
                    .code(),
                "E-KEY-ROLE"
            );
        }
        assert_eq!(
            ProjectKey::load(&path, &custodian).unwrap().fingerprint(),
            key.fingerprint()
        );
        assert_eq!(
            ProjectKey::open_sealed(&sealed, &custodian)
                .unwrap()
                .fingerprint(),
            key.fingerprint()
        );
        let other = PartyKey::danger_from_seed("other", Role::Custodian, 1).unwrap();
        assert_eq!(
            ProjectKey::open_sealed(&sealed, &other)
                .err()
                .unwrap()
                .code(),
            "E-PKG-RECIPIENT"
        );
    }

    #[test]
    fn the_two_kinds_of_key_are_not_mixed_up() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let holder = party(Role::Custodian);
        holder.save(&at("party.key")).unwrap();
        let key = ProjectKey::generate("eastmere", "2026").unwrap();
        key.save(&at("project.key")).unwrap();
        let errors = [
            PartyKey::load(&at("project.key")).err().unwrap(),
            ProjectKey::load(&at("party.key"), &holder).err().unwrap(),
        ];
        let said = errors.map(|error| (error.code(), error.to_string()));
        assert_eq!(
            said,
            [
                (
                    "E-KEY-KIND",
                    "this is a project key; a party key is needed".to_owned()
                ),
                (
                    "E-KEY-KIND",
                    "this is a party key; a project key is needed".to_owned()
                ),
            ]
        );
    }

    #[test]
    fn malformed_project_keys_are_refused_without_showing_the_secret() {
        let key = ProjectKey::danger_from_seed("eastmere", "2026", 7).unwrap();
        let good = key.to_toml();
        let secret = hex::encode(key.secret.as_slice());
        for text in [
            good.replace(&secret, &secret.to_uppercase()),
            good.replace(&format!("\"{secret}\""), &secret),
            good.replace("version = 1", "version = 9"),
            good.replace("eastmere", "East Mere"),
            format!("{}more = 1", good.as_str()),
        ] {
            let error = ProjectKey::parse(&text).err().expect("refused");
            assert_eq!(error.code(), "E-KEY-FORMAT");
            assert!(
                !error.to_string().to_lowercase().contains(&secret[..16]),
                "{error}"
            );
        }
    }
}
