//! Making and opening a hub's folder.

use std::path::{Path, PathBuf};

use kinfold_message::{Problem, write_whole};
use rusqlite::{Connection, TransactionBehavior};

use crate::{Error, database};

const DATABASE: &str = "hub.sqlite";
const AGREEMENT: &str = "agreement.toml";
const SIGNATURES: &str = "agreement.sig";
const SCHEMA: &str = "schema.toml";
const RULES: &str = "rules.toml";

/// The texts that a hub keeps beside its database, so that its folder alone explains every run.
#[derive(Clone, Copy, Debug)]
pub struct Texts<'a> {
    /// The agreement, as it was signed.
    pub agreement: &'a str,
    /// The signatures, one JSON line a party.
    pub signatures: &'a str,
    /// The linkage schema that the agreement names.
    pub schema: &'a str,
    /// The rule pack that the agreement names.
    pub rules: &'a str,
}

/// An open hub folder. Commands of several processes may use one folder at once: each change is one SQLite transaction.
#[derive(Debug)]
pub struct Hub {
    folder: PathBuf,
    pub(crate) connection: Connection,
}

impl Hub {
    /// Makes a hub in `folder` (which is made, or is empty) for one agreement. The caller has verified the texts. When anything
    /// fails, what was made is removed.
    ///
    /// # Errors
    /// [`Error::Exists`] when the folder holds anything; a file or database failure.
    pub fn create(folder: &Path, texts: &Texts<'_>) -> Result<Self, Error> {
        let occupied = std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
        if occupied {
            return Err(Error::Exists(folder.to_owned()));
        }
        let was_there = folder.is_dir();
        Self::fill(folder, texts).inspect_err(|_| {
            // The folder was empty or absent before, so everything in it is ours. Best effort: the first error is the one
            // to report.
            let _ = std::fs::remove_dir_all(folder);
            if was_there {
                let _ = std::fs::create_dir(folder);
            }
        })
    }

    fn fill(folder: &Path, texts: &Texts<'_>) -> Result<Self, Error> {
        for path in [
            folder.to_owned(),
            folder.join("packages"),
            folder.join("runs"),
        ] {
            kinfold_message::create_private_folder(&path)
                .map_err(|e| Problem::io("make the folder", &path, &e))?;
        }
        for (name, text) in [
            (AGREEMENT, texts.agreement),
            (SIGNATURES, texts.signatures),
            (SCHEMA, texts.schema),
            (RULES, texts.rules),
        ] {
            write_whole(&folder.join(name), text.as_bytes())?;
        }
        let hub = Self::attach(folder)?;
        hub.sync_ledger()?;
        Ok(hub)
    }

    /// Opens the hub in `folder` and brings its ledger file up to date with its database.
    ///
    /// # Errors
    /// [`Error::NotAHub`] when there is none; [`Error::Ledger`] when the ledger file was changed; a file or database failure.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        if !folder.join(DATABASE).is_file() {
            return Err(Error::NotAHub(folder.to_owned()));
        }
        let hub = Self::attach(folder)?;
        hub.sync_ledger()?;
        Ok(hub)
    }

    fn attach(folder: &Path) -> Result<Self, Error> {
        let connection = database::open(&folder.join(DATABASE))?;
        Ok(Self {
            folder: folder.to_owned(),
            connection,
        })
    }

    /// The hub's folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Path of the hub's copy of the agreement; its signatures lie beside it.
    pub fn agreement_path(&self) -> PathBuf {
        self.folder.join(AGREEMENT)
    }

    /// Path of the hub's copy of the linkage schema.
    pub fn schema_path(&self) -> PathBuf {
        self.folder.join(SCHEMA)
    }

    /// Path of the hub's copy of the rule pack.
    pub fn rules_path(&self) -> PathBuf {
        self.folder.join(RULES)
    }

    /// Runs `work` in one transaction that no other writer can interleave with, then mirrors new journal entries to the ledger
    /// file.
    pub(crate) fn change<T>(
        &mut self,
        work: impl FnOnce(&rusqlite::Transaction<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let change = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let value = work(&change)?;
        change.commit()?;
        self.sync_ledger()?;
        Ok(value)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    const TEXTS: Texts<'static> = Texts {
        agreement: "name = \"made up\"\n",
        signatures: "{}\n",
        schema: "",
        rules: "",
    };

    /// A new hub for a made-up agreement.
    pub(crate) fn new_hub() -> (tempfile::TempDir, Hub) {
        let folder = tempfile::tempdir().unwrap();
        let hub = Hub::create(&folder.path().join("hub"), &TEXTS).unwrap();
        (folder, hub)
    }

    #[test]
    fn a_hub_is_made_once_and_opened_again() {
        let (folder, hub) = new_hub();
        assert_eq!(
            std::fs::read_to_string(hub.agreement_path()).unwrap(),
            TEXTS.agreement
        );
        drop(hub);
        assert!(Hub::open(&folder.path().join("hub")).is_ok());
        let again = Hub::create(&folder.path().join("hub"), &TEXTS);
        assert!(matches!(again, Err(Error::Exists(_))));
    }

    #[test]
    fn a_failed_create_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file"), "").unwrap();
        assert!(Hub::create(&folder.path().join("file").join("hub"), &TEXTS).is_err());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_without_a_database_is_not_a_hub() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(Hub::open(folder.path()), Err(Error::NotAHub(_))));
        assert!(
            !folder.path().join(DATABASE).exists(),
            "opening must not make a database"
        );
    }
}
