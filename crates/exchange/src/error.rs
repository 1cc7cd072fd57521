//! Everything that can go wrong here, and what a person should do about it.
//!
//! Each variant has a stable code and an exit kind: a package or agreement that *changed* is an integrity failure, one that is
//! *not allowed* is a refusal, one that cannot be read is neither. No variant holds a secret or a personal value.

use crate::date::Date;
use crate::party::Role;
use kinfold_message::{Exit, Problem};

/// The result of this crate's functions.
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be read or written.
    #[error("{}", .0.what)]
    File(Box<Problem>),
    /// Another error, in a file (or a line of one).
    #[error("{source}")]
    In {
        /// The file, with the line where it is known.
        place: String,
        /// What went wrong there.
        source: Box<Error>,
    },

    /// The agreement, or a part of it, does not follow its format or its rules.
    #[error("{what}")]
    AgreementFormat {
        /// The rule that is broken.
        what: String,
    },
    /// The agreement still has texts to be written.
    #[error("the agreement is a draft: {} still to be written", listed(unwritten))]
    AgreementDraft {
        /// The keys of the texts.
        unwritten: Vec<&'static str>,
    },
    /// Not every party has signed.
    #[error("the agreement is not signed by {}", missing.join(", "))]
    AgreementUnsigned {
        /// Ids of the parties whose signature is missing.
        missing: Vec<String>,
    },
    /// A signature does not belong to this text and this party.
    #[error("the signature of `{party}` does not fit the agreement's text")]
    AgreementSignature {
        /// The party whose signature fails.
        party: String,
    },
    /// The agreement has ended.
    #[error("the agreement expired on {expires}; the date of this step is {on}")]
    AgreementExpired {
        /// Last day of the agreement.
        expires: Date,
        /// The day of the step.
        on: Date,
    },
    /// A party is named that the agreement does not have.
    #[error("`{party}` is not a party of the agreement")]
    AgreementParty {
        /// The unknown id.
        party: String,
    },

    /// A key file does not follow its format. Says the line, never the content.
    #[error("{what}")]
    KeyFormat {
        /// The rule that is broken.
        what: String,
    },
    /// A key of the other kind.
    #[error("this is a {found} key; a {needed} key is needed")]
    KeyKind {
        /// What the file holds: "project" or "party".
        found: &'static str,
        /// What the step needs.
        needed: &'static str,
    },
    /// A key file can be read by other accounts.
    #[error("the key file may be read by other accounts (mode {mode:04o})")]
    KeyPermissions {
        /// The permission bits found.
        mode: u32,
    },
    /// A key file would be overwritten.
    #[error("a key file is already there, and a key is never overwritten")]
    KeyExists,
    /// A role may not do this with this key.
    #[error("`{party}` is a {role} and may not {action}")]
    KeyRole {
        /// The party.
        party: String,
        /// Its role.
        role: Role,
        /// What was refused, for instance "hold the project key".
        action: &'static str,
    },
    /// A key made from a seed, outside a test agreement.
    #[error("the {what} was made from a seed and the agreement is not a test agreement")]
    KeyTest {
        /// Which key.
        what: String,
    },
    /// The key is not the one that the agreement lists for the party.
    #[error(
        "the key of `{party}` is not the key that the agreement lists for it ({field} differs)"
    )]
    KeyParty {
        /// The party.
        party: String,
        /// What differs.
        field: &'static str,
    },
    /// The project key belongs to another project or epoch.
    #[error("the project key is for {found}; the agreement is for {expected}")]
    KeyProject {
        /// Project and epoch of the agreement.
        expected: String,
        /// Project and epoch of the key.
        found: String,
    },
    /// Two custodians encoded with different keys.
    #[error(
        "`{party}` and `{other}` did not encode with the same project key: their key check values differ"
    )]
    KeyCheck {
        /// The package whose value differs from the first.
        party: String,
        /// The custodian of the first package.
        other: String,
    },
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes")]
    KeyRandom,

    /// The bytes are not a sealed package.
    #[error("this is not a kinfold package: {what}")]
    PackageFormat {
        /// What it is, or what is missing.
        what: &'static str,
    },
    /// The encryption header is larger than any header this software writes.
    #[error("the package's header is not acceptable: {what}")]
    PackageHeader {
        /// The limit that is passed, or the rule that is broken.
        what: String,
    },
    /// A package of a format this version does not read.
    #[error(
        "the package has format version {found}; this version reads version {}",
        crate::manifest::MANIFEST_VERSION
    )]
    PackageVersion {
        /// The version found.
        found: u32,
    },
    /// The package was sealed to somebody else.
    #[error("the package was not sealed to the key of `{party}`")]
    PackageRecipient {
        /// Whose key was tried.
        party: String,
    },
    /// The bytes changed after sealing, or the end is missing.
    #[error("the package was changed or cut short after it was sealed")]
    PackageDamaged,
    /// The end is missing.
    #[error("the package is incomplete: {found} of {expected} bytes are there")]
    PackageTruncated {
        /// Bytes that the signed manifest announces.
        expected: u64,
        /// Bytes that are there.
        found: u64,
    },
    /// The content does not follow the format although the seal is whole.
    #[error("the package's content does not follow the format: {what}")]
    PackageContent {
        /// The rule that is broken.
        what: String,
    },
    /// The sender's signature is wrong.
    #[error("the signature of `{party}` on the package is wrong")]
    PackageSignature {
        /// The custodian that the manifest names.
        party: String,
    },
    /// The sender may not send this.
    #[error("`{party}` is a {role} and may not send packages")]
    PackageSender {
        /// The party.
        party: String,
        /// Its role in the agreement.
        role: Role,
    },
    /// The package was made under another agreement.
    #[error("the package of `{party}` was made under another agreement")]
    PackageAgreement {
        /// The custodian that the manifest names.
        party: String,
    },
    /// The package was encoded with another linkage schema.
    #[error(
        "the package of `{party}` was encoded with another linkage schema than the agreement's"
    )]
    PackageSchema {
        /// The custodian.
        party: String,
    },
    /// The package is past its date.
    #[error("the package of `{party}` expired on {expires}; the date of this step is {on}")]
    PackageExpired {
        /// The custodian.
        party: String,
        /// Its last day.
        expires: Date,
        /// The day of the step.
        on: Date,
    },
    /// More bytes, rows or sections than allowed.
    #[error("the package passes a limit: {what}")]
    PackageLimit {
        /// The limit, with both numbers.
        what: String,
    },
    /// Records without the report of a release check.
    #[error("the records of `{party}` come without a release check")]
    ReleaseMissing {
        /// The custodian.
        party: String,
    },
    /// The release check says that the codes may not leave.
    #[error("the release check of `{party}` does not allow these codes to leave: {why}")]
    ReleaseBlocked {
        /// The custodian.
        party: String,
        /// Which lines are above their limit, or what else is wrong.
        why: String,
    },
    /// The report of the release check is damaged, or of other codes.
    #[error("the report of the release check of `{party}` does not hold: {what}")]
    ReleaseReport {
        /// The custodian.
        party: String,
        /// The rule that is broken.
        what: String,
    },
    /// A table of codes or events does not follow its format.
    #[error("the table is not acceptable: {what}")]
    TableFormat {
        /// The column, row and rule.
        what: String,
    },
    /// Events say something that the agreement does not allow.
    #[error("the events are not allowed by the agreement: {what}")]
    EventsNotAgreed {
        /// The row and rule.
        what: String,
    },
}

impl Error {
    /// The same error, said to be in a file.
    #[must_use]
    pub fn in_file(self, path: &std::path::Path) -> Self {
        match self {
            // These already name their file.
            Self::File(_) | Self::In { .. } => self,
            other => Self::In {
                place: path.display().to_string(),
                source: Box::new(other),
            },
        }
    }

    pub(crate) fn agreement(what: impl Into<String>) -> Self {
        Self::AgreementFormat { what: what.into() }
    }

    pub(crate) fn key(what: impl Into<String>) -> Self {
        Self::KeyFormat { what: what.into() }
    }

    pub(crate) fn content(what: impl Into<String>) -> Self {
        Self::PackageContent { what: what.into() }
    }

    /// A section that could not be read or written.
    pub fn section(error: &std::io::Error) -> Self {
        Self::not_written("a section", error)
    }

    /// A table or a package that could not be written, wherever it was to go: the caller knows the place.
    pub(crate) fn not_written(what: &str, error: &std::io::Error) -> Self {
        let problem = Problem::io(&format!("write {what}"), std::path::Path::new(""), error);
        Self::File(Box::new(Problem {
            place: None,
            ..problem
        }))
    }

    pub(crate) fn limit(what: impl Into<String>) -> Self {
        Self::PackageLimit { what: what.into() }
    }

    pub(crate) fn table(what: impl Into<String>) -> Self {
        Self::TableFormat { what: what.into() }
    }

    /// The stable code that `kinfold explain` documents.
    pub fn code(&self) -> &'static str {
        self.anatomy().0
    }

    /// Code, exit kind and the next step of each error.
    fn anatomy(&self) -> (&'static str, Exit, &'static str) {
        match self {
            Self::File(problem) => (problem.code, problem.exit, ""),
            Self::In { source, .. } => source.anatomy(),
            Self::AgreementFormat { .. } => (
                "E-AGR-FORMAT",
                Exit::CouldNotRun,
                "correct the agreement's text; after a change every party signs again",
            ),
            Self::AgreementDraft { .. } => (
                "E-AGR-DRAFT",
                Exit::Refused,
                "write purpose, lawful_basis and retention in the agreement in your own words, then let every party sign",
            ),
            Self::AgreementUnsigned { .. } => (
                "E-AGR-UNSIGNED",
                Exit::Refused,
                "let each missing party run `kinfold agreement sign agreement.toml --key THEIR.key`",
            ),
            Self::AgreementSignature { .. } => (
                "E-AGR-SIGNATURE",
                Exit::Integrity,
                "the text changed after signing or the line is another party's: compare the agreement's fingerprint with the \
                 other parties, then sign again",
            ),
            Self::AgreementExpired { .. } => (
                "E-AGR-EXPIRED",
                Exit::Refused,
                "agree on a new end date, draft the agreement again and let every party sign",
            ),
            Self::AgreementParty { .. } => (
                "E-AGR-PARTY",
                Exit::Refused,
                "check that the key and the package belong to this agreement",
            ),
            Self::KeyFormat { .. } => (
                "E-KEY-FORMAT",
                Exit::CouldNotRun,
                "restore the key file from its backup, or make a new key with `kinfold key new`",
            ),
            Self::KeyKind { .. } => (
                "E-KEY-KIND",
                Exit::CouldNotRun,
                "give the party's own key with `--key` and the custodians' shared key with `--project-key`",
            ),
            Self::KeyPermissions { .. } => (
                "E-KEY-PERMISSIONS",
                Exit::Refused,
                "run `chmod 600` on the key file, and make a new key if another person may have copied it",
            ),
            Self::KeyExists => (
                "E-KEY-EXISTS",
                Exit::CouldNotRun,
                "choose another name with `-o`, or move the old key away first",
            ),
            Self::KeyRole { .. } => (
                "E-KEY-ROLE",
                Exit::Refused,
                "the project key belongs to custodians alone; use the key of a custodian for this step",
            ),
            Self::KeyTest { .. } => (
                "E-KEY-TEST",
                Exit::Refused,
                "make a real key (without `--danger-seed`), or draft the agreement with `--test` for a rehearsal",
            ),
            Self::KeyParty { .. } => (
                "E-KEY-PARTY",
                Exit::Refused,
                "use the key whose public part is in the agreement, or draft the agreement again with the new public part",
            ),
            Self::KeyProject { .. } => (
                "E-KEY-PROJECT",
                Exit::Refused,
                "use the project key of this project and epoch",
            ),
            Self::KeyCheck { .. } => (
                "E-KEY-CHECK",
                Exit::Integrity,
                "the custodians compare their project keys' fingerprints; the one with the wrong key encodes again",
            ),
            Self::KeyRandom => (
                "E-KEY-RANDOM",
                Exit::CouldNotRun,
                "run the command again on a machine with a working random source",
            ),
            Self::PackageFormat { .. } => (
                "E-PKG-FORMAT",
                Exit::CouldNotRun,
                "check that the file is a `.kin` package and was copied as binary",
            ),
            Self::PackageHeader { .. } => (
                "E-PKG-HEADER",
                Exit::Integrity,
                "ask the sender to seal the package again with `kinfold run`",
            ),
            Self::PackageVersion { .. } => (
                "E-PKG-VERSION",
                Exit::CouldNotRun,
                "let sender and receiver use the same release of kinfold",
            ),
            Self::PackageRecipient { .. } => (
                "E-PKG-RECIPIENT",
                Exit::Refused,
                "records open with the linkage unit's key and events with the integrator's; if this is the right key, the \
                 package was damaged: ask for it again",
            ),
            Self::PackageDamaged => (
                "E-PKG-DAMAGED",
                Exit::Integrity,
                "copy the package again from the sender; do not use this copy",
            ),
            Self::PackageTruncated { .. } => (
                "E-PKG-TRUNCATED",
                Exit::Integrity,
                "copy the package again from the sender; the copy was interrupted",
            ),
            Self::PackageContent { .. } => (
                "E-PKG-CONTENT",
                Exit::Integrity,
                "ask the sender to make the package again; if it fails again, the sender's program is not kinfold or not whole",
            ),
            Self::PackageSignature { .. } => (
                "E-PKG-SIGNATURE",
                Exit::Integrity,
                "do not use the package; ask the custodian whether it sent it, and with which key",
            ),
            Self::PackageSender { .. } => (
                "E-PKG-SENDER",
                Exit::Refused,
                "only custodians of the agreement send packages",
            ),
            Self::PackageAgreement { .. } => (
                "E-PKG-AGREEMENT",
                Exit::Refused,
                "compare the agreement's fingerprint with the sender; the one with the older text makes the package again",
            ),
            Self::PackageSchema { .. } => (
                "E-PKG-SCHEMA",
                Exit::Refused,
                "the custodian encodes again with the schema that the agreement names",
            ),
            Self::PackageExpired { .. } => (
                "E-PKG-EXPIRED",
                Exit::Refused,
                "ask the custodian for a fresh package",
            ),
            Self::PackageLimit { .. } => (
                "E-PKG-LIMIT",
                Exit::Refused,
                "check that the custodian sent the right extract; a larger population needs a new agreement",
            ),
            Self::ReleaseMissing { .. } => (
                "E-RELEASE-MISSING",
                Exit::Refused,
                "the custodian runs `kinfold release-check`, then seals again; `kinfold run` does both",
            ),
            Self::ReleaseBlocked { .. } => (
                "E-RELEASE-BLOCKED",
                Exit::Refused,
                "read release.html: each line above its limit says what to do; then encode again. There is no way past a block",
            ),
            Self::ReleaseReport { .. } => (
                "E-RELEASE-REPORT",
                Exit::Integrity,
                "the custodian runs `kinfold release-check` again, and seals again",
            ),
            Self::TableFormat { .. } => (
                "E-PKG-TABLE",
                Exit::Integrity,
                "the custodian makes the package again with the release of kinfold and the schema that the agreement names",
            ),
            Self::EventsNotAgreed { .. } => (
                "E-PKG-EVENTS",
                Exit::Refused,
                "correct the mapping so that only agreed event codes, dates and services are sent, then run again",
            ),
        }
    }
}

/// `a`, `b` are / `a` is.
fn listed(keys: &[&str]) -> String {
    let quoted: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
    let verb = if keys.len() == 1 { "is" } else { "are" };
    format!("{} {verb}", quoted.join(", "))
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::File(Box::new(problem))
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::File(problem) => *problem,
            Error::In { place, source } => Self::from(*source).at(place),
            other => {
                let (code, exit, hint) = other.anatomy();
                Self::new(code, exit, other.to_string(), hint)
            }
        }
    }
}
