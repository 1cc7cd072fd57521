//! How many rows of one person come together rightly and wrongly, at several limits of evidence, against a truth.
//!
//! ```text
//! cargo run -p kinfold-benches --features extract --bin unite_truth -- --all
//! cargo run -p kinfold-benches --features extract --bin unite_truth -- --set fake_1000 --set hist3=ab --detail
//! cargo run -p kinfold-benches --features extract --bin unite_truth -- --borough 5000,stress,7 --care release --at 0.95
//! cargo run -p kinfold-benches --features extract --bin unite_truth -- mapping.toml truth.csv
//! ```
//!
//! Four kinds of files, each read through a mapping as `kinfold run` reads a custodian's:
//!
//! - **open sets** ([`agency`]): what a set is stands in `benches/quality/sets`; its sources are taken for one agency's. A set that is not in the
//!   folder beside the project is left out, and that is said;
//! - **a council of an invented borough** ([`invented`]), with its two sources;
//! - **people who are each there once** ([`invented`]), where every union is wrong;
//! - **any mapping and truth** (`source,rec_id,entity_id,…`, the own id being the `rec_id`).
//!
//! Prints pairs of rows rightly and wrongly together by the sure rules alone and with all evidence at each limit, with a release's care and with a
//! bench's, beside how many pairs are one person; for the limit of a release also what evidence adds. No value of a file is printed.

mod agency;
mod cases;
mod invented;
mod report;
mod score;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use kinfold_benches::tables;

use cases::{Borough, Job, Wanted};
use score::{Kind, Scored};

/// Rows of one person, rightly and wrongly together.
#[derive(Debug, Parser)]
#[command(name = "unite_truth")]
struct Args {
    /// A custodian's mapping …
    #[arg(value_name = "MAPPING", requires = "truth")]
    mapping: Option<PathBuf>,
    /// … and the truth of its rows: source, rec_id, entity_id
    #[arg(value_name = "TRUTH")]
    truth: Option<PathBuf>,
    /// An open set, its sources taken for one agency's [default of SOURCES: those that are linked together]
    #[arg(long = "set", value_name = "NAME[=SOURCES]")]
    sets: Vec<Wanted>,
    /// The council of an invented borough
    #[arg(long = "borough", value_name = "HOUSEHOLDS[,PROFILE[,SEED]]")]
    boroughs: Vec<Borough>,
    /// Invented people who are each there once
    #[arg(long)]
    once: bool,
    /// Every open set, five boroughs, and the people who are each there once
    #[arg(long, conflicts_with_all = ["sets", "boroughs", "once", "mapping"])]
    all: bool,
    /// How careful: what a release asks for, or the probability alone [default: both]
    #[arg(long, value_enum)]
    care: Option<CareArg>,
    /// Limits of probability, above 0.5 and below 1
    #[arg(long = "at", value_name = "LIMIT", num_args = 1.., value_parser = limit, default_values_t = [0.9, 0.95, 0.98, 0.99])]
    limits: Vec<f64>,
    /// Also joins by reason, and of the doubtful pairs by reason how many are one person and how many two
    #[arg(long)]
    detail: bool,
    /// The open sets: a folder a set, with a.csv.gz, b.csv.gz, …, truth.csv.gz [default: shared/data beside the project]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// How careful.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum CareArg {
    Release,
    Bench,
}

impl Args {
    /// The kinds of care that were asked for.
    fn kinds(&self) -> Vec<Kind> {
        match self.care {
            Some(CareArg::Release) => vec![Kind::Release],
            Some(CareArg::Bench) => vec![Kind::Bench],
            None => vec![Kind::Release, Kind::Bench],
        }
    }
}

/// A limit of probability: below a half it would bring together what is rather two, and at one nothing.
fn limit(text: &str) -> Result<f64, String> {
    let limit: f64 = text.parse().map_err(|_| "no number".to_owned())?;
    if limit > 0.5 && limit < 1.0 {
        Ok(limit)
    } else {
        Err("a limit is above 0.5 and below 1".to_owned())
    }
}

fn main() -> ExitCode {
    match measure(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(args: &Args) -> Result<(), Box<dyn Error>> {
    let data = args.data.clone().unwrap_or_else(tables::folder);
    let jobs = if args.all {
        cases::all(&data)?
    } else {
        let mut jobs = cases::open_sets(&data, &args.sets)?;
        if let (Some(mapping), Some(truth)) = (&args.mapping, &args.truth) {
            jobs.push(Job::Given(mapping.clone(), truth.clone()));
        }
        jobs.extend(args.boroughs.iter().copied().map(Job::Borough));
        jobs.extend(args.once.then_some(Job::Once));
        jobs
    };
    if jobs.is_empty() {
        return Err("there is nothing to measure: give a mapping and a truth, `--set`, `--borough`, `--once` or `--all`".into());
    }
    let mut scored: Vec<Scored> = Vec::new();
    for job in jobs {
        for case in job.cases()? {
            eprintln!("{} …", case.name);
            scored.push(score::score(&case, &args.kinds(), &args.limits)?);
        }
    }
    print!("{}", report::markdown(&scored, args.detail));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Args, clap::Error> {
        Args::try_parse_from([&["unite_truth"], words].concat())
    }

    #[test]
    fn what_is_asked_for_is_understood() {
        let args = parse(&[
            "--set",
            "hist3=ab",
            "--set",
            "febrl3",
            "--borough",
            "4000,stress,8",
            "--at",
            "0.9",
            "0.95",
            "--care",
            "bench",
        ])
        .unwrap();
        let sets: Vec<(&str, Option<&str>)> = args
            .sets
            .iter()
            .map(|set| (set.name.as_str(), set.sources.as_deref()))
            .collect();
        assert_eq!(sets, [("hist3", Some("ab")), ("febrl3", None)]);
        assert_eq!(
            args.boroughs[0].name(),
            "council, 4,000 households, stress, seed 8"
        );
        assert_eq!(args.limits, [0.9, 0.95]);
        assert_eq!(args.kinds(), [Kind::Bench]);
        assert_eq!(parse(&["--all"]).unwrap().limits, [0.9, 0.95, 0.98, 0.99]);
        assert!(parse(&["m.toml", "t.csv"]).unwrap().truth.is_some());
    }

    #[test]
    fn what_cannot_be_measured_is_refused() {
        for words in [
            &["m.toml"][..],
            &["--all", "--set", "hist3"],
            &["--at", "0.5"],
            &["--at", "1"],
            &["--set", "hist3="],
            &["--set", "=ab"],
            &["--borough", "many"],
            &["--borough", "0"],
            &["--borough", "500,calm"],
            &["--borough", "500,uk,7,8"],
            &["--care", "rules"],
        ] {
            assert!(parse(words).is_err(), "{words:?}");
        }
    }
}
