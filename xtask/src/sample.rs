//! The committed sample: made by the `kinfold` binary, so that anybody can make it again.

use crate::binaries::Binaries;
use crate::workspace;
use anyhow::{Context as _, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Households of the committed sample.
pub const HOUSEHOLDS: u32 = 500;

/// Seed of the committed sample.
pub const SEED: u64 = 7;

/// The folder of the committed sample.
pub fn folder() -> PathBuf {
    workspace().join("data-samples").join("eastmere-500")
}

/// Makes the sample into `output`, which must not exist yet or be empty.
///
/// # Errors
/// When `kinfold sample` fails.
pub fn make(binaries: &Binaries, output: &Path) -> Result<()> {
    let made = Command::new(&binaries.kinfold)
        .args(["sample", "--profile", "uk", "-o"])
        .arg(output)
        .args([
            "--households",
            &HOUSEHOLDS.to_string(),
            "--seed",
            &SEED.to_string(),
        ])
        .output()
        .context("could not start kinfold")?;
    if !made.status.success() {
        bail!(
            "`kinfold sample` failed ({}):\n{}",
            made.status,
            String::from_utf8_lossy(&made.stderr)
        );
    }
    Ok(())
}

/// Replaces the committed sample by a fresh one. The folder's own README stays.
///
/// # Errors
/// When the sample cannot be made or put in place.
pub fn regenerate(binaries: &Binaries) -> Result<()> {
    let folder = folder();
    let fresh = folder.with_extension("fresh");
    if fresh.exists() {
        fs::remove_dir_all(&fresh)
            .with_context(|| format!("could not remove {}", fresh.display()))?;
    }
    make(binaries, &fresh)?;
    if folder.exists() {
        fs::remove_dir_all(&folder)
            .with_context(|| format!("could not remove {}", folder.display()))?;
    }
    fs::rename(&fresh, &folder)
        .with_context(|| format!("could not put {} in place", folder.display()))?;
    println!("made {}", folder.display());
    Ok(())
}
