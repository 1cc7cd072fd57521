//! Fuzzer of the target `clkhash_schema`; see `fuzz/targets`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kinfold_fuzz_targets::run("clkhash_schema", data));
