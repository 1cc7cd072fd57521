//! The grammar of the command line: verb first, long positive flags, secrets only from files.

pub mod compat;
mod encode;

pub use compat::CompatCommand;
pub use encode::EncodeCli;

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Finds the families that several agencies already know, without any agency handing its records over. This is the custodian's
/// tool: it runs on the custodian's own machine, has no network code, and lets nothing leave but sealed packages of codes.
#[derive(Debug, Parser)]
#[command(
    name = "kinfold",
    version,
    subcommand_required = true,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    after_help = "Exit codes: 0 done · 1 finished, and the answer is no · 2 could not run · 3 refused by policy ·\n\
                  4 integrity failure · 101 a bug · 130 interrupted"
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Flags of every command.
    #[command(flatten)]
    pub global: Global,
}

/// Flags of every command.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Every command")]
pub struct Global {
    /// Start in this folder
    #[arg(
        short = 'C',
        long = "directory",
        global = true,
        value_name = "DIR",
        display_order = 900
    )]
    pub directory: Option<PathBuf>,
    /// Print one JSON object on standard output instead of text
    #[arg(long, global = true, display_order = 901)]
    pub json: bool,
    /// Print errors only
    #[arg(short, long, global = true, display_order = 902)]
    pub quiet: bool,
    /// No progress bars
    #[arg(long, global = true, display_order = 903)]
    pub no_progress: bool,
    /// Colour: auto, always or never (NO_COLOR is respected)
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t = Color::Auto,
        value_name = "WHEN",
        hide_possible_values = true,
        hide_default_value = true,
        display_order = 904
    )]
    pub color: Color,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// When standard error is a terminal and `NO_COLOR` is not set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Read a custodian's files and say what can be sent, and what is in the way
    Check(CheckArgs),
    /// Turn people and events into codes, in a folder that stays here
    #[command(
        override_usage = "kinfold encode --agreement FILE --key FILE --project-key FILE --mapping FILE --period YYYY-MM -o DIR\n       \
                          kinfold encode --schema S --key-file FILE INPUT.csv -o CODES.arrow",
        after_help = "The second form tries a schema on open data: columns have the names of the schema's fields or usual ones, and the codes \
                      are marked as not for release. Rules of release are not enforced."
    )]
    Encode(EncodeCli),
    /// Attack encoded files before anybody else can, and say whether they may leave
    #[command(
        after_help = "kinfold tries to name the people behind the codes, as an intruder would who has a full list of them and no key. \
                      release.json goes into the package, release.html into an impact assessment; the list of those who stand out \
                      stays here. Above a limit nothing is sealed (exit code 3), and no switch changes that: raise the diffusion, \
                      drop a key, or withhold people. Half a limit warns. The same files get the same verdict.\n\n\
                      Real records need the full form. A test agreement gets the quick form unless told otherwise, and a block is \
                      only a warning there, since everybody in it is made up."
    )]
    ReleaseCheck(ReleaseCheckArgs),
    /// Seal encoded files that passed the release check into two packages: records and events
    Seal(SealArgs),
    /// check, encode, release-check and seal in one go
    #[command(
        after_help = "What the release check does not allow is not sealed (exit code 3): only its report is written. See \
                      `kinfold release-check --help`."
    )]
    Run(RunArgs),
    /// Make the agreement between the parties, sign it, check it
    #[command(subcommand)]
    Agreement(AgreementCommand),
    /// Make keys and compare them
    #[command(subcommand)]
    Key(KeyCommand),
    /// Validate, explain, compare and show linkage schemas
    #[command(subcommand)]
    Schema(SchemaCommand),
    /// Work with projects that use other tools
    #[command(subcommand)]
    Compat(CompatCommand),
    /// Say what a file is: kind, counts, columns; never its values
    #[command(
        after_help = "The report of a release check (release.json) is verified, beside encoded files also against them. A package shows \
                      its outside to everybody; with --key its recipient sees the manifest and the release check, after all that \
                      `kinfold-hub ingest` would check."
    )]
    Inspect(InspectArgs),
    /// The long version of any message
    Explain(ExplainArgs),
    /// Write a borough of synthetic families, with known truth
    Sample(SampleArgs),
}

/// Arguments of `check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The custodian's mapping of columns and values
    #[arg(long, value_name = "FILE")]
    pub mapping: PathBuf,
    /// The agreement; its event codes are checked too
    #[arg(long, value_name = "FILE")]
    pub agreement: Option<PathBuf>,
    /// Where to write check.json and doubtful.csv
    #[arg(short, long, value_name = "DIR")]
    pub output: Option<PathBuf>,
}

/// What `encode` and `run` need.
#[derive(Debug, Args)]
pub struct EncodeArgs {
    /// The agreement, signed by all parties
    #[arg(long, value_name = "FILE")]
    pub agreement: PathBuf,
    /// The custodian's own key
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// The project key that the custodians share
    #[arg(long, value_name = "FILE")]
    pub project_key: PathBuf,
    /// The custodian's mapping of columns and values
    #[arg(long, value_name = "FILE")]
    pub mapping: PathBuf,
    /// The month the extract was made for, such as 2026-08
    #[arg(long, value_name = "YYYY-MM")]
    pub period: Period,
    /// The linkage schema that the agreement names [default: standard]
    #[arg(long, value_name = "FILE")]
    pub schema: Option<PathBuf>,
    /// The day on which the agreement must be in force [default: the period's last day]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub on: Option<String>,
    /// Do everything but write files
    #[arg(long)]
    pub dry_run: bool,
    /// The folder to write to
    #[arg(short, long, value_name = "DIR")]
    pub output: PathBuf,
}

/// Arguments of `run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// What `encode` needs.
    #[command(flatten)]
    pub encode: EncodeArgs,
    /// Number of this delivery; each one is higher than the last
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub sequence: u64,
    /// The full release check under a test agreement too
    #[arg(long)]
    pub full: bool,
    /// codes.arrow of an earlier period, for the check to lay beside; any number of times
    #[arg(long, value_name = "FILE")]
    pub earlier: Vec<PathBuf>,
}

/// Arguments of `release-check`.
#[derive(Debug, Args)]
pub struct ReleaseCheckArgs {
    /// The folder that `encode` wrote
    #[arg(value_name = "DIR")]
    pub encoded: PathBuf,
    /// The agreement, signed by all parties
    #[arg(long, value_name = "FILE")]
    pub agreement: PathBuf,
    /// The custodian's own key
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// The project key that the custodians share
    #[arg(long, value_name = "FILE")]
    pub project_key: PathBuf,
    /// The custodian's mapping of columns and values
    #[arg(long, value_name = "FILE")]
    pub mapping: PathBuf,
    /// Seconds, fewer attacks; enough under a test agreement alone
    #[arg(long, conflicts_with = "full")]
    pub quick: bool,
    /// Everything, minutes; what real records need
    #[arg(long)]
    pub full: bool,
    /// codes.arrow of an earlier period, to be laid beside; any number of times
    #[arg(long, value_name = "FILE")]
    pub earlier: Vec<PathBuf>,
    /// The linkage schema that the agreement names [default: standard]
    #[arg(long, value_name = "FILE")]
    pub schema: Option<PathBuf>,
    /// The day on which the agreement must be in force [default: the period's last day]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub on: Option<String>,
    /// Do everything but write files
    #[arg(long)]
    pub dry_run: bool,
}

/// Arguments of `seal`.
#[derive(Debug, Args)]
pub struct SealArgs {
    /// The folder that `encode` wrote
    #[arg(value_name = "DIR")]
    pub encoded: PathBuf,
    /// The agreement, signed by all parties
    #[arg(long, value_name = "FILE")]
    pub agreement: PathBuf,
    /// The custodian's own key
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// The project key that the custodians share
    #[arg(long, value_name = "FILE")]
    pub project_key: PathBuf,
    /// Number of this delivery; each one is higher than the last
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub sequence: u64,
    /// The linkage schema that the agreement names [default: standard]
    #[arg(long, value_name = "FILE")]
    pub schema: Option<PathBuf>,
    /// The day on which the agreement must be in force [default: the period's last day]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub on: Option<String>,
    /// Do everything but write files
    #[arg(long)]
    pub dry_run: bool,
    /// The folder to write to
    #[arg(short, long, value_name = "DIR")]
    pub output: PathBuf,
}

/// Verbs of `agreement`.
#[derive(Debug, Subcommand)]
pub enum AgreementCommand {
    /// Write an agreement to read, edit and sign
    Draft(Box<DraftArgs>),
    /// Sign the agreement with a party's key
    Sign {
        /// The agreement
        agreement: PathBuf,
        /// The party's key
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
    },
    /// Say who has signed and whether the agreement is in force
    Check {
        /// The agreement
        agreement: PathBuf,
        /// The day on which it must be in force
        #[arg(long, value_name = "YYYY-MM-DD")]
        on: Option<String>,
    },
}

/// Arguments of `agreement draft`.
#[derive(Debug, Args)]
pub struct DraftArgs {
    /// Name of the work, for people
    #[arg(long)]
    pub name: String,
    /// Id of the project
    #[arg(long)]
    pub project: String,
    /// Epoch of the project's keys, usually a year
    #[arg(long)]
    pub epoch: String,
    /// Public part of each party's key
    #[arg(long, required = true, num_args = 1.., value_name = "FILE")]
    pub public: Vec<PathBuf>,
    /// Why the parties link
    #[arg(
        long,
        default_value = "TO BE WRITTEN before signing: why the parties link"
    )]
    pub purpose: String,
    /// The legal ground
    #[arg(
        long,
        default_value = "TO BE WRITTEN before signing: the Act and section, or consent"
    )]
    pub lawful_basis: String,
    /// What is kept, where, for how long
    #[arg(
        long,
        default_value = "TO BE WRITTEN before signing: what is kept, where, for how long, and who deletes it"
    )]
    pub retention: String,
    /// Last day on which the agreement is in force
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub expires: String,
    /// Most people that the project will cover
    #[arg(long, value_name = "N")]
    pub people: u32,
    /// The linkage schema: a file, or the name of a shipped one [default: standard]
    #[arg(long, value_name = "FILE")]
    pub schema: Option<PathBuf>,
    /// The rule pack [default: LOCAL7]
    #[arg(long, value_name = "FILE")]
    pub rule_pack: Option<PathBuf>,
    /// How exact the dates of events leave: month or day
    #[arg(long, value_enum, default_value_t = EventDatesArg::Month, value_name = "EXACT", hide_possible_values = true)]
    pub event_dates: EventDatesArg,
    /// The linkage unit is inside the custodians' own trust: the schema `trusted` is allowed
    #[arg(long)]
    pub trusted_linkage_unit: bool,
    /// A test agreement: keys made from seeds are allowed, real data is not
    #[arg(long)]
    pub test: bool,
    /// The file to write
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
}

/// How exact the dates of events leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum EventDatesArg {
    /// The first of the month.
    Month,
    /// The day.
    Day,
}

/// Verbs of `key`.
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Make a party's key and its public part
    New {
        /// The party's id, such as council
        #[arg(long)]
        party: String,
        /// What the party does: custodian, linkage-unit or integrator
        #[arg(long, value_enum, hide_possible_values = true)]
        role: RoleArg,
        /// The party's name for people [default: the id]
        #[arg(long)]
        name: Option<String>,
        /// Services to call, for the public part: a TOML file of [[contact]] tables
        #[arg(long, value_name = "FILE")]
        contacts: Option<PathBuf>,
        /// For tests only: make the key from a number that anyone can repeat
        #[arg(long, value_name = "N")]
        danger_seed: Option<u64>,
        /// The key file to write; the public part goes beside it
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
    },
    /// Make the key that the custodians of one project share
    Project {
        /// Id of the project
        #[arg(long)]
        project: String,
        /// Epoch of the project's keys, usually a year
        #[arg(long)]
        epoch: String,
        /// For tests only: make the key from a number that anyone can repeat
        #[arg(long, value_name = "N")]
        danger_seed: Option<u64>,
        /// The key file to write
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
    },
    /// The words to compare over the telephone
    Fingerprint {
        /// A public part, a party's key or an agreement
        file: PathBuf,
    },
}

/// What a party does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RoleArg {
    /// Owns records and encodes them.
    Custodian,
    /// Links codes.
    LinkageUnit,
    /// Joins events to linked records.
    Integrator,
}

/// Verbs of `schema`.
#[derive(Debug, Subcommand)]
pub enum SchemaCommand {
    /// Check a linkage schema against the rules; every fault with its line, its key and the mend
    Validate {
        /// The schema: a file, or the name of a shipped one
        schema: PathBuf,
        /// Accept a schema that may be tried on open data but not released
        #[arg(long)]
        bench: bool,
    },
    /// Say what differs between two linkage schemas, and what each difference does
    Diff {
        /// The first schema: a file, or the name of a shipped one
        from: PathBuf,
        /// The second
        to: PathBuf,
    },
    /// Say in plain words what a linkage schema releases, and what each parameter does to accuracy and privacy
    #[command(
        after_help = "Fill, visible radius and rho are measured on 500 invented households, always the same ones; your file will differ a little."
    )]
    Explain {
        /// The schema: a file, or the name of a shipped one [default: standard]
        schema: Option<PathBuf>,
        /// Explain a schema that may be tried on open data but not released
        #[arg(long)]
        bench: bool,
    },
    /// Print a shipped linkage schema
    Show {
        /// Its name: standard, high, trusted or partial
        #[arg(default_value = "standard")]
        name: String,
        /// Print the JSON Schema of linkage schemas instead, for editors
        #[arg(long)]
        json_schema: bool,
    },
}

/// Arguments of `inspect`.
#[derive(Debug, Args)]
pub struct InspectArgs {
    /// Any file of kinfold, or a custodian's extract
    pub file: PathBuf,
    /// Open the package with its recipient's key, and verify everything in it
    #[arg(long, value_name = "FILE", requires_all = ["agreement", "on"])]
    pub key: Option<PathBuf>,
    /// The agreement, signed by all parties
    #[arg(long, value_name = "FILE", requires = "key")]
    pub agreement: Option<PathBuf>,
    /// The day on which it is opened
    #[arg(long, value_name = "YYYY-MM-DD", requires = "key")]
    pub on: Option<String>,
}

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The code, such as E-FILE-MISSING; without one, the list of all
    pub code: Option<String>,
}

/// Arguments of `sample`.
#[derive(Debug, Args)]
pub struct SampleArgs {
    /// Number of households
    #[arg(long, default_value_t = 500, value_name = "N")]
    pub households: usize,
    /// Equal seeds give equal boroughs
    #[arg(long, default_value_t = 7, value_name = "N")]
    pub seed: u64,
    /// Error rates: uk as measured, stress three times those
    #[arg(long, value_enum, default_value_t = ProfileArg::Uk, hide_possible_values = true)]
    pub profile: ProfileArg,
    /// The folder to write to
    #[arg(short, long, value_name = "DIR")]
    pub output: PathBuf,
}

/// Error rates of the sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ProfileArg {
    /// As measured in the UK.
    Uk,
    /// Three times those.
    Stress,
}

/// A month, written `2026-08`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period {
    /// The year.
    pub year: u16,
    /// The month, 1 to 12.
    pub month: u8,
}

impl Period {
    /// As months of homes are counted (see [`kinfold_identity::month_number`]).
    pub fn number(self) -> u16 {
        kinfold_identity::month_number(self.year, self.month)
    }
}

impl std::str::FromStr for Period {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text.split_once('-').and_then(|(year, month)| {
            let exact = year.len() == 4 && month.len() == 2;
            Some((year.parse().ok()?, month.parse().ok()?)).filter(|_| exact)
        });
        match parsed {
            Some((year @ 1990..=2999, month @ 1..=12)) => Ok(Self { year, month }),
            _ => Err("a period is a month such as 2026-08".to_owned()),
        }
    }
}

impl std::fmt::Display for Period {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}
