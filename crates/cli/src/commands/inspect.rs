//! `inspect`: what is this file? Kind, counts, columns, hashes; never its values.

use crate::args::InspectArgs;
use crate::commands::check::layout;
use crate::encoded::{NOTE, Note, hex};
use crate::gate;
use crate::headers::are_names;
use crate::outcome::Outcome;
use kinfold_exchange::{Agreement, PackageKind, Party, PartyKey, inspect, open};
use kinfold_extract::{Mapping, Sheet, Told};
use kinfold_indicators::RulePack;
use kinfold_message::{Exit, Problem, counted, grouped};
use kinfold_schema::Schema;
use kinfold_verdict::Report;
use serde_json::{Value, json};
use std::path::Path;

const SCHEMA: &str = "kinfold.inspect/1";

/// Runs `inspect`.
pub fn run(args: &InspectArgs) -> Result<Outcome, Problem> {
    let path = &args.file;
    let bytes = std::fs::read(path).map_err(|error| Problem::io("read the file", path, &error))?;
    if bytes.starts_with(b"age-encryption.org/") {
        return match (&args.key, &args.agreement, &args.on) {
            (Some(key), Some(agreement), Some(on)) => opened(&bytes, key, agreement, on),
            _ => package(&bytes),
        };
    }
    if is_release_check(path, &bytes) {
        return release_check(path, &bytes);
    }
    if bytes.starts_with(b"ARROW1") {
        return Ok(found(
            "arrow",
            "An Arrow IPC file: a table of codes or events before sealing.\n".to_owned(),
            json!({"bytes": bytes.len()}),
        ));
    }
    if path.file_name().is_some_and(|name| name == NOTE) {
        let note = Note::load(path.parent().unwrap_or(Path::new("")))?;
        let text = format!(
            "Encoded files of `{}`, period {}: {}, {}. Seal them with `kinfold seal`.\n",
            note.custodian,
            note.period,
            counted(note.records, "record", "records"),
            counted(note.events, "event", "events")
        );
        return Ok(found(
            "encoded",
            text,
            serde_json::to_value(&note).unwrap_or_default(),
        ));
    }
    let text = std::str::from_utf8(&bytes).unwrap_or_default();
    toml_file(path, text).map_or_else(|| table(path, &bytes), Ok)
}

fn found(kind: &str, text: String, detail: Value) -> Outcome {
    Outcome::done(SCHEMA, text, json!({"kind": kind, "detail": detail}))
}

/// Whether a file is, or says that it is, the report of a release check.
fn is_release_check(path: &Path, bytes: &[u8]) -> bool {
    path.file_name().is_some_and(|name| name == gate::REPORT)
        || serde_json::from_slice::<Value>(bytes)
            .is_ok_and(|json| json["schema"] == kinfold_verdict::REPORT_SCHEMA)
}

/// A report, by itself or beside the encoded files that it must be of.
fn release_check(path: &Path, bytes: &[u8]) -> Result<Outcome, Problem> {
    let place = path.display().to_string();
    let report = Report::parse(bytes)
        .map_err(|not| gate::not_its_own(&not.to_string()).at(place.clone()))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let is_kept_with_codes =
        folder.join(NOTE).exists() && path.file_name().is_some_and(|name| name == gate::REPORT);
    if is_kept_with_codes {
        let note = Note::load(folder)?;
        let of_codes = note.files.get("codes.arrow") == Some(&report.payload);
        if !of_codes || note.records != report.records {
            return Err(gate::not_its_own("it is of other codes").at(place));
        }
    }
    Ok(found(
        "release-check",
        gate::text(&report),
        gate::summary_json(&report),
    ))
}

/// A package as its recipient sees it, after everything about it was verified.
fn opened(bytes: &[u8], key: &Path, agreement: &Path, on: &str) -> Result<Outcome, Problem> {
    let agreement = Agreement::load(agreement)?;
    let package = open(
        bytes,
        &PartyKey::load(key)?,
        &agreement,
        crate::dates::parse(on)?,
    )?;
    let manifest = &package.manifest;
    let mut text = format!(
        "A package of `{}`, {} of {}, number {}: {}. Signature, hashes, recipient, agreement and date hold.\n  content  {}\n",
        manifest.custodian,
        manifest.kind,
        manifest.period,
        manifest.sequence,
        counted(manifest.rows, "row", "rows"),
        hex(&package.payload_hash)
    );
    for section in &manifest.sections {
        let length = grouped(section.len as usize);
        text.push_str(&format!("  section  {}: {length} bytes\n", section.name));
    }
    match &package.release_check {
        Some(report) => {
            text.push('\n');
            text.push_str(&gate::text(report));
        }
        None if manifest.kind == PackageKind::Records => {
            text.push_str("\nWithout a release check, which only a test agreement allows.\n");
        }
        None => {}
    }
    let detail = json!({
        "manifest": manifest,
        "payload_hash": hex(&package.payload_hash),
        "release_check": package.release_check.as_ref().map(gate::summary_json),
    });
    Ok(found("package", text, detail))
}

fn package(bytes: &[u8]) -> Result<Outcome, Problem> {
    let seen = inspect(bytes)?;
    let text = format!(
        "A sealed kinfold package (or another age file): {} bytes, {} of content, for {} recipient.\nOnly the recipient can open it, with `--key`.\n",
        grouped(seen.file_bytes as usize),
        grouped(seen.content_bytes as usize),
        seen.recipients
    );
    let detail = json!({"file_bytes": seen.file_bytes, "content_bytes": seen.content_bytes, "recipients": seen.recipients});
    Ok(found("package", text, detail))
}

/// The kinds of TOML file, each recognised by being readable as one.
fn toml_file(path: &Path, text: &str) -> Option<Outcome> {
    if let Ok(agreement) = Agreement::parse(text) {
        let line = format!(
            "An agreement: \"{}\", {} parties, in force until {}. See `kinfold agreement check`.\n  fingerprint  {}\n",
            agreement.name(),
            agreement.parties().len(),
            agreement.expires(),
            agreement.fingerprint_words()
        );
        return Some(found(
            "agreement",
            line,
            json!({"name": agreement.name(), "hash": hex(&agreement.hash())}),
        ));
    }
    if let Ok(party) = Party::parse(text) {
        let words = party.fingerprint_words();
        let line = format!(
            "The public part of the key of `{}` ({}).\n  fingerprint  {words}\n",
            party.id, party.role
        );
        return Some(found(
            "public-key",
            line,
            json!({"party": party.id, "role": party.role.as_str(), "fingerprint": words}),
        ));
    }
    if let Ok(schema) = Schema::parse(text) {
        let line = format!(
            "A linkage schema: `{}`, version {}. See `kinfold schema explain`.\n",
            schema.id, schema.version
        );
        return Some(found(
            "schema",
            line,
            json!({"id": schema.id, "hash": hex(&schema.hash())}),
        ));
    }
    if let Ok(pack) = RulePack::parse(text) {
        let line = format!(
            "A rule pack: {} version {}, \"{}\", {} rules.\n",
            pack.id(),
            pack.version(),
            pack.title(),
            pack.rules().len()
        );
        return Some(found(
            "rule-pack",
            line,
            json!({"id": pack.id(), "version": pack.version(), "hash": hex(&pack.hash())}),
        ));
    }
    if let Ok(mapping) = Mapping::parse(text) {
        let line = format!(
            "The mapping of custodian `{}`: {} of people, {} of events. See `kinfold check`.\n",
            mapping.custodian,
            counted(mapping.people.len(), "file", "files"),
            mapping.events.len()
        );
        return Some(found(
            "mapping",
            line,
            json!({"custodian": mapping.custodian, "people": mapping.people.len(), "events": mapping.events.len()}),
        ));
    }
    // Key files last: reading one checks its permissions, and nothing of the secret is shown.
    if path.extension().is_some_and(|extension| extension == "key") {
        let (line, detail) = match PartyKey::load(path) {
            Ok(key) => {
                let words = key.public().fingerprint_words();
                (
                    format!(
                        "The SECRET key of `{}` ({}).\n  fingerprint  {words}\n",
                        key.id(),
                        key.role()
                    ),
                    json!({"party": key.id(), "fingerprint": words}),
                )
            }
            Err(_) => (
                "A key file, of a project or unreadable. Its content is not shown.\n".to_owned(),
                Value::Null,
            ),
        };
        return Some(found("key", line, detail));
    }
    None
}

fn table(path: &Path, bytes: &[u8]) -> Result<Outcome, Problem> {
    let sheet = Sheet::from_bytes(bytes, &Told::default()).map_err(|error| {
        Problem::new(
            "E-INSPECT-KIND",
            Exit::CouldNotRun,
            format!("this is no file that kinfold knows; read as a table: {error}"),
            "kinfold knows packages (.kin), agreements, keys, mappings, linkage schemas, rule packs and delimited text",
        )
        .at(path.display().to_string())
    })?;
    let names = sheet.columns();
    let width = names.len();
    // Without a line of names the first line is a person.
    let shown = are_names(names.iter().map(String::as_str));
    let columns = if shown {
        names.join(", ")
    } else {
        format!(
            "{width}, not shown: no name of a column is known among them, so they may be about a person"
        )
    };
    let text = format!(
        "A table: {}\n  columns: {columns}\n",
        layout(sheet.rows(), sheet.assumed())
    );
    let names = if shown { names } else { &[] };
    let detail = json!({
        "rows": sheet.rows(),
        "columns": names,
        "width": width,
        "assumed": sheet.assumed(),
    });
    Ok(found("table", text, detail))
}
