//! The signed first page of a package: who sends what to whom, made how, under which agreement.
//!
//! The manifest is canonical JSON: no spaces, keys in alphabetical order, one spelling for each value. A reader that parses it and
//! writes it again gets the same bytes, and demands so; two manifests that say the same are the same bytes. There is no time of
//! making in it: the same input gives the same manifest.

use crate::agreement::Agreement;
use crate::date::{Date, is_month};
use crate::error::{Error, Result};
use crate::key::{PartyKey, ProjectKey};
use crate::party::Role;
use crate::{hex, names};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Format version of manifest and package.
pub const MANIFEST_VERSION: u32 = 1;
/// Most sections of a package.
pub(crate) const SECTIONS_MAX: usize = 32;
/// Most rows of a package, whatever the agreement says: 200 million events.
pub(crate) const ROWS_MAX: u64 = 200_000_000;

/// What a package carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PackageKind {
    /// Codes of records, for the linkage unit.
    Records,
    /// Dated events, for the integrator.
    Events,
}

impl PackageKind {
    /// The role that packages of this kind are sealed to.
    pub fn recipient_role(self) -> Role {
        match self {
            Self::Records => Role::LinkageUnit,
            Self::Events => Role::Integrator,
        }
    }

    /// As written in manifests and file names.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Records => "records",
            Self::Events => "events",
        }
    }
}

impl fmt::Display for PackageKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One document of a package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// BLAKE3 of the bytes.
    #[serde(with = "hex::hash")]
    pub blake3: [u8; 32],
    /// Length in bytes.
    pub len: u64,
    /// Name, unique in the package: for records the source, for events `events` and `subjects`.
    pub name: String,
}

/// What a custodian says about a package before its hashes are known.
#[derive(Clone, Debug)]
pub struct Contents<'a> {
    /// Records or events.
    pub kind: PackageKind,
    /// The month that the extract describes, `2026-08`.
    pub period: &'a str,
    /// Counts up, from 1, with every package of this custodian, kind and period; the receiver refuses what does not.
    pub sequence: u64,
    /// Records or events in the package.
    pub rows: u64,
}

/// The manifest of a package. Make one with [`Manifest::prepare`]; [`seal`](crate::seal) fills in the sections.
// The fields stand in alphabetical order because serde writes them in this order: that makes the JSON canonical.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Manifest {
    /// BLAKE3 of the agreement's text.
    #[serde(with = "hex::hash")]
    pub agreement_hash: [u8; 32],
    /// Id of the custodian that sends.
    pub custodian: String,
    /// Epoch of the project key.
    pub epoch: String,
    /// Last day on which the package may be opened.
    pub expires: Date,
    /// Key check value: equal for packages that were encoded with the same project key.
    #[serde(with = "hex::hash")]
    pub key_check: [u8; 32],
    /// Records or events.
    pub kind: PackageKind,
    /// The month that the extract describes.
    pub period: String,
    /// Project of the project key.
    pub project: String,
    /// Fingerprint of the one party that may open the package.
    #[serde(with = "hex::hash")]
    pub recipient: [u8; 32],
    /// Records or events in the package.
    pub rows: u64,
    /// Hash of the linkage schema.
    #[serde(with = "hex::hash")]
    pub schema_hash: [u8; 32],
    /// The documents, in the order of their bytes.
    pub sections: Vec<Section>,
    /// Counts up with every package of this custodian, kind and period.
    pub sequence: u64,
    /// The program that made the package.
    pub tool: String,
    /// Format version.
    pub version: u32,
}

impl Manifest {
    /// A manifest for a custodian's package under an agreement, without sections yet. Checks here what the recipient will check,
    /// so that a package that would be refused is never made.
    ///
    /// # Errors
    /// The agreement is unsigned; signer or project key do not belong to it; the signer is no custodian; period, sequence or rows
    /// break a rule.
    pub fn prepare(
        agreement: &Agreement,
        signer: &PartyKey,
        project_key: &ProjectKey,
        contents: &Contents,
    ) -> Result<Self> {
        agreement.must_be_signed()?;
        agreement.check_key(signer)?;
        agreement.check_project_key(project_key)?;
        signer.must_be_custodian("send packages")?;
        let schema_hash = agreement.schema().hash;
        let manifest = Self {
            agreement_hash: agreement.hash(),
            custodian: signer.id().to_owned(),
            epoch: agreement.epoch().to_owned(),
            expires: agreement.expires(),
            key_check: project_key.check_value(&schema_hash),
            kind: contents.kind,
            period: contents.period.to_owned(),
            project: agreement.project().to_owned(),
            recipient: agreement.recipient_of(contents.kind).fingerprint(),
            rows: contents.rows,
            schema_hash,
            sections: Vec::new(),
            sequence: contents.sequence,
            tool: concat!("kinfold ", env!("CARGO_PKG_VERSION")).to_owned(),
            version: MANIFEST_VERSION,
        };
        manifest.check()?;
        manifest.check_rows(agreement)?;
        Ok(manifest)
    }

    /// The canonical JSON.
    ///
    /// # Panics
    /// Never: strings and numbers are always JSON.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("strings and numbers are always JSON")
    }

    /// Reads canonical JSON; any other spelling of the same manifest is refused.
    ///
    /// # Errors
    /// [`Error::PackageVersion`] for another version, [`Error::PackageContent`] for everything else.
    pub fn parse(json: &[u8]) -> Result<Self> {
        let manifest: Self = serde_json::from_slice(json).map_err(|error| {
            // A manifest of a later version may have other keys: say the version rather than the key.
            match serde_json::from_slice::<VersionOnly>(json) {
                Ok(VersionOnly { version }) if version != MANIFEST_VERSION => {
                    Error::PackageVersion { found: version }
                }
                _ => Error::content(format!(
                    "the manifest is not valid at column {}",
                    error.column()
                )),
            }
        })?;
        if manifest.version != MANIFEST_VERSION {
            return Err(Error::PackageVersion {
                found: manifest.version,
            });
        }
        if manifest.to_json() != json {
            return Err(Error::content("the manifest is not canonical JSON"));
        }
        manifest.check()?;
        Ok(manifest)
    }

    /// The rules that hold for every manifest, whatever the agreement.
    pub(crate) fn check(&self) -> Result<()> {
        let rule = |holds: bool, what: &str| {
            if holds {
                Ok(())
            } else {
                Err(Error::content(what))
            }
        };
        rule(
            [&self.custodian, &self.project, &self.epoch]
                .into_iter()
                .all(|id| names::is_id(id)),
            "custodian, project and epoch are ids",
        )?;
        rule(
            is_month(&self.period),
            "the period is a month written YYYY-MM",
        )?;
        rule(self.sequence > 0, "sequence numbers begin at 1")?;
        rule(
            names::is_line(&self.tool, 100),
            "the tool is one line of at most 100 bytes",
        )?;
        for (index, section) in self.sections.iter().enumerate() {
            rule(
                names::is_id(&section.name),
                "a section's name is 1 to 64 of a-z, 0-9 and `-`",
            )?;
            let unique = self.sections[..index]
                .iter()
                .all(|earlier| earlier.name != section.name);
            rule(unique, "two sections have the same name")?;
        }
        if self.sections.len() > SECTIONS_MAX {
            return Err(Error::limit(format!(
                "{} sections, at most {SECTIONS_MAX}",
                self.sections.len()
            )));
        }
        if self.rows > ROWS_MAX {
            return Err(Error::limit(format!(
                "{} rows, at most {ROWS_MAX}",
                self.rows
            )));
        }
        Ok(())
    }

    /// Records must not be more than the agreement's people: the codes are not strong enough for a larger population, and a
    /// file much larger than the population is a way to probe the others'.
    pub(crate) fn check_rows(&self, agreement: &Agreement) -> Result<()> {
        let people = agreement.people();
        if self.kind == PackageKind::Records && self.rows > people {
            return Err(Error::limit(format!(
                "{} records, the agreement is for {people} people",
                self.rows
            )));
        }
        Ok(())
    }
}

/// Reads nothing but the version.
#[derive(Deserialize)]
struct VersionOnly {
    version: u32,
}

/// Checks that packages go together in one run: every custodian encoded with the same project key. [`open`](crate::open) has
/// already checked agreement, schema, project and epoch of each.
///
/// # Errors
/// [`Error::KeyCheck`] naming the first custodian that differs from the first package.
pub fn check_same_keys<'a>(manifests: impl IntoIterator<Item = &'a Manifest>) -> Result<()> {
    use subtle::ConstantTimeEq as _;
    let mut manifests = manifests.into_iter();
    let Some(first) = manifests.next() else {
        return Ok(());
    };
    for manifest in manifests {
        if !bool::from(manifest.key_check.ct_eq(&first.key_check)) {
            return Err(Error::KeyCheck {
                party: manifest.custodian.clone(),
                other: first.custodian.clone(),
            });
        }
    }
    Ok(())
}
