//! `run`: check, encode, release check and seal in one go. Nothing is written before everything is made; what the release check stops
//! leaves its report behind and nothing else.

use crate::args::RunArgs;
use crate::commands::{check, encode, seal};
use crate::earlier::Earlier;
use crate::files::{NewFile, make_folder, write_together};
use crate::gate;
use crate::outcome::{Message, Outcome};
use crate::progress::Progress;
use kinfold_message::Problem;
use serde_json::json;
use std::fmt::Write as _;

/// Runs `run`.
pub fn run(args: &RunArgs, progress: &Progress) -> Result<Outcome, Problem> {
    let folder = &args.encode.output;
    let office = encode::office(&args.encode)?;
    let packages = gate::earlier(&args.earlier, &office.schema)?;
    let encode::Work {
        office,
        survey,
        release,
    } = encode::work(office, &args.encode, true, progress)?;
    let Some(mut release) = release else {
        return Ok(check::outcome(&survey, &args.encode.mapping));
    };
    let period = args.encode.period.to_string();
    let form = gate::form(&office, false, args.full);
    let codes = encode::hash(&release.codes)?;
    let checked = encode::attack(
        (&office, &survey),
        &mut release,
        &packages,
        (form, codes),
        progress,
    )?;
    let report_files = || gate::files(folder, &office, &period, &checked, &release.references);
    let messages = match gate::judge(&office, &checked.report) {
        Ok(messages) => messages,
        Err(problem) => {
            if !args.encode.dry_run {
                make_folder(folder)?;
                write_together(&report_files())?;
            }
            return Ok(refused(&checked, problem));
        }
    };
    progress.step("Sealing");
    let tables = seal::Tables {
        period: period.clone(),
        records: release.report.records as u64,
        events: release.events.rows(),
        codes: &release.codes,
        events_table: &release.events,
        subjects: &release.subjects,
        release_check: checked.report.to_json(),
    };
    let scratch = encode::scratch(folder);
    let sealed = seal::seal_both(&office, &tables, args.sequence, folder, scratch)?;
    let earlier = Earlier::in_folder(folder);
    earlier.check(&sealed)?;
    let earlier = earlier.with(&sealed);

    let mut text = encode::summary(&survey, &release);
    text.push('\n');
    text.push_str(&gate::text(&checked.report));
    text.push('\n');
    text.push_str(&seal::receipt(&office, &sealed, &checked.report));
    let data = json!({
        "check": check::outcome(&survey, &args.encode.mapping).data,
        "encode": encode::report(&release),
        "release_check": gate::summary_json(&checked.report),
        "packages": seal::receipt_json(&sealed),
    });
    let mut outcome = Outcome::done("kinfold.run/1", text, data);
    outcome.messages = messages;
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
        )?);
        files.extend(report_files());
        write_together(&files)?;
        let _ = writeln!(
            outcome.text,
            "\nStays here: {} (which record is whose; needed when the linkage unit asks), {}doubtful.csv (pairs of rows to look at), check.json and release.html",
            encode::references_path(&args.encode, &survey).display(),
            checked.outliers().map_or(String::new(), |count| format!(
                "{} ({count} who stand out most), ",
                gate::outliers_path(folder, &office, &period).display()
            ))
        );
    }
    Ok(outcome)
}

/// What the release check stopped.
fn refused(checked: &gate::Checked, problem: Problem) -> Outcome {
    let data = json!({"release_check": gate::summary_json(&checked.report), "packages": []});
    let mut outcome = Outcome::done("kinfold.run/1", gate::text(&checked.report), data);
    outcome.exit = problem.exit;
    outcome.messages = vec![Message::error(problem)];
    outcome
}
