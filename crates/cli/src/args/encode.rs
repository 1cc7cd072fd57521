//! The grammar of `encode`: a custodian's form and a bench's.

use super::{EncodeArgs, Period};
use clap::Args;
use std::path::PathBuf;

/// Heading of what only a bench needs.
const BENCH: &str = "To try a schema on open data";

/// Arguments of `encode`: those of a custodian, or those of a bench.
#[derive(Debug, Args)]
pub struct EncodeCli {
    /// A CSV file of people
    #[arg(value_name = "INPUT", requires = "key_file", help_heading = BENCH)]
    pub input: Option<PathBuf>,
    /// A file whose bytes are the key: 16 or more
    #[arg(long, value_name = "FILE", requires = "input", help_heading = BENCH)]
    pub key_file: Option<PathBuf>,
    /// A field's column, if it has another name; A+B joins two, id= is the row's own
    #[arg(long = "column", value_name = "FIELD=COLUMN", requires = "input", help_heading = BENCH)]
    pub columns: Vec<String>,
    /// What 03/07/1990 begins with: day-first or month-first
    #[arg(long, value_name = "ORDER", requires = "input", help_heading = BENCH, value_parser = date_order)]
    pub date_order: Option<kinfold_identity::DateOrder>,
    /// This source and the others, for keys of every two
    #[arg(long, value_name = "NAME", requires = "input", num_args = 1.., help_heading = BENCH)]
    pub sources: Vec<String>,
    /// Bring rows of one person together [default: up to 100,000 rows]
    #[arg(long, requires = "input", help_heading = BENCH)]
    pub unite: bool,
    /// Take every row for a person of its own
    #[arg(long, requires = "input", conflicts_with = "unite", help_heading = BENCH)]
    pub no_unite: bool,
    /// Number of threads; the result is the same
    #[arg(long, value_name = "N", requires = "input", help_heading = BENCH)]
    pub threads: Option<usize>,
    /// The agreement, signed by all parties
    #[arg(
        long,
        value_name = "FILE",
        required_unless_present = "input",
        conflicts_with = "input"
    )]
    pub agreement: Option<PathBuf>,
    /// The custodian's own key
    #[arg(
        long,
        value_name = "FILE",
        required_unless_present = "input",
        conflicts_with = "input"
    )]
    pub key: Option<PathBuf>,
    /// The project key that the custodians share
    #[arg(
        long,
        value_name = "FILE",
        required_unless_present = "input",
        conflicts_with = "input"
    )]
    pub project_key: Option<PathBuf>,
    /// The custodian's mapping of columns and values
    #[arg(
        long,
        value_name = "FILE",
        required_unless_present = "input",
        conflicts_with = "input"
    )]
    pub mapping: Option<PathBuf>,
    /// The month the extract was made for, such as 2026-08
    #[arg(
        long,
        value_name = "YYYY-MM",
        required_unless_present = "input",
        conflicts_with = "input"
    )]
    pub period: Option<Period>,
    /// The linkage schema: a file, or the name of a shipped one [default: the one that the agreement names, or standard]
    #[arg(long, value_name = "FILE")]
    pub schema: Option<PathBuf>,
    /// The day on which the agreement must be in force [default: the period's last day]
    #[arg(long, value_name = "YYYY-MM-DD", conflicts_with = "input")]
    pub on: Option<String>,
    /// Do everything but write files
    #[arg(long, conflicts_with = "input")]
    pub dry_run: bool,
    /// The folder to write to; for a bench, the file
    #[arg(short, long, value_name = "PATH")]
    pub output: PathBuf,
}

fn date_order(text: &str) -> Result<kinfold_identity::DateOrder, String> {
    match text {
        "day-first" => Ok(kinfold_identity::DateOrder::DayFirst),
        "month-first" => Ok(kinfold_identity::DateOrder::MonthFirst),
        _ => Err("one of day-first, month-first".to_owned()),
    }
}

impl EncodeCli {
    /// The custodian's arguments; `None` for a bench.
    pub fn custodian(&self) -> Option<EncodeArgs> {
        Some(EncodeArgs {
            agreement: self.agreement.clone()?,
            key: self.key.clone()?,
            project_key: self.project_key.clone()?,
            mapping: self.mapping.clone()?,
            period: self.period?,
            schema: self.schema.clone(),
            on: self.on.clone(),
            dry_run: self.dry_run,
            output: self.output.clone(),
        })
    }
}
