//! The report: one HTML file that a manager would want to read.
//!
//! It holds the same facts as the Parquet outputs, in an order that answers questions: who sent what, how were the records joined, which
//! needs are there, which households come first, whom do I call. Every part is one generated sentence, a chart and the chart's numbers as
//! a table. The file is self-contained: no script, no font, no image is fetched, and a content security policy in it forbids that.
//!
//! ```text
//! ReportData (data) ─ check ─► view: words + charts ─► templates/report.html ─► one String
//! ```
//!
//! Nothing personal can be in it, because nothing personal reaches the linkage unit. Two rules go further: a withheld person is only ever
//! "somebody", and domestic-abuse evidence is shown for the household, never by person nor by anything that points at one person
//! (`safety`). A page is never shown to a family.

mod chart;
mod check;
mod data;
mod household;
mod safety;
mod sections;
mod sentences;
#[cfg(test)]
mod tests;
mod timeline;
mod view;
mod words;

pub use data::{
    AgreementFacts, ContactFacts, CountedReason, CustodianFacts, CustodianPairFacts, DatasetFacts,
    HouseholdFacts, IndicatorFacts, JoinFacts, Limits, LinkFacts, LinkStrength, MethodFacts,
    NeedFacts, OverlapFacts, PersonFacts, ReportData, Since, TimelineFacts, Totals, WeightBin,
};

use askama::Template as _;
use kinfold_message::{Exit, Problem};

/// Writes the report as HTML. Same data, same bytes.
///
/// # Errors
/// [`Error::Data`] when the data contradicts itself, for instance a need whose list of people is not as long as the household.
pub fn render(data: &ReportData) -> Result<String, Error> {
    check::check(data)?;
    view::Page::new(data)
        .render()
        .map_err(|error| Error::Template {
            message: error.to_string(),
        })
}

/// Why a report could not be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The facts contradict each other.
    #[error("the report's data contradicts itself at {place}: {message}")]
    Data {
        /// Which part.
        place: String,
        /// What is wrong.
        message: String,
    },
    /// The template failed, which only a formatting error can cause.
    #[error("the report's template failed: {message}")]
    Template {
        /// The template engine's words.
        message: String,
    },
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let hint = "run `kinfold-hub link` again; if it happens again, report it with this message, which holds no personal value";
        Self::new("E-REPORT-DATA", Exit::CouldNotRun, error.to_string(), hint)
    }
}
