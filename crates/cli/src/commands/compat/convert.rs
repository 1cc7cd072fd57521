//! `compat schema`: a linkage schema from a clkhash schema, and a report of what changes.

use super::read_schema;
use crate::args::compat::ConvertArgs;
use crate::commands::schema::{data, measures};
use crate::outcome::Outcome;
use kinfold_encoding::clkhash::Converted;
use kinfold_message::{Exit, Problem, write_whole};
use kinfold_schema::{Schema, without_controls};
use serde_json::json;
use std::fmt::Write as _;

/// The fill is set on invented people; before it is measured, that of `standard` serves.
const FIRST_UNIT: u32 = 41;

/// Converts a schema.
///
/// # Errors
/// A file that cannot be read or written; a schema of which nothing can be carried over.
pub fn run(args: &ConvertArgs) -> Result<Outcome, Problem> {
    let clkhash = match read_schema(&args.schema, args.clkhash_0_18_compat)? {
        Ok(schema) => schema,
        Err(refused) => return Ok(refused),
    };
    let convert = |unit: u32| -> Result<(Converted, Schema), Problem> {
        let failed = |what: String| {
            Problem::new(
                "E-COMPAT-CONVERT",
                Exit::Answer,
                format!("no linkage schema can be made of it: {what}"),
                "start from a shipped schema instead: `kinfold schema show standard`",
            )
            .at(args.schema.display().to_string())
        };
        let converted = clkhash
            .to_linkage_schema(&args.id, args.people, unit)
            .map_err(failed)?;
        let schema = Schema::parse(&converted.text).map_err(|error| failed(error.to_string()))?;
        Ok((converted, schema))
    };
    let (mut converted, mut schema) = convert(FIRST_UNIT)?;
    if let Some(measure) = measures(&schema).first()
        && measure.unit_for_fill != FIRST_UNIT
    {
        (converted, schema) = convert(measure.unit_for_fill)?;
    }
    write_whole(&args.output, converted.text.as_bytes())?;
    let mut text = String::from("What changes:\n\n");
    for note in &converted.notes {
        let _ = writeln!(
            text,
            "  {}\n    clkhash  {}\n    kinfold  {}",
            without_controls(&note.what),
            note.from,
            note.to
        );
    }
    let columns: Vec<String> = converted
        .columns
        .iter()
        .map(|(column, field)| format!("{}={}", field.as_str(), without_controls(column)))
        .collect();
    let _ = writeln!(
        text,
        "\nWrote {}. Read it, then `kinfold schema explain {}`.\nColumns: {}",
        args.output.display(),
        args.output.display(),
        columns.join(", ")
    );
    let carried: Vec<_> = converted
        .columns
        .iter()
        .map(|(column, field)| json!({"column": column, "field": field.as_str()}))
        .collect();
    Ok(Outcome::done(
        "kinfold.compat-schema/1",
        text,
        json!({"schema": data(&schema), "notes": converted.notes, "columns": carried}),
    ))
}
