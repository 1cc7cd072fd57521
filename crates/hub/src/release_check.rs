//! What the custodian's release check said of a package, as the linkage unit shows it.

use kinfold_exchange::RELEASE_CHECK;
use kinfold_message::{Exit, Problem};
use kinfold_store::Hub;
use kinfold_verdict::{Form, Level, Report};
use serde_json::{Value, json};

/// The report of a kept package; `None` for events, and for a rehearsal's records without one.
///
/// # Errors
/// When the section cannot be read, or is no report, which it was when the package was accepted.
pub(crate) fn of_package(hub: &Hub, payload_hash: &str) -> Result<Option<Report>, Problem> {
    let Some(json) = hub.load_section(payload_hash, RELEASE_CHECK)? else {
        return Ok(None);
    };
    Report::parse(&json).map(Some).map_err(|not| {
        Problem::new(
            "E-RELEASE-REPORT",
            Exit::Integrity,
            format!("the report of the release check does not hold: {not}"),
            "restore the hub's folder from a backup, and run `kinfold-hub doctor --hub DIR`",
        )
    })
}

/// One line for people.
pub(crate) fn words(report: Option<&Report>) -> String {
    let Some(report) = report else {
        return "no release check (test agreement)".to_owned();
    };
    let form = match report.form {
        Form::Full => "full",
        Form::Quick => "quick",
    };
    let of = |level| {
        report
            .lines_at(level)
            .map(|line| line.id.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    };
    let verdict = match report.verdict {
        Level::Note | Level::Pass => "passed".to_owned(),
        Level::Warn => format!("passed; above half of the limit: {}", of(Level::Warn)),
        Level::Block => format!("ABOVE THE LIMIT: {}", of(Level::Block)),
        Level::Broken => format!("BROKEN: {}", of(Level::Broken)),
    };
    let why = if report.allows_release() {
        ""
    } else {
        "; taken because the agreement is a test"
    };
    format!("release check ({form} form): {verdict}{why}")
}

/// The same for programs.
pub(crate) fn json(report: Option<&Report>) -> Value {
    report.map_or(Value::Null, |report| {
        json!({
            "form": report.form,
            "verdict": report.verdict,
            "allows_release": report.allows_release(),
            "report": report,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use kinfold_verdict::Line;

    fn report(form: Form, level: Level) -> Report {
        let line = |id: &str| Line::note(id, "names", "why", "It is so.".to_owned());
        let lines = vec![line("control"), line("law").judge(level, "do")];
        Report::new(form, &[1; 32], 3, lines)
    }

    #[test]
    fn a_line_says_form_and_verdict_and_why_it_was_taken() {
        let say = |form, level| words(Some(&report(form, level)));
        assert_eq!(
            say(Form::Full, Level::Pass),
            "release check (full form): passed"
        );
        assert_eq!(
            say(Form::Full, Level::Warn),
            "release check (full form): passed; above half of the limit: law"
        );
        let blocked = say(Form::Quick, Level::Block);
        assert!(blocked.contains("ABOVE THE LIMIT: law; taken because"));
        assert!(words(None).contains("test agreement"));
        assert_eq!(json(None), Value::Null);
        assert_eq!(
            json(Some(&report(Form::Quick, Level::Pass)))["allows_release"],
            false
        );
    }
}
