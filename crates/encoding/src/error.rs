//! What can stop an encoding.

use std::path::{Path, PathBuf};

use kinfold_message::{Exit, Problem};

/// An encoding that cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No person of the file has enough identity to be encoded.
    #[error("none of the {people} people has enough identity to be encoded")]
    Nobody {
        /// People given.
        people: usize,
    },
    /// There are more people than the schema's diffusion is safe for.
    #[error(
        "the file has {people} people, but linkage schema `{schema}` is safe for {most} at most"
    )]
    TooManyPeople {
        /// People given.
        people: usize,
        /// The schema's limit.
        most: u32,
        /// The schema's id.
        schema: String,
    },
    /// The schema asks for standardisation rules that this program does not have.
    #[error("the linkage schema asks for standardisation `{wanted}`, this program has `{own}`")]
    Standardisation {
        /// What the schema asks for.
        wanted: String,
        /// What this program has.
        own: &'static str,
    },
    /// Two people have one record reference.
    #[error("two people were given the same record reference")]
    SameReference,
    /// The schema makes keys for every two custodians, and the others are not known.
    #[error(
        "linkage schema `{schema}` makes match keys for every two custodians, and this one and the others are not all named"
    )]
    NoPartner {
        /// The schema's id.
        schema: String,
    },
    /// What the schema makes must not be released, and this is no bench.
    #[error("linkage schema `{schema}` must not be released: {fault}")]
    NotForRelease {
        /// The schema's id.
        schema: String,
        /// The first rule of release that it breaks.
        fault: String,
    },
    /// Codes that wait for the end of the file could not be kept on disk.
    #[error("could not keep codes in `{folder}` until the file ends: {reason}")]
    Scratch {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        reason: String,
    },
}

impl Error {
    pub(crate) fn scratch(folder: &Path, error: &std::io::Error) -> Self {
        Self::Scratch {
            folder: folder.to_owned(),
            reason: error.to_string(),
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let what = error.to_string();
        match error {
            Error::Nobody { .. } => Self::new(
                "E-ENC-NOBODY",
                Exit::Answer,
                what,
                "check in mapping.toml that names and birth date point at the right columns, then run `kinfold check`",
            ),
            Error::TooManyPeople { .. } => Self::new(
                "E-ENC-TOO-MANY",
                Exit::Refused,
                what,
                "ask the agreement's parties for a linkage schema with more diffusion",
            ),
            Error::Standardisation { .. } => Self::new(
                "E-ENC-STANDARD",
                Exit::Refused,
                what,
                "use the version of kinfold that the agreement names",
            ),
            Error::SameReference => Self::new(
                "E-ENC-REFERENCE",
                Exit::Integrity,
                what,
                "give every person an own id of its own",
            ),
            Error::NoPartner { .. } => Self::new(
                "E-ENC-PARTNER",
                Exit::CouldNotRun,
                what,
                "list the other custodians in the agreement, or use a schema whose key_scope is \"agreement\"",
            ),
            Error::NotForRelease { .. } => Self::new(
                "E-SCHEMA-RELEASE",
                Exit::Refused,
                what,
                "`kinfold schema validate` lists every rule that it breaks, with the mend",
            ),
            Error::Scratch { .. } => Self::new(
                "E-ENC-SCRATCH",
                Exit::CouldNotRun,
                what,
                "free some space there, or write to a folder on another disk",
            ),
        }
    }
}
