//! The agreement: one text that every party signs, and that every package points to by its hash.
//!
//! An [`Agreement`] that was only parsed is a proposal. [`seal`](crate::seal) and [`open`](crate::open) work under a signed one:
//! [`Agreement::load`] reads the text and the signatures beside it and demands one of every party.

mod draft;
mod event_codes;
mod signatures;
mod text;

pub use draft::{Draft, TO_BE_WRITTEN};
pub use event_codes::{DEATH_EVENT_CODE, STANDARD_EVENT_CODES};
pub use text::{EventDates, Reference};

use crate::date::Date;
use crate::error::{Error, Result};
use crate::key::{PartyKey, ProjectKey};
use crate::manifest::PackageKind;
use crate::party::{Party, Role};
use kinfold_message::write_whole;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Largest agreement that is read, in bytes.
const AGREEMENT_BYTES_MAX: u64 = 1024 * 1024;
/// Largest file of signatures that is read, in bytes.
const SIGNATURES_BYTES_MAX: u64 = 256 * 1024;

/// What the parties agreed, and whether they all signed it.
#[derive(Clone, Debug, PartialEq)]
pub struct Agreement {
    text: String,
    terms: text::Terms,
    signed: bool,
}

impl Agreement {
    /// Reads the text of an agreement, strictly: an unknown key is an error. Nobody has signed the result yet.
    ///
    /// # Errors
    /// [`Error::AgreementFormat`] with line and rule; [`Error::KeyTest`] if a test key is listed in a real agreement.
    pub fn parse(text: &str) -> Result<Self> {
        Ok(Self {
            text: text.to_owned(),
            terms: text::Terms::parse(text)?,
            signed: false,
        })
    }

    /// Writes the text of a new agreement, with comments, and reads it back.
    ///
    /// # Errors
    /// As [`Agreement::parse`].
    pub fn draft(draft: &Draft) -> Result<Self> {
        Self::parse(&draft.render())
    }

    /// Reads an agreement without its signatures: for signing, comparing and showing it.
    ///
    /// # Errors
    /// A file problem, or as [`Agreement::parse`].
    pub fn load_unsigned(path: &Path) -> Result<Self> {
        let text = crate::read_text(path, AGREEMENT_BYTES_MAX, "read the agreement")?;
        Self::parse(&text).map_err(|error| error.in_file(path))
    }

    /// Reads an agreement and the signatures in the `.sig` file beside it, and demands that every party signed this text.
    ///
    /// # Errors
    /// A file problem, [`Error::AgreementFormat`], [`Error::AgreementSignature`] or [`Error::AgreementUnsigned`].
    pub fn load(path: &Path) -> Result<Self> {
        let agreement = Self::load_unsigned(path)?;
        let signatures = Self::signatures_path(path);
        let lines = read_signatures(&signatures)?;
        agreement
            .with_signatures(&lines)
            .map_err(|error| error.in_file(&signatures))
    }

    /// The same agreement, signed: checks one signature line of every party.
    ///
    /// # Errors
    /// [`Error::AgreementFormat`], [`Error::AgreementParty`], [`Error::AgreementSignature`] or [`Error::AgreementUnsigned`].
    pub fn with_signatures(mut self, lines: &str) -> Result<Self> {
        let signed = signatures::verify(&self, lines)?;
        let missing: Vec<String> = self
            .parties()
            .iter()
            .map(|party| party.id.clone())
            .filter(|id| !signed.contains(id))
            .collect();
        if !missing.is_empty() {
            return Err(Error::AgreementUnsigned { missing });
        }
        self.signed = true;
        Ok(self)
    }

    /// The parties whose signature is in the lines; every signature there is checked.
    ///
    /// # Errors
    /// [`Error::AgreementFormat`], [`Error::AgreementParty`] or [`Error::AgreementSignature`].
    pub fn signed_by(&self, lines: &str) -> Result<BTreeSet<String>> {
        signatures::verify(self, lines)
    }

    /// Signs the text: one line for the `.sig` file, without a line end.
    ///
    /// # Errors
    /// [`Error::AgreementDraft`], or as [`Agreement::check_key`].
    pub fn sign(&self, key: &PartyKey) -> Result<String> {
        let unwritten = self.unwritten();
        if !unwritten.is_empty() {
            return Err(Error::AgreementDraft { unwritten });
        }
        self.check_key(key)?;
        Ok(signatures::sign(self, key))
    }

    /// The keys whose text still says that it is to be written.
    pub fn unwritten(&self) -> Vec<&'static str> {
        [
            ("purpose", self.purpose()),
            ("lawful_basis", self.lawful_basis()),
            ("retention", self.retention()),
        ]
        .into_iter()
        .filter(|(_, text)| text.trim_start().starts_with(TO_BE_WRITTEN))
        .map(|(key, _)| key)
        .collect()
    }

    /// Signs the agreement in a file: adds or replaces the party's line in the `.sig` file beside it. Gives back the ids of all
    /// parties that have signed now.
    ///
    /// # Errors
    /// File problems, and as [`Agreement::sign`] and [`Agreement::signed_by`].
    pub fn sign_file(path: &Path, key: &PartyKey) -> Result<BTreeSet<String>> {
        let agreement = Self::load_unsigned(path)?;
        let line = agreement.sign(key).map_err(|error| error.in_file(path))?;
        let signatures = Self::signatures_path(path);
        let lines = signatures::replace(&read_signatures(&signatures)?, key.id(), &line)
            .map_err(|error| error.in_file(&signatures))?;
        let signed = agreement
            .signed_by(&lines)
            .map_err(|error| error.in_file(&signatures))?;
        write_whole(&signatures, lines.as_bytes())?;
        Ok(signed)
    }

    /// Where the signatures of an agreement are: `agreement.sig` beside `agreement.toml`.
    pub fn signatures_path(path: &Path) -> PathBuf {
        path.with_extension("sig")
    }

    /// The exact text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// BLAKE3 of the text's bytes: what signatures cover and packages point to.
    pub fn hash(&self) -> [u8; 32] {
        *blake3::hash(self.text.as_bytes()).as_bytes()
    }

    /// The hash as eight words, for comparing over the telephone.
    pub fn fingerprint_words(&self) -> String {
        crate::fingerprint_words(&self.hash())
    }

    /// Whether every party's signature was checked.
    pub fn is_signed(&self) -> bool {
        self.signed
    }

    /// Name for people.
    pub fn name(&self) -> &str {
        &self.terms.name
    }

    /// Project id, part of every derived key.
    pub fn project(&self) -> &str {
        &self.terms.project
    }

    /// Epoch id: a new one means new keys and codes.
    pub fn epoch(&self) -> &str {
        &self.terms.epoch
    }

    /// Why the parties link.
    pub fn purpose(&self) -> &str {
        &self.terms.purpose
    }

    /// The legal ground.
    pub fn lawful_basis(&self) -> &str {
        &self.terms.lawful_basis
    }

    /// How long what is kept where.
    pub fn retention(&self) -> &str {
        &self.terms.retention
    }

    /// Last day of the agreement.
    pub fn expires(&self) -> Date {
        self.terms.expires
    }

    /// The largest number of people: diffusion is chosen for it, and a package with more records is refused.
    pub fn people(&self) -> u64 {
        self.terms.people
    }

    /// Whether the linkage unit is inside the custodians' own trust, so that a linkage schema may say so too.
    pub fn trusted_linkage_unit(&self) -> bool {
        self.terms.trusted_linkage_unit
    }

    /// A rehearsal with test keys.
    pub fn is_test(&self) -> bool {
        self.terms.test
    }

    /// How exactly event dates leave a custodian.
    pub fn event_dates(&self) -> EventDates {
        self.terms.event_dates
    }

    /// The event codes that may be sent, sorted.
    pub fn event_codes(&self) -> &BTreeSet<String> {
        &self.terms.event_codes
    }

    /// Id and hash of the linkage schema.
    pub fn schema(&self) -> &Reference {
        &self.terms.schema
    }

    /// Ids and hashes of the rule packs.
    pub fn rule_packs(&self) -> &[Reference] {
        &self.terms.rule_packs
    }

    /// All parties, in the order of the text.
    pub fn parties(&self) -> &[Party] {
        &self.terms.parties
    }

    /// The custodians, in the order of the text.
    pub fn custodians(&self) -> impl Iterator<Item = &Party> {
        self.parties()
            .iter()
            .filter(|party| party.role == Role::Custodian)
    }

    /// A party by its id.
    ///
    /// # Errors
    /// [`Error::AgreementParty`].
    pub fn party(&self, id: &str) -> Result<&Party> {
        self.parties()
            .iter()
            .find(|party| party.id == id)
            .ok_or_else(|| Error::AgreementParty { party: shown(id) })
    }

    /// The one party that packages of a kind are sealed to: the linkage unit for records, the integrator for events.
    pub fn recipient_of(&self, kind: PackageKind) -> &Party {
        self.parties()
            .iter()
            .find(|party| party.role == kind.recipient_role())
            .expect("an agreement has one linkage unit and one integrator")
    }

    /// Finds the party that a key belongs to and checks that role and public keys are the agreed ones.
    ///
    /// # Errors
    /// [`Error::AgreementParty`], [`Error::KeyParty`], or [`Error::KeyTest`] for a test key under a real agreement.
    pub fn check_key(&self, key: &PartyKey) -> Result<&Party> {
        if key.is_test_only() && !self.is_test() {
            return Err(Error::KeyTest {
                what: format!("key of `{}`", key.id()),
            });
        }
        let party = self.party(key.id())?;
        let public = key.public();
        let differs = |field| {
            Err(Error::KeyParty {
                party: party.id.clone(),
                field,
            })
        };
        if party.role != public.role {
            return differs("the role");
        }
        if party.signing_key != public.signing_key {
            return differs("the signing key");
        }
        if party.recipient != public.recipient {
            return differs("the encryption key");
        }
        Ok(party)
    }

    /// Checks that a project key belongs to this agreement's project and epoch.
    ///
    /// # Errors
    /// [`Error::KeyProject`], or [`Error::KeyTest`] for a test key under a real agreement.
    pub fn check_project_key(&self, key: &ProjectKey) -> Result<()> {
        if key.is_test_only() && !self.is_test() {
            return Err(Error::KeyTest {
                what: "project key".to_owned(),
            });
        }
        let described =
            |project: &str, epoch: &str| format!("project `{project}`, epoch `{epoch}`");
        if key.project() != self.project() || key.epoch() != self.epoch() {
            return Err(Error::KeyProject {
                expected: described(self.project(), self.epoch()),
                found: described(key.project(), key.epoch()),
            });
        }
        Ok(())
    }

    /// Checks that the agreement has not ended on a day.
    ///
    /// # Errors
    /// [`Error::AgreementExpired`].
    pub fn check_date(&self, on: Date) -> Result<()> {
        let expires = self.expires();
        if on > expires {
            Err(Error::AgreementExpired { expires, on })
        } else {
            Ok(())
        }
    }

    /// Refuses an agreement that not everybody signed.
    pub(crate) fn must_be_signed(&self) -> Result<()> {
        if self.signed {
            return Ok(());
        }
        Err(Error::AgreementUnsigned {
            missing: vec!["every party (its signatures were not checked)".to_owned()],
        })
    }
}

/// The text of the signatures, empty if there is no file yet.
fn read_signatures(path: &Path) -> Result<String> {
    if path.exists() {
        crate::read_text(path, SIGNATURES_BYTES_MAX, "read the signatures")
    } else {
        Ok(String::new())
    }
}

/// An id from outside, made fit for a screen.
fn shown(id: &str) -> String {
    if crate::names::is_id(id) {
        id.to_owned()
    } else {
        "(not an id)".to_owned()
    }
}

#[cfg(test)]
mod tests;
