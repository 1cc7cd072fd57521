//! `run.json`: what a run was made from, and what it made.

use std::path::Path;

use kinfold_exchange::Date;
use kinfold_ledger::{FileRecord, NamedHash, RUN_VERSION, RunManifest};
use kinfold_linkage::Options;
use kinfold_message::Problem;
use kinfold_store::PackageInfo;
use serde_json::{Value, json};

use super::{Inputs, Replay, Run};
use crate::terms::Terms;

/// The name of a run: 16 hex digits of the hash of everything that goes into it, so that its own report can carry it. The build
/// of the program is no part of it, because another build must give the same results.
pub(super) fn run_id(
    terms: &Terms,
    inputs: &Inputs,
    reference_date: Date,
    options: &Options,
    replay: &Replay,
) -> String {
    made_from(terms, inputs, reference_date, options, replay).id()[..16].to_owned()
}

/// The manifest with what was learnt and the outputs, which lie in `folder`. No time and no place stands in it: the same inputs
/// give the same bytes.
pub(super) fn compose(
    run: &Run,
    terms: &Terms,
    folder: &Path,
    outputs: &[&str],
) -> Result<String, Problem> {
    let mut manifest = made_from(
        terms,
        &run.inputs,
        run.reference_date,
        &run.options,
        &run.replay,
    );
    manifest.tool_hash = hash_of_program();
    manifest.model = json!(run.linked.model);
    manifest.outputs = outputs
        .iter()
        .map(|name| FileRecord::of(folder, name))
        .collect::<Result<_, _>>()?;
    Ok(manifest.to_json())
}

fn made_from(
    terms: &Terms,
    inputs: &Inputs,
    reference_date: Date,
    options: &Options,
    replay: &Replay,
) -> RunManifest {
    let parameters: [(&str, Value); 3] = [
        ("link_probability", json!(options.link_probability)),
        ("reference_date", json!(reference_date.to_string())),
        ("review_probability", json!(options.review_probability)),
    ];
    let rules = format!("{} {}", terms.rules.id(), terms.rules.version());
    RunManifest {
        version: RUN_VERSION,
        tool: concat!("kinfold-hub ", env!("CARGO_PKG_VERSION")).to_owned(),
        tool_hash: None,
        agreement: NamedHash::new(terms.agreement.name(), &terms.agreement.hash()),
        schema: NamedHash::new(
            format!("{} {}", terms.schema.id, terms.schema.version),
            &terms.schema.hash(),
        ),
        rule_packs: vec![NamedHash::new(rules, &terms.rules.hash())],
        packages: inputs.packages.iter().map(named).collect(),
        inputs: Vec::new(),
        parameters: parameters
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .chain(
                replay
                    .parameters
                    .iter()
                    .map(|(name, hash)| (name.clone(), json!(hash))),
            )
            .collect(),
        model: Value::Null,
        outputs: Vec::new(),
    }
}

/// `council/records/2026-08/1`, with the payload hash.
fn named(package: &PackageInfo) -> NamedHash {
    NamedHash {
        name: format!(
            "{}/{}/{}/{}",
            package.custodian, package.kind, package.period, package.sequence
        ),
        hash: package.payload_hash.clone(),
    }
}

/// Hash of the running program's file; none where the system does not let a program read itself.
pub(super) fn hash_of_program() -> Option<String> {
    let bytes = std::fs::read(std::env::current_exe().ok()?).ok()?;
    Some(blake3::hash(&bytes).to_hex().to_string())
}
