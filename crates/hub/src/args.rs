//! The grammar of the command line: verb first, long positive flags, secrets only from files.

use std::path::PathBuf;

use clap::builder::PossibleValue;
use clap::{Args, Parser, Subcommand, ValueEnum};

/// Joins the codes that custodians sent into people and households, and scores seven needs. This is the linkage unit's tool; it
/// never sees a name, a birth date or the project key.
#[derive(Debug, Parser)]
#[command(
    name = "kinfold-hub",
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
pub struct Global {
    /// Start in this folder
    #[arg(short = 'C', long = "directory", global = true, value_name = "DIR")]
    pub directory: Option<PathBuf>,
    /// Print one JSON object on standard output instead of text
    #[arg(long, global = true)]
    pub json: bool,
    /// Print errors only
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// No progress bars
    #[arg(long, global = true)]
    pub no_progress: bool,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make the hub's folder for one signed agreement
    Init(InitArgs),
    /// Open, verify and keep packages that custodians sent
    Ingest(IngestArgs),
    /// List the packages, and what is still awaited
    Packages(HubArgs),
    /// Take an accepted package out of use; it stays in the folder and the ledger
    Withdraw(WithdrawArgs),
    /// Link people, form households, score needs, write tables and the report
    Link(LinkArgs),
    /// Compare two files of encodings, every pair of rows
    Match(MatchArgs),
    /// Measure a result against known truth, or say what to expect without it
    Evaluate(EvaluateArgs),
    /// Show a report in a browser on this machine only
    Serve(ServeArgs),
    /// The long version of any message
    Explain(ExplainArgs),
    /// Check this machine and, if given, the hub's folder
    Doctor(DoctorArgs),
}

/// Arguments of `init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// The folder to make; it must be empty or absent
    pub folder: PathBuf,
    /// The agreement, signed by all parties
    #[arg(long, value_name = "FILE")]
    pub agreement: PathBuf,
    /// The linkage schema that the agreement names [default: standard]
    #[arg(long, value_name = "FILE")]
    pub schema: Option<PathBuf>,
    /// The rule pack that the agreement names [default: LOCAL7]
    #[arg(long, value_name = "FILE")]
    pub rule_pack: Option<PathBuf>,
}

/// Arguments of `ingest`.
#[derive(Debug, Args)]
pub struct IngestArgs {
    /// Sealed packages (*.kin), in any order
    #[arg(required = true, value_name = "PACKAGE")]
    pub packages: Vec<PathBuf>,
    /// The hub's folder
    #[arg(long, value_name = "DIR")]
    pub hub: PathBuf,
    /// Key of a recipient: the linkage unit for records, the integrator for events
    #[arg(long = "key", required = true, num_args = 1, value_name = "FILE")]
    pub keys: Vec<PathBuf>,
    /// Today's date: an expired package or agreement is refused
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub on: String,
    /// Verify everything, keep nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// The hub's folder alone.
#[derive(Debug, Args)]
pub struct HubArgs {
    /// The hub's folder
    #[arg(long, value_name = "DIR")]
    pub hub: PathBuf,
}

/// Arguments of `withdraw`.
#[derive(Debug, Args)]
pub struct WithdrawArgs {
    /// Who sent the package
    pub custodian: String,
    /// What it holds
    #[arg(value_enum)]
    pub kind: Kind,
    /// Period of its data, YYYY-MM
    pub period: String,
    /// Its sequence number
    pub sequence: u64,
    /// The hub's folder
    #[arg(long, value_name = "DIR")]
    pub hub: PathBuf,
    /// Why, in one line; it is kept in the ledger
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}

/// What a package holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Codes of people.
    Records,
    /// Events.
    Events,
}

impl Kind {
    /// The word for it, in the list of packages too.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Records => "records",
            Self::Events => "events",
        }
    }
}

impl ValueEnum for Kind {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Records, Self::Events]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.as_str()))
    }
}

/// Heading of what only a bench needs.
const BENCH: &str = "To try any tables";

/// Arguments of `link`: those of a run over a hub's packages, or those of a bench.
#[derive(Debug, Args)]
#[command(
    override_usage = "kinfold-hub link --hub <DIR> --reference-date <YYYY-MM-DD> -o <DIR>\n       kinfold-hub link <CODES>... -o <DIR>",
    after_help = "The second form needs no agreement and no hub: it links files that `kinfold encode` made of any tables, and everything \
                  it writes is marked as not for release:\n  \
    kinfold encode --key-file K a.csv -o a.codes\n  \
    kinfold encode --key-file K b.csv -o b.codes\n  \
    kinfold-hub link a.codes b.codes -o out"
)]
pub struct LinkArgs {
    /// Files of codes, one a source, named for it: a.codes is source `a`
    #[arg(
        value_name = "CODES",
        conflicts_with_all = ["hub", "reference_date"],
        help_heading = BENCH
    )]
    pub codes: Vec<PathBuf>,
    /// The hub's folder
    #[arg(long, value_name = "DIR", required_unless_present = "codes")]
    pub hub: Option<PathBuf>,
    /// The day for which needs are decided
    #[arg(long, value_name = "YYYY-MM-DD", required_unless_present = "codes")]
    pub reference_date: Option<String>,
    /// Folder for the tables, run.json and, of a hub, report.html
    #[arg(short, long = "output", value_name = "DIR")]
    pub output: PathBuf,
    /// Number of threads; it changes the time, never the result [default: all]
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub threads: usize,
    /// The folder of the run before: references of people and households are carried over from it
    #[arg(long, value_name = "DIR")]
    pub previous: Option<PathBuf>,
    /// Reviewers' decisions (JSON lines), replayed as must-link and cannot-link
    #[arg(long, value_name = "FILE")]
    pub decisions: Option<PathBuf>,
    /// Say what would be read, how long it takes and how much memory it needs, and stop
    #[arg(long)]
    pub dry_run: bool,
}

/// Arguments of `match`.
#[derive(Debug, Args)]
#[command(
    after_help = "Two agencies' CLKs at Dice 0.85, and a file with itself, the nearest 3 of each row:\n  \
    kinfold-hub match a.json b.json --threshold 0.85 -o pairs.parquet\n  \
    kinfold-hub match a.arrow --self --threshold 0.7 --top 3 -o near.parquet"
)]
pub struct MatchArgs {
    /// Left file: clkhash JSON {"clks":[base64,…]}, Arrow, or raw packed filters (.bin with --bits)
    pub left: PathBuf,
    /// Right file
    #[arg(required_unless_present = "itself", conflicts_with = "itself")]
    pub right: Option<PathBuf>,
    /// Compare LEFT with itself, every two rows once
    #[arg(long = "self")]
    pub itself: bool,
    /// How similarity is measured
    #[arg(long, value_enum, default_value_t = Metric::Dice)]
    pub metric: Metric,
    /// Least similarity of a pair, 0 to 1, as a decimal
    #[arg(long, value_name = "T")]
    pub threshold: String,
    /// Keep the K most similar right rows of each left row only
    #[arg(long, value_name = "K")]
    pub top: Option<usize>,
    /// Bits of one filter in a .bin file, a multiple of 8
    #[arg(long, value_name = "N")]
    pub bits: Option<usize>,
    /// Column filter_ID of an Arrow file [default: the only one]
    #[arg(long, value_name = "ID")]
    pub filter: Option<String>,
    /// For diffused filters, look at some bits first: off, exact (loses nothing), or bounded[=P] (loses a pair with probability at
    /// most P [1e-6], which the answer states)
    #[arg(long, value_name = "MODE", default_value = "off", value_parser = SequentialMode::parse)]
    pub sequential: SequentialMode,
    /// Number of threads [default: all]
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub threads: usize,
    /// Which instructions to use; it changes the time, never the result
    #[arg(long, value_enum, default_value_t = Simd::Auto)]
    pub simd: Simd,
    /// The Parquet file to write: left, right (row numbers from 0), similarity
    #[arg(short, long = "output", value_name = "FILE")]
    pub output: PathBuf,
    /// Continue an interrupted run; the result is the same
    #[arg(long)]
    pub resume: bool,
    /// When interrupted, keep finished parts of a run at least this long [default: 60]
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 60,
        hide_default_value = true
    )]
    pub keep_after: u64,
}

/// Whether some bits are looked at first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SequentialMode {
    /// All bits count.
    Off,
    /// Stop when the rest cannot matter.
    Exact,
    /// Stop when a pair that passes would hardly look like this: it is lost with at most this probability.
    Bounded(f64),
}

impl SequentialMode {
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "off" => Ok(Self::Off),
            "exact" => Ok(Self::Exact),
            "bounded" => Ok(Self::Bounded(kinfold_matcher::DEFAULT_DISMISSAL)),
            other => other
                .strip_prefix("bounded=")
                .and_then(|number| number.parse().ok())
                .filter(|number| *number > 0.0 && *number < 1.0)
                .map(Self::Bounded)
                .ok_or_else(|| {
                    "one of off, exact, bounded, bounded=P with P between 0 and 1".into()
                }),
        }
    }
}

/// How similarity is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// 2·|a and b| / (|a| + |b|)
    Dice,
    /// 1 - differing bits / bits
    Hamming,
}

// By hand, because the derived form would print each value on lines of its own and no help is longer than a screen.
impl ValueEnum for Metric {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Dice, Self::Hamming]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(match self {
            Self::Dice => "dice",
            Self::Hamming => "hamming",
        }))
    }
}

/// Which instructions to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Simd {
    /// The best that this processor has.
    Auto,
    /// A plain loop.
    Scalar,
    /// 256-bit vectors.
    Avx2,
    /// 512-bit vectors with a population count.
    Avx512,
}

impl ValueEnum for Simd {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Auto, Self::Scalar, Self::Avx2, Self::Avx512]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(match self {
            Self::Auto => "auto",
            Self::Scalar => "scalar",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
        }))
    }
}

/// Arguments of `evaluate`.
#[derive(Debug, Default, Args)]
pub struct EvaluateArgs {
    /// Records and their person: source, record_ref or rec_id, cluster_id (.parquet or .csv)
    #[arg(long, value_name = "FILE")]
    pub people: PathBuf,
    /// The truth: source, rec_id or record_ref, entity_id, household_id (several separated by ;)
    #[arg(long, value_name = "FILE", required_unless_present = "pairs")]
    pub truth: Option<PathBuf>,
    /// Candidate pairs with match_probability: what to expect where nobody knows the truth
    #[arg(long, value_name = "FILE")]
    pub pairs: Option<PathBuf>,
    /// Groups of people to compare: rec_id, record_ref or entity_id, and a column for each grouping
    #[arg(long, value_name = "FILE", requires = "truth")]
    pub groups: Option<PathBuf>,
    /// Columns of the groups file or of the truth to compare by; without it, all of the groups file
    #[arg(
        long,
        value_name = "COLUMN",
        num_args = 1..,
        value_delimiter = ',',
        requires = "truth"
    )]
    pub by: Vec<String>,
    /// Custodians' local reference files (source, own_id, record_ref), to join the two; synthetic data only
    #[arg(long, value_name = "FILE", num_args = 1.., requires = "truth")]
    pub references: Vec<PathBuf>,
    /// Predicted households: household_id, cluster_id; with a column `current` (true or false) those of now are measured too
    #[arg(long, value_name = "FILE")]
    pub households: Option<PathBuf>,
    /// True households: household_id, entity_id, and `to` (the month of leaving, or nothing); instead of the truth's household_id
    #[arg(long, value_name = "FILE", requires = "truth")]
    pub true_households: Option<PathBuf>,
    /// Predicted needs: household_id, indicator, state (or current)
    #[arg(
        long,
        value_name = "FILE",
        requires = "households",
        requires = "true_needs"
    )]
    pub needs: Option<PathBuf>,
    /// True needs: household_id, indicator, current
    #[arg(long, value_name = "FILE", requires = "needs", requires = "truth")]
    pub true_needs: Option<PathBuf>,
}

/// Arguments of `serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Folder that `link` wrote; only report.html and summary.json are served
    pub folder: PathBuf,
    /// Address and port; only the loopback interface is allowed, port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8750")]
    pub address: String,
}

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The code, such as E-FILE-MISSING; without one, the list of all
    pub code: Option<String>,
}

/// Arguments of `doctor`.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// The hub's folder
    #[arg(long, value_name = "DIR")]
    pub hub: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_grammar_is_consistent() {
        Cli::command().debug_assert();
    }

    /// Every help text fits a screen, and changing one is a reviewed difference.
    #[test]
    fn help_is_short_and_golden() {
        let help = |words: &[&str]| {
            let asked = [&["kinfold-hub"], words, &["--help"]].concat();
            Cli::try_parse_from(asked).unwrap_err().to_string()
        };
        let mut all = help(&[]);
        let names: Vec<String> = Cli::command()
            .get_subcommands()
            .map(|command| command.get_name().to_owned())
            .collect();
        for name in &names {
            all.push_str(&format!("\n=== {name} ===\n{}", help(&[name])));
        }
        for text in all.split("===") {
            assert!(text.lines().count() < 40, "this help is too long: {text}");
        }
        insta::assert_snapshot!(all);
    }
}
