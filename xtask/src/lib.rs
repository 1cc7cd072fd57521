//! The project's own tasks, as a library: `cargo xtask` calls them, and the end-to-end tests run the same demo.
//!
//! - [`demo`]: the whole path on synthetic families, each step a separate process of a real binary;
//! - [`check`]: everything that continuous integration runs;
//! - [`sample`]: the committed sample, made again;
//! - [`binaries`]: building and finding `kinfold` and `kinfold-hub`.

pub mod binaries;
pub mod browser;
pub mod check;
pub mod console;
pub mod demo;
pub mod readme;
pub mod sample;

use std::path::{Path, PathBuf};

/// The top folder of the workspace.
pub fn workspace() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}
