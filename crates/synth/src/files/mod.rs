//! The agencies' files, each as messy as its system makes it. `COLUMNS.md` describes every one to the letter.

mod council;
mod health;
mod lscb;
mod police;
mod sheet;

pub(crate) use sheet::{PLAIN, sheet};

use crate::Borough;
use crate::happenings::{Happening, Source};
use crate::record::Record;

/// The value of every row's `Data status`.
const SYNTHETIC: &str = "SYNTHETIC";

/// All extracts and mappings.
pub(crate) fn extracts(borough: &Borough) -> Vec<(&'static str, Vec<u8>)> {
    let mut all = council::files(borough);
    all.extend(health::files(borough));
    all.extend(police::files(borough));
    all.extend(lscb::files(borough));
    all
}

/// The records of a source, by own id (which is random order).
fn records_of(borough: &Borough, source: Source) -> Vec<&Record> {
    let mut found: Vec<&Record> = borough
        .records
        .iter()
        .filter(|record| record.source == source)
        .collect();
    found.sort_by(|a, b| a.own_id.cmp(&b.own_id));
    found
}

/// The events that a file takes, in order of date and own id.
fn events_of(borough: &Borough, takes: impl Fn(&Happening) -> bool) -> Vec<(&Happening, &str)> {
    let pairs = borough.events.iter().zip(&borough.event_records);
    let mut found: Vec<(&Happening, &str)> = pairs
        .filter(|(event, _)| takes(event))
        .map(|(event, record)| (event, borough.records[*record].own_id.as_str()))
        .collect();
    found.sort_by(|a, b| (a.0.start, a.1).cmp(&(b.0.start, b.1)));
    found
}

/// `Y` or something else.
fn yes(flag: bool, no: &str) -> String {
    if flag { "Y".to_owned() } else { no.to_owned() }
}

/// Forename and middle names in one cell.
fn forenames(record: &Record) -> String {
    match &record.middle {
        Some(middle) => format!("{} {middle}", record.forename),
        None => record.forename.clone(),
    }
}
