//! What can be wrong with a rule pack.

use kinfold_message::{Exit, Problem};

/// A rule pack that cannot be used. Scoring itself cannot fail.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text is not the TOML of a rule pack: a typing mistake, an unknown key, a missing key.
    #[error("the rule pack is not well formed: {message}")]
    Syntax {
        /// Line, from 1, where known.
        line: Option<usize>,
        /// What the parser expected.
        message: String,
    },
    /// The text is well formed and says something that makes no sense.
    #[error("{place} of the rule pack: {message}")]
    Content {
        /// Line, from 1, where known.
        line: Option<usize>,
        /// Which part, such as "rule `3.2a`".
        place: String,
        /// What is wrong with it.
        message: String,
    },
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let (code, line, hint) = match &error {
            Error::Syntax { line, .. } => (
                "E-RULES-SYNTAX",
                line,
                "correct the rule pack; every key is described in the comments of LOCAL7.toml",
            ),
            Error::Content { line, .. } => (
                "E-RULES-CONTENT",
                line,
                "correct the rule pack; a changed pack needs a new version and its hash in the agreement",
            ),
        };
        let problem = Self::new(code, Exit::CouldNotRun, error.to_string(), hint);
        match line {
            Some(line) => problem.at(format!("line {line}")),
            None => problem,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_say_where_and_their_codes_are_documented() {
        let error = Error::Content {
            line: Some(7),
            place: "rule `9.9`".into(),
            message: "the severity is 4, not 1 to 3".into(),
        };
        let problem = Problem::from(error);
        assert_eq!(problem.place.as_deref(), Some("line 7"));
        assert_eq!(
            problem.what,
            "rule `9.9` of the rule pack: the severity is 4, not 1 to 3"
        );
        for code in ["E-RULES-CONTENT", "E-RULES-SYNTAX"] {
            assert!(kinfold_message::explain(code).is_some(), "{code}");
        }
    }
}
