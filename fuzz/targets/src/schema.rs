//! Linkage schemas and recipes of match keys.

use kinfold_schema::{FACTS_MAX, Recipe, Schema, diff};
use std::sync::LazyLock;

/// Read once: it takes longer than most inputs.
pub static STANDARD: LazyLock<Schema> = LazyLock::new(Schema::standard);

/// A linkage schema: faults name lines that are there, and what is read is the text that was given.
pub fn linkage_schema(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let schema = match Schema::parse_for_bench(&text) {
        Ok(schema) => schema,
        Err(error) => {
            assert!(!error.faults().is_empty());
            let lines = text.split('\n').count();
            for fault in error.faults() {
                assert!(fault.line.is_none_or(|line| (1..=lines).contains(&line)));
                assert!(!fault.what.is_empty() && !fault.fix.is_empty());
            }
            assert!(Schema::parse(&text).is_err(), "release is stricter");
            return;
        }
    };
    assert_eq!(schema.text(), text);
    assert_eq!(Schema::parse(&text).is_ok(), schema.refusals().is_empty());
    assert!(diff(&schema, &schema).is_empty());
    let _ = diff(&STANDARD, &schema);
    let _ = schema.people_max_of_filters();
    let end = schema.key_layout().last().map_or(0, |range| range.end);
    assert_eq!(end, schema.key_slots());
}

/// The shipped schemas, and one of each key cut short.
pub fn linkage_schemas() -> Vec<Vec<u8>> {
    let shipped = Schema::shipped_names().filter_map(Schema::shipped);
    let mut seeds: Vec<Vec<u8>> = shipped
        .map(|schema| schema.text().as_bytes().to_vec())
        .collect();
    // Without comments and most keys: changes hit what matters.
    let standard = Schema::standard();
    let lines = standard
        .text()
        .lines()
        .filter(|line| !line.starts_with('#'));
    let short: Vec<&str> = lines.collect();
    let keys = short.iter().position(|line| *line == "[[key]]");
    let end = short.iter().position(|line| *line == "[household_keys]");
    if let (Some(keys), Some(end)) = (keys, end) {
        let short = [&short[..keys + 15], &short[end..]].concat();
        seeds.push(short.join("\n").into_bytes());
        seeds.push(short[..keys].join("\n").into_bytes());
    }
    seeds
}

/// A recipe: what is read prints as something that reads back.
pub fn recipe(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let Ok(recipe) = text.parse::<Recipe>() else {
        return;
    };
    let facts: usize = recipe.atoms().iter().map(|atom| atom.facts()).sum();
    assert!((1..=FACTS_MAX).contains(&facts));
    assert!(!recipe.describe().is_empty());
    let again = recipe.to_string().parse::<Recipe>();
    assert!(again.is_ok_and(|again| again == recipe), "it reads back");
    let _ = (recipe.implies(), recipe.identifier());
}

/// The recipes of the shipped schemas.
pub fn recipes() -> Vec<Vec<u8>> {
    let shipped = Schema::shipped_names().filter_map(Schema::shipped);
    let mut all: Vec<Vec<u8>> = shipped
        .flat_map(|schema| schema.keys)
        .map(|key| key.recipe.to_string().into_bytes())
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}
