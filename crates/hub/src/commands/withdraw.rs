//! `withdraw`: takes an accepted package out of use, for good. It stays in the hub's folder and in the ledger.

use kinfold_message::{Exit, Problem};
use kinfold_store::PackageInfo;
use serde_json::json;

use crate::args::WithdrawArgs;
use crate::screen::Answer;
use crate::terms::Terms;

/// Longest reason, in characters: it stands in the ledger for ever.
const REASON_CHARACTERS_MAX: usize = 300;

pub(super) fn run(args: &WithdrawArgs) -> Result<Answer, Problem> {
    let reason = reason(&args.reason)?;
    let (mut hub, _) = Terms::open(&args.hub)?;
    let kind = args.kind.as_str();
    let package =
        hub.withdraw_package(&args.custodian, kind, &args.period, args.sequence, reason)?;
    let latest = hub.latest_packages()?;
    let next = latest
        .iter()
        .find(|other| other.custodian == package.custodian && other.kind == package.kind);
    let text = format!(
        "withdrawn: {} · in use now: {}\n",
        package.label(),
        next.map_or_else(|| format!("no {kind}"), PackageInfo::label)
    );
    Ok(Answer::new(
        text,
        json!({ "withdrawn": package, "reason": reason, "in_use": next }),
    ))
}

/// One line that says something.
fn reason(text: &str) -> Result<&str, Problem> {
    let reason = text.trim();
    let fits = !reason.is_empty()
        && reason.chars().count() <= REASON_CHARACTERS_MAX
        && !reason.chars().any(char::is_control);
    if fits {
        return Ok(reason);
    }
    Err(Problem::new(
        "E-USAGE",
        Exit::CouldNotRun,
        format!("`--reason` is not one line of 1 to {REASON_CHARACTERS_MAX} characters"),
        "say in a few words why the package is not to be used, such as `--reason \"encoded with the wrong project key\"`; no names of people",
    ))
}
