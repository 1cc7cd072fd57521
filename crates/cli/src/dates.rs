//! Dates on the command line.

use kinfold_exchange::Date;
use kinfold_message::{Exit, Problem};

/// Reads `2027-03-31`.
///
/// # Errors
/// When the text is no such date.
pub fn parse(text: &str) -> Result<Date, Problem> {
    text.parse().map_err(|_| {
        Problem::new(
            "E-USAGE-DATE",
            Exit::CouldNotRun,
            format!("`{text}` is not a date"),
            "write year, month and day: 2027-03-31",
        )
    })
}
