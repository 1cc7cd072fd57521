//! Withdrawing a package: an accepted package that turned out to be wrong is not used any more.
//!
//! Nothing is deleted. The package, its sections and its journal entry stay, and a row in an append-only table says that it does
//! not count, and why. Its sequence number stays taken, so the correction comes under a higher one.

use rusqlite::OptionalExtension as _;
use serde::Serialize;

use crate::packages::{PACKAGE_COLUMNS, read_package, signed};
use crate::{Error, Hub, PackageInfo};

/// A package that is not used any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Withdrawal {
    /// The package.
    #[serde(flatten)]
    pub package: PackageInfo,
    /// Why, in the operator's words.
    pub reason: String,
}

impl Hub {
    /// Marks a package as withdrawn and adds one entry to the journal. `kind` is `records` or `events`, `period` is YYYY-MM.
    ///
    /// # Errors
    /// [`Error::NoPackage`] when there is no such package; [`Error::Withdrawn`] when it was withdrawn before; a database failure.
    pub fn withdraw_package(
        &mut self,
        custodian: &str,
        kind: &str,
        period: &str,
        sequence: u64,
        reason: &str,
    ) -> Result<PackageInfo, Error> {
        let Ok(number) = signed(sequence) else {
            return Err(Error::NoPackage(label(custodian, kind, period, sequence)));
        };
        self.change(|change| {
            let query = format!(
                "SELECT {PACKAGE_COLUMNS} FROM package
                 WHERE custodian = ?1 AND kind = ?2 AND period = ?3 AND sequence = ?4"
            );
            let wanted = rusqlite::params![custodian, kind, period, number];
            let package = change
                .query_row(&query, wanted, read_package)
                .optional()?
                .ok_or_else(|| Error::NoPackage(label(custodian, kind, period, sequence)))?;
            refuse_withdrawn(change, &package)?;
            change.execute(
                "INSERT INTO withdrawal (payload_hash, reason) VALUES (?1, ?2)",
                [package.payload_hash.as_str(), reason],
            )?;
            crate::journal::append(
                change,
                &serde_json::json!({
                    "step": "withdraw",
                    "package": package.payload_hash,
                    "custodian": package.custodian,
                    "kind": package.kind,
                    "period": package.period,
                    "sequence": package.sequence,
                    "reason": reason,
                }),
            )?;
            Ok(package)
        })
    }

    /// Packages that are not used any more, by custodian, kind, period and sequence.
    pub fn withdrawals(&self) -> Result<Vec<Withdrawal>, Error> {
        let mut statement = self.connection.prepare(&format!(
            "SELECT {PACKAGE_COLUMNS}, reason FROM package JOIN withdrawal USING (payload_hash)
             ORDER BY custodian, kind, period, sequence"
        ))?;
        let rows = statement.query_map([], |row| {
            Ok(Withdrawal {
                package: read_package(row)?,
                reason: row.get("reason")?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// A withdrawn package does not come back under its old number.
pub(crate) fn refuse_withdrawn(
    connection: &rusqlite::Connection,
    package: &PackageInfo,
) -> Result<(), Error> {
    let reason: Option<String> = connection
        .query_row(
            "SELECT reason FROM withdrawal WHERE payload_hash = ?1",
            [&package.payload_hash],
            |row| row.get(0),
        )
        .optional()?;
    match reason {
        None => Ok(()),
        Some(reason) => Err(Error::Withdrawn {
            package: package.label(),
            reason,
        }),
    }
}

fn label(custodian: &str, kind: &str, period: &str, sequence: u64) -> String {
    format!("{custodian} {kind} {period} #{sequence}")
}

impl PackageInfo {
    /// The package in words: `council records 2026-08 #1`.
    pub fn label(&self) -> String {
        label(&self.custodian, &self.kind, &self.period, self.sequence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::tests::new_hub;
    use crate::packages::tests::{info, ingest};

    fn withdraw(hub: &mut Hub, sequence: u64) -> Result<PackageInfo, Error> {
        hub.withdraw_package("council", "records", "2026-08", sequence, "wrong key")
    }

    #[test]
    fn a_withdrawn_package_stays_and_is_not_used() {
        let (_folder, mut hub) = new_hub();
        ingest(&mut hub, "one", 1).unwrap();
        ingest(&mut hub, "two", 2).unwrap();
        assert_eq!(withdraw(&mut hub, 2).unwrap(), info("two", 2));
        assert_eq!(hub.packages().unwrap(), [info("one", 1)]);
        assert_eq!(hub.latest_packages().unwrap(), [info("one", 1)]);
        let withdrawn = Withdrawal {
            package: info("two", 2),
            reason: "wrong key".into(),
        };
        assert_eq!(hub.withdrawals().unwrap(), [withdrawn]);
        let kept = hub.load_section(&info("two", 2).payload_hash, "codes");
        assert_eq!(kept.unwrap().as_deref(), Some(b"two".as_slice()));
        let journal = hub.journal().unwrap();
        assert_eq!(journal.len(), 3);
        assert!(journal[2].contains("\"reason\":\"wrong key\""));
    }

    #[test]
    fn the_number_of_a_withdrawn_package_stays_taken() {
        let (_folder, mut hub) = new_hub();
        ingest(&mut hub, "one", 1).unwrap();
        withdraw(&mut hub, 1).unwrap();
        let again = ingest(&mut hub, "one", 1);
        assert!(matches!(again, Err(Error::Withdrawn { .. })));
        let other = ingest(&mut hub, "another one", 1);
        assert!(matches!(other, Err(Error::Replay { .. })));
        ingest(&mut hub, "two", 2).unwrap();
        assert_eq!(hub.packages().unwrap(), [info("two", 2)]);
    }

    #[test]
    fn what_is_not_there_or_withdrawn_already_is_refused() {
        let (_folder, mut hub) = new_hub();
        ingest(&mut hub, "one", 1).unwrap();
        for missing in [2, u64::MAX] {
            let refused = withdraw(&mut hub, missing);
            assert!(matches!(refused, Err(Error::NoPackage(_))));
        }
        withdraw(&mut hub, 1).unwrap();
        let again = withdraw(&mut hub, 1);
        assert!(matches!(again, Err(Error::Withdrawn { .. })));
        assert_eq!(hub.journal().unwrap().len(), 2);
        for statement in [
            "UPDATE withdrawal SET reason = 'x'",
            "DELETE FROM withdrawal",
        ] {
            assert!(hub.connection.execute(statement, []).is_err());
        }
    }
}
