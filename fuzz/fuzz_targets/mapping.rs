//! Fuzzer of the target `mapping`; see `fuzz/targets`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kinfold_fuzz_targets::run("mapping", data));
