//! Bytes of codes: household keys and the tables of a package.

use crate::schema::STANDARD;
use kinfold_exchange::{
    BenchCodesWriter, bench_codes_from_ipc, codes_from_ipc, codes_to_ipc, events_from_ipc,
    subjects_from_ipc,
};
use kinfold_schema::{CodeTable, HOUSEHOLD_NONE, HouseholdKey, NO_MONTH};

/// What a table holds is written as a table that holds the same; what no writer writes is refused.
pub fn codes(bytes: &[u8]) {
    if let Some(key) = HouseholdKey::from_bytes(bytes) {
        assert_eq!(key.to_bytes()[..], *bytes);
    }
    let schema = &*STANDARD;
    if let Ok(table) = codes_from_ipc(bytes, schema) {
        assert_eq!(table.keys.len(), table.len() * schema.key_slots());
        let written = codes_to_ipc(&table, schema).expect("what was read can be written");
        let again = codes_from_ipc(&written, schema).expect("what was written can be read");
        assert!(again == table);
    }
    if let Ok(read) = bench_codes_from_ipc(bytes) {
        let slots = read.schema.key_slots() * read.table.key_sets();
        assert_eq!(read.table.keys.len(), read.table.len() * slots);
    }
    let _ = events_from_ipc(bytes);
    let _ = subjects_from_ipc(bytes);
}

/// Tables of no record, of one and of three, and a household key.
pub fn tables() -> Vec<Vec<u8>> {
    let schema = &*STANDARD;
    let none = HouseholdKey {
        token: [9; 16],
        kind: HOUSEHOLD_NONE,
        from: NO_MONTH,
        to: NO_MONTH,
    };
    let table = |records: u8| {
        let mut table = CodeTable::empty(schema, &[]);
        for record in 0..records {
            table.record_ref.push([record; 16]);
            table.presence.push(3);
            table.flags.push(0);
            table
                .keys
                .extend((0..schema.key_slots()).map(|slot| [slot as u8; 16]));
            table.household.extend(vec![none; schema.household_slots()]);
            for filter in &mut table.filters {
                filter
                    .words
                    .extend(vec![u64::from(record); filter.bits as usize / 64]);
            }
        }
        table
    };
    let sealed =
        |records| codes_to_ipc(&table(records), schema).expect("the table fits the schema");
    let mut seeds: Vec<Vec<u8>> = [0, 1, 3].map(sealed).into();
    let bench = || {
        let mut writer = BenchCodesWriter::new(Vec::new(), schema, &[], &[7; 32])?;
        writer.write(&table(3))?;
        writer.finish()
    };
    seeds.extend(bench());
    seeds.push(none.to_bytes().to_vec());
    seeds.extend(kinfold_exchange::events_to_ipc(&[]));
    seeds.extend(kinfold_exchange::subjects_to_ipc(&[]));
    seeds
}
