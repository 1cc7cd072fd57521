//! `kinfold-hub`, the linkage unit's program. Everything is in the library.

fn main() -> std::process::ExitCode {
    std::process::ExitCode::from(kinfold_hub::main())
}
