//! A file that is written bit by bit and still appears whole or not at all.

use crate::{Problem, Unfinished, create_private_file};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

/// What [`write_whole`](crate::write_whole) does, for content that does not fit into memory: bytes go to a temporary file beside the
/// wanted one, and [`finish`](Self::finish) renames it. Dropped without that, or when the program is interrupted, the temporary file is removed.
/// Only the owner can read it.
pub struct WholeFile {
    path: PathBuf,
    part: PathBuf,
    /// Nothing once the file is finished.
    file: Option<File>,
    _unfinished: Unfinished,
}

impl WholeFile {
    /// Begins a file.
    ///
    /// # Errors
    /// The input or output error, as a [`Problem`].
    pub fn create(path: &Path) -> Result<Self, Problem> {
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let part = path.with_file_name(format!(".{name}.part"));
        let made = Unfinished::begin(&part, || {
            // An earlier attempt's leftover might have wider permissions.
            let _ = std::fs::remove_file(&part);
            create_private_file(&part)
        });
        let (unfinished, file) =
            made.map_err(|error| Problem::io("write the file", path, &error))?;
        Ok(Self {
            path: path.to_owned(),
            part,
            file: Some(file),
            _unfinished: unfinished,
        })
    }

    /// Flushes what was written to the disk and gives the file its name.
    ///
    /// # Errors
    /// The input or output error, as a [`Problem`]; the temporary file is removed.
    pub fn finish(mut self) -> Result<(), Problem> {
        let finished = match &self.file {
            Some(file) => file.sync_all(),
            None => Ok(()),
        };
        finished
            .and_then(|()| std::fs::rename(&self.part, &self.path))
            .map_err(|error| Problem::io("write the file", &self.path, &error))?;
        self.file = None;
        Ok(())
    }
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match &mut self.file {
            Some(file) => file.write(bytes),
            None => Ok(0),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Drop for WholeFile {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            // Best effort: whoever gives up has an error to report already.
            let _ = std::fs::remove_file(&self.part);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finished_or_not_there() {
        let folder = std::env::temp_dir().join(format!("kinfold-whole-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("a.json");
        let mut file = WholeFile::create(&path).unwrap();
        file.write_all(b"half").unwrap();
        assert!(!path.exists());
        drop(file);
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
        let mut file = WholeFile::create(&path).unwrap();
        file.write_all(b"all").unwrap();
        file.finish().unwrap();
        let content = std::fs::read(&path).unwrap();
        let names = std::fs::read_dir(&folder).unwrap().count();
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!((content.as_slice(), names), (&b"all"[..], 1));
    }
}
