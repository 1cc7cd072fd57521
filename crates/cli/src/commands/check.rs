//! `check`: one screen that says what can be sent and what is in the way, and the same as `check.json`.

use crate::args::CheckArgs;
use crate::doubtful;
use crate::earlier::{self, Earlier};
use crate::files::{NewFile, make_folder, write_together};
use crate::outcome::Outcome;
use crate::progress::Progress;
use crate::survey::{Survey, joins_across, survey};
use kinfold_exchange::Agreement;
use kinfold_extract::{Assumed, EventsReport, FieldReport, Memory, PeopleReport, Reason};
use kinfold_message::{Exit, Problem, counted, grouped};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;

/// Name and version of the shape of `check.json`.
pub const SCHEMA: &str = "kinfold.check/1";

/// Runs the check.
pub fn run(args: &CheckArgs, progress: &Progress) -> Result<Outcome, Problem> {
    let agreement = args
        .agreement
        .as_deref()
        .map(Agreement::load_unsigned)
        .transpose()?;
    let temporary = std::env::temp_dir();
    let folder = args.output.as_deref().and_then(Path::parent);
    let scratch = folder.filter(|folder| folder.is_dir());
    let survey = survey(
        &args.mapping,
        agreement.as_ref(),
        Memory::default(),
        scratch.unwrap_or(&temporary),
        progress,
    )?;
    let mut outcome = outcome(&survey, &args.mapping);
    if let Some(folder) = &args.output {
        make_folder(folder)?;
        let path = folder.join("check.json");
        let report = report_json(&survey, &Earlier::in_folder(folder));
        let files = [
            NewFile::of_bytes(path.clone(), report),
            doubtful::file(folder, &survey, &args.mapping)?,
        ];
        write_together(&files)?;
        let _ = writeln!(
            outcome.text,
            "\nReport: {} (stays here: it lists line numbers)\nDoubtful pairs: {} (stays here: it lists own ids)",
            path.display(),
            files[1].path.display()
        );
    }
    Ok(outcome)
}

/// The screen, the data and the messages of a survey.
pub fn outcome(survey: &Survey, mapping: &Path) -> Outcome {
    let errors = survey
        .messages
        .iter()
        .filter(|message| message.level == crate::outcome::Level::Error)
        .count();
    let warnings = survey.messages.len() - errors;
    let mut text = screen(survey);
    let counted =
        |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let _ = match (errors, warnings) {
        (0, 0) => writeln!(text, "\nNothing is in the way."),
        (0, warnings) => writeln!(
            text,
            "\nNothing is in the way. {}.",
            counted(warnings, "warning")
        ),
        (errors, warnings) => writeln!(
            text,
            "\n{}, {}. Put right in {} or at source.",
            counted(errors, "blocking problem"),
            counted(warnings, "warning"),
            mapping.display()
        ),
    };
    Outcome {
        exit: if errors > 0 { Exit::Answer } else { Exit::Done },
        text,
        schema: SCHEMA,
        data: data(survey),
        messages: survey.messages.clone(),
    }
}

/// `check.json`: everything of the screen, the doubtful pairs and the rows of shared own ids by line, and what was sealed from here.
pub fn report_json(survey: &Survey, sealed: &Earlier) -> Vec<u8> {
    let mut value = data(survey);
    let row = |index: usize| {
        let rows = &survey.gathered.rows;
        let source = &survey.gathered.mapping.people[rows.source(index)].source;
        json!({"source": source, "line": rows.line(index)})
    };
    let pairs = survey.united.doubtful.iter();
    value["doubtful"] = pairs
        .map(|pair| json!({"left": row(pair.left), "right": row(pair.right), "why": pair.why}))
        .collect();
    let shared = survey.united.shared_own_ids.iter();
    value["shared_own_ids"] = shared
        .map(|shared| shared.rows.iter().copied().map(row).collect::<Value>())
        .collect();
    if !sealed.is_empty() {
        value[earlier::KEY] = json!(sealed);
    }
    let mut text = serde_json::to_vec_pretty(&value).expect("counts are always JSON");
    text.push(b'\n');
    text
}

fn data(survey: &Survey) -> Value {
    let united = &survey.united;
    let mut data = json!({
        "schema": SCHEMA,
        "custodian": survey.gathered.mapping.custodian,
        "people_files": survey.gathered.people,
        "event_files": survey.gathered.event_files,
        "events_of_unknown_people": survey.strangers,
        "rows": survey.gathered.rows.len(),
        "people": united.people(),
        "linkable": survey.linkable,
        "joins": united.joins,
        "doubtful_pairs": united.doubtful.len(),
        "own_ids_of_several_people": united.shared_own_ids.len(),
        "blocked": survey.is_blocked(),
    });
    if survey.gathered.mapping.decided.is_some() {
        data["decisions"] = json!({
            "read": survey.gathered.decided.len(),
            "not_followed": united.decisions_not_followed,
            "about_unknown_own_ids": survey.gathered.decided.unknown,
        });
    }
    data
}

fn screen(survey: &Survey) -> String {
    let gathered = &survey.gathered;
    let mut text = format!(
        "kinfold {} · custodian `{}`\n",
        env!("CARGO_PKG_VERSION"),
        gathered.mapping.custodian
    );
    for report in &gathered.people {
        people_file(&mut text, report);
    }
    if !gathered.event_files.is_empty() {
        let _ = writeln!(
            text,
            "\n  {:<18} {:>8} {:>8} {:>9} {:>8}  file",
            "events", "rows", "events", "left out", "unknown"
        );
        for (report, strangers) in gathered.event_files.iter().zip(&survey.strangers) {
            event_file(&mut text, report, *strangers);
        }
    }
    people(&mut text, survey);
    // Columns that end a line are padded; nobody needs the blanks.
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n") + "\n"
}

fn people_file(text: &mut String, report: &PeopleReport) {
    let _ = writeln!(
        text,
        "\n{}  {}\n  {}",
        report.source,
        report.file,
        layout(report.rows, &report.assumed)
    );
    let _ = writeln!(
        text,
        "\n  {:<20} {:>8} {:>8}  note",
        "field", "filled", "valid"
    );
    for field in &report.fields {
        let _ = writeln!(
            text,
            "  {:<20} {:>8} {:>8}  {}",
            field.field,
            percent(field.filled, report.rows),
            percent(field.valid, field.filled),
            note(field)
        );
    }
    if !report.unused_columns.is_empty() {
        let _ = writeln!(text, "  not sent: {}", report.unused_columns.join(", "));
    }
}

/// What was assumed about a file, in a line.
pub fn layout(rows: usize, assumed: &Assumed) -> String {
    let mut line = format!(
        "{} · {} · {} · header on line {}",
        counted(rows, "row", "rows"),
        assumed.encoding.name(),
        assumed.delimiter,
        assumed.header_line
    );
    if assumed.header_line > 1 {
        let _ = write!(
            line,
            " ({} before it skipped)",
            counted(assumed.header_line - 1, "line", "lines")
        );
    }
    for (count, what) in [
        (assumed.blank_rows, "blank"),
        (assumed.footer_rows, "footer"),
        (assumed.too_long.len(), "too long"),
        (assumed.too_short, "short"),
        (assumed.loose_quotes, "with loose quotes"),
    ] {
        if count > 0 {
            let _ = write!(line, " · {} {what}", grouped(count));
        }
    }
    line
}

fn note(field: &FieldReport) -> String {
    let mut parts: Vec<(usize, &str)> = field
        .rejected
        .iter()
        .chain(&field.doubtful)
        .map(|(rule, count)| (*count, *rule))
        .collect();
    parts.sort_unstable_by(|left, right| right.cmp(left));
    let parts: Vec<String> = parts
        .iter()
        .map(|(count, rule)| format!("{} {}", grouped(*count), in_words(rule, *count)))
        .collect();
    parts.join(", ")
}

/// The rules of rejection in words.
fn in_words(rule: &str, count: usize) -> &str {
    match rule {
        "empty" => "without a letter or digit",
        "placeholder" if count == 1 => "placeholder",
        "placeholder" => "placeholders",
        "shape" => "of another shape",
        "check-digit" => "with a wrong check digit",
        "range" => "outside what can exist",
        "excel-damaged" => "damaged by Excel",
        "initials-only" => "initials only",
        "future" => "in the future",
        "too-young" => "too young for the file (used)",
        "too-old" => "too old for the file (used)",
        "not-yet-born" => "not yet born (used)",
        "unknown-authority" => "of an authority not in the census list (used)",
        other => other,
    }
}

fn event_file(text: &mut String, report: &EventsReport, strangers: usize) {
    let events: usize = report.codes.values().sum();
    let unknown: usize = report.unknown.iter().map(|unknown| unknown.rows).sum();
    let left_out = report.left_out + report.without_own_id + report.without_start + strangers;
    let _ = writeln!(
        text,
        "  {:<18} {:>8} {:>8} {:>9} {:>8}  {}",
        report.dataset,
        grouped(report.rows),
        grouped(events - strangers),
        grouped(left_out),
        grouped(unknown),
        report.file
    );
}

fn people(text: &mut String, survey: &Survey) {
    let united = &survey.united;
    let _ = writeln!(
        text,
        "\n{} {}",
        counted(survey.gathered.rows.len(), "row is", "rows are"),
        counted(united.people(), "person", "people")
    );
    let by = |reason: Reason| united.joins.get(&reason).copied().unwrap_or_default();
    let [same_id, by_evidence, decided] =
        [Reason::OwnId, Reason::Evidence, Reason::Decided].map(by);
    let _ = write!(
        text,
        "  came together: {} by own id, {} by name, birth date, address or number, {} by all evidence together",
        grouped(same_id),
        grouped(joins_across(united) - by_evidence - decided),
        grouped(by_evidence)
    );
    if decided > 0 {
        let _ = write!(text, ", {} as you decided", grouped(decided));
    }
    let _ = writeln!(
        text,
        " · doubtful pairs that stay apart: {}",
        grouped(united.doubtful.len())
    );
    let _ = writeln!(
        text,
        "  carry enough to be recognised (a full name and birth date, or a verified number): {} ({})",
        grouped(survey.linkable),
        percent(survey.linkable, united.people())
    );
}

/// A share with one decimal; never 100.0 % when one is missing.
fn percent(part: usize, whole: usize) -> String {
    if whole == 0 {
        return "-".to_owned();
    }
    let tenths = part * 1000 / whole;
    format!("{}.{} %", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_never_rounded_up() {
        assert_eq!(percent(9999, 10000), "99.9 %");
        assert_eq!(percent(1, 1), "100.0 %");
        assert_eq!(percent(0, 0), "-");
    }
}
