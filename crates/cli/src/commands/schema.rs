//! `schema`: validate, explain and show the linkage schema.

use crate::args::SchemaCommand;
use crate::outcome::Outcome;
use crate::survey::grouped;
use kinfold_message::{Exit, Problem};
use kinfold_schema::Schema;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;

/// Runs a verb of `schema`.
pub fn run(command: &SchemaCommand) -> Result<Outcome, Problem> {
    match command {
        SchemaCommand::Validate { schema } => {
            let schema = load(schema)?;
            let text = format!(
                "`{}` version {} keeps every rule.\n  hash  {}\n",
                schema.id,
                schema.version,
                crate::encoded::hex(&schema.hash())
            );
            Ok(Outcome::done("kinfold.schema/1", text, data(&schema)))
        }
        SchemaCommand::Explain { schema } => {
            let schema = schema
                .as_deref()
                .map_or_else(|| Ok(Schema::standard()), load)?;
            Ok(Outcome::done(
                "kinfold.schema/1",
                explain(&schema),
                data(&schema),
            ))
        }
        SchemaCommand::Show { name } => {
            if name != "standard" {
                return Err(Problem::new(
                    "E-SCHEMA-NAME",
                    Exit::CouldNotRun,
                    format!("no linkage schema `{name}` is shipped"),
                    "the shipped one is `standard`; a schema in a file is read with `kinfold schema explain FILE`",
                ));
            }
            let schema = Schema::standard();
            Ok(Outcome::done(
                "kinfold.schema/1",
                schema.text(),
                data(&schema),
            ))
        }
    }
}

/// Reads a schema from a file.
///
/// # Errors
/// When the file cannot be read or breaks a rule.
pub fn load(path: &Path) -> Result<Schema, Problem> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Problem::io("read the linkage schema", path, &error))?;
    Schema::parse(&text).map_err(|error| Problem::from(error).at(path.display().to_string()))
}

fn data(schema: &Schema) -> Value {
    json!({
        "id": schema.id,
        "version": schema.version,
        "hash": crate::encoded::hex(&schema.hash()),
        "people_max": schema.people_max,
        "filters": schema.filters.iter().map(|filter| json!({"id": filter.id, "bits": filter.bits, "diffusion": filter.diffusion})).collect::<Vec<_>>(),
        "keys": schema.keys.iter().map(|key| json!({"recipe": key.recipe.to_string(), "slots": key.slots, "cap": key.cap})).collect::<Vec<_>>(),
        "household_slots": schema.household_slots(),
        "presence": schema.presence.slots,
    })
}

fn explain(schema: &Schema) -> String {
    let mut text = format!(
        "{} (version {})\n{}\n",
        schema.id, schema.version, schema.title
    );
    let _ = writeln!(
        text,
        "Safe for up to {} people.\n\nOf each person this leaves, and nothing else:",
        grouped(schema.people_max as usize)
    );
    let _ = writeln!(text, "  - a record reference: random, new every period");
    for filter in &schema.filters {
        let _ = writeln!(
            text,
            "  - filter `{}`: {} bits, each the exclusive-or of {} bits of a keyed filter of names and birth date",
            filter.id,
            grouped(filter.bits as usize),
            filter.diffusion
        );
    }
    let _ = writeln!(
        text,
        "  - {} match keys of {} kinds: keyed tokens of exact combinations, the same number for everybody, random ones in the gaps",
        schema.key_slots(),
        schema.keys.len()
    );
    let _ = writeln!(
        text,
        "  - {} household keys: keyed tokens of property number and address with months, none for homes of more than {} people",
        schema.household_slots(),
        schema.household.group_max
    );
    let _ = writeln!(
        text,
        "  - which of {} are filled, only as patterns that at least {} records share",
        schema.presence.slots.join(", "),
        schema.presence.min_records
    );
    let _ = writeln!(
        text,
        "  - two flags: must not be linked, address withheld\n\nThe match keys:"
    );
    for key in &schema.keys {
        let atoms: Vec<&str> = key
            .recipe
            .atoms()
            .iter()
            .map(|atom| atom.describe())
            .collect();
        let _ = writeln!(
            text,
            "  {:<14} {}",
            key.recipe.to_string(),
            atoms.join("; ")
        );
    }
    text
}
