//! What can go wrong: only the writing.

use kinfold_message::Problem;

/// Why a borough could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder could not be written.
    #[error("could not write the synthetic borough: {}", .0.what)]
    Write(Problem),
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Write(problem) => problem,
        }
    }
}
