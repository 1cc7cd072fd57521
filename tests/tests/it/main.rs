//! End-to-end tests and invariants, in one binary: each one more would cost a link.

mod bad_input;
mod canary;
mod codes;
mod compat;
mod demo;
mod encoding;
mod gate;
mod how_to;
mod interrupt;
mod invariants;
mod matching;
mod releases;
mod sample;
mod tidy;
mod worked_example;
