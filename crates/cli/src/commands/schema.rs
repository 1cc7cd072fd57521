//! `schema`: validate, compare, explain and show linkage schemas.

mod explain;

pub use explain::measures;

use crate::args::SchemaCommand;
use crate::outcome::Outcome;
use kinfold_message::{Exit, Problem};
use kinfold_schema::{Change, LinkageUnit, Schema, diff, risk};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;

/// Runs a verb of `schema`.
pub fn run(command: &SchemaCommand) -> Result<Outcome, Problem> {
    match command {
        SchemaCommand::Validate { schema, bench } => {
            let schema = load_for(schema, *bench)?;
            let mut outcome = Outcome::done("kinfold.schema/2", validated(&schema), data(&schema));
            outcome.messages = explain::doubts(&schema);
            Ok(outcome)
        }
        SchemaCommand::Diff { from, to } => {
            let (from, to) = (load_for(from, true)?, load_for(to, true)?);
            let changes = diff(&from, &to);
            Ok(Outcome::done(
                "kinfold.schema-diff/1",
                differences(&from, &to, &changes),
                json!({"from": data(&from), "to": data(&to), "changes": changes}),
            ))
        }
        SchemaCommand::Explain { schema, bench } => {
            let schema = match schema {
                Some(path) => load_for(path, *bench)?,
                None => Schema::standard(),
            };
            let measures = measures(&schema);
            let mut data = data(&schema);
            data["measures"] = json!(measures);
            Ok(Outcome::done(
                "kinfold.schema/2",
                explain::text(&schema, &measures),
                data,
            ))
        }
        SchemaCommand::Show {
            json_schema: true, ..
        } => {
            let text = kinfold_schema::json_schema();
            let value: Value = serde_json::from_str(&text).expect("a JSON Schema is JSON");
            Ok(Outcome::done("kinfold.json-schema/1", text, value))
        }
        SchemaCommand::Show { name, .. } => {
            let Some(schema) = Schema::shipped(name) else {
                let names: Vec<&str> = Schema::shipped_names().collect();
                return Err(Problem::new(
                    "E-SCHEMA-NAME",
                    Exit::CouldNotRun,
                    format!("no linkage schema `{name}` is shipped"),
                    format!(
                        "the shipped ones are {}; a schema in a file is read with `kinfold schema explain FILE`",
                        names.join(", ")
                    ),
                ));
            };
            Ok(Outcome::done(
                "kinfold.schema/2",
                schema.text(),
                data(&schema),
            ))
        }
    }
}

/// Reads a schema that may be released: a file, or the name of a shipped one.
///
/// # Errors
/// When the file cannot be read or breaks a rule.
pub fn load(path: &Path) -> Result<Schema, Problem> {
    load_for(path, false)
}

/// Reads a schema; for a bench, rules of release may be broken.
///
/// # Errors
/// When the file cannot be read or breaks a rule.
pub fn load_for(path: &Path, bench: bool) -> Result<Schema, Problem> {
    if !path.exists()
        && let Some(schema) = path.to_str().and_then(Schema::shipped)
    {
        return Ok(schema);
    }
    let bytes = std::fs::read(path)
        .map_err(|error| Problem::io("read the linkage schema", path, &error))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        Problem::new(
            "E-SCHEMA-SHAPE",
            Exit::CouldNotRun,
            "the linkage schema is not text in UTF-8",
            "save it as plain text in UTF-8",
        )
        .at(format!("{}:{}", path.display(), line_of_first_bad(&error)))
    })?;
    let read = if bench {
        Schema::parse_for_bench(&text)
    } else {
        Schema::parse(&text)
    };
    read.map_err(|error| error.in_file(path))
}

/// The line, counted from 1, on which a text stops being UTF-8.
pub fn line_of_first_bad(error: &std::string::FromUtf8Error) -> usize {
    let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
    good.split(|&byte| byte == b'\n').count()
}

/// Refuses a schema for a linkage unit inside the custodians' trust when the agreement does not say that it is.
///
/// # Errors
/// `E-SCHEMA-TRUST`.
pub fn must_be_trusted(schema: &Schema, agreed: bool) -> Result<(), Problem> {
    if schema.linkage_unit == LinkageUnit::Outside || agreed {
        return Ok(());
    }
    Err(Problem::new(
        "E-SCHEMA-TRUST",
        Exit::Refused,
        format!(
            "linkage schema `{}` is for a linkage unit inside the custodians' own trust, and the agreement does not say that it is",
            schema.id
        ),
        "use a schema with diffused filters, such as `standard`, or have all parties sign `trusted_linkage_unit = true`",
    ))
}

fn validated(schema: &Schema) -> String {
    let mut text = format!(
        "`{}` version {} keeps every rule.\n  hash  {}\n",
        schema.id,
        schema.version,
        crate::encoded::hex(&schema.hash())
    );
    if !schema.refusals().is_empty() {
        text = format!(
            "`{}` version {} may be tried on open data and must not be released:\n",
            schema.id, schema.version
        );
        for fault in schema.refusals() {
            let _ = writeln!(text, "  {fault}\n    {}", fault.fix);
        }
    }
    text
}

fn differences(from: &Schema, to: &Schema, changes: &[Change]) -> String {
    let mut text = format!(
        "From `{}` {} to `{}` {}: ",
        from.id, from.version, to.id, to.version
    );
    if changes.is_empty() {
        text.push_str(if from.hash() == to.hash() {
            "the same text.\n"
        } else {
            "the same rules in another text; their codes cannot be compared all the same, since the text's hash is in every key.\n"
        });
        return text;
    }
    let many = if changes.len() == 1 { "" } else { "s" };
    let _ = writeln!(text, "{} difference{many}.\n", changes.len());
    // One effect stands once under all changes that have it.
    let mut before = "";
    for change in changes {
        if !before.is_empty() && before != change.effect {
            let _ = writeln!(text, "      {before}\n");
        }
        before = &change.effect;
        let shown = |value: &str| match value {
            "" => "(none)".to_owned(),
            value => value.to_owned(),
        };
        let _ = writeln!(
            text,
            "  {}: {} -> {}",
            change.key,
            shown(&change.from),
            shown(&change.to)
        );
    }
    let _ = writeln!(
        text,
        "      {before}\n\nCodes of the two can never be compared: the schema's hash is in every key."
    );
    text
}

/// A schema for programs.
pub fn data(schema: &Schema) -> Value {
    json!({
        "id": schema.id,
        "version": schema.version,
        "hash": crate::encoded::hex(&schema.hash()),
        "people_max": schema.people_max,
        "people_max_of_filters": schema.people_max_of_filters(),
        "known_people_max": risk::known_max(&schema.filters),
        "linkage_unit": match schema.linkage_unit { LinkageUnit::Inside => "inside", LinkageUnit::Outside => "outside" },
        "releasable": schema.refusals().is_empty(),
        "filters": schema.filters.iter().map(|filter| json!({
            "id": filter.id,
            "bits": filter.bits,
            "diffusion": filter.diffusion,
            "metric": filter.metric.as_str(),
            "rho": risk::rho(filter),
        })).collect::<Vec<_>>(),
        "keys": schema.keys.iter().map(|key| json!({"recipe": key.recipe.to_string(), "slots": key.slots, "cap": key.cap, "pool": key.pool})).collect::<Vec<_>>(),
        "key_slots": schema.key_slots(),
        "household_slots": schema.household_slots(),
        "presence": schema.presence.slots,
    })
}
