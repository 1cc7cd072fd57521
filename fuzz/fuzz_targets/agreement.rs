//! Fuzzer of the target `agreement`; see `fuzz/targets`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kinfold_fuzz_targets::run("agreement", data));
