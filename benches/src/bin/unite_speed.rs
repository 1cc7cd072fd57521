//! What it costs to bring together the rows of one person, and a fingerprint of what came together.
//!
//! ```text
//! cargo run --release -p kinfold-benches --features extract --bin unite_speed -- make 250000 > people.csv
//! cargo run --release -p kinfold-benches --features extract --bin unite_speed -- people.csv
//! cargo run --release -p kinfold-benches --features extract --bin unite_speed -- a.csv.gz given_name=first_name family_name=surname ...
//! ```
//!
//! `make` writes invented families of a borough, of whom 15 in 100 stand twice, the second time with a slip or two. The other form reads a
//! table (`ROLE=COLUMN` or `ROLE=COLUMN+COLUMN` for columns that do not have a role's name; `rules` for the sure rules alone, `release` for a
//! custodian's care) and prints rows, people, joins by reason, doubtful pairs, seconds, the memory at its peak, and a hash of who is with whom and what is doubtful: two
//! versions of the program that bring the same rows together print the same hash. `RAYON_NUM_THREADS=1` for one core.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{BufWriter, Read as _};
use std::path::Path;
use std::time::Instant;

use csv::StringRecord;
use kinfold_benches::Words;
use kinfold_benches::process::peak_mib;
use kinfold_benches::tables;
use kinfold_extract::{
    Care, Decided, Memory, PersonRow, Rows, RowsAgain, TABLE_ROLES, TableColumns, read_table_row,
    unite,
};
use kinfold_identity::{DateRules, Person, Plain};
use kinfold_synth::{Options, Profile, generate};

/// Rows that are read at a time.
const ROWS_AT_ONCE: usize = 4096;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.split_first() {
        Some((make, rest)) if make == "make" => {
            let rows = rest.first().map_or(Ok(100_000), |text| text.parse())?;
            write_people(rows)?;
        }
        Some((file, rest)) => measure(file, rest)?,
        None => return Err("give `make ROWS`, or a table".into()),
    }
    Ok(())
}

/// A table in memory, whose rows are parsed whenever they are asked for.
struct Table {
    text: Vec<u8>,
    /// Where each row begins, and where the last one ends.
    starts: Vec<u64>,
    reading: Reading,
}

#[derive(Clone)]
struct Reading {
    columns: TableColumns,
    rules: DateRules,
    /// Columns of each position of `columns`.
    cells: Vec<Vec<usize>>,
}

impl Reading {
    fn row(&self, record: &StringRecord, row: usize) -> PersonRow {
        let cells: Vec<String> = self
            .cells
            .iter()
            .map(|columns| {
                let cells = columns.iter().filter_map(|column| record.get(*column));
                cells.collect::<Vec<_>>().join(" ")
            })
            .collect();
        let read = read_table_row(&self.columns, &self.rules, |position| &cells[position]);
        PersonRow {
            source: 0,
            own_id: Plain::new(row.to_string()),
            line: row + 2,
            person: read.person,
            rejected: Vec::new(),
            last_contact: None,
        }
    }
}

impl RowsAgain for Table {
    fn load(&self, rows: &[u32]) -> Result<Vec<PersonRow>, kinfold_extract::Error> {
        let mut text: Vec<u8> = Vec::new();
        for row in rows {
            let at = *row as usize;
            text.extend(&self.text[self.starts[at] as usize..self.starts[at + 1] as usize]);
            text.push(b'\n');
        }
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(text.as_slice());
        let mut loaded = Vec::with_capacity(rows.len());
        for (record, row) in reader.records().zip(rows) {
            let record = record.map_err(|_| kinfold_extract::Error::Changed)?;
            loaded.push(self.reading.row(&record, *row as usize));
        }
        Ok(loaded)
    }
}

fn measure(file: &str, told: &[String]) -> Result<(), Box<dyn Error>> {
    let mut text = Vec::new();
    tables::open(Path::new(file))?.read_to_end(&mut text)?;
    let mut reader = csv::Reader::from_reader(text.as_slice());
    let headers = reader.headers()?.clone();
    let column = |name: &str| headers.iter().position(|header| header == name);
    let mut reading = Reading {
        columns: TableColumns::default(),
        rules: DateRules::default(),
        cells: Vec::new(),
    };
    let mut add = |role: &str, columns: Vec<usize>| {
        let known = reading.columns.add(role, reading.cells.len());
        reading.cells.push(columns);
        known
    };
    for role in TABLE_ROLES {
        let own = told.iter().filter_map(|told| told.split_once('='));
        let mut any = false;
        for (_, columns) in own.filter(|(own, _)| *own == role) {
            let columns: Option<Vec<usize>> = columns.split('+').map(column).collect();
            add(role, columns.ok_or("no such column")?);
            any = true;
        }
        if let (false, Some(column)) = (any, column(role)) {
            add(role, vec![column]);
        }
    }
    let mut records: Vec<StringRecord> = Vec::new();
    let mut starts = Vec::new();
    for record in reader.records() {
        let record = record?;
        starts.push(record.position().map_or(0, csv::Position::byte));
        records.push(record);
    }
    starts.push(text.len() as u64);
    if let Some(position) = reading.columns.birth_date {
        let columns = &reading.cells[position];
        let cells: Vec<String> = records
            .iter()
            .map(|record| {
                let cells = columns.iter().filter_map(|column| record.get(*column));
                cells.collect::<Vec<_>>().join(" ")
            })
            .collect();
        let cells = cells.iter().map(String::as_str);
        reading.rules = match told.iter().find(|told| told.starts_with("order=")) {
            Some(order) if order.ends_with("month-first") => reading
                .columns
                .date_rules_in(kinfold_identity::DateOrder::MonthFirst, cells),
            Some(_) => reading
                .columns
                .date_rules_in(kinfold_identity::DateOrder::DayFirst, cells),
            None => reading
                .columns
                .date_rules(cells)
                .map_err(|error| error.to_string())?,
        };
    }
    let mut rows = Rows::of_table(Memory::default(), &std::env::temp_dir());
    for (at, part) in records.chunks(ROWS_AT_ONCE).enumerate() {
        let read = part.iter().enumerate();
        let first = at * ROWS_AT_ONCE;
        rows.push(
            read.map(|(row, record)| reading.row(record, first + row))
                .collect(),
        );
    }
    drop(records);
    rows.read_again_from(Box::new(Table {
        text,
        starts,
        reading,
    }));
    let before = peak_mib();
    let began = Instant::now();
    let is_told = |wanted: &str| told.iter().any(|told| told == wanted);
    let care = match () {
        () if is_told("rules") => Care::Rules,
        () if is_told("release") => Care::RELEASE,
        () => Care::BENCH,
    };
    let united = unite(&rows, care, &Decided::default(), &|_| ())?;
    let seconds = began.elapsed().as_secs_f64();
    let mut hasher = blake3::Hasher::new();
    for person in 0..united.people() {
        for row in united.rows(person) {
            hasher.update(&row.to_le_bytes());
        }
        hasher.update(&u32::MAX.to_le_bytes());
    }
    for doubtful in &united.doubtful {
        hasher.update(
            format!("{} {} {:?}\n", doubtful.left, doubtful.right, doubtful.why).as_bytes(),
        );
    }
    hasher.update(format!("{:?} {:?}", united.joins, united.shared_own_ids).as_bytes());
    println!(
        "{} rows, {} people, {:?}, {} doubtful: {:.2} s, {} MiB at the peak ({} before), {}",
        rows.len(),
        united.people(),
        united.joins,
        united.doubtful.len(),
        seconds,
        peak_mib(),
        before,
        &hasher.finalize().to_hex()[..16]
    );
    Ok(())
}

/// Columns of the invented table.
const COLUMNS: [&str; 11] = [
    "given_name",
    "middle_names",
    "family_name",
    "birth_date",
    "sex",
    "address",
    "town",
    "postcode",
    "nhs_number",
    "telephone",
    "email",
];

fn write_people(rows: usize) -> Result<(), Box<dyn Error>> {
    let borough = generate(&Options {
        households: rows / 2 + 10,
        seed: 11,
        profile: Profile::Uk,
    });
    let mut words = Words(23);
    let mut draw = move |below: u64| words.next().unwrap_or(0) % below;
    let mut out = csv::Writer::from_writer(BufWriter::new(std::io::stdout().lock()));
    out.write_record(COLUMNS)?;
    let mut written = 0;
    // How many of each home there are tells its telephone: a family has one, and everybody a mobile one.
    let mut homes: BTreeMap<String, u64> = BTreeMap::new();
    for person in borough.people() {
        if written >= rows {
            break;
        }
        let cells = cells(&person, &mut homes, &mut draw);
        out.write_record(&cells)?;
        written += 1;
        if draw(100) < 15 && written < rows {
            out.write_record(with_slips(cells, &mut draw))?;
            written += 1;
        }
    }
    out.flush()?;
    Ok(())
}

fn cells(
    person: &Person,
    homes: &mut BTreeMap<String, u64>,
    draw: &mut impl FnMut(u64) -> u64,
) -> Vec<String> {
    let spell = person.addresses.first();
    let address = spell.and_then(|spell| spell.address.as_ref());
    let line = address.map_or(String::new(), |address| {
        let flat = address.flat.as_ref().map(|flat| format!("Flat {flat}, "));
        format!(
            "{}{} {}",
            flat.unwrap_or_default(),
            address.number.as_deref().unwrap_or(""),
            address.street.join(" ")
        )
    });
    let postcode = address
        .and_then(|address| address.postcode.as_ref())
        .map_or("", |postcode| postcode.unit())
        .to_owned();
    let count = homes.len() as u64;
    let home = *homes.entry(format!("{line}{postcode}")).or_insert(count);
    let first = person.first_names.first().cloned().unwrap_or_default();
    let family = person
        .family_names
        .first()
        .map_or("", |name| name.whole.as_str())
        .to_owned();
    let telephone = match draw(10) {
        0..4 => format!("01632 {:06}", home % 1_000_000),
        4..8 => format!("07700 9{:05}", draw(100_000)),
        _ => String::new(),
    };
    let email = if draw(2) == 0 {
        format!("{first}.{family}{}@example.org", draw(1000)).to_lowercase()
    } else {
        String::new()
    };
    let number = person.nhs.as_ref().filter(|_| draw(3) == 0);
    let town = address
        .and_then(|address| address.town.clone())
        .unwrap_or_default();
    vec![
        first,
        person.middle_names.join(" "),
        family,
        person.births[0].iso(),
        person
            .sex
            .map_or("", kinfold_identity::Sex::letter)
            .to_owned(),
        line,
        town,
        postcode,
        number.map_or("", |number| number.as_str()).to_owned(),
        telephone,
        email,
    ]
}

/// The same person on another day: one or two slips, and some cells left empty.
fn with_slips(mut cells: Vec<String>, draw: &mut impl FnMut(u64) -> u64) -> Vec<String> {
    for _ in 0..=draw(2) {
        match draw(8) {
            0 => cells.swap(0, 2),
            1 => cells[0] = misspelt(&cells[0], draw),
            2 => cells[2] = misspelt(&cells[2], draw),
            3 => {
                let day = 1 + draw(28);
                let kept = cells[3].len().min(8);
                cells[3] = format!("{}{day:02}", &cells[3][..kept]);
            }
            4 => cells[5] = format!("{} Mill Road", 1 + draw(300)),
            5 => "Smith".clone_into(&mut cells[2]),
            6 => cells[0] = cells[0].chars().take(1).collect(),
            _ => cells[9].clear(),
        }
    }
    for cell in [1, 4, 5, 7, 8, 9, 10] {
        if draw(5) == 0 {
            cells[cell].clear();
        }
    }
    cells
}

/// A letter left out, or two exchanged.
fn misspelt(text: &str, draw: &mut impl FnMut(u64) -> u64) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    if letters.len() < 3 {
        return text.to_owned();
    }
    let at = draw(letters.len() as u64 - 1) as usize;
    if draw(2) == 0 {
        letters.remove(at);
    } else {
        letters.swap(at, at + 1);
    }
    letters.into_iter().collect()
}
