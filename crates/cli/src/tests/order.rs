//! The order of a file's rows changes nothing that leaves: people of several rows that contradict each other in every field, their rows in any order.

use super::parts::Desk;
use super::*;
use crate::commands::encode;
use kinfold_exchange::{BenchCodes, bench_codes_from_ipc};
use kinfold_extract::Memory;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// The next of a row of numbers without pattern (`SplitMix64`).
fn next(state: &mut u64) -> usize {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (mixed ^ (mixed >> 27)) as usize >> 8
}

fn shuffled(mut lines: Vec<String>, seed: u64) -> Vec<String> {
    let mut state = seed;
    for at in (1..lines.len()).rev() {
        lines.swap(at, next(&mut state) % (at + 1));
    }
    lines
}

/// Gives everybody of a table up to five rows more, in which each cell but those of `kept` is another person's one time in three.
fn with_more_rows(records: &[csv::StringRecord], kept: &[usize], seed: u64) -> Vec<String> {
    let mut state = seed;
    let mut lines = Vec::new();
    for (at, record) in records.iter().enumerate() {
        lines.push(line(record.iter()));
        for _ in 0..next(&mut state) % 6 {
            let other = &records[(at + 1 + next(&mut state) % 20) % records.len()];
            let cells = record.iter().zip(other).enumerate();
            let cells = cells.map(|(column, (own, others))| {
                let takes = !kept.contains(&column) && next(&mut state).is_multiple_of(3);
                if takes { others } else { own }
            });
            lines.push(line(cells));
        }
    }
    lines
}

fn line<'a>(cells: impl Iterator<Item = &'a str>) -> String {
    let quoted = cells.map(|cell| format!("\"{}\"", cell.replace('"', "\"\"")));
    quoted.collect::<Vec<String>>().join(",")
}

/// A file of people: the lines above its header, its header, its rows.
struct People {
    path: PathBuf,
    head: Vec<String>,
    records: Vec<csv::StringRecord>,
    /// The columns of own id, first name and birth date: rows that differ in these would be clearly two people.
    kept: Vec<usize>,
}

impl People {
    fn read(path: PathBuf, kept: &[&str]) -> Self {
        let text = fs::read_to_string(&path).expect("a file");
        let own_id = kept[0];
        let lines: Vec<&str> = text.lines().collect();
        let header = lines.iter().position(|line| line.contains(own_id));
        let header = header.expect("a header");
        let columns: Vec<&str> = lines[header].split(',').collect();
        let find = |name: &&str| columns.iter().position(|column| column == name);
        let rows = lines[header + 1..].join("\n");
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(rows.as_bytes());
        let records = reader.records().map(|record| record.expect("a row"));
        Self {
            head: lines[..=header].iter().map(ToString::to_string).collect(),
            records: records
                .filter(|record| record.len() == columns.len())
                .collect(),
            kept: kept
                .iter()
                .map(|name| find(name).expect("a column"))
                .collect(),
            path,
        }
    }

    fn write(&self, rows: &[String]) {
        let lines = self.head.iter().chain(rows);
        let lines: Vec<&str> = lines.map(String::as_str).collect();
        fs::write(&self.path, lines.join("\n") + "\n").expect("written");
    }
}

#[test]
fn no_order_of_rows_changes_what_leaves() {
    let desk = Desk::open();
    let at = |file: &str| desk.mapping().with_file_name(file);
    let files = [
        People::read(
            at("school-census-preamble-and-temporary-upns.csv"),
            &["Pupil ID", "Forename", "D.O.B"],
        ),
        People::read(
            at("housing-people-excel-serials-and-damaged-uprns.csv"),
            &["Person Ref", "Forename(s)", "DOB"],
        ),
    ];
    let lines: Vec<Vec<String>> = (files.iter().zip(1..))
        .map(|(file, seed)| with_more_rows(&file.records, &file.kept, seed))
        .collect();
    let all = |order: Option<u64>| {
        for (file, lines) in files.iter().zip(&lines) {
            match order {
                Some(seed) => file.write(&shuffled(lines.clone(), seed)),
                None => file.write(lines),
            }
        }
        let survey = desk.survey(Memory::default());
        assert!(survey.united.shared_own_ids.is_empty());
        let release = desk.release(&survey).expect("released");
        let mut files = [const { Vec::new() }; 4];
        release.codes.write_to(&mut files[0]).expect("codes");
        release.events.write_to(&mut files[1]).expect("events");
        release.subjects.write_to(&mut files[2]).expect("subjects");
        let references = release.references.write_to(&mut files[3]);
        references.expect("references");
        (files, encode::report(&release).to_string())
    };
    let expected = all(None);
    let rows: usize = lines.iter().map(Vec::len).sum();
    let people: usize = files.iter().map(|file| file.records.len()).sum();
    assert!(rows > people * 3, "{rows} rows of {people}");
    for seed in 7..12 {
        let found = all(Some(seed));
        assert_eq!(found.1, expected.1);
        assert!(found.0 == expected.0, "order {seed}");
    }
}

/// The codes of everybody in a bench's file, by the person's own ids.
type Codes = BTreeMap<BTreeSet<String>, (Vec<Vec<u64>>, BTreeSet<kinfold_schema::Token>, u8)>;

fn codes_of_people(output: &Path) -> (Codes, BenchCodes) {
    let read = bench_codes_from_ipc(&fs::read(output).expect("codes")).expect("codes");
    let references = fs::read_to_string(output.with_extension("local-references.csv"));
    let mut ids: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in references.expect("references").lines().skip(1) {
        let (id, reference) = line.split_once(',').expect("two cells");
        ids.entry(reference.to_owned())
            .or_default()
            .insert(id.to_owned());
    }
    let (table, slots) = (&read.table, read.schema.key_slots());
    let codes = (0..table.len()).map(|row| {
        let reference = encoded::hex(&table.record_ref[row]);
        let filters = table.filters.iter().map(|filter| filter.row(row).to_vec());
        let keys = table.keys[row * slots..][..slots].iter().copied();
        (
            ids[&reference].clone(),
            (filters.collect(), keys.collect(), table.flags[row]),
        )
    });
    (codes.collect(), read)
}

/// A bench's records have other references when its file has other bytes, and so have its gaps other tokens. Everything else is the same.
#[test]
fn no_order_of_rows_changes_the_codes_of_a_bench() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    fs::write(at("bench.key"), [7; 32]).expect("written");
    let (firsts, lasts) = (
        ["Ann", "Robert", "Zoe", "Mohammed", "Ines"],
        ["Lee", "Okonkwo", "Begum", "Smith-Jones", "Nowak"],
    );
    let mut state = 3;
    let mut pick = |list: &[&str]| list[next(&mut state) % list.len()].to_owned();
    let records: Vec<csv::StringRecord> = (0..60)
        .map(|person| {
            let year = format!("{}", 1940 + person);
            csv::StringRecord::from(vec![
                format!("P{person}"),
                pick(&firsts),
                pick(&lasts),
                format!("{:02}/0{}/{year}", 1 + person % 28, 1 + person % 9),
                pick(&["F", "M", ""]),
                format!("{} {}", 1 + person, pick(&["Mill Road", "High Street"])),
                pick(&["XE4 7AB", "XE9 1ZZ", ""]),
                pick(&["9990000018", "9990000026", "", "", ""]),
                format!("0770090{:04}", person % 40),
                format!("p{}@example.org", person % 50),
                pick(&["Lagos", "Leeds", ""]),
                pick(&["ZZ123456A", "ZZ123457B", ""]),
            ])
        })
        .collect();
    let header = "id,given_name,family_name,birth_date,sex,address,postcode,nhs_number,telephone,email,birth_place,nino";
    let lines = with_more_rows(&records, &[0, 1, 3], 5);
    for schema in ["standard", "trusted"] {
        let encode = |name: &str, lines: &[String]| {
            let (input, output) = (at(&format!("{name}.csv")), at(&format!("{name}.arrow")));
            fs::write(&input, format!("{header}\n{}\n", lines.join("\n"))).expect("written");
            let outcome = kinfold(&[
                "encode",
                text(&input),
                "--schema",
                schema,
                "--key-file",
                text(&at("bench.key")),
                "-o",
                text(&output),
                "--column",
                "id=id",
            ]);
            (outcome.expect("encoded").data, codes_of_people(&output))
        };
        let (said, (expected, codes)) = encode("before", &lines);
        // What is common to all orders is what was released: the rest fills gaps.
        let released = |said: &serde_json::Value| said["match_keys"].to_string();
        for seed in 7..10 {
            let (again, (found, _)) = encode("after", &shuffled(lines.clone(), seed));
            assert_eq!(again["united"], said["united"]);
            assert_eq!(released(&again), released(&said));
            assert_eq!(found.len(), expected.len());
            let mut common = 0;
            let mut other_filters = vec![0; codes.table.filters.len()];
            for (ids, (filters, keys, flags)) in &expected {
                let other = &found[ids];
                assert_eq!(*flags, other.2, "{schema}");
                for (count, (one, another)) in
                    other_filters.iter_mut().zip(filters.iter().zip(&other.0))
                {
                    *count += u64::from(one != another);
                }
                common += keys.intersection(&other.1).count();
            }
            // Only of who has no value to make a filter of, or may have none, are they random bits.
            let without = said["without_filters"].as_u64().unwrap_or(0);
            let blank = said["blank_filters"].as_array().expect("a list").iter();
            let random = blank.map(|count| count.as_u64().expect("a count") + without);
            assert!(
                other_filters
                    .iter()
                    .copied()
                    .zip(random)
                    .all(|(other, random)| other <= random),
                "{schema}"
            );
            let of_keys = said["match_keys"].as_array().map(|keys| {
                let released = keys.iter().filter_map(|key| key["released"].as_u64());
                released.sum::<u64>()
            });
            if codes.schema.key_slots() > 0 {
                assert_eq!(Some(common as u64), of_keys, "{schema}");
            }
        }
    }
}
