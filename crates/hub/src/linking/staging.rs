//! All files of a run appear together: they are written into a folder beside their places and moved when all are complete.
//!
//! When anything fails (a full disk, most likely) or the run is interrupted, the folder is removed, and what an earlier run left is as it was.

use std::path::{Path, PathBuf};

use kinfold_message::{Problem, Unfinished};

/// Name of the folder in which files wait.
const WAITING: &str = ".run.part";

/// A folder of files that are not in their places yet. Dropping it removes them.
#[derive(Debug)]
pub(super) struct Staging {
    target: PathBuf,
    waiting: PathBuf,
    target_is_new: bool,
    _unfinished: Unfinished,
}

impl Staging {
    /// Begins in `target`, which is made when it is not there. What an interrupted run left waiting is removed.
    pub(super) fn begin(target: &Path) -> Result<Self, Problem> {
        let waiting = target.join(WAITING);
        let target_is_new = !target.exists();
        let failed = |error: std::io::Error| Problem::io("make the folder", target, &error);
        if waiting.exists() {
            std::fs::remove_dir_all(&waiting).map_err(failed)?;
        }
        let around = target_is_new.then_some(target);
        let made = Unfinished::begin_in(&waiting, around, || {
            kinfold_message::create_private_folder(&waiting)
        });
        let (unfinished, ()) = made.map_err(failed)?;
        Ok(Self {
            _unfinished: unfinished,
            target: target.to_owned(),
            waiting,
            target_is_new,
        })
    }

    /// Where to write.
    pub(super) fn folder(&self) -> &Path {
        &self.waiting
    }

    /// Moves the files to their places, in this order. Moving needs no space on the disk.
    pub(super) fn finish(mut self, names: &[&str]) -> Result<(), Problem> {
        Unfinished::undisturbed(|| {
            names.iter().try_for_each(|name| {
                let place = self.target.join(name);
                std::fs::rename(self.waiting.join(name), &place)
                    .map_err(|error| Problem::io("move the file to its place", &place, &error))
            })
        })?;
        self.target_is_new = false;
        Ok(())
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // Best effort: whoever dropped this early is already reporting why.
        let _ = std::fs::remove_dir_all(&self.waiting);
        if self.target_is_new {
            let _ = std::fs::remove_dir(&self.target);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    #[test]
    fn files_appear_together_at_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("out");
        let staging = Staging::begin(&target).unwrap();
        std::fs::write(staging.folder().join("a"), "new").unwrap();
        assert_eq!(files(&target), [WAITING]);
        staging.finish(&["a"]).unwrap();
        assert_eq!(files(&target), ["a"]);
    }

    #[test]
    fn a_run_that_fails_leaves_the_earlier_one_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a"), "old").unwrap();
        let staging = Staging::begin(folder.path()).unwrap();
        std::fs::write(staging.folder().join("a"), "ne").unwrap();
        drop(staging);
        assert_eq!(
            std::fs::read_to_string(folder.path().join("a")).unwrap(),
            "old"
        );
        assert_eq!(files(folder.path()), ["a"]);
    }

    #[test]
    fn a_new_folder_of_a_run_that_fails_goes_too() {
        let folder = tempfile::tempdir().unwrap();
        drop(Staging::begin(&folder.path().join("out")).unwrap());
        assert!(files(folder.path()).is_empty());
    }

    #[test]
    fn what_an_interrupted_run_left_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let waiting = folder.path().join(WAITING);
        std::fs::create_dir(&waiting).unwrap();
        std::fs::write(waiting.join("a"), "half").unwrap();
        let staging = Staging::begin(folder.path()).unwrap();
        assert!(files(staging.folder()).is_empty());
    }
}
