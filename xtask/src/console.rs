//! Running commands, one line of progress for each.

use anyhow::{Context as _, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// Lines of a failed command that are shown; the log file has all of them.
const TAIL_LINES: usize = 25;

/// A run of numbered steps. What each command prints goes to two files in the log folder, and only a line about it to the screen.
#[derive(Debug)]
pub struct Steps {
    logs: PathBuf,
    total: usize,
    done: usize,
}

/// A command that ended well.
#[derive(Clone, Debug)]
pub struct Finished {
    /// What it printed on standard output.
    pub stdout: String,
    /// How long it took, in seconds.
    pub seconds: f64,
}

impl Steps {
    /// Starts a run of `total` steps that logs into `logs`, which exists.
    pub fn new(logs: &Path, total: usize) -> Self {
        Self {
            logs: logs.to_path_buf(),
            total,
            done: 0,
        }
    }

    /// Runs one command to its end.
    ///
    /// # Errors
    /// When it cannot start or does not end with 0; the message shows the end of what it said and names the log.
    pub fn run(&mut self, title: &str, command: &mut Command) -> Result<Finished> {
        self.done += 1;
        eprint!("[{:>2}/{}] {title:<54}", self.done, self.total);
        let started = Instant::now();
        let output = command
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("could not start {}", shown(command)))?;
        let seconds = started.elapsed().as_secs_f64();
        eprintln!("{seconds:>7.1} s");
        let name = format!("{:02}-{}", self.done, title.replace([' ', ':', ','], "-"));
        for (stream, bytes) in [("out", &output.stdout), ("err", &output.stderr)] {
            let path = self.logs.join(format!("{name}.{stream}"));
            fs::write(&path, bytes)
                .with_context(|| format!("could not write {}", path.display()))?;
        }
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() {
            return Ok(Finished { stdout, seconds });
        }
        let said = String::from_utf8_lossy(&output.stderr);
        bail!(
            "`{title}` failed ({}).\n  command: {}\n  logs:    {}/{name}.*\n\n{}",
            output.status,
            shown(command),
            self.logs.display(),
            tail(if said.trim().is_empty() {
                &stdout
            } else {
                &said
            })
        )
    }

    /// Notes a step that is done here and not by a command.
    ///
    /// # Errors
    /// Those of `work`.
    pub fn work<T>(&mut self, title: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        self.done += 1;
        eprint!("[{:>2}/{}] {title:<54}", self.done, self.total);
        let started = Instant::now();
        let result = work();
        eprintln!("{:>7.1} s", started.elapsed().as_secs_f64());
        result
    }
}

/// A command as one would type it.
pub fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Whether a program can be started from the search path.
pub fn on_path(program: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|paths| {
        std::env::split_paths(&paths).any(|folder| folder.join(program).is_file())
    })
}

fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_step_says_what_the_command_said() {
        let logs = tempfile::tempdir().unwrap();
        let mut steps = Steps::new(logs.path(), 2);
        let good = steps.run("good one", Command::new("sh").args(["-c", "echo fine"]));
        assert_eq!(good.unwrap().stdout, "fine\n");
        let bad = steps.run(
            "bad one",
            Command::new("sh").args(["-c", "echo wrong >&2; exit 3"]),
        );
        let message = bad.unwrap_err().to_string();
        assert!(
            message.contains("wrong") && message.contains("02-bad-one"),
            "{message}"
        );
    }

    #[test]
    fn the_search_path_is_searched() {
        assert!(on_path("sh"));
        assert!(!on_path("no-such-program-anywhere"));
    }
}
