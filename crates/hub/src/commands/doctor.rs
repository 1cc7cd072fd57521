//! `doctor`: checks this machine and, if given, everything in the hub's folder.

use std::path::Path;

use kinfold_matcher::SimdLevel;
use kinfold_message::{Problem, counted};
use kinfold_store::Hub;
use serde_json::json;

use crate::args::DoctorArgs;
use crate::screen::{Answer, Screen};
use crate::terms::Terms;

pub(super) fn run(args: &DoctorArgs, screen: &Screen) -> Result<Answer, Problem> {
    let threads = rayon::current_num_threads();
    let simd = format!("{:?}", SimdLevel::Auto.resolve()).to_lowercase();
    let mut answer = Answer::new(
        format!(
            "kinfold-hub {} · {threads} threads · {simd} comparison\n",
            env!("CARGO_PKG_VERSION")
        ),
        json!({ "threads": threads, "simd": simd }),
    );
    if let Some(folder) = &args.hub {
        check_hub(folder, screen, &mut answer)?;
    }
    Ok(answer)
}

/// Opening verifies the ledger and the terms; then every stored section is read and hashed.
fn check_hub(folder: &Path, screen: &Screen, answer: &mut Answer) -> Result<(), Problem> {
    let (hub, terms) = Terms::open(folder)?;
    // Withdrawn packages are still evidence of what earlier runs read.
    let mut packages = hub.packages()?;
    packages.extend(hub.withdrawals()?.into_iter().map(|w| w.package));
    let step = screen.step("Reading every stored section", packages.len() as u64);
    let mut sections = 0;
    for (done, package) in packages.iter().enumerate() {
        sections += check_sections(&hub, &package.payload_hash, answer)?;
        step.at(done as u64 + 1);
    }
    step.done(&format!(
        "{} of {}",
        counted(sections, "section", "sections"),
        counted(packages.len(), "package", "packages")
    ));
    let (steps, runs) = (hub.journal()?.len(), hub.runs()?.len());
    answer.text.push_str(&format!(
        "agreement \"{}\" in force until {} · {} · {} · {} in the ledger\n",
        terms.agreement.name(),
        terms.agreement.expires(),
        counted(packages.len(), "package", "packages"),
        counted(runs, "run", "runs"),
        counted(steps, "step", "steps"),
    ));
    for (name, count) in [
        ("packages", packages.len()),
        ("sections", sections),
        ("runs", runs),
        ("ledger_entries", steps),
    ] {
        answer.data.insert(name.into(), json!(count));
    }
    Ok(())
}

/// Every damaged section is reported, not just the first.
fn check_sections(hub: &Hub, payload_hash: &str, answer: &mut Answer) -> Result<usize, Problem> {
    let sections = hub.sections(payload_hash)?;
    for section in &sections {
        if let Err(error) = hub.load_section(payload_hash, &section.name) {
            answer.problems.push(error.into());
        }
    }
    Ok(sections.len())
}
