//! Packages: accepting them, listing them, reading their sections back.

use std::path::PathBuf;

use kinfold_message::{Problem, write_whole};
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction};
use serde::Serialize;

use crate::withdrawals::refuse_withdrawn;
use crate::{Error, Hub};

/// What [`read_package`] reads, in its order.
pub(crate) const PACKAGE_COLUMNS: &str =
    "payload_hash, kind, custodian, period, sequence, rows, schema_hash, key_check, received_on";

/// An opened and verified package, ready to be kept.
#[derive(Clone, Debug)]
pub struct Incoming<'a> {
    /// What is kept in the list of packages.
    pub info: PackageInfo,
    /// The signed manifest, canonical JSON.
    pub manifest: &'a str,
    /// Name and bytes of each section.
    pub sections: &'a [(String, Vec<u8>)],
}

/// One package in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PackageInfo {
    /// BLAKE3 of manifest and sections, 64 hex digits: what runs refer to.
    pub payload_hash: String,
    /// `records` or `events`.
    pub kind: String,
    /// Who sent it.
    pub custodian: String,
    /// The period of the data, YYYY-MM.
    pub period: String,
    /// Number of the package within its custodian, kind and period.
    pub sequence: u64,
    /// Rows of the main section.
    pub rows: u64,
    /// Hash of the linkage schema, hex.
    pub schema_hash: String,
    /// Key check value, hex: equal for all custodians that used the same project key.
    pub key_check: String,
    /// The day it was received, YYYY-MM-DD, as given by the operator.
    pub received_on: String,
}

/// One section of a package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SectionInfo {
    /// Name, for instance `codes`.
    pub name: String,
    /// Length in bytes.
    pub bytes: u64,
    /// BLAKE3, hex.
    pub hash: String,
}

/// What happened to an incoming package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// It was kept.
    New,
    /// The very same package was kept before; nothing changed.
    AlreadyThere,
}

impl Hub {
    /// Keeps a package: its sections as files, its manifest in the database, one entry in the journal. All or nothing.
    ///
    /// # Errors
    /// [`Error::Replay`] when the same custodian, kind and period already has this or a later sequence number with different
    /// contents; [`Error::Withdrawn`] when this very package was withdrawn; a file or database failure.
    pub fn record_package(&mut self, incoming: &Incoming<'_>) -> Result<Accepted, Error> {
        if is_known(&self.connection, &incoming.info)? {
            return Ok(Accepted::AlreadyThere);
        }
        let mut written = Vec::new();
        let kept = self.keep(incoming, &mut written);
        if kept.is_err() {
            for path in written {
                // Best effort: a section nobody refers to does no harm, and the first error is the one to report.
                let _ = std::fs::remove_file(path);
            }
        }
        kept
    }

    fn keep(
        &mut self,
        incoming: &Incoming<'_>,
        written: &mut Vec<PathBuf>,
    ) -> Result<Accepted, Error> {
        for (name, bytes) in incoming.sections {
            let path = self.section_path(&incoming.info.payload_hash, name);
            write_whole(&path, bytes)?;
            written.push(path);
        }
        self.change(|change| {
            // Asked again inside the transaction, because another process may have been faster.
            if is_known(change, &incoming.info)? {
                return Ok(Accepted::AlreadyThere);
            }
            insert(change, incoming)?;
            Ok(Accepted::New)
        })
    }

    /// All packages that were not withdrawn, by custodian, kind, period and sequence.
    pub fn packages(&self) -> Result<Vec<PackageInfo>, Error> {
        let mut statement = self.connection.prepare(&format!(
            "SELECT {PACKAGE_COLUMNS} FROM package
             WHERE payload_hash NOT IN (SELECT payload_hash FROM withdrawal)
             ORDER BY custodian, kind, period, sequence"
        ))?;
        let rows = statement.query_map([], read_package)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The newest package (by period, then sequence) of each custodian and kind, without withdrawn ones.
    pub fn latest_packages(&self) -> Result<Vec<PackageInfo>, Error> {
        let mut latest: Vec<PackageInfo> = Vec::new();
        for package in self.packages()? {
            match latest.last_mut() {
                Some(last) if last.custodian == package.custodian && last.kind == package.kind => {
                    *last = package;
                }
                _ => latest.push(package),
            }
        }
        Ok(latest)
    }

    /// The sections of a package, by name.
    pub fn sections(&self, payload_hash: &str) -> Result<Vec<SectionInfo>, Error> {
        let mut statement = self.connection.prepare(
            "SELECT name, bytes, hash FROM section WHERE payload_hash = ?1 ORDER BY name",
        )?;
        let rows = statement.query_map([payload_hash], |row| {
            Ok(SectionInfo {
                name: row.get(0)?,
                bytes: unsigned(row, 1)?,
                hash: row.get(2)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The manifest of a package, as it was signed; `None` when the package is unknown.
    pub fn manifest(&self, payload_hash: &str) -> Result<Option<String>, Error> {
        let query = "SELECT manifest FROM package WHERE payload_hash = ?1";
        Ok(self
            .connection
            .query_row(query, [payload_hash], |row| row.get(0))
            .optional()?)
    }

    /// The bytes of one section, after checking them against the hash they were received with. `None` when the package has no
    /// such section.
    ///
    /// # Errors
    /// [`Error::Damaged`] when the file is missing or was changed.
    pub fn load_section(&self, payload_hash: &str, name: &str) -> Result<Option<Vec<u8>>, Error> {
        let sections = self.sections(payload_hash)?;
        let Some(section) = sections.iter().find(|section| section.name == name) else {
            return Ok(None);
        };
        let path = self.section_path(payload_hash, name);
        match std::fs::read(&path) {
            Ok(bytes) if blake3::hash(&bytes).to_hex().as_str() == section.hash => Ok(Some(bytes)),
            Ok(_) => Err(Error::Damaged(path)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(Error::Damaged(path)),
            Err(error) => Err(Problem::io("read the stored section", &path, &error).into()),
        }
    }

    fn section_path(&self, payload_hash: &str, name: &str) -> PathBuf {
        // Names come out of a signed manifest, but a path is not the place to trust anybody.
        let safe: String = name
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() || c == '-' || c == '_' {
                    c
                } else {
                    '_'
                }
            })
            .collect();
        self.folder()
            .join("packages")
            .join(format!("{payload_hash}.{safe}.arrow"))
    }
}

/// Whether this very package is in the database.
fn is_known(connection: &Connection, info: &PackageInfo) -> Result<bool, Error> {
    let same: Option<String> = connection
        .query_row(
            "SELECT payload_hash FROM package WHERE payload_hash = ?1",
            [&info.payload_hash],
            |row| row.get(0),
        )
        .optional()?;
    if same.is_some() {
        refuse_withdrawn(connection, info)?;
        return Ok(true);
    }
    let accepted: Option<i64> = connection.query_row(
        "SELECT max(sequence) FROM package WHERE custodian = ?1 AND kind = ?2 AND period = ?3",
        [&info.custodian, &info.kind, &info.period],
        |row| row.get(0),
    )?;
    match accepted {
        Some(accepted) if info.sequence <= accepted as u64 => Err(Error::Replay {
            custodian: info.custodian.clone(),
            kind: info.kind.clone(),
            period: info.period.clone(),
            sequence: info.sequence,
            accepted: accepted as u64,
        }),
        _ => Ok(false),
    }
}

fn insert(change: &Transaction<'_>, incoming: &Incoming<'_>) -> Result<(), Error> {
    let info = &incoming.info;
    change.execute(
        "INSERT INTO package (payload_hash, kind, custodian, period, sequence, rows, schema_hash, key_check, manifest, received_on)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        rusqlite::params![
            info.payload_hash,
            info.kind,
            info.custodian,
            info.period,
            signed(info.sequence)?,
            signed(info.rows)?,
            info.schema_hash,
            info.key_check,
            incoming.manifest,
            info.received_on,
        ],
    )?;
    for (name, bytes) in incoming.sections {
        change.execute(
            "INSERT INTO section (payload_hash, name, bytes, hash) VALUES (?1, ?2, ?3, ?4)",
            rusqlite::params![
                info.payload_hash,
                name,
                signed(bytes.len() as u64)?,
                blake3::hash(bytes).to_hex().as_str()
            ],
        )?;
    }
    crate::journal::append(
        change,
        &serde_json::json!({
            "step": "ingest",
            "package": info.payload_hash,
            "custodian": info.custodian,
            "kind": info.kind,
            "period": info.period,
            "sequence": info.sequence,
            "rows": info.rows,
            "on": info.received_on,
        }),
    )
}

pub(crate) fn read_package(row: &Row<'_>) -> rusqlite::Result<PackageInfo> {
    Ok(PackageInfo {
        payload_hash: row.get(0)?,
        kind: row.get(1)?,
        custodian: row.get(2)?,
        period: row.get(3)?,
        sequence: unsigned(row, 4)?,
        rows: unsigned(row, 5)?,
        schema_hash: row.get(6)?,
        key_check: row.get(7)?,
        received_on: row.get(8)?,
    })
}

/// SQLite integers are signed; what does not fit is refused and not wrapped.
pub(crate) fn signed(value: u64) -> rusqlite::Result<i64> {
    i64::try_from(value).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}

/// SQLite integers are signed; every count in our tables is checked to be at least zero when it is written.
fn unsigned(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column).map(|value| value as u64)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::hub::tests::new_hub;

    fn sections(text: &str) -> Vec<(String, Vec<u8>)> {
        vec![("codes".into(), text.as_bytes().to_vec())]
    }

    pub(crate) fn info(contents: &str, sequence: u64) -> PackageInfo {
        PackageInfo {
            payload_hash: blake3::hash(contents.as_bytes()).to_hex().to_string(),
            kind: "records".into(),
            custodian: "council".into(),
            period: "2026-08".into(),
            sequence,
            rows: 3,
            schema_hash: "00".into(),
            key_check: "01".into(),
            received_on: "2026-09-01".into(),
        }
    }

    pub(crate) fn ingest(hub: &mut Hub, contents: &str, sequence: u64) -> Result<Accepted, Error> {
        hub.record_package(&Incoming {
            info: info(contents, sequence),
            manifest: "{}",
            sections: &sections(contents),
        })
    }

    #[test]
    fn a_package_comes_back_as_it_was() {
        let (_folder, mut hub) = new_hub();
        assert_eq!(ingest(&mut hub, "one", 1).unwrap(), Accepted::New);
        let packages = hub.packages().unwrap();
        assert_eq!(packages, [info("one", 1)]);
        let hash = &packages[0].payload_hash;
        assert_eq!(
            hub.load_section(hash, "codes").unwrap().as_deref(),
            Some(b"one".as_slice())
        );
        assert_eq!(hub.load_section(hash, "events").unwrap(), None);
        assert_eq!(hub.manifest(hash).unwrap().as_deref(), Some("{}"));
    }

    #[test]
    fn the_same_package_again_changes_nothing() {
        let (_folder, mut hub) = new_hub();
        ingest(&mut hub, "one", 1).unwrap();
        assert_eq!(ingest(&mut hub, "one", 1).unwrap(), Accepted::AlreadyThere);
        assert_eq!(hub.packages().unwrap().len(), 1);
        assert_eq!(hub.journal().unwrap().len(), 1);
    }

    #[test]
    fn a_replay_is_refused_and_leaves_no_file() {
        let (_folder, mut hub) = new_hub();
        ingest(&mut hub, "two", 2).unwrap();
        for (contents, sequence) in [("one", 1), ("other two", 2)] {
            let refused = ingest(&mut hub, contents, sequence);
            assert!(matches!(refused, Err(Error::Replay { accepted: 2, .. })));
        }
        let files = std::fs::read_dir(hub.folder().join("packages"))
            .unwrap()
            .count();
        assert_eq!((files, hub.packages().unwrap().len()), (1, 1));
    }

    #[test]
    fn the_latest_is_by_period_then_sequence() {
        let (_folder, mut hub) = new_hub();
        ingest(&mut hub, "one", 9).unwrap();
        let mut later = info("september", 1);
        later.period = "2026-09".into();
        hub.record_package(&Incoming {
            info: later.clone(),
            manifest: "{}",
            sections: &[],
        })
        .unwrap();
        assert_eq!(hub.latest_packages().unwrap(), [later]);
    }

    #[test]
    fn a_changed_section_is_noticed() {
        let (_folder, mut hub) = new_hub();
        ingest(&mut hub, "one", 1).unwrap();
        let hash = info("one", 1).payload_hash;
        let path = hub.section_path(&hash, "codes");
        std::fs::write(&path, "onE").unwrap();
        assert!(matches!(
            hub.load_section(&hash, "codes"),
            Err(Error::Damaged(_))
        ));
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(
            hub.load_section(&hash, "codes"),
            Err(Error::Damaged(_))
        ));
    }

    #[test]
    fn received_packages_cannot_be_edited() {
        let (_folder, mut hub) = new_hub();
        ingest(&mut hub, "one", 1).unwrap();
        for statement in [
            "UPDATE package SET rows = 0",
            "DELETE FROM section",
            "DELETE FROM journal",
        ] {
            assert!(
                hub.connection.execute(statement, []).is_err(),
                "{statement} must be refused"
            );
        }
    }

    #[test]
    fn a_section_name_cannot_leave_the_folder() {
        let (_folder, hub) = new_hub();
        let path = hub.section_path("00", "../../escape");
        assert_eq!(path.parent(), Some(hub.folder().join("packages").as_path()));
    }
}
