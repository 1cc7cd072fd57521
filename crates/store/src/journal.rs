//! The journal: every step the hub took, in the database and, from there, in the ledger file.
//!
//! An entry is written in the same transaction as the step it describes. The ledger file follows: whenever the hub is opened or
//! changed, entries that the file does not have yet are appended to it. So a crash at any point loses no entry and doubles none,
//! and a ledger that holds something the database does not is proof that somebody changed one of them.

use std::path::Path;
use std::time::Duration;

use kinfold_ledger::{Ledger, canonical_json};
use rusqlite::Transaction;
use serde_json::Value;

use crate::{Error, Hub};

const LEDGER: &str = "ledger.jsonl";

/// How often, and how long apart, a ledger that another process is writing is tried again: three seconds in all.
const BUSY_ATTEMPTS: u32 = 60;
const BUSY_WAIT: Duration = Duration::from_millis(50);

/// Adds an entry, as canonical JSON, inside the transaction of the step it describes.
pub(crate) fn append(change: &Transaction<'_>, entry: &Value) -> Result<(), Error> {
    change.execute(
        "INSERT INTO journal (position, entry) SELECT count(*), ?1 FROM journal",
        [canonical_json(entry)],
    )?;
    Ok(())
}

impl Hub {
    /// Every entry, in order, as canonical JSON.
    pub fn journal(&self) -> Result<Vec<String>, Error> {
        let mut statement = self
            .connection
            .prepare("SELECT entry FROM journal ORDER BY position")?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Appends the entries that the ledger file does not have yet.
    ///
    /// # Errors
    /// [`Error::Ledger`] when the file holds something else than the journal's first entries.
    pub(crate) fn sync_ledger(&self) -> Result<(), Error> {
        let path = self.folder().join(LEDGER);
        // The file is always read before the journal: an entry is in the journal before it is in the file, so an entry of the
        // file that the journal lacks was not written by any hub.
        if path.exists() && missing(&Ledger::read(&path)?, &self.journal()?)?.is_empty() {
            return Ok(());
        }
        let mut ledger = open_for_writing(&path)?;
        for entry in missing(&ledger, &self.journal()?)? {
            let entry: Value = serde_json::from_str(&entry)
                .map_err(|_| Error::Ledger("an entry of the journal is not JSON".into()))?;
            ledger.append(&entry)?;
        }
        Ok(())
    }
}

/// The entries that the file does not have yet.
fn missing(ledger: &Ledger, journal: &[String]) -> Result<Vec<String>, Error> {
    let written = ledger.entries();
    match written
        .iter()
        .enumerate()
        .find(|(position, entry)| journal.get(*position) != Some(entry))
    {
        Some((position, _)) => Err(Error::Ledger(format!(
            "entry {position} is not the same in both"
        ))),
        None => Ok(journal[written.len()..].to_vec()),
    }
}

/// Another process holds the file only while it appends.
fn open_for_writing(path: &Path) -> Result<Ledger, Error> {
    for _ in 0..BUSY_ATTEMPTS {
        match Ledger::open(path) {
            Err(kinfold_ledger::Error::LedgerBusy) => std::thread::sleep(BUSY_WAIT),
            other => return Ok(other?),
        }
    }
    Ok(Ledger::open(path)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RunInfo;
    use crate::hub::tests::new_hub;

    fn hub_with_two_entries() -> (tempfile::TempDir, Hub) {
        let (folder, mut hub) = new_hub();
        for id in ["one", "two"] {
            let run = RunInfo {
                id: id.into(),
                reference_date: "2026-08-31".into(),
                manifest: "{}".into(),
            };
            hub.record_run(&run, &[]).unwrap();
        }
        (folder, hub)
    }

    #[test]
    fn the_file_is_the_journal() {
        let (_folder, hub) = hub_with_two_entries();
        let ledger = Ledger::read(&hub.folder().join(LEDGER)).unwrap();
        assert_eq!(ledger.entries(), hub.journal().unwrap());
        assert_eq!(ledger.tree().size(), 2);
    }

    #[test]
    fn a_crash_before_the_file_was_written_loses_nothing() {
        let (_folder, hub) = hub_with_two_entries();
        let path = hub.folder().join(LEDGER);
        let first = hub.journal().unwrap()[0].clone() + "\n";
        std::fs::write(&path, &first[..]).unwrap();
        Hub::open(hub.folder()).unwrap();
        assert_eq!(
            Ledger::read(&path).unwrap().entries(),
            hub.journal().unwrap()
        );
    }

    #[test]
    fn an_edited_file_is_noticed() {
        let (_folder, hub) = hub_with_two_entries();
        let path = hub.folder().join(LEDGER);
        let text = std::fs::read_to_string(&path)
            .unwrap()
            .replace("2026", "2027");
        std::fs::write(&path, text).unwrap();
        assert!(matches!(Hub::open(hub.folder()), Err(Error::Ledger(_))));
    }

    #[test]
    fn an_entry_that_the_database_does_not_have_is_noticed() {
        let (_folder, hub) = hub_with_two_entries();
        let path = hub.folder().join(LEDGER);
        let text = std::fs::read_to_string(&path).unwrap() + "{\"step\":\"forged\"}\n";
        std::fs::write(&path, text).unwrap();
        assert!(matches!(Hub::open(hub.folder()), Err(Error::Ledger(_))));
    }
}
