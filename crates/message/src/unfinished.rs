//! What is being written and has to go when the program is interrupted: a half-written file may hold own ids in clear.

use std::io;
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What this process has begun and not finished.
static BEGUN: Mutex<Vec<Begun>> = Mutex::new(Vec::new());

/// How often a folder is emptied in which other threads may still be making files.
const ATTEMPTS: usize = 20;

struct Begun {
    path: PathBuf,
    /// A folder around it that was made for it.
    around: Option<PathBuf>,
}

impl Begun {
    /// Best effort: whoever is interrupted has nobody to report to.
    fn remove(&self) {
        for _ in 0..ATTEMPTS {
            let removed = if self.path.is_dir() {
                std::fs::remove_dir_all(&self.path)
            } else {
                std::fs::remove_file(&self.path)
            };
            if removed.is_ok() || !self.path.exists() {
                break;
            }
        }
        if let Some(around) = &self.around {
            let _ = std::fs::remove_dir(around);
        }
    }
}

/// A file or folder under its temporary name: [`Unfinished::remove_all`] removes it until this is dropped.
#[derive(Debug)]
pub struct Unfinished {
    path: PathBuf,
}

impl Unfinished {
    /// Begins one, which `make` makes.
    ///
    /// # Errors
    /// The error of `make`.
    pub fn begin<T>(path: &Path, make: impl FnOnce() -> io::Result<T>) -> io::Result<(Self, T)> {
        Self::begin_in(path, None, make)
    }

    /// The same in a folder that was made for it: that goes too if it is empty then.
    ///
    /// # Errors
    /// The error of `make`.
    pub fn begin_in<T>(
        path: &Path,
        around: Option<&Path>,
        make: impl FnOnce() -> io::Result<T>,
    ) -> io::Result<(Self, T)> {
        // Made while nobody removes: what is made is known, and what is known is removed.
        let mut begun = lock();
        let made = make()?;
        begun.push(Begun {
            path: absolute(path),
            around: around.map(absolute),
        });
        drop(begun);
        let path = absolute(path);
        Ok((Self { path }, made))
    }

    /// Does something that an interruption must not cut in two, such as giving several files their names.
    pub fn undisturbed<T>(act: impl FnOnce() -> T) -> T {
        let _begun = lock();
        act()
    }

    /// Removes everything that is unfinished. From then on every thread that begins or finishes something waits for ever: to be called last, by
    /// whoever ends the process.
    pub fn remove_all() {
        let begun = lock();
        begun.iter().for_each(Begun::remove);
        mem::forget(begun);
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        let mut begun = lock();
        if let Some(at) = begun.iter().rposition(|begun| begun.path == self.path) {
            begun.swap_remove(at);
        }
    }
}

/// A panic while the list was held leaves it whole.
fn lock() -> MutexGuard<'static, Vec<Begun>> {
    BEGUN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
