//! Opening the SQLite database: durable settings, then migrations.
//!
//! A commit is on disk when it returns (`synchronous=FULL` with a write-ahead log), and foreign keys are enforced. The number of
//! the newest migration applied is SQLite's `user_version`; a database from a newer version of the program is refused.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use crate::Error;

/// Each entry takes the database from its position to its position plus one.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/001.sql"),
    include_str!("migrations/002.sql"),
];

/// The newest schema number.
const NEWEST: u32 = MIGRATIONS.len() as u32;

/// How long a command waits for another one that is writing.
const BUSY_MILLISECONDS: u64 = 10_000;

/// Opens (or makes) the database file and brings it to the newest schema.
pub(crate) fn open(path: &Path) -> Result<Connection, Error> {
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(std::time::Duration::from_millis(BUSY_MILLISECONDS))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    migrate(&mut connection)?;
    Ok(connection)
}

fn migrate(connection: &mut Connection) -> Result<(), Error> {
    let change = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: u32 = change.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > NEWEST {
        return Err(Error::Newer {
            found,
            known: NEWEST,
        });
    }
    for migration in &MIGRATIONS[found as usize..] {
        change.execute_batch(migration)?;
    }
    change.pragma_update(None, "user_version", NEWEST)?;
    change.commit()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_database_is_durable_and_checks_its_references() {
        let folder = tempfile::tempdir().unwrap();
        let connection = open(&folder.path().join("hub.sqlite")).unwrap();
        let text = |name: &str| -> String {
            connection
                .pragma_query_value(None, name, |row| {
                    row.get::<_, rusqlite::types::Value>(0)
                        .map(|v| format!("{v:?}"))
                })
                .unwrap()
        };
        assert_eq!(text("journal_mode"), "Text(\"wal\")");
        assert_eq!(text("synchronous"), "Integer(2)");
        assert_eq!(text("foreign_keys"), "Integer(1)");
    }

    #[test]
    fn every_table_is_strict_and_append_only() {
        let folder = tempfile::tempdir().unwrap();
        let connection = open(&folder.path().join("hub.sqlite")).unwrap();
        let mut statement = connection
            .prepare("SELECT name, strict FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%'")
            .unwrap();
        let tables: Vec<(String, i64)> = statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        assert_eq!(tables.len(), 6);
        for (table, strict) in tables {
            assert_eq!(strict, 1, "{table} is not STRICT");
            let triggers: i64 = connection
                .query_row(
                    "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?1",
                    [&table],
                    |row| row.get(0),
                )
                .unwrap();
            assert_eq!(triggers, 2, "{table} can be edited");
        }
    }

    #[test]
    fn a_database_of_the_first_schema_is_brought_up() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hub.sqlite");
        let old = Connection::open(&path).unwrap();
        old.execute_batch(MIGRATIONS[0]).unwrap();
        old.pragma_update(None, "user_version", 1).unwrap();
        drop(old);
        let count = |connection: &Connection| -> i64 {
            connection
                .query_row("SELECT count(*) FROM withdrawal", [], |row| row.get(0))
                .unwrap()
        };
        assert_eq!(count(&open(&path).unwrap()), 0);
        assert_eq!(count(&open(&path).unwrap()), 0);
    }

    #[test]
    fn a_database_from_the_future_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hub.sqlite");
        open(&path)
            .unwrap()
            .pragma_update(None, "user_version", 99)
            .unwrap();
        assert!(matches!(open(&path), Err(Error::Newer { found: 99, .. })));
    }
}
