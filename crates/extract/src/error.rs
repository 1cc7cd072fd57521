//! What can be wrong with a custodian's file or mapping.

use kinfold_message::{Exit, Problem};
use std::path::{Path, PathBuf};

/// An error of this crate. None holds a value of the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file could not be read.
    #[error("the file {path} could not be read: {error}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        error: std::io::Error,
    },
    /// The file holds no text.
    #[error("the file is empty")]
    Empty,
    /// The file is an Excel workbook.
    #[error("the file is an Excel workbook, not a text table")]
    Workbook,
    /// The file holds bytes that no text has.
    #[error("line {line} holds a zero byte: this is not a text file")]
    Binary {
        /// 1-based line.
        line: usize,
    },
    /// The text is not in the encoding that was told.
    #[error("line {line} is not {encoding}")]
    Encoding {
        /// The encoding told or assumed.
        encoding: &'static str,
        /// 1-based line.
        line: usize,
    },
    /// No line could be the header.
    #[error("no line of the file looks like a header")]
    NoHeader,
    /// The table reader and the record finder disagree: a table no export should hold.
    #[error("the file's rows and quotes cannot be told apart")]
    Table,
    /// The file was read more than once, and it was not the same each time.
    #[error("the file was changed while it was being read")]
    Changed,
    /// Hashes that were to wait on disk could not be written or read.
    #[error("the folder for working files could not be used: {error}")]
    Scratch {
        /// The folder.
        folder: PathBuf,
        /// The operating system's reason.
        error: std::io::Error,
    },
    /// The mapping file is wrong.
    #[error("{what}")]
    Mapping {
        /// What is wrong, without values of the data.
        what: String,
        /// 1-based line in the mapping file, when known.
        line: Option<usize>,
        /// What to do.
        hint: String,
    },
    /// A column named in the mapping is not in the file.
    #[error("the file has no column `{column}`")]
    Column {
        /// The column the mapping names.
        column: String,
        /// The columns the file has; none where it is not sure that they are columns.
        found: Vec<String>,
    },
    /// A column holds day-first and month-first dates, so none can be trusted.
    #[error(
        "column `{column}` mixes {day_first} dates that can only be day first with {month_first} that can only be month first"
    )]
    MixedDates {
        /// The column.
        column: String,
        /// Cells that can only be day first.
        day_first: usize,
        /// Cells that can only be month first.
        month_first: usize,
    },
    /// A table of decisions about doubtful pairs is wrong.
    #[error("line {line}: {what}")]
    Decision {
        /// What is wrong, without values of the data.
        what: &'static str,
        /// 1-based line.
        line: usize,
    },
    /// An error in a named file.
    #[error("{path}: {error}")]
    InFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: Box<Error>,
    },
}

impl Error {
    /// Says which file the error is about; an error that already names one stays as it is.
    #[must_use]
    pub fn in_file(self, path: &Path) -> Self {
        match self {
            Self::Read { .. } | Self::InFile { .. } | Self::Scratch { .. } => self,
            other => Self::InFile {
                path: path.to_owned(),
                error: Box::new(other),
            },
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let what = error.to_string();
        let stop = |code, hint: &str| Problem::new(code, Exit::CouldNotRun, what.clone(), hint);
        match error {
            Error::Read { path, error } => Problem::io("read the file", &path, &error),
            Error::Empty => stop(
                "E-EXTRACT-EMPTY",
                "export the file again; it must hold a header line and at least one row",
            ),
            Error::Workbook => stop(
                "E-EXTRACT-WORKBOOK",
                "in Excel use File, Save as, `CSV UTF-8 (comma delimited)`",
            ),
            Error::Binary { .. } => stop("E-EXTRACT-BINARY", "export the table as CSV in UTF-8"),
            Error::Encoding { .. } => stop(
                "E-EXTRACT-ENCODING",
                "remove `encoding` from mapping.toml to let it be recognised, or export as UTF-8",
            ),
            Error::NoHeader => stop(
                "E-EXTRACT-HEADER",
                "say which line holds the column names with `header_line = N` in mapping.toml",
            ),
            Error::Table => stop(
                "E-EXTRACT-TABLE",
                "export the file again with every field in double quotes",
            ),
            Error::Changed => stop(
                "E-EXTRACT-CHANGED",
                "wait until the export is finished, or copy the files to a folder where nothing writes, and try again",
            ),
            Error::Scratch { folder, error } => {
                Problem::io("use the folder for working files", &folder, &error)
            }
            Error::Mapping { line, hint, .. } => {
                let problem = stop("E-EXTRACT-MAPPING", &hint);
                match line {
                    Some(line) => problem.at(format!("line {line}")),
                    None => problem,
                }
            }
            Error::Column { found, .. } if found.is_empty() => stop(
                "E-EXTRACT-COLUMN",
                "open the file and compare its header with mapping.toml; if the header is not where it was looked for, say its line with \
                 `form.header_line` (what was read is not shown here, as it may be about a person)",
            ),
            Error::Column { found, .. } => stop(
                "E-EXTRACT-COLUMN",
                &format!(
                    "correct the name in mapping.toml; the file has: {}",
                    found.join(", ")
                ),
            ),
            Error::MixedDates { .. } => stop(
                "E-EXTRACT-DATES",
                "export the dates in one order, or say `dates = [\"dd/mm/yyyy\"]` in mapping.toml: the others are then not read",
            ),
            Error::Decision { .. } => stop(
                "E-EXTRACT-DECISION",
                "each line has two sources of the mapping, an own id of each, and `one`, `two` or nothing under `decision`",
            ),
            Error::InFile { path, error } => {
                let inner = Problem::from(*error);
                let place = match &inner.place {
                    Some(line) => {
                        format!("{}:{}", path.display(), line.trim_start_matches("line "))
                    }
                    None => path.display().to_string(),
                };
                inner.at(place)
            }
        }
    }
}
