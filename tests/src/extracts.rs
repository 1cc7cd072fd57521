//! The identifying values of the sample's extracts: what must never be seen anywhere else.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use xtask::demo::CUSTODIANS;

/// Roles of a mapping whose columns identify people. The rest (sex, dates, flags) are too short or too common to look for.
const IDENTIFYING: [&str; 12] = [
    "given_name",
    "middle_names",
    "family_name",
    "former_family_name",
    "known_as_given",
    "known_as_family",
    "nhs_number",
    "upn",
    "former_upn",
    "nino",
    "uprn",
    "address",
];

/// Shorter values are found everywhere by chance.
const SHORTEST: usize = 5;

/// Every distinct identifying value of a sample folder.
///
/// # Panics
/// When an extract or its mapping cannot be read.
pub fn identifying_values(sample: &Path) -> BTreeSet<String> {
    let mut values = BTreeSet::new();
    for custodian in CUSTODIANS {
        let folder = sample.join(custodian.id);
        let text =
            fs::read_to_string(folder.join("mapping.toml")).expect("each custodian has a mapping");
        let mapping: toml::Table = text.parse().expect("the mapping is TOML");
        for people in mapping["people"]
            .as_array()
            .expect("a mapping lists people")
        {
            let file = people["file"].as_str().expect("a source has a file");
            let columns = people["columns"].as_table().expect("a source has columns");
            let own_id = columns["own_id"].as_str().expect("a source has own ids");
            let wanted: Vec<&str> = IDENTIFYING
                .iter()
                .filter_map(|role| columns.get(*role))
                .flat_map(names)
                .collect();
            assert!(!wanted.is_empty(), "{file} identifies people");
            let text = decode(&fs::read(folder.join(file)).expect("the extract is there"));
            values.extend(
                cells(&text, own_id, &wanted)
                    .into_iter()
                    .filter(|value| value.chars().count() >= SHORTEST),
            );
        }
    }
    values
}

/// One column name or a list of them.
fn names(value: &toml::Value) -> Vec<&str> {
    match value {
        toml::Value::String(name) => vec![name],
        other => other
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(toml::Value::as_str)
            .collect(),
    }
}

/// The values of some columns. The line of column names is the first that has the column of own ids, between some delimiter.
fn cells(text: &str, own_id: &str, wanted: &[&str]) -> Vec<String> {
    let bare = |cell: &str| cell.trim().trim_matches('"').to_owned();
    let start = text.lines().enumerate().find_map(|(line, content)| {
        let delimiter = [',', ';', '\t', '|']
            .into_iter()
            .find(|d| content.split(*d).any(|cell| bare(cell) == own_id))?;
        Some((line, delimiter))
    });
    let (header, delimiter) = start.expect("an extract has a line of column names");
    let body: Vec<&str> = text.lines().skip(header).collect();
    let body = body.join("\n");
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter as u8)
        .flexible(true)
        .from_reader(body.as_bytes());
    let headers: Vec<String> = reader
        .headers()
        .expect("column names")
        .iter()
        .map(bare)
        .collect();
    let positions: Vec<usize> = wanted
        .iter()
        .map(|name| {
            headers
                .iter()
                .position(|header| header == name)
                .unwrap_or_else(|| panic!("column {name}"))
        })
        .collect();
    let mut values = Vec::new();
    for row in reader.records() {
        let row = row.expect("a row of the extract");
        values.extend(
            positions
                .iter()
                .filter_map(|position| row.get(*position))
                .map(|value| value.trim().to_owned()),
        );
    }
    values
}

/// UTF-16 by its mark, UTF-8 where it is, else the Western code page of old systems.
fn decode(bytes: &[u8]) -> String {
    if let Some(rest) = bytes.strip_prefix(&[0xff, 0xfe]) {
        let units: Vec<u16> = rest
            .chunks_exact(2)
            .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
            .collect();
        return String::from_utf16_lossy(&units);
    }
    let text = std::str::from_utf8(bytes).map(str::to_owned);
    let text = text.unwrap_or_else(|_| bytes.iter().map(|byte| char::from(*byte)).collect());
    text.trim_start_matches('\u{feff}').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_below_title_lines() {
        let text = "Housing register\n\nRef;\"Surname\";Sex\n1;\"O'Brien-Smith\";F\n2;Okafor;M\n";
        assert_eq!(
            cells(text, "Ref", &["Surname"]),
            ["O'Brien-Smith", "Okafor"]
        );
    }
}
