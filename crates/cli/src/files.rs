//! Writing several files together: all appear, or none.

use kinfold_message::{Problem, Unfinished};
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Who may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// As the system's default says.
    Ordinary,
    /// The owner only (mode 0600 where the system has modes).
    OwnerOnly,
}

/// Writes what a file holds.
type Content<'made> = Box<dyn Fn(&mut dyn Write) -> Result<(), Problem> + 'made>;

/// A file to write.
pub struct NewFile<'made> {
    /// Where.
    pub path: PathBuf,
    /// What.
    content: Content<'made>,
    /// Who may read it.
    pub access: Access,
}

impl<'made> NewFile<'made> {
    /// A file for everyone on the machine, written by `content`.
    pub fn ordinary(
        path: PathBuf,
        content: impl Fn(&mut dyn Write) -> Result<(), Problem> + 'made,
    ) -> Self {
        Self {
            path,
            content: Box::new(content),
            access: Access::Ordinary,
        }
    }

    /// A file for its owner only, written by `content`.
    pub fn owner_only(
        path: PathBuf,
        content: impl Fn(&mut dyn Write) -> Result<(), Problem> + 'made,
    ) -> Self {
        Self {
            access: Access::OwnerOnly,
            ..Self::ordinary(path, content)
        }
    }

    /// A file for its owner only that holds these bytes.
    pub fn of_bytes(path: PathBuf, bytes: Vec<u8>) -> Self {
        let at = path.clone();
        Self::owner_only(path, move |writer| {
            writer
                .write_all(&bytes)
                .map_err(|error| Problem::io("write the file", &at, &error))
        })
    }
}

/// Writes all files: each under a temporary name and flushed to the disk, and only when every one is complete are they renamed.
/// On a failure, or when the program is interrupted, everything of this call is removed.
///
/// # Errors
/// The input or output error, as a [`Problem`].
pub fn write_together(files: &[NewFile<'_>]) -> Result<(), Problem> {
    let parts: Vec<PathBuf> = files.iter().map(|file| part_name(&file.path)).collect();
    let mut unfinished = Vec::with_capacity(parts.len());
    let written = files
        .iter()
        .zip(&parts)
        .try_for_each(|(file, part)| write_part(part, file, &mut unfinished));
    if let Err(problem) = written {
        remove_all(&parts);
        return Err(problem);
    }
    Unfinished::undisturbed(|| rename_all(files, &parts))
}

/// Gives all files their names, or none.
fn rename_all(files: &[NewFile<'_>], parts: &[PathBuf]) -> Result<(), Problem> {
    for (index, (file, part)) in files.iter().zip(parts).enumerate() {
        if let Err(error) = std::fs::rename(part, &file.path) {
            remove_all(parts);
            remove_all(files[..index].iter().map(|file| &file.path));
            return Err(Problem::io("write the file", &file.path, &error));
        }
    }
    Ok(())
}

/// Makes a folder and its parents.
///
/// # Errors
/// The input or output error, as a [`Problem`].
pub fn make_folder(path: &Path) -> Result<(), Problem> {
    kinfold_message::create_private_folder(path)
        .map_err(|error| Problem::io("make the folder", path, &error))
}

fn part_name(path: &Path) -> PathBuf {
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    path.with_file_name(format!(".{name}.part"))
}

fn write_part(
    part: &Path,
    file: &NewFile<'_>,
    unfinished: &mut Vec<Unfinished>,
) -> Result<(), Problem> {
    let failed = |error: std::io::Error| Problem::io("write the file", &file.path, &error);
    let made = Unfinished::begin(part, || {
        // An earlier attempt's leftover might have wider permissions.
        let _ = std::fs::remove_file(part);
        create(part, file.access)
    });
    let (begun, open) = made.map_err(failed)?;
    unfinished.push(begun);
    let mut open = BufWriter::new(open);
    (file.content)(&mut open)?;
    let open = open
        .into_inner()
        .map_err(|error| failed(error.into_error()))?;
    open.sync_all().map_err(failed)
}

#[cfg(unix)]
fn create(part: &Path, access: Access) -> std::io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    if access == Access::OwnerOnly {
        options.mode(0o600);
    }
    options.open(part)
}

#[cfg(not(unix))]
fn create(part: &Path, _access: Access) -> std::io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(part)
}

/// Best effort: the error to report is the one that came before.
fn remove_all<'paths>(paths: impl IntoIterator<Item = &'paths PathBuf>) {
    for path in paths {
        let _ = std::fs::remove_file(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_appear() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        write_together(&[
            NewFile::of_bytes(at("a"), b"1".to_vec()),
            NewFile::of_bytes(at("b"), b"2".to_vec()),
        ])
        .expect("written");
        assert_eq!(std::fs::read(at("b")).expect("read"), b"2");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(
                std::fs::metadata(at("b"))
                    .expect("there")
                    .permissions()
                    .mode()
                    & 0o777,
                0o600
            );
        }
        assert_eq!(std::fs::read_dir(folder.path()).expect("listed").count(), 2);
    }

    #[test]
    fn or_none() {
        let folder = tempfile::tempdir().expect("a folder");
        let good = folder.path().join("a");
        let blocked = folder.path().join("is-a-folder");
        std::fs::create_dir_all(blocked.join("full")).expect("made");
        for bad in [folder.path().join("no-such-folder/b"), blocked.clone()] {
            let files = [
                NewFile::of_bytes(good.clone(), b"1".to_vec()),
                NewFile::of_bytes(bad, b"2".to_vec()),
            ];
            assert!(write_together(&files).is_err());
            assert_eq!(
                std::fs::read_dir(folder.path()).expect("listed").count(),
                1,
                "only the folder is left"
            );
        }
    }
}
