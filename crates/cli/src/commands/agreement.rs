//! `agreement`: draft, sign, check.

use crate::args::{AgreementCommand, DraftArgs, EventDatesArg};
use crate::outcome::Outcome;
use kinfold_exchange::{
    Agreement, Draft, EventDates, Party, PartyKey, Reference, STANDARD_EVENT_CODES,
};
use kinfold_indicators::RulePack;
use kinfold_message::{Exit, Problem, write_whole};
use kinfold_schema::Schema;
use serde_json::json;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

/// Runs a verb of `agreement`.
pub fn run(command: &AgreementCommand) -> Result<Outcome, Problem> {
    match command {
        AgreementCommand::Draft(args) => draft(args),
        AgreementCommand::Sign { agreement, key } => sign(agreement, key),
        AgreementCommand::Check { agreement, on } => check(agreement, on.as_deref()),
    }
}

fn draft(args: &DraftArgs) -> Result<Outcome, Problem> {
    let schema = match &args.schema {
        Some(path) => crate::commands::schema::load(path)?,
        None => Schema::standard(),
    };
    crate::commands::schema::must_be_trusted(&schema, args.trusted_linkage_unit)?;
    if args.people > schema.people_max {
        return Err(Problem::new(
            "E-AGR-PEOPLE",
            Exit::Refused,
            format!(
                "the linkage schema `{}` is safe for {} people at most, the agreement is for {}",
                schema.id, schema.people_max, args.people
            ),
            "lower `--people`, or give a schema with more diffusion with `--schema FILE`",
        ));
    }
    let pack = match &args.rule_pack {
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .map_err(|error| Problem::io("read the rule pack", path, &error))?;
            RulePack::parse(&text).map_err(Problem::from)?
        }
        None => RulePack::local7(),
    };
    let parties = args
        .public
        .iter()
        .map(|path| Party::load(path))
        .collect::<Result<Vec<_>, _>>()?;
    let draft = Draft {
        name: args.name.clone(),
        project: args.project.clone(),
        epoch: args.epoch.clone(),
        purpose: args.purpose.clone(),
        lawful_basis: args.lawful_basis.clone(),
        retention: args.retention.clone(),
        expires: crate::dates::parse(&args.expires)?,
        people: u64::from(args.people),
        test: args.test,
        trusted_linkage_unit: args.trusted_linkage_unit,
        event_dates: match args.event_dates {
            EventDatesArg::Month => EventDates::Month,
            EventDatesArg::Day => EventDates::Day,
        },
        event_codes: STANDARD_EVENT_CODES
            .iter()
            .map(|code| (*code).to_owned())
            .collect(),
        schema: Reference {
            id: schema.id.clone(),
            hash: schema.hash(),
        },
        rule_packs: vec![Reference {
            id: pack.id().to_owned(),
            hash: pack.hash(),
        }],
        parties,
    };
    let agreement = Agreement::draft(&draft)?;
    let signatures = Agreement::signatures_path(&args.output);
    if signatures.exists() {
        return Err(Problem::new(
            "E-AGR-SIGNED",
            Exit::Refused,
            "an agreement that parties have begun to sign is already there",
            "write the new one to another file, or move the old agreement and its signatures away",
        )
        .at(signatures.display().to_string()));
    }
    write_whole(&args.output, agreement.text().as_bytes())?;
    let text = format!(
        "Wrote {}. Read it, complete it, and have every party sign it: `kinfold agreement sign {} --key …`\n  fingerprint  {}\n",
        args.output.display(),
        args.output.display(),
        agreement.fingerprint_words()
    );
    Ok(Outcome::done(
        "kinfold.agreement/1",
        text,
        summary(&agreement, &BTreeSet::new()),
    ))
}

fn sign(path: &Path, key: &Path) -> Result<Outcome, Problem> {
    let key = PartyKey::load(key)?;
    let signed = Agreement::sign_file(path, &key)?;
    let agreement = Agreement::load_unsigned(path)?;
    let text = format!(
        "`{}` has signed. {}\n",
        key.id(),
        who_is_missing(&agreement, &signed)
    );
    Ok(Outcome::done(
        "kinfold.agreement/1",
        text,
        summary(&agreement, &signed),
    ))
}

fn check(path: &Path, on: Option<&str>) -> Result<Outcome, Problem> {
    let agreement = Agreement::load_unsigned(path)?;
    let signatures = Agreement::signatures_path(path);
    let lines = match std::fs::read_to_string(&signatures) {
        Ok(lines) => lines,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(Problem::io("read the signatures", &signatures, &error)),
    };
    let signed = agreement.signed_by(&lines)?;
    if let Some(on) = on {
        agreement.check_date(crate::dates::parse(on)?)?;
    }
    let mut text = format!(
        "Agreement \"{}\"\n  fingerprint  {}\n",
        agreement.name(),
        agreement.fingerprint_words()
    );
    let _ = writeln!(
        text,
        "  project      {}, epoch {}, in force until {}",
        agreement.project(),
        agreement.epoch(),
        agreement.expires()
    );
    let _ = writeln!(
        text,
        "  schema       {} · {} event codes · dates by {}",
        agreement.schema().id,
        agreement.event_codes().len(),
        agreement.event_dates().as_str()
    );
    if agreement.is_test() {
        text.push_str("  A REHEARSAL: test keys are accepted. Never use it with real records.\n");
    }
    for party in agreement.parties() {
        let state = if signed.contains(&party.id) {
            "signed"
        } else {
            "NOT SIGNED"
        };
        let _ = writeln!(
            text,
            "  {:<16} {:<13} {state}",
            party.id,
            party.role.as_str()
        );
    }
    let _ = writeln!(text, "{}", who_is_missing(&agreement, &signed));
    let mut outcome = Outcome::done("kinfold.agreement/1", text, summary(&agreement, &signed));
    if signed.len() < agreement.parties().len() {
        outcome.exit = Exit::Answer;
    }
    Ok(outcome)
}

fn who_is_missing(agreement: &Agreement, signed: &BTreeSet<String>) -> String {
    let missing: Vec<&str> = agreement
        .parties()
        .iter()
        .map(|party| party.id.as_str())
        .filter(|id| !signed.contains(*id))
        .collect();
    if missing.is_empty() {
        "Every party has signed.".to_owned()
    } else {
        format!("Still to sign: {}.", missing.join(", "))
    }
}

fn summary(agreement: &Agreement, signed: &BTreeSet<String>) -> serde_json::Value {
    json!({
        "name": agreement.name(),
        "project": agreement.project(),
        "epoch": agreement.epoch(),
        "expires": agreement.expires().to_string(),
        "test": agreement.is_test(),
        "hash": crate::encoded::hex(&agreement.hash()),
        "fingerprint": agreement.fingerprint_words(),
        "parties": agreement.parties().iter().map(|party| json!({"id": party.id, "role": party.role.as_str(), "signed": signed.contains(&party.id)})).collect::<Vec<_>>(),
    })
}
