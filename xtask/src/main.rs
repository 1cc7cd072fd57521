//! `cargo xtask`: the project's own tasks.

use anyhow::Result;
use clap::{Parser, Subcommand};
use std::path::PathBuf;
use xtask::binaries::{Binaries, Profile};
use xtask::demo::{Demo, Input, SampleProfile};
use xtask::{check, demo, sample};

/// The project's own tasks.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// The whole path on synthetic families: four agencies' messy extracts to households with seven needs.
    Demo(DemoArguments),
    /// Everything that continuous integration runs, with the time of each step.
    Test {
        /// Only these steps, by name (all by default).
        #[arg(value_enum)]
        steps: Vec<check::Step>,
    },
    /// Makes the committed sample in `data-samples/` again.
    Sample,
}

#[derive(clap::Args)]
struct DemoArguments {
    /// Number of households to make up.
    #[arg(long, default_value_t = 500)]
    households: u32,
    /// Seed: the same seed gives the same families, keys and results.
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// How messy the agencies' extracts are.
    #[arg(long, value_enum, default_value_t = SampleProfile::Uk)]
    profile: SampleProfile,
    /// Folder for everything that the demo writes. A demo that is already there is made again from the start.
    #[arg(long, default_value = "demo")]
    out: PathBuf,
    /// Use the extracts of this folder (as written by `kinfold sample`) instead of making up new ones.
    #[arg(long, conflicts_with_all = ["households", "profile"])]
    sample: Option<PathBuf>,
    /// Agree on this linkage schema instead of `standard`: its file.
    #[arg(long, value_name = "FILE")]
    schema: Option<PathBuf>,
    /// Build with full optimisation: a slower build, then faster steps. Worth it above some 5,000 households.
    #[arg(long)]
    release: bool,
    /// Do not serve the report when done.
    #[arg(long)]
    no_serve: bool,
}

fn main() -> Result<()> {
    match Arguments::parse().task {
        Task::Demo(arguments) => run_demo(&arguments),
        Task::Test { steps } => check::run(&steps),
        Task::Sample => sample::regenerate(&Binaries::build(Profile::Development)?),
    }
}

fn run_demo(arguments: &DemoArguments) -> Result<()> {
    let profile = if arguments.release {
        Profile::Release
    } else {
        Profile::Development
    };
    let binaries = Binaries::build(profile)?;
    let input = match &arguments.sample {
        Some(folder) => Input::Existing(folder.clone()),
        None => Input::Generated {
            households: arguments.households,
            profile: arguments.profile,
        },
    };
    let demo = Demo {
        binaries: &binaries,
        input,
        seed: arguments.seed,
        schema: arguments.schema.as_deref(),
        folder: arguments.out.clone(),
    };
    let outcome = demo::run(&demo)?;
    outcome.print();
    if arguments.no_serve {
        Ok(())
    } else {
        demo::serve(&binaries, &outcome)
    }
}
