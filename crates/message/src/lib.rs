//! What a person reads when something is wrong.
//!
//! Every error that can reach a screen becomes a [`Problem`]: what happened to which thing, where, and the one next step. It has
//! a stable code that `kinfold explain CODE` documents (the long texts are in `codes.rs`), and an [`Exit`] that says which kind
//! of "no" it is. Libraries keep their own error types and implement `From<Error> for Problem`; only binaries print.
//!
//! A problem never holds a personal value, a key or a secret: name the file, the row number, the column and the rule instead.

mod codes;
mod counts;
mod unfinished;
mod whole;

pub use codes::{CODES, Explanation, explain};
pub use counts::{counted, grouped};
pub use unfinished::Unfinished;
pub use whole::WholeFile;

use std::fmt;

/// How a command ends. The numbers are the exit codes of both binaries and never change meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: done.
    Done,
    /// 1: finished, but the answer is "no": the data has a blocking problem, two runs differ, a check is not passed.
    Answer,
    /// 2: could not run: usage, configuration, a file, the disk.
    CouldNotRun,
    /// 3: refused by policy: the agreement is expired, the purpose or the recipient is wrong.
    Refused,
    /// 4: integrity failure: a signature, a hash or a key check value is wrong.
    Integrity,
    /// 130: interrupted by the user.
    Interrupted,
}

impl Exit {
    /// The process exit code.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Answer => 1,
            Self::CouldNotRun => 2,
            Self::Refused => 3,
            Self::Integrity => 4,
            Self::Interrupted => 130,
        }
    }
}

/// One thing that is wrong, in the words a user reads.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Problem {
    /// Stable code, `E-AREA-NAME`, documented by `kinfold explain`.
    pub code: &'static str,
    /// Which kind of "no" it is.
    #[serde(skip)]
    pub exit: Exit,
    /// What happened to which thing: one sentence, no full stop, literals in backticks.
    pub what: String,
    /// Where: `file:line`, a column, a section.
    pub place: Option<String>,
    /// The one command or edit to try next.
    pub hint: String,
}

impl Problem {
    /// A problem without a place.
    pub fn new(
        code: &'static str,
        exit: Exit,
        what: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self {
            code,
            exit,
            what: what.into(),
            place: None,
            hint: hint.into(),
        }
    }

    /// Adds the place.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.place = Some(place.into());
        self
    }

    /// The message as the program of this name shows it: `error`, `-->` place, blank line, `hint`, and where to read more.
    pub fn shown(&self, program: &str) -> String {
        let place = self.place.as_ref();
        let place = place.map_or_else(String::new, |place| format!("  --> {place}\n"));
        format!(
            "error[{code}]: {}\n{place}\nhint: {}. More: `{program} explain {code}`",
            self.what,
            self.hint.trim_end_matches('.'),
            code = self.code
        )
    }

    /// The user ended the program, or the system did.
    pub fn interrupted() -> Self {
        Self::new(
            "E-FILE-INTERRUPTED",
            Exit::Interrupted,
            "interrupted; nothing was left half-written",
            "run the same command again to start from the beginning",
        )
    }

    /// A file that could not be read or written, in the words for that kind of failure. A full disk has its own code, because its
    /// remedy is different.
    pub fn io(action: &str, path: &std::path::Path, error: &std::io::Error) -> Self {
        let place = path.display().to_string();
        match error.kind() {
            std::io::ErrorKind::NotFound => Self::new(
                "E-FILE-MISSING",
                Exit::CouldNotRun,
                format!("could not {action}: the file does not exist"),
                "check the path; relative paths start at the current directory",
            ),
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::new(
                "E-FILE-DISK-FULL",
                Exit::CouldNotRun,
                format!("could not {action}: the disk is full; nothing was left half-written"),
                "free some space, or choose another disk with `-o`, and run the same command again",
            ),
            _ => Self::new(
                "E-FILE-IO",
                Exit::CouldNotRun,
                format!("could not {action}: {error}"),
                "check that the file and its folder exist and that you may read and write them",
            ),
        }
        .at(place)
    }
}

impl fmt::Display for Problem {
    /// As `kinfold` shows it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown("kinfold"))
    }
}

impl std::error::Error for Problem {}

/// Creates a file that only its owner can read and write (mode 0600 on Unix): what kinfold writes are codes, events and results
/// about families, and no other account of the machine has business with them. An existing file is emptied.
///
/// # Errors
/// The input or output error.
pub fn create_private_file(path: &std::path::Path) -> std::io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Makes a folder and its parents; those that are new can be entered by their owner only (mode 0700 on Unix).
///
/// # Errors
/// The input or output error.
pub fn create_private_folder(path: &std::path::Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Writes a file so that it appears whole or not at all: to a temporary name beside it, flushed to disk, then renamed. On any
/// failure the temporary file is removed.
///
/// # Errors
/// The input or output error, as a [`Problem`].
pub fn write_whole(path: &std::path::Path, bytes: &[u8]) -> Result<(), Problem> {
    use std::io::Write as _;
    let mut file = WholeFile::create(path)?;
    file.write_all(bytes)
        .map_err(|error| Problem::io("write the file", path, &error))?;
    file.finish()
}

#[cfg(test)]
mod shown {
    use super::*;

    #[test]
    fn each_program_points_to_its_own_explanations() {
        let problem = Problem::new("E-USAGE", Exit::CouldNotRun, "what", "do this.").at("file:3");
        let expected =
            "error[E-USAGE]: what\n  --> file:3\n\nhint: do this. More: `kinfold explain E-USAGE`";
        assert_eq!(problem.to_string(), expected);
        let hub = expected.replace("`kinfold ", "`kinfold-hub ");
        assert_eq!(problem.shown("kinfold-hub"), hub);
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn what_is_written_is_for_the_owner_only() {
        let folder = std::env::temp_dir().join(format!("kinfold-message-{}", std::process::id()));
        let inner = folder.join("inner");
        create_private_folder(&inner).unwrap();
        let file = inner.join("a.txt");
        write_whole(&file, b"codes").unwrap();
        let mode =
            |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let modes = (mode(&folder), mode(&inner), mode(&file));
        let left = std::fs::read_dir(&inner).unwrap().count();
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(modes, (0o700, 0o700, 0o600));
        assert_eq!(left, 1, "no temporary file is left");
    }
}
