//! Fuzzer of the target `note`; see `fuzz/targets`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kinfold_fuzz_targets::run("note", data));
