//! The gate before a package: the release check is run, said, kept, and obeyed.
//!
//! There is no switch that opens it. Under a test agreement, which all parties signed as one for made-up people, it stays open by itself and
//! says what it would have done: nobody is in such a file who could be found again, and small samples seldom pass.

use crate::commands::encode::Office;
use crate::encoded::{Note, hex};
use crate::files::NewFile;
use crate::listing::OnDisk;
use crate::outcome::Message;
use crate::progress::Progress;
use crate::references::References;
use kinfold_exchange::{PartyKey, TableFile, open_codes, refuse_unsafe};
use kinfold_message::{Exit, Problem, counted};
use kinfold_release::{Codes, Options, Subject, check_subject};
use kinfold_schema::Schema;
use kinfold_verdict::{Form, Level, Line, Report, headline, page};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

/// The report, for programs and for the package.
pub const REPORT: &str = "release.json";
/// The report, for people.
pub const PAGE: &str = "release.html";
/// What distinguishes this use of the local secret from every other.
const MARK_CONTEXT: &[u8] = b"kinfold/release-check-made-here/v1\0";

/// A report and the private list that belongs to it.
pub struct Checked {
    /// What may leave.
    pub report: Report,
    /// The records that stand out most; `None` after the quick form, which does not look for them.
    outliers: Option<BTreeSet<[u8; 16]>>,
}

impl Checked {
    /// How many records stand out most.
    pub fn outliers(&self) -> Option<usize> {
        self.outliers.as_ref().map(BTreeSet::len)
    }
}

/// The form that an agreement needs, unless another is asked for.
pub fn form(office: &Office, quick: bool, full: bool) -> Form {
    if quick || (office.agreement.is_test() && !full) {
        Form::Quick
    } else {
        Form::Full
    }
}

/// The codes of an earlier period, as `encode` wrote them, left in their file.
pub struct EarlierCodes {
    table: TableFile,
    partners: Vec<String>,
}

/// Opens the codes of earlier periods.
///
/// # Errors
/// A file that cannot be read, or is none of codes under the schema.
pub fn earlier(paths: &[PathBuf], schema: &Schema) -> Result<Vec<EarlierCodes>, Problem> {
    let read = |path: &PathBuf| {
        let (table, partners) = open_codes(path, schema)
            .map_err(|error| Problem::from(error).at(path.display().to_string()))?;
        Ok(EarlierCodes { table, partners })
    };
    paths.iter().map(read).collect()
}

/// Earlier codes, to be laid beside.
///
/// # Errors
/// When they are other codes, which [`earlier`] does not give.
pub fn opened<'codes>(
    earlier: &'codes [EarlierCodes],
    schema: &Schema,
) -> Result<Vec<OnDisk<'codes>>, Problem> {
    let codes = earlier.iter();
    codes
        .map(|codes| OnDisk::new(&codes.table, schema, &codes.partners))
        .collect()
}

/// Attacks codes, beside earlier ones of the same custodian.
///
/// # Errors
/// When the codes or the list cannot be read.
pub fn attack(
    subject: &Subject<'_>,
    codes: &OnDisk<'_>,
    earlier: &[OnDisk<'_>],
    options: &Options,
    progress: &Progress,
) -> io::Result<Checked> {
    let earlier: Vec<&dyn Codes> = earlier.iter().map(|codes| codes as &dyn Codes).collect();
    let outcome = check_subject(subject, &earlier, options, &mut |step| {
        progress.step(&format!(
            "Release check, step {} of {}: {}",
            (step.done + 1).min(step.of),
            step.of,
            step.step
        ));
    })?;
    let outliers = outcome.outliers.iter().map(|row| codes.record_ref(*row));
    let outliers = outliers.collect::<io::Result<_>>()?;
    Ok(Checked {
        outliers: (options.form == Form::Full).then_some(outliers),
        report: outcome.report,
    })
}

/// Refuses what may not leave, and says what should be looked at.
///
/// # Errors
/// `E-RELEASE-BLOCKED` or `E-RELEASE-QUICK`, never under a test agreement.
pub fn judge(office: &Office, report: &Report) -> Result<Vec<Message>, Problem> {
    if !office.agreement.is_test() && report.form == Form::Quick && blocked(report).is_none() {
        return Err(only_quick(Exit::Refused));
    }
    refuse_unsafe(&office.agreement, office.key.id(), Some(report))?;
    Ok(messages(report))
}

/// What a check says that was only to be looked at: as [`judge`], but a quick form without a block is no refusal.
///
/// # Errors
/// `E-RELEASE-BLOCKED`, never under a test agreement.
pub fn look(office: &Office, report: &Report) -> Result<Vec<Message>, Problem> {
    if blocked(report).is_none() {
        return Ok(messages(report));
    }
    judge(office, report)
}

fn only_quick(exit: Exit) -> Problem {
    Problem::new(
        "E-RELEASE-QUICK",
        exit,
        "only the quick form of the release check was run, which is enough under a test agreement alone",
        "run `kinfold release-check` with `--full`: real records need it",
    )
}

/// Warnings about a report: what a test agreement lets pass, and what is near its limit.
fn messages(report: &Report) -> Vec<Message> {
    let mut messages = Vec::new();
    if let Some(why) = blocked(report) {
        messages.push(Message::warning(Problem::new(
            "E-RELEASE-BLOCKED",
            Exit::Answer,
            format!(
                "the release check does not allow these codes to leave: {why}. They may be sealed all the same, because the agreement is a test: it says that everybody in it is made up. Under a real agreement nothing would be sealed (exit code 3)"
            ),
            "read release.html: each line above its limit says what to do",
        )));
    } else if report.form == Form::Quick {
        messages.push(Message::warning(only_quick(Exit::Answer)));
    }
    let warned = report.lines_at(Level::Warn).count();
    if warned > 0 {
        messages.push(Message::warning(Problem::new(
            "E-RELEASE-WARN",
            Exit::Answer,
            format!("{warned} lines of the release check are above half of their limit"),
            "read release.html before you send the package: each of these lines says what to do",
        )));
    }
    messages
}

/// What is wrong with a file whatever the form of its check.
fn blocked(report: &Report) -> Option<String> {
    report.why_not().filter(|_| report.verdict > Level::Warn)
}

/// What the receipt says of a check that let a package be sealed.
pub fn receipt(report: &Report) -> String {
    match blocked(report) {
        Some(why) => format!(
            "release check NOT passed ({why}); sealed because the agreement is a test, with the report inside"
        ),
        None if report.form == Form::Quick => {
            "quick release check passed, with the report inside".to_owned()
        }
        None => "release check passed, with the report inside".to_owned(),
    }
}

/// The report in some lines: what is above its limit or near it in full, the rest as numbers.
pub fn text(report: &Report) -> String {
    let form = match report.form {
        Form::Full => "full form",
        Form::Quick => "quick form, which allows no release of real records",
    };
    let mut out = format!(
        "Release check, {form}: {} attacked with the list {} made from\n",
        counted(report.records, "record", "records"),
        if report.records == 1 {
            "it was"
        } else {
            "they were"
        }
    );
    let count = |level| report.lines_at(level).count();
    let _ = writeln!(
        out,
        "  {} passed · {} above half of the limit · {} above the limit · {} for information",
        count(Level::Pass),
        count(Level::Warn),
        count(Level::Block) + count(Level::Broken),
        count(Level::Note)
    );
    for level in [Level::Broken, Level::Block, Level::Warn] {
        for line in report.lines_at(level) {
            out.push_str(&line_text(line));
        }
    }
    let _ = writeln!(out, "\n{}", headline(report));
    out
}

fn line_text(line: &Line) -> String {
    let word = match line.level {
        Level::Broken => "CHECK BROKEN",
        Level::Block => "ABOVE THE LIMIT",
        _ => "warning",
    };
    format!(
        "\n  {word}  {} ({})\n    {}\n    Why it matters: {}\n    What to do: {}\n",
        line.id, line.subject, line.sentence, line.why, line.to_do
    )
}

/// The report in short, for programs; the lines are in `release.json`.
pub fn summary_json(report: &Report) -> Value {
    let ids = |level| -> Vec<&str> {
        report
            .lines_at(level)
            .map(|line| line.id.as_str())
            .collect()
    };
    json!({
        "form": report.form,
        "verdict": report.verdict,
        "allows_release": report.allows_release(),
        "broken": ids(Level::Broken),
        "above_the_limit": ids(Level::Block),
        "warned": ids(Level::Warn),
        "codes": report.payload,
    })
}

/// The files of a check: report and page, and the private list of those who stand out.
pub fn files(
    folder: &Path,
    office: &Office,
    period: &str,
    checked: &Checked,
    references: &References,
) -> Vec<NewFile<'static>> {
    let mut files = report_files(folder, office, period, &checked.report);
    if let Some(outliers) = &checked.outliers {
        files.push(NewFile::of_bytes(
            outliers_path(folder, office, period),
            references.of_records(outliers),
        ));
    }
    files
}

/// Report and page.
pub fn report_files(
    folder: &Path,
    office: &Office,
    period: &str,
    report: &Report,
) -> Vec<NewFile<'static>> {
    let name = office
        .sender()
        .map_or_else(|_| office.key.id(), |party| party.name.as_str());
    let test = if office.agreement.is_test() {
        " (rehearsal: everybody is made up)"
    } else {
        ""
    };
    let title = format!("{name}, {period}{test}");
    vec![
        NewFile::of_bytes(folder.join(REPORT), report.to_json()),
        NewFile::of_bytes(folder.join(PAGE), page(report, &title).into_bytes()),
    ]
}

/// Where the private list goes.
pub fn outliers_path(folder: &Path, office: &Office, period: &str) -> PathBuf {
    folder.join(format!("{}-{period}.local-outliers.csv", office.key.id()))
}

/// Ties a report to the machine that made it: a keyed hash under the custodian's local secret. Nobody can write a report by hand and have it
/// sealed, without writing a program too.
///
/// # Errors
/// When the key is no custodian's.
pub fn mark(key: &PartyKey, report: &[u8]) -> Result<String, Problem> {
    let mut hasher = blake3::Hasher::new_keyed(key.local_secret()?);
    hasher.update(MARK_CONTEXT).update(report);
    Ok(hex(hasher.finalize().as_bytes()))
}

/// The report of an encoded folder, if `release-check` made it there, of these very codes.
///
/// # Errors
/// `E-RELEASE-MISSING`, or `E-RELEASE-REPORT` for one that was changed.
pub fn load(folder: &Path, note: &Note, office: &Office) -> Result<Report, Problem> {
    let path = folder.join(REPORT);
    let place = path.display().to_string();
    let Some(mark_of_note) = &note.release_check else {
        return Err(missing(folder));
    };
    let json = match std::fs::read(&path) {
        Ok(json) => json,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(missing(folder)),
        Err(error) => return Err(Problem::io("read the report", &path, &error)),
    };
    if mark(&office.key, &json)? != *mark_of_note {
        return Err(not_its_own("it was changed after it was made").at(place));
    }
    let report = Report::parse(&json).map_err(|not| not_its_own(&not.to_string()).at(&place))?;
    let of_codes = note.files.get("codes.arrow") == Some(&report.payload);
    if !of_codes || report.records != note.records {
        return Err(not_its_own("it is of other codes").at(place));
    }
    Ok(report)
}

fn missing(folder: &Path) -> Problem {
    Problem::new(
        "E-RELEASE-MISSING",
        Exit::Refused,
        "nobody has tried to attack these codes: there is no release check of them",
        "run `kinfold release-check` on this folder, then seal it",
    )
    .at(folder.display().to_string())
}

/// A report that does not belong where it is.
pub fn not_its_own(what: &str) -> Problem {
    Problem::new(
        "E-RELEASE-REPORT",
        Exit::Integrity,
        format!("the report of the release check does not hold: {what}"),
        "run `kinfold release-check` again",
    )
}
