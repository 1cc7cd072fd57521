//! The two binaries, and what they print.

use std::error::Error;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// `kinfold` and `kinfold-hub`.
#[derive(Debug)]
pub struct Programs {
    kinfold: PathBuf,
    hub: PathBuf,
    /// Hash of `kinfold`: another build may encode in another way.
    pub kinfold_hash: String,
    threads: Option<usize>,
}

impl Programs {
    /// Finds both in a folder.
    pub fn find(folder: &Path, threads: Option<usize>) -> Result<Self, Box<dyn Error>> {
        let find = |name: &str| -> Result<PathBuf, Box<dyn Error>> {
            let path = folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
            if path.exists() {
                return Ok(path);
            }
            Err(format!(
                "there is no `{name}` in {}; build both with `cargo build -p kinfold-cli -p kinfold-hub` (with `--release` if this \
                 program was), or say where they are with `--programs DIR`",
                folder.display()
            )
            .into())
        };
        let (kinfold, hub) = (find("kinfold")?, find("kinfold-hub")?);
        let mut hasher = blake3::Hasher::new();
        hasher.update_reader(std::fs::File::open(&kinfold)?)?;
        Ok(Self {
            kinfold,
            hub,
            kinfold_hash: hasher.finalize().to_hex().to_string(),
            threads,
        })
    }

    /// Runs `kinfold` and gives back what it answers.
    pub fn kinfold<S: AsRef<OsStr>>(
        &self,
        words: impl IntoIterator<Item = S>,
    ) -> Result<Value, Box<dyn Error>> {
        self.answer(&self.kinfold, words)
    }

    /// Runs `kinfold-hub` and gives back what it answers.
    pub fn hub<S: AsRef<OsStr>>(
        &self,
        words: impl IntoIterator<Item = S>,
    ) -> Result<Value, Box<dyn Error>> {
        self.answer(&self.hub, words)
    }

    fn answer<S: AsRef<OsStr>>(
        &self,
        program: &Path,
        words: impl IntoIterator<Item = S>,
    ) -> Result<Value, Box<dyn Error>> {
        let mut command = Command::new(program);
        command.args(words).arg("--json");
        if let Some(threads) = self.threads {
            command.args(["--threads", &threads.to_string()]);
        }
        let output = command.output()?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(format!("{command:?} failed:\n{}", said.trim()).into());
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }
}
