//! The linkage unit: ingest packages, link people, form households, score needs, write the report.
//!
//! The program is a thin shell over libraries: `exchange` opens and verifies packages, `store` keeps them, `matcher` and
//! `linkage` find people and households, `indicators` decides needs, `ledger` says how it was all done. What is here is the
//! order of the steps ([`commands`]), what a person sees ([`screen`]) and the report ([`report`]).
//!
//! It never holds a name, a birth date or the project key; none of the crates it is made of can name one.

pub mod args;
mod commands;
mod encodings;
mod evaluation;
mod interrupt;
mod keys;
mod linking;
mod release_check;
pub mod report;
pub mod screen;
mod terms;

use clap::Parser as _;
use kinfold_message::{Exit, Problem, Unfinished};

use args::Cli;
use screen::{Answer, Screen};

/// Runs the program with the process's arguments; returns the exit code.
pub fn main() -> u8 {
    std::panic::set_hook(Box::new(|info| {
        // Only the place: a panic message could quote data.
        let place = info
            .location()
            .map_or_else(String::new, |at| format!(" at {}:{}", at.file(), at.line()));
        eprintln!(
            "error[E-BUG]: kinfold-hub failed{place}\n\nhint: this is a bug; report this line, which holds no data"
        );
    }));
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let screen = Screen::new(&cli.global);
    if !commands::answers_interruptions(&cli.command) {
        let (global, name) = (cli.global.clone(), commands::name(&cli.command));
        interrupt::at_first(move || {
            Unfinished::remove_all();
            let answer = Answer {
                problems: vec![Problem::interrupted()],
                ..Answer::default()
            };
            std::process::exit(Screen::new(&global).finish(name, &answer).into());
        });
    }
    let outcome = start_in(&cli.global).and_then(|()| commands::run(&cli.command, &screen));
    let answer = outcome.unwrap_or_else(|problem| Answer {
        problems: vec![problem],
        ..Answer::default()
    });
    screen.finish(commands::name(&cli.command), &answer)
}

fn start_in(global: &args::Global) -> Result<(), Problem> {
    let Some(folder) = &global.directory else {
        return Ok(());
    };
    std::env::set_current_dir(folder)
        .map_err(|error| Problem::io("start in the folder", folder, &error))
}

/// Help and version are answers; everything else that clap says is a usage problem with its own code.
fn usage(error: &clap::Error) -> u8 {
    if !error.use_stderr() {
        // A closed pipe is not an error of ours.
        let _ = error.print();
        return Exit::Done.code();
    }
    if error.kind() == clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let _ = error.print();
        return Exit::CouldNotRun.code();
    }
    let text = error.render().to_string();
    let what = text
        .trim_start_matches("error: ")
        .split("\n\n")
        .next()
        .unwrap_or_default();
    let hint = "run `kinfold-hub --help`, or `kinfold-hub COMMAND --help`, for the grammar";
    eprintln!(
        "{}",
        Problem::new("E-USAGE", Exit::CouldNotRun, what.trim(), hint).shown(screen::PROGRAM)
    );
    Exit::CouldNotRun.code()
}
