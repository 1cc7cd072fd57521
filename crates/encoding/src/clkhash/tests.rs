//! Known answers of clkhash 0.18.3, and laws.

use super::*;
use serde_json::Value;
use std::path::PathBuf;

pub fn read_schema(value: &Value, trap: Trap) -> Result<Schema, Vec<SchemaFault>> {
    Schema::read(&value.to_string(), trap)
}

/// The CLKs of a text.
pub fn clks(
    schema: &Schema,
    secret: &[u8],
    csv: &[u8],
    options: Options,
) -> Result<Vec<String>, Failure> {
    let mut written = Vec::new();
    encode_csv(
        schema,
        secret,
        &mut &csv[..],
        &mut written,
        options,
        &mut |_, _| {},
    )?;
    let value: Value = serde_json::from_slice(&written).expect("JSON");
    let texts = value["clks"].as_array().expect("a list").iter();
    Ok(texts
        .map(|clk| clk.as_str().expect("text").to_owned())
        .collect())
}

const PLAIN: Options = Options {
    header: Header::None,
    trim: false,
    threads: 1,
};

fn quoted(rows: &Value) -> String {
    let mut csv = String::new();
    for row in rows.as_array().expect("rows") {
        let cells: Vec<String> = row
            .as_array()
            .expect("cells")
            .iter()
            .map(|cell| format!("\"{}\"", cell.as_str().expect("text").replace('"', "\"\"")))
            .collect();
        csv += &cells.join(",");
        csv.push('\n');
    }
    csv
}

#[test]
fn known_answers() {
    let file: Value = serde_json::from_str(include_str!("known_answers.json")).expect("JSON");
    let cases = file["cases"].as_array().expect("cases");
    assert_eq!(cases.len(), 17);
    for case in cases {
        let name = case["name"].as_str().expect("a name");
        let trap = if name == "xorFolds_camel_is_ignored" {
            Trap::Ignore
        } else {
            Trap::Refuse
        };
        let schema = read_schema(&case["schema"], trap)
            .unwrap_or_else(|faults| panic!("{name}: {faults:?}"));
        let secret = case["secret"].as_str().expect("a secret");
        let found = clks(
            &schema,
            secret.as_bytes(),
            quoted(&case["rows"]).as_bytes(),
            PLAIN,
        )
        .unwrap_or_else(|failure| panic!("{name}: {failure:?}"));
        let expected: Vec<&str> = case["clk_base64"]
            .as_array()
            .expect("CLKs")
            .iter()
            .map(|clk| clk.as_str().expect("text"))
            .collect();
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn awkward_answers() {
    let file: Value = serde_json::from_str(include_str!("awkward_answers.json")).expect("JSON");
    let cases = file["cases"].as_array().expect("cases");
    assert_eq!(cases.len(), 101);
    for (index, case) in cases.iter().enumerate() {
        let header = match case["header"].as_str() {
            Some("check") => Header::Check,
            Some("skip") => Header::Skip,
            _ => Header::None,
        };
        let csv = case["csv"].as_str().expect("text").as_bytes();
        let options = Options { header, ..PLAIN };
        let schema = case["schema"].as_str().expect("text");
        let found = Schema::read(schema, Trap::Refuse)
            .ok()
            .and_then(|schema| clks(&schema, b"awkward", csv, options).ok());
        let expected = case["clks"].as_array();
        let expected: Option<Vec<&str>> =
            expected.map(|clks| clks.iter().map(|clk| clk.as_str().expect("text")).collect());
        let found = found
            .as_ref()
            .map(|clks| clks.iter().map(String::as_str).collect());
        assert_eq!(found, expected, "case {index}: {schema}");
    }
}

#[test]
fn the_number_of_threads_and_parts_changes_nothing() {
    let feature = |name: &str| {
        format!(
            r#"{{"identifier": "{name}", "format": {{"type": "string"}}, "hashing": {{"comparison": {{"type": "ngram", "n": 2}}, "strategy": {{"bitsPerFeature": 30}}}}}}"#
        )
    };
    let text = format!(
        r#"{{"version": 3, "clkConfig": {{"l": 64, "kdf": {{"type": "HKDF"}}}}, "features": [{}, {}]}}"#,
        feature("a"),
        feature("b")
    );
    let schema = Schema::read(&text, Trap::Refuse).expect("a schema");
    // Three megabytes, so three parts, with quoted line ends and long cells.
    let mut csv = String::new();
    for row in 0..60_000 {
        csv += &format!("name {row},\"a\r\n{}\"\r\n", "x".repeat(row % 61));
    }
    let one = clks(&schema, b"secret", csv.as_bytes(), PLAIN).expect("encoded");
    let many = clks(
        &schema,
        b"secret",
        csv.as_bytes(),
        Options {
            threads: 4,
            ..PLAIN
        },
    )
    .expect("encoded");
    assert_eq!(one.len(), 60_000);
    assert!(one == many);
    let alone = clks(&schema, b"secret", b"name 59999,\"a\nx\"\n", PLAIN).expect("encoded");
    let last = clks(
        &schema,
        b"secret",
        format!("name 59999,\"a\n{}\"\n", "x".repeat(59_999 % 61)).as_bytes(),
        PLAIN,
    );
    assert_eq!(one.last(), last.expect("encoded").first());
    assert_ne!(one.last(), alone.first());
}

#[test]
fn rows_and_lines_are_the_right_ones_in_every_part() {
    let text = r#"{"version": 3, "clkConfig": {"l": 64, "kdf": {"type": "HKDF"}}, "features": [
        {"identifier": "n", "format": {"type": "integer", "maximum": 9}, "hashing": {"comparison": {"type": "exact"}, "strategy": {"bitsPerToken": 3}}}]}"#;
    let schema = Schema::read(text, Trap::Refuse).expect("a schema");
    let mut csv = "n\n".to_owned();
    for row in 1..=700_000 {
        csv += match row {
            // A quoted number over two lines is still a number: `int()` strips it.
            5 => "\"7\n\"\n",
            600_001 => "10\n",
            699_999 => "\n",
            _ => "7\n",
        };
    }
    for threads in [1, 2] {
        let options = Options {
            header: Header::Check,
            trim: false,
            threads,
        };
        let Err(Failure::Records { findings, records }) =
            clks(&schema, b"s", csv.as_bytes(), options)
        else {
            panic!("two rows are wrong");
        };
        assert_eq!(records, 700_000);
        let list = findings.list();
        assert_eq!(
            list[0].places,
            [Place {
                row: 699_999,
                line: 700_001
            }]
        );
        assert_eq!(
            list[1].places,
            [Place {
                row: 600_001,
                line: 600_003
            }]
        );
    }
}

#[test]
fn what_is_not_csv_text() {
    let text = r#"{"version": 3, "clkConfig": {"l": 64, "kdf": {"type": "HKDF"}}, "features": [{"identifier": "n", "ignored": true}]}"#;
    let schema = Schema::read(text, Trap::Refuse).expect("a schema");
    let fails = |csv: &[u8], header: Header| {
        clks(&schema, b"s", csv, Options { header, ..PLAIN }).expect_err("not readable")
    };
    assert!(matches!(
        fails(b"a\nb\n\xff\n", Header::None),
        Failure::Unreadable { line: 3, .. }
    ));
    assert!(matches!(
        fails(b"n\nb\n\xff\n", Header::Check),
        Failure::Unreadable { line: 3, .. }
    ));
    assert!(matches!(fails(b"", Header::Skip), Failure::NoHeader));
    assert!(matches!(
        fails(b"m\n", Header::Check),
        Failure::HeaderNames {
            byte_order_mark: false,
            ..
        }
    ));
    assert!(matches!(
        fails("\u{feff}n\n".as_bytes(), Header::Check),
        Failure::HeaderNames {
            byte_order_mark: true,
            ..
        }
    ));
    assert!(matches!(
        fails(b"n,m\n", Header::Check),
        Failure::HeaderLength {
            found: 2,
            expected: 1
        }
    ));
    let long = "x".repeat(131_073);
    assert!(matches!(
        fails(long.as_bytes(), Header::None),
        Failure::Unreadable { .. }
    ));
    assert!(clks(&schema, b"s", &long.as_bytes()[1..], PLAIN).is_ok());
    assert_eq!(
        clks(&schema, b"s", b"", PLAIN).expect("nothing"),
        Vec::<String>::new()
    );
}

/// The open vectors lie beside the project, or nowhere: they are not part of it.
fn febrl4() -> Option<PathBuf> {
    let folder =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors/febrl4_clkhash");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!(
        "left out: the 10,000 records of febrl4 are not beside the project (../shared/vectors/febrl4_clkhash)"
    );
    None
}

fn unpacked(path: PathBuf) -> Vec<u8> {
    use std::io::Read as _;
    let file = std::fs::File::open(path).expect("the file is there");
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(file)
        .read_to_end(&mut bytes)
        .expect("gzip");
    bytes
}

#[test]
fn ten_thousand_records_of_febrl4() {
    let Some(folder) = febrl4() else {
        return;
    };
    let schema = std::fs::read_to_string(folder.join("schema.json")).expect("the schema is there");
    let schema = Schema::read(&schema, Trap::Refuse).expect("a schema");
    for (records, expected) in [
        ("dataset4a.csv.gz", "clks_a.json.gz"),
        ("dataset4b.csv.gz", "clks_b.json.gz"),
    ] {
        let csv = unpacked(folder.join(records));
        let expected: Value =
            serde_json::from_slice(&unpacked(folder.join(expected))).expect("JSON");
        for threads in [1, 3] {
            let options = Options {
                header: Header::Skip,
                trim: true,
                threads,
            };
            let found = clks(&schema, b"secret", &csv, options).expect("encoded");
            assert_eq!(found.len(), 5000);
            assert!(
                expected["clks"] == serde_json::json!(found),
                "{records} on {threads} threads"
            );
        }
    }
}
