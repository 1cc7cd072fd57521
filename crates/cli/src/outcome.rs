//! What a command ends with, and how it is shown: text for people, one JSON object for programs.
//!
//! Standard output carries the answer and nothing else; messages go to standard error. No text here may hold a personal value.

use crate::args::{Color, Global};
use kinfold_message::{Exit, Problem};
use serde_json::{Value, json};
use std::io::{IsTerminal as _, Write as _};

/// The result of a command that ran to its end.
pub struct Outcome {
    /// How the command ends.
    pub exit: Exit,
    /// The screen.
    pub text: String,
    /// Name and version of the shape of `data`: `kinfold.check/1`.
    pub schema: &'static str,
    /// The same for programs.
    pub data: Value,
    /// What the user should know or do.
    pub messages: Vec<Message>,
}

impl Outcome {
    /// A command that is done.
    pub fn done(schema: &'static str, text: impl Into<String>, data: Value) -> Self {
        Self {
            exit: Exit::Done,
            text: text.into(),
            schema,
            data,
            messages: Vec::new(),
        }
    }
}

/// How much a message matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The command cannot go on.
    Error,
    /// Worth putting right.
    Warning,
}

/// One message.
#[derive(Clone, Debug)]
pub struct Message {
    /// Error or warning.
    pub level: Level,
    /// What, where and what next.
    pub problem: Problem,
}

impl Message {
    /// An error.
    pub fn error(problem: Problem) -> Self {
        Self {
            level: Level::Error,
            problem,
        }
    }

    /// A warning.
    pub fn warning(problem: Problem) -> Self {
        Self {
            level: Level::Warning,
            problem,
        }
    }

    fn to_json(&self) -> Value {
        json!({
            "code": self.problem.code,
            "level": match self.level { Level::Error => "error", Level::Warning => "warning" },
            "text": self.problem.what,
            "hint": self.problem.hint,
            "where": self.problem.place,
        })
    }

    /// The message as it is shown.
    pub fn to_text(&self, colour: bool) -> String {
        let text = self.problem.to_string();
        let (word, paint) = match self.level {
            Level::Error => ("error", "\x1b[1;31m"),
            Level::Warning => ("warning", "\x1b[1;33m"),
        };
        let rest = text.strip_prefix("error").unwrap_or(&text);
        if colour {
            format!("{paint}{word}\x1b[0m{rest}")
        } else {
            format!("{word}{rest}")
        }
    }
}

/// Shows a result and returns the process exit code.
pub fn show(command: &str, global: &Global, result: Result<Outcome, Problem>) -> u8 {
    let outcome = result.unwrap_or_else(|problem| Outcome {
        exit: problem.exit,
        text: String::new(),
        schema: "kinfold.error/1",
        data: Value::Null,
        messages: vec![Message::error(problem)],
    });
    let colour = use_colour(global.color);
    if global.json {
        print(&format!("{}\n", to_json(command, &outcome)));
    } else if !global.quiet {
        print(&outcome.text);
    }
    for message in &outcome.messages {
        if !global.json && (message.level == Level::Error || !global.quiet) {
            eprintln!("{}\n", message.to_text(colour));
        }
    }
    outcome.exit.code()
}

/// The JSON object of a result: the same keys in every command.
pub fn to_json(command: &str, outcome: &Outcome) -> Value {
    json!({
        "tool": "kinfold",
        "version": env!("CARGO_PKG_VERSION"),
        "command": command,
        "ok": outcome.exit == Exit::Done,
        "exit": outcome.exit.code(),
        "schema": outcome.schema,
        "data": outcome.data,
        "messages": outcome.messages.iter().map(Message::to_json).collect::<Vec<_>>(),
    })
}

/// Whether to colour what goes to standard error.
pub fn use_colour(choice: Color) -> bool {
    match choice {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => {
            std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
                && std::io::stderr().is_terminal()
        }
    }
}

/// Prints to standard output. A reader that has gone away (`kinfold explain | head`) is not an error.
fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_json_object_has_the_agreed_keys() {
        let mut outcome = Outcome::done("kinfold.test/1", "", json!({"n": 1}));
        outcome.messages.push(Message::warning(
            Problem::new("E-FILE-IO", Exit::Answer, "what", "hint").at("file:3"),
        ));
        let value = to_json("test", &outcome);
        let keys: Vec<&str> = value
            .as_object()
            .expect("an object")
            .keys()
            .map(String::as_str)
            .collect();
        let mut expected = [
            "tool", "version", "command", "ok", "exit", "schema", "data", "messages",
        ];
        expected.sort_unstable();
        let mut sorted = keys.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, expected);
        assert_eq!(value["messages"][0]["where"], "file:3");
        assert_eq!(value["messages"][0]["level"], "warning");
    }

    #[test]
    fn colour_is_only_added_when_asked() {
        let message = Message::warning(Problem::new("E-FILE-IO", Exit::Answer, "what", "hint"));
        assert!(
            message
                .to_text(false)
                .starts_with("warning[E-FILE-IO]: what")
        );
        assert!(
            message
                .to_text(true)
                .starts_with("\x1b[1;33mwarning\x1b[0m[E-FILE-IO]")
        );
    }
}
