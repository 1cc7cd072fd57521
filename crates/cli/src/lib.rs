//! The custodian's tool, as a library: the binary `kinfold` is one call of [`main_with`].
//!
//! It runs on the agency's own machine and has no network code. What leaves is what the user carries away: sealed packages of codes.
//!
//! ```text
//!  mapping.toml ─► survey ─────────► release ───────────► gate ─────────────► seal ─► *.kin (records with release.json, events)
//!                  read, bring       references, codes,   the release check:  └───► *.local-references.csv, *.local-outliers.csv,
//!                  together, check   coded events         does it allow it?         check.json, release.html (stay here)
//! ```
//!
//! Every verb gives an [`outcome::Outcome`]: a screen for people, an object for programs, messages with stable codes, an exit code.
//! Files are written at the very end, all or none.

pub mod args;
pub mod commands;
pub mod dates;
pub mod doubtful;
mod earlier;
pub mod encoded;
pub mod files;
pub mod gate;
mod headers;
mod interrupt;
pub mod listing;
pub mod outcome;
pub mod progress;
pub mod references;
pub mod release;
pub mod survey;

use args::{Cli, Command};
use clap::Parser as _;
use kinfold_message::Problem;
use outcome::{Outcome, show};
use progress::Progress;
use std::ffi::OsString;

/// Runs one command line and returns the process exit code.
pub fn main_with(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    hide_panics();
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version go to standard output and are no error.
            let _ = error.print();
            return error.exit_code().try_into().unwrap_or(2);
        }
    };
    let name = name(&cli.command);
    interrupt::listen(name, &cli.global);
    let result = change_folder(&cli).and_then(|()| {
        let progress = Progress::new(&cli.global);
        dispatch(&cli.command, &progress)
    });
    show(name, &cli.global, result)
}

fn dispatch(command: &Command, progress: &Progress) -> Result<Outcome, Problem> {
    match command {
        Command::Check(args) => commands::check::run(args, progress),
        Command::Encode(args) => match args.custodian() {
            Some(args) => commands::encode::run(&args, progress),
            None => commands::bench::run(args, progress),
        },
        Command::ReleaseCheck(args) => commands::release_check::run(args, progress),
        Command::Seal(args) => commands::seal::run(args, progress),
        Command::Run(args) => commands::run::run(args, progress),
        Command::Agreement(command) => commands::agreement::run(command),
        Command::Key(command) => commands::key::run(command),
        Command::Schema(command) => commands::schema::run(command),
        Command::Compat(command) => commands::compat::run(command, progress),
        Command::Inspect(args) => commands::inspect::run(args),
        Command::Explain(args) => commands::explain::run(args.code.as_deref()),
        Command::Sample(args) => commands::sample::run(args, progress),
    }
}

fn name(command: &Command) -> &'static str {
    use args::{AgreementCommand, CompatCommand, KeyCommand, SchemaCommand};
    match command {
        Command::Check(_) => "check",
        Command::Encode(_) => "encode",
        Command::ReleaseCheck(_) => "release-check",
        Command::Seal(_) => "seal",
        Command::Run(_) => "run",
        Command::Agreement(AgreementCommand::Draft(_)) => "agreement draft",
        Command::Agreement(AgreementCommand::Sign { .. }) => "agreement sign",
        Command::Agreement(AgreementCommand::Check { .. }) => "agreement check",
        Command::Key(KeyCommand::New { .. }) => "key new",
        Command::Key(KeyCommand::Project { .. }) => "key project",
        Command::Key(KeyCommand::Fingerprint { .. }) => "key fingerprint",
        Command::Schema(SchemaCommand::Validate { .. }) => "schema validate",
        Command::Schema(SchemaCommand::Diff { .. }) => "schema diff",
        Command::Schema(SchemaCommand::Explain { .. }) => "schema explain",
        Command::Schema(SchemaCommand::Show { .. }) => "schema show",
        Command::Compat(CompatCommand::Clkhash(_)) => "compat clkhash",
        Command::Compat(CompatCommand::Schema(_)) => "compat schema",
        Command::Inspect(_) => "inspect",
        Command::Explain(_) => "explain",
        Command::Sample(_) => "sample",
    }
}

fn change_folder(cli: &Cli) -> Result<(), Problem> {
    match &cli.global.directory {
        Some(folder) => std::env::set_current_dir(folder)
            .map_err(|error| Problem::io("enter the folder", folder, &error)),
        None => Ok(()),
    }
}

/// A panic is a bug. Its message could hold a value of somebody's record, so only the place in the program is shown.
fn hide_panics() {
    std::panic::set_hook(Box::new(|info| {
        let place = info
            .location()
            .map(|place| format!("{}:{}", place.file(), place.line()))
            .unwrap_or_default();
        eprintln!(
            "error: kinfold {} has a bug at {place}\n\nhint: please report this line and the command you ran. It holds no data of yours.",
            env!("CARGO_PKG_VERSION")
        );
    }));
}

#[cfg(test)]
mod tests;
