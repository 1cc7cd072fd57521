//! `run.json`: what a run was made from, and what it made.

use std::path::PathBuf;

use kinfold_exchange::Date;
use kinfold_linkage::Options;
use kinfold_message::Problem;
use serde_json::{Value, json};

use super::{Inputs, Run};
use crate::terms::{Terms, hex};

/// The name of a run: 16 hex digits of the BLAKE3 of everything that goes into it. Its own report carries it.
pub(super) fn run_id(terms: &Terms, inputs: &Inputs, reference_date: Date, options: &Options) -> String {
    let text = made_from(terms, inputs, reference_date, options).to_string();
    blake3::hash(text.as_bytes()).to_hex()[..16].to_owned()
}

/// The manifest as canonical JSON. No time and no place stands in it: the same inputs give the same bytes.
pub(super) fn compose(run: &Run, terms: &Terms, outputs: &[PathBuf]) -> Result<String, Problem> {
    let mut manifest = made_from(terms, &run.inputs, run.reference_date, &run.options);
    manifest["run"] = json!(run.id);
    manifest["model_learnt"] = serde_json::to_value(&run.linked.model).unwrap_or_default();
    for path in outputs {
        let bytes = std::fs::read(path).map_err(|error| Problem::io("read the output", path, &error))?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        manifest["outputs"][name] = json!(blake3::hash(&bytes).to_hex().as_str());
    }
    Ok(manifest.to_string())
}

fn made_from(terms: &Terms, inputs: &Inputs, reference_date: Date, options: &Options) -> Value {
    let packages: Vec<Value> = inputs
        .packages
        .iter()
        .map(|package| {
            json!({
                "custodian": package.custodian,
                "kind": package.kind,
                "period": package.period,
                "sequence": package.sequence,
                "payload_hash": package.payload_hash,
            })
        })
        .collect();
    json!({
        "version": 1,
        "program": { "name": "kinfold-hub", "version": env!("CARGO_PKG_VERSION") },
        "agreement": hex(&terms.agreement.hash()),
        "schema": { "id": terms.schema.id, "hash": hex(&terms.schema.hash()) },
        "rule_pack": { "id": terms.rules.id(), "version": terms.rules.version(), "hash": hex(&terms.rules.hash()) },
        "model": { "link_probability": options.link_probability, "review_probability": options.review_probability },
        "reference_date": reference_date.to_string(),
        "inputs": packages,
    })
}
