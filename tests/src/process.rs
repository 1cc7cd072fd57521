//! Running the real binaries.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use xtask::binaries::{Binaries, Profile};

/// Both binaries, built once for all tests.
///
/// # Panics
/// When they do not build.
pub fn binaries() -> &'static Binaries {
    static BINARIES: OnceLock<Binaries> = OnceLock::new();
    BINARIES.get_or_init(|| match Binaries::build(Profile::Development) {
        Ok(binaries) => binaries,
        Err(error) => panic!("{error:#}"),
    })
}

/// `kinfold` with some words.
pub fn kinfold<'a>(words: impl IntoIterator<Item = &'a str>) -> Command {
    command(&binaries().kinfold, words)
}

/// `kinfold-hub` with some words.
pub fn hub<'a>(words: impl IntoIterator<Item = &'a str>) -> Command {
    command(&binaries().hub, words)
}

fn command<'a>(program: &Path, words: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new(program);
    command.args(words).stdin(Stdio::null());
    command
}

/// What a command did, in a form that a failed test can show.
#[derive(Clone, Debug)]
pub struct Done {
    /// The command as typed.
    pub typed: String,
    /// Exit code; none when a signal ended it.
    pub exit: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Done {
    /// Runs a command to its end.
    ///
    /// # Panics
    /// When it cannot start.
    pub fn run(command: &mut Command) -> Self {
        let typed = xtask::console::shown(command);
        let Output {
            status,
            stdout,
            stderr,
        } = match command.output() {
            Ok(output) => output,
            Err(error) => panic!("could not start `{typed}`: {error}"),
        };
        Self {
            typed,
            exit: status.code(),
            stdout: String::from_utf8_lossy(&stdout).into_owned(),
            stderr: String::from_utf8_lossy(&stderr).into_owned(),
        }
    }

    /// It ended with 0.
    ///
    /// # Panics
    /// When it did not.
    pub fn well(self) -> Self {
        assert_eq!(self.exit, Some(0), "{self}");
        self
    }

    /// It ended with this code (`E-…`) on standard error, one of these exits, and a hint.
    ///
    /// # Panics
    /// When it did not.
    pub fn badly(self, code: &str, exits: &[i32]) -> Self {
        assert!(
            self.exit.is_some_and(|exit| exits.contains(&exit)),
            "exit should be one of {exits:?}\n{self}"
        );
        assert!(
            self.stderr.contains(&format!("[{code}]")),
            "should say {code}\n{self}"
        );
        assert!(
            self.stderr.contains("hint: "),
            "should say what to do\n{self}"
        );
        self
    }
}

impl std::fmt::Display for Done {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            typed,
            exit,
            stdout,
            stderr,
        } = self;
        write!(
            f,
            "$ {typed}\nexit: {exit:?}\n--- stdout\n{stdout}\n--- stderr\n{stderr}"
        )
    }
}

/// Every file under a folder, by path relative to it, sorted. A folder that is not there has no file.
pub fn files_under(folder: &Path) -> Vec<PathBuf> {
    fn walk(top: &Path, folder: &Path, found: &mut Vec<PathBuf>) {
        let Ok(entries) = std::fs::read_dir(folder) else {
            return;
        };
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                walk(top, &path, found);
            } else if let Ok(relative) = path.strip_prefix(top) {
                found.push(relative.to_path_buf());
            }
        }
    }
    let mut found = Vec::new();
    walk(folder, folder, &mut found);
    found.sort();
    found
}
