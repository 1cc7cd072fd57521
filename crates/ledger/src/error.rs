//! What can go wrong with ledgers, checkpoints and run manifests.

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
    /// A line of the ledger is not as it was written.
    #[error("line {line} of the ledger is not one canonical JSON value")]
    LedgerFormat {
        /// The line, from 1.
        line: usize,
    },
    /// Another process is writing the ledger.
    #[error("another process is writing the ledger")]
    LedgerBusy,
    /// An entry or size that the ledger does not have.
    #[error("the ledger has {size} entries; {asked} was asked for")]
    LedgerSize {
        /// Entries of the ledger.
        size: u64,
        /// The entry number or size asked for.
        asked: u64,
    },
    /// A proof does not show what it should.
    #[error("the {kind} proof does not hold")]
    Proof {
        /// "inclusion" or "consistency".
        kind: &'static str,
    },
    /// A ledger does not continue the one that a checkpoint describes.
    #[error(
        "the ledger is not a continuation of the checkpoint with {size} entries: its history was changed"
    )]
    Fork {
        /// Size in the checkpoint.
        size: u64,
    },
    /// A signed note, a checkpoint or a note key does not follow its format.
    #[error("the checkpoint or its key does not follow the format: {what}")]
    NoteFormat {
        /// The rule that is broken.
        what: &'static str,
    },
    /// A signature on a note is wrong or missing.
    #[error("there is no valid signature of `{name}` on the checkpoint")]
    NoteSignature {
        /// Name of the key.
        name: String,
    },
    /// A run manifest does not follow its format.
    #[error("the run manifest does not follow the format: {what}")]
    RunFormat {
        /// The rule that is broken.
        what: String,
    },
}

impl Error {
    /// The stable code that `kinfold explain` documents.
    pub fn code(&self) -> &'static str {
        self.anatomy().0
    }

    /// Code, exit kind and the next step of each error.
    fn anatomy(&self) -> (&'static str, Exit, &'static str) {
        match self {
            Self::File(problem) => (problem.code, problem.exit, ""),
            Self::LedgerFormat { .. } => (
                "E-LOG-FORMAT",
                Exit::Integrity,
                "restore the ledger from its backup and check it against your last checkpoint",
            ),
            Self::LedgerBusy => (
                "E-LOG-BUSY",
                Exit::CouldNotRun,
                "wait until the other command has finished, then try again",
            ),
            Self::LedgerSize { .. } => (
                "E-LOG-SIZE",
                Exit::CouldNotRun,
                "ask for an entry that the ledger has; the first is number 0",
            ),
            Self::Proof { .. } => (
                "E-LOG-PROOF",
                Exit::Integrity,
                "ask for the proof again; if it fails again, the ledger was changed",
            ),
            Self::Fork { .. } => (
                "E-LOG-FORK",
                Exit::Integrity,
                "keep both files, tell every party, and compare the checkpoints that the others have saved",
            ),
            Self::NoteFormat { .. } => (
                "E-LOG-CHECKPOINT",
                Exit::Integrity,
                "ask for the checkpoint again, as a file, not as copied text",
            ),
            Self::NoteSignature { .. } => (
                "E-LOG-SIGNATURE",
                Exit::Integrity,
                "do not trust the checkpoint; compare the key's fingerprint with its owner",
            ),
            Self::RunFormat { .. } => (
                "E-RUN-FORMAT",
                Exit::Integrity,
                "use the `run.json` as it was written; run the step again if it is lost",
            ),
        }
    }
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
            other => {
                let (code, exit, hint) = other.anatomy();
                Self::new(code, exit, other.to_string(), hint)
            }
        }
    }
}
