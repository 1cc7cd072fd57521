//! `init`: makes the hub's folder for one signed agreement.

use kinfold_exchange::Agreement;
use kinfold_message::Problem;
use kinfold_store::{Hub, Texts};
use serde_json::json;

use crate::args::InitArgs;
use crate::screen::{Answer, Screen};
use crate::terms::{Terms, hex};

pub(super) fn run(args: &InitArgs, screen: &Screen) -> Result<Answer, Problem> {
    let terms = Terms::load(
        &args.agreement,
        args.schema.as_deref(),
        args.rule_pack.as_deref(),
    )?;
    let signatures = Agreement::signatures_path(&args.agreement);
    let signatures = std::fs::read_to_string(&signatures)
        .map_err(|error| Problem::io("read the signatures", &signatures, &error))?;
    let texts = Texts {
        agreement: terms.agreement.text(),
        signatures: &signatures,
        schema: terms.schema.text(),
        rules: terms.rules.text(),
    };
    Hub::create(&args.folder, &texts)?;
    let agreement = &terms.agreement;
    screen.note(&format!(
        "Compare by telephone with the custodians: {}",
        agreement.fingerprint_words()
    ));
    Ok(Answer::new(
        format!(
            "Hub for \"{}\" in {}: {} parties, all signed; in force until {}",
            agreement.name(),
            args.folder.display(),
            agreement.parties().len(),
            agreement.expires(),
        ),
        json!({
            "hub": args.folder.display().to_string(),
            "agreement": hex(&agreement.hash()),
            "project": agreement.project(),
            "epoch": agreement.epoch(),
            "expires": agreement.expires().to_string(),
        }),
    ))
}
