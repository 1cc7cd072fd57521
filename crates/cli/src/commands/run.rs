//! `run`: check, encode and seal in one go. Nothing is written before everything is made.

use crate::args::RunArgs;
use crate::commands::{check, encode, seal};
use crate::earlier::Earlier;
use crate::files::{NewFile, make_folder, write_together};
use crate::outcome::Outcome;
use crate::progress::Progress;
use kinfold_message::Problem;
use serde_json::json;
use std::fmt::Write as _;

/// Runs `run`.
pub fn run(args: &RunArgs, progress: &Progress) -> Result<Outcome, Problem> {
    let folder = &args.encode.output;
    let encode::Work {
        office,
        survey,
        release,
    } = encode::work(&args.encode, progress)?;
    let Some(release) = release else {
        return Ok(check::outcome(&survey, &args.encode.mapping));
    };
    progress.step("Sealing");
    let tables = seal::Tables {
        period: args.encode.period.to_string(),
        records: release.report.records as u64,
        events: release.events.rows(),
        codes: &release.codes,
        events_table: &release.events,
        subjects: &release.subjects,
    };
    let scratch = encode::scratch(folder);
    let sealed = seal::seal_both(&office, &tables, args.sequence, folder, scratch)?;
    let earlier = Earlier::in_folder(folder);
    earlier.check(&sealed)?;
    let earlier = earlier.with(&sealed);

    let mut text = encode::summary(&survey, &release);
    text.push('\n');
    text.push_str(&seal::receipt(&office, &sealed));
    let data = json!({
        "check": check::outcome(&survey, &args.encode.mapping).data,
        "encode": encode::report(&release),
        "packages": seal::receipt_json(&sealed),
    });
    let mut outcome = Outcome::done("kinfold.run/1", text, data);
    outcome.messages = seal::warnings(&office.agreement);
    outcome.messages.extend(encode::messages(&survey, &release));
    if !args.encode.dry_run {
        progress.step("Writing");
        make_folder(folder)?;
        let mut files: Vec<NewFile> = sealed.iter().map(seal::SealedFile::new_file).collect();
        files.extend(encode::local_files(
            &args.encode,
            &survey,
            &release,
            &earlier,
        ));
        write_together(&files)?;
        let _ = writeln!(
            outcome.text,
            "\nStays here: {} (which record is whose; needed when the linkage unit asks) and check.json",
            encode::references_path(&args.encode, &survey).display()
        );
    }
    Ok(outcome)
}
