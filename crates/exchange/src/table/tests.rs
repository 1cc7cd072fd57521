//! Tests of the tables: round trips, and strangers' bytes.

use super::*;
use crate::testing::{date, world};
use kinfold_schema::{
    Agreement, AlikePairs, CodeTable, Comparable, FilterColumn, HouseholdKey, Schema, WithinCounts,
};
use proptest::prelude::*;
use std::sync::LazyLock;

static SCHEMA: LazyLock<Schema> = LazyLock::new(Schema::standard);

/// A table of the standard schema with values from a counter, rows in descending order of reference.
fn codes(rows: usize, salt: u64, area: bool) -> CodeTable {
    let mut stream = blake3::Hasher::new()
        .update(&salt.to_le_bytes())
        .finalize_xof();
    let mut bytes = |length: usize| {
        let mut bytes = vec![0; length];
        stream.fill(&mut bytes);
        bytes
    };
    let tokens = |bytes: Vec<u8>| bytes.as_chunks::<16>().0.to_vec();
    let mut record_ref = tokens(bytes(rows * 16));
    record_ref.sort_unstable_by(|a, b| b.cmp(a));
    let filters = SCHEMA.filters.iter().map(|filter| FilterColumn {
        id: filter.id.clone(),
        bits: filter.bits,
        words: bytes(rows * filter.bits as usize / 8)
            .as_chunks()
            .0
            .iter()
            .map(|word| u64::from_le_bytes(*word))
            .collect(),
    });
    let filters = filters.collect();
    let household = tokens(bytes(rows * SCHEMA.household_slots() * 16))
        .into_iter()
        .map(|token| HouseholdKey {
            token,
            kind: token[0] % 3,
            from: 1500,
            to: u16::from(token[1]),
        })
        .collect();
    CodeTable {
        record_ref,
        filters,
        partners: Vec::new(),
        keys: tokens(bytes(rows * SCHEMA.key_slots() * 16)),
        presence: bytes(rows)
            .into_iter()
            .map(|byte| u32::from(byte) & 1)
            .collect(),
        flags: bytes(rows).into_iter().map(|byte| byte & 3).collect(),
        household,
        area: area.then(|| (0..rows).map(|row| format!("E0{row}")).collect()),
        within: if rows == 0 {
            WithinCounts::default()
        } else {
            counts(salt)
        },
    }
}

/// Counts of pairs within a file; none for some.
fn counts(salt: u64) -> WithinCounts {
    let mut counts = WithinCounts::default();
    for n in 0..salt % 5 {
        let mut agreement = Agreement::default();
        agreement.levels[n as usize] = (n % 3 + 1) as u8;
        let alike = AlikePairs {
            thousandths: salt % 100_000 + n + 1,
            alone: (salt % 1001) as u16,
        };
        counts.add(agreement, Comparable::of_class(n as usize), alike);
    }
    counts
}

/// The same rows from the last to the first.
fn reversed(table: &CodeTable) -> CodeTable {
    let rows = table.len();
    fn rows_backwards<T: Copy>(values: &[T], rows: usize) -> Vec<T> {
        let width = values.len().checked_div(rows).unwrap_or(1).max(1);
        values.chunks(width).rev().flatten().copied().collect()
    }
    CodeTable {
        record_ref: rows_backwards(&table.record_ref, rows),
        filters: table
            .filters
            .iter()
            .map(|filter| FilterColumn {
                words: rows_backwards(&filter.words, rows),
                ..filter.clone()
            })
            .collect(),
        partners: table.partners.clone(),
        keys: rows_backwards(&table.keys, rows),
        presence: rows_backwards(&table.presence, rows),
        flags: rows_backwards(&table.flags, rows),
        household: rows_backwards(&table.household, rows),
        area: table
            .area
            .as_ref()
            .map(|area| area.iter().rev().cloned().collect()),
        within: table.within.clone(),
    }
}

/// The counts of a table, which its first part has.
fn first_of(table: &CodeTable, from: usize) -> WithinCounts {
    if from == 0 {
        table.within.clone()
    } else {
        WithinCounts::default()
    }
}

/// Some rows of a table.
fn part(table: &CodeTable, rows: std::ops::Range<usize>) -> CodeTable {
    fn of<T: Copy>(values: &[T], all: usize, rows: &std::ops::Range<usize>) -> Vec<T> {
        let width = values.len() / all;
        values[rows.start * width..rows.end * width].to_vec()
    }
    let all = table.len();
    CodeTable {
        record_ref: of(&table.record_ref, all, &rows),
        filters: table
            .filters
            .iter()
            .map(|filter| FilterColumn {
                words: of(&filter.words, all, &rows),
                ..filter.clone()
            })
            .collect(),
        partners: table.partners.clone(),
        keys: of(&table.keys, all, &rows),
        presence: of(&table.presence, all, &rows),
        flags: of(&table.flags, all, &rows),
        household: of(&table.household, all, &rows),
        area: None,
        within: first_of(table, rows.start),
    }
}

/// More rows than are held: the columns go to disk and come back.
#[test]
fn a_long_table_is_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let table = reversed(&codes(9000, 3, false));
    let mut writer = CodesWriter::new(&SCHEMA, &[], folder.path()).unwrap();
    for first in (0..9000).step_by(2500) {
        writer
            .write(&part(&table, first..9000.min(first + 2500)))
            .unwrap();
    }
    let mut bytes = Vec::new();
    writer.finish().write_to(&mut bytes).unwrap();
    assert!(bytes == codes_to_ipc(&table, &SCHEMA).unwrap());
    let mut writer = CodesWriter::new(&SCHEMA, &[], folder.path()).unwrap();
    writer.write(&part(&table, 10..20)).unwrap();
    assert!(writer.write(&part(&table, 0..5)).is_err(), "out of order");
}

fn refused(table: &CodeTable) -> String {
    let error = codes_to_ipc(table, &SCHEMA).expect_err("refused");
    assert_eq!(error.code(), "E-PKG-TABLE");
    error.to_string()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn codes_round_trip_sorted_by_reference(rows in 0usize..40, salt: u64, area: bool) {
        let table = codes(rows, salt, area);
        let bytes = codes_to_ipc(&table, &SCHEMA).unwrap();
        let sorted = reversed(&table);
        prop_assert_eq!(&codes_from_ipc(&bytes, &SCHEMA).unwrap(), &sorted);
        prop_assert_eq!(codes_to_ipc(&sorted, &SCHEMA).unwrap(), bytes);
    }

    #[test]
    fn codes_in_parts_are_the_same_bytes(rows in 0usize..40, salt: u64, at_once in 1usize..12) {
        let folder = tempfile::tempdir().unwrap();
        let mut table = codes(rows, salt, false);
        table = reversed(&table);
        let mut writer = CodesWriter::new(&SCHEMA, &[], folder.path()).unwrap();
        for first in (0..rows).step_by(at_once) {
            writer.write(&part(&table, first..rows.min(first + at_once))).unwrap();
        }
        let file = writer.finish();
        let expected = codes_to_ipc(&table, &SCHEMA).unwrap();
        for _ in 0..2 {
            let mut bytes = Vec::new();
            file.write_to(&mut bytes).unwrap();
            prop_assert!(bytes == expected);
        }
        prop_assert_eq!(file.rows(), rows as u64);
    }

    #[test]
    fn events_in_parts_are_the_same_bytes(
        records in proptest::collection::btree_map(any::<[u8; 16]>(), (proptest::collection::vec((0u8..3, any::<Option<u8>>(), any::<bool>(), 0u8..=9), 0..5), 0usize..4, any::<Option<i16>>()), 0..20),
        at_once in 1usize..7,
    ) {
        let world = world();
        let council = world.agreement.party("council").unwrap();
        let datasets = ["benefits", "exclusions", "housing", "school-census"];
        let month = |months: i32| date(&format!("20{:02}-{:02}-01", 10 + months / 12 % 80, 1 + months % 12)).days();
        let parts: Vec<EventTable> = records.into_iter().map(|(record_ref, (events, count, contact))| EventTable {
            events: events.into_iter().map(|(code, length, ongoing, grade)| EventRow {
                record_ref,
                code: ["asb/incident", "education/attendance-90-95"][usize::from(code % 2)].to_owned(),
                start: month(i32::from(code)),
                end: length.map(|months| month(i32::from(code) + i32::from(months))),
                ongoing,
                grade,
                service: if ongoing { "early-help".to_owned() } else { String::new() },
            }).filter(|event| world.agreement.event_codes().contains(&event.code)).collect(),
            subjects: vec![SubjectRow {
                record_ref,
                life_stage: [LifeStage::Unknown, LifeStage::Child, LifeStage::Adult][count % 3],
                datasets: datasets[..count].iter().map(|id| (*id).to_owned()).collect(),
                last_contact: contact.map(|contact| month(i32::from(contact).abs() % 900)),
            }],
        }).collect();
        let folder = tempfile::tempdir().unwrap();
        let mut writer = EventsWriter::new(folder.path()).unwrap();
        let mut all = EventTable::default();
        for parts in parts.chunks(at_once) {
            let mut part = EventTable::default();
            for own in parts {
                part.events.extend(own.events.iter().cloned());
                part.subjects.extend(own.subjects.iter().cloned());
            }
            writer.write(&part, &world.agreement, council).unwrap();
            all.events.extend(part.events);
            all.subjects.extend(part.subjects);
        }
        let (events, subjects) = writer.finish();
        let bytes = |file: &TableFile| {
            let mut bytes = Vec::new();
            file.write_to(&mut bytes).unwrap();
            bytes
        };
        prop_assert!(bytes(&events) == events_to_ipc(&all.events).unwrap());
        prop_assert!(bytes(&subjects) == subjects_to_ipc(&all.subjects).unwrap());
    }

    #[test]
    fn changed_codes_are_refused_or_read_as_a_valid_table(position: prop::sample::Index, value: u8, cut: prop::sample::Index) {
        static BYTES: LazyLock<Vec<u8>> = LazyLock::new(|| codes_to_ipc(&codes(5, 1, true), &SCHEMA).unwrap());
        let mut changed = BYTES.clone();
        let position = position.index(changed.len());
        changed[position] = value;
        // The package's hash finds such a change; here it must only never panic or give a table of another shape.
        if let Ok(table) = codes_from_ipc(&changed, &SCHEMA) {
            prop_assert_eq!(table.keys.len(), table.len() * SCHEMA.key_slots());
        }
        prop_assert!(codes_from_ipc(&BYTES[..cut.index(BYTES.len())], &SCHEMA).is_err());
    }

    #[test]
    fn events_round_trip_in_a_fixed_order(
        rows in proptest::collection::vec((any::<[u8; 16]>(), 0usize..3, -20_000i32..30_000, any::<Option<u8>>(), any::<bool>(), 0u8..=9), 0..30)
    ) {
        let names = ["housing/arrears", "asb/incident", "education/attendance-90-95"];
        let mut events: Vec<EventRow> = rows.into_iter().map(|(record_ref, code, start, length, ongoing, grade)| EventRow {
            record_ref,
            code: names[code].to_owned(),
            start,
            end: length.map(|days| start + i32::from(days)),
            ongoing,
            grade,
            service: if ongoing { "early-help".to_owned() } else { String::new() },
        }).collect();
        let bytes = events_to_ipc(&events).unwrap();
        events.sort();
        prop_assert_eq!(&events_from_ipc(&bytes).unwrap(), &events);
        events.reverse();
        prop_assert_eq!(events_to_ipc(&events).unwrap(), bytes);
    }

    #[test]
    fn subjects_round_trip_in_a_fixed_order(
        rows in proptest::collection::vec((any::<[u8; 16]>(), 0usize..3, 0usize..4, any::<Option<i16>>()), 0..30)
    ) {
        let datasets = ["benefits", "exclusions", "housing", "school-census"];
        let stages = [LifeStage::Unknown, LifeStage::Child, LifeStage::Adult];
        let mut subjects: Vec<SubjectRow> = rows.into_iter().map(|(record_ref, stage, count, contact)| SubjectRow {
            record_ref,
            life_stage: stages[stage],
            datasets: datasets[..count].iter().map(|id| (*id).to_owned()).collect(),
            last_contact: contact.map(i32::from),
        }).collect();
        let bytes = subjects_to_ipc(&subjects).unwrap();
        subjects.sort();
        prop_assert_eq!(&subjects_from_ipc(&bytes).unwrap(), &subjects);
        for subject in &mut subjects {
            subject.datasets.reverse();
        }
        prop_assert_eq!(subjects_to_ipc(&subjects).unwrap(), bytes);
    }

    #[test]
    fn strangers_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let framed = [b"ARROW1\0\0", &bytes[..], &(bytes.len() as u32).to_le_bytes(), b"ARROW1"].concat();
        for bytes in [&bytes, &framed] {
            prop_assert!(events_from_ipc(bytes).is_err());
            prop_assert!(subjects_from_ipc(bytes).is_err());
            prop_assert!(codes_from_ipc(bytes, &SCHEMA).is_err());
        }
    }

    #[test]
    fn changed_events_and_subjects_never_panic(position: prop::sample::Index, value: u8) {
        let reference = [3; 16];
        let event = EventRow { record_ref: reference, code: "asb/incident".to_owned(), start: 5, end: None, ongoing: false, grade: 0, service: String::new() };
        let subject = SubjectRow { record_ref: reference, life_stage: LifeStage::Adult, datasets: vec!["housing".to_owned()], last_contact: None };
        let mut events = events_to_ipc(&vec![event; 3]).unwrap();
        let at = position.index(events.len());
        events[at] = value;
        let _ = events_from_ipc(&events);
        let mut subjects = subjects_to_ipc(&[subject]).unwrap();
        let at = position.index(subjects.len());
        subjects[at] = value;
        let _ = subjects_from_ipc(&subjects);
    }
}

#[test]
fn tables_that_do_not_fit_the_schema_are_refused() {
    let good = codes(4, 1, true);
    let mut table = good.clone();
    table.record_ref[1] = table.record_ref[2];
    assert!(refused(&table).contains("there twice"));
    let mut table = good.clone();
    table.keys.pop();
    assert!(refused(&table).contains("slots"));
    let mut table = good.clone();
    table.flags[0] = 4;
    assert!(refused(&table).contains("unknown flag"));
    let mut table = good.clone();
    table.presence[0] = u32::MAX;
    assert!(refused(&table).contains("presence"));
    let mut table = good.clone();
    table.filters.pop();
    assert!(refused(&table).contains("filters"));
    let mut table = good.clone();
    table.area = Some(vec!["2 High Street".to_owned(); 4]);
    assert!(refused(&table).contains("area code"));
    let mut table = good;
    table.household[0].kind = 9;
    let bytes = codes_to_ipc(&table, &SCHEMA).unwrap();
    assert_eq!(
        codes_from_ipc(&bytes, &SCHEMA).unwrap_err().code(),
        "E-PKG-TABLE"
    );
}

#[test]
fn one_table_is_not_read_as_another() {
    let events = events_to_ipc(&[]).unwrap();
    let subjects = subjects_to_ipc(&[]).unwrap();
    assert_eq!(events_from_ipc(&events).unwrap(), []);
    assert_eq!(subjects_from_ipc(&subjects).unwrap(), []);
    assert!(
        events_from_ipc(&subjects)
            .unwrap_err()
            .to_string()
            .contains("`events/1`")
    );
    assert!(
        subjects_from_ipc(&events)
            .unwrap_err()
            .to_string()
            .contains("`subjects/1`")
    );
    assert!(
        codes_from_ipc(&events, &SCHEMA)
            .unwrap_err()
            .to_string()
            .contains("`codes/1`")
    );
    let other = Schema::parse(&Schema::standard().text().replacen("title", "title ", 1)).unwrap();
    let bytes = codes_to_ipc(&codes(2, 1, false), &SCHEMA).unwrap();
    assert!(
        codes_from_ipc(&bytes, &other)
            .unwrap_err()
            .to_string()
            .contains("another linkage schema")
    );
}

#[test]
fn events_are_held_to_the_agreement() {
    let world = world();
    let council = world.agreement.party("council").unwrap();
    let month = date("2026-08-01").days();
    let event = EventRow {
        record_ref: [1; 16],
        code: "asb/incident".to_owned(),
        start: month,
        end: None,
        ongoing: false,
        grade: 0,
        service: "early-help".to_owned(),
    };
    let subject = SubjectRow {
        record_ref: [1; 16],
        life_stage: LifeStage::Child,
        datasets: vec![],
        last_contact: Some(month),
    };
    let good = EventTable {
        events: vec![event],
        subjects: vec![subject.clone()],
    };
    assert!(good.check(&world.agreement, council).is_ok());
    let refused = |change: fn(&mut EventTable)| {
        let mut table = good.clone();
        change(&mut table);
        let error = table.check(&world.agreement, council).expect_err("refused");
        assert_eq!(error.code(), "E-PKG-EVENTS");
        error.to_string()
    };
    assert!(
        refused(|table| table.events[0].code = "housing/main-duty".to_owned())
            .contains("not in the agreement")
    );
    assert!(refused(|table| table.events[0].start += 1).contains("first of its month"));
    assert!(
        refused(|table| table.events[0].end = Some(table.events[0].start + 3))
            .contains("first of its month")
    );
    assert!(refused(|table| table.events[0].start = i32::MAX).contains("no possible date"));
    assert!(refused(|table| table.subjects[0].last_contact = Some(3)).contains("subject 1"));
    assert!(
        refused(|table| table.events[0].service = "police-desk".to_owned()).contains("contacts")
    );
    assert!(refused(|table| table.events[0].record_ref = [2; 16]).contains("no subject row"));
    assert!(
        refused(|table| table.subjects.push(table.subjects[0].clone()))
            .contains("two subject rows")
    );
}

#[test]
fn malformed_rows_are_refused() {
    let event = |code: &str, end, grade, service: &str| {
        let (code, service) = (code.to_owned(), service.to_owned());
        events_to_ipc(&[EventRow {
            record_ref: [0; 16],
            code,
            start: 5,
            end,
            ongoing: false,
            grade,
            service,
        }])
    };
    assert!(event("asb/incident", Some(5), 3, "").is_ok());
    assert!(event("Mrs Smith", None, 0, "").is_err());
    assert!(event("asb/incident", Some(4), 0, "").is_err());
    assert!(event("asb/incident", None, 10, "").is_err());
    assert!(event("asb/incident", None, 0, "call Ann").is_err());
    let datasets = vec!["free text".to_owned()];
    let subject = SubjectRow {
        record_ref: [0; 16],
        life_stage: LifeStage::Adult,
        datasets,
        last_contact: None,
    };
    assert!(subjects_to_ipc(&[subject]).is_err());
}

#[test]
fn tokens_for_each_partner_round_trip_and_keep_their_scope() {
    let text = Schema::standard()
        .text()
        .replace("key_scope = \"agreement\"", "key_scope = \"pair\"");
    let pair = Schema::parse(&text).unwrap();
    let (one, other) = (codes(7, 1, false), codes(7, 2, false));
    let slots = pair.key_slots();
    let rows = |table: &CodeTable, row: usize| table.keys[row * slots..(row + 1) * slots].to_vec();
    let mut table = one.clone();
    table.partners = vec!["health".to_owned(), "police".to_owned()];
    table.keys = (0..7)
        .flat_map(|row| [rows(&one, row), rows(&other, row)].concat())
        .collect();
    let bytes = codes_to_ipc(&table, &pair).unwrap();
    let read = codes_from_ipc(&bytes, &pair).unwrap();
    assert_eq!(read.partners, table.partners);
    assert_eq!(
        read.keys_for("police", slots).unwrap()[..slots],
        rows(&other, 6)
    );
    assert_eq!(
        read.keys_for("health", slots).unwrap()[..slots],
        rows(&one, 6)
    );
    // Tokens of one scope do not pass for those of the other.
    assert!(codes_to_ipc(&table, &SCHEMA).is_err());
    assert!(codes_to_ipc(&one, &pair).is_err());
}

/// Codes of a bench, written in parts of a few rows.
fn bench(table: &CodeTable, schema: &Schema, part: usize) -> Vec<u8> {
    let mut writer = BenchCodesWriter::new(Vec::new(), schema, &table.partners, &[7; 32]).unwrap();
    let rows = table.len();
    for from in (0..rows).step_by(part) {
        let rows_of = |all: usize| all / rows;
        let range = |all: usize| from * rows_of(all)..(from + part).min(rows) * rows_of(all);
        writer
            .write(&CodeTable {
                record_ref: table.record_ref[range(rows)].to_vec(),
                filters: table
                    .filters
                    .iter()
                    .map(|filter| FilterColumn {
                        words: filter.words[range(filter.words.len())].to_vec(),
                        ..filter.clone()
                    })
                    .collect(),
                partners: table.partners.clone(),
                keys: table.keys[range(table.keys.len())].to_vec(),
                presence: table.presence[range(rows)].to_vec(),
                flags: table.flags[range(rows)].to_vec(),
                household: table.household[range(table.household.len())].to_vec(),
                area: None,
                within: first_of(table, from),
            })
            .unwrap();
    }
    writer.finish().unwrap()
}

#[test]
fn codes_of_a_bench_carry_their_schema_and_come_back() {
    let table = reversed(&codes(23, 4, false));
    let bytes = bench(&table, &SCHEMA, 5);
    let read = bench_codes_from_ipc(&bytes).unwrap();
    assert_eq!(read.table, table);
    assert_eq!(read.schema.text(), SCHEMA.text());
    assert_eq!(read.key_check, [7; 32]);
    // Nothing that opens a package takes them, and the other way round.
    let says = |error: crate::Error| error.to_string();
    assert!(says(codes_from_ipc(&bytes, &SCHEMA).unwrap_err()).contains("one batch"));
    let one = bench(&table, &SCHEMA, 23);
    assert!(says(codes_from_ipc(&one, &SCHEMA).unwrap_err()).contains("`codes/1`"));
    let released = codes_to_ipc(&table, &SCHEMA).unwrap();
    assert!(
        says(bench_codes_from_ipc(&released).unwrap_err()).contains("`codes-not-for-release/1`")
    );
}

#[test]
fn a_schema_that_does_not_belong_to_the_codes_is_refused() {
    let bytes = bench(&reversed(&codes(3, 5, false)), &SCHEMA, 3);
    let changed = |from: &[u8], to: &[u8]| {
        assert_eq!(from.len(), to.len());
        let mut bytes = bytes.clone();
        for at in 0..bytes.len() - from.len() {
            if bytes[at..].starts_with(from) {
                bytes[at..at + to.len()].copy_from_slice(to);
            }
        }
        bench_codes_from_ipc(&bytes).unwrap_err().to_string()
    };
    let text = |of: &str| of.as_bytes().to_vec();
    for (from, to, says) in [
        (
            "title = \"Agencies",
            "title = \"agencies",
            "another linkage schema",
        ),
        ("format = 2", "format = 9", "breaks a rule"),
        (
            "kinfold.schema-text",
            "kinfold.schema-tekt",
            "does not carry",
        ),
        ("kinfold.key-check", "kinfold.key-chekk", "key check"),
    ] {
        let error = changed(&text(from), &text(to));
        assert!(error.contains(says), "{from}: {error}");
    }
}

#[test]
fn codes_of_a_bench_that_are_out_of_order_between_parts_are_refused() {
    let table = reversed(&codes(4, 6, false));
    let mut writer = BenchCodesWriter::new(Vec::new(), &SCHEMA, &[], &[7; 32]).unwrap();
    writer.write(&table).unwrap();
    assert!(writer.write(&table).is_err());
    let long = format!("{}\n#{}", SCHEMA.text(), "x".repeat(128 * 1024));
    let long = Schema::parse(&long).unwrap();
    assert!(BenchCodesWriter::new(Vec::new(), &long, &[], &[7; 32]).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn damaged_codes_of_a_bench_never_panic(at: prop::sample::Index, to: u8, cut: prop::sample::Index) {
        static BYTES: LazyLock<Vec<u8>> =
            LazyLock::new(|| bench(&reversed(&codes(6, 8, false)), &SCHEMA, 2));
        let mut changed = BYTES.clone();
        let at = at.index(changed.len());
        changed[at] = to;
        if let Ok(read) = bench_codes_from_ipc(&changed) {
            prop_assert_eq!(read.table.len(), 6);
        }
        prop_assert!(bench_codes_from_ipc(&BYTES[..cut.index(BYTES.len())]).is_err());
    }
}
