//! Buffers of a table that wait in an unnamed file of their own order once they are large, and can be read back in parts.

use crate::error::{Error, Result};
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Bytes of a table that are held before they go to the file.
const HELD_MAX: usize = 8 << 20;
/// Bytes that are copied at once.
const COPIED_AT_ONCE: usize = 1 << 16;

/// Buffers that go to a file when they have become large.
pub(super) struct Store {
    pub(super) buffers: Vec<Stored>,
    held: usize,
    pub(super) file: Option<Mutex<File>>,
    end: u64,
    folder: PathBuf,
}

#[derive(Default)]
pub(super) struct Stored {
    /// Offset and length of the parts that are in the file.
    pub(super) parts: Vec<(u64, u64)>,
    pub(super) held: Vec<u8>,
    pub(super) length: u64,
}

impl Store {
    pub(super) fn new(folder: &Path) -> Self {
        Self {
            buffers: Vec::new(),
            held: 0,
            file: None,
            end: 0,
            folder: folder.to_owned(),
        }
    }

    pub(super) fn buffer(&mut self) -> usize {
        self.buffers.push(Stored::default());
        self.buffers.len() - 1
    }

    pub(super) fn length(&self, buffer: usize) -> u64 {
        self.buffers[buffer].length
    }

    pub(super) fn append(&mut self, buffer: usize, bytes: &[u8]) {
        let stored = &mut self.buffers[buffer];
        stored.held.extend_from_slice(bytes);
        stored.length += bytes.len() as u64;
        self.held += bytes.len();
    }

    pub(super) fn extend<const N: usize>(
        &mut self,
        buffer: usize,
        values: impl Iterator<Item = [u8; N]>,
    ) {
        values.for_each(|value| self.append(buffer, &value));
    }

    /// Moves everything to the file when it is more than may be held.
    pub(super) fn make_room(&mut self) -> Result<()> {
        if self.held <= HELD_MAX {
            return Ok(());
        }
        let folder = &self.folder;
        let failed = |error: std::io::Error| {
            Error::table(format!(
                "the folder {} could not be used for working files: {error}",
                folder.display()
            ))
        };
        let file = if let Some(file) = &mut self.file {
            file
        } else {
            let file = tempfile::tempfile_in(folder).map_err(failed)?;
            self.file.insert(Mutex::new(file))
        };
        let file = file.get_mut().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(self.end)).map_err(failed)?;
        for stored in &mut self.buffers {
            if stored.held.is_empty() {
                continue;
            }
            let bytes = std::mem::take(&mut stored.held);
            file.write_all(&bytes).map_err(failed)?;
            stored.parts.push((self.end, bytes.len() as u64));
            self.end += bytes.len() as u64;
        }
        self.held = 0;
        Ok(())
    }

    /// Where in a buffer each part begins that is in the file, and where what is held begins.
    pub(super) fn starts(&self, buffer: usize) -> Vec<u64> {
        let mut start = 0;
        let mut starts = vec![0];
        for (_, length) in &self.buffers[buffer].parts {
            start += length;
            starts.push(start);
        }
        starts
    }

    /// Reads bytes of a buffer from `at` on; `starts` is what [`Store::starts`] gives.
    pub(super) fn read(
        &self,
        buffer: usize,
        starts: &[u64],
        mut at: u64,
        mut out: &mut [u8],
    ) -> std::io::Result<()> {
        let stored = &self.buffers[buffer];
        while !out.is_empty() {
            let part = starts.partition_point(|start| *start <= at) - 1;
            let within = at - starts[part];
            let now = if let Some((offset, length)) = stored.parts.get(part) {
                let now = out.len().min((length - within) as usize);
                self.read_file(offset + within, &mut out[..now])?;
                now
            } else {
                let held = stored.held.get(within as usize..).unwrap_or_default();
                let held = held.get(..out.len());
                out.copy_from_slice(held.ok_or(std::io::ErrorKind::UnexpectedEof)?);
                out.len()
            };
            out = &mut out[now..];
            at += now as u64;
        }
        Ok(())
    }

    fn read_file(&self, offset: u64, out: &mut [u8]) -> std::io::Result<()> {
        let file = self.file.as_ref().ok_or(std::io::ErrorKind::NotFound)?;
        let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
        read_exact_at(&mut file, offset, out)
    }

    pub(super) fn copy(&self, buffer: usize, writer: &mut dyn Write) -> std::io::Result<()> {
        let stored = &self.buffers[buffer];
        if let Some(file) = &self.file {
            let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
            let mut bytes = vec![0; COPIED_AT_ONCE];
            for (offset, length) in &stored.parts {
                file.seek(SeekFrom::Start(*offset))?;
                let mut left = *length;
                while left > 0 {
                    let now = left.min(COPIED_AT_ONCE as u64);
                    let part = &mut bytes[..now as usize];
                    file.read_exact(part)?;
                    writer.write_all(part)?;
                    left -= now;
                }
            }
        }
        writer.write_all(&stored.held)
    }
}

/// In one call of the system where it has one: single rows are looked up by the million.
#[cfg(unix)]
pub(super) fn read_exact_at(file: &mut File, offset: u64, out: &mut [u8]) -> std::io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, out, offset)
}

#[cfg(not(unix))]
pub(super) fn read_exact_at(file: &mut File, offset: u64, out: &mut [u8]) -> std::io::Result<()> {
    file.seek(SeekFrom::Start(offset))?;
    file.read_exact(out)
}
