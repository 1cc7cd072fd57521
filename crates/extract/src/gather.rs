//! Everything a custodian's mapping points to, read once; what is large is left in the files and read again when it is needed.

use crate::decided::Decided;
use crate::error::Error;
use crate::events::{Event, EventsReport, read_events};
use crate::mapping::{FileForm, Mapping};
use crate::people::{PeopleReport, read_people};
use crate::rows::Rows;
use crate::steps::Way;
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
    /// What the custodian decided about doubtful pairs.
    pub decided: Decided,
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
    let step: &dyn Fn(&str) = &step;
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
        decided: Decided::default(),
        mapping,
    };
    for (index, input) in gathered.mapping.people.iter().enumerate() {
        let (table, path) = open(&input.file, &input.form)?;
        let way = Way::new(step, format!("Reading {}", input.file));
        let report = read_people(table, &path, input, index, &mut gathered.rows, &way)
            .map_err(|error| error.in_file(&path))?;
        gathered.people.push(report);
    }
    gathered.rows.index();
    if let Some(decided) = &gathered.mapping.decided {
        let path = folder.join(decided);
        gathered.decided = Decided::read(&path, &gathered.mapping, &gathered.rows)?;
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::PersonRow;
    use crate::unite::{Care, unite};
    use proptest::prelude::*;
    use std::fmt::Write as _;
    use std::fs;

    /// Everything is read again, and everything waits on disk.
    const NOTHING_HELD: Memory = Memory {
        file_bytes: 0,
        rows: 0,
        hash_bytes: 0,
    };

    const MAPPING: &str = r#"
custodian = "c"
[[people]]
source = "first"
file = "first.csv"
datasets = ["d"]
columns = { own_id = "ID", given_name = "First", family_name = "Last", birth_date = "Born", address = "Home", last_contact = "Seen" }
[[people]]
source = "second"
file = "second.csv"
datasets = ["d"]
columns = { own_id = "ID", given_name = "First", family_name = "Last", birth_date = "Born", address = "Home", last_contact = "Seen" }
[[events]]
dataset = "d"
file = "events.csv"
service = "team"
people = "first"
own_id = "ID"
start = "From"
[[events.rule]]
when = { Kind = ["A"] }
code = "a/one"
[[events.rule]]
when = { Kind = ["B"] }
code = "a/two"
service = "other"
"#;

    fn folder(first: &[u8], second: &[u8], events: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, bytes) in [
            ("mapping.toml", MAPPING.as_bytes()),
            ("first.csv", first),
            ("second.csv", second),
            ("events.csv", events.as_bytes()),
        ] {
            fs::write(folder.path().join(name), bytes).expect("written");
        }
        folder
    }

    fn gathered(folder: &Path, memory: Memory) -> Gathered {
        gather(&folder.join("mapping.toml"), memory, folder, |_| ()).expect("gathered")
    }

    fn facts(row: &PersonRow) -> String {
        let person = &row.person;
        let families: Vec<&str> = person
            .family_names
            .iter()
            .map(|name| name.whole.as_str())
            .collect();
        let births: Vec<String> = person.births.iter().map(|birth| birth.iso()).collect();
        let homes: Vec<Option<String>> = person
            .addresses
            .iter()
            .map(|spell| spell.address.as_ref()?.canonical())
            .collect();
        format!(
            "{} {} {} {:?} {families:?} {births:?} {homes:?} {:?} {:?}",
            row.source,
            row.own_id.expose(),
            row.line,
            person.first_names.iter().collect::<Vec<_>>(),
            row.rejected,
            row.last_contact
        )
    }

    /// Everything that was gathered and united, as text.
    fn everything(folder: &Path, memory: Memory) -> String {
        let gathered = gathered(folder, memory);
        let rows = &gathered.rows;
        let all: Vec<u32> = (0..rows.len() as u32).rev().collect();
        let mut text = format!("{:?} {:?}\n", gathered.people, gathered.event_files);
        for (row, loaded) in all.iter().zip(rows.load(&all).expect("loaded")) {
            let row = *row as usize;
            assert_eq!(
                (rows.source(row), rows.line(row)),
                (loaded.source, loaded.line)
            );
            let _ = writeln!(text, "{}", facts(&loaded));
        }
        let united = unite(rows, Care::RELEASE, &gathered.decided, &|_| ()).expect("united");
        let united_rows = united.load(rows, |first, people| {
            for (at, person) in people.iter().enumerate() {
                let _ = writeln!(
                    text,
                    "{:?} {:?}",
                    united.rows(first + at),
                    person.person.name_bag()
                );
            }
            Ok::<(), Error>(())
        });
        united_rows.expect("loaded");
        let _ = writeln!(
            text,
            "{:?} {:?} {:?} {:?}",
            united.joins, united.doubtful, united.shared_own_ids, gathered.events
        );
        rows.must_be_unchanged().expect("unchanged");
        text
    }

    /// A table of people with some untidiness; `rows` of them.
    fn table(rows: usize, seed: usize) -> String {
        let mut text = String::from("A report\n\nID,First,Last,Born,Home,Seen\n");
        for row in 0..rows {
            let at = |list: &[&'static str], step: usize| list[(row * step + seed) % list.len()];
            let _ = write!(
                text,
                "{}{},{},{},{},{},{}{}",
                at(&["R", "R", "S", ""], 7),
                row / (1 + seed % 3),
                at(&["Amy", "Zoé", "\"Bob \"\"B\"\" Lee\"", "6\" pipe", ""], 3),
                at(&["Smith", "Jones", "O’Neill", "?"], 5),
                at(&["13/02/2015", "14/03/1980", "1/1/1990", "soon"], 11),
                at(
                    &[
                        "\"4 Mill Road\nXE4 7AB\"",
                        "\"9, High Street, XE4 7AB\"",
                        ""
                    ],
                    13
                ),
                at(&["05/06/2022", "17/06/2022", ""], 3),
                at(&["\n", "\r\n", ",,,extra\n", "\n,,,,,\n"], 17),
            );
        }
        text.push_str("End of report\n");
        text
    }

    fn events(rows: usize) -> String {
        let mut text = String::from("ID,Kind,From\n");
        for row in 0..rows {
            let kind = ["A", "B"][row % 2];
            let _ = writeln!(text, "R{row},{kind},0{}/02/2026", 1 + row % 9);
        }
        text
    }

    #[test]
    fn long_files_read_again_give_what_held_ones_give() {
        // More rows than are read at once, and more bytes than are decoded at once.
        let (first, second) = (table(24_000, 1), table(5000, 2));
        let utf16: Vec<u8> = second.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let folder = folder(first.as_bytes(), &utf16, &events(5000));
        assert!(first.len() > 1 << 20);
        let held = everything(folder.path(), Memory::default());
        let not_held = everything(folder.path(), NOTHING_HELD);
        assert!(held == not_held);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn what_is_held_changes_nothing(
            // With fewer, a row that is wider than the header can be most of the file, and is taken for its beginning.
            rows in 4usize..40,
            seed in 0usize..12,
            windows_1252: bool,
            file_bytes in 0usize..4000,
            held in 0usize..60,
            hash_bytes in 0usize..3000,
        ) {
            let text = table(rows, seed);
            let first = if windows_1252 {
                encoding_rs::WINDOWS_1252.encode(&text).0.into_owned()
            } else {
                text.into_bytes()
            };
            let folder = folder(&first, table(7, seed + 1).as_bytes(), &events(5));
            let memory = Memory { file_bytes, rows: held, hash_bytes };
            let expected = everything(folder.path(), Memory::default());
            prop_assert_eq!(everything(folder.path(), memory), expected.as_str());
            prop_assert_eq!(everything(folder.path(), NOTHING_HELD), expected);
        }
    }

    #[test]
    fn a_file_that_changes_between_two_passes_is_refused() {
        let text = table(50, 0);
        let folder = folder(text.as_bytes(), text.as_bytes(), &events(5));
        let gathered = gathered(folder.path(), NOTHING_HELD);
        let all: Vec<u32> = (0..gathered.rows.len() as u32).collect();
        assert!(gathered.rows.load(&all).is_ok());
        // The same length, one letter: only the rows' own hashes tell in time.
        fs::write(
            folder.path().join("second.csv"),
            text.replacen("Amy", "Ann", 1),
        )
        .expect("written");
        let united = unite(&gathered.rows, Care::Rules, &gathered.decided, &|_| ());
        for error in [gathered.rows.load(&all).err(), united.err()] {
            let problem = kinfold_message::Problem::from(error.expect("refused"));
            assert_eq!(problem.code, "E-EXTRACT-CHANGED");
            assert!(
                problem
                    .place
                    .is_some_and(|place| place.contains("second.csv"))
            );
        }
        fs::write(
            folder.path().join("second.csv"),
            format!("{text}R99,Zed,,,,\n"),
        )
        .expect("written");
        assert!(gathered.rows.must_be_unchanged().is_err());
    }
}
