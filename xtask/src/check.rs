//! `cargo xtask test`: everything that continuous integration runs, with the time of each step.
//!
//! One profile for all of it, so that the heavy libraries are compiled once. Steps that were asked for all run, even when one
//! fails: a reader wants every fault of a change at once.

use crate::binaries::cargo;
use crate::browser;
use crate::console::shown;
use crate::readme;
use anyhow::{Context as _, Result, bail};
use std::process::Command;
use std::time::Instant;

/// One part of the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Step {
    /// The sources are formatted.
    Format,
    /// No warning of the compiler or of clippy.
    Lint,
    /// Unit, property, golden, documentation and end-to-end tests; the demo on the committed sample is among them.
    Tests,
    /// The report of that demo, in a real browser.
    Browser,
    /// The commands of the README that are marked to run.
    Readme,
}

impl Step {
    /// All, quickest to fail first; the browser needs what the tests leave.
    pub const ALL: [Self; 5] = [
        Self::Format,
        Self::Lint,
        Self::Tests,
        Self::Browser,
        Self::Readme,
    ];

    fn title(self) -> &'static str {
        match self {
            Self::Format => "format",
            Self::Lint => "lint",
            Self::Tests => "tests",
            Self::Browser => "report in a browser",
            Self::Readme => "commands of the README",
        }
    }

    fn run(self) -> Result<()> {
        match self {
            Self::Format => ends_well(cargo().args(["fmt", "--all", "--check"])),
            Self::Lint => ends_well(cargo().args([
                "clippy",
                "--workspace",
                "--all-targets",
                "--",
                "-D",
                "warnings",
            ])),
            Self::Tests => ends_well(cargo().args(["test", "--workspace", "--no-fail-fast"])),
            Self::Browser => browser::check_report(),
            Self::Readme => readme::run_commands(),
        }
    }
}

/// Runs the steps, or all of them when none is named.
///
/// # Errors
/// When a step fails; all others have run by then.
pub fn run(steps: &[Step]) -> Result<()> {
    let steps = if steps.is_empty() { &Step::ALL } else { steps };
    let started = Instant::now();
    let mut lines = Vec::new();
    let mut failed = Vec::new();
    for step in steps {
        let title = step.title();
        eprintln!("\n=== {title}");
        let step_started = Instant::now();
        let outcome = step.run();
        let seconds = step_started.elapsed().as_secs_f64();
        let word = if outcome.is_ok() { "ok" } else { "FAILED" };
        lines.push(format!("  {title:<26}{seconds:>8.1} s  {word}"));
        if let Err(error) = outcome {
            eprintln!("{title} failed: {error:#}");
            failed.push(title);
        }
    }
    println!("\n{}", lines.join("\n"));
    println!("  {:<26}{:>8.1} s", "all", started.elapsed().as_secs_f64());
    if failed.is_empty() {
        return Ok(());
    }
    bail!("failed: {}", failed.join(", "))
}

fn ends_well(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("could not start {}", shown(command)))?;
    if status.success() {
        return Ok(());
    }
    bail!("`{}` ended with {status}", shown(command))
}
