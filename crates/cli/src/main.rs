//! The binary `kinfold`.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(kinfold_cli::main_with(std::env::args_os()))
}
