//! The published JSON Schema of linkage schemas (draft 2020-12), made from the types that read them: an editor that knows JSON Schema
//! shows the meaning of a key and marks a wrong one while somebody types.

use crate::file::File;

/// The JSON Schema as text, with a line end.
pub fn json_schema() -> String {
    let mut schema = schemars::schema_for!(File);
    schema.insert("title".to_owned(), "kinfold linkage schema".into());
    let mut text = serde_json::to_string_pretty(&schema).expect("a JSON Schema is JSON");
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// After a meant change, run with `UPDATE_EXPECT=1`.
    #[test]
    fn the_published_file_is_current() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("schemas/linkage-schema.schema.json");
        let text = json_schema();
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let published = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            published == text,
            "the published JSON Schema is not that of the types"
        );
    }

    #[test]
    fn unknown_keys_are_errors_there_too() {
        let schema: serde_json::Value = serde_json::from_str(&json_schema()).unwrap();
        let tables = schema["$defs"].as_object().unwrap();
        let closed = |table: &serde_json::Value| {
            table.get("properties").is_none() || table["additionalProperties"] == false
        };
        assert!(closed(&schema) && tables.values().all(closed) && tables.len() > 8);
    }
}
