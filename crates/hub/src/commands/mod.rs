//! One module for each verb.

mod doctor;
mod evaluate;
mod explain;
mod ingest;
mod init;
mod link;
mod link_codes;
mod matching;
mod packages;
mod serve;
#[cfg(test)]
mod tests;
mod trust;
mod withdraw;

use kinfold_message::Problem;

use crate::args::Command;
use crate::screen::{Answer, Screen};

/// Runs a command. A problem that stops everything is an error; problems that stop only a part are in the answer.
pub(crate) fn run(command: &Command, screen: &Screen) -> Result<Answer, Problem> {
    match command {
        Command::Init(args) => init::run(args, screen),
        Command::Ingest(args) => ingest::run(args, screen),
        Command::Packages(args) => packages::run(args),
        Command::Withdraw(args) => withdraw::run(args),
        Command::Link(args) => link::run(args, screen),
        Command::Match(args) => matching::run(args, screen),
        Command::Evaluate(args) => evaluate::run(args, screen),
        Command::Serve(args) => serve::run(args, screen),
        Command::Explain(args) => explain::run(args),
        Command::Doctor(args) => doctor::run(args, screen),
    }
}

/// Whether a command has its own way to end when it is interrupted.
pub(crate) fn answers_interruptions(command: &Command) -> bool {
    matches!(command, Command::Match(_) | Command::Serve(_))
}

/// The verb, as it is typed.
pub(crate) fn name(command: &Command) -> &'static str {
    match command {
        Command::Init(_) => "init",
        Command::Ingest(_) => "ingest",
        Command::Packages(_) => "packages",
        Command::Withdraw(_) => "withdraw",
        Command::Link(_) => "link",
        Command::Match(_) => "match",
        Command::Evaluate(_) => "evaluate",
        Command::Serve(_) => "serve",
        Command::Explain(_) => "explain",
        Command::Doctor(_) => "doctor",
    }
}
