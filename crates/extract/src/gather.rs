//! Everything a custodian's mapping points to, read once; what is large is left in the files and read again when it is needed.

use crate::error::Error;
use crate::events::{Event, EventsReport, read_events};
use crate::mapping::{FileForm, Mapping};
use crate::people::{PeopleReport, read_people};
use crate::rows::Rows;
use crate::table::{Memory, Table};
use std::path::Path;

/// A custodian's rows and events, and what was counted while reading them.
pub struct Gathered {
    /// The mapping.
    pub mapping: Mapping,
    /// All rows of all people files, file after file.
    pub rows: Rows,
    /// What was read from each people file.
    pub people: Vec<PeopleReport>,
    /// All events of all files.
    pub events: Vec<Event>,
    /// What was read from each events file.
    pub event_files: Vec<EventsReport>,
}

/// Reads a mapping and every file it names, relative to its own folder. `step` is told which file comes next. What waits on disk, keyed
/// hashes and numbers of rows, waits in `scratch`.
///
/// # Errors
/// The first file that cannot be read or does not fit the mapping. Values that no rule knows are no error here: they are in the
/// reports, all of them, so that a person can put them right in one pass.
pub fn gather(
    mapping_file: &Path,
    memory: Memory,
    scratch: &Path,
    step: impl Fn(&str),
) -> Result<Gathered, Error> {
    let mapping = Mapping::load(mapping_file)?;
    let folder = mapping_file.parent().unwrap_or(Path::new(""));
    let open = |file: &str, form: &FileForm| {
        step(&format!("Reading {file}"));
        let path = folder.join(file);
        Table::open(&path, &form.told(), memory).map(|table| (table, path))
    };
    let mut gathered = Gathered {
        rows: Rows::new(memory, scratch),
        people: Vec::new(),
        events: Vec::new(),
        event_files: Vec::new(),
        mapping,
    };
    for (index, input) in gathered.mapping.people.iter().enumerate() {
        let (table, path) = open(&input.file, &input.form)?;
        let report = read_people(table, &path, input, index, &mut gathered.rows)
            .map_err(|error| error.in_file(&path))?;
        gathered.people.push(report);
    }
    gathered.rows.index();
    for (index, input) in gathered.mapping.events.iter().enumerate() {
        let (table, path) = open(&input.file, &input.form)?;
        let report = read_events(
            &table,
            &gathered.mapping,
            index,
            &gathered.rows,
            &mut gathered.events,
        )
        .and_then(|report| table.must_be_unchanged().map(|()| report))
        .map_err(|error| error.in_file(&path))?;
        gathered.event_files.push(report);
    }
    Ok(gathered)
}
