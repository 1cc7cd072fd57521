//! What the end-to-end tests share: finding the binaries, running them, walking the sources.
//!
//! The tests themselves are in `tests/it`, one binary with a module for each theme.

pub mod extracts;
pub mod fixture;
pub mod process;
pub mod sources;
