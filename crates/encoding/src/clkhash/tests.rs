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
