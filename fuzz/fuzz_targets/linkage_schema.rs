//! Fuzzer of the target `linkage_schema`; see `fuzz/targets`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kinfold_fuzz_targets::run("linkage_schema", data));
