//! What can go wrong with the hub's folder, its database and its tables.

use std::path::PathBuf;

use kinfold_message::{Exit, Problem};

/// A failure of the store. Each names the file or the package concerned, never a value from a record.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be read or written.
    #[error("{0}")]
    File(#[from] Problem),
    /// SQLite refused.
    #[error("the hub's database failed: {0}")]
    Database(#[from] rusqlite::Error),
    /// The database was written by a newer version.
    #[error("the hub's database has schema {found}, this program knows up to {known}")]
    Newer {
        /// Schema number of the database.
        found: u32,
        /// Newest schema number this program knows.
        known: u32,
    },
    /// The folder holds no hub.
    #[error("`{}` is not a hub folder", .0.display())]
    NotAHub(PathBuf),
    /// The folder already holds a hub.
    #[error("`{}` already holds a hub", .0.display())]
    Exists(PathBuf),
    /// A package with the same or a later sequence number was accepted before.
    #[error(
        "{custodian} {kind} {period}: sequence {sequence} arrives after sequence {accepted} was accepted"
    )]
    Replay {
        /// Who sent it.
        custodian: String,
        /// `records` or `events`.
        kind: String,
        /// The period of the data, YYYY-MM.
        period: String,
        /// Sequence number of the refused package.
        sequence: u64,
        /// Highest sequence number accepted so far.
        accepted: u64,
    },
    /// There is no such package.
    #[error("there is no package {0} in the hub")]
    NoPackage(String),
    /// The package was withdrawn.
    #[error("{package} was withdrawn: {reason}")]
    Withdrawn {
        /// The package in words.
        package: String,
        /// Why, in the operator's words.
        reason: String,
    },
    /// A stored section is missing or no longer has the hash it was received with.
    #[error("stored file `{}` no longer has the hash it was received with", .0.display())]
    Damaged(PathBuf),
    /// The ledger file and the database disagree.
    #[error("the ledger file and the database disagree: {0}")]
    Ledger(String),
    /// The same inputs gave other outputs than before.
    #[error("run `{0}` was made before from the same inputs, with other outputs")]
    Differs(String),
    /// The ledger file or a run's manifest could not be used.
    #[error("{0}")]
    Log(#[from] kinfold_ledger::Error),
    /// A table could not be written.
    #[error("table `{}` could not be written: {reason}", .path.display())]
    Write {
        /// The Parquet file.
        path: PathBuf,
        /// What the Parquet library said.
        reason: String,
    },
    /// Finished parts of an interrupted comparison are there.
    #[error("`{}` holds the finished parts of an interrupted comparison", .0.display())]
    Unfinished(PathBuf),
    /// Another process is writing the same table.
    #[error("another comparison is writing to `{}` at this moment", .0.display())]
    Busy(PathBuf),
    /// The finished parts are of another comparison.
    #[error("`{}` cannot be continued: {reason}", .folder.display())]
    Foreign {
        /// The folder with the parts.
        folder: PathBuf,
        /// What is different.
        reason: String,
    },
    /// A table could not be read, or lacks a column.
    #[error("table `{}`: {reason}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let what = error.to_string();
        let new = |code, exit, hint: &str| Problem::new(code, exit, what.as_str(), hint);
        match error {
            Error::File(problem) => problem,
            Error::Log(error) => error.into(),
            Error::Database(error)
                if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull) =>
            {
                new(
                    "E-FILE-DISK-FULL",
                    Exit::CouldNotRun,
                    "free some space and run the same command again; the step was undone",
                )
            }
            Error::Database(_) => new(
                "E-HUB-DATABASE",
                Exit::CouldNotRun,
                "check that no other program holds the hub's folder and that its disk has space, then run `kinfold-hub doctor --hub DIR`",
            ),
            Error::Newer { .. } => new(
                "E-HUB-NEWER",
                Exit::CouldNotRun,
                "use the version of kinfold-hub that last wrote this hub, or a newer one",
            ),
            Error::NotAHub(_) => new(
                "E-HUB-MISSING",
                Exit::CouldNotRun,
                "make one with `kinfold-hub init DIR --agreement agreement.toml`, or check the path",
            ),
            Error::Exists(_) => new(
                "E-HUB-EXISTS",
                Exit::CouldNotRun,
                "choose an empty folder: a hub serves one agreement and is never overwritten",
            ),
            Error::Replay { .. } => new(
                "E-PKG-REPLAY",
                Exit::Refused,
                "ask the custodian to make the package again with a higher `--sequence`",
            ),
            Error::NoPackage(_) => new(
                "E-PKG-UNKNOWN",
                Exit::CouldNotRun,
                "see the packages and their numbers with `kinfold-hub packages --hub DIR`",
            ),
            Error::Withdrawn { .. } => new(
                "E-PKG-WITHDRAWN",
                Exit::Refused,
                "a withdrawal is final: ask the custodian to make the package again with a higher `--sequence`",
            ),
            Error::Damaged(_) => new(
                "E-HUB-DAMAGED",
                Exit::Integrity,
                "restore the hub's folder from a backup, or ask the custodian to send the package again with a higher `--sequence`",
            ),
            Error::Ledger(_) => new(
                "E-HUB-LEDGER",
                Exit::Integrity,
                "restore the hub's folder from a backup; do not edit `ledger.jsonl`",
            ),
            Error::Differs(_) => new(
                "E-RUN-DIFFERS",
                Exit::Integrity,
                "check that the program is the one that made the first run; its manifest is in the hub's folder `runs`",
            ),
            Error::Write { .. } => new(
                "E-TABLE-WRITE",
                Exit::CouldNotRun,
                "check that the folder exists and its disk has space, and run the same command again",
            ),
            Error::Unfinished(_) => new(
                "E-MATCH-UNFINISHED",
                Exit::CouldNotRun,
                "add `--resume` to the same command to continue, or remove the folder to start from the beginning",
            ),
            Error::Busy(_) => new(
                "E-MATCH-BUSY",
                Exit::CouldNotRun,
                "wait until it has ended, or choose another file with `-o`",
            ),
            Error::Foreign { .. } => new(
                "E-MATCH-RESUME",
                Exit::CouldNotRun,
                "run the command with the inputs and settings it had before, or remove the folder to start from the beginning",
            ),
            Error::Read { .. } => new(
                "E-TABLE-READ",
                Exit::CouldNotRun,
                "the columns of each table are in `crates/store/README.md`",
            ),
        }
    }
}
