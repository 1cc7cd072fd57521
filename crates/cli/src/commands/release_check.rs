//! `release-check`: attacks what `encode` wrote, before anybody else can.
//!
//! The people are read and encoded once more, which must give the codes of the folder: what is attacked is what would leave, and the list
//! of people that it is attacked with was never written down.

use crate::args::{EncodeArgs, ReleaseCheckArgs};
use crate::commands::{check, encode};
use crate::encoded::{NOTE, Note, hex};
use crate::files::{NewFile, write_together};
use crate::gate;
use crate::outcome::{Message, Outcome};
use crate::progress::Progress;
use kinfold_message::{Exit, Problem};
use serde_json::json;
use std::fmt::Write as _;

const SCHEMA: &str = "kinfold.release-gate/1";

/// Runs `release-check`.
pub fn run(args: &ReleaseCheckArgs, progress: &Progress) -> Result<Outcome, Problem> {
    let folder = &args.encoded;
    let mut note = Note::load(folder)?;
    let encode_args = EncodeArgs {
        agreement: args.agreement.clone(),
        key: args.key.clone(),
        project_key: args.project_key.clone(),
        mapping: args.mapping.clone(),
        period: note.period()?,
        schema: args.schema.clone(),
        on: args.on.clone(),
        dry_run: args.dry_run,
        output: folder.clone(),
    };
    let office = encode::office(&encode_args)?;
    note.must_fit(&office, folder)?;
    // What lies in the folder is what `encode` wrote.
    note.file(folder, "codes.arrow")?;
    // Before the people are read, so that a wrong file costs no time.
    let earlier = gate::earlier(&args.earlier, &office.schema)?;
    let encode::Work {
        office,
        survey,
        release,
    } = encode::work(office, &encode_args, true, progress)?;
    let Some(mut release) = release else {
        return Ok(check::outcome(&survey, &args.mapping));
    };
    let codes = encode::hash(&release.codes)?;
    if note.files.get("codes.arrow") != Some(&hex(&codes)) {
        return Err(Problem::new(
            "E-RELEASE-CHANGED",
            Exit::CouldNotRun,
            "the people, the mapping or kinfold itself changed since these files were encoded",
            "run `kinfold encode` again, then `kinfold release-check`",
        )
        .at(folder.display().to_string()));
    }
    let form = gate::form(&office, args.quick, args.full);
    let checked = encode::attack(
        (&office, &survey),
        &mut release,
        &earlier,
        (form, codes),
        progress,
    )?;
    let report = &checked.report;
    let mut text = gate::text(report);
    if !args.dry_run {
        progress.step("Writing");
        note.release_check = Some(gate::mark(&office.key, &report.to_json())?);
        let mut files = gate::files(folder, &office, &note.period, &checked, &release.references);
        files.push(NewFile::of_bytes(folder.join(NOTE), note.to_json()));
        write_together(&files)?;
        let _ = writeln!(
            text,
            "\nWrote {} (every line, for a data protection impact assessment) and {}.",
            folder.join(gate::PAGE).display(),
            gate::REPORT
        );
        if let Some(count) = checked.outliers() {
            let list = gate::outliers_path(folder, &office, &note.period);
            let _ = writeln!(
                text,
                "Stays here: {} ({count} who stand out most)",
                list.display()
            );
        }
    }
    let data = json!({"release_check": gate::summary_json(report), "outliers": checked.outliers(), "report": report});
    let mut outcome = Outcome::done(SCHEMA, text, data);
    match gate::look(&office, report) {
        Ok(messages) => outcome.messages = messages,
        Err(problem) => {
            outcome.exit = problem.exit;
            outcome.messages = vec![Message::error(problem)];
        }
    }
    Ok(outcome)
}
