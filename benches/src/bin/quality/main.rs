//! How well kinfold links open data whose truth is known, through the real binaries.
//!
//! ```sh
//! cargo build -p kinfold-cli -p kinfold-hub
//! cargo run -p kinfold-benches --bin quality
//! ```
//!
//! Every set of the data folder is encoded with `kinfold encode`, source by source, and linked with `kinfold-hub link`, once for each
//! linkage schema. kinfold chooses its threshold by itself: no figure here is at a threshold that was chosen with the truth at hand. What
//! a set is (which column is which field, which sources are linked) stands in `benches/quality/sets`, what other tools reach and what
//! kinfold aims at in `benches/quality/anchors.toml`. Nothing else is known about a set, and nothing is tuned for one.
//!
//! An encoding is kept in the work folder and made again when the table, the linkage schema, the columns or the program changed. The same
//! files and programs give the same figures.

mod anchors;
mod errors;
mod measure;
mod page;
mod picture;
mod programs;
mod report;
mod run;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use serde_json::Value;

use anchors::Anchors;
use kinfold_benches::sets::{self, Set};
use kinfold_benches::tables;
use programs::Programs;

/// Accuracy on open data with truth, through the real binaries.
#[derive(Debug, Parser)]
#[command(name = "quality")]
struct Args {
    /// The data: a folder a set, with a.csv.gz, b.csv.gz, …, truth.csv.gz [default: shared/data beside the project]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// What the sets are: a folder with a TOML file a set [default: benches/quality/sets]
    #[arg(long, value_name = "DIR", conflicts_with = "page")]
    definitions: Option<PathBuf>,
    /// Sets to run [default: all]
    #[arg(long = "set", value_name = "NAME", num_args = 1..)]
    sets: Vec<String>,
    /// Linkage schemas: names of shipped ones, or files
    #[arg(long = "schema", value_name = "SCHEMA", num_args = 1.., default_values_t = ["standard".to_owned(), "trusted".to_owned()])]
    schemas: Vec<String>,
    /// Folder of `kinfold` and `kinfold-hub` [default: that of this program]
    #[arg(long, value_name = "DIR")]
    programs: Option<PathBuf>,
    /// Folder for codes and results, kept between runs [default: quality in the target folder]
    #[arg(long, value_name = "DIR")]
    work: Option<PathBuf>,
    /// Number of threads of the programs; the figures are the same
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// Say what the missed and the wrong pairs look like: which fields differ, what was decided; never a value
    #[arg(long)]
    errors: bool,
    /// Write the page of the manual, its picture and the figures they are made of, when every set was run
    #[arg(long)]
    page: bool,
    /// Write the page from the JSON of an earlier run, and run nothing
    #[arg(long, value_name = "FILE", conflicts_with_all = ["page", "json", "sets"])]
    page_from: Option<PathBuf>,
    /// Print one JSON object instead of tables
    #[arg(long)]
    json: bool,
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
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    if let Some(path) = &args.page_from {
        return write_page(&here, &serde_json::from_slice(&std::fs::read(path)?)?);
    }
    let own = std::env::current_exe()?;
    let beside = own.parent().ok_or("this program lies in no folder")?;
    let data = args.data.clone();
    let data = data.unwrap_or_else(tables::folder);
    let work = args.work.clone();
    let work = work.unwrap_or_else(|| beside.join("../quality"));
    let programs = Programs::find(args.programs.as_deref().unwrap_or(beside), args.threads)?;
    let anchors = Anchors::read(&here.join("quality/anchors.toml"))?;
    let definitions = args.definitions.clone().unwrap_or_else(sets::folder);
    let sets = Set::read_all(&definitions, &args.sets)?;

    let (mut results, mut absent) = (Vec::new(), Vec::new());
    for set in &sets {
        if !data.join(&set.name).join("truth.csv.gz").exists() {
            absent.push(set.name.clone());
            continue;
        }
        for schema in &args.schemas {
            eprintln!("{} with {schema} …", set.name);
            let schema = schema_file(&here, schema);
            results.extend(run::run(
                set,
                &schema,
                &data,
                &work,
                &programs,
                args.errors,
            )?);
        }
    }
    if !absent.is_empty() {
        eprintln!(
            "not there, so not measured: {} (expected in {})",
            absent.join(", "),
            data.display()
        );
    }
    if args.page {
        if !(absent.is_empty() && args.sets.is_empty()) {
            return Err(
                "the page is made of all sets, and some are not here or were not asked for".into(),
            );
        }
        write_page(&here, &report::json(&results, &anchors, &absent))?;
    }
    if args.json {
        println!("{}", report::json(&results, &anchors, &absent));
    } else {
        print!("{}", report::markdown(&results, &anchors, &absent));
    }
    Ok(())
}

/// Writes the page of the manual, its picture and the figures they are made of.
fn write_page(here: &Path, run: &Value) -> Result<(), Box<dyn Error>> {
    let figures = page::figures(run);
    let mut text = serde_json::to_string_pretty(&figures)?;
    text.push('\n');
    std::fs::write(here.join("quality/results.json"), text)?;
    let manual = here.join("../docs/src/reference");
    std::fs::write(manual.join("quality.md"), page::page(&figures))?;
    let picture = picture::picture(&page::groups(&figures));
    std::fs::write(manual.join("quality.svg"), picture)?;
    Ok(())
}

/// The file of a shipped schema, or the file that was named.
fn schema_file(benches: &Path, schema: &str) -> PathBuf {
    let shipped = benches
        .join("../crates/schema/schemas")
        .join(format!("{schema}.toml"));
    if shipped.exists() {
        shipped
    } else {
        PathBuf::from(schema)
    }
}
