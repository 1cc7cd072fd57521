//! Which packages a run reads, and their tables.
//!
//! Of each custodian the newest records are read, and the events that belong to them. Record references depend on the period, and
//! which people stand under them on the delivery, so events belong to records only when period and sequence are the same; other
//! events are not guessed at.

use std::collections::BTreeMap;

use kinfold_exchange::{EventTable, codes_from_ipc, events_from_ipc, is_codes, subjects_from_ipc};
use kinfold_linkage::RecordSet;
use kinfold_message::{Exit, Problem};
use kinfold_store::{Hub, PackageInfo};

use super::tables::month_number;
use crate::terms::Terms;

/// The packages of a run, opened.
#[derive(Debug)]
pub(crate) struct Inputs {
    /// The packages, by custodian and kind.
    pub(crate) packages: Vec<PackageInfo>,
    /// One set of codes for each custodian, in the order of their ids.
    pub(crate) sets: Vec<RecordSet>,
    /// Events of the custodian of each set; `None` when they were not sent.
    pub(crate) events: Vec<Option<EventTable>>,
    /// What is missing, one sentence each.
    pub(crate) gaps: Vec<String>,
}

impl Inputs {
    /// Chooses the packages and reads their tables, verifying every hash.
    ///
    /// # Errors
    /// `E-LINK-EMPTY` when there are no records at all; a stored file that was changed.
    pub(crate) fn load(hub: &Hub, terms: &Terms) -> Result<Self, Problem> {
        let all = hub.packages()?;
        let mut inputs = Self {
            packages: Vec::new(),
            sets: Vec::new(),
            events: Vec::new(),
            gaps: Vec::new(),
        };
        let records = hub.latest_packages()?;
        for package in records.iter().filter(|package| package.kind == "records") {
            let matching = all.iter().find(|other| {
                other.kind == "events"
                    && (&other.custodian, &other.period, other.sequence)
                        == (&package.custodian, &package.period, package.sequence)
            });
            inputs.read_records(hub, terms, package)?;
            let events = matching
                .map(|events| read_events(hub, events))
                .transpose()?;
            inputs.packages.push(package.clone());
            inputs.packages.extend(matching.cloned());
            if events.is_none() {
                let name = terms.party_name(&package.custodian);
                inputs.gaps.push(no_events(&name, package, &all));
            }
            inputs.events.push(events);
        }
        for party in terms.agreement.custodians() {
            if !inputs
                .packages
                .iter()
                .any(|package| package.custodian == party.id)
            {
                inputs
                    .gaps
                    .push(format!("{} has not sent records yet.", party.name));
            }
        }
        if inputs.records() == 0 {
            return Err(Problem::new(
                "E-LINK-EMPTY",
                Exit::CouldNotRun,
                "there are no records to link",
                "ingest the custodians' packages first: `kinfold-hub ingest *.kin --hub DIR --key FILE --on DATE`",
            ));
        }
        Ok(inputs)
    }

    /// Number of records.
    pub(crate) fn records(&self) -> usize {
        self.sets.iter().map(|set| set.table.len()).sum()
    }

    /// The periods that the records cover, joined.
    pub(crate) fn period(&self) -> String {
        let periods: std::collections::BTreeSet<&str> = self
            .packages
            .iter()
            .map(|package| package.period.as_str())
            .collect();
        periods.into_iter().collect::<Vec<_>>().join(", ")
    }

    /// The month of the release of each set: the period of its package. Empty unless all are known.
    pub(crate) fn releases(&self) -> Vec<u16> {
        let release = |set: &RecordSet| {
            let records = self.packages.iter();
            let mut records = records
                .filter(|package| package.kind == "records" && package.custodian == set.source);
            month_number(&records.next()?.period)
        };
        let releases: Option<Vec<u16>> = self.sets.iter().map(release).collect();
        releases.unwrap_or_default()
    }

    /// Names of the packages, by custodian and kind.
    pub(crate) fn payload_hashes(&self) -> Vec<String> {
        self.packages
            .iter()
            .map(|package| package.payload_hash.clone())
            .collect()
    }

    /// A custodian's sections are one set: it sends one record a person, whatever files it drew on.
    fn read_records(
        &mut self,
        hub: &Hub,
        terms: &Terms,
        package: &PackageInfo,
    ) -> Result<(), Problem> {
        self.sets.push(RecordSet {
            source: package.custodian.clone(),
            table: read_codes(hub, terms, &package.payload_hash)?,
        });
        Ok(())
    }
}

/// The codes of a package of records as one table.
pub(super) fn read_codes(
    hub: &Hub,
    terms: &Terms,
    payload_hash: &str,
) -> Result<kinfold_schema::CodeTable, Problem> {
    let mut table: Option<kinfold_schema::CodeTable> = None;
    for section in hub.sections(payload_hash)? {
        if !is_codes(&section.name) {
            continue;
        }
        let Some(bytes) = hub.load_section(payload_hash, &section.name)? else {
            continue;
        };
        let more = codes_from_ipc(&bytes, &terms.schema)?;
        match &mut table {
            None => table = Some(more),
            Some(table) => table.append(more),
        }
    }
    Ok(table.unwrap_or_default())
}

/// Why the events of these records are missing: the newest events of the period are of another delivery, or there are none.
fn no_events(name: &str, records: &PackageInfo, all: &[PackageInfo]) -> String {
    let (period, sequence) = (&records.period, records.sequence);
    let of_another = all.iter().rfind(|other| {
        other.kind == "events" && (&other.custodian, &other.period) == (&records.custodian, period)
    });
    let why = match of_another {
        Some(events) => format!(
            "{name}: events #{} of {period} do not belong to records #{sequence}",
            events.sequence
        ),
        None => format!("{name} sent no events with its records of {period}"),
    };
    format!("{why}, so its services are not part of any need.")
}

fn read_events(hub: &Hub, package: &PackageInfo) -> Result<EventTable, Problem> {
    let section = |name: &str| {
        hub.load_section(&package.payload_hash, name)
            .map(Option::unwrap_or_default)
    };
    Ok(EventTable {
        events: events_from_ipc(&section("events")?)?,
        subjects: subjects_from_ipc(&section("subjects")?)?,
    })
}

/// The row of each record reference, in all sets.
pub(super) fn rows_by_reference(sets: &[RecordSet]) -> BTreeMap<[u8; 16], (usize, usize)> {
    let rows = sets.iter().enumerate().flat_map(|(set, records)| {
        records
            .table
            .record_ref
            .iter()
            .enumerate()
            .map(move |(row, reference)| (*reference, (set, row)))
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_of_another_delivery_are_named() {
        let package = |kind: &str, sequence| PackageInfo {
            payload_hash: String::new(),
            kind: kind.into(),
            custodian: "council".into(),
            period: "2026-08".into(),
            sequence,
            rows: 0,
            schema_hash: String::new(),
            key_check: String::new(),
            received_on: String::new(),
        };
        let records = package("records", 3);
        let all = [package("events", 1), package("events", 2), records.clone()];
        assert_eq!(
            no_events("Eastmere", &records, &all),
            "Eastmere: events #2 of 2026-08 do not belong to records #3, so its services are not part of any need."
        );
        assert_eq!(
            no_events("Eastmere", &records, &all[2..]),
            "Eastmere sent no events with its records of 2026-08, so its services are not part of any need."
        );
    }
}
