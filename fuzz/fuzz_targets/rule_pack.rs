//! Fuzzer of the target `rule_pack`; see `fuzz/targets`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kinfold_fuzz_targets::run("rule_pack", data));
