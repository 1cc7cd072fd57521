//! Files that hold a secret: made readable by their owner alone, never overwritten, refused when others can read them.

use crate::error::{Error, Result};
use kinfold_message::{Problem, Unfinished};
use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::Path;
use zeroize::Zeroizing;

/// Largest key file that is read, in bytes; real ones are under one KiB.
const KEY_FILE_BYTES_MAX: u64 = 16 * 1024;

/// Writes a new secret file: mode 0600 from its first moment, whole or not at all, never over another file.
pub(super) fn write(path: &Path, text: &str) -> Result<()> {
    let failed =
        |error: &std::io::Error| Error::from(Problem::io("write the key file", path, error));
    if fs::symlink_metadata(path).is_ok() {
        return Err(Error::KeyExists.in_file(path));
    }
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let part = path.with_file_name(format!(".{name}.{}.part", std::process::id()));
    let attempt = || -> std::io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let (_unfinished, mut file) = Unfinished::begin(&part, || options.open(&part))?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&part, path)
    };
    attempt().map_err(|error| {
        // Best effort: the first error is the one to report.
        let _ = fs::remove_file(&part);
        failed(&error)
    })
}

/// Reads a secret file that only its owner can read.
pub(super) fn read(path: &Path) -> Result<Zeroizing<String>> {
    let failed =
        |error: &std::io::Error| Error::from(Problem::io("read the key file", path, error));
    let file = File::open(path).map_err(|error| failed(&error))?;
    // The open file is checked, not the path, so that it cannot be exchanged in between.
    check_permissions(&file.metadata().map_err(|error| failed(&error))?)
        .map_err(|error| error.in_file(path))?;
    // The buffer never grows: a growing one would leave copies of the secret behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(KEY_FILE_BYTES_MAX as usize + 1));
    file.take(KEY_FILE_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| failed(&error))?;
    if bytes.len() as u64 > KEY_FILE_BYTES_MAX {
        return Err(Error::key("the file is larger than any key file").in_file(path));
    }
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| Error::key("the file is not text").in_file(path))?;
    Ok(Zeroizing::new(text.to_owned()))
}

#[cfg(unix)]
fn check_permissions(metadata: &fs::Metadata) -> Result<()> {
    let mode = std::os::unix::fs::MetadataExt::mode(metadata) & 0o777;
    let others = mode & 0o077;
    if others == 0 {
        Ok(())
    } else {
        Err(Error::KeyPermissions { mode })
    }
}

/// Other systems have no mode bits; their access lists are the owner's task.
#[cfg(not(unix))]
fn check_permissions(_: &fs::Metadata) -> Result<()> {
    Ok(())
}
