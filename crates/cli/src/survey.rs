//! A custodian's files, read and looked through: what is there, what will be sent, what is in the way.
//!
//! `check`, `encode` and `run` all begin here, so they cannot disagree about what blocks.

use crate::args::Period;
use crate::outcome::Message;
use crate::progress::Progress;
use kinfold_exchange::Agreement;
use kinfold_extract::{Care, Day, Gathered, Memory, Reason, Tells, United, days, gather, unite};
use kinfold_message::{Exit, Problem};
use std::collections::BTreeSet;
use std::path::Path;

/// Everything that is known after reading.
pub struct Survey {
    /// The files as read.
    pub gathered: Gathered,
    /// The rows brought together to people.
    pub united: United,
    /// For each events file of the mapping, events whose own id no people row has.
    pub strangers: Vec<usize>,
    /// People who carry enough to be recognised elsewhere: a first and a family name with a full birth date, or a verified number.
    pub linkable: usize,
    /// What a person should know, most important first.
    pub messages: Vec<Message>,
}

impl Survey {
    /// Whether something must be put right before anything can be encoded.
    pub fn is_blocked(&self) -> bool {
        self.messages
            .iter()
            .any(|message| message.level == crate::outcome::Level::Error)
    }
}

/// Reads all files of a mapping and looks through them.
///
/// # Errors
/// The first file that cannot be read or does not fit the mapping.
pub fn survey(
    mapping: &Path,
    agreement: Option<&Agreement>,
    memory: Memory,
    scratch: &Path,
    progress: &Progress,
) -> Result<Survey, Problem> {
    let gathered = gather(mapping, memory, scratch, |step| progress.step(step))?;
    progress.step("Bringing together the rows of each person");
    let step = |step: &str| progress.step(step);
    let united = unite(&gathered.rows, Care::RELEASE, &gathered.decided, &step)?;
    gathered.rows.must_be_unchanged()?;
    let mut survey = Survey {
        strangers: strangers(&gathered),
        linkable: linkable(&gathered, &united),
        gathered,
        united,
        messages: Vec::new(),
    };
    survey.messages = messages(&survey, agreement, mapping);
    Ok(survey)
}

fn linkable(gathered: &Gathered, united: &United) -> usize {
    let mut tells = vec![Tells::default(); united.people()];
    for row in 0..gathered.rows.len() {
        let person = &mut tells[united.person_of_row(row)];
        *person = person.and(gathered.rows.tells(row));
    }
    tells
        .into_iter()
        .filter(|tells| tells.is_linkable())
        .count()
}

fn strangers(gathered: &Gathered) -> Vec<usize> {
    let mut counts = vec![0; gathered.event_files.len()];
    for event in &gathered.events {
        counts[event.file as usize] += usize::from(event.row().is_none());
    }
    counts
}

/// Everything worth saying, in one pass.
fn messages(survey: &Survey, agreement: Option<&Agreement>, mapping: &Path) -> Vec<Message> {
    let mut messages = Vec::new();
    shared_own_ids(survey, &mut messages);
    unknown_values(survey, mapping, &mut messages);
    if let Some(agreement) = agreement {
        agreed_codes(survey, agreement, mapping, &mut messages);
    }
    people_files(survey, &mut messages);
    event_files(survey, &mut messages);
    doubtful_pairs(survey, &mut messages);
    decisions(survey, &mut messages);
    messages
}

/// Own ids that stand on rows of clearly several people, a message for each file.
fn shared_own_ids(survey: &Survey, messages: &mut Vec<Message>) {
    let rows = &survey.gathered.rows;
    for (source, report) in survey.gathered.people.iter().enumerate() {
        let shared: Vec<&[usize]> = survey
            .united
            .shared_own_ids
            .iter()
            .map(|shared| shared.rows.as_slice())
            .filter(|indices| rows.source(indices[0]) == source)
            .collect();
        let Some(most) = shared.iter().max_by_key(|indices| indices.len()) else {
            continue;
        };
        let (first, last) = (rows.line(most[0]), rows.line(most[most.len() - 1]));
        let what = format!(
            "{} on {} of clearly different people",
            counted(shared.len(), "own id"),
            counted(shared.iter().map(|indices| indices.len()).sum(), "row"),
        );
        let hint = format!(
            "give every person an own id at source; look for a fill-down, for instance between lines {first} and {last}; check.json (write it with `kinfold check -o DIR`) lists all lines under `shared_own_ids`"
        );
        messages.push(Message::error(
            Problem::new("E-CHECK-SHARED-ID", Exit::Answer, what, hint)
                .at(format!("{}:{first}", report.file)),
        ));
    }
}

fn unknown_values(survey: &Survey, mapping: &Path, messages: &mut Vec<Message>) {
    for report in &survey.gathered.event_files {
        for unknown in &report.unknown {
            let what = format!(
                "{} in {} with no rule for column {}; pattern `{}`",
                counted(unknown.rows, "row"),
                report.file,
                unknown.column,
                unknown.pattern
            );
            let hint = format!(
                "look at line {} of the file, then add the value to an `[[events.rule]]` of {}, with a `code` or with `leave_out = true`",
                unknown.line,
                mapping.display()
            );
            messages.push(Message::error(
                Problem::new("E-CHECK-UNKNOWN", Exit::Answer, what, hint)
                    .at(format!("{}:{}", report.file, unknown.line)),
            ));
        }
    }
}

fn agreed_codes(
    survey: &Survey,
    agreement: &Agreement,
    mapping: &Path,
    messages: &mut Vec<Message>,
) {
    let written = survey
        .gathered
        .mapping
        .events
        .iter()
        .flat_map(|input| &input.rules)
        .filter_map(|rule| rule.code.as_ref());
    let written: BTreeSet<&String> = written.map(toml::Spanned::get_ref).collect();
    for code in written
        .into_iter()
        .filter(|code| !agreement.event_codes().contains(*code))
    {
        messages.push(Message::error(
            Problem::new(
                "E-CHECK-CODE",
                Exit::Answer,
                format!("the mapping makes events `{code}`, which the agreement does not list"),
                "use a code of the agreement, or `leave_out = true` for these rows",
            )
            .at(mapping.display().to_string()),
        ));
    }
}

fn people_files(survey: &Survey, messages: &mut Vec<Message>) {
    for report in &survey.gathered.people {
        let mut warn = |code, what: String, hint: &str| {
            messages.push(Message::warning(
                Problem::new(code, Exit::Answer, what, hint).at(report.file.clone()),
            ));
        };
        if report.without_own_id > 0 {
            warn(
                "E-CHECK-OWN-ID",
                format!(
                    "{} left out: no own id",
                    counted(report.without_own_id, "row")
                ),
                "fill the column at source",
            );
        }
        if !report.assumed.too_long.is_empty() {
            let first = report.assumed.too_long[0];
            warn(
                "E-CHECK-LONG",
                format!(
                    "{} left out: more cells than the header has names",
                    counted(report.assumed.too_long.len(), "row")
                ),
                &format!("look at line {first}: a field that holds the delimiter needs quotes"),
            );
        }
        if let Some(doubt) = &report.assumed.doubt {
            warn(
                "E-CHECK-LETTERS",
                doubt.clone(),
                "export the file again as UTF-8",
            );
        }
        for field in &report.fields {
            if let Some(count) = field.rejected.get("excel-damaged") {
                warn(
                    "E-CHECK-EXCEL",
                    format!(
                        "{} of `{}` treated as missing: Excel has damaged them",
                        counted(*count, "value"),
                        field.column
                    ),
                    "export the column as text; Excel drops the last digits of long numbers",
                );
            }
        }
    }
}

fn event_files(survey: &Survey, messages: &mut Vec<Message>) {
    for (report, strangers) in survey.gathered.event_files.iter().zip(&survey.strangers) {
        let mut warn = |code, what: String, hint: &str| {
            messages.push(Message::warning(
                Problem::new(code, Exit::Answer, what, hint).at(report.file.clone()),
            ));
        };
        if *strangers > 0 {
            warn(
                "E-CHECK-STRANGERS",
                format!(
                    "{} left out: no people file has their own id",
                    counted(*strangers, "event")
                ),
                "extract people and events on the same day, for the same people",
            );
        }
        let useless = report.without_own_id + report.without_start;
        if useless > 0 {
            warn(
                "E-CHECK-EVENT",
                format!(
                    "{} left out: no own id, or no readable start date",
                    counted(useless, "row")
                ),
                "fill them at source",
            );
        }
        if !report.assumed.too_long.is_empty() {
            let first = report.assumed.too_long[0];
            warn(
                "E-CHECK-LONG",
                format!(
                    "{} left out: more cells than the header has names",
                    counted(report.assumed.too_long.len(), "row")
                ),
                &format!("look at line {first}: a field that holds the delimiter needs quotes"),
            );
        }
    }
}

fn doubtful_pairs(survey: &Survey, messages: &mut Vec<Message>) {
    if survey.united.doubtful.is_empty() {
        return;
    }
    messages.push(Message::warning(Problem::new(
        "E-CHECK-DUPLICATE",
        Exit::Answer,
        format!("{} of rows left apart: nearly one person, and not quite", counted(survey.united.doubtful.len(), "pair")),
        "look at the pairs in doubtful.csv (write it with `kinfold check -o DIR`); correct the records at source, or decide with `decided` in the mapping",
    )));
}

/// Decisions that could not be followed.
fn decisions(survey: &Survey, messages: &mut Vec<Message>) {
    let Some(file) = &survey.gathered.mapping.decided else {
        return;
    };
    let mut warn = |code, what: String, hint: &str| {
        let problem = Problem::new(code, Exit::Answer, what, hint).at(file.clone());
        messages.push(Message::warning(problem));
    };
    let refused = survey.united.decisions_not_followed;
    if refused > 0 {
        warn(
            "E-CHECK-DECISION",
            format!(
                "{} for one person not followed: another decision, two verified NHS numbers or a record that must not be linked says that they are two",
                counted(refused, "decision")
            ),
            "look at the pairs with `decision` in doubtful.csv, and take one of the contradicting decisions back or correct the records at source",
        );
    }
    if survey.gathered.decided.unknown > 0 {
        warn(
            "E-CHECK-DECIDED",
            format!(
                "{} about own ids that no people file has",
                counted(survey.gathered.decided.unknown, "decision")
            ),
            "nothing needs to be done if these people are no longer in the extract; if all are missing, a spreadsheet may have changed the own ids (0012 became 12)",
        );
    }
}

/// The last day of a period.
pub fn last_day(period: Period) -> Day {
    let (year, month) = (i32::from(period.year), i32::from(period.month));
    if month == 12 {
        days(year + 1, 1, 1) - 1
    } else {
        days(year, month + 1, 1) - 1
    }
}

/// Joins made beyond one own id.
pub fn joins_across(united: &United) -> usize {
    united
        .joins
        .iter()
        .filter(|(reason, _)| **reason != Reason::OwnId)
        .map(|(_, count)| count)
        .sum()
}

/// `1 row`, `2,000 rows`.
pub(crate) fn counted(count: usize, thing: &str) -> String {
    kinfold_message::counted(count, thing, &format!("{thing}s"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use kinfold_extract::civil;

    #[test]
    fn periods_end_on_their_last_day() {
        let last = |text: &str| civil(last_day(text.parse().expect("a period")));
        assert_eq!(last("2026-08"), (2026, 8, 31));
        assert_eq!(last("2024-02"), (2024, 2, 29));
        assert_eq!(last("2026-12"), (2026, 12, 31));
    }
}
