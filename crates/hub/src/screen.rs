//! What a person or a program sees: data on standard output, everything else on standard error.
//!
//! With `--json` standard output is one object, at the end: the command's own members beside `tool`, `version`, `command`,
//! `schema`, `ok`, `exit` and `messages`. Progress is a bar on a terminal and a few plain lines elsewhere.

use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use kinfold_message::Problem;
use serde_json::{Map, Value, json};

use crate::args::Global;

/// Name of the program in its messages.
pub(crate) const PROGRAM: &str = "kinfold-hub";

/// Where a command prints.
#[derive(Debug)]
pub struct Screen {
    json: bool,
    quiet: bool,
    bars: bool,
}

/// What a command leaves behind: its exit is [`kinfold_message::Exit::Done`] unless there are problems.
#[derive(Debug, Default)]
pub struct Answer {
    /// For people: printed on standard output without `--json`.
    pub text: String,
    /// For programs: the members of the JSON object.
    pub data: Map<String, Value>,
    /// Everything that is wrong, all of it, not just the first.
    pub problems: Vec<Problem>,
    /// What a program should know although all went well; the text says it to people.
    pub warnings: Vec<Problem>,
}

impl Answer {
    /// An answer without problems. `data` is a JSON object.
    pub fn new(text: impl Into<String>, data: Value) -> Self {
        let data = match data {
            Value::Object(members) => members,
            other => Map::from_iter([("data".to_owned(), other)]),
        };
        Self {
            text: text.into(),
            data,
            problems: Vec::new(),
            warnings: Vec::new(),
        }
    }
}

impl Screen {
    /// As the flags say.
    pub fn new(global: &Global) -> Self {
        let terminal = std::io::stderr().is_terminal();
        Self {
            json: global.json,
            quiet: global.quiet,
            bars: terminal && !global.no_progress && !global.quiet,
        }
    }

    /// One line about what is happening, on standard error.
    pub fn note(&self, line: &str) {
        if !self.quiet {
            to_stderr(line);
        }
    }

    /// Starts a step; the bar (or line) is finished by [`Step::done`].
    pub fn step(&self, title: &str, length: u64) -> Step {
        if !self.bars {
            self.note(&format!("{title} …"));
            return Step {
                bar: ProgressBar::hidden(),
                plain: !self.quiet,
                title: title.to_owned(),
            };
        }
        let template = if length == 0 {
            "{spinner} {msg} {elapsed}"
        } else {
            "{msg} {bar:28} {percent} % {eta}"
        };
        let bar = if length == 0 {
            ProgressBar::new_spinner()
        } else {
            ProgressBar::new(length)
        };
        // The templates are constants, and a test builds them.
        let style =
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style);
        bar.set_message(title.to_owned());
        bar.enable_steady_tick(Duration::from_millis(120));
        Step {
            bar,
            plain: false,
            title: title.to_owned(),
        }
    }

    /// Prints the answer, and the problems on standard error; returns the exit code.
    pub fn finish(&self, command: &str, answer: &Answer) -> u8 {
        let exit = answer
            .problems
            .iter()
            .map(|problem| problem.exit.code())
            .max()
            .unwrap_or(0);
        for problem in &answer.problems {
            to_stderr(&problem.shown(PROGRAM));
        }
        if self.json {
            to_stdout(&envelope(command, answer, exit).to_string());
        } else if !answer.text.is_empty() && !self.quiet {
            to_stdout(answer.text.trim_end());
        }
        exit
    }
}

/// A running step.
#[derive(Debug)]
pub struct Step {
    bar: ProgressBar,
    plain: bool,
    title: String,
}

impl Step {
    /// How far the step is, of the length given at its start.
    pub fn at(&self, position: u64) {
        self.bar.set_position(position);
    }

    /// How fast the step is, behind its title in the bar.
    pub fn pace(&self, pace: &str) {
        self.bar.set_message(format!("{} ({pace})", self.title));
    }

    /// A line on the way, where there is no bar.
    pub fn line(&self, line: &str) {
        if self.plain {
            to_stderr(&format!("  {line}"));
        }
    }

    /// Ends the step with what came out of it.
    pub fn done(self, outcome: &str) {
        if self.plain {
            to_stderr(&format!("{}: {outcome}", self.title));
        } else if !self.bar.is_hidden() {
            self.bar.finish_and_clear();
            to_stderr(&format!("{}: {outcome}", self.title));
        }
    }
}

/// The linkage crate tells how far it is; where there is no bar, each of its steps is a line.
impl kinfold_linkage::Progress for Step {
    fn step(&self, done: usize, total: usize, what: &str) {
        if self.plain {
            to_stderr(&format!("  {} of {total} {what}", done + 1));
        }
        self.bar
            .set_message(format!("{}: {} of {total} {what}", self.title, done + 1));
    }
}

/// The JSON object of a command.
fn envelope(command: &str, answer: &Answer, exit: u8) -> Value {
    let errors = answer.problems.iter().map(|problem| (problem, "error"));
    let warnings = answer.warnings.iter().map(|problem| (problem, "warning"));
    let messages: Vec<Value> = errors
        .chain(warnings)
        .map(|(problem, level)| {
            json!({
                "code": problem.code,
                "level": level,
                "text": problem.what,
                "hint": problem.hint,
                "where": problem.place,
            })
        })
        .collect();
    let mut object = answer.data.clone();
    for (name, value) in [
        ("tool", json!(PROGRAM)),
        ("version", json!(env!("CARGO_PKG_VERSION"))),
        ("command", json!(command)),
        ("schema", json!(format!("kinfold-hub.{command}/1"))),
        ("ok", json!(exit == 0)),
        ("exit", json!(exit)),
        ("messages", Value::Array(messages)),
    ] {
        object.insert(name.to_owned(), value);
    }
    let mut object = Value::Object(object);
    unsigned_zeros(&mut object);
    object
}

/// A sum of nothing can be minus zero; a reader of JSON takes it for something else than zero.
fn unsigned_zeros(value: &mut Value) {
    match value {
        Value::Number(number) if number.is_f64() && number.as_f64() == Some(0.0) => {
            *value = json!(0.0);
        }
        Value::Array(items) => items.iter_mut().for_each(unsigned_zeros),
        Value::Object(members) => members.values_mut().for_each(unsigned_zeros),
        _ => {}
    }
}

/// A closed pipe (`kinfold-hub packages | head`) is not an error of ours.
fn to_stdout(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

fn to_stderr(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use kinfold_message::Exit;

    #[test]
    fn the_worst_problem_decides_the_exit() {
        let problem = |exit| Problem::new("E-FILE-IO", exit, "w", "h");
        let mut answer = Answer::new("", json!({"pairs": 3}));
        answer.problems = vec![problem(Exit::Integrity), problem(Exit::CouldNotRun)];
        let screen = Screen {
            json: false,
            quiet: true,
            bars: false,
        };
        assert_eq!(screen.finish("match", &answer), 4);
    }

    #[test]
    fn zero_has_no_sign_and_a_warning_is_no_error() {
        let mut answer = Answer::new("", json!({"model": {"share": [-0.0, 0.5, -1.0]}}));
        let doubt = Problem::new("E-LINK-DOUBT", Exit::Done, "w", "h");
        answer.warnings.push(doubt);
        let text = envelope("link", &answer, 0).to_string();
        assert!(text.contains("[0.0,0.5,-1.0]"), "{text}");
        assert!(text.contains(r#""level":"warning""#), "{text}");
    }

    #[test]
    fn the_members_of_a_command_stand_beside_the_common_ones() {
        let object = envelope("match", &Answer::new("", json!({"pairs": 3})), 0);
        assert_eq!(object["pairs"], 3);
        assert_eq!(object["ok"], true);
        assert_eq!(object["schema"], "kinfold-hub.match/1");
    }

    #[test]
    fn the_bar_templates_are_valid() {
        for template in [
            "{spinner} {msg} {elapsed}",
            "{msg} {bar:28} {percent} % {eta}",
        ] {
            assert!(ProgressStyle::with_template(template).is_ok());
        }
    }
}
