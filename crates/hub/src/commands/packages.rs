//! `packages`: what was received, and what is still awaited.

use std::fmt::Write as _;

use kinfold_exchange::PackageKind;
use kinfold_message::Problem;
use serde_json::json;

use crate::args::HubArgs;
use crate::release_check;
use crate::screen::Answer;
use crate::terms::Terms;

pub(super) fn run(args: &HubArgs) -> Result<Answer, Problem> {
    let (hub, terms) = Terms::open(&args.hub)?;
    let packages = hub.packages()?;
    let mut text = format!(
        "{:16} {:8} {:8} {:>4} {:>10}  {:10}  payload\n",
        "custodian", "kind", "period", "no.", "rows", "received"
    );
    let mut checks = Vec::new();
    for package in &packages {
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{:16} {:8} {:8} {:>4} {:>10}  {:10}  {}",
            package.custodian,
            package.kind,
            package.period,
            package.sequence,
            package.rows,
            package.received_on,
            &package.payload_hash[..12]
        );
        if package.kind == PackageKind::Records.as_str() {
            let report = release_check::of_package(&hub, &package.payload_hash)?;
            let _ = writeln!(text, "  {}", release_check::words(report.as_ref()));
            checks.push(json!({
                "payload_hash": package.payload_hash,
                "release_check": release_check::json(report.as_ref()),
            }));
        }
    }
    let mut awaited = Vec::new();
    for party in terms.agreement.custodians() {
        for kind in [PackageKind::Records, PackageKind::Events] {
            if !packages
                .iter()
                .any(|package| package.custodian == party.id && package.kind == kind.as_str())
            {
                let _ = writeln!(text, "{:16} {:8} awaited", party.id, kind.as_str());
                awaited.push(json!({"custodian": party.id, "kind": kind.as_str()}));
            }
        }
    }
    let withdrawn = hub.withdrawals()?;
    for withdrawal in &withdrawn {
        let _ = writeln!(
            text,
            "withdrawn: {} · {}",
            withdrawal.package.label(),
            withdrawal.reason
        );
    }
    Ok(Answer::new(
        text,
        json!({ "packages": packages, "release_checks": checks, "awaited": awaited, "withdrawn": withdrawn }),
    ))
}
