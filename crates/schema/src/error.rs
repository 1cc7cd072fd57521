//! What can be wrong with a schema.

use kinfold_message::{Exit, Problem};

/// A schema that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text is not TOML of the right shape; the message names line, key and what was expected.
    #[error("the linkage schema cannot be read: {0}")]
    Shape(String),
    /// A value breaks a rule.
    #[error("the linkage schema breaks a rule: {0}")]
    Rule(String),
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let (code, hint) = match &error {
            Error::Shape(_) => (
                "E-SCHEMA-SHAPE",
                "compare the line with the shipped schema: `kinfold schema show standard`",
            ),
            Error::Rule(_) => (
                "E-SCHEMA-RULE",
                "the rule is explained in the book, reference, linkage schema",
            ),
        };
        Self::new(code, Exit::CouldNotRun, error.to_string(), hint)
    }
}
