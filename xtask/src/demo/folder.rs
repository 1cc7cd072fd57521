//! The demo's folder: made again from the start each time, and never by deleting something else.

use anyhow::{Context as _, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};

/// The file that says that a folder is a demo's and may be deleted.
pub const MARKER: &str = ".kinfold-demo";

const MARKER_TEXT: &str =
    "This folder was made by `cargo xtask demo`, which deletes and makes it again.\n";

/// An empty demo folder at `path`, as an absolute path. What an earlier demo left there is removed.
///
/// # Errors
/// When the folder holds something and has no marker, or cannot be made.
pub(super) fn start_afresh(path: &Path) -> Result<PathBuf> {
    let failed = |what: &str| format!("could not {what} the demo folder {}", path.display());
    if path.is_symlink() {
        bail!("{} is a link; choose a folder with `--out`", path.display());
    }
    if path.exists() {
        let is_empty = fs::read_dir(path)
            .with_context(|| failed("list"))?
            .next()
            .is_none();
        if !is_empty && !path.join(MARKER).is_file() {
            bail!(
                "{} holds files that no demo made, so it is left alone; choose another folder with `--out`",
                path.display()
            );
        }
        if !is_empty {
            fs::remove_dir_all(path).with_context(|| failed("remove"))?;
        }
    }
    fs::create_dir_all(path).with_context(|| failed("make"))?;
    fs::write(path.join(MARKER), MARKER_TEXT).with_context(|| failed("mark"))?;
    for part in ["keys", "logs"] {
        fs::create_dir(path.join(part)).with_context(|| failed("fill"))?;
    }
    path.canonicalize().with_context(|| failed("find"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_folder_is_removed() {
        let top = tempfile::tempdir().unwrap();
        let mine = top.path().join("demo");
        start_afresh(&mine).unwrap();
        fs::write(mine.join("old.txt"), "old").unwrap();
        start_afresh(&mine).unwrap();
        assert!(!mine.join("old.txt").exists());

        let precious = top.path().join("precious");
        fs::create_dir(&precious).unwrap();
        fs::write(precious.join("thesis.txt"), "years").unwrap();
        assert!(start_afresh(&precious).is_err());
        assert!(precious.join("thesis.txt").exists());
    }
}
