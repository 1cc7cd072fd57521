//! Schemas of clkhash and the CSV rows that are encoded under them.

use crate::texts;
use kinfold_encoding::clkhash::{Failure, Header, Options, Schema, SchemaFault, Trap, encode_csv};
use kinfold_schema::Schema as Linkage;
use serde_json::Value;

/// Cases with schemas and tables in every dialect; made by clkhash itself.
const CASES: &str = include_str!("../../../crates/encoding/src/clkhash/awkward_answers.json");

/// Between a schema and a table in an input of [`rows`].
const BETWEEN: u8 = 0;

/// Longest filter that rows are encoded into: longer ones take time and tell nothing new.
const BITS_MAX: u32 = 4096;

/// A schema: faults name lines that are there, and one that converts gives a linkage schema that keeps every rule.
pub fn schema(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let refused = Schema::read(&text, Trap::Refuse);
    let ignored = Schema::read(&text, Trap::Ignore);
    if let Err(faults) = &refused {
        assert!(!faults.is_empty());
        let lines = text.split('\n').count();
        for fault in faults {
            assert!(fault.line as usize <= lines);
            assert!(!fault.what.is_empty());
        }
    }
    assert!(refused.is_err() || ignored.is_ok(), "refusing is stricter");
    let Ok(schema) = ignored else { return };
    assert!((1..=3).contains(&schema.version()));
    if let Ok(converted) = schema.to_linkage_schema("converted", 1000, 20) {
        let read = Linkage::parse_for_bench(&converted.text);
        assert!(read.is_ok(), "a converted schema keeps the rules: {read:?}");
    }
}

/// A schema, a zero byte and a table: as many CLKs as records, or a reason.
pub fn rows(bytes: &[u8]) {
    let (schema, table) = match bytes.iter().position(|&byte| byte == BETWEEN) {
        Some(at) => (&bytes[..at], &bytes[at + 1..]),
        None => (&b""[..], bytes),
    };
    let text = String::from_utf8_lossy(schema);
    let Ok(schema) = Schema::read(&text, Trap::Ignore).or_else(|_| plain_schema()) else {
        panic!("the plain schema is right");
    };
    if schema.length_bits() > BITS_MAX {
        return;
    }
    for header in [Header::None, Header::Skip, Header::Check] {
        let options = Options {
            header,
            trim: header == Header::Skip,
            threads: 1,
        };
        let mut written = Vec::new();
        let done = encode_csv(
            &schema,
            b"secret",
            &mut &*table,
            &mut written,
            options,
            &mut |_, _| {},
        );
        match done {
            Ok(summary) => {
                let clks: Value = serde_json::from_slice(&written).expect("JSON was written");
                let clks = clks["clks"].as_array().expect("a list").len();
                assert_eq!(clks as u64, summary.records);
            }
            Err(Failure::Records { findings, records }) => {
                assert!(!findings.is_empty() && findings.count() > 0);
                assert!(findings.list().len() as u64 <= findings.count());
                assert!(records > 0);
            }
            Err(Failure::Read(_) | Failure::Write(_)) => panic!("memory cannot fail"),
            Err(_) => {}
        }
    }
}

fn cases() -> Vec<(String, String)> {
    let file: Value = serde_json::from_str(CASES).expect("the cases are JSON");
    let cases = file["cases"].as_array().expect("a list").iter();
    cases
        .filter_map(|case| {
            let text = |name: &str| case[name].as_str().map(str::to_owned);
            Some((text("schema")?, text("csv")?))
        })
        .collect()
}

/// For tables whose schema cannot be read: the rows are looked at all the same.
fn plain_schema() -> Result<Schema, Vec<SchemaFault>> {
    Schema::read(VERSIONS[0], Trap::Ignore)
}

/// A schema of each version.
const VERSIONS: [&str; 3] = [
    r#"{"version": 1, "clkConfig": {"l": 1024, "k": 30, "hash": {"type": "doubleHash"}, "kdf": {"type": "HKDF"}}, "features": [{"identifier": "surname", "format": {"type": "string", "encoding": "utf-8"}, "hashing": {"ngram": 2}}]}"#,
    r#"{"version": 2, "clkConfig": {"l": 512, "xor_folds": 1, "kdf": {"type": "HKDF", "hash": "SHA256", "salt": "c2FsdA=="}}, "features": [{"identifier": "given_name", "format": {"type": "string", "encoding": "utf-8", "maxLength": 30, "case": "lower"}, "hashing": {"ngram": 2, "positional": true, "strategy": {"k": 20}, "hash": {"type": "blakeHash"}}}, {"identifier": "dob", "format": {"type": "date", "format": "%Y-%m-%d"}, "hashing": {"ngram": 1, "strategy": {"numBits": 100}}}]}"#,
    r#"{"version": 3, "clkConfig": {"l": 1024, "kdf": {"type": "HKDF"}}, "features": [{"identifier": "postcode", "format": {"type": "string", "pattern": "[a-z]{1,2}(\\d+)?\\s*", "encoding": "utf-8"}, "hashing": {"comparison": {"type": "numeric", "resolution": 2, "thresholdDistance": 10, "fractionalPrecision": 1}, "strategy": {"bitsPerToken": 10}, "missingValue": {"sentinel": "", "replaceWith": "0"}}}, {"identifier": "n", "ignored": true}]}"#,
];

/// Schemas of all versions.
pub fn schemas() -> Vec<Vec<u8>> {
    let mut all = texts(VERSIONS);
    all.extend(cases().into_iter().map(|(schema, _)| schema.into_bytes()));
    all
}

/// Schemas with their tables.
pub fn tables() -> Vec<Vec<u8>> {
    let join =
        |(schema, csv): (String, String)| [schema.as_bytes(), &[BETWEEN], csv.as_bytes()].concat();
    cases().into_iter().map(join).collect()
}
