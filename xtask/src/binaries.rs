//! Building and finding the two real binaries.

use crate::console::on_path;
use crate::workspace;
use anyhow::{Context as _, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// How the binaries are compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// The one profile of tests and of the demo: quick to build, with the hot loops optimised.
    Development,
    /// As they are shipped.
    Release,
}

/// The custodian's and the linkage unit's binary.
#[derive(Clone, Debug)]
pub struct Binaries {
    /// `kinfold`.
    pub kinfold: PathBuf,
    /// `kinfold-hub`.
    pub hub: PathBuf,
}

impl Binaries {
    /// Builds both, showing cargo's own progress.
    ///
    /// # Errors
    /// When a tool is missing or the build fails.
    pub fn build(profile: Profile) -> Result<Self> {
        needs_compiler()?;
        eprintln!("building kinfold and kinfold-hub (some minutes the first time)");
        let mut cargo = cargo();
        cargo.args([
            "build",
            "--package",
            "kinfold-cli",
            "--package",
            "kinfold-hub",
        ]);
        if profile == Profile::Release {
            cargo.arg("--release");
        }
        let status = cargo.status().context("could not start cargo")?;
        if !status.success() {
            bail!("the build failed ({status}); cargo's messages are above");
        }
        let folder = match profile {
            Profile::Development => "debug",
            Profile::Release => "release",
        };
        Self::find(&target_folder()?.join(folder))
    }

    /// Finds both in a folder.
    ///
    /// # Errors
    /// When one is not there.
    pub fn find(folder: &Path) -> Result<Self> {
        let suffix = std::env::consts::EXE_SUFFIX;
        let found = |name: &str| {
            let path = folder.join(format!("{name}{suffix}"));
            if path.is_file() {
                Ok(path)
            } else {
                bail!(
                    "{} is not there: build it with `cargo build -p kinfold-cli -p kinfold-hub`",
                    path.display()
                )
            }
        };
        Ok(Self {
            kinfold: found("kinfold")?,
            hub: found("kinfold-hub")?,
        })
    }
}

/// The cargo that runs this task, in the workspace.
pub fn cargo() -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.current_dir(workspace());
    command
}

/// Where cargo puts what it builds: this program was built by the same cargo with the same settings.
fn target_folder() -> Result<PathBuf> {
    let this = std::env::current_exe().context("could not find this program's own file")?;
    // target/debug/xtask, or target/debug/deps/it-… for a test.
    let profile = this
        .ancestors()
        .skip(1)
        .find(|folder| !folder.ends_with("deps"))
        .context("this program is not in a folder")?;
    let target = profile
        .parent()
        .context("cargo builds into a folder of a folder")?;
    Ok(target.to_path_buf())
}

/// Where tests write what should outlive them, such as the demo whose report is looked at in a browser. It is made if needed.
///
/// # Errors
/// When it cannot be made.
pub fn scratch_folder() -> Result<PathBuf> {
    let folder = target_folder()?.join("tmp");
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("could not make {}", folder.display()))?;
    Ok(folder)
}

/// Some libraries contain C; their build scripts fail with long messages when there is no compiler, so say it first.
fn needs_compiler() -> Result<()> {
    if on_path("cc") || on_path("gcc") || on_path("clang") {
        return Ok(());
    }
    bail!(
        "a C compiler is needed and none was found. Install one and run this again:\n  \
         Debian, Ubuntu:  sudo apt-get install gcc libc6-dev\n  \
         Fedora:          sudo dnf install gcc\n  \
         macOS:           xcode-select --install"
    )
}
