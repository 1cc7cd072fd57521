//! Everything a custodian's mapping points to, read in one go.

use crate::error::Error;
use crate::events::{Event, EventsReport, read_events};
use crate::mapping::{FileForm, Mapping};
use crate::people::{PeopleReport, PersonRow, read_people};
use crate::sheet::Sheet;
use std::path::Path;

/// A custodian's rows and events, and what was counted while reading them.
pub struct Gathered {
    /// The mapping.
    pub mapping: Mapping,
    /// All rows of all people files, file after file.
    pub rows: Vec<PersonRow>,
    /// What was read from each people file.
    pub people: Vec<PeopleReport>,
    /// All events of all files.
    pub events: Vec<Event>,
    /// What was read from each events file.
    pub event_files: Vec<EventsReport>,
}

/// Reads a mapping and every file it names, relative to its own folder. `step` is told which file comes next.
///
/// # Errors
/// The first file that cannot be read or does not fit the mapping. Values that no rule knows are no error here: they are in the
/// reports, all of them, so that a person can put them right in one pass.
pub fn gather(mapping_file: &Path, step: impl Fn(&str)) -> Result<Gathered, Error> {
    let mapping = Mapping::load(mapping_file)?;
    let folder = mapping_file.parent().unwrap_or(Path::new(""));
    let open = |file: &str, form: &FileForm| {
        step(&format!("Reading {file}"));
        let path = folder.join(file);
        Sheet::read(&path, &form.told()).map(|sheet| (sheet, path))
    };
    let mut gathered = Gathered {
        rows: Vec::new(),
        people: Vec::new(),
        events: Vec::new(),
        event_files: Vec::new(),
        mapping,
    };
    for (index, input) in gathered.mapping.people.iter().enumerate() {
        let (sheet, path) = open(&input.file, &input.form)?;
        let (rows, report) =
            read_people(&sheet, input, index).map_err(|error| error.in_file(&path))?;
        gathered.rows.extend(rows);
        gathered.people.push(report);
    }
    for (index, input) in gathered.mapping.events.iter().enumerate() {
        let (sheet, path) = open(&input.file, &input.form)?;
        let (events, report) =
            read_events(&sheet, &gathered.mapping, index).map_err(|error| error.in_file(&path))?;
        gathered.events.extend(events);
        gathered.event_files.push(report);
    }
    Ok(gathered)
}
