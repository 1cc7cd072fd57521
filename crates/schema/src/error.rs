//! What can be wrong with a schema: every fault with its line, its key, and the mend.

use std::fmt;
use std::path::Path;

use kinfold_message::{Exit, Problem};

/// Which kind of fault a schema has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FaultKind {
    /// The text is not TOML, or a key is unknown, missing or of another type.
    Shape,
    /// A value breaks a rule that always holds.
    Rule,
    /// The schema can be encoded, but what it makes must not leave a custodian.
    Release,
}

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Its kind.
    pub kind: FaultKind,
    /// The 1-based line of the schema's text, where the key stands there.
    pub line: Option<usize>,
    /// The key, such as `filter[0].bits`.
    pub key: String,
    /// What is wrong, in a sentence without a full stop.
    pub what: String,
    /// The one edit that mends it.
    pub fix: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}, `{}`: {}", self.key, self.what),
            None => write!(f, "`{}`: {}", self.key, self.what),
        }
    }
}

/// A schema that cannot be used: all its faults, in the order of their lines. There is at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    faults: Vec<Fault>,
}

impl Error {
    /// An error of these faults.
    ///
    /// # Panics
    /// When there is no fault: then there is no error.
    pub(crate) fn new(mut faults: Vec<Fault>) -> Self {
        assert!(!faults.is_empty(), "an error has a fault");
        for fault in &mut faults {
            for text in [&mut fault.key, &mut fault.what, &mut fault.fix] {
                if text.contains(char::is_control) {
                    *text = without_controls(text);
                }
            }
        }
        faults.sort_by_key(|fault| (fault.line, fault.kind));
        Self { faults }
    }

    /// The faults, in the order of their lines.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// The message for a schema that was read from a file: it names the file and the line of the first fault.
    pub fn in_file(&self, path: &Path) -> Problem {
        let place = match self.faults[0].line {
            Some(line) => format!("{}:{line}", path.display()),
            None => path.display().to_string(),
        };
        Problem::from(self.clone()).at(place)
    }
}

/// A text that quotes a schema, with its control characters written as escapes: a schema comes from others, and what it quotes must neither
/// steer a terminal nor break a message into lines of its own.
pub fn without_controls(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.faults.iter().enumerate() {
            if index > 0 {
                f.write_str("\n  ")?;
            }
            write!(f, "{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        // The most fundamental kind decides how the command ends; the first fault of it has the hint.
        let first = error
            .faults
            .iter()
            .min_by_key(|fault| fault.kind)
            .expect("an error has a fault");
        let (code, exit, what) = match first.kind {
            FaultKind::Shape => (
                "E-SCHEMA-SHAPE",
                Exit::CouldNotRun,
                "the linkage schema cannot be read",
            ),
            FaultKind::Rule => (
                "E-SCHEMA-RULE",
                Exit::CouldNotRun,
                "the linkage schema breaks a rule",
            ),
            FaultKind::Release => (
                "E-SCHEMA-RELEASE",
                Exit::Refused,
                "what the linkage schema makes must not be released",
            ),
        };
        let text = match error.faults.len() {
            1 => format!("{what}: {first}"),
            n => {
                let list: Vec<String> = error
                    .faults
                    .iter()
                    .map(|fault| format!("  {fault}\n    {}", fault.fix))
                    .collect();
                format!("{what}, in {n} places:\n{}", list.join("\n"))
            }
        };
        Self::new(code, exit, text, first.fix.clone())
    }
}

#[cfg(test)]
mod tests {
    use crate::Schema;

    #[test]
    fn what_is_quoted_of_a_schema_cannot_steer_a_terminal() {
        let standard = Schema::standard().text().to_owned();
        for (from, to) in [
            ("id = \"standard\"", r#"id = "a\u001b[2Jb""#),
            ("recipe = \"NHS\"", r#"recipe = "\u0000\u0007""#),
            ("title = \"", r#"title = "\u009b\n"#),
            ("group = \"names\"", r#""\u001b]0;x\u0007" = "names""#),
        ] {
            let text = standard.replacen(from, to, 1);
            assert_ne!(text, standard, "`{from}` is not in the schema any more");
            let error = Schema::parse(&text).expect_err(to);
            for fault in error.faults() {
                for text in [&fault.key, &fault.what, &fault.fix] {
                    assert!(!text.contains(char::is_control), "{to}: {text:?}");
                }
            }
        }
    }
}
