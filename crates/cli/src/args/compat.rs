//! The grammar of `compat`.

use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Verbs of `compat`.
#[derive(Debug, Subcommand)]
pub enum CompatCommand {
    /// Make the CLKs that Python's clkhash 0.18.3 makes, to the bit
    #[command(
        after_help = "The schema describes every column of INPUT, in order. INPUT is read as clkhash reads it: UTF-8, commas, values \
                      as they are. Nothing is written if one value breaks the schema. CLKs tell more about a name than \
                      kinfold's own encoding does: use them only where a project asks for them.\n\n\
                      Example:\n  kinfold compat clkhash schema.json people.csv --secret-file secret.txt -o clks.json"
    )]
    Clkhash(ClkhashArgs),
    /// Make a linkage schema of kinfold that uses the facts of a clkhash schema, and say what changes
    #[command(
        after_help = "Columns are recognised by the words of their identifiers; every one is listed with what becomes of it. CLKs and kinfold's codes can \
                      never be compared: a project changes over as a whole."
    )]
    Schema(ConvertArgs),
}

/// Arguments of `compat schema`.
#[derive(Debug, Args)]
pub struct ConvertArgs {
    /// The clkhash linkage schema, version 1, 2 or 3
    #[arg(value_name = "CLKHASH.json")]
    pub schema: PathBuf,
    /// Name of the new schema: small letters, digits, hyphens
    #[arg(long, default_value = "from-clkhash", value_parser = schema_id)]
    pub id: String,
    /// Most people of one file
    #[arg(long, default_value_t = 75_000, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub people: u32,
    /// Read over names that clkhash 0.18.3 reads over, such as xorFolds, instead of refusing them
    #[arg(long = "clkhash-0.18-compat")]
    pub clkhash_0_18_compat: bool,
    /// The file to write
    #[arg(short, long, value_name = "SCHEMA.toml")]
    pub output: PathBuf,
}

fn schema_id(text: &str) -> Result<String, String> {
    if kinfold_schema::is_name(text) {
        Ok(text.to_owned())
    } else {
        Err("use 1 to 40 small letters, digits and hyphens".to_owned())
    }
}

/// Arguments of `compat clkhash`.
#[derive(Debug, Args)]
pub struct ClkhashArgs {
    /// The clkhash linkage schema, version 1, 2 or 3
    #[arg(value_name = "SCHEMA.json")]
    pub schema: PathBuf,
    /// The records
    #[arg(value_name = "INPUT.csv")]
    pub input: PathBuf,
    /// The file that holds the secret the parties share; one line end after it is taken off
    #[arg(long, value_name = "FILE")]
    pub secret_file: PathBuf,
    /// The first line: check (names as in the schema), skip (names in other words) or none (a record)
    #[arg(
        long,
        value_enum,
        default_value_t = HeaderArg::Check,
        value_name = "WHAT",
        hide_possible_values = true
    )]
    pub header: HeaderArg,
    /// Take off white space around every value, which clkhash does not do
    #[arg(long)]
    pub trim: bool,
    /// Number of threads [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub threads: Option<u16>,
    /// Read over names that clkhash 0.18.3 reads over, such as xorFolds, instead of refusing them
    #[arg(long = "clkhash-0.18-compat")]
    pub clkhash_0_18_compat: bool,
    /// The file to write: {"clks":[base64, ...]}
    #[arg(short, long, value_name = "CLKS.json")]
    pub output: PathBuf,
}

/// What the first line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum HeaderArg {
    /// The schema's identifiers.
    Check,
    /// Other names.
    Skip,
    /// A record.
    None,
}
